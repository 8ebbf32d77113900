#include "base/test.h"
#include "flow/inspect/reach.h"

static void test_networks(void **state)
{
	static const struct {
		const char *text;
		uint8_t family, bits, first;
	} valid[] = {{"10.1.2.3", 4, 0, 10}, {"10.0.0.0/8", 4, 8, 10}, {"192.168.4.0/22", 4, 22, 192},
		{"fd00::/8", 6, 8, 0xfd}, {"[::1]", 6, 0, 0}, {"1.2.3.4/32", 4, 32, 1}};
	static const char *const invalid[] = {"", "10.0.0.0/0", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/",
		"10.0.0.0/8/8", "host", "fd00::1/8", "::1/129", "10.0.0.0/x"};
	struct wq_fetch_peer peer;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(valid); i++) {
		assert_true(wq_reach_parse(wq_str_c(valid[i].text), &peer));
		assert_int_equal(peer.addr.family, valid[i].family);
		assert_int_equal(peer.bits, valid[i].bits);
		assert_int_equal(peer.addr.bytes[0], valid[i].first);
	}
	for (size_t i = 0; i < WQ_COUNT(invalid); i++)
		if (wq_reach_parse(wq_str_c(invalid[i]), &peer))
			fail_msg("%s", invalid[i]);
}

static void test_routes(void **state)
{
	static const struct {
		const char *text, *host, *to;
		uint16_t port, to_port;
	} valid[] = {
		{"www.example.cn:127.0.0.1", "www.example.cn", "127.0.0.1", 0, 0},
		{"www.example.cn:443:10.0.0.1", "www.example.cn", "10.0.0.1", 443, 0},
		{"www.example.cn:443:[::1]:8443", "www.example.cn", "[::1]", 443, 8443},
		{"a:[fd00::1]", "a", "[fd00::1]", 0, 0},
	};
	static const char *const invalid[] = {"", "a", "a:b", ":127.0.0.1", "a:0:127.0.0.1", "a:443:127.0.0.1:0",
		"a:443:127.0.0.1:1:2", "a:65536:127.0.0.1", "a:[::1"};
	struct wq_fetch_route route;
	struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(valid); i++) {
		assert_ok(wq_reach_route(&arena, wq_str_c(valid[i].text), &route));
		assert_string_equal(route.host, valid[i].host);
		assert_string_equal(route.to_host, valid[i].to);
		assert_int_equal(route.port, valid[i].port);
		assert_int_equal(route.to_port, valid[i].to_port);
	}
	for (size_t i = 0; i < WQ_COUNT(invalid); i++)
		assert_err(wq_reach_route(&arena, wq_str_c(invalid[i]), &route), WQ_E_USAGE);
	wq_arena_done(&arena);
}

/* A loopback start opens all of 127/8; another private one opens its own address and nothing else. */
static void test_starts(void **state)
{
	static const struct wq_fetch_route route = {"www.example.cn", 0, "10.9.8.7", 0};
	struct wq_fetch_peer peers[WQ_FETCH_PEERS_MAX];
	struct wq_arena arena;
	struct wq_url url;
	size_t n = 0;

	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_url_parse(&arena, WQ_S("http://127.0.0.2:8080/"), NULL, &url));
	assert_ok(wq_reach_start(&url, NULL, 0, peers, &n));
	assert_ok(wq_reach_start(&url, NULL, 0, peers, &n));
	assert_int_equal(n, 2);
	assert_int_equal(peers[0].bits, 8);
	assert_int_equal(peers[0].addr.bytes[0], 127);
	assert_int_equal(peers[0].port, 0);
	assert_ok(wq_url_parse(&arena, WQ_S("http://10.1.2.3/"), NULL, &url));
	assert_ok(wq_reach_start(&url, NULL, 0, peers, &n));
	assert_int_equal(n, 3);
	assert_int_equal(peers[2].bits, 0);
	assert_ok(wq_url_parse(&arena, WQ_S("https://www.example.cn/"), NULL, &url));
	assert_ok(wq_reach_start(&url, &route, 1, peers, &n));
	assert_int_equal(peers[3].addr.bytes[1], 9);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks), cmocka_unit_test(test_routes), cmocka_unit_test(test_starts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
