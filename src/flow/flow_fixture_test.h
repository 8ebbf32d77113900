/* A whole installation for tests: a state directory with people and an application, a site to capture, and a weique-sign of
 * its own in a child process. Tests only. */
#ifndef WQ_FLOW_FLOW_FIXTURE_TEST_H
#define WQ_FLOW_FLOW_FIXTURE_TEST_H

#include "base/test.h"
#include "crypto/sm2.h"
#include "flow/capture.h"
#include "flow/workspace.h"

#include <sys/types.h>

#define FLOW_HOST "www.example.gov.cn"

struct flow_fixture {
	char dir[64];   /* of everything; removed at the end */
	char state[80]; /* the state directory */
	char site[80];  /* the origin: a directory */
	struct wq_arena arena;
	struct wq_workspace w;
	struct wq_app_row app;
	struct wq_sm2_key *keys[2]; /* of the reviewers wang and li */
	pid_t sign;
};

/* `database` may be empty: SQLite. People: editor (author), wang and li (reviewers). Application: "portal". */
void flow_open(struct flow_fixture *f, wq_str database);
void flow_close(struct flow_fixture *f);

/* Files of the site; `name` below it. Folders are made. */
void flow_write(struct flow_fixture *f, const char *name, const char *content);
void flow_unlink(struct flow_fixture *f, const char *name);
/* "<dir>/…", in the arena. */
const char *flow_path(struct flow_fixture *f, const char *format, ...) WQ_PRINTF(2, 3);

/* Captures; the caller looks at the error. */
wq_err flow_try_capture(struct flow_fixture *f, struct wq_capture_result *ret);
struct wq_capture_result flow_capture(struct flow_fixture *f);
/* Two approvals and the seal. */
void flow_seal(struct flow_fixture *f, wq_str release);
/* Events of a type that the ledger has. */
size_t flow_events(struct flow_fixture *f, const char *type);

#endif
