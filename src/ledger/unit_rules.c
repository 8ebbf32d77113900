#include "ledger/unit_rules.h"

#include "base/file.h"
#include "finding/datafile.h"

#include <time.h>

enum { NUMBER_MAX = 36600, DAY = WQ_DAY_TEXT - 1 };

/* A section while it is read: which of its members have come. */
struct section {
	enum { NOTHING, KIND, APPROVAL } type;
	uint32_t line;
	unsigned seen; /* 1 << index into `members` */
	struct wq_rule_span span;
	struct wq_kind_rule kind;
	struct wq_approval_rule approval;
};

struct reader {
	struct wq_datafile file;
	struct wq_kind_rule *kinds;
	struct wq_approval_rule *approvals;
	size_t kinds_n, approvals_n;
	struct section section;
};

/* ---- values ---- */

static bool is_day(wq_str text)
{
	wq_time time;

	return text.n == DAY && !wq_failed(wq_time_parse(text, &time));
}

static bool take_from(struct section *s, wq_str v)
{
	s->span.from = v;
	return is_day(v);
}

static bool take_until(struct section *s, wq_str v)
{
	bool open = wq_str_eq(v, WQ_S("-"));

	s->span.until = open ? WQ_S_NONE : v;
	return open || is_day(v);
}

static bool take_clause(struct section *s, wq_str v)
{
	s->span.clause = v;
	return v.n > 0;
}

static bool take_kinds(struct section *s, wq_str v)
{
	s->span.kinds = 0;
	while (v.p) {
		enum wq_unit_kind kind;

		if (!wq_unit_kind_parse(wq_str_trim(wq_str_cut(&v, ',')), &kind))
			return false;
		s->span.kinds |= 1U << kind;
	}
	return s->span.kinds != 0;
}

static bool take_kind(struct section *s, wq_str v)
{
	return wq_str_chr(v, ',') < 0 && take_kinds(s, v);
}

static bool take_word(wq_str v, const char *yes, const char *no, bool *ret)
{
	*ret = wq_str_eq(v, wq_str_c(yes));
	return *ret || wq_str_eq(v, wq_str_c(no));
}

static bool take_reviewers(struct section *s, wq_str v)
{
	bool in;

	if (!take_word(v, "in-establishment", "named", &in))
		return false;
	s->kind.in_establishment = s->approval.in_establishment = in;
	return true;
}

static bool take_mark(struct section *s, wq_str v)
{
	return take_word(v, "yes", "no", &s->kind.mark);
}

static bool take_demanded(struct section *s, wq_str v)
{
	return take_word(v, "yes", "no", &s->approval.demanded);
}

/* "-" is 0: no limit. */
static bool take_number(wq_str v, unsigned *ret)
{
	uint64_t n = 0;

	if (!wq_str_eq(v, WQ_S("-")) && (!wq_str_to_u64(v, NUMBER_MAX, &n) || n == 0))
		return false;
	*ret = (unsigned)n;
	return true;
}

static bool take_portals(struct section *s, wq_str v)
{
	return take_number(v, &s->kind.portals);
}

static bool take_domains(struct section *s, wq_str v)
{
	return take_number(v, &s->kind.domains);
}

static bool take_days(struct section *s, wq_str v)
{
	return take_number(v, &s->approval.days);
}

static bool take_subject(struct section *s, wq_str v)
{
	s->approval.subject = v;
	for (size_t i = 0; i < v.n; i++)
		if (!((v.p[i] >= 'a' && v.p[i] <= 'z') || v.p[i] == '.' || v.p[i] == '-'))
			return false;
	return v.n > 0 && v.n <= WQ_ID_MAX;
}

static bool take_stages(struct section *s, wq_str v)
{
	return wq_stages_parse(v, s->approval.stages, &s->approval.stages_n);
}

