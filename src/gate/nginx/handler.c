/* The precontent phase: from a request to who answers it.
 *
 *     key (host + raw target, one function) → application → path class → sealed.c, forward.c, leave.c
 *
 * Every step that fails ends in a built-in page with a stable reason; the only way on to another content handler is
 * forward.c's, for classes that the sealed policy names.
 */
#include "gate/nginx/module.h"

static void unpin(void *data)
{
	struct wq_gate_ctx *ctx = data;
	bool last = ctx->release->refs == 1;

	wq_gate_release_unref(&ctx->release);
	if (last)
		wq_gate_publish();
}

bool wq_gate_pin(ngx_http_request_t *r, struct wq_gate_ctx *ctx, struct wq_gate_release *release)
{
	ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->pool, 0);

	if (!cleanup)
		return false;
	ctx->release = wq_gate_release_ref(release);
	cleanup->handler = unpin;
	cleanup->data = ctx;
	return true;
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

ngx_int_t wq_gate_method_refuse(ngx_http_request_t *r, struct wq_gate_ctx *ctx, enum wq_gate_count which)
{
	static ngx_str_t allow = ngx_string("Allow"), get_head = ngx_string("GET, HEAD");

	wq_gate_count(ctx, which);
	if (!wq_gate_header_add(r, allow, get_head))
		return NGX_ERROR;
	return wq_gate_builtin_send(r, NGX_HTTP_NOT_ALLOWED, "method");
}

static ngx_int_t refuse_key(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_err e, enum wq_key_reason reason)
{
	wq_gate_count(ctx, WQ_N_AMBIGUOUS);
	if (wq_is(e, WQ_E_LIMIT))
		return wq_gate_builtin_send(r, NGX_HTTP_REQUEST_URI_TOO_LARGE, wq_key_reason_text(WQ_KEY_TOO_LONG));
	return wq_gate_builtin_send(r, NGX_HTTP_BAD_REQUEST, wq_key_reason_text(reason));
}

/* A host that is not ours is 404. When nothing at all could be handed over (the only pack on the shelf was altered, say),
 * whether it is ours cannot be told: 503 does not tell search engines that the site is gone. */
static ngx_int_t refuse_host(ngx_http_request_t *r, struct wq_gate_ctx *ctx)
{
	static ngx_str_t retry = ngx_string("Retry-After"), one = ngx_string("1");
	struct wq_gate_totals totals;

	wq_gate_store_totals(wq_gate_worker.store, &totals);
	if (wq_gate_worker.ready && totals.hosts > 0) {
		wq_gate_count(ctx, WQ_N_UNKNOWN_HOST);
		return wq_gate_builtin_send(r, NGX_HTTP_NOT_FOUND, "unknown_host");
	}
	wq_gate_count(ctx, WQ_N_UNAVAILABLE);
	if (!wq_gate_header_add(r, retry, one))
		return NGX_ERROR;
	return wq_gate_builtin_send(r, NGX_HTTP_SERVICE_UNAVAILABLE, "no_snapshot");
}

/* The key as the request has it, and its parts. What no key can have is kept apart: a query that is encoded twice, or long,
 * is fine for a path that is not sealed, and a long path may be a prompt's (policy/leave.h). */
static wq_err make_key(
	ngx_http_request_t *r, ngx_str_t name, struct wq_gate_where *ret_where, enum wq_key_reason *ret_reason)
{
	static const struct wq_key_policy exact = {.query = WQ_KEY_QUERY_KEEP}, none = {.query = WQ_KEY_QUERY_IGNORE};
	struct wq_gate_where where = {0};
	struct wq_buf *key = &wq_gate_worker.key;
	wq_str target = wq_gate_str(r->unparsed_uri), rest = target;
	wq_err e;

	wq_buf_clear(key);
	e = wq_key_make(wq_gate_str(name), target, &exact, key, ret_reason);
	where.odd_query = (wq_is(e, WQ_E_AMBIGUOUS) && *ret_reason == WQ_KEY_BAD_QUERY) || wq_is(e, WQ_E_LIMIT);
	if (where.odd_query) {
		wq_buf_clear(key);
		e = wq_key_make(wq_gate_str(name), target, &none, key, ret_reason);
	}
	if (wq_is(e, WQ_E_LIMIT)) {
		where.too_long = true;
		wq_buf_clear(key);
		e = wq_key_make(wq_gate_str(name), WQ_S("/"), &none, key, ret_reason);
	}
	WQ_TRY(e);
	wq_key_split(wq_buf_str(key), &where.host, &where.query);
	where.path = wq_str_cut(&where.query, '?');
	if (where.too_long)
		where.path = wq_str_cut(&rest, '?');
	else if (where.odd_query) {
		wq_str_cut(&rest, '?');
		where.query = rest;
	}
	*ret_where = where;
	return WQ_OK;
}

