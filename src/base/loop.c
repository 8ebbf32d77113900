#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum type { WATCH_FD, WATCH_TIMER, WATCH_SIGNAL, WATCH_CHILD };

struct wq_watch {
	struct wq_loop *loop;
	struct wq_watch *next, *prev;
	enum type type;
	int fd; /* ours for signals and children */
	pid_t pid;
	bool closed, armed;
	uint64_t due_msec, repeat_msec;
	void *data;
	union {
		void (*fd)(void *data, uint32_t events);
		void (*timer)(void *data);
		void (*number)(void *data, int number);
	} call;
};

struct post {
	void (*call)(void *data);
	void *data;
	struct post *next;
};

struct wq_loop {
	struct wq_clock clock;
	int epoll, wake;
	struct wq_watch *watches; /* all, newest first */
	bool running;             /* callbacks are being called: closed watches wait for the end of the round */
	atomic_bool stopped;
	pthread_mutex_t mutex;
	struct post *first, **last;
	size_t posts;
};

static uint64_t now_msec(const struct wq_loop *loop)
{
	return loop->clock.monotonic_msec(loop->clock.data);
}

wq_err wq_loop_new(const struct wq_clock *clock, struct wq_loop **ret_loop)
{
	struct wq_loop *loop = calloc(1, sizeof *loop);
	struct epoll_event event = {.events = EPOLLIN};

	if (!loop)
		return wq_error_id(WQ_E_NO_MEMORY);
	loop->clock = *clock;
	loop->last = &loop->first;
	pthread_mutex_init(&loop->mutex, NULL);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll < 0 || loop->wake < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0) {
		wq_err e = wq_error_sys(WQ_E_IO, errno, "an event loop: %s", strerror(errno));
		wq_loop_free(&loop);
		return e;
	}
	*ret_loop = loop;
	return WQ_OK;
}

static void watch_free(struct wq_watch *w)
{
	if (w->next)
		w->next->prev = w->prev;
	if (w->prev)
		w->prev->next = w->next;
	else
		w->loop->watches = w->next;
	free(w);
}

void wq_loop_free(struct wq_loop **loop)
{
	struct wq_loop *l = loop ? *loop : NULL;

	if (!l)
		return;
	l->running = false;
	while (l->watches) {
		struct wq_watch *w = l->watches;
		if (w->closed)
			watch_free(w);
		else
			wq_watch_close(&w);
	}
	while (l->first) {
		struct post *next = l->first->next;
		free(l->first);
		l->first = next;
	}
	if (l->epoll >= 0)
		close(l->epoll);
	if (l->wake >= 0)
		close(l->wake);
	pthread_mutex_destroy(&l->mutex);
	free(l);
	*loop = NULL;
}

void wq_watch_close(struct wq_watch **watch)
{
	struct wq_watch *w = watch ? *watch : NULL;

	if (!w)
		return;
	*watch = NULL;
	w->closed = true;
	if (w->fd >= 0)
		epoll_ctl(w->loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	if (w->fd >= 0 && w->type != WATCH_FD)
		close(w->fd);
	w->fd = -1;
	if (!w->loop->running)
		watch_free(w);
}

static struct wq_watch *watch_new(struct wq_loop *loop, enum type type, int fd, void *data)
{
	struct wq_watch *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	*w = (struct wq_watch){.loop = loop, .type = type, .fd = fd, .data = data, .next = loop->watches};
	if (loop->watches)
		loop->watches->prev = w;
	loop->watches = w;
	return w;
}

/* Watches `fd` for a new watch; closes a descriptor of ours on failure. */
static wq_err watch_add(
	struct wq_loop *loop, enum type type, int fd, uint32_t events, void *data, struct wq_watch **ret_watch)
{
	struct wq_watch *w = watch_new(loop, type, fd, data);
	struct epoll_event event = {.events = events, .data.ptr = w};
	wq_err e = WQ_OK;

	if (!w)
		e = wq_error_id(WQ_E_NO_MEMORY);
	else if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		e = wq_error_sys(WQ_E_IO, errno, "watch a descriptor: %s", strerror(errno));
	if (wq_failed(e)) {
		if (w)
			watch_free(w);
		if (type != WATCH_FD)
			close(fd);
		return e;
	}
	*ret_watch = w;
	return WQ_OK;
}

wq_err wq_loop_watch_fd(struct wq_loop *loop, int fd, uint32_t events, void (*call)(void *data, uint32_t events),
	void *data, struct wq_watch **ret_watch)
{
	WQ_TRY(watch_add(loop, WATCH_FD, fd, events, data, ret_watch));
	(*ret_watch)->call.fd = call;
	return WQ_OK;
}

wq_err wq_watch_set_events(struct wq_watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) != 0)
		return wq_error_sys(WQ_E_IO, errno, "watch a descriptor: %s", strerror(errno));
	return WQ_OK;
}

