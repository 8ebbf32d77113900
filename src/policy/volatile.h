/* Volatile regions: what differs each time a page is fetched though nobody changed it (tokens, clocks, counters, session
 * ids), learnt from two fetches and described by rules that people approve with the release.
 *
 * A rule says: below this path, what stands between these bytes and those bytes, at most so long, is volatile. The bytes
 * are those of the page as delivered, so one rule serves every charset. Applying the rules to a page gives
 *     cut     the page without its REMOVE regions: what is sealed
 *     masked  the cut page with every FREEZE region emptied: what is compared (its SM3 is the entry's source digest)
 * A region lies within one text, attribute value, script or comment, so it never spans markup, and a rule admits no more
 * than the kind of bytes that was seen (enum wq_volatile_bytes) and some more of them: what is planted beside or inside a
 * region is a difference. What a FREEZE region holds is never served; its rule only hides that it changed.
 *
 * Learning compares two fetches token by token (text/html.h) or, outside HTML, as one text; differing regions are joined
 * over punctuation, and each gets the shortest context that matches nothing else on the page, or little else of the same
 * kind (the counters of a list). What cannot be described (the structure differs, code that is more than a number or a
 * word, regions over WQ_VOLATILE_REGION_MAX, more than WQ_VOLATILE_REGIONS_MAX rules, texts that change places) is "unruly":
 * the path should be declared dynamic. The time is linear in the pages but for at most WQ_VOLATILE_DIFFERENCES_MAX regions.
 * Bad at: pages that are shuffled on each fetch; counters of which only few changed between the fetches; what differs once
 * in many fetches.
 */
#ifndef WQ_POLICY_VOLATILE_H
#define WQ_POLICY_VOLATILE_H

#include "policy/policy.h"

enum {
	WQ_VOLATILE_REGIONS_MAX = 64, /* rules of one page */
	WQ_VOLATILE_DIFFERENCES_MAX = 1024,
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
	bool in_form;   /* it is (or one of them is) a form field's value: sealing it breaks the form (a finding) */
	uint64_t line;  /* in the first fetch */
	uint32_t times; /* regions of the page that its rule covers; only the first of them is given */
	struct wq_volatile_rule rule; /* that would cover it: prefix is that of the page; FREEZE */
};

struct wq_volatile_learnt {
	const struct wq_volatile_region *regions; /* in order; in the arena */
	size_t regions_n;
	bool unruly;
};

/* Compares two fetches of one page. `html` chooses tokens or bytes. `path` as in wq_policy_path(). Unless it is unruly, applying
 * the rules to both gives the same masked bytes. Errors: WQ_E_NO_MEMORY. */
wq_err wq_volatile_learn(wq_str first, wq_str second, bool html, wq_str path, struct wq_arena *arena,
	struct wq_volatile_learnt *ret_learnt);

/* Joins rules learnt on many pages: equal contexts become one rule with the longest common path prefix, but never one that
 * reaches over a segment, the widest kind of bytes and the greatest length. Gives what is left, sorted, of which no rule is
 * covered by another or by one of `known`. Requires: `known_n` and `learnt_n` small enough for n² comparisons of rules with
 * different contexts (WQ_POLICY_VOLATILE_MAX). Errors: WQ_E_NO_MEMORY. */
wq_err wq_volatile_merge(const struct wq_volatile_rule *known, size_t known_n, const struct wq_volatile_rule *learnt,
	size_t learnt_n, struct wq_arena *arena, struct wq_volatile_rule **ret_rules, size_t *ret_n);

/* Applies the policy's rules to a page. `cut` and `masked` are appended to; NULL: not wanted. `*ret_matches` (may be NULL): how
 * often a rule matched. When nothing matches both are the page. Errors: WQ_E_LIMIT over WQ_VOLATILE_MATCHES_MAX, those of
 * the buffers. */
wq_err wq_volatile_apply(const struct wq_policy *policy, wq_str path, wq_str page, struct wq_buf *cut,
	struct wq_buf *masked, size_t *ret_matches);
/* Makes `*out` the page with the values that stand in the `sealed` one, wherever a FREEZE rule finds the same regions in both: one
 * in each, or, of several, those with the same bytes on both sides up to the next region of the rule. Else the page's own value
 * stays. The caller proves that both are the same page when masked. Both buffers are used. Errors: those of the buffers. */
wq_err wq_volatile_freeze(const struct wq_policy *policy, wq_str path, wq_str page, wq_str sealed, struct wq_buf *out,
	struct wq_buf *scratch);

#endif
