#include "gate/broker/served_priv.h"

/* A cold pack's file was replaced by another one that is whole: gates have to get that one, so every offer with it is due
 * anew. */
static void offer_again(struct wq_served *s, const struct wq_vault_pack *pack)
{
	for (size_t i = 0; i < s->apps_n; i++) {
		struct wq_offer *offer = s->apps[i]->offer;
		bool names = false;

		for (size_t j = 0; offer && j < offer->generation->packs_n; j++)
			names = names || offer->generation->packs[j] == pack;
		if (names)
			offer->number = ++s->last_number;
	}
}

static void restore_part(
	struct wq_served *s, const struct wq_generation *g, size_t part, const struct wq_vault_fault *fault, bool news)
{
	char evidence[PATH_MAX] = "";
	wq_err e;

	if (!s->restores || !wq_restore_can(g, part))
		return;
	e = wq_restore(&s->restorer, g, part, evidence);
	s->restore_due = s->restore_due || wq_failed(e);
	if (wq_is(e, WQ_E_BUSY))
		return;
	if (!wq_failed(e)) {
		wq_report_restored(s->report, fault, evidence);
		wq_told_whole(&s->told, fault->app, fault->in_pack ? &fault->pack : NULL);
	} else if (news) {
		wq_report_restore_failed(s->report, fault, e);
	}
}

static void recheck_part(struct wq_served *s, const struct wq_served_app *app, size_t part)
{
	const struct wq_generation *g = app->offer->generation;
	const struct wq_vault_pack *pack = part > 0 ? g->packs[part - 1] : NULL;
	uint64_t changes = pack ? pack->file_changes : 0;
	struct wq_vault_faults faults = {0};
	wq_err e = wq_vault_recheck(&s->shelf, g, part, &faults);

	if (wq_failed(e) && faults.n == 0)
		wq_served_tell_error(s, app->name, e, WQ_TOLD_RECHECK, s->recheck_round);
	else if (faults.n == 0)
		wq_told_whole(&s->told, app->name, pack ? &pack->name : NULL);
	for (size_t i = 0; i < faults.n; i++) {
		bool news = wq_told_say(&s->told, s->report, &faults.rows[i], WQ_TOLD_RECHECK, s->recheck_round);

		restore_part(s, g, part, &faults.rows[i], news);
	}
	if (pack && pack->file_changes != changes)
		offer_again(s, pack);
}

bool wq_served_recheck_next(struct wq_served *s)
{
	struct wq_served_app *app;

	if (s->recheck_at >= s->apps_n) {
		wq_told_forget(&s->told, WQ_TOLD_RECHECK, NULL, s->recheck_round);
		wq_told_forget(&s->told, WQ_TOLD_GATE, NULL, s->recheck_round);
		s->recheck_round++;
		s->recheck_at = 0;
		return false;
	}
	app = s->apps[s->recheck_at];
	/* a generation that came meanwhile may have fewer packs */
	if (!app->offer || s->recheck_part > app->offer->generation->packs_n) {
		s->recheck_at++;
		s->recheck_part = 0;
		return true;
	}
	recheck_part(s, app, s->recheck_part++);
	return true;
}

bool wq_served_restore_due(struct wq_served *s)
{
	bool due = s->restore_due;

	s->restore_due = false;
	return due;
}

void wq_served_recheck_app(struct wq_served *s, const char *name)
{
	const struct wq_served_app *app = wq_served_find(s, name);

	if (app && app->offer)
		recheck_part(s, app, 0);
}

void wq_served_recheck_pack(struct wq_served *s, wq_digest name)
{
	for (size_t i = 0; i < s->apps_n; i++) {
		const struct wq_served_app *app = s->apps[i];

		for (size_t j = 0; app->offer && j < app->offer->generation->packs_n; j++)
			if (wq_digest_eq(app->offer->generation->packs[j]->name, name))
				recheck_part(s, app, j + 1);
	}
}

bool wq_served_gate_fault(struct wq_served *s, const char *name, wq_digest pack, uint32_t object, wq_str note)
{
	const struct wq_served_app *app = wq_served_find(s, name);
	struct wq_vault_fault fault = {.error = WQ_E_ALTERED, .in_pack = true, .pack = pack};
	const struct wq_generation *g = app && app->offer ? app->offer->generation : NULL;
	bool named = false;

	for (size_t i = 0; g && i < g->packs_n; i++)
		named = named || (g->packs[i]->cold && wq_digest_eq(g->packs[i]->name, pack));
	if (!named)
		return false;
	fault.serial = g->snapshot.head.serial;
	snprintf(fault.app, sizeof fault.app, "%s", name);
	snprintf(fault.note, sizeof fault.note, "object %u, met by a gate: %.*s", object, WQ_S_ARG(note));
	wq_told_say(&s->told, s->report, &fault, WQ_TOLD_GATE, s->recheck_round);
	return true;
}
