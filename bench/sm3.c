/* SM3: one stream through OpenSSL against the root of our tree. MB/s per second of CPU time, rounds interleaved so that a
 * change of clock speed meets both. Usage: bench-sm3 [--json] [rounds]; WQ_SM3_LANES chooses the lanes. */
#include "crypto/digest.h"

enum { MAX_ROUNDS = 99, ROUND_BYTES = 48 * 1024 * 1024 };

static const size_t sizes[] = {16 * 1024, 100 * 1024, 1024 * 1024, 16 * 1024 * 1024};
static volatile uint8_t sink;

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static wq_digest one_stream(wq_str bytes)
{
	return wq_sm3(bytes);
}

static double measure(wq_digest (*digest)(wq_str), wq_str object)
{
	size_t n = ROUND_BYTES / object.n;
	double start = cpu_seconds();

	for (size_t i = 0; i < n; i++)
		sink = digest(object).b[0];
	return (double)(n * object.n) / 1e6 / (cpu_seconds() - start);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(bool json, bool first, const char *what, size_t size, double *v, size_t rounds)
{
	qsort(v, rounds, sizeof(*v), by_value);
	if (json)
		printf("%s\n    {\"what\": \"%s\", \"bytes\": %zu, \"median_mb_s\": %.0f, \"min_mb_s\": %.0f, \"max_mb_s\": %.0f}",
			first ? "" : ",", what, size, v[rounds / 2], v[0], v[rounds - 1]);
	else
		printf("%-22s %9zu bytes  median %6.0f  min %6.0f  max %6.0f MB/s\n", what, size, v[rounds / 2], v[0],
			v[rounds - 1]);
}

static void one_size(bool json, bool first, wq_str object, size_t rounds)
{
	double stream[MAX_ROUNDS], tree[MAX_ROUNDS];

	measure(wq_tree_root, object);
	for (size_t r = 0; r < rounds; r++) {
		stream[r] = measure(one_stream, object);
		tree[r] = measure(wq_tree_root, object);
	}
	report(json, first, "openssl_one_stream", object.n, stream, rounds);
	report(json, false, "tree_root", object.n, tree, rounds);
	if (!json)
		printf("%-22s %9zu bytes  %.2f\n", "ratio of the medians", object.n,
			tree[rounds / 2] / stream[rounds / 2]);
}

int main(int argc, char **argv)
{
	size_t largest = sizes[WQ_COUNT(sizes) - 1], rounds = 9;
	uint8_t *bytes = malloc(largest);
	uint64_t wanted;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (wq_str_to_u64(wq_str_c(argv[i]), MAX_ROUNDS, &wanted) && wanted >= 1)
			rounds = (size_t)wanted;
		else
			return 2;
	}
	if (!bytes || wq_failed(wq_crypto_init()))
		return 1;
	for (size_t i = 0; i < largest; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 11);
	if (json)
		printf("{\"bench\": \"sm3\", \"lanes\": \"%s\", \"rounds\": %zu, \"results\": [", wq_sm3_lanes_name(),
			rounds);
	else
		printf("lanes: %s, %zu rounds\n", wq_sm3_lanes_name(), rounds);
	for (size_t i = 0; i < WQ_COUNT(sizes); i++)
		one_size(json, i == 0, wq_str_of(bytes, sizes[i]), rounds);
	if (json)
		printf("\n]}\n");
	free(bytes);
	return 0;
}
