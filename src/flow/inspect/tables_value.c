/* The values that forms may ask for, by name, and what their files share. */
#include "flow/inspect/tables_priv.h"

wq_err wq_table_unknown(struct wq_table_scope *s, const char *zh, const char *en)
{
	s->why = wq_str_c(s->zh ? zh : en);
	return WQ_OK;
}

wq_err wq_table_keep(struct wq_table_scope *s, wq_str text, wq_str *ret)
{
	*ret = wq_arena_str(s->arena, text);
	return wq_arena_err(s->arena);
}

wq_err wq_table_number(struct wq_table_scope *s, uint64_t n, wq_str *ret)
{
	*ret = wq_arena_printf(s->arena, "%llu", (unsigned long long)n);
	return wq_arena_err(s->arena);
}

wq_err wq_table_yes_no(struct wq_table_scope *s, bool yes, wq_str *ret)
{
	*ret = wq_str_c(yes ? s->zh ? "是" : "yes" : s->zh ? "否" : "no");
	return WQ_OK;
}

const struct wq_table_value *wq_table_value_find(wq_str name)
{
	static const struct wq_table_value *const tables[] = {
		wq_table_registry_values, wq_table_inspection_values, wq_table_sums_values};

	for (size_t i = 0; i < WQ_COUNT(tables); i++)
		for (const struct wq_table_value *v = tables[i]; v->name; v++)
			if (wq_str_eq(name, wq_str_c(v->name)))
				return v;
	return NULL;
}

bool wq_table_word_fits(const struct wq_table_value *value, wq_str word)
{
	return value->fits ? value->fits(word) : word.n == 0;
}
