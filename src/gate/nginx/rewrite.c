/* What comes back from an origin: redirects and documents lead out through the prompt, everything else goes through.
 *
 * The filters stand directly below nginx's copy filter, so bytes that nginx put into a file are in memory here. Whatever a
 * browser would read as a document and the rewriter cannot is answered with 502, never passed unseen.
 */
#include "gate/nginx/rewrite_priv.h"

enum { TAG_MAX = 64 * 1024, LOCATION_MAX = 64 * 1024 };

static ngx_http_output_header_filter_pt next_header;
static ngx_http_output_body_filter_pt next_body;

static void cleanup(void *data)
{
	wq_rewriting_done(data);
}

/* ---- before the origin is asked ---- */

static void set_options(ngx_http_request_t *r, const struct wq_gate_release *release, struct wq_gate_rewriting *w)
{
	struct wq_rewrite_options *o = &w->options;

	o->leave = release->leave;
	o->scheme = WQ_S("http");
#if (NGX_HTTP_SSL)
	if (r->connection->ssl)
		o->scheme = WQ_S("https");
#endif
	o->host = wq_gate_str(r->headers_in.server);
	o->path = wq_gate_str(r->unparsed_uri);
	o->key = &w->key;
	o->footer = release->policy.footer.n > 0;
	o->tag_max = TAG_MAX;
	if (!wq_gate_worker.names)
		wq_gate_worker.names = wq_rewrite_names_new();
	o->names = wq_gate_worker.names;
	o->names_owner = release->number;
}

bool wq_gate_rewrite_prepare(ngx_http_request_t *r, struct wq_gate_ctx *ctx)
{
	struct wq_gate_release *release = ctx->release;
	ngx_pool_cleanup_t *c;
	struct wq_gate_rewriting *w;

	if (!release->policy.leave && release->policy.footer.n == 0)
		return true;
	if (release->policy.leave && wq_gate_release_keys(release) == 0)
		return false;
	c = ngx_pool_cleanup_add(r->pool, 0);
	w = ngx_pcalloc(r->pool, sizeof *w);
	if (!c || !w)
		return false;
	w->key = release->keys[0];
	set_options(r, release, w);
	wq_rewriting_init(r, w);
	c->handler = cleanup;
	c->data = w;
	ctx->rewriting = w;
	return true;
}

/* ---- the header ---- */

ngx_int_t wq_rewriting_refuse(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const char *reason)
{
	ngx_int_t rc;

	wq_gate_count(ctx, WQ_N_DOCUMENT_REFUSED);
	ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "weique: document_refused app=%s reason=%s",
		ctx->release->snapshot.head.app, reason);
	ngx_http_clean_header(r);
	r->filter_finalize = 1;
	r->keepalive = 0;
	rc = wq_gate_builtin_send(r, NGX_HTTP_BAD_GATEWAY, reason);
	/* the origin's answer goes no further */
	return rc == NGX_OK || rc == NGX_DONE ? NGX_ERROR : rc;
}

ngx_int_t wq_rewriting_send_header(ngx_http_request_t *r)
{
	return next_header(r);
}

ngx_int_t wq_rewriting_next(ngx_http_request_t *r, ngx_chain_t *out)
{
	return next_body(r, out);
}

static bool set_value(ngx_http_request_t *r, ngx_table_elt_t *h, wq_str before, const struct wq_buf *address)
{
	u_char *p = wq_failed(wq_buf_err(address)) ? NULL : ngx_pnalloc(r->pool, before.n + address->len + 1);

	if (!p)
		return false;
	memcpy(p, before.p, before.n);
	memcpy(p + before.n, address->data, address->len);
	h->value.data = p;
	h->value.len = before.n + address->len;
	return true;
}

/* The address of "5; url=http://…" (a browser reads it as it reads meta refresh); `*ret_before` is what stands before it.
 * Empty: there is none. */
static wq_str refresh_address(wq_str value, wq_str *ret_before)
{
	static const char quotes[] = "\"'";
	ptrdiff_t semicolon = wq_str_chr(value, ';'), comma = wq_str_chr(value, ',');
	ptrdiff_t at = semicolon < 0 || (comma >= 0 && comma < semicolon) ? comma : semicolon;
	wq_str address;

	if (at < 0)
		return WQ_S_NONE;
	address = wq_str_trim(wq_str_from(value, (size_t)at + 1));
	if (wq_str_starts_nocase(address, WQ_S("url"))) {
		wq_str rest = wq_str_trim(wq_str_from(address, 3));

		if (wq_str_starts(rest, WQ_S("=")))
			address = wq_str_trim(wq_str_from(rest, 1));
	}
	if (address.n > 1 && strchr(quotes, address.p[0]) != NULL) {
		char quote = address.p[0];

		address = wq_str_from(address, 1);
		address = wq_str_cut(&address, quote);
	}
	*ret_before = wq_str_of(value.p, (size_t)at + 1);
	return address;
}

