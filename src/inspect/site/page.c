#include "inspect/site/site_priv.h"
#include "text/charset.h"
#include "text/feed_link.h"
#include "text/url.h"

#include <zlib.h>

enum {
	PAGE_ARENA = 1024 * 1024,
	LINK_ARENA = 512 * 1024,
	PLACES_MAX = 200000, /* of one page */
	WRITTEN_MAX = 200,
	TITLE_BYTES = 4096,
	FEED_BYTES = 64 * 1024 * 1024 /* sitemaps.org: 50 MB */
};

struct page_reader {
	struct walk *w;
	struct wq_link_reader *links;
	struct wq_arena page_arena, link_arena;
	struct wq_buf utf8, record, name, places, title, malformed, set,
		own; /* own: same-page places that are looked for */
	uint32_t number;
	struct wq_url url, base;
	bool over;                      /* more links than are kept */
	bool based, is_html, refreshes; /* another page is shown in its place: nobody looks for places here */
	uint64_t base_hash;
	uint64_t line; /* of the last link in the record */
};

/* A place in this page that one of its links looks for. */
struct own_place {
	uint32_t hash, line;
	uint32_t at, n; /* in `name`s log */
	uint8_t attr;
	uint16_t tag;
};

/* ---- places */

/* "12" of "12-15", "L3" of "L3-L9": lines that a viewer of source text marks. */
static wq_str first_line(wq_str fragment)
{
	wq_str rest = fragment, first = wq_str_cut(&rest, '-');
	uint64_t line;

	if (!rest.p)
		return fragment;
	rest = wq_str_from(rest, wq_str_starts(rest, WQ_S("L")) ? 1 : 0);
	return wq_str_to_u64(rest, UINT32_MAX, &line) &&
			wq_str_to_u64(wq_str_from(first, wq_str_starts(first, WQ_S("L")) ? 1 : 0), UINT32_MAX, &line)
		? first
		: fragment;
}

wq_str fragment_name(wq_str fragment, struct wq_buf *out)
{
	ptrdiff_t directive = wq_str_find(fragment, WQ_S(":~:"));

	if (directive >= 0)
		fragment = wq_str_head(fragment, (size_t)directive);
	fragment = first_line(fragment);
	wq_buf_clear(out);
	if (fragment.n == 0 || fragment.p[0] == '!' || fragment.p[0] == '/' || wq_str_eq_nocase(fragment, WQ_S("top")))
		return WQ_S_NONE;
	for (size_t i = 0; i < fragment.n; i++) {
		uint8_t byte;

		if (fragment.p[i] == '%' && i + 2 < fragment.n &&
			wq_str_unhex(wq_str_of(fragment.p + i + 1, 2), &byte, 1)) {
			wq_buf_byte(out, byte);
			i += 2;
		} else
			wq_buf_byte(out, (uint8_t)fragment.p[i]);
	}
	return wq_buf_str(out);
}

uint32_t place_hash(const struct walk *w, wq_str name)
{
	uint32_t hash = (uint32_t)(wq_siphash13(w->log.key, name) >> 32);

	return hash ? hash : 1;
}

static void add_place(struct page_reader *r, wq_str name)
{
	uint32_t hash = place_hash(r->w, name);

	if (r->places.len < PLACES_MAX * sizeof(hash))
		wq_buf_add(&r->places, wq_str_of(&hash, sizeof(hash)));
}

static void place_of(struct page_reader *r, const struct wq_html_attr *attr)
{
	wq_str name = attr->value;

	if (name.n == 0 || name.n > WQ_FETCH_URL_MAX)
		return;
	if (memchr(name.p, '&', name.n)) {
		wq_buf_clear(&r->name);
		if (wq_failed(wq_html_decode(name, WQ_HTML_IN_ATTRIBUTE, &r->name)))
			return;
		name = wq_arena_str(&r->page_arena, wq_buf_str(&r->name));
	}
	add_place(r, name);
	if (memchr(name.p, '%',
		    name.n)) /* a fragment is compared as it is first (HTML, "find a potential indicated element") */
		add_place(r, fragment_name(name, &r->name));
}

