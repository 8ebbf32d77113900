#include "flow/capture_priv.h"

#include "finding/excerpt.h"
#include "policy/rewrite.h"

enum { MERGE_AT = 4096, PAGE_MEMORY = 256 * 1024 * 1024 };

/* One kind of region as findings name it: the same bytes around it, on however many pages. */
struct region {
	struct wq_volatile_region seen; /* where it was seen first */
	wq_str key, excerpt;
	uint32_t pages;
};

struct learning {
	struct wq_capturing *c;
	struct wq_arena arena;          /* of one page */
	struct wq_volatile_rule *rules; /* learnt; what is over MERGE_AT is merged */
	size_t rules_n;
	struct wq_map regions; /* what stands before, 0, what stands after -> struct region */
};

static wq_str path_of(wq_str key)
{
	wq_str host, target;

	wq_key_split(key, &host, &target);
	return wq_str_cut(&target, '?');
}

static wq_err merge(struct learning *l)
{
	struct wq_volatile_rule *merged;
	size_t n;

	WQ_TRY(wq_volatile_merge(
		l->c->policy.volatiles, l->c->policy.volatiles_n, l->rules, l->rules_n, &l->c->arena, &merged, &n));
	n = WQ_MIN(n, (size_t)MERGE_AT / 2);
	if (n > 0)
		memcpy(l->rules, merged, n * sizeof *merged);
	l->rules_n = n;
	return WQ_OK;
}

static wq_err add_rule(struct learning *l, const struct wq_volatile_rule *rule)
{
	struct wq_arena *arena = &l->c->arena;

	if (l->rules_n == MERGE_AT)
		WQ_TRY(merge(l));
	l->rules[l->rules_n] = *rule;
	l->rules[l->rules_n].prefix = wq_arena_str(arena, rule->prefix);
	l->rules[l->rules_n].before = wq_arena_str(arena, rule->before);
	l->rules[l->rules_n++].after = wq_arena_str(arena, rule->after);
	return wq_arena_err(arena);
}

static wq_err add_region(struct learning *l, const struct wq_site_item *first, const struct wq_volatile_region *seen)
{
	WQ_BUF(name, 4 * WQ_VOLATILE_CONTEXT_MAX + 8);
	struct wq_arena *arena = &l->c->arena;
	struct region *region;

	wq_buf_printf(&name, "%d %d ", seen->kind, seen->in_form);
	wq_buf_add(&name, seen->rule.before);
	wq_buf_byte(&name, 0);
	wq_buf_add(&name, seen->rule.after);
	WQ_TRY(wq_buf_err(&name));
	region = wq_map_get(&l->regions, wq_buf_str(&name));
	if (region) {
		region->pages++;
		return WQ_OK;
	}
	if (wq_map_count(&l->regions) >= WQ_POLICY_VOLATILE_MAX)
		return WQ_OK;
	region = WQ_NEW(arena, struct region);
	if (region)
		*region = (struct region){.seen = {.at = seen->at,
						  .n = seen->n,
						  .kind = seen->kind,
						  .in_form = seen->in_form,
						  .line = seen->line,
						  .rule = {.before = wq_arena_str(arena, seen->rule.before),
							  .after = wq_arena_str(arena, seen->rule.after)}},
			.key = wq_arena_str(arena, first->key),
			.excerpt = wq_arena_printf(arena, "%.*s…%.*s…%.*s", WQ_S_ARG(seen->rule.before),
				WQ_S_ARG(
					wq_str_head(wq_str_from(first->body, seen->at), WQ_MIN(seen->n, (uint64_t)40))),
				WQ_S_ARG(seen->rule.after)),
			.pages = 1};
	WQ_TRY(wq_arena_err(arena));
	return wq_map_put(&l->regions, wq_buf_str(&name), region, NULL);
}

static wq_err unruly(struct wq_capturing *c, wq_str key)
{
	struct wq_finding finding = {.rule = WQ_S("capture.unruly"),
		.severity = WQ_SEVERITY_MEDIUM,
		.evidence = {.excerpt = path_of(key), .subject = WQ_S("unruly")},
		.advice_zh = WQ_S("页面每次读取都不同，且无法用规则描述；在应用配置中把该路径声明为 dynamic"),
		.advice_en = WQ_S(
			"the page differs on each fetch in a way that no rule describes; declare its path dynamic "
			"in the application's profile")};

	wq_finding_add_clause(&finding, WQ_S("C1"));
	return wq_capture_find(c, &finding, key);
}

/* What is known already varies by known rules: only what they leave is learnt. */
static wq_err compare(struct learning *l, const struct wq_site_item *first, const struct wq_site_item *second)
{
	struct wq_capturing *c = l->c;
	struct wq_volatile_learnt learnt;
	wq_str path = path_of(first->key);
	wq_err e;

	wq_buf_clear(&c->before);
	wq_buf_clear(&c->after);
	e = wq_volatile_apply(&c->policy, path, first->body, NULL, &c->before, NULL);
	if (!wq_failed(e))
		e = wq_volatile_apply(&c->policy, path, second->body, NULL, &c->after, NULL);
	if (wq_is(e, WQ_E_LIMIT))
		return unruly(c, first->key);
	WQ_TRY(e);
	if (wq_str_eq(wq_buf_str(&c->before), wq_buf_str(&c->after)))
		return WQ_OK;
	wq_arena_reset(&l->arena);
	WQ_TRY(wq_volatile_learn(
		first->body, second->body, wq_rewrite_is_document(first->type), path, &l->arena, &learnt));
	if (learnt.unruly)
		return unruly(c, first->key);
	for (size_t i = 0; i < learnt.regions_n; i++) {
		WQ_TRY(add_rule(l, &learnt.regions[i].rule));
		WQ_TRY(add_region(l, first, &learnt.regions[i]));
	}
	return WQ_OK;
}

