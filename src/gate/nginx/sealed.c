/* Sealed paths: from the entry under a key to the response that was approved, byte for byte. */
#include "gate/nginx/module.h"

enum { HEADER_LINES_MAX = 64 };

static const wq_str not_found_path = WQ_S_INIT("/404.html");

/* Names that the gate or nginx itself sets; a sealed header block cannot contradict them. */
static bool owned(wq_str name)
{
	static const wq_str names[] = {WQ_S_INIT("connection"), WQ_S_INIT("content-encoding"),
		WQ_S_INIT("content-length"), WQ_S_INIT("content-type"), WQ_S_INIT("date"), WQ_S_INIT("etag"),
		WQ_S_INIT("keep-alive"), WQ_S_INIT("server"), WQ_S_INIT("trailer"), WQ_S_INIT("transfer-encoding"),
		WQ_S_INIT("upgrade"), WQ_S_INIT("vary"), WQ_S_INIT("x-content-type-options")};

	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_eq_nocase(name, names[i]))
			return true;
	return false;
}

/* The entry's "Name: value\r\n" lines; the strings stay in the sealed memory. */
static bool add_sealed_headers(ngx_http_request_t *r, wq_str block)
{
	for (int i = 0; i < HEADER_LINES_MAX && block.n > 0; i++) {
		wq_str line = wq_str_cut(&block, '\n');
		wq_str name = wq_str_cut(&line, ':');

		if (name.n == 0 || !line.p || owned(name))
			continue;
		if (!wq_gate_header_add(r, wq_gate_ngx_str(name), wq_gate_ngx_str(wq_str_trim(line))))
			return false;
	}
	return true;
}

static bool add_etag(ngx_http_request_t *r, const struct wq_entry *entry, enum wq_gate_coding coding)
{
	char *text = ngx_pnalloc(r->pool, WQ_GATE_ETAG_MAX);
	ngx_table_elt_t *h = ngx_list_push(&r->headers_out.headers);

	if (!text || !h)
		return false;
	h->hash = 1;
	h->lowcase_key = NULL;
	ngx_str_set(&h->key, "ETag");
	h->value.data = (u_char *)text;
	h->value.len = wq_gate_etag(entry->identity.digest.b, coding, text);
	r->headers_out.etag = h;
	return true;
}

static bool add_coding(ngx_http_request_t *r, enum wq_gate_coding coding)
{
	ngx_table_elt_t *h = ngx_list_push(&r->headers_out.headers);

	if (!h)
		return false;
	h->hash = 1;
	h->lowcase_key = NULL;
	ngx_str_set(&h->key, "Content-Encoding");
	h->value = wq_gate_ngx_str(wq_gate_coding_name(coding));
	r->headers_out.content_encoding = h;
	return true;
}

/* HTTP/1.0 caches know no Vary, and a range is one of the identity form. */
static enum wq_gate_coding choose_coding(ngx_http_request_t *r, const struct wq_entry *entry)
{
	if (!r->headers_in.accept_encoding || r->http_version < NGX_HTTP_VERSION_11 || r->headers_in.range)
		return WQ_CODING_IDENTITY;
	return wq_gate_coding_choose(
		wq_gate_str(r->headers_in.accept_encoding->value), entry->has_gzip, entry->has_brotli);
}

static bool set_headers(ngx_http_request_t *r, const struct wq_entry *entry, enum wq_gate_coding coding)
{
	static ngx_str_t vary = ngx_string("Vary"), accept_encoding = ngx_string("Accept-Encoding");
	static ngx_str_t options = ngx_string("X-Content-Type-Options"), nosniff = ngx_string("nosniff");

	if (coding != WQ_CODING_IDENTITY && !add_coding(r, coding))
		return false;
	if ((entry->has_gzip || entry->has_brotli) && !wq_gate_header_add(r, vary, accept_encoding))
		return false;
	if (entry->status == NGX_HTTP_OK && !add_etag(r, entry, coding))
		return false;
	if (!wq_gate_header_add(r, options, nosniff))
		return false;
	return add_sealed_headers(r, entry->headers);
}

static bool is_not_modified(ngx_http_request_t *r, const struct wq_entry *entry)
{
	/* RFC 9110 §13.1.3: with If-None-Match there is no If-Modified-Since; and nothing here has a date */
	return entry->status == NGX_HTTP_OK && r->headers_in.if_none_match &&
		wq_gate_etag_listed(
			wq_gate_str(r->headers_in.if_none_match->value), wq_gate_str(r->headers_out.etag->value));
}

static ngx_int_t send_bytes(ngx_http_request_t *r, wq_str bytes)
{
	ngx_int_t rc = ngx_http_send_header(r);
	ngx_chain_t out;
	ngx_buf_t *b;

	if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
		return rc;
	b = ngx_calloc_buf(r->pool);
	if (!b)
		return NGX_ERROR;
	b->pos = (u_char *)(uintptr_t)bytes.p;
	b->last = b->pos + bytes.n;
	b->start = b->pos;
	b->end = b->last;
	b->memory = 1; /* read-only: no filter may change it in place */
	b->last_buf = 1;
	b->last_in_chain = 1;
	out.buf = b;
	out.next = NULL;
	return ngx_http_output_filter(r, &out);
}

