/* One page of somebody else: judged, complained of, referred with evidence. */
#include "base/json_read.h"
#include "cli/commands.h"
#include "cli/fake_priv.h"
#include "inspect/fake/evidence.h"
#include "inspect/fake/look.h"

enum { FILE_BYTES = 16 * 1024 * 1024, JSON_MAX = 64 * 1024 * 1024, TEXT_MAX = 4000, URL_MAX = 4096 };

/* ---- looking ---- */

struct look {
	struct wq_cli_fake fake;
	struct wq_findings findings;
	struct wq_fake_look look;
	struct wq_fetch_route route;
	struct wq_fetch_peer peer;
	char to_host[64];
};

/* --to ADDRESS:PORT: connections go there, whatever the name resolves to. */
static wq_err route(
	struct look *look, wq_str to, const struct wq_url *url, struct wq_fetch_options *fetch, struct wq_arena *arena)
{
	ptrdiff_t colon = wq_str_rchr(to, ':');
	uint64_t port;

	if (colon < 0 || (size_t)colon >= sizeof look->to_host ||
		!wq_str_to_u64(wq_str_from(to, (size_t)colon + 1), 65535, &port) ||
		!wq_host_address(wq_str_head(to, (size_t)colon), &look->peer.addr))
		return wq_error(WQ_E_USAGE, "--to takes ADDRESS:PORT");
	memcpy(look->to_host, to.p, (size_t)colon);
	look->peer.port = (uint16_t)port;
	look->route = (struct wq_fetch_route){
		wq_arena_cstr(arena, url->host), wq_url_port(url), look->to_host, (uint16_t)port};
	fetch->routes = &look->route;
	fetch->routes_n = 1;
	fetch->peers = &look->peer;
	fetch->peers_n = 1;
	return wq_arena_err(arena);
}

static wq_err look_at(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, wq_str url, struct look *look)
{
	WQ_BUF(bytes, FILE_BYTES);
	struct wq_fake_look_options options = {.fetch = {.body_max = FILE_BYTES}};
	struct wq_url parsed;

	WQ_TRY(wq_cli_fake_open(cli, args, w, true, WQ_S_NONE, &look->fake));
	WQ_TRY(wq_findings_init(&look->findings, &cli->arena, WQ_CLI_FAKE_FINDINGS));
	options.rules = look->fake.rules;
	options.set = look->fake.set;
	options.index = look->fake.index;
	if (wq_cli_has(args, "file")) {
		WQ_TRY(wq_file_read(w->fs, wq_cli_value(args, "file").p, &bytes));
		options.has_file = true;
		options.file = wq_arena_str(&cli->arena, wq_buf_str(&bytes));
	}
	if (wq_failed(wq_url_parse(&cli->arena, url, NULL, &parsed)))
		return wq_error(WQ_E_INPUT, "an address with http or https is wanted");
	if (wq_cli_has(args, "to"))
		WQ_TRY(route(look, wq_cli_value(args, "to"), &parsed, &options.fetch, &cli->arena));
	return wq_fake_look(&cli->arena, &options, url, &look->findings, &look->look);
}

static void print_look(struct wq_cli *cli, const struct look *look)
{
	const struct wq_likeness_judgement *judgement = &look->look.judgement;

	if (judgement->own)
		wq_cli_print(cli, "本单位自己的网站\n", "one's own site\n");
	for (size_t i = 0; i < look->findings.count; i++) {
		const struct wq_finding *f = &look->findings.items[i];
		fprintf(cli->out, "%s  %.*s  ", wq_severity_title(f->severity, cli->lang), WQ_S_ARG(f->rule));
		wq_cli_text(cli->out, f->evidence.excerpt);
		if (f->evidence.target.n > 0) {
			fputs("  ~ ", cli->out);
			wq_cli_text(cli->out, f->evidence.target);
		}
		fputc('\n', cli->out);
	}
	if (look->findings.count == 0 && !judgement->own)
		wq_cli_print(cli, "未发现仿冒迹象\n", "nothing of ours was found\n");
}

static wq_err page(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, JSON_MAX);
	struct look look = {0};
	wq_err e = look_at(cli, args, w, args->words[0], &look);

	if (!wq_failed(e) && cli->json) {
		e = wq_findings_to_json(&look.findings, &out);
		fprintf(cli->out, "%s\n", wq_buf_cstr(&out));
	} else if (!wq_failed(e)) {
		print_look(cli, &look);
	}
	wq_cli_fake_done(&look.fake);
	return e;
}

/* ---- complaints ---- */

