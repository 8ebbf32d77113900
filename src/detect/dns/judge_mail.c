/* How the domain's mail can be forged or read on its way (D5, C2, C7): MX, SPF, DMARC, DKIM, MTA-STS. */
#include "detect/dns/judge_priv.h"
#include "detect/dns/mail_text.h"

static bool known_texts(const struct wq_dns_texts *t)
{
	return t->outcome == WQ_DNS_ANSWERED && (t->rcode == WQ_DNS_NOERROR || t->rcode == WQ_DNS_NXDOMAIN);
}

static bool null_mx(const struct wq_dns_mail_seen *m)
{
	return m->mx_n == 1 && wq_str_eq(m->mx[0].host, WQ_S("."));
}

/* Whether mail is received: an MX that is not the null one. */
static bool receives(const struct wq_dns_mail_seen *m)
{
	return m->mx_n > 0 && !null_mx(m);
}

static bool sends(const struct wq_dns_judging *j)
{
	return j->registered->mail_known ? j->registered->mail : receives(&j->seen->mail);
}

/* ---- MX ---- */

static const char *fault_of_mx(const struct wq_dns_mx_seen *mx)
{
	if (mx->address)
		return "an address instead of a name"; /* RFC 5321 §5.1 */
	if (mx->alias)
		return "a CNAME"; /* RFC 2181 §10.3 */
	if (mx->outcome == WQ_DNS_ANSWERED && mx->addrs_n == 0 &&
		(mx->rcode == WQ_DNS_NXDOMAIN || mx->rcode == WQ_DNS_NOERROR))
		return "no address";
	return NULL;
}

static wq_err judge_mx(struct wq_dns_judging *j)
{
	const struct wq_dns_mail_seen *m = &j->seen->mail;

	if (m->mx_outcome != WQ_DNS_ANSWERED || null_mx(m))
		return WQ_OK;
	if (m->mx_n == 0 && j->registered->mail_known && j->registered->mail)
		return wq_dns_say(j, WQ_RULE_MAIL_MX, WQ_S("none"), m->domain, "%.*s: no MX", WQ_S_ARG(m->domain));
	for (size_t i = 0; i < m->mx_n; i++) {
		const struct wq_dns_mx_seen *mx = &m->mx[i];
		const char *why = fault_of_mx(mx);
		if (!why && j->registered->mx_n && !wq_dns_name_among(mx->host, j->registered->mx, j->registered->mx_n))
			why = "not registered";
		if (why)
			WQ_TRY(wq_dns_say(j, WQ_RULE_MAIL_MX, mx->host, mx->host, "MX %u %.*s: %s", mx->preference,
				WQ_S_ARG(mx->host), why));
	}
	return WQ_OK;
}

/* ---- SPF ---- */

static bool only_all(wq_str text)
{
	return wq_str_eq_nocase(wq_str_trim(text), WQ_S("v=spf1 -all"));
}

static wq_err spf_weak(struct wq_dns_judging *j, wq_str text, wq_str what, const char *why)
{
	return wq_dns_say(j, WQ_RULE_MAIL_SPF_WEAK, what, j->seen->mail.domain, "%s: %.*s", why,
		WQ_S_ARG(wq_str_head(text, 120)));
}

