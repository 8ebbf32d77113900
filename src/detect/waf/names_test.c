#include "base/test.h"
#include "detect/waf/names.h"

static void every_name_is_found_again_without_case(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WQ_VAR_COUNT; i++) {
		enum wq_waf_var var;
		assert_true(wq_waf_var_parse(wq_str_c(wq_waf_var_name((enum wq_waf_var)i)), &var));
		assert_int_equal(var, i);
	}
	for (unsigned i = 0; i < WQ_OP_COUNT; i++) {
		enum wq_waf_op op;
		assert_true(wq_waf_op_parse(wq_str_c(wq_waf_op_name((enum wq_waf_op)i)), &op));
		assert_int_equal(op, i);
	}
	for (unsigned i = 0; i < WQ_ACT_COUNT; i++) {
		enum wq_waf_action action;
		assert_true(wq_waf_action_parse(wq_str_c(wq_waf_action_name((enum wq_waf_action)i)), &action));
		assert_int_equal(action, i);
	}
	for (unsigned i = 0; i < WQ_CTL_COUNT; i++) {
		enum wq_waf_ctl ctl;
		assert_true(wq_waf_ctl_parse(wq_str_c(wq_waf_ctl_name((enum wq_waf_ctl)i)), &ctl));
		assert_int_equal(ctl, i);
	}
	enum wq_waf_op op;
	assert_true(wq_waf_op_parse(WQ_S("DETECTsqlI"), &op));
	assert_int_equal(op, WQ_OP_DETECT_SQLI);
}

static void strangers_are_not_found(void **state)
{
	(void)state;
	enum wq_waf_var var;
	enum wq_waf_op op;
	enum wq_waf_action action;
	enum wq_waf_ctl ctl;
	assert_false(wq_waf_var_parse(WQ_S("ARG"), &var));
	assert_false(wq_waf_var_parse(WQ_S(""), &var));
	assert_false(wq_waf_op_parse(WQ_S("rxx"), &op));
	assert_false(wq_waf_action_parse(WQ_S("denied"), &action));
	assert_false(wq_waf_ctl_parse(WQ_S("ruleEngineX"), &ctl));
}

static void rows_say_shape_phase_and_argument(void **state)
{
	(void)state;
	assert_int_equal(wq_waf_var_shape(WQ_VAR_ARGS), WQ_SHAPE_MANY);
	assert_int_equal(wq_waf_var_phase(WQ_VAR_ARGS), 2);
	assert_int_equal(wq_waf_var_shape(WQ_VAR_TX), WQ_SHAPE_TX);
	assert_int_equal(wq_waf_op_argument(WQ_OP_RX), WQ_ARGUMENT_REGEX);
	assert_int_equal(wq_waf_action_argument(WQ_ACT_EXEC), WQ_ARGUMENT_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_found_again_without_case),
		cmocka_unit_test(strangers_are_not_found),
		cmocka_unit_test(rows_say_shape_phase_and_argument),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
