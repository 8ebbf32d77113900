/* The data file, and the line of a certificate seen before: what is read is whole, and is written as it was read. */
#include "detect/tls/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool claim, const char *what)
{
	if (claim)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void read_known(wq_str line)
{
	struct wq_tls_known known, again;
	WQ_BUF(text, 1024 * 1024);

	if (wq_failed(wq_tls_known_read(line, &known)))
		return;
	wq_tls_known_put(&known, &text);
	check(!wq_failed(wq_tls_known_read(wq_buf_str(&text), &again)), "what is written can be read");
	check(known.not_after == again.not_after && wq_str_eq(known.issuer, again.issuer), "and says the same");
	check(memcmp(known.fingerprint, again.fingerprint, sizeof known.fingerprint) == 0, "of the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	wq_str bytes = wq_str_of(data, n);
	const struct wq_tls_rules *rules = NULL;
	struct wq_arena arena;

	wq_arena_init(&arena, 16 * 1024 * 1024);
	if (!wq_failed(wq_tls_rules_parse(&arena, WQ_S("fuzz"), bytes, &rules))) {
		check(rules->suites_n > 0 && rules->suites_n <= WQ_TLS_SUITES_MAX, "suites");
		for (size_t i = 0; i < rules->suites_n; i++)
			check(wq_tls_suite_of(rules, rules->suites[i].code) == &rules->suites[i], "each once");
	}
	read_known(bytes);
	wq_arena_done(&arena);
	return 0;
}
