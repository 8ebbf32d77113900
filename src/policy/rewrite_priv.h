/* The parts of policy/rewrite.h: naming addresses, reading refreshes and scripts, skipping what cannot matter. For this folder only. */
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
 * policy/policy.h on leave_prefix), and `address` what it names, empty when it was cut or the name was made before. */
enum wq_leave_verdict wq_naming_judge(struct wq_naming *naming, wq_str address);

/* ---- rewrite_names.c: names made before */

/* Whether the name of this decoded address hangs on nothing but it, the owner and the key; required below. */
bool wq_names_may_hold(const struct wq_naming *naming, wq_str address);
/* p is NULL when it is not there. Valid until the next is kept. */
wq_str wq_names_find(const struct wq_rewrite_options *options, wq_str address);
void wq_names_keep(const struct wq_rewrite_options *options, wq_str address, wq_str name);

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

/* ---- rewrite_skip.c: what of a document cannot matter */

enum { WQ_SKIP_TAG_MAX = 1024 }; /* with fewer than WQ_HTML_ATTRS_MAX attributes */

struct wq_skip {
	const struct wq_naming *naming;
	uint32_t tag_max;  /* at most WQ_SKIP_TAG_MAX: longer tags matter */
	bool select_opens; /* the value of an option may be an address */
	bool mark;         /* a mark that stands already has to be seen */
};

/* How many bytes of `rest`, which begins between tokens of data outside svg and math, are text and whole tags that the
 * rewriter has nothing to do with and that switch nothing for what follows. 0: the next tag may matter. */
size_t wq_skip_dull(const struct wq_skip *skip, wq_str rest);

/* ---- rewrite.c, for tests: skips nothing until the next reset */
void wq_rewrite_read_all(struct wq_rewrite *rewrite);

#endif
