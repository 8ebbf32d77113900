/* How items become a program: what the parts of the compiler share. Of this folder only.
 *
 * compile_read.c   items in order → drafts: defaults, chains, removals and updates of what was read before
 * compile_select.c which drafts an id, a tag or a message means
 * compile_rule.c   a draft → a rule: compile_target.c, compile_operator.c, compile_action.c
 * compile_text.c   strings and macros, each kept once; names of TX → slots
 * compile_set.c    sets of rules for ctl
 * compile_flow.c   lists of phases, where skips go on
 * compile_fold.c   what is known before the first request, with compile_known.c
 * compile_pattern.c regular expressions and literals of the rules that are left
 *
 * What one item or the order of items must be, the parser has checked (wq_sec_check()); here is refused what shows only when it is
 * made: regular expressions, addresses, changes of what cannot be changed.
 *
 * Lists grow in the scratch arena and are copied to the program's arena at the end, where each is one array. Errors are
 * WQ_E_CONFIG with file and line, WQ_E_LIMIT and WQ_E_NO_MEMORY.
 */
#ifndef WQ_DETECT_WAF_COMPILE_PRIV_H
#define WQ_DETECT_WAF_COMPILE_PRIV_H

#include "base/map.h"
#include "detect/waf/program_priv.h"

enum {
	WQ_WAF_PROGRAM_BYTES_MAX = 256 * 1024 * 1024,
	WQ_WAF_ENTRIES_MAX = 1 << 24, /* of one list */
	WQ_WAF_SETS_MAX = 4096,
	WQ_WAF_ITEMS_OF_RULE_MAX = 4096 /* targets or actions, with what updates added */
};

#define WQ_WAF_BAD(place, format, ...) \
	wq_error(WQ_E_CONFIG, "%s:%u: " format, (place).file, (unsigned)(place).line __VA_OPT__(, ) __VA_ARGS__)
/* An error of a part that knows no place, with the place. */
wq_err wq_waf_bad_at(struct wq_sec_place place, wq_err e);

/* A list that grows. */
struct wq_waf_list {
	void *items;
	uint32_t n, room;
};
/* Room for `more` items of zero after the others; NULL: too many, or no memory. */
void *wq_waf_list_add(struct wq_arena *arena, struct wq_waf_list *list, size_t item_bytes, uint32_t more);
#define WQ_WAF_ADD(c, list, type) ((type *)wq_waf_list_add(&(c)->scratch, &(c)->list, sizeof(type), 1))
#define WQ_WAF_AT(c, list, type, i) (&((type *)(c)->list.items)[i])

/* A rule, link or marker as it was read. */
struct wq_waf_draft {
	const struct wq_sec_item *item;
	struct wq_sec_place place;
	uint32_t id; /* of the head */
	uint8_t phase;
	bool marker, link, always, removed;
	uint32_t head, next;                  /* drafts; WQ_WAF_NONE */
	uint32_t rule;                        /* its number in the program; WQ_WAF_NONE: none */
	uint32_t skip_to;                     /* a draft, or the number of drafts: the end; WQ_WAF_NONE */
	const struct wq_sec_action *defaults; /* of its phase, when it was read */
	size_t defaults_n;
	const struct wq_sec_action *actions; /* its own, then those of updates */
	size_t actions_n;
	const struct wq_sec_var *vars;
	size_t vars_n;
};

/* A regular expression or a list of phrases that rules name; compiled when it is known which rules are left. */
struct wq_waf_wish {
	wq_str text;
	bool caseless;
	const struct wq_sec_operator *phrases; /* @pm: no regular expression */
	struct wq_sec_place place;
	bool used;
	uint32_t number; /* in the program */
};

struct wq_waf_compiler {
	struct wq_waf_program *program;
	const struct wq_waf_load *load;
	const struct wq_sec_rules *items;
	struct wq_arena scratch;
	struct wq_map strings, macro_texts, slot_names, regex_texts, pattern_texts, set_texts;

	struct wq_waf_list drafts; /* struct wq_waf_draft */
	struct wq_waf_list targets, excludes, actions, parts, tags, macros, networks, byte_sets, slots, sets;
	struct wq_waf_list regexes, patterns; /* struct wq_waf_wish */
	bool *out;                            /* rules (heads) that folding decided */
};

/* ---- compile_read.c */
wq_err wq_waf_read(struct wq_waf_compiler *c);

