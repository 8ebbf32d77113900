#include "text/charset.h"
#include "text/utf8.h"

/* ---- what the document says of itself: HTML Standard, 13.2.3.2 ---- */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct attribute {
	wq_str name, value;
};

/* "Get an attribute". False at ">" and at the end; `*at` stands behind what was read. */
static bool next_attribute(wq_str s, size_t *at, struct attribute *ret_attribute)
{
	struct attribute found = {WQ_S_NONE, WQ_S_NONE};
	size_t i = *at, from;

	while (i < s.n && (blank(s.p[i]) || s.p[i] == '/'))
		i++;
	*at = i;
	if (i >= s.n || s.p[i] == '>')
		return false;
	from = i;
	while (i < s.n && !blank(s.p[i]) && s.p[i] != '/' && s.p[i] != '>' && (s.p[i] != '=' || i == from))
		i++;
	found.name = wq_str_of(s.p + from, i - from);
	while (i < s.n && blank(s.p[i]))
		i++;
	if (i < s.n && s.p[i] == '=') {
		i++;
		while (i < s.n && blank(s.p[i]))
			i++;
		if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
			char quote = s.p[i++];

			from = i;
			while (i < s.n && s.p[i] != quote)
				i++;
			found.value = wq_str_of(s.p + from, i - from);
			i += i < s.n;
		} else {
			from = i;
			while (i < s.n && !blank(s.p[i]) && s.p[i] != '>')
				i++;
			found.value = wq_str_of(s.p + from, i - from);
		}
	}
	*at = i;
	*ret_attribute = found;
	return true;
}

/* Offset of "charset" in any case, from `from` on; s.n when there is none. */
static size_t find_charset(wq_str s, size_t from)
{
	for (; from < s.n; from++)
		if (wq_str_starts_nocase(wq_str_from(s, from), WQ_S("charset")))
			return from;
	return s.n;
}

/* "Extracting a character encoding from a meta element". */
static wq_str charset_of_content(wq_str s)
{
	for (size_t i = find_charset(s, 0); i < s.n; i = find_charset(s, i)) {
		size_t from;

		i += 7;
		while (i < s.n && blank(s.p[i]))
			i++;
		if (i >= s.n || s.p[i] != '=')
			continue;
		i++;
		while (i < s.n && blank(s.p[i]))
			i++;
		if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
			ptrdiff_t end = wq_str_chr(wq_str_from(s, i + 1), s.p[i]);

			return end < 0 ? WQ_S_NONE : wq_str_of(s.p + i + 1, (size_t)end);
		}
		from = i;
		while (i < s.n && !blank(s.p[i]) && s.p[i] != ';')
			i++;
		return wq_str_of(s.p + from, i - from);
	}
	return WQ_S_NONE;
}

/* A document that could be read so far is neither UTF-16 nor any user's own. */
static enum wq_charset declared(wq_str label)
{
	enum wq_charset charset = wq_charset_by_label(label);

	if (charset == WQ_CHARSET_UTF16LE || charset == WQ_CHARSET_UTF16BE)
		return WQ_CHARSET_UTF8;
	if (charset == WQ_CHARSET_NONE && wq_str_eq_nocase(wq_str_trim(label), WQ_S("x-user-defined")))
		return WQ_CHARSET_WINDOWS1252;
	return charset;
}

static enum wq_charset read_meta(wq_str s, size_t *at)
{
	bool pragma = false, has_charset = false, has_content = false, has_pragma = false;
	wq_str charset = WQ_S_NONE, content = WQ_S_NONE;
	struct attribute a;

