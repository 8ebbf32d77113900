#include "flow/audit.h"

#include <errno.h>

#include "base/json.h"
#include "base/map.h"
#include "flow/sealed.h"
#include "vault/pack.h"
#include "vault/shelf.h"

enum { RELEASES_MAX = 1000000, PACKS_MAX = 2000000 };
#define MEMORY ((size_t)2 << 30)
#define FILE_MAX ((size_t)4 << 30)

struct audit {
	struct wq_workspace *w;
	const struct wq_audit_options *options;
	struct wq_audit_result result;
	struct wq_arena arena;
	struct wq_shelf shelf;
	struct wq_release_row *releases;
	size_t releases_n;
	struct wq_map packs; /* digest -> packs: those to look at, there or not */
	struct wq_buf bytes;
};

/* What a file has to be. */
struct expected {
	enum wq_audited kind;
	const struct wq_release_row *release; /* snapshot, body */
	wq_digest pack;
};

/* ---- right or wrong ---- */

static wq_err check_snapshot(struct audit *a, const struct expected *x, wq_str bytes, struct wq_snapshot *ret)
{
	wq_digest digest;

	WQ_TRY(wq_snapshot_open(bytes, ret));
	WQ_TRY(wq_snapshot_digest(ret, &digest));
	if (!wq_digest_eq(digest, x->release->snapshot))
		return wq_error(WQ_E_ALTERED, "its head is not the one that was sealed");
	if (!wq_digest_eq(wq_tree_root(ret->body), ret->head.body_root))
		return wq_error(WQ_E_ALTERED, "its body is not the one that was sealed");
	WQ_TRY(wq_snapshot_check(ret));
	for (size_t i = 0; i < a->options->keys_n; i++)
		if (wq_digest_eq(wq_sm2_key_id(&a->options->keys[i]), ret->head.key_id))
			return wq_snapshot_verify(ret, &a->options->keys[i], 0, NULL);
	return a->options->keys_n == 0 ? WQ_OK : wq_error(WQ_E_SIGNATURE, "it is by no key of weique-sign");
}

static wq_err check_body(const struct expected *x, wq_str bytes, struct wq_snapshot *ret)
{
	if (!wq_digest_eq(wq_tree_root(bytes), x->release->said.body_root))
		return wq_error(WQ_E_ALTERED, "it is not the body that the release says");
	return wq_snapshot_open_body(bytes, ret);
}

static wq_err check_pack(const struct expected *x, wq_str bytes)
{
	struct wq_pack pack;

	WQ_TRY(wq_pack_open(bytes, &pack));
	return wq_pack_verify(&pack, x->pack);
}

/* The file at `path`; what it names is looked at later. */
static wq_err check(struct audit *a, const struct expected *x, const char *path)
{
	struct wq_snapshot s;
	wq_digest name;
	uint64_t n;

	wq_buf_clear(&a->bytes);
	WQ_TRY(wq_file_read(a->w->fs, path, &a->bytes));
	a->result.bytes += a->bytes.len;
	if (a->options->progress)
		a->options->progress(a->options->data, a->bytes.len);
	if (x->kind == WQ_AUDITED_PACK)
		return check_pack(x, wq_buf_str(&a->bytes));
	WQ_TRY(x->kind == WQ_AUDITED_SNAPSHOT ? check_snapshot(a, x, wq_buf_str(&a->bytes), &s)
					      : check_body(x, wq_buf_str(&a->bytes), &s));
	for (uint32_t i = 0; wq_snapshot_pack(&s, i, &name, &n); i++)
		WQ_TRY(wq_map_put(&a->packs, wq_str_of(name.b, sizeof name.b), a, NULL));
	return WQ_OK;
}

/* ---- repair ---- */

/* `below`: the path below the vault (or the state directory, for a body). */
static bool repair(struct audit *a, const struct expected *x, const char *path, const char *below)
{
	const char *base = strrchr(below, '/');
	char other[PATH_MAX];

	for (int i = 0; i < 3; i++) {
		int n = i == 0   ? snprintf(other, sizeof other, "%s/vault/%s", a->options->from, below)
			: i == 1 ? snprintf(other, sizeof other, "%s/%s", a->options->from, below)
				 : snprintf(other, sizeof other, "%s%s", a->options->from, base ? base : below);

		if (n < (int)sizeof other && !wq_failed(check(a, x, other)) &&
			!wq_failed(wq_file_replace(a->w->fs, path, wq_buf_str(&a->bytes), 0644)))
			return true;
	}
	return false;
}

static void look(struct audit *a, const struct expected *x, const char *path, const char *below)
{
	wq_err e = check(a, x, path);
	bool repaired;

	if (!wq_failed(e))
		return;
	repaired = a->options->from && repair(a, x, path, below);
	a->result.wrong++;
	a->result.repaired += repaired;
	if (a->options->wrong)
		a->options->wrong(a->options->data, x->kind, path, e, repaired);
}

/* ---- everything ---- */

static const struct wq_release_row *release_of(const struct audit *a, const char *app, uint64_t serial)
{
	for (size_t i = 0; i < a->releases_n; i++)
		if (a->releases[i].state == WQ_RELEASE_SEALED && a->releases[i].serial == serial &&
			wq_str_eq(a->releases[i].said.app, wq_str_c(app)))
			return &a->releases[i];
	return NULL;
}

static bool is_last(const struct audit *a, const struct wq_release_row *r)
{
	for (size_t i = 0; i < a->releases_n; i++)
		if (a->releases[i].state == WQ_RELEASE_SEALED && a->releases[i].serial > r->serial &&
			wq_str_eq(a->releases[i].said.app, r->said.app))
			return false;
	return true;
}

