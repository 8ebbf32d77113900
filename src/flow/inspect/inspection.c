#include "flow/inspect/inspection.h"

#include "finding/excerpt.h"
#include "finding/rule.h"
#include "flow/inspect/facts.h"
#include "flow/inspect/foreign.h"
#include "flow/inspect/leftovers.h"
#include "flow/inspect/names.h"
#include "flow/inspect/parts.h"
#include "flow/inspect/rendering.h"
#include "flow/inspect/reprints.h"
#include "flow/inspect/score.h"
#include "flow/inspect/secure.h"
#include "flow/inspect/tally.h"
#include "text/charset.h"

enum { PAGE_MEMORY = 512 * 1024 * 1024, PAGE_FINDINGS = 10000, SITE_FINDINGS = 100000 };

/* A detector that reads the page at hand; one that cannot go on is left out, the others read on. */
struct slot {
	const struct wq_part *part;
	void *state;
	wq_err failed;
};

struct run {
	const struct wq_inspect_options *options;
	struct wq_inspect_result *result;
	struct wq_facts facts;
	struct wq_tally tally;
	struct wq_arena scratch; /* of one page */
	struct wq_findings findings;
	const void *rules[WQ_PARTS_MAX];
	void *sites[WQ_PARTS_MAX];
	struct slot slots[WQ_PARTS_MAX];
	size_t slots_n;
	/* of detectors that a capture uses as well */
	struct wq_content_page content;
	wq_err content_failed;
	struct wq_page_facts page_facts;
	struct wq_page *page;
	wq_err page_failed;
	struct wq_buf page_value;
	struct wq_site_stats stats; /* as of the last tick */
	const struct wq_indicator_rules *indicators;
	struct wq_measures measures;
	struct wq_score_counts counts;
	wq_str target; /* of the fault before */
	struct wq_secure secure;
	struct wq_names names;
	struct wq_rendering *rendering; /* NULL: not asked for */
	struct wq_reprints reprints;
	const struct wq_front_rules *leftovers;
	const struct wq_tls_observation *tls[WQ_INSPECT_HOSTS_MAX];
};

/* ---- findings of the run itself ---- */

static wq_err add_one(struct run *run, enum wq_rule_id rule, wq_str url, wq_str excerpt)
{
	struct wq_finding f = wq_rule_finding(rule);

	f.place = (struct wq_place){.app = run->facts.subject.app, .url = wq_clean(&run->scratch, url, 4096)};
	f.evidence.excerpt = wq_clean(&run->scratch, excerpt, WQ_EXCERPT_BYTES);
	f.evidence.subject = wq_rule_name(rule);
	WQ_TRY(wq_arena_err(&run->scratch));
	return wq_tally_add(&run->tally, &f);
}

/* What could not be examined is not fine: somebody has to know. */
static wq_err not_examined(struct run *run, wq_str url, wq_err why)
{
	run->result->unexamined++;
	return add_one(run, WQ_RULE_CONTENT_NOT_EXAMINED, url, wq_str_c(wq_err_message(why, WQ_LANG_EN)));
}

/* What was collected, but for what a browser knows better. */
static wq_err take(struct run *run)
{
	struct wq_findings *all = &run->findings;
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		if (!run->rendering || !wq_rendering_gives_way(run->rendering, &all->items[i]))
			all->items[n++] = all->items[i];
	all->count = n;
	if (all->dropped == 0)
		all->worst = WQ_SEVERITY_INFO; /* each says its own */
	return wq_tally_add_all(&run->tally, all);
}

static bool is_about_page(wq_err e)
{
	return wq_is(e, WQ_E_LIMIT) || wq_is(e, WQ_E_INPUT);
}

/* ---- a page ---- */

static wq_err begin(struct run *run)
{
	wq_arena_reset(&run->scratch);
	return wq_findings_init(&run->findings, &run->scratch, PAGE_FINDINGS);
}

static wq_str url_of(const struct wq_site_page *page)
{
	return wq_str_head(page->document->address.href, WQ_FINDING_PLACE_BYTES);
}

/* What is wrong with the page ends the reading of one detector only. */
static wq_err keep_going(wq_err e, wq_err *failed)
{
	if (!is_about_page(e))
		return e;
	*failed = e;
	return WQ_OK;
}

