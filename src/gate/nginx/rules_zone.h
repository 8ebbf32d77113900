/* What the rule engine shares over all workers: how much evaluation each client and application may still take, which
 * incidents were told to the vault lately, how often exceptions were used, and the number of the next incident.
 *
 * A *bucket* fills by its rate (milliseconds of evaluation in a second) and holds one second's worth; what a request took is
 * taken out afterwards, so it may sink below zero, at most one second deep. Invariants: the tables have a fixed size; a key has
 * WQ_RULES_WAYS places and, when they are taken, that of the key that was used longest ago: a full table forgets, it never
 * refuses anybody. Access is without locks: two workers that meet in one place may lose a count, never more than that place.
 *
 * Knows nothing of nginx. Bad at: exact accounts. Clause C3.
 */
#ifndef WQ_GATE_NGINX_RULES_ZONE_H
#define WQ_GATE_NGINX_RULES_ZONE_H

#include "base/buf.h"
#include "base/clock.h"
#include "text/host.h"

enum {
	WQ_RULES_WAYS = 8,
	WQ_RULES_BUCKETS = 32768,
	WQ_RULES_TOLD = 8192,
	WQ_RULES_HITS = 4096,
	WQ_RULES_HIT_TEXT = 160,
	WQ_RULES_TELL_MSEC = 60 * 1000,
	WQ_INCIDENT_TEXT = 18
};

struct wq_rules_bucket {
	uint64_t key; /* 0: free */
	uint64_t at_msec;
	int64_t usec; /* that may still be taken */
};

struct wq_rules_told {
	uint64_t key, at_msec;
	uint32_t more; /* since the last one that was told */
};

/* How often an exception took a rule or target away. */
struct wq_rules_hit {
	uint64_t key;
	uint32_t row; /* of the application's counters */
	char text[WQ_RULES_HIT_TEXT];
	uint64_t count;
};

struct wq_rules_zone {
	uint64_t incident; /* of the last one: milliseconds of Unix time times 32 */
	uint32_t hits_n;
	struct wq_rules_bucket buckets[WQ_RULES_BUCKETS];
	struct wq_rules_told told[WQ_RULES_TOLD];
	struct wq_rules_hit hits[WQ_RULES_HITS];
};

/* The key of a client: its /24 or /56 network. Never 0. */
uint64_t wq_rules_client(const struct wq_addr *addr);
/* The same as text: "192.0.2.0/24", "2001:db8:0:100::/56"; empty for another family. */
enum { WQ_RULES_CLIENT_TEXT = 64 };
wq_str wq_rules_client_text(const struct wq_addr *addr, char out[WQ_RULES_CLIENT_TEXT]);

/* Whether evaluation may begin or go on: the bucket of `key` is above zero. A rate of 0 has no bucket: always. */
bool wq_rules_may(struct wq_rules_zone *zone, uint64_t key, uint32_t rate_msec, uint64_t now_msec);
void wq_rules_take(struct wq_rules_zone *zone, uint64_t key, uint32_t rate_msec, uint64_t now_msec, uint64_t usec);

/* Whether an incident of this key (client, application and rule) is to be told: the first in WQ_RULES_TELL_MSEC. `*ret_count` is
 * how many there were since the last one that was told, this one included. */
bool wq_rules_tell(struct wq_rules_zone *zone, uint64_t key, uint64_t now_msec, uint32_t *ret_count);

/* The place of an exception, made when there is none; NULL when all are taken. The caller holds the zone's lock. */
struct wq_rules_hit *wq_rules_hit(struct wq_rules_zone *zone, uint32_t row, wq_str text);

/* How often exceptions were used, as Prometheus reads it; `name_of_row` tells which application has a row. */
void wq_rules_hits_write(const struct wq_rules_zone *zone, const char *(*name_of_row)(void *data, uint32_t row),
	void *data, struct wq_buf *out);

/* "20261122-A7F30012": the day (UTC), then what passed of it in 32nds of a millisecond; no two are equal in one zone, and later ones
 * are greater. */
void wq_incident_next(struct wq_rules_zone *zone, wq_time now, char out[WQ_INCIDENT_TEXT]);

#endif
