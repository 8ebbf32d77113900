#include "flow/workspace.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "seal/protocol.h"

enum { EVENTS_AT_ONCE = 100000 };

static const struct {
	const char *name;
	mode_t mode;
} folders[] = {{"ledger", 0770}, {"keys", 0700}, {"releases", 0750}, {"vault/packs", 0755}, {"vault/apps", 0755},
	{"heads", 0750}, {"run", 0755}, {"log", 0750}};

const char *wq_workspace_path(struct wq_workspace *workspace, const char *format, ...)
{
	WQ_BUF(path, 4096);
	va_list args;
	const char *copy;

	wq_buf_printf(&path, "%s/", workspace->dir);
	va_start(args, format);
	wq_buf_vprintf(&path, format, args);
	va_end(args);
	copy = wq_failed(wq_buf_err(&path)) ? NULL : wq_arena_cstr(workspace->arena, wq_buf_str(&path));
	return copy ? copy : "";
}

static void settings(struct wq_workspace *w)
{
	w->database = wq_arena_printf(w->arena, "sqlite:%s/ledger/ledger.db", w->dir);
	w->witness = wq_arena_printf(w->arena, "file:%s/heads/witness.log", w->dir);
	w->sign_socket = wq_arena_printf(w->arena, "%s/run/sign.sock", w->dir);
}

wq_err wq_workspace_init(const char *dir, const struct wq_clock *clock, const struct wq_random *random)
{
	struct wq_workspace w;
	struct wq_arena arena;
	char path[4096];
	wq_err e;

	for (size_t i = 0; i < WQ_COUNT(folders); i++) {
		if (snprintf(path, sizeof path, "%s/%s", dir, folders[i].name) >= (int)sizeof path)
			return wq_error(WQ_E_LIMIT, "the directory's name is too long");
		WQ_TRY(wq_dir_make(&wq_fs_system, path, folders[i].mode));
	}
	wq_arena_init(&arena, WQ_MIB);
	e = wq_workspace_open(dir, clock, random, &arena, &w);
	if (!wq_failed(e))
		wq_workspace_close(&w);
	wq_arena_done(&arena);
	return e;
}

wq_err wq_workspace_open(const char *dir, const struct wq_clock *clock, const struct wq_random *random,
	struct wq_arena *arena, struct wq_workspace *ret_workspace)
{
	struct wq_workspace w = {.dir = dir, .fs = &wq_fs_system, .clock = clock, .random = random, .arena = arena};
	wq_err e;

	WQ_TRY(wq_crypto_init());
	if (access(wq_workspace_path(&w, "ledger"), F_OK) != 0)
		return wq_error(WQ_E_CONFIG, "%s is no state directory; run: weique init --state %s", dir, dir);
	settings(&w);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_open(w.database, &w.db));
	e = wq_ledger_open(w.db, clock, random, &wq_release_projections, &w.ledger);
	if (wq_failed(e)) {
		wq_db_close(&w.db);
		return e;
	}
	*ret_workspace = w;
	return WQ_OK;
}

void wq_workspace_close(struct wq_workspace *workspace)
{
	wq_ledger_close(&workspace->ledger);
	wq_db_close(&workspace->db);
}

/* ---- heads ---- */

struct events {
	struct wq_buf bytes;
	uint64_t n;
};

static wq_err collect(void *data, const struct wq_event *event)
{
	struct events *events = data;

	wq_buf_u32(&events->bytes, (uint32_t)event->canonical.n);
	wq_buf_add(&events->bytes, event->canonical);
	events->n++;
	return wq_buf_err(&events->bytes);
}

/* The descriptor of an anonymous file with these bytes. */
static wq_err in_memory(wq_str bytes, int *ret_fd)
{
	int fd = memfd_create("weique-events", MFD_CLOEXEC);

	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "memfd_create");
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n <= 0) {
			wq_file_close(&fd);
			return wq_error_sys(WQ_E_IO, errno, "memfd");
		}
		bytes = wq_str_from(bytes, (size_t)n);
	}
	*ret_fd = fd;
	return WQ_OK;
}

/* The head that weique-sign signed last; seq 0 when it has signed none. */
static wq_err last_signed(struct wq_workspace *w, const char *socket, struct wq_head *ret)
{
	int fd;
	wq_err e;

	WQ_TRY(in_memory(WQ_S_NONE, &fd));
	e = wq_seal_ask_head(socket, 0, 0, fd, ret);
	wq_file_close(&fd);
	(void)w;
	if (wq_is(e, WQ_E_NOT_FOUND)) {
		*ret = (struct wq_head){0};
		return WQ_OK;
	}
	return e;
}

static wq_err sign_from(struct wq_workspace *w, const char *socket, struct events *events, uint64_t first)
{
	struct wq_ledger_filter filter = {.first = first, .limit = EVENTS_AT_ONCE};
	struct wq_head head;
	int fd;
	wq_err e;

	WQ_TRY(wq_ledger_visit(w->ledger, &filter, collect, events));
	if (events->n == 0)
		return WQ_OK;
	WQ_TRY(in_memory(wq_buf_str(&events->bytes), &fd));
	e = wq_seal_ask_head(socket, first, events->n, fd, &head);
	wq_file_close(&fd);
	WQ_TRY(e);
	WQ_TRY(wq_ledger_head_save(w->ledger, &head));
	return wq_witness_add(w->witness, &head);
}

wq_err wq_workspace_sign_head(struct wq_workspace *workspace)
{
	const char *socket = wq_arena_cstr(workspace->arena, workspace->sign_socket);
	struct events events = {.bytes = WQ_BUF_INIT(1024 * WQ_MIB)};
	struct wq_head last;
	wq_err e;

	WQ_TRY(wq_arena_err(workspace->arena));
	WQ_TRY(last_signed(workspace, socket, &last));
	e = sign_from(workspace, socket, &events, last.tip.seq + 1);
	wq_buf_done(&events.bytes);
	return e;
}
