/* Words of an inspection: stable names for files and scripts, titles for people. Private to flow/inspect and its command. */
#ifndef WQ_FLOW_INSPECT_WORDS_H
#define WQ_FLOW_INSPECT_WORDS_H

#include "flow/inspect/inspection.h"

/* "organ", "institution", "union", "enterprise", "other", "unknown". Parsing writes only when true. */
const char *wq_subject_kind_name(enum wq_subject_kind kind);
const char *wq_subject_kind_title(enum wq_subject_kind kind, enum wq_lang lang);
bool wq_subject_kind_parse(wq_str text, enum wq_subject_kind *ret_kind);

/* "told", "suffix", "address", "page", "nothing"; the sentence says why the kind is what it is. */
const char *wq_inspect_why_name(enum wq_inspect_why why);
const char *wq_inspect_why_title(enum wq_inspect_why why, enum wq_lang lang);
bool wq_inspect_why_parse(wq_str text, enum wq_inspect_why *ret_why);

/* "veto", "deduct", "bonus"; with a language for people. */
const char *wq_inspect_indicator_kind_name(enum wq_indicator_kind kind);
const char *wq_inspect_indicator_kind_title(enum wq_indicator_kind kind, enum wq_lang lang);
bool wq_inspect_indicator_kind_parse(wq_str text, enum wq_indicator_kind *ret_kind);
bool wq_inspect_verdict_parse(wq_str text, enum wq_indicator_verdict *ret_verdict);

/* "yes", "no", "unknown"; with a language for people. */
const char *wq_inspect_said_name(enum wq_inspect_said said);
const char *wq_inspect_said_title(enum wq_inspect_said said, enum wq_lang lang);
bool wq_inspect_said_parse(wq_str text, enum wq_inspect_said *ret_said);

/* The title of a rule by its name; the name itself for one that this release does not know. */
wq_str wq_inspect_rule_title(wq_str rule, enum wq_lang lang);

/* "2026-11-22 11:08:39" in China, where the rules hold. */
const char *wq_inspect_time(wq_time t, char out[32]);
/* Whole days until the certificate ends, counted from `now`; negative when it has ended. */
int64_t wq_inspect_days_left(const struct wq_inspect_tls *tls, wq_time now);

#endif
