#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "base/file_fault.h"
#include "gate/broker/broker.h"
#include "gate/broker/restore.h"
#include "gate/broker/watcher.h"
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
	size_t commits, packs, cold, keys;
	uint8_t key[WQ_HANDOVER_DIGEST];
	wq_digest pack;
	int index, file; /* of the cold pack that came last; -1: none */
};

static const struct offered nothing = {.index = -1, .file = -1};

static void offered_done(struct offered *o)
{
	wq_file_close(&o->index);
	wq_file_close(&o->file);
}

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
		o->packs += m.type == WQ_HANDOVER_PACK;
		if (m.type == WQ_HANDOVER_KEY && o->keys++ == m.number && m.number == 0)
			memcpy(o->key, m.digest, sizeof o->key);
		if (m.type == WQ_HANDOVER_PACK || m.type == WQ_HANDOVER_PACK_COLD)
			memcpy(o->pack.b, m.digest, sizeof o->pack.b);
		if (m.type == WQ_HANDOVER_PACK_COLD) {
			wq_file_close(&o->index);
			o->index = wq_link_take_fd(&message, 0);
		}
		if (m.type == WQ_HANDOVER_PACK_FILE) {
			o->cold++;
			wq_file_close(&o->file);
			o->file = wq_link_take_fd(&message, 0);
		}
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

/* ---- the leave master key ---- */

static void the_leave_key_is_made_once_and_handed_over(void **state)
{
	struct offered o = nothing, again = nothing;
	char path[4 * WQ_TEST_PATH], old[4 * WQ_TEST_PATH];
	struct wq_link *link;
	struct stat st;
	struct fixture f;

	(void)state;
	begin(&f);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	wq_link_close(&link);
	assert_int_equal(o.keys, 1);
	assert_true(memcmp(o.key, nothing.key, sizeof o.key) != 0);
	snprintf(path, sizeof path, "%s/leave.key", f.state);
	snprintf(old, sizeof old, "%s/leave.key.old", f.state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_true(logged(&f, "vault.leave_key_new") == 1);
	/* as the manual says: move it, start again */
	stop_broker(&f);
	assert_int_equal(rename(path, old), 0);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &again);
	wq_link_close(&link);
	assert_int_equal(again.keys, 2);
	assert_true(memcmp(again.key, o.key, sizeof o.key) != 0);
	stop_broker(&f);
	wq_test_write(f.dir, "state/leave.key", WQ_S("short"));
	assert_ok(wq_report_new(f.log, NULL, &f.clock, &wq_random_system, &f.report));
	assert_ok(wq_loop_new(&f.clock, &f.loop));
	assert_err(wq_broker_open(f.loop, &f.config, f.report, &f.clock, &f.broker), WQ_E_KEY);
	end(&f);
}

/* ---- cold packs ---- */

static void report_block(struct wq_link *link, const char *app, wq_digest pack, uint32_t object)
{
	struct wq_handover m = {
		.type = WQ_HANDOVER_REPORT, .number = object, .app = wq_str_c(app), .note = WQ_S("leaf 0")};

	memcpy(m.digest, pack.b, sizeof m.digest);
	assert_ok(wq_handover_send(link, &m, -1));
}

