/* Whatever the document: the output does not depend on where it is cut nor on what is skipped or known from before, holds what was not renamed, and rewritten once more
 * is the same. The first byte chooses the options, the second the step. */
#include "policy/leave_site_test.h"
#include "policy/rewrite_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static wq_err on_link(void *data, const struct wq_leave_id *id, wq_str address, uint64_t line)
{
	struct wq_leave_id same = wq_leave_id(address);

	(void)data;
	expect(memcmp(id->b, same.b, sizeof(same.b)) == 0 && address.n > 0 && line < 1 << 20);
	return WQ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { LONGEST = 32 * 1024, OUT_MAX = 64 * WQ_MIB };
	static const wq_str charsets[] = {
		WQ_S_INIT(""), WQ_S_INIT("gb18030"), WQ_S_INIT("big5"), WQ_S_INIT("windows-1252")};
	static const wq_digest key = {{3}};
	static struct wq_rewrite_names *names; /* of all documents before */
	struct wq_policy policy = test_policy;
	struct wq_rewrite_options options = {.leave = test_leave,
		.scheme = WQ_S_INIT("https"),
		.host = WQ_S_INIT("www.yunshan.gov.cn"),
		.path = WQ_S_INIT("/news/")};
	unsigned transforms, again_transforms, all_transforms;
	uint64_t overlong;
	wq_str document;
	WQ_BUF(whole, OUT_MAX);
	WQ_BUF(parts, OUT_MAX);
	WQ_BUF(all, OUT_MAX);
	WQ_BUF(again, OUT_MAX);

	if (!names)
		names = wq_rewrite_names_new();
	if (n < 2 || n > LONGEST)
		return 0;
	document = wq_str_of(data + 2, n - 2);
	policy.footer = WQ_S("<p title=\"标\">标识 <a href=http://out.example/>x</a></p><script>'标'</script>");
	options.leave.policy = &policy;
	options.charset = charsets[data[0] & 3];
	options.key = data[0] & 4 ? &key : NULL;
	options.footer = data[0] & 8;
	options.tag_max = data[0] & 16 ? WQ_HTML_TAG_MIN : 0;
	options.on_link = data[0] & 32 ? on_link : NULL;
	expect(!wq_failed(wq_rewrite_probe(&options, document, 0, 0, &whole, &transforms)));
	options.names = names;
	expect(!wq_failed(wq_rewrite_probe(&options, document, data[1] >> 4, 1 + (data[1] & 15), &parts, NULL)));
	expect(wq_str_eq(wq_buf_str(&whole), wq_buf_str(&parts)));
	options.names = NULL;
	expect(!wq_failed(wq_rewrite_probe_all(&options, document, &all, &all_transforms, &overlong)));
	expect(wq_str_eq(wq_buf_str(&whole), wq_buf_str(&all)) && transforms == all_transforms);
	expect(transforms != 0 || wq_str_eq(wq_buf_str(&whole), document));
	if (options.tag_max > 0) /* a name may make a tag too long to be looked at again */
		return 0;
	expect(!wq_failed(wq_rewrite_probe(&options, wq_buf_str(&whole), 0, 0, &again, &again_transforms)));
	expect(again_transforms == 0 && wq_str_eq(wq_buf_str(&again), wq_buf_str(&whole)));
	return 0;
}
