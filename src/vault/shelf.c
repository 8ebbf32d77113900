#include "vault/shelf.h"

#include "vault/sealed.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>

enum { SERIAL_DIGITS = 20, SHELF_MODE = 0755, FILE_MODE = 0644 };

static const wq_str snapshot_suffix = WQ_S_INIT(".snapshot");

const char *wq_shelf_packs_path(const struct wq_shelf *shelf, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/packs", shelf->dir);
	return out;
}

const char *wq_shelf_pack_path(const struct wq_shelf *shelf, wq_digest name, char out[PATH_MAX])
{
	char hex[WQ_DIGEST_HEX];

	snprintf(out, PATH_MAX, "%s/packs/%s.pack", shelf->dir, wq_digest_hex(name, hex));
	return out;
}

const char *wq_shelf_app_path(const struct wq_shelf *shelf, const char *app, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/apps/%.*s", shelf->dir, WQ_APP_ID_MAX, app);
	return out;
}

const char *wq_shelf_snapshot_path(const struct wq_shelf *shelf, const char *app, uint64_t serial, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/apps/%.*s/%020" PRIu64 ".snapshot", shelf->dir, WQ_APP_ID_MAX, app, serial);
	return out;
}

/* A shelf whose folder a group may write to is the group's all the way down: one user seals, another restores what was
 * altered. The umask of who makes a folder does not count. */
static wq_err make_folder(const struct wq_shelf *shelf, const char *path)
{
	struct stat above, st;

	WQ_TRY(wq_dir_make(shelf->fs, path, SHELF_MODE));
	if (stat(shelf->dir, &above) != 0 || !(above.st_mode & S_IWGRP) || stat(path, &st) != 0 ||
		st.st_mode & S_IWGRP || st.st_uid != geteuid())
		return WQ_OK;
	return chmod(path, (st.st_mode & 07777) | S_IRWXG) == 0 ? WQ_OK : wq_error_sys(WQ_E_IO, errno, "%s", path);
}

wq_err wq_shelf_open(const struct wq_fs *fs, const char *dir, bool make, struct wq_shelf *ret_shelf)
{
	struct wq_shelf shelf = {.fs = fs ? fs : &wq_fs_system};
	char path[PATH_MAX];
	struct stat st;

	if (strlen(dir) >= sizeof shelf.dir)
		return wq_error(WQ_E_LIMIT, "the path is too long: %.100s", dir);
	snprintf(shelf.dir, sizeof shelf.dir, "%s", dir);
	if (make) {
		WQ_TRY(make_folder(&shelf, wq_shelf_packs_path(&shelf, path)));
		snprintf(path, sizeof path, "%s/apps", shelf.dir);
		WQ_TRY(make_folder(&shelf, path));
	}
	snprintf(path, sizeof path, "%s/apps", shelf.dir);
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return wq_error(WQ_E_NOT_FOUND, "%s is no vault", dir);
	*ret_shelf = shelf;
	return WQ_OK;
}

/* ---- listing ---- */

wq_err wq_shelf_apps(const struct wq_shelf *shelf, struct wq_arena *arena, const char ***ret_apps, size_t *ret_n)
{
	struct wq_dir_entry *entries;
	char path[PATH_MAX];
	const char **apps;
	size_t count, n = 0;

	snprintf(path, sizeof path, "%s/apps", shelf->dir);
	WQ_TRY(wq_dir_list(arena, path, WQ_SHELF_APPS_MAX, &entries, &count));
	apps = WQ_NEW_ARRAY(arena, const char *, count + 1);
	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < count; i++)
		if (entries[i].type == DT_DIR && wq_app_id_fine(wq_str_c(entries[i].name)))
			apps[n++] = entries[i].name;
	*ret_apps = apps;
	*ret_n = n;
	return WQ_OK;
}

static bool serial_of(const char *name, uint64_t *ret_serial)
{
	wq_str s = wq_str_c(name);

	return s.n == SERIAL_DIGITS + snapshot_suffix.n && wq_str_ends(s, snapshot_suffix) &&
		wq_str_to_u64(wq_str_head(s, SERIAL_DIGITS), UINT64_MAX, ret_serial) && *ret_serial > 0;
}

/* Names come in byte order, which is that of the serials: 20 digits each. */
wq_err wq_shelf_serials(
	const struct wq_shelf *shelf, const char *app, struct wq_arena *arena, uint64_t **ret_serials, size_t *ret_n)
{
	struct wq_dir_entry *entries = NULL;
	char path[PATH_MAX];
	uint64_t *serials, serial;
	size_t count = 0, n = 0;
	wq_err e;

	if (!wq_app_id_fine(wq_str_c(app)))
		return wq_error(WQ_E_INPUT, "no application can have this name");
	e = wq_dir_list(arena, wq_shelf_app_path(shelf, app, path), WQ_SHELF_SERIALS_MAX, &entries, &count);
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	serials = WQ_NEW_ARRAY(arena, uint64_t, count + 1);
	WQ_TRY(wq_arena_err(arena));
	for (size_t i = count; i > 0; i--)
		if (serial_of(entries[i - 1].name, &serial))
			serials[n++] = serial;
	*ret_serials = serials;
	*ret_n = n;
	return WQ_OK;
}