static wq_err learn_page(void *data, const struct wq_journal_record *second)
{
	struct learning *l = data;
	struct wq_journal_record first;

	if (second->item.body.n == 0)
		return WQ_OK;
	WQ_TRY(wq_journal_find(l->c->journal, second->item.key, false, &first));
	return first.kind == WQ_JOURNAL_RESOURCE && first.item.status == second->item.status
		? compare(l, &first.item, &second->item)
		: WQ_OK;
}

/* ---- findings ---- */

static enum wq_severity severity_of(const struct wq_volatile_region *seen)
{
	if (seen->in_form)
		return WQ_SEVERITY_HIGH;
	/* sealed, every visitor follows links with the same session */
	return seen->kind == WQ_VOLATILE_SESSION ? WQ_SEVERITY_MEDIUM : WQ_SEVERITY_INFO;
}

static wq_err report(struct learning *l, const struct region *r)
{
	wq_str path = path_of(r->key);
	struct wq_finding finding = {.rule = WQ_S("capture.volatile"),
		.severity = severity_of(&r->seen),
		.place = {.line = (uint32_t)WQ_MIN(r->seen.line, (uint64_t)UINT32_MAX),
			.offset = r->seen.at,
			.length = r->seen.n},
		.evidence = {.excerpt = r->excerpt, .count = r->pages}};
	wq_str kind_zh = wq_str_c(wq_volatile_kind_title(r->seen.kind, WQ_LANG_ZH)),
	       kind_en = wq_str_c(wq_volatile_kind_title(r->seen.kind, WQ_LANG_EN));

	wq_arena_reset(&l->arena);
	finding.evidence.subject = wq_clean(&l->arena,
		wq_arena_printf(&l->arena, "%.*s %.*s", WQ_S_ARG(r->seen.rule.before), WQ_S_ARG(r->seen.rule.after)),
		WQ_EXCERPT_BYTES);
	if (r->seen.in_form) {
		finding.advice_zh = wq_arena_printf(&l->arena,
			"表单中每次不同的令牌：封存后表单将失效。在应用配置中声明 paths = [ \"%.*s dynamic\" ]",
			WQ_S_ARG(wq_str_head(path, 200)));
		finding.advice_en = wq_arena_printf(&l->arena,
			"a token in a form that is another one each time: sealed, the form stops working. In the profile: "
			"paths = [ \"%.*s dynamic\" ]",
			WQ_S_ARG(wq_str_head(path, 200)));
	} else {
		finding.advice_zh = wq_arena_printf(&l->arena,
			"每次读取都不同（%.*s）：批准后保持封存的值（freeze）；也可在应用配置中改为删除（remove），或声明路径为 dynamic",
			WQ_S_ARG(kind_zh));
		finding.advice_en = wq_arena_printf(&l->arena,
			"differs on each fetch (%.*s): approved, it keeps its sealed value (freeze); in the profile it may be "
			"removed instead, or the path declared dynamic",
			WQ_S_ARG(kind_en));
	}
	WQ_TRY(wq_arena_err(&l->arena));
	wq_finding_add_clause(&finding, WQ_S("C1"));
	return wq_capture_find(l->c, &finding, r->key);
}

static bool is_new(const struct learning *l, const struct region *r)
{
	for (size_t i = 0; i < l->rules_n; i++)
		if (wq_str_eq(l->rules[i].before, r->seen.rule.before) &&
			wq_str_eq(l->rules[i].after, r->seen.rule.after))
			return true;
	return false;
}

static wq_err learn_all(struct learning *l, struct wq_volatile_rule **ret_rules, size_t *ret_n)
{
	const struct wq_map_entry *entry;
	size_t at = 0;

	WQ_TRY(wq_journal_visit(l->c->journal, true, learn_page, l));
	WQ_TRY(merge(l));
	while ((entry = wq_map_next(&l->regions, &at)))
		if (is_new(l, entry->value))
			WQ_TRY(report(l, entry->value));
	*ret_rules = l->rules;
	*ret_n = l->rules_n;
	return WQ_OK;
}

wq_err wq_capture_learn(struct wq_capturing *c, struct wq_volatile_rule **ret_rules, size_t *ret_n)
{
	struct learning l = {.c = c};
	wq_err e;

	l.rules = WQ_NEW_ARRAY(&c->arena, struct wq_volatile_rule, MERGE_AT);
	WQ_TRY(wq_arena_err(&c->arena));
	wq_arena_init(&l.arena, PAGE_MEMORY);
	wq_map_init(&l.regions, WQ_POLICY_VOLATILE_MAX, c->w->random);
	e = learn_all(&l, ret_rules, ret_n);
	wq_map_done(&l.regions);
	wq_arena_done(&l.arena);
	return e;
}