wq_err wq_loop_watch_timer(struct wq_loop *loop, uint64_t delay_msec, uint64_t repeat_msec, void (*call)(void *data),
	void *data, struct wq_watch **ret_watch)
{
	struct wq_watch *w = watch_new(loop, WATCH_TIMER, -1, data);

	if (!w)
		return wq_error_id(WQ_E_NO_MEMORY);
	w->call.timer = call;
	wq_watch_set_timer(w, delay_msec, repeat_msec);
	*ret_watch = w;
	return WQ_OK;
}

void wq_watch_set_timer(struct wq_watch *watch, uint64_t delay_msec, uint64_t repeat_msec)
{
	uint64_t now = now_msec(watch->loop);

	watch->armed = true;
	watch->due_msec = delay_msec > UINT64_MAX - now ? UINT64_MAX : now + delay_msec;
	watch->repeat_msec = repeat_msec;
}

wq_err wq_loop_watch_signal(
	struct wq_loop *loop, int signum, void (*call)(void *data, int signum), void *data, struct wq_watch **ret_watch)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	if (sigaddset(&set, signum) != 0)
		return wq_error(WQ_E_INPUT, "no such signal: %d", signum);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "watch a signal: %s", strerror(errno));
	WQ_TRY(watch_add(loop, WATCH_SIGNAL, fd, EPOLLIN, data, ret_watch));
	(*ret_watch)->call.number = call;
	return WQ_OK;
}

wq_err wq_loop_watch_child(
	struct wq_loop *loop, pid_t pid, void (*call)(void *data, int status), void *data, struct wq_watch **ret_watch)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return wq_error_sys(WQ_E_NOT_FOUND, errno, "watch process %ld: %s", (long)pid, strerror(errno));
	WQ_TRY(watch_add(loop, WATCH_CHILD, fd, EPOLLIN, data, ret_watch));
	(*ret_watch)->pid = pid;
	(*ret_watch)->call.number = call;
	return WQ_OK;
}

static void wake(struct wq_loop *loop)
{
	const uint64_t one = 1;

	if (write(loop->wake, &one, sizeof one) < 0)
		return; /* the counter is full: it wakes already */
}

wq_err wq_loop_post(struct wq_loop *loop, void (*call)(void *data), void *data)
{
	struct post *post = malloc(sizeof *post);
	wq_err e = WQ_OK;

	if (!post)
		return wq_error_id(WQ_E_NO_MEMORY);
	*post = (struct post){call, data, NULL};
	pthread_mutex_lock(&loop->mutex);
	if (loop->posts >= WQ_LOOP_POSTS) {
		e = wq_error(WQ_E_LIMIT, "%d calls are waiting", WQ_LOOP_POSTS);
		free(post);
	} else {
		loop->posts++;
		*loop->last = post;
		loop->last = &post->next;
	}
	pthread_mutex_unlock(&loop->mutex);
	wake(loop);
	return e;
}

