/* Values of the registry: applications, units, people. */
#include "flow/inspect/tables_priv.h"

enum { NAMES_MAX = 20, TEXT_MAX = 64 * 1024 };

/* ---- applications and units ---- */

static const struct wq_app_row *app_of(struct wq_table_scope *s)
{
	const struct wq_app_row *app = s->sites_n ? s->sites[0].app : NULL;

	if (!app)
		WQ_IGNORE(wq_table_unknown(s, "没有登记册：按应用填写，weique inspect tables 应用",
			"no registry: name an application, weique inspect tables APP"));
	return app;
}

static wq_err registered(struct wq_table_scope *s, wq_str text, wq_str *ret)
{
	if (text.n == 0)
		return wq_table_unknown(s, "登记册中没有：weique app change", "not in the registry: weique app change");
	return wq_table_keep(s, text, ret);
}

#define APP_TEXT(function, member) \
	static wq_err function(struct wq_table_scope *s, wq_str word, wq_str *ret) \
	{ \
		const struct wq_app_row *app = app_of(s); \
		(void)word; \
		return app ? registered(s, app->member, ret) : WQ_OK; \
	}
APP_TEXT(get_app_name, name)
APP_TEXT(get_app_purpose, purpose)
APP_TEXT(get_app_icp, icp)
APP_TEXT(get_app_police, police)
APP_TEXT(get_app_code, site_code)

static wq_err get_app_hosts(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_app_row *app = app_of(s);
	WQ_BUF(out, TEXT_MAX);

	(void)word;
	if (!app)
		return WQ_OK;
	for (size_t i = 0; i < app->hosts_n; i++) {
		wq_buf_add(&out, i ? s->zh ? WQ_S("、") : WQ_S(", ") : WQ_S_NONE);
		wq_buf_add(&out, app->hosts[i]);
	}
	return registered(s, wq_buf_str(&out), ret);
}

static wq_err get_app_type(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_app_row *app = app_of(s);

	(void)word;
	return app ? wq_table_keep(s, wq_str_c(wq_app_type_title(app->type, s->of->lang)), ret) : WQ_OK;
}

static wq_err get_app_state(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_app_row *app = app_of(s);

	(void)word;
	return app ? wq_table_keep(s, wq_str_c(wq_app_state_title(app->state, s->of->lang)), ret) : WQ_OK;
}

static wq_err get_app_opening(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_app_row *app = app_of(s);

	(void)word;
	if (!app)
		return WQ_OK;
	if (app->opening.n == 0)
		return wq_table_unknown(s, "账本中没有开办审批", "the ledger has no approval of its opening");
	*ret = wq_arena_printf(
		s->arena, s->zh ? "已批准（审批 %.*s）" : "approved (approval %.*s)", WQ_S_ARG(app->opening));
	return wq_arena_err(s->arena);
}

/* Its name, or the id of whose name was erased. */
static wq_err person_name(struct wq_table_scope *s, wq_str id, wq_str *ret)
{
	struct wq_person_row person;

	WQ_TRY(wq_person_find(s->of->workspace->ledger, id, s->arena, &person));
	*ret = person.name.n ? person.name : id;
	return WQ_OK;
}

static wq_err get_app_leader(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_app_row *app = app_of(s);

	(void)word;
	if (!app)
		return WQ_OK;
	return app->leader.n ? person_name(s, app->leader, ret) : registered(s, WQ_S_NONE, ret);
}

static const struct wq_unit_row *unit_of(struct wq_table_scope *s)
{
	if (!s->unit)
		WQ_IGNORE(wq_table_unknown(
			s, "登记册中没有这个单位：weique unit add", "the unit is not registered: weique unit add"));
	return s->unit;
}

static wq_err get_unit_name(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	if (!s->unit && s->sites_n && s->sites[0].app)
		return registered(s, s->sites[0].app->unit, ret);
	return unit_of(s) ? wq_table_keep(s, s->unit->name, ret) : WQ_OK;
}

static wq_err get_unit_kind(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return unit_of(s) ? wq_table_keep(s, wq_str_c(wq_unit_kind_title(s->unit->kind, s->of->lang)), ret) : WQ_OK;
}

static wq_err get_unit_level(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	if (!unit_of(s))
		return WQ_OK;
	if (s->unit->level == WQ_LEVEL_NONE)
		return wq_table_unknown(
			s, "登记册中没有：weique unit change", "not in the registry: weique unit change");
	return wq_table_keep(s, wq_str_c(wq_unit_level_title(s->unit->level, s->of->lang)), ret);
}

static wq_err get_unit_region(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	if (!unit_of(s))
		return WQ_OK;
	if (s->unit->region.n == 0)
		return wq_table_unknown(
			s, "登记册中没有：weique unit change", "not in the registry: weique unit change");
	return wq_table_keep(s, s->unit->region, ret);
}

