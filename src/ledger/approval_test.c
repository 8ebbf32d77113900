/* Approvals and the people who give them, on both databases: each step of the state table, and who may not take it. */
#include "ledger/approval.h"

#include "ledger/ledger_fixture_test.h"
#include "ledger/release.h"

static struct wq_pg_test pg;
static struct fixture sqlite = {.kind = WQ_DB_SQLITE}, postgres = {.kind = WQ_DB_POSTGRES, .pg = &pg};
static wq_time now;
static struct wq_clock the_clock;

enum who { EDITOR, WANG, LI, CHEN, LAO, FAR, PEOPLE };
static const struct {
	const char *id, *unit;
	unsigned roles;
	bool in_establishment;
} people[PEOPLE] = {
	[EDITOR] = {"editor", "", WQ_ROLE_AUTHOR | WQ_ROLE_REVIEWER, true},
	[WANG] = {"wang", "county", WQ_ROLE_REVIEWER, true},
	[LI] = {"li", "province", WQ_ROLE_REVIEWER | WQ_ROLE_LEADER, true},
	[CHEN] = {"chen", "", WQ_ROLE_REVIEWER, false},
	[LAO] = {"lao", "county", WQ_ROLE_LEADER, true},
	[FAR] = {"far", "elsewhere", WQ_ROLE_REVIEWER, true},
};
static struct wq_sm2_key *keys[PEOPLE + 1];

static void add_unit(struct fixture *f, const char *id, const char *superior)
{
	struct wq_unit_row unit = {
		.id = wq_str_c(id), .name = WQ_S("某单位"), .kind = WQ_UNIT_ORGAN, .superior = wq_str_c(superior)};

	assert_ok(wq_unit_register(f->ledger, &unit, WQ_S("admin"), &f->arena));
}

static int setup(void **state)
{
	struct fixture *f = *state;
	struct wq_app_row app = {.id = WQ_S("portal"),
		.unit = WQ_S("county"),
		.origin = WQ_S("/srv"),
		.hosts = {WQ_S("www.example.gov.cn")},
		.hosts_n = 1};

	now = 1790000000 * WQ_SECOND;
	wq_fixture_begin(f);
	assert_ok(wq_db_open(wq_str_c(f->url), &f->db));
	assert_ok(wq_ledger_open(f->db, &the_clock, &wq_random_system, &wq_release_projections, &f->ledger));
	add_unit(f, "province", "");
	add_unit(f, "county", "province");
	add_unit(f, "elsewhere", "");
	for (size_t i = 0; i < PEOPLE; i++) {
		struct wq_person_row person = {.id = wq_str_c(people[i].id),
			.name = WQ_S("某人"),
			.key = wq_sm2_key_public(keys[i]),
			.roles = people[i].roles,
			.unit = wq_str_c(people[i].unit),
			.in_establishment = people[i].in_establishment};
		assert_ok(wq_person_register(f->ledger, &person, WQ_S("admin"), &f->arena));
	}
	app.leader = WQ_S("lao");
	assert_ok(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena));
	return 0;
}

static int teardown(void **state)
{
	wq_fixture_end(*state);
	return 0;
}

/* An opening in two stages, review and release, that ends after a day. */
static struct wq_approval_statement opening(void)
{
	return (struct wq_approval_statement){.subject = WQ_S(WQ_SUBJECT_OPENING),
		.object = WQ_S("portal"),
		.app = WQ_S("portal"),
		.asker = WQ_S("editor"),
		.text = WQ_S("开办门户网站"),
		.rule = WQ_S("opening-2024"),
		.stages = {wq_stage_find(WQ_S("review")), wq_stage_find(WQ_S("release"))},
		.stages_n = 2,
		.in_establishment = true,
		.until = now + WQ_DAY};
}

static struct wq_approval_row ask(struct fixture *f, const struct wq_approval_statement *said)
{
	struct wq_approval_row row;

	assert_ok(wq_approval_ask(f->ledger, said, &f->arena, &row));
	return row;
}

static struct wq_approval_row find(struct fixture *f, wq_str id)
{
	struct wq_approval_row row;

	assert_ok(wq_approval_find(f->ledger, id, &f->arena, &row));
	return row;
}

