/* What rules become: flat arrays of small records that refer to each other by number. Made by compile*.c, run by eval*.c; of this
 * folder only. After wq_waf_program_new() nothing in it changes.
 *
 * Strings of rules live in the program's arena. TX names are numbered slots (0 to 9 are the captures TX:0 to TX:9); a name that only
 * comes to be at run time (setvar with a macro in its name) lives beside them in the transaction. Patterns are numbered: pattern p is
 * bit p of a string's candidates: the bit says "may match". For phrase lists (@pm) a set bit *is* the answer.
 *
 * How a rule is answered without looking at every value: for each pair (set of values, chain) the transaction keeps the union of
 * candidates over its distinct strings. A rule whose bit is in no union of its targets is done. See eval_priv.h.
 */
#ifndef WQ_DETECT_WAF_PROGRAM_PRIV_H
#define WQ_DETECT_WAF_PROGRAM_PRIV_H

#include <stdatomic.h>

#include "detect/match/literals.h"
#include "detect/match/regex.h"
#include "detect/transform/pool.h"
#include "detect/waf/waf.h"

#define WQ_WAF_NONE UINT32_MAX
enum {
	WQ_WAF_PHASES = 5,
	WQ_WAF_CAPTURES = 10,
	WQ_WAF_SLOTS_MAX = 4096,
	WQ_WAF_NAME_MAX = 256, /* bytes of a name in TX that rules write */
	WQ_WAF_PATTERNS_MAX = 4096,
	WQ_WAF_RULES_MAX = 20000,
	WQ_WAF_CUTS_MAX = 32
};

/* A text with %{…} in it: `parts_n` parts from `parts`. A macro without variables has one part. */
struct wq_waf_macro {
	uint32_t parts, parts_n; /* in program->parts */
};
struct wq_waf_part {
	wq_str text;   /* literal; or the selector of the variable, in lower case where names are without case */
	uint8_t var;   /* enum wq_waf_var; WQ_VAR_COUNT: literal */
	uint32_t slot; /* of TX; WQ_WAF_NONE: by name at run time */
};

/* What a rule looks at. Order as written; exclusions are compiled into the targets that they concern. */
struct wq_waf_target {
	uint8_t var;      /* enum wq_waf_var */
	uint8_t selector; /* enum wq_sec_selector */
	bool count;
	wq_str name;                   /* compared without case */
	uint32_t regex;                /* in program->regexes, for WQ_SEC_SELECT_REGEX */
	uint32_t slot;                 /* TX with a known name */
	uint32_t excludes, excludes_n; /* in program->excludes */
};
struct wq_waf_exclude {
	uint8_t selector;
	wq_str name;
	uint32_t regex;
};

enum wq_waf_rule_flag {
	WQ_RULE_LOG = 1,
	WQ_RULE_CAPTURE = 2,
	WQ_RULE_MULTI_MATCH = 4,
	WQ_RULE_NEGATED = 8,
	WQ_RULE_ALWAYS = 16, /* SecAction, @unconditionalMatch without targets */
	/* the operator's argument has variables in it; of @rx: no `regex` and no `pattern`, the text is a regular expression when the
	 * variables are put in */
	WQ_RULE_MACRO_ARGUMENT = 32,
	WQ_RULE_CHAINED = 64 /* it is a link, not a head */
};

enum wq_waf_allow { WQ_ALLOW_ALL, WQ_ALLOW_PHASE, WQ_ALLOW_REQUEST };

/* Comparisons with numbers and literal texts have their argument here when it is no macro. */
struct wq_waf_rule {
	uint32_t id; /* of the head, for links too */
	uint8_t phase;
	uint8_t severity; /* 255: none */
	uint8_t op;       /* enum wq_waf_op */
	uint8_t disrupt;  /* enum wq_waf_disruption */
	uint8_t allow;    /* enum wq_waf_allow, when `disrupt` is WQ_WAF_ALLOW */
	uint16_t flags;
	uint16_t status;
	uint16_t chain; /* of transformations */
	uint32_t targets, targets_n;
	uint32_t pattern; /* bit of candidates; WQ_WAF_NONE */
	uint32_t regex;   /* of rx; else WQ_WAF_NONE */
	uint32_t table;   /* of ipMatch, validateByteRange: in program->networks, ->byte_sets; else WQ_WAF_NONE */
	uint32_t table_n;
	int64_t number; /* of eq, ge, … */
	struct wq_waf_macro argument;
	uint32_t actions, actions_n; /* non-disruptive, in order, in program->actions */
	uint32_t link;               /* the next rule of the chain; WQ_WAF_NONE */
	uint32_t skip;               /* skipAfter or skip: index in the phase's list to go on at; WQ_WAF_NONE */
	struct wq_waf_macro message, data, url;
	uint32_t tags, tags_n; /* macros, in program->tags */
	wq_str rev, ver, file;
	uint32_t line;
};

