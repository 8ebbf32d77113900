#include "base/test.h"
#include "inspect/crawl/robots.h"

static const struct {
	const char *text, *target;
	bool allowed;
} rows[] = {
	{"", "/", true},
	{"User-agent: *\nDisallow: /", "/a", false},
	{"User-agent: *\nDisallow:", "/a", true},
	{"User-agent: *\r\nDisallow: /a # b\r\n", "/ab", false},
	{"User-agent: *\nDisallow: /a", "/b", true},
	{"User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true},
	{"User-agent: *\nAllow: /a\nDisallow: /a", "/a", true},
	{"User-agent: *\nDisallow: /*.php$", "/x/y.php", false},
	{"User-agent: *\nDisallow: /*.php$", "/x.php5", true},
	{"User-agent: *\nDisallow: /a*b*c", "/a1b2b3c4", false},
	{"User-agent: *\nDisallow: /a*b*c", "/a1c", true},
	{"User-agent: *\nDisallow: /$", "/", false},
	{"User-agent: *\nDisallow: /$", "/a", true},
	{"User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /b", "/a", true},
	{"User-agent: WEIQUE\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", true},
	{"User-agent: x\nUser-agent: weique\nDisallow: /a", "/a", false},
	{"User-agent: weique\nUser-agent: x\nDisallow: /a", "/a", false},
	{"User-agent: weique\nDisallow: /a\nUser-agent: x\nDisallow: /b", "/b", true},
	{"Disallow: /", "/", true},
	{"User-agent: *\nnonsense\nDisallow /\n", "/", true},
	{"User-agent: *\nDisallow: /****************************x",
		"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (wq_robots_allow(wq_str_c(rows[i].text), WQ_S("weique"), wq_str_c(rows[i].target)) !=
			rows[i].allowed)
			fail_msg("%s for %s", rows[i].text, rows[i].target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
