#include "detect/waf/eval_priv.h"

const struct wq_waf_budget wq_waf_budget_default = {
	.evaluations = 200000,
	.bytes = 64 * WQ_MIB,
	.usec = 50000,
	.slice_usec = WQ_WAF_SLICE_USEC,
	.pattern_usec = 4000,
};

uint64_t wq_waf_elapsed(const struct wq_waf_tx *tx)
{
	uint64_t before = tx->cost.nsec;

	return tx->inside && tx->worker->now ? before + (tx->worker->now() - tx->since) : before;
}

/* One regular expression over one long value may cost more than all else: it ends where the time budget does. */
static void set_deadline(struct wq_waf_tx *tx)
{
	uint64_t left = tx->time_limit > tx->cost.nsec ? tx->time_limit - tx->cost.nsec : 0;

	wq_regex_scratch_until(tx->scratch, tx->time_limit ? tx->worker->now : NULL, tx->since + left);
}

void wq_waf_pattern_start(struct wq_waf_tx *tx, struct wq_waf_pattern_clock *clock)
{
	const struct wq_waf_worker *worker = tx->worker;
	uint64_t at;

	clock->cpu_since = worker->cpu ? worker->cpu() : 0;
	clock->since = worker->now();
	at = clock->since + (uint64_t)tx->begin.budget.pattern_usec * 1000;
	if (tx->time_limit == 0 || at < tx->since + tx->time_limit - WQ_MIN(tx->cost.nsec, tx->time_limit))
		wq_regex_scratch_until(tx->scratch, worker->now, at);
}

bool wq_waf_pattern_end(struct wq_waf_tx *tx, const struct wq_waf_pattern_clock *clock)
{
	const struct wq_waf_worker *worker = tx->worker;

	set_deadline(tx);
	return !worker->cpu || worker->cpu() - clock->cpu_since >= (worker->now() - clock->since) / 2;
}

void wq_waf_clock_start(struct wq_waf_tx *tx)
{
	tx->since = tx->worker->now ? tx->worker->now() : 0;
	tx->inside = true;
	if (tx->suspected)
		tx->cpu_since = tx->worker->cpu();
	set_deadline(tx);
}

void wq_waf_clock_stop(struct wq_waf_tx *tx)
{
	tx->cost.nsec = wq_waf_elapsed(tx);
	if (tx->suspected)
		tx->cpu_spent += tx->worker->cpu() - tx->cpu_since;
	tx->inside = false;
}

/* On a busy machine time passes in which the thread does not run. Once the clock says that the time is up, only time of the
 * processor counts, as much again as the budget. */
bool wq_waf_time_up(struct wq_waf_tx *tx)
{
	uint64_t budget = (uint64_t)tx->begin.budget.usec * 1000, elapsed, spent, cpu;

	if (tx->time_limit == 0 || (elapsed = wq_waf_elapsed(tx)) <= tx->time_limit)
		return false;
	if (!tx->worker->cpu)
		return true;
	cpu = tx->worker->cpu();
	if (!tx->suspected) {
		tx->suspected = true;
		tx->cpu_since = cpu;
	}
	spent = tx->cpu_spent + (cpu - tx->cpu_since);
	if (spent >= budget)
		return true;
	tx->time_limit = elapsed + (budget - spent);
	set_deadline(tx);
	return false;
}

bool wq_waf_over(struct wq_waf_tx *tx)
{
	const struct wq_waf_budget *budget = &tx->begin.budget;

	if (tx->over || tx->no_memory)
		return tx->over = true;
	tx->over = (budget->evaluations && tx->cost.evaluations > budget->evaluations) ||
		(budget->bytes && tx->cost.bytes > budget->bytes);
	/* The clock costs about as much as a regular expression on a short value. */
	if (!tx->over && (++tx->ticks & 31) == 0)
		tx->over = wq_waf_time_up(tx);
	return tx->over;
}