static wq_err on_place(void *data, const struct wq_html_token *token)
{
	struct page_reader *r = data;

	if (token->kind == WQ_HTML_TEXT && token->in == WQ_TAG_TITLE && !token->foreign && r->title.len == 0)
		return wq_html_decode(wq_str_head(token->raw, TITLE_BYTES), WQ_HTML_IN_TEXT, &r->title);
	if (token->kind != WQ_HTML_START)
		return WQ_OK;
	for (size_t i = 0; i < token->attrs_n; i++) {
		const struct wq_html_attr *attr = &token->attrs[i];

		if ((attr->name.n == 2 && (attr->name.p[0] | 0x20) == 'i' && (attr->name.p[1] | 0x20) == 'd') ||
			(token->tag == WQ_TAG_A && attr->name.n == 4 && wq_str_eq_nocase(attr->name, WQ_S("name"))))
			place_of(r, attr);
	}
	return WQ_OK;
}

/* ---- links */

static void use_base(struct page_reader *r, const struct wq_url *url)
{
	wq_str href = wq_url_without_fragment(url);
	wq_str directory = wq_str_cut(&href, '?');
	ptrdiff_t slash = wq_str_rchr(directory, '/');

	r->base = *url;
	r->base_hash = wq_siphash13(r->w->log.key, wq_str_head(directory, (size_t)(slash + 1)));
}

static void put_varint(struct wq_buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		wq_buf_byte(out, (uint8_t)(v | 0x80));
	wq_buf_byte(out, (uint8_t)v);
}

/* Whether so many bytes and the numbers before them fit; what does not is left out, and that is said. */
static bool has_room(struct page_reader *r, const struct wq_buf *buf, size_t n)
{
	enum { NUMBERS = 64 };

	if (buf->len + n + NUMBERS <= buf->max_bytes)
		return true;
	walk_limited(r->w, "links of a page");
	if (!r->over)
		walk_sign(r->w, WQ_SITE_SIGN_LINKS, r->url.href);
	r->over = true;
	return false;
}

static void put_link(struct page_reader *r, uint32_t target, const struct wq_link *link, wq_str fragment)
{
	uint8_t attr = attr_code(link->attr);

	if (!has_room(r, &r->record, fragment.n))
		return;
	int64_t step = (int64_t)link->line - (int64_t)r->line;

	put_varint(&r->record, target);
	put_varint(&r->record, step < 0 ? ((uint64_t)-step << 1) | 1 : (uint64_t)step << 1);
	put_varint(&r->record, link->tag);
	wq_buf_byte(&r->record, (uint8_t)(attr | (fragment.n > 0 ? 0x80 : 0)));
	if (fragment.n > 0) {
		put_varint(&r->record, fragment.n);
		wq_buf_add(&r->record, fragment);
		r->w->fragments++;
	}
	r->line = link->line;
}

static void put_malformed(struct page_reader *r, const struct wq_link *link)
{
	wq_str written = wq_str_head(link->url, WRITTEN_MAX);

	if (!has_room(r, &r->malformed, written.n))
		return;
	put_varint(&r->malformed, link->line);
	put_varint(&r->malformed, link->tag);
	put_varint(&r->malformed, attr_code(link->attr));
	put_varint(&r->malformed, written.n);
	wq_buf_add(&r->malformed, written);
}

static uint8_t flags_of(const struct wq_link *link)
{
	switch ((int)link->kind) {
	case WQ_LINK_NAVIGATE: return ITEM_PAGE;
	case WQ_LINK_SHEET: return ITEM_SHEET;
	default: return link->tag == WQ_TAG_SCRIPT ? ITEM_SCRIPT : 0;
	}
}

/* Characters that stand in a fragment as they are written. */
static bool is_plain(wq_str fragment)
{
	for (size_t i = 0; i < fragment.n; i++) {
		unsigned char c = (unsigned char)fragment.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '`')
			return false;
	}
	return true;
}

