/* What the pool of strings costs: nanoseconds for each value that is added, and for each way that is followed.
 *
 *   bench-waf-transform [--json] [rounds]
 *
 * Values have 20 bytes, 500 of them are a request. The chain is the longest common one of the Core Rule Set. "first" counts the
 * transformation, "again" finds its result. MB/s is one chain over a Chinese text of 10 KB.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "detect/transform/pool.h"

enum {
	VALUES = 500,
	VALUE_BYTES = 20,
	LONG_BYTES = 10 * 1024,
	MAX_ROUNDS = 100000,
	FACTS = 2,
	ARENA_MAX = 64 * 1024 * 1024
};

enum figure { ADD_NEW, ADD_KNOWN, VIA_FREE, VIA_FIRST, VIA_AGAIN, LONG_ADD, LONG_VIA, FIGURES };

static const char *const names[FIGURES] = {"add, new value", "add, known value", "via, no trigger", "via, first time",
	"via, again", "add, 10 KB of Chinese (ns/KB)", "via, 10 KB of Chinese (ns/KB)"};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(wq_err e)
{
	if (!wq_failed(e))
		return;
	fprintf(stderr, "%s: %s\n", wq_err_name(e), wq_err_note(e));
	exit(1);
}

static void least(double *best, double ns)
{
	if (*best == 0 || ns < *best)
		*best = ns;
}

static wq_string sink;

static void add_all(struct wq_pool *pool, char values[][VALUE_BYTES], wq_string *ret)
{
	for (int i = 0; i < VALUES; i++)
		ret[i] = wq_pool_add(pool, wq_str_of(values[i], VALUE_BYTES));
}

static void via_all(struct wq_pool *pool, const wq_string *strings, uint16_t node)
{
	for (int i = 0; i < VALUES; i++)
		sink ^= wq_pool_via(pool, strings[i], node);
}

/* One request; every figure keeps its least disturbed round. */
static void round_of(const struct wq_chains *chains, uint16_t node, struct wq_arena *arena, char plain[][VALUE_BYTES],
	char marked[][VALUE_BYTES], wq_str text, double *best)
{
	static wq_string a[VALUES], b[VALUES];
	struct wq_pool pool;
	double at[FIGURES + 1];
	wq_string string;

	wq_pool_init(&pool, chains, FACTS, arena);
	at[0] = now_ns();
	add_all(&pool, plain, a);
	at[1] = now_ns();
	add_all(&pool, plain, a);
	at[2] = now_ns();
	via_all(&pool, a, node);
	at[3] = now_ns();
	add_all(&pool, marked, b);
	double marked_at = now_ns();
	via_all(&pool, b, node);
	at[4] = now_ns();
	via_all(&pool, b, node);
	at[5] = now_ns();
	least(&best[ADD_NEW], (at[1] - at[0]) / VALUES);
	least(&best[ADD_KNOWN], (at[2] - at[1]) / VALUES);
	least(&best[VIA_FREE], (at[3] - at[2]) / VALUES);
	least(&best[VIA_FIRST], (at[4] - marked_at) / VALUES);
	least(&best[VIA_AGAIN], (at[5] - at[4]) / VALUES);
	at[5] = now_ns();
	string = wq_pool_add(&pool, text);
	at[6] = now_ns();
	sink ^= wq_pool_via(&pool, string, node);
	at[7] = now_ns();
	least(&best[LONG_ADD], (at[6] - at[5]) / (LONG_BYTES / 1024));
	least(&best[LONG_VIA], (at[7] - at[6]) / (LONG_BYTES / 1024));
}

int main(int argc, char **argv)
{
	static const enum wq_transform steps[] = {WQ_T_UTF8_TO_UNICODE, WQ_T_URL_DECODE_UNI, WQ_T_HTML_ENTITY_DECODE,
		WQ_T_JS_DECODE, WQ_T_CSS_DECODE, WQ_T_REMOVE_NULLS};
	static char plain[VALUES][VALUE_BYTES], marked[VALUES][VALUE_BYTES], text[LONG_BYTES];
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	double best[FIGURES] = {0};
	uint64_t rounds = 2000;
	struct wq_chains *chains;
	struct wq_arena arena;
	uint16_t node;

	if (argc > 1 + json && !wq_str_to_u64(wq_str_c(argv[1 + json]), MAX_ROUNDS, &rounds))
		must(wq_error(WQ_E_USAGE, "bench-waf-transform [--json] [rounds]"));
	must(wq_chains_new(&wq_random_system, &chains));
	must(wq_chains_add(chains, steps, sizeof steps / sizeof steps[0], &node));
	for (int i = 0; i < VALUES; i++) {
		char line[VALUE_BYTES + 1];
		snprintf(line, sizeof line, "some value no. %05d", i);
		memcpy(plain[i], line, VALUE_BYTES);
		snprintf(line, sizeof line, "value %%u533b& %06d", i);
		memcpy(marked[i], line, VALUE_BYTES);
	}
	for (size_t i = 0; i < LONG_BYTES; i++)
		text[i] = "医院公告："[i % 15];
	wq_arena_init(&arena, ARENA_MAX);
	for (uint64_t i = 0; i < rounds; i++) {
		round_of(chains, node, &arena, plain, marked, wq_str_of(text, LONG_BYTES), best);
		wq_arena_reset(&arena);
	}
	if (json)
		printf("{\"bench\": \"waf-transform\", \"value_bytes\": %d, \"ns\": {", (int)VALUE_BYTES);
	for (int i = 0; i < FIGURES; i++)
		printf(json ? "%s\"%s\": %.1f" : "%s%-32s %8.1f ns\n", json && i > 0 ? ", " : "", names[i], best[i]);
	if (json)
		printf("}}\n");
	wq_arena_done(&arena);
	wq_chains_free(&chains);
	return sink == 1;
}
