/* Judges what was seen of a domain in the DNS: answers of resolvers and of the authoritative servers against each other and
 * against what is registered, delegation, DNSSEC, mail, where its servers stand. Rules dns.*, domain.*, closed.*, origin.exposed and mail.* of docs/findings.md. Clauses A2, A3, A4, C2, C12, D5.
 *
 * Observations in, findings out: no clock, no file, no socket; whoever observes is inspect/dns. Thresholds are data (rules/dns/dns.txt).
 * Invariants: what merely rotates gives nothing. Answers are compared as sets over all rounds; a resolver is said to be poisoned
 * only when every one of its answers, in at least `poison_rounds` rounds, leads to addresses none of which an authoritative server gives (with
 * or without a client subnet), none is registered, and none lies in a network (prefix or owner) of those. A serial differs only when a server never caught up with what another had in
 * the first round. What was not asked or not answered is never taken for an answer; what cannot be known (no geo data, no
 * trust anchor, no authoritative server reached) is said once by inspect.limited.
 * A finding's place is url "dns:<domain>" (RFC 4501); its target is the address or name that is wrong.
 * Bad at: telling a hijacker from an owner who did not tell the registry; a resolver that lies now and then.
 */
#ifndef WQ_DETECT_DNS_DNS_H
#define WQ_DETECT_DNS_DNS_H

#include "detect/dns/rules.h"
#include "detect/dns/spf.h"
#include "finding/finding.h"
#include "finding/subject.h"
#include "text/host.h"

enum wq_dns_outcome {
	WQ_DNS_NOT_ASKED,
	WQ_DNS_ANSWERED, /* rcode says how */
	WQ_DNS_TIMEOUT,
	WQ_DNS_UNREACHABLE,
	WQ_DNS_MALFORMED,
	WQ_DNS_FORBIDDEN /* private address of a server, which may not be asked */
};
enum { WQ_DNS_NOERROR = 0, WQ_DNS_SERVFAIL = 2, WQ_DNS_NXDOMAIN = 3, WQ_DNS_REFUSED = 5 };

/* The addresses of a name, as one server gave them in one round: A and AAAA together. */
struct wq_dns_answer {
	enum wq_dns_outcome outcome;
	int rcode;
	const wq_str *chain; /* targets of CNAMEs in order, canonical */
	size_t chain_n;
	const struct wq_addr *addrs;
	size_t addrs_n;
};

struct wq_dns_resolver_seen {
	wq_str name; /* as given: "114.114.114.114" */
	struct wq_addr addr;
	const struct wq_dns_answer *rounds;
	size_t rounds_n;
};

/* An address of a name server of the zone. */
struct wq_dns_server_seen {
	wq_str name; /* of the NS record */
	struct wq_addr addr;
	bool from_parent, from_child; /* who names it */
	bool authoritative;           /* answered for the zone with AA at least once */
	const struct wq_dns_answer *rounds;
	size_t rounds_n;
	const uint32_t *serials; /* by round; only where serial_known */
	const bool *serial_known;
	const wq_str *ns; /* as this server says; sorted */
	size_t ns_n;
};

/* A name server by name: what the parent says of it and what its own zone says. */
struct wq_dns_ns_seen {
	wq_str name;
	bool from_parent, from_child;
	const struct wq_addr *glue, *addrs; /* at the parent; as resolved */
	size_t glue_n, addrs_n;
	enum wq_dns_outcome outcome; /* of resolving it */
	int rcode;
};

/* Where an address is; empty slices: not known. */
struct wq_dns_located {
	struct wq_addr addr;
	wq_str country;  /* "CN" */
	wq_str province; /* "Beijing"; may be empty */
	wq_str owner;    /* of the network: "AS4134 …"; may be empty */
};

/* What the authoritative servers answer for visitors from a place (RFC 7871). */
struct wq_dns_region_seen {
	wq_str name;        /* the province, or "resolver 114.114.114.114" */
	bool domestic;      /* a province of rules/dns/subnets.txt */
	bool scoped;        /* a server said that its answer depends on the subnet */
	struct wq_addr net; /* first address of the prefix */
	uint8_t bits;
	struct wq_dns_answer answer;
};

enum wq_dns_security { WQ_DNS_NOT_VALIDATED, WQ_DNS_SECURE, WQ_DNS_INSECURE, WQ_DNS_BOGUS };

struct wq_dns_texts {
	enum wq_dns_outcome outcome;
	int rcode;
	const wq_str *texts; /* strings of one record joined */
	size_t n;
};

struct wq_dns_mx_seen {
	uint16_t preference;
	wq_str host; /* "." when it is the null MX of RFC 7505 */
	bool alias, address;
	enum wq_dns_outcome outcome; /* of resolving it */
	int rcode;
	const struct wq_addr *addrs;
	size_t addrs_n;
};

struct wq_dns_dkim_seen {
	wq_str selector;
	struct wq_dns_texts key; /* at <selector>._domainkey.<domain> */
};

struct wq_dns_mail_seen {
	bool looked;
	wq_str domain;       /* whose mail: the zone's apex unless said otherwise */
	wq_str organisation; /* its organisational domain (RFC 7489 §3.2) */
	enum wq_dns_outcome mx_outcome;
	int mx_rcode;
	const struct wq_dns_mx_seen *mx;
	size_t mx_n;
	struct wq_dns_texts spf, dmarc, dmarc_organisation, mta_sts;
	const struct wq_spf_seen *spf_names; /* what the SPF record leads to */
	size_t spf_names_n;
	const struct wq_dns_dkim_seen *dkim;
	size_t dkim_n;
	bool has_policy;   /* the caller fetched https://mta-sts.<domain>/.well-known/mta-sts.txt */
	int policy_status; /* of HTTP; 0: it could not be fetched */
	wq_str policy;     /* its bytes */
};

