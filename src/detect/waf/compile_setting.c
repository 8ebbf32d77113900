/* Settings of the files, over what ModSecurity's recommended configuration says. */
#include "detect/waf/compile_priv.h"

static const wq_str default_types[] = {WQ_S_INIT("text/plain"), WQ_S_INIT("text/html"), WQ_S_INIT("text/xml")};

struct types {
	struct wq_waf_list list; /* wq_str */
	bool said;
};

static void defaults(struct wq_waf_program *program)
{
	program->engine = 1;
	program->request_body = program->response_body = true;
	program->response_limit_partial = true;
	program->request_body_limit = 13107200;
	program->request_no_files_limit = 131072;
	program->response_body_limit = 524288;
	program->json_depth = 512;
	program->args_limit = 1000;
	program->match_limit = WQ_REGEX_MATCH_LIMIT;
	program->argument_separator = '&';
}

static wq_err engine(struct wq_waf_program *program, const struct wq_sec_item *item)
{
	static const char *const words[] = {"Off", "On", "DetectionOnly"};

	for (uint8_t i = 0; i < WQ_COUNT(words); i++)
		if (wq_str_eq_nocase(item->argument, wq_str_c(words[i]))) {
			program->engine = i;
			return WQ_OK;
		}
	return WQ_WAF_BAD(item->place, "SecRuleEngine %.*s: write On, Off or DetectionOnly", WQ_S_ARG(item->argument));
}

static wq_err limit_action(const struct wq_sec_item *item, bool *ret_partial)
{
	*ret_partial = wq_str_eq_nocase(item->argument, WQ_S("ProcessPartial"));
	if (!*ret_partial && !wq_str_eq_nocase(item->argument, WQ_S("Reject")))
		return WQ_WAF_BAD(item->place, "%.*s: write Reject or ProcessPartial", WQ_S_ARG(item->argument));
	return WQ_OK;
}

static wq_err add_types(struct wq_waf_compiler *c, struct types *types, wq_str text)
{
	wq_str rest = text;

	types->said = true;
	while (rest.p) {
		wq_str word = wq_str_trim(wq_str_cut(&rest, ' '));
		if (word.n == 0)
			continue;
		wq_str *added = wq_waf_list_add(&c->scratch, &types->list, sizeof *added, 1);
		if (!added)
			return wq_error_id(WQ_E_NO_MEMORY);
		*added = wq_waf_keep_lower(c, word);
		if (!added->p)
			return wq_error_id(WQ_E_NO_MEMORY);
	}
	return WQ_OK;
}

static wq_err add_cut(struct wq_waf_compiler *c, const struct wq_sec_item *item)
{
	struct wq_waf_program *program = c->program;

	if (program->cuts_n == WQ_WAF_CUTS_MAX)
		return WQ_WAF_BAD(item->place, "more than %d WqRunsCut", WQ_WAF_CUTS_MAX);
	wq_err e = wq_regex_new(item->argument, false, !c->load->no_jit, &program->cuts[program->cuts_n]);
	if (wq_failed(e))
		return wq_waf_bad_at(item->place, e);
	program->cuts_n++;
	return WQ_OK;
}

static uint32_t small(uint64_t number)
{
	return (uint32_t)WQ_MIN(number, UINT32_MAX);
}

static wq_err setting(struct wq_waf_compiler *c, const struct wq_sec_item *item, struct types *types)
{
	struct wq_waf_program *program = c->program;

	switch (item->setting) {
	case WQ_SET_RULE_ENGINE: return engine(program, item);
	case WQ_SET_REQUEST_BODY_ACCESS: program->request_body = item->number != 0; break;
	case WQ_SET_RESPONSE_BODY_ACCESS: program->response_body = item->number != 0; break;
	case WQ_SET_RUNS_CUT: return add_cut(c, item);
	case WQ_SET_FALLBACK_CHARSET: program->gb18030 = item->number != 0; break;
	case WQ_SET_REQUEST_BODY_LIMIT: program->request_body_limit = item->number; break;
	case WQ_SET_REQUEST_BODY_NO_FILES_LIMIT: program->request_no_files_limit = item->number; break;
	case WQ_SET_REQUEST_BODY_JSON_DEPTH_LIMIT: program->json_depth = small(item->number); break;
	case WQ_SET_REQUEST_BODY_LIMIT_ACTION: return limit_action(item, &program->body_limit_partial);
	case WQ_SET_RESPONSE_BODY_LIMIT: program->response_body_limit = item->number; break;
	case WQ_SET_RESPONSE_BODY_LIMIT_ACTION: return limit_action(item, &program->response_limit_partial);
	case WQ_SET_RESPONSE_BODY_MIME_TYPE: return add_types(c, types, item->argument);
	case WQ_SET_RESPONSE_BODY_MIME_TYPES_CLEAR:
		types->said = true;
		types->list.n = 0;
		break;
	case WQ_SET_ARGUMENTS_LIMIT: program->args_limit = small(item->number); break;
	case WQ_SET_ARGUMENT_SEPARATOR:
		if (item->argument.n != 1)
			return WQ_WAF_BAD(item->place, "SecArgumentSeparator: write one character");
		program->argument_separator = item->argument.p[0];
		break;
	case WQ_SET_PCRE_MATCH_LIMIT: program->match_limit = small(item->number); break;
	case WQ_SET_COMPONENT_SIGNATURE:
		program->info.signature = wq_waf_keep(c, item->argument);
		if (!program->info.signature.p)
			return wq_error_id(WQ_E_NO_MEMORY);
		break;
	case WQ_SET_WEB_APP_ID:
		program->web_app_id = wq_waf_keep(c, item->argument);
		if (!program->web_app_id.p)
			return wq_error_id(WQ_E_NO_MEMORY);
		break;
	case WQ_SET_COOKIE_FORMAT:
	case WQ_SET_PCRE_MATCH_LIMIT_RECURSION:
	case WQ_SET_COLLECTION_TIMEOUT:
	case WQ_SET_COUNT: break;
	}
	return WQ_OK;
}

wq_err wq_waf_settings(struct wq_waf_compiler *c)
{
	struct types types = {0};
	wq_str *kept;

	defaults(c->program);
	for (size_t i = 0; i < c->items->n; i++)
		if (c->items->items[i].kind == WQ_SEC_SETTING)
			WQ_TRY(setting(c, &c->items->items[i], &types));
	if (!types.said) {
		c->program->mime_types = default_types;
		c->program->mime_types_n = WQ_COUNT(default_types);
		return WQ_OK;
	}
	kept = WQ_NEW_ARRAY(&c->program->arena, wq_str, types.list.n + 1);
	if (!kept)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (types.list.n > 0)
		memcpy(kept, types.list.items, types.list.n * sizeof *kept);
	c->program->mime_types = kept;
	c->program->mime_types_n = types.list.n;
	return WQ_OK;
}
