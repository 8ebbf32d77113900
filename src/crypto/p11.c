#include "crypto/p11.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include "crypto/p11_priv.h"
#include "crypto/sm2_priv.h"

struct wq_p11 {
	void *module;
	CK_FUNCTION_LIST_PTR f;
	CK_SESSION_HANDLE session;
	bool initialized; /* by us: then we finalize */
	bool open;
};

static wq_err refused(enum wq_err_id id, const char *call, CK_RV rv)
{
	return wq_error(id, "PKCS#11 %s: 0x%08lx", call, rv);
}

static wq_err load(struct wq_p11 *t, const char *path)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_RV (*list)(CK_FUNCTION_LIST_PTR_PTR);
	CK_RV rv;

	if (path[0] != '/')
		return wq_error(WQ_E_CONFIG, "the PKCS#11 module needs an absolute path");
	t->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!t->module)
		return wq_error(WQ_E_CONFIG, "%s: cannot be loaded", path);
	*(void **)&list = dlsym(t->module, "C_GetFunctionList");
	if (!list || list(&t->f) != CKR_OK || !t->f)
		return wq_error(WQ_E_CONFIG, "%s: no PKCS#11 module", path);
	rv = t->f->C_Initialize(&args);
	t->initialized = rv == CKR_OK;
	return rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? WQ_OK
								      : refused(WQ_E_CONFIG, "C_Initialize", rv);
}

/* Labels of tokens are padded with spaces (PKCS#11 2.40, CK_TOKEN_INFO). */
static bool has_label(const CK_TOKEN_INFO *info, const char *label)
{
	wq_str theirs = wq_str_of(info->label, sizeof(info->label));

	while (theirs.n > 0 && theirs.p[theirs.n - 1] == ' ')
		theirs.n--;
	return wq_str_eq(theirs, wq_str_c(label));
}

static wq_err find_token(struct wq_p11 *t, const char *label, CK_SLOT_ID *ret_slot)
{
	CK_SLOT_ID slots[WQ_P11_SLOTS_MAX], found = 0;
	CK_ULONG n = WQ_P11_SLOTS_MAX;
	CK_RV rv = t->f->C_GetSlotList(CK_TRUE, slots, &n);
	unsigned matches = 0;

	if (rv != CKR_OK)
		return refused(WQ_E_KEY, "C_GetSlotList", rv);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;

		if (t->f->C_GetTokenInfo(slots[i], &info) == CKR_OK && has_label(&info, label)) {
			found = slots[i];
			matches++;
		}
	}
	if (matches != 1)
		return wq_error(WQ_E_KEY, "%u tokens are labelled \"%s\"", matches, label);
	*ret_slot = found;
	return WQ_OK;
}

static wq_err login(struct wq_p11 *t, CK_SLOT_ID slot, const struct wq_secret *pin)
{
	CK_RV rv = t->f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &t->session);

	if (rv == CKR_TOKEN_WRITE_PROTECTED)
		rv = t->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
	if (rv != CKR_OK)
		return refused(WQ_E_KEY, "C_OpenSession", rv);
	t->open = true;
	rv = t->f->C_Login(t->session, CKU_USER, pin->bytes, pin->n);
	return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? WQ_OK : refused(WQ_E_KEY, "C_Login", rv);
}

wq_err wq_p11_open(
	const char *module_path, const char *token_label, const struct wq_secret *pin, struct wq_p11 **ret_token)
{
	struct wq_p11 *t = calloc(1, sizeof(*t));
	CK_SLOT_ID slot = 0;
	wq_err e;

	if (!t)
		return wq_error_id(WQ_E_NO_MEMORY);
	e = load(t, module_path);
	if (!wq_failed(e))
		e = find_token(t, token_label, &slot);
	if (!wq_failed(e))
		e = login(t, slot, pin);
	if (wq_failed(e)) {
		wq_p11_close(&t);
		return e;
	}
	*ret_token = t;
	return WQ_OK;
}

void wq_p11_close(struct wq_p11 **token)
{
	struct wq_p11 *t = *token;

	if (!t)
		return;
	if (t->open) {
		t->f->C_Logout(t->session);
		t->f->C_CloseSession(t->session);
	}
	if (t->initialized)
		t->f->C_Finalize(NULL);
	if (t->module)
		dlclose(t->module);
	free(t);
	*token = NULL;
}

/* The objects of a class and label; more than `room` are counted as `room`. */
static wq_err find_objects(struct wq_p11 *t, CK_OBJECT_CLASS class, const char *label, CK_OBJECT_HANDLE *out,
	CK_ULONG room, CK_ULONG *ret_n)
{
	wq_str text = wq_str_c(label);
	char copy[WQ_P11_LABEL_MAX];
	CK_ATTRIBUTE want[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, copy, text.n}};
	CK_RV rv;

	if (text.n == 0 || text.n > sizeof(copy))
		return wq_error(WQ_E_CONFIG, "a key's label has 1 to %d bytes", WQ_P11_LABEL_MAX);
	memcpy(copy, text.p, text.n);
	rv = t->f->C_FindObjectsInit(t->session, want, WQ_COUNT(want));
	if (rv == CKR_OK) {
		rv = t->f->C_FindObjects(t->session, out, room, ret_n);
		t->f->C_FindObjectsFinal(t->session);
	}
	return rv == CKR_OK ? WQ_OK : refused(WQ_E_KEY, "C_FindObjects", rv);
}