static wq_err complaint(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(body, 64 * WQ_KIB);
	wq_str url = wq_cli_value(args, "url"), text = wq_cli_value(args, "text"), by = wq_cli_value(args, "by");
	const struct wq_event_private who = {WQ_S("by"), by};
	struct wq_event event;
	struct wq_url parsed;
	struct wq_json json;

	if (url.n == 0 || by.n == 0 || text.n > TEXT_MAX || url.n > URL_MAX || by.n > TEXT_MAX)
		return wq_error(WQ_E_USAGE, "--url and --by are needed, --text takes at most %d bytes", TEXT_MAX);
	if (wq_failed(wq_url_parse(&cli->arena, url, NULL, &parsed)) || !wq_url_is_http(&parsed))
		return wq_error(WQ_E_INPUT, "--url takes an address with http or https");
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "url", parsed.href);
	wq_json_put_str(&json, "text", text);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	WQ_TRY(wq_ledger_append(w->ledger,
		&(struct wq_event_new){.type = WQ_S("fake.complaint"),
			.actor = wq_cli_actor(cli),
			.app = wq_cli_value(args, "app"),
			.subject = parsed.host,
			.body = wq_buf_str(&body),
			.private_fields = &who,
			.private_n = 1},
		&cli->arena, &event));
	if (cli->json)
		fprintf(cli->out, "{\"complaint\":%llu}\n", (unsigned long long)event.seq);
	wq_cli_print(cli, "投诉 %llu 已记录；下一步：weique fake refer %llu --out 目录 --person 人员 --key 私钥\n",
		"complaint %llu is recorded; next: weique fake refer %llu --out DIR --person ID --key FILE\n",
		(unsigned long long)event.seq, (unsigned long long)event.seq);
	return WQ_OK;
}

struct complaints {
	struct wq_cli *cli;
	struct wq_workspace *w;
	struct wq_json json;
	size_t n;
	wq_str url, text;
};

static wq_err read_complaint(struct complaints *c, const struct wq_event *event)
{
	struct json_t *root = NULL;
	wq_str url, text;
	wq_err e;

	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &root));
	e = wq_json_get_str(root, "url", URL_MAX, &url);
	if (!wq_failed(e))
		e = wq_json_get_str(root, "text", TEXT_MAX, &text);
	if (!wq_failed(e)) {
		c->url = wq_arena_str(&c->cli->arena, url);
		c->text = wq_arena_str(&c->cli->arena, text);
		c->n++;
		e = wq_arena_err(&c->cli->arena);
	}
	wq_json_free(&root);
	return e;
}

static wq_err show_complaint(void *data, const struct wq_event *event)
{
	struct complaints *c = data;
	wq_str by = WQ_S_NONE;
	char when[32];

	WQ_TRY(read_complaint(c, event));
	WQ_IGNORE(wq_ledger_private(c->w->ledger, event->seq, WQ_S("by"), &c->cli->arena, &by)); /* it may be erased */
	if (c->cli->json) {
		wq_json_object(&c->json);
		wq_json_put_u64(&c->json, "complaint", event->seq);
		wq_json_put_time(&c->json, "time", event->time);
		wq_json_put_str(&c->json, "url", c->url);
		wq_json_put_str(&c->json, "text", c->text);
		wq_json_put_str(&c->json, "by", by);
		wq_json_object_end(&c->json);
		return WQ_OK;
	}
	fprintf(c->cli->out, "%llu  %s  ", (unsigned long long)event->seq, wq_cli_time(event->time, when));
	wq_cli_text(c->cli->out, c->url);
	fputs("  ", c->cli->out);
	wq_cli_text(c->cli->out, by);
	fputs("  ", c->cli->out);
	wq_cli_text(c->cli->out, c->text);
	fputc('\n', c->cli->out);
	return WQ_OK;
}

static wq_err complaints(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, JSON_MAX);
	struct complaints c = {.cli = cli, .w = w};
	struct wq_ledger_filter filter = {.type_prefix = WQ_S("fake.complaint")};

	if (args->words_n > 0 && (!wq_str_to_u64(args->words[0], UINT32_MAX, &filter.first) || filter.first == 0))
		return wq_error(WQ_E_USAGE, "a complaint has a number");
	filter.last = filter.first;
	wq_json_init(&c.json, &out);
	wq_json_array(&c.json);
	WQ_TRY(wq_ledger_visit(w->ledger, &filter, show_complaint, &c));
	wq_json_array_end(&c.json);
	if (args->words_n > 0 && c.n == 0)
		return wq_error(WQ_E_NOT_FOUND, "there is no complaint %.*s", WQ_S_ARG(args->words[0]));
	return cli->json ? wq_cli_json(cli, &c.json) : WQ_OK;
}

