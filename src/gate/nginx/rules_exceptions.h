/* The exceptions of a release (policy/guard.h), made ready for the programs that its requests are judged by, once per program and
 * worker. One that the program cannot read (a target that is none) is left out and named, the others hold.
 *
 * Knows nothing of nginx.
 */
#ifndef WQ_GATE_NGINX_RULES_EXCEPTIONS_H
#define WQ_GATE_NGINX_RULES_EXCEPTIONS_H

#include "detect/waf/waf.h"
#include "gate/nginx/rules_zone.h"
#include "gate/nginx/store.h"

enum { WQ_RULES_ACTIVE_WORDS = (WQ_GUARD_EXCEPTIONS_MAX + 63) / 64, WQ_RULES_LABEL_MAX = WQ_RULES_HIT_TEXT };

struct wq_rules_exceptions {
	struct wq_rules_exceptions *next; /* of the same release, for another program */
	const struct wq_waf_program *program;
	const struct wq_guard *guard;
	struct wq_waf_exceptions *ready; /* NULL: none */
	uint32_t *rows;                  /* in the guard's list, of each that is ready; that is its mark as well */
	size_t n;
	struct wq_rules_hit **hits; /* of each that is ready; the caller fills them once; each may be NULL */
	bool counted;               /* they are filled */
};

/* Called for one that was left out: its label, and why. */
typedef void (*wq_rules_left_out_fn)(void *data, const char *label, wq_err why);

/* Made with the first call, kept with the release. NULL: none, or no memory. */
struct wq_rules_exceptions *wq_rules_exceptions(struct wq_gate_release *release, const struct wq_waf_program *program,
	wq_rules_left_out_fn left_out, void *data);
/* Which of them hold for a path on a day. Returns how many. */
size_t wq_rules_exceptions_active(
	const struct wq_rules_exceptions *x, wq_str path, wq_day day, uint64_t ret_active[WQ_RULES_ACTIVE_WORDS]);
/* "942100 ARGS:content /article" */
void wq_rules_exception_label(const struct wq_guard_exception *x, char out[WQ_RULES_LABEL_MAX]);

#endif
