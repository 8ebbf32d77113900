#include "gate/broker/watcher.h"

#include <errno.h>
#include <sys/inotify.h>

enum {
	MASK = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE |
		IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW
};

wq_err wq_watcher_open(const struct wq_served *served, struct wq_watcher *ret_watcher)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "inotify");
	ret_watcher->fd = fd;
	wq_watcher_update(ret_watcher, served);
	return WQ_OK;
}

void wq_watcher_close(struct wq_watcher *watcher)
{
	if (watcher->fd >= 0)
		close(watcher->fd);
	watcher->fd = -1;
}

/* The same directory again gives the same watch; one that cannot be watched is met by the periodic comparison. */
static void add(const struct wq_watcher *watcher, const char *path)
{
	int watch = inotify_add_watch(watcher->fd, path, MASK);

	(void)watch;
}

void wq_watcher_update(struct wq_watcher *watcher, const struct wq_served *served)
{
	const struct wq_shelf *shelf = wq_served_shelf(served);
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/apps", shelf->dir);
	add(watcher, path);
	add(watcher, wq_shelf_packs_path(shelf, path));
	for (size_t i = 0; i < wq_served_count(served); i++)
		add(watcher, wq_shelf_app_path(shelf, wq_served_app(served, i), path));
}

bool wq_watcher_drain(struct wq_watcher *watcher)
{
	char events[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;

	for (int i = 0; i < 1024 && read(watcher->fd, events, sizeof events) > 0; i++)
		any = true;
	return any;
}
