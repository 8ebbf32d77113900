#include "base/test.h"
#include "text/host.h"
#include "text/key.h"

static struct wq_suffix_rules *rules;

static int open_rules(void **state)
{
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/rules/suffix.conf", getenv("WQ_SOURCE_ROOT"));
	assert_ok(wq_suffix_rules_open(path, &rules));
	return 0;
}

static int close_rules(void **state)
{
	(void)state;
	wq_suffix_rules_close(&rules);
	wq_suffix_rules_close(&rules);
	return 0;
}

/* Hosts as they stand in a link; made canonical first where that is possible. */
static const struct {
	wq_str host;
	wq_day day;
	const char *rule; /* NULL: no government site */
} sites[] = {
	{WQ_S_INIT("www.gov.cn"), 20240701, "organ-gov-2024"},
	{WQ_S_INIT("WWW.GOV.CN"), 20261122, "organ-gov-2024"},
	{WQ_S_INIT("www.gov.cn."), 20261122, "organ-gov-2024"},
	{WQ_S_INIT("a.b.example.gov.cn"), 20261122, "organ-gov-2024"},
	{WQ_S_INIT("www.gov.cn"), 20240630, "organ-gov-2014"},
	{WQ_S_INIT("www.gov.cn"), 20140509, "organ-gov-2014"},
	{WQ_S_INIT("xxx.政务"), 20240701, "organ-zhengwu-2024"},
	{WQ_S_INIT("xxx.xn--zfr164b"), 20240701, "organ-zhengwu-2024"},
	{WQ_S_INIT("XXX.XN--ZFR164B"), 20150101, "organ-zhengwu-2014"},
	{WQ_S_INIT("某某市。政务"), 20240701, "organ-zhengwu-2024"},
	{WQ_S_INIT("xxx.政务.cn"), 20240630, "organ-zhengwu-cn-2014"},
	{WQ_S_INIT("xxx.xn--zfr164b.cn"), 20200101, "organ-zhengwu-cn-2014"},
	{WQ_S_INIT("xxx.政务.cn"), 20240701, NULL},
	{WQ_S_INIT("www.gov.cn"), 20140508, NULL},
	{WQ_S_INIT("www.gov.cn.evil.com"), 20240701, NULL},
	{WQ_S_INIT("evilgov.cn"), 20240701, NULL},
	{WQ_S_INIT("www.evilgov.cn"), 20240701, NULL},
	{WQ_S_INIT("gov.cn@evil.com"), 20240701, NULL},
	{WQ_S_INIT("evil.com@www.gov.cn"), 20240701, NULL},
	{WQ_S_INIT("evil.com/www.gov.cn"), 20240701, NULL},
	{WQ_S_INIT("evil.com?.gov.cn"), 20240701, NULL},
	{WQ_S_INIT("evil.com#.gov.cn"), 20240701, NULL},
	{WQ_S_INIT("evil.com\\.gov.cn"), 20240701, NULL},
	{WQ_S_INIT("evil.com\0.gov.cn"), 20240701, NULL},
	{WQ_S_INIT("evil.com%00.gov.cn"), 20240701, NULL},
	{WQ_S_INIT("gov.cn"), 20240701, NULL},
	{WQ_S_INIT(".gov.cn"), 20240701, NULL},
	{WQ_S_INIT("a..gov.cn"), 20240701, NULL},
	{WQ_S_INIT("政务"), 20240701, NULL},
	{WQ_S_INIT("政务.evil.com"), 20240701, NULL},
	{WQ_S_INIT("xn--zfr164b.evil.com"), 20240701, NULL},
	{WQ_S_INIT("政务.公益"), 20240701, NULL},
	{WQ_S_INIT("x政务.cn"), 20200101, NULL},
	{WQ_S_INIT("www.gov-cn.com"), 20240701, NULL},
	{WQ_S_INIT("www.gov.cn.com"), 20240701, NULL},
	{WQ_S_INIT("www.gov.com"), 20240701, NULL},
	{WQ_S_INIT("www.g0v.cn"), 20240701, NULL},
	{WQ_S_INIT("www.gоv.cn"), 20240701, NULL}, /* Cyrillic о */
	{WQ_S_INIT("www.example.org.cn"), 20240701, NULL},
	{WQ_S_INIT("www.example.公益"), 20240701, NULL},
	{WQ_S_INIT("127.0.0.1"), 20240701, NULL},
	{WQ_S_INIT("[::1]"), 20240701, NULL},
	{WQ_S_INIT(""), 20240701, NULL},
};

