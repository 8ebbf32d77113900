/* wq_event_decode() on any bytes: what it accepts is the only encoding of what it gives. */
#include "ledger/event_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_BUF(again, WQ_EVENT_BYTES_MAX);
	struct wq_event_commitments commitments = {0};
	struct wq_event_new same;
	struct wq_event event;

	if (wq_failed(wq_event_decode(wq_str_of(data, n), &event)))
		return 0;
	commitments.n = event.commitments_n;
	for (size_t i = 0; i < event.commitments_n; i++)
		wq_event_commitment(&event, i, &commitments.names[i], &commitments.digests[i]);
	same = (struct wq_event_new){.type = event.type,
		.actor = event.actor,
		.app = event.app,
		.subject = event.subject,
		.body = event.body};
	if (wq_failed(wq_event_encode(event.seq, event.time, &same, &commitments, event.previous, &again)) ||
		!wq_str_eq(wq_buf_str(&again), event.canonical))
		abort();
	return 0;
}
