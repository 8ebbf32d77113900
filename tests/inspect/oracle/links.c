/* What is broken among the files of a site, found without a server and without any code of ours: HTML read by libxml2, addresses resolved by
 * its URI functions, style sheets by a few lines of this file, targets looked up on disk. tests/inspect/oracle.mjs holds `weique inspect --links-only` against it.
 *
 *   oracle ROOT FOLDER…    "broken <target> <page>" and "fragment <target>#<name> <page>", one a line
 *
 * A path is a file below ROOT; a folder needs an index.html. FOLDERs (paths below ROOT) are read whole: files that no page
 * leads to are read too, so `oracle.mjs` keeps only pages that the walk saw.
 */
#include <ctype.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <libxml/HTMLparser.h>
#include <libxml/uri.h>

enum { PATH_BYTES = 8192, SHEET_BYTES = 16 * 1024 * 1024 };

static const char *root, *page; /* of what is being read: its path below the root */
static char *base;              /* against which its addresses are resolved */

static bool is_file(const char *path, char *ret_file)
{
	struct stat st;

	if (snprintf(ret_file, PATH_BYTES, "%s%s", root, path) >= PATH_BYTES || stat(ret_file, &st) != 0)
		return false;
	if (!S_ISDIR(st.st_mode))
		return S_ISREG(st.st_mode);
	return path[strlen(path) - 1] != '/' ? (strcat(ret_file, "/index.html"), stat(ret_file, &st) == 0)
					     : (strcat(ret_file, "index.html"), stat(ret_file, &st) == 0);
}

/* ---- places in pages, each document once */

struct places {
	struct places *next;
	char *file;
	char **names;
	size_t n, room;
};

static struct places *buckets[65536];

static void collect(xmlNode *node, struct places *to)
{
	for (; node; node = node->next) {
		static const char *const attrs[] = {"id", "name"};

		for (int i = 0; node->type == XML_ELEMENT_NODE && i < 2; i++) {
			xmlChar *value = i == 0 || strcmp((const char *)node->name, "a") == 0
				? xmlGetNoNsProp(node, (const xmlChar *)attrs[i])
				: NULL;
			if (value && to->n == to->room)
				to->names = realloc(to->names, (to->room = 2 * to->room + 16) * sizeof *to->names);
			if (value)
				to->names[to->n++] = (char *)value;
		}
		collect(node->children, to);
	}
}

static htmlDocPtr parse(const char *file)
{
	return htmlReadFile(
		file, "utf-8", HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
}

static struct places *places_of(const char *file)
{
	unsigned hash = 5381;
	struct places *p;
	htmlDocPtr doc;

	for (const char *c = file; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	for (p = buckets[hash % 65536]; p; p = p->next)
		if (strcmp(p->file, file) == 0)
			return p;
	p = calloc(1, sizeof *p);
	*p = (struct places){.next = buckets[hash % 65536], .file = strdup(file)};
	buckets[hash % 65536] = p;
	doc = parse(file);
	if (doc) {
		collect(xmlDocGetRootElement(doc), p);
		xmlFreeDoc(doc);
	}
	return p;
}

static bool is_page(const char *path)
{
	size_t n = strlen(path);

	return (n > 5 && strcasecmp(path + n - 5, ".html") == 0) || (n > 4 && strcasecmp(path + n - 4, ".htm") == 0);
}

static void judge_fragment(const char *url, const char *file, const char *fragment)
{
	struct places *p = places_of(file);
	char *plain = xmlURIUnescapeString(fragment, 0, NULL);

	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->names[i], fragment) == 0 || (plain && strcmp(p->names[i], plain) == 0))
			plain = (xmlFree(plain), NULL), i = p->n, fragment = "";
	if (*fragment && strcasecmp(fragment, "top") != 0)
		printf("fragment %s#%s %s\n", url, fragment, page);
	if (plain)
		xmlFree(plain);
}

/* ---- one address */

static void judge(const char *written)
{
	char trimmed[PATH_BYTES], file[PATH_BYTES], *path, *query, *fragment;
	xmlChar *whole, *escaped;
	size_t n = strlen(written);

	while (n && isspace((unsigned char)*written))
		written++, n--;
	while (n && isspace((unsigned char)written[n - 1]))
		n--;
	if (n == 0 || n >= sizeof trimmed)
		return;
	memcpy(trimmed, written, n);
	trimmed[n] = 0;
	for (char *c = trimmed; *c && *c != '/' && *c != '?' && *c != '#'; c++)
		if (*c == ':')
			return; /* another scheme or host */
	if (strncmp(trimmed, "//", 2) == 0)
		return;
	escaped = xmlURIEscapeStr((const xmlChar *)trimmed, (const xmlChar *)"/?#[]@!$&'()*+,;=:%-._~");
	whole = escaped ? xmlBuildURI(escaped, (const xmlChar *)base) : NULL;
	xmlFree(escaped);
	if (!whole)
		return;
	fragment = strchr((char *)whole, '#');
	if (fragment)
		*fragment++ = 0;
	query = strchr((char *)whole, '?');
	if (query)
		*query = 0;
	path = xmlURIUnescapeString((char *)whole, 0, NULL);
	if (path && !is_file(path, file)) {
		if (query)
			*query = '?';
		printf("broken %s %s\n", (char *)whole, page);
	} else if (path && fragment && *fragment && is_page(file)) {
		judge_fragment((char *)whole, file, fragment);
	}
	xmlFree(path);
	xmlFree(whole);
}

