/* One worker's connection to weique-vault.
 *
 *     DOWN --timer--> connect --ok--> UP (HELLO sent) --READY--> everything current is here
 *       ^                                |
 *       +--- lost: back off 50 ms … 5 s -+        what was served goes on being served meanwhile
 *
 * A new worker waits in init_process, bounded by weique_wait, for the first READY: it accepts no request that it could
 * not answer. After that everything is an event; nothing here ever blocks a request.
 */
#include "gate/nginx/module.h"

#include <errno.h>

enum { BACKOFF_FIRST_MSEC = 50, BACKOFF_LAST_MSEC = 5000, MESSAGES_PER_EVENT = 256 };

static struct {
	struct wq_gate_main_conf *conf;
	ngx_log_t *log;
	struct wq_link *link;
	ngx_connection_t *connection; /* nginx's view of a duplicate of the link's descriptor */
	ngx_event_t timer;
	ngx_msec_t backoff_msec;
	bool told; /* that the vault is out of reach: once an outage */
} channel;

static void on_event(ngx_event_t *event);

bool wq_gate_channel_connected(void)
{
	return channel.link != NULL;
}

void wq_gate_channel_report(const struct wq_gate_release *release, const struct wq_gate_object *object, const char *why)
{
	struct wq_handover m = {.type = WQ_HANDOVER_REPORT,
		.app = wq_str_c(release->snapshot.head.app),
		.number = object->number,
		.note = wq_str_c(why)};

	memcpy(m.digest, wq_gate_object_pack(object), sizeof m.digest);
	wq_gate_channel_tell(&m);
}

void wq_gate_channel_tell(const struct wq_handover *message)
{
	wq_err e = channel.link ? wq_handover_send(channel.link, message, -1) : WQ_OK;

	if (wq_failed(e))
		ngx_log_error(NGX_LOG_WARN, channel.log, 0, "weique: report_lost note=\"%s\"", wq_err_note(e));
}

static void close_connection(void)
{
	if (channel.connection)
		ngx_close_connection(channel.connection);
	channel.connection = NULL;
	wq_link_close(&channel.link);
	wq_gate_store_interrupted(wq_gate_worker.store);
	wq_gate_publish();
}

static void retry_later(void)
{
	if (ngx_exiting || ngx_quit || ngx_terminate || channel.timer.timer_set)
		return;
	ngx_add_timer(&channel.timer, channel.backoff_msec);
	channel.backoff_msec = ngx_min(channel.backoff_msec * 2, BACKOFF_LAST_MSEC);
}

static void lost(wq_err e)
{
	if (!channel.told)
		ngx_log_error(
			NGX_LOG_WARN, channel.log, (ngx_err_t)e.sys, "weique: vault_lost note=\"%s\"", wq_err_note(e));
	channel.told = true;
	close_connection();
	retry_later();
}

/* ---- messages ---- */

static wq_err reply(enum wq_handover_type type, const struct wq_gate_step *step)
{
	struct wq_handover m = {
		.type = type, .generation = step->generation, .reason = step->reason, .note = wq_str_c(step->note)};

	return wq_handover_send(channel.link, &m, -1);
}

static wq_err act(const struct wq_gate_step *step)
{
	switch (step->outcome) {
	case WQ_GATE_NOTHING: return WQ_OK;
	case WQ_GATE_SWITCHED:
		ngx_log_error(NGX_LOG_NOTICE, channel.log, 0, "weique: snapshot_switched app=%s serial=%uL", step->app,
			step->serial);
		step->release->row = wq_gate_row(step->app);
		__atomic_fetch_add(&wq_gate_worker.slot->gauges.switched, 1, __ATOMIC_RELAXED);
		return reply(WQ_HANDOVER_ACK, step);
	case WQ_GATE_SAME: return reply(WQ_HANDOVER_ACK, step);
	case WQ_GATE_REFUSED:
		ngx_log_error(NGX_LOG_ALERT, channel.log, 0,
			"weique: snapshot_refused app=%s serial=%uL reason=%s note=\"%s\"", step->app, step->serial,
			wq_handover_reason_text(step->reason), step->note);
		__atomic_fetch_add(&wq_gate_worker.slot->gauges.refused, 1, __ATOMIC_RELAXED);
		return reply(WQ_HANDOVER_NACK, step);
	case WQ_GATE_WITHDRAWN:
		ngx_log_error(NGX_LOG_NOTICE, channel.log, 0, "weique: app_withdrawn app=%s", step->app);
		return WQ_OK;
	case WQ_GATE_READY:
		wq_gate_worker.ready = true;
		channel.backoff_msec = BACKOFF_FIRST_MSEC;
		if (channel.told) {
			ngx_log_error(NGX_LOG_NOTICE, channel.log, 0, "weique: vault_back");
		}
		channel.told = false;
		return WQ_OK;
	case WQ_GATE_PINGED: return reply(WQ_HANDOVER_PONG, step);
	}
	return WQ_OK;
}

static wq_err take_message(struct wq_link_message *message)
{
	struct wq_gate_step step;
	struct wq_handover m;
	wq_err e = wq_handover_decode(message->type->type, message->payload, &m);

	if (!wq_failed(e)) {
		step = wq_gate_store_receive(wq_gate_worker.store, &m, wq_link_take_fd(message, 0));
		e = act(&step);
		if (step.outcome != WQ_GATE_NOTHING)
			wq_gate_publish();
	}
	wq_link_message_done(message);
	return e;
}

