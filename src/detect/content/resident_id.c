#include "detect/content/content_priv.h"

enum { ID_CHARS = 18, OLD_ID_CHARS = 15, LABEL_REACH = 20 };

/* A number as it stands in the text. */
struct number {
	uint8_t digits[ID_CHARS]; /* 0–9, 10 for X */
	size_t n, from, to;
};

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* Up to 18 digits with single spaces or hyphens between, X last. Other letters and digits must not run into it. */
static bool read_number(const struct content_view *view, size_t at, struct number *number)
{
	*number = (struct number){.from = at};
	if (at > 0 && content_is_alnum(view->c[at - 1]))
		return false;
	size_t i = at;
	while (i < view->n && number->n < ID_CHARS) {
		uint32_t c = view->c[i];
		if (is_digit(c))
			number->digits[number->n++] = (uint8_t)(c - '0');
		else if (number->n == ID_CHARS - 1 && (c == 'X' || c == 'x'))
			number->digits[number->n++] = 10;
		else if (!(number->n && (c == ' ' || c == '-') && i + 1 < view->n &&
				 (is_digit(view->c[i + 1]) || view->c[i + 1] == 'X' || view->c[i + 1] == 'x')))
			break;
		i++;
	}
	number->to = i;
	return (number->n == ID_CHARS || number->n == OLD_ID_CHARS) && !(i < view->n && content_is_alnum(view->c[i]));
}

static unsigned value(const uint8_t *digits, size_t n)
{
	unsigned v = 0;
	for (size_t i = 0; i < n; i++)
		v = 10 * v + digits[i];
	return v;
}

static bool is_date(unsigned year, unsigned month, unsigned day)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (month < 1 || month > 12 || day < 1)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return day <= days[month - 1] + (leap && month == 2 ? 1u : 0u);
}

/* GB 11643-1999: ISO 7064 MOD 11-2 over 17 digits. */
static bool is_checked(const uint8_t digits[ID_CHARS])
{
	static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	static const uint8_t checks[] = {1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2};
	unsigned sum = 0;
	for (size_t i = 0; i < WQ_COUNT(weights); i++)
		sum += weights[i] * digits[i];
	return checks[sum % 11] == digits[ID_CHARS - 1];
}

static bool is_resident_id(
	const struct wq_content_rules *rules, const struct content_view *view, const struct number *number)
{
	const uint8_t *d = number->digits;
	if (!rules->regions[value(d, 2)])
		return false;
	if (number->n == ID_CHARS) {
		unsigned year = value(d + 6, 4);
		return year >= rules->first_year && year <= rules->last_year &&
			is_date(year, value(d + 10, 2), value(d + 12, 2)) && is_checked(d);
	}
	/* the form before 1999: years of the 20th century, no check digit, hence only behind its name */
	size_t from = number->from > LABEL_REACH ? number->from - LABEL_REACH : 0;
	return is_date(1900 + value(d + 6, 2), value(d + 8, 2), value(d + 10, 2)) &&
		content_words_in(view, from, number->from, &rules->id_labels) > 0;
}

static wq_err report(struct content_run *run, const struct content_view *view, const struct content_tally *tally)
{
	const struct wq_content_rules *rules = run->rules;
	size_t n = tally->distinct;
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_RESIDENT_ID);

	finding.severity = n >= rules->id_critical ? WQ_SEVERITY_CRITICAL
		: n >= rules->id_high              ? WQ_SEVERITY_HIGH
		: n >= rules->id_medium            ? WQ_SEVERITY_MEDIUM
						   : WQ_SEVERITY_LOW;
	finding.evidence = (struct wq_evidence){
		.subject = WQ_S("resident-id"), .count = (uint32_t)WQ_MIN(n, (size_t)UINT32_MAX)};
	return content_report(run, view, tally->from, tally->to, true, &finding);
}

wq_err content_resident_ids(struct content_run *run, const struct content_view *view)
{
	struct content_tally tally = {0};
	if (view->digits < OLD_ID_CHARS)
		return WQ_OK;
	for (size_t i = 0; i < view->n; i++) {
		struct number number;
		if (!is_digit(view->c[i]))
			continue;
		bool whole = read_number(view, i, &number);
		if (whole && is_resident_id(run->rules, view, &number)) {
			WQ_TRY(content_count(run->arena, &tally, number.digits, number.n, number.from, number.to));
			i = number.to - 1;
			continue;
		}
		while (i + 1 < view->n && is_digit(view->c[i + 1]))
			i++;
	}
	return tally.distinct ? report(run, view, &tally) : WQ_OK;
}