/* By the path's class. What the policy does not name is sealed. */
static ngx_int_t answer_path(ngx_http_request_t *r, struct wq_gate_ctx *ctx, struct wq_gate_where *where)
{
	const struct wq_gate_release *release = ctx->release;
	enum wq_path_class class = WQ_CLASS_SEALED;

	if (release->policy.leave && wq_leave_is(&release->policy, where->path))
		return wq_gate_leave_send(r, ctx, where);
	if (wq_gate_waf_continues(ctx, where->path))
		return wq_gate_waf_continue_send(r, ctx, where->path);
	if (where->too_long)
		return refuse_key(r, ctx, wq_error_id(WQ_E_LIMIT), WQ_KEY_TOO_LONG);
	/* an origin that cuts parameters off would see another path than the one that was judged */
	if (release->unsealed && wq_key_has_parameter(wq_buf_str(&wq_gate_worker.key))) {
		wq_gate_count(ctx, WQ_N_AMBIGUOUS);
		return wq_gate_builtin_send(r, NGX_HTTP_BAD_REQUEST, "parameter");
	}
	if (release->policy.paths_n > 0)
		where->rule = wq_policy_path(&release->policy, where->path);
	if (where->rule)
		class = where->rule->class;
	switch (class) {
	case WQ_CLASS_SEALED: ctx->class = "sealed"; return wq_gate_sealed_send(r, ctx, where);
	case WQ_CLASS_DYNAMIC: ctx->class = "dynamic"; return wq_gate_forward(r, ctx, where);
	case WQ_CLASS_STAFF: ctx->class = "staff"; return wq_gate_forward(r, ctx, where);
	case WQ_CLASS_CLOSED: break;
	}
	ctx->class = "closed";
	wq_gate_count(ctx, WQ_N_CLOSED_REFUSED);
	return wq_gate_builtin_send(r, NGX_HTTP_FORBIDDEN, "class_closed");
}

static ngx_int_t answer(ngx_http_request_t *r, struct wq_gate_ctx *ctx)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	ngx_str_t name = conf->host.len ? conf->host : r->headers_in.server;
	enum wq_key_reason reason = WQ_KEY_FINE;
	struct wq_gate_release *release;
	struct wq_gate_where where;
	wq_err e = make_key(r, name, &where, &reason);

	if (wq_failed(e))
		return refuse_key(r, ctx, e, reason);
	if (conf->host.len == 0 && sni_differs(r, where.host)) {
		wq_gate_count(ctx, WQ_N_AMBIGUOUS);
		return wq_gate_builtin_send(r, NGX_HTTP_MISDIRECTED_REQUEST, wq_key_reason_text(WQ_KEY_SNI_DIFFERS));
	}
	release = wq_gate_store_find(wq_gate_worker.store, where.host);
	if (!release)
		return refuse_host(r, ctx);
	if (!wq_gate_pin(r, ctx, release))
		return NGX_ERROR;
	return answer_path(r, ctx, &where);
}

static ngx_int_t end(ngx_http_request_t *r, ngx_int_t rc)
{
	if (rc == NGX_DECLINED) /* the location's own handler answers */
		return rc;
	if (rc != WQ_GATE_LATER)
		ngx_http_finalize_request(r, rc);
	return NGX_DONE;
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
	if (ctx->waf) /* it stood still for the rules, or its body */
		return end(r, wq_gate_waf_resume(ctx));
	/* sent here by error_page or rewrite: the location is one of the new address, the key would be one of the old, and
	 * what its own location denies would be answered here */
	if (r->internal || r->error_page) {
		wq_gate_count(ctx, WQ_N_INTERNAL);
		rc = wq_gate_builtin_send(r, r->err_status ? r->err_status : NGX_HTTP_NOT_FOUND, "internal");
	} else {
		rc = answer(r, ctx);
	}
	return end(r, rc);
}
