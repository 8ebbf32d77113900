/* Sealed responses whose pack is not in memory: a block is read from the disk into memory of the request, each of its leaves
 * is checked, and that memory is sent.
 *
 *     READING --thread--> READ --fine--> SENDING --taken by the visitor--> READING, until the end
 *                          |
 *                          +--not what was sealed--> 500 when nothing was sent yet, else the connection is cut
 *
 * One block a request at a time; the next one is read when it was sent. Without a thread pool the worker reads by itself.
 */
#include "gate/nginx/module.h"

enum phase { READING, READ, SENDING };
/* How long a timer stands while a thread reads: without one, a worker that ends would not wait for the thread. */
enum { READ_MSEC = 60 * 1000 };

struct wq_gate_cold {
	ngx_http_request_t *r;
	struct wq_gate_ctx *ctx;
	struct wq_gate_object object;
	uint64_t at, end; /* what is still to be sent */
	uint64_t block_at;
	size_t block_n;
	uint8_t *block;
	ngx_buf_t buf;
	enum phase phase;
	wq_err e; /* of the last read, and the leaf it was about */
	uint32_t leaf;
	ngx_thread_task_t *task;
};

/* ---- reading ---- */

static void read_block(struct wq_gate_cold *cold)
{
	cold->e = wq_gate_object_read(&cold->object, cold->block_at, cold->block, cold->block_n, &cold->leaf);
}

#if (NGX_THREADS)
static void read_in_thread(void *data, ngx_log_t *log)
{
	(void)log;
	read_block(*(struct wq_gate_cold **)data);
}

/* Back in the worker. A request that ended meanwhile waited for this. */
static void read_done(ngx_event_t *event)
{
	struct wq_gate_cold *cold = event->data;
	ngx_http_request_t *r = cold->r;
	ngx_connection_t *c = r->connection;

	if (event->timedout) { /* the disk is slow: the thread still has the request */
		event->timedout = 0;
		ngx_add_timer(event, READ_MSEC);
		return;
	}
	if (event->timer_set)
		ngx_del_timer(event);
	ngx_http_set_log_request(c->log, r);
	r->main->blocked--;
	r->aio = 0;
	cold->phase = READ;
	if (r->done) {
		c->write->handler(c->write);
		return;
	}
	r->write_event_handler(r);
	ngx_http_run_posted_requests(c);
}

static bool post(struct wq_gate_cold *cold)
{
	struct wq_gate_main_conf *conf = ngx_http_get_module_main_conf(cold->r, ngx_http_weique_module);

	if (!conf->threads)
		return false;
	if (!cold->task) {
		cold->task = ngx_thread_task_alloc(cold->r->pool, sizeof(struct wq_gate_cold *));
		if (!cold->task)
			return false;
		*(struct wq_gate_cold **)cold->task->ctx = cold;
		cold->task->handler = read_in_thread;
		cold->task->event.data = cold;
		cold->task->event.handler = read_done;
		cold->task->event.log = cold->r->connection->log;
	}
	if (ngx_thread_task_post(conf->threads, cold->task) != NGX_OK)
		return false;
	ngx_add_timer(&cold->task->event, READ_MSEC);
	cold->r->main->blocked++;
	cold->r->aio = 1;
	return true;
}
#else
static bool post(struct wq_gate_cold *cold)
{
	(void)cold;
	return false;
}
#endif

/* The leaves that the next bytes lie in. */
static void begin_reading(struct wq_gate_cold *cold)
{
	uint64_t last = WQ_MIN((cold->end + WQ_TREE_LEAF - 1) / WQ_TREE_LEAF * WQ_TREE_LEAF, cold->object.length_bytes);

	cold->block_at = cold->at / WQ_TREE_LEAF * WQ_TREE_LEAF;
	cold->block_n = (size_t)WQ_MIN(last - cold->block_at, (uint64_t)WQ_GATE_BLOCK);
	cold->phase = READING;
	if (post(cold))
		return;
	read_block(cold);
	cold->phase = READ;
}

/* ---- what is not what was sealed ---- */

