#include "detect/likeness/judge.h"

#include "detect/likeness/set.h"
#include "finding/excerpt.h"
#include "finding/rule.h"

struct judging {
	struct wq_arena *arena;
	const struct wq_likeness_set *set;
	struct wq_likeness_index *index;
	const struct wq_document *document;
	struct wq_findings *findings;
};

static struct wq_finding begin(const struct judging *j, enum wq_rule_id rule, wq_str app)
{
	struct wq_finding finding = wq_rule_finding(rule);

	finding.place.app = wq_clean(j->arena, app, WQ_FINDING_PLACE_BYTES);
	finding.place.url = wq_clean(j->arena, j->document->address.href, WQ_FINDING_PLACE_BYTES);
	return finding;
}

static wq_err say(const struct judging *j, struct wq_finding *finding)
{
	WQ_TRY(wq_arena_err(j->arena));
	return wq_findings_add(j->findings, finding);
}

/* Whose identifier it is: p == NULL: nobody's here. */
static wq_str owner_of(const struct judging *j, const struct wq_likeness_identifier *identifier, wq_str *ret_where)
{
	wq_str app = WQ_S_NONE;

	*ret_where = WQ_S_NONE;
	for (size_t i = 0; i < j->set->subjects_n; i++)
		if (wq_likeness_identifier_of(identifier, &j->set->subjects[i]))
			return j->set->subjects[i].app.p ? j->set->subjects[i].app : WQ_S("");
	if (j->index && wq_likeness_index_find_identifier(j->index, identifier, &app, ret_where))
		return app;
	return WQ_S_NONE;
}

static wq_err identifiers(const struct judging *j, size_t *ret_n)
{
	struct wq_likeness_identifier found[WQ_LIKENESS_IDENTIFIERS];
	struct wq_document_at at = {0};
	size_t n;

	*ret_n = 0;
	WQ_TRY(wq_likeness_identifiers(j->arena, j->document->html, found, &n));
	for (size_t i = 0; i < n; i++) {
		wq_str where, app = owner_of(j, &found[i], &where);
		struct wq_finding finding;
		if (!app.p)
			continue;
		finding = begin(j, WQ_RULE_FAKE_IDENTIFIER, app);
		at = (struct wq_document_at){0};
		wq_document_place(j->document, &at, found[i].at, &finding.place.line, &finding.place.column);
		finding.evidence.subject = wq_arena_printf(
			j->arena, "%s %.*s", wq_likeness_identifier_name(found[i].kind), WQ_S_ARG(found[i].value));
		finding.evidence.excerpt = finding.evidence.subject;
		finding.evidence.target = where;
		WQ_TRY(say(j, &finding));
		(*ret_n)++;
	}
	return WQ_OK;
}

static wq_err page(const struct judging *j, struct wq_likeness_judgement *ret)
{
	struct wq_likeness_sketch sketch;
	const struct wq_likeness_alike *alike = &ret->match.alike;

	if (!j->index)
		return WQ_OK;
	WQ_TRY(wq_likeness_sketch_of(j->arena, j->set->rules, j->document, &sketch));
	ret->near = wq_likeness_index_find(j->index, &sketch, &ret->match);
	if (!ret->near || !alike->copy)
		return WQ_OK;
	struct wq_finding finding = begin(j, WQ_RULE_FAKE_PAGE, ret->match.app);
	finding.evidence.target = wq_clean(j->arena, ret->match.url, WQ_FINDING_PLACE_BYTES);
	finding.evidence.subject = finding.evidence.target;
	finding.evidence.excerpt = wq_arena_printf(j->arena, "text %u %%, body %u %%, structure %u %%%s", alike->text,
		alike->body, alike->tags, alike->title ? ", same title" : "");
	return say(j, &finding);
}

wq_err wq_likeness_judge(struct wq_arena *arena, const struct wq_likeness_set *set, struct wq_likeness_index *index,
	const struct wq_document *document, struct wq_findings *findings, struct wq_likeness_judgement *ret_judgement)
{
	struct judging j = {arena, set, index, document, findings};
	struct wq_likeness_judgement judgement = {.own = wq_likeness_own(set, document->address.host)};
	struct wq_finding finding;

	if (!judgement.own) {
		WQ_TRY(identifiers(&j, &judgement.identifiers));
		WQ_TRY(page(&j, &judgement));
		judgement.named = wq_likeness_score(set, document->address.host, &judgement.hit);
	}
	if (judgement.named) {
		WQ_TRY(wq_likeness_name_finding(arena, set, document->address.host, &judgement.hit, &finding));
		finding.place.url = wq_clean(arena, document->address.href, WQ_FINDING_PLACE_BYTES);
		WQ_TRY(say(&j, &finding));
	}
	*ret_judgement = judgement;
	return WQ_OK;
}

wq_err wq_likeness_judge_image(struct wq_arena *arena, const struct wq_likeness_index *index, wq_str page_url,
	wq_str url, const struct wq_likeness_image *image, struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_FAKE_IMAGE);
	wq_str app, own;

	if (!wq_likeness_index_find_image(index, image, &app, &own))
		return WQ_OK;
	finding.place.app = wq_clean(arena, app, WQ_FINDING_PLACE_BYTES);
	finding.place.url = wq_clean(arena, page_url, WQ_FINDING_PLACE_BYTES);
	finding.evidence.subject = wq_clean(arena, own, WQ_EXCERPT_BYTES);
	finding.evidence.excerpt = finding.evidence.subject;
	finding.evidence.target = wq_clean(arena, url, WQ_FINDING_PLACE_BYTES);
	WQ_TRY(wq_arena_err(arena));
	return wq_findings_add(findings, &finding);
}
