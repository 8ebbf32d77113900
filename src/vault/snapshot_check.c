#include "vault/snapshot.h"

#include "vault/pack.h"
#include "vault/layout_priv.h"

enum { NOTE_KEY = 200 };

static wq_err bad_entry(const struct wq_entry *e, const char *what)
{
	wq_str key = wq_str_head(e->key, NOTE_KEY);

	return wq_error(WQ_E_FORMAT, "snapshot: entry %u (%.*s) %s", e->number, WQ_S_ARG(key), what);
}

static wq_err hosts_check(const struct wq_snapshot *s)
{
	const uint8_t *row = s->hosts;
	wq_str before = WQ_S_NONE;

	for (uint32_t i = 0; i < s->hosts_n; i++, row += WQ_SLICE_ROW) {
		uint32_t offset = wq_load_u32(row), length = wq_load_u32(row + 4);
		wq_str now;

		if (offset > s->strings.n || length > s->strings.n - offset)
			return wq_error(WQ_E_FORMAT, "snapshot: host %u is out of bounds", i);
		now = wq_str_of(s->strings.p + offset, length);
		if (i > 0 && wq_str_cmp(before, now) >= 0)
			return wq_error(WQ_E_FORMAT, "snapshot: host %u is out of order", i);
		before = now;
	}
	return WQ_OK;
}

static bool host_known(const struct wq_snapshot *s, wq_str host)
{
	uint32_t low = 0, high = s->hosts_n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = wq_str_cmp(wq_snapshot_host(s, middle), host);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool key_fine(const struct wq_snapshot *s, wq_str key)
{
	ptrdiff_t slash = wq_str_chr(key, '/');

	return slash > 0 && host_known(s, wq_str_head(key, (size_t)slash));
}

/* Nothing in a value may end the header (RFC 9110 §5.5): no CR, LF, NUL or other control, tab excepted. */
static bool value_fine(wq_str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (((uint8_t)value.p[i] < 0x20 && value.p[i] != '\t') || value.p[i] == 0x7f)
			return false;
	return true;
}

/* RFC 9110 §5.6.2 */
static bool name_fine(wq_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = (uint8_t)name.p[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!letter && !(c >= '0' && c <= '9') && (c == 0 || !memchr("!#$%&'*+-.^_`|~", c, 15)))
			return false;
	}
	return name.n > 0;
}

static bool headers_fine(wq_str block)
{
	while (block.n > 0) {
		ptrdiff_t end = wq_str_find(block, WQ_S("\r\n"));
		wq_str line, name;

		if (end < 0)
			return false;
		line = wq_str_head(block, (size_t)end);
		block = wq_str_from(block, (size_t)end + 2);
		name = wq_str_cut(&line, ':');
		if (!name_fine(name) || !wq_str_starts(line, WQ_S(" ")) || !value_fine(line))
			return false;
	}
	return true;
}

static wq_err entry_check(const struct wq_snapshot *s, const struct wq_entry *e, wq_str before)
{
	struct wq_entry found;

	if (e->number > 0 && wq_str_cmp(before, e->key) >= 0)
		return bad_entry(e, "is there twice or out of order");
	if (!key_fine(s, e->key))
		return bad_entry(e, "is of a host that is not listed");
	if (!value_fine(e->type) || !headers_fine(e->headers))
		return bad_entry(e, "has a content type or headers that cannot be sent");
	if (!wq_snapshot_find(s, e->key, &found) || found.number != e->number)
		return bad_entry(e, "is not found by its key");
	return WQ_OK;
}

static bool absent_forms_zero(const struct wq_snapshot *s, const struct wq_entry *e)
{
	const uint8_t *forms = s->entries + (size_t)e->number * WQ_ENTRY_ROW + WQ_ENTRY_FORMS;

	return (e->has_gzip || wq_all_zero(forms + WQ_ENTRY_FORM, WQ_ENTRY_FORM)) &&
		(e->has_brotli || wq_all_zero(forms + 2 * (size_t)WQ_ENTRY_FORM, WQ_ENTRY_FORM));
}

static wq_err entries_check(const struct wq_snapshot *s)
{
	wq_str before = WQ_S_NONE;

	for (uint32_t i = 0; i < s->entries_n; i++) {
		struct wq_entry e;

		if (!wq_snapshot_entry(s, i, &e))
			return wq_error(WQ_E_FORMAT, "snapshot: entry %u is out of bounds", i);
		WQ_TRY(entry_check(s, &e, before));
		if (!absent_forms_zero(s, &e))
			return bad_entry(&e, "keeps something in a form that it has not");
		before = e.key;
	}
	return WQ_OK;
}

static wq_err links_check(const struct wq_snapshot *s)
{
	uint8_t before[WQ_SNAPSHOT_LINK_ID], id[WQ_SNAPSHOT_LINK_ID];
	wq_str address;

	for (uint32_t i = 0; i < s->links_n; i++) {
		if (!wq_snapshot_link_at(s, i, id, &address))
			return wq_error(WQ_E_FORMAT, "snapshot: link %u is out of bounds", i);
		if (i > 0 && memcmp(before, id, sizeof id) >= 0)
			return wq_error(WQ_E_FORMAT, "snapshot: link %u is out of order", i);
		if (!value_fine(address))
			return wq_error(WQ_E_FORMAT, "snapshot: link %u has an address that cannot be sent", i);
		memcpy(before, id, sizeof id);
	}
	return WQ_OK;
}

