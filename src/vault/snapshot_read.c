#include "vault/snapshot.h"

#include "base/cursor.h"
#include "vault/layout_priv.h"

/* Keep a request's work independent of the file: no loop below runs longer than these counts and none trusts a number
 * that it has not compared with its section. */

static wq_err bad(const char *what)
{
	return wq_error(WQ_E_FORMAT, "snapshot: %s", what);
}

/* ---- opening ---- */

struct section {
	const uint8_t *at;
	uint32_t count;
};

/* Sections stand one behind the other, so the counts alone decide where each begins; the offset must agree. */
static wq_err section_open(wq_str body, size_t place, enum wq_section kind, uint64_t *at, struct section *ret_section)
{
	const uint8_t *bytes = (const uint8_t *)body.p;
	const uint8_t *row = bytes + WQ_BODY_FIXED + place * WQ_SECTION_ROW;
	uint64_t offset = wq_load_u64(row);
	uint32_t count = wq_load_u32(row + 8);
	uint64_t length = (uint64_t)count * wq_section_row[kind];

	if (wq_load_u32(row + 12) != wq_section_row[kind] || offset != *at)
		return wq_error(WQ_E_FORMAT, "snapshot: section %zu is misplaced", place);
	if (offset > body.n || length > body.n - offset)
		return wq_error(WQ_E_FORMAT, "snapshot: section %zu goes beyond the end", place);
	if (kind == WQ_SECTION_STRINGS && offset + length != body.n)
		return bad("bytes are left over at the end");
	*ret_section = (struct section){bytes + offset, count};
	*at = wq_align(offset + length);
	return WQ_OK;
}

static wq_err counts_check(const struct section *s)
{
	if (s[WQ_SECTION_PACKS].count > WQ_SNAPSHOT_PACKS_MAX || s[WQ_SECTION_HOSTS].count > WQ_SNAPSHOT_HOSTS_MAX ||
		s[WQ_SECTION_ENTRIES].count > WQ_SNAPSHOT_ENTRIES_MAX || s[WQ_SECTION_TEXTS].count < 1 ||
		s[WQ_SECTION_SLOTS].count <= s[WQ_SECTION_ENTRIES].count ||
		s[WQ_SECTION_POLICY].count > WQ_SNAPSHOT_POLICY_MAX ||
		s[WQ_SECTION_LINKS].count > WQ_SNAPSHOT_LINKS_MAX ||
		s[WQ_SECTION_SOURCES].count > s[WQ_SECTION_ENTRIES].count)
		return bad("a count is over its limit");
	if (s[WQ_SECTION_CLASSES].count > 0)
		return bad("path classes of version 1 are not read");
	return WQ_OK;
}

static wq_err body_open(wq_str body, struct wq_snapshot *snapshot)
{
	const uint8_t *bytes = (const uint8_t *)body.p, *kinds;
	struct section s[WQ_SECTION_KINDS] = {0};
	size_t sections = 0;
	uint64_t at;

	if (body.n >= WQ_BODY_FIXED && memcmp(bytes, WQ_BODY_MAGIC.p, WQ_BODY_MAGIC.n) == 0)
		sections = wq_sections_of(snapshot->version = bytes[WQ_BODY_MAGIC.n], &kinds);
	at = WQ_BODY_FIXED + sections * WQ_SECTION_ROW;
	if (sections == 0 || body.n < at)
		return bad("this is no body of version 1 or 2");
	if (wq_load_u32(bytes + 8) != sections || wq_load_u64(bytes + 16) != body.n || wq_load_u64(bytes + 24) != 0)
		return bad("the body's length or section count is wrong");
	snapshot->probes_max = wq_load_u32(bytes + 12);
	if (snapshot->probes_max > WQ_SNAPSHOT_PROBES_MAX)
		return bad("probes are over the limit");
	for (size_t i = 0; i < sections; i++)
		WQ_TRY(section_open(body, i, (enum wq_section)kinds[i], &at, &s[kinds[i]]));
	WQ_TRY(counts_check(s));
	snapshot->body = body;
	snapshot->packs = s[WQ_SECTION_PACKS].at;
	snapshot->packs_n = s[WQ_SECTION_PACKS].count;
	snapshot->texts = s[WQ_SECTION_TEXTS].at;
	snapshot->texts_n = s[WQ_SECTION_TEXTS].count;
	snapshot->hosts = s[WQ_SECTION_HOSTS].at;
	snapshot->hosts_n = s[WQ_SECTION_HOSTS].count;
	snapshot->entries = s[WQ_SECTION_ENTRIES].at;
	snapshot->entries_n = s[WQ_SECTION_ENTRIES].count;
	snapshot->slots = s[WQ_SECTION_SLOTS].at;
	snapshot->slots_n = s[WQ_SECTION_SLOTS].count;
	snapshot->policy = wq_str_of(s[WQ_SECTION_POLICY].at, s[WQ_SECTION_POLICY].count);
	snapshot->links = s[WQ_SECTION_LINKS].at;
	snapshot->links_n = s[WQ_SECTION_LINKS].count;
	snapshot->sources = s[WQ_SECTION_SOURCES].at;
	snapshot->sources_n = s[WQ_SECTION_SOURCES].count;
	snapshot->strings = wq_str_of(s[WQ_SECTION_STRINGS].at, s[WQ_SECTION_STRINGS].count);
	return WQ_OK;
}

