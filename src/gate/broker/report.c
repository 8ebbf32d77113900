#include "gate/broker/report.h"

#include "base/json.h"
#include "gate/broker/recorder.h"

struct wq_report {
	struct wq_log *log;
	struct wq_recorder *recorder; /* NULL: no ledger */
};

wq_err wq_report_new(struct wq_log *log, const char *ledger_url, const struct wq_clock *clock,
	const struct wq_random *random, struct wq_report **ret_report)
{
	struct wq_report *report = calloc(1, sizeof *report);

	if (!report)
		return wq_error_id(WQ_E_NO_MEMORY);
	report->log = log;
	if (ledger_url) {
		wq_err e = wq_recorder_start(log, ledger_url, clock, random, &report->recorder);

		if (wq_failed(e)) {
			free(report);
			return e;
		}
	}
	*ret_report = report;
	return WQ_OK;
}

void wq_report_free(struct wq_report **report)
{
	if (!*report)
		return;
	wq_recorder_stop(&(*report)->recorder);
	free(*report);
	*report = NULL;
}

/* The body of a ledger event while it is composed. */
struct body {
	struct wq_buf text;
	struct wq_json json;
};

static void body_begin(struct body *body)
{
	*body = (struct body){.text = WQ_BUF_INIT(4096)};
	wq_json_init(&body->json, &body->text);
	wq_json_object(&body->json);
}

/* Ends the body and queues the event under the name that the log uses for it. */
static void record(
	struct wq_report *report, enum wq_event_id id, const char *app, const char *subject, struct body *body)
{
	wq_json_object_end(&body->json);
	if (report->recorder && !wq_failed(wq_json_end(&body->json)))
		wq_recorder_add(report->recorder, wq_event_name(id), app, subject, wq_buf_str(&body->text));
	wq_buf_done(&body->text);
}

void wq_report_served(struct wq_report *report, const struct wq_snapshot *snapshot, wq_digest digest, pid_t worker)
{
	const char *app = snapshot->head.app;
	uint64_t serial = snapshot->head.serial;
	char hex[WQ_DIGEST_HEX];
	struct body body;

	wq_event(report->log, VAULT_SERVED, wq_f_text("app", app), wq_f_u64("serial", serial),
		wq_f_hex("digest", digest.b, sizeof digest.b), wq_f_u64("worker", (uint64_t)worker));
	body_begin(&body);
	wq_json_put_u64(&body.json, "serial", serial);
	wq_json_put_hex(&body.json, "digest", digest.b, sizeof digest.b);
	wq_json_put_u64(&body.json, "entries", snapshot->entries_n);
	record(report, WQ_EV_VAULT_SERVED, app, wq_digest_hex(digest, hex), &body);
}

void wq_report_floor_new(struct wq_report *report, const struct wq_snapshot *snapshot, wq_digest digest)
{
	const char *app = snapshot->head.app;
	uint64_t serial = snapshot->head.serial;
	char hex[WQ_DIGEST_HEX];
	struct body body;

	wq_event(report->log, VAULT_FLOOR_NEW, wq_f_text("app", app), wq_f_u64("serial", serial),
		wq_f_hex("digest", digest.b, sizeof digest.b));
	body_begin(&body);
	wq_json_put_u64(&body.json, "serial", serial);
	wq_json_put_hex(&body.json, "digest", digest.b, sizeof digest.b);
	record(report, WQ_EV_VAULT_FLOOR_NEW, app, wq_digest_hex(digest, hex), &body);
}

static void log_fault(struct wq_log *log, enum wq_event_id id, const struct wq_vault_fault *fault, const char *object)
{
	const struct wq_field fields[] = {wq_f_text("app", fault->app), wq_f_u64("serial", fault->serial),
		wq_f_outside("object", wq_str_c(object)), wq_f_outside("note", wq_str_c(fault->note)),
		wq_f_err("error", wq_error_id(fault->error)), {.name = NULL}};

	wq_log_event(log, id, fields);
}

