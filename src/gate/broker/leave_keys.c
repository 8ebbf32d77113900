#include "gate/broker/leave_keys.h"

#include <limits.h>

enum { FILE_MODE = 0600 };

static wq_err key_read(const struct wq_fs *fs, const char *path, wq_digest *ret_key)
{
	WQ_BUF(bytes, 2 * WQ_DIGEST_BYTES);
	wq_err e = wq_file_read(fs, path, &bytes);

	if (wq_is(e, WQ_E_LIMIT) || (!wq_failed(e) && bytes.len != WQ_DIGEST_BYTES))
		return wq_error(WQ_E_KEY, "%s is no key of %d bytes", path, WQ_DIGEST_BYTES);
	WQ_TRY(e);
	memcpy(ret_key->b, bytes.data, WQ_DIGEST_BYTES);
	explicit_bzero(bytes.data, bytes.len);
	return WQ_OK;
}

static wq_err key_make(const struct wq_fs *fs, const struct wq_random *random, const char *path, wq_digest *ret_key)
{
	random->fill(random->data, ret_key->b, sizeof ret_key->b);
	return wq_file_create(fs, path, wq_str_of(ret_key->b, sizeof ret_key->b), FILE_MODE);
}

wq_err wq_leave_keys_open(
	const struct wq_fs *fs, const struct wq_random *random, const char *state_dir, struct wq_leave_keys *ret_keys)
{
	struct wq_leave_keys keys = {.n = 1};
	char path[PATH_MAX], old[PATH_MAX];
	wq_err e;

	snprintf(path, sizeof path, "%s/leave.key", state_dir);
	snprintf(old, sizeof old, "%s/leave.key.old", state_dir);
	e = key_read(fs, path, &keys.keys[0]);
	if (wq_is(e, WQ_E_NOT_FOUND)) {
		keys.made = true;
		e = key_make(fs, random, path, &keys.keys[0]);
	}
	WQ_TRY(e);
	e = key_read(fs, old, &keys.keys[1]);
	if (!wq_failed(e))
		keys.n = 2;
	else if (!wq_is(e, WQ_E_NOT_FOUND))
		return e;
	*ret_keys = keys;
	wq_leave_keys_done(&keys);
	return WQ_OK;
}

void wq_leave_keys_done(struct wq_leave_keys *keys)
{
	explicit_bzero(keys, sizeof *keys);
}
