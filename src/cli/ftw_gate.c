#include "cli/ftw.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

enum {
	ANSWER_MSEC = 3000,
	MARKER_MSEC = 10000,
	LATE_MSEC = 300,
	ANSWER_MAX = 16 * 1024 * 1024,
	LOG_MAX = 64 * 1024 * 1024
};

struct wq_ftw_gate {
	struct addrinfo *address;
	int log;
	struct wq_buf pending; /* of the log, not yet used */
	size_t used;           /* of pending */
	uint64_t nonce, markers;
	bool marked; /* the last line used was a marker */
};

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- sockets ---- */

static wq_err dial(const struct wq_ftw_gate *gate, int *ret_fd)
{
	const struct addrinfo *a = gate->address;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "socket");
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
		wq_err e = wq_error_sys(WQ_E_PEER, errno, "the gate cannot be reached");
		close(fd);
		return e;
	}
	*ret_fd = fd;
	return WQ_OK;
}

/* Sends what the other side takes: it may answer, and close, before it has read everything. */
static void send_all(int fd, wq_str bytes, int64_t end)
{
	while (bytes.n > 0) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		ssize_t n;

		if (poll(&p, 1, (int)WQ_MAX(end - now_msec(), 0)) <= 0)
			return;
		n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return;
		bytes = wq_str_from(bytes, (size_t)n);
	}
}

struct answer {
	uint16_t status;
	wq_str head, body;
};

static wq_str head_value(wq_str head, wq_str name)
{
	while (head.p) {
		wq_str line = wq_str_cut(&head, '\n'), value = line, key = wq_str_cut(&value, ':');

		if (value.p && wq_str_eq_nocase(key, name))
			return wq_str_trim(value);
	}
	return WQ_S_NONE;
}

/* Whether it is whole; without a length it is when the connection ends. */
static bool is_whole(wq_str bytes, bool ended, bool is_head, struct answer *ret_answer)
{
	ptrdiff_t end = wq_str_find(bytes, WQ_S("\r\n\r\n"));
	wq_str coding, length;
	uint64_t status, n;

	*ret_answer = (struct answer){0};
	if (end < 0 || !wq_str_starts(bytes, WQ_S("HTTP/1.")) || bytes.n < 12 ||
		!wq_str_to_u64(wq_str_of(bytes.p + 9, 3), 999, &status))
		return ended;
	ret_answer->head = wq_str_head(bytes, (size_t)end);
	ret_answer->body = wq_str_from(bytes, (size_t)end + 4);
	ret_answer->status = (uint16_t)status;
	coding = head_value(ret_answer->head, WQ_S("Transfer-Encoding"));
	length = head_value(ret_answer->head, WQ_S("Content-Length"));
	if (is_head || status == 204 || status == 304)
		return true;
	if (coding.p)
		return ended || wq_str_ends(ret_answer->body, WQ_S("0\r\n\r\n"));
	return wq_str_to_u64(length, UINT32_MAX, &n) ? ret_answer->body.n >= n : ended;
}

/* 100 Continue and its like are not the answer. */
static wq_str without_interim(wq_str bytes)
{
	while (wq_str_starts(bytes, WQ_S("HTTP/1.1 1"))) {
		ptrdiff_t end = wq_str_find(bytes, WQ_S("\r\n\r\n"));

		if (end < 0)
			break;
		bytes = wq_str_from(bytes, (size_t)end + 4);
	}
	return bytes;
}

static wq_err converse(const struct wq_ftw_gate *gate, wq_str request, struct wq_buf *bytes, struct answer *ret_answer)
{
	int64_t end = now_msec() + ANSWER_MSEC;
	bool is_head = wq_str_starts(request, WQ_S("HEAD ")), ended = false, whole = false;
	int fd = -1;

	*ret_answer = (struct answer){0};
	WQ_TRY(dial(gate, &fd));
	send_all(fd, request, end);
	while (!whole && !ended) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		char *room = wq_buf_reserve(bytes, 64 * WQ_KIB);
		ssize_t n = -1;

		if (room && poll(&p, 1, (int)WQ_MAX(end - now_msec(), 0)) > 0)
			n = recv(fd, room, 64 * WQ_KIB, 0);
		if (n > 0)
			wq_buf_commit(bytes, (size_t)n);
		ended = n <= 0;
		whole = is_whole(without_interim(wq_buf_str(bytes)), ended, is_head, ret_answer);
	}
	close(fd);
	return wq_buf_err(bytes);
}

