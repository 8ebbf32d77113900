#include "detect/waf/seclang_priv.h"

static const char *var_name(unsigned i)
{
	return wq_waf_var_name((enum wq_waf_var)i);
}

/* What stands between the braces: "VAR", "VAR.name" or "VAR:name". */
static wq_str name_cut(wq_str inside, wq_str *ret_selector)
{
	size_t end = 0;

	while (end < inside.n && inside.p[end] != '.' && inside.p[end] != ':')
		end++;
	*ret_selector = end < inside.n ? wq_str_from(inside, end + 1) : WQ_S_NONE;
	return wq_str_head(inside, end);
}

static bool is_word(wq_str s)
{
	bool letter = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			letter = true;
		else if (c != '_' && (c < '0' || c > '9'))
			return false;
	}
	return letter;
}

/* The macro at the start of `s`, which begins with "%{"; its length, 0 when it is none. */
static size_t macro_at(wq_str s, struct wq_sec_piece *ret_piece)
{
	ptrdiff_t close = wq_str_chr(s, '}');

	if (close < 0)
		return 0;
	wq_str selector, name = name_cut(wq_str_of(s.p + 2, (size_t)close - 2), &selector);
	enum wq_waf_var var;
	if (!wq_waf_var_parse(name, &var))
		return 0;
	*ret_piece = (struct wq_sec_piece){wq_str_head(s, (size_t)close + 1), true, var, selector};
	return (size_t)close + 1;
}

bool wq_sec_piece_next(wq_str *rest, struct wq_sec_piece *ret_piece)
{
	size_t end = 0;

	if (rest->n == 0)
		return false;
	if (wq_str_starts(*rest, WQ_S("%{")) && (end = macro_at(*rest, ret_piece)) > 0) {
		*rest = wq_str_from(*rest, end);
		return true;
	}
	for (end = 1; end < rest->n; end++) {
		struct wq_sec_piece next;
		if (rest->p[end] == '%' && wq_str_starts(wq_str_from(*rest, end), WQ_S("%{")) &&
			macro_at(wq_str_from(*rest, end), &next) > 0)
			break;
	}
	*ret_piece = (struct wq_sec_piece){.text = wq_str_head(*rest, end)};
	*rest = wq_str_from(*rest, end);
	return true;
}

static wq_err one_check(const struct wq_sec_parser *p, wq_str inside, bool regex)
{
	wq_str selector, name = name_cut(inside, &selector);
	char hint[WQ_SEC_HINT_BYTES];
	enum wq_waf_var var;

	if (regex && !is_word(name))
		return WQ_OK;
	if (!wq_waf_var_parse(name, &var))
		return wq_sec_fail(p, "unknown variable '%.*s' in a macro%s", WQ_SEC_CUT(name),
			wq_sec_hint(name, var_name, WQ_VAR_COUNT, hint));
	if (wq_waf_var_shape(var) == WQ_SHAPE_ONE) {
		if (selector.p)
			return wq_sec_fail(p, "%%{%.*s}: %s is one value and has no parts", WQ_SEC_CUT(inside),
				wq_waf_var_name(var));
		return WQ_OK;
	}
	if (selector.n == 0)
		return wq_sec_fail(p, "%%{%.*s} has many values: say which, as %%{%s.name}", WQ_SEC_CUT(inside),
			wq_waf_var_name(var));
	return WQ_OK;
}

wq_err wq_sec_macros_check(const struct wq_sec_parser *p, wq_str text, bool regex)
{
	for (;;) {
		ptrdiff_t at = wq_str_find(text, WQ_S("%{"));
		if (at < 0)
			return WQ_OK;
		wq_str macro = wq_str_from(text, (size_t)at + 2);
		ptrdiff_t close = wq_str_chr(macro, '}');
		if (close < 0 && regex)
			return WQ_OK;
		if (close < 0)
			return wq_sec_fail(p, "a macro is not closed: %%{%.*s", WQ_SEC_CUT(macro));
		WQ_TRY(one_check(p, wq_str_head(macro, (size_t)close), regex));
		text = wq_str_from(macro, (size_t)close + 1);
	}
}
