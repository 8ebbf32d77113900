/* JavaScript as far as a leave-site prompt needs it: a tolerant lexer, and what the tokens say about clicks.
 *
 * The lexer never fails: an unfinished string ends at the line, an unfinished comment or template at the end. It tells
 * a regular expression from a division by the token before. Bad at: nested templates (the text between `${` and `}` is
 * part of the template), and whatever only running it would tell.
 */
#ifndef WQ_DETECT_PORTAL_SCRIPT_H
#define WQ_DETECT_PORTAL_SCRIPT_H

#include "base/str.h"

enum portal_js_kind { JS_END, JS_NAME, JS_STRING, JS_REGEX, JS_NUMBER, JS_MARK };

struct portal_js_token {
	enum portal_js_kind kind;
	wq_str text; /* of strings and expressions without quotes, escapes as written; of a mark its one byte */
};

struct portal_js {
	wq_str source;
	size_t at;
	struct portal_js_token last; /* zero-initialised */
};

struct portal_js_token portal_js_next(struct portal_js *js);

enum portal_script_fact {
	SCRIPT_SAYS = 1,        /* the words of a prompt in a string */
	SCRIPT_CONFIRM = 2,     /* confirm(…) */
	SCRIPT_LOADED = 4,      /* binds links that are there when it runs */
	SCRIPT_DELEGATED = 8,   /* binds clicks of the document */
	SCRIPT_BINDS = 16,      /* binds clicks of something */
	SCRIPT_TESTS = 32,      /* looks at a host */
	SCRIPT_SUBSTRING = 64,  /* looks for a part of a string where a host is meant */
	SCRIPT_FORMS = 128,     /* handles submit */
	SCRIPT_OPEN = 256,      /* replaces window.open */
	SCRIPT_QUOTED = 512,    /* looks for href with a quote */
	SCRIPT_ONLY_HTTP = 1024 /* selects links that begin with http */
};

enum { PORTAL_SCRIPT_OPENS = 8 };

struct portal_script {
	unsigned facts;
	wq_str opens[PORTAL_SCRIPT_OPENS]; /* addresses that it goes to, as written */
	size_t opens_n;
};

struct wq_portal_rules;

/* Reads a script, or the value of a handler, in UTF-8. */
struct portal_script portal_script_read(const struct wq_portal_rules *rules, wq_str source);
/* Whether it can be one worth reading; cheap. */
bool portal_script_worth(const struct wq_portal_rules *rules, wq_str source);
/* Whether such a script asks before a click leaves; `says_so`: the page has the words. */
bool portal_script_asks(unsigned facts, bool says_so);

#endif
