#include "flow/group.h"

#include "flow/review_page.h"
#include "flow/textdiff.h"

/* Decoded twice over, with lengths. */
#define CANONICAL_MAX (8 * (size_t)WQ_REVIEW_PAGE_MAX + WQ_MIB)

static void put(struct wq_buf *out, wq_str s)
{
	wq_buf_u64(out, s.n);
	wq_buf_add(out, s);
}

static void put_entry(struct wq_buf *out, const struct wq_entry *entry, bool bytes)
{
	wq_buf_byte(out, entry != NULL);
	if (!entry)
		return;
	wq_buf_u16(out, entry->status);
	put(out, entry->type);
	put(out, entry->headers);
	if (bytes)
		wq_buf_add(out, wq_str_of(entry->identity.digest.b, WQ_DIGEST_BYTES));
}

static wq_err run_digest(
	const struct wq_textdiff *d, const struct wq_textdiff_run *run, struct wq_buf *out, wq_digest *ret)
{
	wq_buf_clear(out);
	wq_buf_u64(out, run->was_n);
	for (size_t i = 0; i < run->was_n; i++)
		put(out, d->was.pieces[run->was + i]);
	wq_buf_u64(out, run->is_n);
	for (size_t i = 0; i < run->is_n; i++)
		put(out, d->is.pieces[run->is + i]);
	WQ_TRY(wq_buf_err(out));
	*ret = wq_sm3(wq_buf_str(out));
	return WQ_OK;
}

static int digest_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(wq_digest));
}

static wq_err runs_digest(struct wq_arena *scratch, const struct wq_textdiff *d, struct wq_buf *out, wq_digest *ret)
{
	wq_digest *runs = wq_arena_alloc(scratch, (d->was.changed_n + d->is.changed_n + 1) * sizeof *runs);
	struct wq_textdiff_run run = {0};
	size_t n = 0;

	WQ_TRY(wq_arena_err(scratch));
	while (wq_textdiff_next(d, &run))
		if (run.changed)
			WQ_TRY(run_digest(d, &run, out, &runs[n++]));
	qsort(runs, n, sizeof *runs, digest_order);
	*ret = wq_sm3(wq_str_of(runs, n * sizeof *runs));
	return WQ_OK;
}

/* False in `*ret_told`: decoded, the two are the same; only their bytes tell them apart. */
static wq_err text_digest(struct wq_arena *scratch, const uint64_t secret[2], const struct wq_change *change,
	const struct wq_group_sides *sides, struct wq_buf *out, bool *ret_told, wq_digest *ret)
{
	struct wq_review_page was, is;
	struct wq_textdiff d;

	WQ_TRY(wq_review_page_read(scratch, change->was->type, sides->was, false, &was));
	WQ_TRY(wq_review_page_read(scratch, change->is->type, sides->is, false, &is));
	WQ_TRY(wq_textdiff(scratch, secret, was.source.items, was.source.n, is.source.items, is.source.n, &d));
	/* a fault of the charset reads as U+FFFD, whatever the byte was */
	*ret_told = d.was.changed_n + d.is.changed_n > 0 && was.replaced + is.replaced == 0 &&
		was.charset == is.charset;
	return *ret_told ? runs_digest(scratch, &d, out, ret) : WQ_OK;
}

wq_err wq_group_signature(struct wq_arena *scratch, const uint64_t secret[2], const struct wq_change *change,
	const struct wq_group_sides *sides, wq_digest *ret_signature)
{
	WQ_BUF(out, CANONICAL_MAX);
	wq_digest text = {{0}};
	bool told = false;

	if (sides->compared)
		WQ_TRY(text_digest(scratch, secret, change, sides, &out, &told, &text));
	wq_buf_clear(&out);
	wq_buf_byte(&out, (uint8_t)change->kind);
	put_entry(&out, change->was, !told);
	put_entry(&out, change->is, !told);
	wq_buf_add(&out, wq_str_of(text.b, sizeof text.b));
	WQ_TRY(wq_buf_err(&out));
	*ret_signature = wq_sm3(wq_buf_str(&out));
	return WQ_OK;
}
