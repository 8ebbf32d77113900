/* The same request before the same rules twice: as the gate runs them, and plainly, with nothing folded, shared, remembered or left out
 * (wq_waf_load.plain). What differs is a fault of a short cut. For tests and fuzz targets of this folder. */
#ifndef WQ_DETECT_WAF_ORACLE_PROBE_H
#define WQ_DETECT_WAF_ORACLE_PROBE_H

#include "detect/waf/eval_priv.h"
#include "detect/waf/eval_probe.h"

struct oracle {
	struct wq_waf_program *fast, *plain;
	struct wq_waf_worker *worker;
};

static inline void oracle_put(struct wq_buf *log, const char *what, wq_str s)
{
	wq_buf_printf(log, " %s=", what);
	probe_text(log, s);
}

static inline void oracle_matches(struct wq_waf_tx *tx, struct wq_buf *log)
{
	uint32_t lost;
	size_t n;
	const struct wq_waf_match *matches = wq_waf_matches(tx, &n, &lost);

	for (size_t i = 0; i < n; i++) {
		wq_buf_printf(log, "%u phase %u%s", matches[i].rule, matches[i].phase,
			matches[i].disruptive ? " disruptive" : "");
		oracle_put(log, "variable", matches[i].variable);
		oracle_put(log, "value", matches[i].value);
		oracle_put(log, "message", matches[i].message);
		oracle_put(log, "data", matches[i].data);
		wq_buf_byte(log, '\n');
	}
	wq_buf_printf(log, "lost %u, severity %u\n", lost, tx->highest_severity);
}

/* All of TX, by the names of `program`, which two programs of the same rules have in common. */
static inline void oracle_values(struct wq_waf_tx *tx, const struct wq_waf_program *program, struct wq_buf *log)
{
	for (uint32_t i = 0; i < program->slots_n; i++) {
		struct wq_waf_value *value = wq_waf_value_find(tx, WQ_VAR_TX, program->slots[i]);
		if (!value)
			continue;
		oracle_put(log, "TX", program->slots[i]);
		oracle_put(log, "is", wq_waf_value_text(tx, value));
		wq_buf_byte(log, '\n');
	}
	for (uint32_t i = 0; i < tx->dynamic_n; i++) {
		if (!tx->dynamic[i].value.set)
			continue;
		oracle_put(log, wq_waf_var_name(tx->dynamic[i].var), tx->dynamic[i].name);
		oracle_put(log, "is", wq_waf_value_text(tx, &tx->dynamic[i].value));
		wq_buf_byte(log, '\n');
	}
}

/* False: a budget or a limit ended it, which the plain way reaches sooner. */
static inline bool oracle_run(const struct oracle *oracle, const struct wq_waf_program *program, wq_str request,
	wq_str response, struct wq_buf *log)
{
	const struct wq_waf_begin begin = {.body = wq_body_limits_default, .unix_msec = 1700000000000, .random = 7};
	struct wq_waf_tx *tx = wq_waf_begin(oracle->worker, program, &begin);
	enum wq_waf_step step, last;

	if (!tx)
		return false;
	step = probe_request(tx, request, SIZE_MAX / 2);
	if (step == WQ_WAF_DONE && response.p)
		step = probe_response(tx, response);
	last = probe_phase(tx, 5);
	oracle_matches(tx, log);
	oracle_values(tx, oracle->plain, log);
	struct wq_waf_verdict verdict = wq_waf_verdict(tx);
	wq_buf_printf(log, "step %d, verdict %d %u by %u", step, verdict.what, verdict.status, verdict.rule);
	oracle_put(log, "url", verdict.url);
	wq_buf_byte(log, '\n');
	wq_waf_end(&tx);
	return step != WQ_WAF_OVER && last != WQ_WAF_OVER && !wq_failed(wq_buf_err(log));
}

enum oracle_answer { ORACLE_SAME, ORACLE_GIVEN_UP, ORACLE_DIFFERENT };
/* What the two ways say is left in the buffers. */
static inline enum oracle_answer oracle_ask(
	const struct oracle *oracle, wq_str request, wq_str response, struct wq_buf *fast, struct wq_buf *plain)
{
	wq_buf_clear(fast);
	wq_buf_clear(plain);
	bool done = oracle_run(oracle, oracle->fast, request, response, fast);
	if (!oracle_run(oracle, oracle->plain, request, response, plain) || !done)
		return ORACLE_GIVEN_UP;
	return wq_str_eq(wq_buf_str(fast), wq_buf_str(plain)) ? ORACLE_SAME : ORACLE_DIFFERENT;
}

#endif
