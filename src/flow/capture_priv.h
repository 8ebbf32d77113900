/* What the files of a capture share. For flow/capture*.c only.
 *
 * Order of a capture: policy_open, (walk, second, learn), policy_close, page for each resource, propose.
 */
#ifndef WQ_FLOW_CAPTURE_PRIV_H
#define WQ_FLOW_CAPTURE_PRIV_H

#include "base/map.h"
#include "flow/capture.h"
#include "flow/check.h"
#include "flow/journal.h"
#include "flow/packs.h"
#include "flow/sealed.h"
#include "flow/transform.h"
#include "policy/profile.h"
#include "policy/volatile.h"
#include "vault/pack.h"

/* Bytes that are in a pack already. Packs are numbered: those of the sealed version first, then the writer's. */
struct wq_capture_object {
	struct wq_object_ref identity, gzip, brotli;
	bool has_gzip, has_brotli;
	uint8_t checked; /* enum wq_check_as: these bytes were looked at, at another address */
};

struct wq_capturing {
	struct wq_workspace *w;
	const struct wq_app_row *app;
	const struct wq_capture_options *options;
	struct wq_capture_result *result;
	struct wq_arena arena;   /* of this capture */
	struct wq_arena scratch; /* of one resource */

	bool has_base;
	struct wq_sealed_view base;
	struct wq_packs *packs;
	struct wq_policy sealed; /* the policy of the base */

	struct wq_profile profile;
	struct wq_suffix_rules *suffixes;
	const wq_str *inside, *confirmed; /* hosts, of the profile, the rules of the day and the approvals (B6, B5) */
	size_t inside_n, confirmed_n;
	struct wq_policy policy; /* of the body to be */
	struct wq_buf block;     /* the same, encoded */
	bool same_settings;      /* pages that are the same need not be made anew */
	bool same_volatiles;

	struct wq_journal *journal; /* of an origin by HTTP */
	struct wq_transform *transform;
	struct wq_checks *checks;
	struct wq_findings findings;
	struct wq_map worst; /* key -> severity + 1 of its worst finding, for its event */

	struct wq_map judged;  /* by HTTP: key -> whether its answer is what is sealed */
	struct wq_map listed;  /* keys with listed parameters that a directory gave */
	struct wq_map objects; /* digest -> struct wq_capture_object */
	struct wq_pack_writer *writer;
	struct wq_entry_new *entries;
	size_t entries_n, entries_room;
	size_t kept; /* entries that stay exactly as they are sealed */
	struct wq_buf encoded, cut, masked, was, before, after, frozen;
	struct wq_capture_progress progress;
};

/* capture.c: counts one more resource, or none; WQ_E_INTERRUPTED when the caller has enough. */
wq_err wq_capture_tick(struct wq_capturing *c, uint64_t resources, uint64_t bytes);

/* capture_policy.c: today's profile, suffixes, and what is sealed of volatile regions; then, with what was learnt, encoded. */
wq_err wq_capture_policy_open(struct wq_capturing *c);
wq_err wq_capture_policy_close(struct wq_capturing *c, const struct wq_volatile_rule *learnt, size_t learnt_n);
/* Whether a key (or path) is sealed by policy, whatever an origin makes of its parameters. */
bool wq_capture_wants(const struct wq_policy *policy, wq_str path);

/* capture_walk.c: the origin into the journal; the second look. */
wq_err wq_capture_walk(struct wq_capturing *c);
wq_err wq_capture_second(struct wq_capturing *c);
/* capture_learn.c: rules from both looks, and the findings about them. */
wq_err wq_capture_learn(struct wq_capturing *c, struct wq_volatile_rule **ret_rules, size_t *ret_n);

/* capture_judge.c */
/* Whether a resource is what is sealed at its key, but for the volatile regions of the sealed policy. One answer of an origin
 * by HTTP is hashed once, however often this is asked. */
wq_err wq_capture_is_sealed(
	struct wq_capturing *c, const struct wq_site_item *item, struct wq_entry *ret_was, bool *ret_same);
/* The same of everything in the journal that needs no masking, in lanes: what is asked afterwards is known. */
wq_err wq_capture_judge(struct wq_capturing *c);

/* capture_page.c */
/* The page without what is removed (`ret_cut`, may be NULL) and the digest by which it is compared. */
wq_err wq_capture_mask(struct wq_capturing *c, const struct wq_policy *policy, const struct wq_site_item *item,
	wq_str *ret_cut, wq_digest *ret_source);
/* Whether a content type may have volatile regions that can be described: text, scripts, JSON, XML. */
bool wq_capture_may_vary(wq_str type);
/* One resource: kept, or cut, transformed, checked and stored. A wq_site_fn. */
wq_err wq_capture_page(void *data, const struct wq_site_item *item);
/* A sealed entry as it is, with what it was captured as. */
wq_err wq_capture_keep(struct wq_capturing *c, const struct wq_entry *was);
/* Adds a finding of a capture's own rules at a key. */
wq_err wq_capture_find(struct wq_capturing *c, struct wq_finding *finding, wq_str key);

/* capture_store.c */
wq_err wq_capture_open_base(struct wq_capturing *c);
wq_err wq_capture_add_entry(struct wq_capturing *c, const struct wq_entry_new *entry);
/* The object of these bytes, whose SM3 is `digest`, stored once. `type` says whether an encoded form is worth having. */
wq_err wq_capture_store(
	struct wq_capturing *c, wq_str bytes, wq_digest digest, wq_str type, struct wq_capture_object **ret_object);
wq_err wq_capture_remember(struct wq_capturing *c, const struct wq_entry *entry);

/* capture_propose.c */
wq_err wq_capture_propose(struct wq_capturing *c);
/* capture_record.c: inside an append that was begun. */
wq_err wq_capture_record(struct wq_capturing *c, const struct wq_snapshot *proposed, wq_digest root);

#endif