static wq_err judge_walk(struct wq_dns_judging *j, wq_str text, const struct wq_spf_walked *w)
{
	char why[128];

	if (w->several)
		WQ_TRY(spf_weak(j, text, WQ_S("several"), "more than one record"));
	if (w->fault) {
		(void)snprintf(why, sizeof why, "%s (%.*s)", w->fault, (int)WQ_MIN(w->fault_at.n, 60U), w->fault_at.p);
		WQ_TRY(spf_weak(j, text, WQ_S("fault"), why));
	}
	if (w->loop)
		WQ_TRY(spf_weak(j, text, WQ_S("loop"), "an include that leads back"));
	if (w->lookups > WQ_SPF_LOOKUPS_MAX) {
		(void)snprintf(why, sizeof why, "%u look-ups, %d are allowed", w->lookups, WQ_SPF_LOOKUPS_MAX);
		WQ_TRY(spf_weak(j, text, WQ_S("lookups"), why));
	}
	if (w->voids > WQ_SPF_VOID_MAX) {
		(void)snprintf(why, sizeof why, "%u look-ups of nothing, %d are allowed", w->voids, WQ_SPF_VOID_MAX);
		WQ_TRY(spf_weak(j, text, WQ_S("voids"), why));
	}
	if (w->ptr)
		WQ_TRY(spf_weak(j, text, WQ_S("ptr"), "ptr"));
	if (w->wide)
		WQ_TRY(spf_weak(j, text, WQ_S("wide"), "a very large network"));
	/* without a reachable end nothing is said of how it ends */
	if (w->fault || w->missing.n || w->all == '-' || w->all == '~')
		return WQ_OK;
	return spf_weak(j, text, WQ_S("all"), w->all == '+' ? "+all" : w->all == '?' ? "?all" : "no all at the end");
}

static wq_err judge_spf(struct wq_dns_judging *j)
{
	const struct wq_dns_mail_seen *m = &j->seen->mail;
	const wq_str *record = NULL;
	struct wq_spf_walked walked;

	if (!known_texts(&m->spf))
		return WQ_OK;
	for (size_t i = m->spf.n; i-- > 0;)
		if (wq_spf_is(m->spf.texts[i]))
			record = &m->spf.texts[i];
	if (!record)
		return wq_dns_say(j, WQ_RULE_MAIL_NO_SPF, m->domain, m->domain, "TXT %.*s", WQ_S_ARG(m->domain));
	if (only_all(*record) && m->spf.n == 1)
		return WQ_OK;
	WQ_TRY(wq_spf_walk(j->arena, m->domain, m->spf.texts, m->spf.n, m->spf_names, m->spf_names_n, &walked));
	return judge_walk(j, *record, &walked);
}

/* ---- DMARC ---- */

static const wq_str *only_dmarc(const struct wq_dns_texts *t, size_t *ret_n)
{
	const wq_str *record = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < t->n; i++)
		if (wq_dmarc_is(t->texts[i])) {
			record = &t->texts[i];
			++*ret_n;
		}
	return record;
}

static wq_err dmarc_weak(struct wq_dns_judging *j, wq_str text, wq_str what, const char *why)
{
	return wq_dns_say(j, WQ_RULE_MAIL_DMARC_WEAK, what, j->seen->mail.domain, "%s: %.*s", why,
		WQ_S_ARG(wq_str_head(text, 120)));
}

/* RFC 7489 §6.6.3: the domain's own record, else its organisational domain's, whose sp counts then. */
static wq_err judge_dmarc(struct wq_dns_judging *j)
{
	const struct wq_dns_mail_seen *m = &j->seen->mail;
	bool inherited = false;
	struct wq_dmarc dmarc;
	const char *fault;
	size_t n;

	if (!known_texts(&m->dmarc))
		return WQ_OK;
	const wq_str *record = only_dmarc(&m->dmarc, &n);
	if (!record && m->organisation.n && !wq_str_eq(m->organisation, m->domain)) {
		if (!known_texts(&m->dmarc_organisation))
			return WQ_OK;
		record = only_dmarc(&m->dmarc_organisation, &n);
		inherited = true;
	}
	if (!record)
		return wq_dns_say(
			j, WQ_RULE_MAIL_NO_DMARC, m->domain, m->domain, "TXT _dmarc.%.*s", WQ_S_ARG(m->domain));
	if (n > 1)
		return dmarc_weak(j, *record, WQ_S("several"), "more than one record");
	if (!wq_dmarc_parse(*record, &dmarc, &fault))
		return dmarc_weak(j, *record, WQ_S("fault"), fault);
	if ((inherited ? dmarc.subdomains : dmarc.policy) == WQ_DMARC_NONE)
		return dmarc_weak(j, *record, WQ_S("none"), inherited ? "sp=none" : "p=none");
	if (dmarc.percent < 100)
		return dmarc_weak(j, *record, WQ_S("pct"), "pct");
	if (!inherited && dmarc.subdomains == WQ_DMARC_NONE)
		return dmarc_weak(j, *record, WQ_S("sp"), "sp=none");
	return WQ_OK;
}