static void link_slowly(struct page_reader *r, const struct wq_link *link, struct link_cached *cached, uint64_t hash)
{
	struct wq_url url;
	wq_str scheme = wq_url_scheme(link->url);
	uint32_t target;

	if (scheme.n > 0 && !wq_str_eq_nocase(scheme, WQ_S("http")) && !wq_str_eq_nocase(scheme, WQ_S("https")))
		return;
	wq_arena_reset(&r->link_arena);
	if (wq_failed(wq_url_parse(&r->link_arena, link->url, &r->base, &url))) {
		put_malformed(r, link);
		return;
	}
	if (!wq_url_is_http(&url))
		return;
	target = walk_address(r->w, wq_url_without_fragment(&url), r->number, flags_of(link), 0);
	if (target == ITEM_NONE)
		return;
	if (hash != 0)
		*cached = (struct link_cached){hash, target};
	put_link(r, target, link, link->kind == WQ_LINK_NAVIGATE ? url.fragment : WQ_S_NONE);
}

/* A place in this very page: known at its end. */
static void own_link(struct page_reader *r, const struct wq_link *link, wq_str fragment)
{
	wq_str name = fragment_name(fragment, &r->name);
	struct own_place own = {
		.line = (uint32_t)link->line, .attr = attr_code(link->attr), .tag = (uint16_t)link->tag};

	if (name.n == 0 || !has_room(r, &r->own, fragment.n))
		return;
	own.hash = place_hash(r->w, name);
	own.n = (uint32_t)fragment.n;
	wq_buf_add(&r->own, wq_str_of(&own, sizeof(own)));
	wq_buf_add(&r->own, fragment);
}

static wq_err on_link(void *data, const struct wq_link *link)
{
	struct page_reader *r = data;
	wq_str rest = link->url, before;
	struct link_cached *cached = NULL;
	uint64_t hash = 0;

	if (link->kind == WQ_LINK_BASE) {
		struct wq_url base;

		if (!r->based && !wq_failed(wq_url_parse(&r->page_arena, link->url, &r->url, &base)) &&
			wq_url_is_http(&base)) {
			use_base(r, &base);
			r->based = true;
		}
		return r->w->err;
	}
	r->w->stats.links++;
	r->refreshes |= link->tag == WQ_TAG_META;
	before = wq_str_cut(&rest, '#');
	if (before.n == 0 && !r->based && is_plain(rest)) {
		if (link->kind == WQ_LINK_NAVIGATE)
			own_link(r, link, rest);
		return r->w->err;
	}
	if (before.n > 0 && before.p[0] != '?' && is_plain(rest)) {
		uint64_t key[2] = {r->base_hash, r->w->log.key[1] ^ flags_of(link)};

		hash = wq_siphash13(key, before);
		cached = &r->w->cache[hash & (LINK_CACHE - 1)];
		if (cached->hash == hash) {
			put_link(r, cached->number, link, link->kind == WQ_LINK_NAVIGATE ? rest : WQ_S_NONE);
			return r->w->err;
		}
	}
	link_slowly(r, link, cached, hash);
	return r->w->err;
}

/* ---- the records */

/* The places of this page as a set with free slots: hashes, 0 for a free one. NULL without memory. */
static const uint32_t *set_of_places(struct page_reader *r, size_t *ret_mask)
{
	size_t n = r->places.len / sizeof(uint32_t), slots_n = 16;
	uint32_t *slots;

	while (slots_n < 2 * n)
		slots_n *= 2;
	wq_buf_clear(&r->set);
	slots = wq_buf_reserve(&r->set, slots_n * sizeof(*slots));
	if (!slots)
		return NULL;
	memset(slots, 0, slots_n * sizeof(*slots));
	for (size_t i = 0; i < n; i++) {
		uint32_t hash;
		size_t at;

		memcpy(&hash, r->places.data + i * sizeof(hash), sizeof(hash));
		for (at = hash & (slots_n - 1); slots[at] && slots[at] != hash;)
			at = (at + 1) & (slots_n - 1);
		slots[at] = hash;
	}
	*ret_mask = slots_n - 1;
	return slots;
}