static void a_cold_pack_goes_with_its_file(void **state)
{
	struct offered o = nothing;
	char path[PATH_MAX];
	struct wq_link *link;
	struct stat mine, theirs;
	struct fixture f;

	(void)state;
	begin(&f);
	f.config.served.budget_bytes = 0;
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	assert_true(o.commits == 1 && o.packs == 0 && o.cold == 1);
	assert_int_equal(fcntl(o.index, F_GET_SEALS) & F_SEAL_WRITE, F_SEAL_WRITE);
	assert_int_equal(fcntl(o.file, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fstat(o.file, &theirs), 0);
	assert_int_equal(stat(wq_shelf_pack_path(&f.shelf, o.pack, path), &mine), 0);
	assert_true(mine.st_ino == theirs.st_ino);
	offered_done(&o);
	wq_link_close(&link);
	end(&f);
}

static void what_rules_refused_is_logged(void **state)
{
	struct wq_handover m = {.type = WQ_HANDOVER_RULE,
		.number = 942100,
		.count = 3,
		.app = WQ_S("portal"),
		.incident = WQ_S("20261122-0000A7F3"),
		.variable = WQ_S("ARGS:q"),
		.note = WQ_S("1' or 1=1")};
	struct wq_link *link;
	struct fixture f;

	(void)state;
	begin(&f);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	assert_ok(wq_handover_send(link, &m, -1));
	run(&f, 100);
	assert_true(logged(&f, "gate.rule_blocked") == 1);
	assert_true(logged(&f, "20261122-0000A7F3") == 1);
	wq_link_close(&link);
	end(&f);
}

/* Gate and comparison find one fault; the event names the object, and comes once. What is not cold, or nobody's, is no
 * matter for a report. */
static void what_a_gate_met_is_reported_once(void **state)
{
	struct offered o = nothing;
	char path[PATH_MAX];
	struct wq_link *link;
	struct fixture f;
	int fd;

	(void)state;
	begin(&f);
	f.config.served.budget_bytes = 0;
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	report_block(link, "nobody", o.pack, 0);
	report_block(link, "portal", wq_sm3(WQ_S("another")), 0);
	run(&f, 100);
	assert_true(logged(&f, "vault.pack_altered") == 0);
	for (int i = 0; i < 5; i++) {
		report_block(link, "portal", o.pack, 7);
		run(&f, 100);
	}
	assert_true(logged(&f, "vault.pack_altered") == 1);
	assert_true(logged(&f, "object 7, met by a gate") == 1);
	fd = open(wq_shelf_pack_path(&f.shelf, o.pack, path), O_WRONLY);
	assert_true(fd >= 0 && pwrite(fd, "!", 1, 70) == 1);
	close(fd);
	run(&f, 1000);
	assert_true(logged(&f, "vault.pack_altered") == 1);
	assert_true(logged(&f, "vault.restored") == 0);
	offered_done(&o);
	wq_link_close(&link);
	end(&f);
}

/* Somebody puts a whole file in the place of the altered one: gates get that one, under the same serial. */
static void a_cold_pack_that_came_back_is_offered_again(void **state)
{
	struct offered o = nothing;
	char path[PATH_MAX], name[96], hex[WQ_DIGEST_HEX];
	struct wq_link *link;
	struct stat mine, theirs;
	struct fixture f;
	WQ_BUF(pack, FILE_MAX);

	(void)state;
	begin(&f);
	f.config.served.budget_bytes = 0;
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	snprintf(name, sizeof name, "vault/packs/%s.pack", wq_digest_hex(o.pack, hex));
	wq_test_read(f.dir, name, &pack);
	assert_ok(wq_file_replace(&wq_fs_system, wq_shelf_pack_path(&f.shelf, o.pack, path), wq_buf_str(&pack), 0644));
	run(&f, 1000);
	take(link, &o);
	assert_true(o.commits == 2 && o.cold == 2 && o.serial == 1);
	assert_int_equal(fstat(o.file, &theirs), 0);
	assert_int_equal(stat(path, &mine), 0);
	assert_true(mine.st_ino == theirs.st_ino);
	assert_true(logged(&f, "vault.pack_altered") == 0);
	offered_done(&o);
	wq_link_close(&link);
	end(&f);
}

/* ---- what was altered is put back ---- */

static void alter(const char *path, size_t at)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0 && pwrite(fd, "!", 1, (off_t)at) == 1);
	close(fd);
}

static size_t evidence(const struct fixture *f)
{
	char path[4 * WQ_TEST_PATH];

	snprintf(path, sizeof path, "%s/evidence", f->state);
	return access(path, F_OK) == 0 ? wq_test_count(path) : 0;
}

static void same_as_before(struct fixture *f, const char *path, const struct wq_buf *before)
{
	WQ_BUF(now, FILE_MAX);

	(void)f;
	assert_ok(wq_file_read(&wq_fs_system, path, &now));
	assert_str(wq_buf_str(&now), wq_buf_str(before));
}

