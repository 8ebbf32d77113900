/* What transactions want to know of a program beforehand, derived once when it is made (plan.c); of this folder only.
 *
 * Targets that are the same are one *source* of values; a source with a chain of transformations is a *pair*; all pairs of one rule are its
 * *view*. Rules share views, so what is known of many strings together is found out once for all of them. Nothing here changes.
 */
#ifndef WQ_DETECT_WAF_PLAN_PRIV_H
#define WQ_DETECT_WAF_PLAN_PRIV_H

#include "detect/waf/program_priv.h"

struct wq_waf_source {
	struct wq_waf_target target; /* `count` left out */
	bool live;
	uint32_t base;           /* its pair with the empty chain; WQ_WAF_NONE when live */
	uint32_t slots, slots_n; /* TX by regular expression: the numbered slots that it names, in plan->slots */
};
struct wq_waf_pair {
	uint32_t source;
	uint16_t chain;
	bool candidates; /* some rule asks a pattern of it */
};
struct wq_waf_view {
	uint32_t pairs, pairs_n; /* in plan->lists */
};

enum wq_waf_how {
	WQ_HOW_LOOK,    /* at each value */
	WQ_HOW_PATTERN, /* when the view has the rule's pattern */
	WQ_HOW_BYTES    /* when the view has a byte that is not one of `plain` */
};
struct wq_waf_rule_plan {
	uint8_t how;
	uint8_t steps;         /* pairs for each target: 1, or with multiMatch one for each node of the chain */
	uint32_t view;         /* with PATTERN and BYTES */
	uint32_t pairs;        /* in plan->lists: targets_n * steps; WQ_WAF_NONE for live targets */
	const uint64_t *plain; /* bytes: a value of these alone never matches; NULL: not known */
};

struct wq_waf_plan {
	struct wq_waf_source *sources;
	struct wq_waf_pair *pairs;
	struct wq_waf_view *views;
	struct wq_waf_rule_plan *rules; /* as program->rules */
	uint32_t *target_source;        /* as program->targets */
	uint32_t sources_n, pairs_n, views_n;
	uint32_t *lists;
	uint32_t lists_n;
	uint32_t *slots; /* see wq_waf_source */
	uint32_t slots_n;
	/* Candidates of a string: (literals | asked) & what its length allows & what its bytes allow. Bytes that allow the same are a class;
	 * what a set of classes allows is kept by the worker, since strings that look alike come again and again. */
	uint64_t *by_length; /* WQ_PLAN_LENGTHS times words: lengths 0, 1, …, this or more */
	uint8_t class_of[256];
	uint32_t classes_n;
	uint64_t *needed_by,
		*barred_by; /* classes_n times words: patterns that one of the class is enough for; that it rules out */
	uint64_t *open;     /* patterns that need no particular byte */
	uint32_t serial;    /* of this plan, in this process: for what a worker keeps */
};
enum { WQ_PLAN_LENGTHS = 64 };

/* Whether a variable changes while rules run. */
bool wq_waf_var_live(enum wq_waf_var var);

#endif
