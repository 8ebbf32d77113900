/* Whatever the address: the short way judges as the parser does, what leads out is canonical, leads out again, and comes back
 * from the address that was made for it. Whatever the request: reading it does not fail. The first byte chooses the base. */
#include "policy/leave_site_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_target(wq_str address, const wq_digest *key)
{
	WQ_BUF(target, WQ_LEAVE_TARGET_MAX);
	WQ_BUF(back, WQ_LEAVE_TARGET_MAX);
	struct wq_leave_id id = {0}, same = wq_leave_id(address);
	enum wq_leave_request request;

	wq_leave_target(&test_policy, address, key, &target);
	expect(!wq_failed(wq_buf_err(&target)));
	request = wq_leave_read(&test_policy, wq_buf_str(&target), key, key ? 1 : 0, &id, &back);
	expect(request == (key ? WQ_LEAVE_BY_TOKEN : WQ_LEAVE_BY_ID));
	expect(key ? wq_str_eq(wq_buf_str(&back), address) : memcmp(id.b, same.b, sizeof(id.b)) == 0);
}

static void check_judge(const struct wq_url *base, wq_str address, struct wq_arena *arena)
{
	static const wq_digest key = {{7}};
	enum wq_leave_verdict verdict, parsed;
	struct wq_url url;
	WQ_BUF(out, WQ_LEAVE_URL_MAX);
	WQ_BUF(again, WQ_LEAVE_URL_MAX);
	WQ_BUF(spaced, WQ_URL_MAX + 2);

	verdict = wq_leave_judge(&test_leave, base, address, arena, &out);
	wq_buf_byte(&spaced, ' '); /* white space before it: never plain, so it is parsed */
	wq_buf_add(&spaced, address);
	parsed = wq_leave_judge(&test_leave, base, wq_buf_str(&spaced), arena, &again);
	expect(verdict == parsed && wq_str_eq(wq_buf_str(&out), wq_buf_str(&again)));
	expect(!wq_failed(wq_buf_err(&out)));
	if (verdict != WQ_LEAVE_LEADS_OUT) {
		expect(out.len == 0);
		return;
	}
	expect(!wq_failed(wq_url_parse(arena, wq_buf_str(&out), NULL, &url)));
	expect(wq_str_eq(url.href, wq_buf_str(&out)));
	expect(!url.special || !wq_leave_inside(&test_leave, url.host));
	check_target(wq_buf_str(&out), NULL);
	check_target(wq_buf_str(&out), &key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { LONGEST = 16 * 1024 };
	static const wq_str bases[] = {WQ_S_INIT("https://www.yunshan.gov.cn/a/b?c"), WQ_S_INIT("http://evil.com/a/")};
	static const wq_digest key = {{9}};
	struct wq_arena arena;
	struct wq_leave_id id;
	struct wq_url base;
	WQ_BUF(out, WQ_LEAVE_TARGET_MAX);

	if (n == 0 || n > LONGEST)
		return 0;
	wq_arena_init(&arena, 64 * WQ_MIB);
	expect(!wq_failed(wq_url_parse(&arena, bases[data[0] & 1], NULL, &base)));
	check_judge(&base, wq_str_of(data + 1, n - 1), &arena);
	expect(wq_leave_read(&test_policy, wq_str_of(data + 1, n - 1), &key, 1, &id, &out) != WQ_LEAVE_BY_TOKEN);
	wq_arena_done(&arena);
	return 0;
}
