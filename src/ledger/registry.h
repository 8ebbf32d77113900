/* Who and what: applications and people. State made from the events
 *
 *     app.registered                -> applied
 *     approval.decided (app.opening, its last stage)   applied -> reviewed
 *     release.sealed                applied, reviewed -> online
 *     app.changed, app.profiled     any but closed: what it is; the state stays
 *     app.closed                    any -> closed, for good
 *     person.registered, person.changed, person.key_changed, person.left
 *
 * state      guarantee
 * applied    registered by the rules of the day (flow/opening.h); nothing was approved
 * reviewed   an opening approval of all stages is on record (`opening`)
 * online     a release was sealed; without `opening` the installation did not demand one, and it is said so
 * closed     nothing of it is captured or sealed any more
 *
 * Who has left decides nothing any more; what was decided before stands. The tables are projections (ledger/ledger.h). A
 * person's name is a personal field: it stands in the event as a commitment and can be erased; the id and the public keys
 * stay. A key belongs to one person for ever, also when it was replaced. Clauses A1, A4, B1, F1; 2024 art. 12, 40.
 */
#ifndef WQ_LEDGER_REGISTRY_H
#define WQ_LEDGER_REGISTRY_H

#include "ledger/ledger.h"
#include "ledger/trust.h"
#include "ledger/unit.h"

enum {
	WQ_HOSTS_MAX = 64,
	WQ_HOST_NAME_MAX = 253,
	WQ_ORIGIN_MAX = 2048,
	WQ_NAME_MAX = 200,
	WQ_APP_PROFILE_MAX = 48 * 1024
};

enum { WQ_PURPOSE_MAX = 1000, WQ_FILING_MAX = 64, WQ_REASON_MAX = 1000 };

/* Stored as numbers: never renumbered. */
enum wq_app_type {
	WQ_APP_SERVICE, /* a site or service that is no portal */
	WQ_APP_PORTAL,
	WQ_APP_OFFICE,
	WQ_APP_MAIL,
	WQ_APP_MOBILE,
	WQ_APP_MINI_PROGRAM,
	WQ_APP_ACCOUNT,
	WQ_APP_TYPES
};
/* "service", "portal", …; with a language for people. Parsing writes only when true. */
const char *wq_app_type_name(enum wq_app_type type);
const char *wq_app_type_title(enum wq_app_type type, enum wq_lang lang);
bool wq_app_type_parse(wq_str text, enum wq_app_type *ret_type);

enum wq_app_state { WQ_APP_APPLIED, WQ_APP_REVIEWED, WQ_APP_ONLINE, WQ_APP_CLOSED, WQ_APP_STATES };
/* "applied", …; with a language for people. */
const char *wq_app_state_name(enum wq_app_state state);
const char *wq_app_state_title(enum wq_app_state state, enum wq_lang lang);

struct wq_app_row {
	wq_str id, name, unit, origin; /* origin: a directory or an http(s) URL */
	wq_str hosts[WQ_HOSTS_MAX];    /* canonical (text/key.h) */
	size_t hosts_n;
	wq_str profile;         /* text of policy/profile.h, may be empty: app.profiled, the newest counts */
	enum wq_unit_kind kind; /* of the unit, when `unit` is the id of a registered one */
	enum wq_app_type type;
	wq_str purpose, leader;        /* leader: id of the responsible person (2024 art. 40) */
	wq_str icp, police, site_code; /* ledger/filing.h */
	enum wq_app_state state;
	wq_str opening; /* id of the approval; empty: none */
};

struct wq_person_row {
	wq_str id, name; /* name is empty when it was erased, and in lists */
	wq_sm2_public key;
	unsigned roles; /* enum wq_role */
	bool in_establishment;
	wq_str unit;  /* id; may be empty */
	bool left;    /* decides nothing any more */
	uint64_t seq; /* of the event that holds the name */
};

/* Why the rules were set aside, and by which approval: both may be empty, and stand in the event. */
struct wq_app_ground {
	wq_str despite, approval;
};

/* Append the event. `actor` is who did it. Errors: WQ_E_EXISTS (the id; for a person the key as well: one key under two
 * names would be one person who decides twice), WQ_E_INPUT for an id that is none, a name with a line break, a host that
 * is empty or too long, a filing number of another form; WQ_E_NOT_FOUND for a leader who is not registered. */
