/* A browser process and the pipe on which it is told what to do (Chrome DevTools Protocol, one JSON object ended by a NUL).
 *
 * What the browser says is not trusted: messages are bounded in size, depth and time, and read by base/json_read. Private to
 * inspect/render.
 */
#ifndef WQ_INSPECT_RENDER_BROWSER_H
#define WQ_INSPECT_RENDER_BROWSER_H

#include "base/json.h"
#include "inspect/render/render.h"

#include <sys/types.h>

struct json_t;

struct wq_browser {
	pid_t keeper;        /* starts proxy and browser, and ends them when `life` is closed */
	uint16_t proxy_port; /* the keeper's */
	int to, from, life;  /* the pipes */
	char profile[64];
	bool own_user;
	bool gone; /* set by `event`: nothing will be answered any more, calls end with WQ_E_TIMEOUT */
	uint32_t last_id;
	struct wq_buf in;
	size_t taken; /* of `in` */
	const struct wq_clock *clock;
	/* What comes without being an answer; NULL: dropped. */
	void (*event)(void *data, wq_str method, const struct json_t *params);
	void *data;
};

/* Profile, and a process that starts proxy and browser: whoever calls may be locked in afterwards (no signal, no file is needed any
 * more, not even to end them). Whatever comes of it, wq_browser_end() cleans up. Errors: as wq_render_new(). */
wq_err wq_browser_start(struct wq_browser *browser, const struct wq_render_options *options);
/* Ends browser and proxy, removes the profile. */
void wq_browser_end(struct wq_browser *browser);

/* Calls `method` with the JSON object `params` (empty: none) in `session` (empty: the browser itself) and waits until
 * `until_msec` of the clock's monotonic time for its answer, handling events. `*ret_root` holds the whole answer (wq_json_free),
 * `*ret_result` its member "result". Errors: WQ_E_TIMEOUT, WQ_E_IO (the browser ended), WQ_E_INPUT (it refused, or speaks nonsense). */
wq_err wq_browser_call(struct wq_browser *browser, wq_str session, const char *method, wq_str params,
	uint64_t until_msec, struct json_t **ret_root, const struct json_t **ret_result);
/* The same when the answer is of no interest. */
wq_err wq_browser_do(
	struct wq_browser *browser, wq_str session, const char *method, wq_str params, uint64_t until_msec);
/* Sends without waiting: fit for event handlers. */
wq_err wq_browser_tell(struct wq_browser *browser, wq_str session, const char *method, wq_str params);
/* Handles events until then. */
wq_err wq_browser_wait(struct wq_browser *browser, uint64_t until_msec);

/* The next message of `in` from `*taken` on, without its NUL; false when none is whole. */
bool wq_browser_message(wq_str in, size_t *taken, wq_str *ret_message);
/* Monotonic milliseconds of its clock. */
uint64_t wq_browser_now(const struct wq_browser *browser);

#endif
