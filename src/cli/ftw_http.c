#include "cli/ftw.h"

#include "text/key.h"

/* nginx's defaults: large_client_header_buffers 4 8k, client_max_body_size 1m */
enum { LINE_MAX_BYTES = 8 * 1024, HEADERS_BYTES_MAX = 4 * 8 * 1024, BODY_MAX = 1024 * 1024 };

struct reader {
	wq_str bytes;
	size_t at;
	struct wq_ftw_http *http;
	const wq_str *host;
	bool chunked, has_length;
	uint64_t length;
};

static bool refuse(struct reader *r, uint16_t status, const char *why)
{
	r->http->answered = status;
	r->http->why = why;
	return false;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* ---- the request line ---- */

static bool is_method(wq_str method)
{
	for (size_t i = 0; i < method.n; i++)
		if ((method.p[i] < 'A' || method.p[i] > 'Z') && method.p[i] != '_' && method.p[i] != '-')
			return false;
	return method.n > 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path decoded, with "." and ".." taken out: nginx refuses %00, a bad escape, and what climbs above the root. */
static bool is_path(wq_str path)
{
	int depth = 0;
	size_t dots = 0, others = 0;

	for (size_t i = 1; i <= path.n; i++) {
		char c = i < path.n ? path.p[i] : '/';
		bool quoted = false;

		if (c == '%') {
			int high = i + 1 < path.n ? nibble(path.p[i + 1]) : -1;
			int low = i + 2 < path.n ? nibble(path.p[i + 2]) : -1;
			if (high < 0 || low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(high << 4 | low);
			quoted = c == '%' || c == '#' || c == '?';
			i += 2;
		}
		if (c != '/' || quoted) {
			dots += c == '.';
			others += c != '.';
			continue;
		}
		if (others == 0 && dots == 2 && --depth < 0)
			return false;
		depth += others > 0 || dots > 2;
		dots = others = 0;
	}
	return true;
}

static bool read_target(struct reader *r, wq_str target)
{
	ptrdiff_t scheme = wq_str_find(target, WQ_S("://"));
	size_t path_n = 0;

	for (size_t i = 0; i < target.n; i++)
		if (is_control(target.p[i]))
			return refuse(r, 400, "a control byte in the target");
	if (target.n == 0 || target.p[0] != '/') {
		for (ptrdiff_t i = 0; i < scheme; i++)
			if ((target.p[i] | 0x20) < 'a' || (target.p[i] | 0x20) > 'z')
				scheme = -1;
		if (scheme <= 0)
			return refuse(r, 400, "the target is no path");
		target = wq_str_from(target, (size_t)scheme + 3);
		while (target.n > 0 && target.p[0] != '/' && target.p[0] != '?')
			target = wq_str_from(target, 1);
		if (target.n == 0)
			target = WQ_S("/");
	}
	while (path_n < target.n && target.p[path_n] != '?' && target.p[path_n] != '#')
		path_n++;
	if (!is_path(wq_str_head(target, path_n)))
		return refuse(r, 400, "a path that cannot be decoded or leaves the root");
	r->http->target = target;
	return true;
}

static bool read_protocol(struct reader *r, wq_str protocol)
{
	wq_str minor = wq_str_from(protocol, 5), major;
	uint64_t a, b;

	if (!wq_str_starts(protocol, WQ_S("HTTP/")))
		return refuse(r, 400, "no protocol in the request line");
	major = wq_str_cut(&minor, '.');
	if (!wq_str_to_u64(major, 1000, &a) || a == 0 || !minor.p)
		return refuse(r, 400, "a malformed protocol version");
	if (a > 1)
		return refuse(r, 505, "a protocol version that is not supported");
	if (!wq_str_to_u64(minor, 999, &b))
		return refuse(r, 400, "a malformed protocol version");
	r->http->protocol = protocol;
	return true;
}

/* A line without its end; false when there is none. */
static bool take_line(struct reader *r, wq_str *ret_line)
{
	wq_str rest = wq_str_from(r->bytes, r->at);
	ptrdiff_t end = wq_str_chr(rest, '\n');

	if (end < 0)
		return false;
	*ret_line = wq_str_head(rest, (size_t)end);
	if (end > 0 && rest.p[end - 1] == '\r')
		ret_line->n--;
	r->at += (size_t)end + 1;
	return true;
}

static bool read_request_line(struct reader *r)
{
	wq_str line, method, target;

	while (r->at < r->bytes.n && (r->bytes.p[r->at] == '\r' || r->bytes.p[r->at] == '\n'))
		r->at++;
	if (!take_line(r, &line)) {
		r->http->incomplete = true;
		return false;
	}
	method = wq_str_cut(&line, ' ');
	if (!is_method(method) || !line.p)
		return refuse(r, 400, "no method at the beginning");
	while (line.n > 0 && line.p[0] == ' ')
		line = wq_str_from(line, 1);
	if (line.n > LINE_MAX_BYTES)
		return refuse(r, 414, "a long request line");
	target = wq_str_cut(&line, ' ');
	line = line.p ? wq_str_trim(line) : WQ_S("");
	r->http->method = method;
	if (line.n == 0) {
		r->http->simple = true;
		r->http->protocol = WQ_S("HTTP/0.9");
	}
	return read_target(r, target) && (r->http->simple || read_protocol(r, line));
}

/* ---- headers ---- */

enum name_kind { NAME_GOOD, NAME_DROPPED, NAME_BAD };

static enum name_kind name_kind(wq_str name)
{
	enum name_kind kind = NAME_GOOD;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool good = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-';

		if (is_control(c) || c == ' ')
			return NAME_BAD;
		if (!good)
			kind = NAME_DROPPED;
	}
	return name.n > 0 ? kind : NAME_BAD;
}

static bool is_host(wq_str host)
{
	bool bracket = false;
	size_t n = 0;

	for (size_t i = 0; i < host.n; i++, n++) {
		char c = host.p[i];

		if (c == ':' && !bracket)
			break;
		if (c == '[' && i == 0)
			bracket = true;
		else if (c == ']')
			bracket = false;
		if (is_control(c) || c == ' ' || c == '/' || (c == '.' && i + 1 < host.n && host.p[i + 1] == '.'))
			return false;
	}
	return n > 0;
}

static bool take_length(struct reader *r, wq_str value)
{
	if (r->has_length)
		return refuse(r, 400, "two Content-Length headers");
	r->has_length = true;
	return wq_str_to_u64(value, INT64_MAX, &r->length) || refuse(r, 400, "a malformed Content-Length");
}

static bool take_coding(struct reader *r, wq_str value)
{
	if (wq_str_eq_nocase(value, WQ_S("identity")) || wq_str_eq(r->http->protocol, WQ_S("HTTP/1.0")))
		return wq_str_eq(r->http->protocol, WQ_S("HTTP/1.0")) ? refuse(r, 400, "Transfer-Encoding in HTTP/1.0")
								      : refuse(r, 501, "an unknown Transfer-Encoding");
	if (!wq_str_eq_nocase(value, WQ_S("chunked")))
		return refuse(r, 501, "an unknown Transfer-Encoding");
	r->chunked = true;
	return true;
}

static bool is_only_once(wq_str name)
{
	static const wq_str names[] = {WQ_S_INIT("If-Modified-Since"), WQ_S_INIT("If-Unmodified-Since"),
		WQ_S_INIT("If-Match"), WQ_S_INIT("If-None-Match"), WQ_S_INIT("Content-Range"), WQ_S_INIT("If-Range"),
		WQ_S_INIT("Transfer-Encoding"), WQ_S_INIT("Expect"), WQ_S_INIT("Authorization"), WQ_S_INIT("Host")};

	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (wq_str_eq_nocase(name, names[i]))
			return true;
	return false;
}

static bool stands(const struct wq_ftw_http *http, wq_str name)
{
	for (size_t i = 0; i < http->headers_n; i++)
		if (wq_str_eq_nocase(http->headers[i].name, name))
			return true;
	return false;
}

static bool take_header(struct reader *r, wq_str name, wq_str value)
{
	struct wq_ftw_http *http = r->http;

	if (is_only_once(name) && stands(http, name))
		return refuse(r, 400, "a header twice that may stand once");
	if (http->headers_n == WQ_FTW_HEADERS_MAX)
		return refuse(r, 400, "too many headers");
	http->headers[http->headers_n++] = (struct wq_ftw_header){name, value};
	if (wq_str_eq_nocase(name, WQ_S("Host"))) {
		r->host = &http->headers[http->headers_n - 1].value;
		return is_host(value) || refuse(r, 400, "an invalid Host");
	}
	if (wq_str_eq_nocase(name, WQ_S("Content-Length")))
		return take_length(r, value);
	return !wq_str_eq_nocase(name, WQ_S("Transfer-Encoding")) || take_coding(r, value);
}

static wq_str without_spaces(wq_str s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = wq_str_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

static bool read_header(struct reader *r, wq_str line)
{
	wq_str value = line, name = wq_str_cut(&value, ':');

	value = value.p ? without_spaces(value) : wq_str_from(line, line.n);
	if (line.n > LINE_MAX_BYTES)
		return refuse(r, 400, "a long header");
	if (memchr(line.p, 0, line.n) || memchr(line.p, '\r', line.n))
		return refuse(r, 400, "NUL or a bare CR in a header");
	switch (name_kind(name)) {
	case NAME_BAD: return refuse(r, 400, "a malformed header name");
	case NAME_DROPPED: r->http->dropped++; return true;
	case NAME_GOOD: break;
	}
	return take_header(r, name, value);
}

static bool read_headers(struct reader *r)
{
	size_t begin = r->at;
	wq_str line;

	for (;;) {
		if (!take_line(r, &line)) {
			r->http->incomplete = true;
			return false;
		}
		if (line.n == 0)
			return true;
		if (r->at - begin > HEADERS_BYTES_MAX)
			return refuse(r, 400, "long headers");
		if (!read_header(r, line))
			return false;
	}
}

static bool check_headers(struct reader *r)
{
	const struct wq_ftw_http *http = r->http;

	if (!r->host && !wq_str_eq(http->protocol, WQ_S("HTTP/1.0")))
		return refuse(r, 400, "no Host");
	if (r->chunked && r->has_length)
		return refuse(r, 400, "Content-Length beside Transfer-Encoding");
	if (wq_str_eq(http->method, WQ_S("TRACE")) || wq_str_eq(http->method, WQ_S("CONNECT")))
		return refuse(r, 405, "a method that nginx does not serve");
	if (r->length > BODY_MAX)
		return refuse(r, 413, "a long body");
	return true;
}

/* ---- the gate ---- */

/* A query that no key can have, as paths that are not sealed may have it. */
static wq_err odd_query(wq_str host, wq_str target, struct wq_buf *key, enum wq_key_reason *ret_reason)
{
	static const struct wq_key_policy none = {.query = WQ_KEY_QUERY_IGNORE};
	wq_str query = target;

	wq_buf_clear(key);
	WQ_TRY(wq_key_make(host, target, &none, key, ret_reason));
	wq_str_cut(&query, '?');
	*ret_reason = wq_key_query_spell(query.p ? query : WQ_S(""), key);
	return *ret_reason == WQ_KEY_FINE ? WQ_OK : wq_error_id(WQ_E_AMBIGUOUS);
}

/* What the gate refuses on a path of an application. */
static bool check_address(struct reader *r)
{
	static const struct wq_key_policy exact = {.query = WQ_KEY_QUERY_KEEP};
	WQ_BUF(key, 8 * WQ_KEY_MAX);
	enum wq_key_reason reason = WQ_KEY_FINE;
	char host[WQ_HOST_MAX + 1];
	size_t n;
	wq_err e;

	if (!r->host || wq_key_host(*r->host, host, &n) != WQ_KEY_FINE)
		return refuse(r, 400, "no Host that an application can have");
	e = wq_key_make(*r->host, r->http->target, &exact, &key, &reason);
	if ((wq_is(e, WQ_E_AMBIGUOUS) && reason == WQ_KEY_BAD_QUERY) || wq_is(e, WQ_E_LIMIT))
		e = odd_query(*r->host, r->http->target, &key, &reason);
	if (wq_failed(e)) {
		r->http->refused = wq_is(e, WQ_E_LIMIT) ? 414 : 400;
		r->http->why = wq_key_reason_text(wq_is(e, WQ_E_LIMIT) ? WQ_KEY_TOO_LONG : reason);
	} else if (wq_key_has_parameter(wq_buf_str(&key))) {
		r->http->refused = 400;
		r->http->why = "parameter";
	}
	return true;
}

/* ---- the body ---- */

static bool chunk_size(wq_str line, uint64_t *ret_size)
{
	uint64_t size = 0;
	size_t n = 0;

	line = wq_str_cut(&line, ';');
	line = without_spaces(line);
	for (; n < line.n && nibble(line.p[n]) >= 0 && size < UINT32_MAX; n++)
		size = size << 4 | (unsigned)nibble(line.p[n]);
	*ret_size = size;
	return n > 0 && n == line.n;
}

static void read_chunks(struct reader *r, struct wq_arena *arena)
{
	struct wq_ftw_http *http = r->http;
	char *out = wq_arena_alloc(arena, r->bytes.n);
	size_t n = 0;
	uint64_t size;
	wq_str line;

	for (http->incomplete = true; out && take_line(r, &line);) {
		if (!chunk_size(line, &size)) {
			refuse(r, 400, "a malformed chunk");
			return;
		}
		if (size == 0) {
			http->incomplete = false;
			break;
		}
		if (size > r->bytes.n - r->at)
			break;
		memcpy(out + n, r->bytes.p + r->at, size);
		n += size;
		r->at += size;
		if (take_line(r, &line) && line.n > 0) {
			refuse(r, 400, "a malformed chunk");
			return;
		}
	}
	http->body = wq_str_of(out, n);
}

static void read_body(struct reader *r, struct wq_arena *arena)
{
	wq_str rest = wq_str_from(r->bytes, r->at);

	if (r->chunked) {
		read_chunks(r, arena);
		return;
	}
	r->http->incomplete = rest.n < r->length;
	r->http->body = wq_str_head(rest, r->length);
}

void wq_ftw_http_read(wq_str bytes, struct wq_arena *arena, struct wq_ftw_http *ret_http)
{
	struct reader r = {.bytes = bytes, .http = ret_http};

	*ret_http = (struct wq_ftw_http){.body = WQ_S("")};
	if (!read_request_line(&r) || ret_http->simple)
		return;
	if (read_headers(&r) && check_headers(&r) && check_address(&r) && !ret_http->refused)
		read_body(&r, arena);
}
