#include "ledger/approval.h"

#include "base/file.h"
#include "base/json_read.h"
#include "base/test.h"

#include <jansson.h>

enum { JSON_MAX = 1024 * 1024 };

static struct wq_statement sample_statement(void)
{
	return (struct wq_statement){.release = WQ_S("r7"),
		.app = WQ_S("portal"),
		.author = WQ_S("editor"),
		.base_serial = 3,
		.base = {{1}},
		.body_root = {{2}},
		.body_bytes = 4,
		.entries = 5,
		.added = 6,
		.changed = 7,
		.gone = 8,
		.created = 9};
}

static struct wq_decision sample_decision(void)
{
	return (struct wq_decision){.statement = {{1}},
		.release = WQ_S("r7"),
		.person = WQ_S("wang"),
		.stage = WQ_S("终审"),
		.comment = WQ_S("同意"),
		.verdict = WQ_VERDICT_APPROVE,
		.time = 2};
}

static wq_digest statement_digest(const struct wq_statement *s)
{
	WQ_BUF(out, WQ_STATEMENT_BYTES_MAX);

	assert_ok(wq_statement_encode(s, &out));
	return wq_sm3(wq_buf_str(&out));
}

static wq_digest decision_digest(const struct wq_decision *d)
{
	WQ_BUF(out, WQ_DECISION_BYTES_MAX);

	assert_ok(wq_decision_encode(d, &out));
	return wq_sm3(wq_buf_str(&out));
}

static void test_ids(void **state)
{
	static const char *const valid[] = {"a", "0", "r7", "zhang-san", "a-", "9--9"};
	static const char *const invalid[] = {"", "-", "-a", "A", "a_b", "a b", "a/b", "..", "王", "a\n"};
	char longest[WQ_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(valid); i++)
		assert_true(wq_id_valid(wq_str_c(valid[i])));
	for (size_t i = 0; i < WQ_COUNT(invalid); i++)
		assert_false(wq_id_valid(wq_str_c(invalid[i])));
	memset(longest, 'a', sizeof longest);
	assert_true(wq_id_valid(wq_str_of(longest, WQ_ID_MAX)));
	assert_false(wq_id_valid(wq_str_of(longest, WQ_ID_MAX + 1)));
	assert_false(wq_id_valid(wq_str_of("a\0b", 3)));
}

static void test_every_field_counts(void **state)
{
	const struct wq_statement s = sample_statement();
	struct wq_statement other[12];
	const struct wq_decision d = sample_decision();
	struct wq_decision others[8];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(other); i++)
		other[i] = s;
	other[0].release = WQ_S("r8");
	other[1].app = WQ_S("portak");
	other[2].author = WQ_S("editos");
	other[3].base_serial++;
	other[4].base.b[31] ^= 1;
	other[5].body_root.b[0] ^= 1;
	other[6].body_bytes++;
	other[7].entries++;
	other[8].added++;
	other[9].changed++;
	other[10].gone++;
	other[11].created++;
	for (size_t i = 0; i < WQ_COUNT(other); i++)
		assert_false(wq_digest_eq(statement_digest(&s), statement_digest(&other[i])));
	for (size_t i = 0; i < WQ_COUNT(others); i++)
		others[i] = d;
	others[0].statement.b[9] ^= 1;
	others[1].release = WQ_S("r8");
	others[2].person = WQ_S("li");
	others[3].stage = WQ_S("");
	others[4].comment = WQ_S("同意。");
	others[5].verdict = WQ_VERDICT_REJECT;
	others[6].time++;
	others[7].demonstration = true;
	for (size_t i = 0; i < WQ_COUNT(others); i++)
		assert_false(wq_digest_eq(decision_digest(&d), decision_digest(&others[i])));
}

/* Nothing may be shifted from one field into the next. */
static void test_no_shifting(void **state)
{
	struct wq_decision a = sample_decision(), b = a;

	(void)state;
	a.person = WQ_S("ab");
	a.stage = WQ_S("c");
	b.person = WQ_S("a");
	b.stage = WQ_S("bc");
	assert_false(wq_digest_eq(decision_digest(&a), decision_digest(&b)));
}

