/* The bytes of a document: inflated if they came compressed, rewritten piece by piece, handed on in pieces of our own. Input
 * is taken only while less than WQ_REWRITE_BUSY_MAX of output waits for the visitor. */
#include "gate/nginx/rewrite_priv.h"

enum {
	REWRITE_BUFFERED = 0x08, /* the bit of r->buffered that no filter of nginx for documents has */
	STEP = 8 * 1024,         /* of input, at a time */
	INFLATE_STEP = 128,      /* of compressed input: at most 1,032 times that comes out */
	BOM_MAX = 3
};

void wq_rewriting_done(struct wq_gate_rewriting *w)
{
	for (struct wq_rewrite_piece *p = w->pieces; p; p = p->next)
		wq_buf_done(&p->mem);
	if (w->rest.posted) {
		ngx_delete_posted_event(&w->rest);
	}
	wq_inflate_free(&w->inflate);
	wq_rewrite_free(&w->rewrite);
	wq_buf_done(&w->head);
	wq_buf_done(&w->plain);
}

/* ---- output ---- */

/* nginx is done with a piece when it has moved its position to its end. */
static bool is_busy(const struct wq_rewrite_piece *p)
{
	return p->b.pos != p->b.last;
}

static size_t busy_bytes(const struct wq_gate_rewriting *w)
{
	size_t n = 0;

	for (const struct wq_rewrite_piece *p = w->pieces; p; p = p->next)
		n += (size_t)(p->b.last - p->b.pos);
	return n;
}

static struct wq_rewrite_piece *piece_take(ngx_http_request_t *r, struct wq_gate_rewriting *w)
{
	struct wq_rewrite_piece *p = w->pieces;

	if (w->open)
		return w->open;
	while (p && is_busy(p))
		p = p->next;
	if (!p) {
		p = ngx_pcalloc(r->pool, sizeof *p);
		if (!p)
			return NULL;
		wq_buf_init(&p->mem, WQ_REWRITE_PIECE_MAX);
		p->next = w->pieces;
		w->pieces = p;
	}
	wq_buf_clear(&p->mem);
	w->open = p;
	return wq_buf_reserve(&p->mem, WQ_REWRITE_PIECE + STEP) ? p : NULL; /* once, instead of growing */
}

/* What a piece holds as nginx wants it; NULL when there is nothing to say. Flags without bytes have a buffer of their own,
 * because where those are does not show. */
static ngx_chain_t *piece_chain(
	ngx_http_request_t *r, const struct wq_gate_rewriting *w, struct wq_rewrite_piece *p, bool flush)
{
	ngx_buf_t *b = &p->b;
	ngx_chain_t *link = &p->link;

	if (p->mem.len == 0) {
		if (!flush && !w->ended)
			return NULL;
		b = ngx_calloc_buf(r->pool);
		link = ngx_alloc_chain_link(r->pool);
		if (!b || !link)
			return NGX_CHAIN_ERROR;
	} else {
		ngx_memzero(b, sizeof *b);
		b->start = b->pos = p->mem.data;
		b->end = b->last = p->mem.data + p->mem.len;
		b->memory = 1;
	}
	b->flush = flush;
	b->last_buf = w->ended;
	b->last_in_chain = w->ended;
	link->buf = b;
	link->next = NULL;
	return link;
}

/* ---- input ---- */

/* The charset is decided: from here on bytes are rewritten as they come. */
static wq_err begin(struct wq_gate_rewriting *w, struct wq_buf *out)
{
	struct wq_charset_guess guess = wq_charset_detect(wq_buf_str(&w->head), w->label);

	if (guess.charset == WQ_CHARSET_UTF16LE || guess.charset == WQ_CHARSET_UTF16BE)
		return wq_error(WQ_E_INPUT, "document_charset");
	w->options.charset = wq_str_c(wq_charset_name(guess.charset));
	WQ_TRY(wq_rewrite_new(&w->options, &w->rewrite));
	w->state = WQ_REWRITING_STREAM;
	return wq_rewrite_feed(w->rewrite, wq_buf_str(&w->head), out);
}

