/* weique inspect tables: forms of the half-year and of the year, filled in from registry, ledger and inspections on record. */
#include "cli/commands.h"
#include "cli/common.h"

#include "base/file.h"
#include "flow/inspect/tables.h"
#include "text/url.h"

enum { MEMORY = 2048 };

struct run {
	struct wq_cli *cli;
	const struct wq_cli_args *args;
	struct wq_arena arena;
	struct wq_tables_case the_case;
	struct wq_inspect_result result; /* of --run */
	struct wq_workspace workspace;
	bool open;
	const struct wq_table_form *forms[WQ_TABLE_FORMS_MAX];
	size_t forms_n;
	struct wq_table_sheet *sheets;
	size_t n;
};

/* ---- what is asked for ---- */

static wq_err read_run(struct run *r)
{
	const char *path = wq_arena_cstr(&r->arena, wq_cli_value(r->args, "run"));
	WQ_BUF(text, WQ_RECORD_BYTES_MAX);
	wq_err e;

	if (!wq_cli_has(r->args, "run"))
		return WQ_OK;
	WQ_TRY(wq_arena_err(&r->arena));
	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	e = wq_record_read(&r->arena, wq_buf_str(&text), &r->result);
	if (wq_is(e, WQ_E_FORMAT) || wq_is(e, WQ_E_INPUT))
		return wq_error(WQ_E_FORMAT, "%s: %s", path, wq_err_note(e));
	r->the_case.run = &r->result;
	return e;
}

static wq_err read_period(struct run *r)
{
	uint64_t year = 0, half = 0;

	if (wq_cli_has(r->args, "year") && (!wq_str_to_u64(wq_cli_value(r->args, "year"), 2999, &year) || year < 2000))
		return wq_error(WQ_E_USAGE, "--year takes a year, 2000 to 2999");
	if (wq_cli_has(r->args, "half") && (!wq_str_to_u64(wq_cli_value(r->args, "half"), 2, &half) || half < 1))
		return wq_error(WQ_E_USAGE, "--half takes 1 or 2");
	r->the_case.year = (unsigned)year;
	r->the_case.half = (unsigned)half;
	return WQ_OK;
}

/* An address or a host, with its port after ':' unless it is the scheme's. */
static wq_err read_site(struct run *r, wq_str word)
{
	bool scheme = wq_str_find(word, WQ_S("://")) > 0;
	struct wq_url url;

	if (!scheme)
		word = wq_arena_printf(&r->arena, "https://%.*s/", WQ_S_ARG(word));
	if (wq_failed(wq_url_parse(&r->arena, word, NULL, &url)) || !wq_url_is_http(&url))
		return wq_error(WQ_E_INPUT, "%.*s is neither an application nor an http or https address",
			WQ_S_ARG(wq_str_head(r->args->words[0], 200)));
	r->the_case.site = url.port == WQ_URL_NO_PORT
		? url.host
		: wq_arena_printf(&r->arena, "%.*s:%d", WQ_S_ARG(url.host), url.port);
	return wq_arena_err(&r->arena);
}

/* A registry is opened when one is there; a unit demands it. */
static wq_err open_registry(struct run *r)
{
	wq_str word = r->args->words_n ? r->args->words[0] : WQ_S_NONE;
	bool address = word.n == 0 || wq_str_find(word, WQ_S("://")) > 0;
	char *path = wq_arena_cstr(
		&r->cli->arena, wq_arena_printf(&r->cli->arena, "%.*s/ledger", WQ_S_ARG(r->cli->state_dir)));

	WQ_TRY(wq_arena_err(&r->cli->arena));
	if (r->the_case.unit.n == 0 && (address || access(path, R_OK | X_OK) != 0))
		return WQ_OK;
	WQ_TRY(wq_cli_open(r->cli, &r->workspace));
	r->open = true;
	return WQ_OK;
}

static wq_err read_subject(struct run *r)
{
	wq_str word = r->args->words_n ? r->args->words[0] : WQ_S_NONE;
	struct wq_app_row *app = WQ_NEW(&r->arena, struct wq_app_row);
	wq_err e = WQ_OK;

	if (!app)
		return wq_arena_err(&r->arena);
	if (r->the_case.unit.n > 0 && (word.n > 0 || r->the_case.run))
		return wq_error(WQ_E_USAGE, "--unit goes without a word and without --run");
	if (r->the_case.unit.n == 0 && word.n == 0 && !r->the_case.run)
		return wq_error(WQ_E_USAGE, "name an application or an address, or give --unit or --run");
	if (r->open && r->the_case.unit.n == 0) {
		e = wq_app_find(r->workspace.ledger, word, &r->arena, app);
		if (!wq_is(e, WQ_E_NOT_FOUND))
			WQ_TRY(e);
		if (!wq_failed(e))
			r->the_case.app = app->id;
	}
	if (r->the_case.app.n || r->the_case.unit.n) {
		r->the_case.workspace = &r->workspace;
		return WQ_OK;
	}
	if (word.n == 0) {
		r->the_case.site = r->result.site;
		return WQ_OK;
	}
	return read_site(r, word);
}

