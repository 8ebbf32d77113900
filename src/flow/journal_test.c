#include "base/file_fault.h"
#include "base/test.h"
#include "flow/journal.h"

#include <errno.h>

#define HOST "www.example.gov.cn"

enum { BEGAN = 1000 };

static struct {
	char dir[64];
	struct wq_journal_options options;
} at;

static int begin(void **state)
{
	(void)state;
	snprintf(at.dir, sizeof at.dir, "/tmp/wq-journal-XXXXXX");
	at.options = (struct wq_journal_options){.fs = &wq_fs_system,
		.random = &wq_random_system,
		.now = BEGAN * WQ_SECOND,
		.belongs = wq_sm3(WQ_S("http://origin/"))};
	return mkdtemp(at.dir) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	WQ_IGNORE(wq_dir_remove_tree(&wq_fs_system, at.dir));
	return 0;
}

static struct wq_journal *open_it(size_t found)
{
	struct wq_journal *j;
	wq_time began;

	assert_ok(wq_journal_open(at.dir, &at.options, &j));
	assert_int_equal(wq_journal_found(j, &began), found);
	return j;
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", at.dir, name);
	return path;
}

static void add(struct wq_journal *j, enum wq_journal_kind kind, const char *key, const char *body)
{
	struct wq_site_item item = {.key = wq_str_c(key),
		.status = 200,
		.type = WQ_S("text/html"),
		.headers = WQ_S("Link: x\r\n"),
		.body = wq_str_c(body)};

	if (kind == WQ_JOURNAL_ABSENT || kind == WQ_JOURNAL_UNKNOWN)
		item = (struct wq_site_item){.key = item.key};
	assert_ok(wq_journal_add(j, kind, &item));
}

static void two_pages(struct wq_journal *j)
{
	add(j, WQ_JOURNAL_RESOURCE, HOST "/", "home");
	add(j, WQ_JOURNAL_ABSENT, HOST "/gone", "");
	add(j, WQ_JOURNAL_UNKNOWN, HOST "/slow", "");
	add(j, WQ_JOURNAL_RESOURCE, HOST "/a", "");
}

static wq_err list(void *data, const struct wq_journal_record *record)
{
	wq_buf_printf(data, "%d %.*s %u %.*s %.*s;", record->kind, WQ_S_ARG(record->item.key), record->item.status,
		WQ_S_ARG(record->item.type), WQ_S_ARG(record->item.body));
	return WQ_OK;
}

static void expect_list(struct wq_journal *j, bool second, const char *expected)
{
	WQ_BUF(out, 4096);

	assert_ok(wq_journal_visit(j, second, list, &out));
	assert_string_equal(wq_buf_cstr(&out), expected);
}

static const char first_list[] = "1 " HOST "/ 200 text/html home;2 " HOST "/gone 0  ;3 " HOST "/slow 0  ;1 " HOST
				 "/a 200 text/html ;";

static void what_was_written_is_found_again(void **state)
{
	struct wq_journal *j = open_it(0);
	struct wq_journal_record record;

	(void)state;
	two_pages(j);
	expect_list(j, false, first_list);
	wq_journal_close(&j, false);
	j = open_it(3); /* what is unknown is asked for again */
	expect_list(j, false, first_list);
	assert_ok(wq_journal_find(j, WQ_S(HOST "/"), false, &record));
	assert_str(record.item.headers, WQ_S("Link: x\r\n"));
	assert_str(record.item.source, WQ_S(HOST "/"));
	assert_ok(wq_journal_find(j, WQ_S(HOST "/gone"), false, &record));
	assert_true(record.item.absent);
	assert_err(wq_journal_find(j, WQ_S(HOST "/never"), false, &record), WQ_E_NOT_FOUND);
	assert_err(wq_journal_find(j, WQ_S(HOST "/"), true, &record), WQ_E_NOT_FOUND);
	/* the last word on a key counts, and looks are kept apart */
	add(j, WQ_JOURNAL_RESOURCE, HOST "/slow", "now");
	add(j, WQ_JOURNAL_SECOND, HOST "/", "home again");
	assert_true(wq_journal_has(j, WQ_S(HOST "/"), true));
	assert_false(wq_journal_has(j, WQ_S(HOST "/a"), true));
	expect_list(j, false,
		"1 " HOST "/ 200 text/html home;2 " HOST "/gone 0  ;1 " HOST "/a 200 text/html ;1 " HOST
		"/slow 200 text/html now;");
	expect_list(j, true, "4 " HOST "/ 200 text/html home again;");
	wq_journal_close(&j, true);
	j = open_it(0);
	wq_journal_close(&j, true);
}

