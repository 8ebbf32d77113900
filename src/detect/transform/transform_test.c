#include "base/clock.h"
#include "base/test.h"
#include "detect/transform/transform.h"

enum { ARENA_MAX = 16 * 1024 * 1024, ROUNDS = 20000 };

static struct wq_arena arena;

static int start(void **state)
{
	(void)state;
	wq_arena_init(&arena, ARENA_MAX);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

struct row {
	enum wq_transform transform;
	wq_str in, out;
};

#define ROW(id, in, out) \
	{ \
		WQ_T_##id, WQ_S_INIT(in), WQ_S_INIT(out) \
	}

static void check(enum wq_transform transform, wq_str in, wq_str expected)
{
	wq_str copy = wq_arena_str(&arena, in), out;

	assert_true(wq_transform_apply(transform, copy, &arena, &out));
	if (!wq_str_eq(out, expected))
		fail_msg("%s(\"%.*s\"): \"%.*s\" instead of \"%.*s\"", wq_transform_name(transform), WQ_S_ARG(in),
			WQ_S_ARG(out), WQ_S_ARG(expected));
	assert_true(wq_str_eq(copy, in));
	if (wq_str_eq(out, copy))
		assert_ptr_equal(out.p, copy.p);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(rows[i].transform, rows[i].in, rows[i].out);
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_url(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(URL_DECODE, "a+b%20c%3Cd", "a b c<d"),
		ROW(URL_DECODE, "%u003c%00%zz%4", "%u003c\0%zz%4"),
		ROW(URL_DECODE_UNI, "%u003Cscript%U003e+%41", "<script> A"),
		ROW(URL_DECODE_UNI, "%uff1c%uFF41%uff5e", "<a~"),
		ROW(URL_DECODE_UNI, "%u2018%u201D%u2215%u00ab%u2014%u00e9", "'\"/<-e"),
		/* text that an escape begins and does not finish stays */
		ROW(URL_DECODE_UNI, "%u00", "%u00"),
		ROW(URL_DECODE_UNI, "%u00zz%", "%u00zz%"),
		ROW(URL_DECODE_UNI, "%%41%u%41", "%A%uA"),
		ROW(URL_DECODE_UNI, "%1+%+%u0", "%1 % %u0"),
		/* Chinese: never the low byte */
		ROW(URL_DECODE_UNI, "%u533b%u9662", "医院"),
		ROW(URL_DECODE_UNI, "%uD842%uDFB7", "𠮷"),
		ROW(URL_DECODE_UNI, "%ud842x%udfb7%ud842%u0041",
			"\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd"
			"A"),
		ROW(URL_DECODE_UNI, "%E5%8C%BB医", "医医"),
		ROW(URL_DECODE_UNI, "\xd2\xbd%D2%BD", "\xd2\xbd\xd2\xbd"),
		ROW(URL_ENCODE, "a*Z9 <\xe5/~", "a*Z9+%3c%e5%2f%7e"),
	};
	CHECK(rows);
}

static void test_backslash(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(JS_DECODE, "\\x3cscript\\u003E\\074\\t\\'\\\\\\q", "<script><\t'\\q"),
		ROW(JS_DECODE, "\\uff1c\\u201c\\u201D", "<\"\""),
		ROW(JS_DECODE, "\\400\\377\\8\\18",
			"\x20"
			"0\xff"
			"8\x01"
			"8"),
		ROW(JS_DECODE, "\\u533b\\u9662\\ud842\\udfb7", "医院𠮷"),
		ROW(JS_DECODE, "\\u12g4\\x4\\X41\\", "u12g4x4X41\\"),
		ROW(JS_DECODE, "\\xe5\\x8c\\xbb", "医"),
		ROW(ESCAPE_SEQ_DECODE, "\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\'\\\"", "\a\b\f\n\r\t\v\\?'\""),
		ROW(ESCAPE_SEQ_DECODE, "\\x41\\X42\\x4\\xzz\\101\\8\\777\\", "ABx4xzzA8\xff\\"),
		ROW(ESCAPE_SEQ_DECODE, "\\u0041\\1234\\0", "u0041S4\0"),
		ROW(ESCAPE_SEQ_DECODE, "\\u533b", "u533b"),
		ROW(CSS_DECODE, "\\6a avascript\\3a \\61lert\\", "javascript:alert"),
		ROW(CSS_DECODE, "\\ja\\vascript\\000028 x\\\n\\\"", "javascript(x\""),
		ROW(CSS_DECODE, "\\ff1c\\00ff1e\\0ff08 \\201c", "<>(\""),
		ROW(CSS_DECODE, "\\533b\\9662 \\20bb7", "医院𠮷"),
		ROW(CSS_DECODE, "\\0\\d800\\110000 ", "\0\xef\xbf\xbd\xef\xbf\xbd"),
		ROW(CSS_DECODE, "\\00000611",
			"\x06"
			"11"),
	};
	CHECK(rows);
}

