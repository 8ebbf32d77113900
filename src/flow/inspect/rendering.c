#include "flow/inspect/rendering.h"

#include "finding/excerpt.h"
#include "finding/rule.h"
#include "text/html_link.h"
#include "text/url.h"

enum { PICTURE_PERCENT = 50 };

/* ---- opening ---- */

static const struct wq_part *part_of(unsigned check)
{
	for (size_t i = 0; i < wq_parts_n; i++)
		if (wq_parts[i].check == check)
			return &wq_parts[i];
	return NULL;
}

static wq_err read_rules(struct wq_rendering *r, struct wq_facts *facts)
{
	const void *rules;

	WQ_TRY(wq_facts_traps(facts, &r->traps));
	WQ_TRY(wq_facts_part(facts, part_of(WQ_INSPECT_PORTAL), &rules));
	r->portal = rules;
	WQ_TRY(wq_facts_part(facts, part_of(WQ_INSPECT_FRONT), &rules));
	r->front = rules;
	return WQ_OK;
}

/* What is missing on this machine is said; what the operator can mend by another option is an error. */
static wq_err fails(struct wq_rendering *r, wq_err e)
{
	if (wq_is(e, WQ_E_CONFIG) || wq_is(e, WQ_E_NO_MEMORY))
		return e;
	snprintf(r->why, sizeof r->why, "%s: %s", wq_err_message(e, WQ_LANG_EN), wq_err_note(e));
	wq_render_free(&r->render);
	return WQ_OK;
}

wq_err wq_rendering_open(
	struct wq_rendering *rendering, struct wq_facts *facts, const struct wq_inspect_options *options)
{
	const struct wq_fetch_options *fetch = &options->walk.fetch;
	struct wq_render_options how = {.program = options->render_program,
		.user = options->render_user,
		.peers = fetch->peers,
		.peers_n = fetch->peers_n,
		.routes = fetch->routes,
		.routes_n = fetch->routes_n,
		.picture_percent = PICTURE_PERCENT,
		.clock = options->walk.clock};
	wq_err e;

	WQ_TRY(read_rules(rendering, facts));
	how.never = rendering->traps.hosts;
	how.never_n = rendering->traps.n;
	e = wq_render_new(&how, &rendering->render);
	return wq_failed(e) ? fails(rendering, e) : WQ_OK;
}

void wq_rendering_close(struct wq_rendering *rendering)
{
	wq_render_free(&rendering->render);
}

/* ---- what is clicked ---- */

static bool among(const wq_str *hosts, size_t n, wq_str host)
{
	for (size_t i = 0; i < n; i++) {
		wq_str other = hosts[i];
		ptrdiff_t colon = wq_str_rchr(other, ':');

		if (colon > 0 && other.p[other.n - 1] != ']')
			other = wq_str_head(other, (size_t)colon);
		if (wq_str_eq(other, host))
			return true;
	}
	return false;
}

static bool is_ours(const struct wq_rendering *r, const struct wq_subject *s, wq_str page_host, wq_str host)
{
	return wq_str_eq(host, page_host) || among(s->hosts, s->hosts_n, host) || among(s->inside, s->inside_n, host) ||
		among(r->traps.marks, r->traps.marks_n, host) ||
		(s->suffixes && wq_host_government(s->suffixes, host, s->day, NULL));
}

struct links {
	const struct wq_rendering *r;
	const struct wq_subject *subject;
	struct wq_rendering_page *page;
	struct wq_arena *arena;
	struct wq_url address, base;
	wq_str hosts[WQ_TRAPS_LINKS_MAX];
};

static wq_err on_link(void *data, const struct wq_link *link)
{
	struct links *l = data;
	struct wq_url url;

	if (link->kind == WQ_LINK_BASE && !wq_failed(wq_url_parse(l->arena, link->url, &l->address, &url)))
		l->base = url;
	if (link->kind != WQ_LINK_NAVIGATE || l->page->links_n == l->r->traps.links ||
		(link->tag != WQ_TAG_A && link->tag != WQ_TAG_FORM) || link->url.n > WQ_FETCH_URL_MAX ||
		wq_failed(wq_url_parse(l->arena, link->url, &l->base, &url)) || !wq_url_is_http(&url) ||
		is_ours(l->r, l->subject, l->address.host, url.host) || among(l->hosts, l->page->links_n, url.host))
		return WQ_OK;
	l->hosts[l->page->links_n] = url.host;
	l->page->clicks[l->page->links_n++] = (struct wq_render_click){
		wq_arena_cstr(l->arena, url.href), link->tag == WQ_TAG_FORM ? WQ_RENDER_BY_FORM : WQ_RENDER_BY_LINK};
	return wq_arena_err(l->arena);
}