wq_err wq_app_register(struct wq_ledger *ledger, const struct wq_app_row *app, wq_str actor, struct wq_arena *arena);
wq_err wq_app_register_on(struct wq_ledger *ledger, const struct wq_app_row *app, const struct wq_app_ground *ground,
	wq_str actor, struct wq_arena *arena);
wq_err wq_person_register(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena);
/* Say anew what an application is, all of it but its profile. WQ_E_NOT_FOUND; WQ_E_STATE when it is closed. */
wq_err wq_app_change(struct wq_ledger *ledger, const struct wq_app_row *app, const struct wq_app_ground *ground,
	wq_str actor, struct wq_arena *arena);
wq_err wq_app_close(
	struct wq_ledger *ledger, wq_str app, const struct wq_app_ground *ground, wq_str actor, struct wq_arena *arena);

/* Roles, establishment and unit anew; the name too unless it is empty. WQ_E_NOT_FOUND, WQ_E_STATE when the person has left. */
wq_err wq_person_change(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena);
wq_err wq_person_leave(struct wq_ledger *ledger, wq_str id, wq_str reason, wq_str actor, struct wq_arena *arena);

/* A new key. Two proofs are accepted: the old key signs the change; or, when it is lost, an approval of subject person.key
 * holds whose text is the new key (two others have decided it, ledger/approval.h). */
struct wq_key_change {
	wq_str person;
	wq_digest old_key; /* wq_sm2_key_id() */
	wq_sm2_public key;
	wq_time time;
};
enum { WQ_KEY_CHANGE_BYTES_MAX = 512 };
/* Canonical bytes, which the old key signs (docs/canonical-encoding.md), and back. WQ_E_FORMAT, WQ_E_INPUT. */
wq_err wq_key_change_encode(const struct wq_key_change *change, struct wq_buf *out);
wq_err wq_key_change_decode(wq_str canonical, struct wq_key_change *ret_change);
/* WQ_E_EXISTS when somebody has or had the new key; WQ_E_SIGNATURE; WQ_E_STATE when the person has left, or the old key is
 * not the one registered now. */
wq_err wq_person_key_change(
	struct wq_ledger *ledger, wq_str canonical, const wq_sm2_sig *sig, wq_str actor, struct wq_arena *arena);
/* The same by approval; WQ_E_UNAPPROVED when it does not hold, or is about another key. */
wq_err wq_person_key_replace(
	struct wq_ledger *ledger, wq_str person, const wq_sm2_public *key, wq_str actor, struct wq_arena *arena);

/* Appends app.profiled: the whole text, which is not looked into here; of a closed application too (it ends serving). Errors: WQ_E_NOT_FOUND, WQ_E_LIMIT; WQ_E_INPUT for text
 * that is not UTF-8 without NUL. */
wq_err wq_app_profile_set(struct wq_ledger *ledger, wq_str app, wq_str text, wq_str actor, struct wq_arena *arena);

/* Look-ups; what they return lives in `arena`. Errors: WQ_E_NOT_FOUND; WQ_E_ALTERED when a name is not the one of its
 * commitment, WQ_E_STATE when a row is no state of ours. */
wq_err wq_app_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_app_row *ret_app);
wq_err wq_app_list(struct wq_ledger *ledger, struct wq_arena *arena, struct wq_app_row **ret_apps, size_t *ret_n);
wq_err wq_person_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_person_row *ret_person);
wq_err wq_person_list(
	struct wq_ledger *ledger, struct wq_arena *arena, struct wq_person_row **ret_people, size_t *ret_n);

/* Projections of this file; ledger/release.h puts all of them together. */
wq_err wq_app_apply(struct wq_db *db, const struct wq_event *event);
wq_err wq_app_apply_changed(struct wq_db *db, const struct wq_event *event);
wq_err wq_app_apply_closed(struct wq_db *db, const struct wq_event *event);
wq_err wq_app_apply_profile(struct wq_db *db, const struct wq_event *event);
wq_err wq_person_apply(struct wq_db *db, const struct wq_event *event);
wq_err wq_person_apply_changed(struct wq_db *db, const struct wq_event *event);
wq_err wq_person_apply_left(struct wq_db *db, const struct wq_event *event);
wq_err wq_person_apply_key(struct wq_db *db, const struct wq_event *event);

#endif
