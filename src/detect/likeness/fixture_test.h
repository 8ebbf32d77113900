/* The project's own rules of likeness, for tests and measurements. */
#ifndef WQ_DETECT_LIKENESS_FIXTURE_TEST_H
#define WQ_DETECT_LIKENESS_FIXTURE_TEST_H

#include "detect/likeness/names.h"

/* Read below WQ_SOURCE_ROOT, or the working directory; ends the process when they cannot be. */
const struct wq_likeness_rules *likeness_test_rules(struct wq_arena *arena);

#endif
