#include "base/test.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/x509_path.h"

#define NOW ((wq_time)1800000000 * WQ_SECOND)
#define IDENTITY "1234567812345678"

struct order {
	EVP_PKEY *key, *signer;
	const char *subject, *issuer, *san, *access;
	bool ca;
	int from_day, to_day; /* against NOW */
	const char *digest;   /* SHA256 */
	long serial;
};

static EVP_PKEY *root_key, *middle_key, *leaf_key, *weak_key, *sm_key;
static X509 *last; /* made by put() */

static int init(void **state)
{
	(void)state;
	root_key = EVP_EC_gen("P-256");
	middle_key = EVP_EC_gen("P-256");
	leaf_key = EVP_EC_gen("P-256");
	weak_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	sm_key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	return wq_failed(wq_crypto_init()) || !root_key || !middle_key || !leaf_key || !weak_key || !sm_key ? -1 : 0;
}

static int done(void **state)
{
	(void)state;
	X509_free(last);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(middle_key);
	EVP_PKEY_free(leaf_key);
	EVP_PKEY_free(weak_key);
	EVP_PKEY_free(sm_key);
	return 0;
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void sign(X509 *cert, EVP_PKEY *signer, const char *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(signer, NULL);
	bool sm2 = EVP_PKEY_is_a(signer, "SM2");

	if (sm2)
		assert_int_equal(EVP_PKEY_CTX_set1_id(pctx, IDENTITY, (int)strlen(IDENTITY)), 1);
	EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL,
				 sm2 ? EVP_sm3() : EVP_get_digestbyname(digest ? digest : "SHA256"), NULL, signer),
		1);
	assert_true(X509_sign_ctx(cert, ctx) > 0);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pctx);
}

static void set_name(X509_NAME *name, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)text, -1, -1, 0), 1);
}

static void put(struct order o, struct wq_buf *out)
{
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long n;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), o.serial ? o.serial : 7);
	set_name(X509_get_subject_name(cert), o.subject);
	set_name(X509_get_issuer_name(cert), o.issuer);
	X509_time_adj_ex(X509_getm_notBefore(cert), o.from_day, 0, &(time_t){NOW / WQ_SECOND});
	X509_time_adj_ex(X509_getm_notAfter(cert), o.to_day, 0, &(time_t){NOW / WQ_SECOND});
	X509_set_pubkey(cert, o.key);
	extend(cert, NID_basic_constraints, o.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (o.san)
		extend(cert, NID_subject_alt_name, o.san);
	if (o.access)
		extend(cert, NID_info_access, o.access);
	sign(cert, o.signer, o.digest);
	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	n = BIO_get_mem_data(bio, &bytes);
	wq_buf_add(out, wq_str_of(bytes, (size_t)n));
	BIO_free(bio);
	X509_free(last);
	last = cert;
}

static struct order root_order(void)
{
	return (struct order){root_key, root_key, "root", "root", NULL, NULL, true, -100, 1000, NULL, 1};
}

static struct order middle_order(void)
{
	return (struct order){middle_key, root_key, "middle", "root", NULL, NULL, true, -100, 900, NULL, 2};
}

static struct order leaf_order(void)
{
	return (struct order){leaf_key, middle_key, "www.example.gov.cn", "middle",
		"DNS:www.example.gov.cn,IP:192.0.2.7,IP:2001:db8::1,email:x@example.gov.cn", NULL, false, -10, 80, NULL,
		9};
}

static struct wq_x509 *bundle_of(const struct order *orders, size_t n)
{
	WQ_BUF(pem, 64 * 1024);
	struct wq_x509 *bundle = NULL;

	for (size_t i = 0; i < n; i++)
		put(orders[i], &pem);
	assert_ok(wq_x509_read(wq_buf_str(&pem), &bundle));
	return bundle;
}

static struct wq_x509_store *store_of(const struct order *orders, size_t n)
{
	WQ_BUF(pem, 64 * 1024);
	struct wq_x509_store *store = NULL;
	char path[] = "/tmp/wq-x509-path-XXXXXX";
	int fd = mkstemp(path);

