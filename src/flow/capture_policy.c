#include "flow/capture_priv.h"

#include "flow/inside.h"
#include "ledger/approval.h"
#include "ledger/unit_rules.h"
#include "policy/leave.h"

enum { LINKS_MAX = 4096 };

static wq_err suffixes_of(struct wq_capturing *c, wq_str today)
{
	wq_day day;

	WQ_TRY(wq_suffix_rules_open(wq_workspace_rules(c->w, "suffix.conf"), &c->suffixes));
	if (!wq_day_parse(today, &day))
		return wq_error(WQ_E_STATE, "the clock says %.*s", WQ_S_ARG(today));
	return wq_policy_suffixes(c->suffixes, day, &c->arena, &c->policy.suffixes, &c->policy.suffixes_n);
}

/* Two lists as one: each host once. */
static wq_err join_hosts(struct wq_capturing *c, const wq_str *a, size_t a_n, const wq_str *b, size_t b_n,
	const wq_str **ret_hosts, size_t *ret_n)
{
	wq_str *hosts = WQ_NEW_ARRAY(&c->arena, wq_str, a_n + b_n + 1);
	size_t n = 0;

	WQ_TRY(wq_arena_err(&c->arena));
	for (size_t i = 0; i < a_n + b_n; i++) {
		wq_str host = i < a_n ? a[i] : b[i - a_n];
		bool there = false;

		for (size_t k = 0; k < n && !there; k++)
			there = wq_str_eq(hosts[k], host);
		if (!there)
			hosts[n++] = host;
	}
	*ret_hosts = hosts;
	*ret_n = n;
	return WQ_OK;
}

/* B6: inside is what the profile says and what rules/inside.conf says of today. */
static wq_err inside_today(struct wq_capturing *c)
{
	const struct wq_policy *p = &c->profile.policy;
	char today[WQ_DAY_TEXT];
	const wq_str *known;
	size_t n;

	wq_day_text(wq_now(c->w->clock), today);
	WQ_TRY(wq_inside_open(wq_workspace_rules(c->w, "inside.conf"), wq_str_c(today), &c->arena, &known, &n));
	WQ_TRY(join_hosts(c, p->inside, p->inside_n, known, n, &c->inside, &c->inside_n));
	if (!c->policy.leave)
		return WQ_OK; /* nobody asks for them: a new day is no new policy */
	c->policy.inside = c->inside;
	c->policy.inside_n = c->inside_n;
	return suffixes_of(c, wq_str_c(today));
}

/* B5: confirmed is what the profile says, and what approvals of links say that hold now. */
static wq_err confirmed_now(struct wq_capturing *c)
{
	struct wq_approval_row *links;
	wq_str *hosts;
	size_t n;

	WQ_TRY(wq_approval_list_standing(c->w->ledger, WQ_S(WQ_SUBJECT_LINK), c->app->id, wq_now(c->w->clock),
		LINKS_MAX, &c->arena, &links, &n));
	hosts = WQ_NEW_ARRAY(&c->arena, wq_str, n + 1);
	WQ_TRY(wq_arena_err(&c->arena));
	for (size_t i = 0; i < n; i++)
		hosts[i] = links[i].said.object;
	return join_hosts(c, c->profile.confirmed, c->profile.confirmed_n, hosts, n, &c->confirmed, &c->confirmed_n);
}

bool wq_capture_wants(const struct wq_policy *policy, wq_str path)
{
	WQ_BUF(plain, WQ_KEY_MAX);

	/* what lies below the leave prefix is answered by the gate itself */
	if (wq_policy_class(policy, path) != WQ_CLASS_SEALED || wq_leave_is(policy, path))
		return false;
	if (!memchr(path.p, ';', path.n))
		return true;
	/* some origins cut parameters off: "/admin;x" is "/admin" to them */
	while (path.p) {
		wq_str segment = wq_str_cut(&path, '/');

		wq_buf_add(&plain, wq_str_cut(&segment, ';'));
		if (path.p)
			wq_buf_byte(&plain, '/');
	}
	return !wq_failed(wq_buf_err(&plain)) && wq_policy_class(policy, wq_buf_str(&plain)) == WQ_CLASS_SEALED;
}

