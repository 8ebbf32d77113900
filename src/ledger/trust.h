/* Who may decide: people and their pinned public keys, and what an application's releases need. And the one check of a
 * release's decisions, which weique-sign makes before it signs and the command line makes first, to say early what is
 * missing.
 *
 * The list belongs to weique-sign's own user; a database that was altered cannot add a reviewer. Format, one row a line:
 *
 *     weique-trust 1
 *     person <id> <130 hex digits: public key> <roles: author,reviewer,secrecy,leader> <in-establishment|contractor>
 *     app <id or *> approvals=<1..16> in-establishment=<yes|no> [stages=<review|secrecy|release>,…]
 *
 * '#' begins a comment. A stage is decided by somebody who holds its role (wq_stages); one that is listed twice needs two
 * people. Clauses B1, 2014 三 (review and secrecy review), 2024 art. 13 (reviewers named, in-establishment), invariant "the
 * author of a change never decides on it".
 */
#ifndef WQ_LEDGER_TRUST_H
#define WQ_LEDGER_TRUST_H

#include "base/arena.h"
#include "ledger/statement.h"

enum { WQ_TRUST_PEOPLE_MAX = 4096, WQ_TRUST_APPS_MAX = 4096, WQ_TRUST_BYTES_MAX = 4 * 1024 * 1024 };

/* Stored or-ed as a number: never renumbered. */
enum wq_role { WQ_ROLE_AUTHOR = 1, WQ_ROLE_REVIEWER = 2, WQ_ROLE_SECRECY = 4, WQ_ROLE_LEADER = 8 };
enum { WQ_ROLES_DECIDE = WQ_ROLE_REVIEWER | WQ_ROLE_SECRECY | WQ_ROLE_LEADER, WQ_ROLES_TEXT = 64 };

/* The stages of a procedure (B1: edit, review, secrecy review, release), and who decides in each. */
struct wq_stage {
	const char *name;
	enum wq_role role;
	const char *zh, *en;
};
enum { WQ_STAGES = 3, WQ_STAGES_MAX = 8 /* of one procedure */ };
extern const struct wq_stage wq_stages[WQ_STAGES];
/* NULL when there is none of that name. */
const struct wq_stage *wq_stage_find(wq_str name);
/* Reads "review,secrecy": 1 to WQ_STAGES_MAX, in their order. Writes only when true. */
bool wq_stages_parse(wq_str text, const struct wq_stage *ret_stages[WQ_STAGES_MAX], size_t *ret_n);

struct wq_trust_person {
	wq_str id;
	wq_sm2_public key;
	unsigned roles; /* enum wq_role, or-ed */
	bool in_establishment;
};

struct wq_trust_app {
	wq_str id; /* "*": every other application */
	unsigned approvals;
	bool in_establishment; /* only in-establishment people count (organs, institutions) */
	const struct wq_stage *stages[WQ_STAGES_MAX];
	size_t stages_n; /* 0: reviewers decide, in whatever stage */
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
/* Reads "author,reviewer". Writes only when true. And back; `out` may be used in printing. */
bool wq_roles_parse(wq_str text, unsigned *ret_roles);
const char *wq_roles_text(unsigned roles, char out[WQ_ROLES_TEXT]);
const struct wq_trust_person *wq_trust_person_find(const struct wq_trust *trust, wq_str id);
/* The row of `app`, else the row "*", else two in-establishment approvals. */
struct wq_trust_app wq_trust_app_find(const struct wq_trust *trust, wq_str app);

/* Whether these decisions release this statement: a pinned author, enough different pinned people for whom the rules are
 * fulfilled, one in each stage, nobody of the list against. Approvals of somebody who is not on the list, has not the role, or
 * is not in-establishment where that is demanded do not count, and harm nothing. What should not be among them refuses all: an
 * approval by the author, a decision about something else, a signature that is not by the pinned key. `*ret_approvals` (may
 * be NULL) is how many counted, on failure up to there. Errors: WQ_E_UNAPPROVED naming what is missing and who did not count,
 * WQ_E_SELF_REVIEW, WQ_E_SIGNATURE, WQ_E_FORMAT. */
wq_err wq_trust_check(const struct wq_trust *trust, wq_str statement, const struct wq_signed_decision *decisions,
	size_t decisions_n, unsigned *ret_approvals);

#endif
