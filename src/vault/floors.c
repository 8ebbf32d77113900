#include "vault/floors.h"

#include "base/cursor.h"

#include <inttypes.h>
#include <limits.h>

#define FLOOR_MAGIC WQ_S("WQFLOR\0\1")

enum { FLOOR_BYTES = 80, FLOOR_DIGESTED = 48 };

static wq_err path_of(const char *dir, const char *app, char out[PATH_MAX])
{
	if (!wq_app_id_fine(wq_str_c(app)))
		return wq_error(WQ_E_INPUT, "no application can have this name");
	if (snprintf(out, PATH_MAX, "%s/%s.floor", dir, app) >= PATH_MAX)
		return wq_error(WQ_E_INPUT, "the path is too long: %.100s", dir);
	return WQ_OK;
}

/* With the name, so that the floor of one application is not that of another. */
static wq_err check_digest(wq_str first, const char *app, wq_digest *ret_digest)
{
	WQ_BUF(all, 256);

	wq_buf_add(&all, first);
	wq_buf_add(&all, wq_str_c(app));
	WQ_TRY(wq_buf_err(&all));
	*ret_digest = wq_sm3(wq_buf_str(&all));
	return WQ_OK;
}

wq_err wq_floor_read(const struct wq_fs *fs, const char *dir, const char *app, struct wq_floor *ret_floor)
{
	char path[PATH_MAX];
	struct wq_floor floor;
	struct wq_cursor c;
	wq_digest stored, expected;
	bool magic;
	wq_err e;
	WQ_BUF(bytes, FLOOR_BYTES);

	WQ_TRY(path_of(dir, app, path));
	e = wq_file_read(fs, path, &bytes);
	if (wq_is(e, WQ_E_NOT_FOUND)) {
		*ret_floor = (struct wq_floor){.serial = 0};
		return WQ_OK;
	}
	if (wq_failed(e))
		return wq_is(e, WQ_E_LIMIT) ? wq_error(WQ_E_STATE, "%s is damaged", path) : e;
	c = wq_cursor_of(wq_buf_str(&bytes));
	magic = wq_str_eq(wq_cursor_take(&c, FLOOR_MAGIC.n), FLOOR_MAGIC);
	floor.serial = wq_cursor_u64(&c);
	wq_cursor_copy(&c, floor.digest.b, sizeof floor.digest.b);
	wq_cursor_copy(&c, stored.b, sizeof stored.b);
	WQ_TRY(check_digest(wq_str_head(wq_buf_str(&bytes), FLOOR_DIGESTED), app, &expected));
	if (!magic || wq_failed(wq_cursor_end(&c)) || !wq_digest_eq(stored, expected) || floor.serial == 0)
		return wq_error(WQ_E_STATE, "%s is damaged", path);
	*ret_floor = floor;
	return WQ_OK;
}

static wq_err floor_write(const struct wq_fs *fs, const char *path, const char *app, const struct wq_floor *floor)
{
	wq_digest check;
	WQ_BUF(bytes, FLOOR_BYTES);

	wq_buf_add(&bytes, FLOOR_MAGIC);
	wq_buf_u64(&bytes, floor->serial);
	wq_buf_add(&bytes, wq_str_of(floor->digest.b, sizeof floor->digest.b));
	WQ_TRY(check_digest(wq_buf_str(&bytes), app, &check));
	wq_buf_add(&bytes, wq_str_of(check.b, sizeof check.b));
	WQ_TRY(wq_buf_err(&bytes));
	return wq_file_replace(fs, path, wq_buf_str(&bytes), 0600);
}

wq_err wq_floor_raise(const struct wq_fs *fs, const char *dir, const char *app, const struct wq_floor *floor)
{
	struct wq_floor present;
	char path[PATH_MAX];

	WQ_TRY(path_of(dir, app, path));
	WQ_TRY(wq_floor_read(fs, dir, app, &present));
	if (floor->serial < present.serial || floor->serial == 0)
		return wq_error(
			WQ_E_REPLAYED, "%s: serial %" PRIu64 " after %" PRIu64, app, floor->serial, present.serial);
	if (floor->serial > present.serial)
		return floor_write(fs, path, app, floor);
	if (!wq_digest_eq(floor->digest, present.digest))
		return wq_error(WQ_E_REPLAYED, "%s: serial %" PRIu64 " exists twice with different content", app,
			floor->serial);
	return WQ_OK;
}
