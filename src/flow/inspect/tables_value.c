/* The values that forms may ask for, by name. */
#include "flow/inspect/tables_priv.h"

#include "finding/rule.h"
#include "flow/inspect/words.h"

enum { NAMES_MAX = 20, TEXT_MAX = 64 * 1024 };

#define SITE (1u << WQ_TABLE_OF_SITE)
#define SITES (1u << WQ_TABLE_OF_UNIT | 1u << WQ_TABLE_OF_REGION)
#define ALL (SITE | SITES)

static wq_err unknown(struct wq_table_scope *s, const char *zh, const char *en)
{
	s->why = wq_str_c(s->zh ? zh : en);
	return WQ_OK;
}

static wq_err keep(struct wq_table_scope *s, wq_str text, wq_str *ret)
{
	*ret = wq_arena_str(s->arena, text);
	return wq_arena_err(s->arena);
}

static wq_err number(struct wq_table_scope *s, uint64_t n, wq_str *ret)
{
	*ret = wq_arena_printf(s->arena, "%llu", (unsigned long long)n);
	return wq_arena_err(s->arena);
}

static wq_err yes_no(struct wq_table_scope *s, bool yes, wq_str *ret)
{
	*ret = wq_str_c(yes ? s->zh ? "是" : "yes" : s->zh ? "否" : "no");
	return WQ_OK;
}

/* ---- the registry ---- */

static const struct wq_app_row *app_of(struct wq_table_scope *s)
{
	const struct wq_app_row *app = s->sites_n ? s->sites[0].app : NULL;

	if (!app)
		WQ_IGNORE(unknown(s, "没有登记册：按应用填写，weique inspect tables 应用",
			"no registry: name an application, weique inspect tables APP"));
	return app;
}

static wq_err registered(struct wq_table_scope *s, wq_str text, wq_str *ret)
{
	if (text.n == 0)
		return unknown(s, "登记册中没有：weique app change", "not in the registry: weique app change");
	return keep(s, text, ret);
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
	return app ? keep(s, wq_str_c(wq_app_type_title(app->type, s->of->lang)), ret) : WQ_OK;
}

static wq_err get_app_state(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_app_row *app = app_of(s);

	(void)word;
	return app ? keep(s, wq_str_c(wq_app_state_title(app->state, s->of->lang)), ret) : WQ_OK;
}

static wq_err get_app_opening(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_app_row *app = app_of(s);

	(void)word;
	if (!app)
		return WQ_OK;
	if (app->opening.n == 0)
		return unknown(s, "账本中没有开办审批", "the ledger has no approval of its opening");
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
		WQ_IGNORE(unknown(
			s, "登记册中没有这个单位：weique unit add", "the unit is not registered: weique unit add"));
	return s->unit;
}

static wq_err get_unit_name(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	if (!s->unit && s->sites_n && s->sites[0].app)
		return registered(s, s->sites[0].app->unit, ret);
	return unit_of(s) ? keep(s, s->unit->name, ret) : WQ_OK;
}

static wq_err get_unit_kind(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return unit_of(s) ? keep(s, wq_str_c(wq_unit_kind_title(s->unit->kind, s->of->lang)), ret) : WQ_OK;
}

static wq_err get_unit_level(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	if (!unit_of(s))
		return WQ_OK;
	if (s->unit->level == WQ_LEVEL_NONE)
		return unknown(s, "登记册中没有：weique unit change", "not in the registry: weique unit change");
	return keep(s, wq_str_c(wq_unit_level_title(s->unit->level, s->of->lang)), ret);
}

static wq_err get_unit_region(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	if (!unit_of(s))
		return WQ_OK;
	if (s->unit->region.n == 0)
		return unknown(s, "登记册中没有：weique unit change", "not in the registry: weique unit change");
	return keep(s, s->unit->region, ret);
}