static void what_was_altered_is_put_back(void **state)
{
	enum { ALTERED, CUT, MISSING, LINK, WAYS };
	struct fixture f;
	char paths[2][PATH_MAX];
	struct offered o = nothing;
	struct wq_link *link;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	wq_shelf_snapshot_path(&f.shelf, "portal", 1, paths[0]);
	wq_shelf_pack_path(&f.shelf, o.pack, paths[1]);
	for (size_t file = 0; file < 2; file++)
		for (int way = 0; way < WAYS; way++) {
			WQ_BUF(before, FILE_MAX);
			size_t kept = evidence(&f), restored = logged(&f, "vault.restored");

			assert_ok(wq_file_read(&wq_fs_system, paths[file], &before));
			if (way == ALTERED)
				alter(paths[file], before.len / 2);
			else if (way == CUT)
				assert_int_equal(truncate(paths[file], 10), 0);
			else
				assert_int_equal(unlink(paths[file]), 0);
			if (way == LINK)
				assert_int_equal(symlink("/etc/passwd", paths[file]), 0);
			run(&f, WQ_RESTORE_PAUSE_SECONDS * 1000 + 500);
			same_as_before(&f, paths[file], &before);
			assert_int_equal(logged(&f, "vault.restored"), restored + 1);
			assert_int_equal(evidence(&f), kept + (way == ALTERED || way == CUT));
		}
	assert_true(logged(&f, "pack_altered\",\"evidence\":\"/") == 2);
	assert_true(logged(&f, "vault.restore_failed") == 0);
	take(link, &o);
	assert_int_equal(o.commits, 1);
	wq_link_close(&link);
	end(&f);
}

/* Who alters again and again gets two events in the pause, not thousands; the last state is the good one. */
static void altering_again_and_again_fills_nothing(void **state)
{
	struct fixture f;
	char path[PATH_MAX];
	WQ_BUF(before, FILE_MAX);

	(void)state;
	begin(&f);
	f.config.recheck_msec = 5000;
	publish(&f, "portal", 1, host);
	start_broker(&f);
	wq_shelf_snapshot_path(&f.shelf, "portal", 1, path);
	assert_ok(wq_file_read(&wq_fs_system, path, &before));
	for (int i = 0; i < 20; i++) {
		alter(path, 1030);
		run(&f, 400);
	}
	assert_true(logged(&f, "vault.snapshot_altered") <= 2);
	assert_true(logged(&f, "vault.restored") == 1);
	run(&f, WQ_RESTORE_PAUSE_SECONDS * 1000 + 6000);
	same_as_before(&f, path, &before);
	assert_true(evidence(&f) <= 3);
	end(&f);
}

static void without_restore_it_stays_as_it_is(void **state)
{
	struct fixture f;
	char path[PATH_MAX];
	WQ_BUF(now, FILE_MAX);

	(void)state;
	begin(&f);
	f.config.served.no_restore = true;
	publish(&f, "portal", 1, host);
	start_broker(&f);
	alter(wq_shelf_snapshot_path(&f.shelf, "portal", 1, path), 1030);
	run(&f, 1000);
	assert_true(logged(&f, "vault.snapshot_altered") == 1);
	assert_true(logged(&f, "vault.restored") == 0);
	assert_ok(wq_file_read(&wq_fs_system, path, &now));
	assert_int_equal(now.data[1030], '!');
	end(&f);
}

