#include "vault/snapshot.h"

#include "vault/layout_priv.h"

/* Two passes: count and intern, then write into one reserved block. Order is made before anything is numbered, so that
 * equal sets give equal bytes. */

static void store_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void store_u32(uint8_t *at, uint32_t v)
{
	store_u16(at, (uint16_t)(v >> 16));
	store_u16(at + 2, (uint16_t)v);
}

static void store_u64(uint8_t *at, uint64_t v)
{
	store_u32(at, (uint32_t)(v >> 32));
	store_u32(at + 4, (uint32_t)v);
}

/* ---- interning ---- */

struct texts {
	wq_str *rows; /* row 0 is empty */
	uint32_t n;
	uint32_t *table; /* row number or 0 */
	size_t table_n;  /* a power of two, at most half full */
};

static bool texts_init(struct texts *t, size_t max_rows)
{
	t->table_n = 16;
	while (t->table_n < 2 * (max_rows + 1))
		t->table_n *= 2;
	t->rows = calloc(max_rows + 1, sizeof *t->rows);
	t->table = calloc(t->table_n, sizeof *t->table);
	t->n = 1;
	return t->rows && t->table;
}

static uint32_t *texts_slot(struct texts *t, wq_str text)
{
	size_t at = wq_key_hash(text) & (t->table_n - 1);

	while (t->table[at] != 0 && !wq_str_eq(t->rows[t->table[at]], text))
		at = (at + 1) & (t->table_n - 1);
	return &t->table[at];
}

static uint32_t texts_add(struct texts *t, wq_str text)
{
	uint32_t *slot;

	if (text.n == 0)
		return 0;
	slot = texts_slot(t, text);
	if (*slot == 0) {
		t->rows[t->n] = text;
		*slot = t->n++;
	}
	return *slot;
}

static uint32_t texts_number(struct texts *t, wq_str text)
{
	return text.n == 0 ? 0 : *texts_slot(t, text);
}

/* ---- the plan ---- */

struct build {
	const struct wq_body_new *in;
	const struct wq_entry_new **entries; /* sorted */
	const wq_str **hosts;
	const struct wq_link_new **links; /* sorted, each once */
	size_t links_n, sources_n;
	struct texts texts;
	uint64_t *hashes;
	uint32_t slots_n;
	uint32_t probes_max;
	uint64_t offset[WQ_SECTIONS];
	uint32_t count[WQ_SECTIONS];
	uint64_t bytes;
	uint8_t *body;
	uint32_t strings_at; /* written so far */
};

static void build_done(struct build *b)
{
	free(b->entries);
	free(b->hosts);
	free(b->links);
	free(b->texts.rows);
	free(b->texts.table);
	free(b->hashes);
}

static int entry_order(const void *a, const void *b)
{
	return wq_str_cmp((*(const struct wq_entry_new *const *)a)->key, (*(const struct wq_entry_new *const *)b)->key);
}

static int host_order(const void *a, const void *b)
{
	return wq_str_cmp(**(const wq_str *const *)a, **(const wq_str *const *)b);
}

static int link_order(const void *a, const void *b)
{
	return memcmp((*(const struct wq_link_new *const *)a)->id, (*(const struct wq_link_new *const *)b)->id,
		WQ_SNAPSHOT_LINK_ID);
}

static wq_err limits_check(const struct wq_body_new *in)
{
	if (in->packs_n > WQ_SNAPSHOT_PACKS_MAX || in->hosts_n > WQ_SNAPSHOT_HOSTS_MAX ||
		in->policy.n > WQ_SNAPSHOT_POLICY_MAX || in->entries_n > WQ_SNAPSHOT_ENTRIES_MAX)
		return wq_error(WQ_E_LIMIT, "%zu packs, %zu hosts, %zu bytes of policy, %zu entries", in->packs_n,
			in->hosts_n, in->policy.n, in->entries_n);
	return WQ_OK;
}

static wq_err order(struct build *b)
{
	const struct wq_body_new *in = b->in;

	b->entries = calloc(in->entries_n + 1, sizeof *b->entries);
	b->hosts = calloc(in->hosts_n + 1, sizeof *b->hosts);
	b->links = calloc(in->links_n + 1, sizeof *b->links);
	b->hashes = calloc(in->entries_n + 1, sizeof *b->hashes);
	if (!b->entries || !b->hosts || !b->links || !b->hashes)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < in->entries_n; i++)
		b->entries[i] = &in->entries[i];
	for (size_t i = 0; i < in->hosts_n; i++)
		b->hosts[i] = &in->hosts[i];
	for (size_t i = 0; i < in->links_n; i++)
		b->links[i] = &in->links[i];
	qsort(b->entries, in->entries_n, sizeof *b->entries, entry_order);
	qsort(b->hosts, in->hosts_n, sizeof *b->hosts, host_order);
	qsort(b->links, in->links_n, sizeof *b->links, link_order);
	return WQ_OK;
}

