/* Inside @detectSQLi, for sql*.c only: tokens and words of all dialects at once, the places of the grammar (its rows are
 * sql_grammar_table.h), what counts as evidence. Bad at: telling dialects apart; what one of them allows is allowed. */
#ifndef WQ_DETECT_INJECT_SQL_PRIV_H
#define WQ_DETECT_INJECT_SQL_PRIV_H

#include "detect/inject/inject.h"

/* Kinds of tokens as the grammar sees them. Words get theirs from sql_word_table.h. */
enum wq_sql_kind {
	WQ_SQL_END,
	WQ_SQL_BAD, /* a byte that no dialect knows here */
	WQ_SQL_NUMBER,
	WQ_SQL_STRING,
	WQ_SQL_STRING_OPEN, /* runs to the end of the value */
	WQ_SQL_NAME,
	WQ_SQL_VAR,     /* @x */
	WQ_SQL_SYSVAR,  /* @@x */
	WQ_SQL_CONST,   /* null, true */
	WQ_SQL_FUNC,    /* a known function */
	WQ_SQL_DANGER,  /* one that waits, reads files or runs programs */
	WQ_SQL_CATALOG, /* a name of the database's own tables */
	WQ_SQL_SIGN,    /* + - */
	WQ_SQL_STAR,    /* * */
	WQ_SQL_ARITH,   /* / % ^ & | << >> div mod */
	WQ_SQL_TILDE,   /* ~ ! */
	WQ_SQL_CMP,     /* = < > <= <> != <=> := !> */
	WQ_SQL_LIKE,    /* comparing words */
	WQ_SQL_BETWEEN,
	WQ_SQL_IN,
	WQ_SQL_LOGIC, /* and or xor && */
	WQ_SQL_PIPES, /* || */
	WQ_SQL_NOT,
	WQ_SQL_IS,
	WQ_SQL_UNARY, /* words before an operand */
	WQ_SQL_LPAREN,
	WQ_SQL_RPAREN,
	WQ_SQL_COMMA,
	WQ_SQL_SEMI,
	WQ_SQL_CAST,    /* :: */
	WQ_SQL_COMMENT, /* runs to the end of the value */
	WQ_SQL_SELECT,
	WQ_SQL_UNION,
	WQ_SQL_ALL, /* all distinct */
	WQ_SQL_TOP,
	WQ_SQL_FROM,
	WQ_SQL_WHERE, /* where having on when */
	WQ_SQL_HAVING,
	WQ_SQL_ORDER, /* order group */
	WQ_SQL_BY,
	WQ_SQL_LIMIT,
	WQ_SQL_INTO,
	WQ_SQL_OUTFILE,
	WQ_SQL_PROCEDURE,
	WQ_SQL_CASE,
	WQ_SQL_WHEN,
	WQ_SQL_THEN, /* then else */
	WQ_SQL_ENDW, /* the word end */
	WQ_SQL_AS,
	WQ_SQL_JOIN,
	WQ_SQL_ASC,
	WQ_SQL_OBJECT, /* what a definition defines */
	WQ_SQL_DEFINE, /* drop create alter truncate */
	WQ_SQL_INSERT,
	WQ_SQL_UPDATE,
	WQ_SQL_DELETE,
	WQ_SQL_SET,
	WQ_SQL_VALUES,
	WQ_SQL_EXEC,
	WQ_SQL_WAITFOR,
	WQ_SQL_DELAY,
	WQ_SQL_DECLARE,
	WQ_SQL_IF,
	WQ_SQL_FOR,
	WQ_SQL_BEGIN,
	WQ_SQL_ADMIN, /* shutdown and the like: a statement by itself */
	WQ_SQL_KINDS
};

struct wq_sql_token {
	enum wq_sql_kind kind;
	wq_str text;
	char quote;                /* of a string */
	bool blank;                /* white space or a comment before it */
	bool commented, versioned; /* a comment, a MySQL version comment stood before it */
};

