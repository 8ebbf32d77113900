/* Regression cases of rule sets: the YAML format of go-ftw and of the older ftw, run in this process or against a gate.
 *
 *     read (ftw_read.c)  →  the bytes that a client sends (ftw_request.c)  →  run (ftw_run.c, ftw_gate.c)  →  judge (ftw_judge.c)
 *
 * In this process the bytes are read as nginx reads them (ftw_http.c), the answer is that of CRS's test backend (ftw_backend.c). Keys
 * that are not known are refused with file and line, never passed over. A case has stages; one that fails fails the case.
 * Not good at: stages that depend on each other's answers (save_cookie, follow_redirect). Private to cli/.
 */
#ifndef WQ_CLI_FTW_H
#define WQ_CLI_FTW_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "detect/waf/waf.h"

enum {
	WQ_FTW_FILE_BYTES_MAX = 4 * 1024 * 1024,
	WQ_FTW_FILES_MAX = 5000,
	WQ_FTW_TESTS_MAX = 50000,
	WQ_FTW_IDS_MAX = 64,
	WQ_FTW_STATUSES_MAX = 8,
	WQ_FTW_HEADERS_MAX = 200,
	WQ_FTW_REQUEST_MAX = 16 * 1024 * 1024
};

/* ---- what files say (ftw_read.c) ---- */

struct wq_ftw_header {
	wq_str name, value;
};

struct wq_ftw_input {
	wq_str method, uri, version;
	struct wq_ftw_header *headers; /* by name, as go-ftw sends them; of the older format in their order */
	size_t headers_n;
	wq_str data;   /* p == NULL: none */
	wq_str raw;    /* encoded_request, decoded: sent as it is; p == NULL: none */
	bool complete; /* autocomplete_headers */
	bool old;      /* of the older format: sent as ftw 1 does */
};

struct wq_ftw_output {
	uint16_t status[WQ_FTW_STATUSES_MAX]; /* any of them */
	size_t status_n;
	bool error_given, error; /* expect_error: the connection ends without an answer that is HTTP */
	uint32_t expect[WQ_FTW_IDS_MAX], unexpect[WQ_FTW_IDS_MAX];
	size_t expect_n, unexpect_n;
	bool isolated;
	wq_str match, no_match; /* regular expressions over the log; p == NULL: none */
	wq_str response;        /* one over the answer */
};

struct wq_ftw_stage {
	struct wq_ftw_input input;
	struct wq_ftw_output output;
};

struct wq_ftw_test {
	uint32_t rule, id;
	wq_str name; /* "942100-3" */
	const char *file;
	uint32_t line;
	struct wq_ftw_stage *stages;
	size_t stages_n;
	wq_str overridden; /* why another outcome is expected than the file says; p == NULL: as the file says */
};

struct wq_ftw_suite {
	struct wq_ftw_test *tests; /* in the order of file names and places */
	size_t n, room;
};

/* A file, or a folder with all *.yaml and *.yml below it (overrides are left out). What it returns lives in `arena`. Errors: WQ_E_CONFIG with file, line and what is not
 * understood; WQ_E_LIMIT, WQ_E_NOT_FOUND, WQ_E_IO. */
wq_err wq_ftw_read(const char *path, struct wq_arena *arena, struct wq_ftw_suite *ret_suite);
/* Replaces the expected outcome of the cases that an overrides file names. An override of a case that is not there is none; every one needs
 * a reason. Errors as above. */
wq_err wq_ftw_override(const char *path, struct wq_arena *arena, struct wq_ftw_suite *suite);
/* The same of a text in memory. */
wq_err wq_ftw_read_text(wq_str text, const char *name, struct wq_arena *arena, struct wq_ftw_suite *ret_suite);

/* RFC 4648 §4, with or without padding and line ends. False: something else, or no memory. */
bool wq_ftw_unbase64(wq_str text, struct wq_arena *arena, wq_str *ret_bytes);

/* ---- the request (ftw_request.c, ftw_http.c) ---- */

/* The bytes that go-ftw sends. WQ_E_LIMIT. */
wq_err wq_ftw_request(const struct wq_ftw_input *input, struct wq_buf *out);

struct wq_ftw_http {
	uint16_t answered; /* nginx or the gate answers with this status, no rule is asked; 0: it does not */
	uint16_t
		refused; /* the gate answers so, for the address; rules see the request without its body, for the log */
	bool incomplete; /* fewer bytes than announced: nginx waits for the rest and gives up */
	bool simple;     /* HTTP/0.9: the answer has neither status nor headers */
	const char *why; /* of `answered`, `refused` */
	wq_str method, target, protocol;
	struct wq_ftw_header headers[WQ_FTW_HEADERS_MAX];
	size_t headers_n;
	size_t dropped; /* headers with names that nginx does not pass on */
	wq_str body;
};
/* Reads one request as nginx 1.22 does with default settings, and our gate in it: what is refused, dropped and trimmed. Slices are of `bytes`, or in `arena` (a body in
 * chunks). */
void wq_ftw_http_read(wq_str bytes, struct wq_arena *arena, struct wq_ftw_http *ret_http);

