/* Forms: what is refused, and what registry, ledger and inspections on record make of those that are shipped. */
#include "base/test.h"
#include "crypto/sm2.h"
#include "finding/rule.h"
#include "flow/inspect/tables.h"
#include "flow/inspect/tally.h"

enum { OUT_MAX = 4 * 1024 * 1024 };

#define ICP "闽ICP备05070218号-1"
#define SHOWN "闽ICP备05070299号-1"
#define HEAD "weique-table 1\nversion: 1\ndate: 2026-11-22\nsource: s\n"
#define FORM HEAD "[form a]\ntitle: 表 | form\nof: site\nperiod: year\nsign: 人 | who\n"
#define FIELD FORM "[section b]\ntitle: 部 | part\n[field c]\nzh: 项\nen: item\nmark: M\n"

static struct {
	char dir[32], state[48];
	wq_time now;
	struct wq_clock clock;
	struct wq_arena arena;
	struct wq_workspace w;
	const struct wq_table_form *forms[WQ_TABLE_FORMS_MAX];
	size_t forms_n;
} f;

/* ---- fixture: a county, its education office, three people, two applications ---- */

static void add_person(const char *id, const char *name, unsigned roles, const char *unit)
{
	struct wq_sm2_key *key;
	struct wq_person_row person = {
		.id = wq_str_c(id), .name = wq_str_c(name), .roles = roles, .unit = wq_str_c(unit)};

	assert_ok(wq_sm2_generate(&key));
	person.key = wq_sm2_key_public(key);
	wq_sm2_key_free(&key);
	assert_ok(wq_person_register(f.w.ledger, &person, WQ_S("test"), &f.arena));
}

static void add_app(const char *id, const char *name, const char *unit, const char *host)
{
	struct wq_app_row app = {.id = wq_str_c(id),
		.name = wq_str_c(name),
		.unit = wq_str_c(unit),
		.origin = WQ_S("/srv"),
		.leader = WQ_S("zhang"),
		.type = WQ_APP_PORTAL,
		.icp = WQ_S(ICP),
		.hosts = {wq_str_c(host)},
		.hosts_n = 1};

	assert_ok(wq_app_register(f.w.ledger, &app, WQ_S("test"), &f.arena));
}

static int set_up(void **state)
{
	struct wq_unit_row county = {.id = WQ_S("yunshan"), .name = WQ_S("云山县人民政府"), .kind = WQ_UNIT_ORGAN},
			   office = {.id = WQ_S("jiaoyu"),
				   .name = WQ_S("教育局"),
				   .kind = WQ_UNIT_ORGAN,
				   .superior = WQ_S("yunshan")};

	(void)state;
	memcpy(f.dir, "/tmp/wq-tables-XXXXXX", sizeof "/tmp/wq-tables-XXXXXX");
	assert_ok(wq_crypto_init());
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.state, sizeof f.state, "%s/state", f.dir);
	wq_arena_init(&f.arena, 512 * WQ_MIB);
	assert_ok(wq_time_parse(WQ_S("2026-11-22T03:00:00Z"), &f.now));
	f.clock = wq_clock_fixed(&f.now);
	assert_ok(wq_workspace_init(f.state, WQ_S_NONE, &f.clock, &wq_random_system));
	assert_ok(wq_workspace_open(f.state, &f.clock, &wq_random_system, &f.arena, &f.w));
	assert_ok(wq_unit_register(f.w.ledger, &county, WQ_S("test"), &f.arena));
	assert_ok(wq_unit_register(f.w.ledger, &office, WQ_S("test"), &f.arena));
	add_person("zhang", "张<b>某", WQ_ROLE_AUTHOR, "yunshan");
	add_person("wang", "王审", WQ_ROLE_REVIEWER, "yunshan");
	add_person("li", "李审", WQ_ROLE_REVIEWER, "jiaoyu");
	add_app("portal", "=云山门户", "yunshan", "www.yunshan.gov.cn");
	add_app("edu", "教育", "jiaoyu", "jy.yunshan.gov.cn");
	assert_ok(wq_table_forms_load(&f.arena,
		wq_arena_cstr(&f.arena, wq_arena_printf(&f.arena, "%s/rules", getenv("WQ_SOURCE_ROOT"))), f.forms,
		&f.forms_n));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	wq_workspace_close(&f.w);
	wq_arena_done(&f.arena);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, f.dir));
	return 0;
}

