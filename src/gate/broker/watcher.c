#include "gate/broker/watcher.h"

#include <errno.h>
#include <sys/inotify.h>

enum {
	MASK = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE |
		IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW
};

/* ---- what has to be looked at ---- */

void wq_dirty_app(struct wq_dirty *dirty, const char *app)
{
	for (size_t i = 0; i < dirty->apps_n; i++)
		if (strcmp(dirty->apps[i], app) == 0)
			return;
	if (dirty->apps_n == WQ_DIRTY_MAX)
		dirty->all = true;
	else
		snprintf(dirty->apps[dirty->apps_n++], sizeof dirty->apps[0], "%s", app);
}

static void dirty_pack(struct wq_dirty *dirty, wq_digest pack)
{
	for (size_t i = 0; i < dirty->packs_n; i++)
		if (wq_digest_eq(dirty->packs[i], pack))
			return;
	if (dirty->packs_n == WQ_DIRTY_MAX)
		dirty->all = true;
	else
		dirty->packs[dirty->packs_n++] = pack;
}

void wq_dirty_add(struct wq_dirty *dirty, const struct wq_dirty *more)
{
	dirty->all = dirty->all || more->all;
	for (size_t i = 0; i < more->apps_n; i++)
		wq_dirty_app(dirty, more->apps[i]);
	for (size_t i = 0; i < more->packs_n; i++)
		dirty_pack(dirty, more->packs[i]);
}

/* ---- watching ---- */

wq_err wq_watcher_open(const struct wq_served *served, struct wq_watcher *ret_watcher)
{
	const struct wq_shelf *shelf = wq_served_shelf(served);
	struct wq_watcher watcher = {.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	char path[PATH_MAX];

	if (watcher.fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "inotify");
	snprintf(path, sizeof path, "%s/apps", shelf->dir);
	watcher.apps = inotify_add_watch(watcher.fd, path, MASK);
	watcher.packs = inotify_add_watch(watcher.fd, wq_shelf_packs_path(shelf, path), MASK);
	*ret_watcher = watcher;
	return WQ_OK;
}

void wq_watcher_close(struct wq_watcher *watcher)
{
	if (watcher->fd >= 0)
		close(watcher->fd);
	watcher->fd = -1;
	free(watcher->watches);
	watcher->watches = NULL;
	watcher->watches_n = 0;
}

/* False when out of memory: met by the periodic comparison. */
static bool room_for_all(struct wq_watcher *watcher, size_t n)
{
	int *watches;

	if (n <= watcher->watches_n)
		return true;
	watches = reallocarray(watcher->watches, n, sizeof *watches);
	if (!watches)
		return false;
	for (size_t i = watcher->watches_n; i < n; i++)
		watches[i] = -1;
	watcher->watches = watches;
	watcher->watches_n = n;
	return true;
}

void wq_watcher_update(struct wq_watcher *watcher, const struct wq_served *served, struct wq_dirty *dirty)
{
	char path[PATH_MAX];

	if (!room_for_all(watcher, wq_served_count(served)))
		return;
	for (size_t i = 0; i < watcher->watches_n; i++) {
		if (watcher->watches[i] >= 0)
			continue;
		wq_shelf_app_path(wq_served_shelf(served), wq_served_app(served, i), path);
		watcher->watches[i] = inotify_add_watch(watcher->fd, path, MASK);
		if (watcher->watches[i] >= 0)
			wq_dirty_app(dirty, wq_served_app(served, i));
	}
}

/* ---- what comes ---- */

static void on_pack(const struct inotify_event *event, struct wq_dirty *dirty)
{
	static const wq_str suffix = WQ_S_INIT(".pack");
	wq_str name = event->len > 0 ? wq_str_c(event->name) : WQ_S_NONE;
	wq_digest pack;

	if (name.n == 0)
		dirty->all = true; /* the folder itself */
	else if (name.n == 2 * WQ_DIGEST_BYTES + suffix.n && wq_str_ends(name, suffix) &&
		wq_str_unhex(wq_str_head(name, 2 * WQ_DIGEST_BYTES), pack.b, sizeof pack.b))
		dirty_pack(dirty, pack);
}

static void on_apps(const struct inotify_event *event, struct wq_dirty *dirty)
{
	if (event->len == 0)
		dirty->all = true;
	else if (wq_app_id_fine(wq_str_c(event->name)))
		wq_dirty_app(dirty, event->name);
}

static void on_app(struct wq_watcher *watcher, const struct wq_served *served, const struct inotify_event *event,
	struct wq_dirty *dirty)
{
	for (size_t i = 0; i < watcher->watches_n; i++) {
		if (watcher->watches[i] != event->wd)
			continue;
		if (event->mask & IN_IGNORED)
			watcher->watches[i] = -1;
		if (event->len == 0 || wq_str_ends(wq_str_c(event->name), WQ_S(".snapshot")))
			wq_dirty_app(dirty, wq_served_app(served, i));
		return;
	}
}

static void on_event(struct wq_watcher *watcher, const struct wq_served *served, const struct inotify_event *event,
	struct wq_dirty *dirty)
{
	if (event->mask & IN_Q_OVERFLOW)
		dirty->all = true;
	else if (event->wd == watcher->packs)
		on_pack(event, dirty);
	else if (event->wd == watcher->apps)
		on_apps(event, dirty);
	else
		on_app(watcher, served, event, dirty);
}

void wq_watcher_drain(struct wq_watcher *watcher, const struct wq_served *served, struct wq_dirty *dirty)
{
	char events[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));

	for (int i = 0; i < 1024; i++) {
		ssize_t n = read(watcher->fd, events, sizeof events);

		if (n <= 0)
			return;
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const struct inotify_event *)(events + at);

			on_event(watcher, served, event, dirty);
			at += (ssize_t)(sizeof *event + event->len);
		}
	}
}
