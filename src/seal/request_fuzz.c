/* The payload of a SEAL request: what is accepted is written again exactly so. */
#include "seal/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_BUF(again, 4 * WQ_LINK_PAYLOAD_MAX);
	struct wq_seal_request request;

	if (wq_failed(wq_seal_request_decode(wq_str_of(data, n), &request)))
		return 0;
	if (wq_failed(wq_seal_request_encode(&request, &again)) || !wq_str_eq(wq_buf_str(&again), wq_str_of(data, n)))
		abort();
	return 0;
}
