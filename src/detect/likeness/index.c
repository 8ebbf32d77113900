#include "detect/likeness/index.h"

#include "base/cursor.h"
#include "detect/likeness/rules_priv.h"

enum {
	BANDS = 32,
	TABLES = 2 * BANDS, /* all, then body */
	CANDIDATES_MAX = 8192,
	STRINGS_MAX = 256 * 1024 * 1024,
	NAME_MAX_BYTES = 256
};

static const char magic[8] = {'W', 'Q', 'L', 'I', 'K', 'E', 0, 1};

/* Where the texts of a row stand: app, then URL. */
struct name {
	uint32_t at;
	uint16_t app_n, url_n;
};

struct page {
	struct name name;
	struct wq_likeness_sketch sketch;
};

struct image {
	struct name name;
	struct wq_likeness_image image;
};

struct own {
	struct name name;
	uint32_t kind, value_n;
	char value[64];
};

struct wq_likeness_index {
	const struct wq_likeness_rules *rules;
	struct wq_buf pages, images, owns, strings; /* rows of the structs above */
	uint32_t *heads, *next;                     /* TABLES tables of chains of pages, row + 1 */
	uint32_t *seen, stamp;
	size_t head_mask;
};

wq_err wq_likeness_index_new(const struct wq_likeness_rules *rules, struct wq_likeness_index **ret_index)
{
	struct wq_likeness_index *index = calloc(1, sizeof *index);

	if (!index)
		return wq_error_id(WQ_E_NO_MEMORY);
	index->rules = rules;
	wq_buf_init(&index->pages, sizeof(struct page) * (size_t)WQ_LIKENESS_PAGES_MAX);
	wq_buf_init(&index->images, sizeof(struct image) * (size_t)WQ_LIKENESS_IMAGES_MAX);
	wq_buf_init(&index->owns, sizeof(struct own) * (size_t)WQ_LIKENESS_OWN_MAX);
	wq_buf_init(&index->strings, STRINGS_MAX);
	*ret_index = index;
	return WQ_OK;
}

void wq_likeness_index_free(struct wq_likeness_index **index)
{
	if (!*index)
		return;
	wq_buf_done(&(*index)->pages);
	wq_buf_done(&(*index)->images);
	wq_buf_done(&(*index)->owns);
	wq_buf_done(&(*index)->strings);
	free((*index)->heads);
	free((*index)->next);
	free((*index)->seen);
	free(*index);
	*index = NULL;
}

static const struct page *pages_of(const struct wq_likeness_index *index, size_t *ret_n)
{
	*ret_n = index->pages.len / sizeof(struct page);
	return (const struct page *)(const void *)index->pages.data;
}

static const struct image *images_of(const struct wq_likeness_index *index, size_t *ret_n)
{
	*ret_n = index->images.len / sizeof(struct image);
	return (const struct image *)(const void *)index->images.data;
}

static const struct own *owns_of(const struct wq_likeness_index *index, size_t *ret_n)
{
	*ret_n = index->owns.len / sizeof(struct own);
	return (const struct own *)(const void *)index->owns.data;
}

/* ---- adding ---- */

static wq_err name_of(struct wq_likeness_index *index, wq_str app, wq_str url, struct name *ret)
{
	if (app.n > NAME_MAX_BYTES || url.n > WQ_LIKENESS_URL_BYTES)
		return wq_error(WQ_E_LIMIT, "a name of %zu or an address of %zu bytes", app.n, url.n);
	*ret = (struct name){(uint32_t)index->strings.len, (uint16_t)app.n, (uint16_t)url.n};
	wq_buf_add(&index->strings, app);
	wq_buf_add(&index->strings, url);
	wq_buf_byte(&index->strings, 0); /* an empty name is somewhere, too */
	return wq_buf_err(&index->strings);
}

static void names_out(const struct wq_likeness_index *index, struct name name, wq_str *ret_app, wq_str *ret_url)
{
	const char *at = (const char *)index->strings.data + name.at;

	*ret_app = wq_str_of(at, name.app_n);
	*ret_url = wq_str_of(at + name.app_n, name.url_n);
}

