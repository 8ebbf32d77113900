#include "base/test.h"
#include "detect/dns/mail_text.h"

static void dmarc(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool valid;
		enum wq_dmarc_policy policy, subdomains;
		uint32_t percent;
	} rows[] = {
		{"v=DMARC1; p=reject", true, WQ_DMARC_REJECT, WQ_DMARC_REJECT, 100},
		{"v=DMARC1;p=quarantine;sp=none;pct=20;rua=mailto:a@x.cn,mailto:b@y.cn!10m;", true, WQ_DMARC_QUARANTINE,
			WQ_DMARC_NONE, 20},
		{" V = dmarc1 ; P = NONE ; future=thing", true, WQ_DMARC_NONE, WQ_DMARC_NONE, 100},
		{"v=DMARC1; p=deny", false, 0, 0, 0},
		{"v=DMARC1", false, 0, 0, 0},
		{"v=DMARC1; p=none; pct=101", false, 0, 0, 0},
		{"v=DMARC1; p=none; rua=https://x.cn/", false, 0, 0, 0},
		{"v=DMARC1; p=none; p=reject", false, 0, 0, 0},
		{"v=DMARC1; p=none; adkim=x", false, 0, 0, 0},
		{"v=DMARC1; p=none; loose", false, 0, 0, 0},
		{"p=reject; v=DMARC1", false, 0, 0, 0},
		{"v=DMARC2; p=none", false, 0, 0, 0},
		{"", false, 0, 0, 0},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_dmarc d;
		const char *fault = NULL;
		if (wq_dmarc_parse(wq_str_c(rows[i].text), &d, &fault) != rows[i].valid)
			fail_msg("%s: %s", rows[i].text, fault ? fault : "taken");
		if (!rows[i].valid)
			continue;
		assert_int_equal(d.policy, rows[i].policy);
		assert_int_equal(d.subdomains, rows[i].subdomains);
		assert_int_equal(d.percent, rows[i].percent);
	}
}

#define K1024 \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCvufCrvyVnZIr9ycV71TpLsDF7pXOey+cHgo9jmwJ4Ce5OdKT1No4KqUw/jGWx28pXbvNH6vq9C+xN9Bk9AC+EM4Qot3bIbWmMBjYC8hpDWEuzYXRpfcDHsiHtNnss+2Ie9JW0Y+7nR3c+Tz6pjz2iUuwAofT9HW3uaTAjhrCEwIDAQAB"
#define K512 \
	"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANqZQgXLYB9W3DeYEt1LfAlNI3Z03yWT/NApEyMupVXhzkPHnwLO7y7KCPm3YeFIicDWsKEAsyYbDVWgWIObvp8CAwEAAQ=="

static void dkim(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool valid;
		struct wq_dkim_key key;
	} rows[] = {
		{"v=DKIM1; k=rsa; p=" K1024, true, {.bits = 1024}},
		{"p=" K512, true, {.bits = 512}},
		{"v=DKIM1; t=s:y; h=sha1; p=" K512, true, {.bits = 512, .testing = true, .sha1_only = true}},
		{"v=DKIM1; p=", true, {.revoked = true}},
		{"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", true, {.ed25519 = true}},
		{"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7T", false, {0}},
		{"v=DKIM1; k=rsa; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", false, {0}},
		{"v=DKIM1; p=***", false, {0}},
		{"v=DKIM1; k=dsa; p=" K512, false, {0}},
		{"k=rsa; v=DKIM1; p=" K512, false, {0}},
		{"v=DKIM1", false, {0}},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_dkim_key key = {0};
		const char *fault = NULL;
		if (wq_dkim_parse(wq_str_c(rows[i].text), &key, &fault) != rows[i].valid)
			fail_msg("%s: %s", rows[i].text, fault ? fault : "taken");
		assert_int_equal(key.bits, rows[i].key.bits);
		assert_true(key.revoked == rows[i].key.revoked && key.testing == rows[i].key.testing &&
			key.ed25519 == rows[i].key.ed25519 && key.sha1_only == rows[i].key.sha1_only);
	}
}

static void sts(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool valid;
	} records[] = {{"v=STSv1; id=20260101T000000;", true}, {"v=STSv1;id=a", true}, {"v=STSv1;", false},
		{"v=STSv1; id=has-dash", false}, {"v=STSv1; id=123456789012345678901234567890123", false},
		{"id=1; v=STSv1", false}},
	  policies[] = {{"version: STSv1\nmode: enforce\nmx: mail.x.cn\nmx: *.x.cn\nmax_age: 604800\n", true},
		  {"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n", true},
		  {"version: STSv1\nmode: enforce\nmax_age: 604800\n", false},
		  {"version: STSv2\nmode: none\nmax_age: 1\n", false},
		  {"version: STSv1\nmode: maybe\nmx: a\nmax_age: 1\n", false},
		  {"version: STSv1\nmode: none\nmax_age: 99999999\n", false}, {"<html>", false}, {"", false}};
	for (size_t i = 0; i < WQ_COUNT(records); i++) {
		wq_str id;
		const char *fault;
		assert_int_equal(wq_sts_parse(wq_str_c(records[i].text), &id, &fault), records[i].valid);
	}
	struct wq_sts_policy p, first = {0};
	for (size_t i = 0; i < WQ_COUNT(policies); i++) {
		const char *fault;
		assert_int_equal(wq_sts_policy_parse(wq_str_c(policies[i].text), &p, &fault), policies[i].valid);
		if (i == 0)
			first = p;
	}
	assert_int_equal(first.mode, WQ_STS_ENFORCE);
	assert_int_equal(first.max_age, 604800);
	assert_true(wq_sts_policy_covers(&first, WQ_S("mail.x.cn")));
	assert_true(wq_sts_policy_covers(&first, WQ_S("b.x.cn")));
	assert_false(wq_sts_policy_covers(&first, WQ_S("a.b.x.cn"))); /* one label only: RFC 8461 §4.1 */
	assert_false(wq_sts_policy_covers(&first, WQ_S("x.cn")));
}

static void caa(void **state)
{
	(void)state;
	struct wq_caa c;
	assert_true(wq_caa_parse(WQ_S("128 issue \"ca.example; policy=ev\""), &c));
	assert_int_equal(c.flags, 128);
	assert_true(wq_str_eq(c.tag, WQ_S("issue")) && wq_str_eq(c.value, WQ_S("ca.example; policy=ev")));
	assert_true(wq_caa_parse(WQ_S("0 issuewild \"\""), &c));
	assert_false(wq_caa_parse(WQ_S("256 issue \"x\""), &c));
	assert_false(wq_caa_parse(WQ_S("0 issue x"), &c));
	assert_false(wq_caa_parse(WQ_S("0 issue"), &c));
	assert_false(wq_caa_parse(WQ_S(""), &c));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dmarc), cmocka_unit_test(dkim), cmocka_unit_test(sts), cmocka_unit_test(caa)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