/* ---- style sheets: url(…) and @import, outside comments */

static void judge_css(const char *css)
{
	char address[PATH_BYTES];

	for (const char *c = css; *c;) {
		bool import = strncasecmp(c, "@import", 7) == 0;
		size_t n = 0;
		char quote;

		if (strncmp(c, "/*", 2) == 0) {
			const char *end = strstr(c + 2, "*/");
			c = end ? end + 2 : c + strlen(c);
			continue;
		}
		if (!import && strncasecmp(c, "url(", 4) != 0) {
			c++;
			continue;
		}
		c += import ? 7 : 4;
		while (isspace((unsigned char)*c))
			c++;
		if (import && *c != '"' && *c != '\'')
			continue;
		quote = *c == '"' || *c == '\'' ? *c++ : 0;
		while (*c && (quote ? *c != quote : *c != ')' && !isspace((unsigned char)*c)) && n + 1 < sizeof address)
			address[n++] = *c++;
		address[n] = 0;
		if (n)
			judge(address);
	}
}

static void judge_sheet(const char *file)
{
	FILE *f = fopen(file, "r");
	char *text = calloc(1, SHEET_BYTES + 1);

	if (f && text && fread(text, 1, SHEET_BYTES, f))
		judge_css(text);
	if (f)
		fclose(f);
	free(text);
}

/* ---- pages */

static const struct {
	const char *element, *attr;
} rows[] = {{"a", "href"}, {"area", "href"}, {"link", "href"}, {"script", "src"}, {"img", "src"}, {"source", "src"},
	{"video", "src"}, {"video", "poster"}, {"audio", "src"}, {"iframe", "src"}, {"frame", "src"}, {"embed", "src"},
	{"object", "data"}, {"input", "src"}, {"body", "background"}, {"table", "background"}, {"td", "background"}};

static void find_base(xmlNode *node)
{
	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, "base") == 0) {
			xmlChar *href = xmlGetNoNsProp(node, (const xmlChar *)"href"),
				*whole = href ? xmlBuildURI(href, (const xmlChar *)base) : NULL;
			if (whole)
				base = strdup((const char *)whole);
			xmlFree(href);
			xmlFree(whole);
		}
		find_base(node->children);
	}
}

static void judge_node(xmlNode *node)
{
	for (; node; node = node->next) {
		xmlChar *value;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (strcmp((const char *)node->name, rows[i].element) == 0 &&
				(value = xmlGetNoNsProp(node, (const xmlChar *)rows[i].attr))) {
				judge((const char *)value);
				xmlFree(value);
			}
		if ((value = xmlGetNoNsProp(node, (const xmlChar *)"style"))) {
			judge_css((const char *)value);
			xmlFree(value);
		}
		if (strcmp((const char *)node->name, "style") == 0 && (value = xmlNodeGetContent(node))) {
			judge_css((const char *)value);
			xmlFree(value);
		}
		judge_node(node->children);
	}
}

static int visit(const char *file, const struct stat *st, int type, struct FTW *at)
{
	size_t n = strlen(file);
	htmlDocPtr doc;

	(void)st;
	(void)at;
	if (type != FTW_F)
		return 0;
	page = file + strlen(root);
	base = (char *)(uintptr_t)page;
	if (n > 4 && strcmp(file + n - 4, ".css") == 0)
		judge_sheet(file);
	if (!is_page(file) || !(doc = parse(file)))
		return 0;
	find_base(xmlDocGetRootElement(doc));
	judge_node(xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	return 0;
}

int main(int argc, char **argv)
{
	char folder[PATH_BYTES];

	if (argc < 3)
		return fprintf(stderr, "usage: %s ROOT FOLDER…\n", argv[0]), 2;
	root = argv[1];
	xmlInitParser();
	for (int i = 2; i < argc; i++) {
		snprintf(folder, sizeof folder, "%s%s", root, argv[i]);
		if (nftw(folder, visit, 64, FTW_PHYS) != 0)
			return 1;
	}
	xmlCleanupParser();
	return 0;
}
