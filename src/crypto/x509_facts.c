#include "crypto/x509_path.h"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/x509_priv.h"

enum { TEXT_MAX = 1024 };

static wq_str of_asn1(struct wq_arena *arena, const ASN1_STRING *s)
{
	return wq_arena_str(arena, wq_str_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
}

/* ---- names ---- */

static wq_str common_name(struct wq_arena *arena, const X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = -1, last = -1;
	uint8_t *utf8 = NULL;
	wq_str name = {0};
	int n;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		last = at;
	if (last < 0)
		return name;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
	if (n > 0)
		name = wq_arena_str(arena, wq_str_head(wq_str_of(utf8, (size_t)n), TEXT_MAX));
	OPENSSL_free(utf8);
	return name;
}

static wq_str name_of(struct wq_arena *arena, const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN];
	const ASN1_STRING *s;

	if (name->type == GEN_DNS)
		return of_asn1(arena, name->d.dNSName);
	if (name->type != GEN_IPADD)
		return WQ_S_NONE;
	s = name->d.iPAddress;
	if (ASN1_STRING_length(s) != 4 && ASN1_STRING_length(s) != 16)
		return WQ_S_NONE;
	if (!inet_ntop(ASN1_STRING_length(s) == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(s), text, sizeof(text)))
		return WQ_S_NONE;
	return wq_arena_str(arena, wq_str_c(text));
}

static void take_names(struct wq_arena *arena, const X509 *cert, struct wq_x509_facts *facts)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int n = names ? sk_GENERAL_NAME_num(names) : 0;
	wq_str *list;

	n = n > WQ_X509_SAN_MAX ? WQ_X509_SAN_MAX : n;
	list = n ? WQ_NEW_ARRAY(arena, wq_str, (size_t)n) : NULL;
	for (int i = 0; list && i < n; i++) {
		wq_str name = name_of(arena, sk_GENERAL_NAME_value(names, i));

		if (name.n)
			list[facts->names_n++] = name;
	}
	facts->names = list;
	GENERAL_NAMES_free(names);
}

/* ---- addresses ---- */

static wq_str access_url(struct wq_arena *arena, const X509 *cert, int method)
{
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
	wq_str url = {0};

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list) && !url.n; i++) {
		const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(list, i);

		if (OBJ_obj2nid(one->method) == method && one->location->type == GEN_URI)
			url = of_asn1(arena, one->location->d.uniformResourceIdentifier);
	}
	AUTHORITY_INFO_ACCESS_free(list);
	return url;
}

static wq_str crl_url(struct wq_arena *arena, const X509 *cert)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	wq_str url = {0};

	for (int i = 0; i < sk_DIST_POINT_num(points) && !url.n; i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);
		const GENERAL_NAMES *names = point->distpoint && point->distpoint->type == 0
			? point->distpoint->name.fullname
			: NULL;

		for (int k = 0; names && k < sk_GENERAL_NAME_num(names) && !url.n; k++)
			if (sk_GENERAL_NAME_value(names, k)->type == GEN_URI)
				url = of_asn1(arena, sk_GENERAL_NAME_value(names, k)->d.uniformResourceIdentifier);
	}
	CRL_DIST_POINTS_free(points);
	return url;
}

/* ---- key and signature ---- */

static enum wq_x509_key kind_of(const EVP_PKEY *key)
{
	static const struct {
		const char *name;
		enum wq_x509_key kind;
	} rows[] = {{"RSA", WQ_X509_KEY_RSA}, {"RSA-PSS", WQ_X509_KEY_RSA}, {"SM2", WQ_X509_KEY_SM2},
		{"EC", WQ_X509_KEY_EC}, {"ED25519", WQ_X509_KEY_ED}, {"ED448", WQ_X509_KEY_ED},
		{"DSA", WQ_X509_KEY_DSA}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		if (EVP_PKEY_is_a(key, rows[i].name))
			return rows[i].kind;
	return WQ_X509_KEY_OTHER;
}

static void take_key(struct wq_arena *arena, X509 *cert, struct wq_x509_facts *facts)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	uint8_t *der = NULL;
	char group[64];
	size_t n;
	int der_n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (der_n > 0)
		facts->spki = wq_sm3(wq_str_of(der, (size_t)der_n));
	OPENSSL_free(der);
	if (!key)
		return;
	facts->key = kind_of(key);
	facts->key_bits = EVP_PKEY_get_bits(key) > 0 ? (uint32_t)EVP_PKEY_get_bits(key) : 0;
	if (facts->key == WQ_X509_KEY_EC && EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1)
		facts->curve = wq_arena_str(arena, wq_str_c(group));
}

static void take_signature(X509 *cert, struct wq_x509_facts *facts)
{
	int nid = X509_get_signature_nid(cert), hash = NID_undef, key = NID_undef;

	facts->signature = wq_str_c(OBJ_nid2ln(nid));
	/* of RSA-PSS the hash is a parameter */
	if (nid == NID_rsassaPss)
		X509_get_signature_info(cert, &hash, NULL, NULL, NULL);
	else if (!OBJ_find_sigid_algs(nid, &hash, &key))
		hash = NID_undef;
	if (hash != NID_undef)
		facts->hash = wq_str_c(OBJ_nid2sn(hash));
}

wq_err wq_x509_facts(struct wq_arena *arena, const struct wq_x509 *bundle, size_t i, struct wq_x509_facts *ret_facts)
{
	X509 *cert = bundle->certs[i];
	struct wq_x509_facts facts = {0};
	struct wq_x509_info info;
	uint8_t *der = NULL;
	int n;

	WQ_TRY(wq_x509_info(bundle, i, &info));
	n = i2d_X509(cert, &der);
	facts.der = wq_arena_str(arena, wq_str_of(der, n > 0 ? (size_t)n : 0));
	OPENSSL_free(der);
	facts.subject = wq_arena_str(arena, wq_str_c(info.subject));
	facts.issuer = wq_arena_str(arena, wq_str_c(info.issuer));
	facts.serial = wq_arena_str(arena, wq_str_c(info.serial));
	facts.not_before = info.not_before;
	facts.not_after = info.not_after;
	facts.fingerprint = info.fingerprint;
	facts.is_ca = info.is_ca;
	facts.self_issued = X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
	facts.has_sct = X509_get_ext_by_NID(cert, NID_ct_precert_scts, -1) >= 0;
	facts.common_name = common_name(arena, cert);
	take_names(arena, cert, &facts);
	take_key(arena, cert, &facts);
	take_signature(cert, &facts);
	facts.ocsp_url = access_url(arena, cert, NID_ad_OCSP);
	facts.issuer_url = access_url(arena, cert, NID_ad_ca_issuers);
	facts.crl_url = crl_url(arena, cert);
	ERR_clear_error();
	*ret_facts = facts;
	return wq_arena_err(arena);
}
