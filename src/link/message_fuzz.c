/* The handover's packets: whatever passes the format decodes without reading past its end, and what decodes encodes to
 * the same bytes again. */
#include "link/handover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (size_t fds = 0; fds < 2; fds++)
		for (int sender = WQ_LINK_SERVER; sender <= WQ_LINK_CLIENT; sender++) {
			struct wq_link_message message;
			struct wq_handover m;
			WQ_BUF(again, 1024);
			wq_err e = wq_link_parse(
				&wq_handover_protocol, (enum wq_link_end)sender, wq_str_of(data, n), fds, &message);

			if (wq_failed(e) || wq_failed(wq_handover_decode(message.type->type, message.payload, &m)))
				continue;
			wq_handover_encode(&m, &again);
			if (!wq_str_eq(wq_buf_str(&again), message.payload))
				abort();
		}
	return 0;
}
