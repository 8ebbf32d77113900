#include "base/test.h"

#include "base/conf.h"
#include "base/file.h"

static const struct wq_conf_row rows[] = {
	{"gate.enabled", WQ_CONF_BOOL, "true", 0, 0, NULL, "启用", "on"},
	{"gate.workers", WQ_CONF_INT, "4", -1, 64, NULL, "进程数", "processes"},
	{"gate.memory_budget", WQ_CONF_SIZE, "64MiB", 1 << 20, 1LL << 40, "bytes", "内存预算", "memory"},
	{"gate.cache.timeout", WQ_CONF_DURATION, "30s", 1, 86400000, "ms", "超时", "timeout"},
	{"name", WQ_CONF_TEXT, NULL, 1, 8, NULL, "名称", "name"},
	{"state", WQ_CONF_PATH, "/var/lib/weique", 0, 0, NULL, "状态目录", "where state lives"},
	{"hosts", WQ_CONF_LIST, "a.example,b.example", 0, 3, NULL, "主机", "hosts"},
	{"listen", WQ_CONF_HOST_PORT, "127.0.0.1:8080", 0, 0, NULL, "监听", "where to listen"},
};

static struct wq_conf *fresh(void)
{
	struct wq_conf *conf;

	assert_ok(wq_conf_new(rows, WQ_COUNT(rows), &conf));
	return conf;
}

static void defaults(void **state)
{
	struct wq_conf *conf = fresh();
	const char *const *hosts;
	static const struct wq_conf_row bad = {"x", WQ_CONF_INT, "9", 1, 8, NULL, "", ""};
	struct wq_conf *none;

	(void)state;
	assert_true(wq_conf_bool(conf, "gate.enabled"));
	assert_int_equal(wq_conf_int(conf, "gate.workers"), 4);
	assert_int_equal(wq_conf_size(conf, "gate.memory_budget"), 64 * WQ_MIB);
	assert_int_equal(wq_conf_msec(conf, "gate.cache.timeout"), 30000);
	assert_null(wq_conf_text(conf, "name"));
	assert_int_equal(wq_conf_list(conf, "hosts", &hosts), 2);
	assert_string_equal(hosts[1], "b.example");
	assert_string_equal(wq_conf_where(conf, "hosts"), "default");
	assert_err(wq_conf_complete(conf), WQ_E_CONFIG);
	wq_conf_free(&conf);
	wq_conf_free(&conf);
	assert_err(wq_conf_new(&bad, 1, &none), WQ_E_BUG);
}