wq_err wq_snapshot_open_body(wq_str body, struct wq_snapshot *ret_snapshot)
{
	struct wq_snapshot snapshot = {.bytes = (const uint8_t *)body.p, .n = body.n};

	WQ_TRY(body_open(body, &snapshot));
	*ret_snapshot = snapshot;
	return WQ_OK;
}

wq_err wq_snapshot_open(wq_str bytes, struct wq_snapshot *ret_snapshot)
{
	struct wq_snapshot snapshot = {.bytes = (const uint8_t *)bytes.p, .n = bytes.n};
	struct wq_cursor c = wq_cursor_of(wq_str_head(bytes, WQ_SNAPSHOT_HEADER));
	wq_str canonical;

	if (bytes.n < WQ_SNAPSHOT_HEADER || !wq_str_eq(wq_cursor_take(&c, WQ_SNAPSHOT_MAGIC.n), WQ_SNAPSHOT_MAGIC))
		return bad("this is no snapshot of version 1");
	canonical = wq_cursor_block32(&c, WQ_SNAPSHOT_HEADER);
	wq_cursor_copy(&c, snapshot.sig.rs, sizeof snapshot.sig.rs);
	WQ_TRY(wq_cursor_err(&c));
	if (!wq_all_zero(snapshot.bytes + c.at, WQ_SNAPSHOT_HEADER - c.at))
		return bad("the header's padding is not zero");
	WQ_TRY(wq_snapshot_head_decode(canonical, &snapshot.head));
	if (snapshot.head.body_bytes != bytes.n - WQ_SNAPSHOT_HEADER)
		return bad("the file is longer or shorter than its head says");
	WQ_TRY(body_open(wq_str_from(bytes, WQ_SNAPSHOT_HEADER), &snapshot));
	*ret_snapshot = snapshot;
	return WQ_OK;
}

/* ---- access ---- */

static bool string_at(const struct wq_snapshot *s, uint32_t offset, uint32_t length, wq_str *ret_string)
{
	if (offset > s->strings.n || length > s->strings.n - offset)
		return false;
	*ret_string = wq_str_of(s->strings.p + offset, length);
	return true;
}

static bool slice_at(const struct wq_snapshot *s, const uint8_t *row, wq_str *ret_string)
{
	return string_at(s, wq_load_u32(row), wq_load_u32(row + 4), ret_string);
}

static bool text_at(const struct wq_snapshot *s, uint32_t number, uint32_t max, wq_str *ret_text)
{
	return number < s->texts_n && slice_at(s, s->texts + (size_t)number * WQ_SLICE_ROW, ret_text) &&
		ret_text->n <= max;
}

static bool entry_key(const struct wq_snapshot *s, uint32_t number, wq_str *ret_key)
{
	const uint8_t *row = s->entries + (size_t)number * WQ_ENTRY_ROW;

	return string_at(s, wq_load_u32(row), wq_load_u16(row + 4), ret_key) && ret_key->n <= WQ_SNAPSHOT_KEY_MAX;
}

static bool form_at(const struct wq_snapshot *s, const uint8_t *row, unsigned number, struct wq_object_ref *ret_ref)
{
	const uint8_t *at = row + WQ_ENTRY_FORMS + (size_t)number * WQ_ENTRY_FORM;
	uint32_t pack = wq_load_u32(at);
	uint64_t length = wq_load_u64(at + 8);

	if (pack >= s->packs_n || length > wq_load_u64(s->packs + (size_t)pack * WQ_PACK_TABLE_ROW + WQ_DIGEST_BYTES))
		return false;
	*ret_ref = (struct wq_object_ref){.pack = pack, .number = wq_load_u32(at + 4), .length_bytes = length};
	return true;
}

/* Rows ascend by entry, so row r belongs to an entry of at least r, and at most as many entries stand before it as have
 * none. */