static ngx_int_t give_up(struct wq_gate_cold *cold)
{
	ngx_http_request_t *r = cold->r;
	struct wq_gate_ctx *ctx = cold->ctx;
	bool altered = wq_is(cold->e, WQ_E_ALTERED);
	char hex[2 * WQ_HANDOVER_DIGEST + 1];

	ctx->reason = altered ? "cold_altered" : "cold_unreadable";
	wq_gate_count(ctx, WQ_N_SEALED_BROKEN);
	wq_gate_count(ctx, altered ? WQ_N_COLD_ALTERED : WQ_N_COLD_UNREADABLE);
	wq_hex(wq_gate_object_pack(&cold->object), WQ_HANDOVER_DIGEST, hex);
	ngx_log_error(NGX_LOG_ALERT, r->connection->log, (ngx_err_t)cold->e.sys,
		"weique: %s app=%s serial=%uL pack=%s object=%uD leaf=%uD note=\"%s\"", ctx->reason,
		ctx->release->snapshot.head.app, ctx->release->snapshot.head.serial, hex, cold->object.number,
		cold->leaf, wq_err_note(cold->e));
	wq_gate_channel_report(ctx->release, &cold->object, ctx->reason);
	r->keepalive = 0;
	if (r->header_sent)
		return NGX_ERROR;
	ngx_http_clean_header(r);
	return wq_gate_builtin_send(r, NGX_HTTP_INTERNAL_SERVER_ERROR, ctx->reason);
}

/* ---- sending ---- */

static ngx_int_t send_block(struct wq_gate_cold *cold)
{
	ngx_http_request_t *r = cold->r;
	uint64_t block_end = cold->block_at + cold->block_n;
	uint64_t to = WQ_MIN(block_end, cold->end);
	ngx_chain_t out = {.buf = &cold->buf};
	ngx_buf_t *b = &cold->buf;

	if (!r->header_sent) {
		ngx_int_t rc = ngx_http_send_header(r);

		if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
			return rc == NGX_OK ? NGX_ERROR : rc;
	}
	ngx_memzero(b, sizeof *b);
	b->start = b->pos = cold->block + (cold->at - cold->block_at);
	b->end = b->last = cold->block + (to - cold->block_at);
	b->memory = 1;
	cold->at = to;
	b->last_buf = to == cold->end;
	b->last_in_chain = b->last_buf;
	b->flush = !b->last_buf; /* nothing may wait for more: the block is needed for it */
	return ngx_http_output_filter(r, &out);
}

static void wait_writable(ngx_http_request_t *r)
{
	ngx_http_core_loc_conf_t *clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
	ngx_event_t *wev = r->connection->write;

	if (!wev->delayed)
		ngx_add_timer(wev, clcf->send_timeout);
	if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK)
		ngx_http_finalize_request(r, NGX_ERROR);
}

static void end(struct wq_gate_cold *cold, ngx_int_t rc)
{
	if (!wq_failed(cold->e) && rc != NGX_ERROR) {
		wq_gate_count(cold->ctx, WQ_N_COLD_SERVED);
		if (cold->r->headers_out.status < NGX_HTTP_BAD_REQUEST)
			wq_gate_count(cold->ctx, WQ_N_SEALED_SERVED);
	}
	ngx_http_finalize_request(cold->r, rc);
}

/* From one block to the next, as far as it goes without waiting. */
static void advance(struct wq_gate_cold *cold)
{
	while (cold->phase != READING) {
		ngx_int_t rc;

		if (cold->phase == READ)
			rc = wq_failed(cold->e) ? give_up(cold) : send_block(cold);
		else
			rc = ngx_http_output_filter(cold->r, NULL);
		cold->phase = SENDING;
		if (rc == NGX_ERROR || wq_failed(cold->e) || cold->buf.last_buf) {
			end(cold, rc);
			return;
		}
		if (cold->buf.pos != cold->buf.last) {
			wait_writable(cold->r);
			return;
		}
		begin_reading(cold);
	}
}

