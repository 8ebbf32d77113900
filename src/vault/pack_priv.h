/* What writing and verifying a pack share. For this folder only. */
#ifndef WQ_VAULT_PACK_PRIV_H
#define WQ_VAULT_PACK_PRIV_H

#include "vault/pack.h"

enum { WQ_PACK_HEADER_DIGEST = 32 };

/* SM3 of the header: the name. */
wq_digest wq_pack_name(const uint8_t header[WQ_PACK_HEADER]);
/* SM3 of the canonical form of the index. Errors: WQ_E_NO_MEMORY. */
wq_err wq_pack_index_digest(wq_str index, wq_digest *ret_digest);
/* Header and index of a pack against its name; objects are not looked at. Errors: WQ_E_ALTERED. */
wq_err wq_pack_index_verify(const struct wq_pack *pack, wq_digest name);
/* WQ_E_ALTERED naming an object by number and digest. */
wq_err wq_pack_altered(const char *what, const struct wq_pack *pack, uint32_t number);

#endif
