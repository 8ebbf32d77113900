/* The base up to the first line feed (none when it does not parse), then the input. */
#include "text/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool claim, const char *what)
{
	if (claim)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void parts_lie_in_order(const struct wq_url *url)
{
	const char *end = url->href.p + url->href.n;

	check(url->scheme.p == url->href.p, "the scheme comes first");
	check(url->path.p >= url->href.p && url->path.p + url->path.n <= end, "the path lies inside");
	check(wq_url_target(url).p + wq_url_target(url).n <= end, "the target lies inside");
	for (size_t i = 0; i < url->href.n; i++)
		check(url->href.p[i] >= 0x20 && url->href.p[i] < 0x7f, "printable ASCII");
	check(!url->special || url->has_host, "a special scheme has a host");
	check(!url->special || url->path.n > 0, "and a path");
}

static void again(struct wq_arena *arena, const struct wq_url *url, const struct wq_url *base)
{
	struct wq_url second;
	wq_err e = wq_url_parse(arena, url->href, base, &second);

	if (url->href.n > WQ_URL_MAX)
		return;
	check(!wq_failed(e), "what was serialised parses");
	check(wq_str_eq(second.href, url->href), "to the same");
	check(wq_str_eq(second.host, url->host) && wq_str_eq(second.path, url->path) &&
			wq_str_eq(second.user, url->user) && wq_str_eq(second.query, url->query) &&
			second.port == url->port && second.has_query == url->has_query &&
			second.has_fragment == url->has_fragment,
		"with the same parts");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_arena arena;
	wq_str input = wq_str_of(data, n);
	wq_str base_text = wq_str_cut(&input, '\n');
	struct wq_url base, url;
	bool has_base;

	wq_arena_init(&arena, 8 * WQ_MIB);
	has_base = !wq_failed(wq_url_parse(&arena, base_text, NULL, &base));
	if (!wq_failed(wq_url_parse(&arena, input, has_base ? &base : NULL, &url))) {
		parts_lie_in_order(&url);
		again(&arena, &url, NULL);
		again(&arena, &url, has_base ? &base : NULL);
	}
	wq_arena_done(&arena);
	return 0;
}
