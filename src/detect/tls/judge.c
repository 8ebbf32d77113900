#include "detect/tls/judge_priv.h"

#include "finding/excerpt.h"
#include "text/host.h"
#include "text/url.h"

enum { HTTPS = 443, MOVED = 300, MOVED_END = 400, LIST_MAX = 4096 };

wq_str tls_site_url(struct wq_arena *arena, const struct wq_tls_observation *o)
{
	if (o->port == HTTPS)
		return wq_arena_printf(arena, "https://%.*s/", WQ_S_ARG(o->host));
	return wq_arena_printf(arena, "https://%.*s:%u/", WQ_S_ARG(o->host), o->port);
}

void tls_say_at(struct tls_judge *j, enum wq_rule_id rule, enum wq_severity severity, const char *what, wq_str excerpt)
{
	struct wq_finding finding = wq_rule_finding(rule);

	if (wq_failed(j->e))
		return;
	finding.severity = severity;
	finding.place.app = j->subject->app;
	finding.place.url = j->url;
	finding.evidence.excerpt = wq_clean(j->arena, excerpt, TLS_EXCERPT);
	finding.evidence.subject = wq_str_c(what);
	finding.found_at = j->now;
	j->e = wq_arena_err(j->arena);
	if (!wq_failed(j->e))
		j->e = wq_findings_add(j->findings, &finding);
}

void tls_say(struct tls_judge *j, enum wq_rule_id rule, const char *what, wq_str excerpt)
{
	tls_say_at(j, rule, wq_rule_severity(rule), what, excerpt);
}

/* ---- versions ---- */

static bool accepts(const struct tls_judge *j, unsigned versions)
{
	for (unsigned v = 0; v < WQ_TLS_VERSIONS; v++)
		if (versions & 1u << v && j->o->versions[v] == WQ_TLS_YES)
			return true;
	return false;
}

static bool was_asked(const struct tls_judge *j, unsigned versions)
{
	for (unsigned v = 0; v < WQ_TLS_VERSIONS; v++)
		if (versions & 1u << v && j->o->versions[v] == WQ_TLS_UNASKED)
			return false;
	return true;
}

static void judge_versions(struct tls_judge *j)
{
	WQ_BUF(list, LIST_MAX);

	for (unsigned v = 0; v < WQ_TLS_VERSIONS; v++)
		if (j->rules->old & 1u << v && j->o->versions[v] == WQ_TLS_YES)
			wq_buf_printf(&list, "%s%s", list.len ? ", " : "", wq_tls_version_text((enum wq_tls_version)v));
	if (list.len)
		tls_say(j, WQ_RULE_TLS_OLD_VERSION, "versions", wq_buf_str(&list));
	if (!accepts(j, j->rules->modern) && was_asked(j, j->rules->modern))
		tls_say(j, WQ_RULE_TLS_NO_MODERN, "versions",
			accepts(j, 1u << WQ_TLS_TLCP) && list.len == 0 ? WQ_S("TLCP") : wq_buf_str(&list));
	if (j->government && j->o->versions[WQ_TLS_TLCP] == WQ_TLS_NO &&
		!(j->o->chain.n && j->o->chain.certs[0].key == WQ_TLS_KEY_SM2))
		tls_say(j, WQ_RULE_TLS_NO_SM, "tlcp", WQ_S("TLCP 1.1: -"));
}

/* ---- suites ---- */

static void judge_weak_suites(struct tls_judge *j)
{
	const struct wq_tls_observation *o = j->o;
	WQ_BUF(list, LIST_MAX);

	for (size_t i = 0; i < o->accepted_n; i++) {
		const struct wq_tls_suite *suite = wq_tls_suite_of(j->rules, o->accepted[i]);

		if (suite && suite->kind == WQ_TLS_SUITE_WEAK)
			wq_buf_printf(&list, "%s%.*s (%s)", list.len ? ", " : "", WQ_S_ARG(suite->name),
				wq_tls_version_text((enum wq_tls_version)o->accepted_by[i]));
	}
	if (list.len)
		tls_say(j, WQ_RULE_TLS_WEAK_SUITE, "suites", wq_buf_str(&list));
}

