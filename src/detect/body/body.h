/* Request bodies taken apart into what rules look at: arguments, files, part headers, and what is odd about them.
 *
 * A parser is fed the body in pieces of any size and tells a sink what it finds. It keeps only what is not yet told: the content
 * of an uploaded file is counted, never kept. Memory lives in the arena given at birth and every length and count has a
 * limit; over one, or when a body cannot be understood, the parser stops, says why in wq_body_report and the caller's policy
 * decides. No parser guesses: what two servers would read in two ways is *flagged* (enum wq_body_oddity).
 *
 * Sources: application/x-www-form-urlencoded (WHATWG URL §5), multipart/form-data (RFC 7578, 2046 §5.1), JSON (RFC 8259), XML 1.0 without
 * DTD and entities of its own, gzip and deflate (RFC 1952, 1950). C3.
 */
#ifndef WQ_DETECT_BODY_BODY_H
#define WQ_DETECT_BODY_BODY_H

#include "base/arena.h"

enum wq_body_kind {
	WQ_BODY_NONE,
	WQ_BODY_URLENCODED,
	WQ_BODY_MULTIPART,
	WQ_BODY_JSON,
	WQ_BODY_XML,
	WQ_BODY_PLAIN,
	WQ_BODY_KINDS
};
/* SecLang's names: "", "URLENCODED", "MULTIPART", "JSON", "XML", "". */
const char *wq_body_kind_name(enum wq_body_kind kind);
bool wq_body_kind_parse(wq_str name, enum wq_body_kind *ret_kind);
/* By the media type of a Content-Type value, whatever its case and parameters; WQ_BODY_NONE when it names none of them. */
enum wq_body_kind wq_body_kind_of(wq_str content_type);

struct wq_body_limits {
	uint64_t bytes;          /* of the whole body, files too */
	uint32_t no_files_bytes; /* of all that is kept: SecRequestBodyNoFilesLimit */
	uint32_t args;           /* SecArgumentsLimit */
	uint32_t parts;          /* of a multipart body */
	uint32_t part_headers_bytes;
	uint16_t depth; /* of JSON and XML: SecRequestBodyJsonDepthLimit */
	uint32_t ratio; /* decompressed to compressed bytes */
};
/* 128 MiB, 128 KiB, 1000, 256, 8 KiB, 64, 100. */
extern const struct wq_body_limits wq_body_limits_default;

/* Readings on which servers differ; several may stand in one body. One row each: name, what it means. */
enum wq_body_oddity {
#define WQ_BODY_ODDITY(id, name, strict, text) WQ_ODD_##id,
#include "detect/body/oddity_table.h"
#undef WQ_BODY_ODDITY
	WQ_ODD_COUNT
};
const char *wq_body_oddity_name(enum wq_body_oddity oddity);

struct wq_body_report {
	bool failed; /* REQBODY_ERROR: nothing after the place was read */
	bool over;   /* …because a limit was reached, or no memory */
	bool unreadable; /* an encoding or charset is not understood: never passes unseen. Stands without `failed` when only the
			    * charset of one part is not known: the rest was read, and that part told as it is */
	char text[128];    /* REQBODY_ERROR_MSG: what and where, without bytes of the body */
	uint64_t oddities; /* 1 << enum wq_body_oddity */
	uint64_t bytes;    /* read so far, as they came */
	uint64_t files_bytes;
	uint32_t args, files, parts;
	wq_str part_name, part_filename; /* of the last part: MULTIPART_NAME, MULTIPART_FILENAME */
};
/* Whether an oddity counts for MULTIPART_STRICT_ERROR. */
bool wq_body_strict_error(const struct wq_body_report *report);
/* The oddities that set SecLang's variable ("MULTIPART_DATA_BEFORE", "URLENCODED_ERROR", …; without case) to 1: the mapping is
 * wq_body_variables[] in detect/body/kind.c. 0: the variable is not one of these. */
uint64_t wq_body_variable_oddities(wq_str variable);

