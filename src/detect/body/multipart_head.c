/* The head of a part: Content-Disposition (RFC 7578 §4.2, 6266), charset, and what is odd about them. */
#include "detect/body/multipart_priv.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 9110 §5.6.2, without NUL and bytes from 0x80 on */
static bool is_token(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static bool fold(struct wq_body *body, struct multipart_part *part, wq_str line)
{
	size_t at = 0;
	wq_str *last = part->headers_n ? &part->headers[part->headers_n - 1] : NULL;
	wq_body_odd(body, WQ_ODD(HEADER_FOLDED));
	while (at < line.n && (is_space(line.p[at]) || (line.p[at] >= '\t' && line.p[at] <= '\r'))) {
		if (!is_space(line.p[at]))
			part->oddities |= WQ_ODD(FOLDING_INVALID);
		at++;
	}
	if (!last) {
		wq_body_odd(body, WQ_ODD(PART_HEADER));
		wq_body_fail(body, "multipart: a folded line without a header before it");
		return false;
	}
	/* the last header grows in place: a thousand folds do not copy it a thousand times */
	if (part->folded != part->headers_n) {
		part->folded = part->headers_n;
		part->fold = (struct wq_hold){0};
		wq_hold_add(&part->fold, body->arena, *last);
	}
	if (!wq_hold_add(&part->fold, body->arena, WQ_S(" ")) ||
		!wq_hold_add(&part->fold, body->arena, wq_str_from(line, at)) || body->arena->failed) {
		wq_body_over(body, "no memory");
		return false;
	}
	*last = wq_str_of(part->fold.p, part->fold.n);
	return true;
}

bool multipart_head_line(struct wq_body *body, struct multipart_part *part, wq_str line)
{
	if (memchr(line.p, '\0', line.n)) {
		wq_body_odd(body, WQ_ODD(NUL) | WQ_ODD(PART_HEADER));
		wq_body_fail(body, "multipart: a NUL byte in a part header");
		return false;
	}
	if (is_space(line.p[0]) || (line.p[0] >= '\t' && line.p[0] <= '\r'))
		return fold(body, part, line);
	if (wq_str_chr(line, ':') < 0) {
		wq_body_odd(body, WQ_ODD(PART_HEADER));
		wq_body_fail(body, "multipart: a part header without a colon");
		return false;
	}
	if (part->headers_n == MULTIPART_HEADERS_MAX) {
		wq_body_odd(body, WQ_ODD(PARTS));
		wq_body_over(body, "multipart: more than %u headers in a part", MULTIPART_HEADERS_MAX);
		return false;
	}
	part->headers[part->headers_n++] = line;
	return true;
}

/* One value of Content-Disposition at `*at`, unquoted: by ModSecurity's reading only '"' and '\' can be escaped (old browsers send
 * "C:\dir\file"). */
static wq_str quoted(struct wq_body *body, wq_str s, size_t *at)
{
	char quote = s.p[*at];
	struct wq_hold out = {0};
	bool closed = false;
	if (quote == '\'')
		wq_body_odd(body, WQ_ODD(QUOTING));
	for (++*at; *at < s.n && !closed; ++*at) {
		char c = s.p[*at];
		if (c == quote) {
			closed = true;
			continue;
		}
		if (c == '\\' && *at + 1 < s.n && (s.p[*at + 1] == quote || s.p[*at + 1] == '\\')) {
			if (s.p[*at + 1] == quote)
				wq_body_odd(body, WQ_ODD(QUOTING));
			c = s.p[++*at];
		}
		if (!wq_hold_add(&out, body->arena, wq_str_of(&c, 1))) {
			wq_body_over(body, "no memory");
			break;
		}
	}
	if (!closed)
		wq_body_odd(body, WQ_ODD(QUOTING));
	return wq_hold_take(&out);
}

static wq_str unquoted(struct wq_body *body, wq_str s, size_t *at)
{
	size_t from = *at;
	while (*at < s.n && s.p[*at] != ';' && !is_space(s.p[*at])) {
		if ((uint8_t)s.p[*at] < 0x80 && !is_token(s.p[*at]))
			wq_body_odd(body, WQ_ODD(QUOTING));
		++*at;
	}
	return wq_str_head(wq_str_from(s, from), *at - from);
}

/* charset'language'%XX… (RFC 8187 §3.2), or the value itself when it is not of that form. */
static wq_str extended(struct wq_body *body, wq_str value)
{
	wq_str rest = value, label = wq_str_cut(&rest, '\'');
	char *out;
	size_t n = 0;
	if (rest.p)
		(void)wq_str_cut(&rest, '\'');
	if (!rest.p)
		return value;
	out = wq_arena_alloc(body->arena, rest.n + 1);
	if (!out) {
		wq_body_over(body, "no memory");
		return value;
	}
	for (size_t i = 0; i < rest.n; i++) {
		uint8_t byte = (uint8_t)rest.p[i];
		if (byte == '%' && wq_str_unhex(wq_str_head(wq_str_from(rest, i + 1), 2), &byte, 1))
			i += 2;
		if (byte == 0)
			wq_body_odd(body, WQ_ODD(NUL));
		out[n++] = (char)byte;
	}
	wq_str text = wq_args_text(&body->args, wq_charset_by_label(label), wq_str_of(out, n));
	return text.p ? text : wq_str_of(out, n);
}

static wq_str as_text(struct wq_body *body, wq_str value)
{
	wq_str text = wq_args_text(&body->args, body->args.charset, value);
	/* a word that mail readers, and servers made of their parts, decode (RFC 2047) */
	if (wq_str_find(value, WQ_S("=?")) >= 0)
		wq_body_odd(body, WQ_ODD(QUOTING));
	if (!text.p)
		wq_body_over(body, "no memory");
	return text.p ? text : value;
}

static void once(struct wq_body *body, bool *was, wq_str *slot, wq_str *other, wq_str value)
{
	if (*was)
		wq_body_odd(body, WQ_ODD(PART_TWICE));
	*(*was ? other : slot) = as_text(body, value);
	*was = true;
}

static void take_parameter(struct wq_body *body, struct multipart_part *part, wq_str name, wq_str value)
{
	if (wq_str_eq_nocase(name, WQ_S("name"))) {
		once(body, &part->named, &part->name, &part->other_name, value);
	} else if (wq_str_eq_nocase(name, WQ_S("filename"))) {
		once(body, &part->filed, &part->filename, &part->other_filename, value);
	} else if (wq_str_starts_nocase(name, WQ_S("filename*"))) {
		wq_body_odd(body, WQ_ODD(FILENAME_STAR));
		part->other_filename = extended(body, value);
	} else if (wq_str_starts_nocase(name, WQ_S("name*"))) {
		wq_body_odd(body, WQ_ODD(QUOTING));
		part->other_name = extended(body, value);
	}
}

/* "name = value" at `*at`, up to the next semicolon. */
static void parameter(struct wq_body *body, struct multipart_part *part, wq_str s, size_t *at)
{
	size_t from = *at;
	wq_str name, value;
	while (*at < s.n && s.p[*at] != '=' && s.p[*at] != ';' && !is_space(s.p[*at]))
		++*at;
	name = wq_str_head(wq_str_from(s, from), *at - from);
	from = *at;
	while (*at < s.n && is_space(s.p[*at]))
		++*at;
	if (*at >= s.n || s.p[*at] != '=') {
		wq_body_odd(body, *at < s.n && s.p[*at] != ';' ? WQ_ODD(SEMICOLON_MISSING) : WQ_ODD(QUOTING));
		return;
	}
	if (*at != from || (*at + 1 < s.n && is_space(s.p[*at + 1])))
		wq_body_odd(body, WQ_ODD(QUOTING));
	++*at;
	while (*at < s.n && is_space(s.p[*at]))
		++*at;
	value = *at < s.n && (s.p[*at] == '"' || s.p[*at] == '\'') ? quoted(body, s, at) : unquoted(body, s, at);
	if (s.p[*at - 1] != '"' && !wq_str_ends(name, WQ_S("*")) && wq_str_chr(value, '\'') >= 0)
		wq_body_odd(body, WQ_ODD(QUOTING));
	take_parameter(body, part, name, value);
	while (*at < s.n && is_space(s.p[*at]))
		++*at;
	if (*at < s.n && s.p[*at] != ';')
		wq_body_odd(body, WQ_ODD(SEMICOLON_MISSING));
}

static void disposition(struct wq_body *body, struct multipart_part *part, wq_str s)
{
	size_t at = 0;
	while (at < s.n && s.p[at] != ';' && !is_space(s.p[at]))
		at++;
	if (!wq_str_eq_nocase(wq_str_head(s, at), WQ_S("form-data")))
		wq_body_odd(body, WQ_ODD(PART_INVALID));
	while (at < s.n && is_space(s.p[at]))
		at++;
	if (at < s.n && s.p[at] != ';')
		wq_body_odd(body, WQ_ODD(SEMICOLON_MISSING));
	while (at < s.n && !body->report.failed) {
		if (s.p[at] == ';' || is_space(s.p[at]))
			at++;
		else
			parameter(body, part, s, &at);
	}
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < 0x20 && s.p[i] != '\t')
			wq_body_odd(body, WQ_ODD(PART_HEADER));
}

