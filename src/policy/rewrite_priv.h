/* The parts of policy/rewrite.h: naming addresses, reading refreshes and scripts. For this folder only. */
#ifndef WQ_POLICY_REWRITE_PRIV_H
#define WQ_POLICY_REWRITE_PRIV_H

#include "policy/rewrite.h"

/* ---- rewrite_name.c: which addresses of one document lead out, and their names */

struct wq_naming {
	const struct wq_rewrite_options *options;
	struct wq_arena fixed, scratch;
	struct wq_url document, base;
	bool at_home;   /* the base is inside: what is relative to it stays */
	bool elsewhere; /* the base has another origin than the document: names are absolute */
	struct wq_hmac_key key;
	struct wq_buf address, name; /* of what was named last */
};

/* Done by the caller, also after an error. Errors: WQ_E_INPUT: the document's own address is none. */
wq_err wq_naming_init(struct wq_naming *naming, const struct wq_rewrite_options *options);
void wq_naming_done(struct wq_naming *naming);
/* <base href>, as written. What is no address, or none of http, changes nothing. */
void wq_naming_base(struct wq_naming *naming, wq_str address);
/* Whether a raw attribute value cannot but stay; false when in doubt. */
bool wq_naming_stays(const struct wq_naming *naming, wq_str raw);
/* Judges; when the address has to be replaced, `name` is what replaces it (of bytes that no quoting has to touch, see
 * policy/policy.h on leave_prefix), and `address` what it names, empty when it was cut. */
enum wq_leave_verdict wq_naming_judge(struct wq_naming *naming, wq_str address);

/* ---- rewrite_script.c: places inside decoded attribute values */

struct wq_place {
	size_t from, to;
};

/* The address in the content of <meta http-equiv=refresh>; false when there is none. */
bool wq_refresh_find(wq_str content, struct wq_place *ret_place);
/* The next string literal, from `*at` on, that is all of the address in window.open("…"), location = "…", location.href = "…",
 * location.assign("…") or location.replace("…"). The place is between the quotes; `*at` moves behind it. */
bool wq_script_find(wq_str script, size_t *at, struct wq_place *ret_place);
/* Appends what a literal means (ECMA-262 §12.9.4). False when it cannot be said. */
bool wq_script_decode(wq_str literal, struct wq_buf *out);

#endif
