#include "detect/portal/portal_priv.h"

/* ---- the lexer ---- */

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || portal_digit(c) || c == '_' || c == '$' ||
		(unsigned char)c >= 0x80;
}

/* Of a comment, or of the arrow that hides a script from browsers of 1995, that begins here: its length. */
static size_t comment(wq_str rest)
{
	ptrdiff_t end;

	if (wq_str_starts(rest, WQ_S("//")) || wq_str_starts(rest, WQ_S("<!--"))) {
		end = wq_str_chr(rest, '\n');
		return end < 0 ? rest.n : (size_t)end;
	}
	if (!wq_str_starts(rest, WQ_S("/*")))
		return 0;
	end = portal_find(wq_str_from(rest, 2), WQ_S("*/"));
	return end < 0 ? rest.n : (size_t)end + 4;
}

static size_t string(wq_str rest, bool lines)
{
	size_t i = 1;

	while (i < rest.n && rest.p[i] != rest.p[0] && (lines || rest.p[i] != '\n'))
		i += rest.p[i] == '\\' ? 2 : 1;
	return WQ_MIN(i, rest.n);
}

/* The length of an expression without its end, 0 when it is none. */
static size_t expression(wq_str rest)
{
	bool class = false;
	size_t i = 1;

	for (; i < rest.n && (class || rest.p[i] != '/'); i++) {
		if (rest.p[i] == '\n')
			return 0;
		if (rest.p[i] == '\\')
			i++;
		else if (rest.p[i] == '[')
			class = true;
		else if (rest.p[i] == ']')
			class = false;
	}
	return i < rest.n ? i : 0;
}

static bool divides_after(const struct portal_js_token *last)
{
	static const wq_str words[] = {WQ_S_INIT("return"), WQ_S_INIT("typeof"), WQ_S_INIT("case"), WQ_S_INIT("in"),
		WQ_S_INIT("of"), WQ_S_INIT("else"), WQ_S_INIT("do"), WQ_S_INIT("void"), WQ_S_INIT("delete")};

	if (last->kind == JS_NAME) {
		for (size_t i = 0; i < WQ_COUNT(words); i++)
			if (wq_str_eq(last->text, words[i]))
				return false;
		return true;
	}
	if (last->kind == JS_MARK)
		return last->text.p[0] == ')' || last->text.p[0] == ']' || last->text.p[0] == '}';
	return last->kind != JS_END;
}

static struct portal_js_token take(struct portal_js *js, enum portal_js_kind kind, size_t from, size_t n, size_t whole)
{
	js->last = (struct portal_js_token){kind, wq_str_of(js->source.p + js->at + from, n)};
	js->at = WQ_MIN(js->at + whole, js->source.n);
	return js->last;
}

struct portal_js_token portal_js_next(struct portal_js *js)
{
	wq_str rest;
	size_t n;

	for (;;) {
		while (js->at < js->source.n && (unsigned char)js->source.p[js->at] <= ' ')
			js->at++;
		rest = wq_str_from(js->source, js->at);
		if (!rest.n)
			return (struct portal_js_token){.kind = JS_END};
		if ((n = comment(rest)) == 0)
			break;
		js->at += n;
	}
	if (rest.p[0] == '"' || rest.p[0] == '\'' || rest.p[0] == '`') {
		n = string(rest, rest.p[0] == '`');
		return take(js, JS_STRING, 1, WQ_MAX(n, (size_t)1) - 1, n + 1);
	}
	for (n = 0; n < rest.n && is_name(rest.p[n]);)
		n++;
	if (n)
		return take(js, portal_digit(rest.p[0]) ? JS_NUMBER : JS_NAME, 0, n, n);
	if (rest.p[0] == '/' && !divides_after(&js->last) && (n = expression(rest)) > 0)
		return take(js, JS_REGEX, 1, n - 1, n + 1);
	return take(js, JS_MARK, 0, 1, 1);
}

/* ---- what the tokens say ---- */

enum { WINDOW = 16 };

