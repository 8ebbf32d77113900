/* What a visitor sees when rules refuse a request, and the pass that answering a challenge gives.
 *
 * A challenged visitor gets a page with a button. The button leads to WQ_RULES_CONTINUE, an address with a mark that only this
 * application's key makes for this client's network, this hour and this target; there the visitor gets a cookie with another such
 * mark and is sent on to the target by GET. Marks hold for the hour in which they were made and the next; no script is needed.
 * It keeps out what follows no form and keeps no cookie; a program that does both is let on, and is on record. Clause C3.
 */
#ifndef WQ_GATE_NGINX_RULES_PAGE_H
#define WQ_GATE_NGINX_RULES_PAGE_H

#include "base/buf.h"
#include "crypto/digest.h"

enum { WQ_RULES_MARK = 32, WQ_RULES_PAGE_MAX = 64 * 1024 };
#define WQ_RULES_CONTINUE "/weique-continue/"
#define WQ_RULES_COOKIE "weique_pass"

enum wq_rules_page { WQ_RULES_PAGE_BLOCK, WQ_RULES_PAGE_OVER, WQ_RULES_PAGE_UNREADABLE, WQ_RULES_PAGE_CHALLENGE };
/* Chinese first, English below; `action` is where the challenge's button leads. Everything but `incident` is our own text. */
void wq_rules_page(enum wq_rules_page kind, const char *incident, wq_str action, struct wq_buf *out);
/* "Name: value\r\n" lines. */
wq_str wq_rules_page_headers(void);

enum wq_rules_mark { WQ_RULES_MARK_COOKIE, WQ_RULES_MARK_CONTINUE };
/* `hour`: of Unix time. `target` is empty for a cookie. */
void wq_rules_mark(const wq_digest *key, enum wq_rules_mark what, wq_str client, uint64_t hour, wq_str target,
	char out[WQ_RULES_MARK + 1]);
/* Whether a mark was made by one of the keys, in this hour or the one before. In constant time for each try. */
bool wq_rules_mark_holds(const wq_digest *keys, size_t keys_n, enum wq_rules_mark what, wq_str client, uint64_t hour,
	wq_str target, wq_str mark);

/* Appends "/weique-continue/<mark>/<target in base64url>". */
void wq_rules_continue(const wq_digest *key, wq_str client, uint64_t hour, wq_str target, struct wq_buf *out);
/* The target of such a path, appended to `out`; false when the mark does not hold. */
bool wq_rules_continue_read(
	const wq_digest *keys, size_t keys_n, wq_str client, uint64_t hour, wq_str path, struct wq_buf *out);
/* The value of the cookie in a Cookie header; empty: none. */
wq_str wq_rules_cookie(wq_str header);

#endif
