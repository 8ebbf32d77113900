#include "base/file_crash.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>

enum kind { CREATE, MKDIR, RENAME, LINK, UNLINK, WRITE, TRUNCATE, SYNC, DIR_SYNC };

struct op {
	enum kind kind;
	size_t node; /* CREATE, WRITE, TRUNCATE, SYNC */
	char *path;  /* below the root, "" is the root */
	char *to;    /* RENAME, LINK */
	char *bytes; /* WRITE */
	size_t n, at;
};

/* A file that was seen; the descriptor keeps its number from being used again. */
struct node {
	dev_t dev;
	ino_t ino;
	int fd;
};

struct wq_crash {
	struct wq_fs fs;
	const struct wq_fs *under;
	char root[PATH_MAX];
	struct op *ops;
	size_t count, room, before; /* `before`: operations that stand for what was there at the start */
	struct node *nodes;
	size_t node_count;
};

static void *need(void *memory)
{
	if (!memory)
		abort(); /* tests only */
	return memory;
}

static void record(struct wq_crash *c, struct op op)
{
	if (c->count == c->room) {
		c->room = c->room ? c->room * 2 : 64;
		c->ops = need(realloc(c->ops, c->room * sizeof *c->ops));
	}
	if (op.path)
		op.path = need(strdup(op.path));
	if (op.to)
		op.to = need(strdup(op.to));
	c->ops[c->count++] = op;
}

/* The path below the root, or NULL when it lies elsewhere. `out` has PATH_MAX bytes. */
static const char *below(const struct wq_crash *c, int dirfd, const char *path, char *out)
{
	char given[PATH_MAX * 2], link[40], *slash, real[PATH_MAX];
	size_t root = strlen(c->root);
	ssize_t n = 0;

	if (path[0] != '/' && dirfd != AT_FDCWD) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
		n = readlink(link, given, PATH_MAX);
		if (n < 0)
			return NULL;
		given[n++] = '/';
	}
	snprintf(given + n, sizeof given - (size_t)n, "%s%s", n == 0 && !strchr(path, '/') ? "./" : "", path);
	slash = strrchr(given, '/');
	if (strcmp(slash + 1, ".") == 0 || slash[1] == '\0') {
		if (!realpath(given, out))
			return NULL;
	} else {
		*slash = '\0';
		if (!realpath(given[0] ? given : "/", real) || strlen(real) + strlen(slash + 1) + 2 > PATH_MAX)
			return NULL;
		n = snprintf(out, PATH_MAX, "%s/", real);
		snprintf(out + n, PATH_MAX - (size_t)n, "%s", slash + 1);
	}
	if (strncmp(out, c->root, root) != 0 || (out[root] != '/' && out[root] != '\0'))
		return NULL;
	return out + root + (out[root] == '/');
}

static size_t node_of(struct wq_crash *c, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		abort();
	for (size_t i = 0; i < c->node_count; i++)
		if (c->nodes[i].dev == st.st_dev && c->nodes[i].ino == st.st_ino)
			return i;
	c->nodes = need(realloc(c->nodes, (c->node_count + 1) * sizeof *c->nodes));
	c->nodes[c->node_count] = (struct node){st.st_dev, st.st_ino, fcntl(fd, F_DUPFD_CLOEXEC, 200)};
	return c->node_count++;
}

static int crash_open_at(void *data, int dirfd, const char *path, int flags, mode_t mode)
{
	struct wq_crash *c = data;
	char out[PATH_MAX];
	const char *at = below(c, dirfd, path, out);
	struct stat st;
	bool was = fstatat(dirfd, path, &st, 0) == 0;
	int fd = c->under->open_at(c->under->data, dirfd, path, flags, mode);

	if (fd < 0 || !at)
		return fd;
	if (!was && flags & O_CREAT)
		record(c, (struct op){.kind = CREATE, .path = (char *)(uintptr_t)at, .node = node_of(c, fd)});
	else if (was && flags & O_TRUNC && (flags & O_ACCMODE) != O_RDONLY)
		record(c, (struct op){.kind = TRUNCATE, .node = node_of(c, fd)});
	return fd;
}

static ssize_t crash_read(void *data, int fd, void *out, size_t n)
{
	struct wq_crash *c = data;

	return c->under->read(c->under->data, fd, out, n);
}

