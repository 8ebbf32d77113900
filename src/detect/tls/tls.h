/* What the secure connection of a site is worth: judges what inspect/tls saw. Rules tls.* of docs/findings.md; clauses C7, of
 * drift C2.
 *
 * An observation in, findings out: no clock, no socket, no cryptography. Suites, thresholds and authorities are data
 * (rules/tls/tls.txt). What was not seen is not judged: a field that is not `known` gives no finding. Rules that bind
 * government alone (issuer, SM) say nothing of a subject of another or of unknown kind. Every finding has the site's address
 * as its place; texts of certificates are cleaned. Bad at: what a server does to other clients, other addresses of a name.
 */
#ifndef WQ_DETECT_TLS_TLS_H
#define WQ_DETECT_TLS_TLS_H

#include "finding/finding.h"
#include "finding/subject.h"

enum {
	WQ_TLS_CERTS_MAX = 10,  /* of one server's list */
	WQ_TLS_NAMES_MAX = 256, /* of one certificate */
	WQ_TLS_SUITES_MAX = 512,
	WQ_TLS_FOUND_MAX = 128, /* suites that a server was seen to accept */
	WQ_TLS_AUTHORITIES_MAX = 512,
	WQ_TLS_DIGEST_BYTES = 32
};

enum wq_tls_version {
	WQ_TLS_SSL2,
	WQ_TLS_SSL3,
	WQ_TLS_10,
	WQ_TLS_11,
	WQ_TLS_12,
	WQ_TLS_13,
	WQ_TLS_TLCP, /* GB/T 38636, version 1.1 */
	WQ_TLS_VERSIONS
};

/* Something asked of a server. */
enum wq_tls_said { WQ_TLS_UNASKED, WQ_TLS_NO, WQ_TLS_YES };

/* "TLS 1.2". Static. */
const char *wq_tls_version_text(enum wq_tls_version version);

/* ---- the data ---- */

enum wq_tls_suite_kind {
	WQ_TLS_SUITE_STATIC,
	WQ_TLS_SUITE_FORWARD,
	WQ_TLS_SUITE_WEAK,
	WQ_TLS_SUITE_13,
	WQ_TLS_SUITE_SM
};

struct wq_tls_suite {
	uint16_t code;
	enum wq_tls_suite_kind kind;
	bool dhe;    /* sends DH parameters */
	wq_str name; /* as IANA has it */
};

struct wq_tls_rules {
	wq_str version, date, source;
	const struct wq_tls_suite *suites; /* in the order in which they are offered */
	size_t suites_n;
	uint64_t rsa_bits, ec_bits, dh_bits; /* at least */
	uint64_t expires_days, validity_days, hsts_days;
	unsigned old, modern; /* bits 1 << enum wq_tls_version */
	const wq_str *weak_hashes;
	size_t weak_hashes_n;
	const wq_str *authorities; /* literals of an issuer's name */
	size_t authorities_n;
};

/* Reads the data. The result lives in `arena` with a copy of `bytes`, is never changed and may be shared by threads. Errors:
 * WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_tls_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_tls_rules **ret_rules);
/* The row of a suite, or NULL. */
const struct wq_tls_suite *wq_tls_suite_of(const struct wq_tls_rules *rules, uint16_t code);

/* ---- the observation ---- */

enum wq_tls_key_kind { WQ_TLS_KEY_OTHER, WQ_TLS_KEY_RSA, WQ_TLS_KEY_EC, WQ_TLS_KEY_SM2, WQ_TLS_KEY_ED, WQ_TLS_KEY_DSA };

struct wq_tls_cert {
	wq_str der;             /* as sent */
	wq_str subject, issuer; /* RFC 2253, UTF-8, not cleaned */
	wq_str common_name, serial;
	const wq_str *names; /* of the SAN: DNS names, IP addresses as text */
	size_t names_n;
	wq_time not_before, not_after;
	enum wq_tls_key_kind key;
	uint32_t key_bits;
	wq_str curve;           /* of EC keys: "prime192v1" */
	wq_str signature, hash; /* "sha1WithRSAEncryption", "sha1"; hash empty when the algorithm has none of its own */
	uint8_t fingerprint[WQ_TLS_DIGEST_BYTES], spki[WQ_TLS_DIGEST_BYTES]; /* SM3 */
	wq_str ocsp_url, crl_url, issuer_url;
	bool is_ca, self_issued, has_sct;
};

