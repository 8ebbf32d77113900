/* The texts by which a domain says how its mail is to be judged: DMARC, DKIM keys, MTA-STS, CAA beside them.
 *
 * Invariants: a reader looks at no more than WQ_MAIL_TEXT_BYTES and WQ_MAIL_TAGS tags, allocates nothing and keeps slices of its input; a fault is a static English
 * word; unknown tags are left alone, as the standards demand. Bad at: deciding; mail.c does.
 */
#ifndef WQ_DETECT_DNS_MAIL_TEXT_H
#define WQ_DETECT_DNS_MAIL_TEXT_H

#include "base/base.h"

enum { WQ_MAIL_TEXT_BYTES = 64 * 1024, WQ_MAIL_TAGS = 64, WQ_STS_MX_MAX = 64 };

/* RFC 7489 §6.3. */
enum wq_dmarc_policy { WQ_DMARC_NONE, WQ_DMARC_QUARANTINE, WQ_DMARC_REJECT };
struct wq_dmarc {
	enum wq_dmarc_policy policy, subdomains; /* subdomains: `policy` unless sp says otherwise */
	uint32_t percent;
	bool reports; /* rua has an address */
};
/* Whether a TXT is a DMARC record: its first tag is v=DMARC1. */
bool wq_dmarc_is(wq_str text);
bool wq_dmarc_parse(wq_str text, struct wq_dmarc *ret_dmarc, const char **ret_fault);

/* RFC 6376 §3.6.1, RFC 8463. */
struct wq_dkim_key {
	bool revoked; /* p= is empty */
	bool testing; /* t=y */
	bool ed25519;
	bool sha1_only; /* h= without sha256 */
	uint32_t bits;  /* of an RSA modulus */
};
bool wq_dkim_parse(wq_str text, struct wq_dkim_key *ret_key, const char **ret_fault);

/* RFC 8461 §3.1: the TXT at _mta-sts. */
bool wq_sts_is(wq_str text);
bool wq_sts_parse(wq_str text, wq_str *ret_id, const char **ret_fault);

/* RFC 8461 §3.2: the policy file. */
enum wq_sts_mode { WQ_STS_NONE, WQ_STS_TESTING, WQ_STS_ENFORCE };
struct wq_sts_policy {
	enum wq_sts_mode mode;
	uint32_t max_age;
	wq_str mx[WQ_STS_MX_MAX]; /* "mail.example.cn", "*.example.cn" */
	size_t mx_n;
};
bool wq_sts_policy_parse(wq_str bytes, struct wq_sts_policy *ret_policy, const char **ret_fault);
/* Whether a canonical MX host matches one of the policy's patterns (§4.1). */
bool wq_sts_policy_covers(const struct wq_sts_policy *policy, wq_str host);

/* RFC 8659 §4.1: "0 issue \"ca.example; policy=ev\"". */
struct wq_caa {
	uint8_t flags;
	wq_str tag, value;
};
bool wq_caa_parse(wq_str text, struct wq_caa *ret_caa);

#endif