static ssize_t crash_write(void *data, int fd, const void *bytes, size_t n)
{
	struct wq_crash *c = data;
	ssize_t done = c->under->write(c->under->data, fd, bytes, n);

	if (done > 0) {
		struct op op = {.kind = WRITE, .node = node_of(c, fd), .n = (size_t)done};
		op.bytes = need(malloc(op.n));
		memcpy(op.bytes, bytes, op.n);
		op.at = (size_t)(lseek(fd, 0, SEEK_CUR) - done);
		record(c, op);
	}
	return done;
}

static int crash_fsync(void *data, int fd)
{
	struct wq_crash *c = data;
	char out[PATH_MAX];
	struct stat st;
	int rc = c->under->fsync(c->under->data, fd);

	if (rc != 0 || fstat(fd, &st) != 0)
		return rc;
	if (S_ISDIR(st.st_mode)) {
		const char *at = below(c, fd, ".", out);
		if (at)
			record(c, (struct op){.kind = DIR_SYNC, .path = (char *)(uintptr_t)at});
	} else {
		record(c, (struct op){.kind = SYNC, .node = node_of(c, fd)});
	}
	return rc;
}

static int crash_truncate(void *data, int fd, off_t length)
{
	struct wq_crash *c = data;
	int rc = c->under->truncate(c->under->data, fd, length);

	if (rc == 0)
		record(c, (struct op){.kind = TRUNCATE, .node = node_of(c, fd), .n = (size_t)length});
	return rc;
}

static int crash_close(void *data, int fd)
{
	struct wq_crash *c = data;

	return c->under->close(c->under->data, fd);
}

static void record_name(struct wq_crash *c, enum kind kind, const char *path, const char *to)
{
	if (path)
		record(c, (struct op){.kind = kind, .path = (char *)(uintptr_t)path, .to = (char *)(uintptr_t)to});
}

static int crash_rename_at(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	struct wq_crash *c = data;
	char a[PATH_MAX], b[PATH_MAX];
	const char *source = below(c, from_dirfd, from, a), *target = below(c, to_dirfd, to, b);
	int rc = c->under->rename_at(c->under->data, from_dirfd, from, to_dirfd, to);

	if (rc == 0 && target)
		record_name(c, RENAME, source, target);
	return rc;
}

static int crash_link_at(void *data, int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	struct wq_crash *c = data;
	char a[PATH_MAX], b[PATH_MAX];
	const char *source = below(c, from_dirfd, from, a), *target = below(c, to_dirfd, to, b);
	int rc = c->under->link_at(c->under->data, from_dirfd, from, to_dirfd, to);

	if (rc == 0 && target)
		record_name(c, LINK, source, target);
	return rc;
}

static int crash_unlink_at(void *data, int dirfd, const char *path, int flags)
{
	struct wq_crash *c = data;
	char a[PATH_MAX];
	const char *at = below(c, dirfd, path, a);
	int rc = c->under->unlink_at(c->under->data, dirfd, path, flags);

	if (rc == 0)
		record_name(c, UNLINK, at, NULL);
	return rc;
}

static int crash_mkdir_at(void *data, int dirfd, const char *path, mode_t mode)
{
	struct wq_crash *c = data;
	char a[PATH_MAX];
	const char *at = below(c, dirfd, path, a);
	int rc = c->under->mkdir_at(c->under->data, dirfd, path, mode);

	if (rc == 0)
		record_name(c, MKDIR, at, NULL);
	return rc;
}

/* nftw(3) has no argument for its caller */
static _Thread_local struct wq_crash *scanning;

static int scan(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct wq_crash *c = scanning;
	const char *at = path + strlen(c->root) + (ftw->level > 0);
	struct op op = {.kind = WRITE};
	int fd;

	(void)st;
	if (type == FTW_D) {
		if (ftw->level > 0)
			record_name(c, MKDIR, at, NULL);
		return 0;
	}
	fd = type == FTW_F ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	op.node = node_of(c, fd);
	op.n = (size_t)st->st_size;
	op.bytes = need(malloc(op.n ? op.n : 1));
	if (read(fd, op.bytes, op.n) != (ssize_t)op.n)
		abort();
	close(fd);
	record(c, (struct op){.kind = CREATE, .path = (char *)(uintptr_t)at, .node = op.node});
	record(c, op);
	return 0;
}

