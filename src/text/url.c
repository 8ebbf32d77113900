#include "text/url.h"

#include "base/buf.h"
#include "text/utf8.h"

/* A byte that is no UTF-8 becomes "%EF%BF%BD"; a base adds its own parts. */
enum { MAX_GROWTH = 9, MAX_HREF = MAX_GROWTH * WQ_URL_MAX + 4096 };

static const struct {
	wq_str scheme;
	int port;
} specials[] = {
	{WQ_S_INIT("http"), 80},
	{WQ_S_INIT("https"), 443},
	{WQ_S_INIT("ws"), 80},
	{WQ_S_INIT("wss"), 443},
	{WQ_S_INIT("ftp"), 21},
	{WQ_S_INIT("file"), 0},
};

/* The percent-encode sets of §1.3, each a superset of the one before but for the two query sets. */
enum set { SET_C0, SET_FRAGMENT, SET_QUERY, SET_SPECIAL_QUERY, SET_PATH, SET_USER };

/* The parts of the URL under construction. All of them are written once, in the order of the serialisation, so each is
 * a place in `out`; a part that is taken over from the base is copied. */
struct place {
	size_t at, n;
};

struct parse {
	wq_str rest; /* of the input: neither scheme, query nor fragment */
	wq_str query, fragment;
	const struct wq_url *base;
	struct wq_buf out;
	struct place scheme, user, password, host, path, query_at, fragment_at;
	int port;
	bool special, file, has_host, opaque, has_query, has_fragment, keep_query;
	bool failed;
};

static int special_port(wq_str scheme)
{
	for (size_t i = 0; i < WQ_COUNT(specials); i++)
		if (wq_str_eq(specials[i].scheme, scheme))
			return specials[i].port;
	return -1;
}

static bool alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool slash(const struct parse *p, size_t at)
{
	return at < p->rest.n && (p->rest.p[at] == '/' || (p->special && p->rest.p[at] == '\\'));
}

static bool in_set(unsigned char c, enum set set)
{
	static const char *const more[] = {
		[SET_C0] = "",
		[SET_FRAGMENT] = " \"<>`",
		[SET_QUERY] = " \"#<>",
		[SET_SPECIAL_QUERY] = " \"#<>'",
		[SET_PATH] = " \"#<>?^`{}",
		[SET_USER] = " \"#<>?^`{}/:;=@[\\]|",
	};

	return c < 0x20 || c > 0x7e || strchr(more[set], c) != NULL;
}

static void put_encoded(struct wq_buf *out, wq_str s, enum set set)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n;) {
		char bytes[WQ_UTF8_MAX];
		uint32_t cp;
		size_t n;

		i += wq_utf8_read_lossy(wq_str_from(s, i), &cp);
		n = wq_utf8_write(cp, bytes);
		for (size_t k = 0; k < n; k++) {
			unsigned char c = (unsigned char)bytes[k];

			if (!in_set(c, set)) {
				wq_buf_byte(out, c);
				continue;
			}
			wq_buf_byte(out, '%');
			wq_buf_byte(out, (uint8_t)digits[c >> 4]);
			wq_buf_byte(out, (uint8_t)digits[c & 15]);
		}
	}
}

static struct place put(struct wq_buf *out, wq_str s)
{
	struct place place = {out->len, s.n};

	wq_buf_add(out, s);
	return place;
}

static struct place since(const struct wq_buf *out, size_t from)
{
	return (struct place){from, out->len - from};
}

/* Drops what a browser drops: white space and controls at the ends, tabs and line ends everywhere (§4.4). */
static wq_str clean(wq_str input, struct wq_arena *arena)
{
	char *copy;
	size_t n = 0;

	while (input.n > 0 && (unsigned char)input.p[0] <= 0x20)
		input = wq_str_from(input, 1);
	while (input.n > 0 && (unsigned char)input.p[input.n - 1] <= 0x20)
		input.n--;
	if (wq_str_chr(input, '\t') < 0 && wq_str_chr(input, '\n') < 0 && wq_str_chr(input, '\r') < 0)
		return input;
	copy = wq_arena_alloc(arena, input.n);
	if (!copy)
		return WQ_S_NONE;
	for (size_t i = 0; i < input.n; i++)
		if (input.p[i] != '\t' && input.p[i] != '\n' && input.p[i] != '\r')
			copy[n++] = input.p[i];
	return wq_str_of(copy, n);
}

