/* What writing, verifying and reading a pack in parts share. For this folder only. */
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

/* A pack of which only header and index were read and verified against its name. They lie in a reservation of address
 * space as large as the file, so that what reads packs in memory works on it unchanged: lengths and digests of objects are
 * there, their bytes only where somebody reads them in (sealed_priv.h). */
struct wq_pack_file {
	int fd;
	uint8_t *base;
	uint64_t bytes;
	struct wq_pack pack;
};
#define WQ_PACK_FILE_NONE \
	{ \
		.fd = -1 \
	}
/* Errors: WQ_E_NOT_FOUND, WQ_E_ALTERED, WQ_E_NO_MEMORY, WQ_E_IO. */
wq_err wq_pack_file_open(const char *path, wq_digest name, uint64_t bytes, struct wq_pack_file *ret_file);
void wq_pack_file_done(struct wq_pack_file *file);

#endif