static bool source_read(const struct wq_snapshot *s, uint32_t number, struct wq_entry *entry)
{
	uint32_t without = s->entries_n - s->sources_n;
	uint32_t low = number > without ? number - without : 0, high = WQ_MIN(number + 1, s->sources_n);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const uint8_t *row = s->sources + (size_t)middle * WQ_SOURCE_ROW;
		uint32_t found = wq_load_u32(row);

		if (found == number) {
			entry->transforms = wq_load_u32(row + WQ_SOURCE_TRANSFORMS);
			memcpy(entry->source.b, row + WQ_SOURCE_DIGEST, WQ_DIGEST_BYTES);
			return true;
		}
		if (found < number)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool entry_read(const struct wq_snapshot *s, uint32_t number, struct wq_entry *ret_entry)
{
	const uint8_t *row = s->entries + (size_t)number * WQ_ENTRY_ROW;
	uint16_t flags = wq_load_u16(row + WQ_ENTRY_FLAGS);
	struct wq_entry e = {.number = number, .status = wq_load_u16(row + WQ_ENTRY_STATUS)};

	e.has_gzip = flags & WQ_FLAG_GZIP;
	e.has_brotli = flags & WQ_FLAG_BROTLI;
	e.has_source = flags & WQ_FLAG_SOURCE;
	if ((flags & ~(unsigned)(WQ_FLAG_GZIP | WQ_FLAG_BROTLI | WQ_FLAG_SOURCE)) != 0 || e.status < 100 ||
		e.status > 599)
		return false;
	if (!entry_key(s, number, &e.key) ||
		!text_at(s, wq_load_u16(row + WQ_ENTRY_TYPE), WQ_SNAPSHOT_TYPE_MAX, &e.type) ||
		!text_at(s, wq_load_u32(row + WQ_ENTRY_HEADERS), WQ_SNAPSHOT_HEADERS_MAX, &e.headers))
		return false;
	if (!form_at(s, row, 0, &e.identity) || (e.has_gzip && !form_at(s, row, 1, &e.gzip)) ||
		(e.has_brotli && !form_at(s, row, 2, &e.brotli)))
		return false;
	if (e.has_source && !source_read(s, number, &e))
		return false;
	memcpy(e.identity.digest.b, row + WQ_ENTRY_DIGEST, WQ_DIGEST_BYTES);
	*ret_entry = e;
	return true;
}

bool wq_snapshot_entry(const struct wq_snapshot *snapshot, uint32_t number, struct wq_entry *ret_entry)
{
	return number < snapshot->entries_n && entry_read(snapshot, number, ret_entry);
}

bool wq_snapshot_find(const struct wq_snapshot *snapshot, wq_str key, struct wq_entry *ret_entry)
{
	uint64_t hash;
	uint32_t at;

	if (snapshot->slots_n == 0 || key.n > WQ_SNAPSHOT_KEY_MAX)
		return false;
	hash = wq_key_hash(key);
	at = wq_slot_of(hash, snapshot->slots_n);
	for (uint32_t probe = 0; probe < snapshot->probes_max; probe++) {
		const uint8_t *slot = snapshot->slots + (size_t)at * WQ_SLOT_ROW;
		uint32_t number = wq_load_u32(slot + 4);
		wq_str found;

		if (number == 0)
			return false;
		if (wq_load_u32(slot) == hash >> 32 && number <= snapshot->entries_n &&
			entry_key(snapshot, number - 1, &found) && wq_str_eq(found, key))
			return entry_read(snapshot, number - 1, ret_entry);
		at = at + 1 == snapshot->slots_n ? 0 : at + 1;
	}
	return false;
}

bool wq_snapshot_pack(const struct wq_snapshot *snapshot, uint32_t number, wq_digest *ret_name, uint64_t *ret_bytes)
{
	const uint8_t *row;

	if (number >= snapshot->packs_n)
		return false;
	row = snapshot->packs + (size_t)number * WQ_PACK_TABLE_ROW;
	memcpy(ret_name->b, row, WQ_DIGEST_BYTES);
	*ret_bytes = wq_load_u64(row + WQ_DIGEST_BYTES);
	return true;
}

wq_str wq_snapshot_host(const struct wq_snapshot *snapshot, uint32_t number)
{
	wq_str host;

	if (number >= snapshot->hosts_n || !slice_at(snapshot, snapshot->hosts + (size_t)number * WQ_SLICE_ROW, &host))
		return WQ_S_NONE;
	return host;
}

wq_str wq_snapshot_policy(const struct wq_snapshot *snapshot)
{
	return snapshot->policy;
}

/* ---- links that lead out ---- */

static bool link_address(const struct wq_snapshot *s, uint32_t number, wq_str *ret_address)
{
	return slice_at(s, s->links + (size_t)number * WQ_LINK_ROW + WQ_LINK_SLICE, ret_address) &&
		ret_address->n > 0 && ret_address->n <= WQ_SNAPSHOT_ADDRESS_MAX;
}

bool wq_snapshot_link(const struct wq_snapshot *snapshot, const uint8_t id[WQ_SNAPSHOT_LINK_ID], wq_str *ret_address)
{
	uint32_t low = 0, high = snapshot->links_n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = memcmp(snapshot->links + (size_t)middle * WQ_LINK_ROW, id, WQ_SNAPSHOT_LINK_ID);

		if (order == 0)
			return link_address(snapshot, middle, ret_address);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool wq_snapshot_link_at(
	const struct wq_snapshot *snapshot, uint32_t number, uint8_t ret_id[WQ_SNAPSHOT_LINK_ID], wq_str *ret_address)
{
	if (number >= snapshot->links_n || !link_address(snapshot, number, ret_address))
		return false;
	memcpy(ret_id, snapshot->links + (size_t)number * WQ_LINK_ROW, WQ_SNAPSHOT_LINK_ID);
	return true;
}
