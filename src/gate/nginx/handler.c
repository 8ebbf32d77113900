/* The precontent phase: from request to sealed response.
 *
 *     method → key (host + raw target, one function) → application → path class → entry → form → send
 *
 * Every step that fails ends in a built-in page with a stable reason; there is no way on to another content handler.
 */
#include "gate/nginx/module.h"

enum { HEADER_LINES_MAX = 64 };

static const wq_str not_found_path = WQ_S_INIT("/404.html");

static void unpin(void *data)
{
	struct wq_gate_ctx *ctx = data;

	wq_gate_release_unref(&ctx->release);
}

/* Holds `release` until the request's memory is freed: after the last byte was sent and the log was written. */
static bool pin(ngx_http_request_t *r, struct wq_gate_ctx *ctx, struct wq_gate_release *release)
{
	ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->pool, 0);

	if (!cleanup)
		return false;
	ctx->release = wq_gate_release_ref(release);
	cleanup->handler = unpin;
	cleanup->data = ctx;
	return true;
}

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

static ngx_str_t ngx_str_of(wq_str s)
{
	return (ngx_str_t){s.n, (u_char *)(uintptr_t)s.p};
}

/* The entry's "Name: value\r\n" lines; the strings stay in the sealed memory. */
static bool add_sealed_headers(ngx_http_request_t *r, wq_str block)
{
	for (int i = 0; i < HEADER_LINES_MAX && block.n > 0; i++) {
		wq_str line = wq_str_cut(&block, '\n');
		wq_str name = wq_str_cut(&line, ':');

		if (name.n == 0 || !line.p || owned(name))
			continue;
		if (!wq_gate_header_add(r, ngx_str_of(name), ngx_str_of(wq_str_trim(line))))
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
	h->value = ngx_str_of(wq_gate_coding_name(coding));
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
	const struct wq_object_ref *object = &entry->identity;
	wq_str bytes;

	if (coding == WQ_CODING_GZIP)
		object = &entry->gzip;
	if (coding == WQ_CODING_BROTLI)
		object = &entry->brotli;
	if (!wq_gate_release_bytes(ctx->release, object, &bytes)) {
		wq_gate_worker.count.broken++;
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
	r->headers_out.content_type = ngx_str_of(entry->type);
	/* no type for filters to match: charset, sub, ssi, addition leave the response as it is; the header is sent whole */
	r->headers_out.content_type_len = 0;
	r->headers_out.content_length_n = (off_t)bytes.n;
	r->headers_out.last_modified_time = -1;
	if (!set_headers(r, entry, coding))
		return NGX_ERROR;
	if (is_not_modified(r, entry)) {
		wq_gate_worker.count.not_modified++;
		r->headers_out.status = NGX_HTTP_NOT_MODIFIED;
		ngx_str_null(&r->headers_out.content_type);
		ngx_http_clear_content_length(r);
		r->header_only = 1;
		return ngx_http_send_header(r);
	}
	if (r->headers_in.if_none_match)
		r->disable_not_modified = 1; /* decided above */
	r->allow_ranges = entry->status == NGX_HTTP_OK && coding == WQ_CODING_IDENTITY;
	if (bytes.n == 0)
		r->header_only = 1;
	if (entry->status < NGX_HTTP_BAD_REQUEST)
		wq_gate_worker.count.served++;
	return send_bytes(r, bytes);
}

/* The application's own sealed error page, or the built-in one. `host` lies at the start of the worker's key. */
static ngx_int_t send_not_found(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_str host)
{
	struct wq_buf *key = &wq_gate_worker.key;
	struct wq_entry entry;

	wq_gate_worker.count.missing++;
	ctx->reason = "not_found";
	key->len = host.n;
	wq_buf_add(key, not_found_path);
	if (wq_failed(wq_buf_err(key)) || !wq_snapshot_find(&ctx->release->snapshot, wq_buf_str(key), &entry) ||
		entry.status != NGX_HTTP_NOT_FOUND)
		return wq_gate_builtin_send(r, NGX_HTTP_NOT_FOUND, ctx->reason);
	return send_entry(r, ctx, &entry);
}

/* True when the name of the TLS handshake and the host of the request are two (invariant of text/key.h). */
static bool sni_differs(ngx_http_request_t *r, wq_str host)
{
	struct wq_gate_main_conf *conf = ngx_http_get_module_main_conf(r, ngx_http_weique_module);
	ngx_http_variable_value_t *v = NULL;
	char sni[WQ_HOST_MAX + 1];
	size_t n;

#if (NGX_HTTP_SSL)
	if (r->connection->ssl)
		v = ngx_http_get_indexed_variable(r, (ngx_uint_t)conf->ssl_server_name);
#else
	(void)conf;
#endif
	if (!v || v->not_found || v->len == 0)
		return false;
	return wq_key_host(wq_str_of(v->data, v->len), sni, &n) != WQ_KEY_FINE || !wq_str_eq(host, wq_str_of(sni, n));
}

static ngx_int_t refuse_method(ngx_http_request_t *r)
{
	static ngx_str_t allow = ngx_string("Allow"), get_head = ngx_string("GET, HEAD");

	wq_gate_worker.count.method++;
	if (!wq_gate_header_add(r, allow, get_head))
		return NGX_ERROR;
	return wq_gate_builtin_send(r, NGX_HTTP_NOT_ALLOWED, "method");
}

static ngx_int_t refuse_key(ngx_http_request_t *r, wq_err e, enum wq_key_reason reason)
{
	if (wq_is(e, WQ_E_NOT_FOUND)) {
		wq_gate_worker.count.missing++;
		return wq_gate_builtin_send(r, NGX_HTTP_NOT_FOUND, "query");
	}
	wq_gate_worker.count.ambiguous++;
	if (wq_is(e, WQ_E_LIMIT))
		return wq_gate_builtin_send(r, NGX_HTTP_REQUEST_URI_TOO_LARGE, wq_key_reason_text(WQ_KEY_TOO_LONG));
	return wq_gate_builtin_send(r, NGX_HTTP_BAD_REQUEST, wq_key_reason_text(reason));
}

/* A host that is not ours is 404. When nothing at all could be handed over (the only pack on the shelf was altered, say),
 * whether it is ours cannot be told: 503 does not tell search engines that the site is gone. */
static ngx_int_t refuse_host(ngx_http_request_t *r)
{
	static ngx_str_t retry = ngx_string("Retry-After"), one = ngx_string("1");
	struct wq_gate_totals totals;

	wq_gate_store_totals(wq_gate_worker.store, &totals);
	if (wq_gate_worker.ready && totals.hosts > 0) {
		wq_gate_worker.count.missing++;
		return wq_gate_builtin_send(r, NGX_HTTP_NOT_FOUND, "unknown_host");
	}
	wq_gate_worker.count.unavailable++;
	if (!wq_gate_header_add(r, retry, one))
		return NGX_ERROR;
	return wq_gate_builtin_send(r, NGX_HTTP_SERVICE_UNAVAILABLE, "no_snapshot");
}

static ngx_int_t answer(ngx_http_request_t *r, struct wq_gate_ctx *ctx)
{
	static const struct wq_key_policy exact = {.query = WQ_KEY_QUERY_KEEP};
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	ngx_str_t name = conf->host.len ? conf->host : r->headers_in.server;
	struct wq_buf *key = &wq_gate_worker.key;
	enum wq_key_reason reason = WQ_KEY_FINE;
	struct wq_gate_release *release;
	struct wq_entry entry;
	wq_str host, target;
	wq_err e;

	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
		return refuse_method(r);
	wq_buf_clear(key);
	e = wq_key_make(wq_gate_str(name), wq_gate_str(r->unparsed_uri), &exact, key, &reason);
	if (wq_failed(e))
		return refuse_key(r, e, reason);
	wq_key_split(wq_buf_str(key), &host, &target);
	if (conf->host.len == 0 && sni_differs(r, host)) {
		wq_gate_worker.count.ambiguous++;
		return wq_gate_builtin_send(r, NGX_HTTP_MISDIRECTED_REQUEST, wq_key_reason_text(WQ_KEY_SNI_DIFFERS));
	}
	release = wq_gate_store_find(wq_gate_worker.store, host);
	if (!release)
		return refuse_host(r);
	if (!pin(r, ctx, release))
		return NGX_ERROR;
	ctx->class = "sealed";
	if (!wq_snapshot_find(&release->snapshot, wq_buf_str(key), &entry))
		return send_not_found(r, ctx, host);
	return send_entry(r, ctx, &entry);
}

ngx_int_t wq_gate_handler(ngx_http_request_t *r)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	struct wq_gate_ctx *ctx;
	ngx_int_t rc;

	if (!conf->enable)
		return NGX_DECLINED;
	if (r != r->main) /* a part of some other response: nothing of ours */
		return NGX_HTTP_NOT_FOUND;
	ctx = wq_gate_ctx(r);
	if (!ctx)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	rc = ngx_http_discard_request_body(r);
	/* sent here by error_page or rewrite: the location is one of the new address, the key would be one of the old, and
	 * what its own location denies would be answered here */
	if (rc == NGX_OK && (r->internal || r->error_page))
		rc = wq_gate_builtin_send(r, r->err_status ? r->err_status : NGX_HTTP_NOT_FOUND, "internal");
	else if (rc == NGX_OK)
		rc = answer(r, ctx);
	ngx_http_finalize_request(r, rc);
	return NGX_DONE;
}
