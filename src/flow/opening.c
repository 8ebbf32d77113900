#include "flow/opening.h"

#include "text/host.h"

/* One check while it runs. */
struct check {
	struct wq_workspace *w;
	const struct wq_app_row *app;
	struct wq_unit_rules units;
	char today[WQ_DAY_TEXT];
	struct wq_remarks *out;
};

static void remark(struct check *c, wq_str clause, bool in_principle, wq_str zh, wq_str en)
{
	if (c->out->n < WQ_REMARKS_MAX)
		c->out->list[c->out->n++] = (struct wq_remark){
			.clause = clause, .in_principle = in_principle, .zh = zh, .en = en};
}

#define SAY(c, ...) wq_arena_printf((c)->w->arena, __VA_ARGS__)

static wq_err open_units(struct wq_workspace *w, struct wq_unit_rules *ret_rules)
{
	return wq_unit_rules_open(wq_workspace_rules(w, "units.conf"), w->arena, ret_rules);
}

/* ---- unit and portals ---- */

static void check_unit(struct check *c)
{
	if (c->app->kind == WQ_UNIT_UNKNOWN)
		remark(c, WQ_S("A1"), false, SAY(c, "没有登记的单位 %.*s；先：weique unit add", WQ_S_ARG(c->app->unit)),
			SAY(c, "no registered unit %.*s; first: weique unit add", WQ_S_ARG(c->app->unit)));
}

/* A2: one portal for each organ. */
static wq_err check_portals(struct check *c, const struct wq_kind_rule *rule)
{
	const struct wq_app_row *other = NULL;
	struct wq_app_row *apps;
	unsigned portals = 1;
	size_t n;

	if (!rule || rule->portals == 0 || c->app->type != WQ_APP_PORTAL)
		return WQ_OK;
	WQ_TRY(wq_app_list(c->w->ledger, c->w->arena, &apps, &n));
	for (size_t i = 0; i < n; i++)
		if (apps[i].type == WQ_APP_PORTAL && apps[i].state != WQ_APP_CLOSED &&
			wq_str_eq(apps[i].unit, c->app->unit) && !wq_str_eq(apps[i].id, c->app->id)) {
			other = &apps[i];
			portals++;
		}
	if (portals > rule->portals)
		remark(c, WQ_S("2024 art. 4"), false,
			SAY(c, "一个党政机关最多开设 %u 个门户网站，该单位已有 %.*s；登记为 --type service，或先 weique app close %.*s",
				rule->portals, WQ_S_ARG(other->id), WQ_S_ARG(other->id)),
			SAY(c,
				"an organ has at most %u portal, and this one has %.*s; register it as --type service, or "
				"first: weique app close %.*s",
				rule->portals, WQ_S_ARG(other->id), WQ_S_ARG(other->id)));
	return WQ_OK;
}

/* ---- domains ---- */

/* A host's registrable domain, and whether it is written in Chinese. */
static wq_str domain_of(const struct wq_psl *psl, wq_str host, bool *ret_chinese)
{
	wq_str domain = wq_psl_registrable(psl, host);

	*ret_chinese = wq_str_starts(domain, WQ_S("xn--")) || wq_str_find(domain, WQ_S(".xn--")) >= 0;
	return domain;
}

