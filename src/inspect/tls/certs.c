#include "inspect/tls/look_priv.h"

static enum wq_tls_key_kind key_kind(enum wq_x509_key key)
{
	static const enum wq_tls_key_kind kinds[] = {[WQ_X509_KEY_OTHER] = WQ_TLS_KEY_OTHER,
		[WQ_X509_KEY_RSA] = WQ_TLS_KEY_RSA,
		[WQ_X509_KEY_EC] = WQ_TLS_KEY_EC,
		[WQ_X509_KEY_SM2] = WQ_TLS_KEY_SM2,
		[WQ_X509_KEY_ED] = WQ_TLS_KEY_ED,
		[WQ_X509_KEY_DSA] = WQ_TLS_KEY_DSA};

	return kinds[key];
}

static struct wq_tls_cert cert_of(const struct wq_x509_facts *f)
{
	struct wq_tls_cert cert = {
		.der = f->der,
		.subject = f->subject,
		.issuer = f->issuer,
		.common_name = f->common_name,
		.serial = f->serial,
		.names = f->names,
		.names_n = f->names_n,
		.not_before = f->not_before,
		.not_after = f->not_after,
		.key = key_kind(f->key),
		.key_bits = f->key_bits,
		.curve = f->curve,
		.signature = f->signature,
		.hash = f->hash,
		.ocsp_url = f->ocsp_url,
		.crl_url = f->crl_url,
		.issuer_url = f->issuer_url,
		.is_ca = f->is_ca,
		.self_issued = f->self_issued,
		.has_sct = f->has_sct,
	};

	memcpy(cert.fingerprint, f->fingerprint.b, sizeof(cert.fingerprint));
	memcpy(cert.spki, f->spki.b, sizeof(cert.spki));
	return cert;
}

static enum wq_tls_path path_of(enum wq_x509_path path)
{
	static const enum wq_tls_path paths[] = {[WQ_X509_TRUSTED] = WQ_TLS_PATH_TRUSTED,
		[WQ_X509_SELF_SIGNED] = WQ_TLS_PATH_SELF_SIGNED,
		[WQ_X509_INCOMPLETE] = WQ_TLS_PATH_INCOMPLETE,
		[WQ_X509_UNTRUSTED] = WQ_TLS_PATH_UNTRUSTED};

	return paths[path];
}

static enum wq_tls_revocation revocation_of(enum wq_x509_revocation revocation)
{
	static const enum wq_tls_revocation said[] = {[WQ_X509_UNKNOWN] = WQ_TLS_REVOCATION_UNKNOWN,
		[WQ_X509_GOOD] = WQ_TLS_REVOCATION_GOOD,
		[WQ_X509_REVOKED] = WQ_TLS_REVOCATION_REVOKED};

	return said[revocation];
}

static wq_err take_facts(struct wq_arena *arena, const struct wq_x509 *bundle, struct wq_tls_chain *chain)
{
	struct wq_x509_facts facts;

	for (size_t i = 0; i < wq_x509_count(bundle) && i < WQ_TLS_CERTS_MAX; i++) {
		wq_err e = wq_x509_facts(arena, bundle, i, &facts);

		/* one that cannot be described ends the list, as one that cannot be read */
		if (wq_is(e, WQ_E_CERT))
			return WQ_OK;
		WQ_TRY(e);
		chain->certs[chain->n++] = cert_of(&facts);
	}
	return WQ_OK;
}

static void judge(struct tls_look *look, const struct wq_x509 *bundle, wq_str staple, struct wq_tls_chain *chain)
{
	wq_str host = look->host;
	struct wq_x509_verdict verdict;

	if (host.n > 2 && host.p[0] == '[')
		host = wq_str_of(host.p + 1, host.n - 2);
	chain->name_matches = wq_x509_matches_host(bundle, 0, host);
	wq_x509_judge(look->options->store, bundle, staple, look->o->at, &verdict);
	chain->path = path_of(verdict.path);
	chain->path_reason = wq_arena_str(look->arena, wq_str_c(verdict.reason));
	chain->disordered = verdict.disordered;
	chain->staple = revocation_of(verdict.staple);
	chain->crl = revocation_of(verdict.crl);
}

void tls_look_certs(struct tls_look *look, const wq_str *ders, size_t n, wq_str staple, struct wq_tls_chain *ret_chain)
{
	struct wq_x509 *bundle = NULL;

	if (n == 0 || wq_failed(look->e) || wq_failed(wq_x509_read_list(ders, n, &bundle)))
		return;
	look->e = take_facts(look->arena, bundle, ret_chain);
	if (!wq_failed(look->e) && ret_chain->n)
		judge(look, bundle, staple, ret_chain);
	wq_x509_free(&bundle);
}
