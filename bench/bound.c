/* The bound of a walk: what fetching every page of a site and reading its links costs at the least, in plain C. libcurl's
 * multi interface on one thread, our tokenizer, a set of addresses; nothing is checked, kept, compared or hashed.
 * Reads links of HTML only (no style sheets), follows no redirect, keeps no body beyond its links.
 * Usage: bench-bound [--json] [--concurrent N] http://HOST:PORT/
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "text/html_link.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <sys/resource.h>

enum { CONCURRENT_MAX = 256, ADDRESSES_MAX = 4000000, PAGE_MAX = 256 * 1024 * 1024, ADDRESS_MAX = 16 * 1024 };
#define ADDRESSES_BYTES ((size_t)2 << 30)

struct transfer {
	CURL *curl;
	const char *url;
	struct wq_buf body;
};

static struct {
	wq_str site; /* "http://host:port" */
	struct wq_map seen;
	struct wq_arena addresses;
	const char **queue; /* every address, in order */
	size_t queue_n, next;
	struct transfer transfers[CONCURRENT_MAX];
	size_t concurrent, idle_n;
	struct transfer *idle[CONCURRENT_MAX];
	CURLM *multi;
	uint64_t pages, html, links, bytes, failed;
} walk = {.concurrent = 8};

static void die(const char *why)
{
	fprintf(stderr, "bench-bound: %s\n", why);
	exit(1);
}

/* ---- addresses ---- */

static void add(wq_str url)
{
	char *kept;

	if (wq_map_has(&walk.seen, url) || walk.queue_n == ADDRESSES_MAX)
		return;
	kept = wq_arena_cstr(&walk.addresses, url);
	if (!kept || wq_failed(wq_map_put(&walk.seen, url, NULL, NULL)))
		die("no memory for addresses");
	walk.queue[walk.queue_n++] = kept;
}

/* Appends `path` to `out` without its dot segments; `floor` is where the site's name ends. */
static void add_path(struct wq_buf *out, wq_str path, size_t floor)
{
	while (path.n > 0) {
		ptrdiff_t slash = wq_str_chr(path, '/');
		wq_str part = slash < 0 ? path : wq_str_head(path, (size_t)slash);

		path = wq_str_from(path, part.n + (slash >= 0));
		if (wq_str_eq(part, WQ_S("..")))
			for (out->len -= out->len > floor + 1; out->len > floor + 1 && out->data[out->len - 1] != '/';)
				out->len--;
		else if (!wq_str_eq(part, WQ_S("."))) {
			wq_buf_add(out, part);
			if (slash >= 0)
				wq_buf_byte(out, '/');
		}
	}
}

/* The address without its fragment, when it is of the site. */
static bool resolve(wq_str base, wq_str link, struct wq_buf *out)
{
	wq_str path, query = wq_str_trim(link);
	ptrdiff_t colon, end;

	query = wq_str_cut(&query, '#');
	path = wq_str_cut(&query, '?');
	colon = wq_str_chr(path, ':');
	end = wq_str_chr(path, '/');
	if (wq_str_starts(path, WQ_S("//")) || (path.n == 0 && query.n == 0))
		return false;
	if (colon >= 0 && (end < 0 || colon < end)) {
		if (!wq_str_starts(path, walk.site))
			return false;
		path = wq_str_from(path, walk.site.n);
	}
	wq_buf_add(out, walk.site);
	if (path.n > 0 && path.p[0] == '/') {
		wq_buf_byte(out, '/');
		path = wq_str_from(path, 1);
	} else {
		size_t n = base.n;

		while (n > walk.site.n && base.p[n - 1] != '/' && path.n > 0)
			n--;
		wq_buf_add(out, wq_str_from(wq_str_head(base, n), walk.site.n));
	}
	add_path(out, path, walk.site.n);
	if (query.n > 0) {
		wq_buf_byte(out, '?');
		wq_buf_add(out, query);
	}
	return !wq_failed(wq_buf_err(out));
}

static wq_err on_link(void *data, const struct wq_link *link)
{
	const struct transfer *t = data;
	WQ_BUF(url, ADDRESS_MAX);

	walk.links++;
	if (link->kind != WQ_LINK_BASE && resolve(wq_str_c(t->url), link->url, &url))
		add(wq_buf_str(&url));
	return WQ_OK;
}

