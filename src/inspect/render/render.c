#include "inspect/render/render.h"

#include "base/json_read.h"
#include "inspect/render/browser.h"
#include "text/base64.h"
#include "text/key.h"
#include "text/url.h"

enum {
	START_MSEC = 30000,
	PAGE_MSEC = 30000,
	SETTLE_MSEC = 2000, /* for what a page loads after it has loaded */
	QUIET_MSEC = 300,
	CLICK_MSEC = 700,
	ID_BYTES = 200
};

struct wq_render {
	struct wq_render_options options;
	struct wq_browser browser;
	char session[ID_BYTES], target[ID_BYTES], context[ID_BYTES];
	/* of the page that is being looked at */
	struct wq_arena *arena;
	struct wq_rendered *page;
	bool fired, clicking;
	int status;
	uint32_t running; /* requests */
	enum wq_render_leave outcome;
	char host[WQ_HOST_MAX + 8];
};

/* ---- what the browser tells ---- */

static void tell(struct wq_render *r, const char *method, const char *key, wq_str value, const char *more)
{
	WQ_BUF(params, 4096);
	struct wq_json json;

	wq_json_init(&json, &params);
	wq_json_object(&json);
	wq_json_put_str(&json, key, value);
	if (more)
		wq_json_put_str(&json, more, WQ_S("Aborted"));
	wq_json_object_end(&json);
	if (!wq_failed(wq_json_end(&json)))
		WQ_IGNORE(wq_browser_tell(&r->browser, wq_str_c(r->session), method, wq_buf_str(&params)));
}

static wq_str keep(struct wq_render *r, wq_str text)
{
	return wq_arena_str(r->arena, text);
}

static void on_request(struct wq_render *r, const struct json_t *params)
{
	const struct json_t *request = wq_json_get_object(params, "request");
	wq_str url, type, id;

	r->running++;
	if (!request || wq_failed(wq_json_get_str(request, "url", WQ_MIB, &url)) ||
		wq_failed(wq_json_get_str(params, "type", 40, &type)) || url.n > WQ_FETCH_URL_MAX ||
		wq_str_starts(url, WQ_S("data:")) || r->page->requests_n == WQ_RENDER_REQUESTS)
		return;
	if (wq_failed(wq_json_get_str(params, "requestId", ID_BYTES, &id)))
		id = WQ_S_NONE;
	r->page->requests[r->page->requests_n++] = (struct wq_render_request){
		keep(r, url), keep(r, type), wq_str_hash(id, 0), false};
}

static void on_loaded(struct wq_render *r, const struct json_t *params, bool failed)
{
	uint64_t hash;
	wq_str id;

	r->running -= r->running > 0;
	if (!failed || wq_failed(wq_json_get_str(params, "requestId", ID_BYTES, &id)))
		return;
	hash = wq_str_hash(id, 0);
	for (size_t i = 0; i < r->page->requests_n; i++)
		r->page->requests[i].failed |= r->page->requests[i].id == hash;
}

static void on_response(struct wq_render *r, const struct json_t *params)
{
	const struct json_t *response = wq_json_get_object(params, "response");
	uint64_t status;
	wq_str type;

	if (response && r->status == 0 && !wq_failed(wq_json_get_str(params, "type", 40, &type)) &&
		wq_str_eq(type, WQ_S("Document")) && !wq_failed(wq_json_get_u64(response, "status", 999, &status)))
		r->status = (int)status;
}

/* A document is asked for while clicks are tried: it is never let through. */
static void on_paused(struct wq_render *r, const struct json_t *params)
{
	const struct json_t *request = wq_json_get_object(params, "request");
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_url url;
	wq_str id, text;

	wq_arena_init(&arena, WQ_MIB);
	if (wq_failed(wq_json_get_str(params, "requestId", ID_BYTES, &id)))
		return;
	tell(r, "Fetch.failRequest", "requestId", id, "errorReason");
	if (!r->clicking || r->outcome != WQ_RENDER_NOTHING || !request ||
		wq_failed(wq_json_get_str(request, "url", WQ_FETCH_URL_MAX, &text)) ||
		wq_failed(wq_url_parse(&arena, text, NULL, &url)))
		return;
	r->outcome = wq_str_eq(url.host, wq_str_c(r->host)) && wq_str_starts(url.path, WQ_S("/leave/"))
		? WQ_RENDER_PROMPTED
		: WQ_RENDER_LEFT;
}