/* Enough to decide the charset: with a label only a byte order mark is stronger. */
static bool head_suffices(const struct wq_gate_rewriting *w)
{
	return w->head.len == WQ_CHARSET_PRESCAN ||
		(w->head.len >= BOM_MAX && wq_charset_by_label(w->label) != WQ_CHARSET_NONE);
}

static wq_err feed(struct wq_gate_rewriting *w, wq_str bytes, struct wq_buf *out)
{
	if (w->inflate) {
		wq_buf_clear(&w->plain);
		WQ_TRY(wq_inflate_push(w->inflate, bytes, &w->plain));
		bytes = wq_buf_str(&w->plain);
	}
	if (w->state == WQ_REWRITING_HELD) {
		size_t n = WQ_MIN(bytes.n, WQ_CHARSET_PRESCAN - w->head.len);

		wq_buf_add(&w->head, wq_str_head(bytes, n));
		WQ_TRY(wq_buf_err(&w->head));
		if (!head_suffices(w))
			return WQ_OK;
		WQ_TRY(begin(w, out));
		bytes = wq_str_from(bytes, n);
	}
	return wq_rewrite_feed(w->rewrite, bytes, out);
}

static wq_err finish(struct wq_gate_rewriting *w, struct wq_buf *out)
{
	w->ended = true;
	if (w->inflate)
		WQ_TRY(wq_inflate_end(w->inflate));
	if (w->state == WQ_REWRITING_HELD)
		WQ_TRY(begin(w, out));
	return wq_rewrite_finish(w->rewrite, out);
}

/* Reads input until `out` is a piece, something is to be flushed, or there is no more. */
static wq_err fill(ngx_http_request_t *r, struct wq_gate_rewriting *w, struct wq_buf *out, bool *ret_flush)
{
	size_t step = w->inflate ? INFLATE_STEP : STEP;

	*ret_flush = false;
	while (w->in && out->len < WQ_REWRITE_PIECE && !*ret_flush) {
		ngx_chain_t *link = w->in;
		ngx_buf_t *b = link->buf;
		size_t n;

		if (!ngx_buf_in_memory(b) && !ngx_buf_special(b))
			return wq_error(WQ_E_BUG, "a buffer that is not in memory");
		n = WQ_MIN((size_t)(b->last - b->pos), step);
		if (n > 0)
			WQ_TRY(feed(w, wq_str_of(b->pos, n), out));
		b->pos += n;
		if (b->pos != b->last)
			continue;
		*ret_flush = b->flush;
		if (b->last_buf)
			WQ_TRY(finish(w, out));
		w->in = link->next;
		ngx_free_chain(r->pool, link);
	}
	return wq_buf_err(out);
}

/* ---- both ---- */

/* What was begun cannot be ended well: the visitor must not take it for whole. */
static ngx_int_t cut(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_err e)
{
	ctx->rewriting->state = WQ_REWRITING_CUT;
	ctx->reason = "document_cut";
	wq_gate_count(ctx, WQ_N_DOCUMENT_CUT);
	ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "weique: document_cut app=%s error=%s note=\"%s\"",
		ctx->release->snapshot.head.app, wq_err_name(e), wq_err_note(e));
	return NGX_ERROR;
}

static ngx_int_t broken(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_err e)
{
	if (ctx->rewriting->header_sent)
		return cut(r, ctx, e);
	ctx->rewriting->state = WQ_REWRITING_PASS;
	return wq_rewriting_refuse(
		r, ctx, strcmp(wq_err_note(e), "document_charset") == 0 ? "document_charset" : "document_broken");
}

