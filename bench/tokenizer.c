/* HTML: our tokenizer against libxml2's push parser (SAX) and gumbo over the same files. MB/s per second of CPU time, one
 * thread, rounds interleaved. Each counts start tags and attributes, so that nothing can be left out.
 * Usage: bench-tokenizer [--json] [--rounds N] [--chunk BYTES] [--max-mb N] FOLDER...   (every *.html below the folders)
 */
#include "base/buf.h"
#include "text/html.h"

#include <ftw.h>
#include <gumbo.h>
#include <libxml/HTMLparser.h>
#include <sys/stat.h>

enum { MAX_ROUNDS = 99, MAX_FILES = 100000 };

static struct {
	wq_str files[MAX_FILES];
	size_t n, bytes, max_bytes, chunk;
} corpus = {.max_bytes = 128 * 1024 * 1024, .chunk = 16 * 1024};

struct count {
	uint64_t tags, attrs;
};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	struct count *count = data;

	if (token->kind == WQ_HTML_START) {
		count->tags++;
		count->attrs += token->attrs_n;
	}
	return WQ_OK;
}

static void by_weique(struct count *count)
{
	WQ_CLEANUP(wq_html_free) struct wq_html *html = wq_html_new(NULL, on_token, count);

	if (!html)
		exit(1);
	for (size_t i = 0; i < corpus.n; i++) {
		wq_html_reset(html);
		for (wq_str rest = corpus.files[i]; rest.n > 0; rest = wq_str_from(rest, corpus.chunk))
			WQ_IGNORE(wq_html_feed(html, wq_str_head(rest, corpus.chunk)));
		WQ_IGNORE(wq_html_finish(html));
	}
}

static void on_element(void *data, const xmlChar *name, const xmlChar **attrs)
{
	struct count *count = data;

	(void)name;
	count->tags++;
	for (; attrs && *attrs; attrs += 2)
		count->attrs++;
}

static void by_libxml2(struct count *count)
{
	xmlSAXHandler sax = {.startElement = on_element};

	for (size_t i = 0; i < corpus.n; i++) {
		htmlParserCtxtPtr html = htmlCreatePushParserCtxt(&sax, count, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);

		for (wq_str rest = corpus.files[i]; rest.n > 0; rest = wq_str_from(rest, corpus.chunk))
			htmlParseChunk(html, rest.p, (int)WQ_MIN(rest.n, corpus.chunk), 0);
		htmlParseChunk(html, "", 0, 1);
		htmlFreeParserCtxt(html);
	}
}

static void count_nodes(const GumboNode *root, struct count *count)
{
	const GumboNode *node = root;
	size_t index = 0;

	while (node) { /* without recursion: a page may be nested deeply */
		const GumboVector *children = node->type == GUMBO_NODE_DOCUMENT ? &node->v.document.children
			: node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE
			? &node->v.element.children
			: NULL;

		if (index == 0 && children && node->type != GUMBO_NODE_DOCUMENT) {
			count->tags++;
			count->attrs += node->v.element.attributes.length;
		}
		if (children && index < children->length) {
			node = children->data[index];
			index = 0;
			continue;
		}
		index = node->index_within_parent + 1;
		node = node == root ? NULL : node->parent;
	}
}

static void by_gumbo(struct count *count)
{
	for (size_t i = 0; i < corpus.n; i++) {
		GumboOutput *out = gumbo_parse_with_options(
			&kGumboDefaultOptions, corpus.files[i].p, corpus.files[i].n);

		count_nodes(out->document, count);
		gumbo_destroy_output(&kGumboDefaultOptions, out);
	}
}

static struct {
	const char *name;
	void (*run)(struct count *count);
	struct count count;
	double v[MAX_ROUNDS];
} engines[] = {{"weique", by_weique}, {"libxml2_sax_push", by_libxml2}, {"gumbo", by_gumbo}};

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	FILE *f;
	char *bytes;

	(void)ftw;
	if (type != FTW_F || !wq_str_ends(wq_str_c(path), WQ_S(".html")) || st->st_size == 0 || corpus.n == MAX_FILES ||
		corpus.bytes + (size_t)st->st_size > corpus.max_bytes)
		return 0;
	f = fopen(path, "rb");
	if (!f)
		return 0;
	bytes = malloc((size_t)st->st_size);
	if (!bytes)
		exit(1);
	corpus.files[corpus.n] = wq_str_of(bytes, fread(bytes, 1, (size_t)st->st_size, f));
	corpus.bytes += corpus.files[corpus.n++].n;
	fclose(f);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(bool json, size_t i, size_t rounds)
{
	double *v = engines[i].v;

	qsort(v, rounds, sizeof(*v), by_value);
	if (json)
		printf("%s\n    {\"what\": \"%s\", \"median_mb_s\": %.1f, \"min_mb_s\": %.1f, \"max_mb_s\": %.1f, \"tags\": %llu, "
		       "\"attributes\": %llu}",
			i == 0 ? "" : ",", engines[i].name, v[rounds / 2], v[0], v[rounds - 1],
			(unsigned long long)engines[i].count.tags, (unsigned long long)engines[i].count.attrs);
	else
		printf("%-18s median %7.1f  min %7.1f  max %7.1f MB/s  %llu tags, %llu attributes\n", engines[i].name,
			v[rounds / 2], v[0], v[rounds - 1], (unsigned long long)engines[i].count.tags,
			(unsigned long long)engines[i].count.attrs);
}

static void measure(size_t rounds)
{
	for (size_t r = 0; r < rounds; r++)
		for (size_t i = 0; i < WQ_COUNT(engines); i++) {
			double start = cpu_seconds();

			engines[i].count = (struct count){0};
			engines[i].run(&engines[i].count);
			engines[i].v[r] = (double)corpus.bytes / 1e6 / (cpu_seconds() - start);
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
	size_t rounds = 7, mb = 0;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--rounds") == 0 && number(argv[i + 1], MAX_ROUNDS, &rounds))
			i++;
		else if (strcmp(argv[i], "--chunk") == 0 && number(argv[i + 1], 1 << 30, &corpus.chunk))
			i++;
		else if (strcmp(argv[i], "--max-mb") == 0 && number(argv[i + 1], 4096, &mb)) {
			corpus.max_bytes = mb * 1024 * 1024;
			i++;
		} else if (argv[i][0] == '-' || nftw(argv[i], visit, 16, FTW_PHYS) != 0)
			return 2;
	}
	if (corpus.n == 0) {
		fprintf(stderr, "bench-tokenizer: no *.html below the folders given\n");
		return 2;
	}
	measure(rounds);
	if (json)
		printf("{\"bench\": \"tokenizer\", \"files\": %zu, \"bytes\": %zu, \"chunk\": %zu, \"rounds\": %zu, \"results\": [",
			corpus.n, corpus.bytes, corpus.chunk, rounds);
	else
		printf("%zu files, %.1f MB, chunks of %zu bytes, %zu rounds\n", corpus.n, (double)corpus.bytes / 1e6,
			corpus.chunk, rounds);
	for (size_t i = 0; i < WQ_COUNT(engines); i++)
		report(json, i, rounds);
	if (json)
		printf("\n]}\n");
	for (size_t i = 0; i < corpus.n; i++)
		free((void *)(uintptr_t)corpus.files[i].p);
	return 0;
}
