#include "policy/volatile_priv.h"

/* ---- dates and times ---- */

/* In UTF-8, GB18030 and Big5. The first group are units that follow a number. */
static const char *const clock_units[] = {"年", "\xc4\xea", "\xa6\x7e", "月", "\xd4\xc2", "\xa4\xeb", "日", "\xc8\xd5",
	"\xa4\xe9", "时", "\xca\xb1", "時", "\xae\xc9", "秒", "\xc3\xeb", "\xac\xed"};
static const char *const clock_words[] = {"号", "\xba\xc5", "號", "\xb8\xb9", "分", "\xb7\xd6", "\xa4\xc0", "点",
	"\xb5\xe3", "點", "\xc2\x49", "星", "\xd0\xc7", "\xac\x50", "期", "\xc6\xda", "\xb4\xc1", "周", "\xd6\xdc",
	"\xa9\x50", "週", "\xb6\x67", "一", "\xd2\xbb", "\xa4\x40", "二", "\xb6\xfe", "\xa4\x47", "三", "\xc8\xfd",
	"\xa4\x54", "四", "\xcb\xc4", "\xa5\x7c", "五", "\xce\xe5", "\xa4\xad", "六", "\xc1\xf9", "\xa4\xbb", "天",
	"\xcc\xec", "\xa4\xd1", "上", "\xc9\xcf", "\xa4\x57", "下", "\xcf\xc2", "\xa4\x55", "午", "\xce\xe7",
	"\xa4\xc8"};
static const char *const clock_names[] = {"January", "February", "March", "April", "June", "July", "August",
	"September", "October", "November", "December", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Sun",
	"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "GMT", "UTC", "CST", "AM", "PM"};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t one_of(wq_str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_starts(s, wq_str_c(words[i])))
			return strlen(words[i]);
	return 0;
}

/* A name of a day or a month that is no part of a longer word. */
static size_t name_at(wq_str s)
{
	for (size_t i = 0; i < WQ_COUNT(clock_names); i++) {
		size_t n = strlen(clock_names[i]);
		if (wq_str_starts_nocase(s, wq_str_c(clock_names[i])) && (s.n == n || !is_letter(s.p[n])))
			return n;
	}
	return 0;
}

/* One digit, sign or word of a date; 0: none. */
static size_t clock_step(wq_str s)
{
	size_t n;

	if (s.n == 0)
		return 0;
	if (is_digit(s.p[0]) || strchr(" -/:.,+", s.p[0]))
		return s.p[0] != '\0';
	if (s.p[0] == 'T' && s.n > 1 && is_digit(s.p[1]))
		return 1;
	if (s.p[0] == 'Z')
		return 1;
	if (is_letter(s.p[0]))
		return name_at(s);
	n = one_of(s, clock_units, WQ_COUNT(clock_units));
	return n ? n : one_of(s, clock_words, WQ_COUNT(clock_words));
}

static size_t digits_at(wq_str s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

/* 10:15, 2026年, 2026-11-22: what only a date or a time has. */
static bool tells_time(wq_str s)
{
	bool name = false, number = false;

	for (size_t i = 0; i < s.n;) {
		size_t n = digits_at(wq_str_from(s, i));
		wq_str rest = wq_str_from(s, i + n);

		if (n == 0) {
			name = name || (is_letter(s.p[i]) && name_at(wq_str_from(s, i)) > 2);
			i += 1;
			continue;
		}
		number = true;
		if ((n <= 2 && rest.n > 2 && rest.p[0] == ':' && digits_at(wq_str_from(rest, 1)) == 2) ||
			one_of(rest, clock_units, WQ_COUNT(clock_units)) > 0)
			return true;
		if (n == 4 && rest.n > 3 && strchr("-/.", rest.p[0])) {
			size_t month = digits_at(wq_str_from(rest, 1));
			if (month >= 1 && month <= 2 && rest.n > month + 2 && rest.p[month + 1] == rest.p[0] &&
				is_digit(rest.p[month + 2]))
				return true;
		}
		i += n;
	}
	return name && number;
}

size_t wq_clock_read(wq_str s, size_t *ret_run)
{
	size_t n = 0, step, end = 0;

	while (n < WQ_CLOCK_MAX && (step = clock_step(wq_str_from(s, n))) > 0) {
		bool punctuation = step == 1 && !is_digit(s.p[n]) && s.p[n] != 'Z';
		n += step;
		end = punctuation ? end : n;
	}
	*ret_run = n;
	if (end > 0 && end < s.n && (is_letter(s.p[end]) || s.p[end] == '_' || is_digit(s.p[end])))
		return 0;
	return tells_time(wq_str_head(s, end)) ? end : 0;
}

/* ---- kinds of bytes ---- */

static enum wq_volatile_bytes narrowest(unsigned char c)
{
	if (is_digit((char)c) || c == '.' || c == ',')
		return WQ_VOLATILE_DIGITS;
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-')
		return WQ_VOLATILE_HEX;
	if (is_letter((char)c) || c == '_' || c == '~' || c == '%')
		return WQ_VOLATILE_WORD;
	if (c == '+' || c == '/' || c == '=')
		return WQ_VOLATILE_BASE64;
	if (c == '<' || c == '>' || c == '"' || c == '\'' || c == '`' || c == 0x7f ||
		(c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
		return WQ_VOLATILE_ANY;
	return WQ_VOLATILE_TEXT;
}

size_t wq_volatile_run(enum wq_volatile_bytes bytes, wq_str page, size_t at, size_t end)
{
	size_t step;

	if (bytes == WQ_VOLATILE_ANY)
		return end;
	if (bytes != WQ_VOLATILE_CLOCK) {
		while (at < end && narrowest((unsigned char)page.p[at]) <= bytes)
			at++;
		return at;
	}
	while (at < end && (step = clock_step(wq_str_of(page.p + at, end - at))) > 0)
		at += step;
	return at;
}

enum wq_volatile_bytes wq_volatile_bytes_of(wq_str value)
{
	enum wq_volatile_bytes widest = WQ_VOLATILE_DIGITS;

	for (size_t i = 0; i < value.n; i++)
		widest = WQ_MAX(widest, narrowest((unsigned char)value.p[i]));
	if (widest == WQ_VOLATILE_TEXT && value.n <= WQ_CLOCK_MAX &&
		wq_volatile_run(WQ_VOLATILE_CLOCK, value, 0, value.n) == value.n)
		return WQ_VOLATILE_CLOCK;
	return widest;
}

enum wq_volatile_bytes wq_volatile_bytes_join(enum wq_volatile_bytes a, enum wq_volatile_bytes b)
{
	enum wq_volatile_bytes wide = WQ_MAX(a, b), narrow = WQ_MIN(a, b);

	if (wide == WQ_VOLATILE_CLOCK && narrow != WQ_VOLATILE_CLOCK && narrow != WQ_VOLATILE_DIGITS)
		return WQ_VOLATILE_TEXT;
	return wide;
}
