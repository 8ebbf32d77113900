#include "detect/page/page_priv.h"

enum { DECLARATIONS_MAX = 64, VALUE_MAX = 64, FAR_AWAY = 500 };

/* What a list of declarations says, as far as it can hide. */
struct look {
	bool gone, tiny_width, tiny_height, clipped, placed, far;
	char color[VALUE_MAX], background[VALUE_MAX];
};

/* Lower case without white space; cut. */
static wq_str squeeze(wq_str s, char out[VALUE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < VALUE_MAX - 1; i++) {
		char c = s.p[i];
		if (!wq_html_is_space(c))
			out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	out[n] = '\0';
	return wq_str_of(out, n);
}

/* The number that a value begins with; 1 for "auto" and the like. */
static double number(wq_str value)
{
	double sign = 1, n = 0, scale = 0;
	bool any = false;

	if (value.n && (value.p[0] == '-' || value.p[0] == '+')) {
		sign = value.p[0] == '-' ? -1 : 1;
		value = wq_str_from(value, 1);
	}
	for (; value.n && ((value.p[0] >= '0' && value.p[0] <= '9') || value.p[0] == '.');
		value = wq_str_from(value, 1)) {
		if (value.p[0] == '.') {
			scale = 1;
			continue;
		}
		any = true;
		n = n * 10 + (value.p[0] - '0');
		scale *= 10;
	}
	if (!any)
		return 1;
	n = scale > 1 ? n / scale : n;
	/* em, rem, vw: some ten pixels each */
	return sign * (value.n && (value.p[0] == 'e' || value.p[0] == 'r' || value.p[0] == 'v') ? n * 10 : n);
}

static bool is_far(wq_str value)
{
	double n = number(value);
	return n <= -FAR_AWAY || n >= 20 * FAR_AWAY;
}

static void declare(struct look *look, wq_str name, wq_str value)
{
	static const wq_str sides[] = {WQ_S_INIT("left"), WQ_S_INIT("top"), WQ_S_INIT("right"), WQ_S_INIT("bottom")};
	bool small = number(value) >= 0 && number(value) < (wq_str_ends(value, WQ_S("px")) ? 2 : 0.02);

	if (wq_str_eq(name, WQ_S("display")))
		look->gone |= wq_str_starts(value, WQ_S("none"));
	else if (wq_str_eq(name, WQ_S("visibility")))
		look->gone |= wq_str_starts(value, WQ_S("hidden")) || wq_str_starts(value, WQ_S("collapse"));
	else if (wq_str_eq(name, WQ_S("opacity")))
		look->gone |= number(value) < 0.05;
	else if (wq_str_eq(name, WQ_S("filter")))
		look->gone |= wq_str_starts(value, WQ_S("alpha(opacity=0)"));
	else if (wq_str_eq(name, WQ_S("font-size")))
		look->gone |= small;
	else if (wq_str_eq(name, WQ_S("transform")))
		look->gone |= wq_str_starts(value, WQ_S("scale(0)"));
	else if (wq_str_eq(name, WQ_S("clip")))
		look->gone |= wq_str_starts(value, WQ_S("rect(0"));
	else if (wq_str_eq(name, WQ_S("text-indent")) || wq_str_eq(name, WQ_S("margin-left")) ||
		wq_str_eq(name, WQ_S("margin-top")))
		look->gone |= number(value) <= -FAR_AWAY;
	else if (wq_str_eq(name, WQ_S("position")))
		look->placed = wq_str_starts(value, WQ_S("absolute")) || wq_str_starts(value, WQ_S("fixed"));
	else if (wq_str_eq(name, WQ_S("width")) || wq_str_eq(name, WQ_S("max-width")))
		look->tiny_width |= small;
	else if (wq_str_eq(name, WQ_S("height")) || wq_str_eq(name, WQ_S("max-height")))
		look->tiny_height |= small;
	else if (wq_str_eq(name, WQ_S("overflow")))
		look->clipped = wq_str_starts(value, WQ_S("hidden"));
	else if (wq_str_eq(name, WQ_S("color")))
		squeeze(value, look->color);
	else if (wq_str_eq(name, WQ_S("background")) || wq_str_eq(name, WQ_S("background-color")))
		squeeze(value, look->background);
	else
		for (size_t i = 0; i < WQ_COUNT(sides); i++)
			look->far |= wq_str_eq(name, sides[i]) && is_far(value);
}

bool page_style_hides(wq_str declarations)
{
	struct look look = {0};

	for (size_t n = 0; declarations.p && n < DECLARATIONS_MAX; n++) {
		char name[VALUE_MAX], value[VALUE_MAX];
		wq_str rest = wq_str_cut(&declarations, ';'), before = wq_str_cut(&rest, ':');
		if (rest.p)
			declare(&look, squeeze(before, name), squeeze(rest, value));
	}
	return look.gone || (look.placed && look.far) || (look.tiny_height && (look.clipped || look.tiny_width)) ||
		(look.tiny_width && look.clipped) || (look.color[0] && strcmp(look.color, look.background) == 0);
}

/* ---- style elements ---- */

/* ".x", "#x", "div.x": one compound with one name. Empty when it is another selector. */
static wq_str simple_name(wq_str selector)
{
	size_t names = 0, at = 0;

	selector = wq_str_trim(selector);
	for (size_t i = 0; i < selector.n; i++) {
		char c = selector.p[i];
		if (c == '.' || c == '#') {
			names++;
			at = i;
		} else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
				   c == '_' || (c & 0x80))) {
			return WQ_S_NONE;
		}
	}
	return names == 1 && at + 1 < selector.n ? wq_str_from(selector, at) : WQ_S_NONE;
}

