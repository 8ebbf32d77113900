#include "seal/protocol.h"

#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>

static const struct wq_link_type types[] = {
	{WQ_SEAL_SEAL, "seal", WQ_LINK_CLIENT, 16, WQ_LINK_PAYLOAD_MAX, 1, 1},
	{WQ_SEAL_HEAD, "head", WQ_LINK_CLIENT, 16, 16, 1, 1},
	{WQ_SEAL_PUBLIC, "public", WQ_LINK_CLIENT, 0, 0, 0, 0},
	{WQ_SEAL_SEALED, "sealed", WQ_LINK_SERVER, WQ_SM2_SIG_BYTES, WQ_LINK_PAYLOAD_MAX, 0, 0},
	{WQ_SEAL_HEADED, "headed", WQ_LINK_SERVER, 1, WQ_SEAL_HEAD_LINE_MAX, 0, 0},
	{WQ_SEAL_PUBLIC_KEY, "public_key", WQ_LINK_SERVER, WQ_SM2_PUBLIC_BYTES, WQ_SEAL_KEYS_MAX *WQ_SM2_PUBLIC_BYTES,
		0, 0},
	{WQ_SEAL_REFUSED, "refused", WQ_LINK_SERVER, 2, 2 + WQ_ERR_NOTE_BYTES, 0, 0},
};

const struct wq_link_protocol wq_seal_protocol = {"sign", 0x57515331 /* "WQS1" */, types, WQ_COUNT(types)};

static void add_block(struct wq_buf *out, wq_str bytes)
{
	wq_buf_u32(out, (uint32_t)bytes.n);
	wq_buf_add(out, bytes);
}

