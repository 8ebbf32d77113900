/* Which forms are filled in for whom, over which period, from which inspections. */
#include "flow/inspect/tables_priv.h"

enum { LOOK_MEMORY = 1024 * 1024 * 1024, UNITS_MAX = 100000 };

static const wq_time zone = 8 * 3600 * WQ_SECOND; /* China, where the rules hold */

struct filling {
	const struct wq_tables_case *of;
	struct wq_arena *arena;
	const struct wq_table_form *const *forms;
	size_t forms_n;
	struct wq_table_sheet *sheets;
	size_t n;
	struct wq_app_row *apps;
	size_t apps_n;
	struct wq_unit_row *units;
	size_t units_n;
	const struct wq_record *records;
	size_t records_n;
};

/* ---- the period ---- */

/* "2026-01-01" and the time it begins in China. */
static wq_err day(struct filling *f, unsigned year, unsigned month, wq_str *ret_day, wq_time *ret_time)
{
	wq_str day = wq_arena_printf(f->arena, "%04u-%02u-01", year, month);

	WQ_TRY(wq_arena_err(f->arena));
	WQ_TRY(wq_time_parse(day, ret_time));
	*ret_time -= zone;
	*ret_day = day;
	return WQ_OK;
}

static wq_str day_of(struct filling *f, wq_time t)
{
	char text[WQ_TIME_TEXT];

	return wq_str_head(wq_arena_str(f->arena, wq_str_c(wq_time_text(t + zone, text))), 10);
}

/* In its first month a period is not reported yet, but the one before is due. */
static wq_err set_period(struct filling *f, bool half_year, struct wq_table_scope *s)
{
	wq_str today = day_of(f, f->of->now), after;
	uint64_t year = 0, month = 0, half;

	WQ_TRY(wq_arena_err(f->arena));
	wq_str_to_u64(wq_str_head(today, 4), 9999, &year);
	wq_str_to_u64(wq_str_head(wq_str_from(today, 5), 2), 12, &month);
	half = month > 6 ? 2 : 1;
	if (!f->of->year && (month == 1 || (half_year && month == 7 && !f->of->half))) {
		year -= month == 1;
		half = month == 1 ? 2 : 1;
	}
	if (f->of->year) {
		half = f->of->year == year ? half : 2;
		year = f->of->year;
	}
	if (f->of->half)
		half = f->of->half;
	WQ_TRY(day(f, (unsigned)year, half_year && half == 2 ? 7 : 1, &s->from_day, &s->from));
	if (half_year && half == 1)
		WQ_TRY(day(f, (unsigned)year, 7, &after, &s->until));
	else
		WQ_TRY(day(f, (unsigned)year + 1, 1, &after, &s->until));
	s->until_day = day_of(f, WQ_MIN(s->until - 1, WQ_MAX(f->of->now, s->from)));
	return wq_arena_err(f->arena);
}

/* ---- inspections ---- */

static bool is_of_host(const char *folder, wq_str host)
{
	char name[WQ_RECORD_NAME];
	wq_str site = wq_str_c(folder), own = wq_str_c(wq_record_site(host, name));

	return wq_str_starts(site, own) && (site.n == own.n || site.p[own.n] == '_');
}

static bool is_of(const struct wq_table_site *site, const char *folder)
{
	char name[WQ_RECORD_NAME];

	if (!site->app)
		return wq_str_eq(wq_str_c(wq_record_site(site->name, name)), wq_str_c(folder));
	for (size_t i = 0; i < site->app->hosts_n; i++)
		if (is_of_host(folder, site->app->hosts[i]))
			return true;
	return false;
}

/* The name of a record's file, "20261122T030839Z", as a time. */
static wq_time time_of(const struct wq_record *record)
{
	char text[32];
	const char *t = record->time;
	wq_time time = 0;

	snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", t, t + 4, t + 6, t + 9, t + 11, t + 13);
	return wq_failed(wq_time_parse(wq_str_c(text), &time)) ? 0 : time;
}

