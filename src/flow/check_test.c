#include "flow/check.h"

#include "base/file.h"
#include "base/test.h"

struct fixture {
	struct wq_arena arena;
	char own[64];
	struct wq_app_row app;
	struct wq_checks_options options;
	struct wq_findings found;
};

static void begin(struct fixture *f)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	char words[80];

	*f = (struct fixture){.own = "/tmp/wq-checks-XXXXXX"};
	wq_arena_init(&f->arena, 64 * WQ_MIB);
	assert_non_null(mkdtemp(f->own));
	snprintf(words, sizeof words, "%s/words", f->own);
	assert_int_equal(mkdir(words, 0700), 0);
	f->app = (struct wq_app_row){.id = WQ_S("portal"), .hosts = {WQ_S_INIT("www.example.gov.cn")}, .hosts_n = 1};
	f->options = (struct wq_checks_options){
		.app = &f->app,
		.rules_dir = wq_arena_cstr(&f->arena, wq_arena_printf(&f->arena, "%s/rules", root ? root : ".")),
		.own_rules_dir = f->own,
	};
	assert_ok(wq_time_parse(WQ_S("2026-11-22T03:00:00Z"), &f->options.now));
	assert_ok(wq_findings_init(&f->found, &f->arena, 100));
}

static void end(struct fixture *f)
{
	assert_ok(wq_dir_remove_tree(&wq_fs_system, f->own));
	wq_arena_done(&f->arena);
}

static void own_list(struct fixture *f, const char *text)
{
	char path[80];

	snprintf(path, sizeof path, "%s/words/own.txt", f->own);
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_str_c(text), 0600));
}

/* Whether a finding of the rule is there, with the page's digest. */
static bool has(const struct fixture *f, const char *rule)
{
	for (size_t i = 0; i < f->found.count; i++)
		if (wq_str_eq(f->found.items[i].rule, wq_str_c(rule)))
			return true;
	return false;
}

static void look(struct fixture *f, struct wq_checks *checks, const char *key, const char *type, const char *body)
{
	struct wq_site_item item = {.key = wq_str_c(key), .type = wq_str_c(type), .body = wq_str_c(body)};
	wq_digest digest = wq_sm3(item.body);

	assert_ok(wq_findings_init(&f->found, &f->arena, 100));
	assert_ok(wq_checks_run(checks, &item, &digest, &f->found));
	for (size_t i = 0; i < f->found.count; i++) {
		assert_true(f->found.items[i].evidence.has_digest);
		assert_memory_equal(f->found.items[i].evidence.digest, digest.b, sizeof digest.b);
		assert_str(f->found.items[i].place.app, WQ_S("portal"));
	}
}

#define HEAD "weique-words 1\nversion: 1\ndate: 2026-01-01\nsource: own\n"
#define PAGE "<!DOCTYPE html><meta charset=utf-8>"

static void detectors_and_the_units_own_lists(void **state)
{
	struct fixture f;
	struct wq_checks *checks;
	const wq_str confirmed = WQ_S("www.12377.cn");

	(void)state;
	begin(&f);
	own_list(&f, HEAD "[list own]\nseverity: low\nclause: B9\nadvice_zh: 甲\nadvice_en: a\nword: 云山巿\n");
	f.options.confirmed = &confirmed;
	f.options.confirmed_n = 1;
	assert_ok(wq_checks_new(&f.options, &checks));
	look(&f, checks, "www.example.gov.cn/a.html", "text/html", PAGE "<p>云山巿<p>烈土<p>13800138000");
	assert_int_equal(f.found.count, 3);
	assert_true(has(&f, "content.word") && has(&f, "content.telephone"));
	look(&f, checks, "www.example.gov.cn/a.html", "text/html", PAGE "<a href='https://www.12377.cn/'>x</a>");
	assert_true(has(&f, "link.needs-prompt") && !has(&f, "link.outside-unconfirmed"));
	look(&f, checks, "www.example.gov.cn/a.html", "text/html", PAGE "<a href='https://e.com/'>x</a>");
	assert_true(has(&f, "link.outside-unconfirmed"));
	look(&f, checks, "www.example.gov.cn/a.js", "text/javascript", "eval(unescape('%61'))");
	assert_true(has(&f, "page.planted-script"));
	look(&f, checks, "www.example.gov.cn/a.txt", "text/plain", "机密★1年\n关于某事的通知");
	assert_true(has(&f, "content.secret-mark"));
	look(&f, checks, "www.example.gov.cn/a.png", "image/png", "机密★1年");
	assert_int_equal(f.found.count, 0);
	wq_checks_free(&checks);
	end(&f);
}

/* The home page is that also under the name of its file: equal bytes are looked at once. */
static void the_home_page_of_an_organ(void **state)
{
	static const struct {
		const char *key;
		bool home;
	} rows[] = {{"www.example.gov.cn/", true}, {"www.example.gov.cn/index.html", true},
		{"www.example.gov.cn/a/index.html", false}, {"www.example.gov.cn/a.html", false}};
	struct fixture f;
	struct wq_checks *checks;

	(void)state;
	begin(&f);
	f.app.kind = WQ_UNIT_ORGAN;
	assert_ok(wq_checks_new(&f.options, &checks));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		look(&f, checks, rows[i].key, "text/html", PAGE "<p>x");
		assert_true(has(&f, "mark.missing") == rows[i].home);
	}
	wq_checks_free(&checks);
	end(&f);
}

