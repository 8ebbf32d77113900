#include "base/file.h"
#include "base/test.h"
#include "cli/cli.h"
#include "cli/rules_priv.h"

#include <archive.h>
#include <archive_entry.h>
#include <limits.h>

static char root[64];
static struct wq_arena arena;

static int begin(void **state)
{
	(void)state;
	(void)snprintf(root, sizeof root, "/tmp/wq-archive-XXXXXX");
	assert_non_null(mkdtemp(root));
	wq_arena_init(&arena, 64 * WQ_MIB);
	return 0;
}

static int end(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, root));
	return 0;
}

static const char *at(const char *name)
{
	return wq_arena_printf(&arena, "%s/%s", root, name).p;
}

/* ---- archives ---- */

static struct archive *archive_open(const char *name)
{
	struct archive *a = archive_write_new();

	if (wq_str_ends(wq_str_c(name), WQ_S(".zip"))) {
		assert_int_equal(archive_write_set_format_zip(a), ARCHIVE_OK);
	} else {
		assert_int_equal(archive_write_set_format_pax_restricted(a), ARCHIVE_OK);
		assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
	}
	assert_int_equal(archive_write_open_filename(a, at(name)), ARCHIVE_OK);
	return a;
}

/* `text` NULL: a symbolic link to /etc/passwd. */
static void archive_add(struct archive *a, const char *name, const char *text, size_t times)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, text ? AE_IFREG : AE_IFLNK);
	archive_entry_set_perm(entry, 06777);
	archive_entry_set_size(entry, text ? (la_int64_t)(strlen(text) * times) : 0);
	if (!text)
		archive_entry_set_symlink(entry, "/etc/passwd");
	int status = archive_write_header(a, entry);
	assert_true(status == ARCHIVE_OK || status == ARCHIVE_WARN); /* names that are no ASCII */
	for (size_t i = 0; text && i < times; i++)
		assert_int_equal(archive_write_data(a, text, strlen(text)), (int)strlen(text));
	archive_entry_free(entry);
}

static void archive_end(struct archive *a)
{
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

static void make(const char *archive, const char *name, const char *text)
{
	struct archive *a = archive_open(archive);

	archive_add(a, "crs-1/crs-setup.conf.example", "SecComponentSignature Crs/1\n", 1);
	archive_add(a, name, text, 1);
	archive_end(a);
}

static wq_err unpack(const char *archive, const char **ret_folder)
{
	static unsigned n;
	const char *into = wq_arena_printf(&arena, "%s/into-%u", root, n++).p;

	assert_ok(wq_dir_make(&wq_fs_system, into, 0700));
	return wq_rules_unpack(at(archive), into, &arena, ret_folder);
}

static void names_decide(void **state)
{
	static const char *const archives[] = {"a.tar.gz", "a.zip"};
	static const struct {
		const char *name;
		enum wq_err_id expected;
		bool kept;
	} rows[] = {
		{"crs-1/rules/a.conf", WQ_E_OK, true}, {"./crs-1/rules/a.data", WQ_E_OK, true},
		{"crs-1/rules/readme.md", WQ_E_OK, false}, {"crs-1/.github/a.conf", WQ_E_OK, false},
		{"crs-1/a/b/c/d/e.conf", WQ_E_OK, false}, {"crs-1/r\xc3\xa4gel/a.conf", WQ_E_OK, false},
		{"crs-1/../../a.conf", WQ_E_INPUT, false}, {"../readme.md", WQ_E_INPUT, false},
		{"crs-1/rules/..", WQ_E_INPUT, false}, {"/tmp/a.conf", WQ_E_INPUT, false},
		{"crs-1/crs-setup.conf.example", WQ_E_INPUT, false}, /* twice */
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows) * WQ_COUNT(archives); i++) {
		const char *archive = archives[i % 2], *folder = NULL;
		size_t row = i / 2;
		make(archive, rows[row].name, "SecMarker A\n");
		wq_err e = unpack(archive, &folder);
		if (!wq_is(e, rows[row].expected))
			fail_msg("%s in %s: %s (%s)", rows[row].name, archive, wq_err_name(e), wq_err_note(e));
		if (wq_failed(e))
			continue;
		assert_true(wq_str_ends(wq_str_c(folder), WQ_S("/crs-1")));
		const char *path = wq_arena_printf(&arena, "%s/%s", folder, strstr(rows[row].name, "crs-1/") + 6).p;
		struct stat st;
		assert_int_equal(lstat(path, &st) == 0, rows[row].kept);
		if (rows[row].kept)
			assert_int_equal(st.st_mode & 07777, 0600);
	}
}

static void links_are_not_taken(void **state)
{
	const char *folder;

	(void)state;
	make("a.tar.gz", "crs-1/rules/a.conf", NULL);
	assert_err(unpack("a.tar.gz", &folder), WQ_E_INPUT);
	make("a.tar.gz", "crs-1/rules", NULL); /* of no interest: not made */
	assert_ok(unpack("a.tar.gz", &folder));
	assert_int_equal(access(wq_arena_printf(&arena, "%s/rules", folder).p, F_OK), -1);
}