	for (size_t i = 0; i < n; i++)
		put(orders[i], &pem);
	assert_true(fd >= 0 && write(fd, pem.data, pem.len) == (ssize_t)pem.len);
	close(fd);
	assert_ok(wq_x509_store_open(path, &store));
	unlink(path);
	return store;
}

static struct wq_x509_verdict judge(
	const struct order *orders, size_t n, const struct order *trusted, size_t trusted_n, wq_str staple)
{
	struct wq_x509 *chain = bundle_of(orders, n);
	struct wq_x509_store *store = store_of(trusted, trusted_n);
	struct wq_x509_verdict v;

	wq_x509_judge(store, chain, staple, NOW, &v);
	wq_x509_store_close(&store);
	wq_x509_free(&chain);
	return v;
}

static void test_paths(void **state)
{
	struct order chain[] = {leaf_order(), middle_order(), root_order()}, roots[] = {root_order(), middle_order()};
	struct order swapped[] = {leaf_order(), root_order(), middle_order()};

	(void)state;
	assert_int_equal(judge(chain, 2, roots, 1, WQ_S("")).path, WQ_X509_TRUSTED);
	assert_int_equal(judge(chain, 3, roots, 1, WQ_S("")).path, WQ_X509_TRUSTED);
	assert_false(judge(chain, 3, roots, 1, WQ_S("")).disordered);
	assert_int_equal(judge(swapped, 3, roots, 1, WQ_S("")).path, WQ_X509_TRUSTED);
	assert_true(judge(swapped, 3, roots, 1, WQ_S("")).disordered);
	/* the intermediate is known, is not, is not but can be had */
	assert_int_equal(judge(chain, 1, roots, 2, WQ_S("")).path, WQ_X509_INCOMPLETE);
	assert_int_equal(judge(chain, 1, roots, 1, WQ_S("")).path, WQ_X509_UNTRUSTED);
	chain[0].access = "caIssuers;URI:http://ca.example.cn/middle.cer";
	assert_int_equal(judge(chain, 1, roots, 1, WQ_S("")).path, WQ_X509_INCOMPLETE);
	/* which no address helps when the issuer was sent and its root is nobody's */
	roots[0].key = roots[0].signer = leaf_key;
	assert_int_equal(judge(chain, 2, roots, 1, WQ_S("")).path, WQ_X509_UNTRUSTED);
}

static void test_what_does_not_decide_about_the_path(void **state)
{
	struct order chain[] = {leaf_order(), middle_order()}, root = root_order(), self = leaf_order();
	struct order sm = {sm_key, sm_key, "x", "x", NULL, NULL, true, -1, 1, NULL, 3};

	(void)state;
	chain[0].to_day = -1;
	chain[0].digest = "SHA1";
	chain[0].key = weak_key;
	chain[1].from_day = 5;
	assert_int_equal(judge(chain, 2, &root, 1, WQ_S("")).path, WQ_X509_TRUSTED);
	self.signer = leaf_key;
	self.issuer = self.subject;
	assert_int_equal(judge(&self, 1, &root, 1, WQ_S("")).path, WQ_X509_SELF_SIGNED);
	/* a name that signs itself with another key vouches for nothing */
	self.signer = middle_key;
	assert_int_equal(judge(&self, 1, &root, 1, WQ_S("")).path, WQ_X509_UNTRUSTED);
	self = leaf_order();
	self.signer = sm_key;
	self.issuer = "x";
	assert_int_equal(judge(&self, 1, &sm, 1, WQ_S("")).path, WQ_X509_TRUSTED);
}

/* ---- revocation ---- */

