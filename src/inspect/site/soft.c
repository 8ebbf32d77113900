#include "inspect/site/site_priv.h"
#include "text/charset.h"

enum {
	DIRECTORY_BYTES = 64,
	PROBES = 8 /* a host: its root and the first directories */,
	PRINT_ARENA = 8 * 1024 * 1024
};

/* What the host says of a name that cannot exist in a directory. */
struct probe {
	char directory[DIRECTORY_BYTES]; /* "/", "/news/" */
	uint64_t location;               /* hash of where it redirects; 0: it does not */
	struct wq_target_print print;
	bool known;
};

struct soft {
	struct probe probes[PROBES];
	size_t n;
	bool off; /* its home page is like its answer to what is not there: a shell that scripts fill */
	struct wq_arena arena;
};

void soft_free(struct soft **soft)
{
	if (!*soft)
		return;
	wq_arena_done(&(*soft)->arena);
	free(*soft);
	*soft = NULL;
}

/* "/news/" of "/news/2026/a.html", "/" of "/a.html". */
static wq_str directory_of(wq_str target)
{
	wq_str path = wq_str_cut(&target, '?');
	ptrdiff_t second = wq_str_chr(wq_str_from(path, 1), '/');

	return second < 0 || second + 2 >= DIRECTORY_BYTES ? WQ_S("/") : wq_str_head(path, (size_t)second + 2);
}

static struct probe *probe_of(struct soft *soft, wq_str directory)
{
	for (size_t i = 0; soft && i < soft->n; i++)
		if (wq_str_eq(wq_str_c(soft->probes[i].directory), directory))
			return &soft->probes[i];
	return NULL;
}

bool soft_wants(struct walk *w, struct host *host, wq_str url, struct wq_buf *ret_url, uint32_t *ret_probe)
{
	wq_str directory = directory_of(wq_str_from(url, url_origin(url).n));
	uint8_t random[8];
	char hex[2 * sizeof(random) + 1];
	struct soft *soft;

	if (!w->options.target || !host->inside)
		return false;
	if (!host->soft) {
		host->soft = calloc(1, sizeof(*host->soft));
		if (!host->soft)
			return false;
		wq_arena_init(&host->soft->arena, PRINT_ARENA);
	}
	soft = host->soft;
	if (soft->n == 0)
		directory = WQ_S("/");
	if (soft->n == PROBES || soft->off || probe_of(soft, directory))
		return false;
	*ret_probe = (uint32_t)soft->n;
	memcpy(soft->probes[soft->n].directory, directory.p, directory.n);
	soft->n++;
	wq_random_system.fill(wq_random_system.data, random, sizeof(random));
	wq_buf_clear(ret_url);
	wq_buf_printf(ret_url, "%s%.*s%s.html", host->origin, WQ_S_ARG(directory), wq_hex(random, sizeof(random), hex));
	return !wq_failed(wq_buf_err(ret_url));
}

/* The body as UTF-8 when it is HTML. */
static bool html_of(const struct wq_fetch_response *response, struct wq_buf *room, wq_str *ret_html)
{
	wq_str type = wq_header_find(response->headers, WQ_S("Content-Type"));
	bool converted;

	if (response->result != WQ_FETCH_ANSWERED || response->body.n == 0 ||
		!wq_str_starts_nocase(type, WQ_S("text/html")))
		return false;
	return !wq_failed(
		wq_charset_document(response->body, wq_charset_of_content_type(type), room, ret_html, &converted));
}

/* Where it redirects, as a hash; 0: nowhere that a browser can go. */
static uint64_t location_of(
	const struct walk *w, const struct wq_fetch_response *response, struct wq_arena *arena, struct wq_url *ret_url)
{
	wq_str location = wq_header_find(response->headers, WQ_S("Location"));
	struct wq_url from;

	if (response->result != WQ_FETCH_ANSWERED || response->status < 300 || response->status >= 400 || !location.p)
		return 0;
	if (wq_failed(wq_url_parse(arena, wq_str_c(response->url), NULL, &from)) ||
		wq_failed(wq_url_parse(arena, location, &from, ret_url)))
		return 0;
	return table_hash(&w->table, wq_url_without_fragment(ret_url));
}

