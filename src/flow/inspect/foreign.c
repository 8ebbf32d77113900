#include "flow/inspect/foreign.h"

#include "detect/likeness/page.h"
#include "finding/excerpt.h"
#include "finding/rule.h"

static bool is_registered(const struct wq_inspect_options *options, wq_str host)
{
	for (size_t i = 0; i < options->others_n; i++)
		for (size_t k = 0; k < options->others[i].hosts_n; k++)
			if (wq_str_eq(options->others[i].hosts[k], host))
				return true;
	return false;
}

static wq_err say(struct wq_arena *arena, const struct wq_subject *subject, const struct wq_subject *whose,
	const struct wq_likeness_identifier *what, const struct wq_document *home, struct wq_findings *findings)
{
	struct wq_finding f = wq_rule_finding(WQ_RULE_FAKE_IDENTIFIER);
	struct wq_document_at at = {0};

	f.place = (struct wq_place){
		.app = subject->app, .url = wq_str_head(home->address.href, WQ_FINDING_PLACE_BYTES)};
	wq_document_place(home, &at, what->at, &f.place.line, &f.place.column);
	f.evidence.subject = wq_clean(arena, whose->app, WQ_EXCERPT_BYTES);
	f.evidence.excerpt = wq_clean(arena,
		wq_arena_printf(arena, "%s %.*s: %.*s", wq_likeness_identifier_title(what->kind, WQ_LANG_EN),
			WQ_S_ARG(what->value), WQ_S_ARG(whose->name)),
		WQ_EXCERPT_BYTES);
	WQ_TRY(wq_arena_err(arena));
	return wq_findings_add(findings, &f);
}

wq_err wq_foreign_judge(const struct wq_inspect_options *options, const struct wq_subject *subject,
	struct wq_arena *arena, const struct wq_document *home, struct wq_findings *findings)
{
	struct wq_likeness_identifier *found;
	wq_str host = home->address.host;
	struct wq_addr addr;
	size_t n;

	if (options->others_n == 0 || subject->app.n || is_registered(options, host) || wq_host_address(host, &addr) ||
		wq_str_eq(host, WQ_S("localhost")) || wq_host_government(subject->suffixes, host, subject->day, NULL))
		return WQ_OK;
	found = WQ_NEW_ARRAY(arena, struct wq_likeness_identifier, WQ_LIKENESS_IDENTIFIERS);
	if (!found)
		return wq_arena_err(arena);
	WQ_TRY(wq_likeness_identifiers(arena, home->html, found, &n));
	for (size_t i = 0; i < options->others_n; i++)
		for (size_t k = 0; k < n; k++)
			if (wq_likeness_identifier_of(&found[k], &options->others[i])) {
				WQ_TRY(say(arena, subject, &options->others[i], &found[k], home, findings));
				break;
			}
	return WQ_OK;
}