/* Keeps an inspection of `host`: its findings are one broken link a letter, and a foreign ICP number when `differs`. */
static void keep(const char *host, const char *time, const char *icp, const char *links, bool differs)
{
	wq_str starts[] = {wq_arena_printf(&f.arena, "https://%s/", host)};
	struct wq_inspect_result r = {.site = wq_str_c(host),
		.starts = starts,
		.starts_n = 1,
		.checks = WQ_INSPECT_STANDARD,
		.subject = {.kind = WQ_SUBJECT_ORGAN, .icp = wq_str_c(icp)},
		.pages = 3};
	struct wq_finding finding = wq_rule_finding(WQ_RULE_FOOTER_REGISTRY);
	struct wq_tally tally;

	assert_ok(wq_time_parse(wq_str_c(time), &r.began));
	r.ended = r.began;
	wq_tally_init(&tally, &f.arena, &wq_random_system);
	finding.place.url = starts[0];
	finding.evidence.subject = WQ_S(SHOWN);
	if (differs)
		assert_ok(wq_tally_add(&tally, &finding));
	for (size_t i = 0; links[i]; i++) {
		finding = wq_rule_finding(WQ_RULE_LINK_BROKEN);
		finding.place.url = starts[0];
		finding.evidence.target = wq_arena_printf(&f.arena, "https://x/%c", links[i]);
		finding.evidence.subject = finding.evidence.target;
		assert_ok(wq_tally_add(&tally, &finding));
	}
	assert_ok(wq_tally_result(&tally, &r));
	assert_ok(wq_record_keep(f.state, &r, &f.arena, NULL));
	wq_tally_done(&tally);
}

static struct wq_tables_case the_case(const char *app, const char *unit)
{
	return (struct wq_tables_case){.lang = WQ_LANG_ZH,
		.now = f.now,
		.workspace = &f.w,
		.records = f.state,
		.app = wq_str_c(app),
		.unit = wq_str_c(unit)};
}

static const struct wq_table_sheet *sheet(const struct wq_tables_case *c, const char *form)
{
	struct wq_table_sheet *sheets;
	size_t n;

	assert_ok(wq_tables_fill(&f.arena, c, f.forms, f.forms_n, &sheets, &n));
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(sheets[i].form->id, wq_str_c(form)))
			return &sheets[i];
	fail_msg("no sheet of %s", form);
	return NULL;
}

static const struct wq_table_cell *cell(const struct wq_table_sheet *s, const char *field)
{
	for (size_t i = 0; i < s->form->fields_n; i++)
		if (wq_str_eq(s->form->fields[i].id, wq_str_c(field)))
			return &s->cells[i];
	fail_msg("no field %s", field);
	return NULL;
}

static void holds(const struct wq_table_sheet *s, const char *field, const char *value)
{
	assert_str(cell(s, field)->value, wq_str_c(value));
	assert_true(cell(s, field)->whence.n > 0);
}

static void has(wq_str text, const char *part)
{
	if (wq_str_find(text, wq_str_c(part)) < 0)
		fail_msg("\"%s\" is not in %.*s", part, WQ_S_ARG(text));
}

/* ---- forms ---- */

static void test_refused(void **state)
{
	static const struct {
		const char *text, *note;
	} rows[] = {{FIELD "from: registry.nothing\n", "t:16: no value is called registry.nothing"},
		{FIELD "from: sites.count\n", "t:16:"}, {FIELD "from: registry.icp word\n", "t:16:"},
		{FIELD "from: ledger.count drill.held\n", "t:16:"}, {FIELD "from: inspection.count uptime.\n", "t:16:"},
		{FIELD "from: inspection.clean link.\n", "t:16:"}, {FIELD "from: people.count king\n", "t:16:"},
		{FIELD "against: link.nothing\n", "t:16: no rule is called link.nothing"},
		{FIELD "against: footer.registry phone\n", "t:16:"}, {FIELD "colour: red\n", "t:16: colour"},
		{FIELD "choices: 是 / 否\n", "t:16:"}, {FIELD "mark: Q\n", "t:16:"}, {FIELD, "t:12:"},
		{FIELD "who: 人 | who\n[field c]\nzh: x\n", "t:17:"}, {FIELD "who: 人 | who\n[section b]\n", "t:17:"},
		{FIELD "who: 人 | who\n[thing x]\n", "t:17:"}, {FORM "period: week\n", "t:10:"},
		{FORM "of: planet\n", "t:10:"}, {FORM "[field c]\n", "t:10:"}, {FORM "[section B]\n", "t:10:"},
		{FORM, "a form has"}, {HEAD "[section b]\ntitle: 部 | part\n[field c]\n", "t:7:"}};
	const struct wq_table_form *form;

	(void)state;
	assert_ok(wq_table_form_parse(
		&f.arena, WQ_S("t"), WQ_S(FIELD "from: registry.icp\nfrom: inspection.count tls.\n"), &form));
	assert_int_equal(form->fields_n, 1);
	assert_int_equal(form->fields[0].from_n, 2);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_err e = wq_table_form_parse(&f.arena, WQ_S("t"), wq_str_c(rows[i].text), &form);

		assert_err(e, WQ_E_CONFIG);
		has(wq_str_c(wq_err_note(e)), rows[i].note);
	}
}

