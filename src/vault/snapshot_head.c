#include "vault/snapshot.h"

#include "crypto/canon.h"
#include "vault/layout_priv.h"

enum { HEAD_MAX = WQ_SNAPSHOT_HEADER - 12 - WQ_SM2_SIG_BYTES };

wq_err wq_snapshot_head_encode(const struct wq_snapshot_head *head, struct wq_buf *out)
{
	if (!wq_app_id_fine(wq_str_c(head->app)) || head->serial == 0)
		return wq_error(
			WQ_E_INPUT, "a snapshot needs an application ([a-z0-9-], 1 to 64) and a serial from 1 on");
	wq_canon_begin(out, WQ_DOMAIN_SNAPSHOT, 1, WQ_ALG_SM2_SM3);
	wq_canon_text(out, wq_str_c(head->app));
	wq_canon_u64(out, head->serial);
	wq_canon_digest(out, head->previous);
	wq_canon_digest(out, head->event);
	wq_canon_digest(out, head->statement);
	wq_canon_digest(out, head->body_root);
	wq_canon_u64(out, head->body_bytes);
	wq_canon_time(out, head->sealed_at);
	wq_canon_digest(out, head->key_id);
	return wq_buf_err(out);
}

wq_err wq_snapshot_header(const struct wq_snapshot_head *head, const wq_sm2_sig *sig, struct wq_buf *out)
{
	WQ_BUF(canonical, HEAD_MAX);
	static const uint8_t zeros[WQ_SNAPSHOT_HEADER];
	size_t begin = out->len;

	WQ_TRY(wq_snapshot_head_encode(head, &canonical));
	wq_buf_add(out, WQ_SNAPSHOT_MAGIC);
	wq_buf_u32(out, (uint32_t)canonical.len);
	wq_buf_add(out, wq_buf_str(&canonical));
	wq_buf_add(out, wq_str_of(sig->rs, sizeof sig->rs));
	wq_buf_add(out, wq_str_of(zeros, WQ_SNAPSHOT_HEADER - (out->len - begin)));
	return wq_buf_err(out);
}

wq_err wq_snapshot_digest(const struct wq_snapshot *snapshot, wq_digest *ret_digest)
{
	WQ_BUF(canonical, HEAD_MAX);

	WQ_TRY(wq_snapshot_head_encode(&snapshot->head, &canonical));
	*ret_digest = wq_sm3(wq_buf_str(&canonical));
	return WQ_OK;
}

static wq_err signature_verify(const struct wq_snapshot *snapshot, const wq_sm2_public *key)
{
	const struct wq_snapshot_head *head = &snapshot->head;
	WQ_BUF(canonical, HEAD_MAX);

	if (!wq_digest_eq(wq_sm2_key_id(key), head->key_id))
		return wq_error(WQ_E_SIGNATURE, "snapshot %s serial %llu names another sealing key", head->app,
			(unsigned long long)head->serial);
	WQ_TRY(wq_snapshot_head_encode(head, &canonical));
	if (wq_failed(wq_sm2_verify(key, wq_buf_str(&canonical), &snapshot->sig)))
		return wq_error(WQ_E_SIGNATURE, "snapshot %s serial %llu", head->app, (unsigned long long)head->serial);
	return WQ_OK;
}

wq_err wq_snapshot_verify(const struct wq_snapshot *snapshot, const wq_sm2_public *key, uint64_t serial_seen,
	const wq_digest *digest_seen)
{
	const struct wq_snapshot_head *head = &snapshot->head;
	wq_digest digest;

	if (!wq_digest_eq(wq_tree_root(snapshot->body), head->body_root))
		return wq_error(WQ_E_ALTERED, "snapshot %s serial %llu: its body is not the one that was sealed",
			head->app, (unsigned long long)head->serial);
	WQ_TRY(signature_verify(snapshot, key));
	if (head->serial < serial_seen)
		return wq_error(WQ_E_REPLAYED, "snapshot %s serial %llu, but %llu was seen", head->app,
			(unsigned long long)head->serial, (unsigned long long)serial_seen);
	WQ_TRY(wq_snapshot_digest(snapshot, &digest));
	if (digest_seen && head->serial == serial_seen && !wq_digest_eq(digest, *digest_seen))
		return wq_error(WQ_E_REPLAYED, "snapshot %s serial %llu exists twice with different content", head->app,
			(unsigned long long)head->serial);
	return WQ_OK;
}