static wq_err get_unit_superior(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	struct wq_unit_row above;

	(void)word;
	if (!unit_of(s))
		return WQ_OK;
	if (s->unit->superior.n == 0)
		return unknown(s, "没有登记上级单位", "no superior is registered");
	WQ_TRY(wq_unit_find(s->of->workspace->ledger, s->unit->superior, s->arena, &above));
	return keep(s, above.name, ret);
}

static wq_err get_units_below(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return unit_of(s) ? number(s, s->units_n - 1, ret) : WQ_OK;
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
		return unknown(s, "没有登记册", "no registry");
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
		return unknown(s, "登记册中没有该单位的此类人员：weique person add --unit",
			"no such people of the unit are registered: weique person add --unit");
	return WQ_OK;
}

static wq_err get_people_count(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	size_t n = 0;

	WQ_TRY(people(s, word, &n, NULL));
	return n ? number(s, n, ret) : WQ_OK;
}

static wq_err get_people_names(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	WQ_BUF(names, TEXT_MAX);
	size_t n = 0;

	WQ_TRY(people(s, word, &n, &names));
	if (n > NAMES_MAX)
		wq_buf_printf(&names, s->zh ? " 等 %zu 人" : " and others, %zu in all", n);
	return keep(s, wq_buf_str(&names), ret);
}

/* ---- the inspection ---- */

static const struct wq_inspect_result *result_of(struct wq_table_scope *s)
{
	const struct wq_inspect_result *r = s->sites_n ? s->sites[0].result : NULL;

	if (!r)
		WQ_IGNORE(unknown(s, "没有检查记录：先运行 weique inspect 网址",
			"no inspection on record: run weique inspect URL"));
	return r;
}

/* The checks that tell whether findings of these rules are there; 0: none of an inspection's. */
static unsigned check_of(wq_str rule)
{
	static const struct {
		wq_str prefix;
		unsigned check;
	} rows[] = {{WQ_S_INIT("site.no-ipv6"), WQ_INSPECT_DNS}, {WQ_S_INIT("link."), WQ_INSPECT_LINKS},
		{WQ_S_INIT("content."), WQ_INSPECT_CONTENT}, {WQ_S_INIT("page."), WQ_INSPECT_PAGE},
		{WQ_S_INIT("mark."), WQ_INSPECT_PAGE | WQ_INSPECT_PORTAL},
		{WQ_S_INIT("footer."), WQ_INSPECT_PAGE | WQ_INSPECT_PORTAL}, {WQ_S_INIT("leave."), WQ_INSPECT_PORTAL},
		{WQ_S_INIT("meta."), WQ_INSPECT_PORTAL}, {WQ_S_INIT("name."), WQ_INSPECT_PORTAL},
		{WQ_S_INIT("site."), WQ_INSPECT_QUALITY}, {WQ_S_INIT("front."), WQ_INSPECT_FRONT},
		{WQ_S_INIT("data."), WQ_INSPECT_FRONT}, {WQ_S_INIT("open."), WQ_INSPECT_FRONT},
		{WQ_S_INIT("access."), WQ_INSPECT_FRONT}, {WQ_S_INIT("dns."), WQ_INSPECT_DNS},
		{WQ_S_INIT("mail."), WQ_INSPECT_DNS}, {WQ_S_INIT("tls."), WQ_INSPECT_TLS}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_str_starts(rule, rows[i].prefix))
			return rows[i].check;
	return 0;
}

/* The inspection when it looked at what tells of this rule. */
static const struct wq_inspect_result *looked_for(struct wq_table_scope *s, wq_str rule)
{
	const struct wq_inspect_result *r = result_of(s);
	unsigned check = check_of(rule);
	WQ_BUF(text, WQ_KIB);

	if (!r)
		return NULL;
	if ((r->checks & check) == check && r->pages > 0)
		return r;
	wq_inspect_checks_text(check, &text);
	s->why = wq_arena_printf(s->arena,
		r->pages == 0   ? s->zh ? "检查时没有看到页面" : "the inspection saw no page"
			: s->zh ? "检查未含此项：--checks %.*s"
				: "the inspection did not look at it: --checks %.*s",
		WQ_S_ARG(wq_buf_str(&text)));
	return NULL;
}

