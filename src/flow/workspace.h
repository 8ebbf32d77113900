/* An installation's state directory, opened: where things lie, and the ledger.
 *
 *     <dir>/weique.conf              settings (flow/settings.h; docs/configuration.md)
 *     <dir>/ledger/ledger.db         the ledger, unless the configuration names a PostgreSQL database
 *     <dir>/keys/<person>.key        keys of the demonstration only; people keep their own elsewhere
 *     <dir>/releases/<id>.body       bodies that wait for decisions, or were sealed
 *     <dir>/vault/                   packs and snapshots (vault/)
 *     <dir>/sign/                    weique-sign's own
 *     <dir>/heads/witness.log        heads, when no other witness is configured
 *     <dir>/run/                     sockets
 */
#ifndef WQ_FLOW_WORKSPACE_H
#define WQ_FLOW_WORKSPACE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "flow/settings.h"
#include "ledger/release.h"
#include "store/db.h"

struct wq_workspace {
	const char *dir;
	const struct wq_fs *fs;
	const struct wq_clock *clock;
	const struct wq_random *random;
	struct wq_arena *arena; /* lives as long as the workspace */
	struct wq_db *db;
	struct wq_ledger *ledger;
	wq_str sign_socket;
	struct wq_settings settings;
};

/* Makes the directories, a configuration with every default in comments, and an empty ledger. What exists stays. A
 * `database` (may be empty: SQLite in the state directory) is written into the configuration; when there is one already
 * that names another, WQ_E_EXISTS. */
wq_err wq_workspace_init(
	const char *dir, wq_str database, const struct wq_clock *clock, const struct wq_random *random);

/* Opens it. Errors: WQ_E_CONFIG when it was never initialised, those of store/ and ledger/. Everything borrowed outlives
 * the workspace. */
wq_err wq_workspace_open(const char *dir, const struct wq_clock *clock, const struct wq_random *random,
	struct wq_arena *arena, struct wq_workspace *ret_workspace);
void wq_workspace_close(struct wq_workspace *workspace);

/* "<dir>/…", in the arena; "" when memory is out. */
const char *wq_workspace_path(struct wq_workspace *workspace, const char *format, ...) WQ_PRINTF(2, 3);

/* A file of the rules: below the setting rules.dir, else $WEIQUE_RULES, else where the program was installed. */
const char *wq_workspace_rules(struct wq_workspace *workspace, const char *name);

/* Asks weique-sign for a head over everything the ledger has, keeps it and hands it to the witnesses; in several steps when
 * much is new. A head that was signed but not kept (a crash in between) is made up for. WQ_E_CHAIN when weique-sign has
 * signed more than the ledger has: its end was cut off. */
wq_err wq_workspace_sign_head(struct wq_workspace *workspace);

#endif