wq_str wq_url_scheme(wq_str input)
{
	size_t n = 0;

	while (input.n > 0 && (unsigned char)input.p[0] <= 0x20)
		input = wq_str_from(input, 1);
	if (input.n == 0 || !alpha(input.p[0]))
		return WQ_S_NONE;
	while (n < input.n &&
		(alpha(input.p[n]) || (input.p[n] >= '0' && input.p[n] <= '9') || input.p[n] == '+' ||
			input.p[n] == '-' || input.p[n] == '.'))
		n++;
	return n < input.n && input.p[n] == ':' ? wq_str_head(input, n) : WQ_S_NONE;
}

/* "#" ends every state of the standard's machine but the fragment's, "?" every one but the query's and the fragment's,
 * so both can be cut off first. */
static void cut_tail(struct parse *p)
{
	p->fragment = p->rest;
	p->rest = wq_str_cut(&p->fragment, '#');
	p->has_fragment = p->fragment.p != NULL;
	p->query = p->rest;
	p->rest = wq_str_cut(&p->query, '?');
	p->has_query = p->query.p != NULL;
}

static void set_scheme(struct parse *p, wq_str scheme)
{
	p->scheme = put(&p->out, scheme);
	for (size_t i = 0; i < scheme.n && p->out.len >= scheme.n; i++)
		if (p->out.data[i] >= 'A' && p->out.data[i] <= 'Z')
			p->out.data[i] |= 32;
	p->special = special_port(wq_buf_str(&p->out)) >= 0;
	p->file = wq_str_eq(wq_buf_str(&p->out), WQ_S("file"));
	wq_buf_byte(&p->out, ':');
}

/* Authority parts are put behind "//" once they are known to be right. */
static void put_credentials(struct parse *p, wq_str credentials)
{
	wq_str password = credentials, user = wq_str_cut(&password, ':');
	size_t from = p->out.len;

	if (user.n == 0 && password.n == 0)
		return;
	put_encoded(&p->out, user, SET_USER);
	p->user = since(&p->out, from);
	if (password.n > 0) {
		wq_buf_byte(&p->out, ':');
		from = p->out.len;
		put_encoded(&p->out, password, SET_USER);
		p->password = since(&p->out, from);
	}
	wq_buf_byte(&p->out, '@');
}

static void put_host(struct parse *p, wq_str host)
{
	size_t n = 0, cap = WQ_MAX(3 * WQ_UTF8_MAX * host.n, (size_t)64);
	char *to;

	p->has_host = true;
	if (host.n == 0) {
		p->host = since(&p->out, p->out.len);
		return;
	}
	to = wq_buf_reserve(&p->out, cap);
	if (!to || !wq_url_host_parse(host, p->special, to, cap, &n)) {
		p->failed = true;
		return;
	}
	p->host = (struct place){p->out.len, n};
	wq_buf_commit(&p->out, n);
}

static void put_port(struct parse *p, wq_str digits)
{
	uint64_t port;
	wq_str scheme = wq_str_of(p->out.data, p->scheme.n);

	if (digits.n == 0)
		return;
	while (digits.n > 1 && digits.p[0] == '0')
		digits = wq_str_from(digits, 1);
	if (!wq_str_to_u64(digits, 65535, &port)) {
		p->failed = true;
		return;
	}
	if (special_port(scheme) == (int)port && !p->file)
		return;
	p->port = (int)port;
	wq_buf_printf(&p->out, ":%d", p->port);
}

/* The ":" before the port: the first one outside brackets. */
static size_t find_port(wq_str host)
{
	bool inside = false;

	for (size_t i = 0; i < host.n; i++) {
		if (host.p[i] == '[')
			inside = true;
		if (host.p[i] == ']')
			inside = false;
		if (host.p[i] == ':' && !inside)
			return i;
	}
	return host.n;
}

/* §4.4, authority, host and port states. Takes the authority off `rest`. */
static void take_authority(struct parse *p)
{
	wq_str authority, host;
	ptrdiff_t at;
	size_t n = 0, colon;

	while (n < p->rest.n && !slash(p, n))
		n++;
	authority = wq_str_head(p->rest, n);
	p->rest = wq_str_from(p->rest, n);
	at = wq_str_rchr(authority, '@');
	host = wq_str_from(authority, (size_t)(at + 1));
	colon = find_port(host);
	if ((colon == 0 && (p->special || at >= 0)) || (colon == 0 && host.n > 0)) {
		p->failed = true;
		return;
	}
	wq_buf_add(&p->out, WQ_S("//"));
	if (at >= 0)
		put_credentials(p, wq_str_head(authority, (size_t)at));
	put_host(p, wq_str_head(host, colon));
	if (!p->failed)
		put_port(p, wq_str_from(host, colon + 1));
}

