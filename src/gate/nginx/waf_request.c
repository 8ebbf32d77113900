/* A request on its way to the origin: its transaction, phase 1, and the states up to the end of phase 2. */
#include "gate/nginx/waf_priv.h"

static void cleanup(void *data)
{
	struct wq_gate_waf *w = data;

	wq_gate_waf_dequeue(w);
	wq_waf_end(&w->tx);
	wq_gate_waf_body_done(w);
}

struct wq_gate_waf *wq_gate_waf_of(ngx_http_request_t *r)
{
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);

	if (ctx && ctx->waf)
		return ctx->waf;
	for (ngx_pool_cleanup_t *c = r->pool->cleanup; c; c = c->next)
		if (c->handler == cleanup)
			return c->data;
	return NULL;
}

/* ---- the transaction ---- */

static void left_out(void *data, const char *label, wq_err why)
{
	const struct wq_gate_waf *w = data;

	ngx_log_error(NGX_LOG_ERR, w->r->connection->log, 0,
		"weique: exception_left_out app=%s exception=\"%s\" note=\"%s\"", w->ctx->release->snapshot.head.app,
		label, wq_err_note(why));
}

static wq_day today(void)
{
	ngx_tm_t tm;

	ngx_gmtime(ngx_time() + ngx_cached_time->gmtoff * 60, &tm);
	return (wq_day)(tm.ngx_tm_year * 10000 + tm.ngx_tm_mon * 100 + tm.ngx_tm_mday);
}

/* The places in which uses are counted; under the lock, once for a release and worker. */
static void count_exceptions(struct wq_rules_exceptions *x, uint32_t row)
{
	if (x->counted)
		return;
	x->counted = true;
	ngx_shmtx_lock(wq_gate_worker.rules_lock);
	for (size_t i = 0; i < x->n; i++) {
		char label[WQ_RULES_LABEL_MAX];

		wq_rules_exception_label(&x->guard->exceptions[x->rows[i]], label);
		x->hits[i] = wq_rules_hit(wq_gate_worker.rules_zone, row, wq_str_c(label));
	}
	ngx_shmtx_unlock(wq_gate_worker.rules_lock);
}

static void set_exceptions(struct wq_gate_waf *w, wq_str path)
{
	struct wq_gate_release *release = w->ctx->release;
	struct wq_rules_exceptions *x = wq_rules_exceptions(release, w->rules->program, left_out, w);

	if (!x)
		return;
	count_exceptions(x, release->row);
	if (wq_rules_exceptions_active(x, path, today(), w->active) > 0)
		w->exceptions = x;
}

static void set_connection(struct wq_gate_waf *w)
{
	ngx_connection_t *c = w->r->connection;
	u_char text[NGX_SOCKADDR_STRLEN];
	ngx_str_t server = {sizeof text, text};

	if (ngx_connection_local_sockaddr(c, &server, 0) != NGX_OK)
		server.len = 0;
	server.data = ngx_pstrdup(w->r->pool, &server);
	if (!server.data)
		server.len = 0;
	wq_waf_connection(w->tx, wq_gate_str(c->addr_text), ngx_inet_get_port(c->sockaddr), wq_gate_str(server),
		server.len > 0 ? ngx_inet_get_port(c->local_sockaddr) : 0);
}

/* The visitor's own Accept-Encoding, which is not what the origin is asked with (forward.c). */
static wq_str value_of(const ngx_http_request_t *r, const ngx_table_elt_t *h)
{
	const ngx_table_elt_t *accepted = r->headers_in.accept_encoding;

	if (accepted && wq_str_eq_nocase(wq_gate_str(h->key), WQ_S("accept-encoding")))
		return wq_gate_str(accepted->value);
	return wq_gate_str(h->value);
}

static void set_request(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;

	set_connection(w);
	wq_waf_request(w->tx, wq_gate_str(r->method_name), wq_gate_str(r->unparsed_uri), wq_gate_str(r->http_protocol));
	for (ngx_list_part_t *part = &r->headers_in.headers.part; part; part = part->next) {
		ngx_table_elt_t *h = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			wq_waf_request_header(w->tx, wq_gate_str(h[i].key), value_of(r, &h[i]));
	}
}

static uint64_t unix_msec(void)
{
	return (uint64_t)ngx_cached_time->sec * 1000 + ngx_cached_time->msec;
}