/* Same-page links whose place is not there become links like others. */
static void check_own(struct page_reader *r)
{
	wq_str rest = wq_buf_str(&r->own);
	size_t mask = 0;
	const uint32_t *slots = rest.n > 0 ? set_of_places(r, &mask) : NULL;

	while (slots && rest.n >= sizeof(struct own_place)) {
		struct own_place own;
		struct wq_link link = {.kind = WQ_LINK_NAVIGATE};
		wq_str fragment;
		size_t at;

		memcpy(&own, rest.p, sizeof(own));
		fragment = wq_str_head(wq_str_from(rest, sizeof(own)), own.n);
		rest = wq_str_from(rest, sizeof(own) + own.n);
		for (at = own.hash & mask; slots[at] && slots[at] != own.hash;)
			at = (at + 1) & mask;
		if (slots[at])
			continue;
		link.line = own.line;
		link.tag = (enum wq_html_tag)own.tag;
		link.attr = attr_of_code(own.attr);
		put_link(r, r->number, &link, fragment);
	}
}

static void write_records(struct page_reader *r)
{
	struct log *log = &r->w->log;

	if (r->record.len > 0) {
		log_begin(log, LOG_LINKS);
		log_varint(log, r->number);
		log_bytes(log, wq_buf_str(&r->record));
		log_end(log);
	}
	if (r->places.len > 0) {
		log_begin(log, LOG_ANCHORS);
		log_varint(log, r->number);
		log_bytes(log, wq_buf_str(&r->places));
		log_end(log);
	}
	if (r->malformed.len > 0) {
		log_begin(log, LOG_MALFORMED);
		log_varint(log, r->number);
		log_bytes(log, wq_buf_str(&r->malformed));
		log_end(log);
	}
	walk_fail(r->w, wq_buf_err(&r->record));
}

/* ---- a page */

static wq_err tell(struct page_reader *r, struct wq_document *document, wq_str type)
{
	struct walk *w = r->w;
	const struct item *item = &w->table.items[r->number];
	struct wq_document_reader readers[WQ_DOCUMENT_READERS_MAX] = {{wq_link_reader_token, r->links}, {on_place, r}};
	char from[WQ_FETCH_URL_MAX + 1];
	struct wq_site_page page = {
		.document = document, .type = type, .depth = item->depth, .home = (item->flags & ITEM_HOME) != 0};
	bool told = !w->options.links_only && r->is_html;
	size_t n = 0;

	if (item->from != ITEM_NONE && !w->options.links_only) {
		WQ_TRY(table_url(&w->table, item->from, from));
		page.from = wq_str_c(from);
	}
	if (!r->is_html) {
		WQ_TRY(wq_link_reader_sheet(r->links));
		return w->calls->resource && !w->options.links_only ? w->calls->resource(w->calls->data, &page) : WQ_OK;
	}
	if (told && w->calls->open)
		WQ_TRY(w->calls->open(w->calls->data, &page, readers + 2, &n));
	WQ_TRY(wq_document_read(document, readers, n + 2));
	return told && w->calls->page ? w->calls->page(w->calls->data, &page) : WQ_OK;
}

static void begin(struct page_reader *r, uint32_t number)
{
	wq_arena_reset(&r->page_arena);
	wq_buf_clear(&r->record);
	wq_buf_clear(&r->places);
	wq_buf_clear(&r->own);
	wq_buf_clear(&r->title);
	wq_buf_clear(&r->malformed);
	r->number = number;
	r->based = r->refreshes = r->over = false;
	r->line = 0;
}

static bool is_html_type(wq_str type)
{
	return wq_str_eq(type, WQ_S("text/html")) || wq_str_eq(type, WQ_S("application/xhtml+xml")) ||
		wq_str_eq(type, WQ_S("image/svg+xml")) || type.n == 0;
}