	while (next_attribute(s, at, &a)) {
		if (wq_str_eq_nocase(a.name, WQ_S("http-equiv")) && !has_pragma) {
			has_pragma = true;
			pragma = wq_str_eq_nocase(a.value, WQ_S("content-type"));
		} else if (wq_str_eq_nocase(a.name, WQ_S("content")) && !has_content) {
			has_content = true;
			content = charset_of_content(a.value);
		} else if (wq_str_eq_nocase(a.name, WQ_S("charset")) && !has_charset) {
			has_charset = true;
			charset = a.value;
		}
	}
	if (has_charset)
		return declared(charset);
	return pragma && content.n > 0 ? declared(content) : WQ_CHARSET_NONE;
}

/* "XML declaration": <?xml … encoding="…" …>. */
static enum wq_charset read_xml(wq_str s)
{
	ptrdiff_t end, at;
	wq_str value;

	if (!wq_str_starts(s, WQ_S("<?xml")))
		return WQ_CHARSET_NONE;
	end = wq_str_chr(s, '>');
	if (end < 0)
		return WQ_CHARSET_NONE;
	s = wq_str_head(s, (size_t)end);
	at = wq_str_find(s, WQ_S("encoding"));
	if (at < 0)
		return WQ_CHARSET_NONE;
	value = wq_str_trim(wq_str_from(s, (size_t)at + 8));
	if (value.n == 0 || value.p[0] != '=')
		return WQ_CHARSET_NONE;
	value = wq_str_trim(wq_str_from(value, 1));
	if (value.n < 2 || (value.p[0] != '"' && value.p[0] != '\''))
		return WQ_CHARSET_NONE;
	end = wq_str_chr(wq_str_from(value, 1), value.p[0]);
	return end < 0 ? WQ_CHARSET_NONE : declared(wq_str_of(value.p + 1, (size_t)end));
}

static size_t skip_past(wq_str s, size_t at, wq_str end)
{
	ptrdiff_t found = wq_str_find(wq_str_from(s, at), end);

	return found < 0 ? s.n : at + (size_t)found + end.n;
}

/* Behind a tag that is no meta: its attributes are read so that a ">" in a value does not end it. */
static size_t skip_tag(wq_str s, size_t at)
{
	struct attribute ignored;

	while (at < s.n && !blank(s.p[at]) && s.p[at] != '>')
		at++;
	while (next_attribute(s, &at, &ignored))
		;
	return at + 1;
}

enum wq_charset wq_charset_prescan(wq_str head)
{
	wq_str s = wq_str_head(head, WQ_CHARSET_PRESCAN);
	size_t at = 0;

	while (at < s.n) {
		wq_str rest = wq_str_from(s, at);

		if (wq_str_starts(rest, WQ_S("<!--"))) {
			at = skip_past(s, at + 2, WQ_S("-->"));
		} else if (wq_str_starts_nocase(rest, WQ_S("<meta")) && rest.n > 5 &&
			(blank(rest.p[5]) || rest.p[5] == '/')) {
			enum wq_charset charset;

			at += 5;
			charset = read_meta(s, &at);
			if (charset != WQ_CHARSET_NONE)
				return charset;
		} else if (rest.n > 1 && rest.p[0] == '<' &&
			(letter(rest.p[1]) || (rest.p[1] == '/' && rest.n > 2 && letter(rest.p[2])))) {
			at = skip_tag(s, at);
		} else if (rest.n > 1 && rest.p[0] == '<' && strchr("!/?", rest.p[1]) && rest.p[1]) {
			at = skip_past(s, at, WQ_S(">"));
		} else {
			at++;
		}
	}
	return read_xml(s);
}

/* ---- what the bytes say ---- */

/* Whether all of it but a character cut at the end is UTF-8. */
static bool is_utf8(wq_str s)
{
	size_t fine = wq_utf8_valid_prefix(s), left = s.n - fine;
	uint32_t cp;

	return left == 0 ||
		(left < 4 && (unsigned char)s.p[fine] >= 0xc2 && (unsigned char)s.p[fine] <= 0xf4 &&
			wq_utf8_step(wq_str_from(s, fine), &cp) == left);
}

