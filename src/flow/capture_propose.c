#include "flow/capture_priv.h"

#include <errno.h>

#include "flow/diff.h"
#include "policy/rewrite.h"

#define BODY_MAX ((size_t)4 << 30)

struct pack_table {
	wq_digest *names;
	uint64_t *bytes;
	uint32_t *renumbered; /* old number -> new */
	size_t n;
};

static wq_err pack_bytes(struct wq_capturing *c, wq_digest pack, uint64_t *ret_bytes)
{
	char name[WQ_DIGEST_HEX];
	struct stat st;

	if (stat(wq_workspace_path(c->w, "vault/packs/%s.pack", wq_digest_hex(pack, name)), &st) != 0)
		return wq_error_sys(WQ_E_STATE, errno, "pack %s of the vault", name);
	*ret_bytes = (uint64_t)st.st_size;
	return WQ_OK;
}

/* Only packs that an entry names; those of the sealed version keep their order, new ones follow. */
static wq_err pack_table(struct wq_capturing *c, const wq_digest *new_names, size_t new_n, struct pack_table *table)
{
	uint32_t base_n = c->has_base ? c->base.snapshot.packs_n : 0;
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
		if (c->entries[i].has_brotli)
			used[c->entries[i].brotli.pack] = true;
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
		if (c->entries[i].has_brotli)
			c->entries[i].brotli.pack = table->renumbered[c->entries[i].brotli.pack];
	}
	return WQ_OK;
}

/* Pages that stay as they are sealed go on calling their links. */
static wq_err keep_links(struct wq_capturing *c)
{
	struct wq_entry was;

	for (size_t i = 0; i < c->entries_n && c->has_base && c->base.snapshot.links_n > 0; i++) {
		const struct wq_entry_new *e = &c->entries[i];

		if (!wq_snapshot_find(&c->base.snapshot, e->key, &was) ||
			!wq_digest_eq(was.identity.digest, e->identity.digest))
			continue;
		WQ_TRY(wq_transform_keep(c->transform, &c->base.snapshot, e->headers));
		if (!(e->transforms & WQ_TRANSFORM_LEAVE))
			continue;
		WQ_TRY(wq_packs_read(c->packs, &c->base.snapshot, &was, &c->was));
		WQ_TRY(wq_transform_keep(c->transform, &c->base.snapshot, wq_buf_str(&c->was)));
	}
	return WQ_OK;
}

static wq_err build(struct wq_capturing *c, struct wq_buf *body)
{
	const wq_digest *names;
	struct pack_table packs = {0};
	const struct wq_link_new *links;
	size_t names_n, links_n;

	WQ_TRY(keep_links(c));
	WQ_TRY(wq_transform_links(c->transform, &links, &links_n));
	WQ_TRY(wq_pack_writer_finish(c->writer, &names, &names_n));
	WQ_TRY(pack_table(c, names, names_n, &packs));
	return wq_snapshot_build(&(struct wq_body_new){.packs = packs.names,
					 .pack_bytes = packs.bytes,
					 .packs_n = packs.n,
					 .hosts = c->app->hosts,
					 .hosts_n = c->app->hosts_n,
					 .policy = wq_buf_str(&c->block),
					 .links = links,
					 .links_n = links_n,
					 .entries = c->entries,
					 .entries_n = c->entries_n},
		body);
}

static wq_err count_change(void *data, const struct wq_change *change)
{
	struct wq_capture_result *result = data;

	result->added += change->kind == WQ_CHANGE_ADDED;
	result->changed += change->kind == WQ_CHANGE_CHANGED;
	result->gone += change->kind == WQ_CHANGE_GONE;
	return WQ_OK;
}

wq_err wq_capture_propose(struct wq_capturing *c)
{
	WQ_BUF(body, BODY_MAX);
	wq_str sealed = c->has_base ? wq_snapshot_policy(&c->base.snapshot) : WQ_S_NONE;
	struct wq_snapshot proposed;
	wq_err e;

	if (c->entries_n == 0 && c->app->state != WQ_APP_CLOSED)
		return wq_error(WQ_E_NOT_FOUND, "nothing could be read at %.*s", WQ_S_ARG(c->app->origin));
	c->result->policy = !wq_str_eq(wq_buf_str(&c->block), sealed);
	if (c->has_base && c->kept == c->entries_n && c->kept == c->base.snapshot.entries_n && !c->result->policy) {
		c->result->same = c->kept;
		return WQ_OK;
	}
	WQ_TRY(build(c, &body));
	WQ_TRY(wq_snapshot_open_body(wq_buf_str(&body), &proposed));
	WQ_TRY(wq_diff(c->has_base ? &c->base.snapshot : NULL, &proposed, count_change, c->result));
	c->result->same = proposed.entries_n - c->result->added - c->result->changed;
	if (c->has_base && c->result->added + c->result->changed + c->result->gone == 0 && !c->result->policy)
		return WQ_OK;
	WQ_TRY(wq_ledger_begin(c->w->ledger));
	e = wq_capture_record(c, &proposed, wq_tree_root(wq_buf_str(&body)));
	if (wq_failed(e)) {
		wq_ledger_abort(c->w->ledger);
		return e;
	}
	return wq_ledger_commit(c->w->ledger);
}