/* ---- sheets ---- */

static void test_site(void **state)
{
	struct wq_tables_case c = the_case("portal", "");
	const struct wq_table_sheet *s;

	(void)state;
	s = sheet(&c, "site-check");
	assert_int_equal(cell(s, "url")->state, WQ_TABLE_BLANK);
	has(cell(s, "url")->whence, "weique inspect");
	assert_int_equal(cell(s, "icp")->state, WQ_TABLE_FILLED);

	keep("www.yunshan.gov.cn", "2026-11-20T00:00:00Z", ICP, "ab", true);
	keep("www.yunshan.gov.cn.evil.cn", "2026-11-21T00:00:00Z", ICP, "abcdef", false);
	s = sheet(&c, "site-check");
	assert_str(s->subject, WQ_S("=云山门户"));
	assert_str(s->from, WQ_S("2026-07-01"));
	assert_str(s->until, WQ_S("2026-11-22"));
	holds(s, "url", "https://www.yunshan.gov.cn/");
	holds(s, "unit", "云山县人民政府");
	holds(s, "leader", "张<b>某");
	holds(s, "reviewers", "王审");
	holds(s, "findings", "3");
	holds(s, "links", "2");
	holds(s, "released", "0");
	holds(s, "looked", "2026-11-20 08:00:00");
	assert_str(cell(s, "icp")->value, WQ_S(ICP));
	assert_int_equal(cell(s, "icp")->state, WQ_TABLE_CONFLICT);
	assert_str(cell(s, "icp")->rule, WQ_S("footer.registry"));
	has(cell(s, "icp")->remark, SHOWN);
	assert_int_equal(cell(s, "police")->state, WQ_TABLE_BLANK);
	assert_int_equal(cell(s, "site-code")->remark.n, 0);
	assert_int_equal(cell(s, "tls")->state, WQ_TABLE_BLANK);
	has(cell(s, "tls")->whence, "tls");
	has(cell(s, "grading")->whence, "网络安全部门");
	assert_int_equal(s->conflicts, 1);
	assert_int_equal(s->filled + s->blank, s->form->fields_n);
}

/* What the inspection did not compare is not said to agree. */
static void test_not_compared(void **state)
{
	struct wq_tables_case c = the_case("portal", "");

	(void)state;
	keep("www.yunshan.gov.cn", "2026-11-20T00:00:00Z", "", "", false);
	has(cell(sheet(&c, "site-check"), "icp")->remark, "--app");
	keep("www.yunshan.gov.cn", "2026-11-21T00:00:00Z", SHOWN, "", false);
	has(cell(sheet(&c, "site-check"), "icp")->remark, SHOWN);
	keep("www.yunshan.gov.cn", "2026-11-22T00:00:00Z", ICP, "", false);
	assert_int_equal(cell(sheet(&c, "site-check"), "icp")->remark.n, 0);
}

static void test_period(void **state)
{
	static const struct {
		const char *now;
		unsigned year, half;
		const char *form, *from, *until;
	} rows[] = {{"2026-11-22T03:00:00Z", 0, 0, "site-year", "2026-01-01", "2026-11-22"},
		{"2027-01-20T03:00:00Z", 0, 0, "site-year", "2026-01-01", "2026-12-31"},
		{"2027-01-20T03:00:00Z", 0, 0, "site-check", "2026-07-01", "2026-12-31"},
		{"2027-02-01T00:00:00Z", 0, 0, "site-check", "2027-01-01", "2027-02-01"},
		{"2027-07-05T03:00:00Z", 0, 0, "site-check", "2027-01-01", "2027-06-30"},
		{"2027-07-05T03:00:00Z", 0, 2, "site-check", "2027-07-01", "2027-07-05"},
		{"2026-12-31T16:00:00Z", 2027, 0, "site-year", "2027-01-01", "2027-01-01"},
		{"2026-11-22T03:00:00Z", 2025, 1, "site-check", "2025-01-01", "2025-06-30"}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_tables_case c = the_case("portal", "");
		const struct wq_table_sheet *s;

		assert_ok(wq_time_parse(wq_str_c(rows[i].now), &c.now));
		c.year = rows[i].year;
		c.half = rows[i].half;
		s = sheet(&c, rows[i].form);
		assert_str(s->from, wq_str_c(rows[i].from));
		assert_str(s->until, wq_str_c(rows[i].until));
	}
}