static wq_err decide_by(struct fixture *f, const struct wq_approval_row *row, enum who who, enum who signer,
	const char *stage, enum wq_verdict verdict)
{
	struct wq_decision d = {.statement = wq_sm3(row->statement),
		.release = row->said.id,
		.person = wq_str_c(people[who].id),
		.stage = wq_str_c(stage),
		.verdict = verdict,
		.time = now};
	struct wq_signed_decision proof;
	WQ_BUF(out, WQ_DECISION_BYTES_MAX);

	assert_ok(wq_approval_decision_encode(&d, &out));
	proof.canonical = wq_buf_str(&out);
	assert_ok(wq_sm2_sign(keys[signer], proof.canonical, &proof.sig));
	return wq_approval_decide(f->ledger, &proof, &f->arena);
}

static wq_err approve(struct fixture *f, const struct wq_approval_row *row, enum who who, const char *stage)
{
	return decide_by(f, row, who, who, stage, WQ_VERDICT_APPROVE);
}

static enum wq_approval_state state_of(struct fixture *f, const struct wq_approval_row *row)
{
	struct wq_approval_row now_is = find(f, row->said.id);

	return wq_approval_state(&now_is, now);
}

static struct wq_app_row app(struct fixture *f)
{
	struct wq_app_row row;

	assert_ok(wq_app_find(f->ledger, WQ_S("portal"), &f->arena, &row));
	return row;
}

static wq_err standing(struct fixture *f)
{
	struct wq_approval_row row;

	return wq_approval_standing(
		f->ledger, WQ_S(WQ_SUBJECT_OPENING), WQ_S("portal"), WQ_S_NONE, now, &f->arena, &row);
}

static size_t all_standing(struct fixture *f, const char *app)
{
	struct wq_approval_row *rows;
	size_t n;

	assert_ok(wq_approval_list_standing(
		f->ledger, WQ_S(WQ_SUBJECT_OPENING), wq_str_c(app), now, 10, &f->arena, &rows, &n));
	return n;
}

/* ---- */

static void test_life(void **state)
{
	struct fixture *f = *state;
	struct wq_approval_statement said = opening();
	struct wq_approval_decision_row *decisions;
	struct wq_approval_row a, *list;
	size_t n;

	a = ask(f, &said);
	assert_int_equal(state_of(f, &a), WQ_APPROVAL_OPEN);
	assert_int_equal(a.said.asked, now);
	assert_str(a.said.text, WQ_S("开办门户网站"));
	assert_err(standing(f), WQ_E_UNAPPROVED);
	assert_int_equal(app(f).state, WQ_APP_APPLIED);
	assert_ok(approve(f, &a, WANG, "review"));
	assert_int_equal(state_of(f, &a), WQ_APPROVAL_OPEN);
	assert_err(standing(f), WQ_E_UNAPPROVED);
	assert_ok(approve(f, &a, LAO, "release"));
	assert_int_equal(state_of(f, &a), WQ_APPROVAL_APPROVED);
	assert_ok(standing(f));
	assert_int_equal(app(f).state, WQ_APP_REVIEWED);
	assert_str(app(f).opening, a.said.id);
	assert_ok(wq_approval_decisions(f->ledger, a.said.id, &f->arena, &decisions, &n));
	assert_int_equal(n, 2);
	assert_str(decisions[1].said.person, WQ_S("lao"));
	for (size_t i = 0; i < n; i++) {
		wq_sm2_public key = wq_sm2_key_public(keys[i ? LAO : WANG]);
		assert_ok(wq_sm2_verify(&key, decisions[i].proof.canonical, &decisions[i].proof.sig));
	}
	assert_ok(
		wq_approval_list(f->ledger, WQ_S("app.opening"), WQ_S_NONE, WQ_S("portal"), 10, &f->arena, &list, &n));
	assert_int_equal(n, 1);
	assert_ok(wq_approval_list(f->ledger, WQ_S("link"), WQ_S_NONE, WQ_S_NONE, 10, &f->arena, &list, &n));
	assert_int_equal(n, 0);
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_int_equal(state_of(f, &a), WQ_APPROVAL_APPROVED);
	assert_int_equal(app(f).state, WQ_APP_REVIEWED);
	/* it ends by itself */
	now += WQ_DAY - 1;
	assert_ok(standing(f));
	assert_int_equal(all_standing(f, "portal"), 1);
	assert_int_equal(all_standing(f, "county"), 0);
	now += 1;
	assert_int_equal(state_of(f, &a), WQ_APPROVAL_ENDED);
	assert_err(standing(f), WQ_E_UNAPPROVED);
	assert_int_equal(all_standing(f, "portal"), 0);
}

