#include "inspect/fake/store.h"

#include "crypto/digest.h"
#include "inspect/fake/image.h"

enum { WORK_BYTES = 64 * 1024 * 1024, DECODED_BYTES = 64 * 1024 * 1024 };

wq_err wq_fake_store_load(const struct wq_fs *fs, const char *path, wq_str without, struct wq_likeness_index *index)
{
	WQ_BUF(file, WQ_FAKE_INDEX_BYTES);
	wq_digest digest;

	WQ_TRY(wq_file_read(fs, path, &file));
	if (file.len < sizeof digest)
		return wq_error(WQ_E_FORMAT, "%s is cut off", path);
	wq_str bytes = wq_str_head(wq_buf_str(&file), file.len - sizeof digest);
	memcpy(&digest, file.data + bytes.n, sizeof digest);
	if (!wq_digest_eq(wq_sm3(bytes), digest))
		return wq_error(WQ_E_ALTERED, "%s is not what was written: protect the pages again", path);
	return wq_likeness_index_read(index, bytes, without);
}

wq_err wq_fake_store_save(const struct wq_fs *fs, const char *path, const struct wq_likeness_index *index)
{
	WQ_BUF(file, WQ_FAKE_INDEX_BYTES);
	wq_digest digest;

	WQ_TRY(wq_likeness_index_write(index, &file));
	digest = wq_sm3(wq_buf_str(&file));
	wq_buf_add(&file, wq_str_of(&digest, sizeof digest));
	WQ_TRY(wq_buf_err(&file));
	return wq_file_replace(fs, path, wq_buf_str(&file), 0600);
}

static bool is_image(wq_str bytes)
{
	return wq_str_starts(bytes, WQ_S("\x89PNG")) || wq_str_starts(bytes, WQ_S("\xff\xd8\xff"));
}

static bool is_html(wq_str bytes)
{
	bytes = wq_str_trim(wq_str_head(bytes, 1024));
	if (wq_str_starts(bytes, WQ_S("\xef\xbb\xbf")))
		bytes = wq_str_trim(wq_str_from(bytes, 3));
	return bytes.n > 0 && bytes.p[0] == '<' && !memchr(bytes.p, 0, bytes.n) &&
		!wq_str_starts(bytes, WQ_S("<svg")) &&
		!(wq_str_starts(bytes, WQ_S("<?xml")) && wq_str_find(bytes, WQ_S("html")) < 0);
}

static wq_err add_page(
	struct wq_likeness_index *index, const struct wq_likeness_rules *rules, wq_str app, wq_str url, wq_str bytes)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	WQ_BUF(room, DECODED_BYTES);
	struct wq_likeness_identifier found[WQ_LIKENESS_IDENTIFIERS];
	struct wq_document document = {0};
	struct wq_likeness_sketch sketch;
	size_t n;

	wq_arena_init(&arena, WORK_BYTES);
	WQ_TRY(wq_document_open(&document, bytes, WQ_S_NONE, &room));
	WQ_TRY(wq_likeness_sketch_of(&arena, rules, &document, &sketch));
	WQ_TRY(wq_likeness_index_add_page(index, app, url, &sketch));
	WQ_TRY(wq_likeness_identifiers(&arena, document.html, found, &n));
	for (size_t i = 0; i < n; i++)
		WQ_TRY(wq_likeness_index_add_identifier(index, app, url, &found[i]));
	return WQ_OK;
}

wq_err wq_fake_store_add(struct wq_likeness_index *index, const struct wq_likeness_rules *rules, wq_str app, wq_str url,
	wq_str bytes, bool *ret_taken)
{
	struct wq_likeness_image image;

	*ret_taken = false;
	if (is_image(bytes) && bytes.n <= WQ_FAKE_IMAGE_BYTES) {
		WQ_TRY(wq_fake_image_hash(rules, bytes, &image, ret_taken));
		return *ret_taken ? wq_likeness_index_add_image(index, app, url, &image) : WQ_OK;
	}
	if (!is_html(bytes))
		return WQ_OK;
	*ret_taken = true;
	return add_page(index, rules, app, url, bytes);
}
