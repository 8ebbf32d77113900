#include "cli/ftw.h"

enum { IDS_MAX = WQ_WAF_MATCHES_MAX };

/* ---- one request through the engine ---- */

static bool phase(struct wq_waf_tx *tx, unsigned number)
{
	enum wq_waf_step step;

	do
		step = wq_waf_run(tx, number);
	while (step == WQ_WAF_AGAIN);
	return step == WQ_WAF_DONE;
}

static bool request_phases(struct wq_waf_tx *tx, const struct wq_ftw_http *http)
{
	bool wanted;

	wq_waf_request(tx, http->method, http->target, http->protocol);
	for (size_t i = 0; i < http->headers_n; i++)
		wq_waf_request_header(tx, http->headers[i].name, http->headers[i].value);
	if (!phase(tx, 1))
		return false;
	wq_waf_body_wanted(tx, &wanted);
	if (wanted) {
		wq_waf_body_add(tx, http->body);
		wq_waf_body_end(tx);
	}
	return !http->incomplete && phase(tx, 2);
}

static bool response_phases(struct wq_waf_tx *tx, const struct wq_ftw_answer *answer)
{
	uint64_t wanted;

	wq_waf_response(tx, answer->status, WQ_S("HTTP/1.1"));
	for (size_t i = 0; i < answer->headers_n; i++)
		wq_waf_response_header(tx, answer->headers[i].name, answer->headers[i].value);
	if (!phase(tx, 3))
		return false;
	wanted = wq_waf_response_body_wanted(tx);
	if (wanted > 0)
		wq_waf_response_body_add(tx, wq_str_head(answer->body, wanted));
	return phase(tx, 4);
}

wq_err wq_ftw_trip(struct wq_waf_worker *worker, const struct wq_waf_program *program, wq_str request,
	const struct wq_ftw_answer *answer, const struct wq_waf_trace *trace, struct wq_arena *arena,
	struct wq_ftw_trip *ret_trip)
{
	const struct wq_waf_begin begin = {.detection_only = true, .unix_msec = 1700000000000};

	*ret_trip = (struct wq_ftw_trip){0};
	wq_ftw_http_read(request, arena, &ret_trip->http);
	WQ_TRY(wq_arena_err(arena));
	if (ret_trip->http.answered)
		return WQ_OK;
	if (answer)
		ret_trip->answer = *answer;
	else
		wq_ftw_backend(&ret_trip->http, arena, &ret_trip->answer);
	ret_trip->tx = wq_waf_begin(worker, program, &begin);
	if (!ret_trip->tx)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (trace)
		wq_waf_set_trace(ret_trip->tx, trace);
	wq_waf_connection(ret_trip->tx, WQ_S("127.0.0.1"), 40000, WQ_S("127.0.0.1"), 80);
	if (request_phases(ret_trip->tx, &ret_trip->http) && !ret_trip->http.refused)
		response_phases(ret_trip->tx, &ret_trip->answer);
	phase(ret_trip->tx, 5);
	return wq_arena_err(arena);
}

/* ---- cases ---- */

static wq_err note_matches(struct wq_waf_tx *tx, struct wq_arena *arena, struct wq_ftw_seen *seen)
{
	const struct wq_waf_match *matches;
	uint32_t lost, *ids;
	wq_str *lines;
	size_t n;

	matches = wq_waf_matches(tx, &n, &lost);
	ids = WQ_NEW_ARRAY(arena, uint32_t, n + 1);
	lines = WQ_NEW_ARRAY(arena, wq_str, n + 1);
	if (!ids || !lines)
		return wq_arena_err(arena);
	for (size_t i = 0; i < n; i++) {
		lines[seen->lines_n++] = wq_ftw_line(&matches[i], arena);
		if (i == 0 || matches[i].rule != matches[i - 1].rule)
			ids[seen->ids_n++] = matches[i].rule;
	}
	seen->would_deny = wq_waf_verdict(tx).what == WQ_WAF_DENY;
	seen->ids = ids;
	seen->lines = lines;
	return wq_arena_err(arena);
}

static wq_err run_stage(struct wq_waf_worker *worker, const struct wq_waf_program *program,
	const struct wq_ftw_stage *stage, struct wq_arena *arena, struct wq_ftw_seen *seen)
{
	WQ_BUF(bytes, WQ_FTW_REQUEST_MAX);
	struct wq_ftw_trip trip;
	wq_err e;

	*seen = (struct wq_ftw_seen){0};
	WQ_TRY(wq_ftw_request(&stage->input, &bytes));
	e = wq_ftw_trip(worker, program, wq_buf_str(&bytes), NULL, NULL, arena, &trip);
	if (!wq_failed(e) && trip.tx)
		e = note_matches(trip.tx, arena, seen);
	wq_waf_end(&trip.tx);
	WQ_TRY(e);
	seen->by_server = trip.http.why;
	seen->status = trip.http.answered ? trip.http.answered
		: trip.http.refused       ? trip.http.refused
					  : trip.answer.status;
	if (trip.http.incomplete || trip.http.simple)
		seen->status = 0;
	seen->response = wq_arena_str(arena, trip.answer.body);
	return wq_arena_err(arena);
}

wq_err wq_ftw_run(struct wq_waf_worker *worker, const struct wq_waf_program *program, const struct wq_ftw_test *test,
	struct wq_arena *arena, struct wq_ftw_result *ret_result)
{
	struct wq_ftw_result result = {.verdict = test->overridden.p ? WQ_FTW_OVERRIDDEN : WQ_FTW_PASSED};

	for (size_t i = 0; i < test->stages_n && result.verdict != WQ_FTW_FAILED; i++) {
		struct wq_ftw_seen seen;

		WQ_TRY(run_stage(worker, program, &test->stages[i], arena, &seen));
		WQ_TRY(wq_ftw_judge(test, &test->stages[i].output, &seen, arena, &result.why));
		result.seen = wq_ftw_ids(seen.ids, seen.ids_n, arena);
		result.by_server = wq_str_c(seen.by_server);
		result.status = seen.status;
		if (result.why.n > 0)
			result.verdict = WQ_FTW_FAILED;
	}
	*ret_result = result;
	return wq_arena_err(arena);
}
