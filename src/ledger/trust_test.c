#include "ledger/trust.h"

#include "base/test.h"

#define X32 "abababababababababababababababababababababababababababababababab"
#define KEY_A "04" X32 X32
#define KEY_B "04" X32 "cdababababababababababababababababababababababababababababababab"

enum { ARENA = 16 * 1024 * 1024 };

static struct wq_arena arena;

/* ---- the parser ---- */

static void test_valid(void **state)
{
	static const char text[] = "weique-trust 1   # the format\r\n"
				   "\n"
				   "   # a comment\n"
				   "person wang " KEY_A " reviewer in-establishment\n"
				   "\tperson  li\t" KEY_B "  author,reviewer   contractor # trailing\n"
				   "app * approvals=2 in-establishment=yes\n"
				   "app notice approvals=16 in-establishment=no\n"
				   "app staged approvals=3 in-establishment=yes stages=review,review,secrecy";
	struct wq_trust_app staged;
	struct wq_trust trust;

	(void)state;
	assert_ok(wq_trust_parse(wq_str_c(text), &arena, &trust));
	assert_int_equal(trust.people_n, 2);
	assert_str(trust.people[0].id, WQ_S("wang"));
	assert_int_equal(trust.people[0].roles, WQ_ROLE_REVIEWER);
	assert_true(trust.people[0].in_establishment);
	assert_int_equal(trust.people[0].key.point[64], 0xab);
	assert_int_equal(trust.people[1].roles, WQ_ROLE_AUTHOR | WQ_ROLE_REVIEWER);
	assert_false(trust.people[1].in_establishment);
	assert_int_equal(trust.apps_n, 3);
	staged = wq_trust_app_find(&trust, WQ_S("staged"));
	assert_int_equal(staged.stages_n, 3);
	assert_string_equal(staged.stages[2]->name, "secrecy");
	assert_int_equal(wq_trust_app_find(&trust, WQ_S("notice")).stages_n, 0);
	assert_int_equal(wq_trust_app_find(&trust, WQ_S("notice")).approvals, 16);
	assert_false(wq_trust_app_find(&trust, WQ_S("notice")).in_establishment);
	assert_int_equal(wq_trust_app_find(&trust, WQ_S("portal")).approvals, 2);
	assert_true(wq_trust_app_find(&trust, WQ_S("portal")).in_establishment);
	assert_null(wq_trust_person_find(&trust, WQ_S("zhao")));
	/* nothing said: the strict default */
	assert_ok(wq_trust_parse(WQ_S("weique-trust 1"), &arena, &trust));
	assert_int_equal(trust.people_n, 0);
	assert_int_equal(wq_trust_app_find(&trust, WQ_S("portal")).approvals, 2);
	assert_true(wq_trust_app_find(&trust, WQ_S("portal")).in_establishment);
}

