#include "base/test.h"

#include "base/progress.h"

#include <fcntl.h>
#include <termios.h>

static wq_time now;

/* A terminal of our own: what is written to the second shows at the first. */
static void open_terminal(int fds[2])
{
	struct termios raw;

	fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(fds[0] >= 0 && grantpt(fds[0]) == 0 && unlockpt(fds[0]) == 0);
	fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY);
	assert_true(fds[1] >= 0 && tcgetattr(fds[1], &raw) == 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(fds[1], TCSANOW, &raw), 0);
}

static wq_str shown(int fd)
{
	static char text[4096];
	ssize_t n = read(fd, text, sizeof text);

	return wq_str_of(text, n > 0 ? (size_t)n : 0);
}

static void draws_on_a_terminal(void **state)
{
	struct wq_clock clock = wq_clock_fixed(&now);
	struct wq_progress p;
	int fds[2];

	(void)state;
	setenv("TERM", "xterm", 1);
	open_terminal(fds);
	wq_progress_init(&p, &clock, fds[1], "sealing", 200, false);
	wq_progress_add(&p, 50);
	assert_str(shown(fds[0]), WQ_S("\r\033[Ksealing [#######.......................]  25% 50/200"));
	wq_progress_add(&p, 50);
	assert_int_equal(shown(fds[0]).n, 0); /* too soon */
	now += WQ_SECOND;
	wq_progress_add(&p, UINT64_MAX);
	assert_str(shown(fds[0]), WQ_S("\r\033[Ksealing [##############################] 100% 200/200"));
	wq_progress_done(&p);
	assert_str(shown(fds[0]), WQ_S("\r\033[K"));
	wq_progress_done(&p);
	assert_int_equal(shown(fds[0]).n, 0);
	wq_progress_init(&p, &clock, fds[1], "pages", 0, false);
	wq_progress_add(&p, 7);
	assert_str(shown(fds[0]), WQ_S("\r\033[Kpages 7"));
	wq_progress_init(&p, &clock, fds[1], "pages", 0, true);
	wq_progress_add(&p, 7);
	wq_progress_done(&p);
	assert_int_equal(shown(fds[0]).n, 0); /* quiet */
	close(fds[0]), close(fds[1]);
}

static void is_silent_elsewhere(void **state)
{
	struct wq_clock clock = wq_clock_fixed(&now);
	struct wq_progress p;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	wq_progress_init(&p, &clock, fds[1], "x", 10, false);
	wq_progress_add(&p, 10);
	wq_progress_done(&p);
	assert_int_equal(shown(fds[0]).n, 0);
	assert_int_equal(p.done, 10);
	close(fds[0]), close(fds[1]);
}

static void colours(void **state)
{
	int fds[2], ends[2];

	(void)state;
	open_terminal(fds);
	assert_int_equal(pipe(ends), 0);
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	assert_true(wq_colour_wanted(fds[1]));
	assert_false(wq_colour_wanted(ends[1]));
	setenv("NO_COLOR", "1", 1);
	assert_false(wq_colour_wanted(fds[1]));
	setenv("NO_COLOR", "", 1);
	assert_true(wq_colour_wanted(fds[1]));
	setenv("TERM", "dumb", 1);
	assert_false(wq_colour_wanted(fds[1]));
	assert_string_equal(wq_colour(true, WQ_COLOUR_RED), "\033[31m");
	assert_string_equal(wq_colour(true, WQ_COLOUR_NONE), "\033[0m");
	assert_string_equal(wq_colour(false, WQ_COLOUR_RED), "");
	close(fds[0]), close(fds[1]), close(ends[0]), close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_on_a_terminal),
		cmocka_unit_test(is_silent_elsewhere),
		cmocka_unit_test(colours),
	};
	return cmocka_run_group_tests_name("base-progress", tests, NULL, NULL);
}
