/* Whose names and pages are protected, from a file: for whoever looks after many units without registering them here.
 *
 *     weique-protected 1                 form: finding/datafile.h
 *     version: … / date: … / source: …
 *     [unit yunshan]                     id
 *     name: 云山县人民政府
 *     short: 云山县政府                  may be repeated
 *     host: www.yunshan.gov.cn           may be repeated
 *     icp: / police: / site-code: / mark:  as registered
 *
 * Invariants: hosts are canonical (text/key.h); at most WQ_LIKENESS_UNITS units.
 */
#ifndef WQ_INSPECT_FAKE_PROTECTED_H
#define WQ_INSPECT_FAKE_PROTECTED_H

#include "base/arena.h"
#include "finding/subject.h"

enum { WQ_FAKE_HOSTS_MAX = 64, WQ_FAKE_SHORTS_MAX = 16 };

/* Everything lives in `arena`, and in `bytes`. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line. */
wq_err wq_fake_protected_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_subject **ret_subjects, size_t *ret_n);

#endif
