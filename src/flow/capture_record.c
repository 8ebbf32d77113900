#include "flow/capture_priv.h"

#include "base/json.h"
#include "flow/diff.h"

enum { OPEN_SEARCHED = 100, OPEN_COMPARED = 8 };

/* The changes of the release at hand, in the order of wq_diff(). */
struct record {
	struct wq_capturing *c;
	const struct wq_snapshot *proposed;
	wq_str release;
	uint8_t *known; /* for each change: an open release has it */
	uint64_t at, events;
	const struct wq_snapshot *other; /* that release */
	bool all;                        /* it has every one of them */
};

static wq_digest source_of(const struct wq_entry *entry)
{
	return entry->has_source ? entry->source : entry->identity.digest;
}

/* The same capture: what varies may have another value. */
static bool same_source(const struct wq_entry *a, const struct wq_entry *b)
{
	return a->status == b->status && wq_str_eq(a->type, b->type) && wq_headers_same(a->headers, b->headers) &&
		a->transforms == b->transforms && wq_digest_eq(source_of(a), source_of(b));
}

static wq_err compare_change(void *data, const struct wq_change *change)
{
	struct record *r = data;
	struct wq_entry entry;
	bool there = wq_snapshot_find(r->other, change->key, &entry);
	bool known = change->kind == WQ_CHANGE_GONE ? !there : there && same_source(&entry, change->is);

	r->known[r->at++] |= known;
	r->all &= known;
	return WQ_OK;
}

/* An open release on the same ground: what of this one does it propose already? Names it when that is everything. */
static wq_err compare_release(struct record *r, const struct wq_release_row *row)
{
	const struct wq_capture_result *result = r->c->result;
	struct wq_sealed_view view;
	wq_err e;

	if (wq_failed(wq_sealed_open_body(r->c->w, row, &view)))
		return WQ_OK; /* somebody altered it: the vault's business */
	r->other = &view.snapshot;
	r->at = 0;
	r->all = row->said.added == result->added && row->said.changed == result->changed &&
		row->said.gone == result->gone && view.snapshot.entries_n == r->proposed->entries_n &&
		wq_str_eq(wq_snapshot_policy(&view.snapshot), wq_snapshot_policy(r->proposed));
	e = wq_diff(r->c->has_base ? &r->c->base.snapshot : NULL, r->proposed, compare_change, r);
	wq_sealed_close(&view);
	if (wq_failed(e) || !r->all)
		return e;
	r->c->result->release = wq_arena_str(r->c->w->arena, row->id);
	r->c->result->again = true;
	return wq_arena_err(r->c->w->arena);
}

/* Looking twice at the same changes proposes them once. */
static wq_err compare_open(struct record *r)
{
	uint64_t serial = r->c->has_base ? r->c->base.snapshot.head.serial : 0;
	struct wq_release_row *rows;
	size_t n, compared = 0;

	WQ_TRY(wq_release_list(r->c->w->ledger, r->c->app->id, OPEN_SEARCHED, &r->c->arena, &rows, &n));
	for (size_t i = 0; i < n && compared < OPEN_COMPARED && !r->c->result->again; i++)
		if (rows[i].state == WQ_RELEASE_OPEN && rows[i].said.base_serial == serial) {
			compared++;
			WQ_TRY(compare_release(r, &rows[i]));
		}
	return WQ_OK;
}

/* ---- events ---- */

/* That somebody changed something that nobody approved is worth acting on, whatever the checks say. */
static enum wq_severity severity_of(const struct wq_capturing *c, wq_str key)
{
	uintptr_t worst = (uintptr_t)wq_map_get(&c->worst, key);

	return worst > (uintptr_t)WQ_SEVERITY_LOW + 1 ? (enum wq_severity)(worst - 1) : WQ_SEVERITY_LOW;
}

static wq_err count_severity(void *data, const struct wq_change *change)
{
	struct record *r = data;

	r->c->result->changes[severity_of(r->c, change->key)]++;
	return WQ_OK;
}

