/* A release laid open for a reviewer: what it changes against the version that it builds on, in groups of changes with one
 * cause (flow/group.h), and the bytes of both sides for looking at.
 *
 * Nothing on the disk is believed: both bodies are checked against the ledger, every object against the digest that a body
 * binds. Memory is bounded by two pages and about 60 bytes for each change. The version before is the one that the
 * statement names; when it is no longer kept, everything shows as added, and `base_gone` says so.
 */
#ifndef WQ_FLOW_REVIEW_H
#define WQ_FLOW_REVIEW_H

#include "flow/diff.h"
#include "flow/review_page.h"
#include "flow/sealed.h"
#include "flow/textdiff.h"
#include "policy/profile.h"

enum { WQ_REVIEW_CHANGES_MAX = 4 * 1024 * 1024 };

struct wq_review_change {
	enum wq_change_kind kind;
	uint32_t was, is; /* numbers of entries; of a side that is not there UINT32_MAX */
	uint32_t group;
};

struct wq_review_group {
	wq_digest signature;
	uint32_t first, changes; /* number of its first change, and how many there are */
	enum wq_change_kind kind;
};

struct wq_review {
	struct wq_workspace *w;
	struct wq_release_row release;
	bool has_base, base_gone;
	struct wq_sealed_view base, body;
	struct wq_review_change *changes; /* in order of their keys */
	size_t changes_n, counts[3];      /* counts by enum wq_change_kind */
	struct wq_review_group *groups;   /* changed before added before gone, the largest first */
	size_t groups_n;
	uint64_t secret[2];
	struct wq_arena arena;
};

struct wq_review_options {
	void (*progress)(void *data, size_t changes); /* may be NULL */
	void *data;
};

/* `release` lives as long as the review. `options` may be NULL. Errors: WQ_E_NOT_FOUND (the body is no longer kept, or a
 * pack), WQ_E_ALTERED, WQ_E_LIMIT. */
wq_err wq_review_open(struct wq_workspace *workspace, const struct wq_release_row *release,
	const struct wq_review_options *options, struct wq_review **ret_review);
void wq_review_close(struct wq_review **review);

/* What differs between the two policies, line by line (policy/profile.h). Errors: those of wq_policy_decode(), `line`'s. */
wq_err wq_review_policy(struct wq_review *review, wq_policy_line_fn line, void *data);

/* The change with its entries; `ret_was` and `ret_is` are what the change points to. */
wq_err wq_review_at(const struct wq_review *review, size_t number, struct wq_entry *ret_was, struct wq_entry *ret_is,
	struct wq_change *ret_change);
/* The bytes of one side, appended. Requires: the change has that side. */
wq_err wq_review_bytes(struct wq_review *review, const struct wq_change *change, bool is, struct wq_buf *out);
/* Whether both sides are there and can be compared as text. */
bool wq_review_comparable(const struct wq_change *change);

/* What differs between the two sides of a change for a reader. Of an added or gone page one side is empty. */
struct wq_review_text {
	bool text, too_large, only_bytes; /* only_bytes: decoded, nothing differs that is shown */
	struct wq_review_page was, is;
	struct wq_textdiff seen, unseen, source; /* `source`: only when seen and unseen are equal */
};
/* Of pages that were read. */
wq_err wq_review_text_of(struct wq_arena *arena, const uint64_t secret[2], const struct wq_review_page *was,
	const struct wq_review_page *is, struct wq_review_text *ret_text);
wq_err wq_review_text(struct wq_review *review, const struct wq_change *change, struct wq_arena *arena,
	struct wq_review_text *ret_text);

#endif
