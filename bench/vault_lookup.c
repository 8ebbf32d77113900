/* Looking up keys in a snapshot: nanoseconds of CPU a look-up, keys that are there and keys that are not, in random order.
 * Usage: bench-vault-lookup [--json] [rounds] */
#include "vault/site_test.h"

enum { LOOKUPS = 1000000, MAX_ROUNDS = 99, KEY_BYTES = 60 };

static const size_t sizes[] = {1000, 100000, 1000000};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void must(wq_err e)
{
	if (!wq_failed(e))
		return;
	fprintf(stderr, "%s: %s\n", wq_err_name(e), wq_err_note(e));
	exit(1);
}

/* Nanoseconds a look-up. The keys lie in memory in the order in which they are asked for, as a request's key does. */
static double measure(const struct wq_snapshot *s, const char *keys, size_t stride, bool there)
{
	struct wq_entry e;
	size_t found = 0;
	double start = cpu_seconds(), spent;

	for (size_t i = 0; i < LOOKUPS; i++)
		found += wq_snapshot_find(s, wq_str_of(keys + i * stride, stride), &e);
	spent = cpu_seconds() - start;
	if (found != (there ? LOOKUPS : 0))
		must(wq_error(WQ_E_BUG, "%zu of %d keys were found", found, (int)LOOKUPS));
	return spent * 1e9 / LOOKUPS;
}

static void report(bool json, const char *what, size_t entries, double *v, size_t rounds)
{
	static bool more;

	qsort(v, rounds, sizeof *v, by_value);
	if (json)
		printf("%s\n    {\"what\": \"%s\", \"entries\": %zu, \"median_ns\": %.1f, \"min_ns\": %.1f, \"max_ns\": %.1f}",
			more ? "," : "", what, entries, v[rounds / 2], v[0], v[rounds - 1]);
	else
		printf("%-8s %8zu entries  median %6.1f  min %6.1f  max %6.1f ns\n", what, entries, v[rounds / 2], v[0],
			v[rounds - 1]);
	more = true;
}

static void one_size(bool json, size_t n, size_t rounds)
{
	WQ_BUF(body, 1024 * WQ_MIB);
	double known[MAX_ROUNDS], unknown[MAX_ROUNDS];
	char *keys = malloc((size_t)LOOKUPS * KEY_BYTES), *others = malloc((size_t)LOOKUPS * KEY_BYTES);
	struct wq_body_new in;
	struct wq_snapshot s;
	struct wq_site site;

	if (!keys || !others)
		must(wq_error_id(WQ_E_NO_MEMORY));
	wq_site_init(&site, n, 1, KEY_BYTES);
	in = wq_site_body(&site);
	must(wq_snapshot_build(&in, &body));
	must(wq_snapshot_open_body(wq_buf_str(&body), &s));
	for (size_t i = 0; i < LOOKUPS; i++) {
		wq_str key = site.entries[wq_site_random(&site) % n].key;

		memcpy(keys + i * KEY_BYTES, key.p, KEY_BYTES);
		memcpy(others + i * KEY_BYTES, key.p, KEY_BYTES);
		others[i * KEY_BYTES + KEY_BYTES - 9] = 'x';
	}
	for (size_t r = 0; r < rounds; r++) {
		known[r] = measure(&s, keys, KEY_BYTES, true);
		unknown[r] = measure(&s, others, KEY_BYTES, false);
	}
	report(json, "known", n, known, rounds);
	report(json, "unknown", n, unknown, rounds);
	wq_site_done(&site);
	free(keys);
	free(others);
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	uint64_t rounds = 7;

	if (argc > 1 + json && !wq_str_to_u64(wq_str_c(argv[1 + json]), MAX_ROUNDS, &rounds))
		must(wq_error(WQ_E_USAGE, "bench-vault-lookup [--json] [rounds]"));
	if (rounds == 0)
		rounds = 1;
	if (json)
		printf("{\"bench\": \"vault_lookup\", \"key_bytes\": %d, \"results\": [", (int)KEY_BYTES);
	for (size_t i = 0; i < WQ_COUNT(sizes); i++)
		one_size(json, sizes[i], (size_t)rounds);
	if (json)
		printf("\n]}\n");
	return 0;
}
