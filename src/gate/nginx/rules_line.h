/* The rule log: one JSON line for a transaction in which rules fired, or which was not let through (docs/waf.md has the fields).
 *
 * Everything from outside is cut, escaped (base/json.h) and masked: values of cookies, of Authorization, and of parameters whose
 * name says that they are secret become "***", wherever such a parameter stands in a text as name=value. Not good at: secrets in
 * places that no name announces.
 */
#ifndef WQ_GATE_NGINX_RULES_LINE_H
#define WQ_GATE_NGINX_RULES_LINE_H

#include "base/buf.h"
#include "base/clock.h"
#include "detect/waf/waf.h"

enum { WQ_RULES_LINE_MAX = 1024 * 1024, WQ_RULES_URI_CUT = 512, WQ_RULES_VALUE_CUT = 200 };

struct wq_rules_line {
	wq_time time;
	const char *incident, *app, *class, *verdict;
	wq_str client, method, uri;
	uint16_t status;
	bool over, unreadable;
	const struct wq_waf_match *matches;
	size_t matches_n;
	uint32_t lost; /* matches beyond what is kept */
	const wq_str *exceptions;
	size_t exceptions_n;
	uint64_t cost_usec;
	uint32_t evaluations;
};

/* Appends the line with its newline. Errors: those of `out`. */
void wq_rules_line(const struct wq_rules_line *line, struct wq_buf *out);
/* "emergency" … "debug"; NULL for 255. */
const char *wq_rules_severity(uint8_t severity);
/* Whether a variable ("ARGS:password", "REQUEST_COOKIES:x") or a parameter's name holds a secret. */
bool wq_rules_is_secret(wq_str name);
/* Appends `text`, cut to `cut` bytes, with the values of secret parameters masked. */
void wq_rules_mask(wq_str text, size_t cut, struct wq_buf *out);

#endif
