/* The leave-site prompt (2024 art. 15): by id from the sealed table of links, by token under the application's key. Never a
 * redirect. Who asks for what is neither gets 404; a token that somebody else made gets 403. */
#include "gate/nginx/module.h"

enum { PAGE_MAX = 64 * 1024, ADDRESS_MAX = WQ_LEAVE_URL_MAX + 1, HEADER_LINES_MAX = 16 };

/* The path of our own page on which the link stood, for the way back; "/" when the Referer does not say so clearly: another
 * host, an address that has no key, a prompt. In the worker's key buffer. */
static wq_str way_back(ngx_http_request_t *r, const struct wq_policy *policy)
{
	static const struct wq_key_policy exact = {.query = WQ_KEY_QUERY_KEEP};
	wq_str referer = r->headers_in.referer ? wq_gate_str(r->headers_in.referer->value) : WQ_S_NONE;
	wq_str asked = r->headers_in.host ? wq_gate_str(r->headers_in.host->value) : WQ_S_NONE;
	enum wq_key_reason reason;
	wq_str host, target, path;

	if (asked.n == 0 || wq_key_absolute(referer, &host, &target) != WQ_KEY_FINE || !wq_str_eq_nocase(host, asked))
		return WQ_S("/");
	wq_buf_clear(&wq_gate_worker.key);
	if (wq_failed(wq_key_make(host, target, &exact, &wq_gate_worker.key, &reason)))
		return WQ_S("/");
	wq_key_split(wq_buf_str(&wq_gate_worker.key), &host, &target);
	path = target;
	path = wq_str_cut(&path, '?');
	return wq_leave_is(policy, path) ? WQ_S("/") : target;
}

static bool add_page_headers(ngx_http_request_t *r)
{
	wq_str block = wq_leave_page_headers();

	for (int i = 0; i < HEADER_LINES_MAX && block.n > 0; i++) {
		wq_str line = wq_str_cut(&block, '\n');
		wq_str name = wq_str_cut(&line, ':');

		if (!wq_gate_header_add(r, wq_gate_ngx_str(name), wq_gate_ngx_str(wq_str_trim(line))))
			return false;
	}
	return true;
}

static ngx_int_t send_page(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_str address)
{
	const struct wq_policy *policy = &ctx->release->policy;
	static ngx_str_t type = ngx_string("text/html; charset=utf-8");
	WQ_BUF(page, PAGE_MAX);

	wq_leave_page(policy, address, way_back(r, policy), &page);
	if (!add_page_headers(r))
		return NGX_ERROR;
	r->gzip_tested = 1;
	r->gzip_ok = 0;
	wq_gate_count(ctx, WQ_N_LEAVE_ASKED);
	return wq_gate_text_send(r, type, &page);
}

static ngx_int_t refuse(
	ngx_http_request_t *r, struct wq_gate_ctx *ctx, enum wq_gate_count which, ngx_uint_t status, const char *reason)
{
	wq_gate_count(ctx, which);
	return wq_gate_builtin_send(r, status, reason);
}

ngx_int_t wq_gate_leave_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where)
{
	struct wq_gate_release *release = ctx->release;
	size_t keys_n = wq_gate_release_keys(release);
	struct wq_leave_id id;
	WQ_BUF(token, ADDRESS_MAX);
	wq_str address;

	ctx->class = "leave";
	/* POST: a form that would have gone outside; what was filled in is discarded */
	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST)))
		return wq_gate_method_refuse(r, ctx, WQ_N_LEAVE_REFUSED);
	switch (wq_leave_read(&release->policy, where->path, release->keys, keys_n, &id, &token)) {
	case WQ_LEAVE_BY_ID:
		if (wq_snapshot_link(&release->snapshot, id.b, &address))
			return send_page(r, ctx, address);
		break;
	case WQ_LEAVE_BY_TOKEN:
		if (!wq_failed(wq_buf_err(&token)))
			return send_page(r, ctx, wq_buf_str(&token));
		break;
	case WQ_LEAVE_NONE: break;
	}
	if (wq_str_starts(wq_str_from(where->path, release->policy.leave_prefix.n), WQ_S("d/")))
		return refuse(r, ctx, WQ_N_LEAVE_REFUSED, NGX_HTTP_FORBIDDEN, "leave_token");
	return refuse(r, ctx, WQ_N_LEAVE_NOT_FOUND, NGX_HTTP_NOT_FOUND, "leave_unknown");
}