/* What two people have approved of volatile regions stays, where pages are still sealed and the profile says nothing else. */
static wq_err add_sealed_rules(struct wq_capturing *c)
{
	size_t n = c->policy.volatiles_n;
	struct wq_volatile_rule *rules = WQ_NEW_ARRAY(
		&c->arena, struct wq_volatile_rule, n + c->sealed.volatiles_n + 1);

	WQ_TRY(wq_arena_err(&c->arena));
	if (n > 0)
		memcpy(rules, c->policy.volatiles, n * sizeof *rules);
	for (size_t i = 0; i < c->sealed.volatiles_n; i++) {
		const struct wq_volatile_rule *rule = &c->sealed.volatiles[i];
		bool said = wq_policy_class(&c->policy, rule->prefix) != WQ_CLASS_SEALED;

		for (size_t k = 0; k < c->policy.volatiles_n && !said; k++)
			said = wq_str_eq(rules[k].prefix, rule->prefix) && wq_str_eq(rules[k].before, rule->before) &&
				wq_str_eq(rules[k].after, rule->after);
		if (!said)
			rules[n++] = *rule;
	}
	c->policy.volatiles = rules;
	c->policy.volatiles_n = WQ_MIN(n, (size_t)WQ_POLICY_VOLATILE_MAX);
	return WQ_OK;
}

wq_err wq_capture_policy_open(struct wq_capturing *c)
{
	c->sealed = wq_policy_default;
	if (c->has_base)
		WQ_TRY(wq_policy_decode(wq_snapshot_policy(&c->base.snapshot), &c->arena, &c->sealed));
	WQ_TRY(wq_profile_parse(c->app->profile, "profile", &c->arena, &c->profile));
	c->policy = c->profile.policy;
	WQ_TRY(inside_today(c));
	WQ_TRY(confirmed_now(c));
	return add_sealed_rules(c);
}

/* ---- what makes pages other than they are sealed ---- */

static wq_err encode_part(const struct wq_policy *policy, bool volatiles, struct wq_buf *out)
{
	struct wq_policy part = wq_policy_default;
	struct wq_volatile_rule *cuts = calloc(policy->volatiles_n + 1, sizeof *cuts);
	wq_err e;

	if (!cuts)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < policy->volatiles_n; i++)
		if (volatiles || policy->volatiles[i].action == WQ_VOLATILE_REMOVE)
			cuts[part.volatiles_n++] = policy->volatiles[i];
	part.volatiles = cuts;
	if (!volatiles) {
		part.csp = policy->csp;
		part.footer = policy->footer;
		part.leave = policy->leave;
		if (policy->leave) {
			part.leave_prefix = policy->leave_prefix;
			part.portal = policy->portal;
			part.suffixes = policy->suffixes;
			part.suffixes_n = policy->suffixes_n;
			part.inside = policy->inside;
			part.inside_n = policy->inside_n;
		}
	}
	e = wq_policy_encode(&part, out);
	free(cuts);
	return e;
}

static wq_err same_part(const struct wq_capturing *c, bool volatiles, bool *ret_same)
{
	WQ_BUF(was, WQ_POLICY_BLOCK_MAX);
	WQ_BUF(is, WQ_POLICY_BLOCK_MAX);

	WQ_TRY(encode_part(&c->sealed, volatiles, &was));
	WQ_TRY(encode_part(&c->policy, volatiles, &is));
	*ret_same = wq_str_eq(wq_buf_str(&was), wq_buf_str(&is));
	return WQ_OK;
}

static bool same_hosts(const struct wq_capturing *c)
{
	for (uint32_t i = 0; i < c->app->hosts_n; i++) {
		bool found = false;

		for (uint32_t k = 0; k < c->base.snapshot.hosts_n && !found; k++)
			found = wq_str_eq(wq_snapshot_host(&c->base.snapshot, k), c->app->hosts[i]);
		if (!found)
			return false;
	}
	return c->base.snapshot.hosts_n == c->app->hosts_n;
}

wq_err wq_capture_policy_close(struct wq_capturing *c, const struct wq_volatile_rule *learnt, size_t learnt_n)
{
	struct wq_volatile_rule *rules;
	size_t n = WQ_MIN(learnt_n, WQ_POLICY_VOLATILE_MAX - c->policy.volatiles_n);

	rules = WQ_NEW_ARRAY(&c->arena, struct wq_volatile_rule, c->policy.volatiles_n + n + 1);
	WQ_TRY(wq_arena_err(&c->arena));
	if (c->policy.volatiles_n > 0)
		memcpy(rules, c->policy.volatiles, c->policy.volatiles_n * sizeof *rules);
	if (n > 0)
		memcpy(rules + c->policy.volatiles_n, learnt, n * sizeof *rules);
	c->policy.volatiles = rules;
	c->policy.volatiles_n += n;
	c->result->volatile_rules = n;
	if (c->has_base) {
		WQ_TRY(same_part(c, false, &c->same_settings));
		WQ_TRY(same_part(c, true, &c->same_volatiles));
		c->same_settings &= same_hosts(c) || !c->policy.leave;
	}
	return wq_policy_encode(&c->policy, &c->block);
}
