#include "inspect/fetch/fetch.h"

#include "base/arena.h"
#include "text/key.h"
#include "text/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum {
	CONCURRENT_MAX = 256,
	HOST_BYTES = WQ_HOST_MAX + 8,
	RETRIES_MAX = 16,
	BACK_OFF_MSEC = 1000,
	SPARE_MAX = 64,
	SPARE_BYTES = 256 * 1024
};

struct transfer {
	struct transfer *next; /* in the queue or among the running */
	struct wq_fetch *fetch;
	CURL *curl;
	struct curl_slist *headers;
	char *url;
	char host[HOST_BYTES]; /* with port: politeness is per server */
	struct server *server;
	bool head, documents;
	size_t body_cut;
	void *tag;
	struct wq_buf header, body;
	size_t interim; /* bytes of heads that were not the last, and of trailers */
	bool forbidden, too_large, cut, head_over, head_done;
	uint64_t started_msec;
	uint32_t tries;
};

/* A server that was asked: how many requests run there, and when the next may start. */
struct server {
	struct server *next;
	char host[HOST_BYTES];
	struct wq_addr addr; /* where a connection was opened to last */
	uint32_t running, waiting;
	uint64_t next_msec;
	bool tired; /* it was waited for in vain */
};

struct wq_fetch {
	struct wq_fetch_options options;
	struct wq_arena arena; /* of what the options point to */
	wq_fetch_fn fn;
	void *data;
	CURLM *multi;
	struct curl_slist *routes;
	struct transfer *queue, **queue_end, *running;
	struct server *servers;
	size_t pending, running_n;
	struct transfer *spare; /* done, for the next request: making one costs more than a small page */
	size_t spare_n;
};

const char *wq_fetch_result_text(enum wq_fetch_result result)
{
	static const char *const texts[] = {"answered", "dns", "forbidden", "refused", "unreachable", "timeout", "tls",
		"truncated", "too-large", "protocol", "failed"};

	return (unsigned int)result < WQ_COUNT(texts) ? texts[result] : "unknown";
}

/* ---- what may be reached */

