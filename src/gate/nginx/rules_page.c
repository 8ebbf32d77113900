#include "gate/nginx/rules_page.h"

#include "policy/page_style.h"
#include "text/base64.h"

wq_str wq_rules_page_headers(void)
{
	return WQ_S("Content-Security-Policy: default-src 'none'; style-src '" WQ_PAGE_STYLE_HASH
		    "'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
		    "X-Frame-Options: DENY\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "Referrer-Policy: no-referrer\r\n"
		    "X-Robots-Tag: noindex, nofollow\r\n");
}

struct text {
	const char *title, *zh, *en;
};

static const struct text texts[] = {
	[WQ_RULES_PAGE_BLOCK] = {"请求未被接受",
		"您提交的内容与网络攻击的特征相符，网站没有受理。如果是正常的内容，请把下面的编号告诉网站的工作人员。",
		"What you sent looks like an attack, so it was not accepted. If it was meant well, please tell the site's staff "
		"the number below."},
	[WQ_RULES_PAGE_OVER] = {"请求未被接受",
		"您的请求需要的检查超出了限度，网站没有受理。请稍后再试，或减少一次提交的内容。",
		"Checking your request took more than is allowed, so it was not accepted. Please try again later, or send less "
		"at a time."},
	[WQ_RULES_PAGE_UNREADABLE] = {"请求未被接受", "您提交的内容无法读取，网站没有受理。请检查内容的格式和编码。",
		"What you sent cannot be read, so it was not accepted. Please check its form and encoding."},
	[WQ_RULES_PAGE_CHALLENGE] = {"请确认继续访问",
		"您的请求需要确认。请按下面的按钮继续；刚才填写的内容需要重新提交。",
		"Your request needs a confirmation. Press the button to go on; what you filled in has to be sent again."},
};

void wq_rules_page(enum wq_rules_page kind, const char *incident, wq_str action, struct wq_buf *out)
{
	const struct text *t = &texts[kind];

	wq_buf_printf(out,
		"<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n"
		"<style>%s</style>\n</head>\n"
		"<body>\n<main>\n<article class=\"rule\">\n<h1>%s</h1>\n<p>%s</p>\n",
		t->title, WQ_PAGE_STYLE, t->title, t->zh);
	if (kind == WQ_RULES_PAGE_CHALLENGE)
		wq_buf_printf(out,
			"<form method=\"get\" action=\"%.*s\"><p><button type=\"submit\">继续访问 "
			"<span lang=\"en\">Continue</span></button></p></form>\n",
			WQ_S_ARG(action));
	wq_buf_printf(out, "<p lang=\"en\">%s</p>\n<p>编号 <span lang=\"en\">Number</span>: <strong>%s</strong></p>\n",
		t->en, incident);
	wq_buf_add(out, WQ_S("</article>\n</main>\n</body>\n</html>\n"));
}

/* ---- marks ---- */

void wq_rules_mark(const wq_digest *key, enum wq_rules_mark what, wq_str client, uint64_t hour, wq_str target,
	char out[WQ_RULES_MARK + 1])
{
	WQ_BUF(text, 64 * WQ_KIB);
	wq_digest mac;

	/* what stands before the target has no NUL in it */
	wq_buf_printf(&text, "%s", what == WQ_RULES_MARK_COOKIE ? "cookie" : "continue");
	wq_buf_byte(&text, 0);
	wq_buf_add(&text, client);
	wq_buf_byte(&text, 0);
	wq_buf_u64(&text, hour);
	wq_buf_add(&text, target);
	out[0] = 0;
	if (wq_failed(wq_buf_err(&text)))
		return;
	mac = wq_hmac_sm3(wq_str_of(key->b, sizeof key->b), wq_buf_str(&text));
	wq_hex(mac.b, WQ_RULES_MARK / 2, out);
}

static bool same(const char *a, wq_str b)
{
	unsigned differ = 0;

	for (size_t i = 0; i < WQ_RULES_MARK; i++)
		differ |= (unsigned char)(a[i] ^ b.p[i]);
	return differ == 0;
}

bool wq_rules_mark_holds(const wq_digest *keys, size_t keys_n, enum wq_rules_mark what, wq_str client, uint64_t hour,
	wq_str target, wq_str mark)
{
	if (mark.n != WQ_RULES_MARK)
		return false;
	for (size_t i = 0; i < keys_n; i++)
		for (uint64_t back = 0; back <= 1; back++) {
			char right[WQ_RULES_MARK + 1];

			wq_rules_mark(&keys[i], what, client, hour - back, target, right);
			if (right[0] && same(right, mark))
				return true;
		}
	return false;
}

void wq_rules_continue(const wq_digest *key, wq_str client, uint64_t hour, wq_str target, struct wq_buf *out)
{
	char mark[WQ_RULES_MARK + 1];

	wq_rules_mark(key, WQ_RULES_MARK_CONTINUE, client, hour, target, mark);
	wq_buf_printf(out, WQ_RULES_CONTINUE "%s/", mark);
	wq_base64_encode(target, WQ_BASE64_URL, out);
}

bool wq_rules_continue_read(
	const wq_digest *keys, size_t keys_n, wq_str client, uint64_t hour, wq_str path, struct wq_buf *out)
{
	wq_str rest = path, mark;
	size_t before = out->len;

	if (!wq_str_starts(rest, WQ_S(WQ_RULES_CONTINUE)))
		return false;
	rest = wq_str_from(rest, sizeof WQ_RULES_CONTINUE - 1);
	mark = wq_str_cut(&rest, '/');
	if (!rest.p || !wq_base64_url_decode(rest, out))
		return false;
	return wq_rules_mark_holds(
		keys, keys_n, WQ_RULES_MARK_CONTINUE, client, hour, wq_str_from(wq_buf_str(out), before), mark);
}

wq_str wq_rules_cookie(wq_str header)
{
	while (header.p) {
		wq_str pair = wq_str_trim(wq_str_cut(&header, ';'));
		wq_str name = wq_str_cut(&pair, '=');

		if (pair.p && wq_str_eq(name, WQ_S(WQ_RULES_COOKIE)))
			return pair;
	}
	return WQ_S_NONE;
}
