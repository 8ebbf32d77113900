/* The profile: the text in which an operator says how one application is guarded, and what becomes of it.
 *
 * libconfig's syntax by a table of rows (base/conf.h), from which the manual follows (docs/profile.md):
 *
 *     paths  = [ "/search dynamic", "/admin staff", "/tmp closed", "/static sealed query=ignore",
 *                "/list sealed query=page,size" ];
 *     staff  = { from = [ "10.0.0.0/8" ]; };
 *     leave  = { prompt = true; name = "云山县人民政府"; path = "/leave/"; inside = [ "www.partner.example" ]; };
 *     footer = "<p>…</p>";
 *     csp    = "off";                                   off | report | enforce
 *     volatile = [ "freeze /news \"阅读次数：\" \"次\" 16 digits" ];
 *     capture = { twice = true; };                      learn what differs from fetch to fetch
 *     confirmed = [ "www.12306.cn" ];                   outside hosts whose links the responsible leader confirmed (B5);
 *                                                       approvals of links confirm besides
 *
 * What only capture needs (`capture`, `confirmed`) does not become part of the policy block.
 */
#ifndef WQ_POLICY_PROFILE_H
#define WQ_POLICY_PROFILE_H

#include "base/conf.h"
#include "policy/policy.h"

enum { WQ_PROFILE_BYTES_MAX = 48 * 1024 };

struct wq_profile {
	struct wq_policy
		policy; /* sorted, as if decoded; `suffixes` is empty: they come from the rules of the day, wq_policy_suffixes() */
	const wq_str *confirmed; /* canonical hosts */
	size_t confirmed_n;
	bool twice;
};

/* Parses `text` (empty: every default); everything lives in `arena`. `source` stands for the file in messages. Errors:
 * WQ_E_CONFIG with file, line and how to mend it. */
wq_err wq_profile_parse(wq_str text, const char *source, struct wq_arena *arena, struct wq_profile *ret_profile);
/* The table, and the manual in both languages. */
const struct wq_conf_row *wq_profile_rows(size_t *ret_n);
void wq_profile_document(struct wq_buf *out);

/* "digits", "hex", "word", "base64", "clock", "text", "any". */
const char *wq_volatile_bytes_name(enum wq_volatile_bytes bytes);
/* One rule as it is written in a profile (there each \ and " once more after a \): freeze /news "阅读次数：" "次" 16 digits.
 * In the quotation marks stand \" \\ \n \r \t and \xNN for bytes that are no text. Appended; errors: those of `out`. */
wq_err wq_volatile_rule_text(const struct wq_volatile_rule *rule, struct wq_buf *out);
/* The bytes' name may be left out: text. Errors: WQ_E_INPUT with how to write it. */
wq_err wq_volatile_rule_parse(wq_str text, struct wq_arena *arena, struct wq_volatile_rule *ret_rule);

/* The suffixes that are reserved to organs on `day` by rules/suffix.conf (text/host.h), for policy.suffixes. */
wq_err wq_policy_suffixes(
	const struct wq_suffix_rules *rules, wq_day day, struct wq_arena *arena, const wq_str **ret, size_t *ret_n);

/* What differs between two policies, line by line, for a reviewer: '+' and "path /search dynamic". Calls `line` once for
 * each; nothing when equal. `old` may be NULL: the default. Requires: decoded policies. Text of a footer comes as it is, line
 * by line: escape it. Errors: WQ_E_NO_MEMORY, what `line` returned. */
typedef wq_err (*wq_policy_line_fn)(void *data, char sign, wq_str text);
wq_err wq_policy_diff(const struct wq_policy *old, const struct wq_policy *policy, wq_policy_line_fn line, void *data);

#endif
