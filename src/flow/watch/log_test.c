#include "flow/watch/log.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/file_fault.h"
#include "base/test.h"
#include "crypto/digest.h"

static struct wq_arena arena;
static char dir[64];
static const wq_time noon = 1795320000 * WQ_SECOND; /* 2026-11-22T04:00:00Z: noon in China */

static int set_up(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	snprintf(dir, sizeof dir, "/tmp/wq-watch-XXXXXX");
	return mkdtemp(dir) && !wq_failed(wq_crypto_init()) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return wq_failed(wq_dir_remove_tree(&wq_fs_system, dir));
}

static struct wq_watch_visit visit(wq_time at, const char *outcome)
{
	return (struct wq_watch_visit){.at = at,
		.name = WQ_S("portal \"<门户>\""),
		.url = WQ_S("https://www.example.gov.cn/?a=1&b=2"),
		.outcome = wq_str_c(outcome),
		.address = WQ_S("2001:db8::1"),
		.status = 200,
		.msec = 321,
		.bytes = 12345};
}

static void keep(wq_time at, const char *outcome)
{
	struct wq_watch_visit v = visit(at, outcome);

	assert_ok(wq_watch_keep(&wq_fs_system, dir, WQ_S("here"), &v, 1, NULL));
}

static struct wq_watch_log read_all(void)
{
	struct wq_watch_log log;

	assert_ok(wq_watch_read(dir, WQ_S("here"), noon - 30 * WQ_DAY, noon + 30 * WQ_DAY, &arena, &log));
	return log;
}

static const char *file_of(const char *day)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/probe/here/%s.log", dir, day);
	return path;
}

static void change(const char *path, void (*fn)(struct wq_buf *bytes))
{
	WQ_BUF(bytes, WQ_MIB);

	assert_ok(wq_file_read(&wq_fs_system, path, &bytes));
	fn(&bytes);
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&bytes), 0640));
}

static void test_what_is_kept_is_read(void **state)
{
	struct wq_watch_log log;

	(void)state;
	keep(noon, WQ_WATCH_OPENED);
	keep(noon + WQ_SECOND, "refused");
	log = read_all();
	assert_int_equal(log.n, 2);
	assert_true(wq_watch_opened(&log.visits[0]));
	assert_false(wq_watch_opened(&log.visits[1]));
	assert_true(log.visits[0].at == noon);
	assert_str(log.visits[0].name, WQ_S("portal \"<门户>\""));
	assert_str(log.visits[0].url, WQ_S("https://www.example.gov.cn/?a=1&b=2"));
	assert_str(log.visits[0].address, WQ_S("2001:db8::1"));
	assert_int_equal(log.visits[0].status, 200);
	assert_int_equal(log.visits[0].msec, 321);
	assert_int_equal(log.visits[0].bytes, 12345);
	assert_int_equal(log.altered + log.torn + log.repeated, 0);
}

static void flip(struct wq_buf *bytes)
{
	char *at = memmem(bytes->data, bytes->len, "refused", 7);

	memcpy(at, WQ_WATCH_OPENED, 6); /* openedd */
}

static void remove_sum(struct wq_buf *bytes)
{
	char *at = memmem(bytes->data, bytes->len, ",\"sum\"", 6);

	memcpy(at, "}\n", 2);
	bytes->len = (size_t)(at + 2 - (char *)bytes->data);
}

static void test_an_altered_line_is_told(void **state)
{
	struct wq_watch_log log;

	(void)state;
	keep(noon, "refused");
	keep(noon + WQ_SECOND, WQ_WATCH_OPENED);
	change(file_of("20261122"), flip);
	log = read_all();
	assert_int_equal(log.n, 1);
	assert_int_equal(log.altered, 1);
	assert_true(log.visits[0].at == noon + WQ_SECOND);
	change(file_of("20261122"), remove_sum);
	log = read_all();
	assert_int_equal(log.n, 0);
	assert_int_equal(log.altered, 1);
}

static void tear(struct wq_buf *bytes)
{
	bytes->len -= 40;
}

static void test_a_torn_tail_is_cut(void **state)
{
	struct wq_watch_log log;

	(void)state;
	keep(noon, WQ_WATCH_OPENED);
	keep(noon + WQ_SECOND, WQ_WATCH_OPENED);
	change(file_of("20261122"), tear);
	log = read_all();
	assert_int_equal(log.n, 1);
	assert_int_equal(log.torn, 1);
	keep(noon + 2 * WQ_SECOND, WQ_WATCH_OPENED);
	log = read_all();
	assert_int_equal(log.n, 2);
	assert_int_equal(log.torn, 0);
	assert_int_equal(log.altered, 0);
	assert_true(log.visits[1].at == noon + 2 * WQ_SECOND);
}

