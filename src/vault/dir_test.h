/* A temporary directory for tests, files in it, and its removal. Tests only. */
#ifndef WQ_VAULT_DIR_TEST_H
#define WQ_VAULT_DIR_TEST_H

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/test.h"

enum { WQ_TEST_PATH = 512 };

static inline void wq_test_dir(char out[WQ_TEST_PATH])
{
	const char *root = getenv("TMPDIR");

	snprintf(out, WQ_TEST_PATH, "%.400s/wq-vault-XXXXXX", root ? root : "/tmp");
	assert_non_null(mkdtemp(out));
}

static inline int wq_test_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void wq_test_dir_done(const char *dir)
{
	assert_int_equal(nftw(dir, wq_test_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void wq_test_read(const char *dir, const char *name, struct wq_buf *out)
{
	char path[2 * WQ_TEST_PATH];
	struct stat st;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("no file %s", path);
	assert_int_equal(fstat(fileno(f), &st), 0);
	wq_buf_clear(out);
	assert_non_null(wq_buf_reserve(out, (size_t)st.st_size));
	assert_int_equal(fread(out->data, 1, (size_t)st.st_size, f), st.st_size);
	wq_buf_commit(out, (size_t)st.st_size);
	fclose(f);
}

static inline void wq_test_write(const char *dir, const char *name, wq_str bytes)
{
	char path[2 * WQ_TEST_PATH];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f)
		fail_msg("no file %s", path);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	assert_int_equal(fclose(f), 0);
}

/* Files of the directory, other than "." and "..". */
static inline size_t wq_test_count(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

#endif
