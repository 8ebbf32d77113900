#include "flow/capture.h"

#include <errno.h>

#include "base/json.h"
#include "base/map.h"
#include "flow/check.h"
#include "flow/collect.h"
#include "flow/diff.h"
#include "flow/sealed.h"
#include "vault/encode.h"
#include "vault/pack.h"

enum { MEMORY = 2000 * 1024 * 1024 - 1, OPEN_SEARCHED = 100 };
#define BODY_MAX ((size_t)4 << 30)

/* Bytes that are in a pack already. Packs are numbered: those of the sealed version first, then the writer's. */
struct object {
	struct wq_object_ref identity, gzip;
	bool has_gzip;
	uint8_t checked; /* enum wq_check_as: these bytes were looked at, at another address */
};

struct capture {
	struct wq_workspace *w;
	const struct wq_app_row *app;
	const struct wq_capture_options *options;
	struct wq_capture_result *result;
	struct wq_arena arena; /* of this capture */
	bool has_base;
	struct wq_sealed_view base;
	struct wq_map objects; /* digest -> struct object */
	struct wq_pack_writer *writer;
	struct wq_entry_new *entries;
	size_t entries_n, entries_room;
	struct wq_buf gzip;
	struct wq_checks *checks;
	struct wq_findings findings;
};

static wq_str digest_str(const wq_digest *d)
{
	return wq_str_of(d->b, sizeof d->b);
}

/* ---- what is sealed already ---- */

static wq_err remember(struct capture *c, const struct wq_entry *entry)
{
	struct object *object;

	if (wq_map_has(&c->objects, digest_str(&entry->identity.digest)))
		return WQ_OK;
	object = WQ_NEW(&c->arena, struct object);
	WQ_TRY(wq_arena_err(&c->arena));
	object->identity = entry->identity;
	object->has_gzip = entry->has_gzip;
	object->gzip = entry->gzip;
	return wq_map_put(&c->objects, digest_str(&entry->identity.digest), object, NULL);
}

static wq_err open_base(struct capture *c)
{
	wq_err e = wq_sealed_open(c->w, c->app->id, &c->base);

	if (wq_is(e, WQ_E_NOT_FOUND))
		return WQ_OK;
	WQ_TRY(e);
	c->has_base = true;
	for (uint32_t i = 0; i < c->base.snapshot.entries_n; i++) {
		struct wq_entry entry;

		if (!wq_snapshot_entry(&c->base.snapshot, i, &entry))
			return wq_error(WQ_E_FORMAT, "entry %u of the sealed version", i);
		WQ_TRY(remember(c, &entry));
	}
	return WQ_OK;
}

/* ---- one resource ---- */

static uint32_t first_new_pack(const struct capture *c)
{
	return c->has_base ? c->base.snapshot.packs_n : 0;
}

static wq_err store(struct capture *c, wq_str bytes, struct wq_object_ref *ret)
{
	struct wq_pack_object made;

	WQ_TRY(wq_pack_writer_add(c->writer, bytes, &made));
	*ret = (struct wq_object_ref){.pack = first_new_pack(c) + made.pack,
		.number = made.number,
		.length_bytes = made.length_bytes,
		.digest = made.digest};
	return WQ_OK;
}

/* A gzip form is kept when it saves a tenth. */
static wq_err store_gzip(struct capture *c, const struct wq_site_item *item, struct object *object)
{
	if (!wq_encode_worth(item->type, item->body.n))
		return WQ_OK;
	wq_buf_clear(&c->gzip);
	WQ_TRY(wq_encode_gzip(item->body, &c->gzip));
	if (c->gzip.len > item->body.n - item->body.n / 10)
		return WQ_OK;
	object->has_gzip = true;
	return store(c, wq_buf_str(&c->gzip), &object->gzip);
}

