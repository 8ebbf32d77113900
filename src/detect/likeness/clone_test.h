/* Copies of pages as counterfeiters make them, for tests and measurements.
 *
 * Each kind is one thing that is done to a page; what is made is a document that a browser would show.
 */
#ifndef WQ_DETECT_LIKENESS_CLONE_TEST_H
#define WQ_DETECT_LIKENESS_CLONE_TEST_H

#include "base/buf.h"

enum clone_kind {
	CLONE_HOST,     /* addresses lead elsewhere */
	CLONE_NUMBERS,  /* telephone numbers, dates and filings are others */
	CLONE_ADDED,    /* a fifth more text, of another page */
	CLONE_REMOVED,  /* every fifth paragraph, row and item is gone */
	CLONE_TEMPLATE, /* the text in another template, with other menus */
	CLONE_MINIFIED, /* no comments, no white space, other classes */
	CLONE_CHARSET,  /* GB18030, said so */
	CLONE_SYNONYMS, /* every twelfth word is another */
	CLONE_TEXT,     /* the text alone */
	CLONE_KINDS
};
const char *clone_name(enum clone_kind kind);
/* `other` is a page that lends its text. The charset that HTTP says, may be empty. */
wq_str clone_make(enum clone_kind kind, wq_str page, wq_str other, struct wq_buf *out);

/* Every page below a folder, at least `bytes_min` long, in byte order of their paths; `path` lives during the call. */
void clone_pages(
	const char *dir, size_t bytes_min, void (*page)(void *data, const char *path, wq_str bytes), void *data);

#endif
