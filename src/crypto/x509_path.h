/* Where the chain that a server sent leads, with the reasons kept apart: an inspector's question, not a gatekeeper's.
 *
 * wq_x509_verify() (x509.h) says yes or no; here weak keys, weak signatures and dates do not decide about the path: they are
 * facts of their own. Revocation is read from a stapled OCSP response and from CRLs that were given; nothing is fetched. Bad at:
 * OCSP signed by a responder of another authority, delta and indirect CRLs.
 */
#ifndef WQ_CRYPTO_X509_PATH_H
#define WQ_CRYPTO_X509_PATH_H

#include "base/arena.h"
#include "crypto/x509.h"

enum { WQ_X509_STORE_BYTES_MAX = 32 * 1024 * 1024, WQ_X509_STORE_CERTS_MAX = 4096, WQ_X509_SAN_MAX = 256 };

/* ---- what a certificate says ---- */

enum wq_x509_key {
	WQ_X509_KEY_OTHER,
	WQ_X509_KEY_RSA,
	WQ_X509_KEY_EC,
	WQ_X509_KEY_SM2,
	WQ_X509_KEY_ED,
	WQ_X509_KEY_DSA
};

struct wq_x509_facts {
	wq_str der;
	wq_str subject, issuer, common_name, serial; /* as struct wq_x509_info; common_name: the last of the subject */
	const wq_str *names; /* of the SAN: DNS names, IP addresses as text; at most WQ_X509_SAN_MAX */
	size_t names_n;
	wq_time not_before, not_after;
	enum wq_x509_key key;
	uint32_t key_bits;
	wq_str curve, signature, hash; /* OpenSSL's short names; hash empty when the algorithm has none of its own */
	wq_digest fingerprint, spki;   /* SM3 */
	wq_str ocsp_url, crl_url, issuer_url;
	bool is_ca, self_issued, has_sct;
};

/* Everything lives in `arena`. Requires: i < count. Errors: WQ_E_CERT, WQ_E_NO_MEMORY, WQ_E_LIMIT. */
wq_err wq_x509_facts(struct wq_arena *arena, const struct wq_x509 *bundle, size_t i, struct wq_x509_facts *ret_facts);

/* ---- whom to believe ---- */

struct wq_x509_store;

/* The certificates of a PEM file: those that are signed by themselves are trusted, others help to complete chains. NULL: what
 * the system trusts. Errors: WQ_E_CONFIG, WQ_E_NOT_FOUND, WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_x509_store_open(const char *ca_file, struct wq_x509_store **ret_store);
/* Accepts NULL. */
void wq_x509_store_close(struct wq_x509_store **store);
/* A CRL in DER, or CRLs in PEM. Errors: WQ_E_CERT, WQ_E_LIMIT. */
wq_err wq_x509_store_add_crl(struct wq_x509_store *store, wq_str bytes);

/* ---- where it leads ---- */

enum wq_x509_path { WQ_X509_TRUSTED, WQ_X509_SELF_SIGNED, WQ_X509_INCOMPLETE, WQ_X509_UNTRUSTED };
enum wq_x509_revocation { WQ_X509_UNKNOWN, WQ_X509_GOOD, WQ_X509_REVOKED };

struct wq_x509_verdict {
	enum wq_x509_path path;
	char reason[128]; /* English; empty when trusted */
	bool disordered;  /* a certificate that was sent does not certify the one before it */
	enum wq_x509_revocation staple, crl;
};

/* Judges chain[0]; the dates of certificates are not looked at, those of `staple` (a DER OCSP response, may be empty) and of CRLs
 * are compared with `at`. A CRL that is out of date still tells what is revoked. */
void wq_x509_judge(const struct wq_x509_store *store, const struct wq_x509 *chain, wq_str staple, wq_time at,
	struct wq_x509_verdict *ret_verdict);

#endif
