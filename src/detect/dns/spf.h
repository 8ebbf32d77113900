/* SPF records (RFC 7208): read, and followed through what was seen of the names they lead to.
 *
 * Invariants: at most WQ_SPF_TERMS terms of a record and WQ_SPF_NAMES names of a walk; the walk never asks anybody: what it needs and
 * does not find in the table is returned as `missing`, so that the caller looks it up and walks again. Bad at: macros
 * (a name with one counts as a look-up and is not followed).
 */
#ifndef WQ_DETECT_DNS_SPF_H
#define WQ_DETECT_DNS_SPF_H

#include "base/arena.h"

enum { WQ_SPF_TERMS = 128, WQ_SPF_NAMES = 64, WQ_SPF_RECORD_BYTES = 8192 };
enum { WQ_SPF_LOOKUPS_MAX = 10, WQ_SPF_VOID_MAX = 2 }; /* RFC 7208 §4.6.4 */

enum wq_spf_mechanism {
	WQ_SPF_ALL,
	WQ_SPF_INCLUDE,
	WQ_SPF_A,
	WQ_SPF_MX,
	WQ_SPF_PTR,
	WQ_SPF_IP4,
	WQ_SPF_IP6,
	WQ_SPF_EXISTS,
	WQ_SPF_REDIRECT, /* the modifier */
	WQ_SPF_OTHER     /* exp and modifiers that nobody knows */
};

struct wq_spf_term {
	enum wq_spf_mechanism mechanism;
	char qualifier; /* '+', '-', '~', '?' */
	wq_str value;   /* domain-spec, or address with its prefix; may be empty */
	int prefix4;    /* of ip4, ip6, a and mx; -1: none given */
};

struct wq_spf_record {
	struct wq_spf_term terms[WQ_SPF_TERMS];
	size_t n;
};

/* Whether a TXT is an SPF record: "v=spf1" alone or with a space behind it (§4.5), of any case. */
bool wq_spf_is(wq_str text);
/* Reads one. False with a word on why in `*ret_fault` (static, English) when it breaks the grammar of §4.6.1 or a limit. */
bool wq_spf_parse(wq_str text, struct wq_spf_record *ret_record, const char **ret_fault);

enum wq_spf_ask { WQ_SPF_ASK_TXT, WQ_SPF_ASK_ADDRESS, WQ_SPF_ASK_MX };

/* What was seen of a name. */
struct wq_spf_seen {
	wq_str name; /* canonical */
	enum wq_spf_ask ask;
	bool failed;         /* no answer at all: neither void nor counted against the record */
	bool nothing;        /* no such name, or no such record: a void look-up */
	const wq_str *texts; /* TXT: all of the name */
	size_t texts_n;
};

struct wq_spf_walked {
	uint32_t lookups, voids;
	char all;     /* qualifier of the `all` that is reached, redirects followed; 0: none, which means '?' (§4.7) */
	bool several; /* more than one record at a name (§4.5) */
	bool ptr;     /* uses ptr, which §5.5 says not to */
	bool wide;    /* an ip4 or ip6 that lets in a /7 (IPv4) or a /15 (IPv6) or more */
	bool loop;    /* an include that leads back */
	const char *fault; /* static; NULL: none */
	wq_str fault_at;   /* the name with the fault */
	wq_str missing;    /* empty: the walk is whole */
	enum wq_spf_ask missing_ask;
};

/* Walks from the TXT records of `domain`, which is not in the table. `*ret_walked` is always written when WQ_OK. Without an SPF
 * record at `domain`, `fault` says so. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena. */
wq_err wq_spf_walk(struct wq_arena *arena, wq_str domain, const wq_str *texts, size_t texts_n,
	const struct wq_spf_seen *table, size_t table_n, struct wq_spf_walked *ret_walked);

#endif
