#include "flow/ruleset.h"

#include "base/test.h"
#include "ledger/ledger.h"

#include <limits.h>
#include <sys/stat.h>

static char root[64];
static struct wq_arena arena;
static struct wq_workspace w;

#define SIGNED "SecComponentSignature \"Demo_Set/1.0\"\n"
#define RULES "rules/"
#define RULE(id) "SecRule ARGS \"@contains x" id "\" \"id:" id ",phase:2,pass,nolog\"\n"

static const char *at(const char *name)
{
	return wq_arena_printf(&arena, "%s/%s", root, name).p;
}

static void put(const char *name, const char *text)
{
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof folder, "%s", at(name));
	*strrchr(folder, '/') = '\0';
	assert_ok(wq_dir_make(&wq_fs_system, folder, 0755));
	assert_ok(wq_file_replace(&wq_fs_system, at(name), wq_str_c(text), 0644));
}

static int begin(void **state)
{
	(void)state;
	(void)snprintf(root, sizeof root, "/tmp/wq-ruleset-XXXXXX");
	assert_non_null(mkdtemp(root));
	assert_ok(wq_crypto_init());
	wq_arena_init(&arena, 512 * WQ_MIB);
	assert_ok(wq_workspace_init(at("state"), WQ_S_NONE, &wq_clock_system, &wq_random_system));
	assert_ok(wq_workspace_open(at("state"), &wq_clock_system, &wq_random_system, &arena, &w));
	return 0;
}

static int end(void **state)
{
	(void)state;
	wq_workspace_close(&w);
	wq_arena_done(&arena);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, root));
	return 0;
}

static void demo_set(void)
{
	put("crs/crs-setup.conf.example", SIGNED);
	put("crs/rules/B.conf",
		RULE("2") "SecRule ARGS \"@pmFromFile words.data\" \"id:3,phase:2,pass\"\nInclude more/C.inc\n");
	put("crs/rules/A.conf", RULE("1"));
	put("crs/rules/more/C.inc", RULE("5"));
	put("crs/rules/words.data", "union\nselect\n");
	put("crs/rules/unused.data", "x\n");
	put("crs/rules/OFF.conf.example", RULE("9"));
	put("crs/plugins/p-config.conf", RULE("11"));
	put("crs/plugins/p-before.conf", RULE("12"));
	put("crs/plugins/p-after.conf", RULE("13"));
	put("crs/tests/T.conf", "no rules at all\n");
}

static struct wq_ruleset take(const char *name)
{
	struct wq_ruleset set;

	assert_ok(wq_ruleset_take(at(name), WQ_S_NONE, &arena, NULL, NULL, &set));
	return set;
}

static void store_and_use(const struct wq_ruleset *set)
{
	assert_ok(wq_ruleset_store(&w, set, WQ_S("test"), WQ_S("user-a")));
	assert_ok(wq_ruleset_use(&w, set->name, WQ_S("user-a")));
}

static wq_err count_event(void *data, const struct wq_event *event)
{
	(void)event;
	++*(size_t *)data;
	return WQ_OK;
}

static size_t events(const char *type)
{
	const struct wq_ledger_filter filter = {.type_prefix = wq_str_c(type)};
	size_t n = 0;

	assert_ok(wq_ledger_visit(w.ledger, &filter, count_event, &n));
	return n;
}

static const char *active(void)
{
	static char target[PATH_MAX];
	ssize_t n = readlink(at("state/rules/waf/active"), target, sizeof target - 1);

	target[n > 0 ? n : 0] = '\0';
	return target;
}

/* ---- what a name stands for ---- */

static void folders_are_read_in_their_order(void **state)
{
	static const struct {
		const char *path, *names[8];
	} rows[] = {
		{"crs",
			{"crs-setup.conf.example", "p-config.conf", "p-before.conf", "A.conf", "B.conf",
				"p-after.conf"}},
		{"crs/rules/A.conf", {"A.conf"}},
		{"crs/rules", {"A.conf", "B.conf"}},
		{"made", {"main.conf"}},
		{"debian", {"own.conf", "A.conf", "B.conf"}},
		{"mixed", {"x.load"}},
	};
	char load[3 * PATH_MAX];

	(void)state;
	demo_set();
	put("made/main.conf", RULE("1"));
	put("made/other.conf", RULE("2"));
	put("etc/own.conf", SIGNED);
	put("debian/README", "");
	(void)snprintf(load, sizeof load,
		"# all\nInclude %s/etc/own.conf\nIncludeOptional %s/etc/none.conf\nInclude %s/crs/rules/*.conf\n", root,
		root, root);
	put("debian/x.load", load);
	put("mixed/x.load", "SecMarker A\n");
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const char *const *paths = NULL;
		size_t n = 0;
		assert_ok(wq_ruleset_paths(at(rows[i].path), &arena, &paths, &n));
		for (size_t j = 0; j < n; j++)
			assert_string_equal(strrchr(paths[j], '/') + 1, rows[i].names[j]);
		assert_null(rows[i].names[n]);
	}
	const char *const *paths;
	size_t n;
	assert_err(wq_ruleset_paths(at("crs/tests/none"), &arena, &paths, &n), WQ_E_NOT_FOUND);
	put("void/README", "");
	assert_err(wq_ruleset_paths(at("void"), &arena, &paths, &n), WQ_E_CONFIG);
}

