#include "inspect/dns/look_priv.h"

static void texts_of(struct wq_dns_looking *look, const struct wq_dns_resolve *r, struct wq_dns_texts *ret)
{
	wq_str *texts = WQ_NEW_ARRAY(look->arena, wq_str, WQ_DNS_TEXTS_MAX);

	*ret = (struct wq_dns_texts){.outcome = r->outcome, .rcode = r->message.rcode, .texts = texts};
	for (size_t i = 0; texts && i < r->message.records_n && ret->n < WQ_DNS_TEXTS_MAX; i++)
		if (r->message.records[i].section == WQ_DNS_ANSWER && r->message.records[i].type == WQ_DNS_TXT)
			texts[ret->n++] = r->message.records[i].text;
}

static wq_str below(struct wq_arena *arena, const char *label, wq_str domain)
{
	return wq_arena_printf(arena, "%s.%.*s", label, WQ_S_ARG(domain));
}

/* ---- MX ---- */

static size_t hosts_of(const struct wq_dns_resolve *r, struct wq_dns_mx_seen *mx)
{
	size_t n = 0;

	for (size_t i = 0; i < r->message.records_n && n < WQ_DNS_MX_MAX; i++) {
		const struct wq_dns_record *record = &r->message.records[i];
		struct wq_addr addr;
		if (record->section == WQ_DNS_ANSWER && record->type == WQ_DNS_MX)
			mx[n++] = (struct wq_dns_mx_seen){.preference = record->preference,
				.host = record->name,
				.address = wq_host_address(record->name, &addr)};
	}
	return n;
}

static void take_host(struct wq_dns_mx_seen *mx, const struct wq_dns_resolve *r, struct wq_addr *addrs)
{
	for (size_t i = 0; i < r->message.records_n; i++) {
		const struct wq_dns_record *record = &r->message.records[i];
		if (record->section != WQ_DNS_ANSWER)
			continue;
		mx->alias |= record->type == WQ_DNS_CNAME && wq_str_eq(record->owner, mx->host);
		if (record->type == r->type)
			(void)wq_dns_add_addr(addrs, &mx->addrs_n, WQ_DNS_ADDRS_MAX, &record->addr);
	}
	if (mx->outcome == WQ_DNS_NOT_ASKED || r->outcome != WQ_DNS_ANSWERED || r->message.rcode == WQ_DNS_SERVFAIL) {
		mx->outcome = r->outcome;
		mx->rcode = r->message.rcode;
	}
	mx->addrs = addrs;
}

static wq_err look_mx(struct wq_dns_looking *look, const struct wq_dns_resolve *r, struct wq_dns_mail_seen *mail)
{
	struct wq_dns_mx_seen *mx = WQ_NEW_ARRAY(look->arena, struct wq_dns_mx_seen, WQ_DNS_MX_MAX);
	struct wq_dns_resolve *hosts = WQ_NEW_ARRAY(look->arena, struct wq_dns_resolve, 2 * WQ_DNS_MX_MAX);

	if (!mx || !hosts)
		return wq_arena_err(look->arena);
	mail->mx_outcome = r->outcome == WQ_DNS_ANSWERED && r->message.rcode == WQ_DNS_SERVFAIL ? WQ_DNS_TIMEOUT
												: r->outcome;
	mail->mx_rcode = r->message.rcode;
	mail->mx = mx;
	mail->mx_n = hosts_of(r, mx);
	for (size_t i = 0; i < 2 * mail->mx_n; i++)
		hosts[i] = (struct wq_dns_resolve){.name = mx[i / 2].host, .type = i % 2 ? WQ_DNS_AAAA : WQ_DNS_A};
	WQ_TRY(wq_dns_resolve_all(look, hosts, 2 * mail->mx_n));
	for (size_t i = 0; i < mail->mx_n; i++) {
		struct wq_addr *addrs = WQ_NEW_ARRAY(look->arena, struct wq_addr, WQ_DNS_ADDRS_MAX);
		if (!addrs)
			return wq_arena_err(look->arena);
		take_host(&mx[i], &hosts[2 * i], addrs);
		take_host(&mx[i], &hosts[2 * i + 1], addrs);
	}
	return WQ_OK;
}

/* ---- SPF: what the record leads to, name by name ---- */

static void take_spf(struct wq_dns_looking *look, const struct wq_dns_resolve *r, size_t n, struct wq_spf_seen *seen)
{
	struct wq_dns_texts texts;
	uint16_t type = seen->ask == WQ_SPF_ASK_TXT ? WQ_DNS_TXT : seen->ask == WQ_SPF_ASK_MX ? WQ_DNS_MX : 0;
	bool any = false;

	for (size_t k = 0; k < n; k++) {
		seen->failed |= r[k].outcome != WQ_DNS_ANSWERED || r[k].message.rcode == WQ_DNS_SERVFAIL;
		for (size_t i = 0; i < r[k].message.records_n; i++) {
			uint16_t is = r[k].message.records[i].type;
			any |= r[k].message.records[i].section == WQ_DNS_ANSWER &&
				(type ? is == type : is == WQ_DNS_A || is == WQ_DNS_AAAA);
		}
	}
	seen->nothing = !any;
	seen->failed &= !any;
	texts_of(look, r, &texts);
	seen->texts = texts.texts;
	seen->texts_n = texts.n;
}

