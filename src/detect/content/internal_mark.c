#include "detect/content/content_priv.h"
#include "finding/excerpt.h"

/* A block of nothing but such words: "内部资料，注意保存". */
struct group {
	size_t from, to;
	size_t strong, words;
};

static bool is_wordish(const struct content_view *view, size_t at)
{
	return at < view->n && (content_is_han(view->c[at]) || content_is_alnum(view->c[at]));
}

/* The length of the word at `at`; counts it. */
static size_t take_word(
	const struct wq_content_rules *rules, const struct content_view *view, size_t at, struct group *group)
{
	size_t strong = content_word_at(view, at, &rules->strong, rules->gap, NULL);
	size_t weak = content_word_at(view, at, &rules->weak, rules->gap, NULL);
	group->strong += strong > 0 && strong >= weak;
	group->words += strong > 0 || weak > 0;
	return WQ_MAX(strong, weak);
}

/* The words from `at` on, as long as only spaces and signs stand between them; false when other words run into them. */
static bool read_group(
	const struct wq_content_rules *rules, const struct content_view *view, size_t at, struct group *group)
{
	enum { BETWEEN = 3, MOST = 8 };
	*group = (struct group){.from = at, .to = at};
	for (size_t n = 0; n < MOST; n++) {
		size_t i = group->to;
		for (size_t k = 0; n > 0 && k < BETWEEN && i < view->n && view->c[i] != '\n' && !is_wordish(view, i);
			k++)
			i++;
		struct group next = *group, after = {0};
		size_t length = take_word(rules, view, i, &next);
		if (length == 0 || (is_wordish(view, i + length) && !take_word(rules, view, i + length, &after)))
			break;
		*group = next;
		group->to = i + length;
	}
	return group->words > 0 && (at == 0 || !is_wordish(view, at - 1));
}

static bool is_told(const struct wq_content_rules *rules, const struct content_view *view, const struct group *group)
{
	size_t start = group->from > rules->explain_after ? group->from - rules->explain_after : 0;
	size_t end = WQ_MIN(view->n, group->to + rules->explain_after);
	return content_is_quoted(view, group->from, group->to, rules->quote_chars) ||
		content_words_in(view, start, group->from, &rules->explain) ||
		content_words_in(view, group->to, end, &rules->explain);
}

static wq_err examine(struct content_run *run, const struct content_view *view, const struct group *group)
{
	size_t companions = content_companions(run->rules, view, group->from, group->to);
	if ((group->strong == 0 && group->words < 2 && companions == 0) || is_told(run->rules, view, group))
		return WQ_OK;
	bool placed = view->is_title || group->from < run->start_end || companions > 0 || group->words > 1;
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_INTERNAL_MARK);
	finding.severity = placed ? WQ_SEVERITY_MEDIUM : WQ_SEVERITY_LOW;
	size_t at = view->at[group->from], end = view->at[group->to];
	finding.evidence.subject = wq_clean(
		run->arena, wq_str_of(view->text.p + at, WQ_MIN(end - at, (size_t)WQ_EXCERPT_BYTES)), WQ_EXCERPT_BYTES);
	return content_report(run, view, group->from, group->to, false, &finding);
}

wq_err content_internal_marks(struct content_run *run, const struct content_view *view)
{
	if (!content_may_have(view, &run->rules->strong) && !content_may_have(view, &run->rules->weak))
		return WQ_OK;
	for (size_t i = 0; i < view->n && run->candidates <= WQ_CONTENT_CANDIDATES; i++) {
		struct group none = {0}, group;
		if (!take_word(run->rules, view, i, &none))
			continue;
		if (!read_group(run->rules, view, i, &group))
			continue;
		run->candidates++;
		WQ_TRY(examine(run, view, &group));
		i = group.to - 1;
	}
	return WQ_OK;
}
