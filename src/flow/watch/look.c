#include "flow/watch/look.h"

#include <arpa/inet.h>

#include "finding/excerpt.h"
#include "text/url.h"

enum { BODY = 8 * 1024 * 1024, CONCURRENT = 16, STEP_MSEC = 200, NAME_BYTES = 200, URL_BYTES = 2048 };

struct look {
	const struct wq_fetch_options *options;
	struct wq_fetch *fetch;
	struct wq_arena *arena;
	uint64_t visit_msec;
	struct wq_watch_visit *visits;
	unsigned char *hops;
	wq_err failed;
};

static wq_str address_text(struct wq_arena *arena, const struct wq_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (addr->family == 0 || !inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, text, sizeof text))
		return WQ_S("");
	return wq_arena_str(arena, wq_str_c(text));
}

static bool leads_on(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static wq_err ask(struct look *look, const char *url, struct wq_watch_visit *visit)
{
	return wq_fetch_add(look->fetch, &(struct wq_fetch_request){.url = url, .body_cut = BODY, .tag = visit});
}

/* Asks for where the answer leads; false when that is nowhere. */
static bool follow(struct look *look, const struct wq_fetch_response *r, struct wq_watch_visit *visit)
{
	wq_str location = wq_header_find(r->headers, WQ_S("location"));
	struct wq_url base, url;
	const char *next;

	if (!location.p || look->hops[visit - look->visits]++ == WQ_WATCH_HOPS ||
		wq_failed(wq_url_parse(look->arena, wq_str_c(r->url), NULL, &base)) ||
		wq_failed(wq_url_parse(look->arena, location, &base, &url)) || !wq_url_is_http(&url))
		return false;
	next = wq_arena_cstr(look->arena, wq_url_without_fragment(&url));
	return next && !wq_failed(ask(look, next, visit));
}

static const char *outcome_of(const struct look *look, const struct wq_fetch_response *r, uint32_t msec)
{
	if (msec > look->visit_msec)
		return WQ_WATCH_SLOW;
	if (r->result != WQ_FETCH_ANSWERED)
		return wq_fetch_result_text(r->result);
	if (leads_on(r->status))
		return WQ_WATCH_REDIRECTS;
	if (r->status < 200 || r->status >= 400)
		return WQ_WATCH_STATUS;
	return r->body.n == 0 ? WQ_WATCH_EMPTY : WQ_WATCH_OPENED;
}

static void on_answer(void *data, const struct wq_fetch_response *r)
{
	struct look *look = data;
	struct wq_watch_visit *visit = r->tag;

	visit->msec += r->msec;
	visit->status = r->status > 0 && r->status <= 999 ? (uint32_t)r->status : 0;
	visit->bytes += r->body.n;
	visit->address = address_text(look->arena, &r->addr);
	if (r->result == WQ_FETCH_ANSWERED && leads_on(r->status) && visit->msec <= look->visit_msec &&
		follow(look, r, visit))
		return;
	visit->outcome = wq_str_c(outcome_of(look, r, visit->msec));
}

static wq_err run(struct look *look, const struct wq_watch_target *targets, size_t n, bool (*stop)(void))
{
	size_t asked = 0;

	while (asked < n || wq_fetch_pending(look->fetch)) {
		while (asked < n && wq_fetch_pending(look->fetch) < CONCURRENT) {
			look->visits[asked] = (struct wq_watch_visit){.at = wq_now(look->options->clock),
				.name = targets[asked].name,
				.url = wq_str_c(targets[asked].url),
				.address = WQ_S("")};
			WQ_TRY(ask(look, targets[asked].url, &look->visits[asked]));
			asked++;
		}
		WQ_TRY(wq_fetch_run(look->fetch, STEP_MSEC));
		if (stop && stop())
			return wq_error(WQ_E_INTERRUPTED, "the look was not finished");
	}
	return wq_arena_err(look->arena);
}

wq_err wq_watch_look(const struct wq_fetch_options *fetch, uint64_t visit_msec, const struct wq_watch_target *targets,
	size_t n, bool (*stop)(void), struct wq_arena *arena, struct wq_watch_visit *visits)
{
	struct wq_fetch_options options = *fetch;
	struct look look = {.options = &options, .arena = arena, .visit_msec = visit_msec, .visits = visits};
	wq_err e;

	options.total_msec = (uint32_t)visit_msec;
	options.connect_msec = (uint32_t)visit_msec;
	options.concurrent = CONCURRENT;
	options.fresh = true;
	if (!options.clock)
		options.clock = &wq_clock_system;
	look.hops = WQ_NEW_ARRAY(arena, unsigned char, n);
	if (!look.hops)
		return wq_arena_err(arena);
	WQ_TRY(wq_fetch_new(&options, on_answer, &look, &look.fetch));
	e = run(&look, targets, n, stop);
	wq_fetch_free(&look.fetch);
	return e;
}

wq_err wq_watch_target(struct wq_arena *arena, wq_str name, wq_str url, struct wq_watch_target *ret_target)
{
	struct wq_url parsed;

	if (url.n > URL_BYTES)
		return wq_error(WQ_E_INPUT, "an address of more than %d bytes", URL_BYTES);
	if (wq_str_find(url, WQ_S("://")) < 0)
		url = wq_arena_printf(arena, "https://%.*s/", WQ_S_ARG(url));
	if (wq_failed(wq_url_parse(arena, url, NULL, &parsed)) || !wq_url_is_http(&parsed) || parsed.user.n ||
		parsed.password.n)
		return wq_error(WQ_E_INPUT, "%.*s is no http or https address", WQ_S_ARG(wq_str_head(url, 200)));
	*ret_target = (struct wq_watch_target){
		wq_clean(arena, name, NAME_BYTES), wq_arena_cstr(arena, wq_url_without_fragment(&parsed))};
	return wq_arena_err(arena);
}

wq_err wq_watch_targets_parse(
	struct wq_arena *arena, wq_str text, const struct wq_watch_target **ret_targets, size_t *ret_n)
{
	struct wq_watch_target *targets = WQ_NEW_ARRAY(arena, struct wq_watch_target, WQ_WATCH_TARGETS_MAX);
	size_t n = 0, number = 0;

	if (!targets)
		return wq_arena_err(arena);
	for (wq_str rest = text; rest.p;) {
		wq_str line = wq_str_trim(wq_str_cut(&rest, '\n')), name;

		number++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (n == WQ_WATCH_TARGETS_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d targets", WQ_WATCH_TARGETS_MAX);
		name = wq_str_cut(&line, ' ');
		if (wq_failed(wq_watch_target(arena, name, wq_str_trim(line), &targets[n++])))
			return wq_error(WQ_E_INPUT, "line %zu: a name and an http or https address are wanted", number);
	}
	*ret_targets = targets;
	*ret_n = n;
	return WQ_OK;
}