static void test_refused_decisions(void **state)
{
	static const struct {
		const char *what, *stage;
		enum who who, signer;
		enum wq_err_id error;
	} table[] = {
		{"the asker", "review", EDITOR, EDITOR, WQ_E_SELF_REVIEW},
		{"a contractor", "review", CHEN, CHEN, WQ_E_DENIED},
		{"without the role", "review", LAO, LAO, WQ_E_DENIED},
		{"of another unit", "review", FAR, FAR, WQ_E_DENIED},
		{"a later stage", "release", LAO, LAO, WQ_E_STATE},
		{"no stage", "", WANG, WANG, WQ_E_STATE},
		{"signed by another", "review", WANG, LI, WQ_E_SIGNATURE},
	};
	struct fixture *f = *state;
	struct wq_approval_statement said = opening(), other;
	struct wq_approval_row a = ask(f, &said), b;

	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		wq_err e = decide_by(f, &a, table[i].who, table[i].signer, table[i].stage, WQ_VERDICT_APPROVE);
		if (!wq_is(e, table[i].error))
			fail_msg("%s: %s (%s)", table[i].what, wq_err_name(e), wq_err_note(e));
	}
	other = said;
	other.object = WQ_S("www.partner.example");
	other.subject = WQ_S("link");
	b = ask(f, &other);
	b.said.id = a.said.id; /* a decision on b under the name of a */
	assert_err(approve(f, &b, WANG, "review"), WQ_E_SIGNATURE);
	/* somebody of the unit above may; nobody twice */
	assert_ok(approve(f, &a, LI, "review"));
	assert_err(approve(f, &a, LI, "release"), WQ_E_EXISTS);
	assert_ok(wq_person_leave(f->ledger, WQ_S("lao"), WQ_S("退休"), WQ_S("admin"), &f->arena));
	assert_err(approve(f, &a, LAO, "release"), WQ_E_DENIED);
	now += WQ_DAY;
	assert_err(approve(f, &a, WANG, "release"), WQ_E_STATE);
}

static void test_rejected_and_withdrawn(void **state)
{
	struct fixture *f = *state;
	struct wq_approval_statement said = opening();
	struct wq_approval_row a = ask(f, &said), b;

	assert_err(wq_approval_ask(f->ledger, &said, &f->arena, NULL), WQ_E_EXISTS);
	assert_ok(decide_by(f, &a, WANG, WANG, "review", WQ_VERDICT_REJECT));
	assert_int_equal(state_of(f, &a), WQ_APPROVAL_REJECTED);
	assert_err(approve(f, &a, LI, "review"), WQ_E_STATE);
	assert_err(wq_approval_withdraw(f->ledger, a.said.id, WQ_S("editor"), WQ_S_NONE, &f->arena), WQ_E_STATE);
	assert_int_equal(app(f).state, WQ_APP_APPLIED);
	b = ask(f, &said);
	assert_ok(approve(f, &b, WANG, "review"));
	assert_ok(approve(f, &b, LAO, "release"));
	assert_err(wq_approval_withdraw(f->ledger, b.said.id, WQ_S("chen"), WQ_S_NONE, &f->arena), WQ_E_DENIED);
	assert_ok(standing(f));
	assert_ok(wq_approval_withdraw(f->ledger, b.said.id, WQ_S("lao"), WQ_S("有误"), &f->arena));
	assert_int_equal(state_of(f, &b), WQ_APPROVAL_WITHDRAWN);
	assert_err(standing(f), WQ_E_UNAPPROVED);
	assert_err(approve(f, &b, LI, "review"), WQ_E_STATE);
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_int_equal(state_of(f, &b), WQ_APPROVAL_WITHDRAWN);
	assert_int_equal(state_of(f, &a), WQ_APPROVAL_REJECTED);
}

