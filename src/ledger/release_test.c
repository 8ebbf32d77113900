/* Releases on both databases: what the events make of the tables, and what may not happen. */
#include "ledger/release.h"

#include "ledger/ledger_fixture_test.h"

static struct wq_pg_test pg;
static struct fixture sqlite = {.kind = WQ_DB_SQLITE}, postgres = {.kind = WQ_DB_POSTGRES, .pg = &pg};

enum who { EDITOR, WANG, LI, SUN, PEOPLE };
static const struct {
	const char *id;
	unsigned roles;
} people[PEOPLE] = {
	{"editor", WQ_ROLE_AUTHOR}, {"wang", WQ_ROLE_REVIEWER}, {"li", WQ_ROLE_REVIEWER}, {"sun", WQ_ROLE_AUTHOR}};
static struct wq_sm2_key *keys[PEOPLE];

static int setup(void **state)
{
	struct fixture *f = *state;

	wq_fixture_begin(f);
	wq_fixture_open(f, &wq_release_projections);
	for (size_t i = 0; i < PEOPLE; i++)
		assert_ok(wq_person_register(f->ledger,
			&(struct wq_person_row){.id = wq_str_c(people[i].id),
				.name = WQ_S("某人"),
				.key = wq_sm2_key_public(keys[i]),
				.roles = people[i].roles,
				.in_establishment = true},
			WQ_S("admin"), &f->arena));
	return 0;
}

static int teardown(void **state)
{
	wq_fixture_end(*state);
	return 0;
}

static void create(struct fixture *f, const char *app, const char *id)
{
	struct wq_statement s = {.release = wq_str_c(id),
		.app = wq_str_c(app),
		.author = WQ_S("editor"),
		.body_root = {{7}},
		.entries = 3,
		.added = 3,
		.created = 1790000000 * WQ_SECOND};

	assert_ok(wq_ledger_begin(f->ledger));
	assert_ok(wq_release_add(f->ledger, &s, &f->arena));
	assert_ok(wq_ledger_commit(f->ledger));
}

static struct wq_release_row find(struct fixture *f, const char *id)
{
	struct wq_release_row row;

	assert_ok(wq_release_find(f->ledger, wq_str_c(id), &f->arena, &row));
	return row;
}

static wq_err decide_as(
	struct fixture *f, const char *id, wq_str statement, enum who who, enum who signer, enum wq_verdict verdict)
{
	struct wq_decision d = {.statement = wq_sm3(statement),
		.release = wq_str_c(id),
		.person = wq_str_c(people[who].id),
		.comment = WQ_S("意见"),
		.verdict = verdict};
	struct wq_signed_decision proof;
	WQ_BUF(out, WQ_DECISION_BYTES_MAX);

	assert_ok(wq_decision_encode(&d, &out));
	proof.canonical = wq_buf_str(&out);
	assert_ok(wq_sm2_sign(keys[signer], proof.canonical, &proof.sig));
	return wq_release_decide(f->ledger, &proof, &f->arena);
}

static wq_err decide(struct fixture *f, const char *id, enum who who, enum wq_verdict verdict)
{
	return decide_as(f, id, find(f, id).statement, who, who, verdict);
}

static wq_err seal(struct fixture *f, const char *id, uint64_t serial, const char *head)
{
	struct wq_sealed sealed = {
		.release = wq_str_c(id), .actor = WQ_S("wang"), .serial = serial, .head = wq_str_c(head), .sig = {{1}}};

	return wq_release_record_sealed(f->ledger, &sealed, &f->arena);
}

static uint64_t tip(struct fixture *f)
{
	struct wq_tip t;

	assert_ok(wq_ledger_tip(f->ledger, &t));
	return t.seq;
}

/* ---- */

