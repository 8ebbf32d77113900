#include "vault/cold.h"

#include <sys/mman.h>

#include "vault/layout_priv.h"
#include "vault/pack_priv.h"
#include "vault/sealed_priv.h"

/* The file is read window by window (pack_priv.h); what was looked at goes back to the kernel. */

enum { BATCH = 256, PAGE = 4096 };

struct build {
	const char *path;
	struct wq_pack_file file;
	wq_digest *digests; /* in the index under way */
	size_t leaves;      /* made so far */
};

static void build_done(struct build *b)
{
	wq_pack_file_done(&b->file);
}

static wq_err fetch(struct build *b, uint64_t from, uint64_t to)
{
	return wq_sealed_file_read(b->file.fd, b->path, from, b->file.base + from, to - from);
}

/* Whole pages only, so that neither header nor index goes. */
static void drop(struct build *b, uint64_t from, uint64_t to)
{
	from = (from + PAGE - 1) / PAGE * PAGE;
	to = to / PAGE * PAGE;
	if (from < to)
		(void)madvise(b->file.base + from, to - from, MADV_DONTNEED);
}

static uint64_t offset_of(const struct build *b, wq_str object)
{
	return (uint64_t)((const uint8_t *)object.p - b->file.base);
}

/* Where the object after it begins. */
static uint64_t end_of(const struct build *b, wq_str object)
{
	return wq_align(offset_of(b, object) + object.n);
}

/* Requires: the leaves of the object are the last that were made, and its padding is in memory. */
static wq_err object_check(const struct build *b, uint32_t number, const wq_digest *leaves)
{
	wq_str object = wq_pack_bytes(&b->file.pack, number);
	uint64_t end = offset_of(b, object) + object.n;
	wq_digest root = wq_tree_root_of_leaves(leaves, wq_tree_leaves(object.n), object.n);

	if (!wq_digest_eq(root, wq_pack_root(&b->file.pack, number)))
		return wq_pack_altered("object", &b->file.pack, number);
	if (!wq_all_zero(b->file.base + end, wq_align(end) - end))
		return wq_pack_altered("padding after object", &b->file.pack, number);
	return WQ_OK;
}

/* An object that is longer than the window, piece by piece. */
static wq_err large(struct build *b, uint32_t number)
{
	wq_str object = wq_pack_bytes(&b->file.pack, number);
	uint64_t begin = offset_of(b, object), end = begin + object.n;
	const wq_digest *leaves = b->digests + b->leaves;
	wq_err e;

	for (uint64_t at = begin; at < end; at += WQ_COLD_WINDOW) {
		uint64_t to = WQ_MIN(at + WQ_COLD_WINDOW, end);
		wq_str piece = wq_str_of(b->file.base + at, to - at);

		WQ_TRY(fetch(b, at, to == end ? wq_align(end) : to));
		wq_tree_leaf_digests(piece, b->digests + b->leaves);
		b->leaves += wq_tree_leaves(piece.n);
		if (to < end)
			drop(b, at, to);
	}
	e = object_check(b, number, leaves);
	drop(b, begin, wq_align(end));
	return e;
}

/* The leaves of objects `first` to `end - 1`, which are in memory, in lanes across all of them. */
static void leaves_make(struct build *b, uint32_t first, uint32_t end)
{
	wq_str blocks[BATCH];
	size_t n = 0;

	for (uint32_t i = first; i < end; i++) {
		wq_str object = wq_pack_bytes(&b->file.pack, i);
		size_t leaves = wq_tree_leaves(object.n);

		for (size_t leaf = 0; leaf < leaves; leaf++) {
			blocks[n++] = wq_str_head(wq_str_from(object, leaf * WQ_TREE_LEAF), WQ_TREE_LEAF);
			if (n < BATCH)
				continue;
			wq_tree_leaf_many(blocks, n, b->digests + b->leaves);
			b->leaves += n;
			n = 0;
		}
	}
	wq_tree_leaf_many(blocks, n, b->digests + b->leaves);
	b->leaves += n;
}

static wq_err small(struct build *b, uint32_t first, uint32_t end)
{
	uint64_t from = offset_of(b, wq_pack_bytes(&b->file.pack, first)),
		 to = end_of(b, wq_pack_bytes(&b->file.pack, end - 1));
	const wq_digest *leaves = b->digests + b->leaves;

	WQ_TRY(fetch(b, from, to));
	leaves_make(b, first, end);
	for (uint32_t i = first; i < end; i++) {
		WQ_TRY(object_check(b, i, leaves));
		leaves += wq_tree_leaves(wq_pack_bytes(&b->file.pack, i).n);
	}
	drop(b, from, to);
	return WQ_OK;
}

/* The first object from `first` on that does not fit into one window with it; `first` itself when it is too long. */
static uint32_t window_end(const struct build *b, uint32_t first)
{
	uint64_t from = offset_of(b, wq_pack_bytes(&b->file.pack, first));
	uint32_t end = first;

	while (end < b->file.pack.objects && end_of(b, wq_pack_bytes(&b->file.pack, end)) - from <= WQ_COLD_WINDOW)
		end++;
	return end;
}

static wq_err objects_verify(struct build *b)
{
	for (uint32_t i = 0; i < b->file.pack.objects;) {
		uint32_t end = window_end(b, i);

		WQ_TRY(end == i ? large(b, i) : small(b, i, end));
		i = WQ_MAX(end, i + 1);
	}
	return WQ_OK;
}

static void head_write(const struct build *b, wq_digest name, uint32_t leaves, struct wq_buf *out)
{
	static const uint8_t zeros[8];
	uint32_t leaf = 0;

	wq_buf_add(out, WQ_COLD_MAGIC);
	wq_buf_u32(out, b->file.pack.objects);
	wq_buf_u32(out, leaves);
	wq_buf_u64(out, b->file.pack.n);
	wq_buf_add(out, wq_str_of(name.b, sizeof name.b));
	wq_buf_add(out, wq_str_of(zeros, 8));
	for (uint32_t i = 0; i < b->file.pack.objects; i++) {
		wq_str object = wq_pack_bytes(&b->file.pack, i);

		wq_buf_u64(out, offset_of(b, object));
		wq_buf_u64(out, object.n);
		wq_buf_u32(out, leaf);
		wq_buf_u32(out, 0);
		leaf += (uint32_t)wq_tree_leaves(object.n);
	}
}

static wq_err index_make(struct build *b, wq_digest name, struct wq_buf *out)
{
	uint64_t leaves = 0;

	for (uint32_t i = 0; i < b->file.pack.objects; i++)
		leaves += wq_tree_leaves(wq_pack_bytes(&b->file.pack, i).n);
	head_write(b, name, (uint32_t)leaves, out);
	b->digests = wq_buf_reserve(out, leaves * WQ_DIGEST_BYTES);
	WQ_TRY(wq_buf_err(out));
	WQ_TRY(objects_verify(b));
	wq_buf_commit(out, leaves * WQ_DIGEST_BYTES);
	return WQ_OK;
}

wq_err wq_cold_build(const char *path, wq_digest name, uint64_t bytes, struct wq_buf *out, int *ret_fd)
{
	WQ_CLEANUP(build_done) struct build b = {.path = path, .file = WQ_PACK_FILE_NONE};
	size_t before = out->len;
	wq_err e;

	WQ_TRY(wq_pack_file_open(path, name, bytes, &b.file));
	e = index_make(&b, name, out);
	if (wq_failed(e)) {
		out->len = before;
		return e;
	}
	*ret_fd = b.file.fd;
	b.file.fd = -1;
	return WQ_OK;
}
