#include "detect/waf/seclang_priv.h"

static const char *op_name(unsigned i)
{
	return wq_waf_op_name((enum wq_waf_op)i);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static wq_err phrases_room(struct wq_sec_parser *p, size_t n)
{
	if (n > WQ_SEC_PHRASES_MAX - p->phrases_n)
		return wq_error(WQ_E_LIMIT, "%.120s:%u: more than %d phrases in all rules", p->place.file,
			p->place.line, WQ_SEC_PHRASES_MAX);
	p->phrases_n += n;
	return WQ_OK;
}

/* ---- phrases of a file: one a line, comments and empty lines left out ---- */

/* The next line that counts; blanks at its ends belong to the phrase. */
static bool phrase_line(wq_str *rest, wq_str *ret_line)
{
	while (rest->p) {
		wq_str line = wq_str_cut(rest, '\n');
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (wq_str_trim(line).n == 0 || line.p[0] == '#')
			continue;
		*ret_line = line;
		return true;
	}
	return false;
}

static wq_err file_phrases(struct wq_sec_parser *p, wq_str text, wq_str *phrases, size_t room, size_t *n)
{
	wq_str line;

	if (wq_str_starts(text, WQ_S("\xef\xbb\xbf")))
		text = wq_str_from(text, 3);
	while (phrase_line(&text, &line)) {
		if (phrases && *n < room)
			phrases[*n] = line;
		(*n)++;
	}
	return *n > WQ_SEC_PHRASES_MAX ? phrases_room(p, *n) : WQ_OK;
}

enum { FILES_OF_A_RULE = 16 };

static wq_err files_parse(struct wq_sec_parser *p, struct wq_sec_operator *op)
{
	wq_str texts[FILES_OF_A_RULE], rest = op->argument, *phrases;
	size_t texts_n = 0, n = 0, filled = 0;

	while ((rest = wq_str_trim(rest)).n > 0) {
		size_t end = 0;
		while (end < rest.n && !is_blank(rest.p[end]))
			end++;
		if (texts_n == FILES_OF_A_RULE)
			return wq_sec_fail(p, "@%s: more than %d files", wq_waf_op_name(op->op), FILES_OF_A_RULE);
		WQ_TRY(wq_sec_file_read(p, wq_str_head(rest, end), &texts[texts_n]));
		WQ_TRY(file_phrases(p, texts[texts_n++], NULL, 0, &n));
		rest = wq_str_from(rest, end);
	}
	WQ_TRY(phrases_room(p, n));
	phrases = WQ_NEW_ARRAY(p->arena, wq_str, n + 1);
	if (!phrases)
		return wq_arena_err(p->arena);
	for (size_t i = 0; i < texts_n; i++)
		WQ_TRY(file_phrases(p, texts[i], phrases, n, &filled));
	if (n == 0)
		wq_sec_notice(p, "%.*s holds no phrase: the rule never matches", WQ_SEC_CUT(op->argument));
	op->phrases = phrases;
	op->phrases_n = n;
	return WQ_OK;
}

/* ---- phrases of @pm: blanks between them, |hex| and escapes in them (Snort's content) ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "|41 42 0d|" from behind its first bar; what it stands for goes to `out`. Returns the length read, with the last bar; 0: malformed. */
static size_t hex_run(wq_str s, char *out, size_t *n)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != '|') {
		if (s.p[i] == ' ') {
			i++;
			continue;
		}
		int high = hex_digit(s.p[i]), low = i + 1 < s.n ? hex_digit(s.p[i + 1]) : -1;
		if (high < 0 || low < 0)
			return 0;
		out[(*n)++] = (char)(high * 16 + low);
		i += 2;
	}
	return i < s.n ? i + 1 : 0;
}

/* Cuts one phrase off. */
static wq_err phrase_cut(struct wq_sec_parser *p, wq_str *rest, wq_str *ret_phrase)
{
	char *out = wq_arena_alloc(p->arena, rest->n);
	size_t n = 0, i = 0;

	if (!out)
		return wq_arena_err(p->arena);
	while (i < rest->n && !is_blank(rest->p[i])) {
		char c = rest->p[i++];
		if (c == '|') {
			size_t read = hex_run(wq_str_from(*rest, i), out, &n);
			if (read == 0)
				return wq_sec_fail(p,
					"@pm: between two | stand pairs of hexadecimal digits; a bar itself is |7c|");
			i += read;
			continue;
		}
		if (c == '\\' && i < rest->n && strchr(":;\\\"", rest->p[i]))
			c = rest->p[i++];
		out[n++] = c;
	}
	*ret_phrase = wq_str_of(out, n);
	*rest = wq_str_from(*rest, i);
	return WQ_OK;
}

