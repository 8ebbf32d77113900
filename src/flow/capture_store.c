#include "flow/capture_priv.h"

#include "vault/encode.h"

static wq_str digest_str(const wq_digest *d)
{
	return wq_str_of(d->b, sizeof d->b);
}

wq_err wq_capture_remember(struct wq_capturing *c, const struct wq_entry *entry)
{
	struct wq_capture_object *object;

	if (wq_map_has(&c->objects, digest_str(&entry->identity.digest)))
		return WQ_OK;
	object = WQ_NEW(&c->arena, struct wq_capture_object);
	WQ_TRY(wq_arena_err(&c->arena));
	object->identity = entry->identity;
	object->has_gzip = entry->has_gzip;
	object->gzip = entry->gzip;
	object->has_brotli = entry->has_brotli;
	object->brotli = entry->brotli;
	return wq_map_put(&c->objects, digest_str(&entry->identity.digest), object, NULL);
}

wq_err wq_capture_open_base(struct wq_capturing *c)
{
	wq_err e = wq_sealed_open(c->w, c->app->id, &c->base);

	if (wq_is(e, WQ_E_NOT_FOUND))
		return WQ_OK;
	WQ_TRY(e);
	c->has_base = true;
	for (uint32_t i = 0; i < c->base.snapshot.entries_n; i++) {
		struct wq_entry entry;

		if (!wq_snapshot_entry(&c->base.snapshot, i, &entry))
			return wq_error(WQ_E_FORMAT, "entry %u of the sealed version", i);
		WQ_TRY(wq_capture_remember(c, &entry));
	}
	return WQ_OK;
}

static uint32_t first_new_pack(const struct wq_capturing *c)
{
	return c->has_base ? c->base.snapshot.packs_n : 0;
}

static wq_err store(struct wq_capturing *c, wq_str bytes, wq_digest digest, struct wq_object_ref *ret)
{
	struct wq_pack_object made;

	WQ_TRY(wq_pack_writer_add_as(c->writer, bytes, digest, &made));
	*ret = (struct wq_object_ref){.pack = first_new_pack(c) + made.pack,
		.number = made.number,
		.length_bytes = made.length_bytes,
		.digest = made.digest};
	return WQ_OK;
}

/* The form in `encoded` is kept when it saves a tenth. */
static wq_err store_encoded(struct wq_capturing *c, wq_str bytes, bool *ret_has, struct wq_object_ref *ret)
{
	if (c->encoded.len > bytes.n - bytes.n / 10)
		return WQ_OK;
	*ret_has = true;
	return store(c, wq_buf_str(&c->encoded), wq_sm3(wq_buf_str(&c->encoded)), ret);
}

static wq_err store_forms(struct wq_capturing *c, wq_str bytes, wq_str type, struct wq_capture_object *object)
{
	if (!wq_encode_worth(type, bytes.n))
		return WQ_OK;
	wq_buf_clear(&c->encoded);
	WQ_TRY(wq_encode_gzip(bytes, &c->encoded));
	WQ_TRY(store_encoded(c, bytes, &object->has_gzip, &object->gzip));
	wq_buf_clear(&c->encoded);
	WQ_TRY(wq_encode_brotli(bytes, c->w->settings.capture.effort, &c->encoded));
	return store_encoded(c, bytes, &object->has_brotli, &object->brotli);
}

wq_err wq_capture_store(
	struct wq_capturing *c, wq_str bytes, wq_digest digest, wq_str type, struct wq_capture_object **ret_object)
{
	struct wq_capture_object *object = wq_map_get(&c->objects, digest_str(&digest));

	if (!object) {
		object = WQ_NEW(&c->arena, struct wq_capture_object);
		WQ_TRY(wq_arena_err(&c->arena));
		WQ_TRY(store(c, bytes, digest, &object->identity));
		WQ_TRY(store_forms(c, bytes, type, object));
		WQ_TRY(wq_map_put(&c->objects, digest_str(&digest), object, NULL));
	}
	*ret_object = object;
	return WQ_OK;
}

wq_err wq_capture_add_entry(struct wq_capturing *c, const struct wq_entry_new *entry)
{
	if (c->entries_n == c->entries_room) {
		size_t room = c->entries_room ? c->entries_room * 2 : 1024;
		void *more = room <= WQ_CAPTURE_ENTRIES_MAX ? realloc(c->entries, room * sizeof *c->entries) : NULL;

		if (!more)
			return wq_error(WQ_E_LIMIT, "more than %zu resources", c->entries_n);
		c->entries = more;
		c->entries_room = room;
	}
	c->entries[c->entries_n++] = *entry;
	return WQ_OK;
}