static enum wq_charset charset_of(struct wq_body *body, wq_str content_type)
{
	wq_str label = wq_charset_of_content_type(content_type);
	enum wq_charset charset = wq_charset_by_label(label);
	if (label.n == 0)
		return body->args.charset;
	if (charset == WQ_CHARSET_NONE || charset == WQ_CHARSET_UTF16LE || charset == WQ_CHARSET_UTF16BE) {
		wq_body_odd(body, WQ_ODD(CHARSET));
		body->report.unreadable = true;
		return WQ_CHARSET_NONE;
	}
	return charset;
}

static bool given_before(const struct multipart_part *part, unsigned i, wq_str name)
{
	for (unsigned j = 0; j < i; j++) {
		wq_str line = part->headers[j];
		if (wq_str_eq_nocase(wq_str_cut(&line, ':'), name))
			return true;
	}
	return false;
}

static void header(struct wq_body *body, struct multipart_part *part, unsigned i)
{
	wq_str value = part->headers[i], name = wq_str_cut(&value, ':');
	value = wq_str_trim(value);
	for (size_t k = 0; k < name.n; k++)
		if (!is_token(name.p[k]))
			wq_body_odd(body, WQ_ODD(PART_HEADER));
	if (name.n == 0)
		wq_body_odd(body, WQ_ODD(PART_HEADER));
	if (given_before(part, i, name))
		wq_body_odd(body, WQ_ODD(HEADER_TWICE));
	/* a server may overlook white space before the colon */
	name = wq_str_trim(name);
	if (wq_str_eq_nocase(name, WQ_S("content-disposition")))
		disposition(body, part, value);
	else if (wq_str_eq_nocase(name, WQ_S("content-type")))
		part->charset = charset_of(body, value);
	else if (wq_str_eq_nocase(name, WQ_S("content-transfer-encoding")))
		wq_body_odd(body, WQ_ODD(PART_ENCODED));
}

bool multipart_head_end(struct wq_body *body, struct multipart_part *part)
{
	/* what makes servers take a part for something else */
	static const uint64_t doubtful = WQ_ODD(PART_TWICE) | WQ_ODD(HEADER_TWICE) | WQ_ODD(QUOTING) |
		WQ_ODD(FILENAME_STAR) | WQ_ODD(SEMICOLON_MISSING) | WQ_ODD(FOLDING_INVALID) | WQ_ODD(PART_HEADER) |
		WQ_ODD(PART_INVALID);
	uint64_t before = body->report.oddities;
	body->report.oddities = part->oddities;
	part->charset = body->args.charset;
	for (unsigned i = 0; i < part->headers_n && !body->report.failed; i++)
		header(body, part, i);
	if (part->name.n == 0)
		wq_body_odd(body, WQ_ODD(PART_INVALID));
	part->file = part->filename.n > 0 || part->other_filename.p;
	/* a part that some server takes for a field is read as one too */
	part->field = part->filename.n == 0 || (body->report.oddities & doubtful);
	body->report.oddities |= before;
	return !body->report.failed;
}