/* What may hold a sitemap or a feed. */
static bool is_xml_type(wq_str type)
{
	return wq_str_eq(type, WQ_S("application/xml")) || wq_str_eq(type, WQ_S("text/xml")) ||
		wq_str_eq(type, WQ_S("application/rss+xml")) || wq_str_eq(type, WQ_S("application/atom+xml")) ||
		wq_str_eq(type, WQ_S("application/rdf+xml")) || wq_str_eq(type, WQ_S("application/gzip")) ||
		wq_str_eq(type, WQ_S("application/x-gzip"));
}

/* A sitemap may be compressed as a file (sitemaps.org); as much of it as the protocol allows. */
static bool gunzip(wq_str packed, struct wq_buf *out)
{
	enum { STEP = 64 * 1024, GZIP_WINDOW = 15 + 16 };
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)packed.p,
		.avail_in = (uInt)WQ_MIN(packed.n, (size_t)UINT32_MAX)};
	int code = Z_OK;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return false;
	while (code == Z_OK && out->len + STEP <= FEED_BYTES) {
		z.next_out = wq_buf_reserve(out, STEP);
		z.avail_out = STEP;
		if (!z.next_out)
			break;
		code = inflate(&z, Z_NO_FLUSH);
		wq_buf_commit(out, STEP - z.avail_out);
	}
	inflateEnd(&z);
	return code == Z_STREAM_END;
}

static wq_err read_feed(
	struct walk *w, struct page_reader *r, const struct wq_fetch_response *response, wq_str content_type)
{
	WQ_BUF(plain, FEED_BYTES);
	wq_str body = response->body, text;
	bool converted;

	if (wq_str_starts(body, WQ_S("\x1f\x8b"))) {
		if (!gunzip(body, &plain))
			return WQ_OK;
		body = wq_buf_str(&plain);
	}
	wq_buf_clear(&r->utf8);
	WQ_TRY(wq_charset_document(body, wq_charset_of_content_type(content_type), &r->utf8, &text, &converted));
	if (!wq_feed_is(text))
		return WQ_OK;
	WQ_TRY(wq_feed_links(text, on_link, r));
	write_records(r);
	return w->err;
}

static bool is_home(const struct page_reader *r)
{
	return r->w->table.items[r->number].flags & ITEM_HOME || wq_str_eq(wq_url_target(&r->url), WQ_S("/"));
}

wq_err page_read(struct walk *w, struct host *host, uint32_t number, const struct wq_fetch_response *response)
{
	struct page_reader *r = w->reader;
	struct wq_document document = {
		.status = response->status, .msec = response->msec, .headers = response->headers};
	wq_str content_type = wq_header_find(response->headers, WQ_S("Content-Type")), rest = content_type, type;
	char lower[64];
	size_t n = 0;

	type = wq_str_trim(wq_str_cut(&rest, ';'));
	for (; n < type.n && n < sizeof(lower); n++)
		lower[n] = (char)(type.p[n] >= 'A' && type.p[n] <= 'Z' ? type.p[n] | 0x20 : type.p[n]);
	type = wq_str_of(lower, n);
	begin(r, number);
	WQ_TRY(wq_url_parse(&r->page_arena, wq_str_c(response->url), NULL, &r->url));
	use_base(r, &r->url);
	r->is_html = is_html_type(type);
	if (is_xml_type(type))
		return read_feed(w, r, response, content_type);
	if (w->table.items[number].from == ITEM_NONE && !(w->table.items[number].flags & ITEM_START))
		return WQ_OK; /* a sitemap that nobody linked to, and that is none */
	if (!r->is_html && !wq_str_eq(type, WQ_S("text/css"))) {
		struct wq_site_page page = {.document = &document, .type = type, .depth = w->table.items[number].depth};
		char from[WQ_FETCH_URL_MAX + 1];

		if (w->table.items[number].from != ITEM_NONE) {
			WQ_TRY(table_url(&w->table, w->table.items[number].from, from));
			page.from = wq_str_c(from);
		}
		document.address = r->url;
		document.bytes = document.html = response->body;
		return w->calls->resource && !w->options.links_only ? w->calls->resource(w->calls->data, &page) : WQ_OK;
	}
	document.address = r->url;
	wq_buf_clear(&r->utf8);
	WQ_TRY(wq_document_open(&document, response->body, wq_charset_of_content_type(content_type), &r->utf8));
	wq_link_reader_begin(r->links, document.html, WQ_HTML_ENC_ASCII);
	WQ_TRY(tell(r, &document, type));
	check_own(r);
	write_records(r);
	w->table.items[number].flags |= r->is_html && !r->refreshes ? ITEM_READ : 0;
	if (r->is_html && w->options.target && soft_page(w, host, &document, wq_buf_str(&r->title), is_home(r)))
		w->table.items[number].verdict = WQ_SITE_SOFT_404;
	return w->err;
}

