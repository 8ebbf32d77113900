/* The log phase: what is left to judge is judged, phase 5 runs, and what fired becomes a line, an event and counters. */
#include "gate/nginx/waf_priv.h"

#include <errno.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "gate/nginx/rules_line.h"

/* A request whose visitor is gone is not judged for longer than this. */
enum { REST_NSEC = 10 * 1000 * 1000 };

/* ---- the rest of the judging ---- */

static void finish_request(struct wq_gate_waf *w)
{
	uint64_t end = wq_gate_nsec() + REST_NSEC;

	wq_gate_waf_dequeue(w);
	if (w->state == WQ_GATE_WAF_READ) /* the body never came in whole */
		w->state = WQ_GATE_WAF_SETTLED;
	while (!wq_gate_waf_step(w))
		if (wq_gate_nsec() > end) {
			wq_gate_waf_stopped(w, WQ_WAF_OVER, true);
			return;
		}
}

static bool run_rest(struct wq_gate_waf *w, unsigned phase)
{
	uint64_t end = wq_gate_nsec() + REST_NSEC;
	enum wq_waf_step step;

	do
		step = wq_gate_waf_run(w, phase);
	while (step == WQ_WAF_AGAIN && wq_gate_nsec() < end);
	w->over |= step == WQ_WAF_OVER || step == WQ_WAF_AGAIN;
	return step == WQ_WAF_DONE;
}

static void finish_answer(struct wq_gate_waf *w)
{
	if (w->mode != WQ_GUARD_LOG || w->over || w->verdict != WQ_VERDICT_PASS || !w->answer_seen || w->answer_judged)
		return;
	w->answer_judged = 1;
	wq_gate_waf_answer_headers(w);
	if (!run_rest(w, 3))
		return;
	for (ngx_chain_t *cl = w->copies; cl; cl = cl->next)
		wq_waf_response_body_add(w->tx, wq_str_of(cl->buf->start, (size_t)(cl->buf->last - cl->buf->start)));
	run_rest(w, 4);
}

/* ---- sealed paths ---- */

/* What no plain address has. */
static bool is_odd(wq_str target)
{
	static const wq_str words[] = {WQ_S_INIT("%27"), WQ_S_INIT("%22"), WQ_S_INIT("%3c"), WQ_S_INIT("%3C"),
		WQ_S_INIT("%00"), WQ_S_INIT("..")};

	for (size_t i = 0; i < target.n; i++)
		if (strchr("'\"<>()|;$`\\{}", target.p[i]) != NULL && target.p[i] != 0)
			return true;
	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (wq_str_find(target, words[i]) >= 0)
			return true;
	return false;
}

/* Whose application it was, when the address was refused before that was asked. */
static bool find_release(ngx_http_request_t *r, struct wq_gate_ctx *ctx)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	ngx_str_t name = conf->host.len ? conf->host : r->headers_in.server;
	struct wq_gate_release *release;
	char host[WQ_HOST_MAX + 1];
	size_t n;

	if (ctx->release || wq_key_host(wq_gate_str(name), host, &n) != WQ_KEY_FINE)
		return ctx->release != NULL;
	release = wq_gate_store_find(wq_gate_worker.store, wq_str_of(host, n));
	return release && wq_gate_pin(r, ctx, release);
}

/* What is sealed is served whatever is asked; who was refused with an odd address, or for it, is looked at. */
static struct wq_gate_waf *watch(ngx_http_request_t *r, struct wq_gate_ctx *ctx)
{
	struct wq_gate_loc_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_weique_module);
	struct wq_gate_waf *w;

	if (!conf->rules || !ctx || ctx->waf || r->headers_out.status < NGX_HTTP_BAD_REQUEST ||
		(r->headers_out.status != NGX_HTTP_BAD_REQUEST && !is_odd(wq_gate_str(r->unparsed_uri))))
		return NULL;
	if (!find_release(r, ctx) || ctx->release->policy.guard.mode == WQ_GUARD_OFF)
		return NULL;
	w = wq_gate_waf_new(r, ctx, WQ_S("/"), true);
	if (!w)
		return NULL;
	w->mode = WQ_GUARD_LOG;
	w->watched = 1;
	wq_gate_count(ctx, WQ_N_RULES_WATCHED);
	return w;
}

/* ---- what is said of it ---- */

static const char *verdict_of(const struct wq_gate_waf *w, size_t matches_n)
{
	if (w->verdict == WQ_VERDICT_BLOCK)
		return "block";
	if (w->verdict == WQ_VERDICT_CHALLENGE)
		return "challenge";
	return matches_n > 0 || w->over || w->unreadable ? "log" : "pass";
}

struct used {
	const struct wq_gate_waf *w;
	char labels[WQ_WAF_MATCHES_MAX][WQ_RULES_LABEL_MAX];
	wq_str texts[WQ_WAF_MATCHES_MAX];
	size_t n;
};

static void exception_used(void *data, uint64_t mark)
{
	struct used *used = data;
	const struct wq_rules_exceptions *x = used->w->exceptions;

	for (size_t i = 0; x && i < x->n; i++) {
		if (x->rows[i] != mark)
			continue;
		if (x->hits[i])
			__atomic_fetch_add(&x->hits[i]->count, 1, __ATOMIC_RELAXED);
		if (used->n == WQ_WAF_MATCHES_MAX)
			return;
		wq_rules_exception_label(&x->guard->exceptions[mark], used->labels[used->n]);
		used->texts[used->n] = wq_str_c(used->labels[used->n]);
		used->n++;
	}
}

