#include "cli/commands.h"
#include "cli/common.h"

/* Makes the key unless the file exists; WQ_E_EXISTS would lose a key that somebody has. */
static wq_err make_key(const struct wq_cli_args *args, const char *path, wq_sm2_public *ret_public)
{
	struct wq_secret passphrase = {0};
	struct wq_sm2_key *key = NULL;
	wq_err e;

	if (access(path, F_OK) == 0)
		return wq_error(WQ_E_EXISTS, "%s", path);
	WQ_TRY(wq_cli_passphrase(args, &passphrase));
	e = wq_sm2_generate(&key);
	if (!wq_failed(e))
		e = wq_sm2_save(key, path, &passphrase);
	if (!wq_failed(e))
		*ret_public = wq_sm2_key_public(key);
	wq_sm2_key_free(&key);
	wq_secret_done(&passphrase);
	return e;
}

static wq_err trust_line(struct wq_cli *cli, const struct wq_person_row *person)
{
	WQ_BUF(line, 1024);

	WQ_TRY(wq_trust_person_line(&(struct wq_trust_person){.id = person->id,
					    .key = person->key,
					    .roles = person->roles,
					    .in_establishment = person->in_establishment},
		&line));
	fputs(wq_buf_cstr(&line), cli->out);
	return WQ_OK;
}

static wq_err take_roles(wq_str text, unsigned *ret_roles)
{
	return wq_roles_parse(text, ret_roles)
		? WQ_OK
		: wq_error(WQ_E_USAGE, "--roles takes a list of author, reviewer, secrecy, leader");
}

static wq_err take_public(wq_str text, wq_sm2_public *ret_key)
{
	return wq_str_unhex(text, ret_key->point, sizeof ret_key->point)
		? WQ_OK
		: wq_error(WQ_E_USAGE, "--public-key takes %d hexadecimal digits", 2 * WQ_SM2_PUBLIC_BYTES);
}

