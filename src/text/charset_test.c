#include "base/test.h"
#include "text/charset.h"
#include "text/utf8.h"

static const struct {
	enum wq_charset charset;
	wq_str bytes;
	const char *text;
	unsigned replaced, first_bad;
} rows[] = {
	{WQ_CHARSET_GB18030,
		WQ_S_INIT(
			"\xbb\xa5\xc1\xaa\xcd\xf8\xd5\xfe\xce\xf1\xd3\xa6\xd3\xc3\xb0\xb2\xc8\xab\xb9\xdc\xc0\xed\xb9\xe6\xb6\xa8 2024, \xb5\xda\xce\xe5\xcc\xf5"),
		"互联网政务应用安全管理规定 2024, 第五条", 0, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x81"
			  "9\xee"
			  "9\x95"
			  "2\x82"
			  "6\xa8\xa6\xa2\xe3\xfe\x9f\xe9"
			  "F"),
		"㐀𠀀é€䶮镕", 0, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x99"
			  "C\xc3\xdc\xa1\xef\xe9L\xc6\xda"),
		"機密★長期", 0, 0},
	{WQ_CHARSET_BIG5,
		WQ_S_INIT(
			"\xa4\xac\xc1p\xba\xf4\xac"
			"F\xb0\xc8\xc0\xb3\xa5\xce\xa6w\xa5\xfe\xba\xde\xb2z\xb3W\xa9w 2024,\xb2\xc4\xa4\xad\xb1\xf8"),
		"互聯網政務應用安全管理規定 2024,第五條", 0, 0},
	{WQ_CHARSET_BIG5, WQ_S_INIT("\xbe\xf7\xb1K\xb3\\\xa5\\\xbb\\"), "機密許功蓋", 0, 0},
	{WQ_CHARSET_BIG5,
		WQ_S_INIT("\x88"
			  "b\x9d\xef"),
		"\xc3\x8a\xcc\x84\xe5\x98\x85", 0, 0},
	{WQ_CHARSET_UTF16LE, WQ_S_INIT("a\x00\?e@\xd8\x00\xdc"), "a政𠀀", 0, 0},
	{WQ_CHARSET_UTF16BE,
		WQ_S_INIT("\x00"
			  "ae\?\xd8@\xdc\x00"),
		"a政𠀀", 0, 0},
	{WQ_CHARSET_WINDOWS1252,
		WQ_S_INIT("\x93"
			  "caf\xe9\x94 \x80"),
		"“café” €", 0, 0},
	{WQ_CHARSET_UTF8, WQ_S_INIT("\xe6\x94\xbf\xe5\x8a\xa1 \xf0\xa0\x80\x80 \xc3\xa9"), "政务 𠀀 é", 0, 0},
	{WQ_CHARSET_GB18030, WQ_S_INIT("\x80"), "€", 0, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("a\xff"
			  "b"),
		"a\xef\xbf\xbd"
		"b",
		1, 1},
	{WQ_CHARSET_GB18030, WQ_S_INIT("\xd5\xfe\xce"), "政\xef\xbf\xbd", 1, 2},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\xce"
			  "<b>"),
		"\xef\xbf\xbd<b>", 1, 0},
	{WQ_CHARSET_GB18030, WQ_S_INIT("\xce\xff<"), "\xef\xbf\xbd<", 1, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x81"
			  "0\x81"),
		"\xef\xbf\xbd", 1, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x81"
			  "0\x81"
			  "0"),
		"\xc2\x80", 0, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x81"
			  "0"
			  "abc"),
		"\xef\xbf\xbd"
		"0abc",
		1, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x81"
			  "0\x81"
			  "abc"),
		"\xef\xbf\xbd"
		"0乤bc",
		1, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x84"
			  "1\xa4"
			  "7"),
		"\xef\xbf\xbd", 0, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\xfe"
			  "9\xfe"
			  "9"),
		"\xef\xbf\xbd", 1, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\xe3"
			  "2\x9a"
			  "5"),
		"\xf4\x8f\xbf\xbf", 0, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\xe3"
			  "2\x9a"
			  "6"),
		"\xef\xbf\xbd", 1, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("\x90"
			  "0\x81"
			  "0"),
		"\xf0\x90\x80\x80", 0, 0},
	{WQ_CHARSET_GB18030,
		WQ_S_INIT("a\xa3\xa0"
			  "b"),
		"a　b", 0, 0},
	{WQ_CHARSET_GB18030, WQ_S_INIT("\x82\x35\x90\x37"), "\xe9\xbe\xb4", 0, 0},
	{WQ_CHARSET_GB18030, WQ_S_INIT("\x84\x31\x82\x36"), "\xef\xb8\x90", 0, 0},
	{WQ_CHARSET_GB18030, WQ_S_INIT("\x84\x31\xa4\x39"), "\xef\xbf\xbf", 0, 0},
	{WQ_CHARSET_GB18030, WQ_S_INIT("\xa6\xd9"), "\xef\xb8\x90", 0, 0},
	{WQ_CHARSET_BIG5, WQ_S_INIT("\xa4"), "\xef\xbf\xbd", 1, 0},
	{WQ_CHARSET_BIG5,
		WQ_S_INIT("\xa4"
			  "<b>"),
		"\xef\xbf\xbd<b>", 1, 0},
	{WQ_CHARSET_BIG5,
		WQ_S_INIT("\x80\xff"
			  "a"),
		"\xef\xbf\xbd\xef\xbf\xbd"
		"a",
		2, 0},
	{WQ_CHARSET_BIG5,
		WQ_S_INIT("\xa4\x80"
			  "a"),
		"\xef\xbf\xbd"
		"a",
		1, 0},
	{WQ_CHARSET_BIG5, WQ_S_INIT("\x81\x40"), "\xef\xbf\xbd@", 1, 0},
	{WQ_CHARSET_UTF8, WQ_S_INIT("a\xe6\x94"), "a\xef\xbf\xbd", 1, 1},
	{WQ_CHARSET_UTF8,
		WQ_S_INIT("\xe6\x94"
			  "a"),
		"\xef\xbf\xbd"
		"a",
		1, 0},
	{WQ_CHARSET_UTF8, WQ_S_INIT("\xc0\xaf\xed\xa0\x80"),
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 5, 0},
	{WQ_CHARSET_UTF8, WQ_S_INIT("\xf0\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3, 0},
	{WQ_CHARSET_UTF8, WQ_S_INIT("\xf0\x9f\x98"), "\xef\xbf\xbd", 1, 0},
	{WQ_CHARSET_UTF16LE,
		WQ_S_INIT("a\0\x3d\xd8"
			  "b\0"),
		"a\xef\xbf\xbd"
		"b",
		1, 2},
	{WQ_CHARSET_UTF16LE,
		WQ_S_INIT("a\0\x00\xdc"
			  "b\0"),
		"a\xef\xbf\xbd"
		"b",
		1, 2},
	{WQ_CHARSET_UTF16BE, WQ_S_INIT("\xd8\x3d"), "\xef\xbf\xbd", 1, 0},
	{WQ_CHARSET_UTF16BE, WQ_S_INIT("\0a\0"), "a\xef\xbf\xbd", 1, 2},
	{WQ_CHARSET_WINDOWS1252, WQ_S_INIT("\x81\x80\xff"), "\xc2\x81€ÿ", 0, 0},
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(out, WQ_KIB);
		struct wq_decoder decoder;

		assert_ok(wq_charset_decode(rows[i].charset, rows[i].bytes, &out, &decoder));
		if (!wq_str_eq(wq_buf_str(&out), wq_str_c(rows[i].text)))
			fail_msg("row %zu: %.*s instead of %s", i, WQ_S_ARG(wq_buf_str(&out)), rows[i].text);
		if (decoder.replaced != rows[i].replaced ||
			(decoder.replaced && decoder.first_bad != rows[i].first_bad))
			fail_msg("row %zu: %u faults, the first at %u", i, (unsigned)decoder.replaced,
				(unsigned)decoder.first_bad);
		assert_int_equal(decoder.at, rows[i].bytes.n);
	}
}

