/* Whatever a line of a log is: it is refused, or reads as a visit that writes the same line again when its members stand in order. */
#include "crypto/digest.h"
#include "flow/watch/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_watch_visit visit, again;
	WQ_BUF(line, 1024 * 1024);
	wq_str text = wq_str_of(data, n);

	wq_arena_init(&arena, 16 * WQ_MIB);
	if (wq_failed(wq_crypto_init()))
		abort();
	/* the corpus holds whole lines with their ends, as files do */
	if (wq_str_ends(text, WQ_S("\n")))
		text.n--;
	if (wq_failed(wq_watch_line_read(&arena, text, &visit)) || wq_failed(wq_watch_line_write(&visit, &line)))
		return 0;
	if (wq_failed(wq_watch_line_read(&arena, wq_str_head(wq_buf_str(&line), line.len - 1), &again)) ||
		again.at != visit.at || !wq_str_eq(again.url, visit.url))
		abort();
	return 0;
}