static void on_dialog(struct wq_render *r)
{
	if (r->clicking && r->outcome == WQ_RENDER_NOTHING)
		r->outcome = WQ_RENDER_PROMPTED;
	else if (!r->clicking)
		r->page->dialogs++;
	WQ_IGNORE(wq_browser_tell(
		&r->browser, wq_str_c(r->session), "Page.handleJavaScriptDialog", WQ_S("{\"accept\":false}")));
}

/* A new window: on its way out, or an advertisement. */
static void on_target(struct wq_render *r, const struct json_t *params)
{
	const struct json_t *info = wq_json_get_object(params, "targetInfo");
	wq_str id, type;

	if (!info || wq_failed(wq_json_get_str(info, "targetId", ID_BYTES, &id)) ||
		wq_failed(wq_json_get_str(info, "type", 40, &type)) || !wq_str_eq(type, WQ_S("page")) ||
		wq_str_eq(id, wq_str_c(r->target)) || r->target[0] == 0)
		return;
	if (r->clicking && r->outcome == WQ_RENDER_NOTHING)
		r->outcome = WQ_RENDER_LEFT;
	else if (!r->clicking)
		r->page->windows++;
	tell(r, "Target.closeTarget", "targetId", id, NULL);
}

static void on_crash(struct wq_render *r, const struct json_t *params)
{
	wq_str id;

	if (!wq_failed(wq_json_get_str(params, "targetId", ID_BYTES, &id)) && wq_str_eq(id, wq_str_c(r->target)))
		r->browser.gone = true;
}

static void on_event(void *data, wq_str method, const struct json_t *params)
{
	struct wq_render *r = data;

	if (!params || !r->page)
		return;
	if (wq_str_eq(method, WQ_S("Network.requestWillBeSent")))
		on_request(r, params);
	else if (wq_str_eq(method, WQ_S("Network.responseReceived")))
		on_response(r, params);
	else if (wq_str_eq(method, WQ_S("Network.loadingFinished")) || wq_str_eq(method, WQ_S("Network.loadingFailed")))
		on_loaded(r, params, wq_str_eq(method, WQ_S("Network.loadingFailed")));
	else if (wq_str_eq(method, WQ_S("Page.loadEventFired")))
		r->fired = true;
	else if (wq_str_eq(method, WQ_S("Fetch.requestPaused")))
		on_paused(r, params);
	else if (wq_str_eq(method, WQ_S("Page.javascriptDialogOpening")))
		on_dialog(r);
	else if (wq_str_eq(method, WQ_S("Target.targetCreated")))
		on_target(r, params);
	else if (wq_str_eq(method, WQ_S("Target.targetCrashed")))
		on_crash(r, params);
}

/* ---- a page of its own ---- */

/* Calls and keeps one string of the result. */
static wq_err ask_str(struct wq_render *r, wq_str session, const char *method, wq_str params, const char *key,
	uint64_t until, char out[ID_BYTES])
{
	const struct json_t *result;
	struct json_t *root;
	wq_str value;
	wq_err e;

	WQ_TRY(wq_browser_call(&r->browser, session, method, params, until, &root, &result));
	e = wq_json_get_str(result, key, ID_BYTES - 1, &value);
	if (!wq_failed(e))
		snprintf(out, ID_BYTES, "%.*s", WQ_S_ARG(value));
	wq_json_free(&root);
	return e;
}

