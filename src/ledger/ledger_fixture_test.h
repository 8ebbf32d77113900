/* A ledger to test with, on either database, in a folder of its own under /tmp. Tests only. */
#ifndef WQ_LEDGER_LEDGER_FIXTURE_TEST_H
#define WQ_LEDGER_LEDGER_FIXTURE_TEST_H

#include "base/test.h"
#include "ledger/ledger.h"
#include "store/pg_test.h"

struct fixture {
	enum wq_db_kind kind;
	char folder[64];
	char url[160];
	struct wq_pg_test *pg;
	struct wq_db *db;
	struct wq_ledger *ledger;
	struct wq_arena arena;
};

/* A new folder and an empty database in it (or the emptied PostgreSQL). Then open. */
void wq_fixture_begin(struct fixture *f);
void wq_fixture_open(struct fixture *f, const struct wq_projections *projections);
void wq_fixture_end(struct fixture *f);

/* One event with a number in it. */
wq_err wq_fixture_append(struct fixture *f, int number);
/* One event with personal fields "name" and "phone". */
wq_err wq_fixture_append_private(struct fixture *f);
/* A head of the tip, signed by `key`. */
struct wq_head wq_fixture_head(struct fixture *f, const struct wq_sm2_key *key);

#endif