static void test_invalid(void **state)
{
	static const struct {
		const char *text;
		int line;
	} table[] = {
		{"", 1},
		{"\nweique-trust 1\n", 1},
		{"weique-trust 2\n", 1},
		{"weique-trust 1 x\n", 1},
		{"weique-trust 1\nperson\n", 2},
		{"weique-trust 1\n\nperson wang " KEY_A " reviewer\n", 3},
		{"weique-trust 1\nperson wang " KEY_A " reviewer in-establishment more\n", 2},
		{"weique-trust 1\nperson Wang " KEY_A " reviewer in-establishment\n", 2},
		{"weique-trust 1\nperson wang 04abab reviewer in-establishment\n", 2},
		{"weique-trust 1\nperson wang " KEY_A "ab reviewer in-establishment\n", 2},
		{"weique-trust 1\nperson wang 03" X32 X32 " reviewer in-establishment\n", 2},
		{"weique-trust 1\nperson wang " KEY_A " boss in-establishment\n", 2},
		{"weique-trust 1\nperson wang " KEY_A " reviewer, in-establishment\n", 2},
		{"weique-trust 1\nperson wang " KEY_A " reviewer,boss in-establishment\n", 2},
		{"weique-trust 1\nperson wang " KEY_A " reviewer staff\n", 2},
		{"weique-trust 1\nperson wang " KEY_A " reviewer in-establishment\n"
		 "person wang " KEY_B " reviewer in-establishment\n",
			3},
		{"weique-trust 1\nperson wang " KEY_A " reviewer in-establishment\n#\n"
		 "person li " KEY_A " reviewer in-establishment\n",
			4},
		{"weique-trust 1\napp\n", 2},
		{"weique-trust 1\napp * approvals=0 in-establishment=yes\n", 2},
		{"weique-trust 1\napp * approvals=17 in-establishment=yes\n", 2},
		{"weique-trust 1\napp * approvals=-1 in-establishment=yes\n", 2},
		{"weique-trust 1\napp * approvals= in-establishment=yes\n", 2},
		{"weique-trust 1\napp * approval=1 in-establishment=yes\n", 2},
		{"weique-trust 1\napp * approvals=1 in-establishment=maybe\n", 2},
		{"weique-trust 1\napp * approvals=1\n", 2},
		{"weique-trust 1\napp ** approvals=1 in-establishment=no\n", 2},
		{"weique-trust 1\napp a approvals=1 in-establishment=no more\n", 2},
		{"weique-trust 1\napp a approvals=1 in-establishment=no\napp a approvals=2 in-establishment=no\n", 3},
		{"weique-trust 1\napp a approvals=1 in-establishment=no stages=\n", 2},
		{"weique-trust 1\napp a approvals=1 in-establishment=no stages=review,\n", 2},
		{"weique-trust 1\napp a approvals=1 in-establishment=no stages=boss\n", 2},
		{"weique-trust 1\napp a approvals=1 in-establishment=no stage=review\n", 2},
		{"weique-trust 1\napp a approvals=1 in-establishment=no stages=review more\n", 2},
		{"weique-trust 1\napp a approvals=1 in-establishment=no "
		 "stages=review,review,review,review,review,review,review,review,review\n",
			2},
		{"weique-trust 1\nPERSON\n", 2},
		{"weique-trust 1\npeople\n", 2},
	};
	struct wq_trust trust;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		char line[32];
		wq_err e = wq_trust_parse(wq_str_c(table[i].text), &arena, &trust);

		snprintf(line, sizeof line, "line %d:", table[i].line);
		if (!wq_is(e, WQ_E_CONFIG) || !strstr(wq_err_note(e), line))
			fail_msg("row %zu: %s: %s, not %s", i, wq_err_name(e), wq_err_note(e), line);
		wq_arena_reset(&arena);
	}
	assert_err(wq_trust_parse(WQ_S_NONE, &arena, &trust), WQ_E_CONFIG);
}

static void test_limits(void **state)
{
	struct wq_trust trust;
	WQ_BUF(text, 2 * WQ_TRUST_BYTES_MAX);

	(void)state;
	wq_buf_printf(&text, "weique-trust 1\n");
	for (int i = 0; i < WQ_TRUST_APPS_MAX; i++)
		wq_buf_printf(&text, "app a%d approvals=1 in-establishment=no\n", i);
	assert_ok(wq_trust_parse(wq_buf_str(&text), &arena, &trust));
	assert_int_equal(trust.apps_n, WQ_TRUST_APPS_MAX);
	wq_arena_reset(&arena);
	wq_buf_printf(&text, "app more approvals=1 in-establishment=no\n");
	assert_err(wq_trust_parse(wq_buf_str(&text), &arena, &trust), WQ_E_LIMIT);
	wq_buf_clear(&text);
	wq_buf_printf(&text, "weique-trust 1\n");
	for (int i = 0; i < WQ_TRUST_PEOPLE_MAX; i++)
		wq_buf_printf(&text, "person p%d 04%0128d reviewer contractor\n", i, i);
	assert_ok(wq_trust_parse(wq_buf_str(&text), &arena, &trust));
	wq_arena_reset(&arena);
	wq_buf_printf(&text, "person more 04%0128d reviewer contractor\n", WQ_TRUST_PEOPLE_MAX);
	assert_err(wq_trust_parse(wq_buf_str(&text), &arena, &trust), WQ_E_LIMIT);
	wq_buf_clear(&text);
	while (text.len <= WQ_TRUST_BYTES_MAX)
		wq_buf_byte(&text, '\n');
	assert_err(wq_trust_parse(wq_buf_str(&text), &arena, &trust), WQ_E_LIMIT);
}

