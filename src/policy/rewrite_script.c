#include "policy/rewrite_priv.h"

#include "text/utf8.h"

static size_t skip_space(wq_str s, size_t i)
{
	while (i < s.n && wq_html_is_space(s.p[i]))
		i++;
	return i;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- refresh: HTML §4.2.5.3, "shared declarative refresh steps" */

/* After "url =" in any case; unchanged when that is not there. `*ret_quotable`: quotes around the address count. */
static size_t skip_url_word(wq_str s, size_t i, bool *ret_quotable)
{
	static const char word[] = "url";
	size_t from = i;

	*ret_quotable = true;
	for (size_t k = 0; k < 3; k++, i++)
		if (i == s.n || (s.p[i] | 0x20) != word[k]) {
			*ret_quotable = k == 0;
			return from;
		}
	i = skip_space(s, i);
	if (i == s.n || s.p[i] != '=') {
		*ret_quotable = false;
		return from;
	}
	return skip_space(s, i + 1);
}

bool wq_refresh_find(wq_str s, struct wq_place *ret_place)
{
	size_t i = skip_space(s, 0), digits = i, end = s.n;
	bool quotable;

	while (i < s.n && (is_digit(s.p[i]) || s.p[i] == '.'))
		i++;
	if (i == digits || i == s.n || (!wq_html_is_space(s.p[i]) && s.p[i] != ';' && s.p[i] != ','))
		return false;
	i = skip_space(s, i);
	if (i < s.n && (s.p[i] == ';' || s.p[i] == ','))
		i = skip_space(s, i + 1);
	i = skip_url_word(s, i, &quotable);
	if (quotable && i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
		ptrdiff_t close = wq_str_chr(wq_str_from(s, i + 1), s.p[i]);

		i++;
		if (close >= 0)
			end = i + (size_t)close;
	}
	*ret_place = (struct wq_place){i, end};
	return i < end;
}

/* ---- scripts */

static bool is_word(char c)
{
	return is_digit(c) || (unsigned char)((c | 0x20) - 'a') < 26 || c == '_' || c == '$' ||
		(unsigned char)c >= 0x80;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* Behind the closing quote of the literal that opens at `i`; 0 when it does not close. */
static size_t end_of_literal(wq_str s, size_t i)
{
	char quote = s.p[i];

	for (i++; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == quote)
			return i + 1;
	}
	return 0;
}

/* Whether what follows the value leaves it whole: nothing is joined to it. */
static bool value_ends(wq_str s, size_t i)
{
	size_t next = skip_space(s, i);

	if (next == s.n || (s.p[next] && strchr(";,)}", s.p[next])))
		return true;
	for (size_t k = i; k < next; k++)
		if (s.p[k] == '\n' || s.p[k] == '\r')
			return is_word(s.p[next]);
	return false;
}

static bool literal_at(wq_str s, size_t i, struct wq_place *ret_place)
{
	size_t end;

	i = skip_space(s, i);
	if (i == s.n || !is_quote(s.p[i]))
		return false;
	end = end_of_literal(s, i);
	if (end == 0 || !value_ends(s, end))
		return false;
	*ret_place = (struct wq_place){i + 1, end - 1};
	return s.p[i] != '`' || wq_str_find(wq_str_of(s.p + i, end - i), WQ_S("${")) < 0;
}

/* "=" and no "==" or "=>" */
static bool assigned(wq_str s, size_t i, struct wq_place *ret_place)
{
	i = skip_space(s, i);
	return i + 1 < s.n && s.p[i] == '=' && s.p[i + 1] != '=' && s.p[i + 1] != '>' &&
		literal_at(s, i + 1, ret_place);
}

static bool called(wq_str s, size_t i, struct wq_place *ret_place)
{
	i = skip_space(s, i);
	return i < s.n && s.p[i] == '(' && literal_at(s, i + 1, ret_place);
}

static wq_str word_at(wq_str s, size_t i)
{
	size_t n = 0;

	while (i + n < s.n && is_word(s.p[i + n]))
		n++;
	return wq_str_of(s.p + i, n);
}

static bool among(wq_str word, const wq_str *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(word, words[i]))
			return true;
	return false;
}

/* `i` is behind "location". */
static bool location_at(wq_str s, size_t i, struct wq_place *ret_place)
{
	wq_str member;

	if (assigned(s, i, ret_place))
		return true;
	i = skip_space(s, i);
	if (i == s.n || s.p[i] != '.')
		return false;
	i = skip_space(s, i + 1);
	member = word_at(s, i);
	if (wq_str_eq(member, WQ_S("href")))
		return assigned(s, i + member.n, ret_place);
	return (wq_str_eq(member, WQ_S("assign")) || wq_str_eq(member, WQ_S("replace"))) &&
		called(s, i + member.n, ret_place);
}

