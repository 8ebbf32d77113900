/* Who may decide: people and their pinned public keys, and what an application's releases need. And the one check of a
 * release's decisions, which weique-sign makes before it signs and the command line makes first, to say early what is
 * missing.
 *
 * The list belongs to weique-sign's own user; a database that was altered cannot add a reviewer. Format, one row a line:
 *
 *     weique-trust 1
 *     person <id> <130 hex digits: public key> <roles: author,reviewer> <in-establishment|contractor>
 *     app <id or *> approvals=<1..16> in-establishment=<yes|no>
 *
 * '#' begins a comment. Clauses B1, 2024 art. 13 (reviewers named, in-establishment), invariant "the author of a change
 * never decides on it".
 */
#ifndef WQ_LEDGER_TRUST_H
#define WQ_LEDGER_TRUST_H

#include "base/arena.h"
#include "ledger/statement.h"

enum { WQ_TRUST_PEOPLE_MAX = 4096, WQ_TRUST_APPS_MAX = 4096, WQ_TRUST_BYTES_MAX = 4 * 1024 * 1024 };

enum wq_role { WQ_ROLE_AUTHOR = 1, WQ_ROLE_REVIEWER = 2 };

struct wq_trust_person {
	wq_str id;
	wq_sm2_public key;
	unsigned roles; /* enum wq_role, or-ed */
	bool in_establishment;
};

struct wq_trust_app {
	wq_str id; /* "*": every other application */
	unsigned approvals;
	bool in_establishment; /* only in-establishment reviewers count (organs, institutions) */
};

struct wq_trust {
	struct wq_trust_person *people;
	size_t people_n;
	struct wq_trust_app *apps;
	size_t apps_n;
};

/* Parses `text`; the result lives in `arena`. Errors: WQ_E_CONFIG with the line, WQ_E_LIMIT. A repeated person, key or app
 * is an error: who approves under two names has approved once. */
wq_err wq_trust_parse(wq_str text, struct wq_arena *arena, struct wq_trust *ret_trust);
/* One `person` row, with its newline. */
wq_err wq_trust_person_line(const struct wq_trust_person *person, struct wq_buf *out);
/* Reads "author,reviewer". Writes only when true. */
bool wq_roles_parse(wq_str text, unsigned *ret_roles);
const struct wq_trust_person *wq_trust_person_find(const struct wq_trust *trust, wq_str id);
/* The row of `app`, else the row "*", else two in-establishment approvals. */
struct wq_trust_app wq_trust_app_find(const struct wq_trust *trust, wq_str app);

/* Whether these decisions release this statement: a pinned author, enough different pinned reviewers, none of them the
 * author, in-establishment where demanded, every signature valid over exactly this statement, nobody against. One decision
 * that may not count refuses all: it should not be among them. `*ret_approvals` (may be NULL) is how many counted up to
 * the first such one, also on failure. Errors: WQ_E_UNAPPROVED, WQ_E_SELF_REVIEW, WQ_E_SIGNATURE, WQ_E_FORMAT. */
wq_err wq_trust_check(const struct wq_trust *trust, wq_str statement, const struct wq_signed_decision *decisions,
	size_t decisions_n, unsigned *ret_approvals);

#endif
