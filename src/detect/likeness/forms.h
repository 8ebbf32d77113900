/* The forms of a unit's name that a counterfeit may take. Private to detect/likeness. */
#ifndef WQ_DETECT_LIKENESS_FORMS_H
#define WQ_DETECT_LIKENESS_FORMS_H

#include "detect/likeness/names.h"
#include "detect/likeness/rules_priv.h"

enum { LIKENESS_FORMS = 48, LIKENESS_HAN_MAX = 40 };

struct likeness_form {
	enum likeness_kind kind;
	wq_str text; /* letters and digits; of Han kinds UTF-8 */
};

/* Of one subject, none twice, at most LIKENESS_FORMS. Lives in `arena`. */
wq_err likeness_forms(struct wq_arena *arena, const struct wq_likeness_rules *rules, const struct wq_subject *subject,
	struct likeness_form *ret_forms, size_t *ret_n);

/* The labels of a host, at most WQ_LIKENESS_LABELS; 0 when there are more or one is empty. */
size_t likeness_labels(wq_str host, wq_str *out);
/* The registrable part of a host: one label and its suffix. Empty for less. */
wq_str likeness_registrable(const struct wq_likeness_rules *rules, wq_str host);

#endif