static void government_sites(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(sites); i++) {
		char name[WQ_HOST_MAX + 1];
		const struct wq_suffix_rule *rule = NULL;
		wq_str host = sites[i].host;
		size_t n;
		bool found;

		if (wq_key_host(host, name, &n) == WQ_KEY_FINE)
			host = wq_str_of(name, n);
		found = wq_host_government(rules, host, sites[i].day, &rule);
		if (found != (sites[i].rule != NULL))
			fail_msg("%.*s", WQ_S_ARG(sites[i].host));
		if (found)
			assert_str(rule->name, wq_str_c(sites[i].rule));
		assert_int_equal(wq_host_government(rules, host, sites[i].day, NULL), found);
	}
}

static void suffixes_suit_owners(void **state)
{
	static const struct {
		const char *host;
		enum wq_suffix_owner owner;
		enum wq_suffix_use use;
		wq_day day;
		bool suits;
		const char *rule;
	} rows[] = {
		{"www.x.gov.cn", WQ_OWNER_ORGAN, WQ_USE_SITE, 20250101, true, "organ-gov-2024"},
		{"mail.x.gov.cn", WQ_OWNER_ORGAN, WQ_USE_MAIL, 20250101, true, "organ-gov-mail-2024"},
		{"mail.x.gov.cn", WQ_OWNER_ORGAN, WQ_USE_MAIL, 20200101, false, NULL},
		{"www.x.xn--zfr164b.cn", WQ_OWNER_ORGAN, WQ_USE_SITE, 20200101, true, "organ-zhengwu-cn-2014"},
		{"www.x.xn--zfr164b.cn", WQ_OWNER_ORGAN, WQ_USE_SITE, 20250101, false, NULL},
		{"www.x.com.cn", WQ_OWNER_ORGAN, WQ_USE_SITE, 20250101, false, NULL},
		{"www.x.com", WQ_OWNER_ORGAN, WQ_USE_SITE, 20250101, false, NULL},
		{"www.x.cn", WQ_OWNER_INSTITUTION, WQ_USE_SITE, 20250101, true, "institution-cn-2024"},
		{"www.x.edu.cn", WQ_OWNER_INSTITUTION, WQ_USE_SITE, 20250101, true, "institution-cn-2024"},
		{"www.x.xn--55qw42g", WQ_OWNER_INSTITUTION, WQ_USE_SITE, 20250101, true, "institution-gongyi-2024"},
		{"x.xn--55qw42g", WQ_OWNER_INSTITUTION, WQ_USE_MAIL, 20250101, true, "institution-gongyi-mail-2024"},
		{"www.x.gov.cn", WQ_OWNER_INSTITUTION, WQ_USE_SITE, 20250101, false, "organ-gov-2024"},
		{"www.x.xn--zfr164b", WQ_OWNER_INSTITUTION, WQ_USE_SITE, 20250101, false, "organ-zhengwu-2024"},
		{"www.x.com", WQ_OWNER_INSTITUTION, WQ_USE_SITE, 20250101, false, NULL},
		{"www.x.org", WQ_OWNER_UNION, WQ_USE_SITE, 20250101, true, "union-org-2014"},
		{"www.x.org.cn", WQ_OWNER_UNION, WQ_USE_SITE, 20250101, true, "union-org-cn-2014"},
		{"www.x.org.cn", WQ_OWNER_UNION, WQ_USE_SITE, 20140731, false, NULL},
		{"www.x.gov.cn", WQ_OWNER_UNION, WQ_USE_SITE, 20250101, false, "organ-gov-2024"},
		{"www.xorg.cn", WQ_OWNER_UNION, WQ_USE_SITE, 20250101, false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_suffix_rule *rule = NULL;
		bool suits = wq_host_suits(
			rules, wq_str_c(rows[i].host), rows[i].owner, rows[i].use, rows[i].day, &rule);

		if (suits != rows[i].suits)
			fail_msg("%s, row %zu", rows[i].host, i);
		if (rows[i].rule)
			assert_str(rule->name, wq_str_c(rows[i].rule));
		else
			assert_null(rule);
	}
}

static void rules_say_where_they_are_from(void **state)
{
	wq_day day;
	wq_str source, version = wq_suffix_rules_version(rules, &day, &source);

	(void)state;
	assert_str(version, WQ_S("2024.07.1"));
	assert_int_equal(day, 20240701);
	assert_true(wq_str_find(source, WQ_S("互联网政务应用安全管理规定")) >= 0);
	assert_int_equal(wq_suffix_rules_count(rules), 13);
}

#define HEAD "suffix-rules 1 1 2024-07-01 s\n"

static void bad_rules_are_refused_with_their_line(void **state)
{
	static const struct {
		wq_str text;
		const char *note;
	} rows[] = {
		{WQ_S_INIT(""), "f:1: the first line"},
		{WQ_S_INIT("# comment\n"), "f:1: the first line"},
		{WQ_S_INIT("suffix-rules 2 1 2024-07-01 s\n"), "f:1: unknown format: 2"},
		{WQ_S_INIT("suffix-rules 1\n"), "f:1: a version"},
		{WQ_S_INIT("suffix-rules 1 1 2024-02-30 s\n"), "f:1: a day"},
		{WQ_S_INIT("suffix-rules 1 1 2024-07-01\n"), "f:1: a source"},
		{WQ_S_INIT(HEAD), "f:2: no rule"},
		{WQ_S_INIT(HEAD "\n# c\nx\n"), "f:4: unknown owner"},
		{WQ_S_INIT(HEAD "a x site .cn open 2024-07-01 - c\n"), "f:2: unknown owner: x"},
		{WQ_S_INIT(HEAD "a organ x .cn open 2024-07-01 - c\n"), "f:2: unknown use: x"},
		{WQ_S_INIT(HEAD "a organ site, .cn open 2024-07-01 - c\n"), "f:2: unknown use"},
		{WQ_S_INIT(HEAD "a organ site cn open 2024-07-01 - c\n"), "f:2: no suffix: cn"},
		{WQ_S_INIT(HEAD "a organ site . open 2024-07-01 - c\n"), "f:2: no suffix"},
		{WQ_S_INIT(HEAD "a organ site .a..b open 2024-07-01 - c\n"), "f:2: no suffix"},
		{WQ_S_INIT(HEAD "a organ site .cn:80 open 2024-07-01 - c\n"), "f:2: no suffix"},
		{WQ_S_INIT(HEAD "a organ site .[::1] open 2024-07-01 - c\n"), "f:2: no suffix"},
		{WQ_S_INIT(HEAD "a organ site .cn maybe 2024-07-01 - c\n"), "f:2: neither"},
		{WQ_S_INIT(HEAD "a organ site .cn open 2024-13-01 - c\n"), "f:2: no day"},
		{WQ_S_INIT(HEAD "a organ site .cn open 2024-07-01 2023-02-29 c\n"), "f:2: no day and no -"},
		{WQ_S_INIT(HEAD "a organ site .cn open 2024-07-01 2024-06-30 c\n"), "f:2: ends before"},
		{WQ_S_INIT(HEAD "a organ site .cn open 2024-07-01 -\n"), "f:2: a clause"},
		{WQ_S_INIT(HEAD "a organ site .cn open 2024-07-01 - c\na organ site .cn open 2024-07-01 - c\n"),
			"f:3: a name stands twice: a"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_suffix_rules *bad = NULL;
		wq_err e = wq_suffix_rules_parse(rows[i].text, "f", &bad);

		assert_true(wq_is(e, WQ_E_CONFIG));
		assert_null(bad);
		if (strncmp(wq_err_note(e), rows[i].note, strlen(rows[i].note)) != 0)
			fail_msg("row %zu: \"%s\" instead of \"%s\"", i, wq_err_note(e), rows[i].note);
	}
}

static void too_many_rules_are_over_the_limit(void **state)
{
	WQ_BUF(text, WQ_MIB);
	struct wq_suffix_rules *many = NULL;

	(void)state;
	wq_buf_add(&text, WQ_S(HEAD));
	for (int i = 0; i < WQ_SUFFIX_MAX_RULES; i++)
		wq_buf_printf(&text, "n%d organ site,mail .a%d.cn open 2024-07-01 - c\r\n", i, i);
	assert_ok(wq_suffix_rules_parse(wq_buf_str(&text), "f", &many));
	assert_int_equal(wq_suffix_rules_count(many), WQ_SUFFIX_MAX_RULES);
	wq_suffix_rules_close(&many);
	wq_buf_printf(&text, "more organ site .a.cn open 2024-07-01 - c\n");
	assert_err(wq_suffix_rules_parse(wq_buf_str(&text), "f", &many), WQ_E_LIMIT);
	while (text.len <= WQ_SUFFIX_MAX_BYTES)
		wq_buf_add(&text, WQ_S("# more\n"));
	assert_err(wq_suffix_rules_parse(wq_buf_str(&text), "f", &many), WQ_E_LIMIT);
	assert_err(wq_suffix_rules_open("/nonexistent/suffix.conf", &many), WQ_E_NOT_FOUND);
}

static void days(void **state)
{
	wq_day day = 0;

	(void)state;
	assert_true(wq_day_parse(WQ_S("2024-02-29"), &day));
	assert_int_equal(day, 20240229);
	assert_true(wq_day_parse(WQ_S("2000-02-29"), &day));
	assert_false(wq_day_parse(WQ_S("1900-02-29"), &day));
	assert_false(wq_day_parse(WQ_S("2024-04-31"), &day));
	assert_false(wq_day_parse(WQ_S("2024-00-01"), &day));
	assert_false(wq_day_parse(WQ_S("2024-01-00"), &day));
	assert_false(wq_day_parse(WQ_S("2024/01/01"), &day));
	assert_false(wq_day_parse(WQ_S("2024-1-01"), &day));
	assert_false(wq_day_parse(WQ_S("20240101"), &day));
	assert_false(wq_day_parse(WQ_S("+024-01-01"), &day));
}

static void address_classes(void **state)
{
	static const struct {
		const char *host;
		enum wq_addr_class class;
	} rows[] = {
		{"0.0.0.0", WQ_ADDR_UNSPECIFIED},
		{"0.255.255.255", WQ_ADDR_UNSPECIFIED},
		{"1.0.0.0", WQ_ADDR_GLOBAL},
		{"9.255.255.255", WQ_ADDR_GLOBAL},
		{"10.0.0.0", WQ_ADDR_PRIVATE},
		{"10.255.255.255", WQ_ADDR_PRIVATE},
		{"11.0.0.0", WQ_ADDR_GLOBAL},
		{"100.63.255.255", WQ_ADDR_GLOBAL},
		{"100.64.0.0", WQ_ADDR_SHARED},
		{"100.127.255.255", WQ_ADDR_SHARED},
		{"100.128.0.0", WQ_ADDR_GLOBAL},
		{"127.0.0.1", WQ_ADDR_LOOPBACK},
		{"127.255.255.254", WQ_ADDR_LOOPBACK},
		{"169.254.169.254", WQ_ADDR_LINK_LOCAL},
		{"172.15.255.255", WQ_ADDR_GLOBAL},
		{"172.16.0.0", WQ_ADDR_PRIVATE},
		{"172.31.255.255", WQ_ADDR_PRIVATE},
		{"172.32.0.0", WQ_ADDR_GLOBAL},
		{"192.0.0.1", WQ_ADDR_RESERVED},
		{"192.0.2.1", WQ_ADDR_DOCUMENTATION},
		{"192.88.99.1", WQ_ADDR_TRANSITION},
		{"192.168.0.1", WQ_ADDR_PRIVATE},
		{"192.169.0.1", WQ_ADDR_GLOBAL},
		{"198.18.0.1", WQ_ADDR_RESERVED},
		{"198.19.255.255", WQ_ADDR_RESERVED},
		{"198.20.0.0", WQ_ADDR_GLOBAL},
		{"198.51.100.1", WQ_ADDR_DOCUMENTATION},
		{"203.0.113.1", WQ_ADDR_DOCUMENTATION},
		{"223.255.255.255", WQ_ADDR_GLOBAL},
		{"224.0.0.1", WQ_ADDR_MULTICAST},
		{"239.255.255.255", WQ_ADDR_MULTICAST},
		{"240.0.0.1", WQ_ADDR_RESERVED},
		{"255.255.255.255", WQ_ADDR_RESERVED},
		{"8.8.8.8.", WQ_ADDR_GLOBAL},
		{"[::]", WQ_ADDR_UNSPECIFIED},
		{"[::1]", WQ_ADDR_LOOPBACK},
		{"[::2]", WQ_ADDR_UNSPECIFIED},
		{"[::127.0.0.1]", WQ_ADDR_LOOPBACK},
		{"[::8.8.8.8]", WQ_ADDR_TRANSITION},
		{"[::ffff:127.0.0.1]", WQ_ADDR_LOOPBACK},
		{"[::ffff:10.0.0.1]", WQ_ADDR_PRIVATE},
		{"[::ffff:169.254.169.254]", WQ_ADDR_LINK_LOCAL},
		{"[::ffff:8.8.8.8]", WQ_ADDR_GLOBAL},
		{"[64:ff9b::127.0.0.1]", WQ_ADDR_LOOPBACK},
		{"[64:ff9b::8.8.8.8]", WQ_ADDR_GLOBAL},
		{"[64:ff9b:1::8.8.8.8]", WQ_ADDR_PRIVATE},
		{"[100::1]", WQ_ADDR_RESERVED},
		{"[2001::1]", WQ_ADDR_UNSPECIFIED},
		{"[2001:0:808:808:0:0:80ff:fffe]", WQ_ADDR_LOOPBACK},
		{"[2001:0:808:808:0:0:f7f7:f7f7]", WQ_ADDR_TRANSITION},
		{"[2001:2::1]", WQ_ADDR_RESERVED},
		{"[2001:db8::1]", WQ_ADDR_DOCUMENTATION},
		{"[2001:db9::1]", WQ_ADDR_GLOBAL},
		{"[2002:7f00:1::]", WQ_ADDR_LOOPBACK},
		{"[2002:808:808::1]", WQ_ADDR_TRANSITION},
		{"[2400:3200::1]", WQ_ADDR_GLOBAL},
		{"[3fff:0fff::1]", WQ_ADDR_DOCUMENTATION},
		{"[3fff:1000::1]", WQ_ADDR_GLOBAL},
		{"[4000::1]", WQ_ADDR_RESERVED},
		{"[fc00::1]", WQ_ADDR_UNIQUE_LOCAL},
		{"[fdff::1]", WQ_ADDR_UNIQUE_LOCAL},
		{"[fe80::1]", WQ_ADDR_LINK_LOCAL},
		{"[febf::1]", WQ_ADDR_LINK_LOCAL},
		{"[fec0::1]", WQ_ADDR_PRIVATE},
		{"[ff02::1]", WQ_ADDR_MULTICAST},
	};
	static const char *const names[] = {
		"", "a.cn", "1.2.3", "127.1", "0x7f.0.0.1", "::1", "[::1", "[]", "[1.2.3.4]", "1.2.3.4.5", "01.2.3.4"};
	struct wq_addr addr;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		assert_true(wq_host_address(wq_str_c(rows[i].host), &addr));
		if (wq_addr_class(&addr) != rows[i].class)
			fail_msg("%s is %s", rows[i].host, wq_addr_class_text(wq_addr_class(&addr)));
	}
	for (size_t i = 0; i < WQ_COUNT(names); i++)
		assert_false(wq_host_address(wq_str_c(names[i]), &addr));
	for (int i = 0; i <= WQ_ADDR_RESERVED; i++)
		assert_string_not_equal(wq_addr_class_text((enum wq_addr_class)i), "unknown");
}

static void registrable_domains(void **state)
{
	static const struct {
		const char *host, *domain;
	} rows[] = {
		{"www.example.com", "example.com"},
		{"example.com", "example.com"},
		{"example.com.", "example.com"},
		{"com", ""},
		{"a.b.example.gov.cn", "example.gov.cn"},
		{"gov.cn", ""},
		{"a.example.cn", "example.cn"},
		{"a.example.bj.cn", "example.bj.cn"},
		{"www.x.xn--zfr164b", "x.xn--zfr164b"},
		{"xn--zfr164b", ""},
		{"a.example.co.uk", "example.co.uk"},
		{"127.0.0.1", ""},
		{"[::1]", ""},
		{"", ""},
	};
	struct wq_psl *psl = NULL;

	(void)state;
	assert_ok(wq_psl_open(NULL, &psl));
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_str(wq_psl_registrable(psl, wq_str_c(rows[i].host)), wq_str_c(rows[i].domain));
	wq_psl_close(&psl);
	wq_psl_close(&psl);
	assert_err(wq_psl_open("/nonexistent", &psl), WQ_E_CONFIG);
	assert_null(psl);
}

static void label_boundaries(void **state)
{
	(void)state;
	assert_true(wq_host_under(WQ_S("a.b.cn"), WQ_S("b.cn")));
	assert_true(wq_host_under(WQ_S("b.cn."), WQ_S("b.cn")));
	assert_false(wq_host_under(WQ_S("ab.cn"), WQ_S("b.cn")));
	assert_false(wq_host_under(WQ_S("cn"), WQ_S("b.cn")));
	assert_false(wq_host_under(WQ_S("b.cn"), WQ_S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(government_sites),
		cmocka_unit_test(suffixes_suit_owners),
		cmocka_unit_test(rules_say_where_they_are_from),
		cmocka_unit_test(bad_rules_are_refused_with_their_line),
		cmocka_unit_test(too_many_rules_are_over_the_limit),
		cmocka_unit_test(days),
		cmocka_unit_test(address_classes),
		cmocka_unit_test(registrable_domains),
		cmocka_unit_test(label_boundaries),
	};

	return cmocka_run_group_tests(tests, open_rules, close_rules);
}
