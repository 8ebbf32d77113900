/* What the files of the nginx module share: its settings, a request's context, one worker's state. Only for this folder.
 *
 * The module answers in the precontent phase, so that `weique on` in a location wins over whatever else would make the
 * content there (a proxy, files): under it nothing leaves that is not sealed, except the small built-in error pages.
 */
#ifndef WQ_GATE_NGINX_MODULE_H
#define WQ_GATE_NGINX_MODULE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "base/buf.h"
#include "base/clock.h"
#include "gate/nginx/negotiate.h"
#include "gate/nginx/store.h"
#include "text/key.h"

/* http level */
struct wq_gate_main_conf {
	ngx_str_t vault; /* socket path with NUL; empty: no vault configured */
	ngx_msec_t wait_msec;
	off_t memory_bytes;
	ngx_array_t *vault_users;  /* uid_t: may run the vault, besides root and ourselves */
	ngx_int_t ssl_server_name; /* index of the variable */
	ngx_uint_t used;
};

/* location level */
struct wq_gate_loc_conf {
	ngx_flag_t enable;
	ngx_str_t host; /* weique_host: under which name its responses were sealed; empty: the request's Host */
};

/* What a request's log variables say. */
struct wq_gate_ctx {
	struct wq_gate_release *release; /* pinned until the request's pool ends; NULL: none */
	const char *class;               /* "sealed", "dynamic", "staff", "closed"; NULL: not decided */
	const char *reason;              /* why it was not served, a stable word; NULL: it was */
	wq_digest digest;
	unsigned has_digest : 1;
};

/* One worker's, from init_process to exit_process. */
struct wq_gate_counters {
	uint64_t served, not_modified, missing, ambiguous, method, class_refused, unavailable, broken;
};
struct wq_gate_worker {
	struct wq_gate_store *store;
	struct wq_buf key; /* reused by every request: no allocation on the hot path */
	struct wq_gate_counters count;
	bool ready; /* the vault said that everything current was handed over, at least once */
};
extern struct wq_gate_worker wq_gate_worker;

extern ngx_module_t ngx_http_weique_module;

static inline wq_str wq_gate_str(ngx_str_t s)
{
	return wq_str_of(s.data, s.len);
}

/* handler.c: the precontent phase */
ngx_int_t wq_gate_handler(ngx_http_request_t *r);
/* builtin.c: a small page in Chinese and English; sets the context's reason. Returns what sending returned. */
ngx_int_t wq_gate_builtin_send(ngx_http_request_t *r, ngx_uint_t status, const char *reason);
/* status.c: content handler of `weique_status` */
ngx_int_t wq_gate_status_handler(ngx_http_request_t *r);
/* vars.c */
ngx_int_t wq_gate_vars_add(ngx_conf_t *cf);
/* channel.c: one worker's connection to the vault */
ngx_int_t wq_gate_channel_open(ngx_cycle_t *cycle, struct wq_gate_main_conf *conf);
void wq_gate_channel_close(void);
bool wq_gate_channel_connected(void);

/* The request's context, made when there is none; NULL when out of memory. */
struct wq_gate_ctx *wq_gate_ctx(ngx_http_request_t *r);
/* Adds a response header; both strings live as long as the request. False when out of memory. */
bool wq_gate_header_add(ngx_http_request_t *r, ngx_str_t name, ngx_str_t value);

#endif
