/* Dynamic and staff paths: what has to be true before the location's own handler may ask an origin, and the canonical form
 * in which it asks.
 *
 *     staff: the visitor's network → no service worker → there is a handler → nginx read the address as we did → canonical
 *     target and Host, no Accept-Encoding and Range where a document may come back → NGX_DECLINED
 *
 * The raw request target never reaches an origin: unparsed_uri, args and Host are replaced by those of the key, and a
 * decoded path that differs from the key's (a rewrite, a parser that sees it otherwise) is refused.
 */
#include "gate/nginx/module.h"
#include "policy/rewrite.h"

enum { HEADERS_OFTEN = 20 };

bool wq_gate_visitor(const ngx_connection_t *c, struct wq_addr *ret_addr)
{
	struct wq_addr addr = {0};

	if (c->sockaddr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)c->sockaddr;

		addr.family = 4;
		memcpy(addr.bytes, &in->sin_addr, 4);
	} else if (c->sockaddr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)c->sockaddr;

		addr.family = 6;
		memcpy(addr.bytes, &in6->sin6_addr, 16);
	} else {
		return false;
	}
	*ret_addr = addr;
	return true;
}

static ngx_table_elt_t *find_header(ngx_http_request_t *r, const char *lowcase)
{
	size_t n = strlen(lowcase);

	for (ngx_list_part_t *part = &r->headers_in.headers.part; part; part = part->next) {
		ngx_table_elt_t *h = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			if (h[i].key.len == n && ngx_strncasecmp(h[i].key.data, (u_char *)(uintptr_t)lowcase, n) == 0)
				return &h[i];
	}
	return NULL;
}

/* A script that would stand between the visitor and every path of its scope (Service Workers §4.2, "Service-Worker:
 * script"): only a sealed one may. */
static bool is_service_worker(ngx_http_request_t *r)
{
	ngx_table_elt_t *h = find_header(r, "service-worker");

	return h && wq_str_eq_nocase(wq_str_trim(wq_gate_str(h->value)), WQ_S("script"));
}

/* Whether nginx, whose decoded path chose the location, read the same path as the key names. */
static bool read_alike(ngx_http_request_t *r, wq_str path)
{
	u_char *to = ngx_pnalloc(r->pool, path.n + 1), *at = to, *from = (u_char *)(uintptr_t)path.p;

	if (!to)
		return false;
	ngx_unescape_uri(&at, &from, path.n, 0);
	return wq_str_eq(wq_gate_str(r->uri), wq_str_of(to, (size_t)(at - to)));
}

/* "path?query" of the key; a query that is none of a key's in one spelling. */
static bool set_target(ngx_http_request_t *r, const struct wq_gate_where *where)
{
	WQ_BUF(target, WQ_KEY_MAX * 4);
	u_char *p;

	wq_buf_add(&target, where->path);
	if (where->query.n > 0) {
		wq_buf_byte(&target, '?');
		if (!where->odd_query)
			wq_buf_add(&target, where->query);
		else if (wq_key_query_spell(where->query, &target) != WQ_KEY_FINE)
			return false;
	}
	p = wq_failed(wq_buf_err(&target)) ? NULL : ngx_pnalloc(r->pool, target.len + 1);
	if (!p)
		return false;
	memcpy(p, target.data, target.len);
	r->unparsed_uri.data = p;
	r->unparsed_uri.len = target.len;
	r->valid_unparsed_uri = 1;
	r->quoted_uri = wq_str_chr(where->path, '%') >= 0;
	ngx_str_null(&r->args);
	if (target.len > where->path.n) {
		r->args.data = p + where->path.n + 1;
		r->args.len = target.len - where->path.n - 1;
	}
	return true;
}

/* The canonical host; `*ret_value` has the port that the visitor named besides. */
static bool set_host(ngx_http_request_t *r, wq_str host, ngx_str_t *ret_value)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	wq_str raw = r->headers_in.host ? wq_gate_str(r->headers_in.host->value) : WQ_S_NONE;
	ptrdiff_t colon = wq_str_rchr(raw, ':');
	wq_str port = WQ_S_NONE;
	uint64_t number;
	u_char *p;

	if (conf->host.len == 0 && colon > 0 && wq_str_to_u64(wq_str_from(raw, (size_t)colon + 1), 65535, &number))
		port = wq_str_from(raw, (size_t)colon);
	p = ngx_pnalloc(r->pool, host.n + port.n + 1);
	if (!p)
		return false;
	memcpy(p, host.p, host.n);
	if (port.n > 0)
		memcpy(p + host.n, port.p, port.n);
	r->headers_in.server.data = p;
	r->headers_in.server.len = host.n;
	ret_value->data = p;
	ret_value->len = host.n + port.n;
	return true;
}