wq_err wq_likeness_index_add_page(
	struct wq_likeness_index *index, wq_str app, wq_str url, const struct wq_likeness_sketch *sketch)
{
	struct page page = {.sketch = *sketch};

	if (sketch->all_n < index->rules->limits.shingles_least)
		return WQ_OK;
	WQ_TRY(name_of(index, app, url, &page.name));
	wq_buf_add(&index->pages, wq_str_of(&page, sizeof page));
	return wq_buf_err(&index->pages);
}

wq_err wq_likeness_index_add_image(
	struct wq_likeness_index *index, wq_str app, wq_str url, const struct wq_likeness_image *image)
{
	struct image row = {.image = *image};

	WQ_TRY(name_of(index, app, url, &row.name));
	wq_buf_add(&index->images, wq_str_of(&row, sizeof row));
	return wq_buf_err(&index->images);
}

wq_err wq_likeness_index_add_identifier(
	struct wq_likeness_index *index, wq_str app, wq_str url, const struct wq_likeness_identifier *identifier)
{
	struct own row = {.kind = identifier->kind, .value_n = (uint32_t)identifier->value.n};
	wq_str known_app, known_url;

	if (identifier->value.n == 0 || identifier->value.n > sizeof row.value)
		return wq_error(WQ_E_LIMIT, "an identifier of %zu bytes", identifier->value.n);
	if (wq_likeness_index_find_identifier(index, identifier, &known_app, &known_url))
		return WQ_OK;
	memcpy(row.value, identifier->value.p, identifier->value.n);
	WQ_TRY(name_of(index, app, url, &row.name));
	wq_buf_add(&index->owns, wq_str_of(&row, sizeof row));
	return wq_buf_err(&index->owns);
}

/* ---- bands ---- */

static size_t slot_of(const struct wq_likeness_index *index, const struct wq_likeness_sketch *sketch, size_t table)
{
	const uint16_t *bins = table < BANDS ? sketch->all : sketch->body;
	size_t band = table % BANDS;
	uint64_t key = (uint64_t)bins[2 * band] << 16 | bins[2 * band + 1];

	return table * (index->head_mask + 1) + (likeness_mix(key + table * LIKENESS_BASE) & index->head_mask);
}

static bool in_table(const struct wq_likeness_index *index, const struct wq_likeness_sketch *sketch, size_t table)
{
	return (table < BANDS ? sketch->all_n : sketch->body_n) >= index->rules->limits.shingles_least;
}

wq_err wq_likeness_index_ready(struct wq_likeness_index *index)
{
	size_t n;
	const struct page *pages = pages_of(index, &n);

	free(index->heads);
	free(index->next);
	free(index->seen);
	for (index->head_mask = 63; index->head_mask < n;)
		index->head_mask = index->head_mask * 2 + 1;
	index->heads = calloc((size_t)TABLES * (index->head_mask + 1), sizeof *index->heads);
	index->next = calloc((size_t)TABLES * (n + 1), sizeof *index->next);
	index->seen = calloc(n + 1, sizeof *index->seen);
	index->stamp = 0;
	if (!index->heads || !index->next || !index->seen)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t table = 0; table < TABLES; table++)
		for (size_t i = 0; i < n; i++) {
			if (!in_table(index, &pages[i].sketch, table))
				continue;
			uint32_t *head = &index->heads[slot_of(index, &pages[i].sketch, table)];
			index->next[table * (n + 1) + i] = *head;
			*head = (uint32_t)i + 1;
		}
	return WQ_OK;
}

static uint32_t rank(const struct wq_likeness_alike *alike)
{
	return (alike->copy ? 1000u : 0u) + WQ_MAX(alike->text, alike->body) * 4 + alike->tags +
		(alike->title ? 20u : 0u);
}

bool wq_likeness_index_find(
	struct wq_likeness_index *index, const struct wq_likeness_sketch *sketch, struct wq_likeness_match *ret_match)
{
	size_t n, candidates = 0, best = 0;
	const struct page *pages = pages_of(index, &n);
	struct wq_likeness_alike nearest = {0};
	uint32_t best_rank = 0, stamp = ++index->stamp;

