#include <errno.h>
#include <sys/mman.h>

#include "vault/layout_priv.h"
#include "vault/pack_priv.h"
#include "vault/sealed_priv.h"

enum { INDEX_OFFSET = 16 };

void wq_pack_file_done(struct wq_pack_file *file)
{
	if (file->base)
		munmap(file->base, file->bytes);
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct wq_pack_file)WQ_PACK_FILE_NONE;
}

static wq_err as_altered(wq_err e)
{
	return wq_is(e, WQ_E_FORMAT) ? wq_error(WQ_E_ALTERED, "%s", wq_err_note(e)) : e;
}

static wq_err reserve(struct wq_pack_file *file, const char *path, uint64_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return wq_error_sys(
			WQ_E_NO_MEMORY, errno, "%llu bytes of addresses for %s", (unsigned long long)bytes, path);
	file->base = at;
	file->bytes = bytes;
	return WQ_OK;
}

static wq_err file_open(const char *path, wq_digest name, uint64_t bytes, struct wq_pack_file *file)
{
	uint64_t present, index;

	WQ_TRY(wq_sealed_file_open(path, &file->fd, &present));
	if (present != bytes || bytes < WQ_PACK_HEADER)
		return wq_error(WQ_E_ALTERED, "%s has %llu bytes instead of %llu", path, (unsigned long long)present,
			(unsigned long long)bytes);
	WQ_TRY(reserve(file, path, bytes));
	WQ_TRY(wq_sealed_file_read(file->fd, path, 0, file->base, WQ_PACK_HEADER));
	index = wq_load_u64(file->base + INDEX_OFFSET);
	if (index < WQ_PACK_HEADER || index > bytes || bytes - index > (uint64_t)WQ_PACK_OBJECTS_MAX * WQ_PACK_ROW)
		return wq_error(WQ_E_ALTERED, "the pack's header");
	WQ_TRY(wq_sealed_file_read(file->fd, path, index, file->base + index, bytes - index));
	WQ_TRY(as_altered(wq_pack_open(wq_str_of(file->base, bytes), &file->pack)));
	return wq_pack_index_verify(&file->pack, name);
}

wq_err wq_pack_file_open(const char *path, wq_digest name, uint64_t bytes, struct wq_pack_file *ret_file)
{
	struct wq_pack_file file = WQ_PACK_FILE_NONE;
	wq_err e = file_open(path, name, bytes, &file);

	if (wq_failed(e))
		wq_pack_file_done(&file);
	else
		*ret_file = file;
	return e;
}
