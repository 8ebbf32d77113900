#include "flow/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <sys/file.h>

#include "base/json.h"
#include "base/map.h"
#include "flow/sealed.h"
#include "vault/shelf.h"

enum { RELEASES_MAX = 1000000, FILES_MAX = 1000000, PATHS_MAX = 2 * FILES_MAX };
#define MEMORY ((size_t)2 << 30)
#define FILE_MAX ((size_t)4 << 30)

struct file {
	const char *path;
	uint64_t bytes;
	enum wq_collected kind;
	bool goes;
};

struct collect {
	struct wq_workspace *w;
	const struct wq_collect_options *options;
	struct wq_collect_result result;
	struct wq_arena arena;
	struct wq_shelf shelf;
	struct wq_release_row *releases; /* by application, then the latest serial first */
	size_t releases_n;
	struct wq_map old_serials; /* "app/serial" of sealed versions that are no longer kept */
	struct wq_map keeps;       /* ids of releases whose body is kept */
	struct wq_map named;       /* digests of packs that are needed */
	struct file *files;
	size_t files_n, files_room;
};

const char *wq_collected_name(enum wq_collected kind)
{
	static const char *const names[] = {"snapshot", "body", "pack", "temporary"};

	return names[kind];
}

wq_err wq_collect_hold(struct wq_workspace *workspace, bool alone, int *ret_fd)
{
	const char *path = wq_workspace_path(workspace, "releases/lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);

	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	while (flock(fd, alone ? LOCK_EX | LOCK_NB : LOCK_SH) != 0) {
		int why = errno;

		if (why == EINTR)
			continue;
		wq_file_close(&fd);
		return why == EWOULDBLOCK
			? wq_error(WQ_E_BUSY, "a capture or a rollback is running, or another collection")
			: wq_error_sys(WQ_E_IO, why, "%s", path);
	}
	*ret_fd = fd;
	return WQ_OK;
}

/* ---- which versions are kept ---- */

static int release_order(const void *a, const void *b)
{
	const struct wq_release_row *x = a, *y = b;
	int order = wq_str_cmp(x->said.app, y->said.app);

	return order ? order : x->serial > y->serial ? -1 : x->serial < y->serial;
}

static wq_err mark(struct wq_map *map, wq_str key)
{
	return wq_map_put(map, key, map, NULL);
}

static wq_err choose(struct collect *c)
{
	size_t rank = 0;

	WQ_TRY(wq_release_list(c->w->ledger, WQ_S(""), RELEASES_MAX, &c->arena, &c->releases, &c->releases_n));
	if (c->releases_n == RELEASES_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d releases", RELEASES_MAX);
	if (c->releases_n > 0)
		qsort(c->releases, c->releases_n, sizeof *c->releases, release_order);
	for (size_t i = 0; i < c->releases_n; i++) {
		const struct wq_release_row *r = &c->releases[i];

		if (i == 0 || !wq_str_eq(r->said.app, r[-1].said.app))
			rank = 0;
		if (r->state == WQ_RELEASE_OPEN)
			WQ_TRY(mark(&c->keeps, r->id));
		if (r->state != WQ_RELEASE_SEALED)
			continue;
		if (rank++ < c->options->keep)
			WQ_TRY(mark(&c->keeps, r->id));
		else
			WQ_TRY(mark(&c->old_serials,
				wq_arena_printf(
					&c->arena, "%.*s/%llu", WQ_S_ARG(r->said.app), (unsigned long long)r->serial)));
	}
	return WQ_OK;
}

/* ---- what lies there ---- */

/* Young by its own time; one from the future is young. */
static bool is_young(const struct collect *c, const struct stat *st)
{
	wq_time changed = (wq_time)st->st_mtim.tv_sec * WQ_SECOND + st->st_mtim.tv_nsec / 1000;
	wq_time grace = (wq_time)(c->options->grace_msec * (WQ_SECOND / 1000));

	return changed > wq_now(c->w->clock) - grace;
}

static wq_err add_file(struct collect *c, enum wq_collected kind, const char *path, bool wanted, struct file **ret)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	if (c->files_n == c->files_room) {
		size_t room = c->files_room ? 2 * c->files_room : 1024;
		struct file *more = wq_arena_alloc(&c->arena, room * sizeof *more);

		WQ_TRY(wq_arena_err(&c->arena));
		if (c->files_n > 0)
			memcpy(more, c->files, c->files_n * sizeof *more);
		c->files = more;
		c->files_room = room;
	}
	*ret = &c->files[c->files_n++];
	**ret = (struct file){
		.path = path, .bytes = (uint64_t)st.st_size, .kind = kind, .goes = !wanted && !is_young(c, &st)};
	return WQ_OK;
}

static wq_err need_packs(struct collect *c, const char *path, bool snapshot)
{
	struct wq_buf bytes = WQ_BUF_INIT(FILE_MAX);
	struct wq_snapshot s;
	wq_err e = wq_file_read(c->w->fs, path, &bytes);
	wq_digest name;
	uint64_t n;

	if (!wq_failed(e))
		e = (snapshot ? wq_snapshot_open : wq_snapshot_open_body)(wq_buf_str(&bytes), &s);
	for (uint32_t i = 0; !wq_failed(e) && wq_snapshot_pack(&s, i, &name, &n); i++)
		e = mark(&c->named, wq_str_of(name.b, sizeof name.b));
	wq_buf_done(&bytes);
	return wq_is(e, WQ_E_FORMAT) ? wq_error(WQ_E_FORMAT, "%s cannot be read; repair or remove it first", path) : e;
}

static wq_err look_at_snapshots(struct collect *c)
{
	const char **apps;
	size_t apps_n;

	WQ_TRY(wq_shelf_apps(&c->shelf, &c->arena, &apps, &apps_n));
	for (size_t i = 0; i < apps_n; i++) {
		uint64_t *serials;
		size_t n;

		WQ_TRY(wq_shelf_serials(&c->shelf, apps[i], &c->arena, &serials, &n));
		for (size_t j = 0; j < n; j++) {
			char path[PATH_MAX];
			wq_str name = wq_arena_printf(&c->arena, "%s/%llu", apps[i], (unsigned long long)serials[j]);
			struct file *file;
			const char *copy;

			wq_shelf_snapshot_path(&c->shelf, apps[i], serials[j], path);
			copy = wq_arena_cstr(&c->arena, wq_str_c(path));
			WQ_TRY(wq_arena_err(&c->arena));
			WQ_TRY(add_file(c, WQ_COLLECTED_SNAPSHOT, copy, !wq_map_has(&c->old_serials, name), &file));
			if (!file->goes)
				WQ_TRY(need_packs(c, copy, true));
		}
	}
	return WQ_OK;
}

static wq_err list(struct collect *c, const char *dir, struct wq_dir_entry **ret, size_t *ret_n)
{
	return wq_dir_list(&c->arena, dir, FILES_MAX, ret, ret_n);
}

static wq_err look_at_bodies(struct collect *c)
{
	const wq_str suffix = WQ_S(".body");
	struct wq_dir_entry *entries;
	size_t n;

	WQ_TRY(list(c, wq_workspace_path(c->w, "releases"), &entries, &n));
	for (size_t i = 0; i < n; i++) {
		wq_str name = wq_str_c(entries[i].name);
		const char *path = wq_arena_printf(&c->arena, "%s/releases/%s", c->w->dir, entries[i].name).p;
		struct file *file;

		WQ_TRY(wq_arena_err(&c->arena));
		if (entries[i].type != DT_REG || !wq_str_ends(name, suffix) || wq_str_starts(name, WQ_S(".")))
			continue;
		WQ_TRY(add_file(c, WQ_COLLECTED_BODY, path, wq_map_has(&c->keeps, wq_str_head(name, name.n - suffix.n)),
			&file));
		if (!file->goes)
			WQ_TRY(need_packs(c, path, false));
	}
	return WQ_OK;
}

/* Requires: what is kept was looked at. */
static wq_err look_at_packs(struct collect *c)
{
	const wq_str suffix = WQ_S(".pack");
	struct wq_dir_entry *entries;
	char dir[PATH_MAX];
	size_t n;

	WQ_TRY(list(c, wq_shelf_packs_path(&c->shelf, dir), &entries, &n));
	for (size_t i = 0; i < n; i++) {
		wq_str name = wq_str_c(entries[i].name);
		const char *path = wq_arena_printf(&c->arena, "%s/%s", dir, entries[i].name).p;
		wq_digest digest;
		struct file *file;

		WQ_TRY(wq_arena_err(&c->arena));
		if (entries[i].type != DT_REG)
			continue;
		if (wq_str_starts(name, WQ_S(".")))
			WQ_TRY(add_file(c, WQ_COLLECTED_TEMPORARY, path, false, &file));
		else if (wq_str_ends(name, suffix) &&
			wq_str_unhex(wq_str_head(name, name.n - suffix.n), digest.b, sizeof digest.b))
			WQ_TRY(add_file(c, WQ_COLLECTED_PACK, path,
				wq_map_has(&c->named, wq_str_of(digest.b, sizeof digest.b)), &file));
	}
	return WQ_OK;
}

/* ---- taking away ---- */

static void sum_up(struct collect *c)
{
	for (size_t i = 0; i < c->files_n; i++) {
		const struct file *f = &c->files[i];

		if (f->goes && c->options->visit)
			c->options->visit(c->options->data, f->kind, f->path, f->bytes);
		*(f->goes ? &c->result.removed[f->kind] : &c->result.kept[f->kind]) += 1;
		*(f->goes ? &c->result.removed_bytes[f->kind] : &c->result.kept_bytes[f->kind]) += f->bytes;
	}
}

static bool anything(const struct collect *c)
{
	for (size_t i = 0; i < c->files_n; i++)
		if (c->files[i].goes)
			return true;
	return false;
}

/* What goes is on record before it goes. */
static wq_err record(struct collect *c)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	struct wq_json json;

	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_u64(&json, "keep", c->options->keep);
	for (int kind = 0; kind < WQ_COLLECTED_KINDS; kind++) {
		wq_json_key(&json, wq_str_c(wq_collected_name((enum wq_collected)kind)));
		wq_json_object(&json);
		wq_json_put_u64(&json, "removed", c->result.removed[kind]);
		wq_json_put_u64(&json, "bytes", c->result.removed_bytes[kind]);
		wq_json_put_u64(&json, "kept", c->result.kept[kind]);
		wq_json_object_end(&json);
	}
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_append(c->w->ledger,
		&(struct wq_event_new){
			.type = WQ_S("vault.collected"), .actor = c->options->actor, .body = wq_buf_str(&body)},
		&c->arena, NULL);
}

