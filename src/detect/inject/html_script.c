#include "detect/inject/html_priv.h"

/* What a script that was broken into begins with: calls, objects, words. */
static const wq_str words[] = {WQ_S_INIT("alert"), WQ_S_INIT("prompt"), WQ_S_INIT("confirm"), WQ_S_INIT("eval"),
	WQ_S_INIT("document"), WQ_S_INIT("window"), WQ_S_INIT("location"), WQ_S_INIT("top"), WQ_S_INIT("self"),
	WQ_S_INIT("parent"), WQ_S_INIT("this"), WQ_S_INIT("frames"), WQ_S_INIT("globalThis"), WQ_S_INIT("setTimeout"),
	WQ_S_INIT("setInterval"), WQ_S_INIT("Function"), WQ_S_INIT("function"), WQ_S_INIT("fetch"), WQ_S_INIT("import"),
	WQ_S_INIT("print"), WQ_S_INIT("console"), WQ_S_INIT("String"), WQ_S_INIT("constructor"), WQ_S_INIT("atob"),
	WQ_S_INIT("XMLHttpRequest"), WQ_S_INIT("navigator"), WQ_S_INIT("history"), WQ_S_INIT("onerror"),
	WQ_S_INIT("throw"), WQ_S_INIT("name"), WQ_S_INIT("Array"), WQ_S_INIT("Set"), WQ_S_INIT("Reflect"),
	WQ_S_INIT("Promise"), WQ_S_INIT("toString"), WQ_S_INIT("with"), WQ_S_INIT("jQuery"), WQ_S_INIT("$")};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '$' || c == '_';
}

/* One of the words, and what makes it code; `quote` ends a phrase in quotes instead. */
static bool is_call(wq_str s, char quote)
{
	size_t n = 0;

	while (n < s.n && n < 32 && is_letter(s.p[n]))
		n++;
	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (wq_str_eq(wq_str_head(s, n), words[i])) {
			wq_str rest = wq_str_trim(wq_str_from(wq_str_head(s, n + 32), n));

			return rest.n && *rest.p != quote &&
				(strchr("(`[=.", *rest.p) || (unsigned char)*rest.p == '\\' ||
					(*rest.p == '/' && rest.n > 1 && rest.p[1] == '*'));
		}
	return false;
}

/* Behind the quote: what may join an expression to a string or end a statement, then a call. */
static bool goes_on(wq_str s, char quote)
{
	static const char joiners[] = ";+-*/%,|&^?:)]}<>=!~({[ \t\r\n";
	size_t i = 0;

	if (!s.n || !strchr(";+-*/%,|&^?:)]}<>=\n", *s.p))
		return false;
	while (i < s.n && i < 32 && s.p[i] && strchr(joiners, s.p[i]))
		i++;
	return is_call(wq_str_from(s, i), quote) ||
		(*s.p == ';' && s.n < 512 && wq_str_ends(s, WQ_S("//")) && wq_html_is_code(s));
}

/* What templates that run in the browser reach the language by. */
static bool is_template(wq_str s)
{
	static const wq_str doors[] = {WQ_S_INIT("constructor("), WQ_S_INIT("constructor["), WQ_S_INIT(".constructor."),
		WQ_S_INIT("$eval("), WQ_S_INIT("$on."), WQ_S_INIT("__proto__")};

	for (size_t i = 0; i < WQ_COUNT(doors); i++)
		if (wq_str_find(s, doors[i]) >= 0)
			return true;
	return is_call(wq_str_trim(s), 0);
}

bool wq_html_leaves_string(wq_str s)
{
	static const char quotes[] = "'\"`";
	ptrdiff_t at;

	for (const char *q = quotes; *q; q++) {
		at = wq_str_chr(s, *q);
		if (at >= 0 && goes_on(wq_str_trim(wq_str_from(s, (size_t)at + 1)), *q))
			return true;
	}
	at = wq_str_find(s, WQ_S("${"));
	if (at >= 0 && is_call(wq_str_trim(wq_str_from(s, (size_t)at + 2)), 0))
		return true;
	at = wq_str_find(s, WQ_S("{{"));
	return at >= 0 && is_template(wq_str_head(wq_str_from(s, (size_t)at + 2), 512));
}
