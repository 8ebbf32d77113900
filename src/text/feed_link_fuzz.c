#include "text/feed_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wq_err on_link(void *data, const struct wq_link *link)
{
	const size_t *size = data;

	if (link->at > *size || link->line == 0 || link->url.n == 0 || link->url.n > WQ_LINK_BYTES_MAX)
		abort();
	return WQ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wq_feed_is(wq_str_of(data, size));
	if (wq_failed(wq_feed_links(wq_str_of(data, size), on_link, &size)))
		abort();
	return 0;
}
