#include "flow/inside.h"

#include "base/file.h"
#include "finding/datafile.h"
#include "text/host.h"
#include "text/key.h"

struct reading {
	struct wq_datafile file;
	wq_str day;
	struct wq_arena *arena;
	wq_str *hosts;
	size_t n;
	/* the section at hand */
	uint32_t line;
	wq_str host, from, until, clause;
};

static wq_err take_section(struct reading *r)
{
	char host[WQ_HOST_MAX + 1];
	wq_day day;
	size_t n;

	if (r->line == 0)
		return WQ_OK;
	if (r->clause.n == 0 || !wq_day_parse(r->from, &day) ||
		(!wq_str_eq(r->until, WQ_S("-")) && !wq_day_parse(r->until, &day)))
		return wq_datafile_error(
			&r->file, r->line, "needs host, from, until (a day, or - for none) and clause");
	if (wq_key_host(r->host, host, &n) != WQ_KEY_FINE || !wq_str_eq(r->host, wq_str_of(host, n)))
		return wq_datafile_error(&r->file, r->line, "the host is not in canonical form");
	if (wq_str_cmp(r->day, r->from) < 0 || (!wq_str_eq(r->until, WQ_S("-")) && wq_str_cmp(r->day, r->until) > 0))
		return WQ_OK;
	if (r->n == WQ_INSIDE_MAX)
		return wq_error(WQ_E_LIMIT, "%.*s: more than %d hosts", WQ_S_ARG(r->file.name), WQ_INSIDE_MAX);
	r->hosts[r->n++] = wq_arena_str(r->arena, r->host);
	return wq_arena_err(r->arena);
}

static wq_err take_value(struct reading *r, const struct wq_datafile_item *item)
{
	const struct {
		const char *key;
		wq_str *value;
	} members[] = {{"host", &r->host}, {"from", &r->from}, {"until", &r->until}, {"clause", &r->clause}};

	for (size_t i = 0; i < WQ_COUNT(members); i++) {
		if (!wq_str_eq(item->key, wq_str_c(members[i].key)))
			continue;
		if (members[i].value->n > 0)
			return wq_datafile_error(&r->file, item->line, "%s stands twice", members[i].key);
		*members[i].value = item->value;
		return WQ_OK;
	}
	return wq_datafile_error(&r->file, item->line, "unknown member %.*s", WQ_S_ARG(item->key));
}

static wq_err take(struct reading *r, const struct wq_datafile_item *item)
{
	if (item->kind == WQ_DATAFILE_VALUE)
		return r->line > 0 ? take_value(r, item)
				   : wq_datafile_error(&r->file, item->line, "stands before the first section");
	WQ_TRY(take_section(r));
	r->line = item->line;
	r->host = r->from = r->until = r->clause = WQ_S_NONE;
	if (item->kind == WQ_DATAFILE_SECTION && !wq_str_eq(item->key, WQ_S("inside")))
		return wq_datafile_error(&r->file, item->line, "unknown section %.*s", WQ_S_ARG(item->key));
	return WQ_OK;
}

wq_err wq_inside_parse(
	wq_str text, const char *name, wq_str day, struct wq_arena *arena, const wq_str **ret_hosts, size_t *ret_n)
{
	struct reading r = {.day = day, .arena = arena, .hosts = WQ_NEW_ARRAY(arena, wq_str, WQ_INSIDE_MAX)};
	struct wq_datafile_item item = {.kind = WQ_DATAFILE_VALUE};

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_datafile_open(&r.file, wq_str_c(name), text, WQ_S("inside")));
	while (item.kind != WQ_DATAFILE_END) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		WQ_TRY(take(&r, &item));
	}
	*ret_hosts = r.hosts;
	*ret_n = r.n;
	return WQ_OK;
}

wq_err wq_inside_open(const char *path, wq_str day, struct wq_arena *arena, const wq_str **ret_hosts, size_t *ret_n)
{
	WQ_BUF(text, WQ_DATAFILE_BYTES);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	return wq_inside_parse(wq_buf_str(&text), path, day, arena, ret_hosts, ret_n);
}
