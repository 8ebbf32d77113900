/* Forms read from rules/tables/. */
#include "flow/inspect/tables_priv.h"

#include "finding/datafile.h"
#include "finding/rule.h"

struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_table_form *form;
	struct wq_table_section *section;
	struct wq_table_field *field;
	uint32_t field_line;
	bool has_period, has_of;
};

static wq_err refuse(struct reader *r, const struct wq_datafile_item *item, const char *why)
{
	return wq_datafile_error(&r->file, item->line, "%.*s: %s", WQ_S_ARG(wq_str_head(item->key, 60)), why);
}

static bool is_id(wq_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", text.p[i]) || !text.p[i])
			return false;
	return text.n > 0 && text.n <= 64;
}

/* "中文 | English" */
static bool read_words(wq_str text, struct wq_table_words *ret)
{
	wq_str zh = wq_str_trim(wq_str_cut(&text, '|')), en = wq_str_trim(text);

	*ret = (struct wq_table_words){zh, en};
	return zh.n > 0 && en.n > 0 && wq_str_chr(en, '|') < 0;
}

/* ---- a field ---- */

static wq_err end_field(struct reader *r)
{
	const struct wq_table_field *f = r->field;

	r->field = NULL;
	if (!f)
		return WQ_OK;
	if (!f->title.zh.n || !f->title.en.n || !f->mark)
		return wq_datafile_error(&r->file, r->field_line, "zh, en and mark are needed");
	if (f->from_n == 0 && !f->who.zh.n)
		return wq_datafile_error(&r->file, r->field_line, "`from`, or `who` when only a person knows");
	return WQ_OK;
}

static bool rule_known(wq_str name)
{
	for (int i = 0; i < WQ_RULE_COUNT; i++)
		if (wq_str_eq(wq_rule_name((enum wq_rule_id)i), name))
			return true;
	return false;
}

static wq_err read_from(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_table_field *f = r->field;
	wq_str word = item->value, name = wq_str_cut(&word, ' ');
	const struct wq_table_value *value = wq_table_value_find(name);

	word = wq_str_trim(word);
	if (!value)
		return wq_datafile_error(
			&r->file, item->line, "no value is called %.*s", WQ_S_ARG(wq_str_head(name, 60)));
	if (!(value->of & 1u << r->form->of))
		return refuse(r, item, "this value is not known of what the form is about");
	if (!wq_table_word_fits(value, word))
		return refuse(r, item, "the value cannot have this word behind it");
	if (f->from_n == WQ_TABLE_FROM_MAX)
		return refuse(r, item, "too many of them");
	f->from[f->from_n++] = (struct wq_table_from){value, word};
	return WQ_OK;
}

static wq_err read_against(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_table_field *f = r->field;
	wq_str shape = item->value, rule = wq_str_cut(&shape, ' ');

	shape = wq_str_trim(shape);
	if (!rule_known(rule))
		return wq_datafile_error(
			&r->file, item->line, "no rule is called %.*s", WQ_S_ARG(wq_str_head(rule, 60)));
	if (!wq_table_shape_known(shape))
		return refuse(r, item, "a number is of the shape icp, police or site-code");
	if (f->against_n == WQ_TABLE_AGAINST_MAX)
		return refuse(r, item, "too many of them");
	f->against[f->against_n++] = (struct wq_table_against){rule, shape};
	return WQ_OK;
}

static wq_err read_field(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_table_field *f = r->field;

	if (wq_str_eq(item->key, WQ_S("from")))
		return read_from(r, item);
	if (wq_str_eq(item->key, WQ_S("against")))
		return read_against(r, item);
	if (wq_str_eq(item->key, WQ_S("zh")))
		f->title.zh = item->value;
	else if (wq_str_eq(item->key, WQ_S("en")))
		f->title.en = item->value;
	else if (wq_str_eq(item->key, WQ_S("source")))
		f->source = item->value;
	else if (wq_str_eq(item->key, WQ_S("mark")) && item->value.n == 1 && strchr("SVM", item->value.p[0]))
		f->mark = item->value.p[0];
	else if (!(wq_str_eq(item->key, WQ_S("choices")) && read_words(item->value, &f->choices)) &&
		!(wq_str_eq(item->key, WQ_S("who")) && read_words(item->value, &f->who)))
		return refuse(r, item, "no such member of a field, or no such value");
	return WQ_OK;
}

/* ---- form and sections ---- */

static wq_err read_form(struct reader *r, const struct wq_datafile_item *item)
{
	static const wq_str ofs[WQ_TABLE_OFS] = {WQ_S_INIT("site"), WQ_S_INIT("unit"), WQ_S_INIT("region")};
	struct wq_table_form *f = r->form;
	bool fine = true;

	if (wq_str_eq(item->key, WQ_S("title"))) {
		fine = read_words(item->value, &f->title);
	} else if (wq_str_eq(item->key, WQ_S("note"))) {
		fine = read_words(item->value, &f->note);
	} else if (wq_str_eq(item->key, WQ_S("sign"))) {
		fine = f->signs_n < WQ_TABLE_SIGNS_MAX && read_words(item->value, &f->signs[f->signs_n++]);
	} else if (wq_str_eq(item->key, WQ_S("period"))) {
		f->half_year = wq_str_eq(item->value, WQ_S("half-year"));
		fine = r->has_period = f->half_year || wq_str_eq(item->value, WQ_S("year"));
	} else if (wq_str_eq(item->key, WQ_S("of"))) {
		fine = false;
		for (int i = 0; i < WQ_TABLE_OFS; i++)
			if (wq_str_eq(item->value, ofs[i])) {
				f->of = (enum wq_table_of)i;
				fine = r->has_of = true;
			}
	} else {
		fine = false;
	}
	return fine ? WQ_OK : refuse(r, item, "no such member of a form, or no such value");
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_table_form *f = r->form;

	for (size_t i = 0; i < f->sections_n; i++)
		if (wq_str_eq(f->sections[i].id, item->value))
			return refuse(r, item, "this id was there before");
	if (f->sections_n == WQ_TABLE_SECTIONS_MAX)
		return refuse(r, item, "too many of them");
	r->section = &f->sections[f->sections_n++];
	*r->section = (struct wq_table_section){.id = item->value, .first = f->fields_n};
	return WQ_OK;
}

