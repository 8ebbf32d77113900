#include "flow/inspect/parts.h"

#include "detect/portal/portal.h"

/* One detector of the common shape: its functions with `const void *` rules, `void *` state and site. */
#define PART_FUNCTIONS(name) \
	static wq_err name##_rules(struct wq_arena *arena, wq_str file, wq_str bytes, const void **ret) \
	{ \
		const struct wq_##name##_rules *rules; \
		WQ_TRY(wq_##name##_rules_parse(arena, file, bytes, &rules)); \
		*ret = rules; \
		return WQ_OK; \
	} \
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

#define PART(check, name, file, script) \
	{ \
		check, file, name##_rules, name##_site_new, name##_site_free, name##_open, wq_##name##_token, \
			name##_close, script, name##_judge \
	}

PART_FUNCTIONS(portal)

static wq_err portal_script(struct wq_arena *arena, const void *rules, const struct wq_place *place, wq_str url,
	wq_str bytes, struct wq_findings *findings, void *site)
{
	(void)rules;
	(void)place;
	(void)findings;
	return wq_portal_script(site, arena, url, bytes);
}

const struct wq_part wq_parts[] = {
	PART(WQ_INSPECT_PORTAL, portal, "portal/portal.txt", portal_script),
};
const size_t wq_parts_n = WQ_COUNT(wq_parts);
