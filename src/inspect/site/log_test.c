#include "inspect/site/log_priv.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/test.h"
#include "inspect/site/table_priv.h"

#include <fcntl.h>

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/wq-walk-log-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/walk.log", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	WQ_IGNORE(wq_dir_remove_tree(&wq_fs_system, dir));
	return 0;
}

static wq_err gather(void *data, enum log_kind kind, wq_str body, uint64_t at)
{
	struct log_cursor cursor = {.rest = body};

	(void)at;
	wq_buf_printf(data, "%d:%llu ", kind, (unsigned long long)log_get(&cursor));
	assert_false(cursor.bad);
	return WQ_OK;
}

/* Three chunks of two records each. */
static void write_three(void)
{
	struct log log;

	assert_ok(log_open(&log, path, false));
	for (unsigned int i = 0; i < 6; i++) {
		log_begin(&log, LOG_LINKS);
		log_varint(&log, i * 1000);
		log_end(&log);
		if (i % 2)
			assert_ok(log_flush(&log, true));
	}
	log_close(&log);
}

static void test_whole(void **state)
{
	struct log log;
	WQ_BUF(told, WQ_KIB);

	(void)state;
	write_three();
	assert_ok(log_open(&log, path, true));
	assert_true(log.resumed);
	assert_ok(log_each(&log, gather, &told));
	assert_string_equal(wq_buf_cstr(&told), "2:0 2:1000 2:2000 2:3000 2:4000 2:5000 ");
	log_close(&log);
}

/* Wherever the file ends, what is read is whole chunks, and it may be written on. */
static void test_torn(void **state)
{
	WQ_BUF(whole, WQ_MIB);

	(void)state;
	write_three();
	assert_ok(wq_file_read(&wq_fs_system, path, &whole));
	for (size_t n = LOG_HEAD_BYTES; n < whole.len; n++) {
		struct log log;
		WQ_BUF(told, WQ_KIB);

		assert_ok(wq_file_replace(&wq_fs_system, path, wq_str_head(wq_buf_str(&whole), n), 0600));
		assert_ok(log_open(&log, path, true));
		log_begin(&log, LOG_ANCHORS);
		log_varint(&log, 7);
		log_end(&log);
		assert_ok(log_each(&log, gather, &told));
		log_close(&log);
		assert_true(wq_str_starts(
			WQ_S("2:0 2:1000 2:2000 2:3000 2:4000 2:5000 "), wq_str_head(wq_buf_str(&told), told.len - 4)));
		assert_str(wq_str_from(wq_buf_str(&told), told.len - 4), WQ_S("3:7 "));
	}
}

/* Any byte that was altered before the last chunk is noticed; in the last one it is a torn tail, and what is before it counts. */
static void test_altered(void **state)
{
	WQ_BUF(whole, WQ_MIB);
	size_t noticed = 0;

	(void)state;
	write_three();
	assert_ok(wq_file_read(&wq_fs_system, path, &whole));
	for (size_t i = 0; i < whole.len; i++) {
		struct log log;
		wq_err e;
		WQ_BUF(told, WQ_KIB);

		if (i >= 12 && i < 16)
			continue; /* reserved */
		whole.data[i] ^= 0x40;
		assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&whole), 0600));
		whole.data[i] ^= 0x40;
		e = log_open(&log, path, true);
		if (wq_failed(e)) {
			assert_true(wq_is(e, WQ_E_ALTERED) || wq_is(e, WQ_E_FORMAT));
			noticed++;
		} else {
			assert_ok(log_each(&log, gather, &told));
			assert_true(told.len < sizeof("2:0 2:1000 2:2000 2:3000 2:4000 2:5000 ") - 1);
		}
		log_close(&log);
	}
	assert_true(noticed > LOG_HEAD_BYTES);
}

static void test_table(void **state)
{
	enum { N = 20000 };
	struct log log;
	struct table table, again;

	(void)state;
	assert_ok(log_open(&log, path, false));
	table_init(&table, &log, N);
	for (uint32_t i = 0; i <= N; i++) {
		char url[64];
		struct item like = {.from = i ? i - 1 : ITEM_NONE, .flags = ITEM_PAGE, .depth = 1};
		uint32_t number;
		uint64_t hash;

		snprintf(url, sizeof(url), "http://h/%u", i);
		hash = table_hash(&table, wq_str_c(url));
		assert_int_equal(table_find(&table, hash), ITEM_NONE);
		assert_ok(table_add(&table, wq_str_c(url), hash, &like, &number));
		assert_int_equal(number, i < N ? i : ITEM_NONE);
		assert_int_equal(table_find(&table, hash), number);
	}
	table.items[5].state = ITEM_DONE;
	table.items[5].status = 404;
	table.items[5].verdict = WQ_SITE_BROKEN;
	table.items[5].end = 6;
	table_put_result(&table, 5);
	table_init(&again, &log, N);
	assert_ok(log_each(&log, table_replay, &again));
	assert_int_equal(again.n, N);
	for (uint32_t i = 0; i < N; i += 999) {
		char url[WQ_FETCH_URL_MAX + 1], expected[64];

		snprintf(expected, sizeof(expected), "http://h/%u", i);
		assert_ok(table_url(&again, i, url));
		assert_string_equal(url, expected);
		assert_int_equal(table_find(&again, table_hash(&table, wq_str_c(url))), i);
		assert_int_equal(again.items[i].from, table.items[i].from);
	}
	assert_int_equal(again.items[5].status, 404);
	assert_int_equal(again.items[5].end, 6);
	assert_int_equal(again.items[6].end, ITEM_NONE);
	table_done(&table);
	table_done(&again);
	log_close(&log);
}

/* A disk that is full is said to be. */
static void test_full(void **state)
{
	struct log log = {.fd = -1};

	(void)state;
	wq_buf_init(&log.chunk, WQ_MIB);
	wq_buf_add(&log.chunk, wq_str_of("            ", LOG_CHUNK_HEAD_BYTES));
	log.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	assert_true(log.fd >= 0);
	log_begin(&log, LOG_LINKS);
	log_end(&log);
	assert_err(log_flush(&log, true), WQ_E_NO_SPACE);
	log_close(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_torn),
		cmocka_unit_test(test_altered), cmocka_unit_test(test_table), cmocka_unit_test(test_full)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
