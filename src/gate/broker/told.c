#include "gate/broker/told.h"

static uint64_t app_hash(const char *app)
{
	return wq_str_hash(wq_str_c(app), 1);
}

static uint64_t pack_hash(const wq_digest *pack)
{
	return pack ? wq_str_hash(wq_str_of(pack->b, sizeof pack->b), 1) : 0;
}

static uint64_t identity_of(const struct wq_vault_fault *fault)
{
	uint64_t h = wq_str_hash(wq_str_c(fault->app), (uint64_t)fault->error);

	h = wq_str_hash(wq_str_of(&fault->serial, sizeof fault->serial), h);
	return fault->in_pack ? wq_str_hash(wq_str_of(fault->pack.b, sizeof fault->pack.b), h) : h;
}

bool wq_told_say(struct wq_told *told, struct wq_report *report, const struct wq_vault_fault *fault, enum wq_told_by by,
	uint32_t round)
{
	uint64_t identity = identity_of(fault);
	bool met = false;

	for (size_t i = 0; i < told->n; i++) {
		if (told->rows[i].identity != identity)
			continue;
		if (told->rows[i].by == by) {
			told->rows[i].round = round;
			return false;
		}
		met = met || (by != WQ_TOLD_SCAN && told->rows[i].by != WQ_TOLD_SCAN);
	}
	if (told->n < WQ_TOLD_MAX) {
		told->rows[told->n].identity = identity;
		told->rows[told->n].app = app_hash(fault->app);
		told->rows[told->n].pack = pack_hash(fault->in_pack ? &fault->pack : NULL);
		told->rows[told->n].by = by;
		told->rows[told->n].round = round;
		told->n++;
	}
	if (!met)
		wq_report_fault(report, fault);
	return !met;
}

void wq_told_forget(struct wq_told *told, enum wq_told_by by, const char *app, uint32_t round)
{
	for (size_t i = 0; i < told->n;)
		if (told->rows[i].by == by && told->rows[i].round < round &&
			(!app || told->rows[i].app == app_hash(app)))
			told->rows[i] = told->rows[--told->n];
		else
			i++;
}

void wq_told_whole(struct wq_told *told, const char *app, const wq_digest *pack)
{
	for (size_t i = 0; i < told->n;)
		if (told->rows[i].by != WQ_TOLD_SCAN && told->rows[i].app == app_hash(app) &&
			told->rows[i].pack == pack_hash(pack))
			told->rows[i] = told->rows[--told->n];
		else
			i++;
}