static wq_err read_case(struct run *r)
{
	wq_str dir = wq_cli_value(r->args, "dir");

	r->the_case.now = wq_now(r->cli->clock);
	r->the_case.unit = wq_cli_value(r->args, "unit");
	r->the_case.form = wq_cli_value(r->args, "table");
	r->the_case.records = wq_arena_cstr(&r->arena, dir.n ? dir : r->cli->state_dir);
	WQ_TRY(wq_arena_err(&r->arena));
	WQ_TRY(read_run(r));
	WQ_TRY(read_period(r));
	WQ_TRY(open_registry(r));
	WQ_TRY(read_subject(r));
	r->the_case.lang = r->cli->lang;
	return WQ_OK;
}

/* ---- out ---- */

static wq_err write_to(const char *path, const struct wq_buf *text)
{
	WQ_TRY(wq_buf_err(text));
	return wq_file_replace(&wq_fs_system, path, wq_buf_str(text), 0640);
}

static wq_err write_file(struct run *r, const char *option,
	wq_err (*make)(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out))
{
	const char *path = wq_arena_cstr(&r->arena, wq_cli_value(r->args, option));
	WQ_BUF(text, WQ_TABLE_BYTES_MAX);

	if (!wq_cli_has(r->args, option))
		return WQ_OK;
	WQ_TRY(wq_arena_err(&r->arena));
	WQ_TRY(make(r->sheets, r->n, r->the_case.lang, &text));
	return write_to(path, &text);
}

/* <dir>/<form>-<subject>.html, .csv, .json. */
static wq_err write_sheet(struct run *r, const char *dir, const struct wq_table_sheet *sheet)
{
	static const struct {
		const char *end;
		wq_err (*make)(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out);
	} kinds[] = {{"html", wq_tables_html}, {"csv", wq_tables_csv}, {"json", wq_tables_json}};

	for (size_t i = 0; i < WQ_COUNT(kinds); i++) {
		const char *path = wq_arena_cstr(&r->arena,
			wq_arena_printf(&r->arena, "%s/%.*s-%.*s.%s", dir, WQ_S_ARG(sheet->form->id),
				WQ_S_ARG(sheet->key), kinds[i].end));
		WQ_BUF(text, WQ_TABLE_BYTES_MAX);

		WQ_TRY(wq_arena_err(&r->arena));
		WQ_TRY(kinds[i].make(sheet, 1, r->the_case.lang, &text));
		WQ_TRY(write_to(path, &text));
	}
	return WQ_OK;
}

static wq_err write_files(struct run *r)
{
	const char *dir = wq_arena_cstr(&r->arena, wq_cli_value(r->args, "out"));

	WQ_TRY(write_file(r, "html", wq_tables_html));
	WQ_TRY(write_file(r, "csv", wq_tables_csv));
	if (!wq_cli_has(r->args, "out"))
		return WQ_OK;
	WQ_TRY(wq_arena_err(&r->arena));
	WQ_TRY(wq_dir_make(&wq_fs_system, dir, 0750));
	for (size_t i = 0; i < r->n; i++)
		WQ_TRY(write_sheet(r, dir, &r->sheets[i]));
	return WQ_OK;
}

static void say_cell(const struct run *r, const struct wq_table_cell *cell)
{
	bool zh = r->the_case.lang == WQ_LANG_ZH;
	FILE *to = r->cli->out;

	fputs("  ", to);
	wq_cli_text(to, zh ? cell->field->title.zh : cell->field->title.en);
	fputs(zh ? "：" : ": ", to);
	if (cell->value.n)
		wq_cli_text(to, cell->value);
	else
		fputs(zh ? "待填" : "to fill in", to);
	fputs("  (", to);
	wq_cli_text(to, cell->whence);
	fputs(")\n", to);
	if (cell->remark.n == 0)
		return;
	fputs(cell->state == WQ_TABLE_CONFLICT ? zh ? "    须核对：" : "    conflict: " : "    ", to);
	wq_cli_text(to, cell->remark);
	fputc('\n', to);
}

