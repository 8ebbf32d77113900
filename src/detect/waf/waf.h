/* The rule engine: programs made of rule files, and transactions that are judged by them.
 *
 * A *program* is immutable once made: loaded before processes fork, shared by all of them and by all applications that use the
 * same rules. A *transaction* is one request and its response, fed by whoever speaks HTTP; it borrows what it is given, which must stay
 * until wq_waf_end(). A *worker* is one process's (or thread's) scratch: transactions are made from its free list, so that
 * nothing is allocated in the steady state.
 *
 * Phases as in ModSecurity: 1 request headers, 2 request body, 3 response headers, 4 response body, 5 logging. wq_waf_run() may stop
 * in the middle of a phase (WQ_WAF_AGAIN) when its slice of time is used up, so that other requests get their turn: call it
 * again. A request that costs more than its budget is WQ_WAF_OVER: what then happens is the policy's word, never silence.
 *
 * It opens no files and knows no clock but the one that is passed in. Not good at: keeping collections (IP, SESSION) over
 * several machines. Clause C3.
 */
#ifndef WQ_DETECT_WAF_WAF_H
#define WQ_DETECT_WAF_WAF_H

#include "base/arena.h"
#include "detect/body/body.h"
#include "detect/waf/seclang.h"

/* ---- programs ---- */

struct wq_waf_program;

struct wq_waf_setting { /* a setvar that comes before all rules: "blocking_paranoia_level", "2" */
	wq_str name;
	wq_str value;
};

struct wq_waf_load {
	const char *const *paths; /* rule files, patterns, in order */
	size_t paths_n;
	const struct wq_sec_source *source;
	const struct wq_waf_setting *settings;
	size_t settings_n;
	bool no_jit;
	bool no_fold; /* rules that are decided at load stay: for tests that compare */
	bool plain;   /* every rule asks every value, nothing is left out or remembered: for tests that compare */
	wq_sec_notice_fn notice; /* may be NULL */
	void *notice_data;
};

struct wq_waf_info {
	uint32_t rules; /* that can run; `folded` of them are decided at load */
	uint32_t folded;
	uint32_t patterns;     /* regular expressions and phrase lists */
	uint32_t no_prefilter; /* of these: patterns that must be asked each time */
	uint32_t literals;
	size_t bytes;     /* of memory, without PCRE2's code */
	wq_str signature; /* SecComponentSignature */
	uint8_t digest
		[32]; /* of what was loaded: equal digests are equal programs (SHA-256 is not needed: a keyed hash of all texts) */
};

/* Errors: those of the parser, WQ_E_CONFIG with place for what cannot be compiled, WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_waf_program_new(const struct wq_waf_load *load, struct wq_waf_program **ret_program);
struct wq_waf_program *wq_waf_program_ref(struct wq_waf_program *program);
void wq_waf_program_unref(struct wq_waf_program **program);
const struct wq_waf_info *wq_waf_program_info(const struct wq_waf_program *program);

/* Whether a request's body, and how many bytes of a response's body of a type, can be wanted by rules, before there is a transaction; a
 * rule may still say otherwise (ctl). `content_type` with p == NULL: of any type. */
bool wq_waf_program_reads_request(const struct wq_waf_program *program);
uint64_t wq_waf_program_reads_response(const struct wq_waf_program *program, wq_str content_type);

/* Exceptions of one application, made ready for a program. */
struct wq_waf_exception {
	uint32_t first, last; /* rule ids; 0, 0: by tag */
	wq_str tag;
	wq_str target; /* "ARGS:content", "REQUEST_COOKIES:/^x/"; empty: the whole rule */
	uint64_t mark; /* the caller's: given back in wq_waf_match.exception when it kept a rule from firing */
};
struct wq_waf_exceptions;
wq_err wq_waf_exceptions_new(const struct wq_waf_program *program, const struct wq_waf_exception *list, size_t n,
	struct wq_waf_exceptions **ret_exceptions);
void wq_waf_exceptions_free(struct wq_waf_exceptions **exceptions);

/* ---- transactions ---- */

struct wq_waf_worker;
struct wq_waf_tx;