static void refused_statement(struct wq_statement s, enum wq_err_id id)
{
	WQ_BUF(out, WQ_STATEMENT_BYTES_MAX);

	assert_err(wq_statement_encode(&s, &out), id);
}

static void refused_decision(struct wq_decision d, enum wq_err_id id)
{
	WQ_BUF(out, WQ_DECISION_BYTES_MAX);

	assert_err(wq_decision_encode(&d, &out), id);
}

static void test_refused(void **state)
{
	struct wq_statement s = sample_statement();
	struct wq_decision d = sample_decision();
	char text[WQ_COMMENT_MAX + 1];
	WQ_BUF(out, WQ_DECISION_BYTES_MAX);

	(void)state;
	memset(text, 'x', sizeof text);
	s.release = WQ_S("R7");
	refused_statement(s, WQ_E_INPUT);
	s = sample_statement();
	s.app = WQ_S("../etc");
	refused_statement(s, WQ_E_INPUT);
	s = sample_statement();
	s.author = WQ_S("");
	refused_statement(s, WQ_E_INPUT);
	s = sample_statement();
	s.base_serial = 0;
	refused_statement(s, WQ_E_INPUT);
	s = sample_statement();
	s.base = (wq_digest){{0}};
	refused_statement(s, WQ_E_INPUT);

	d.release = WQ_S("");
	refused_decision(d, WQ_E_INPUT);
	d = sample_decision();
	d.person = WQ_S("a b");
	refused_decision(d, WQ_E_INPUT);
	d = sample_decision();
	d.verdict = (enum wq_verdict)0;
	refused_decision(d, WQ_E_INPUT);
	d.verdict = (enum wq_verdict)3;
	refused_decision(d, WQ_E_INPUT);
	d = sample_decision();
	d.comment = WQ_S("\xff");
	refused_decision(d, WQ_E_INPUT);
	d.comment = wq_str_of("a\0b", 3);
	refused_decision(d, WQ_E_INPUT);
	d.comment = wq_str_of(text, WQ_COMMENT_MAX + 1);
	refused_decision(d, WQ_E_LIMIT);
	d.comment = wq_str_of(text, WQ_COMMENT_MAX);
	d.stage = wq_str_of(text, WQ_STAGE_MAX + 1);
	refused_decision(d, WQ_E_LIMIT);
	d.stage = wq_str_of(text, WQ_STAGE_MAX);
	assert_ok(wq_decision_encode(&d, &out)); /* the largest fits */
}

/* Each cut and each altered byte is refused, or means something else and is encoded just so. */
static void test_damaged(void **state)
{
	const struct wq_statement s = sample_statement();
	const struct wq_decision d = sample_decision();
	struct wq_statement s_back;
	struct wq_decision d_back;
	WQ_BUF(statement, WQ_STATEMENT_BYTES_MAX);
	WQ_BUF(decision, WQ_DECISION_BYTES_MAX);

	(void)state;
	assert_ok(wq_statement_encode(&s, &statement));
	assert_ok(wq_decision_encode(&d, &decision));
	for (size_t n = 0; n < statement.len; n++)
		assert_err(wq_statement_decode(wq_str_head(wq_buf_str(&statement), n), &s_back), WQ_E_FORMAT);
	for (size_t n = 0; n < decision.len; n++)
		assert_err(wq_decision_decode(wq_str_head(wq_buf_str(&decision), n), &d_back), WQ_E_FORMAT);
	assert_err(wq_statement_decode(wq_buf_str(&decision), &s_back), WQ_E_FORMAT);
	assert_err(wq_decision_decode(wq_buf_str(&statement), &d_back), WQ_E_FORMAT);
	for (size_t i = 0; i < decision.len; i++) {
		WQ_BUF(again, WQ_DECISION_BYTES_MAX);

		decision.data[i] ^= 0x10;
		if (!wq_failed(wq_decision_decode(wq_buf_str(&decision), &d_back))) {
			assert_ok(wq_decision_encode(&d_back, &again));
			assert_str(wq_buf_str(&again), wq_buf_str(&decision));
		}
		decision.data[i] ^= 0x10;
	}
	wq_buf_byte(&statement, 0);
	assert_err(wq_statement_decode(wq_buf_str(&statement), &s_back), WQ_E_FORMAT);
	wq_buf_byte(&decision, 0);
	assert_err(wq_decision_decode(wq_buf_str(&decision), &d_back), WQ_E_FORMAT);
}

