#include "vault/pack.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "vault/layout_priv.h"
#include "vault/pack_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

/* The pack under way is in memory; when it is full it goes to a temporary file, synced. Finishing renames them all. */

enum { PACKS_MAX = 65536 };

struct wq_pack_writer {
	const struct wq_fs *fs;
	char *dir;
	char tag[17]; /* random, so that writers do not meet */
	struct wq_buf bytes, index;
	uint32_t in_pack; /* objects of the pack under way */

	wq_digest *names; /* of the packs that are written */
	size_t names_n;
	bool finished;

	struct wq_pack_object *objects; /* every one, for storing equal bytes once */
	size_t objects_n, objects_cap;
	uint32_t *table; /* number + 1, or 0; a power of two, at most half full */
	size_t table_n;
};

static void temp_path(const struct wq_pack_writer *w, size_t number, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/.pack-%s-%zu", w->dir, w->tag, number);
}

wq_err wq_pack_writer_open_on(const struct wq_fs *fs, const char *dir, struct wq_pack_writer **ret_writer)
{
	struct wq_pack_writer *w;
	uint8_t random[8];
	struct stat st;

	if (strlen(dir) > PATH_MAX - 128)
		return wq_error(WQ_E_LIMIT, "the path is too long: %.100s", dir);
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return wq_error(WQ_E_NOT_FOUND, "no directory %s", dir);
	w = calloc(1, sizeof *w);
	if (!w || !(w->dir = strdup(dir))) {
		free(w);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	w->fs = fs;
	wq_random_system.fill(wq_random_system.data, random, sizeof random);
	wq_hex(random, sizeof random, w->tag);
	wq_buf_init(&w->bytes, (size_t)WQ_PACK_OBJECT_MAX + 2 * (size_t)WQ_PACK_TARGET_BYTES);
	wq_buf_init(&w->index, (size_t)WQ_PACK_OBJECTS_MAX * WQ_PACK_ROW);
	*ret_writer = w;
	return WQ_OK;
}

wq_err wq_pack_writer_open(const char *dir, struct wq_pack_writer **ret_writer)
{
	return wq_pack_writer_open_on(&wq_fs_system, dir, ret_writer);
}

/* ---- equal bytes once ---- */

static uint32_t *table_slot(const struct wq_pack_writer *w, wq_digest digest)
{
	size_t at = wq_load_u64(digest.b) & (w->table_n - 1);

	while (w->table[at] != 0 && !wq_digest_eq(w->objects[w->table[at] - 1].digest, digest))
		at = (at + 1) & (w->table_n - 1);
	return &w->table[at];
}

static wq_err table_grow(struct wq_pack_writer *w)
{
	size_t cap = w->objects_cap ? 2 * w->objects_cap : 256;
	struct wq_pack_object *objects = reallocarray(w->objects, cap, sizeof *objects);
	uint32_t *table;

	if (!objects || cap > UINT32_MAX / 4)
		return wq_error_id(WQ_E_NO_MEMORY);
	w->objects = objects;
	table = calloc(2 * cap, sizeof *table);
	if (!table)
		return wq_error_id(WQ_E_NO_MEMORY);
	free(w->table);
	w->table = table;
	w->table_n = 2 * cap;
	w->objects_cap = cap;
	for (size_t i = 0; i < w->objects_n; i++)
		*table_slot(w, w->objects[i].digest) = (uint32_t)i + 1;
	return WQ_OK;
}

/* ---- one pack ---- */

static void pad(struct wq_buf *buf)
{
	static const uint8_t zeros[WQ_ALIGN];

	wq_buf_add(buf, wq_str_of(zeros, wq_align(buf->len) - buf->len));
}

static wq_err pack_header(struct wq_pack_writer *w)
{
	WQ_BUF(header, WQ_PACK_HEADER);
	wq_digest digest;

	WQ_TRY(wq_pack_index_digest(wq_buf_str(&w->index), &digest));
	wq_buf_add(&header, WQ_PACK_MAGIC);
	wq_buf_u32(&header, 1);
	wq_buf_u32(&header, w->in_pack);
	wq_buf_u64(&header, w->bytes.len);
	wq_buf_u64(&header, w->bytes.len + w->index.len);
	wq_buf_add(&header, wq_str_of(digest.b, sizeof digest.b));
	WQ_TRY(wq_buf_err(&header));
	memcpy(w->bytes.data, header.data, WQ_PACK_HEADER);
	return WQ_OK;
}

/* Writes the pack under way to its temporary file. */
static wq_err pack_close(struct wq_pack_writer *w)
{
	char temp[PATH_MAX];
	wq_digest *names;

	if (w->in_pack == 0)
		return WQ_OK;
	if (w->names_n == PACKS_MAX)
		return wq_error(WQ_E_LIMIT, "%d packs", (int)PACKS_MAX);
	WQ_TRY(pack_header(w));
	wq_buf_add(&w->bytes, wq_buf_str(&w->index));
	WQ_TRY(wq_buf_err(&w->bytes));
	names = reallocarray(w->names, w->names_n + 1, sizeof *names);
	if (!names)
		return wq_error_id(WQ_E_NO_MEMORY);
	w->names = names;
	temp_path(w, w->names_n, temp);
	WQ_TRY(wq_file_replace(w->fs, temp, wq_buf_str(&w->bytes), 0644));
	w->names[w->names_n++] = wq_pack_name(w->bytes.data);
	wq_buf_clear(&w->bytes);
	wq_buf_clear(&w->index);
	w->in_pack = 0;
	return WQ_OK;
}

static wq_err pack_add(struct wq_pack_writer *w, wq_str bytes, const struct wq_pack_object *object)
{
	static const uint8_t zeros[WQ_PACK_HEADER];

	if (w->in_pack == 0)
		wq_buf_add(&w->bytes, wq_str_of(zeros, sizeof zeros));
	wq_buf_add(&w->index, wq_str_of(object->digest.b, WQ_DIGEST_BYTES));
	wq_buf_add(&w->index, wq_str_of(object->root.b, WQ_DIGEST_BYTES));
	wq_buf_u64(&w->index, w->bytes.len);
	wq_buf_u64(&w->index, bytes.n);
	wq_buf_add(&w->index, wq_str_of(zeros, 16));
	wq_buf_add(&w->bytes, bytes);
	pad(&w->bytes);
	WQ_TRY(wq_buf_err(&w->index));
	WQ_TRY(wq_buf_err(&w->bytes));
	w->in_pack++;
	return WQ_OK;
}

static bool pack_full(const struct wq_pack_writer *w, wq_str bytes)
{
	return w->in_pack > 0 &&
		(w->in_pack == WQ_PACK_OBJECTS_MAX || w->bytes.len + w->index.len + bytes.n > WQ_PACK_TARGET_BYTES);
}

wq_err wq_pack_writer_add(struct wq_pack_writer *writer, wq_str bytes, struct wq_pack_object *ret_object)
{
	return wq_pack_writer_add_as(writer, bytes, wq_sm3(bytes), ret_object);
}

wq_err wq_pack_writer_add_as(
	struct wq_pack_writer *writer, wq_str bytes, wq_digest digest, struct wq_pack_object *ret_object)
{
	struct wq_pack_object object = {.digest = digest, .length_bytes = bytes.n};
	uint32_t *slot;

	if (writer->finished)
		return wq_error(WQ_E_BUG, "a finished pack writer");
	if (bytes.n > WQ_PACK_OBJECT_MAX)
		return wq_error(WQ_E_LIMIT, "an object of %zu bytes", bytes.n);
	if (writer->objects_n == writer->objects_cap)
		WQ_TRY(table_grow(writer));
	slot = table_slot(writer, object.digest);
	if (*slot != 0) {
		*ret_object = writer->objects[*slot - 1];
		return WQ_OK;
	}
	if (pack_full(writer, bytes))
		WQ_TRY(pack_close(writer));
	object.root = wq_tree_root(bytes);
	object.pack = (uint32_t)writer->names_n;
	object.number = writer->in_pack;
	WQ_TRY(pack_add(writer, bytes, &object));
	writer->objects[writer->objects_n++] = object;
	*slot = (uint32_t)writer->objects_n;
	*ret_object = object;
	return WQ_OK;
}

static wq_err pack_publish(const struct wq_pack_writer *w, size_t number)
{
	char temp[PATH_MAX], path[PATH_MAX + 80], hex[WQ_DIGEST_HEX];

	temp_path(w, number, temp);
	snprintf(path, sizeof path, "%s/%s.pack", w->dir, wq_digest_hex(w->names[number], hex));
	if (w->fs->rename_at(w->fs->data, AT_FDCWD, temp, AT_FDCWD, path) != 0)
		return wq_error_sys(WQ_E_IO, errno, "rename to %s: %s", path, strerror(errno));
	return WQ_OK;
}

wq_err wq_pack_writer_finish(struct wq_pack_writer *writer, const wq_digest **ret_names, size_t *ret_n)
{
	WQ_TRY(pack_close(writer));
	for (size_t i = 0; i < writer->names_n && !writer->finished; i++)
		WQ_TRY(pack_publish(writer, i));
	WQ_TRY(wq_dir_sync(writer->fs, writer->dir));
	writer->finished = true;
	*ret_names = writer->names;
	*ret_n = writer->names_n;
	return WQ_OK;
}

void wq_pack_writer_free(struct wq_pack_writer **writer)
{
	struct wq_pack_writer *w = *writer;
	char temp[PATH_MAX];

	if (!w)
		return;
	for (size_t i = 0; i < w->names_n && !w->finished; i++) {
		temp_path(w, i, temp);
		w->fs->unlink_at(w->fs->data, AT_FDCWD, temp, 0);
	}
	wq_buf_done(&w->bytes);
	wq_buf_done(&w->index);
	free(w->dir);
	free(w->names);
	free(w->objects);
	free(w->table);
	free(w);
	*writer = NULL;
}