/* ---- DKIM ---- */

static wq_err judge_key(struct wq_dns_judging *j, const struct wq_dns_dkim_seen *d)
{
	struct wq_dkim_key key;
	const char *why = NULL;
	char bits[48];

	if (!known_texts(&d->key))
		return WQ_OK;
	if (d->key.n == 0)
		why = "no key";
	else if (d->key.n > 1)
		why = "more than one key"; /* RFC 6376 §3.6.2.2: the result is undefined */
	else if (wq_dkim_parse(d->key.texts[0], &key, &why)) {
		(void)snprintf(bits, sizeof bits, "RSA %u bits", key.bits);
		why = key.revoked                                        ? "revoked (p=)"
			: key.testing                                    ? "testing (t=y)"
			: key.sha1_only                                  ? "sha1 only (h=)"
			: !key.ed25519 && key.bits < j->rules->dkim_bits ? bits
									 : NULL;
	}
	if (!why)
		return WQ_OK;
	return wq_dns_say(j, WQ_RULE_MAIL_DKIM, d->selector, d->selector, "%.*s._domainkey.%.*s: %s",
		WQ_S_ARG(d->selector), WQ_S_ARG(j->seen->mail.domain), why);
}

/* ---- MTA-STS: RFC 8461 ---- */

static wq_err judge_policy(struct wq_dns_judging *j)
{
	const struct wq_dns_mail_seen *m = &j->seen->mail;
	struct wq_sts_policy policy;
	const char *fault = NULL;
	wq_str at = WQ_S("policy");

	if (!m->has_policy)
		return WQ_OK;
	if (m->policy_status != 200)
		return wq_dns_say(j, WQ_RULE_MAIL_NO_MTA_STS, at, m->domain, "mta-sts.%.*s: HTTP %d",
			WQ_S_ARG(m->domain), m->policy_status);
	if (wq_sts_policy_parse(m->policy, &policy, &fault)) {
		fault = policy.mode != WQ_STS_ENFORCE                ? "the mode is not enforce"
			: policy.max_age < j->rules->sts_age_seconds ? "max_age is short"
								     : NULL;
		for (size_t i = 0; i < m->mx_n && !fault; i++)
			if (!wq_sts_policy_covers(&policy, m->mx[i].host))
				fault = "does not name every MX";
	}
	if (!fault)
		return WQ_OK;
	return wq_dns_say(j, WQ_RULE_MAIL_NO_MTA_STS, at, m->domain, "mta-sts.txt: %s", fault);
}

static wq_err judge_sts(struct wq_dns_judging *j)
{
	const struct wq_dns_mail_seen *m = &j->seen->mail;
	const char *fault = "no record";
	wq_str id;
	size_t n = 0;

	if (!known_texts(&m->mta_sts) || !receives(m))
		return WQ_OK;
	for (size_t i = 0; i < m->mta_sts.n; i++)
		if (wq_sts_is(m->mta_sts.texts[i])) {
			n++;
			(void)wq_sts_parse(m->mta_sts.texts[i], &id, &fault);
		}
	if (n > 1)
		fault = "more than one record";
	if (!fault)
		return judge_policy(j);
	return wq_dns_say(j, WQ_RULE_MAIL_NO_MTA_STS, WQ_S("record"), m->domain, "TXT _mta-sts.%.*s: %s",
		WQ_S_ARG(m->domain), fault);
}

wq_err wq_dns_judge_mail(struct wq_dns_judging *j)
{
	const struct wq_dns_mail_seen *m = &j->seen->mail;

	if (!m->looked)
		return WQ_OK;
	WQ_TRY(judge_mx(j));
	WQ_TRY(judge_spf(j));
	WQ_TRY(judge_dmarc(j));
	for (size_t i = 0; i < m->dkim_n && sends(j); i++)
		WQ_TRY(judge_key(j, &m->dkim[i]));
	return judge_sts(j);
}
