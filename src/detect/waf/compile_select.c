/* Which rules an id, a tag or a message means. A tag or message with the signs of a regular expression is one and is searched for, as in
 * ModSecurity 2; without them it has to be equal, as in ModSecurity 3: what takes rules away takes rather too few. */
#include "detect/waf/compile_priv.h"
#include "detect/waf/seclang_priv.h"

wq_err wq_waf_choice_init(struct wq_waf_choice *choice, struct wq_sec_place place)
{
	bool signs = false;

	if (choice->by == WQ_CHOOSE_ID)
		return WQ_OK;
	for (size_t i = 0; i < choice->text.n; i++)
		signs |= choice->text.p[i] != 0 && strchr("\\^$|?*+()[]{}", choice->text.p[i]) != NULL;
	if (!signs)
		return WQ_OK;
	wq_err e = wq_regex_new(choice->text, false, false, &choice->regex);
	if (wq_failed(e))
		return wq_waf_bad_at(place, e);
	return wq_regex_scratch_new(WQ_REGEX_MATCH_LIMIT, &choice->matching);
}

void wq_waf_choice_done(struct wq_waf_choice *choice)
{
	wq_regex_free(&choice->regex);
	wq_regex_scratch_free(&choice->matching);
}

static bool matches(const struct wq_waf_choice *choice, wq_str text)
{
	if (wq_str_eq(choice->text, text))
		return true;
	return choice->regex && wq_regex_match(choice->regex, choice->matching, text, 0, NULL, NULL) == WQ_REGEX_YES;
}

static bool has_id(wq_str ids, uint32_t id)
{
	uint32_t first, last;

	while (wq_sec_ids_next(&ids, &first, &last))
		if (id >= first && id <= last)
			return true;
	return false;
}

bool wq_waf_chosen(const struct wq_waf_choice *choice, const struct wq_waf_draft *draft)
{
	enum wq_waf_action wanted = choice->by == WQ_CHOOSE_TAG ? WQ_ACT_TAG : WQ_ACT_MSG;

	if (draft->marker || draft->link || draft->removed)
		return false;
	if (choice->by == WQ_CHOOSE_ID)
		return has_id(choice->text, draft->id);
	for (size_t i = 0; i < draft->actions_n; i++)
		if (draft->actions[i].action == wanted && matches(choice, draft->actions[i].argument))
			return true;
	return false;
}