static wq_err token(void *data, const struct wq_html_token *token)
{
	struct slot *slot = data;

	return wq_failed(slot->failed) ? WQ_OK : keep_going(slot->part->token(slot->state, token), &slot->failed);
}

static wq_err content_token(void *data, const struct wq_html_token *token)
{
	struct run *run = data;

	return wq_failed(run->content_failed)
		? WQ_OK
		: keep_going(wq_content_page_token(&run->content, token), &run->content_failed);
}

static wq_err page_token(void *data, const struct wq_html_token *token)
{
	struct run *run = data;

	return wq_failed(run->page_failed) ? WQ_OK : keep_going(wq_page_token(run->page, token), &run->page_failed);
}

static wq_err open_shared(
	struct run *run, const struct wq_site_page *page, struct wq_document_reader *readers, size_t *n)
{
	const struct wq_document *d = page->document;

	run->content_failed = run->page_failed = WQ_OK;
	if (run->options->checks & WQ_INSPECT_CONTENT) {
		WQ_TRY(keep_going(wq_content_page_begin(&run->content, d->html), &run->content_failed));
		readers[(*n)++] = (struct wq_document_reader){content_token, run};
	}
	if (run->options->checks & WQ_INSPECT_PAGE) {
		run->page_facts = wq_facts_page(&run->facts, url_of(page), page->home);
		WQ_TRY(keep_going(
			wq_page_open(&run->scratch, run->facts.page, &run->page_facts, d, &run->page_value, &run->page),
			&run->page_failed));
		readers[(*n)++] = (struct wq_document_reader){page_token, run};
	}
	return WQ_OK;
}

static wq_err on_open(
	void *data, const struct wq_site_page *page, struct wq_document_reader *readers, size_t *ret_readers_n)
{
	struct run *run = data;
	const struct wq_part_page p = {.subject = &run->facts.subject,
		.document = page->document,
		.home = page->home,
		.place = {.app = run->facts.subject.app, .url = url_of(page)}};

	WQ_TRY(begin(run));
	if (page->home) {
		WQ_TRY(wq_facts_home(&run->facts, page->document->html));
		WQ_TRY(wq_foreign_judge(
			run->options, &run->facts.subject, &run->scratch, page->document, &run->findings));
	}
	run->slots_n = 0;
	for (size_t i = 0; i < wq_parts_n; i++) {
		struct slot *slot = &run->slots[run->slots_n];

		if (!(run->options->checks & wq_parts[i].check))
			continue;
		*slot = (struct slot){.part = &wq_parts[i]};
		WQ_TRY(wq_parts[i].open(&run->scratch, run->rules[i], &p, &slot->state));
		readers[run->slots_n++] = (struct wq_document_reader){token, slot};
	}
	*ret_readers_n = run->slots_n;
	return open_shared(run, page, readers, ret_readers_n);
}

/* What it names as its source is looked at when the walk is over. */
static wq_err keep_reprint(struct run *run, const struct slot *slot, wq_str url)
{
	const struct wq_quality_reprint *reprint = slot->part->check == WQ_INSPECT_QUALITY
		? wq_quality_reprint_of(slot->state)
		: NULL;

	return reprint ? wq_reprints_add(&run->reprints, run->facts.arena, url, reprint) : WQ_OK;
}

static wq_err close_slots(struct run *run, wq_str url)
{
	for (size_t i = 0; i < run->slots_n; i++) {
		struct slot *slot = &run->slots[i];
		wq_err e = slot->failed;

		if (!wq_failed(e))
			e = slot->part->close(slot->state, &run->findings, run->sites[slot->part - wq_parts]);
		if (!wq_failed(e))
			e = keep_reprint(run, slot, url);
		if (is_about_page(e))
			e = not_examined(run, url, e);
		WQ_TRY(e);
	}
	return WQ_OK;
}