static wq_err open_page(struct wq_render *r, uint64_t until)
{
	static const char *const domains[] = {"Page.enable", "Network.enable"};
	WQ_BUF(params, 1024);

	/* nothing of a page stays for the next: storage, cookies, workers, caches live and die with the context, in memory */
	WQ_TRY(ask_str(r, WQ_S(""), "Target.createBrowserContext", WQ_S(""), "browserContextId", until, r->context));
	wq_buf_printf(&params, "{\"url\":\"about:blank\",\"browserContextId\":\"%s\"}", r->context);
	WQ_TRY(ask_str(r, WQ_S(""), "Target.createTarget", wq_buf_str(&params), "targetId", until, r->target));
	wq_buf_clear(&params);
	wq_buf_printf(&params, "{\"targetId\":\"%s\",\"flatten\":true}", r->target);
	WQ_TRY(ask_str(r, WQ_S(""), "Target.attachToTarget", wq_buf_str(&params), "sessionId", until, r->session));
	for (size_t i = 0; i < WQ_COUNT(domains); i++)
		WQ_TRY(wq_browser_do(&r->browser, wq_str_c(r->session), domains[i], WQ_S(""), until));
	return wq_browser_do(
		&r->browser, wq_str_c(r->session), "Page.setDownloadBehavior", WQ_S("{\"behavior\":\"deny\"}"), until);
}

static void close_page(struct wq_render *r)
{
	WQ_BUF(params, 1024);

	wq_buf_printf(&params, "{\"browserContextId\":\"%s\"}", r->context);
	if (r->context[0]) /* with all its pages, which are not asked whether they like it */
		WQ_IGNORE(wq_browser_tell(&r->browser, WQ_S(""), "Target.disposeBrowserContext", wq_buf_str(&params)));
	r->target[0] = r->session[0] = r->context[0] = 0;
}

/* Goes there and waits until it has loaded and is quiet. */
static wq_err load(struct wq_render *r, const char *url, uint64_t until)
{
	const struct json_t *result;
	struct json_t *root;
	struct wq_json json;
	uint64_t settled;
	wq_str why;
	WQ_BUF(params, 64 * WQ_KIB);

	wq_json_init(&json, &params);
	wq_json_object(&json);
	wq_json_put_str(&json, "url", wq_str_c(url));
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	WQ_TRY(wq_browser_call(
		&r->browser, wq_str_c(r->session), "Page.navigate", wq_buf_str(&params), until, &root, &result));
	if (!wq_failed(wq_json_get_str(result, "errorText", sizeof r->page->why - 1, &why)))
		snprintf(r->page->why, sizeof r->page->why, "%.*s", WQ_S_ARG(why));
	wq_json_free(&root);
	if (r->page->why[0])
		return WQ_OK;
	while (!r->fired && wq_browser_now(&r->browser) < until)
		WQ_TRY(wq_browser_wait(&r->browser, WQ_MIN(until, wq_browser_now(&r->browser) + 50)));
	settled = WQ_MIN(until, wq_browser_now(&r->browser) + SETTLE_MSEC);
	do
		WQ_TRY(wq_browser_wait(&r->browser, WQ_MIN(settled, wq_browser_now(&r->browser) + QUIET_MSEC)));
	while (r->running > 0 && wq_browser_now(&r->browser) < settled);
	r->page->loaded = r->status < 400;
	if (!r->page->loaded)
		snprintf(r->page->why, sizeof r->page->why, "status %d", r->status);
	return WQ_OK;
}

/* ---- asking the page ---- */

/* The string that an expression gives; in `*ret_root`'s tree. */
static wq_err evaluate(
	struct wq_render *r, wq_str expression, uint64_t until, struct json_t **ret_root, wq_str *ret_value)
{
	const struct json_t *result;
	struct wq_json json;
	WQ_BUF(params, WQ_MIB);

	wq_json_init(&json, &params);
	wq_json_object(&json);
	wq_json_put_str(&json, "expression", expression);
	wq_json_put_bool(&json, "returnByValue", true);
	wq_json_put_bool(&json, "userGesture", true);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	WQ_TRY(wq_browser_call(
		&r->browser, wq_str_c(r->session), "Runtime.evaluate", wq_buf_str(&params), until, ret_root, &result));
	result = wq_json_get_object(result, "result");
	if (result && !wq_failed(wq_json_get_str(result, "value", WQ_RENDER_MESSAGE, ret_value)))
		return WQ_OK;
	wq_json_free(ret_root);
	return wq_error(WQ_E_INPUT, "the page gave no answer");
}

