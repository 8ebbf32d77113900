#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/cursor.h"

struct waiting {
	unsigned char *packet;
	size_t n;
	int fds[WQ_LINK_FDS_MAX];
	size_t fds_n;
};

struct wq_link {
	const struct wq_link_protocol *protocol;
	enum wq_link_end end;
	int fd;
	bool broken;
	unsigned char *in; /* one packet of the largest kind, and one byte that shows a longer one */
	size_t in_bytes;
	struct waiting queue[WQ_LINK_QUEUE_MAX]; /* a ring */
	size_t first, count;
};

union control {
	char bytes[CMSG_SPACE(sizeof(int) * WQ_LINK_FDS_MAX)];
	struct cmsghdr align;
};

static void close_fds(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

const struct wq_link_type *wq_link_type_find(const struct wq_link_protocol *protocol, uint16_t type)
{
	for (size_t i = 0; i < protocol->types_n; i++)
		if (protocol->types[i].type == type)
			return &protocol->types[i];
	return NULL;
}

static bool fits(const struct wq_link_type *row, enum wq_link_end sender, size_t payload_n, size_t fds_n)
{
	size_t fds_max = row->fds_max ? row->fds_max : row->fds;

	return (row->sender & sender) && payload_n >= row->min_bytes && payload_n <= row->max_bytes &&
		fds_n >= row->fds && fds_n <= fds_max && fds_n <= WQ_LINK_FDS_MAX;
}

wq_err wq_link_parse(const struct wq_link_protocol *protocol, enum wq_link_end sender, wq_str packet, size_t fds_n,
	struct wq_link_message *ret_message)
{
	struct wq_cursor c = wq_cursor_of(packet);
	uint32_t magic = wq_cursor_u32(&c);
	uint16_t type = wq_cursor_u16(&c), flags = wq_cursor_u16(&c);
	wq_str payload = wq_cursor_block32(&c, WQ_LINK_PAYLOAD_MAX);
	const struct wq_link_type *row;

	WQ_TRY(wq_cursor_end(&c));
	if (magic != protocol->magic)
		return wq_error(WQ_E_FORMAT, "%s: another protocol or version: %08x", protocol->name, magic);
	row = wq_link_type_find(protocol, type);
	if (!row)
		return wq_error(WQ_E_FORMAT, "%s: unknown message type %u", protocol->name, type);
	if (!fits(row, sender, payload.n, fds_n))
		return wq_error(WQ_E_FORMAT, "%s: %s with %zu bytes and %zu descriptors from the %s", protocol->name,
			row->name, payload.n, fds_n, sender == WQ_LINK_SERVER ? "server" : "client");
	*ret_message = (struct wq_link_message){.type = row, .flags = flags, .payload = payload};
	return WQ_OK;
}

wq_err wq_link_open(
	int fd, const struct wq_link_protocol *protocol, enum wq_link_end our_end, struct wq_link **ret_link)
{
	struct wq_link *link = calloc(1, sizeof *link);
	uint32_t largest = 0;
	int flags = fcntl(fd, F_GETFL);

	for (size_t i = 0; i < protocol->types_n; i++)
		largest = WQ_MAX(largest, protocol->types[i].max_bytes);
	largest = WQ_MIN(largest, (uint32_t)WQ_LINK_PAYLOAD_MAX);
	if (link)
		link->in = malloc(largest + WQ_LINK_HEADER + 1);
	if (!link || !link->in || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		int err = flags < 0 ? EBADF : ENOMEM;

		free(link ? link->in : NULL);
		free(link);
		close(fd);
		return wq_error_sys(WQ_E_IO, err, "%s: cannot use the socket", protocol->name);
	}
	link->protocol = protocol;
	link->end = our_end;
	link->fd = fd;
	link->in_bytes = largest + WQ_LINK_HEADER + 1;
	*ret_link = link;
	return WQ_OK;
}

static void waiting_done(struct waiting *w)
{
	close_fds(w->fds, w->fds_n);
	free(w->packet);
	*w = (struct waiting){0};
}

static void queue_pop(struct wq_link *link)
{
	waiting_done(&link->queue[link->first]);
	link->first = (link->first + 1) % WQ_LINK_QUEUE_MAX;
	link->count--;
}

void wq_link_close(struct wq_link **link)
{
	struct wq_link *l = *link;

	if (!l)
		return;
	while (l->count > 0)
		queue_pop(l);
	close(l->fd);
	free(l->in);
	free(l);
	*link = NULL;
}

int wq_link_fd(const struct wq_link *link)
{
	return link->fd;
}

size_t wq_link_waiting(const struct wq_link *link)
{
	return link->count;
}

/* One sendmsg. WQ_E_BUSY: try when writable. Too many descriptors in flight (ETOOMANYREFS) passes as the peer reads. */
static wq_err send_packet(struct wq_link *link, const unsigned char *packet, size_t n, const int *fds, size_t fds_n)
{
	union control control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)packet, .iov_len = n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t sent;

	if (fds_n > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * fds_n);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fds_n);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * fds_n);
	}
	do {
		sent = sendmsg(link->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)n)
		return WQ_OK;
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS))
		return wq_error_id(WQ_E_BUSY);
	link->broken = true;
	return wq_error_sys(WQ_E_PEER, sent < 0 ? errno : EMSGSIZE, "%s: sending failed", link->protocol->name);
}