static void refused_ask(struct fixture *f, struct wq_approval_statement said, enum wq_err_id error)
{
	assert_err(wq_approval_ask(f->ledger, &said, &f->arena, NULL), error);
}

static void test_refused_asks(void **state)
{
	static char longest[WQ_APPROVAL_TEXT_MAX + 1];
	struct fixture *f = *state;
	struct wq_approval_statement said = opening(), s;

	memset(longest, 'x', sizeof longest);
	s = said, s.asker = WQ_S("nobody"), refused_ask(f, s, WQ_E_NOT_FOUND);
	s = said, s.app = WQ_S("nothing"), refused_ask(f, s, WQ_E_NOT_FOUND);
	s = said, s.subject = WQ_S("App"), refused_ask(f, s, WQ_E_INPUT);
	s = said, s.object = WQ_S_NONE, refused_ask(f, s, WQ_E_INPUT);
	s = said, s.stages_n = 0, refused_ask(f, s, WQ_E_INPUT);
	s = said, s.until = now, refused_ask(f, s, WQ_E_INPUT);
	s = said, s.text = wq_str_of(longest, sizeof longest), refused_ask(f, s, WQ_E_INPUT);
	s = said, s.text = WQ_S("\xff"), refused_ask(f, s, WQ_E_INPUT);
	assert_ok(wq_person_leave(f->ledger, WQ_S("editor"), WQ_S_NONE, WQ_S("admin"), &f->arena));
	refused_ask(f, said, WQ_E_DENIED);
}

/* ---- people ---- */

static struct wq_person_row person(struct fixture *f, const char *id)
{
	struct wq_person_row row;

	assert_ok(wq_person_find(f->ledger, wq_str_c(id), &f->arena, &row));
	return row;
}

static void test_people_change_and_leave(void **state)
{
	struct fixture *f = *state;
	struct wq_person_row wang = person(f, "wang");
	uint64_t seq = wang.seq;

	wang.roles = WQ_ROLE_SECRECY;
	wang.in_establishment = false;
	wang.unit = WQ_S("province");
	wang.name = WQ_S_NONE;
	assert_ok(wq_person_change(f->ledger, &wang, WQ_S("admin"), &f->arena));
	wang = person(f, "wang");
	assert_int_equal(wang.roles, WQ_ROLE_SECRECY);
	assert_false(wang.in_establishment);
	assert_str(wang.unit, WQ_S("province"));
	assert_str(wang.name, WQ_S("某人"));
	assert_int_equal(wang.seq, seq);
	wang.name = WQ_S("王五");
	assert_ok(wq_person_change(f->ledger, &wang, WQ_S("admin"), &f->arena));
	assert_str(person(f, "wang").name, WQ_S("王五"));
	wang.unit = WQ_S("nowhere");
	assert_err(wq_person_change(f->ledger, &wang, WQ_S("admin"), &f->arena), WQ_E_NOT_FOUND);
	wang.id = WQ_S("nobody");
	assert_err(wq_person_change(f->ledger, &wang, WQ_S("admin"), &f->arena), WQ_E_NOT_FOUND);
	assert_ok(wq_person_leave(f->ledger, WQ_S("wang"), WQ_S("调离"), WQ_S("admin"), &f->arena));
	assert_true(person(f, "wang").left);
	assert_err(wq_person_leave(f->ledger, WQ_S("wang"), WQ_S_NONE, WQ_S("admin"), &f->arena), WQ_E_STATE);
	wang = person(f, "wang");
	assert_err(wq_person_change(f->ledger, &wang, WQ_S("admin"), &f->arena), WQ_E_STATE);
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_true(person(f, "wang").left);
	assert_str(person(f, "wang").name, WQ_S("王五"));
}

static wq_err change_key(struct fixture *f, const char *id, const struct wq_sm2_key *old, const struct wq_sm2_key *new,
	const struct wq_sm2_key *signer)
{
	wq_sm2_public old_public = wq_sm2_key_public(old);
	struct wq_key_change change = {.person = wq_str_c(id),
		.old_key = wq_sm2_key_id(&old_public),
		.key = wq_sm2_key_public(new),
		.time = now};
	wq_sm2_sig sig;
	WQ_BUF(out, WQ_KEY_CHANGE_BYTES_MAX);

	assert_ok(wq_key_change_encode(&change, &out));
	assert_ok(wq_sm2_sign(signer, wq_buf_str(&out), &sig));
	return wq_person_key_change(f->ledger, wq_buf_str(&out), &sig, WQ_S("admin"), &f->arena);
}

