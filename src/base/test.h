/* What every unit test includes: cmocka with its prerequisites, and assertions in the project's types. Tests only. */
#ifndef WQ_BASE_TEST_H
#define WQ_BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"

#define assert_ok(expression) \
	do { \
		wq_err e_ = (expression); \
		if (wq_failed(e_)) \
			fail_msg("%s: %s: %s", #expression, wq_err_name(e_), wq_err_note(e_)); \
	} while (0)

#define assert_err(expression, expected) \
	do { \
		wq_err e_ = (expression); \
		if (!wq_is(e_, expected)) \
			fail_msg("%s: %s (%s) instead of %s", #expression, wq_err_name(e_), wq_err_note(e_), \
				#expected); \
	} while (0)

#define assert_str(actual, expected) \
	do { \
		wq_str a_ = (actual), b_ = (expected); \
		if (!wq_str_eq(a_, b_)) \
			fail_msg("%s: \"%.*s\" instead of \"%.*s\"", #actual, WQ_S_ARG(a_), WQ_S_ARG(b_)); \
	} while (0)

#endif
