#include "gate/nginx/negotiate.h"

#include "base/test.h"

static void the_coding_follows_the_weights(void **state)
{
	enum { G = 1, B = 2 };
	static const struct {
		const char *accept;
		int has;
		enum wq_gate_coding expected;
	} table[] = {
		{"", G | B, WQ_CODING_IDENTITY},
		{"gzip", 0, WQ_CODING_IDENTITY},
		{"gzip", G, WQ_CODING_GZIP},
		{"GZip", G, WQ_CODING_GZIP},
		{"x-gzip", G, WQ_CODING_GZIP},
		{"gzip, deflate, br", G, WQ_CODING_GZIP},
		{"gzip, deflate, br", G | B, WQ_CODING_BROTLI},
		{"gzip;q=1.0, br;q=0.5", G | B, WQ_CODING_GZIP},
		{"gzip;q=0.001", G, WQ_CODING_GZIP},
		{"gzip;q=0", G, WQ_CODING_IDENTITY},
		{"gzip;q=0.000", G, WQ_CODING_IDENTITY},
		{"gzip ; Q=0", G, WQ_CODING_IDENTITY},
		{"gzip;q=0, *", G, WQ_CODING_IDENTITY},
		{"*", G, WQ_CODING_GZIP},
		{"*;q=0", G, WQ_CODING_IDENTITY},
		{"identity;q=1, *;q=0", G, WQ_CODING_IDENTITY},
		{"identity;q=1, gzip;q=0.5", G, WQ_CODING_IDENTITY},
		{"identity;q=0.5, gzip;q=0.5", G, WQ_CODING_GZIP},
		{"identity;q=0, gzip;q=0", G, WQ_CODING_IDENTITY},
		{"gzipx, xgzip, gz ip", G, WQ_CODING_IDENTITY},
		{"gzip;q=2", G, WQ_CODING_IDENTITY},
		{"gzip;q=1.001", G, WQ_CODING_IDENTITY},
		{"gzip;q=0.1234", G, WQ_CODING_IDENTITY},
		{"gzip;q=", G, WQ_CODING_IDENTITY},
		{"gzip;q=x", G, WQ_CODING_IDENTITY},
		{"gzip;level=9", G, WQ_CODING_GZIP},
		{",,, ,gzip,", G, WQ_CODING_GZIP},
		{";q=1", G, WQ_CODING_IDENTITY},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++)
		if (wq_gate_coding_choose(wq_str_c(table[i].accept), table[i].has & G, table[i].has & B) !=
			table[i].expected)
			fail_msg("Accept-Encoding: %s", table[i].accept);
}

static void tags_are_compared_weakly(void **state)
{
	static const struct {
		const char *list;
		bool listed;
	} table[] = {
		{"\"sm3-1\"", true},
		{"W/\"sm3-1\"", true},
		{"*", true},
		{" * ", true},
		{"\"a\", \"sm3-1\"", true},
		{"\"a,b\",W/\"c\" ,\"sm3-1\"", true},
		{"\"a\"\"sm3-1\"", true},
		{"", false},
		{"sm3-1", false},
		{"\"sm3-1", false},
		{"\"sm3-10\"", false},
		{"\"sm3-1-gzip\"", false},
		{"w/\"sm3-1\"", false},
		{"\"a\" b \"sm3-1\"", false},
		{"**", false},
		{",", false},
		{"W/", false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++)
		if (wq_gate_etag_listed(wq_str_c(table[i].list), WQ_S("\"sm3-1\"")) != table[i].listed)
			fail_msg("If-None-Match: %s", table[i].list);
}

static void each_form_has_its_tag(void **state)
{
	static const uint8_t digest[WQ_GATE_ETAG_DIGEST_BYTES] = {0x0a, 0xff};
	char out[WQ_GATE_ETAG_MAX];

	(void)state;
	assert_str(wq_str_of(out, wq_gate_etag(digest, WQ_CODING_IDENTITY, out)),
		WQ_S("\"sm3-0aff0000000000000000000000000000\""));
	assert_str(wq_str_of(out, wq_gate_etag(digest, WQ_CODING_GZIP, out)),
		WQ_S("\"sm3-0aff0000000000000000000000000000-gzip\""));
	assert_str(wq_str_of(out, wq_gate_etag(digest, WQ_CODING_BROTLI, out)),
		WQ_S("\"sm3-0aff0000000000000000000000000000-br\""));
}

static void one_part_or_the_whole(void **state)
{
	static const struct {
		const char *value;
		uint64_t length;
		enum wq_gate_range expected;
		uint64_t from, to;
	} table[] = {
		{"bytes=0-9", 100, WQ_RANGE_PART, 0, 10},
		{"Bytes=0-0", 100, WQ_RANGE_PART, 0, 1},
		{"bytes=90-", 100, WQ_RANGE_PART, 90, 100},
		{"bytes=-10", 100, WQ_RANGE_PART, 90, 100},
		{"bytes=-1000", 100, WQ_RANGE_PART, 0, 100},
		{"bytes=50-1000", 100, WQ_RANGE_PART, 50, 100},
		{"bytes=99-18446744073709551615", 100, WQ_RANGE_PART, 99, 100},
		{"bytes= 5-6", 100, WQ_RANGE_PART, 5, 7},
		{"bytes=100-", 100, WQ_RANGE_OUTSIDE, 0, 0},
		{"bytes=0-", 0, WQ_RANGE_OUTSIDE, 0, 0},
		{"bytes=-0", 100, WQ_RANGE_OUTSIDE, 0, 0},
		{"bytes=0-9,20-29", 100, WQ_RANGE_WHOLE, 0, 0},
		{"bytes=9-0", 100, WQ_RANGE_WHOLE, 0, 0},
		{"bytes=-", 100, WQ_RANGE_WHOLE, 0, 0},
		{"bytes=", 100, WQ_RANGE_WHOLE, 0, 0},
		{"bytes=5", 100, WQ_RANGE_WHOLE, 0, 0},
		{"bytes=a-9", 100, WQ_RANGE_WHOLE, 0, 0},
		{"bytes=0--9", 100, WQ_RANGE_WHOLE, 0, 0},
		{"bytes=18446744073709551616-", 100, WQ_RANGE_WHOLE, 0, 0},
		{"pages=1-2", 100, WQ_RANGE_WHOLE, 0, 0},
		{"", 100, WQ_RANGE_WHOLE, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		uint64_t from = 0, to = 0;

		if (wq_gate_range_parse(wq_str_c(table[i].value), table[i].length, &from, &to) != table[i].expected ||
			from != table[i].from || to != table[i].to)
			fail_msg("%s of %llu", table[i].value, (unsigned long long)table[i].length);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_coding_follows_the_weights),
		cmocka_unit_test(tags_are_compared_weakly),
		cmocka_unit_test(each_form_has_its_tag),
		cmocka_unit_test(one_part_or_the_whole),
	};

	return cmocka_run_group_tests_name("gate/nginx/negotiate", tests, NULL, NULL);
}
