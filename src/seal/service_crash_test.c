/* A disk that fails and a power cut, at every operation of weique-sign. What must hold, whatever happened:
 * one serial is never given to two bodies, one place of the ledger never has two heads, and a signature that was handed
 * out is not forgotten. */
#include "seal/service_fixture_test.h"

#include <errno.h>

#include "base/file_crash.h"
#include "base/file_fault.h"

enum { CHOICES = 6 };

static struct people people;
static const struct wq_secret no_secret;
static wq_time now = 1790000200 * WQ_SECOND;
static struct wq_clock test_clock;

/* Serial 1, then serial 2 from two proposals that build on the same version; and two histories of the ledger. */
static struct release first, second, rival;
static struct wq_buf first_head = WQ_BUF_INIT(WQ_SNAPSHOT_HEADER), events[2][2];

struct handed {
	bool out;
	struct wq_buf head;
	wq_sm2_sig sig;
};

static wq_err ask(struct wq_seal_service *service, const struct release *r, struct handed *handed)
{
	wq_err e;

	wq_buf_clear(&handed->head);
	handed->head.max_bytes = WQ_SNAPSHOT_HEADER;
	e = wq_seal_service_seal(service, &r->request, r->body_fd, &handed->head, &handed->sig);
	handed->out = !wq_failed(e);
	return e;
}

static bool same(const struct handed *a, const struct handed *b)
{
	return wq_str_eq(wq_buf_str(&a->head), wq_buf_str(&b->head)) && memcmp(&a->sig, &b->sig, sizeof a->sig) == 0;
}

static wq_err ask_head(struct wq_seal_service *service, int history, uint64_t seq, struct wq_head *ret_head)
{
	wq_str event = wq_buf_str(&events[history][seq - 1]);
	uint8_t length[4] = {0, 0, (uint8_t)(event.n >> 8), (uint8_t)event.n};
	int fd = memory_file(wq_str_of(length, 4));
	wq_err e;

	assert_int_equal(write(fd, event.p, event.n), event.n);
	e = wq_seal_service_head(service, seq, 1, fd, ret_head);
	close(fd);
	return e;
}

static wq_err last_head(struct wq_seal_service *service, struct wq_head *ret_head)
{
	int fd = memory_file(WQ_S_NONE);
	wq_err e = wq_seal_service_head(service, 0, 0, fd, ret_head);

	close(fd);
	return e;
}

/* After the trouble: the service opens, what was handed out comes again, and the rival does not get its serial. */
static void check_seals(struct wq_seal_service *service, const struct handed *before)
{
	struct handed again = {0}, other = {0};

	if (before->out) {
		assert_ok(ask(service, &second, &again));
		assert_true(same(before, &again));
		assert_err(ask(service, &rival, &other), WQ_E_REPLAYED);
	} else if (wq_failed(ask(service, &rival, &other))) {
		/* it was signed and is remembered: then it is what `second` gets, and nobody saw another */
		assert_ok(ask(service, &second, &again));
	} else {
		assert_err(ask(service, &second, &again), WQ_E_REPLAYED);
	}
	assert_true(again.out != other.out);
	wq_buf_done(&again.head);
	wq_buf_done(&other.head);
}

static void check_heads(struct wq_seal_service *service, bool out, const struct wq_head *before)
{
	struct wq_head last = {0}, other;
	wq_err e = last_head(service, &last);

	assert_true(!wq_failed(e) || wq_is(e, WQ_E_NOT_FOUND));
	if (out)
		assert_memory_equal(&last, before, sizeof last);
	if (last.tip.seq == 1) {
		assert_err(ask_head(service, 1, 1, &other), WQ_E_CHAIN);
		assert_ok(ask_head(service, 0, 2, &other));
	} else {
		assert_ok(ask_head(service, 1, 1, &other));
	}
}

/* What is done while the disk fails: a service that is open asks for serial 2 and for the head of event 1. */
static void work(struct wq_seal_service *service, struct handed *sealed, bool *head_out, struct wq_head *head)
{
	WQ_IGNORE(ask(service, &second, sealed));
	*head_out = !wq_failed(ask_head(service, 0, 1, head));
}

static void prepare(char dir[TEST_PATH])
{
	struct wq_seal_service *service;
	struct handed one = {0};

	folder_make(dir, &people);
	assert_ok(wq_seal_service_open(&wq_fs_system, dir, &no_secret, &test_clock, &service));
	assert_ok(ask(service, &first, &one));
	wq_buf_clear(&first_head);
	wq_buf_add(&first_head, wq_buf_str(&one.head));
	wq_buf_done(&one.head);
	wq_seal_service_close(&service);
	release_approved(&second, &people, "portal", "r2", WQ_S("the second"), 1, wq_buf_str(&first_head));
	release_approved(&rival, &people, "portal", "x2", WQ_S("another second"), 1, wq_buf_str(&first_head));
}

static void finish(const char *dir)
{
	release_done(&second);
	release_done(&rival);
	folder_remove(dir);
}

