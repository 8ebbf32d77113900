/* Whatever the bytes: what stays is a common subsequence, and both sides come out whole. The input is cut in the middle
 * (at the first NUL when there is one); both halves are read as pages too. */
#include "flow/review_page.h"
#include "flow/textdiff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint64_t secret[2] = {3, 4};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct wq_textdiff *d)
{
	struct wq_textdiff_run run = {0};
	size_t was = 0, is = 0;

	while (wq_textdiff_next(d, &run)) {
		must(run.was == was && run.is == is && (run.changed || run.was_n == run.is_n));
		for (size_t i = 0; i < run.was_n && !run.changed; i++)
			must(wq_str_eq(d->was.pieces[run.was + i], d->is.pieces[run.is + i]));
		was += run.was_n;
		is += run.is_n;
	}
	must(was == d->was.n && is == d->is.n);
}

/* The pieces of the source are the document. */
static void whole(const struct wq_review_page *page, wq_str document)
{
	size_t at = 0;

	for (size_t i = 0; i < page->source.n; i++) {
		must(page->source.items[i].n <= document.n - at);
		must(memcmp(document.p + at, page->source.items[i].p, page->source.items[i].n) == 0);
		at += page->source.items[i].n;
	}
	must(at == document.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { LONGEST = 64 * 1024, MEMORY = 256 * 1024 * 1024, WORDS = 4000 };
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	const uint8_t *nul = memchr(data, 0, n);
	size_t cut = nul ? (size_t)(nul - data) : n / 2;
	wq_str sides[2] = {wq_str_of(data, cut), wq_str_of(data + cut, n - cut)}, clean[2];
	struct wq_review_page pages[2];
	struct wq_textdiff d;
	const wq_str *words[2];
	size_t words_n[2];

	wq_arena_init(&arena, MEMORY);
	if (n == 0 || n > LONGEST)
		return 0;
	for (int i = 0; i < 2; i++) {
		WQ_BUF(text, 4 * LONGEST);
		must(!wq_failed(wq_charset_decode(WQ_CHARSET_UTF8, sides[i], &text, NULL)));
		clean[i] = wq_arena_str(&arena, wq_buf_str(&text));
		must(!wq_failed(
			wq_review_page_read(&arena, WQ_S("text/html; charset=utf-8"), clean[i], true, &pages[i])));
		if (pages[i].charset == WQ_CHARSET_UTF8 && !wq_str_starts(clean[i], WQ_S("\xef\xbb\xbf")))
			whole(&pages[i], clean[i]);
		must(!wq_failed(wq_textdiff_words(&arena, sides[i], WORDS, &words[i], &words_n[i])));
	}
	must(!wq_failed(wq_textdiff(&arena, secret, words[0], words_n[0], words[1], words_n[1], &d)));
	check(&d);
	must(!wq_failed(wq_textdiff(&arena, secret, pages[0].source.items, pages[0].source.n, pages[1].source.items,
		pages[1].source.n, &d)));
	check(&d);
	return 0;
}
