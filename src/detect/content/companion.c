#include "detect/content/content_priv.h"

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* 发文字号: words, year in brackets of any kind, number, 号 (GB/T 9704-2012 7.2.5). `at` is the bracket. */
static bool is_document_number(const struct content_view *view, size_t at)
{
	uint32_t open = view->c[at];
	if (at == 0 || !content_is_han(view->c[at - 1]) || at + 8 > view->n)
		return false;
	if (open != 0x3014 && open != '[' && open != '(' && open != 0x3010)
		return false;
	for (size_t i = 1; i <= 4; i++)
		if (!is_digit(view->c[at + i]))
			return false;
	size_t i = at + 6, digits = 0;
	for (; i < view->n && is_digit(view->c[i]) && digits < 6; i++)
		digits++;
	return digits > 0 && i < view->n && view->c[i] == 0x53f7;
}

/* 份号: six digits alone in their block, or behind "No." (7.2.1). [from, to) is a line. */
static bool is_copy_number(const struct content_view *view, size_t from, size_t to)
{
	size_t digits = 0;
	for (size_t i = from; i < to; i++) {
		uint32_t c = view->c[i];
		if (is_digit(c))
			digits++;
		else if (c != ' ' && c != 'N' && c != 'o' && c != '.' && c != ':')
			return false;
	}
	return digits == 6;
}

/* 主送机关: a line of names that ends with a colon (7.3.2). */
static bool is_addressee(const struct wq_content_rules *rules, const struct content_view *view, size_t from, size_t to)
{
	enum { LONGEST = 120 };
	while (to > from && view->c[to - 1] == ' ')
		to--;
	if (to - from < 3 || to - from > LONGEST || view->c[to - 1] != ':')
		return false;
	for (size_t n = 1; n <= 3 && to - 1 - n > from; n++)
		if (content_word_at(view, to - 1 - n, &rules->addressees, 0, NULL) == n)
			return true;
	return view->c[from] == 0x5404; /* 各 */
}

size_t content_companions(const struct wq_content_rules *rules, const struct content_view *view, size_t from, size_t to)
{
	size_t start = from > rules->companion_before ? from - rules->companion_before : 0;
	size_t end = view->n - to > rules->companion_after ? to + rules->companion_after : view->n;
	size_t line = start;
	bool number = false, copy = false, addressee = false;
	for (size_t i = start; i <= end; i++) {
		if (i < end && view->c[i] != '\n') {
			number = number || is_document_number(view, i);
			continue;
		}
		copy = copy || is_copy_number(view, line, i);
		addressee = addressee || (line >= to && is_addressee(rules, view, line, i));
		line = i + 1;
	}
	return content_words_in(view, start, end, &rules->companions) + number + copy + addressee;
}
