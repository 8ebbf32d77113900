#include "base/test.h"

#include <sys/stat.h>

#include "base/file.h"
#include "crypto/p11.h"
#include "crypto/p11_test_module_priv.h"
#include "crypto/test_spawn_priv.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define TOKEN "weique test"

static char folder[] = "/tmp/wq-p11-XXXXXX";
static char key_path[64];
static struct wq_secret pin, wrong_pin, native_pin;
static uint64_t seed = 99;
static struct wq_random repeatable;

/* A SoftHSM token of its own, in a folder of its own. */
static int init(void **state)
{
	char text[256], path[64];
	static const char *const argv[] = {"/usr/bin/softhsm2-util", "--init-token", "--free", "--label", TOKEN,
		"--so-pin", "12345678", "--pin", "654321", NULL};
	FILE *f;

	(void)state;
	if (wq_failed(wq_crypto_init()) || !mkdtemp(folder))
		return -1;
	snprintf(text, sizeof(text), "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
		folder);
	snprintf(path, sizeof(path), "%s/softhsm2.conf", folder);
	snprintf(key_path, sizeof(key_path), "%s/sealing.key", folder);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0 || setenv("SOFTHSM2_CONF", path, 1) != 0)
		return -1;
	repeatable = wq_random_seeded(&seed);
	if (wq_failed(wq_secret_copy(WQ_S("654321"), &pin)) || wq_failed(wq_secret_copy(WQ_S("135790"), &wrong_pin)) ||
		wq_failed(wq_secret_copy(WQ_S(TEST_PIN), &native_pin)))
		return -1;
	return test_spawn(argv) == 0 ? 0 : -1;
}

static int done(void **state)
{
	(void)state;
	wq_secret_done(&pin);
	wq_secret_done(&wrong_pin);
	wq_secret_done(&native_pin);
	return wq_failed(wq_dir_remove_tree(&wq_fs_system, folder)) ? -1 : 0;
}

static void assert_signs(const struct wq_sm2_key *key, const wq_sm2_public *point)
{
	wq_sm2_sig sig;

	assert_ok(wq_sm2_sign(key, WQ_S("a release"), &sig));
	assert_ok(wq_sm2_verify(point, WQ_S("a release"), &sig));
}

/* Any byte of a wrapped file that is changed makes it unusable. */
static void every_byte_counts(struct wq_p11 *token)
{
	WQ_BUF(whole, 8192);
	WQ_BUF(changed, 8192);
	struct wq_sm2_key *key = NULL;

	assert_ok(wq_file_read(&wq_fs_system, key_path, &whole));
	for (size_t i = 0; i < whole.len; i += 7) {
		wq_buf_clear(&changed);
		wq_buf_add(&changed, wq_buf_str(&whole));
		changed.data[i] ^= 1;
		assert_ok(wq_file_replace(&wq_fs_system, key_path, wq_buf_str(&changed), 0600));
		assert_true(wq_failed(wq_p11_key_load(token, key_path, &key)));
		assert_null(key);
	}
	for (size_t n = 0; n < whole.len; n += 13) {
		assert_ok(wq_file_replace(&wq_fs_system, key_path, wq_str_head(wq_buf_str(&whole), n), 0600));
		assert_true(wq_failed(wq_p11_key_load(token, key_path, &key)));
	}
	assert_ok(wq_file_replace(&wq_fs_system, key_path, wq_buf_str(&whole), 0600));
}

