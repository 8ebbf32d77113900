#include "base/test.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <sys/stat.h>

#include "crypto/sm2_priv.h"

static const struct wq_secret nothing = {NULL, 0};
static char folder[] = "/tmp/wq-sm2-XXXXXX";
static char path[64];

static int init(void **state)
{
	(void)state;
	if (wq_failed(wq_crypto_init()) || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/key.pem", folder);
	return 0;
}

static int done(void **state)
{
	(void)state;
	unlink(path);
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
	assert_null(again);
	wq_sm2_key_free(&key);
	wq_secret_done(&pass);
	wq_secret_done(&wrong);
	assert_null(pass.bytes);
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
		cmocka_unit_test(test_key_ids_differ),
	};

	return cmocka_run_group_tests_name("crypto/sm2", tests, init, done);
}
