/* The sealing keys of weique-sign's folder: the one that signs, and those before it, whose records are still believed.
 *
 *     seal.key       the private key that signs
 *     seal.key.next  while a rotation is under way: the one that will
 *     keys           "weique-keys 1", then a line for each rotation: the canonical record (weique.seal.rotation), the
 *                    signature of the old key over it, that of the new one; in hexadecimal, parted by spaces
 *
 * Both sign: the old one says who takes its place, the new one whom it follows, so nobody without the key that signs today can
 * slip a key into its past. Order of writing in a rotation: seal.key.next, keys, then seal.key.next takes the place of
 * seal.key. A crash before `keys` leaves everything as it was; after it, opening the folder completes the step. For src/seal only.
 */
#ifndef WQ_SEAL_KEYS_PRIV_H
#define WQ_SEAL_KEYS_PRIV_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "seal/service.h"

/* The private key and all public ones. A rotation that was interrupted is completed if `complete` (the lock is held); otherwise the
 * key that is about to sign is given. Errors: WQ_E_KEY, WQ_E_ALTERED when `keys` is not what was written, WQ_E_FORMAT for a
 * version that is not known. */
wq_err wq_seal_keys_open(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, bool complete,
	struct wq_sm2_key **ret_key, struct wq_seal_keys *ret_keys);
/* A new key takes the place of the one that signs. Requires: the lock is held. WQ_E_LIMIT after WQ_SEAL_KEYS_MAX - 1 times. */
wq_err wq_seal_keys_rotate(
	const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, const struct wq_clock *clock);
#endif
