#include "inspect/tls/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "text/host.h"

enum { PROBE_MSEC = 5000, TOTAL_MSEC = 60000, NAME_BYTES = 256 };

static uint64_t now(const struct tls_dial *dial)
{
	return dial->clock->monotonic_msec(dial->clock->data);
}

void tls_dial_init(struct tls_dial *dial, const struct wq_tls_options *options)
{
	*dial = (struct tls_dial){.options = options, .clock = options->clock, .fd = -1};
	dial->probe_msec = options->probe_msec ? options->probe_msec : PROBE_MSEC;
	dial->began = now(dial);
	dial->ends = dial->began + (options->total_msec ? options->total_msec : TOTAL_MSEC);
}

bool tls_dial_late(const struct tls_dial *dial)
{
	return now(dial) >= dial->until;
}

bool tls_dial_over(const struct tls_dial *dial)
{
	return now(dial) >= dial->ends;
}

void tls_dial_close(struct tls_dial *dial)
{
	if (dial->fd >= 0)
		close(dial->fd);
	dial->fd = -1;
}

/* ---- which address ---- */

static void set_address(struct tls_dial *dial, const struct wq_addr *addr)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (addr->family == 4) {
		memcpy(&v4.sin_addr, addr->bytes, 4);
		memcpy(&dial->address, &v4, sizeof(v4));
		dial->address_n = sizeof(v4);
	} else {
		memcpy(&v6.sin6_addr, addr->bytes, 16);
		memcpy(&dial->address, &v6, sizeof(v6));
		dial->address_n = sizeof(v6);
	}
}

static bool numeric(wq_str text, struct wq_addr *ret_addr)
{
	char c[INET6_ADDRSTRLEN];
	struct wq_addr addr = {.family = 4};

	if (text.n == 0 || text.n >= sizeof(c))
		return false;
	memcpy(c, text.p, text.n);
	c[text.n] = '\0';
	if (inet_pton(AF_INET, c, addr.bytes) != 1) {
		addr.family = 6;
		if (inet_pton(AF_INET6, c, addr.bytes) != 1)
			return false;
	}
	*ret_addr = addr;
	return true;
}

/* The first of the system's answers. */
static bool resolve(wq_str host, struct wq_addr *ret_addr)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *list = NULL;
	char name[NAME_BYTES], text[INET6_ADDRSTRLEN];
	bool good;

	if (host.n == 0 || host.n >= sizeof(name) || memchr(host.p, '\0', host.n))
		return false;
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	if (getaddrinfo(name, NULL, &hints, &list) != 0 || !list)
		return false;
	good = getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0 &&
		numeric(wq_str_c(text), ret_addr);
	freeaddrinfo(list);
	return good;
}

static bool address_of(const struct wq_tls_options *options, wq_str host, struct wq_addr *ret_addr)
{
	for (size_t i = 0; i < options->routes_n; i++)
		if (wq_str_eq_nocase(options->routes[i].host, host))
			return numeric(options->routes[i].address, ret_addr);
	return wq_host_address(host, ret_addr) || resolve(host, ret_addr);
}

bool tls_dial_find(struct tls_dial *dial, struct wq_arena *arena, wq_str host, struct wq_tls_observation *o)
{
	struct wq_addr addr;
	char text[INET6_ADDRSTRLEN];

	o->resolved = address_of(dial->options, host, &addr);
	if (!o->resolved)
		return false;
	if (inet_ntop(addr.family == 4 ? AF_INET : AF_INET6, addr.bytes, text, sizeof(text)))
		o->address = wq_arena_str(arena, wq_str_c(text));
	o->forbidden = !dial->options->allow_private &&
		!wq_fetch_may_reach(dial->options->peers, dial->options->peers_n, &addr, o->port);
	set_address(dial, &addr);
	return !o->forbidden;
}

/* ---- bytes ---- */

static bool wait_for(struct tls_dial *dial, short events)
{
	struct pollfd one = {.fd = dial->fd, .events = events};

	for (;;) {
		uint64_t t = now(dial);
		int n;

		if (t >= dial->until)
			return false;
		n = poll(&one, 1, (int)(dial->until - t));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static enum tls_dialled connected(struct tls_dial *dial)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (!wait_for(dial, POLLOUT) || getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		return TLS_DIAL_SILENT;
	return error == 0 ? TLS_DIAL_OPEN : error == ECONNREFUSED ? TLS_DIAL_REFUSED : TLS_DIAL_SILENT;
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
	in_port_t value = htons(port);

	memcpy((char *)address +
			(address->ss_family == AF_INET ? offsetof(struct sockaddr_in, sin_port)
						       : offsetof(struct sockaddr_in6, sin6_port)),
		&value, sizeof(value));
}

enum tls_dialled tls_dial_open(struct tls_dial *dial, uint16_t port)
{
	enum tls_dialled result = TLS_DIAL_SILENT;

	tls_dial_close(dial);
	if (dial->connections && dial->options->delay_msec)
		poll(NULL, 0, (int)dial->options->delay_msec);
	dial->until = now(dial) + dial->probe_msec;
	if (dial->until > dial->ends)
		dial->until = dial->ends;
	set_port(&dial->address, port);
	dial->fd = socket(dial->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dial->fd < 0)
		return TLS_DIAL_SILENT;
	dial->connections++;
	if (connect(dial->fd, (const struct sockaddr *)&dial->address, dial->address_n) == 0)
		return TLS_DIAL_OPEN;
	if (errno == EINPROGRESS)
		result = connected(dial);
	else if (errno == ECONNREFUSED)
		result = TLS_DIAL_REFUSED;
	if (result != TLS_DIAL_OPEN)
		tls_dial_close(dial);
	return result;
}

bool tls_dial_send(struct tls_dial *dial, wq_str bytes)
{
	while (bytes.n) {
		ssize_t n = dial->fd < 0 ? -1 : send(dial->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n > 0)
			bytes = wq_str_from(bytes, (size_t)n);
		else if (n < 0 && (dial->fd < 0 || (errno != EAGAIN && errno != EINTR) || !wait_for(dial, POLLOUT)))
			return false;
	}
	return true;
}

size_t tls_dial_receive(struct tls_dial *dial, void *room, size_t n)
{
	while (dial->fd >= 0 && wait_for(dial, POLLIN)) {
		ssize_t got = recv(dial->fd, room, n, 0);

		if (got >= 0)
			return (size_t)got;
		if (errno != EAGAIN && errno != EINTR)
			return 0;
	}
	return 0;
}