/* The reading position; `backslash`: it escapes in strings (MySQL). */
struct wq_sql_lex {
	const unsigned char *begin, *p, *end;
	bool backslash;
	bool in_version; /* inside a version comment of MySQL, whose text is code */
};

/* The next token; WQ_SQL_END for ever at the end. Always moves on before that. */
void wq_sql_next(struct wq_sql_lex *lex, struct wq_sql_token *ret);
/* Moves behind the quote that ends a string whose text `lex` stands in; false when there is none. */
bool wq_sql_string_end(struct wq_sql_lex *lex, unsigned char quote);
/* What a word is; WQ_SQL_NAME when it is nothing special. */
enum wq_sql_kind wq_sql_word(wq_str word);

/* What was understood, with its weight: sql_evidence_table.h. */
enum wq_sql_evidence {
#define WQ_SQL_EVIDENCE(name, weight, text) WQ_SQL_EV_##name,
#include "detect/inject/sql_evidence_table.h"
#undef WQ_SQL_EVIDENCE
	WQ_SQL_EVIDENCES
};

/* Where in a statement the judge is. */
enum wq_sql_state {
	WQ_SQL_AT_NONE,     /* no SQL */
	WQ_SQL_AT_DENY,     /* no SQL, whatever the states say that this one shares rows with */
	WQ_SQL_AT_ANYWHERE, /* behind the program's comment */
	WQ_SQL_AT_START,    /* of a value that stands bare: anything may come before it */
	WQ_SQL_AT_CLOSED,   /* right behind the quote that ended the program's string */
	WQ_SQL_AT_AFTER,    /* behind an operand */
	WQ_SQL_AT_NAMED,    /* behind a name: may be called */
	WQ_SQL_AT_ALIASED,  /* behind a second name */
	WQ_SQL_AT_EXPECT,   /* an operand must come */
	WQ_SQL_AT_OPEN,     /* behind a parenthesis or a call's */
	WQ_SQL_AT_STMT,     /* a statement may begin */
	WQ_SQL_AT_UNITED,   /* behind UNION */
	WQ_SQL_AT_LIST,     /* behind SELECT */
	WQ_SQL_AT_ALIAS,    /* behind AS */
	WQ_SQL_AT_BY,       /* behind ORDER, GROUP */
	WQ_SQL_AT_ORDERED,  /* behind ORDER BY */
	WQ_SQL_AT_TOPPED,   /* behind TOP */
	WQ_SQL_AT_DEFINE,   /* behind DROP … */
	WQ_SQL_AT_INSERT,
	WQ_SQL_AT_UPDATE,
	WQ_SQL_AT_UPDATED, /* behind its table */
	WQ_SQL_AT_DELETE,
	WQ_SQL_AT_EXEC,
	WQ_SQL_AT_DECLARE,
	WQ_SQL_AT_WAIT,
	WQ_SQL_AT_LOCK, /* behind FOR */
	WQ_SQL_AT_INTO,
	WQ_SQL_AT_NOTED, /* behind an operand and NOT */
	WQ_SQL_AT_ISED,  /* behind IS */
	WQ_SQL_AT_TAIL,  /* the rest of a statement that is known enough */
	WQ_SQL_AT_DONE,
	WQ_SQL_STATES
};

/* What follows, and what it is evidence of (enum wq_sql_evidence). */
struct wq_sql_step {
	unsigned char next, evidence;
};

/* The row of the grammar: WQ_SQL_AT_NONE or WQ_SQL_AT_DENY when the token may not stand here. */
struct wq_sql_step wq_sql_step(enum wq_sql_state state, enum wq_sql_kind kind);

/* Where the value is taken to stand. */
enum wq_sql_place { WQ_SQL_BARE, WQ_SQL_IN_STRING, WQ_SQL_IN_COMMENT };

/* Reads from `lex` on to the end or the first thing that is no SQL. Returns the set of evidence (bits by enum); `place` with the
 * quote that was closed. */
uint64_t wq_sql_judge(struct wq_sql_lex *lex, enum wq_sql_place place, char quote);

#endif
