/* The spellings with a query under which a site's own pages name its files. Private to flow/site_dir.c and its test.
 *
 * A static web server ignores a query: style.css?v=3 is style.css. The gate looks up the exact address, so each such
 * spelling has to be sealed. Bounded: so many for one file, so many in all; what is over is counted, not remembered.
 * Bad at: addresses made by scripts.
 */
#ifndef WQ_FLOW_SITE_QUERY_H
#define WQ_FLOW_SITE_QUERY_H

#include "base/arena.h"
#include "base/map.h"

enum { WQ_SITE_QUERIES_MAX = 500000, WQ_SITE_QUERY_MEMORY = 256 * 1024 * 1024 };

struct wq_site_query {
	const struct wq_site_query *next;
	wq_str key; /* of the spelling: "www.example.gov.cn/style.css?v=3" */
};

struct wq_site_queries {
	struct wq_arena arena;   /* what is remembered */
	struct wq_arena scratch; /* of one page, of one address */
	struct wq_map map;       /* key without query -> list of spellings, as found */
	wq_str host;
	uint32_t per_file;
	size_t count, left_out;
};

/* `host` is canonical and outlives it. */
void wq_site_queries_init(
	struct wq_site_queries *queries, wq_str host, uint32_t per_file, const struct wq_random *random);
void wq_site_queries_done(struct wq_site_queries *queries);
/* Reads one page or style sheet whose key is `key`; any other type is passed over. Errors: WQ_E_NO_MEMORY. */
wq_err wq_site_queries_read(struct wq_site_queries *queries, wq_str key, wq_str type, wq_str body);
/* The spellings of the resource `key`, or NULL. */
const struct wq_site_query *wq_site_queries_of(const struct wq_site_queries *queries, wq_str key);

#endif