struct span {
	const struct wq_record *first, *last; /* of the period; last: or of before */
	size_t n;
};

static struct span span_of(const struct filling *f, const struct wq_table_scope *s, const struct wq_table_site *site)
{
	struct span span = {0};

	for (size_t i = 0; i < f->records_n; i++) {
		const struct wq_record *r = &f->records[i];
		wq_time t = time_of(r);

		if (t >= s->until || !is_of(site, r->site))
			continue;
		if (!span.last || strcmp(r->time, span.last->time) >= 0)
			span.last = r;
		if (t < s->from)
			continue;
		span.n++;
		if (!span.first || strcmp(r->time, span.first->time) < 0)
			span.first = r;
	}
	return span;
}

static void take_result(struct wq_table_site *site, const struct wq_inspect_result *r)
{
	site->looked = true;
	site->unreachable = r->unreachable;
	site->vetoed = r->score.judged && r->score.vetoed;
	site->unqualified = r->score.judged && r->score.unqualified;
	site->may_be_unqualified = r->score.judged && r->score.may_be_unqualified;
	site->findings = r->groups_n;
	site->grave = r->by_severity[WQ_SEVERITY_HIGH] + r->by_severity[WQ_SEVERITY_CRITICAL];
}

/* Found: by the first look of the period and new in the last. Mended: of the first look, and gone. */
static wq_err take_changes(struct filling *f, const struct span *span, const struct wq_inspect_result *last,
	struct wq_arena *work, struct wq_table_site *site)
{
	struct wq_inspect_result *first = WQ_NEW(work, struct wq_inspect_result);
	struct wq_inspect_changes changes;

	site->looks = span->n;
	site->found = span->n ? last->groups_n : 0;
	if (!first)
		return wq_arena_err(work);
	if (span->n < 2 || strcmp(span->first->site, span->last->site) != 0)
		return WQ_OK;
	WQ_TRY(wq_record_open(f->of->records, span->first->site, span->first->time, work, first));
	WQ_TRY(wq_record_changes(work, first, last, &changes));
	site->found = first->groups_n + changes.new_n;
	site->compared = changes.comparable;
	site->mended = changes.comparable ? changes.gone_n : 0;
	return WQ_OK;
}

/* Reads what is on record. The result stays only where `whole`. */
static wq_err look_in(struct filling *f, const struct wq_table_scope *s, struct wq_arena *work, bool whole,
	struct wq_table_site *site)
{
	struct span span = span_of(f, s, site);
	struct wq_inspect_result *last = WQ_NEW(whole ? f->arena : work, struct wq_inspect_result);

	if (!last)
		return wq_arena_err(whole ? f->arena : work);
	if (!span.last)
		return WQ_OK;
	WQ_TRY(wq_record_open(f->of->records, span.last->site, span.last->time, whole ? f->arena : work, last));
	take_result(site, last);
	site->result = whole ? last : NULL;
	return take_changes(f, &span, last, work, site);
}

static wq_err look(struct filling *f, const struct wq_table_scope *s, bool whole, struct wq_table_site *site)
{
	struct wq_arena work;
	wq_err e = WQ_OK;

	if (f->of->records) {
		wq_arena_init(&work, LOOK_MEMORY);
		e = look_in(f, s, &work, whole, site);
		wq_arena_done(&work);
	}
	WQ_TRY(e);
	if (f->of->run) {
		take_result(site, f->of->run);
		site->result = whole ? f->of->run : NULL;
	}
	return WQ_OK;
}

/* ---- units ---- */

static const struct wq_unit_row *unit_named(const struct filling *f, wq_str id)
{
	for (size_t i = 0; i < f->units_n; i++)
		if (wq_str_eq(f->units[i].id, id))
			return &f->units[i];
	return NULL;
}

static bool is_below(const struct filling *f, const struct wq_unit_row *unit, wq_str top)
{
	for (int up = 0; unit && up <= WQ_UNIT_DEPTH_MAX; up++) {
		if (wq_str_eq(unit->id, top))
			return true;
		unit = unit_named(f, unit->superior);
	}
	return false;
}

