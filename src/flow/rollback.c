#include "flow/rollback.h"

#include <errno.h>

#include "base/json.h"
#include "flow/capture.h"
#include "flow/check.h"
#include "flow/collect.h"
#include "flow/diff.h"
#include "flow/sealed.h"
#include "vault/pack_object.h"

enum { RELEASES_SEARCHED = 1000000, MEMORY = 1024 * 1024 * 1024, REASON_MAX = 2000 };

struct rollback {
	struct wq_workspace *w;
	const struct wq_rollback_options *options;
	struct wq_rollback_result *result;
	struct wq_release_row *releases;
	size_t releases_n;
	struct wq_sealed_view old, base;
	struct wq_arena arena;
};

static wq_err find_old(struct rollback *r, struct wq_release_row *ret)
{
	for (size_t i = 0; i < r->releases_n; i++)
		if (r->releases[i].state == WQ_RELEASE_SEALED && r->releases[i].serial == r->options->serial) {
			*ret = r->releases[i];
			return WQ_OK;
		}
	return wq_error(WQ_E_NOT_FOUND, "serial %llu of %.*s was never sealed", (unsigned long long)r->options->serial,
		WQ_S_ARG(r->options->app));
}

static wq_err open_old(struct rollback *r)
{
	struct wq_release_row row;
	wq_err e;

	WQ_TRY(find_old(r, &row));
	e = wq_sealed_open_release(r->w, &row, &r->old);
	if (wq_is(e, WQ_E_NOT_FOUND))
		return wq_error(WQ_E_NOT_FOUND,
			"serial %llu is no longer kept: neither its snapshot nor the body of %.*s",
			(unsigned long long)r->options->serial, WQ_S_ARG(row.id));
	return e;
}

/* Here with their sizes: what is in them is looked at when somebody approves (flow/verify.h). */
static wq_err packs_there(struct rollback *r)
{
	char hex[WQ_DIGEST_HEX];
	wq_digest name;
	uint64_t bytes;

	for (uint32_t i = 0; wq_snapshot_pack(&r->old.snapshot, i, &name, &bytes); i++) {
		struct stat st;

		if (stat(wq_workspace_path(r->w, "vault/packs/%s.pack", wq_digest_hex(name, hex)), &st) != 0)
			return wq_error_sys(WQ_E_NOT_FOUND, errno, "pack %s, which serial %llu needs", hex,
				(unsigned long long)r->options->serial);
		if ((uint64_t)st.st_size != bytes)
			return wq_error(WQ_E_ALTERED, "pack %s has %lld bytes instead of %llu", hex,
				(long long)st.st_size, (unsigned long long)bytes);
	}
	return WQ_OK;
}

static wq_err hosts_same(struct rollback *r)
{
	struct wq_app_row app;
	size_t found = 0;

	WQ_TRY(wq_app_find(r->w->ledger, r->options->app, &r->arena, &app));
	for (uint32_t i = 0; i < r->old.snapshot.hosts_n; i++)
		for (size_t j = 0; j < app.hosts_n; j++)
			found += wq_str_eq(wq_snapshot_host(&r->old.snapshot, i), app.hosts[j]);
	return found == app.hosts_n && r->old.snapshot.hosts_n == app.hosts_n
		? WQ_OK
		: wq_error(WQ_E_STATE, "the hosts of %.*s are not those of serial %llu any more", WQ_S_ARG(app.id),
			  (unsigned long long)r->options->serial);
}

/* ---- the record ---- */

static wq_err count(void *data, const struct wq_change *change)
{
	struct wq_rollback_result *result = data;

	result->added += change->kind == WQ_CHANGE_ADDED;
	result->changed += change->kind == WQ_CHANGE_CHANGED;
	result->gone += change->kind == WQ_CHANGE_GONE;
	return WQ_OK;
}

static bool proposed_already(struct rollback *r, wq_digest root)
{
	for (size_t i = 0; i < r->releases_n; i++) {
		const struct wq_release_row *row = &r->releases[i];

		if (row->state == WQ_RELEASE_OPEN && wq_digest_eq(row->said.body_root, root) &&
			row->said.base_serial == r->base.snapshot.head.serial) {
			r->result->release = wq_arena_str(r->w->arena, row->id);
			r->result->again = true;
			return true;
		}
	}
	return false;
}

static wq_err add_reason(struct rollback *r, wq_str release)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_u64(&json, "to", r->options->serial);
	wq_json_put_u64(&json, "from", r->base.snapshot.head.serial);
	wq_json_put_hex(&json, "snapshot", r->old.digest.b, sizeof r->old.digest.b);
	wq_json_put_str(&json, "reason", r->options->reason);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(r->w->ledger,
		&(struct wq_event_new){.type = WQ_S("release.rollback"),
			.actor = r->options->author,
			.app = r->options->app,
			.subject = release,
			.body = wq_buf_str(&body)},
		&r->arena, NULL);
}

/* ---- checks: rules may be newer than what was sealed ---- */

struct checking {
	struct rollback *r;
	struct wq_checks *checks;
	struct wq_findings findings;
};

static wq_err read_object(struct rollback *r, const struct wq_entry *entry, struct wq_buf *out)
{
	char hex[WQ_DIGEST_HEX];
	wq_digest pack;
	uint64_t bytes;

	if (!wq_snapshot_pack(&r->old.snapshot, entry->identity.pack, &pack, &bytes))
		return wq_error(WQ_E_FORMAT, "pack %u of %.*s", entry->identity.pack, WQ_S_ARG(entry->key));
	return wq_pack_object_read(wq_workspace_path(r->w, "vault/packs/%s.pack", wq_digest_hex(pack, hex)),
		entry->identity.number, entry->identity.length_bytes, entry->identity.digest, out);
}