enum { WQ_WAF_TX_BYTES_MAX = 16 * 1024 * 1024, WQ_WAF_SLICE_USEC = 2000, WQ_WAF_MATCHES_MAX = 256 };

struct wq_waf_budget {
	uint32_t evaluations; /* of an operator on a value, not counting what the prefilter answered; 0: no limit */
	uint64_t bytes;       /* read by patterns and transformations; 0: no limit */
	uint32_t usec;        /* of evaluation in all; 0: no limit */
	uint32_t slice_usec;  /* before wq_waf_run() gives way; 0: never */
	/* Of one regular expression on one long value, in which nothing gives way: then it has no answer, and the phase ends
	 * with WQ_WAF_OVER; 0: no limit. */
	uint32_t pattern_usec;
};
extern const struct wq_waf_budget wq_waf_budget_default; /* 200,000; 64 MiB; 50 ms; 2 ms; 4 ms */

/* "No memory" and nothing else. `now_nsec` never goes back and is asked often: a steady clock that costs no system call. May be NULL: no
 * time budget. */
wq_err wq_waf_worker_new(uint64_t (*now_nsec)(void), struct wq_waf_worker **ret_worker);
/* The time that the thread has run on a processor (CLOCK_THREAD_CPUTIME_ID); it is asked only when the other clock says that a
 * transaction's time is up: on a busy machine time passes in which nothing runs. From then on as much again of it may be spent. */
void wq_waf_worker_cpu_clock(struct wq_waf_worker *worker, uint64_t (*cpu_nsec)(void));
void wq_waf_worker_free(struct wq_waf_worker **worker);

struct wq_waf_begin {
	const struct wq_waf_exceptions
		*exceptions; /* may be NULL; of the same program; `active` says which hold for this path */
	const uint64_t *exceptions_active; /* a bit for each of the list; NULL: all */
	struct wq_waf_budget budget;
	struct wq_body_limits body;
	bool detection_only; /* whatever SecRuleEngine says: matches are noted, nothing is disruptive */
	uint64_t unix_msec;  /* the wall clock, for TIME… */
	wq_str unique_id;
	uint32_t random; /* for sampling */
};

/* NULL: no memory. The program must stay. */
struct wq_waf_tx *wq_waf_begin(
	struct wq_waf_worker *worker, const struct wq_waf_program *program, const struct wq_waf_begin *begin);
void wq_waf_end(struct wq_waf_tx **tx);

/* Sets a TX variable before phase 1 and keeps it: what rules set it to afterwards is not taken. For thresholds that an application's
 * policy names ("inbound_anomaly_score_threshold", "outbound_anomaly_score_threshold"): nothing that reads these two may be decided at
 * load. False: no rule reads it, or there is no memory. */
bool wq_waf_tx_fix(struct wq_waf_tx *tx, wq_str name, int64_t number);

/* Addresses as text. */
void wq_waf_connection(struct wq_waf_tx *tx, wq_str client, uint16_t client_port, wq_str server, uint16_t server_port);
/* As it stands in the request line: method, target, "HTTP/1.1"; HTTP/2 gives its pseudo-headers in this form. */
void wq_waf_request(struct wq_waf_tx *tx, wq_str method, wq_str target, wq_str protocol);
void wq_waf_request_header(struct wq_waf_tx *tx, wq_str name, wq_str value);

enum wq_waf_step {
	WQ_WAF_DONE,  /* the phase ran to its end */
	WQ_WAF_AGAIN, /* the slice is used up: call again */
	WQ_WAF_STOP,  /* a rule decided (wq_waf_verdict); also `allow` */
	WQ_WAF_OVER /* the budget, the memory, a limit of arguments or of the body is used up: the rest of the phase was not run; or,
		       * after all of it, a regular expression was given up, which is no answer */
};
/* Phases in their order, each at most once; a skipped phase is not run later. After STOP or OVER only phase 5 may follow. */
enum wq_waf_step wq_waf_run(struct wq_waf_tx *tx, unsigned phase);