enum wq_waf_set { WQ_SET_TO, WQ_SET_ADD, WQ_SET_SUBTRACT, WQ_SET_UNSET };
/* A non-disruptive action. */
struct wq_waf_act {
	uint8_t action; /* enum wq_waf_action: setvar, ctl, initcol, expirevar, setenv, … */
	uint8_t ctl;    /* enum wq_waf_ctl */
	uint8_t set;    /* enum wq_waf_set */
	uint8_t var;    /* collection of a setvar: TX, IP, …; of a ctl's target */
	uint32_t slot;  /* of TX with a known name; else WQ_WAF_NONE */
	bool is_number; /* `number` is the value: no macro; always so with ADD and SUBTRACT of a constant */
	int64_t number;
	struct wq_waf_macro name, value;
	uint32_t rules;  /* ctl:ruleRemove…: set of rules, in program->rule_sets */
	uint32_t target; /* ctl:ruleRemoveTarget…: in program->targets; WQ_WAF_NONE */
	wq_str text;     /* ctl's argument */
};

/* The value of a slot. A number ("5", "-3", no zeros before it) has its decimal form in `text` as well. */
struct wq_waf_value {
	bool set;
	bool is_number;
	int64_t number;
	wq_str text;
};

struct wq_waf_pattern {
	uint32_t regex;      /* WQ_WAF_NONE: a phrase list, decided by its bit */
	struct wq_need need; /* min_bytes, any_of, only; the literals are in program->literals */
};

struct wq_waf_program {
	_Atomic uint32_t refs;
	struct wq_arena arena;
	struct wq_waf_info info;

	struct wq_waf_rule *rules; /* heads and links; a chain's links follow their head */
	uint32_t rules_n;
	/* heads of each phase in order, folded ones left out; markers are positions in it */
	uint32_t *phases[WQ_WAF_PHASES + 1];
	uint32_t phases_n[WQ_WAF_PHASES + 1];

	struct wq_waf_target *targets;
	uint32_t targets_n;
	struct wq_waf_exclude *excludes;
	uint32_t excludes_n;
	struct wq_waf_act *actions;
	uint32_t actions_n;
	struct wq_waf_part *parts;
	uint32_t parts_n;
	struct wq_waf_macro *tags;
	uint32_t tags_n;
	/* bit sets over rules (heads), rule_words words each */
	uint64_t *rule_sets;
	uint32_t rule_sets_n, rule_words;

	struct wq_regex **regexes;
	uint32_t regexes_n;
	struct wq_waf_pattern *patterns;
	uint32_t patterns_n, pattern_words;
	struct wq_literals *literals; /* of all patterns; owner = pattern */
	uint64_t *asked;              /* pattern_words: patterns without literals: candidates from the start */
	struct wq_chains *chains;

	struct wq_waf_network *networks; /* of ipMatch */
	uint32_t networks_n;
	uint64_t (*byte_sets)[4]; /* of validateByteRange */
	uint32_t byte_sets_n;

	wq_str *slots; /* names, lower case, at most WQ_WAF_NAME_MAX bytes */
	uint32_t slots_n;
	uint32_t *slot_buckets; /* of wq_waf_slot(): number + 1, 0: free */
	uint32_t slot_buckets_n;
	struct wq_waf_value *initial; /* slots as they stand before the first rule that is not folded */

	/* settings */
	uint8_t engine; /* 0 off, 1 on, 2 detection only */
	bool request_body, response_body;
	bool gb18030;                           /* WqFallbackCharset */
	struct wq_regex *cuts[WQ_WAF_CUTS_MAX]; /* WqRunsCut */
	uint32_t cuts_n;
	bool body_limit_partial, response_limit_partial;
	uint64_t request_body_limit, request_no_files_limit, response_body_limit;
	uint32_t json_depth, args_limit, match_limit;
	char argument_separator;
	wq_str web_app_id;        /* SecWebAppId; empty: none */
	const wq_str *mime_types; /* of response bodies */
	size_t mime_types_n;
	bool plain; /* as wq_waf_load */
	/* which variables any rule of a phase looks at: bit enum wq_waf_var; tells what need not be made */
	uint64_t wanted[WQ_WAF_PHASES + 1][3];

	struct wq_waf_plan *plan; /* of the evaluator (eval_priv.h), made last, by wq_waf_plan_new() */
};

struct wq_waf_network { /* IPv4 as IPv4-mapped */
	uint8_t addr[16];
	uint8_t bits; /* of 128 */
};

/* An exception of an application, for a program. */
struct wq_waf_removal {
	const uint64_t *rules; /* bit set over heads, rule_words words */
	bool whole;            /* these rules do not run; else they do not look at `target` */
	struct wq_waf_target target;
	uint64_t mark;
};
struct wq_waf_exceptions {
	const struct wq_waf_program *program;
	struct wq_arena arena;
	struct wq_waf_removal *list; /* as many, and in the order, as given */
	size_t n;
	struct wq_regex **regexes; /* `target.regex` counts in these, not in the program's */
	uint32_t regexes_n;
};

/* items → program. */
wq_err wq_waf_compile(
	const struct wq_sec_rules *rules, const struct wq_waf_load *load, struct wq_waf_program **ret_program);
/* What the evaluator derives from a finished program: `program->plan`, in its arena. To be called as the last step of making a
 * program. Nothing to free. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_waf_plan_new(struct wq_waf_program *program);
/* Makes wq_waf_slot() work. */
wq_err wq_waf_slots_index(struct wq_waf_program *program);
/* The slot of a name, without case; WQ_WAF_NONE when no rule names it. */
uint32_t wq_waf_slot(const struct wq_waf_program *program, wq_str name);

/* Whether response bodies of a Content-Type are looked at. */
bool wq_waf_is_listed(const struct wq_waf_program *program, wq_str content_type);

#endif