static wq_err check_one(void *data, const struct wq_change *change)
{
	struct checking *c = data;
	WQ_BUF(bytes, WQ_SITE_OBJECT_MAX);
	struct wq_site_item item;

	if (!change->is || wq_check_as(change->is->type) == WQ_CHECK_NONE)
		return WQ_OK;
	WQ_TRY(read_object(c->r, change->is, &bytes));
	item = (struct wq_site_item){.key = change->is->key,
		.status = change->is->status,
		.type = change->is->type,
		.headers = change->is->headers,
		.body = wq_buf_str(&bytes),
		.source = change->is->key};
	return wq_checks_run(c->checks, &item, &change->is->identity.digest, &c->findings);
}

static wq_err check_all(struct rollback *r, struct checking *c)
{
	struct wq_app_row app;
	struct wq_checks_options options = {.app = &app,
		.rules_dir = r->w->settings.rules_dir,
		.own_rules_dir = wq_workspace_path(r->w, "rules"),
		.now = wq_now(r->w->clock)};

	WQ_TRY(wq_app_find(r->w->ledger, r->options->app, &r->arena, &app));
	WQ_TRY(wq_findings_init(&c->findings, &r->arena, WQ_CAPTURE_FINDINGS_MAX));
	WQ_TRY(wq_checks_new(&options, &c->checks));
	return wq_diff(&r->base.snapshot, &r->old.snapshot, check_one, c);
}

static wq_err record_findings(struct rollback *r, wq_str release)
{
	struct checking c = {.r = r};
	wq_err e = check_all(r, &c);

	wq_checks_free(&c.checks);
	for (size_t i = 0; !wq_failed(e) && i < c.findings.count; i++) {
		c.findings.items[i].found_at = wq_now(r->w->clock);
		e = wq_release_add_finding(r->w->ledger, r->options->app, release, &c.findings.items[i], &r->arena);
	}
	r->result->findings = c.findings.count;
	return e;
}

/* ---- */

static wq_err record(struct rollback *r, wq_digest root)
{
	struct wq_statement statement = {.app = r->options->app,
		.author = r->options->author,
		.base_serial = r->base.snapshot.head.serial,
		.base = r->base.digest,
		.body_root = root,
		.body_bytes = r->old.snapshot.body.n,
		.entries = r->old.snapshot.entries_n,
		.added = r->result->added,
		.changed = r->result->changed,
		.gone = r->result->gone,
		.created = wq_now(r->w->clock)};
	struct wq_tip tip;

	WQ_TRY(wq_ledger_tip(r->w->ledger, &tip));
	statement.release = wq_arena_printf(r->w->arena, "r%llu", (unsigned long long)tip.seq + 1);
	WQ_TRY(wq_arena_err(r->w->arena));
	WQ_TRY(wq_release_add(r->w->ledger, &statement, &r->arena));
	WQ_TRY(add_reason(r, statement.release));
	WQ_TRY(record_findings(r, statement.release));
	WQ_TRY(wq_file_replace(r->w->fs, wq_workspace_path(r->w, "releases/%.*s.body", WQ_S_ARG(statement.release)),
		r->old.snapshot.body, 0644));
	r->result->release = statement.release;
	return WQ_OK;
}

/* Inside the append: what is open and what is sealed cannot change under it. */
static wq_err propose(struct rollback *r)
{
	wq_digest root;

	WQ_TRY(wq_release_list(
		r->w->ledger, r->options->app, RELEASES_SEARCHED, &r->arena, &r->releases, &r->releases_n));
	WQ_TRY(open_old(r));
	root = wq_tree_root(r->old.snapshot.body);
	WQ_TRY(wq_sealed_open(r->w, r->options->app, &r->base));
	WQ_TRY(hosts_same(r));
	WQ_TRY(packs_there(r));
	WQ_TRY(wq_diff(&r->base.snapshot, &r->old.snapshot, count, r->result));
	if (wq_digest_eq(r->base.snapshot.head.body_root, root))
		return wq_error(WQ_E_STATE, "serial %llu has what is sealed now (%llu)",
			(unsigned long long)r->options->serial, (unsigned long long)r->base.snapshot.head.serial);
	return proposed_already(r, root) ? wq_arena_err(r->w->arena) : record(r, root);
}

static wq_err run(struct rollback *r)
{
	wq_err e;

	if (!wq_id_valid(r->options->author))
		return wq_error(WQ_E_INPUT, "the author is no id");
	if (r->options->reason.n > REASON_MAX)
		return wq_error(WQ_E_LIMIT, "the reason is longer than %d bytes", REASON_MAX);
	WQ_TRY(wq_ledger_begin(r->w->ledger));
	e = propose(r);
	if (wq_failed(e) || r->result->again) {
		wq_ledger_abort(r->w->ledger);
		return e;
	}
	return wq_ledger_commit(r->w->ledger);
}

wq_err wq_rollback(struct wq_workspace *workspace, const struct wq_rollback_options *options,
	struct wq_rollback_result *ret_result)
{
	struct wq_rollback_result result = {0};
	struct rollback r = {.w = workspace, .options = options, .result = &result};
	int hold;
	wq_err e;

	WQ_TRY(wq_collect_hold(workspace, false, &hold));
	wq_arena_init(&r.arena, MEMORY);
	e = run(&r);
	wq_sealed_close(&r.old);
	wq_sealed_close(&r.base);
	wq_arena_done(&r.arena);
	wq_file_close(&hold);
	if (!wq_failed(e))
		*ret_result = result;
	return e;
}
