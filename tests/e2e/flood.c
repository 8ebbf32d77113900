/* Visitors by the ten thousand: asks for pages over kept connections and compares every answer with what was approved.
 *
 *   flood --port N --host NAME --requests N [--connections N] [--from ADDRESS] --approved FILE
 *
 * The file has one line for each page: request target, a tab, and the file that holds the approved bytes. A target may
 * stand on several lines: each of its files is approved (the old and the new version while a release goes live). A line
 * without file names a target that must not be answered with 200 at all. Prints one JSON object:
 *     {"requests":…,"right":…,"wrong":…,"failed":…,"status":{"200":…,"503":…},"first_wrong":"/target"}
 * `wrong`: an answer of status 200 whose bytes nobody approved, or more bytes than were announced; `failed`: no whole
 * answer came (the connection ended). Exit 0 when nothing was wrong, 1 when something was, 2 when it could not ask.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

enum {
	CONNECTIONS_MAX = 64,
	PAGES_MAX = 200000,
	HEAD_MAX = 16 * 1024,
	FILE_MAX = 256 * 1024 * 1024,
	WAIT_MSEC = 30000
};

struct page {
	wq_str target, bytes;
	bool approved;
};

struct connection {
	int fd; /* -1: none */
	const struct page *page;
	struct wq_buf in;
	size_t head_n, length; /* of the answer; head_n 0: the head is not whole yet */
	int status;
};

struct flood {
	const char *host, *file;
	struct sockaddr_in to, from;
	bool has_from;
	struct wq_arena arena;
	struct page *pages;
	size_t pages_n;
	uint64_t wanted, asked, right, wrong, failed;
	uint64_t status[1000];
	wq_str first_wrong;
	struct connection all[CONNECTIONS_MAX];
	size_t connections_n;
};

static wq_err read_pages(struct flood *f)
{
	WQ_BUF(list, FILE_MAX);
	wq_str rest;

	WQ_TRY(wq_file_read(&wq_fs_system, f->file, &list));
	f->pages = WQ_NEW_ARRAY(&f->arena, struct page, PAGES_MAX);
	WQ_TRY(wq_arena_err(&f->arena));
	rest = wq_arena_str(&f->arena, wq_buf_str(&list));
	while (rest.n > 0 && f->pages_n < PAGES_MAX) {
		wq_str line = wq_str_cut(&rest, '\n'), target = wq_str_cut(&line, '\t');
		struct page *page = &f->pages[f->pages_n];
		WQ_BUF(bytes, FILE_MAX);

		if (target.n == 0)
			continue;
		*page = (struct page){.target = target, .approved = line.n > 0};
		if (page->approved) {
			WQ_TRY(wq_file_read(&wq_fs_system, wq_arena_cstr(&f->arena, line), &bytes));
			page->bytes = wq_arena_str(&f->arena, wq_buf_str(&bytes));
		}
		WQ_TRY(wq_arena_err(&f->arena));
		f->pages_n++;
	}
	return f->pages_n ? WQ_OK : wq_error(WQ_E_INPUT, "no pages in %s", f->file);
}

/* ---- answers ---- */

static bool is_approved(const struct flood *f, wq_str target, wq_str bytes)
{
	for (size_t i = 0; i < f->pages_n; i++)
		if (f->pages[i].approved && wq_str_eq(f->pages[i].target, target) &&
			wq_str_eq(f->pages[i].bytes, bytes))
			return true;
	return false;
}

static void judge(struct flood *f, struct connection *c)
{
	wq_str body = wq_str_of(c->in.data + c->head_n, c->length);
	/* the page asked for first: it is nearly always the one */
	bool good = c->status != 200 || (c->page->approved && wq_str_eq(c->page->bytes, body)) ||
		is_approved(f, c->page->target, body);

	f->status[c->status]++;
	if (good && c->in.len == c->head_n + c->length) {
		f->right += c->status == 200;
		return;
	}
	if (f->wrong++ == 0)
		f->first_wrong = c->page->target;
}

/* Status and Content-Length, which is all that the gate sends for what is sealed. False when the head is none. */
static bool read_head(struct connection *c)
{
	wq_str in = wq_buf_str(&c->in), name = WQ_S("\r\ncontent-length: ");
	const char *end = memmem(in.p, in.n, "\r\n\r\n", 4);

	if (!end)
		return in.n < HEAD_MAX;
	c->head_n = (size_t)(end - in.p) + 4;
	c->status = in.n > 12 ? (int)strtoul(in.p + 9, NULL, 10) : 0;
	if (c->status < 100 || c->status > 999)
		return false;
	for (const char *p = in.p; p + name.n < end; p++)
		if (wq_str_eq_nocase(wq_str_of(p, name.n), name)) {
			c->length = strtoull(p + name.n, NULL, 10);
			return true;
		}
	return false;
}

/* ---- connections ---- */

static void hang_up(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->page = NULL;
	wq_buf_clear(&c->in);
}

static void fail(struct flood *f, struct connection *c)
{
	f->failed += c->page != NULL;
	hang_up(c);
}

static bool connect_one(struct flood *f, struct connection *c)
{
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	if (f->has_from && bind(c->fd, (const struct sockaddr *)&f->from, sizeof f->from) != 0)
		return false;
	return connect(c->fd, (const struct sockaddr *)&f->to, sizeof f->to) == 0;
}

