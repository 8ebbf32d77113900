#include "base/test.h"

#include <gcrypt.h>
#include <openssl/evp.h>

#include "crypto/sm4.h"

static const uint8_t key_bytes[16] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
static struct wq_secret key;

static int init(void **state)
{
	(void)state;
	return wq_failed(wq_crypto_init()) || wq_failed(wq_secret_copy(wq_str_of(key_bytes, 16), &key)) ? -1 : 0;
}

static int done(void **state)
{
	(void)state;
	wq_secret_done(&key);
	return 0;
}

/* GB/T 32907-2016, A.2: the plaintext encrypted 1,000,000 times, with both libraries */
static void test_a_million_iterations(void **state)
{
	static const char expected[] = "595298c7c6fd271f0402f804c33d3f66";
	uint8_t want[16], a[16], b[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	gcry_cipher_hd_t h = NULL;
	int n;

	(void)state;
	assert_true(wq_str_unhex(wq_str_c(expected), want, 16));
	memcpy(a, key_bytes, 16);
	memcpy(b, key_bytes, 16);
	assert_int_equal(gcry_cipher_open(&h, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_ECB, 0), 0);
	assert_int_equal(gcry_cipher_setkey(h, key_bytes, 16), 0);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_sm4_ecb(), NULL, key_bytes, NULL), 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	for (unsigned i = 0; i < 1000000; i++) {
		assert_int_equal(gcry_cipher_encrypt(h, a, 16, NULL, 0), 0);
		assert_int_equal(EVP_EncryptUpdate(ctx, b, &n, b, 16), 1);
	}
	gcry_cipher_close(h);
	EVP_CIPHER_CTX_free(ctx);
	assert_memory_equal(a, want, 16);
	assert_memory_equal(b, want, 16);
}

/* RFC 8998, A.1 */
static void test_vector_of_rfc_8998(void **state)
{
	static const char aad_hex[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
	static const char nonce_hex[] = "00001234567800000000abcd";
	static const char plain_hex[] = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
					"eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa";
	static const char sealed_hex[] = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
					 "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
					 "83de3541e4c2b58177e065a9bf7b62ec";
	uint8_t aad[20], nonce[12], plain[64], sealed[80];
	struct wq_secret back = {NULL, 0};
	WQ_BUF(out, 1000);

	(void)state;
	assert_true(wq_str_unhex(wq_str_c(aad_hex), aad, sizeof(aad)));
	assert_true(wq_str_unhex(wq_str_c(nonce_hex), nonce, sizeof(nonce)));
	assert_true(wq_str_unhex(wq_str_c(plain_hex), plain, sizeof(plain)));
	assert_true(wq_str_unhex(wq_str_c(sealed_hex), sealed, sizeof(sealed)));
	assert_ok(wq_sm4_seal(&key, nonce, wq_str_of(aad, sizeof(aad)), wq_str_of(plain, sizeof(plain)), &out));
	assert_int_equal(out.len, sizeof(sealed));
	assert_memory_equal(out.data, sealed, sizeof(sealed));
	assert_ok(wq_sm4_open(&key, nonce, wq_str_of(aad, sizeof(aad)), wq_buf_str(&out), &back));
	assert_int_equal(back.n, sizeof(plain));
	assert_memory_equal(back.bytes, plain, sizeof(plain));
	wq_secret_done(&back);
	/* any bit of it, of the nonce, of what it is bound to */
	for (size_t i = 0; i < out.len; i++) {
		out.data[i] ^= 1;
		assert_err(
			wq_sm4_open(&key, nonce, wq_str_of(aad, sizeof(aad)), wq_buf_str(&out), &back), WQ_E_ALTERED);
		out.data[i] ^= 1;
	}
	for (size_t n = 0; n < out.len; n++)
		assert_err(
			wq_sm4_open(&key, nonce, wq_str_of(aad, sizeof(aad)), wq_str_head(wq_buf_str(&out), n), &back),
			WQ_E_ALTERED);
	assert_err(wq_sm4_open(&key, nonce, wq_str_of(aad, 19), wq_buf_str(&out), &back), WQ_E_ALTERED);
	nonce[0] ^= 1;
	assert_err(wq_sm4_open(&key, nonce, wq_str_of(aad, sizeof(aad)), wq_buf_str(&out), &back), WQ_E_ALTERED);
	assert_null(back.bytes);
}

static void test_wrap_is_bound_to_its_purpose(void **state)
{
	uint64_t seed = 5;
	struct wq_random random = wq_random_seeded(&seed);
	struct wq_secret secret, back = {NULL, 0}, other, wrong_size;
	WQ_BUF(a, 1000);
	WQ_BUF(b, 1000);

	(void)state;
	assert_ok(wq_secret_copy(WQ_S("salt of an event"), &secret));
	assert_ok(wq_sm4_wrap(&key, &random, "ledger salt", &secret, &a));
	assert_ok(wq_sm4_wrap(&key, &random, "ledger salt", &secret, &b));
	assert_false(wq_str_eq(wq_buf_str(&a), wq_buf_str(&b))); /* another nonce each time */
	assert_ok(wq_sm4_unwrap(&key, "ledger salt", wq_buf_str(&a), &back));
	assert_str(wq_str_of(back.bytes, back.n), WQ_S("salt of an event"));
	wq_secret_done(&back);
	assert_err(wq_sm4_unwrap(&key, "mail password", wq_buf_str(&a), &back), WQ_E_ALTERED);
	assert_ok(wq_sm4_key_derive(&key, "another", &other));
	assert_err(wq_sm4_unwrap(&other, "ledger salt", wq_buf_str(&a), &back), WQ_E_ALTERED);
	for (size_t n = 0; n < a.len; n++)
		assert_err(wq_sm4_unwrap(&key, "ledger salt", wq_str_head(wq_buf_str(&a), n), &back), WQ_E_FORMAT);
	assert_ok(wq_secret_copy(WQ_S("short"), &wrong_size));
	assert_err(wq_sm4_wrap(&wrong_size, &random, "x", &secret, &b), WQ_E_KEY);
	wq_secret_done(&wrong_size);
	wq_secret_done(&other);
	wq_secret_done(&secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_million_iterations),
		cmocka_unit_test(test_vector_of_rfc_8998),
		cmocka_unit_test(test_wrap_is_bound_to_its_purpose),
	};

	return cmocka_run_group_tests_name("crypto/sm4", tests, init, done);
}