static wq_err object_of(struct capture *c, const struct wq_site_item *item, struct object **ret)
{
	wq_digest digest = wq_sm3(item->body);
	struct object *object = wq_map_get(&c->objects, digest_str(&digest));

	if (!object) {
		object = WQ_NEW(&c->arena, struct object);
		WQ_TRY(wq_arena_err(&c->arena));
		WQ_TRY(store(c, item->body, &object->identity));
		WQ_TRY(store_gzip(c, item, object));
		WQ_TRY(wq_map_put(&c->objects, digest_str(&digest), object, NULL));
	}
	*ret = object;
	return WQ_OK;
}

static wq_err add_entry(struct capture *c, const struct wq_entry_new *entry)
{
	if (c->entries_n == c->entries_room) {
		size_t room = c->entries_room ? c->entries_room * 2 : 1024;
		void *more = room <= WQ_CAPTURE_ENTRIES_MAX ? realloc(c->entries, room * sizeof *c->entries) : NULL;

		if (!more)
			return wq_error(WQ_E_LIMIT, "more than %zu resources", c->entries_n);
		c->entries = more;
		c->entries_room = room;
	}
	c->entries[c->entries_n++] = *entry;
	return WQ_OK;
}

/* What could not be looked at stays as it is sealed; what never was sealed is left out. */
static wq_err keep_sealed(struct capture *c, wq_str key)
{
	struct wq_entry_new entry;
	struct wq_entry was;

	if (!c->has_base || !wq_snapshot_find(&c->base.snapshot, key, &was))
		return WQ_OK;
	entry = (struct wq_entry_new){.key = was.key,
		.status = was.status,
		.type = was.type,
		.headers = was.headers,
		.identity = was.identity,
		.gzip = was.gzip,
		.has_gzip = was.has_gzip};
	c->result->unknown++;
	return add_entry(c, &entry);
}

/* index.html is also its folder's page, and a page may have a dozen spellings: one finding is enough. */
static wq_err check_once(struct capture *c, const struct wq_site_item *item, struct object *object)
{
	enum wq_check_as as = wq_check_as(item->type);

	if (as == WQ_CHECK_NONE || (object->checked & as))
		return WQ_OK;
	object->checked |= (uint8_t)as;
	return wq_checks_run(c->checks, item, &object->identity.digest, &c->findings);
}

static wq_err one_resource(void *data, const struct wq_site_item *item)
{
	struct capture *c = data;
	struct object *object;
	struct wq_entry_new entry = {.status = item->status};
	struct wq_entry was;

	if (item->absent)
		return WQ_OK;
	if (item->unknown)
		return keep_sealed(c, item->key);

	WQ_TRY(object_of(c, item, &object));
	entry.key = wq_arena_str(&c->arena, item->key);
	entry.type = wq_arena_str(&c->arena, item->type);
	entry.headers = wq_arena_str(&c->arena, item->headers);
	WQ_TRY(wq_arena_err(&c->arena));
	entry.identity = object->identity;
	entry.has_gzip = object->has_gzip && wq_encode_worth(item->type, item->body.n);
	entry.gzip = object->gzip;
	WQ_TRY(add_entry(c, &entry));
	c->result->resources++;
	c->result->bytes += item->body.n;
	/* equal to what two people have seen at this address: nothing new to say */
	if (!c->has_base || !wq_snapshot_find(&c->base.snapshot, item->key, &was) || was.status != item->status ||
		!wq_str_eq(was.type, item->type) || !wq_digest_eq(was.identity.digest, entry.identity.digest))
		WQ_TRY(check_once(c, item, object));
	if (c->options->progress)
		c->options->progress(c->options->progress_data, c->result->resources, c->result->bytes);
	return WQ_OK;
}

/* ---- the proposed body ---- */

struct pack_table {
	wq_digest *names;
	uint64_t *bytes;
	uint32_t *renumbered; /* old number -> new */
	size_t n;
};

