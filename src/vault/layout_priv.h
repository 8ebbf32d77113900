/* Byte layout of snapshot bodies and packs, shared by the files of this folder that write and read them. docs/formats.md
 * says the same for everybody else; a change here is a new version there.
 */
#ifndef WQ_VAULT_LAYOUT_PRIV_H
#define WQ_VAULT_LAYOUT_PRIV_H

#include "base/base.h"

#define WQ_SNAPSHOT_MAGIC WQ_S("WQSNAP\0\1")
#define WQ_BODY_MAGIC WQ_S("WQBODY\0") /* and a byte: the version */
#define WQ_PACK_MAGIC WQ_S("WQPACK\0\1")
#define WQ_COLD_MAGIC WQ_S("WQCOLD\0\1")

/* Sections of a body of version 2, in the order in which they stand; each begins at the next multiple of WQ_ALIGN. */
enum wq_section {
	WQ_SECTION_PACKS, /* name 32, file bytes u64 */
	WQ_SECTION_TEXTS, /* slice (offset u32, length u32 in the strings): content types and header blocks; row 0 is empty */
	WQ_SECTION_HOSTS,   /* slice; sorted */
	WQ_SECTION_ENTRIES, /* see below; sorted by key */
	WQ_SECTION_SLOTS,   /* high half of the key's hash u32, entry number + 1 u32; 0, 0 is free */
	WQ_SECTION_POLICY,  /* bytes: what policy/policy.h decodes */
	WQ_SECTION_LINKS,   /* id 16, slice of the address; sorted by id */
	WQ_SECTION_SOURCES, /* number of the entry u32, transforms u32, digest 32; sorted by entry */
	WQ_SECTION_STRINGS, /* bytes */
	WQ_SECTIONS,
	WQ_SECTION_CLASSES = WQ_SECTIONS, /* of version 1, there without rows */
	WQ_SECTION_KINDS
};

enum {
	WQ_ALIGN = 16,
	/* magic 8, sections u32, longest probe u32, body bytes u64, reserved u64 */
	WQ_BODY_FIXED = 32,
	/* offset u64, count u32, row bytes u32 */
	WQ_SECTION_ROW = 16,
	WQ_BODY_VERSION = 2,
	WQ_BODY_HEADER = WQ_BODY_FIXED + WQ_SECTIONS * WQ_SECTION_ROW,

	WQ_PACK_TABLE_ROW = 40,
	WQ_SLICE_ROW = 8,
	WQ_CLASS_ROW = 12,
	WQ_LINK_ROW = 24,
	WQ_SOURCE_ROW = 40,
	WQ_ENTRY_ROW = 96,
	WQ_SLOT_ROW = 8,

	/* inside an entry */
	WQ_ENTRY_KEY = 0,      /* slice: offset u32, length u16 */
	WQ_ENTRY_STATUS = 6,   /* u16 */
	WQ_ENTRY_TYPE = 8,     /* text number u16 */
	WQ_ENTRY_FLAGS = 10,   /* u16 */
	WQ_ENTRY_HEADERS = 12, /* text number u32 */
	WQ_ENTRY_FORMS = 16,   /* identity, gzip, brotli: pack u32, number u32, length u64 */
	WQ_ENTRY_FORM = 16,
	WQ_ENTRY_DIGEST = 64, /* of the identity form */

	WQ_FLAG_GZIP = 1,
	WQ_FLAG_BROTLI = 2,
	WQ_FLAG_SOURCE = 4, /* it has a row among the sources */

	/* inside a link: id 16, then the slice */
	WQ_LINK_SLICE = 16,
	/* inside a source */
	WQ_SOURCE_TRANSFORMS = 4,
	WQ_SOURCE_DIGEST = 8,

	/* a body has 10 slots for 7 entries, so that a free one is near */
	WQ_SLOTS_NUM = 10,
	WQ_SLOTS_DEN = 7
};

static const uint8_t wq_section_row[WQ_SECTION_KINDS] = {[WQ_SECTION_PACKS] = WQ_PACK_TABLE_ROW,
	[WQ_SECTION_TEXTS] = WQ_SLICE_ROW,
	[WQ_SECTION_HOSTS] = WQ_SLICE_ROW,
	[WQ_SECTION_CLASSES] = WQ_CLASS_ROW,
	[WQ_SECTION_ENTRIES] = WQ_ENTRY_ROW,
	[WQ_SECTION_SLOTS] = WQ_SLOT_ROW,
	[WQ_SECTION_POLICY] = 1,
	[WQ_SECTION_LINKS] = WQ_LINK_ROW,
	[WQ_SECTION_SOURCES] = WQ_SOURCE_ROW,
	[WQ_SECTION_STRINGS] = 1};

/* The sections of a body of `version` in their order; 0: there is no such version. */
static inline size_t wq_sections_of(uint32_t version, const uint8_t **ret_sections)
{
	static const uint8_t first[] = {WQ_SECTION_PACKS, WQ_SECTION_TEXTS, WQ_SECTION_HOSTS, WQ_SECTION_CLASSES,
		WQ_SECTION_ENTRIES, WQ_SECTION_SLOTS, WQ_SECTION_STRINGS};
	static const uint8_t second[] = {WQ_SECTION_PACKS, WQ_SECTION_TEXTS, WQ_SECTION_HOSTS, WQ_SECTION_ENTRIES,
		WQ_SECTION_SLOTS, WQ_SECTION_POLICY, WQ_SECTION_LINKS, WQ_SECTION_SOURCES, WQ_SECTION_STRINGS};

	*ret_sections = version == 1 ? first : second;
	return version == 1 ? WQ_COUNT(first) : version == WQ_BODY_VERSION ? WQ_COUNT(second) : 0;
}

static inline uint16_t wq_load_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t wq_load_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t wq_load_u64(const uint8_t *at)
{
	return (uint64_t)wq_load_u32(at) << 32 | wq_load_u32(at + 4);
}

static inline uint64_t wq_align(uint64_t n)
{
	return (n + WQ_ALIGN - 1) / WQ_ALIGN * WQ_ALIGN;
}

static inline bool wq_all_zero(const uint8_t *at, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= at[i];
	return any == 0;
}

/* The hash of a key, part of the format: eight bytes at a time (the last word padded with zeros), big-endian. Keys are
 * chosen by the public, so it decides only where to look first: a look-up ends after the longest probe of the table. */
static inline uint64_t wq_key_hash(wq_str key)
{
	const uint64_t k1 = 0x9e3779b97f4a7c15, k2 = 0xd6e8feb86659fd93;
	const uint8_t *p = (const uint8_t *)key.p;
	uint64_t h = k2 ^ key.n * k1;
	size_t n = key.n;

	for (; n >= 8; p += 8, n -= 8) {
		h = (h ^ wq_load_u64(p)) * k1;
		h ^= h >> 32;
	}
	if (n > 0) {
		uint64_t last = 0;

		for (size_t i = 0; i < n; i++)
			last |= (uint64_t)p[i] << (56 - 8 * i);
		h = (h ^ last) * k1;
		h ^= h >> 32;
	}
	h *= k2;
	return h ^ h >> 29;
}

/* The slot where a hash belongs: the low half decides; the high half stands in the slot. */
static inline uint32_t wq_slot_of(uint64_t hash, uint32_t slots)
{
	return (uint32_t)((hash & 0xffffffff) * slots >> 32);
}

#endif