/* The best version that is not TLS 1.3, where forward secrecy is not a matter of choice; -1 when there is none. */
static int best_classic(const struct wq_tls_observation *o)
{
	for (int v = WQ_TLS_12; v >= WQ_TLS_SSL3; v--)
		if (o->versions[v] == WQ_TLS_YES)
			return v;
	return -1;
}

static void judge_forward(struct tls_judge *j)
{
	int v = best_classic(j->o);
	const struct wq_tls_suite *chosen = v < 0 ? NULL : wq_tls_suite_of(j->rules, j->o->chosen[v]);

	if (v < 0)
		return;
	if (j->o->forward == WQ_TLS_NO)
		tls_say(j, WQ_RULE_TLS_NO_FS, "forward", wq_str_c(wq_tls_version_text((enum wq_tls_version)v)));
	else if (j->o->forward == WQ_TLS_YES && chosen && chosen->kind == WQ_TLS_SUITE_STATIC)
		tls_say(j, WQ_RULE_TLS_NO_FS, "forward", chosen->name);
}

static void judge_protocol(struct tls_judge *j)
{
	const struct wq_tls_observation *o = j->o;

	if (o->dh_bits && o->dh_bits < j->rules->dh_bits)
		tls_say(j, WQ_RULE_TLS_WEAK_DH, "dh", wq_arena_printf(j->arena, "DH %u", o->dh_bits));
	if (o->secure_renegotiation == WQ_TLS_NO)
		tls_say(j, WQ_RULE_TLS_RENEGOTIATION, "renegotiation", WQ_S("RFC 5746: -"));
	if (o->compression == WQ_TLS_YES)
		tls_say(j, WQ_RULE_TLS_COMPRESSION, "compression", WQ_S("DEFLATE"));
	if (o->fallback_scsv == WQ_TLS_NO)
		tls_say(j, WQ_RULE_TLS_FALLBACK, "fallback", WQ_S("TLS_FALLBACK_SCSV (RFC 7507): -"));
	if (o->faulty)
		tls_say(j, WQ_RULE_TLS_FALLBACK, "faulty", o->faulty_reason);
}

/* ---- HTTP ---- */

/* RFC 6797 §6.1.1: seconds, perhaps quoted; the first one counts. */
static bool max_age(wq_str header, uint64_t *ret_seconds)
{
	for (wq_str rest = header; rest.p;) {
		wq_str value = wq_str_cut(&rest, ';'), name = wq_str_trim(wq_str_cut(&value, '='));

		value = wq_str_trim(value);
		if (!wq_str_eq_nocase(name, WQ_S("max-age")))
			continue;
		if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = wq_str_of(value.p + 1, value.n - 2);
		return wq_str_to_u64(value, UINT64_MAX, ret_seconds);
	}
	return false;
}

static void judge_hsts(struct tls_judge *j)
{
	const struct wq_tls_http *https = &j->o->https;
	struct wq_addr address;
	uint64_t seconds = 0;

	/* RFC 6797 §8.1.1: of no consequence for an address */
	if (!https->answered || wq_host_address(j->o->host, &address))
		return;
	if (!https->has_hsts)
		tls_say(j, WQ_RULE_TLS_NO_HSTS, "hsts", WQ_S("Strict-Transport-Security: -"));
	else if (!max_age(https->hsts, &seconds) || seconds < j->rules->hsts_days * 86400)
		tls_say(j, WQ_RULE_TLS_NO_HSTS, "hsts",
			wq_arena_printf(j->arena, "Strict-Transport-Security: %.*s", WQ_S_ARG(https->hsts)));
}

