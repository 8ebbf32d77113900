#include "inspect/fake/letter.h"

#include "finding/rule.h"

#define TOP \
	"<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>关于仿冒网站线索的函</title>\n" \
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n" \
	"<style>@page{size:A4;margin:30mm 26mm}body{font:16px/1.8 'FangSong','Noto Serif CJK SC',serif;max-width:42em;margin:2em auto}" \
	"h1{text-align:center;font-size:22px}table{border-collapse:collapse;width:100%;font-size:14px}" \
	"td,th{border:1px solid #000;padding:4px 8px;text-align:left;vertical-align:top;overflow-wrap:anywhere}" \
	".sign{margin-top:4em;text-align:right}</style></head><body>\n<h1>关于仿冒网站线索的函</h1>\n"

static void text(struct wq_buf *out, wq_str s)
{
	static const struct {
		char c;
		const char *as;
	} escapes[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (size_t i = 0; i < s.n; i++) {
		const char *as = NULL;
		for (size_t k = 0; k < WQ_COUNT(escapes); k++)
			if (escapes[k].c == s.p[i])
				as = escapes[k].as;
		if (as)
			wq_buf_add(out, wq_str_c(as));
		else
			wq_buf_byte(out, (uint8_t)((unsigned char)s.p[i] < 32 ? ' ' : s.p[i]));
	}
}

static void row(struct wq_buf *out, const char *name, wq_str value)
{
	wq_buf_printf(out, "<tr><th>%s</th><td>", name);
	text(out, value);
	wq_buf_add(out, WQ_S("</td></tr>\n"));
}

static void findings(struct wq_buf *out, const struct wq_findings *found)
{
	wq_buf_add(
		out, WQ_S("<p>二、认定依据</p>\n<table><tr><th>事项</th><th>内容</th><th>本单位对应页面</th></tr>\n"));
	for (size_t i = 0; i < found->count; i++) {
		const struct wq_finding *f = &found->items[i];
		wq_str title = f->rule;
		for (int id = 0; id < WQ_RULE_COUNT; id++)
			if (wq_str_eq(wq_rule_name((enum wq_rule_id)id), f->rule))
				title = wq_rule_title((enum wq_rule_id)id, WQ_LANG_ZH);
		wq_buf_add(out, WQ_S("<tr><td>"));
		text(out, title);
		wq_buf_add(out, WQ_S("</td><td>"));
		text(out, f->evidence.excerpt);
		wq_buf_add(out, WQ_S("</td><td>"));
		text(out, f->evidence.target);
		wq_buf_add(out, WQ_S("</td></tr>\n"));
	}
	if (found->count == 0)
		wq_buf_add(out, WQ_S("<tr><td colspan=\"3\">未自动比对出相似内容，请人工核实。</td></tr>\n"));
	wq_buf_add(out, WQ_S("</table>\n"));
}

wq_err wq_fake_letter(const struct wq_fake_evidence *evidence, wq_digest body, struct wq_buf *out)
{
	char when[WQ_TIME_TEXT], hex[WQ_DIGEST_HEX];

	wq_buf_add(out, WQ_S(TOP));
	wq_buf_add(out, WQ_S("<p>＿＿＿＿＿＿：</p>\n<p>　　经监测，发现下列网站涉嫌仿冒"));
	text(out, evidence->unit.n ? evidence->unit : WQ_S("本单位"));
	wq_buf_add(out,
		WQ_S("网站。依据《互联网政务应用安全管理规定》第三十九条等规定，现将有关线索和证据移送，请依法处置。</p>\n<p>一、基本情况</p>\n<table>"));
	row(out, "网址", evidence->url);
	row(out, "取证时间（UTC）", wq_str_c(wq_time_text(evidence->time, when)));
	row(out, "解析地址", evidence->addresses);
	row(out, "页面 SM3", wq_str_c(wq_digest_hex(body, hex)));
	if (evidence->complaint.n > 0)
		row(out, "投诉内容", evidence->complaint);
	row(out, "取证人", evidence->person);
	wq_buf_add(out, WQ_S("</table>\n"));
	findings(out, evidence->findings);
	wq_buf_add(out,
		WQ_S("<p>三、附件</p>\n<p>页面原始字节（page.bin）、应答头（headers.txt）、解析地址（addresses.txt）、比对报告（report.json）。清单"
		     "（manifest）列明各文件 SM3 摘要，由取证人以 SM2 签名（manifest.sig），可用 <code>weique fake verify</code> 或"
		     " <code>openssl dgst -sm3</code> 核验。</p>\n<p class=\"sign\">（单位盖章）<br>　　年　　月　　日</p>\n</body></html>\n"));
	return wq_buf_err(out);
}
