#include "text/charset.h"

/* Encoding Standard §4.2; the rows marked are ours. */
static const struct {
	wq_str label;
	enum wq_charset charset;
} labels[] = {
	{WQ_S_INIT("unicode-1-1-utf-8"), WQ_CHARSET_UTF8},
	{WQ_S_INIT("unicode11utf8"), WQ_CHARSET_UTF8},
	{WQ_S_INIT("unicode20utf8"), WQ_CHARSET_UTF8},
	{WQ_S_INIT("utf-8"), WQ_CHARSET_UTF8},
	{WQ_S_INIT("utf8"), WQ_CHARSET_UTF8},
	{WQ_S_INIT("x-unicode20utf8"), WQ_CHARSET_UTF8},
	{WQ_S_INIT("chinese"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("csgb2312"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("csiso58gb231280"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("gb18030"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("gb2312"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("gb_2312"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("gb_2312-80"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("gbk"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("iso-ir-58"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("x-gbk"), WQ_CHARSET_GB18030},
	{WQ_S_INIT("936"), WQ_CHARSET_GB18030},         /* ours */
	{WQ_S_INIT("cp936"), WQ_CHARSET_GB18030},       /* ours */
	{WQ_S_INIT("ms936"), WQ_CHARSET_GB18030},       /* ours */
	{WQ_S_INIT("windows-936"), WQ_CHARSET_GB18030}, /* ours */
	{WQ_S_INIT("euc-cn"), WQ_CHARSET_GB18030},      /* ours */
	{WQ_S_INIT("big5"), WQ_CHARSET_BIG5},
	{WQ_S_INIT("big5-hkscs"), WQ_CHARSET_BIG5},
	{WQ_S_INIT("cn-big5"), WQ_CHARSET_BIG5},
	{WQ_S_INIT("csbig5"), WQ_CHARSET_BIG5},
	{WQ_S_INIT("x-x-big5"), WQ_CHARSET_BIG5},
	{WQ_S_INIT("csunicode"), WQ_CHARSET_UTF16LE},
	{WQ_S_INIT("iso-10646-ucs-2"), WQ_CHARSET_UTF16LE},
	{WQ_S_INIT("ucs-2"), WQ_CHARSET_UTF16LE},
	{WQ_S_INIT("unicode"), WQ_CHARSET_UTF16LE},
	{WQ_S_INIT("unicodefeff"), WQ_CHARSET_UTF16LE},
	{WQ_S_INIT("utf-16"), WQ_CHARSET_UTF16LE},
	{WQ_S_INIT("utf-16le"), WQ_CHARSET_UTF16LE},
	{WQ_S_INIT("unicodefffe"), WQ_CHARSET_UTF16BE},
	{WQ_S_INIT("utf-16be"), WQ_CHARSET_UTF16BE},
	{WQ_S_INIT("ansi_x3.4-1968"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("ascii"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("cp1252"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("cp819"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("csisolatin1"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("ibm819"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("iso-8859-1"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("iso-ir-100"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("iso8859-1"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("iso88591"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("iso_8859-1"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("iso_8859-1:1987"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("l1"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("latin1"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("us-ascii"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("windows-1252"), WQ_CHARSET_WINDOWS1252},
	{WQ_S_INIT("x-cp1252"), WQ_CHARSET_WINDOWS1252},
};

enum wq_charset wq_charset_by_label(wq_str label)
{
	label = wq_str_trim(label);
	for (size_t i = 0; i < WQ_COUNT(labels); i++)
		if (wq_str_eq_nocase(labels[i].label, label))
			return labels[i].charset;
	return WQ_CHARSET_NONE;
}

const char *wq_charset_name(enum wq_charset charset)
{
	static const char *const names[] = {
		[WQ_CHARSET_NONE] = "",
		[WQ_CHARSET_UTF8] = "utf-8",
		[WQ_CHARSET_GB18030] = "gb18030",
		[WQ_CHARSET_BIG5] = "big5",
		[WQ_CHARSET_UTF16LE] = "utf-16le",
		[WQ_CHARSET_UTF16BE] = "utf-16be",
		[WQ_CHARSET_WINDOWS1252] = "windows-1252",
	};

	return (size_t)charset < WQ_COUNT(names) ? names[charset] : "";
}

/* The end of a quoted string that begins behind the quote at `s.p[0]`. */
static size_t quoted(wq_str s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	return WQ_MIN(i + 1, s.n);
}

static wq_str unquote(wq_str value)
{
	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		return wq_str_of(value.p + 1, value.n - 2);
	return value;
}

wq_str wq_charset_of_content_type(wq_str value)
{
	wq_str rest = value;

	wq_str_cut(&rest, ';');
	while (rest.n > 0) {
		size_t n = 0;
		wq_str parameter, name;

		while (n < rest.n && rest.p[n] != ';')
			n += rest.p[n] == '"' ? quoted(wq_str_from(rest, n)) : 1;
		parameter = wq_str_head(rest, n);
		rest = wq_str_from(rest, n + 1);
		name = wq_str_cut(&parameter, '=');
		if (parameter.p && wq_str_eq_nocase(wq_str_trim(name), WQ_S("charset")))
			return unquote(wq_str_trim(parameter));
	}
	return WQ_S_NONE;
}
