#include "flow/settings.h"

#include <inttypes.h>

enum { GIB_MAX = 1 << 20 };
#define GIB ((int64_t)1 << 30)

static const struct wq_conf_row rows[] = {
	{"ledger.database", WQ_CONF_TEXT, "sqlite:ledger/ledger.db", 8, 2000, NULL,
		"账本所在的数据库：sqlite:文件，或 postgresql://…（口令请放在 libpq 的口令文件里，不要写在这里）",
		"database of the ledger: sqlite:FILE, or postgresql://… (keep a password in libpq's password file, not here)"},
	{"ledger.witness", WQ_CONF_LIST, "file:heads/witness.log", 0, WQ_WITNESSES_MAX, NULL,
		"签名链头交给的见证，一个或多个：file:文件、syslog:。至少一个应在账本使用者无法改写的地方",
		"witnesses that signed heads are handed to: file:FILE, syslog:. At least one belongs where the ledger's user "
		"cannot rewrite it"},
	{"sign.socket", WQ_CONF_TEXT, "run/sign.sock", 1, 100, NULL, "weique-sign 监听的套接字",
		"the socket that weique-sign listens on"},
	{"rules.dir", WQ_CONF_TEXT, "", 0, 4000, NULL, "规则所在目录；空：$WEIQUE_RULES，否则为安装目录",
		"folder of the rules; empty: $WEIQUE_RULES, else where the program was installed"},
	{"opening.required", WQ_CONF_BOOL, "true", 0, 0, NULL,
		"首次封存前须有开办审批（2024 第四条；rules/units.conf 说明哪些单位须有）",
		"an application's first release is sealed only with an opening approval (2024 art. 4; rules/units.conf says whose)"},
	{"vault.keep", WQ_CONF_INT, "10", 1, 1000000, NULL,
		"每个应用保留最近几个封存版本，供回退（weique vault gc 清理其余的）",
		"sealed versions of each application that are kept for going back (weique vault gc removes the others)"},
	{"vault.grace", WQ_CONF_DURATION, "1h", 0, 2147483647, NULL, "清理时，比这更新的文件一律保留",
		"files that are younger than this are never collected"},
	{"language", WQ_CONF_TEXT, "", 0, 5, NULL,
		"命令输出的语言：zh、en；空：按环境变量。--lang 和 $WEIQUE_LANG 优先",
		"language of the commands' output: zh, en; empty: by the environment. --lang and $WEIQUE_LANG come first"},
	{"capture.pages", WQ_CONF_INT, "100000", 1, 4000000, NULL, "一次采集最多请求多少个地址",
		"addresses that one capture fetches at most"},
	{"capture.bytes", WQ_CONF_SIZE, "16GiB", 1, GIB_MAX *GIB, NULL, "一次采集最多下载多少字节",
		"bytes that one capture downloads at most"},
	{"capture.object", WQ_CONF_SIZE, "256MiB", 1, GIB, NULL, "从来源下载的单个内容的上限；超过的保持封存版本",
		"the largest single download; what is larger stays as it is sealed"},
	{"capture.depth", WQ_CONF_INT, "64", 1, 10000, NULL, "离起始页最多几次点击",
		"links from the start page at most"},
	{"capture.concurrent", WQ_CONF_INT, "8", 1, 64, NULL, "同时进行的请求数", "requests at a time"},
	{"capture.delay", WQ_CONF_DURATION, "0ms", 0, 60000, NULL, "两次请求之间的间隔",
		"pause between the starts of two requests"},
	{"capture.connect_timeout", WQ_CONF_DURATION, "10s", 1, 600000, NULL, "建立连接的时限",
		"time limit for connecting"},
	{"capture.request_timeout", WQ_CONF_DURATION, "30s", 1, 3600000, NULL, "一次请求的总时限",
		"time limit for a whole request"},
	{"capture.retries", WQ_CONF_INT, "4", 0, 16, NULL,
		"来源回答 429 或 503 时，最多再试几次（按 Retry-After，否则 1、2、4…… 秒）",
		"how often a request is put again that was answered 429 or 503 (after Retry-After, else 1, 2, 4, … seconds)"},
	{"capture.retry_wait", WQ_CONF_DURATION, "2min", 1, 3600000, NULL, "再试之前最多等多久；来源要求更久的不再试",
		"the longest wait before that; what asks for more is not put again"},
	{"capture.second_look", WQ_CONF_DURATION, "2s", 0, 3600000, NULL,
		"整站采集之后多久开始第二次读取新增和修改的页面，以学习每次都不同的区域（应用配置 capture.twice）",
		"how long after the walk new and changed pages are fetched again, to learn what differs each time "
		"(capture.twice of the application's profile)"},
	{"capture.robots", WQ_CONF_BOOL, "false", 0, 0, NULL, "是否遵守 robots.txt（采集本单位网站通常不需要）",
		"obey robots.txt (a unit that captures its own site need not)"},
	{"capture.ca_file", WQ_CONF_TEXT, "", 0, 4000, NULL, "验证来源证书的根证书文件；空：系统的",
		"root certificates for an https origin; empty: the system's"},
	{"capture.compression", WQ_CONF_TEXT, "fast", 1, 16, NULL,
		"预先压缩的力度：fast（每 MiB 约 25 毫秒）或 best（64 KiB 以内用 brotli 最高级：再小约五分之一，每 MiB 约 1.3 秒）",
		"effort of compression in advance: fast (some 25 ms of CPU a MiB) or best (brotli's highest up to 64 KiB: another "
		"fifth smaller, 1.3 s a MiB)"},
	{"capture.query_spellings", WQ_CONF_INT, "16", 0, 64, NULL,
		"来源为目录时，同一文件在本站页面中带查询串的写法（style.css?v=3）最多收录几种",
		"of a file in a directory: how many spellings with a query (style.css?v=3) that the site's own pages use are "
		"taken in"},
};

