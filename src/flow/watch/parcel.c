#include "flow/watch/parcel.h"

#include "crypto/canon.h"
#include "flow/watch/log.h"

enum { VERSION = 1, PATH_BYTES = 4096, KEY_FILE = 1024 };
#define AHEAD (3600 * WQ_SECOND)

/* ---- the file ---- */

wq_err wq_parcel_seal(const struct wq_parcel *parcel, const struct wq_sm2_key *key, struct wq_buf *out)
{
	wq_sm2_public public = wq_sm2_key_public(key);
	size_t start = out->len;
	wq_sm2_sig sig;

	if (!wq_watch_is_name(parcel->from))
		return wq_error(WQ_E_INPUT, "a name has a-z, 0-9, '-' and '.'");
	wq_canon_begin(out, WQ_DOMAIN_PARCEL, VERSION, WQ_ALG_SM2_SM3);
	wq_canon_text(out, parcel->kind);
	wq_canon_text(out, parcel->from);
	wq_canon_time(out, parcel->made);
	wq_canon_bytes(out, wq_str_of(public.point, sizeof public.point));
	wq_canon_list(out, (uint32_t)parcel->items_n);
	for (size_t i = 0; i < parcel->items_n; i++)
		wq_canon_bytes(out, parcel->items[i]);
	WQ_TRY(wq_buf_err(out));
	WQ_TRY(wq_sm2_sign(key, wq_str_from(wq_buf_str(out), start), &sig));
	wq_buf_add(out, wq_str_of(sig.rs, sizeof sig.rs));
	return wq_buf_err(out);
}

static wq_err read_fields(struct wq_arena *arena, wq_str signed_bytes, struct wq_parcel *ret)
{
	struct wq_cursor c = wq_cursor_of(signed_bytes);
	uint16_t version = wq_canon_read_begin(&c, WQ_DOMAIN_PARCEL, WQ_ALG_SM2_SM3);
	struct wq_parcel p = {0};
	wq_str *items, key;

	p.kind = wq_canon_read_text(&c, WQ_PARCEL_KIND);
	p.from = wq_canon_read_text(&c, WQ_WATCH_NAME);
	p.made = wq_canon_read_time(&c);
	key = wq_canon_read_bytes(&c, WQ_SM2_PUBLIC_BYTES);
	p.items_n = wq_canon_read_list(&c, WQ_PARCEL_ITEMS);
	if (c.bad || version != VERSION || key.n != WQ_SM2_PUBLIC_BYTES || !wq_watch_is_name(p.from))
		return wq_error(WQ_E_FORMAT, "no parcel of this program");
	memcpy(p.key.point, key.p, key.n);
	items = WQ_NEW_ARRAY(arena, wq_str, p.items_n);
	if (!items)
		return wq_arena_err(arena);
	for (size_t i = 0; i < p.items_n; i++)
		items[i] = wq_canon_read_bytes(&c, WQ_PARCEL_BYTES);
	p.items = items;
	WQ_TRY(wq_cursor_end(&c));
	*ret = p;
	return WQ_OK;
}

wq_err wq_parcel_open(struct wq_arena *arena, wq_str bytes, struct wq_parcel *ret_parcel)
{
	struct wq_parcel parcel;
	wq_str signed_bytes;
	wq_sm2_sig sig;

	if (bytes.n <= sizeof sig.rs)
		return wq_error(WQ_E_FORMAT, "no parcel of this program");
	signed_bytes = wq_str_head(bytes, bytes.n - sizeof sig.rs);
	memcpy(sig.rs, bytes.p + signed_bytes.n, sizeof sig.rs);
	WQ_TRY(read_fields(arena, signed_bytes, &parcel));
	WQ_TRY(wq_sm2_verify(&parcel.key, signed_bytes, &sig));
	*ret_parcel = parcel;
	return WQ_OK;
}

/* ---- who is known ---- */

static wq_err path_of(char out[PATH_BYTES], const char *state, wq_str name, const char *file, wq_str kind)
{
	int n = snprintf(out, PATH_BYTES, "%s/peers/%.*s%s%s%.*s", state, WQ_S_ARG(name), *file ? "/" : "", file,
		WQ_S_ARG(kind));

	return n < 0 || n >= PATH_BYTES ? wq_error(WQ_E_LIMIT, "the directory's name is too long") : WQ_OK;
}

