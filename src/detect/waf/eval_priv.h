/* How transactions run programs; of this folder only.
 *
 * plan.c      what is derived from a program once: which targets are the same *source* of values, which *pairs* of source and chain of
 *             transformations there are, and which *views* (all pairs of one rule).
 * vars*.c     the values: static ones stand in sets, made at first use and only ever growing; live ones (TX, MATCHED_VAR, what a
 *             body's report says) are gathered each time.
 * facts.c     for each string its candidates (the patterns that may match), for each pair and view their union. A rule whose
 *             pattern is not in the union of its view is done without touching a value: that is what makes it fast.
 * operator*.c one question to one value.
 * eval.c      rules, chains, skips; action.c what a match does; log.c what it says; budget.c what it may cost.
 *
 * Invariants: a string has one number (the pool's), one set of facts; a bit of its candidates is cleared when the pattern was asked
 * and did not match, never set later. Unions are upper bounds. Sets only grow; `epoch` tells that they have.
 */
#ifndef WQ_DETECT_WAF_EVAL_PRIV_H
#define WQ_DETECT_WAF_EVAL_PRIV_H

#include "base/buf.h"
#include "detect/waf/plan_priv.h"

/* ---- values ---- */

struct wq_waf_entry {
	wq_str name;
	wq_string string;
};
struct wq_waf_values {
	struct wq_waf_entry *entries;
	uint32_t n, room;
	uint32_t epoch;   /* of the transaction when it was last made */
	uint32_t seen[2]; /* entries taken from the sets that it is made of */
	bool done;        /* of a single value */
};
/* A value at which an operator looks. */
struct wq_waf_item {
	uint8_t var;
	wq_str name;
	wq_str text;      /* when `string` is WQ_STRING_NONE */
	wq_string string; /* in the pool */
	bool is_number;   /* `number` is what `text` says, and `text` may not be made yet */
	int64_t number;
};
struct wq_waf_items {
	struct wq_waf_item *list;
	uint32_t n, room;
};

struct wq_waf_source_state {
	uint32_t epoch;
	uint32_t seen, n, room;
	uint32_t *at; /* positions in the set; not used for sources that take all */
};
/* What is known of many strings together: their bytes (4 words), then the candidates of the first `joined` of them. */
struct wq_waf_pair_state {
	uint32_t done, joined, room;
	bool shared;        /* no string of the source triggers the chain: these are the source's base pair's */
	wq_string *strings; /* after the chain; one for each value of the source */
	uint64_t *known;    /* NULL: no strings */
};
struct wq_waf_view_state {
	uint32_t epoch;
	uint64_t *known;
};
enum { WQ_KNOWN_BYTES = 4 };

/* A name that came to be at run time, of TX or of a kept collection. */
struct wq_waf_dynamic {
	uint8_t var;
	wq_str name;
	struct wq_waf_value value;
	uint64_t hash;
	uint32_t next;
};

/* The last word of a string's facts: what operators without a pattern have found out. */
enum wq_waf_fact { WQ_FACT_SQL_ASKED = 1, WQ_FACT_SQL = 2, WQ_FACT_HTML_ASKED = 4, WQ_FACT_HTML = 8 };

enum {
	WQ_WAF_PER_RULE_MAX = 8,
	WQ_WAF_FREE_MAX = 64,
	WQ_WAF_LIMITS_MAX = 4,
	WQ_WAF_FIXED_MAX = 8,
	WQ_WAF_EXPANDED_MAX = 8,
	WQ_WAF_MASKS = 512
};

struct wq_waf_target_removal {
	const uint64_t *rules;
	const struct wq_waf_target *target;
	struct wq_regex *const *regexes;
};

struct wq_waf_worker {
	uint64_t (*now)(void);
	uint64_t (*cpu)(void); /* may be NULL */
	struct wq_waf_tx *free;
	uint32_t free_n;
	struct {
		uint32_t limit;
		struct wq_regex_scratch *scratch;
	} scratches[WQ_WAF_LIMITS_MAX];
	/* of patterns with variables in them, by their text; the oldest gives way */
	struct {
		struct wq_buf text;
		struct wq_regex *regex;
	} expanded[WQ_WAF_EXPANDED_MAX];
	uint32_t expanded_next;
	/* what sets of byte classes allow: entries of key, serial of the plan, words */
	uint64_t *masks;
	uint32_t masks_words;
};

struct wq_waf_tx {
	struct wq_waf_worker *worker;
	struct wq_waf_tx *next;
	const struct wq_waf_program *program;
	const struct wq_waf_plan *plan;
	struct wq_regex_scratch *scratch;
	struct wq_waf_begin begin;
	struct wq_arena arena;   /* everything but */
	struct wq_arena strings; /* what the pool holds, and the body's parser */
	struct wq_pool pool;
	bool no_memory;

