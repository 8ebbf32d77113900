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

static bool allowed(wq_str text, const char *target)
{
	WQ_BUF(rules, WQ_MIB);

	assert_ok(wq_robots_read(text, WQ_S("weique"), &rules));
	return wq_robots_allow(wq_buf_str(&rules), wq_str_c(target));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (allowed(wq_str_c(rows[i].text), rows[i].target) != rows[i].allowed)
			fail_msg("%s for %s", rows[i].text, rows[i].target);
}

/* A file whose questions would take for ever: the answer comes at once, and is no. */
static void test_costly(void **state)
{
	char target[2000];
	WQ_BUF(text, WQ_MIB);

	(void)state;
	memset(target, 'a', sizeof target);
	target[0] = '/';
	target[sizeof target - 1] = 0;
	wq_buf_add(&text, WQ_S("User-agent: *\n"));
	for (int i = 0; i < 30000; i++)
		wq_buf_add(&text, WQ_S("Disallow: /a*aaaab\n"));
	assert_false(allowed(wq_buf_str(&text), target));
	assert_true(allowed(wq_buf_str(&text), "/b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_costly)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
