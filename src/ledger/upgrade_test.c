/* A database that a former version made: it opens, is brought up to date, and says what it said; what the events say of it is the
 * same when the tables are made anew. */
#include "ledger/approval.h"
#include "ledger/ledger_fixture_test.h"
#include "ledger/release.h"

#include "base/file.h"

enum { FILE_BYTES = 1024 * 1024, EVENTS = 13 };

static struct fixture sqlite = {.kind = WQ_DB_SQLITE};

/* Runs the statements of a dump; each ends a line. */
static void load(struct wq_db *db, const char *name)
{
	WQ_BUF(text, FILE_BYTES);
	WQ_BUF(statement, FILE_BYTES);
	char path[512];
	wq_str rest;

	snprintf(path, sizeof path, "%.400s/tests/data/%s", getenv("WQ_SOURCE_ROOT"), name);
	assert_ok(wq_file_read(&wq_fs_system, path, &text));
	rest = wq_buf_str(&text);
	while (rest.p) {
		wq_str line = wq_str_cut(&rest, '\n');

		if (wq_str_starts(line, WQ_S("--")))
			continue;
		wq_buf_add(&statement, line);
		if (!wq_str_ends(line, WQ_S(";")))
			continue;
		assert_ok(wq_db_exec(db, wq_buf_cstr(&statement), NULL, 0, NULL));
		wq_buf_clear(&statement);
	}
}

static int setup(void **state)
{
	struct fixture *f = *state;

	wq_fixture_begin(f);
	assert_ok(wq_db_open(wq_str_c(f->url), &f->db));
	load(f->db, "ledger-schema-1.sql");
	wq_db_close(&f->db);
	wq_fixture_open(f, &wq_release_projections);
	return 0;
}

static int teardown(void **state)
{
	wq_fixture_end(*state);
	return 0;
}

static void check(struct fixture *f)
{
	struct wq_person_row person, *people;
	struct wq_release_row *releases;
	struct wq_decision_row *decisions;
	struct wq_app_row app;
	size_t n;

	assert_ok(wq_app_find(f->ledger, WQ_S("site"), &f->arena, &app));
	assert_str(app.hosts[0], WQ_S("www.example.gov.cn"));
	assert_int_equal(app.state, WQ_APP_ONLINE); /* a release of it was sealed */
	assert_int_equal(app.kind, WQ_UNIT_UNKNOWN);
	assert_int_equal(app.profile.n + app.opening.n + app.leader.n, 0);
	assert_ok(wq_person_list(f->ledger, &f->arena, &people, &n));
	assert_int_equal(n, 3);
	assert_ok(wq_person_find(f->ledger, WQ_S("wang"), &f->arena, &person));
	assert_str(person.name, WQ_S("演示审核一"));
	assert_int_equal(person.roles, WQ_ROLE_REVIEWER);
	assert_false(person.left);
	assert_ok(wq_release_list(f->ledger, WQ_S("site"), 10, &f->arena, &releases, &n));
	assert_int_equal(n, 1);
	assert_int_equal(releases[0].state, WQ_RELEASE_SEALED);
	assert_ok(wq_release_decisions(f->ledger, releases[0].id, &f->arena, &decisions, &n));
	assert_int_equal(n, 2);
}

static void test_upgrade(void **state)
{
	struct fixture *f = *state;
	struct wq_verify_result result;
	struct wq_person_row person;

	check(f);
	assert_ok(wq_ledger_verify(f->ledger, NULL, NULL, 0, &result));
	assert_int_equal(result.events, EVENTS);
	assert_ok(wq_ledger_rebuild(f->ledger));
	check(f);
	/* keys of before belong to their people */
	assert_ok(wq_person_find(f->ledger, WQ_S("wang"), &f->arena, &person));
	person.id = WQ_S("second");
	assert_err(wq_person_register(f->ledger, &person, WQ_S("admin"), &f->arena), WQ_E_EXISTS);
	/* and once more: nothing is to be done */
	wq_ledger_close(&f->ledger);
	wq_db_close(&f->db);
	wq_fixture_open(f, &wq_release_projections);
	check(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {{"sqlite: test_upgrade", test_upgrade, setup, teardown, &sqlite}};

	return wq_failed(wq_crypto_init()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
