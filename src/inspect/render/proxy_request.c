#include "inspect/render/proxy.h"

#include "base/arena.h"
#include "text/url.h"

static wq_err no_request(const char *why)
{
	return wq_error(WQ_E_INPUT, "no proxy request: %s", why);
}

static bool digits(wq_str text, uint16_t *ret_port)
{
	uint64_t port;

	if (!wq_str_to_u64(text, UINT16_MAX, &port) || port == 0)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* "host:port", the form of CONNECT (RFC 9112 §3.2.3). */
static wq_err read_authority(wq_str text, struct wq_proxy_request *request)
{
	ptrdiff_t colon = wq_str_rchr(text, ':');
	size_t n;

	if (colon <= 0 || !digits(wq_str_from(text, (size_t)colon + 1), &request->port))
		return no_request("an authority without a port");
	if (!wq_url_host_parse(wq_str_head(text, (size_t)colon), true, request->host, sizeof request->host - 1, &n))
		return no_request("a host that is none");
	request->host[n] = 0;
	return WQ_OK;
}

static wq_err read_absolute(struct wq_arena *arena, wq_str text, struct wq_proxy_request *request)
{
	struct wq_url url;

	WQ_TRY(wq_url_parse(arena, text, NULL, &url));
	if (!wq_str_eq(url.scheme, WQ_S("http")) || url.user.n || url.password.n || url.host.n >= sizeof request->host)
		return no_request("another scheme than http, or a user name");
	snprintf(request->host, sizeof request->host, "%.*s", WQ_S_ARG(url.host));
	request->port = wq_url_port(&url);
	if (request->port == 0 || request->host[0] == 0)
		return no_request("no host, or port 0");
	request->target = wq_url_target(&url);
	return WQ_OK;
}

wq_err wq_proxy_request_read(struct wq_arena *arena, wq_str head, struct wq_proxy_request *ret_request)
{
	wq_str rest = head, line = wq_str_trim(wq_str_cut(&rest, '\n')), target;
	struct wq_proxy_request request = {0};

	for (size_t i = 0; i < head.n; i++)
		if (head.p[i] == 0)
			return no_request("a NUL");
	request.method = wq_str_cut(&line, ' ');
	target = wq_str_cut(&line, ' ');
	request.version = line;
	request.fields = rest;
	for (size_t i = 0; i < request.method.n; i++)
		if (request.method.p[i] < 'A' || request.method.p[i] > 'Z')
			return no_request("a method that is none");
	if (request.method.n == 0 || target.n == 0 || !wq_str_starts(request.version, WQ_S("HTTP/1.")))
		return no_request("another first line");
	request.tunnel = wq_str_eq(request.method, WQ_S("CONNECT"));
	WQ_TRY(request.tunnel ? read_authority(target, &request) : read_absolute(arena, target, &request));
	*ret_request = request;
	return WQ_OK;
}

void wq_proxy_request_write(const struct wq_proxy_request *request, struct wq_buf *out)
{
	wq_str fields = request->fields, name, value;

	wq_buf_printf(out, "%.*s %.*s HTTP/1.1\r\n", WQ_S_ARG(request->method), WQ_S_ARG(request->target));
	while (wq_header_next(&fields, &name, &value)) {
		if (wq_str_starts_nocase(name, WQ_S("proxy-")) || wq_str_eq_nocase(name, WQ_S("connection")) ||
			wq_str_eq_nocase(name, WQ_S("keep-alive")) || wq_str_eq_nocase(name, WQ_S("upgrade")))
			continue;
		wq_buf_printf(out, "%.*s: %.*s\r\n", WQ_S_ARG(name), WQ_S_ARG(value));
	}
	wq_buf_add(out, WQ_S("Connection: close\r\n\r\n"));
}

bool wq_proxy_request_body(const struct wq_proxy_request *request, uint64_t *ret_bytes)
{
	wq_str fields = request->fields, name, value;
	uint64_t bytes = 0;
	size_t said = 0;

	while (wq_header_next(&fields, &name, &value)) {
		if (wq_str_eq_nocase(name, WQ_S("transfer-encoding")))
			return false;
		if (wq_str_eq_nocase(name, WQ_S("content-length")) &&
			(said++ > 0 || !wq_str_to_u64(wq_str_trim(value), WQ_PROXY_BYTES, &bytes)))
			return false;
	}
	*ret_bytes = bytes;
	return true;
}

bool wq_proxy_host_fine(const struct wq_proxy_options *options, wq_str host)
{
	for (size_t i = 0; i < options->never_n; i++)
		if (wq_str_eq(options->never[i], host))
			return false;
	return true;
}

bool wq_proxy_port_fine(const struct wq_proxy_options *options, uint16_t port)
{
	if (port == 80 || port == 443 || port == 8080 || port == 8443)
		return true;
	for (size_t i = 0; i < options->peers_n; i++)
		if (options->peers[i].port == port || (options->peers[i].port == 0 && port >= 1024))
			return true;
	for (size_t i = 0; i < options->routes_n; i++)
		if (options->routes[i].port == port || options->routes[i].to_port == port)
			return true;
	return false;
}
