/* Names, addresses and secure connections. */
#include "flow/inspect/report_html_priv.h"
#include "flow/inspect/words.h"

enum { ADDRESSES_SHOWN = 12 };

static void put(struct wq_html_report *r, const char *html)
{
	wq_buf_add(r->out, wq_str_c(html));
}

static void put_names(struct wq_html_report *r, const wq_str *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put(r, i ? ", " : "");
		wq_html_esc(r, names[i]);
	}
	if (n == 0)
		put(r, "–");
}

static void put_addresses(struct wq_html_report *r, const struct wq_inspect_host *h)
{
	for (size_t i = 0; i < h->addresses_n && i < ADDRESSES_SHOWN; i++) {
		put(r, i ? ", <code>" : "<code>");
		wq_html_esc(r, h->addresses[i].text);
		put(r, "</code>");
		if (h->addresses[i].country.n) {
			put(r, " (");
			wq_html_esc(r, h->addresses[i].country);
			put(r, ")");
		}
	}
	if (h->addresses_n > ADDRESSES_SHOWN)
		put(r, " …");
	if (h->addresses_n == 0)
		put(r, "–");
}

static void put_host(struct wq_html_report *r, const struct wq_inspect_host *h)
{
	put(r, "<tr><th scope=\"row\"><code>");
	wq_html_esc(r, h->host);
	put(r, "</code></th>");
	if (!h->looked) {
		put(r, "<td colspan=\"3\" class=\"soft\">");
		if (h->named)
			wq_html_put(r, "未检查解析", "not looked at in the DNS");
		else
			wq_html_put(r, "不适用：不是域名", "not applicable: no name of the DNS");
		put(r, "</td>");
	} else {
		put(r, "<td>");
		put_addresses(r, h);
		put(r, "</td><td>");
		put_names(r, h->ns, h->ns_n);
		put(r, "</td><td>");
		put_names(r, h->resolvers, h->resolvers_n);
		put(r, "</td>");
	}
	wq_buf_printf(r->out, "<td class=\"nowrap\">%s</td></tr>\n", wq_inspect_said_title(h->ipv6, r->report->lang));
}

static void put_hosts(struct wq_html_report *r, const struct wq_inspect_network *network)
{
	if (network->hosts_n == 0)
		return;
	wq_html_put(r,
		"<table><thead><tr><th scope=\"col\">域名</th><th scope=\"col\">地址</th><th scope=\"col\">权威服务器</th><th "
		"scope=\"col\">比对的解析器</th><th scope=\"col\">IPv6</th></tr></thead><tbody>\n",
		"<table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Addresses</th><th scope=\"col\">Name servers</th><th "
		"scope=\"col\">Resolvers compared</th><th scope=\"col\">IPv6</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < network->hosts_n; i++)
		put_host(r, &network->hosts[i]);
	put(r, "</tbody></table>\n");
}

static void put_certificate(struct wq_html_report *r, const struct wq_inspect_tls *t)
{
	int64_t days = wq_inspect_days_left(t, r->result->began);
	char until[32];

	put(r, "<td>");
	wq_html_esc(r, t->issuer);
	wq_buf_printf(r->out, "</td><td class=\"nowrap\">%.10s", wq_inspect_time(t->not_after, until));
	wq_buf_printf(r->out, r->zh ? "（%s %lld 天）</td>" : " (%s %lld days)</td>",
		days < 0        ? r->zh ? "已过期" : "expired for"
			: r->zh ? "剩余"
				: "left:",
		(long long)(days < 0 ? -days : days));
}

static void put_tls(struct wq_html_report *r, const struct wq_inspect_network *network)
{
	if (network->tls_n == 0)
		return;
	wq_html_put(r,
		"<table><thead><tr><th scope=\"col\">安全连接</th><th scope=\"col\">协议版本</th><th scope=\"col\">证书签发机构</th><th "
		"scope=\"col\">有效期至</th></tr></thead><tbody>\n",
		"<table><thead><tr><th scope=\"col\">Secure connection</th><th scope=\"col\">Versions</th><th scope=\"col\">Issuer</th><th "
		"scope=\"col\">Valid until</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < network->tls_n; i++) {
		const struct wq_inspect_tls *t = &network->tls[i];

		put(r, "<tr><th scope=\"row\"><code>");
		wq_html_esc(r, t->host);
		wq_buf_printf(r->out, ":%u</code></th><td>", t->port);
		if (t->versions.n)
			wq_html_esc(r, t->versions);
		else
			wq_html_put(r, "无应答", "no answer");
		put(r, "</td>");
		if (t->known.n)
			put_certificate(r, t);
		else
			put(r, "<td>–</td><td>–</td>");
		put(r, "</tr>\n");
	}
	put(r, "</tbody></table>\n");
}

void wq_html_network(struct wq_html_report *r)
{
	const struct wq_inspect_network *network = &r->result->network;

	if (network->hosts_n + network->tls_n == 0)
		return;
	wq_html_put(r, "<section aria-labelledby=\"network\"><h2 id=\"network\">网络</h2>\n",
		"<section aria-labelledby=\"network\"><h2 id=\"network\">Network</h2>\n");
	put_hosts(r, network);
	put_tls(r, network);
	put(r, "</section>\n");
}
