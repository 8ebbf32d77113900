#include "gate/nginx/rules_exceptions.h"

void wq_rules_exception_label(const struct wq_guard_exception *x, char out[WQ_RULES_LABEL_MAX])
{
	char rules[64];

	if (x->tag.n > 0)
		snprintf(rules, sizeof rules, "tag:%.*s", WQ_S_ARG(x->tag));
	else if (x->first == x->last)
		snprintf(rules, sizeof rules, "%u", x->first);
	else
		snprintf(rules, sizeof rules, "%u-%u", x->first, x->last);
	snprintf(out, WQ_RULES_LABEL_MAX, "%s%s%.*s %.*s", rules, x->target.n > 0 ? " " : "", WQ_S_ARG(x->target),
		WQ_S_ARG(x->prefix));
}

static void set_free(void *data)
{
	for (struct wq_rules_exceptions *x = data, *next; x; x = next) {
		next = x->next;
		wq_waf_exceptions_free(&x->ready);
		free(x->rows);
		free(x->hits);
		free(x);
	}
}

static struct wq_waf_exception to_program(const struct wq_guard_exception *x, uint32_t row)
{
	return (struct wq_waf_exception){
		.first = x->first, .last = x->last, .tag = x->tag, .target = x->target, .mark = row};
}

/* All at once, and when that fails one by one, so that a bad one does not take the others with it. */
static wq_err make_ready(struct wq_rules_exceptions *x, wq_rules_left_out_fn left_out, void *data)
{
	const struct wq_guard *guard = x->guard;
	struct wq_waf_exception *list = calloc(guard->exceptions_n, sizeof *list);
	wq_err e = WQ_OK;

	if (!list)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (uint32_t i = 0; i < guard->exceptions_n; i++) {
		struct wq_waf_exceptions *alone;
		char label[WQ_RULES_LABEL_MAX];

		list[x->n] = to_program(&guard->exceptions[i], i);
		e = wq_waf_exceptions_new(x->program, &list[x->n], 1, &alone);
		if (!wq_failed(e)) {
			wq_waf_exceptions_free(&alone);
			x->rows[x->n++] = i;
			continue;
		}
		wq_rules_exception_label(&guard->exceptions[i], label);
		left_out(data, label, e);
	}
	e = x->n > 0 ? wq_waf_exceptions_new(x->program, list, x->n, &x->ready) : WQ_OK;
	free(list);
	return e;
}

struct wq_rules_exceptions *wq_rules_exceptions(struct wq_gate_release *release, const struct wq_waf_program *program,
	wq_rules_left_out_fn left_out, void *data)
{
	const struct wq_guard *guard = &release->policy.guard;
	struct wq_rules_exceptions *x;
	wq_err e;

	if (guard->exceptions_n == 0)
		return NULL;
	for (x = release->attached; x; x = x->next)
		if (x->program == program)
			return x;
	x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->program = program;
	x->guard = guard;
	x->rows = calloc(guard->exceptions_n, sizeof *x->rows);
	x->hits = calloc(guard->exceptions_n, sizeof *x->hits);
	e = x->rows && x->hits ? make_ready(x, left_out, data) : wq_error_id(WQ_E_NO_MEMORY);
	if (wq_failed(e)) {
		left_out(data, "*", e);
		x->n = 0;
	}
	x->next = release->attached;
	release->attached = x;
	release->detach = set_free;
	return x;
}

size_t wq_rules_exceptions_active(
	const struct wq_rules_exceptions *x, wq_str path, wq_day day, uint64_t ret_active[WQ_RULES_ACTIVE_WORDS])
{
	size_t active = 0;

	memset(ret_active, 0, WQ_RULES_ACTIVE_WORDS * sizeof *ret_active);
	for (size_t i = 0; i < x->n; i++) {
		const struct wq_guard_exception *row = &x->guard->exceptions[x->rows[i]];

		if (row->until < day || !wq_policy_below(row->prefix, path))
			continue;
		ret_active[i / 64] |= (uint64_t)1 << (i % 64);
		active++;
	}
	return active;
}