/* ---- publishing ---- */

static wq_err packs_present(const struct wq_shelf *shelf, const struct wq_snapshot *s)
{
	char path[PATH_MAX];
	wq_digest name;
	uint64_t bytes, present;

	for (uint32_t i = 0; wq_snapshot_pack(s, i, &name, &bytes); i++) {
		WQ_TRY(wq_sealed_size(wq_shelf_pack_path(shelf, name, path), &present));
		if (present != bytes)
			return wq_error(
				WQ_E_ALTERED, "%s has %" PRIu64 " bytes instead of %" PRIu64, path, present, bytes);
	}
	return WQ_OK;
}

static wq_err file_equals(const char *path, wq_str bytes, bool *ret_equal)
{
	WQ_CLEANUP(wq_sealed_done) struct wq_sealed file = WQ_SEALED_NONE;
	uint64_t n;

	*ret_equal = false;
	WQ_TRY(wq_sealed_size(path, &n));
	if (n != bytes.n)
		return WQ_OK;
	WQ_TRY(wq_sealed_copy(path, "weique-compare", n, &file));
	*ret_equal = wq_str_eq(file.bytes, bytes);
	return WQ_OK;
}

static wq_err serial_free(const struct wq_shelf *shelf, const struct wq_snapshot *s, wq_str bytes, bool *ret_there)
{
	const struct wq_snapshot_head *head = &s->head;
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	char path[PATH_MAX];
	uint64_t *serials;
	size_t n;

	wq_arena_init(&arena, 64 * WQ_MIB);
	WQ_TRY(wq_shelf_serials(shelf, head->app, &arena, &serials, &n));
	*ret_there = false;
	if (n == 0 || serials[0] < head->serial)
		return WQ_OK;
	if (serials[0] > head->serial)
		return wq_error(WQ_E_REPLAYED, "%s has serial %" PRIu64 ", %" PRIu64 " is lower", head->app, serials[0],
			head->serial);
	WQ_TRY(file_equals(wq_shelf_snapshot_path(shelf, head->app, head->serial, path), bytes, ret_there));
	if (!*ret_there)
		return wq_error(WQ_E_REPLAYED, "%s has another snapshot with serial %" PRIu64, head->app, head->serial);
	return WQ_OK;
}

static wq_err current_write(const struct wq_shelf *shelf, const struct wq_snapshot *s)
{
	char app[PATH_MAX], path[PATH_MAX + 16], hex[WQ_DIGEST_HEX];
	wq_digest digest;
	WQ_BUF(text, 256);

	WQ_TRY(wq_snapshot_digest(s, &digest));
	wq_buf_printf(&text, "%" PRIu64 " %s\n", s->head.serial, wq_digest_hex(digest, hex));
	WQ_TRY(wq_buf_err(&text));
	snprintf(path, sizeof path, "%s/current", wq_shelf_app_path(shelf, s->head.app, app));
	return wq_file_replace(shelf->fs, path, wq_buf_str(&text), FILE_MODE);
}

wq_err wq_shelf_publish(const struct wq_shelf *shelf, wq_str snapshot)
{
	struct wq_snapshot s;
	char path[PATH_MAX];
	bool there;

	WQ_TRY(wq_snapshot_open(snapshot, &s));
	WQ_TRY(wq_snapshot_check(&s));
	if (!wq_digest_eq(wq_tree_root(s.body), s.head.body_root))
		return wq_error(WQ_E_ALTERED, "snapshot %s serial %" PRIu64 ": its body is not the one that was sealed",
			s.head.app, s.head.serial);
	WQ_TRY(packs_present(shelf, &s));
	WQ_TRY(make_folder(shelf, wq_shelf_app_path(shelf, s.head.app, path)));
	WQ_TRY(serial_free(shelf, &s, snapshot, &there));
	wq_shelf_snapshot_path(shelf, s.head.app, s.head.serial, path);
	/* the very same again: a crash may have come before its name was durable */
	if (there)
		WQ_TRY(wq_file_replace(shelf->fs, path, snapshot, FILE_MODE));
	else
		WQ_TRY(wq_file_create(shelf->fs, path, snapshot, FILE_MODE));
	return current_write(shelf, &s);
}
