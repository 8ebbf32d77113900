#include "detect/tls/judge_priv.h"

enum { NAMES_SHOWN = 8, TEXT_MAX = 2048 };

struct chain_view {
	const struct wq_tls_chain *chain;
	const char *prefix; /* of excerpts: which of the two chains */
	const char *what;
	bool tlcp;
};

static wq_str day_of(struct wq_arena *arena, wq_time t)
{
	char text[WQ_TIME_TEXT];

	return wq_arena_str(arena, wq_str_of(wq_time_text(t, text), 10));
}

static void say(struct tls_judge *j, const struct chain_view *v, enum wq_rule_id rule, wq_str text)
{
	tls_say(j, rule, v->what, wq_arena_printf(j->arena, "%s%.*s", v->prefix, WQ_S_ARG(text)));
}

/* ---- dates ---- */

static void judge_dates(struct tls_judge *j, const struct chain_view *v, const struct wq_tls_cert *cert, bool leaf)
{
	wq_str text = wq_arena_printf(j->arena, "%.*s – %.*s: %.*s", WQ_S_ARG(day_of(j->arena, cert->not_before)),
		WQ_S_ARG(day_of(j->arena, cert->not_after)), WQ_S_ARG(cert->subject));

	if (j->now > cert->not_after)
		say(j, v, WQ_RULE_TLS_EXPIRED, text);
	else if (j->now < cert->not_before)
		say(j, v, WQ_RULE_TLS_NOT_YET, text);
	else if (cert->not_after - j->now <= (wq_time)j->rules->expires_days * WQ_DAY)
		say(j, v, WQ_RULE_TLS_EXPIRES, text);
	if (leaf && !v->tlcp && cert->not_after - cert->not_before > (wq_time)j->rules->validity_days * WQ_DAY)
		say(j, v, WQ_RULE_TLS_LONG_VALIDITY, text);
}

/* ---- strength ---- */

static void judge_key(struct tls_judge *j, const struct chain_view *v, const struct wq_tls_cert *cert)
{
	const struct wq_tls_rules *rules = j->rules;
	bool rsa = cert->key == WQ_TLS_KEY_RSA || cert->key == WQ_TLS_KEY_DSA;
	uint64_t least = rsa ? rules->rsa_bits : cert->key == WQ_TLS_KEY_EC ? rules->ec_bits : 0;

	if (cert->key_bits && cert->key_bits < least)
		say(j, v, WQ_RULE_TLS_WEAK_KEY,
			wq_arena_printf(j->arena, "%s %u %.*s: %.*s",
				cert->key == WQ_TLS_KEY_RSA           ? "RSA"
					: cert->key == WQ_TLS_KEY_DSA ? "DSA"
								      : "EC",
				cert->key_bits, WQ_S_ARG(cert->curve), WQ_S_ARG(cert->subject)));
}

static void judge_signature(struct tls_judge *j, const struct chain_view *v, const struct wq_tls_cert *cert)
{
	for (size_t i = 0; i < j->rules->weak_hashes_n; i++)
		if (wq_str_eq_nocase(cert->hash, j->rules->weak_hashes[i])) {
			say(j, v, WQ_RULE_TLS_WEAK_SIGNATURE,
				wq_arena_printf(
					j->arena, "%.*s: %.*s", WQ_S_ARG(cert->signature), WQ_S_ARG(cert->subject)));
			return;
		}
}

/* What a root says of itself is believed by nobody. */
static void judge_certs(struct tls_judge *j, const struct chain_view *v)
{
	for (size_t i = 0; i < v->chain->n; i++) {
		const struct wq_tls_cert *cert = &v->chain->certs[i];

		if (i > 0 && cert->self_issued)
			continue;
		judge_dates(j, v, cert, i == 0);
		judge_key(j, v, cert);
		if (!cert->self_issued)
			judge_signature(j, v, cert);
	}
}

/* ---- whose ---- */