static bool is_own(const struct tls_judge *j, wq_str host)
{
	const struct wq_subject *s = j->subject;

	for (size_t i = 0; i < s->hosts_n; i++)
		if (wq_str_eq(s->hosts[i], host))
			return true;
	/* www.example.gov.cn and example.gov.cn send to each other */
	return wq_host_under(host, j->o->host) || wq_host_under(j->o->host, host);
}

static bool leads_to_https(const struct tls_judge *j)
{
	const struct wq_tls_http *http = &j->o->http;
	struct wq_url url;

	if (http->status < MOVED || http->status >= MOVED_END)
		return false;
	if (wq_failed(wq_url_parse(j->arena, http->location, NULL, &url)))
		return false;
	return wq_str_eq(url.scheme, WQ_S("https")) && is_own(j, url.host);
}

static void judge_redirect(struct tls_judge *j)
{
	const struct wq_tls_http *http = &j->o->http;

	/* what is refused without TLS is not served without TLS */
	if (!http->answered || http->status >= MOVED_END || leads_to_https(j))
		return;
	tls_say(j, WQ_RULE_TLS_NO_REDIRECT, "redirect",
		wq_arena_printf(j->arena, "HTTP %d%s%.*s", http->status, http->location.n ? ": " : "",
			WQ_S_ARG(http->location)));
}

/* ---- all of it ---- */

static bool speaks(const struct tls_judge *j)
{
	return accepts(j, (1u << WQ_TLS_VERSIONS) - 1);
}

static void judge_none(struct tls_judge *j)
{
	const struct wq_tls_observation *o = j->o;

	/* silence on both ports is a matter of availability, not of TLS */
	if (o->reachable || o->http.answered)
		tls_say(j, WQ_RULE_TLS_NONE, "none",
			wq_arena_printf(
				j->arena, "%.*s:%u%s", WQ_S_ARG(o->host), o->port, o->reachable ? " (TCP)" : ""));
}

static bool is_government(const struct wq_subject *subject)
{
	return subject->kind == WQ_SUBJECT_ORGAN || subject->kind == WQ_SUBJECT_INSTITUTION ||
		subject->kind == WQ_SUBJECT_UNION;
}

static void judge_drift(struct tls_judge *j, const struct wq_tls_known *previous)
{
	struct wq_tls_known now;
	bool issuer, due;

	if (!wq_tls_known_of(j->o, &now) || memcmp(now.fingerprint, previous->fingerprint, sizeof now.fingerprint) == 0)
		return;
	issuer = !wq_str_eq(now.issuer, previous->issuer);
	due = previous->not_after - j->now <= (wq_time)j->rules->expires_days * WQ_DAY;
	/* renewed in time by the same authority: ordinary work, worth knowing */
	tls_say_at(j, WQ_RULE_TLS_CHANGED, issuer || !due ? wq_rule_severity(WQ_RULE_TLS_CHANGED) : WQ_SEVERITY_INFO,
		"certificate",
		wq_arena_printf(j->arena, "%.*s -> %.*s", WQ_S_ARG(previous->issuer), WQ_S_ARG(now.issuer)));
}

wq_err wq_tls_judge(struct wq_arena *arena, const struct wq_subject *subject, const struct wq_tls_rules *rules,
	const struct wq_tls_observation *observation, const struct wq_tls_known *previous, struct wq_findings *findings)
{
	struct tls_judge j = {.arena = arena,
		.subject = subject,
		.rules = rules,
		.o = observation,
		.findings = findings,
		.now = subject->now ? subject->now : observation->at,
		.government = is_government(subject),
		.url = tls_site_url(arena, observation),
		.e = WQ_OK};

	if (speaks(&j)) {
		judge_versions(&j);
		judge_weak_suites(&j);
		judge_forward(&j);
		judge_protocol(&j);
		tls_judge_chains(&j);
		judge_hsts(&j);
		judge_redirect(&j);
		if (previous)
			judge_drift(&j, previous);
	} else {
		judge_none(&j);
	}
	return wq_failed(j.e) ? j.e : wq_arena_err(arena);
}
