/* A bundle of certificates from the inside, for the files of crypto/ that read them. Private to crypto/. */
#ifndef WQ_CRYPTO_X509_PRIV_H
#define WQ_CRYPTO_X509_PRIV_H

#include <openssl/x509.h>

#include "crypto/x509.h"

struct wq_x509 {
	X509 *certs[WQ_X509_CERTS_MAX];
	size_t n;
};

/* Without it no SM2 signature of a certificate verifies; with it no other does. False: no memory. */
bool wq_x509_set_identity(X509 *cert);

#endif
