#include "base/test.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "crypto/x509.h"

#define NOW ((wq_time)1800000000 * WQ_SECOND)
#define IDENTITY "1234567812345678"

struct order {
	EVP_PKEY *key, *signer;
	const char *subject, *issuer, *san, *identity;
	bool ca;
	int from_day, to_day; /* against NOW */
};

static EVP_PKEY *root_key, *middle_key, *leaf_key, *rsa_key, *ec_key;

static int init(void **state)
{
	(void)state;
	root_key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	middle_key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	leaf_key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	rsa_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	ec_key = EVP_EC_gen("P-256");
	return wq_failed(wq_crypto_init()) || !root_key || !middle_key || !leaf_key || !rsa_key || !ec_key ? -1 : 0;
}

static int done(void **state)
{
	(void)state;
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(middle_key);
	EVP_PKEY_free(leaf_key);
	EVP_PKEY_free(rsa_key);
	EVP_PKEY_free(ec_key);
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

static void sign(X509 *cert, EVP_PKEY *signer, const char *identity)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(signer, NULL);
	bool sm2 = EVP_PKEY_is_a(signer, "SM2");

	if (sm2)
		assert_int_equal(EVP_PKEY_CTX_set1_id(pctx, identity, (int)strlen(identity)), 1);
	EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, sm2 ? EVP_sm3() : EVP_sha256(), NULL, signer), 1);
	assert_true(X509_sign_ctx(cert, ctx) > 0);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pctx);
}

static void set_name(X509_NAME *name, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const uint8_t *)"CN", -1, -1, 0), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)text, -1, -1, 0), 1);
}

