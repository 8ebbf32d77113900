/* What a browser may ask its proxy for, and how messages are cut from its pipe. */
#include "inspect/render/browser.h"
#include "inspect/render/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wq_str in = wq_str_of(data, size), message, fields, name, value;
	struct wq_proxy_request request;
	struct wq_arena arena;
	size_t taken = 0;
	WQ_BUF(out, 4 * WQ_PROXY_HEAD);

	wq_arena_init(&arena, WQ_MIB);
	while (wq_browser_message(in, &taken, &message))
		if (taken > size)
			abort();
	if (size <= WQ_PROXY_HEAD && !wq_failed(wq_proxy_request_read(&arena, in, &request))) {
		if (request.host[0] == 0 || request.port == 0)
			abort();
		if (!request.tunnel) {
			wq_proxy_request_write(&request, &out);
			fields = wq_buf_str(&out);
			wq_str_cut(&fields, '\n');
			while (wq_header_next(&fields, &name, &value))
				if (wq_str_starts_nocase(name, WQ_S("proxy-")))
					abort();
		}
	}
	wq_arena_done(&arena);
	return 0;
}
