#include "base/progress.h"

#include <inttypes.h>

enum { REDRAW_MSEC = 100, BAR = 30 };

bool wq_colour_wanted(int fd)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

const char *wq_colour(bool wanted, enum wq_colour colour)
{
	static const char *const sequences[] = {"\033[0m", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m"};

	return wanted && (size_t)colour < WQ_COUNT(sequences) ? sequences[colour] : "";
}

void wq_progress_init(struct wq_progress *progress, const struct wq_clock *clock, int fd, const char *label,
	uint64_t total, bool quiet)
{
	const char *term = getenv("TERM");

	*progress = (struct wq_progress){.clock = *clock, .fd = fd, .label = label, .total = total};
	progress->active = !quiet && isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static void put(const struct wq_progress *p, const char *text, size_t n)
{
	if (write(p->fd, text, n) < 0)
		return; /* a meter that nobody sees */
}

static void draw(struct wq_progress *p)
{
	char line[256], bar[BAR + 1];
	uint64_t done = p->total ? WQ_MIN(p->done, p->total) : 0;
	size_t full = p->total ? (size_t)((double)done / (double)p->total * BAR) : 0;
	int n;

	memset(bar, '#', full);
	memset(bar + full, '.', BAR - full);
	bar[BAR] = '\0';
	if (p->total)
		n = snprintf(line, sizeof line, "\r\033[K%.80s [%s] %3u%% %" PRIu64 "/%" PRIu64, p->label, bar,
			(unsigned)((double)done / (double)p->total * 100), done, p->total);
	else
		n = snprintf(line, sizeof line, "\r\033[K%.80s %" PRIu64, p->label, p->done);
	if (n > 0)
		put(p, line, WQ_MIN((size_t)n, sizeof line - 1));
	p->drawn = true;
}

void wq_progress_add(struct wq_progress *progress, uint64_t n)
{
	uint64_t now;

	progress->done = n > UINT64_MAX - progress->done ? UINT64_MAX : progress->done + n;
	if (!progress->active)
		return;
	now = progress->clock.monotonic_msec(progress->clock.data);
	if (progress->drawn && now - progress->drawn_msec < REDRAW_MSEC)
		return;
	progress->drawn_msec = now;
	draw(progress);
}

void wq_progress_done(struct wq_progress *progress)
{
	if (progress->drawn)
		put(progress, "\r\033[K", 4);
	progress->drawn = progress->active = false;
}
