/* What the files of this folder share: the state of one walk.
 *
 * A walk is one loop over numbers of addresses (table_priv.h): the cursor lines them up before their hosts, hosts hand them to the
 * fetcher as it has room, answers put new addresses at the end. What became of each is in the log (log_priv.h); faults are read
 * out of it afterwards.
 */
#ifndef WQ_INSPECT_SITE_SITE_PRIV_H
#define WQ_INSPECT_SITE_SITE_PRIV_H

#include "base/map.h"
#include "detect/target/target.h"
#include "inspect/site/table_priv.h"
#include "text/document.h"
#include "text/key.h"

enum {
	ORIGIN_BYTES = WQ_HOST_MAX + 32,
	HOSTS_MAX = 200000,
	LINK_CACHE = 32768 /* a power of two */
};

struct soft;

/* A server of the walk. */
struct host {
	char origin[ORIGIN_BYTES]; /* "https://www.example.cn:8443" */
	struct host *next_active;
	bool inside, active;
	bool opened;      /* robots.txt was asked for */
	uint32_t opening; /* questions that have to be answered before its pages */
	bool gone;        /* given up */
	enum wq_fetch_result why;
	bool answered;                /* ever */
	uint32_t in_flight, failures; /* in a row, none answered between */
	uint64_t silent_since;        /* 0: it answered last, or was never asked */
	uint32_t *waiting;            /* numbers, a ring would be no shorter: [waiting_at, waiting_n) */
	size_t waiting_at, waiting_n, waiting_room;
	struct wq_buf robots; /* the rules for us of its robots.txt */
	struct soft *soft;    /* NULL: nobody asked yet */
};

/* A written address that was resolved lately: the same navigation stands on every page of a directory. */
struct link_cached {
	uint64_t hash; /* of base directory and text; 0: empty */
	uint32_t number;
};

struct page_reader;

struct walk {
	struct wq_site_options options;
	const struct wq_site_calls *calls;
	struct wq_site_stats stats;
	wq_err err;
	const struct wq_clock *clock;
	uint64_t started_msec, ticked_msec;

	struct wq_fetch *fetch;
	struct log log;
	struct table table;
	int lock;
	uint32_t cursor; /* addresses before it were looked at */
	size_t in_flight, waiting;
	struct tag *tags, *free_tags; /* of requests */

	struct wq_map inside; /* authorities that are walked */
	struct wq_map hosts;  /* by origin */
	struct host *active;

	struct wq_map looks; /* what is remembered of outside targets, by address */

	struct page_reader *reader;
	struct link_cached *cache;
	uint64_t fragments; /* links to places that are in the log */
	bool sign_kept[WQ_SITE_SIGNS];
};

static inline void walk_fail(struct walk *w, wq_err e)
{
	if (!wq_failed(w->err))
		w->err = e;
}
static inline uint64_t walk_msec(const struct walk *w)
{
	return w->clock->monotonic_msec(w->clock->data);
}
void walk_limited(struct walk *w, const char *by);
void walk_sign(struct walk *w, enum wq_site_sign sign, wq_str url);

/* "https://host:port" of a serialised URL. */
wq_str url_origin(wq_str url);
bool url_is_inside(const struct walk *w, wq_str url);
/* The number of an address, new or known, with `flags` added; ITEM_NONE over a limit. `from` as in struct item. */
uint32_t walk_address(struct walk *w, wq_str url, uint32_t from, uint8_t flags, uint8_t hops);

/* ---- hosts.c */
struct host *host_of(struct walk *w, wq_str url);
void hosts_free(struct walk *w);
bool host_allows(const struct walk *w, const struct host *host, wq_str url);
void host_wait(struct walk *w, struct host *host, uint32_t number, bool first);
bool host_next(struct walk *w, struct host *host, uint32_t *ret_number);
/* What an answer says of the host: whether it is given up. */
void host_heard(struct walk *w, struct host *host, enum wq_fetch_result result);

/* ---- page.c */
wq_err page_reader_new(struct walk *w, struct page_reader **ret_reader);
void page_reader_free(struct page_reader **reader);
/* A body with status 200: links and places into the log, the page to the caller. */
wq_err page_read(struct walk *w, struct host *host, uint32_t number, const struct wq_fetch_response *response);
wq_err page_redirect(struct walk *w, uint32_t number, const struct wq_fetch_response *response);

/* ---- soft.c: pages that say "not there" under a good status, and targets that changed hands */
void soft_free(struct soft **soft);
/* Whether it has to be known first what the host says of a name that cannot exist beside `url`; then the address of one. */
bool soft_wants(struct walk *w, struct host *host, wq_str url, struct wq_buf *ret_url, uint32_t *ret_probe);
void soft_heard(struct walk *w, struct host *host, uint32_t probe, const struct wq_fetch_response *response);
/* Whether the host sends the address to where it sends what does not exist. */
bool soft_redirect(struct walk *w, struct host *host, const struct wq_fetch_response *response);
bool soft_page(struct walk *w, struct host *host, const struct wq_document *document, wq_str title, bool home);
enum wq_site_verdict soft_outside(struct walk *w, const struct wq_fetch_response *response);

/* ---- looks.c: outside targets over days */
wq_err looks_open(struct walk *w);
void looks_free(struct wq_map *looks);
/* Errors: WQ_E_FORMAT with the line, WQ_E_NO_MEMORY. */
wq_err looks_parse(wq_str text, struct wq_map *looks);
/* Counts who fails, makes "failing" of those that did not often enough, and writes that down. */
wq_err looks_apply(struct walk *w);

/* ---- fault.c */
wq_err faults_report(struct walk *w);
/* Hash of a place in a page, its name decoded. */
uint32_t place_hash(const struct walk *w, wq_str name);
wq_str attr_of_code(uint8_t code);
uint8_t attr_code(wq_str attr);
/* The name that a fragment looks for, percent-decoded into `out`; empty when any page has it (top, text fragments, routes). */
wq_str fragment_name(wq_str fragment, struct wq_buf *out);

#endif