/* Who bears the mark is data: rules/units.conf of the day. */
static void the_mark_belongs_to_kinds(void **state)
{
	static const char mark[] = PAGE
		"<a href='http://bszs.conac.cn/sitename?method=show&id=0123456789ABCDEF0123456789ABCDEF'>"
		"<img src='//dcs.conac.cn/image/red.png'></a>";
	static const struct {
		enum wq_unit_kind kind;
		const char *now;
		bool entitled, missing;
	} rows[] = {{WQ_UNIT_ORGAN, "2026-11-22T03:00:00Z", true, true},
		{WQ_UNIT_INSTITUTION, "2026-11-22T03:00:00Z", true, true},
		{WQ_UNIT_INSTITUTION, "2023-11-22T03:00:00Z", true, false}, /* no rule yet */
		{WQ_UNIT_UNION, "2026-11-22T03:00:00Z", false, false},
		{WQ_UNIT_ENTERPRISE, "2026-11-22T03:00:00Z", false, false},
		{WQ_UNIT_OTHER, "2026-11-22T03:00:00Z", false, false},
		{WQ_UNIT_UNKNOWN, "2026-11-22T03:00:00Z", true, false}};
	struct fixture f;
	struct wq_checks *checks;

	(void)state;
	begin(&f);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		f.app.kind = rows[i].kind;
		assert_ok(wq_time_parse(wq_str_c(rows[i].now), &f.options.now));
		assert_ok(wq_checks_new(&f.options, &checks));
		look(&f, checks, "www.example.gov.cn/", "text/html", PAGE "<p>x");
		assert_true(has(&f, "mark.missing") == rows[i].missing);
		look(&f, checks, "www.example.gov.cn/a.html", "text/html", mark);
		/* red is an organ's: an institution's is wrong as well */
		assert_true(has(&f, "mark.wrong-kind") == (!rows[i].entitled || rows[i].kind == WQ_UNIT_INSTITUTION));
		wq_checks_free(&checks);
	}
	end(&f);
}

static void unapproved_changes(void **state)
{
	struct fixture f;
	struct wq_checks *checks;
	const wq_str key = WQ_S("www.example.gov.cn/a.html"), html = WQ_S("text/html; charset=utf-8");
	const wq_str before = WQ_S(PAGE "<p>x"), after = WQ_S(PAGE "<p>x<script src='//e.com/x.js'></script>");

	(void)state;
	begin(&f);
	assert_ok(wq_checks_new(&f.options, &checks));
	assert_ok(wq_checks_change(checks, key, html, before, html, before, &f.found));
	assert_int_equal(f.found.count, 0);
	assert_ok(wq_checks_change(checks, key, html, before, html, after, &f.found));
	assert_int_equal(f.found.count, 1);
	assert_str(f.found.items[0].rule, WQ_S("change.script"));
	assert_int_equal(f.found.items[0].severity, WQ_SEVERITY_HIGH);
	/* what is new is shown where it stands, readable */
	assert_ok(wq_findings_init(&f.found, &f.arena, 100));
	assert_ok(wq_checks_change(checks, key, html, WQ_S(PAGE "<p>x\n<p>y"), html,
		WQ_S(PAGE "<p>x\n<p>2025-07-14 起，每件1250.00元，咨询13800138000"), &f.found));
	assert_int_equal(f.found.count, 1);
	assert_int_equal(f.found.items[0].place.line, 2);
	assert_true(wq_str_find(f.found.items[0].evidence.excerpt, WQ_S("2025-07-14 起，每件1250.00元，咨询***")) >= 0);
	assert_ok(wq_findings_init(&f.found, &f.arena, 100));
	assert_ok(wq_checks_change(
		checks, key, WQ_S("text/css"), WQ_S("a{}\nb{}\n"), WQ_S("text/css"), WQ_S("a{}\nb{x:y}\n"), &f.found));
	assert_int_equal(f.found.items[0].place.line, 2);
	wq_checks_free(&checks);
	end(&f);
}

static void a_wrong_list_is_named(void **state)
{
	struct fixture f;
	struct wq_checks *checks = NULL;

	(void)state;
	begin(&f);
	own_list(&f, HEAD "[list own]\nword: 甲\n");
	wq_err e = wq_checks_new(&f.options, &checks);
	assert_true(wq_is(e, WQ_E_CONFIG));
	assert_true(wq_str_find(wq_str_c(wq_err_note(e)), WQ_S("words/own.txt:6:")) >= 0);
	assert_null(checks);
	f.options.rules_dir = f.own;
	assert_err(wq_checks_new(&f.options, &checks), WQ_E_CONFIG);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detectors_and_the_units_own_lists),
		cmocka_unit_test(the_home_page_of_an_organ),
		cmocka_unit_test(the_mark_belongs_to_kinds),
		cmocka_unit_test(unapproved_changes),
		cmocka_unit_test(a_wrong_list_is_named),
	};
	return cmocka_run_group_tests_name("flow check", tests, NULL, NULL);
}