static wq_err links_unique(struct build *b)
{
	for (size_t i = 0; i < b->in->links_n; i++) {
		const struct wq_link_new *last = b->links_n > 0 ? b->links[b->links_n - 1] : NULL;
		wq_str address = wq_str_head(b->links[i]->address, 200);

		if (b->links[i]->address.n == 0 || b->links[i]->address.n > WQ_SNAPSHOT_ADDRESS_MAX)
			return wq_error(WQ_E_INPUT, "a link has an address of %zu bytes", b->links[i]->address.n);
		if (!last || memcmp(last->id, b->links[i]->id, sizeof last->id) != 0)
			b->links[b->links_n++] = b->links[i];
		else if (!wq_str_eq(last->address, b->links[i]->address))
			return wq_error(WQ_E_INPUT, "%.*s has the id of another address", WQ_S_ARG(address));
	}
	return b->links_n > WQ_SNAPSHOT_LINKS_MAX ? wq_error(WQ_E_LIMIT, "%zu links", b->links_n) : WQ_OK;
}

static wq_err bad_entry(const struct wq_entry_new *e, const char *what)
{
	wq_str key = wq_str_head(e->key, 200);

	return wq_error(WQ_E_INPUT, "%.*s: %s", WQ_S_ARG(key), what);
}

static bool ref_fine(const struct wq_body_new *in, const struct wq_object_ref *ref)
{
	return ref->pack < in->packs_n && ref->length_bytes <= in->pack_bytes[ref->pack];
}

static wq_err entries_check(struct build *b)
{
	for (size_t i = 0; i < b->in->entries_n; i++) {
		const struct wq_entry_new *e = b->entries[i];

		if (e->key.n == 0 || e->key.n > WQ_SNAPSHOT_KEY_MAX)
			return bad_entry(e, "the key is empty or too long");
		if (i > 0 && wq_str_eq(e->key, b->entries[i - 1]->key))
			return bad_entry(e, "the key is there twice");
		if (e->status < 100 || e->status > 599)
			return bad_entry(e, "no HTTP status");
		if (e->type.n > WQ_SNAPSHOT_TYPE_MAX || e->headers.n > WQ_SNAPSHOT_HEADERS_MAX)
			return bad_entry(e, "content type or headers are too long");
		if (!ref_fine(b->in, &e->identity) || (e->has_gzip && !ref_fine(b->in, &e->gzip)) ||
			(e->has_brotli && !ref_fine(b->in, &e->brotli)))
			return bad_entry(e, "names an object outside the packs");
		b->sources_n += e->has_source;
	}
	return WQ_OK;
}

/* Types first: their numbers have 16 bits. */
static wq_err intern(struct build *b)
{
	size_t n = b->in->entries_n;

	if (!texts_init(&b->texts, 2 * n))
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t i = 0; i < n; i++)
		texts_add(&b->texts, b->entries[i]->type);
	if (b->texts.n > WQ_SNAPSHOT_TYPES_MAX)
		return wq_error(WQ_E_LIMIT, "%u different content types", b->texts.n);
	for (size_t i = 0; i < n; i++)
		texts_add(&b->texts, b->entries[i]->headers);
	return WQ_OK;
}

static uint64_t strings_bytes(const struct build *b)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < b->texts.n; i++)
		n += b->texts.rows[i].n;
	for (size_t i = 0; i < b->in->hosts_n; i++)
		n += b->hosts[i]->n;
	for (size_t i = 0; i < b->in->entries_n; i++)
		n += b->entries[i]->key.n;
	for (size_t i = 0; i < b->links_n; i++)
		n += b->links[i]->address.n;
	return n;
}