/* Only a page that leads outside has something to ask. */
static wq_err choose(const struct wq_rendering *r, const struct wq_subject *subject, struct wq_rendering_page *page,
	struct wq_arena *arena)
{
	struct links links = {.r = r, .subject = subject, .page = page, .arena = arena};

	if (subject->kind != WQ_SUBJECT_ORGAN || !subject->suffixes)
		return WQ_OK;
	if (wq_failed(wq_url_parse(arena, page->seen.url, NULL, &links.address)))
		return WQ_OK;
	links.base = links.address;
	WQ_TRY(wq_html_links(page->seen.html, NULL, on_link, &links));
	page->clicks_n = page->links_n;
	for (size_t i = 0; i < r->traps.n && page->links_n > 0; i++)
		page->clicks[page->clicks_n++] = (struct wq_render_click){
			r->traps.items[i].url.p, r->traps.items[i].way};
	return WQ_OK;
}

/* ---- looking ---- */

static void keep_picture(
	struct wq_rendering *r, const struct wq_rendering_page *page, const struct wq_buf *png, struct wq_arena *arena)
{
	if (png->len == 0 || png->len > WQ_RENDERING_PICTURE)
		return;
	r->pictures[r->pictures_n++] = (struct wq_inspect_picture){
		.url = page->url, .png = wq_arena_str(arena, wq_buf_str(png))};
}

static wq_err look(struct wq_rendering *r, struct wq_facts *facts, const char *start)
{
	struct wq_rendering_page *page = &r->pages[r->n];
	struct wq_url url;
	WQ_BUF(png, WQ_RENDER_MESSAGE);

	*page = (struct wq_rendering_page){0};
	WQ_TRY(wq_render_page(r->render, start, NULL, 0, &png, facts->arena, &page->seen));
	r->n++;
	if (!page->seen.loaded)
		snprintf(r->why, sizeof r->why, "%s", page->seen.why);
	if (!page->seen.loaded || wq_failed(wq_url_parse(facts->arena, page->seen.url, NULL, &url)))
		return WQ_OK;
	page->url = wq_url_without_fragment(&url);
	keep_picture(r, page, &png, facts->arena);
	WQ_TRY(wq_facts_home(facts, page->seen.html));
	WQ_TRY(choose(r, &facts->subject, page, facts->arena));
	return wq_arena_err(facts->arena);
}

/* The page again: what was seen stays that of the first time, when nothing had been clicked. */
static wq_err click(struct wq_rendering *r, struct wq_facts *facts, const char *start)
{
	struct wq_rendering_page *page = &r->pages[r->n - 1];
	struct wq_rendered clicked;

	if (page->clicks_n == 0)
		return WQ_OK;
	WQ_TRY(wq_render_page(r->render, start, page->clicks, page->clicks_n, NULL, facts->arena, &clicked));
	if (clicked.loaded)
		memcpy(page->seen.leaves, clicked.leaves, sizeof clicked.leaves);
	return WQ_OK;
}

wq_err wq_rendering_look(
	struct wq_rendering *rendering, struct wq_facts *facts, const struct wq_inspect_options *options)
{
	const struct wq_site_stats nothing = {0};
	const struct wq_inspect_progress so_far = {&nothing, 0};
	wq_err e = WQ_OK;

	for (size_t i = 0; i < options->walk.starts_n && i < WQ_RENDERING_PAGES && rendering->render; i++) {
		if (options->progress && !options->progress(options->data, &so_far))
			break;
		e = look(rendering, facts, options->walk.starts[i]);
		if (!wq_failed(e))
			e = click(rendering, facts, options->walk.starts[i]);
		if (wq_failed(e))
			WQ_TRY(fails(rendering, e));
	}
	wq_render_free(&rendering->render);
	return WQ_OK;
}

/* ---- what it means ---- */

static bool is_shown(const struct wq_rendered *seen)
{
	return seen->mark.found && !seen->mark.hidden && seen->mark.width > 0 && seen->mark.height > 0;
}

/* Whether something of the mark was asked for and did not come: that may be our network's fault. */
static bool mark_failed(const struct wq_rendering *r, const struct wq_rendered *seen, struct wq_arena *arena)
{
	struct wq_url url;

	for (size_t i = 0; i < seen->requests_n; i++)
		if (seen->requests[i].failed && !wq_failed(wq_url_parse(arena, seen->requests[i].url, NULL, &url)) &&
			among(r->traps.marks, r->traps.marks_n, url.host))
			return true;
	return false;
}

