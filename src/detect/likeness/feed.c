#include "detect/likeness/feed.h"

#include "text/utf8.h"

enum { NAME_MAX_BYTES = 253 * 4 };

struct line {
	wq_err (*name)(void *data, wq_str name);
	void *data;
	size_t given;
};

static bool host_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		c == '_' || c >= 128;
}

/* Whether it is an address and no name: digits and dots. */
static bool address(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '.')
			return false;
	return true;
}

static wq_err give(struct line *line, wq_str s)
{
	char name[NAME_MAX_BYTES];

	if (wq_str_starts(s, WQ_S("*.")))
		s = wq_str_from(s, 2);
	while (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n < 4 || s.n > sizeof name || wq_str_chr(s, '.') <= 0 || line->given == WQ_LIKENESS_LINE_NAMES ||
		address(s))
		return WQ_OK;
	bool ascii = true;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!host_byte(c) || (c == '.' && s.p[i - 1] == '.'))
			return WQ_OK;
		ascii &= c < 128;
		name[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	if (!ascii && wq_utf8_valid_prefix(s) != s.n)
		return WQ_OK;
	line->given++;
	return line->name(line->data, wq_str_of(name, s.n));
}

/* Strings of JSON; one with an escape other than \n in it is no name. Both parts of "a\nb" are. */
static wq_err json(struct line *line, wq_str s)
{
	while (s.p) {
		wq_str_cut(&s, '"');
		if (!s.p)
			break;
		size_t n = 0;
		while (n < s.n && s.p[n] != '"')
			n += s.p[n] == '\\' ? 2 : 1;
		wq_str inside = wq_str_head(s, n);
		for (ptrdiff_t cut; (cut = wq_str_find(inside, WQ_S("\\n"))) >= 0;
			inside = wq_str_from(inside, (size_t)cut + 2))
			WQ_TRY(give(line, wq_str_head(inside, (size_t)cut)));
		WQ_TRY(give(line, inside));
		s = n + 1 <= s.n ? wq_str_from(s, n + 1) : WQ_S_NONE;
	}
	return WQ_OK;
}

static wq_err addresses(struct line *line, wq_str s)
{
	for (ptrdiff_t at; (at = wq_str_find(s, WQ_S("://"))) >= 0;) {
		s = wq_str_from(s, (size_t)at + 3);
		size_t n = 0, start = 0;
		while (n < s.n &&
			(host_byte((unsigned char)s.p[n]) || s.p[n] == '@' || (s.p[n] == ':' && start == 0))) {
			if (s.p[n] == '@')
				start = n + 1;
			n++;
		}
		wq_str host = wq_str_from(wq_str_head(s, n), start);
		WQ_TRY(give(line, wq_str_cut(&host, ':')));
		s = wq_str_from(s, n);
	}
	return WQ_OK;
}

wq_err wq_likeness_feed_line(wq_str line, wq_err (*name)(void *data, wq_str name), void *data)
{
	struct line l = {name, data, 0};

	line = wq_str_trim(line);
	if (line.n == 0 || line.n > WQ_LIKENESS_LINE_BYTES || line.p[0] == '#')
		return WQ_OK;
	if (line.p[0] == '{' || line.p[0] == '[')
		return json(&l, line);
	if (wq_str_find(line, WQ_S("://")) >= 0)
		return addresses(&l, line);
	for (size_t at = 0; at < line.n && l.given == 0;) {
		size_t n = 0;
		while (at + n < line.n && !strchr(" ,;\t", line.p[at + n]))
			n++;
		WQ_TRY(give(&l, wq_str_of(line.p + at, n)));
		at += n + 1;
	}
	return WQ_OK;
}
