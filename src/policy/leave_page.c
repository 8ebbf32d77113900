/* The page that asks. Its style is one element whose hash stands in the headers: leave_page_test.c computes it again. */
#include "policy/leave.h"

#include "policy/page_style.h"
#include "text/url.h"

wq_str wq_leave_page_headers(void)
{
	return WQ_S("Content-Security-Policy: default-src 'none'; style-src '" WQ_PAGE_STYLE_HASH
		    "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
		    "X-Frame-Options: DENY\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "Referrer-Policy: no-referrer\r\n"
		    "Cache-Control: no-store\r\n"
		    "X-Robots-Tag: noindex, nofollow\r\n");
}

static void put_escaped(struct wq_buf *out, wq_str text)
{
	for (size_t i = 0; i < text.n; i++)
		switch (text.p[i]) {
		case '&': wq_buf_add(out, WQ_S("&amp;")); break;
		case '<': wq_buf_add(out, WQ_S("&lt;")); break;
		case '>': wq_buf_add(out, WQ_S("&gt;")); break;
		case '"': wq_buf_add(out, WQ_S("&quot;")); break;
		case '\'': wq_buf_add(out, WQ_S("&#39;")); break;
		default: wq_buf_byte(out, (uint8_t)text.p[i]);
		}
}

/* The host of an address in its serialisation, so the authority ends at the first of these and no "@" is behind the last. */
static wq_str host_of(wq_str address)
{
	ptrdiff_t at = wq_str_find(address, WQ_S("://"));
	wq_str authority = wq_str_from(address, at < 0 ? address.n : (size_t)at + 3);
	size_t n = 0;

	while (n < authority.n && authority.p[n] != '/' && authority.p[n] != '?' && authority.p[n] != '#')
		n++;
	authority.n = n;
	return wq_str_from(authority, (size_t)(wq_str_rchr(authority, '@') + 1));
}

/* Only to places: nothing that a browser would run. */
static bool may_be_followed(wq_str address)
{
	wq_str scheme = wq_url_scheme(address);

	return host_of(address).n > 0 && !wq_str_eq_nocase(scheme, WQ_S("javascript")) &&
		!wq_str_eq_nocase(scheme, WQ_S("vbscript")) && !wq_str_eq_nocase(scheme, WQ_S("data"));
}

static bool own_path(wq_str path)
{
	if (path.n == 0 || path.p[0] != '/' || (path.n > 1 && path.p[1] == '/'))
		return false;
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] <= 0x20 || path.p[i] == '\\' || path.p[i] == 0x7f)
			return false;
	return true;
}

/* 2024 art. 15; the sentence of the guide to government sites */
static void put_sentence(const struct wq_policy *policy, struct wq_buf *out)
{
	wq_buf_add(out, WQ_S("您访问的链接即将离开"));
	if (policy->portal.n > 0) {
		wq_buf_add(out, WQ_S("“"));
		put_escaped(out, policy->portal);
		wq_buf_add(out, WQ_S("”"));
	} else {
		wq_buf_add(out, WQ_S("本"));
	}
	wq_buf_add(out, WQ_S("门户网站，是否继续？"));
}

static void put_head(const struct wq_policy *policy, struct wq_buf *out)
{
	wq_buf_add(out,
		WQ_S("<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>即将离开"));
	put_escaped(out, policy->portal.n > 0 ? policy->portal : WQ_S("本"));
	wq_buf_add(out, WQ_S("门户网站</title>\n<style>" WQ_PAGE_STYLE "</style>\n</head>\n<body>\n<header><p>"));
	put_escaped(out, policy->portal.n > 0 ? policy->portal : WQ_S("门户网站"));
	wq_buf_add(out, WQ_S("</p></header>\n"));
}

static void put_links(wq_str address, wq_str back, struct wq_buf *out)
{
	wq_buf_add(out, WQ_S("<nav aria-label=\"是否继续\">\n"));
	if (may_be_followed(address)) {
		wq_buf_add(out, WQ_S("<a class=\"go\" rel=\"noreferrer noopener\" href=\""));
		put_escaped(out, address);
		wq_buf_add(out, WQ_S("\">继续访问</a>\n"));
	}
	wq_buf_add(out, WQ_S("<a href=\""));
	put_escaped(out, own_path(back) ? back : WQ_S("/"));
	wq_buf_add(out, WQ_S("\">放弃</a>\n</nav>\n"));
}

static void put_english(const struct wq_policy *policy, struct wq_buf *out)
{
	wq_buf_add(out,
		WQ_S("<section lang=\"en\" aria-labelledby=\"en\">\n<h2 id=\"en\">You are about to leave this portal</h2>\n"
		     "<p>The link leads out of the portal"));
	if (policy->portal.n > 0) {
		wq_buf_add(out, WQ_S(" of <span lang=\"zh-CN\">"));
		put_escaped(out, policy->portal);
		wq_buf_add(out, WQ_S("</span>"));
	}
	wq_buf_add(out,
		WQ_S(" to a site that it does not run. Choose <b lang=\"zh-CN\">继续访问</b> to continue, or "
		     "<b lang=\"zh-CN\">放弃</b> to go back.</p>\n</section>\n"));
}

void wq_leave_page(const struct wq_policy *policy, wq_str address, wq_str back, struct wq_buf *out)
{
	put_head(policy, out);
	wq_buf_add(out, WQ_S("<main>\n<article>\n<h1>"));
	put_sentence(policy, out);
	wq_buf_add(out, WQ_S("</h1>\n<dl>\n<dt>将要访问的网站</dt>\n<dd class=\"host\">"));
	put_escaped(out, host_of(address));
	wq_buf_add(out, WQ_S("</dd>\n<dt>链接地址</dt>\n<dd>"));
	put_escaped(out, address);
	wq_buf_add(out, WQ_S("</dd>\n</dl>\n<p>该网站不由本门户网站管理，请注意核实其内容，谨慎填写个人信息。</p>\n"));
	put_links(address, back, out);
	put_english(policy, out);
	wq_buf_add(out, WQ_S("</article>\n</main>\n</body>\n</html>\n"));
}
