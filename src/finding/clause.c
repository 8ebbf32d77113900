#include "base/buf.h"
#include "finding/clause.h"
#include "finding/datafile.h"

enum { REFS_BYTES = 512 };

/* What is being read: the rows so far and the one that is open. */
struct reader {
	struct wq_arena *arena;
	struct wq_datafile file;
	struct wq_clause_document *documents;
	struct wq_clause *clauses;
	size_t document_count, clause_count;
	wq_str section; /* "document", "clause", or empty before the first */
	uint32_t section_line;
};

static bool is_clause_id(wq_str id)
{
	uint64_t number;
	return id.n >= 2 && id.n <= 3 && id.p[0] >= 'A' && id.p[0] <= 'F' && id.p[1] != '0' &&
		wq_str_to_u64(wq_str_from(id, 1), 99, &number);
}

/* By letter, then by number: an ID has one or two digits, so the longer one is the later one. */
static int id_cmp(wq_str a, wq_str b)
{
	if (a.p[0] != b.p[0])
		return a.p[0] < b.p[0] ? -1 : 1;
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return wq_str_cmp(a, b);
}

static bool is_date(wq_str s)
{
	wq_time time;
	return s.n == 10 && !wq_failed(wq_time_parse(s, &time));
}

static const struct wq_clause_document *document_of(const struct wq_clause_document *documents, size_t count, wq_str id)
{
	for (size_t i = 0; i < count; i++)
		if (wq_str_eq(documents[i].id, id))
			return &documents[i];
	return NULL;
}

static bool is_whole_document(const struct wq_clause_document *d)
{
	return d->title_zh.n && d->title_en.n && d->issuer_zh.n && d->issuer_en.n && d->in_force.n;
}

static bool is_whole_clause(const struct wq_clause *c)
{
	return c->zh.n && c->en.n && c->ref_count;
}

/* The row that is open must be whole before the next begins. */
static wq_err close_section(struct reader *r)
{
	if (wq_str_eq(r->section, WQ_S("document")) && !is_whole_document(&r->documents[r->document_count - 1]))
		return wq_datafile_error(
			&r->file, r->section_line, "a document needs both titles, both issuers and in_force");
	if (wq_str_eq(r->section, WQ_S("clause")) && !is_whole_clause(&r->clauses[r->clause_count - 1]))
		return wq_datafile_error(&r->file, r->section_line, "a clause needs zh, en and refs");
	return WQ_OK;
}

static wq_err open_document(struct reader *r, const struct wq_datafile_item *item)
{
	if (item->value.n == 0 || item->value.n > 32 || wq_str_chr(item->value, ' ') >= 0)
		return wq_datafile_error(&r->file, item->line, "a document is written [document name]");
	if (document_of(r->documents, r->document_count, item->value))
		return wq_datafile_error(&r->file, item->line, "this document is there already");
	if (r->document_count == WQ_CLAUSE_DOCUMENTS_MAX)
		return wq_datafile_error(&r->file, item->line, "more than %d documents", WQ_CLAUSE_DOCUMENTS_MAX);
	r->documents[r->document_count++] = (struct wq_clause_document){.id = wq_arena_str(r->arena, item->value)};
	return WQ_OK;
}

static wq_err open_clause(struct reader *r, const struct wq_datafile_item *item)
{
	if (!is_clause_id(item->value))
		return wq_datafile_error(&r->file, item->line, "a clause is written [clause A1]");
	if (r->clause_count && id_cmp(r->clauses[r->clause_count - 1].id, item->value) >= 0)
		return wq_datafile_error(&r->file, item->line, "clauses stand in order, each once");
	if (r->clause_count == WQ_CLAUSE_MAX)
		return wq_datafile_error(&r->file, item->line, "more than %d clauses", WQ_CLAUSE_MAX);
	r->clauses[r->clause_count++] = (struct wq_clause){.id = wq_arena_str(r->arena, item->value)};
	return WQ_OK;
}