/* Together with entries_check(), which finds the row of each flagged entry: every row belongs to a flagged one. */
static wq_err sources_check(const struct wq_snapshot *s)
{
	uint32_t flagged = 0;

	for (uint32_t i = 0; i < s->entries_n; i++)
		flagged += (wq_load_u16(s->entries + (size_t)i * WQ_ENTRY_ROW + WQ_ENTRY_FLAGS) & WQ_FLAG_SOURCE) != 0;
	if (flagged != s->sources_n)
		return wq_error(WQ_E_FORMAT, "snapshot: %u sources for %u entries", s->sources_n, flagged);
	for (uint32_t i = 1; i < s->sources_n; i++) {
		const uint8_t *row = s->sources + (size_t)i * WQ_SOURCE_ROW;

		if (wq_load_u32(row - WQ_SOURCE_ROW) >= wq_load_u32(row))
			return wq_error(WQ_E_FORMAT, "snapshot: source %u is out of order", i);
	}
	return WQ_OK;
}

static wq_err texts_check(const struct wq_snapshot *s)
{
	for (uint32_t i = 0; i < s->texts_n; i++) {
		const uint8_t *row = s->texts + (size_t)i * WQ_SLICE_ROW;
		uint32_t offset = wq_load_u32(row), length = wq_load_u32(row + 4);

		if (offset > s->strings.n || length > s->strings.n - offset || (i == 0 && length > 0))
			return wq_error(WQ_E_FORMAT, "snapshot: text %u is out of bounds", i);
	}
	return WQ_OK;
}

/* Together with entries_check(): every entry has exactly one slot. */
static wq_err slots_check(const struct wq_snapshot *s)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < s->slots_n; i++) {
		const uint8_t *slot = s->slots + (size_t)i * WQ_SLOT_ROW;
		uint32_t number = wq_load_u32(slot + 4);

		if (number > s->entries_n || (number == 0 && wq_load_u32(slot) != 0))
			return wq_error(WQ_E_FORMAT, "snapshot: slot %u", i);
		taken += number != 0;
	}
	if (taken != s->entries_n)
		return wq_error(WQ_E_FORMAT, "snapshot: %u slots for %u entries", taken, s->entries_n);
	return WQ_OK;
}

static wq_err padding_check(const struct wq_snapshot *s)
{
	const uint8_t *body = (const uint8_t *)s->body.p, *kinds;
	size_t sections = wq_sections_of(s->version, &kinds);
	uint64_t end = WQ_BODY_FIXED + sections * WQ_SECTION_ROW;

	for (size_t i = 0; i < sections; i++) {
		const uint8_t *row = body + WQ_BODY_FIXED + i * WQ_SECTION_ROW;
		uint64_t offset = wq_load_u64(row);

		if (!wq_all_zero(body + end, offset - end))
			return wq_error(WQ_E_FORMAT, "snapshot: the padding before section %zu is not zero", i);
		end = offset + (uint64_t)wq_load_u32(row + 8) * wq_section_row[kinds[i]];
	}
	return WQ_OK;
}

wq_err wq_snapshot_check(const struct wq_snapshot *snapshot)
{
	WQ_TRY(padding_check(snapshot));
	WQ_TRY(texts_check(snapshot));
	WQ_TRY(hosts_check(snapshot));
	WQ_TRY(links_check(snapshot));
	WQ_TRY(sources_check(snapshot));
	WQ_TRY(entries_check(snapshot));
	return slots_check(snapshot);
}

static bool ref_fine(const struct wq_object_ref *ref, const struct wq_pack *pack, bool digest)
{
	wq_digest stored;

	if (ref->number >= pack->objects || wq_pack_bytes(pack, ref->number).n != ref->length_bytes)
		return false;
	stored = wq_pack_digest(pack, ref->number);
	return !digest || memcmp(stored.b, ref->digest.b, sizeof stored.b) == 0;
}

wq_err wq_snapshot_check_packs(
	const struct wq_snapshot *snapshot, const struct wq_pack *(*pack_of)(void *data, uint32_t number), void *data)
{
	for (uint32_t i = 0; i < snapshot->entries_n; i++) {
		const struct wq_object_ref *bad = NULL;
		struct wq_entry e;

		if (!wq_snapshot_entry(snapshot, i, &e))
			return wq_error(WQ_E_FORMAT, "snapshot: entry %u is out of bounds", i);
		if (!ref_fine(&e.identity, pack_of(data, e.identity.pack), true))
			bad = &e.identity;
		else if (e.has_gzip && !ref_fine(&e.gzip, pack_of(data, e.gzip.pack), false))
			bad = &e.gzip;
		else if (e.has_brotli && !ref_fine(&e.brotli, pack_of(data, e.brotli.pack), false))
			bad = &e.brotli;
		if (bad) {
			wq_str key = wq_str_head(e.key, NOTE_KEY);

			return wq_error(WQ_E_ALTERED, "entry %u (%.*s) names an object that pack %u has not", i,
				WQ_S_ARG(key), bad->pack);
		}
	}
	return WQ_OK;
}
