/* The published vectors of docs/vectors/, so that neither they nor the code can drift. */
#include "base/test.h"

#include "base/file.h"
#include "base/json_read.h"
#include "crypto/canon.h"
#include "crypto/sm2.h"

enum { MAX_HEX = 4096 };

static int init(void **state)
{
	(void)state;
	return wq_failed(wq_crypto_init()) || !getenv("WQ_SOURCE_ROOT") ? -1 : 0;
}

/* The object of a file and the number of its cases, at least `expected`. */
static struct json_t *open_vectors(const char *name, uint64_t expected, uint64_t *ret_count)
{
	WQ_BUF(text, 1024 * 1024);
	struct json_t *root = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/docs/vectors/%s", getenv("WQ_SOURCE_ROOT"), name);
	assert_ok(wq_file_read(&wq_fs_system, path, &text));
	assert_ok(wq_json_read(wq_buf_str(&text), &wq_json_limits_default, &root));
	assert_ok(wq_json_get_u64(root, "count", 1000, ret_count));
	assert_true(*ret_count >= expected);
	return root;
}

static const struct json_t *vector(const struct json_t *root, uint64_t i)
{
	char key[24];
	const struct json_t *object;

	snprintf(key, sizeof(key), "%llu", (unsigned long long)i);
	object = wq_json_get_object(root, key);
	assert_non_null(object);
	return object;
}

static wq_str text_of(const struct json_t *object, const char *key)
{
	wq_str value = WQ_S_NONE;

	assert_ok(wq_json_get_str(object, key, 2 * MAX_HEX, &value));
	return value;
}

static uint64_t number_of(const struct json_t *object, const char *key, uint64_t max)
{
	uint64_t value = 0;

	assert_ok(wq_json_get_u64(object, key, max, &value));
	return value;
}

static size_t unhex(wq_str hex, uint8_t *out, size_t room)
{
	assert_true(hex.n % 2 == 0 && hex.n / 2 <= room);
	assert_true(wq_str_unhex(hex, out, hex.n / 2));
	return hex.n / 2;
}

static wq_digest digest_of(const struct json_t *object, const char *key)
{
	wq_digest d = {0};

	assert_ok(wq_digest_parse(text_of(object, key), &d));
	return d;
}

static void write_field(struct wq_buf *out, char type, wq_str value)
{
	uint8_t bytes[MAX_HEX];
	uint64_t number = 0;
	wq_digest d = {0};
	bool negative = value.n > 0 && value.p[0] == '-';

	if (strchr("utl", type))
		assert_true(wq_str_to_u64(wq_str_from(value, negative), UINT64_MAX, &number));
	switch (type) {
	case 'u': wq_canon_u64(out, number); return;
	case 't': wq_canon_time(out, negative ? -(wq_time)number : (wq_time)number); return;
	case 'l': wq_canon_list(out, (uint32_t)number); return;
	case 'b': wq_canon_bytes(out, wq_str_of(bytes, unhex(value, bytes, sizeof(bytes)))); return;
	case 's': wq_canon_text(out, wq_str_of(bytes, unhex(value, bytes, sizeof(bytes)))); return;
	case 'd':
		assert_ok(wq_digest_parse(value, &d));
		wq_canon_digest(out, d);
		return;
	default: fail_msg("a field of type %c", type);
	}
}

static void test_canonical(void **state)
{
	uint64_t count = 0;
	struct json_t *root = open_vectors("canonical.json", 6, &count);

	(void)state;
	for (uint64_t i = 1; i <= count; i++) {
		const struct json_t *c = vector(root, i);
		wq_str fields = text_of(c, "fields");
		char domain[64], hex[2 * MAX_HEX + 1];
		WQ_BUF(out, MAX_HEX);

		snprintf(domain, sizeof(domain), "%.*s", WQ_S_ARG(text_of(c, "domain")));
		wq_canon_begin(&out, domain, (uint16_t)number_of(c, "version", UINT16_MAX),
			(uint16_t)number_of(c, "algorithm", UINT16_MAX));
		while (fields.n > 0) {
			wq_str field = wq_str_cut(&fields, ' ');

			write_field(&out, field.p[0], wq_str_from(field, 2));
		}
		assert_ok(wq_buf_err(&out));
		assert_str(wq_str_c(wq_hex(out.data, out.len, hex)), text_of(c, "hex"));
		assert_true(wq_digest_eq(wq_sm3(wq_buf_str(&out)), digest_of(c, "sm3")));
	}
	wq_json_free(&root);
}

static void test_what_is_refused(void **state)
{
	uint64_t count = 0;
	struct json_t *root = open_vectors("canonical-refused.json", 13, &count);

	(void)state;
	for (uint64_t i = 1; i <= count; i++) {
		const struct json_t *v = vector(root, i);
		uint8_t bytes[MAX_HEX];
		struct wq_cursor c = wq_cursor_of(wq_str_of(bytes, unhex(text_of(v, "hex"), bytes, sizeof(bytes))));
		char type = text_of(v, "type").p[0];

		wq_canon_read_begin(&c, WQ_DOMAIN_KEY, WQ_ALG_SM3);
		if (type == 'u')
			wq_canon_read_u64(&c);
		else if (type == 's')
			wq_canon_read_text(&c, 100);
		else
			wq_canon_read_bytes(&c, 100);
		assert_err(wq_cursor_end(&c), WQ_E_FORMAT);
	}
	wq_json_free(&root);
}

static void test_tree(void **state)
{
	static uint8_t bytes[1024 * 1024];
	uint64_t count = 0;
	struct json_t *root = open_vectors("tree.json", 7, &count);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % 251);
	for (uint64_t i = 1; i <= count; i++) {
		const struct json_t *v = vector(root, i);
		wq_str object = wq_str_of(bytes, (size_t)number_of(v, "bytes", sizeof(bytes)));

		assert_true(wq_digest_eq(wq_tree_root(object), digest_of(v, "root")));
		assert_true(wq_digest_eq(wq_sm3(object), digest_of(v, "sm3")));
		assert_int_equal(wq_tree_leaves(object.n), number_of(v, "leaves", 100));
	}
	wq_json_free(&root);
}

static void test_keys_and_signatures(void **state)
{
	uint64_t count = 0;
	struct json_t *root = open_vectors("keys.json", 2, &count);

	(void)state;
	for (uint64_t i = 1; i <= count; i++) {
		const struct json_t *v = vector(root, i);
		uint8_t message[MAX_HEX];
		size_t n = unhex(text_of(v, "message"), message, sizeof(message));
		wq_sm2_public key;
		wq_sm2_sig sig;

		assert_int_equal(unhex(text_of(v, "public"), key.point, sizeof(key.point)), sizeof(key.point));
		assert_int_equal(unhex(text_of(v, "signature"), sig.rs, sizeof(sig.rs)), sizeof(sig.rs));
		assert_true(wq_digest_eq(wq_sm2_key_id(&key), digest_of(v, "id")));
		assert_ok(wq_sm2_verify(&key, wq_str_of(message, n), &sig));
		message[0] ^= 1;
		assert_err(wq_sm2_verify(&key, wq_str_of(message, n), &sig), WQ_E_SIGNATURE);
	}
	wq_json_free(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_keys_and_signatures),
	};

	return cmocka_run_group_tests_name("crypto/vectors", tests, init, NULL);
}
