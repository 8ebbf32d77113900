#include "base/test.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <sys/stat.h>

#include "crypto/sm2_priv.h"
#include "crypto/test_spawn_priv.h"

static const struct wq_secret nothing = {NULL, 0};
static char folder[] = "/tmp/wq-sm2-XXXXXX";
static char path[64], other_path[64];

static int init(void **state)
{
	(void)state;
	if (wq_failed(wq_crypto_init()) || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/key.pem", folder);
	snprintf(other_path, sizeof(other_path), "%s/other.pem", folder);
	return 0;
}

static int done(void **state)
{
	(void)state;
	unlink(path);
	unlink(other_path);
	return rmdir(folder);
}

static void test_sign_and_verify(void **state)
{
	struct wq_sm2_key *key = NULL, *other = NULL;
	wq_sm2_public point, wrong;
	wq_sm2_sig sig, bad;

	(void)state;
	assert_ok(wq_sm2_generate(&key));
	assert_ok(wq_sm2_generate(&other));
	point = wq_sm2_key_public(key);
	assert_ok(wq_sm2_sign(key, WQ_S("what was decided"), &sig));
	assert_ok(wq_sm2_verify(&point, WQ_S("what was decided"), &sig));
	assert_err(wq_sm2_verify(&point, WQ_S("what was decidec"), &sig), WQ_E_SIGNATURE);
	wrong = wq_sm2_key_public(other);
	assert_err(wq_sm2_verify(&wrong, WQ_S("what was decided"), &sig), WQ_E_SIGNATURE);
	for (size_t i = 0; i < sizeof(sig.rs); i += 5) {
		bad = sig;
		bad.rs[i] ^= 1;
		assert_err(wq_sm2_verify(&point, WQ_S("what was decided"), &bad), WQ_E_SIGNATURE);
	}
	/* not on the curve; hybrid form */
	wrong = point;
	wrong.point[64] ^= 1;
	assert_err(wq_sm2_verify(&wrong, WQ_S("what was decided"), &sig), WQ_E_SIGNATURE);
	wrong = point;
	wrong.point[0] = 0x06 | (point.point[64] & 1);
	assert_err(wq_sm2_verify(&wrong, WQ_S("what was decided"), &sig), WQ_E_SIGNATURE);
	memset(&bad, 0, sizeof(bad));
	assert_err(wq_sm2_verify(&point, WQ_S("what was decided"), &bad), WQ_E_SIGNATURE);
	memset(&bad, 0xff, sizeof(bad));
	assert_err(wq_sm2_verify(&point, WQ_S("what was decided"), &bad), WQ_E_SIGNATURE);
	wq_sm2_key_free(&key);
	wq_sm2_key_free(&other);
	assert_null(key);
	wq_sm2_key_free(&key);
}

/* The trap: this key lies on the curve SM2 and signs ECDSA. */
static void test_an_ec_key_on_the_curve_is_refused(void **state)
{
	struct wq_sm2_key *key = NULL;
	EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "SM2");

	(void)state;
	assert_non_null(ec);
	assert_false(EVP_PKEY_is_a(ec, "SM2"));
	assert_err(wq_sm2_key_from_pkey(ec, &key), WQ_E_KEY);
	assert_err(wq_sm2_key_from_pkey(EVP_EC_gen("SM2"), &key), WQ_E_KEY);
	assert_err(wq_sm2_key_from_pkey(EVP_EC_gen("P-256"), &key), WQ_E_KEY);
	assert_null(key);
}

static void test_der_is_strict(void **state)
{
	static const struct {
		const char *hex;
		bool good;
	} rows[] = {
		{"3006020101020101", true},
		{"300702020080020101", true},
		{"3006020100020101", true},
		{"30070202000102"
		 "0101",
			false},              /* needless zero */
		{"3006020181020101", false}, /* negative */
		{"30060201010201", false},
		{"300602010102010100", false},
		{"30810602010102"
		 "0101",
			false}, /* long form of the length */
		{"3006020101030101", false},
		{"3006020001020101", false},
		{"3006020102020100"
		 "00",
			false},
	};
	uint8_t der[16], back[WQ_SM2_DER_MAX];
	wq_sm2_sig sig;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		size_t n = strlen(rows[i].hex) / 2;

		assert_true(wq_str_unhex(wq_str_c(rows[i].hex), der, n));
		assert_int_equal(!wq_failed(wq_sm2_sig_from_der(der, n, &sig)), rows[i].good);
		if (rows[i].good) {
			assert_int_equal(wq_sm2_sig_to_der(&sig, back), n);
			assert_memory_equal(back, der, n);
		}
	}
}

