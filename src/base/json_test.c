#include "base/test.h"

#include "base/json.h"
#include "base/json_read.h"
#include "base/utf8.h"

#include <jansson.h>

static void steps_utf8(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		uint32_t code;
	} rows[] = {
		{"a", 1, 'a'},
		{"\xc2\x80", 2, 0x80},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xef\xbf\xbf", 3, 0xffff},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\x80", 1, WQ_UTF8_BAD},
		{"\xc0\xaf", 1, WQ_UTF8_BAD},
		{"\xc1\xbf", 1, WQ_UTF8_BAD},
		{"\xe0\x9f\xbf", 1, WQ_UTF8_BAD},
		{"\xed\xa0\x80", 1, WQ_UTF8_BAD},
		{"\xf0\x8f\xbf\xbf", 1, WQ_UTF8_BAD},
		{"\xf4\x90\x80\x80", 1, WQ_UTF8_BAD},
		{"\xf5", 1, WQ_UTF8_BAD},
		{"\xff", 1, WQ_UTF8_BAD},
		{"\xe4\xb8", 2, WQ_UTF8_BAD},
		{"\xf0\x9f\x98", 3, WQ_UTF8_BAD},
		{"\xe4\xb8z", 2, WQ_UTF8_BAD},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		uint32_t code;
		assert_int_equal(wq_utf8_step(wq_str_c(rows[i].in), &code), rows[i].n);
		assert_int_equal(code, rows[i].code);
		assert_int_equal(wq_utf8_valid(wq_str_c(rows[i].in)), rows[i].code != WQ_UTF8_BAD);
	}
	assert_true(wq_utf8_valid(WQ_S("魏阙 a")) && wq_utf8_valid(WQ_S_NONE));
	assert_str(wq_utf8_head(WQ_S("魏阙"), 6), WQ_S("魏阙"));
	assert_str(wq_utf8_head(WQ_S("魏阙"), 5), WQ_S("魏"));
	assert_str(wq_utf8_head(WQ_S("魏阙"), 4), WQ_S("魏"));
	assert_str(wq_utf8_head(WQ_S("魏阙"), 3), WQ_S("魏"));
	assert_str(wq_utf8_head(WQ_S("魏阙"), 2), WQ_S(""));
	assert_str(wq_utf8_head(WQ_S("abc"), 0), WQ_S(""));
	assert_str(wq_utf8_head(WQ_S("\x80\x80\x80\x80"), 3), WQ_S("\x80\x80\x80"));
}

static void writes(void **state)
{
	WQ_BUF(out, 4096);
	struct wq_json j;

	(void)state;
	wq_json_init(&j, &out);
	wq_json_object(&j);
	wq_json_put_str(&j, "a", WQ_S("b"));
	wq_json_key(&j, WQ_S("list"));
	wq_json_array(&j);
	wq_json_i64(&j, INT64_MIN);
	wq_json_u64(&j, UINT64_MAX);
	wq_json_bool(&j, true);
	wq_json_null(&j);
	wq_json_object(&j);
	wq_json_object_end(&j);
	wq_json_hex(&j, "\x00\xff", 2);
	wq_json_time(&j, 0);
	wq_json_array_end(&j);
	wq_json_put_bool(&j, "z", false);
	wq_json_object_end(&j);
	assert_ok(wq_json_end(&j));
	assert_str(wq_buf_str(&out),
		WQ_S("{\"a\":\"b\",\"list\":[-9223372036854775808,18446744073709551615,true,null,{},\"00ff\","
		     "\"1970-01-01T00:00:00.000000Z\"],\"z\":false}"));
}

static void writes_pretty(void **state)
{
	WQ_BUF(out, 4096);
	struct wq_json j;

	(void)state;
	wq_json_init(&j, &out);
	j.pretty = true;
	wq_json_object(&j);
	wq_json_key(&j, WQ_S("l"));
	wq_json_array(&j);
	wq_json_u64(&j, 1);
	wq_json_u64(&j, 2);
	wq_json_array_end(&j);
	wq_json_key(&j, WQ_S("e"));
	wq_json_array(&j);
	wq_json_array_end(&j);
	wq_json_object_end(&j);
	assert_ok(wq_json_end(&j));
	assert_str(wq_buf_str(&out), WQ_S("{\n  \"l\": [\n    1,\n    2\n  ],\n  \"e\": []\n}"));
}