static struct page_class *class_of(struct page_run *run, wq_str name)
{
	for (size_t i = 0; i < run->classes_n; i++)
		if (wq_str_eq(run->classes[i].name, name))
			return &run->classes[i];
	return NULL;
}

static void read_hiding(struct page_run *run, wq_str selectors, wq_str body)
{
	if (!page_style_hides(body))
		return;
	while (selectors.p) {
		wq_str name = simple_name(wq_str_cut(&selectors, ','));
		if (name.n && run->classes_n < WQ_COUNT(run->classes) && !class_of(run, name))
			run->classes[run->classes_n++] = (struct page_class){.name = name};
	}
}

/* A rule for the same name that shows it again (".menu.open{display:block}") makes it a menu. */
static void read_showing(struct page_run *run, wq_str selectors, wq_str body)
{
	ptrdiff_t at = page_find_nocase(body, WQ_S("display"));

	if (at < 0 || page_style_hides(body))
		return;
	for (size_t i = 0; i < run->classes_n; i++)
		if (wq_str_find(selectors, run->classes[i].name) >= 0)
			run->classes[i].shown = true;
}

typedef void rule_fn(struct page_run *run, wq_str selectors, wq_str body);

/* The rules of a sheet; blocks of @media and the like are looked into, but not what is for paper. */
static void each_rule(struct page_run *run, wq_str css, rule_fn *fn)
{
	size_t from = 0;

	for (size_t i = 0; i < css.n; i++) {
		char c = css.p[i];
		if (c == '/' && i + 1 < css.n && css.p[i + 1] == '*') {
			ptrdiff_t end = wq_str_find(wq_str_from(css, i + 2), WQ_S("*/"));
			if (end < 0)
				return;
			i += (size_t)end + 3;
			from = i + 1;
		} else if (c == '}' || c == ';') {
			from = i + 1;
		} else if (c == '{') {
			wq_str selectors = wq_str_trim(wq_str_of(css.p + from, i - from));
			bool at_rule = selectors.n && selectors.p[0] == '@';
			bool paper = at_rule &&
				(page_find_nocase(selectors, WQ_S("print")) >= 0 ||
					page_find_nocase(selectors, WQ_S("max-width")) >= 0);
			from = i + 1;
			if (at_rule && !paper)
				continue;
			size_t depth = 1, end = i + 1;
			for (; end < css.n && depth; end++)
				depth += css.p[end] == '{' ? 1 : css.p[end] == '}' ? (size_t)-1 : 0;
			if (!at_rule)
				fn(run, selectors, wq_str_of(css.p + i + 1, end - i - 1 - (depth == 0)));
			i = end - 1;
			from = end;
		}
	}
}

static void each_style(struct page_run *run, rule_fn *fn)
{
	for (wq_str rest = run->html;;) {
		ptrdiff_t at = page_find_nocase(rest, WQ_S("<style"));
		if (at < 0)
			return;
		rest = wq_str_from(rest, (size_t)at);
		ptrdiff_t open = wq_str_chr(rest, '>'), end = page_find_nocase(rest, WQ_S("</style"));
		if (open < 0 || end < open)
			return;
		each_rule(run, wq_str_of(rest.p + open + 1, (size_t)(end - open - 1)), fn);
		rest = wq_str_from(rest, (size_t)end);
	}
}

void page_read_styles(struct page_run *run)
{
	each_style(run, read_hiding);
	if (run->classes_n)
		each_style(run, read_showing);
}
