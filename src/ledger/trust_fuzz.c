/* The trust list: what was read, written again row by row, reads the same. */
#include "ledger/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ARENA = 16 * 1024 * 1024 };

static void again(const struct wq_trust *trust, struct wq_arena *arena)
{
	WQ_BUF(text, 2 * WQ_TRUST_BYTES_MAX);
	struct wq_trust second;

	wq_buf_add(&text, WQ_S("weique-trust 1\n"));
	for (size_t i = 0; i < trust->people_n; i++)
		if (wq_failed(wq_trust_person_line(&trust->people[i], &text)))
			abort();
	if (wq_failed(wq_trust_parse(wq_buf_str(&text), arena, &second)) || second.people_n != trust->people_n)
		abort();
	for (size_t i = 0; i < trust->people_n; i++) {
		const struct wq_trust_person *a = &trust->people[i], *b = &second.people[i];

		if (!wq_str_eq(a->id, b->id) || memcmp(&a->key, &b->key, sizeof a->key) != 0 || a->roles != b->roles ||
			a->in_establishment != b->in_establishment)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_arena arena;
	struct wq_trust trust;

	wq_arena_init(&arena, ARENA);
	if (!wq_failed(wq_trust_parse(wq_str_of(data, n), &arena, &trust)))
		again(&trust, &arena);
	wq_arena_done(&arena);
	return 0;
}
