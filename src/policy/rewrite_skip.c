/* Tags are read here a second time, faster and by the same states as in text/html.c (§13.2.5.32–42): rewrite_test.c and the
 * fuzz target hold both readings against each other. */
#include "policy/rewrite_priv.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* ---- bytes */

enum { SPACE = 1, SLASH = 2, NAME_END = 4, ATTR_END = 8, UNQUOTED_END = 16 };

static const uint8_t classes[256] = {
	['\t'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
	['\n'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
	['\f'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
	['\r'] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
	[' '] = SPACE | NAME_END | ATTR_END | UNQUOTED_END,
	['/'] = SLASH | NAME_END | ATTR_END,
	['>'] = NAME_END | ATTR_END | UNQUOTED_END,
	['='] = ATTR_END,
};

static inline bool is_class(char c, unsigned class)
{
	return classes[(unsigned char)c] & class;
}

static inline const char *skip_all(const char *p, const char *end, unsigned class)
{
	while (p < end && is_class(*p, class))
		p++;
	return p;
}

static inline const char *skip_until(const char *p, const char *end, unsigned class)
{
	while (p < end && !is_class(*p, class))
		p++;
	return p;
}

/* memchr() for what is mostly near. */
static inline const char *find(const char *p, const char *end, char c)
{
#if defined(__SSE2__)
	for (; end - p >= 16; p += 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
		unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(c)));

		if (found)
			return p + __builtin_ctz(found);
	}
#endif
	while (p < end && *p != c)
		p++;
	return p;
}

/* ---- what a tag may carry */

/* DULL: nothing but handlers of events. MATTERS: whatever it carries. */
enum kind { DULL, MATTERS, LINK, FORM, BUTTON, META, OPTION };

static enum kind kind_of_tag(enum wq_html_tag tag)
{
	static const uint8_t rows[WQ_TAG_COUNT] = {[WQ_TAG_A] = LINK,
		[WQ_TAG_AREA] = LINK,
		[WQ_TAG_FORM] = FORM,
		[WQ_TAG_BUTTON] = BUTTON,
		[WQ_TAG_INPUT] = BUTTON,
		[WQ_TAG_META] = META,
		[WQ_TAG_OPTION] = OPTION,
		[WQ_TAG_BASE] = MATTERS,
		[WQ_TAG_BODY] = MATTERS,
		[WQ_TAG_HEAD] = MATTERS,
		[WQ_TAG_HTML] = MATTERS,
		[WQ_TAG_SELECT] = MATTERS,
		[WQ_TAG_SVG] = MATTERS,
		[WQ_TAG_MATH] = MATTERS,
		[WQ_TAG_TITLE] = MATTERS,
		[WQ_TAG_TEXTAREA] = MATTERS,
		[WQ_TAG_STYLE] = MATTERS,
		[WQ_TAG_XMP] = MATTERS,
		[WQ_TAG_IFRAME] = MATTERS,
		[WQ_TAG_NOEMBED] = MATTERS,
		[WQ_TAG_NOFRAMES] = MATTERS,
		[WQ_TAG_NOSCRIPT] = MATTERS,
		[WQ_TAG_SCRIPT] = MATTERS,
		[WQ_TAG_PLAINTEXT] = MATTERS};

	return (enum kind)rows[tag];
}

#define LENGTH(n) (1U << (n))

/* Most names are told from those above by their first letter and length. Requires: a letter. */
static inline enum kind kind_of(wq_str name)
{
	static const uint16_t lengths[32] = {['a' & 31] = LENGTH(1) | LENGTH(4),
		['b' & 31] = LENGTH(4) | LENGTH(6),
		['f' & 31] = LENGTH(4),
		['h' & 31] = LENGTH(4),
		['i' & 31] = LENGTH(5) | LENGTH(6),
		['m' & 31] = LENGTH(4),
		['n' & 31] = LENGTH(7) | LENGTH(8),
		['o' & 31] = LENGTH(6),
		['p' & 31] = LENGTH(9),
		['s' & 31] = LENGTH(3) | LENGTH(5) | LENGTH(6),
		['t' & 31] = LENGTH(5) | LENGTH(8),
		['x' & 31] = LENGTH(3)};

	if (name.n > 9 || !(lengths[name.p[0] & 31] & LENGTH(name.n)))
		return DULL;
	return name.n == 1 ? LINK : kind_of_tag(wq_html_tag_of(name));
}

/* Whether an address that is followed may stand in an attribute of this first letter. */
static inline bool may_be_address(enum kind kind, char first)
{
	switch ((int)kind) {
	case LINK: return first == 'h' || first == 'x';
	case FORM: return first == 'a';
	case BUTTON: return first == 'f';
	default: return false;
	}
}

/* Part of all that policy/rewrite.c takes for the mark. */
static bool may_be_mark(wq_str name, wq_str value)
{
	static const wq_str needle = WQ_S_INIT("onac");
	char first = name.p[0] | 0x20, second = name.n > 1 ? name.p[1] | 0x20 : 0;

	return (first == 'h' || (first == 'i' && second == 'd') || (first == 's' && second == 'r')) &&
		value.n > needle.n && wq_str_find(value, needle) >= 0;
}

static inline bool attr_matters(const struct wq_skip *skip, enum kind kind, wq_str name, wq_str value)
{
	char first = name.p[0] | 0x20;

	if (first == 'o' || (kind == META && first == 'h') || (kind == OPTION && first == 'v' && skip->select_opens))
		return true;
	if (may_be_address(kind, first) && !wq_naming_stays(skip->naming, value))
		return true;
	return skip->mark && may_be_mark(name, value);
}

/* ---- tags */

/* A value after its `=`: ret_value without quotes. Returns what follows it, NULL when it does not end before `end`. */
static inline const char *read_value(const char *p, const char *end, wq_str *ret_value)
{
	const char *from;

	p = skip_all(p, end, SPACE);
	if (p == end)
		return NULL;
	*ret_value = wq_str_of(p, 0);
	if (*p == '>')
		return p;
	if (*p == '"' || *p == '\'') {
		from = p + 1;
		p = find(from, end, *p);
		*ret_value = wq_str_of(from, (size_t)(p - from));
		return p == end ? NULL : p + 1;
	}
	from = p;
	p = skip_until(p, end, UNQUOTED_END);
	*ret_value = wq_str_of(from, (size_t)(p - from));
	return p;
}

/* From the end of a tag's name behind its `>`; NULL when it matters or goes on at `end`. */
static const char *skip_attrs(const struct wq_skip *skip, enum kind kind, bool start, const char *p, const char *end)
{
	for (;;) {
		wq_str name, value = WQ_S_NONE;
		const char *from, *after;

		p = skip_all(p, end, SPACE | SLASH);
		if (p == end)
			return NULL;
		if (*p == '>')
			return p + 1;
		from = p;
		p = skip_until(p + 1, end, ATTR_END);
		name = wq_str_of(from, (size_t)(p - from));
		after = skip_all(p, end, SPACE);
		if (after < end && *after == '=') {
			p = read_value(after + 1, end, &value);
			if (!p)
				return NULL;
		}
		if (start && attr_matters(skip, kind, name, value))
			return NULL;
	}
}

static inline bool is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

/* The end of the tag that begins at `p`; NULL when it matters, or is anything but a tag that ends before `end`. */
static inline const char *skip_tag(const struct wq_skip *skip, const char *p, const char *end)
{
	bool start = end - p > 2 && p[1] != '/';
	const char *name = p + (start ? 1 : 2);
	enum kind kind;

	if (end - p <= 2 || !is_letter(*name))
		return NULL;
	if ((size_t)(end - p) > skip->tag_max)
		end = p + skip->tag_max;
	p = skip_until(name, end, NAME_END);
	kind = kind_of(wq_str_of(name, (size_t)(p - name)));
	if (p == end || kind == MATTERS)
		return NULL;
	return *p == '>' ? p + 1 : skip_attrs(skip, kind, start, p, end);
}

size_t wq_skip_dull(const struct wq_skip *skip, wq_str rest)
{
	const char *p = rest.p, *end = rest.p + rest.n;

	for (;;) {
		const char *next;

		p = find(p, end, '<');
		if (p == end)
			break;
		next = skip_tag(skip, p, end);
		if (!next)
			break;
		p = next;
	}
	return (size_t)(p - rest.p);
}
