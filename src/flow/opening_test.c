/* From the rules of the day to the first seal: an application goes online only after its opening was approved. */
#include "flow/opening.h"

#include "flow/decide.h"
#include "flow/flow_fixture_test.h"

/* The fixture's two reviewers, of whom li gets to be a leader too, decide on the stages. */
static wq_str decide(struct flow_fixture *f, const struct wq_approval_statement *said)
{
	static const char *const people[] = {"wang", "li"};
	struct wq_approval_row row;

	assert_ok(wq_approval_ask(f->w.ledger, said, &f->arena, &row));
	for (size_t i = 0; i < said->stages_n; i++) {
		struct wq_decision d = {.statement = wq_sm3(row.statement),
			.release = row.said.id,
			.person = wq_str_c(people[i]),
			.stage = wq_str_c(said->stages[i]->name),
			.verdict = WQ_VERDICT_APPROVE};
		struct wq_signed_decision proof;
		WQ_BUF(canonical, WQ_DECISION_BYTES_MAX);

		assert_ok(wq_approval_decision_encode(&d, &canonical));
		proof.canonical = wq_buf_str(&canonical);
		assert_ok(wq_sm2_sign(f->keys[i], proof.canonical, &proof.sig));
		assert_ok(wq_approval_decide(f->w.ledger, &proof, &f->arena));
	}
	return row.said.id;
}

/* As the procedure of the subject says. */
static void approve(struct flow_fixture *f, const char *subject)
{
	struct wq_approval_statement said = {
		.subject = wq_str_c(subject), .object = WQ_S("portal"), .app = WQ_S("portal"), .asker = WQ_S("editor")};
	struct wq_approval_rule rule;

	assert_ok(wq_opening_rule(&f->w, said.subject, said.app, &rule));
	assert_int_equal(rule.stages_n, 2);
	memcpy(said.stages, rule.stages, sizeof said.stages);
	said.stages_n = rule.stages_n;
	decide(f, &said);
}

static struct wq_app_row app(struct flow_fixture *f)
{
	struct wq_app_row row;

	assert_ok(wq_app_find(f->w.ledger, WQ_S("portal"), &f->arena, &row));
	return row;
}

