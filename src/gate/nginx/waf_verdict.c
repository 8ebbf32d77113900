/* What a visitor gets instead of an answer, and the way on from a challenge. */
#include "gate/nginx/waf_priv.h"

enum { TARGET_MAX = 16 * 1024, COOKIE_MAX = 160, HEADER_LINES_MAX = 16, SECONDS_OF_HOUR = 3600 };

static uint64_t hour(void)
{
	return (uint64_t)ngx_time() / SECONDS_OF_HOUR;
}

const char *wq_gate_waf_incident(struct wq_gate_waf *w)
{
	if (!w->incident[0])
		wq_incident_next(wq_gate_worker.rules_zone, wq_now(&wq_clock_system), w->incident);
	return w->incident;
}

bool wq_gate_waf_confirmed(struct wq_gate_waf *w)
{
	struct wq_gate_release *release = w->ctx->release;
	size_t keys_n = wq_gate_release_keys(release);

	for (ngx_list_part_t *part = &w->r->headers_in.headers.part; part; part = part->next) {
		ngx_table_elt_t *h = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			if (wq_str_eq_nocase(wq_gate_str(h[i].key), WQ_S("cookie")) &&
				wq_rules_mark_holds(release->pass_keys, keys_n, WQ_RULES_MARK_COOKIE,
					wq_str_c(w->client_text), hour(), WQ_S(""),
					wq_rules_cookie(wq_gate_str(h[i].value))))
				return true;
	}
	return false;
}

bool wq_gate_waf_challenges(const struct wq_guard *guard)
{
	for (size_t i = 0; i < guard->paths_n; i++)
		if (guard->paths[i].mode == WQ_GUARD_CHALLENGE)
			return true;
	return guard->mode == WQ_GUARD_CHALLENGE;
}

/* ---- pages ---- */

static bool add_lines(ngx_http_request_t *r, wq_str block)
{
	for (int i = 0; i < HEADER_LINES_MAX && block.n > 0; i++) {
		wq_str line = wq_str_cut(&block, '\n');
		wq_str name = wq_str_cut(&line, ':');

		if (!wq_gate_header_add(r, wq_gate_ngx_str(name), wq_gate_ngx_str(wq_str_trim(line))))
			return false;
	}
	return true;
}

static const char *reason_of(enum wq_rules_page page)
{
	static const char *const reasons[] = {[WQ_RULES_PAGE_BLOCK] = "rule_blocked",
		[WQ_RULES_PAGE_OVER] = "rules_over",
		[WQ_RULES_PAGE_UNREADABLE] = "body_unreadable",
		[WQ_RULES_PAGE_CHALLENGE] = "rule_challenged"};

	return reasons[page];
}

static ngx_int_t send_page(ngx_http_request_t *r, const struct wq_buf *page)
{
	static ngx_str_t cache = ngx_string("Cache-Control"), no_store = ngx_string("no-store");
	ngx_int_t rc = ngx_http_discard_request_body(r);
	ngx_chain_t out = {0};
	ngx_buf_t *b;

	if (rc != NGX_OK)
		return rc;
	b = wq_failed(wq_buf_err(page)) ? NULL : ngx_create_temp_buf(r->pool, page->len + 1);
	if (!b || !wq_gate_header_add(r, cache, no_store) || !add_lines(r, wq_rules_page_headers()))
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	b->last = ngx_cpymem(b->last, page->data, page->len);
	b->last_buf = 1;
	b->last_in_chain = 1;
	r->gzip_tested = 1;
	r->gzip_ok = 0;
	r->headers_out.status = NGX_HTTP_FORBIDDEN;
	ngx_str_set(&r->headers_out.content_type, "text/html; charset=utf-8");
	r->headers_out.content_type_len = 0;
	r->headers_out.content_length_n = (off_t)page->len;
	r->headers_out.last_modified_time = -1;
	rc = ngx_http_send_header(r);
	if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
		return rc;
	out.buf = b;
	return ngx_http_output_filter(r, &out);
}

