#include "inspect/site/site_priv.h"

#include "base/file.h"

#include <fcntl.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wq_err no_fault(void *data, const struct wq_site_fault *fault)
{
	struct wq_arena arena;
	struct wq_finding finding;

	(void)data;
	wq_arena_init(&arena, 256 * WQ_KIB);
	finding = wq_site_finding(&arena, fault);
	if (wq_failed(wq_finding_check(&finding)))
		abort();
	wq_arena_done(&arena);
	return WQ_OK;
}

/* The bytes as the records of a chunk, as a log's file, and as what is remembered of targets: errors, never more. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk w = {.options = {.redirects_max = 10, .places_max = 10}};
	struct wq_site_calls calls = {.fault = no_fault};
	struct wq_map looks;

	w.calls = &calls;
	if (wq_failed(log_open(&w.log, NULL, false)))
		abort();
	table_init(&w.table, &w.log, 1000);
	wq_buf_add(&w.log.chunk, wq_str_of(data, size));
	w.fragments = size;
	if (!wq_failed(log_each(&w.log, table_replay, &w.table)))
		WQ_IGNORE(faults_report(&w));
	table_done(&w.table);
	log_close(&w.log);
	wq_map_init(&looks, 1000, &wq_random_system);
	WQ_IGNORE(looks_parse(wq_str_of(data, size), &looks));
	looks_free(&looks);
	return 0;
}