static void judge_name(struct tls_judge *j, const struct chain_view *v)
{
	const struct wq_tls_cert *leaf = &v->chain->certs[0];
	WQ_BUF(text, TEXT_MAX);

	if (v->chain->name_matches)
		return;
	wq_buf_add(&text, leaf->names_n ? WQ_S("SAN:") : WQ_S("SAN: -; CN: "));
	if (leaf->names_n == 0)
		wq_buf_add(&text, wq_str_head(leaf->common_name, TLS_EXCERPT));
	for (size_t i = 0; i < leaf->names_n && i < NAMES_SHOWN; i++)
		wq_buf_printf(&text, " %.*s", WQ_S_ARG(wq_str_head(leaf->names[i], TLS_EXCERPT)));
	say(j, v, WQ_RULE_TLS_WRONG_NAME, wq_buf_str(&text));
}

static void judge_path(struct tls_judge *j, const struct chain_view *v)
{
	const struct wq_tls_cert *leaf = &v->chain->certs[0];
	wq_str why = v->chain->path_reason.n
		? wq_arena_printf(j->arena, "%.*s; %.*s", WQ_S_ARG(leaf->issuer), WQ_S_ARG(v->chain->path_reason))
		: leaf->issuer;

	if (v->chain->path == WQ_TLS_PATH_SELF_SIGNED)
		say(j, v, WQ_RULE_TLS_SELF_SIGNED, leaf->subject);
	else if (v->chain->path == WQ_TLS_PATH_INCOMPLETE)
		say(j, v, WQ_RULE_TLS_CHAIN, why);
	else if (v->chain->path == WQ_TLS_PATH_UNTRUSTED)
		say(j, v, WQ_RULE_TLS_UNTRUSTED, why);
	if (v->chain->path == WQ_TLS_PATH_TRUSTED && v->chain->disordered)
		/* RFC 5246 §7.4.2: each one certifies the one before it */
		tls_say_at(j, WQ_RULE_TLS_CHAIN, WQ_SEVERITY_LOW, v->what,
			wq_arena_printf(j->arena, "%sRFC 5246 §7.4.2: %.*s", v->prefix, WQ_S_ARG(leaf->subject)));
}

static void judge_revocation(struct tls_judge *j, const struct chain_view *v)
{
	const struct wq_tls_cert *leaf = &v->chain->certs[0];
	bool staple = v->chain->staple == WQ_TLS_REVOCATION_REVOKED;

	if (staple || v->chain->crl == WQ_TLS_REVOCATION_REVOKED)
		say(j, v, WQ_RULE_TLS_REVOKED,
			wq_arena_printf(j->arena, "%s: %.*s", staple ? "OCSP" : "CRL", WQ_S_ARG(leaf->serial)));
}

static void judge_chain(struct tls_judge *j, const struct chain_view *v)
{
	if (v->chain->n == 0)
		return;
	judge_certs(j, v);
	judge_name(j, v);
	judge_revocation(j, v);
	/* no system trusts the roots of SM2; whose they are is asked of the issuer's name */
	if (!v->tlcp)
		judge_path(j, v);
}

/* ---- lawful authorities ---- */

static bool is_listed(const struct wq_tls_rules *rules, const struct wq_tls_chain *chain)
{
	for (size_t c = 0; c < chain->n; c++)
		for (size_t i = 0; i < rules->authorities_n; i++)
			if (wq_str_find(chain->certs[c].issuer, rules->authorities[i]) >= 0)
				return true;
	return false;
}

static void judge_issuer(struct tls_judge *j)
{
	const struct wq_tls_chain *chain = j->o->chain.n ? &j->o->chain : &j->o->tlcp;

	if (!j->government || chain->n == 0 || chain->path == WQ_TLS_PATH_SELF_SIGNED)
		return;
	/* one certificate of such an authority is enough: many sites have another one for browsers from abroad */
	if (!is_listed(j->rules, &j->o->chain) && !is_listed(j->rules, &j->o->tlcp))
		tls_say(j, WQ_RULE_TLS_ISSUER, "issuer", chain->certs[0].issuer);
}

void tls_judge_chains(struct tls_judge *j)
{
	const struct chain_view views[] = {
		{&j->o->chain, "", "certificate", false}, {&j->o->tlcp, "TLCP: ", "tlcp certificate", true}};

	for (size_t i = 0; i < WQ_COUNT(views); i++)
		judge_chain(j, &views[i]);
	judge_issuer(j);
}