static bool same_addr(const struct wq_addr *a, const struct wq_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

static bool in_network(const struct wq_fetch_peer *peer, const struct wq_addr *addr)
{
	enum { BYTE = 8 };
	uint32_t whole = peer->bits / BYTE, rest = peer->bits % BYTE;

	if (peer->bits == 0)
		return same_addr(&peer->addr, addr);
	if (peer->addr.family != addr->family || peer->bits > (addr->family == 4 ? 32 : 128) ||
		memcmp(peer->addr.bytes, addr->bytes, whole) != 0)
		return false;
	return rest == 0 || ((peer->addr.bytes[whole] ^ addr->bytes[whole]) >> (BYTE - rest)) == 0;
}

bool wq_fetch_may_reach(const struct wq_fetch_peer *peers, size_t peers_n, const struct wq_addr *addr, uint16_t port)
{
	for (size_t i = 0; i < peers_n; i++) {
		const struct wq_fetch_peer *peer = &peers[i];

		if (in_network(peer, addr) && (peer->port == 0 || peer->port == port))
			return true;
	}
	return wq_addr_class(addr) == WQ_ADDR_GLOBAL;
}

bool wq_fetch_addr(const struct sockaddr *socket_address, struct wq_addr *ret_addr, uint16_t *ret_port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct wq_addr addr = {0};

	if (socket_address->sa_family == AF_INET) {
		memcpy(&v4, socket_address, sizeof(v4));
		addr.family = 4;
		memcpy(addr.bytes, &v4.sin_addr, 4);
		*ret_port = ntohs(v4.sin_port);
	} else if (socket_address->sa_family == AF_INET6) {
		memcpy(&v6, socket_address, sizeof(v6));
		addr.family = 6;
		memcpy(addr.bytes, &v6.sin6_addr, 16);
		*ret_port = ntohs(v6.sin6_port);
	} else
		return false;
	*ret_addr = addr;
	return true;
}

/* Called by libcurl with the very address it is about to connect to. */
static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = data;
	struct wq_addr addr;
	uint16_t port;

	(void)purpose;
	if (!wq_fetch_addr(&address->addr, &addr, &port) ||
		!wq_fetch_may_reach(transfer->fetch->options.peers, transfer->fetch->options.peers_n, &addr, port)) {
		transfer->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	transfer->server->addr = addr;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- what comes back */

/* Whether what comes is read by anybody: text, markup, scripts, or not said. */
static bool is_document(const struct transfer *transfer)
{
	static const wq_str kinds[] = {WQ_S_INIT("html"), WQ_S_INIT("xml"), WQ_S_INIT("javascript"),
		WQ_S_INIT("ecmascript"), WQ_S_INIT("gzip")};
	wq_str type = wq_header_find(wq_buf_str(&transfer->header), WQ_S("Content-Type"));

	type = wq_str_trim(wq_str_cut(&type, ';'));
	if (type.n == 0 || wq_str_starts_nocase(type, WQ_S("text/")))
		return true;
	for (size_t i = 0; i < WQ_COUNT(kinds); i++)
		if (type.n >= kinds[i].n && wq_str_eq_nocase(wq_str_from(type, type.n - kinds[i].n), kinds[i]))
			return true;
	return false;
}

/* Whether the server itself says that the body is over the maximum. */
static bool declares_too_much(const struct transfer *transfer)
{
	wq_str value = wq_header_find(wq_buf_str(&transfer->header), WQ_S("Content-Length"));
	uint64_t length;

	return wq_str_to_u64(value, UINT64_MAX, &length) && length > transfer->fetch->options.body_max;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
	struct transfer *transfer = data;
	wq_str line = wq_str_of(bytes, size * n);

	if (wq_str_starts(line, WQ_S("HTTP/"))) { /* of an interim response, or the one after it */
		transfer->interim += transfer->header.len + line.n;
		transfer->head_done = false;
		wq_buf_clear(&transfer->header);
	} else if (transfer->head_done) { /* trailers: what they say nobody asked for */
		transfer->interim += line.n;
	} else if (wq_str_trim(line).n > 0) {
		wq_buf_add(&transfer->header, line);
	} else if ((transfer->head_done = true) && !transfer->head && transfer->body_cut == 0 &&
		declares_too_much(transfer) && (!transfer->documents || is_document(transfer))) {
		transfer->too_large = true;
		return 0;
	}
	transfer->head_over = transfer->header.over || transfer->interim > transfer->fetch->options.header_max;
	if (!wq_failed(wq_buf_err(&transfer->header)) && !transfer->head_over)
		return line.n;
	transfer->too_large = transfer->head_over;
	return 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
	struct transfer *transfer = data;
	struct wq_buf *body = &transfer->body;

	if (transfer->documents && body->len == 0 && !is_document(transfer))
		transfer->cut = true;
	else if (transfer->body_cut > 0 && body->len + size * n > transfer->body_cut) {
		wq_buf_add(body, wq_str_of(bytes, transfer->body_cut - body->len));
		transfer->cut = true;
	}
	if (transfer->cut)
		return 0;
	wq_buf_add(body, wq_str_of(bytes, size * n));
	if (!wq_failed(wq_buf_err(body)))
		return size * n;
	transfer->too_large = body->over;
	return 0;
}

/* Whether what is too large was made so: the body by its content coding, the head by never ending. */
static bool is_bomb(const struct transfer *transfer)
{
	curl_off_t sent = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_SIZE_DOWNLOAD_T, &sent);
	return transfer->head_over ||
		(transfer->too_large && transfer->body.over &&
			(uint64_t)sent < transfer->fetch->options.body_max / WQ_FETCH_BOMB);
}

static enum wq_fetch_result result_of(const struct transfer *transfer, CURLcode code)
{
	long os = 0;

	if (code == CURLE_OK || transfer->cut)
		return WQ_FETCH_ANSWERED;
	if (transfer->too_large)
		return WQ_FETCH_TOO_LARGE;
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST: return WQ_FETCH_DNS;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &os);
		return transfer->forbidden && os != ECONNREFUSED ? WQ_FETCH_FORBIDDEN
			: os == ECONNREFUSED                     ? WQ_FETCH_REFUSED
								 : WQ_FETCH_UNREACHABLE;
	case CURLE_OPERATION_TIMEDOUT: return WQ_FETCH_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT: return WQ_FETCH_TLS;
	case CURLE_PARTIAL_FILE: return WQ_FETCH_TRUNCATED;
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2_STREAM:
	case CURLE_HTTP2: return transfer->header.len > 0 ? WQ_FETCH_TRUNCATED : WQ_FETCH_PROTOCOL;
	case CURLE_FILESIZE_EXCEEDED: return WQ_FETCH_TOO_LARGE;
	case CURLE_OUT_OF_MEMORY: /* also a line of the head over libcurl's own maximum */
		return transfer->head_over ? WQ_FETCH_TOO_LARGE : WQ_FETCH_FAILED;
	case CURLE_FAILED_INIT: return WQ_FETCH_FAILED;
	default: return WQ_FETCH_PROTOCOL;
	}
}