static const char measure[] =
	"(() => {const d = document, e = d.documentElement, b = d.body || e, cut = s => String(s || '').slice(0, 1300000);"
	"const m = d.querySelector('#imgConac, #_ideConac img') || d.querySelector('#_ideConac') ||"
	" [...d.images].find(i => i.src.includes('dcs.conac.cn/image/'));"
	"const r = m ? m.getBoundingClientRect() : {left: 0, top: 0, width: 0, height: 0};"
	"const s = m ? getComputedStyle(m) : {};"
	"const n = v => String(Math.max(-2e9, Math.min(2e9, Math.round(v) || 0)));"
	"return JSON.stringify({url: cut(location.href), title: cut(d.title), text: cut(b.innerText), html: cut(e.outerHTML),"
	"page_width: n(e.scrollWidth), page_height: n(Math.max(e.scrollHeight, b.scrollHeight)), view_height: n(innerHeight),"
	"found: !!m, hidden: !!m && (s.display === 'none' || s.visibility === 'hidden' || s.opacity === '0' || !m.getClientRects().length),"
	"left: n(r.left + scrollX), top: n(r.top + scrollY), width: n(r.width), height: n(r.height)})})()";

static bool get_int(const struct json_t *from, const char *key, int32_t *ret_value)
{
	wq_str text;
	uint64_t value;
	bool minus;

	if (wq_failed(wq_json_get_str(from, key, 16, &text)))
		return false;
	minus = wq_str_starts(text, WQ_S("-"));
	if (!wq_str_to_u64(wq_str_from(text, minus), INT32_MAX, &value))
		return false;
	*ret_value = minus ? -(int32_t)value : (int32_t)value;
	return true;
}

static wq_err read_measures(struct wq_render *r, wq_str text)
{
	const struct wq_json_limits limits = {WQ_RENDER_MESSAGE, 4};
	struct wq_rendered *page = r->page;
	struct json_t *root;
	wq_str url, title, visible, html;
	bool fine;

	WQ_TRY(wq_json_read(text, &limits, &root));
	fine = !wq_failed(wq_json_get_str(root, "url", WQ_RENDER_MESSAGE, &url)) &&
		!wq_failed(wq_json_get_str(root, "title", WQ_RENDER_MESSAGE, &title)) &&
		!wq_failed(wq_json_get_str(root, "text", WQ_RENDER_MESSAGE, &visible)) &&
		!wq_failed(wq_json_get_str(root, "html", WQ_RENDER_MESSAGE, &html)) &&
		!wq_failed(wq_json_get_bool(root, "found", &page->mark.found)) &&
		!wq_failed(wq_json_get_bool(root, "hidden", &page->mark.hidden)) &&
		get_int(root, "page_width", &page->page_width) && get_int(root, "page_height", &page->page_height) &&
		get_int(root, "view_height", &page->view_height) && get_int(root, "left", &page->mark.left) &&
		get_int(root, "top", &page->mark.top) && get_int(root, "width", &page->mark.width) &&
		get_int(root, "height", &page->mark.height);
	if (fine) {
		page->url = keep(r, wq_str_head(url, WQ_FETCH_URL_MAX));
		page->title = keep(r, wq_str_head(title, WQ_RENDER_TEXT));
		page->text = keep(r, wq_str_head(visible, WQ_RENDER_TEXT));
		page->html = keep(r, wq_str_head(html, WQ_RENDER_TEXT));
	}
	wq_json_free(&root);
	return fine ? wq_arena_err(r->arena) : wq_error(WQ_E_INPUT, "the browser's measures are not whole");
}

static wq_err take_measures(struct wq_render *r, uint64_t until)
{
	struct json_t *root;
	wq_str text;
	wq_err e;

	WQ_TRY(evaluate(r, wq_str_of(measure, sizeof measure - 1), until, &root, &text));
	e = read_measures(r, text);
	wq_json_free(&root);
	return e;
}

