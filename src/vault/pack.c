#include "vault/pack.h"

#include "vault/layout_priv.h"

enum { ROW_ROOT = 32, ROW_OFFSET = 64, ROW_LENGTH = 72, ROW_RESERVED = 80 };

static wq_err header_open(wq_str bytes, struct wq_pack *pack)
{
	const uint8_t *header = pack->bytes;
	uint64_t index_offset;

	if (bytes.n < WQ_PACK_HEADER || memcmp(header, WQ_PACK_MAGIC.p, WQ_PACK_MAGIC.n) != 0 ||
		wq_load_u32(header + 8) != 1)
		return wq_error(WQ_E_FORMAT, "pack: this is no pack of version 1");
	pack->objects = wq_load_u32(header + 12);
	index_offset = wq_load_u64(header + 16);
	if (wq_load_u64(header + 24) != bytes.n)
		return wq_error(WQ_E_FORMAT, "pack: %zu bytes long instead of %llu", bytes.n,
			(unsigned long long)wq_load_u64(header + 24));
	if (pack->objects > WQ_PACK_OBJECTS_MAX || index_offset < WQ_PACK_HEADER || index_offset > bytes.n ||
		bytes.n - index_offset != (uint64_t)pack->objects * WQ_PACK_ROW)
		return wq_error(WQ_E_FORMAT, "pack: the index is not where it belongs");
	pack->index = header + index_offset;
	return WQ_OK;
}

static const uint8_t *row_at(const struct wq_pack *pack, uint32_t number)
{
	return pack->index + (size_t)number * WQ_PACK_ROW;
}

wq_err wq_pack_open(wq_str bytes, struct wq_pack *ret_pack)
{
	struct wq_pack pack = {.bytes = (const uint8_t *)bytes.p, .n = bytes.n};
	uint64_t at = WQ_PACK_HEADER, end;

	WQ_TRY(header_open(bytes, &pack));
	end = (uint64_t)(pack.index - pack.bytes);
	for (uint32_t i = 0; i < pack.objects; i++) {
		const uint8_t *row = row_at(&pack, i);
		uint64_t length = wq_load_u64(row + ROW_LENGTH);

		if (wq_load_u64(row + ROW_OFFSET) != at || length > end - at ||
			!wq_all_zero(row + ROW_RESERVED, WQ_PACK_ROW - ROW_RESERVED))
			return wq_error(WQ_E_FORMAT, "pack: row %u of the index", i);
		at = wq_align(at + length);
		if (at > end)
			return wq_error(WQ_E_FORMAT, "pack: row %u of the index", i);
	}
	if (at != end)
		return wq_error(WQ_E_FORMAT, "pack: bytes that belong to no object");
	*ret_pack = pack;
	return WQ_OK;
}

wq_str wq_pack_bytes(const struct wq_pack *pack, uint32_t number)
{
	const uint8_t *row = row_at(pack, number);

	return wq_str_of(pack->bytes + wq_load_u64(row + ROW_OFFSET), wq_load_u64(row + ROW_LENGTH));
}

wq_digest wq_pack_digest(const struct wq_pack *pack, uint32_t number)
{
	wq_digest digest;

	memcpy(digest.b, row_at(pack, number), sizeof digest.b);
	return digest;
}

wq_digest wq_pack_root(const struct wq_pack *pack, uint32_t number)
{
	wq_digest root;

	memcpy(root.b, row_at(pack, number) + ROW_ROOT, sizeof root.b);
	return root;
}
