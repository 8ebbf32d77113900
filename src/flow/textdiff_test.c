#include "flow/textdiff.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/test.h"

enum { MEMORY = 512 * 1024 * 1024 };

static const uint64_t secret[2] = {1, 2};

/* "abc" against "abd" by characters: what is removed in [], what is added in {}. */
static void one(const char *was, const char *is, const char *expect)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_textdiff_run run = {0};
	struct wq_textdiff d;
	const wq_str *a, *b;
	size_t a_n, b_n;
	WQ_BUF(out, 4096);

	wq_arena_init(&arena, MEMORY);
	assert_ok(wq_textdiff_words(&arena, wq_str_c(was), 1000, &a, &a_n));
	assert_ok(wq_textdiff_words(&arena, wq_str_c(is), 1000, &b, &b_n));
	assert_ok(wq_textdiff(&arena, secret, a, a_n, b, b_n, &d));
	while (wq_textdiff_next(&d, &run)) {
		if (run.was_n > 0 && run.changed)
			wq_buf_byte(&out, '[');
		for (size_t i = 0; i < run.was_n; i++)
			wq_buf_add(&out, a[run.was + i]);
		if (run.was_n > 0 && run.changed)
			wq_buf_byte(&out, ']');
		if (run.is_n > 0 && run.changed)
			wq_buf_byte(&out, '{');
		for (size_t i = 0; i < run.is_n && run.changed; i++)
			wq_buf_add(&out, b[run.is + i]);
		if (run.is_n > 0 && run.changed)
			wq_buf_byte(&out, '}');
	}
	assert_string_equal(wq_buf_cstr(&out), expect);
}

static void test_cases(void **state)
{
	(void)state;
	one("", "", "");
	one("", "a", "{a}");
	one("a", "", "[a]");
	one("a b", "a b", "a b");
	one("红头文件", "蓝头文件", "[红]{蓝}头文件");
	one("县人民政府今日发布公告", "县人民政府昨日发布通告", "县人民政府[今]{昨}日发布[公]{通}告");
	one("the quick fox", "the slow fox", "the [quick]{slow} fox");
	one("price 100 yuan", "price 1000 yuan", "price [100]{1000} yuan");
	one("，。；", "，；", "，[。]；");
	/* a run that may stand in several places stands as low as it may */
	one("一二一二", "一二", "一二[一二]");
	one("甲一甲", "甲一甲一甲", "甲一甲{一甲}");
	one("\xff\xfe", "\xff", "\xff[\xfe]");
}

/* The longest common subsequence by the book, for comparing. */
static size_t lcs(const wq_str *a, size_t n, const wq_str *b, size_t m)
{
	size_t *row = calloc(m + 1, sizeof *row), length;

	for (size_t i = 0; i < n; i++) {
		size_t corner = 0;
		for (size_t j = 1; j <= m; j++) {
			size_t above = row[j];
			row[j] = wq_str_eq(a[i], b[j - 1]) ? corner + 1 : WQ_MAX(row[j], row[j - 1]);
			corner = above;
		}
	}
	length = row[m];
	free(row);
	return length;
}

/* What is not changed is equal in order, whatever the bounds; and as long as it can be when they were kept. */
static void check(const struct wq_textdiff *d)
{
	size_t i = 0, j = 0, same = 0;

	for (;;) {
		while (i < d->was.n && d->was.changed[i])
			i++;
		while (j < d->is.n && d->is.changed[j])
			j++;
		if (i == d->was.n || j == d->is.n)
			break;
		assert_true(wq_str_eq(d->was.pieces[i++], d->is.pieces[j++]));
		same++;
	}
	assert_true(i == d->was.n && j == d->is.n);
	assert_int_equal(d->was.changed_n, d->was.n - same);
	assert_int_equal(d->is.changed_n, d->is.n - same);
	if (!d->too_different)
		assert_int_equal(same, lcs(d->was.pieces, d->was.n, d->is.pieces, d->is.n));
}

