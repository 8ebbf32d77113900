#include "link/handover.h"

#include "base/test.h"

static const uint8_t digest[WQ_HANDOVER_DIGEST] = {1, 2, 3, 0xff};

static const struct wq_handover valid[] = {
	{.type = WQ_HANDOVER_HELLO, .number = 4711, .version = WQ_HANDOVER_VERSION},
	{.type = WQ_HANDOVER_BEGIN,
		.generation = 9,
		.serial = 1,
		.number = 3,
		.bytes = 4096,
		.app = WQ_S_INIT("portal")},
	{.type = WQ_HANDOVER_SNAPSHOT, .generation = 9, .bytes = UINT64_MAX},
	{.type = WQ_HANDOVER_PACK, .generation = 9, .number = 2, .bytes = 64},
	{.type = WQ_HANDOVER_COMMIT, .generation = 9},
	{.type = WQ_HANDOVER_ACK, .generation = 9},
	{.type = WQ_HANDOVER_NACK, .generation = 9, .reason = WQ_REFUSED_SERIAL, .note = WQ_S_INIT("3 after 4")},
	{.type = WQ_HANDOVER_NACK, .generation = 9, .reason = WQ_REFUSED_SYSTEM},
	{.type = WQ_HANDOVER_WITHDRAW, .app = WQ_S_INIT("a-1")},
	{.type = WQ_HANDOVER_PING, .generation = 77},
	{.type = WQ_HANDOVER_PONG, .generation = 77},
	{.type = WQ_HANDOVER_READY},
	{.type = WQ_HANDOVER_PACK_COLD, .generation = 9, .number = 2, .bytes = 1u << 30, .index_bytes = 4096},
	{.type = WQ_HANDOVER_PACK_FILE, .generation = 9, .number = 2},
	{.type = WQ_HANDOVER_KEY, .number = 1},
	{.type = WQ_HANDOVER_REPORT, .number = 4711, .app = WQ_S_INIT("portal"), .note = WQ_S_INIT("leaf 3")},
	{.type = WQ_HANDOVER_REPORT, .app = WQ_S_INIT("a")},
	{.type = WQ_HANDOVER_RULE,
		.number = 942100,
		.count = 3,
		.app = WQ_S_INIT("portal"),
		.incident = WQ_S_INIT("20261122-0000A7F3"),
		.variable = WQ_S_INIT("ARGS:q"),
		.note = WQ_S_INIT("1' or 1=1")},
};

static void every_message_survives_the_journey(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(valid); i++) {
		struct wq_handover m = valid[i], back;
		const struct wq_link_type *row = wq_link_type_find(&wq_handover_protocol, (uint16_t)m.type);
		WQ_BUF(payload, 1024);

		if (m.type == WQ_HANDOVER_BEGIN || m.type == WQ_HANDOVER_PACK || m.type == WQ_HANDOVER_PACK_COLD ||
			m.type == WQ_HANDOVER_KEY || m.type == WQ_HANDOVER_REPORT)
			memcpy(m.digest, digest, sizeof digest);
		wq_handover_encode(&m, &payload);
		assert_ok(wq_buf_err(&payload));
		assert_non_null(row);
		assert_in_range(payload.len, row->min_bytes, row->max_bytes);
		assert_ok(wq_handover_decode((uint16_t)m.type, wq_buf_str(&payload), &back));
		assert_int_equal(back.generation, m.generation);
		assert_int_equal(back.serial, m.serial);
		assert_int_equal(back.bytes, m.bytes);
		assert_int_equal(back.index_bytes, m.index_bytes);
		assert_int_equal(back.number, m.number);
		assert_int_equal(back.version, m.version);
		assert_int_equal(back.reason, m.reason);
		assert_memory_equal(back.digest, m.digest, sizeof digest);
		assert_str(back.app, m.app);
		assert_str(back.note, m.note);
		assert_int_equal(back.count, m.count);
		assert_str(back.incident, m.incident);
		assert_str(back.variable, m.variable);
		/* every shorter and every longer payload is refused */
		for (size_t n = 0; n < payload.len; n++)
			assert_err(
				wq_handover_decode((uint16_t)m.type, wq_str_of(payload.data, n), &back), WQ_E_FORMAT);
		wq_buf_byte(&payload, 0);
		assert_err(wq_handover_decode((uint16_t)m.type, wq_buf_str(&payload), &back), WQ_E_FORMAT);
	}
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *what;
		uint16_t type;
		wq_str payload;
	} table[] = {
		{"unknown type", 99, WQ_S_INIT("")},
		{"no app", WQ_HANDOVER_WITHDRAW, WQ_S_INIT("\0")},
		{"upper case app", WQ_HANDOVER_WITHDRAW, WQ_S_INIT("\1A")},
		{"a path as app", WQ_HANDOVER_WITHDRAW, WQ_S_INIT("\4../a")},
		{"reason 0", WQ_HANDOVER_NACK, WQ_S_INIT("\0\0\0\0\0\0\0\1\0\0\0")},
		{"reason beyond", WQ_HANDOVER_NACK, WQ_S_INIT("\0\0\0\0\0\0\0\1\1\0\0")},
	};
	struct wq_handover m = {.type = WQ_HANDOVER_BEGIN, .serial = 0, .app = WQ_S("a")}, back;
	struct wq_handover key = {.type = WQ_HANDOVER_KEY, .number = WQ_HANDOVER_KEYS_MAX};
	WQ_BUF(payload, 1024);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++)
		if (!wq_is(wq_handover_decode(table[i].type, table[i].payload, &back), WQ_E_FORMAT))
			fail_msg("accepted: %s", table[i].what);
	wq_handover_encode(&key, &payload);
	assert_err(wq_handover_decode(WQ_HANDOVER_KEY, wq_buf_str(&payload), &back), WQ_E_FORMAT);
	wq_buf_clear(&payload);
	wq_handover_encode(&m, &payload);
	assert_err(wq_handover_decode(WQ_HANDOVER_BEGIN, wq_buf_str(&payload), &back), WQ_E_FORMAT);
	m.serial = 1;
	m.number = WQ_HANDOVER_PACKS_MAX + 1;
	wq_buf_clear(&payload);
	wq_handover_encode(&m, &payload);
	assert_err(wq_handover_decode(WQ_HANDOVER_BEGIN, wq_buf_str(&payload), &back), WQ_E_FORMAT);
	m.app = wq_str_of("0123456789012345678901234567890123456789012345678901234567890123456789", 65);
	wq_buf_clear(&payload);
	wq_handover_encode(&m, &payload);
	assert_err(wq_buf_err(&payload), WQ_E_LIMIT);
}

static void every_reason_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (int i = WQ_REFUSED_NOT_SEALED; i <= WQ_REFUSED_SYSTEM; i++)
		for (int j = WQ_REFUSED_NOT_SEALED; j < i; j++)
			assert_string_not_equal(wq_handover_reason_text((enum wq_handover_reason)i),
				wq_handover_reason_text((enum wq_handover_reason)j));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_survives_the_journey),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(every_reason_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests_name("link/handover", tests, NULL, NULL);
}
