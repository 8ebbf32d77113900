/* Releases, people and a service's folder, for the tests of seal/. Tests only. */
#ifndef WQ_SEAL_SERVICE_FIXTURE_TEST_H
#define WQ_SEAL_SERVICE_FIXTURE_TEST_H

#include "base/test.h"
#include "seal/service.h"

enum { PEOPLE = 6, TEST_PATH = 256 };

/* On the trust list: editor (author), wang, li (reviewers), chen (a contractor), sun (author and reviewer). Not on it: he. */
enum who { EDITOR, WANG, LI, CHEN, SUN, HE };

struct people {
	struct wq_sm2_key *keys[PEOPLE];
};

/* One release with all that is asked for its seal. Owns its memory and the body's descriptor. */
struct release {
	struct wq_statement said;
	struct wq_buf statement, event, decisions[WQ_DECISIONS_MAX];
	struct wq_seal_request request;
	int body_fd;
};

void people_new(struct people *people);
void people_free(struct people *people);
const char *person_name(enum who who);

/* A folder with key and trust list; "*" needs two in-establishment approvals, "notice" one of anybody. */
void folder_make(char dir[TEST_PATH], const struct people *people);
void folder_remove(const char *dir);
void folder_write(const char *dir, const char *name, wq_str bytes);
void folder_read(const char *dir, const char *name, struct wq_buf *out);

/* A release of `app` by editor with this body, on `base` (empty: the first one). Then decide and finish. */
void release_begin(struct release *r, const char *app, const char *id, wq_str body, uint64_t base_serial, wq_str base);
void release_decide(struct release *r, const struct people *people, enum who who, enum wq_verdict verdict);
/* Makes the event of the last decision and the request. */
void release_finish(struct release *r);
/* The three at once, approved by wang and li. */
void release_approved(struct release *r, const struct people *people, const char *app, const char *id, wq_str body,
	uint64_t base_serial, wq_str base);
void release_done(struct release *r);

/* Puts an event in canonical bytes (docs/canonical-encoding.md) to the end of `out`. */
void event_encode(uint64_t seq, const char *type, wq_str actor, wq_str app, wq_str subject, wq_str body,
	wq_digest previous, struct wq_buf *out);
/* An anonymous file with these bytes. */
int memory_file(wq_str bytes);

#endif
