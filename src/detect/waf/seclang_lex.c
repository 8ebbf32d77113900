#include "detect/waf/seclang_priv.h"

#include <stdarg.h>

enum { FILE_SHOWN = 120 }; /* of a long path, its end */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

wq_err wq_sec_fail(const struct wq_sec_parser *p, const char *format, ...)
{
	char sentence[WQ_ERR_NOTE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	size_t n = strlen(p->place.file);
	const char *file = p->place.file + (n > FILE_SHOWN ? n - FILE_SHOWN : 0);
	return wq_error(WQ_E_CONFIG, "%s:%u: %s", file, p->place.line, sentence);
}

void wq_sec_notice(const struct wq_sec_parser *p, const char *format, ...)
{
	char sentence[WQ_ERR_NOTE_BYTES];
	va_list args;

	if (!p->notice)
		return;
	va_start(args, format);
	(void)vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	p->notice(p->notice_data, p->place, sentence);
}

/* One line of the file, without its end. */
static wq_str physical(struct wq_sec_lines *lines)
{
	wq_str line = wq_str_cut(&lines->rest, '\n');

	lines->next++;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool continues(wq_str line)
{
	return line.n > 0 && line.p[line.n - 1] == '\\';
}

/* A comment goes on behind a backslash too, as in Apache; what it takes with it is said when it looks like a rule. */
static void comment_skip(struct wq_sec_parser *p, struct wq_sec_lines *lines, wq_str line)
{
	while (continues(line) && lines->rest.p) {
		line = physical(lines);
		wq_str text = wq_str_trim(line);
		p->place.line = lines->next - 1;
		if (wq_str_starts_nocase(text, WQ_S("Sec")) || wq_str_starts_nocase(text, WQ_S("Include")))
			wq_sec_notice(p, "this line belongs to the comment above it, which ends in a backslash");
	}
}

static wq_err join(struct wq_sec_parser *p, struct wq_sec_lines *lines, wq_str first, wq_str *ret_line)
{
	struct wq_sec_lines ahead = *lines;
	size_t bytes = first.n;
	wq_str line = first;
	char *out, *at;

	while (continues(line) && ahead.rest.p) {
		line = physical(&ahead);
		bytes += line.n;
		if (bytes > WQ_SEC_LINE_BYTES_MAX)
			break;
	}
	if (bytes > WQ_SEC_LINE_BYTES_MAX)
		return wq_error(WQ_E_LIMIT, "%.120s:%u: a line of more than %d bytes", p->place.file, p->place.line,
			WQ_SEC_LINE_BYTES_MAX);
	out = at = wq_arena_alloc(p->arena, bytes);
	if (!out)
		return wq_arena_err(p->arena);
	for (line = first;; line = physical(lines)) {
		bool more = continues(line) && lines->rest.p;
		size_t n = continues(line) ? line.n - 1 : line.n;
		if (n)
			memcpy(at, line.p, n);
		at += n;
		if (!more)
			break;
	}
	*ret_line = wq_str_of(out, (size_t)(at - out));
	return WQ_OK;
}

wq_err wq_sec_line_next(struct wq_sec_parser *p, struct wq_sec_lines *lines, wq_str *ret_line)
{
	while (lines->rest.p) {
		p->place.line = lines->next;
		wq_str line = physical(lines);
		wq_str text = wq_str_trim(line);
		if (text.n == 0)
			continue;
		if (text.p[0] == '#') {
			comment_skip(p, lines, line);
			continue;
		}
		if (line.n > WQ_SEC_LINE_BYTES_MAX || continues(line))
			WQ_TRY(join(p, lines, line, &text));
		if (memchr(text.p, 0, text.n))
			return wq_sec_fail(p, "a NUL byte: this is no file of rules");
		*ret_line = wq_str_trim(text);
		if (ret_line->n > 0)
			return WQ_OK;
	}
	*ret_line = WQ_S_NONE;
	return WQ_OK;
}

/* Takes the backslash off before a backslash and before `quote`. */
static wq_err unescape(struct wq_sec_parser *p, wq_str s, char quote, wq_str *ret_word)
{
	char *out;
	size_t n = 0;

	if (wq_str_chr(s, '\\') < 0) {
		*ret_word = s.n ? s : WQ_S("");
		return WQ_OK;
	}
	out = wq_arena_alloc(p->arena, s.n);
	if (!out)
		return wq_arena_err(p->arena);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '\\' || (quote && s.p[i + 1] == quote)))
			i++;
		out[n++] = s.p[i];
	}
	*ret_word = wq_str_of(out, n);
	return WQ_OK;
}

wq_err wq_sec_word_next(struct wq_sec_parser *p, wq_str *rest, wq_str *ret_word)
{
	wq_str s = *rest;
	char quote = 0;
	size_t end = 0;

	while (s.n > 0 && is_space(s.p[0]))
		s = wq_str_from(s, 1);
	if (s.n == 0) {
		*rest = s;
		*ret_word = WQ_S_NONE;
		return WQ_OK;
	}
	if (s.p[0] == '"' || s.p[0] == '\'') {
		quote = s.p[0];
		s = wq_str_from(s, 1);
	}
	while (end < s.n && (quote ? s.p[end] != quote : !is_space(s.p[end])))
		end += quote && s.p[end] == '\\' && end + 1 < s.n && (s.p[end + 1] == quote || s.p[end + 1] == '\\')
			? 2
			: 1;
	if (quote && end >= s.n)
		return wq_sec_fail(p,
			"the quotation mark %c before \"%.*s\" is not closed: close it, or end each line that goes on with "
			"a backslash and nothing behind it",
			quote, (int)WQ_MIN(s.n, (size_t)30), s.p);
	*rest = wq_str_from(s, end + (quote ? 1 : 0));
	return unescape(p, wq_str_head(s, end), quote, ret_word);
}
