#include "detect/inject/html_priv.h"
#include "text/html.h"

int wq_html_view_next(struct wq_html_view *view)
{
	while (view->p < view->end) {
		uint32_t points[2];
		size_t n = 0, points_n;
		unsigned char c = *view->p;

		if (c == '&')
			n = wq_html_reference(
				wq_str_of(view->p, (size_t)(view->end - view->p)), WQ_HTML_IN_TEXT, points, &points_n);
		if (n)
			c = points[0] < 0x80 ? (unsigned char)points[0] : 0x80;
		view->p += n ? n : 1;
		if (c <= ' ' || c == 0x7f)
			continue;
		return c >= 0x80 ? 0x80 : c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	return -1;
}

/* Beginnings of addresses that run script. */
static const char *const schemes[] = {"javascript:", "vbscript:", "livescript:", "mocha:", "jscript:",
	"feed:javascript:", "feed:data:", "data:text/html", "data:text/xml", "data:text/javascript",
	"data:application/x", "data:application/javascript", "data:image/svg", "data:,", "data:;base64",
	"data:text/css", "data:text/vbscript", "data:x,", "data:text/plain,<", "data:text/\",",
	"view-source:javascript:"};

enum { SCHEME_MAX = 24, WITHIN_MAX = 64 };

bool wq_html_runs(wq_str value)
{
	struct wq_html_view view = {(const unsigned char *)value.p, (const unsigned char *)value.p + value.n};
	char begin[SCHEME_MAX + 1];
	size_t n = 0;
	int c;

	do
		c = wq_html_view_next(&view);
	while (c == '"' || c == '\'' || c == '`' || c == '\\');
	for (; c >= 0 && n < SCHEME_MAX; c = wq_html_view_next(&view)) {
		begin[n++] = (char)c;
		if (c >= 0x80 || c == '>' || (n == 1 && !strchr("jvlmfd", c)))
			break;
	}
	for (size_t i = 0; i < WQ_COUNT(schemes); i++)
		if (wq_str_starts(wq_str_of(begin, n), wq_str_c(schemes[i])))
			return true;
	return false;
}

bool wq_html_runs_within(wq_str value)
{
	static const char *const within[] = {"javascript:", "vbscript:", "data:text/html"};
	struct wq_html_view view = {(const unsigned char *)value.p, (const unsigned char *)value.p + value.n};
	char text[WITHIN_MAX];
	size_t n = 0;
	int c;

	while (n < WITHIN_MAX && (c = wq_html_view_next(&view)) >= 0 && c != '>' && c != '<')
		text[n++] = (char)c;
	for (size_t i = 0; i < WQ_COUNT(within); i++)
		if (wq_str_find(wq_str_of(text, n), wq_str_c(within[i])) >= 0)
			return true;
	return false;
}

static bool is_name(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

wq_str wq_html_first(wq_str value)
{
	size_t n = 0;
	char quote;

	value = wq_str_trim(wq_str_head(value, 512));
	quote = value.n ? *value.p : 0;
	if (quote == '"' || quote == '\'' || quote == '`') {
		ptrdiff_t end = wq_str_chr(wq_str_from(value, 1), quote);

		return end > 0 ? wq_str_head(wq_str_from(value, 1), (size_t)end) : wq_str_from(value, 1);
	}
	while (n < value.n && (unsigned char)value.p[n] > ' ')
		n++;
	return wq_str_head(value, n);
}

bool wq_html_is_code(wq_str js)
{
	static const char *const signs[] = {"&lpar;", "&#40", "&#x28", "&#x0", "%28", "\\x28", "\\u00", "&#0"};

	js = wq_str_head(js, 256);
	for (size_t i = 1; i < js.n; i++) {
		unsigned char before = (unsigned char)js.p[i - 1];

		if ((js.p[i] == '(' || js.p[i] == '`') &&
			(is_name(before) || before == ']' || before == ')' || before == '\'' || before == '/'))
			return true;
		if (js.p[i] == '=' && is_name(before) && js.p[i + (i + 1 < js.n)] != '=')
			return true;
	}
	for (size_t i = 0; i < WQ_COUNT(signs); i++)
		if (wq_str_find(js, wq_str_c(signs[i])) >= 0)
			return true;
	return false;
}

/* The hexadecimal escape of CSS behind a backslash; one blank after it belongs to it. */
static int css_escape(struct wq_html_view *css)
{
	unsigned code = 0, n = 0;
	int c = 0;

	while (css->p < css->end && n < 6 &&
		((*css->p >= '0' && *css->p <= '9') || ((*css->p | 0x20) >= 'a' && (*css->p | 0x20) <= 'f'))) {
		code = code * 16 + (*css->p <= '9' ? *css->p - 0U : (*css->p | 0x20U) - 'a' + '0' + 10U) - '0';
		css->p++;
		n++;
	}
	if (n == 0)
		return wq_html_view_next(css);
	if (css->p < css->end && *css->p == ' ')
		css->p++;
	c = code < 0x80 ? (int)code : 0x80;
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* A style sheet; comments count outside its strings only. `outer` ends it: the quote that its attribute stands in. */
struct css {
	struct wq_html_view view;
	int string, outer;
};

static int css_next(struct css *css)
{
	int c = wq_html_view_next(&css->view);

	while (!css->string && c == '/' && css->view.p < css->view.end && *css->view.p == '*') {
		const unsigned char *at = memmem(css->view.p + 1, (size_t)(css->view.end - css->view.p) - 1, "*/", 2);

		css->view.p = at ? at + 2 : css->view.end;
		c = wq_html_view_next(&css->view);
	}
	if (c == '\\') {
		do
			c = css_escape(&css->view);
		while (c == 0 && css->view.p < css->view.end && *css->view.p == '\\' && css->view.p++);
		return c == 0 ? wq_html_view_next(&css->view) : c;
	}
	if (c == css->outer)
		return -1;
	if (c == '"' || c == '\'')
		css->string = css->string == c ? 0 : css->string ? css->string : c;
	return c;
}

bool wq_html_css_runs(wq_str value, bool declared)
{
	static const char *const patterns[] = {"expression(", "javascript:", "vbscript:", "binding:url(",
		"behavior:", "behaviour:", "@import", "url(data:text", "url(data:image/svg"};
	struct css css = {
		.view = {(const unsigned char *)value.p, (const unsigned char *)value.p + value.n}, .outer = -1};
	char last[32] = {0}; /* what was read, the newest at the end */
	int c;

	if (value.n > 1 && (*value.p == '"' || *value.p == '\'')) {
		css.outer = value.p[1] == *value.p ? -1 : *value.p;
		css.view.p += value.p[1] == *value.p ? 2 : 1;
	}
	while ((c = css_next(&css)) >= 0) {
		if (c == '"' || c == '\'')
			continue;
		memmove(last, last + 1, sizeof last - 1);
		last[sizeof last - 1] = (char)c;
		for (size_t i = 0; i < WQ_COUNT(patterns); i++) {
			size_t n = strlen(patterns[i]);

			if (i == 0 && !declared && last[sizeof last - 1 - n] != ':')
				continue;
			if (patterns[i][n - 1] == (char)c && memcmp(last + sizeof last - n, patterns[i], n) == 0)
				return true;
		}
	}
	return false;
}