static void test_life_of_a_release(void **state)
{
	struct fixture *f = *state;
	struct wq_release_row row, *list;
	struct wq_decision_row *decisions;
	struct wq_event event;
	uint64_t before;
	size_t n;

	create(f, "portal", "r1");
	row = find(f, "r1");
	assert_int_equal(row.state, WQ_RELEASE_OPEN);
	assert_int_equal(row.said.entries, 3);
	assert_int_equal(row.deciding_event.n, 0);
	assert_ok(decide(f, "r1", WANG, WQ_VERDICT_APPROVE));
	assert_ok(decide(f, "r1", LI, WQ_VERDICT_APPROVE));
	row = find(f, "r1");
	assert_int_equal(row.state, WQ_RELEASE_OPEN);
	assert_ok(wq_event_decode(row.deciding_event, &event));
	assert_int_equal(event.seq, tip(f));
	assert_str(event.actor, WQ_S("li"));
	assert_ok(wq_release_decisions(f->ledger, WQ_S("r1"), &f->arena, &decisions, &n));
	assert_int_equal(n, 2);
	assert_str(decisions[0].said.person, WQ_S("wang"));
	assert_str(decisions[1].said.comment, WQ_S("意见"));
	for (size_t i = 0; i < n; i++) {
		wq_sm2_public key = wq_sm2_key_public(keys[i ? LI : WANG]);
		assert_ok(wq_sm2_verify(&key, decisions[i].proof.canonical, &decisions[i].proof.sig));
	}
	assert_ok(wq_release_last_sealed(f->ledger, WQ_S("portal"), &f->arena, &list, &n));
	assert_int_equal(n, 0);
	assert_ok(seal(f, "r1", 1, "head one"));
	row = find(f, "r1");
	assert_int_equal(row.state, WQ_RELEASE_SEALED);
	assert_int_equal(row.serial, 1);
	assert_true(wq_digest_eq(row.snapshot, wq_sm3(WQ_S("head one"))));
	before = tip(f);
	assert_ok(seal(f, "r1", 1, "head one")); /* again: nothing is recorded */
	assert_int_equal(tip(f), before);
	assert_err(seal(f, "r1", 2, "another head"), WQ_E_STATE);
	assert_err(decide(f, "r1", SUN, WQ_VERDICT_REJECT), WQ_E_STATE);
	assert_ok(wq_release_last_sealed(f->ledger, WQ_S("portal"), &f->arena, &list, &n));
	assert_int_equal(n, 1);
	assert_str(list[0].id, WQ_S("r1"));
	assert_err(wq_release_find(f->ledger, WQ_S("r9"), &f->arena, &row), WQ_E_NOT_FOUND);
	assert_err(seal(f, "r9", 1, "head"), WQ_E_NOT_FOUND);
}

static void test_refused_decisions(void **state)
{
	struct fixture *f = *state;
	wq_str statement;
	uint64_t before;

	create(f, "portal", "r1");
	create(f, "portal", "r2");
	statement = find(f, "r1").statement;
	before = tip(f);
	assert_err(decide(f, "r1", EDITOR, WQ_VERDICT_APPROVE), WQ_E_SELF_REVIEW);
	assert_err(decide(f, "r1", SUN, WQ_VERDICT_APPROVE), WQ_E_DENIED); /* no reviewer: it would block the seal */
	assert_err(decide(f, "r1", SUN, WQ_VERDICT_REJECT), WQ_E_DENIED);
	assert_err(decide_as(f, "r1", statement, WANG, LI, WQ_VERDICT_APPROVE), WQ_E_SIGNATURE);
	assert_err(decide_as(f, "r1", find(f, "r2").statement, WANG, WANG, WQ_VERDICT_APPROVE), WQ_E_SIGNATURE);
	assert_err(decide_as(f, "r9", statement, WANG, WANG, WQ_VERDICT_APPROVE), WQ_E_NOT_FOUND);
	assert_int_equal(tip(f), before);
	assert_ok(decide(f, "r1", WANG, WQ_VERDICT_APPROVE));
	assert_err(decide(f, "r1", WANG, WQ_VERDICT_APPROVE), WQ_E_EXISTS);
	assert_err(decide(f, "r1", WANG, WQ_VERDICT_REJECT), WQ_E_EXISTS);
	assert_int_equal(tip(f), before + 1);
}

