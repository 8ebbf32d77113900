#include "detect/front/front_priv.h"
#include "finding/excerpt.h"

size_t wq_front_leftovers(const struct wq_front_rules *rules)
{
	return rules->leftovers_n;
}

/* What stands for a unit in its host: the first label that is no "www". */
static wq_str short_name(wq_str host)
{
	wq_str rest = host, label = wq_str_cut(&rest, '.');

	return wq_str_eq(label, WQ_S("www")) && rest.n ? wq_str_cut(&rest, '.') : label;
}

wq_str wq_front_leftover_path(struct wq_arena *arena, const struct wq_front_rules *rules, size_t number, wq_str host)
{
	wq_str path = rules->leftovers[number].path;
	ptrdiff_t at = wq_str_chr(path, '%');

	if (at < 0 || (size_t)at + 1 >= path.n)
		return wq_arena_str(arena, path);
	return wq_arena_printf(arena, "%.*s%.*s%.*s", (int)at, path.p,
		WQ_S_ARG(path.p[at + 1] == 'h' ? host : short_name(host)), WQ_S_ARG(wq_str_from(path, (size_t)at + 2)));
}

static bool is_html(wq_str bytes)
{
	bytes = wq_str_trim(wq_str_head(bytes, 512));
	if (wq_str_starts(bytes, WQ_S("\xef\xbb\xbf")))
		bytes = wq_str_trim(wq_str_from(bytes, 3));
	return wq_str_starts_nocase(bytes, WQ_S("<!doctype html")) || wq_str_starts_nocase(bytes, WQ_S("<html")) ||
		wq_str_starts_nocase(bytes, WQ_S("<head")) || wq_str_starts_nocase(bytes, WQ_S("<!--"));
}

/* One of the beginnings, if any are given, and every piece. */
static bool passes(const struct front_leftover *leftover, wq_str bytes)
{
	bool starts = false, any = false;

	for (size_t i = 0; i < leftover->tests_n; i++) {
		const struct front_test *test = &leftover->tests[i];
		if (test->start) {
			any = true;
			starts |= wq_str_starts(bytes, test->bytes);
		} else if (wq_str_find(bytes, test->bytes) < 0) {
			return false;
		}
	}
	return starts || !any;
}

wq_err wq_front_leftover_judge(struct wq_arena *arena, const struct wq_front_rules *rules, size_t number, int status,
	const struct wq_place *place, wq_str bytes, struct wq_findings *findings)
{
	const struct front_leftover *leftover = &rules->leftovers[number];
	struct wq_finding finding = wq_rule_finding(WQ_RULE_FRONT_LEFTOVER);

	bytes = wq_str_head(bytes, WQ_FRONT_LEFTOVER_BYTES);
	if (status != 200 || (!leftover->html && is_html(bytes)) || !passes(leftover, bytes))
		return WQ_OK;
	finding.severity = leftover->severity;
	finding.place = *place;
	/* what is in it may be a secret: only its kind is said */
	finding.evidence.excerpt = wq_clean(arena, leftover->name, WQ_EXCERPT_BYTES);
	finding.evidence.target = place->url;
	WQ_TRY(wq_arena_err(arena));
	return wq_findings_add(findings, &finding);
}