const struct wq_conf_row *wq_settings_rows(size_t *ret_n)
{
	*ret_n = WQ_COUNT(rows);
	return rows;
}

void wq_settings_document(struct wq_buf *out)
{
	wq_buf_add(out,
		WQ_S("# Configuration 配置\n\n"
		     "Printed by `weique config manual`; a test compares the two.\n\n"
		     "`weique init` writes `weique.conf` into the state directory with every setting commented out. The syntax "
		     "is libconfig's: `capture = { pages = 5000; delay = \"200ms\"; };`, lists are `[\"a\", \"b\"]`. "
		     "File names that do not begin with `/` are below the state directory. `weique config check` reads the "
		     "file and says what is wrong with it, with the line; `weique config show` prints what is in force.\n\n"
		     "状态目录中的 `weique.conf` 由 `weique init` 写出，所有设置均被注释。不以 `/` 开头的文件名相对于状态目录。"
		     "`weique config check` 检查配置，`weique config show` 显示生效的值。\n\n## English\n\n"));
	wq_conf_manual(rows, WQ_COUNT(rows), WQ_LANG_EN, out);
	wq_buf_add(out, WQ_S("\n## 中文\n\n"));
	wq_conf_manual(rows, WQ_COUNT(rows), WQ_LANG_ZH, out);
}

/* ---- the file that init writes ---- */

static wq_str group_of(const char *name, wq_str *ret_rest)
{
	wq_str rest = wq_str_c(name), group = wq_str_cut(&rest, '.');

	*ret_rest = rest.p ? rest : group;
	return rest.p ? group : WQ_S_NONE;
}

static void quoted(struct wq_buf *out, wq_str text)
{
	wq_buf_byte(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			wq_buf_byte(out, '\\');
		wq_buf_byte(out, (uint8_t)text.p[i]);
	}
	wq_buf_byte(out, '"');
}