static size_t count(const struct wq_rendering_page *page, size_t from, size_t to, enum wq_render_leave outcome)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += page->seen.leaves[i] == outcome;
	return n;
}

/* What clicks on the page's own links say. */
enum asks { ASKS_UNKNOWN, ASKS_NEVER, ASKS };

static enum asks asks(const struct wq_rendering_page *page)
{
	return count(page, 0, page->links_n, WQ_RENDER_PROMPTED) > 0 ? ASKS
		: count(page, 0, page->links_n, WQ_RENDER_LEFT) > 0  ? ASKS_NEVER
								     : ASKS_UNKNOWN;
}

static bool is_rule(const struct wq_finding *f, enum wq_rule_id rule)
{
	return wq_str_eq(f->rule, wq_rule_name(rule));
}

static bool leave_gives_way(const struct wq_rendering_page *page, const struct wq_finding *f)
{
	enum asks how = asks(page);

	if (how == ASKS_UNKNOWN || wq_str_eq(f->evidence.subject, WQ_S("meta refresh")))
		return false;
	if (is_rule(f, WQ_RULE_LEAVE_NO_PROMPT))
		return how == ASKS || f->severity == WQ_SEVERITY_INFO;
	return how == ASKS_NEVER || count(page, 0, page->clicks_n, WQ_RENDER_LEFT) == 0;
}

bool wq_rendering_gives_way(struct wq_rendering *rendering, const struct wq_finding *finding)
{
	struct wq_rendering_page *page = NULL;

	for (size_t i = 0; i < rendering->n; i++)
		if (rendering->pages[i].seen.loaded && wq_str_eq(rendering->pages[i].url, finding->place.url))
			page = &rendering->pages[i];
	if (!page)
		return false;
	if (is_rule(finding, WQ_RULE_LEAVE_NO_PROMPT) || is_rule(finding, WQ_RULE_LEAVE_BYPASSED))
		return leave_gives_way(page, finding);
	if (is_rule(finding, WQ_RULE_MARK_MISSING) || is_rule(finding, WQ_RULE_MARK_NOT_SHOWN)) {
		page->said_mark |= !is_shown(&page->seen);
		return is_shown(&page->seen);
	}
	return is_rule(finding, WQ_RULE_MARK_POSITION) && is_shown(&page->seen);
}

/* ---- findings ---- */

struct judging {
	const struct wq_rendering *r;
	const struct wq_subject *subject;
	const struct wq_rendering_page *page;
	struct wq_place place;
	struct wq_arena *arena;
	struct wq_findings *findings;
};

static wq_err say(struct judging *j, enum wq_rule_id rule, wq_str subject, wq_str excerpt, wq_str target)
{
	struct wq_finding f = wq_rule_finding(rule);

	f.place = j->place;
	f.evidence.subject = wq_clean(j->arena, subject, WQ_EXCERPT_BYTES);
	f.evidence.excerpt = wq_clean(j->arena, excerpt, WQ_EXCERPT_BYTES);
	f.evidence.target = wq_clean(j->arena, target, WQ_FINDING_PLACE_BYTES);
	WQ_TRY(wq_arena_err(j->arena));
	return wq_findings_add(j->findings, &f);
}

static wq_err judge_mark(struct judging *j)
{
	const struct wq_rendered *seen = &j->page->seen;
	const struct wq_portal_rendered measured = {.page_width = seen->page_width,
		.page_height = seen->page_height,
		.view_height = seen->view_height,
		.left = seen->mark.left,
		.top = seen->mark.top,
		.width = seen->mark.width,
		.height = seen->mark.height,
		.hidden = seen->mark.hidden};
	bool shown = is_shown(seen);
	struct wq_finding finding;

	if (!j->subject->mark || (!shown && (j->page->said_mark || mark_failed(j->r, seen, j->arena))))
		return WQ_OK;
	if (!seen->mark.found)
		return say(j, WQ_RULE_MARK_NOT_SHOWN, WQ_S("not there when rendered"),
			WQ_S("the code stands in the page, the rendered page has no mark"), WQ_S_NONE);
	return wq_portal_mark_rendered(j->arena, j->r->portal, &measured, &j->place, &finding)
		? wq_findings_add(j->findings, &finding)
		: WQ_OK;
}

static const char *way_text(enum wq_render_way way)
{
	static const char *const words[] = {"a click on a link", "a form", "window.open"};

	return words[way];
}