static void test_rejection(void **state)
{
	struct fixture *f = *state;

	create(f, "portal", "r1");
	create(f, "portal", "r2");
	create(f, "portal", "r3");
	assert_ok(decide(f, "r1", WANG, WQ_VERDICT_REJECT));
	assert_int_equal(find(f, "r1").state, WQ_RELEASE_REJECTED);
	assert_err(decide(f, "r1", LI, WQ_VERDICT_APPROVE), WQ_E_STATE);
	assert_int_equal(find(f, "r2").state, WQ_RELEASE_OPEN);
	assert_ok(decide(f, "r2", EDITOR, WQ_VERDICT_REJECT)); /* the author takes it back */
	assert_int_equal(find(f, "r2").state, WQ_RELEASE_REJECTED);
	/* weique-sign had signed before the rejection came: what is sealed is a fact */
	assert_ok(decide(f, "r3", LI, WQ_VERDICT_REJECT));
	assert_ok(seal(f, "r3", 1, "head"));
	assert_int_equal(find(f, "r3").state, WQ_RELEASE_SEALED);
}

static void test_superseding(void **state)
{
	struct fixture *f = *state;
	struct wq_release_row *list;
	size_t n;

	create(f, "portal", "r1");
	create(f, "portal", "r2");
	create(f, "notice", "n1");
	create(f, "portal", "r3");
	assert_ok(decide(f, "r1", WANG, WQ_VERDICT_REJECT));
	assert_ok(seal(f, "r2", 1, "head one"));
	assert_int_equal(find(f, "r1").state, WQ_RELEASE_REJECTED);
	assert_int_equal(find(f, "r3").state, WQ_RELEASE_SUPERSEDED);
	assert_int_equal(find(f, "n1").state, WQ_RELEASE_OPEN);
	assert_err(seal(f, "r3", 2, "head two"), WQ_E_STATE);
	assert_err(decide(f, "r3", LI, WQ_VERDICT_APPROVE), WQ_E_STATE);
	create(f, "portal", "r4");
	assert_ok(seal(f, "r4", 2, "head two"));
	assert_int_equal(find(f, "r2").state, WQ_RELEASE_SEALED);
	assert_ok(wq_release_last_sealed(f->ledger, WQ_S("portal"), &f->arena, &list, &n));
	assert_str(list[0].id, WQ_S("r4"));
	assert_ok(wq_release_list(f->ledger, WQ_S("portal"), 10, &f->arena, &list, &n));
	assert_int_equal(n, 4);
	assert_str(list[0].id, WQ_S("r4"));
	assert_ok(wq_release_list(f->ledger, WQ_S(""), 2, &f->arena, &list, &n));
	assert_int_equal(n, 2);
}

