/* Parameters of Content-Type (RFC 9110 §5.6.6), read as widely as any server reads them. */
#include "detect/body/body_priv.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_space(wq_str s, size_t at)
{
	while (at < s.n && is_space(s.p[at]))
		at++;
	return at;
}

static size_t quoted(wq_str s, size_t at, struct wq_param *param)
{
	size_t from = ++at;
	while (at < s.n && s.p[at] != '"')
		at += s.p[at] == '\\' && at + 1 < s.n ? 2 : 1;
	param->quoted = true;
	param->value = wq_str_head(wq_str_from(s, from), at - from);
	if (at >= s.n) {
		param->bad = true;
		return s.n;
	}
	at = skip_space(s, at + 1);
	if (at < s.n && s.p[at] != ';') {
		param->bad = true;
		while (at < s.n && s.p[at] != ';')
			at++;
	}
	return at;
}

bool wq_param_next(wq_str *rest, struct wq_param *ret_param)
{
	wq_str s = *rest;
	size_t at = 0, from;
	*ret_param = (struct wq_param){.name = WQ_S_INIT("")};
	while (at < s.n && (is_space(s.p[at]) || s.p[at] == ';'))
		at++;
	if (at >= s.n)
		return false;
	from = at;
	while (at < s.n && s.p[at] != '=' && s.p[at] != ';' && !is_space(s.p[at]))
		at++;
	ret_param->name = wq_str_head(wq_str_from(s, from), at - from);
	from = skip_space(s, at);
	if (from >= s.n || s.p[from] != '=') {
		ret_param->bad = true;
		*rest = wq_str_from(s, from);
		return true;
	}
	ret_param->spaced = from != at;
	at = skip_space(s, from + 1);
	ret_param->spaced |= at != from + 1;
	from = at;
	if (at < s.n && s.p[at] == '"') {
		at = quoted(s, at, ret_param);
	} else {
		while (at < s.n && s.p[at] != ';')
			at++;
		ret_param->value = wq_str_head(wq_str_from(s, from), at - from);
	}
	*rest = wq_str_from(s, at);
	return true;
}
