/* Whatever the bytes: the tokens do not depend on where they are cut, and hold all bytes. The first byte chooses the
 * options and the step. */
#include "text/css.h"
#include "text/css_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const struct wq_css_probe *probe, wq_err e)
{
	if (wq_failed(e) || probe->fault) {
		fprintf(stderr, "%s\n", probe->fault ? probe->fault : wq_err_name(e));
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { LONGEST = 64 * 1024 };
	struct wq_css_probe whole, parts;
	struct wq_css_options options = {0};
	WQ_BUF(text, WQ_MIB);
	size_t step;

	if (n == 0 || n > LONGEST)
		return 0;
	options.encoding = data[0] & 1 ? WQ_HTML_ENC_MULTIBYTE : WQ_HTML_ENC_ASCII;
	options.token_max = data[0] & 2 ? WQ_CSS_TOKEN_MIN : 0;
	step = 1 + (data[0] >> 2);
	check(&whole, wq_css_probe_run(&whole, wq_str_of(data + 1, n - 1), &options, 0, n));
	check(&parts, wq_css_probe_run(&parts, wq_str_of(data + 1, n - 1), &options, 0, step));
	if (!wq_str_eq(wq_buf_str(&whole.out), wq_buf_str(&parts.out)))
		abort();
	WQ_IGNORE(wq_css_decode(wq_str_of(data + 1, n - 1), &text));
	wq_buf_done(&whole.out);
	wq_buf_done(&parts.out);
	return 0;
}