static void test_row_round_trip(void **state)
{
	struct wq_trust_person person = {
		.id = WQ_S("li"), .roles = WQ_ROLE_AUTHOR | WQ_ROLE_REVIEWER | WQ_ROLE_SECRECY | WQ_ROLE_LEADER};
	struct wq_trust trust;
	WQ_BUF(text, 4096);

	(void)state;
	person.key.point[0] = 4;
	person.key.point[64] = 0x5e;
	wq_buf_printf(&text, "weique-trust 1\n");
	assert_ok(wq_trust_person_line(&person, &text));
	assert_ok(wq_trust_parse(wq_buf_str(&text), &arena, &trust));
	assert_int_equal(trust.people_n, 1);
	assert_memory_equal(trust.people[0].key.point, person.key.point, sizeof person.key.point);
	assert_int_equal(trust.people[0].roles, person.roles);
	assert_false(trust.people[0].in_establishment);
}

/* ---- the check of decisions ---- */

enum who { EDITOR, WANG, LI, CHEN, SUN, HE, MI, LAO, PEOPLE };

static const struct {
	const char *id;
	unsigned roles;
	bool in_establishment, listed;
} people[PEOPLE] = {
	[EDITOR] = {"editor", WQ_ROLE_AUTHOR, true, true},
	[WANG] = {"wang", WQ_ROLE_REVIEWER, true, true},
	[LI] = {"li", WQ_ROLE_REVIEWER, true, true},
	[CHEN] = {"chen", WQ_ROLE_REVIEWER, false, true},
	[SUN] = {"sun", WQ_ROLE_AUTHOR | WQ_ROLE_REVIEWER, true, true},
	[HE] = {"he", WQ_ROLE_REVIEWER, true, false},
	[MI] = {"mi", WQ_ROLE_REVIEWER | WQ_ROLE_SECRECY, true, true},
	[LAO] = {"lao", WQ_ROLE_LEADER, true, true},
};
static struct wq_sm2_key *keys[PEOPLE];
static struct wq_trust pinned;

static void make_statement(const char *app, const char *author, const char *release, struct wq_buf *out)
{
	wq_buf_clear(out);
	assert_ok(wq_statement_encode(
		&(struct wq_statement){.release = wq_str_c(release), .app = wq_str_c(app), .author = wq_str_c(author)},
		out));
}

/* A decision in the arena. `signer` is whose key is used. */
static struct wq_signed_decision decide_stage(wq_str statement, const char *release, enum who who, enum who signer,
	enum wq_verdict verdict, const char *stage)
{
	struct wq_decision d = {.statement = wq_sm3(statement),
		.stage = wq_str_c(stage),
		.release = wq_str_c(release),
		.person = wq_str_c(people[who].id),
		.verdict = verdict};
	struct wq_signed_decision made;
	WQ_BUF(out, WQ_DECISION_BYTES_MAX);

	assert_ok(wq_decision_encode(&d, &out));
	made.canonical = wq_arena_str(&arena, wq_buf_str(&out));
	assert_ok(wq_sm2_sign(keys[signer], made.canonical, &made.sig));
	return made;
}

