#include "flow/inspect/traps.h"

#include "finding/datafile.h"
#include "text/url.h"

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_datafile_item item;
	struct wq_traps *traps;
	wq_str section;
};

static bool way_of(wq_str word, struct wq_trap *trap)
{
	static const struct {
		wq_str word;
		enum wq_render_way way;
		bool plain;
	} ways[] = {{WQ_S_INIT("link"), WQ_RENDER_BY_LINK, false}, {WQ_S_INIT("later"), WQ_RENDER_BY_LINK, true},
		{WQ_S_INIT("form"), WQ_RENDER_BY_FORM, false}, {WQ_S_INIT("window"), WQ_RENDER_BY_WINDOW, false}};

	for (size_t i = 0; i < WQ_COUNT(ways); i++)
		if (wq_str_eq(ways[i].word, word)) {
			trap->way = ways[i].way;
			trap->plain = ways[i].plain;
			return true;
		}
	return false;
}

static wq_err read_trap(struct reader *r)
{
	static const wq_str some_page = WQ_S_INIT("http://page.example/");
	wq_str rest = r->item.value, way = wq_str_trim(wq_str_cut(&rest, '|'));
	struct wq_trap trap = {.name = wq_str_trim(wq_str_cut(&rest, '|')), .url = wq_str_trim(rest)};
	struct wq_url page, url;

	if (r->traps->n == WQ_TRAPS_MAX)
		return wq_datafile_error(&r->file, r->item.line, "at most %d traps", WQ_TRAPS_MAX);
	if (!way_of(way, &trap) || trap.name.n == 0)
		return wq_datafile_error(&r->file, r->item.line, "link, later, form or window, a name and an address");
	WQ_TRY(wq_url_parse(r->arena, some_page, NULL, &page));
	if (wq_failed(wq_url_parse(r->arena, trap.url, &page, &url)) || !wq_url_is_http(&url) ||
		wq_str_eq(url.host, page.host))
		return wq_datafile_error(&r->file, r->item.line, "no address of another site");
	trap.url = wq_str_c(wq_arena_cstr(r->arena, trap.url));
	r->traps->hosts[r->traps->n] = url.host;
	r->traps->items[r->traps->n++] = trap;
	return wq_arena_err(r->arena);
}

static wq_err read_value(struct reader *r)
{
	struct wq_traps *traps = r->traps;

	if (wq_str_eq(r->section, WQ_S("traps")) && wq_str_eq(r->item.key, WQ_S("trap")))
		return read_trap(r);
	if (wq_str_eq(r->section, WQ_S("limits")) && wq_str_eq(r->item.key, WQ_S("links")))
		return wq_str_to_u64(r->item.value, WQ_TRAPS_LINKS_MAX, &traps->links)
			? WQ_OK
			: wq_datafile_error(&r->file, r->item.line, "a number of at most %d", (int)WQ_TRAPS_LINKS_MAX);
	if (!wq_str_eq(r->section, WQ_S("mark")) || !wq_str_eq(r->item.key, WQ_S("host")))
		return wq_datafile_error(&r->file, r->item.line, "unknown member");
	if (traps->marks_n == WQ_TRAPS_MARKS_MAX)
		return wq_datafile_error(&r->file, r->item.line, "at most %d hosts", WQ_TRAPS_MARKS_MAX);
	traps->marks[traps->marks_n++] = r->item.value;
	return WQ_OK;
}

wq_err wq_traps_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_traps *ret_traps)
{
	struct reader r = {.arena = arena, .traps = ret_traps};

	*ret_traps = (struct wq_traps){0};
	WQ_TRY(wq_datafile_open(&r.file, file_name, bytes, WQ_S("render")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &r.item));
		if (r.item.kind == WQ_DATAFILE_END)
			return WQ_OK;
		if (r.item.kind == WQ_DATAFILE_SECTION)
			r.section = r.item.key;
		else
			WQ_TRY(read_value(&r));
	}
}
