#include "base/test.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "gate/broker/broker.h"
#include "link/handover.h"
#include "vault/dir_test.h"

enum { FILE_MAX = 1024 * 1024 };

static struct wq_sm2_key *key;
static wq_sm2_public public;

/* ---- one test's surroundings: a shelf, a broker, a clock that stands ---- */

struct fixture {
	char dir[WQ_TEST_PATH], vault[2 * WQ_TEST_PATH], state[2 * WQ_TEST_PATH], socket[2 * WQ_TEST_PATH],
		log_path[2 * WQ_TEST_PATH];
	struct wq_shelf shelf;
	wq_time time;
	struct wq_clock clock;
	struct wq_log *log;
	struct wq_report *report;
	struct wq_loop *loop;
	struct wq_broker *broker;
	struct wq_broker_config config;
};

static void start_broker(struct fixture *f)
{
	assert_ok(wq_report_new(f->log, NULL, &f->clock, &wq_random_system, &f->report));
	assert_ok(wq_loop_new(&f->clock, &f->loop));
	assert_ok(wq_broker_open(f->loop, &f->config, f->report, &f->clock, &f->broker));
}

static void stop_broker(struct fixture *f)
{
	wq_broker_close(&f->broker);
	wq_loop_free(&f->loop);
	wq_report_free(&f->report);
}

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	wq_test_dir(f->dir);
	snprintf(f->vault, sizeof f->vault, "%s/vault", f->dir);
	snprintf(f->state, sizeof f->state, "%s/state", f->dir);
	snprintf(f->socket, sizeof f->socket, "%s/socket", f->dir);
	snprintf(f->log_path, sizeof f->log_path, "%s/log", f->dir);
	assert_ok(wq_shelf_open(NULL, f->vault, true, &f->shelf));
	f->time = 1764000000 * WQ_SECOND;
	f->clock = wq_clock_fixed(&f->time);
	assert_ok(wq_log_new(&f->clock, WQ_LANG_EN, &f->log));
	assert_ok(wq_log_add_json_file(f->log, f->log_path, WQ_LEVEL_INFO));
	f->config = (struct wq_broker_config){.served = {.vault_dir = f->vault,
						      .state_dir = f->state,
						      .keys = {&public, 1},
						      .budget_bytes = 64 * WQ_MIB,
						      .fs = &wq_fs_system},
		.socket = f->socket,
		.recheck_msec = 300000};
}

static void end(struct fixture *f)
{
	stop_broker(f);
	wq_log_free(&f->log);
	wq_test_dir_done(f->dir);
}

/* `msec` of the clock go by, ten at a time; what is ready is handled. */
static void run(struct fixture *f, int msec)
{
	for (int i = 0; i <= msec; i += 10) {
		assert_ok(wq_loop_once(f->loop, 0));
		f->time += 10 * WQ_SECOND / 1000;
	}
}

/* How often the log has an event. */
static size_t logged(const struct fixture *f, const char *event)
{
	WQ_BUF(text, FILE_MAX);
	size_t n = 0;
	wq_str rest;

	wq_test_read(f->dir, "log", &text);
	rest = wq_buf_str(&text);
	for (ptrdiff_t at; (at = wq_str_find(rest, wq_str_c(event))) >= 0; n++)
		rest = wq_str_from(rest, (size_t)at + 1);
	return n;
}

/* ---- sealed things ---- */

static void publish(struct fixture *f, const char *app, uint64_t serial, const char *host)
{
	struct wq_snapshot_head head = {.serial = serial, .sealed_at = 1764000000 * WQ_SECOND};
	wq_str hosts[1] = {wq_str_c(host)};
	struct wq_pack_object object;
	struct wq_entry_new entry = {.status = 200, .type = WQ_S("text/html")};
	struct wq_body_new body = {.hosts = hosts, .hosts_n = 1, .packs_n = 1, .entries = &entry, .entries_n = 1};
	struct wq_pack_writer *w;
	const wq_digest *names;
	char path[PATH_MAX], page[128], page_key[128];
	uint64_t pack_bytes;
	wq_sm2_sig sig;
	size_t n;
	WQ_BUF(bytes, FILE_MAX);
	WQ_BUF(canonical, 1024);
	WQ_BUF(out, FILE_MAX);

	snprintf(page, sizeof page, "%s %u", app, (unsigned)serial);
	snprintf(page_key, sizeof page_key, "%s/", host);
	assert_ok(wq_pack_writer_open(wq_shelf_packs_path(&f->shelf, path), &w));
	assert_ok(wq_pack_writer_add(w, wq_str_c(page), &object));
	assert_ok(wq_pack_writer_finish(w, &names, &n));
	assert_ok(wq_sealed_size(wq_shelf_pack_path(&f->shelf, names[0], path), &pack_bytes));
	entry.key = wq_str_c(page_key);
	entry.identity = (struct wq_object_ref){0, object.number, object.length_bytes, object.digest};
	body.packs = names;
	body.pack_bytes = &pack_bytes;
	assert_ok(wq_snapshot_build(&body, &bytes));
	wq_pack_writer_free(&w);
	snprintf(head.app, sizeof head.app, "%s", app);
	head.body_root = wq_tree_root(wq_buf_str(&bytes));
	head.body_bytes = bytes.len;
	head.key_id = wq_sm2_key_id(&public);
	assert_ok(wq_snapshot_head_encode(&head, &canonical));
	assert_ok(wq_sm2_sign(key, wq_buf_str(&canonical), &sig));
	assert_ok(wq_snapshot_header(&head, &sig, &out));
	wq_buf_add(&out, wq_buf_str(&bytes));
	assert_ok(wq_shelf_publish(&f->shelf, wq_buf_str(&out)));
}

