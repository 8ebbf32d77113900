#include "flow/capture_priv.h"

enum { SAME = 1, OTHER };
enum { BATCH = 64, BATCH_BYTES = 8 * 1024 * 1024 };

/* Answers that wait for their digests: in lanes, many are hashed in a fraction of the time. */
struct batch {
	struct wq_capturing *c;
	struct wq_buf bytes; /* key, body, key, body … */
	struct {
		size_t key_n, body_n;
		wq_digest sealed;
	} answers[BATCH];
	size_t n;
};

static wq_digest source_of(const struct wq_entry *entry)
{
	return entry->has_source ? entry->source : entry->identity.digest;
}

static bool is_masked(const struct wq_capturing *c, const struct wq_site_item *item)
{
	return c->sealed.volatiles_n > 0 && wq_capture_may_vary(item->type);
}

/* Everything but the body. */
static wq_err same_outside(
	struct wq_capturing *c, const struct wq_site_item *item, const struct wq_entry *was, bool *ret_same)
{
	wq_str headers;

	*ret_same = false;
	if (was->status != item->status || !wq_str_eq(was->type, item->type))
		return WQ_OK;
	WQ_TRY(wq_transform_headers(c->transform, item, &headers));
	*ret_same = wq_headers_same(headers, was->headers);
	return WQ_OK;
}

static wq_err note(struct wq_capturing *c, wq_str key, bool same)
{
	return wq_map_put(&c->judged, key, (void *)(uintptr_t)(same ? SAME : OTHER), NULL);
}

wq_err wq_capture_is_sealed(
	struct wq_capturing *c, const struct wq_site_item *item, struct wq_entry *ret_was, bool *ret_same)
{
	wq_digest source;
	uintptr_t judged;

	*ret_same = false;
	if (!c->has_base || !wq_snapshot_find(&c->base.snapshot, item->key, ret_was))
		return WQ_OK;
	judged = (uintptr_t)wq_map_get(&c->judged, item->key);
	if (judged) {
		*ret_same = judged == SAME;
		return WQ_OK;
	}
	WQ_TRY(same_outside(c, item, ret_was, ret_same));
	if (*ret_same) {
		WQ_TRY(wq_capture_mask(c, &c->sealed, item, NULL, &source));
		*ret_same = wq_digest_eq(source, source_of(ret_was));
	}
	return c->journal ? note(c, item->key, *ret_same) : WQ_OK;
}

/* ---- many at a time ---- */

static wq_err flush(struct batch *b)
{
	wq_str bodies[BATCH], keys[BATCH], rest = wq_buf_str(&b->bytes);
	wq_digest digests[BATCH];

	for (size_t i = 0; i < b->n; i++) {
		keys[i] = wq_str_head(rest, b->answers[i].key_n);
		rest = wq_str_from(rest, keys[i].n);
		bodies[i] = wq_str_head(rest, b->answers[i].body_n);
		rest = wq_str_from(rest, bodies[i].n);
	}
	wq_sm3_many(bodies, b->n, digests);
	for (size_t i = 0; i < b->n; i++)
		WQ_TRY(note(b->c, keys[i], wq_digest_eq(digests[i], b->answers[i].sealed)));
	wq_buf_clear(&b->bytes);
	b->n = 0;
	return WQ_OK;
}

static wq_err judge(void *data, const struct wq_journal_record *record)
{
	struct batch *b = data;
	const struct wq_site_item *item = &record->item;
	struct wq_entry was;
	bool same;

	if (record->kind != WQ_JOURNAL_RESOURCE || is_masked(b->c, item) || item->key.n + item->body.n > BATCH_BYTES ||
		wq_map_has(&b->c->judged, item->key) || !wq_snapshot_find(&b->c->base.snapshot, item->key, &was))
		return WQ_OK;
	WQ_TRY(wq_capture_tick(b->c, 0, 0));
	WQ_TRY(same_outside(b->c, item, &was, &same));
	if (!same)
		return note(b->c, item->key, false);
	if (b->n == BATCH || b->bytes.len + item->key.n + item->body.n > BATCH_BYTES)
		WQ_TRY(flush(b));
	wq_buf_add(&b->bytes, item->key);
	wq_buf_add(&b->bytes, item->body);
	b->answers[b->n].key_n = item->key.n;
	b->answers[b->n].body_n = item->body.n;
	b->answers[b->n++].sealed = source_of(&was);
	return wq_buf_err(&b->bytes);
}

wq_err wq_capture_judge(struct wq_capturing *c)
{
	struct batch b = {.c = c};
	wq_err e;

	if (!c->has_base)
		return WQ_OK;
	wq_buf_init(&b.bytes, BATCH_BYTES);
	e = wq_journal_visit(c->journal, false, judge, &b);
	if (!wq_failed(e))
		e = flush(&b);
	wq_buf_done(&b.bytes);
	return e;
}
