#include "detect/waf/seclang_priv.h"

enum { WORDS_MAX = 512 }; /* of one directive */

enum takes { WORD, NUMBER, TEXT, TEXTS, BYTE, NOTHING };

struct words {
	wq_str at[WORDS_MAX];
	size_t n;
};

/* ---- directives that make rules ---- */

typedef wq_err read_fn(struct wq_sec_parser *p, const char *name, const struct words *words);

static wq_err count_check(
	const struct wq_sec_parser *p, const char *name, const struct words *words, size_t least, size_t most)
{
	if (words->n < least)
		return wq_sec_fail(
			p, "%s needs %zu argument%s and has %zu", name, least, least == 1 ? "" : "s", words->n);
	if (words->n > most)
		return wq_sec_fail(p,
			"%s takes at most %zu argument%s; \"%.*s\" is one more: put texts with blanks into quotation marks, "
			"with \\\" inside",
			name, most, most == 1 ? "" : "s", WQ_SEC_CUT(words->at[WQ_MIN(most, (size_t)WORDS_MAX - 1)]));
	return WQ_OK;
}

static wq_err read_rule(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	struct wq_sec_item *item;

	WQ_TRY(count_check(p, name, words, 2, 3));
	WQ_TRY(wq_sec_item_add(p, WQ_SEC_RULE, &item));
	WQ_TRY(wq_sec_vars_parse(p, words->at[0], &item->vars, &item->vars_n));
	bool looks = false;
	for (size_t i = 0; i < item->vars_n; i++)
		looks |= !item->vars[i].exclude;
	if (!looks)
		return wq_sec_fail(p, "the rule looks at nothing: all its variables are taken away by !");
	WQ_TRY(wq_sec_operator_parse(p, words->at[1], &item->op));
	return words->n == 3 ? wq_sec_actions_parse(p, words->at[2], &item->actions, &item->actions_n) : WQ_OK;
}

static wq_err read_action(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	struct wq_sec_item *item;

	WQ_TRY(count_check(p, name, words, 1, 1));
	WQ_TRY(wq_sec_item_add(p, WQ_SEC_ACTION, &item));
	item->op.op = WQ_OP_UNCONDITIONAL_MATCH;
	return wq_sec_actions_parse(p, words->at[0], &item->actions, &item->actions_n);
}

static wq_err read_default_action(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	struct wq_sec_item *item;

	WQ_TRY(count_check(p, name, words, 1, 1));
	WQ_TRY(wq_sec_item_add(p, WQ_SEC_DEFAULT, &item));
	return wq_sec_actions_parse(p, words->at[0], &item->actions, &item->actions_n);
}

/* One text as the item's argument. */
static wq_err named(struct wq_sec_parser *p, enum wq_sec_kind kind, const char *name, wq_str text)
{
	struct wq_sec_item *item;

	if (text.n == 0)
		return wq_sec_fail(p, "%s: its argument is empty", name);
	WQ_TRY(wq_sec_item_add(p, kind, &item));
	item->argument = text;
	return WQ_OK;
}

static wq_err read_marker(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	WQ_TRY(count_check(p, name, words, 1, 1));
	return named(p, WQ_SEC_MARKER, name, words->at[0]);
}

static wq_err joined(struct wq_sec_parser *p, const struct words *words, wq_str *ret_text)
{
	size_t bytes = 0;
	char *out, *at;

	for (size_t i = 0; i < words->n; i++)
		bytes += words->at[i].n + 1;
	at = out = wq_arena_alloc(p->arena, bytes);
	if (!out)
		return wq_arena_err(p->arena);
	for (size_t i = 0; i < words->n; i++) {
		if (i > 0)
			*at++ = ' ';
		if (words->at[i].n)
			memcpy(at, words->at[i].p, words->at[i].n);
		at += words->at[i].n;
	}
	*ret_text = wq_str_of(out, (size_t)(at - out));
	return WQ_OK;
}

static wq_err read_remove_by_id(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	wq_str ids;

	WQ_TRY(count_check(p, name, words, 1, WORDS_MAX));
	WQ_TRY(joined(p, words, &ids));
	WQ_TRY(wq_sec_ids_check(p, ids));
	return named(p, WQ_SEC_REMOVE_BY_ID, name, ids);
}

static wq_err read_remove_by_tag(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	WQ_TRY(count_check(p, name, words, 1, 1));
	return named(p, WQ_SEC_REMOVE_BY_TAG, name, words->at[0]);
}

static wq_err read_remove_by_msg(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	WQ_TRY(count_check(p, name, words, 1, 1));
	return named(p, WQ_SEC_REMOVE_BY_MSG, name, words->at[0]);
}

static wq_err update_target(struct wq_sec_parser *p, enum wq_sec_kind kind, const char *name, const struct words *words)
{
	WQ_TRY(count_check(p, name, words, 2, 3));
	if (kind == WQ_SEC_UPDATE_TARGET_BY_ID)
		WQ_TRY(wq_sec_ids_check(p, words->at[0]));
	WQ_TRY(named(p, kind, name, words->at[0]));
	struct wq_sec_item *item = &p->items[p->n - 1];
	WQ_TRY(wq_sec_vars_parse(p, words->at[1], &item->vars, &item->vars_n));
	return words->n == 3 ? wq_sec_vars_parse(p, words->at[2], &item->replaced, &item->replaced_n) : WQ_OK;
}

static wq_err read_update_target_by_id(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	return update_target(p, WQ_SEC_UPDATE_TARGET_BY_ID, name, words);
}

static wq_err read_update_target_by_tag(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	return update_target(p, WQ_SEC_UPDATE_TARGET_BY_TAG, name, words);
}

