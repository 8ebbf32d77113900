/* Directories: making, listing, removing. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

static wq_err failed(const char *what, const char *path)
{
	int e = errno;
	enum wq_err_id id = e == ENOENT ? WQ_E_NOT_FOUND : e == ENOTDIR || e == EEXIST ? WQ_E_EXISTS : WQ_E_IO;

	if (e == EACCES || e == EPERM || e == ELOOP)
		id = WQ_E_DENIED;
	return wq_error_sys(id, e, "%s %s: %s", what, path, strerror(e));
}

/* One level: makes `path` if it is absent and syncs its parent. */
static wq_err make_one(const struct wq_fs *fs, const char *path, const char *parent, mode_t mode)
{
	struct stat st;

	if (fs->mkdir_at(fs->data, AT_FDCWD, path, mode) == 0)
		return wq_dir_sync(fs, parent);
	if (errno != EEXIST)
		return failed("make the directory", path);
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return wq_error(WQ_E_EXISTS, "%s is not a directory", path);
	return WQ_OK;
}

wq_err wq_dir_make(const struct wq_fs *fs, const char *path, mode_t mode)
{
	char whole[PATH_MAX], parent[PATH_MAX];
	size_t n = strlen(path);
	unsigned depth = 0;

	if (n == 0 || n >= PATH_MAX)
		return wq_error(WQ_E_INPUT, "not the name of a directory: %.100s", path);
	memcpy(whole, path, n + 1);
	snprintf(parent, sizeof parent, "%s", path[0] == '/' ? "/" : ".");
	for (size_t i = 1; i <= n; i++) {
		if (whole[i] != '/' && whole[i] != '\0')
			continue;
		if (whole[i - 1] != '/') {
			if (++depth > WQ_FILE_PATH_DEPTH)
				return wq_error(WQ_E_LIMIT, "more than %d levels: %.100s", WQ_FILE_PATH_DEPTH, path);
			whole[i] = '\0';
			WQ_TRY(make_one(fs, whole, parent, mode));
			memcpy(parent, whole, i + 1);
		}
		whole[i] = path[i];
	}
	return WQ_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct wq_dir_entry *)a)->name, ((const struct wq_dir_entry *)b)->name);
}

static unsigned char type_of(DIR *dir, const struct dirent *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type;
	if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_REG;
	return (unsigned char)IFTODT(st.st_mode);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Reads on until the end; the list grows by doubling inside the arena. */
static wq_err collect(struct wq_arena *arena, DIR *dir, const char *path, size_t max_entries,
	struct wq_dir_entry **ret_entries, size_t *ret_count)
{
	struct wq_dir_entry *list = NULL;
	size_t count = 0, room = 0;
	struct dirent *d;

	while (errno = 0, (d = readdir(dir)) != NULL) {
		if (is_dots(d->d_name))
			continue;
		if (count == max_entries)
			return wq_error(WQ_E_LIMIT, "%s: more than %zu entries", path, max_entries);
		if (count == room) {
			struct wq_dir_entry *larger;
			room = room ? room * 2 : 32;
			larger = WQ_NEW_ARRAY(arena, struct wq_dir_entry, room);
			if (!larger)
				return wq_arena_err(arena);
			if (count > 0)
				memcpy(larger, list, count * sizeof *list);
			list = larger;
		}
		list[count].name = wq_arena_cstr(arena, wq_str_c(d->d_name));
		list[count].type = type_of(dir, d);
		if (!list[count++].name)
			return wq_arena_err(arena);
	}
	if (errno != 0)
		return failed("list", path);
	if (count > 0)
		qsort(list, count, sizeof *list, by_name);
	*ret_entries = list;
	*ret_count = count;
	return WQ_OK;
}

wq_err wq_dir_list(struct wq_arena *arena, const char *path, size_t max_entries, struct wq_dir_entry **ret_entries,
	size_t *ret_count)
{
	DIR *dir = opendir(path);
	wq_err e;

	if (!dir)
		return failed("list", path);
	e = collect(arena, dir, path, max_entries, ret_entries, ret_count);
	closedir(dir);
	return e;
}

static wq_err remove_below(const struct wq_fs *fs, int parent, const char *name, dev_t dev, unsigned depth);

static wq_err remove_entries(const struct wq_fs *fs, DIR *dir, dev_t dev, unsigned depth)
{
	struct dirent *d;

	while (errno = 0, (d = readdir(dir)) != NULL) {
		if (is_dots(d->d_name))
			continue;
		if (type_of(dir, d) == DT_DIR)
			WQ_TRY(remove_below(fs, dirfd(dir), d->d_name, dev, depth + 1));
		else if (fs->unlink_at(fs->data, dirfd(dir), d->d_name, 0) != 0)
			return failed("remove", d->d_name);
	}
	return errno != 0 ? failed("list", "a directory") : WQ_OK;
}

static wq_err remove_below(const struct wq_fs *fs, int parent, const char *name, dev_t dev, unsigned depth)
{
	int fd = fs->open_at(fs->data, parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0), copy;
	struct stat st;
	DIR *dir;
	wq_err e;

	if (fd < 0)
		return failed("open", name);
	if (depth > WQ_FILE_TREE_DEPTH || fstat(fd, &st) != 0 || (depth > 0 && st.st_dev != dev)) {
		fs->close(fs->data, fd);
		return depth > WQ_FILE_TREE_DEPTH ? wq_error(WQ_E_LIMIT, "%s: too deep to remove", name)
						  : wq_error(WQ_E_DENIED, "%s: on another file system", name);
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	fs->close(fs->data, fd);
	dir = copy >= 0 ? fdopendir(copy) : NULL;
	if (!dir) {
		e = failed("list", name);
		wq_file_close(&copy);
		return e;
	}
	e = remove_entries(fs, dir, st.st_dev, depth);
	closedir(dir);
	if (wq_failed(e))
		return e;
	return fs->unlink_at(fs->data, parent, name, AT_REMOVEDIR) != 0 ? failed("remove", name) : WQ_OK;
}

wq_err wq_dir_remove_tree(const struct wq_fs *fs, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return failed("remove", path);
	if (S_ISDIR(st.st_mode))
		return remove_below(fs, AT_FDCWD, path, 0, 0);
	return fs->unlink_at(fs->data, AT_FDCWD, path, 0) != 0 ? failed("remove", path) : WQ_OK;
}