struct reading {
	const struct wq_portal_rules *rules;
	struct portal_script *script;
	struct portal_js_token w[WINDOW]; /* w[n % WINDOW] is the last one */
	size_t n;
	size_t args_from; /* of a binding whose second argument will tell: the token number of its "click"; 0: none */
	unsigned receiver;
	bool links;   /* it asks for all links of the page */
	bool listed;  /* government hosts stand in a list */
	bool indexed; /* a text is searched for what a list holds */
};

/* The token `back` before the last; of nothing there it is JS_END. */
static const struct portal_js_token *ago(const struct reading *r, size_t back)
{
	static const struct portal_js_token none;

	return back < r->n && back < WINDOW ? &r->w[(r->n - back) % WINDOW] : &none;
}

static bool is(const struct portal_js_token *token, enum portal_js_kind kind, wq_str text)
{
	return token->kind == kind && wq_str_eq(token->text, text);
}

static bool mark(const struct portal_js_token *token, char c)
{
	return token->kind == JS_MARK && token->text.p[0] == c;
}

static bool name_in(const struct portal_js_token *token, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n && token->kind == JS_NAME; i++)
		if (wq_str_eq(token->text, wq_str_c(names[i])))
			return true;
	return false;
}
#define NAMED(token, ...) \
	name_in(token, (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Where a government host's ending stands in a text, past it; 0: nowhere. */
static size_t suffix_end(const struct wq_portal_rules *rules, wq_str text, size_t *ret_from)
{
	const struct portal_list *list = &rules->lists[LIST_SUFFIX];

	for (size_t i = 0; i < list->n; i++) {
		ptrdiff_t at = portal_find(text, list->items[i]);
		if (at >= 0) {
			*ret_from = (size_t)at;
			return (size_t)at + list->items[i].n;
		}
	}
	return 0;
}

/* "a", "a[href]", "body a:not(.x)": a selector of links. */
static bool selects_links(wq_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool begins = i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == ',' || s.p[i - 1] == '>';
		if (begins && (s.p[i] == 'a' || s.p[i] == 'A') && (i + 1 == s.n || portal_is_one(s.p[i + 1], "[:., >")))
			return true;
	}
	return false;
}

/* Of what stands before `.method(`, whose dot is `back` tokens ago: whose clicks are bound. */
static unsigned receiver(const struct reading *r, size_t back)
{
	const struct portal_js_token *owner = ago(r, back + 1), *inner = ago(r, back + 2);

	if (NAMED(owner, "document", "body", "documentElement", "window"))
		return SCRIPT_BINDS | SCRIPT_DELEGATED;
	if (mark(owner, ']'))
		return SCRIPT_BINDS | SCRIPT_LOADED;
	if (!mark(owner, ')'))
		return SCRIPT_BINDS;
	if (inner->kind == JS_STRING && selects_links(inner->text))
		return SCRIPT_BINDS | SCRIPT_LOADED;
	if (NAMED(inner, "document", "body", "window") || is(inner, JS_STRING, WQ_S("body")) ||
		is(inner, JS_STRING, WQ_S("html")))
		return SCRIPT_BINDS | SCRIPT_DELEGATED;
	return SCRIPT_BINDS;
}

/* jQuery's `$(list).click(`, `.live("click"`, `.on("click", "a"`, `x.addEventListener("click"`, `x.onclick =`. */
static void see_binding(struct reading *r, const struct portal_js_token *token)
{
	unsigned *facts = &r->script->facts;

	if (r->args_from && r->n == r->args_from + 2) {
		/* a selector as second argument: clicks are delegated */
		bool delegated = token->kind == JS_STRING && mark(ago(r, 1), ',');
		*facts |= delegated ? (SCRIPT_BINDS | (selects_links(token->text) ? SCRIPT_DELEGATED : 0))
				    : r->receiver;
		r->args_from = 0;
	}
	if (mark(token, '(') && NAMED(ago(r, 1), "click") && mark(ago(r, 2), '.'))
		*facts |= receiver(r, 2);
	if (is(token, JS_STRING, WQ_S("click")) && mark(ago(r, 1), '(')) {
		if (NAMED(ago(r, 2), "live"))
			*facts |= SCRIPT_BINDS | SCRIPT_DELEGATED;
		else if (NAMED(ago(r, 2), "on", "bind", "addEventListener", "attachEvent")) {
			r->args_from = r->n;
			r->receiver = receiver(r, 3);
		}
	}
	if (is(token, JS_STRING, WQ_S("click")) && mark(ago(r, 1), ',') && NAMED(ago(r, 4), "delegate"))
		*facts |= SCRIPT_BINDS | SCRIPT_DELEGATED;
	if (mark(token, '=') && NAMED(ago(r, 1), "onclick") && mark(ago(r, 2), '.'))
		*facts |= receiver(r, 2);
}

/* Whether the text before `.method(` is an address as a whole, not a host. */
static bool of_address(const struct portal_js_token *token)
{
	return NAMED(token, "href", "url", "src", "link", "action", "u");
}

/* gov\.cn, by itself anywhere; \.gov\.cn$ is right for hosts, ^https?://([^/]+\.)?gov\.cn(/|$) for addresses. */
static bool expression_is_loose(wq_str text, bool address)
{
	ptrdiff_t gov = portal_find(text, WQ_S("gov"));
	wq_str before = wq_str_head(text, (size_t)gov), after = wq_str_from(text, (size_t)gov + 3);
	ptrdiff_t cn = portal_find(after, WQ_S("cn"));
	bool begins = wq_str_starts(text, WQ_S("^")), ends;

	after = cn < 0 ? after : wq_str_from(after, (size_t)cn + 2);
	while (after.n && after.p[0] == ')')
		after = wq_str_from(after, 1);
	ends = after.n && portal_is_one(after.p[0], "$(/\\[:");
	if (!ends || (!before.n || !portal_is_one(before.p[before.n - 1], ".)^/]?")))
		return true;
	if (wq_str_ends(before, WQ_S(".")) && !wq_str_ends(before, WQ_S("\\.")))
		return true;
	return address && !begins;
}

static void see_expression(struct reading *r, const struct portal_js_token *token)
{
	const struct portal_js_token *user = ago(r, 1);
	bool address = mark(user, '(') && NAMED(ago(r, 2), "match", "search") && of_address(ago(r, 4));

	if (portal_find(token->text, WQ_S("href=")) >= 0 && token->text.n &&
		(portal_find(token->text, WQ_S("href=\"")) >= 0 || portal_find(token->text, WQ_S("href='")) >= 0 ||
			portal_find(token->text, WQ_S("href=\\\"")) >= 0))
		r->script->facts |= SCRIPT_QUOTED;
	if (portal_find(token->text, WQ_S("gov")) < 0)
		return;
	r->script->facts |= SCRIPT_TESTS;
	if (expression_is_loose(token->text, address))
		r->script->facts |= SCRIPT_SUBSTRING;
}

/* /x/.test(this.href): at the end of the argument. */
static void see_test_of_address(struct reading *r)
{
	for (size_t back = 2; back < WINDOW; back++) {
		const struct portal_js_token *t = ago(r, back);
		if (t->kind == JS_REGEX) {
			if (mark(ago(r, back - 1), '.') && NAMED(ago(r, back - 2), "test", "exec") &&
				portal_find(t->text, WQ_S("gov")) >= 0 && expression_is_loose(t->text, true))
				r->script->facts |= SCRIPT_SUBSTRING;
			return;
		}
		if (!mark(t, '.') && !mark(t, '(') && t->kind != JS_NAME)
			return;
	}
}

static bool cut_before(const struct reading *r)
{
	for (size_t back = 1; back < 12; back++)
		if (NAMED(ago(r, back), "substring", "substr", "slice"))
			return true;
	return false;
}

/* A string with a government ending in it: how it is compared. */
static void see_suffix(struct reading *r, const struct portal_js_token *token, size_t from)
{
	const struct portal_js_token *method = ago(r, 2);
	unsigned *facts = &r->script->facts;

	r->listed |= mark(ago(r, 1), '[') || mark(ago(r, 1), ',') || NAMED(method, "Array");

	if (portal_find(token->text, WQ_S("*=")) >= 0) { /* a[href*='gov.cn'] */
		*facts |= SCRIPT_TESTS | SCRIPT_SUBSTRING;
		return;
	}
	if (mark(ago(r, 1), '=')) {
		if (mark(ago(r, 2), '=') || mark(ago(r, 2), '!'))
			*facts |= SCRIPT_TESTS | (cut_before(r) ? SCRIPT_SUBSTRING : 0);
		return;
	}
	if (!mark(ago(r, 1), '(') || method->kind != JS_NAME)
		return;
	if (NAMED(method, "indexOf", "lastIndexOf", "includes", "search", "match", "contains"))
		*facts |= SCRIPT_TESTS | SCRIPT_SUBSTRING;
	else if (NAMED(method, "endsWith"))
		*facts |= SCRIPT_TESTS | (token->text.p[0] != '.' || of_address(ago(r, 4)) ? SCRIPT_SUBSTRING : 0);
	else if (NAMED(method, "startsWith"))
		*facts |= SCRIPT_TESTS | (wq_str_chr(wq_str_from(token->text, from), '/') < 0 ? SCRIPT_SUBSTRING : 0);
	else if (NAMED(method, "RegExp"))
		*facts |= SCRIPT_TESTS | (expression_is_loose(token->text, false) ? SCRIPT_SUBSTRING : 0);
}

/* Whether a string holds a word of the prompt, as it is or as \uXXXX. */
static bool says(const struct wq_portal_rules *rules, wq_str text)
{
	const struct portal_list *list = &rules->lists[LIST_PROMPT];

	for (size_t i = 0; i < list->n; i++)
		if (portal_find(text, list->items[i]) >= 0)
			return true;
	/* 离开 */
	return portal_find_nocase(text, WQ_S("\\u79bb\\u5f00")) >= 0 ||
		portal_find_nocase(text, WQ_S("%u79bb%u5f00")) >= 0;
}

static void see_string(struct reading *r, const struct portal_js_token *token)
{
	struct portal_script *script = r->script;
	size_t from = 0, end = suffix_end(r->rules, token->text, &from);
	wq_str text = token->text;

	if (!text.n)
		return;
	if (!(script->facts & SCRIPT_SAYS) && says(r->rules, text))
		script->facts |= SCRIPT_SAYS;
	if (end)
		see_suffix(r, token, from);
	if (portal_find(text, WQ_S("href^=")) >= 0 && portal_find(text, WQ_S("http")) >= 0 &&
		portal_find(text, WQ_S("//")) < 0)
		script->facts |= SCRIPT_ONLY_HTTP;
	if (portal_find(text, WQ_S("href=\\\"")) >= 0 && mark(ago(r, 1), '(') &&
		NAMED(ago(r, 2), "indexOf", "split", "replace", "RegExp"))
		script->facts |= SCRIPT_QUOTED;
	if (mark(ago(r, 1), '(') && NAMED(ago(r, 2), "getElementsByTagName", "querySelectorAll", "$", "jQuery") &&
		selects_links(text))
		r->links = true;
	if (wq_str_eq(text, WQ_S("submit")))
		script->facts |= SCRIPT_FORMS;
	bool opens = mark(ago(r, 1), '(') && NAMED(ago(r, 2), "open", "assign");
	bool goes = mark(ago(r, 1), '=') &&
		(NAMED(ago(r, 2), "location") || (NAMED(ago(r, 2), "href") && NAMED(ago(r, 4), "location")));
	if ((opens || goes) && script->opens_n < PORTAL_SCRIPT_OPENS)
		script->opens[script->opens_n++] = text;
}

/* When the argument that goes on here is one of a search, `address.indexOf(list[`: what is searched, its last token; else NULL. */
static const struct portal_js_token *searched(const struct reading *r)
{
	for (size_t back = 1; back < 8; back++) {
		const struct portal_js_token *t = ago(r, back);
		if (mark(t, '('))
			return NAMED(ago(r, back + 1), "indexOf", "includes", "search", "match") &&
					mark(ago(r, back + 2), '.')
				? ago(r, back + 3)
				: NULL;
		if (!mark(t, '.') && t->kind != JS_NAME)
			return NULL;
	}
	return NULL;
}

static void see_name(struct reading *r, const struct portal_js_token *token)
{
	unsigned *facts = &r->script->facts;

	if (NAMED(token, "hostname", "host", "domain")) {
		/* href.indexOf(location.hostname), but not list.indexOf(a.hostname) */
		const struct portal_js_token *in = searched(r);
		*facts |= SCRIPT_TESTS | (in && (of_address(in) || mark(in, ')')) ? SCRIPT_SUBSTRING : 0);
	} else if (NAMED(token, "onsubmit", "submit")) {
		*facts |= SCRIPT_FORMS;
	} else if (NAMED(token, "links") && mark(ago(r, 1), '.') && NAMED(ago(r, 2), "document")) {
		r->links = true;
	}
}

static void see_mark(struct reading *r, const struct portal_js_token *token)
{
	r->indexed |= mark(token, '[') && searched(r);
	if (mark(token, '(') && NAMED(ago(r, 1), "confirm") && !NAMED(ago(r, 2), "function"))
		r->script->facts |= SCRIPT_CONFIRM;
	if (mark(token, '=') && NAMED(ago(r, 1), "open") && mark(ago(r, 2), '.'))
		r->script->facts |= SCRIPT_OPEN;
	/* `window.open ==` is a question */
	if (mark(token, '=') && mark(ago(r, 1), '=') && NAMED(ago(r, 2), "open"))
		r->script->facts &= ~(unsigned)SCRIPT_OPEN;
	if (mark(token, ')') && of_address(ago(r, 1)))
		see_test_of_address(r);
}

struct portal_script portal_script_read(const struct wq_portal_rules *rules, wq_str source)
{
	struct portal_script script = {0};
	struct reading r = {.rules = rules, .script = &script};
	struct portal_js js = {.source = source};

	for (;;) {
		struct portal_js_token token = portal_js_next(&js);
		if (token.kind == JS_END)
			break;
		r.w[++r.n % WINDOW] = token;
		see_binding(&r, &token);
		switch (token.kind) {
		case JS_STRING: see_string(&r, &token); break;
		case JS_REGEX: see_expression(&r, &token); break;
		case JS_NAME: see_name(&r, &token); break;
		case JS_MARK: see_mark(&r, &token); break;
		case JS_NUMBER:
		case JS_END: break;
		}
	}
	if (r.listed && r.indexed)
		script.facts |= SCRIPT_TESTS | SCRIPT_SUBSTRING;
	if (r.links && script.facts & SCRIPT_BINDS && !(script.facts & SCRIPT_DELEGATED))
		script.facts |= SCRIPT_LOADED;
	return script;
}

bool portal_script_worth(const struct wq_portal_rules *rules, wq_str source)
{
	if (portal_find(source, WQ_S("click")) >= 0)
		return says(rules, source) || portal_find(source, WQ_S("gov")) >= 0 ||
			portal_find(source, WQ_S("host")) >= 0;
	return portal_find(source, WQ_S("open(")) >= 0 || portal_find(source, WQ_S("location")) >= 0;
}

bool portal_script_asks(unsigned facts, bool says_so)
{
	/* handlers of the links themselves may call it */
	if (facts & SCRIPT_SAYS && facts & (SCRIPT_BINDS | SCRIPT_CONFIRM))
		return true;
	return facts & SCRIPT_BINDS && facts & SCRIPT_TESTS && (says_so || facts & SCRIPT_CONFIRM);
}