static wq_err pack_bytes(struct capture *c, wq_digest pack, uint64_t *ret_bytes)
{
	char name[WQ_DIGEST_HEX];
	struct stat st;

	if (stat(wq_workspace_path(c->w, "vault/packs/%s.pack", wq_digest_hex(pack, name)), &st) != 0)
		return wq_error_sys(WQ_E_STATE, errno, "pack %s of the vault", name);
	*ret_bytes = (uint64_t)st.st_size;
	return WQ_OK;
}

/* Only packs that an entry names; those of the sealed version keep their order, new ones follow. */
static wq_err pack_table(struct capture *c, const wq_digest *new_names, size_t new_n, struct pack_table *table)
{
	uint32_t base_n = first_new_pack(c);
	size_t all = base_n + new_n;
	bool *used = WQ_NEW_ARRAY(&c->arena, bool, all + 1);

	table->names = WQ_NEW_ARRAY(&c->arena, wq_digest, all + 1);
	table->bytes = WQ_NEW_ARRAY(&c->arena, uint64_t, all + 1);
	table->renumbered = WQ_NEW_ARRAY(&c->arena, uint32_t, all + 1);
	WQ_TRY(wq_arena_err(&c->arena));
	for (size_t i = 0; i < c->entries_n; i++) {
		used[c->entries[i].identity.pack] = true;
		if (c->entries[i].has_gzip)
			used[c->entries[i].gzip.pack] = true;
	}
	for (uint32_t i = 0; i < all; i++) {
		char name[WQ_DIGEST_HEX];
		uint64_t sealed_bytes = 0;

		if (!used[i])
			continue;
		table->renumbered[i] = (uint32_t)table->n;
		if (i >= base_n)
			table->names[table->n] = new_names[i - base_n];
		else if (!wq_snapshot_pack(&c->base.snapshot, i, &table->names[table->n], &sealed_bytes))
			return wq_error(WQ_E_FORMAT, "pack %u of the sealed version", i);
		WQ_TRY(pack_bytes(c, table->names[table->n], &table->bytes[table->n]));
		if (i < base_n && table->bytes[table->n] != sealed_bytes)
			return wq_error(WQ_E_ALTERED, "pack %s has another size than when it was sealed",
				wq_digest_hex(table->names[table->n], name));
		table->n++;
	}
	for (size_t i = 0; i < c->entries_n; i++) {
		c->entries[i].identity.pack = table->renumbered[c->entries[i].identity.pack];
		if (c->entries[i].has_gzip)
			c->entries[i].gzip.pack = table->renumbered[c->entries[i].gzip.pack];
	}
	return WQ_OK;
}

static wq_err build(struct capture *c, struct wq_buf *body)
{
	const wq_digest *names;
	struct pack_table packs = {0};
	size_t names_n;

	WQ_TRY(wq_pack_writer_finish(c->writer, &names, &names_n));
	WQ_TRY(pack_table(c, names, names_n, &packs));
	return wq_snapshot_build(&(struct wq_body_new){.packs = packs.names,
					 .pack_bytes = packs.bytes,
					 .packs_n = packs.n,
					 .hosts = c->app->hosts,
					 .hosts_n = c->app->hosts_n,
					 .entries = c->entries,
					 .entries_n = c->entries_n},
		body);
}

/* ---- the record ---- */

struct record {
	struct capture *c;
	wq_str release;
	uint64_t events;
};

/* Something differs from what is sealed, and nobody approved it yet: a fact, whoever did it (C1). */
static wq_err record_change(void *data, const struct wq_change *change)
{
	struct record *r = data;
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	if (r->events++ >= WQ_CAPTURE_EVENTS_MAX)
		return WQ_OK; /* the release lists all of them */
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "change", wq_str_c(wq_change_name(change->kind)));
	wq_json_put_str(&json, "key", change->key);
	if (change->was)
		wq_json_put_hex(&json, "sealed", change->was->identity.digest.b, WQ_DIGEST_BYTES);
	if (change->is)
		wq_json_put_hex(&json, "found", change->is->identity.digest.b, WQ_DIGEST_BYTES);
	wq_json_put_str(&json, "release", r->release);
	wq_json_put_str(&json, "clause", WQ_S("C1"));
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_add(r->c->w->ledger,
		&(struct wq_event_new){.type = WQ_S("change.found"),
			.actor = WQ_S("weique"),
			.app = r->c->app->id,
			.subject = wq_str_head(change->key, WQ_EVENT_NAME_MAX),
			.body = wq_buf_str(&body)},
		&r->c->arena, NULL);
}

