#include "crypto/x509_path.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "crypto/x509_priv.h"

enum { CRLS_MAX = 256, CRL_BYTES_MAX = 32 * 1024 * 1024, STAPLE_SKEW_SECONDS = 300 };

struct wq_x509_store {
	X509_STORE *trusted;
	STACK_OF(X509) * helpers;
	STACK_OF(X509_CRL) * crls;
};

/* ---- the store ---- */

void wq_x509_store_close(struct wq_x509_store **store)
{
	if (!*store)
		return;
	X509_STORE_free((*store)->trusted);
	sk_X509_pop_free((*store)->helpers, X509_free);
	sk_X509_CRL_pop_free((*store)->crls, X509_CRL_free);
	free(*store);
	*store = NULL;
}

static bool is_self_signed(X509 *cert)
{
	return X509_self_signed(cert, 1) == 1;
}

/* Takes the certificate in every case. */
static bool store_take(struct wq_x509_store *store, X509 *cert)
{
	bool good = wq_x509_set_identity(cert);

	if (good && !is_self_signed(cert))
		return sk_X509_push(store->helpers, cert) > 0 || (X509_free(cert), false);
	good = good && X509_STORE_add_cert(store->trusted, cert) == 1;
	X509_free(cert);
	return good;
}

static wq_err store_read(struct wq_x509_store *store, const char *path)
{
	WQ_BUF(bytes, WQ_X509_STORE_BYTES_MAX);
	size_t n = 0;
	BIO *in;
	X509 *cert;
	wq_err e = WQ_OK;

	WQ_TRY(wq_file_read(&wq_fs_system, path, &bytes));
	in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	while (in && !wq_failed(e) && (cert = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL))) {
		if (++n > WQ_X509_STORE_CERTS_MAX)
			e = wq_error(WQ_E_LIMIT, "%s: over %d certificates", path, WQ_X509_STORE_CERTS_MAX);
		if (!store_take(store, cert))
			e = wq_error_id(WQ_E_NO_MEMORY);
	}
	BIO_free(in);
	ERR_clear_error();
	if (!wq_failed(e) && n == 0)
		e = wq_error(WQ_E_CONFIG, "%s: no certificate in it", path);
	return e;
}

wq_err wq_x509_store_open(const char *ca_file, struct wq_x509_store **ret_store)
{
	struct wq_x509_store *store = calloc(1, sizeof(*store));
	wq_err e = WQ_OK;

	if (!store)
		return wq_error_id(WQ_E_NO_MEMORY);
	store->trusted = X509_STORE_new();
	store->helpers = sk_X509_new_null();
	store->crls = sk_X509_CRL_new_null();
	if (!store->trusted || !store->helpers || !store->crls)
		e = wq_error_id(WQ_E_NO_MEMORY);
	else if (ca_file)
		e = store_read(store, ca_file);
	else if (X509_STORE_set_default_paths(store->trusted) != 1)
		e = wq_error(WQ_E_CONFIG, "the system's certificates cannot be read");
	ERR_clear_error();
	if (wq_failed(e))
		wq_x509_store_close(&store);
	else
		*ret_store = store;
	return e;
}

wq_err wq_x509_store_add_crl(struct wq_x509_store *store, wq_str bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.p;
	int before = sk_X509_CRL_num(store->crls);
	BIO *in;
	X509_CRL *crl;

	if (bytes.n > CRL_BYTES_MAX)
		return wq_error(WQ_E_LIMIT, "over %d bytes of CRL", CRL_BYTES_MAX);
	if (bytes.n && bytes.p[0] == 0x30) {
		crl = d2i_X509_CRL(NULL, &p, (long)bytes.n);
		if (crl && sk_X509_CRL_push(store->crls, crl) <= 0)
			X509_CRL_free(crl);
	} else {
		in = BIO_new_mem_buf(bytes.p, (int)bytes.n);
		while (in && sk_X509_CRL_num(store->crls) < CRLS_MAX &&
			(crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)))
			if (sk_X509_CRL_push(store->crls, crl) <= 0)
				X509_CRL_free(crl);
		BIO_free(in);
	}
	ERR_clear_error();
	return sk_X509_CRL_num(store->crls) > before ? WQ_OK : wq_error(WQ_E_CERT, "no CRL in it");
}

