#include "flow/capture_priv.h"

#include "finding/excerpt.h"
#include "policy/rewrite.h"
#include "vault/encode.h"

bool wq_capture_may_vary(wq_str type)
{
	static const wq_str types[] = {WQ_S_INIT("text/"), WQ_S_INIT("application/xhtml"),
		WQ_S_INIT("application/javascript"), WQ_S_INIT("application/json"), WQ_S_INIT("application/xml"),
		WQ_S_INIT("application/rss"), WQ_S_INIT("application/atom"), WQ_S_INIT("image/svg")};

	for (size_t i = 0; i < WQ_COUNT(types); i++)
		if (wq_str_starts_nocase(type, types[i]))
			return true;
	return false;
}

static wq_str path_of(wq_str key)
{
	wq_str host, target;

	wq_key_split(key, &host, &target);
	return wq_str_cut(&target, '?');
}

wq_err wq_capture_mask(struct wq_capturing *c, const struct wq_policy *policy, const struct wq_site_item *item,
	wq_str *ret_cut, wq_digest *ret_source)
{
	size_t matches = 0;
	wq_err e;

	if (policy->volatiles_n > 0 && wq_capture_may_vary(item->type)) {
		wq_buf_clear(&c->cut);
		wq_buf_clear(&c->masked);
		e = wq_volatile_apply(policy, path_of(item->key), item->body, &c->cut, &c->masked, &matches);
		if (wq_is(e, WQ_E_LIMIT)) /* too many: compared as it is */
			matches = 0;
		else
			WQ_TRY(e);
	}
	if (ret_cut)
		*ret_cut = matches ? wq_buf_str(&c->cut) : item->body;
	*ret_source = wq_sm3(matches ? wq_buf_str(&c->masked) : item->body);
	return WQ_OK;
}

static struct wq_entry_new entry_as_sealed(const struct wq_entry *was)
{
	return (struct wq_entry_new){.key = was->key,
		.status = was->status,
		.type = was->type,
		.headers = was->headers,
		.identity = was->identity,
		.has_gzip = was->has_gzip,
		.gzip = was->gzip,
		.has_brotli = was->has_brotli,
		.brotli = was->brotli,
		.has_source = was->has_source,
		.source = was->source,
		.transforms = was->transforms};
}

wq_err wq_capture_keep(struct wq_capturing *c, const struct wq_entry *was)
{
	struct wq_entry_new entry = entry_as_sealed(was);

	c->kept++;
	return wq_capture_add_entry(c, &entry);
}

/* The same response; but other rules may name it by another source. */
static wq_err keep_with_source(struct wq_capturing *c, const struct wq_entry *was, const wq_digest *source)
{
	struct wq_entry_new entry = entry_as_sealed(was);

	entry.has_source = !wq_digest_eq(*source, was->identity.digest);
	entry.source = entry.has_source ? *source : (wq_digest){{0}};
	c->kept++;
	return wq_capture_add_entry(c, &entry);
}

/* What could not be looked at stays as it is sealed; what never was sealed is left out. */
static wq_err keep_unknown(struct wq_capturing *c, wq_str key)
{
	struct wq_entry was;

	if (!c->has_base || !wq_snapshot_find(&c->base.snapshot, key, &was))
		return WQ_OK;
	c->result->unknown++;
	return wq_capture_keep(c, &was);
}

/* ---- findings ---- */

static wq_err note_severity(struct wq_capturing *c, wq_str key, size_t from)
{
	uintptr_t worst = (uintptr_t)wq_map_get(&c->worst, key);

	for (size_t i = from; i < c->findings.count; i++)
		worst = WQ_MAX(worst, (uintptr_t)c->findings.items[i].severity + 1);
	return worst ? wq_map_put(&c->worst, key, (void *)worst, NULL) : WQ_OK;
}

wq_err wq_capture_find(struct wq_capturing *c, struct wq_finding *finding, wq_str key)
{
	wq_arena_reset(&c->scratch);
	finding->evidence.excerpt = wq_clean(&c->scratch, finding->evidence.excerpt, WQ_EXCERPT_BYTES);
	WQ_TRY(wq_arena_err(&c->scratch));
	finding->place.app = c->app->id;
	finding->place.key = key;
	return wq_findings_add(&c->findings, finding);
}

static wq_err csp_too_long(struct wq_capturing *c, wq_str key)
{
	struct wq_finding finding = {.rule = WQ_S("capture.csp"),
		.severity = WQ_SEVERITY_LOW,
		.evidence = {.excerpt = WQ_S("Content-Security-Policy"), .subject = WQ_S("csp")},
		.advice_zh = WQ_S("页面引用的来源太多，未生成内容安全策略；减少外部来源和内联脚本"),
		.advice_en = WQ_S(
			"the page names too many sources for a Content-Security-Policy and gets none; use fewer")};

	wq_finding_add_clause(&finding, WQ_S("C6"));
	return wq_capture_find(c, &finding, key);
}

