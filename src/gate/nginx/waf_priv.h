/* A request before the rule engine. For the waf_*.c files of this folder only.
 *
 *     mode block, challenge:   HEADERS --phase 1--> READ --body is here--> FEED --> BODY --phase 2--> SETTLED --> origin, or a page
 *     mode log:                the origin is asked at once (after the body, which nginx reads first anyway); the same states are
 *                              gone through meanwhile, and phases 3 to 5 when the visitor has everything
 *
 * What can go on in a slice of time does so at once; what cannot, and what comes while the worker has judged for
 * WQ_GATE_WAF_ROUND_NSEC in this round of events already, waits in the queue (waf_queue.c), in which clients share the time: no request
 * holds up those of others for longer than a slice.
 *
 *     waf_conf.c     directives, programs        waf_request.c  phase 1, states     waf_body.c   what phase 2 reads
 *     waf_queue.c    slices                      waf_verdict.c  pages, challenge    waf_response.c  phases 3 and 4
 *     waf_log.c      phase 5, log, event, counters
 */
#ifndef WQ_GATE_NGINX_WAF_PRIV_H
#define WQ_GATE_NGINX_WAF_PRIV_H

#include "detect/waf/waf.h"
#include "gate/nginx/module.h"
#include "gate/nginx/rules_exceptions.h"
#include "gate/nginx/rules_page.h"
#include "gate/nginx/rules_zone.h"

enum { WQ_GATE_WAF_ROUND_NSEC = 1000 * 1000, WQ_GATE_WAF_SLICE_USEC = 1000 };

struct wq_gate_ruleset {
	struct wq_waf_program *program;
	ngx_str_t text; /* of the directive: equal texts are equal rules within one configuration */
	bool reads_request;
	uint64_t reads_response; /* bytes, at most */
};

enum wq_gate_waf_state {
	WQ_GATE_WAF_HEADERS, /* phase 1 is to be run */
	WQ_GATE_WAF_READ,    /* the body is to come */
	WQ_GATE_WAF_FEED,    /* the body is to be taken apart */
	WQ_GATE_WAF_BODY,    /* phase 2 is to be run */
	WQ_GATE_WAF_SETTLED,
	WQ_GATE_WAF_ANSWER /* phase 4 is to be run */
};

enum wq_gate_verdict { WQ_VERDICT_PASS, WQ_VERDICT_CHALLENGE, WQ_VERDICT_BLOCK };

enum wq_gate_waf_answer {
	WQ_GATE_ANSWER_NONE, /* nothing came, or nothing of it is looked at any more */
	WQ_GATE_ANSWER_COPY, /* goes on, and is copied for the log phase */
	WQ_GATE_ANSWER_HELD, /* waits for phase 4 */
	WQ_GATE_ANSWER_OPEN
};

struct wq_gate_piece {
	wq_str bytes;
	bool mapped; /* from the temporary file */
};

struct wq_gate_waf {
	ngx_http_request_t *r;
	struct wq_gate_ctx *ctx;
	const struct wq_gate_ruleset *rules;
	const struct wq_guard *guard;
	ngx_open_file_t *log;
	struct wq_waf_tx *tx;
	enum wq_guard_mode mode;
	enum wq_gate_waf_state state;
	enum wq_gate_verdict verdict;
	enum wq_rules_page page;
	uint32_t stopped_by; /* the rule of the verdict; 0: a budget, a body */
	char incident[WQ_INCIDENT_TEXT];

	struct wq_addr addr;
	uint64_t client, application; /* keys of buckets */
	char client_text[WQ_RULES_CLIENT_TEXT];

	const struct wq_rules_exceptions *exceptions;
	uint64_t active[WQ_RULES_ACTIVE_WORDS];

	/* waf_queue.c */
	ngx_queue_t queue;
	void (*done)(struct wq_gate_waf *w); /* of what was queued */

	/* waf_body.c */
	struct wq_gate_piece *pieces;
	size_t pieces_n, piece_at, piece_from;
	void *map;
	size_t map_bytes;

	/* waf_response.c */
	enum wq_gate_waf_answer answer;
	ngx_chain_t *copies, **copies_end;
	ngx_buf_t *copy; /* that is being filled */
	uint64_t answer_bytes, answer_max;

	unsigned queued : 1;
	unsigned waiting : 1;       /* the request stands still until the queue, or the body, goes on */
	unsigned body_here : 1;     /* it was read */
	unsigned held : 1;          /* the request lives on, though answered, until it is judged */
	unsigned over : 1;          /* a budget, or a limit of the body */
	unsigned unreadable : 1;    /* the body */
	unsigned confirmed : 1;     /* a challenge was answered before */
	unsigned own_page : 1;      /* what goes out is ours */
	unsigned answer_seen : 1;   /* its header */
	unsigned answer_judged : 1; /* phases 3 and 4 are done */
	unsigned answer_last : 1;
	unsigned judging : 1; /* phase 4 waits for its next slice */
	unsigned watched : 1; /* a sealed path's */
};

/* waf_request.c: a transaction with its headers; NULL: no memory. The address and buckets are set. */
struct wq_gate_waf *wq_gate_waf_new(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_str path, bool detection_only);
/* The one of a request, also after an internal redirect forgot the context. NULL: none. */
struct wq_gate_waf *wq_gate_waf_of(ngx_http_request_t *r);
/* One slice at most; true when there is nothing to run for now (READ or SETTLED). */
bool wq_gate_waf_step(struct wq_gate_waf *w);
/* A phase, or its next slice; its time is taken from the buckets. */
enum wq_waf_step wq_gate_waf_run(struct wq_gate_waf *w, unsigned phase);
/* What a step that is not WQ_WAF_DONE means for the request. */
void wq_gate_waf_stopped(struct wq_gate_waf *w, enum wq_waf_step step, bool request);

/* waf_queue.c: whether there is time left in this round; what was taken; into the queue, and out of it. */
bool wq_gate_waf_now(const struct wq_gate_waf *w);
void wq_gate_waf_spent(const struct wq_gate_waf *w, uint64_t nsec);
void wq_gate_waf_enqueue(struct wq_gate_waf *w, void (*done)(struct wq_gate_waf *w));
void wq_gate_waf_dequeue(struct wq_gate_waf *w);
uint64_t wq_gate_nsec(void);

/* waf_body.c: remembers where the body lies, when it is here; false: no memory. Gives the engine as much of it as a slice allows: true
 * when it is at its end. */
bool wq_gate_waf_body_take(struct wq_gate_waf *w);
bool wq_gate_waf_body_feed(struct wq_gate_waf *w);
void wq_gate_waf_body_done(struct wq_gate_waf *w);

/* waf_response.c: a slice of phase 4, true when it is at its end; the header of an answer, for phase 3 */
bool wq_gate_waf_answer_step(struct wq_gate_waf *w);
void wq_gate_waf_answer_headers(struct wq_gate_waf *w);

/* waf_verdict.c: the page of the verdict; its return is that of sending */
ngx_int_t wq_gate_waf_page_send(struct wq_gate_waf *w);
/* Whether the visitor has answered a challenge lately. */
bool wq_gate_waf_confirmed(struct wq_gate_waf *w);
bool wq_gate_waf_challenges(const struct wq_guard *guard);
const char *wq_gate_waf_incident(struct wq_gate_waf *w);
#endif