/* Cut anywhere, what comes before is found, and the journal goes on. */
static void a_torn_tail_is_cut(void **state)
{
	struct wq_journal *j = open_it(0);
	WQ_BUF(whole, WQ_MIB);
	size_t last = SIZE_MAX;

	(void)state;
	two_pages(j);
	wq_journal_close(&j, false);
	assert_ok(wq_file_read(&wq_fs_system, path_of("journal"), &whole));
	for (size_t n = whole.len; n-- > 0;) {
		wq_time began;
		size_t found;

		assert_ok(wq_file_replace(&wq_fs_system, path_of("journal"), wq_str_head(wq_buf_str(&whole), n), 0600));
		assert_ok(wq_journal_open(at.dir, &at.options, &j));
		found = wq_journal_found(j, &began);
		assert_true(found <= WQ_MIN(last, 3));
		last = found;
		add(j, WQ_JOURNAL_RESOURCE, HOST "/new", "new");
		wq_journal_close(&j, false);
		j = open_it(found + 1);
		wq_journal_close(&j, false);
	}
	assert_int_equal(last, 0);
}

static void altered_bytes_end_it(void **state)
{
	struct wq_journal *j = open_it(0);
	WQ_BUF(whole, WQ_MIB);

	(void)state;
	two_pages(j);
	wq_journal_close(&j, false);
	assert_ok(wq_file_read(&wq_fs_system, path_of("journal"), &whole));
	for (size_t i = 0; i < whole.len; i++) {
		wq_time began;

		whole.data[i] ^= 0x41;
		assert_ok(wq_file_replace(&wq_fs_system, path_of("journal"), wq_buf_str(&whole), 0600));
		assert_ok(wq_journal_open(at.dir, &at.options, &j));
		assert_true(wq_journal_found(j, &began) < 3);
		wq_journal_close(&j, false);
		whole.data[i] ^= 0x41;
	}
}

static void what_does_not_belong_is_dropped(void **state)
{
	static const struct {
		wq_time later;
		const char *origin;
		bool fresh;
		size_t found;
	} rows[] = {
		{0, "http://origin/", false, 3},
		{WQ_DAY, "http://origin/", false, 3},
		{WQ_DAY + 1, "http://origin/", false, 0},
		{-1, "http://origin/", false, 0}, /* from the future: the clock was put back */
		{0, "http://other/", false, 0},
		{0, "http://origin/", true, 0},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_journal *j;

		at.options.fresh = true;
		at.options.now = BEGAN * WQ_SECOND;
		at.options.belongs = wq_sm3(WQ_S("http://origin/"));
		j = open_it(0);
		two_pages(j);
		wq_journal_close(&j, false);
		at.options.fresh = rows[i].fresh;
		at.options.now += rows[i].later;
		at.options.belongs = wq_sm3(wq_str_c(rows[i].origin));
		j = open_it(rows[i].found);
		wq_journal_close(&j, false);
	}
}

static void one_capture_at_a_time(void **state)
{
	struct wq_journal *j = open_it(0), *other;

	(void)state;
	assert_err(wq_journal_open(at.dir, &at.options, &other), WQ_E_BUSY);
	wq_journal_close(&j, false);
	j = open_it(0);
	wq_journal_close(&j, true);
}

static void limits_and_a_full_disk(void **state)
{
	static char long_key[5000];
	struct wq_site_item item = {.key = WQ_S(HOST "/x"), .status = 200, .body = WQ_S("x")};
	struct wq_fault fault;
	struct wq_journal *j = open_it(0);

	(void)state;
	memset(long_key, 'k', sizeof long_key - 1);
	item.key = wq_str_c(long_key);
	assert_err(wq_journal_add(j, WQ_JOURNAL_RESOURCE, &item), WQ_E_LIMIT);
	item.key = WQ_S_NONE;
	assert_err(wq_journal_add(j, WQ_JOURNAL_RESOURCE, &item), WQ_E_LIMIT);
	two_pages(j);
	wq_journal_close(&j, false);

	wq_fault_init(&fault, &wq_fs_system);
	fault.kind = WQ_FAULT_TORN;
	fault.errnum = ENOSPC;
	fault.sticky = true;
	fault.at = 5;
	at.options.fs = &fault.fs;
	if (!wq_failed(wq_journal_open(at.dir, &at.options, &j))) {
		item.key = WQ_S(HOST "/x");
		for (int i = 0; i < 10 && fault.hits == 0; i++)
			WQ_IGNORE(wq_journal_add(j, WQ_JOURNAL_RESOURCE, &item));
		assert_err(wq_journal_add(j, WQ_JOURNAL_RESOURCE, &item), WQ_E_NO_SPACE);
		wq_journal_close(&j, false);
	}
	at.options.fs = &wq_fs_system;
	assert_ok(wq_journal_open(at.dir, &at.options, &j));
	expect_list(j, false, first_list);
	wq_journal_close(&j, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_written_is_found_again, begin, end),
		cmocka_unit_test_setup_teardown(a_torn_tail_is_cut, begin, end),
		cmocka_unit_test_setup_teardown(altered_bytes_end_it, begin, end),
		cmocka_unit_test_setup_teardown(what_does_not_belong_is_dropped, begin, end),
		cmocka_unit_test_setup_teardown(one_capture_at_a_time, begin, end),
		cmocka_unit_test_setup_teardown(limits_and_a_full_disk, begin, end),
	};
	return cmocka_run_group_tests_name("flow journal", tests, NULL, NULL);
}
