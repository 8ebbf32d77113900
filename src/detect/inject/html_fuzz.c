#include "detect/inject/inject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The verdict does not depend on whether the reason is wanted, and text before a tag does not hide it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char hidden[] = "<script>";
	wq_str s = wq_str_of(data, size);
	struct wq_inject_reason reason = {""};
	bool found = wq_inject_html(s, &reason);
	char *longer;

	if (found != wq_inject_html(s, NULL) || found != (reason.text[0] != '\0'))
		abort();
	longer = malloc(size + sizeof hidden - 1);
	if (!longer)
		return 0;
	if (size)
		memcpy(longer, data, size);
	memcpy(longer + size, hidden, sizeof hidden - 1);
	if (size + sizeof hidden <= WQ_INJECT_BYTES_MAX &&
		!wq_inject_html(wq_str_of(longer, size + sizeof hidden - 1), NULL))
		abort();
	free(longer);
	return 0;
}