/* Everything that waits, up to a bound; `*ret_more` when the bound was met. */
static wq_err drain(bool *ret_more)
{
	*ret_more = false;
	for (int i = 0; i < MESSAGES_PER_EVENT; i++) {
		struct wq_link_message message;
		wq_err e = wq_link_receive(channel.link, &message);

		if (wq_is(e, WQ_E_BUSY))
			return wq_link_flush(channel.link);
		WQ_TRY(e);
		WQ_TRY(take_message(&message));
	}
	*ret_more = true;
	return WQ_OK;
}

/* ---- connecting ---- */

static wq_err open_link(void)
{
	struct wq_handover hello = {
		.type = WQ_HANDOVER_HELLO, .number = (uint32_t)ngx_pid, .version = WQ_HANDOVER_VERSION};
	const uid_t *users = channel.conf->vault_users ? channel.conf->vault_users->elts : NULL;
	size_t users_n = channel.conf->vault_users ? channel.conf->vault_users->nelts : 0;
	struct wq_link_peer peer;
	int fd;

	WQ_TRY(wq_link_connect((const char *)channel.conf->vault.data, users, users_n, &fd, &peer));
	WQ_TRY(wq_link_open(fd, &wq_handover_protocol, WQ_LINK_CLIENT, &channel.link));
	return wq_handover_send(channel.link, &hello, -1);
}

/* Lets nginx's event loop watch the link. */
static wq_err watch_link(void)
{
	int fd = fcntl(wq_link_fd(channel.link), F_DUPFD_CLOEXEC, 3);
	ngx_connection_t *c = fd < 0 ? NULL : ngx_get_connection(fd, channel.log);

	if (!c) {
		if (fd >= 0)
			close(fd);
		return wq_error(WQ_E_LIMIT, "no connection left for the vault");
	}
	channel.connection = c;
	c->log = channel.log;
	c->read->log = channel.log;
	c->write->log = channel.log;
	c->read->handler = on_event;
	c->write->handler = on_event;
	c->read->channel = 1; /* not a visitor's: nothing leaks when it is open at exit */
	c->write->channel = 1;
	c->idle = 1; /* a graceful end does not wait for it */
	if (ngx_handle_read_event(c->read, 0) != NGX_OK)
		return wq_error(WQ_E_IO, "the event loop refused the vault's socket");
	return WQ_OK;
}

static void on_event(ngx_event_t *event)
{
	ngx_connection_t *c = event->data;
	bool more;
	wq_err e;

	if (c->close) {
		close_connection();
		return;
	}
	if (!channel.link)
		return;
	e = drain(&more);
	if (wq_failed(e)) {
		lost(e);
		return;
	}
	if (more) {
		ngx_post_event(c->read, &ngx_posted_events);
	} else {
		c->read->ready = 0;
	}
	if (wq_link_waiting(channel.link) > 0) {
		c->write->ready = 0;
		if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
			lost(wq_error(WQ_E_IO, "the event loop refused the vault's socket"));
			return;
		}
	}
	if (ngx_handle_read_event(c->read, 0) != NGX_OK)
		lost(wq_error(WQ_E_IO, "the event loop refused the vault's socket"));
}

static void connect_now(ngx_event_t *event)
{
	wq_err e = open_link();

	(void)event;
	if (!wq_failed(e))
		e = watch_link();
	if (wq_failed(e)) {
		lost(e);
		return;
	}
	/* what came before the event loop watched raises no edge */
	ngx_post_event(channel.connection->read, &ngx_posted_events);
}

static uint64_t now_msec(void)
{
	return wq_clock_system.monotonic_msec(wq_clock_system.data);
}

/* A vault that is not there yet may be so in a moment: both are started together. */
static wq_err wait_link(uint64_t end)
{
	wq_err e = open_link();

	while ((e.sys == ENOENT || e.sys == ECONNREFUSED) && now_msec() < end && !ngx_quit && !ngx_terminate) {
		ngx_msleep(BACKOFF_FIRST_MSEC);
		e = open_link();
	}
	return e;
}

/* The first handover, before this worker accepts requests. */
static wq_err wait_ready(uint64_t end, ngx_msec_t wait_msec)
{
	while (!wq_gate_worker.ready) {
		uint64_t now = now_msec();
		struct wq_link_message message;

		if (now >= end)
			return wq_error(
				WQ_E_TIMEOUT, "the vault did not hand over everything in %u ms", (unsigned)wait_msec);
		WQ_TRY(wq_link_receive_wait(channel.link, (int)(end - now), &message));
		WQ_TRY(take_message(&message));
	}
	return WQ_OK;
}

ngx_int_t wq_gate_channel_open(ngx_cycle_t *cycle, struct wq_gate_main_conf *conf)
{
	uint64_t end = now_msec() + conf->wait_msec;
	static ngx_connection_t dumb;
	wq_err e;

	channel.conf = conf;
	channel.log = cycle->log;
	channel.backoff_msec = BACKOFF_FIRST_MSEC;
	dumb.fd = (ngx_socket_t)-1;
	channel.timer.data = &dumb;
	channel.timer.log = cycle->log;
	channel.timer.handler = connect_now;
	channel.timer.cancelable = 1;
	e = wait_link(end);
	if (!wq_failed(e))
		e = wait_ready(end, conf->wait_msec);
	if (wq_is(e, WQ_E_TIMEOUT)) {
		ngx_log_error(NGX_LOG_WARN, channel.log, 0, "weique: vault_slow note=\"%s\"", wq_err_note(e));
	} else if (wq_failed(e)) {
		lost(e);
		return NGX_OK;
	}
	e = watch_link();
	if (wq_failed(e)) {
		lost(e);
		return NGX_OK;
	}
	ngx_post_event(channel.connection->read, &ngx_posted_events);
	return NGX_OK;
}

void wq_gate_channel_close(void)
{
	if (!channel.conf)
		return;
	if (channel.timer.timer_set)
		ngx_del_timer(&channel.timer);
	close_connection();
}
