/* Values that are counted: inspections and events of the period, sums over sites. */
#include "flow/inspect/tables_priv.h"

#include "flow/inspect/words.h"

enum { NAMES_MAX = 20, TEXT_MAX = 64 * 1024 };

/* ---- inspections of the period ---- */

static wq_err get_looks(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	size_t looks = 0;

	(void)word;
	if (!s->of->records || (s->sites_n == 0 && !s->of->workspace))
		return wq_table_unknown(s, "没有检查记录", "no inspections on record");
	for (size_t i = 0; i < s->sites_n; i++)
		looks += s->sites[i].looks;
	return wq_table_number(s, looks, ret);
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
			? wq_table_unknown(s, "期内没有范围相当的两次检查，不能说已整改",
				  "the period has no two inspections that compare: nothing can be said to be mended")
			: wq_table_unknown(s, "期内没有检查", "no inspection in the period");
	return wq_table_number(s, sum, ret);
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
		return wq_table_unknown(s, "没有账本：按应用填写，weique inspect tables 应用",
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
	return known ? wq_table_number(s, c.n, ret) : WQ_OK;
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
		return wq_table_unknown(s, "期内账本中没有", "the ledger has none in the period");
	return wq_table_keep(s, wq_str_head(wq_str_c(wq_inspect_time(c.last, text)), 10), ret);
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
		return wq_table_unknown(s, "没有登记册", "no registry");
	for (size_t i = 0; i < s->sites_n; i++)
		n += is_open(&s->sites[i]);
	return wq_table_number(s, n, ret);
}

static wq_err get_portals(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	size_t n = 0;

	(void)word;
	if (!s->of->workspace)
		return wq_table_unknown(s, "没有登记册", "no registry");
	for (size_t i = 0; i < s->sites_n; i++)
		n += is_open(&s->sites[i]) && s->sites[i].app->type == WQ_APP_PORTAL;
	return wq_table_number(s, n, ret);
}

static wq_err get_site_names(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	WQ_BUF(out, TEXT_MAX);
	size_t n = 0;

	(void)word;
	if (!s->of->workspace)
		return wq_table_unknown(s, "没有登记册", "no registry");
	for (size_t i = 0; i < s->sites_n; i++) {
		const struct wq_table_site *site = &s->sites[i];

		if (!is_open(site) || ++n > NAMES_MAX)
			continue;
		wq_buf_add(&out, out.len ? s->zh ? WQ_S("、") : WQ_S(", ") : WQ_S_NONE);
		wq_buf_add(&out, site->app->name.n ? site->app->name : site->app->id);
	}
	if (n == 0)
		return wq_table_unknown(
			s, "没有登记应用：weique app add", "no application is registered: weique app add");
	if (n > NAMES_MAX)
		wq_buf_printf(&out, s->zh ? " 等 %zu 个" : " and others, %zu in all", n);
	return wq_table_keep(s, wq_buf_str(&out), ret);
}

static wq_err sum_looked(struct wq_table_scope *s, bool (*counts)(const struct wq_table_site *site), wq_str *ret)
{
	size_t n = 0, looked = 0;

	for (size_t i = 0; i < s->sites_n; i++) {
		looked += s->sites[i].looked;
		n += s->sites[i].looked && counts(&s->sites[i]);
	}
	if (looked == 0)
		return wq_table_unknown(s, "没有检查记录：先运行 weique inspect 网址",
			"no inspection on record: run weique inspect URL");
	return wq_table_number(s, n, ret);
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

static bool is_event(wq_str word)
{
	for (size_t i = 0; i < WQ_COUNT(event_types); i++)
		if (wq_str_eq(word, wq_str_c(event_types[i])))
			return true;
	return false;
}

/* ---- the table ---- */

const struct wq_table_value wq_table_sums_values[] = {
	{"inspections.count", WQ_TABLE_ALL, WQ_TABLE_LOOKS, NULL, get_looks},
	{"inspections.found", WQ_TABLE_ALL, WQ_TABLE_LOOKS, NULL, get_found},
	{"inspections.mended", WQ_TABLE_ALL, WQ_TABLE_LOOKS, NULL, get_mended},
	{"ledger.count", WQ_TABLE_ALL, WQ_TABLE_LEDGER, is_event, get_events},
	{"ledger.last", WQ_TABLE_ALL, WQ_TABLE_LEDGER, is_event, get_last_event},
	{"sites.count", WQ_TABLE_SITES, WQ_TABLE_REGISTRY, NULL, get_sites},
	{"sites.portals", WQ_TABLE_SITES, WQ_TABLE_REGISTRY, NULL, get_portals},
	{"sites.names", WQ_TABLE_SITES, WQ_TABLE_REGISTRY, NULL, get_site_names},
	{"sites.inspected", WQ_TABLE_SITES, WQ_TABLE_LAST_LOOKS, NULL, get_looked},
	{"sites.unqualified", WQ_TABLE_SITES, WQ_TABLE_LAST_LOOKS, NULL, get_unqualified},
	{"sites.doubtful", WQ_TABLE_SITES, WQ_TABLE_LAST_LOOKS, NULL, get_doubtful},
	{"sites.unreachable", WQ_TABLE_SITES, WQ_TABLE_LAST_LOOKS, NULL, get_unreachable},
	{0},
};
