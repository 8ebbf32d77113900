/* `weique_status`: what this worker serves and did, as JSON. Of one worker only: ask again to meet another. What all of them
 * counted is in metrics.c. */
#include "gate/nginx/module.h"

enum { STATUS_MAX = 1024 * 1024 };

struct rows {
	struct wq_buf *out;
	bool first;
};

/* Names are [a-z0-9-] and everything else numbers: nothing needs escaping. */
static void add_app(void *data, const char *app, uint64_t serial_seen, const struct wq_gate_release *release)
{
	struct rows *rows = data;
	char hex[WQ_DIGEST_HEX];

	wq_buf_printf(rows->out, "%s{\"app\":\"%s\",\"serial_seen\":%llu", rows->first ? "" : ",", app,
		(unsigned long long)serial_seen);
	if (release)
		wq_buf_printf(rows->out,
			",\"serial\":%llu,\"digest\":\"%s\",\"entries\":%u,\"packs\":%zu,\"requests\":%zu",
			(unsigned long long)release->snapshot.head.serial,
			wq_hex(release->digest, sizeof release->digest, hex), release->snapshot.entries_n,
			release->packs_n, release->refs - 1);
	wq_buf_printf(rows->out, "}");
	rows->first = false;
}

/* By all that had this worker's slot. */
static unsigned long long count(enum wq_gate_count which)
{
	const struct wq_gate_worker *w = &wq_gate_worker;

	return w->slot ? wq_gate_slot_sum(w->zone, w->slot, which) : 0;
}

static unsigned long long class_refused(void)
{
	static const enum wq_gate_count all[] = {WQ_N_CLOSED_REFUSED, WQ_N_DYNAMIC_REFUSED, WQ_N_DYNAMIC_NO_HANDLER,
		WQ_N_STAFF_REFUSED, WQ_N_STAFF_NO_HANDLER};
	unsigned long long sum = 0;

	for (size_t i = 0; i < WQ_COUNT(all); i++)
		sum += count(all[i]);
	return sum;
}

static void write_status(struct wq_buf *out)
{
	struct rows rows = {.out = out, .first = true};
	struct wq_gate_totals t = {0};

	if (wq_gate_worker.store)
		wq_gate_store_totals(wq_gate_worker.store, &t);
	wq_buf_printf(out, "{\"pid\":%ld,\"connected\":%s,\"ready\":%s,\"generation\":%llu,\"refused\":%llu,",
		(long)ngx_pid, wq_gate_channel_connected() ? "true" : "false", wq_gate_worker.ready ? "true" : "false",
		(unsigned long long)t.switched, (unsigned long long)t.refused);
	wq_buf_printf(out, "\"mapped_bytes\":%llu,\"max_bytes\":%llu,\"packs\":%zu,\"hosts\":%zu,\"draining\":%zu,",
		(unsigned long long)t.mapped_bytes, (unsigned long long)t.max_bytes, t.packs, t.hosts, t.draining);
	wq_buf_printf(out, "\"requests\":{\"served\":%llu,\"not_modified\":%llu,\"missing\":%llu,\"ambiguous\":%llu,",
		count(WQ_N_SEALED_SERVED), count(WQ_N_SEALED_UNMODIFIED),
		count(WQ_N_SEALED_NOT_FOUND) + count(WQ_N_UNKNOWN_HOST), count(WQ_N_AMBIGUOUS));
	wq_buf_printf(out, "\"method\":%llu,\"class\":%llu,\"unavailable\":%llu,\"broken\":%llu},\"apps\":[",
		count(WQ_N_SEALED_METHOD), class_refused(), count(WQ_N_UNAVAILABLE), count(WQ_N_SEALED_BROKEN));
	if (wq_gate_worker.store)
		wq_gate_store_visit(wq_gate_worker.store, add_app, &rows);
	wq_buf_printf(out, "]}\n");
}

ngx_int_t wq_gate_text_send(ngx_http_request_t *r, ngx_str_t type, const struct wq_buf *text)
{
	static ngx_str_t cache = ngx_string("Cache-Control"), no_store = ngx_string("no-store");
	ngx_int_t rc = ngx_http_discard_request_body(r);
	ngx_chain_t out = {0};
	ngx_buf_t *b;

	if (rc != NGX_OK)
		return rc;
	b = wq_failed(wq_buf_err(text)) ? NULL : ngx_create_temp_buf(r->pool, text->len + 1);
	if (!b || !wq_gate_header_add(r, cache, no_store))
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	b->last = ngx_cpymem(b->last, text->data, text->len);
	b->last_buf = 1;
	b->last_in_chain = 1;
	r->headers_out.status = NGX_HTTP_OK;
	r->headers_out.content_type = type;
	r->headers_out.content_type_len = type.len;
	r->headers_out.content_length_n = (off_t)text->len;
	rc = ngx_http_send_header(r);
	if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
		return rc;
	out.buf = b;
	return ngx_http_output_filter(r, &out);
}

ngx_int_t wq_gate_status_handler(ngx_http_request_t *r)
{
	static ngx_str_t type = ngx_string("application/json");
	WQ_BUF(text, STATUS_MAX);

	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
		return NGX_HTTP_NOT_ALLOWED;
	write_status(&text);
	return wq_gate_text_send(r, type, &text);
}