/* ---- docs/vectors/release.json, made by another implementation ---- */

static struct json_t *vectors;

static wq_str text_of(const struct json_t *o, const char *key)
{
	wq_str s = WQ_S_NONE;

	assert_ok(wq_json_get_str(o, key, JSON_MAX, &s));
	return s;
}

static uint64_t number_of(const struct json_t *o, const char *key)
{
	uint64_t n = 0;

	assert_ok(wq_json_get_u64(o, key, INT64_MAX, &n));
	return n;
}

static wq_time time_of(const struct json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static wq_digest digest_of(const struct json_t *o, const char *key)
{
	wq_digest d;

	assert_ok(wq_digest_parse(text_of(o, key), &d));
	return d;
}

/* The bytes of the vector, whose SM3 it says as well. */
static wq_str bytes_of(const struct json_t *o, struct wq_buf *out)
{
	wq_str hex = text_of(o, "bytes");

	assert_non_null(wq_buf_reserve(out, hex.n / 2));
	assert_true(wq_str_unhex(hex, out->data, hex.n / 2));
	wq_buf_commit(out, hex.n / 2);
	assert_true(wq_digest_eq(wq_sm3(wq_buf_str(out)), digest_of(o, "sm3")));
	return wq_buf_str(out);
}

static void test_statement_vectors(void **state)
{
	const struct json_t *v;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(wq_json_get_array(vectors, "statements")), 3);
	json_array_foreach(wq_json_get_array(vectors, "statements"), i, v)
	{
		struct wq_statement s = {.release = text_of(v, "release"),
			.app = text_of(v, "app"),
			.author = text_of(v, "author"),
			.base_serial = number_of(v, "base_serial"),
			.base = digest_of(v, "base"),
			.body_root = digest_of(v, "body_root"),
			.body_bytes = number_of(v, "body_bytes"),
			.entries = number_of(v, "entries"),
			.added = number_of(v, "added"),
			.changed = number_of(v, "changed"),
			.gone = number_of(v, "gone"),
			.created = time_of(v, "created")};
		struct wq_statement back;
		WQ_BUF(expected, WQ_STATEMENT_BYTES_MAX);
		WQ_BUF(made, WQ_STATEMENT_BYTES_MAX);

		assert_ok(wq_statement_encode(&s, &made));
		assert_str(wq_buf_str(&made), bytes_of(v, &expected));
		assert_ok(wq_statement_decode(wq_buf_str(&expected), &back));
		assert_str(back.release, s.release);
		assert_str(back.app, s.app);
		assert_str(back.author, s.author);
		assert_int_equal(back.created, s.created);
		assert_int_equal(back.gone, s.gone);
		assert_true(wq_digest_eq(back.base, s.base));
	}
}

/* Decisions on releases, and those on approvals: the same fields under another domain. */
static void check_decisions(const char *member, size_t n, wq_err (*encode)(const struct wq_decision *, struct wq_buf *),
	wq_err (*decode)(wq_str, struct wq_decision *))
{
	const struct json_t *v;
	size_t i;

	assert_int_equal(json_array_size(wq_json_get_array(vectors, member)), n);
	json_array_foreach(wq_json_get_array(vectors, member), i, v)
	{
		struct wq_decision d = {.statement = digest_of(v, "statement"),
			.release = text_of(v, "release"),
			.person = text_of(v, "person"),
			.stage = text_of(v, "stage"),
			.comment = text_of(v, "comment"),
			.verdict = wq_str_eq(text_of(v, "verdict"), WQ_S("approve")) ? WQ_VERDICT_APPROVE
										     : WQ_VERDICT_REJECT,
			.time = time_of(v, "time"),
			.demonstration = json_is_true(json_object_get(v, "demonstration"))};
		struct wq_decision back;
		WQ_BUF(expected, WQ_DECISION_BYTES_MAX);
		WQ_BUF(made, WQ_DECISION_BYTES_MAX);

		assert_ok(encode(&d, &made));
		assert_str(wq_buf_str(&made), bytes_of(v, &expected));
		assert_ok(decode(wq_buf_str(&expected), &back));
		assert_str(back.comment, d.comment);
		assert_str(back.stage, d.stage);
		assert_str(back.person, d.person);
		assert_int_equal(back.verdict, d.verdict);
		assert_int_equal(back.time, d.time);
		assert_int_equal(back.demonstration, d.demonstration);
	}
}

