#include "detect/inject/sql_priv.h"

/* What a byte can begin. */
enum byte_class { OTHER, BLANK, LETTER, DIGIT, QUOTE };

/* SQL Server takes every control character for a blank. */
static const unsigned char classes[256] = {[0 ... ' '] = BLANK,
	['0' ... '9'] = DIGIT,
	['a' ... 'z'] = LETTER,
	['A' ... 'Z'] = LETTER,
	['_'] = LETTER,
	[0x80 ... 0xff] = LETTER,
	['\''] = QUOTE,
	['"'] = QUOTE,
	['`'] = QUOTE};

static enum byte_class class_of(unsigned char c)
{
	return (enum byte_class)classes[c];
}

static size_t left(const struct wq_sql_lex *lex)
{
	return (size_t)(lex->end - lex->p);
}

static unsigned char peek(const struct wq_sql_lex *lex, size_t i)
{
	return i < left(lex) ? lex->p[i] : 0;
}

/* MySQL takes 0xA0 for a blank; so is U+00A0 meant. As part of another character it is none. */
static size_t hard_blank(const struct wq_sql_lex *lex)
{
	if (peek(lex, 0) == 0xC2 && peek(lex, 1) == 0xA0)
		return 2;
	return peek(lex, 0) == 0xA0 && (lex->p == lex->begin || lex->p[-1] < 0x80) ? 1 : 0;
}

/* Behind the first `closing` (n bytes, its first nowhere else in it but at its end) from `p` on, or NULL. */
static const unsigned char *behind(const struct wq_sql_lex *lex, const unsigned char *p, const void *closing, size_t n)
{
	while ((size_t)(lex->end - p) >= n) {
		p = memchr(p, *(const unsigned char *)closing, (size_t)(lex->end - p) - n + 1);
		if (!p)
			return NULL;
		if (memcmp(p, closing, n) == 0)
			return p + n;
		p++;
	}
	return NULL;
}

static void to_line_end(struct wq_sql_lex *lex)
{
	const unsigned char *at = memchr(lex->p, '\n', left(lex));

	lex->p = at ? at : lex->end;
}

/* Behind the comment that begins here, if one does. A comment that nothing ends is left to be a token. */
static bool skip_comment(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	const unsigned char *at = lex->p;

	if ((*at == '-' && peek(lex, 1) == '-') || *at == '#') {
		to_line_end(lex);
		if (lex->p == lex->end) {
			lex->p = at;
			return false;
		}
	} else if (*at == '/' && peek(lex, 1) == '*' && peek(lex, 2) == '!') {
		lex->p += 3;
		while (left(lex) && class_of(*lex->p) == DIGIT)
			lex->p++;
		lex->in_version = t->versioned = true;
	} else if (*at == '/' && peek(lex, 1) == '*') {
		at = behind(lex, lex->p + 2, "*/", 2);
		if (!at)
			return false;
		lex->p = at;
	} else if ((lex->in_version || t->commented) && *at == '*' && peek(lex, 1) == '/' && peek(lex, 2) != '*') {
		lex->p += 2;
		lex->in_version = false;
	} else {
		return false;
	}
	t->commented = true;
	return true;
}

static void skip_blanks(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	while (left(lex)) {
		size_t n = class_of(*lex->p) == BLANK ? 1 : hard_blank(lex);

		if (n == 0 && !skip_comment(lex, t))
			return;
		lex->p += n;
		t->blank = true;
	}
}

bool wq_sql_string_end(struct wq_sql_lex *lex, unsigned char quote)
{
	const unsigned char *at = NULL, *slash;

	while (left(lex)) {
		if (!at || at < lex->p)
			at = memchr(lex->p, quote, left(lex));
		if (!at)
			break;
		slash = lex->backslash && quote != '`' ? memchr(lex->p, '\\', (size_t)(at - lex->p)) : NULL;
		if (slash) {
			lex->p = slash + WQ_MIN(2, lex->end - slash);
			continue;
		}
		lex->p = at + 1;
		if (peek(lex, 0) != quote)
			return true;
		lex->p++;
	}
	lex->p = lex->end;
	return false;
}

static void string(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	t->quote = (char)*lex->p++;
	t->kind = wq_sql_string_end(lex, (unsigned char)t->quote) ? WQ_SQL_STRING : WQ_SQL_STRING_OPEN;
	if (t->kind == WQ_SQL_STRING && t->quote == '`')
		t->kind = WQ_SQL_NAME;
}

