#include "flow/review_show.h"

#include "base/utf8.h"

/* ---- marks ---- */

struct side {
	const wq_str *words;
	size_t n;
	wq_str text; /* the pieces, each with a line end */
};

static wq_err join(struct wq_arena *arena, const wq_str *pieces, size_t n, struct side *ret)
{
	size_t bytes = 0;
	char *at;

	for (size_t i = 0; i < n; i++)
		bytes += pieces[i].n + 1;
	at = wq_arena_alloc(arena, bytes + 1);
	WQ_TRY(wq_arena_err(arena));
	ret->text = wq_str_of(at, bytes);
	for (size_t i = 0; i < n; i++) {
		memcpy(at, pieces[i].p, pieces[i].n);
		at += pieces[i].n;
		*at++ = '\n';
	}
	return wq_textdiff_words(arena, ret->text, WQ_SHOW_WORDS_MAX, &ret->words, &ret->n);
}

static wq_err spread(struct wq_arena *arena, const struct side *side, const bool *changed, const wq_str *pieces,
	size_t n, const bool **ret)
{
	bool *bytes = WQ_NEW_ARRAY(arena, bool, side->text.n + 1);
	size_t at = 0;

	WQ_TRY(wq_arena_err(arena));
	for (size_t i = 0; i < side->n; i++) {
		memset(bytes + at, changed[i], side->words[i].n);
		at += side->words[i].n;
	}
	for (size_t i = 0; i < n; i++) {
		ret[i] = bytes;
		bytes += pieces[i].n + 1;
	}
	return WQ_OK;
}

/* Bytes that both sides have, line ends and spaces not counted. */
static size_t common_bytes(const struct side *side, const bool *changed)
{
	size_t bytes = 0;

	for (size_t i = 0; i < side->n; i++)
		bytes += changed[i] ? 0 : wq_str_trim(side->words[i]).n;
	return bytes;
}

wq_err wq_show_marks(struct wq_arena *arena, const uint64_t secret[2], const struct wq_textdiff *diff,
	const struct wq_textdiff_run *run, struct wq_show_marks *ret_marks)
{
	struct wq_show_marks marks = {.was = WQ_NEW_ARRAY(arena, const bool *, run->was_n + 1),
		.is = WQ_NEW_ARRAY(arena, const bool *, run->is_n + 1)};
	struct side was, is;
	struct wq_textdiff d;

	WQ_TRY(wq_arena_err(arena));
	*ret_marks = marks;
	if (run->was_n == 0 || run->is_n == 0)
		return WQ_OK;
	WQ_TRY(join(arena, diff->was.pieces + run->was, run->was_n, &was));
	WQ_TRY(join(arena, diff->is.pieces + run->is, run->is_n, &is));
	if (was.n == WQ_SHOW_WORDS_MAX || is.n == WQ_SHOW_WORDS_MAX)
		return WQ_OK;
	WQ_TRY(wq_textdiff(arena, secret, was.words, was.n, is.words, is.n, &d));
	/* scattered characters that happen to be equal tell nobody anything */
	if (d.too_different || 4 * common_bytes(&was, d.was.changed) < WQ_MIN(was.text.n, is.text.n))
		return WQ_OK;
	WQ_TRY(spread(arena, &was, d.was.changed, diff->was.pieces + run->was, run->was_n, marks.was));
	return spread(arena, &is, d.is.changed, diff->is.pieces + run->is, run->is_n, marks.is);
}

/* ---- segments ---- */

/* The last `chars` characters. */
static wq_str tail(wq_str s, size_t chars)
{
	size_t at = s.n;

	while (at > 0 && chars-- > 0) {
		at--;
		while (at > 0 && ((unsigned char)s.p[at] & 0xc0) == 0x80)
			at--;
	}
	return wq_str_from(s, at);
}

static wq_str head(wq_str s, size_t chars)
{
	size_t at = 0;
	uint32_t cp;

	while (at < s.n && chars-- > 0)
		at += wq_utf8_step(wq_str_from(s, at), &cp);
	return wq_str_head(s, at);
}

static void unmarked(wq_str s, bool first, bool last, wq_show_fn show, void *data)
{
	wq_str before = first ? WQ_S_NONE : head(s, WQ_SHOW_AROUND), after = last ? WQ_S_NONE : tail(s, WQ_SHOW_AROUND);

	if (before.n + after.n + WQ_SHOW_AROUND >= s.n) {
		show(data, s, false, 0);
		return;
	}
	if (first && last)
		before = head(s, 2 * WQ_SHOW_AROUND);
	if (before.n > 0)
		show(data, before, false, 0);
	show(data, after, false, s.n - before.n - after.n);
}

static void marked(wq_str s, size_t max, wq_show_fn show, void *data)
{
	wq_str shown = wq_utf8_head(s, max);

	show(data, shown, true, 0);
	if (shown.n < s.n)
		show(data, WQ_S_NONE, true, s.n - shown.n);
}

void wq_show_segments(wq_str piece, const bool *marks, size_t max, wq_show_fn show, void *data)
{
	if (!marks) {
		marked(piece, max, show, data);
		return;
	}
	for (size_t at = 0; at < piece.n;) {
		size_t end = at + 1;
		wq_str s;

		while (end < piece.n && marks[end] == marks[at])
			end++;
		s = wq_str_head(wq_str_from(piece, at), end - at);
		if (marks[at])
			marked(s, max, show, data);
		else
			unmarked(s, at == 0, end == piece.n, show, data);
		at = end;
	}
}

/* ---- headers ---- */

static bool has_line(wq_str block, wq_str line)
{
	while (block.p && block.n > 0)
		if (wq_str_eq(wq_str_cut(&block, '\n'), line))
			return true;
	return false;
}

static void only_in(wq_str block, wq_str other, char sign, wq_show_header_fn show, void *data)
{
	while (block.p && block.n > 0) {
		wq_str line = wq_str_cut(&block, '\n');
		if (line.n > 0 && !has_line(other, line))
			show(data, sign, wq_str_trim(line));
	}
}

void wq_show_headers(wq_str was, wq_str is, wq_show_header_fn show, void *data)
{
	only_in(was, is, '-', show, data);
	only_in(is, was, '+', show, data);
}