static void loads(void **state)
{
	struct wq_conf *conf = fresh();
	const char *const *hosts;

	(void)state;
	assert_ok(wq_conf_parse(conf,
		WQ_S("# first\ngate = {\n  enabled = false; workers = -1;\n  memory_budget = \"2 GiB\";\n"
		     "  cache: { timeout = \"5min\"; };\n};\nname = \"$HOME\";\nhosts = [\"x\"];\n"),
		"one.conf"));
	assert_ok(wq_conf_parse(
		conf, WQ_S("listen = \"[::1]:443\"; gate: { memory_budget = 4294967296L; };"), "two.conf"));
	assert_false(wq_conf_bool(conf, "gate.enabled"));
	assert_int_equal(wq_conf_int(conf, "gate.workers"), -1);
	assert_int_equal(wq_conf_size(conf, "gate.memory_budget"), 4294967296);
	assert_int_equal(wq_conf_msec(conf, "gate.cache.timeout"), 300000);
	assert_string_equal(wq_conf_text(conf, "name"), "$HOME"); /* nothing is expanded */
	assert_string_equal(wq_conf_text(conf, "listen"), "[::1]:443");
	assert_int_equal(wq_conf_list(conf, "hosts", &hosts), 1);
	assert_string_equal(hosts[0], "x");
	assert_string_equal(wq_conf_where(conf, "gate.cache.timeout"), "one.conf:5");
	assert_string_equal(wq_conf_where(conf, "gate.memory_budget"), "two.conf:1");
	assert_ok(wq_conf_complete(conf));
	wq_conf_free(&conf);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *note;
		enum wq_err_id id;
	} bad[] = {
		{"gate = {\n workrs = 1; };", "f:2: no such setting: gate.workrs; did you mean gate.workers?",
			WQ_E_CONFIG},
		{"completely_else = 1;", "f:1: no such setting: completely_else", WQ_E_CONFIG},
		{"\n\nname = ;", "f:3: syntax error", WQ_E_CONFIG},
		{"name = \"a\";\nname = \"b\";", "f:2: duplicate setting name", WQ_E_CONFIG},
		{"name = \"123456789\";", "f:1: name: outside 1 to 8", WQ_E_CONFIG},
		{"name = 7;", "f:1: name: expected a text in quotes", WQ_E_CONFIG},
		{"gate: { workers = 65; };", "f:1: gate.workers: outside -1 to 64", WQ_E_CONFIG},
		{"gate: { workers = \"x\"; };", "f:1: gate.workers: expected a whole number", WQ_E_CONFIG},
		{"gate: { workers = 1.5; };", "f:1: gate.workers: expected: whole number", WQ_E_CONFIG},
		{"gate: { memory_budget = \"64 MB\"; };", "f:1: gate.memory_budget: expected something like 64MiB",
			WQ_E_CONFIG},
		{"gate: { memory_budget = 99999999999; };", "f:1: write so large a number in quotes", WQ_E_CONFIG},
		{"gate: { memory_budget = \"99999999999TiB\"; };",
			"f:1: gate.memory_budget: expected something like 64MiB", WQ_E_CONFIG},
		{"gate: { cache: { timeout = 5; }; };", "f:1: gate.cache.timeout: expected something like 30s",
			WQ_E_CONFIG},
		{"gate: { enabled = \"maybe\"; };", "f:1: gate.enabled: expected true or false", WQ_E_CONFIG},
		{"state = \"relative\";", "f:1: state: expected an absolute path", WQ_E_CONFIG},
		{"state = \"/a/../b\";", "f:1: state: a path without \"..\" is needed", WQ_E_CONFIG},
		{"listen = \"host\";", "f:1: listen: expected host:port or [address]:port", WQ_E_CONFIG},
		{"listen = \"::1:80\";", "f:1: listen: expected host:port or [address]:port", WQ_E_CONFIG},
		{"listen = \"h:0\";", "f:1: listen: expected host:port or [address]:port", WQ_E_CONFIG},
		{"listen = \"a b:1\";", "f:1: listen: not the name of a host", WQ_E_CONFIG},
		{"hosts = [1, 2];", "f:1: hosts: entry 1: expected a text", WQ_E_CONFIG},
		{"hosts = [\"a\",\"b\",\"c\",\"d\"];", "f:1: hosts: outside 0 to 3", WQ_E_CONFIG},
		{"hosts = \"a\";", "f:1: hosts: expected: list of texts", WQ_E_CONFIG},
		{"hosts: { x = 1; };", "f:1: no such setting: hosts.x; did you mean hosts?", WQ_E_CONFIG},
		{"# ok\n@include \"/etc/passwd\"", "f:2: @include is not supported", WQ_E_CONFIG},
		{"a:{a:{a:{a:{a:{a:{a:{a:{a:{}}}}}}}}}", "f:1: nested deeper than 8", WQ_E_LIMIT},
	};
	struct wq_conf *conf = fresh();

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		wq_err e = wq_conf_parse(conf, wq_str_c(bad[i].text), "f");
		if (!wq_is(e, bad[i].id) || strcmp(wq_err_note(e), bad[i].note) != 0)
			fail_msg("%s: %s \"%s\" instead of \"%s\"", bad[i].text, wq_err_name(e), wq_err_note(e),
				bad[i].note);
	}
	/* a load that fails in its last line changes nothing */
	assert_err(wq_conf_parse(conf, WQ_S("gate: { workers = 9; };\nname = 1;"), "f"), WQ_E_CONFIG);
	assert_int_equal(wq_conf_int(conf, "gate.workers"), 4);
	assert_err(wq_conf_parse(conf, wq_str_of("name\0=1;", 8), "f"), WQ_E_CONFIG);
	assert_err(wq_conf_load(conf, "/nonexistent.conf"), WQ_E_NOT_FOUND);
	wq_conf_free(&conf);
}

static void limits(void **state)
{
	struct wq_conf *conf = fresh();
	struct wq_buf text = WQ_BUF_INIT(WQ_MIB);

	(void)state;
	while (text.len <= WQ_CONF_MAX_BYTES)
		wq_buf_add(&text, WQ_S("# much\n"));
	assert_err(wq_conf_parse(conf, wq_buf_str(&text), "f"), WQ_E_LIMIT);
	assert_ok(wq_conf_parse(conf, wq_str_head(wq_buf_str(&text), 7000), "f"));
	assert_ok(wq_conf_parse(conf, WQ_S("/* 99999999999 {{{{{{{{{{ */ name = \"{{[([{\"; // 12345678901"), "f"));
	assert_string_equal(wq_conf_text(conf, "name"), "{{[([{");
	wq_buf_done(&text);
	wq_conf_free(&conf);
}

static void manual(void **state)
{
	WQ_BUF(zh, WQ_MIB);
	WQ_BUF(en, WQ_MIB);

	(void)state;
	wq_conf_manual(rows, WQ_COUNT(rows), WQ_LANG_ZH, &zh);
	wq_conf_manual(rows, WQ_COUNT(rows), WQ_LANG_EN, &en);
	assert_true(wq_str_find(wq_buf_str(&zh), WQ_S("| `name` | 文本 | 必填 | 1–8 | 名称 |\n")) > 0);
	assert_true(wq_str_find(wq_buf_str(&en),
			    WQ_S("| `gate.workers` | whole number | `4` | -1–64 | processes |\n")) > 0);
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_true(wq_str_find(wq_buf_str(&en), wq_str_c(rows[i].name)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(loads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(limits),
		cmocka_unit_test(manual),
	};
	return cmocka_run_group_tests_name("base-conf", tests, NULL, NULL);
}
