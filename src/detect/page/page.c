#include "detect/page/page_priv.h"
#include "finding/excerpt.h"

void page_place(struct page_run *run, uint64_t at, uint64_t n, struct wq_place *place)
{
	const char *p = run->html.n ? run->html.p : "";
	uint64_t line_at;

	if (at < run->line_at) {
		run->line_at = 0;
		run->line = 1;
	}
	run->line += wq_html_newlines(wq_str_of(p + run->line_at, at - run->line_at));
	run->line_at = at;
	place->line = (uint32_t)run->line;
	place->column = 1;
	ptrdiff_t newline = wq_str_rchr(wq_str_of(p, at), '\n');
	line_at = (uint64_t)(newline + 1);
	for (uint64_t i = line_at; i < at; i++)
		place->column += ((unsigned char)p[i] & 0xc0) != 0x80;
	if (!run->converted) {
		place->offset = at;
		place->length = n;
	}
}

struct page_said {
	struct page_said *next, *next_in_bucket;
	enum wq_rule_id rule;
	enum wq_severity severity;
	uint64_t at, n, count;
	wq_str subject, target;
};

wq_err page_report(struct page_run *run, enum wq_rule_id rule, int severity, uint64_t at, uint64_t n, wq_str subject)
{
	return page_report_target(run, rule, severity, at, n, subject, WQ_S_NONE);
}

wq_err page_report_target(struct page_run *run, enum wq_rule_id rule, int severity, uint64_t at, uint64_t n,
	wq_str subject, wq_str target)
{
	enum wq_severity s = severity < 0 ? wq_rule_severity(rule) : (enum wq_severity)severity;
	struct page_said **bucket = &run->said[wq_str_hash(subject, rule) % WQ_COUNT(run->said)], *said;

	for (said = *bucket; said; said = said->next_in_bucket)
		if (said->rule == rule && wq_str_eq(said->subject, subject)) {
			said->count++;
			said->severity = WQ_MAX(said->severity, s);
			return WQ_OK;
		}
	said = wq_arena_alloc(run->arena, sizeof *said);
	if (!said)
		return wq_arena_err(run->arena);
	*said = (struct page_said){.next_in_bucket = *bucket,
		.rule = rule,
		.severity = s,
		.at = at,
		.n = n,
		.count = 1,
		.subject = subject,
		.target = target};
	*bucket = said;
	if (!run->last_said)
		run->last_said = &run->first_said;
	*run->last_said = said;
	run->last_said = &said->next;
	return WQ_OK;
}

static wq_err say_one(struct page_run *run, const struct page_said *said, struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(said->rule);

	finding.severity = said->severity;
	finding.place = run->facts->place;
	finding.evidence.count = (uint32_t)WQ_MIN(said->count, (uint64_t)UINT32_MAX);
	finding.evidence.subject = wq_clean(run->arena, said->subject, WQ_EXCERPT_BYTES);
	finding.evidence.excerpt = finding.evidence.subject;
	finding.evidence.target = wq_clean(run->arena, said->target, WQ_FINDING_PLACE_BYTES);
	if (said->n) {
		page_place(run, said->at, said->n, &finding.place);
		finding.evidence.excerpt = wq_excerpt(
			run->arena, run->html, said->at, WQ_MIN(said->n, (uint64_t)WQ_EXCERPT_BYTES / 2));
	}
	WQ_TRY(wq_arena_err(run->arena));
	return wq_findings_add(findings, &finding);
}

wq_err page_say(struct page_run *run, struct wq_findings *findings)
{
	for (const struct page_said *said = run->first_said; said; said = said->next)
		WQ_TRY(say_one(run, said, findings));
	return WQ_OK;
}

/* ---- items ---- */

static wq_err say(struct page_run *run, const struct page_item *item, enum wq_rule_id rule, int severity)
{
	wq_str subject = item->host.n ? item->host : WQ_S("address");
	return page_report_target(run, rule, severity, item->at, item->n, subject, item->target);
}

wq_err page_judge_code(struct page_run *run, const struct page_item *item)
{
	static const enum wq_rule_id rules[] = {WQ_RULE_PAGE_PLANTED_SCRIPT, WQ_RULE_PAGE_OBFUSCATED_SCRIPT,
		WQ_RULE_PAGE_CLOAKING, WQ_RULE_PAGE_SERVICE_WORKER};

	if (item->flags & PAGE_UNREADABLE)
		WQ_TRY(page_report(run, WQ_RULE_PAGE_OBFUSCATED_SCRIPT, -1, item->at, item->n, WQ_S("escapes")));
	for (size_t i = 0; i < run->rules->patterns_n; i++) {
		const struct page_pattern *pattern = &run->rules->patterns[i];
		if (item->patterns >> i & 1)
			WQ_TRY(page_report(
				run, rules[pattern->rule], (int)pattern->severity, item->at, item->n, pattern->name));
	}
	return WQ_OK;
}

static wq_err judge_link(struct page_run *run, const struct page_item *item)
{
	if (item->flags & PAGE_IMITATES)
		WQ_TRY(say(run, item, WQ_RULE_LINK_LOOK_ALIKE, -1));
	if (item->where == PAGE_DEAD)
		return say(run, item, WQ_RULE_LINK_DEAD, -1);
	if (item->where == PAGE_NUMBER || item->where == PAGE_PRIVATE)
		WQ_TRY(say(run, item, WQ_RULE_LINK_ADDRESS, -1));
	if (!page_leads_out(item->where))
		return WQ_OK;
	if (item->flags & PAGE_OPENER)
		WQ_TRY(page_report_target(
			run, WQ_RULE_LINK_NO_OPENER, -1, item->at, item->n, WQ_S("noopener"), item->target));
	if (item->flags & PAGE_HIDDEN)
		return say(run, item, WQ_RULE_PAGE_HIDDEN_LINK, -1);
	if (item->flags & PAGE_EMPTY)
		WQ_TRY(say(run, item, WQ_RULE_PAGE_HIDDEN_LINK, WQ_SEVERITY_MEDIUM));
	return say(run, item, WQ_RULE_LINK_OUTSIDE_UNCONFIRMED, -1);
}