/* ---- referral ---- */

static wq_err take_complaint(void *data, const struct wq_event *event)
{
	return read_complaint(data, event);
}

/* ID is the number of a complaint, or an address. */
static wq_err what(struct wq_cli *cli, struct wq_workspace *w, wq_str id, struct complaints *ret)
{
	struct wq_ledger_filter filter = {.type_prefix = WQ_S("fake.complaint")};

	*ret = (struct complaints){.cli = cli, .w = w, .url = id};
	if (!wq_str_to_u64(id, UINT32_MAX, &filter.first) || filter.first == 0)
		return WQ_OK;
	filter.last = filter.first;
	WQ_TRY(wq_ledger_visit(w->ledger, &filter, take_complaint, ret));
	return ret->n > 0 ? WQ_OK : wq_error(WQ_E_NOT_FOUND, "there is no complaint %.*s", WQ_S_ARG(id));
}

static wq_err load_key(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, struct wq_sm2_key **ret_key)
{
	struct wq_secret passphrase = {0};
	struct wq_person_row person;
	wq_sm2_public public_key;

	WQ_TRY(wq_person_find(w->ledger, wq_cli_value(args, "person"), &cli->arena, &person));
	WQ_TRY(wq_cli_passphrase(args, &passphrase));
	wq_err e = wq_sm2_load(wq_cli_value(args, "key").p, &passphrase, ret_key);
	wq_secret_done(&passphrase);
	WQ_TRY(e);
	public_key = wq_sm2_key_public(*ret_key);
	if (memcmp(public_key.point, person.key.point, sizeof public_key.point) == 0)
		return WQ_OK;
	wq_sm2_key_free(ret_key);
	return wq_error(WQ_E_KEY, "it is not the key that %.*s is registered with", WQ_S_ARG(person.id));
}

static wq_err record(struct wq_cli *cli, struct wq_workspace *w, wq_str url, wq_str person, wq_digest manifest)
{
	WQ_BUF(body, 64 * WQ_KIB);
	struct wq_json json;

	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "url", url);
	wq_json_put_str(&json, "person", person);
	wq_json_put_hex(&json, "manifest", manifest.b, sizeof manifest.b);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	return wq_ledger_append(w->ledger,
		&(struct wq_event_new){.type = WQ_S("fake.referred"),
			.actor = wq_cli_actor(cli),
			.subject = person,
			.body = wq_buf_str(&body)},
		&cli->arena, NULL);
}

static wq_err refer_with(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, struct look *look,
	const struct wq_sm2_key *key)
{
	struct wq_fake_evidence evidence = {.person = wq_cli_value(args, "person"), .findings = &look->findings};
	struct complaints about;
	char hex[WQ_DIGEST_HEX];
	wq_digest manifest;

	WQ_TRY(what(cli, w, args->words[0], &about));
	WQ_TRY(look_at(cli, args, w, about.url, look));
	if (look->look.judgement.own)
		return wq_error(WQ_E_DENIED, "it is one's own site");
	evidence.url = look->look.document.address.href;
	evidence.time = wq_now(cli->clock);
	evidence.status = look->look.document.status;
	evidence.headers = look->look.document.headers;
	evidence.body = look->look.document.bytes;
	evidence.addresses = look->look.addresses;
	evidence.complaint = about.text;
	for (size_t i = 0; i < look->fake.n; i++)
		if (look->findings.count > 0 &&
			wq_str_eq(look->fake.subjects[i].app, look->findings.items[0].place.app))
			evidence.unit = look->fake.subjects[i].name;
	WQ_TRY(wq_fake_evidence_write(w->fs, wq_cli_value(args, "out").p, &evidence, key, &manifest));
	WQ_TRY(record(cli, w, evidence.url, evidence.person, manifest));
	if (cli->json)
		fprintf(cli->out, "{\"manifest\":\"%s\",\"findings\":%zu}\n", wq_digest_hex(manifest, hex),
			look->findings.count);
	wq_cli_print(cli, "证据已固定，清单 SM3 %s，发现 %zu 项；函件：letter.html\n",
		"the evidence is fixed, SM3 of the manifest %s, %zu findings; the letter: letter.html\n",
		wq_digest_hex(manifest, hex), look->findings.count);
	return WQ_OK;
}

