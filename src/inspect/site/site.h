/* A walk over whole sites as their visitors meet them: every address that can be reached, every target judged, state on disk.
 *
 * Unlike inspect/crawl, which walks one application by canonical key for a capture, this one goes by URL, looks at the
 * targets of links wherever they are (HEAD, then GET where HEAD does not say), knows fragments, sitemaps, feeds and soft 404,
 * and remembers over days what failed.
 *
 * Invariants: only http and https, every address checked at connect (inspect/fetch); politeness per host and per address; limits
 * per URL, host and run, reaching one is said (stats.limited) and never an error; each URL is asked for once a run; memory does not grow with
 * pages but for some 48 bytes an address: the rest is in files under `dir` (docs/formats.md), which survive kill -9 and go on with `resume`.
 * A target outside the site counts as broken only when it failed in several runs over days (`again_hours`, `again_looks`); 403, 429,
 * 503 of a robot are "unknown". Text from peers is never printed or trusted.
 * Bad at: addresses that scripts compute.
 */
#ifndef WQ_INSPECT_SITE_SITE_H
#define WQ_INSPECT_SITE_SITE_H

#include "finding/finding.h"
#include "inspect/fetch/fetch.h"
#include "text/document.h"
#include "text/html_link.h"

struct wq_target_rules;

enum { WQ_SITE_READERS_MAX = WQ_DOCUMENT_READERS_MAX - 4, WQ_SITE_SIGN_BYTES = 512 };

/* 0 takes the default in brackets. */
struct wq_site_options {
	const char *const *starts; /* where to begin; their hosts are walked */
	size_t starts_n;
	const char *const *hosts; /* further hosts that are walked, canonical, with port unless it is the scheme's */
	size_t hosts_n;
	const char *dir;        /* state; made when it is not there; NULL: nothing is kept */
	bool resume;            /* goes on with what `dir` holds of a run that was cut off */
	bool check_only_inside; /* do not look at targets outside */
	bool links_only;        /* no page is handed over: links and fragments alone */
	bool ignore_robots;
	bool verdicts_at_once;             /* an outside target that fails is broken, not "failing" [false] */
	size_t pages_max;                  /* [1000000] */
	size_t addresses_max;              /* [20000000] */
	uint64_t bytes_max;                /* [64 GiB] */
	uint32_t depth_max;                /* [64] */
	uint32_t redirects_max;            /* of one target [10] */
	uint32_t run_msec_max;             /* [24 h] */
	uint32_t host_msec_max;            /* without any answer, then the host is given up [120000] */
	uint32_t again_hours, again_looks; /* [24], [3] */
	uint32_t places_max; /* of one target, and of one place in it that is not there, that are handed over [100] */
	const struct wq_target_rules
		*target; /* what a page is that changed hands; NULL: nobody asks (detect/target/target.h) */
	struct wq_fetch_options fetch; /* decode is set; retries [1], wait_max_msec [10000] */
	const struct wq_clock *clock;  /* [the system's] */
};

/* A document of a walked host; slices live during the callback. */
struct wq_site_page {
	const struct wq_document *document; /* address after redirects */
	wq_str type;                        /* "text/html", lower case, without parameters */
	wq_str from;                        /* page that linked to it first; empty for a start */
	uint32_t depth;
	bool home; /* a start, or what it redirects to */
};

enum wq_site_verdict {
	WQ_SITE_FINE,
	WQ_SITE_BROKEN, /* 404, 410, another 4xx that is no refusal */
	WQ_SITE_SERVER_ERROR,
	WQ_SITE_UNREACHABLE, /* `fetched` says how */
	WQ_SITE_TLS,
	WQ_SITE_TRUNCATED,
	WQ_SITE_LOOP,
	WQ_SITE_SOFT_404,
	WQ_SITE_FRAGMENT, /* the target is fine, the place in it is not there */
	WQ_SITE_UNKNOWN, /* refused to a robot, asked for patience; what robots.txt or a limit kept away is counted and no fault */
	WQ_SITE_FAILING, /* outside, failed, not often enough */
	WQ_SITE_CHANGED_HANDS,
	WQ_SITE_MALFORMED,
	WQ_SITE_PRIVATE,           /* its address may not be reached */
	WQ_SITE_REDIRECTS_OUTSIDE, /* an address of the site that ends at another host */
	WQ_SITE_VERDICTS
};