static void put_setting(struct wq_buf *out, const struct wq_conf_row *row, wq_str name, wq_str given)
{
	bool list = row->type == WQ_CONF_LIST, bare = row->type == WQ_CONF_INT || row->type == WQ_CONF_BOOL;
	wq_str value = given.n ? given : wq_str_c(row->standard);

	wq_buf_printf(out, "\t# %s\n\t# %s\n\t%s%.*s = %s", row->zh, row->en, given.n ? "" : "# ", WQ_S_ARG(name),
		list ? "[" : "");
	if (bare)
		wq_buf_add(out, value);
	else
		quoted(out, value);
	wq_buf_add(out, list ? WQ_S("];\n") : WQ_S(";\n"));
}

wq_err wq_settings_file(wq_str database, struct wq_buf *out)
{
	wq_str open = WQ_S_NONE;

	for (size_t i = 0; i < database.n; i++)
		if ((unsigned char)database.p[i] < 0x20 || database.p[i] == 0x7f)
			return wq_error(WQ_E_INPUT, "a control character in the database's URL");
	wq_buf_add(out,
		WQ_S("# weique 的设置；每项的缺省值已注释。检查：weique config check\n"
		     "# Settings of weique; what is commented out is the default. Check: weique config check\n"));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_str name, group = group_of(rows[i].name, &name);
		bool is_database = strcmp(rows[i].name, "ledger.database") == 0;

		if (!wq_str_eq(group, open)) {
			wq_buf_add(out, open.n ? WQ_S("};\n") : WQ_S_NONE);
			if (group.n)
				wq_buf_printf(out, "\n%.*s = {\n", WQ_S_ARG(group));
			else
				wq_buf_byte(out, '\n');
			open = group;
		}
		put_setting(out, &rows[i], name, is_database ? database : WQ_S_NONE);
	}
	wq_buf_add(out, open.n ? WQ_S("};\n") : WQ_S_NONE);
	return wq_buf_err(out);
}

/* ---- reading ---- */

static wq_err read_conf(const char *dir, struct wq_conf **ret_conf)
{
	WQ_BUF(path, 4096);
	struct wq_conf *conf;
	wq_err e;

	wq_buf_printf(&path, "%s/weique.conf", dir);
	WQ_TRY(wq_buf_err(&path));
	WQ_TRY(wq_conf_new(rows, WQ_COUNT(rows), &conf));
	e = wq_conf_load(conf, wq_buf_cstr(&path));
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND)) {
		wq_conf_free(&conf);
		return e;
	}
	*ret_conf = conf;
	return WQ_OK;
}

/* "sqlite:x" and "file:x" below the state directory unless x begins with '/'. */
static wq_str below(struct wq_arena *arena, const char *dir, wq_str prefix, wq_str text)
{
	wq_str path = wq_str_from(text, prefix.n);

	if (!wq_str_starts(text, prefix) || wq_str_starts(path, WQ_S("/")))
		return wq_arena_str(arena, text);
	return wq_arena_printf(arena, "%.*s%s/%.*s", WQ_S_ARG(prefix), dir, WQ_S_ARG(path));
}

wq_str wq_settings_database(const char *dir, struct wq_arena *arena, wq_str url)
{
	return below(arena, dir, WQ_S("sqlite:"), url);
}

static wq_err refuse(const struct wq_conf *conf, const char *name, const char *what)
{
	return wq_error(WQ_E_CONFIG, "%s: %s: %s", wq_conf_where(conf, name), name, what);
}

static const char *text_or_null(struct wq_arena *arena, const struct wq_conf *conf, const char *name)
{
	wq_str text = wq_str_c(wq_conf_text(conf, name));

	return text.n ? wq_arena_cstr(arena, text) : NULL;
}

static bool effort_of(wq_str word, enum wq_effort *ret)
{
	*ret = wq_str_eq(word, WQ_S("best")) ? WQ_EFFORT_BEST : WQ_EFFORT_FAST;
	return *ret == WQ_EFFORT_BEST || wq_str_eq(word, WQ_S("fast"));
}