static wq_err take_picture(struct wq_render *r, uint64_t until, struct wq_buf *png)
{
	uint32_t percent = r->options.picture_percent ? r->options.picture_percent : 100;
	const struct json_t *result;
	struct json_t *root;
	wq_str text;
	WQ_BUF(params, 512);
	WQ_BUF(plain, WQ_RENDER_MESSAGE);
	wq_err e;

	wq_buf_printf(&params,
		"{\"format\":\"png\",\"captureBeyondViewport\":true,\"clip\":{\"x\":0,\"y\":0,\"width\":%d,\"height\":%d,\"scale\":%u.%02u}}",
		WQ_MAX(1, WQ_MIN(r->page->page_width, 4000)), WQ_MAX(1, WQ_MIN(r->page->page_height, 20000)),
		percent / 100, percent % 100);
	WQ_TRY(wq_browser_call(&r->browser, wq_str_c(r->session), "Page.captureScreenshot", wq_buf_str(&params), until,
		&root, &result));
	e = wq_json_get_str(result, "data", WQ_RENDER_MESSAGE, &text);
	if (!wq_failed(e)) {
		for (size_t i = 0; i < text.n && text.p[i] != '='; i++)
			wq_buf_byte(&plain, text.p[i] == '+' ? '-' : text.p[i] == '/' ? '_' : (uint8_t)text.p[i]);
		if (!wq_base64_url_decode(wq_buf_str(&plain), png))
			e = wq_error(WQ_E_INPUT, "the browser's picture is none");
	}
	wq_json_free(&root);
	return e;
}

/* ---- clicks ---- */

/* %s is the address as a JSON string. A question that the page itself shows is one that was not in its text before. */
static const char click_link[] =
	"((u) => {let a = [...document.querySelectorAll('a[href]')].find(x => x.href === new URL(u, location.href).href);"
	"if (!a) {a = document.createElement('a'); a.href = u; a.textContent = u; document.body.appendChild(a)}"
	"a.click(); return 'clicked'})";
static const char click_form[] =
	"((u) => {const f = document.createElement('form'), b = document.createElement('button'); f.action = u; f.method = 'get';"
	"f.appendChild(b); document.body.appendChild(f); b.click(); return 'clicked'})";
static const char click_window[] = "((u) => {window.open(u); return 'clicked'})";
static const char
	questions[] = "String((document.body.innerText.match(/离开|继续访问|放弃|leaving|leave this/gi) || []).length)";

static uint64_t count_questions(struct wq_render *r, uint64_t until)
{
	struct json_t *root;
	uint64_t n = 0;
	wq_str text;

	if (wq_failed(evaluate(r, wq_str_c(questions), until, &root, &text)))
		return 0;
	if (!wq_str_to_u64(text, UINT32_MAX, &n))
		n = 0;
	wq_json_free(&root);
	return n;
}

static wq_err click(struct wq_render *r, const struct wq_render_click *what, uint64_t until)
{
	static const char *const how[] = {click_link, click_form, click_window};
	uint64_t before = count_questions(r, until), end;
	struct json_t *root = NULL;
	struct wq_json json;
	wq_str said;
	wq_err e;
	WQ_BUF(script, 128 * WQ_KIB);

	wq_buf_printf(&script, "%s(", how[what->way]);
	wq_json_init(&json, &script);
	wq_json_str(&json, wq_str_c(what->url));
	wq_buf_byte(&script, ')');
	WQ_TRY(wq_buf_err(&script));
	r->outcome = WQ_RENDER_NOTHING;
	r->clicking = true;
	e = evaluate(r, wq_buf_str(&script), until, &root, &said);
	wq_json_free(&root);
	end = WQ_MIN(until, wq_browser_now(&r->browser) + CLICK_MSEC);
	while (!wq_is(e, WQ_E_IO) && r->outcome == WQ_RENDER_NOTHING && wq_browser_now(&r->browser) < end)
		WQ_TRY(wq_browser_wait(&r->browser, WQ_MIN(end, wq_browser_now(&r->browser) + 50)));
	r->clicking = false;
	if (r->outcome == WQ_RENDER_NOTHING && count_questions(r, until) > before)
		r->outcome = WQ_RENDER_PROMPTED;
	return wq_is(e, WQ_E_IO) ? e : WQ_OK;
}

static wq_err try_clicks(struct wq_render *r, const struct wq_render_click *clicks, size_t n, uint64_t until)
{
	if (n == 0)
		return WQ_OK;
	WQ_TRY(wq_browser_do(&r->browser, wq_str_c(r->session), "Fetch.enable",
		WQ_S("{\"patterns\":[{\"urlPattern\":\"*\",\"resourceType\":\"Document\"}]}"), until));
	for (size_t i = 0; i < n && wq_browser_now(&r->browser) < until; i++) {
		WQ_TRY(click(r, &clicks[i], until));
		r->page->leaves[i] = r->outcome;
	}
	return WQ_OK;
}

