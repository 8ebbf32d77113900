/* Rewriting an HTML document while it streams: links that lead out go through the leave-site prompt, a missing mark is
 * put before </body>. Sealed pages (while they are captured) and dynamic ones (in nginx) use this one code.
 *
 * Rewritten: href of a and area, xlink:href of svg a, links of MathML, action of form and formaction, the address of
 * <meta http-equiv=refresh>; where a string literal is all of it, the address of window.open("…"), location = "…",
 * location.href = "…", location.assign("…") and location.replace("…") in an event handler or a "javascript:" link; the value
 * of an option when the handler of its select opens something. `base` is obeyed. noscript is read both as a browser with
 * scripts and as one without. Addresses of what is loaded with a page (img, script, link, iframe) are not a visitor's leaving
 * and stay. Everything else goes through byte for byte: whatever is not understood is not touched. A form keeps its method:
 * its action becomes the prompt, which names where it would go and has no use for the fields; such a form is reported
 * (`on_form`).
 *
 * Invariants: output depends on the document and the options, not on where chunks were cut; memory is bounded by the
 * tokenizer's tag_max, whatever comes; applied to its own output it changes nothing (the document's host being one of
 * leave.hosts). A document in UTF-16 goes through as it is: convert it before, or pass it on only if policy says so.
 * Bad at: links made by scripts, addresses that svg animates, srcdoc.
 */
#ifndef WQ_POLICY_REWRITE_H
#define WQ_POLICY_REWRITE_H

#include "policy/leave.h"
#include "text/html.h"

enum { WQ_REWRITE_VERSION = 1 }; /* raised when the same input would give other bytes */

/* Which transformations changed a document: flags that a manifest keeps. */
enum { WQ_TRANSFORM_LEAVE = 1, WQ_TRANSFORM_FOOTER = 2, WQ_TRANSFORM_CUT = 4 /* a volatile region was removed */ };

/* Names of outside addresses that were made under a key, kept for the documents that come later: a link that stands on each
 * page costs its HMAC once. A fixed number of fixed slots, 512 KiB in all; of two addresses that meet in one, the later
 * stays. For one thread. Used while nobody asks to be told of links. NULL when there is no memory. */
struct wq_rewrite_names;
struct wq_rewrite_names *wq_rewrite_names_new(void);
void wq_rewrite_names_free(struct wq_rewrite_names **names);

struct wq_rewrite_options {
	struct wq_leave leave;
	wq_str scheme, host,
		path;         /* of the document: "https", canonical host (":port" if it has one), path with query */
	wq_str charset;       /* as wq_site_charset() names it; empty: UTF-8 */
	const wq_digest *key; /* NULL: by id (sealed); else tokens under this key (dynamic) */
	/* Add policy->footer when the page has no mark by then: the script or the static form of bszs.conac.cn (list that host
	 * as inside, or its link is renamed like any other). Its own links are renamed too; where the document is not UTF-8 it
	 * is written in references. What is no page (no doctype, html, head or body) gets none. */
	bool footer;
	/* Each address that was renamed, once each time; may be NULL. An error ends the rewriting. */
	wq_err (*on_link)(void *data, const struct wq_leave_id *id, wq_str address, uint64_t line);
	void (*on_form)(void *data, wq_str address, uint64_t line); /* may be NULL */
	void *data;
	uint32_t tag_max;               /* 0: WQ_HTML_TAG_MAX */
	struct wq_rewrite_names *names; /* may be NULL */
	uint64_t names_owner;           /* stands for `leave`: another policy or other hosts have another number */
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
/* Tags that were longer than tag_max or had too many attributes: they went through without being looked at. */
uint64_t wq_rewrite_overlong(const struct wq_rewrite *rewrite);
/* Ready for another document: `options` as with new. */
wq_err wq_rewrite_reset(struct wq_rewrite *rewrite, const struct wq_rewrite_options *options);

/* A redirect of the origin: the value for Location, appended; the value itself when it stays. */
wq_err wq_rewrite_location(const struct wq_rewrite_options *options, wq_str location, struct wq_buf *out);

/* Whether these response headers name a document to rewrite: text/html, application/xhtml+xml. */
bool wq_rewrite_is_document(wq_str content_type);

#endif
