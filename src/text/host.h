/* What a host is: an address and of which kind, a name and its registrable part, a government site or not.
 *
 * Hosts are given in canonical form, as wq_key_host() and wq_url_parse() make them (ASCII, lower case, IPv6 in brackets);
 * one final dot is ignored. Everything is decided on label boundaries: "evilgov.cn" and "www.gov.cn.evil.com" are not
 * under gov.cn. Nothing here resolves a name: check the addresses again after every resolution (wq_addr_class()).
 */
#ifndef WQ_TEXT_HOST_H
#define WQ_TEXT_HOST_H

#include "base/base.h"

/* ---- addresses ---- */

struct wq_addr {
	uint8_t family;    /* 4 or 6 */
	uint8_t bytes[16]; /* network order; the first 4 for IPv4 */
};

/* From the IANA special-purpose registries (RFC 6890, 8190). An IPv4 address inside an IPv6 one (mapped, RFC 4291;
 * NAT64, RFC 6052; 6to4, RFC 3056; Teredo's server and client, RFC 4380) gives its own class when that is not global. */
enum wq_addr_class {
	WQ_ADDR_GLOBAL,
	WQ_ADDR_UNSPECIFIED,   /* 0.0.0.0/8, :: */
	WQ_ADDR_LOOPBACK,      /* 127.0.0.0/8, ::1 */
	WQ_ADDR_PRIVATE,       /* RFC 1918; fec0::/10; 64:ff9b:1::/48 */
	WQ_ADDR_LINK_LOCAL,    /* 169.254.0.0/16 (cloud metadata lives there), fe80::/10 */
	WQ_ADDR_UNIQUE_LOCAL,  /* fc00::/7 */
	WQ_ADDR_SHARED,        /* 100.64.0.0/10, carrier-grade NAT */
	WQ_ADDR_DOCUMENTATION, /* 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20 */
	WQ_ADDR_MULTICAST,     /* 224.0.0.0/4, ff00::/8 */
	WQ_ADDR_TRANSITION,    /* 6to4, Teredo, IPv4-compatible: global inside, but no way a server is reached today */
	WQ_ADDR_RESERVED /* broadcast, 240.0.0.0/4, benchmarking, protocol assignments, what is not yet allocated */
};

/* The class of an address whose family is 4 or 6. Only WQ_ADDR_GLOBAL may be fetched from unless a range is registered. */
enum wq_addr_class wq_addr_class(const struct wq_addr *addr);
/* A stable English word: "loopback". */
const char *wq_addr_class_text(enum wq_addr_class class);

/* Whether the host is an address (dotted IPv4, or IPv6 in brackets). */
bool wq_host_address(wq_str host, struct wq_addr *ret_addr);

/* ---- the public suffix list ---- */

struct wq_psl;

/* The list at `path` (either form of the publicsuffix package), or with NULL the system's, which is read again by
 * nobody: open a new one to follow an update. Errors: WQ_E_CONFIG. */
wq_err wq_psl_open(const char *path, struct wq_psl **ret_psl);
void wq_psl_close(struct wq_psl **psl);

/* The registrable domain of a name ("example.gov.cn" of "www.example.gov.cn"), as a slice of it; empty for addresses and
 * for public suffixes themselves. */
wq_str wq_psl_registrable(const struct wq_psl *psl, wq_str host);

/* ---- whose suffix: requirements A3, rules/suffix.conf ---- */

enum wq_suffix_owner { WQ_OWNER_ORGAN = 1, WQ_OWNER_INSTITUTION = 2, WQ_OWNER_UNION = 4 };
enum wq_suffix_use { WQ_USE_SITE = 1, WQ_USE_MAIL = 2 };

/* A day as a decimal number, 20240701: comparable, printable, without a zone. */
typedef uint32_t wq_day;

struct wq_suffix_rule {
	wq_str name;   /* of the rule, stable: "organ-gov-2024" */
	wq_str clause; /* "2024 art. 5" */
	wq_str suffix; /* canonical, without the leading dot: "xn--zfr164b" */
	enum wq_suffix_owner owner;
	unsigned uses;      /* enum wq_suffix_use, or-ed */
	bool reserved;      /* nobody but such an owner may use it: a host under it is such an owner's */
	wq_day from, until; /* both included; until 99991231 when it has no end */
};

struct wq_suffix_rules;

enum { WQ_SUFFIX_MAX_BYTES = 64 * 1024, WQ_SUFFIX_MAX_RULES = 256 };

/* Reads the rules: line-based UTF-8, described at the top of rules/suffix.conf. Errors: WQ_E_CONFIG with
 * "file:line: what", WQ_E_IO, WQ_E_LIMIT. */
wq_err wq_suffix_rules_open(const char *path, struct wq_suffix_rules **ret_rules);
/* The same from memory; `name` stands in errors for the file. */
wq_err wq_suffix_rules_parse(wq_str text, const char *name, struct wq_suffix_rules **ret_rules);
void wq_suffix_rules_close(struct wq_suffix_rules **rules);
/* From the header line: the data's version, its day, where it is from. */
wq_str wq_suffix_rules_version(const struct wq_suffix_rules *rules, wq_day *ret_day, wq_str *ret_source);
size_t wq_suffix_rules_count(const struct wq_suffix_rules *rules);
/* In the order of the file. Requires: number < wq_suffix_rules_count(). */
const struct wq_suffix_rule *wq_suffix_rules_at(const struct wq_suffix_rules *rules, size_t number);

/* Whether on that day the host is a government site: whether it lies under a suffix that is reserved to organs. The
 * suffix alone ("gov.cn") is not: it has no owner. The rule found (the longest suffix, then the latest) goes to
 * `*ret_rule`, which may be NULL and lives as long as the rules. */
bool wq_host_government(
	const struct wq_suffix_rules *rules, wq_str host, wq_day day, const struct wq_suffix_rule **ret_rule);

/* Whether a unit of that kind may use the host for that on that day: true with the rule that says so; false with NULL
 * when no rule does, or with the rule of another owner that reserves the suffix. */
bool wq_host_suits(const struct wq_suffix_rules *rules, wq_str host, enum wq_suffix_owner owner, enum wq_suffix_use use,
	wq_day day, const struct wq_suffix_rule **ret_rule);

/* Whether `host` is `domain` or lies under it. */
bool wq_host_under(wq_str host, wq_str domain);

/* "2024-07-01" to 20240701; a day that is in no calendar is false. */
bool wq_day_parse(wq_str text, wq_day *ret_day);

#endif