static void ask(struct flood *f, struct connection *c)
{
	WQ_BUF(request, 64 * 1024);

	c->page = &f->pages[f->asked++ % f->pages_n];
	wq_buf_clear(&c->in);
	c->head_n = c->length = 0;
	if (c->fd < 0 && !connect_one(f, c)) {
		fail(f, c);
		return;
	}
	wq_buf_printf(&request, "GET %.*s HTTP/1.1\r\nHost: %s\r\n\r\n", WQ_S_ARG(c->page->target), f->host);
	if (wq_failed(wq_buf_err(&request)) ||
		send(c->fd, request.data, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
		fail(f, c);
}

static void receive(struct flood *f, struct connection *c)
{
	char chunk[64 * 1024];
	ssize_t n = recv(c->fd, chunk, sizeof chunk, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(f, c);
		return;
	}
	wq_buf_add(&c->in, wq_str_of(chunk, (size_t)n));
	if (wq_failed(wq_buf_err(&c->in)) || (c->head_n == 0 && !read_head(c))) {
		fail(f, c);
		return;
	}
	if (c->head_n == 0 || c->in.len < c->head_n + c->length)
		return;
	judge(f, c);
	c->page = NULL;
	/* a new connection now and then, so that every worker is asked */
	if (f->asked % 97 == 0 || memmem(c->in.data, c->head_n, "\r\nConnection: close", 19))
		hang_up(c);
}

static bool answered(const struct flood *f)
{
	for (size_t i = 0; i < f->connections_n; i++)
		if (f->all[i].page)
			return false;
	return true;
}

static bool run(struct flood *f)
{
	while (f->asked < f->wanted || !answered(f)) {
		struct pollfd fds[CONNECTIONS_MAX];

		for (size_t i = 0; i < f->connections_n; i++) {
			if (!f->all[i].page && f->asked < f->wanted)
				ask(f, &f->all[i]);
			fds[i] = (struct pollfd){.fd = f->all[i].page ? f->all[i].fd : -1, .events = POLLIN};
		}
		if (f->failed > 1000 && f->right == 0)
			return false; /* nobody is there */
		if (answered(f))
			continue;
		if (poll(fds, f->connections_n, WAIT_MSEC) <= 0)
			return false;
		for (size_t i = 0; i < f->connections_n; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				receive(f, &f->all[i]);
	}
	return true;
}

static void print(const struct flood *f)
{
	const char *comma = "";

	printf("{\"requests\":%llu,\"right\":%llu,\"wrong\":%llu,\"failed\":%llu,\"status\":{",
		(unsigned long long)f->asked, (unsigned long long)f->right, (unsigned long long)f->wrong,
		(unsigned long long)f->failed);
	for (int s = 0; s < 1000; s++)
		if (f->status[s]) {
			printf("%s\"%d\":%llu", comma, s, (unsigned long long)f->status[s]);
			comma = ",";
		}
	printf("},\"first_wrong\":\"%.*s\"}\n", WQ_S_ARG(f->first_wrong));
}

static bool read_options(int argc, char **argv, struct flood *f)
{
	static const struct option options[] = {{"port", 1, NULL, 'p'}, {"host", 1, NULL, 'h'},
		{"requests", 1, NULL, 'n'}, {"connections", 1, NULL, 'c'}, {"from", 1, NULL, 'f'},
		{"approved", 1, NULL, 'a'}, {NULL, 0, NULL, 0}};
	int o;

	f->to = f->from = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	f->connections_n = 8;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (o) {
		case 'p': f->to.sin_port = htons((uint16_t)strtoul(optarg, NULL, 10)); break;
		case 'h': f->host = optarg; break;
		case 'n': f->wanted = strtoull(optarg, NULL, 10); break;
		case 'c': f->connections_n = strtoull(optarg, NULL, 10); break;
		case 'f': f->has_from = inet_pton(AF_INET, optarg, &f->from.sin_addr) == 1; break;
		case 'a': f->file = optarg; break;
		default: return false;
		}
	return f->to.sin_port && f->host && f->wanted && f->file && f->connections_n >= 1 &&
		f->connections_n <= CONNECTIONS_MAX;
}

int main(int argc, char **argv)
{
	static struct flood f;
	wq_err e;
	bool asked;

	if (!read_options(argc, argv, &f)) {
		fputs("flood --port N --host NAME --requests N [--connections N] [--from ADDRESS] --approved FILE\n",
			stderr);
		return 2;
	}
	wq_arena_init(&f.arena, (size_t)1 << 31);
	e = read_pages(&f);
	if (wq_failed(e)) {
		fprintf(stderr, "flood: %s %s\n", wq_err_message(e, WQ_LANG_EN), f.file);
		return 2;
	}
	for (size_t i = 0; i < f.connections_n; i++) {
		f.all[i].fd = -1;
		f.all[i].in = (struct wq_buf)WQ_BUF_INIT(FILE_MAX);
	}
	asked = run(&f);
	print(&f);
	for (size_t i = 0; i < f.connections_n; i++) {
		hang_up(&f.all[i]);
		wq_buf_done(&f.all[i].in);
	}
	wq_arena_done(&f.arena);
	return f.wrong ? 1 : asked ? 0 : 2;
}