/* ---- the answer (ftw_backend.c) ---- */

struct wq_ftw_answer {
	uint16_t status;
	struct wq_ftw_header headers[32];
	size_t headers_n;
	wq_str body;
};
/* What CRS's test backend answers: POST /reflect with a JSON object (status, headers, body or encodedBody) gives what it says,
 * everything else an empty 200. */
void wq_ftw_backend(const struct wq_ftw_http *request, struct wq_arena *arena, struct wq_ftw_answer *ret_answer);

/* ---- running ---- */

/* What was seen of one stage, from whichever engine. */
struct wq_ftw_seen {
	uint16_t status;       /* 0: no answer */
	const char *by_server; /* not NULL: why the server answered by itself */
	wq_str response;
	bool would_deny;     /* detection only: a rule would have refused it; known in this process only */
	const uint32_t *ids; /* of rules that wrote a line */
	size_t ids_n;
	const wq_str *lines; /* as ModSecurity writes them, for regular expressions */
	size_t lines_n;
	uint64_t nsec;
};

enum wq_ftw_verdict { WQ_FTW_PASSED, WQ_FTW_OVERRIDDEN, WQ_FTW_FAILED };
struct wq_ftw_result {
	enum wq_ftw_verdict verdict;
	wq_str why;       /* of a failure */
	wq_str by_server; /* why the server answered by itself; p == NULL: it did not */
	wq_str seen;      /* ids, in order: "920350 942100" */
	uint16_t status;
};

/* In this process. `arena` is reset by nobody: give one for each case. */
wq_err wq_ftw_run(struct wq_waf_worker *worker, const struct wq_waf_program *program, const struct wq_ftw_test *test,
	struct wq_arena *arena, struct wq_ftw_result *ret_result);

/* Runs a request through all phases; *ret_http and *ret_answer say what it was and what came back. The transaction is the caller's. */
struct wq_ftw_trip {
	struct wq_ftw_http http;
	struct wq_ftw_answer answer;
	struct wq_waf_tx *tx; /* NULL: the server answered */
};
wq_err wq_ftw_trip(struct wq_waf_worker *worker, const struct wq_waf_program *program, wq_str request,
	const struct wq_ftw_answer *answer, const struct wq_waf_trace *trace, struct wq_arena *arena,
	struct wq_ftw_trip *ret_trip);

/* Against a server (ftw_gate.c): the exact bytes over a socket; what the rules say is read from the server's log, between two requests with
 * a header X-CRS-Test, which a rule of the set under test writes into the log. The log is that of our gate (JSON lines) or
 * ModSecurity's; only what is appended from now on is read. */
struct wq_ftw_gate;
/* `url`: "http://address[:port]". Errors: WQ_E_USAGE, WQ_E_NOT_FOUND, WQ_E_IO. */
wq_err wq_ftw_gate_open(wq_str url, const char *log, const struct wq_random *random, struct wq_ftw_gate **ret_gate);
void wq_ftw_gate_close(struct wq_ftw_gate **gate);
/* Errors: WQ_E_PEER when the server cannot be reached, WQ_E_TIMEOUT when a marker does not come into the log. */
wq_err wq_ftw_gate_run(struct wq_ftw_gate *gate, const struct wq_ftw_test *test, struct wq_arena *arena,
	struct wq_ftw_result *ret_result);

/* One line of a log (ftw_log.c): its ids, and as ModSecurity writes it. Our own lines give one line for each match. A line of another
 * kind has no id and is itself. */
struct wq_ftw_log {
	uint32_t ids[WQ_WAF_MATCHES_MAX];
	size_t ids_n;
	wq_str lines[WQ_WAF_MATCHES_MAX];
	size_t lines_n;
};
/* Adds to what is there; what is over the limits is left out. */
void wq_ftw_log_line(wq_str line, struct wq_arena *arena, struct wq_ftw_log *log);

/* ---- judging (ftw_judge.c) ---- */

/* A match as ModSecurity writes it into the error log. */
wq_str wq_ftw_line(const struct wq_waf_match *match, struct wq_arena *arena);
/* Empty: as expected; else what differs. Errors: WQ_E_CONFIG for a regular expression, memory. */
wq_err wq_ftw_judge(const struct wq_ftw_test *test, const struct wq_ftw_output *expected,
	const struct wq_ftw_seen *seen, struct wq_arena *arena, wq_str *ret_why);
/* "920350 942100". */
wq_str wq_ftw_ids(const uint32_t *ids, size_t n, struct wq_arena *arena);

/* ---- the program under test (ftw_program.c) ---- */

enum wq_ftw_purpose {
	WQ_FTW_TEST,   /* the settings under which CRS tests itself */
	WQ_FTW_EXPLAIN /* the set as it is, and no rule decided at load, so that each can say why it did not fire */
};
/* A rule set, ready to run. `paranoia` 0: what the set says. Errors: those of wq_waf_program_new(). */
wq_err wq_ftw_program(const char *const *paths, size_t paths_n, unsigned paranoia, enum wq_ftw_purpose purpose,
	struct wq_waf_program **ret_program);

#endif
