#include "detect/inject/sql_priv.h"

/* The comparison that is being read. */
struct clause {
	bool logic;    /* an AND, OR, WHERE … began it */
	bool constant; /* no name of a column in it so far */
	bool compared; /* a comparing operator was read */
	bool operand;  /* an operand behind that logic was read */
	bool same;     /* both sides are the same name */
	wq_str name;   /* on its left side */
};

struct judge {
	struct wq_sql_lex *lex;
	enum wq_sql_place place;
	char quote;
	bool value_like; /* what stands before the closed quote is no prose */
	enum wq_sql_state state;
	enum wq_sql_kind last;
	struct clause clause;
	bool query;      /* SELECT or FROM was read: aliases may come */
	bool list;       /* between SELECT and FROM */
	bool list_names; /* nothing but names in that list */
	bool stacked;
	bool operators;
	bool constant_before; /* the clause, before a name that may turn out to be a call's */
	bool glued;           /* AND or OR right behind the closed quote */
	bool introducer;      /* the last was a charset's name: _utf8'…' */
	uint64_t evidence;
};

static void found(struct judge *j, enum wq_sql_evidence e)
{
	if (e != WQ_SQL_EV_NOTHING)
		j->evidence |= UINT64_C(1) << e;
}

static void comparison(struct judge *j)
{
	bool constant = j->clause.constant || j->clause.same;

	if (j->clause.logic)
		found(j, constant ? WQ_SQL_EV_LOGIC_CONST_CMP : WQ_SQL_EV_LOGIC_CMP);
	else if (constant || j->place == WQ_SQL_IN_STRING)
		found(j, WQ_SQL_EV_PLAIN_CMP);
}

static bool is_operand(enum wq_sql_kind kind)
{
	return kind >= WQ_SQL_NUMBER && kind <= WQ_SQL_CATALOG;
}

static void operand(struct judge *j, const struct wq_sql_token *t)
{
	enum wq_sql_kind kind = t->kind;

	j->clause.same = j->clause.compared && kind == WQ_SQL_NAME && wq_str_eq(t->text, j->clause.name);
	j->clause.name = j->clause.compared ? j->clause.name : t->text;
	j->constant_before = j->clause.constant;
	if (kind == WQ_SQL_NAME || kind == WQ_SQL_CATALOG || kind == WQ_SQL_FUNC)
		j->clause.constant = false;
	else if (j->list)
		found(j, WQ_SQL_EV_LIST_CONST);
	j->list_names = j->list && !(j->evidence >> WQ_SQL_EV_LIST_CONST & 1);
	if (j->clause.compared)
		comparison(j);
	j->clause.operand = true;
}

static void call(struct judge *j)
{
	if (j->last == WQ_SQL_DANGER)
		found(j, WQ_SQL_EV_DANGER);
	if (j->last == WQ_SQL_FUNC || j->last == WQ_SQL_IF) {
		found(j, WQ_SQL_EV_FUNC);
		j->clause.constant = j->constant_before;
		if (j->list)
			found(j, WQ_SQL_EV_LIST_CONST);
		j->list_names = false;
		if (j->clause.compared)
			comparison(j);
		if (!j->clause.logic)
			j->clause = (struct clause){.logic = true, .constant = true};
	}
}

/* A word or two of what is left is a comment that hides the rest of the program's statement; more is prose with a dash. */
static void comment(struct judge *j, const struct wq_sql_token *t)
{
	wq_str tail = wq_str_trim(wq_str_from(t->text, *t->text.p == '#' ? 1 : 2));
	bool tight = !t->blank && (j->last == WQ_SQL_NUMBER || j->last == WQ_SQL_STRING || j->last == WQ_SQL_RPAREN);

	if (tight || (tail.n <= 64 && wq_str_chr(tail, ' ') < 0))
		found(j, WQ_SQL_EV_COMMENT);
}

