#include "crypto/init_priv.h"

#include <gcrypt.h>

#include "crypto/canon.h"
#include "crypto/sm2.h"
#include "crypto/sm3_priv.h"

/* GB/T 32905-2016, A.1 */
static wq_err prove_sm3(void)
{
	static const char abc[] = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
	const uint8_t *message = (const uint8_t *)"abc";
	wq_digest expected, lane;

	WQ_TRY(wq_digest_parse(wq_str_c(abc), &expected));
	wq_sm3_lanes(&message, 3, 1, &lane);
	if (!wq_digest_eq(wq_sm3(WQ_S("abc")), expected) || !wq_digest_eq(lane, expected))
		return wq_error(WQ_E_CRYPTO, "SM3 fails its known answer");
	return WQ_OK;
}

/* GB/T 32918.5-2017, A.2; and the same with one bit changed, so that a verifier that accepts everything is found. */
static wq_err prove_sm2(void)
{
	static const char key_hex[] = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
				      "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
	static const char sig_hex[] = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
				      "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
	wq_sm2_public key;
	wq_sm2_sig sig;

	if (!wq_str_unhex(wq_str_c(key_hex), key.point, sizeof(key.point)) ||
		!wq_str_unhex(wq_str_c(sig_hex), sig.rs, sizeof(sig.rs)))
		return wq_error_id(WQ_E_BUG);
	if (wq_failed(wq_sm2_verify(&key, WQ_S("message digest"), &sig)))
		return wq_error(WQ_E_CRYPTO, "SM2 refuses its known answer");
	if (!wq_failed(wq_sm2_verify(&key, WQ_S("message digesu"), &sig)))
		return wq_error(WQ_E_CRYPTO, "SM2 accepts a wrong signature");
	return WQ_OK;
}

/* GB/T 32907-2016, A.1 */
static wq_err prove_sm4(void)
{
	static const uint8_t key[16] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
	static const uint8_t expected[16] = {
		0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e, 0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46};
	uint8_t out[16] = {0};
	gcry_cipher_hd_t h = NULL;
	bool good = gcry_cipher_open(&h, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_ECB, 0) == 0 &&
		gcry_cipher_setkey(h, key, sizeof(key)) == 0 &&
		gcry_cipher_encrypt(h, out, sizeof(out), key, sizeof(key)) == 0 &&
		memcmp(out, expected, sizeof(out)) == 0;

	gcry_cipher_close(h);
	return good ? WQ_OK : wq_error(WQ_E_CRYPTO, "SM4 fails its known answer");
}

static wq_err load_gcrypt(void)
{
	if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
		return WQ_OK;
	if (!gcry_check_version(GCRYPT_VERSION))
		return wq_error(WQ_E_CRYPTO, "libgcrypt is older than %s", GCRYPT_VERSION);
	/* its own pool of locked memory is small and exits the process when full: wq_secret wipes instead */
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	return WQ_OK;
}

wq_err wq_crypto_init(void)
{
	WQ_TRY(wq_digest_init());
	WQ_TRY(wq_sm3_lanes_init());
	WQ_TRY(load_gcrypt());
	WQ_TRY(prove_sm3());
	WQ_TRY(prove_sm4());
	return prove_sm2();
}
