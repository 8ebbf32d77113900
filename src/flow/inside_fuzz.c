/* rules/inside.conf: whatever is accepted is a host in canonical form. */
#include "flow/inside.h"

#include "text/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char host[WQ_HOST_MAX + 1];
	struct wq_arena arena;
	const wq_str *hosts;
	size_t hosts_n, host_n;

	wq_arena_init(&arena, 16 * WQ_MIB);
	if (!wq_failed(wq_inside_parse(wq_str_of(data, n), "fuzz", WQ_S("2026-11-22"), &arena, &hosts, &hosts_n)))
		for (size_t i = 0; i < hosts_n; i++)
			if (wq_key_host(hosts[i], host, &host_n) != WQ_KEY_FINE ||
				!wq_str_eq(hosts[i], wq_str_of(host, host_n)))
				abort();
	wq_arena_done(&arena);
	return 0;
}
