/* Whatever the bytes: the tokens do not depend on where they are cut, and hold all bytes. The first byte chooses the
 * options and the step. */
#include "text/html.h"
#include "text/html_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const struct wq_html_probe *probe, wq_err e)
{
	if (wq_failed(e) || probe->fault) {
		fprintf(stderr, "%s\n", probe->fault ? probe->fault : wq_err_name(e));
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { LONGEST = 64 * 1024, DECODED = 1024 * 1024 };
	struct wq_html_probe whole, parts;
	struct wq_html_options options = {0};
	WQ_BUF(text, DECODED);
	size_t step;

	if (n == 0 || n > LONGEST)
		return 0;
	options.scripting = data[0] & 1;
	options.encoding = data[0] & 2 ? WQ_HTML_ENC_MULTIBYTE : WQ_HTML_ENC_ASCII;
	options.tag_max = data[0] & 4 ? WQ_HTML_TAG_MIN : 0;
	step = 1 + (data[0] >> 3);
	check(&whole, wq_html_probe_run(&whole, wq_str_of(data + 1, n - 1), &options, 0, n));
	check(&parts, wq_html_probe_run(&parts, wq_str_of(data + 1, n - 1), &options, 0, step));
	if (!wq_str_eq(wq_buf_str(&whole.out), wq_buf_str(&parts.out)))
		abort();
	WQ_IGNORE(wq_html_decode(
		wq_str_of(data + 1, n - 1), data[0] & 1 ? WQ_HTML_IN_ATTRIBUTE : WQ_HTML_IN_TEXT, &text));
	wq_buf_done(&whole.out);
	wq_buf_done(&parts.out);
	return 0;
}