static wq_err get_url(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);
	WQ_BUF(out, TEXT_MAX);

	(void)word;
	for (size_t i = 0; r && i < r->starts_n; i++) {
		wq_buf_add(&out, i ? WQ_S(" ") : WQ_S_NONE);
		wq_buf_add(&out, r->starts[i]);
	}
	return r ? keep(s, wq_buf_str(&out), ret) : WQ_OK;
}

static wq_err get_time(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);
	char text[32];

	(void)word;
	return r ? keep(s, wq_str_c(wq_inspect_time(r->began, text)), ret) : WQ_OK;
}

static wq_err get_pages(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);

	(void)word;
	return r ? number(s, r->pages, ret) : WQ_OK;
}

static wq_err get_checks(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);
	WQ_BUF(out, WQ_KIB);

	(void)word;
	if (!r)
		return WQ_OK;
	wq_inspect_checks_text(r->checks, &out);
	return keep(s, wq_buf_str(&out), ret);
}

#define TOLD(function, member) \
	static wq_err function(struct wq_table_scope *s, wq_str word, wq_str *ret) \
	{ \
		const struct wq_inspect_result *r = result_of(s); \
		(void)word; \
		if (r && r->subject.member.n == 0) \
			return unknown(s, "检查时没有给出", "it was not given to the inspection"); \
		return r ? keep(s, r->subject.member, ret) : WQ_OK; \
	}
TOLD(get_told_name, name)
TOLD(get_told_icp, icp)
TOLD(get_told_police, police)
TOLD(get_told_code, site_code)

static wq_err get_told_kind(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);

	(void)word;
	if (!r)
		return WQ_OK;
	if (r->subject.kind == WQ_SUBJECT_UNKNOWN)
		return unknown(s, "检查时没有给出", "it was not given to the inspection");
	*ret = wq_arena_printf(s->arena, s->zh ? "%s（%s）" : "%s (%s)",
		wq_subject_kind_title(r->subject.kind, s->of->lang), wq_inspect_why_title(r->why, s->of->lang));
	return wq_arena_err(s->arena);
}

static const struct wq_inspect_score *score_of(struct wq_table_scope *s)
{
	const struct wq_inspect_result *r = result_of(s);

	if (r && !r->score.judged)
		WQ_IGNORE(unknown(s, "检查时没有看到页面，未计分", "no page was seen, there is no score"));
	return r && r->score.judged ? &r->score : NULL;
}

static wq_str points(struct wq_arena *arena, int64_t thousandths)
{
	int64_t tenths = (thousandths < 0 ? -thousandths : thousandths) / 100;

	return wq_arena_printf(
		arena, "%s%lld.%lld", thousandths < 0 ? "-" : "", (long long)tenths / 10, (long long)tenths % 10);
}

static wq_err get_score(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_score *score = score_of(s);
	wq_str least, most;

	(void)word;
	if (!score)
		return WQ_OK;
	least = points(s->arena, score->least);
	most = points(s->arena, score->most);
	*ret = wq_str_eq(least, most)
		? least
		: wq_arena_printf(s->arena,
			  s->zh ? "%.*s–%.*s（部分指标须人工核查）" : "%.*s–%.*s (some rows are for a person)",
			  WQ_S_ARG(least), WQ_S_ARG(most));
	return wq_arena_err(s->arena);
}

static wq_err get_verdict(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_score *score = score_of(s);
	WQ_BUF(out, TEXT_MAX);

	(void)word;
	if (!score)
		return WQ_OK;
	wq_buf_add(&out,
		wq_str_c(score->unqualified                 ? s->zh ? "不合格" : "unqualified"
				: score->may_be_unqualified ? s->zh ? "待人工核查" : "open: a person has to look"
				: s->zh                     ? "合格"
							    : "qualified"));
	for (size_t i = 0; i < score->rows_n; i++)
		if (score->rows[i].verdict == WQ_INDICATOR_VETOED)
			wq_buf_printf(&out, s->zh ? "；单项否决：%.*s" : "; veto: %.*s",
				WQ_S_ARG(s->zh ? score->rows[i].name_zh : score->rows[i].name_en));
	return keep(s, wq_buf_str(&out), ret);
}