/* ---- transfers */

static void transfer_free(struct transfer *transfer)
{
	if (transfer->curl)
		curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->headers);
	wq_buf_done(&transfer->header);
	wq_buf_done(&transfer->body);
	free(transfer->url);
	free(transfer);
}

/* Puts a transfer that is done aside, as if it were new. */
static void retire(struct transfer *transfer)
{
	struct wq_fetch *fetch = transfer->fetch;
	struct transfer clean = {.curl = transfer->curl, .header = transfer->header, .body = transfer->body};

	if (fetch->spare_n == SPARE_MAX || transfer->body.cap > SPARE_BYTES) {
		transfer_free(transfer);
		return;
	}
	curl_slist_free_all(transfer->headers);
	free(transfer->url);
	curl_easy_reset(clean.curl);
	wq_buf_clear(&clean.header);
	wq_buf_clear(&clean.body);
	clean.next = fetch->spare;
	*transfer = clean;
	fetch->spare = transfer;
	fetch->spare_n++;
}

/* One that was put aside, or a new one; NULL without memory. */
static struct transfer *transfer_new(struct wq_fetch *fetch)
{
	struct transfer *transfer = fetch->spare;

	if (transfer) {
		fetch->spare = transfer->next;
		fetch->spare_n--;
		transfer->next = NULL;
		return transfer;
	}
	transfer = calloc(1, sizeof(*transfer));
	if (!transfer)
		return NULL;
	wq_buf_init(&transfer->header, fetch->options.header_max);
	wq_buf_init(&transfer->body, fetch->options.body_max);
	transfer->curl = curl_easy_init();
	if (transfer->curl)
		return transfer;
	transfer_free(transfer);
	return NULL;
}

#define SET(option, value) \
	if (curl_easy_setopt(transfer->curl, option, value) != CURLE_OK) \
	return false

static bool set_bounds(struct transfer *transfer)
{
	const struct wq_fetch_options *options = &transfer->fetch->options;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, transfer);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_msec);
	SET(CURLOPT_TIMEOUT_MS, (long)options->total_msec);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (options->ca_file) {
		SET(CURLOPT_CAINFO, options->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	return true;
}

static bool set_request(struct transfer *transfer)
{
	SET(CURLOPT_URL, transfer->url);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_USERAGENT, transfer->fetch->options.user_agent);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (transfer->fetch->options.decode)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br");
	SET(CURLOPT_NOBODY, transfer->head ? 1L : 0L);
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	SET(CURLOPT_FRESH_CONNECT, transfer->fetch->options.fresh ? 1L : 0L);
	SET(CURLOPT_FORBID_REUSE, transfer->fetch->options.fresh ? 1L : 0L);
	SET(CURLOPT_CONNECT_TO, transfer->fetch->routes);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, transfer);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_PRIVATE, transfer);
	return true;
}

