/* A progress meter and colours for the command line.
 *
 * The meter is one line on standard error, drawn anew at most ten times a second, and only when that is a terminal and
 * the output is not JSON or quiet; otherwise it does nothing. Nothing it writes goes to standard output.
 */
#ifndef WQ_BASE_PROGRESS_H
#define WQ_BASE_PROGRESS_H

#include "base/base.h"
#include "base/clock.h"

struct wq_progress {
	struct wq_clock clock;
	int fd;
	const char *label;
	uint64_t total, done, drawn_msec;
	bool active, drawn;
};

/* `label` has to outlive it; `total` 0 means unknown. `quiet` turns it off (--quiet, --json). */
void wq_progress_init(struct wq_progress *progress, const struct wq_clock *clock, int fd, const char *label,
	uint64_t total, bool quiet);
/* Adds to what is done. Cheap when nothing is to be drawn. */
void wq_progress_add(struct wq_progress *progress, uint64_t n);
/* Removes the line. To be called before anything else is written to the terminal. */
void wq_progress_done(struct wq_progress *progress);

enum wq_colour { WQ_COLOUR_NONE, WQ_COLOUR_BOLD, WQ_COLOUR_DIM, WQ_COLOUR_RED, WQ_COLOUR_GREEN, WQ_COLOUR_YELLOW };
/* Whether to colour what goes to `fd`: a terminal, TERM not "dumb", NO_COLOR (no-color.org) not set. */
bool wq_colour_wanted(int fd);
/* The sequence that begins the colour, or "" when not wanted; WQ_COLOUR_NONE ends it. */
const char *wq_colour(bool wanted, enum wq_colour colour);

#endif
