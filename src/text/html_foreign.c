#include "text/html_foreign.h"

enum { SVG, MATH, HTML /* an integration point */ };

bool wq_html_foreign_in(const struct wq_html_foreign *foreign)
{
	return foreign->n > 0 && foreign->open[foreign->n - 1].kind != HTML;
}

static void leave(struct wq_html_foreign *foreign)
{
	while (wq_html_foreign_in(foreign))
		foreign->n--;
}

/* clang-format off */
static const bool breaking[WQ_TAG_COUNT] = {
	[WQ_TAG_B] = true, [WQ_TAG_BIG] = true, [WQ_TAG_BLOCKQUOTE] = true, [WQ_TAG_BODY] = true, [WQ_TAG_BR] = true,
	[WQ_TAG_CENTER] = true, [WQ_TAG_CODE] = true, [WQ_TAG_DD] = true, [WQ_TAG_DIV] = true, [WQ_TAG_DL] = true,
	[WQ_TAG_DT] = true, [WQ_TAG_EM] = true, [WQ_TAG_EMBED] = true, [WQ_TAG_H1] = true, [WQ_TAG_H2] = true,
	[WQ_TAG_H3] = true, [WQ_TAG_H4] = true, [WQ_TAG_H5] = true, [WQ_TAG_H6] = true, [WQ_TAG_HEAD] = true,
	[WQ_TAG_HR] = true, [WQ_TAG_I] = true, [WQ_TAG_IMG] = true, [WQ_TAG_LI] = true, [WQ_TAG_LISTING] = true,
	[WQ_TAG_MENU] = true, [WQ_TAG_META] = true, [WQ_TAG_NOBR] = true, [WQ_TAG_OL] = true, [WQ_TAG_P] = true,
	[WQ_TAG_PRE] = true, [WQ_TAG_RUBY] = true, [WQ_TAG_S] = true, [WQ_TAG_SMALL] = true, [WQ_TAG_SPAN] = true,
	[WQ_TAG_STRONG] = true, [WQ_TAG_STRIKE] = true, [WQ_TAG_SUB] = true, [WQ_TAG_SUP] = true, [WQ_TAG_TABLE] = true,
	[WQ_TAG_TT] = true, [WQ_TAG_U] = true, [WQ_TAG_UL] = true, [WQ_TAG_VAR] = true,
};
/* clang-format on */

void wq_html_foreign_break(struct wq_html_foreign *foreign, const struct wq_html_element *element)
{
	if (breaking[element->tag] || element->font)
		leave(foreign);
}

static bool is_integration(uint8_t kind, const struct wq_html_element *element)
{
	switch ((int)element->tag) {
	case WQ_TAG_FOREIGNOBJECT:
	case WQ_TAG_DESC:
	case WQ_TAG_TITLE: return kind == SVG;
	case WQ_TAG_MI:
	case WQ_TAG_MO:
	case WQ_TAG_MN:
	case WQ_TAG_MS:
	case WQ_TAG_MTEXT: return kind == MATH;
	case WQ_TAG_ANNOTATION_XML: return kind == MATH && element->encoding;
	default: return false;
	}
}

void wq_html_foreign_start(struct wq_html_foreign *foreign, const struct wq_html_element *element)
{
	uint8_t kind;

	if (element->self_closing || foreign->n == WQ_HTML_FOREIGN_MAX)
		return;
	if (element->tag == WQ_TAG_SVG)
		kind = SVG;
	else if (element->tag == WQ_TAG_MATH)
		kind = MATH;
	else if (wq_html_foreign_in(foreign) && is_integration(foreign->open[foreign->n - 1].kind, element))
		kind = HTML;
	else
		return;
	foreign->open[foreign->n].kind = kind;
	foreign->open[foreign->n++].tag = element->tag;
}

void wq_html_foreign_end(struct wq_html_foreign *foreign, enum wq_html_tag tag)
{
	if (wq_html_foreign_in(foreign) && (tag == WQ_TAG_P || tag == WQ_TAG_BR)) {
		leave(foreign);
		return;
	}
	for (size_t i = foreign->n; i-- > 0;) {
		if (foreign->open[i].tag == tag) {
			foreign->n = i;
			return;
		}
		if (foreign->open[i].kind == HTML) /* of the "special" category: nothing outside is ended */
			return;
	}
}
