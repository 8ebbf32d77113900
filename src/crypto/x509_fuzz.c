/* Reading certificates: whatever is read can be described. */
#include "crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

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
	wq_x509_free(&bundle);
	return 0;
}
