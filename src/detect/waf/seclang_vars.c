#include "detect/waf/seclang_priv.h"

static const char *var_name(unsigned i)
{
	return wq_waf_var_name((enum wq_waf_var)i);
}

/* The end of /regex/ from its first slash on, 0 when it is not closed. */
static size_t regex_end(wq_str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '/' && (i + 1 == s.n || s.p[i + 1] == '|' || s.p[i + 1] == ',' || s.p[i + 1] == ' '))
			return i;
	}
	return 0;
}

/* Cuts the selector off: quoted, /regex/ or up to the next separator. */
static wq_err selector_cut(struct wq_sec_parser *p, wq_str *rest, wq_str *ret_text, bool is_xml)
{
	size_t end = 0;

	if (rest->n > 0 && rest->p[0] == '\'') {
		char *out = wq_arena_alloc(p->arena, rest->n);
		size_t n = 0;
		if (!out)
			return wq_arena_err(p->arena);
		for (end = 1; end < rest->n && rest->p[end] != '\''; end++) {
			if (rest->p[end] == '\\' && end + 1 < rest->n && rest->p[end + 1] == '\'')
				end++;
			out[n++] = rest->p[end];
		}
		if (end >= rest->n)
			return wq_sec_fail(
				p, "the quotation mark of a selector is not closed: '%.*s", WQ_SEC_CUT(*rest));
		*ret_text = wq_str_of(out, n);
		*rest = wq_str_from(*rest, end + 1);
		return WQ_OK;
	}
	if (!is_xml && rest->n > 0 && rest->p[0] == '/') {
		end = regex_end(*rest);
		if (end == 0)
			return wq_sec_fail(
				p, "the selector %.*s begins with / and does not end with it", WQ_SEC_CUT(*rest));
		end++;
	} else {
		while (end < rest->n && rest->p[end] != '|' && rest->p[end] != ',')
			end++;
	}
	*ret_text = wq_str_head(*rest, end);
	*rest = wq_str_from(*rest, end);
	return WQ_OK;
}

static wq_err selector_set(struct wq_sec_parser *p, struct wq_sec_var *var, wq_str text)
{
	const char *name = wq_waf_var_name(var->var);

	if (text.n == 0)
		return wq_sec_fail(p, "%s: has a colon and no name behind it: take the colon off for all of it", name);
	if (wq_waf_var_shape(var->var) == WQ_SHAPE_ONE)
		return wq_sec_fail(
			p, "%s is one value and takes no selector: take \":%.*s\" off", name, WQ_SEC_CUT(text));
	var->name = text;
	if (var->var == WQ_VAR_XML) {
		var->selector = WQ_SEC_SELECT_XPATH;
		if (!wq_str_eq(text, WQ_S("/*")) && !wq_str_eq(text, WQ_S("//@*")))
			return wq_sec_fail(p,
				"XML:%.*s is not supported: only XML:/* (all text) and XML://@* (all attributes)",
				WQ_SEC_CUT(text));
		return WQ_OK;
	}
	var->selector = WQ_SEC_SELECT_NAME;
	if (text.n >= 2 && text.p[0] == '/' && text.p[text.n - 1] == '/') {
		var->selector = WQ_SEC_SELECT_REGEX;
		var->name = wq_str_of(text.p + 1, text.n - 2);
		if (var->name.n == 0)
			return wq_sec_fail(p, "%s: // is an empty regular expression", name);
	}
	return WQ_OK;
}

static wq_err var_cut(struct wq_sec_parser *p, wq_str *rest, struct wq_sec_var *ret_var)
{
	struct wq_sec_var var = {.selector = WQ_SEC_SELECT_ALL};
	char hint[WQ_SEC_HINT_BYTES];
	size_t end = 0;

	while (rest->n > 0 && (rest->p[0] == '!' || rest->p[0] == '&' || rest->p[0] == ' ' || rest->p[0] == '\t')) {
		var.exclude |= rest->p[0] == '!';
		var.count |= rest->p[0] == '&';
		*rest = wq_str_from(*rest, 1);
	}
	while (end < rest->n && rest->p[end] != '|' && rest->p[end] != ',' && rest->p[end] != ':')
		end++;
	wq_str name = wq_str_trim(wq_str_head(*rest, end));
	*rest = wq_str_from(*rest, end);
	if (name.n == 0)
		return wq_sec_fail(p, "a variable is missing: a list is ARGS|REQUEST_COOKIES|!REQUEST_COOKIES:/^_ga/");
	if (!wq_waf_var_parse(name, &var.var))
		return wq_sec_fail(p, "unknown variable '%.*s'%s", WQ_SEC_CUT(name),
			wq_sec_hint(name, var_name, WQ_VAR_COUNT, hint));
	if (var.exclude && var.count)
		return wq_sec_fail(p, "%s has both ! and &: only one of them may stand", wq_waf_var_name(var.var));
	if (rest->n > 0 && rest->p[0] == ':') {
		wq_str text;
		*rest = wq_str_from(*rest, 1);
		WQ_TRY(selector_cut(p, rest, &text, var.var == WQ_VAR_XML));
		WQ_TRY(selector_set(p, &var, wq_str_trim(text)));
	}
	*ret_var = var;
	return WQ_OK;
}

wq_err wq_sec_vars_parse(struct wq_sec_parser *p, wq_str text, const struct wq_sec_var **ret_vars, size_t *ret_n)
{
	struct wq_sec_var vars[WQ_SEC_VARS_MAX], *kept;
	wq_str rest = wq_str_trim(text);
	size_t n = 0;

	for (;;) {
		if (n == WQ_SEC_VARS_MAX)
			return wq_error(WQ_E_LIMIT, "%.120s:%u: more than %d variables", p->place.file, p->place.line,
				WQ_SEC_VARS_MAX);
		WQ_TRY(var_cut(p, &rest, &vars[n++]));
		rest = wq_str_trim(rest);
		if (rest.n == 0)
			break;
		if (rest.p[0] != '|' && rest.p[0] != ',')
			return wq_sec_fail(p, "between variables stands |, not \"%.*s\"", WQ_SEC_CUT(rest));
		rest = wq_str_from(rest, 1);
	}
	kept = WQ_NEW_ARRAY(p->arena, struct wq_sec_var, n);
	if (!kept)
		return wq_arena_err(p->arena);
	memcpy(kept, vars, n * sizeof *kept);
	*ret_vars = kept;
	*ret_n = n;
	return WQ_OK;
}

wq_err wq_sec_parse_vars(wq_str text, struct wq_sec_place place, struct wq_arena *arena,
	const struct wq_sec_var **ret_vars, size_t *ret_n)
{
	struct wq_sec_parser p = {.arena = arena, .place = place};

	return wq_sec_vars_parse(&p, text, ret_vars, ret_n);
}