static struct server *server_of(struct wq_fetch *fetch, const char *host)
{
	struct server *server;

	for (server = fetch->servers; server; server = server->next)
		if (strcmp(server->host, host) == 0)
			return server;
	server = calloc(1, sizeof(*server));
	if (!server)
		return NULL;
	snprintf(server->host, sizeof(server->host), "%s", host);
	server->next = fetch->servers;
	fetch->servers = server;
	return server;
}

/* Servers that owe nobody a pause are forgotten: the list stays as short as the queue. */
static void forget_servers(struct wq_fetch *fetch, uint64_t now)
{
	for (struct server **at = &fetch->servers; *at;) {
		struct server *server = *at;

		if (server->running == 0 && server->waiting == 0 && server->next_msec <= now && !server->tired) {
			*at = server->next;
			free(server);
		} else
			at = &server->next;
	}
}

static void unlink_running(struct wq_fetch *fetch, struct transfer *transfer)
{
	for (struct transfer **at = &fetch->running; *at; at = &(*at)->next)
		if (*at == transfer) {
			*at = transfer->next;
			break;
		}
	fetch->running_n--;
}

static uint64_t now_msec(const struct wq_fetch *fetch)
{
	return fetch->options.clock->monotonic_msec(fetch->options.clock->data);
}

static void answer(struct transfer *transfer, enum wq_fetch_result result, const char *detail)
{
	struct wq_fetch *fetch = transfer->fetch;
	struct wq_fetch_response response = {.tag = transfer->tag,
		.url = transfer->url,
		.result = result,
		.headers = wq_buf_str(&transfer->header),
		.body = wq_buf_str(&transfer->body),
		.cut = transfer->cut,
		.bomb = result == WQ_FETCH_TOO_LARGE && is_bomb(transfer),
		.addr = transfer->server->addr,
		.msec = (uint32_t)(now_msec(fetch) - transfer->started_msec)};
	long status = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	response.status = (int)status;
	snprintf(response.detail, sizeof(response.detail), "%s", detail);
	fetch->pending--;
	fetch->fn(fetch->data, &response);
	retire(transfer);
}

static void start(struct wq_fetch *fetch, struct transfer *transfer, struct server *server)
{
	uint64_t now = now_msec(fetch);

	transfer->started_msec = now;
	transfer->next = fetch->running;
	fetch->running = transfer;
	fetch->running_n++;
	server->running++;
	server->waiting--;
	server->next_msec = now + fetch->options.delay_msec;
	if (set_bounds(transfer) && set_request(transfer) &&
		curl_multi_add_handle(fetch->multi, transfer->curl) == CURLM_OK)
		return;
	unlink_running(fetch, transfer);
	server->running--;
	answer(transfer, WQ_FETCH_FAILED, "the transfer could not be set up");
}

/* Whether the address that the server was last found at has enough to do. */
static bool address_busy(const struct wq_fetch *fetch, const struct server *server)
{
	uint32_t running = 0;

	if (server->addr.family == 0)
		return false;
	for (const struct server *other = fetch->servers; other; other = other->next)
		if (other->running > 0 && same_addr(&other->addr, &server->addr))
			running += other->running;
	return running >= fetch->options.per_address;
}

/* Starts what may start; returns in how many msec the next waiting one may, at most `most`. */
static uint32_t start_waiting(struct wq_fetch *fetch, uint32_t most)
{
	uint64_t now = now_msec(fetch);

	forget_servers(fetch, now);
	for (struct transfer **at = &fetch->queue; *at && fetch->running_n < fetch->options.concurrent;) {
		struct transfer *transfer = *at;
		struct server *server = transfer->server;

		if (server->running >= fetch->options.per_host || address_busy(fetch, server)) {
			at = &transfer->next;
			continue;
		}
		if (server->next_msec > now) {
			most = WQ_MIN(most, (uint32_t)WQ_MIN(server->next_msec - now, (uint64_t)most));
			at = &transfer->next;
			continue;
		}
		*at = transfer->next;
		if (!transfer->next)
			fetch->queue_end = at;
		start(fetch, transfer, server);
	}
	return most;
}

