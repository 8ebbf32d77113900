#include "base/file.h"
#include "base/map.h"
#include "base/test.h"
#include "flow/site.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HOST "www.example.gov.cn"

enum { MANY = 20000 };

/* What a visit gave: key -> a copy of the item. */
struct seen {
	struct wq_arena arena;
	struct wq_map items;
	size_t skipped;
	wq_str last_skip;
};

static char root[64];
static const wq_str host = WQ_S_INIT(HOST);

static const char *in(const char *name)
{
	static char path[8192];

	snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *content)
{
	assert_ok(wq_file_replace(&wq_fs_system, in(name), wq_str_c(content), 0644));
}

static wq_err keep(void *data, const struct wq_site_item *item)
{
	struct seen *seen = data;
	struct wq_site_item *copy = WQ_NEW(&seen->arena, struct wq_site_item);
	void *before;

	*copy = *item;
	copy->type = wq_arena_str(&seen->arena, item->type);
	copy->headers = wq_arena_str(&seen->arena, item->headers);
	copy->body = wq_arena_str(&seen->arena, item->body);
	WQ_TRY(wq_map_put(&seen->items, item->key, copy, &before));
	assert_null(before); /* every key once */
	return WQ_OK;
}

static void skipped(void *data, wq_str source, const char *why)
{
	struct seen *seen = data;

	assert_true(*why);
	seen->skipped++;
	seen->last_skip = wq_arena_str(&seen->arena, source);
}

static wq_err look(struct seen *seen)
{
	struct wq_site_options options = {.skipped = skipped, .skipped_data = seen};

	*seen = (struct seen){0};
	wq_arena_init(&seen->arena, 512 * WQ_MIB);
	wq_map_init(&seen->items, 1000000, &wq_random_system);
	return wq_site_directory(root, &host, 1, &options, keep, seen);
}

static void forget(struct seen *seen)
{
	wq_map_done(&seen->items);
	wq_arena_done(&seen->arena);
}

static const struct wq_site_item *at(const struct seen *seen, const char *target)
{
	char key[4096];

	snprintf(key, sizeof key, HOST "%s", target);
	return wq_map_get(&seen->items, wq_str_c(key));
}

static int begin(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/wq-site-XXXXXX");
	return mkdtemp(root) && chmod(root, 0755) == 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	WQ_IGNORE(wq_dir_remove_tree(&wq_fs_system, root));
	return 0;
}

static void files_are_what_a_web_server_serves(void **state)
{
	static const struct {
		const char *target;
		uint16_t status;
		const char *body;
	} rows[] = {
		{"/", 200, "home"},
		{"/index.html", 200, "home"},
		{"/404.html", 404, "lost"},
		{"/sub/404.html", 200, "a page"},
		{"/docs/", 200, "docs"},
		{"/docs/index.html", 200, "docs"},
		{"/both/", 200, "html wins"},
		{"/both/index.htm", 200, "htm"},
		{"/old/", 200, "old"},
		{"/a%20b.html", 200, "space"},
		{"/%E9%80%9A%E7%9F%A5.html", 200, "通知"},
		{"/100%25.html", 200, "percent"},
		{"/a+b~(1).txt", 200, "plain marks"},
		{"/empty.css", 200, ""},
	};
	static const char *const none[] = {
		"/.git/config", "/.htaccess", "/sub/", "/sub", "/a%5Cb.html", "/bell%07.html"};
	struct seen seen;
	const struct wq_site_item *item;

	(void)state;
	assert_int_equal(mkdir(in("docs"), 0755) | mkdir(in("sub"), 0755) | mkdir(in("both"), 0755) |
			mkdir(in("old"), 0755) | mkdir(in(".git"), 0755) | mkdir(in("void"), 0755),
		0);
	put("index.html", "home");
	put("404.html", "lost");
	put("sub/404.html", "a page");
	put("docs/index.html", "docs");
	put("both/index.html", "html wins");
	put("both/index.htm", "htm");
	put("old/index.htm", "old");
	put("a b.html", "space");
	put("通知.html", "通知");
	put("100%.html", "percent");
	put("a+b~(1).txt", "plain marks");
	put("empty.css", "");
	put(".git/config", "secret");
	put(".htaccess", "secret");
	put("a\\b.html", "backslash");
	put("bell\a.html", "control");
	put("gb\xb9\xab.html", "a name in GBK");
	assert_int_equal(mkfifo(in("pipe"), 0644), 0);
	assert_ok(look(&seen));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		item = at(&seen, rows[i].target);
		if (!item)
			fail_msg("%s is missing", rows[i].target);
		assert_int_equal(item->status, rows[i].status);
		assert_str(item->body, wq_str_c(rows[i].body));
		assert_int_equal(item->headers.n, 0);
	}
	for (size_t i = 0; i < WQ_COUNT(none); i++)
		if (at(&seen, none[i]))
			fail_msg("%s is there", none[i]);
	item = at(&seen, "/docs");
	assert_non_null(item);
	assert_int_equal(item->status, 301);
	assert_str(item->headers, WQ_S("Location: /docs/\r\n"));
	assert_int_equal(seen.skipped, 6); /* .git, .htaccess, backslash, control, GBK, pipe */
	assert_int_equal(wq_map_count(&seen.items),
		WQ_COUNT(rows) + 5); /* and both/index.html, old/index.htm, three redirects */
	forget(&seen);
}

