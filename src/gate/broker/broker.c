#include "gate/broker/broker.h"

#include "gate/broker/restore.h"
#include "gate/broker/session.h"
#include "gate/broker/watcher.h"

struct worker {
	struct wq_broker *broker;
	struct wq_session *session; /* NULL: the place is free */
	struct wq_watch *watch;
	uint64_t since_msec;
};

struct wq_broker {
	struct wq_loop *loop;
	struct wq_report *report;
	const struct wq_clock *clock;
	struct wq_served *served;
	struct wq_watcher watcher;
	const char *socket;
	int listener;
	uid_t allow[WQ_LINK_ALLOW_MAX + 1];
	size_t allow_n;
	uint64_t recheck_msec, denied_at_msec, full_at_msec, round_at_msec, full_due_msec;
	/* a look at the shelf that is due soon is not put off by what happens there meanwhile */
	bool scan_soon, recheck_soon, recheck_running, round_full;
	struct wq_dirty to_scan, to_compare, comparing; /* comparing: of the round under way */
	struct wq_watch *listen_watch, *shelf_watch, *scan_timer, *recheck_timer, *tick_timer, *retry_timer;
	struct worker workers[WQ_BROKER_WORKERS_MAX];
};

static uint64_t now_msec(const struct wq_broker *b)
{
	return b->clock->monotonic_msec(b->clock->data);
}

/* True once in WQ_BROKER_DENIED_MSEC: what strangers can make happen does not fill log and ledger. */
static bool may_tell(const struct wq_broker *b, uint64_t *at_msec)
{
	uint64_t now = now_msec(b);

	if (*at_msec != 0 && now - *at_msec < WQ_BROKER_DENIED_MSEC)
		return false;
	*at_msec = now;
	return true;
}

/* ---- workers ---- */

static void worker_end(struct worker *worker, wq_err why)
{
	wq_watch_close(&worker->watch);
	wq_session_close(&worker->session, why);
}

static void worker_step(struct worker *worker)
{
	wq_err e = wq_session_step(worker->session);

	if (!wq_failed(e))
		e = wq_watch_set_events(
			worker->watch, WQ_LOOP_IN | (wq_session_waiting(worker->session) ? WQ_LOOP_OUT : 0));
	if (wq_failed(e))
		worker_end(worker, e);
}

static void on_worker(void *data, uint32_t events)
{
	(void)events; /* an end of the connection shows when it is read */
	worker_step(data);
}

static void step_all(struct wq_broker *b)
{
	for (size_t i = 0; i < WQ_BROKER_WORKERS_MAX; i++)
		if (b->workers[i].session)
			worker_step(&b->workers[i]);
}

static void worker_begin(struct wq_broker *b, int fd, const struct wq_link_peer *peer)
{
	struct worker *worker = NULL;
	wq_err e;

	for (size_t i = 0; !worker && i < WQ_BROKER_WORKERS_MAX; i++)
		if (!b->workers[i].session)
			worker = &b->workers[i];
	if (!worker) {
		close(fd);
		if (may_tell(b, &b->full_at_msec))
			wq_report_worker_gone(
				b->report, peer->pid, wq_error(WQ_E_LIMIT, "%d workers", WQ_BROKER_WORKERS_MAX));
		return;
	}
	worker->broker = b;
	worker->since_msec = now_msec(b);
	e = wq_session_open(fd, peer, b->served, b->report, &worker->session);
	if (wq_failed(e)) {
		wq_report_worker_gone(b->report, peer->pid, e);
		return;
	}
	e = wq_loop_watch_fd(b->loop, wq_session_fd(worker->session), WQ_LOOP_IN, on_worker, worker, &worker->watch);
	if (wq_failed(e))
		worker_end(worker, e);
}

static void on_listener(void *data, uint32_t events)
{
	struct wq_broker *b = data;

	(void)events;
	for (int i = 0; i < WQ_LINK_BACKLOG; i++) {
		struct wq_link_peer peer = {0};
		int fd;
		wq_err e = wq_link_accept(b->listener, b->allow, b->allow_n, &fd, &peer);

		if (wq_is(e, WQ_E_DENIED)) {
			if (may_tell(b, &b->denied_at_msec))
				wq_report_worker_denied(b->report, peer.pid, peer.uid);
			continue;
		}
		if (wq_is(e, WQ_E_BUSY))
			return;
		if (wq_failed(
			    e)) { /* out of descriptors: it would be ready again at once; the tick takes up listening */
			WQ_IGNORE(wq_watch_set_events(b->listen_watch, 0));
			return;
		}
		worker_begin(b, fd, &peer);
	}
}