static wq_err get_findings(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return result_of(s) ? number(s, s->sites[0].findings, ret) : WQ_OK;
}

static wq_err get_grave(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return result_of(s) ? number(s, s->sites[0].grave, ret) : WQ_OK;
}

static wq_err get_count(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = looked_for(s, word);
	size_t n = 0;

	for (size_t i = 0; r && i < r->groups_n; i++)
		n += wq_str_starts(r->groups[i].rule, word);
	return r ? number(s, n, ret) : wq_arena_err(s->arena);
}

static wq_err get_clean(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = looked_for(s, word);
	bool clean = true;

	for (size_t i = 0; r && i < r->groups_n; i++)
		clean &= !wq_str_eq(r->groups[i].rule, word);
	return r ? yes_no(s, clean, ret) : wq_arena_err(s->arena);
}

/* ---- inspections of the period ---- */

static wq_err get_looks(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	size_t looks = 0;

	(void)word;
	if (!s->of->records || (s->sites_n == 0 && !s->of->workspace))
		return unknown(s, "没有检查记录", "no inspections on record");
	for (size_t i = 0; i < s->sites_n; i++)
		looks += s->sites[i].looks;
	return number(s, looks, ret);
}

static wq_err add_up(struct wq_table_scope *s, bool mended, wq_str *ret)
{
	size_t sum = 0, compared = 0;

	for (size_t i = 0; i < s->sites_n; i++) {
		sum += mended ? s->sites[i].mended : s->sites[i].found;
		compared += mended ? s->sites[i].compared : s->sites[i].looks > 0;
	}
	if (compared == 0)
		return mended
			? unknown(s, "期内没有范围相当的两次检查，不能说已整改",
				  "the period has no two inspections that compare: nothing can be said to be mended")
			: unknown(s, "期内没有检查", "no inspection in the period");
	return number(s, sum, ret);
}

static wq_err get_found(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return add_up(s, false, ret);
}

static wq_err get_mended(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return add_up(s, true, ret);
}

/* ---- the ledger ---- */

static const char *const event_types[] = {"release.created", "release.decided", "release.sealed", "approval.asked",
	"approval.decided", "app.registered", "app.changed", "app.closed", "change.found", "fake.complaint",
	"fake.referred"};

struct counting {
	const struct wq_table_scope *scope;
	wq_str type;
	size_t n;
	wq_time last;
};

static wq_err count_event(void *data, const struct wq_event *event)
{
	struct counting *c = data;

	if (!wq_str_eq(event->type, c->type))
		return WQ_OK;
	for (size_t i = 0; i < c->scope->sites_n; i++)
		if (wq_str_eq(c->scope->sites[i].app->id, event->app)) {
			c->n++;
			c->last = WQ_MAX(c->last, event->time);
			break;
		}
	return WQ_OK;
}

static wq_err count_events(struct wq_table_scope *s, wq_str type, struct counting *ret, bool *ret_known)
{
	struct wq_ledger_filter filter = {.type_prefix = type, .since = s->from, .until = s->until};

	*ret_known = s->of->workspace && (s->sites_n == 0 || s->sites[0].app);
	if (!*ret_known)
		return unknown(s, "没有账本：按应用填写，weique inspect tables 应用",
			"no ledger: name an application, weique inspect tables APP");
	*ret = (struct counting){.scope = s, .type = type};
	if (s->sites_n == 1)
		filter.app = s->sites[0].app->id;
	return wq_ledger_visit(s->of->workspace->ledger, &filter, count_event, ret);
}

static wq_err get_events(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	struct counting c;
	bool known;

	WQ_TRY(count_events(s, word, &c, &known));
	return known ? number(s, c.n, ret) : WQ_OK;
}

