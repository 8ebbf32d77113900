/* Rewriting pages while they stream against reading them only: a portal's page of 100 KB with 60 links that lead out, and every
 * *.html below the folders given. MB/s per second of CPU time, one thread, chunks of 16 KiB, rounds interleaved.
 * Usage: bench-rewrite [--json] [--rounds N] [--only N] [FOLDER...]   (--only: the engine of that number, for a profiler)
 */
#include "policy/rewrite.h"

#include <ftw.h>

enum {
	MAX_ROUNDS = 99,
	MAX_FILES = 20000,
	CHUNK = 16 * 1024,
	OUT_MAX = 64 * 1024 * 1024,
	PAGE = 100 * 1024,
	OUTSIDE = 60
};

struct corpus {
	const char *name;
	wq_str files[MAX_FILES];
	size_t n, bytes;
};
static struct corpus portal = {.name = "portal"}, folders = {.name = "folders"};
static struct wq_buf out = WQ_BUF_INIT(OUT_MAX);

static const wq_str hosts[] = {WQ_S_INIT("www.yunshan.gov.cn")};
static const wq_str suffixes[] = {WQ_S_INIT("gov.cn"), WQ_S_INIT("xn--zfr164b")};
static const struct wq_policy policy = {.leave = true,
	.leave_prefix = WQ_S_INIT("/leave/"),
	.footer = WQ_S_INIT("<p>-</p>"),
	.suffixes = suffixes,
	.suffixes_n = WQ_COUNT(suffixes)};
static const wq_digest key = {{1}};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	*(size_t *)data += token->attrs_n;
	return WQ_OK;
}

static void read_only(const struct corpus *c)
{
	size_t attrs = 0;
	struct wq_html_options options = {.scripting = true};
	WQ_CLEANUP(wq_html_free) struct wq_html *html = wq_html_new(&options, on_token, &attrs);

	for (size_t i = 0; i < c->n && html; i++) {
		wq_html_reset(html);
		for (wq_str rest = c->files[i]; rest.n > 0; rest = wq_str_from(rest, CHUNK))
			WQ_IGNORE(wq_html_feed(html, wq_str_head(rest, CHUNK)));
		WQ_IGNORE(wq_html_finish(html));
	}
}

/* what a gate does anyway: the bytes go from one buffer to another */
static void copy_only(const struct corpus *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (wq_str rest = c->files[i]; rest.n > 0; rest = wq_str_from(rest, CHUNK)) {
			wq_buf_clear(&out);
			wq_buf_add(&out, wq_str_head(rest, CHUNK));
		}
}

static struct wq_rewrite_names *names; /* as a worker has them */

static void rewrite_with(const struct corpus *c, bool footer)
{
	struct wq_rewrite_options options = {.leave = {&policy, hosts, WQ_COUNT(hosts)},
		.scheme = WQ_S("https"),
		.host = hosts[0],
		.path = WQ_S("/"),
		.key = &key,
		.footer = footer,
		.names = names};
	WQ_CLEANUP(wq_rewrite_free) struct wq_rewrite *rewrite = NULL;

	if (wq_failed(wq_rewrite_new(&options, &rewrite)))
		exit(1);
	for (size_t i = 0; i < c->n; i++) {
		WQ_IGNORE(wq_rewrite_reset(rewrite, &options));
		for (wq_str rest = c->files[i]; rest.n > 0; rest = wq_str_from(rest, CHUNK)) {
			wq_buf_clear(&out);
			WQ_IGNORE(wq_rewrite_feed(rewrite, wq_str_head(rest, CHUNK), &out));
		}
		WQ_IGNORE(wq_rewrite_finish(rewrite, &out));
		if (wq_failed(wq_buf_err(&out)))
			exit(1);
	}
}

static void rewrite_links(const struct corpus *c)
{
	rewrite_with(c, false);
}

static void rewrite_all(const struct corpus *c)
{
	rewrite_with(c, true);
}

static struct {
	const char *name;
	void (*run)(const struct corpus *c);
	double v[MAX_ROUNDS];
} engines[] = {{"copy", copy_only, {0}}, {"tokenizer", read_only, {0}}, {"rewrite", rewrite_links, {0}},
	{"rewrite_footer", rewrite_all, {0}}};