/* ---- patience */

/* How long the answer asks to wait; false when it does not, or when that is more than we give. */
static bool asks_to_wait(const struct transfer *transfer, uint64_t *ret_msec)
{
	const struct wq_fetch_options *options = &transfer->fetch->options;
	wq_str after = wq_header_find(wq_buf_str(&transfer->header), WQ_S("Retry-After"));
	uint64_t seconds, msec = (uint64_t)BACK_OFF_MSEC << WQ_MIN(transfer->tries, (uint32_t)RETRIES_MAX);
	long status = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 429 && status != 503)
		return false;
	/* its other form, a date, would trust two clocks */
	if (wq_str_to_u64(after, UINT32_MAX, &seconds))
		msec = seconds * 1000;
	*ret_msec = msec;
	return msec <= options->wait_max_msec;
}

/* Puts the request again, before all that wait, once the server may be asked. */
static bool try_again(struct wq_fetch *fetch, struct transfer *transfer, struct server *server)
{
	uint64_t msec;

	if (fetch->options.retries == 0)
		return false;
	if (!asks_to_wait(transfer, &msec)) {
		long status = 0;

		curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
		server->tired = status == 429 || status == 503;
		return false;
	}
	if (server->tired || transfer->tries >= fetch->options.retries) {
		server->tired = true;
		return false;
	}
	server->next_msec = WQ_MAX(server->next_msec, now_msec(fetch) + msec);
	transfer->tries++;
	wq_buf_clear(&transfer->header);
	wq_buf_clear(&transfer->body);
	transfer->cut = transfer->head_done = false;
	transfer->interim = 0;
	server->waiting++;
	transfer->next = fetch->queue;
	if (!fetch->queue)
		fetch->queue_end = &transfer->next;
	fetch->queue = transfer;
	return true;
}

/* libcurl counts a line of the head when it is whole: a status line and no end of the head came. */
static bool has_half_a_line(const struct transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	return status != 0 && !transfer->head_done;
}

static void finish_done(struct wq_fetch *fetch)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(fetch->multi, &left))) {
		struct transfer *transfer = NULL;
		CURLcode code = message->data.result;
		struct server *server;
		void *private = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		transfer = private;
		server = transfer->server;
		server->running--;
		unlink_running(fetch, transfer);
		curl_multi_remove_handle(fetch->multi, transfer->curl);
		if (code == CURLE_OK && try_again(fetch, transfer, server))
			continue;
		transfer->head_over |= code == CURLE_OUT_OF_MEMORY && has_half_a_line(transfer);
		answer(transfer, result_of(transfer, code), curl_easy_strerror(code));
	}
}

wq_err wq_fetch_run(struct wq_fetch *fetch, uint32_t msec)
{
	uint64_t end = now_msec(fetch) + msec;
	uint64_t now;

	do {
		uint32_t wait = start_waiting(fetch, msec);
		int running;

		if (curl_multi_perform(fetch->multi, &running) != CURLM_OK)
			return wq_error(WQ_E_IO, "libcurl could not go on");
		finish_done(fetch);
		if (fetch->pending == 0)
			return WQ_OK;
		now = now_msec(fetch);
		if (fetch->queue && fetch->running_n < fetch->options.concurrent)
			wait = start_waiting(fetch, wait);
		if (now < end &&
			curl_multi_poll(fetch->multi, NULL, 0, (int)WQ_MIN((uint64_t)wait, end - now), NULL) !=
				CURLM_OK)
			return wq_error(WQ_E_IO, "libcurl could not wait");
		now = now_msec(fetch);
	} while (now < end);
	return WQ_OK;
}

size_t wq_fetch_pending(const struct wq_fetch *fetch)
{
	return fetch->pending;
}

/* ---- requests */