static wq_err look_spf(struct wq_dns_looking *look, struct wq_dns_mail_seen *mail)
{
	struct wq_spf_seen *table = WQ_NEW_ARRAY(look->arena, struct wq_spf_seen, WQ_SPF_NAMES);
	struct wq_spf_walked walked;

	if (!table)
		return wq_arena_err(look->arena);
	mail->spf_names = table;
	while (mail->spf_names_n < WQ_SPF_NAMES) {
		WQ_TRY(wq_spf_walk(
			look->arena, mail->domain, mail->spf.texts, mail->spf.n, table, mail->spf_names_n, &walked));
		if (walked.missing.n == 0)
			break;
		struct wq_spf_seen *seen = &table[mail->spf_names_n++];
		bool address = walked.missing_ask == WQ_SPF_ASK_ADDRESS;
		struct wq_dns_resolve r[2] = {{.name = walked.missing,
						      .type = address                               ? WQ_DNS_A
							      : walked.missing_ask == WQ_SPF_ASK_MX ? WQ_DNS_MX
												    : WQ_DNS_TXT},
			{.name = walked.missing, .type = WQ_DNS_AAAA}};
		*seen = (struct wq_spf_seen){.name = walked.missing, .ask = walked.missing_ask};
		WQ_TRY(wq_dns_resolve_all(look, r, address ? 2 : 1));
		take_spf(look, r, address ? 2 : 1, seen);
	}
	return WQ_OK;
}

/* ---- the whole ---- */

wq_err wq_dns_look_mail(struct wq_dns_looking *look, struct wq_dns_observation *seen)
{
	enum { MX, SPF, DMARC, DMARC_ORGANISATION, STS, DKIM };
	struct wq_dns_mail_seen mail = {.looked = true};
	size_t selectors = WQ_MIN(look->registered->dkim_selectors_n, (size_t)WQ_DNS_MX_MAX);
	struct wq_dns_resolve r[DKIM + WQ_DNS_MX_MAX] = {0};
	struct wq_arena *arena = look->arena;

	mail.domain = look->options.mail_domain.n ? look->options.mail_domain : seen->zone;
	wq_str registrable = wq_psl_registrable(look->options.psl, mail.domain);
	mail.organisation = registrable.n ? registrable : mail.domain;
	r[MX] = (struct wq_dns_resolve){.name = mail.domain, .type = WQ_DNS_MX};
	r[SPF] = (struct wq_dns_resolve){.name = mail.domain, .type = WQ_DNS_TXT};
	r[DMARC] = (struct wq_dns_resolve){.name = below(arena, "_dmarc", mail.domain), .type = WQ_DNS_TXT};
	r[DMARC_ORGANISATION] = (struct wq_dns_resolve){
		.name = below(arena, "_dmarc", mail.organisation), .type = WQ_DNS_TXT};
	r[STS] = (struct wq_dns_resolve){.name = below(arena, "_mta-sts", mail.domain), .type = WQ_DNS_TXT};
	for (size_t i = 0; i < selectors; i++)
		r[DKIM + i] = (struct wq_dns_resolve){
			.name = wq_arena_printf(arena, "%.*s._domainkey.%.*s",
				WQ_S_ARG(look->registered->dkim_selectors[i]), WQ_S_ARG(mail.domain)),
			.type = WQ_DNS_TXT};
	WQ_TRY(wq_dns_resolve_all(look, r, DKIM + selectors));
	texts_of(look, &r[SPF], &mail.spf);
	texts_of(look, &r[DMARC], &mail.dmarc);
	texts_of(look, &r[DMARC_ORGANISATION], &mail.dmarc_organisation);
	texts_of(look, &r[STS], &mail.mta_sts);
	struct wq_dns_dkim_seen *dkim = WQ_NEW_ARRAY(arena, struct wq_dns_dkim_seen, selectors + 1);
	for (size_t i = 0; dkim && i < selectors; i++) {
		dkim[i].selector = look->registered->dkim_selectors[i];
		texts_of(look, &r[DKIM + i], &dkim[i].key);
	}
	mail.dkim = dkim;
	mail.dkim_n = selectors;
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(look_mx(look, &r[MX], &mail));
	WQ_TRY(look_spf(look, &mail));
	seen->mail = mail;
	return WQ_OK;
}