void soft_heard(struct walk *w, struct host *host, uint32_t number, const struct wq_fetch_response *response)
{
	struct soft *soft = host->soft;
	struct probe *probe = &soft->probes[number];
	WQ_BUF(room, 4 * WQ_MIB);
	struct wq_arena arena;
	struct wq_url to;
	wq_str html;

	wq_arena_init(&arena, 8 * WQ_FETCH_URL_MAX);
	probe->location = location_of(w, response, &arena, &to);
	wq_arena_done(&arena);
	if (probe->location == 0 && html_of(response, &room, &html))
		probe->known = !wq_failed(wq_target_print(w->options.target, html, &soft->arena, &probe->print));
}

/* "/", "/index.html": where it is no surprise to be sent. */
static bool is_home(wq_str path)
{
	return wq_str_eq(path, WQ_S("/")) || wq_str_starts(path, WQ_S("/index.")) ||
		wq_str_starts(path, WQ_S("/default."));
}

static bool names_error(wq_str path)
{
	return wq_str_find(path, WQ_S("404")) >= 0 || wq_str_find(path, WQ_S("error")) >= 0 ||
		wq_str_find(path, WQ_S("notfound")) >= 0 || wq_str_find(path, WQ_S("not-found")) >= 0;
}

bool soft_redirect(struct walk *w, struct host *host, const struct wq_fetch_response *response)
{
	wq_str url = wq_str_c(response->url), target = wq_str_from(url, url_origin(url).n);
	struct probe *probe = probe_of(host->soft, directory_of(target));
	struct wq_arena arena;
	struct wq_url to;
	uint64_t location;
	bool soft;

	probe = probe ? probe : probe_of(host->soft, WQ_S("/"));
	if (!probe || probe->location == 0 || is_home(target))
		return false;
	wq_arena_init(&arena, 8 * WQ_FETCH_URL_MAX);
	location = location_of(w, response, &arena, &to);
	soft = location == probe->location && (is_home(to.path) || names_error(to.path));
	wq_arena_done(&arena);
	return soft;
}

bool soft_page(struct walk *w, struct host *host, const struct wq_document *document, wq_str title, bool home)
{
	const struct wq_target_rules *rules = w->options.target;
	wq_str target = wq_url_target(&document->address);
	struct probe *probes[2] = {probe_of(host->soft, directory_of(target)), probe_of(host->soft, WQ_S("/"))};
	struct wq_target_print page;
	uint64_t hash = wq_target_title(title);
	struct wq_arena arena;
	bool near = wq_target_title_missing(rules, title), soft = false;

	for (size_t i = 0; i < WQ_COUNT(probes); i++)
		near |= probes[i] && probes[i]->known && probes[i]->print.title == hash;
	if (!near || host->soft->off)
		return false;
	wq_arena_init(&arena, WQ_MIB);
	if (!wq_failed(wq_target_print(rules, document->html, &arena, &page)))
		for (size_t i = 0; i < WQ_COUNT(probes); i++)
			soft |= probes[i] &&
				wq_target_is_missing(rules, &page, probes[i]->known ? &probes[i]->print : NULL);
	wq_arena_done(&arena);
	if (home && soft)
		host->soft->off = true;
	return soft && !home;
}

enum wq_site_verdict soft_outside(struct walk *w, const struct wq_fetch_response *response)
{
	enum wq_target_kind kind = WQ_TARGET_ORDINARY;
	struct wq_target_print page;
	WQ_BUF(room, 4 * WQ_MIB);
	struct wq_arena arena;
	bool missing;
	wq_str html;

	if (!w->options.target || response->status != 200 || !html_of(response, &room, &html))
		return WQ_SITE_FINE;
	walk_fail(w, wq_target_judge(w->options.target, html, &kind));
	if (kind != WQ_TARGET_ORDINARY)
		return WQ_SITE_CHANGED_HANDS;
	wq_arena_init(&arena, WQ_MIB);
	missing = !wq_failed(wq_target_print(w->options.target, html, &arena, &page)) &&
		wq_target_is_missing(w->options.target, &page, NULL);
	wq_arena_done(&arena);
	return missing ? WQ_SITE_SOFT_404 : WQ_SITE_FINE;
}
