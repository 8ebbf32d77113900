#include "detect/inject/html_priv.h"

enum { NAME_MAX_BYTES = 48, LOOK_AHEAD = 256 };

static const struct {
	const char *name;
	bool with_attribute;
} elements[] = {
#define ALWAYS false
#define WITH_ATTRIBUTE true
#define WQ_HTML_ELEMENT(name, when) {name, when},
#include "detect/inject/html_element_table.h"
#undef WQ_HTML_ELEMENT
#undef ALWAYS
#undef WITH_ATTRIBUTE
};

static bool is_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* The name that begins at `s`, in lower case and without NULs, into `name`; its length. What is longer is no name we know. */
static size_t name_of(wq_str s, char name[NAME_MAX_BYTES + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < NAME_MAX_BYTES; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == 0)
			continue;
		if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != ':' && c != '_')
			break;
		name[n++] = c == ':' ? ':' : (char)(is_letter(c) ? c | 0x20 : c);
	}
	name[n] = '\0';
	return n;
}

const char *wq_html_element(wq_str tag)
{
	char name[NAME_MAX_BYTES + 1];
	const char *local;
	size_t n = name_of(tag, name);
	wq_str rest = wq_str_head(wq_str_from(tag, n), LOOK_AHEAD);
	ptrdiff_t end = wq_str_chr(rest, '>');

	local = strrchr(name, ':') ? strrchr(name, ':') + 1 : name;
	if (rest.n && ((unsigned char)*rest.p >= 0x80 || strchr(".,@", *rest.p)) && *rest.p) /* <math.h> */
		return NULL;
	rest = end >= 0 ? wq_str_head(rest, (size_t)end) : rest;
	if (strncmp(name, "svg:", 4) == 0)
		return "svg";
	for (size_t i = 0; i < WQ_COUNT(elements); i++)
		if (strcmp(local, elements[i].name) == 0 && (!elements[i].with_attribute || wq_str_chr(rest, '=') >= 0))
			return elements[i].name;
	return NULL;
}

/* ---- what is found ---- */

static bool found(struct wq_inject_reason *ret_reason, const char *what, const char *name)
{
	if (ret_reason)
		snprintf(ret_reason->text, sizeof ret_reason->text, "%s%s%.24s", what, *name ? " " : "", name);
	return true;
}

/* A declaration, an instruction or a conditional comment, `s` being behind the `<`. */
static bool declares(wq_str s, struct wq_inject_reason *ret_reason)
{
	static const char *const beginnings[] = {
		"!doctype", "!entity", "!element", "!attlist", "?xml-stylesheet", "?import", "!--[if"};

	for (size_t i = 0; i < WQ_COUNT(beginnings); i++)
		if (wq_str_starts_nocase(s, wq_str_c(beginnings[i])))
			return found(ret_reason, "declaration", beginnings[i]);
	return false;
}

static bool has_tag(wq_str s, struct wq_inject_reason *ret_reason)
{
	for (wq_str rest = s; rest.n;) {
		ptrdiff_t at = wq_str_chr(rest, '<');
		const char *element;

		if (at < 0)
			break;
		rest = wq_str_from(rest, (size_t)at + 1);
		while (rest.n && *rest.p == '\0')
			rest = wq_str_from(rest, 1);
		if (!rest.n)
			break;
		if (*rest.p == '/' && wq_str_starts_nocase(rest, WQ_S("/script")))
			return found(ret_reason, "end of a script", "");
		if ((*rest.p == '!' || *rest.p == '?') && declares(rest, ret_reason))
			return true;
		element = is_letter((unsigned char)*rest.p) ? wq_html_element(rest) : NULL;
		if (element)
			return found(ret_reason, "element", element);
	}
	return false;
}

/* ---- attributes: every `=` and the name before it ---- */

struct attributes {
	wq_str s;
	size_t tag;          /* behind the last `<` of a tag that may be open, or 0 */
	unsigned char quote; /* of the value of an open tag */
	bool left;           /* a quote stood before: the value may have left an attribute */
	size_t seen;         /* up to where tags were looked for */
	size_t css_seen;     /* up to where style sheets were read */
};

/* Follows tags up to `to`; a `>` in a quoted value ends none. */
static void follow(struct attributes *a, size_t to)
{
	for (; a->seen < to; a->seen++) {
		unsigned char c = (unsigned char)a->s.p[a->seen];

		if (a->quote) {
			a->quote = c == a->quote ? 0 : a->quote;
		} else if (c == '<' && a->seen + 1 < a->s.n &&
			(is_letter((unsigned char)a->s.p[a->seen + 1]) || strchr("/!?", a->s.p[a->seen + 1]))) {
			a->tag = a->seen + 1;
		} else if (c == '>') {
			a->tag = 0;
		} else if (c == '"' || c == '\'') {
			a->left = true;
			a->quote = a->tag && a->seen && a->s.p[a->seen - 1] == '=' ? c : 0;
		}
	}
}

/* The name that ends before `end`: its beginning; `name` in lower case. */
static size_t name_before(wq_str s, size_t end, char name[NAME_MAX_BYTES + 1])
{
	size_t begin;

	while (end > 0 && (unsigned char)s.p[end - 1] <= ' ')
		end--;
	begin = end;
	while (begin > 0 && end - begin < NAME_MAX_BYTES &&
		(is_letter((unsigned char)s.p[begin - 1]) || strchr("-:", s.p[begin - 1])) && s.p[begin - 1])
		begin--;
	name_of(wq_str_of(s.p + begin, end - begin), name);
	return begin;
}