/* ---- the log ---- */

/* The next whole line; false when there is none yet. */
static bool next_line(struct wq_ftw_gate *gate, wq_str *ret_line)
{
	wq_str rest = wq_str_from(wq_buf_str(&gate->pending), gate->used);
	ptrdiff_t end = wq_str_chr(rest, '\n');

	if (end < 0)
		return false;
	*ret_line = wq_str_head(rest, (size_t)end);
	gate->used += (size_t)end + 1;
	return true;
}

static wq_err read_more(struct wq_ftw_gate *gate)
{
	char part[64 * 1024];
	ssize_t n;

	if (gate->used == gate->pending.len) {
		wq_buf_clear(&gate->pending);
		gate->used = 0;
	}
	n = read(gate->log, part, sizeof part);
	if (n < 0)
		return wq_error_sys(WQ_E_IO, errno, "reading the log");
	if (n == 0)
		return nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL) == 0 ? WQ_OK
										    : wq_error_id(WQ_E_INTERRUPTED);
	wq_buf_add(&gate->pending, wq_str_of(part, (size_t)n));
	return wq_buf_err(&gate->pending);
}

/* What the log says before the marker; NULL: nobody asks. */
static wq_err read_to(struct wq_ftw_gate *gate, wq_str marker, struct wq_arena *arena, struct wq_ftw_log *log)
{
	int64_t end = now_msec() + MARKER_MSEC;
	wq_str line;

	while (now_msec() < end) {
		while (next_line(gate, &line)) {
			if (wq_str_find(line, marker) >= 0)
				return WQ_OK;
			if (log && wq_str_find(line, WQ_S("weique-marker-")) < 0)
				wq_ftw_log_line(line, arena, log);
		}
		WQ_TRY(read_more(gate));
	}
	return wq_error(WQ_E_TIMEOUT,
		"the marker did not come into the log: is it the gate's log, and does a rule log X-CRS-Test?");
}

static wq_err mark(struct wq_ftw_gate *gate, struct wq_arena *arena, struct wq_ftw_log *log)
{
	WQ_BUF(bytes, ANSWER_MAX);
	struct answer answer;
	wq_str name = wq_arena_printf(arena, "weique-marker-%016llx-%llu.", (unsigned long long)gate->nonce,
		(unsigned long long)gate->markers++);
	wq_str request = wq_arena_printf(arena,
		"GET /status/200 HTTP/1.1\r\nAccept: */*\r\nUser-Agent: weique rules test\r\nHost: localhost\r\n"
		"X-CRS-Test: %.*s\r\nConnection: close\r\n\r\n",
		WQ_S_ARG(name));

	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(converse(gate, request, &bytes, &answer));
	return read_to(gate, name, arena, log);
}

/* ---- cases ---- */

static wq_err judge(const struct wq_ftw_test *test, const struct wq_ftw_stage *stage, const struct answer *answer,
	const struct wq_ftw_log *log, struct wq_arena *arena, struct wq_ftw_result *result)
{
	struct wq_ftw_seen seen = {.status = answer->status,
		.response = answer->body,
		.ids = log->ids,
		.ids_n = log->ids_n,
		.lines = log->lines,
		.lines_n = log->lines_n};

	result->seen = wq_ftw_ids(seen.ids, seen.ids_n, arena);
	result->status = answer->status;
	return wq_ftw_judge(test, &stage->output, &seen, arena, &result->why);
}