static void take_capture(struct wq_arena *arena, const struct wq_conf *conf, struct wq_capture_settings *s)
{
	*s = (struct wq_capture_settings){
		.bytes_max = wq_conf_size(conf, "capture.bytes"),
		.object_max_bytes = wq_conf_size(conf, "capture.object"),
		.pages_max = (size_t)wq_conf_int(conf, "capture.pages"),
		.depth_max = (uint32_t)wq_conf_int(conf, "capture.depth"),
		.concurrent = (uint32_t)wq_conf_int(conf, "capture.concurrent"),
		.delay_msec = (uint32_t)wq_conf_msec(conf, "capture.delay"),
		.connect_msec = (uint32_t)wq_conf_msec(conf, "capture.connect_timeout"),
		.request_msec = (uint32_t)wq_conf_msec(conf, "capture.request_timeout"),
		.query_spellings = (uint32_t)wq_conf_int(conf, "capture.query_spellings"),
		.retries = (uint32_t)wq_conf_int(conf, "capture.retries"),
		.wait_max_msec = (uint32_t)wq_conf_msec(conf, "capture.retry_wait"),
		.second_look_msec = (uint32_t)wq_conf_msec(conf, "capture.second_look"),
		.robots = wq_conf_bool(conf, "capture.robots"),
		.ca_file = text_or_null(arena, conf, "capture.ca_file"),
	};
}

struct wq_capture_settings wq_capture_settings_default(void)
{
	return (struct wq_capture_settings){.bytes_max = (uint64_t)16 << 30,
		.object_max_bytes = 256 * WQ_MIB,
		.pages_max = 100000,
		.depth_max = 64,
		.concurrent = 8,
		.connect_msec = 10000,
		.request_msec = 30000,
		.retries = 4,
		.wait_max_msec = 120000,
		.second_look_msec = 2000,
		.query_spellings = 16};
}

static wq_err take_ledger(
	const char *dir, struct wq_arena *arena, const struct wq_conf *conf, struct wq_settings *settings)
{
	wq_str database = wq_str_c(wq_conf_text(conf, "ledger.database"));
	const char *const *witnesses;

	if (!wq_str_starts(database, WQ_S("sqlite:")) && !wq_str_starts(database, WQ_S("postgresql:")) &&
		!wq_str_starts(database, WQ_S("postgres:")))
		return refuse(conf, "ledger.database", "neither sqlite: nor postgresql:");
	settings->database = wq_settings_database(dir, arena, database);
	settings->witnesses_n = wq_conf_list(conf, "ledger.witness", &witnesses);
	for (size_t i = 0; i < settings->witnesses_n; i++) {
		wq_str witness = wq_str_c(witnesses[i]);
		if (!wq_str_starts(witness, WQ_S("file:")) && !wq_str_starts(witness, WQ_S("syslog:")))
			return refuse(conf, "ledger.witness", "neither file: nor syslog:");
		settings->witnesses[i] = below(arena, dir, WQ_S("file:"), witness);
	}
	return WQ_OK;
}

static wq_err take(const char *dir, struct wq_arena *arena, const struct wq_conf *conf, struct wq_settings *settings)
{
	wq_str language = wq_str_c(wq_conf_text(conf, "language"));

	WQ_TRY(take_ledger(dir, arena, conf, settings));
	if (language.n > 0 && !wq_str_eq(language, WQ_S("zh")) && !wq_str_eq(language, WQ_S("en")))
		return refuse(conf, "language", "neither zh nor en");
	settings->language = wq_arena_str(arena, language);
	settings->opening_required = wq_conf_bool(conf, "opening.required");
	settings->sign_socket = below(arena, dir, WQ_S(""), wq_str_c(wq_conf_text(conf, "sign.socket")));
	settings->rules_dir = text_or_null(arena, conf, "rules.dir");
	if (settings->rules_dir)
		settings->rules_dir = wq_arena_cstr(arena, below(arena, dir, WQ_S(""), wq_str_c(settings->rules_dir)));
	take_capture(arena, conf, &settings->capture);
	if (!effort_of(wq_str_c(wq_conf_text(conf, "capture.compression")), &settings->capture.effort))
		return refuse(conf, "capture.compression", "neither fast nor best");
	settings->vault_keep = (size_t)wq_conf_int(conf, "vault.keep");
	settings->vault_grace_msec = wq_conf_msec(conf, "vault.grace");
	return wq_arena_err(arena);
}

