/* ARGS_PLAIN and ARGS_RUNS: the values of ARGS without Chinese text, and what stands between Chinese text in the others.
 *
 * Patterns of rule sets are made for values that *are* an attack. In a letter of a thousand characters they find a quotation mark here, a
 * price there and "or" in the name of a shop, and call all of it together an attack. An attack that is put into a letter stands in one run.
 *
 * A run never crosses Chinese text, with two exceptions: in a comment (SQL, C), and alone between two quotation marks of one kind; both may
 * be part of an attack. Quotation marks that have Chinese text on both sides go with it, and so does Chinese punctuation that touches
 * it; full-width letters, digits and signs do not. U+FFFD counts as Chinese: it is a broken character. WqRunsCut cuts runs further.
 * Bad at: what Chinese text means; an attack that is written with a Chinese character in its middle.
 */
#ifndef WQ_DETECT_WAF_RUNS_H
#define WQ_DETECT_WAF_RUNS_H

#include "detect/waf/eval_priv.h"

struct wq_waf_runs {
	struct wq_waf_tx *tx;
	wq_str text;
	size_t at;                     /* behind the last run */
	wq_str run;                    /* the one that patterns cut, */
	size_t cut;                    /* so far up to here */
	wq_str found[WQ_WAF_CUTS_MAX]; /* the next match of each pattern in it */
	uint32_t spent;                /* bits: patterns without another match in it */
	uint32_t left;                 /* runs that may still be cut: the last is all the rest */
	bool han;                      /* there is Chinese text in it */
	bool no_comment;               /* no comment ends from here on */
};
/* `text` must stay. It is read only up to the first Chinese character. */
struct wq_waf_runs wq_waf_runs_of(struct wq_waf_tx *tx, wq_str text);
/* The next run with anything but white space in it; false: no more, or the transaction's budget is used up (it is over then). Requires:
 * `han`. At most 512 runs of one value. */
bool wq_waf_run_next(struct wq_waf_runs *runs, wq_str *ret_run);
/* The variable that a value is called by: exceptions and logs know parts of ARGS as ARGS. */
static inline enum wq_waf_var wq_waf_var_shown(enum wq_waf_var var)
{
	return var == WQ_VAR_ARGS_PLAIN || var == WQ_VAR_ARGS_RUNS ? WQ_VAR_ARGS : var;
}

#endif