/* Where the chain leads, dates aside. */
enum wq_tls_path {
	WQ_TLS_PATH_UNKNOWN,
	WQ_TLS_PATH_TRUSTED,
	WQ_TLS_PATH_SELF_SIGNED, /* the site's certificate vouches for itself */
	WQ_TLS_PATH_INCOMPLETE, /* trusted with certificates that the server did not send, or names where to fetch them */
	WQ_TLS_PATH_UNTRUSTED
};

enum wq_tls_revocation { WQ_TLS_REVOCATION_UNKNOWN, WQ_TLS_REVOCATION_GOOD, WQ_TLS_REVOCATION_REVOKED };

/* A list of certificates as a server sent it, with what came of verifying it. */
struct wq_tls_chain {
	struct wq_tls_cert certs[WQ_TLS_CERTS_MAX];
	size_t n;        /* 0: none was seen */
	bool disordered; /* a certificate does not certify the one before it */
	enum wq_tls_path path;
	wq_str path_reason; /* English; may be empty */
	bool name_matches;
	enum wq_tls_revocation staple, crl;
};

struct wq_tls_http {
	bool answered;
	int status;
	wq_str location; /* absolute or relative, as sent */
	wq_str hsts;     /* value of Strict-Transport-Security */
	bool has_hsts;
};

struct wq_tls_observation {
	wq_str host; /* canonical, without brackets' port */
	uint16_t port;
	wq_str address; /* that was asked */
	bool resolved, forbidden, reachable;
	wq_time at;
	enum wq_tls_said versions[WQ_TLS_VERSIONS];
	uint16_t chosen[WQ_TLS_VERSIONS];    /* suite when everything was offered; 0: none */
	uint16_t accepted[WQ_TLS_FOUND_MAX]; /* suites seen to be accepted, by a connection each */
	uint8_t accepted_by[WQ_TLS_FOUND_MAX];
	size_t accepted_n;
	enum wq_tls_said server_order; /* the server's order of suites counts */
	enum wq_tls_said forward;      /* a suite with forward secrecy is accepted by the best version up to TLS 1.2 */
	uint32_t dh_bits;              /* the smallest seen; 0: none */
	uint16_t group;                /* of ECDHE, as in the supported_groups registry */
	enum wq_tls_said compression, secure_renegotiation, fallback_scsv;
	bool faulty;          /* answered what the protocol does not allow */
	wq_str faulty_reason; /* English */
	struct wq_tls_chain chain, tlcp;
	struct wq_tls_http https;
	struct wq_tls_http http; /* of the same host without TLS */
	bool http_refused;       /* nobody listens there: nothing to redirect */
	uint32_t connections, msec;
};

/* ---- judging ---- */

/* What is remembered of a certificate between two looks. */
struct wq_tls_known {
	uint8_t fingerprint[WQ_TLS_DIGEST_BYTES];
	wq_time not_after;
	wq_str issuer;
};
/* Of the certificate now seen. False when there is none. Slices of the observation. */
bool wq_tls_known_of(const struct wq_tls_observation *observation, struct wq_tls_known *ret_known);
/* One line without its end: "<fingerprint> <time> <issuer>". Reading fails with WQ_E_INPUT; slices of `line`. */
void wq_tls_known_put(const struct wq_tls_known *known, struct wq_buf *out);
wq_err wq_tls_known_read(wq_str line, struct wq_tls_known *ret_known);

/* Adds what is wrong. `subject` gives application, kind, hosts and the time; `previous` may be NULL. Scratch space from
 * `arena`. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT, those of wq_findings_add. */
wq_err wq_tls_judge(struct wq_arena *arena, const struct wq_subject *subject, const struct wq_tls_rules *rules,
	const struct wq_tls_observation *observation, const struct wq_tls_known *previous,
	struct wq_findings *findings);

struct wq_tls_site {
	const struct wq_subject *subject;
	const struct wq_tls_observation *observation;
};
/* tls.shared-key over many sites: one key in two certificates, or one certificate at sites of two units (subjects with
 * different names). One finding for each site concerned, with the others in its excerpt. */
wq_err wq_tls_shared_keys(
	struct wq_arena *arena, const struct wq_tls_site *sites, size_t n, struct wq_findings *findings);

#endif
