/* Directives of the rule engine. Programs are compiled by the master while it reads its configuration, before workers are forked, so
 * all of them share the memory; equal directives share one program, and it goes with the configuration's memory. */
#include "gate/nginx/waf_priv.h"

enum { PATHS_MAX = 64, SETTINGS_MAX = 64, SLAB_MORE = 64 * 1024 };

struct wanted {
	const char *paths[PATHS_MAX];
	size_t paths_n;
	struct wq_waf_setting settings[SETTINGS_MAX];
	size_t settings_n;
};

static char *bad(ngx_conf_t *cf, const char *what, ngx_str_t *word)
{
	ngx_str_t *args = cf->args->elts;

	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s \"%V\"", &args[0], what, word);
	return NGX_CONF_ERROR;
}

/* ---- arguments ---- */

static bool add_setting(struct wanted *wanted, wq_str name, wq_str value)
{
	if (wanted->settings_n == SETTINGS_MAX || name.n == 0 || !value.p)
		return false;
	wanted->settings[wanted->settings_n++] = (struct wq_waf_setting){name, value};
	return true;
}

/* Of rule sets of version 4 and version 3. */
static bool add_paranoia(struct wanted *wanted, wq_str value)
{
	static const wq_str names[] = {WQ_S_INIT("blocking_paranoia_level"), WQ_S_INIT("detection_paranoia_level"),
		WQ_S_INIT("paranoia_level"), WQ_S_INIT("executing_paranoia_level")};
	uint64_t level;

	if (!wq_str_to_u64(value, 4, &level) || level == 0)
		return false;
	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (!add_setting(wanted, names[i], value))
			return false;
	return true;
}

/* A link that is changed meanwhile (weique rules use) must not mix two sets: all files of a reading come from where it leads now. */
static const char *without_links(ngx_conf_t *cf, const char *path)
{
	char *whole = realpath(path, NULL), *kept = NULL;

	if (whole) {
		kept = ngx_pnalloc(cf->pool, strlen(whole) + 1);
		if (kept)
			memcpy(kept, whole, strlen(whole) + 1);
		free(whole);
	}
	return kept ? kept : path;
}

static char *read_arguments(ngx_conf_t *cf, struct wanted *wanted)
{
	ngx_str_t *args = cf->args->elts;

	for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
		wq_str word = wq_gate_str(args[i]), value = word, name;

		if (wq_str_starts(word, WQ_S("paranoia="))) {
			if (!add_paranoia(wanted, wq_str_from(word, 9)))
				return bad(cf, "takes paranoia=1 to 4, not", &args[i]);
		} else if (wq_str_starts(word, WQ_S("set="))) {
			value = wq_str_from(word, 4);
			name = wq_str_cut(&value, '=');
			if (!add_setting(wanted, name, value))
				return bad(cf, "takes set=NAME=VALUE, not", &args[i]);
		} else {
			ngx_str_t path = args[i];

			if (wanted->paths_n == PATHS_MAX || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
				return bad(cf, "cannot take", &args[i]);
			wanted->paths[wanted->paths_n++] = without_links(cf, (const char *)path.data);
		}
	}
	return wanted->paths_n > 0 ? NGX_CONF_OK : bad(cf, "names no file in", &args[0]);
}

static void notice(void *data, struct wq_sec_place place, const char *text)
{
	ngx_conf_t *cf = data;

	ngx_conf_log_error(NGX_LOG_INFO, cf, 0, "weique_rules: %s:%uD: %s", place.file, place.line, text);
}

/* ---- programs ---- */

static void program_done(void *data)
{
	struct wq_gate_ruleset *rules = data;

	wq_waf_program_unref(&rules->program);
}

/* Different directives may lead to the same text of rules. */
static void share(struct wq_gate_main_conf *mcf, struct wq_gate_ruleset *rules)
{
	struct wq_gate_ruleset **all = mcf->rulesets->elts;
	const struct wq_waf_info *info = wq_waf_program_info(rules->program);

	for (ngx_uint_t i = 0; i < mcf->rulesets->nelts; i++) {
		if (all[i] == rules || !all[i]->program ||
			memcmp(wq_waf_program_info(all[i]->program)->digest, info->digest, sizeof info->digest) != 0)
			continue;
		wq_waf_program_unref(&rules->program);
		rules->program = wq_waf_program_ref(all[i]->program);
		return;
	}
}

static char *compile(ngx_conf_t *cf, struct wq_gate_main_conf *mcf, struct wq_gate_ruleset *rules)
{
	struct wanted wanted = {0};
	struct wq_waf_load load = {.source = &wq_sec_source_files, .notice = notice, .notice_data = cf};
	const struct wq_waf_info *info;
	wq_err e;

	if (read_arguments(cf, &wanted) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	load.paths = wanted.paths;
	load.paths_n = wanted.paths_n;
	load.settings = wanted.settings;
	load.settings_n = wanted.settings_n;
	e = wq_waf_program_new(&load, &rules->program);
	if (wq_failed(e)) {
		ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "weique_rules: %s", wq_err_note(e));
		return NGX_CONF_ERROR;
	}
	share(mcf, rules);
	rules->reads_request = wq_waf_program_reads_request(rules->program);
	rules->reads_response = wq_waf_program_reads_response(rules->program, WQ_S_NONE);
	info = wq_waf_program_info(rules->program);
	ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0, "weique_rules: %uD rules, %uD patterns, %uz bytes, %*s", info->rules,
		info->patterns, info->bytes, info->signature.n, info->signature.p);
	return NGX_CONF_OK;
}