/* Scheme is equal; takes over what stands between it and the path. */
static void copy_authority(struct parse *p)
{
	const struct wq_url *base = p->base;

	if (!base->has_host)
		return;
	wq_buf_add(&p->out, WQ_S("//"));
	p->has_host = true;
	if (base->user.n > 0 || base->password.n > 0) {
		p->user = put(&p->out, base->user);
		if (base->password.n > 0) {
			wq_buf_byte(&p->out, ':');
			p->password = put(&p->out, base->password);
		}
		wq_buf_byte(&p->out, '@');
	}
	p->host = put(&p->out, base->host);
	p->port = base->port;
	if (p->port != WQ_URL_NO_PORT)
		wq_buf_printf(&p->out, ":%d", p->port);
}

/* "C:" or "C|" and no more, or a slash after it (§4.2). */
static bool drive(wq_str s, bool normal)
{
	return s.n == 2 && alpha(s.p[0]) && (s.p[1] == ':' || (!normal && s.p[1] == '|'));
}

static bool starts_with_drive(wq_str s)
{
	return drive(wq_str_head(s, 2), false) && (s.n == 2 || s.p[2] == '/' || s.p[2] == '\\');
}

static wq_str path_of(const struct parse *p)
{
	return wq_str_from(wq_buf_str(&p->out), p->path.at);
}

/* Takes the last segment off, but never the drive letter of a file. */
static void shorten(struct parse *p)
{
	wq_str path = path_of(p);
	ptrdiff_t last = wq_str_rchr(path, '/');

	if (last < 0 || (p->file && last == 0 && drive(wq_str_from(path, 1), true)))
		return;
	p->out.len = p->path.at + (size_t)last;
}

/* The number of dots that a segment stands for: "." and "%2e" are one. 0: it is a name. */
static int dots(wq_str s)
{
	int n = 0;

	while (s.n > 0 && n < 3) {
		if (s.p[0] == '.')
			s = wq_str_from(s, 1);
		else if (wq_str_starts_nocase(s, WQ_S("%2e")))
			s = wq_str_from(s, 3);
		else
			return 0;
		n++;
	}
	return n < 3 ? n : 0;
}

static void put_segment(struct parse *p, wq_str segment)
{
	bool letter = p->file && path_of(p).n == 0 && drive(segment, false);

	wq_buf_byte(&p->out, '/');
	put_encoded(&p->out, segment, SET_PATH);
	if (letter && p->out.len > 0)
		p->out.data[p->out.len - 1] = ':';
}

/* §4.4, path state, on all of `rest`, behind what the path has already. */
static void take_path(struct parse *p)
{
	bool more;

	do {
		size_t n = 0;
		wq_str segment;
		int dot;

		while (n < p->rest.n && !slash(p, n))
			n++;
		segment = wq_str_head(p->rest, n);
		more = n < p->rest.n;
		p->rest = wq_str_from(p->rest, n + 1);
		dot = dots(segment);
		if (dot == 2)
			shorten(p);
		if (dot == 0)
			put_segment(p, segment);
		else if (!more)
			wq_buf_byte(&p->out, '/');
	} while (more);
}

/* §4.4, path start state. */
static void start_path(struct parse *p)
{
	p->path.at = p->out.len;
	if (!p->special && p->rest.n == 0)
		return;
	if (slash(p, 0))
		p->rest = wq_str_from(p->rest, 1);
	take_path(p);
}

/* Behind one slash, with the path still empty. */
static void root_path(struct parse *p)
{
	p->rest = wq_str_from(p->rest, 1);
	p->path.at = p->out.len;
	take_path(p);
}

/* With the base's path before it; nothing but a query or a fragment keeps it whole, and with no query its query. */
static void merge_path(struct parse *p)
{
	p->path.at = p->out.len;
	wq_buf_add(&p->out, p->base->path);
	if (p->rest.n == 0) {
		p->keep_query = !p->has_query;
		return;
	}
	if (p->file && starts_with_drive(p->rest))
		p->out.len = p->path.at;
	else
		shorten(p);
	take_path(p);
}