static wq_err open_field(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_table_form *f = r->form;

	if (!r->section || !r->has_of)
		return refuse(r, item, "a field stands in a [section], behind the [form]");
	for (size_t i = 0; i < f->fields_n; i++)
		if (wq_str_eq(f->fields[i].id, item->value))
			return refuse(r, item, "this id was there before");
	if (f->fields_n == WQ_TABLE_FIELDS_MAX)
		return refuse(r, item, "too many of them");
	r->field = &f->fields[f->fields_n++];
	*r->field = (struct wq_table_field){.id = item->value};
	r->field_line = item->line;
	r->section->n++;
	return WQ_OK;
}

static wq_err open_any(struct reader *r, const struct wq_datafile_item *item)
{
	WQ_TRY(end_field(r));
	if (!is_id(item->value))
		return refuse(r, item, "its id has a-z, 0-9 and '-'");
	if (wq_str_eq(item->key, WQ_S("form")) && r->form->id.n == 0) {
		r->form->id = item->value;
		return WQ_OK;
	}
	if (wq_str_eq(item->key, WQ_S("section")))
		return open_section(r, item);
	if (wq_str_eq(item->key, WQ_S("field")))
		return open_field(r, item);
	return refuse(r, item, "a section is [form ID], once, [section ID] or [field ID]");
}

static wq_err read_member(struct reader *r, const struct wq_datafile_item *item)
{
	if (r->field)
		return read_field(r, item);
	if (r->section && wq_str_eq(item->key, WQ_S("title")) && read_words(item->value, &r->section->title))
		return WQ_OK;
	if (r->section || r->form->id.n == 0)
		return refuse(r, item, "no such member here");
	return read_form(r, item);
}

static wq_err check_form(struct reader *r)
{
	const struct wq_table_form *f = r->form;

	WQ_TRY(end_field(r));
	if (!f->id.n || !f->title.zh.n || !r->has_of || !r->has_period || f->signs_n == 0 || f->fields_n == 0)
		return wq_datafile_error(
			&r->file, r->file.line, "a form has an id, title, of, period, a line to sign, and fields");
	for (size_t i = 0; i < f->sections_n; i++)
		if (!f->sections[i].title.zh.n || f->sections[i].n == 0)
			return wq_datafile_error(&r->file, r->file.line, "[section %.*s] needs a title and fields",
				WQ_S_ARG(f->sections[i].id));
	return WQ_OK;
}

wq_err wq_table_form_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_table_form **ret_form)
{
	struct reader r = {.arena = arena, .form = WQ_NEW(arena, struct wq_table_form)};
	wq_str copy = wq_arena_str(arena, bytes); /* what is kept are slices of it */
	struct wq_datafile_item item;

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_datafile_open(&r.file, file_name, copy, WQ_S("table")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		WQ_TRY(item.kind == WQ_DATAFILE_SECTION ? open_any(&r, &item) : read_member(&r, &item));
	}
	WQ_TRY(check_form(&r));
	r.form->version = r.file.version;
	r.form->date = r.file.date;
	r.form->source = r.file.source;
	*ret_form = r.form;
	return WQ_OK;
}

/* ---- all of them ---- */

static wq_err load_one(struct wq_arena *arena, const char *path, const struct wq_table_form **ret_form)
{
	WQ_BUF(bytes, WQ_DATAFILE_BYTES);

	if (wq_failed(wq_file_read(&wq_fs_system, path, &bytes)))
		return wq_error(WQ_E_CONFIG, "cannot read the form in %s", path);
	return wq_table_form_parse(arena, wq_str_c(path), wq_buf_str(&bytes), ret_form);
}

wq_err wq_table_forms_load(struct wq_arena *arena, const char *rules_dir,
	const struct wq_table_form *ret_forms[WQ_TABLE_FORMS_MAX], size_t *ret_n)
{
	const char *given = rules_dir ? rules_dir : getenv("WEIQUE_RULES"), *folder, *path;
	struct wq_dir_entry *entries;
	size_t n, forms = 0;

	folder = wq_arena_cstr(arena, wq_arena_printf(arena, "%s/tables", given && *given ? given : WQ_RULES_DIR));
	WQ_TRY(wq_arena_err(arena));
	if (wq_failed(wq_dir_list(arena, folder, 1000, &entries, &n)))
		return wq_error(WQ_E_CONFIG, "cannot read the forms in %s", folder);
	for (size_t i = 0; i < n; i++) {
		if (!wq_str_ends(wq_str_c(entries[i].name), WQ_S(".txt")) || entries[i].name[0] == '.')
			continue;
		if (forms == WQ_TABLE_FORMS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d forms in %s", WQ_TABLE_FORMS_MAX, folder);
		path = wq_arena_cstr(arena, wq_arena_printf(arena, "%s/%s", folder, entries[i].name));
		WQ_TRY(wq_arena_err(arena));
		WQ_TRY(load_one(arena, path, &ret_forms[forms]));
		for (size_t k = 0; k < forms; k++)
			if (wq_str_eq(ret_forms[k]->id, ret_forms[forms]->id))
				return wq_error(WQ_E_CONFIG, "%s: another form has this id", path);
		forms++;
	}
	*ret_n = forms;
	return WQ_OK;
}