static void put_crl(EVP_PKEY *signer, long serial, int to_day, struct wq_buf *out)
{
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *name = X509_NAME_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *t = ASN1_TIME_adj(NULL, NOW / WQ_SECOND, -2, 0);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long n;

	set_name(name, "middle");
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, name);
	X509_CRL_set1_lastUpdate(crl, t);
	ASN1_INTEGER_set(number, serial);
	X509_REVOKED_set_serialNumber(entry, number);
	X509_REVOKED_set_revocationDate(entry, t);
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
	ASN1_TIME_adj(t, NOW / WQ_SECOND, to_day, 0);
	X509_CRL_set1_nextUpdate(crl, t);
	assert_true(X509_CRL_sign(crl, signer, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
	n = BIO_get_mem_data(bio, &bytes);
	wq_buf_add(out, wq_str_of(bytes, (size_t)n));
	BIO_free(bio);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(t);
	X509_NAME_free(name);
	X509_CRL_free(crl);
}

static void test_lists_of_revoked_certificates(void **state)
{
	static const struct {
		long serial;
		int to_day;
		bool foreign;
		enum wq_x509_revocation said;
	} rows[] = {
		{9, 5, false, WQ_X509_REVOKED},
		{9, -1, false, WQ_X509_REVOKED}, /* out of date: revoked stays revoked */
		{8, 5, false, WQ_X509_GOOD}, {8, -1, false, WQ_X509_UNKNOWN},
		{9, 5, true, WQ_X509_UNKNOWN}, /* signed by somebody else */
	};
	struct order chain[] = {leaf_order(), middle_order()}, root = root_order();

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_x509 *bundle = bundle_of(chain, 2);
		struct wq_x509_store *store = store_of(&root, 1);
		struct wq_x509_verdict v;
		WQ_BUF(crl, 64 * 1024);

		put_crl(rows[i].foreign ? leaf_key : middle_key, rows[i].serial, rows[i].to_day, &crl);
		assert_ok(wq_x509_store_add_crl(store, wq_buf_str(&crl)));
		assert_err(wq_x509_store_add_crl(store, WQ_S("hello")), WQ_E_CERT);
		assert_err(wq_x509_store_add_crl(store, WQ_S("\x30\x03zzz")), WQ_E_CERT);
		wq_x509_judge(store, bundle, WQ_S(""), NOW, &v);
		if (v.crl != rows[i].said || v.staple != WQ_X509_UNKNOWN)
			fail_msg("row %zu: %d", i, (int)v.crl);
		wq_x509_store_close(&store);
		wq_x509_free(&bundle);
	}
}

static wq_str staple_of(int status, EVP_PKEY *signer, int to_day, struct wq_buf *out)
{
	WQ_BUF(pem, 64 * 1024);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *from = ASN1_TIME_adj(NULL, NOW / WQ_SECOND, -1, 0);
	ASN1_TIME *until = ASN1_TIME_adj(NULL, NOW / WQ_SECOND, to_day, 0);
	OCSP_RESPONSE *response;
	OCSP_CERTID *id;
	X509 *leaf, *issuer;
	uint8_t *der = NULL;
	int n;

	put(leaf_order(), &pem);
	leaf = X509_dup(last);
	put(middle_order(), &pem);
	issuer = X509_dup(last);
	id = OCSP_cert_to_id(NULL, leaf, issuer);
	assert_non_null(OCSP_basic_add1_status(
		basic, id, status, 0, status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from, until));
	X509_set_pubkey(issuer, signer);
	assert_int_equal(OCSP_basic_sign(basic, issuer, signer, EVP_sha256(), NULL, OCSP_NOCERTS), 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	n = i2d_OCSP_RESPONSE(response, &der);
	assert_true(n > 0);
	wq_buf_add(out, wq_str_of(der, (size_t)n));
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_free(leaf);
	X509_free(issuer);
	return wq_buf_str(out);
}

static void test_staples(void **state)
{
	static const struct {
		int status, to_day;
		bool foreign;
		enum wq_x509_revocation said;
	} rows[] = {
		{V_OCSP_CERTSTATUS_REVOKED, 1, false, WQ_X509_REVOKED},
		{V_OCSP_CERTSTATUS_GOOD, 1, false, WQ_X509_GOOD},
		{V_OCSP_CERTSTATUS_GOOD, -1, false, WQ_X509_UNKNOWN},
		{V_OCSP_CERTSTATUS_UNKNOWN, 1, false, WQ_X509_UNKNOWN},
		{V_OCSP_CERTSTATUS_REVOKED, 1, true, WQ_X509_UNKNOWN},
	};
	struct order chain[] = {leaf_order(), middle_order()}, root = root_order();

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(der, 64 * 1024);
		wq_str staple = staple_of(
			rows[i].status, rows[i].foreign ? leaf_key : middle_key, rows[i].to_day, &der);

		if (judge(chain, 2, &root, 1, staple).staple != rows[i].said)
			fail_msg("row %zu", i);
	}
	assert_int_equal(judge(chain, 2, &root, 1, WQ_S("\x30\x03\x0a\x01\x00")).staple, WQ_X509_UNKNOWN);
	assert_int_equal(judge(chain, 2, &root, 1, WQ_S("hello")).staple, WQ_X509_UNKNOWN);
}

