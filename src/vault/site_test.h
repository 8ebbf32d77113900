/* A made-up site of any size, repeatable by its seed, as the input of wq_snapshot_build(). Tests and measurements only. */
#ifndef WQ_VAULT_SITE_TEST_H
#define WQ_VAULT_SITE_TEST_H

#include "base/arena.h"
#include "vault/snapshot.h"

struct wq_site {
	struct wq_arena arena;
	struct wq_entry_new *entries;
	size_t n;
	wq_str hosts[3];
	struct wq_link_new links[4];
	wq_digest packs[4];
	uint64_t pack_bytes[4];
	uint64_t random;
};

static inline uint64_t wq_site_random(struct wq_site *site)
{
	site->random ^= site->random << 13;
	site->random ^= site->random >> 7;
	site->random ^= site->random << 17;
	return site->random;
}

static inline struct wq_object_ref wq_site_ref(struct wq_site *site)
{
	struct wq_object_ref ref = {.pack = (uint32_t)(wq_site_random(site) % WQ_COUNT(site->packs)),
		.number = (uint32_t)(wq_site_random(site) % 5000),
		.length_bytes = wq_site_random(site) % 1000000};

	for (size_t i = 0; i < sizeof ref.digest.b; i++)
		ref.digest.b[i] = (uint8_t)wq_site_random(site);
	return ref;
}

/* Keys have at least `key_bytes` bytes. */
static inline void wq_site_init(struct wq_site *site, size_t n, uint64_t seed, int key_bytes)
{
	static const wq_str types[] = {
		WQ_S_INIT("text/html; charset=utf-8"), WQ_S_INIT("text/css"), WQ_S_INIT("image/png"), WQ_S_INIT("")};

	*site = (struct wq_site){.n = n,
		.random = seed * 2654435761u + 1,
		.hosts = {WQ_S("www.example.gov.cn"), WQ_S("example.gov.cn"), WQ_S("m.example.gov.cn")}};
	wq_arena_init(&site->arena, (size_t)2048 * WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(site->links); i++) {
		memset(site->links[i].id, (int)(0x70 - i), sizeof site->links[i].id);
		site->links[i].address = wq_arena_printf(&site->arena, "https://%zu.example.com/", i);
	}
	for (size_t i = 0; i < WQ_COUNT(site->packs); i++) {
		memset(site->packs[i].b, (int)(0xa0 + i), sizeof site->packs[i].b);
		site->pack_bytes[i] = 16 * WQ_MIB;
	}
	site->entries = WQ_NEW_ARRAY(&site->arena, struct wq_entry_new, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct wq_entry_new *e = &site->entries[i];
		uint64_t r = wq_site_random(site);
		wq_str host = site->hosts[r % 3];
		int pad = key_bytes - (int)host.n - 3 - 8;

		e->key = wq_arena_printf(&site->arena, "%.*s/%c/%0*zu", (int)host.n, host.p, 'a' + (int)(r >> 8) % 26,
			8 + (pad > 0 ? pad : 0), i);
		e->status = r >> 16 & 7 ? 200 : 301;
		e->type = types[r >> 24 & 3];
		if (e->status == 301)
			e->headers = wq_arena_printf(&site->arena, "Location: /moved/%zu\r\n", i % 100);
		e->identity = wq_site_ref(site);
		e->has_gzip = r >> 32 & 1;
		e->has_brotli = r >> 33 & 1;
		e->has_source = (r >> 34 & 3) == 0;
		if (e->has_source) {
			e->source = wq_site_ref(site).digest;
			e->transforms = (uint32_t)(r >> 36 & 7);
		}
		if (e->has_gzip)
			e->gzip = wq_site_ref(site);
		if (e->has_brotli)
			e->brotli = wq_site_ref(site);
	}
}

static inline struct wq_body_new wq_site_body(const struct wq_site *site)
{
	return (struct wq_body_new){.packs = site->packs,
		.pack_bytes = site->pack_bytes,
		.packs_n = WQ_COUNT(site->packs),
		.hosts = site->hosts,
		.hosts_n = WQ_COUNT(site->hosts),
		.policy = WQ_S("a policy"),
		.links = site->links,
		.links_n = WQ_COUNT(site->links),
		.entries = site->entries,
		.entries_n = site->n};
}

static inline void wq_site_done(struct wq_site *site)
{
	wq_arena_done(&site->arena);
}

#endif