/* Every row, cut in three at every pair of places. */
static void may_be_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		for (size_t a = 0; a <= rows[i].bytes.n; a++)
			for (size_t b = a; b <= rows[i].bytes.n; b++) {
				WQ_BUF(out, WQ_KIB);
				struct wq_decoder decoder;
				wq_str s = rows[i].bytes;

				wq_decoder_init(&decoder, rows[i].charset);
				wq_decoder_feed(&decoder, wq_str_head(s, a), &out);
				wq_decoder_feed(&decoder, wq_str_of(s.p + a, b - a), &out);
				wq_decoder_feed(&decoder, wq_str_from(s, b), &out);
				wq_decoder_end(&decoder, &out);
				assert_str(wq_buf_str(&out), wq_str_c(rows[i].text));
				assert_int_equal(decoder.replaced, rows[i].replaced);
				if (decoder.replaced)
					assert_int_equal(decoder.first_bad, rows[i].first_bad);
			}
}

static void long_text_passes_the_pieces(void **state)
{
	static const char word[] = "abc\xd5\xfe\xce\xf1\x81\x30\x81\x30";
	WQ_BUF(in, WQ_MIB);
	WQ_BUF(out, WQ_MIB);
	WQ_BUF(small, 100);
	struct wq_decoder decoder;

	(void)state;
	for (int i = 0; i < 5000; i++)
		wq_buf_add(&in, wq_str_c(word));
	assert_ok(wq_charset_decode(WQ_CHARSET_GB18030, wq_buf_str(&in), &out, &decoder));
	assert_int_equal(decoder.replaced, 0);
	assert_int_equal(out.len, 5000 * (3 + 6 + 2));
	for (size_t at = 0; at < out.len; at += 11)
		assert_memory_equal(out.data + at, "abc政务\xc2\x80", 11);
	assert_err(wq_charset_decode(WQ_CHARSET_GB18030, wq_buf_str(&in), &small, NULL), WQ_E_LIMIT);
}

