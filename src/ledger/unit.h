/* Units 单位: who opens applications and answers for them. State made from the events unit.registered and unit.changed, each
 * of which says everything anew; the table is a projection (ledger/ledger.h).
 *
 * The kind of a unit decides which rules bind it (rules/suffix.conf). Superiors form a tree: no unit is
 * above itself. Clauses A1, A2, A3, F1.
 */
#ifndef WQ_LEDGER_UNIT_H
#define WQ_LEDGER_UNIT_H

#include "ledger/ledger.h"

enum { WQ_UNIT_NAME_MAX = 200, WQ_UNIT_REGION_MAX = 12, WQ_UNIT_DEPTH_MAX = 16 };

/* UNKNOWN is no kind of a unit but of what names no registered one. Stored as numbers: never renumbered. */
enum wq_unit_kind {
	WQ_UNIT_UNKNOWN,
	WQ_UNIT_ORGAN,       /* 党政机关 */
	WQ_UNIT_INSTITUTION, /* 事业单位 */
	WQ_UNIT_UNION,       /* 工会 */
	WQ_UNIT_ENTERPRISE,  /* 国有企业 */
	WQ_UNIT_OTHER,
	WQ_UNIT_KINDS
};
/* "organ", "institution", …; "" for UNKNOWN. With a language for people. Parsing writes only when true. */
const char *wq_unit_kind_name(enum wq_unit_kind kind);
const char *wq_unit_kind_title(enum wq_unit_kind kind, enum wq_lang lang);
bool wq_unit_kind_parse(wq_str text, enum wq_unit_kind *ret_kind);

enum wq_unit_level {
	WQ_LEVEL_NONE,
	WQ_LEVEL_CENTRAL,
	WQ_LEVEL_PROVINCE,
	WQ_LEVEL_PREFECTURE,
	WQ_LEVEL_COUNTY,
	WQ_LEVEL_TOWNSHIP,
	WQ_LEVELS
};
const char *wq_unit_level_name(enum wq_unit_level level); /* "" for NONE */
const char *wq_unit_level_title(enum wq_unit_level level, enum wq_lang lang);
bool wq_unit_level_parse(wq_str text, enum wq_unit_level *ret_level);

struct wq_unit_row {
	wq_str id, name;
	enum wq_unit_kind kind;
	wq_str superior; /* id; empty: none */
	enum wq_unit_level level;
	wq_str region; /* 6 to 12 digits of GB/T 2260 and its lower levels; may be empty */
	uint64_t seq;  /* of the event that says so */
};

/* Append the event. Errors: WQ_E_EXISTS, WQ_E_NOT_FOUND (the unit that changes, a superior that is not registered),
 * WQ_E_INPUT for an id, name, kind or region that is none and for a unit that would be above itself. */
wq_err wq_unit_register(struct wq_ledger *ledger, const struct wq_unit_row *unit, wq_str actor, struct wq_arena *arena);
wq_err wq_unit_change(struct wq_ledger *ledger, const struct wq_unit_row *unit, wq_str actor, struct wq_arena *arena);

/* Look-ups; what they return lives in `arena`. Errors: WQ_E_NOT_FOUND. */
wq_err wq_unit_find(struct wq_ledger *ledger, wq_str id, struct wq_arena *arena, struct wq_unit_row *ret_unit);
wq_err wq_unit_list(struct wq_ledger *ledger, struct wq_arena *arena, struct wq_unit_row **ret_units, size_t *ret_n);

/* Projection of both events. */
wq_err wq_unit_apply(struct wq_db *db, const struct wq_event *event);

#endif
