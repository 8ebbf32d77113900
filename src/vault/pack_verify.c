#include "vault/pack.h"

#include "crypto/canon.h"
#include "vault/layout_priv.h"
#include "vault/pack_priv.h"

wq_digest wq_pack_name(const uint8_t header[WQ_PACK_HEADER])
{
	return wq_sm3(wq_str_of(header, WQ_PACK_HEADER));
}

wq_err wq_pack_index_digest(wq_str index, wq_digest *ret_digest)
{
	WQ_BUF(canonical, index.n + 256);

	wq_canon_begin(&canonical, WQ_DOMAIN_PACK, 1, WQ_ALG_SM3);
	wq_canon_bytes(&canonical, index);
	WQ_TRY(wq_buf_err(&canonical));
	*ret_digest = wq_sm3(wq_buf_str(&canonical));
	return WQ_OK;
}

static wq_err index_verify(const struct wq_pack *pack, wq_digest name)
{
	wq_digest stored, found;

	if (!wq_digest_eq(wq_pack_name(pack->bytes), name))
		return wq_error(WQ_E_ALTERED, "the pack's header is not the one of its name");
	memcpy(stored.b, pack->bytes + WQ_PACK_HEADER_DIGEST, sizeof stored.b);
	WQ_TRY(wq_pack_index_digest(wq_str_of(pack->index, (size_t)pack->objects * WQ_PACK_ROW), &found));
	return wq_digest_eq(stored, found) ? WQ_OK : wq_error(WQ_E_ALTERED, "the pack's index");
}

static wq_err object_verify(const struct wq_pack *pack, uint32_t number, bool digests)
{
	wq_str bytes = wq_pack_bytes(pack, number);
	wq_digest digest = wq_pack_digest(pack, number);
	const uint8_t *end = (const uint8_t *)bytes.p + bytes.n;
	char hex[WQ_DIGEST_HEX];

	if (!wq_digest_eq(wq_tree_root(bytes), wq_pack_root(pack, number)) ||
		(digests && !wq_digest_eq(wq_sm3(bytes), digest)))
		return wq_error(WQ_E_ALTERED, "object %u (%s)", number, wq_digest_hex(digest, hex));
	if (!wq_all_zero(end, wq_align((uint64_t)(end - pack->bytes)) - (uint64_t)(end - pack->bytes)))
		return wq_error(WQ_E_ALTERED, "padding after object %u (%s)", number, wq_digest_hex(digest, hex));
	return WQ_OK;
}

static wq_err verify(const struct wq_pack *pack, wq_digest name, bool digests)
{
	WQ_TRY(index_verify(pack, name));
	for (uint32_t i = 0; i < pack->objects; i++)
		WQ_TRY(object_verify(pack, i, digests));
	return WQ_OK;
}

wq_err wq_pack_verify(const struct wq_pack *pack, wq_digest name)
{
	return verify(pack, name, true);
}

wq_err wq_pack_reverify(const struct wq_pack *pack, wq_digest name)
{
	return verify(pack, name, false);
}
