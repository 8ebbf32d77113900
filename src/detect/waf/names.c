#include "detect/waf/names.h"

static const struct {
	const char *name;
	enum wq_waf_shape shape;
	unsigned phase;
} var_rows[] = {
#define WQ_WAF_VAR(id, name, shape, phase) {name, shape, phase},
#include "detect/waf/variable_table.h"
#undef WQ_WAF_VAR
};

struct word {
	const char *name;
	enum wq_waf_argument argument;
};

static const struct word op_rows[] = {
#define WQ_WAF_OP(id, name, argument) {name, argument},
#include "detect/waf/operator_table.h"
#undef WQ_WAF_OP
};

static const struct word action_rows[] = {
#define WQ_WAF_ACTION(id, name, argument) {name, argument},
#include "detect/waf/action_table.h"
#undef WQ_WAF_ACTION
};

static const char *const ctl_rows[] = {
#define WQ_WAF_CTL(id, name) name,
#include "detect/waf/ctl_table.h"
#undef WQ_WAF_CTL
};

bool wq_waf_var_parse(wq_str name, enum wq_waf_var *ret_var)
{
	for (unsigned i = 0; i < WQ_VAR_COUNT; i++) {
		if (!wq_str_eq_nocase(name, wq_str_c(var_rows[i].name)))
			continue;
		*ret_var = (enum wq_waf_var)i;
		return true;
	}
	return false;
}

static bool word_find(const struct word *rows, unsigned n, wq_str name, unsigned *ret_at)
{
	for (unsigned i = 0; i < n; i++) {
		if (!wq_str_eq_nocase(name, wq_str_c(rows[i].name)))
			continue;
		*ret_at = i;
		return true;
	}
	return false;
}

bool wq_waf_op_parse(wq_str name, enum wq_waf_op *ret_op)
{
	unsigned at;
	if (!word_find(op_rows, WQ_OP_COUNT, name, &at))
		return false;
	*ret_op = (enum wq_waf_op)at;
	return true;
}

bool wq_waf_action_parse(wq_str name, enum wq_waf_action *ret_action)
{
	unsigned at;
	if (!word_find(action_rows, WQ_ACT_COUNT, name, &at))
		return false;
	*ret_action = (enum wq_waf_action)at;
	return true;
}

bool wq_waf_ctl_parse(wq_str name, enum wq_waf_ctl *ret_ctl)
{
	for (unsigned i = 0; i < WQ_CTL_COUNT; i++) {
		if (!wq_str_eq_nocase(name, wq_str_c(ctl_rows[i])))
			continue;
		*ret_ctl = (enum wq_waf_ctl)i;
		return true;
	}
	return false;
}

const char *wq_waf_var_name(enum wq_waf_var var)
{
	return var_rows[var].name;
}

const char *wq_waf_op_name(enum wq_waf_op op)
{
	return op_rows[op].name;
}

const char *wq_waf_action_name(enum wq_waf_action action)
{
	return action_rows[action].name;
}

const char *wq_waf_ctl_name(enum wq_waf_ctl ctl)
{
	return ctl_rows[ctl];
}

enum wq_waf_shape wq_waf_var_shape(enum wq_waf_var var)
{
	return var_rows[var].shape;
}

enum wq_waf_argument wq_waf_op_argument(enum wq_waf_op op)
{
	return op_rows[op].argument;
}

enum wq_waf_argument wq_waf_action_argument(enum wq_waf_action action)
{
	return action_rows[action].argument;
}

unsigned wq_waf_var_phase(enum wq_waf_var var)
{
	return var_rows[var].phase;
}