/* Events that no function here would append: the projections refuse them, and nothing is recorded. */
static void test_refused_events(void **state)
{
	static const struct {
		const char *type, *app, *subject, *body;
	} table[] = {
		{"release.created", "portal", "r5", "{}"},
		{"release.created", "portal", "r5", "{\"statement\":\"00\"}"},
		{"release.created", "portal", "r5", "{\"statement\":\"0\"}"},
		{"release.decided", "portal", "r1", "{}"},
		{"release.decided", "portal", "r1", "{\"decision\":\"00\",\"signature\":\"00\"}"},
		{"release.sealed", "portal", "r1", "{}"},
		{"release.sealed", "notice", "r1", "{\"serial\":1,\"head\":\"00\"}"},
		{"release.sealed", "portal", "r9", "{\"serial\":1,\"head\":\"00\"}"},
		{"release.sealed", "portal", "r1", "{\"serial\":-1,\"head\":\"00\"}"},
		{"finding.raised", "portal", "r1", "{}"},
		{"app.registered", "portal", "portal", "{\"name\":\"a\",\"unit\":\"b\",\"origin\":\"c\",\"hosts\":[]}"},
		{"app.registered", "portal", "portal",
			"{\"name\":\"a\",\"unit\":\"b\",\"origin\":\"c\",\"hosts\":[1]}"},
		{"app.registered", "portal", "portal",
			"{\"name\":\"a\",\"unit\":\"b\",\"origin\":\"c\",\"hosts\":[\"a\\nb\"]}"},
		{"person.registered", "", "zhao", "{\"public_key\":\"04\",\"roles\":1,\"in_establishment\":true}"},
	};
	struct fixture *f = *state;
	uint64_t before;

	create(f, "portal", "r1");
	before = tip(f);
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		struct wq_event_new event = {.type = wq_str_c(table[i].type),
			.actor = WQ_S("x"),
			.app = wq_str_c(table[i].app),
			.subject = wq_str_c(table[i].subject),
			.body = wq_str_c(table[i].body)};

		if (!wq_failed(wq_ledger_append(f->ledger, &event, &f->arena, NULL)))
			fail_msg("row %zu was taken", i);
		assert_int_equal(tip(f), before);
	}
	assert_int_equal(find(f, "r1").state, WQ_RELEASE_OPEN);
}

/* Everything that the tables say, as text. */
static void dump(struct fixture *f, struct wq_buf *out)
{
	static const struct {
		const char *sql;
		int columns;
	} table[] = {{"SELECT id, name, unit, origin, hosts, seq FROM app ORDER BY id", 6},
		{"SELECT id, roles, in_establishment, seq FROM person ORDER BY id", 4},
		{"SELECT id, app, state, serial, seq, created FROM release ORDER BY id", 6},
		{"SELECT release, person, verdict, seq FROM decision ORDER BY release, person", 4},
		{"SELECT seq, id, app, release, body FROM finding ORDER BY seq", 5}};
	static const char *const blobs[] = {"SELECT public_key FROM person ORDER BY id",
		"SELECT statement FROM release ORDER BY id", "SELECT snapshot FROM release ORDER BY id",
		"SELECT deciding FROM release ORDER BY id", "SELECT canonical FROM decision ORDER BY seq",
		"SELECT sig FROM decision ORDER BY seq"};
	struct wq_db_rows *rows;

	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		assert_ok(wq_db_query(f->db, table[i].sql, NULL, 0, &rows));
		while (wq_db_next(rows))
			for (int c = 0; c < table[i].columns; c++)
				wq_buf_printf(out, "%.*s|%lld\n", WQ_S_ARG(wq_db_text(rows, c)),
					(long long)wq_db_int(rows, c));
		assert_ok(wq_db_rows_close(&rows));
	}
	for (size_t i = 0; i < WQ_COUNT(blobs); i++) {
		assert_ok(wq_db_query(f->db, blobs[i], NULL, 0, &rows));
		while (wq_db_next(rows)) {
			wq_buf_add(out, wq_db_blob(rows, 0));
			wq_buf_byte(out, '\n');
		}
		assert_ok(wq_db_rows_close(&rows));
	}
	assert_ok(wq_buf_err(out));
}

