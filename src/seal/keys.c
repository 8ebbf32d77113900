#include "seal/keys_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "base/cursor.h"
#include "crypto/canon.h"

enum { RECORD_VERSION = 1, RECORD_MAX = 512, LINE_MAX_BYTES = 2 * RECORD_MAX + 4 * WQ_SM2_SIG_BYTES + 8 };
enum { FILE_MAX = WQ_SEAL_KEYS_MAX * LINE_MAX_BYTES + 64 };

static const wq_str first_line = WQ_S_INIT("weique-keys 1");

/* One rotation. */
struct record {
	uint64_t number; /* from 1 */
	wq_sm2_public old, new;
	wq_time time;
	wq_sm2_sig old_sig, new_sig;
};

static wq_err path_of(const char *dir, const char *name, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX
		? WQ_OK
		: wq_error(WQ_E_LIMIT, "the folder's name is too long");
}

static bool same(const wq_sm2_public *a, const wq_sm2_public *b)
{
	return memcmp(a->point, b->point, sizeof a->point) == 0;
}

/* ---- one record ---- */

static wq_err encode(const struct record *r, struct wq_buf *out)
{
	wq_canon_begin(out, WQ_DOMAIN_ROTATION, RECORD_VERSION, WQ_ALG_SM2_SM3);
	wq_canon_u64(out, r->number);
	wq_canon_bytes(out, wq_str_of(r->old.point, sizeof r->old.point));
	wq_canon_bytes(out, wq_str_of(r->new.point, sizeof r->new.point));
	wq_canon_time(out, r->time);
	return wq_buf_err(out);
}

static bool decode(wq_str canonical, struct record *ret)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	wq_str old, new;

	if (wq_canon_read_begin(&c, WQ_DOMAIN_ROTATION, WQ_ALG_SM2_SM3) != RECORD_VERSION)
		wq_cursor_fail(&c);
	ret->number = wq_canon_read_u64(&c);
	old = wq_canon_read_bytes(&c, WQ_SM2_PUBLIC_BYTES);
	new = wq_canon_read_bytes(&c, WQ_SM2_PUBLIC_BYTES);
	ret->time = wq_canon_read_time(&c);
	if (wq_failed(wq_cursor_end(&c)) || old.n != WQ_SM2_PUBLIC_BYTES || new.n != WQ_SM2_PUBLIC_BYTES)
		return false;
	memcpy(ret->old.point, old.p, old.n);
	memcpy(ret->new.point, new.p, new.n);
	return true;
}

static bool read_line(wq_str line, struct record *ret)
{
	wq_str hex = wq_str_cut(&line, ' '), old_sig = wq_str_cut(&line, ' ');
	uint8_t bytes[RECORD_MAX];
	wq_str canonical = wq_str_of(bytes, hex.n / 2);

	return hex.n % 2 == 0 && canonical.n <= sizeof bytes && wq_str_unhex(hex, bytes, canonical.n) &&
		decode(canonical, ret) && wq_str_unhex(old_sig, ret->old_sig.rs, sizeof ret->old_sig.rs) &&
		wq_str_unhex(line, ret->new_sig.rs, sizeof ret->new_sig.rs) &&
		!wq_failed(wq_sm2_verify(&ret->old, canonical, &ret->old_sig)) &&
		!wq_failed(wq_sm2_verify(&ret->new, canonical, &ret->new_sig));
}

static wq_err add_line(const struct record *r, struct wq_buf *out)
{
	WQ_BUF(canonical, RECORD_MAX);
	char hex[2 * RECORD_MAX + 1], old[2 * WQ_SM2_SIG_BYTES + 1], new[2 * WQ_SM2_SIG_BYTES + 1];

	WQ_TRY(encode(r, &canonical));
	wq_buf_printf(out, "%s %s %s\n", wq_hex(canonical.data, canonical.len, hex),
		wq_hex(r->old_sig.rs, sizeof r->old_sig.rs, old), wq_hex(r->new_sig.rs, sizeof r->new_sig.rs, new));
	return wq_buf_err(out);
}

/* ---- the file ---- */

