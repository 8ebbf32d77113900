#include "flow/capture_priv.h"

#include <poll.h>

enum { WAIT_STEP_MSEC = 100 };

/* ---- what a walk asks ---- */

static bool on_path(void *data, wq_str path, struct wq_key_policy *ret_policy)
{
	struct wq_capturing *c = data;
	const struct wq_path_rule *rule = wq_policy_path(&c->policy, path);

	if (!wq_capture_wants(&c->policy, path))
		return false;
	if (rule)
		*ret_policy = (struct wq_key_policy){
			.query = rule->query, .listed = rule->listed, .listed_n = rule->listed_n};
	return true;
}

static wq_err on_recall(void *data, wq_str key, struct wq_site_item *ret_item, bool *ret_known)
{
	struct wq_capturing *c = data;
	struct wq_journal_record record;

	*ret_known = false;
	if (!wq_journal_has(c->journal, key, false))
		return WQ_OK;
	WQ_TRY(wq_journal_find(c->journal, key, false, &record));
	*ret_known = !record.item.unknown;
	*ret_item = record.item;
	return WQ_OK;
}

/* A page that is the same but for its session ids and the like leads to what it led to when it was sealed. */
static wq_err on_document(void *data, const struct wq_site_item *item, wq_str *ret_body)
{
	struct wq_capturing *c = data;
	struct wq_entry was;
	bool same;
	wq_err e;

	if (c->sealed.volatiles_n == 0) /* then it leads there itself */
		return WQ_OK;
	WQ_TRY(wq_capture_is_sealed(c, item, &was, &same));
	if (!same || !was.has_source)
		return WQ_OK;
	e = wq_packs_read(c->packs, &c->base.snapshot, &was, &c->was);
	if (!wq_failed(e))
		*ret_body = wq_buf_str(&c->was);
	return wq_is(e, WQ_E_ALTERED) ? WQ_OK : e;
}

static wq_err on_tick(void *data, uint64_t known)
{
	struct wq_capturing *c = data;

	c->progress.known = known;
	return wq_capture_tick(c, 0, 0);
}

static wq_err spool(void *data, const struct wq_site_item *item)
{
	struct wq_capturing *c = data;

	c->result->recalled += item->recalled;
	if (!item->recalled)
		WQ_TRY(wq_journal_add(c->journal,
			item->unknown          ? WQ_JOURNAL_UNKNOWN
				: item->absent ? WQ_JOURNAL_ABSENT
					       : WQ_JOURNAL_RESOURCE,
			item));
	return wq_capture_tick(c, 1, item->body.n);
}

/* ---- the walk ---- */

static wq_str address_of(struct wq_capturing *c, wq_str key)
{
	bool https = wq_str_starts(c->app->origin, WQ_S("https:"));

	return wq_arena_printf(&c->arena, "%s://%.*s", https ? "https" : "http", WQ_S_ARG(key));
}

/* What is sealed is asked for by its address: a page that cannot be read must not make what it links to seem gone. */
static wq_err sealed_addresses(struct wq_capturing *c, struct wq_site_options *site)
{
	const char **seeds;

	if (!c->has_base)
		return WQ_OK;
	seeds = WQ_NEW_ARRAY(&c->arena, const char *, c->base.snapshot.entries_n + 1);
	WQ_TRY(wq_arena_err(&c->arena));
	for (uint32_t i = 0; i < c->base.snapshot.entries_n; i++) {
		struct wq_entry entry;

		if (!wq_snapshot_entry(&c->base.snapshot, i, &entry))
			return wq_error(WQ_E_FORMAT, "entry %u of the sealed version", i);
		seeds[i] = address_of(c, entry.key).p;
	}
	site->seeds = seeds;
	site->seeds_n = c->base.snapshot.entries_n;
	return wq_arena_err(&c->arena);
}

