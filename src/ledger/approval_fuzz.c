/* Statements of approvals and decisions on them: what is accepted is the only encoding of what it gives. */
#include "ledger/approval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void same(wq_err e, const struct wq_buf *again, wq_str input)
{
	if (wq_failed(e) || !wq_str_eq(wq_buf_str(again), input))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	wq_str input = wq_str_of(data, n);
	WQ_BUF(again, WQ_APPROVAL_BYTES_MAX);
	struct wq_approval_statement statement;
	struct wq_decision decision;

	if (!wq_failed(wq_approval_decode(input, &statement)))
		same(wq_approval_encode(&statement, &again), &again, input);
	else if (!wq_failed(wq_approval_decision_decode(input, &decision)))
		same(wq_approval_decision_encode(&decision, &again), &again, input);
	return 0;
}
