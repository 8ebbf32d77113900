#include "gate/broker/recorder.h"

#include <errno.h>
#include <pthread.h>

#include "gate/broker/report.h"
#include "ledger/ledger.h"

static const wq_str actor = WQ_S_INIT("weique-vault");

struct entry {
	struct entry *next;
	char type[WQ_EVENT_TYPE_MAX + 1], app[WQ_EVENT_NAME_MAX + 1], subject[WQ_EVENT_NAME_MAX + 1];
	size_t body_n;
	char body[];
};

struct wq_recorder {
	struct wq_log *log;
	const char *url;
	const struct wq_clock *clock;
	const struct wq_random *random;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	struct entry *first, **end;
	size_t count;
	uint64_t lost;
	bool stopping, done;
	/* the thread's */
	struct wq_db *db;
	struct wq_ledger *ledger;
	bool failing;
};

static struct timespec deadline(int msec)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += msec / 1000;
	t.tv_nsec += msec % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

static void disconnect(struct wq_recorder *r)
{
	wq_ledger_close(&r->ledger);
	wq_db_close(&r->db);
}

static wq_err connect_ledger(struct wq_recorder *r)
{
	if (r->ledger)
		return WQ_OK;
	WQ_TRY(wq_db_open(wq_str_c(r->url), &r->db));
	return wq_ledger_open(r->db, r->clock, r->random, NULL, &r->ledger);
}

static wq_err append(struct wq_recorder *r, const struct entry *entry)
{
	struct wq_event_new event = {.type = wq_str_c(entry->type),
		.actor = actor,
		.app = wq_str_c(entry->app),
		.subject = wq_str_c(entry->subject),
		.body = wq_str_of(entry->body, entry->body_n)};
	struct wq_arena arena;
	wq_err e;

	WQ_TRY(connect_ledger(r));
	wq_arena_init(&arena, 8 * WQ_MIB);
	e = wq_ledger_append(r->ledger, &event, &arena, NULL);
	wq_arena_done(&arena);
	return e;
}

/* Writes one event, or says once an outage why not. */
static bool try_write(struct wq_recorder *r, const struct entry *entry)
{
	wq_err e = append(r, entry);

	if (wq_failed(e)) {
		if (!r->failing)
			wq_event(r->log, VAULT_LEDGER_FAILED, wq_f_text("type", entry->type), wq_f_err("error", e));
		r->failing = true;
		disconnect(r);
		return false;
	}
	if (r->failing)
		wq_event(r->log, VAULT_LEDGER_BACK);
	r->failing = false;
	return true;
}

static void pop_first(struct wq_recorder *r)
{
	struct entry *entry = r->first;

	r->first = entry->next;
	if (!r->first)
		r->end = &r->first;
	r->count--;
	free(entry);
}

/* Requires the lock. Puts the number of lost events at the end of the queue once there is room again. */
static void say_lost(struct wq_recorder *r)
{
	struct entry *entry;

	if (r->lost == 0 || r->count >= WQ_REPORT_QUEUE_MAX / 2)
		return;
	entry = calloc(1, sizeof *entry + 64);
	if (!entry)
		return;
	snprintf(entry->type, sizeof entry->type, "vault.events_lost");
	entry->body_n = (size_t)snprintf(entry->body, 64, "{\"count\":%llu}", (unsigned long long)r->lost);
	r->lost = 0;
	*r->end = entry;
	r->end = &entry->next;
	r->count++;
}

static void *run(void *data)
{
	struct wq_recorder *r = data;

	pthread_mutex_lock(&r->lock);
	while (!r->stopping || r->first) {
		struct entry *entry = r->first;
		bool written;

		if (!entry) {
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		written = try_write(r, entry); /* the first entry changes only here */
		pthread_mutex_lock(&r->lock);
		if (written) {
			pop_first(r);
			say_lost(r);
		} else if (r->stopping) {
			break;
		} else {
			struct timespec until = deadline(WQ_REPORT_RETRY_MSEC);

			pthread_cond_timedwait(&r->changed, &r->lock, &until);
		}
	}
	disconnect(r);
	r->done = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

wq_err wq_recorder_start(struct wq_log *log, const char *ledger_url, const struct wq_clock *clock,
	const struct wq_random *random, struct wq_recorder **ret_recorder)
{
	struct wq_recorder *r = calloc(1, sizeof *r);
	pthread_condattr_t attr;
	int err;

	if (!r)
		return wq_error_id(WQ_E_NO_MEMORY);
	r->log = log;
	r->url = ledger_url;
	r->clock = clock;
	r->random = random;
	r->end = &r->first;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&r->thread, NULL, run, r);
	if (err) {
		free(r);
		return wq_error_sys(WQ_E_IO, err, "cannot start the ledger's thread");
	}
	*ret_recorder = r;
	return WQ_OK;
}

void wq_recorder_stop(struct wq_recorder **recorder)
{
	struct wq_recorder *r = *recorder;
	struct timespec until = deadline(WQ_REPORT_STOP_MSEC);

	*recorder = NULL;
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_broadcast(&r->changed);
	while (!r->done && pthread_cond_timedwait(&r->changed, &r->lock, &until) == 0)
		;
	if (r->count > 0)
		wq_event(r->log, VAULT_EVENTS_UNRECORDED, wq_f_u64("count", r->count));
	if (!r->done) { /* held up inside the database: its memory goes with the process */
		pthread_mutex_unlock(&r->lock);
		pthread_detach(r->thread);
		return;
	}
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	while (r->first)
		pop_first(r);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void wq_recorder_add(struct wq_recorder *r, const char *type, const char *app, const char *subject, wq_str body)
{
	struct entry *entry = calloc(1, sizeof *entry + body.n + 1);

	pthread_mutex_lock(&r->lock);
	if (!entry || r->count >= WQ_REPORT_QUEUE_MAX) {
		r->lost++;
		pthread_mutex_unlock(&r->lock);
		free(entry);
		return;
	}
	snprintf(entry->type, sizeof entry->type, "%s", type);
	snprintf(entry->app, sizeof entry->app, "%s", app);
	snprintf(entry->subject, sizeof entry->subject, "%s", subject);
	memcpy(entry->body, body.p, body.n);
	entry->body_n = body.n;
	*r->end = entry;
	r->end = &entry->next;
	r->count++;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}