wq_err wq_crash_new(const struct wq_fs *under, const char *root, struct wq_crash **ret_crash)
{
	struct wq_crash *c = need(calloc(1, sizeof *c));

	c->under = under;
	c->fs = (struct wq_fs){crash_open_at, crash_read, crash_write, crash_fsync, crash_truncate, crash_close,
		crash_rename_at, crash_link_at, crash_unlink_at, crash_mkdir_at, c};
	scanning = c;
	if (!realpath(root, c->root) || nftw(c->root, scan, 16, FTW_PHYS) != 0) {
		wq_err e = wq_error_sys(WQ_E_NOT_FOUND, errno, "%s", root);
		wq_crash_free(&c);
		return e;
	}
	c->before = c->count;
	*ret_crash = c;
	return WQ_OK;
}

void wq_crash_free(struct wq_crash **crash)
{
	struct wq_crash *c = crash ? *crash : NULL;

	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		free(c->ops[i].path);
		free(c->ops[i].to);
		free(c->ops[i].bytes);
	}
	for (size_t i = 0; i < c->node_count; i++)
		close(c->nodes[i].fd);
	free(c->ops);
	free(c->nodes);
	free(c);
	*crash = NULL;
}

const struct wq_fs *wq_crash_fs(struct wq_crash *crash)
{
	return &crash->fs;
}

size_t wq_crash_points(const struct wq_crash *crash)
{
	return crash->count - crash->before;
}

/* What is left of the disk while it is being decided. */
struct entry {
	char *path;
	size_t node;
	bool dir;
};

struct disk {
	struct entry *entries;
	size_t count;
	struct wq_buf *data; /* by node */
	char **lost;         /* directories some of whose names are lost: all later ones are too */
	size_t lost_count;
	uint64_t choice, state;
};

static uint32_t dice(struct disk *d, uint32_t sides)
{
	struct wq_random random = wq_random_seeded(&d->state);
	uint32_t v;

	random.fill(random.data, &v, sizeof v);
	return v % sides;
}

static bool survives(struct disk *d)
{
	return d->choice == WQ_CRASH_KEEP_ALL || (d->choice != WQ_CRASH_LOSE_ALL && dice(d, 2) == 0);
}

static size_t dir_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static bool is_dir_of(const char *dir, const char *path)
{
	size_t n = dir_length(path);

	return strlen(dir) == n && memcmp(dir, path, n) == 0;
}

/* Whether a sync before `end` made operation `i` safe. */
static bool safe(const struct wq_crash *c, size_t i, size_t end)
{
	const struct op *op = &c->ops[i];
	const char *name = op->to ? op->to : op->path;

	if (i < c->before)
		return true;
	for (size_t j = i + 1; j < end; j++) {
		const struct op *later = &c->ops[j];
		if (op->kind >= WRITE ? later->kind == SYNC && later->node == op->node
				      : later->kind == DIR_SYNC && is_dir_of(later->path, name))
			return true;
	}
	return false;
}

static bool name_survives(struct disk *d, const char *name)
{
	for (size_t i = 0; i < d->lost_count; i++)
		if (is_dir_of(d->lost[i], name))
			return false;
	if (survives(d))
		return true;
	d->lost = need(realloc(d->lost, (d->lost_count + 1) * sizeof *d->lost));
	d->lost[d->lost_count++] = need(strndup(name, dir_length(name)));
	return false;
}

static struct entry *lookup(struct disk *d, const char *path)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->entries[i].path, path) == 0)
			return &d->entries[i];
	return NULL;
}

static void drop(struct disk *d, const char *path)
{
	struct entry *e = lookup(d, path);

	if (!e)
		return;
	free(e->path);
	*e = d->entries[--d->count];
}

static void add(struct disk *d, const char *path, size_t node, bool dir)
{
	drop(d, path);
	d->entries = need(realloc(d->entries, (d->count + 1) * sizeof *d->entries));
	d->entries[d->count++] = (struct entry){need(strdup(path)), node, dir};
}

