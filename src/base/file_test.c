#include "base/test.h"

#include "base/file.h"
#include "base/file_crash.h"
#include "base/file_fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>

static char base[] = "/tmp/wq-file-XXXXXX";

static char *at(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", base, name);
	return path;
}

static int make_base(void **state)
{
	(void)state;
	snprintf(base, sizeof base, "/tmp/wq-file-XXXXXX");
	return mkdtemp(base) ? 0 : -1;
}

static int drop_base(void **state)
{
	(void)state;
	return wq_failed(wq_dir_remove_tree(&wq_fs_system, base)) ? -1 : 0;
}

static wq_str content(const char *path)
{
	static struct wq_buf b = WQ_BUF_INIT(1024 * 1024);

	wq_buf_clear(&b);
	if (wq_failed(wq_file_read(&wq_fs_system, path, &b)))
		return WQ_S("(unreadable)");
	return wq_buf_str(&b);
}

static size_t entries(const char *path)
{
	struct wq_arena arena;
	struct wq_dir_entry *list;
	size_t n;

	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_dir_list(&arena, path, 1000, &list, &n));
	wq_arena_done(&arena);
	return n;
}

static void reads(void **state)
{
	struct wq_buf b = WQ_BUF_INIT(5);

	(void)state;
	assert_err(wq_file_read(&wq_fs_system, at("none"), &b), WQ_E_NOT_FOUND);
	assert_err(wq_file_read(&wq_fs_system, base, &b), WQ_E_INPUT);
	assert_int_equal(mkfifo(at("fifo"), 0600), 0);
	assert_err(wq_file_read(&wq_fs_system, at("fifo"), &b), WQ_E_INPUT);
	assert_ok(wq_file_replace(&wq_fs_system, at("five"), WQ_S("12345"), 0600));
	assert_ok(wq_file_replace(&wq_fs_system, at("six"), WQ_S("123456"), 0600));
	assert_ok(wq_file_read(&wq_fs_system, at("five"), &b));
	assert_str(wq_buf_str(&b), WQ_S("12345"));
	wq_buf_clear(&b);
	assert_err(wq_file_read(&wq_fs_system, at("six"), &b), WQ_E_LIMIT);
	wq_buf_done(&b);
}

