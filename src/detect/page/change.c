#include "detect/page/change.h"
#include "detect/page/page_priv.h"

#include "finding/excerpt.h"

/* Hashes of what the version before had, open addressing; 0 is kept apart by setting its lowest bit. */
struct set {
	uint64_t *slots;
	size_t mask;
};

static wq_err set_init(struct wq_arena *arena, size_t n, struct set *set)
{
	size_t room = 16;

	while (room < 2 * n)
		room *= 2;
	set->mask = room - 1;
	set->slots = WQ_NEW_ARRAY(arena, uint64_t, room);
	return wq_arena_err(arena);
}

static bool set_has(const struct set *set, uint64_t hash)
{
	hash |= 1;
	for (size_t i = hash >> 20 & set->mask; set->slots[i]; i = (i + 1) & set->mask)
		if (set->slots[i] == hash)
			return true;
	return false;
}

static void set_add(struct set *set, uint64_t hash)
{
	size_t i = (hash | 1) >> 20 & set->mask;

	while (set->slots[i] && set->slots[i] != (hash | 1))
		i = (i + 1) & set->mask;
	set->slots[i] = hash | 1;
}

/* ---- items ---- */

static uint64_t host_hash(const struct page_item *item)
{
	return wq_str_hash(item->host, 1000);
}

static uint64_t exact_hash(const struct page_item *item)
{
	return wq_str_hash(item->host, 2000 + 16 * (uint64_t)item->kind + (item->flags & PAGE_HIDDEN)) ^
		(item->kind == PAGE_SCRIPT || item->kind == PAGE_INLINE || item->kind == PAGE_REDIRECT ? item->hash
												       : 0);
}

static wq_err items_of(struct wq_arena *arena, const struct page_run *run, struct set *set)
{
	WQ_TRY(set_init(arena, 2 * run->items_n + 1, set));
	for (const struct page_item *item = run->items; item; item = item->next) {
		set_add(set, exact_hash(item));
		set_add(set, host_hash(item));
	}
	return WQ_OK;
}

/* Code is shown by its first bytes, with long numbers masked. */
static wq_err say(
	struct page_run *run, const struct page_item *item, enum wq_rule_id rule, int severity, wq_str subject)
{
	return page_report(run, rule, severity, item->at, item->n, subject);
}

static wq_err new_code(struct page_run *run, const struct page_item *item, const struct set *before, size_t *said)
{
	bool planted = item->flags & PAGE_UNREADABLE, out = page_leads_out(item->where);

	for (size_t i = 0; i < run->rules->patterns_n; i++)
		planted |= (item->patterns >> i & 1) && run->rules->patterns[i].severity >= WQ_SEVERITY_HIGH;
	if (set_has(before, exact_hash(item)))
		return WQ_OK;
	++*said;
	return say(run, item, WQ_RULE_CHANGE_SCRIPT,
		item->flags & PAGE_BAD   ? WQ_SEVERITY_CRITICAL
			: planted || out ? WQ_SEVERITY_HIGH
					 : -1,
		item->kind == PAGE_INLINE ? WQ_S("code in the page")
			: item->host.n    ? item->host
					  : WQ_S("script of the site"));
}

static wq_err new_item(struct page_run *run, const struct page_item *item, const struct set *before, size_t *said)
{
	bool out = page_leads_out(item->where) || item->where == PAGE_PRIVATE;

	if (item->kind == PAGE_SCRIPT || item->kind == PAGE_INLINE)
		return new_code(run, item, before, said);
	if (!out || set_has(before, exact_hash(item)))
		return WQ_OK;
	if (item->kind == PAGE_REDIRECT) {
		++*said;
		return say(run, item, WQ_RULE_CHANGE_REDIRECT, -1, item->host);
	}
	if ((item->flags & PAGE_HIDDEN) && (item->kind == PAGE_LINK || item->kind == PAGE_FRAME)) {
		++*said;
		return say(run, item, WQ_RULE_CHANGE_HIDDEN_LINK, -1, item->host);
	}
	if (item->kind == PAGE_LINK && set_has(before, host_hash(item)))
		return WQ_OK;
	++*said;
	return say(run, item, WQ_RULE_CHANGE_OUTSIDE_HOST,
		item->flags & PAGE_IMITATES || item->kind == PAGE_FRAME || (item->flags & PAGE_POST) ? WQ_SEVERITY_HIGH
												     : -1,
		item->host);
}

/* ---- text ---- */

/* How many bytes of the old text stand in the new one, and the first block that is new. */
static wq_err kept_text(
	struct page_run *before, struct page_run *after, uint64_t *ret_kept, const struct page_block **ret_new)
{
	struct set old, new;
	size_t before_n = 0, after_n = 0;

	for (const struct page_block *b = before->blocks; b; b = b->next)
		before_n++;
	for (const struct page_block *b = after->blocks; b; b = b->next)
		after_n++;
	WQ_TRY(set_init(after->arena, before_n + 1, &old));
	WQ_TRY(set_init(after->arena, after_n + 1, &new));
	for (const struct page_block *b = before->blocks; b; b = b->next)
		set_add(&old, b->hash);
	*ret_new = NULL;
	for (const struct page_block *b = after->blocks; b; b = b->next) {
		set_add(&new, b->hash);
		if (!*ret_new && !set_has(&old, b->hash))
			*ret_new = b;
	}
	*ret_kept = 0;
	for (const struct page_block *b = before->blocks; b; b = b->next)
		*ret_kept += set_has(&new, b->hash) ? b->n : 0;
	return WQ_OK;
}