	for (size_t table = 0; table < TABLES && n > 0; table++) {
		if (!in_table(index, sketch, table))
			continue;
		uint32_t row = index->heads[slot_of(index, sketch, table)];
		for (; row && candidates < CANDIDATES_MAX; row = index->next[table * (n + 1) + row - 1]) {
			if (index->seen[row - 1] == stamp)
				continue;
			index->seen[row - 1] = stamp;
			candidates++;
			struct wq_likeness_alike alike = wq_likeness_compare(
				index->rules, &pages[row - 1].sketch, sketch);
			if (rank(&alike) > best_rank) {
				best_rank = rank(&alike);
				best = row - 1;
				nearest = alike;
			}
		}
	}
	if (best_rank == 0)
		return false;
	ret_match->alike = nearest;
	names_out(index, pages[best].name, &ret_match->app, &ret_match->url);
	return true;
}

bool wq_likeness_index_find_image(
	const struct wq_likeness_index *index, const struct wq_likeness_image *image, wq_str *ret_app, wq_str *ret_url)
{
	size_t n, best = SIZE_MAX;
	const struct image *images = images_of(index, &n);
	uint32_t least = UINT32_MAX, bits;

	for (size_t i = 0; i < n; i++)
		if (wq_likeness_image_alike(index->rules, &images[i].image, image, &bits) && bits < least) {
			least = bits;
			best = i;
		}
	if (best == SIZE_MAX)
		return false;
	names_out(index, images[best].name, ret_app, ret_url);
	return true;
}

bool wq_likeness_index_find_identifier(const struct wq_likeness_index *index,
	const struct wq_likeness_identifier *identifier, wq_str *ret_app, wq_str *ret_url)
{
	size_t n;
	const struct own *owns = owns_of(index, &n);

	for (size_t i = 0; i < n; i++)
		if (owns[i].kind == identifier->kind &&
			wq_str_eq(wq_str_of(owns[i].value, owns[i].value_n), identifier->value)) {
			names_out(index, owns[i].name, ret_app, ret_url);
			return true;
		}
	return false;
}

struct wq_likeness_index_stats wq_likeness_index_stats(const struct wq_likeness_index *index)
{
	struct wq_likeness_index_stats stats;

	pages_of(index, &stats.pages);
	images_of(index, &stats.images);
	owns_of(index, &stats.identifiers);
	return stats;
}

/* ---- bytes ---- */

static void put_name(const struct wq_likeness_index *index, struct name name, struct wq_buf *out)
{
	wq_str app, url;

	names_out(index, name, &app, &url);
	wq_buf_u16(out, name.app_n);
	wq_buf_u16(out, name.url_n);
	wq_buf_add(out, app);
	wq_buf_add(out, url);
}

static void put_bins(const uint16_t *bins, size_t n, struct wq_buf *out)
{
	for (size_t i = 0; i < n; i++)
		wq_buf_u16(out, bins[i]);
}

wq_err wq_likeness_index_write(const struct wq_likeness_index *index, struct wq_buf *out)
{
	size_t pages_n, images_n, owns_n;
	const struct page *pages = pages_of(index, &pages_n);
	const struct image *images = images_of(index, &images_n);
	const struct own *owns = owns_of(index, &owns_n);

	wq_buf_add(out, wq_str_of(magic, sizeof magic));
	wq_buf_u32(out, (uint32_t)pages_n);
	wq_buf_u32(out, (uint32_t)images_n);
	wq_buf_u32(out, (uint32_t)owns_n);
	for (size_t i = 0; i < pages_n; i++) {
		const struct wq_likeness_sketch *sketch = &pages[i].sketch;
		put_name(index, pages[i].name, out);
		wq_buf_u32(out, sketch->all_n);
		wq_buf_u32(out, sketch->body_n);
		wq_buf_u32(out, sketch->tags_n);
		wq_buf_u64(out, sketch->title);
		put_bins(sketch->all, WQ_LIKENESS_BINS, out);
		put_bins(sketch->body, WQ_LIKENESS_BINS, out);
		put_bins(sketch->tags, WQ_LIKENESS_TAG_BINS, out);
	}
	for (size_t i = 0; i < images_n; i++) {
		put_name(index, images[i].name, out);
		wq_buf_u64(out, images[i].image.dhash);
		wq_buf_u64(out, images[i].image.phash);
	}
	for (size_t i = 0; i < owns_n; i++) {
		put_name(index, owns[i].name, out);
		wq_buf_byte(out, (uint8_t)owns[i].kind);
		wq_buf_byte(out, (uint8_t)owns[i].value_n);
		wq_buf_add(out, wq_str_of(owns[i].value, owns[i].value_n));
	}
	return wq_buf_err(out);
}

