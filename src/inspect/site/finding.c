#include "finding/excerpt.h"
#include "finding/rule.h"
#include "inspect/site/site.h"

static enum wq_rule_id rule_of(enum wq_site_verdict verdict)
{
	static const enum wq_rule_id rules[WQ_SITE_VERDICTS] = {[WQ_SITE_FINE] = WQ_RULE_LINK_UNKNOWN,
		[WQ_SITE_BROKEN] = WQ_RULE_LINK_BROKEN,
		[WQ_SITE_SERVER_ERROR] = WQ_RULE_LINK_SERVER_ERROR,
		[WQ_SITE_UNREACHABLE] = WQ_RULE_LINK_UNREACHABLE,
		[WQ_SITE_TLS] = WQ_RULE_LINK_TLS,
		[WQ_SITE_TRUNCATED] = WQ_RULE_LINK_TRUNCATED,
		[WQ_SITE_LOOP] = WQ_RULE_LINK_LOOP,
		[WQ_SITE_SOFT_404] = WQ_RULE_LINK_SOFT_404,
		[WQ_SITE_FRAGMENT] = WQ_RULE_LINK_FRAGMENT,
		[WQ_SITE_UNKNOWN] = WQ_RULE_LINK_UNKNOWN,
		[WQ_SITE_FAILING] = WQ_RULE_LINK_FAILING,
		[WQ_SITE_CHANGED_HANDS] = WQ_RULE_LINK_CHANGED_HANDS,
		[WQ_SITE_MALFORMED] = WQ_RULE_LINK_MALFORMED,
		[WQ_SITE_PRIVATE] = WQ_RULE_LINK_PRIVATE,
		[WQ_SITE_REDIRECTS_OUTSIDE] = WQ_RULE_LINK_REDIRECTS_OUTSIDE};

	return rules[(size_t)verdict < WQ_SITE_VERDICTS ? verdict : WQ_SITE_UNKNOWN];
}

/* What the target is known by: itself, or its beginning with a digest of the rest when it is long. */
static wq_str subject_of(struct wq_arena *arena, wq_str target)
{
	enum { KEPT = WQ_EXCERPT_BYTES - 20 };

	if (target.n <= WQ_EXCERPT_BYTES)
		return target;
	return wq_arena_printf(arena, "%.*s %016llx", KEPT, target.p, (unsigned long long)wq_str_hash(target, 0));
}

struct wq_finding wq_site_finding(struct wq_arena *arena, const struct wq_site_fault *fault)
{
	struct wq_finding finding = wq_rule_finding(rule_of(fault->verdict));
	wq_str target = fault->target.n > 0 ? fault->target : fault->written;

	finding.place.url = wq_clean(arena, fault->page.n > 0 ? fault->page : target, WQ_FINDING_PLACE_BYTES);
	finding.place.line = fault->sheet.n > 0 ? 0 : fault->line;
	finding.evidence.target = wq_clean(arena, target, WQ_FINDING_PLACE_BYTES);
	finding.evidence.subject = subject_of(arena, finding.evidence.target);
	finding.evidence.excerpt = wq_clean(arena,
		fault->sheet.n > 0 ? wq_arena_printf(arena, "%.*s (%.*s:%u)", WQ_S_ARG(fault->detail),
					     WQ_S_ARG(fault->sheet), fault->line)
			: fault->end.n > 0
			? wq_arena_printf(arena, "%.*s: %.*s", WQ_S_ARG(fault->detail), WQ_S_ARG(fault->end))
			: fault->detail,
		WQ_EXCERPT_BYTES);
	return finding;
}
