#include "vault/shelf.h"

#include "vault/sealed.h"

#include <errno.h>
#include <inttypes.h>

static const wq_str pack_suffix = WQ_S_INIT(".pack");

static int digest_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(wq_digest));
}

static size_t sorted_unique(wq_digest *names, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(names, n, sizeof *names, digest_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || digest_order(&names[kept - 1], &names[i]) != 0)
			names[kept++] = names[i];
	return kept;
}

static void body_packs(const struct wq_snapshot *s, struct wq_buf *names)
{
	wq_digest name;
	uint64_t bytes;

	for (uint32_t i = 0; wq_snapshot_pack(s, i, &name, &bytes); i++)
		wq_buf_add(names, wq_str_of(name.b, sizeof name.b));
}

static wq_err snapshot_packs(const struct wq_shelf *shelf, const char *app, uint64_t serial, struct wq_buf *names)
{
	WQ_CLEANUP(wq_sealed_done) struct wq_sealed file = WQ_SEALED_NONE;
	struct wq_snapshot s;
	char path[PATH_MAX];
	uint64_t bytes;

	wq_shelf_snapshot_path(shelf, app, serial, path);
	WQ_TRY(wq_sealed_size(path, &bytes));
	WQ_TRY(wq_sealed_copy(path, "weique-list", bytes, &file));
	WQ_TRY(wq_snapshot_open(file.bytes, &s));
	/* an older one under a newer name would stand in the place of one that is needed */
	if (s.head.serial != serial || strcmp(s.head.app, app) != 0)
		return wq_error(WQ_E_ALTERED, "%s holds %s serial %" PRIu64, path, s.head.app, s.head.serial);
	body_packs(&s, names);
	return wq_buf_err(names);
}

static wq_err shelf_packs(const struct wq_shelf *shelf, size_t retain, struct wq_arena *arena, struct wq_buf *names)
{
	const char **apps;
	uint64_t *serials;
	size_t apps_n, n;

	WQ_TRY(wq_shelf_apps(shelf, arena, &apps, &apps_n));
	for (size_t i = 0; i < apps_n; i++) {
		WQ_TRY(wq_shelf_serials(shelf, apps[i], arena, &serials, &n));
		for (size_t j = 0; j < n && j < WQ_MAX(retain, (size_t)1); j++)
			WQ_TRY(snapshot_packs(shelf, apps[i], serials[j], names));
	}
	return WQ_OK;
}

wq_err wq_shelf_packs_referenced(const struct wq_shelf *shelf, const struct wq_shelf_keep *keep, struct wq_arena *arena,
	wq_digest **ret_names, size_t *ret_n)
{
	struct wq_snapshot body;
	wq_digest *names;
	size_t n;
	WQ_BUF(found, 256 * WQ_MIB);

	WQ_TRY(shelf_packs(shelf, keep->retain, arena, &found));
	for (size_t i = 0; i < keep->bodies_n; i++) {
		WQ_TRY(wq_snapshot_open_body(keep->bodies[i], &body));
		body_packs(&body, &found);
	}
	wq_buf_add(&found, wq_str_of(keep->packs, keep->packs_n * sizeof *keep->packs));
	WQ_TRY(wq_buf_err(&found));
	n = found.len / sizeof *names;
	names = WQ_NEW_ARRAY(arena, wq_digest, n + 1);
	WQ_TRY(wq_arena_err(arena));
	if (n > 0)
		memcpy(names, found.data, found.len);
	*ret_n = sorted_unique(names, n);
	*ret_names = names;
	return WQ_OK;
}

/* By when its name came, or its bytes: also when a clock that was wrong says it comes tomorrow. */
static wq_err is_young(const struct wq_shelf *shelf, wq_digest name, const struct wq_clock *clock, bool *ret_young)
{
	wq_time now = wq_now(clock), latest;
	char path[PATH_MAX];
	struct stat st;

	if (lstat(wq_shelf_pack_path(shelf, name, path), &st) != 0)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s: %s", path, strerror(errno));
	latest = (wq_time)WQ_MAX(st.st_mtime, st.st_ctime) * WQ_SECOND;
	*ret_young = latest > now || now - latest < (wq_time)WQ_SHELF_YOUNG_HOURS * 3600 * WQ_SECOND;
	return WQ_OK;
}

static bool pack_name(const char *file, wq_digest *ret_name)
{
	wq_str name = wq_str_c(file);

	return name.n == 2 * WQ_DIGEST_BYTES + pack_suffix.n && wq_str_ends(name, pack_suffix) &&
		wq_str_unhex(wq_str_head(name, 2 * WQ_DIGEST_BYTES), ret_name->b, sizeof ret_name->b);
}

wq_err wq_shelf_packs_unreferenced(const struct wq_shelf *shelf, const struct wq_shelf_keep *keep,
	struct wq_arena *arena, wq_digest **ret_names, size_t *ret_n)
{
	struct wq_dir_entry *entries;
	wq_digest *referenced, *names;
	char path[PATH_MAX];
	size_t referenced_n, count, n = 0;

	WQ_TRY(wq_shelf_packs_referenced(shelf, keep, arena, &referenced, &referenced_n));
	WQ_TRY(wq_dir_list(arena, wq_shelf_packs_path(shelf, path), WQ_SNAPSHOT_PACKS_MAX, &entries, &count));
	names = WQ_NEW_ARRAY(arena, wq_digest, count + 1);
	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < count; i++) {
		bool young;
		wq_err e;

		if (!pack_name(entries[i].name, &names[n]) ||
			bsearch(&names[n], referenced, referenced_n, sizeof *referenced, digest_order))
			continue;
		e = is_young(shelf, names[n], keep->clock, &young);
		if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
			return e;
		n += !wq_failed(e) && !young;
	}
	*ret_names = names;
	*ret_n = n;
	return WQ_OK;
}

wq_err wq_shelf_remove_pack(const struct wq_shelf *shelf, wq_digest name, const struct wq_clock *clock)
{
	char path[PATH_MAX];
	bool young;

	WQ_TRY(is_young(shelf, name, clock, &young));
	wq_shelf_pack_path(shelf, name, path);
	return young ? wq_error(WQ_E_BUSY, "%s was written just now", path) : wq_file_remove(shelf->fs, path);
}

wq_err wq_shelf_remove_snapshot(const struct wq_shelf *shelf, const char *app, uint64_t serial, size_t retain)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	char path[PATH_MAX];
	uint64_t *serials;
	size_t n;

	wq_arena_init(&arena, 64 * WQ_MIB);
	WQ_TRY(wq_shelf_serials(shelf, app, &arena, &serials, &n));
	for (size_t i = 0; i < n && i < WQ_MAX(retain, (size_t)1); i++)
		if (serials[i] == serial)
			return wq_error(WQ_E_STATE, "%s serial %" PRIu64 " is one of the %zu newest", app, serial,
				WQ_MAX(retain, (size_t)1));
	return wq_file_remove(shelf->fs, wq_shelf_snapshot_path(shelf, app, serial, path));
}
