/* Findings of likeness, and what they say. */
#include "detect/likeness/names.h"
#include "detect/likeness/set.h"
#include "finding/excerpt.h"
#include "finding/rule.h"

wq_err wq_likeness_name_finding(struct wq_arena *arena, const struct wq_likeness_set *set, wq_str name,
	const struct wq_likeness_hit *hit, struct wq_finding *ret_finding)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_FAKE_NAME);
	const struct wq_subject *subject = &set->subjects[hit->subject];

	finding.place.app = subject->app;
	finding.place.url = wq_clean(arena, name, WQ_FINDING_PLACE_BYTES);
	finding.evidence.subject = wq_clean(arena, hit->domain, WQ_EXCERPT_BYTES);
	finding.evidence.excerpt = wq_clean(arena,
		wq_arena_printf(arena, "%.*s ~ %.*s: %s, %u", WQ_S_ARG(hit->label), WQ_S_ARG(hit->form),
			wq_likeness_technique_name(hit->technique), hit->score),
		WQ_EXCERPT_BYTES);
	WQ_TRY(wq_arena_err(arena));
	*ret_finding = finding;
	return WQ_OK;
}
