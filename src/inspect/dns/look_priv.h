/* The parts of a look: asking (c-ares), resolving and validating (libunbound), walking delegations, following names. Private. */
#ifndef WQ_INSPECT_DNS_LOOK_PRIV_H
#define WQ_INSPECT_DNS_LOOK_PRIV_H

#include "inspect/dns/dns.h"
#include "inspect/dns/message.h"

enum {
	WQ_DNS_STEPS_MAX = 16, /* delegations from the root to a name, CNAMEs of a name */
	WQ_DNS_ZONES_MAX = 32, /* zones walked in a look */
	WQ_DNS_NS_MAX = 24,    /* names of name servers of a zone */
	WQ_DNS_ADDRS_MAX = 64, /* of one answer, of one zone's servers */
	WQ_DNS_MX_MAX = 16,
	WQ_DNS_TEXTS_MAX = 64,
	WQ_DNS_LIMITS_MAX = 16
};

/* ---- ask.c ---- */

struct wq_dns_query {
	struct wq_dns_question question;
	struct wq_addr to;
	uint16_t port;
	bool given; /* the operator named the server: it may be private */
	/* result */
	enum wq_dns_outcome outcome;
	struct wq_dns_message message;
};

struct wq_dns_asker;
struct wq_dns_looking;
/* Errors: WQ_E_UNSUPPORTED, WQ_E_NO_MEMORY. */
wq_err wq_dns_asker_new(struct wq_dns_looking *look, struct wq_dns_asker **ret_asker);
void wq_dns_asker_free(struct wq_dns_asker **asker);
/* Asks all at once and waits for them, no longer than the look may take. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena. */
wq_err wq_dns_ask_all(struct wq_dns_looking *look, struct wq_dns_query *queries, size_t n);

/* ---- resolve.c ---- */

struct wq_dns_resolve {
	wq_str name;
	uint16_t type;
	bool validate;
	/* result */
	enum wq_dns_outcome outcome;
	struct wq_dns_message message;
	bool secure, bogus;
	wq_str why;
};

struct wq_dns_unbound;
/* Errors: WQ_E_UNSUPPORTED, WQ_E_CONFIG (the anchor file). */
wq_err wq_dns_unbound_new(struct wq_dns_looking *look, struct wq_dns_unbound **ret_unbound);
void wq_dns_unbound_free(struct wq_dns_unbound **unbound);
wq_err wq_dns_resolve_all(struct wq_dns_looking *look, struct wq_dns_resolve *resolves, size_t n);

/* ---- geo.c ---- */

struct wq_dns_geo;
/* Errors: WQ_E_CONFIG. */
wq_err wq_dns_geo_open(const char *path, struct wq_dns_geo **ret_geo);
void wq_dns_geo_close(struct wq_dns_geo **geo);
/* False when the file does not know the address. */
bool wq_dns_geo_find(
	const struct wq_dns_geo *geo, struct wq_arena *arena, const struct wq_addr *addr, struct wq_dns_located *ret);

/* ---- walk.c ---- */

struct wq_dns_host {
	wq_str name;
	bool from_parent, from_child;
	struct wq_addr glue[8];
	size_t glue_n;
	struct wq_addr addrs[8];
	size_t addrs_n;
	enum wq_dns_outcome outcome;
	int rcode;
};

struct wq_dns_zone {
	wq_str apex;
	struct wq_dns_host hosts[WQ_DNS_NS_MAX];
	size_t hosts_n;
	bool whole; /* hosts hold what the zone itself says as well */
};

/* The zone that a name is in, by delegation from the root; NULL in `*ret_zone` when the way ended before. */
wq_err wq_dns_walk(struct wq_dns_looking *look, wq_str name, struct wq_dns_zone **ret_zone);
/* Looks up every host, and asks the zone's servers for its own NS records. */
wq_err wq_dns_zone_complete(struct wq_dns_looking *look, struct wq_dns_zone *zone);
/* Addresses to ask, IPv4 first, one of each host before the second of any; at most `max`. */
size_t wq_dns_zone_servers(const struct wq_dns_zone *zone, struct wq_addr *out, wq_str *ret_names, size_t max);

/* ---- follow.c ---- */

struct wq_dns_follow {
	wq_str name; /* where it starts */
	const struct wq_addr *subnet;
	uint8_t subnet_bits;
	size_t servers_max; /* of each zone */
	/* result */
	struct wq_dns_answer answer;
	bool scoped, subnet_known; /* a server said that the subnet mattered; understood the option */
	wq_str at;                 /* where it is now */
	bool done;
};

/* Follows names to their addresses by asking authoritative servers only. */
wq_err wq_dns_follow_all(struct wq_dns_looking *look, struct wq_dns_follow *items, size_t n);
/* What the answers to A and AAAA of one server say together; `*ret_end` is where the chain ends. */
wq_err wq_dns_answer_of(struct wq_arena *arena, wq_str name, const struct wq_dns_query *a,
	const struct wq_dns_query *aaaa, struct wq_dns_answer *ret_answer, wq_str *ret_end);

/* ---- mail.c ---- */

/* Fills in `mail`; `zone` is there. Errors: those of the arena. */
wq_err wq_dns_look_mail(struct wq_dns_looking *look, struct wq_dns_observation *seen);

/* ---- look.c ---- */

struct wq_dns_looking {
	struct wq_arena *arena;
	struct wq_dns_options options;              /* defaults filled in */
	const struct wq_dns_registered *registered; /* never NULL */
	struct wq_dns_asker *asker;
	struct wq_dns_unbound *unbound;
	struct wq_dns_geo *geo;
	struct wq_dns_zone *zones[WQ_DNS_ZONES_MAX];
	size_t zones_n;
	struct {
		wq_str name;
		struct wq_dns_zone *zone;
	} ways[WQ_DNS_ZONES_MAX]; /* walked before */
	size_t ways_n;
	wq_str limits[WQ_DNS_LIMITS_MAX];
	size_t limits_n;
	uint64_t started_msec;
	uint32_t queries;
};

/* Milliseconds that are left. */
uint32_t wq_dns_left(const struct wq_dns_looking *look);
/* A line in `limits`, once. */
void wq_dns_limited(struct wq_dns_looking *look, const char *what);
/* Whether an address that came from an answer may be asked. */
bool wq_dns_may_ask(const struct wq_dns_looking *look, const struct wq_addr *addr);
wq_str wq_dns_text_of(struct wq_arena *arena, const struct wq_addr *addr);
bool wq_dns_same_addr(const struct wq_addr *a, const struct wq_addr *b);
bool wq_dns_add_addr(struct wq_addr *list, size_t *n, size_t max, const struct wq_addr *addr);

#endif