/* Those on the shelf, and the last sealed one of each application, which has to be there. */
static wq_err look_at_snapshots(struct audit *a)
{
	char path[PATH_MAX], below[PATH_MAX];

	for (size_t i = 0; i < a->releases_n; i++) {
		const struct wq_release_row *r = &a->releases[i];
		const char *app = wq_arena_cstr(&a->arena, r->said.app);
		struct stat st;

		WQ_TRY(wq_arena_err(&a->arena));
		if (r->state != WQ_RELEASE_SEALED)
			continue;
		wq_shelf_snapshot_path(&a->shelf, app, r->serial, path);
		if (!is_last(a, r) && lstat(path, &st) != 0)
			continue;
		snprintf(below, sizeof below, "apps/%s/%020llu.snapshot", app, (unsigned long long)r->serial);
		a->result.snapshots++;
		look(a, &(struct expected){.kind = WQ_AUDITED_SNAPSHOT, .release = r}, path, below);
	}
	return WQ_OK;
}

static wq_err look_for_strangers(struct audit *a)
{
	const char **apps;
	size_t apps_n;

	WQ_TRY(wq_shelf_apps(&a->shelf, &a->arena, &apps, &apps_n));
	for (size_t i = 0; i < apps_n; i++) {
		uint64_t *serials;
		size_t n;

		WQ_TRY(wq_shelf_serials(&a->shelf, apps[i], &a->arena, &serials, &n));
		for (size_t j = 0; j < n; j++)
			a->result.unknown += !release_of(a, apps[i], serials[j]);
	}
	return WQ_OK;
}

static wq_err look_at_bodies(struct audit *a)
{
	for (size_t i = 0; i < a->releases_n; i++) {
		const struct wq_release_row *r = &a->releases[i];
		const char *path = wq_workspace_path(a->w, "releases/%.*s.body", WQ_S_ARG(r->id));
		const char *below = wq_arena_printf(&a->arena, "releases/%.*s.body", WQ_S_ARG(r->id)).p;
		struct stat st;

		WQ_TRY(wq_arena_err(&a->arena));
		if (r->state != WQ_RELEASE_OPEN && lstat(path, &st) != 0)
			continue;
		a->result.bodies++;
		look(a, &(struct expected){.kind = WQ_AUDITED_BODY, .release = r}, path, below);
	}
	return WQ_OK;
}

static wq_err list_packs(struct audit *a)
{
	const wq_str suffix = WQ_S(".pack");
	struct wq_dir_entry *entries;
	char dir[PATH_MAX];
	size_t n;

	WQ_TRY(wq_dir_list(&a->arena, wq_shelf_packs_path(&a->shelf, dir), PACKS_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		wq_str name = wq_str_c(entries[i].name);
		wq_digest digest;

		if (wq_str_ends(name, suffix) &&
			wq_str_unhex(wq_str_head(name, name.n - suffix.n), digest.b, sizeof digest.b))
			WQ_TRY(wq_map_put(&a->packs, wq_str_of(digest.b, sizeof digest.b), a, NULL));
	}
	return WQ_OK;
}

static void look_at_packs(struct audit *a)
{
	const struct wq_map_entry *entry;
	size_t at = 0;

	while ((entry = wq_map_next(&a->packs, &at))) {
		struct expected x = {.kind = WQ_AUDITED_PACK};
		char path[PATH_MAX], below[PATH_MAX], hex[WQ_DIGEST_HEX];

		memcpy(x.pack.b, entry->key.p, sizeof x.pack.b);
		snprintf(below, sizeof below, "packs/%s.pack", wq_digest_hex(x.pack, hex));
		a->result.packs++;
		look(a, &x, wq_shelf_pack_path(&a->shelf, x.pack, path), below);
	}
}

static wq_err record(struct audit *a)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_u64(&json, "wrong", a->result.wrong);
	wq_json_put_u64(&json, "repaired", a->result.repaired);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_append(a->w->ledger,
		&(struct wq_event_new){
			.type = WQ_S("vault.repaired"), .actor = a->options->actor, .body = wq_buf_str(&body)},
		&a->arena, NULL);
}

static wq_err run(struct audit *a)
{
	WQ_TRY(wq_shelf_open(a->w->fs, wq_workspace_path(a->w, "vault"), false, &a->shelf));
	WQ_TRY(wq_release_list(a->w->ledger, WQ_S(""), RELEASES_MAX, &a->arena, &a->releases, &a->releases_n));
	WQ_TRY(look_at_snapshots(a));
	WQ_TRY(look_for_strangers(a));
	WQ_TRY(look_at_bodies(a));
	WQ_TRY(list_packs(a));
	look_at_packs(a);
	return a->result.repaired > 0 ? record(a) : WQ_OK;
}

wq_err wq_audit(
	struct wq_workspace *workspace, const struct wq_audit_options *options, struct wq_audit_result *ret_result)
{
	struct audit a = {.w = workspace, .options = options, .bytes = WQ_BUF_INIT(FILE_MAX)};
	wq_err e;

	wq_arena_init(&a.arena, MEMORY);
	wq_map_init(&a.packs, PACKS_MAX, workspace->random);
	e = run(&a);
	wq_map_done(&a.packs);
	wq_buf_done(&a.bytes);
	wq_arena_done(&a.arena);
	if (!wq_failed(e))
		*ret_result = a.result;
	return e;
}
