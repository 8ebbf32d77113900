#include "detect/body/multipart_priv.h"

/* RFC 2046 §5.1.1; servers that follow RFC 9110 take every token as well. PHP cuts at ',', Go and Node do not. */
static bool may_stand(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c && strchr("'()+_-./:=?", c));
}

/* Reads the parameter's value, with its oddities. Empty: there is none. */
static wq_str value_of(struct wq_body *body, const struct wq_param *param)
{
	wq_str value = param->value;
	if (param->spaced)
		wq_body_odd(body, WQ_ODD(BOUNDARY_SPACE));
	if (param->bad || (param->quoted && memchr(value.p, '\\', value.n)))
		wq_body_odd(body, WQ_ODD(BOUNDARY_QUOTED));
	if (!param->quoted && value.n && (value.p[0] == '\'' || memchr(value.p, '"', value.n)))
		wq_body_odd(body, WQ_ODD(BOUNDARY_QUOTED));
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == ' ' || value.p[i] == '\t')
			wq_body_odd(body, WQ_ODD(BOUNDARY_SPACE));
		else if (!may_stand(value.p[i]))
			wq_body_odd(body, WQ_ODD(BOUNDARY_BYTES));
	}
	return param->quoted ? value : wq_str_trim(value);
}

static size_t find_nocase(wq_str s, size_t at, wq_str needle)
{
	for (; at + needle.n <= s.n; at++)
		if (wq_str_starts_nocase(wq_str_from(s, at), needle))
			return at;
	return s.n;
}

/* How often a server that only searches would find the parameter. */
static unsigned mentions(wq_str content_type)
{
	unsigned n = 0;
	size_t at = 0;
	while ((at = find_nocase(content_type, at, WQ_S("boundary"))) < content_type.n) {
		wq_str rest = wq_str_trim(wq_str_from(content_type, at += 8));
		n += rest.n && (rest.p[0] == '=' || rest.p[0] == '*');
	}
	return n;
}

/* What stands behind the media type; its semicolon may be missing. */
static wq_str parameters(struct wq_body *body, wq_str content_type)
{
	size_t at = 0, boundary = find_nocase(content_type, 0, WQ_S("boundary"));
	while (at < content_type.n && content_type.p[at] != ';')
		at++;
	if (boundary < at) {
		wq_body_odd(body, WQ_ODD(SEMICOLON_MISSING));
		at = boundary;
	}
	return wq_str_from(content_type, at);
}

bool multipart_boundary(struct wq_body *body, wq_str content_type, wq_str *ret_delimiter)
{
	wq_str rest = parameters(body, content_type), boundary = WQ_S_NONE;
	struct wq_param param;
	unsigned found = 0;
	while (wq_param_next(&rest, &param))
		if (wq_str_starts_nocase(param.name, WQ_S("boundary"))) {
			found++;
			if (param.name.n == 8)
				boundary = value_of(body, &param);
		}
	if (found != 1 || boundary.n == 0 || mentions(content_type) > 1) {
		wq_body_odd(body, WQ_ODD(BOUNDARY_TWICE));
		wq_body_fail(body, "multipart: no boundary, or more than one");
		return false;
	}
	if (boundary.n > MULTIPART_BOUNDARY_MAX) {
		wq_body_odd(body, WQ_ODD(BOUNDARY_BYTES));
		wq_body_fail(body, "multipart: a boundary of more than %u bytes", MULTIPART_BOUNDARY_MAX);
		return false;
	}
	*ret_delimiter = wq_arena_printf(body->arena, "--%.*s", WQ_S_ARG(boundary));
	if (!ret_delimiter->p)
		wq_body_over(body, "no memory");
	return ret_delimiter->p != NULL;
}