/* index.html is also its folder's page, and a page may have a dozen spellings: one finding is enough. */
static wq_err check_once(struct wq_capturing *c, const struct wq_site_item *item, struct wq_capture_object *object)
{
	enum wq_check_as as = wq_check_as(item->type);

	if (as == WQ_CHECK_NONE || (object->checked & as))
		return WQ_OK;
	object->checked |= (uint8_t)as;
	return wq_checks_run(c->checks, item, &object->identity.digest, &c->findings);
}

/* The page in `page` with its volatile regions emptied, in the same place. */
static wq_err masked_only(struct wq_capturing *c, const struct wq_site_item *item, struct wq_buf *page)
{
	struct wq_buf swap;
	wq_err e;

	if (c->policy.volatiles_n == 0 || !wq_capture_may_vary(item->type))
		return WQ_OK;
	wq_buf_clear(&c->masked);
	e = wq_volatile_apply(&c->policy, path_of(item->key), wq_buf_str(page), NULL, &c->masked, NULL);
	if (wq_is(e, WQ_E_LIMIT))
		return WQ_OK;
	WQ_TRY(e);
	swap = *page;
	*page = c->masked;
	c->masked = swap;
	return WQ_OK;
}

/* The sealed page beside the new one, both without what varies and with outside addresses instead of ids. */
static wq_err check_change(
	struct wq_capturing *c, const struct wq_entry *was, const struct wq_site_item *item, wq_str body)
{
	wq_err e = wq_packs_read(c->packs, &c->base.snapshot, was, &c->was);

	if (wq_is(e, WQ_E_ALTERED))
		return WQ_OK; /* weique-vault says so; a capture can be the way to mend it */
	WQ_TRY(e);
	wq_buf_clear(&c->before);
	wq_buf_clear(&c->after);
	WQ_TRY(wq_transform_undo(c->transform, &c->base.snapshot, wq_buf_str(&c->was), &c->before));
	WQ_TRY(wq_transform_undo(c->transform, NULL, body, &c->after));
	WQ_TRY(masked_only(c, item, &c->before));
	WQ_TRY(masked_only(c, item, &c->after));
	return wq_checks_change(c->checks, item->key, was->type, wq_buf_str(&c->before), item->type,
		wq_buf_str(&c->after), &c->findings);
}

/* ---- one resource ---- */

/* The page with the values of its frozen regions that are sealed: what goes to review is what was changed, and a template that
 * changed on a thousand pages with counters is still one change. */
static wq_err frozen(
	struct wq_capturing *c, const struct wq_site_item *item, const struct wq_entry *was, wq_str cut, wq_str *ret)
{
	size_t matches = 0;
	wq_err e;

	*ret = cut;
	if (!was || c->policy.volatiles_n == 0 || !wq_capture_may_vary(item->type))
		return WQ_OK;
	e = wq_packs_read(c->packs, &c->base.snapshot, was, &c->was);
	if (wq_is(e, WQ_E_ALTERED))
		return WQ_OK;
	WQ_TRY(e);
	wq_buf_clear(&c->before);
	WQ_TRY(wq_transform_undo(c->transform, &c->base.snapshot, wq_buf_str(&c->was), &c->before));
	WQ_TRY(wq_volatile_freeze(&c->policy, path_of(item->key), cut, wq_buf_str(&c->before), &c->frozen, &c->after));
	wq_buf_clear(&c->masked);
	wq_buf_clear(&c->after);
	e = wq_volatile_apply(&c->policy, path_of(item->key), wq_buf_str(&c->frozen), NULL, &c->masked, NULL);
	if (!wq_failed(e))
		e = wq_volatile_apply(&c->policy, path_of(item->key), cut, NULL, &c->after, &matches);
	if (wq_is(e, WQ_E_LIMIT))
		return WQ_OK;
	WQ_TRY(e);
	if (matches > 0 && wq_str_eq(wq_buf_str(&c->masked), wq_buf_str(&c->after)))
		*ret = wq_buf_str(&c->frozen);
	return WQ_OK;
}

static wq_err new_page(
	struct wq_capturing *c, const struct wq_site_item *item, const struct wq_entry *was, bool differs)
{
	struct wq_entry_new entry = {.status = item->status};
	struct wq_capture_object *object;
	struct wq_transformed made;
	size_t before = c->findings.count;
	wq_digest source;
	bool as_captured;
	wq_str cut, body;