static void links_lead_only_to_what_is_public(void **state)
{
	static const struct {
		const char *name, *to;
		bool taken;
	} rows[] = {
		{"ok.html", "real.html", true},
		{"chain.html", "ok.html", true},
		{"outside.html", "%s-out/public.html", true},
		{"locked.html", "%s-out/locked/x.html", false},
		{"private.html", "%s-out/private.html", false},
		{"dangling.html", "nowhere", false},
		{"loop.html", "loop.html", false},
		{"folder", "real", false},
		{"device", "/dev/zero", false},
	};
	char out[128], path[256], to[256];
	struct seen seen;

	(void)state;
	snprintf(out, sizeof out, "%s-out", root);
	assert_int_equal(mkdir(in("real"), 0755) | mkdir(out, 0755), 0);
	put("real.html", "real");
	snprintf(path, sizeof path, "%s/locked", out);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/locked/x.html", out);
	assert_ok(wq_file_replace(&wq_fs_system, path, WQ_S("x"), 0644));
	snprintf(path, sizeof path, "%s/public.html", out);
	assert_ok(wq_file_replace(&wq_fs_system, path, WQ_S("x"), 0644));
	snprintf(path, sizeof path, "%s/private.html", out);
	assert_ok(wq_file_replace(&wq_fs_system, path, WQ_S("x"), 0600));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		bool outside = rows[i].to[0] == '%';

		snprintf(to, sizeof to, "%s%s", outside ? root : "", outside ? rows[i].to + 2 : rows[i].to);
		assert_int_equal(symlink(to, in(rows[i].name)), 0);
	}
	assert_ok(look(&seen));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		snprintf(path, sizeof path, "/%s", rows[i].name);
		if ((at(&seen, path) != NULL) != rows[i].taken)
			fail_msg("%s", rows[i].name);
	}
	forget(&seen);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, out));
}

static void spellings_with_a_query_are_resources(void **state)
{
	static const char *const taken[] = {"/style.css?v=3", "/style.css?v=4", "/css/x.css?t=1", "/img/a.png?x=1&y=2",
		"/news/?page=2", "/news/index.html?from=home", "/gb.css?v=1"};
	static const char *const none[] = {"/missing.css?v=1", "/style.css?v=other-host", "/?", "/style.css?"};
	struct seen seen;
	char many[4096] = "";
	size_t n;

	(void)state;
	assert_int_equal(mkdir(in("css"), 0755) | mkdir(in("img"), 0755) | mkdir(in("news"), 0755), 0);
	put("index.html",
		"<link rel=stylesheet href=style.css?v=3><link rel=stylesheet href='//" HOST "/style.css?v=4#x'>"
		"<a href='news/?page=2'>n</a><a href='/news/index.html?from=home'>n</a><a href='missing.css?v=1'>m</a>"
		"<a href='http://elsewhere.example/style.css?v=other-host'>o</a><a href='style.css?'>e</a>"
		"<script>'style.css?v=script'</script>");
	put("news/index.html", "<base href=/css/><link rel=stylesheet href=x.css?t=1>");
	put("css/x.css", "a{background:url(../img/a.png?x=1&y=2)}");
	put("img/a.png", "png");
	put("style.css", "x{}");
	put("gb.css", "x{}");
	put("gb.html", "<meta charset=gb2312><p>\xb9\xab\x5c<a href='gb.css?v=1'>x</a>");
	assert_ok(look(&seen));
	for (size_t i = 0; i < WQ_COUNT(taken); i++)
		if (!at(&seen, taken[i]))
			fail_msg("%s is missing", taken[i]);
	for (size_t i = 0; i < WQ_COUNT(none); i++)
		if (at(&seen, none[i]))
			fail_msg("%s is there", none[i]);
	assert_str(at(&seen, "/style.css?v=3")->body, WQ_S("x{}"));
	assert_str(at(&seen, "/style.css?v=3")->type, at(&seen, "/style.css")->type);
	n = wq_map_count(&seen.items);
	forget(&seen);
	/* at most 16 of one file */
	for (int i = 0; i < 40; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many), "<img src='img/a.png?n=%d'>", i);
	put("many.html", many);
	assert_ok(look(&seen));
	assert_int_equal(wq_map_count(&seen.items), n + 1 + 15); /* the page, and 15 more beside ?x=1&y=2 */
	assert_int_equal(seen.skipped, 1);
	forget(&seen);
}