static wq_err close_shared(struct run *run, const struct wq_site_page *page)
{
	const struct wq_document *d = page->document;
	const struct wq_place place = {.app = run->facts.subject.app, .url = url_of(page)};

	WQ_TRY(run->content_failed);
	if (run->options->checks & WQ_INSPECT_CONTENT)
		WQ_TRY(wq_content_page_end(&run->content, &run->scratch, run->facts.content, run->facts.words, d->html,
			d->converted, &place, &run->findings));
	WQ_TRY(run->page_failed);
	return run->options->checks & WQ_INSPECT_PAGE ? wq_page_close(run->page, &run->findings) : WQ_OK;
}

static wq_err on_page(void *data, const struct wq_site_page *page)
{
	struct run *run = data;
	wq_err e;

	run->result->pages++;
	WQ_TRY(close_slots(run, url_of(page)));
	e = close_shared(run, page);
	if (is_about_page(e))
		e = not_examined(run, url_of(page), e);
	WQ_TRY(e);
	return take(run);
}

/* ---- what pages load ---- */

static bool is_script(wq_str type)
{
	return wq_str_ends(type, WQ_S("/javascript")) || wq_str_ends(type, WQ_S("/x-javascript")) ||
		wq_str_ends(type, WQ_S("/ecmascript"));
}

static wq_err look_script(struct run *run, const struct wq_site_page *r)
{
	struct wq_page_facts facts = wq_facts_page(&run->facts, url_of(r), false);

	if (run->options->checks & WQ_INSPECT_PAGE)
		WQ_TRY(wq_page_check_script(&run->scratch, run->facts.page, &facts, r->document->bytes,
			wq_charset_of_content_type(wq_header_find(r->document->headers, WQ_S("Content-Type"))),
			&run->findings));
	if (r->from.n)
		facts.place.url = r->from; /* what is wrong with a library stands at the page that loads it */
	for (size_t i = 0; i < wq_parts_n; i++)
		if (run->sites[i] && wq_parts[i].script)
			WQ_TRY(wq_parts[i].script(&run->scratch, run->rules[i], &run->facts.subject, &facts.place,
				url_of(r), r->document->bytes, &run->findings, run->sites[i]));
	return WQ_OK;
}

static wq_err on_resource(void *data, const struct wq_site_page *resource)
{
	struct run *run = data;
	wq_err e;

	if (!is_script(resource->type))
		return WQ_OK;
	run->result->scripts++;
	WQ_TRY(begin(run));
	e = look_script(run, resource);
	if (is_about_page(e))
		e = not_examined(run, url_of(resource), e);
	WQ_TRY(e);
	return take(run);
}

/* ---- targets ---- */

/* What an inspector could not open; each target once, on the home page if it stands there. */
static wq_err count_broken(struct run *run, const struct wq_site_fault *fault)
{
	static const unsigned broken = 1u << WQ_SITE_BROKEN | 1u << WQ_SITE_SERVER_ERROR | 1u << WQ_SITE_UNREACHABLE |
		1u << WQ_SITE_TLS | 1u << WQ_SITE_TRUNCATED | 1u << WQ_SITE_LOOP | 1u << WQ_SITE_SOFT_404;

	if (!(broken & 1u << fault->verdict) || wq_str_eq(run->target, fault->target))
		return WQ_OK;
	run->target = wq_arena_str(run->facts.arena, fault->target);
	if (fault->from_home)
		run->counts.home_links++;
	else
		run->counts.other_links++;
	return wq_arena_err(run->facts.arena);
}

static wq_err on_fault(void *data, const struct wq_site_fault *fault)
{
	struct run *run = data;
	struct wq_finding f;

	WQ_TRY(begin(run));
	WQ_TRY(count_broken(run, fault));
	if (fault->page.n == 0 && run->result->pages == 0 && run->result->unreachable_why.n == 0)
		run->result->unreachable_why = wq_clean(run->facts.arena, fault->detail, WQ_EXCERPT_BYTES);
	if (!(run->options->checks & WQ_INSPECT_LINKS))
		return WQ_OK;
	f = wq_site_finding(&run->scratch, fault);
	WQ_TRY(wq_arena_err(&run->scratch));
	f.place.app = run->facts.subject.app;
	WQ_TRY(wq_tally_add(&run->tally, &f));
	wq_tally_at_least(&run->tally, fault->places);
	return WQ_OK;
}

