/* A PostgreSQL cluster for tests, started and ended by the test itself. Tests only.
 *
 * The server listens on a Unix socket in a new folder under /tmp and on nothing else; it runs as the caller, or, when
 * that is root, as user postgres (else nobody). It ends with the process that started it, however that ends; the folder
 * is removed by stop. fsync is on: what a test measures and loses is what a user would.
 */
#ifndef WQ_STORE_PG_TEST_H
#define WQ_STORE_PG_TEST_H

#include "store/db.h"

#include <sys/types.h>

struct wq_pg_test {
	char folder[64];
	char url[160]; /* of the database "postgres" */
	pid_t server;
};

/* Takes two or three seconds. WQ_E_UNSUPPORTED: PostgreSQL's server is not installed. */
wq_err wq_pg_test_start(struct wq_pg_test *pg);
void wq_pg_test_stop(struct wq_pg_test *pg);
/* Empties the database: drops everything in it. */
wq_err wq_pg_test_clear(const struct wq_pg_test *pg);
/* Ends the server's processes of all connections but the caller's own; returns how many. */
int wq_pg_test_terminate(const struct wq_pg_test *pg);

/* A proxy before the server's socket, for one connection after the other. It forwards until it sees COMMIT in `mode`. */
enum wq_pg_cut {
	WQ_PG_FORWARD,
	WQ_PG_CUT_BEFORE, /* the server never gets the COMMIT */
	WQ_PG_CUT_AFTER   /* the server has answered it, the client never gets the answer */
};
struct wq_pg_proxy {
	char url[160];
	pid_t process;
	volatile int *mode; /* shared with the process; it goes back to WQ_PG_FORWARD after one cut */
};
wq_err wq_pg_proxy_start(const struct wq_pg_test *pg, struct wq_pg_proxy *proxy);
void wq_pg_proxy_stop(struct wq_pg_proxy *proxy);

#endif
