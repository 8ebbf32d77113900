/* Volatile regions: what differs each time a page is fetched though nobody changed it (tokens, clocks, counters, session
 * ids), learnt from two fetches and described by rules that people approve with the release.
 *
 * A rule says: below this path, what stands between these bytes and those bytes, at most so long, is volatile. The bytes
 * are those of the page as delivered, so one rule serves every charset. Applying the rules to a page gives
 *     cut     the page without its REMOVE regions: what is sealed
 *     masked  the cut page with every FREEZE region emptied: what is compared (its SM3 is the entry's source digest)
 * Learning compares two fetches token by token (text/html.h) or, outside HTML, byte by byte; differing regions are joined,
 * and each gets the shortest context that makes it the only match, or the same kind of match, on the page. What cannot be
 * described (the structure differs, regions over WQ_VOLATILE_REGION_MAX, more than WQ_VOLATILE_REGIONS_MAX of them)
 * is "unruly": the path should be declared dynamic.
 * Bad at: pages that are shuffled on each fetch.
 */
#ifndef WQ_POLICY_VOLATILE_H
#define WQ_POLICY_VOLATILE_H

#include "policy/policy.h"

enum {
	WQ_VOLATILE_REGIONS_MAX = 64,   /* of one page */
	WQ_VOLATILE_MATCHES_MAX = 10000 /* of one page */
};

/* What a region looks like; for the reviewer's eyes and for the advice. */
enum wq_volatile_kind {
	WQ_VOLATILE_TOKEN,   /* random: hidden input, meta, nonce, in a link or a script */
	WQ_VOLATILE_SESSION, /* a session id in a link: PHPSESSID, jsessionid */
	WQ_VOLATILE_DATE,    /* a date or a time */
	WQ_VOLATILE_COUNTER, /* digits that grow */
	WQ_VOLATILE_OTHER
};
const char *wq_volatile_kind_name(enum wq_volatile_kind kind);
const char *wq_volatile_kind_title(enum wq_volatile_kind kind, enum wq_lang lang);

struct wq_volatile_region {
	uint64_t at, n; /* in the first fetch */
	enum wq_volatile_kind kind;
	bool in_form;                 /* it is the value of a form's field: sealing it breaks the form (a finding) */
	uint64_t line;                /* in the first fetch */
	struct wq_volatile_rule rule; /* that would cover it: prefix is that of the page; FREEZE */
};

struct wq_volatile_learnt {
	const struct wq_volatile_region *regions; /* in order; in the arena */
	size_t regions_n;
	bool unruly;
};

/* Compares two fetches of one page. `html` chooses tokens or bytes. `path` as in wq_policy_path(). Errors: WQ_E_NO_MEMORY. */
wq_err wq_volatile_learn(wq_str first, wq_str second, bool html, wq_str path, struct wq_arena *arena,
	struct wq_volatile_learnt *ret_learnt);

/* Joins rules learnt on many pages: equal contexts of several pages become one rule with the longest common path prefix,
 * but never one that reaches over a segment. Appends to nothing: gives the new list, sorted, without what `known` covers. */
wq_err wq_volatile_merge(const struct wq_volatile_rule *known, size_t known_n, const struct wq_volatile_rule *learnt,
	size_t learnt_n, struct wq_arena *arena, struct wq_volatile_rule **ret_rules, size_t *ret_n);

/* Applies the policy's rules to a page. `cut` and `masked` are appended to; NULL: not wanted. `*ret_matches` (may be NULL): how
 * often a rule matched. When nothing matches both are the page. Errors: WQ_E_LIMIT over WQ_VOLATILE_MATCHES_MAX, those of
 * the buffers. */
wq_err wq_volatile_apply(const struct wq_policy *policy, wq_str path, wq_str page, struct wq_buf *cut,
	struct wq_buf *masked, size_t *ret_matches);

#endif
