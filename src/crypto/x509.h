/* Certificates (RFC 5280; SM2 as GM/T 0015): reading them and verifying chains, SM2 and others.
 *
 * A bundle is one to WQ_X509_CERTS_MAX certificates in the order they came, leaf first in a chain. Trap that is tested: the
 * signature of an SM2 certificate covers the signer's identity, and OpenSSL refuses it until every certificate of the chain
 * was given "1234567812345678"; reading does that. Time is passed in. Bad at: revocation (no CRL, no OCSP), policies, name
 * constraints beyond what OpenSSL checks.
 */
#ifndef WQ_CRYPTO_X509_H
#define WQ_CRYPTO_X509_H

#include "base/clock.h"
#include "crypto/sm2.h"

enum { WQ_X509_BYTES_MAX = 256 * 1024, WQ_X509_CERTS_MAX = 16, WQ_X509_NAME_MAX = 512, WQ_X509_SERIAL_HEX = 43 };

struct wq_x509;

struct wq_x509_info {
	char subject[WQ_X509_NAME_MAX]; /* RFC 2253 in UTF-8, control bytes escaped; cut when longer */
	char issuer[WQ_X509_NAME_MAX];
	char serial[WQ_X509_SERIAL_HEX]; /* upper-case hexadecimal; cut when longer than RFC 5280 allows */
	wq_time not_before, not_after;
	wq_digest fingerprint; /* SM3 of the DER */
	bool is_sm2;           /* the public key is SM2 */
	bool is_ca;
};

/* One DER certificate, or PEM with any text around the certificates. Errors: WQ_E_LIMIT, WQ_E_CERT when there is none or
 * one of them cannot be read. */
wq_err wq_x509_read(wq_str bytes, struct wq_x509 **ret_bundle);
/* Certificates in DER, in the order given, as a bundle. What cannot be read ends the list when a certificate stands before it.
 * Errors: those of wq_x509_read(). */
wq_err wq_x509_read_list(const wq_str *ders, size_t n, struct wq_x509 **ret_bundle);
/* Accepts NULL. */
void wq_x509_free(struct wq_x509 **bundle);
/* How many certificates; at least 1. */
size_t wq_x509_count(const struct wq_x509 *bundle);

/* Requires, here and below: i < count. WQ_E_CERT when the dates cannot be read. */
wq_err wq_x509_info(const struct wq_x509 *bundle, size_t i, struct wq_x509_info *ret_info);
/* Whether a name of the SAN (never the subject) is this host: RFC 6125, wildcards only as the whole leftmost label; an IP
 * address is compared as one. `host` is ASCII. */
bool wq_x509_matches_host(const struct wq_x509 *bundle, size_t i, wq_str host);
/* The SM2 public key. WQ_E_KEY for other keys. */
wq_err wq_x509_public(const struct wq_x509 *bundle, size_t i, wq_sm2_public *ret_key);

/* Verifies chain[0] up to a certificate of `roots` at the time `at`, with what else is in `chain` as intermediates. With
 * `sm2_only` every certificate has to be SM2 signed with SM3. WQ_E_CERT with the reason and the depth as its note. */
wq_err wq_x509_verify(const struct wq_x509 *chain, const struct wq_x509 *roots, wq_time at, bool sm2_only);

#endif
