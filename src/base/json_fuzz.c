/* Any bytes: as a JSON document with limits, and as a string that the writer must make readable. */
#include "base/json.h"
#include "base/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct wq_json_limits limits = {.max_bytes = 1024 * 1024, .max_depth = 16};
	WQ_BUF(out, 8 * WQ_MIB);
	struct json_t *root = NULL;
	struct wq_json json;

	WQ_IGNORE(wq_json_read(wq_str_of(data, n), &limits, &root));
	wq_json_free(&root);
	if (n > 100000)
		return 0;
	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_str(&json, "s", wq_str_of(data, n));
	wq_json_object_end(&json);
	if (wq_failed(wq_json_end(&json)))
		abort();
	if (wq_str_chr(wq_str_of(data, n), 0) < 0 && wq_failed(wq_json_read(wq_buf_str(&out), &limits, &root)))
		abort();
	wq_json_free(&root);
	return 0;
}