static bool is_ascii(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* How likely the bytes are simplified Chinese in GB18030: the characters in daily use have leads B0–D7 and trails from
 * A1 on, and other pairs are rare. */
static long score_gb(wq_str s)
{
	long score = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char lead = (unsigned char)s.p[i], trail;

		if (lead < 0x80)
			continue;
		if (i + 1 == s.n)
			break;
		trail = (unsigned char)s.p[i + 1];
		if (lead == 0x80 || lead == 0xff || trail < 0x30 || trail == 0x7f || trail == 0xff) {
			score -= 20;
			continue;
		}
		i++;
		if (trail < 0xa1)
			score -= 3;
		else if (lead >= 0xb0 && lead <= 0xd7)
			score += 2;
		else if (lead >= 0xa1 && lead <= 0xa3)
			score += 1;
	}
	return score;
}

/* The same for Big5: level one is A4–C6, and its trails fill both ranges. */
static long score_big5(wq_str s)
{
	long score = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char lead = (unsigned char)s.p[i], trail;

		if (lead < 0x80)
			continue;
		if (i + 1 == s.n)
			break;
		trail = (unsigned char)s.p[i + 1];
		if (lead < 0x81 || lead == 0xff || trail < 0x40 || (trail > 0x7e && trail < 0xa1) || trail == 0xff) {
			score -= 20;
			continue;
		}
		i++;
		if (lead >= 0xa4 && lead <= 0xc6)
			score += 2;
		else if (lead >= 0xa1 && lead <= 0xa3)
			score += 1;
		else
			score -= 2;
	}
	return score;
}

static struct wq_charset_guess guess_from_bytes(wq_str head)
{
	struct wq_charset_guess guess = {.charset = WQ_CHARSET_UTF8, .how = WQ_CHARSET_BY_DEFAULT};
	long gb, big5;

	if (is_ascii(head))
		return guess;
	guess.how = WQ_CHARSET_BY_BYTES;
	if (is_utf8(head))
		return guess;
	gb = score_gb(head);
	big5 = score_big5(head);
	guess.charset = big5 > gb ? WQ_CHARSET_BIG5 : WQ_CHARSET_GB18030;
	if (big5 == gb)
		guess.how = WQ_CHARSET_BY_DEFAULT;
	return guess;
}

static bool guess_from_bom(wq_str head, struct wq_charset_guess *ret_guess)
{
	struct wq_charset_guess guess = {.how = WQ_CHARSET_BY_BOM, .bom_bytes = 2};

	if (wq_str_starts(head, WQ_S("\xef\xbb\xbf"))) {
		guess.charset = WQ_CHARSET_UTF8;
		guess.bom_bytes = 3;
	} else if (wq_str_starts(head, WQ_S("\xff\xfe"))) {
		guess.charset = WQ_CHARSET_UTF16LE;
	} else if (wq_str_starts(head, WQ_S("\xfe\xff"))) {
		guess.charset = WQ_CHARSET_UTF16BE;
	} else {
		return false;
	}
	*ret_guess = guess;
	return true;
}

struct wq_charset_guess wq_charset_detect(wq_str head, wq_str http_label)
{
	struct wq_charset_guess guess = {.how = WQ_CHARSET_BY_HTTP};
	bool chinese;

	head = wq_str_head(head, WQ_CHARSET_HEAD);
	if (guess_from_bom(head, &guess))
		return guess;
	guess.charset = wq_charset_by_label(http_label);
	if (guess.charset == WQ_CHARSET_NONE) {
		guess.how = WQ_CHARSET_BY_META;
		guess.charset = wq_charset_prescan(head);
	}
	if (guess.charset == WQ_CHARSET_NONE)
		return guess_from_bytes(head);
	chinese = guess.charset == WQ_CHARSET_GB18030 || guess.charset == WQ_CHARSET_BIG5;
	guess.doubtful = (chinese && !is_ascii(head) && is_utf8(head)) ||
		(guess.charset == WQ_CHARSET_UTF8 && !is_utf8(head));
	return guess;
}
