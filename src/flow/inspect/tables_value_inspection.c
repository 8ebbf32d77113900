/* Values of the newest inspection. */
#include "flow/inspect/tables_priv.h"

#include "finding/rule.h"
#include "flow/inspect/words.h"

enum { TEXT_MAX = 64 * 1024 };

static const struct wq_inspect_result *result_of(struct wq_table_scope *s)
{
	const struct wq_inspect_result *r = s->sites_n ? s->sites[0].result : NULL;

	if (!r)
		WQ_IGNORE(wq_table_unknown(s, "没有检查记录：先运行 weique inspect 网址",
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

static void not_looked(struct wq_table_scope *s, unsigned check)
{
	WQ_BUF(text, WQ_KIB);

	wq_inspect_checks_text(check, &text);
	s->why = wq_arena_printf(s->arena,
		s->zh ? "检查未含此项（%.*s）：--checks all" : "the inspection did not look at it (%.*s): --checks all",
		WQ_S_ARG(wq_buf_str(&text)));
}

/* The inspection when it looked at what tells of this rule. */
static const struct wq_inspect_result *looked_for(struct wq_table_scope *s, wq_str rule)
{
	const struct wq_inspect_result *r = result_of(s);
	unsigned check = check_of(rule);

	if (!r)
		return NULL;
	if ((r->checks & check) != check)
		not_looked(s, check);
	else if (r->pages == 0)
		WQ_IGNORE(wq_table_unknown(s, "检查时没有看到页面", "the inspection saw no page"));
	else
		return r;
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
	return r ? wq_table_keep(s, wq_buf_str(&out), ret) : WQ_OK;
}

static wq_err get_time(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);
	char text[32];

	(void)word;
	return r ? wq_table_keep(s, wq_str_c(wq_inspect_time(r->began, text)), ret) : WQ_OK;
}

static wq_err get_pages(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);

	(void)word;
	return r ? wq_table_number(s, r->pages, ret) : WQ_OK;
}

static wq_err get_checks(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = result_of(s);
	WQ_BUF(out, WQ_KIB);

	(void)word;
	if (!r)
		return WQ_OK;
	wq_inspect_checks_text(r->checks, &out);
	return wq_table_keep(s, wq_buf_str(&out), ret);
}

#define TOLD(function, member) \
	static wq_err function(struct wq_table_scope *s, wq_str word, wq_str *ret) \
	{ \
		const struct wq_inspect_result *r = result_of(s); \
		(void)word; \
		if (r && r->subject.member.n == 0) \
			return wq_table_unknown(s, "检查时没有给出", "it was not given to the inspection"); \
		return r ? wq_table_keep(s, r->subject.member, ret) : WQ_OK; \
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
		return wq_table_unknown(s, "检查时没有给出", "it was not given to the inspection");
	*ret = wq_arena_printf(s->arena, s->zh ? "%s（%s）" : "%s (%s)",
		wq_subject_kind_title(r->subject.kind, s->of->lang), wq_inspect_why_title(r->why, s->of->lang));
	return wq_arena_err(s->arena);
}

static const struct wq_inspect_score *score_of(struct wq_table_scope *s)
{
	const struct wq_inspect_result *r = result_of(s);

	if (r && !r->score.judged)
		WQ_IGNORE(wq_table_unknown(s, "检查时没有看到页面，未计分", "no page was seen, there is no score"));
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
	return wq_table_keep(s, wq_buf_str(&out), ret);
}

static wq_err get_findings(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return result_of(s) ? wq_table_number(s, s->sites[0].findings, ret) : WQ_OK;
}

static wq_err get_grave(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	(void)word;
	return result_of(s) ? wq_table_number(s, s->sites[0].grave, ret) : WQ_OK;
}

static wq_err get_count(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = looked_for(s, word);
	size_t n = 0;

	for (size_t i = 0; r && i < r->groups_n; i++)
		n += wq_str_starts(r->groups[i].rule, word);
	return r ? wq_table_number(s, n, ret) : wq_arena_err(s->arena);
}

static wq_err get_clean(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_result *r = looked_for(s, word);
	bool clean = true;

	for (size_t i = 0; r && i < r->groups_n; i++)
		clean &= !wq_str_eq(r->groups[i].rule, word);
	return r ? wq_table_yes_no(s, clean, ret) : wq_arena_err(s->arena);
}

/* ---- names and connections ---- */

static const struct wq_inspect_network *network_of(struct wq_table_scope *s, unsigned check)
{
	const struct wq_inspect_result *r = result_of(s);

	if (r && !(r->checks & check)) {
		not_looked(s, check);
		return NULL;
	}
	return r ? &r->network : NULL;
}

static void add(struct wq_table_scope *s, struct wq_buf *out, wq_str text)
{
	if (text.n == 0 || wq_str_find(wq_buf_str(out), text) >= 0)
		return;
	wq_buf_add(out, out->len ? s->zh ? WQ_S("、") : WQ_S(", ") : WQ_S_NONE);
	wq_buf_add(out, text);
}

static wq_err seen(struct wq_table_scope *s, const struct wq_buf *out, wq_str *ret)
{
	if (s->why.n == 0 && out->len == 0)
		return wq_table_unknown(s, "检查没有得到", "the inspection did not learn it");
	return wq_table_keep(s, wq_buf_str(out), ret);
}

#define OF_ADDRESSES(function, member) \
	static wq_err function(struct wq_table_scope *s, wq_str word, wq_str *ret) \
	{ \
		const struct wq_inspect_network *network = network_of(s, WQ_INSPECT_DNS); \
		WQ_BUF(out, TEXT_MAX); \
		(void)word; \
		for (size_t i = 0; network && i < network->hosts_n; i++) \
			for (size_t k = 0; k < network->hosts[i].addresses_n; k++) \
				add(s, &out, network->hosts[i].addresses[k].member); \
		return seen(s, &out, ret); \
	}
OF_ADDRESSES(get_addresses, text)
OF_ADDRESSES(get_countries, country)
OF_ADDRESSES(get_owners, owner)

static wq_err get_servers(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_network *network = network_of(s, WQ_INSPECT_DNS);
	WQ_BUF(out, TEXT_MAX);

	(void)word;
	for (size_t i = 0; network && i < network->hosts_n; i++)
		for (size_t k = 0; k < network->hosts[i].ns_n; k++)
			add(s, &out, network->hosts[i].ns[k]);
	return seen(s, &out, ret);
}

static wq_err get_ipv6(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_network *network = network_of(s, WQ_INSPECT_DNS);
	bool said = false, all = true;

	(void)word;
	for (size_t i = 0; network && i < network->hosts_n; i++) {
		said |= network->hosts[i].ipv6 != WQ_INSPECT_UNSAID;
		all &= network->hosts[i].ipv6 == WQ_INSPECT_YES;
	}
	if (said)
		return wq_table_yes_no(s, all, ret);
	return s->why.n ? WQ_OK : wq_table_unknown(s, "检查没有得到", "the inspection did not learn it");
}

static wq_err get_issuers(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_network *network = network_of(s, WQ_INSPECT_TLS);
	WQ_BUF(out, TEXT_MAX);

	(void)word;
	for (size_t i = 0; network && i < network->tls_n; i++)
		add(s, &out, network->tls[i].issuer);
	return seen(s, &out, ret);
}

static wq_err get_versions(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_network *network = network_of(s, WQ_INSPECT_TLS);
	WQ_BUF(out, TEXT_MAX);

	(void)word;
	for (size_t i = 0; network && i < network->tls_n; i++)
		add(s, &out, network->tls[i].versions);
	return seen(s, &out, ret);
}

/* The day of the certificate that ends first. */
static wq_err get_not_after(struct wq_table_scope *s, wq_str word, wq_str *ret)
{
	const struct wq_inspect_network *network = network_of(s, WQ_INSPECT_TLS);
	WQ_BUF(out, WQ_KIB);
	wq_time first = 0;
	char text[32];

	(void)word;
	for (size_t i = 0; network && i < network->tls_n; i++)
		if (network->tls[i].known.n && (first == 0 || network->tls[i].not_after < first))
			first = network->tls[i].not_after;
	if (first)
		wq_buf_add(&out, wq_str_head(wq_str_c(wq_inspect_time(first, text)), 10));
	return seen(s, &out, ret);
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

static bool is_prefix(wq_str word)
{
	return check_of(word) && wq_str_ends(word, WQ_S(".")) && fits_rule(word, true);
}

static bool is_rule(wq_str word)
{
	return check_of(word) && fits_rule(word, false);
}

/* ---- the table ---- */

const struct wq_table_value wq_table_inspection_values[] = {
	{"inspection.url", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_url},
	{"inspection.time", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_time},
	{"inspection.pages", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_pages},
	{"inspection.checks", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_checks},
	{"inspection.unit", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_told_name},
	{"inspection.kind", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_told_kind},
	{"inspection.icp", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_told_icp},
	{"inspection.police", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_told_police},
	{"inspection.site-code", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_told_code},
	{"inspection.score", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_score},
	{"inspection.verdict", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_verdict},
	{"inspection.findings", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_findings},
	{"inspection.grave", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_grave},
	{"inspection.count", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, is_prefix, get_count},
	{"inspection.clean", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, is_rule, get_clean},
	{"network.addresses", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_addresses},
	{"network.countries", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_countries},
	{"network.owners", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_owners},
	{"network.servers", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_servers},
	{"network.ipv6", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_ipv6},
	{"network.issuers", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_issuers},
	{"network.versions", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_versions},
	{"network.not-after", WQ_TABLE_SITE, WQ_TABLE_INSPECTION, NULL, get_not_after},
	{0},
};