static wq_err judge_item(struct page_run *run, const struct page_item *item)
{
	bool out = page_leads_out(item->where) || item->where == PAGE_PRIVATE;

	switch (item->kind) {
	case PAGE_LINK: return judge_link(run, item);
	case PAGE_INLINE: return page_judge_code(run, item);
	case PAGE_SCRIPT:
		if (item->flags & PAGE_BAD)
			return say(run, item, WQ_RULE_PAGE_PLANTED_SCRIPT, WQ_SEVERITY_CRITICAL);
		if (!out)
			return WQ_OK;
		return say(run, item, WQ_RULE_PAGE_OUTSIDE_SCRIPT,
			item->flags & PAGE_IMITATES || item->where != PAGE_OUTSIDE ? WQ_SEVERITY_HIGH : -1);
	case PAGE_FRAME:
		if (!out)
			return WQ_OK;
		return say(run, item,
			item->flags & PAGE_HIDDEN ? WQ_RULE_PAGE_HIDDEN_FRAME : WQ_RULE_PAGE_OUTSIDE_FRAME, -1);
	case PAGE_FORM:
		/* a search form asks, a form that posts gives away */
		return out ? say(run, item, WQ_RULE_PAGE_OUTSIDE_FORM, item->flags & PAGE_POST ? -1 : WQ_SEVERITY_LOW)
			   : WQ_OK;
	case PAGE_REDIRECT:
		/* code may be waiting for a click */
		return out ? say(run, item, WQ_RULE_PAGE_REDIRECT_OUTSIDE,
				     item->flags & PAGE_BY_CODE ? WQ_SEVERITY_MEDIUM : -1)
			   : WQ_OK;
	case PAGE_KINDS: break;
	}
	return WQ_OK;
}

/* B6 asks how many there are and where the first one is; the gate does the asking. */
static wq_err count_prompts(struct page_run *run)
{
	for (const struct page_item *item = run->items; item; item = item->next) {
		bool leaves = page_leads_out(item->where) || item->where == PAGE_CONFIRMED ||
			item->where == PAGE_TRUSTED;
		if (leaves && (item->kind == PAGE_LINK || item->kind == PAGE_FORM))
			WQ_TRY(page_report(run, WQ_RULE_LINK_NEEDS_PROMPT, -1, item->at, item->n, WQ_S("links")));
	}
	return WQ_OK;
}

static wq_err judge(struct page_run *run)
{
	for (const struct page_item *item = run->items; item; item = item->next)
		WQ_TRY(judge_item(run, item));
	return WQ_OK;
}

static wq_err judge_page(struct page_run *run, struct wq_findings *findings)
{
	WQ_TRY(judge(run));
	WQ_TRY(count_prompts(run));
	WQ_TRY(page_footer_judge(run));
	return page_say(run, findings);
}

static wq_err check(struct page_run *run, wq_str bytes, wq_str label, struct wq_buf *room, struct wq_findings *findings)
{
	WQ_TRY(page_run_open(run, bytes, label, room));
	WQ_TRY(page_scan(run));
	return judge_page(run, findings);
}

struct wq_page {
	struct page_run run;
};

wq_err wq_page_open(struct wq_arena *arena, const struct wq_page_rules *rules, const struct wq_page_facts *facts,
	const struct wq_document *document, struct wq_buf *value, struct wq_page **ret_page)
{
	struct wq_page *page = WQ_NEW(arena, struct wq_page);

	if (!page)
		return wq_arena_err(arena);
	page->run = (struct page_run){.arena = arena, .rules = rules, .facts = facts};
	WQ_TRY(page_run_begin(&page->run, document->html, document->converted, value));
	page_read_styles(&page->run);
	*ret_page = page;
	return wq_arena_err(arena);
}

wq_err wq_page_token(void *page, const struct wq_html_token *token)
{
	return page_token(&((struct wq_page *)page)->run, token);
}

wq_err wq_page_close(struct wq_page *page, struct wq_findings *findings)
{
	return judge_page(&page->run, findings);
}

wq_err wq_page_check(struct wq_arena *arena, const struct wq_page_rules *rules, const struct wq_page_facts *facts,
	wq_str html, wq_str http_label, struct wq_findings *findings)
{
	struct page_run run = {.arena = arena, .rules = rules, .facts = facts};
	WQ_BUF(room, WQ_PAGE_BYTES);
	wq_err e = check(&run, html, http_label, &room, findings);

	page_run_close(&run);
	return e;
}

wq_err wq_page_check_script(struct wq_arena *arena, const struct wq_page_rules *rules,
	const struct wq_page_facts *facts, wq_str script, wq_str http_label, struct wq_findings *findings)
{
	struct page_run run = {.arena = arena, .rules = rules, .facts = facts};
	WQ_BUF(room, WQ_PAGE_BYTES);
	wq_err e = page_run_open(&run, script, http_label, &room);

	if (!wq_failed(e)) {
		page_code(&run, run.html, 0, run.html.n);
		e = wq_arena_err(arena);
	}
	if (!wq_failed(e))
		e = judge(&run);
	if (!wq_failed(e))
		e = page_say(&run, findings);
	page_run_close(&run);
	return e;
}