static wq_err find_one(struct wq_p11 *t, CK_OBJECT_CLASS class, const char *label, CK_OBJECT_HANDLE *ret_object)
{
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 0;

	WQ_TRY(find_objects(t, class, label, found, WQ_COUNT(found), &n));
	if (n != 1)
		return wq_error(WQ_E_KEY, "the token has %s key labelled \"%s\"", n ? "more than one" : "no", label);
	*ret_object = found[0];
	return WQ_OK;
}

static CK_RV make_rsa(struct wq_p11 *t, char *label, size_t n)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bits = 2048;
	CK_BYTE exponent[] = {1, 0, 1};
	CK_MECHANISM how = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {{CKA_TOKEN, &yes, sizeof(yes)}, {CKA_ENCRYPT, &yes, sizeof(yes)},
		{CKA_LABEL, label, n}, {CKA_MODULUS_BITS, &bits, sizeof(bits)},
		{CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent)}};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, sizeof(yes)}, {CKA_DECRYPT, &yes, sizeof(yes)},
		{CKA_LABEL, label, n}, {CKA_PRIVATE, &yes, sizeof(yes)}, {CKA_SENSITIVE, &yes, sizeof(yes)},
		{CKA_EXTRACTABLE, &no, sizeof(no)}};
	CK_OBJECT_HANDLE a, b;

	return t->f->C_GenerateKeyPair(t->session, &how, public, WQ_COUNT(public), private, WQ_COUNT(private), &a, &b);
}

static CK_RV make_aes(struct wq_p11 *t, char *label, size_t n)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bytes = 32;
	CK_MECHANISM how = {CKM_AES_KEY_GEN, NULL, 0};
	CK_ATTRIBUTE key[] = {{CKA_TOKEN, &yes, sizeof(yes)}, {CKA_ENCRYPT, &yes, sizeof(yes)},
		{CKA_DECRYPT, &yes, sizeof(yes)}, {CKA_LABEL, label, n}, {CKA_PRIVATE, &yes, sizeof(yes)},
		{CKA_SENSITIVE, &yes, sizeof(yes)}, {CKA_EXTRACTABLE, &no, sizeof(no)},
		{CKA_VALUE_LEN, &bytes, sizeof(bytes)}};
	CK_OBJECT_HANDLE a;

	return t->f->C_GenerateKey(t->session, &how, key, WQ_COUNT(key), &a);
}

wq_err wq_p11_wrapping_key_make(struct wq_p11 *t, enum wq_p11_kind kind, const char *label)
{
	char copy[WQ_P11_LABEL_MAX + 1];
	size_t length = strlen(label);
	CK_OBJECT_HANDLE found;
	CK_ULONG n = 0;
	CK_RV rv;

	WQ_TRY(find_objects(t, kind == WQ_P11_RSA_OAEP ? CKO_PRIVATE_KEY : CKO_SECRET_KEY, label, &found, 1, &n));
	if (n > 0)
		return wq_error(WQ_E_EXISTS, "the token's key \"%s\"", label);
	memcpy(copy, label, length); /* find_objects has checked the length */
	rv = kind == WQ_P11_RSA_OAEP ? make_rsa(t, copy, length) : make_aes(t, copy, length);
	return rv == CKR_OK ? WQ_OK : refused(WQ_E_KEY, "key generation", rv);
}

/* How the wrapping key is used. The structures must live as long as the mechanism. */
struct use {
	CK_RSA_PKCS_OAEP_PARAMS oaep;
	uint8_t iv[WQ_P11_IV_BYTES];
	CK_MECHANISM how;
};

static void use_set(struct use *use, enum wq_p11_kind kind, const uint8_t *iv)
{
	memset(use, 0, sizeof(*use));
	if (kind == WQ_P11_RSA_OAEP) {
		use->oaep = (CK_RSA_PKCS_OAEP_PARAMS){
			.hashAlg = CKM_SHA_1, .mgf = CKG_MGF1_SHA1, .source = CKZ_DATA_SPECIFIED};
		use->how = (CK_MECHANISM){CKM_RSA_PKCS_OAEP, &use->oaep, sizeof(use->oaep)};
		return;
	}
	memcpy(use->iv, iv, sizeof(use->iv));
	use->how = (CK_MECHANISM){CKM_AES_CBC_PAD, use->iv, sizeof(use->iv)};
}

