/* Containers of a home page: which are called foot, which put their text into the middle or to a side. What moves boxes (float,
 * flex, position, table cells) makes it loose: then structure cannot tell, and nothing is said. */
#include "detect/portal/portal_priv.h"

/* What declarations say of the alignment of text, last one first. */
static void read_declarations(wq_str declarations, bool *centre, bool *aside, bool *loose)
{
	static const wq_str movers[] = {WQ_S_INIT("float"), WQ_S_INIT("position"), WQ_S_INIT("flex"), WQ_S_INIT("grid"),
		WQ_S_INIT("inline"), WQ_S_INIT("margin"), WQ_S_INIT("padding"), WQ_S_INIT("transform")};
	ptrdiff_t at = portal_find_nocase(declarations, WQ_S("text-align"));

	if (at >= 0) {
		wq_str value = wq_str_from(declarations, (size_t)at + strlen("text-align"));
		value = wq_str_head(value, 12);
		*centre = portal_find_nocase(value, WQ_S("center")) >= 0;
		*aside = portal_find_nocase(value, WQ_S("left")) >= 0 || portal_find_nocase(value, WQ_S("right")) >= 0;
	}
	for (size_t i = 0; i < WQ_COUNT(movers); i++)
		*loose |= portal_find_nocase(declarations, movers[i]) >= 0;
}

static void add_selector(struct wq_portal *p, wq_str selector, const struct portal_align *align)
{
	selector = wq_str_trim(selector);
	if (selector.n < 2 || (selector.p[0] != '.' && selector.p[0] != '#') || p->aligns_n == WQ_COUNT(p->aligns))
		return;
	for (size_t i = 1; i < selector.n; i++)
		if (portal_is_one(selector.p[i], " .#:>[+~*"))
			return;
	p->aligns[p->aligns_n] = *align;
	p->aligns[p->aligns_n++].name = selector;
}

void portal_place_sheet(struct wq_portal *p, wq_str sheet)
{
	ptrdiff_t open, close;

	while ((open = wq_str_chr(sheet, '{')) >= 0) {
		wq_str selectors = wq_str_head(sheet, (size_t)open);
		struct portal_align align = {0};

		ptrdiff_t after = wq_str_rchr(selectors, '/');
		if (after >= 0) /* a comment */
			selectors = wq_str_from(selectors, (size_t)after + 1);
		sheet = wq_str_from(sheet, (size_t)open + 1);
		if (wq_str_starts(wq_str_trim(selectors), WQ_S("@")))
			continue;
		close = wq_str_chr(sheet, '}');
		read_declarations(wq_str_head(sheet, close < 0 ? sheet.n : (size_t)close), &align.centre, &align.aside,
			&align.loose);
		for (wq_str rest = selectors; rest.p && (align.centre || align.aside || align.loose);)
			add_selector(p, wq_str_cut(&rest, ','), &align);
		sheet = wq_str_from(sheet, close < 0 ? sheet.n : (size_t)close + 1);
	}
}

static void apply(const struct wq_portal *p, char sign, wq_str name, struct portal_open *open)
{
	for (size_t i = 0; i < p->aligns_n; i++) {
		const struct portal_align *a = &p->aligns[i];
		if (a->name.p[0] != sign || !wq_str_eq(wq_str_from(a->name, 1), name))
			continue;
		open->loose |= a->loose;
		if (a->centre || a->aside) {
			open->centre = a->centre;
			open->aside = a->aside;
		}
	}
}

static void read_names(const struct wq_portal *p, char sign, wq_str names, struct portal_open *open)
{
	const struct portal_list *foot = &p->rules->lists[LIST_FOOT];

	for (size_t i = 0; i < foot->n && !open->foot; i++)
		open->foot = portal_find_nocase(names, foot->items[i]) >= 0;
	for (wq_str rest = names; rest.p;) {
		wq_str name = wq_str_trim(wq_str_cut(&rest, ' '));
		if (name.n)
			apply(p, sign, name, open);
	}
}

static void read_attributes(const struct wq_portal *p, const struct wq_html_token *token, struct portal_open *open)
{
	const struct wq_html_attr *attr;

	if ((attr = wq_html_attr_find(token, WQ_S("align")))) {
		open->centre = wq_str_eq_nocase(attr->value, WQ_S("center"));
		open->aside = wq_str_eq_nocase(attr->value, WQ_S("left")) ||
			wq_str_eq_nocase(attr->value, WQ_S("right"));
	}
	if ((attr = wq_html_attr_find(token, WQ_S("class"))))
		read_names(p, '.', attr->value, open);
	if ((attr = wq_html_attr_find(token, WQ_S("id"))))
		read_names(p, '#', attr->value, open);
	if ((attr = wq_html_attr_find(token, WQ_S("style"))))
		read_declarations(attr->value, &open->centre, &open->aside, &open->loose);
}

static bool is_void(enum wq_html_tag tag)
{
	switch ((int)tag) {
	case WQ_TAG_AREA:
	case WQ_TAG_BASE:
	case WQ_TAG_BR:
	case WQ_TAG_EMBED:
	case WQ_TAG_HR:
	case WQ_TAG_IMG:
	case WQ_TAG_INPUT:
	case WQ_TAG_LINK:
	case WQ_TAG_META:
	case WQ_TAG_PARAM:
	case WQ_TAG_SOURCE:
	case WQ_TAG_TRACK:
	case WQ_TAG_OTHER: return true; /* not followed: col, wbr, and elements without a say here */
	default: return false;
	}
}

void portal_place_start(struct wq_portal *p, const struct wq_html_token *token)
{
	struct portal_open *open;

	if (is_void(token->tag) || token->foreign)
		return;
	if (p->open_n == WQ_COUNT(p->open)) {
		p->open_lost++;
		return;
	}
	open = &p->open[p->open_n++];
	*open = (struct portal_open){.tag = token->tag,
		.foot = token->tag == WQ_TAG_FOOTER,
		.centre = token->tag == WQ_TAG_CENTER,
		.loose = token->tag == WQ_TAG_TD || token->tag == WQ_TAG_TH};
	if (token->attrs_n)
		read_attributes(p, token, open);
}

void portal_place_end(struct wq_portal *p, const struct wq_html_token *token)
{
	size_t i = p->open_n;

	if (is_void(token->tag) || token->foreign)
		return;
	while (i > 0 && p->open[i - 1].tag != token->tag)
		i--;
	if (i > 0)
		p->open_n = i - 1;
}

bool portal_place_foot(const struct wq_portal *p)
{
	for (size_t i = 0; i < p->open_n; i++)
		if (p->open[i].foot)
			return true;
	return false;
}

bool portal_place_aside(const struct wq_portal *p)
{
	for (size_t i = p->open_n; i > 0; i--) {
		const struct portal_open *open = &p->open[i - 1];
		if (open->centre || open->loose)
			return false;
		if (open->aside)
			return p->open_lost == 0;
	}
	return false;
}
