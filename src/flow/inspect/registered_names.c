/* What the registry knows of an application's names, for the check `dns`. */
#include "flow/inspect/registered.h"
#include "ledger/registry.h"
#include "ledger/unit_rules.h"
#include "text/url.h"

enum { MOST_PORTALS = 10000 };

/* Portals of the unit that are not closed, each with each of its hosts (A2). */
static wq_err know_portals(
	struct wq_workspace *w, const struct wq_app_row *app, struct wq_arena *arena, struct wq_inspect_names *names)
{
	struct wq_domain_portal *portals;
	struct wq_app_row *apps;
	size_t apps_n, room = 0, n = 0;

	WQ_TRY(wq_app_list(w->ledger, arena, &apps, &apps_n));
	for (size_t i = 0; i < apps_n && i < MOST_PORTALS; i++)
		room += apps[i].hosts_n;
	portals = WQ_NEW_ARRAY(arena, struct wq_domain_portal, room + 1);
	if (!portals)
		return wq_arena_err(arena);
	for (size_t i = 0; i < apps_n && i < MOST_PORTALS; i++) {
		if (apps[i].type != WQ_APP_PORTAL || apps[i].state == WQ_APP_CLOSED ||
			!wq_str_eq(apps[i].unit, app->unit))
			continue;
		for (size_t k = 0; k < apps[i].hosts_n; k++)
			portals[n++] = (struct wq_domain_portal){apps[i].id, apps[i].hosts[k]};
	}
	names->portals = portals;
	names->portals_n = n;
	return WQ_OK;
}

static wq_err know_origin(const struct wq_app_row *app, struct wq_arena *arena, struct wq_inspect_names *names)
{
	struct wq_url url;

	if (!wq_failed(wq_url_parse(arena, app->origin, NULL, &url)) && wq_url_is_http(&url))
		names->origin = app->origin;
	return wq_arena_err(arena);
}

wq_err wq_inspect_registered_names(
	struct wq_workspace *workspace, wq_str app, struct wq_arena *arena, struct wq_inspect_names *names)
{
	struct wq_app_row *row = WQ_NEW(arena, struct wq_app_row);

	if (!row)
		return wq_arena_err(arena);
	WQ_TRY(wq_app_find(workspace->ledger, app, arena, row));
	names->registered.closed = row->state == WQ_APP_CLOSED;
	if (row->type == WQ_APP_MAIL)
		names->registered.mail = names->registered.mail_known = true;
	WQ_TRY(know_origin(row, arena, names));
	return know_portals(workspace, row, arena, names);
}
