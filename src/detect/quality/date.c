#include "detect/quality/quality_priv.h"

bool quality_digit(wq_str text, size_t at, unsigned *ret_value, size_t *ret_n)
{
	const unsigned char *p = (const unsigned char *)text.p + at;

	if (at < text.n && p[0] >= '0' && p[0] <= '9') {
		*ret_value = p[0] - '0';
		*ret_n = 1;
		return true;
	}
	/* U+FF10 to U+FF19 */
	if (at + 2 < text.n && p[0] == 0xef && p[1] == 0xbc && p[2] >= 0x90 && p[2] <= 0x99) {
		*ret_value = p[2] - 0x90u;
		*ret_n = 3;
		return true;
	}
	return false;
}

struct cursor {
	wq_str text;
	size_t at;
	bool wide;
};

/* One to `most` digits that no further one follows; how many. */
static size_t read_number(struct cursor *c, size_t most, unsigned *ret_value)
{
	size_t digits = 0, at = c->at, n;
	unsigned value = 0, d;

	while (quality_digit(c->text, at, &d, &n)) {
		if (++digits > most)
			return 0;
		value = value * 10 + d;
		c->wide |= n > 1;
		at += n;
	}
	if (digits) {
		c->at = at;
		*ret_value = value;
	}
	return digits;
}

static bool take(struct cursor *c, wq_str what)
{
	if (!wq_str_starts(wq_str_from(c->text, c->at), what))
		return false;
	c->at += what.n;
	return true;
}

/* 年, 月 and 日 may have spaces around them. */
static bool take_han(struct cursor *c, wq_str what)
{
	size_t at = c->at;

	c->at = quality_skip_space(c->text, (uint32_t)at);
	if (take(c, what))
		return true;
	c->at = at;
	return false;
}

static void skip_space(struct cursor *c)
{
	c->at = quality_skip_space(c->text, (uint32_t)c->at);
}

