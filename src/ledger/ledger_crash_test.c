/* Nothing that was acknowledged is lost: power cuts at 500 points, and every single write, sync, truncation and deletion
 * failing once, or from then on, with a full or a broken disk. */
#include "ledger/ledger_fixture_test.h"
#include "store/vfs_test.h"

#include <errno.h>
#include <dirent.h>
#include <sys/stat.h>

enum { POINTS = 500, STRIDE = 9, APPENDS_MAX = 4000 };

struct crash {
	struct fixture fixture;
	struct wq_vfs_test *disk;
	struct wq_tip acknowledged;
	char images[96]; /* where crashes leave their files */
	uint64_t ops, points, points_unsynced, beyond;
	bool inside;
};

static void empty_folder(const char *folder)
{
	char path[400];
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			assert_int_equal(unlink(path), 0);
	}
	closedir(dir);
}

/* Opens what is in `folder` as the next start of the program would, and looks whether everything acknowledged is there:
 * the acknowledged tip is the witness. */
static void check_folder(struct crash *c, const char *folder)
{
	const struct wq_head acknowledged = {.tip = c->acknowledged};
	struct wq_verify_result result;
	struct wq_ledger *ledger = NULL;
	struct wq_db *db = NULL;
	char url[160];
	wq_err e;

	snprintf(url, sizeof(url), "sqlite:%s/ledger.db", folder);
	assert_ok(wq_db_open(wq_str_c(url), &db));
	assert_ok(wq_ledger_open(db, &wq_clock_system, &wq_random_system, NULL, &ledger));
	e = wq_ledger_verify(ledger, NULL, &acknowledged, 1, &result);
	if (wq_failed(e))
		fail_msg("acknowledged %llu, after operation %llu: %s: %s", (unsigned long long)c->acknowledged.seq,
			(unsigned long long)c->disk->ops, wq_err_name(e), wq_err_note(e));
	c->beyond += result.tip.seq > c->acknowledged.seq;
	wq_ledger_close(&ledger);
	wq_db_close(&db);
}

static void cut_power(struct crash *c)
{
	empty_folder(c->images);
	assert_ok(wq_vfs_test_crash(c->images));
	check_folder(c, c->images);
	c->points++;
}

static void before_operation(void *data)
{
	struct crash *c = data;

	if (c->inside || ++c->ops % STRIDE != 0 || c->points >= POINTS)
		return;
	c->inside = true;
	cut_power(c);
	c->inside = false;
}

static wq_err append_group(struct crash *c, int number, int n)
{
	struct wq_event_new event = {.type = WQ_S("release.created"), .actor = WQ_S("a"), .subject = WQ_S("s")};
	char body[64];

	WQ_TRY(wq_ledger_begin(c->fixture.ledger));
	for (int i = 0; i < n; i++) {
		snprintf(body, sizeof(body), "{\"number\":%d,\"of\":%d}", number, i);
		event.body = wq_str_c(body);
		WQ_TRY(wq_ledger_add(c->fixture.ledger, &event, NULL, NULL));
	}
	return wq_ledger_commit(c->fixture.ledger);
}

/* Appends and remembers what was acknowledged. */
static wq_err append(struct crash *c, int number)
{
	struct wq_tip tip;
	wq_err e;

	if (number % 5 == 4)
		e = append_group(c, number, 7);
	else if (number % 5 == 3)
		e = wq_fixture_append_private(&c->fixture);
	else
		e = wq_fixture_append(&c->fixture, number);
	if (wq_failed(e)) {
		wq_ledger_abort(c->fixture.ledger);
		return e;
	}
	assert_ok(wq_ledger_tip(c->fixture.ledger, &tip));
	c->acknowledged = tip;
	return WQ_OK;
}

static wq_err open_ledger(struct crash *c)
{
	struct wq_db_rows *rows = NULL;

	WQ_TRY(wq_db_open(wq_str_c(c->fixture.url), &c->fixture.db));
	/* often, so that the log's way into the database is cut as well */
	WQ_TRY(wq_db_query(c->fixture.db, "PRAGMA wal_autocheckpoint = 25", NULL, 0, &rows));
	(void)wq_db_next(rows);
	WQ_TRY(wq_db_rows_close(&rows));
	return wq_ledger_open(c->fixture.db, &wq_clock_system, &wq_random_system, NULL, &c->fixture.ledger);
}

