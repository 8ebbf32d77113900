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

wq_err wq_pack_index_verify(const struct wq_pack *pack, wq_digest name)
{
	wq_digest stored, found;

	if (!wq_digest_eq(wq_pack_name(pack->bytes), name))
		return wq_error(WQ_E_ALTERED, "the pack's header is not the one of its name");
	memcpy(stored.b, pack->bytes + WQ_PACK_HEADER_DIGEST, sizeof stored.b);
	WQ_TRY(wq_pack_index_digest(wq_str_of(pack->index, (size_t)pack->objects * WQ_PACK_ROW), &found));
	return wq_digest_eq(stored, found) ? WQ_OK : wq_error(WQ_E_ALTERED, "the pack's index");
}

wq_err wq_pack_altered(const char *what, const struct wq_pack *pack, uint32_t number)
{
	char hex[WQ_DIGEST_HEX];

	return wq_error(WQ_E_ALTERED, "%s %u (%s)", what, number, wq_digest_hex(wq_pack_digest(pack, number), hex));
}

/* `digest` may be NULL: not looked at. */
static wq_err object_verify(const struct wq_pack *pack, uint32_t number, wq_digest root, const wq_digest *digest)
{
	wq_str bytes = wq_pack_bytes(pack, number);
	const uint8_t *end = (const uint8_t *)bytes.p + bytes.n;

	if (!wq_digest_eq(root, wq_pack_root(pack, number)) ||
		(digest && !wq_digest_eq(*digest, wq_pack_digest(pack, number))))
		return wq_pack_altered("object", pack, number);
	if (!wq_all_zero(end, wq_align((uint64_t)(end - pack->bytes)) - (uint64_t)(end - pack->bytes)))
		return wq_pack_altered("padding after object", pack, number);
	return WQ_OK;
}

/* Several objects at a time, so that small ones share the lanes. */
static wq_err verify(const struct wq_pack *pack, wq_digest name, bool digests)
{
	enum { AT_ONCE = 256 };
	wq_str objects[AT_ONCE];
	wq_digest roots[AT_ONCE], sm3[AT_ONCE];

	WQ_TRY(wq_pack_index_verify(pack, name));
	for (uint32_t done = 0; done < pack->objects;) {
		uint32_t n = WQ_MIN(pack->objects - done, (uint32_t)AT_ONCE);

		for (uint32_t i = 0; i < n; i++)
			objects[i] = wq_pack_bytes(pack, done + i);
		wq_tree_roots(objects, n, roots);
		if (digests)
			wq_sm3_many(objects, n, sm3);
		for (uint32_t i = 0; i < n; i++)
			WQ_TRY(object_verify(pack, done + i, roots[i], digests ? &sm3[i] : NULL));
		done += n;
	}
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
