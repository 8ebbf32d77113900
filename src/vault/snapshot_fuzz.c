#include "vault/layout_priv.h"
#include "vault/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void use(const struct wq_snapshot *s)
{
	static const wq_str keys[] = {WQ_S_INIT("www.example.gov.cn/"), WQ_S_INIT("")};
	uint8_t id[WQ_SNAPSHOT_LINK_ID];
	wq_str address, by_id;
	struct wq_entry e, again;
	wq_digest name;
	uint64_t bytes;

	for (size_t i = 0; i < WQ_COUNT(keys); i++)
		wq_snapshot_find(s, keys[i], &e);
	for (uint32_t i = 0; i < 64; i++) {
		wq_snapshot_host(s, i);
		wq_snapshot_pack(s, i, &name, &bytes);
		if (wq_snapshot_entry(s, i, &e) && wq_snapshot_find(s, e.key, &again) && !wq_str_eq(e.key, again.key))
			abort();
	}
	for (uint32_t i = 0; i < s->links_n && i < 64; i++)
		if (wq_snapshot_link_at(s, i, id, &address) && address.n == 0)
			abort();
	if (wq_snapshot_policy(s).n > WQ_SNAPSHOT_POLICY_MAX)
		abort();
	/* what passes the check keeps its promises */
	if (wq_failed(wq_snapshot_check(s)))
		return;
	for (uint32_t i = 0; i < s->entries_n; i++)
		if (!wq_snapshot_entry(s, i, &e) || !wq_snapshot_find(s, e.key, &again) || again.number != i)
			abort();
	for (uint32_t i = 0; i < s->links_n; i++)
		if (!wq_snapshot_link_at(s, i, id, &address) || !wq_snapshot_link(s, id, &by_id) ||
			by_id.p != address.p)
			abort();
}

/* A whole file or, as a fuzzer cannot sign, a body alone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wq_snapshot s;

	if (!wq_failed(wq_snapshot_open(wq_str_of(data, n), &s)))
		use(&s);
	if (!wq_failed(wq_snapshot_open_body(wq_str_of(data, n), &s)))
		use(&s);
	return 0;
}