static struct wq_signed_decision decide(
	wq_str statement, const char *release, enum who who, enum who signer, enum wq_verdict verdict)
{
	return decide_stage(statement, release, who, signer, verdict, "");
}

static void test_check(void **state)
{
	static const struct {
		const char *what, *app, *author;
		struct {
			enum who who;
			bool reject;
		} by[4];
		size_t n;
		enum wq_err_id id;
		unsigned approvals;
	} table[] = {
		{"two good ones", "portal", "editor", {{WANG, 0}, {LI, 0}}, 2, WQ_E_OK, 2},
		{"three good ones", "portal", "editor", {{WANG, 0}, {LI, 0}, {SUN, 0}}, 3, WQ_E_OK, 3},
		{"two and a contractor", "portal", "editor", {{CHEN, 0}, {WANG, 0}, {LI, 0}}, 3, WQ_E_OK, 2},
		{"two and somebody unknown", "portal", "editor", {{HE, 0}, {WANG, 0}, {LI, 0}}, 3, WQ_E_OK, 2},
		{"two and no reviewer", "portal", "sun", {{WANG, 0}, {EDITOR, 0}, {LI, 0}}, 3, WQ_E_OK, 2},
		{"somebody unknown is against", "portal", "editor", {{WANG, 0}, {LI, 0}, {HE, 1}}, 3, WQ_E_OK, 2},
		{"a contractor is against", "portal", "editor", {{WANG, 0}, {LI, 0}, {CHEN, 1}}, 3, WQ_E_UNAPPROVED, 2},
		{"a leader where reviewers decide", "portal", "editor", {{WANG, 0}, {LAO, 0}}, 2, WQ_E_UNAPPROVED, 1},
		{"nobody", "portal", "editor", {{0}}, 0, WQ_E_UNAPPROVED, 0},
		{"one of two", "portal", "editor", {{WANG, 0}}, 1, WQ_E_UNAPPROVED, 1},
		{"the same person twice", "portal", "editor", {{WANG, 0}, {WANG, 0}}, 2, WQ_E_UNAPPROVED, 1},
		{"twice and a second person", "portal", "editor", {{WANG, 0}, {WANG, 0}, {LI, 0}}, 3, WQ_E_OK, 2},
		{"the author", "portal", "sun", {{WANG, 0}, {SUN, 0}}, 2, WQ_E_SELF_REVIEW, 1},
		{"the author beside two others", "portal", "sun", {{WANG, 0}, {LI, 0}, {SUN, 0}}, 3, WQ_E_SELF_REVIEW,
			2},
		{"no reviewer", "portal", "sun", {{WANG, 0}, {EDITOR, 0}}, 2, WQ_E_UNAPPROVED, 1},
		{"a contractor", "portal", "editor", {{WANG, 0}, {CHEN, 0}}, 2, WQ_E_UNAPPROVED, 1},
		{"somebody unknown", "portal", "editor", {{WANG, 0}, {HE, 0}}, 2, WQ_E_UNAPPROVED, 1},
		{"a rejection", "portal", "editor", {{WANG, 0}, {LI, 0}, {SUN, 1}}, 3, WQ_E_UNAPPROVED, 2},
		{"the author takes it back", "portal", "sun", {{WANG, 0}, {LI, 0}, {SUN, 1}}, 3, WQ_E_UNAPPROVED, 2},
		{"an application of its own row", "notice", "editor", {{CHEN, 0}}, 1, WQ_E_OK, 1},
		{"that row is not for others", "notices", "editor", {{CHEN, 0}}, 1, WQ_E_UNAPPROVED, 0},
		{"an author who is nobody", "portal", "ghost", {{WANG, 0}, {LI, 0}}, 2, WQ_E_UNAPPROVED, 0},
		{"an author who may not write", "portal", "chen", {{WANG, 0}, {LI, 0}}, 2, WQ_E_UNAPPROVED, 0},
	};
	WQ_BUF(statement, WQ_STATEMENT_BYTES_MAX);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		struct wq_signed_decision decisions[4];
		unsigned approvals = 99;
		wq_err e;

		make_statement(table[i].app, table[i].author, "r1", &statement);
		for (size_t j = 0; j < table[i].n; j++)
			decisions[j] = decide(wq_buf_str(&statement), "r1", table[i].by[j].who, table[i].by[j].who,
				table[i].by[j].reject ? WQ_VERDICT_REJECT : WQ_VERDICT_APPROVE);
		e = wq_trust_check(&pinned, wq_buf_str(&statement), decisions, table[i].n, &approvals);
		if (!wq_is(e, table[i].id) || approvals != table[i].approvals)
			fail_msg("%s: %s (%s), %u approvals", table[i].what, wq_err_name(e), wq_err_note(e), approvals);
	}
}