	/* what was told */
	wq_str client, server;
	uint16_t client_port, server_port;
	wq_str method, target, protocol, line, uri, path, query;
	bool has_query;
	uint16_t response_status;
	wq_str response_protocol;
	uint64_t odd; /* of the query string */

	/* the body */
	struct wq_body *body;
	enum wq_body_kind kind;
	bool body_forced, body_ended, body_access, body_partial;
	uint64_t body_limit, body_bytes;
	wq_str *pieces;
	uint32_t pieces_n, pieces_room;
	uint64_t files_bytes;
	bool response_access, response_partial;
	uint64_t response_limit, response_bytes;
	wq_str *response_pieces;
	uint32_t response_pieces_n, response_pieces_room;

	/* values */
	uint32_t epoch;
	struct wq_waf_values sets[WQ_VAR_COUNT];
	struct wq_waf_source_state *sources;
	struct wq_waf_pair_state *pairs;
	struct wq_waf_view_state *views;
	struct wq_waf_value *slots;
	uint32_t fixed[WQ_WAF_FIXED_MAX], fixed_n; /* slots that rules do not change */
	struct wq_waf_dynamic *dynamic;
	uint32_t dynamic_n, dynamic_room;
	uint32_t *buckets;
	uint32_t buckets_n;
	struct wq_waf_items items;   /* of the live target that is being looked at */
	struct wq_waf_items matched; /* MATCHED_VARS of the chain that is being looked at */
	struct wq_waf_item last;     /* MATCHED_VAR */
	uint32_t highest_severity;
	wq_str session, user;

	/* running */
	uint8_t engine; /* as program->engine */
	uint8_t phase;  /* that runs or ran last */
	bool running;   /* in the middle of it */
	uint32_t at;    /* in its list */
	bool allow_phase, allow_request, allow_all;
	uint64_t *removed; /* NULL: no rule is */
	struct wq_waf_target_removal *removals;
	uint32_t removals_n, removals_room;
	uint64_t *exceptions_used;
	const struct wq_waf_rule *head; /* of what is being looked at: RULE */

	struct wq_waf_verdict verdict;
	bool stopped;
	struct wq_waf_match *matches;
	uint32_t matches_n, matches_room, matches_lost;

	struct wq_waf_cost cost;
	uint64_t since;      /* when this run began */
	bool inside;         /* of wq_waf_run() */
	uint64_t time_limit; /* of cost.nsec; 0: none */
	bool suspected;      /* the time was up: from there on the processor's time counts */
	uint64_t cpu_since, cpu_spent;
	uint32_t ticks;
	uint64_t looked; /* work done when the clock was last looked at */
	bool over, pattern_limit;
	const struct wq_waf_trace *trace;
};

/* Room for one more; NULL: no memory (tx->no_memory is set). */
void *wq_waf_grow(struct wq_waf_tx *tx, void **list, uint32_t n, uint32_t *room, size_t size);
/* A decimal number in the arena. */
wq_str wq_waf_decimal(struct wq_waf_tx *tx, int64_t number);
/* As ModSecurity reads numbers: leading white space and sign, digits up to the first that is none, no overflow. */
int64_t wq_waf_atoi(wq_str s);
/* tx.c: one for each match limit. Programs with many different ones share the last place, so what is returned holds until the next
 * call only, and a transaction asks for it each time it runs. NULL: no memory. */
struct wq_regex_scratch *wq_waf_scratch(struct wq_waf_worker *worker, uint32_t limit);
/* "ARGS:q" */
wq_str wq_waf_item_name(struct wq_waf_tx *tx, const struct wq_waf_item *item);
wq_str wq_waf_item_text(struct wq_waf_tx *tx, const struct wq_waf_item *item);

/* vars.c: the set of a variable that is not live, whole up to now. */
struct wq_waf_values *wq_waf_values_of(struct wq_waf_tx *tx, enum wq_waf_var var);
void wq_waf_values_add(struct wq_waf_tx *tx, struct wq_waf_values *set, wq_str name, wq_str value);
/* The first value of a request header; p == NULL: none. */
wq_str wq_waf_header(struct wq_waf_tx *tx, wq_str name);
/* Whether a target takes a name; exclusions looked at. */
bool wq_waf_selects(
	struct wq_waf_tx *tx, const struct wq_waf_target *target, struct wq_regex *const *regexes, wq_str name);

