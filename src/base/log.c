#include "base/log.h"

#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

enum sink_type { SINK_TEXT, SINK_JSON, SINK_JOURNAL };

struct sink {
	enum sink_type type;
	enum wq_level minimum;
	int fd;
	bool owned, colour, socket, torn; /* torn: the last line has no end */
	uint64_t lost;
	struct sockaddr_un address; /* of the journal */
	const char *identifier;
};

struct wq_log {
	struct wq_clock clock;
	enum wq_lang lang;
	pthread_mutex_t mutex;
	struct sink sinks[WQ_LOG_SINKS];
	size_t count;
	struct wq_buf line, out;
};

static struct wq_log *process_log;

void wq_log_set_default(struct wq_log *log)
{
	process_log = log;
}

struct wq_log *wq_log_default(void)
{
	return process_log;
}

wq_err wq_log_new(const struct wq_clock *clock, enum wq_lang lang, struct wq_log **ret_log)
{
	struct wq_log *log = calloc(1, sizeof *log);

	if (!log)
		return wq_error_id(WQ_E_NO_MEMORY);
	log->clock = *clock;
	log->lang = lang;
	pthread_mutex_init(&log->mutex, NULL);
	wq_buf_init(&log->line, 16 * WQ_KIB);
	wq_buf_init(&log->out, 32 * WQ_KIB);
	*ret_log = log;
	return WQ_OK;
}

void wq_log_free(struct wq_log **log)
{
	struct wq_log *l = log ? *log : NULL;

	if (!l)
		return;
	if (process_log == l)
		process_log = NULL;
	for (size_t i = 0; i < l->count; i++)
		if (l->sinks[i].owned)
			wq_file_close(&l->sinks[i].fd);
	wq_buf_done(&l->line);
	wq_buf_done(&l->out);
	pthread_mutex_destroy(&l->mutex);
	free(l);
	*log = NULL;
}

static wq_err add_sink(struct wq_log *log, struct sink sink)
{
	wq_err e = WQ_OK;

	pthread_mutex_lock(&log->mutex);
	if (log->count == WQ_LOG_SINKS)
		e = wq_error(WQ_E_LIMIT, "more than %d log sinks", WQ_LOG_SINKS);
	else
		log->sinks[log->count++] = sink;
	pthread_mutex_unlock(&log->mutex);
	return e;
}

/* A description of our own of the same file, so that not blocking does not change the one that others share; the given
 * descriptor when there is no such way (poll() guards it then). */
static struct sink stream_sink(enum sink_type type, int fd, enum wq_level minimum)
{
	struct sink sink = {.type = type, .minimum = minimum, .fd = fd};
	struct stat st;
	char path[40];
	int own;

	sink.socket = fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	if (sink.socket || S_ISREG(st.st_mode))
		return sink; /* a regular file keeps the shared position */
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC | O_NOCTTY);
	if (own >= 0) {
		sink.fd = own;
		sink.owned = true;
	}
	return sink;
}

wq_err wq_log_add_text(struct wq_log *log, int fd, enum wq_level minimum)
{
	struct sink sink = stream_sink(SINK_TEXT, fd, minimum);
	const char *no_colour = getenv("NO_COLOR");
	wq_err e;

	sink.colour = isatty(fd) && !(no_colour && *no_colour);
	e = add_sink(log, sink);
	if (wq_failed(e) && sink.owned)
		close(sink.fd);
	return e;
}

wq_err wq_log_add_json(struct wq_log *log, int fd, enum wq_level minimum)
{
	struct sink sink = stream_sink(SINK_JSON, fd, minimum);
	wq_err e = add_sink(log, sink);

	if (wq_failed(e) && sink.owned)
		close(sink.fd);
	return e;
}

wq_err wq_log_add_json_file(struct wq_log *log, const char *path, enum wq_level minimum)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
	wq_err e;

	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "open the log %s: %s", path, strerror(errno));
	e = add_sink(log, (struct sink){.type = SINK_JSON, .minimum = minimum, .fd = fd, .owned = true});
	if (wq_failed(e))
		close(fd);
	return e;
}

wq_err wq_log_add_journal(struct wq_log *log, const char *socket_path, const char *identifier, enum wq_level minimum)
{
	struct sink sink = {.type = SINK_JOURNAL, .minimum = minimum, .owned = true, .identifier = identifier};
	wq_err e;

	socket_path = socket_path ? socket_path : "/run/systemd/journal/socket";
	if (access(socket_path, W_OK) != 0 || strlen(socket_path) >= sizeof sink.address.sun_path)
		return wq_error_sys(WQ_E_UNSUPPORTED, errno, "no journal at %s", socket_path);
	sink.address.sun_family = AF_UNIX;
	memcpy(sink.address.sun_path, socket_path, strlen(socket_path) + 1);
	sink.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sink.fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "a socket for the journal");
	e = add_sink(log, sink);
	if (wq_failed(e))
		close(sink.fd);
	return e;
}