static bool begin(struct wq_gate_waf *w, bool detection_only)
{
	const struct wq_guard *guard = w->guard;
	struct wq_waf_begin b = {.budget = wq_waf_budget_default,
		.body = wq_body_limits_default,
		.detection_only = detection_only,
		.unix_msec = unix_msec(),
		.random = (uint32_t)ngx_random()};
	u_char *id = ngx_pnalloc(w->r->pool, 40);

	if (!id)
		return false;
	b.unique_id = wq_str_of(
		id, (size_t)(ngx_sprintf(id, "%uL%05P%08xD", b.unix_msec, ngx_pid, (uint32_t)ngx_random()) - id));
	b.budget.usec = guard->budget_msec * 1000;
	b.budget.slice_usec = WQ_GATE_WAF_SLICE_USEC;
	b.body.bytes = guard->upload_max;
	b.body.no_files_bytes = (uint32_t)WQ_MIN(guard->body_max, (uint64_t)UINT32_MAX);
	if (w->exceptions) {
		b.exceptions = w->exceptions->ready;
		b.exceptions_active = w->active;
	}
	w->tx = wq_waf_begin(wq_gate_worker.waf, w->rules->program, &b);
	if (!w->tx)
		return false;
	if (guard->inbound > 0)
		wq_waf_tx_fix(w->tx, WQ_S("inbound_anomaly_score_threshold"), guard->inbound);
	if (guard->outbound > 0)
		wq_waf_tx_fix(w->tx, WQ_S("outbound_anomaly_score_threshold"), guard->outbound);
	set_request(w);
	return true;
}

struct wq_gate_waf *wq_gate_waf_new(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_str path, bool detection_only)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	ngx_pool_cleanup_t *c = ngx_pool_cleanup_add(r->pool, 0);
	struct wq_gate_waf *w = ngx_pcalloc(r->pool, sizeof *w);

	if (!c || !w)
		return NULL;
	w->r = r;
	w->ctx = ctx;
	w->rules = conf->rules;
	w->guard = &ctx->release->policy.guard;
	w->log = conf->rules_log;
	w->copies_end = &w->copies;
	if (wq_gate_visitor(r->connection, &w->addr)) {
		w->client = wq_rules_client(&w->addr);
		wq_rules_client_text(&w->addr, w->client_text);
	}
	w->application = wq_str_hash(wq_str_c(ctx->release->snapshot.head.app), 1) | 1;
	c->handler = cleanup;
	c->data = w;
	set_exceptions(w, path);
	if (!begin(w, detection_only))
		return NULL;
	ctx->waf = w;
	wq_gate_count(ctx, WQ_N_RULES_EVALUATED);
	return w;
}

/* ---- budgets ---- */

static bool may(const struct wq_gate_waf *w)
{
	struct wq_rules_zone *zone = wq_gate_worker.rules_zone;

	return wq_rules_may(zone, w->client, w->client ? w->guard->client_msec : 0, ngx_current_msec) &&
		wq_rules_may(zone, w->application, w->guard->application_msec, ngx_current_msec);
}

static void spent(struct wq_gate_waf *w, uint64_t nsec)
{
	wq_gate_waf_spent(w, nsec);
	wq_gate_slot_add(wq_gate_worker.slot, w->ctx->release->row, WQ_N_RULES_USEC, (nsec + 500) / 1000);
}

static void take(struct wq_gate_waf *w, uint64_t nsec)
{
	struct wq_rules_zone *zone = wq_gate_worker.rules_zone;
	uint64_t usec = (nsec + 500) / 1000;

	spent(w, nsec);
	wq_rules_take(zone, w->client, w->client ? w->guard->client_msec : 0, ngx_current_msec, usec);
	wq_rules_take(zone, w->application, w->guard->application_msec, ngx_current_msec, usec);
}

enum wq_waf_step wq_gate_waf_run(struct wq_gate_waf *w, unsigned phase)
{
	uint64_t before = wq_gate_nsec();
	enum wq_waf_step step = wq_waf_run(w->tx, phase);

	take(w, wq_gate_nsec() - before);
	return step;
}

/* ---- what steps mean ---- */

static void refuse(struct wq_gate_waf *w, enum wq_rules_page page)
{
	w->verdict = WQ_VERDICT_BLOCK;
	w->page = page;
}

