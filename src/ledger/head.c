#include "ledger/chain_priv.h"

#include "base/json.h"
#include "base/json_read.h"
#include "crypto/canon.h"

#include <errno.h>

enum { HEAD_VERSION = 1, LINE_DEPTH = 1 };

wq_err wq_head_encode(const struct wq_head *head, struct wq_buf *out)
{
	wq_canon_begin(out, WQ_DOMAIN_HEAD, HEAD_VERSION, WQ_ALG_SM2_SM3);
	wq_canon_u64(out, head->tip.seq);
	wq_canon_digest(out, head->tip.digest);
	wq_canon_time(out, head->time);
	wq_canon_digest(out, head->key_id);
	return wq_buf_err(out);
}

wq_err wq_head_decode(wq_str canonical, const wq_sm2_sig *sig, struct wq_head *ret_head)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	struct wq_head head = {.sig = *sig};

	if (wq_canon_read_begin(&c, WQ_DOMAIN_HEAD, WQ_ALG_SM2_SM3) != HEAD_VERSION)
		wq_cursor_fail(&c);
	head.tip.seq = wq_canon_read_u64(&c);
	head.tip.digest = wq_canon_read_digest(&c);
	head.time = wq_canon_read_time(&c);
	head.key_id = wq_canon_read_digest(&c);
	WQ_TRY(wq_cursor_end(&c));
	*ret_head = head;
	return WQ_OK;
}

wq_err wq_head_verify(const struct wq_head *head, const struct wq_head_keys *keys)
{
	WQ_BUF(bytes, 512);

	WQ_TRY(wq_head_encode(head, &bytes));
	for (size_t i = 0; i < keys->n; i++)
		if (wq_digest_eq(head->key_id, wq_sm2_key_id(&keys->keys[i])))
			return wq_sm2_verify(&keys->keys[i], wq_buf_str(&bytes), &head->sig);
	return wq_error(WQ_E_SIGNATURE, "the head names another key");
}

wq_err wq_head_line(const struct wq_head *head, struct wq_buf *out)
{
	struct wq_json json;

	wq_json_init(&json, out);
	wq_json_object(&json);
	wq_json_put_str(&json, "weique", WQ_S("head"));
	wq_json_put_u64(&json, "version", HEAD_VERSION);
	wq_json_put_u64(&json, "seq", head->tip.seq);
	wq_json_put_hex(&json, "digest", head->tip.digest.b, sizeof(head->tip.digest.b));
	wq_json_put_time(&json, "time", head->time);
	wq_json_put_hex(&json, "key", head->key_id.b, sizeof(head->key_id.b));
	wq_json_put_hex(&json, "sig", head->sig.rs, sizeof(head->sig.rs));
	wq_json_object_end(&json);
	return wq_json_end(&json);
}

static wq_err get_hex(const struct json_t *root, const char *key, uint8_t *out, size_t n)
{
	wq_str text = WQ_S_NONE;

	WQ_TRY(wq_json_get_str(root, key, 2 * n, &text));
	if (!wq_str_unhex(text, out, n))
		return wq_error(WQ_E_INPUT, "\"%s\" is not %zu hexadecimal digits", key, 2 * n);
	return WQ_OK;
}

static wq_err from_json(const struct json_t *root, struct wq_head *head)
{
	wq_str text = WQ_S_NONE;
	uint64_t version = 0;

	WQ_TRY(wq_json_get_str(root, "weique", 16, &text));
	WQ_TRY(wq_json_get_u64(root, "version", HEAD_VERSION, &version));
	if (!wq_str_eq(text, WQ_S("head")) || version != HEAD_VERSION)
		return wq_error(WQ_E_INPUT, "no ledger head of version %d", HEAD_VERSION);
	WQ_TRY(wq_json_get_u64(root, "seq", INT64_MAX, &head->tip.seq));
	WQ_TRY(get_hex(root, "digest", head->tip.digest.b, sizeof(head->tip.digest.b)));
	WQ_TRY(wq_json_get_str(root, "time", WQ_TIME_TEXT, &text));
	WQ_TRY(wq_time_parse(text, &head->time));
	WQ_TRY(get_hex(root, "key", head->key_id.b, sizeof(head->key_id.b)));
	return get_hex(root, "sig", head->sig.rs, sizeof(head->sig.rs));
}

wq_err wq_head_parse(wq_str line, struct wq_head *ret_head)
{
	static const struct wq_json_limits limits = {.max_bytes = WQ_HEAD_LINE_MAX, .max_depth = LINE_DEPTH};
	struct json_t *root = NULL;
	struct wq_head head = {0};
	wq_err e;

	WQ_TRY(wq_json_read(line, &limits, &root));
	e = from_json(root, &head);
	wq_json_free(&root);
	if (!wq_failed(e))
		*ret_head = head;
	return e;
}

/* A ring of the last WQ_HEADS_MAX. */
struct ring {
	struct wq_head *heads;
	size_t n; /* ever added */
	size_t unreadable;
};

static wq_err read_lines(FILE *file, const char *path, struct ring *ring)
{
	char line[WQ_HEAD_LINE_MAX + 256];

	while (fgets(line, sizeof(line), file)) {
		wq_str text = wq_str_trim(wq_str_c(line));
		ptrdiff_t start = wq_str_chr(text, '{');

		if (text.n == 0)
			continue;
		if (start < 0 ||
			wq_failed(
				wq_head_parse(wq_str_from(text, (size_t)start), &ring->heads[ring->n % WQ_HEADS_MAX])))
			ring->unreadable++;
		else
			ring->n++;
	}
	return ferror(file) ? wq_error_sys(WQ_E_IO, errno, "%s", path) : WQ_OK;
}

wq_err wq_head_read_file(
	const char *path, struct wq_arena *arena, struct wq_head **ret_heads, size_t *ret_n, size_t *ret_unreadable)
{
	struct ring ring = {.heads = WQ_NEW_ARRAY(arena, struct wq_head, WQ_HEADS_MAX)};
	FILE *file;
	wq_err e;

	if (!ring.heads)
		return wq_arena_err(arena);
	file = fopen(path, "re");
	if (!file)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s", path);
	e = read_lines(file, path, &ring);
	fclose(file);
	if (wq_failed(e))
		return e;
	if (ring.n == 0)
		return wq_error(WQ_E_FORMAT, "%s holds no ledger head", path);
	if (ret_unreadable)
		*ret_unreadable = ring.unreadable;
	*ret_heads = ring.heads;
	*ret_n = WQ_MIN(ring.n, WQ_HEADS_MAX);
	return WQ_OK;
}