/* write(2) that neither waits nor raises SIGPIPE. */
static ssize_t write_quietly(const struct sink *sink, wq_str line)
{
	struct pollfd ready = {.fd = sink->fd, .events = POLLOUT};
	sigset_t pipe_set, old, pending;
	bool was_pending;
	ssize_t n;

	if (sink->socket)
		return send(sink->fd, line.p, line.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!sink->owned && poll(&ready, 1, 0) != 1)
		return -1;
	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
	do
		n = write(sink->fd, line.p, line.n);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EPIPE && !was_pending)
		sigtimedwait(&pipe_set, NULL, &(struct timespec){0});
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}

static bool put(struct sink *sink, struct wq_buf *out)
{
	wq_str line = wq_buf_str(out);
	ssize_t n;

	if (wq_failed(wq_buf_err(out)))
		return false;
	if (sink->type == SINK_JOURNAL)
		return sendto(sink->fd, line.p, line.n, MSG_DONTWAIT | MSG_NOSIGNAL,
			       (const struct sockaddr *)&sink->address, sizeof sink->address) == (ssize_t)line.n;
	if (sink->torn && write_quietly(sink, WQ_S("\n")) != 1)
		return false;
	sink->torn = false;
	n = write_quietly(sink, line);
	sink->torn = n > 0 && (size_t)n < line.n;
	return n == (ssize_t)line.n;
}

static void compose_text(
	struct wq_log *log, const struct sink *sink, enum wq_event_id id, const struct wq_field *fields)
{
	static const char *const colours[] = {"\033[2m", "", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m"};
	enum wq_level level = wq_event_level(id);
	char time[WQ_TIME_TEXT];

	wq_event_text(&log->line, id, fields, log->lang);
	wq_buf_printf(&log->out, "%s %s%s%s ", wq_time_text(wq_now(&log->clock), time),
		sink->colour ? colours[level] : "", wq_level_name(level), sink->colour ? "\033[0m" : "");
	wq_buf_add(&log->out, wq_buf_str(&log->line));
	wq_buf_byte(&log->out, '\n');
}

static void compose_journal(
	struct wq_log *log, const struct sink *sink, enum wq_event_id id, const struct wq_field *fields)
{
	static const int priorities[] = {7, 6, 5, 4, 3, 1}; /* syslog(3) */

	wq_event_text(&log->line, id, fields, log->lang);
	wq_buf_add(&log->out, WQ_S("MESSAGE="));
	wq_buf_add(&log->out, wq_buf_str(&log->line));
	wq_buf_printf(&log->out, "\nPRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nWQ_EVENT=%s\n", priorities[wq_event_level(id)],
		sink->identifier, wq_event_name(id));
	for (size_t i = 0; i < WQ_EVENT_FIELDS_MAX && fields[i].name; i++) {
		wq_buf_add(&log->out, WQ_S("WQ_"));
		for (const char *c = fields[i].name; *c; c++)
			wq_buf_byte(&log->out, (uint8_t)toupper((unsigned char)*c));
		wq_buf_byte(&log->out, '=');
		wq_event_field_text(&log->out, &fields[i], log->lang);
		wq_buf_byte(&log->out, '\n');
	}
}

static bool emit(struct wq_log *log, struct sink *sink, enum wq_event_id id, const struct wq_field *fields)
{
	wq_buf_clear(&log->out);
	switch (sink->type) {
	case SINK_TEXT: compose_text(log, sink, id, fields); break;
	case SINK_JSON:
		wq_event_json(&log->line, wq_now(&log->clock), id, fields, log->lang);
		wq_buf_add(&log->out, wq_buf_str(&log->line));
		wq_buf_byte(&log->out, '\n');
		break;
	case SINK_JOURNAL: compose_journal(log, sink, id, fields); break;
	}
	return put(sink, &log->out);
}

void wq_log_event(struct wq_log *log, enum wq_event_id id, const struct wq_field *fields)
{
	int saved = errno;

	if (!log)
		return;
	pthread_mutex_lock(&log->mutex);
	for (size_t i = 0; i < log->count; i++) {
		struct sink *sink = &log->sinks[i];
		if (wq_event_level(id) < sink->minimum)
			continue;
		if (sink->lost > 0) {
			const struct wq_field lost[] = {wq_f_u64("lines", sink->lost), {.name = NULL}};
			if (emit(log, sink, WQ_EV_LOG_LINES_LOST, lost))
				sink->lost = 0;
		}
		if (sink->lost > 0 || !emit(log, sink, id, fields))
			sink->lost++;
	}
	pthread_mutex_unlock(&log->mutex);
	errno = saved;
}

uint64_t wq_log_lost(struct wq_log *log)
{
	uint64_t lost = 0;

	pthread_mutex_lock(&log->mutex);
	for (size_t i = 0; i < log->count; i++)
		lost += log->sinks[i].lost;
	pthread_mutex_unlock(&log->mutex);
	return lost;
}
