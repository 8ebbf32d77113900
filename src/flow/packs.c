#include "flow/packs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cursor.h"
#include "base/file.h"
#include "vault/pack.h"

enum { OBJECTS_AT = 12, ROW_OFFSET_AT = 64 };

struct open_pack {
	wq_digest name;
	int fd;
	uint32_t objects;
	uint64_t index_at, used;
};

struct wq_packs {
	char *dir;
	struct open_pack open[WQ_PACKS_OPEN];
	uint64_t uses;
};

wq_err wq_packs_new(const char *dir, struct wq_packs **ret_packs)
{
	struct wq_packs *packs = calloc(1, sizeof *packs);

	if (packs)
		packs->dir = strdup(dir);
	if (!packs || !packs->dir) {
		free(packs);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	for (size_t i = 0; i < WQ_PACKS_OPEN; i++)
		packs->open[i].fd = -1;
	*ret_packs = packs;
	return WQ_OK;
}

void wq_packs_free(struct wq_packs **packs)
{
	if (!*packs)
		return;
	for (size_t i = 0; i < WQ_PACKS_OPEN; i++)
		wq_file_close(&(*packs)->open[i].fd);
	free((*packs)->dir);
	free(*packs);
	*packs = NULL;
}

static bool read_at(int fd, uint64_t at, void *out, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, (char *)out + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static wq_err open_pack(const struct wq_packs *packs, const wq_digest *name, struct open_pack *ret)
{
	char hex[WQ_DIGEST_HEX], path[4096];
	uint8_t header[WQ_PACK_HEADER];
	struct wq_cursor c = wq_cursor_of(wq_str_of(header, sizeof header));

	if (snprintf(path, sizeof path, "%s/%s.pack", packs->dir, wq_digest_hex(*name, hex)) >= (int)sizeof path)
		return wq_error(WQ_E_LIMIT, "the directory's name is too long");
	*ret = (struct open_pack){.name = *name, .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
	if (ret->fd < 0)
		return wq_error_sys(WQ_E_ALTERED, errno, "pack %s", hex);
	if (!read_at(ret->fd, 0, header, sizeof header) ||
		!wq_digest_eq(wq_sm3(wq_str_of(header, sizeof header)), *name)) {
		wq_file_close(&ret->fd);
		return wq_error(WQ_E_ALTERED, "pack %s has another header", hex);
	}
	wq_cursor_take(&c, OBJECTS_AT);
	ret->objects = wq_cursor_u32(&c);
	ret->index_at = wq_cursor_u64(&c);
	return WQ_OK;
}

static wq_err pack_of(struct wq_packs *packs, const wq_digest *name, struct open_pack **ret)
{
	struct open_pack *oldest = &packs->open[0], fresh;

	for (size_t i = 0; i < WQ_PACKS_OPEN; i++) {
		struct open_pack *pack = &packs->open[i];

		if (pack->fd >= 0 && wq_digest_eq(pack->name, *name)) {
			pack->used = ++packs->uses;
			*ret = pack;
			return WQ_OK;
		}
		if (pack->used < oldest->used)
			oldest = pack;
	}
	WQ_TRY(open_pack(packs, name, &fresh));
	wq_file_close(&oldest->fd);
	fresh.used = ++packs->uses;
	*oldest = fresh;
	*ret = oldest;
	return WQ_OK;
}

wq_err wq_packs_read(
	struct wq_packs *packs, const struct wq_snapshot *snapshot, const struct wq_entry *entry, struct wq_buf *out)
{
	const struct wq_object_ref *ref = &entry->identity;
	uint8_t row[WQ_PACK_ROW];
	struct wq_cursor c = wq_cursor_of(wq_str_of(row, sizeof row));
	struct open_pack *pack;
	wq_digest name;
	uint64_t bytes, offset, length;
	void *into;

	if (!wq_snapshot_pack(snapshot, ref->pack, &name, &bytes))
		return wq_error(WQ_E_ALTERED, "no pack %u for %.*s", ref->pack, WQ_S_ARG(entry->key));
	WQ_TRY(pack_of(packs, &name, &pack));
	if (ref->number >= pack->objects ||
		!read_at(pack->fd, pack->index_at + (uint64_t)ref->number * WQ_PACK_ROW, row, sizeof row))
		return wq_error(WQ_E_ALTERED, "no object %u for %.*s", ref->number, WQ_S_ARG(entry->key));
	wq_cursor_take(&c, ROW_OFFSET_AT);
	offset = wq_cursor_u64(&c);
	length = wq_cursor_u64(&c);
	wq_buf_clear(out);
	if (length != ref->length_bytes)
		return wq_error(WQ_E_ALTERED, "another object %u for %.*s", ref->number, WQ_S_ARG(entry->key));
	into = wq_buf_reserve(out, length);
	if (!into)
		return wq_buf_err(out);
	if (!read_at(pack->fd, offset, into, length))
		return wq_error(WQ_E_ALTERED, "object %u for %.*s is cut", ref->number, WQ_S_ARG(entry->key));
	wq_buf_commit(out, length);
	if (!wq_digest_eq(wq_sm3(wq_buf_str(out)), ref->digest))
		return wq_error(WQ_E_ALTERED, "object %u for %.*s", ref->number, WQ_S_ARG(entry->key));
	return WQ_OK;
}