/* ---- taking ---- */

static void a_set_is_the_closure_of_what_was_read(void **state)
{
	static const char *const names[] = {"crs-setup.conf.example", "main.conf", "plugins/p-after.conf",
		"plugins/p-before.conf", "plugins/p-config.conf", RULES "A.conf", RULES "B.conf", "rules/more/C.inc",
		"rules/words.data"};

	(void)state;
	demo_set();
	struct wq_ruleset set = take("crs");
	assert_str(set.name, WQ_S("demo-set-1.0"));
	assert_str(set.version, WQ_S("1.0"));
	assert_int_equal(set.rules, 7);
	assert_int_equal(set.n, WQ_COUNT(names));
	for (size_t i = 0; i < set.n; i++)
		assert_str(set.files[i].name, wq_str_c(names[i]));
	assert_true(wq_str_find(set.files[1].text,
			    WQ_S("Include crs-setup.conf.example\nInclude plugins/p-config.conf\nInclude "
				 "plugins/p-before.conf\nInclude " RULES "A.conf\nInclude " RULES "B.conf\nInclude "
				 "plugins/p-after.conf\n")) > 0);
	struct wq_ruleset again = take("crs//");
	assert_true(wq_digest_eq(set.digest, again.digest));
	put("crs/rules/words.data", "union\nselec\n");
	again = take("crs");
	assert_false(wq_digest_eq(set.digest, again.digest));
}

static void sets_that_cannot_stand_alone_are_refused(void **state)
{
	struct wq_ruleset set;

	(void)state;
	put("unsigned/a.conf", RULE("1"));
	assert_err(wq_ruleset_take(at("unsigned"), WQ_S_NONE, &arena, NULL, NULL, &set), WQ_E_CONFIG);
	assert_ok(wq_ruleset_take(at("unsigned"), WQ_S("My Rules"), &arena, NULL, NULL, &set));
	assert_true(wq_str_starts(set.name, WQ_S("my-rules-")));
	put("slip/a.conf", SIGNED "SecRul x\n");
	assert_err(wq_ruleset_take(at("slip"), WQ_S_NONE, &arena, NULL, NULL, &set), WQ_E_CONFIG);
	put("pattern/a.conf", SIGNED "SecRule ARGS \"@rx (\" \"id:1,phase:2,pass\"\n");
	assert_err(wq_ruleset_take(at("pattern"), WQ_S_NONE, &arena, NULL, NULL, &set), WQ_E_CONFIG);
	put("named/b c.conf", SIGNED);
	assert_err(wq_ruleset_take(at("named"), WQ_S_NONE, &arena, NULL, NULL, &set), WQ_E_CONFIG);
	put("linked/a.conf", SIGNED "SecRule ARGS \"@pmFromFile l.data\" \"id:1,phase:2,pass\"\n");
	assert_int_equal(symlink("/etc/passwd", at("linked/l.data")), 0);
	assert_err(wq_ruleset_take(at("linked"), WQ_S_NONE, &arena, NULL, NULL, &set), WQ_E_CONFIG);
	put("twice/a.conf", SIGNED "Include ../x/same.inc\nInclude ../y/same.inc\n");
	put("x/same.inc", RULE("1"));
	put("y/same.inc", RULE("2"));
	assert_err(wq_ruleset_take(at("twice"), WQ_S_NONE, &arena, NULL, NULL, &set), WQ_E_CONFIG);
}

static void debian_has_a_set(void **state)
{
	struct wq_ruleset set;

	(void)state;
	assert_ok(wq_ruleset_take("/usr/share/modsecurity-crs", WQ_S_NONE, &arena, NULL, NULL, &set));
	assert_str(set.name, WQ_S("owasp-crs-3.3.4"));
	store_and_use(&set);
	assert_int_equal(access(at("state/rules/waf/active/outside/crs-setup.conf"), R_OK), 0);
}

/* ---- keeping ---- */

