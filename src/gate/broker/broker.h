/* weique-vault's work: what is on the shelf goes, verified and in sealed memory, to every gate worker that connects.
 *
 *     shelf --inotify, timer--> served (load, floor) --session--> workers        recheck --> report --> log, ledger
 *
 * One thread and one loop; the ledger has its own (report.h). The only input from outside this machine's own processes is
 * the shelf, and nothing on it is believed before it was verified in memory that cannot change any more.
 */
#ifndef WQ_GATE_BROKER_BROKER_H
#define WQ_GATE_BROKER_BROKER_H

#include "base/log.h"
#include "base/loop.h"
#include "gate/broker/served.h"
#include "link/link.h"

enum {
	WQ_BROKER_WORKERS_MAX = 256,
	WQ_BROKER_KEYS_MAX = 16,
	WQ_BROKER_SCAN_DELAY_MSEC = 50,     /* after a change on the shelf; several changes are one scan */
	WQ_BROKER_RECHECK_DELAY_MSEC = 300, /* the same for comparing what is on the shelf with what is served */
	WQ_BROKER_TICK_MSEC = 1000,
	WQ_BROKER_RETRY_MSEC = 10000, /* until a worker is offered again what it had no room for */
	WQ_BROKER_HELLO_MSEC = 5000,  /* a connection without its hello ends */
	WQ_BROKER_DENIED_MSEC = 10000 /* of strangers who knock, one in this time is reported */
};

struct wq_broker_config {
	struct wq_served_config served;
	const char *socket;
	const uid_t *allow; /* may connect, besides root and ourselves */
	size_t allow_n;
	uint64_t recheck_msec; /* a full comparison at least this often: a mapped write raises no event */
};

struct wq_broker;

enum wq_broker_sandbox { WQ_BROKER_SANDBOX_OFF, WQ_BROKER_SANDBOX_ON, WQ_BROKER_SANDBOX_REQUIRED };
/* "off", "on", "required". Errors: WQ_E_USAGE. */
wq_err wq_broker_sandbox_parse(const char *text, enum wq_broker_sandbox *ret_sandbox);

/* Takes from this process what it does not need: only the shelf, the state, the socket's folder and the ledger can be
 * reached, no program started, no network opened (unless the ledger is a PostgreSQL). What the machine cannot give is
 * said in the log, or with REQUIRED the error. Call it before any thread starts; makes shelf and state directory. Errors: see
 * wq_sandbox_enter(). */
wq_err wq_broker_lock_in(enum wq_broker_sandbox sandbox, const struct wq_broker_config *config, const char *ledger_url,
	struct wq_log *log);

/* Loads what is on the shelf and listens. Borrows everything; `loop` drives it from then on. Errors: of the shelf, the
 * state directory and the socket. A shelf without anything whole is no error: it is waited for. */
wq_err wq_broker_open(struct wq_loop *loop, const struct wq_broker_config *config, struct wq_report *report,
	const struct wq_clock *clock, struct wq_broker **ret_broker);
void wq_broker_close(struct wq_broker **broker);

/* Adds the public keys of a text file, one a line as 130 hexadecimal digits (the uncompressed point), '#' starts a
 * comment. Errors: WQ_E_KEY with the line, WQ_E_LIMIT over WQ_BROKER_KEYS_MAX, those of wq_file_read(). */
wq_err wq_broker_keys_read(const struct wq_fs *fs, const char *path, wq_sm2_public keys[WQ_BROKER_KEYS_MAX], size_t *n);

#endif
