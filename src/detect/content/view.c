#include "detect/content/content_priv.h"
#include "text/utf8.h"

static bool is_dropped(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
		(c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe01ef) ||
		(c < 0x20 && !(c >= '\t' && c <= '\r'));
}

static bool is_break(uint32_t c)
{
	return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || is_break(c) || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
		c == 0x202f || c == 0x205f || c == 0x3000 || c == 0x3164;
}

static uint32_t fold(const struct wq_content_rules *rules, uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	if (c < 0x10000 && !(rules->paired[c / 64] >> c % 64 & 1))
		return c;
	size_t low = 0, high = rules->pair_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rules->pairs[middle].from == c)
			return rules->pairs[middle].to;
		if (rules->pairs[middle].from < c)
			low = middle + 1;
		else
			high = middle;
	}
	return c;
}

void content_plain(struct wq_content_rules *rules)
{
	for (uint32_t c = ' ' + 1; c < 0x7f; c++)
		rules->plain[c] = fold(rules, c);
}

static inline void add(struct content_view *view, uint32_t c, size_t at)
{
	view->c[view->n] = c;
	view->at[view->n++] = (uint32_t)at;
	view->digits += c >= '0' && c <= '9';
	view->high |= c >= CONTENT_HIGH;
}

wq_err content_view_make(
	struct wq_arena *arena, const struct wq_content_rules *rules, wq_str text, struct content_view *ret_view)
{
	struct content_view view = {.text = text};
	if (text.n > WQ_CONTENT_TEXT_BYTES)
		return wq_error(
			WQ_E_LIMIT, "text of %zu bytes, more than %d are not examined", text.n, WQ_CONTENT_TEXT_BYTES);
	view.c = wq_arena_alloc(arena, (text.n + 1) * sizeof(*view.c));
	view.at = wq_arena_alloc(arena, (text.n + 1) * sizeof(*view.at));
	if (!view.c || !view.at)
		return wq_arena_err(arena);
	for (size_t at = 0, length; at < text.n; at += length) {
		uint32_t c = (unsigned char)text.p[at];
		if (c < WQ_COUNT(rules->plain) && rules->plain[c]) {
			length = 1;
			add(&view, rules->plain[c], at);
			continue;
		}
		length = wq_utf8_read_lossy(wq_str_from(text, at), &c);
		bool plain = (c > ' ' && c < 0x7f) || (c > 0x3000 && c <= 0x9fff && c != 0x3164);
		if (!plain && is_dropped(c))
			continue;
		if (!plain && is_space(c)) {
			uint32_t space = is_break(c) ? '\n' : ' ';
			uint32_t before = view.n ? view.c[view.n - 1] : '\n';
			if (before == ' ' && space == '\n')
				view.c[view.n - 1] = '\n';
			if (before == ' ' || before == '\n')
				continue;
			c = space;
		}
		add(&view, fold(rules, c), at);
	}
	view.at[view.n] = (uint32_t)text.n;
	*ret_view = view;
	return WQ_OK;
}

bool content_is_han(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff) ||
		c == 0x3007;
}

bool content_is_alnum(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

size_t content_skip_spaces(const struct content_view *view, size_t at, size_t max)
{
	for (size_t i = 0; i < max && at < view->n && view->c[at] == ' '; i++)
		at++;
	return at;
}

/* Spaces of any number are one in the view, so that a gap is at most one character; `gap` 0 allows none. */
static size_t match(const struct content_view *view, size_t at, const struct content_word *word, size_t gap)
{
	size_t i = at;
	for (size_t k = 0; k < word->n; k++) {
		if (k)
			i = content_skip_spaces(view, i, gap);
		if (i >= view->n || view->c[i] != word->c[k])
			return 0;
		i++;
	}
	return i - at;
}

size_t content_longest_word(const struct content_view *view, size_t at, const struct content_words *words, size_t gap,
	const struct content_word **ret_word)
{
	size_t best = 0;
	for (size_t i = 0; i < words->n; i++) {
		size_t n = match(view, at, &words->items[i], gap);
		if (n <= best)
			continue;
		best = n;
		if (ret_word)
			*ret_word = &words->items[i];
	}
	return best;
}

size_t content_words_in(const struct content_view *view, size_t from, size_t to, const struct content_words *words)
{
	size_t count = 0;
	for (size_t i = 0; i < words->n; i++) {
		for (size_t at = from; at + words->items[i].n <= to; at++) {
			if (match(view, at, &words->items[i], 0)) {
				count++;
				break;
			}
		}
	}
	return count;
}

static bool is_opening(uint32_t c)
{
	return c == 0x201c || c == 0x2018 || c == 0x300a || c == 0x3008 || c == 0x300c || c == 0x300e || c == 0xab;
}

static bool is_closing(uint32_t c)
{
	return c == 0x201d || c == 0x2019 || c == 0x300b || c == 0x3009 || c == 0x300d || c == 0x300f || c == 0xbb;
}

/* Straight quotes do not say which they are: an odd number before means that one is open. */
static bool is_in_straight_quotes(const struct content_view *view, size_t from, size_t to, size_t reach)
{
	bool open = false;
	for (size_t i = from; i > 0 && view->c[i - 1] != '\n'; i--)
		open ^= view->c[i - 1] == '"';
	for (size_t i = to; open && i < view->n && i - to < reach && view->c[i] != '\n'; i++)
		if (view->c[i] == '"')
			return true;
	return false;
}

bool content_is_quoted(const struct content_view *view, size_t from, size_t to, size_t reach)
{
	bool opened = false;
	for (size_t i = from; i > 0 && from - i < reach && view->c[i - 1] != '\n' && !is_closing(view->c[i - 1]); i--)
		opened |= is_opening(view->c[i - 1]);
	for (size_t i = to; opened && i < view->n && i - to < reach && view->c[i] != '\n'; i++) {
		if (is_closing(view->c[i]))
			return true;
		if (is_opening(view->c[i]))
			break;
	}
	return is_in_straight_quotes(view, from, to, reach);
}
