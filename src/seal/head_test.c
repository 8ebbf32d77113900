/* Ledger heads: weique-sign follows the chain and never signs two heads for one place. */
#include "seal/service_fixture_test.h"

#include <fcntl.h>

enum { EVENTS = 12, FILE_MAX = 1024 * 1024 };

static struct people people;
static const struct wq_secret no_secret;
static wq_time now = 1790000200 * WQ_SECOND;
static struct wq_clock test_clock;

struct fixture {
	char dir[TEST_PATH];
	struct wq_seal_service *service;
	struct wq_buf events[EVENTS + 1]; /* from 1 */
	wq_digest digests[EVENTS + 1];
};

static void reopen(struct fixture *f)
{
	wq_seal_service_close(&f->service);
	assert_ok(wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &f->service));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	folder_make(f->dir, &people);
	for (uint64_t i = 1; i <= EVENTS; i++) {
		wq_buf_init(&f->events[i], WQ_EVENT_BYTES_MAX);
		event_encode(i, "change.found", WQ_S("weique"), WQ_S("portal"), WQ_S("x"), WQ_S("{}"),
			f->digests[i - 1], &f->events[i]);
		f->digests[i] = wq_sm3(wq_buf_str(&f->events[i]));
	}
	reopen(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	wq_seal_service_close(&f->service);
	for (size_t i = 1; i <= EVENTS; i++)
		wq_buf_done(&f->events[i]);
	folder_remove(f->dir);
	free(f);
	return 0;
}

static void add_event(struct wq_buf *list, wq_str event)
{
	wq_buf_u32(list, (uint32_t)event.n);
	wq_buf_add(list, event);
}

static wq_err ask_list(struct fixture *f, uint64_t first, uint64_t count, wq_str list, struct wq_head *ret_head)
{
	int fd = memory_file(list);
	wq_err e = wq_seal_service_head(f->service, first, count, fd, ret_head);

	close(fd);
	return e;
}

/* Asks with the events `from` to `to` of the fixture. */
static wq_err ask(struct fixture *f, uint64_t from, uint64_t to, struct wq_head *ret_head)
{
	WQ_BUF(list, FILE_MAX);

	for (uint64_t i = from; i <= to; i++)
		add_event(&list, wq_buf_str(&f->events[i]));
	return ask_list(f, from, to + 1 - from, wq_buf_str(&list), ret_head);
}

static void test_follows(void **state)
{
	struct fixture *f = *state;
	wq_sm2_public key = wq_seal_service_public(f->service);
	struct wq_head head, again;
	WQ_BUF(canonical, 4096);

	assert_err(ask_list(f, 0, 0, WQ_S_NONE, &head), WQ_E_NOT_FOUND);
	assert_ok(ask(f, 1, 5, &head));
	assert_int_equal(head.tip.seq, 5);
	assert_true(wq_digest_eq(head.tip.digest, f->digests[5]));
	assert_int_equal(head.time, now);
	assert_true(wq_digest_eq(head.key_id, wq_sm2_key_id(&key)));
	assert_ok(wq_head_encode(&head, &canonical));
	assert_ok(wq_sm2_verify(&key, wq_buf_str(&canonical), &head.sig));
	assert_ok(ask_list(f, 0, 0, WQ_S_NONE, &again));
	assert_memory_equal(&again, &head, sizeof head);
	assert_ok(ask(f, 6, 6, &head));
	reopen(f);
	assert_ok(ask_list(f, 0, 0, WQ_S_NONE, &again));
	assert_memory_equal(&again, &head, sizeof head);
	assert_ok(ask(f, 7, EVENTS, &head));
	assert_int_equal(head.tip.seq, EVENTS);
}

