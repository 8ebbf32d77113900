#include "flow/site_query.h"

#include "text/charset.h"
#include "text/html_link.h"
#include "text/key.h"
#include "text/url.h"

enum { PAGE_MEMORY = 4 * 1024 * 1024 };

struct page {
	struct wq_site_queries *queries;
	struct wq_arena arena; /* its address and base */
	struct wq_url url, base;
	bool based;
};

void wq_site_queries_init(
	struct wq_site_queries *queries, wq_str host, uint32_t per_file, const struct wq_random *random)
{
	*queries = (struct wq_site_queries){.host = host, .per_file = per_file};
	wq_arena_init(&queries->arena, WQ_SITE_QUERY_MEMORY);
	wq_arena_init(&queries->scratch, PAGE_MEMORY);
	wq_map_init(&queries->map, WQ_SITE_QUERIES_MAX, random);
}

void wq_site_queries_done(struct wq_site_queries *queries)
{
	wq_map_done(&queries->map);
	wq_arena_done(&queries->scratch);
	wq_arena_done(&queries->arena);
}

static bool known(const struct wq_site_query *list, wq_str key, uint32_t *ret_n)
{
	for (*ret_n = 0; list; list = list->next, ++*ret_n)
		if (wq_str_eq(list->key, key))
			return true;
	return false;
}

static wq_err remember(struct wq_site_queries *q, wq_str plain, wq_str spelling)
{
	struct wq_site_query *list = wq_map_get(&q->map, plain), *one;
	uint32_t n;

	if (known(list, spelling, &n))
		return WQ_OK;
	if (n >= q->per_file || q->count >= WQ_SITE_QUERIES_MAX) {
		q->left_out++;
		return WQ_OK;
	}
	one = WQ_NEW(&q->arena, struct wq_site_query);
	if (one)
		*one = (struct wq_site_query){.next = list, .key = wq_arena_str(&q->arena, spelling)};
	if (wq_failed(wq_arena_err(&q->arena))) {
		q->left_out++;
		return WQ_OK;
	}
	q->count++;
	return wq_map_put(&q->map, plain, one, NULL);
}

static wq_err on_link(void *data, const struct wq_link *link)
{
	static const struct wq_key_policy keep = {.query = WQ_KEY_QUERY_KEEP};
	struct page *page = data;
	struct wq_site_queries *q = page->queries;
	WQ_BUF(key, WQ_KEY_MAX);
	struct wq_url url;
	ptrdiff_t mark;

	if (link->kind == WQ_LINK_BASE) {
		/* the first one counts (HTML §4.2.3) */
		if (!page->based && !wq_failed(wq_url_parse(&page->arena, link->url, &page->url, &page->base)))
			page->based = wq_url_is_http(&page->base);
		return WQ_OK;
	}
	if (wq_str_chr(link->url, '?') < 0)
		return WQ_OK;
	wq_arena_reset(&q->scratch);
	if (wq_failed(wq_url_parse(&q->scratch, link->url, page->based ? &page->base : &page->url, &url)) ||
		!wq_url_is_http(&url) || !wq_str_eq(url.host, q->host) || url.query.n == 0 ||
		wq_failed(wq_key_make(q->host, wq_url_target(&url), &keep, &key, NULL)))
		return WQ_OK;
	mark = wq_str_chr(wq_buf_str(&key), '?');
	return mark < 0 ? WQ_OK : remember(q, wq_str_head(wq_buf_str(&key), (size_t)mark), wq_buf_str(&key));
}

static enum wq_html_encoding encoding_of(wq_str type, wq_str body)
{
	struct wq_charset_guess guess = wq_charset_detect(
		wq_str_head(body, WQ_CHARSET_HEAD), wq_charset_of_content_type(type));

	return guess.charset == WQ_CHARSET_GB18030 || guess.charset == WQ_CHARSET_BIG5 ? WQ_HTML_ENC_MULTIBYTE
										       : WQ_HTML_ENC_ASCII;
}

static wq_err read_page(struct page *page, wq_str key, wq_str type, wq_str body)
{
	bool html = wq_str_starts(type, WQ_S("text/html")) || wq_str_starts(type, WQ_S("application/xhtml")) ||
		wq_str_starts(type, WQ_S("image/svg"));
	struct wq_html_options options = {.encoding = encoding_of(type, body)};
	wq_str address = wq_arena_printf(&page->arena, "http://%.*s", WQ_S_ARG(key));

	if (wq_failed(wq_url_parse(&page->arena, address, NULL, &page->url)))
		return WQ_OK;
	return html ? wq_html_links(body, &options, on_link, page)
		    : wq_css_links(body, options.encoding, on_link, page);
}

wq_err wq_site_queries_read(struct wq_site_queries *queries, wq_str key, wq_str type, wq_str body)
{
	struct page page = {.queries = queries};
	wq_err e;

	if (queries->per_file == 0 || wq_str_chr(body, '?') < 0 ||
		!(wq_str_starts(type, WQ_S("text/html")) || wq_str_starts(type, WQ_S("application/xhtml")) ||
			wq_str_starts(type, WQ_S("image/svg")) || wq_str_starts(type, WQ_S("text/css"))))
		return WQ_OK;
	wq_arena_init(&page.arena, PAGE_MEMORY);
	e = read_page(&page, key, type, body);
	wq_arena_done(&page.arena);
	return e;
}

const struct wq_site_query *wq_site_queries_of(const struct wq_site_queries *queries, wq_str key)
{
	return wq_map_get(&queries->map, key);
}