static void say_sheet(const struct run *r, const struct wq_table_sheet *sheet, bool cells)
{
	bool zh = r->the_case.lang == WQ_LANG_ZH;
	FILE *to = r->cli->out;

	wq_cli_text(to, zh ? sheet->form->title.zh : sheet->form->title.en);
	fputs("  ", to);
	wq_cli_text(to, sheet->subject);
	fprintf(to,
		zh ? "  %.*s 至 %.*s：已填 %zu，待填 %zu，须核对 %zu\n"
		   : "  %.*s to %.*s: %zu filled in, %zu blank, %zu in conflict\n",
		WQ_S_ARG(sheet->from), WQ_S_ARG(sheet->until), sheet->filled, sheet->blank, sheet->conflicts);
	for (size_t i = 0; cells && i < sheet->form->fields_n; i++)
		say_cell(r, &sheet->cells[i]);
}

static wq_err say(struct run *r)
{
	bool to_files = wq_cli_has(r->args, "html") || wq_cli_has(r->args, "csv") || wq_cli_has(r->args, "out");
	WQ_BUF(out, WQ_TABLE_BYTES_MAX);

	if (r->cli->json) {
		WQ_TRY(wq_tables_json(r->sheets, r->n, r->the_case.lang, &out));
		fprintf(r->cli->out, "%s\n", wq_buf_cstr(&out));
	} else if (!r->cli->quiet) {
		for (size_t i = 0; i < r->n; i++)
			say_sheet(r, &r->sheets[i], !to_files);
	}
	return WQ_OK;
}

static wq_err do_it(struct run *r)
{
	WQ_TRY(read_case(r));
	WQ_TRY(wq_table_forms_load(&r->arena, NULL, r->forms, &r->forms_n));
	WQ_TRY(wq_tables_fill(&r->arena, &r->the_case, r->forms, r->forms_n, &r->sheets, &r->n));
	WQ_TRY(write_files(r));
	return say(r);
}

static wq_err cmd_tables(struct wq_cli *cli, const struct wq_cli_args *args)
{
	struct run *r = WQ_NEW(&cli->arena, struct run);
	wq_err e;

	if (!r)
		return wq_arena_err(&cli->arena);
	r->cli = cli;
	r->args = args;
	wq_arena_init(&r->arena, (size_t)MEMORY * WQ_MIB);
	e = do_it(r);
	if (r->open)
		wq_workspace_close(&r->workspace);
	wq_arena_done(&r->arena);
	return e;
}

static const struct wq_cli_option options[] = {
	{"unit", "ID", {"单位：其各应用的表和单位的表", "a unit: the forms of its applications and its own"}, false},
	{"run", "FILE",
		{"以此检查结果（JSON 文件）代替最近一次记录", "this inspection (JSON) instead of the newest on record"},
		false},
	{"dir", "DIR", {"检查结果的目录，缺省为状态目录", "folder of the records; else the state directory"}, false},
	{"table", "ID",
		{"只填这一张：site-check、unit-check、site-year、supervision-year",
			"this form alone: site-check, unit-check, site-year, supervision-year"},
		false},
	{"year", "YYYY",
		{"年度，缺省为当年；一月为上一年", "the year; else the one that runs, in January the one before"},
		false},
	{"half", "1|2", {"上半年或下半年", "the first or the second half-year"}, false},
	{"html", "FILE", {"写出可打印签字的网页", "write one HTML file, to be printed and signed"}, false},
	{"csv", "FILE", {"写出表格", "write a table for spreadsheet programs"}, false},
	{"out", "DIR", {"每张表写出网页、表格和 JSON", "write HTML, CSV and JSON of each form"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_inspect_tables[] = {
	{"inspect tables", "[APP|URL]", 0, 1,
		{"填写半年自查表和年度报表：已知的填入，未知的标明",
			"fill in the half-year self-check and the yearly tables"},
		{"数值取自登记册、账本和检查记录，均注明来源；不知道的标“待填”并说明由谁填写；与检查结果矛盾的标“须核对”。表式在 rules/tables/。",
			"Values come from registry, ledger and inspections on record, and say so; what is not known is a blank that says who knows; what an "
			"inspection contradicts is marked. Forms: rules/tables/."},
		options, cmd_tables, "weique inspect tables portal --html tables.html"},
	{0},
};