/* The keys that the file tells of, newest first; none when there is no file. Its bytes go to `text`. */
static wq_err read_file(const struct wq_fs *fs, const char *dir, struct wq_buf *text, struct wq_seal_keys *ret_keys)
{
	struct wq_seal_keys keys = {0};
	char path[PATH_MAX];
	wq_str rest;
	wq_err e;

	WQ_TRY(path_of(dir, "keys", path));
	e = wq_file_read(fs, path, text);
	if (wq_is(e, WQ_E_NOT_FOUND)) {
		*ret_keys = keys;
		return WQ_OK;
	}
	WQ_TRY(e);
	rest = wq_buf_str(text);
	if (!wq_str_eq(wq_str_cut(&rest, '\n'), first_line))
		return wq_error(WQ_E_FORMAT, "keys does not begin with '%.*s'", WQ_S_ARG(first_line));
	for (uint64_t number = 1; rest.n > 0; number++) {
		struct record r;

		if (!read_line(wq_str_cut(&rest, '\n'), &r) || !rest.p || r.number != number ||
			(keys.n > 0 && !same(&keys.keys[0], &r.old)) || keys.n + 1 > WQ_SEAL_KEYS_MAX)
			return wq_error(WQ_E_ALTERED, "line %llu of keys is not what was written",
				(unsigned long long)number + 1);
		if (keys.n == 0)
			keys.keys[keys.n++] = r.old;
		if (keys.n == WQ_SEAL_KEYS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d sealing keys", WQ_SEAL_KEYS_MAX);
		memmove(&keys.keys[1], &keys.keys[0], keys.n * sizeof keys.keys[0]);
		keys.keys[0] = r.new;
		keys.n++;
	}
	*ret_keys = keys;
	return WQ_OK;
}

/* ---- opening ---- */

static wq_err load(const char *dir, const char *name, const struct wq_secret *passphrase, struct wq_sm2_key **ret_key)
{
	char path[PATH_MAX];

	WQ_TRY(path_of(dir, name, path));
	return wq_sm2_load(path, passphrase, ret_key);
}

/* seal.key.next becomes seal.key. */
static wq_err put_in_place(const struct wq_fs *fs, const char *dir)
{
	char from[PATH_MAX], to[PATH_MAX];

	WQ_TRY(path_of(dir, "seal.key.next", from));
	WQ_TRY(path_of(dir, "seal.key", to));
	if (fs->rename_at(fs->data, AT_FDCWD, from, AT_FDCWD, to) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", to);
	return wq_dir_sync(fs, dir);
}

/* `keys` says that another key signs than the one in seal.key: it has to be the next one. */
static wq_err take_next(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, bool complete,
	const wq_sm2_public *expected, struct wq_sm2_key **ret_key)
{
	struct wq_sm2_key *next;
	wq_sm2_public public;

	if (wq_failed(load(dir, "seal.key.next", passphrase, &next)))
		return wq_error(WQ_E_ALTERED, "seal.key is not the key that keys names last");
	public = wq_sm2_key_public(next);
	if (!same(&public, expected)) {
		wq_sm2_key_free(&next);
		return wq_error(WQ_E_ALTERED, "neither seal.key nor seal.key.next is the key that keys names last");
	}
	if (complete) {
		wq_err e = put_in_place(fs, dir);
		if (wq_failed(e)) {
			wq_sm2_key_free(&next);
			return e;
		}
	}
	*ret_key = next;
	return WQ_OK;
}

wq_err wq_seal_keys_open(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, bool complete,
	struct wq_sm2_key **ret_key, struct wq_seal_keys *ret_keys)
{
	WQ_BUF(text, FILE_MAX);
	struct wq_seal_keys keys;
	struct wq_sm2_key *key;
	wq_sm2_public public;

	WQ_TRY(load(dir, "seal.key", passphrase, &key));
	public = wq_sm2_key_public(key);
	wq_err e = read_file(fs, dir, &text, &keys);
	if (!wq_failed(e) && keys.n > 0 && !same(&public, &keys.keys[0])) {
		wq_sm2_key_free(&key);
		e = take_next(fs, dir, passphrase, complete, &keys.keys[0], &key);
	}
	if (wq_failed(e)) {
		wq_sm2_key_free(&key);
		return e;
	}
	if (keys.n == 0)
		keys.keys[keys.n++] = public;
	*ret_key = key;
	*ret_keys = keys;
	return WQ_OK;
}

/* ---- rotating ---- */

static wq_err write_file(const struct wq_fs *fs, const char *dir, const struct wq_sm2_key *old,
	const struct wq_sm2_key *new, uint64_t number, wq_time now)
{
	struct record r = {.number = number, .old = wq_sm2_key_public(old), .new = wq_sm2_key_public(new), .time = now};
	WQ_BUF(canonical, RECORD_MAX);
	WQ_BUF(text, FILE_MAX);
	struct wq_seal_keys keys;
	char path[PATH_MAX];

	WQ_TRY(read_file(fs, dir, &text, &keys));
	if (text.len == 0)
		wq_buf_printf(&text, "%.*s\n", WQ_S_ARG(first_line));
	WQ_TRY(encode(&r, &canonical));
	WQ_TRY(wq_sm2_sign(old, wq_buf_str(&canonical), &r.old_sig));
	WQ_TRY(wq_sm2_sign(new, wq_buf_str(&canonical), &r.new_sig));
	WQ_TRY(add_line(&r, &text));
	WQ_TRY(path_of(dir, "keys", path));
	return wq_file_replace(fs, path, wq_buf_str(&text), 0644);
}

static wq_err rotate_to(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase,
	const struct wq_sm2_key *old, const struct wq_sm2_key *new, uint64_t number, wq_time now)
{
	char path[PATH_MAX];

	WQ_TRY(path_of(dir, "seal.key.next", path));
	WQ_TRY(wq_sm2_save(new, path, passphrase));
	WQ_TRY(write_file(fs, dir, old, new, number, now));
	return put_in_place(fs, dir);
}

wq_err wq_seal_keys_rotate(
	const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, const struct wq_clock *clock)
{
	struct wq_sm2_key *old, *new = NULL;
	struct wq_seal_keys keys;
	wq_err e;

	WQ_TRY(wq_seal_keys_open(fs, dir, passphrase, true, &old, &keys));
	e = keys.n < WQ_SEAL_KEYS_MAX ? wq_sm2_generate(&new)
				      : wq_error(WQ_E_LIMIT, "more than %d sealing keys", WQ_SEAL_KEYS_MAX);
	if (!wq_failed(e))
		e = rotate_to(fs, dir, passphrase, old, new, keys.n, wq_now(clock));
	wq_sm2_key_free(&old);
	wq_sm2_key_free(&new);
	return e;
}