static void bombs_are_left_alone(void **state)
{
	static char block[WQ_MIB + 1];
	static const struct {
		const char *name;
		size_t mib, entries;
	} rows[] = {{"crs-1/rules/a.conf", 5, 1}, {"crs-1/zeros", 257, 1}, {"crs-1/empty", 0, WQ_ARCHIVE_ENTRIES_MAX},
		{"crs-1/rules/%u.conf", 0, WQ_ARCHIVE_KEPT_MAX}};
	const char *folder;

	(void)state;
	memset(block, ' ', WQ_MIB);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct archive *a = archive_open("bomb.tar.gz");
		archive_add(a, "crs-1/crs-setup.conf.example", "SecComponentSignature Crs/1\n", 1);
		for (size_t j = 0; j < rows[i].entries; j++) {
			char name[64];
			(void)snprintf(name, sizeof name, "%s", rows[i].name);
			if (i == 3)
				(void)snprintf(name, sizeof name, "crs-1/rules/%zu.conf", j);
			archive_add(a, name, rows[i].mib ? block : "", rows[i].mib);
		}
		archive_end(a);
		assert_err(unpack("bomb.tar.gz", &folder), WQ_E_LIMIT);
	}
}

static void what_is_no_archive_is_said(void **state)
{
	static const char *const texts[] = {"", "not an archive", "\x1f\x8b\x08 cut"};
	const char *folder;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(texts); i++) {
		assert_ok(wq_file_replace(&wq_fs_system, at("x.zip"), wq_str_c(texts[i]), 0600));
		assert_err(unpack("x.zip", &folder), WQ_E_INPUT);
	}
	assert_err(unpack("none.zip", &folder), WQ_E_INPUT);
	struct archive *a = archive_open("void.zip");
	archive_add(a, "readme.md", "nothing", 1);
	archive_end(a);
	assert_err(unpack("void.zip", &folder), WQ_E_INPUT);
}

/* ---- the commands ---- */

static int run(const char *const *words, char **ret_out)
{
	struct wq_cli cli = {.clock = &wq_clock_system, .random = &wq_random_system};
	char *argv[16] = {(char[]){"weique"}}, *err = NULL;
	size_t out_n, err_n;
	int argc = 1;

	for (; words[argc - 1]; argc++)
		argv[argc] = wq_arena_cstr(&arena, wq_str_c(words[argc - 1]));
	cli.out = open_memstream(ret_out, &out_n);
	cli.err = open_memstream(&err, &err_n);
	int status = wq_cli_run_on(&cli, argc, argv);
	fclose(cli.out);
	fclose(cli.err);
	free(err);
	return status;
}

static void expect(int status, const char *says, const char *const *words)
{
	char *out = NULL;
	int got = run(words, &out);

	if (got != status || !strstr(out, says))
		fail_msg("%s %s: %d (%s)", words[2], words[3], got, out);
	free(out);
}

#define RUN(status, says, ...) expect(status, says, (const char *const[]){"--state", at("state"), __VA_ARGS__, NULL})

static void commands_take_check_list_and_change(void **state)
{
	(void)state;
	unsetenv("WEIQUE_LANG");
	setenv("LC_ALL", "C", 1);
	RUN(0, "", "init");
	RUN(0, "no rule set", "rules", "list");
	make("crs.zip", "crs-1/rules/a.conf", "SecRule ARGS x \"id:1,phase:2,pass\"\nSecAuditEngine On\n");
	RUN(0, "\"name\":\"crs-1\"", "--json", "rules", "import", at("crs.zip"));
	RUN(0, "\"line\":2", "--json", "rules", "check", at("state/rules/waf/active"));
	make("crs.tar.gz", "crs-1/rules/b.conf", "SecRule ARGS x \"id:1,phase:2,pass\"\n");
	RUN(0, "other-1 is in force: 1 rules", "rules", "import", at("crs.tar.gz"), "--name", "Other");
	RUN(0, "\"name\":\"crs-1\",\"active\":false", "--json", "rules", "list");
	RUN(0, "\"ok\":true", "--json", "rules", "use", "crs-1");
	RUN(0, "* crs-1", "rules", "list");
	RUN(2, "", "rules", "use", "none");
	RUN(0, "no error", "rules", "check", "/usr/share/modsecurity-crs");
	make("bad.zip", "crs-1/rules/a.conf", "SecRul\n");
	RUN(3, "", "rules", "import", at("bad.zip"));
	RUN(2, "", "rules", "import", at("none.zip"));
	RUN(0, "* crs-1", "rules", "list");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_decide),
		TEST(links_are_not_taken),
		TEST(bombs_are_left_alone),
		TEST(what_is_no_archive_is_said),
		TEST(commands_take_check_list_and_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