/* ---- compile_select.c */
struct wq_waf_choice {
	enum { WQ_CHOOSE_ID, WQ_CHOOSE_TAG, WQ_CHOOSE_MSG } by;
	wq_str text;
	struct wq_regex *regex; /* of a tag or msg with the signs of one; else equality */
	struct wq_regex_scratch *matching;
};
/* Of `by` and `text`. Freed by wq_waf_choice_done(), also after an error. */
wq_err wq_waf_choice_init(struct wq_waf_choice *choice, struct wq_sec_place place);
void wq_waf_choice_done(struct wq_waf_choice *choice);
/* Whether it means this head. */
bool wq_waf_chosen(const struct wq_waf_choice *choice, const struct wq_waf_draft *draft);

/* ---- compile_text.c */
/* The program's own copy of a string, one for equal ones. p is NULL when there is no memory. */
wq_str wq_waf_keep(struct wq_waf_compiler *c, wq_str s);
/* In lower case. */
wq_str wq_waf_keep_lower(struct wq_waf_compiler *c, wq_str s);
wq_err wq_waf_slot_of(struct wq_waf_compiler *c, wq_str name, uint32_t *ret_slot);
/* Whether there are variables in it is in *ret_variable (may be NULL). */
wq_err wq_waf_macro_of(struct wq_waf_compiler *c, wq_str text, struct wq_waf_macro *ret_macro, bool *ret_variable);
/* Whether a text has %{a variable that is known…}. */
bool wq_waf_has_variable(wq_str text);
/* "5", "-3": what printing the number gives again. */
bool wq_waf_number(wq_str text, int64_t *ret_number);
/* As ModSecurity reads numbers: digits at the front, 0 when there are none. */
int64_t wq_waf_number_lax(wq_str text);

/* ---- compile_target.c */
wq_err wq_waf_targets_of(struct wq_waf_compiler *c, const struct wq_waf_draft *draft, struct wq_waf_rule *rule);
/* One that stands alone: of ctl. */
wq_err wq_waf_target_of(struct wq_waf_compiler *c, const struct wq_sec_var *var, struct wq_sec_place place,
	struct wq_waf_target *ret_target);
bool wq_waf_var_same(const struct wq_sec_var *a, const struct wq_sec_var *b);

/* ---- compile_operator.c */
wq_err wq_waf_operator_of(struct wq_waf_compiler *c, const struct wq_waf_draft *draft, struct wq_waf_rule *rule);

/* ---- compile_action.c, compile_rule.c */
wq_err wq_waf_act_of(struct wq_waf_compiler *c, const struct wq_sec_action *action, struct wq_sec_place place);
wq_err wq_waf_rules_of(struct wq_waf_compiler *c);

/* ---- compile_set.c */
/* The number of the set of rules that a ctl names; also of rules that come later in the files. */
wq_err wq_waf_set_of(
	struct wq_waf_compiler *c, enum wq_waf_ctl ctl, wq_str text, struct wq_sec_place place, uint32_t *ret_set);

/* ---- compile_flow.c */
/* Where each rule goes on when it skips, as drafts. */
void wq_waf_skips(struct wq_waf_compiler *c);
/* The lists of the phases, without what folding decided. */
wq_err wq_waf_flow(struct wq_waf_compiler *c);

/* ---- compile_fold.c: decides what is known before the first request; after wq_waf_skips(), before wq_waf_flow(). */
wq_err wq_waf_fold(struct wq_waf_compiler *c);

/* ---- compile_pattern.c */
wq_err wq_waf_regex_wish(
	struct wq_waf_compiler *c, wq_str text, bool caseless, struct wq_sec_place place, uint32_t *ret_wish);
/* Numbers of wishes in rules, targets and excludes become numbers of the program. */
wq_err wq_waf_pattern_wish(
	struct wq_waf_compiler *c, const struct wq_sec_operator *op, struct wq_sec_place place, uint32_t *ret_wish);
/* The regular expression and the pattern of a rule whose flags are set. */
wq_err wq_waf_pattern_of(struct wq_waf_compiler *c, wq_str text, struct wq_sec_place place, struct wq_waf_rule *rule);
wq_err wq_waf_patterns_make(struct wq_waf_compiler *c);

/* ---- compile_setting.c */
wq_err wq_waf_settings(struct wq_waf_compiler *c);

#endif
