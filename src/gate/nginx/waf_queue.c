/* Slices of evaluation: what cannot be finished at once waits here, and each round of nginx's events takes some slices of it.
 *
 * Clients share the time, not requests: each client prefix has a clock that goes on by what its requests took, and the next slice is
 * that of the client whose clock is furthest behind. Who asks for two thousand expensive things waits behind whoever asks for
 * one. Of one client the request that has begun is finished before the next begins, so that not all of them hold memory. */
#include "gate/nginx/waf_priv.h"

enum { KEEP_MSEC = 60 * 1000, CLOCKS = 1024 };

static struct {
	ngx_queue_t waiting;
	ngx_event_t event;
	ngx_connection_t dumb;
	ngx_msec_t round; /* nginx's cached time names the round of events */
	uint64_t spent_nsec;
	/* Two clients with one clock share it. None is behind `clock`, the one of the last slice; `furthest` is ahead of all. */
	uint64_t clocks[CLOCKS], clock, furthest;
	bool ready;
} queue;

/* Time of this thread on a processor: a machine with other work on it must not use up the budget of a request. */
uint64_t wq_gate_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t *clock_of(const struct wq_gate_waf *w)
{
	uint64_t *clock = &queue.clocks[(w->client >> 1) % CLOCKS];

	*clock = WQ_MAX(*clock, queue.clock);
	return clock;
}

static bool is_empty(void)
{
	return !queue.ready || ngx_queue_empty(&queue.waiting);
}

bool wq_gate_waf_now(const struct wq_gate_waf *w)
{
	if (queue.round != ngx_current_msec) {
		queue.round = ngx_current_msec;
		queue.spent_nsec = 0;
	}
	return queue.spent_nsec < WQ_GATE_WAF_ROUND_NSEC && (is_empty() || *clock_of(w) == queue.clock);
}

void wq_gate_waf_spent(const struct wq_gate_waf *w, uint64_t nsec)
{
	uint64_t *clock = clock_of(w);

	queue.spent_nsec += nsec;
	*clock += nsec;
	queue.furthest = WQ_MAX(queue.furthest, *clock);
}

static struct wq_gate_waf *next(void)
{
	struct wq_gate_waf *best = NULL;

	for (ngx_queue_t *q = ngx_queue_head(&queue.waiting); q != ngx_queue_sentinel(&queue.waiting);
		q = ngx_queue_next(q)) {
		struct wq_gate_waf *w = ngx_queue_data(q, struct wq_gate_waf, queue);

		if (*clock_of(w) == queue.clock)
			return w;
		if (!best || *clock_of(w) < *clock_of(best))
			best = w;
	}
	return best;
}

/* What is not at its end goes before what has not begun. */
static void take_slice(void)
{
	struct wq_gate_waf *w = next();
	ngx_connection_t *c = w->r->connection;

	queue.clock = *clock_of(w);
	ngx_http_set_log_request(c->log, w->r);
	if (!wq_gate_waf_step(w)) {
		ngx_queue_remove(&w->queue);
		ngx_queue_insert_head(&queue.waiting, &w->queue);
		return;
	}
	wq_gate_waf_dequeue(w);
	w->done(w);
	ngx_http_run_posted_requests(c);
}

/* In the next round of events, after what came in meanwhile; the timer only keeps a worker that ends from ending before. */
static void next_round(ngx_event_t *event)
{
	if (!event->timer_set)
		ngx_add_timer(event, KEEP_MSEC);
	ngx_post_event(event, &ngx_posted_next_events);
}

static void on_round(ngx_event_t *event)
{
	uint64_t end = wq_gate_nsec() + WQ_GATE_WAF_ROUND_NSEC;

	while (!is_empty() && wq_gate_nsec() < end)
		take_slice();
	if (!is_empty())
		next_round(event);
	else if (event->timer_set)
		ngx_del_timer(event);
}

static void init(void)
{
	ngx_queue_init(&queue.waiting);
	queue.dumb.fd = (ngx_socket_t)-1;
	queue.event.data = &queue.dumb;
	queue.event.log = ngx_cycle->log;
	queue.event.handler = on_round;
	queue.ready = true;
}

void wq_gate_waf_enqueue(struct wq_gate_waf *w, void (*done)(struct wq_gate_waf *w))
{
	if (!queue.ready)
		init();
	if (is_empty()) /* nobody waited: what was taken is forgotten */
		queue.clock = queue.furthest;
	w->done = done;
	w->queued = 1;
	ngx_queue_insert_tail(&queue.waiting, &w->queue);
	next_round(&queue.event);
}

void wq_gate_waf_dequeue(struct wq_gate_waf *w)
{
	if (w->queued) {
		ngx_queue_remove(&w->queue); /* two statements */
	}
	w->queued = 0;
}
