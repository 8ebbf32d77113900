#include "base/clock.h"
#include "detect/transform/pool.h"
#include "detect/transform/transform_naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 4, TEXT_MAX = 4096, ARENA_MAX = 16 * 1024 * 1024 };

static void must(bool holds, enum wq_transform transform, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", wq_transform_name(transform), what);
	abort();
}

/* What a transformation makes of a string, held against the naive form and against its triggers. */
static wq_str apply(enum wq_transform transform, wq_str in, struct wq_arena *arena)
{
	WQ_BUF(expected, 8 * WQ_MIB);
	uint64_t set[4];
	bool met = in.n == 0 && wq_transform_any(transform);
	wq_str out;

	must(wq_transform_apply(transform, in, arena, &out), transform, "the arena is full");
	if (wq_transform_naive(transform, in, &expected))
		must(wq_str_eq(out, wq_buf_str(&expected)), transform, "not what the naive form makes");
	must(!wq_str_eq(in, out) || in.n == 0 || in.p == out.p, transform, "a copy of what did not change");
	wq_transform_triggers(transform, set);
	for (size_t i = 0; i < in.n && !met; i++)
		met = set[(uint8_t)in.p[i] >> 6] >> (in.p[i] & 63) & 1;
	must(met || wq_str_eq(in, out), transform, "changed a string without a trigger");
	return out;
}

/* A number of steps, the steps, a text. Each transformation of the text; the chain step by step and through the pool. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_random random;
	uint64_t seed = 7;
	enum wq_transform steps[STEPS_MAX];
	size_t n = size > 0 ? data[0] % (STEPS_MAX + 1) : 0;
	struct wq_chains *chains;
	struct wq_arena arena;
	struct wq_pool pool;
	wq_string string, result;
	uint16_t node;
	wq_str text, out;
	char *exact;

	if (size < 1 + n || size - 1 - n > TEXT_MAX)
		return 0;
	wq_arena_init(&arena, ARENA_MAX);
	text = wq_str_of(data + 1 + n, size - 1 - n);
	exact = malloc(text.n ? text.n : 1);
	if (!exact)
		abort();
	if (text.n > 0)
		memcpy(exact, text.p, text.n);
	out = text = wq_str_of(exact, text.n);
	for (int t = 0; t < WQ_T_COUNT; t++)
		apply((enum wq_transform)t, text, &arena);
	for (size_t i = 0; i < n; i++) {
		steps[i] = (enum wq_transform)(data[1 + i] % WQ_T_COUNT);
		out = apply(steps[i], out, &arena);
	}
	random = wq_random_seeded(&seed);
	if (wq_failed(wq_chains_new(&random, &chains)) || wq_failed(wq_chains_add(chains, steps, n, &node)))
		abort();
	wq_pool_init(&pool, chains, 1, &arena);
	string = wq_pool_add(&pool, text);
	result = wq_pool_via(&pool, string, node);
	if (result == WQ_STRING_NONE || !wq_str_eq(wq_pool_str(&pool, result), out))
		abort();
	if (wq_pool_via(&pool, string, node) != result || wq_pool_add(&pool, out) != result)
		abort();
	for (uint32_t i = 0; i < pool.n; i++)
		for (uint32_t j = 0; j < i; j++)
			if (wq_str_eq(pool.strings[i].s, pool.strings[j].s))
				abort();
	wq_chains_free(&chains);
	wq_arena_done(&arena);
	free(exact);
	return 0;
}