static wq_err add(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_person_row person = {.id = args->words[0], .name = wq_cli_value(args, "name")};
	wq_str roles = wq_cli_value(args, "roles"), public_key = wq_cli_value(args, "public-key");
	wq_str path = wq_cli_value(args, "key-out");

	if (!wq_id_valid(person.id))
		return wq_error(WQ_E_INPUT, "an id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	WQ_TRY(take_roles(roles.n ? roles : WQ_S("author"), &person.roles));
	person.in_establishment = wq_cli_has(args, "in-establishment");
	person.unit = wq_cli_value(args, "unit");
	if (public_key.n > 0) {
		WQ_TRY(take_public(public_key, &person.key));
	} else {
		WQ_TRY(make_key(args, path.n ? path.p : wq_workspace_path(w, "keys/%.*s.key", WQ_S_ARG(person.id)),
			&person.key));
	}
	WQ_TRY(wq_person_register(w->ledger, &person, wq_cli_actor(cli), &cli->arena));
	wq_cli_print(cli, "已登记人员 %.*s；请 weique-sign 的管理者把 weique person trust %.*s 的输出加入其信任表\n",
		"person %.*s is registered; the owner of weique-sign adds the row of: weique person trust %.*s\n",
		WQ_S_ARG(person.id), WQ_S_ARG(person.id));
	return wq_cli_json_ok(cli);
}

static wq_err trust(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_person_row person;

	WQ_TRY(wq_person_find(w->ledger, args->words[0], &cli->arena, &person));
	if (person.left)
		return wq_error(WQ_E_STATE, "%.*s has left", WQ_S_ARG(person.id));
	return trust_line(cli, &person);
}

static wq_err change(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	wq_str roles = wq_cli_value(args, "roles");
	struct wq_person_row person;

	if (wq_cli_has(args, "in-establishment") && wq_cli_has(args, "contractor"))
		return wq_error(WQ_E_USAGE, "--in-establishment or --contractor, not both");
	WQ_TRY(wq_person_find(w->ledger, args->words[0], &cli->arena, &person));
	if (roles.n > 0)
		WQ_TRY(take_roles(roles, &person.roles));
	if (wq_cli_has(args, "in-establishment") || wq_cli_has(args, "contractor"))
		person.in_establishment = wq_cli_has(args, "in-establishment");
	if (wq_cli_has(args, "unit"))
		person.unit = wq_cli_value(args, "unit");
	person.name = wq_cli_value(args, "name");
	WQ_TRY(wq_person_change(w->ledger, &person, wq_cli_actor(cli), &cli->arena));
	wq_cli_print(cli, "已变更人员 %.*s；信任名单中的一行也要更换：weique person trust %.*s\n",
		"person %.*s is changed; the row of the trust list has to change too: weique person trust %.*s\n",
		WQ_S_ARG(person.id), WQ_S_ARG(person.id));
	return wq_cli_json_ok(cli);
}

static wq_err leave(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_TRY(wq_person_leave(
		w->ledger, args->words[0], wq_cli_value(args, "reason"), wq_cli_actor(cli), &cli->arena));
	wq_cli_print(cli, "人员 %.*s 已离开，此后的决定不算数；请从 weique-sign 的信任名单中删去其一行\n",
		"person %.*s has left and decides nothing any more; take the row out of weique-sign's trust list\n",
		WQ_S_ARG(args->words[0]));
	return wq_cli_json_ok(cli);
}

/* The old key says that the new one takes its place. */
static wq_err change_key(
	struct wq_cli *cli, struct wq_workspace *w, wq_str id, const struct wq_sm2_key *old, const wq_sm2_public *key)
{
	wq_sm2_public old_public = wq_sm2_key_public(old);
	struct wq_key_change said = {
		.person = id, .old_key = wq_sm2_key_id(&old_public), .key = *key, .time = wq_now(w->clock)};
	WQ_BUF(canonical, WQ_KEY_CHANGE_BYTES_MAX);
	wq_sm2_sig sig;

	WQ_TRY(wq_key_change_encode(&said, &canonical));
	WQ_TRY(wq_sm2_sign(old, wq_buf_str(&canonical), &sig));
	return wq_person_key_change(w->ledger, wq_buf_str(&canonical), &sig, wq_cli_actor(cli), &cli->arena);
}

static wq_err new_key(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	wq_str file = wq_cli_value(args, "key");
	struct wq_secret passphrase = {0};
	struct wq_sm2_key *old = NULL;
	wq_sm2_public key;
	wq_err e;

	WQ_TRY(take_public(wq_cli_value(args, "public-key"), &key));
	if (file.n == 0) {
		WQ_TRY(wq_person_key_replace(w->ledger, args->words[0], &key, wq_cli_actor(cli), &cli->arena));
	} else {
		WQ_TRY(wq_cli_passphrase(args, &passphrase));
		e = wq_sm2_load(file.p, &passphrase, &old);
		wq_secret_done(&passphrase);
		WQ_TRY(e);
		e = change_key(cli, w, args->words[0], old, &key);
		wq_sm2_key_free(&old);
		WQ_TRY(e);
	}
	wq_cli_print(cli, "已更换 %.*s 的公钥；信任名单中的一行也要更换：weique person trust %.*s\n",
		"%.*s has a new key; the row of the trust list has to change too: weique person trust %.*s\n",
		WQ_S_ARG(args->words[0]), WQ_S_ARG(args->words[0]));
	return wq_cli_json_ok(cli);
}

static void json_person(struct wq_json *json, const struct wq_person_row *p)
{
	char roles[WQ_ROLES_TEXT];

	wq_json_object(json);
	wq_json_put_str(json, "id", p->id);
	wq_json_put_str(json, "name", p->name);
	wq_json_put_str(json, "roles", wq_str_c(wq_roles_text(p->roles, roles)));
	wq_json_put_bool(json, "author", p->roles & WQ_ROLE_AUTHOR);
	wq_json_put_bool(json, "reviewer", p->roles & WQ_ROLE_REVIEWER);
	wq_json_put_bool(json, "in_establishment", p->in_establishment);
	wq_json_put_str(json, "unit", p->unit);
	wq_json_put_bool(json, "left", p->left);
	wq_json_put_hex(json, "public_key", p->key.point, sizeof p->key.point);
	wq_json_object_end(json);
}

static void print_person(struct wq_cli *cli, const struct wq_person_row *p)
{
	char roles[WQ_ROLES_TEXT];

	fprintf(cli->out, "%-20.*s %-12s %-20s ", WQ_S_ARG(p->id), p->in_establishment ? "in-estab." : "contractor",
		wq_roles_text(p->roles, roles));
	wq_cli_text(cli->out, p->name);
	fprintf(cli->out, "  %.*s%s\n", WQ_S_ARG(p->unit),
		p->left ? (cli->lang == WQ_LANG_ZH ? "  已离开" : "  has left") : "");
}

static wq_err show(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, WQ_MIB);
	struct wq_person_row person;
	struct wq_json json;

	WQ_TRY(wq_person_find(w->ledger, args->words[0], &cli->arena, &person));
	if (!cli->json) {
		print_person(cli, &person);
		return WQ_OK;
	}
	wq_json_init(&json, &out);
	json_person(&json, &person);
	return wq_cli_json(cli, &json);
}

