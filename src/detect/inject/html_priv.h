/* Inside @detectXSS, for html*.c only: what the passes over a value (html.c) ask about pieces of it. All of them read a bounded
 * stretch or, like wq_html_leaves_string, the value once; none allocates. Bad at: tags, which html.c looks for itself. */
#ifndef WQ_DETECT_INJECT_HTML_PRIV_H
#define WQ_DETECT_INJECT_HTML_PRIV_H

#include "detect/inject/inject.h"

/* Bytes as a browser reads an address: character references replaced, blanks and controls left out, ASCII in lower case, anything
 * beyond ASCII as 0x80. */
struct wq_html_view {
	const unsigned char *p, *end;
};

/* The next byte, or -1 at the end. */
int wq_html_view_next(struct wq_html_view *view);

/* Whether `value` (from behind the `=`; quotes may come first) is an address that runs script: javascript:, data:text/html … */
bool wq_html_runs(wq_str value);
/* Whether such an address stands near the beginning of `value`, behind what hides it. */
bool wq_html_runs_within(wq_str value);
/* Whether the style sheet `css` runs script: expression(), behavior, -moz-binding, an address that does. Not `declared` to be one, it
 * has to have a `:` before expression(), as prose about expressions has not. */
bool wq_html_css_runs(wq_str css, bool declared);
/* What of `value` is one attribute's, quotes off: to the same quote, or to the first blank. */
wq_str wq_html_first(wq_str value);
/* Whether `js` calls or assigns something near its beginning, as prose does not. */
bool wq_html_is_code(wq_str js);
/* Whether `s` ends a string of a script and goes on with a call. */
bool wq_html_leaves_string(wq_str s);

/* What a tag is that begins at `tag`, which is behind the `<`: what is dangerous in it, or NULL. */
const char *wq_html_element(wq_str tag);

#endif
