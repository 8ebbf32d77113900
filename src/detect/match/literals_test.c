#include "base/test.h"
#include "detect/match/naive.h"

enum { LITERALS = 400, OWNERS = 70, SUBJECT = 200 };

static uint32_t seed = 12345;

static uint32_t chance(uint32_t n)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % n;
}

static void random_text(char *text, size_t n, wq_str alphabet)
{
	for (size_t i = 0; i < n; i++)
		text[i] = alphabet.p[chance((uint32_t)alphabet.n)];
}

/* Sets of literals of few letters, so that they overlap, contain each other and are found often. */
static void test_against_plain_search(void **state)
{
	static const wq_str alphabets[] = {WQ_S_INIT("ab"), WQ_S_INIT("aAbB@`[{"),
		WQ_S_INIT("abcdefghijklmnopqrstuvwxyz ./"), WQ_S_INIT("\x00\x01\x80\xe9\xff z")};
	static char texts[LITERALS][16], subject[SUBJECT];
	struct wq_literal literals[LITERALS];

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		wq_str alphabet = alphabets[round % WQ_COUNT(alphabets)];
		size_t n = 1 + chance(round < 100 ? 8 : LITERALS - 1), longest = round % 3 ? 15 : 4;
		struct wq_literals *set;

		for (size_t i = 0; i < n; i++) {
			size_t bytes = 1 + chance((uint32_t)longest);
			random_text(texts[i], bytes, alphabet);
			literals[i] = (struct wq_literal){wq_str_of(texts[i], bytes), chance(OWNERS)};
		}
		assert_ok(wq_literals_new(literals, n, OWNERS, &set));
		for (size_t k = 0; k < 30; k++) {
			size_t bytes = chance(k < 15 ? 24 : SUBJECT);
			char *exact = malloc(bytes + 1); /* so that a sanitizer sees a byte too many */
			random_text(subject, bytes, alphabet);
			if (bytes > 16 && chance(2)) {
				size_t i = chance((uint32_t)n);
				memcpy(subject + chance((uint32_t)(bytes - 15)), texts[i], literals[i].text.n);
			}
			assert_non_null(exact);
			memcpy(exact, subject, bytes);
			const char *wrong = naive_differs(set, literals, n, OWNERS, wq_str_of(exact, bytes));
			if (wrong)
				fail_msg("round %zu, %zu literals, %zu bytes: %s", round, n, bytes, wrong);
			free(exact);
		}
		wq_literals_free(&set);
		assert_null(set);
	}
}

/* Every length, at every place of strings of every length. */
static void test_every_place(void **state)
{
	static const char text[] = "UnIoN SeLeCt FrOm information_schema.tables";
	char subject[96];

	(void)state;
	for (size_t n = 1; n < sizeof text; n++) {
		struct wq_literal literal = {wq_str_of(text, n), 65};
		struct wq_literals *set;

		assert_ok(wq_literals_new(&literal, 1, 66, &set));
		for (size_t at = 0; at + n <= 60; at++) {
			uint64_t bits[2] = {0};
			wq_str found = WQ_S_NONE;

			memset(subject, '~', sizeof subject);
			for (size_t i = 0; i < n; i++)
				subject[at + i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] & 0xdf : text[i]);
			for (size_t end = at + n; end < at + n + 12; end++) {
				wq_literals_scan(set, wq_str_of(subject, end), bits);
				assert_int_equal(bits[0], 0);
				assert_int_equal(bits[1], 2);
				assert_true(wq_literals_find(set, 65, wq_str_of(subject, end), &found));
				assert_ptr_equal(found.p, subject + at);
				assert_int_equal(found.n, n);
				bits[1] = 0;
			}
			wq_literals_scan(set, wq_str_of(subject, at + n - 1), bits);
			wq_literals_scan(set, wq_str_of(subject + at + 1, 95 - at), bits);
			if (n > 1 || at == 0)
				assert_int_equal(bits[1], 0);
		}
		wq_literals_free(&set);
	}
}

static void test_first_to_end(void **state)
{
	static const struct wq_literal literals[] = {{WQ_S_INIT("abcd"), 0}, {WQ_S_INIT("bc"), 0}, {WQ_S_INIT("c"), 0},
		{WQ_S_INIT("abc"), 0}, {WQ_S_INIT("bcdef"), 1}, {WQ_S_INIT("DEF"), 1}, {WQ_S_INIT("def"), 2}};
	struct wq_literals *set;
	uint64_t bits = 0x100;
	wq_str found = WQ_S("untouched");

	(void)state;
	assert_ok(wq_literals_new(literals, WQ_COUNT(literals), 3, &set));
	assert_true(wq_literals_find(set, 0, WQ_S("xxAbcdef"), &found));
	assert_str(found, WQ_S("Abc"));
	assert_true(wq_literals_find(set, 1, WQ_S("xxAbcdef"), &found));
	assert_str(found, WQ_S("bcdef"));
	assert_true(wq_literals_find(set, 2, WQ_S("xxAbcdef def"), &found));
	assert_str(found, WQ_S("def"));
	assert_false(wq_literals_find(set, 2, WQ_S("xxAbcde"), &found));
	assert_false(wq_literals_find(set, 2, WQ_S(""), &found));
	/* bits are set, never cleared */
	wq_literals_scan(set, WQ_S("nothing here"), &bits);
	assert_int_equal(bits, 0x100);
	wq_literals_scan(set, WQ_S_NONE, &bits);
	wq_literals_scan(set, WQ_S("DEF"), &bits);
	assert_int_equal(bits, 0x106);
	wq_literals_free(&set);
}

static void test_empty_set(void **state)
{
	struct wq_literals *set;
	uint64_t bits[1] = {0};

	(void)state;
	assert_ok(wq_literals_new(NULL, 0, 0, &set));
	wq_literals_scan(set, WQ_S("anything at all"), bits);
	assert_int_equal(bits[0], 0);
	wq_literals_free(&set);
	wq_literals_free(&set);
}

static void test_refused(void **state)
{
	static char long_text[5000];
	const struct wq_literal empty = {WQ_S_INIT(""), 0}, stranger = {WQ_S_INIT("abc"), 1},
				long_one = {{long_text, sizeof long_text}, 0}, fits = {{long_text, 4096}, 0};
	struct wq_literals *set = NULL;

	(void)state;
	memset(long_text, 'a', sizeof long_text);
	assert_err(wq_literals_new(&empty, 1, 1, &set), WQ_E_INPUT);
	assert_err(wq_literals_new(&stranger, 1, 1, &set), WQ_E_INPUT);
	assert_err(wq_literals_new(&stranger, 1, WQ_LITERALS_OWNERS_MAX + 1, &set), WQ_E_INPUT);
	assert_err(wq_literals_new(&long_one, 1, 1, &set), WQ_E_LIMIT);
	assert_err(wq_literals_new(&fits, WQ_LITERALS_MAX + 1, 1, &set), WQ_E_LIMIT);
	assert_null(set);
	assert_ok(wq_literals_new(&fits, 1, 1, &set));
	assert_true(wq_literals_bytes(set) > 4096);
	wq_literals_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_plain_search),
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_first_to_end),
		cmocka_unit_test(test_empty_set),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
