/* Rewriting an HTML document while it streams: links that lead out go through the leave-site prompt, a missing mark is
 * put before </body>. Sealed pages (while they are captured) and dynamic ones (in nginx) use this one code.
 *
 * Rewritten: href of a and area (not of links with a download of our own), xlink:href of svg a, action of form and
 * formaction, the address of <meta http-equiv=refresh>, the literal first argument of window.open("…") and
 * location(.href)? = "…" inside an event handler attribute (where it can be seen); `base` is obeyed. Addresses of what is loaded with a page (img, script,
 * link) are not a visitor's leaving and stay. Everything else goes through byte for byte: whatever is not understood is not
 * touched. A form that posts to a place outside keeps its method: its action becomes the prompt (GET), which names where it
 * would go; such a form is reported (`on_form`).
 *
 * Invariants: output depends on the document and the options, not on where chunks were cut; memory is bounded by the
 * tokenizer's tag_max, whatever comes; applied to its own output it changes nothing. A document that a browser would read
 * in a charset that the tokenizer does not (UTF-16) is converted by nobody here: pass it on only if policy says so.
 * Bad at: links made by scripts.
 */
#ifndef WQ_POLICY_REWRITE_H
#define WQ_POLICY_REWRITE_H

#include "policy/leave.h"
#include "text/html.h"

enum { WQ_REWRITE_VERSION = 1 }; /* raised when the same input would give other bytes */

/* Which transformations changed a document: flags that a manifest keeps. */
enum { WQ_TRANSFORM_LEAVE = 1, WQ_TRANSFORM_FOOTER = 2, WQ_TRANSFORM_CUT = 4 /* a volatile region was removed */ };

struct wq_rewrite_options {
	struct wq_leave leave;
	wq_str scheme, host, path; /* of the document: "https", canonical host, path with query */
	wq_str charset;            /* as wq_site_charset() names it; empty: UTF-8 */
	const wq_digest *key;      /* NULL: by id (sealed); else tokens under this key (dynamic) */
	bool footer; /* add policy->footer when the page has no mark (conac script or static form, field-facts 5.1) */
	/* Each address that was renamed, once each time; may be NULL. An error ends the rewriting. */
	wq_err (*on_link)(void *data, const struct wq_leave_id *id, wq_str address, uint64_t line);
	void (*on_form)(void *data, wq_str address, uint64_t line); /* may be NULL */
	void *data;
	uint32_t tag_max; /* 0: WQ_HTML_TAG_MAX */
};

struct wq_rewrite;

/* Copies nothing of the options: they outlive it. Errors: WQ_E_NO_MEMORY, WQ_E_INPUT (the document's own address). */
wq_err wq_rewrite_new(const struct wq_rewrite_options *options, struct wq_rewrite **ret_rewrite);
void wq_rewrite_free(struct wq_rewrite **rewrite);
/* Appends to `out` what is certain so far. Errors: those of `out`, of on_link, WQ_E_NO_MEMORY; never for content. */
wq_err wq_rewrite_feed(struct wq_rewrite *rewrite, wq_str chunk, struct wq_buf *out);
wq_err wq_rewrite_finish(struct wq_rewrite *rewrite, struct wq_buf *out);
/* Flags above; complete after wq_rewrite_finish(). 0: the output is the input. */
unsigned wq_rewrite_transforms(const struct wq_rewrite *rewrite);
/* Ready for another document: `options` as with new. */
wq_err wq_rewrite_reset(struct wq_rewrite *rewrite, const struct wq_rewrite_options *options);

/* A redirect of the origin: the value for Location, appended; the value itself when it stays. */
wq_err wq_rewrite_location(const struct wq_rewrite_options *options, wq_str location, struct wq_buf *out);

/* Whether these response headers name a document to rewrite: text/html, application/xhtml+xml. */
bool wq_rewrite_is_document(wq_str content_type);

#endif