static void every_host_has_all_of_it(void **state)
{
	static const wq_str hosts[] = {WQ_S_INIT(HOST), WQ_S_INIT("m.example.gov.cn")};
	static const char *const targets[] = {"/", "/index.html", "/a.css", "/a.css?v=1"};
	struct seen seen = {0};
	char key[256];

	(void)state;
	put("index.html", "<link rel=stylesheet href='a.css?v=1'>");
	put("a.css", "a{}");
	wq_arena_init(&seen.arena, WQ_MIB);
	wq_map_init(&seen.items, 100, &wq_random_system);
	assert_ok(wq_site_directory(root, hosts, WQ_COUNT(hosts), NULL, keep, &seen));
	assert_int_equal(wq_map_count(&seen.items), WQ_COUNT(hosts) * WQ_COUNT(targets));
	for (size_t i = 0; i < WQ_COUNT(hosts); i++)
		for (size_t k = 0; k < WQ_COUNT(targets); k++) {
			snprintf(key, sizeof key, "%s%s", hosts[i].p, targets[k]);
			assert_true(wq_map_has(&seen.items, wq_str_c(key)));
		}
	forget(&seen);
}

static void deep_folders_are_refused_by_name(void **state)
{
	char path[4096];
	struct seen seen;
	wq_err e;

	(void)state;
	snprintf(path, sizeof path, "%s", root);
	for (int i = 0; i < 64; i++) {
		snprintf(path + strlen(path), sizeof path - strlen(path), "/d");
		assert_int_equal(mkdir(path, 0755), 0);
	}
	snprintf(path + strlen(path), sizeof path - strlen(path), "/x.html");
	assert_ok(wq_file_replace(&wq_fs_system, path, WQ_S("x"), 0644));
	assert_ok(look(&seen));
	assert_int_equal(wq_map_count(&seen.items), 1);
	forget(&seen);
	path[strlen(path) - strlen("/x.html")] = '\0';
	snprintf(path + strlen(path), sizeof path - strlen(path), "/d");
	assert_int_equal(mkdir(path, 0755), 0);
	e = look(&seen);
	assert_err(e, WQ_E_LIMIT);
	assert_true(wq_str_find(wq_str_c(wq_err_note(e)), WQ_S("/d/d/d")) > 0);
	forget(&seen);
}

static void very_many_files_all_come(void **state)
{
	struct seen seen;
	char name[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		FILE *file;

		snprintf(name, sizeof name, "f%05d.txt", i);
		file = fopen(in(name), "we");
		assert_non_null(file);
		fputs(name, file);
		fclose(file);
	}
	assert_ok(look(&seen));
	assert_int_equal(wq_map_count(&seen.items), MANY);
	assert_str(at(&seen, "/f19999.txt")->body, WQ_S("f19999.txt"));
	forget(&seen);
}

/* As nobody: root may read everything. */
static void what_cannot_be_read_is_named(void **state)
{
	int status;
	pid_t child;

	(void)state;
	put("ok.html", "x");
	put("secret.html", "x");
	assert_int_equal(chmod(in("secret.html"), 0), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct seen seen;
		wq_err e;

		if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(2);
		e = look(&seen);
		_exit(wq_is(e, WQ_E_DENIED) && wq_str_find(wq_str_c(wq_err_note(e)), WQ_S("/secret.html")) > 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void nothing_and_no_directory(void **state)
{
	struct wq_site_options options = {0};
	struct seen seen;

	(void)state;
	assert_ok(look(&seen));
	assert_int_equal(wq_map_count(&seen.items), 0);
	assert_err(wq_site_directory(in("nowhere"), &host, 1, &options, keep, &seen), WQ_E_NOT_FOUND);
	put("file", "x");
	assert_true(wq_failed(wq_site_directory(in("file"), &host, 1, &options, keep, &seen)));
	forget(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_what_a_web_server_serves, begin, end),
		cmocka_unit_test_setup_teardown(links_lead_only_to_what_is_public, begin, end),
		cmocka_unit_test_setup_teardown(spellings_with_a_query_are_resources, begin, end),
		cmocka_unit_test_setup_teardown(every_host_has_all_of_it, begin, end),
		cmocka_unit_test_setup_teardown(deep_folders_are_refused_by_name, begin, end),
		cmocka_unit_test_setup_teardown(very_many_files_all_come, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_named, begin, end),
		cmocka_unit_test_setup_teardown(nothing_and_no_directory, begin, end),
	};
	return cmocka_run_group_tests_name("flow site directory", tests, NULL, NULL);
}