/* Whether what stands behind the path may be a document: nginx's `types` know nothing else of its extension. */
static bool may_be_document(ngx_http_request_t *r)
{
	ngx_http_core_loc_conf_t *clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
	ngx_str_t *type;
	u_char low[32];

	ngx_http_set_exten(r);
	if (r->exten.len == 0 || r->exten.len > sizeof low)
		return true;
	type = ngx_hash_find(&clcf->types_hash, ngx_hash_strlow(low, r->exten.data, r->exten.len), low, r->exten.len);
	return !type || wq_rewrite_is_document(wq_gate_str(*type));
}

/* A part of a document cannot be rewritten, so none is asked for. */
static bool is_range(const ngx_table_elt_t *h)
{
	wq_str name = wq_gate_str(h->key);

	return wq_str_eq_nocase(name, WQ_S("range")) || wq_str_eq_nocase(name, WQ_S("if-range"));
}

/* The request's headers as the origin gets them: a new list, so that what nginx keeps pointers to stays as it was (its own
 * gzip goes on asking the visitor's Accept-Encoding). */
static bool set_headers(ngx_http_request_t *r, ngx_str_t host, bool rewriting)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	bool plain = rewriting || (conf->rules && wq_gate_waf_reads_answers(conf->rules));
	static ngx_str_t identity = ngx_string("identity");
	bool no_ranges = rewriting && may_be_document(r);
	ngx_list_t *list = ngx_list_create(r->pool, HEADERS_OFTEN, sizeof(ngx_table_elt_t));

	if (!list)
		return false;
	for (ngx_list_part_t *part = &r->headers_in.headers.part; part; part = part->next) {
		ngx_table_elt_t *h = part->elts, *to;

		for (ngx_uint_t i = 0; i < part->nelts; i++) {
			if (no_ranges && is_range(&h[i]))
				continue;
			to = ngx_list_push(list);
			if (!to)
				return false;
			*to = h[i];
			if (wq_str_eq_nocase(wq_gate_str(h[i].key), WQ_S("host")))
				to->value = host;
			if (plain && wq_str_eq_nocase(wq_gate_str(h[i].key), WQ_S("accept-encoding")))
				to->value = identity;
		}
	}
	r->headers_in.headers = *list;
	if (list->last == &list->part)
		r->headers_in.headers.last = &r->headers_in.headers.part;
	if (no_ranges) {
		r->headers_in.range = NULL;
		r->headers_in.if_range = NULL;
	}
	return true;
}

static ngx_int_t refuse(
	ngx_http_request_t *r, struct wq_gate_ctx *ctx, ngx_uint_t status, const char *reason, bool staff)
{
	wq_gate_count(ctx, staff ? WQ_N_STAFF_REFUSED : WQ_N_DYNAMIC_REFUSED);
	return wq_gate_builtin_send(r, status, reason);
}

void wq_gate_forwarded(const struct wq_gate_ctx *ctx)
{
	wq_gate_count(ctx, strcmp(ctx->class, "staff") == 0 ? WQ_N_STAFF_FORWARDED : WQ_N_DYNAMIC_FORWARDED);
}

ngx_int_t wq_gate_forward(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where)
{
	bool staff = where->rule->class == WQ_CLASS_STAFF;
	struct wq_addr addr;
	ngx_str_t host;

	if (staff && (!wq_gate_visitor(r->connection, &addr) || !wq_policy_staff(&ctx->release->policy, &addr)))
		return refuse(r, ctx, NGX_HTTP_FORBIDDEN, "staff_network", staff);
	if (is_service_worker(r))
		return refuse(r, ctx, NGX_HTTP_FORBIDDEN, "service_worker", staff);
	if (!r->content_handler) {
		wq_gate_count(ctx, staff ? WQ_N_STAFF_NO_HANDLER : WQ_N_DYNAMIC_NO_HANDLER);
		return wq_gate_builtin_send(r, NGX_HTTP_NOT_FOUND, staff ? "class_staff" : "class_dynamic");
	}
	if (!read_alike(r, where->path))
		return refuse(r, ctx, NGX_HTTP_BAD_REQUEST, "rewritten", staff);
	if (!set_target(r, where))
		return refuse(r, ctx, NGX_HTTP_BAD_REQUEST, wq_key_reason_text(WQ_KEY_BAD_QUERY), staff);
	if (!set_host(r, where->host, &host))
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (!wq_gate_rewrite_prepare(r, ctx))
		return refuse(r, ctx, NGX_HTTP_SERVICE_UNAVAILABLE, "no_key", staff);
	if (!set_headers(r, host, ctx->rewriting != NULL))
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	return wq_gate_waf_begin(r, ctx, where);
}
