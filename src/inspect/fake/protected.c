#include "inspect/fake/protected.h"

#include "detect/likeness/names.h"
#include "finding/datafile.h"
#include "text/idn.h"

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_datafile_item item;
	struct wq_subject *subjects;
	size_t n;
};

static wq_err append(struct reader *r, const wq_str **list, size_t *n, size_t max, wq_str value)
{
	wq_str *more;

	if (*n == max)
		return wq_datafile_error(&r->file, r->item.line, "at most %zu of them", max);
	more = WQ_NEW_ARRAY(r->arena, wq_str, *n + 1);
	WQ_TRY(wq_arena_err(r->arena));
	if (*n)
		memcpy(more, *list, *n * sizeof *more);
	more[(*n)++] = value;
	*list = more;
	return WQ_OK;
}

static wq_err host(struct reader *r, struct wq_subject *subject)
{
	char name[WQ_LIKENESS_NAME_BYTES + 1];
	size_t n;

	if (!wq_idn_to_ascii(r->item.value, name, sizeof name, &n) || wq_str_chr(wq_str_of(name, n), '.') <= 0)
		return wq_datafile_error(&r->file, r->item.line, "no host");
	return append(
		r, &subject->hosts, &subject->hosts_n, WQ_FAKE_HOSTS_MAX, wq_arena_str(r->arena, wq_str_of(name, n)));
}

static wq_err member(struct reader *r, struct wq_subject *subject)
{
	const struct {
		const char *name;
		wq_str *to;
	} texts[] = {{"name", &subject->name}, {"icp", &subject->icp}, {"police", &subject->police},
		{"site-code", &subject->site_code}, {"mark", &subject->mark_id}};

	for (size_t i = 0; i < WQ_COUNT(texts); i++)
		if (wq_str_eq(r->item.key, wq_str_c(texts[i].name))) {
			*texts[i].to = r->item.value;
			return WQ_OK;
		}
	if (wq_str_eq(r->item.key, WQ_S("host")))
		return host(r, subject);
	if (wq_str_eq(r->item.key, WQ_S("short")))
		return append(r, &subject->short_names, &subject->short_names_n, WQ_FAKE_SHORTS_MAX, r->item.value);
	return wq_datafile_error(&r->file, r->item.line, "unknown member");
}

static wq_err unit(struct reader *r)
{
	if (!wq_str_eq(r->item.key, WQ_S("unit")) || r->item.value.n == 0)
		return wq_datafile_error(&r->file, r->item.line, "[unit ID] is wanted");
	if (r->n == WQ_LIKENESS_UNITS)
		return wq_datafile_error(&r->file, r->item.line, "at most %d units", WQ_LIKENESS_UNITS);
	r->subjects[r->n++] = (struct wq_subject){.app = r->item.value};
	return WQ_OK;
}

wq_err wq_fake_protected_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_subject **ret_subjects, size_t *ret_n)
{
	struct reader r = {.arena = arena, .subjects = WQ_NEW_ARRAY(arena, struct wq_subject, WQ_LIKENESS_UNITS)};

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_datafile_open(&r.file, file_name, bytes, WQ_S("protected")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &r.item));
		if (r.item.kind == WQ_DATAFILE_END)
			break;
		if (r.item.kind == WQ_DATAFILE_SECTION)
			WQ_TRY(unit(&r));
		else if (r.n == 0)
			return wq_datafile_error(&r.file, r.item.line, "before the first unit");
		else
			WQ_TRY(member(&r, &r.subjects[r.n - 1]));
	}
	*ret_subjects = r.subjects;
	*ret_n = r.n;
	return WQ_OK;
}
