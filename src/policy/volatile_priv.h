/* Shared by volatile*.c: kinds of bytes, finding the regions of a rule, lexemes, differences of two pages. */
#ifndef WQ_POLICY_VOLATILE_PRIV_H
#define WQ_POLICY_VOLATILE_PRIV_H

#include "policy/volatile.h"
#include "text/html.h"

/* ---- volatile_bytes.c ---- */

/* Longer runs of dates and times than this are not followed. */
enum { WQ_CLOCK_MAX = 128 };

/* Where the bytes of that kind that begin at `at` end, at most at `end`. */
size_t wq_volatile_run(enum wq_volatile_bytes bytes, wq_str page, size_t at, size_t end);
/* The narrowest kind that holds all of the value; CLOCK only for what is none of the narrower ones. */
enum wq_volatile_bytes wq_volatile_bytes_of(wq_str value);
/* The narrowest kind that holds both. */
enum wq_volatile_bytes wq_volatile_bytes_join(enum wq_volatile_bytes a, enum wq_volatile_bytes b);
/* How many bytes at the start of `s` are a date or a time; 0: none. `*ret_run`: how many were looked at; when it is none,
 * there is none in them. */
size_t wq_clock_read(wq_str s, size_t *ret_run);

/* ---- volatile.c ---- */

/* Calls `found` for each region of the rule, in order, until it returns false. The path does not count. Linear in the page. */
typedef bool (*wq_volatile_found_fn)(void *data, size_t at, size_t n);
void wq_volatile_find(const struct wq_volatile_rule *rule, wq_str page, wq_volatile_found_fn found, void *data);

/* ---- volatile_part.c: the pages as parts ---- */

enum wq_part_kind {
	WQ_PART_FIXED, /* has to be equal */
	WQ_PART_TEXT,
	WQ_PART_COMMENT,
	WQ_PART_VALUE, /* of an attribute */
	WQ_PART_URL,
	WQ_PART_CODE /* script, style, event handlers */
};

struct wq_part {
	enum wq_part_kind kind;
	size_t at;
	wq_str text; /* a slice of the page */
	wq_str name; /* of a value: the field's, else the attribute's */
	bool field;  /* of a form */
	bool loads;  /* an address of code or a document that comes with the page */
};

/* The part of a page that lies between what two pages begin and end with. */
struct wq_window {
	size_t prefix, suffix; /* equal bytes */
};

/* The parts of `page` that touch the window, in order, appended to `out` as an array. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_parts_of(wq_str page, bool html, bool utf8, const struct wq_window *window, struct wq_buf *out);

/* ---- volatile_diff.c: the differences of two parts ---- */

struct wq_difference {
	size_t at, n, at2, n2; /* in the first and in the second page */
	const struct wq_part *part;
	bool clock;         /* a date or a time in both */
	bool seen, covered; /* by a rule: for volatile_learn.c */
};

struct wq_differences {
	struct wq_difference *rows; /* WQ_VOLATILE_DIFFERENCES_MAX of them */
	size_t n;
	bool over;
};

/* Adds what differs. Requires: part and other are of one kind. Errors: WQ_E_NO_MEMORY, WQ_E_LIMIT (of `scratch`). */
wq_err wq_part_diff(const struct wq_part *part, const struct wq_part *other, bool utf8, struct wq_arena *scratch,
	struct wq_differences *differences);

/* ---- volatile_kind.c ---- */

/* What a difference looks like, by the name before it and by its two values. */
enum wq_volatile_kind wq_volatile_kind_of(const struct wq_difference *d, wq_str first, wq_str second);

#endif