static void count_end(const struct wq_gate_ctx *ctx)
{
	bool changed = wq_rewrite_transforms(ctx->rewriting->rewrite) != 0;

	wq_gate_count(ctx, changed ? WQ_N_DOCUMENT_REWRITTEN : WQ_N_DOCUMENT_UNCHANGED);
}

/* The open piece, as far as it is filled. */
static ngx_int_t send_open(ngx_http_request_t *r, struct wq_gate_ctx *ctx, bool flush)
{
	struct wq_gate_rewriting *w = ctx->rewriting;
	struct wq_rewrite_piece *p = w->open;
	ngx_chain_t *out;

	w->open = NULL;
	if (!w->header_sent) {
		ngx_int_t rc = wq_rewriting_send_header(r);

		w->header_sent = true;
		if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
			return rc == NGX_OK ? NGX_ERROR : rc;
	}
	if (w->ended)
		count_end(ctx);
	out = piece_chain(r, w, p, flush);
	if (out == NGX_CHAIN_ERROR)
		return NGX_ERROR;
	return out ? wq_rewriting_next(r, out) : NGX_OK;
}

/* One piece, from input to output. What is not full waits for the end of this round of nginx's events: writing costs more
 * than reading, and nothing is late by it. */
static ngx_int_t pass_piece(ngx_http_request_t *r, struct wq_gate_ctx *ctx)
{
	struct wq_gate_rewriting *w = ctx->rewriting;
	struct wq_rewrite_piece *p = piece_take(r, w);
	bool flush;
	wq_err e;

	if (!p)
		return NGX_ERROR;
	e = fill(r, w, &p->mem, &flush);
	if (wq_failed(e))
		return broken(r, ctx, e);
	if (w->state == WQ_REWRITING_HELD)
		return NGX_OK;
	if (flush || w->ended || p->mem.len >= WQ_REWRITE_PIECE)
		return send_open(r, ctx, flush);
	if (!w->rest.posted) {
		ngx_post_event(&w->rest, &ngx_posted_events);
	}
	return NGX_OK;
}

static void send_rest(ngx_event_t *event)
{
	struct wq_gate_rewriting *w = event->data;
	ngx_http_request_t *r = w->r;
	ngx_connection_t *c = r->connection;
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);

	if (!w->open || w->open->mem.len == 0 || !ctx || ctx->rewriting != w || w->state != WQ_REWRITING_STREAM)
		return;
	ngx_http_set_log_request(c->log, r);
	if (send_open(r, ctx, false) == NGX_ERROR)
		w->state = WQ_REWRITING_CUT; /* whoever gives the next bytes is told */
	ngx_http_run_posted_requests(c);
}

void wq_rewriting_init(ngx_http_request_t *r, struct wq_gate_rewriting *w)
{
	w->r = r;
	w->rest.data = w;
	w->rest.handler = send_rest;
	w->rest.log = r->connection->log;
	wq_buf_init(&w->head, WQ_CHARSET_PRESCAN);
	wq_buf_init(&w->plain, WQ_REWRITE_PIECE_MAX);
}

ngx_int_t wq_rewriting_body(ngx_http_request_t *r, struct wq_gate_ctx *ctx, ngx_chain_t *in)
{
	struct wq_gate_rewriting *w = ctx->rewriting;
	ngx_int_t rc = NGX_OK;

	if (w->state == WQ_REWRITING_CUT)
		return NGX_ERROR;
	if (in && ngx_chain_add_copy(r->pool, &w->in, in) != NGX_OK)
		return NGX_ERROR;
	if (w->header_sent && (!in || busy_bytes(w) > 0))
		rc = wq_rewriting_next(r, NULL);
	while (rc != NGX_ERROR && w->in && busy_bytes(w) < WQ_REWRITE_BUSY_MAX)
		rc = pass_piece(r, ctx);
	if (w->in)
		r->buffered |= REWRITE_BUFFERED;
	else
		r->buffered &= (unsigned)~REWRITE_BUFFERED & 0xf;
	return rc;
}