/* A full disk, a shelf that may not be written to: an event, once; serving and looking go on, and it is tried again. */
static void what_cannot_be_put_back_is_an_event(void **state)
{
	static const int errors[] = {ENOSPC, EROFS, EACCES};
	struct offered o;
	struct wq_fault fault;
	struct wq_link *link;
	struct fixture f;
	char path[PATH_MAX];
	WQ_BUF(before, FILE_MAX);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(errors); i++) {
		o = nothing;
		wq_buf_clear(&before);
		begin(&f);
		f.config.recheck_msec = 3600 * 1000; /* nobody waits for the next whole round */
		wq_fault_init(&fault, &wq_fs_system);
		fault.errnum = errors[i];
		fault.sticky = true;
		f.config.served.fs = &fault.fs;
		publish(&f, "portal", 1, host);
		start_broker(&f);
		wq_shelf_snapshot_path(&f.shelf, "portal", 1, path);
		assert_ok(wq_file_read(&wq_fs_system, path, &before));
		alter(path, 1030);
		fault.at = fault.calls + 1;
		run(&f, 2 * WQ_RESTORE_PAUSE_SECONDS * 1000);
		assert_true(logged(&f, "vault.snapshot_altered") == 1);
		assert_true(logged(&f, "vault.restore_failed") == 1);
		assert_true(logged(&f, "vault.restored") == 0);
		link = worker(&f, true);
		run(&f, 100);
		take(link, &o);
		assert_true(o.serial == 1 && o.commits == 1);
		wq_link_close(&link);
		assert_true(fault.hits > 0);
		fault.at = 0;
		run(&f, WQ_RESTORE_PAUSE_SECONDS * 1000 + 4000);
		same_as_before(&f, path, &before);
		assert_true(logged(&f, "vault.restored") == 1);
		end(&f);
	}
}

/* ---- one application among others ---- */

/* A release among fifty applications makes one of them due, and one pack; what is not whole yet makes nothing due. */
static void a_release_makes_one_application_due(void **state)
{
	struct wq_dirty dirty = {.all = false};
	struct wq_served_config config;
	struct wq_watcher watcher;
	struct wq_served *served;
	struct fixture f;
	char name[32], hosts[64];

	(void)state;
	begin(&f);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "app-%d", i);
		snprintf(hosts, sizeof hosts, "%d.example.gov.cn", i);
		publish(&f, name, 1, hosts);
	}
	config = f.config.served;
	config.clock = &f.clock;
	assert_ok(wq_report_new(f.log, NULL, &f.clock, &wq_random_system, &f.report));
	assert_ok(wq_served_open(&config, f.report, &served));
	assert_ok(wq_watcher_open(served, &watcher));
	assert_ok(wq_served_scan(served, NULL));
	wq_watcher_update(&watcher, served, &dirty);
	assert_int_equal(dirty.apps_n, 50); /* what came before the watches */
	dirty = (struct wq_dirty){.all = false};
	wq_watcher_drain(&watcher, served, &dirty);
	assert_false(wq_dirty_any(&dirty));
	publish(&f, "app-7", 2, "7.example.gov.cn");
	wq_test_write(f.dir, "vault/packs/.pack-under-way", WQ_S("half"));
	wq_watcher_drain(&watcher, served, &dirty);
	assert_false(dirty.all);
	assert_int_equal(dirty.apps_n, 1);
	assert_string_equal(dirty.apps[0], "app-7");
	assert_int_equal(dirty.packs_n, 1);
	assert_true(wq_served_scan_app(served, "app-7"));
	assert_false(wq_served_scan_app(served, "app-8"));
	wq_watcher_close(&watcher);
	wq_served_close(&served);
	wq_report_free(&f.report);
	wq_log_free(&f.log);
	wq_test_dir_done(f.dir);
}

/* A pack that was missing when its snapshot came: once it is there, the snapshot is taken. */
static void a_pack_that_comes_late_is_waited_for(void **state)
{
	struct offered o = nothing;
	char path[PATH_MAX], aside[PATH_MAX + 8];
	struct wq_link *link;
	struct fixture f;

	(void)state;
	begin(&f);
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	wq_link_close(&link);
	stop_broker(&f);
	snprintf(aside, sizeof aside, "%s.away", wq_shelf_pack_path(&f.shelf, o.pack, path));
	assert_int_equal(rename(path, aside), 0);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 1000);
	take(link, &o);
	assert_int_equal(o.commits, 1);
	assert_int_equal(rename(aside, path), 0);
	run(&f, 1000);
	take(link, &o);
	assert_int_equal(o.commits, 2);
	wq_link_close(&link);
	end(&f);
}