wq_err wq_settings_load(const char *dir, struct wq_arena *arena, struct wq_settings *ret_settings)
{
	struct wq_settings settings = {0};
	struct wq_conf *conf;
	wq_err e;

	WQ_TRY(read_conf(dir, &conf));
	e = take(dir, arena, conf, &settings);
	wq_conf_free(&conf);
	if (!wq_failed(e))
		*ret_settings = settings;
	return e;
}

/* ---- showing ---- */

wq_str wq_database_shown(struct wq_arena *arena, wq_str url)
{
	ptrdiff_t start = wq_str_find(url, WQ_S("://"));
	wq_str rest = start < 0 ? WQ_S_NONE : wq_str_from(url, (size_t)start + 3);
	ptrdiff_t slash = wq_str_chr(rest, '/'), at, colon;
	wq_str authority = slash < 0 ? rest : wq_str_head(rest, (size_t)slash);

	at = wq_str_rchr(authority, '@');
	if (wq_str_find(url, WQ_S("password=")) >= 0)
		return wq_arena_str(arena, wq_str_head(url, (size_t)wq_str_find(url, WQ_S("password="))));
	colon = at < 0 ? -1 : wq_str_chr(wq_str_head(authority, (size_t)at), ':');
	if (colon < 0)
		return wq_arena_str(arena, url);
	return wq_arena_printf(arena, "%.*s:***%.*s", WQ_S_ARG(wq_str_head(url, (size_t)start + 3 + (size_t)colon)),
		WQ_S_ARG(wq_str_from(rest, (size_t)at)));
}

static wq_str shown(struct wq_arena *arena, const struct wq_conf *conf, const struct wq_conf_row *row)
{
	WQ_BUF(list, 64 * WQ_KIB);
	const char *const *texts;
	size_t n;

	switch (row->type) {
	case WQ_CONF_BOOL: return wq_conf_bool(conf, row->name) ? WQ_S("true") : WQ_S("false");
	case WQ_CONF_INT: return wq_arena_printf(arena, "%" PRId64, wq_conf_int(conf, row->name));
	case WQ_CONF_SIZE: return wq_arena_printf(arena, "%" PRIu64, wq_conf_size(conf, row->name));
	case WQ_CONF_DURATION: return wq_arena_printf(arena, "%" PRIu64 "ms", wq_conf_msec(conf, row->name));
	case WQ_CONF_LIST:
		n = wq_conf_list(conf, row->name, &texts);
		for (size_t i = 0; i < n; i++)
			wq_buf_printf(&list, "%s%s", i ? "," : "", texts[i]);
		return wq_arena_str(arena, wq_buf_str(&list));
	case WQ_CONF_TEXT:
	case WQ_CONF_PATH:
	case WQ_CONF_HOST_PORT: break;
	}
	return wq_database_shown(arena, wq_str_c(wq_conf_text(conf, row->name)));
}

wq_err wq_settings_visit(const char *dir, struct wq_arena *arena, wq_setting_fn visit, void *data)
{
	struct wq_conf *conf;
	wq_err e = WQ_OK;

	WQ_TRY(read_conf(dir, &conf));
	for (size_t i = 0; i < WQ_COUNT(rows) && !wq_failed(e); i++)
		e = visit(data, &rows[i], shown(arena, conf, &rows[i]), wq_conf_where(conf, rows[i].name));
	wq_conf_free(&conf);
	return e;
}