static void meaning(struct judge *j, const struct wq_sql_token *t)
{
	enum wq_sql_kind kind = t->kind;

	if (kind == WQ_SQL_LOGIC || kind == WQ_SQL_WHERE || kind == WQ_SQL_HAVING || kind == WQ_SQL_WHEN ||
		kind == WQ_SQL_PIPES || (kind == WQ_SQL_IF && j->state != WQ_SQL_AT_NAMED))
		j->clause = (struct clause){.logic = true, .constant = true};
	if (kind == WQ_SQL_CMP || kind == WQ_SQL_LIKE || kind == WQ_SQL_BETWEEN ||
		(kind == WQ_SQL_LPAREN && j->last == WQ_SQL_IN))
		j->clause.compared = true;
	if (kind == WQ_SQL_SELECT)
		j->query = j->list = true;
	if (kind == WQ_SQL_FROM) {
		if (j->query)
			found(j, WQ_SQL_EV_FROM);
		j->query = true;
		j->list = false;
	}
	if (kind == WQ_SQL_SIGN || kind == WQ_SQL_PIPES || kind == WQ_SQL_ARITH || kind == WQ_SQL_STAR)
		j->operators = true;
	if (kind == WQ_SQL_LOGIC && j->state == WQ_SQL_AT_CLOSED && !t->blank)
		j->glued = true;
	if (kind == WQ_SQL_LIMIT)
		found(j, WQ_SQL_EV_LIMIT);
	if (kind == WQ_SQL_COMMENT && j->place != WQ_SQL_IN_COMMENT)
		comment(j, t);
	if (t->commented && j->last != WQ_SQL_END)
		found(j, WQ_SQL_EV_BLANK_COMMENT);
	if (t->versioned)
		found(j, WQ_SQL_EV_VERSIONED);
}

/* A second name behind an operand, where a query may have one. */
static bool is_alias(const struct judge *j, const struct wq_sql_token *t)
{
	return (j->state == WQ_SQL_AT_AFTER || j->state == WQ_SQL_AT_NAMED) && (j->query || j->last == WQ_SQL_RPAREN) &&
		(t->kind == WQ_SQL_NAME || t->kind == WQ_SQL_FUNC || (t->kind == WQ_SQL_STRING && j->query));
}

static bool is_adjacent(const struct judge *j, const struct wq_sql_token *t)
{
	return (t->kind == WQ_SQL_STRING || t->kind == WQ_SQL_STRING_OPEN) &&
		(j->last == WQ_SQL_STRING || j->introducer);
}

static bool advance(struct judge *j, const struct wq_sql_token *t)
{
	struct wq_sql_step step = {WQ_SQL_AT_ALIASED, 0};
	enum wq_sql_state from = j->state;

	if (j->state == WQ_SQL_AT_TAIL) {
		step = wq_sql_step(WQ_SQL_AT_TAIL, t->kind);
		if (step.next == WQ_SQL_AT_NONE)
			step.next = WQ_SQL_AT_TAIL;
	} else if (is_adjacent(j, t)) {
		step.next = WQ_SQL_AT_AFTER;
	} else if (!is_alias(j, t)) {
		step = wq_sql_step(j->state, t->kind);
	}
	if (from != WQ_SQL_AT_TAIL || t->kind == WQ_SQL_COMMENT)
		meaning(j, t);
	if (step.next <= WQ_SQL_AT_DENY)
		return false;
	found(j, (enum wq_sql_evidence)step.evidence);
	if (from == WQ_SQL_AT_STMT && j->stacked && t->kind != WQ_SQL_END && t->kind != WQ_SQL_COMMENT &&
		t->kind != WQ_SQL_SEMI && t->kind != WQ_SQL_IF)
		found(j, WQ_SQL_EV_STACKED);
	j->stacked = j->stacked || t->kind == WQ_SQL_SEMI;
	if (step.next == WQ_SQL_AT_OPEN && from == WQ_SQL_AT_NAMED)
		call(j);
	if (is_operand(t->kind) && step.next != WQ_SQL_AT_ALIASED && step.next != WQ_SQL_AT_TAIL)
		operand(j, t);
	j->state = (enum wq_sql_state)step.next;
	j->last = t->kind;
	j->introducer = t->text.n > 1 && t->kind == WQ_SQL_NAME && *t->text.p == '_';
	return true;
}

