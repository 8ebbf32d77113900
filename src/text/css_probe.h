/* Writes the tokens of a style sheet down as one line, for the test and the fuzz target of text/css.h, and checks that
 * offsets join and slices are the sheet's own bytes. */
#ifndef WQ_TEXT_CSS_PROBE_H
#define WQ_TEXT_CSS_PROBE_H

#include "text/css.h"

struct wq_css_probe {
	wq_str sheet;
	struct wq_buf out;
	uint64_t at;
	bool joined;
	enum wq_css_kind kind;
	const char *fault;
};

static inline void wq_css_probe_expect(struct wq_css_probe *probe, bool holds, const char *what)
{
	if (!holds && !probe->fault)
		probe->fault = what;
}

static inline bool wq_css_probe_is(const struct wq_css_probe *probe, wq_str s, uint64_t at)
{
	return at <= probe->sheet.n && s.n <= probe->sheet.n - at &&
		(s.n == 0 || memcmp(s.p, probe->sheet.p + at, s.n) == 0);
}

static inline wq_err wq_css_probe_token(void *data, const struct wq_css_token *token)
{
	static const char letters[WQ_CSS_KINDS] = {'t', 's', 'u', 'b', 'c', 'o'};
	static const char *const uses[] = {"", "r", "i", "n"};
	struct wq_css_probe *probe = data;
	bool pieces = token->kind == WQ_CSS_TEXT || token->kind == WQ_CSS_OVERLONG;
	bool again = probe->joined && pieces && probe->kind == token->kind;

	wq_css_probe_expect(probe, token->start == probe->at, "tokens do not join");
	wq_css_probe_expect(probe, token->end == token->start + token->raw.n, "end");
	wq_css_probe_expect(probe, wq_css_probe_is(probe, token->raw, token->start), "raw");
	wq_css_probe_expect(probe, wq_css_probe_is(probe, token->value, token->value_at), "value");
	wq_css_probe_expect(probe, token->value_at + token->value.n <= token->end, "a value outside its token");
	wq_css_probe_expect(probe, token->raw.n > 0 || token->kind != WQ_CSS_TEXT, "an empty text");
	probe->at = token->end;
	probe->joined = pieces && (token->kind == WQ_CSS_TEXT || token->partial);
	probe->kind = token->kind;
	if (!again)
		wq_buf_printf(&probe->out, "%s%c%s%s:", probe->out.len > 0 ? "|" : "", letters[token->kind],
			uses[token->use], token->bad ? "!" : "");
	wq_buf_add(&probe->out, pieces ? token->raw : token->value);
	return wq_buf_err(&probe->out);
}

/* In chunks of `step` bytes, the first of `first` bytes (0: as the others), each an exact heap copy. The caller frees
 * probe->out. */
static inline wq_err wq_css_probe_run(
	struct wq_css_probe *probe, wq_str sheet, const struct wq_css_options *options, size_t first, size_t step)
{
	WQ_CLEANUP(wq_css_free) struct wq_css *css = wq_css_new(options, wq_css_probe_token, probe);
	size_t i = 0;

	*probe = (struct wq_css_probe){.sheet = sheet, .out = WQ_BUF_INIT(64 * WQ_MIB)};
	if (!css)
		return wq_error_id(WQ_E_NO_MEMORY);
	while (i < sheet.n) {
		size_t n = WQ_MIN(i == 0 && first > 0 ? first : step, sheet.n - i);
		char *copy = malloc(n);

		if (!copy)
			return wq_error_id(WQ_E_NO_MEMORY);
		memcpy(copy, sheet.p + i, n);
		wq_err e = wq_css_feed(css, wq_str_of(copy, n));
		free(copy);
		WQ_TRY(e);
		i += n;
	}
	WQ_TRY(wq_css_finish(css));
	wq_css_probe_expect(probe, probe->at == sheet.n, "bytes of the sheet are missing");
	return WQ_OK;
}

#endif
