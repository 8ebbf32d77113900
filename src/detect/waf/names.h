/* The words of SecLang: variables, operators, actions, directives, each a table that parser, compiler and manual share. */
#ifndef WQ_DETECT_WAF_NAMES_H
#define WQ_DETECT_WAF_NAMES_H

#include "base/str.h"

enum wq_waf_var {
#define WQ_WAF_VAR(id, name, shape, phase) WQ_VAR_##id,
#include "detect/waf/variable_table.h"
#undef WQ_WAF_VAR
	WQ_VAR_COUNT
};

enum wq_waf_op {
#define WQ_WAF_OP(id, name, argument) WQ_OP_##id,
#include "detect/waf/operator_table.h"
#undef WQ_WAF_OP
	WQ_OP_COUNT
};

enum wq_waf_action {
#define WQ_WAF_ACTION(id, name, argument) WQ_ACT_##id,
#include "detect/waf/action_table.h"
#undef WQ_WAF_ACTION
	WQ_ACT_COUNT
};

enum wq_waf_ctl {
#define WQ_WAF_CTL(id, name) WQ_CTL_##id,
#include "detect/waf/ctl_table.h"
#undef WQ_WAF_CTL
	WQ_CTL_COUNT
};

/* What a variable holds. */
enum wq_waf_shape {
	WQ_SHAPE_ONE,  /* one value */
	WQ_SHAPE_MANY, /* named values: takes a selector */
	WQ_SHAPE_TX,   /* TX: slots */
	WQ_SHAPE_STORE /* IP, SESSION, …: kept between requests */
};

/* What an operator or action takes. */
enum wq_waf_argument {
	WQ_ARGUMENT_NONE,
	WQ_ARGUMENT_TEXT,
	WQ_ARGUMENT_MACRO, /* text with %{VAR.name} */
	WQ_ARGUMENT_REGEX,
	WQ_ARGUMENT_FILE,
	WQ_ARGUMENT_REFUSED
};

/* Without case. False: no such word. */
bool wq_waf_var_parse(wq_str name, enum wq_waf_var *ret_var);
bool wq_waf_op_parse(wq_str name, enum wq_waf_op *ret_op);
bool wq_waf_action_parse(wq_str name, enum wq_waf_action *ret_action);
bool wq_waf_ctl_parse(wq_str name, enum wq_waf_ctl *ret_ctl);
const char *wq_waf_var_name(enum wq_waf_var var);
const char *wq_waf_op_name(enum wq_waf_op op);
const char *wq_waf_action_name(enum wq_waf_action action);
const char *wq_waf_ctl_name(enum wq_waf_ctl ctl);
enum wq_waf_shape wq_waf_var_shape(enum wq_waf_var var);
enum wq_waf_argument wq_waf_op_argument(enum wq_waf_op op);
enum wq_waf_argument wq_waf_action_argument(enum wq_waf_action action);
/* The phase from which it is whole (1 to 5). */
unsigned wq_waf_var_phase(enum wq_waf_var var);

#endif
