#include "detect/quality/quality_priv.h"

/* Document numbers (发文字号): 机关代字〔2014〕1号. Year in six-angled brackets and with four digits, serial without 第 and without
 * leading zeros. */

enum { NUMBERS_SAID = 20 };

struct bracket {
	wq_str open, close;
	bool right;
};

static const struct bracket brackets[] = {{WQ_S_INIT("〔"), WQ_S_INIT("〕"), true},
	{WQ_S_INIT("["), WQ_S_INIT("]"), false}, {WQ_S_INIT("("), WQ_S_INIT(")"), false},
	{WQ_S_INIT("（"), WQ_S_INIT("）"), false}, {WQ_S_INIT("【"), WQ_S_INIT("】"), false},
	{WQ_S_INIT("［"), WQ_S_INIT("］"), false}, {WQ_S_INIT("〈"), WQ_S_INIT("〉"), false},
	{WQ_S_INIT("《"), WQ_S_INIT("》"), false}, {WQ_S_INIT("<"), WQ_S_INIT(">"), false},
	{WQ_S_INIT("﹝"), WQ_S_INIT("﹞"), false}};

static size_t digits(wq_str text, uint32_t *at, unsigned *ret_value, bool *zero)
{
	unsigned digit;
	size_t n, count = 0;

	*ret_value = 0;
	while (count < 7 && quality_digit(text, *at, &digit, &n)) {
		if (count++ == 0)
			*zero = digit == 0;
		*ret_value = *ret_value * 10 + digit;
		*at += (uint32_t)n;
	}
	return count;
}

static const struct bracket *bracket_before(wq_str text, uint32_t at)
{
	for (size_t i = 0; i < WQ_COUNT(brackets); i++)
		if (wq_str_ends(wq_str_head(text, at), brackets[i].open))
			return &brackets[i];
	return NULL;
}

/* Ideographs that end at `at`: where the code of the organ begins. */
static uint32_t code_start(wq_str text, uint32_t at, size_t *ret_n)
{
	uint32_t cp;

	for (*ret_n = 0; at >= 3 && *ret_n < 12; at -= 3, ++*ret_n)
		if (wq_utf8_read(wq_str_of(text.p + at - 3, 3), &cp) != 3 || cp < 0x4e00 || cp > 0x9fff)
			break;
	return at;
}

struct number {
	uint32_t from, end;
	bool wrong;
};

/* The document number whose year begins at `at`. */
static bool read_number(const struct wq_quality *q, uint32_t at, struct number *ret)
{
	wq_str text = quality_text(q);
	const struct bracket *bracket = bracket_before(text, at);
	uint32_t open, i = at;
	unsigned year, serial;
	bool zero = false, ordinal = false, short_year;
	size_t n, han;

	if (!bracket)
		return false;
	open = at - (uint32_t)bracket->open.n;
	ret->from = code_start(text, open, &han);
	if (han < 2 || quality_hit_in(q, Q_NOT_DOCUMENT, ret->from, open))
		return false;
	n = digits(text, &i, &year, &zero);
	short_year = n == 2;
	if ((n != 4 || year < 1949 || year > 2199) && !(short_year && year >= 80) &&
		!(short_year && year <= 30 && bracket->right))
		return false;
	if (!wq_str_starts(wq_str_from(text, i), bracket->close))
		return false;
	i = quality_skip_space(text, i + (uint32_t)bracket->close.n);
	if (wq_str_starts(wq_str_from(text, i), WQ_S("第"))) {
		ordinal = true;
		i += 3;
	}
	zero = false;
	n = digits(text, &i, &serial, &zero);
	if (n == 0 || n > 5 || !wq_str_starts(wq_str_from(text, i), WQ_S("号")))
		return false;
	ret->end = i + 3;
	ret->wrong = !bracket->right || short_year || ordinal || zero;
	return true;
}

void quality_judge_numbers(struct wq_quality *q)
{
	const uint32_t *at = q->numbers.items;
	size_t said = 0;

	if (q->numbers.n == 0 || quality_hit_in(q, Q_SIX_BRACKET, 0, (uint32_t)q->text_n))
		return;
	for (size_t i = 0; i < q->numbers.n && said < NUMBERS_SAID; i++) {
		struct number number;
		if (!read_number(q, at[i], &number) || !number.wrong)
			continue;
		said++;
		quality_report(q, WQ_RULE_DOCUMENT_NUMBER, number.from,
			wq_str_of(q->text + number.from, number.end - number.from), WQ_S_NONE);
	}
}
