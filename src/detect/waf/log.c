#include "detect/waf/eval_priv.h"

static wq_str *expand_tags(struct wq_waf_tx *tx, const struct wq_waf_rule *head)
{
	wq_str *tags = WQ_NEW_ARRAY(&tx->arena, wq_str, head->tags_n + 1);

	if (!tags) {
		tx->no_memory = true;
		return NULL;
	}
	for (uint32_t i = 0; i < head->tags_n; i++)
		tags[i] = wq_waf_expand_cut(tx, &tx->program->tags[head->tags + i]);
	return tags;
}

static uint32_t of_rule(const struct wq_waf_tx *tx, uint32_t rule)
{
	uint32_t n = 0;

	for (uint32_t i = tx->matches_n; i > 0 && tx->matches[i - 1].rule == rule; i--)
		n++;
	return n;
}

/* One line for each value, but not for the hundredth of a rule, and room is left for what decides, which comes last. */
void wq_waf_log(struct wq_waf_tx *tx, const struct wq_waf_rule *head, const struct wq_waf_item *item, bool disruptive)
{
	struct wq_waf_match *match;

	if (!(head->flags & WQ_RULE_LOG))
		return;
	if (of_rule(tx, head->id) >= WQ_WAF_PER_RULE_MAX ||
		tx->matches_n >= WQ_WAF_MATCHES_MAX - (disruptive ? 0 : WQ_WAF_PER_RULE_MAX)) {
		tx->matches_lost++;
		return;
	}
	match = wq_waf_grow(tx, (void **)&tx->matches, tx->matches_n, &tx->matches_room, sizeof *match);
	if (!match)
		return;
	*match = (struct wq_waf_match){
		.rule = head->id,
		.phase = tx->phase,
		.severity = head->severity,
		.log = true,
		.disruptive = disruptive,
		.variable = wq_waf_item_name(tx, item),
		.value = wq_str_head(wq_waf_item_text(tx, item), WQ_WAF_CUT_BYTES),
		.message = wq_waf_expand_cut(tx, &head->message),
		.data = wq_waf_expand_cut(tx, &head->data),
		.rev = head->rev,
		.ver = head->ver,
		.tags = expand_tags(tx, head),
		.tags_n = head->tags_n,
		.file = head->file,
		.line = head->line,
	};
	if (!match->tags)
		match->tags_n = 0;
	tx->matches_n++;
}

const struct wq_waf_match *wq_waf_matches(struct wq_waf_tx *tx, size_t *ret_n, uint32_t *ret_lost)
{
	*ret_n = tx->matches_n;
	*ret_lost = tx->matches_lost;
	return tx->matches;
}
