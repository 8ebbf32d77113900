#include "cli/commands.h"
#include "cli/common.h"

/* What was given, over what stands. */
static wq_err take_options(const struct wq_cli_args *args, struct wq_unit_row *unit)
{
	wq_str kind = wq_cli_value(args, "kind"), level = wq_cli_value(args, "level");

	if (kind.n > 0 && !wq_unit_kind_parse(kind, &unit->kind))
		return wq_error(WQ_E_USAGE, "--kind takes organ, institution, union, enterprise or other");
	if (level.n > 0 && !wq_unit_level_parse(level, &unit->level))
		return wq_error(WQ_E_USAGE, "--level takes central, province, prefecture, county or township");
	if (wq_cli_has(args, "name"))
		unit->name = wq_cli_value(args, "name");
	if (wq_cli_has(args, "superior"))
		unit->superior = wq_cli_value(args, "superior");
	if (wq_cli_has(args, "region"))
		unit->region = wq_cli_value(args, "region");
	return WQ_OK;
}

static wq_err add(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_unit_row unit = {.id = args->words[0]};

	WQ_TRY(take_options(args, &unit));
	if (unit.kind == WQ_UNIT_UNKNOWN || unit.name.n == 0)
		return wq_error(WQ_E_USAGE, "--name and --kind are needed");
	WQ_TRY(wq_unit_register(w->ledger, &unit, wq_cli_actor(cli), &cli->arena));
	wq_cli_print(cli, "已登记单位 %.*s；下一步：weique app add 应用 --unit %.*s\n",
		"unit %.*s is registered; next: weique app add ID --unit %.*s\n", WQ_S_ARG(unit.id), WQ_S_ARG(unit.id));
	return wq_cli_json_ok(cli);
}

static wq_err change(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_unit_row unit;

	WQ_TRY(wq_unit_find(w->ledger, args->words[0], &cli->arena, &unit));
	WQ_TRY(take_options(args, &unit));
	WQ_TRY(wq_unit_change(w->ledger, &unit, wq_cli_actor(cli), &cli->arena));
	wq_cli_print(cli, "已变更单位 %.*s\n", "unit %.*s is changed\n", WQ_S_ARG(unit.id));
	return wq_cli_json_ok(cli);
}

static void json_unit(struct wq_json *json, const struct wq_unit_row *unit)
{
	wq_json_object(json);
	wq_json_put_str(json, "id", unit->id);
	wq_json_put_str(json, "name", unit->name);
	wq_json_put_str(json, "kind", wq_str_c(wq_unit_kind_name(unit->kind)));
	wq_json_put_str(json, "superior", unit->superior);
	wq_json_put_str(json, "level", wq_str_c(wq_unit_level_name(unit->level)));
	wq_json_put_str(json, "region", unit->region);
	wq_json_object_end(json);
}

static void print_unit(struct wq_cli *cli, const struct wq_unit_row *unit)
{
	fprintf(cli->out, "%-20.*s %s  ", WQ_S_ARG(unit->id), wq_unit_kind_title(unit->kind, cli->lang));
	wq_cli_text(cli->out, unit->name);
	if (unit->superior.n > 0)
		fprintf(cli->out, "  < %.*s", WQ_S_ARG(unit->superior));
	fprintf(cli->out, "  %s %.*s\n", wq_unit_level_title(unit->level, cli->lang), WQ_S_ARG(unit->region));
}

static wq_err show(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, WQ_MIB);
	struct wq_unit_row unit;
	struct wq_json json;

	WQ_TRY(wq_unit_find(w->ledger, args->words[0], &cli->arena, &unit));
	if (!cli->json) {
		print_unit(cli, &unit);
		return WQ_OK;
	}
	wq_json_init(&json, &out);
	json_unit(&json, &unit);
	return wq_cli_json(cli, &json);
}

static wq_err list(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 64 * WQ_MIB);
	struct wq_unit_row *units;
	struct wq_json json;
	size_t n;

	(void)args;
	WQ_TRY(wq_unit_list(w->ledger, &cli->arena, &units, &n));
	wq_json_init(&json, &out);
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++)
		if (cli->json)
			json_unit(&json, &units[i]);
		else
			print_unit(cli, &units[i]);
	wq_json_array_end(&json);
	return cli->json ? wq_cli_json(cli, &json) : WQ_OK;
}

static wq_err cmd_add(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, add);
}

static wq_err cmd_change(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, change);
}

static wq_err cmd_show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, show);
}

static wq_err cmd_list(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, list);
}

static const struct wq_cli_option options[] = {
	{"name", "TEXT", {"单位名称", "its name"}, false},
	{"kind", "KIND",
		{"organ 党政机关、institution 事业单位、union 工会、enterprise 国有企业、other 其他",
			"organ, institution, union, enterprise or other"},
		false},
	{"superior", "ID", {"上级单位", "the unit above it"}, false},
	{"level", "LEVEL",
		{"central、province、prefecture、county、township",
			"central, province, prefecture, county or township"},
		false},
	{"region", "CODE", {"行政区划代码，6 至 12 位", "code of the region, 6 to 12 digits"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_unit[] = {
	{"unit add", "ID --name TEXT --kind KIND", 1, 1, {"登记单位", "register a unit"},
		{"单位的性质决定适用的规则：域名后缀、门户数量、审核人员、标识（rules/units.conf、rules/suffix.conf）。",
			"Its kind decides which rules bind it: suffixes, portals, reviewers, mark (rules/units.conf, rules/suffix.conf)."},
		options, cmd_add, "weique unit add yunshan --name 云山县人民政府 --kind organ --level county"},
	{"unit change", "ID", 1, 1, {"变更单位信息", "change what is said of a unit"}, {0}, options, cmd_change,
		"weique unit change yunshan --name 云山市人民政府"},
	{"unit show", "ID", 1, 1, {"查看单位", "show a unit"}, {0}, NULL, cmd_show, NULL},
	{"unit list", NULL, 0, 0, {"列出单位", "list the units"}, {0}, NULL, cmd_list, NULL},
	{0},
};