static void test_html(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(HTML_ENTITY_DECODE, "&lt;&GT&quot;&Amp&nbsp;", "<>\"& "),
		ROW(HTML_ENTITY_DECODE, "&#60;&#x3C;&#X3e&#62&#00000000000000000060;", "<<>><"),
		ROW(HTML_ENTITY_DECODE, "javascript&colon;alert&lpar;1&rpar;&Tab;&NewLine;", "javascript:alert(1)\t\n"),
		ROW(HTML_ENTITY_DECODE, "&colon &Colon; &tab;", "&colon &Colon; &tab;"),
		ROW(HTML_ENTITY_DECODE, "&#65308;&#8220;&#xff1e;", "<\">"),
		ROW(HTML_ENTITY_DECODE, "&#21307;&#x9662;&#x20BB7;", "医院𠮷"),
		ROW(HTML_ENTITY_DECODE, "&#0;&#xd800;&#99999999999;", "\0\xef\xbf\xbd\xef\xbf\xbd"),
		ROW(HTML_ENTITY_DECODE, "&;&&#;&#x;&#xg;&foo;&ltx;&", "&;&&#;&#x;&#xg;&foo;&ltx;&"),
		ROW(HTML_ENTITY_DECODE, "&#3a&#a00;",
			"\x03"
			"a&#a00;"),
		ROW(HTML_ENTITY_DECODE, "\xd2\xbd&amp;\xd4\xba", "\xd2\xbd&\xd4\xba"),
	};
	CHECK(rows);
}

static void test_unicode(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(UTF8_TO_UNICODE, "a医院z", "a%u533b%u9662z"),
		ROW(UTF8_TO_UNICODE, "é\x7f＜𠮷", "%u00e9\x7f%uff1c%ud842%udfb7"),
		/* 芦沟桥, 使用 in GB18030: their first two bytes could be U+00AB, U+02B9; 芦医镕a; a character of four bytes */
		ROW(UTF8_TO_UNICODE, "\xc2\xab\xb9\xb5\xc7\xc5 \xca\xb9\xd3\xc3",
			"\xc2\xab\xb9\xb5\xc7\xc5 \xca\xb9\xd3\xc3"),
		ROW(UTF8_TO_UNICODE,
			"x\xc2\xab\xd2\xbd\xe9\x46"
			"a",
			"x\xc2\xab\xd2\xbd\xe9\x46"
			"a"),
		ROW(UTF8_TO_UNICODE, "\x81\x39\xee\x39", "\x81\x39\xee\x39"),
		/* neither: what is UTF-8 in it is encoded, up to where both have failed */
		ROW(UTF8_TO_UNICODE, "\xb0\xa1＜", "\xb0\xa1%uff1c"),
		ROW(UTF8_TO_UNICODE, "＜\xff医", "%uff1c\xff%u533b"),
		ROW(UTF8_TO_UNICODE, "\xff<\xc0\xaf", "\xff<\xc0\xaf"),
		ROW(UTF8_TO_UNICODE, "\xe5\x8c", "\xe5\x8c"),
		ROW(UTF8_TO_UNICODE, "\x80", "\x80"),
		ROW(UTF8_TO_UNICODE, "医院 \xd2\xbd", "%u533b%u9662 %u04bd"),
	};
	CHECK(rows);
}

