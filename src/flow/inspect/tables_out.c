/* Sheets for programs: JSON and CSV. */
#include "flow/inspect/tables.h"

#include "base/json.h"
#include "flow/inspect/report.h"

static wq_str in(enum wq_lang lang, const struct wq_table_words *words)
{
	return lang == WQ_LANG_ZH ? words->zh : words->en;
}

/* ---- JSON ---- */

static void put_or_null(struct wq_json *json, const char *key, wq_str text)
{
	wq_json_key(json, wq_str_c(key));
	if (text.n)
		wq_json_str(json, text);
	else
		wq_json_null(json);
}

static void put_field(
	struct wq_json *json, const struct wq_table_form *form, const struct wq_table_cell *cell, enum wq_lang lang)
{
	const struct wq_table_field *f = cell->field;

	wq_json_object(json);
	wq_json_put_str(json, "id", f->id);
	wq_json_put_str(json, "title", in(lang, &f->title));
	wq_json_put_str(json, "state", wq_str_c(wq_table_state_name(cell->state)));
	put_or_null(json, "value", cell->value);
	wq_json_put_str(json, "whence", cell->whence);
	put_or_null(json, "remark", cell->remark);
	put_or_null(json, "rule", cell->rule);
	wq_json_put_str(json, "mark", wq_str_of(&f->mark, 1));
	wq_json_put_str(json, "source", f->source.n ? f->source : form->source);
	wq_json_object_end(json);
}

static void put_section(struct wq_json *json, const struct wq_table_sheet *sheet, size_t at, enum wq_lang lang)
{
	const struct wq_table_section *section = &sheet->form->sections[at];

	wq_json_object(json);
	wq_json_put_str(json, "id", section->id);
	wq_json_put_str(json, "title", in(lang, &section->title));
	wq_json_key(json, WQ_S("fields"));
	wq_json_array(json);
	for (size_t i = 0; i < section->n; i++)
		put_field(json, sheet->form, &sheet->cells[section->first + i], lang);
	wq_json_array_end(json);
	wq_json_object_end(json);
}

static void put_sheet(struct wq_json *json, const struct wq_table_sheet *sheet, enum wq_lang lang)
{
	const struct wq_table_form *form = sheet->form;

	wq_json_object(json);
	wq_json_put_str(json, "table", form->id);
	wq_json_put_str(json, "title", in(lang, &form->title));
	wq_json_put_str(json, "subject", sheet->subject);
	wq_json_put_str(json, "from", sheet->from);
	wq_json_put_str(json, "until", sheet->until);
	wq_json_put_str(json, "version", form->version);
	wq_json_put_str(json, "date", form->date);
	wq_json_put_u64(json, "filled", sheet->filled);
	wq_json_put_u64(json, "blank", sheet->blank);
	wq_json_put_u64(json, "conflicts", sheet->conflicts);
	wq_json_key(json, WQ_S("sections"));
	wq_json_array(json);
	for (size_t i = 0; i < form->sections_n; i++)
		put_section(json, sheet, i, lang);
	wq_json_array_end(json);
	wq_json_object_end(json);
}

wq_err wq_tables_json(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out)
{
	struct wq_json json;

	wq_json_init(&json, out);
	wq_json_array(&json);
	for (size_t i = 0; i < n; i++)
		put_sheet(&json, &sheets[i], lang);
	wq_json_array_end(&json);
	return wq_json_end(&json);
}

/* ---- CSV ---- */

static wq_str state_title(enum wq_table_state state, enum wq_lang lang)
{
	static const char *const titles[][2] = {{"已填", "filled"}, {"待填", "blank"}, {"须核对", "conflict"}};

	return wq_str_c(titles[state][lang != WQ_LANG_ZH]);
}

static void put_row(struct wq_buf *out, const struct wq_table_sheet *sheet, const struct wq_table_section *section,
	const struct wq_table_cell *cell, enum wq_lang lang)
{
	const wq_str row[] = {in(lang, &sheet->form->title), sheet->subject, in(lang, &section->title),
		in(lang, &cell->field->title), cell->value, state_title(cell->state, lang), cell->whence, cell->remark,
		wq_str_of(&cell->field->mark, 1), cell->field->source.n ? cell->field->source : sheet->form->source};

	for (size_t i = 0; i < WQ_COUNT(row); i++)
		wq_inspect_csv_cell(out, row[i], i + 1 == WQ_COUNT(row));
}

wq_err wq_tables_csv(const struct wq_table_sheet *sheets, size_t n, enum wq_lang lang, struct wq_buf *out)
{
	wq_buf_add(out, WQ_S("\xef\xbb\xbf"));
	wq_buf_add(out,
		lang == WQ_LANG_ZH ? WQ_S("表,对象,部分,项目,内容,状态,来源,说明,确定程度,依据\r\n")
				   : WQ_S("table,subject,section,field,value,state,whence,remark,mark,source\r\n"));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sheets[i].form->sections_n; k++) {
			const struct wq_table_section *section = &sheets[i].form->sections[k];

			for (size_t j = 0; j < section->n; j++)
				put_row(out, &sheets[i], section, &sheets[i].cells[section->first + j], lang);
		}
	return wq_buf_err(out);
}
