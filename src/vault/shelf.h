/* The shelf: the directory in which one installation keeps its sealed things.
 *
 *     packs/<name>.pack                          name: 64 hexadecimal digits (vault/pack.h)
 *     apps/<app>/<serial as 20 digits>.snapshot  (vault/snapshot.h)
 *     apps/<app>/current                         "<serial> <digest>\n": a hint for people and scripts; the highest
 *                                                valid serial counts
 *
 * Everything on it is untrusted: who reads, verifies on a copy (vault/load.h). Whoever may write here can take things away
 * but cannot make anything served that was not sealed. Publishing is durable and atomic: packs first, then the snapshot.
 * Bad at: several machines (each has a shelf of its own; files are copied, packs first).
 */
#ifndef WQ_VAULT_SHELF_H
#define WQ_VAULT_SHELF_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "vault/snapshot.h"

#include <limits.h>

enum { WQ_SHELF_APPS_MAX = 4096, WQ_SHELF_SERIALS_MAX = 65536, WQ_SHELF_DIR_MAX = PATH_MAX - 256 };

/* A value: nothing to close. */
struct wq_shelf {
	const struct wq_fs *fs; /* for writing */
	char dir[WQ_SHELF_DIR_MAX];
};

/* Checks that the directory is there; `make` creates it (mode 0755) with packs/ and apps/. `fs` NULL is the system's and
 * has to outlive the shelf. Errors: WQ_E_NOT_FOUND, WQ_E_LIMIT, WQ_E_IO. */
wq_err wq_shelf_open(const struct wq_fs *fs, const char *dir, bool make, struct wq_shelf *ret_shelf);

/* Paths of things on it; `out` holds PATH_MAX. The app has to be wq_app_id_fine(). Return `out`. */
const char *wq_shelf_packs_path(const struct wq_shelf *shelf, char out[PATH_MAX]);
const char *wq_shelf_pack_path(const struct wq_shelf *shelf, wq_digest name, char out[PATH_MAX]);
const char *wq_shelf_app_path(const struct wq_shelf *shelf, const char *app, char out[PATH_MAX]);
const char *wq_shelf_snapshot_path(const struct wq_shelf *shelf, const char *app, uint64_t serial, char out[PATH_MAX]);

/* Puts a sealed snapshot on the shelf: durable when it returns. Its packs have to be there already with their sizes. The
 * body is checked against the head's root and by wq_snapshot_check(), not the signature: who signs calls this. The same
 * snapshot again is WQ_OK. Errors: WQ_E_FORMAT, WQ_E_ALTERED, WQ_E_REPLAYED (the shelf has that serial with other content, or a higher
 * one), WQ_E_NOT_FOUND (a pack), WQ_E_NO_SPACE, WQ_E_IO. */
wq_err wq_shelf_publish(const struct wq_shelf *shelf, wq_str snapshot);

/* Applications in order of their names. Foreign files are passed over. Errors: WQ_E_LIMIT, WQ_E_IO. */
wq_err wq_shelf_apps(const struct wq_shelf *shelf, struct wq_arena *arena, const char ***ret_apps, size_t *ret_n);
/* Serials of the files of an application, highest first; none is not an error. Says nothing of their validity. */
wq_err wq_shelf_serials(
	const struct wq_shelf *shelf, const char *app, struct wq_arena *arena, uint64_t **ret_serials, size_t *ret_n);

#endif
