/* A PKCS#11 module with one token, one SM2 key and a mechanism of its own that signs digests: the tests load it to try the
 * native way. The functions that Weique calls are there, others are NULL. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <string.h>

#include "crypto/p11_test_module_priv.h"

static EVP_PKEY *key;
static CK_OBJECT_HANDLE hits[2];
static CK_ULONG n_hits, next_hit;
static CK_MECHANISM_TYPE signing;

enum { PUBLIC = 1, PRIVATE = 2 };

static CK_RV initialize(void *args)
{
	(void)args;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	return key ? CKR_OK : CKR_GENERAL_ERROR;
}

static CK_RV finalize(void *reserved)
{
	(void)reserved;
	EVP_PKEY_free(key);
	key = NULL;
	return CKR_OK;
}

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR n)
{
	(void)present;
	slots[0] = 7;
	*n = 1;
	return CKR_OK;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
	(void)slot;
	memset(info, 0, sizeof(*info));
	memset(info->label, ' ', sizeof(info->label));
	memcpy(info->label, TEST_TOKEN, sizeof(TEST_TOKEN) - 1);
	return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session)
{
	(void)slot;
	(void)flags;
	(void)data;
	(void)notify;
	*session = 1;
	return CKR_OK;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG n)
{
	(void)session;
	return user == CKU_USER && n == sizeof(TEST_PIN) - 1 && memcmp(pin, TEST_PIN, n) == 0 ? CKR_OK
											      : CKR_PIN_INCORRECT;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR want, CK_ULONG n)
{
	CK_OBJECT_CLASS class = *(CK_OBJECT_CLASS *)want[0].pValue;
	bool mine = n == 2 && want[1].ulValueLen == sizeof(TEST_KEY) - 1 &&
		memcmp(want[1].pValue, TEST_KEY, want[1].ulValueLen) == 0;

	(void)session;
	n_hits = next_hit = 0;
	if (mine && class == CKO_PUBLIC_KEY)
		hits[n_hits++] = PUBLIC;
	if (mine && class == CKO_PRIVATE_KEY)
		hits[n_hits++] = PRIVATE;
	return CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR out, CK_ULONG room, CK_ULONG_PTR n)
{
	(void)session;
	for (*n = 0; *n < room && next_hit < n_hits; (*n)++)
		out[*n] = hits[next_hit++];
	return CKR_OK;
}

static CK_RV attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR want, CK_ULONG n)
{
	uint8_t *out = want->pValue;
	size_t length = 0;

	(void)session;
	if (object != PUBLIC || n != 1 || want->type != CKA_EC_POINT || want->ulValueLen < 67)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out + 2, 65, &length) != 1 || length != 65)
		return CKR_GENERAL_ERROR;
	out[0] = 0x04;
	out[1] = 65;
	want->ulValueLen = 67;
	return CKR_OK;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR how, CK_OBJECT_HANDLE object)
{
	(void)session;
	if (object != PRIVATE)
		return CKR_KEY_HANDLE_INVALID;
	if (how->mechanism < TEST_MECHANISM || how->mechanism > TEST_MECHANISM_SHORT)
		return CKR_MECHANISM_INVALID;
	signing = how->mechanism;
	return CKR_OK;
}

/* DER to r || s, loosely: the library has just made it. */
static void raw_of(const uint8_t *der, uint8_t out[64])
{
	const uint8_t *p = der + 2;

	memset(out, 0, 64);
	for (unsigned i = 0; i < 2; i++) {
		size_t n = p[1], skip = n > 32 ? n - 32 : 0;

		memcpy(out + 32 * i + 32 - (n - skip), p + 2 + skip, n - skip);
		p += 2 + n;
	}
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR e, CK_ULONG n, CK_BYTE_PTR out, CK_ULONG_PTR length)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t der[80];
	size_t der_n = sizeof(der);
	bool good = ctx && n == 32 && *length >= 64 && EVP_PKEY_sign_init(ctx) == 1 &&
		EVP_PKEY_sign(ctx, der, &der_n, e, n) == 1;

	(void)session;
	EVP_PKEY_CTX_free(ctx);
	if (!good)
		return CKR_FUNCTION_FAILED;
	raw_of(der, out);
	*length = signing == TEST_MECHANISM_SHORT ? 63 : 64;
	if (signing == TEST_MECHANISM_WRONG)
		out[5] ^= 1;
	return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
	static CK_FUNCTION_LIST functions = {.version = {2, 40},
		.C_Initialize = initialize,
		.C_Finalize = finalize,
		.C_GetSlotList = slot_list,
		.C_GetTokenInfo = token_info,
		.C_OpenSession = open_session,
		.C_CloseSession = close_session,
		.C_Login = login,
		.C_Logout = close_session,
		.C_FindObjectsInit = find_init,
		.C_FindObjects = find,
		.C_FindObjectsFinal = close_session,
		.C_GetAttributeValue = attribute,
		.C_SignInit = sign_init,
		.C_Sign = sign};

	*list = &functions;
	return CKR_OK;
}