static bool in_word(const struct wq_sql_lex *lex)
{
	unsigned char c = peek(lex, 0);

	if (class_of(c) != LETTER && class_of(c) != DIGIT && c != '$')
		return false;
	return (c != 0xA0 && c != 0xC2) || !hard_blank(lex);
}

/* What a name in quotes is the schema of: `a`.b, [a].[b]. */
static void qualified(struct wq_sql_lex *lex)
{
	struct wq_sql_token part = {0};

	while (peek(lex, 0) == '.') {
		lex->p++;
		if (peek(lex, 0) == '*')
			lex->p++;
		if (peek(lex, 0) == '`')
			string(lex, &part);
		while (in_word(lex))
			lex->p++;
	}
}

/* q'[…]' of Oracle, $tag$…$tag$ of PostgreSQL: `from` is behind the opening, `closing` ends it. */
static void string_until(struct wq_sql_lex *lex, struct wq_sql_token *t, const void *closing, size_t n)
{
	const unsigned char *at = behind(lex, lex->p, closing, n);

	t->kind = at ? WQ_SQL_STRING : WQ_SQL_STRING_OPEN;
	lex->p = at ? at : lex->end;
}

static void oracle_string(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	static const char pairs[] = "[]{}()<>";
	char open = (char)peek(lex, 2), closing[2] = {open, '\''};
	const char *pair = open ? strchr(pairs, open) : NULL;

	if (pair && (pair - pairs) % 2 == 0)
		closing[0] = pair[1];
	lex->p += left(lex) < 3 ? left(lex) : 3;
	string_until(lex, t, closing, sizeof closing);
}

static void number(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	t->kind = WQ_SQL_NUMBER;
	if (*lex->p == '0' && ((peek(lex, 1) | 0x20) == 'x' || (peek(lex, 1) | 0x20) == 'b')) {
		lex->p += 2;
		while (left(lex) && strchr("0123456789abcdefABCDEF", *lex->p) && *lex->p)
			lex->p++;
		return;
	}
	while (left(lex) && (class_of(*lex->p) == DIGIT || *lex->p == '.'))
		lex->p++;
	if ((peek(lex, 0) | 0x20) == 'e' &&
		(class_of(peek(lex, 1)) == DIGIT ||
			((peek(lex, 1) == '+' || peek(lex, 1) == '-') && class_of(peek(lex, 2)) == DIGIT)))
		for (lex->p += 2; left(lex) && class_of(*lex->p) == DIGIT;)
			lex->p++;
}

/* A name with its schema: a.b, a..b, a.`b`, a.[b]. */
static void word(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	const unsigned char *begin = lex->p;
	unsigned char first = *begin | 0x20;

	if (peek(lex, 1) == '\'' && (first == 'n' || first == 'b' || first == 'x' || first == 'e')) {
		lex->p++;
		string(lex, t);
		return;
	}
	if (first == 'u' && peek(lex, 1) == '&' && peek(lex, 2) == '\'') {
		lex->p += 2;
		string(lex, t);
		return;
	}
	if (first == 'q' && peek(lex, 1) == '\'') {
		oracle_string(lex, t);
		return;
	}
	while (in_word(lex)) {
		lex->p++;
		while (peek(lex, 0) == '.' && (class_of(peek(lex, 1)) == LETTER || peek(lex, 1) == '.'))
			lex->p++;
	}
	t->kind = wq_sql_word(wq_str_of(begin, (size_t)(lex->p - begin)));
	if (t->kind == WQ_SQL_NAME || t->kind == WQ_SQL_CATALOG)
		qualified(lex);
}

/* @x, @@x, @'x', a lone @: all values in MySQL. */
static void variable(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	struct wq_sql_token inner = {0};

	lex->p++;
	t->kind = WQ_SQL_VAR;
	if (peek(lex, 0) == '@') {
		lex->p++;
		t->kind = WQ_SQL_SYSVAR;
	}
	if (class_of(peek(lex, 0)) == QUOTE && left(lex))
		string(lex, &inner);
	else
		while (in_word(lex) || peek(lex, 0) == '.')
			lex->p++;
}

/* $1, $tag$…$tag$, \N; as `\` also money in SQL Server: a value, whatever follows; a path of
 * Windows is read so as well. */
