/* What a server sends, in one piece and in two: the same is read, and whatever is read is within its limits. */
#include "inspect/tls/flight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool claim, const char *what)
{
	if (claim)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void read_in(struct tls_flight *flight, struct wq_arena *arena, wq_str bytes, size_t first)
{
	tls_flight_init(flight, arena);
	tls_flight_feed(flight, wq_str_head(bytes, first));
	tls_flight_feed(flight, wq_str_from(bytes, first));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	wq_str bytes = wq_str_of(data, n);
	struct wq_arena arena;
	struct tls_flight whole, parts;

	wq_arena_init(&arena, 8 * 1024 * 1024);
	read_in(&whole, &arena, bytes, n);
	read_in(&parts, &arena, bytes, n / 2);
	check(whole.state == parts.state, "one end");
	check(whole.hello == parts.hello && whole.version == parts.version && whole.suite == parts.suite, "one hello");
	check(whole.certs_n == parts.certs_n && whole.certs_n <= WQ_TLS_CERTS_MAX, "as many certificates");
	check(whole.dh_bits == parts.dh_bits && whole.group == parts.group, "one key");
	for (size_t i = 0; i < whole.certs_n; i++)
		check(wq_str_eq(whole.certs[i], parts.certs[i]), "the same certificates");
	tls_flight_done(&whole);
	tls_flight_done(&parts);
	wq_arena_done(&arena);
	return 0;
}
