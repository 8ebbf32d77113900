/* A page as a visitor's browser shows it: the distribution's Chromium, run as a user of its own, measured and clicked.
 *
 * Invariants: the browser keeps its own sandbox (it is never told to do without); it begins with an empty profile in a folder that is
 * removed afterwards; it has one way out, the proxy of inspect/render/proxy.h, which lets it reach what an inspection may reach and
 * nothing else; when a deadline passes, or our process ends, browser and proxy end with it. Nothing that a page says is executed
 * outside the browser; what comes back is data of bounded size; nothing of a page stays for the next one; one that crashes, or
 * is busy for ever, costs its own time and no more. Started by root, the browser runs as `user`; started by anybody
 * else, as that user, which is said (`own_user` false).
 * Bad at: pages that need a person. Needs /usr/bin/chromium and user name spaces or its set-user-id sandbox: WQ_E_UNSUPPORTED says
 * what is missing. Clauses A6 (position of the mark), B6 (does a click prompt?), C11 (who is asked for what), A9 (pop-ups).
 */
#ifndef WQ_INSPECT_RENDER_RENDER_H
#define WQ_INSPECT_RENDER_RENDER_H

#include "base/arena.h"
#include "base/clock.h"
#include "inspect/fetch/fetch.h"

enum {
	WQ_RENDER_REQUESTS = 2000,           /* kept of one page */
	WQ_RENDER_CLICKS = 32,               /* of one page */
	WQ_RENDER_TEXT = 4 * 1024 * 1024,    /* bytes of visible text and of markup */
	WQ_RENDER_MESSAGE = 48 * 1024 * 1024 /* of one message of the browser */
};

/* 0 takes the default in brackets. */
struct wq_render_options {
	const char *program;               /* [/usr/bin/chromium] */
	const char *user;                  /* when started by root [weique-render] */
	uint32_t page_msec;                /* for one page, clicks included [30000] */
	uint32_t width, height;            /* of the window [1366, 768] */
	const struct wq_fetch_peer *peers; /* as in inspect/fetch */
	size_t peers_n;
	const struct wq_fetch_route *routes;
	size_t routes_n;
	const wq_str *never; /* hosts that are not even resolved, canonical: those of traps */
	size_t never_n;
	uint32_t picture_percent;     /* of its size [100] */
	const struct wq_clock *clock; /* [the system's] */
};

/* How a visitor is sent away. */
enum wq_render_way { WQ_RENDER_BY_LINK, WQ_RENDER_BY_FORM, WQ_RENDER_BY_WINDOW };

struct wq_render_click {
	const char *url; /* absolute */
	enum wq_render_way way;
};

enum wq_render_leave {
	WQ_RENDER_NOTHING,  /* the click led nowhere */
	WQ_RENDER_PROMPTED, /* a dialog, a question in the page, or the gate's /leave/ */
	WQ_RENDER_LEFT      /* the browser was on its way */
};

struct wq_render_request {
	wq_str url, type; /* "Document", "Script", "Image", … */
	uint64_t id;
	bool failed; /* nothing came of it */
};

/* Slices live in the arena that was given. */
struct wq_rendered {
	bool loaded;   /* the page came */
	bool own_user; /* the browser ran as a user of its own */
	char why[160]; /* when it did not: English, short, nothing of the page */
	wq_str url, title, text, html;
	int32_t page_width, page_height, view_height; /* CSS pixels */
	struct {
		bool found, hidden;
		int32_t left, top, width, height; /* from the page's corner */
	} mark;
	uint32_t dialogs, windows; /* that came by themselves while it loaded */
	struct wq_render_request *requests;
	size_t requests_n;
	enum wq_render_leave leaves[WQ_RENDER_CLICKS]; /* of `clicks`, in order */
	uint32_t msec;
};

struct wq_render;

/* Starts proxy and browser, by way of a process that ends them: the caller may be locked in (base/sandbox.h) right after. Errors: WQ_E_UNSUPPORTED (no browser, its sandbox does not work), WQ_E_CONFIG (no such user), WQ_E_IO,
 * WQ_E_TIMEOUT. */
wq_err wq_render_new(const struct wq_render_options *options, struct wq_render **ret_render);
void wq_render_free(struct wq_render **render);

/* Loads a page and measures it; then follows each of `clicks` and says what came of it; nothing is left for good. A link of that
 * address is clicked where the page has one; else link or form is put into the page as scripts put them, after its own scripts have
 * run. `png` (may be NULL) gets a picture of the page, at most 20,000 pixels of it.
 * Errors: WQ_E_IO (the browser died: make another), WQ_E_NO_MEMORY, WQ_E_LIMIT, WQ_E_INPUT (what the browser says is nonsense). A page
 * that does not load is no error. */
wq_err wq_render_page(struct wq_render *render, const char *url, const struct wq_render_click *clicks, size_t clicks_n,
	struct wq_buf *png, struct wq_arena *arena, struct wq_rendered *ret_rendered);

#endif
