/* weique ledger verify|export|head|log|rebuild|erase. */
#include "cli/commands.h"
#include "cli/common.h"

#include "base/json.h"
#include "base/utf8.h"
#include "ledger/ledger.h"
#include "ledger/release.h"

#include <errno.h>
#include <limits.h>

#define LL(n) ((long long)(n))

enum { OUT_MAX = 4 * 1024 * 1024, KEY_FILE_MAX = 64 * 1024, KEYS_MAX = 32 };

struct session {
	struct wq_db *db;
	struct wq_ledger *ledger;
};

/* ---- what the commands share ---- */

static wq_err open_ledger(struct wq_cli *cli, const struct wq_cli_args *args, struct session *s)
{
	wq_str url = wq_cli_value(args, "db");

	*s = (struct session){0};
	if (url.n == 0) {
		struct wq_workspace workspace;

		WQ_TRY(wq_cli_open(cli, &workspace));
		*s = (struct session){.db = workspace.db, .ledger = workspace.ledger};
		return WQ_OK;
	}
	/* opening makes a database: looking at one that is not there must not */
	if (wq_str_starts(url, WQ_S("sqlite:"))) {
		const char *path = wq_arena_cstr(&cli->arena, wq_str_from(url, strlen("sqlite:")));

		if (!path || access(path, F_OK) != 0)
			return wq_error(WQ_E_NOT_FOUND, "no ledger at %.*s", WQ_S_ARG(url));
	}
	WQ_TRY(wq_crypto_init());
	WQ_TRY(wq_db_open(url, &s->db));
	return wq_ledger_open(s->db, cli->clock, cli->random, &wq_release_projections, &s->ledger);
}

static void close_ledger(struct session *s)
{
	wq_ledger_close(&s->ledger);
	wq_db_close(&s->db);
}

/* Events hold text from outside: nothing of it may speak to the terminal. */
static void print_text(FILE *out, wq_str s)
{
	while (s.n > 0) {
		uint32_t code;
		size_t n = wq_utf8_step(s, &code);
		bool unsafe = code == WQ_UTF8_BAD || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
			code == 0x2029 || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);

		if (unsafe)
			fputc('?', out);
		else
			fwrite(s.p, 1, n, out);
		s = wq_str_from(s, n);
	}
}

static wq_err number_of(wq_str text, const char *what, uint64_t *ret)
{
	return wq_str_to_u64(text, INT64_MAX, ret) ? WQ_OK : wq_error(WQ_E_USAGE, "%s is a number", what);
}

/* ---- verify ---- */

/* The public keys: a file with the 130 hexadecimal digits of an uncompressed point in each line; '#' begins a comment. */
static wq_err read_keys(struct wq_cli *cli, wq_str name, struct wq_head_keys *ret_keys)
{
	const char *path = wq_arena_cstr(&cli->arena, name);
	wq_sm2_public *keys = WQ_NEW_ARRAY(&cli->arena, wq_sm2_public, KEYS_MAX);
	WQ_BUF(text, KEY_FILE_MAX);
	size_t n = 0;
	wq_str rest;

	WQ_TRY(wq_arena_err(&cli->arena));
	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	for (rest = wq_buf_str(&text); rest.p;) {
		wq_str line = wq_str_cut(&rest, '\n');

		line = wq_str_trim(wq_str_cut(&line, '#'));
		if (line.n == 0)
			continue;
		if (n == KEYS_MAX || !wq_str_unhex(line, keys[n].point, sizeof(keys[n].point)) || keys[n].point[0] != 4)
			return wq_error(WQ_E_KEY, "%.*s does not hold the %d hexadecimal digits of an SM2 public key",
				WQ_S_ARG(name), 2 * WQ_SM2_PUBLIC_BYTES);
		n++;
	}
	if (n == 0)
		return wq_error(WQ_E_KEY, "%.*s holds no key", WQ_S_ARG(name));
	*ret_keys = (struct wq_head_keys){.keys = keys, .n = n};
	return WQ_OK;
}

struct witnesses {
	struct wq_head *heads;
	size_t n;
};

