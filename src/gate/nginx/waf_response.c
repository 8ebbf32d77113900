/* What comes back from an origin: phase 3 over its header, phase 4 over as much of its body as rules want. Until they are through
 * nothing of the answer is sent, so a visitor gets a page instead of half of it. In mode log the answer goes on at once and a copy
 * waits for the log phase. */
#include "gate/nginx/waf_priv.h"

enum {
	COPY_BYTES = 16 * 1024,
	HELD_BUFFERED = 0x08 /* the rewriting's bit of r->buffered: it has nothing while this waits */
};

static ngx_http_output_header_filter_pt next_header;
static ngx_http_output_body_filter_pt next_body;

/* ---- the header, for rules ---- */

static void put_header(struct wq_gate_waf *w, const char *name, ngx_str_t value)
{
	if (value.len > 0)
		wq_waf_response_header(w->tx, wq_str_c(name), wq_gate_str(value));
}

static void put_length(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;
	ngx_str_t value;

	if (r->headers_out.content_length_n < 0)
		return;
	value.data = ngx_pnalloc(r->pool, NGX_OFF_T_LEN);
	if (!value.data)
		return;
	value.len = (size_t)(ngx_sprintf(value.data, "%O", r->headers_out.content_length_n) - value.data);
	put_header(w, "Content-Length", value);
}

void wq_gate_waf_answer_headers(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;

	wq_waf_response(w->tx, (uint16_t)r->headers_out.status, wq_gate_str(r->http_protocol));
	put_header(w, "Content-Type", r->headers_out.content_type);
	put_length(w);
	for (ngx_list_part_t *part = &r->headers_out.headers.part; part; part = part->next) {
		ngx_table_elt_t *h = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			if (h[i].hash != 0)
				wq_waf_response_header(w->tx, wq_gate_str(h[i].key), wq_gate_str(h[i].value));
	}
}

/* A coding that hides the body from rules; the origin was asked for none. */
static bool is_coded(ngx_http_request_t *r)
{
	ngx_table_elt_t *coding = r->headers_out.content_encoding;

	return coding && coding->hash != 0 && !wq_str_eq_nocase(wq_gate_str(coding->value), WQ_S("identity"));
}

/* ---- copies ---- */

static bool copy_bytes(struct wq_gate_waf *w, const u_char *from, size_t n)
{
	while (n > 0) {
		ngx_buf_t *b = w->copy;
		size_t room = b ? (size_t)(b->end - b->last) : 0;

		if (room == 0) {
			ngx_chain_t *cl = ngx_alloc_chain_link(w->r->pool);

			b = ngx_create_temp_buf(w->r->pool, COPY_BYTES);
			if (!cl || !b)
				return false;
			cl->buf = b;
			cl->next = NULL;
			*w->copies_end = cl;
			w->copies_end = &cl->next;
			w->copy = b;
			room = COPY_BYTES;
		}
		room = WQ_MIN(room, n);
		b->last = ngx_cpymem(b->last, from, room);
		from += room;
		n -= room;
		w->answer_bytes += room;
	}
	return true;
}

/* Copies what rules want; with `all` everything, and the original counts as sent. */
static bool copy_chain(struct wq_gate_waf *w, ngx_chain_t *in, bool all)
{
	for (ngx_chain_t *cl = in; cl; cl = cl->next) {
		ngx_buf_t *b = cl->buf;
		size_t n = ngx_buf_in_memory(b) ? (size_t)(b->last - b->pos) : 0;
		uint64_t room = w->answer_max > w->answer_bytes ? w->answer_max - w->answer_bytes : 0;

		if (!copy_bytes(w, b->pos, all ? n : (size_t)WQ_MIN((uint64_t)n, room)))
			return false;
		if (all)
			b->pos = b->last;
		w->answer_last |= b->last_buf;
	}
	return true;
}

/* ---- verdicts ---- */

/* A page in the place of the answer, which goes no further. */
static ngx_int_t replace(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;
	ngx_int_t rc;

	w->answer = WQ_GATE_ANSWER_OPEN;
	ngx_http_clean_header(r);
	r->filter_finalize = 1;
	r->keepalive = 0;
	rc = wq_gate_waf_page_send(w);
	return rc == NGX_OK || rc == NGX_DONE ? NGX_ERROR : rc;
}

static void run_whole(struct wq_gate_waf *w, unsigned phase)
{
	enum wq_waf_step step;

	do
		step = wq_gate_waf_run(w, phase);
	while (step == WQ_WAF_AGAIN);
	if (step != WQ_WAF_DONE) {
		w->answer_judged = 1;
		wq_gate_waf_stopped(w, step, false);
	}
}

bool wq_gate_waf_answer_step(struct wq_gate_waf *w)
{
	enum wq_waf_step step = wq_gate_waf_run(w, 4);

	if (step == WQ_WAF_AGAIN)
		return false;
	w->answer_judged = 1;
	w->state = WQ_GATE_WAF_SETTLED;
	if (step != WQ_WAF_DONE)
		wq_gate_waf_stopped(w, step, false);
	return true;
}

static void give_body(struct wq_gate_waf *w)
{
	for (ngx_chain_t *cl = w->copies; cl; cl = cl->next)
		wq_waf_response_body_add(w->tx, wq_str_of(cl->buf->pos, (size_t)(cl->buf->last - cl->buf->pos)));
}