static void test_decision_vectors(void **state)
{
	struct wq_decision none;
	WQ_BUF(bytes, WQ_DECISION_BYTES_MAX);

	(void)state;
	check_decisions("decisions", 2, wq_decision_encode, wq_decision_decode);
	check_decisions("approval_decisions", 1, wq_approval_decision_encode, wq_approval_decision_decode);
	/* a decision on an approval is none on a release */
	bytes_of(json_array_get(wq_json_get_array(vectors, "approval_decisions"), 0), &bytes);
	assert_err(wq_decision_decode(wq_buf_str(&bytes), &none), WQ_E_FORMAT);
}

static void test_approval_vectors(void **state)
{
	const struct json_t *v, *stage;
	size_t i, j;

	(void)state;
	assert_int_equal(json_array_size(wq_json_get_array(vectors, "approvals")), 2);
	json_array_foreach(wq_json_get_array(vectors, "approvals"), i, v)
	{
		struct wq_approval_statement s = {.id = text_of(v, "id"),
			.subject = text_of(v, "subject"),
			.object = text_of(v, "object"),
			.app = text_of(v, "app"),
			.asker = text_of(v, "asker"),
			.text = text_of(v, "text"),
			.rule = text_of(v, "rule"),
			.in_establishment = json_is_true(json_object_get(v, "in_establishment")),
			.asked = time_of(v, "asked"),
			.until = time_of(v, "until")};
		struct wq_approval_statement back;
		WQ_BUF(expected, WQ_APPROVAL_BYTES_MAX);
		WQ_BUF(made, WQ_APPROVAL_BYTES_MAX);

		json_array_foreach(wq_json_get_array(v, "stages"), j, stage)
			s.stages[s.stages_n++] = wq_stage_find(wq_str_c(json_string_value(stage)));
		assert_ok(wq_approval_encode(&s, &made));
		assert_str(wq_buf_str(&made), bytes_of(v, &expected));
		assert_ok(wq_approval_decode(wq_buf_str(&expected), &back));
		assert_str(back.object, s.object);
		assert_int_equal(back.stages_n, s.stages_n);
		assert_ptr_equal(back.stages[0], s.stages[0]);
		assert_int_equal(back.until, s.until);
		for (size_t n = 0; n < expected.len; n++)
			assert_err(wq_approval_decode(wq_str_head(wq_buf_str(&expected), n), &back), WQ_E_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_every_field_counts),
		cmocka_unit_test(test_no_shifting),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_statement_vectors),
		cmocka_unit_test(test_decision_vectors),
		cmocka_unit_test(test_approval_vectors),
	};
	const char *source = getenv("WQ_SOURCE_ROOT");
	char path[512];
	int failed;
	WQ_BUF(json, JSON_MAX);

	snprintf(path, sizeof path, "%.400s/docs/vectors/release.json", source ? source : ".");
	if (wq_failed(wq_crypto_init()) || wq_failed(wq_file_read(&wq_fs_system, path, &json)) ||
		wq_failed(wq_json_read(wq_buf_str(&json), &wq_json_limits_default, &vectors)))
		return 1;
	failed = cmocka_run_group_tests_name("statements", tests, NULL, NULL);
	wq_json_free(&vectors);
	return failed;
}