static void wrapped(enum wq_p11_kind kind, const char *label)
{
	struct wq_p11 *token = NULL;
	struct wq_sm2_key *key = NULL, *back = NULL;
	wq_sm2_public point;

	assert_ok(wq_p11_open(SOFTHSM, TOKEN, &pin, &token));
	assert_ok(wq_p11_wrapping_key_make(token, kind, label));
	assert_err(wq_p11_wrapping_key_make(token, kind, label), WQ_E_EXISTS);
	assert_ok(wq_sm2_generate(&key));
	point = wq_sm2_key_public(key);
	assert_err(wq_p11_key_save(token, kind, "nobody", &repeatable, key, key_path), WQ_E_KEY);
	assert_ok(wq_p11_key_save(token, kind, label, &repeatable, key, key_path));
	wq_sm2_key_free(&key);
	/* a new session, as after a restart */
	wq_p11_close(&token);
	assert_null(token);
	assert_ok(wq_p11_open(SOFTHSM, TOKEN, &pin, &token));
	assert_ok(wq_p11_key_load(token, key_path, &back));
	assert_signs(back, &point);
	wq_sm2_key_free(&back);
	every_byte_counts(token);
	assert_int_equal(chmod(key_path, 0644), 0);
	assert_err(wq_p11_key_load(token, key_path, &back), WQ_E_KEY);
	wq_p11_close(&token);
}

static void test_rsa_key_of_a_token_unwraps_ours(void **state)
{
	(void)state;
	wrapped(WQ_P11_RSA_OAEP, "wrap-rsa");
}

static void test_aes_key_of_a_token_unwraps_ours(void **state)
{
	(void)state;
	wrapped(WQ_P11_AES_CBC_PAD, "wrap-aes");
}

static void test_what_cannot_be_opened(void **state)
{
	struct wq_p11 *token = NULL;
	wq_err e;

	(void)state;
	assert_err(wq_p11_open("libsofthsm2.so", TOKEN, &pin, &token), WQ_E_CONFIG);
	assert_err(wq_p11_open("/nowhere/x.so", TOKEN, &pin, &token), WQ_E_CONFIG);
	assert_err(wq_p11_open(SOFTHSM, "another", &pin, &token), WQ_E_KEY);
	e = wq_p11_open(SOFTHSM, TOKEN, &wrong_pin, &token);
	assert_err(e, WQ_E_KEY);
	assert_null(strstr(wq_err_note(e), "135790"));
	assert_null(token);
}

static void test_native_mechanism(void **state)
{
	struct wq_p11 *token = NULL;
	struct wq_sm2_key *key = NULL;
	wq_sm2_public point;
	wq_sm2_sig sig;

	(void)state;
	assert_err(wq_p11_open(WQ_TEST_P11_MODULE, TEST_TOKEN, &pin, &token), WQ_E_KEY);
	assert_ok(wq_p11_open(WQ_TEST_P11_MODULE, TEST_TOKEN, &native_pin, &token));
	assert_err(wq_p11_key_native(token, "nobody", TEST_MECHANISM, &key), WQ_E_KEY);
	assert_ok(wq_p11_key_native(token, TEST_KEY, TEST_MECHANISM, &key));
	point = wq_sm2_key_public(key);
	for (unsigned i = 0; i < 20; i++)
		assert_signs(key, &point);
	/* it stays in the token */
	assert_err(wq_sm2_save(key, key_path, &pin), WQ_E_KEY);
	wq_sm2_key_free(&key);
	assert_ok(wq_p11_key_native(token, TEST_KEY, TEST_MECHANISM_WRONG, &key));
	assert_err(wq_sm2_sign(key, WQ_S("x"), &sig), WQ_E_CRYPTO);
	wq_sm2_key_free(&key);
	assert_ok(wq_p11_key_native(token, TEST_KEY, TEST_MECHANISM_SHORT, &key));
	assert_err(wq_sm2_sign(key, WQ_S("x"), &sig), WQ_E_KEY);
	wq_sm2_key_free(&key);
	assert_ok(wq_p11_key_native(token, TEST_KEY, 0x1041, &key));
	assert_err(wq_sm2_sign(key, WQ_S("x"), &sig), WQ_E_KEY);
	wq_sm2_key_free(&key);
	wq_p11_close(&token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rsa_key_of_a_token_unwraps_ours),
		cmocka_unit_test(test_aes_key_of_a_token_unwraps_ours),
		cmocka_unit_test(test_what_cannot_be_opened),
		cmocka_unit_test(test_native_mechanism),
	};

	return cmocka_run_group_tests_name("crypto/p11", tests, init, done);
}