static wq_err place(struct build *b)
{
	uint64_t at = WQ_BODY_HEADER, strings = strings_bytes(b);

	if (strings > UINT32_MAX)
		return wq_error(WQ_E_LIMIT, "%llu bytes of keys, headers and links", (unsigned long long)strings);
	b->slots_n = (uint32_t)(b->in->entries_n * WQ_SLOTS_NUM / WQ_SLOTS_DEN + 1);
	b->count[WQ_SECTION_PACKS] = (uint32_t)b->in->packs_n;
	b->count[WQ_SECTION_TEXTS] = b->texts.n;
	b->count[WQ_SECTION_HOSTS] = (uint32_t)b->in->hosts_n;
	b->count[WQ_SECTION_ENTRIES] = (uint32_t)b->in->entries_n;
	b->count[WQ_SECTION_SLOTS] = b->slots_n;
	b->count[WQ_SECTION_POLICY] = (uint32_t)b->in->policy.n;
	b->count[WQ_SECTION_LINKS] = (uint32_t)b->links_n;
	b->count[WQ_SECTION_SOURCES] = (uint32_t)b->sources_n;
	b->count[WQ_SECTION_STRINGS] = (uint32_t)strings;
	for (int i = 0; i < WQ_SECTIONS; i++) {
		b->offset[i] = at;
		b->bytes = at + (uint64_t)b->count[i] * wq_section_row[i];
		at = wq_align(b->bytes);
	}
	return WQ_OK;
}

/* ---- writing ---- */

static uint8_t *row_at(const struct build *b, enum wq_section section, size_t number)
{
	return b->body + b->offset[section] + number * wq_section_row[section];
}

static uint32_t string_write(struct build *b, wq_str s)
{
	uint32_t offset = b->strings_at;

	if (s.n > 0)
		memcpy(b->body + b->offset[WQ_SECTION_STRINGS] + offset, s.p, s.n);
	b->strings_at += (uint32_t)s.n;
	return offset;
}

static void slice_write(struct build *b, uint8_t *at, wq_str s)
{
	store_u32(at, string_write(b, s));
	store_u32(at + 4, (uint32_t)s.n);
}

static void tables_write(struct build *b)
{
	for (size_t i = 0; i < b->in->packs_n; i++) {
		uint8_t *row = row_at(b, WQ_SECTION_PACKS, i);

		memcpy(row, b->in->packs[i].b, WQ_DIGEST_BYTES);
		store_u64(row + WQ_DIGEST_BYTES, b->in->pack_bytes[i]);
	}
	for (uint32_t i = 0; i < b->texts.n; i++)
		slice_write(b, row_at(b, WQ_SECTION_TEXTS, i), b->texts.rows[i]);
	for (size_t i = 0; i < b->in->hosts_n; i++)
		slice_write(b, row_at(b, WQ_SECTION_HOSTS, i), *b->hosts[i]);
	if (b->in->policy.n > 0)
		memcpy(row_at(b, WQ_SECTION_POLICY, 0), b->in->policy.p, b->in->policy.n);
}

static void links_write(struct build *b)
{
	for (size_t i = 0; i < b->links_n; i++) {
		uint8_t *row = row_at(b, WQ_SECTION_LINKS, i);

		memcpy(row, b->links[i]->id, WQ_SNAPSHOT_LINK_ID);
		slice_write(b, row + WQ_LINK_SLICE, b->links[i]->address);
	}
}

static void source_write(const struct build *b, size_t number, uint32_t entry, const struct wq_entry_new *e)
{
	uint8_t *row = row_at(b, WQ_SECTION_SOURCES, number);

	store_u32(row, entry);
	store_u32(row + WQ_SOURCE_TRANSFORMS, e->transforms);
	memcpy(row + WQ_SOURCE_DIGEST, e->source.b, WQ_DIGEST_BYTES);
}

static void form_write(uint8_t *row, unsigned number, const struct wq_object_ref *ref)
{
	uint8_t *at = row + WQ_ENTRY_FORMS + (size_t)number * WQ_ENTRY_FORM;

	store_u32(at, ref->pack);
	store_u32(at + 4, ref->number);
	store_u64(at + 8, ref->length_bytes);
}

static uint16_t flags_of(const struct wq_entry_new *e)
{
	return (uint16_t)((e->has_gzip ? WQ_FLAG_GZIP : 0) | (e->has_brotli ? WQ_FLAG_BROTLI : 0) |
		(e->has_source ? WQ_FLAG_SOURCE : 0));
}