/* ---- all of it ---- */

wq_err wq_render_new(const struct wq_render_options *options, struct wq_render **ret_render)
{
	struct wq_render *r = calloc(1, sizeof *r);
	wq_err e;

	if (!r)
		return wq_error_id(WQ_E_NO_MEMORY);
	r->options = *options;
	e = wq_browser_start(&r->browser, options);
	r->browser.event = on_event;
	r->browser.data = r;
	if (!wq_failed(e))
		e = wq_browser_do(&r->browser, WQ_S(""), "Target.setDiscoverTargets", WQ_S("{\"discover\":true}"),
			wq_browser_now(&r->browser) + START_MSEC);
	if (wq_failed(e))
		wq_render_free(&r);
	*ret_render = r;
	return e;
}

void wq_render_free(struct wq_render **render)
{
	if (!*render)
		return;
	wq_browser_end(&(*render)->browser);
	free(*render);
	*render = NULL;
}

static wq_err look(struct wq_render *r, const char *url, const struct wq_render_click *clicks, size_t clicks_n,
	struct wq_buf *png, uint64_t until)
{
	wq_err e;

	WQ_TRY(open_page(r, until));
	e = load(r, url, until);
	if (!wq_failed(e) && r->page->loaded)
		e = take_measures(r, until);
	if (!wq_failed(e) && r->page->loaded && png)
		e = take_picture(r, until, png);
	if (!wq_failed(e) && r->page->loaded)
		e = try_clicks(r, clicks, WQ_MIN(clicks_n, (size_t)WQ_RENDER_CLICKS), until);
	return e;
}

wq_err wq_render_page(struct wq_render *render, const char *url, const struct wq_render_click *clicks, size_t clicks_n,
	struct wq_buf *png, struct wq_arena *arena, struct wq_rendered *ret_rendered)
{
	uint64_t began = wq_browser_now(&render->browser);
	uint32_t most = render->options.page_msec ? render->options.page_msec : PAGE_MSEC;
	struct wq_url parsed;
	wq_err e;

	*ret_rendered = (struct wq_rendered){.own_user = render->browser.own_user};
	WQ_TRY(wq_url_parse(arena, wq_str_c(url), NULL, &parsed));
	if (!wq_url_is_http(&parsed) || parsed.user.n || strlen(url) > WQ_FETCH_URL_MAX)
		return wq_error(WQ_E_INPUT, "no address for a browser");
	snprintf(
		render->host, sizeof render->host, "%.*s", WQ_S_ARG(wq_str_head(parsed.host, sizeof render->host - 1)));
	ret_rendered->requests = WQ_NEW_ARRAY(arena, struct wq_render_request, WQ_RENDER_REQUESTS);
	WQ_TRY(wq_arena_err(arena));
	render->arena = arena;
	render->page = ret_rendered;
	render->fired = render->clicking = render->browser.gone = false;
	render->status = 0;
	render->running = 0;
	e = look(render, url, clicks, clicks_n, png, began + most);
	if (render->browser.gone) {
		ret_rendered->loaded = false;
		snprintf(ret_rendered->why, sizeof ret_rendered->why, "its process crashed");
		e = WQ_OK;
	} else if (wq_is(e, WQ_E_TIMEOUT)) {
		snprintf(ret_rendered->why, sizeof ret_rendered->why, "not within %u ms", most);
		ret_rendered->loaded &= ret_rendered->html.p != NULL; /* nobody saw it */
		/* its thread, and those of its workers, may be busy for ever */
		WQ_IGNORE(wq_browser_tell(&render->browser, wq_str_c(render->session), "Page.crash", WQ_S("")));
		e = WQ_OK;
	}
	close_page(render);
	render->page = NULL;
	ret_rendered->msec = (uint32_t)(wq_browser_now(&render->browser) - began);
	return wq_failed(e) ? e : wq_arena_err(arena);
}