static wq_err list(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 64 * WQ_MIB);
	struct wq_person_row *people;
	struct wq_json json;
	size_t n;

	(void)args;
	WQ_TRY(wq_person_list(w->ledger, &cli->arena, &people, &n));
	wq_json_init(&json, &out);
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++) {
		struct wq_person_row p = people[i];

		WQ_IGNORE(wq_ledger_private(w->ledger, p.seq, WQ_S("name"), &cli->arena, &p.name));
		if (cli->json)
			json_person(&json, &p);
		else
			print_person(cli, &p);
	}
	wq_json_array_end(&json);
	return cli->json ? wq_cli_json(cli, &json) : WQ_OK;
}

static wq_err cmd_change(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, change);
}

static wq_err cmd_leave(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, leave);
}

static wq_err cmd_key(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, new_key);
}

static wq_err cmd_show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, show);
}

static wq_err cmd_add(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, add);
}

static wq_err cmd_trust(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, trust);
}

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static const struct wq_cli_option add_options[] = {
	{"name", "TEXT",
		{"真实姓名（个人信息，账本中只存承诺值）", "real name (personal: the ledger holds a commitment)"},
		false},
	{"roles", "LIST",
		{"逗号分隔：author 编辑、reviewer 审核、secrecy 保密审查、leader 负责人",
			"separated by commas: author, reviewer, secrecy, leader"},
		false},
	{"unit", "ID", {"所属单位", "the unit the person belongs to"}, false},
	{"in-establishment", NULL, {"在编人员（否则为外包）", "in-establishment staff (otherwise a contractor)"},
		false},
	{"public-key", "HEX", {"已有的 SM2 公钥", "an SM2 public key that the person has"}, false},
	{"key-out", "FILE", {"新私钥写到哪里", "where the new private key goes"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the private key"}, false},
	{0},
};

static const struct wq_cli_option change_options[] = {
	{"name", "TEXT", {"真实姓名", "real name"}, false},
	{"roles", "LIST", {"新的角色", "the new roles"}, false},
	{"unit", "ID", {"所属单位", "the unit the person belongs to"}, false},
	{"in-establishment", NULL, {"转为在编", "is in-establishment staff from now on"}, false},
	{"contractor", NULL, {"转为外包", "is a contractor from now on"}, false},
	{0},
};
static const struct wq_cli_option leave_options[] = {{"reason", "TEXT", {"理由", "why"}, false}, {0}};
static const struct wq_cli_option key_options[] = {
	{"public-key", "HEX", {"新公钥", "the new public key"}, false},
	{"key", "FILE", {"旧私钥文件，由其签署更换", "the old key, which signs the change"}, false},
	{"passphrase-file", "FILE", {"旧私钥口令所在文件", "file with the passphrase of the old key"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_person[] = {
	{"person add", "ID [--roles LIST] [--in-establishment]", 1, 1,
		{"登记人员和公钥", "register a person and a key"},
		{"不给 --public-key 时生成新的 SM2 密钥；正式使用时，请本人在自己的设备上生成，只登记公钥。",
			"Without --public-key a new SM2 key is made; in earnest people make their own, and only the public key is registered."},
		add_options, cmd_add, "weique person add wang --name 王某 --roles reviewer --in-establishment"},
	{"person trust", "ID", 1, 1, {"输出信任表中的一行", "print the row for weique-sign's trust list"}, {0}, NULL,
		cmd_trust, "weique person trust wang"},
	{"person change", "ID", 1, 1, {"变更角色、编制、单位", "change roles, establishment, unit"}, {0},
		change_options, cmd_change, "weique person change wang --roles reviewer,secrecy"},
	{"person leave", "ID", 1, 1, {"登记离开", "record that a person has left"},
		{"此后的决定不算数，此前的仍然有效。", "Later decisions do not count; earlier ones stand."},
		leave_options, cmd_leave, "weique person leave wang --reason 调离"},
	{"person key", "ID --public-key HEX [--key OLD]", 1, 1, {"更换公钥", "give a person a new key"},
		{"由旧私钥签署；旧私钥遗失的，须有他人批准的审批 person.key。",
			"The old key signs it; when that is lost, an approval person.key by others is needed."},
		key_options, cmd_key, "weique person key wang --public-key 04… --key ~/wang.key"},
	{"person show", "ID", 1, 1, {"查看人员", "show a person"}, {0}, NULL, cmd_show, NULL},
	{"person list", NULL, 0, 0, {"列出人员", "list the people"}, {0}, NULL, cmd_list},
	{0},
};