static void test_rebuild(void **state)
{
	struct fixture *f = *state;
	struct wq_app_row app = {.id = WQ_S("portal"),
		.name = WQ_S("门户"),
		.unit = WQ_S("县政府"),
		.origin = WQ_S("/srv/www"),
		.hosts = {WQ_S("www.example.gov.cn"), WQ_S("example.gov.cn")},
		.hosts_n = 2};
	wq_str clause = WQ_S("B2");
	struct wq_finding finding = {.rule = WQ_S("content.secret"),
		.place = {.app = WQ_S("portal"), .key = WQ_S("www.example.gov.cn/a")},
		.evidence = {.excerpt = WQ_S("机密★")}};
	bool known;
	wq_str *findings;
	size_t n;
	WQ_BUF(before, 4 * WQ_MIB);
	WQ_BUF(after, 4 * WQ_MIB);

	finding.clauses[0] = clause;
	finding.clause_count = 1;
	assert_ok(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena));
	create(f, "portal", "r1");
	create(f, "portal", "r2");
	create(f, "portal", "r3");
	assert_ok(wq_release_finding_known(f->ledger, WQ_S("portal"), &finding, &known));
	assert_false(known);
	assert_ok(wq_ledger_begin(f->ledger));
	assert_ok(wq_release_add_finding(f->ledger, WQ_S("portal"), WQ_S("r1"), &finding, &f->arena));
	assert_ok(wq_ledger_commit(f->ledger));
	assert_ok(wq_release_finding_known(f->ledger, WQ_S("portal"), &finding, &known));
	assert_true(known);
	assert_ok(wq_release_finding_known(f->ledger, WQ_S("notice"), &finding, &known));
	assert_false(known);
	assert_ok(wq_release_findings(f->ledger, WQ_S("r1"), 10, &f->arena, &findings, &n));
	assert_int_equal(n, 1);
	assert_ok(decide(f, "r1", WANG, WQ_VERDICT_APPROVE));
	assert_ok(decide(f, "r2", LI, WQ_VERDICT_REJECT));
	assert_ok(seal(f, "r1", 1, "head one"));
	dump(f, &before);
	assert_int_equal(find(f, "r3").state, WQ_RELEASE_SUPERSEDED);
	/* whoever alters a table changes nothing for good */
	assert_ok(WQ_DB_EXEC(f->db, "UPDATE release SET state = $1", WQ_DB_I(0)));
	assert_ok(WQ_DB_EXEC(f->db, "DELETE FROM decision WHERE person <> $1", WQ_DB_T(WQ_S(""))));
	assert_ok(WQ_DB_EXEC(f->db, "UPDATE person SET roles = $1", WQ_DB_I(255)));
	assert_ok(wq_ledger_rebuild(f->ledger));
	dump(f, &after);
	assert_str(wq_buf_str(&after), wq_buf_str(&before));
}

/* ---- people and applications ---- */

static void test_registry(void **state)
{
	struct fixture *f = *state;
	struct wq_person_row person = {.id = WQ_S("zhao"), .name = WQ_S("赵六"), .roles = WQ_ROLE_REVIEWER}, found,
			     *list;
	struct wq_app_row app = {.id = WQ_S("portal"),
				  .name = WQ_S("门户"),
				  .unit = WQ_S("县政府"),
				  .origin = WQ_S("/srv"),
				  .hosts = {WQ_S("a.gov.cn"), WQ_S("b.gov.cn")},
				  .hosts_n = 2},
			  got, *apps;
	struct wq_sm2_key *key;
	char longest[WQ_NAME_MAX + 1];
	size_t n;

	assert_ok(wq_sm2_generate(&key));
	person.key = wq_sm2_key_public(keys[WANG]); /* wang under a second name */
	assert_err(wq_person_register(f->ledger, &person, WQ_S("admin"), &f->arena), WQ_E_EXISTS);
	person.key = wq_sm2_key_public(key);
	assert_ok(wq_person_register(f->ledger, &person, WQ_S("admin"), &f->arena));
	assert_err(wq_person_register(f->ledger, &person, WQ_S("admin"), &f->arena), WQ_E_EXISTS);
	person.id = WQ_S("Zhao");
	assert_err(wq_person_register(f->ledger, &person, WQ_S("admin"), &f->arena), WQ_E_INPUT);
	person.id = WQ_S("zhao2");
	person.name = WQ_S("a\nb");
	assert_err(wq_person_register(f->ledger, &person, WQ_S("admin"), &f->arena), WQ_E_INPUT);
	assert_ok(wq_person_find(f->ledger, WQ_S("zhao"), &f->arena, &found));
	assert_str(found.name, WQ_S("赵六"));
	assert_false(found.in_establishment);
	assert_memory_equal(found.key.point, wq_sm2_key_public(key).point, sizeof found.key.point);
	assert_ok(wq_ledger_erase(f->ledger, found.seq, WQ_S("name"), WQ_S("admin")));
	assert_ok(wq_person_find(f->ledger, WQ_S("zhao"), &f->arena, &found)); /* the person stays, without a name */
	assert_int_equal(found.name.n, 0);
	assert_err(wq_person_find(f->ledger, WQ_S("nobody"), &f->arena, &found), WQ_E_NOT_FOUND);
	assert_ok(wq_person_list(f->ledger, &f->arena, &list, &n));
	assert_int_equal(n, PEOPLE + 1);
	assert_str(list[0].id, WQ_S("editor"));

	assert_ok(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena));
	assert_err(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena), WQ_E_EXISTS);
	assert_ok(wq_app_find(f->ledger, WQ_S("portal"), &f->arena, &got));
	assert_int_equal(got.hosts_n, 2);
	assert_str(got.hosts[1], WQ_S("b.gov.cn"));
	assert_str(got.unit, WQ_S("县政府"));
	assert_ok(wq_app_list(f->ledger, &f->arena, &apps, &n));
	assert_int_equal(n, 1);
	app.id = WQ_S("second");
	app.hosts_n = 0;
	assert_err(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena), WQ_E_INPUT);
	app.hosts_n = 1;
	app.hosts[0] = WQ_S("a\nb");
	assert_err(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena), WQ_E_INPUT);
	app.hosts[0] = WQ_S("");
	assert_err(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena), WQ_E_INPUT);
	app.hosts[0] = WQ_S("c.gov.cn");
	memset(longest, 'x', sizeof longest);
	app.name = wq_str_of(longest, sizeof longest);
	assert_err(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena), WQ_E_INPUT);
	app.name.n--;
	assert_ok(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena));
	wq_sm2_key_free(&key);
}

