#include "detect/waf/eval_priv.h"

static wq_str of_part(struct wq_waf_tx *tx, const struct wq_waf_part *part)
{
	struct wq_waf_item item;

	if (part->var == WQ_VAR_COUNT)
		return part->text;
	if (part->slot != WQ_WAF_NONE)
		return tx->slots[part->slot].set ? wq_waf_value_text(tx, &tx->slots[part->slot]) : WQ_S_NONE;
	if (!wq_waf_live_one(tx, part->var, part->text, &item))
		return WQ_S_NONE;
	return wq_waf_item_text(tx, &item);
}

static wq_str expand(struct wq_waf_tx *tx, const struct wq_waf_macro *macro, size_t cut)
{
	const struct wq_waf_part *parts = tx->program->parts + macro->parts;
	uint32_t n = macro->parts_n;
	wq_str few[8], *texts = n > WQ_COUNT(few) ? WQ_NEW_ARRAY(&tx->arena, wq_str, n) : few;
	size_t bytes = 0;
	char *at;

	if (n == 0)
		return WQ_S("");
	if (!texts) {
		tx->no_memory = true;
		return WQ_S("");
	}
	for (uint32_t i = 0; i < n; i++) {
		texts[i] = of_part(tx, &parts[i]);
		if (parts[i].var != WQ_VAR_COUNT)
			texts[i] = wq_str_head(texts[i], cut);
		bytes += texts[i].n;
	}
	if (n == 1)
		return texts[0];
	wq_str whole = wq_str_of(at = wq_arena_alloc(&tx->arena, bytes), bytes);
	if (!at) {
		tx->no_memory = true;
		return WQ_S("");
	}
	for (uint32_t i = 0; i < n; i++) {
		if (texts[i].n > 0)
			memcpy(at, texts[i].p, texts[i].n);
		at += texts[i].n;
	}
	return whole;
}

wq_str wq_waf_expand(struct wq_waf_tx *tx, const struct wq_waf_macro *macro)
{
	return expand(tx, macro, SIZE_MAX);
}

wq_str wq_waf_expand_cut(struct wq_waf_tx *tx, const struct wq_waf_macro *macro)
{
	return expand(tx, macro, WQ_WAF_CUT_BYTES);
}