static void every_character_of_gb18030_has_bytes(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (unsigned lead = 0x81; lead <= 0xfe; lead++)
		for (unsigned trail = 0x40; trail <= 0xfe; trail++) {
			char bytes[2] = {(char)lead, (char)trail};
			WQ_BUF(out, 16);
			struct wq_decoder decoder;

			assert_ok(wq_charset_decode(WQ_CHARSET_GB18030, wq_str_of(bytes, 2), &out, &decoder));
			assert_int_equal(decoder.replaced, trail == 0x7f);
			seen += decoder.replaced == 0;
		}
	assert_int_equal(seen, 126 * 190);
}

static void labels(void **state)
{
	static const struct {
		const char *label;
		enum wq_charset charset;
	} table[] = {
		{"utf-8", WQ_CHARSET_UTF8},
		{" UTF8\n", WQ_CHARSET_UTF8},
		{"gb2312", WQ_CHARSET_GB18030},
		{"GBK", WQ_CHARSET_GB18030},
		{"x-gbk", WQ_CHARSET_GB18030},
		{"GB18030", WQ_CHARSET_GB18030},
		{"gb_2312-80", WQ_CHARSET_GB18030},
		{"cp936", WQ_CHARSET_GB18030},
		{"Big5", WQ_CHARSET_BIG5},
		{"big5-hkscs", WQ_CHARSET_BIG5},
		{"utf-16", WQ_CHARSET_UTF16LE},
		{"utf-16be", WQ_CHARSET_UTF16BE},
		{"iso-8859-1", WQ_CHARSET_WINDOWS1252},
		{"ascii", WQ_CHARSET_WINDOWS1252},
		{"", WQ_CHARSET_NONE},
		{"gb", WQ_CHARSET_NONE},
		{"utf-7", WQ_CHARSET_NONE},
		{"utf -8", WQ_CHARSET_NONE},
		{"shift_jis", WQ_CHARSET_NONE},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++)
		assert_int_equal(wq_charset_by_label(wq_str_c(table[i].label)), table[i].charset);
	for (int i = WQ_CHARSET_UTF8; i <= WQ_CHARSET_WINDOWS1252; i++)
		assert_int_equal(wq_charset_by_label(wq_str_c(wq_charset_name((enum wq_charset)i))), i);
}

