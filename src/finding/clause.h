/* The clause table: what the regulations demand, by the IDs A1 … F4 that findings, tests and reports refer to, and the
 * documents they come from. Data of rules/clauses/clauses.txt (form: finding/datafile.h), versioned and dated.
 *
 * Invariants of a loaded table: IDs are one letter A–F and a number, unique, sorted by letter and number; each clause has
 * Chinese and English text and at least one reference; each reference names a document of the table. The table is never
 * changed after loading and may be shared by threads. An ID never changes meaning. Bad at: being the law. The text is a
 * summary; the reference says where the wording stands.
 */
#ifndef WQ_FINDING_CLAUSE_H
#define WQ_FINDING_CLAUSE_H

#include "base/arena.h"
#include "base/clock.h"

enum { WQ_CLAUSE_MAX = 200, WQ_CLAUSE_DOCUMENTS_MAX = 32, WQ_CLAUSE_REFS_MAX = 16 };

struct wq_clause_document {
	wq_str id; /* "2024"; "all" is not a document but may be referred to */
	wq_str title_zh, title_en;
	wq_str number; /* 发文字号, empty when it has none */
	wq_str issuer_zh, issuer_en;
	wq_str issued;   /* YYYY-MM-DD; empty when the text does not say */
	wq_str in_force; /* YYYY-MM-DD, the day from which it applies */
	wq_str until;    /* last day of a campaign; empty when there is none */
};

struct wq_clause_ref {
	const struct wq_clause_document *document; /* NULL: every document */
	wq_str where;                              /* "art. 4, 7" or "(一)(二)"; empty with "all" */
};

struct wq_clause {
	wq_str id;
	wq_str zh, en;
	struct wq_clause_ref refs[WQ_CLAUSE_REFS_MAX];
	size_t ref_count;
};

struct wq_clauses {
	wq_str version, date, source;
	const struct wq_clause_document *documents;
	size_t document_count;
	const struct wq_clause *items;
	size_t count;
};

/* Reads the table. Everything lives in `arena` (copies). Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line,
 * WQ_E_NO_MEMORY. */
wq_err wq_clauses_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_clauses *ret_clauses);

/* NULL when there is none of that ID. */
const struct wq_clause *wq_clauses_find(const struct wq_clauses *clauses, wq_str id);
const struct wq_clause_document *wq_clauses_document(const struct wq_clauses *clauses, wq_str id);

/* The references in one line: "2014 二; 2024 art. 4, 7" or, in Chinese, "2014 二；2024 第4、7条". In `arena`. */
wq_str wq_clause_cite(struct wq_arena *arena, const struct wq_clause *clause, enum wq_lang lang);

#endif