/* One fault; then the disk is well again, for the same service and for a new one. Returns whether there was a fault. */
static bool one_fault(enum wq_fault_kind kind, int errnum, bool sticky, unsigned long at, bool restart)
{
	struct wq_seal_service *service;
	struct handed sealed = {0};
	struct wq_head head = {0};
	struct wq_fault fault;
	char dir[TEST_PATH];
	bool head_out, hit;

	prepare(dir);
	wq_fault_init(&fault, &wq_fs_system);
	assert_ok(wq_seal_service_open(&fault.fs, dir, &no_secret, &test_clock, &service));
	fault.kind = kind;
	fault.errnum = errnum;
	fault.sticky = sticky;
	fault.calls = 0;
	fault.at = at;
	work(service, &sealed, &head_out, &head);
	hit = fault.hits > 0;
	assert_true(hit || (sealed.out && head_out));
	fault.at = 0;
	if (restart) {
		wq_seal_service_close(&service);
		assert_ok(wq_seal_service_open(&wq_fs_system, dir, &no_secret, &test_clock, &service));
	}
	check_seals(service, &sealed);
	check_heads(service, head_out, &head);
	wq_seal_service_close(&service);
	wq_buf_done(&sealed.head);
	finish(dir);
	return hit;
}

static void test_faults(void **state)
{
	static const struct {
		enum wq_fault_kind kind;
		int errnum;
		bool sticky;
	} table[] = {{WQ_FAULT_ERRNO, EIO, false}, {WQ_FAULT_ERRNO, ENOSPC, true}, {WQ_FAULT_TORN, ENOSPC, false},
		{WQ_FAULT_TORN, EIO, true}, {WQ_FAULT_SHORT, 0, false}};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++)
		for (int restart = 0; restart < 2; restart++) {
			unsigned long at = 1;

			while (one_fault(table[i].kind, table[i].errnum, table[i].sticky, at, restart))
				at++;
			assert_true(at > 10); /* there was something to fail */
		}
}

/* ---- power cuts ---- */

static void cut_at(const struct wq_crash *crash, size_t point, uint64_t choice, const struct handed *sealed,
	const struct wq_head *head, bool head_out)
{
	struct wq_seal_service *service;
	char target[TEST_PATH];

	snprintf(target, sizeof target, "/tmp/wq-seal-cut-XXXXXX");
	assert_non_null(mkdtemp(target));
	assert_ok(wq_crash_materialise(crash, point, choice, target));
	assert_ok(wq_seal_service_open(&wq_fs_system, target, &no_secret, &test_clock, &service));
	check_seals(service, sealed);
	check_heads(service, head_out, head);
	wq_seal_service_close(&service);
	folder_remove(target);
}

static void test_power_cut(void **state)
{
	static const struct handed not_yet;
	struct wq_seal_service *service;
	struct handed sealed = {0};
	struct wq_head head = {0};
	struct wq_crash *crash;
	size_t opened, after_seal, end;
	char dir[TEST_PATH];

	(void)state;
	prepare(dir);
	assert_ok(wq_crash_new(&wq_fs_system, dir, &crash));
	assert_ok(wq_seal_service_open(wq_crash_fs(crash), dir, &no_secret, &test_clock, &service));
	opened = wq_crash_points(crash);
	assert_ok(ask(service, &second, &sealed));
	after_seal = wq_crash_points(crash);
	assert_ok(ask_head(service, 0, 1, &head));
	end = wq_crash_points(crash);
	wq_seal_service_close(&service);
	assert_true(opened < after_seal && after_seal < end);
	for (size_t point = 0; point <= end; point++)
		for (uint64_t choice = 0; choice < CHOICES; choice++)
			cut_at(crash, point, choice, point >= after_seal ? &sealed : &not_yet, &head, point == end);
	wq_crash_free(&crash);
	wq_buf_done(&sealed.head);
	finish(dir);
}

static int group_setup(void **state)
{
	wq_digest previous;

	(void)state;
	people_new(&people);
	release_approved(&first, &people, "portal", "r1", WQ_S("the first"), 0, WQ_S_NONE);
	for (int history = 0; history < 2; history++) {
		previous = (wq_digest){{0}};
		for (uint64_t seq = 1; seq <= 2; seq++) {
			struct wq_buf *event = &events[history][seq - 1];

			wq_buf_init(event, WQ_EVENT_BYTES_MAX);
			event_encode(seq, "change.found", WQ_S("weique"), WQ_S("portal"),
				history ? WQ_S("one") : WQ_S("other"), WQ_S("{}"), previous, event);
			previous = wq_sm3(wq_buf_str(event));
		}
	}
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	release_done(&first);
	wq_buf_done(&first_head);
	for (int i = 0; i < 4; i++)
		wq_buf_done(&events[i / 2][i % 2]);
	people_free(&people);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_power_cut),
	};

	if (wq_failed(wq_crypto_init()))
		return 1;
	test_clock = wq_clock_fixed(&now);
	return cmocka_run_group_tests_name("seal crash", tests, group_setup, group_teardown);
}