/* ---- facts ---- */

static void test_facts(void **state)
{
	struct order orders[] = {leaf_order(), root_order(), leaf_order(), leaf_order()};
	struct wq_arena arena;
	struct wq_x509 *bundle, *again = NULL;
	struct wq_x509_facts f;

	(void)state;
	wq_arena_init(&arena, 1024 * 1024);
	orders[0].access = "OCSP;URI:http://ocsp.example.cn/,caIssuers;URI:http://ca.example.cn/m.cer";
	orders[2].key = weak_key;
	orders[2].digest = "SHA1";
	orders[3].key = orders[3].signer = sm_key;
	bundle = bundle_of(orders, 4);
	assert_ok(wq_x509_facts(&arena, bundle, 0, &f));
	assert_int_equal(f.names_n, 3);
	assert_str(f.names[0], WQ_S("www.example.gov.cn"));
	assert_str(f.names[1], WQ_S("192.0.2.7"));
	assert_str(f.names[2], WQ_S("2001:db8::1"));
	assert_str(f.common_name, WQ_S("www.example.gov.cn"));
	assert_str(f.hash, WQ_S("SHA256"));
	assert_str(f.curve, WQ_S("prime256v1"));
	assert_str(f.ocsp_url, WQ_S("http://ocsp.example.cn/"));
	assert_str(f.issuer_url, WQ_S("http://ca.example.cn/m.cer"));
	assert_true(f.key == WQ_X509_KEY_EC && f.key_bits == 256 && !f.self_issued && !f.is_ca);
	assert_ok(wq_x509_read_list(&f.der, 1, &again));
	assert_ok(wq_x509_facts(&arena, bundle, 1, &f));
	assert_true(f.self_issued && f.is_ca && f.names_n == 0);
	assert_ok(wq_x509_facts(&arena, bundle, 2, &f));
	assert_true(f.key == WQ_X509_KEY_RSA && f.key_bits == 1024 && f.curve.n == 0);
	assert_str(f.hash, WQ_S("SHA1"));
	assert_ok(wq_x509_facts(&arena, bundle, 3, &f));
	assert_true(f.key == WQ_X509_KEY_SM2 && f.key_bits == 256);
	assert_str(f.hash, WQ_S("SM3"));
	wq_x509_free(&again);
	wq_x509_free(&bundle);
	wq_arena_done(&arena);
}

static void test_lists(void **state)
{
	struct order orders[] = {leaf_order(), middle_order()};
	struct wq_x509 *bundle = bundle_of(orders, 2), *again = NULL;
	struct wq_x509_store *store = NULL;
	struct wq_x509_facts f;
	struct wq_arena arena;
	wq_str ders[3];

	(void)state;
	wq_arena_init(&arena, 1024 * 1024);
	assert_ok(wq_x509_facts(&arena, bundle, 0, &f));
	ders[0] = f.der;
	ders[1] = WQ_S("broken");
	ders[2] = f.der;
	assert_ok(wq_x509_read_list(ders, 3, &again));
	assert_int_equal(wq_x509_count(again), 1);
	wq_x509_free(&again);
	assert_err(wq_x509_read_list(ders + 1, 1, &again), WQ_E_CERT);
	assert_err(wq_x509_read_list(ders, 0, &again), WQ_E_CERT);
	assert_null(again);
	assert_err(wq_x509_store_open("/nonexistent", &store), WQ_E_NOT_FOUND);
	assert_err(wq_x509_store_open("/etc/hostname", &store), WQ_E_CONFIG);
	assert_ok(wq_x509_store_open(NULL, &store));
	wq_x509_store_close(&store);
	assert_null(store);
	wq_x509_free(&bundle);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_what_does_not_decide_about_the_path),
		cmocka_unit_test(test_lists_of_revoked_certificates),
		cmocka_unit_test(test_staples),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests_name("crypto/x509_path", tests, init, done);
}
