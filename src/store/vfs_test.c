#include "store/vfs_test.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>

enum { FILES = 8, SECTOR = 512 };

/* One write since the last sync; truncation: bytes == NULL, `at` is the new length. */
struct change {
	unsigned char *bytes;
	size_t at, n;
	bool doomed; /* a sync failed on it */
};

struct image {
	unsigned char *bytes;
	size_t n, room;
};

struct file {
	char path[PATH_MAX];
	bool exists; /* after a crash, for sure: it was synced */
	bool known;  /* opened and not deleted */
	struct image durable;
	struct change *changes;
	size_t changes_n, changes_room;
};

struct handle {
	sqlite3_file base;
	struct file *file;
	sqlite3_file *real;
};

static struct wq_vfs_test control;
static struct file files[FILES];
static sqlite3_vfs vfs, *below;
static int last_errno;

static uint64_t chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- the model of the disk ---- */

static void image_put(struct image *image, size_t at, const unsigned char *bytes, size_t n)
{
	if (at + n > image->room) {
		image->room = 2 * (at + n);
		image->bytes = must(realloc(image->bytes, image->room));
	}
	if (at > image->n)
		memset(image->bytes + image->n, 0, at - image->n);
	memcpy(image->bytes + at, bytes, n);
	image->n = WQ_MAX(image->n, at + n);
}

static void image_cut(struct image *image, size_t n)
{
	static const unsigned char zero;

	if (n > image->n)
		image_put(image, n - 1, &zero, 1);
	image->n = n;
}

/* All of it, or of each sector by chance. */
static void apply(struct image *image, const struct change *change, bool by_chance, uint64_t *seed)
{
	if (!change->bytes) {
		if (!by_chance || chance(seed) % 2)
			image_cut(image, change->at);
		return;
	}
	for (size_t from = 0, n; from < change->n; from += n) {
		n = WQ_MIN(change->n - from, SECTOR - (change->at + from) % SECTOR);
		if (!by_chance || chance(seed) % 2)
			image_put(image, change->at + from, change->bytes + from, n);
	}
}

static void record(struct file *file, size_t at, const void *bytes, size_t n)
{
	struct change *change;

	if (file->changes_n == file->changes_room) {
		file->changes_room = 2 * file->changes_room + 16;
		file->changes = must(realloc(file->changes, file->changes_room * sizeof(*file->changes)));
	}
	change = &file->changes[file->changes_n++];
	*change = (struct change){.at = at, .n = n};
	if (bytes) {
		change->bytes = must(malloc(n + 1));
		memcpy(change->bytes, bytes, n);
	}
}

static void forget_changes(struct file *file)
{
	for (size_t i = 0; i < file->changes_n; i++)
		free(file->changes[i].bytes);
	file->changes_n = 0;
}

static void forget(struct file *file)
{
	forget_changes(file);
	free(file->changes);
	free(file->durable.bytes);
	memset(file, 0, sizeof(*file));
}

static void synced(struct file *file)
{
	for (size_t i = 0; i < file->changes_n; i++)
		apply(&file->durable, &file->changes[i], file->changes[i].doomed, &control.seed);
	forget_changes(file);
	file->exists = true;
}

static wq_err write_image(const struct image *image, const char *folder, const char *name)
{
	char path[PATH_MAX];
	FILE *out;
	bool good;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return wq_error_id(WQ_E_LIMIT);
	out = fopen(path, "we");
	if (!out)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	good = fwrite(image->bytes, 1, image->n, out) == image->n;
	good = fclose(out) == 0 && good;
	return good ? WQ_OK : wq_error_sys(WQ_E_IO, errno, "%s", path);
}

/* Four kinds of crash: nothing unsynced is there, all of it, any sectors of it, or all up to a torn one. */
static void crash_file(const struct file *file, unsigned kind, struct image *image)
{
	size_t whole = kind == 1               ? file->changes_n
		: kind == 3 && file->changes_n ? chance(&control.seed) % file->changes_n
					       : 0;
	size_t end = kind == 0 ? 0 : kind == 3 ? WQ_MIN(whole + 1, file->changes_n) : file->changes_n;

	if (file->durable.n)
		image_put(image, 0, file->durable.bytes, file->durable.n);
	for (size_t i = 0; i < end; i++)
		apply(image, &file->changes[i], i >= whole || file->changes[i].doomed, &control.seed);
}

wq_err wq_vfs_test_crash(const char *folder)
{
	unsigned kind = (unsigned)(chance(&control.seed) % 4);

	for (size_t i = 0; i < FILES; i++) {
		struct image image = {0};
		wq_err e;

		if (!files[i].known || (!files[i].exists && chance(&control.seed) % 2))
			continue;
		crash_file(&files[i], kind, &image);
		e = write_image(&image, folder, strrchr(files[i].path, '/') + 1);
		free(image.bytes);
		if (wq_failed(e))
			return e;
	}
	return WQ_OK;
}

/* ---- operations ---- */

/* Counts an operation; true when it has to fail. */
static bool fails(void)
{
	if (control.before)
		control.before(control.data);
	control.ops++;
	if (control.fail_at == 0 || control.ops < control.fail_at ||
		(control.ops > control.fail_at && !control.fail_on))
		return false;
	control.failed++;
	last_errno = control.fail_errno;
	return true;
}

