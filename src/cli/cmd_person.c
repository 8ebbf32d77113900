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

static wq_err add(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_person_row person = {.id = args->words[0], .name = wq_cli_value(args, "name")};
	wq_str roles = wq_cli_value(args, "roles"), public_key = wq_cli_value(args, "public-key");
	wq_str path = wq_cli_value(args, "key-out");

	if (!wq_id_valid(person.id))
		return wq_error(WQ_E_INPUT, "an id is 1 to %d of a-z, 0-9, '-'", WQ_ID_MAX);
	if (!wq_roles_parse(roles.n ? roles : WQ_S("author"), &person.roles))
		return wq_error(WQ_E_USAGE, "--roles takes author, reviewer or author,reviewer");
	person.in_establishment = wq_cli_has(args, "in-establishment");
	if (public_key.n > 0) {
		if (!wq_str_unhex(public_key, person.key.point, sizeof person.key.point))
			return wq_error(
				WQ_E_USAGE, "--public-key takes %d hexadecimal digits", 2 * WQ_SM2_PUBLIC_BYTES);
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
	return trust_line(cli, &person);
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
		wq_json_object(&json);
		wq_json_put_str(&json, "id", p.id);
		wq_json_put_str(&json, "name", p.name);
		wq_json_put_bool(&json, "author", p.roles & WQ_ROLE_AUTHOR);
		wq_json_put_bool(&json, "reviewer", p.roles & WQ_ROLE_REVIEWER);
		wq_json_put_bool(&json, "in_establishment", p.in_establishment);
		wq_json_put_hex(&json, "public_key", p.key.point, sizeof p.key.point);
		wq_json_object_end(&json);
		if (cli->json)
			continue;
		fprintf(cli->out, "%-20.*s %-12s %-20s ", WQ_S_ARG(p.id),
			p.in_establishment ? "in-estab." : "contractor",
			p.roles & WQ_ROLE_REVIEWER ? (p.roles & WQ_ROLE_AUTHOR ? "author,reviewer" : "reviewer")
						   : "author");
		wq_cli_text(cli->out, p.name);
		fputc('\n', cli->out);
	}
	wq_json_array_end(&json);
	return cli->json ? wq_cli_json(cli, &json) : WQ_OK;
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
	{"roles", "LIST", {"author、reviewer 或两者，逗号分隔", "author, reviewer or both, separated by a comma"},
		false},
	{"in-establishment", NULL, {"在编人员（否则为外包）", "in-establishment staff (otherwise a contractor)"},
		false},
	{"public-key", "HEX", {"已有的 SM2 公钥", "an SM2 public key that the person has"}, false},
	{"key-out", "FILE", {"新私钥写到哪里", "where the new private key goes"}, false},
	{"passphrase-file", "FILE", {"私钥口令所在文件", "file with the passphrase of the private key"}, false},
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
	{"person list", NULL, 0, 0, {"列出人员", "list the people"}, {0}, NULL, cmd_list},
	{0},
};
