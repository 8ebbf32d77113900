#include "base/test.h"
#include "crypto/canon.h"
#include "policy/leave_site_test.h"

#define STAYS WQ_LEAVE_STAYS
#define OUT WQ_LEAVE_LEADS_OUT
#define UNREADABLE WQ_LEAVE_UNREADABLE
#define CUT WQ_LEAVE_CUT

static const struct {
	wq_str address;
	enum wq_leave_verdict verdict;
	const char *href; /* of what leads out */
} judged[] = {
	/* inside */
	{WQ_S_INIT(""), STAYS, NULL},
	{WQ_S_INIT("#top"), STAYS, NULL},
	{WQ_S_INIT("?page=2"), STAYS, NULL},
	{WQ_S_INIT("news/1.html"), STAYS, NULL},
	{WQ_S_INIT("/news/1.html"), STAYS, NULL},
	{WQ_S_INIT("../../../x"), STAYS, NULL},
	{WQ_S_INIT("/go?u=http://evil.com/"), STAYS, NULL},
	{WQ_S_INIT("http://www.yunshan.gov.cn"), STAYS, NULL},
	{WQ_S_INIT("http://www.yunshan.gov.cn:8080/"), STAYS, NULL},
	{WQ_S_INIT("HTTPS://WWW.YUNSHAN.GOV.CN/"), STAYS, NULL},
	{WQ_S_INIT("//yunshan.example/a"), STAYS, NULL},
	{WQ_S_INIT("https://yunshan.example./a"), STAYS, NULL},
	{WQ_S_INIT("https://www.partner.example/"), STAYS, NULL},
	{WQ_S_INIT("http://www.gov.cn/"), STAYS, NULL},
	{WQ_S_INIT("http://a.b.gov.cn/x?y"), STAYS, NULL},
	{WQ_S_INIT("http://www.gov.cn./"), STAYS, NULL},
	{WQ_S_INIT("http://ＷＷＷ.gov。cn/"), STAYS, NULL},
	{WQ_S_INIT("https://xxx.政务/"), STAYS, NULL},
	{WQ_S_INIT("https://xxx.xn--zfr164b/"), STAYS, NULL},
	{WQ_S_INIT("https://XXX.XN--ZFR164B/"), STAYS, NULL},
	{WQ_S_INIT("http://evil.com@www.gov.cn/"), STAYS, NULL},
	{WQ_S_INIT("ftp://ftp.yunshan.gov.cn/x"), STAYS, NULL},
	/* no place */
	{WQ_S_INIT("javascript:void(0)"), STAYS, NULL},
	{WQ_S_INIT(" JavaScript://evil.com/%0aalert(1)"), STAYS, NULL},
	{WQ_S_INIT("java\tscript://evil.com/"), STAYS, NULL},
	{WQ_S_INIT("mailto:a@evil.com"), STAYS, NULL},
	{WQ_S_INIT("tel:12345"), STAYS, NULL},
	{WQ_S_INIT("tel://12345"), STAYS, NULL},
	{WQ_S_INIT("data:text/html,http://evil.com/"), STAYS, NULL},
	{WQ_S_INIT("about:blank"), STAYS, NULL},
	{WQ_S_INIT("file:///etc/passwd"), STAYS, NULL},
	/* field facts 5.5 */
	{WQ_S_INIT("http://www.gov.cn.evil.com/"), OUT, "http://www.gov.cn.evil.com/"},
	{WQ_S_INIT("http://evil.com/?u=gov.cn"), OUT, "http://evil.com/?u=gov.cn"},
	{WQ_S_INIT("http://gov.cn@evil.com/"), OUT, "http://gov.cn@evil.com/"},
	{WQ_S_INIT("http://www.gov.cn:80@evil.com/"), OUT, "http://www.gov.cn:80@evil.com/"},
	{WQ_S_INIT("//evil.com"), OUT, "https://evil.com/"},
	{WQ_S_INIT("http://evilgov.cn/"), OUT, "http://evilgov.cn/"},
	{WQ_S_INIT("http://政务.evil.com"), OUT, "http://xn--zfr164b.evil.com/"},
	{WQ_S_INIT("http://xn--zfr164b.evil.com/"), OUT, "http://xn--zfr164b.evil.com/"},
	/* a suffix is no site */
	{WQ_S_INIT("http://gov.cn/"), OUT, "http://gov.cn/"},
	{WQ_S_INIT("http://.gov.cn/"), OUT, "http://.gov.cn/"},
	{WQ_S_INIT("http://政务/"), OUT, "http://xn--zfr164b/"},
	{WQ_S_INIT("http://partner.example/"), OUT, "http://partner.example/"},
	{WQ_S_INIT("http://a.www.partner.example/"), OUT, "http://a.www.partner.example/"},
	{WQ_S_INIT("http://sub.yunshan.example/"), OUT, "http://sub.yunshan.example/"},
	/* as browsers read it */
	{WQ_S_INIT("http://evil.com"), OUT, "http://evil.com/"},
	{WQ_S_INIT("HTTP://EVIL.COM/A"), OUT, "http://evil.com/A"},
	{WQ_S_INIT("  http://evil.com/  "), OUT, "http://evil.com/"},
	{WQ_S_INIT("ht\ttp:/\n/evil\r.com/"), OUT, "http://evil.com/"},
	{WQ_S_INIT("\n//evil.com/"), OUT, "https://evil.com/"},
	{WQ_S_INIT("/\t/evil.com/"), OUT, "https://evil.com/"},
	{WQ_S_INIT("\\\\evil.com\\a"), OUT, "https://evil.com/a"},
	{WQ_S_INIT("/\\evil.com"), OUT, "https://evil.com/"},
	{WQ_S_INIT("http:\\\\evil.com"), OUT, "http://evil.com/"},
	{WQ_S_INIT("http:/\\evil.com\\@www.gov.cn/"), OUT, "http://evil.com/@www.gov.cn/"},
	{WQ_S_INIT("///evil.com"), OUT, "https://evil.com/"},
	{WQ_S_INIT("http:evil.com"), OUT, "http://evil.com/"},
	{WQ_S_INIT("http:///evil.com"), OUT, "http://evil.com/"},
	{WQ_S_INIT("http://evil.com\\.gov.cn/"), OUT, "http://evil.com/.gov.cn/"},
	{WQ_S_INIT("http://evil.com#.gov.cn/"), OUT, "http://evil.com/#.gov.cn/"},
	{WQ_S_INIT("http://evil.com?.gov.cn/"), OUT, "http://evil.com/?.gov.cn/"},
	{WQ_S_INIT("http://evil.com%2f.gov.cn/"), CUT, NULL},
	{WQ_S_INIT("http://%65vil.com/"), OUT, "http://evil.com/"},
	{WQ_S_INIT("http://evil.com:80/"), OUT, "http://evil.com/"},
	{WQ_S_INIT("http://evil.com:8080/a"), OUT, "http://evil.com:8080/a"},
	{WQ_S_INIT("http://evil.com/a/../b"), OUT, "http://evil.com/b"},
	{WQ_S_INIT("http://evil.com/a/%2E%2e/b"), OUT, "http://evil.com/b"},
	{WQ_S_INIT("http://evil.com/%2fb"), OUT, "http://evil.com/%2fb"},
	{WQ_S_INIT("http://evil.com/a b\"<'>"), OUT, "http://evil.com/a%20b%22%3C'%3E"},
	{WQ_S_INIT("http://evil.com/中文?q=中#文"), OUT, "http://evil.com/%E4%B8%AD%E6%96%87?q=%E4%B8%AD#%E6%96%87"},
	{WQ_S_INIT("http://evil.com/?a=1&b=(2)#!/c"), OUT, "http://evil.com/?a=1&b=(2)#!/c"},
	{WQ_S_INIT("http://evil.com/?a='b'"), OUT, "http://evil.com/?a=%27b%27"},
	{WQ_S_INIT("http://192.0.2.7/"), OUT, "http://192.0.2.7/"},
	{WQ_S_INIT("http://3221225991/"), OUT, "http://192.0.2.7/"},
	{WQ_S_INIT("http://0x7f.1/"), OUT, "http://127.0.0.1/"},
	{WQ_S_INIT("http://[2001:DB8::1]/"), OUT, "http://[2001:db8::1]/"},
	{WQ_S_INIT("ftp://evil.com"), OUT, "ftp://evil.com/"},
	{WQ_S_INIT("wss://evil.com/"), OUT, "wss://evil.com/"},
	{WQ_S_INIT("thunder://evil.com/x"), OUT, "thunder://evil.com/x"},
	/* nowhere, and what only some browsers read */
	{WQ_S_INIT("http://"), UNREADABLE, NULL},
	{WQ_S_INIT("http://a b/"), UNREADABLE, NULL},
	{WQ_S_INIT("http://evil.com:99999/"), UNREADABLE, NULL},
	{WQ_S_INIT("http://999.999.999.999/"), UNREADABLE, NULL},
	{WQ_S_INIT("http://☕.example/"), CUT, NULL},
	{WQ_S_INIT("http://%E2%98%95.example/"), CUT, NULL},
};

