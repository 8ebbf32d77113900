#include "flow/workspace.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "seal/protocol.h"

/* Of one request to weique-sign, which reads them again: many small heads would do as well, one of a GiB would not. */
enum { EVENTS_AT_ONCE = 50000, EVENT_BYTES_AT_ONCE = 64 * 1024 * 1024, HEAD_STEPS_MAX = 1000000 };

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

const char *wq_workspace_rules(struct wq_workspace *workspace, const char *name)
{
	const char *dir = workspace->settings.rules_dir, *path;

	if (!dir)
		dir = getenv("WEIQUE_RULES");
	path = wq_arena_printf(workspace->arena, "%s/%s", dir && *dir ? dir : WQ_RULES_DIR, name).p;
	return path ? path : "";
}

static wq_err write_settings(const char *dir, wq_str database)
{
	WQ_BUF(text, WQ_CONF_MAX_BYTES);
	char path[4096];
	wq_err e;

	WQ_TRY(wq_settings_file(database, &text));
	if (snprintf(path, sizeof path, "%s/weique.conf", dir) >= (int)sizeof path)
		return wq_error(WQ_E_LIMIT, "the directory's name is too long");
	e = wq_file_create(&wq_fs_system, path, wq_buf_str(&text), 0640);
	return wq_is(e, WQ_E_EXISTS) ? WQ_OK : e;
}

/* The folders, then the settings: a ledger is made where they say. */
static wq_err prepare(const char *dir, wq_str database, struct wq_arena *arena)
{
	struct wq_settings settings;
	char path[4096];

	for (size_t i = 0; i < WQ_COUNT(folders); i++) {
		if (snprintf(path, sizeof path, "%s/%s", dir, folders[i].name) >= (int)sizeof path)
			return wq_error(WQ_E_LIMIT, "the directory's name is too long");
		WQ_TRY(wq_dir_make(&wq_fs_system, path, folders[i].mode));
	}
	WQ_TRY(write_settings(dir, database));
	WQ_TRY(wq_settings_load(dir, arena, &settings));
	if (database.n > 0 && !wq_str_eq(wq_settings_database(dir, arena, database), settings.database))
		return wq_error(WQ_E_EXISTS, "%s/weique.conf names the database %.*s", dir,
			WQ_S_ARG(wq_database_shown(arena, settings.database)));
	return WQ_OK;
}

wq_err wq_workspace_init(const char *dir, wq_str database, const struct wq_clock *clock, const struct wq_random *random)
{
	struct wq_workspace w;
	struct wq_arena arena;
	wq_err e;

	wq_arena_init(&arena, WQ_MIB);
	e = prepare(dir, database, &arena);
	if (!wq_failed(e))
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
	WQ_TRY(wq_settings_load(dir, arena, &w.settings));
	w.sign_socket = w.settings.sign_socket;
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_db_open(w.settings.database, &w.db));
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
	bool full;
};

static wq_err collect(void *data, const struct wq_event *event)
{
	struct events *events = data;

	events->full = events->n > 0 && events->bytes.len + event->canonical.n > EVENT_BYTES_AT_ONCE;
	if (events->full)
		return wq_error_id(WQ_E_LIMIT); /* the rest comes in the next step */
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
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			wq_err e = wq_error_sys(WQ_E_IO, errno, "memfd");
			wq_file_close(&fd);
			return e;
		}
		bytes = wq_str_from(bytes, (size_t)n);
	}
	*ret_fd = fd;
	return WQ_OK;
}

static wq_err ask_head(const char *socket, uint64_t first, const struct events *events, struct wq_head *ret)
{
	int fd;
	wq_err e;

	WQ_TRY(in_memory(wq_buf_str(&events->bytes), &fd));
	e = wq_seal_ask_head(socket, first, events->n, fd, ret);
	wq_file_close(&fd);
	return e;
}

/* The head that weique-sign signed last; seq 0 when it has signed none. */
static wq_err last_signed(const char *socket, struct wq_head *ret)
{
	const struct events none = {0};
	wq_err e = ask_head(socket, 0, &none, ret);

	if (wq_is(e, WQ_E_NOT_FOUND)) {
		*ret = (struct wq_head){0};
		return WQ_OK;
	}
	return e;
}

static wq_err keep(struct wq_workspace *w, const struct wq_head *head)
{
	WQ_TRY(wq_ledger_head_save(w->ledger, head));
	for (size_t i = 0; i < w->settings.witnesses_n; i++)
		WQ_TRY(wq_witness_add(w->settings.witnesses[i], head));
	return WQ_OK;
}

/* Somebody died between signing and keeping: the head is kept now. */
static wq_err keep_if_lost(struct wq_workspace *w, const struct wq_head *last)
{
	struct wq_head kept = {0};
	wq_err e = wq_ledger_head_last(w->ledger, &kept);

	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	return last->tip.seq > kept.tip.seq ? keep(w, last) : WQ_OK;
}

/* The events after `last`, as many as go into one request. */
static wq_err sign_step(struct wq_workspace *w, const char *socket, const struct wq_head *last)
{
	struct wq_ledger_filter filter = {.first = last->tip.seq + 1, .limit = EVENTS_AT_ONCE};
	struct events events = {.bytes = WQ_BUF_INIT(2 * (size_t)EVENT_BYTES_AT_ONCE)};
	struct wq_head head, now;
	wq_err e = wq_ledger_visit(w->ledger, &filter, collect, &events);

	if (wq_failed(e) && events.full)
		e = WQ_OK;
	if (!wq_failed(e))
		e = ask_head(socket, filter.first, &events, &head);
	wq_buf_done(&events.bytes);
	if (!wq_failed(e))
		return keep(w, &head);
	/* another process may have asked for the same events in between */
	if (wq_is(e, WQ_E_CHAIN) && !wq_failed(last_signed(socket, &now)) && now.tip.seq > last->tip.seq)
		return WQ_OK;
	return e;
}

wq_err wq_workspace_sign_head(struct wq_workspace *workspace)
{
	const char *socket = wq_arena_cstr(workspace->arena, workspace->sign_socket);

	WQ_TRY(wq_arena_err(workspace->arena));
	for (int step = 0; step < HEAD_STEPS_MAX; step++) {
		struct wq_head last;
		struct wq_tip tip;

		WQ_TRY(last_signed(socket, &last)); /* before the tip, which only grows */
		WQ_TRY(wq_ledger_tip(workspace->ledger, &tip));
		if (last.tip.seq > tip.seq)
			return wq_error(WQ_E_CHAIN, "weique-sign has signed event %llu, the ledger ends at %llu",
				(unsigned long long)last.tip.seq, (unsigned long long)tip.seq);
		if (last.tip.seq == tip.seq)
			return last.tip.seq > 0 ? keep_if_lost(workspace, &last) : WQ_OK;
		WQ_TRY(sign_step(workspace, socket, &last));
	}
	return wq_error(WQ_E_BUSY, "the ledger grows faster than heads are signed");
}