static wq_err read_update_target_by_msg(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	return update_target(p, WQ_SEC_UPDATE_TARGET_BY_MSG, name, words);
}

static wq_err read_update_action_by_id(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	WQ_TRY(count_check(p, name, words, 2, 2));
	WQ_TRY(wq_sec_ids_check(p, words->at[0]));
	WQ_TRY(named(p, WQ_SEC_UPDATE_ACTION_BY_ID, name, words->at[0]));
	struct wq_sec_item *item = &p->items[p->n - 1];
	return wq_sec_actions_parse(p, words->at[1], &item->actions, &item->actions_n);
}

static wq_err read_include(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	WQ_TRY(count_check(p, name, words, 1, 1));
	return wq_sec_include(p, words->at[0], false);
}

static wq_err read_include_optional(struct wq_sec_parser *p, const char *name, const struct words *words)
{
	WQ_TRY(count_check(p, name, words, 1, 1));
	return wq_sec_include(p, words->at[0], true);
}

/* ---- the table ---- */

struct row {
	const char *name;
	read_fn *read;   /* makes rules */
	const char *why; /* no effect, or refused */
	bool refused;
	enum wq_sec_setting setting;
	enum takes takes;
	const char *words; /* | between: the first is 0 */
	uint64_t most;
};

static const struct row rows[] = {
#define WQ_SEC_RULES(text, how) {.name = text, .read = read_##how},
#define WQ_SEC_SET(text, which, how, list, max) \
	{.name = text, .setting = WQ_SET_##which, .takes = how, .words = list, .most = max},
#define WQ_SEC_NOTICE(text, reason) {.name = text, .why = reason},
#define WQ_SEC_REFUSE(text, reason) {.name = text, .why = reason, .refused = true},
#include "detect/waf/directive_table.h"
#undef WQ_SEC_RULES
#undef WQ_SEC_SET
#undef WQ_SEC_NOTICE
#undef WQ_SEC_REFUSE
};

static const char *row_name(unsigned i)
{
	return rows[i].name;
}

/* ---- settings ---- */

static wq_err word_set(struct wq_sec_parser *p, const struct row *row, struct wq_sec_item *item)
{
	wq_str words = wq_str_c(row->words);

	for (item->number = 0; words.p; item->number++) {
		wq_str word = wq_str_cut(&words, '|');
		if (!wq_str_eq_nocase(word, item->argument))
			continue;
		item->argument = word;
		return WQ_OK;
	}
	return wq_sec_fail(p, "%s %.*s: one of %s", row->name, WQ_SEC_CUT(item->argument), row->words);
}

static wq_err setting_add(struct wq_sec_parser *p, const struct row *row, const struct words *words)
{
	struct wq_sec_item *item;

	WQ_TRY(count_check(p, row->name, words, row->takes == NOTHING ? 0 : 1,
		row->takes == NOTHING         ? 0
			: row->takes == TEXTS ? WORDS_MAX
					      : 1));
	WQ_TRY(wq_sec_item_add(p, WQ_SEC_SETTING, &item));
	item->setting = row->setting;
	if (row->takes == NOTHING)
		return WQ_OK;
	item->argument = words->at[0];
	switch (row->takes) {
	case WORD: return word_set(p, row, item);
	case NUMBER:
		if (!wq_str_to_u64(item->argument, row->most, &item->number))
			return wq_sec_fail(p, "%s %.*s: a number up to %llu", row->name, WQ_SEC_CUT(item->argument),
				(unsigned long long)row->most);
		return WQ_OK;
	case TEXTS: return joined(p, words, &item->argument);
	case BYTE:
		if (item->argument.n != 1)
			return wq_sec_fail(p, "%s %.*s: one character", row->name, WQ_SEC_CUT(item->argument));
		return WQ_OK;
	case TEXT:
	case NOTHING: break;
	}
	return WQ_OK;
}

static wq_err words_read(struct wq_sec_parser *p, const char *name, wq_str rest, struct words *words)
{
	wq_str word;

	for (words->n = 0;; words->n++) {
		WQ_TRY(wq_sec_word_next(p, &rest, &word));
		if (!word.p)
			return WQ_OK;
		if (words->n == WORDS_MAX)
			return wq_error(WQ_E_LIMIT, "%.120s:%u: %s: more than %d words", p->place.file, p->place.line,
				name, WORDS_MAX);
		words->at[words->n] = word;
	}
}

wq_err wq_sec_directive_parse(struct wq_sec_parser *p, wq_str name, wq_str rest)
{
	const struct row *row = NULL;
	char hint[WQ_SEC_HINT_BYTES];
	struct words words;

	if (name.n > 0 && name.p[0] == '<')
		return wq_sec_fail(p,
			"%.*s: sections of Apache are not supported: take the line and its end off, and give "
			"applications their own rules",
			WQ_SEC_CUT(name));
	for (size_t i = 0; i < WQ_COUNT(rows) && !row; i++) {
		if (wq_str_eq_nocase(name, wq_str_c(rows[i].name)))
			row = &rows[i];
	}
	if (!row)
		return wq_sec_fail(p, "unknown directive '%.*s'%s", WQ_SEC_CUT(name),
			wq_sec_hint(name, row_name, WQ_COUNT(rows), hint));
	if (row->refused)
		return wq_sec_fail(p, "%s is not supported: %s", row->name, row->why);
	WQ_TRY(words_read(p, row->name, rest, &words));
	if (row->read)
		return row->read(p, row->name, &words);
	if (!row->why)
		return setting_add(p, row, &words);
	WQ_TRY(count_check(p, row->name, &words, 1, WORDS_MAX));
	wq_sec_notice(p, "%s has no effect: %s", row->name, row->why);
	return WQ_OK;
}
