#include "flow/review.h"

#include "base/map.h"
#include "flow/group.h"
#include "vault/pack_object.h"

enum { SCRATCH_MEMORY = 1024 * 1024 * 1024, CHANGES_MEMORY = 1024 * 1024 * 1024 };

struct grouping {
	struct wq_review *review;
	const struct wq_review_options *options;
	struct wq_map by_signature; /* signature -> number of the group + 1 */
	struct wq_arena scratch;
	struct wq_buf was, is;
	size_t changes_room, groups_room;
};

/* ---- both sides ---- */

bool wq_review_comparable(const struct wq_change *change)
{
	return change->was && change->is && wq_review_is_text(change->was->type) &&
		wq_review_is_text(change->is->type) && change->was->identity.length_bytes <= WQ_REVIEW_PAGE_MAX &&
		change->is->identity.length_bytes <= WQ_REVIEW_PAGE_MAX;
}

wq_err wq_review_at(const struct wq_review *review, size_t number, struct wq_entry *ret_was, struct wq_entry *ret_is,
	struct wq_change *ret_change)
{
	const struct wq_review_change *change = &review->changes[number];
	struct wq_change c = {.kind = change->kind};

	if (change->was != UINT32_MAX) {
		if (!wq_snapshot_entry(&review->base.snapshot, change->was, ret_was))
			return wq_error(WQ_E_FORMAT, "entry %u of the version before", change->was);
		c.was = ret_was;
		c.key = ret_was->key;
	}
	if (change->is != UINT32_MAX) {
		if (!wq_snapshot_entry(&review->body.snapshot, change->is, ret_is))
			return wq_error(WQ_E_FORMAT, "entry %u", change->is);
		c.is = ret_is;
		c.key = ret_is->key;
	}
	*ret_change = c;
	return WQ_OK;
}

wq_err wq_review_bytes(struct wq_review *review, const struct wq_change *change, bool is, struct wq_buf *out)
{
	const struct wq_entry *entry = is ? change->is : change->was;
	const struct wq_snapshot *snapshot = is ? &review->body.snapshot : &review->base.snapshot;
	char hex[WQ_DIGEST_HEX], path[4096];
	wq_digest pack;
	uint64_t bytes;

	if (!wq_snapshot_pack(snapshot, entry->identity.pack, &pack, &bytes))
		return wq_error(WQ_E_FORMAT, "pack %u of %.*s", entry->identity.pack, WQ_S_ARG(entry->key));
	if (snprintf(path, sizeof path, "%s/vault/packs/%s.pack", review->w->dir, wq_digest_hex(pack, hex)) >=
		(int)sizeof path)
		return wq_error(WQ_E_LIMIT, "the directory's name is too long");
	return wq_pack_object_read(
		path, entry->identity.number, entry->identity.length_bytes, entry->identity.digest, out);
}

/* ---- groups ---- */

static wq_err grow(struct wq_arena *arena, void **items, size_t n, size_t *room, size_t size)
{
	void *more;

	if (n < *room)
		return WQ_OK;
	more = wq_arena_alloc(arena, (*room ? 2 * *room : 256) * size);
	WQ_TRY(wq_arena_err(arena));
	if (n > 0)
		memcpy(more, *items, n * size);
	*items = more;
	*room = *room ? 2 * *room : 256;
	return WQ_OK;
}

static wq_err signature(struct grouping *g, const struct wq_change *change, wq_digest *ret)
{
	struct wq_group_sides sides = {.compared = wq_review_comparable(change)};

	wq_arena_reset(&g->scratch);
	wq_buf_clear(&g->was);
	wq_buf_clear(&g->is);
	if (sides.compared) {
		WQ_TRY(wq_review_bytes(g->review, change, false, &g->was));
		WQ_TRY(wq_review_bytes(g->review, change, true, &g->is));
		sides.was = wq_buf_str(&g->was);
		sides.is = wq_buf_str(&g->is);
	}
	return wq_group_signature(&g->scratch, g->review->secret, change, &sides, ret);
}