static wq_err on_tick(void *data, const struct wq_site_stats *so_far)
{
	struct run *run = data;
	const struct wq_inspect_progress progress = {so_far, wq_map_count(&run->tally.map)};

	run->stats = *so_far;
	if (!run->options->progress || run->options->progress(run->options->data, &progress))
		return WQ_OK;
	run->result->interrupted = true;
	return wq_error_id(WQ_E_INTERRUPTED);
}

/* ---- the whole ---- */

static wq_err walk(struct run *run)
{
	static const unsigned of_pages = WQ_INSPECT_STANDARD & ~(unsigned)WQ_INSPECT_LINKS,
			      of_scripts = WQ_INSPECT_PAGE | WQ_INSPECT_PORTAL | WQ_INSPECT_FRONT;
	const struct wq_site_calls calls = {.open = on_open,
		.page = on_page,
		.resource = run->options->checks & of_scripts ? on_resource : NULL,
		.fault = on_fault,
		.tick = on_tick,
		.data = run};
	struct wq_site_options options = run->options->walk;
	wq_err e;

	options.links_only |= !(run->options->checks & of_pages);
	options.check_only_inside |= !(run->options->checks & WQ_INSPECT_LINKS);
	if (!options.target)
		options.target = run->facts.target;
	e = wq_site_run(&options, &calls, &run->result->walk);
	if (!run->result->interrupted)
		return e;
	run->result->walk = run->stats;
	return wq_is(e, WQ_E_INTERRUPTED) ? WQ_OK : e;
}

static wq_err judge_sites(struct run *run)
{
	for (size_t i = 0; i < wq_parts_n; i++) {
		if (!run->sites[i] || run->result->pages == 0)
			continue;
		wq_arena_reset(&run->scratch);
		WQ_TRY(wq_findings_init(&run->findings, &run->scratch, SITE_FINDINGS));
		WQ_TRY(wq_parts[i].judge(run->sites[i], &run->scratch, &run->findings));
		WQ_TRY(take(run));
		if (wq_parts[i].measure && !run->result->interrupted)
			wq_parts[i].measure(run->sites[i], &run->measures);
	}
	return WQ_OK;
}

static wq_err judge_signs(struct run *run)
{
	static const char *const texts[WQ_SITE_SIGNS] = {"redirects to ever new addresses", "links without end",
		"an answer that swells, or a head without end", "answered, then went silent"};

	for (size_t i = 0; i < WQ_SITE_SIGNS; i++) {
		const char *first = run->result->walk.signs[i].first;

		if (run->result->walk.signs[i].times > 0)
			WQ_TRY(add_one(run, WQ_RULE_INSPECT_HOSTILE, wq_str_c(first), wq_str_c(texts[i])));
	}
	return WQ_OK;
}

static wq_err judge_run(struct run *run)
{
	struct wq_inspect_result *r = run->result;

	wq_arena_reset(&run->scratch);
	r->unreachable = r->walk.pages == 0 && !r->interrupted && !run->options->names.registered.closed;
	if (r->unreachable)
		WQ_TRY(add_one(run, WQ_RULE_UPTIME_DOWN, run->facts.starts[0], r->unreachable_why));
	if (r->walk.limited)
		WQ_TRY(add_one(run, WQ_RULE_INSPECT_LIMITED, run->facts.starts[0], wq_str_c(r->walk.limited_by)));
	WQ_TRY(judge_signs(run));
	if (r->walk.robots_kept_away > 0)
		WQ_TRY(add_one(run, WQ_RULE_INSPECT_ROBOTS, run->facts.starts[0], WQ_S("robots.txt")));
	return WQ_OK;
}

static wq_err open_parts(struct run *run)
{
	for (size_t i = 0; i < wq_parts_n; i++) {
		if (!(run->options->checks & wq_parts[i].check))
			continue;
		WQ_TRY(wq_facts_part(&run->facts, &wq_parts[i], &run->rules[i]));
		WQ_TRY(wq_parts[i].site_new(run->rules[i], &run->facts.subject, &run->sites[i]));
	}
	return WQ_OK;
}