/* ---- the shelf ---- */

static void scan_in(struct wq_broker *b, uint64_t delay_msec)
{
	if (!b->scan_soon)
		wq_watch_set_timer(b->scan_timer, delay_msec, 0);
	b->scan_soon = true;
}

static void recheck_in(struct wq_broker *b, uint64_t delay_msec)
{
	b->recheck_soon = true;
	wq_watch_set_timer(b->recheck_timer, delay_msec, 0);
}

/* Watches what is new; what may have come before its watch is looked at once more. */
static void watch_new(struct wq_broker *b)
{
	wq_watcher_update(&b->watcher, b->served, &b->to_scan);
	if (wq_dirty_any(&b->to_scan))
		scan_in(b, WQ_BROKER_SCAN_DELAY_MSEC);
}

static void scan(struct wq_broker *b)
{
	bool changed = false;
	wq_err e = wq_served_scan(b->served, &changed);

	if (wq_failed(e))
		wq_report_shelf_unreadable(b->report, e);
	watch_new(b);
	if (changed)
		step_all(b);
}

/* Only what changed: a release of one application does not cost a look at a thousand. */
static void on_scan(void *data)
{
	struct wq_broker *b = data;
	bool changed = false;

	b->scan_soon = false;
	if (b->to_scan.all) {
		b->to_scan = (struct wq_dirty){.all = false};
		scan(b);
		return;
	}
	for (size_t i = 0; i < b->to_scan.apps_n; i++)
		changed = wq_served_scan_app(b->served, b->to_scan.apps[i]) || changed;
	if (b->to_scan.packs_n > 0)
		changed = wq_served_scan_waiting(b->served) || changed;
	b->to_scan = (struct wq_dirty){.all = false};
	watch_new(b);
	if (changed)
		step_all(b);
}

static void on_shelf(void *data, uint32_t events)
{
	struct wq_dirty now = {.all = false};
	struct wq_broker *b = data;

	(void)events;
	wq_watcher_drain(&b->watcher, b->served, &now);
	wq_dirty_add(&b->to_scan, &now);
	wq_dirty_add(&b->to_compare, &now);
	if (!wq_dirty_any(&now))
		return;
	scan_in(b, WQ_BROKER_SCAN_DELAY_MSEC);
	if (!b->recheck_running && !b->recheck_soon)
		recheck_in(b, WQ_BROKER_RECHECK_DELAY_MSEC);
}

/* A round compares everything when that is due, or only what is said to have changed. */
static void round_begin(struct wq_broker *b)
{
	b->recheck_running = true;
	b->round_at_msec = now_msec(b);
	b->round_full = b->to_compare.all || b->round_at_msec >= b->full_due_msec;
	b->comparing = b->to_compare;
	b->to_compare = (struct wq_dirty){.all = false};
}

/* One file. True while the round goes on. */
static bool round_step(struct wq_broker *b)
{
	struct wq_dirty *left = &b->comparing;

	if (b->round_full)
		return wq_served_recheck_next(b->served);
	if (left->packs_n > 0)
		wq_served_recheck_pack(b->served, left->packs[--left->packs_n]);
	else if (left->apps_n > 0)
		wq_served_recheck_app(b->served, left->apps[--left->apps_n]);
	return left->packs_n > 0 || left->apps_n > 0;
}

/* One file a round of the loop, so that workers are served in between; then the pause. On a shelf that changes all the
 * time comparing takes at most a tenth of the time. */
static void on_recheck(void *data)
{
	struct wq_broker *b = data;
	uint64_t now;

	if (!b->recheck_running)
		round_begin(b);
	if (round_step(b)) {
		wq_watch_set_timer(b->recheck_timer, 0, 0);
		return;
	}
	b->recheck_running = b->recheck_soon = false;
	now = now_msec(b);
	if (b->round_full) {
		b->full_due_msec = now + b->recheck_msec;
		scan(b);
	}
	if (wq_served_restore_due(b->served)) /* not at once: a disk that is full stays so for a while */
		b->full_due_msec = WQ_MIN(b->full_due_msec,
			now + WQ_MAX(9 * (now - b->round_at_msec), (uint64_t)(WQ_RESTORE_PAUSE_SECONDS + 1) * 1000));
	if (wq_dirty_any(&b->to_compare))
		recheck_in(b, WQ_MAX(9 * (now - b->round_at_msec), (uint64_t)WQ_BROKER_RECHECK_DELAY_MSEC));
	else
		wq_watch_set_timer(b->recheck_timer, b->full_due_msec > now ? b->full_due_msec - now : 0, 0);
	step_all(b);
}

