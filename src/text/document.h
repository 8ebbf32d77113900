/* A page as it was delivered: decoded once, read by several detectors in one pass of the tokenizer.
 *
 * Invariants: `html` is what a browser would read, in UTF-8; offsets of tokens are offsets of `html`, which are those of
 * `bytes` too unless `converted`; readers get every token in order, none can alter what the next one sees.
 * Bad at: documents that scripts write; feeding by chunks (whoever streams uses text/html.h itself).
 */
#ifndef WQ_TEXT_DOCUMENT_H
#define WQ_TEXT_DOCUMENT_H

#include "text/header.h"
#include "text/html.h"
#include "text/url.h"

enum { WQ_DOCUMENT_READERS_MAX = 16 };

struct wq_document {
	struct wq_url address; /* where it came from, after redirects */
	int status;
	uint32_t msec;  /* from the request to the last byte */
	wq_str headers; /* raw lines of the response (text/header.h); may be empty */
	wq_str bytes;   /* the body, content codings undone */
	wq_str html;    /* the same in UTF-8 */
	bool converted;
};

/* Decodes `bytes` by `http_label` (the charset of Content-Type, may be empty), BOM, <meta> or the bytes themselves, into
 * `room` where that is needed; fills in bytes, html and converted, and leaves the rest. Errors: WQ_E_LIMIT of `room`, WQ_E_NO_MEMORY. */
wq_err wq_document_open(struct wq_document *document, wq_str bytes, wq_str http_label, struct wq_buf *room);

struct wq_document_reader {
	wq_html_fn token; /* an error ends the reading of all */
	void *data;
};

/* One pass, without scripting (what stands in noscript is markup). Errors: those of the readers, WQ_E_NO_MEMORY, WQ_E_LIMIT
 * for more than WQ_DOCUMENT_READERS_MAX. */
wq_err wq_document_read(const struct wq_document *document, const struct wq_document_reader *readers, size_t n);

/* Where lines were counted up to; zero-initialised. */
struct wq_document_at {
	uint64_t offset;
	uint32_t line;
};
/* Line and column (in characters), both from 1, of an offset of `html`. Asking in ascending order counts each byte once. */
void wq_document_place(const struct wq_document *document, struct wq_document_at *at, uint64_t offset,
	uint32_t *ret_line, uint32_t *ret_column);

#endif