/* Stages: "staged" needs review, secrecy and release. */
static void test_stages(void **state)
{
	static const struct {
		const char *what;
		struct {
			enum who who;
			const char *stage;
		} by[5];
		size_t n;
		enum wq_err_id id;
		unsigned approvals;
		const char *note;
	} table[] = {
		{"one in each", {{WANG, "review"}, {MI, "secrecy"}, {LAO, "release"}}, 3, WQ_E_OK, 3, ""},
		{"in any order", {{LAO, "release"}, {MI, "secrecy"}, {LI, "review"}}, 3, WQ_E_OK, 3, ""},
		{"and a second review", {{LAO, "release"}, {MI, "secrecy"}, {LI, "review"}, {WANG, "review"}}, 4,
			WQ_E_OK, 4, ""},
		{"no secrecy review", {{WANG, "review"}, {LI, "review"}, {LAO, "release"}}, 3, WQ_E_UNAPPROVED, 3,
			"secrecy is missing"},
		{"the role is missing", {{WANG, "review"}, {LI, "secrecy"}, {LAO, "release"}}, 3, WQ_E_UNAPPROVED, 2,
			"li has not the role"},
		{"one person in two stages", {{MI, "review"}, {MI, "secrecy"}, {LAO, "release"}}, 3, WQ_E_UNAPPROVED, 2,
			"secrecy is missing"},
		{"no stage", {{WANG, ""}, {MI, "secrecy"}, {LAO, "release"}}, 3, WQ_E_UNAPPROVED, 2,
			"review is missing"},
		{"an unknown stage", {{WANG, "reviews"}, {MI, "secrecy"}, {LAO, "release"}}, 3, WQ_E_UNAPPROVED, 2,
			"review is missing"},
		{"a contractor's stage", {{CHEN, "review"}, {MI, "secrecy"}, {LAO, "release"}}, 3, WQ_E_UNAPPROVED, 2,
			"chen is not in-establishment"},
	};
	WQ_BUF(statement, WQ_STATEMENT_BYTES_MAX);

	(void)state;
	make_statement("staged", "editor", "r1", &statement);
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		struct wq_signed_decision decisions[5];
		unsigned approvals = 99;
		wq_err e;

		for (size_t j = 0; j < table[i].n; j++)
			decisions[j] = decide_stage(wq_buf_str(&statement), "r1", table[i].by[j].who,
				table[i].by[j].who, WQ_VERDICT_APPROVE, table[i].by[j].stage);
		e = wq_trust_check(&pinned, wq_buf_str(&statement), decisions, table[i].n, &approvals);
		if (!wq_is(e, table[i].id) || approvals != table[i].approvals || !strstr(wq_err_note(e), table[i].note))
			fail_msg("%s: %s (%s), %u approvals", table[i].what, wq_err_name(e), wq_err_note(e), approvals);
	}
}