/* An event's name; words of English that look like one are none. */
static bool is_event(const char *name)
{
	static const char *const words[] = {
		"once", "only", "one", "online", "onto", "ongoing", "onion", "onset", "ones", "oneself", "onward"};
	size_t n = strlen(name);

	if (n < 5 || name[0] != 'o' || name[1] != 'n' || strchr(name, ':'))
		return false;
	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (strcmp(name, words[i]) == 0)
			return false;
	return true;
}

static bool styles(struct attributes *a, size_t at)
{
	wq_str css = wq_str_head(wq_str_from(a->s, at), 4096);

	if (at < a->css_seen)
		return false;
	a->css_seen = at + css.n;
	return wq_html_css_runs(css, true);
}

static bool is_boundary(const struct attributes *a, size_t begin)
{
	unsigned char c = begin ? (unsigned char)a->s.p[begin - 1] : ' ';

	return c <= ' ' || c == 0x7f || strchr("/\"'`", c) ||
		(a->tag && c < 0x80 && !(c >= '0' && c <= '9') && c != '_' && c != '.');
}

/* Outside a tag of its own an event has to have code, or to be a usual one in the tag that the value broke into. */
static bool runs_event(const struct attributes *a, size_t begin, const char *name, wq_str value)
{
	static const char *const usual[] = {"onerror", "onload", "onclick", "onmouseover", "onfocus", "onblur"};

	if (wq_html_is_code(wq_html_first(value)) || (!value.n && begin && strchr("\"'`", a->s.p[begin - 1])))
		return true;
	for (size_t i = 0; a->left && i < WQ_COUNT(usual); i++)
		if (strcmp(name, usual[i]) == 0)
			return true;
	return false;
}

/* The attribute whose `=` is at `at`. */
static bool judge(struct attributes *a, size_t at, struct wq_inject_reason *ret_reason)
{
	char name[NAME_MAX_BYTES + 1];
	size_t begin = name_before(a->s, at, name);
	wq_str value = wq_str_from(a->s, at + 1);

	if ((a->tag && wq_html_runs_within(value)) || (wq_html_runs(value) && (a->tag || wq_html_is_code(value))))
		return found(ret_reason, "script in the address of", name);
	if (!*name || !is_boundary(a, begin))
		return false;
	if (is_event(name) && (a->tag || runs_event(a, begin, name, value)))
		return found(ret_reason, "event handler", name);
	if (strcmp(name, "style") == 0 && styles(a, at + 1))
		return found(ret_reason, "script in a style sheet", "");
	if (a->tag &&
		(strcmp(name, "srcdoc") == 0 || strcmp(name, "datasrc") == 0 || strcmp(name, "dataformatas") == 0 ||
			strcmp(name, "attributename") == 0))
		return found(ret_reason, "attribute", name);
	return false;
}

static bool has_attribute(wq_str s, struct wq_inject_reason *ret_reason)
{
	struct attributes a = {.s = s};

	for (size_t from = 0; from < s.n;) {
		ptrdiff_t at = wq_str_chr(wq_str_from(s, from), '=');

		if (at < 0)
			break;
		from += (size_t)at;
		follow(&a, from);
		if (judge(&a, from, ret_reason))
			return true;
		from++;
	}
	return false;
}

/* ---- the value as a whole ---- */

static bool is_whole(wq_str s, struct wq_inject_reason *ret_reason)
{
	wq_str begin = wq_str_head(s, 1024);
	ptrdiff_t colon = wq_str_chr(begin, ':');

	if (colon >= 0 && wq_str_find(begin, WQ_S("xpression")) >= 0 &&
		wq_html_css_runs(wq_str_from(begin, (size_t)colon), false))
		return found(ret_reason, "script in a style sheet", "");
	if (wq_html_runs(begin) && (wq_html_is_code(begin) || wq_str_chr(begin, ',') >= 0))
		return found(ret_reason, "address that runs script", "");
	return false;
}

/* Bytes that something dangerous has to have: bits of what they call for. */
enum { TAG = 1, ATTRIBUTE = 2, WHOLE = 4, STRING = 8, UTF7 = 16 };

static const unsigned char calls_for[256] = {['<'] = TAG,
	['='] = ATTRIBUTE,
	[':'] = WHOLE,
	['&'] = WHOLE,
	['\''] = STRING,
	['"'] = STRING,
	['`'] = STRING,
	['{'] = STRING,
	['+'] = UTF7};

static unsigned bytes_of(wq_str s)
{
	unsigned seen = 0;

	for (size_t i = 0; i < s.n; i++)
		seen |= calls_for[(unsigned char)s.p[i]];
	return seen;
}

bool wq_inject_html(wq_str s, struct wq_inject_reason *ret_reason)
{
	unsigned seen;

	s = wq_str_head(s, WQ_INJECT_BYTES_MAX);
	seen = bytes_of(s);
	if (seen & TAG && has_tag(s, ret_reason))
		return true;
	if (seen & ATTRIBUTE && has_attribute(s, ret_reason))
		return true;
	if (seen & WHOLE && is_whole(s, ret_reason))
		return true;
	if (seen & STRING && wq_html_leaves_string(s))
		return found(ret_reason, "string of a script left, then a call", "");
	return seen & UTF7 && wq_str_find(s, WQ_S("+ADw-")) >= 0 && found(ret_reason, "markup in UTF-7", "");
}