/* What only the end tells. */
static void conclude(struct judge *j, const struct wq_sql_token *last)
{
	bool reopened = last->kind == WQ_SQL_STRING_OPEN && last->quote == j->quote;

	if (j->clause.logic && j->clause.constant && j->clause.operand && !j->clause.compared)
		found(j,
			last->kind == WQ_SQL_STRING || last->kind == WQ_SQL_STRING_OPEN ? WQ_SQL_EV_LOGIC_STRING
											: WQ_SQL_EV_LOGIC_CONST);
	if (j->list && j->list_names && last->kind != WQ_SQL_COMMENT)
		found(j, WQ_SQL_EV_NO_TABLE);
	if (!reopened)
		return;
	if (j->glued && !last->blank)
		found(j, WQ_SQL_EV_GLUED);
	if (j->value_like && wq_str_chr(last->text, ' ') < 0) {
		found(j, WQ_SQL_EV_REOPENED);
		if (j->operators)
			found(j, WQ_SQL_EV_GLUED);
	} else if (j->clause.logic && j->clause.compared) {
		found(j, WQ_SQL_EV_REOPENED);
	}
}

static bool is_word_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* Quotes as people set them, around a phrase: no word before the first, no blank inside next to either. An injection may look like
 * this too, so it counts against it and does not decide. */
static bool is_phrase(const struct wq_sql_lex *lex, char quote)
{
	const unsigned char *opening = lex->p - 1, *closing = memchr(lex->p, quote, (size_t)(lex->end - lex->p));
	bool first = opening == lex->begin;

	if (!closing || closing - lex->p < (first ? 2 : 1) || closing[-1] == ' ' ||
		(!first && is_word_byte(opening[-1]) && opening[-1] < 0x80))
		return false;
	return is_word_byte(*lex->p) || *lex->p == '/' || (!first && *lex->p != ' ');
}

/* Whether what stands before the closed quote is a value rather than prose. */
static bool is_value(wq_str before)
{
	before = wq_str_trim(wq_str_head(before, before.n - 1));
	for (size_t i = 0; i < before.n; i++)
		if (before.p[i] == ' ' || (unsigned char)before.p[i] >= 0x80)
			return false;
	return true;
}

static const enum wq_sql_state begins[] = {[WQ_SQL_BARE] = WQ_SQL_AT_START,
	[WQ_SQL_IN_STRING] = WQ_SQL_AT_CLOSED,
	[WQ_SQL_IN_COMMENT] = WQ_SQL_AT_ANYWHERE};

uint64_t wq_sql_judge(struct wq_sql_lex *lex, enum wq_sql_place place, char quote)
{
	struct judge j = {.lex = lex,
		.place = place,
		.quote = quote,
		.last = WQ_SQL_END,
		.clause.constant = place == WQ_SQL_BARE};
	struct wq_sql_token t, last = {0};

	j.state = begins[place];
	if (place == WQ_SQL_IN_COMMENT)
		found(&j, WQ_SQL_EV_COMMENT_CLOSED);
	if (place == WQ_SQL_IN_STRING) {
		found(&j, WQ_SQL_EV_STRING_CLOSED);
		j.value_like = is_value(wq_str_of(lex->begin, (size_t)(lex->p - lex->begin)));
		if (is_phrase(lex, quote))
			found(&j, WQ_SQL_EV_PHRASE);
	}
	for (;;) {
		wq_sql_next(lex, &t);
		if (!advance(&j, &t)) {
			found(&j, WQ_SQL_EV_BROKEN);
			break;
		}
		if (j.state == WQ_SQL_AT_DONE || t.kind == WQ_SQL_END)
			break;
		last = t;
	}
	conclude(&j, &last);
	return j.evidence;
}