/* ---- a worker ---- */

static struct wq_link *worker(struct fixture *f, bool hello)
{
	struct wq_handover m = {.type = WQ_HANDOVER_HELLO, .number = 1, .version = WQ_HANDOVER_VERSION};
	struct wq_link_peer peer;
	struct wq_link *link;
	int fd;

	assert_ok(wq_link_connect(f->socket, NULL, 0, &fd, &peer));
	assert_ok(wq_link_open(fd, &wq_handover_protocol, WQ_LINK_CLIENT, &link));
	if (hello)
		assert_ok(wq_handover_send(link, &m, -1));
	return link;
}

/* What one worker was offered last, by COMMIT. */
struct offered {
	char app[WQ_HANDOVER_APP_MAX + 1];
	uint64_t serial, generation;
	size_t commits;
};

/* Takes what waits. */
static void take(struct wq_link *link, struct offered *o)
{
	struct wq_link_message message;
	struct wq_handover m;

	while (!wq_failed(wq_link_receive(link, &message))) {
		assert_ok(wq_handover_decode(message.type->type, message.payload, &m));
		if (m.type == WQ_HANDOVER_BEGIN) {
			snprintf(o->app, sizeof o->app, "%.*s", WQ_S_ARG(m.app));
			o->serial = m.serial;
			o->generation = m.generation;
		}
		o->commits += m.type == WQ_HANDOVER_COMMIT;
		wq_link_message_done(&message);
	}
}

static void refuse(struct wq_link *link, uint64_t generation, enum wq_handover_reason reason)
{
	struct wq_handover m = {
		.type = WQ_HANDOVER_NACK, .generation = generation, .reason = reason, .note = WQ_S("because")};

	assert_ok(wq_handover_send(link, &m, -1));
}

static const char host[] = "www.example.gov.cn";

/* ---- tests ---- */

static void a_new_release_reaches_a_worker(void **state)
{
	struct offered o = {.serial = 0};
	struct wq_link *link;
	struct fixture f;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	assert_true(o.serial == 1 && o.commits == 1);
	publish(&f, "portal", 2, host);
	run(&f, 200);
	take(link, &o);
	assert_true(o.serial == 2 && o.commits == 2);
	wq_link_close(&link);
	end(&f);
}

/* Somebody writes on the shelf all the time: a long capture, or an intruder who wants nobody to look. */
static void busy(struct fixture *f)
{
	char path[3 * WQ_TEST_PATH];

	snprintf(path, sizeof path, "%s/packs/noise", f->vault);
	for (int i = 0; i < 60; i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		assert_true(fd >= 0);
		close(fd);
		run(f, 20);
	}
}

static void a_busy_shelf_is_looked_at_all_the_same(void **state)
{
	struct offered o = {.serial = 0};
	struct wq_link *link;
	struct fixture f;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 1000);
	publish(&f, "portal", 2, host);
	busy(&f);
	take(link, &o);
	assert_true(o.serial == 2);
	wq_link_close(&link);
	end(&f);
}

static void what_is_altered_on_a_busy_shelf_is_found(void **state)
{
	char path[PATH_MAX];
	struct fixture f;
	int fd;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	run(&f, 1000);
	fd = open(wq_shelf_snapshot_path(&f.shelf, "portal", 1, path), O_WRONLY);
	assert_true(fd >= 0 && pwrite(fd, "!", 1, 1030) == 1);
	close(fd);
	busy(&f);
	assert_true(logged(&f, "vault.snapshot_altered") == 1);
	end(&f);
}

/* A worker whose mappings are full of draining generations, or whose machine is short of memory, would otherwise go on
 * with the old release until the next one. */
static void what_a_worker_refused_for_a_while_is_offered_again(void **state)
{
	static const enum wq_handover_reason passing[] = {WQ_REFUSED_LIMIT, WQ_REFUSED_SYSTEM, WQ_REFUSED_HOST};
	struct offered o = {.serial = 0};
	struct wq_link *link;
	struct fixture f;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	for (size_t i = 0; i < WQ_COUNT(passing); i++) {
		refuse(link, o.generation, passing[i]);
		run(&f, WQ_BROKER_RETRY_MSEC + 100);
		take(link, &o);
		assert_int_equal(o.commits, 2 + i);
	}
	/* one that is malformed stays so */
	refuse(link, o.generation, WQ_REFUSED_FORMAT);
	run(&f, 2 * WQ_BROKER_RETRY_MSEC);
	take(link, &o);
	assert_int_equal(o.commits, 1 + WQ_COUNT(passing));
	wq_link_close(&link);
	end(&f);
}