static wq_err look_secure(struct run *run)
{
	if (!(run->options->checks & WQ_INSPECT_TLS) || run->result->interrupted)
		return WQ_OK;
	wq_arena_reset(&run->scratch);
	WQ_TRY(wq_findings_init(&run->findings, &run->scratch, SITE_FINDINGS));
	WQ_TRY(wq_secure_look(&run->secure, &run->facts, run->options, run->facts.arena, run->tls, &run->result->tls_n,
		&run->result->network, &run->findings));
	run->result->tls = run->tls;
	return take(run);
}

/* What pages and browser both say is said once. */
static wq_err judge_rendering(struct run *run)
{
	const struct wq_findings *all = &run->findings;

	if (!run->rendering)
		return WQ_OK;
	wq_arena_reset(&run->scratch);
	WQ_TRY(wq_findings_init(&run->findings, &run->scratch, SITE_FINDINGS));
	WQ_TRY(wq_rendering_judge(run->rendering, &run->facts.subject, &run->scratch, &run->findings));
	for (size_t i = 0; i < all->count; i++)
		if (!wq_tally_has(&run->tally, &all->items[i]) || wq_str_starts(all->items[i].rule, WQ_S("mark.")))
			WQ_TRY(wq_tally_add(&run->tally, &all->items[i]));
	run->result->pictures = run->rendering->pictures;
	run->result->pictures_n = run->rendering->pictures_n;
	return run->rendering->why[0] ? add_one(run, WQ_RULE_INSPECT_LIMITED, run->facts.starts[0],
						wq_arena_printf(&run->scratch, "rendering: %s", run->rendering->why))
				      : WQ_OK;
}

static const void *rules_of(const struct run *run, unsigned check)
{
	for (size_t i = 0; i < wq_parts_n; i++)
		if (wq_parts[i].check == check)
			return run->rules[i];
	return NULL;
}

static wq_err compare_reprints(struct run *run)
{
	if (run->result->interrupted)
		return WQ_OK;
	wq_arena_reset(&run->scratch);
	WQ_TRY(wq_findings_init(&run->findings, &run->scratch, PAGE_FINDINGS));
	WQ_TRY(wq_reprints_look(&run->reprints, rules_of(run, WQ_INSPECT_QUALITY), &run->facts, run->options,
		&run->scratch, &run->findings));
	WQ_TRY(take(run));
	return run->reprints.left_out
		? add_one(run, WQ_RULE_INSPECT_LIMITED, run->facts.starts[0], WQ_S("sources of reprints"))
		: WQ_OK;
}

static wq_err look_leftovers(struct run *run)
{
	if (!(run->options->checks & WQ_INSPECT_LEFTOVERS) || run->result->interrupted || run->result->pages == 0)
		return WQ_OK;
	wq_arena_reset(&run->scratch);
	WQ_TRY(wq_findings_init(&run->findings, &run->scratch, PAGE_FINDINGS));
	WQ_TRY(wq_leftovers_look(run->leftovers, &run->facts, run->options, &run->scratch, &run->findings));
	return take(run);
}

static wq_err open_leftovers(struct run *run)
{
	const void *rules = rules_of(run, WQ_INSPECT_FRONT);

	for (size_t i = 0; i < wq_parts_n && !rules && run->options->checks & WQ_INSPECT_LEFTOVERS; i++)
		if (wq_parts[i].check == WQ_INSPECT_FRONT)
			WQ_TRY(wq_facts_part(&run->facts, &wq_parts[i], &rules));
	run->leftovers = rules;
	return WQ_OK;
}

static wq_err open_rendering(struct run *run)
{
	if (!(run->options->checks & WQ_INSPECT_RENDER))
		return WQ_OK;
	run->rendering = WQ_NEW(run->facts.arena, struct wq_rendering);
	return run->rendering ? wq_rendering_open(run->rendering, &run->facts, run->options)
			      : wq_arena_err(run->facts.arena);
}

/* What names say alone belongs to `portal`. */
static bool names_asked(const struct run *run)
{
	return run->options->checks & (WQ_INSPECT_DNS | WQ_INSPECT_PORTAL);
}