static void replaces_and_creates(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(wq_file_create(&wq_fs_system, at("f"), WQ_S("one"), 0640));
	assert_int_equal(stat(at("f"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_nlink, 1);
	assert_err(wq_file_create(&wq_fs_system, at("f"), WQ_S("two"), 0640), WQ_E_EXISTS);
	assert_str(content(at("f")), WQ_S("one"));
	assert_ok(wq_file_replace(&wq_fs_system, at("f"), WQ_S(""), 0600));
	assert_str(content(at("f")), WQ_S(""));
	assert_int_equal(entries(base), 1);
	/* a link in the place is replaced, not followed */
	assert_int_equal(symlink("f", at("link")), 0);
	assert_ok(wq_file_replace(&wq_fs_system, at("link"), WQ_S("x"), 0600));
	assert_str(content(at("f")), WQ_S(""));
	assert_err(wq_file_replace(&wq_fs_system, at("no/f"), WQ_S("x"), 0600), WQ_E_NOT_FOUND);
	assert_err(wq_file_replace(&wq_fs_system, at(".."), WQ_S("x"), 0600), WQ_E_INPUT);
	assert_err(wq_file_replace(&wq_fs_system, at("x/"), WQ_S("x"), 0600), WQ_E_INPUT);
	assert_ok(wq_file_copy(&wq_fs_system, at("link"), at("copy"), 0600, 1));
	assert_str(content(at("copy")), WQ_S("x"));
	assert_err(wq_file_copy(&wq_fs_system, at("link"), at("copy2"), 0600, 0), WQ_E_LIMIT);
	assert_err(wq_file_copy(&wq_fs_system, at("none"), at("copy2"), 0600, 9), WQ_E_NOT_FOUND);
	assert_int_equal(symlink("f", at("link2")), 0);
	assert_err(wq_file_copy(&wq_fs_system, at("link2"), at("copy2"), 0600, 9), WQ_E_DENIED);
	assert_ok(wq_file_remove(&wq_fs_system, at("link2")));
	assert_ok(wq_file_remove(&wq_fs_system, at("copy")));
	assert_err(wq_file_remove(&wq_fs_system, at("copy")), WQ_E_NOT_FOUND);
	assert_int_equal(entries(base), 2);
}

static void appends(void **state)
{
	struct wq_fault fault;
	int fd, none = -1;

	(void)state;
	assert_ok(wq_file_append_open(&wq_fs_system, at("log"), 0600, &fd));
	assert_ok(wq_file_append(&wq_fs_system, fd, WQ_S("one\n")));
	assert_ok(wq_file_append(&wq_fs_system, fd, WQ_S("two\n")));
	wq_fault_init(&fault, &wq_fs_system);
	fault.kind = WQ_FAULT_TORN;
	fault.errnum = ENOSPC;
	fault.at = 1;
	assert_err(wq_file_append(&fault.fs, fd, WQ_S("three\n")), WQ_E_NO_SPACE);
	assert_str(content(at("log")), WQ_S("one\ntwo\n")); /* cut back */
	fault.kind = WQ_FAULT_SHORT;
	fault.calls = 0;
	assert_ok(wq_file_append(&fault.fs, fd, WQ_S("four\n")));
	assert_str(content(at("log")), WQ_S("one\ntwo\nfour\n"));
	fault.kind = WQ_FAULT_ERRNO;
	fault.errnum = EIO;
	fault.calls = 0;
	fault.at = 2; /* the sync */
	assert_err(wq_file_append(&fault.fs, fd, WQ_S("five\n")), WQ_E_IO);
	assert_str(content(at("log")), WQ_S("one\ntwo\nfour\n"));
	wq_file_close(&fd);
	wq_file_close(&none);
	assert_int_equal(fd, -1);
	assert_int_equal(symlink("log", at("link")), 0);
	assert_err(wq_file_append_open(&wq_fs_system, at("link"), 0600, &fd), WQ_E_DENIED);
}

static void directories(void **state)
{
	struct wq_arena arena;
	struct wq_dir_entry *list;
	size_t n;

	(void)state;
	assert_ok(wq_dir_make(&wq_fs_system, at("a/b//c/"), 0700));
	assert_ok(wq_dir_make(&wq_fs_system, at("a/b/c"), 0700));
	assert_ok(wq_file_create(&wq_fs_system, at("a/f"), WQ_S(""), 0600));
	assert_err(wq_dir_make(&wq_fs_system, at("a/f/g"), 0700), WQ_E_EXISTS);
	assert_err(wq_dir_make(&wq_fs_system, at("a/f"), 0700), WQ_E_EXISTS);
	assert_err(wq_dir_make(&wq_fs_system, "", 0700), WQ_E_INPUT);
	assert_int_equal(symlink("/", at("a/link")), 0);
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_dir_list(&arena, at("a"), 3, &list, &n));
	assert_int_equal(n, 3);
	assert_string_equal(list[0].name, "b");
	assert_int_equal(list[0].type, DT_DIR);
	assert_string_equal(list[1].name, "f");
	assert_int_equal(list[1].type, DT_REG);
	assert_int_equal(list[2].type, DT_LNK);
	assert_err(wq_dir_list(&arena, at("a"), 2, &list, &n), WQ_E_LIMIT);
	assert_err(wq_dir_list(&arena, at("none"), 2, &list, &n), WQ_E_NOT_FOUND);
	wq_arena_done(&arena);
}

static void removes_trees(void **state)
{
	char deep[PATH_MAX] = "d";

	(void)state;
	assert_ok(wq_dir_make(&wq_fs_system, at("keep"), 0700));
	assert_ok(wq_file_create(&wq_fs_system, at("keep/f"), WQ_S("x"), 0600));
	assert_ok(wq_dir_make(&wq_fs_system, at("t/u/v"), 0700));
	assert_int_equal(symlink("../keep", at("t/link")), 0);
	assert_int_equal(symlink("keep", at("l")), 0);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, at("t")));
	assert_ok(wq_dir_remove_tree(&wq_fs_system, at("l")));
	assert_str(content(at("keep/f")), WQ_S("x"));
	assert_int_equal(entries(base), 1);
	assert_err(wq_dir_remove_tree(&wq_fs_system, at("t")), WQ_E_NOT_FOUND);
	for (int i = 0; i < WQ_FILE_TREE_DEPTH + 1; i++)
		memcpy(deep + strlen(deep), "/d", 3);
	assert_ok(wq_dir_make(&wq_fs_system, at(deep), 0700));
	assert_err(wq_dir_remove_tree(&wq_fs_system, at("d")), WQ_E_LIMIT);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, at("d/d/d"))); /* leave no more than drop_base may remove */
}