ngx_int_t wq_gate_waf_page_send(struct wq_gate_waf *w)
{
	struct wq_gate_release *release = w->ctx->release;
	WQ_BUF(page, WQ_RULES_PAGE_MAX);
	WQ_BUF(way_on, TARGET_MAX * 2);

	if (w->page == WQ_RULES_PAGE_CHALLENGE && wq_gate_release_keys(release) > 0 && w->client_text[0])
		wq_rules_continue(&release->pass_keys[0], wq_str_c(w->client_text), hour(),
			wq_gate_str(w->r->unparsed_uri), &way_on);
	/* without a key, or with too long an address, there is no way on */
	if (w->page == WQ_RULES_PAGE_CHALLENGE && (way_on.len == 0 || wq_failed(wq_buf_err(&way_on)))) {
		w->page = WQ_RULES_PAGE_BLOCK;
		w->verdict = WQ_VERDICT_BLOCK;
	}
	w->own_page = 1;
	w->ctx->reason = reason_of(w->page);
	w->ctx->rewriting = NULL;
	wq_rules_page(w->page, wq_gate_waf_incident(w), wq_buf_str(&way_on), &page);
	return send_page(w->r, &page);
}

/* ---- the way on ---- */

static bool is_tls(const ngx_http_request_t *r)
{
#if (NGX_HTTP_SSL)
	return r->connection->ssl != NULL;
#else
	(void)r;
	return false;
#endif
}

static ngx_int_t send_on(ngx_http_request_t *r, struct wq_gate_release *release, wq_str client, wq_str target)
{
	static ngx_str_t location = ngx_string("Location"), set_cookie = ngx_string("Set-Cookie");
	static ngx_str_t cache = ngx_string("Cache-Control"), no_store = ngx_string("no-store");
	u_char *cookie = ngx_pnalloc(r->pool, COOKIE_MAX), *to = ngx_pnalloc(r->pool, target.n + 1);
	char mark[WQ_RULES_MARK + 1];
	ngx_str_t value = {0, cookie};
	ngx_int_t rc = ngx_http_discard_request_body(r);

	if (rc != NGX_OK)
		return rc;
	if (!cookie || !to)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	memcpy(to, target.p, target.n);
	wq_rules_mark(&release->pass_keys[0], WQ_RULES_MARK_COOKIE, client, hour(), WQ_S(""), mark);
	value.len = (size_t)(ngx_snprintf(cookie, COOKIE_MAX, "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s",
				     WQ_RULES_COOKIE, mark, SECONDS_OF_HOUR, is_tls(r) ? "; Secure" : "") -
		cookie);
	if (!wq_gate_header_add(r, location, (ngx_str_t){target.n, to}) || !wq_gate_header_add(r, set_cookie, value) ||
		!wq_gate_header_add(r, cache, no_store))
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	r->headers_out.status = NGX_HTTP_SEE_OTHER;
	r->headers_out.content_length_n = 0;
	r->header_only = 1;
	return ngx_http_send_header(r);
}

bool wq_gate_waf_continues(const struct wq_gate_ctx *ctx, wq_str path)
{
	return wq_str_starts(path, WQ_S(WQ_RULES_CONTINUE)) && wq_gate_waf_challenges(&ctx->release->policy.guard);
}

ngx_int_t wq_gate_waf_continue_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_str path)
{
	struct wq_gate_release *release = ctx->release;
	size_t keys_n = wq_gate_release_keys(release);
	char client[WQ_RULES_CLIENT_TEXT] = "";
	WQ_BUF(target, TARGET_MAX);
	struct wq_addr addr;

	ctx->class = "challenge";
	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
		return wq_gate_method_refuse(r, ctx, WQ_N_RULES_REFUSED);
	if (wq_gate_visitor(r->connection, &addr))
		wq_rules_client_text(&addr, client);
	if (!wq_rules_continue_read(release->pass_keys, keys_n, wq_str_c(client), hour(), path, &target) ||
		target.len == 0 || target.data[0] != '/' || (target.len > 1 && target.data[1] == '/')) {
		wq_gate_count(ctx, WQ_N_RULES_REFUSED);
		return wq_gate_builtin_send(r, NGX_HTTP_FORBIDDEN, "challenge_mark");
	}
	wq_gate_count(ctx, WQ_N_RULES_CONFIRMED);
	return send_on(r, release, wq_str_c(client), wq_buf_str(&target));
}