static void take_name(struct wq_cursor *c, wq_str *ret_app, wq_str *ret_url)
{
	size_t app_n = wq_cursor_u16(c), url_n = wq_cursor_u16(c);

	*ret_app = wq_cursor_take(c, app_n);
	*ret_url = wq_cursor_take(c, url_n);
}

static void take_bins(struct wq_cursor *c, uint16_t *bins, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bins[i] = wq_cursor_u16(c);
}

static bool skipped(wq_str app, wq_str without)
{
	return without.n > 0 && wq_str_eq(app, without);
}

static wq_err read_page(struct wq_likeness_index *index, struct wq_cursor *c, wq_str without)
{
	struct wq_likeness_sketch sketch;
	wq_str app, url;

	take_name(c, &app, &url);
	sketch.all_n = wq_cursor_u32(c);
	sketch.body_n = wq_cursor_u32(c);
	sketch.tags_n = wq_cursor_u32(c);
	sketch.title = wq_cursor_u64(c);
	take_bins(c, sketch.all, WQ_LIKENESS_BINS);
	take_bins(c, sketch.body, WQ_LIKENESS_BINS);
	take_bins(c, sketch.tags, WQ_LIKENESS_TAG_BINS);
	WQ_TRY(wq_cursor_err(c));
	return skipped(app, without) ? WQ_OK : wq_likeness_index_add_page(index, app, url, &sketch);
}

static wq_err read_image(struct wq_likeness_index *index, struct wq_cursor *c, wq_str without)
{
	struct wq_likeness_image image;
	wq_str app, url;

	take_name(c, &app, &url);
	image.dhash = wq_cursor_u64(c);
	image.phash = wq_cursor_u64(c);
	WQ_TRY(wq_cursor_err(c));
	return skipped(app, without) ? WQ_OK : wq_likeness_index_add_image(index, app, url, &image);
}

static wq_err read_own(struct wq_likeness_index *index, struct wq_cursor *c, wq_str without)
{
	struct wq_likeness_identifier identifier;
	wq_str app, url;
	uint8_t kind;

	take_name(c, &app, &url);
	kind = wq_cursor_u8(c);
	identifier.value = wq_cursor_take(c, wq_cursor_u8(c));
	if (kind >= WQ_LIKENESS_IDENTIFIER_KINDS)
		wq_cursor_fail(c);
	WQ_TRY(wq_cursor_err(c));
	identifier.kind = (enum wq_likeness_identifier_kind)kind;
	return skipped(app, without) ? WQ_OK : wq_likeness_index_add_identifier(index, app, url, &identifier);
}

wq_err wq_likeness_index_read(struct wq_likeness_index *index, wq_str bytes, wq_str without)
{
	struct wq_cursor c = wq_cursor_of(bytes);
	uint32_t pages, images, owns;

	if (!wq_str_eq(wq_cursor_take(&c, sizeof magic), wq_str_of(magic, sizeof magic)))
		return wq_error(WQ_E_FORMAT, "no index of pages, or of another version");
	pages = wq_cursor_u32(&c);
	images = wq_cursor_u32(&c);
	owns = wq_cursor_u32(&c);
	if (pages > WQ_LIKENESS_PAGES_MAX || images > WQ_LIKENESS_IMAGES_MAX || owns > WQ_LIKENESS_OWN_MAX)
		return wq_error(WQ_E_LIMIT, "the index says %u pages, %u images, %u identifiers", pages, images, owns);
	for (uint32_t i = 0; i < pages; i++)
		WQ_TRY(read_page(index, &c, without));
	for (uint32_t i = 0; i < images; i++)
		WQ_TRY(read_image(index, &c, without));
	for (uint32_t i = 0; i < owns; i++)
		WQ_TRY(read_own(index, &c, without));
	return wq_cursor_end(&c);
}