/* A2: in principle one Chinese and one English domain for a site. */
static wq_err check_domains(struct check *c, const struct wq_kind_rule *rule)
{
	wq_str seen[2][WQ_HOSTS_MAX];
	size_t n[2] = {0, 0};
	struct wq_psl *psl;

	if (!rule || rule->domains == 0)
		return WQ_OK;
	WQ_TRY(wq_psl_open(NULL, &psl));
	for (size_t i = 0; i < c->app->hosts_n; i++) {
		bool chinese, known = false;
		wq_str domain = domain_of(psl, c->app->hosts[i], &chinese);

		for (size_t j = 0; j < n[chinese]; j++)
			known = known || wq_str_eq(seen[chinese][j], domain);
		if (domain.n > 0 && !known)
			seen[chinese][n[chinese]++] = domain;
	}
	wq_psl_close(&psl);
	for (int chinese = 0; chinese < 2; chinese++)
		if (n[chinese] > rule->domains)
			remark(c, WQ_S("2024 art. 5"), true,
				SAY(c, "一个网站原则上只注册一个中文域名和一个英文域名，这里有 %zu 个%s域名；减少 --host，或说明理由",
					n[chinese], chinese ? "中文" : "英文"),
				SAY(c,
					"a site has in principle one Chinese and one English domain, here are %zu %s ones; "
					"take a --host away, or give a reason",
					n[chinese], chinese ? "Chinese" : "English"));
	return WQ_OK;
}

static bool owner_of(enum wq_unit_kind kind, enum wq_suffix_owner *ret_owner)
{
	switch (kind) {
	case WQ_UNIT_ORGAN: *ret_owner = WQ_OWNER_ORGAN; return true;
	case WQ_UNIT_INSTITUTION: *ret_owner = WQ_OWNER_INSTITUTION; return true;
	case WQ_UNIT_UNION: *ret_owner = WQ_OWNER_UNION; return true;
	case WQ_UNIT_UNKNOWN:
	case WQ_UNIT_ENTERPRISE:
	case WQ_UNIT_OTHER:
	case WQ_UNIT_KINDS: break;
	}
	return false;
}

static void suffix_remark(struct check *c, wq_str host, const struct wq_suffix_rule *taken)
{
	const char *kind_zh = wq_unit_kind_title(c->app->kind, WQ_LANG_ZH);
	const char *kind_en = wq_unit_kind_title(c->app->kind, WQ_LANG_EN);

	if (taken)
		remark(c, wq_arena_str(c->w->arena, taken->clause), false,
			SAY(c, "%.*s：后缀 .%.*s 只限党政机关使用，%s不得使用；换用自己的域名", WQ_S_ARG(host),
				WQ_S_ARG(taken->suffix), kind_zh),
			SAY(c, "%.*s: the suffix .%.*s is reserved to organs, not for: %s; use a domain of its own",
				WQ_S_ARG(host), WQ_S_ARG(taken->suffix), kind_en));
	else
		remark(c, c->app->kind == WQ_UNIT_UNION ? WQ_S("union 二") : WQ_S("2024 art. 5, 31"), false,
			SAY(c, "%.*s 不在%s应当使用的后缀之下（见 rules/suffix.conf）；换用合规的域名", WQ_S_ARG(host),
				kind_zh),
			SAY(c, "%.*s is not below a suffix for: %s (see rules/suffix.conf); use a domain that is",
				WQ_S_ARG(host), kind_en));
}

/* A3: suffixes by kind, use and day. */
static wq_err check_suffixes(struct check *c)
{
	enum wq_suffix_use use = c->app->type == WQ_APP_MAIL ? WQ_USE_MAIL : WQ_USE_SITE;
	struct wq_suffix_rules *rules;
	enum wq_suffix_owner owner;
	wq_day day = 0;

	for (const char *p = c->today; *p; p++)
		if (*p != '-')
			day = day * 10 + (wq_day)(*p - '0');
	WQ_TRY(wq_suffix_rules_open(wq_workspace_rules(c->w, "suffix.conf"), &rules));
	for (size_t i = 0; i < c->app->hosts_n; i++) {
		const struct wq_suffix_rule *rule = NULL;
		wq_str host = c->app->hosts[i];
		bool fine = owner_of(c->app->kind, &owner) ? wq_host_suits(rules, host, owner, use, day, &rule)
							   : !wq_host_government(rules, host, day, &rule);

		if (!fine)
			suffix_remark(c, host, rule);
	}
	wq_suffix_rules_close(&rules);
	return WQ_OK;
}