static void stopped_by_rule(struct wq_gate_waf *w, bool request)
{
	struct wq_waf_verdict v = wq_waf_verdict(w->tx);

	if (v.what == WQ_WAF_PASS || v.what == WQ_WAF_ALLOW)
		return;
	w->stopped_by = v.rule;
	if (w->mode == WQ_GUARD_BLOCK || !request) {
		refuse(w, WQ_RULES_PAGE_BLOCK);
	} else if (wq_gate_waf_confirmed(w)) {
		w->confirmed = 1;
	} else {
		w->verdict = WQ_VERDICT_CHALLENGE;
		w->page = WQ_RULES_PAGE_CHALLENGE;
	}
}

void wq_gate_waf_stopped(struct wq_gate_waf *w, enum wq_waf_step step, bool request)
{
	bool decides = w->mode == WQ_GUARD_BLOCK || w->mode == WQ_GUARD_CHALLENGE;

	w->state = WQ_GATE_WAF_SETTLED;
	if (step == WQ_WAF_OVER) {
		w->over = 1;
		if (decides && !w->guard->over_passes)
			refuse(w, WQ_RULES_PAGE_OVER);
	} else if (step == WQ_WAF_STOP && decides) {
		stopped_by_rule(w, request);
	}
}

/* ---- states ---- */

static bool has_body(const ngx_http_request_t *r)
{
#if (NGX_HTTP_V2)
	if (r->stream && !r->stream->in_closed)
		return true;
#endif
	return r->headers_in.content_length_n > 0 || r->headers_in.chunked;
}

static enum wq_gate_waf_state after_headers(struct wq_gate_waf *w)
{
	bool wanted = false;

	wq_waf_body_wanted(w->tx, &wanted);
	if (!wanted)
		return WQ_GATE_WAF_BODY;
	if (w->body_here)
		return WQ_GATE_WAF_FEED;
	return w->mode != WQ_GUARD_LOG && has_body(w->r) ? WQ_GATE_WAF_READ : WQ_GATE_WAF_BODY;
}

/* A body that is not understood in full is one that nobody looked at in full. */
static void after_body(struct wq_gate_waf *w)
{
	const struct wq_body_report *report = wq_waf_body_report(w->tx);
	bool decides = w->mode == WQ_GUARD_BLOCK || w->mode == WQ_GUARD_CHALLENGE;

	w->state = WQ_GATE_WAF_BODY;
	if (!report || (!report->failed && !report->unreadable))
		return;
	if (report->over) {
		w->over = 1;
		if (decides && !w->guard->over_passes)
			refuse(w, WQ_RULES_PAGE_OVER);
	} else {
		w->unreadable = 1;
		if (decides && !w->guard->unreadable_passes)
			refuse(w, WQ_RULES_PAGE_UNREADABLE);
	}
}

/* Reading costs a visitor more than us, byte for byte: no bucket pays for it, or no large upload would pass. */
static bool feed(struct wq_gate_waf *w)
{
	uint64_t before = wq_gate_nsec();
	bool ended = wq_gate_waf_body_feed(w);

	spent(w, wq_gate_nsec() - before);
	if (ended)
		after_body(w);
	return ended;
}

bool wq_gate_waf_step(struct wq_gate_waf *w)
{
	enum wq_waf_step step;

	if (w->state == WQ_GATE_WAF_ANSWER)
		return wq_gate_waf_answer_step(w);
	while (w->state != WQ_GATE_WAF_READ && w->state != WQ_GATE_WAF_SETTLED) {
		if (!may(w)) {
			wq_gate_waf_stopped(w, WQ_WAF_OVER, true);
			return true;
		}
		if (w->state == WQ_GATE_WAF_FEED) {
			if (!feed(w))
				return false;
			continue;
		}
		step = wq_gate_waf_run(w, w->state == WQ_GATE_WAF_HEADERS ? 1 : 2);
		if (step == WQ_WAF_AGAIN)
			return false;
		if (step != WQ_WAF_DONE)
			wq_gate_waf_stopped(w, step, true);
		else
			w->state = w->state == WQ_GATE_WAF_HEADERS ? after_headers(w) : WQ_GATE_WAF_SETTLED;
	}
	return true;
}

/* ---- in nginx's phases ---- */

static void on_body(ngx_http_request_t *r);