/* vars_live.c: into tx->items, emptied before. */
void wq_waf_live(struct wq_waf_tx *tx, const struct wq_waf_source *source);
/* One variable for a macro; false: there is none. */
bool wq_waf_live_one(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name, struct wq_waf_item *ret_item);

/* tx_value.c: slots and names made at run time. NULL: not set. */
struct wq_waf_value *wq_waf_value_find(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name);
/* Made when it is not there; NULL: no memory. */
struct wq_waf_value *wq_waf_value_make(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name);
wq_str wq_waf_value_text(struct wq_waf_tx *tx, struct wq_waf_value *value);
static inline int64_t wq_waf_value_number(const struct wq_waf_value *value)
{
	return value->is_number ? value->number : wq_waf_atoi(value->text);
}

/* facts.c: the candidates of a string; NULL: no memory. */
uint64_t *wq_waf_candidates(struct wq_waf_tx *tx, wq_string string);
const struct wq_waf_source_state *wq_waf_source_of(struct wq_waf_tx *tx, uint32_t source);
const struct wq_waf_pair_state *wq_waf_pair_of(struct wq_waf_tx *tx, uint32_t pair);
const struct wq_waf_view_state *wq_waf_view_of(struct wq_waf_tx *tx, uint32_t view);
/* Whether there is a byte that is not one of `plain`. */
static inline bool wq_waf_beyond(const uint64_t bytes[4], const uint64_t plain[4])
{
	return ((bytes[0] & ~plain[0]) | (bytes[1] & ~plain[1]) | (bytes[2] & ~plain[2]) | (bytes[3] & ~plain[3])) != 0;
}
static inline bool wq_waf_bit(const uint64_t *bits, uint32_t bit)
{
	return bits[bit / 64] >> (bit % 64) & 1;
}

/* operator.c: what the operator says, before negation. LIMIT: the pattern was given up. `item` is after transformation. */
struct wq_waf_found {
	wq_str groups[WQ_REGEX_GROUPS_MAX];
	size_t n;
};
enum wq_regex_answer wq_waf_ask(
	struct wq_waf_tx *tx, const struct wq_waf_rule *rule, struct wq_waf_item *item, struct wq_waf_found *found);
/* operator_regex.c: the regular expression of a rule; NULL: what its variables made of it is none. */
const struct wq_regex *wq_waf_regex_of(struct wq_waf_tx *tx, const struct wq_waf_rule *rule);
void wq_waf_expanded_done(struct wq_waf_worker *worker);
/* operator_check.c */
bool wq_waf_check_utf8(wq_str s);
bool wq_waf_check_number(enum wq_waf_op op, wq_str digits);
bool wq_waf_check_networks(const struct wq_waf_program *program, const struct wq_waf_rule *rule, wq_str addr);

/* macro.c: the text with its variables put in. Slices of what is there, or of the arena. */
wq_str wq_waf_expand(struct wq_waf_tx *tx, const struct wq_waf_macro *macro);
/* For people: each variable cut to WQ_WAF_CUT_BYTES. */
wq_str wq_waf_expand_cut(struct wq_waf_tx *tx, const struct wq_waf_macro *macro);

/* action.c */
void wq_waf_act(struct wq_waf_tx *tx, const struct wq_waf_rule *rule);
bool wq_waf_is_removed(struct wq_waf_tx *tx, uint32_t rule);
bool wq_waf_is_target_removed(struct wq_waf_tx *tx, uint32_t head, enum wq_waf_var var, wq_str name);
void wq_waf_exceptions_apply(struct wq_waf_tx *tx);

/* log.c */
void wq_waf_log(struct wq_waf_tx *tx, const struct wq_waf_rule *head, const struct wq_waf_item *item, bool disruptive);

/* budget.c: the deadline of one pattern on a long value, then that of the transaction again. Returns whether it was mostly time
 * of the processor that passed. */
struct wq_waf_pattern_clock {
	uint64_t since, cpu_since;
};
void wq_waf_pattern_start(struct wq_waf_tx *tx, struct wq_waf_pattern_clock *clock);
bool wq_waf_pattern_end(struct wq_waf_tx *tx, const struct wq_waf_pattern_clock *clock);
/* budget.c: whether anything is used up; sets tx->over. Cheap enough for every evaluation. */
bool wq_waf_over(struct wq_waf_tx *tx);
uint64_t wq_waf_elapsed(const struct wq_waf_tx *tx);
void wq_waf_clock_start(struct wq_waf_tx *tx);
void wq_waf_clock_stop(struct wq_waf_tx *tx);
/* Whether the time is used up, which may move the limit. */
bool wq_waf_time_up(struct wq_waf_tx *tx);

#endif
