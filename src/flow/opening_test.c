/* From the rules of the day to the first seal: an application goes online only after its opening was approved. */
#include "flow/opening.h"

#include "flow/decide.h"
#include "flow/flow_fixture_test.h"

/* The fixture's two reviewers, of whom li gets to be a leader too, decide as the procedure says. */
static void approve(struct flow_fixture *f, const char *subject)
{
	static const char *const people[] = {"wang", "li"};
	struct wq_approval_statement said = {
		.subject = wq_str_c(subject), .object = WQ_S("portal"), .app = WQ_S("portal"), .asker = WQ_S("editor")};
	struct wq_approval_rule rule;
	struct wq_approval_row row;

	assert_ok(wq_opening_rule(&f->w, said.subject, said.app, &rule));
	assert_int_equal(rule.stages_n, 2);
	memcpy(said.stages, rule.stages, sizeof said.stages);
	said.stages_n = rule.stages_n;
	assert_ok(wq_approval_ask(f->w.ledger, &said, &f->arena, &row));
	for (size_t i = 0; i < 2; i++) {
		struct wq_decision d = {.statement = wq_sm3(row.statement),
			.release = row.said.id,
			.person = wq_str_c(people[i]),
			.stage = wq_str_c(rule.stages[i]->name),
			.verdict = WQ_VERDICT_APPROVE};
		struct wq_signed_decision proof;
		WQ_BUF(canonical, WQ_DECISION_BYTES_MAX);

		assert_ok(wq_approval_decision_encode(&d, &canonical));
		proof.canonical = wq_buf_str(&canonical);
		assert_ok(wq_sm2_sign(f->keys[i], proof.canonical, &proof.sig));
		assert_ok(wq_approval_decide(f->w.ledger, &proof, &f->arena));
	}
}

static struct wq_app_row app(struct flow_fixture *f)
{
	struct wq_app_row row;

	assert_ok(wq_app_find(f->w.ledger, WQ_S("portal"), &f->arena, &row));
	return row;
}

static void first_seal_needs_an_opening(void **state)
{
	struct wq_unit_row unit = {.id = WQ_S("county"), .name = WQ_S("云山县"), .kind = WQ_UNIT_ORGAN};
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_person_row li;
	struct wq_app_row row;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	f.w.settings.opening_required = true;
	flow_write(&f, "index.html", "<p>x</p>");
	r = flow_capture(&f);
	/* no unit: no rule excuses it */
	assert_err(wq_opening_permits(&f.w, WQ_S("portal")), WQ_E_UNAPPROVED);
	assert_ok(wq_unit_register(f.w.ledger, &unit, WQ_S("test"), &f.arena));
	row = app(&f);
	row.unit = unit.id;
	assert_ok(wq_opening_change(&f.w, &row, WQ_S_NONE, WQ_S("test")));
	assert_int_equal(app(&f).kind, WQ_UNIT_ORGAN);
	assert_err(wq_opening_permits(&f.w, WQ_S("portal")), WQ_E_UNAPPROVED);
	assert_ok(wq_person_find(f.w.ledger, WQ_S("li"), &f.arena, &li));
	li.roles |= WQ_ROLE_LEADER;
	assert_ok(wq_person_change(f.w.ledger, &li, WQ_S("test"), &f.arena));
	approve(&f, WQ_SUBJECT_OPENING);
	assert_int_equal(app(&f).state, WQ_APP_REVIEWED);
	assert_ok(wq_opening_permits(&f.w, WQ_S("portal")));
	flow_seal(&f, r.release);
	assert_int_equal(app(&f).state, WQ_APP_ONLINE);

	/* other hosts of what is online: only with an approval */
	row = app(&f);
	row.hosts[0] = WQ_S("new.example.gov.cn");
	assert_err(wq_opening_change(&f.w, &row, WQ_S_NONE, WQ_S("test")), WQ_E_UNAPPROVED);
	approve(&f, WQ_SUBJECT_CHANGE);
	assert_ok(wq_opening_change(&f.w, &row, WQ_S_NONE, WQ_S("test")));
	assert_str(app(&f).hosts[0], WQ_S("new.example.gov.cn"));

	/* closed: nothing is sealed any more */
	assert_err(wq_opening_close(&f.w, WQ_S("portal"), WQ_S("并入"), WQ_S("test")), WQ_E_UNAPPROVED);
	approve(&f, WQ_SUBJECT_CLOSING);
	assert_ok(wq_opening_close(&f.w, WQ_S("portal"), WQ_S("并入"), WQ_S("test")));
	assert_int_equal(app(&f).state, WQ_APP_CLOSED);
	assert_err(wq_opening_permits(&f.w, WQ_S("portal")), WQ_E_STATE);
	assert_err(wq_opening_change(&f.w, &row, WQ_S_NONE, WQ_S("test")), WQ_E_STATE);
	assert_ok(wq_ledger_rebuild(f.w.ledger));
	assert_int_equal(app(&f).state, WQ_APP_CLOSED);
	flow_close(&f);
}

static void the_seal_asks(void **state)
{
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_seal_result sealed;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	f.w.settings.opening_required = true;
	flow_write(&f, "index.html", "<p>x</p>");
	r = flow_capture(&f);
	assert_err(wq_seal(&f.w, r.release, WQ_S("test"), &sealed), WQ_E_UNAPPROVED);
	assert_int_equal(app(&f).state, WQ_APP_APPLIED);
	f.w.settings.opening_required = false;
	flow_seal(&f, r.release);
	assert_int_equal(app(&f).state, WQ_APP_ONLINE);
	assert_int_equal(app(&f).opening.n, 0); /* it shows */
	flow_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_seal_needs_an_opening), cmocka_unit_test(the_seal_asks)};

	return cmocka_run_group_tests_name("openings", tests, NULL, NULL);
}