static void test_text(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(LOWERCASE, "SELECT@[`{Z医ＡAZaz\xc1\xda", "select@[`{z医Ａazaz\xc1\xda"),
		ROW(UPPERCASE, "select@[`{z医ａAZaz\xe1\xfa", "SELECT@[`{Z医ａAZAZ\xe1\xfa"),
		ROW(CMD_LINE, "C^A\"T\\ ,;\t/etc (x) 医\r\ny", "cat/etc(x) 医 y"),
		ROW(CMD_LINE, ";;/;a b", "/ a b"),
		ROW(CMD_LINE, "a\fb\v", "a\fb\v"),
		ROW(COMPRESS_WHITESPACE, " a \t\r\n\f\v b\xc2\xa0 \xa0 ", " a b "),
		ROW(COMPRESS_WHITESPACE, "a\tb", "a b"),
		ROW(REMOVE_WHITESPACE,
			" a\t\r\n\f\vb\xc2\xa0"
			"c\xa0"
			"d ",
			"abcd"),
		/* 堠 ends in A0, 老 is C0CF; A0 between bytes of a Chinese character is part of one */
		ROW(REMOVE_WHITESPACE, "堠 堠", "堠堠"),
		ROW(REMOVE_WHITESPACE, "\xb0\xa0 \xa0\xb0", "\xb0\xa0\xa0\xb0"),
		ROW(TRIM, " \t\v a b \r\n\f", "a b"),
		ROW(TRIM, " \t ", ""),
		ROW(TRIM_LEFT, " a ", "a "),
		ROW(TRIM_RIGHT, " a ", " a"),
		ROW(TRIM, "　医　", "　医　"),
		ROW(REMOVE_NULLS, "\0a\0\0b\0", "ab"),
		ROW(REPLACE_NULLS, "\0a\0\0b\0", " a  b "),
		ROW(LENGTH, "", "0"),
		ROW(LENGTH, "医院", "6"),
		ROW(LENGTH, "1234567890", "10"),
		ROW(LENGTH, "1", "1"),
		ROW(PARITY_EVEN_7BIT, "abc\0", "\xe1\xe2\x63\0"),
		ROW(PARITY_ODD_7BIT, "abc\0", "\x61\x62\xe3\x80"),
		ROW(PARITY_ZERO_7BIT,
			"\xe1\xe2"
			"c\x80",
			"abc\0"),
	};
	CHECK(rows);
}

static void test_comments(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(REPLACE_COMMENTS, "un/* x */ion/**//*医*/sel", "un ion  sel"),
		ROW(REPLACE_COMMENTS, "a/*/b*/c/*d", "a c "),
		ROW(REPLACE_COMMENTS, "a*/b/", "a*/b/"),
		ROW(REMOVE_COMMENTS, "un/* x */ion<!-- y -->all", "unionall"),
		ROW(REMOVE_COMMENTS, "a/*b--#c", "a "),
		ROW(REMOVE_COMMENTS, "a--b", "a"),
		ROW(REMOVE_COMMENTS, "a#b", "a"),
		ROW(REMOVE_COMMENTS, "/*a*/", ""),
		ROW(REMOVE_COMMENTS, "a-b/c*/<!-", "a-b/c*/<!-"),
		ROW(REMOVE_COMMENTS_CHAR, "a/*b*/c<!--d-->e--f#g", "abcdefg"),
		ROW(REMOVE_COMMENTS_CHAR, "a-b/c*d<!-", "a-b/c*d<!-"),
		ROW(REMOVE_COMMENTS_CHAR, "医/*院*/#", "医院"),
	};
	CHECK(rows);
}

static void test_path(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(NORMALISE_PATH, "/a//b///c/", "/a/b/c/"),
		ROW(NORMALISE_PATH, "/a/./b/../c", "/a/c"),
		ROW(NORMALISE_PATH, "/../../etc/passwd", "/etc/passwd"),
		ROW(NORMALISE_PATH, "a/../../b/./", "../b/"),
		ROW(NORMALISE_PATH, "../a/../../b", "../../b"),
		ROW(NORMALISE_PATH, "dir/./.././../../foo/bar/..", "../../foo"),
		ROW(NORMALISE_PATH, "./../", "../"),
		ROW(NORMALISE_PATH, "./", ""),
		ROW(NORMALISE_PATH, "..", ".."),
		ROW(NORMALISE_PATH, "/..", "/"),
		ROW(NORMALISE_PATH, "/a/...", "/a/..."),
		ROW(NORMALISE_PATH, "/a/foo../.b/", "/a/foo../.b/"),
		ROW(NORMALISE_PATH, "/a\\..\\b", "/a\\..\\b"),
		ROW(NORMALISE_PATH, "/医院/../公告", "/公告"),
		ROW(NORMALIZE_PATH, "/a/../b", "/b"),
		ROW(NORMALISE_PATH_WIN, "\\a\\..\\..\\b/c\\", "/b/c/"),
		ROW(NORMALIZE_PATH_WIN, "..\\..\\boot.ini", "../../boot.ini"),
		ROW(NORMALISE_PATH_WIN, "C:\\win\\.\\x", "C:/win/x"),
	};
	CHECK(rows);
}