static void go_on(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;

	w->waiting = 0;
	r->write_event_handler = ngx_http_core_run_phases;
	ngx_http_core_run_phases(r);
}

/* The request stands still until the body is here; then on_body() goes on, perhaps before this returns. */
static void read_body(struct wq_gate_waf *w)
{
	ngx_http_request_t *r = w->r;
	ngx_int_t rc = ngx_http_read_client_request_body(r, on_body);

	ngx_http_finalize_request(r, rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE);
}

static void on_judged(struct wq_gate_waf *w)
{
	if (w->state == WQ_GATE_WAF_READ)
		read_body(w);
	else
		go_on(w);
}

/* Mode log: nothing waited for it, but perhaps the end of the request. */
static void on_watched(struct wq_gate_waf *w)
{
	if (!w->held)
		return;
	w->held = 0;
	ngx_http_finalize_request(w->r, NGX_DONE);
}

static void on_body(ngx_http_request_t *r)
{
	struct wq_gate_waf *w = wq_gate_waf_of(r);

	r->preserve_body = 1;
	if (!wq_gate_waf_body_take(w)) {
		w->waiting = 0;
		ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
		return;
	}
	if (w->mode == WQ_GUARD_LOG) {
		w->state = WQ_GATE_WAF_HEADERS;
		go_on(w);
		return;
	}
	w->state = WQ_GATE_WAF_FEED;
	if (wq_gate_waf_now(w) && wq_gate_waf_step(w))
		go_on(w);
	else
		wq_gate_waf_enqueue(w, on_judged);
}

/* What the origin would get anyway: nginx reads a body before it asks. An upload that no rule can read is left alone. */
static bool reads_first(const struct wq_gate_waf *w)
{
	const ngx_http_request_t *r = w->r;
	const ngx_table_elt_t *type = r->headers_in.content_type;

	if (!w->rules->reads_request || !has_body(r))
		return false;
	return (type && wq_body_kind_of(wq_gate_str(type->value)) != WQ_BODY_NONE) ||
		(r->headers_in.content_length_n >= 0 && (uint64_t)r->headers_in.content_length_n <= w->guard->body_max);
}

/* The handler's answer when nothing is waited for any more. */
static ngx_int_t settled(struct wq_gate_waf *w)
{
	if (w->mode == WQ_GUARD_LOG && !w->queued && w->state != WQ_GATE_WAF_SETTLED)
		wq_gate_waf_enqueue(w, on_watched);
	if (w->verdict != WQ_VERDICT_PASS)
		return wq_gate_waf_page_send(w);
	wq_gate_forwarded(w->ctx);
	return NGX_DECLINED;
}

static bool is_too_long(const struct wq_gate_waf *w)
{
	return w->r->headers_in.content_length_n > 0 &&
		(uint64_t)w->r->headers_in.content_length_n > w->guard->upload_max;
}

static ngx_int_t start(struct wq_gate_waf *w)
{
	if (w->mode == WQ_GUARD_LOG) {
		if (!reads_first(w))
			return settled(w);
		w->waiting = 1;
		w->state = WQ_GATE_WAF_READ;
		read_body(w);
		return WQ_GATE_LATER;
	}
	if (is_too_long(w)) {
		wq_gate_waf_stopped(w, WQ_WAF_OVER, true);
		return settled(w);
	}
	if (!wq_gate_waf_now(w) || !wq_gate_waf_step(w)) {
		w->waiting = 1;
		wq_gate_waf_enqueue(w, on_judged);
		return WQ_GATE_LATER;
	}
	if (w->state != WQ_GATE_WAF_READ)
		return settled(w);
	w->waiting = 1;
	read_body(w);
	return WQ_GATE_LATER;
}

ngx_int_t wq_gate_waf_begin(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	enum wq_guard_mode mode = wq_guard_mode_of(&ctx->release->policy.guard, where->path);
	struct wq_gate_waf *w;

	if (!conf->rules || mode == WQ_GUARD_OFF) {
		wq_gate_forwarded(ctx);
		return NGX_DECLINED;
	}
	w = wq_gate_waf_new(r, ctx, where->path, mode == WQ_GUARD_LOG);
	if (!w)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	w->mode = mode;
	return start(w);
}

ngx_int_t wq_gate_waf_resume(struct wq_gate_ctx *ctx)
{
	return ctx->waf->waiting ? WQ_GATE_LATER : settled(ctx->waf);
}