	WQ_TRY(wq_capture_mask(c, &c->policy, item, &cut, &source));
	WQ_TRY(frozen(c, item, was, cut, &body));
	WQ_TRY(wq_transform_item(c->transform, item, body, &made));
	as_captured = made.body.p == item->body.p && made.body.n == item->body.n;
	WQ_TRY(wq_capture_store(c, made.body, as_captured ? source : wq_sm3(made.body), item->type, &object));
	entry.key = wq_arena_str(&c->arena, item->key);
	entry.type = wq_arena_str(&c->arena, item->type);
	entry.headers = wq_arena_str(&c->arena, made.headers);
	WQ_TRY(wq_arena_err(&c->arena));
	entry.identity = object->identity;
	entry.has_gzip = object->has_gzip && wq_encode_worth(item->type, made.body.n);
	entry.gzip = object->gzip;
	entry.has_brotli = object->has_brotli && wq_encode_worth(item->type, made.body.n);
	entry.brotli = object->brotli;
	entry.transforms = made.transforms | (cut.n != item->body.n ? WQ_TRANSFORM_CUT : 0);
	entry.has_source = !wq_digest_eq(source, object->identity.digest);
	entry.source = entry.has_source ? source : (wq_digest){{0}};
	WQ_TRY(wq_capture_add_entry(c, &entry));
	if (made.csp_too_long)
		WQ_TRY(csp_too_long(c, item->key));
	WQ_TRY(check_once(c, item, object));
	if (was)
		before = c->findings.count; /* what the page said before it was changed is no part of the change */
	if (differs)
		WQ_TRY(check_change(c, was, item, made.body));
	return c->has_base ? note_severity(c, item->key, before) : WQ_OK;
}

static wq_err seen_page(struct wq_capturing *c, const struct wq_site_item *item, const struct wq_entry *was)
{
	wq_digest source;

	if (!c->same_settings && (wq_rewrite_is_document(item->type) || (was->transforms & WQ_TRANSFORM_CUT)))
		return new_page(c, item, was, false);
	if (c->same_volatiles)
		return wq_capture_keep(c, was);
	WQ_TRY(wq_capture_mask(c, &c->policy, item, NULL, &source));
	return keep_with_source(c, was, &source);
}

/* A directory knows nothing of what the policy says of queries: the key by the path's policy, once. */
static wq_err by_policy(
	struct wq_capturing *c, const struct wq_site_item *given, struct wq_site_item *ret, bool *ret_take)
{
	const struct wq_path_rule *rule = wq_policy_path(&c->policy, path_of(given->key));
	struct wq_key_policy policy;
	WQ_BUF(key, WQ_KEY_MAX);
	wq_str host, target;

	*ret = *given;
	*ret_take = wq_capture_wants(&c->policy, path_of(given->key));
	if (!*ret_take || c->journal || !rule || rule->query == WQ_KEY_QUERY_KEEP || wq_str_chr(given->key, '?') < 0)
		return WQ_OK;
	*ret_take = false;
	policy = (struct wq_key_policy){.query = rule->query, .listed = rule->listed, .listed_n = rule->listed_n};
	wq_key_split(given->key, &host, &target);
	if (rule->query != WQ_KEY_QUERY_LISTED || wq_failed(wq_key_make(host, target, &policy, &key, NULL)) ||
		wq_str_chr(wq_buf_str(&key), '?') < 0 || wq_map_has(&c->listed, wq_buf_str(&key)))
		return WQ_OK;
	ret->key = wq_arena_str(&c->arena, wq_buf_str(&key));
	WQ_TRY(wq_arena_err(&c->arena));
	*ret_take = true;
	return wq_map_put(&c->listed, ret->key, NULL, NULL);
}

wq_err wq_capture_page(void *data, const struct wq_site_item *given)
{
	struct wq_capturing *c = data;
	struct wq_site_item one;
	const struct wq_site_item *item = &one;
	struct wq_entry was;
	bool same, sealed, take;

	WQ_TRY(by_policy(c, given, &one, &take));
	if (item->absent || !take)
		return WQ_OK;
	if (item->unknown)
		return keep_unknown(c, item->key);
	WQ_TRY(wq_capture_tick(c, 1, item->body.n));
	c->result->resources++;
	c->result->bytes += item->body.n;
	WQ_TRY(wq_capture_is_sealed(c, item, &was, &same));
	if (same)
		return seen_page(c, item, &was);
	sealed = c->has_base && wq_snapshot_find(&c->base.snapshot, item->key, &was);
	return new_page(c, item, sealed ? &was : NULL, sealed);
}