/* ---- what has to be on record before it is opened ---- */

static void check_records(struct check *c)
{
	if (c->app->leader.n == 0)
		remark(c, WQ_S("2024 art. 40"), false, WQ_S("没有分管负责人；weique app change --leader 人员"),
			WQ_S("no responsible leader; weique app change --leader PERSON"));
	if (c->app->purpose.n == 0)
		remark(c, WQ_S("2014 二"), false, WQ_S("没有说明用途；weique app change --purpose"),
			WQ_S("its purpose is not said; weique app change --purpose"));
	if (c->app->icp.n == 0 && c->app->type != WQ_APP_MAIL)
		remark(c, WQ_S("2024 art. 4"), true, WQ_S("没有 ICP 备案号；weique app change --icp"),
			WQ_S("no ICP filing; weique app change --icp"));
}

wq_err wq_opening_check(
	struct wq_workspace *workspace, const struct wq_app_row *app, bool opening, struct wq_remarks *ret_remarks)
{
	struct wq_remarks remarks = {0};
	struct check c = {.w = workspace, .app = app, .out = &remarks};
	const struct wq_kind_rule *rule;
	wq_str day = wq_day_text(wq_now(workspace->clock), c.today);

	WQ_TRY(open_units(workspace, &c.units));
	rule = wq_kind_rule_find(&c.units, app->kind, day);
	check_unit(&c);
	WQ_TRY(check_portals(&c, rule));
	WQ_TRY(check_domains(&c, rule));
	WQ_TRY(check_suffixes(&c));
	if (opening)
		check_records(&c);
	WQ_TRY(wq_arena_err(workspace->arena));
	*ret_remarks = remarks;
	return WQ_OK;
}

wq_err wq_opening_judge(const struct wq_remarks *remarks, wq_str despite)
{
	for (size_t i = 0; i < remarks->n; i++) {
		const struct wq_remark *r = &remarks->list[i];

		if (!r->in_principle || despite.n == 0)
			return wq_error(WQ_E_DENIED, "%.*s: %.*s%s", WQ_S_ARG(r->clause), WQ_S_ARG(r->en),
				r->in_principle ? " (--despite REASON)" : "");
	}
	return WQ_OK;
}

/* ---- approvals ---- */

wq_err wq_opening_rule(struct wq_workspace *workspace, wq_str subject, wq_str id, struct wq_approval_rule *ret_rule)
{
	struct wq_app_row app = {.kind = WQ_UNIT_ORGAN};
	const struct wq_approval_rule *rule;
	struct wq_unit_rules rules;
	char today[WQ_DAY_TEXT];

	if (id.n > 0)
		WQ_TRY(wq_app_find(workspace->ledger, id, workspace->arena, &app));
	WQ_TRY(open_units(workspace, &rules));
	rule = wq_approval_rule_find(&rules, subject, app.kind, wq_day_text(wq_now(workspace->clock), today));
	if (!rule)
		return wq_error(WQ_E_NOT_FOUND, "rules/units.conf has no procedure for %.*s of: %s", WQ_S_ARG(subject),
			wq_unit_kind_title(app.kind, WQ_LANG_EN));
	*ret_rule = *rule;
	return WQ_OK;
}

/* Whether the subject needs an approval: where the application's unit is not known, no rule excuses it. */
static wq_err demanded(struct wq_workspace *w, wq_str subject, wq_str app, bool *ret_demanded)
{
	struct wq_approval_rule rule;
	wq_err e = wq_opening_rule(w, subject, app, &rule);

	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	*ret_demanded = wq_failed(e) || rule.demanded;
	return WQ_OK;
}

