#include "flow/inspect/parts.h"

#include "detect/front/front.h"
#include "detect/portal/portal.h"
#include "detect/quality/quality.h"

/* Rules of one file. */
#define PART_RULES(detector) \
	static wq_err detector##_rules( \
		struct wq_arena *arena, const struct wq_part_file *files, size_t n, const void **ret) \
	{ \
		const struct wq_##detector##_rules *rules; \
		(void)n; \
		WQ_TRY(wq_##detector##_rules_parse(arena, files[0].name, files[0].bytes, &rules)); \
		*ret = rules; \
		return WQ_OK; \
	}

/* One detector of the common shape: its functions with `const void *` rules, `void *` state and site. */
#define PART_FUNCTIONS(name) \
	static wq_err name##_site_new(const void *rules, const struct wq_subject *subject, void **ret) \
	{ \
		struct wq_##name##_site *site; \
		WQ_TRY(wq_##name##_site_new(rules, subject, &site)); \
		*ret = site; \
		return WQ_OK; \
	} \
	static void name##_site_free(void *site) \
	{ \
		struct wq_##name##_site *s = site; \
		wq_##name##_site_free(&s); \
	} \
	static wq_err name##_open( \
		struct wq_arena *arena, const void *rules, const struct wq_part_page *page, void **ret) \
	{ \
		struct wq_##name##_page *p = WQ_NEW(arena, struct wq_##name##_page); /* some keep it */ \
		struct wq_##name *state; \
		if (!p) \
			return wq_arena_err(arena); \
		*p = (struct wq_##name##_page){.rules = rules, \
			.subject = page->subject, \
			.document = page->document, \
			.home = page->home, \
			.place = page->place}; \
		WQ_TRY(wq_##name##_open(arena, p, &state)); \
		*ret = state; \
		return WQ_OK; \
	} \
	static wq_err name##_close(void *state, struct wq_findings *findings, void *site) \
	{ \
		return wq_##name##_close(state, findings, site); \
	} \
	static wq_err name##_judge(void *site, struct wq_arena *arena, struct wq_findings *findings) \
	{ \
		return wq_##name##_site_judge(site, arena, findings); \
	}

#define PART(check, name, file, script, measure) \
	{ \
		check, file, name##_rules, name##_site_new, name##_site_free, name##_open, wq_##name##_token, \
			name##_close, script, measure, name##_judge \
	}

PART_RULES(portal)
PART_FUNCTIONS(portal)

static wq_err portal_script(struct wq_arena *arena, const void *rules, const struct wq_subject *subject,
	const struct wq_place *place, wq_str url, wq_str bytes, struct wq_findings *findings, void *site)
{
	(void)arena;
	(void)rules;
	(void)subject;
	(void)place;
	(void)findings;
	return wq_portal_script(site, url, bytes);
}

PART_FUNCTIONS(front)

static wq_err front_rules(struct wq_arena *arena, const struct wq_part_file *files, size_t n, const void **ret)
{
	struct wq_front_file list[WQ_PART_FILES_MAX];
	const struct wq_front_rules *rules;

	for (size_t i = 0; i < n; i++)
		list[i] = (struct wq_front_file){files[i].name, files[i].bytes};
	WQ_TRY(wq_front_rules_parse(arena, list, n, &rules));
	*ret = rules;
	return WQ_OK;
}

static wq_err front_script(struct wq_arena *arena, const void *rules, const struct wq_subject *subject,
	const struct wq_place *place, wq_str url, wq_str bytes, struct wq_findings *findings, void *site)
{
	return wq_front_script(arena, rules, subject, place, url, bytes, findings, site);
}

PART_RULES(quality)
PART_FUNCTIONS(quality)

static void measure(struct wq_measures *m, enum wq_measure_id id, bool known, uint64_t value)
{
	if (known)
		wq_measures_set(m, id, (int64_t)value);
}

/* Nothing is said of a site whose home page was not among the pages. */
static void quality_measure(const void *site, struct wq_measures *m)
{
	enum { GRAVE_ELEMENTS = 4 };
	struct wq_quality_facts f;
	uint64_t incomplete = 0, lacking = 0;

	wq_quality_site_facts(site, &f);
	for (size_t i = 1; i < WQ_COUNT(f.lacking); i++) {
		incomplete += f.lacking[i];
		lacking += i >= GRAVE_ELEMENTS ? f.lacking[i] : 0;
	}
	measure(m, WQ_MEASURE_HOME_DAYS, f.home_days >= 0, (uint64_t)f.home_days);
	measure(m, WQ_MEASURE_STALE_COLUMNS, f.home_seen,
		f.stale[WQ_COLUMN_NEWS] + f.stale[WQ_COLUMN_NOTICE] + f.stale[WQ_COLUMN_POLICY]);
	measure(m, WQ_MEASURE_LONG_COLUMNS, f.home_seen, f.stale[WQ_COLUMN_OTHER]);
	measure(m, WQ_MEASURE_BLANK_COLUMNS, f.home_seen, f.blank);
	measure(m, WQ_MEASURE_POLICY_DAYS, f.policy_days >= 0, (uint64_t)f.policy_days);
	measure(m, WQ_MEASURE_NEWS, f.home_seen && f.columns[WQ_COLUMN_NEWS] > 0, 0);
	measure(m, WQ_MEASURE_GUIDES_LACKING, f.guides > 0, lacking);
	measure(m, WQ_MEASURE_GUIDES_INCOMPLETE, f.guides > 0, incomplete);
	measure(m, WQ_MEASURE_CHANNELS, f.home_seen, f.contact);
	measure(m, WQ_MEASURE_SERVICES, f.home_seen, f.services);
	measure(m, WQ_MEASURE_SEARCH, f.home_seen, f.search);
	measure(m, WQ_MEASURE_YEAR_REPORT, f.report_due || f.report_year > 0, !f.report_due);
	measure(m, WQ_MEASURE_MESSAGES_MONTHS, f.last_answer_months >= 0, (uint64_t)f.last_answer_months);
	measure(m, WQ_MEASURE_UNANSWERED_MONTHS, f.unanswered_months >= 0, (uint64_t)f.unanswered_months);
}

const struct wq_part wq_parts[] = {
	PART(WQ_INSPECT_PORTAL, portal, "portal/portal.txt", portal_script, NULL),
	PART(WQ_INSPECT_FRONT, front, "front/", front_script, NULL),
	PART(WQ_INSPECT_QUALITY, quality, "quality/quality.txt", NULL, quality_measure),
};
const size_t wq_parts_n = WQ_COUNT(wq_parts);