static const struct {
	const char *name;
	unsigned sections; /* 1 << type */
	bool (*take)(struct section *s, wq_str value);
} members[] = {
	{"kind", 1U << KIND, take_kind},
	{"mark", 1U << KIND, take_mark},
	{"portals", 1U << KIND, take_portals},
	{"domains", 1U << KIND, take_domains},
	{"subject", 1U << APPROVAL, take_subject},
	{"kinds", 1U << APPROVAL, take_kinds},
	{"demanded", 1U << APPROVAL, take_demanded},
	{"stages", 1U << APPROVAL, take_stages},
	{"days", 1U << APPROVAL, take_days},
	{"reviewers", 1U << KIND | 1U << APPROVAL, take_reviewers},
	{"from", 1U << KIND | 1U << APPROVAL, take_from},
	{"until", 1U << KIND | 1U << APPROVAL, take_until},
	{"clause", 1U << KIND | 1U << APPROVAL, take_clause},
};

static wq_err take_member(struct reader *r, const struct wq_datafile_item *item)
{
	struct section *s = &r->section;
	size_t i = 0;

	while (i < WQ_COUNT(members) &&
		!(wq_str_eq(item->key, wq_str_c(members[i].name)) && members[i].sections & 1U << s->type))
		i++;
	if (i == WQ_COUNT(members))
		return wq_datafile_error(&r->file, item->line, "no member of this section: %.*s", WQ_S_ARG(item->key));
	if (s->seen & 1U << i)
		return wq_datafile_error(&r->file, item->line, "%s stands twice", members[i].name);
	s->seen |= 1U << i;
	if (!members[i].take(s, item->value))
		return wq_datafile_error(&r->file, item->line, "%s: not a value of it", members[i].name);
	return WQ_OK;
}

/* ---- sections ---- */

static bool overlaps(const struct wq_rule_span *a, const struct wq_rule_span *b)
{
	return a->kinds & b->kinds && (a->until.n == 0 || wq_str_cmp(b->from, a->until) <= 0) &&
		(b->until.n == 0 || wq_str_cmp(a->from, b->until) <= 0);
}

static wq_err check_span(struct reader *r, const struct wq_rule_span *other, bool same_subject)
{
	const struct section *s = &r->section;

	if (wq_str_eq(other->name, s->span.name))
		return wq_datafile_error(&r->file, s->line, "the name %.*s stands twice", WQ_S_ARG(s->span.name));
	if (same_subject && overlaps(other, &s->span))
		return wq_datafile_error(
			&r->file, s->line, "in force together with %.*s for the same kind", WQ_S_ARG(other->name));
	return WQ_OK;
}

static wq_err check_complete(struct reader *r)
{
	const struct section *s = &r->section;

	for (size_t i = 0; i < WQ_COUNT(members); i++)
		if (members[i].sections & 1U << s->type && !(s->seen & 1U << i))
			return wq_datafile_error(&r->file, s->line, "%s is missing", members[i].name);
	if (s->span.until.n > 0 && wq_str_cmp(s->span.until, s->span.from) < 0)
		return wq_datafile_error(&r->file, s->line, "ends before it begins");
	return WQ_OK;
}

/* The section that was read becomes a rule. */
static wq_err finish(struct reader *r)
{
	struct section *s = &r->section;

	if (s->type == NOTHING)
		return WQ_OK;
	WQ_TRY(check_complete(r));
	for (size_t i = 0; i < r->kinds_n; i++)
		WQ_TRY(check_span(r, &r->kinds[i].span, s->type == KIND));
	for (size_t i = 0; i < r->approvals_n; i++)
		WQ_TRY(check_span(r, &r->approvals[i].span,
			s->type == APPROVAL && wq_str_eq(r->approvals[i].subject, s->approval.subject)));
	if (r->kinds_n + r->approvals_n == WQ_UNIT_RULES_MAX)
		return wq_error(
			WQ_E_LIMIT, "%.*s:%u: more than %d rules", WQ_S_ARG(r->file.name), s->line, WQ_UNIT_RULES_MAX);
	s->kind.span = s->approval.span = s->span;
	if (s->type == KIND)
		r->kinds[r->kinds_n++] = s->kind;
	else
		r->approvals[r->approvals_n++] = s->approval;
	return WQ_OK;
}

