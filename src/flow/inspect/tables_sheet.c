/* One form filled in for one scope: values, what contradicts them, why blanks are blank. */
#include "flow/inspect/tables_priv.h"

#include "flow/inspect/words.h"
#include "ledger/filing.h"

const char *wq_table_state_name(enum wq_table_state state)
{
	static const char *const names[] = {"filled", "blank", "conflict"};

	return names[state];
}

/* ---- numbers by their form ---- */

static size_t digits(wq_str text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return n;
}

bool wq_table_shape_known(wq_str shape)
{
	return shape.n == 0 || wq_str_eq(shape, WQ_S("icp")) || wq_str_eq(shape, WQ_S("police")) ||
		wq_str_eq(shape, WQ_S("site-code"));
}

/* The detector says of a police number its 14 digits alone. */
bool wq_table_shape_fits(wq_str shape, wq_str text)
{
	if (wq_str_eq(shape, WQ_S("icp")))
		return wq_str_find(text, WQ_S("ICP")) >= 0;
	if (wq_str_eq(shape, WQ_S("police")))
		return (digits(text) == text.n && text.n == 14) || wq_filing_police(text);
	if (wq_str_eq(shape, WQ_S("site-code")))
		return wq_filing_site_code(text);
	return true;
}

/* ---- what contradicts ---- */

static void add_remark(struct wq_table_scope *s, struct wq_table_cell *cell, wq_str remark)
{
	cell->remark = cell->remark.n ? wq_arena_printf(s->arena, s->zh ? "%.*s；%.*s" : "%.*s; %.*s",
						WQ_S_ARG(cell->remark), WQ_S_ARG(remark))
				      : remark;
}

static void contradict(struct wq_table_scope *s, const struct wq_inspect_group *g, struct wq_table_cell *cell)
{
	wq_str title = wq_inspect_rule_title(g->rule, s->of->lang), place = g->places_n ? g->places[0].page : WQ_S_NONE;

	cell->state = WQ_TABLE_CONFLICT;
	if (cell->rule.n == 0)
		cell->rule = g->rule;
	add_remark(s, cell,
		wq_arena_printf(s->arena, s->zh ? "%.*s（%.*s）：%.*s%s%.*s" : "%.*s (%.*s): %.*s%s%.*s",
			WQ_S_ARG(title), WQ_S_ARG(g->rule), WQ_S_ARG(wq_str_head(g->subject, 200)),
			place.n ? " — " : "", WQ_S_ARG(wq_str_head(place, 300))));
}

/* What the inspection compared with, when it is a number of this shape. */
static wq_str compared_with(const struct wq_inspect_result *r, wq_str shape)
{
	if (wq_str_eq(shape, WQ_S("icp")))
		return r->subject.icp;
	return wq_str_eq(shape, WQ_S("police")) ? r->subject.police : r->subject.site_code;
}

/* A registered number that the inspection did not know, or knew otherwise, was not compared with the page. */
static void say_compared(struct wq_table_scope *s, wq_str shape, struct wq_table_cell *cell)
{
	wq_str then = compared_with(s->sites[0].result, shape);

	if (shape.n == 0 || cell->value.n == 0 || wq_str_eq(then, cell->value))
		return;
	if (then.n == 0)
		add_remark(s, cell,
			wq_str_c(s->zh ? "检查时未与页面核对：加 --app 重新检查"
				       : "not compared with the page: inspect again with --app"));
	else
		add_remark(s, cell,
			wq_arena_printf(s->arena,
				s->zh ? "检查时核对的是 %.*s：重新检查" : "the inspection compared %.*s: inspect again",
				WQ_S_ARG(then)));
}

static void compare(struct wq_table_scope *s, const struct wq_table_field *f, struct wq_table_cell *cell)
{
	const struct wq_inspect_result *r = s->sites_n ? s->sites[0].result : NULL;

	for (size_t a = 0; r && a < f->against_n; a++) {
		say_compared(s, f->against[a].shape, cell);
		for (size_t i = 0; i < r->groups_n; i++)
			if (wq_str_eq(r->groups[i].rule, f->against[a].rule) &&
				wq_table_shape_fits(f->against[a].shape, r->groups[i].subject))
				contradict(s, &r->groups[i], cell);
	}
}

/* ---- whence ---- */

static wq_str whence_of(struct wq_table_scope *s, const struct wq_table_value *value)
{
	char time[32];

	switch (value->whence) {
	case WQ_TABLE_REGISTRY: return wq_str_c(s->zh ? "登记册" : "registry");
	case WQ_TABLE_INSPECTION:
		return wq_arena_printf(s->arena, s->zh ? "检查 %.16s" : "inspection of %.16s",
			wq_inspect_time(s->sites[0].result->began, time));
	case WQ_TABLE_LOOKS: return wq_str_c(s->zh ? "期内历次检查" : "inspections of the period");
	case WQ_TABLE_LEDGER: return wq_str_c(s->zh ? "期内账本事件" : "ledger events of the period");
	case WQ_TABLE_LAST_LOOKS: return wq_str_c(s->zh ? "各站最近一次检查" : "the last inspection of each site");
	}
	return WQ_S_NONE;
}

static wq_str blank_why(struct wq_table_scope *s, const struct wq_table_field *f, wq_str why)
{
	wq_str who = s->zh ? f->who.zh : f->who.en;

	if (who.n == 0)
		return why;
	if (why.n == 0)
		return wq_arena_printf(s->arena, s->zh ? "向%.*s核实填写" : "ask: %.*s", WQ_S_ARG(who));
	return wq_arena_printf(
		s->arena, s->zh ? "%.*s；或向%.*s核实填写" : "%.*s; or ask: %.*s", WQ_S_ARG(why), WQ_S_ARG(who));
}

static wq_err fill_cell(struct wq_table_scope *s, const struct wq_table_field *f, struct wq_table_cell *cell)
{
	wq_str why = WQ_S_NONE;

	*cell = (struct wq_table_cell){.field = f, .state = WQ_TABLE_BLANK};
	for (size_t i = 0; i < f->from_n && cell->value.n == 0; i++) {
		s->why = WQ_S_NONE;
		WQ_TRY(f->from[i].value->get(s, f->from[i].word, &cell->value));
		if (why.n == 0)
			why = s->why;
		if (cell->value.n)
			cell->whence = whence_of(s, f->from[i].value);
	}
	if (cell->value.n)
		cell->state = WQ_TABLE_FILLED;
	else
		cell->whence = blank_why(s, f, why);
	compare(s, f, cell);
	return wq_arena_err(s->arena);
}

wq_err wq_table_sheet_fill(
	struct wq_table_scope *scope, const struct wq_table_form *form, struct wq_table_sheet *ret_sheet)
{
	struct wq_table_sheet sheet = {.form = form, .from = scope->from_day, .until = scope->until_day};

	sheet.cells = WQ_NEW_ARRAY(scope->arena, struct wq_table_cell, form->fields_n);
	if (!sheet.cells)
		return wq_arena_err(scope->arena);
	for (size_t i = 0; i < form->fields_n; i++) {
		WQ_TRY(fill_cell(scope, &form->fields[i], &sheet.cells[i]));
		sheet.blank += sheet.cells[i].value.n == 0;
		sheet.filled += sheet.cells[i].value.n > 0;
		sheet.conflicts += sheet.cells[i].state == WQ_TABLE_CONFLICT;
	}
	*ret_sheet = sheet;
	return WQ_OK;
}