static wq_err text_finding(struct page_run *run, enum wq_rule_id rule, int severity, uint64_t at, wq_str subject,
	struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(rule);

	if (severity >= 0)
		finding.severity = (enum wq_severity)severity;
	finding.place = run->facts->place;
	finding.evidence.subject = subject;
	page_place(run, at, 0, &finding.place);
	finding.evidence.excerpt = wq_excerpt_public(run->arena, run->html, at);
	WQ_TRY(wq_arena_err(run->arena));
	return wq_findings_add(findings, &finding);
}

static wq_err judge_text(struct page_run *before, struct page_run *after, size_t *said, struct wq_findings *findings)
{
	const struct wq_page_rules *rules = after->rules;
	const struct page_block *new;
	uint64_t kept;
	bool gone, title = before->title_hash && before->title_hash != after->title_hash;
	bool signature = after->signed_by_intruder && !before->signed_by_intruder;

	WQ_TRY(kept_text(before, after, &kept, &new));
	gone = before->text_bytes >= rules->text_bytes && kept * 100 < before->text_bytes * rules->kept_percent;
	if (!signature && !gone)
		return WQ_OK;
	++*said;
	return text_finding(after, WQ_RULE_CHANGE_DEFACEMENT,
		signature && (gone || title) ? WQ_SEVERITY_CRITICAL
			: gone && title      ? WQ_SEVERITY_CRITICAL
					     : -1,
		signature     ? after->signature_at
			: new ? new->at
			      : 0,
		signature ? WQ_S("words of intruders") : WQ_S("most of the text is gone"), findings);
}

/* ---- the two versions ---- */

static wq_err scan(struct page_run *run, const struct wq_page_version *version, struct wq_buf *room)
{
	run->keep_text = true;
	WQ_TRY(page_run_open(run, version->bytes, version->label, room));
	if (version->as == WQ_PAGE_AS_SCRIPT)
		page_code(run, run->html, 0, run->html.n);
	else
		WQ_TRY(page_scan(run));
	return wq_arena_err(run->arena);
}

/* The first byte that differs. */
static uint64_t first_difference(wq_str a, wq_str b)
{
	size_t n = WQ_MIN(a.n, b.n), i = 0;

	while (i < n && a.p[i] == b.p[i])
		i++;
	while (i > 0 && i < b.n && ((unsigned char)b.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

static wq_err compare(struct page_run *before, struct page_run *after, const struct wq_page_version *version,
	struct wq_findings *findings)
{
	struct set known;
	size_t said = 0;

	WQ_TRY(items_of(after->arena, before, &known));
	for (const struct page_item *item = after->items; item; item = item->next)
		WQ_TRY(new_item(after, item, &known, &said));
	WQ_TRY(page_say(after, findings));
	if (version->as == WQ_PAGE_AS_HTML)
		WQ_TRY(judge_text(before, after, &said, findings));
	if (said)
		return WQ_OK;
	return text_finding(after, version->as == WQ_PAGE_AS_SCRIPT ? WQ_RULE_CHANGE_SCRIPT : WQ_RULE_CHANGE_TEXT, -1,
		first_difference(before->html, after->html), WQ_S("content"), findings);
}

static wq_err compare_types(struct wq_arena *arena, const struct wq_page_facts *facts,
	const struct wq_page_version *before, const struct wq_page_version *after, struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CHANGE_TYPE);

	finding.place = facts->place;
	finding.evidence.subject = WQ_S("type");
	finding.evidence.excerpt = wq_clean(arena,
		wq_arena_printf(arena, "%.*s -> %.*s", WQ_S_ARG(before->type), WQ_S_ARG(after->type)),
		WQ_EXCERPT_BYTES);
	WQ_TRY(wq_arena_err(arena));
	return wq_findings_add(findings, &finding);
}

static wq_err other_change(struct wq_arena *arena, const struct wq_page_facts *facts,
	const struct wq_page_version *before, const struct wq_page_version *after, struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CHANGE_TEXT);

	finding.place = facts->place;
	finding.evidence.subject = WQ_S("content");
	if (wq_str_starts_nocase(after->type, WQ_S("text/")))
		finding.place.line = (uint32_t)(1 +
			wq_html_newlines(wq_str_head(after->bytes, first_difference(before->bytes, after->bytes))));
	finding.evidence.excerpt = wq_arena_printf(arena, "%zu bytes instead of %zu", after->bytes.n, before->bytes.n);
	WQ_TRY(wq_arena_err(arena));
	return wq_findings_add(findings, &finding);
}

wq_err wq_page_change(struct wq_arena *arena, const struct wq_page_rules *rules, const struct wq_page_facts *facts,
	const struct wq_page_version *before, const struct wq_page_version *after, struct wq_findings *findings)
{
	struct page_run old = {.arena = arena, .rules = rules, .facts = facts};
	struct page_run new = {.arena = arena, .rules = rules, .facts = facts};
	WQ_BUF(old_room, WQ_PAGE_BYTES);
	WQ_BUF(new_room, WQ_PAGE_BYTES);
	bool typed = wq_str_eq_nocase(before->type, after->type);

	if (!typed)
		WQ_TRY(compare_types(arena, facts, before, after, findings));
	if (wq_str_eq(before->bytes, after->bytes))
		return WQ_OK;
	if (before->as != after->as || after->as == WQ_PAGE_AS_OTHER)
		return typed ? other_change(arena, facts, before, after, findings) : WQ_OK;
	wq_err e = scan(&old, before, &old_room);
	if (!wq_failed(e))
		e = scan(&new, after, &new_room);
	if (!wq_failed(e))
		e = compare(&old, &new, after, findings);
	page_run_close(&old);
	page_run_close(&new);
	return e;
}