/* Counts of a year: inspections before it and after it are not its own; mended is said of looks that compare alone. */
static void test_year(void **state)
{
	struct wq_tables_case c = the_case("portal", "");
	const struct wq_table_sheet *s;

	(void)state;
	keep("www.yunshan.gov.cn", "2025-06-01T00:00:00Z", ICP, "xyz", false);
	s = sheet(&c, "site-year");
	holds(s, "assessments", "0");
	assert_int_equal(cell(s, "found")->state, WQ_TABLE_BLANK);
	assert_int_equal(cell(s, "mended")->state, WQ_TABLE_BLANK);
	keep("www.yunshan.gov.cn", "2026-02-01T00:00:00Z", ICP, "abc", false);
	keep("www.yunshan.gov.cn", "2026-11-20T00:00:00Z", ICP, "cd", false);
	s = sheet(&c, "site-year");
	holds(s, "assessments", "2");
	holds(s, "found", "4");
	holds(s, "mended", "2");
	holds(s, "error-entry", "是");
	assert_int_equal(cell(s, "ipv6")->state, WQ_TABLE_BLANK);
	c.year = 2025;
	s = sheet(&c, "site-year");
	holds(s, "assessments", "1");
	holds(s, "found", "3");
}

static void test_region(void **state)
{
	struct wq_tables_case c = the_case("", "yunshan");
	const struct wq_table_sheet *s;
	struct wq_table_sheet *sheets;
	size_t n;

	(void)state;
	keep("jy.yunshan.gov.cn", "2026-11-20T00:00:00Z", ICP, "a", false);
	s = sheet(&c, "supervision-year");
	holds(s, "units", "1");
	holds(s, "sites", "2");
	holds(s, "opened", "2");
	holds(s, "closed", "0");
	holds(s, "looked", "1");
	holds(s, "unqualified", "0");
	s = sheet(&c, "unit-check");
	holds(s, "sites", "1");
	holds(s, "reviewers", "1");
	assert_int_equal(cell(s, "mail-build")->state, WQ_TABLE_BLANK);
	c.unit = WQ_S("jiaoyu");
	assert_ok(wq_tables_fill(&f.arena, &c, f.forms, f.forms_n, &sheets, &n));
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(sheets[i].form->of, WQ_TABLE_OF_REGION);
	c.unit = WQ_S("nobody");
	assert_err(wq_tables_fill(&f.arena, &c, f.forms, f.forms_n, &sheets, &n), WQ_E_NOT_FOUND);
	c = the_case("nothing", "");
	assert_err(wq_tables_fill(&f.arena, &c, f.forms, f.forms_n, &sheets, &n), WQ_E_NOT_FOUND);
	c = the_case("portal", "");
	c.form = WQ_S("nothing");
	assert_err(wq_tables_fill(&f.arena, &c, f.forms, f.forms_n, &sheets, &n), WQ_E_NOT_FOUND);
}

/* Without a registry: what the inspection was told counts, the rest is blank, and no zero pretends to be known. */
static void test_bare(void **state)
{
	struct wq_tables_case c = {
		.lang = WQ_LANG_EN, .now = f.now, .records = f.state, .site = WQ_S("www.yunshan.gov.cn")};
	const struct wq_table_sheet *s;

	(void)state;
	keep("www.yunshan.gov.cn", "2026-11-20T00:00:00Z", SHOWN, "a", false);
	s = sheet(&c, "site-check");
	holds(s, "icp", SHOWN);
	has(cell(s, "icp")->whence, "inspection");
	assert_int_equal(cell(s, "leader")->state, WQ_TABLE_BLANK);
	has(cell(s, "leader")->whence, "no registry");
	assert_int_equal(cell(s, "released")->state, WQ_TABLE_BLANK);
	s = sheet(&c, "unit-check");
	assert_int_equal(s->filled, 0);
}