wq_err wq_seal_request_encode(const struct wq_seal_request *r, struct wq_buf *out)
{
	if (r->decisions_n > WQ_DECISIONS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d decisions", WQ_DECISIONS_MAX);
	add_block(out, r->statement);
	add_block(out, r->event);
	wq_buf_u32(out, (uint32_t)r->decisions_n);
	for (size_t i = 0; i < r->decisions_n; i++) {
		add_block(out, r->decisions[i].canonical);
		wq_buf_add(out, wq_str_of(r->decisions[i].sig.rs, WQ_SM2_SIG_BYTES));
	}
	return wq_buf_err(out);
}

wq_err wq_seal_request_decode(wq_str payload, struct wq_seal_request *ret_request)
{
	struct wq_cursor c = wq_cursor_of(payload);
	struct wq_seal_request r = {0};

	r.statement = wq_cursor_block32(&c, WQ_STATEMENT_BYTES_MAX);
	r.event = wq_cursor_block32(&c, WQ_LINK_PAYLOAD_MAX);
	r.decisions_n = wq_cursor_u32(&c);
	if (r.decisions_n > WQ_DECISIONS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d decisions", WQ_DECISIONS_MAX);
	for (size_t i = 0; i < r.decisions_n; i++) {
		r.decisions[i].canonical = wq_cursor_block32(&c, WQ_DECISION_BYTES_MAX);
		wq_cursor_copy(&c, r.decisions[i].sig.rs, WQ_SM2_SIG_BYTES);
	}
	WQ_TRY(wq_cursor_end(&c));
	*ret_request = r;
	return WQ_OK;
}

wq_err wq_seal_keys_verify(const struct wq_seal_keys *keys, wq_digest key_id, wq_str message, const wq_sm2_sig *sig)
{
	for (size_t i = 0; i < keys->n; i++)
		if (wq_digest_eq(wq_sm2_key_id(&keys->keys[i]), key_id))
			return wq_sm2_verify(&keys->keys[i], message, sig);
	return wq_error(WQ_E_SIGNATURE, "it is not signed by a key of this weique-sign");
}

/* ---- client ---- */

static wq_err refused(wq_str payload)
{
	struct wq_cursor c = wq_cursor_of(payload);
	uint16_t id = wq_cursor_u16(&c);
	wq_str note = wq_cursor_take(&c, wq_cursor_left(&c));

	if (id == WQ_E_OK || id >= WQ_E_COUNT)
		id = WQ_E_PEER;
	return wq_error((enum wq_err_id)id, "weique-sign: %.*s", WQ_S_ARG(note));
}

static void close_link(struct wq_link **link)
{
	wq_link_close(link);
}

/* In a separated installation weique-sign is another user: the one to whom the socket's folder belongs, if nobody else may put a
 * socket there. */
static size_t owner_of_folder(const char *path, uid_t *ret_uid)
{
	char folder[PATH_MAX];
	struct stat st;

	snprintf(folder, sizeof folder, "%s", path);
	if (stat(dirname(folder), &st) != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		return 0;
	*ret_uid = st.st_uid;
	return 1;
}

/* Asks once; the answer's payload is appended to `out`. */
static wq_err ask(const char *path, uint16_t type, wq_str payload, int fd, uint16_t expected, struct wq_buf *out)
{
	WQ_CLEANUP(close_link) struct wq_link *link = NULL;
	struct wq_link_message answer;
	struct wq_link_peer peer;
	uid_t owner;
	int socket_fd;
	wq_err e = WQ_OK;

	WQ_TRY(wq_link_connect(path, &owner, owner_of_folder(path, &owner), &socket_fd, &peer));
	WQ_TRY(wq_link_open(socket_fd, &wq_seal_protocol, WQ_LINK_CLIENT, &link));
	WQ_TRY(wq_link_send(link, type, 0, payload, &fd, fd >= 0 ? 1 : 0));
	WQ_TRY(wq_link_receive_wait(link, WQ_SEAL_WAIT_MSEC, &answer));
	if (answer.type->type == WQ_SEAL_REFUSED)
		e = refused(answer.payload);
	else if (answer.type->type != expected)
		e = wq_error(WQ_E_PEER, "weique-sign answered %s", answer.type->name);
	else
		wq_buf_add(out, answer.payload);
	wq_link_message_done(&answer);
	WQ_TRY(e);
	return wq_buf_err(out);
}

wq_err wq_seal_ask(const char *socket_path, const struct wq_seal_request *request, int body_fd, struct wq_buf *out,
	wq_sm2_sig *ret_sig)
{
	WQ_BUF(payload, WQ_LINK_PAYLOAD_MAX);
	WQ_BUF(answer, WQ_LINK_PAYLOAD_MAX);
	struct wq_cursor c;
	wq_sm2_sig sig;

	WQ_TRY(wq_seal_request_encode(request, &payload));
	WQ_TRY(ask(socket_path, WQ_SEAL_SEAL, wq_buf_str(&payload), body_fd, WQ_SEAL_SEALED, &answer));
	c = wq_cursor_of(wq_buf_str(&answer));
	wq_cursor_copy(&c, sig.rs, sizeof sig.rs);
	wq_buf_add(out, wq_cursor_take(&c, wq_cursor_left(&c)));
	WQ_TRY(wq_buf_err(out));
	*ret_sig = sig;
	return WQ_OK;
}

wq_err wq_seal_ask_head(
	const char *socket_path, uint64_t first, uint64_t count, int events_fd, struct wq_head *ret_head)
{
	WQ_BUF(payload, 16);
	WQ_BUF(answer, WQ_SEAL_HEAD_LINE_MAX);

	wq_buf_u64(&payload, first);
	wq_buf_u64(&payload, count);
	WQ_TRY(ask(socket_path, WQ_SEAL_HEAD, wq_buf_str(&payload), events_fd, WQ_SEAL_HEADED, &answer));
	return wq_head_parse(wq_str_trim(wq_buf_str(&answer)), ret_head);
}

wq_err wq_seal_ask_keys(const char *socket_path, struct wq_seal_keys *ret_keys)
{
	WQ_BUF(answer, WQ_SEAL_KEYS_MAX * WQ_SM2_PUBLIC_BYTES);

	WQ_TRY(ask(socket_path, WQ_SEAL_PUBLIC, WQ_S_NONE, -1, WQ_SEAL_PUBLIC_KEY, &answer));
	if (answer.len % WQ_SM2_PUBLIC_BYTES)
		return wq_error(WQ_E_PEER, "weique-sign gave keys of %zu bytes", answer.len);
	ret_keys->n = answer.len / WQ_SM2_PUBLIC_BYTES;
	memcpy(ret_keys->keys, answer.data, answer.len);
	return WQ_OK;
}