/* After phase 1: whether the rules want the body. NONE: nothing looks at it. */
enum wq_body_kind wq_waf_body_wanted(struct wq_waf_tx *tx, bool *ret_wanted);
/* Pieces in order, kept by the caller until the end. A body that cannot be read is in the report (REQBODY_ERROR). */
void wq_waf_body_add(struct wq_waf_tx *tx, wq_str piece);
void wq_waf_body_end(struct wq_waf_tx *tx);
/* NULL before the body. */
const struct wq_body_report *wq_waf_body_report(const struct wq_waf_tx *tx);

/* Before phase 3; headers then one by one, as they go out. */
void wq_waf_response(struct wq_waf_tx *tx, uint16_t status, wq_str protocol);
void wq_waf_response_header(struct wq_waf_tx *tx, wq_str name, wq_str value);
/* After phase 3: how many bytes of the response body rules want; 0: none (type, setting, no rule of phase 4). */
uint64_t wq_waf_response_body_wanted(struct wq_waf_tx *tx);
/* Pieces stay, as those of the request. What is over the limit is not looked at (OUTBOUND_DATA_ERROR), or makes phase 4 OVER. */
void wq_waf_response_body_add(struct wq_waf_tx *tx, wq_str piece);

enum wq_waf_disruption { WQ_WAF_PASS, WQ_WAF_DENY, WQ_WAF_DROP, WQ_WAF_REDIRECT, WQ_WAF_ALLOW };
struct wq_waf_verdict {
	enum wq_waf_disruption what;
	uint16_t status; /* 403 unless the rule says another */
	wq_str url;      /* of a redirect */
	uint32_t rule;
};
/* WQ_WAF_PASS while nothing decided. With detection_only it says what would have been. */
struct wq_waf_verdict wq_waf_verdict(const struct wq_waf_tx *tx);

enum { WQ_WAF_CUT_BYTES = 200 };
struct wq_waf_match {
	uint32_t rule; /* id; of the head of a chain */
	uint8_t phase;
	uint8_t severity; /* 0 emergency … 7 debug; 255 none */
	bool log;         /* the rule has not said nolog */
	bool disruptive;
	wq_str variable; /* "ARGS:q" */
	wq_str value;    /* after transformation, cut to WQ_WAF_CUT_BYTES; outside bytes: escape before printing */
	wq_str message;  /* msg and logdata, macros put in; outside bytes as well */
	wq_str data;
	wq_str rev, ver;
	const wq_str *tags; /* macros put in */
	size_t tags_n;
	wq_str file;
	uint32_t line;
};
/* In the order in which they fired, at most WQ_WAF_MATCHES_MAX; *ret_lost counts the rest. Rules with nolog are left out. */
const struct wq_waf_match *wq_waf_matches(struct wq_waf_tx *tx, size_t *ret_n, uint32_t *ret_lost);
/* Marks of exceptions that kept a rule from looking at a value that it would have fired on are not known (it did not look); these are
 * the exceptions that took a rule or target away in this transaction. */
void wq_waf_exceptions_used(const struct wq_waf_tx *tx, void (*each)(void *data, uint64_t mark), void *data);

/* A TX variable as a number: "blocking_inbound_anomaly_score". False: not set, or no number. */
bool wq_waf_tx_number(const struct wq_waf_tx *tx, wq_str name, int64_t *ret_number);
/* What setenv said, by name; empty: nothing. */
wq_str wq_waf_env(const struct wq_waf_tx *tx, wq_str name);

struct wq_waf_cost {
	uint64_t nsec;
	uint32_t evaluations, regex_runs, strings;
	uint64_t bytes;
};
/* What the transaction has cost so far. */
struct wq_waf_cost wq_waf_cost(const struct wq_waf_tx *tx);

/* For `weique rules explain`: called for each rule that is reached, and each value that its operator is asked about. */
struct wq_waf_trace {
	void *data;
	void (*rule)(void *data, uint32_t rule, wq_str file, uint32_t line, const char *why);
	/* why: "skipped", "removed", "no value", "folded", "matched", "not matched", "prefilter" */
	void (*value)(void *data, uint32_t rule, wq_str variable, wq_str before, const char *chain, wq_str after,
		const char *why);
};
void wq_waf_set_trace(struct wq_waf_tx *tx, const struct wq_waf_trace *trace);

#endif
