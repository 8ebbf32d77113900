#include "base/buf.h"
#include "base/clock.h"
#include "base/test.h"
#include "text/utf8.h"
#include "text/words.h"

static size_t symbols_of(const char *text, uint32_t *out, size_t max)
{
	wq_str rest = wq_str_c(text);
	size_t n = 0;

	while (rest.n && n < max)
		rest = wq_str_from(rest, wq_utf8_read_lossy(rest, &out[n++]));
	return n;
}

static struct wq_words *automaton(struct wq_arena *arena, const char *list)
{
	struct wq_words *words;
	wq_str rest = wq_str_c(list);
	uint32_t symbols[WQ_WORDS_SYMBOLS_MAX], id = 0;

	assert_ok(wq_words_new(arena, &words));
	while (rest.p) {
		wq_str word = wq_str_cut(&rest, ' ');
		size_t n = symbols_of(wq_arena_cstr(arena, word), symbols, WQ_COUNT(symbols));
		assert_ok(wq_words_add(words, symbols, n, id++));
	}
	assert_ok(wq_words_build(words));
	return words;
}

/* "id@start" of everything found, in order. */
static void found_in(const struct wq_words *words, const char *text, struct wq_buf *out)
{
	uint32_t symbols[256], state = 0;
	size_t n = symbols_of(text, symbols, WQ_COUNT(symbols));
	struct wq_words_hit hit;

	for (size_t i = 0; i < n; i++) {
		state = wq_words_step(words, state, symbols[i]);
		assert_true(wq_words_any(words, state) == wq_words_found(words, state, 0, &hit));
		for (size_t k = 0; wq_words_found(words, state, k, &hit); k++)
			wq_buf_printf(out, "%u@%zu ", hit.id, i + 1 - hit.length);
	}
}

static void table(void **state)
{
	static const struct {
		const char *words, *text, *found;
	} rows[] = {
		{"he she his hers", "ushers", "1@1 0@2 3@2 "},
		{"中国 国人 中国人民", "中国人民", "0@0 1@1 2@0 "},
		{"a aa aaa", "aaa", "0@0 1@0 0@1 2@0 1@1 0@2 "},
		{"abcd bcx c", "abcx", "2@2 1@1 "},
		{"烈土", "烈士烈土", "0@2 "},
		{"x x", "x", "1@0 0@0 "},
		{"abc", "", ""},
		{"𠀀 中", "中𠀀", "1@0 0@1 "},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		WQ_BUF(out, 4096);

		wq_arena_init(&arena, WQ_MIB);
		found_in(automaton(&arena, rows[i].words), rows[i].text, &out);
		assert_string_equal(wq_buf_cstr(&out), rows[i].found);
		wq_arena_done(&arena);
	}
}

static bool stands_at(const uint32_t *text, size_t n, size_t at, const uint32_t *word, size_t word_n)
{
	return at + word_n <= n && memcmp(text + at, word, word_n * sizeof *word) == 0;
}

/* Against the plain search, over many words of three letters. */
static void agrees_with_the_plain_search(void **state)
{
	enum { WORDS = 300, TEXT = 2000 };
	static uint32_t list[WORDS][6], text[TEXT];
	static size_t length[WORDS];
	struct wq_arena arena;
	struct wq_words *words;
	uint64_t seed = 7;
	struct wq_random random = wq_random_seeded(&seed);
	size_t expected = 0, found = 0;
	uint32_t at = 0;
	struct wq_words_hit hit;

	(void)state;
	wq_arena_init(&arena, 4 * WQ_MIB);
	assert_ok(wq_words_new(&arena, &words));
	for (uint32_t i = 0; i < WORDS; i++) {
		uint8_t bytes[7];
		random.fill(random.data, bytes, sizeof bytes);
		length[i] = 2 + bytes[6] % 5;
		for (size_t k = 0; k < length[i]; k++)
			list[i][k] = 'a' + bytes[k] % 3;
		assert_ok(wq_words_add(words, list[i], length[i], i));
	}
	assert_ok(wq_words_build(words));
	assert_int_equal(wq_words_count(words), WORDS);
	for (size_t i = 0; i < TEXT; i++) {
		uint8_t byte;
		random.fill(random.data, &byte, 1);
		text[i] = 'a' + byte % 3;
	}
	for (size_t i = 0; i < TEXT; i++)
		for (size_t w = 0; w < WORDS; w++)
			expected += stands_at(text, TEXT, i, list[w], length[w]);
	for (size_t i = 0; i < TEXT; i++) {
		at = wq_words_step(words, at, text[i]);
		for (size_t k = 0; wq_words_found(words, at, k, &hit); k++, found++)
			assert_true(stands_at(text, TEXT, i + 1 - hit.length, list[hit.id], length[hit.id]));
	}
	assert_true(found > 1000);
	assert_int_equal(found, expected);
	wq_arena_done(&arena);
}

static void limits(void **state)
{
	static const uint32_t symbols[WQ_WORDS_SYMBOLS_MAX + 1];
	struct wq_arena arena;
	struct wq_words *words;

	(void)state;
	wq_arena_init(&arena, 64 * WQ_KIB);
	assert_ok(wq_words_new(&arena, &words));
	assert_err(wq_words_add(words, symbols, 0, 0), WQ_E_INPUT);
	assert_err(wq_words_add(words, symbols, WQ_COUNT(symbols), 0), WQ_E_LIMIT);
	assert_ok(wq_words_build(words));
	assert_int_equal(wq_words_step(words, 0, 'a'), 0);
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(agrees_with_the_plain_search),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests_name("text words", tests, NULL, NULL);
}
