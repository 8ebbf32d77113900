#include "inspect/fake/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of an image: what is decoded has as many bytes as it says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	WQ_BUF(grey, WQ_LIKENESS_PIXELS_MAX);
	uint32_t width, height;

	if (wq_fake_image_decode(wq_str_of(data, size), &grey, &width, &height) && grey.len != (size_t)width * height)
		abort();
	return 0;
}