static wq_err group_of(struct grouping *g, const struct wq_change *change, uint32_t *ret_group)
{
	struct wq_review *r = g->review;
	wq_digest name;
	uintptr_t known;

	WQ_TRY(signature(g, change, &name));
	known = (uintptr_t)wq_map_get(&g->by_signature, wq_str_of(name.b, sizeof name.b));
	if (!known) {
		WQ_TRY(grow(&r->arena, (void **)&r->groups, r->groups_n, &g->groups_room, sizeof *r->groups));
		r->groups[r->groups_n++] = (struct wq_review_group){
			.signature = name, .first = (uint32_t)r->changes_n, .kind = change->kind};
		known = r->groups_n;
		WQ_TRY(wq_map_put(&g->by_signature, wq_str_of(name.b, sizeof name.b), (void *)known, NULL));
	}
	*ret_group = (uint32_t)known - 1;
	r->groups[*ret_group].changes++;
	return WQ_OK;
}

static wq_err one_change(void *data, const struct wq_change *change)
{
	struct grouping *g = data;
	struct wq_review *r = g->review;
	struct wq_review_change c = {.kind = change->kind,
		.was = change->was ? change->was->number : UINT32_MAX,
		.is = change->is ? change->is->number : UINT32_MAX};

	if (r->changes_n == WQ_REVIEW_CHANGES_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d changes", WQ_REVIEW_CHANGES_MAX);
	WQ_TRY(group_of(g, change, &c.group));
	WQ_TRY(grow(&r->arena, (void **)&r->changes, r->changes_n, &g->changes_room, sizeof *r->changes));
	r->changes[r->changes_n++] = c;
	r->counts[change->kind]++;
	if (g->options && g->options->progress)
		g->options->progress(g->options->data, r->changes_n);
	return WQ_OK;
}

static int group_order(const void *a, const void *b)
{
	const struct wq_review_group *x = a, *y = b;
	static const int rank[] = {[WQ_CHANGE_CHANGED] = 0, [WQ_CHANGE_ADDED] = 1, [WQ_CHANGE_GONE] = 2};

	if (x->kind != y->kind)
		return rank[x->kind] - rank[y->kind];
	if (x->changes != y->changes)
		return x->changes > y->changes ? -1 : 1;
	return x->first < y->first ? -1 : 1;
}

/* The changes keep saying which group is theirs. */
static wq_err order_groups(struct wq_review *r)
{
	uint32_t *place = wq_arena_alloc(&r->arena, (r->groups_n + 1) * sizeof *place);

	WQ_TRY(wq_arena_err(&r->arena));
	if (r->groups_n > 0)
		qsort(r->groups, r->groups_n, sizeof *r->groups, group_order);
	for (uint32_t i = 0; i < r->groups_n; i++)
		place[r->changes[r->groups[i].first].group] = i;
	for (size_t i = 0; i < r->changes_n; i++)
		r->changes[i].group = place[r->changes[i].group];
	return WQ_OK;
}

static wq_err make_groups(struct wq_review *r, const struct wq_review_options *options)
{
	struct grouping g = {.review = r,
		.options = options,
		.was = WQ_BUF_INIT(WQ_REVIEW_PAGE_MAX),
		.is = WQ_BUF_INIT(WQ_REVIEW_PAGE_MAX)};
	wq_err e;

	wq_arena_init(&g.scratch, SCRATCH_MEMORY);
	wq_map_init(&g.by_signature, WQ_REVIEW_CHANGES_MAX, r->w->random);
	e = wq_diff(r->has_base ? &r->base.snapshot : NULL, &r->body.snapshot, one_change, &g);
	wq_map_done(&g.by_signature);
	wq_arena_done(&g.scratch);
	wq_buf_done(&g.was);
	wq_buf_done(&g.is);
	WQ_TRY(e);
	return order_groups(r);
}

/* ---- */

static wq_err open_base(struct wq_review *r)
{
	wq_err e;

	if (r->release.said.base_serial == 0)
		return WQ_OK;
	e = wq_sealed_open_base(r->w, &r->release, &r->base);
	r->base_gone = wq_is(e, WQ_E_NOT_FOUND);
	r->has_base = !wq_failed(e);
	return r->base_gone ? WQ_OK : e;
}

static wq_err open_all(struct wq_review *r, const struct wq_review_options *options)
{
	WQ_TRY(wq_sealed_open_release(r->w, &r->release, &r->body));
	WQ_TRY(open_base(r));
	r->w->random->fill(r->w->random->data, r->secret, sizeof r->secret);
	return make_groups(r, options);
}

wq_err wq_review_open(struct wq_workspace *workspace, const struct wq_release_row *release,
	const struct wq_review_options *options, struct wq_review **ret_review)
{
	struct wq_review *r = calloc(1, sizeof *r);
	wq_err e;

	if (!r)
		return wq_error_id(WQ_E_NO_MEMORY);
	r->w = workspace;
	r->release = *release;
	wq_arena_init(&r->arena, CHANGES_MEMORY);
	e = open_all(r, options);
	if (wq_failed(e)) {
		wq_review_close(&r);
		return e;
	}
	*ret_review = r;
	return WQ_OK;
}

void wq_review_close(struct wq_review **review)
{
	if (!*review)
		return;
	wq_sealed_close(&(*review)->base);
	wq_sealed_close(&(*review)->body);
	wq_arena_done(&(*review)->arena);
	free(*review);
	*review = NULL;
}

wq_err wq_review_policy(struct wq_review *review, wq_policy_line_fn line, void *data)
{
	struct wq_policy was = wq_policy_default, is = wq_policy_default;

	if (review->has_base)
		WQ_TRY(wq_policy_decode(wq_snapshot_policy(&review->base.snapshot), &review->arena, &was));
	WQ_TRY(wq_policy_decode(wq_snapshot_policy(&review->body.snapshot), &review->arena, &is));
	return wq_policy_diff(review->has_base ? &was : NULL, &is, line, data);
}

/* ---- for reading ---- */

static wq_err read_side(struct wq_review *r, const struct wq_change *change, bool is, struct wq_arena *arena,
	struct wq_review_page *ret_page)
{
	const struct wq_entry *entry = is ? change->is : change->was;
	struct wq_buf bytes = WQ_BUF_INIT(WQ_REVIEW_PAGE_MAX);
	wq_err e = WQ_OK;

	if (!entry)
		return WQ_OK;
	e = wq_review_bytes(r, change, is, &bytes);
	if (!wq_failed(e))
		e = wq_review_page_read(arena, entry->type, wq_buf_str(&bytes), true, ret_page);
	wq_buf_done(&bytes);
	return e;
}

static wq_err compare(struct wq_arena *arena, const uint64_t secret[2], const struct wq_pieces *was,
	const struct wq_pieces *is, struct wq_textdiff *ret)
{
	return wq_textdiff(arena, secret, was->items, was->n, is->items, is->n, ret);
}

static bool differs(const struct wq_textdiff *d)
{
	return d->was.changed_n + d->is.changed_n > 0;
}

wq_err wq_review_text_of(struct wq_arena *arena, const uint64_t secret[2], const struct wq_review_page *was,
	const struct wq_review_page *is, struct wq_review_text *ret_text)
{
	struct wq_review_text t = {.text = was->text || is->text, .was = *was, .is = *is};

	WQ_TRY(compare(arena, secret, &was->seen, &is->seen, &t.seen));
	WQ_TRY(compare(arena, secret, &was->unseen, &is->unseen, &t.unseen));
	if (!differs(&t.seen) && !differs(&t.unseen)) {
		WQ_TRY(compare(arena, secret, &was->source, &is->source, &t.source));
		t.only_bytes = !differs(&t.source);
	}
	*ret_text = t;
	return WQ_OK;
}

wq_err wq_review_text(struct wq_review *review, const struct wq_change *change, struct wq_arena *arena,
	struct wq_review_text *ret_text)
{
	struct wq_review_page was = {0}, is = {0};
	struct wq_review_text t = {0};

	for (int side = 0; side < 2; side++) {
		const struct wq_entry *entry = side ? change->is : change->was;
		t.text |= entry && wq_review_is_text(entry->type);
		t.too_large |= entry && entry->identity.length_bytes > WQ_REVIEW_PAGE_MAX;
	}
	if (!t.text || t.too_large) {
		*ret_text = t;
		return WQ_OK;
	}
	WQ_TRY(read_side(review, change, false, arena, &was));
	WQ_TRY(read_side(review, change, true, arena, &is));
	return wq_review_text_of(arena, review->secret, &was, &is, ret_text);
}
