/* Slices of evaluation: what cannot be finished at once waits here, and each round of nginx's events takes a slice of what is new
 * and a slice of what is older, so that a plain request never waits for the expensive ones of others. */
#include "gate/nginx/waf_priv.h"

enum { KEEP_MSEC = 60 * 1000 };

static struct {
	ngx_queue_t fresh, later;
	ngx_event_t event;
	ngx_connection_t dumb;
	ngx_msec_t round; /* nginx's cached time names the round of events */
	uint64_t spent_nsec;
	bool ready;
} queue;

/* Time of this thread on a processor: a machine with other work on it must not use up the budget of a request. */
uint64_t wq_gate_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

bool wq_gate_waf_now(void)
{
	if (queue.round != ngx_current_msec) {
		queue.round = ngx_current_msec;
		queue.spent_nsec = 0;
	}
	return queue.spent_nsec < WQ_GATE_WAF_ROUND_NSEC;
}

void wq_gate_waf_spent(uint64_t nsec)
{
	queue.spent_nsec += nsec;
}

/* One slice of the first; what is not at its end goes to the end of the older ones. */
static void take_first(ngx_queue_t *from)
{
	struct wq_gate_waf *w = ngx_queue_data(ngx_queue_head(from), struct wq_gate_waf, queue);
	ngx_connection_t *c = w->r->connection;

	ngx_http_set_log_request(c->log, w->r);
	if (!wq_gate_waf_step(w)) {
		ngx_queue_remove(&w->queue);
		ngx_queue_insert_tail(&queue.later, &w->queue);
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

	while (!ngx_queue_empty(&queue.fresh) && wq_gate_nsec() < end)
		take_first(&queue.fresh);
	end = wq_gate_nsec() + WQ_GATE_WAF_ROUND_NSEC;
	while (!ngx_queue_empty(&queue.later) && wq_gate_nsec() < end)
		take_first(&queue.later);
	if (!ngx_queue_empty(&queue.fresh) || !ngx_queue_empty(&queue.later))
		next_round(event);
	else if (event->timer_set)
		ngx_del_timer(event);
}

static void init(void)
{
	ngx_queue_init(&queue.fresh);
	ngx_queue_init(&queue.later);
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
	w->done = done;
	w->queued = 1;
	ngx_queue_insert_tail(&queue.fresh, &w->queue);
	next_round(&queue.event);
}

void wq_gate_waf_dequeue(struct wq_gate_waf *w)
{
	if (w->queued) {
		ngx_queue_remove(&w->queue); /* two statements */
	}
	w->queued = 0;
}