/* A file that is one torn line from its beginning. */
static void test_nothing_but_a_tail(void **state)
{
	(void)state;
	keep(noon, WQ_WATCH_OPENED);
	change(file_of("20261122"), tear);
	keep(noon + WQ_SECOND, WQ_WATCH_OPENED);
	assert_int_equal(read_all().n, 1);
	assert_int_equal(read_all().altered, 0);
}

static void test_the_clock_goes_back(void **state)
{
	struct wq_watch_log log;

	(void)state;
	keep(noon, WQ_WATCH_OPENED);
	keep(noon - 3 * WQ_DAY, "refused");
	keep(noon - WQ_SECOND, "timeout");
	keep(noon, WQ_WATCH_OPENED); /* the same moment again */
	log = read_all();
	assert_int_equal(log.n, 3);
	assert_int_equal(log.repeated, 1);
	assert_true(log.visits[0].at == noon - 3 * WQ_DAY);
	assert_true(log.visits[1].at == noon - WQ_SECOND);
	assert_int_equal(access(file_of("20261119"), F_OK), 0);
}

static void test_the_day_is_chinas(void **state)
{
	struct wq_watch_visit two[] = {visit(noon + 12 * 3600 * WQ_SECOND - 1, WQ_WATCH_OPENED),
		visit(noon + 12 * 3600 * WQ_SECOND, WQ_WATCH_OPENED)};
	struct wq_watch_log log;
	size_t kept;

	(void)state;
	assert_ok(wq_watch_keep(&wq_fs_system, dir, WQ_S("here"), two, 2, &kept));
	assert_int_equal(kept, 2);
	assert_int_equal(access(file_of("20261122"), F_OK), 0);
	assert_int_equal(access(file_of("20261123"), F_OK), 0);
	assert_ok(wq_watch_read(dir, WQ_S("here"), two[1].at, two[1].at + 1, &arena, &log));
	assert_int_equal(log.n, 1);
}

enum { WRITERS = 4, EACH = 60 };

static void test_writers_take_turns(void **state)
{
	pid_t pids[WRITERS];
	struct wq_watch_log log;
	int status;

	(void)state;
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = fork();
		if (pids[w] == 0) {
			for (int i = 0; i < EACH; i++) {
				struct wq_watch_visit v = visit(noon + (w * EACH + i) * WQ_SECOND, WQ_WATCH_OPENED);

				if (wq_failed(wq_watch_keep(&wq_fs_system, dir, WQ_S("here"), &v, 1, NULL)))
					_exit(1);
			}
			_exit(0);
		}
		assert_true(pids[w] > 0);
	}
	for (int w = 0; w < WRITERS; w++) {
		assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
		assert_int_equal(status, 0);
	}
	log = read_all();
	assert_int_equal(log.n, WRITERS * EACH);
	assert_int_equal(log.altered + log.torn, 0);
}

/* Whichever operation finds the disk full: it is said, and what was there is still whole. */
static void test_a_full_disk_is_said(void **state)
{
	struct wq_watch_visit v = visit(noon + WQ_SECOND, WQ_WATCH_OPENED);
	struct wq_watch_log log;
	struct wq_fault fault;
	unsigned long said = 0;

	(void)state;
	keep(noon, WQ_WATCH_OPENED);
	for (unsigned long at = 1;; at++) {
		size_t kept = 7;
		wq_err e;

		wq_fault_init(&fault, &wq_fs_system);
		fault.kind = WQ_FAULT_TORN;
		fault.errnum = ENOSPC;
		fault.at = at;
		fault.sticky = true;
		e = wq_watch_keep(&fault.fs, dir, WQ_S("here"), &v, 1, &kept);
		if (fault.hits == 0)
			break;
		log = read_all();
		assert_int_equal(log.altered, 0);
		assert_true(log.n >= 1);
		if (wq_failed(e)) {
			assert_int_equal(kept, 0);
			said++;
		}
	}
	assert_true(said > 0);
	log = read_all();
	assert_int_equal(log.n, 2);
	assert_int_equal(log.torn, 0);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"", ".", "..", ".x", "a/b", "A", "北京", "a b",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	struct wq_watch_visit v = visit(noon, WQ_WATCH_OPENED);
	struct wq_watch_log log;

	(void)state;
	assert_true(wq_watch_is_name(WQ_S("beijing-1.telecom")));
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		assert_false(wq_watch_is_name(wq_str_c(bad[i])));
		assert_err(wq_watch_keep(&wq_fs_system, dir, wq_str_c(bad[i]), &v, 1, NULL), WQ_E_INPUT);
		assert_err(wq_watch_read(dir, wq_str_c(bad[i]), 0, noon, &arena, &log), WQ_E_INPUT);
	}
	assert_ok(wq_watch_read(dir, WQ_S("nobody"), 0, noon, &arena, &log));
	assert_int_equal(log.n, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_kept_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_altered_line_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_torn_tail_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_but_a_tail, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_clock_goes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_day_is_chinas, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_writers_take_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_full_disk_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
