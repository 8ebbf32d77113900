/* Reading what the tokenizer delivered: names, attributes, what of a page is visible. */
#include "text/html.h"

bool wq_html_name_eq(wq_str a, wq_str b, enum wq_html_encoding encoding)
{
	enum { LEAD = 0x81, TRAIL = 0x30 };

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		unsigned char c = (unsigned char)a.p[i];

		if (encoding == WQ_HTML_ENC_MULTIBYTE && c >= LEAD && i + 1 < a.n &&
			(unsigned char)a.p[i + 1] >= TRAIL) {
			if (a.p[i] != b.p[i] || a.p[i + 1] != b.p[i + 1])
				return false;
			i++;
			continue;
		}
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c != (unsigned char)b.p[i])
			return false;
	}
	return true;
}

const struct wq_html_attr *wq_html_attr_find(const struct wq_html_token *token, wq_str name)
{
	for (size_t i = 0; i < token->attrs_n; i++)
		if (wq_html_name_eq(token->attrs[i].name, name, token->encoding))
			return &token->attrs[i];
	return NULL;
}

/* Elements that are not part of a line of text (HTML §15.3, display other than inline) */
static bool is_block(enum wq_html_tag tag)
{
	static const bool rows[WQ_TAG_COUNT] = {[WQ_TAG_ADDRESS] = true,
		[WQ_TAG_ARTICLE] = true,
		[WQ_TAG_ASIDE] = true,
		[WQ_TAG_BLOCKQUOTE] = true,
		[WQ_TAG_BODY] = true,
		[WQ_TAG_BR] = true,
		[WQ_TAG_BUTTON] = true,
		[WQ_TAG_CAPTION] = true,
		[WQ_TAG_CENTER] = true,
		[WQ_TAG_DD] = true,
		[WQ_TAG_DETAILS] = true,
		[WQ_TAG_DIALOG] = true,
		[WQ_TAG_DIR] = true,
		[WQ_TAG_DIV] = true,
		[WQ_TAG_DL] = true,
		[WQ_TAG_DT] = true,
		[WQ_TAG_FIELDSET] = true,
		[WQ_TAG_FIGCAPTION] = true,
		[WQ_TAG_FIGURE] = true,
		[WQ_TAG_FOOTER] = true,
		[WQ_TAG_FORM] = true,
		[WQ_TAG_H1] = true,
		[WQ_TAG_H2] = true,
		[WQ_TAG_H3] = true,
		[WQ_TAG_H4] = true,
		[WQ_TAG_H5] = true,
		[WQ_TAG_H6] = true,
		[WQ_TAG_HEAD] = true,
		[WQ_TAG_HEADER] = true,
		[WQ_TAG_HR] = true,
		[WQ_TAG_HTML] = true,
		[WQ_TAG_INPUT] = true,
		[WQ_TAG_LEGEND] = true,
		[WQ_TAG_LI] = true,
		[WQ_TAG_LISTING] = true,
		[WQ_TAG_MAIN] = true,
		[WQ_TAG_MENU] = true,
		[WQ_TAG_NAV] = true,
		[WQ_TAG_OL] = true,
		[WQ_TAG_OPTGROUP] = true,
		[WQ_TAG_OPTION] = true,
		[WQ_TAG_P] = true,
		[WQ_TAG_PLAINTEXT] = true,
		[WQ_TAG_PRE] = true,
		[WQ_TAG_SECTION] = true,
		[WQ_TAG_SELECT] = true,
		[WQ_TAG_SUMMARY] = true,
		[WQ_TAG_TABLE] = true,
		[WQ_TAG_TBODY] = true,
		[WQ_TAG_TD] = true,
		[WQ_TAG_TEXTAREA] = true,
		[WQ_TAG_TFOOT] = true,
		[WQ_TAG_TH] = true,
		[WQ_TAG_THEAD] = true,
		[WQ_TAG_TITLE] = true,
		[WQ_TAG_TR] = true,
		[WQ_TAG_UL] = true,
		[WQ_TAG_XMP] = true};

	return rows[tag];
}

static enum wq_html_sight text_sight(const struct wq_html_visible *state, const struct wq_html_token *token)
{
	if (token->in == WQ_TAG_TITLE)
		return WQ_HTML_TITLE;
	if (state->hidden > 0)
		return WQ_HTML_UNSEEN;
	if (token->mode == WQ_HTML_DATA || token->mode == WQ_HTML_PLAINTEXT_DATA || token->mode == WQ_HTML_RCDATA)
		return WQ_HTML_SEEN;
	return token->in == WQ_TAG_XMP ? WQ_HTML_SEEN : WQ_HTML_UNSEEN;
}

enum wq_html_sight wq_html_visible(struct wq_html_visible *state, const struct wq_html_token *token)
{
	if (token->kind == WQ_HTML_TEXT)
		return text_sight(state, token);
	if (token->of != WQ_HTML_START && token->of != WQ_HTML_END)
		return WQ_HTML_UNSEEN;
	if (token->tag == WQ_TAG_TEMPLATE && !token->foreign && !token->partial) {
		if (token->of == WQ_HTML_START && state->hidden < UINT32_MAX)
			state->hidden++;
		else if (token->of == WQ_HTML_END && state->hidden > 0)
			state->hidden--;
	}
	return is_block(token->tag) && state->hidden == 0 ? WQ_HTML_BREAK : WQ_HTML_UNSEEN;
}