static void entries_write(struct build *b)
{
	size_t sources = 0;

	for (size_t i = 0; i < b->in->entries_n; i++) {
		const struct wq_entry_new *e = b->entries[i];
		uint8_t *row = row_at(b, WQ_SECTION_ENTRIES, i);

		store_u32(row + WQ_ENTRY_KEY, string_write(b, e->key));
		store_u16(row + WQ_ENTRY_KEY + 4, (uint16_t)e->key.n);
		store_u16(row + WQ_ENTRY_STATUS, e->status);
		store_u16(row + WQ_ENTRY_TYPE, (uint16_t)texts_number(&b->texts, e->type));
		store_u16(row + WQ_ENTRY_FLAGS, flags_of(e));
		store_u32(row + WQ_ENTRY_HEADERS, texts_number(&b->texts, e->headers));
		form_write(row, 0, &e->identity);
		if (e->has_gzip)
			form_write(row, 1, &e->gzip);
		if (e->has_brotli)
			form_write(row, 2, &e->brotli);
		memcpy(row + WQ_ENTRY_DIGEST, e->identity.digest.b, WQ_DIGEST_BYTES);
		if (e->has_source)
			source_write(b, sources++, (uint32_t)i, e);
	}
}

/* Linear probing where the one that is farther from home stays (Robin Hood): at 70 % the longest probe is near 20 even
 * with a million keys, and an unknown key ends there. */
static void slot_insert(struct build *b, uint32_t number)
{
	uint32_t at = wq_slot_of(b->hashes[number], b->slots_n), distance = 0;

	for (;;) {
		uint8_t *slot = row_at(b, WQ_SECTION_SLOTS, at);
		uint32_t other = wq_load_u32(slot + 4), home, other_distance;

		if (other != 0) {
			home = wq_slot_of(b->hashes[other - 1], b->slots_n);
			other_distance = at >= home ? at - home : at + b->slots_n - home;
		}
		if (other == 0 || other_distance < distance) {
			b->probes_max = WQ_MAX(b->probes_max, distance + 1);
			store_u32(slot, (uint32_t)(b->hashes[number] >> 32));
			store_u32(slot + 4, number + 1);
			if (other == 0)
				return;
			number = other - 1;
			distance = other_distance;
		}
		at = at + 1 == b->slots_n ? 0 : at + 1;
		distance++;
	}
}

static wq_err slots_write(struct build *b)
{
	for (size_t i = 0; i < b->in->entries_n; i++)
		b->hashes[i] = wq_key_hash(b->entries[i]->key);
	for (size_t i = 0; i < b->in->entries_n; i++) {
		slot_insert(b, (uint32_t)i);
		if (b->probes_max > WQ_SNAPSHOT_PROBES_MAX)
			return bad_entry(b->entries[i], "too many keys with the same hash");
	}
	return WQ_OK;
}

static void header_write(struct build *b)
{
	memcpy(b->body, WQ_BODY_MAGIC.p, WQ_BODY_MAGIC.n);
	b->body[WQ_BODY_MAGIC.n] = WQ_BODY_VERSION;
	store_u32(b->body + 8, WQ_SECTIONS);
	store_u32(b->body + 12, b->probes_max);
	store_u64(b->body + 16, b->bytes);
	for (size_t i = 0; i < WQ_SECTIONS; i++) {
		uint8_t *row = b->body + WQ_BODY_FIXED + i * WQ_SECTION_ROW;

		store_u64(row, b->offset[i]);
		store_u32(row + 8, b->count[i]);
		store_u32(row + 12, wq_section_row[i]);
	}
}

/* The reader's own check decides what may be sealed. */
static wq_err result_check(const struct build *b)
{
	struct wq_snapshot result;
	wq_err e = wq_snapshot_open_body(wq_str_of(b->body, b->bytes), &result);

	if (!wq_failed(e))
		e = wq_snapshot_check(&result);
	return wq_failed(e) ? wq_error(WQ_E_INPUT, "%s", wq_err_note(e)) : WQ_OK;
}

wq_err wq_snapshot_build(const struct wq_body_new *body, struct wq_buf *out)
{
	WQ_CLEANUP(build_done) struct build b = {.in = body};

	WQ_TRY(limits_check(body));
	WQ_TRY(order(&b));
	WQ_TRY(links_unique(&b));
	WQ_TRY(entries_check(&b));
	WQ_TRY(intern(&b));
	WQ_TRY(place(&b));
	b.body = wq_buf_reserve(out, b.bytes);
	WQ_TRY(wq_buf_err(out));
	memset(b.body, 0, b.bytes);
	tables_write(&b);
	entries_write(&b);
	links_write(&b);
	WQ_TRY(slots_write(&b));
	header_write(&b);
	WQ_TRY(result_check(&b));
	wq_buf_commit(out, b.bytes);
	return WQ_OK;
}