wq_err wq_capture_walk(struct wq_capturing *c)
{
	struct wq_site_options site = c->options->site;

	c->progress = (struct wq_capture_progress){.phase = WQ_CAPTURE_WALK};
	site.path = on_path;
	site.recall = on_recall;
	site.document = c->has_base ? on_document : NULL;
	site.tick = on_tick;
	site.data = c;
	WQ_TRY(sealed_addresses(c, &site));
	return wq_site_visit(c->app, &site, spool, c);
}

/* ---- the second look ---- */

struct queue {
	struct wq_capturing *c;
	struct wq_arena arena;
	const char **addresses;
	size_t n, room;
};

static wq_err enqueue(struct queue *q, wq_str key)
{
	bool https = wq_str_starts(q->c->app->origin, WQ_S("https:"));

	if (q->n == q->room) {
		size_t room = q->room ? 2 * q->room : 1024;
		const char **more = realloc(q->addresses, room * sizeof *more);

		if (!more)
			return wq_error_id(WQ_E_NO_MEMORY);
		q->addresses = more;
		q->room = room;
	}
	q->addresses[q->n++] = wq_arena_printf(&q->arena, "%s://%.*s", https ? "https" : "http", WQ_S_ARG(key)).p;
	return wq_arena_err(&q->arena);
}

static wq_err look_twice(void *data, const struct wq_journal_record *record)
{
	struct queue *q = data;
	struct wq_entry was;
	bool same;

	if (record->kind != WQ_JOURNAL_RESOURCE || record->item.status != 200 ||
		!wq_capture_may_vary(record->item.type) || wq_str_starts(record->item.type, WQ_S("text/css")) ||
		wq_journal_has(q->c->journal, record->item.key, true))
		return WQ_OK;
	WQ_TRY(wq_capture_tick(q->c, 0, 0));
	WQ_TRY(wq_capture_is_sealed(q->c, &record->item, &was, &same));
	return same ? WQ_OK : enqueue(q, record->item.key);
}

/* What says the same again is written down without its body. */
static wq_err spool_second(void *data, const struct wq_site_item *item)
{
	struct wq_capturing *c = data;
	struct wq_site_item said = *item;
	struct wq_journal_record first;

	WQ_TRY(wq_capture_tick(c, 1, item->body.n));
	if (item->unknown || item->absent)
		return WQ_OK;
	WQ_TRY(wq_journal_find(c->journal, item->key, false, &first));
	if (first.item.status != item->status || wq_str_eq(first.item.body, item->body))
		said.body = WQ_S_NONE;
	return wq_journal_add(c->journal, WQ_JOURNAL_SECOND, &said);
}

static wq_err pause_before(struct wq_capturing *c)
{
	const struct wq_capture_settings *s = c->options->site.settings;
	uint32_t pause = s ? s->second_look_msec : wq_capture_settings_default().second_look_msec;
	uint64_t end = c->w->clock->monotonic_msec(c->w->clock->data) + pause;

	while (c->w->clock->monotonic_msec(c->w->clock->data) < end) {
		poll(NULL, 0, WAIT_STEP_MSEC);
		WQ_TRY(wq_capture_tick(c, 0, 0));
	}
	return WQ_OK;
}

static wq_err visit_again(struct wq_capturing *c, const struct queue *q)
{
	struct wq_site_options site = c->options->site;

	c->progress = (struct wq_capture_progress){.phase = WQ_CAPTURE_SECOND, .known = q->n};
	if (q->n == 0)
		return WQ_OK;
	site.seeds = q->addresses;
	site.seeds_n = q->n;
	site.only_seeds = true;
	site.skipped = NULL;
	site.path = on_path;
	site.data = c;
	WQ_TRY(pause_before(c));
	return wq_site_visit(c->app, &site, spool_second, c);
}

wq_err wq_capture_second(struct wq_capturing *c)
{
	enum { QUEUE_MEMORY = 1024 * 1024 * 1024 };
	struct queue q = {.c = c};
	wq_err e;

	wq_arena_init(&q.arena, QUEUE_MEMORY);
	e = wq_journal_visit(c->journal, false, look_twice, &q);
	if (!wq_failed(e))
		e = visit_again(c, &q);
	free(q.addresses);
	wq_arena_done(&q.arena);
	return e;
}
