/* Single objects of the vault's packs, read from the disk with a few system calls and bounded memory: for comparing what was
 * sealed with what is found. Every object is checked against the digest that the caller knows it by.
 * Bad at: reading whole packs (vault/pack.h).
 */
#ifndef WQ_FLOW_PACKS_H
#define WQ_FLOW_PACKS_H

#include "base/buf.h"
#include "crypto/digest.h"
#include "vault/snapshot.h"

enum { WQ_PACKS_OPEN = 16 /* files at a time */ };

struct wq_packs;

/* `dir` is that of the packs. Errors: WQ_E_NO_MEMORY. */
wq_err wq_packs_new(const char *dir, struct wq_packs **ret_packs);
/* Accepts NULL. */
void wq_packs_free(struct wq_packs **packs);
/* The identity form of an entry of `snapshot`, in the place of what `out` has. Errors: WQ_E_ALTERED when it is not there or
 * not what the entry says, WQ_E_IO, those of the buffer. */
wq_err wq_packs_read(
	struct wq_packs *packs, const struct wq_snapshot *snapshot, const struct wq_entry *entry, struct wq_buf *out);

#endif
