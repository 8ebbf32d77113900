#include "text/fold.h"

#include "text/fold_priv.h"
#include "text/utf8.h"

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t cp, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

/* What takes no room of its own: Default_Ignorable_Code_Point, and marks that sit on the character before. */
static bool invisible(uint32_t cp)
{
	static const struct range ranges[] = {
		{0x00ad, 0x00ad},
		{0x0300, 0x036f},
		{0x061c, 0x061c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff},
		{0x200b, 0x200f},
		{0x202a, 0x202e},
		{0x2060, 0x206f},
		{0x20d0, 0x20ff},
		{0x302a, 0x302d},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfe20, 0xfe2f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfffb},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	};

	return cp >= 0xad && in_ranges(cp, ranges, WQ_COUNT(ranges));
}

static bool space(uint32_t cp)
{
	return cp == ' ' || (cp >= 9 && cp <= 13) || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
		(cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f || cp == 0x205f ||
		cp == 0x2800;
}

/* Stars and the dots that are written for them. */
static bool star(uint32_t cp)
{
	static const struct range ranges[] = {
		{'*', '*'},
		{0x00b7, 0x00b7}, /* middle dot */
		{0x2022, 0x2022}, /* bullet */
		{0x203b, 0x203b}, /* reference mark */
		{0x204e, 0x204e},
		{0x2051, 0x2051},
		{0x2217, 0x2217},
		{0x2219, 0x2219},
		{0x22c6, 0x22c6},
		{0x25cf, 0x25cf}, /* black circle */
		{0x2605, 0x2606},
		{0x2721, 0x274b}, /* the stars and asterisks of Dingbats */
		{0x2b50, 0x2b52},
		{0x2bea, 0x2beb},
		{0x30fb, 0x30fb}, /* katakana middle dot */
		{0xff65, 0xff65},
		{0x1f31f, 0x1f31f},
		{0x1f7c0, 0x1f7d4},
	};

	return in_ranges(cp, ranges, WQ_COUNT(ranges));
}

static bool punctuation(uint32_t cp)
{
	static const struct range ranges[] = {
		{0x00a1, 0x00a9},
		{0x00ab, 0x00b1},
		{0x00b4, 0x00b8},
		{0x00bb, 0x00bb},
		{0x00bf, 0x00bf},
		{0x00d7, 0x00d7},
		{0x00f7, 0x00f7},
		{0x02b0, 0x02ff},
		{0x2010, 0x205e},
		{0x2190, 0x23ff}, /* arrows, mathematics, technical */
		{0x2500, 0x27bf}, /* lines, blocks, shapes, dingbats */
		{0x2900, 0x2bff},
		{0x2e00, 0x2e5d},
		{0x3001, 0x3004},
		{0x3008, 0x3020},
		{0x3030, 0x3030},
		{0x303d, 0x303f},
		{0x30fb, 0x30fb},
		{0xfe10, 0xfe1f},
		{0xfe30, 0xfe6f},
		{0xff5f, 0xff65},
		{0xffe8, 0xffee},
		{0x1f000, 0x1faff},
	};

	if (cp < 0x80)
		return cp > 0x20 && cp != 0x7f && !(cp >= '0' && cp <= '9') && !((cp | 32) >= 'a' && (cp | 32) <= 'z');
	return in_ranges(cp, ranges, WQ_COUNT(ranges));
}

/* Full-width and half-width forms (the block U+FF00) and the ideographic space. */
static uint32_t narrow(uint32_t cp)
{
	static const uint16_t signs[] = {0xa2, 0xa3, 0xac, 0xaf, 0xa6, 0xa5, 0x20a9};

	if (cp >= 0xff01 && cp <= 0xff5e)
		return cp - 0xff01 + '!';
	if (cp >= 0xffe0 && cp <= 0xffe6)
		return signs[cp - 0xffe0];
	return cp == 0x3000 ? ' ' : cp;
}

/* Requires: within the range of the table. */
static uint32_t ideograph(const struct wq_fold_table *table, uint32_t cp)
{
	uint32_t to = table ? table->to[cp - WQ_FOLD_FIRST] : 0;

	return to ? to : cp;
}

/* Each step leaves what no step changes again. */
uint32_t wq_fold_char(const struct wq_fold_table *table, unsigned options, uint32_t cp)
{
	cp = narrow(cp);
	if (cp >= 0x20 && cp < 0x7f && cp != '*') {
		if (cp == ' ')
			return options & WQ_FOLD_SPACE ? 0 : cp;
		if ((options & WQ_FOLD_CASE) && cp >= 'A' && cp <= 'Z')
			return cp + 32;
		return (options & WQ_FOLD_PUNCT) && punctuation(cp) ? 0 : cp;
	}
	if (cp >= 0x3400 && cp <= 0x9fff)
		return ideograph(table, cp);
	if (cp == 0 || invisible(cp) || ((options & WQ_FOLD_SPACE) && space(cp)))
		return 0;
	if (table && cp >= WQ_FOLD_FIRST && cp <= WQ_FOLD_LAST && table->to[cp - WQ_FOLD_FIRST])
		return ideograph(table, cp);
	if ((options & WQ_FOLD_STAR) && star(cp))
		return 0x2605;
	return (options & WQ_FOLD_PUNCT) && punctuation(cp) ? 0 : cp;
}

void wq_folded_init(struct wq_folded *folded, size_t max_bytes)
{
	wq_buf_init(&folded->text, max_bytes);
	wq_buf_init(&folded->map, max_bytes * sizeof(struct wq_fold_place));
}

void wq_folded_done(struct wq_folded *folded)
{
	wq_buf_done(&folded->text);
	wq_buf_done(&folded->map);
}

/* Characters are gathered in batches, so that one costs no call. */
struct batch {
	size_t n, bytes;
	struct wq_fold_place places[512];
	char text[512 * WQ_UTF8_MAX];
};

static void flush(struct wq_folded *folded, struct batch *batch)
{
	wq_buf_add(&folded->text, wq_str_of(batch->text, batch->bytes));
	wq_buf_add(&folded->map, wq_str_of(batch->places, batch->n * sizeof(batch->places[0])));
	batch->n = batch->bytes = 0;
}

static void put(struct wq_folded *folded, struct batch *batch, uint32_t cp, size_t from, size_t to)
{
	if (batch->n == WQ_COUNT(batch->places))
		flush(folded, batch);
	batch->places[batch->n++] = (struct wq_fold_place){
		(uint32_t)(folded->text.len + batch->bytes), (uint32_t)from, (uint32_t)to};
	batch->bytes += wq_utf8_write(cp, batch->text + batch->bytes);
}

wq_err wq_fold(const struct wq_fold_table *table, unsigned options, wq_str source, struct wq_folded *folded)
{
	struct batch batch;

	wq_buf_clear(&folded->text);
	wq_buf_clear(&folded->map);
	if (source.n > WQ_FOLD_MAX_BYTES)
		return wq_error_id(WQ_E_LIMIT);
	batch.n = batch.bytes = 0;
	for (size_t at = 0; at < source.n;) {
		uint32_t cp;
		size_t n = wq_utf8_read_lossy(wq_str_from(source, at), &cp);

		cp = wq_fold_char(table, options, cp);
		if (cp)
			put(folded, &batch, cp, at, at + n);
		at += n;
	}
	flush(folded, &batch);
	WQ_TRY(wq_buf_err(&folded->text));
	return wq_buf_err(&folded->map);
}

/* Index of the last place at or before `at`. Requires: there is one. */
static size_t find(const struct wq_folded *folded, size_t at)
{
	size_t low = 0, high = folded->map.len / sizeof(struct wq_fold_place);

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		struct wq_fold_place place;

		memcpy(&place, folded->map.data + middle * sizeof(place), sizeof(place));
		if (place.at <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void wq_folded_source(const struct wq_folded *folded, size_t from, size_t to, size_t *ret_from, size_t *ret_to)
{
	struct wq_fold_place first, last;

	*ret_from = *ret_to = 0;
	if (folded->map.len == 0)
		return;
	to = WQ_MIN(to, folded->text.len);
	from = WQ_MIN(from, to);
	memcpy(&first, folded->map.data + find(folded, from) * sizeof(first), sizeof(first));
	*ret_from = *ret_to = from < folded->text.len ? first.from : first.to;
	if (from == to)
		return;
	memcpy(&last, folded->map.data + find(folded, to - 1) * sizeof(last), sizeof(last));
	*ret_to = last.to;
}