static void on_tick(void *data)
{
	struct wq_broker *b = data;
	uint64_t now = now_msec(b);

	for (size_t i = 0; i < WQ_BROKER_WORKERS_MAX; i++) {
		struct worker *w = &b->workers[i];

		if (w->session && !wq_session_greeted(w->session) && now - w->since_msec >= WQ_BROKER_HELLO_MSEC)
			worker_end(w, wq_error(WQ_E_TIMEOUT, "no hello"));
	}
	step_all(b);
	WQ_IGNORE(wq_watch_set_events(b->listen_watch, WQ_LOOP_IN));
}

static void on_retry(void *data)
{
	struct wq_broker *b = data;

	for (size_t i = 0; i < WQ_BROKER_WORKERS_MAX; i++)
		if (b->workers[i].session)
			wq_session_retry(b->workers[i].session);
	step_all(b);
}

/* ---- life ---- */

static wq_err watch_all(struct wq_broker *b)
{
	WQ_TRY(wq_loop_watch_timer(b->loop, b->recheck_msec, 0, on_recheck, b, &b->recheck_timer));
	WQ_TRY(wq_loop_watch_timer(b->loop, WQ_BROKER_TICK_MSEC, WQ_BROKER_TICK_MSEC, on_tick, b, &b->tick_timer));
	WQ_TRY(wq_loop_watch_timer(b->loop, WQ_BROKER_RETRY_MSEC, WQ_BROKER_RETRY_MSEC, on_retry, b, &b->retry_timer));
	WQ_TRY(wq_loop_watch_timer(b->loop, b->recheck_msec, 0, on_scan, b, &b->scan_timer));
	WQ_TRY(wq_loop_watch_fd(b->loop, b->watcher.fd, WQ_LOOP_IN, on_shelf, b, &b->shelf_watch));
	return wq_loop_watch_fd(b->loop, b->listener, WQ_LOOP_IN, on_listener, b, &b->listen_watch);
}

static wq_err open_all(struct wq_broker *b, const struct wq_broker_config *config)
{
	/* others than ourselves can reach the socket only when they are allowed at all; who they are is asked at accept */
	mode_t mode = config->allow_n > 0 ? 0666 : 0600;

	struct wq_served_config served = config->served;

	served.clock = b->clock;
	WQ_TRY(wq_served_open(&served, b->report, &b->served));
	WQ_TRY(wq_watcher_open(b->served, &b->watcher));
	WQ_TRY(wq_served_scan(b->served, NULL));
	WQ_TRY(wq_link_listen(config->socket, mode, &b->listener));
	WQ_TRY(watch_all(b));
	b->full_due_msec = now_msec(b) + b->recheck_msec;
	watch_new(b);
	return WQ_OK;
}

wq_err wq_broker_open(struct wq_loop *loop, const struct wq_broker_config *config, struct wq_report *report,
	const struct wq_clock *clock, struct wq_broker **ret_broker)
{
	struct wq_broker *b = calloc(1, sizeof *b);
	wq_err e;

	if (!b)
		return wq_error_id(WQ_E_NO_MEMORY);
	b->loop = loop;
	b->report = report;
	b->clock = clock;
	b->socket = config->socket;
	b->recheck_msec = config->recheck_msec;
	b->listener = -1;
	b->watcher.fd = -1;
	b->allow[b->allow_n++] = geteuid();
	for (size_t i = 0; i < config->allow_n && i < WQ_LINK_ALLOW_MAX; i++)
		b->allow[b->allow_n++] = config->allow[i];
	e = open_all(b, config);
	if (wq_failed(e)) {
		wq_broker_close(&b);
		return e;
	}
	*ret_broker = b;
	return WQ_OK;
}

void wq_broker_close(struct wq_broker **broker)
{
	struct wq_broker *b = *broker;

	*broker = NULL;
	if (!b)
		return;
	for (size_t i = 0; i < WQ_BROKER_WORKERS_MAX; i++)
		if (b->workers[i].session)
			worker_end(&b->workers[i], wq_error(WQ_E_INTERRUPTED, "weique-vault ends"));
	wq_watch_close(&b->listen_watch);
	wq_watch_close(&b->shelf_watch);
	wq_watch_close(&b->scan_timer);
	wq_watch_close(&b->recheck_timer);
	wq_watch_close(&b->tick_timer);
	wq_watch_close(&b->retry_timer);
	if (b->listener >= 0) {
		close(b->listener);
		unlink(b->socket);
	}
	wq_watcher_close(&b->watcher);
	wq_served_close(&b->served);
	free(b);
}