/* A trap that says no more than another did. */
static bool says_no_more(const struct wq_rendering *r, const struct wq_rendering_page *page, size_t trap)
{
	if (r->traps.items[trap].way != WQ_RENDER_BY_LINK || r->traps.items[trap].plain)
		return false;
	for (size_t i = 0; i < r->traps.n; i++)
		if (r->traps.items[i].plain && page->seen.leaves[page->links_n + i] == WQ_RENDER_LEFT)
			return true;
	return false;
}

/* Each that was let go: links of the page, where others are asked about, and the traps by name. */
static wq_err judge_leave(struct judging *j)
{
	const struct wq_rendering_page *page = j->page;
	enum asks how = asks(page);

	for (size_t i = 0; i < page->clicks_n && how != ASKS_UNKNOWN; i++) {
		wq_str url = wq_str_c(page->clicks[i].url);
		wq_str excerpt = wq_arena_printf(j->arena, "rendered: %s leaves for %.*s and nothing asks",
			way_text(page->clicks[i].way), WQ_S_ARG(wq_str_head(url, 300)));

		if (page->seen.leaves[i] != WQ_RENDER_LEFT ||
			(i >= page->links_n && says_no_more(j->r, page, i - page->links_n)))
			continue;
		if (how == ASKS_NEVER)
			return say(j, WQ_RULE_LEAVE_NO_PROMPT, WQ_S("none"), excerpt, url);
		WQ_TRY(say(j, WQ_RULE_LEAVE_BYPASSED,
			i < page->links_n ? url : j->r->traps.items[i - page->links_n].name, excerpt, url));
	}
	return WQ_OK;
}

static wq_err judge_pop_ups(struct judging *j)
{
	const struct wq_rendered *seen = &j->page->seen;

	if (seen->dialogs > 0)
		WQ_TRY(say(j, WQ_RULE_ACCESS_AUTOPLAY, WQ_S("a dialog when the page opens"),
			wq_arena_printf(j->arena, "rendered: %u dialogs before anything was clicked", seen->dialogs),
			WQ_S_NONE));
	if (seen->windows > 0)
		WQ_TRY(say(j, WQ_RULE_ACCESS_AUTOPLAY, WQ_S("a window when the page opens"),
			wq_arena_printf(j->arena, "rendered: %u windows before anything was clicked", seen->windows),
			WQ_S_NONE));
	return WQ_OK;
}

static wq_err judge_requests(struct judging *j, const struct wq_url *address)
{
	const struct wq_rendered *seen = &j->page->seen;
	const struct wq_subject *s = j->subject;
	wq_str told[WQ_RENDERING_REACHES];
	size_t told_n = 0;
	struct wq_url url;

	for (size_t i = 0; i < seen->requests_n; i++) {
		if (wq_failed(wq_url_parse(j->arena, seen->requests[i].url, NULL, &url)) || !wq_url_is_http(&url) ||
			is_ours(j->r, s, address->host, url.host) || among(s->confirmed, s->confirmed_n, url.host) ||
			among(j->r->traps.hosts, j->r->traps.n, url.host))
			continue;
		WQ_TRY(wq_front_requested(j->arena, j->r->front, s, &j->place, url.href, j->findings));
		if (!wq_str_eq(seen->requests[i].type, WQ_S("Script")) || told_n == WQ_COUNT(told) ||
			among(told, told_n, url.host))
			continue;
		told[told_n++] = url.host;
		WQ_TRY(say(j, WQ_RULE_PAGE_OUTSIDE_SCRIPT, url.host,
			wq_arena_printf(j->arena, "rendered: asks for %.*s", WQ_S_ARG(wq_str_head(url.href, 300))),
			url.href));
	}
	return WQ_OK;
}

wq_err wq_rendering_judge(const struct wq_rendering *rendering, const struct wq_subject *subject,
	struct wq_arena *arena, struct wq_findings *findings)
{
	struct wq_url address;

	for (size_t i = 0; i < rendering->n; i++) {
		struct judging j = {.r = rendering,
			.subject = subject,
			.page = &rendering->pages[i],
			.place = {.app = subject->app, .url = rendering->pages[i].url},
			.arena = arena,
			.findings = findings};

		if (!j.page->seen.loaded || wq_failed(wq_url_parse(arena, j.page->url, NULL, &address)))
			continue;
		j.place.url = wq_clean(arena, j.place.url, WQ_FINDING_PLACE_BYTES);
		WQ_TRY(judge_mark(&j));
		WQ_TRY(judge_leave(&j));
		WQ_TRY(judge_pop_ups(&j));
		WQ_TRY(judge_requests(&j, &address));
	}
	return WQ_OK;
}