static struct wq_url base_of(struct wq_arena *arena, const char *address)
{
	struct wq_url url;

	assert_ok(wq_url_parse(arena, wq_str_c(address), NULL, &url));
	return url;
}

static void test_judge(void **state)
{
	struct wq_arena arena;
	struct wq_url base;
	WQ_BUF(out, WQ_LEAVE_URL_MAX);

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	base = base_of(&arena, "https://www.yunshan.gov.cn/news/index.html?a=b");
	for (size_t i = 0; i < WQ_COUNT(judged); i++) {
		enum wq_leave_verdict verdict;

		wq_buf_clear(&out);
		verdict = wq_leave_judge(&test_leave, &base, judged[i].address, &arena, &out);
		if (verdict != judged[i].verdict ||
			strcmp(wq_buf_cstr(&out), judged[i].href ? judged[i].href : "") != 0)
			fail_msg("%.*s: %d, %s", WQ_S_ARG(judged[i].address), verdict, wq_buf_cstr(&out));
	}
	wq_arena_done(&arena);
}

static void test_judge_under_a_foreign_base(void **state)
{
	struct wq_arena arena;
	struct wq_url base;
	WQ_BUF(out, WQ_LEAVE_URL_MAX);

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	base = base_of(&arena, "http://evil.com/a/");
	assert_int_equal(wq_leave_judge(&test_leave, &base, WQ_S("b"), &arena, &out), OUT);
	assert_str(wq_buf_str(&out), WQ_S("http://evil.com/a/b"));
	assert_int_equal(wq_leave_judge(&test_leave, &base, WQ_S("//www.gov.cn/b"), &arena, &out), STAYS);
	wq_arena_done(&arena);
}