/* `owner` is the word before a "." before this one; p is NULL when there is no ".". */
static bool goes_at(wq_str s, size_t i, wq_str word, wq_str owner, struct wq_place *ret_place)
{
	static const wq_str owners[] = {WQ_S_INIT("window"), WQ_S_INIT("self"), WQ_S_INIT("top"), WQ_S_INIT("parent"),
		WQ_S_INIT("opener"), WQ_S_INIT("document")};
	bool known = owner.p && among(owner, owners, WQ_COUNT(owners));

	if (wq_str_eq(word, WQ_S("open"))) /* without an owner it is document.open() here */
		return known && !wq_str_eq(owner, WQ_S("document")) && called(s, i, ret_place);
	return wq_str_eq(word, WQ_S("location")) && (known || !owner.p) && location_at(s, i, ret_place);
}

bool wq_script_find(wq_str s, size_t *at, struct wq_place *ret_place)
{
	wq_str last = WQ_S_NONE, owner = WQ_S_NONE;
	size_t i = *at;

	while (i < s.n) {
		if (is_word(s.p[i])) {
			last = word_at(s, i);
			i += last.n;
			if (goes_at(s, i, last, owner, ret_place)) {
				*at = ret_place->to + 1;
				return true;
			}
			owner = WQ_S_NONE;
		} else if (is_quote(s.p[i])) {
			size_t end = end_of_literal(s, i);

			if (end == 0)
				break;
			i = end;
			last = WQ_S("\"");
			owner = WQ_S_NONE;
		} else {
			if (!wq_html_is_space(s.p[i]))
				owner = s.p[i] == '.' ? (last.p ? last : WQ_S("")) : WQ_S_NONE;
			i++;
		}
	}
	*at = s.n;
	return false;
}

/* Hexadecimal digits from `i` on, at least `least`, at most `most`. */
static bool hex_at(wq_str s, size_t i, size_t least, size_t most, size_t *ret_n, uint32_t *ret_value)
{
	uint32_t v = 0;
	size_t n = 0;

	for (; n < most && i + n < s.n; n++) {
		char c = s.p[i + n];

		if (!is_digit(c) && (unsigned char)((c | 0x20) - 'a') >= 6)
			break;
		v = v << 4 | (uint32_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*ret_n = n;
	*ret_value = v;
	return n >= least;
}

/* \x41, \u0041, \u{41}: `i` is behind the letter; returns how many bytes, 0 when it is none. */
static size_t put_number(wq_str s, size_t i, char letter, struct wq_buf *out)
{
	char bytes[WQ_UTF8_MAX];
	uint32_t v;
	size_t n, braces = 0;

	if (letter == 'x') {
		if (!hex_at(s, i, 2, 2, &n, &v))
			return 0;
	} else if (i < s.n && s.p[i] == '{') {
		if (!hex_at(s, i + 1, 1, 6, &n, &v) || i + 1 + n >= s.n || s.p[i + 1 + n] != '}')
			return 0;
		braces = 2;
	} else if (!hex_at(s, i, 4, 4, &n, &v)) {
		return 0;
	}
	wq_buf_add(out, wq_str_of(bytes, wq_utf8_write(v, bytes)));
	return n + braces;
}

bool wq_script_decode(wq_str s, struct wq_buf *out)
{
	static const char letters[] = "nrtbfv", meant[] = "\n\r\t\b\f\v";

	for (size_t i = 0; i < s.n; i++) {
		const char *letter;
		size_t n;

		if (s.p[i] != '\\') {
			wq_buf_byte(out, (uint8_t)s.p[i]);
			continue;
		}
		if (++i == s.n || is_digit(s.p[i]))
			return false;
		letter = s.p[i] ? strchr(letters, s.p[i]) : NULL;
		if (letter) {
			wq_buf_byte(out, (uint8_t)meant[letter - letters]);
		} else if (s.p[i] == 'x' || s.p[i] == 'u') {
			n = put_number(s, i + 1, s.p[i], out);
			if (n == 0)
				return false;
			i += n;
		} else if (s.p[i] != '\n') { /* a line that goes on */
			wq_buf_byte(out, (uint8_t)s.p[i]);
		}
	}
	return !wq_failed(wq_buf_err(out));
}