/* One target that is not fine, at one place that leads there. */
struct wq_site_fault {
	enum wq_site_verdict verdict;
	wq_str target;  /* resolved, with fragment */
	wq_str written; /* as it stands in the page, cut; of malformed ones only, else empty */
	wq_str page;    /* empty: a start, a sitemap's own address */
	wq_str sheet;   /* the style sheet of that page in which it stands; empty: the page itself */
	uint32_t line;  /* of the page, or of the sheet; 0: not known */
	enum wq_html_tag tag;
	wq_str attr;
	bool outside, from_home;
	int status;
	enum wq_fetch_result fetched;
	wq_str end;      /* where redirects ended, if anywhere else */
	wq_str detail;   /* English, short: "404 after 2 redirects", "certificate has expired" */
	uint64_t places; /* that lead to this target in all; only the first of them are given */
};

/* What a walked host does against being looked at; ordinary faults (a circle of redirects, a file that is large) are none. */
enum wq_site_sign {
	WQ_SITE_SIGN_REDIRECTS, /* to ever new addresses */
	WQ_SITE_SIGN_LINKS,     /* a page with more than are kept; paths that grow without end */
	WQ_SITE_SIGN_BOMB,      /* a body that swells when it is decoded, a head without end */
	WQ_SITE_SIGN_SILENCE,   /* it answered, then let every request wait */
	WQ_SITE_SIGNS
};

struct wq_site_stats {
	uint64_t too_large, hosts_given_up; /* bodies over fetch.body_max, decoded; hosts that went silent */
	uint64_t pages, resources, targets, links, bytes, faults, known, waiting, robots_kept_away;
	uint32_t msec;
	bool limited;
	char limited_by[64]; /* "pages", "time of host www.example.cn" */
	struct {
		uint64_t times;
		char first[WQ_SITE_SIGN_BYTES]; /* address, cut */
	} signs[WQ_SITE_SIGNS];
};

struct wq_site_calls {
	/* Before a page is read: puts up to WQ_SITE_READERS_MAX readers of the same one pass into `readers`. NULL: nobody asks. */
	wq_err (*open)(
		void *data, const struct wq_site_page *page, struct wq_document_reader *readers, size_t *ret_readers_n);
	/* A page with status 200 and a document body, after its readers have had every token; may end the walk by an error, which
	 * wq_site_run returns. Pages come one at a time: open, tokens, page. */
	wq_err (*page)(void *data, const struct wq_site_page *page);
	/* A script, a style sheet or another body that is checked by bytes; NULL: nobody asks and only HEAD is sent where it may be. */
	wq_err (*resource)(void *data, const struct wq_site_page *resource);
	/* After the walk, every fault, by target. */
	wq_err (*fault)(void *data, const struct wq_site_fault *fault);
	/* Now and then; may end the walk (what was done stays for `resume`). NULL: nobody asks. */
	wq_err (*tick)(void *data, const struct wq_site_stats *so_far);
	void *data;
};

/* Walks to the end. A callback that returns WQ_E_INTERRUPTED ends the walk early: the faults seen so far are told, outside ones as
 * they stand today, and the error is returned. Errors: WQ_E_INPUT (a start that is no address), WQ_E_BUSY (another run works in `dir`), what a callback
 * returned, those of the disk. `ret_stats` may be NULL. */
wq_err wq_site_run(
	const struct wq_site_options *options, const struct wq_site_calls *calls, struct wq_site_stats *ret_stats);

/* The rule of a verdict and its finding: place.url is the page (the target itself without one), evidence.target the target. */
struct wq_finding wq_site_finding(struct wq_arena *arena, const struct wq_site_fault *fault);

#endif