static wq_err open_section(struct reader *r, const struct wq_datafile_item *item)
{
	if (r->section.n)
		WQ_TRY(close_section(r));
	r->section = item->key;
	r->section_line = item->line;
	if (wq_str_eq(item->key, WQ_S("document")))
		return open_document(r, item);
	if (wq_str_eq(item->key, WQ_S("clause")))
		return open_clause(r, item);
	return wq_datafile_error(&r->file, item->line, "expected [document …] or [clause …]");
}

/* A text member, once. */
static wq_err set(struct reader *r, const struct wq_datafile_item *item, wq_str *member)
{
	if (member->n)
		return wq_datafile_error(&r->file, item->line, "this member is there already");
	*member = wq_arena_str(r->arena, item->value);
	return WQ_OK;
}

static wq_err document_member(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_clause_document *d = &r->documents[r->document_count - 1];
	const struct {
		wq_str name;
		wq_str *member;
		bool date;
	} members[] = {
		{WQ_S("title_zh"), &d->title_zh, false},
		{WQ_S("title_en"), &d->title_en, false},
		{WQ_S("number"), &d->number, false},
		{WQ_S("issuer_zh"), &d->issuer_zh, false},
		{WQ_S("issuer_en"), &d->issuer_en, false},
		{WQ_S("issued"), &d->issued, true},
		{WQ_S("in_force"), &d->in_force, true},
		{WQ_S("until"), &d->until, true},
	};
	for (size_t i = 0; i < WQ_COUNT(members); i++) {
		if (!wq_str_eq(item->key, members[i].name))
			continue;
		if (members[i].date && !is_date(item->value))
			return wq_datafile_error(&r->file, item->line, "a date is written YYYY-MM-DD");
		return set(r, item, members[i].member);
	}
	return wq_datafile_error(&r->file, item->line, "a document has no member of this name");
}

/* One reference: a document and where in it ("2024 art. 4, 7"), or "all". */
static wq_err read_ref(struct reader *r, uint32_t line, wq_str text, struct wq_clause *clause)
{
	wq_str where = wq_str_trim(text);
	wq_str id = wq_str_cut(&where, ' ');
	struct wq_clause_ref ref = {.where = wq_arena_str(r->arena, wq_str_trim(where))};
	bool all = wq_str_eq(id, WQ_S("all"));
	ref.document = document_of(r->documents, r->document_count, id);
	if (!all && !ref.document)
		return wq_datafile_error(&r->file, line, "the reference names no document that stands above");
	if (all != (ref.where.n == 0))
		return wq_datafile_error(&r->file, line, "a reference is \"document place\" or \"all\"");
	if (clause->ref_count == WQ_CLAUSE_REFS_MAX)
		return wq_datafile_error(&r->file, line, "more than %d references", WQ_CLAUSE_REFS_MAX);
	clause->refs[clause->ref_count++] = ref;
	return WQ_OK;
}

static wq_err clause_member(struct reader *r, const struct wq_datafile_item *item)
{
	struct wq_clause *c = &r->clauses[r->clause_count - 1];
	if (wq_str_eq(item->key, WQ_S("zh")))
		return set(r, item, &c->zh);
	if (wq_str_eq(item->key, WQ_S("en")))
		return set(r, item, &c->en);
	if (!wq_str_eq(item->key, WQ_S("refs")))
		return wq_datafile_error(&r->file, item->line, "a clause has the members zh, en and refs");
	if (c->ref_count)
		return wq_datafile_error(&r->file, item->line, "this member is there already");
	if (item->value.n > REFS_BYTES)
		return wq_datafile_error(&r->file, item->line, "references longer than %d bytes", REFS_BYTES);
	wq_str rest = item->value;
	while (rest.p)
		WQ_TRY(read_ref(r, item->line, wq_str_cut(&rest, ';'), c));
	return WQ_OK;
}

