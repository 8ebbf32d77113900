/* wq_head_parse() on any bytes: what it accepts survives writing and reading. */
#include "ledger/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	WQ_BUF(line, WQ_HEAD_LINE_MAX);
	struct wq_head head, again;

	if (wq_failed(wq_head_parse(wq_str_of(data, n), &head)))
		return 0;
	if (wq_failed(wq_head_line(&head, &line)) || wq_failed(wq_head_parse(wq_buf_str(&line), &again)) ||
		memcmp(&head.tip, &again.tip, sizeof(head.tip)) != 0 || head.time != again.time ||
		!wq_digest_eq(head.key_id, again.key_id) || memcmp(&head.sig, &again.sig, sizeof(head.sig)) != 0)
		abort();
	return 0;
}
