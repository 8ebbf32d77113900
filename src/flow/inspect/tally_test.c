#include "base/test.h"
#include "finding/rule.h"
#include "flow/inspect/tally.h"

struct fixture {
	struct wq_arena arena;
	struct wq_tally tally;
	struct wq_inspect_result result;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	wq_arena_init(&f->arena, 512 * WQ_MIB);
	wq_tally_init(&f->tally, &f->arena, &wq_random_system);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	wq_tally_done(&f->tally);
	wq_arena_done(&f->arena);
	free(f);
	return 0;
}

static void add(struct fixture *f, enum wq_rule_id rule, const char *page, const char *subject, const char *target)
{
	struct wq_finding finding = wq_rule_finding(rule);

	finding.place.url = wq_str_c(page);
	finding.evidence.subject = wq_str_c(subject);
	finding.evidence.target = wq_str_c(target);
	finding.evidence.excerpt = WQ_S("as it stands");
	assert_ok(wq_tally_add(&f->tally, &finding));
}

/* A fault of the template is one group, however many pages have it; the first of them are places. */
static void test_template(void **state)
{
	struct fixture *f = *state;
	char page[64];

	for (int i = 0; i < 250; i++) {
		snprintf(page, sizeof page, "https://www.example.gov.cn/%d.html", i);
		add(f, WQ_RULE_ACCESS_LANG, page, "", "");
		add(f, WQ_RULE_ACCESS_ALT, page, "logo.png", "");
		add(f, WQ_RULE_ACCESS_LANG, page, "", "");
	}
	assert_ok(wq_tally_result(&f->tally, &f->result));
	assert_int_equal(f->result.groups_n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct wq_inspect_group *g = &f->result.groups[i];
		assert_int_equal(g->pages, 250);
		assert_int_equal(g->places_n, WQ_INSPECT_GROUP_PLACES);
		assert_int_equal(g->count, i == 0 ? 250 : 500);
		assert_str(g->places[0].page, WQ_S("https://www.example.gov.cn/0.html"));
	}
	assert_str(f->result.groups[0].rule, WQ_S("access.alt"));
	assert_int_equal(f->result.places, 750);
	assert_int_equal(f->result.dropped, 750 - 2 * WQ_INSPECT_GROUP_PLACES);
}

/* Another subject is another group, another rule as well; the same rule's groups stand together, the gravest first. */
static void test_order(void **state)
{
	struct fixture *f = *state;

	add(f, WQ_RULE_ACCESS_LANG, "https://a/1", "", "");
	add(f, WQ_RULE_LINK_BROKEN, "https://a/1", "https://a/x", "https://a/x");
	add(f, WQ_RULE_LINK_BROKEN, "https://a/2", "https://a/y", "https://a/y");
	add(f, WQ_RULE_LINK_BROKEN, "https://a/3", "https://a/y", "https://a/y");
	add(f, WQ_RULE_PAGE_PLANTED_SCRIPT, "https://a/3", "s", "");
	assert_ok(wq_tally_result(&f->tally, &f->result));
	assert_int_equal(f->result.groups_n, 4);
	assert_str(f->result.groups[0].rule, WQ_S("page.planted-script"));
	assert_str(f->result.groups[1].rule, WQ_S("link.broken"));
	assert_int_equal(f->result.groups[1].pages, 2);
	assert_str(f->result.groups[1].subject, WQ_S("https://a/y"));
	assert_str(f->result.groups[1].places[1].page, WQ_S("https://a/3"));
	assert_str(f->result.groups[2].places[0].target, WQ_S("https://a/x"));
	assert_int_equal(f->result.worst, WQ_SEVERITY_HIGH);
	assert_int_equal(f->result.by_severity[WQ_SEVERITY_HIGH], 1);
}

/* The identity of a group does not depend on where it was found first; that of a place does. */
static void test_identity(void **state)
{
	struct fixture *f = *state, other = {0};

	wq_arena_init(&other.arena, WQ_MIB);
	wq_tally_init(&other.tally, &other.arena, &wq_random_system);
	add(f, WQ_RULE_ACCESS_LANG, "https://a/1", "s", "");
	add(&other, WQ_RULE_ACCESS_LANG, "https://a/2", "s", "");
	assert_ok(wq_tally_result(&f->tally, &f->result));
	assert_ok(wq_tally_result(&other.tally, &other.result));
	assert_memory_equal(&f->result.groups[0].id, &other.result.groups[0].id, sizeof(struct wq_finding_id));
	assert_memory_not_equal(
		&f->result.groups[0].places[0].id, &other.result.groups[0].places[0].id, sizeof(struct wq_finding_id));
	wq_tally_done(&other.tally);
	wq_arena_done(&other.arena);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct wq_finding none = {0};
	char subject[32];

	f->tally.groups_max = 3;
	f->tally.places_max = 4;
	for (int i = 0; i < 5; i++) {
		snprintf(subject, sizeof subject, "s%d", i);
		add(f, WQ_RULE_ACCESS_LANG, "https://a/1", subject, "");
		add(f, WQ_RULE_ACCESS_LANG, "https://a/2", subject, "");
	}
	assert_err(wq_tally_add(&f->tally, &none), WQ_E_INPUT);
	assert_ok(wq_tally_result(&f->tally, &f->result));
	assert_int_equal(f->result.groups_n, 3);
	assert_int_equal(f->result.dropped, 6);
	assert_int_equal(f->result.groups[2].pages, 2);
	assert_int_equal(f->result.groups[2].places_n, 0);
}

static void test_checks(void **state)
{
	static const struct {
		const char *text, *names;
	} valid[] = {
		{"links", "links"},
		{"standard", "links,content,page,portal,quality,front"},
		{"standard,-content,-page,tls", "links,portal,quality,front,tls"},
		{"-front", "links,content,page,portal,quality"},
		{"dns, tls", "dns,tls"},
		{"all", "links,content,page,portal,quality,front,dns,tls"},
	};
	static const char *const invalid[] = {"", "link", "links,", "links,-links", "links tls"};
	unsigned checks;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(valid); i++) {
		WQ_BUF(out, 1024);
		assert_ok(wq_inspect_checks_parse(wq_str_c(valid[i].text), &checks));
		wq_inspect_checks_text(checks, &out);
		assert_str(wq_buf_str(&out), wq_str_c(valid[i].names));
	}
	for (size_t i = 0; i < WQ_COUNT(invalid); i++)
		assert_err(wq_inspect_checks_parse(wq_str_c(invalid[i]), &checks), WQ_E_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_template, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_identity, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test(test_checks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
