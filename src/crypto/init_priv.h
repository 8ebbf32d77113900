/* What wq_crypto_init() calls, one for each part: loads what the part needs and proves it with known answers. */
#ifndef WQ_CRYPTO_INIT_PRIV_H
#define WQ_CRYPTO_INIT_PRIV_H

#include "base/base.h"

/* Fetches SM3; WQ_E_CRYPTO when the library has none. */
wq_err wq_digest_init(void);

#endif