static void put(struct order o, bool pem, struct wq_buf *out)
{
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long n;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x1234);
	set_name(X509_get_subject_name(cert), o.subject);
	set_name(X509_get_issuer_name(cert), o.issuer);
	X509_time_adj_ex(X509_getm_notBefore(cert), o.from_day, 0, &(time_t){NOW / WQ_SECOND});
	X509_time_adj_ex(X509_getm_notAfter(cert), o.to_day, 0, &(time_t){NOW / WQ_SECOND});
	X509_set_pubkey(cert, o.key);
	extend(cert, NID_basic_constraints, o.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	extend(cert, NID_key_usage, o.ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	if (o.san)
		extend(cert, NID_subject_alt_name, o.san);
	sign(cert, o.signer, o.identity ? o.identity : IDENTITY);
	assert_int_equal(pem ? PEM_write_bio_X509(bio, cert) : i2d_X509_bio(bio, cert), 1);
	n = BIO_get_mem_data(bio, &bytes);
	wq_buf_add(out, wq_str_of(bytes, (size_t)n));
	assert_ok(wq_buf_err(out));
	BIO_free(bio);
	X509_free(cert);
}

static struct order root_order(void)
{
	return (struct order){root_key, root_key, "测试根", "测试根", NULL, NULL, true, -100, 1000};
}

static struct order middle_order(void)
{
	return (struct order){middle_key, root_key, "middle", "测试根", NULL, NULL, true, -100, 900};
}

static struct order leaf_order(void)
{
	return (struct order){leaf_key, middle_key, "www.example.gov.cn", "middle",
		"DNS:www.example.gov.cn,DNS:*.wild.gov.cn,IP:192.0.2.7", NULL, false, -10, 300};
}

static struct wq_x509 *bundle_of(const struct order *orders, size_t n)
{
	WQ_BUF(pem, 64 * 1024);
	struct wq_x509 *bundle = NULL;

	for (size_t i = 0; i < n; i++)
		put(orders[i], true, &pem);
	assert_ok(wq_x509_read(wq_buf_str(&pem), &bundle));
	assert_int_equal(wq_x509_count(bundle), n);
	return bundle;
}

static wq_err verify(const struct order *orders, size_t n, struct order root, wq_time at, bool sm2_only)
{
	struct wq_x509 *chain = bundle_of(orders, n), *roots = bundle_of(&root, 1);
	wq_err e = wq_x509_verify(chain, roots, at, sm2_only);

	wq_x509_free(&chain);
	wq_x509_free(&roots);
	return e;
}

static void test_a_chain_of_sm2(void **state)
{
	struct order chain[] = {leaf_order(), middle_order()}, root = root_order();

	(void)state;
	assert_ok(verify(chain, 2, root, NOW, true));
	assert_ok(verify(chain, 2, root, NOW, false));
	/* without the intermediate; before its time; after its time; a CA after its time */
	assert_err(verify(chain, 1, root, NOW, true), WQ_E_CERT);
	assert_err(verify(chain, 2, root, NOW - 11 * WQ_DAY, true), WQ_E_CERT);
	assert_err(verify(chain, 2, root, NOW + 301 * WQ_DAY, true), WQ_E_CERT);
	chain[1].to_day = -1;
	assert_err(verify(chain, 2, root, NOW, true), WQ_E_CERT);
}

static void test_wrong_chains_are_refused(void **state)
{
	struct order chain[] = {leaf_order(), middle_order()}, root = root_order();

	(void)state;
	/* signed under another identity */
	chain[0].identity = "someone@example.cn";
	assert_err(verify(chain, 2, root, NOW, true), WQ_E_CERT);
	/* signed by somebody else in the issuer's name */
	chain[0] = leaf_order();
	chain[0].signer = leaf_key;
	assert_err(verify(chain, 2, root, NOW, true), WQ_E_CERT);
	/* another issuer's name */
	chain[0] = leaf_order();
	chain[0].issuer = "muddle";
	assert_err(verify(chain, 2, root, NOW, true), WQ_E_CERT);
	/* the intermediate is no CA */
	chain[0] = leaf_order();
	chain[1].ca = false;
	assert_err(verify(chain, 2, root, NOW, true), WQ_E_CERT);
	/* another root of the same name */
	chain[1] = middle_order();
	root.key = root.signer = leaf_key;
	assert_err(verify(chain, 2, root, NOW, true), WQ_E_CERT);
	/* a root that was not given is not trusted because it came along */
	root = leaf_order();
	assert_err(verify((struct order[]){leaf_order(), middle_order(), root_order()}, 3,
			   (struct order){rsa_key, rsa_key, "r", "r", NULL, NULL, true, -1, 9}, NOW, true),
		WQ_E_CERT);
}

static void test_other_algorithms(void **state)
{
	struct order root = {rsa_key, rsa_key, "RSA root", "RSA root", NULL, NULL, true, -100, 1000};
	struct order leaf = {ec_key, rsa_key, "x", "RSA root", NULL, NULL, false, -1, 1};

	(void)state;
	assert_ok(verify(&leaf, 1, root, NOW, false));
	assert_err(verify(&leaf, 1, root, NOW, true), WQ_E_CERT);
	/* an SM2 key certified by RSA is not national throughout */
	leaf.key = leaf_key;
	assert_ok(verify(&leaf, 1, root, NOW, false));
	assert_err(verify(&leaf, 1, root, NOW, true), WQ_E_CERT);
}

static void test_every_byte_of_the_body_counts(void **state)
{
	struct order root = root_order();
	struct wq_x509 *roots = bundle_of(&root, 1), *chain = NULL;
	struct order leaf = leaf_order();
	WQ_BUF(der, 8192);

	(void)state;
	leaf.signer = root_key;
	leaf.issuer = "测试根";
	put(leaf, false, &der);
	assert_ok(wq_x509_read(wq_buf_str(&der), &chain));
	assert_ok(wq_x509_verify(chain, roots, NOW, true));
	wq_x509_free(&chain);
	for (size_t i = 0; i < der.len; i++) {
		der.data[i] ^= 1;
		if (!wq_failed(wq_x509_read(wq_buf_str(&der), &chain)))
			assert_err(wq_x509_verify(chain, roots, NOW, true), WQ_E_CERT);
		wq_x509_free(&chain);
		der.data[i] ^= 1;
	}
	wq_x509_free(&roots);
}

static void test_what_it_says(void **state)
{
	struct order orders[] = {leaf_order(), middle_order(), {ec_key, ec_key, "EC", "EC", NULL, NULL, false, -1, 1}};
	struct wq_x509 *bundle = bundle_of(orders, 3);
	struct wq_x509_info info;
	wq_sm2_public point;

	(void)state;
	assert_ok(wq_x509_info(bundle, 0, &info));
	assert_string_equal(info.subject, "CN=www.example.gov.cn,C=CN");
	assert_string_equal(info.issuer, "CN=middle,C=CN");
	assert_string_equal(info.serial, "1234");
	assert_true(info.is_sm2 && !info.is_ca);
	assert_true(info.not_before == NOW - 10 * WQ_DAY && info.not_after == NOW + 300 * WQ_DAY);
	assert_ok(wq_x509_public(bundle, 0, &point));
	assert_int_equal(point.point[0], 4);
	assert_ok(wq_x509_info(bundle, 1, &info));
	assert_string_equal(info.issuer, "CN=测试根,C=CN");
	assert_true(info.is_sm2 && info.is_ca);
	assert_ok(wq_x509_info(bundle, 2, &info));
	assert_false(info.is_sm2);
	assert_err(wq_x509_public(bundle, 2, &point), WQ_E_KEY);
	wq_x509_free(&bundle);
	assert_null(bundle);
	wq_x509_free(&bundle);
}

static void test_host_names(void **state)
{
	static const struct {
		wq_str host;
		bool matches;
	} rows[] = {
		{WQ_S_INIT("www.example.gov.cn"), true},
		{WQ_S_INIT("WWW.Example.gov.CN"), true},
		{WQ_S_INIT("a.wild.gov.cn"), true},
		{WQ_S_INIT("192.0.2.7"), true},
		{WQ_S_INIT("192.0.2.8"), false},
		{WQ_S_INIT("a.b.wild.gov.cn"), false},
		{WQ_S_INIT("wild.gov.cn"), false},
		{WQ_S_INIT("example.gov.cn"), false},
		{WQ_S_INIT(".example.gov.cn"), false},
		{WQ_S_INIT("www.example.gov.cn\0.evil.cn"), false},
		{WQ_S_INIT(""), false},
	};
	struct order leaf = leaf_order(), bare = leaf_order();
	struct wq_x509 *bundle = bundle_of(&leaf, 1);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_int_equal(wq_x509_matches_host(bundle, 0, rows[i].host), rows[i].matches);
	wq_x509_free(&bundle);
	/* the subject's name is no host name */
	bare.san = NULL;
	bundle = bundle_of(&bare, 1);
	assert_false(wq_x509_matches_host(bundle, 0, WQ_S("www.example.gov.cn")));
	wq_x509_free(&bundle);
}

static void test_limits(void **state)
{
	struct order leaf = leaf_order();
	struct wq_x509 *bundle = NULL;
	WQ_BUF(pem, 64 * 1024);
	WQ_BUF(large, WQ_X509_BYTES_MAX + 1);

	(void)state;
	for (size_t i = 0; i < WQ_X509_CERTS_MAX + 1; i++)
		put(leaf, true, &pem);
	assert_err(wq_x509_read(wq_buf_str(&pem), &bundle), WQ_E_LIMIT);
	for (size_t i = 0; i < WQ_X509_BYTES_MAX + 1; i++)
		wq_buf_byte(&large, '0');
	assert_err(wq_x509_read(wq_buf_str(&large), &bundle), WQ_E_LIMIT);
	assert_err(wq_x509_read(WQ_S(""), &bundle), WQ_E_CERT);
	assert_err(wq_x509_read(WQ_S("hello"), &bundle), WQ_E_CERT);
	assert_err(wq_x509_read(WQ_S("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), &bundle),
		WQ_E_CERT);
	assert_null(bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_chain_of_sm2),
		cmocka_unit_test(test_wrong_chains_are_refused),
		cmocka_unit_test(test_other_algorithms),
		cmocka_unit_test(test_every_byte_of_the_body_counts),
		cmocka_unit_test(test_what_it_says),
		cmocka_unit_test(test_host_names),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("crypto/x509", tests, init, done);
}
