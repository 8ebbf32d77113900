/* A document of an origin on its way through the gate. For rewrite.c (its header) and rewrite_body.c (its bytes) only.
 *
 *     ASKED --not a document--> PASS            everything goes through untouched (but Location and Refresh)
 *     ASKED --document--------> HELD            the header waits for the first bytes: their charset decides
 *     HELD  --readable--------> STREAM          bytes go through the rewriter as they come
 *     ASKED, HELD --unreadable-> PASS, after a built-in page has taken the answer's place
 *     STREAM --broken---------> CUT             the connection ends: what was sent so far is fine, and does not look whole
 *
 * Memory of one request: the rewriter's (a tag of at most TAG_MAX), a window of zlib, and output that the visitor has
 * not taken yet, of which more is only made below WQ_REWRITE_BUSY_MAX: a slow visitor slows the origin down.
 */
#ifndef WQ_GATE_NGINX_REWRITE_PRIV_H
#define WQ_GATE_NGINX_REWRITE_PRIV_H

#include "gate/nginx/module.h"
#include "policy/rewrite.h"
#include "text/charset.h"
#include "vault/inflate.h"

enum {
	WQ_REWRITE_BUSY_MAX = 64 * 1024,
	WQ_REWRITE_PIECE = 32 * 1024, /* of output: sent when it is full, or nothing more comes at once */
	WQ_REWRITE_PIECE_MAX = 1024 * 1024
};

enum wq_rewriting_state {
	WQ_REWRITING_ASKED,
	WQ_REWRITING_PASS,
	WQ_REWRITING_HELD,
	WQ_REWRITING_STREAM,
	WQ_REWRITING_CUT
};

/* Output that nginx may still be sending; its memory is used again when that is done. */
struct wq_rewrite_piece {
	struct wq_rewrite_piece *next;
	struct wq_buf mem;
	ngx_buf_t b;
	ngx_chain_t link;
};

struct wq_gate_rewriting {
	enum wq_rewriting_state state;
	struct wq_rewrite_options options;
	wq_digest key;
	wq_str label; /* of Content-Type; empty: none */
	struct wq_inflate *inflate;
	struct wq_rewrite *rewrite;
	struct wq_buf head;                     /* the beginning, while HELD */
	struct wq_buf plain;                    /* what came out of `inflate` */
	ngx_chain_t *in;                        /* not read yet */
	struct wq_rewrite_piece *pieces, *open; /* open: is being filled; NULL: none */
	ngx_event_t rest;                       /* sends what is open when nginx has nothing more to give for now */
	ngx_http_request_t *r;
	bool header_sent, ended;
};

/* rewrite.c: a built-in 502 in the place of what came; the filters' answer to nginx. */
ngx_int_t wq_rewriting_refuse(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const char *reason);
/* rewrite.c: the header that was held */
ngx_int_t wq_rewriting_send_header(ngx_http_request_t *r);
/* rewrite.c: the next body filter */
ngx_int_t wq_rewriting_next(ngx_http_request_t *r, ngx_chain_t *out);
/* rewrite_body.c */
void wq_rewriting_init(ngx_http_request_t *r, struct wq_gate_rewriting *w);
void wq_rewriting_done(struct wq_gate_rewriting *w);
ngx_int_t wq_rewriting_body(ngx_http_request_t *r, struct wq_gate_ctx *ctx, ngx_chain_t *in);

#endif