static void test_random(void **state)
{
	static const char *const letters[] = {"甲", "乙", "丙", "丁", "a", "b"};
	uint64_t seed = 7;
	struct wq_random random = wq_random_seeded(&seed);
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;

	(void)state;
	wq_arena_init(&arena, MEMORY);
	for (int round = 0; round < 3000; round++) {
		uint8_t dice[3];
		wq_str a[64], b[64];
		struct wq_textdiff d;

		random.fill(random.data, dice, sizeof dice);
		wq_arena_reset(&arena);
		for (size_t side = 0; side < 2; side++)
			for (size_t i = 0; i < dice[side] % 64; i++) {
				uint8_t letter;
				random.fill(random.data, &letter, 1);
				(side ? b : a)[i] = wq_str_c(letters[letter % (1 + dice[2] % WQ_COUNT(letters))]);
			}
		assert_ok(wq_textdiff(&arena, secret, a, dice[0] % 64, b, dice[1] % 64, &d));
		assert_false(d.too_different);
		check(&d);
	}
}

/* Two texts of the same words in another order: the bound is kept, and what comes back is still true. */
static void test_too_different(void **state)
{
	enum { N = 30000 };
	static const char digits[] = "0123456789";
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	wq_str *a = calloc(N, sizeof *a), *b = calloc(N, sizeof *b);
	uint64_t seed = 3;
	struct wq_random random = wq_random_seeded(&seed);
	struct wq_textdiff d;

	(void)state;
	wq_arena_init(&arena, MEMORY);
	for (size_t i = 0; i < N; i++) {
		uint8_t dice[2];
		random.fill(random.data, dice, sizeof dice);
		a[i] = wq_str_of(digits + dice[0] % 9, 1 + dice[0] % 2);
		b[i] = wq_str_of(digits + dice[1] % 9, 1 + dice[1] % 2);
	}
	a[0] = b[0] = WQ_S("head");
	a[N - 1] = b[N - 1] = WQ_S("tail");
	assert_ok(wq_textdiff(&arena, secret, a, N, b, N, &d));
	assert_true(d.too_different);
	check(&d);
	assert_false(d.was.changed[0] || d.was.changed[N - 1]);
	assert_int_equal(d.was.changed_n, N - 2);
	free(a);
	free(b);
}

/* Pieces that occur on one side only cost nothing: a page that was rewritten is not too different. */
static void test_rewritten(void **state)
{
	enum { N = 20000 };
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	wq_str *a, *b;
	struct wq_textdiff d;

	(void)state;
	wq_arena_init(&arena, MEMORY);
	a = WQ_NEW_ARRAY(&arena, wq_str, N);
	b = WQ_NEW_ARRAY(&arena, wq_str, N);
	for (unsigned i = 0; i < N; i++) {
		a[i] = i % 10 ? wq_arena_printf(&arena, "was %u", i) : wq_arena_printf(&arena, "same %u", i);
		b[i] = i % 10 ? wq_arena_printf(&arena, "is %u", i) : a[i];
	}
	assert_ok(wq_textdiff(&arena, secret, a, N, b, N, &d));
	assert_false(d.too_different);
	assert_int_equal(d.was.changed_n, N - N / 10);
}

static void test_words(void **state)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	const wq_str *words;
	size_t n;

	(void)state;
	wq_arena_init(&arena, MEMORY);
	assert_ok(wq_textdiff_words(&arena, WQ_S("第12条 http://a_b"), 100, &words, &n));
	assert_int_equal(n, 9);
	assert_str(words[1], WQ_S("12"));
	assert_str(words[8], WQ_S("a_b"));
	assert_ok(wq_textdiff_words(&arena, WQ_S("第12条 x"), 2, &words, &n));
	assert_int_equal(n, 2);
	assert_str(words[1], WQ_S("12条 x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_random),
		cmocka_unit_test(test_too_different), cmocka_unit_test(test_rewritten), cmocka_unit_test(test_words)};

	return cmocka_run_group_tests_name("textdiff", tests, NULL, NULL);
}
