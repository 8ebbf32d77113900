#include "finding/excerpt.h"
#include "finding/utf8_priv.h"

static const char replacement[] = "\xef\xbf\xbd";
static const char ellipsis[] = "\xe2\x80\xa6";
/* A neighbour's number, broken or whole; a telephone with its area, a card, an identity number. */
enum { ELLIPSIS_BYTES = 3, LONG_NUMBER = 6, PERSONAL_NUMBER = 11, LOOK_BACK = 64 };

struct out {
	char *p;
	size_t n, max;
	bool space; /* a space is due before the next visible character */
};

/* Adds a piece that must not be torn. */
static bool out_add(struct out *out, const char *p, size_t n)
{
	size_t space = out->space && out->n > 0 ? 1 : 0;
	if (out->max - out->n < n + space)
		return false;
	if (space)
		out->p[out->n++] = ' ';
	memcpy(out->p + out->n, p, n);
	out->n += n;
	out->space = false;
	return true;
}

/* Adds one character of `text` cleaned; false when it does not fit any more. */
static bool out_char(struct out *out, wq_str text, size_t at, size_t n, uint32_t c)
{
	if (c == WQ_UTF8_BAD)
		return out_add(out, replacement, sizeof(replacement) - 1);
	if (wq_utf8_is_space(c)) {
		out->space = true;
		return true;
	}
	return wq_utf8_is_unclean(c) || out_add(out, text.p + at, n);
}

wq_str wq_clean(struct wq_arena *arena, wq_str text, size_t max_bytes)
{
	/* a byte that is no UTF-8 grows to three */
	size_t room = text.n > max_bytes / 3 ? max_bytes : text.n * 3;
	struct out out = {.p = wq_arena_alloc(arena, room + 1), .max = room};
	if (!out.p)
		return WQ_S_NONE;
	uint32_t c;
	for (size_t at = 0, n; at < text.n; at += n) {
		n = wq_utf8_next(text, at, &c);
		if (!out_char(&out, text, at, n, c))
			break;
	}
	out.p[out.n] = '\0';
	return wq_str_of(out.p, out.n);
}

bool wq_is_clean(wq_str text)
{
	uint32_t c;
	for (size_t at = 0; at < text.n;) {
		at += wq_utf8_next(text, at, &c);
		if (wq_utf8_is_unclean(c))
			return false;
	}
	return true;
}

static bool is_digit_or_letter(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= 0xff10 && c <= 0xff19) || (c >= 0xff21 && c <= 0xff3a) || (c >= 0xff41 && c <= 0xff5a);
}

static bool is_digit(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 0xff10 && c <= 0xff19);
}

/* A start of context up to `want` bytes before `at`, at the beginning of a character. */
static size_t context_start(wq_str text, size_t at, size_t want)
{
	size_t start = at > want ? at - want : 0;
	while (start < at && ((unsigned char)text.p[start] & 0xc0) == 0x80)
		start++;
	return start;
}

/* Length in bytes of the run of digits at `at`, and how many digits it has. Separators inside do not end it. */
static size_t digit_run(wq_str text, size_t at, size_t *ret_digits)
{
	size_t end = at, digits = 0;
	uint32_t c;
	for (size_t n; at < text.n; at += n) {
		n = wq_utf8_next(text, at, &c);
		if (is_digit(c)) {
			digits++;
			end = at + n;
		} else if (!wq_utf8_is_space(c) && c != '-') {
			break;
		}
	}
	*ret_digits = digits;
	return end;
}

/* The end of a date like 2025-07-14 that begins at `at`; `at` when none does. */
static size_t date_end(wq_str text, size_t at)
{
	static const uint8_t most[] = {4, 2, 2};
	size_t end = at;

	for (size_t part = 0; part < WQ_COUNT(most); part++) {
		size_t n = 0;

		if (part > 0 && (end >= text.n || text.p[end++] != '-'))
			return at;
		while (end < text.n && n <= most[part] && text.p[end] >= '0' && text.p[end] <= '9') {
			end++;
			n++;
		}
		if (n == 0 || n > most[part] || (part == 0 && n != most[part]))
			return at;
	}
	return end;
}

