/* Sets of rules that ctl names: bits over the rules of the program. Read when all rules are known, so that a ctl may name rules that come
 * later in the files. */
#include "detect/waf/compile_priv.h"

static wq_err fill(
	struct wq_waf_compiler *c, struct wq_waf_choice *choice, struct wq_sec_place place, uint64_t *ret_bits)
{
	WQ_TRY(wq_waf_choice_init(choice, place));
	for (uint32_t i = 0; i < c->drafts.n; i++) {
		const struct wq_waf_draft *draft = WQ_WAF_AT(c, drafts, struct wq_waf_draft, i);
		if (wq_waf_chosen(choice, draft))
			ret_bits[draft->rule / 64] |= (uint64_t)1 << draft->rule % 64;
	}
	return WQ_OK;
}

static wq_err make(struct wq_waf_compiler *c, int by, wq_str text, struct wq_sec_place place, uint32_t *ret_set)
{
	struct wq_waf_choice choice = {.text = text};
	uint32_t words = c->program->rule_words;
	uint64_t *bits;

	if (c->sets.n >= WQ_WAF_SETS_MAX)
		return wq_error(WQ_E_LIMIT, "%s:%u: ctl names more than %d sets of rules", place.file,
			(unsigned)place.line, WQ_WAF_SETS_MAX);
	*ret_set = c->sets.n;
	/* one item is one set */
	bits = wq_waf_list_add(&c->scratch, &c->sets, words * sizeof *bits, 1);
	if (!bits)
		return wq_error_id(WQ_E_NO_MEMORY);
	choice.by = by;
	wq_err e = fill(c, &choice, place, bits);
	wq_waf_choice_done(&choice);
	return e;
}

wq_err wq_waf_set_of(
	struct wq_waf_compiler *c, enum wq_waf_ctl ctl, wq_str text, struct wq_sec_place place, uint32_t *ret_set)
{
	bool tag = ctl == WQ_CTL_RULE_REMOVE_BY_TAG || ctl == WQ_CTL_RULE_REMOVE_TARGET_BY_TAG;
	bool msg = ctl == WQ_CTL_RULE_REMOVE_BY_MSG || ctl == WQ_CTL_RULE_REMOVE_TARGET_BY_MSG;
	int by = tag ? WQ_CHOOSE_TAG : msg ? WQ_CHOOSE_MSG : WQ_CHOOSE_ID;
	char *whole = wq_arena_alloc(&c->scratch, text.n + 1);

	if (!whole)
		return wq_error_id(WQ_E_NO_MEMORY);
	whole[0] = (char)('0' + by);
	if (text.n > 0)
		memcpy(whole + 1, text.p, text.n);
	wq_str key = wq_str_of(whole, text.n + 1);
	uintptr_t known = (uintptr_t)wq_map_get(&c->set_texts, key);
	if (known > 0) {
		*ret_set = (uint32_t)known - 1;
		return WQ_OK;
	}
	WQ_TRY(make(c, by, text, place, ret_set));
	return wq_map_put(&c->set_texts, key, (void *)((uintptr_t)*ret_set + 1), NULL);
}