/* JSON is told flat, as libmodsecurity 3 names it: "json.a.b" for members, "json.a.array_0.b" for elements, "json" for a bare value,
 * "empty-key" for an empty key; numbers as they are written, true, false, null as an empty value. An empty object or array, which
 * libmodsecurity passes over, is an argument with an empty value, so that its key is seen.
 *
 * What a parser tells; slices live in the parser's arena until it is reset (see wq_body_pieces_stay()). A function that is
 * NULL is not asked. Returning false stops the parser (failed, over). */
struct wq_body_sink {
	void *data;
	bool gb18030; /* values of forms, fields and query strings without a charset that are not UTF-8 are read as GB18030 when they are that */
	bool (*arg)(void *data, wq_str name, wq_str value); /* form, multipart fields, JSON leaves, decoded */
	/* At the end of the part. A second filename, or filename* beside it, is told as one more file, of no bytes. A part that a server
	 * may take for a field (an odd head, an empty filename) is told as an argument too. */
	bool (*file)(void *data, wq_str field, wq_str filename, uint64_t bytes);
	bool (*part_header)(void *data, wq_str field, wq_str line); /* "Content-Type: text/plain", CRLF taken off */
	bool (*xml_text)(
		void *data, wq_str text); /* XML:/\* : all text of the document, joined as XPath string() does */
	bool (*xml_attribute)(void *data, wq_str value); /* XML://@\* */
};

struct wq_body;

/* `content_type` gives boundary and charset; `content_encoding` "" or "gzip", "deflate", others: unreadable. Arguments are told as UTF-8:
 * bytes in a charset of the GB18030 family or Big5 are decoded (of forms after %XX) when they are valid in it, and told as they
 * are, with WQ_ODD_CHARSET, when not; windows-1252 (latin1) is told as it is, since servers that ignore the charset would read
 * something else than a decoder. A value in which a decoder took ASCII bytes for parts of characters (0x81 '|' is one of GB18030)
 * is told a second time as a server reads it that takes it for UTF-8: U+FFFD, then '|'. UTF-16, UTF-7 and charsets not known: unreadable. `content_type` is copied. NULL: no memory. */
struct wq_body *wq_body_new(enum wq_body_kind kind, wq_str content_type, wq_str content_encoding,
	const struct wq_body_limits *limits, const struct wq_body_sink *sink, struct wq_arena *arena);
/* The caller's promise that every piece stays as it is for as long as the arena is not reset: values that stand whole in one piece
 * and need no decoding are then slices of it instead of copies. To be called before the first piece. */
void wq_body_pieces_stay(struct wq_body *body);
/* What is outside of the body says two things of it: it is read as it was opened, and counts as unreadable all the same. */
void wq_body_doubt(struct wq_body *body);
/* Pieces in order; their bounds change nothing in what is told. After a failure further bytes are only counted. */
void wq_body_add(struct wq_body *body, wq_str piece);
/* After the last piece. A body of no bytes is not a failure. XML is parsed here, with up to ten times its bytes (at most no_files_bytes)
 * outside the arena. */
void wq_body_end(struct wq_body *body);
const struct wq_body_report *wq_body_report(const struct wq_body *body);

/* Name/value pairs of a query string or form, split at '&' only, decoded once (%XX, %uXXXX as it is, '+'), told to sink->arg; empty
 * pairs ("&&") are passed over. Sets oddities. Slices may be of `raw`, which has to stay as long as they are used. Returns false when there are
 * more than `args_max`, the sink says so or memory is out. */
bool wq_body_query(
	wq_str raw, uint32_t args_max, const struct wq_body_sink *sink, struct wq_arena *arena, uint64_t *oddities);
/* Cookie header (RFC 6265 §5.4): name=value pairs at ';', not decoded, outer white space taken off, quotation marks left; slices of
 * `header`. A pair without '=' has an empty value. Returns as wq_body_query(). */
bool wq_body_cookies(wq_str header, uint32_t max, const struct wq_body_sink *sink, uint64_t *oddities);
/* Whether a string has a '%' that two hexadecimal digits do not follow: URLENCODED_ERROR, @validateUrlEncoding. */
bool wq_body_bad_percent(wq_str s);

#endif