/* Location and Refresh. */
static bool rewrite_redirect(ngx_http_request_t *r, struct wq_gate_ctx *ctx, ngx_table_elt_t *h)
{
	const struct wq_gate_rewriting *w = ctx->rewriting;
	bool is_location = wq_str_eq_nocase(wq_gate_str(h->key), WQ_S("location"));
	wq_str address = wq_gate_str(h->value), before = WQ_S("");
	WQ_BUF(to, LOCATION_MAX);
	WQ_BUF(value, LOCATION_MAX);

	if (!is_location)
		address = refresh_address(address, &before);
	if (address.n == 0)
		return true;
	if (wq_failed(wq_rewrite_location(&w->options, address, &to)))
		return false;
	if (wq_str_eq(wq_buf_str(&to), address))
		return true;
	if (!is_location)
		wq_buf_add(&value, WQ_S(" url="));
	wq_buf_add(&value, wq_buf_str(&to));
	wq_gate_count(ctx, WQ_N_REDIRECT_REWRITTEN);
	if (is_location)
		r->headers_out.location = NULL; /* stays relative: nginx makes nothing else of it */
	return set_value(r, h, before, &value);
}

/* Names of digests of the bytes as they came (RFC 9530, 3230, 1864). */
static bool is_digest(wq_str name)
{
	static const wq_str names[] = {
		WQ_S_INIT("digest"), WQ_S_INIT("content-digest"), WQ_S_INIT("repr-digest"), WQ_S_INIT("content-md5")};

	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_eq_nocase(name, names[i]))
			return true;
	return false;
}

static bool each_header(ngx_http_request_t *r, struct wq_gate_ctx *ctx, bool document)
{
	for (ngx_list_part_t *part = &r->headers_out.headers.part; part; part = part->next) {
		ngx_table_elt_t *h = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++) {
			wq_str name = wq_gate_str(h[i].key);

			if (h[i].hash == 0)
				continue;
			if (document && is_digest(name))
				h[i].hash = 0;
			if ((wq_str_eq_nocase(name, WQ_S("location")) || wq_str_eq_nocase(name, WQ_S("refresh"))) &&
				!rewrite_redirect(r, ctx, &h[i]))
				return false;
		}
	}
	return true;
}

/* Why a document cannot be rewritten, as far as its header tells; NULL: it can. */
static const char *unreadable(ngx_http_request_t *r, struct wq_gate_rewriting *w)
{
	static const struct wq_inflate_limits limits = {.max_bytes = UINT64_MAX, .max_ratio = 1100};
	ngx_table_elt_t *coding = r->headers_out.content_encoding;
	enum wq_inflate_kind kind;
	wq_str name;

	if (r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT)
		return "document_part";
	w->label = wq_gate_str(r->headers_out.charset);
	if (wq_str_starts_nocase(w->label, WQ_S("iso-2022")) || wq_str_starts_nocase(w->label, WQ_S("csiso2022")))
		return "document_charset";
	if (!coding || coding->hash == 0)
		return NULL;
	name = wq_str_trim(wq_gate_str(coding->value));
	if (name.n > 0 && !wq_str_eq_nocase(name, WQ_S("identity")) &&
		(!wq_inflate_kind_of(name, &kind) || wq_failed(wq_inflate_new(kind, &limits, &w->inflate))))
		return "document_coding";
	coding->hash = 0;
	r->headers_out.content_encoding = NULL;
	return NULL;
}

static bool has_body(ngx_http_request_t *r)
{
	ngx_uint_t status = r->headers_out.status;

	return status >= NGX_HTTP_OK && status != NGX_HTTP_NO_CONTENT && status != NGX_HTTP_NOT_MODIFIED;
}

/* A browser guesses at what has no type: it may be a document. */
static bool is_document(ngx_http_request_t *r)
{
	wq_str type = wq_gate_str(r->headers_out.content_type);

	return has_body(r) && (type.n == 0 || wq_rewrite_is_document(type));
}

static ngx_int_t header_filter(ngx_http_request_t *r)
{
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);
	struct wq_gate_rewriting *w = ctx ? ctx->rewriting : NULL;
	bool document = w && is_document(r);
	const char *reason;

	if (!w || w->state != WQ_REWRITING_ASKED || r != r->main || r->err_status)
		return next_header(r);
	w->state = WQ_REWRITING_PASS;
	if (!each_header(r, ctx, document))
		return NGX_ERROR;
	if (!document)
		return next_header(r);
	reason = unreadable(r, w);
	if (reason)
		return wq_rewriting_refuse(r, ctx, reason);
	ngx_http_clear_content_length(r);
	ngx_http_clear_accept_ranges(r);
	ngx_http_clear_etag(r);
	ngx_http_clear_last_modified(r);
	r->allow_ranges = 0;
	if (r->method == NGX_HTTP_HEAD)
		return next_header(r);
	w->state = WQ_REWRITING_HELD;
	r->main_filter_need_in_memory = 1;
	return NGX_OK;
}

static ngx_int_t body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);

	if (!ctx || !ctx->rewriting || r != r->main || ctx->rewriting->state < WQ_REWRITING_HELD)
		return next_body(r, in);
	return wq_rewriting_body(r, ctx, in);
}

void wq_gate_rewrite_install(void)
{
	next_header = ngx_http_top_header_filter;
	ngx_http_top_header_filter = header_filter;
	next_body = ngx_http_top_body_filter;
	ngx_http_top_body_filter = body_filter;
}
