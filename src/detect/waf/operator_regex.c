#include "detect/waf/eval_priv.h"

void wq_waf_expanded_done(struct wq_waf_worker *worker)
{
	for (size_t i = 0; i < WQ_WAF_EXPANDED_MAX; i++) {
		wq_regex_free(&worker->expanded[i].regex);
		wq_buf_done(&worker->expanded[i].text);
	}
}

static const struct wq_regex *make(struct wq_waf_worker *worker, wq_str text)
{
	uint32_t at = worker->expanded_next;
	struct wq_buf *kept = &worker->expanded[at].text;

	wq_regex_free(&worker->expanded[at].regex);
	kept->max_bytes = WQ_REGEX_BYTES_MAX;
	wq_buf_clear(kept);
	wq_buf_add(kept, text);
	/* The JIT's work would not pay: such a pattern may be another with each request. */
	if (wq_failed(wq_buf_err(kept)) || wq_failed(wq_regex_new(text, false, false, &worker->expanded[at].regex))) {
		wq_buf_clear(kept);
		return NULL;
	}
	worker->expanded_next = (at + 1) % WQ_WAF_EXPANDED_MAX;
	return worker->expanded[at].regex;
}

const struct wq_regex *wq_waf_regex_of(struct wq_waf_tx *tx, const struct wq_waf_rule *rule)
{
	struct wq_waf_worker *worker = tx->worker;

	if (rule->regex != WQ_WAF_NONE)
		return tx->program->regexes[rule->regex];
	wq_str text = wq_waf_expand(tx, &rule->argument);
	for (size_t i = 0; i < WQ_WAF_EXPANDED_MAX; i++)
		if (worker->expanded[i].regex && wq_str_eq(wq_buf_str(&worker->expanded[i].text), text))
			return worker->expanded[i].regex;
	return make(worker, text);
}
