/* What the files of the nginx module share: its settings, a request's context, one worker's state. Only for this folder.
 *
 * The module answers in the precontent phase, so that `weique on` in a location wins over whatever else would make the
 * content there (a proxy, files): nothing leaves under a sealed path that is not sealed, except the small built-in error
 * pages. Only where the application's sealed policy says `dynamic` or `staff` does it let the location's own handler
 * answer, with the request in its canonical form; then two filters rewrite what comes back.
 *
 *     handler.c   key → application → path class       sealed.c  entry → response         cold.c    the same from the disk
 *     forward.c   dynamic and staff paths, outward      rewrite.c what comes back          leave.c   the leave-site prompt
 *     waf_*.c     the rule engine (waf_priv.h)
 */
#ifndef WQ_GATE_NGINX_MODULE_H
#define WQ_GATE_NGINX_MODULE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "base/buf.h"
#include "base/clock.h"
#include "gate/nginx/counters.h"
#include "gate/nginx/negotiate.h"
#include "gate/nginx/store.h"
#include "text/key.h"

/* http level */
struct wq_gate_main_conf {
	ngx_str_t vault; /* socket path with NUL; empty: no vault configured */
	ngx_msec_t wait_msec;
	off_t memory_bytes;
	ngx_array_t *vault_users;   /* uid_t: may run the vault, besides root and ourselves */
	ngx_int_t ssl_server_name;  /* index of the variable */
	ngx_shm_zone_t *zone;       /* of the counters; NULL: no vault configured */
	ngx_array_t *rulesets;      /* struct wq_gate_ruleset *; NULL: no rules */
	ngx_shm_zone_t *rules_zone; /* with rules */
#if (NGX_THREADS)
	ngx_thread_pool_t *threads; /* in which cold packs are read; NULL: in the worker */
	bool threads_set;
#endif
	ngx_uint_t used;
};

/* location level */
struct wq_gate_loc_conf {
	ngx_flag_t enable;
	ngx_str_t host; /* weique_host: under which name its responses were sealed; empty: the request's Host */
	struct wq_gate_ruleset *rules; /* NULL: none */
	ngx_open_file_t *rules_log;    /* NULL: none */
};

struct wq_gate_rewriting; /* rewrite.c */
struct wq_gate_cold;      /* cold.c */
struct wq_gate_ruleset;   /* waf_priv.h */
struct wq_gate_waf;       /* waf_priv.h */
struct wq_rules_zone;     /* rules_zone.h */
struct wq_waf_worker;     /* detect/waf/waf.h */
struct wq_rewrite_names;  /* policy/rewrite.h */

/* What is known of a request; its log variables come from here. */
struct wq_gate_ctx {
	struct wq_gate_release *release; /* pinned until the request's pool ends; NULL: none */
	const char *class;         /* "sealed", "dynamic", "staff", "closed", "leave", "challenge"; NULL: not decided */
	const char *reason;        /* why it was not served, a stable word; NULL: it was */
	struct wq_gate_cold *cold; /* of an answer that is read from the disk */
	struct wq_gate_rewriting *rewriting; /* of an answer that comes from an origin; NULL: goes through as it is */
	struct wq_gate_waf *waf;             /* before the rule engine; NULL: no rules */
	wq_digest digest;
	unsigned has_digest : 1;
};

/* Where a request leads, after its key was made. The slices lie in the worker's key, but for an odd query. */
struct wq_gate_where {
	wq_str host, path, query;        /* canonical; an odd query and a path that is too long as they came */
	bool odd_query, too_long;        /* no key can have it */
	const struct wq_path_rule *rule; /* NULL: none, sealed with exact queries */
};

/* One worker's, from init_process to exit_process. */
struct wq_gate_worker {
	struct wq_gate_store *store;
	struct wq_buf key; /* reused by every request: no allocation on the hot path */
	struct wq_gate_zone *zone;
	struct wq_gate_slot *slot;
	ngx_shmtx_t *lock;              /* of the zone's rows */
	struct wq_rewrite_names *names; /* made with the first document that is rewritten */
	struct wq_waf_worker *waf;      /* scratch of the rule engine; NULL: no rules */
	struct wq_rules_zone *rules_zone;
	ngx_shmtx_t *rules_lock; /* of the zone's list of exceptions */
	bool ready;              /* the vault said that everything current was handed over, at least once */
};
extern struct wq_gate_worker wq_gate_worker;

extern ngx_module_t ngx_http_weique_module;

/* Holds `release` until the request's memory is freed: after the last byte was sent and the log was written. False: no memory. */
bool wq_gate_pin(ngx_http_request_t *r, struct wq_gate_ctx *ctx, struct wq_gate_release *release);

static inline wq_str wq_gate_str(ngx_str_t s)
{
	return wq_str_of(s.data, s.len);
}

static inline ngx_str_t wq_gate_ngx_str(wq_str s)
{
	return (ngx_str_t){s.n, (u_char *)(uintptr_t)s.p};
}

