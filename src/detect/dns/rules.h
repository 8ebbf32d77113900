/* Thresholds and lists of detect/dns and inspect/dns: data of rules/dns/, versioned and dated (form: finding/datafile.h).
 *
 *   rules/dns/dns.txt      kind "dns": [limits], [country], [root NAME]
 *   rules/dns/subnets.txt  kind "subnets": [subnet PROVINCE] net: 1.2.3.0/24
 * Invariants: what is loaded is never changed and may be shared by threads. Bad at: being up to date by itself.
 */
#ifndef WQ_DETECT_DNS_RULES_H
#define WQ_DETECT_DNS_RULES_H

#include "base/arena.h"
#include "text/host.h"

enum { WQ_DNS_ROOTS_MAX = 32, WQ_DNS_SUBNETS_MAX = 256, WQ_DNS_COUNTRIES_MAX = 16 };

struct wq_dns_subnet {
	wq_str province;
	struct wq_addr addr;
	uint8_t bits;
};

struct wq_dns_rules {
	wq_str version, date, source;
	uint32_t poison_rounds;                 /* so many answers at least, all of them strange */
	uint32_t expires_days;                  /* a signature that ends sooner is said */
	uint32_t ns_min;                        /* name servers */
	uint32_t dkim_bits;                     /* RSA keys shorter than that are weak */
	uint32_t sts_age_seconds;               /* max_age of an MTA-STS policy, at least */
	uint32_t same_bits4, same_bits6;        /* addresses that share so many bits are in one network */
	wq_str countries[WQ_DNS_COUNTRIES_MAX]; /* codes that count as inside the country */
	size_t countries_n;
	struct wq_addr roots[WQ_DNS_ROOTS_MAX]; /* the root servers */
	size_t roots_n;
	const struct wq_dns_subnet *subnets;
	size_t subnets_n;
};

/* Reads dns.txt; all limits have to be there. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_dns_rules_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_dns_rules *ret_rules);
/* Reads subnets.txt into `rules`. Errors as above. */
wq_err wq_dns_subnets_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_dns_rules *rules);
/* "1.2.3.0/24", "1.2.3.4", "2001:db8::/32". False when it is none. */
bool wq_dns_net_parse(wq_str text, struct wq_addr *ret_addr, uint8_t *ret_bits);

#endif