/* Two applications that claim one host: the first keeps it, now and after a restart, whatever they are called. */
static void a_host_stays_with_the_application_that_has_it(void **state)
{
	struct offered o = {.serial = 0};
	struct wq_link *link;
	struct fixture f;

	(void)state;
	begin(&f);
	publish(&f, "aaa", 1, "other.example.gov.cn");
	publish(&f, "portal", 1, host);
	start_broker(&f);
	run(&f, 100);
	publish(&f, "aaa", 2, host);
	publish(&f, "aab", 1, host);
	run(&f, 300);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(logged(&f, "vault.load_failed"), 2 * (round + 1));
		link = worker(&f, true);
		o = (struct offered){.serial = 0};
		run(&f, 100);
		take(link, &o);
		assert_int_equal(o.commits, 2);
		assert_true(o.serial == 1);
		wq_link_close(&link);
		stop_broker(&f);
		start_broker(&f);
		run(&f, 100);
	}
	/* once the host is given up, who waited for it gets it */
	publish(&f, "portal", 2, "moved.example.gov.cn");
	run(&f, 300);
	link = worker(&f, true);
	o = (struct offered){.serial = 0};
	run(&f, 300);
	take(link, &o);
	assert_int_equal(o.commits, 2);
	wq_link_close(&link);
	end(&f);
}

/* A process of the workers' user that only holds connections leaves room for workers. */
static void who_never_says_hello_makes_room(void **state)
{
	struct wq_link *silent[WQ_BROKER_WORKERS_MAX], *link;
	struct offered o = {.serial = 0};
	struct fixture f;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	for (size_t i = 0; i < WQ_COUNT(silent); i++) {
		silent[i] = worker(&f, false);
		run(&f, 0);
	}
	run(&f, WQ_BROKER_HELLO_MSEC + 2 * WQ_BROKER_TICK_MSEC);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	assert_true(o.commits == 1);
	/* and does not fill log and ledger */
	assert_true(logged(&f, "gate.worker_connected") == 1);
	assert_true(logged(&f, "gate.worker_gone") <= 2);
	for (size_t i = 0; i < WQ_COUNT(silent); i++)
		wq_link_close(&silent[i]);
	wq_link_close(&link);
	end(&f);
}

/* accept(2) fails for want of a descriptor and the connection goes on waiting: no busy loop, and it is met later. */
static void without_descriptors_the_broker_rests(void **state)
{
	struct rlimit old, low;
	struct offered o = {.serial = 0};
	struct wq_link *link;
	struct fixture f;
	struct timespec a, b;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	run(&f, 100);
	link = worker(&f, true);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 3; /* every number below is taken */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_ok(wq_loop_once(f.loop, 0));
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_ok(wq_loop_once(f.loop, 300)); /* nothing is due by the clock that stands: waits */
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 250);
	run(&f, 3 * WQ_BROKER_TICK_MSEC);
	take(link, &o);
	assert_true(o.commits == 1);
	wq_link_close(&link);
	end(&f);
}

/* Floors that were taken away: the first release that a fresh floor accepts is said when it is not the first of all. */
static void a_floor_that_begins_late_is_an_event(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	run(&f, 100);
	publish(&f, "portal", 2, host);
	run(&f, 200);
	assert_true(logged(&f, "vault.floor_new") == 0);
	stop_broker(&f);
	wq_test_dir_done(f.state);
	start_broker(&f);
	run(&f, 100);
	assert_true(logged(&f, "vault.floor_new") == 1);
	stop_broker(&f);
	start_broker(&f);
	run(&f, 100);
	assert_true(logged(&f, "vault.floor_new") == 1);
	end(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_release_reaches_a_worker),
		cmocka_unit_test(a_busy_shelf_is_looked_at_all_the_same),
		cmocka_unit_test(what_is_altered_on_a_busy_shelf_is_found),
		cmocka_unit_test(what_a_worker_refused_for_a_while_is_offered_again),
		cmocka_unit_test(a_host_stays_with_the_application_that_has_it),
		cmocka_unit_test(who_never_says_hello_makes_room),
		cmocka_unit_test(without_descriptors_the_broker_rests),
		cmocka_unit_test(a_floor_that_begins_late_is_an_event),
	};
	int failed;

	assert_ok(wq_crypto_init());
	assert_ok(wq_sm2_generate(&key));
	public = wq_sm2_key_public(key);
	failed = cmocka_run_group_tests_name("gate-broker", tests, NULL, NULL);
	wq_sm2_key_free(&key);
	return failed;
}