static enum wq_event_id fault_event(const struct wq_vault_fault *fault)
{
	static const struct {
		enum wq_err_id error;
		enum wq_event_id in_pack, in_snapshot;
	} table[] = {
		{WQ_E_REPLAYED, WQ_EV_VAULT_SNAPSHOT_REPLAYED, WQ_EV_VAULT_SNAPSHOT_REPLAYED},
		{WQ_E_NOT_FOUND, WQ_EV_VAULT_PACK_MISSING, WQ_EV_VAULT_SNAPSHOT_MISSING},
		{WQ_E_ALTERED, WQ_EV_VAULT_PACK_ALTERED, WQ_EV_VAULT_SNAPSHOT_ALTERED},
		{WQ_E_FORMAT, WQ_EV_VAULT_PACK_ALTERED, WQ_EV_VAULT_SNAPSHOT_ALTERED},
		{WQ_E_SIGNATURE, WQ_EV_VAULT_PACK_ALTERED, WQ_EV_VAULT_SNAPSHOT_ALTERED},
	};

	for (size_t i = 0; i < WQ_COUNT(table); i++)
		if (table[i].error == fault->error)
			return fault->in_pack ? table[i].in_pack : table[i].in_snapshot;
	return WQ_EV_VAULT_LOAD_FAILED;
}

/* What a fault is about: the pack, or "<app>/<serial>". */
static const char *object_of(const struct wq_vault_fault *fault, char out[WQ_APP_ID_MAX + 2 * WQ_DIGEST_HEX])
{
	if (fault->in_pack)
		return wq_digest_hex(fault->pack, out);
	snprintf(out, WQ_APP_ID_MAX + 2 * WQ_DIGEST_HEX, "%s/%llu", fault->app, (unsigned long long)fault->serial);
	return out;
}

void wq_report_fault(struct wq_report *report, const struct wq_vault_fault *fault)
{
	enum wq_event_id id = fault_event(fault);
	char text[WQ_APP_ID_MAX + 2 * WQ_DIGEST_HEX];
	const char *object = object_of(fault, text);
	struct body body;

	log_fault(report->log, id, fault, object);
	body_begin(&body);
	wq_json_put_u64(&body.json, "serial", fault->serial);
	if (fault->in_pack)
		wq_json_put_hex(&body.json, "pack", fault->pack.b, sizeof fault->pack.b);
	wq_json_put_str(&body.json, "note", wq_str_c(fault->note));
	record(report, id, fault->app, object, &body);
}

/* "pack_altered", "snapshot_missing", …: what stands behind the dot in the name of the fault's event. */
static const char *cause_of(const struct wq_vault_fault *fault)
{
	const char *name = wq_event_name(fault_event(fault)), *dot = strchr(name, '.');

	return dot ? dot + 1 : name;
}

void wq_report_restored(struct wq_report *report, const struct wq_vault_fault *fault, const char *evidence)
{
	char text[WQ_APP_ID_MAX + 2 * WQ_DIGEST_HEX];
	const char *object = object_of(fault, text);
	struct body body;

	wq_event(report->log, VAULT_RESTORED, wq_f_text("app", fault->app), wq_f_u64("serial", fault->serial),
		wq_f_outside("object", wq_str_c(object)), wq_f_text("cause", cause_of(fault)),
		wq_f_outside("evidence", wq_str_c(evidence)), wq_f_outside("note", wq_str_c(fault->note)));
	body_begin(&body);
	wq_json_put_u64(&body.json, "serial", fault->serial);
	wq_json_put_str(&body.json, "cause", wq_str_c(cause_of(fault)));
	wq_json_put_str(&body.json, "evidence", wq_str_c(evidence));
	wq_json_put_str(&body.json, "note", wq_str_c(fault->note));
	record(report, WQ_EV_VAULT_RESTORED, fault->app, object, &body);
}

void wq_report_restore_failed(struct wq_report *report, const struct wq_vault_fault *fault, wq_err why)
{
	char text[WQ_APP_ID_MAX + 2 * WQ_DIGEST_HEX];
	const char *object = object_of(fault, text);
	struct body body;

	wq_event(report->log, VAULT_RESTORE_FAILED, wq_f_text("app", fault->app), wq_f_u64("serial", fault->serial),
		wq_f_outside("object", wq_str_c(object)), wq_f_text("cause", cause_of(fault)), wq_f_err("error", why));
	body_begin(&body);
	wq_json_put_u64(&body.json, "serial", fault->serial);
	wq_json_put_str(&body.json, "cause", wq_str_c(cause_of(fault)));
	wq_json_put_str(&body.json, "why", wq_str_c(wq_err_note(why)));
	record(report, WQ_EV_VAULT_RESTORE_FAILED, fault->app, object, &body);
}

