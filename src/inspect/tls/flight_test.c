#include "base/test.h"

#include "base/cursor.h"
#include "inspect/tls/flight.h"
#include "inspect/tls/hello.h"

struct fixture {
	struct wq_arena arena;
	struct tls_flight flight;
	struct wq_buf bytes;
};

static void begin(struct fixture *f)
{
	wq_arena_init(&f->arena, 4 * 1024 * 1024);
	tls_flight_init(&f->flight, &f->arena);
	wq_buf_init(&f->bytes, 1024 * 1024);
}

static void finish(struct fixture *f)
{
	tls_flight_done(&f->flight);
	wq_buf_done(&f->bytes);
	wq_arena_done(&f->arena);
}

static void put_record(struct wq_buf *out, uint8_t type, uint16_t version, wq_str body)
{
	wq_buf_byte(out, type);
	wq_buf_u16(out, version);
	wq_buf_u16(out, (uint16_t)body.n);
	wq_buf_add(out, body);
}

static void put_message(struct wq_buf *out, uint8_t type, wq_str body)
{
	wq_buf_byte(out, type);
	wq_buf_byte(out, (uint8_t)(body.n >> 16));
	wq_buf_u16(out, (uint16_t)body.n);
	wq_buf_add(out, body);
}

static void put_server_hello(
	struct wq_buf *out, uint16_t version, uint16_t suite, uint8_t compression, wq_str extensions)
{
	WQ_BUF(body, 1024);

	wq_buf_u16(&body, version);
	for (int i = 0; i < 32; i++)
		wq_buf_byte(&body, (uint8_t)i);
	wq_buf_byte(&body, 0);
	wq_buf_u16(&body, suite);
	wq_buf_byte(&body, compression);
	if (extensions.n) {
		wq_buf_u16(&body, (uint16_t)extensions.n);
		wq_buf_add(&body, extensions);
	}
	put_message(out, 2, wq_buf_str(&body));
}

/* ServerHello, two certificates, DH of 1,023 bits, ServerHelloDone: in one record, then a byte a record. */
static void put_flight(struct wq_buf *out)
{
	static const char certificates[] = "\x00\x00\x0b\x00\x00\x03one\x00\x00\x02zw";
	WQ_BUF(key, 1024);

	put_server_hello(out, 0x0303, 0x009e, 1, WQ_S("\xff\x01\x00\x01\x00"));
	put_message(out, 11, wq_str_of(certificates, sizeof(certificates) - 1));
	wq_buf_u16(&key, 129);
	wq_buf_byte(&key, 0);
	wq_buf_byte(&key, 0x7f);
	for (int i = 0; i < 127; i++)
		wq_buf_byte(&key, 0xff);
	put_message(out, 12, wq_buf_str(&key));
	put_message(out, 14, WQ_S(""));
}

static void assert_flight(const struct tls_flight *f)
{
	assert_int_equal(f->state, TLS_FLIGHT_DONE);
	assert_true(f->hello && f->compressed && f->renegotiation);
	assert_int_equal(f->version, 0x0303);
	assert_int_equal(f->suite, 0x009e);
	assert_int_equal(f->certs_n, 2);
	assert_str(f->certs[0], WQ_S("one"));
	assert_str(f->certs[1], WQ_S("zw"));
	assert_int_equal(f->dh_bits, 1023);
}

static void test_a_flight_in_any_pieces(void **state)
{
	struct fixture f;
	WQ_BUF(messages, 64 * 1024);

	(void)state;
	put_flight(&messages);
	begin(&f);
	put_record(&f.bytes, 22, 0x0303, wq_buf_str(&messages));
	tls_flight_feed(&f.flight, wq_buf_str(&f.bytes));
	assert_flight(&f.flight);
	finish(&f);
	/* a message over many records, a byte at a time */
	begin(&f);
	for (size_t i = 0; i < messages.len; i++)
		put_record(&f.bytes, 22, 0x0303, wq_str_of(messages.data + i, 1));
	for (size_t i = 0; i < f.bytes.len; i++)
		tls_flight_feed(&f.flight, wq_str_of(f.bytes.data + i, 1));
	assert_flight(&f.flight);
	finish(&f);
}