static wq_err look_names(struct run *run)
{
	if (!names_asked(run) || run->result->interrupted)
		return WQ_OK;
	wq_arena_reset(&run->scratch);
	WQ_TRY(wq_findings_init(&run->findings, &run->scratch, SITE_FINDINGS));
	WQ_TRY(wq_names_look(&run->names, &run->facts, run->options, &run->scratch, &run->result->network,
		&run->measures, &run->findings));
	return wq_tally_add_all(&run->tally, &run->findings);
}

static wq_err run_all(struct run *run)
{
	WQ_TRY(open_parts(run));
	if (names_asked(run))
		WQ_TRY(wq_names_open(&run->names, &run->facts));
	if (run->options->checks & WQ_INSPECT_TLS)
		WQ_TRY(wq_secure_open(&run->secure, &run->facts, run->options));
	WQ_TRY(wq_facts_indicators(&run->facts, &run->indicators));
	WQ_TRY(open_leftovers(run));
	WQ_TRY(open_rendering(run));
	if (run->options->ready)
		WQ_TRY(run->options->ready(run->options->data));
	if (run->rendering)
		WQ_TRY(wq_rendering_look(run->rendering, &run->facts, run->options));
	WQ_TRY(walk(run));
	WQ_TRY(judge_sites(run));
	WQ_TRY(compare_reprints(run));
	WQ_TRY(look_names(run));
	WQ_TRY(judge_rendering(run));
	WQ_TRY(look_leftovers(run));
	WQ_TRY(look_secure(run));
	return judge_run(run);
}

static void set_up(struct run *run, const struct wq_inspect_options *options)
{
	run->result->site = run->facts.site;
	run->result->starts = run->facts.starts;
	run->result->starts_n = options->walk.starts_n;
	run->result->began = run->facts.subject.now;
	run->result->checks = options->checks;
	run->measures = options->measures;
	wq_arena_init(&run->scratch, PAGE_MEMORY);
	wq_content_page_init(&run->content);
	wq_buf_init(&run->page_value, WQ_PAGE_VALUE_MAX);
	wq_tally_init(&run->tally, run->facts.arena, options->random ? options->random : &wq_random_system);
}

static wq_err finish(struct run *run, uint64_t began_msec)
{
	const struct wq_clock *clock = run->options->walk.clock ? run->options->walk.clock : &wq_clock_system;
	struct wq_inspect_result *r = run->result;

	r->ended = wq_now(clock);
	r->msec = (uint32_t)WQ_MIN(clock->monotonic_msec(clock->data) - began_msec, (uint64_t)UINT32_MAX);
	r->subject = run->facts.subject;
	r->why = run->facts.why;
	WQ_TRY(wq_tally_result(&run->tally, r));
	if (r->pages == 0)
		return WQ_OK;
	wq_score_measure(r, &run->counts, &run->measures);
	return wq_score_judge(run->facts.arena, run->indicators, &run->measures, &r->subject, &r->score);
}

wq_err wq_inspect_run(
	const struct wq_inspect_options *options, struct wq_arena *arena, struct wq_inspect_result *ret_result)
{
	const struct wq_clock *clock = options->walk.clock ? options->walk.clock : &wq_clock_system;
	uint64_t began = clock->monotonic_msec(clock->data);
	struct run *run = WQ_NEW(arena, struct run);
	wq_err e;

	if (!run || !(run->result = WQ_NEW(arena, struct wq_inspect_result)))
		return wq_arena_err(arena);
	run->options = options;
	WQ_TRY(wq_facts_open(&run->facts, options, arena));
	set_up(run, options);
	e = run_all(run);
	if (!wq_failed(e))
		e = finish(run, began);
	for (size_t i = 0; i < wq_parts_n; i++)
		if (run->sites[i])
			wq_parts[i].site_free(run->sites[i]);
	if (run->rendering)
		wq_rendering_close(run->rendering);
	wq_secure_close(&run->secure);
	wq_names_close(&run->names);
	wq_tally_done(&run->tally);
	wq_content_page_done(&run->content);
	wq_buf_done(&run->page_value);
	wq_arena_done(&run->scratch);
	wq_facts_close(&run->facts);
	if (!wq_failed(e)) {
		*ret_result = *run->result;
		ret_result->subject.suffixes = NULL;
	}
	return e;
}
