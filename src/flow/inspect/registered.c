#include "flow/inspect/registered.h"

#include "ledger/approval.h"
#include "ledger/registry.h"
#include "policy/profile.h"

enum { LINKS_MAX = 10000 };

static enum wq_subject_kind kind_of(enum wq_unit_kind kind)
{
	switch (kind) {
	case WQ_UNIT_ORGAN: return WQ_SUBJECT_ORGAN;
	case WQ_UNIT_INSTITUTION: return WQ_SUBJECT_INSTITUTION;
	case WQ_UNIT_UNION: return WQ_SUBJECT_UNION;
	case WQ_UNIT_ENTERPRISE: return WQ_SUBJECT_ENTERPRISE;
	case WQ_UNIT_OTHER: return WQ_SUBJECT_OTHER;
	case WQ_UNIT_UNKNOWN:
	case WQ_UNIT_KINDS: break;
	}
	return WQ_SUBJECT_UNKNOWN;
}

static wq_err know_unit(
	struct wq_workspace *w, const struct wq_app_row *app, struct wq_arena *arena, struct wq_subject *s)
{
	struct wq_unit_row unit;
	wq_err e = wq_unit_find(w->ledger, app->unit, arena, &unit);

	if (wq_is(e, WQ_E_NOT_FOUND)) {
		s->name = app->unit; /* as it was written down before units were registered */
		return WQ_OK;
	}
	WQ_TRY(e);
	s->name = unit.name;
	return WQ_OK;
}

/* B5: what the profile says, and what approvals of links say that hold now. */
static wq_err know_confirmed(struct wq_workspace *w, const struct wq_app_row *app, const struct wq_profile *profile,
	struct wq_arena *arena, struct wq_subject *s)
{
	struct wq_approval_row *links;
	wq_str *hosts;
	size_t n;

	WQ_TRY(wq_approval_list_standing(
		w->ledger, WQ_S(WQ_SUBJECT_LINK), app->id, wq_now(w->clock), LINKS_MAX, arena, &links, &n));
	hosts = WQ_NEW_ARRAY(arena, wq_str, n + profile->confirmed_n + 1);
	if (!hosts)
		return wq_arena_err(arena);
	for (size_t i = 0; i < n; i++)
		hosts[i] = links[i].said.object;
	for (size_t i = 0; i < profile->confirmed_n; i++)
		hosts[n + i] = profile->confirmed[i];
	s->confirmed = hosts;
	s->confirmed_n = n + profile->confirmed_n;
	return WQ_OK;
}

wq_err wq_inspect_registered(
	struct wq_workspace *workspace, wq_str app, struct wq_arena *arena, struct wq_subject *ret_subject)
{
	struct wq_app_row *row = WQ_NEW(arena, struct wq_app_row);
	struct wq_profile *profile = WQ_NEW(arena, struct wq_profile);
	struct wq_subject s = {0};

	if (!row || !profile)
		return wq_arena_err(arena);
	WQ_TRY(wq_app_find(workspace->ledger, app, arena, row));
	WQ_TRY(wq_profile_parse(row->profile, row->id.p, arena, profile));
	s = (struct wq_subject){.kind = kind_of(row->kind),
		.portal = row->type == WQ_APP_PORTAL,
		.app = row->id,
		.icp = row->icp,
		.police = row->police,
		.site_code = row->site_code,
		.hosts = row->hosts,
		.hosts_n = row->hosts_n,
		.inside = profile->policy.inside,
		.inside_n = profile->policy.inside_n};
	WQ_TRY(know_unit(workspace, row, arena, &s));
	WQ_TRY(know_confirmed(workspace, row, profile, arena, &s));
	*ret_subject = s;
	return WQ_OK;
}

wq_err wq_inspect_registered_all(
	struct wq_workspace *workspace, struct wq_arena *arena, const struct wq_subject **ret_subjects, size_t *ret_n)
{
	struct wq_subject *subjects;
	struct wq_app_row *apps;
	size_t apps_n, n = 0;

	WQ_TRY(wq_app_list(workspace->ledger, arena, &apps, &apps_n));
	subjects = WQ_NEW_ARRAY(arena, struct wq_subject, apps_n + 1);
	if (!subjects)
		return wq_arena_err(arena);
	for (size_t i = 0; i < apps_n; i++) {
		if (apps[i].state == WQ_APP_CLOSED)
			continue;
		subjects[n] = (struct wq_subject){.app = apps[i].id,
			.icp = apps[i].icp,
			.police = apps[i].police,
			.site_code = apps[i].site_code,
			.hosts = apps[i].hosts,
			.hosts_n = apps[i].hosts_n};
		WQ_TRY(know_unit(workspace, &apps[i], arena, &subjects[n++]));
	}
	*ret_subjects = subjects;
	*ret_n = n;
	return WQ_OK;
}