static void dollar(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	const unsigned char *begin = lex->p++;

	while (*begin == '$' && (class_of(peek(lex, 0)) == LETTER || class_of(peek(lex, 0)) == DIGIT) && left(lex))
		lex->p++;
	if (*begin == '$' && peek(lex, 0) == '$') {
		lex->p++;
		string_until(lex, t, begin, (size_t)(lex->p - begin));
		return;
	}
	while (*begin == '$' && peek(lex, 0) == ' ' && peek(lex, 1) == '.')
		lex->p++;
	while (*begin == '\\' && (in_word(lex) || peek(lex, 0) == '\\'))
		lex->p++;
	while (left(lex) && (class_of(*lex->p) == DIGIT || strchr("+-.,", *lex->p)) && *lex->p)
		lex->p++;
	while (*begin == '\\' && in_word(lex))
		lex->p++;
	t->kind = WQ_SQL_NUMBER;
}

/* [name] of SQL Server */
static void bracket(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	const unsigned char *at = memchr(lex->p, ']', WQ_MIN(left(lex), 128));

	t->kind = at ? WQ_SQL_NAME : WQ_SQL_BAD;
	lex->p = at ? at + 1 : lex->p + 1;
	qualified(lex);
}

static const unsigned char short_signs[256] = {
#define WQ_SQL_BYTE_ROW(byte, kind) [byte] = WQ_SQL_##kind,
#include "detect/inject/sql_sign_table.h"
#undef WQ_SQL_BYTE_ROW
};

static const struct {
	char text[4];
	enum wq_sql_kind kind;
} long_signs[] = {
#define WQ_SQL_SIGN_ROW(text, kind) {text, WQ_SQL_##kind},
#include "detect/inject/sql_sign_table.h"
#undef WQ_SQL_SIGN_ROW
};

static void sign(struct wq_sql_lex *lex, struct wq_sql_token *t)
{
	static const char seconds[] = "=><~*-&|:"; /* what the second byte of a long one can be */

	t->kind = (enum wq_sql_kind)short_signs[*lex->p];
	if (peek(lex, 1) && strchr(seconds, peek(lex, 1)))
		for (size_t i = 0; i < WQ_COUNT(long_signs); i++) {
			size_t n = strlen(long_signs[i].text);

			if (n <= left(lex) && memcmp(lex->p, long_signs[i].text, n) == 0) {
				t->kind = long_signs[i].kind;
				lex->p += n;
				return;
			}
		}
	if (*lex->p == '<' && peek(lex, 1) == '@' &&
		class_of(peek(lex, 2 + (class_of(peek(lex, 2)) == BLANK))) == QUOTE)
		lex->p++; /* PostgreSQL's "is contained"; @x is a variable */
	if (t->kind == WQ_SQL_END)
		t->kind = WQ_SQL_BAD;
	lex->p++;
}

static bool at_comment(const struct wq_sql_lex *lex)
{
	unsigned char c = *lex->p, next = peek(lex, 1);

	return c == '#' || (c == '-' && next == '-') || (c == '/' && next == '*');
}

void wq_sql_next(struct wq_sql_lex *lex, struct wq_sql_token *ret)
{
	const unsigned char *begin;
	unsigned char c;

	*ret = (struct wq_sql_token){.kind = WQ_SQL_END};
	skip_blanks(lex, ret);
	begin = lex->p;
	if (!left(lex))
		return;
	c = *lex->p;
	if (at_comment(lex)) {
		ret->kind = WQ_SQL_COMMENT;
		lex->p = lex->end;
	} else if (class_of(c) == DIGIT || (c == '.' && class_of(peek(lex, 1)) == DIGIT)) {
		number(lex, ret);
	} else if (class_of(c) == LETTER) {
		word(lex, ret);
	} else if (class_of(c) == QUOTE) {
		string(lex, ret);
		if (ret->kind == WQ_SQL_NAME)
			qualified(lex);
	} else if (c == '@' && peek(lex, 1) != '>') {
		variable(lex, ret);
	} else if (c == '$' || c == '\\') {
		dollar(lex, ret);
	} else if (c == '[') {
		bracket(lex, ret);
	} else {
		sign(lex, ret);
	}
	ret->text = wq_str_of(begin, (size_t)(lex->p - begin));
}