static void test_too_long_is_cut(void **state)
{
	static char text[WQ_URL_MAX + 2];
	struct wq_arena arena;
	WQ_BUF(out, WQ_LEAVE_URL_MAX);
	wq_str address = wq_str_of(text, WQ_LEAVE_URL_MAX);

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	memset(text, 'a', sizeof(text));
	memcpy(text, "http://evil.com/", 16);
	assert_int_equal(wq_leave_judge(&test_leave, NULL, address, &arena, &out), OUT);
	assert_str(wq_buf_str(&out), address);
	for (address.n++; address.n <= sizeof(text); address.n += sizeof(text) - address.n > 0 ? 20000 : 1)
		assert_int_equal(wq_leave_judge(&test_leave, NULL, address, &arena, &out), CUT);
	memcpy(text, "http://a.gov.cn/", 16);
	address.n = WQ_LEAVE_URL_MAX + 1;
	assert_int_equal(wq_leave_judge(&test_leave, NULL, address, &arena, &out), STAYS);
	memcpy(text, "javascript:aaaaa", 16);
	address.n = sizeof(text);
	assert_int_equal(wq_leave_judge(&test_leave, NULL, address, &arena, &out), STAYS);
	assert_str(wq_str_from(wq_buf_str(&out), WQ_LEAVE_URL_MAX), WQ_S(""));
	wq_arena_done(&arena);
}

static const wq_str ADDRESS = WQ_S_INIT("http://www.evil.com/a?b=c&d#e");

static void test_id_is_the_digest_of_the_encoding(void **state)
{
	struct wq_leave_id id = wq_leave_id(ADDRESS);
	WQ_BUF(bytes, 1024);
	WQ_BUF(target, WQ_LEAVE_TARGET_MAX);
	char hex[WQ_LEAVE_ID_HEX + 1];
	wq_digest d;

	(void)state;
	assert_ok(wq_crypto_init());
	wq_canon_begin(&bytes, WQ_DOMAIN_LEAVE_ID, 1, WQ_ALG_SM3);
	wq_canon_text(&bytes, ADDRESS);
	d = wq_sm3(wq_buf_str(&bytes));
	assert_memory_equal(id.b, d.b, sizeof(id.b));
	wq_leave_target(&test_policy, ADDRESS, NULL, &target);
	assert_true(wq_str_starts(wq_buf_str(&target), WQ_S("/leave/")));
	assert_str(wq_str_from(wq_buf_str(&target), 7), wq_str_c(wq_hex(id.b, sizeof(id.b), hex)));
}

static void test_keys_of_applications_differ(void **state)
{
	wq_digest master = wq_sm3(WQ_S("master")), other = wq_sm3(WQ_S("other")), key, d;
	WQ_BUF(bytes, 1024);

	(void)state;
	key = wq_leave_key(&master, WQ_S("portal"));
	wq_canon_begin(&bytes, WQ_DOMAIN_LEAVE_KEY, 1, WQ_ALG_SM3);
	wq_canon_text(&bytes, WQ_S("portal"));
	d = wq_hmac_sm3(wq_str_of(master.b, sizeof(master.b)), wq_buf_str(&bytes));
	assert_true(wq_digest_eq(key, d));
	assert_false(wq_digest_eq(key, wq_leave_key(&master, WQ_S("portal2"))));
	assert_false(wq_digest_eq(key, wq_leave_key(&other, WQ_S("portal"))));
}

