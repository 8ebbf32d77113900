#include "flow/capture_priv.h"

#include "policy/leave.h"

static wq_err suffixes_of_today(struct wq_capturing *c)
{
	const char *dir = c->w->settings.rules_dir ? c->w->settings.rules_dir : getenv("WEIQUE_RULES");
	WQ_BUF(path, 4096);
	char now[WQ_TIME_TEXT];
	wq_day today;

	if (!c->policy.leave)
		return WQ_OK; /* nobody asks for them: a new day is no new policy */
	wq_buf_printf(&path, "%s/suffix.conf", dir && *dir ? dir : WQ_RULES_DIR);
	WQ_TRY(wq_buf_err(&path));
	WQ_TRY(wq_suffix_rules_open(wq_buf_cstr(&path), &c->suffixes));
	if (!wq_day_parse(wq_str_head(wq_str_c(wq_time_text(wq_now(c->w->clock), now)), 10), &today))
		return wq_error(WQ_E_STATE, "the clock says %s", now);
	return wq_policy_suffixes(c->suffixes, today, &c->arena, &c->policy.suffixes, &c->policy.suffixes_n);
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
	WQ_TRY(suffixes_of_today(c));
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
