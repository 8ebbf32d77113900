#include "base/test.h"
#include "text/feed_link.h"

static const struct {
	const char *document, *links;
} cases[] = {
	{"", ""},
	{"<?xml version='1.0'?>\n<urlset><url>\n<loc> http://a/?b&amp;c </loc><lastmod>x</lastmod></url>\n<url><loc>http://d/",
		"3n http://a/?b&c"},
	{"<urlset><url><image:image><image:loc>i.png</image:loc></image:image></url>", "1n i.png"},
	{"<sitemapindex><sitemap><loc><![CDATA[http://a/s.xml]]></loc></sitemap></sitemapindex>", "1n http://a/s.xml"},
	{"<rss><channel><link>http://a/</link><item><title>x</title><link>http://a/1</link>\n<enclosure url='a.mp3'/></item>",
		"1n http://a/|1n http://a/1|2r a.mp3"},
	{"<feed><link rel=self href='f.xml'/><entry><link href='a'></link></entry></feed>", "1n f.xml|1n a"},
	{"<rss><item><link></link><description>&lt;a href=x></description></item>", ""},
};

static wq_err on_link(void *data, const struct wq_link *link)
{
	wq_buf_printf(data, "%s%llu%c ", ((struct wq_buf *)data)->len ? "|" : "", (unsigned long long)link->line,
		link->kind == WQ_LINK_NAVIGATE ? 'n' : 'r');
	wq_buf_add(data, link->url);
	return WQ_OK;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		WQ_BUF(out, WQ_KIB);

		assert_ok(wq_feed_links(wq_str_c(cases[i].document), on_link, &out));
		assert_str(wq_buf_str(&out), wq_str_c(cases[i].links));
		assert_int_equal(wq_feed_is(wq_str_c(cases[i].document)), i > 0);
	}
	assert_false(wq_feed_is(WQ_S("<html><rss>")));
	assert_true(wq_feed_is(WQ_S("<!--x--><?xml?><rdf:RDF>")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