/* One of the separators, ASCII or full width; -1 when none. */
static int take_separator(struct cursor *c)
{
	static const struct {
		wq_str text;
		int form;
	} rows[] = {{WQ_S_INIT("-"), Q_DASH}, {WQ_S_INIT("/"), Q_SLASH}, {WQ_S_INIT("."), Q_DOT},
		{WQ_S_INIT("－"), Q_DASH}, {WQ_S_INIT("／"), Q_SLASH}, {WQ_S_INIT("．"), Q_DOT}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (take(c, rows[i].text)) {
			c->wide |= i >= 3;
			return rows[i].form;
		}
	return -1;
}

static bool is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* What stands before and after keeps a number from being a date: part of a name, a path, a version, a telephone number. */
static bool bounded(wq_str text, size_t at, size_t end)
{
	unsigned char before = at ? (unsigned char)text.p[at - 1] : ' ';
	unsigned char after = end < text.n ? (unsigned char)text.p[end] : ' ';
	unsigned char next = end + 1 < text.n ? (unsigned char)text.p[end + 1] : ' ';

	if (is_word(before) || strchr("-./+@#%&=*\\^$", before))
		return false;
	if (after == 'T')
		return next >= '0' && next <= '9';
	if (is_word(after) || strchr("@#%&=*\\^$+/", after))
		return false;
	return !((after == '-' || after == '.') && is_word(next));
}

/* hh:mm[:ss] after the date, with at most some space or a T between. */
static void read_time(struct cursor *c, struct quality_date *date)
{
	struct cursor t = *c;
	unsigned hour, minute, second = 0;

	if (!take(&t, WQ_S("T")))
		skip_space(&t);
	if (!read_number(&t, 2, &hour) || !(take(&t, WQ_S(":")) || take(&t, WQ_S("："))) ||
		read_number(&t, 2, &minute) != 2)
		return;
	if (take(&t, WQ_S(":")) || take(&t, WQ_S("：")))
		if (read_number(&t, 2, &second) != 2)
			return;
	date->bad_time = hour > 24 || minute > 59 || second > 60;
	c->at = t.at;
}

static bool read_han(struct cursor *c, struct quality_date *date)
{
	unsigned month, day;

	skip_space(c);
	if (!read_number(c, 2, &month) || !take_han(c, WQ_S("月")))
		return false;
	skip_space(c);
	if (!read_number(c, 2, &day) || !(take_han(c, WQ_S("日")) || take_han(c, WQ_S("号"))))
		return false;
	date->month = (uint8_t)month;
	date->day = (uint8_t)day;
	return true;
}

static bool read_numeric(struct cursor *c, int form, size_t at, struct quality_date *date)
{
	unsigned month, day;

	if (!read_number(c, 2, &month))
		return false;
	date->month = (uint8_t)month;
	if (take_separator(c) != form || !read_number(c, 2, &day)) {
		/* "2026-11" beside a day of its own */
		date->form = Q_YEAR_MONTH;
		return form == Q_DASH && month >= 1 && month <= 12 && bounded(c->text, at, c->at);
	}
	date->day = (uint8_t)day;
	date->form = (uint8_t)form;
	return bounded(c->text, at, c->at);
}

static bool read_full(struct cursor *c, size_t at, unsigned year, struct quality_date *date)
{
	int form;

	if (year < 1900 || year > 2199)
		return false;
	date->year = (uint16_t)year;
	if (take_han(c, WQ_S("年"))) {
		date->form = Q_HAN;
		return read_han(c, date);
	}
	form = take_separator(c);
	return form >= 0 && read_numeric(c, form, at, date);
}

/* "11-22" counts between brackets or alone, which its user looks at; "11月22日" everywhere. */
static bool read_month_day(struct cursor *c, size_t at, unsigned month, struct quality_date *date)
{
	unsigned day;

	date->month = (uint8_t)month;
	if (take_han(c, WQ_S("月"))) {
		date->form = Q_HAN_MONTH_DAY;
		skip_space(c);
		if (!read_number(c, 2, &day) || !take_han(c, WQ_S("日")))
			return false;
	} else {
		date->form = Q_MONTH_DAY;
		if (take_separator(c) != Q_DASH || read_number(c, 2, &day) != 2 || !bounded(c->text, at, c->at))
			return false;
	}
	date->day = (uint8_t)day;
	return true;
}

bool quality_date_read(wq_str text, size_t at, struct quality_date *ret_date)
{
	struct cursor c = {.text = text, .at = at};
	struct quality_date date = {.at = (uint32_t)at};
	unsigned first;
	size_t digits = read_number(&c, 4, &first);

	if (digits == 4 ? !read_full(&c, at, first, &date)
			: digits == 0 || digits > 2 || !read_month_day(&c, at, first, &date))
		return false;
	/* a leap year when the year is not said */
	date.possible = date.form == Q_YEAR_MONTH ||
		quality_day_exists(date.year ? date.year : 2000, date.month, date.day);
	if (date.form != Q_YEAR_MONTH)
		read_time(&c, &date);
	date.end = (uint32_t)c.at;
	date.wide = c.wide;
	*ret_date = date;
	return true;
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

bool quality_day_exists(unsigned year, unsigned month, unsigned day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= month_days(year, month);
}

int64_t quality_day_number(uint32_t day)
{
	/* years begin in March, so that the day of a leap year is the last one */
	int64_t y = day / 10000, m = day / 100 % 100, d = day % 100;
	int64_t era, of_era, of_year;

	y -= m <= 2;
	era = y / 400;
	of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	of_era = (y - era * 400) * 365 + (y - era * 400) / 4 - (y - era * 400) / 100 + of_year;
	return era * 146097 + of_era - 719468;
}

uint32_t quality_day_of(int64_t number)
{
	int64_t z = number + 719468, era = z / 146097, of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
	int64_t month = m + (m < 10 ? 3 : -9);

	return (uint32_t)((year + era * 400 + (month <= 2)) * 10000 + month * 100 + of_year - (153 * m + 2) / 5 + 1);
}

uint32_t quality_months_before(uint32_t day, unsigned months)
{
	unsigned at = day / 10000 * 12 + day / 100 % 100 - 1 - months, year = at / 12, month = at % 12 + 1;

	return year * 10000 + month * 100 + WQ_MIN(day % 100, month_days(year, month));
}

uint32_t quality_date_day(const struct quality_date *date, uint32_t today)
{
	unsigned year = date->year, day = date->day;

	if (!date->possible)
		return 0;
	if (date->form == Q_YEAR_MONTH) {
		uint32_t last = year * 10000u + date->month * 100u + month_days(year, date->month);
		return today && last > today && today / 100 == last / 100 ? today : last;
	}
	if (year)
		return year * 10000u + date->month * 100u + day;
	if (today == 0)
		return 0;
	year = today / 10000;
	if (year * 10000 + date->month * 100u + day > quality_day_of(quality_day_number(today) + 1))
		year--;
	return quality_day_exists(year, date->month, day) ? year * 10000 + date->month * 100u + day : 0;
}
