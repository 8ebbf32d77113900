/* Reading certificates: whatever is read can be described, and judged; the same bytes are a staple and a CRL. */
#include "crypto/x509_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void judge(struct wq_x509 *bundle, wq_str bytes)
{
	static struct wq_x509_store *store;
	struct wq_x509_verdict verdict;
	struct wq_x509_facts facts;
	struct wq_arena arena;

	if (!store && wq_failed(wq_x509_store_open(NULL, &store)))
		abort();
	wq_arena_init(&arena, 4 * 1024 * 1024);
	for (size_t i = 0; i < wq_x509_count(bundle); i++)
		if (!wq_failed(wq_x509_facts(&arena, bundle, i, &facts)) &&
			(facts.names_n > WQ_X509_SAN_MAX || facts.der.n == 0))
			abort();
	wq_x509_judge(store, bundle, bytes, (wq_time)1800000000 * WQ_SECOND, &verdict);
	if ((verdict.path == WQ_X509_TRUSTED) != (verdict.reason[0] == '\0'))
		abort();
	wq_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_x509 *bundle = NULL;

	if (wq_failed(wq_x509_read(wq_str_of(data, n), &bundle)))
		return 0;
	for (size_t i = 0; i < wq_x509_count(bundle); i++) {
		struct wq_x509_info info;
		wq_sm2_public point;

		if (!wq_failed(wq_x509_info(bundle, i, &info)) &&
			(strlen(info.subject) >= WQ_X509_NAME_MAX || strlen(info.serial) >= WQ_X509_SERIAL_HEX))
			abort();
		if (!wq_failed(wq_x509_public(bundle, i, &point)) && point.point[0] != 0x04)
			abort();
		wq_x509_matches_host(bundle, i, WQ_S("www.example.gov.cn"));
		wq_x509_matches_host(bundle, i, WQ_S("192.0.2.7"));
	}
	judge(bundle, wq_str_of(data, n));
	wq_x509_free(&bundle);
	return 0;
}