struct span {
	size_t from, to;
	size_t mask; /* numbers of at least so many digits are masked; 0: nothing is */
	bool dates;  /* stay as they are */
};

/* Writes the text from `start` on, what must be masked as '*' per character; false when it had to be cut. Reads from a
 * little before the start, so that a number which began there is seen whole. */
static bool write_from(struct out *out, wq_str text, size_t start, struct span hit)
{
	size_t masked_to = 0, plain_to = 0, fits = out->n;
	uint32_t c;
	for (size_t at = context_start(text, start, LOOK_BACK), n, digits; at < text.n; at += n) {
		n = wq_utf8_next(text, at, &c);
		if (hit.mask && at >= masked_to && at >= plain_to && is_digit(c)) {
			size_t end = digit_run(text, at, &digits);
			plain_to = hit.dates ? date_end(text, at) : at;
			masked_to = plain_to == at && digits >= hit.mask ? end : masked_to;
		}
		if (at < start)
			continue;
		bool hide = hit.mask && (at < masked_to || (at >= hit.from && at < hit.to)) && is_digit_or_letter(c);
		if (!(hide ? out_add(out, "*", 1) : out_char(out, text, at, n, c))) {
			out->n = fits;
			return false;
		}
		if (out->n <= out->max - ELLIPSIS_BYTES)
			fits = out->n;
	}
	return true;
}

static wq_str excerpt(struct wq_arena *arena, wq_str text, struct span hit)
{
	char bytes[WQ_EXCERPT_BYTES];
	struct out out = {.p = bytes, .max = sizeof(bytes)};
	size_t length = hit.to - hit.from;
	size_t before = length >= WQ_EXCERPT_BYTES / 2 ? WQ_EXCERPT_BYTES / 8 : (WQ_EXCERPT_BYTES - length) / 2;
	size_t start = context_start(text, hit.from, before);
	if (start > 0)
		(void)out_add(&out, ellipsis, ELLIPSIS_BYTES);
	if (!write_from(&out, text, start, hit)) {
		out.space = false;
		(void)out_add(&out, ellipsis, ELLIPSIS_BYTES);
	}
	return wq_arena_str(arena, wq_str_of(out.p, out.n));
}

static struct span span_of(wq_str text, size_t at, size_t length, size_t mask)
{
	at = WQ_MIN(at, text.n);
	return (struct span){.from = at, .to = at + WQ_MIN(length, text.n - at), .mask = mask};
}

wq_str wq_excerpt(struct wq_arena *arena, wq_str text, size_t at, size_t length)
{
	return excerpt(arena, text, span_of(text, at, length, 0));
}

wq_str wq_excerpt_masked(struct wq_arena *arena, wq_str text, size_t at, size_t length)
{
	return excerpt(arena, text, span_of(text, at, length, LONG_NUMBER));
}

wq_str wq_excerpt_public(struct wq_arena *arena, wq_str text, size_t at)
{
	struct span here = span_of(text, at, 0, PERSONAL_NUMBER);

	here.dates = true;
	return excerpt(arena, text, here);
}

wq_str wq_mask(struct wq_arena *arena, wq_str text, size_t head, size_t tail)
{
	size_t count = 0, index = 0;
	uint32_t c;
	for (size_t at = 0; at < text.n; count++)
		at += wq_utf8_next(text, at, &c);
	char *p = wq_arena_alloc(arena, text.n + 1);
	if (!p)
		return WQ_S_NONE;
	bool all = head >= count || tail >= count - head;
	struct out out = {.p = p, .max = text.n};
	for (size_t at = 0, n; at < text.n; at += n, index++) {
		n = wq_utf8_next(text, at, &c);
		bool keep = !all && (index < head || index >= count - tail) && !wq_utf8_is_unclean(c) &&
			!wq_utf8_is_space(c);
		(void)out_add(&out, keep ? text.p + at : "*", keep ? n : 1);
	}
	p[out.n] = '\0';
	return wq_str_of(p, out.n);
}
