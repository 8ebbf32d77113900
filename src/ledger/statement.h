/* What people sign when they decide on a release: the statement and the decision, in canonical form.
 *
 * The statement is made once, when the release is: it names application, author, the sealed snapshot it builds on and the
 * root of the body that would be served. A decision is one person's word on one statement, signed with that person's SM2
 * key over the decision's canonical bytes. Nobody can decide on a summary: statement -> body root -> every byte.
 * Layouts with vectors: docs/canonical-encoding.md. Clauses B1; 2024 art. 13.
 */
#ifndef WQ_LEDGER_STATEMENT_H
#define WQ_LEDGER_STATEMENT_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/sm2.h"

enum {
	WQ_ID_MAX = 64, /* of releases, applications, people: [a-z0-9-] */
	WQ_COMMENT_MAX = 2000,
	WQ_STAGE_MAX = 64,
	WQ_STATEMENT_BYTES_MAX = 2048,
	WQ_DECISION_BYTES_MAX = 4096,
	WQ_DECISIONS_MAX = 16
};

/* Whether `id` is 1 to WQ_ID_MAX of [a-z0-9-], not beginning with '-'. */
bool wq_id_valid(wq_str id);

struct wq_statement {
	wq_str release, app, author;
	uint64_t base_serial; /* 0: the first */
	wq_digest base;       /* digest of that snapshot's head; zero for the first */
	wq_digest body_root;
	uint64_t body_bytes;
	uint64_t entries, added, changed, gone;
	wq_time created;
};

enum wq_verdict { WQ_VERDICT_APPROVE = 1, WQ_VERDICT_REJECT = 2 };

struct wq_decision {
	wq_digest statement; /* SM3 of the statement's canonical bytes */
	wq_str release, person, stage, comment;
	enum wq_verdict verdict;
	wq_time time;
	bool demonstration; /* the key was used by --as, in the demonstration: says so for ever */
};

/* Canonical bytes, and back. Slices of what was decoded point into `canonical`. Errors: WQ_E_FORMAT, WQ_E_INPUT for a
 * name that is no id, a base of which only the serial or only the digest is there, a verdict that is none, text that is
 * not UTF-8; WQ_E_LIMIT. */
wq_err wq_statement_encode(const struct wq_statement *statement, struct wq_buf *out);
wq_err wq_statement_decode(wq_str canonical, struct wq_statement *ret_statement);
wq_err wq_decision_encode(const struct wq_decision *decision, struct wq_buf *out);
wq_err wq_decision_decode(wq_str canonical, struct wq_decision *ret_decision);

/* A decision with its proof. */
struct wq_signed_decision {
	wq_str canonical;
	wq_sm2_sig sig;
};

#endif