static bool has_body(ngx_http_request_t *r)
{
	ngx_uint_t status = r->headers_out.status;

	return r->method != NGX_HTTP_HEAD && !r->header_only && status >= NGX_HTTP_OK &&
		status != NGX_HTTP_NO_CONTENT && status != NGX_HTTP_NOT_MODIFIED;
}

/* Modes block and challenge. */
static ngx_int_t judge_header(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;

	wq_gate_waf_answer_headers(w);
	run_whole(w, 3);
	if (!w->answer_judged)
		w->answer_max = wq_waf_response_body_wanted(w->tx);
	if (!w->answer_judged && w->answer_max > 0 && has_body(r)) {
		if (!is_coded(r)) {
			w->answer = WQ_GATE_ANSWER_HELD;
			r->main_filter_need_in_memory = 1;
			return NGX_OK;
		}
		w->unreadable = 1;
		if (!w->guard->unreadable_passes) {
			w->verdict = WQ_VERDICT_BLOCK;
			w->page = WQ_RULES_PAGE_BLOCK;
		}
	}
	if (!w->answer_judged)
		run_whole(w, 4);
	w->answer_judged = 1;
	if (w->verdict != WQ_VERDICT_PASS)
		return replace(w);
	w->answer = WQ_GATE_ANSWER_OPEN;
	return next_header(r);
}

/* Mode log: nothing is judged before the visitor has it. */
static ngx_int_t watch_header(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;

	w->answer_max = wq_waf_program_reads_response(w->rules->program, wq_gate_str(r->headers_out.content_type));
	if (w->answer_max > 0 && has_body(r) && !is_coded(r)) {
		w->answer = WQ_GATE_ANSWER_COPY;
		r->main_filter_need_in_memory = 1;
	}
	return next_header(r);
}

static ngx_int_t header_filter(ngx_http_request_t *r)
{
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);
	struct wq_gate_waf *w = ctx ? ctx->waf : NULL;

	if (!w || r != r->main || w->own_page || w->answer_seen || w->watched)
		return next_header(r);
	w->answer_seen = 1;
	if (w->mode == WQ_GUARD_LOG)
		return watch_header(w);
	if (w->over || w->confirmed || w->stopped_by)
		return next_header(r);
	return judge_header(w);
}

/* What was held is judged: it goes on, or a page goes in its place. */
static ngx_int_t open_held(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;
	ngx_chain_t *last;
	ngx_int_t rc;

	if (w->verdict != WQ_VERDICT_PASS)
		return replace(w);
	w->answer = WQ_GATE_ANSWER_OPEN;
	rc = next_header(r);
	if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
		return rc;
	if (!w->copies || w->answer_last) {
		last = ngx_alloc_chain_link(r->pool);
		if (!last)
			return NGX_ERROR;
		last->buf = ngx_calloc_buf(r->pool);
		if (!last->buf)
			return NGX_ERROR;
		last->buf->last_buf = w->answer_last;
		last->buf->last_in_chain = 1;
		last->buf->flush = !w->answer_last;
		last->next = NULL;
		*w->copies_end = last;
	}
	return next_body(r, w->copies);
}

static void on_judged(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;

	w->judging = 0;
	r->buffered &= (unsigned)~HELD_BUFFERED & 0xf;
	if (open_held(w) == NGX_ERROR)
		ngx_http_finalize_request(r, NGX_ERROR);
	else if (w->answer_last) /* who waited for this to be sent */
		r->write_event_handler(r);
}

/* The whole of what rules want is here. */
static ngx_int_t judge_held(struct wq_gate_waf *w)
{
	give_body(w);
	w->state = WQ_GATE_WAF_ANSWER;
	if (wq_gate_waf_answer_step(w))
		return open_held(w);
	w->judging = 1;
	w->r->buffered |= HELD_BUFFERED;
	wq_gate_waf_enqueue(w, on_judged);
	return NGX_OK;
}

static ngx_int_t pass_copied(struct wq_gate_waf *w, ngx_chain_t *in)
{
	ngx_int_t rc;

	if (w->answer == WQ_GATE_ANSWER_COPY && !copy_chain(w, in, false))
		w->answer = WQ_GATE_ANSWER_OPEN;
	for (ngx_chain_t *cl = in; cl; cl = cl->next)
		w->answer_last |= cl->buf->last_buf;
	rc = next_body(w->r, in);
	if (w->answer_last && w->queued && !w->held && rc != NGX_ERROR) {
		/* answered, but not yet judged: it lives on until then */
		w->held = 1;
		w->r->main->count++;
	}
	return rc;
}

static ngx_int_t body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);
	struct wq_gate_waf *w = ctx ? ctx->waf : NULL;

	if (!w || r != r->main || w->own_page)
		return next_body(r, in);
	if (w->mode == WQ_GUARD_LOG && !w->watched)
		return pass_copied(w, in);
	if (w->answer != WQ_GATE_ANSWER_HELD)
		return next_body(r, in);
	if (!copy_chain(w, in, true))
		return NGX_ERROR;
	if (w->judging || (!w->answer_last && w->answer_bytes < w->answer_max))
		return NGX_OK;
	return judge_held(w);
}

void wq_gate_waf_install(void)
{
	next_header = ngx_http_top_header_filter;
	ngx_http_top_header_filter = header_filter;
	next_body = ngx_http_top_body_filter;
	ngx_http_top_body_filter = body_filter;
}