static void test_altered_rows(void **state)
{
	struct fixture *f = *state;
	struct wq_person_row person, *list;
	struct wq_decision_row *decisions;
	size_t n;

	create(f, "portal", "r1");
	assert_ok(decide(f, "r1", WANG, WQ_VERDICT_APPROVE));
	assert_ok(WQ_DB_EXEC(f->db, "UPDATE decision SET sig = $1", WQ_DB_B(WQ_S("short"))));
	assert_err(wq_release_decisions(f->ledger, WQ_S("r1"), &f->arena, &decisions, &n), WQ_E_STATE);
	assert_ok(WQ_DB_EXEC(f->db, "UPDATE person SET public_key = $1", WQ_DB_B(WQ_S("short"))));
	assert_err(wq_person_find(f->ledger, WQ_S("wang"), &f->arena, &person), WQ_E_STATE);
	assert_err(wq_person_list(f->ledger, &f->arena, &list, &n), WQ_E_STATE);
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_ok(wq_release_decisions(f->ledger, WQ_S("r1"), &f->arena, &decisions, &n));
	assert_ok(wq_person_list(f->ledger, &f->arena, &list, &n));
}

static int start_all(void **state)
{
	(void)state;
	assert_ok(wq_crypto_init());
	for (size_t i = 0; i < PEOPLE; i++)
		assert_ok(wq_sm2_generate(&keys[i]));
	assert_ok(wq_pg_test_start(&pg));
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	wq_pg_test_stop(&pg);
	for (size_t i = 0; i < PEOPLE; i++)
		wq_sm2_key_free(&keys[i]);
	return 0;
}

#define ON(kind, test) \
	{ \
#kind ": " #test, test, setup, teardown, &kind \
	}
#define BOTH(test) ON(sqlite, test), ON(postgres, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_life_of_a_release),
		BOTH(test_refused_decisions),
		BOTH(test_rejection),
		BOTH(test_superseding),
		BOTH(test_refused_events),
		BOTH(test_rebuild),
		BOTH(test_registry),
		BOTH(test_altered_rows),
	};

	return cmocka_run_group_tests_name("releases", tests, start_all, stop_all);
}
