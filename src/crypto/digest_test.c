#include "base/test.h"

#include <gcrypt.h>

#include "crypto/digest.h"

static int init(void **state)
{
	(void)state;
	return wq_failed(wq_crypto_init()) ? -1 : 0;
}

static void assert_digest(wq_digest d, const char *hex)
{
	char text[WQ_DIGEST_HEX];

	assert_string_equal(wq_digest_hex(d, text), hex);
}

/* GB/T 32905-2016, appendix A */
static void test_vectors_of_the_standard(void **state)
{
	(void)state;
	assert_digest(wq_sm3(WQ_S("abc")), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
	assert_digest(wq_sm3(WQ_S("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd")),
		"debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
	assert_digest(wq_sm3(WQ_S("")), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
}

/* FIPS 180-4 examples */
static void test_sha256(void **state)
{
	wq_digest d;

	(void)state;
	wq_sha256(WQ_S("abc"), d.b);
	assert_digest(d, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	wq_sha256(WQ_S(""), d.b);
	assert_digest(d, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_stream_equals_one_shot(void **state)
{
	char bytes[1000];
	struct wq_sm3 s;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t cut = 0; cut <= sizeof(bytes); cut += 37) {
		wq_sm3_init(&s);
		wq_sm3_update(&s, wq_str_of(bytes, cut));
		wq_sm3_update(&s, WQ_S_NONE);
		wq_sm3_update(&s, wq_str_of(bytes + cut, sizeof(bytes) - cut));
		assert_true(wq_digest_eq(wq_sm3_final(&s), wq_sm3(wq_str_of(bytes, sizeof(bytes)))));
		wq_sm3_done(&s);
	}
}

/* libgcrypt as a second opinion, for keys around the size of a block */
static void test_hmac_equals_libgcrypt(void **state)
{
	char key[200], message[300];

	(void)state;
	memset(key, 0x5a, sizeof(key));
	memset(message, 0xc3, sizeof(message));
	for (size_t n = 1; n <= sizeof(key); n++) {
		wq_digest mine = wq_hmac_sm3(wq_str_of(key, n), wq_str_of(message, n)), theirs;
		size_t size = sizeof(theirs.b);
		gcry_mac_hd_t h;

		assert_int_equal(gcry_mac_open(&h, GCRY_MAC_HMAC_SM3, 0, NULL), 0);
		assert_int_equal(gcry_mac_setkey(h, key, n), 0);
		assert_int_equal(gcry_mac_write(h, message, n), 0);
		assert_int_equal(gcry_mac_read(h, theirs.b, &size), 0);
		gcry_mac_close(h);
		assert_true(wq_digest_eq(mine, theirs));
	}
}

/* fixed values besides, one key for many messages */
static void test_hmac_known_answers(void **state)
{
	static const struct {
		wq_str key, message;
		const char *hex;
	} rows[] = {
		{WQ_S_INIT(""), WQ_S_INIT(""), "0d23f72ba15e9c189a879aefc70996b06091de6e64d31b7a84004356dd915261"},
		{WQ_S_INIT("key"), WQ_S_INIT("The quick brown fox jumps over the lazy dog"),
			"bd4a34077888162b210645b8ebf74b9af357303789357a27c7fc457244ebd398"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_hmac_key key;

		assert_digest(wq_hmac_sm3(rows[i].key, rows[i].message), rows[i].hex);
		wq_hmac_sm3_key(rows[i].key, &key);
		assert_digest(wq_hmac_sm3_with(&key, rows[i].message), rows[i].hex);
		assert_digest(wq_hmac_sm3_with(&key, rows[i].message), rows[i].hex);
	}
}

static void test_text_form(void **state)
{
	static const wq_str wrong[] = {
		WQ_S_INIT(""),
		WQ_S_INIT("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e"),
		WQ_S_INIT("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e00"),
		WQ_S_INIT("g6c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
	};
	wq_digest d, e;
	char hex[WQ_DIGEST_HEX];

	(void)state;
	d = wq_sm3(WQ_S("abc"));
	assert_ok(wq_digest_parse(wq_str_c(wq_digest_hex(d, hex)), &e));
	assert_true(wq_digest_eq(d, e));
	for (size_t i = 0; i < sizeof(d.b); i++) {
		e = d;
		e.b[i] ^= 0x80;
		assert_false(wq_digest_eq(d, e));
	}
	assert_false(wq_digest_is_zero(d));
	assert_true(wq_digest_is_zero((wq_digest){0}));
	for (size_t i = 0; i < WQ_COUNT(wrong); i++)
		assert_err(wq_digest_parse(wrong[i], &e), WQ_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors_of_the_standard),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_stream_equals_one_shot),
		cmocka_unit_test(test_hmac_equals_libgcrypt),
		cmocka_unit_test(test_hmac_known_answers),
		cmocka_unit_test(test_text_form),
	};

	return cmocka_run_group_tests_name("crypto/digest", tests, init, NULL);
}
