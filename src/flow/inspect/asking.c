#include "flow/inspect/asking.h"

#include "text/url.h"

enum { CONNECT_MSEC = 5000, TOTAL_MSEC = 15000, STEP_MSEC = 1000, BODY_MAX = 4 * 1024 * 1024 };

static void on_answer(void *data, const struct wq_fetch_response *response)
{
	struct wq_asking *a = data;

	a->last = (struct wq_asked){.result = response->result,
		.status = response->status,
		.addr = response->addr,
		.headers = wq_arena_str(a->arena, response->headers),
		.body = wq_arena_str(a->arena, response->body)};
}

wq_err wq_asking_open(
	struct wq_asking *asking, const struct wq_inspect_options *options, const struct wq_fetch_route *route)
{
	struct wq_fetch_options fetch = options->walk.fetch;

	*asking = (struct wq_asking){0};
	fetch.connect_msec = CONNECT_MSEC;
	fetch.total_msec = TOTAL_MSEC;
	fetch.body_max = BODY_MAX;
	fetch.retries = 0;
	fetch.decode = true;
	if (route) {
		fetch.routes = route;
		fetch.routes_n = 1;
	}
	return wq_fetch_new(&fetch, on_answer, asking, &asking->fetch);
}

void wq_asking_close(struct wq_asking *asking)
{
	wq_fetch_free(&asking->fetch);
}

static wq_err ask_once(struct wq_asking *a, wq_str url, size_t cut)
{
	const struct wq_fetch_request request = {.url = wq_arena_cstr(a->arena, url), .body_cut = cut};

	a->last = (struct wq_asked){.result = WQ_FETCH_FAILED};
	if (!request.url)
		return wq_arena_err(a->arena);
	WQ_TRY(wq_fetch_add(a->fetch, &request));
	while (wq_fetch_pending(a->fetch))
		WQ_TRY(wq_fetch_run(a->fetch, STEP_MSEC));
	return wq_arena_err(a->arena);
}

wq_err wq_ask(struct wq_asking *asking, struct wq_arena *arena, wq_str url, size_t cut, unsigned redirects,
	struct wq_asked *ret_asked)
{
	struct wq_url at, next;

	asking->arena = arena;
	WQ_TRY(wq_url_parse(arena, url, NULL, &at));
	for (;; redirects--) {
		wq_str location;

		WQ_TRY(ask_once(asking, wq_url_without_fragment(&at), cut));
		location = wq_header_find(asking->last.headers, WQ_S("Location"));
		if (asking->last.result != WQ_FETCH_ANSWERED || asking->last.status < 300 ||
			asking->last.status > 399 || location.n == 0 || redirects == 0 ||
			wq_failed(wq_url_parse(arena, location, &at, &next)) || !wq_url_is_http(&next))
			break;
		at = next;
	}
	asking->last.url = at.href;
	*ret_asked = asking->last;
	return WQ_OK;
}