wq_err page_redirect(struct walk *w, uint32_t number, const struct wq_fetch_response *response)
{
	struct page_reader *r = w->reader;
	struct item *item = &w->table.items[number];
	const uint8_t inherited = ITEM_PAGE | ITEM_SHEET | ITEM_SCRIPT | ITEM_HOME;
	struct wq_url to;
	uint32_t target;

	begin(r, number);
	WQ_TRY(wq_url_parse(&r->page_arena, wq_str_c(response->url), NULL, &r->url));
	if (wq_failed(
		    wq_url_parse(&r->page_arena, wq_header_find(response->headers, WQ_S("Location")), &r->url, &to))) {
		item->verdict = WQ_SITE_BROKEN;
		return WQ_OK;
	}
	if (!wq_url_is_http(&to))
		return WQ_OK;
	if (item->hops >= w->options.redirects_max) {
		item->verdict = WQ_SITE_LOOP;
		if (item->flags & ITEM_INSIDE)
			walk_sign(w, WQ_SITE_SIGN_REDIRECTS, r->url.href);
		return WQ_OK;
	}
	target = walk_address(
		w, wq_url_without_fragment(&to), number, item->flags & inherited, (uint8_t)(item->hops + 1));
	w->table.items[number].end = target;
	return WQ_OK;
}

/* ---- life */

wq_err page_reader_new(struct walk *w, struct page_reader **ret_reader)
{
	struct page_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return wq_error_id(WQ_E_NO_MEMORY);
	r->w = w;
	wq_arena_init(&r->page_arena, PAGE_ARENA);
	wq_arena_init(&r->link_arena, LINK_ARENA);
	wq_buf_init(&r->utf8, 256 * WQ_MIB);
	wq_buf_init(&r->record, LOG_CHUNK_MAX / 4);
	wq_buf_init(&r->name, 2 * WQ_LINK_BYTES_MAX);
	wq_buf_init(&r->places, PLACES_MAX * sizeof(uint32_t));
	wq_buf_init(&r->malformed, 4 * WQ_MIB);
	wq_buf_init(&r->set, 8 * PLACES_MAX * sizeof(uint32_t));
	wq_buf_init(&r->own, 16 * WQ_MIB);
	wq_buf_init(&r->title, 8 * TITLE_BYTES);
	*ret_reader = r;
	return wq_link_reader_new(on_link, r, &r->links);
}

void page_reader_free(struct page_reader **reader)
{
	struct page_reader *r = *reader;

	if (!r)
		return;
	wq_link_reader_free(&r->links);
	wq_arena_done(&r->page_arena);
	wq_arena_done(&r->link_arena);
	wq_buf_done(&r->utf8);
	wq_buf_done(&r->record);
	wq_buf_done(&r->name);
	wq_buf_done(&r->places);
	wq_buf_done(&r->own);
	wq_buf_done(&r->title);
	wq_buf_done(&r->set);
	wq_buf_done(&r->malformed);
	free(r);
	*reader = NULL;
}