static wq_err words_parse(struct wq_sec_parser *p, struct wq_sec_operator *op)
{
	wq_str rest = wq_str_trim(op->argument), *phrases;
	size_t n = 0, room = 1;

	for (size_t i = 1; i < rest.n; i++)
		room += !is_blank(rest.p[i]) && is_blank(rest.p[i - 1]);
	WQ_TRY(phrases_room(p, room));
	phrases = WQ_NEW_ARRAY(p->arena, wq_str, room);
	if (!phrases)
		return wq_arena_err(p->arena);
	while (rest.n > 0 && n < room) {
		WQ_TRY(phrase_cut(p, &rest, &phrases[n]));
		n += phrases[n].n > 0;
		rest = wq_str_trim(rest);
	}
	op->phrases = phrases;
	op->phrases_n = n;
	return WQ_OK;
}

/* ---- arguments ---- */

/* "10,13,32-126". */
static wq_err byte_range_check(const struct wq_sec_parser *p, wq_str text)
{
	wq_str rest = text;

	while (rest.p) {
		wq_str high = wq_str_trim(wq_str_cut(&rest, ',')), low = wq_str_cut(&high, '-');
		uint64_t from, to;
		bool fine = wq_str_to_u64(wq_str_trim(low), 255, &from);
		if (fine && high.p)
			fine = wq_str_to_u64(wq_str_trim(high), 255, &to) && from <= to;
		if (!fine)
			return wq_sec_fail(p,
				"@validateByteRange %.*s: numbers and ranges from 0 to 255, as 10,13,32-126",
				WQ_SEC_CUT(text));
	}
	return WQ_OK;
}

static wq_err number_check(const struct wq_sec_parser *p, const struct wq_sec_operator *op)
{
	wq_str digits = wq_str_trim(op->argument);
	uint64_t number;

	if (wq_str_find(digits, WQ_S("%{")) >= 0)
		return WQ_OK;
	if (digits.n > 0 && (digits.p[0] == '-' || digits.p[0] == '+'))
		digits = wq_str_from(digits, 1);
	if (!wq_str_to_u64(digits, INT64_MAX, &number))
		return wq_sec_fail(p, "@%s compares with a number or a macro, not with '%.*s'", wq_waf_op_name(op->op),
			WQ_SEC_CUT(op->argument));
	return WQ_OK;
}

static wq_err argument_parse(struct wq_sec_parser *p, struct wq_sec_operator *op)
{
	const char *name = wq_waf_op_name(op->op);
	enum wq_waf_argument kind = wq_waf_op_argument(op->op);

	if (kind == WQ_ARGUMENT_REFUSED)
		return wq_sec_fail(
			p, "@%s is not supported: take the rule out, or write it with another operator", name);
	if (kind == WQ_ARGUMENT_NONE)
		return WQ_OK;
	if (op->argument.n == 0 && op->op != WQ_OP_STREQ && op->op != WQ_OP_RX && op->op != WQ_OP_WITHIN &&
		op->op != WQ_OP_CONTAINS)
		return wq_sec_fail(p, "@%s needs an argument", name);
	if (kind == WQ_ARGUMENT_FILE)
		return files_parse(p, op);
	if (op->op == WQ_OP_PM)
		return words_parse(p, op);
	if (op->op == WQ_OP_VALIDATE_BYTE_RANGE)
		return byte_range_check(p, op->argument);
	if (op->op == WQ_OP_EQ || op->op == WQ_OP_GE || op->op == WQ_OP_GT || op->op == WQ_OP_LE || op->op == WQ_OP_LT)
		WQ_TRY(number_check(p, op));
	if (op->op == WQ_OP_RBL)
		wq_sec_notice(p, "@rbl asks nobody here: the rule never matches");
	return wq_sec_macros_check(p, op->argument, kind == WQ_ARGUMENT_REGEX);
}

wq_err wq_sec_operator_parse(struct wq_sec_parser *p, wq_str text, struct wq_sec_operator *ret_op)
{
	struct wq_sec_operator op = {.op = WQ_OP_RX};
	char hint[WQ_SEC_HINT_BYTES];
	size_t end = 1;

	if (text.n > 0 && text.p[0] == '!') {
		op.negated = true;
		text = wq_str_from(text, 1);
	}
	op.argument = text;
	while (text.n > 0 && is_blank(text.p[0]))
		text = wq_str_from(text, 1);
	if (text.n > 0 && text.p[0] == '@') {
		while (end < text.n && !is_blank(text.p[end]))
			end++;
		wq_str name = wq_str_of(text.p + 1, end - 1);
		if (!wq_waf_op_parse(name, &op.op))
			return wq_sec_fail(p, "unknown operator '@%.*s'%s", WQ_SEC_CUT(name),
				wq_sec_hint(name, op_name, WQ_OP_COUNT, hint));
		while (end < text.n && is_blank(text.p[end]))
			end++;
		op.argument = wq_str_from(text, end);
	}
	WQ_TRY(argument_parse(p, &op));
	if (op.op == WQ_OP_GEO_LOOKUP)
		wq_sec_notice(p, "@geoLookup has no database here: the rule never matches");
	*ret_op = op;
	return WQ_OK;
}
