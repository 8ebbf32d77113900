/* The pages that are nobody's content: what a visitor sees when there is nothing sealed to show. */
#include "gate/nginx/module.h"

/* The first that fits counts; `reason` NULL fits every reason. */
struct page {
	ngx_uint_t status;
	const char *reason;
	const char *zh, *en;
};

enum { PAGE_BYTES_MAX = 1024 };

static const struct page pages[] = {
	{403, "staff_network", "该地址只对指定的网络开放（《互联网政务应用安全管理规定》第十九条）",
		"This address is open to listed networks only (Provisions on the Security of Internet Government "
		"Applications, article 19)"},
	{403, "leave_token", "该外部链接不是本网站给出的，请返回原页面", "This link was not given by this site"},
	{403, "challenge_mark", "该确认链接已失效，请返回原页面重新打开",
		"This confirmation is no longer valid; please open the page again"},
	{404, "leave_unknown", "本网站没有这个外部链接", "This site has no such link"},
	{400, NULL, "请求地址有歧义，请使用规范的地址", "The address can be read in more than one way"},
	{403, NULL, "该地址未开放", "This address is not open"},
	{404, NULL, "没有找到您要的页面", "There is no such page"},
	{405, NULL, "不支持这种请求方式", "This method is not supported"},
	{414, NULL, "请求地址过长", "The address is too long"},
	{416, NULL, "请求的范围不在该文件之内", "The range is not within this file"},
	{421, NULL, "请求的主机与安全连接的主机不一致", "The request is for another host than the secure connection"},
	{500, NULL, "页面暂时无法显示", "The page cannot be shown at the moment"},
	{502, NULL, "后台应用的答复暂时无法提供", "The answer of the application cannot be given at the moment"},
	{503, NULL, "服务正在启动，请稍后再试", "The service is starting; please try again"},
};

static const char page_format
	[] = "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>%ui</title></head>\n"
	     "<body><h1>%ui</h1><p>%s</p><p lang=\"en\">%s</p></body></html>\n";

static const struct page *find_page(ngx_uint_t status, const char *reason)
{
	static const struct page other = {0, NULL, "请求未能完成", "The request was not completed"};

	for (size_t i = 0; i < WQ_COUNT(pages); i++)
		if (pages[i].status == status && (!pages[i].reason || strcmp(pages[i].reason, reason) == 0))
			return &pages[i];
	return &other;
}

ngx_int_t wq_gate_builtin_send(ngx_http_request_t *r, ngx_uint_t status, const char *reason)
{
	static ngx_str_t options = ngx_string("X-Content-Type-Options"), nosniff = ngx_string("nosniff");
	static ngx_str_t cache = ngx_string("Cache-Control"), no_store = ngx_string("no-store");
	const struct page *page = find_page(status, reason);
	struct wq_gate_ctx *ctx = wq_gate_ctx(r);
	ngx_buf_t *b = ngx_create_temp_buf(r->pool, PAGE_BYTES_MAX);
	ngx_chain_t out = {.buf = b};
	ngx_int_t rc = ngx_http_discard_request_body(r);

	if (rc != NGX_OK)
		return rc;
	if (!ctx || !b)
		return NGX_ERROR;
	ctx->reason = reason;
	ctx->rewriting = NULL;
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