/* A closed application: not captured; only a release that closes every path is proposed and sealed. */
static void nothing_is_served_any_more(struct flow_fixture *f)
{
	struct wq_capture_options options = {.author = WQ_S("editor"), .site = {.settings = &f->w.settings.capture}};
	struct wq_capture_result r;
	struct wq_release_row row;

	f->app = app(f);
	assert_err(flow_try_capture(f, &r), WQ_E_STATE);
	f->app.profile = WQ_S("paths = [ \"/ closed\", \"/a dynamic\" ];");
	assert_err(wq_capture_policy(&f->w, &f->app, &options, &r), WQ_E_STATE);
	f->app.profile = WQ_S("paths = [ \"/a closed\" ];");
	assert_err(wq_capture_policy(&f->w, &f->app, &options, &r), WQ_E_STATE);
	f->app.profile = WQ_S("paths = [ \"/ closed\" ];");
	assert_ok(wq_capture_policy(&f->w, &f->app, &options, &r));
	assert_ok(wq_release_find(f->w.ledger, r.release, &f->arena, &row));
	assert_int_equal(row.said.entries, 0);
	flow_seal(f, r.release);
	assert_int_equal(app(f).state, WQ_APP_CLOSED);
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
	assert_err(wq_opening_permits(&f.w, WQ_S("portal"), 1), WQ_E_UNAPPROVED);
	assert_ok(wq_unit_register(f.w.ledger, &unit, WQ_S("test"), &f.arena));
	row = app(&f);
	row.unit = unit.id;
	assert_ok(wq_opening_change(&f.w, &row, WQ_S_NONE, WQ_S("test")));
	assert_int_equal(app(&f).kind, WQ_UNIT_ORGAN);
	assert_err(wq_opening_permits(&f.w, WQ_S("portal"), 1), WQ_E_UNAPPROVED);
	assert_ok(wq_person_find(f.w.ledger, WQ_S("li"), &f.arena, &li));
	li.roles |= WQ_ROLE_LEADER;
	assert_ok(wq_person_change(f.w.ledger, &li, WQ_S("test"), &f.arena));
	approve(&f, WQ_SUBJECT_OPENING);
	assert_int_equal(app(&f).state, WQ_APP_REVIEWED);
	assert_ok(wq_opening_permits(&f.w, WQ_S("portal"), 1));
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
	assert_err(wq_opening_permits(&f.w, WQ_S("portal"), 1), WQ_E_STATE);
	nothing_is_served_any_more(&f);
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

/* ---- links (B5) ---- */

static wq_str approve_link(struct flow_fixture *f, const char *app, const char *host)
{
	return decide(f,
		&(struct wq_approval_statement){.subject = WQ_S(WQ_SUBJECT_LINK),
			.object = wq_str_c(host),
			.app = wq_str_c(app),
			.asker = WQ_S("editor"),
			.stages = {wq_stage_find(WQ_S("review"))},
			.stages_n = 1,
			.until = wq_now(&wq_clock_system) + 366 * WQ_DAY});
}

/* How many hosts of a page with this text nobody confirmed. */
static size_t unconfirmed(struct flow_fixture *f, const char *text)
{
	struct wq_capture_result r;
	size_t n, found = 0;
	wq_str *rows;

	flow_write(f, "index.html",
		wq_arena_printf(&f->arena,
			"<!DOCTYPE html><meta charset=utf-8><p>%s<p><a href='https://a.example/'>a</a>"
			"<a href='https://b.example/'>b</a><a href='https://c.example/'>c</a>"
			"<a href='http://bszs.conac.cn/'>d</a>",
			text)
			.p);
	r = flow_capture(f);
	assert_ok(wq_release_findings(f->w.ledger, r.release, 100, &f->arena, &rows, &n));
	for (size_t i = 0; i < n; i++)
		found += wq_str_find(rows[i], WQ_S("link.outside-unconfirmed")) >= 0;
	return found;
}

/* Confirmed is what the profile names and what an approval of the application confirms, as long as it holds; the register of
 * identity marks is inside by rules/inside.conf. */
static void confirmed_links(void **state)
{
	const struct wq_app_row other = {
		.id = WQ_S("other"), .origin = WQ_S("/srv"), .hosts = {WQ_S("o.example.gov.cn")}, .hosts_n = 1};
	struct flow_fixture f;
	struct wq_clock later;
	wq_time then = wq_now(&wq_clock_system) + 367 * WQ_DAY;
	wq_str approval;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	assert_ok(wq_app_register(f.w.ledger, &other, WQ_S("test"), &f.arena));
	assert_int_equal(unconfirmed(&f, "1"), 3);
	f.app.profile = WQ_S("confirmed = [ \"a.example\" ];");
	assert_int_equal(unconfirmed(&f, "2"), 2);
	approval = approve_link(&f, "portal", "b.example");
	approve_link(&f, "other", "c.example"); /* confirmed for another application */
	assert_int_equal(unconfirmed(&f, "3"), 1);
	/* its date has come: the finding is back */
	later = wq_clock_fixed(&then);
	f.w.clock = &later;
	assert_int_equal(unconfirmed(&f, "4"), 2);
	f.w.clock = &wq_clock_system;
	assert_int_equal(unconfirmed(&f, "5"), 1);
	/* taken back */
	assert_ok(wq_approval_withdraw(f.w.ledger, approval, WQ_S("wang"), WQ_S("x"), &f.arena));
	assert_int_equal(unconfirmed(&f, "6"), 2);
	flow_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(first_seal_needs_an_opening),
		cmocka_unit_test(the_seal_asks), cmocka_unit_test(confirmed_links)};

	return cmocka_run_group_tests_name("openings", tests, NULL, NULL);
}