static void test_codes(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* RFC 4648 §10 */
		ROW(BASE64_ENCODE, "foob", "Zm9vYg=="),
		ROW(BASE64_ENCODE, "fooba", "Zm9vYmE="),
		ROW(BASE64_ENCODE, "foobar", "Zm9vYmFy"),
		ROW(BASE64_DECODE, "Zm9vYg==", "foob"),
		ROW(BASE64_DECODE, "Zm9v\r\nYmE", "fooba"),
		ROW(BASE64_DECODE, "Zm9v.YmFy", "foo"),
		ROW(BASE64_DECODE, "5Yy76Zmi", "医院"),
		ROW(BASE64_DECODE, "医院", ""),
		ROW(BASE64_DECODE, "Z", ""),
		ROW(BASE64_DECODE_EXT, "P.HNjcmlwd D4=", "<script>"),
		ROW(HEX_ENCODE, "\0\xff医", "00ffe58cbb"),
		ROW(HEX_DECODE, "e58CBb00", "医\0"),
		ROW(HEX_DECODE, "414", "A"),
		ROW(SQL_HEX_DECODE, "a0x414243z0Xe58cbb0x0x4", "aABCz医0x0x4"),
		ROW(SQL_HEX_DECODE, "0x4g00x41", "0x4g0A"),
		ROW(SQL_HEX_DECODE, "0x41424", "AB4"),
	};
	CHECK(rows);
}

