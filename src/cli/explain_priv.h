/* `weique rules explain`: a request is read (explain_input.c), run with every step noted (explain_trace.c) and told (explain_show.c). Private
 * to cli/. */
#ifndef WQ_CLI_EXPLAIN_PRIV_H
#define WQ_CLI_EXPLAIN_PRIV_H

#include "cli/common.h"
#include "cli/ftw.h"

enum { WQ_EXPLAIN_FATES_MAX = 20000, WQ_EXPLAIN_VALUES_MAX = 100000, WQ_EXPLAIN_STEPS_MAX = 32 };

/* What became of a rule. */
struct wq_explain_fate {
	uint32_t rule, line, by; /* `by`: the rule that skipped it */
	const char *file;
	const char *why;
};

/* An operator was asked about a value. */
struct wq_explain_value {
	uint32_t rule;
	bool matched;
	wq_str variable, before, chain;
};

struct wq_explain {
	struct wq_arena *arena;
	uint32_t last_matched;
	struct wq_explain_fate *fates;
	size_t fates_n;
	struct wq_explain_value *values;
	size_t values_n;
	bool cut; /* more happened than is kept */
};
/* Room for what is kept, and the hooks that keep it. Errors: memory. */
wq_err wq_explain_init(struct wq_explain *explain, struct wq_arena *arena, struct wq_waf_trace *ret_trace);

struct wq_explain_step {
	const char *name;
	wq_str value;
};
/* The transformations of a chain one by one; returns how many. */
size_t wq_explain_steps(const struct wq_explain_value *value, struct wq_arena *arena,
	struct wq_explain_step steps[WQ_EXPLAIN_STEPS_MAX]);

/* A request as people write it: line ends may be LF, Content-Length may be missing. "-" is standard input. Errors: those of the file. */
wq_err wq_explain_request(const char *path, struct wq_arena *arena, wq_str *ret_bytes);
/* A response the same way. WQ_E_INPUT when it has no status line. */
wq_err wq_explain_response(const char *path, struct wq_arena *arena, struct wq_ftw_answer *ret_answer);

struct wq_explained {
	const struct wq_explain *trace;
	const struct wq_ftw_trip *trip;
	bool all;
	uint32_t rule; /* asked for by --rule; 0: none */
};
/* For people, to cli->out, and as one JSON document. */
wq_err wq_explain_print(struct wq_cli *cli, const struct wq_explained *x);
wq_err wq_explain_json(struct wq_cli *cli, const struct wq_explained *x);

#endif