static wq_err check_url(const char *url, char host[HOST_BYTES])
{
	struct wq_arena arena;
	struct wq_url parsed;
	wq_err e;

	if (strlen(url) > WQ_FETCH_URL_MAX)
		return wq_error(WQ_E_LIMIT, "a URL of more than %d bytes", WQ_FETCH_URL_MAX);
	wq_arena_init(&arena, 16 * WQ_FETCH_URL_MAX);
	e = wq_url_parse(&arena, wq_str_c(url), NULL, &parsed);
	if (!wq_failed(e)) {
		if (!wq_url_is_http(&parsed))
			e = wq_error(WQ_E_INPUT, "neither http nor https");
		else if (parsed.user.n > 0 || parsed.password.n > 0)
			e = wq_error(WQ_E_INPUT, "a URL with a user name");
		else if (!wq_str_eq(wq_url_without_fragment(&parsed), wq_str_c(url)))
			e = wq_error(WQ_E_INPUT, "a URL that is not serialised, or has a fragment");
		else
			snprintf(host, HOST_BYTES, "%.*s:%u", WQ_S_ARG(parsed.host), wq_url_port(&parsed));
	}
	wq_arena_done(&arena);
	return e;
}

static wq_err add_headers(struct transfer *transfer, const struct wq_fetch_request *request)
{
	if (request->headers_n > WQ_FETCH_HEADERS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d request headers", WQ_FETCH_HEADERS_MAX);
	for (size_t i = 0; i < request->headers_n; i++) {
		struct curl_slist *longer;

		for (const char *p = request->headers[i]; *p; p++)
			if ((unsigned char)*p < 0x20 && *p != '\t')
				return wq_error(WQ_E_INPUT, "a request header with a control character");
		longer = curl_slist_append(transfer->headers, request->headers[i]);
		if (!longer)
			return wq_error_id(WQ_E_NO_MEMORY);
		transfer->headers = longer;
	}
	return WQ_OK;
}

wq_err wq_fetch_add(struct wq_fetch *fetch, const struct wq_fetch_request *request)
{
	struct transfer *transfer;
	wq_err e;

	if (fetch->pending >= WQ_FETCH_QUEUE_MAX)
		return wq_error_id(WQ_E_BUSY);
	transfer = transfer_new(fetch);
	if (!transfer)
		return wq_error_id(WQ_E_NO_MEMORY);
	e = check_url(request->url, transfer->host);
	if (!wq_failed(e))
		e = add_headers(transfer, request);
	transfer->url = strdup(request->url);
	if (!wq_failed(e))
		transfer->server = server_of(fetch, transfer->host);
	if (!wq_failed(e) && (!transfer->url || !transfer->server))
		e = wq_error_id(WQ_E_NO_MEMORY);
	if (wq_failed(e)) {
		transfer_free(transfer);
		return e;
	}
	transfer->fetch = fetch;
	transfer->server->waiting++;
	transfer->head = request->head;
	transfer->documents = request->documents;
	transfer->body_cut = request->body_cut;
	transfer->tag = request->tag;
	*fetch->queue_end = transfer;
	fetch->queue_end = &transfer->next;
	fetch->pending++;
	return WQ_OK;
}

/* ---- life */

static void set_defaults(struct wq_fetch_options *options)
{
	enum {
		CONNECT_MSEC = 10000,
		TOTAL_MSEC = 30000,
		CONCURRENT = 16,
		PER_HOST = 4,
		PER_ADDRESS = 16,
		WAIT_MAX_MSEC = 120000
	};

	options->connect_msec = options->connect_msec ? options->connect_msec : CONNECT_MSEC;
	options->total_msec = options->total_msec ? options->total_msec : TOTAL_MSEC;
	options->body_max = options->body_max ? options->body_max : 16 * WQ_MIB;
	options->header_max = options->header_max ? options->header_max : 64 * WQ_KIB;
	options->concurrent = options->concurrent ? WQ_MIN(options->concurrent, (uint32_t)CONCURRENT_MAX) : CONCURRENT;
	options->per_host = options->per_host ? options->per_host : PER_HOST;
	options->per_address = options->per_address ? options->per_address : PER_ADDRESS;
	options->retries = WQ_MIN(options->retries, (uint32_t)RETRIES_MAX);
	options->wait_max_msec = options->wait_max_msec ? options->wait_max_msec : WAIT_MAX_MSEC;
	options->user_agent = options->user_agent ? options->user_agent : "Weique";
	options->clock = options->clock ? options->clock : &wq_clock_system;
}

static wq_err copy_options(struct wq_fetch *fetch, const struct wq_fetch_options *options)
{
	struct wq_fetch_peer *peers;

	if (options->peers_n > WQ_FETCH_PEERS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d registered peers", WQ_FETCH_PEERS_MAX);
	fetch->options = *options;
	set_defaults(&fetch->options);
	peers = WQ_NEW_ARRAY(&fetch->arena, struct wq_fetch_peer, options->peers_n + 1);
	if (peers && options->peers_n > 0)
		memcpy(peers, options->peers, options->peers_n * sizeof(*peers));
	fetch->options.peers = peers;
	fetch->options.user_agent = wq_arena_cstr(&fetch->arena, wq_str_c(fetch->options.user_agent));
	if (options->ca_file)
		fetch->options.ca_file = wq_arena_cstr(&fetch->arena, wq_str_c(options->ca_file));
	for (size_t i = 0; i < options->routes_n; i++) {
		const struct wq_fetch_route *route = &options->routes[i];
		char line[2 * HOST_BYTES + 32];
		struct curl_slist *longer;

		char port[8] = "", to_port[8] = "";

		if (route->port)
			snprintf(port, sizeof(port), "%u", route->port);
		if (route->to_port)
			snprintf(to_port, sizeof(to_port), "%u", route->to_port);
		snprintf(line, sizeof(line), "%s:%s:%s:%s", route->host, port, route->to_host, to_port);
		longer = curl_slist_append(fetch->routes, line);
		if (!longer)
			return wq_error_id(WQ_E_NO_MEMORY);
		fetch->routes = longer;
	}
	return wq_arena_err(&fetch->arena);
}

wq_err wq_fetch_new(const struct wq_fetch_options *options, wq_fetch_fn fn, void *data, struct wq_fetch **ret_fetch)
{
	static const struct wq_fetch_options defaults;
	enum { OPTION_BYTES = 64 * 1024 };
	struct wq_fetch *fetch;
	wq_err e;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return wq_error(WQ_E_UNSUPPORTED, "libcurl");
	fetch = calloc(1, sizeof(*fetch));
	if (!fetch) {
		curl_global_cleanup();
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	wq_arena_init(&fetch->arena, OPTION_BYTES);
	fetch->queue_end = &fetch->queue;
	fetch->fn = fn;
	fetch->data = data;
	e = copy_options(fetch, options ? options : &defaults);
	fetch->multi = curl_multi_init();
	if (!wq_failed(e) && !fetch->multi)
		e = wq_error_id(WQ_E_NO_MEMORY);
	if (wq_failed(e)) {
		wq_fetch_free(&fetch);
		return e;
	}
	curl_multi_setopt(fetch->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)fetch->options.concurrent);
	curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, (long)fetch->options.concurrent);
	*ret_fetch = fetch;
	return WQ_OK;
}

static void free_transfers(struct wq_fetch *fetch, struct transfer *list)
{
	while (list) {
		struct transfer *next = list->next;

		curl_multi_remove_handle(fetch->multi, list->curl);
		transfer_free(list);
		list = next;
	}
}

void wq_fetch_free(struct wq_fetch **fetch)
{
	struct wq_fetch *f;

	if (!fetch || !*fetch)
		return;
	f = *fetch;
	free_transfers(f, f->running);
	free_transfers(f, f->queue);
	free_transfers(f, f->spare);
	curl_multi_cleanup(f->multi);
	curl_slist_free_all(f->routes);
	while (f->servers) {
		struct server *next = f->servers->next;

		free(f->servers);
		f->servers = next;
	}
	wq_arena_done(&f->arena);
	free(f);
	curl_global_cleanup();
	*fetch = NULL;
}