static wq_err take_units(struct filling *f, wq_str top, bool below, struct wq_table_scope *s)
{
	wq_str *ids = WQ_NEW_ARRAY(f->arena, wq_str, f->units_n + 1);

	if (!ids)
		return wq_arena_err(f->arena);
	s->unit = unit_named(f, top);
	if (top.n > 0)
		ids[s->units_n++] = top;
	for (size_t i = 0; below && i < f->units_n; i++)
		if (!wq_str_eq(f->units[i].id, top) && is_below(f, &f->units[i], top))
			ids[s->units_n++] = f->units[i].id;
	s->units = ids;
	return WQ_OK;
}

static bool has_unit(const struct wq_table_scope *s, wq_str id)
{
	for (size_t i = 0; i < s->units_n; i++)
		if (wq_str_eq(s->units[i], id))
			return true;
	return false;
}

/* ---- sheets ---- */

static bool is_wanted(const struct filling *f, const struct wq_table_form *form, enum wq_table_of of)
{
	return form->of == of && (f->of->form.n == 0 || wq_str_eq(f->of->form, form->id));
}

static struct wq_table_scope scope_of(const struct filling *f)
{
	return (struct wq_table_scope){.of = f->of, .arena = f->arena, .zh = f->of->lang == WQ_LANG_ZH};
}

/* Letters, digits, '-', '.', '_'. */
static wq_str key_of(struct filling *f, wq_str name)
{
	char *key = wq_arena_cstr(f->arena, wq_str_head(name, 100));

	for (char *p = key; p && *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '-' ||
			    (*p == '.' && p > key)))
			*p = '_';
	return wq_str_c(key);
}

static wq_err add_sheet(
	struct filling *f, struct wq_table_scope *s, const struct wq_table_form *form, wq_str subject, wq_str key)
{
	struct wq_table_sheet *sheet = &f->sheets[f->n];

