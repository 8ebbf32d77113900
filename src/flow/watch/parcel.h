/* Signed files between installations: visits of a vantage point, inspections of a lower unit, for a superior without a network between.
 *
 *     file                       canonical structure weique.parcel (docs/canonical-encoding.md), then its SM2 signature, 64 bytes
 *     <state>/peers/<name>/key   the pinned public key, hexadecimal: who speaks under that name
 *     <state>/peers/<name>/taken.<kind>   when the newest one that was taken was made
 *
 * Invariants: nothing of a parcel is believed before its signature holds under the key that is pinned for the name in it; one that is
 * not newer than the last of its kind is a replay and refused. What is in it has then to hold on its own as well (sums, forms).
 * Bad at: saying that nothing was left out: a peer signs what it chooses to hand over.
 */
#ifndef WQ_FLOW_WATCH_PARCEL_H
#define WQ_FLOW_WATCH_PARCEL_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "crypto/sm2.h"

enum { WQ_PARCEL_BYTES = 256 * 1024 * 1024, WQ_PARCEL_ITEMS = 100000, WQ_PARCEL_KIND = 32 };
#define WQ_PARCEL_VISITS "visits"
#define WQ_PARCEL_INSPECTIONS "inspections"

struct wq_parcel {
	wq_str kind, from; /* from: name of the vantage point or unit */
	wq_time made;
	wq_sm2_public key;
	const wq_str *items; /* visits: lines of flow/watch/log.h; inspections: documents of flow/inspect/record.h */
	size_t items_n;
};

/* Appends the file's bytes; `key` of the parcel is set from the key that signs. Errors: WQ_E_INPUT (a name), WQ_E_LIMIT,
 * those of the key. */
wq_err wq_parcel_seal(const struct wq_parcel *parcel, const struct wq_sm2_key *key, struct wq_buf *out);
/* Slices point into `bytes`. Says nothing of whose key it is. Errors: WQ_E_FORMAT, WQ_E_SIGNATURE, WQ_E_NO_MEMORY. */
wq_err wq_parcel_open(struct wq_arena *arena, wq_str bytes, struct wq_parcel *ret_parcel);

/* Pins a key to a name. Errors: WQ_E_INPUT, WQ_E_EXISTS (the name has another key; the same again is fine). */
wq_err wq_peer_trust(const struct wq_fs *fs, const char *state, wq_str name, const wq_sm2_public *key);
/* WQ_E_NOT_FOUND when nobody of that name is known. */
wq_err wq_peer_key(const struct wq_fs *fs, const char *state, wq_str name, wq_sm2_public *ret_key);

/* Whether an opened parcel may be taken. Errors: WQ_E_INPUT (another kind), WQ_E_DENIED (nobody is pinned under its name),
 * WQ_E_SIGNATURE (another key), WQ_E_REPLAYED, WQ_E_FORMAT (made more than an hour ahead of `now`). */
wq_err wq_parcel_admit(
	const struct wq_fs *fs, const char *state, const struct wq_parcel *parcel, wq_str kind, wq_time now);
/* Remembers that it was taken: after its content is on the disk. */
wq_err wq_parcel_taken(const struct wq_fs *fs, const char *state, const struct wq_parcel *parcel);

#endif
