/* Which links of a page leave the sites of the Party and the government, and what asks before that (B6). */
#include "detect/portal/portal_priv.h"
#include "text/host.h"

enum { FILES_MAX = 32, URL_BYTES = 256, SCHEME_BYTES = 64 };

static bool judged(const struct wq_portal *p)
{
	return p->organ && p->subject->suffixes != NULL;
}

static bool among(const wq_str *hosts, size_t n, wq_str host)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(portal_without_port(hosts[i]), host))
			return true;
	return false;
}

static bool host_is_out(const struct wq_portal *p, wq_str host)
{
	const struct wq_subject *s = p->subject;

	return !wq_str_eq(host, p->page.document->address.host) && !among(s->hosts, s->hosts_n, host) &&
		!among(s->inside, s->inside_n, host) && !portal_listed(p->rules, LIST_MARK_HOSTS, host) &&
		!portal_listed(p->rules, LIST_ENTRY_HOSTS, host) &&
		!wq_host_government(s->suffixes, host, s->day, NULL);
}

static const struct wq_url *base(const struct wq_portal *p)
{
	return p->leave.base.href.n ? &p->leave.base : &p->page.document->address;
}

static bool parsed_is_out(struct wq_portal *p, wq_str address)
{
	struct wq_url url;

	return portal_spend(p, URL_BYTES + 4 * address.n) &&
		!wq_failed(wq_url_parse(p->arena, address, base(p), &url)) && url.special && url.host.n &&
		host_is_out(p, url.host);
}

/* "http://host" and "//host" of plain letters: what stands between the slashes; else p == NULL. */
static wq_str plain_authority(wq_str address)
{
	size_t from = wq_str_starts(address, WQ_S("//"))          ? 2
		: wq_str_starts_nocase(address, WQ_S("http://"))  ? 7
		: wq_str_starts_nocase(address, WQ_S("https://")) ? 8
								  : 0;
	size_t n = from;

	while (n < address.n && !portal_is_one(address.p[n], "/?#")) {
		char c = address.p[n];
		if (!portal_digit(c) && !(c >= 'a' && c <= 'z') && c != '.' && c != '-' && c != ':')
			return WQ_S_NONE;
		n++;
	}
	return from && n > from ? wq_str_of(address.p + from, n - from) : WQ_S_NONE;
}

/* Most links go to a few hosts: one of each is parsed. */
static bool leads_out(struct wq_portal *p, wq_str address)
{
	wq_str authority, scheme;

	address = wq_str_trim(address);
	authority = plain_authority(address);
	if (authority.n) {
		size_t slot = wq_str_hash(authority, 0) % WQ_COUNT(p->leave.judged);
		if (!wq_str_eq(p->leave.judged[slot].authority, authority)) {
			p->leave.judged[slot].authority = authority;
			p->leave.judged[slot].out = parsed_is_out(p, address);
		}
		return p->leave.judged[slot].out;
	}
	for (size_t i = 0; i < WQ_MIN(address.n, (size_t)16); i++)
		if ((unsigned char)address.p[i] < ' ' || address.p[i] == '\\')
			return parsed_is_out(p, address);
	scheme = wq_url_scheme(address);
	if (scheme.n)
		return (wq_str_starts_nocase(scheme, WQ_S("http")) || wq_str_eq_nocase(scheme, WQ_S("ftp"))) &&
			parsed_is_out(p, address);
	if (wq_str_starts(address, WQ_S("//")))
		return parsed_is_out(p, address);
	return p->leave.base_out && address.n && address.p[0] != '#';
}

static void add_out(struct wq_portal *p, unsigned kind, wq_str address, uint64_t at, uint64_t n)
{
	struct wq_url url;

	if (!p->leave.out) {
		p->leave.at = at;
		p->leave.n = n;
		if (portal_spend(p, URL_BYTES + 4 * address.n) &&
			!wq_failed(wq_url_parse(p->arena, address, base(p), &url)))
			p->leave.target = url.href;
	}
	p->leave.out |= kind;
}

void portal_leave_base(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str href = portal_attr(p, token, WQ_S("href"));

	if (!judged(p) || !href.n || p->leave.base.href.n)
		return;
	if (!wq_failed(wq_url_parse(p->arena, href, &p->page.document->address, &p->leave.base)))
		p->leave.base_out = p->leave.base.special && host_is_out(p, p->leave.base.host);
	else
		p->leave.base = (struct wq_url){0};
}

/* A handler of the link itself that asks. */
static bool asks_itself(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str code = portal_attr(p, token, WQ_S("onclick"));

	return code.n && (portal_find(code, WQ_S("confirm")) >= 0 || portal_find(code, WQ_S("return ")) >= 0);
}

void portal_leave_link(struct wq_portal *p, const struct wq_html_token *token)
{
	const struct wq_html_attr *attr = wq_html_attr_find(token, WQ_S("href"));
	wq_str href;

	if (!judged(p) || !attr ||
		(attr->value.n > 1 && attr->value.p[0] == '/' && attr->value.p[1] != '/' && attr->value.p[1] != '\\' &&
			!p->leave.base_out))
		return;
	/* most have their references behind what is judged */
	href = wq_str_trim(attr->value);
	if (!plain_authority(href).n && wq_str_chr(wq_str_head(href, SCHEME_BYTES), '&') >= 0)
		href = portal_decode(p, href, WQ_HTML_IN_ATTRIBUTE);
	if (!leads_out(p, href) || asks_itself(p, token))
		return;
	add_out(p, OUT_LINK | (attr->quote ? 0 : OUT_UNQUOTED) | (wq_str_starts(href, WQ_S("//")) ? OUT_NO_SCHEME : 0),
		portal_decode(p, attr->value, WQ_HTML_IN_ATTRIBUTE), token->start, token->raw.n);
}

