/* Time and randomness, passed in: no code outside main() reads a clock or a generator that it was not given.
 *
 * wq_time is microseconds since 1970-01-01T00:00:00Z; durations carry their unit in the name (`_msec`). A test hands in
 * its own struct and sets the time as it likes.
 */
#ifndef WQ_BASE_CLOCK_H
#define WQ_BASE_CLOCK_H

#include "base/base.h"

typedef int64_t wq_time;

#define WQ_SECOND ((wq_time)1000000)
#define WQ_DAY (86400 * WQ_SECOND)

struct wq_clock {
	wq_time (*now)(void *data);             /* wall clock; may step */
	uint64_t (*monotonic_msec)(void *data); /* never goes back */
	void *data;
};

struct wq_random {
	/* Fills `out` with `n` unpredictable bytes; never fails (the system's generator aborts the process instead). */
	void (*fill)(void *data, void *out, size_t n);
	void *data;
};

/* The machine's. */
extern const struct wq_clock wq_clock_system;
extern const struct wq_random wq_random_system;

static inline wq_time wq_now(const struct wq_clock *clock)
{
	return clock->now(clock->data);
}

/* A clock that stands where `*time` says; monotonic follows it. For tests. */
struct wq_clock wq_clock_fixed(wq_time *time);
/* A repeatable generator, seeded by `*state`, which it changes. For tests only. */
struct wq_random wq_random_seeded(uint64_t *state);

enum { WQ_TIME_TEXT = 28 };
/* "2026-11-22T03:08:39.123456Z" into `out`. Years 0000 to 9999; outside them the nearest is written. Returns `out`. */
char *wq_time_text(wq_time t, char out[WQ_TIME_TEXT]);
/* Reads that form; the fraction may be absent or have 1 to 6 digits, the zone is Z, +hh:mm or -hh:mm; a date alone is midnight
 * in UTC. Errors: WQ_E_INPUT. */
wq_err wq_time_parse(wq_str text, wq_time *ret_time);

#endif