static wq_err read_witnesses(struct wq_cli *cli, const struct wq_cli_args *args, struct witnesses *all)
{
	wq_str name;

	for (size_t i = 0; (name = wq_cli_value_at(args, "head", i)).p; i++) {
		const char *path = wq_arena_cstr(&cli->arena, name);
		struct wq_head *heads = NULL, *joined;
		size_t n = 0, unreadable = 0;

		WQ_TRY(wq_arena_err(&cli->arena));
		WQ_TRY(wq_head_read_file(path, &cli->arena, &heads, &n, &unreadable));
		if (unreadable > 0 && !cli->quiet)
			fprintf(cli->err, "weique: %s: %zu lines are no heads\n", path, unreadable);
		joined = WQ_NEW_ARRAY(&cli->arena, struct wq_head, all->n + n);
		WQ_TRY(wq_arena_err(&cli->arena));
		if (all->n > 0)
			memcpy(joined, all->heads, all->n * sizeof(*joined));
		memcpy(joined + all->n, heads, n * sizeof(*joined));
		*all = (struct witnesses){joined, all->n + n};
	}
	return WQ_OK;
}

static wq_err print_result(struct wq_cli *cli, const struct wq_verify_result *r, bool whole)
{
	WQ_BUF(out, OUT_MAX);
	struct wq_json json;
	char hex[WQ_DIGEST_HEX];

	if (!cli->json) {
		wq_cli_print(cli, "事件 %lld 条，链头 %s，留存的链头 %lld 个\n",
			"%lld events, tip %s, %lld heads kept\n", LL(r->events), wq_digest_hex(r->tip.digest, hex),
			LL(r->heads));
		if (!whole)
			wq_cli_print(cli, "第 %lld 条处发现问题：%s\n", "fault at event %lld: %s\n", LL(r->fault_seq),
				r->fault);
		else if (r->witnessed_to > 0)
			wq_cli_print(cli, "链完整；有见证证明到第 %lld 条没有缺失\n",
				"the chain is whole; a witness proves it complete up to event %lld\n",
				LL(r->witnessed_to));
		else
			wq_cli_print(cli, "链完整；没有见证，是否缺失末尾无法判断\n",
				"the chain is whole; completeness unknown: no witness was given\n");
		return WQ_OK;
	}
	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_bool(&json, "whole", whole);
	wq_json_put_str(&json, "completeness", whole && r->witnessed_to ? WQ_S("witnessed") : WQ_S("unknown"));
	wq_json_put_u64(&json, "events", r->events);
	wq_json_put_u64(&json, "heads", r->heads);
	wq_json_put_hex(&json, "tip", r->tip.digest.b, sizeof(r->tip.digest.b));
	wq_json_put_u64(&json, "witnessed_to", r->witnessed_to);
	if (!whole) {
		wq_json_put_u64(&json, "fault_seq", r->fault_seq);
		wq_json_put_u64(&json, "fault_offset", r->fault_offset);
		wq_json_put_str(&json, "fault", wq_str_c(r->fault));
	}
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

static wq_err verify_either(struct wq_cli *cli, const struct wq_cli_args *args, const struct wq_head_keys *keys,
	const struct witnesses *w, struct wq_verify_result *result)
{
	struct session s;
	wq_err e;

	if (args->words_n == 1) {
		const char *path = wq_arena_cstr(&cli->arena, args->words[0]);

		WQ_TRY(wq_arena_err(&cli->arena));
		WQ_TRY(wq_crypto_init());
		return wq_export_verify(path, keys, w->heads, w->n, result);
	}
	e = open_ledger(cli, args, &s);
	if (!wq_failed(e))
		e = wq_ledger_verify(s.ledger, keys, w->heads, w->n, result);
	close_ledger(&s);
	return e;
}

static wq_err verify(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_verify_result result = {0};
	struct witnesses w = {0};
	struct wq_head_keys keys;
	bool has_key = wq_cli_has(args, "key");
	wq_err e;

	WQ_TRY(read_witnesses(cli, args, &w));
	if (has_key)
		WQ_TRY(read_keys(cli, wq_cli_value(args, "key"), &keys));
	e = verify_either(cli, args, has_key ? &keys : NULL, &w, &result);
	if (!wq_failed(e) || result.fault_seq != 0)
		WQ_TRY(print_result(cli, &result, !wq_failed(e)));
	return e;
}

/* ---- export ---- */

static wq_err export_to(struct wq_cli *cli, const struct wq_cli_args *args)
{
	const char *path = wq_arena_cstr(&cli->arena, args->words[0]);
	struct session s;
	wq_err e;

	WQ_TRY(wq_arena_err(&cli->arena));
	e = open_ledger(cli, args, &s);
	if (!wq_failed(e))
		e = wq_ledger_export(s.ledger, path);
	close_ledger(&s);
	if (!wq_failed(e))
		wq_cli_print(cli, "已导出到 %s，可用 weique ledger verify %s 核验\n",
			"exported to %s; check it with: weique ledger verify %s\n", path, path);
	return e;
}

/* ---- head ---- */

static wq_err print_head(struct wq_cli *cli, const struct wq_cli_args *args, struct session *s)
{
	WQ_BUF(line, WQ_HEAD_LINE_MAX);
	struct wq_head head;
	wq_str witness;

	WQ_TRY(wq_ledger_head_last(s->ledger, &head));
	WQ_TRY(wq_head_line(&head, &line));
	for (size_t i = 0; (witness = wq_cli_value_at(args, "witness", i)).p; i++)
		WQ_TRY(wq_witness_add(witness, &head));
	/* the line itself is JSON: kept elsewhere as it is, it is a witness */
	fprintf(cli->out, "%s\n", wq_buf_cstr(&line));
	return WQ_OK;
}

static wq_err head_of(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct session s;
	wq_err e = open_ledger(cli, args, &s);

	if (!wq_failed(e))
		e = print_head(cli, args, &s);
	close_ledger(&s);
	return e;
}

/* ---- log ---- */

static wq_err print_event_json(struct wq_cli *cli, const struct wq_event *event)
{
	WQ_BUF(out, OUT_MAX);
	struct wq_json json;

	wq_json_init(&json, &out);
	wq_json_object(&json);
	wq_json_put_u64(&json, "seq", event->seq);
	wq_json_put_time(&json, "time", event->time);
	wq_json_put_str(&json, "type", event->type);
	wq_json_put_str(&json, "actor", event->actor);
	wq_json_put_str(&json, "app", event->app);
	wq_json_put_str(&json, "subject", event->subject);
	wq_json_put_str(&json, "body", event->body);
	wq_json_put_hex(&json, "digest", event->digest.b, sizeof(event->digest.b));
	wq_json_key(&json, WQ_S("private"));
	wq_json_array(&json);
	for (size_t i = 0; i < event->commitments_n; i++) {
		wq_digest commitment;
		wq_str name;

		wq_event_commitment(event, i, &name, &commitment);
		wq_json_str(&json, name);
	}
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	return wq_cli_json(cli, &json);
}

static wq_err print_event(void *data, const struct wq_event *event)
{
	const wq_str columns[] = {event->type, event->app, event->subject, event->actor, event->body};
	struct wq_cli *cli = data;
	char time[WQ_TIME_TEXT];

	if (cli->json)
		return print_event_json(cli, event);
	fprintf(cli->out, "%lld  %s", LL(event->seq), wq_time_text(event->time, time));
	for (size_t i = 0; i < WQ_COUNT(columns); i++) {
		fputs("  ", cli->out);
		print_text(cli->out, columns[i].n ? columns[i] : WQ_S("-"));
	}
	fputc('\n', cli->out);
	return WQ_OK;
}

static wq_err read_filter(const struct wq_cli_args *args, struct wq_ledger_filter *f)
{
	uint64_t limit = 0;

	*f = (struct wq_ledger_filter){.newest_first = wq_cli_has(args, "newest"),
		.type_prefix = wq_cli_value(args, "type"),
		.app = wq_cli_value(args, "app"),
		.subject = wq_cli_value(args, "subject")};
	if (wq_cli_has(args, "from"))
		WQ_TRY(number_of(wq_cli_value(args, "from"), "--from", &f->first));
	if (wq_cli_has(args, "to"))
		WQ_TRY(number_of(wq_cli_value(args, "to"), "--to", &f->last));
	if (wq_cli_has(args, "limit"))
		WQ_TRY(number_of(wq_cli_value(args, "limit"), "--limit", &limit));
	if (wq_cli_has(args, "since"))
		WQ_TRY(wq_time_parse(wq_cli_value(args, "since"), &f->since));
	if (wq_cli_has(args, "until"))
		WQ_TRY(wq_time_parse(wq_cli_value(args, "until"), &f->until));
	f->limit = limit;
	return WQ_OK;
}

static wq_err show_log(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_ledger_filter filter;
	struct session s;
	wq_err e;

	WQ_TRY(read_filter(args, &filter));
	e = open_ledger(cli, args, &s);
	if (!wq_failed(e))
		e = wq_ledger_visit(s.ledger, &filter, print_event, cli);
	close_ledger(&s);
	return e;
}

/* ---- rebuild, erase ---- */

static wq_err rebuild(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct session s;
	wq_err e = open_ledger(cli, args, &s);

	if (!wq_failed(e))
		e = wq_ledger_rebuild(s.ledger);
	close_ledger(&s);
	if (!wq_failed(e))
		wq_cli_print(cli, "已由事件重建状态\n", "the state was made again from events\n");
	return e;
}

static wq_err erase(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct session s;
	uint64_t seq = 0;
	wq_err e;

	WQ_TRY(number_of(args->words[0], "SEQ", &seq));
	e = open_ledger(cli, args, &s);
	if (!wq_failed(e))
		e = wq_ledger_erase(s.ledger, seq, args->words[1],
			wq_cli_has(args, "actor") ? wq_cli_value(args, "actor") : wq_cli_actor(cli));
	close_ledger(&s);
	if (!wq_failed(e))
		wq_cli_print(cli, "已删除，并已记入账本\n", "erased, and recorded\n");
	return e;
}

/* ---- the table ---- */

#define DB \
	{ \
		"db", "URL", \
			{"数据库（默认为状态目录中的 ledger.db）", \
				"database (default: ledger.db in the state directory)"}, \
			false \
	}

static const struct wq_cli_option verify_options[] = {
	DB,
	{"head", "FILE", {"见证文件，每行一个链头", "a witness file: one head a line"}, true},
	{"key", "FILE", {"链头公钥（十六进制）", "public key of the heads, hexadecimal"}, false},
	{0},
};
static const struct wq_cli_option db_only[] = {DB, {0}};
static const struct wq_cli_option head_options[] = {
	DB,
	{"witness", "WHERE", {"同时交给见证：file:/路径 或 syslog:", "hand it to a witness too: file:/path or syslog:"},
		true},
	{0},
};
static const struct wq_cli_option log_options[] = {
	DB,
	{"type", "PREFIX", {"事件类型的开头", "beginning of the type"}, false},
	{"app", "NAME", {"应用", "application"}, false},
	{"subject", "NAME", {"对象", "subject"}, false},
	{"from", "SEQ", {"从第几条起", "first event"}, false},
	{"to", "SEQ", {"到第几条止", "last event"}, false},
	{"since", "TIME", {"从此时起（含）", "from this time on"}, false},
	{"until", "TIME", {"到此时止（不含）", "before this time"}, false},
	{"newest", NULL, {"最新的在前", "newest first"}, false},
	{"limit", "N", {"最多几条", "at most so many"}, false},
	{0},
};
static const struct wq_cli_option erase_options[] = {
	DB,
	{"actor", "NAME", {"由谁删除（默认为当前用户）", "who erases (default: this user)"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_ledger[] = {
	{"ledger verify", "[FILE]", 0, 1, {"核验账本，或导出的账本文件", "verify the ledger, or an export of it"},
		{"不给见证时只能证明链完整，不能证明没有缺失末尾。",
			"Without a witness the chain can be proven whole, but not that its end is there."},
		verify_options, verify, "weique ledger verify --key seal.pub --head witness.log"},
	{"ledger export", "FILE", 1, 1, {"导出账本供他人核验", "export the ledger for others to verify"}, {0}, db_only,
		export_to, "weique ledger export ledger.wqlx"},
	{"ledger head", NULL, 0, 0, {"显示最近签名的链头", "print the last signed head"}, {0}, head_options, head_of},
	{"ledger log", NULL, 0, 0, {"列出事件（--json 时每行一个）", "list events (with --json one a line)"}, {0},
		log_options, show_log, "weique ledger log --type release. --newest --limit 20"},
	{"ledger rebuild", NULL, 0, 0, {"由事件重建状态", "make the state again from events"}, {0}, db_only, rebuild},
	{"ledger erase", "SEQ FIELD", 2, 2,
		{"删除某事件的个人信息字段，链仍可核验",
			"erase a personal field of an event; the chain still verifies"},
		{0}, erase_options, erase},
	{0},
};
