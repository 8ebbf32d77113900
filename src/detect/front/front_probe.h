/* For tests and fuzz targets of this folder: the rules of the tree, and one page through the whole reader. */
#ifndef WQ_DETECT_FRONT_FRONT_PROBE_H
#define WQ_DETECT_FRONT_FRONT_PROBE_H

#include "detect/front/front.h"

struct front_probe {
	struct wq_arena arena;
	const struct wq_front_rules *rules;
	struct wq_subject subject;
};

static const char *const front_probe_files[] = {"rules/front/limits.txt", "rules/front/open.txt",
	"rules/front/data.txt", "rules/front/leaks.txt", "rules/front/leftovers.txt", "rules/front/libraries.txt"};

static inline wq_str front_probe_read(struct wq_arena *arena, const char *name)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	char path[4096];
	FILE *file;
	char *bytes;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", root ? root : ".", name);
	file = fopen(path, "rb");
	bytes = wq_arena_alloc(arena, WQ_MIB);
	if (!file || !bytes) {
		fprintf(stderr, "cannot read %s\n", path);
		abort();
	}
	n = fread(bytes, 1, WQ_MIB, file);
	fclose(file);
	return wq_str_of(bytes, n);
}

/* Once; aborts when the rules are not fit. */
static inline void front_probe_open(struct front_probe *probe)
{
	struct wq_front_file files[WQ_COUNT(front_probe_files)];
	wq_err err;

	if (probe->rules)
		return;
	wq_arena_init(&probe->arena, 64 * WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(front_probe_files); i++)
		files[i] = (struct wq_front_file){
			wq_str_c(front_probe_files[i]), front_probe_read(&probe->arena, front_probe_files[i])};
	err = wq_front_rules_parse(&probe->arena, files, WQ_COUNT(files), &probe->rules);
	if (wq_failed(err)) {
		fprintf(stderr, "%s\n", wq_err_note(err));
		abort();
	}
}

/* One page of UTF-8. */
static inline wq_err front_probe_page(struct front_probe *probe, struct wq_arena *arena, const char *address,
	int status, wq_str headers, wq_str html, struct wq_findings *findings, struct wq_front_site *site)
{
	struct wq_document document = {.status = status, .headers = headers, .bytes = html, .html = html};
	struct wq_front_page page = {.rules = probe->rules,
		.subject = &probe->subject,
		.document = &document,
		.place = {.app = WQ_S("portal"), .url = wq_str_c(address)}};
	struct wq_document_reader reader = {.token = wq_front_token};
	struct wq_front *front;

	WQ_TRY(wq_url_parse(arena, wq_str_c(address), NULL, &document.address));
	WQ_TRY(wq_front_open(arena, &page, &front));
	reader.data = front;
	WQ_TRY(wq_document_read(&document, &reader, 1));
	return wq_front_close(front, findings, site);
}

#endif