wq_err wq_p11_encrypt(struct wq_p11 *t, enum wq_p11_kind kind, const char *label, const uint8_t iv[WQ_P11_IV_BYTES],
	wq_str plain, uint8_t *out, size_t *n)
{
	CK_ULONG length = *n;
	CK_OBJECT_HANDLE key = 0;
	struct use use;
	uint8_t copy[WQ_P11_KEK_BYTES];
	CK_RV rv;

	if (plain.n != sizeof(copy))
		return wq_error_id(WQ_E_BUG);
	WQ_TRY(find_one(t, kind == WQ_P11_RSA_OAEP ? CKO_PUBLIC_KEY : CKO_SECRET_KEY, label, &key));
	use_set(&use, kind, iv);
	memcpy(copy, plain.p, plain.n);
	rv = t->f->C_EncryptInit(t->session, &use.how, key);
	if (rv == CKR_OK)
		rv = t->f->C_Encrypt(t->session, copy, sizeof(copy), out, &length);
	explicit_bzero(copy, sizeof(copy));
	if (rv != CKR_OK)
		return refused(WQ_E_KEY, "C_Encrypt", rv);
	*n = length;
	return WQ_OK;
}

wq_err wq_p11_decrypt(struct wq_p11 *t, enum wq_p11_kind kind, const char *label, const uint8_t iv[WQ_P11_IV_BYTES],
	wq_str cipher, uint8_t *out, size_t *n)
{
	CK_ULONG length = *n;
	CK_OBJECT_HANDLE key = 0;
	struct use use;
	uint8_t copy[WQ_P11_CIPHER_MAX];
	CK_RV rv;

	if (cipher.n > sizeof(copy))
		return wq_error_id(WQ_E_FORMAT);
	WQ_TRY(find_one(t, kind == WQ_P11_RSA_OAEP ? CKO_PRIVATE_KEY : CKO_SECRET_KEY, label, &key));
	use_set(&use, kind, iv);
	memcpy(copy, cipher.p, cipher.n);
	rv = t->f->C_DecryptInit(t->session, &use.how, key);
	if (rv == CKR_OK)
		rv = t->f->C_Decrypt(t->session, copy, cipher.n, out, &length);
	if (rv != CKR_OK)
		return refused(WQ_E_KEY, "C_Decrypt", rv);
	*n = length;
	return WQ_OK;
}

/* A key that signs in the token. */
struct native {
	struct wq_p11 *token;
	CK_OBJECT_HANDLE key;
	CK_MECHANISM_TYPE mechanism;
};

static wq_err native_sign(void *data, wq_digest e, wq_sm2_sig *ret_sig)
{
	struct native *native = data;
	struct wq_p11 *t = native->token;
	CK_MECHANISM how = {native->mechanism, NULL, 0};
	wq_sm2_sig sig;
	CK_ULONG n = sizeof(sig.rs);
	CK_RV rv = t->f->C_SignInit(t->session, &how, native->key);

	if (rv == CKR_OK)
		rv = t->f->C_Sign(t->session, e.b, sizeof(e.b), sig.rs, &n);
	if (rv != CKR_OK)
		return refused(WQ_E_KEY, "C_Sign", rv);
	if (n != sizeof(sig.rs))
		return wq_error(WQ_E_KEY, "the token's signature has %lu bytes, not r || s", n);
	*ret_sig = sig;
	return WQ_OK;
}

/* CKA_EC_POINT is the point in an OCTET STRING; some tokens leave the wrapping out. */
static wq_err public_of(struct wq_p11 *t, const char *label, wq_sm2_public *ret_point)
{
	uint8_t value[128];
	CK_ATTRIBUTE want = {CKA_EC_POINT, value, sizeof(value)};
	CK_OBJECT_HANDLE key = 0;
	size_t skip;
	CK_RV rv;

	WQ_TRY(find_one(t, CKO_PUBLIC_KEY, label, &key));
	rv = t->f->C_GetAttributeValue(t->session, key, &want, 1);
	if (rv != CKR_OK)
		return refused(WQ_E_KEY, "C_GetAttributeValue", rv);
	skip = want.ulValueLen == WQ_SM2_PUBLIC_BYTES + 2 && value[0] == 0x04 && value[1] == WQ_SM2_PUBLIC_BYTES ? 2
														 : 0;
	if (want.ulValueLen != WQ_SM2_PUBLIC_BYTES + skip || value[skip] != 0x04)
		return wq_error(WQ_E_KEY, "the token's key \"%s\" has no uncompressed point", label);
	memcpy(ret_point->point, value + skip, WQ_SM2_PUBLIC_BYTES);
	return WQ_OK;
}

wq_err wq_p11_key_native(struct wq_p11 *t, const char *label, unsigned long mechanism, struct wq_sm2_key **ret_key)
{
	struct wq_sm2_key *key;
	struct native *native;
	wq_sm2_public point;
	CK_OBJECT_HANDLE handle = 0;

	WQ_TRY(public_of(t, label, &point));
	WQ_TRY(find_one(t, CKO_PRIVATE_KEY, label, &handle));
	key = calloc(1, sizeof(*key));
	native = calloc(1, sizeof(*native));
	if (!key || !native) {
		free(key);
		free(native);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	*native = (struct native){t, handle, mechanism};
	*key = (struct wq_sm2_key){.point = point, .sign = native_sign, .token_free = free, .token = native};
	*ret_key = key;
	return WQ_OK;
}
