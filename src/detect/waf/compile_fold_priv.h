/* What the two halves of folding share: see compile_fold.c. Of this folder only. */
#ifndef WQ_DETECT_WAF_COMPILE_FOLD_PRIV_H
#define WQ_DETECT_WAF_COMPILE_FOLD_PRIV_H

#include "detect/waf/compile_priv.h"

enum wq_waf_fold_set { WQ_FOLD_RULES = 1, WQ_FOLD_TARGETS = 2 /* of TX */ };

struct wq_waf_fold {
	struct wq_waf_compiler *c;
	bool *unknown;     /* slots that a rule that is left may have written, or that are not ours to know */
	bool *touched;     /* slots that a rule that is left has read or written */
	bool *dirty;       /* slots that the chain which is being asked writes before its next link */
	bool *landing;     /* drafts at which a rule may go on that has skipped */
	uint8_t *sets;     /* of rules: what a ctl may have taken out of play, enum wq_waf_fold_set */
	uint32_t farthest; /* up to this draft, not everybody comes by */
	bool may_have_stopped;
	struct wq_waf_value *before; /* room for program->initial, to go back to */
	bool match_matters;          /* a rule looks at the last match of the rules before it */
};

enum wq_waf_known { WQ_KNOWN_NO, WQ_KNOWN_YES, WQ_KNOWN_MAYBE };

/* Whether a rule, with its links, matches. NO only when it does nothing on the way to that. Errors: WQ_E_NO_MEMORY. */
wq_err wq_waf_fold_ask(struct wq_waf_fold *f, const struct wq_waf_rule *head, enum wq_waf_known *ret_answer);
/* Does what a rule that matches sets, in program->initial. *ret_done false: it cannot be done there, nothing was. */
void wq_waf_fold_sets(struct wq_waf_fold *f, const struct wq_waf_rule *head, bool *ret_done);
/* An operator's argument whose variables are known becomes a constant. */
wq_err wq_waf_fold_argument(struct wq_waf_fold *f, struct wq_waf_rule *rule);

#endif
