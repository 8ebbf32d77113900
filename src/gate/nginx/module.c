/* Directives, configuration and life cycle of the module. docs/gate.md tells operators about each directive. */
#include "gate/nginx/module.h"

#include <pwd.h>

struct wq_gate_worker wq_gate_worker;

static char *set_vault(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *set_vault_user(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *set_threads(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *set_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

enum { HTTP_ONLY = NGX_HTTP_MAIN_CONF, ANYWHERE = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF };

/* directive        where                                arguments  default   meaning
 * weique           http, server, location               on | off   off       serve sealed responses, and nothing else
 * weique_vault     http                                 unix:/path none      the socket of weique-vault
 * weique_vault_user http, repeatable                    user name  root, own who may run weique-vault
 * weique_wait      http                                 time       2s        how long a new worker waits for the vault
 * weique_memory    http                                 size       4g        mapped memory of one worker, at most
 * weique_threads   http                                 pool | off default   the thread pool that reads cold packs
 * weique_host      http, server, location               host       none      under which name responses were sealed
 * weique_rules     http, server, location               files …    none      what the rule engine judges requests by
 * weique_rules_log http, server, location               path       none      its log
 * weique_status    location                             -          -         JSON about this worker
 * weique_metrics   location                             -          -         counters of all workers, for Prometheus
 */
static ngx_command_t commands[] = {
	{ngx_string("weique"), ANYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot, NGX_HTTP_LOC_CONF_OFFSET,
		offsetof(struct wq_gate_loc_conf, enable), NULL},
	{ngx_string("weique_host"), ANYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot, NGX_HTTP_LOC_CONF_OFFSET,
		offsetof(struct wq_gate_loc_conf, host), NULL},
	{ngx_string("weique_vault"), HTTP_ONLY | NGX_CONF_TAKE1, set_vault, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
	{ngx_string("weique_vault_user"), HTTP_ONLY | NGX_CONF_TAKE1, set_vault_user, NGX_HTTP_MAIN_CONF_OFFSET, 0,
		NULL},
	{ngx_string("weique_wait"), HTTP_ONLY | NGX_CONF_TAKE1, ngx_conf_set_msec_slot, NGX_HTTP_MAIN_CONF_OFFSET,
		offsetof(struct wq_gate_main_conf, wait_msec), NULL},
	{ngx_string("weique_memory"), HTTP_ONLY | NGX_CONF_TAKE1, ngx_conf_set_off_slot, NGX_HTTP_MAIN_CONF_OFFSET,
		offsetof(struct wq_gate_main_conf, memory_bytes), NULL},
	{ngx_string("weique_threads"), HTTP_ONLY | NGX_CONF_TAKE1, set_threads, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
	{ngx_string("weique_rules"), ANYWHERE | NGX_CONF_1MORE, wq_gate_waf_set_rules, NGX_HTTP_LOC_CONF_OFFSET, 0,
		NULL},
	{ngx_string("weique_rules_log"), ANYWHERE | NGX_CONF_TAKE1, wq_gate_waf_set_log, NGX_HTTP_LOC_CONF_OFFSET, 0,
		NULL},
	{ngx_string("weique_status"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, set_status, NGX_HTTP_LOC_CONF_OFFSET, 0,
		wq_gate_status_handler},
	{ngx_string("weique_metrics"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, set_status, NGX_HTTP_LOC_CONF_OFFSET, 0,
		wq_gate_metrics_handler},
	ngx_null_command,
};

static char *bad(ngx_conf_t *cf, const char *why)
{
	ngx_str_t *args = cf->args->elts;

	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s", &args[0], why);
	return NGX_CONF_ERROR;
}

static char *set_vault(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	struct wq_gate_main_conf *mcf = conf;
	ngx_str_t *args = cf->args->elts;
	ngx_str_t path = args[1];

	(void)cmd;
	if (mcf->vault.len)
		return bad(cf, "is duplicate");
	if (path.len <= 5 || ngx_strncmp(path.data, "unix:", 5) != 0)
		return bad(cf, "takes unix:/path");
	path.data += 5;
	path.len -= 5;
	if (ngx_conf_full_name(cf->cycle, &path, 0) != NGX_OK)
		return NGX_CONF_ERROR;
	mcf->vault = path;
	return NGX_CONF_OK;
}

static char *set_vault_user(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	struct wq_gate_main_conf *mcf = conf;
	ngx_str_t *args = cf->args->elts;
	struct passwd *pw = getpwnam((const char *)args[1].data); /* at start, in the master */
	uid_t *uid;

	(void)cmd;
	if (!pw)
		return bad(cf, "names no user");
	if (!mcf->vault_users)
		mcf->vault_users = ngx_array_create(cf->pool, 2, sizeof(uid_t));
	if (!mcf->vault_users || mcf->vault_users->nelts >= WQ_LINK_ALLOW_MAX)
		return bad(cf, "is given too often");
	uid = ngx_array_push(mcf->vault_users);
	if (!uid)
		return NGX_CONF_ERROR;
	*uid = pw->pw_uid;
	return NGX_CONF_OK;
}

static char *set_threads(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
#if (NGX_THREADS)
	struct wq_gate_main_conf *mcf = conf;
	ngx_str_t *args = cf->args->elts;

	(void)cmd;
	if (mcf->threads_set)
		return bad(cf, "is duplicate");
	mcf->threads_set = true;
	if (wq_str_eq(wq_gate_str(args[1]), WQ_S("off")))
		return NGX_CONF_OK;
	mcf->threads = ngx_thread_pool_add(cf, &args[1]);
	return mcf->threads ? NGX_CONF_OK : NGX_CONF_ERROR;
#else
	(void)cmd, (void)conf;
	return bad(cf, "needs an nginx with threads");
#endif
}

static char *set_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

	((struct wq_gate_loc_conf *)conf)->enable = 0;
	clcf->handler = (ngx_http_handler_pt)cmd->post;
	return NGX_CONF_OK;
}

static void *create_main_conf(ngx_conf_t *cf)
{
	struct wq_gate_main_conf *conf = ngx_pcalloc(cf->pool, sizeof *conf);

	if (conf) {
		conf->wait_msec = NGX_CONF_UNSET_MSEC;
		conf->memory_bytes = NGX_CONF_UNSET;
	}
	return conf;
}

static char *init_main_conf(ngx_conf_t *cf, void *c)
{
	struct wq_gate_main_conf *conf = c;

	(void)cf;
	ngx_conf_init_msec_value(conf->wait_msec, 2000);
	ngx_conf_init_value(conf->memory_bytes, (off_t)4 * 1024 * 1024 * 1024);
	return NGX_CONF_OK;
}

static void *create_loc_conf(ngx_conf_t *cf)
{
	struct wq_gate_loc_conf *conf = ngx_pcalloc(cf->pool, sizeof *conf);

	if (conf) {
		conf->enable = NGX_CONF_UNSET;
		conf->rules = NGX_CONF_UNSET_PTR;
		conf->rules_log = NGX_CONF_UNSET_PTR;
	}
	return conf;
}

static char *merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
	struct wq_gate_loc_conf *conf = child, *prev = parent;
	struct wq_gate_main_conf *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_weique_module);

	ngx_conf_merge_value(conf->enable, prev->enable, 0);
	ngx_conf_merge_str_value(conf->host, prev->host, "");
	ngx_conf_merge_ptr_value(conf->rules, prev->rules, NULL);
	ngx_conf_merge_ptr_value(conf->rules_log, prev->rules_log, NULL);
	mcf->used |= (ngx_uint_t)conf->enable;
	return NGX_CONF_OK;
}

static ngx_int_t preconfiguration(ngx_conf_t *cf)
{
	return wq_gate_vars_add(cf);
}

static ngx_int_t postconfiguration(ngx_conf_t *cf)
{
	ngx_http_core_main_conf_t *cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
	struct wq_gate_main_conf *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_weique_module);
	ngx_str_t sni = ngx_string("ssl_server_name");
	ngx_http_handler_pt *h;

	if (mcf->used && mcf->vault.len == 0) {
		ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"weique on\" needs \"weique_vault unix:/path\"");
		return NGX_ERROR;
	}
	if (mcf->vault.len && (wq_gate_zone_add(cf, mcf) != NGX_OK || wq_gate_waf_zone_add(cf, mcf) != NGX_OK))
		return NGX_ERROR;
#if (NGX_THREADS)
	if (mcf->used && !mcf->threads_set)
		mcf->threads = ngx_thread_pool_add(cf, NULL);
#endif
	mcf->ssl_server_name = NGX_ERROR;
#if (NGX_HTTP_SSL)
	mcf->ssl_server_name = ngx_http_get_variable_index(cf, &sni);
	if (mcf->ssl_server_name == NGX_ERROR)
		return NGX_ERROR;
#else
	(void)sni;
#endif
	h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
	if (!h)
		return NGX_ERROR;
	*h = wq_gate_handler;
	h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
	if (!h)
		return NGX_ERROR;
	*h = wq_gate_waf_log_handler;
	/* the last one is the first: rules see what came, not what it was rewritten to */
	wq_gate_rewrite_install();
	wq_gate_waf_install();
	return NGX_OK;
}

static ngx_int_t init_process(ngx_cycle_t *cycle)
{
	struct wq_gate_main_conf *mcf;

	if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
		return NGX_OK;
	if (!cycle->conf_ctx[ngx_http_module.index])
		return NGX_OK;
	mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_weique_module);
	if (!mcf || mcf->vault.len == 0)
		return NGX_OK;
	wq_buf_init(&wq_gate_worker.key, WQ_KEY_MAX + 64);
	wq_gate_worker.store = wq_gate_store_new((uint64_t)mcf->memory_bytes);
	/* once, so that no request has to */
	if (!wq_gate_worker.store || !wq_buf_reserve(&wq_gate_worker.key, WQ_KEY_MAX))
		return NGX_ERROR;
	wq_gate_slot_take(mcf);
	if (wq_gate_waf_worker_init(mcf) != NGX_OK)
		return NGX_ERROR;
	return wq_gate_channel_open(cycle, mcf);
}

/* The mappings stay: requests that are still held have pins in them, and the process ends anyway. */
static void exit_process(ngx_cycle_t *cycle)
{
	(void)cycle;
	wq_gate_channel_close();
}

struct wq_gate_ctx *wq_gate_ctx(ngx_http_request_t *r)
{
	struct wq_gate_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_weique_module);

	if (!ctx) {
		ctx = ngx_pcalloc(r->pool, sizeof *ctx);
		if (ctx)
			ngx_http_set_ctx(r, ctx, ngx_http_weique_module);
	}
	return ctx;
}

bool wq_gate_header_add(ngx_http_request_t *r, ngx_str_t name, ngx_str_t value)
{
	ngx_table_elt_t *h = ngx_list_push(&r->headers_out.headers);

	if (!h)
		return false;
	h->hash = 1;
	h->key = name;
	h->value = value;
	h->lowcase_key = NULL;
	return true;
}

static ngx_http_module_t context = {
	preconfiguration,
	postconfiguration,
	create_main_conf,
	init_main_conf,
	NULL,
	NULL,
	create_loc_conf,
	merge_loc_conf,
};

ngx_module_t ngx_http_weique_module = {
	NGX_MODULE_V1,
	&context,
	commands,
	NGX_HTTP_MODULE,
	NULL,
	NULL,
	init_process,
	NULL,
	NULL,
	exit_process,
	NULL,
	NGX_MODULE_V1_PADDING,
};