enum wq_dns_origin_result { WQ_DNS_ORIGIN_NOT_TRIED, WQ_DNS_ORIGIN_SILENT, WQ_DNS_ORIGIN_ANSWERS };
/* Whether an address behind the gate answers outsiders for this host: the caller's (inspect/fetch with a route). */
struct wq_dns_origin_seen {
	struct wq_addr addr;
	uint16_t port;
	enum wq_dns_origin_result result;
	int status;
};

/* A CNAME, NS or MX whose target does not exist. */
struct wq_dns_dangling {
	wq_str owner, target;
	bool registrable_gone; /* even its registrable domain does not exist: anybody can register it */
	wq_str registrable;
};

struct wq_dns_observation {
	wq_str domain;    /* canonical */
	wq_str zone;      /* apex of the zone it is in; empty when it was not found */
	bool zone_walked; /* the delegation was followed from the root */
	const struct wq_dns_resolver_seen *resolvers;
	size_t resolvers_n;
	const struct wq_dns_server_seen *servers; /* of the zone */
	size_t servers_n;
	const struct wq_dns_ns_seen *ns;
	size_t ns_n;
	/* The name followed to its addresses through every zone that its CNAMEs lead to, authoritative servers only; all rounds. */
	const struct wq_dns_answer *truths;
	size_t truths_n;
	const struct wq_dns_region_seen *regions;
	size_t regions_n;
	const struct wq_dns_located *located;
	size_t located_n;
	bool has_geo;
	bool vantage_domestic; /* the observer stands inside the country */
	const struct wq_dns_dangling *dangling;
	size_t dangling_n;
	bool wildcard; /* a random name beside it resolves at the authoritative servers */
	wq_str wildcard_name;
	enum wq_dns_security security;
	wq_str security_reason;          /* of a bogus one, English, from the validator */
	wq_time signatures_earliest;     /* the first expiry among signatures seen; 0: none seen */
	wq_time signatures_latest_start; /* the last inception; 0: none seen */
	size_t ds_n, dnskey_n;
	enum wq_dns_outcome caa_outcome;
	const wq_str *caa; /* "0 issue \"ca.example\"", of the nearest name that has any (RFC 8659) */
	size_t caa_n;
	struct wq_dns_mail_seen mail;
	const struct wq_dns_origin_seen *origins;
	size_t origins_n;
	bool http_tried, http_answers; /* closed applications: the caller's */
	int http_status;
	const wq_str *limits; /* what could not be looked at, English, short */
	size_t limits_n;
	uint32_t queries, msec; /* what the look cost */
};

/* An address range that is right: a single address has 32 or 128 bits. */
struct wq_dns_net {
	struct wq_addr addr;
	uint8_t bits;
};

/* What is registered; empty: not known, and nothing is compared. */
struct wq_dns_registered {
	const struct wq_dns_net *nets; /* addresses and networks of the name */
	size_t nets_n;
	const wq_str *cnames; /* targets, or domains above them */
	size_t cnames_n;
	const wq_str *ns, *mx; /* canonical names */
	size_t ns_n, mx_n;
	const wq_str *dkim_selectors;
	size_t dkim_selectors_n;
	const struct wq_dns_net *origins; /* addresses behind the gate */
	size_t origins_n;
	bool mail;       /* mail is sent from the domain; without it only what every domain needs is asked for */
	bool mail_known; /* `mail` was said, not assumed: else an MX decides */
	bool abroad;     /* a place abroad was approved */
	bool closed;     /* the application was closed (A4) */
	bool no_site;    /* nothing is served under this name: no addresses are expected */
};

/* Adds findings for everything above. Slices of the findings live as long as `arena` and the inputs. `registered` may be NULL.
 * Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena, those of wq_findings_add. */
wq_err wq_dns_judge(struct wq_arena *arena, const struct wq_dns_rules *rules, const struct wq_subject *subject,
	const struct wq_dns_registered *registered, const struct wq_dns_observation *seen,
	struct wq_findings *findings);

/* ---- names alone: nothing has to be observed (A2, A3) ---- */

/* Whether the unit may use the name, by its kind and day: domain.suffix, domain.reserved. `use` is of text/host.h. Says nothing for
 * a subject of unknown kind or without suffix rules. Errors as above. */
wq_err wq_domain_judge(struct wq_arena *arena, const struct wq_subject *subject, wq_str domain, enum wq_suffix_use use,
	struct wq_findings *findings);

/* A portal of a unit and a name under which it can be reached. */
struct wq_domain_portal {
	wq_str app, host;
};
/* A2: more than `portals_max` different apps, or more than `domains_max` registrable hosts of one language (ASCII, Chinese) for
 * one app. "www.x" and "x" are one host. 0: no limit (rules/units.conf says which). Errors as above. */
wq_err wq_domain_several(struct wq_arena *arena, const struct wq_subject *subject,
	const struct wq_domain_portal *portals, size_t n, uint32_t portals_max, uint32_t domains_max,
	struct wq_findings *findings);

/* A canonical name as people read it: "政务.cn (xn--…)" for an IDN, itself otherwise. In `arena`. */
wq_str wq_domain_shown(struct wq_arena *arena, wq_str host);

#endif
