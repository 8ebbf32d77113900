/* A breadth-first walk over one site: every resource that can be reached from its base address by links, once, by
 * canonical key (text/key.h).
 *
 * Invariants: only the site's own hosts are asked, at the address they resolve to or, with `origin`, at the origin, which
 * is then the one address allowed that is not global; what is asked for is the canonical form; each key is fetched at
 * most once and handed to the callback exactly once, with its failure if it failed, in an order that never goes back in
 * depth but for answers that overtake each other; forms are never submitted (a GET form's bare action is fetched). The
 * whole walk is bounded in pages, bytes, depth and addresses. A walk that was stopped goes on by being walked again with
 * `recall`, which gives the answers that are known already.
 * Bad at: addresses made by scripts; sites of many millions of pages (all keys are in memory).
 */
#ifndef WQ_INSPECT_CRAWL_CRAWL_H
#define WQ_INSPECT_CRAWL_CRAWL_H

#include "inspect/fetch/fetch.h"
#include "text/html_link.h"
#include "text/key.h"

enum { WQ_CRAWL_HOSTS_MAX = 16, WQ_CRAWL_ROBOTS_BYTES = 512 * 1024 /* RFC 9309 §2.5 asks for 500 KiB at least */ };

/* 0 takes the default in brackets. */
struct wq_crawl_options {
	const char *site; /* where the public finds it: "https://www.example.gov.cn/"; the walk begins at its path */
	const char *
		origin; /* where to ask: "http://127.0.0.1:8081"; NULL: the site itself. Links to it are internal too */
	const char *const
		*hosts; /* further names of the same site, canonical; fetched as they are, by key of their own */
	size_t hosts_n;
	const char *const *seeds; /* further addresses to begin with, absolute or relative to `site` */
	size_t seeds_n;
	size_t pages_max;     /* keys fetched [100000] */
	size_t addresses_max; /* keys remembered [1000000] */
	uint64_t bytes_max;   /* of all bodies together [16 GiB] */
	uint32_t depth_max;   /* links from the start [64] */
	bool robots;          /* obey robots.txt (RFC 9309); a unit walks its own site without */
	bool only_seeds;      /* fetch the seeds and nothing else: neither the site's start nor what is linked */
	struct wq_fetch_options fetch; /* with peers and routes added for `origin` */
};

/* Slices live during the callback. */
struct wq_crawl_page {
	wq_str key;
	wq_str from; /* key of the page that linked to it first; empty for a start */
	uint32_t depth;
	bool recalled;                            /* by wq_crawl_calls.recall, not fetched */
	const struct wq_fetch_response *response; /* status, headers, body or what failed */
};

/* Why a link was not walked to. */
enum wq_crawl_fate {
	WQ_CRAWL_TAKEN,     /* internal: fetched, or was before */
	WQ_CRAWL_EXTERNAL,  /* another site */
	WQ_CRAWL_OTHER,     /* mailto:, javascript:, data:, tel: … */
	WQ_CRAWL_MALFORMED, /* no URL */
	WQ_CRAWL_AMBIGUOUS, /* internal, but has no canonical key: `reason` */
	WQ_CRAWL_BEYOND,    /* over a limit */
	WQ_CRAWL_ROBOTS,    /* robots.txt asks not to */
	WQ_CRAWL_UNWANTED   /* wq_crawl_calls.path does not want it */
};

struct wq_crawl_link {
	wq_str from;                /* key of the page */
	const struct wq_link *link; /* as written, with its place; a redirect has tag and attr empty and line 0 */
	wq_str url;                 /* resolved, without fragment; empty when malformed */
	wq_str key;                 /* internal ones */
	enum wq_crawl_fate fate;
	enum wq_key_reason reason;
};

struct wq_crawl_stats {
	size_t pages, failed, links, recalled;
	size_t known; /* addresses that were found, so far */
	uint64_t bytes;
	bool limited; /* something was left out for a limit */
};

struct wq_crawl_calls {
	/* May end the walk by an error, which wq_crawl_run() returns. */
	wq_err (*page)(void *data, const struct wq_crawl_page *page);
	/* Now and then, also while nothing arrives; may end the walk by an error; NULL: nobody asks. */
	wq_err (*tick)(void *data, const struct wq_crawl_stats *so_far);
	/* Every link of every page, before the page itself is handed over; NULL: nobody asks. */
	wq_err (*link)(void *data, const struct wq_crawl_link *link);
	/* What is asked of a path (canonical, with leading slash, without query): false: it is not walked to, nor is a seed.
	 * `*ret_policy` is how its query makes the key; as it comes, the query is kept as it is. NULL: every path is wanted. */
	bool (*path)(void *data, wq_str path, struct wq_key_policy *ret_policy);
	/* Whether the answer to a key is known: then it is not fetched. Status, headers and body are what is read of
	 * `*ret_response`; slices live until the next call of any of these. NULL: nothing is. */
	wq_err (*recall)(void *data, wq_str key, struct wq_fetch_response *ret_response, bool *ret_known);
	/* The bytes from which a page's links are read, `*ret_body` being its body when called: a page that is known to be the
	 * same but for its session ids leads to what it led to. Slices as above. NULL: its body. */
	wq_err (*document)(void *data, const struct wq_crawl_page *page, wq_str *ret_body);
	void *data;
};

/* Walks to the end. Requires: site, calls->page. Returns WQ_E_INPUT (an address that is none), WQ_E_AMBIGUOUS (a start
 * without a canonical key), what a callback returned, or what the fetcher did. `ret_stats` (may be NULL) is written on
 * success. */
wq_err wq_crawl_run(
	const struct wq_crawl_options *options, const struct wq_crawl_calls *calls, struct wq_crawl_stats *ret_stats);

#endif
