/* Who and what: people and applications, as far as releases need them. State made from the events person.registered and
 * app.registered; the tables are projections (ledger/ledger.h). A person's name is a personal field: it stands in the
 * event as a commitment and can be erased; the id and the public key stay.
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

struct wq_app_row {
	wq_str id, name, unit, origin; /* origin: a directory or an http(s) URL */
	wq_str hosts[WQ_HOSTS_MAX];    /* canonical (text/key.h) */
	size_t hosts_n;
	wq_str profile;         /* text of policy/profile.h, may be empty: app.profiled, the newest counts */
	enum wq_unit_kind kind; /* of the unit, when `unit` is the id of a registered one */
};

struct wq_person_row {
	wq_str id, name; /* name is empty when it was erased, and in lists */
	wq_sm2_public key;
	unsigned roles; /* enum wq_role */
	bool in_establishment;
	uint64_t seq; /* of the event */
};

/* Append the event. `actor` is who did it. Errors: WQ_E_EXISTS (the id; for a person the key as well: one key under two
 * names would be one person who decides twice), WQ_E_INPUT for an id that is none, a name with a line break, a host that
 * is empty or too long. */
wq_err wq_app_register(struct wq_ledger *ledger, const struct wq_app_row *app, wq_str actor, struct wq_arena *arena);
wq_err wq_person_register(
	struct wq_ledger *ledger, const struct wq_person_row *person, wq_str actor, struct wq_arena *arena);

/* Appends app.profiled: the whole text, which is not looked into here. Errors: WQ_E_NOT_FOUND, WQ_E_LIMIT; WQ_E_INPUT for text
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
wq_err wq_registry_apply_app(struct wq_db *db, const struct wq_event *event);
wq_err wq_registry_apply_profile(struct wq_db *db, const struct wq_event *event);
wq_err wq_registry_apply_person(struct wq_db *db, const struct wq_event *event);

#endif
