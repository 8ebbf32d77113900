#include "detect/front/library_priv.h"
#include "finding/excerpt.h"

enum { OBJECT_NAME = 120, ALERT_BYTES = 600 };

struct code_hit {
	struct wq_front *front;
	wq_str text;
	uint64_t at;
	struct front_search search;
};

void front_tracker_note(struct wq_front *front, size_t number, wq_str target, uint64_t at)
{
	wq_str host = front->rules->trackers.items[number], name = front->rules->tracker_names.items[number];
	struct front_note *note;

	if (wq_host_under(front->document->address.host, host) || front_host_agreed(front, host))
		return;
	note = front_note_add(&front->notes, WQ_RULE_DATA_TRACKER, FRONT_EACH, wq_rule_severity(WQ_RULE_DATA_TRACKER),
		host, wq_arena_printf(front->arena, "%.*s (%.*s)", WQ_S_ARG(name), WQ_S_ARG(host)), at);
	if (note)
		note->target = wq_clean(front->arena, target, WQ_FINDING_PLACE_BYTES);
}

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* In code a host stands alone, or behind a dot or slash. */
static void on_host(struct code_hit *h, size_t number, size_t at, size_t n)
{
	wq_str from = h->front->code_from;

	if (at > 0 && is_host_byte(h->text.p[at - 1]))
		return;
	if (at + n < h->text.n && (is_host_byte(h->text.p[at + n]) || h->text.p[at + n] == '.'))
		return;
	front_tracker_note(h->front, number, from.n ? from : wq_str_of(h->text.p + at, n), h->at + at);
}

static void note_plugin(struct code_hit *h, wq_str subject, size_t at)
{
	/* whether a script that pages share ever asks for it, is not known */
	enum wq_severity severity = h->front->code_from.n ? WQ_SEVERITY_LOW : wq_rule_severity(WQ_RULE_OPEN_PLUGIN);
	struct front_note *note = front_note(h->front, WQ_RULE_OPEN_PLUGIN, FRONT_EACH, severity, subject, h->at + at);

	if (note)
		note->target = h->front->code_from;
}

/* new ActiveXObject("NTKO.OfficeControl"): what every old browser had asks for nothing. */
static void on_object(struct code_hit *h, size_t at, size_t n)
{
	wq_str rest = wq_str_head(wq_str_from(h->text, at + n), OBJECT_NAME), name;
	char quote = rest.n ? rest.p[0] : 0;

	if (quote != '"' && quote != '\'')
		return;
	rest = wq_str_from(rest, 1);
	name = wq_str_cut(&rest, quote);
	if (name.n && rest.p && !front_list_begins(&h->front->rules->plain_objects, name))
		note_plugin(h, name, at);
}

static void on_hit(void *data, uint32_t id, size_t at, size_t n)
{
	struct code_hit *h = data;

	if (id < FRONT_ID_TRACKER)
		front_library_hit(&h->search, id, at);
	else if (id & FRONT_ID_TRACKER)
		on_host(h, id & ~(uint32_t)FRONT_ID_TRACKER, at, n);
	else if (id & FRONT_ID_OBJECT)
		on_object(h, at, n);
	else if (id & FRONT_ID_PLUGIN)
		note_plugin(h, wq_str_of(h->text.p + at, n), at);
}

/* What code says to the visitor: alert('请使用IE浏览器'). */
static void read_alerts(struct wq_front *front, wq_str code, uint64_t at)
{
	static const wq_str call = WQ_S_INIT("alert(");
	ptrdiff_t found;

	while ((found = wq_str_find(code, call)) >= 0) {
		wq_str rest, text;
		char quote;

		code = wq_str_from(code, (size_t)found + call.n);
		at += (size_t)found + call.n;
		quote = code.n ? code.p[0] : 0;
		if (quote != '"' && quote != '\'')
			continue;
		rest = wq_str_head(wq_str_from(code, 1), ALERT_BYTES);
		text = wq_str_cut(&rest, quote);
		if (!rest.p)
			continue;
		front_block_end(front);
		front_text(front, text, at);
		front_block_end(front);
	}
}

void front_code(struct wq_front *front, wq_str code, uint64_t at)
{
	struct code_hit h = {
		.front = front, .text = code, .at = at, .search = front_library_search(front->rules, code)};

	front_find(&front->rules->contents, code, on_hit, &h);
	for (size_t i = 0; i < h.search.founds.n; i++)
		front_library_note(&front->notes, front->rules, &h.search.founds.items[i], front->code_from, at);
	read_alerts(front, code, at);
}

static void on_style_hit(void *data, uint32_t id, size_t at, size_t n)
{
	struct code_hit *h = data;
	size_t from = at + n - (sizeof "http://" - 1), to = from;

	if (!(id & FRONT_ID_INSECURE))
		return;
	while (to < h->text.n && !memchr("\"')", h->text.p[to], 3) && !wq_html_is_space(h->text.p[to]))
		to++;
	front_mixed(h->front, wq_str_of(h->text.p + from, to - from), h->text.p[at] == '@', h->at + at);
}

void front_style(struct wq_front *front, wq_str css, uint64_t at)
{
	struct code_hit h = {.front = front, .text = css, .at = at};

	if (front->https && !front->upgraded)
		front_find(&front->rules->contents, css, on_style_hit, &h);
}