static void content_types(void **state)
{
	static const struct {
		const char *value, *charset;
	} table[] = {
		{"text/html; charset=gb2312", "gb2312"},
		{"text/html;charset=\"GBK\"", "GBK"},
		{"text/html; a=b; CharSet = utf-8 ; c=d", "utf-8"},
		{"text/html; a=\"x;charset=gbk\"; charset=utf-8", "utf-8"},
		{"text/html; a=\"x\\\";charset=gbk", ""},
		{"text/html; charset", ""},
		{"text/html; xcharset=gbk", ""},
		{"text/html", ""},
		{"charset=gbk", ""},
		{"", ""},
		{";;;charset=gbk;charset=utf-8", "gbk"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++)
		assert_str(wq_charset_of_content_type(wq_str_c(table[i].value)), wq_str_c(table[i].charset));
}

static void prescan(void **state)
{
	static const struct {
		const char *head;
		enum wq_charset charset;
	} table[] = {
		{"<meta charset=gb2312>", WQ_CHARSET_GB18030},
		{"<!doctype html><html><head><META CharSet=\"GBK\" />", WQ_CHARSET_GB18030},
		{"<meta charset='utf-8'>", WQ_CHARSET_UTF8},
		{"<meta/charset=big5>", WQ_CHARSET_BIG5},
		{"<meta http-equiv=Content-Type content=\"text/html; charset=gb2312\">", WQ_CHARSET_GB18030},
		{"<meta content='text/html;charset = \"gbk\"' http-equiv=content-type>", WQ_CHARSET_GB18030},
		{"<meta content='text/html; charset=gbk; x'  http-equiv='CONTENT-TYPE'>", WQ_CHARSET_GB18030},
		{"<meta content='charset charset=gbk' http-equiv=content-type>", WQ_CHARSET_GB18030},
		{"<meta content='text/html; charset=gbk'>", WQ_CHARSET_NONE},
		{"<meta http-equiv=refresh content='text/html; charset=gbk'>", WQ_CHARSET_NONE},
		{"<meta charset=nonsense><meta charset=gbk>", WQ_CHARSET_GB18030},
		{"<meta charset=utf-8 charset=gbk>", WQ_CHARSET_UTF8},
		{"<meta charset=gbk http-equiv=content-type content='charset=utf-8'>", WQ_CHARSET_GB18030},
		{"<meta charset=utf-16>", WQ_CHARSET_UTF8},
		{"<meta charset=x-user-defined>", WQ_CHARSET_WINDOWS1252},
		{"<!-- <meta charset=utf-8> --><meta charset=gbk>", WQ_CHARSET_GB18030},
		{"<!--><meta charset=gbk>", WQ_CHARSET_GB18030},
		{"<a title='<meta charset=utf-8>'><meta charset=gbk>", WQ_CHARSET_GB18030},
		{"<a title='>' <meta charset=utf-8>", WQ_CHARSET_NONE},
		{"</p title='<meta charset=utf-8>'><meta charset=gbk>", WQ_CHARSET_GB18030},
		{"<?php <meta charset=utf-8><meta charset=gbk>", WQ_CHARSET_GB18030},
		{"<metacharset=gbk>", WQ_CHARSET_NONE},
		{"<meta charset=gbk", WQ_CHARSET_GB18030},
		{"<meta charset", WQ_CHARSET_NONE},
		{"<meta", WQ_CHARSET_NONE},
		{"<", WQ_CHARSET_NONE},
		{"", WQ_CHARSET_NONE},
		{"meta charset=gbk", WQ_CHARSET_NONE},
		{"<?xml version=\"1.0\" encoding=\"GB2312\"?><a/>", WQ_CHARSET_GB18030},
		{"<?xml version='1.0' encoding = 'big5' ?>", WQ_CHARSET_BIG5},
		{"<?xml version='1.0'?><html encoding='big5'>", WQ_CHARSET_NONE},
		{" <?xml encoding='big5'?>", WQ_CHARSET_NONE},
	};
	char late[WQ_CHARSET_PRESCAN + 64];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++)
		if (wq_charset_prescan(wq_str_c(table[i].head)) != table[i].charset)
			fail_msg("%s", table[i].head);
	memset(late, ' ', sizeof(late));
	memcpy(late + WQ_CHARSET_PRESCAN - 8, "<meta charset=gbk>", 18);
	assert_int_equal(wq_charset_prescan(wq_str_of(late, sizeof(late))), WQ_CHARSET_NONE);
}