static wq_err get_unit_superior(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	struct wq_unit_row above;

	(void)word;
	if (!unit_of(s))
		return WQ_OK;
	if (s->unit->superior.n == 0)
		return wq_table_unknown(s, "没有登记上级单位", "no superior is registered");
	WQ_TRY(wq_unit_find(s->of->workspace->ledger, s->unit->superior, s->arena, &above));
	return wq_table_keep(s, above.name, ret);
}

static wq_err get_units_below(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return unit_of(s) ? wq_table_number(s, s->units_n - 1, ret) : WQ_OK;
}

/* ---- people ---- */

static const struct {
	const char *word;
	unsigned role; /* 0: any */
	bool establishment;
} roles[] = {{"all", 0, false}, {"establishment", 0, true}, {"author", WQ_ROLE_AUTHOR, false},
	{"reviewer", WQ_ROLE_REVIEWER, false}, {"secrecy", WQ_ROLE_SECRECY, false}, {"leader", WQ_ROLE_LEADER, false}};

static bool is_meant(const struct wq_table_scope *s, const struct wq_person_row *p, wq_str word)
{
	bool ours = false;

	for (size_t i = 0; i < s->units_n; i++)
		ours |= p->unit.n > 0 && wq_str_eq(p->unit, s->units[i]);
	for (size_t i = 0; i < WQ_COUNT(roles); i++)
		if (wq_str_eq(word, wq_str_c(roles[i].word)))
			return ours && !p->left && (!roles[i].role || (p->roles & roles[i].role)) &&
				(!roles[i].establishment || p->in_establishment);
	return false;
}

static wq_err people(struct wq_table_scope *s, wq_str word, size_t *ret_n, struct wq_buf *names)
{
	struct wq_person_row *all;
	wq_str name;
	size_t n;

	if (!s->of->workspace || s->units_n == 0)
		return wq_table_unknown(s, "没有登记册", "no registry");
	WQ_TRY(wq_person_list(s->of->workspace->ledger, s->arena, &all, &n));
	for (size_t i = 0; i < n; i++) {
		if (!is_meant(s, &all[i], word))
			continue;
		if ((*ret_n)++ >= NAMES_MAX || !names)
			continue;
		WQ_TRY(person_name(s, all[i].id, &name));
		wq_buf_add(names, names->len ? s->zh ? WQ_S("、") : WQ_S(", ") : WQ_S_NONE);
		wq_buf_add(names, name);
	}
	if (*ret_n == 0)
		return wq_table_unknown(s, "登记册中没有该单位的此类人员：weique person add --unit",
			"no such people of the unit are registered: weique person add --unit");
	return WQ_OK;
}

static wq_err get_people_count(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	size_t n = 0;

	WQ_TRY(people(s, word, &n, NULL));
	return n ? wq_table_number(s, n, ret) : WQ_OK;
}

static wq_err get_people_names(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	WQ_BUF(names, TEXT_MAX);
	size_t n = 0;

	WQ_TRY(people(s, word, &n, &names));
	if (n > NAMES_MAX)
		wq_buf_printf(&names, s->zh ? " 等 %zu 人" : " and others, %zu in all", n);
	return wq_table_keep(s, wq_buf_str(&names), ret);
}

static bool is_role(wq_str word)
{
	for (size_t i = 0; i < WQ_COUNT(roles); i++)
		if (wq_str_eq(word, wq_str_c(roles[i].word)))
			return true;
	return false;
}

/* ---- the table ---- */

const struct wq_table_value wq_table_registry_values[] = {
	{"registry.name", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_name},
	{"registry.purpose", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_purpose},
	{"registry.hosts", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_hosts},
	{"registry.icp", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_icp},
	{"registry.police", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_police},
	{"registry.site-code", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_code},
	{"registry.type", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_type},
	{"registry.state", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_state},
	{"registry.leader", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_leader},
	{"registry.opening", WQ_TABLE_SITE, WQ_TABLE_REGISTRY, NULL, get_app_opening},
	{"unit.name", WQ_TABLE_ALL, WQ_TABLE_REGISTRY, NULL, get_unit_name},
	{"unit.kind", WQ_TABLE_ALL, WQ_TABLE_REGISTRY, NULL, get_unit_kind},
	{"unit.level", WQ_TABLE_ALL, WQ_TABLE_REGISTRY, NULL, get_unit_level},
	{"unit.region", WQ_TABLE_ALL, WQ_TABLE_REGISTRY, NULL, get_unit_region},
	{"unit.superior", WQ_TABLE_ALL, WQ_TABLE_REGISTRY, NULL, get_unit_superior},
	{"units.below", WQ_TABLE_REGION, WQ_TABLE_REGISTRY, NULL, get_units_below},
	{"people.count", WQ_TABLE_ALL, WQ_TABLE_REGISTRY, is_role, get_people_count},
	{"people.names", WQ_TABLE_ALL, WQ_TABLE_REGISTRY, is_role, get_people_names},
	{0},
};