void wq_report_leave_key_new(struct wq_report *report)
{
	struct body body;

	wq_event(report->log, VAULT_LEAVE_KEY_NEW);
	body_begin(&body);
	record(report, WQ_EV_VAULT_LEAVE_KEY_NEW, "", "leave.key", &body);
}

void wq_report_shelf_unreadable(struct wq_report *report, wq_err e)
{
	wq_event(report->log, VAULT_SHELF_UNREADABLE, wq_f_err("error", e));
}

void wq_report_worker_connected(struct wq_report *report, pid_t pid, uid_t uid)
{
	char subject[32];
	struct body body;

	wq_event(report->log, GATE_WORKER_CONNECTED, wq_f_u64("pid", (uint64_t)pid), wq_f_u64("uid", uid));
	body_begin(&body);
	wq_json_put_u64(&body.json, "uid", uid);
	snprintf(subject, sizeof subject, "worker/%ld", (long)pid);
	record(report, WQ_EV_GATE_WORKER_CONNECTED, "", subject, &body);
}

void wq_report_worker_gone(struct wq_report *report, pid_t pid, wq_err why)
{
	char subject[32];
	struct body body;

	wq_event(report->log, GATE_WORKER_GONE, wq_f_u64("pid", (uint64_t)pid), wq_f_err("why", why));
	body_begin(&body);
	wq_json_put_str(&body.json, "why", wq_str_c(wq_err_note(why)));
	snprintf(subject, sizeof subject, "worker/%ld", (long)pid);
	record(report, WQ_EV_GATE_WORKER_GONE, "", subject, &body);
}

void wq_report_worker_denied(struct wq_report *report, pid_t pid, uid_t uid)
{
	char subject[32];
	struct body body;

	wq_event(report->log, GATE_WORKER_DENIED, wq_f_u64("pid", (uint64_t)pid), wq_f_u64("uid", uid));
	body_begin(&body);
	wq_json_put_u64(&body.json, "uid", uid);
	snprintf(subject, sizeof subject, "process/%ld", (long)pid);
	record(report, WQ_EV_GATE_WORKER_DENIED, "", subject, &body);
}

void wq_report_refused(
	struct wq_report *report, pid_t pid, const char *app, uint64_t serial, const char *reason, wq_str note)
{
	char subject[WQ_APP_ID_MAX + 32];
	struct body body;

	wq_event(report->log, GATE_SNAPSHOT_REFUSED, wq_f_text("app", app), wq_f_u64("serial", serial),
		wq_f_u64("pid", (uint64_t)pid), wq_f_text("reason", reason), wq_f_outside("note", note));
	body_begin(&body);
	wq_json_put_u64(&body.json, "serial", serial);
	wq_json_put_u64(&body.json, "worker", (uint64_t)pid);
	wq_json_put_str(&body.json, "reason", wq_str_c(reason));
	snprintf(subject, sizeof subject, "%s/%llu", app, (unsigned long long)serial);
	record(report, WQ_EV_GATE_SNAPSHOT_REFUSED, app, subject, &body);
}

void wq_report_rule_blocked(struct wq_report *report, const struct wq_handover *m)
{
	char app[WQ_HANDOVER_APP_MAX + 1], incident[WQ_HANDOVER_INCIDENT_MAX + 1];
	struct body body;

	snprintf(app, sizeof app, "%.*s", WQ_S_ARG(m->app));
	snprintf(incident, sizeof incident, "%.*s", WQ_S_ARG(m->incident));
	wq_event(report->log, GATE_RULE_BLOCKED, wq_f_text("app", app), wq_f_outside("incident", wq_str_c(incident)),
		wq_f_u64("rule", m->number), wq_f_text("clause", "C3"), wq_f_outside("variable", m->variable),
		wq_f_outside("value", m->note), wq_f_u64("count", m->count));
	body_begin(&body);
	wq_json_put_u64(&body.json, "rule", m->number);
	wq_json_put_str(&body.json, "clause", WQ_S("C3"));
	wq_json_put_str(&body.json, "variable", m->variable);
	wq_json_put_str(&body.json, "value", m->note);
	wq_json_put_u64(&body.json, "count", m->count);
	record(report, WQ_EV_GATE_RULE_BLOCKED, app, incident, &body);
}