/* ---- transfers ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
	struct transfer *t = data;

	wq_buf_add(&t->body, wq_str_of(bytes, size * n));
	return wq_failed(wq_buf_err(&t->body)) ? 0 : size * n;
}

static void finish(struct transfer *t, CURLcode code)
{
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
	curl_multi_remove_handle(walk.multi, t->curl);
	walk.pages++;
	walk.bytes += t->body.len;
	walk.failed += code != CURLE_OK || status != 200;
	if (code == CURLE_OK && status == 200 && type && wq_str_starts(wq_str_c(type), WQ_S("text/html"))) {
		walk.html++;
		if (wq_failed(wq_html_links(wq_buf_str(&t->body), NULL, on_link, t)))
			die("no memory for a page");
	}
	wq_buf_clear(&t->body);
	walk.idle[walk.idle_n++] = t;
}

static void feed(void)
{
	while (walk.idle_n > 0 && walk.next < walk.queue_n) {
		struct transfer *t = walk.idle[--walk.idle_n];

		t->url = walk.queue[walk.next++];
		curl_easy_setopt(t->curl, CURLOPT_URL, t->url);
		if (curl_multi_add_handle(walk.multi, t->curl) != CURLM_OK)
			die("libcurl");
	}
}

static void run(void)
{
	for (feed(); walk.idle_n < walk.concurrent; feed()) {
		CURLMsg *message;
		int running, left;

		if (curl_multi_perform(walk.multi, &running) != CURLM_OK)
			die("libcurl");
		while ((message = curl_multi_info_read(walk.multi, &left))) {
			void *t = NULL;

			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
			finish(t, message->data.result);
		}
		if (walk.idle_n == 0 || walk.next == walk.queue_n)
			curl_multi_poll(walk.multi, NULL, 0, 1000, NULL);
	}
}

static void prepare(const char *site)
{
	walk.site = wq_str_c(site);
	if (!wq_str_starts(walk.site, WQ_S("http://")) || !wq_str_ends(walk.site, WQ_S("/")))
		die("usage: bench-bound [--json] [--concurrent N] http://HOST:PORT/");
	wq_arena_init(&walk.addresses, ADDRESSES_BYTES);
	wq_map_init(&walk.seen, ADDRESSES_MAX, &wq_random_system);
	walk.queue = calloc(ADDRESSES_MAX, sizeof *walk.queue);
	walk.multi = curl_multi_init();
	if (!walk.queue || !walk.multi)
		die("no memory");
	curl_multi_setopt(walk.multi, CURLMOPT_MAXCONNECTS, (long)walk.concurrent);
	add(walk.site);
	walk.site = wq_str_head(walk.site, walk.site.n - 1);
	for (size_t i = 0; i < walk.concurrent; i++) {
		struct transfer *t = walk.idle[walk.idle_n++] = &walk.transfers[i];

		wq_buf_init(&t->body, PAGE_MAX);
		t->curl = curl_easy_init();
		curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, on_body);
		curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
		curl_easy_setopt(t->curl, CURLOPT_PRIVATE, t);
		curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	}
}

int main(int argc, char **argv)
{
	const char *site = "";
	struct rusage used;
	uint64_t concurrent = walk.concurrent;
	bool json = false, wanted = true;
	double cpu;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--concurrent") == 0 && i + 1 < argc)
			wanted = wq_str_to_u64(wq_str_c(argv[++i]), CONCURRENT_MAX, &concurrent) && concurrent > 0;
		else
			site = argv[i];
	walk.concurrent = concurrent;
	prepare(wanted ? site : "");
	run();
	getrusage(RUSAGE_SELF, &used);
	cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	if (json)
		printf("{\"fetched\": %" PRIu64 ", \"html\": %" PRIu64 ", \"links\": %" PRIu64 ", \"bytes\": %" PRIu64
		       ", \"failed\": %" PRIu64 ", \"cpu_seconds\": %.3f, \"rss_kib\": %ld}\n",
			walk.pages, walk.html, walk.links, walk.bytes, walk.failed, cpu, used.ru_maxrss);
	else
		printf("%" PRIu64 " fetched, %" PRIu64 " of them HTML, %" PRIu64 " links, %" PRIu64 " bytes, %" PRIu64
		       " not 200; %.3f CPU s, %ld KiB\n",
			walk.pages, walk.html, walk.links, walk.bytes, walk.failed, cpu, used.ru_maxrss);
	return 0;
}