static struct handle *of(sqlite3_file *file)
{
	return (struct handle *)file;
}

static int test_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	struct handle *h = of(file);
	int rc;

	record(h->file, (size_t)at, bytes, (size_t)n);
	if (fails()) {
		/* half of it got there */
		h->file->changes[h->file->changes_n - 1].n = (size_t)n / 2;
		rc = h->real->pMethods->xWrite(h->real, bytes, n / 2, at);
		return rc != SQLITE_OK ? rc : control.fail_errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	}
	return h->real->pMethods->xWrite(h->real, bytes, n, at);
}

static int test_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	struct handle *h = of(file);

	if (fails())
		return SQLITE_IOERR_TRUNCATE;
	record(h->file, (size_t)n, NULL, 0);
	return h->real->pMethods->xTruncate(h->real, n);
}

static int test_sync(sqlite3_file *file, int flags)
{
	struct handle *h = of(file);

	(void)flags;
	if (fails()) {
		for (size_t i = 0; i < h->file->changes_n; i++)
			h->file->changes[i].doomed = true;
		return SQLITE_IOERR_FSYNC;
	}
	synced(h->file);
	return SQLITE_OK;
}

static int test_close(sqlite3_file *file)
{
	return of(file)->real->pMethods->xClose(of(file)->real);
}

static int test_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	return of(file)->real->pMethods->xRead(of(file)->real, out, n, at);
}

static int test_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return of(file)->real->pMethods->xFileSize(of(file)->real, size);
}

static int test_lock(sqlite3_file *file, int level)
{
	return of(file)->real->pMethods->xLock(of(file)->real, level);
}

static int test_unlock(sqlite3_file *file, int level)
{
	return of(file)->real->pMethods->xUnlock(of(file)->real, level);
}

static int test_reserved(sqlite3_file *file, int *out)
{
	return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, out);
}

static int test_control(sqlite3_file *file, int op, void *arg)
{
	/* growing ahead of time is a write that the model does not see: do without */
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_NOTFOUND;
	return of(file)->real->pMethods->xFileControl(of(file)->real, op, arg);
}

static int test_sector(sqlite3_file *file)
{
	return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int test_characteristics(sqlite3_file *file)
{
	return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real);
}

static int test_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
	return of(file)->real->pMethods->xShmMap(of(file)->real, region, size, extend, out);
}

static int test_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return of(file)->real->pMethods->xShmLock(of(file)->real, offset, n, flags);
}

static void test_shm_barrier(sqlite3_file *file)
{
	of(file)->real->pMethods->xShmBarrier(of(file)->real);
}

static int test_shm_unmap(sqlite3_file *file, int delete)
{
	return of(file)->real->pMethods->xShmUnmap(of(file)->real, delete);
}

/* Version 2: no memory mapping of the database, whose writes would not be seen. */
static const sqlite3_io_methods methods = {2, test_close, test_read, test_write, test_truncate, test_sync, test_size,
	test_lock, test_unlock, test_reserved, test_control, test_sector, test_characteristics, test_shm_map,
	test_shm_lock, test_shm_barrier, test_shm_unmap, NULL, NULL};

/* ---- the VFS ---- */

static struct file *find(const char *path)
{
	struct file *room = NULL;

	for (size_t i = 0; i < FILES; i++) {
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
		if (!room && !files[i].path[0])
			room = &files[i];
	}
	snprintf(((struct file *)must(room))->path, sizeof(room->path), "%s", path);
	return room;
}

static int test_open(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
	struct handle *h = of(file);
	int rc;

	(void)self;
	h->real = (sqlite3_file *)(h + 1);
	h->base.pMethods = NULL;
	h->file = find(path ? path : "temporary");
	rc = below->xOpen(below, path, h->real, flags, out_flags);
	if (rc != SQLITE_OK)
		return rc;
	h->base.pMethods = &methods;
	/* the database itself was made, and its folder synced, before SQLite opened it */
	if (flags & SQLITE_OPEN_MAIN_DB)
		h->file->exists = true;
	h->file->known = true;
	return SQLITE_OK;
}

static int test_delete(sqlite3_vfs *self, const char *path, int sync)
{
	int rc;

	(void)self;
	if (fails())
		return SQLITE_IOERR_DELETE;
	rc = below->xDelete(below, path, sync);
	if (rc == SQLITE_OK)
		forget(find(path));
	return rc;
}

static int test_last_error(sqlite3_vfs *self, int n, char *text)
{
	(void)self;
	(void)n;
	(void)text;
	return last_errno;
}

struct wq_vfs_test *wq_vfs_test_reset(uint64_t seed)
{
	for (size_t i = 0; i < FILES; i++)
		forget(&files[i]);
	last_errno = 0;
	control = (struct wq_vfs_test){.seed = seed | 1};
	if (!below) {
		below = must(sqlite3_vfs_find(NULL));
		vfs = *below;
		vfs.zName = "wq-test";
		vfs.pNext = NULL;
		vfs.szOsFile = (int)sizeof(struct handle) + below->szOsFile;
		vfs.xOpen = test_open;
		vfs.xDelete = test_delete;
		vfs.xGetLastError = test_last_error;
		if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
			abort();
	}
	return &control;
}