static wq_err queue_add(struct wq_link *link, struct wq_buf *packet, const int *fds, size_t fds_n)
{
	struct waiting *w = &link->queue[(link->first + link->count) % WQ_LINK_QUEUE_MAX];

	for (size_t i = 0; i < fds_n; i++) {
		w->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (w->fds[i] < 0) {
			int err = errno;

			w->fds_n = i;
			waiting_done(w);
			return wq_error_sys(WQ_E_BUSY, err, "%s: cannot keep a descriptor", link->protocol->name);
		}
	}
	w->fds_n = fds_n;
	w->packet = packet->data;
	w->n = packet->len;
	packet->data = NULL;
	packet->len = packet->cap = 0;
	link->count++;
	return WQ_OK;
}

wq_err wq_link_send(struct wq_link *link, uint16_t type, uint16_t flags, wq_str payload, const int *fds, size_t fds_n)
{
	const struct wq_link_type *row = wq_link_type_find(link->protocol, type);
	WQ_BUF(packet, WQ_LINK_HEADER + WQ_LINK_PAYLOAD_MAX);
	wq_err e;

	if (!row || !fits(row, link->end, payload.n, fds_n))
		return wq_error(WQ_E_BUG, "%s: message %u against its row", link->protocol->name, type);
	if (link->broken)
		return wq_error(WQ_E_PEER, "%s: the link is broken", link->protocol->name);
	if (link->count == WQ_LINK_QUEUE_MAX)
		return wq_error_id(WQ_E_BUSY);
	wq_buf_u32(&packet, link->protocol->magic);
	wq_buf_u16(&packet, type);
	wq_buf_u16(&packet, flags);
	wq_buf_u32(&packet, (uint32_t)payload.n);
	wq_buf_add(&packet, payload);
	WQ_TRY(wq_buf_err(&packet));
	if (link->count == 0) {
		e = send_packet(link, packet.data, packet.len, fds, fds_n);
		if (!wq_is(e, WQ_E_BUSY))
			return e;
	}
	return queue_add(link, &packet, fds, fds_n);
}

wq_err wq_link_flush(struct wq_link *link)
{
	while (link->count > 0) {
		struct waiting *w = &link->queue[link->first];
		wq_err e = send_packet(link, w->packet, w->n, w->fds, w->fds_n);

		if (wq_is(e, WQ_E_BUSY))
			return WQ_OK;
		WQ_TRY(e);
		queue_pop(link);
	}
	return WQ_OK;
}

/* Every descriptor that came, whatever the sender packed around it. */
static size_t take_control(struct msghdr *msg, int fds[WQ_LINK_FDS_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (n < WQ_LINK_FDS_MAX)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

static wq_err receive_broken(struct wq_link *link, const char *what, int err)
{
	link->broken = true;
	return wq_error_sys(WQ_E_PEER, err, "%s: %s", link->protocol->name, what);
}

wq_err wq_link_receive(struct wq_link *link, struct wq_link_message *ret_message)
{
	union control control;
	struct iovec iov = {.iov_base = link->in, .iov_len = link->in_bytes};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	struct wq_link_message message;
	int fds[WQ_LINK_FDS_MAX];
	size_t fds_n;
	ssize_t n;
	wq_err e;

	if (link->broken)
		return wq_error(WQ_E_PEER, "%s: the link is broken", link->protocol->name);
	do {
		n = recvmsg(link->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return wq_error_id(WQ_E_BUSY);
	if (n < 0)
		return receive_broken(link, "receiving failed", errno);
	fds_n = take_control(&msg, fds);
	if (n == 0) {
		close_fds(fds, fds_n);
		return receive_broken(link, "the peer closed", 0);
	}
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		close_fds(fds, fds_n);
		return receive_broken(link, "a message over its limits", 0);
	}
	e = wq_link_parse(link->protocol, link->end == WQ_LINK_SERVER ? WQ_LINK_CLIENT : WQ_LINK_SERVER,
		wq_str_of(link->in, (size_t)n), fds_n, &message);
	if (wq_failed(e)) {
		close_fds(fds, fds_n);
		return receive_broken(link, wq_err_note(e), 0);
	}
	memcpy(message.fds, fds, sizeof(int) * fds_n);
	message.fds_n = fds_n;
	*ret_message = message;
	return WQ_OK;
}

wq_err wq_link_receive_wait(struct wq_link *link, int timeout_msec, struct wq_link_message *ret_message)
{
	uint64_t now = wq_clock_system.monotonic_msec(wq_clock_system.data);
	uint64_t end = now + (uint64_t)WQ_MAX(timeout_msec, 0);

	for (;;) {
		struct pollfd p = {.fd = link->fd, .events = POLLIN};
		wq_err e;

		WQ_TRY(wq_link_flush(link));
		e = wq_link_receive(link, ret_message);
		if (!wq_is(e, WQ_E_BUSY))
			return e;
		now = wq_clock_system.monotonic_msec(wq_clock_system.data);
		if (now >= end)
			return wq_error(WQ_E_TIMEOUT, "%s: no answer in %d ms", link->protocol->name, timeout_msec);
		if (link->count > 0)
			p.events |= POLLOUT;
		if (poll(&p, 1, (int)(end - now)) < 0 && errno != EINTR)
			return wq_error_sys(WQ_E_IO, errno, "%s: poll", link->protocol->name);
	}
}

int wq_link_take_fd(struct wq_link_message *message, size_t i)
{
	int fd = -1;

	if (i < message->fds_n) {
		fd = message->fds[i];
		message->fds[i] = -1;
	}
	return fd;
}

void wq_link_message_done(struct wq_link_message *message)
{
	close_fds(message->fds, message->fds_n);
	message->fds_n = 0;
}