static void escapes(void **state)
{
	static const struct {
		wq_str in;
		const char *out;
	} rows[] = {
		{WQ_S_INIT("魏阙"), "\"魏阙\""},
		{WQ_S_INIT("\"\\\b\f\n\r\t/"), "\"\\\"\\\\\\b\\f\\n\\r\\t/\""},
		{WQ_S_INIT("\0\x1f\x7f"), "\"\\u0000\\u001f\\u007f\""},
		{WQ_S_INIT("</script>&"), "\"\\u003c/script\\u003e\\u0026\""},
		{WQ_S_INIT("\xe2\x80\xa8\xe2\x80\xa9\xc2\x9b"), "\"\\u2028\\u2029\\u009b\""},
		{WQ_S_INIT("a\xff z\xe4\xb8!\xc0\x80"), "\"a\\ufffd z\\ufffd!\\ufffd\\ufffd\""},
		{WQ_S_INIT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\""},
		{WQ_S_INIT("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\""},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(out, 4096);
		struct wq_json j;
		wq_json_init(&j, &out);
		wq_json_str(&j, rows[i].in);
		assert_ok(wq_json_end(&j));
		assert_string_equal(wq_buf_cstr(&out), rows[i].out);
	}
}

/* Every two-byte string comes back through an independent reader. */
static void any_bytes_are_valid(void **state)
{
	struct wq_buf out = WQ_BUF_INIT(4096);

	(void)state;
	for (unsigned pair = 0; pair < 65536; pair += 7) {
		char bytes[2] = {(char)(pair >> 8), (char)pair};
		struct wq_json j;
		json_t *root;
		wq_buf_clear(&out);
		wq_json_init(&j, &out);
		wq_json_str(&j, wq_str_of(bytes, 2));
		assert_ok(wq_json_end(&j));
		root = json_loadb((const char *)out.data, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(root);
		if (wq_utf8_valid(wq_str_of(bytes, 2)))
			assert_str(wq_str_of(json_string_value(root), json_string_length(root)), wq_str_of(bytes, 2));
		json_decref(root);
	}
	wq_buf_done(&out);
}

/* The whole string is valid exactly when every step is: three bytes of every kind, at every place beside ASCII. */
static void utf8_as_by_steps(void **state)
{
	char text[24];
	(void)state;
	for (unsigned bytes = 0; bytes < 1u << 24; bytes += 61) {
		size_t at = bytes % 20;
		uint32_t code;
		bool valid = true;
		memset(text, 'a', sizeof text);
		for (unsigned i = 0; i < 3; i++)
			text[at + i] = (char)(bytes >> 8 * i);
		for (wq_str s = wq_str_of(text, sizeof text); s.n;) {
			s = wq_str_from(s, wq_utf8_step(s, &code));
			valid = valid && code != WQ_UTF8_BAD;
		}
		if (wq_utf8_valid(wq_str_of(text, sizeof text)) != valid)
			fail_msg("%06x at %zu", bytes, at);
	}
}

static void refuses_misuse(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		WQ_BUF(out, 4096);
		struct wq_json j;
		wq_json_init(&j, &out);
		switch (i) {
		case 0: break;
		case 1: wq_json_object(&j); break;
		case 2: wq_json_u64(&j, 1), wq_json_u64(&j, 2); break;
		case 3: wq_json_object(&j), wq_json_u64(&j, 1), wq_json_object_end(&j); break;
		case 4: wq_json_key(&j, WQ_S("a")); break;
		case 5: wq_json_array(&j), wq_json_key(&j, WQ_S("a")); break;
		case 6: wq_json_array(&j), wq_json_object_end(&j); break;
		case 7: wq_json_object(&j), wq_json_key(&j, WQ_S("a")), wq_json_object_end(&j); break;
		case 8: wq_json_object(&j), wq_json_key(&j, WQ_S("a")), wq_json_key(&j, WQ_S("b")); break;
		case 9: wq_json_array_end(&j); break;
		default: fail();
		}
		assert_err(wq_json_end(&j), WQ_E_BUG);
	}
}

static void has_limits(void **state)
{
	struct wq_buf out = WQ_BUF_INIT(10);
	struct wq_json j;

	(void)state;
	wq_json_init(&j, &out);
	wq_json_str(&j, WQ_S("0123456789"));
	assert_err(wq_json_end(&j), WQ_E_LIMIT);
	wq_buf_done(&out);
	wq_buf_init(&out, 4096);
	for (int depth = WQ_JSON_DEPTH; depth <= WQ_JSON_DEPTH + 1; depth++) {
		wq_buf_clear(&out);
		wq_json_init(&j, &out);
		for (int i = 0; i < depth; i++)
			wq_json_array(&j);
		for (int i = 0; i < depth; i++)
			wq_json_array_end(&j);
		if (depth <= WQ_JSON_DEPTH)
			assert_ok(wq_json_end(&j));
		else
			assert_err(wq_json_end(&j), WQ_E_LIMIT);
	}
	wq_buf_done(&out);
}

static void reads(void **state)
{
	struct json_t *root = NULL, *list;
	wq_str s;
	uint64_t n;
	bool b;

	(void)state;
	assert_ok(wq_json_read(
		WQ_S("{\"s\":\"魏\",\"n\":7,\"b\":true,\"l\":[1],\"o\":{}}"), &wq_json_limits_default, &root));
	assert_ok(wq_json_get_str(root, "s", 3, &s));
	assert_str(s, WQ_S("魏"));
	assert_err(wq_json_get_str(root, "s", 2, &s), WQ_E_INPUT);
	assert_err(wq_json_get_str(root, "n", 9, &s), WQ_E_INPUT);
	assert_err(wq_json_get_str(root, "absent", 9, &s), WQ_E_INPUT);
	assert_ok(wq_json_get_u64(root, "n", 7, &n));
	assert_int_equal(n, 7);
	assert_err(wq_json_get_u64(root, "n", 6, &n), WQ_E_INPUT);
	assert_ok(wq_json_get_bool(root, "b", &b));
	assert_true(b);
	assert_err(wq_json_get_bool(root, "n", &b), WQ_E_INPUT);
	list = wq_json_get_array(root, "l");
	assert_int_equal(json_array_size(list), 1);
	assert_null(wq_json_get_array(root, "o"));
	assert_non_null(wq_json_get_object(root, "o"));
	wq_json_free(&root);
	assert_null(root);
	wq_json_free(&root);
	wq_json_free(NULL);
}

static void refuses_to_read(void **state)
{
	static const struct wq_json_limits limits = {.max_bytes = 40, .max_depth = 3};
	static const struct {
		wq_str text;
		enum wq_err_id id;
		const char *place; /* begins the note */
	} rows[] = {
		{{NULL, 0}, WQ_E_INPUT, "line 1"},
		{WQ_S_INIT("{"), WQ_E_INPUT, "line 1, column 1:"},
		{WQ_S_INIT("{\n\"a\":1,\n\"a\":2}"), WQ_E_INPUT, "line 3, column "},
		{WQ_S_INIT("{} x"), WQ_E_INPUT, "line 1, column 4:"},
		{WQ_S_INIT("\"\\u0000\""), WQ_E_INPUT, "line 1"},
		{WQ_S_INIT("\"\xff\""), WQ_E_INPUT, "line 1"},
		{WQ_S_INIT("[1,]"), WQ_E_INPUT, "line 1"},
		{WQ_S_INIT("[[[]]]"), WQ_E_OK, ""},
		{WQ_S_INIT("[[\n[[]]]]"), WQ_E_LIMIT, "line 2"},
		{WQ_S_INIT("[\"[[[[\\\"[\"]"), WQ_E_OK, ""},
		{WQ_S_INIT("\"456789 123456789 123456789 123456789 12\""), WQ_E_LIMIT, "JSON of"},
		{WQ_S_INIT("9223372036854775808"), WQ_E_INPUT, "line 1"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct json_t *root = NULL;
		wq_err e = wq_json_read(rows[i].text, &limits, &root);
		if (!wq_is(e, rows[i].id) || !wq_str_starts(wq_str_c(wq_err_note(e)), wq_str_c(rows[i].place)))
			fail_msg("row %zu: %s: %s", i, wq_err_name(e), wq_err_note(e));
		assert_int_equal(root == NULL, wq_failed(e));
		wq_json_free(&root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_utf8),
		cmocka_unit_test(writes),
		cmocka_unit_test(writes_pretty),
		cmocka_unit_test(escapes),
		cmocka_unit_test(any_bytes_are_valid),
		cmocka_unit_test(utf8_as_by_steps),
		cmocka_unit_test(refuses_misuse),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses_to_read),
	};
	return cmocka_run_group_tests_name("base-json", tests, NULL, NULL);
}
