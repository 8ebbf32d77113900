/* How deep in svg and math the tokenizer is: there no tag switches to raw text (HTML Living Standard §13.2.6.5).
 *
 * A short stack of svg, math and the integration points in which HTML goes on; beyond its bound nothing is pushed. Not a
 * tree: other elements are not followed.
 */
#ifndef WQ_TEXT_HTML_FOREIGN_H
#define WQ_TEXT_HTML_FOREIGN_H

#include "text/html.h"

struct wq_html_foreign {
	struct {
		uint8_t kind;
		enum wq_html_tag tag;
	} open[WQ_HTML_FOREIGN_MAX];
	size_t n;
};

struct wq_html_element {
	enum wq_html_tag tag;
	bool self_closing;
	bool font;     /* a font tag with color, face or size */
	bool encoding; /* an annotation-xml tag whose encoding attribute says HTML */
};

/* Is an element that starts here an svg or math one? */
bool wq_html_foreign_in(const struct wq_html_foreign *foreign);
/* A start tag comes: some end svg and math. Before wq_html_foreign_start. */
void wq_html_foreign_break(struct wq_html_foreign *foreign, const struct wq_html_element *element);
void wq_html_foreign_start(struct wq_html_foreign *foreign, const struct wq_html_element *element);
void wq_html_foreign_end(struct wq_html_foreign *foreign, enum wq_html_tag tag);

#endif
