/* The check of an export on any bytes. */
#include "ledger/export_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_export_source source = {.memory = wq_str_of(data, n)};
	struct wq_verify_result result;
	wq_err e = wq_export_check_all(&source, NULL, NULL, 0, &result);

	/* a fault has a place and a sentence, and nothing else has */
	if (wq_failed(e) != (result.fault_seq != 0) || wq_failed(e) != (result.fault[0] != '\0'))
		abort();
	return 0;
}
