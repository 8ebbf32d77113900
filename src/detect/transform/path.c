#include "detect/transform/transform_priv.h"

static bool is_slash(char c, bool win)
{
	return c == '/' || (win && c == '\\');
}

/* The result so far is out[0, n), a root of `root` bytes and segments with a slash after each. Back to before the last segment;
 * false when there is none to take away. */
static bool go_up(const char *out, size_t root, size_t *n)
{
	size_t at = *n;

	if (at <= root)
		return false;
	at--;
	while (at > root && out[at - 1] != '/')
		at--;
	if (*n - at == 3 && out[at] == '.' && out[at + 1] == '.')
		return false;
	*n = at;
	return true;
}

static bool is_dots(wq_str segment, size_t count)
{
	return segment.n == count && segment.p[0] == '.' && segment.p[count - 1] == '.';
}

/* Whether every slash is a single '/' and no segment begins with a dot: nearly every path. */
static bool is_plain(wq_str in, bool win)
{
	bool after_slash = false;

	if (in.n > 0 && in.p[0] == '.')
		return false;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if ((after_slash && (c == '/' || c == '.')) || (win && c == '\\'))
			return false;
		after_slash = c == '/';
	}
	return true;
}

/* One pass over segments: empty ones and "." go, ".." takes the one before with it; at the root it goes alone, and at the
 * beginning of a relative path it stays. The last slash stays when it was there. */
static bool normalise(wq_str in, bool win, struct wq_arena *arena, wq_str *ret_out)
{
	size_t root = in.n > 0 && is_slash(in.p[0], win), n = root, at = root;
	char *out;

	if (is_plain(in, win))
		return true;
	out = wq_arena_alloc(arena, in.n + 1);
	if (!out)
		return false;
	if (root)
		out[0] = '/';
	while (at < in.n) {
		size_t end = at;
		while (end < in.n && !is_slash(in.p[end], win))
			end++;
		wq_str segment = wq_str_of(in.p + at, end - at);
		at = end + 1;
		if (segment.n == 0 || is_dots(segment, 1))
			continue;
		if (is_dots(segment, 2) && (go_up(out, root, &n) || root))
			continue;
		memcpy(out + n, segment.p, segment.n);
		n += segment.n;
		out[n++] = '/';
	}
	if (n > root && !is_slash(in.p[in.n - 1], win))
		n--;
	return wq_transform_result(in, arena, out, n, ret_out);
}

bool wq_transform_normalise_path(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return normalise(in, false, arena, ret_out);
}

bool wq_transform_normalise_path_win(wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	return normalise(in, true, arena, ret_out);
}