static wq_err event_body(const struct record *r, const struct wq_change *change, struct wq_buf *body)
{
	struct wq_json json;

	wq_json_init(&json, body);
	wq_json_object(&json);
	wq_json_put_str(&json, "change", wq_str_c(wq_change_name(change->kind)));
	wq_json_put_str(&json, "key", change->key);
	wq_json_put_str(&json, "severity", wq_str_c(wq_severity_name(severity_of(r->c, change->key))));
	if (change->was)
		wq_json_put_hex(&json, "sealed", change->was->identity.digest.b, WQ_DIGEST_BYTES);
	if (change->is)
		wq_json_put_hex(&json, "found", change->is->identity.digest.b, WQ_DIGEST_BYTES);
	wq_json_put_str(&json, "release", r->release);
	wq_json_put_str(&json, "clause", WQ_S("C1"));
	wq_json_object_end(&json);
	return wq_json_end(&json);
}

/* Something differs from what is sealed, and nobody approved it yet: a fact, whoever did it (C1). */
static wq_err record_change(void *data, const struct wq_change *change)
{
	struct record *r = data;
	WQ_BUF(body, WQ_EVENT_BODY_MAX);

	if (r->known[r->at++] || r->events >= WQ_CAPTURE_EVENTS_MAX)
		return WQ_OK; /* the release lists all of them */
	r->events++;
	WQ_TRY(event_body(r, change, &body));
	return wq_ledger_add(r->c->w->ledger,
		&(struct wq_event_new){.type = WQ_S("change.found"),
			.actor = WQ_S("weique"),
			.app = r->c->app->id,
			.subject = wq_str_head(change->key, WQ_EVENT_NAME_MAX),
			.body = wq_buf_str(&body)},
		&r->c->arena, NULL);
}

static wq_err record_findings(struct wq_capturing *c, wq_str release)
{
	for (size_t i = 0; i < c->findings.count; i++) {
		struct wq_finding finding = c->findings.items[i];

		finding.found_at = wq_now(c->w->clock);
		WQ_TRY(wq_release_add_finding(c->w->ledger, c->app->id, release, &finding, &c->arena));
	}
	return WQ_OK;
}

static void count_findings(struct wq_capturing *c)
{
	for (size_t i = 0; i < c->findings.count; i++)
		c->result->findings_high += c->findings.items[i].severity >= WQ_SEVERITY_HIGH;
	c->result->findings = c->findings.count + c->findings.dropped;
	c->result->worst = c->findings.worst;
}

static wq_err add_release(struct record *r, wq_digest root)
{
	struct wq_capturing *c = r->c;
	struct wq_statement statement = {
		.app = c->app->id,
		.author = c->options->author,
		.base_serial = c->has_base ? c->base.snapshot.head.serial : 0,
		.base = c->has_base ? c->base.digest : (wq_digest){{0}},
		.body_root = root,
		.body_bytes = r->proposed->body.n,
		.entries = r->proposed->entries_n,
		.added = c->result->added,
		.changed = c->result->changed,
		.gone = c->result->gone,
		.created = wq_now(c->w->clock),
	};
	struct wq_tip tip;

	/* the release's number is the ledger's next place, so two captures never make the same id */
	WQ_TRY(wq_ledger_tip(c->w->ledger, &tip));
	r->release = wq_arena_printf(c->w->arena, "r%llu", (unsigned long long)tip.seq + 1);
	WQ_TRY(wq_arena_err(c->w->arena));
	statement.release = r->release;
	return wq_release_add(c->w->ledger, &statement, &c->arena);
}

wq_err wq_capture_record(struct wq_capturing *c, const struct wq_snapshot *proposed, wq_digest root)
{
	const struct wq_snapshot *base = c->has_base ? &c->base.snapshot : NULL;
	uint64_t changes = c->result->added + c->result->changed + c->result->gone;
	struct record r = {.c = c, .proposed = proposed, .known = WQ_NEW_ARRAY(&c->arena, uint8_t, changes + 1)};

	WQ_TRY(wq_arena_err(&c->arena));
	count_findings(c);
	if (base)
		WQ_TRY(wq_diff(base, proposed, count_severity, &r));
	WQ_TRY(compare_open(&r));
	if (c->result->again)
		return WQ_OK;
	WQ_TRY(add_release(&r, root));
	WQ_TRY(record_findings(c, r.release));
	r.at = 0;
	if (base)
		WQ_TRY(wq_diff(base, proposed, record_change, &r));
	WQ_TRY(wq_file_replace(
		c->w->fs, wq_workspace_path(c->w, "releases/%.*s.body", WQ_S_ARG(r.release)), proposed->body, 0644));
	c->result->release = r.release;
	return WQ_OK;
}
