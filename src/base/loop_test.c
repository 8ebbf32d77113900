#include "base/test.h"

#include "base/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static wq_time now;
static struct wq_loop *loop;
static char trace[256];

static char word_late[] = "late", word_soon[] = "soon", word_again[] = "again", word_p[] = "p", word_x[] = "x";

static void note(const char *what)
{
	size_t n = strlen(trace);

	snprintf(trace + n, sizeof trace - n, "%s ", what);
}

static int up(void **state)
{
	struct wq_clock clock = wq_clock_fixed(&now);

	(void)state;
	now = 0;
	trace[0] = '\0';
	return wq_failed(wq_loop_new(&clock, &loop)) ? -1 : 0;
}

static int down(void **state)
{
	(void)state;
	wq_loop_free(&loop);
	wq_loop_free(&loop);
	return loop ? -1 : 0;
}

static void on_timer(void *data)
{
	note(data);
}

static void timers(void **state)
{
	struct wq_watch *a, *b, *c;

	(void)state;
	assert_ok(wq_loop_watch_timer(loop, 20, 0, on_timer, word_late, &a));
	assert_ok(wq_loop_watch_timer(loop, 10, 0, on_timer, word_soon, &b));
	assert_ok(wq_loop_watch_timer(loop, 5, 7, on_timer, word_again, &c));
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "");
	now = 4999;
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "");
	now = 5000;
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "again ");
	now = 100000; /* what was missed is not made up for; order is by time */
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "again soon again late ");
	wq_watch_close(&c);
	assert_null(c);
	now = 1000000;
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "again soon again late ");
	wq_watch_set_timer(b, 0, 0);
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "again soon again late soon ");
	wq_watch_set_timer(b, UINT64_MAX, 0);
	assert_ok(wq_loop_once(loop, 0));
	wq_watch_close(&a);
}

static struct wq_watch *first, *second;
static int pairs[2][2];

static void on_either(void *data, uint32_t events)
{
	(void)data;
	note(events & WQ_LOOP_IN ? "in" : "out");
	wq_watch_close(&first);
	wq_watch_close(&second);
}

/* Both are ready; whichever comes first closes both, and the other is not called. */
static void closing_inside_a_round(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
		assert_int_equal(write(pairs[i][1], "x", 1), 1);
	}
	assert_ok(wq_loop_watch_fd(loop, pairs[0][0], WQ_LOOP_IN, on_either, NULL, &first));
	assert_ok(wq_loop_watch_fd(loop, pairs[1][0], WQ_LOOP_IN, on_either, NULL, &second));
	assert_ok(wq_loop_once(loop, 1000));
	assert_string_equal(trace, "in ");
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "in ");
	for (int i = 0; i < 2; i++)
		close(pairs[i][0]), close(pairs[i][1]);
}

static void on_ready(void *data, uint32_t events)
{
	(void)data;
	note(events & WQ_LOOP_GONE ? "gone" : events & WQ_LOOP_IN ? "in" : "out");
}

static void descriptors(void **state)
{
	struct wq_watch *w, *twice;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_ok(wq_loop_watch_fd(loop, fds[0], WQ_LOOP_IN, on_ready, NULL, &w));
	assert_err(wq_loop_watch_fd(loop, fds[0], WQ_LOOP_IN, on_ready, NULL, &twice), WQ_E_IO);
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "");
	assert_ok(wq_watch_set_events(w, WQ_LOOP_OUT));
	assert_ok(wq_loop_once(loop, 0));
	assert_ok(wq_watch_set_events(w, 0));
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "out ");
	close(fds[1]);
	assert_ok(wq_watch_set_events(w, WQ_LOOP_IN));
	assert_ok(wq_loop_once(loop, 0));
	assert_string_equal(trace, "out gone ");
	wq_watch_close(&w);
	wq_watch_close(&w);
	close(fds[0]);
	assert_err(wq_loop_watch_fd(loop, fds[0], WQ_LOOP_IN, on_ready, NULL, &w), WQ_E_IO);
}

static void on_number(void *data, int number)
{
	*(int *)data = number;
	wq_loop_stop(loop);
}

static void signals(void **state)
{
	struct wq_watch *w;
	int got = 0;

	(void)state;
	assert_ok(wq_loop_watch_signal(loop, SIGUSR1, on_number, &got, &w));
	raise(SIGUSR1);
	assert_ok(wq_loop_run(loop));
	assert_int_equal(got, SIGUSR1);
	assert_err(wq_loop_watch_signal(loop, 4711, on_number, &got, &w), WQ_E_INPUT);
}

static void children(void **state)
{
	struct wq_watch *w;
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(42);
	assert_ok(wq_loop_watch_child(loop, pid, on_number, &status, &w));
	assert_ok(wq_loop_run(loop));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	assert_int_equal(waitpid(pid, &status, WNOHANG), -1); /* reaped */
	assert_ok(wq_loop_once(loop, 0));
	wq_watch_close(&w);
	assert_err(wq_loop_watch_child(loop, pid, on_number, &status, &w), WQ_E_NOT_FOUND);
}

static void post_again(void *data)
{
	note(data);
	if (strlen(trace) < 9)
		assert_ok(wq_loop_post(loop, post_again, data));
	else
		wq_loop_stop(loop);
}

static void *from_a_thread(void *data)
{
	assert_ok(wq_loop_post(loop, post_again, data));
	return NULL;
}

static void posts(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, from_a_thread, word_p), 0);
	assert_ok(wq_loop_run(loop));
	pthread_join(thread, NULL);
	assert_string_equal(trace, "p p p p p ");
	for (int i = 0; i < WQ_LOOP_POSTS; i++)
		assert_ok(wq_loop_post(loop, on_timer, word_x));
	assert_err(wq_loop_post(loop, on_timer, NULL), WQ_E_LIMIT);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(timers),
		CASE(closing_inside_a_round),
		CASE(descriptors),
		CASE(signals),
		CASE(children),
		CASE(posts),
	};
	return cmocka_run_group_tests_name("base-loop", tests, NULL, NULL);
}
