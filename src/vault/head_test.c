#include "base/test.h"

#include "vault/layout_priv.h"
#include "vault/site_test.h"

enum { BODY_MAX = 16 * 1024 * 1024 };

static struct wq_sm2_key *key, *other_key;

/* A whole snapshot, signed. */
static void seal(const char *app, uint64_t serial, struct wq_buf *out)
{
	struct wq_snapshot_head head = {.serial = serial, .sealed_at = 1764000000 * WQ_SECOND};
	wq_sm2_public public = wq_sm2_key_public(key);
	struct wq_body_new in;
	struct wq_site site;
	wq_sm2_sig sig;
	WQ_BUF(body, BODY_MAX);
	WQ_BUF(canonical, 1024);

	wq_site_init(&site, 6, serial, 0);
	in = wq_site_body(&site);
	assert_ok(wq_snapshot_build(&in, &body));
	snprintf(head.app, sizeof head.app, "%s", app);
	memset(head.event.b, 0xee, sizeof head.event.b);
	memset(head.statement.b, 0x55, sizeof head.statement.b);
	head.body_root = wq_tree_root(wq_buf_str(&body));
	head.body_bytes = body.len;
	head.key_id = wq_sm2_key_id(&public);
	assert_ok(wq_snapshot_head_encode(&head, &canonical));
	assert_ok(wq_sm2_sign(key, wq_buf_str(&canonical), &sig));
	assert_ok(wq_snapshot_header(&head, &sig, out));
	assert_int_equal(out->len, WQ_SNAPSHOT_HEADER);
	wq_buf_add(out, wq_buf_str(&body));
	wq_site_done(&site);
}

static void a_sealed_snapshot_verifies(void **state)
{
	wq_sm2_public public = wq_sm2_key_public(key), other = wq_sm2_key_public(other_key);
	struct wq_snapshot s;
	struct wq_entry e;
	wq_digest digest, another = {{1}};
	WQ_BUF(bytes, BODY_MAX);

	(void)state;
	seal("portal-1", 7, &bytes);
	assert_ok(wq_snapshot_open(wq_buf_str(&bytes), &s));
	assert_string_equal(s.head.app, "portal-1");
	assert_true(s.head.serial == 7);
	assert_true(wq_snapshot_entry(&s, 0, &e));
	assert_ok(wq_snapshot_check(&s));
	assert_ok(wq_snapshot_verify(&s, &public, 0, NULL));
	assert_ok(wq_snapshot_verify(&s, &public, 7, NULL));
	assert_ok(wq_snapshot_digest(&s, &digest));
	assert_true(wq_digest_eq(digest, wq_sm3(wq_str_of(s.bytes + 12, wq_load_u32(s.bytes + 8)))));
	assert_ok(wq_snapshot_verify(&s, &public, 7, &digest));
	assert_ok(wq_snapshot_verify(&s, &public, 6, &another));
	assert_err(wq_snapshot_verify(&s, &public, 7, &another), WQ_E_REPLAYED);
	assert_err(wq_snapshot_verify(&s, &public, 8, NULL), WQ_E_REPLAYED);
	assert_err(wq_snapshot_verify(&s, &public, UINT64_MAX, NULL), WQ_E_REPLAYED);
	assert_err(wq_snapshot_verify(&s, &other, 0, NULL), WQ_E_SIGNATURE);
}

/* The key's name is right, the signature is somebody else's. */
static void a_forged_signature_is_refused(void **state)
{
	wq_sm2_public public = wq_sm2_key_public(key);
	struct wq_snapshot s;
	wq_sm2_sig forged;
	WQ_BUF(bytes, BODY_MAX);
	WQ_BUF(canonical, 1024);

	(void)state;
	seal("portal-1", 7, &bytes);
	assert_ok(wq_snapshot_open(wq_buf_str(&bytes), &s));
	s.head.serial = 8;
	assert_err(wq_snapshot_verify(&s, &public, 0, NULL), WQ_E_SIGNATURE);
	assert_ok(wq_snapshot_head_encode(&s.head, &canonical));
	assert_ok(wq_sm2_sign(other_key, wq_buf_str(&canonical), &forged));
	s.sig = forged;
	assert_err(wq_snapshot_verify(&s, &public, 0, NULL), WQ_E_SIGNATURE);
}

static void every_changed_byte_is_found(void **state)
{
	wq_sm2_public public = wq_sm2_key_public(key);
	struct wq_snapshot s;
	struct wq_entry e;
	uint8_t *copy;
	WQ_BUF(bytes, BODY_MAX);

	(void)state;
	seal("portal-1", 7, &bytes);
	copy = malloc(bytes.len);
	memcpy(copy, bytes.data, bytes.len);
	for (size_t i = 0; i < bytes.len; i++) {
		copy[i] ^= (uint8_t)(1 << i % 8);
		if (!wq_failed(wq_snapshot_open(wq_str_of(copy, bytes.len), &s))) {
			wq_snapshot_find(&s, WQ_S("www.example.gov.cn/a/00000000"), &e);
			if (!wq_failed(wq_snapshot_verify(&s, &public, 0, NULL)))
				fail_msg("byte %zu of %zu", i, bytes.len);
		}
		copy[i] ^= (uint8_t)(1 << i % 8);
	}
	free(copy);
	for (size_t n = 0; n < bytes.len; n++) {
		copy = malloc(n + 1);
		memcpy(copy, bytes.data, n);
		assert_err(wq_snapshot_open(wq_str_of(copy, n), &s), WQ_E_FORMAT);
		free(copy);
	}
	wq_buf_byte(&bytes, 0);
	assert_err(wq_snapshot_open(wq_buf_str(&bytes), &s), WQ_E_FORMAT);
}

static void heads_without_a_proper_name_are_refused(void **state)
{
	static const char *const names[] = {"", "Portal", "a/b", "..", "a b", "a.b", "a_b"};
	struct wq_snapshot_head head = {.serial = 1};
	WQ_BUF(out, 4096);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		snprintf(head.app, sizeof head.app, "%s", names[i]);
		assert_err(wq_snapshot_head_encode(&head, &out), WQ_E_INPUT);
	}
	snprintf(head.app, sizeof head.app, "%s", "a");
	assert_ok(wq_snapshot_head_encode(&head, &out));
	head.serial = 0;
	assert_err(wq_snapshot_head_encode(&head, &out), WQ_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_snapshot_verifies),
		cmocka_unit_test(a_forged_signature_is_refused),
		cmocka_unit_test(every_changed_byte_is_found),
		cmocka_unit_test(heads_without_a_proper_name_are_refused),
	};
	int failed;

	if (wq_failed(wq_crypto_init()) || wq_failed(wq_sm2_generate(&key)) || wq_failed(wq_sm2_generate(&other_key)))
		return 1;
	failed = cmocka_run_group_tests_name("vault head", tests, NULL, NULL);
	wq_sm2_key_free(&key);
	wq_sm2_key_free(&other_key);
	return failed;
}
