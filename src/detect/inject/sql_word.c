#include "detect/inject/sql_priv.h"

static const struct word {
	const char *text;
	enum wq_sql_kind kind;
} words[] = {
#define WQ_SQL_WORD(text, kind) {text, WQ_SQL_##kind},
#include "detect/inject/sql_word_table.h"
#undef WQ_SQL_WORD
};

/* Schemas that only a database's own tables are in. */
static const wq_str schemas[] = {WQ_S_INIT("information_schema."), WQ_S_INIT("performance_schema."),
	WQ_S_INIT("pg_catalog."), WQ_S_INIT("mysql."), WQ_S_INIT("sysibm."), WQ_S_INIT("syscat."), WQ_S_INIT("sys."),
	WQ_S_INIT("master.."), WQ_S_INIT("msdb.."), WQ_S_INIT("dbms_"), WQ_S_INIT("xp_"), WQ_S_INIT("sp_"),
	WQ_S_INIT("utl_"), WQ_S_INIT("domain.")};

enum { WORD_MAX = 48 };

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct word *)row)->text);
}

enum wq_sql_kind wq_sql_word(wq_str word)
{
	char lower[WORD_MAX + 1];
	const struct word *found;

	if (word.n > WORD_MAX)
		return WQ_SQL_NAME;
	for (size_t i = 0; i < word.n; i++)
		lower[i] = (char)(word.p[i] | (word.p[i] >= 'A' && word.p[i] <= 'Z' ? 0x20 : 0));
	lower[word.n] = '\0';
	found = bsearch(lower, words, WQ_COUNT(words), sizeof words[0], compare);
	if (found)
		return found->kind;
	for (size_t i = 0; i < WQ_COUNT(schemas); i++)
		if (wq_str_starts(wq_str_c(lower), schemas[i]))
			return WQ_SQL_CATALOG;
	return WQ_SQL_NAME;
}
