#include "detect/inject/sql_priv.h"

enum { PLACES = 3 };

/* Whose rows a place takes when it has none itself. */
static const unsigned char bases[WQ_SQL_STATES][PLACES] = {
	[WQ_SQL_AT_ANYWHERE] = {WQ_SQL_AT_AFTER, WQ_SQL_AT_EXPECT, WQ_SQL_AT_STMT},
	[WQ_SQL_AT_START] = {WQ_SQL_AT_AFTER, WQ_SQL_AT_EXPECT, WQ_SQL_AT_STMT},
	[WQ_SQL_AT_CLOSED] = {WQ_SQL_AT_AFTER, WQ_SQL_AT_STMT},
	[WQ_SQL_AT_AFTER] = {WQ_SQL_AT_STMT},
	[WQ_SQL_AT_NAMED] = {WQ_SQL_AT_AFTER},
	[WQ_SQL_AT_ALIASED] = {WQ_SQL_AT_AFTER},
	[WQ_SQL_AT_OPEN] = {WQ_SQL_AT_EXPECT},
	[WQ_SQL_AT_LIST] = {WQ_SQL_AT_EXPECT},
	[WQ_SQL_AT_ORDERED] = {WQ_SQL_AT_EXPECT},
	[WQ_SQL_AT_TOPPED] = {WQ_SQL_AT_LIST, WQ_SQL_AT_EXPECT}};

static const struct wq_sql_step steps[WQ_SQL_STATES][WQ_SQL_KINDS] = {
#define WQ_SQL_STEP(place, kind, to, what) [WQ_SQL_AT_##place][WQ_SQL_##kind] = {WQ_SQL_AT_##to, WQ_SQL_EV_##what},
#include "detect/inject/sql_grammar_table.h"
#undef WQ_SQL_STEP
};

struct wq_sql_step wq_sql_step(enum wq_sql_state state, enum wq_sql_kind kind)
{
	struct wq_sql_step step = steps[state][kind];

	for (size_t i = 0; step.next == WQ_SQL_AT_NONE && i < PLACES; i++)
		step = steps[bases[state][i]][kind];
	return step;
}