static wq_err take_away(struct collect *c)
{
	for (int kind = 0; kind < WQ_COLLECTED_KINDS; kind++)
		for (size_t i = 0; i < c->files_n; i++) {
			wq_err e;

			if (!c->files[i].goes || c->files[i].kind != (enum wq_collected)kind)
				continue;
			e = wq_file_remove(c->w->fs, c->files[i].path);
			if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
				return e;
		}
	return WQ_OK;
}

static wq_err run(struct collect *c)
{
	WQ_TRY(wq_shelf_open(c->w->fs, wq_workspace_path(c->w, "vault"), false, &c->shelf));
	WQ_TRY(choose(c));
	WQ_TRY(look_at_snapshots(c));
	WQ_TRY(look_at_bodies(c));
	WQ_TRY(look_at_packs(c));
	sum_up(c);
	if (c->options->dry_run || !anything(c))
		return WQ_OK;
	WQ_TRY(record(c));
	return take_away(c);
}

wq_err wq_collect(
	struct wq_workspace *workspace, const struct wq_collect_options *options, struct wq_collect_result *ret_result)
{
	struct collect c = {.w = workspace, .options = options};
	int hold;
	wq_err e;

	if (options->keep == 0)
		return wq_error(WQ_E_INPUT, "at least one version is kept");
	WQ_TRY(wq_collect_hold(workspace, !options->dry_run, &hold));
	wq_arena_init(&c.arena, MEMORY);
	wq_map_init(&c.old_serials, RELEASES_MAX, workspace->random);
	wq_map_init(&c.keeps, RELEASES_MAX, workspace->random);
	wq_map_init(&c.named, PATHS_MAX, workspace->random);
	e = run(&c);
	wq_map_done(&c.named);
	wq_map_done(&c.keeps);
	wq_map_done(&c.old_serials);
	wq_arena_done(&c.arena);
	wq_file_close(&hold);
	if (!wq_failed(e))
		*ret_result = c.result;
	return e;
}
