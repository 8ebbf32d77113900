#include "text/feed_link.h"

struct feed {
	wq_link_fn fn;
	void *data;
	wq_str document;
	uint64_t line_at, lines;
	wq_str attr; /* of the element that is open and whose text is an address; empty: none */
	uint64_t at; /* of its text */
	struct wq_buf text;
};

static wq_err found(struct feed *feed, enum wq_link_kind kind, uint64_t at)
{
	struct wq_link link = {.kind = kind, .tag = WQ_TAG_OTHER, .attr = feed->attr, .at = at};

	link.url = wq_str_trim(wq_buf_str(&feed->text));
	if (link.url.n == 0 || link.url.n > WQ_LINK_BYTES_MAX || wq_failed(wq_buf_err(&feed->text)))
		return WQ_OK;
	feed->lines += wq_html_newlines(wq_str_of(feed->document.p + feed->line_at, (size_t)(at - feed->line_at)));
	feed->line_at = at;
	link.line = feed->lines + 1;
	return feed->fn(feed->data, &link);
}

/* The name without its prefix. */
static wq_str local(wq_str name)
{
	ptrdiff_t colon = wq_str_rchr(name, ':');

	return wq_str_from(name, (size_t)(colon + 1));
}

static wq_err from_attribute(struct feed *feed, const struct wq_html_token *token, wq_str name, enum wq_link_kind kind)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, name);

	if (!attr)
		return WQ_OK;
	feed->attr = wq_str_eq(name, WQ_S("url")) ? WQ_S("url") : WQ_S("link");
	wq_buf_clear(&feed->text);
	if (!wq_failed(wq_html_decode(attr->value, WQ_HTML_IN_ATTRIBUTE, &feed->text)))
		WQ_TRY(found(feed, kind, attr->value_at));
	feed->attr = WQ_S_NONE;
	return WQ_OK;
}

static wq_err on_start(struct feed *feed, const struct wq_html_token *token)
{
	wq_str name = local(token->name);

	feed->attr = WQ_S_NONE;
	wq_buf_clear(&feed->text);
	feed->at = token->end;
	if (wq_str_eq_nocase(name, WQ_S("loc")))
		feed->attr = WQ_S("loc");
	else if (wq_str_eq_nocase(name, WQ_S("link"))) {
		WQ_TRY(from_attribute(feed, token, WQ_S("href"), WQ_LINK_NAVIGATE));
		wq_buf_clear(&feed->text);
		feed->attr = token->self_closing ? WQ_S_NONE : WQ_S("link");
	} else if (wq_str_eq_nocase(name, WQ_S("enclosure")))
		return from_attribute(feed, token, WQ_S("url"), WQ_LINK_RESOURCE);
	return WQ_OK;
}

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	struct feed *feed = data;

	if (token->kind == WQ_HTML_START)
		return on_start(feed, token);
	if (feed->attr.n == 0)
		return WQ_OK;
	if (token->kind == WQ_HTML_TEXT && wq_failed(wq_html_decode(token->raw, WQ_HTML_IN_TEXT, &feed->text)))
		feed->attr = WQ_S_NONE;
	if (token->kind == WQ_HTML_COMMENT && wq_str_starts(token->content, WQ_S("[CDATA[")))
		wq_buf_add(&feed->text,
			wq_str_head(wq_str_from(token->content, 7),
				token->content.n - 7 - (wq_str_ends(token->content, WQ_S("]]")) ? 2 : 0)));
	if (token->kind == WQ_HTML_END) {
		WQ_TRY(found(feed, WQ_LINK_NAVIGATE, feed->at));
		feed->attr = WQ_S_NONE;
	}
	return WQ_OK;
}

static wq_err on_first(void *data, const struct wq_html_token *token)
{
	static const wq_str roots[] = {
		WQ_S_INIT("urlset"), WQ_S_INIT("sitemapindex"), WQ_S_INIT("rss"), WQ_S_INIT("feed"), WQ_S_INIT("RDF")};
	bool *is_feed = data;

	if (token->kind != WQ_HTML_START)
		return WQ_OK;
	for (size_t i = 0; i < WQ_COUNT(roots); i++)
		*is_feed |= wq_str_eq_nocase(local(token->name), roots[i]);
	return wq_error_id(WQ_E_INTERRUPTED);
}

bool wq_feed_is(wq_str document)
{
	enum { HEAD = 4096 };
	bool is_feed = false;

	WQ_IGNORE(wq_html_scan(wq_str_head(document, HEAD), NULL, on_first, &is_feed));
	return is_feed;
}

static void feed_done(struct feed *feed)
{
	wq_buf_done(&feed->text);
}

wq_err wq_feed_links(wq_str document, wq_link_fn fn, void *data)
{
	WQ_CLEANUP(feed_done) struct feed feed = {.fn = fn, .data = data, .document = document};

	wq_buf_init(&feed.text, 2 * WQ_LINK_BYTES_MAX);
	return wq_html_scan(document, NULL, on_token, &feed);
}