/* ---- the path ---- */

struct walk {
	X509_STORE_CTX *ctx;
	STACK_OF(X509) * others;
	int error;
	X509 *issuer; /* of the leaf, when it was found; counted */
};

static void walk_done(struct walk *w)
{
	X509_STORE_CTX_free(w->ctx);
	sk_X509_free(w->others);
	X509_free(w->issuer);
	w->ctx = NULL;
	w->others = NULL;
	w->issuer = NULL;
}

static bool push_all(STACK_OF(X509) * to, STACK_OF(X509) * from)
{
	for (int i = 0; i < sk_X509_num(from); i++)
		if (sk_X509_push(to, sk_X509_value(from, i)) <= 0)
			return false;
	return true;
}

/* Security level 0 and no time: weak keys, weak signatures and dates are facts of their own. */
static bool walk_set(struct walk *w, const struct wq_x509_store *store, const struct wq_x509 *chain, bool helped)
{
	X509_VERIFY_PARAM *param;

	w->ctx = X509_STORE_CTX_new();
	w->others = sk_X509_new_null();
	if (!w->ctx || !w->others)
		return false;
	for (size_t i = 1; i < chain->n; i++)
		if (sk_X509_push(w->others, chain->certs[i]) <= 0)
			return false;
	if (helped && !push_all(w->others, store->helpers))
		return false;
	if (X509_STORE_CTX_init(w->ctx, store->trusted, chain->certs[0], w->others) != 1)
		return false;
	param = X509_STORE_CTX_get0_param(w->ctx);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_depth(param, WQ_X509_CERTS_MAX);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME) == 1;
}

static bool walk(const struct wq_x509_store *store, const struct wq_x509 *chain, bool helped, struct walk *w)
{
	bool good;

	w->error = X509_V_ERR_UNSPECIFIED;
	if (!walk_set(w, store, chain, helped))
		return false;
	good = X509_verify_cert(w->ctx) == 1;
	w->error = X509_STORE_CTX_get_error(w->ctx);
	if (good && sk_X509_num(X509_STORE_CTX_get0_chain(w->ctx)) > 1) {
		w->issuer = sk_X509_value(X509_STORE_CTX_get0_chain(w->ctx), 1);
		X509_up_ref(w->issuer);
	}
	return good;
}

static bool has_issuer_url(X509 *cert)
{
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list); i++)
		found |= OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(list, i)->method) == NID_ad_ca_issuers;
	AUTHORITY_INFO_ACCESS_free(list);
	return found;
}

/* Nothing that was sent certifies the site's certificate, and it says where its issuer's can be had. */
static bool lacks_issuer(const struct wq_x509 *chain)
{
	for (size_t i = 1; i < chain->n; i++)
		if (X509_check_issued(chain->certs[i], chain->certs[0]) == X509_V_OK)
			return false;
	return has_issuer_url(chain->certs[0]);
}

static bool is_disordered(const struct wq_x509 *chain)
{
	for (size_t i = 1; i < chain->n; i++)
		if (X509_check_issued(chain->certs[i], chain->certs[i - 1]) != X509_V_OK)
			return true;
	return false;
}

static void judge_path(const struct wq_x509_store *store, const struct wq_x509 *chain, struct wq_x509_verdict *v,
	struct walk *ret_walk)
{
	struct walk first = {0};

	v->path = WQ_X509_TRUSTED;
	if (walk(store, chain, false, ret_walk))
		return;
	snprintf(v->reason, sizeof(v->reason), "%s", X509_verify_cert_error_string(ret_walk->error));
	first = *ret_walk;
	*ret_walk = (struct walk){0};
	if (is_self_signed(chain->certs[0]))
		v->path = WQ_X509_SELF_SIGNED;
	else if (walk(store, chain, true, ret_walk) || lacks_issuer(chain))
		v->path = WQ_X509_INCOMPLETE;
	else
		v->path = WQ_X509_UNTRUSTED;
	walk_done(&first);
}

