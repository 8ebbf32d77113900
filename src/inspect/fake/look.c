#include "inspect/fake/look.h"

#include <arpa/inet.h>
#include <netdb.h>

#include "inspect/fake/image.h"
#include "text/charset.h"

enum { RUN_MSEC = 1000, RUNS_MAX = 120, IMAGE_BYTES = 4 * 1024 * 1024 };

/* ---- resolving ---- */

void wq_fake_resolve(const char *name, struct wq_buf *out)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char text[INET6_ADDRSTRLEN];

	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return;
	for (const struct addrinfo *at = list; at; at = at->ai_next)
		if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
			wq_buf_printf(out, "%s\n", text);
	freeaddrinfo(list);
}

bool wq_fake_wildcard(const char *domain, const struct wq_random *random)
{
	WQ_BUF(addresses, 4096);
	uint8_t bytes[8];
	char hex[17], name[300];

	random->fill(random->data, bytes, sizeof bytes);
	snprintf(name, sizeof name, "wq%s.%s", wq_hex(bytes, sizeof bytes, hex), domain);
	wq_fake_resolve(name, &addresses);
	return addresses.len > 0;
}

/* ---- fetching ---- */

struct answer {
	struct wq_arena *arena;
	bool came;
	int status;
	uint32_t msec;
	wq_str headers, body;
	char detail[256];
};

static void take(void *data, const struct wq_fetch_response *response)
{
	struct answer *a = data;

	a->came = response->result == WQ_FETCH_ANSWERED;
	a->status = response->status;
	a->msec = response->msec;
	a->headers = wq_arena_str(a->arena, response->headers);
	a->body = wq_arena_str(a->arena, response->body);
	snprintf(a->detail, sizeof a->detail, "%s: %s", wq_fetch_result_text(response->result), response->detail);
}

static wq_err get(struct wq_arena *arena, const struct wq_fetch_options *options, const char *url, struct answer *ret)
{
	struct wq_fetch *fetch = NULL;
	struct wq_fetch_request request = {.url = url};

	*ret = (struct answer){.arena = arena};
	WQ_TRY(wq_fetch_new(options, take, ret, &fetch));
	wq_err e = wq_fetch_add(fetch, &request);
	for (int i = 0; !wq_failed(e) && wq_fetch_pending(fetch) > 0 && i < RUNS_MAX; i++)
		e = wq_fetch_run(fetch, RUN_MSEC);
	wq_fetch_free(&fetch);
	return e;
}

static wq_err get_page(
	struct wq_arena *arena, const struct wq_fetch_options *options, struct wq_url *url, struct answer *ret)
{
	for (int i = 0; i <= WQ_FAKE_REDIRECTS; i++) {
		struct wq_url next;
		WQ_TRY(get(arena, options, wq_arena_cstr(arena, wq_url_without_fragment(url)), ret));
		if (!ret->came)
			return wq_error(WQ_E_PEER, "%s", ret->detail);
		wq_str location = wq_header_find(ret->headers, WQ_S("Location"));
		if (ret->status < 300 || ret->status > 399 || location.n == 0)
			return WQ_OK;
		WQ_TRY(wq_url_parse(arena, location, url, &next));
		*url = next;
	}
	return wq_error(WQ_E_PEER, "more than %d redirects", WQ_FAKE_REDIRECTS);
}

/* ---- images ---- */

struct images {
	struct wq_arena *arena;
	const struct wq_url *base;
	const char *urls[WQ_FAKE_IMAGES];
	size_t n;
};

static wq_err image_tag(void *data, const struct wq_html_token *token)
{
	struct images *images = data;
	const struct wq_html_attr *src;
	WQ_BUF(value, 64 * WQ_KIB);
	struct wq_url url;

	if (token->kind != WQ_HTML_START || token->tag != WQ_TAG_IMG || images->n == WQ_FAKE_IMAGES)
		return WQ_OK;
	src = wq_html_attr_find(token, WQ_S("src"));
	if (!src || wq_failed(wq_html_decode(src->value, WQ_HTML_IN_ATTRIBUTE, &value)) ||
		wq_failed(wq_url_parse(images->arena, wq_buf_str(&value), images->base, &url)) || !wq_url_is_http(&url))
		return WQ_OK;
	images->urls[images->n++] = wq_arena_cstr(images->arena, wq_url_without_fragment(&url));
	return wq_arena_err(images->arena);
}

static wq_err judge_images(struct wq_arena *arena, const struct wq_fake_look_options *options,
	const struct wq_document *document, struct wq_findings *findings)
{
	struct images images = {.arena = arena, .base = &document->address};
	struct wq_document_reader reader = {image_tag, &images};
	struct wq_fetch_options fetch = options->fetch;
	struct wq_likeness_image image;
	struct answer answer;
	bool has;

	fetch.body_max = IMAGE_BYTES;
	WQ_TRY(wq_document_read(document, &reader, 1));
	for (size_t i = 0; i < images.n; i++) {
		if (wq_failed(get(arena, &fetch, images.urls[i], &answer)) || !answer.came || answer.status != 200)
			continue;
		WQ_TRY(wq_fake_image_hash(options->rules, answer.body, &image, &has));
		if (has)
			WQ_TRY(wq_likeness_judge_image(arena, options->index, document->address.href,
				wq_str_c(images.urls[i]), &image, findings));
	}
	return WQ_OK;
}

/* ---- looking ---- */

static wq_err come(
	struct wq_arena *arena, const struct wq_fake_look_options *options, struct wq_fake_look *look, wq_str *ret_body)
{
	struct wq_document *document = &look->document;
	WQ_BUF(addresses, 16 * WQ_KIB);
	struct answer answer;

	*ret_body = options->file;
	if (options->has_file)
		return WQ_OK;
	WQ_TRY(get_page(arena, &options->fetch, &document->address, &answer));
	if (options->fetch.routes_n > 0)
		wq_buf_printf(&addresses, "%s\n", options->fetch.routes[0].to_host);
	else
		wq_fake_resolve(wq_arena_cstr(arena, document->address.host), &addresses);
	look->addresses = wq_arena_str(arena, wq_buf_str(&addresses));
	document->status = answer.status;
	document->msec = answer.msec;
	document->headers = answer.headers;
	*ret_body = answer.body;
	return WQ_OK;
}

wq_err wq_fake_look(struct wq_arena *arena, const struct wq_fake_look_options *options, wq_str url,
	struct wq_findings *findings, struct wq_fake_look *ret_look)
{
	struct wq_fake_look look = {0};
	struct wq_document opened;
	WQ_BUF(room, 64 * WQ_MIB);
	wq_str body, type;

	if (wq_failed(wq_url_parse(arena, url, NULL, &look.document.address)) ||
		!wq_url_is_http(&look.document.address))
		return wq_error(WQ_E_INPUT, "an address with http or https is wanted");
	WQ_TRY(come(arena, options, &look, &body));
	type = wq_header_find(look.document.headers, WQ_S("Content-Type"));
	opened = look.document;
	WQ_TRY(wq_document_open(&opened, body, wq_charset_of_content_type(type), &room));
	opened.bytes = body;
	opened.html = opened.converted ? wq_arena_str(arena, opened.html) : opened.html;
	look.document = opened;
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_likeness_judge(arena, options->set, options->index, &look.document, findings, &look.judgement));
	if (!look.judgement.own && !options->has_file && options->index)
		WQ_TRY(judge_images(arena, options, &look.document, findings));
	*ret_look = look;
	return WQ_OK;
}