	if (f->n == WQ_TABLE_SHEETS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d sheets", WQ_TABLE_SHEETS_MAX);
	WQ_TRY(wq_table_sheet_fill(s, form, sheet));
	sheet->subject = subject;
	sheet->key = key_of(f, key);
	f->n++;
	return wq_arena_err(f->arena);
}

/* Every form about a site, for this one. */
static wq_err fill_site(struct filling *f, const struct wq_app_row *app)
{
	for (size_t i = 0; i < f->forms_n; i++) {
		struct wq_table_site *site = WQ_NEW(f->arena, struct wq_table_site);
		struct wq_table_scope s = scope_of(f);

		if (!site)
			return wq_arena_err(f->arena);
		if (!is_wanted(f, f->forms[i], WQ_TABLE_OF_SITE))
			continue;
		*site = (struct wq_table_site){.app = app, .name = f->of->site};
		s.sites = site;
		s.sites_n = 1;
		WQ_TRY(take_units(f, app ? app->unit : WQ_S_NONE, false, &s));
		WQ_TRY(set_period(f, f->forms[i]->half_year, &s));
		WQ_TRY(look(f, &s, true, site));
		WQ_TRY(add_sheet(f, &s, f->forms[i], app ? app->name.n ? app->name : app->id : f->of->site,
			app ? app->id : f->of->site));
	}
	return WQ_OK;
}

static wq_err fill_unit_form(struct filling *f, const struct wq_table_form *form, wq_str unit)
{
	struct wq_table_site *sites = WQ_NEW_ARRAY(f->arena, struct wq_table_site, f->apps_n + 1);
	struct wq_table_scope s = scope_of(f);

	if (!sites)
		return wq_arena_err(f->arena);
	WQ_TRY(take_units(f, unit, form->of == WQ_TABLE_OF_REGION, &s));
	if (form->of == WQ_TABLE_OF_REGION && s.units_n < 2 && f->of->form.n == 0)
		return WQ_OK;
	WQ_TRY(set_period(f, form->half_year, &s));
	for (size_t i = 0; i < f->apps_n; i++) {
		if (!has_unit(&s, f->apps[i].unit))
			continue;
		sites[s.sites_n] = (struct wq_table_site){.app = &f->apps[i]};
		WQ_TRY(look(f, &s, false, &sites[s.sites_n++]));
	}
	s.sites = sites;
	return add_sheet(f, &s, form, s.unit ? s.unit->name : unit, unit.n ? unit : WQ_S("unit"));
}

static wq_err fill_unit(struct filling *f, wq_str unit, bool region)
{
	for (size_t i = 0; i < f->forms_n; i++)
		if (is_wanted(f, f->forms[i], WQ_TABLE_OF_UNIT) ||
			((region || f->of->form.n) && is_wanted(f, f->forms[i], WQ_TABLE_OF_REGION)))
			WQ_TRY(fill_unit_form(f, f->forms[i], unit));
	return WQ_OK;
}

/* ---- all ---- */

static wq_err know(struct filling *f)
{
	const struct wq_tables_case *c = f->of;

	if (c->workspace) {
		WQ_TRY(wq_app_list(c->workspace->ledger, f->arena, &f->apps, &f->apps_n));
		WQ_TRY(wq_unit_list(c->workspace->ledger, f->arena, &f->units, &f->units_n));
	}
	if (c->records)
		WQ_TRY(wq_record_list(c->records, NULL, f->arena, &f->records, &f->records_n));
	return WQ_OK;
}

static wq_err check_form(const struct filling *f)
{
	for (size_t i = 0; i < f->forms_n; i++)
		if (f->of->form.n == 0 || wq_str_eq(f->forms[i]->id, f->of->form))
			return WQ_OK;
	return wq_error(WQ_E_NOT_FOUND, "no form is called %.*s", WQ_S_ARG(wq_str_head(f->of->form, 100)));
}

static wq_err fill_app(struct filling *f)
{
	const struct wq_app_row *app = NULL;

	for (size_t i = 0; i < f->apps_n; i++)
		if (wq_str_eq(f->apps[i].id, f->of->app))
			app = &f->apps[i];
	if (!app)
		return wq_error(WQ_E_NOT_FOUND, "application %.*s", WQ_S_ARG(wq_str_head(f->of->app, 100)));
	WQ_TRY(fill_site(f, app));
	return fill_unit(f, app->unit, false);
}

static wq_err fill_all_of_unit(struct filling *f)
{
	if (!unit_named(f, f->of->unit))
		return wq_error(WQ_E_NOT_FOUND, "unit %.*s", WQ_S_ARG(wq_str_head(f->of->unit, 100)));
	for (size_t i = 0; i < f->apps_n; i++)
		if (wq_str_eq(f->apps[i].unit, f->of->unit) && f->apps[i].state != WQ_APP_CLOSED)
			WQ_TRY(fill_site(f, &f->apps[i]));
	return fill_unit(f, f->of->unit, true);
}

static wq_err fill(struct filling *f)
{
	if (f->of->unit.n)
		return fill_all_of_unit(f);
	if (f->of->app.n)
		return fill_app(f);
	WQ_TRY(fill_site(f, NULL));
	return fill_unit(f, WQ_S_NONE, false);
}

wq_err wq_tables_fill(struct wq_arena *arena, const struct wq_tables_case *the_case,
	const struct wq_table_form *const *forms, size_t forms_n, struct wq_table_sheet **ret_sheets, size_t *ret_n)
{
	struct filling f = {.of = the_case, .arena = arena, .forms = forms, .forms_n = forms_n};

	f.sheets = WQ_NEW_ARRAY(arena, struct wq_table_sheet, WQ_TABLE_SHEETS_MAX);
	if (!f.sheets)
		return wq_arena_err(arena);
	WQ_TRY(check_form(&f));
	WQ_TRY(know(&f));
	WQ_TRY(fill(&f));
	if (f.n == 0)
		return wq_error(WQ_E_NOT_FOUND, "no form is about that");
	*ret_sheets = f.sheets;
	*ret_n = f.n;
	return WQ_OK;
}