/* Counts for the application of `ctx`, or for none. */
static inline void wq_gate_count(const struct wq_gate_ctx *ctx, enum wq_gate_count which)
{
	wq_gate_slot_count(wq_gate_worker.slot, ctx->release ? ctx->release->row : 0, which);
}

/* handler.c: the precontent phase */
ngx_int_t wq_gate_handler(ngx_http_request_t *r);
/* sealed.c: the response under the key in the worker's buffer, or the application's own page for what is not there. */
ngx_int_t wq_gate_sealed_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where);
/* cold.c: the body of a response whose headers are set, from the disk. NGX_DONE when it goes on by itself. */
ngx_int_t wq_gate_cold_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_object *object);
/* What a handler returns when the request goes on by itself later; it may be gone already. */
enum { WQ_GATE_LATER = -100 };
/* forward.c: NGX_DECLINED when the location's own handler is to answer, and the request is then in canonical form; WQ_GATE_LATER. */
ngx_int_t wq_gate_forward(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where);
void wq_gate_forwarded(const struct wq_gate_ctx *ctx);
/* The visitor as realip left it. False for sockets without an address. */
bool wq_gate_visitor(const ngx_connection_t *c, struct wq_addr *ret_addr);
/* waf_request.c: what rules say before the origin is asked: NGX_DECLINED when it may be, WQ_GATE_LATER, or what sending a page
 * returned. resume(): the same once the request goes on. */
ngx_int_t wq_gate_waf_begin(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where);
ngx_int_t wq_gate_waf_resume(struct wq_gate_ctx *ctx);
/* waf_conf.c: whether rules may want the body of an answer */
bool wq_gate_waf_reads_answers(const struct wq_gate_ruleset *rules);
/* waf_verdict.c: the address that a challenge's button leads to */
bool wq_gate_waf_continues(const struct wq_gate_ctx *ctx, wq_str path);
ngx_int_t wq_gate_waf_continue_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, wq_str path);
/* waf_response.c, waf_log.c, waf_conf.c */
void wq_gate_waf_install(void);
ngx_int_t wq_gate_waf_log_handler(ngx_http_request_t *r);
char *wq_gate_waf_set_rules(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *wq_gate_waf_set_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t wq_gate_waf_zone_add(ngx_conf_t *cf, struct wq_gate_main_conf *mcf);
ngx_int_t wq_gate_waf_worker_init(struct wq_gate_main_conf *mcf);
/* leave.c: the prompt that a link out leads to */
ngx_int_t wq_gate_leave_send(ngx_http_request_t *r, struct wq_gate_ctx *ctx, const struct wq_gate_where *where);
/* builtin.c: a small page in Chinese and English; sets the context's reason. Returns what sending returned. */
ngx_int_t wq_gate_builtin_send(ngx_http_request_t *r, ngx_uint_t status, const char *reason);
/* 405 with Allow, counted as `which` */
ngx_int_t wq_gate_method_refuse(ngx_http_request_t *r, struct wq_gate_ctx *ctx, enum wq_gate_count which);
/* rewrite.c: the filters; makes ctx->rewriting for what an origin is going to answer */
void wq_gate_rewrite_install(void);
bool wq_gate_rewrite_prepare(ngx_http_request_t *r, struct wq_gate_ctx *ctx);
/* status.c, metrics.c: content handlers of `weique_status` and `weique_metrics` */
ngx_int_t wq_gate_status_handler(ngx_http_request_t *r);
ngx_int_t wq_gate_metrics_handler(ngx_http_request_t *r);
/* A page of our own that is no page of the site's: GET and HEAD, never cached. */
ngx_int_t wq_gate_text_send(ngx_http_request_t *r, ngx_str_t type, const struct wq_buf *text);
/* metrics.c: the shared memory of the counters; one worker's slot in it; an application's row; the worker's gauges */
ngx_int_t wq_gate_zone_add(ngx_conf_t *cf, struct wq_gate_main_conf *conf);
void wq_gate_slot_take(struct wq_gate_main_conf *conf);
uint32_t wq_gate_row(const char *app);
void wq_gate_publish(void);
/* vars.c */
ngx_int_t wq_gate_vars_add(ngx_conf_t *cf);
/* channel.c: one worker's connection to the vault */
ngx_int_t wq_gate_channel_open(ngx_cycle_t *cycle, struct wq_gate_main_conf *conf);
void wq_gate_channel_close(void);
bool wq_gate_channel_connected(void);
/* Tells the vault, if it is there, that a block of an object is not what was sealed. */
void wq_gate_channel_report(
	const struct wq_gate_release *release, const struct wq_gate_object *object, const char *why);
/* Tells the vault anything else, if it is there. */
void wq_gate_channel_tell(const struct wq_handover *message);

/* The request's context, made when there is none; NULL when out of memory. */
struct wq_gate_ctx *wq_gate_ctx(ngx_http_request_t *r);
/* Adds a response header; both strings live as long as the request. False when out of memory. */
bool wq_gate_header_add(ngx_http_request_t *r, ngx_str_t name, ngx_str_t value);

#endif