static void begin(struct crash *c, uint64_t seed)
{
	*c = (struct crash){.fixture = {.kind = WQ_DB_SQLITE}};
	wq_fixture_begin(&c->fixture);
	snprintf(c->fixture.url, sizeof(c->fixture.url), "sqlite:%s/ledger.db?vfs=wq-test", c->fixture.folder);
	snprintf(c->images, sizeof(c->images), "%s/images", c->fixture.folder);
	assert_int_equal(mkdir(c->images, 0700), 0);
	c->disk = wq_vfs_test_reset(seed);
}

static void test_power_cuts(void **state)
{
	struct crash c;

	(void)state;
	begin(&c, 0x5eed);
	c.disk->before = before_operation;
	c.disk->data = &c;
	assert_ok(open_ledger(&c));
	for (int i = 0; i < APPENDS_MAX && c.points < POINTS; i++)
		assert_ok(append(&c, i));
	assert_int_equal(c.points, POINTS);
	/* the model does something: some crashes kept an event that was not acknowledged yet, many did not */
	assert_true(c.beyond > 0 && c.beyond < POINTS / 2);
	wq_fixture_end(&c.fixture);
}

/* A disk that lies: syncs are left out. Events are lost then, and the test has to see it. */
static void test_the_test_would_see_a_loss(void **state)
{
	struct crash c;
	const struct wq_head *witness;
	struct wq_head acknowledged = {0};
	struct wq_verify_result result;
	struct fixture later = {0};

	(void)state;
	begin(&c, 1);
	assert_ok(open_ledger(&c));
	for (int i = 0; i < 3; i++)
		assert_ok(append(&c, i));
	assert_ok(wq_vfs_test_crash(c.images));
	for (int i = 3; i < 6; i++)
		assert_ok(append(&c, i));
	/* the disk of then, the promise of now */
	acknowledged.tip = c.acknowledged;
	witness = &acknowledged;
	snprintf(later.url, sizeof(later.url), "sqlite:%s/ledger.db", c.images);
	wq_fixture_open(&later, NULL);
	assert_err(wq_ledger_verify(later.ledger, NULL, witness, 1, &result), WQ_E_REPLAYED);
	wq_ledger_close(&later.ledger);
	wq_db_close(&later.db);
	wq_fixture_end(&c.fixture);
}

/* Opens and appends on a disk whose operation `at` fails; whatever comes of it, what was acknowledged is there: for the
 * next process, and after a power cut. Returns whether the operation was reached. */
static bool fail_at(uint64_t at, int errnum, bool on)
{
	struct crash c;
	bool reached;

	begin(&c, at);
	c.disk->fail_at = at;
	c.disk->fail_errno = errnum;
	c.disk->fail_on = on;
	if (!wq_failed(open_ledger(&c)))
		for (int i = 0; i < 12; i++)
			WQ_IGNORE(append(&c, i));
	reached = c.disk->failed > 0;
	for (int i = 0; i < 3; i++)
		cut_power(&c);
	wq_ledger_close(&c.fixture.ledger);
	wq_db_close(&c.fixture.db);
	cut_power(&c);
	check_folder(&c, c.fixture.folder);
	wq_fixture_end(&c.fixture);
	return reached;
}

static void every_operation(int errnum, bool on)
{
	uint64_t at = 1;

	while (at < 10000 && fail_at(at, errnum, on))
		at++;
	assert_true(at > 100 && at < 10000);
}

static void test_disk_full_once(void **state)
{
	(void)state;
	every_operation(ENOSPC, false);
}

static void test_disk_full_from_then_on(void **state)
{
	(void)state;
	every_operation(ENOSPC, true);
}

static void test_disk_broken_once(void **state)
{
	(void)state;
	every_operation(EIO, false);
}

static void test_disk_broken_from_then_on(void **state)
{
	(void)state;
	every_operation(EIO, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_cuts),
		cmocka_unit_test(test_the_test_would_see_a_loss),
		cmocka_unit_test(test_disk_full_once),
		cmocka_unit_test(test_disk_full_from_then_on),
		cmocka_unit_test(test_disk_broken_once),
		cmocka_unit_test(test_disk_broken_from_then_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