static void test_other_answers(void **state)
{
	static const struct {
		wq_str bytes;
		enum tls_flight_state expected;
		bool hello;
	} rows[] = {
		{WQ_S_INIT("\x15\x03\x03\x00\x02\x02\x46"), TLS_FLIGHT_ALERT, false},
		/* a warning: it goes on */
		{WQ_S_INIT("\x15\x03\x03\x00\x02\x01\x70"), TLS_FLIGHT_MORE, false},
		{WQ_S_INIT("\x80\x0b\x04\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00"), TLS_FLIGHT_DONE, true},
		{WQ_S_INIT(""), TLS_FLIGHT_MORE, false},
		{WQ_S_INIT("\x16\x03"), TLS_FLIGHT_MORE, false},
		{WQ_S_INIT("HTTP/1.1 400 Bad Request\r\n"), TLS_FLIGHT_WRONG, false},
		{WQ_S_INIT("\x16\x03\x03\xff\xff"), TLS_FLIGHT_WRONG, false},
		/* a message of 16 MB; an alert of three bytes; a certificate, a key, an end before the hello; data */
		{WQ_S_INIT("\x16\x03\x03\x00\x04\x0b\xff\xff\xff"), TLS_FLIGHT_WRONG, false},
		{WQ_S_INIT("\x15\x03\x03\x00\x03\x02\x46\x00"), TLS_FLIGHT_WRONG, false},
		{WQ_S_INIT("\x16\x03\x03\x00\x07\x0b\x00\x00\x03\x00\x00\x00"), TLS_FLIGHT_WRONG, false},
		{WQ_S_INIT("\x16\x03\x03\x00\x04\x0e\x00\x00\x00"), TLS_FLIGHT_WRONG, false},
		{WQ_S_INIT("\x17\x03\x03\x00\x01\x00"), TLS_FLIGHT_WRONG, false},
		{WQ_S_INIT("\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03"), TLS_FLIGHT_WRONG, false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct fixture f;

		begin(&f);
		tls_flight_feed(&f.flight, rows[i].bytes);
		if (f.flight.state != rows[i].expected || f.flight.hello != rows[i].hello)
			fail_msg("row %zu: state %d", i, (int)f.flight.state);
		finish(&f);
	}
}

static void test_the_end_of_what_is_in_clear(void **state)
{
	struct fixture f;
	WQ_BUF(messages, 1024);

	(void)state;
	begin(&f);
	put_server_hello(&messages, 0x0303, 0x1301, 0, WQ_S("\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02\x00\x1d"));
	put_record(&f.bytes, 22, 0x0303, wq_buf_str(&messages));
	tls_flight_feed(&f.flight, wq_buf_str(&f.bytes));
	assert_int_equal(f.flight.state, TLS_FLIGHT_DONE);
	assert_int_equal(f.flight.version, 0x0304);
	assert_int_equal(f.flight.group, 29);
	finish(&f);
	/* two of them */
	begin(&f);
	wq_buf_clear(&messages);
	put_server_hello(&messages, 0x0303, 0x002f, 0, WQ_S(""));
	put_server_hello(&messages, 0x0303, 0x002f, 0, WQ_S(""));
	put_record(&f.bytes, 22, 0x0303, wq_buf_str(&messages));
	tls_flight_feed(&f.flight, wq_buf_str(&f.bytes));
	assert_int_equal(f.flight.state, TLS_FLIGHT_WRONG);
	finish(&f);
}

/* ---- what is asked ---- */

static void test_hellos_are_well_formed(void **state)
{
	uint64_t seed = 7;
	struct wq_random random = wq_random_seeded(&seed);

	(void)state;
	for (int v = WQ_TLS_SSL3; v < WQ_TLS_VERSIONS; v++) {
		struct tls_hello hello = {.version = (enum wq_tls_version)v,
			.suites = {0x1301, 0xc02f, 0x000a},
			.suites_n = 3,
			.fallback = v == WQ_TLS_11,
			.name = WQ_S("www.example.gov.cn")};
		WQ_BUF(out, TLS_HELLO_MAX);
		struct wq_cursor c;
		bool extensions = v != WQ_TLS_SSL3 && v != WQ_TLS_TLCP;

		assert_ok(tls_hello_put(&hello, &random, &out));
		c = wq_cursor_of(wq_buf_str(&out));
		assert_int_equal(wq_cursor_u8(&c), 22);
		assert_int_equal(wq_cursor_u16(&c), v == WQ_TLS_TLCP ? 0x0101 : v == WQ_TLS_SSL3 ? 0x0300 : 0x0301);
		assert_int_equal(wq_cursor_u16(&c), out.len - 5);
		assert_int_equal(wq_cursor_u32(&c), 0x01000000 | (out.len - 9));
		assert_int_equal(wq_cursor_u16(&c), v == WQ_TLS_13 ? 0x0303 : tls_version_code(hello.version));
		wq_cursor_take(&c, 33);
		assert_int_equal(wq_cursor_u16(&c), 2 * (3 + !extensions + hello.fallback));
		wq_cursor_take(&c, 2 * (3u + !extensions + hello.fallback));
		wq_cursor_take(&c, wq_cursor_u8(&c));
		if (extensions)
			wq_cursor_take(&c, wq_cursor_u16(&c));
		assert_ok(wq_cursor_end(&c));
		assert_int_equal(extensions, wq_str_find(wq_buf_str(&out), hello.name) > 0);
	}
}

static void test_suites_are_offered_and_taken_away(void **state)
{
	static const struct wq_tls_suite suites[] = {{0x1301, WQ_TLS_SUITE_13, false, WQ_S_INIT("a")},
		{0xc02f, WQ_TLS_SUITE_FORWARD, false, WQ_S_INIT("b")},
		{0x000a, WQ_TLS_SUITE_WEAK, false, WQ_S_INIT("c")}};
	const struct wq_tls_rules rules = {.suites = suites, .suites_n = 3};
	struct tls_hello hello = {0};

	(void)state;
	tls_hello_offer(&hello, &rules, 1u << WQ_TLS_SUITE_FORWARD | 1u << WQ_TLS_SUITE_WEAK);
	assert_int_equal(hello.suites_n, 2);
	assert_true(tls_hello_offers(&hello, 0x000a) && !tls_hello_offers(&hello, 0x1301));
	assert_true(tls_hello_remove(&hello, 0xc02f) && !tls_hello_remove(&hello, 0xc02f));
	assert_int_equal(hello.suites[0], 0x000a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_flight_in_any_pieces),
		cmocka_unit_test(test_other_answers),
		cmocka_unit_test(test_the_end_of_what_is_in_clear),
		cmocka_unit_test(test_hellos_are_well_formed),
		cmocka_unit_test(test_suites_are_offered_and_taken_away),
	};

	return cmocka_run_group_tests_name("inspect/tls", tests, NULL, NULL);
}