static void skip_slashes(struct parse *p)
{
	while (slash(p, 0))
		p->rest = wq_str_from(p->rest, 1);
}

/* §4.4, relative and relative slash states. */
static void take_relative(struct parse *p)
{
	if (slash(p, 0) && slash(p, 1)) {
		if (p->special)
			skip_slashes(p);
		else
			p->rest = wq_str_from(p->rest, 2);
		take_authority(p);
		start_path(p);
		return;
	}
	copy_authority(p);
	if (slash(p, 0))
		root_path(p);
	else
		merge_path(p);
}

/* §4.4, file host state: a drive letter is no host, "localhost" is none either. */
static void take_file_host(struct parse *p)
{
	size_t n = 0;
	wq_str host;

	p->rest = wq_str_from(p->rest, 2);
	while (n < p->rest.n && !slash(p, n))
		n++;
	host = wq_str_head(p->rest, n);
	wq_buf_add(&p->out, WQ_S("//"));
	if (drive(host, false)) {
		put_host(p, WQ_S(""));
		p->path.at = p->out.len;
		take_path(p);
		return;
	}
	p->rest = wq_str_from(p->rest, n);
	put_host(p, host);
	if (wq_str_eq(wq_str_of(p->out.data + p->host.at, p->host.n), WQ_S("localhost"))) {
		p->out.len = p->host.at;
		p->host.n = 0;
	}
	start_path(p);
}

/* §4.4, file and file slash states. */
static void take_file(struct parse *p)
{
	const struct wq_url *base = p->base && wq_str_eq(p->base->scheme, WQ_S("file")) ? p->base : NULL;
	wq_str base_drive = base ? wq_str_head(wq_str_from(base->path, 1), 2) : WQ_S_NONE;

	if (slash(p, 0) && slash(p, 1)) {
		take_file_host(p);
		return;
	}
	if (base) {
		copy_authority(p);
	} else {
		wq_buf_add(&p->out, WQ_S("//"));
		put_host(p, WQ_S(""));
	}
	if (!slash(p, 0) && base) {
		merge_path(p);
		return;
	}
	p->path.at = p->out.len;
	if (slash(p, 0)) {
		p->rest = wq_str_from(p->rest, 1);
		if (base && drive(base_drive, true) && (base->path.n == 3 || base->path.p[3] == '/') &&
			!starts_with_drive(p->rest)) {
			wq_buf_byte(&p->out, '/');
			wq_buf_add(&p->out, base_drive);
		}
	}
	take_path(p);
}

/* §4.4, opaque path state: spaces at its end are encoded, so that they survive. */
static void take_opaque(struct parse *p)
{
	bool space = p->rest.n > 0 && p->rest.p[p->rest.n - 1] == ' ' && (p->has_query || p->has_fragment);

	p->opaque = true;
	p->path.at = p->out.len;
	put_encoded(&p->out, space ? wq_str_head(p->rest, p->rest.n - 1) : p->rest, SET_C0);
	if (space)
		wq_buf_add(&p->out, WQ_S("%20"));
}

static void take_with_scheme(struct parse *p, wq_str scheme)
{
	set_scheme(p, scheme);
	p->rest = wq_str_from(p->rest, scheme.n + 1);
	if (p->file) {
		take_file(p);
	} else if (p->special) {
		wq_str name = wq_str_of(p->out.data, p->scheme.n);

		if (p->base && wq_str_eq(p->base->scheme, name) && !wq_str_starts(p->rest, WQ_S("//"))) {
			take_relative(p);
			return;
		}
		skip_slashes(p);
		take_authority(p);
		start_path(p);
	} else if (wq_str_starts(p->rest, WQ_S("//"))) {
		p->rest = wq_str_from(p->rest, 2);
		take_authority(p);
		start_path(p);
	} else if (slash(p, 0)) {
		root_path(p);
	} else {
		take_opaque(p);
	}
}

static void take_without_scheme(struct parse *p)
{
	if (!p->base || (p->base->opaque_path && (p->rest.n > 0 || p->has_query || !p->has_fragment))) {
		p->failed = true;
		return;
	}
	set_scheme(p, p->base->scheme);
	if (p->base->opaque_path) {
		p->opaque = true;
		p->path.at = p->out.len;
		wq_buf_add(&p->out, p->base->path);
		p->keep_query = true;
	} else if (p->file) {
		take_file(p);
	} else {
		take_relative(p);
	}
}

