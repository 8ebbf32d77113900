/* An event loop: descriptors (epoll), timers, signals, ends of children, and calls posted from anywhere.
 *
 * Invariants: callbacks run one after another in the thread of wq_loop_run(); a watch may be closed in any callback, its own
 * included, and is not called afterwards; a timer never fires early by the clock that was given. Everything but
 * wq_loop_post() and wq_loop_stop() belongs to the loop's thread. Signals that are watched stay blocked in the thread
 * that watches them: do so before other threads start. Bad at: regular files, which are always ready.
 */
#ifndef WQ_BASE_LOOP_H
#define WQ_BASE_LOOP_H

#include "base/base.h"
#include "base/clock.h"

#include <sys/epoll.h>
#include <sys/types.h>

struct wq_loop;
struct wq_watch; /* one descriptor, timer, signal or child */

enum { WQ_LOOP_IN = EPOLLIN, WQ_LOOP_OUT = EPOLLOUT, WQ_LOOP_GONE = EPOLLHUP | EPOLLERR };
enum { WQ_LOOP_POSTS = 65536 };

/* Timers follow clock->monotonic_msec. */
wq_err wq_loop_new(const struct wq_clock *clock, struct wq_loop **ret_loop);
/* Closes what is still watched. */
void wq_loop_free(struct wq_loop **loop);

/* Runs until wq_loop_stop(). Errors: WQ_E_IO when epoll fails. */
wq_err wq_loop_run(struct wq_loop *loop);
/* One round: waits at most `max_wait_msec` (-1: without end), then calls what is due. For tests and for embedding. */
wq_err wq_loop_once(struct wq_loop *loop, int max_wait_msec);
/* wq_loop_run() returns after the callbacks of the round. From any thread; not from a signal handler. */
void wq_loop_stop(struct wq_loop *loop);
bool wq_loop_stopped(const struct wq_loop *loop);

/* Calls `call` once with `events` (WQ_LOOP_IN, …) each time `fd` is ready (level-triggered). `fd` stays the caller's and has
 * to outlive the watch. */
wq_err wq_loop_watch_fd(struct wq_loop *loop, int fd, uint32_t events, void (*call)(void *data, uint32_t events),
	void *data, struct wq_watch **ret_watch);
/* Other events for the same descriptor; 0 pauses it. */
wq_err wq_watch_set_events(struct wq_watch *watch, uint32_t events);

/* After `delay_msec`, and then every `repeat_msec` unless that is 0; rounds that were missed are not made up for. A
 * timer that does not repeat stays, at rest, until it is set again or closed. */
wq_err wq_loop_watch_timer(struct wq_loop *loop, uint64_t delay_msec, uint64_t repeat_msec, void (*call)(void *data),
	void *data, struct wq_watch **ret_watch);
void wq_watch_set_timer(struct wq_watch *watch, uint64_t delay_msec, uint64_t repeat_msec);

/* Each time the signal has come. Blocks it in the calling thread; closing the watch does not unblock it. */
wq_err wq_loop_watch_signal(struct wq_loop *loop, int signum, void (*call)(void *data, int signum), void *data,
	struct wq_watch **ret_watch);

/* Once, when the child has ended, with the status of waitpid(2); the child is reaped. */
wq_err wq_loop_watch_child(
	struct wq_loop *loop, pid_t pid, void (*call)(void *data, int status), void *data, struct wq_watch **ret_watch);

/* Ends the watch. Accepts NULL; sets it to NULL. */
void wq_watch_close(struct wq_watch **watch);

/* Calls `call` in the loop's thread, in order. From any thread. WQ_E_LIMIT over WQ_LOOP_POSTS waiting. */
wq_err wq_loop_post(struct wq_loop *loop, void (*call)(void *data), void *data);

#endif
