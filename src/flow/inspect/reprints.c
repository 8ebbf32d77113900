#include "flow/inspect/reprints.h"

#include "flow/inspect/asking.h"
#include "text/charset.h"
#include "text/url.h"

enum { REDIRECTS = 5, SOURCE_MEMORY = 128 * 1024 * 1024, ROOM = 32 * 1024 * 1024 };

struct looking {
	const struct wq_quality_rules *rules;
	const struct wq_facts *facts;
	const struct wq_inspect_options *options;
	struct wq_arena *arena, scratch;
	struct wq_findings *findings;
	struct wq_asking asking;
};

wq_err wq_reprints_add(
	struct wq_reprints *reprints, struct wq_arena *arena, wq_str page, const struct wq_quality_reprint *what)
{
	if (reprints->n == WQ_REPRINTS_MAX) {
		reprints->left_out++;
		return WQ_OK;
	}
	reprints->items[reprints->n].page = wq_arena_str(arena, page);
	reprints->items[reprints->n].what = *what;
	reprints->items[reprints->n].what.source = wq_arena_str(arena, what->source);
	reprints->items[reprints->n++].what.link = wq_arena_str(arena, what->link);
	return wq_arena_err(arena);
}

static bool is_inside(const struct wq_subject *s, wq_str host)
{
	for (size_t i = 0; i < s->hosts_n; i++)
		if (wq_str_eq(s->hosts[i], host))
			return true;
	return false;
}

static wq_err differs(
	struct looking *l, const struct wq_asked *asked, const struct wq_quality_reprint *what, wq_str *ret_detail)
{
	wq_str type = wq_header_find(asked->headers, WQ_S("Content-Type"));
	struct wq_document document = {.status = asked->status, .headers = asked->headers};
	enum wq_quality_same same;
	unsigned percent;
	WQ_BUF(room, ROOM);
	wq_err e;

	*ret_detail = WQ_S_NONE;
	if (!wq_str_starts_nocase(type, WQ_S("text/html")))
		return WQ_OK;
	WQ_TRY(wq_url_parse(&l->scratch, asked->url, NULL, &document.address));
	WQ_TRY(wq_document_open(&document, asked->body, wq_charset_of_content_type(type), &room));
	e = wq_quality_reprint_compare(&l->scratch, l->rules, &what->sketch, &document, &same, &percent);
	if (wq_is(e, WQ_E_LIMIT))
		return WQ_OK;
	if (!wq_failed(e) && same == WQ_QUALITY_DIFFERS)
		*ret_detail = wq_arena_printf(l->arena, "%u %% of the text", percent);
	return e;
}

static wq_err look_at(struct looking *l, wq_str page, const struct wq_quality_reprint *what)
{
	const struct wq_place place = {.app = l->facts->subject.app, .url = page};
	wq_str detail = WQ_S_NONE;
	struct wq_finding finding;
	struct wq_asked asked;
	struct wq_url link;
	bool inside;

	wq_arena_reset(&l->scratch);
	if (wq_failed(wq_url_parse(&l->scratch, what->link, NULL, &link)) || wq_str_eq(link.path, WQ_S("/")))
		return WQ_OK;
	inside = is_inside(&l->facts->subject, link.host);
	if (!inside && l->options->walk.check_only_inside)
		return WQ_OK;
	WQ_TRY(wq_ask(&l->asking, &l->scratch, what->link, 0, REDIRECTS, &asked));
	if (asked.result != WQ_FETCH_ANSWERED)
		return WQ_OK;
	if ((asked.status == 404 || asked.status == 410) && (inside || l->options->walk.verdicts_at_once))
		detail = wq_arena_printf(l->arena, "%d", asked.status);
	else if (asked.status == 200)
		WQ_TRY(differs(l, &asked, what, &detail));
	if (detail.n == 0)
		return wq_arena_err(l->arena);
	finding = wq_quality_reprint_finding(l->arena, place, what, detail);
	WQ_TRY(wq_arena_err(l->arena));
	return wq_findings_add(l->findings, &finding);
}

wq_err wq_reprints_look(struct wq_reprints *reprints, const struct wq_quality_rules *rules,
	const struct wq_facts *facts, const struct wq_inspect_options *options, struct wq_arena *arena,
	struct wq_findings *findings)
{
	const struct wq_clock *clock = options->walk.clock ? options->walk.clock : &wq_clock_system;
	uint64_t until = clock->monotonic_msec(clock->data) + WQ_REPRINTS_MSEC;
	struct looking l = {.rules = rules, .facts = facts, .options = options, .arena = arena, .findings = findings};
	wq_err e;

	if (reprints->n == 0)
		return WQ_OK;
	WQ_TRY(wq_asking_open(&l.asking, options, NULL));
	wq_arena_init(&l.scratch, SOURCE_MEMORY);
	e = WQ_OK;
	for (size_t i = 0; i < reprints->n && !wq_failed(e); i++)
		if (clock->monotonic_msec(clock->data) < until)
			e = look_at(&l, reprints->items[i].page, &reprints->items[i].what);
		else
			reprints->left_out++;
	wq_arena_done(&l.scratch);
	wq_asking_close(&l.asking);
	return e;
}