/* A path that begins with "//" must not be taken for a host when it is read again (§4.5). */
static void guard_path(struct parse *p)
{
	p->path.n = p->out.len - p->path.at;
	if (p->has_host || p->opaque || !wq_str_starts(path_of(p), WQ_S("//")))
		return;
	if (!wq_buf_reserve(&p->out, 2))
		return;
	memmove(p->out.data + p->path.at + 2, p->out.data + p->path.at, p->path.n);
	memcpy(p->out.data + p->path.at, "/.", 2);
	wq_buf_commit(&p->out, 2);
	p->path.at += 2;
}

static void put_tail(struct parse *p)
{
	bool inherited = p->keep_query && p->base->has_query;
	size_t from;

	p->has_query = p->has_query || inherited;
	if (p->has_query) {
		wq_buf_byte(&p->out, '?');
		from = p->out.len;
		if (inherited)
			wq_buf_add(&p->out, p->base->query);
		else
			put_encoded(&p->out, p->query, p->special ? SET_SPECIAL_QUERY : SET_QUERY);
		p->query_at = since(&p->out, from);
	}
	if (p->has_fragment) {
		wq_buf_byte(&p->out, '#');
		from = p->out.len;
		put_encoded(&p->out, p->fragment, SET_FRAGMENT);
		p->fragment_at = since(&p->out, from);
	}
}

static wq_str slice(wq_str href, struct place place)
{
	return wq_str_of(href.p + place.at, place.n);
}

static wq_err finish(struct parse *p, struct wq_arena *arena, struct wq_url *ret_url)
{
	wq_str href = wq_arena_str(arena, wq_buf_str(&p->out));

	if (!href.p)
		return wq_arena_err(arena);
	*ret_url = (struct wq_url){
		.href = href,
		.scheme = slice(href, p->scheme),
		.user = slice(href, p->user),
		.password = slice(href, p->password),
		.host = slice(href, p->host),
		.path = slice(href, p->path),
		.query = slice(href, p->query_at),
		.fragment = slice(href, p->fragment_at),
		.port = p->port,
		.special = p->special,
		.has_host = p->has_host,
		.opaque_path = p->opaque,
		.has_query = p->has_query,
		.has_fragment = p->has_fragment,
	};
	return WQ_OK;
}

wq_err wq_url_parse(struct wq_arena *arena, wq_str input, const struct wq_url *base, struct wq_url *ret_url)
{
	struct parse p = {
		.base = base, .out = WQ_BUF_INIT(MAX_HREF + (base ? base->href.n : 0)), .port = WQ_URL_NO_PORT};
	wq_str scheme;
	wq_err e;

	if (input.n > WQ_URL_MAX)
		return wq_error_id(WQ_E_LIMIT);
	p.rest = clean(input, arena);
	WQ_TRY(wq_arena_err(arena));
	cut_tail(&p);
	scheme = wq_url_scheme(p.rest);
	if (scheme.n > 0)
		take_with_scheme(&p, scheme);
	else
		take_without_scheme(&p);
	if (!p.failed) {
		guard_path(&p);
		put_tail(&p);
	}
	e = wq_buf_err(&p.out);
	if (!wq_failed(e))
		e = p.failed ? wq_error_id(WQ_E_INPUT) : finish(&p, arena, ret_url);
	wq_buf_done(&p.out);
	return e;
}

uint16_t wq_url_port(const struct wq_url *url)
{
	int own = special_port(url->scheme);

	if (url->port != WQ_URL_NO_PORT)
		return (uint16_t)url->port;
	return (uint16_t)(own > 0 ? own : 0);
}

bool wq_url_is_http(const struct wq_url *url)
{
	return wq_str_eq(url->scheme, WQ_S("http")) || wq_str_eq(url->scheme, WQ_S("https"));
}

wq_str wq_url_target(const struct wq_url *url)
{
	return wq_str_of(url->path.p, url->path.n + (url->has_query ? 1 + url->query.n : 0));
}

wq_str wq_url_without_fragment(const struct wq_url *url)
{
	return wq_str_head(url->href, url->href.n - (url->has_fragment ? 1 + url->fragment.n : 0));
}

bool wq_url_same_origin(const struct wq_url *a, const struct wq_url *b)
{
	return a->special && b->special && wq_str_eq(a->scheme, b->scheme) && !wq_str_eq(a->scheme, WQ_S("file")) &&
		wq_str_eq(a->host, b->host) && wq_url_port(a) == wq_url_port(b);
}