static void test_key_file(void **state)
{
	struct wq_sm2_key *key = NULL, *again = NULL;
	struct wq_secret pass, wrong;
	wq_sm2_public a, b;
	struct stat st;

	(void)state;
	assert_ok(wq_secret_copy(WQ_S("correct horse 电池"), &pass));
	assert_ok(wq_secret_copy(WQ_S("incorrect horse"), &wrong));
	assert_ok(wq_sm2_generate(&key));
	assert_ok(wq_sm2_save(key, path, &pass));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_ok(wq_sm2_load(path, &pass, &again));
	a = wq_sm2_key_public(key);
	b = wq_sm2_key_public(again);
	assert_memory_equal(&a, &b, sizeof(a));
	wq_sm2_key_free(&again);
	assert_err(wq_sm2_load(path, &wrong, &again), WQ_E_KEY);
	assert_err(wq_sm2_load(path, &nothing, &again), WQ_E_KEY);
	/* without a passphrase: the mode decides; and who has one does not get it */
	assert_ok(wq_sm2_save(key, path, &nothing));
	assert_ok(wq_sm2_load(path, &nothing, &again));
	wq_sm2_key_free(&again);
	assert_err(wq_sm2_load(path, &pass, &again), WQ_E_KEY);
	assert_int_equal(chmod(path, 0640), 0);
	assert_err(wq_sm2_load(path, &nothing, &again), WQ_E_KEY);
	assert_int_equal(unlink(path), 0);
	assert_err(wq_sm2_load(path, &nothing, &again), WQ_E_IO);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_err(wq_sm2_load(path, &nothing, &again), WQ_E_KEY);
	assert_int_equal(unlink(path), 0);
	assert_null(again);
	wq_sm2_key_free(&key);
	wq_secret_done(&pass);
	wq_secret_done(&wrong);
	assert_null(pass.bytes);
}

/* openssl(1) opens what we write, and the reverse. */
static void test_openssl_opens_the_file(void **state)
{
	static const char *const good[] = {
		"/usr/bin/openssl", "pkey", "-in", path, "-passin", "pass:open sesame", "-noout", NULL};
	static const char *const bad[] = {
		"/usr/bin/openssl", "pkey", "-in", path, "-passin", "pass:open sesami", "-noout", NULL};
	static const char *const make[] = {"/usr/bin/openssl", "genpkey", "-algorithm", "SM2", "-out", path,
		"-aes-256-cbc", "-pass", "pass:open sesame", NULL};
	struct wq_sm2_key *key = NULL;
	struct wq_secret pass;
	wq_sm2_sig sig;
	wq_sm2_public point;

	(void)state;
	assert_ok(wq_secret_copy(WQ_S("open sesame"), &pass));
	assert_ok(wq_sm2_generate(&key));
	assert_ok(wq_sm2_save(key, path, &pass));
	wq_sm2_key_free(&key);
	assert_int_equal(test_spawn(good), 0);
	assert_int_not_equal(test_spawn(bad), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(test_spawn(make), 0);
	assert_ok(wq_sm2_load(path, &pass, &key));
	point = wq_sm2_key_public(key);
	assert_ok(wq_sm2_sign(key, WQ_S("x"), &sig));
	assert_ok(wq_sm2_verify(&point, WQ_S("x"), &sig));
	wq_sm2_key_free(&key);
	wq_secret_done(&pass);
}

/* A key of another curve, and one whose work factor would stop the process. */
static void test_foreign_key_files_are_refused(void **state)
{
	static const char *const p256[] = {"/usr/bin/openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-out", path, NULL};
	static const char *const scrypt[] = {"/usr/bin/openssl", "pkcs8", "-topk8", "-scrypt", "-in", path, "-out",
		other_path, "-passout", "pass:x", NULL};
	struct wq_sm2_key *key = NULL;
	struct wq_secret pass;

	(void)state;
	assert_ok(wq_secret_copy(WQ_S("x"), &pass));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(test_spawn(p256), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_err(wq_sm2_load(path, &nothing, &key), WQ_E_KEY);
	assert_int_equal(test_spawn(scrypt), 0);
	assert_int_equal(chmod(other_path, 0600), 0);
	assert_err(wq_sm2_load(other_path, &pass, &key), WQ_E_KEY);
	assert_null(key);
	wq_secret_done(&pass);
}

/* What tokens are given to sign is what OpenSSL signs: GB/T 32918.2-2016, 6.1. */
static void test_message_digest_is_openssls(void **state)
{
	struct wq_sm2_key *key = NULL;
	wq_sm2_public point;

	(void)state;
	assert_ok(wq_sm2_generate(&key));
	point = wq_sm2_key_public(key);
	for (size_t n = 0; n < 200; n += 33) {
		char message[200];
		uint8_t der[WQ_SM2_DER_MAX];
		size_t der_n = sizeof(der);
		wq_sm2_sig sig;
		wq_digest e;
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);

		memset(message, 'm', sizeof(message));
		e = wq_sm2_message_digest(&point, wq_str_of(message, n));
		assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
		assert_int_equal(EVP_PKEY_sign(ctx, der, &der_n, e.b, sizeof(e.b)), 1);
		EVP_PKEY_CTX_free(ctx);
		assert_ok(wq_sm2_sig_from_der(der, der_n, &sig));
		assert_ok(wq_sm2_verify(&point, wq_str_of(message, n), &sig));
	}
	wq_sm2_key_free(&key);
}

static void test_key_ids_differ(void **state)
{
	wq_sm2_public a = {{4}}, b = {{4, 1}};

	(void)state;
	assert_false(wq_digest_eq(wq_sm2_key_id(&a), wq_sm2_key_id(&b)));
	assert_true(wq_digest_eq(wq_sm2_key_id(&a), wq_sm2_key_id(&a)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign_and_verify),
		cmocka_unit_test(test_an_ec_key_on_the_curve_is_refused),
		cmocka_unit_test(test_der_is_strict),
		cmocka_unit_test(test_key_file),
		cmocka_unit_test(test_openssl_opens_the_file),
		cmocka_unit_test(test_foreign_key_files_are_refused),
		cmocka_unit_test(test_message_digest_is_openssls),
		cmocka_unit_test(test_key_ids_differ),
	};

	return cmocka_run_group_tests_name("crypto/sm2", tests, init, done);
}