static void sets_change_and_are_on_record(void **state)
{
	struct wq_ruleset_row *rows;
	size_t n;

	(void)state;
	assert_ok(wq_ruleset_list(&w, &arena, &rows, &n));
	assert_int_equal(n, 0);
	demo_set();
	struct wq_ruleset first = take("crs");
	store_and_use(&first);
	assert_string_equal(active(), "demo-set-1.0");
	store_and_use(&first); /* again: nothing new */
	assert_int_equal(events("rules.imported"), 1);
	assert_int_equal(events("rules.activated"), 1);
	put("crs/crs-setup.conf.example", "SecComponentSignature Demo_Set/2.0\n");
	struct wq_ruleset second = take("crs");
	store_and_use(&second);
	assert_string_equal(active(), "demo-set-2.0");
	assert_ok(wq_ruleset_use(&w, WQ_S("demo-set-1.0"), WQ_S("user-b")));
	assert_string_equal(active(), "demo-set-1.0");
	assert_int_equal(events("rules.activated"), 3);
	assert_ok(wq_ruleset_list(&w, &arena, &rows, &n));
	assert_int_equal(n, 2);
	assert_true(rows[0].active && rows[0].recorded && !rows[0].altered && !rows[1].active);
	assert_str(rows[0].actor, WQ_S("user-a"));
	assert_int_equal(rows[0].rules, 7);
	assert_true(wq_digest_eq(rows[1].digest, second.digest));
}

static void other_files_under_a_taken_name_are_refused(void **state)
{
	(void)state;
	demo_set();
	struct wq_ruleset set = take("crs");
	store_and_use(&set);
	put("crs/rules/A.conf", RULE("77"));
	set = take("crs");
	assert_err(wq_ruleset_store(&w, &set, WQ_S("test"), WQ_S("user-a")), WQ_E_EXISTS);
	assert_ok(wq_ruleset_take(at("crs"), WQ_S("other"), &arena, NULL, NULL, &set));
	store_and_use(&set);
	assert_string_equal(active(), "other-1.0");
}

static void altered_sets_are_not_put_in_force(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {{RULES "A.conf", RULE("1") RULE("66")}, {RULES "new.conf", RULE("66")}, {"rules/.hidden", "x"},
		{NULL, NULL}};
	struct wq_ruleset_row *list;
	char path[PATH_MAX];
	size_t n;

	(void)state;
	demo_set();
	struct wq_ruleset set = take("crs");
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		store_and_use(&set);
		(void)snprintf(path, sizeof path, "state/rules/waf/demo-set-1.0/%s",
			rows[i].name ? rows[i].name : RULES "A.conf");
		if (rows[i].name)
			put(path, rows[i].text);
		else
			assert_int_equal(unlink(at(path)), 0);
		assert_err(wq_ruleset_use(&w, set.name, WQ_S("user-a")), WQ_E_ALTERED);
		assert_ok(wq_ruleset_list(&w, &arena, &list, &n));
		assert_int_equal(n, 1);
		assert_true(list[0].altered);
	}
	store_and_use(&set); /* put right again */
	assert_int_equal(events("rules.imported"), 1);
	assert_err(wq_ruleset_use(&w, WQ_S("none-1"), WQ_S("user-a")), WQ_E_NOT_FOUND);
	assert_err(wq_ruleset_use(&w, WQ_S("../waf/demo-set-1.0"), WQ_S("user-a")), WQ_E_NOT_FOUND);
	put("state/rules/waf/foreign-1/main.conf", RULE("1"));
	assert_err(wq_ruleset_use(&w, WQ_S("foreign-1"), WQ_S("user-a")), WQ_E_ALTERED);
	assert_string_equal(active(), "demo-set-1.0");
}

static void what_a_killed_import_left_is_swept(void **state)
{
	(void)state;
	demo_set();
	put("state/rules/waf/.new-0011223344556677/main.conf", "half");
	assert_int_equal(symlink("nowhere", at("state/rules/waf/.active-0011223344556677")), 0);
	struct wq_ruleset set = take("crs");
	store_and_use(&set);
	assert_int_equal(access(at("state/rules/waf/.new-0011223344556677"), F_OK), -1);
	struct stat st;
	assert_int_equal(lstat(at("state/rules/waf/.active-0011223344556677"), &st), -1);
}

static void only_one_changes_sets_at_a_time(void **state)
{
	int fd = -1;

	(void)state;
	demo_set();
	struct wq_ruleset set = take("crs");
	store_and_use(&set);
	assert_ok(wq_file_lock(at("state/rules/waf/.lock"), false, &fd));
	assert_err(wq_ruleset_store(&w, &set, WQ_S("test"), WQ_S("user-a")), WQ_E_BUSY);
	assert_err(wq_ruleset_use(&w, set.name, WQ_S("user-a")), WQ_E_BUSY);
	wq_file_close(&fd);
	store_and_use(&set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(folders_are_read_in_their_order),
		TEST(a_set_is_the_closure_of_what_was_read),
		TEST(sets_that_cannot_stand_alone_are_refused),
		TEST(debian_has_a_set),
		TEST(sets_change_and_are_on_record),
		TEST(other_files_under_a_taken_name_are_refused),
		TEST(altered_sets_are_not_put_in_force),
		TEST(what_a_killed_import_left_is_swept),
		TEST(only_one_changes_sets_at_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
