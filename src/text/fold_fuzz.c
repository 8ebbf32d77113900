/* First byte: options, and bit 4 for a small table; then the text. */
#include "text/fold.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool claim, const char *what)
{
	if (claim)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void check_map(const struct wq_folded *folded, wq_str source)
{
	size_t at = 0, behind = 0, from, to, n = folded->map.len / sizeof(struct wq_fold_place);

	for (size_t i = 0; i < n; i++) {
		struct wq_fold_place place;
		uint32_t cp;

		memcpy(&place, folded->map.data + i * sizeof(place), sizeof(place));
		check(place.at == at, "places follow each other");
		check(place.from >= behind && place.to > place.from && place.to <= source.n, "as do their sources");
		wq_folded_source(folded, at, at + 1, &from, &to);
		check(from == place.from && to == place.to, "and are found again");
		behind = place.to;
		at += wq_utf8_read(wq_str_from(wq_buf_str(&folded->text), at), &cp);
	}
	check(at == folded->text.len, "the map is complete");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_fold_table *table = NULL;
	struct wq_folded once, twice;
	unsigned options;

	if (n == 0)
		return 0;
	options = data[0] & 15;
	if (data[0] & 16)
		check(!wq_failed(wq_fold_table_parse(WQ_S("fold-pairs 1 x\n機机 密宓 ⼼心\n"), "t", &table)),
			"a table");
	if (data[0] & 32) {
		wq_fold_table_close(&table);
		WQ_IGNORE(wq_fold_table_parse(wq_str_of(data + 1, n - 1), "t", &table));
	}
	wq_folded_init(&once, 4 * n + 16);
	wq_folded_init(&twice, 4 * n + 16);
	check(!wq_failed(wq_fold(table, options, wq_str_of(data + 1, n - 1), &once)), "any bytes can be folded");
	check(wq_utf8_valid(wq_buf_str(&once.text)), "to UTF-8");
	check_map(&once, wq_str_of(data + 1, n - 1));
	check(!wq_failed(wq_fold(table, options, wq_buf_str(&once.text), &twice)), "twice");
	check(wq_str_eq(wq_buf_str(&once.text), wq_buf_str(&twice.text)), "with the same result");
	wq_folded_done(&once);
	wq_folded_done(&twice);
	wq_fold_table_close(&table);
	return 0;
}