static wq_err get_last_event(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	struct counting c;
	bool known;
	char text[32];

	WQ_TRY(count_events(s, word, &c, &known));
	if (!known)
		return WQ_OK;
	if (c.n == 0)
		return unknown(s, "期内账本中没有", "the ledger has none in the period");
	return keep(s, wq_str_head(wq_str_c(wq_inspect_time(c.last, text)), 10), ret);
}

/* ---- sums over sites ---- */

static bool is_open(const struct wq_table_site *site)
{
	return site->app && site->app->state != WQ_APP_CLOSED;
}

static wq_err get_sites(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	size_t n = 0;

	(void)word;
	if (!s->of->workspace)
		return unknown(s, "没有登记册", "no registry");
	for (size_t i = 0; i < s->sites_n; i++)
		n += is_open(&s->sites[i]);
	return number(s, n, ret);
}

static wq_err get_portals(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	size_t n = 0;

	(void)word;
	if (!s->of->workspace)
		return unknown(s, "没有登记册", "no registry");
	for (size_t i = 0; i < s->sites_n; i++)
		n += is_open(&s->sites[i]) && s->sites[i].app->type == WQ_APP_PORTAL;
	return number(s, n, ret);
}

static wq_err get_site_names(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	WQ_BUF(out, TEXT_MAX);
	size_t n = 0;

	(void)word;
	if (!s->of->workspace)
		return unknown(s, "没有登记册", "no registry");
	for (size_t i = 0; i < s->sites_n; i++) {
		const struct wq_table_site *site = &s->sites[i];

		if (!is_open(site) || ++n > NAMES_MAX)
			continue;
		wq_buf_add(&out, out.len ? s->zh ? WQ_S("、") : WQ_S(", ") : WQ_S_NONE);
		wq_buf_add(&out, site->app->name.n ? site->app->name : site->app->id);
	}
	if (n == 0)
		return unknown(s, "没有登记应用：weique app add", "no application is registered: weique app add");
	if (n > NAMES_MAX)
		wq_buf_printf(&out, s->zh ? " 等 %zu 个" : " and others, %zu in all", n);
	return keep(s, wq_buf_str(&out), ret);
}

static wq_err sum_looked(struct wq_table_scope *s, bool (*counts)(const struct wq_table_site *site), wq_str *ret)
{
	size_t n = 0, looked = 0;

	for (size_t i = 0; i < s->sites_n; i++) {
		looked += s->sites[i].looked;
		n += s->sites[i].looked && counts(&s->sites[i]);
	}
	if (looked == 0)
		return unknown(s, "没有检查记录：先运行 weique inspect 网址",
			"no inspection on record: run weique inspect URL");
	return number(s, n, ret);
}

static bool is_looked(const struct wq_table_site *site)
{
	return site->looked;
}

static bool is_unqualified(const struct wq_table_site *site)
{
	return site->unqualified;
}

static bool is_doubtful(const struct wq_table_site *site)
{
	return site->may_be_unqualified && !site->unqualified;
}

static bool is_unreachable(const struct wq_table_site *site)
{
	return site->unreachable;
}

#define SUM(function, test) \
	static wq_err function(struct wq_table_scope *s, wq_str word, wq_str *ret) \
	{ \
		(void)word; \
		return sum_looked(s, test, ret); \
	}
SUM(get_looked, is_looked)
SUM(get_unqualified, is_unqualified)
SUM(get_doubtful, is_doubtful)
SUM(get_unreachable, is_unreachable)

/* ---- the table ---- */

