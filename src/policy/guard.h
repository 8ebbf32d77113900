/* What the rule engine does for one application: mode, budget, thresholds and exceptions. Part of the policy (policy/policy.h), so people
 * approve it and it switches with the pages, all or nothing.
 *
 * Invariants of a decoded guard: prefixes are canonical paths; numbers are within the limits below; paths and exceptions ascend in
 * their canonical order. An exception without an end does not exist: WQ_GUARD_DAYS_MAX bounds nothing here, people are
 * asked by the profile's check. Clause C3 (2014 七; 2015 (四)).
 */
#ifndef WQ_POLICY_GUARD_H
#define WQ_POLICY_GUARD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "text/host.h"

enum {
	WQ_GUARD_PATHS_MAX = 1024,
	WQ_GUARD_EXCEPTIONS_MAX = 1000,
	WQ_GUARD_TARGET_MAX = 256,
	WQ_GUARD_REASON_MAX = 256,
	WQ_GUARD_MSEC_MAX = 60000,
	WQ_GUARD_SCORE_MAX = 10000
};

/* Log notes what fired and lets everything pass, off the hot path; challenge asks a person to go on by a button; block refuses. */
enum wq_guard_mode { WQ_GUARD_LOG, WQ_GUARD_OFF, WQ_GUARD_CHALLENGE, WQ_GUARD_BLOCK };
const char *wq_guard_mode_name(enum wq_guard_mode mode);
bool wq_guard_mode_parse(wq_str name, enum wq_guard_mode *ret_mode);

struct wq_guard_path {
	wq_str prefix; /* whole segments, the longest counts, as with path classes */
	enum wq_guard_mode mode;
};

/* A rule, some rules or a tag that do not hold for a target below a path, until a day. */
struct wq_guard_exception {
	uint32_t first, last; /* rule ids, both included; 0, 0: by tag */
	wq_str tag;
	wq_str target; /* "ARGS:content"; empty: the whole rule */
	wq_str prefix; /* of paths */
	wq_day until;  /* the last day on which it holds */
	wq_str reason; /* in words, for reviewers and the log */
};

struct wq_guard {
	enum wq_guard_mode mode;
	bool over_passes; /* what is over its budget goes on (noted) instead of being refused; only in block and challenge */
	bool unreadable_passes;    /* the same for a body that cannot be decoded */
	uint64_t body_max;         /* bytes of a body without files: what is kept for rules */
	uint64_t upload_max;       /* bytes of a body with files */
	uint32_t budget_msec;      /* of evaluation for one request */
	uint32_t client_msec;      /* of evaluation in a second for one client prefix (/24, /56); 0: no limit */
	uint32_t application_msec; /* the same for the application; 0: no limit */
	uint32_t inbound,
		outbound; /* anomaly scores from which a request or response is refused; 0: as the rule set says */
	const struct wq_guard_path *paths;
	size_t paths_n;
	const struct wq_guard_exception *exceptions;
	size_t exceptions_n;
};

/* Log; over and unreadable are refused; 128 KiB; 128 MiB; 50 ms; 200 ms; 0; the rule set's scores; no paths, no exceptions. */
#define WQ_GUARD_DEFAULT \
	{ \
		.mode = WQ_GUARD_LOG, .body_max = 128 * WQ_KIB, .upload_max = 128 * WQ_MIB, .budget_msec = 50, \
		.client_msec = 200 \
	}
extern const struct wq_guard wq_guard_default;

/* The mode below the longest prefix that has one, else the general one. `path` as in wq_policy_path(). */
enum wq_guard_mode wq_guard_mode_of(const struct wq_guard *guard, wq_str path);

/* One exception as it is written in a profile:
 *     942100 ARGS:content /article until 2027-03-01 文章正文含 SQL 教程
 *     942100-942199 /search until 2027-03-01 …      tag:attack-sqli ARGS:q until 2027-03-01 …
 * Without a path it holds below /. Errors: WQ_E_INPUT with how to write it. */
wq_err wq_guard_exception_parse(wq_str text, struct wq_arena *arena, struct wq_guard_exception *ret_exception);
/* The same back. Appended; errors: those of `out`. */
wq_err wq_guard_exception_text(const struct wq_guard_exception *exception, struct wq_buf *out);

#endif