/* Columns of headlines with a link every third, inside as sites write them, among scripts, styles and text. */
static void make_portal(struct wq_buf *page)
{
	size_t outside = 0;

	wq_buf_add(page,
		WQ_S("<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>云山县人民政府</title>"
		     "<link rel=\"stylesheet\" href=\"/css/site.css\"><script src=\"/js/site.js\"></script></head><body>\n"));
	for (size_t i = 0; page->len < PAGE - 200; i++) {
		wq_buf_printf(page,
			"<li class=\"item\"><span class=\"date\">2024-07-%02zu</span><a href=\"/xxgk/202407/t%zu.html\" "
			"title=\"关于做好有关工作的通知\" target=\"_blank\">关于做好第%zu项有关工作的通知</a><p>各乡镇人民政府，"
			"县政府各部门：为贯彻落实有关规定，现将有关事项通知如下，请认真执行。</p></li>\n",
			i % 30 + 1, i, i);
		if (outside * PAGE < page->len * OUTSIDE)
			wq_buf_printf(page,
				"<a href=\"http://www.partner%zu.example.com/site/index.html?from=yunshan\">友情链接%zu</a>\n",
				outside, outside),
				outside++;
	}
	wq_buf_add(page, WQ_S("</body></html>\n"));
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct corpus *c = &folders;
	FILE *f;
	char *bytes;

	(void)ftw;
	if (type != FTW_F || !wq_str_ends(wq_str_c(path), WQ_S(".html")) || st->st_size == 0 || c->n == MAX_FILES)
		return 0;
	f = fopen(path, "rb");
	bytes = f ? malloc((size_t)st->st_size) : NULL;
	if (!bytes)
		exit(1);
	c->files[c->n] = wq_str_of(bytes, fread(bytes, 1, (size_t)st->st_size, f));
	c->bytes += c->files[c->n++].n;
	fclose(f);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct corpus *c, size_t rounds, size_t only, bool json, bool *first)
{
	size_t times = WQ_MAX((size_t)1, (size_t)(16 * 1024 * 1024) / c->bytes);

	for (size_t r = 0; r < rounds; r++)
		for (size_t e = 0; e < WQ_COUNT(engines); e++) {
			double start = cpu_seconds();

			if (only > 0 && only != e + 1)
				continue;
			for (size_t k = 0; k < times; k++)
				engines[e].run(c);
			engines[e].v[r] = (double)(c->bytes * times) / 1e6 / (cpu_seconds() - start);
		}
	for (size_t e = 0; e < WQ_COUNT(engines); e++) {
		double *v = engines[e].v;

		if (only > 0 && only != e + 1)
			continue;
		qsort(v, rounds, sizeof(*v), by_value);
		if (json)
			printf("%s\n    {\"corpus\": \"%s\", \"what\": \"%s\", \"bytes\": %zu, \"median_mb_s\": %.1f, \"min_mb_s\": %.1f, "
			       "\"max_mb_s\": %.1f}",
				*first ? "" : ",", c->name, engines[e].name, c->bytes, v[rounds / 2], v[0],
				v[rounds - 1]);
		else
			printf("%-8s %-15s median %8.1f  min %8.1f  max %8.1f MB/s\n", c->name, engines[e].name,
				v[rounds / 2], v[0], v[rounds - 1]);
		*first = false;
	}
}

static bool number(const char *text, uint64_t max, size_t *ret_n)
{
	uint64_t n;

	if (!text || !wq_str_to_u64(wq_str_c(text), max, &n) || n == 0)
		return false;
	*ret_n = (size_t)n;
	return true;
}

int main(int argc, char **argv)
{
	WQ_BUF(page, 2 * PAGE);
	size_t rounds = 7, only = 0;
	bool json = false, first = true;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--rounds") == 0 && number(argv[i + 1], MAX_ROUNDS, &rounds))
			i++;
		else if (strcmp(argv[i], "--only") == 0 && number(argv[i + 1], WQ_COUNT(engines), &only))
			i++;
		else if (argv[i][0] == '-' || nftw(argv[i], visit, 16, FTW_PHYS) != 0)
			return 2;
	}
	names = wq_rewrite_names_new();
	make_portal(&page);
	portal.files[0] = wq_buf_str(&page);
	portal.n = 1;
	portal.bytes = page.len;
	if (json)
		printf("{\"bench\": \"rewrite\", \"chunk\": %d, \"rounds\": %zu, \"results\": [", CHUNK, rounds);
	measure(&portal, rounds, only, json, &first);
	if (folders.n > 0)
		measure(&folders, rounds, only, json, &first);
	if (json)
		printf("\n]}\n");
	wq_rewrite_names_free(&names);
	wq_buf_done(&out);
	for (size_t i = 0; i < folders.n; i++)
		free((void *)(uintptr_t)folders.files[i].p);
	return 0;
}