static ngx_int_t send_entry(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_entry *entry)
{
	enum wq_gate_coding coding = choose_coding(r, entry);
	const struct wq_object_ref *ref = &entry->identity;
	ngx_int_t rc = ngx_http_discard_request_body(r);
	struct wq_gate_object object;

	if (rc != NGX_OK)
		return rc;
	if (coding == WQ_CODING_GZIP)
		ref = &entry->gzip;
	if (coding == WQ_CODING_BROTLI)
		ref = &entry->brotli;
	if (!wq_gate_release_object(ctx->release, ref, &object)) {
		wq_gate_count(ctx, WQ_N_SEALED_BROKEN);
		ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0, "weique: entry_broken app=%s serial=%uL",
			ctx->release->snapshot.head.app, ctx->release->snapshot.head.serial);
		return wq_gate_builtin_send(r, NGX_HTTP_INTERNAL_SERVER_ERROR, "entry_broken");
	}
	ctx->digest = entry->identity.digest;
	ctx->has_digest = 1;
	/* nginx must neither compress nor unpack what was sealed */
	r->gzip_tested = 1;
	r->gzip_ok = coding != WQ_CODING_IDENTITY;
	r->headers_out.status = entry->status;
	r->headers_out.content_type = wq_gate_ngx_str(entry->type);
	/* no type for filters to match: charset, sub, ssi, addition leave the response as it is; the header is sent whole */
	r->headers_out.content_type_len = 0;
	r->headers_out.content_length_n = (off_t)object.length_bytes;
	r->headers_out.last_modified_time = -1;
	if (!set_headers(r, entry, coding))
		return NGX_ERROR;
	if (is_not_modified(r, entry)) {
		wq_gate_count(ctx, WQ_N_SEALED_UNMODIFIED);
		r->headers_out.status = NGX_HTTP_NOT_MODIFIED;
		ngx_str_null(&r->headers_out.content_type);
		ngx_http_clear_content_length(r);
		r->header_only = 1;
		return ngx_http_send_header(r);
	}
	if (r->headers_in.if_none_match)
		r->disable_not_modified = 1; /* decided above */
	r->allow_ranges = entry->status == NGX_HTTP_OK && coding == WQ_CODING_IDENTITY;
	if (object.length_bytes == 0)
		r->header_only = 1;
	if (object.cold && object.length_bytes > 0)
		return wq_gate_cold_send(r, ctx, &object);
	if (entry->status < NGX_HTTP_BAD_REQUEST)
		wq_gate_count(ctx, WQ_N_SEALED_SERVED);
	return send_bytes(r, object.bytes);
}

/* The application's own sealed error page, or the built-in one. The host is the first `host_n` bytes of the worker's key. */
static ngx_int_t send_not_found(ngx_http_request_t *r, struct wq_gate_ctx *ctx, size_t host_n)
{
	struct wq_buf *key = &wq_gate_worker.key;
	struct wq_entry entry;

	wq_gate_count(ctx, WQ_N_SEALED_NOT_FOUND);
	ctx->reason = "not_found";
	key->len = host_n;
	wq_buf_add(key, not_found_path);
	if (wq_failed(wq_buf_err(key)) || !wq_snapshot_find(&ctx->release->snapshot, wq_buf_str(key), &entry) ||
		entry.status != NGX_HTTP_NOT_FOUND)
		return wq_gate_builtin_send(r, NGX_HTTP_NOT_FOUND, ctx->reason);
	return send_entry(r, ctx, &entry);
}

/* The key that the path's rule wants, when its query policy is not the exact one with which the key was made. */
static wq_err remake_key(ngx_http_request_t *r, const struct wq_gate_where *where, enum wq_key_reason *ret_reason)
{
	const struct wq_path_rule *rule = where->rule;
	struct wq_key_policy policy = {.query = WQ_KEY_QUERY_KEEP};

	if (rule)
		policy = (struct wq_key_policy){rule->query, rule->listed, rule->listed_n};
	if (policy.query == WQ_KEY_QUERY_KEEP) {
		if (!where->odd_query)
			return WQ_OK;
		*ret_reason = r->unparsed_uri.len > WQ_KEY_MAX ? WQ_KEY_TOO_LONG : WQ_KEY_BAD_QUERY;
		return wq_error_id(WQ_E_AMBIGUOUS);
	}
	/* a slice of the buffer: read before the buffer is written */
	wq_buf_clear(&wq_gate_worker.key);
	return wq_key_make(where->host, wq_gate_str(r->unparsed_uri), &policy, &wq_gate_worker.key, ret_reason);
}

ngx_int_t wq_gate_sealed_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where)
{
	enum wq_key_reason reason = WQ_KEY_FINE;
	size_t host_n = where->host.n;
	struct wq_entry entry;

	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
		return wq_gate_method_refuse(r, ctx, WQ_N_SEALED_METHOD);
	if (where->query.n > 0) {
		wq_err e = remake_key(r, where, &reason);

		if (wq_is(e, WQ_E_NOT_FOUND))
			return send_not_found(r, ctx, host_n);
		if (wq_failed(e)) {
			wq_gate_count(ctx, WQ_N_AMBIGUOUS);
			return wq_gate_builtin_send(r,
				reason == WQ_KEY_TOO_LONG ? NGX_HTTP_REQUEST_URI_TOO_LARGE : NGX_HTTP_BAD_REQUEST,
				wq_key_reason_text(reason));
		}
	}
	if (!wq_snapshot_find(&ctx->release->snapshot, wq_buf_str(&wq_gate_worker.key), &entry))
		return send_not_found(r, ctx, host_n);
	return send_entry(r, ctx, &entry);
}
