/* Writes the tokens of a document down as one line, for the test and the fuzz target of text/html.h, and checks on the way
 * what holds for every document: offsets join, slices are the document's own bytes, lines are right. */
#ifndef WQ_TEXT_HTML_PROBE_H
#define WQ_TEXT_HTML_PROBE_H

#include "text/html.h"

struct wq_html_probe {
	wq_str document;
	struct wq_html *html;
	struct wq_buf out;
	uint64_t at;
	bool joined; /* the last token was one that may come in pieces, and this is `kind` and `mode` of it */
	enum wq_html_kind kind;
	enum wq_html_mode mode;
	enum wq_html_tag in;
	const char *fault; /* what did not hold, NULL: nothing */
};

static inline void wq_html_probe_expect(struct wq_html_probe *probe, bool holds, const char *what)
{
	if (!holds && !probe->fault)
		probe->fault = what;
}

static inline bool wq_html_probe_is(const struct wq_html_probe *probe, wq_str s, uint64_t at)
{
	return at <= probe->document.n && s.n <= probe->document.n - at &&
		(s.n == 0 || memcmp(s.p, probe->document.p + at, s.n) == 0);
}

static inline void wq_html_probe_tag(struct wq_html_probe *probe, const struct wq_html_token *token)
{
	wq_buf_add(&probe->out, token->kind == WQ_HTML_END ? WQ_S("</") : WQ_S("<"));
	wq_buf_add(&probe->out, token->name);
	for (size_t i = 0; i < token->attrs_n; i++) {
		const struct wq_html_attr *attr = &token->attrs[i];

		wq_html_probe_expect(probe, attr->name.n > 0, "an attribute without a name");
		wq_html_probe_expect(probe, wq_html_probe_is(probe, attr->name, attr->name_at), "name_at");
		wq_html_probe_expect(probe, wq_html_probe_is(probe, attr->value, attr->value_at), "value_at");
		wq_html_probe_expect(probe, attr->value_at + attr->value.n <= token->end, "a value outside its tag");
		wq_html_probe_expect(probe,
			attr->value.p >= token->raw.p && attr->value.p + attr->value.n <= token->raw.p + token->raw.n,
			"a value outside raw");
		wq_buf_byte(&probe->out, ' ');
		wq_buf_add(&probe->out, attr->name);
		if (attr->has_value)
			wq_buf_byte(&probe->out, '=');
		if (attr->quote)
			wq_buf_byte(&probe->out, (uint8_t)attr->quote);
		wq_buf_add(&probe->out, attr->value);
		if (attr->quote)
			wq_buf_byte(&probe->out, (uint8_t)attr->quote);
	}
	wq_buf_add(&probe->out, token->self_closing ? WQ_S(" />") : WQ_S(">"));
	if (token->foreign)
		wq_buf_byte(&probe->out, '~');
}

static inline wq_err wq_html_probe_token(void *data, const struct wq_html_token *token)
{
	static const char *const modes[] = {"t", "r", "w", "s", "p"};
	struct wq_html_probe *probe = data;
	bool pieces = token->kind == WQ_HTML_TEXT || token->kind == WQ_HTML_OVERLONG;
	bool again = probe->joined && pieces && probe->kind == token->kind && probe->mode == token->mode &&
		probe->in == token->in;

	wq_html_probe_expect(probe, token->start == probe->at, "tokens do not join");
	wq_html_probe_expect(probe, token->end == token->start + token->raw.n, "end");
	wq_html_probe_expect(probe, wq_html_probe_is(probe, token->raw, token->start), "raw");
	wq_html_probe_expect(probe, token->raw.n > 0 || token->kind == WQ_HTML_OVERLONG, "an empty token");
	if (!probe->fault && probe->document.n < 4096)
		wq_html_probe_expect(probe,
			wq_html_line(probe->html, token, token->start) ==
				1 + wq_html_newlines(wq_str_head(probe->document, token->start)),
			"line");
	probe->at = token->end;
	if (!again && probe->out.len > 0)
		wq_buf_byte(&probe->out, '|');
	probe->joined = pieces && (token->kind == WQ_HTML_TEXT || token->partial);
	probe->kind = token->kind;
	probe->mode = token->mode;
	probe->in = token->in;
	switch (token->kind) {
	case WQ_HTML_TEXT:
		if (!again)
			wq_buf_printf(&probe->out, "%s:", modes[token->mode]);
		wq_buf_add(&probe->out, token->raw);
		break;
	case WQ_HTML_START:
	case WQ_HTML_END: wq_html_probe_tag(probe, token); break;
	case WQ_HTML_COMMENT:
	case WQ_HTML_DOCTYPE:
		wq_buf_add(&probe->out, token->kind == WQ_HTML_COMMENT ? WQ_S("!") : WQ_S("D"));
		wq_buf_add(&probe->out, token->content);
		break;
	case WQ_HTML_DROPPED:
	case WQ_HTML_OVERLONG:
		if (!again)
			wq_buf_add(&probe->out, token->kind == WQ_HTML_DROPPED ? WQ_S("x:") : WQ_S("O:"));
		wq_buf_add(&probe->out, token->raw);
		break;
	case WQ_HTML_KINDS: wq_html_probe_expect(probe, false, "kind");
	}
	return wq_buf_err(&probe->out);
}

/* Tokenizes `document` in chunks of `step` bytes, the first of `first` bytes (0: as the others). The caller frees
 * probe->out. Each chunk is an exact heap copy, so that reading beyond one is seen by a sanitizer. */
static inline wq_err wq_html_probe_run(
	struct wq_html_probe *probe, wq_str document, const struct wq_html_options *options, size_t first, size_t step)
{
	WQ_CLEANUP(wq_html_free) struct wq_html *html = wq_html_new(options, wq_html_probe_token, probe);
	size_t i = 0;

	probe->document = document;
	probe->html = html;
	probe->at = 0;
	probe->joined = false;
	probe->fault = NULL;
	probe->out = (struct wq_buf)WQ_BUF_INIT(64 * WQ_MIB);
	if (!html)
		return wq_error_id(WQ_E_NO_MEMORY);
	while (i < document.n) {
		size_t n = WQ_MIN(i == 0 && first > 0 ? first : step, document.n - i);
		char *copy = malloc(n);

		if (!copy)
			return wq_error_id(WQ_E_NO_MEMORY);
		memcpy(copy, document.p + i, n);
		wq_err e = wq_html_feed(html, wq_str_of(copy, n));
		free(copy);
		WQ_TRY(e);
		i += n;
	}
	WQ_TRY(wq_html_finish(html));
	wq_html_probe_expect(probe, probe->at == document.n, "bytes of the document are missing");
	return WQ_OK;
}

#endif