static wq_err begin(struct reader *r, const struct wq_datafile_item *item)
{
	bool kind = wq_str_eq(item->key, WQ_S("kind"));

	WQ_TRY(finish(r));
	if (!kind && !wq_str_eq(item->key, WQ_S("approval")))
		return wq_datafile_error(&r->file, item->line, "neither kind nor approval");
	if (item->value.n == 0 || item->value.n > WQ_ID_MAX)
		return wq_datafile_error(&r->file, item->line, "a name is missing or too long");
	r->section = (struct section){
		.type = kind ? KIND : APPROVAL, .line = item->line, .span = {.name = item->value}};
	return WQ_OK;
}

static wq_err read_all(struct reader *r)
{
	struct wq_datafile_item item;

	do {
		WQ_TRY(wq_datafile_next(&r->file, &item));
		if (item.kind == WQ_DATAFILE_SECTION)
			WQ_TRY(begin(r, &item));
		else if (item.kind == WQ_DATAFILE_VALUE && r->section.type == NOTHING)
			return wq_datafile_error(&r->file, item.line, "a value outside of a section");
		else if (item.kind == WQ_DATAFILE_VALUE)
			WQ_TRY(take_member(r, &item));
	} while (item.kind != WQ_DATAFILE_END);
	WQ_TRY(finish(r));
	return r->kinds_n + r->approvals_n > 0 ? WQ_OK : wq_datafile_error(&r->file, r->file.line, "no rule at all");
}

wq_err wq_unit_rules_parse(wq_str text, const char *name, struct wq_arena *arena, struct wq_unit_rules *ret_rules)
{
	struct reader r = {0};

	text = wq_arena_str(arena, text);
	r.kinds = WQ_NEW_ARRAY(arena, struct wq_kind_rule, WQ_UNIT_RULES_MAX);
	r.approvals = WQ_NEW_ARRAY(arena, struct wq_approval_rule, WQ_UNIT_RULES_MAX);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_datafile_open(&r.file, wq_str_c(name), text, WQ_S("units")));
	WQ_TRY(read_all(&r));
	*ret_rules = (struct wq_unit_rules){.version = r.file.version,
		.date = r.file.date,
		.source = r.file.source,
		.kinds = r.kinds,
		.kinds_n = r.kinds_n,
		.approvals = r.approvals,
		.approvals_n = r.approvals_n};
	return WQ_OK;
}

wq_err wq_unit_rules_open(const char *path, struct wq_arena *arena, struct wq_unit_rules *ret_rules)
{
	WQ_BUF(text, WQ_DATAFILE_BYTES);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	return wq_unit_rules_parse(wq_buf_str(&text), path, arena, ret_rules);
}

/* ---- look-ups ---- */

static bool in_force(const struct wq_rule_span *span, enum wq_unit_kind kind, wq_str day)
{
	return span->kinds & 1U << kind && wq_str_cmp(span->from, day) <= 0 &&
		(span->until.n == 0 || wq_str_cmp(day, span->until) <= 0);
}

const struct wq_kind_rule *wq_kind_rule_find(const struct wq_unit_rules *rules, enum wq_unit_kind kind, wq_str day)
{
	for (size_t i = 0; i < rules->kinds_n; i++)
		if (in_force(&rules->kinds[i].span, kind, day))
			return &rules->kinds[i];
	return NULL;
}

const struct wq_approval_rule *wq_approval_rule_find(
	const struct wq_unit_rules *rules, wq_str subject, enum wq_unit_kind kind, wq_str day)
{
	for (size_t i = 0; i < rules->approvals_n; i++)
		if (wq_str_eq(rules->approvals[i].subject, subject) && in_force(&rules->approvals[i].span, kind, day))
			return &rules->approvals[i];
	return NULL;
}

wq_str wq_day_text(wq_time time, char out[WQ_DAY_TEXT])
{
	time_t seconds = (time_t)(time / WQ_SECOND);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || strftime(out, WQ_DAY_TEXT, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
	return wq_str_c(out);
}
