/* Strings, macros and names of TX: each kept once, whatever the number of rules that write it. */
#include "detect/waf/compile_priv.h"
#include "detect/waf/seclang_priv.h"

void *wq_waf_list_add(struct wq_arena *arena, struct wq_waf_list *list, size_t item_bytes, uint32_t more)
{
	if (more > WQ_WAF_ENTRIES_MAX - list->n)
		return NULL;
	if (list->n + more > list->room) {
		uint32_t room = WQ_MAX(list->room * 2, WQ_MAX(list->n + more, 64));
		char *items = wq_arena_zalloc(arena, room, item_bytes);
		if (!items)
			return NULL;
		if (list->n > 0)
			memcpy(items, list->items, list->n * item_bytes);
		list->items = items;
		list->room = room;
	}
	list->n += more;
	return (char *)list->items + (size_t)(list->n - more) * item_bytes;
}

wq_err wq_waf_bad_at(struct wq_sec_place place, wq_err e)
{
	return wq_error((enum wq_err_id)e.id, "%s:%u: %s", place.file, (unsigned)place.line, wq_err_note(e));
}

wq_str wq_waf_keep(struct wq_waf_compiler *c, wq_str s)
{
	char *known = wq_map_get(&c->strings, s);
	wq_str kept;

	if (s.n == 0)
		return WQ_S("");
	if (known)
		return wq_str_of(known, s.n);
	kept = wq_arena_str(&c->program->arena, s);
	if (kept.p && wq_failed(wq_map_put(&c->strings, s, (void *)(uintptr_t)kept.p, NULL)))
		return WQ_S_NONE;
	return kept;
}

wq_str wq_waf_keep_lower(struct wq_waf_compiler *c, wq_str s)
{
	wq_str copy = wq_arena_str(&c->scratch, s);
	char *p = (char *)(uintptr_t)copy.p;

	if (!p)
		return WQ_S_NONE;
	for (size_t i = 0; i < copy.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	return wq_waf_keep(c, copy);
}

wq_err wq_waf_slot_of(struct wq_waf_compiler *c, wq_str name, uint32_t *ret_slot)
{
	wq_str lower = wq_waf_keep_lower(c, name), *slot;
	uintptr_t known;

	if (!lower.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	known = (uintptr_t)wq_map_get(&c->slot_names, lower);
	if (known == 0) {
		if (name.n > WQ_WAF_NAME_MAX)
			return wq_error(
				WQ_E_LIMIT, "TX.%.*s…: a name of more than %d bytes", 40, name.p, WQ_WAF_NAME_MAX);
		if (c->slots.n >= WQ_WAF_SLOTS_MAX)
			return wq_error(WQ_E_LIMIT, "rules name more than %d variables of TX", WQ_WAF_SLOTS_MAX);
		slot = WQ_WAF_ADD(c, slots, wq_str);
		if (!slot)
			return wq_error_id(WQ_E_NO_MEMORY);
		*slot = lower;
		known = c->slots.n;
		WQ_TRY(wq_map_put(&c->slot_names, lower, (void *)known, NULL));
	}
	*ret_slot = (uint32_t)known - 1;
	return WQ_OK;
}

bool wq_waf_number(wq_str text, int64_t *ret_number)
{
	uint64_t value;
	bool negative = text.n > 1 && text.p[0] == '-';
	wq_str digits = wq_str_from(text, negative ? 1 : 0);

	if (digits.n == 0 || (digits.p[0] == '0' && text.n > 1) || !wq_str_to_u64(digits, INT32_MAX, &value))
		return false;
	*ret_number = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

int64_t wq_waf_number_lax(wq_str text)
{
	size_t n = 0;
	int64_t value = 0;

	text = wq_str_trim(text);
	bool negative = text.n > 0 && text.p[0] == '-';
	if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+'))
		text = wq_str_from(text, 1);
	while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9' && value < INT32_MAX)
		value = value * 10 + (text.p[n++] - '0');
	value = WQ_MIN(value, INT32_MAX);
	return negative ? -value : value;
}

/* ---- macros */

bool wq_waf_has_variable(wq_str text)
{
	struct wq_sec_piece piece;

	while (wq_sec_piece_next(&text, &piece))
		if (piece.is_macro)
			return true;
	return false;
}

static wq_err part_of(struct wq_waf_compiler *c, const struct wq_sec_piece *piece, struct wq_waf_part *part)
{
	*part = (struct wq_waf_part){.var = WQ_VAR_COUNT, .slot = WQ_WAF_NONE};
	if (piece->is_macro)
		part->var = (uint8_t)piece->var;
	part->text = piece->is_macro ? wq_waf_keep_lower(c, piece->name) : wq_waf_keep(c, piece->text);
	if (!part->text.p)
		return wq_error_id(WQ_E_NO_MEMORY);
	return part->var == WQ_VAR_TX ? wq_waf_slot_of(c, piece->name, &part->slot) : WQ_OK;
}

static wq_err parts_of(struct wq_waf_compiler *c, wq_str text, struct wq_waf_macro *macro)
{
	struct wq_sec_piece piece = {.text = WQ_S("")};
	struct wq_waf_part part, *added;
	bool more = wq_sec_piece_next(&text, &piece);

	macro->parts = c->parts.n;
	do {
		WQ_TRY(part_of(c, &piece, &part));
		added = WQ_WAF_ADD(c, parts, struct wq_waf_part);
		if (!added)
			return wq_error_id(WQ_E_NO_MEMORY);
		*added = part;
	} while (more && wq_sec_piece_next(&text, &piece));
	macro->parts_n = c->parts.n - macro->parts;
	return WQ_OK;
}

wq_err wq_waf_macro_of(struct wq_waf_compiler *c, wq_str text, struct wq_waf_macro *ret_macro, bool *ret_variable)
{
	uintptr_t known = (uintptr_t)wq_map_get(&c->macro_texts, text);

	if (known == 0) {
		struct wq_waf_macro macro, *added = WQ_WAF_ADD(c, macros, struct wq_waf_macro);
		if (!added)
			return wq_error_id(WQ_E_NO_MEMORY);
		known = c->macros.n;
		WQ_TRY(parts_of(c, text, &macro));
		*added = macro;
		WQ_TRY(wq_map_put(&c->macro_texts, text, (void *)known, NULL));
	}
	*ret_macro = *WQ_WAF_AT(c, macros, struct wq_waf_macro, known - 1);
	if (ret_variable) {
		*ret_variable = false;
		for (uint32_t i = 0; i < ret_macro->parts_n; i++)
			*ret_variable |= WQ_WAF_AT(c, parts, struct wq_waf_part, ret_macro->parts + i)->var !=
				WQ_VAR_COUNT;
	}
	return WQ_OK;
}
