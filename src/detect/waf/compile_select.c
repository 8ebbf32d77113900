/* Which rules an id, a tag or a message means. A tag or message with the signs of a regular expression is one and is searched for, as in
 * ModSecurity 2; without them it has to be equal, as in ModSecurity 3: what takes rules away takes rather too few. */
#include "detect/waf/compile_priv.h"

static wq_err add_ids(struct wq_waf_compiler *c, struct wq_waf_list *list, wq_str word, struct wq_sec_place place)
{
	wq_str rest = word, first = wq_str_cut(&rest, '-'), last = rest.p ? rest : first;
	uint64_t from, to;
	struct wq_waf_ids *ids;

	if (!wq_str_to_u64(first, UINT32_MAX, &from) || !wq_str_to_u64(last, UINT32_MAX, &to) || to < from)
		return WQ_WAF_BAD(place, "\"%.*s\" is no id of a rule and no range; write 942100 or 942100-942199",
			WQ_S_ARG(word));
	ids = wq_waf_list_add(&c->scratch, list, sizeof *ids, 1);
	if (!ids)
		return wq_error_id(WQ_E_NO_MEMORY);
	*ids = (struct wq_waf_ids){(uint32_t)from, (uint32_t)to};
	return WQ_OK;
}

static wq_err parse_ids(struct wq_waf_compiler *c, struct wq_waf_choice *choice, struct wq_sec_place place)
{
	struct wq_waf_list list = {0};
	const char *p = choice->text.p, *end = p + choice->text.n;

	while (p < end) {
		const char *from = p;
		while (p < end && !strchr(" \t,\"'", *p))
			p++;
		wq_str word = wq_str_of(from, (size_t)(p - from)), id = wq_str_cut(&word, ':');
		if (word.p) {
			uint64_t offset;
			if (!wq_str_to_u64(word, WQ_WAF_RULES_MAX, &offset))
				return WQ_WAF_BAD(place, "\"%.*s\": behind the colon stands the number of a link",
					WQ_S_ARG(choice->text));
			choice->offset = (uint32_t)offset;
		}
		if (id.n > 0)
			WQ_TRY(add_ids(c, &list, id, place));
		p++;
	}
	if (list.n == 0 || (choice->offset > 0 && list.n > 1))
		return WQ_WAF_BAD(place, "\"%.*s\": %s", WQ_S_ARG(choice->text),
			list.n == 0 ? "an id of a rule is missing" : "a link is named by one id");
	choice->ids = list.items;
	choice->ids_n = list.n;
	return WQ_OK;
}

wq_err wq_waf_choice_init(struct wq_waf_compiler *c, struct wq_waf_choice *choice, struct wq_sec_place place)
{
	bool signs = false;

	if (choice->by == WQ_CHOOSE_ID)
		return parse_ids(c, choice, place);
	if (choice->text.n == 0)
		return WQ_WAF_BAD(place, "a tag or message is missing");
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

bool wq_waf_chosen(const struct wq_waf_choice *choice, const struct wq_waf_draft *draft)
{
	enum wq_waf_action wanted = choice->by == WQ_CHOOSE_TAG ? WQ_ACT_TAG : WQ_ACT_MSG;

	if (draft->marker || draft->link || draft->removed)
		return false;
	for (size_t i = 0; i < choice->ids_n; i++)
		if (draft->id >= choice->ids[i].first && draft->id <= choice->ids[i].last)
			return true;
	if (choice->by == WQ_CHOOSE_ID)
		return false;
	for (size_t i = 0; i < draft->actions_n; i++)
		if (draft->actions[i].action == wanted && matches(choice, draft->actions[i].argument))
			return true;
	return false;
}
