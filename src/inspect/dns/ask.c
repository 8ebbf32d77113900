#include "inspect/dns/look_priv.h"

#include <ares.h>
#include <arpa/inet.h>
#include <poll.h>

enum { CHANNELS_MAX = 512, AT_ONCE = 256 };

struct channel {
	struct wq_addr addr;
	uint16_t port;
	ares_channel ares;
};

struct wq_dns_asker {
	struct wq_arena *arena;
	struct channel channels[CHANNELS_MAX];
	size_t channels_n;
	size_t waiting;
};

/* One query under way. */
struct flight {
	struct wq_dns_asker *asker;
	struct wq_dns_query *query;
	uint16_t id;
};

wq_err wq_dns_asker_new(struct wq_dns_looking *look, struct wq_dns_asker **ret_asker)
{
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return wq_error(WQ_E_UNSUPPORTED, "c-ares does not start");
	struct wq_dns_asker *asker = calloc(1, sizeof *asker);
	if (!asker) {
		ares_library_cleanup();
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	asker->arena = look->arena;
	*ret_asker = asker;
	return WQ_OK;
}

void wq_dns_asker_free(struct wq_dns_asker **asker)
{
	if (!*asker)
		return;
	for (size_t i = 0; i < (*asker)->channels_n; i++)
		ares_destroy((*asker)->channels[i].ares);
	free(*asker);
	*asker = NULL;
	ares_library_cleanup();
}

static bool set_server(ares_channel ares, const struct wq_addr *addr, uint16_t port)
{
	struct ares_addr_port_node node = {
		.family = addr->family == 4 ? AF_INET : AF_INET6, .udp_port = port, .tcp_port = port};

	memcpy(&node.addr, addr->bytes, addr->family == 4 ? 4 : 16);
	return ares_set_servers_ports(ares, &node) == ARES_SUCCESS;
}

/* A channel of its own for each server: what is asked of one never goes to another. NULL when there is none to be had. */
static struct channel *channel_to(struct wq_dns_looking *look, const struct wq_addr *addr, uint16_t port)
{
	struct wq_dns_asker *asker = look->asker;
	static char lookups[] = "b";
	struct ares_options options = {.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = (int)look->options.query_msec,
		.tries = (int)look->options.tries,
		.lookups = lookups};

	for (size_t i = 0; i < asker->channels_n; i++)
		if (asker->channels[i].port == port && wq_dns_same_addr(&asker->channels[i].addr, addr))
			return &asker->channels[i];
	if (asker->channels_n == CHANNELS_MAX)
		return NULL;
	struct channel *c = &asker->channels[asker->channels_n];
	if (ares_init_options(&c->ares, &options,
		    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS) != ARES_SUCCESS)
		return NULL;
	if (!set_server(c->ares, addr, port)) {
		ares_destroy(c->ares);
		return NULL;
	}
	c->addr = *addr;
	c->port = port;
	asker->channels_n++;
	return c;
}

static void arrived(void *data, int status, int timeouts, unsigned char *bytes, int n)
{
	struct flight *f = data;
	struct wq_dns_query *q = f->query;

	(void)timeouts;
	f->asker->waiting--;
	if (status == ARES_SUCCESS && n > 0 &&
		wq_dns_message_read(f->asker->arena, wq_str_of(bytes, (size_t)n), &q->message) &&
		q->message.id == f->id)
		q->outcome = WQ_DNS_ANSWERED;
	else if (status == ARES_SUCCESS || status == ARES_EBADRESP)
		q->outcome = WQ_DNS_MALFORMED;
	else
		q->outcome = status == ARES_ECONNREFUSED ? WQ_DNS_UNREACHABLE : WQ_DNS_TIMEOUT;
}

static void send_one(struct wq_dns_looking *look, struct flight *f)
{
	WQ_BUF(packet, 1024);
	struct wq_dns_query *q = f->query;
	struct channel *c;

	q->outcome = WQ_DNS_NOT_ASKED;
	if (!q->given && !wq_dns_may_ask(look, &q->to)) {
		q->outcome = WQ_DNS_FORBIDDEN;
		wq_dns_limited(look, "servers at private addresses were not asked");
		return;
	}
	if (look->queries >= WQ_DNS_QUERIES_MAX) {
		wq_dns_limited(look, "queries");
		return;
	}
	look->options.random->fill(look->options.random->data, &f->id, sizeof f->id);
	if (!wq_dns_question_write(&packet, f->id, &q->question) ||
		!(c = channel_to(look, &q->to, q->port ? q->port : 53)))
		return;
	look->queries++;
	look->asker->waiting++;
	ares_send(c->ares, packet.data, (int)packet.len, arrived, f);
}

/* ---- waiting ---- */

static void turn(struct wq_dns_asker *asker, uint32_t left)
{
	struct pollfd fds[CHANNELS_MAX * 2];
	ares_channel owners[CHANNELS_MAX * 2];
	struct timeval most = {left / 1000, (left % 1000) * 1000}, wait;
	nfds_t n = 0;
	int msec = (int)left;

	for (size_t i = 0; i < asker->channels_n; i++) {
		ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
		/* not by c-ares' macros, which shift a signed 1 by 31; readable below, writable above */
		unsigned bits = (unsigned)ares_getsock(asker->channels[i].ares, sockets, ARES_GETSOCK_MAXNUM);
		const struct timeval *tv = ares_timeout(asker->channels[i].ares, &most, &wait);
		msec = WQ_MIN(msec, (int)(tv->tv_sec * 1000 + tv->tv_usec / 1000 + 1));
		for (int k = 0; k < ARES_GETSOCK_MAXNUM && n < WQ_COUNT(fds); k++) {
			short events = (short)((bits >> k & 1 ? POLLIN : 0) |
				(bits >> (k + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));
			if (!events)
				continue;
			owners[n] = asker->channels[i].ares;
			fds[n++] = (struct pollfd){.fd = sockets[k], .events = events};
		}
	}
	(void)poll(fds, n, msec);
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].revents)
			ares_process_fd(owners[i], fds[i].revents & ~POLLOUT ? fds[i].fd : ARES_SOCKET_BAD,
				fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
	for (size_t i = 0; i < asker->channels_n; i++) /* those whose time is up */
		ares_process_fd(asker->channels[i].ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void wait_for_all(struct wq_dns_looking *look)
{
	struct wq_dns_asker *asker = look->asker;
	uint32_t left;

	while (asker->waiting && (left = wq_dns_left(look)) > 0)
		turn(asker, left);
	if (asker->waiting)
		wq_dns_limited(look, "time");
	for (size_t i = 0; i < asker->channels_n && asker->waiting; i++)
		ares_cancel(asker->channels[i].ares);
}

wq_err wq_dns_ask_all(struct wq_dns_looking *look, struct wq_dns_query *queries, size_t n)
{
	struct flight *flights = WQ_NEW_ARRAY(look->arena, struct flight, n + 1);

	if (!flights)
		return wq_arena_err(look->arena);
	for (size_t at = 0; at < n; at += AT_ONCE) {
		for (size_t i = at; i < n && i < at + AT_ONCE; i++) {
			flights[i] = (struct flight){.asker = look->asker, .query = &queries[i]};
			send_one(look, &flights[i]);
		}
		wait_for_all(look);
	}
	return wq_arena_err(look->arena);
}
