#include "detect/waf/seclang_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wq_err file_read(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	(void)arena;
	if (strcmp(path, "other") != 0)
		return wq_error(WQ_E_NOT_FOUND, "%.100s", path);
	*ret_text = *(const wq_str *)data;
	return WQ_OK;
}

static wq_err file_list(void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	const char **paths = WQ_NEW_ARRAY(arena, const char *, 1);

	(void)data;
	if (!paths)
		return wq_arena_err(arena);
	paths[0] = pattern;
	*ret_paths = paths;
	*ret_n = 1;
	return WQ_OK;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What was accepted keeps the promises of the header; pieces of a text are the text. */
static void promises(const struct wq_sec_item *item)
{
	wq_str rest = item->op.argument;
	size_t bytes = 0;
	struct wq_sec_piece piece;

	require(item->place.line >= 1 && item->place.file);
	require(item->vars_n <= WQ_SEC_VARS_MAX && item->actions_n <= WQ_SEC_ACTIONS_MAX);
	require(item->kind != WQ_SEC_RULE || item->vars_n > 0);
	while (wq_sec_piece_next(&rest, &piece))
		bytes += piece.text.n;
	require(bytes == item->op.argument.n);
	for (size_t i = 0; i < item->vars_n; i++)
		require(item->vars[i].var < WQ_VAR_COUNT &&
			(item->vars[i].selector == WQ_SEC_SELECT_ALL) == (item->vars[i].name.n == 0));
	for (size_t i = 0; i < item->actions_n; i++)
		require(item->actions[i].action < WQ_ACT_COUNT &&
			wq_waf_action_argument(item->actions[i].action) != WQ_ARGUMENT_REFUSED);
	require(item->kind != WQ_SEC_RULE || wq_waf_op_argument(item->op.op) != WQ_ARGUMENT_REFUSED);
}

/* A text, 0xff, what the file "other" holds. Refused with a place and a sentence, or what it says it is; twice the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wq_str other = wq_str_of(data, size), text = wq_str_cut(&other, '\xff');
	const struct wq_sec_source source = {&other, file_read, file_list};
	struct wq_sec_rules rules, again;
	struct wq_arena arena;

	if (!other.p)
		other = WQ_S("");
	wq_arena_init(&arena, 64 * WQ_MIB);
	wq_err e = wq_sec_parse_text(text, "fuzz", &source, &arena, NULL, NULL, &rules);
	if (!wq_failed(e)) {
		for (size_t i = 0; i < rules.n; i++)
			promises(&rules.items[i]);
		require(!wq_failed(wq_sec_parse_text(text, "fuzz", &source, &arena, NULL, NULL, &again)) &&
			again.n == rules.n);
		e = wq_sec_check(&rules, NULL, NULL);
	}
	require(!wq_failed(e) || wq_is(e, WQ_E_LIMIT) || (wq_is(e, WQ_E_CONFIG) && strstr(wq_err_note(e), ":")));
	wq_arena_done(&arena);
	return 0;
}
