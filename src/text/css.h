/* A resumable CSS scanner: the tokens of CSS Syntax Level 3 as far as they decide where addresses stand.
 *
 * For style sheets, style elements and style attributes. As with text/html.h, every byte is in the `raw` of exactly one
 * token, tokens do not depend on how the chunks were cut (text and WQ_CSS_OVERLONG may come in more pieces), a token in
 * one chunk is not copied, and one that spans chunks is collected in at most `token_max` bytes. Values keep their escapes
 * (wq_css_decode). Names are compared decoded, so `u\72l(` is url(.
 *
 * Encodings: as in text/html.h. Here it matters more: in GBK or Big5 the second byte of a character may be `\`.
 * Bad at: what a selector or a declaration means; `@import` in a place where a browser ignores it is still an address;
 * an address put together from var() or attr() is not seen; `@document` and `@charset` strings are plain strings.
 */
#ifndef WQ_TEXT_CSS_H
#define WQ_TEXT_CSS_H

#include "base/base.h"
#include "base/buf.h"
#include "text/html.h"

enum {
	WQ_CSS_TOKEN_MAX = 1024 *
		1024, /* default of token_max: bytes of a string, comment or address (fonts as data:) */
	WQ_CSS_TOKEN_MIN = 64
};

enum wq_css_kind {
	WQ_CSS_TEXT,    /* everything else, also the `url(` before and the `)` after an address */
	WQ_CSS_STRING,  /* with its quotes; ends before a raw newline, as the standard's bad-string */
	WQ_CSS_URL,     /* what stands in url(…) without quotes */
	WQ_CSS_BAD_URL, /* the same with a quote, a parenthesis, a control or white space inside: a browser drops it */
	WQ_CSS_COMMENT,
	WQ_CSS_OVERLONG, /* a string, address or comment over token_max: raw only, in pieces */
	WQ_CSS_KINDS
};

/* What a string or URL is for. */
enum wq_css_use {
	WQ_CSS_NO_ADDRESS,
	WQ_CSS_RESOURCE, /* url(), src(), image-set() */
	WQ_CSS_IMPORT,   /* @import, a style sheet */
	WQ_CSS_NAMESPACE /* @namespace, never fetched */
};

struct wq_css_token {
	enum wq_css_kind kind, of; /* `of` differs for WQ_CSS_OVERLONG only */
	enum wq_css_use use;
	bool bad;     /* a string that a newline cut off: its declaration is dropped */
	bool partial; /* more of this WQ_CSS_OVERLONG follows; the last piece may be empty */
	wq_str raw;
	wq_str value; /* without quotes, comment marks and white space */
	uint64_t start, end, value_at;
};

typedef wq_err (*wq_css_fn)(void *data, const struct wq_css_token *token);

struct wq_css_options {
	enum wq_html_encoding encoding;
	uint32_t token_max; /* 0: WQ_CSS_TOKEN_MAX */
};

struct wq_css;

/* NULL when there is no memory. `options` may be NULL. */
struct wq_css *wq_css_new(const struct wq_css_options *options, wq_css_fn fn, void *data);
void wq_css_free(struct wq_css **css);
/* Errors: WQ_E_NO_MEMORY, what the callback returned (sticky). */
wq_err wq_css_feed(struct wq_css *css, wq_str chunk);
/* The end: what is open is closed, as the standard says. */
wq_err wq_css_finish(struct wq_css *css);
wq_err wq_css_scan(wq_str sheet, const struct wq_css_options *options, wq_css_fn fn, void *data);

/* Appends `value` without its escapes (CSS Syntax §4.3.7; an escaped newline is nothing). Requires: UTF-8. Errors: those
 * of `out`. */
wq_err wq_css_decode(wq_str value, struct wq_buf *out);

#endif