static void on_writable(ngx_http_request_t *r)
{
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);
	ngx_connection_t *c = r->connection;

	if (c->write->timedout) {
		c->timedout = 1;
		ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
	} else if (c->write->delayed) {
		wait_writable(r);
	} else if (!r->aio) {
		advance(ctx->cold);
	}
}

/* ---- the beginning ---- */

/* Of no bytes when from == to: the range that was asked for is outside. */
static bool add_content_range(ngx_http_request_t *r, uint64_t from, uint64_t to, uint64_t length)
{
	enum { RANGE_MAX = 80 };
	static ngx_str_t name = ngx_string("Content-Range");
	char *text = ngx_pnalloc(r->pool, RANGE_MAX);
	ngx_str_t value = {.data = (u_char *)text};

	if (!text)
		return false;
	if (from == to)
		value.len = (size_t)snprintf(text, RANGE_MAX, "bytes */%llu", (unsigned long long)length);
	else
		value.len = (size_t)snprintf(text, RANGE_MAX, "bytes %llu-%llu/%llu", (unsigned long long)from,
			(unsigned long long)to - 1, (unsigned long long)length);
	return wq_gate_header_add(r, name, value);
}

/* Which part is asked for. nginx's own filter would have to be given everything before it. */
static enum wq_gate_range choose_part(ngx_http_request_t *r, uint64_t length, uint64_t *ret_from, uint64_t *ret_to)
{
	*ret_from = 0;
	*ret_to = length;
	if (!r->headers_in.range)
		return WQ_RANGE_WHOLE;
	if (r->headers_in.if_range &&
		!(r->headers_out.etag &&
			wq_str_eq(wq_gate_str(r->headers_in.if_range->value), wq_gate_str(r->headers_out.etag->value))))
		return WQ_RANGE_WHOLE;
	return wq_gate_range_parse(wq_gate_str(r->headers_in.range->value), length, ret_from, ret_to);
}

static ngx_int_t refuse_range(ngx_http_request_t *r, uint64_t length)
{
	ngx_http_clean_header(r);
	if (!add_content_range(r, 0, 0, length))
		return NGX_ERROR;
	return wq_gate_builtin_send(r, NGX_HTTP_RANGE_NOT_SATISFIABLE, "range");
}

static bool set_part(ngx_http_request_t *r, bool part, uint64_t from, uint64_t to, uint64_t length)
{
	static ngx_str_t accept = ngx_string("Accept-Ranges"), bytes = ngx_string("bytes");

	if (!part)
		return wq_gate_header_add(r, accept, bytes);
	r->headers_out.status = NGX_HTTP_PARTIAL_CONTENT;
	r->headers_out.content_length_n = (off_t)(to - from);
	return add_content_range(r, from, to, length);
}

ngx_int_t wq_gate_cold_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_object *object)
{
	bool ranges = r->allow_ranges;
	enum wq_gate_range range = WQ_RANGE_WHOLE;
	uint64_t from = 0, to = object->length_bytes;
	struct wq_gate_cold *cold;

	r->allow_ranges = 0; /* they are chosen here */
	if (ranges)
		range = choose_part(r, object->length_bytes, &from, &to);
	if (range == WQ_RANGE_OUTSIDE)
		return refuse_range(r, object->length_bytes);
	if (ranges && !set_part(r, range == WQ_RANGE_PART, from, to, object->length_bytes))
		return NGX_ERROR;
	if (r->method == NGX_HTTP_HEAD || from == to) {
		r->header_only = 1;
		return ngx_http_send_header(r);
	}
	cold = ngx_pcalloc(r->pool, sizeof *cold);
	if (!cold ||
		!(cold->block = ngx_palloc(
			  r->pool, (size_t)WQ_MIN(to - from + WQ_TREE_LEAF * 2, (uint64_t)WQ_GATE_BLOCK))))
		return NGX_ERROR;
	cold->r = r;
	cold->ctx = ctx;
	cold->object = *object;
	cold->at = from;
	cold->end = to;
	ctx->cold = cold;
	r->main->count++;
	r->write_event_handler = on_writable;
	begin_reading(cold);
	advance(cold);
	return NGX_DONE;
}
