/* Would a value change the structure of the SQL statement, or the markup of the page, that a program puts it into?
 *
 * Decided by reading, not by comparing with known attacks: the value is read as the rest of a statement (or of a page) in each
 * place a program may put it, by a tokenizer of the language and a grammar that gives up at the first thing the language does
 * not allow. What was read before that weighs as evidence (sql_evidence_table.h, html_reason_table.h); prose gives up at once,
 * which is also what makes it fast: the cost of a text is finding its quotes.
 *
 * Invariants: no allocation, no recursion, one pass for each place, so time grows with length and not faster. Nothing is
 * decoded: bytes are judged as they stand (but character references and URL escapes inside markup, which a browser decodes
 * there). The bytes may be UTF-8, GB18030 or nothing of the kind.
 *
 * Bad at: values that are only half of an injection, the other half being in another parameter; languages beside SQL and
 * HTML (NoSQL, LDAP, templates); pieces of JavaScript that begin outside a string or a tag.
 */
#ifndef WQ_DETECT_INJECT_INJECT_H
#define WQ_DETECT_INJECT_INJECT_H

#include "base/base.h"

enum { WQ_INJECT_BYTES_MAX = 1024 * 1024 }; /* more is judged up to here */

/* What was understood, in words: "string closed, OR of a constant comparison". */
struct wq_inject_reason {
	char text[64];
};

/* Whether `s`, put into an SQL statement as a number, a name, a string in any quotes, a LIKE pattern, in parentheses or in a
 * comment (MySQL, PostgreSQL, SQL Server, Oracle, SQLite), changes its structure. `ret_reason` may be NULL; written when true. */
bool wq_inject_sql(wq_str s, struct wq_inject_reason *ret_reason);

/* Whether `s`, put into an HTML page as text, into an attribute (in quotes or bare, an address among them), into a tag, a
 * comment, a style sheet or a string of a script, makes script run, or an element or attribute that is able to. `ret_reason`
 * as above. */
bool wq_inject_html(wq_str s, struct wq_inject_reason *ret_reason);

#endif