static enum wq_leave_request read_with(wq_str target, const wq_digest *keys, size_t n, struct wq_buf *out)
{
	struct wq_leave_id id;

	wq_buf_clear(out);
	return wq_leave_read(&test_policy, target, keys, n, &id, out);
}

static void test_requests_are_read_back(void **state)
{
	wq_digest keys[2] = {wq_sm3(WQ_S("new")), wq_sm3(WQ_S("old"))}, other = wq_sm3(WQ_S("other"));
	struct wq_leave_id id, expected = wq_leave_id(ADDRESS);
	WQ_BUF(target, WQ_LEAVE_TARGET_MAX);
	WQ_BUF(out, WQ_LEAVE_TARGET_MAX);

	(void)state;
	wq_leave_target(&test_policy, ADDRESS, NULL, &target);
	wq_buf_add(&target, WQ_S("?q=fields+of+a+form"));
	assert_int_equal(wq_leave_read(&test_policy, wq_buf_str(&target), NULL, 0, &id, &out), WQ_LEAVE_BY_ID);
	assert_memory_equal(id.b, expected.b, sizeof(id.b));
	for (size_t i = 0; i < 2; i++) {
		wq_buf_clear(&target);
		wq_leave_target(&test_policy, ADDRESS, &keys[i], &target);
		assert_int_equal(read_with(wq_buf_str(&target), keys, 2, &out), WQ_LEAVE_BY_TOKEN);
		assert_str(wq_buf_str(&out), ADDRESS);
		assert_int_equal(read_with(wq_buf_str(&target), &other, 1, &out), WQ_LEAVE_NONE);
		assert_int_equal(read_with(wq_buf_str(&target), NULL, 0, &out), WQ_LEAVE_NONE);
		assert_int_equal(out.len, 0);
	}
	for (size_t i = 0; i < target.len; i++) { /* no byte of it may be another one */
		target.data[i] ^= 1;
		assert_int_equal(read_with(wq_buf_str(&target), keys, 2, &out), WQ_LEAVE_NONE);
		assert_int_equal(out.len, 0);
		target.data[i] ^= 1;
		assert_int_equal(read_with(wq_str_head(wq_buf_str(&target), i), keys, 2, &out), WQ_LEAVE_NONE);
	}
	wq_buf_add(&target, WQ_S("?q"));
	assert_int_equal(read_with(wq_buf_str(&target), keys, 2, &out), WQ_LEAVE_BY_TOKEN);
}

static void test_requests_that_are_none(void **state)
{
	static const wq_str rows[] = {
		WQ_S_INIT(""),
		WQ_S_INIT("/"),
		WQ_S_INIT("/leave"),
		WQ_S_INIT("/leave/"),
		WQ_S_INIT("/leaves/00112233445566778899aabbccddeeff"),
		WQ_S_INIT("/leave/00112233445566778899aabbccddeef"),
		WQ_S_INIT("/leave/00112233445566778899aabbccddeeff0"),
		WQ_S_INIT("/leave/00112233445566778899AABBCCDDEEFF"),
		WQ_S_INIT("/leave/00112233445566778899aabbccddeefg"),
		WQ_S_INIT("/leave/00112233445566778899aabbccddeeff/"),
		WQ_S_INIT("/leave//00112233445566778899aabbccddeeff"),
		WQ_S_INIT("/leave/d"),
		WQ_S_INIT("/leave/d/"),
		WQ_S_INIT("/leave/d/00112233445566778899aabbccddeeff"),
		WQ_S_INIT("/leave/d/00112233445566778899aabbccddeeff/"),
		WQ_S_INIT("/leave/d?u=http://evil.com/"),
		WQ_S_INIT("?/leave/00112233445566778899aabbccddeeff"),
	};
	struct wq_policy off = test_policy;
	struct wq_leave_id id;
	WQ_BUF(out, WQ_LEAVE_TARGET_MAX);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (read_with(rows[i], NULL, 0, &out) != WQ_LEAVE_NONE)
			fail_msg("%.*s", WQ_S_ARG(rows[i]));
	off.leave = false;
	assert_int_equal(wq_leave_read(&off, WQ_S("/leave/00112233445566778899aabbccddeeff"), NULL, 0, &id, &out),
		WQ_LEAVE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge_under_a_foreign_base),
		cmocka_unit_test(test_too_long_is_cut),
		cmocka_unit_test(test_id_is_the_digest_of_the_encoding),
		cmocka_unit_test(test_keys_of_applications_differ),
		cmocka_unit_test(test_requests_are_read_back),
		cmocka_unit_test(test_requests_that_are_none),
	};

	return cmocka_run_group_tests_name("policy/leave", tests, NULL, NULL);
}