/* The approval that stands, if there is one; without one WQ_E_UNAPPROVED where it is demanded. */
static wq_err take_approval(struct wq_workspace *w, wq_str subject, wq_str app, wq_str *ret_id)
{
	struct wq_approval_row approval;
	bool needed;
	wq_err e;

	WQ_TRY(demanded(w, subject, app, &needed));
	e = wq_approval_standing(w->ledger, subject, app, app, wq_now(w->clock), w->arena, &approval);
	if (wq_failed(e))
		return wq_is(e, WQ_E_UNAPPROVED) && !needed ? WQ_OK : e;
	*ret_id = approval.said.id;
	return WQ_OK;
}

/* ---- register, change, close ---- */

/* The kind of the unit that it names now, not that of the row it was read from. */
static wq_err with_kind(struct wq_workspace *w, const struct wq_app_row *app, struct wq_app_row *ret_app)
{
	struct wq_unit_row unit = {0};
	wq_err e = wq_unit_find(w->ledger, app->unit, w->arena, &unit);

	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	*ret_app = *app;
	ret_app->kind = unit.kind;
	return WQ_OK;
}

wq_err wq_opening_register(struct wq_workspace *w, const struct wq_app_row *app, wq_str despite, wq_str actor)
{
	struct wq_app_row row;
	struct wq_remarks remarks;

	WQ_TRY(with_kind(w, app, &row));
	WQ_TRY(wq_opening_check(w, &row, false, &remarks));
	WQ_TRY(wq_opening_judge(&remarks, despite));
	return wq_app_register_on(w->ledger, &row, &(struct wq_app_ground){.despite = despite}, actor, w->arena);
}

static bool same_place(const struct wq_app_row *a, const struct wq_app_row *b)
{
	bool same = wq_str_eq(a->unit, b->unit) && a->type == b->type && a->hosts_n == b->hosts_n;

	for (size_t i = 0; same && i < a->hosts_n; i++)
		same = wq_str_eq(a->hosts[i], b->hosts[i]);
	return same;
}

wq_err wq_opening_change(struct wq_workspace *w, const struct wq_app_row *app, wq_str despite, wq_str actor)
{
	struct wq_app_ground ground = {.despite = despite};
	struct wq_app_row row, old;
	struct wq_remarks remarks;

	WQ_TRY(wq_app_find(w->ledger, app->id, w->arena, &old));
	WQ_TRY(with_kind(w, app, &row));
	WQ_TRY(wq_opening_check(w, &row, false, &remarks));
	WQ_TRY(wq_opening_judge(&remarks, despite));
	if (old.state != WQ_APP_APPLIED && !same_place(&old, &row))
		WQ_TRY(take_approval(w, WQ_S(WQ_SUBJECT_CHANGE), app->id, &ground.approval));
	return wq_app_change(w->ledger, &row, &ground, actor, w->arena);
}

wq_err wq_opening_close(struct wq_workspace *w, wq_str app, wq_str reason, wq_str actor)
{
	struct wq_app_ground ground = {.despite = reason};
	struct wq_app_row row;

	WQ_TRY(wq_app_find(w->ledger, app, w->arena, &row));
	if (row.state != WQ_APP_APPLIED)
		WQ_TRY(take_approval(w, WQ_S(WQ_SUBJECT_CLOSING), app, &ground.approval));
	return wq_app_close(w->ledger, app, &ground, actor, w->arena);
}

wq_err wq_opening_permits(struct wq_workspace *w, wq_str id, uint64_t pages)
{
	wq_str approval = WQ_S_NONE;
	struct wq_app_row app;

	WQ_TRY(wq_app_find(w->ledger, id, w->arena, &app));
	if (app.state == WQ_APP_CLOSED)
		return pages == 0 ? WQ_OK
				  : wq_error(WQ_E_STATE,
					    "application %.*s is closed (A4): only a release that closes every path is "
					    "sealed; weique capture %.*s --policy",
					    WQ_S_ARG(id), WQ_S_ARG(id));
	if (app.state == WQ_APP_ONLINE || !w->settings.opening_required)
		return WQ_OK;
	return take_approval(w, WQ_S(WQ_SUBJECT_OPENING), id, &approval);
}