static void test_refuses(void **state)
{
	struct fixture *f = *state;
	struct wq_head head;
	WQ_BUF(fork, WQ_EVENT_BYTES_MAX);
	WQ_BUF(list, FILE_MAX);

	assert_err(ask(f, 2, 3, &head), WQ_E_CHAIN); /* does not begin at the beginning */
	assert_ok(ask(f, 1, 4, &head));
	assert_err(ask(f, 1, 4, &head), WQ_E_CHAIN); /* signed already */
	assert_err(ask(f, 6, 8, &head), WQ_E_CHAIN); /* a gap */
	assert_err(ask(f, 4, 8, &head), WQ_E_CHAIN); /* an overlap */
	event_encode(5, "change.found", WQ_S("weique"), WQ_S("portal"), WQ_S("x"), WQ_S("{}"), f->digests[3], &fork);
	add_event(&list, wq_buf_str(&fork)); /* another history */
	assert_err(ask_list(f, 5, 1, wq_buf_str(&list), &head), WQ_E_CHAIN);
	wq_buf_clear(&list);
	add_event(&list, wq_buf_str(&f->events[5]));
	add_event(&list, wq_buf_str(&f->events[7])); /* a gap inside */
	assert_err(ask_list(f, 5, 2, wq_buf_str(&list), &head), WQ_E_CHAIN);
	wq_buf_clear(&list);
	add_event(&list, wq_buf_str(&f->events[5]));
	assert_err(ask_list(f, 5, 2, wq_buf_str(&list), &head), WQ_E_ALTERED); /* fewer than said */
	assert_err(ask_list(f, 5, UINT64_MAX, wq_buf_str(&list), &head), WQ_E_ALTERED);
	for (size_t n = 0; n < list.len; n++)
		assert_err(ask_list(f, 5, 1, wq_str_head(wq_buf_str(&list), n), &head), WQ_E_ALTERED);
	wq_buf_clear(&list);
	wq_buf_u32(&list, UINT32_MAX);
	assert_err(ask_list(f, 5, 1, wq_buf_str(&list), &head), WQ_E_LIMIT);
	assert_ok(ask(f, 5, 6, &head)); /* nothing of this did harm */
}

/* ---- heads.log ---- */

static wq_err open_again(struct fixture *f)
{
	wq_seal_service_close(&f->service);
	return wq_seal_service_open(&wq_fs_system, f->dir, &no_secret, &test_clock, &f->service);
}

/* A tail that a crash left behind the last newline was never handed out. */
static void test_torn_tail(void **state)
{
	struct fixture *f = *state;
	struct wq_head first, second, last;
	WQ_BUF(log, FILE_MAX);
	size_t one;

	assert_ok(ask(f, 1, 4, &first));
	folder_read(f->dir, "heads.log", &log);
	one = log.len;
	assert_ok(ask(f, 5, 6, &second));
	folder_read(f->dir, "heads.log", &log);
	for (size_t n = one; n < log.len; n += 13) {
		wq_seal_service_close(&f->service);
		folder_write(f->dir, "heads.log", wq_str_head(wq_buf_str(&log), n));
		reopen(f);
		assert_ok(ask_list(f, 0, 0, WQ_S_NONE, &last));
		assert_memory_equal(&last, &first, sizeof last);
		assert_ok(ask(f, 5, 7, &last));
		reopen(f);
		assert_ok(ask(f, 8, 8, &last));
	}
	/* all of the line but its newline: the head counts */
	wq_seal_service_close(&f->service);
	folder_write(f->dir, "heads.log", wq_str_head(wq_buf_str(&log), log.len - 1));
	reopen(f);
	assert_ok(ask_list(f, 0, 0, WQ_S_NONE, &last));
	assert_memory_equal(&last, &second, sizeof last);
	folder_read(f->dir, "heads.log", &log);
	assert_int_equal(log.data[log.len - 1], '\n');
	/* blocks that were given to the file but never written */
	wq_seal_service_close(&f->service);
	for (int i = 0; i < 200; i++)
		wq_buf_byte(&log, 0);
	folder_write(f->dir, "heads.log", wq_buf_str(&log));
	reopen(f);
	assert_ok(ask_list(f, 0, 0, WQ_S_NONE, &last));
	assert_memory_equal(&last, &second, sizeof last);
}

/* A last line that ends but is not what was written: going on from the one before would be a second head for one place. */
static void test_altered_last_line(void **state)
{
	struct fixture *f = *state;
	struct wq_head head;
	WQ_BUF(log, FILE_MAX);
	size_t one;

	assert_ok(ask(f, 1, 4, &head));
	folder_read(f->dir, "heads.log", &log);
	one = log.len;
	assert_ok(ask(f, 5, 6, &head));
	folder_read(f->dir, "heads.log", &log);
	for (size_t at = one; at < log.len - 1; at++) {
		log.data[at] ^= 1;
		folder_write(f->dir, "heads.log", wq_buf_str(&log));
		log.data[at] ^= 1;
		assert_err(open_again(f), WQ_E_ALTERED);
	}
	wq_buf_add(&log, WQ_S("\n"));
	folder_write(f->dir, "heads.log", wq_buf_str(&log));
	assert_err(open_again(f), WQ_E_ALTERED);
	for (int i = 0; i < 8000; i++)
		wq_buf_byte(&log, 'x');
	folder_write(f->dir, "heads.log", wq_buf_str(&log));
	assert_err(open_again(f), WQ_E_ALTERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_tail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_altered_last_line, setup, teardown),
	};
	int failed;

	if (wq_failed(wq_crypto_init()))
		return 1;
	test_clock = wq_clock_fixed(&now);
	people_new(&people);
	failed = cmocka_run_group_tests_name("seal heads", tests, NULL, NULL);
	people_free(&people);
	return failed;
}