/* What a garbage collector takes away is no fault: old snapshots and their packs. */
static void old_ones_go_in_silence(void **state)
{
	struct offered o = nothing;
	wq_digest first;
	char path[PATH_MAX];
	struct wq_link *link;
	struct fixture f;

	(void)state;
	begin(&f);
	f.config.recheck_msec = 2000;
	publish(&f, "portal", 1, host);
	start_broker(&f);
	link = worker(&f, true);
	run(&f, 100);
	take(link, &o);
	first = o.pack;
	publish(&f, "portal", 2, host);
	run(&f, 300);
	take(link, &o);
	assert_false(wq_digest_eq(first, o.pack));
	assert_int_equal(unlink(wq_shelf_snapshot_path(&f.shelf, "portal", 1, path)), 0);
	assert_int_equal(unlink(wq_shelf_pack_path(&f.shelf, first, path)), 0);
	run(&f, 5000);
	for (const char **event = (const char *[]){"missing", "altered", "replayed", "load_failed", "restored", NULL};
		*event; event++)
		assert_int_equal(logged(&f, *event), 0);
	wq_link_close(&link);
	end(&f);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

/* The memory of a generation is in use until the last worker serves the next one: room for one and a half. */
static void a_draining_generation_counts(void **state)
{
	struct wq_handover ack = {.type = WQ_HANDOVER_ACK};

	(void)state;
	for (int acknowledges = 0; acknowledges < 2; acknowledges++) {
		struct offered o = nothing;
		char path[PATH_MAX], pack[PATH_MAX];
		struct wq_link *link;
		struct fixture f;

		begin(&f);
		publish(&f, "portal", 1, host);
		start_broker(&f);
		link = worker(&f, true);
		run(&f, 100);
		take(link, &o);
		wq_link_close(&link);
		stop_broker(&f);
		f.config.served.budget_bytes = 2 * size_of(wq_shelf_snapshot_path(&f.shelf, "portal", 1, path)) +
			2 * size_of(wq_shelf_pack_path(&f.shelf, o.pack, pack)) - 1;
		start_broker(&f);
		link = worker(&f, true);
		for (uint64_t serial = 1; serial <= 3; serial++) {
			if (serial > 1)
				publish(&f, "portal", serial, host);
			offered_done(&o);
			o = nothing;
			run(&f, 300);
			take(link, &o);
			assert_int_equal(o.serial, serial);
			ack.generation = o.generation;
			if (acknowledges || serial == 1)
				assert_ok(wq_handover_send(link, &ack, -1));
			run(&f, 100);
		}
		assert_int_equal(o.packs, acknowledges ? 1 : 0);
		assert_int_equal(o.cold, acknowledges ? 0 : 1);
		offered_done(&o);
		wq_link_close(&link);
		end(&f);
	}
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
		cmocka_unit_test(the_leave_key_is_made_once_and_handed_over),
		cmocka_unit_test(a_cold_pack_goes_with_its_file),
		cmocka_unit_test(what_rules_refused_is_logged),
		cmocka_unit_test(what_a_gate_met_is_reported_once),
		cmocka_unit_test(a_cold_pack_that_came_back_is_offered_again),
		cmocka_unit_test(what_was_altered_is_put_back),
		cmocka_unit_test(altering_again_and_again_fills_nothing),
		cmocka_unit_test(without_restore_it_stays_as_it_is),
		cmocka_unit_test(what_cannot_be_put_back_is_an_event),
		cmocka_unit_test(a_release_makes_one_application_due),
		cmocka_unit_test(a_pack_that_comes_late_is_waited_for),
		cmocka_unit_test(old_ones_go_in_silence),
		cmocka_unit_test(a_draining_generation_counts),
	};
	int failed;

	assert_ok(wq_crypto_init());
	assert_ok(wq_sm2_generate(&key));
	public = wq_sm2_key_public(key);
	failed = cmocka_run_group_tests_name("gate-broker", tests, NULL, NULL);
	wq_sm2_key_free(&key);
	return failed;
}