static void test_check_proofs(void **state)
{
	struct wq_signed_decision d[2];
	WQ_BUF(statement, WQ_STATEMENT_BYTES_MAX);
	WQ_BUF(other, WQ_STATEMENT_BYTES_MAX);
	wq_str s;

	(void)state;
	make_statement("portal", "editor", "r1", &statement);
	make_statement("portal", "editor", "r2", &other);
	s = wq_buf_str(&statement);
	d[0] = decide(s, "r1", WANG, WANG, WQ_VERDICT_APPROVE);
	d[1] = decide(wq_buf_str(&other), "r2", LI, LI, WQ_VERDICT_APPROVE); /* of another release */
	assert_err(wq_trust_check(&pinned, s, d, 2, NULL), WQ_E_SIGNATURE);
	d[1] = decide(wq_buf_str(&other), "r1", LI, LI, WQ_VERDICT_APPROVE); /* of another statement */
	assert_err(wq_trust_check(&pinned, s, d, 2, NULL), WQ_E_SIGNATURE);
	d[1] = decide(s, "r2", LI, LI, WQ_VERDICT_APPROVE); /* under another name */
	assert_err(wq_trust_check(&pinned, s, d, 2, NULL), WQ_E_SIGNATURE);
	d[1] = decide(s, "r1", LI, WANG, WQ_VERDICT_APPROVE); /* wang signs as li */
	assert_err(wq_trust_check(&pinned, s, d, 2, NULL), WQ_E_SIGNATURE);
	d[1] = decide(s, "r1", LI, LI, WQ_VERDICT_APPROVE);
	assert_ok(wq_trust_check(&pinned, s, d, 2, NULL));
	for (size_t i = 0; i < sizeof d[1].sig.rs; i++) {
		d[1].sig.rs[i] ^= 1;
		assert_err(wq_trust_check(&pinned, s, d, 2, NULL), WQ_E_SIGNATURE);
		d[1].sig.rs[i] ^= 1;
	}
	d[1].canonical = WQ_S("");
	assert_err(wq_trust_check(&pinned, s, d, 2, NULL), WQ_E_FORMAT);
	assert_err(wq_trust_check(&pinned, WQ_S(""), d, 1, NULL), WQ_E_FORMAT);
	assert_err(wq_trust_check(&pinned, s, d, WQ_DECISIONS_MAX + 1, NULL), WQ_E_LIMIT);
}

static int group_setup(void **state)
{
	WQ_BUF(text, 64 * 1024);
	static struct wq_arena forever;

	(void)state;
	assert_ok(wq_crypto_init());
	wq_arena_init(&arena, ARENA);
	wq_arena_init(&forever, ARENA);
	wq_buf_printf(&text,
		"weique-trust 1\napp notice approvals=1 in-establishment=no\n"
		"app staged approvals=3 in-establishment=yes stages=review,secrecy,release\n");
	for (size_t i = 0; i < PEOPLE; i++) {
		assert_ok(wq_sm2_generate(&keys[i]));
		if (people[i].listed)
			assert_ok(wq_trust_person_line(&(struct wq_trust_person){.id = wq_str_c(people[i].id),
							       .key = wq_sm2_key_public(keys[i]),
							       .roles = people[i].roles,
							       .in_establishment = people[i].in_establishment},
				&text));
	}
	assert_ok(wq_trust_parse(wq_buf_str(&text), &forever, &pinned));
	*state = &forever;
	return 0;
}

static int group_teardown(void **state)
{
	for (size_t i = 0; i < PEOPLE; i++)
		wq_sm2_key_free(&keys[i]);
	wq_arena_done(*state);
	wq_arena_done(&arena);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	wq_arena_reset(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_valid, fresh),
		cmocka_unit_test_setup(test_invalid, fresh),
		cmocka_unit_test_setup(test_limits, fresh),
		cmocka_unit_test_setup(test_row_round_trip, fresh),
		cmocka_unit_test_setup(test_check, fresh),
		cmocka_unit_test_setup(test_stages, fresh),
		cmocka_unit_test_setup(test_check_proofs, fresh),
	};

	return cmocka_run_group_tests_name("trust", tests, group_setup, group_teardown);
}