void wq_loop_stop(struct wq_loop *loop)
{
	atomic_store(&loop->stopped, true);
	wake(loop);
}

bool wq_loop_stopped(const struct wq_loop *loop)
{
	return atomic_load(&loop->stopped);
}

/* Calls what had been posted when the round began; what these post comes in the next. */
static void run_posts(struct wq_loop *loop)
{
	struct post *list;
	uint64_t count;

	if (read(loop->wake, &count, sizeof count) < 0)
		return;
	pthread_mutex_lock(&loop->mutex);
	list = loop->first;
	loop->first = NULL;
	loop->last = &loop->first;
	loop->posts = 0;
	pthread_mutex_unlock(&loop->mutex);
	while (list) {
		struct post *next = list->next;
		list->call(list->data);
		free(list);
		list = next;
	}
}

static void run_signal(struct wq_watch *w)
{
	struct signalfd_siginfo info;

	while (!w->closed && read(w->fd, &info, sizeof info) == (ssize_t)sizeof info)
		w->call.number(w->data, (int)info.ssi_signo);
}

static void run_child(struct wq_watch *w)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(w->pid, &status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return;
	epoll_ctl(w->loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->call.number(w->data, pid == w->pid ? status : -1);
}

static void run_watch(struct wq_watch *w, uint32_t events)
{
	if (w->closed)
		return;
	switch (w->type) {
	case WATCH_FD: w->call.fd(w->data, events); break;
	case WATCH_SIGNAL: run_signal(w); break;
	case WATCH_CHILD: run_child(w); break;
	case WATCH_TIMER: break;
	}
}

static struct wq_watch *next_timer(const struct wq_loop *loop)
{
	struct wq_watch *first = NULL;

	for (struct wq_watch *w = loop->watches; w; w = w->next)
		if (w->type == WATCH_TIMER && w->armed && !w->closed && (!first || w->due_msec < first->due_msec))
			first = w;
	return first;
}

/* In order of their times. The bound on rounds keeps a timer of delay 0 that sets itself again from holding the loop. */
static void run_timers(struct wq_loop *loop)
{
	uint64_t now = now_msec(loop);
	struct wq_watch *w;

	for (int round = 0; round < 1024 && (w = next_timer(loop)) && w->due_msec <= now; round++) {
		w->armed = w->repeat_msec > 0;
		if (w->armed)
			w->due_msec = now + w->repeat_msec;
		w->call.timer(w->data);
	}
}

static int wait_msec(const struct wq_loop *loop, int max_wait_msec)
{
	const struct wq_watch *w = next_timer(loop);
	uint64_t now = now_msec(loop), wait;

	if (!w)
		return max_wait_msec;
	wait = w->due_msec > now ? w->due_msec - now : 0;
	if (max_wait_msec >= 0 && wait > (uint64_t)max_wait_msec)
		return max_wait_msec;
	return wait > INT_MAX ? INT_MAX : (int)wait;
}

static void sweep(struct wq_loop *loop)
{
	for (struct wq_watch *w = loop->watches, *next; w; w = next) {
		next = w->next;
		if (w->closed)
			watch_free(w);
	}
}

wq_err wq_loop_once(struct wq_loop *loop, int max_wait_msec)
{
	struct epoll_event events[64];
	int n = epoll_wait(loop->epoll, events, WQ_COUNT(events), wait_msec(loop, max_wait_msec));

	if (n < 0 && errno != EINTR)
		return wq_error_sys(WQ_E_IO, errno, "wait for events: %s", strerror(errno));
	loop->running = true;
	run_timers(loop);
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			run_watch(events[i].data.ptr, events[i].events);
		else
			run_posts(loop);
	}
	loop->running = false;
	sweep(loop);
	return WQ_OK;
}

wq_err wq_loop_run(struct wq_loop *loop)
{
	while (!wq_loop_stopped(loop))
		WQ_TRY(wq_loop_once(loop, -1));
	atomic_store(&loop->stopped, false);
	return WQ_OK;
}
