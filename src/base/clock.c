#include "base/clock.h"

#include <errno.h>
#include <sys/random.h>

static wq_time system_now(void *data)
{
	struct timespec ts;

	(void)data;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (wq_time)ts.tv_sec * WQ_SECOND + ts.tv_nsec / 1000;
}

static uint64_t system_monotonic(void *data)
{
	struct timespec ts;

	(void)data;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void system_fill(void *data, void *out, size_t n)
{
	unsigned char *at = out;

	(void)data;
	while (n > 0) {
		ssize_t got = getrandom(at, WQ_MIN(n, (size_t)256), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort(); /* without randomness no key and no token is safe */
		at += got;
		n -= (size_t)got;
	}
}

const struct wq_clock wq_clock_system = {system_now, system_monotonic, NULL};
const struct wq_random wq_random_system = {system_fill, NULL};

static wq_time fixed_now(void *data)
{
	return *(wq_time *)data;
}

static uint64_t fixed_monotonic(void *data)
{
	return (uint64_t)(*(wq_time *)data / 1000);
}

struct wq_clock wq_clock_fixed(wq_time *time)
{
	return (struct wq_clock){fixed_now, fixed_monotonic, time};
}

/* splitmix64 (Steele, Lea, Flood 2014) */
static void seeded_fill(void *data, void *out, size_t n)
{
	uint64_t *state = data;

	for (size_t i = 0; i < n; i++) {
		uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
		((uint8_t *)out)[i] = (uint8_t)(z ^ z >> 31);
	}
}

struct wq_random wq_random_seeded(uint64_t *state)
{
	return (struct wq_random){seeded_fill, state};
}

/* Days from 1970-01-01 of a proleptic Gregorian date, and back (H. Hinnant's civil-date arithmetic). */
static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int64_t *ret_y, unsigned *ret_m, unsigned *ret_d)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (unsigned)((5 * doy + 2) / 153);

	*ret_d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*ret_m = mp < 10 ? mp + 3 : mp - 9;
	*ret_y = yoe + era * 400 + (*ret_m <= 2);
}

char *wq_time_text(wq_time t, char out[WQ_TIME_TEXT])
{
	const wq_time first = days_of(0, 1, 1) * WQ_DAY, last = days_of(10000, 1, 1) * WQ_DAY - 1;
	int64_t days, in_day, y;
	unsigned m, d, s;

	t = t < first ? first : t > last ? last : t;
	days = t / WQ_DAY - (t % WQ_DAY < 0);
	in_day = t - days * WQ_DAY;
	date_of(days, &y, &m, &d);
	s = (unsigned)(in_day / WQ_SECOND);
	snprintf(out, WQ_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)y % 10000, m % 100, d % 100,
		s / 3600 % 100, s / 60 % 60, s % 60, (unsigned)(in_day % WQ_SECOND) % 1000000);
	return out;
}

static bool number(wq_str *s, size_t digits, uint64_t max, unsigned *ret)
{
	uint64_t v;

	if (s->n < digits || !wq_str_to_u64(wq_str_head(*s, digits), max, &v))
		return false;
	*s = wq_str_from(*s, digits);
	*ret = (unsigned)v;
	return true;
}

static bool literal(wq_str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = wq_str_from(*s, 1);
	return true;
}

static bool fraction(wq_str *s, wq_time *t)
{
	wq_time unit = WQ_SECOND / 10;

	if (!literal(s, '.'))
		return true;
	if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
		return false;
	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9' && unit > 0; unit /= 10) {
		*t += (s->p[0] - '0') * unit;
		*s = wq_str_from(*s, 1);
	}
	return true;
}

static bool zone(wq_str *s, wq_time *t)
{
	unsigned h, m;
	bool east = s->n > 0 && s->p[0] == '+';

	if (literal(s, 'Z'))
		return true;
	if (!(east ? literal(s, '+') : literal(s, '-')))
		return false;
	if (!number(s, 2, 23, &h) || !literal(s, ':') || !number(s, 2, 59, &m))
		return false;
	*t -= (east ? 1 : -1) * (wq_time)(h * 60 + m) * 60 * WQ_SECOND;
	return true;
}

wq_err wq_time_parse(wq_str text, wq_time *ret_time)
{
	static const unsigned char length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned y, mo, d, h = 0, mi = 0, se = 0;
	wq_str s = text;
	wq_time t;
	bool leap;

	if (!number(&s, 4, 9999, &y) || !literal(&s, '-') || !number(&s, 2, 12, &mo) || !literal(&s, '-') ||
		!number(&s, 2, 31, &d) || mo == 0 || d == 0)
		goto bad;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d > length[mo - 1] + (unsigned)(mo == 2 && leap))
		goto bad;
	t = days_of(y, mo, d) * WQ_DAY;
	if (s.n > 0) {
		if ((!literal(&s, 'T') && !literal(&s, ' ')) || !number(&s, 2, 23, &h) || !literal(&s, ':') ||
			!number(&s, 2, 59, &mi) || !literal(&s, ':') || !number(&s, 2, 59, &se))
			goto bad;
		t += (wq_time)(h * 3600 + mi * 60 + se) * WQ_SECOND;
		if (!fraction(&s, &t) || !zone(&s, &t) || s.n > 0)
			goto bad;
	}
	*ret_time = t;
	return WQ_OK;
bad:
	return wq_error(WQ_E_INPUT, "not a time (YYYY-MM-DDThh:mm:ssZ): %.*s", WQ_S_ARG(wq_str_head(text, 40)));
}
