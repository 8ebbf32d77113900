#include "detect/waf/eval_priv.h"

const struct wq_waf_budget wq_waf_budget_default = {
	.evaluations = 200000,
	.bytes = 64 * WQ_MIB,
	.usec = 50000,
	.slice_usec = WQ_WAF_SLICE_USEC,
};

uint64_t wq_waf_elapsed(const struct wq_waf_tx *tx)
{
	uint64_t before = tx->cost.nsec;

	return tx->running && tx->worker->now ? before + (tx->worker->now() - tx->since) : before;
}

bool wq_waf_over(struct wq_waf_tx *tx)
{
	const struct wq_waf_budget *budget = &tx->begin.budget;

	if (tx->over || tx->no_memory)
		return tx->over = true;
	tx->over = (budget->evaluations && tx->cost.evaluations > budget->evaluations) ||
		(budget->bytes && tx->cost.bytes > budget->bytes);
	/* The clock costs about as much as a regular expression on a short value. */
	if (!tx->over && (++tx->ticks & 31) == 0 && budget->usec)
		tx->over = wq_waf_elapsed(tx) > (uint64_t)budget->usec * 1000;
	return tx->over;
}