static void test_new_key(void **state)
{
	struct fixture *f = *state;
	struct wq_sm2_key *spare = keys[PEOPLE];
	wq_sm2_public public = wq_sm2_key_public(spare);

	assert_err(change_key(f, "wang", keys[WANG], spare, spare), WQ_E_SIGNATURE);
	assert_err(change_key(f, "wang", keys[LI], spare, keys[LI]), WQ_E_STATE);
	assert_err(change_key(f, "wang", keys[WANG], keys[LI], keys[WANG]), WQ_E_EXISTS);
	assert_ok(change_key(f, "wang", keys[WANG], spare, keys[WANG]));
	assert_memory_equal(person(f, "wang").key.point, public.point, sizeof public.point);
	assert_str(person(f, "wang").name, WQ_S("某人"));
	/* the old one is wang's for ever, and replaces nothing any more */
	assert_err(change_key(f, "li", keys[LI], keys[WANG], keys[LI]), WQ_E_EXISTS);
	assert_err(change_key(f, "wang", keys[WANG], spare, keys[WANG]), WQ_E_STATE);
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_memory_equal(person(f, "wang").key.point, public.point, sizeof public.point);
	assert_err(change_key(f, "li", keys[LI], keys[WANG], keys[LI]), WQ_E_EXISTS);
}

/* The old key is lost: two others vouch. */
static void test_key_by_approval(void **state)
{
	struct fixture *f = *state;
	wq_sm2_public public = wq_sm2_key_public(keys[PEOPLE]), another = wq_sm2_key_public(keys[LI]);
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];
	struct wq_approval_statement said = opening();
	struct wq_approval_row a;

	said.subject = WQ_S(WQ_SUBJECT_PERSON_KEY);
	said.object = WQ_S("wang");
	said.app = WQ_S_NONE;
	said.text = wq_str_c(wq_hex(public.point, sizeof public.point, hex));
	assert_err(wq_person_key_replace(f->ledger, WQ_S("wang"), &public, WQ_S("admin"), &f->arena), WQ_E_UNAPPROVED);
	a = ask(f, &said);
	assert_err(approve(f, &a, WANG, "review"), WQ_E_SELF_REVIEW); /* it is about wang */
	assert_ok(approve(f, &a, LI, "review"));
	assert_err(wq_person_key_replace(f->ledger, WQ_S("wang"), &public, WQ_S("admin"), &f->arena), WQ_E_UNAPPROVED);
	assert_ok(approve(f, &a, LAO, "release"));
	assert_err(wq_person_key_replace(f->ledger, WQ_S("wang"), &another, WQ_S("admin"), &f->arena), WQ_E_UNAPPROVED);
	assert_err(wq_person_key_replace(f->ledger, WQ_S("li"), &public, WQ_S("admin"), &f->arena), WQ_E_UNAPPROVED);
	assert_ok(wq_person_key_replace(f->ledger, WQ_S("wang"), &public, WQ_S("admin"), &f->arena));
	assert_memory_equal(person(f, "wang").key.point, public.point, sizeof public.point);
	/* once */
	assert_err(wq_person_key_replace(f->ledger, WQ_S("wang"), &public, WQ_S("admin"), &f->arena), WQ_E_EXISTS);
}

static int start_all(void **state)
{
	(void)state;
	the_clock = wq_clock_fixed(&now);
	assert_ok(wq_crypto_init());
	for (size_t i = 0; i < WQ_COUNT(keys); i++)
		assert_ok(wq_sm2_generate(&keys[i]));
	assert_ok(wq_pg_test_start(&pg));
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	wq_pg_test_stop(&pg);
	for (size_t i = 0; i < WQ_COUNT(keys); i++)
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
		BOTH(test_life),
		BOTH(test_refused_decisions),
		BOTH(test_rejected_and_withdrawn),
		BOTH(test_refused_asks),
		BOTH(test_people_change_and_leave),
		BOTH(test_new_key),
		BOTH(test_key_by_approval),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