wq_err wq_peer_key(const struct wq_fs *fs, const char *state, wq_str name, wq_sm2_public *ret_key)
{
	char path[PATH_BYTES];
	WQ_BUF(text, KEY_FILE);

	if (!wq_watch_is_name(name))
		return wq_error(WQ_E_INPUT, "a name has a-z, 0-9, '-' and '.'");
	WQ_TRY(path_of(path, state, name, "key", WQ_S_NONE));
	WQ_TRY(wq_file_read(fs, path, &text));
	return wq_str_unhex(wq_str_trim(wq_buf_str(&text)), ret_key->point, sizeof ret_key->point)
		? WQ_OK
		: wq_error(WQ_E_FORMAT, "%s holds no key", path);
}

wq_err wq_peer_trust(const struct wq_fs *fs, const char *state, wq_str name, const wq_sm2_public *key)
{
	char path[PATH_BYTES], hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	WQ_BUF(line, KEY_FILE);
	wq_sm2_public known;
	wq_err e = wq_peer_key(fs, state, name, &known);

	if (!wq_failed(e))
		return memcmp(known.point, key->point, sizeof known.point) == 0
			? WQ_OK
			: wq_error(WQ_E_EXISTS, "%.*s has another key", WQ_S_ARG(name));
	if (!wq_is(e, WQ_E_NOT_FOUND))
		return e;
	WQ_TRY(path_of(path, state, name, "", WQ_S_NONE));
	WQ_TRY(wq_dir_make(fs, path, 0750));
	WQ_TRY(path_of(path, state, name, "key", WQ_S_NONE));
	wq_buf_printf(&line, "%s\n", wq_hex(key->point, sizeof key->point, hex));
	WQ_TRY(wq_buf_err(&line));
	return wq_file_create(fs, path, wq_buf_str(&line), 0640);
}

/* ---- taking ---- */

/* When the newest one that was taken was made; before all time when none was. */
static wq_err last_taken(const struct wq_fs *fs, const char *path, wq_time *ret_made)
{
	WQ_BUF(text, KEY_FILE);
	wq_err e = wq_file_read(fs, path, &text);

	*ret_made = INT64_MIN;
	if (wq_is(e, WQ_E_NOT_FOUND))
		return WQ_OK;
	WQ_TRY(e);
	return wq_time_parse(wq_str_trim(wq_buf_str(&text)), ret_made);
}

wq_err wq_parcel_admit(
	const struct wq_fs *fs, const char *state, const struct wq_parcel *parcel, wq_str kind, wq_time now)
{
	char path[PATH_BYTES], made[WQ_TIME_TEXT];
	wq_sm2_public known;
	wq_time last;
	wq_err e;

	if (!wq_str_eq(parcel->kind, kind))
		return wq_error(WQ_E_INPUT, "it holds %.*s, not %.*s", WQ_S_ARG(parcel->kind), WQ_S_ARG(kind));
	e = wq_peer_key(fs, state, parcel->from, &known);
	if (wq_is(e, WQ_E_NOT_FOUND))
		return wq_error(WQ_E_DENIED, "nobody is trusted under the name %.*s", WQ_S_ARG(parcel->from));
	WQ_TRY(e);
	if (memcmp(known.point, parcel->key.point, sizeof known.point) != 0)
		return wq_error(WQ_E_SIGNATURE, "%.*s is trusted with another key than it was signed with",
			WQ_S_ARG(parcel->from));
	wq_time_text(parcel->made, made);
	if (parcel->made > now + AHEAD)
		return wq_error(WQ_E_FORMAT, "it says that it was made at %s, which is to come", made);
	WQ_TRY(path_of(path, state, parcel->from, "taken.", kind));
	WQ_TRY(last_taken(fs, path, &last));
	return parcel->made > last ? WQ_OK
				   : wq_error(WQ_E_REPLAYED, "one that was made at %s or later was taken before", made);
}

wq_err wq_parcel_taken(const struct wq_fs *fs, const char *state, const struct wq_parcel *parcel)
{
	char path[PATH_BYTES], made[WQ_TIME_TEXT];

	WQ_TRY(path_of(path, state, parcel->from, "taken.", parcel->kind));
	return wq_file_replace(fs, path, wq_str_c(wq_time_text(parcel->made, made)), 0640);
}