static void detection(void **state)
{
	static const char gb[] =
		"\xb1\xbe\xcd\xf8\xd5\xbe\xd3\xc9\xc4\xb3\xc4\xb3\xca\xd0\xc8\xcb\xc3\xf1\xd5\xfe\xb8\xae\xb0\xec\xb9\xab\xca\xd2\xd6\xf7\xb0\xec\xa3\xac\xc4\xda\xb2\xbf\xd7\xca\xc1\xcf\xd7\xa2\xd2\xe2\xb1\xa3\xb4\xe6\xa1\xa3";
	static const char big5[] = "\xa5\xbb\xba\xf4\xaf\xb8\xa5\xd1\xacY\xacY\xa5\xab\xa4H\xa5\xc1\xac"
				   "F\xa9\xb2\xbf\xec\xa4\xbd\xab\xc7\xa5"
				   "D\xbf\xec\xa1"
				   "A\xa4\xba\xb3\xa1\xb8\xea\xae\xc6\xaa`\xb7N\xabO\xa6s\xa1"
				   "C";
	static const struct {
		wq_str head;
		const char *http;
		enum wq_charset charset;
		enum wq_charset_how how;
		size_t bom;
		bool doubtful;
	} table[] = {
		{WQ_S_INIT("\xef\xbb\xbf<meta charset=gbk>"), "gbk", WQ_CHARSET_UTF8, WQ_CHARSET_BY_BOM, 3, false},
		{WQ_S_INIT("\xff\xfe<\0"), "", WQ_CHARSET_UTF16LE, WQ_CHARSET_BY_BOM, 2, false},
		{WQ_S_INIT("\xfe\xff\0<"), "utf-8", WQ_CHARSET_UTF16BE, WQ_CHARSET_BY_BOM, 2, false},
		{WQ_S_INIT("<meta charset=utf-8>"), "gb2312", WQ_CHARSET_GB18030, WQ_CHARSET_BY_HTTP, 0, false},
		{WQ_S_INIT("<meta charset=gbk>"), "", WQ_CHARSET_GB18030, WQ_CHARSET_BY_META, 0, false},
		{WQ_S_INIT("<meta charset=gbk>"), "koi8-r", WQ_CHARSET_GB18030, WQ_CHARSET_BY_META, 0, false},
		{WQ_S_INIT("政务"), "gb2312", WQ_CHARSET_GB18030, WQ_CHARSET_BY_HTTP, 0, true},
		{WQ_S_INIT("政\xe5\x8a"), "gb2312", WQ_CHARSET_GB18030, WQ_CHARSET_BY_HTTP, 0, true},
		{WQ_S_INIT("\xd5\xfe\xce\xf1"), "gb2312", WQ_CHARSET_GB18030, WQ_CHARSET_BY_HTTP, 0, false},
		{WQ_S_INIT("\xd5\xfe\xce\xf1"), "utf-8", WQ_CHARSET_UTF8, WQ_CHARSET_BY_HTTP, 0, true},
		{WQ_S_INIT(""), "", WQ_CHARSET_UTF8, WQ_CHARSET_BY_DEFAULT, 0, false},
		{WQ_S_INIT("abc"), "", WQ_CHARSET_UTF8, WQ_CHARSET_BY_DEFAULT, 0, false},
		{WQ_S_INIT("abc 政务"), "", WQ_CHARSET_UTF8, WQ_CHARSET_BY_BYTES, 0, false},
		{WQ_S_INIT("abc 政\xe5\x8a"), "", WQ_CHARSET_UTF8, WQ_CHARSET_BY_BYTES, 0, false},
		{{gb, sizeof(gb) - 1}, "", WQ_CHARSET_GB18030, WQ_CHARSET_BY_BYTES, 0, false},
		{{gb, sizeof(gb) - 2}, "", WQ_CHARSET_GB18030, WQ_CHARSET_BY_BYTES, 0, false},
		{{big5, sizeof(big5) - 1}, "", WQ_CHARSET_BIG5, WQ_CHARSET_BY_BYTES, 0, false},
		{{big5, sizeof(big5) - 2}, "", WQ_CHARSET_BIG5, WQ_CHARSET_BY_BYTES, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		struct wq_charset_guess guess = wq_charset_detect(table[i].head, wq_str_c(table[i].http));

		if (guess.charset != table[i].charset || guess.how != table[i].how || guess.bom_bytes != table[i].bom ||
			guess.doubtful != table[i].doubtful)
			fail_msg("row %zu: %s, by %d", i, wq_charset_name(guess.charset), guess.how);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(may_be_cut_anywhere),
		cmocka_unit_test(long_text_passes_the_pieces),
		cmocka_unit_test(every_character_of_gb18030_has_bytes),
		cmocka_unit_test(labels),
		cmocka_unit_test(content_types),
		cmocka_unit_test(prescan),
		cmocka_unit_test(detection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