/* ---- revocation ---- */

/* The certificate that signed the leaf: of the path, else of what was sent. Not counted. */
static X509 *issuer_of(const struct walk *w, const struct wq_x509 *chain)
{
	X509 *leaf = chain->certs[0];

	if (w->issuer)
		return w->issuer;
	for (size_t i = 1; i < chain->n; i++)
		if (X509_check_issued(chain->certs[i], leaf) == X509_V_OK &&
			X509_verify(leaf, X509_get0_pubkey(chain->certs[i])) == 1)
			return chain->certs[i];
	return NULL;
}

static enum wq_x509_revocation judge_crls(const struct wq_x509_store *store, X509 *leaf, X509 *issuer, wq_time at)
{
	enum wq_x509_revocation said = WQ_X509_UNKNOWN;
	time_t now = (time_t)(at / WQ_SECOND);

	for (int i = 0; i < sk_X509_CRL_num(store->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(store->crls, i);
		X509_REVOKED *entry = NULL;

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(leaf)) != 0 ||
			X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
			continue;
		/* 2: removed from it again (RFC 5280 §5.3.1) */
		if (X509_CRL_get0_by_cert(crl, &entry, leaf) == 1)
			return WQ_X509_REVOKED;
		if (X509_CRL_get0_nextUpdate(crl) && X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &now) > 0)
			said = WQ_X509_GOOD;
	}
	return said;
}

/* RFC 6960: signed by the issuer or by a responder that it certified; fresh, unless it says revoked. */
static enum wq_x509_revocation read_staple(const struct wq_x509_store *store, const struct wq_x509 *chain, X509 *issuer,
	OCSP_RESPONSE *response, wq_time at)
{
	enum wq_x509_revocation said = WQ_X509_UNKNOWN;
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, chain->certs[0], issuer);
	STACK_OF(X509) *signers = sk_X509_new_null();
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	time_t now = (time_t)(at / WQ_SECOND), soon = now + STAPLE_SKEW_SECONDS;
	int status = -1, reason;

	if (signers && sk_X509_push(signers, issuer) > 0 && basic && id &&
		OCSP_basic_verify(basic, signers, store->trusted, OCSP_TRUSTOTHER) == 1 &&
		OCSP_resp_find_status(basic, id, &status, &reason, NULL, &from, &until) == 1) {
		if (status == V_OCSP_CERTSTATUS_REVOKED)
			said = WQ_X509_REVOKED;
		else if (status == V_OCSP_CERTSTATUS_GOOD && X509_cmp_time(from, &soon) < 0 &&
			(!until || X509_cmp_time(until, &now) > 0))
			said = WQ_X509_GOOD;
	}
	sk_X509_free(signers);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	return said;
}

static enum wq_x509_revocation judge_staple(
	const struct wq_x509_store *store, const struct wq_x509 *chain, X509 *issuer, wq_str staple, wq_time at)
{
	const uint8_t *p = (const uint8_t *)staple.p;
	OCSP_RESPONSE *response = staple.n ? d2i_OCSP_RESPONSE(NULL, &p, (long)staple.n) : NULL;
	enum wq_x509_revocation said = WQ_X509_UNKNOWN;

	if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		said = read_staple(store, chain, issuer, response, at);
	OCSP_RESPONSE_free(response);
	return said;
}

void wq_x509_judge(const struct wq_x509_store *store, const struct wq_x509 *chain, wq_str staple, wq_time at,
	struct wq_x509_verdict *ret_verdict)
{
	struct wq_x509_verdict v = {.disordered = is_disordered(chain)};
	struct walk w = {0};
	X509 *issuer;

	judge_path(store, chain, &v, &w);
	issuer = issuer_of(&w, chain);
	if (issuer) {
		v.staple = judge_staple(store, chain, issuer, staple, at);
		v.crl = judge_crls(store, chain->certs[0], issuer, at);
	}
	walk_done(&w);
	ERR_clear_error();
	*ret_verdict = v;
}
