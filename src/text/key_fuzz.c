/* First byte: query policy; then the host up to the first line feed; then the target. */
#include "text/key.h"
#include "text/key_model.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const wq_str listed[] = {WQ_S_INIT("id"), WQ_S_INIT("page")};

static void check(bool claim, const char *what)
{
	if (claim)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void idempotent(wq_str key, const struct wq_key_policy *policy)
{
	WQ_BUF(again, WQ_KEY_MAX);
	wq_str host, target;

	wq_key_split(key, &host, &target);
	check(!wq_failed(wq_key_make(host, target, policy, &again, NULL)), "a key's own parts make a key");
	check(wq_str_eq(wq_buf_str(&again), key), "the same one");
}

static void clean(wq_str key)
{
	for (size_t i = 0; i < key.n; i++)
		check(key.p[i] > 0x20 && key.p[i] < 0x7f && key.p[i] != '#' && key.p[i] != '\\', "clean ASCII");
	check(wq_str_find(key, WQ_S("//")) < 0 || wq_str_chr(key, '?') >= 0, "no empty segment");
	check(wq_str_find(key, WQ_S("/../")) < 0 || wq_str_chr(key, '?') >= 0, "no dot segment");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_key_policy policy = {.listed = listed, .listed_n = WQ_COUNT(listed)};
	struct wq_key_policy keep = {.query = WQ_KEY_QUERY_KEEP};
	WQ_BUF(key, WQ_KEY_MAX);
	enum wq_key_reason reason;
	wq_str target, host, raw_path, path;
	wq_err e;

	if (n == 0)
		return 0;
	policy.query = (enum wq_key_query)(data[0] % 4);
	target = wq_str_of(data + 1, n - 1);
	host = wq_str_cut(&target, '\n');
	e = wq_key_make(host, target, &policy, &key, &reason);
	check(wq_failed(e) == (reason != WQ_KEY_FINE), "an error has its reason");
	if (wq_failed(e)) {
		check(key.len == 0, "nothing is written on failure");
		return 0;
	}
	idempotent(wq_buf_str(&key), &policy);
	idempotent(wq_buf_str(&key), &keep);
	clean(wq_buf_str(&key));
	wq_key_split(wq_buf_str(&key), &host, &path);
	raw_path = wq_str_cut(&target, '?');
	path = wq_str_cut(&path, '?');
	for (int model = 0; model < WQ_MODEL_COUNT; model++)
		check(wq_model_same((enum wq_key_model)model, raw_path, path), "the origin sees the same resource");
	return 0;
}