static wq_err refer(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_sm2_key *key = NULL;
	struct look look = {0};
	wq_err e;

	if (!wq_cli_has(args, "out") || !wq_cli_has(args, "person") || !wq_cli_has(args, "key"))
		return wq_error(WQ_E_USAGE, "--out DIR --person ID --key FILE are needed");
	WQ_TRY(load_key(cli, args, w, &key));
	e = refer_with(cli, args, w, &look, key);
	wq_cli_fake_done(&look.fake);
	wq_sm2_key_free(&key);
	return e;
}

static wq_err cmd_verify(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct wq_fake_evidence_check check;
	wq_str key = wq_cli_value(args, "key");
	char hex[2 * WQ_SM2_PUBLIC_BYTES + 1];

	WQ_TRY(wq_fake_evidence_verify(&wq_fs_system, args->words[0].p, &check));
	wq_hex(check.key.point, sizeof check.key.point, hex);
	if (key.n > 0 && !wq_str_eq_nocase(key, wq_str_c(hex)))
		return wq_error(WQ_E_SIGNATURE, "another key has signed it: %s", hex);
	if (cli->json)
		fprintf(cli->out, "{\"ok\":true,\"key\":\"%s\",\"files\":%zu}\n", hex, check.files);
	wq_cli_print(cli, "完整：%zu 个文件与清单一致，签名有效\n签名公钥：%s\n",
		"whole: %zu files are what the manifest names, the signature "
		"is valid\nkey that signed: %s\n",
		check.files, hex);
	if (key.n == 0)
		wq_cli_print(cli, "公钥是谁的，请从单位另行核对\n", "whose key it is has to be known from elsewhere\n");
	return WQ_OK;
}

/* ---- the rows ---- */

static wq_err cmd_page(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, page);
}

static wq_err cmd_complaint(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, complaint);
}

static wq_err cmd_complaints(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, complaints);
}

static wq_err cmd_refer(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, refer);
}

#define LOOK_OPTIONS \
	WQ_CLI_FAKE_OPTIONS, \
		{"file", "FILE", {"已保存的页面，不访问网络", "the page as it was kept: nothing is fetched"}, false}, \
	{ \
		"to", "ADDRESS:PORT", {"连接到该地址", "connect there, whatever the name resolves to"}, false \
	}

static const struct wq_cli_option page_options[] = {LOOK_OPTIONS, {0}};

static const struct wq_cli_option complaint_options[] = {
	{"url", "URL", {"被投诉的网址", "the address that is complained of"}, false},
	{"by", "TEXT", {"投诉人（个人信息，可擦除）", "who complains (personal: can be erased)"}, false},
	{"text", "TEXT", {"投诉内容", "what is said"}, false},
	{"app", "ID", {"涉及的应用", "the application that it is about"}, false},
	{0},
};

static const struct wq_cli_option refer_options[] = {
	LOOK_OPTIONS,
	{"out", "DIR", {"证据包目录（新建）", "folder of the package, which is made"}, false},
	{"person", "ID", {"取证人", "who takes the evidence"}, false},
	{"key", "FILE", {"本人的 SM2 私钥文件", "the person's own SM2 key file"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the key"}, false},
	{0},
};

static const struct wq_cli_option verify_options[] = {
	{"key", "HEX", {"取证人公钥（十六进制）", "public key of the person, hexadecimal"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_fake_case[] = {
	{"fake page", "URL", 1, 1, {"判断一个页面是否仿冒本单位", "judge whether a page imitates us"},
		{"先看标识和编号，再看页面、图像，最后看域名。",
			"Identifiers first, then the page and its images, then the name."},
		page_options, cmd_page, "weique fake page https://yunshan-gov.example/"},
	{"fake complaint", "--url URL --by TEXT", 0, 0, {"登记仿冒投诉", "take in a complaint"}, {0}, complaint_options,
		cmd_complaint,
		"weique fake complaint --url https://yunshan-gov.example/ --by 李某 --text 冒充县政府收费"},
	{"fake complaints", "[ID]", 0, 1, {"列出投诉", "list the complaints"}, {0}, NULL, cmd_complaints, NULL},
	{"fake refer", "ID|URL --out DIR --person ID --key FILE", 1, 1,
		{"固定证据，形成移送材料", "fix the evidence and make a package to refer"},
		{"页面、应答头、地址、时间、比对报告和清单，由本人签名；记入账本。",
			"Page, headers, addresses, times, report and manifest, signed by the person; recorded in the ledger."},
		refer_options, cmd_refer, "weique fake refer 12 --out case-12 --person zhang --key ~/zhang.key"},
	{"fake verify", "DIR", 1, 1, {"核验证据包", "check a package of evidence"}, {0}, verify_options, cmd_verify,
		"weique fake verify case-12"},
	{0},
};