static wq_err read_item(struct reader *r, const struct wq_datafile_item *item)
{
	if (item->kind == WQ_DATAFILE_SECTION)
		return open_section(r, item);
	if (wq_str_eq(r->section, WQ_S("document")))
		return document_member(r, item);
	if (wq_str_eq(r->section, WQ_S("clause")))
		return clause_member(r, item);
	return wq_datafile_error(&r->file, item->line, "expected [document …] or [clause …]");
}

static wq_err finish(struct reader *r, struct wq_clauses *ret_clauses)
{
	if (r->section.n)
		WQ_TRY(close_section(r));
	if (r->clause_count == 0)
		return wq_datafile_error(&r->file, r->file.line, "no clauses");
	struct wq_clauses clauses = {
		.version = wq_arena_str(r->arena, r->file.version),
		.date = wq_arena_str(r->arena, r->file.date),
		.source = wq_arena_str(r->arena, r->file.source),
		.documents = r->documents,
		.document_count = r->document_count,
		.items = r->clauses,
		.count = r->clause_count,
	};
	WQ_TRY(wq_arena_err(r->arena));
	*ret_clauses = clauses;
	return WQ_OK;
}

wq_err wq_clauses_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_clauses *ret_clauses)
{
	struct reader r = {
		.arena = arena,
		.documents = WQ_NEW_ARRAY(arena, struct wq_clause_document, WQ_CLAUSE_DOCUMENTS_MAX),
		.clauses = WQ_NEW_ARRAY(arena, struct wq_clause, WQ_CLAUSE_MAX),
	};
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_datafile_open(&r.file, file_name, bytes, WQ_S("clauses")));
	for (;;) {
		struct wq_datafile_item item;
		WQ_TRY(wq_datafile_next(&r.file, &item));
		if (item.kind == WQ_DATAFILE_END)
			return finish(&r, ret_clauses);
		WQ_TRY(read_item(&r, &item));
	}
}

const struct wq_clause *wq_clauses_find(const struct wq_clauses *clauses, wq_str id)
{
	size_t low = 0, high = clauses->count;
	if (!is_clause_id(id))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = id_cmp(clauses->items[middle].id, id);
		if (order == 0)
			return &clauses->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct wq_clause_document *wq_clauses_document(const struct wq_clauses *clauses, wq_str id)
{
	return document_of(clauses->documents, clauses->document_count, id);
}

/* "art. 4, 7" → " 第4、7条"; sections as they stand: "三, 六" → " 三、六". */
static void cite_zh(struct wq_buf *out, wq_str where)
{
	if (wq_str_starts(where, WQ_S("art. "))) {
		wq_str rest = wq_str_from(where, strlen("art. "));
		for (bool first = true; rest.p; first = false) {
			wq_buf_add(out, first ? WQ_S(" 第") : WQ_S("、"));
			wq_buf_add(out, wq_str_trim(wq_str_cut(&rest, ',')));
		}
		wq_buf_add(out, WQ_S("条"));
	} else {
		wq_str rest = where;
		for (bool first = true; rest.p; first = false) {
			wq_buf_add(out, first ? WQ_S(" ") : WQ_S("、"));
			wq_buf_add(out, wq_str_trim(wq_str_cut(&rest, ',')));
		}
	}
}

wq_str wq_clause_cite(struct wq_arena *arena, const struct wq_clause *clause, enum wq_lang lang)
{
	WQ_BUF(out, 4 * REFS_BYTES);
	for (size_t i = 0; i < clause->ref_count; i++) {
		const struct wq_clause_ref *ref = &clause->refs[i];
		if (i)
			wq_buf_add(&out, lang == WQ_LANG_ZH ? WQ_S("；") : WQ_S("; "));
		if (!ref->document) {
			wq_buf_add(&out, lang == WQ_LANG_ZH ? WQ_S("全部文件") : WQ_S("all"));
			continue;
		}
		wq_buf_add(&out, ref->document->id);
		if (lang == WQ_LANG_ZH)
			cite_zh(&out, ref->where);
		else
			wq_buf_printf(&out, " %.*s", WQ_S_ARG(ref->where));
	}
	return wq_arena_str(arena, wq_buf_str(&out));
}
