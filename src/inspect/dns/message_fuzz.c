/* Any bytes as an answer, and as a name of a question. */
#include "inspect/dns/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wq_dns_question question = {.name = wq_str_of(data, size), .type = WQ_DNS_A};
	struct wq_dns_message m;
	struct wq_arena arena;
	WQ_BUF(out, 2048);

	wq_arena_init(&arena, 16 * WQ_MIB);
	if (wq_dns_message_read(&arena, wq_str_of(data, size), &m))
		for (size_t i = 0; i < m.records_n; i++)
			if (m.records[i].owner.n == 0 || m.records[i].owner.n > 4 * 254)
				abort();
	(void)wq_dns_question_write(&out, 1, &question);
	wq_arena_done(&arena);
	return 0;
}