/* Addresses, places and certificates, when the inspection looked at them. */
static void test_network(void **state)
{
	static const wq_str ns[] = {WQ_S_INIT("ns1.yunshan.gov.cn"), WQ_S_INIT("ns2.yunshan.gov.cn")};
	static const struct wq_inspect_address addresses[] = {
		{WQ_S_INIT("192.0.2.1"), WQ_S_INIT("CN"), WQ_S_INIT("AS1")},
		{WQ_S_INIT("2001:db8::1"), WQ_S_INIT("CN"), WQ_S_INIT("AS2")}};
	static const struct wq_inspect_host host = {.host = WQ_S_INIT("www.yunshan.gov.cn"),
		.named = true,
		.looked = true,
		.ipv6 = WQ_INSPECT_YES,
		.ns = ns,
		.ns_n = 2,
		.addresses = addresses,
		.addresses_n = 2};
	struct wq_inspect_tls tls = {
		.host = WQ_S("www.yunshan.gov.cn"), .port = 443, .issuer = WQ_S("CN=CA"), .known = WQ_S("k")};
	struct wq_inspect_result r = {.site = WQ_S("www.yunshan.gov.cn"),
		.began = f.now,
		.checks = WQ_INSPECT_ALL,
		.pages = 1,
		.network = {.hosts = &host, .hosts_n = 1, .tls = &tls, .tls_n = 1}};
	struct wq_tables_case c = the_case("portal", "");
	const struct wq_table_sheet *s;

	(void)state;
	assert_ok(wq_time_parse(WQ_S("2027-03-01T00:00:00Z"), &tls.not_after));
	c.run = &r;
	s = sheet(&c, "site-check");
	holds(s, "ip", "192.0.2.1、2001:db8::1");
	holds(s, "place", "CN");
	holds(s, "operator", "AS1、AS2");
	holds(s, "name-servers", "ns1.yunshan.gov.cn、ns2.yunshan.gov.cn");
	holds(s, "issuer", "CN=CA");
	holds(s, "not-after", "2027-03-01");
	holds(sheet(&c, "site-year"), "ipv6", "是");
	r.checks = WQ_INSPECT_STANDARD;
	s = sheet(&c, "site-check");
	assert_int_equal(cell(s, "ip")->state, WQ_TABLE_BLANK);
	has(cell(s, "ip")->whence, "（dns）：--checks all");
	has(cell(s, "issuer")->whence, "（tls）：--checks all");
	r.checks = WQ_INSPECT_ALL;
	r.network = (struct wq_inspect_network){0};
	assert_int_equal(cell(sheet(&c, "site-check"), "ip")->state, WQ_TABLE_BLANK);
}

/* ---- out ---- */

static void test_out(void **state)
{
	struct wq_tables_case c = the_case("", "yunshan");
	WQ_BUF(html, OUT_MAX);
	WQ_BUF(csv, OUT_MAX);
	WQ_BUF(json, OUT_MAX);
	struct wq_table_sheet *sheets;
	size_t n;

	(void)state;
	keep("www.yunshan.gov.cn", "2026-11-20T00:00:00Z", ICP, "a", true);
	assert_ok(wq_tables_fill(&f.arena, &c, f.forms, f.forms_n, &sheets, &n));
	assert_int_equal(n, 4);
	assert_ok(wq_tables_html(sheets, n, WQ_LANG_ZH, &html));
	has(wq_buf_str(&html), "张&lt;b&gt;某");
	has(wq_buf_str(&html), "default-src 'none'");
	has(wq_buf_str(&html), "填表人：<i></i>");
	has(wq_buf_str(&html), "须核对</span>");
	has(wq_buf_str(&html), "□ 自建");
	has(wq_buf_str(&html), "☑ 是");
	assert_true(wq_str_find(wq_buf_str(&html), WQ_S("<b>")) < 0);
	assert_ok(wq_tables_csv(sheets, n, WQ_LANG_ZH, &csv));
	assert_true(wq_str_starts(wq_buf_str(&csv), WQ_S("\xef\xbb\xbf")));
	has(wq_buf_str(&csv), "\"'=云山门户\"");
	assert_true(wq_str_find(wq_buf_str(&csv), WQ_S("\"=")) < 0);
	assert_ok(wq_tables_json(sheets, n, WQ_LANG_ZH, &json));
	has(wq_buf_str(&json), "\"state\":\"conflict\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_site, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_compared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_period, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_year, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_region, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_out, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