const struct wq_table_value wq_table_values[] = {
	{"registry.name", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_name},
	{"registry.purpose", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_purpose},
	{"registry.hosts", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_hosts},
	{"registry.icp", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_icp},
	{"registry.police", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_police},
	{"registry.site-code", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_code},
	{"registry.type", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_type},
	{"registry.state", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_state},
	{"registry.leader", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_leader},
	{"registry.opening", SITE, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_app_opening},
	{"unit.name", ALL, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_unit_name},
	{"unit.kind", ALL, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_unit_kind},
	{"unit.level", ALL, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_unit_level},
	{"unit.region", ALL, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_unit_region},
	{"unit.superior", ALL, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_unit_superior},
	{"units.below", 1u << WQ_TABLE_OF_REGION, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_units_below},
	{"people.count", ALL, WQ_TABLE_REGISTRY, WQ_TABLE_ROLE, get_people_count},
	{"people.names", ALL, WQ_TABLE_REGISTRY, WQ_TABLE_ROLE, get_people_names},
	{"inspection.url", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_url},
	{"inspection.time", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_time},
	{"inspection.pages", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_pages},
	{"inspection.checks", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_checks},
	{"inspection.unit", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_told_name},
	{"inspection.kind", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_told_kind},
	{"inspection.icp", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_told_icp},
	{"inspection.police", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_told_police},
	{"inspection.site-code", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_told_code},
	{"inspection.score", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_score},
	{"inspection.verdict", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_verdict},
	{"inspection.findings", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_findings},
	{"inspection.grave", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_NO_WORD, get_grave},
	{"inspection.count", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_PREFIX, get_count},
	{"inspection.clean", SITE, WQ_TABLE_INSPECTION, WQ_TABLE_RULE, get_clean},
	{"inspections.count", ALL, WQ_TABLE_LOOKS, WQ_TABLE_NO_WORD, get_looks},
	{"inspections.found", ALL, WQ_TABLE_LOOKS, WQ_TABLE_NO_WORD, get_found},
	{"inspections.mended", ALL, WQ_TABLE_LOOKS, WQ_TABLE_NO_WORD, get_mended},
	{"ledger.count", ALL, WQ_TABLE_LEDGER, WQ_TABLE_EVENT, get_events},
	{"ledger.last", ALL, WQ_TABLE_LEDGER, WQ_TABLE_EVENT, get_last_event},
	{"sites.count", SITES, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_sites},
	{"sites.portals", SITES, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_portals},
	{"sites.names", SITES, WQ_TABLE_REGISTRY, WQ_TABLE_NO_WORD, get_site_names},
	{"sites.inspected", SITES, WQ_TABLE_SITES, WQ_TABLE_NO_WORD, get_looked},
	{"sites.unqualified", SITES, WQ_TABLE_SITES, WQ_TABLE_NO_WORD, get_unqualified},
	{"sites.doubtful", SITES, WQ_TABLE_SITES, WQ_TABLE_NO_WORD, get_doubtful},
	{"sites.unreachable", SITES, WQ_TABLE_SITES, WQ_TABLE_NO_WORD, get_unreachable},
	{0},
};

const struct wq_table_value *wq_table_value_find(wq_str name)
{
	for (const struct wq_table_value *v = wq_table_values; v->name; v++)
		if (wq_str_eq(name, wq_str_c(v->name)))
			return v;
	return NULL;
}

static bool fits_rule(wq_str word, bool prefix)
{
	for (int i = 0; i < WQ_RULE_COUNT; i++) {
		wq_str name = wq_rule_name((enum wq_rule_id)i);

		if (prefix ? wq_str_starts(name, word) : wq_str_eq(name, word))
			return true;
	}
	return false;
}

bool wq_table_word_fits(const struct wq_table_value *value, wq_str word)
{
	switch (value->word) {
	case WQ_TABLE_NO_WORD: return word.n == 0;
	case WQ_TABLE_PREFIX: return check_of(word) && wq_str_ends(word, WQ_S(".")) && fits_rule(word, true);
	case WQ_TABLE_RULE: return check_of(word) && fits_rule(word, false);
	case WQ_TABLE_EVENT:
		for (size_t i = 0; i < WQ_COUNT(event_types); i++)
			if (wq_str_eq(word, wq_str_c(event_types[i])))
				return true;
		return false;
	case WQ_TABLE_ROLE:
		for (size_t i = 0; i < WQ_COUNT(roles); i++)
			if (wq_str_eq(word, wq_str_c(roles[i].word)))
				return true;
	}
	return false;
}
