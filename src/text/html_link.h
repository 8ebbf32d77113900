/* The addresses that an HTML document or a style sheet points to: every kind that a browser follows or loads.
 *
 * a, area, link, script, img (also srcset and the data-src, data-original, data-lazy of lazy loading), source, video, audio, track, iframe, frame,
 * form and formaction (GET only), meta refresh, object, embed, input type=image, svg image and use, background; style
 * elements, style attributes and sheets with url(), @import, image-set(); the pictures that meta names (og:image); onclick and
 * javascript: that set location or call window.open with one constant string; data-href, and the options of a select whose change leads on,
 * where they can be nothing but addresses. Addresses come as written, with references and
 * escapes decoded, not resolved: parse them with text/url.h against the document's address or the `base` that came
 * before (it applies to the whole document, but stands before what it is for in every document that means it).
 * Bad at: addresses made by scripts otherwise; documents that are not UTF-8 (their bytes come as they are).
 */
#ifndef WQ_TEXT_HTML_LINK_H
#define WQ_TEXT_HTML_LINK_H

#include "text/css.h"
#include "text/html.h"

enum wq_link_kind {
	WQ_LINK_BASE,     /* <base href>: resolve what follows against it */
	WQ_LINK_NAVIGATE, /* followed by a person: a, area, GET form, refresh, frames */
	WQ_LINK_RESOURCE, /* loaded with the page */
	WQ_LINK_SHEET     /* a style sheet: link rel=stylesheet, @import */
};

enum { WQ_LINK_BYTES_MAX = 64 * 1024 /* longer addresses (data:) are left out */, WQ_LINK_SRCSET_MAX = 256 };

struct wq_link {
	enum wq_link_kind kind;
	wq_str url;
	enum wq_html_tag tag; /* WQ_TAG_NONE in a style sheet */
	wq_str attr;          /* lower case: "href", "style"; empty in sheets and style elements */
	uint64_t at;          /* offset of the attribute's value, or of the address in a sheet or style element */
	uint64_t line;        /* of that, from 1 */
};

/* Slices live during the call. An error ends the search and is returned. */
typedef wq_err (*wq_link_fn)(void *data, const struct wq_link *link);

/* The same as a reader of somebody's pass (text/document.h): begin with each document, whose bytes have to stay until the next
 * or the end, then every token in order. */
struct wq_link_reader;

/* Errors: WQ_E_NO_MEMORY. */
wq_err wq_link_reader_new(wq_link_fn fn, void *data, struct wq_link_reader **ret_reader);
void wq_link_reader_free(struct wq_link_reader **reader);
void wq_link_reader_begin(struct wq_link_reader *reader, wq_str document, enum wq_html_encoding encoding);
/* `data` is the struct wq_link_reader. Errors: what `fn` returned. */
wq_err wq_link_reader_token(void *data, const struct wq_html_token *token);
/* A whole style sheet in the place of tokens. Errors as above, WQ_E_NO_MEMORY. */
wq_err wq_link_reader_sheet(struct wq_link_reader *reader);

/* Calls `fn` for every address of an HTML (or SVG) document, in order. `options` may be NULL. Errors: WQ_E_NO_MEMORY, what
 * `fn` returned. */
wq_err wq_html_links(wq_str document, const struct wq_html_options *options, wq_link_fn fn, void *data);
/* The same for a style sheet of its own. */
wq_err wq_css_links(wq_str sheet, enum wq_html_encoding encoding, wq_link_fn fn, void *data);

#endif