static void move(struct disk *d, const char *from, const char *to)
{
	size_t n = strlen(from);
	struct entry *e = lookup(d, from);

	if (!e)
		return;
	add(d, to, e->node, e->dir);
	drop(d, from);
	for (size_t i = 0; i < d->count; i++) {
		char *old = d->entries[i].path;
		if (strncmp(old, from, n) != 0 || old[n] != '/')
			continue;
		if (asprintf(&d->entries[i].path, "%s%s", to, old + n) < 0)
			abort();
		free(old);
	}
}

static void set_length(struct wq_buf *b, size_t n)
{
	while (b->len < n)
		wq_buf_byte(b, 0);
	b->len = n;
}

static void apply_write(struct disk *d, const struct op *op, bool whole)
{
	struct wq_buf *b = &d->data[op->node];
	size_t n = op->n;

	if (!whole && d->choice > WQ_CRASH_KEEP_ALL && dice(d, 2) == 0) {
		n = dice(d, (uint32_t)op->n);
		if (dice(d, 2) == 0) /* the length reached the disk, the rest of the data did not */
			set_length(b, WQ_MAX(b->len, op->at + op->n));
	}
	set_length(b, WQ_MAX(b->len, op->at + n));
	if (n > 0)
		memcpy(b->data + op->at, op->bytes, n);
}

static void apply(const struct wq_crash *c, struct disk *d, size_t i, size_t end)
{
	const struct op *op = &c->ops[i];
	bool whole = op->kind < SYNC && safe(c, i, end);

	if (op->kind >= SYNC)
		return;
	if (!whole && !(op->kind >= WRITE ? survives(d) : name_survives(d, op->to ? op->to : op->path)))
		return;
	switch (op->kind) {
	case CREATE: add(d, op->path, op->node, false); break;
	case MKDIR: add(d, op->path, 0, true); break;
	case RENAME: move(d, op->path, op->to); break;
	case LINK:
		if (lookup(d, op->path))
			add(d, op->to, lookup(d, op->path)->node, false);
		break;
	case UNLINK: drop(d, op->path); break;
	case WRITE: apply_write(d, op, whole); break;
	case TRUNCATE: set_length(&d->data[op->node], op->n); break;
	case SYNC:
	case DIR_SYNC: break;
	}
}

/* What is laid out is only looked at: no need to wait for the disk. */
static int no_sync(void *data, int fd)
{
	(void)data;
	(void)fd;
	return 0;
}

static wq_err lay_out(struct disk *d, const char *target)
{
	struct wq_fs fs = wq_fs_system;

	fs.fsync = no_sync;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < d->count; i++) {
			const struct entry *e = &d->entries[i];
			char path[PATH_MAX];
			if (snprintf(path, sizeof path, "%s/%s", target, e->path) >= PATH_MAX)
				return wq_error_id(WQ_E_LIMIT);
			if (e->dir && pass == 0)
				WQ_TRY(wq_dir_make(&fs, path, 0700));
			if (!e->dir && pass == 1) {
				wq_err made = wq_file_create(&fs, path, wq_buf_str(&d->data[e->node]), 0600);
				if (wq_failed(made) && !wq_is(made, WQ_E_NOT_FOUND)) /* its directory is lost */
					return made;
			}
		}
	return WQ_OK;
}

wq_err wq_crash_materialise(const struct wq_crash *crash, size_t point, uint64_t choice, const char *target)
{
	struct disk d = {.choice = choice, .state = choice};
	size_t end = crash->before + WQ_MIN(point, wq_crash_points(crash));
	wq_err e = mkdir(target, 0700) == 0 || errno == EEXIST ? WQ_OK : wq_error_sys(WQ_E_IO, errno, "%s", target);

	d.data = need(calloc(crash->node_count + 1, sizeof *d.data));
	for (size_t i = 0; i < crash->node_count; i++)
		wq_buf_init(&d.data[i], SIZE_MAX / 4);
	for (size_t i = 0; i < end; i++)
		apply(crash, &d, i, end);
	if (!wq_failed(e))
		e = lay_out(&d, target);
	for (size_t i = 0; i < d.count; i++)
		free(d.entries[i].path);
	for (size_t i = 0; i < d.lost_count; i++)
		free(d.lost[i]);
	for (size_t i = 0; i < crash->node_count; i++)
		wq_buf_done(&d.data[i]);
	free(d.entries);
	free(d.lost);
	free(d.data);
	return e;
}