static wq_err run_stage(struct wq_ftw_gate *gate, const struct wq_ftw_test *test, const struct wq_ftw_stage *stage,
	struct wq_arena *arena, struct wq_ftw_result *result)
{
	struct wq_ftw_log *log = WQ_NEW(arena, struct wq_ftw_log);
	WQ_BUF(request, WQ_FTW_REQUEST_MAX);
	WQ_BUF(bytes, ANSWER_MAX);
	struct answer answer;

	if (!log)
		return wq_arena_err(arena);
	WQ_TRY(wq_ftw_request(&stage->input, &request));
	WQ_TRY(converse(gate, wq_buf_str(&request), &bytes, &answer));
	WQ_TRY(mark(gate, arena, log));
	WQ_TRY(judge(test, stage, &answer, log, arena, result));
	if (result->why.n == 0)
		return WQ_OK;
	/* a line may come after the answer: from another worker, or of a request that was given up */
	if (poll(NULL, 0, LATE_MSEC) != 0)
		return wq_error_id(WQ_E_INTERRUPTED);
	WQ_TRY(mark(gate, arena, log));
	return judge(test, stage, &answer, log, arena, result);
}

wq_err wq_ftw_gate_run(struct wq_ftw_gate *gate, const struct wq_ftw_test *test, struct wq_arena *arena,
	struct wq_ftw_result *ret_result)
{
	struct wq_ftw_result result = {.verdict = test->overridden.p ? WQ_FTW_OVERRIDDEN : WQ_FTW_PASSED};

	if (!gate->marked)
		WQ_TRY(mark(gate, arena, NULL));
	gate->marked = true;
	for (size_t i = 0; i < test->stages_n && result.verdict != WQ_FTW_FAILED; i++) {
		WQ_TRY(run_stage(gate, test, &test->stages[i], arena, &result));
		if (result.why.n > 0)
			result.verdict = WQ_FTW_FAILED;
	}
	*ret_result = result;
	return wq_arena_err(arena);
}

/* ---- opening ---- */

static wq_err resolve(wq_str url, struct addrinfo **ret_address)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	wq_str port = wq_str_from(url, 7), host;
	char host_c[256], port_c[8];

	if (!wq_str_starts(url, WQ_S("http://")))
		return wq_error(WQ_E_USAGE, "--gate http://address[:port]");
	port = wq_str_cut(&port, '/');
	host = wq_str_cut(&port, ':');
	port = port.p ? port : WQ_S("80");
	if (host.n == 0 || host.n >= sizeof host_c || port.n == 0 || port.n >= sizeof port_c)
		return wq_error(WQ_E_USAGE, "--gate http://address[:port]");
	snprintf(host_c, sizeof host_c, "%.*s", WQ_S_ARG(host));
	snprintf(port_c, sizeof port_c, "%.*s", WQ_S_ARG(port));
	return getaddrinfo(host_c, port_c, &hints, ret_address) == 0 ? WQ_OK : wq_error(WQ_E_NOT_FOUND, "%s", host_c);
}

wq_err wq_ftw_gate_open(wq_str url, const char *log, const struct wq_random *random, struct wq_ftw_gate **ret_gate)
{
	struct wq_ftw_gate *gate = calloc(1, sizeof *gate);
	wq_err e;

	if (!gate)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_buf_init(&gate->pending, LOG_MAX);
	random->fill(random->data, &gate->nonce, sizeof gate->nonce);
	gate->log = open(log, O_RDONLY | O_CLOEXEC);
	e = gate->log < 0 ? wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s", log)
			  : resolve(url, &gate->address);
	if (!wq_failed(e) && lseek(gate->log, 0, SEEK_END) < 0)
		e = wq_error_sys(WQ_E_IO, errno, "%s", log);
	if (wq_failed(e))
		wq_ftw_gate_close(&gate);
	else
		*ret_gate = gate;
	return e;
}

void wq_ftw_gate_close(struct wq_ftw_gate **address)
{
	struct wq_ftw_gate *gate = *address;

	*address = NULL;
	if (!gate)
		return;
	if (gate->address)
		freeaddrinfo(gate->address);
	if (gate->log >= 0)
		close(gate->log);
	wq_buf_done(&gate->pending);
	free(gate);
}
