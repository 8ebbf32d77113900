/* Messages of the DNS (RFC 1035 §4), written and read: what c-ares 1.18 has no functions for (AA, the authority section, RRSIG,
 * DNSKEY, client subnet) and the plain types with it, so that an answer is read once, by one reader.
 *
 * Invariants: a reader never looks beyond the message; names are canonical (lower case, no final dot, "." for the root) and at
 * most 253 bytes, bytes that are no letter, digit, '-', '_' or '*' are \DDD as in RFC 1035 §5.1; a compression pointer leads backwards only; at
 * most WQ_DNS_RECORDS records are kept. Everything lives in the arena. Bad at: types that nobody here asks for, which are skipped.
 */
#ifndef WQ_INSPECT_DNS_MESSAGE_H
#define WQ_INSPECT_DNS_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "text/host.h"

enum { WQ_DNS_RECORDS = 512, WQ_DNS_MESSAGE_BYTES = 65535, WQ_DNS_EDNS_BYTES = 1232, WQ_DNS_TXT_BYTES = 8192 };

enum wq_dns_type {
	WQ_DNS_A = 1,
	WQ_DNS_NS = 2,
	WQ_DNS_CNAME = 5,
	WQ_DNS_SOA = 6,
	WQ_DNS_MX = 15,
	WQ_DNS_TXT = 16,
	WQ_DNS_AAAA = 28,
	WQ_DNS_OPT = 41,
	WQ_DNS_DS = 43,
	WQ_DNS_RRSIG = 46,
	WQ_DNS_DNSKEY = 48,
	WQ_DNS_CAA = 257
};
enum wq_dns_section { WQ_DNS_ANSWER, WQ_DNS_AUTHORITY, WQ_DNS_ADDITIONAL };

struct wq_dns_record {
	enum wq_dns_section section;
	wq_str owner;
	uint16_t type;
	uint32_t ttl;
	struct wq_addr addr;         /* A, AAAA */
	wq_str name;                 /* CNAME, NS, MX: the target */
	wq_str text;                 /* TXT: its strings joined; CAA: "0 issue \"…\"" */
	uint16_t preference;         /* MX */
	uint32_t serial;             /* SOA */
	uint32_t inception, expires; /* RRSIG: seconds, RFC 4034 §3.1.5 */
	uint16_t covered;            /* RRSIG: the type */
};

struct wq_dns_message {
	uint16_t id;
	bool authoritative, truncated;
	int rcode; /* with the upper bits of EDNS */
	const struct wq_dns_record *records;
	size_t records_n;
	bool has_subnet; /* the answer has a client subnet option, */
	uint8_t scope;   /* with this scope */
};

/* False when it is no answer, or broken, or longer than it may be; WQ_E_NO_MEMORY and WQ_E_LIMIT are the arena's (wq_arena_err). */
bool wq_dns_message_read(struct wq_arena *arena, wq_str bytes, struct wq_dns_message *ret_message);

struct wq_dns_question {
	wq_str name; /* canonical */
	uint16_t type;
	bool recursion, dnssec;
	const struct wq_addr *subnet; /* NULL: none; RFC 7871 §6 */
	uint8_t subnet_bits;
};
/* Appends a query. False when the name is none (labels of 1 to 63 bytes, 253 in all) or `out` failed. */
bool wq_dns_question_write(struct wq_buf *out, uint16_t id, const struct wq_dns_question *question);

#endif
