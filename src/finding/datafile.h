/* The plain text form of the data files under rules/: sections of named values, read line by line.
 *
 *     # comment
 *     weique-<kind> 1          first line that counts: kind and format version
 *     version: 2026.11.1       values before the first section belong to the file; version, date and source must be there
 *     date: 2026-11-22
 *     source: where the facts come from
 *
 *     [section name]
 *     member: value            white space around the value is dropped; a member may be repeated
 *
 * UTF-8 without NUL; LF or CRLF. Invariants: every value is a slice of the bytes that were read, which must outlive the
 * reader; nothing is interpreted. Errors name the file and the line. Limits are below. Bad at: nesting, on purpose.
 */
#ifndef WQ_FINDING_DATAFILE_H
#define WQ_FINDING_DATAFILE_H

#include "base/arena.h"

enum { WQ_DATAFILE_BYTES = 4 * 1024 * 1024, WQ_DATAFILE_LINE_BYTES = 4096, WQ_DATAFILE_LINES = 100000 };

struct wq_datafile {
	wq_str name; /* for messages */
	wq_str rest;
	uint32_t line; /* of what was read last */
	wq_str version, date, source;
	bool in_section;
};

enum wq_datafile_kind { WQ_DATAFILE_END, WQ_DATAFILE_SECTION, WQ_DATAFILE_VALUE };

struct wq_datafile_item {
	enum wq_datafile_kind kind;
	uint32_t line;
	wq_str key;   /* of a section its first word, of a value its member */
	wq_str value; /* of a section the remaining words */
};

/* Reads the head. `kind` is the word after "weique-". Errors: WQ_E_CONFIG, WQ_E_LIMIT. */
wq_err wq_datafile_open(struct wq_datafile *file, wq_str name, wq_str bytes, wq_str kind);
/* The next section or value; END at the end, again and again. Errors: WQ_E_CONFIG, WQ_E_LIMIT. */
wq_err wq_datafile_next(struct wq_datafile *file, struct wq_datafile_item *ret_item);
/* An error about `line` of this file: "rules/clauses/clauses.txt:12: …". */
wq_err wq_datafile_error(const struct wq_datafile *file, uint32_t line, const char *format, ...) WQ_PRINTF(3, 4);

#endif
