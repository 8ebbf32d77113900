#include "cli/ftw.h"

#include "base/json_read.h"

static const struct wq_json_limits limits = {WQ_FTW_REQUEST_MAX, 32};

struct reflection {
	struct wq_arena *arena;
	struct wq_ftw_answer *answer;
	bool typed;
};

static void put(struct wq_ftw_answer *answer, wq_str name, wq_str value)
{
	if (answer->headers_n < WQ_COUNT(answer->headers))
		answer->headers[answer->headers_n++] = (struct wq_ftw_header){name, value};
}

static void on_header(void *data, wq_str name, wq_str value)
{
	struct reflection *r = data;

	r->typed |= wq_str_eq_nocase(name, WQ_S("Content-Type"));
	put(r->answer, wq_arena_str(r->arena, name), wq_arena_str(r->arena, value));
}

/* What Go's server says of a body whose type nobody gave (WHATWG MIME sniffing §7.1, as far as it matters here). */
static wq_str sniffed(wq_str body)
{
	static const wq_str tags[] = {WQ_S_INIT("<!doctype html"), WQ_S_INIT("<html"), WQ_S_INIT("<head"),
		WQ_S_INIT("<script"), WQ_S_INIT("<iframe"), WQ_S_INIT("<h1"), WQ_S_INIT("<div"), WQ_S_INIT("<font"),
		WQ_S_INIT("<table"), WQ_S_INIT("<a"), WQ_S_INIT("<style"), WQ_S_INIT("<title"), WQ_S_INIT("<b"),
		WQ_S_INIT("<body"), WQ_S_INIT("<br"), WQ_S_INIT("<p"), WQ_S_INIT("<!--")};
	wq_str text = wq_str_trim(body);

	for (size_t i = 0; i < WQ_COUNT(tags); i++)
		if (wq_str_starts_nocase(text, tags[i]) && text.n > tags[i].n &&
			(text.p[tags[i].n] == ' ' || text.p[tags[i].n] == '>' || i == WQ_COUNT(tags) - 1))
			return WQ_S("text/html; charset=utf-8");
	if (wq_str_starts(text, WQ_S("<?xml")))
		return WQ_S("text/xml; charset=utf-8");
	for (size_t i = 0; i < body.n && i < 512; i++) {
		unsigned char c = (unsigned char)body.p[i];

		if (c <= 0x08 || c == 0x0b || (c >= 0x0e && c <= 0x1a) || (c >= 0x1c && c <= 0x1f))
			return WQ_S("application/octet-stream");
	}
	return WQ_S("text/plain; charset=utf-8");
}

static void refuse(struct wq_ftw_answer *answer, wq_str text)
{
	*answer = (struct wq_ftw_answer){.status = 400, .body = text};
	put(answer, WQ_S("Content-Type"), WQ_S("text/plain; charset=utf-8"));
}

static wq_err body_of(const struct json_t *root, struct wq_arena *arena, wq_str *ret_body)
{
	wq_str text = WQ_S("");

	if (!wq_failed(wq_json_get_str(root, "body", WQ_FTW_REQUEST_MAX, &text)) && text.n > 0) {
		*ret_body = wq_arena_str(arena, text);
		return wq_arena_err(arena);
	}
	*ret_body = WQ_S("");
	if (wq_failed(wq_json_get_str(root, "encodedBody", WQ_FTW_REQUEST_MAX, &text)))
		return WQ_OK;
	return wq_ftw_unbase64(text, arena, ret_body) ? WQ_OK : wq_error(WQ_E_INPUT, "encodedBody");
}

static void reflect(const struct json_t *root, struct wq_arena *arena, struct wq_ftw_answer *answer)
{
	struct reflection r = {arena, answer, false};
	const struct json_t *headers = wq_json_get_object(root, "headers");
	uint64_t status = 0;

	WQ_IGNORE(wq_json_get_u64(root, "status", 100000, &status));
	if ((status > 0 && status < 100) || status >= 600) {
		refuse(answer, WQ_S("Invalid status code"));
		return;
	}
	answer->status = status ? (uint16_t)status : 200;
	if (headers)
		wq_json_each(headers, on_header, &r);
	if (wq_failed(body_of(root, arena, &answer->body))) {
		refuse(answer, WQ_S("invalid base64 encoding of response body"));
		return;
	}
	if (!r.typed && answer->body.n > 0)
		put(answer, WQ_S("Content-Type"), sniffed(answer->body));
}

static bool is_reflect(wq_str target)
{
	target = wq_str_cut(&target, '?');
	return wq_str_eq(target, WQ_S("/reflect")) || wq_str_starts(target, WQ_S("/reflect/"));
}

void wq_ftw_backend(const struct wq_ftw_http *request, struct wq_arena *arena, struct wq_ftw_answer *ret_answer)
{
	struct json_t *root = NULL;

	*ret_answer = (struct wq_ftw_answer){.status = 200, .body = WQ_S("")};
	if (wq_str_eq(request->method, WQ_S("POST")) && is_reflect(request->target)) {
		if (wq_failed(wq_json_read(request->body, &limits, &root)))
			refuse(ret_answer, WQ_S("Invalid JSON in request body"));
		else
			reflect(root, arena, ret_answer);
		wq_json_free(&root);
	}
	put(ret_answer, WQ_S("Content-Length"), wq_arena_printf(arena, "%zu", ret_answer->body.n));
}
