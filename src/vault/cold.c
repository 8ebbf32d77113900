#include "vault/cold.h"

#include "vault/layout_priv.h"
#include "vault/pack.h"

enum { ROW_LENGTH = 8, ROW_LEAF = 16, ROW_RESERVED = 20, RESERVED = 56 };

static const uint8_t *row_at(const struct wq_cold *cold, uint32_t number)
{
	return cold->rows + (size_t)number * WQ_COLD_ROW;
}

static wq_err bad(const char *what)
{
	return wq_error(WQ_E_FORMAT, "cold index: %s", what);
}

/* Objects in the order and with the padding of the pack (vault/pack.h): their lengths alone decide everything. */
static wq_err rows_check(const struct wq_cold *cold)
{
	uint64_t at = WQ_PACK_HEADER, leaf = 0;

	for (uint32_t i = 0; i < cold->objects; i++) {
		const uint8_t *row = row_at(cold, i);
		uint64_t length = wq_load_u64(row + ROW_LENGTH);

		if (length > WQ_PACK_OBJECT_MAX || at > cold->file_bytes || length > cold->file_bytes - at ||
			wq_load_u64(row) != at || wq_load_u32(row + ROW_LEAF) != leaf ||
			wq_load_u32(row + ROW_RESERVED) != 0)
			return wq_error(WQ_E_FORMAT, "cold index: object %u", i);
		at = wq_align(at + length);
		leaf += wq_tree_leaves(length);
	}
	return leaf == cold->leaves ? WQ_OK : bad("leaves are missing or left over");
}

wq_err wq_cold_open(wq_str bytes, struct wq_cold *ret_cold)
{
	const uint8_t *header = (const uint8_t *)bytes.p;
	struct wq_cold cold = {.rows = header + WQ_COLD_HEADER};

	if (bytes.n < WQ_COLD_HEADER || memcmp(header, WQ_COLD_MAGIC.p, WQ_COLD_MAGIC.n) != 0)
		return bad("this is none of version 1");
	cold.objects = wq_load_u32(header + 8);
	cold.leaves = wq_load_u32(header + 12);
	cold.file_bytes = wq_load_u64(header + 16);
	memcpy(cold.name.b, header + 24, sizeof cold.name.b);
	if (cold.objects > WQ_PACK_OBJECTS_MAX || !wq_all_zero(header + RESERVED, WQ_COLD_HEADER - RESERVED))
		return bad("its header");
	if (bytes.n - WQ_COLD_HEADER != (uint64_t)cold.objects * WQ_COLD_ROW + (uint64_t)cold.leaves * WQ_DIGEST_BYTES)
		return bad("it is longer or shorter than its header says");
	cold.digests = cold.rows + (size_t)cold.objects * WQ_COLD_ROW;
	WQ_TRY(rows_check(&cold));
	*ret_cold = cold;
	return WQ_OK;
}

bool wq_cold_object(const struct wq_cold *cold, uint32_t number, uint64_t *ret_offset, uint64_t *ret_length_bytes,
	uint32_t *ret_leaves)
{
	const uint8_t *row;

	if (number >= cold->objects)
		return false;
	row = row_at(cold, number);
	*ret_offset = wq_load_u64(row);
	*ret_length_bytes = wq_load_u64(row + ROW_LENGTH);
	*ret_leaves = (uint32_t)wq_tree_leaves(*ret_length_bytes);
	return true;
}

bool wq_cold_leaf(const struct wq_cold *cold, uint32_t number, uint32_t leaf, wq_digest *ret_digest)
{
	uint64_t offset, length;
	uint32_t leaves;

	if (!wq_cold_object(cold, number, &offset, &length, &leaves) || leaf >= leaves)
		return false;
	leaf += wq_load_u32(row_at(cold, number) + ROW_LEAF);
	memcpy(ret_digest->b, cold->digests + (size_t)leaf * WQ_DIGEST_BYTES, WQ_DIGEST_BYTES);
	return true;
}

bool wq_cold_block_is(const struct wq_cold *cold, uint32_t number, uint32_t leaf, wq_str block)
{
	uint64_t offset, length, at = (uint64_t)leaf * WQ_TREE_LEAF;
	wq_digest expected, found;
	uint32_t leaves;

	if (!wq_cold_object(cold, number, &offset, &length, &leaves) || !wq_cold_leaf(cold, number, leaf, &expected) ||
		block.n != WQ_MIN(length - at, (uint64_t)WQ_TREE_LEAF))
		return false;
	found = wq_tree_leaf(block);
	return memcmp(found.b, expected.b, sizeof found.b) == 0;
}