static void locks(void **state)
{
	int fd, second, status;
	pid_t child;

	(void)state;
	assert_ok(wq_file_lock(at("lock"), false, &fd));
	assert_err(wq_file_lock(at("lock"), false, &second), WQ_E_BUSY);
	child = fork();
	if (child == 0)
		_exit(wq_is(wq_file_lock(at("lock"), false, &second), WQ_E_BUSY) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	wq_file_close(&fd);
	assert_ok(wq_file_lock(at("lock"), true, &fd));
	wq_file_close(&fd);
}

/* Every operation of a replacement fails in every way: old or new, and nothing left behind unless the disk is dead. */
static void replace_under_faults(void **state)
{
	static const enum wq_fault_kind kinds[] = {WQ_FAULT_ERRNO, WQ_FAULT_SHORT, WQ_FAULT_TORN};
	static const int errnums[] = {ENOSPC, EIO};
	struct wq_fault fault;

	(void)state;
	for (size_t k = 0; k < WQ_COUNT(kinds) * WQ_COUNT(errnums) * 2; k++)
		for (unsigned long point = 1;; point++) {
			wq_err e;
			bool is_new;
			assert_ok(wq_file_replace(&wq_fs_system, at("f"), WQ_S("old content"), 0600));
			wq_fault_init(&fault, &wq_fs_system);
			fault.kind = kinds[k % 3];
			fault.errnum = errnums[k / 3 % 2];
			fault.sticky = k >= 6;
			fault.at = point;
			e = wq_file_replace(&fault.fs, at("f"), WQ_S("and the new one"), 0600);
			if (fault.hits == 0) {
				assert_ok(e);
				break;
			}
			assert_true(point < 20);
			is_new = wq_str_eq(content(at("f")), WQ_S("and the new one"));
			assert_true(is_new || wq_str_eq(content(at("f")), WQ_S("old content")));
			if (!wq_failed(e))
				assert_true(is_new);
			else
				assert_err(e, fault.errnum == ENOSPC ? WQ_E_NO_SPACE : WQ_E_IO);
			if (!fault.sticky)
				assert_int_equal(entries(base), 1);
			assert_ok(wq_dir_remove_tree(&wq_fs_system, base));
			assert_ok(wq_dir_make(&wq_fs_system, base, 0700));
		}
}

/* Runs the operation on a recorded disk, then cuts the power at every point in many ways. */
typedef wq_err (*operation)(const struct wq_fs *fs, bool *ret_acknowledged);
typedef void (*judgement)(const char *dir, bool acknowledged);

static void cut_everywhere(operation run, judgement judge)
{
	struct wq_crash *crash;
	bool acknowledged = false;

	assert_ok(wq_dir_make(&wq_fs_system, at("disk"), 0700));
	assert_ok(wq_file_replace(&wq_fs_system, at("disk/f"), WQ_S("old"), 0600));
	assert_ok(wq_crash_new(&wq_fs_system, at("disk"), &crash));
	assert_ok(run(wq_crash_fs(crash), &acknowledged));
	assert_true(acknowledged && wq_crash_points(crash) >= 3);
	for (size_t point = 0; point <= wq_crash_points(crash); point++)
		for (uint64_t choice = 0; choice < 40; choice++) {
			assert_ok(wq_crash_materialise(crash, point, choice, at("after")));
			judge(at("after"), point == wq_crash_points(crash));
			assert_ok(wq_dir_remove_tree(&wq_fs_system, at("after")));
		}
	wq_crash_free(&crash);
	assert_null(crash);
	wq_crash_free(&crash);
}

static unsigned saw_old, saw_new, saw_bad;

static wq_err run_replace(const struct wq_fs *fs, bool *ret_acknowledged)
{
	WQ_TRY(wq_file_replace(fs, at("disk/f"), WQ_S("and new"), 0600));
	*ret_acknowledged = true;
	return WQ_OK;
}

static void judge_replace(const char *dir, bool acknowledged)
{
	char path[PATH_MAX];
	wq_str now;

	snprintf(path, sizeof path, "%s/f", dir);
	now = content(path);
	saw_old += wq_str_eq(now, WQ_S("old"));
	saw_new += wq_str_eq(now, WQ_S("and new"));
	saw_bad += !wq_str_eq(now, WQ_S("old")) && !wq_str_eq(now, WQ_S("and new"));
	if (acknowledged)
		assert_str(now, WQ_S("and new"));
}

static void replace_under_power_cuts(void **state)
{
	(void)state;
	saw_old = saw_new = saw_bad = 0;
	cut_everywhere(run_replace, judge_replace);
	assert_true(saw_old > 0 && saw_new > 0);
	assert_int_equal(saw_bad, 0);
}

static wq_err run_rewrite(const struct wq_fs *fs, bool *ret_acknowledged)
{
	int fd = fs->open_at(fs->data, AT_FDCWD, at("disk/f"), O_WRONLY | O_TRUNC | O_CLOEXEC, 0);

	if (fd < 0 || fs->write(fs->data, fd, "and new", 7) != 7 || fs->fsync(fs->data, fd) != 0)
		return wq_error_id(WQ_E_IO);
	fs->close(fs->data, fd);
	*ret_acknowledged = true;
	return WQ_OK;
}

/* The simulated disk finds the fault in what does not go through this layer; else it would prove nothing. */
static void a_rewrite_in_place_is_caught(void **state)
{
	(void)state;
	saw_bad = 0;
	cut_everywhere(run_rewrite, judge_replace);
	assert_true(saw_bad > 0);
}

static wq_err run_rename_without_sync(const struct wq_fs *fs, bool *ret_acknowledged)
{
	int fd = fs->open_at(fs->data, AT_FDCWD, at("disk/.t"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fs->write(fs->data, fd, "and new", 7) != 7)
		return wq_error_id(WQ_E_IO);
	fs->close(fs->data, fd);
	if (fs->rename_at(fs->data, AT_FDCWD, at("disk/.t"), AT_FDCWD, at("disk/f")) != 0)
		return wq_error_id(WQ_E_IO);
	*ret_acknowledged = true;
	return WQ_OK;
}

static void judge_any(const char *dir, bool acknowledged)
{
	(void)acknowledged;
	judge_replace(dir, false);
}

static void a_rename_without_sync_is_caught(void **state)
{
	(void)state;
	saw_bad = saw_old = 0;
	cut_everywhere(run_rename_without_sync, judge_any);
	assert_true(saw_bad > 0 && saw_old > 0);
}

static wq_err run_append(const struct wq_fs *fs, bool *ret_acknowledged)
{
	int fd;

	WQ_TRY(wq_dir_make(fs, at("disk/x/y"), 0700));
	WQ_TRY(wq_file_append_open(fs, at("disk/x/y/log"), 0600, &fd));
	WQ_TRY(wq_file_append(fs, fd, WQ_S("one\n")));
	WQ_TRY(wq_file_append(fs, fd, WQ_S("two\n")));
	wq_file_close(&fd);
	WQ_TRY(wq_file_create(fs, at("disk/x/new"), WQ_S("whole"), 0600));
	WQ_TRY(wq_file_remove(fs, at("disk/f")));
	*ret_acknowledged = true;
	return WQ_OK;
}

static void judge_append(const char *dir, bool acknowledged)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/x/new", dir);
	if (access(path, F_OK) == 0 || acknowledged) {
		assert_str(content(path), WQ_S("whole"));
		snprintf(path, sizeof path, "%s/x/y/log", dir);
		assert_str(content(path), WQ_S("one\ntwo\n"));
	}
	snprintf(path, sizeof path, "%s/f", dir);
	if (acknowledged)
		assert_int_equal(access(path, F_OK), -1);
}

static void append_under_power_cuts(void **state)
{
	(void)state;
	cut_everywhere(run_append, judge_append);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_base, drop_base)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(reads),
		CASE(replaces_and_creates),
		CASE(appends),
		CASE(directories),
		CASE(removes_trees),
		CASE(locks),
		CASE(replace_under_faults),
		CASE(replace_under_power_cuts),
		CASE(a_rewrite_in_place_is_caught),
		CASE(a_rename_without_sync_is_caught),
		CASE(append_under_power_cuts),
	};
	return cmocka_run_group_tests_name("base-file", tests, NULL, NULL);
}