/* RFC 3174 §7.3, FIPS 180-4's example of two blocks, RFC 1321 §A.5; lengths around a block's end against known digests. */
static void test_digests(void **state)
{
	(void)state;
	static const struct {
		enum wq_transform transform;
		const char *in, *hex;
	} rows[] = {
		{WQ_T_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{WQ_T_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{WQ_T_SHA1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{WQ_T_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
		{WQ_T_MD5, "a", "0cc175b9c0f1b6a831c399e269772661"},
		{WQ_T_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
		{WQ_T_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
		{WQ_T_MD5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
			"d174ab98d277d9f5a5611c2c9f419d9f"},
		{WQ_T_MD5, "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
			"57edf4a22be3c955ac49da2e2107b67a"},
	};
	wq_str out, hex, many;
	char *a = wq_arena_alloc(&arena, 1000000);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(wq_transform_apply(rows[i].transform, wq_str_c(rows[i].in), &arena, &out));
		check(WQ_T_HEX_ENCODE, out, wq_str_c(rows[i].hex));
	}
	memset(a, 'a', 1000000);
	many = wq_str_of(a, 1000000);
	assert_true(wq_transform_apply(WQ_T_SHA1, many, &arena, &out));
	assert_true(wq_transform_apply(WQ_T_HEX_ENCODE, out, &arena, &hex));
	assert_str(hex, WQ_S("34aa973cd4c4daa4f61eeb2bdbad27316534016f"));
	assert_true(wq_transform_apply(WQ_T_MD5, many, &arena, &out));
	assert_true(wq_transform_apply(WQ_T_HEX_ENCODE, out, &arena, &hex));
	assert_str(hex, WQ_S("7707d6ae4e027c70eea2a935c2296f21"));
}

static wq_str after_pair(wq_str in)
{
	wq_str middle, out;

	assert_true(wq_transform_apply(WQ_T_UTF8_TO_UNICODE, in, &arena, &middle));
	assert_true(wq_transform_apply(WQ_T_URL_DECODE_UNI, middle, &arena, &out));
	return out;
}

/* Every ideograph, and what stands beside it in Chinese text, comes out of the pair as it went in; Latin letters and full width fold. */
static void test_pair(void **state)
{
	(void)state;
	char text[4];

	for (uint32_t code = 0x2e80; code < 0x323b0; code++) {
		size_t n = code < 0x10000 ? 3 : 4;
		if (code >= 0xd800 && code < 0xe000)
			continue;
		if (n == 3) {
			text[0] = (char)(0xe0 | code >> 12);
		} else {
			text[0] = (char)(0xf0 | code >> 18);
			text[1] = (char)(0x80 | (code >> 12 & 63));
		}
		text[n - 2] = (char)(0x80 | (code >> 6 & 63));
		text[n - 1] = (char)(0x80 | (code & 63));
		wq_str out = after_pair(wq_str_of(text, n));
		if (code >= 0xff01 && code <= 0xff5e)
			assert_str(out, wq_str_of(&(char){(char)(code - 0xfee0)}, 1));
		else if (out.n == 1)
			assert_true(code == 0xfe60 || code == 0xfe64 || code == 0xfe65 || code == 0xfe68);
		else
			assert_str(out, wq_str_of(text, n));
		wq_arena_reset(&arena);
	}
	assert_str(after_pair(WQ_S("＜ｓｃｒｉｐｔ＞医院「，“”")), WQ_S("<script>医院「,\"\""));
	assert_str(after_pair(WQ_S("\xc2\xab\xb9\xb5\xc7\xc5")), WQ_S("\xc2\xab\xb9\xb5\xc7\xc5"));
}

static void test_names(void **state)
{
	(void)state;
	enum wq_transform transform;

	for (int i = 0; i < WQ_T_COUNT; i++) {
		assert_true(wq_transform_parse(wq_str_c(wq_transform_name((enum wq_transform)i)), &transform));
		assert_int_equal(transform, i);
	}
	assert_true(wq_transform_parse(WQ_S("URLDECODEUNI"), &transform));
	assert_int_equal(transform, WQ_T_URL_DECODE_UNI);
	assert_false(wq_transform_parse(WQ_S("urlDecodeUn"), &transform));
	assert_false(wq_transform_parse(WQ_S("none"), &transform));
	assert_false(wq_transform_parse(WQ_S(""), &transform));
}

/* A string without triggers is its own result: of any bytes, and of those that escapes are made of. */
static void test_triggers(void **state)
{
	static const char marks[] = "0Xx41aAuU&#;lt%+\\/*.-<!> \t\n\"'^,(\xc2\xa0\xe5\x8c\xbb=";

	(void)state;
	uint64_t seed = 4, set[4];
	struct wq_random random = wq_random_seeded(&seed);
	char bytes[64];
	uint8_t draw[65];
	wq_str out;

	for (int t = 0; t < WQ_T_COUNT; t++) {
		wq_transform_triggers((enum wq_transform)t, set);
		for (int round = 0; round < ROUNDS; round++) {
			size_t n = 0;
			bool met = false;
			random.fill(random.data, draw, sizeof draw);
			for (size_t i = 0; i < draw[64] % 64u; i++) {
				if (round % 2)
					draw[i] = (uint8_t)marks[draw[i] % sizeof marks];
				bool trigger = set[draw[i] >> 6] >> (draw[i] & 63) & 1;
				if (!trigger)
					bytes[n++] = (char)draw[i];
			}
			met = wq_transform_any((enum wq_transform)t);
			assert_true(wq_transform_apply((enum wq_transform)t, wq_str_of(bytes, n), &arena, &out));
			assert_true(met || (out.p == bytes && out.n == n));
			wq_arena_reset(&arena);
		}
	}
}

/* An arena without room: false, and the input as the result. */
static void test_full(void **state)
{
	(void)state;
	char text[8192];
	wq_str out;

	memset(text, '/', sizeof text);
	for (int t = 0; t < WQ_T_COUNT; t++) {
		struct wq_arena small;
		wq_arena_init(&small, 1);
		memcpy(text, "A \\41&lt;%41\xe5\x8c\xbb/*\0 ", 19);
		if (!wq_transform_apply((enum wq_transform)t, wq_str_of(text, sizeof text), &small, &out))
			assert_ptr_equal(out.p, text);
		else
			assert_true(t == WQ_T_TRIM || t == WQ_T_TRIM_LEFT || t == WQ_T_TRIM_RIGHT);
		wq_arena_done(&small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_url, start, stop),
		cmocka_unit_test_setup_teardown(test_backslash, start, stop),
		cmocka_unit_test_setup_teardown(test_html, start, stop),
		cmocka_unit_test_setup_teardown(test_unicode, start, stop),
		cmocka_unit_test_setup_teardown(test_text, start, stop),
		cmocka_unit_test_setup_teardown(test_comments, start, stop),
		cmocka_unit_test_setup_teardown(test_path, start, stop),
		cmocka_unit_test_setup_teardown(test_codes, start, stop),
		cmocka_unit_test_setup_teardown(test_digests, start, stop),
		cmocka_unit_test_setup_teardown(test_pair, start, stop),
		cmocka_unit_test_setup_teardown(test_names, start, stop),
		cmocka_unit_test_setup_teardown(test_triggers, start, stop),
		cmocka_unit_test_setup_teardown(test_full, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
