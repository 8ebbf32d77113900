#include "detect/transform/transform_priv.h"

static bool is_at(wq_str in, size_t at, wq_str mark)
{
	return in.n - at >= mark.n && memcmp(in.p + at, mark.p, mark.n) == 0;
}

bool wq_transform_replace_comments(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	bool inside = false;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n;) {
		bool mark = is_at(in, i, inside ? WQ_S("*/") : WQ_S("/*"));
		if (mark && inside)
			out[n++] = ' ';
		else if (!mark && !inside)
			out[n++] = in.p[i];
		inside ^= mark;
		i += mark ? 2 : 1;
	}
	if (inside)
		out[n++] = ' ';
	return wq_transform_result(in, arena, out, n, ret_out);
}

/* The length of the mark that opens a comment at `at`, 0: none. */
static size_t opens(wq_str in, size_t at)
{
	return is_at(in, at, WQ_S("/*")) ? 2 : is_at(in, at, WQ_S("<!--")) ? 4 : 0;
}

static size_t closes(wq_str in, size_t at)
{
	return is_at(in, at, WQ_S("*/")) ? 2 : is_at(in, at, WQ_S("-->")) ? 3 : 0;
}

bool wq_transform_remove_comments(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	bool inside = false;
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n;) {
		size_t mark = inside ? closes(in, i) : opens(in, i);
		if (!inside && mark == 0 && (in.p[i] == '#' || is_at(in, i, WQ_S("--"))))
			break;
		if (!inside && mark == 0)
			out[n++] = in.p[i];
		inside ^= mark > 0;
		i += mark > 0 ? mark : 1;
	}
	if (inside)
		out[n++] = ' ';
	return wq_transform_result(in, arena, out, n, ret_out);
}

bool wq_transform_remove_comments_char(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	char *out = wq_arena_alloc(arena, in.n);
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < in.n;) {
		size_t mark = WQ_MAX(opens(in, i), closes(in, i));
		if (mark == 0)
			mark = is_at(in, i, WQ_S("--")) ? 2 : in.p[i] == '#';
		if (mark == 0)
			out[n++] = in.p[i++];
		i += mark;
	}
	return wq_transform_result(in, arena, out, n, ret_out);
}