static wq_err count_change(void *data, const struct wq_change *change)
{
	struct wq_capture_result *result = data;

	result->added += change->kind == WQ_CHANGE_ADDED;
	result->changed += change->kind == WQ_CHANGE_CHANGED;
	result->gone += change->kind == WQ_CHANGE_GONE;
	return WQ_OK;
}

static wq_err record_findings(struct capture *c, wq_str release)
{
	for (size_t i = 0; i < c->findings.count; i++) {
		struct wq_finding finding = c->findings.items[i];

		finding.found_at = wq_now(c->w->clock);
		WQ_TRY(wq_release_add_finding(c->w->ledger, c->app->id, release, &finding, &c->arena));
		c->result->findings_high += finding.severity >= WQ_SEVERITY_HIGH;
	}
	c->result->findings = c->findings.count + c->findings.dropped;
	c->result->worst = c->findings.worst;
	return WQ_OK;
}

/* A release that is open and proposes the very same bytes on the same ground: looking twice proposes once. */
static wq_err find_equal(struct capture *c, wq_digest root)
{
	struct wq_release_row *rows;
	size_t n;

	WQ_TRY(wq_release_list(c->w->ledger, c->app->id, OPEN_SEARCHED, &c->arena, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == WQ_RELEASE_OPEN && wq_digest_eq(rows[i].said.body_root, root) &&
			rows[i].said.base_serial == (c->has_base ? c->base.snapshot.head.serial : 0)) {
			c->result->release = wq_arena_str(c->w->arena, rows[i].id);
			c->result->again = true;
			return wq_arena_err(c->w->arena);
		}
	return WQ_OK;
}

/* Inside the append: the release's number is the ledger's next place, so two captures never make the same id. */
static wq_err record(struct capture *c, const struct wq_snapshot *proposed, wq_digest root)
{
	struct record r = {.c = c};
	struct wq_statement statement = {
		.app = c->app->id,
		.author = c->options->author,
		.base_serial = c->has_base ? c->base.snapshot.head.serial : 0,
		.base = c->has_base ? c->base.digest : (wq_digest){{0}},
		.body_root = root,
		.body_bytes = proposed->body.n,
		.entries = proposed->entries_n,
		.added = c->result->added,
		.changed = c->result->changed,
		.gone = c->result->gone,
		.created = wq_now(c->w->clock),
	};
	struct wq_tip tip;

	WQ_TRY(find_equal(c, root));
	if (c->result->again)
		return WQ_OK;
	WQ_TRY(wq_ledger_tip(c->w->ledger, &tip));
	r.release = wq_arena_printf(c->w->arena, "r%llu", (unsigned long long)tip.seq + 1);
	WQ_TRY(wq_arena_err(c->w->arena));
	statement.release = r.release;
	WQ_TRY(wq_release_add(c->w->ledger, &statement, &c->arena));
	WQ_TRY(record_findings(c, r.release));
	if (c->has_base)
		WQ_TRY(wq_diff(&c->base.snapshot, proposed, record_change, &r));
	WQ_TRY(wq_file_replace(
		c->w->fs, wq_workspace_path(c->w, "releases/%.*s.body", WQ_S_ARG(r.release)), proposed->body, 0644));
	c->result->release = r.release;
	return WQ_OK;
}

static wq_err propose(struct capture *c)
{
	WQ_BUF(body, BODY_MAX);
	struct wq_snapshot proposed;
	wq_err e;

	if (c->entries_n == 0)
		return wq_error(WQ_E_NOT_FOUND, "nothing could be read at %.*s", WQ_S_ARG(c->app->origin));
	WQ_TRY(build(c, &body));
	WQ_TRY(wq_snapshot_open_body(wq_buf_str(&body), &proposed));
	WQ_TRY(wq_diff(c->has_base ? &c->base.snapshot : NULL, &proposed, count_change, c->result));
	c->result->same = proposed.entries_n - c->result->added - c->result->changed;
	if (c->has_base && c->result->added + c->result->changed + c->result->gone == 0)
		return WQ_OK;
	WQ_TRY(wq_ledger_begin(c->w->ledger));
	e = record(c, &proposed, wq_tree_root(wq_buf_str(&body)));
	if (wq_failed(e)) {
		wq_ledger_abort(c->w->ledger);
		return e;
	}
	return wq_ledger_commit(c->w->ledger);
}

/* What is sealed is asked for by its address: a page that cannot be read must not make what it links to seem gone. */
static wq_err sealed_addresses(struct capture *c, struct wq_site_options *site)
{
	bool https = wq_str_starts(c->app->origin, WQ_S("https:"));
	const char **seeds;

	if (!c->has_base || !wq_str_starts(c->app->origin, WQ_S("http")))
		return WQ_OK;
	seeds = WQ_NEW_ARRAY(&c->arena, const char *, c->base.snapshot.entries_n + 1);
	WQ_TRY(wq_arena_err(&c->arena));
	for (uint32_t i = 0; i < c->base.snapshot.entries_n; i++) {
		struct wq_entry entry;

		if (!wq_snapshot_entry(&c->base.snapshot, i, &entry))
			return wq_error(WQ_E_FORMAT, "entry %u of the sealed version", i);
		seeds[i] = wq_arena_printf(&c->arena, "%s://%.*s", https ? "https" : "http", WQ_S_ARG(entry.key)).p;
	}
	site->seeds = seeds;
	site->seeds_n = c->base.snapshot.entries_n;
	return wq_arena_err(&c->arena);
}

static wq_err run(struct capture *c)
{
	struct wq_site_options site = c->options->site;
	struct wq_checks_options checks = {.app = c->app,
		.rules_dir = c->w->settings.rules_dir,
		.own_rules_dir = wq_workspace_path(c->w, "rules"),
		.now = wq_now(c->w->clock)};

	WQ_TRY(wq_findings_init(&c->findings, &c->arena, WQ_CAPTURE_FINDINGS_MAX));
	WQ_TRY(wq_checks_new(&checks, &c->checks));
	WQ_TRY(open_base(c));
	WQ_TRY(sealed_addresses(c, &site));
	WQ_TRY(wq_pack_writer_open_on(c->w->fs, wq_workspace_path(c->w, "vault/packs"), &c->writer));
	WQ_TRY(wq_site_visit(c->app, &site, one_resource, c));
	return propose(c);
}

wq_err wq_capture(struct wq_workspace *workspace, const struct wq_app_row *app,
	const struct wq_capture_options *options, struct wq_capture_result *ret_result)
{
	struct wq_capture_result result = {0};
	struct capture c = {.w = workspace,
		.app = app,
		.options = options,
		.result = &result,
		.gzip = WQ_BUF_INIT(WQ_SITE_OBJECT_MAX)};
	int hold = -1;
	wq_err e;

	wq_arena_init(&c.arena, MEMORY);
	wq_map_init(&c.objects, WQ_CAPTURE_ENTRIES_MAX, workspace->random);
	e = wq_collect_hold(workspace, false, &hold);
	if (!wq_failed(e))
		e = run(&c);
	wq_file_close(&hold);
	wq_checks_free(&c.checks);
	wq_pack_writer_free(&c.writer);
	wq_map_done(&c.objects);
	wq_buf_done(&c.gzip);
	wq_sealed_close(&c.base);
	free(c.entries);
	wq_arena_done(&c.arena);
	if (!wq_failed(e))
		*ret_result = result;
	return e;
}
