#include "detect/tls/judge_priv.h"

enum { TEXT_MAX = 4096 };

static const struct wq_tls_cert *leaf_of(const struct wq_tls_site *site)
{
	return site->observation->chain.n ? &site->observation->chain.certs[0] : NULL;
}

static int by_key(const void *a, const void *b)
{
	const struct wq_tls_site *const *x = a, *const *y = b;
	int order = memcmp(leaf_of(*x)->spki, leaf_of(*y)->spki, WQ_TLS_DIGEST_BYTES);

	if (order == 0)
		order = wq_str_cmp((*x)->observation->host, (*y)->observation->host);
	return order ? order : (int)(*x)->observation->port - (int)(*y)->observation->port;
}

/* One key that two units hold, or that stands in two certificates. A host with several ports is one site. */
static bool is_shared(const struct wq_tls_site *a, const struct wq_tls_site *b)
{
	bool units = a->subject->name.n && b->subject->name.n && !wq_str_eq(a->subject->name, b->subject->name);

	if (wq_str_eq(a->observation->host, b->observation->host))
		return false;
	return units || memcmp(leaf_of(a)->fingerprint, leaf_of(b)->fingerprint, WQ_TLS_DIGEST_BYTES) != 0;
}

static wq_err judge_group(
	struct wq_arena *arena, const struct wq_tls_site **group, size_t n, size_t own, struct wq_findings *findings)
{
	const struct wq_tls_site *site = group[own];
	struct tls_judge j = {.arena = arena,
		.subject = site->subject,
		.o = site->observation,
		.findings = findings,
		.now = site->subject->now ? site->subject->now : site->observation->at,
		.url = tls_site_url(arena, site->observation),
		.e = WQ_OK};
	WQ_BUF(others, TEXT_MAX);

	for (size_t i = 0; i < n && others.len < TLS_EXCERPT; i++)
		if (i != own && is_shared(site, group[i]))
			wq_buf_printf(&others, "%s%.*s", others.len ? ", " : "",
				WQ_S_ARG(wq_str_head(group[i]->observation->host, TLS_EXCERPT)));
	if (others.len)
		tls_say(&j, WQ_RULE_TLS_SHARED_KEY, "key", wq_buf_str(&others));
	return j.e;
}

wq_err wq_tls_shared_keys(
	struct wq_arena *arena, const struct wq_tls_site *sites, size_t n, struct wq_findings *findings)
{
	const struct wq_tls_site **list = WQ_NEW_ARRAY(arena, const struct wq_tls_site *, n ? n : 1);
	size_t count = 0;

	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < n; i++)
		if (leaf_of(&sites[i]))
			list[count++] = &sites[i];
	qsort(list, count, sizeof(*list), by_key);
	for (size_t from = 0, to; from < count; from = to) {
		to = from + 1;
		while (to < count &&
			memcmp(leaf_of(list[from])->spki, leaf_of(list[to])->spki, WQ_TLS_DIGEST_BYTES) == 0)
			to++;
		for (size_t i = from; i < to; i++)
			WQ_TRY(judge_group(arena, list + from, to - from, i - from, findings));
	}
	return WQ_OK;
}
