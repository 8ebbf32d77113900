/* Approvals 审批: somebody asked, named people decided, in stages, until a date. One table, one state machine, many subjects:
 * an opening, an outside link, a profile, a person's new key; a subject is a word, and rules/units.conf says its procedure.
 *
 *     approval.asked      statement            -> open
 *     approval.decided    decision, signature  open -> open (the next stage) | approved (the last stage) | rejected
 *     approval.withdrawn                       open, approved -> withdrawn
 *
 * state       guarantee
 * open        nothing follows from it; the statement, its stages and its end are fixed; stage `stage` is to be decided
 * approved    each stage was approved by another person, none of them the asker, each with the role of the stage when
 *             deciding, in-establishment where the statement demands it, signed with the key registered then
 * rejected    one of them was against; final
 * withdrawn   the asker, or somebody who approved it, took it back; final: it holds no more from then on
 * ended       computed, never stored: its date has come. It ends by itself, decided or not (2024 art. 25)
 *
 * What people sign names the SM3 of the statement, so nobody can change what was asked for afterwards (layouts with vectors:
 * docs/canonical-encoding.md). The tables are projections of the events. Clauses A1, B1, B5, F1.
 */
#ifndef WQ_LEDGER_APPROVAL_H
#define WQ_LEDGER_APPROVAL_H

#include "ledger/registry.h"

enum {
	WQ_APPROVAL_OBJECT_MAX = 253,
	WQ_APPROVAL_TEXT_MAX = 4000,
	WQ_APPROVAL_BYTES_MAX = 6000 /* the canonical statement */
};

/* Subjects that the code itself asks about. */
#define WQ_SUBJECT_OPENING "app.opening" /* object: the application */
#define WQ_SUBJECT_CHANGE "app.change"   /* object: the application */
#define WQ_SUBJECT_CLOSING "app.closing" /* object: the application */
#define WQ_SUBJECT_LINK "link" /* object: the outside host, canonical; application: the one that links there */
#define WQ_SUBJECT_PERSON_KEY "person.key" /* object: the person; text: the new public key in hexadecimal */

struct wq_approval_statement {
	wq_str id, subject, object;
	wq_str app;   /* whose it is; may be empty */
	wq_str asker; /* id of a person */
	wq_str text;  /* what is asked for and why */
	wq_str rule;  /* the rule that made the procedure, "link-organ-2024"; may be empty */
	const struct wq_stage *stages[WQ_STAGES_MAX];
	size_t stages_n; /* at least one; decided in this order */
	bool in_establishment;
	wq_time asked, until; /* until 0: no end */
};

/* Canonical bytes, and back; slices of what was decoded point into `canonical`. Errors: WQ_E_INPUT, WQ_E_LIMIT, WQ_E_FORMAT. */
wq_err wq_approval_encode(const struct wq_approval_statement *statement, struct wq_buf *out);
wq_err wq_approval_decode(wq_str canonical, struct wq_approval_statement *ret_statement);
/* A decision on an approval: the layout of a release's, under a domain of its own; its member `release` is the approval. */
wq_err wq_approval_decision_encode(const struct wq_decision *decision, struct wq_buf *out);
wq_err wq_approval_decision_decode(wq_str canonical, struct wq_decision *ret_decision);

/* Stored as numbers: never renumbered. ENDED is never stored. */
enum wq_approval_state {
	WQ_APPROVAL_OPEN,
	WQ_APPROVAL_APPROVED,
	WQ_APPROVAL_REJECTED,
	WQ_APPROVAL_WITHDRAWN,
	WQ_APPROVAL_ENDED,
	WQ_APPROVAL_STATES
};
/* "open", …; with a language for people. */
const char *wq_approval_state_name(enum wq_approval_state state);
const char *wq_approval_state_title(enum wq_approval_state state, enum wq_lang lang);

struct wq_approval_row {
	enum wq_approval_state stored;
	size_t stage;     /* the one to be decided next; how many are, when approved */
	wq_str statement; /* canonical */
	struct wq_approval_statement said;
	uint64_t seq;
};
/* The state at a time. */
enum wq_approval_state wq_approval_state(const struct wq_approval_row *approval, wq_time now);

struct wq_approval_decision_row {
	struct wq_signed_decision proof;
	struct wq_decision said;
	uint64_t seq;
};

/* Asks: `asked` and `id` are filled in, the rest is the caller's. Errors: WQ_E_EXISTS when the same is asked for and open,
 * WQ_E_DENIED when the asker has left, WQ_E_NOT_FOUND (asker, application), WQ_E_INPUT. `ret_approval` may be NULL. */
wq_err wq_approval_ask(struct wq_ledger *ledger, const struct wq_approval_statement *asked, struct wq_arena *arena,
	struct wq_approval_row *ret_approval);
/* Records a signed decision on the stage that is next. Errors: WQ_E_STATE when nothing is to be decided, or another stage;
 * WQ_E_SELF_REVIEW for the asker and for the person that it is about; WQ_E_EXISTS when this person has decided on it; WQ_E_DENIED
 * for who has left, has not the role, is no in-establishment staff where that is demanded, or belongs to another unit than the
 * application's and those above it; WQ_E_SIGNATURE. */
wq_err wq_approval_decide(struct wq_ledger *ledger, const struct wq_signed_decision *decision, struct wq_arena *arena);
/* Takes it back. WQ_E_DENIED unless `person` asked or approved it; WQ_E_STATE when it is neither open nor approved. */
wq_err wq_approval_withdraw(struct wq_ledger *ledger, wq_str id, wq_str person, wq_str reason, struct wq_arena *arena);

/* Look-ups; results live in `arena`. Errors: WQ_E_NOT_FOUND. */
wq_err wq_approval_find(
	struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_approval_row *ret_approval);
/* Newest first; of one subject, object, application unless empty. */
wq_err wq_approval_list(struct wq_ledger *ledger, wq_str subject, wq_str object, wq_str app, size_t limit,
	struct wq_arena *arena, struct wq_approval_row **ret_approvals, size_t *ret_n);
wq_err wq_approval_decisions(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena,
	struct wq_approval_decision_row **ret_decisions, size_t *ret_n);
/* The approval that holds at `now` for this subject, object and application (empty: of any); WQ_E_UNAPPROVED when there is none. */
wq_err wq_approval_standing(struct wq_ledger *ledger, wq_str subject, wq_str object, wq_str app, wq_time now,
	struct wq_arena *arena, struct wq_approval_row *ret_approval);
/* All that hold at `now` for this subject and application, newest first; an object may come more than once. */
wq_err wq_approval_list_standing(struct wq_ledger *ledger, wq_str subject, wq_str app, wq_time now, size_t limit,
	struct wq_arena *arena, struct wq_approval_row **ret_approvals, size_t *ret_n);

/* Projections of this file; ledger/release.h puts all of them together. */
wq_err wq_approval_apply_asked(struct wq_db *db, const struct wq_event *event);
wq_err wq_approval_apply_decided(struct wq_db *db, const struct wq_event *event);
wq_err wq_approval_apply_withdrawn(struct wq_db *db, const struct wq_event *event);

#endif
