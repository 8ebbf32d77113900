/* The pages that are nobody's content: what a visitor sees when there is nothing sealed to show. */
#include "gate/nginx/module.h"

struct page {
	ngx_uint_t status;
	const char *zh, *en;
};

static const struct page pages[] = {
	{400, "请求地址有歧义，请使用规范的地址", "The address can be read in more than one way"},
	{403, "该地址未开放", "This address is not open"},
	{404, "没有找到您要的页面", "There is no such page"},
	{405, "不支持这种请求方式", "This method is not supported"},
	{414, "请求地址过长", "The address is too long"},
	{421, "请求的主机与安全连接的主机不一致", "The request is for another host than the secure connection"},
	{500, "页面暂时无法显示", "The page cannot be shown at the moment"},
	{503, "服务正在启动，请稍后再试", "The service is starting; please try again"},
};

static const char page_format
	[] = "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>%ui</title></head>\n"
	     "<body><h1>%ui</h1><p>%s</p><p lang=\"en\">%s</p></body></html>\n";

ngx_int_t wq_gate_builtin_send(ngx_http_request_t *r, ngx_uint_t status, const char *reason)
{
	static ngx_str_t options = ngx_string("X-Content-Type-Options"), nosniff = ngx_string("nosniff");
	static ngx_str_t cache = ngx_string("Cache-Control"), no_store = ngx_string("no-store");
	const struct page *page = &pages[WQ_COUNT(pages) - 2];
	struct wq_gate_ctx *ctx = wq_gate_ctx(r);
	ngx_buf_t *b = ngx_create_temp_buf(r->pool, 512);
	ngx_chain_t out = {.buf = b};
	ngx_int_t rc;

	if (!ctx || !b)
		return NGX_ERROR;
	ctx->reason = reason;
	for (size_t i = 0; i < WQ_COUNT(pages); i++)
		if (pages[i].status == status)
			page = &pages[i];
	b->last = ngx_snprintf(b->last, (size_t)(b->end - b->last), page_format, status, status, page->zh, page->en);
	b->last_buf = 1;
	b->last_in_chain = 1;
	if (!wq_gate_header_add(r, options, nosniff) || !wq_gate_header_add(r, cache, no_store))
		return NGX_ERROR;
	r->gzip_tested = 1;
	r->gzip_ok = 0;
	r->headers_out.status = status;
	ngx_str_set(&r->headers_out.content_type, "text/html; charset=utf-8");
	r->headers_out.content_type_len = 0;
	r->headers_out.content_length_n = b->last - b->pos;
	r->headers_out.last_modified_time = -1;
	rc = ngx_http_send_header(r);
	if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
		return rc;
	return ngx_http_output_filter(r, &out);
}