/* The words of the directive, as one text. */
static bool text_of(ngx_conf_t *cf, ngx_str_t *ret_text)
{
	ngx_str_t *args = cf->args->elts;
	size_t n = 0;
	u_char *p;

	for (ngx_uint_t i = 1; i < cf->args->nelts; i++)
		n += args[i].len + 1;
	p = ngx_pnalloc(cf->pool, n);
	if (!p)
		return false;
	ret_text->data = p;
	ret_text->len = n;
	for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
		p = ngx_cpymem(p, args[i].data, args[i].len);
		*p++ = 0;
	}
	return true;
}

static struct wq_gate_ruleset *find(struct wq_gate_main_conf *mcf, ngx_str_t text)
{
	struct wq_gate_ruleset **all = mcf->rulesets->elts;

	for (ngx_uint_t i = 0; i < mcf->rulesets->nelts; i++)
		if (wq_str_eq(wq_gate_str(all[i]->text), wq_gate_str(text)))
			return all[i];
	return NULL;
}

static struct wq_gate_ruleset *add(ngx_conf_t *cf, struct wq_gate_main_conf *mcf, ngx_str_t text)
{
	struct wq_gate_ruleset *rules = ngx_pcalloc(cf->pool, sizeof *rules), **row = ngx_array_push(mcf->rulesets);
	ngx_pool_cleanup_t *c = ngx_pool_cleanup_add(cf->pool, 0);

	if (!rules || !row || !c)
		return NULL;
	rules->text = text;
	*row = rules;
	c->handler = program_done;
	c->data = rules;
	return rules;
}

char *wq_gate_waf_set_rules(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	struct wq_gate_main_conf *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_weique_module);
	struct wq_gate_loc_conf *lcf = conf;
	ngx_str_t *args = cf->args->elts, text;

	(void)cmd;
	if (lcf->rules != NGX_CONF_UNSET_PTR)
		return (char *)(uintptr_t) "is duplicate";
	lcf->rules = NULL;
	if (cf->args->nelts == 2 && wq_str_eq(wq_gate_str(args[1]), WQ_S("off")))
		return NGX_CONF_OK;
	if (!mcf->rulesets)
		mcf->rulesets = ngx_array_create(cf->pool, 4, sizeof(struct wq_gate_ruleset *));
	if (!mcf->rulesets || !text_of(cf, &text))
		return NGX_CONF_ERROR;
	lcf->rules = find(mcf, text);
	if (lcf->rules)
		return NGX_CONF_OK;
	lcf->rules = add(cf, mcf, text);
	return lcf->rules ? compile(cf, mcf, lcf->rules) : NGX_CONF_ERROR;
}

char *wq_gate_waf_set_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	struct wq_gate_loc_conf *lcf = conf;
	ngx_str_t *args = cf->args->elts;

	(void)cmd;
	if (lcf->rules_log != NGX_CONF_UNSET_PTR)
		return (char *)(uintptr_t) "is duplicate";
	lcf->rules_log = NULL;
	if (wq_str_eq(wq_gate_str(args[1]), WQ_S("off")))
		return NGX_CONF_OK;
	lcf->rules_log = ngx_conf_open_file(cf->cycle, &args[1]); /* appended to; opened anew by nginx -s reopen */
	return lcf->rules_log ? NGX_CONF_OK : NGX_CONF_ERROR;
}

bool wq_gate_waf_reads_answers(const struct wq_gate_ruleset *rules)
{
	return rules->reads_response > 0;
}

/* ---- shared memory ---- */

static ngx_int_t zone_init(ngx_shm_zone_t *shm, void *old)
{
	if (old) { /* a reload: buckets and numbers go on */
		shm->data = old;
		return NGX_OK;
	}
	/* fresh pages are zero */
	shm->data = ngx_slab_alloc((ngx_slab_pool_t *)shm->shm.addr, sizeof(struct wq_rules_zone));
	return shm->data ? NGX_OK : NGX_ERROR;
}

ngx_int_t wq_gate_waf_zone_add(ngx_conf_t *cf, struct wq_gate_main_conf *mcf)
{
	static ngx_str_t name = ngx_string("weique_rules");

	if (!mcf->rulesets)
		return NGX_OK;
	mcf->rules_zone = ngx_shared_memory_add(
		cf, &name, sizeof(struct wq_rules_zone) + SLAB_MORE, &ngx_http_weique_module);
	if (!mcf->rules_zone)
		return NGX_ERROR;
	mcf->rules_zone->init = zone_init;
	return NGX_OK;
}

/* Without a system call, unlike the processor's time. */
static uint64_t steady_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

ngx_int_t wq_gate_waf_worker_init(struct wq_gate_main_conf *mcf)
{
	if (!mcf->rules_zone)
		return NGX_OK;
	wq_gate_worker.rules_zone = mcf->rules_zone->data;
	wq_gate_worker.rules_lock = &((ngx_slab_pool_t *)mcf->rules_zone->shm.addr)->mutex;
	if (wq_failed(wq_waf_worker_new(steady_nsec, &wq_gate_worker.waf)))
		return NGX_ERROR;
	wq_waf_worker_cpu_clock(wq_gate_worker.waf, wq_gate_nsec);
	return NGX_OK;
}
