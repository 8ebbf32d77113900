/* Floors: the highest serial of each application that this installation has ever accepted, kept in the broker's own state
 * directory, so that an older snapshot is refused after a restart too.
 *
 * One file an application, <app>.floor, 80 bytes, replaced atomically:
 *     "WQFLOR\0\1" | u64 serial | 32 bytes snapshot digest | 32 bytes SM3 of the 48 bytes before and the application's name
 * It is not signed: it lies where only the broker writes. A floor that is damaged is an error, never "none". Serial 0 is
 * "none seen".
 */
#ifndef WQ_VAULT_FLOORS_H
#define WQ_VAULT_FLOORS_H

#include "base/file.h"
#include "vault/snapshot.h"

struct wq_floor {
	uint64_t serial;
	wq_digest digest; /* of the snapshot with that serial; zero for serial 0 */
};

/* Errors: WQ_E_INPUT (no name of an application), WQ_E_STATE (damaged), WQ_E_IO. */
wq_err wq_floor_read(const struct wq_fs *fs, const char *dir, const char *app, struct wq_floor *ret_floor);
/* Durable when it returns. The same floor again is WQ_OK. Errors: WQ_E_REPLAYED when it is lower than the one that is
 * there, or has its serial with another digest; otherwise as above. */
wq_err wq_floor_raise(const struct wq_fs *fs, const char *dir, const char *app, const struct wq_floor *floor);

#endif