/* Nothing waits for the log, and nothing is refused because of it. A line that was cut off by a full disk is ended before the next. */
static void append(struct wq_gate_waf *w, wq_str line)
{
	static bool torn;
	struct iovec parts[] = {{.iov_base = (char[]){'\n'}, .iov_len = torn},
		{.iov_base = (void *)(uintptr_t)line.p, .iov_len = line.n}};
	size_t whole = line.n + torn;
	ssize_t n = writev(w->log->fd, parts, WQ_COUNT(parts));

	if (n == (ssize_t)whole) {
		torn = false;
		return;
	}
	torn = n > 0 ? (size_t)n > (size_t)torn : torn;
	wq_gate_count(w->ctx, WQ_N_RULES_LINE_LOST);
	ngx_log_error(NGX_LOG_ALERT, w->r->connection->log, n < 0 ? ngx_errno : ENOSPC,
		"weique: rule_line_lost incident=%s", w->incident);
}

static void write_line(struct wq_gate_waf *w, const struct wq_waf_match *matches, size_t n, uint32_t lost)
{
	static struct used used; /* one thread, one line at a time */
	struct wq_waf_cost cost = wq_waf_cost(w->tx);
	WQ_BUF(text, WQ_RULES_LINE_MAX);
	struct wq_rules_line line = {.time = wq_now(&wq_clock_system),
		.app = w->ctx->release->snapshot.head.app,
		.class = w->ctx->class ? w->ctx->class : "-",
		.verdict = verdict_of(w, n),
		.client = wq_gate_str(w->r->connection->addr_text),
		.method = wq_gate_str(w->r->method_name),
		.uri = wq_gate_str(w->r->unparsed_uri),
		.status = (uint16_t)w->r->headers_out.status,
		.over = w->over,
		.unreadable = w->unreadable,
		.matches = matches,
		.matches_n = n,
		.lost = lost,
		.cost_usec = cost.nsec / 1000,
		.evaluations = cost.evaluations};

	used.w = w;
	used.n = 0;
	wq_waf_exceptions_used(w->tx, exception_used, &used);
	line.exceptions = used.texts;
	line.exceptions_n = used.n;
	if (n == 0 && w->verdict == WQ_VERDICT_PASS && !w->over && !w->unreadable)
		return;
	if (!w->log || w->log->fd == NGX_INVALID_FILE)
		return;
	line.incident = wq_gate_waf_incident(w);
	wq_rules_line(&line, &text);
	if (wq_failed(wq_buf_err(&text)))
		wq_gate_count(w->ctx, WQ_N_RULES_LINE_LOST);
	else
		append(w, wq_buf_str(&text));
}

/* The rule that says most: of the severest, the first. That of a score only sums up. */
static const struct wq_waf_match *worst(const struct wq_waf_match *matches, size_t n, uint32_t stopped_by)
{
	const struct wq_waf_match *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (matches[i].rule != stopped_by && (!best || matches[i].severity < best->severity))
			best = &matches[i];
	for (size_t i = 0; i < n && !best; i++)
		if (matches[i].rule == stopped_by)
			best = &matches[i];
	return best;
}

static void tell_vault(struct wq_gate_waf *w, const struct wq_waf_match *matches, size_t n)
{
	const struct wq_waf_match *match = worst(matches, n, w->stopped_by);
	struct wq_handover m = {.type = WQ_HANDOVER_RULE,
		.number = match ? match->rule : w->stopped_by,
		.app = wq_str_c(w->ctx->release->snapshot.head.app),
		.incident = wq_str_c(wq_gate_waf_incident(w)),
		.variable = match ? wq_str_head(match->variable, WQ_HANDOVER_VARIABLE_MAX) : wq_str_c(w->ctx->reason)};
	uint64_t key = w->client * 31 + w->application + m.number;
	WQ_BUF(value, 2 * WQ_HANDOVER_NOTE_MAX);

	if (!wq_rules_tell(wq_gate_worker.rules_zone, key | 1, ngx_current_msec, &m.count))
		return;
	if (match && wq_rules_is_secret(match->variable))
		wq_buf_add(&value, WQ_S("***"));
	else if (match)
		wq_rules_mask(match->value, WQ_HANDOVER_NOTE_MAX, &value);
	m.note = wq_str_head(wq_buf_str(&value), WQ_HANDOVER_NOTE_MAX);
	wq_gate_channel_tell(&m);
}

static void count(const struct wq_gate_waf *w, size_t matches_n)
{
	if (w->over)
		wq_gate_count(w->ctx, WQ_N_RULES_OVER);
	if (w->verdict == WQ_VERDICT_BLOCK)
		wq_gate_count(w->ctx, WQ_N_RULES_BLOCKED);
	else if (w->verdict == WQ_VERDICT_CHALLENGE)
		wq_gate_count(w->ctx, WQ_N_RULES_CHALLENGED);
	else if (matches_n > 0)
		wq_gate_count(w->ctx, WQ_N_RULES_LOGGED);
}

ngx_int_t wq_gate_waf_log_handler(ngx_http_request_t *r)
{
	struct wq_gate_waf *w = wq_gate_waf_of(r);
	const struct wq_waf_match *matches;
	uint32_t lost = 0;
	size_t n = 0;

	if (r != r->main)
		return NGX_OK;
	if (!w)
		w = watch(r, ngx_http_get_module_ctx(r, ngx_http_weique_module));
	if (!w || !w->tx)
		return NGX_OK;
	finish_request(w);
	finish_answer(w);
	run_rest(w, 5);
	matches = wq_waf_matches(w->tx, &n, &lost);
	count(w, n);
	write_line(w, matches, n, lost);
	if (w->verdict == WQ_VERDICT_BLOCK)
		tell_vault(w, matches, n);
	wq_waf_end(&w->tx);
	return NGX_OK;
}