void portal_leave_form(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str action = portal_attr(p, token, WQ_S("action"));

	if (judged(p) && action.n && leads_out(p, action))
		add_out(p, OUT_FORM, action, token->start, token->raw.n);
}

void portal_leave_refresh(struct wq_portal *p, const struct wq_html_token *token)
{
	wq_str content;
	ptrdiff_t at;

	if (!judged(p) || !wq_str_eq_nocase(portal_attr(p, token, WQ_S("http-equiv")), WQ_S("refresh")))
		return;
	content = portal_attr(p, token, WQ_S("content"));
	/* the second before it, "url" and "=" may be left out */
	at = wq_str_chr(content, ';') >= 0 ? wq_str_chr(content, ';') : wq_str_chr(content, ',');
	content = at < 0 ? WQ_S_NONE : wq_str_trim(wq_str_from(content, (size_t)at + 1));
	if (wq_str_starts_nocase(content, WQ_S("url"))) {
		content = wq_str_trim(wq_str_from(content, 3));
		content = wq_str_trim(wq_str_from(content, wq_str_starts(content, WQ_S("="))));
	}
	if (content.n && (content.p[0] == '\'' || content.p[0] == '"'))
		content = wq_str_head(wq_str_from(content, 1), content.n - 2);
	if (content.n && leads_out(p, content))
		add_out(p, OUT_REFRESH, content, token->start, token->raw.n);
}

static void see_opens(struct wq_portal *p, const struct portal_script *script, uint64_t at, uint64_t n)
{
	if (script->facts & (SCRIPT_SAYS | SCRIPT_CONFIRM))
		return;
	for (size_t i = 0; i < script->opens_n; i++)
		if (leads_out(p, script->opens[i]))
			add_out(p, OUT_CODE, script->opens[i], at, n);
}

void portal_leave_handlers(struct wq_portal *p, const struct wq_html_token *token)
{
	if (!judged(p))
		return;
	for (size_t i = 0; i < token->attrs_n; i++) {
		const struct wq_html_attr *attr = &token->attrs[i];
		if (!wq_str_starts_nocase(attr->name, WQ_S("on")) ||
			(portal_find(attr->value, WQ_S("open")) < 0 && portal_find(attr->value, WQ_S("location")) < 0))
			continue;
		struct portal_script script = portal_script_read(
			p->rules, portal_decode(p, attr->value, WQ_HTML_IN_ATTRIBUTE));
		see_opens(p, &script, token->start, token->raw.n);
	}
}

void portal_leave_file(struct wq_portal *p, wq_str src)
{
	struct portal_leave *leave = &p->leave;
	struct wq_url url;

	if (!judged(p) || !src.n || leave->files_n == FILES_MAX || !portal_spend(p, URL_BYTES + 4 * src.n) ||
		wq_failed(wq_url_parse(p->arena, src, base(p), &url)) || !wq_url_is_http(&url) ||
		host_is_out(p, url.host) || portal_listed(p->rules, LIST_ENTRY_HOSTS, url.host) ||
		portal_listed(p->rules, LIST_MARK_HOSTS, url.host))
		return;
	if (!leave->files)
		leave->files = WQ_NEW_ARRAY(p->arena, uint64_t, FILES_MAX);
	if (leave->files)
		leave->files[leave->files_n++] = wq_str_hash(wq_url_without_fragment(&url), 0);
}

void portal_leave_code(struct wq_portal *p, wq_str code, uint64_t at)
{
	struct portal_script script;

	if (!judged(p) || !portal_script_worth(p->rules, code))
		return;
	script = portal_script_read(p->rules, code);
	see_opens(p, &script, at, code.n);
	if (portal_script_asks(script.facts, false)) {
		p->leave.asks = true;
		p->leave.script |= script.facts;
		p->leave.script_at = at;
		p->leave.script_n = code.n;
	} else if (portal_script_asks(script.facts, true)) {
		p->leave.half |= script.facts;
	}
}

bool portal_leave_judge(unsigned out, bool asks, unsigned facts, bool unread, struct portal_verdict *ret_verdict)
{
	const struct {
		bool is;
		int severity;
		const char *subject;
	} faults[] = {
		{facts & SCRIPT_SUBSTRING, -1, "it looks for a part of the address"},
		{out & OUT_FORM && !(facts & SCRIPT_FORMS), -1, "forms"},
		{out & OUT_REFRESH, -1, "meta refresh"},
		{out & OUT_CODE && !(facts & SCRIPT_OPEN), -1, "window.open and location"},
		{out & OUT_UNQUOTED && facts & SCRIPT_QUOTED, -1, "href without quotes"},
		{out & OUT_NO_SCHEME && facts & SCRIPT_ONLY_HTTP, -1, "addresses without a scheme"},
		{out && facts & SCRIPT_LOADED && !(facts & SCRIPT_DELEGATED), WQ_SEVERITY_LOW, "links added later"},
	};

	if (!asks) {
		*ret_verdict = (struct portal_verdict){WQ_RULE_LEAVE_NO_PROMPT, unread ? WQ_SEVERITY_INFO : -1,
			unread ? "none seen, not all scripts were read" : "none"};
		return out != 0;
	}
	for (size_t i = 0; i < WQ_COUNT(faults); i++)
		if (faults[i].is) {
			*ret_verdict = (struct portal_verdict){
				WQ_RULE_LEAVE_BYPASSED, faults[i].severity, faults[i].subject};
			return true;
		}
	return false;
}
