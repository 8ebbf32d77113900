/* Variables for log_format: $weique_class, $weique_release, $weique_digest, $weique_reason. Empty ("-") when not decided. */
#include "gate/nginx/module.h"

enum var { VAR_CLASS, VAR_RELEASE, VAR_DIGEST, VAR_REASON };

static ngx_int_t set_copy(ngx_http_request_t *r, ngx_http_variable_value_t *v, wq_str text)
{
	v->data = ngx_pnalloc(r->pool, text.n ? text.n : 1);
	if (!v->data)
		return NGX_ERROR;
	ngx_memcpy(v->data, text.p, text.n);
	v->len = (unsigned)text.n & 0xfffffff;
	v->valid = 1;
	v->no_cacheable = 0;
	v->not_found = 0;
	return NGX_OK;
}

static ngx_int_t get_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
	const struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);
	char text[WQ_DIGEST_HEX + WQ_APP_ID_MAX];

	v->not_found = 1;
	if (!ctx)
		return NGX_OK;
	switch ((enum var)data) {
	case VAR_CLASS: return ctx->class ? set_copy(r, v, wq_str_c(ctx->class)) : NGX_OK;
	case VAR_REASON: return ctx->reason ? set_copy(r, v, wq_str_c(ctx->reason)) : NGX_OK;
	case VAR_RELEASE:
		if (!ctx->release)
			return NGX_OK;
		snprintf(text, sizeof text, "%s/%llu", ctx->release->snapshot.head.app,
			(unsigned long long)ctx->release->snapshot.head.serial);
		return set_copy(r, v, wq_str_c(text));
	case VAR_DIGEST:
		if (!ctx->has_digest)
			return NGX_OK;
		wq_hex(ctx->digest.b, sizeof ctx->digest.b, text);
		return set_copy(r, v, wq_str_c(text));
	}
	return NGX_OK;
}

ngx_int_t wq_gate_vars_add(ngx_conf_t *cf)
{
	static struct {
		ngx_str_t name;
		enum var var;
	} table[] = {
		{ngx_string("weique_class"), VAR_CLASS},
		{ngx_string("weique_release"), VAR_RELEASE},
		{ngx_string("weique_digest"), VAR_DIGEST},
		{ngx_string("weique_reason"), VAR_REASON},
	};

	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		ngx_http_variable_t *v = ngx_http_add_variable(cf, &table[i].name, NGX_HTTP_VAR_NOCACHEABLE);

		if (!v)
			return NGX_ERROR;
		v->get_handler = get_variable;
		v->data = table[i].var;
	}
	return NGX_OK;
}
