/* The page that asks. Its style is one element whose hash stands in the headers: leave_page_test.c computes it again. */
#include "policy/leave.h"

#include "text/url.h"

#define STYLE \
	":root{font-size:112.5%}" \
	"*{box-sizing:border-box}" \
	"body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:#f2f4f7;color:#1a1a1a;line-height:1.7;" \
	"font-family:\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",\"Source Han Sans SC\"," \
	"\"WenQuanYi Micro Hei\",sans-serif}" \
	"header{background:#123f74;color:#fff;border-bottom:.25rem solid #b3271e}" \
	"header p,main{width:100%;max-width:46rem;margin:0 auto;padding-left:1.25rem;padding-right:1.25rem}" \
	"header p{padding-top:1rem;padding-bottom:1rem;font-size:1.35rem;font-weight:600;letter-spacing:.06em}" \
	"main{flex:1;padding-top:2.5rem;padding-bottom:2.5rem}" \
	"article{background:#fff;border:1px solid #c9d1db;border-radius:.4rem;padding:2rem}" \
	"h1{margin:0 0 1.25rem;font-size:1.6rem;line-height:1.5;font-weight:600}" \
	"dl{margin:0 0 1.5rem;padding:1rem 1.25rem;background:#f2f4f7;border-left:.3rem solid #123f74}" \
	"dt{font-size:.9rem;color:#4a5563}" \
	"dd{margin:0 0 .6rem;overflow-wrap:anywhere}" \
	"dd:last-child{margin-bottom:0}" \
	".host{font-size:1.3rem;font-weight:600}" \
	"nav{display:flex;flex-wrap:wrap;gap:1rem;margin:1.75rem 0 0}" \
	"nav a{flex:1 1 12rem;min-height:3.2rem;padding:.7rem 1.5rem;border:2px solid #123f74;border-radius:.3rem;" \
	"font-size:1.2rem;text-align:center;text-decoration:none;color:#123f74;background:#fff}" \
	"nav .go{color:#fff;background:#123f74}" \
	"nav a:hover{text-decoration:underline}" \
	"nav a:focus-visible{outline:.2rem solid #b3271e;outline-offset:.2rem}" \
	"section{margin-top:2rem;padding-top:1.25rem;border-top:1px solid #c9d1db;color:#333d4a;font-size:1rem}" \
	"h2{margin:0 0 .4rem;font-size:1.1rem}" \
	"section p,article>p{margin:0}" \
	"@media (max-width:30rem){article{padding:1.25rem}h1{font-size:1.4rem}main{padding-top:1.25rem}}"

#define STYLE_HASH "sha256-XQx+fa6ewsgCFSlJvJepZYtI18lBUKZNE1TO00XyPMc="

wq_str wq_leave_page_headers(void)
{
	return WQ_S("Content-Security-Policy: default-src 'none'; style-src '" STYLE_HASH
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
	wq_buf_add(out, WQ_S("门户网站</title>\n<style>" STYLE "</style>\n</head>\n<body>\n<header><p>"));
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
