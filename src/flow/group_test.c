/* Changes with one cause are one group; a page to which more happened is in none with them. */
#include "flow/group.h"

#include "base/test.h"

enum { MEMORY = 256 * 1024 * 1024 };

static const uint64_t secret[2] = {5, 6};

static struct wq_entry entry_of(wq_str bytes, const char *type, uint16_t status, const char *headers)
{
	return (struct wq_entry){.key = WQ_S("www.example.gov.cn/p.html"),
		.status = status,
		.type = wq_str_c(type),
		.headers = wq_str_c(headers),
		.identity = {.length_bytes = bytes.n, .digest = wq_sm3(bytes)}};
}

struct sides {
	const char *was, *is, *type;
	uint16_t status;
	const char *headers;
};

static wq_digest signature(const struct sides *s)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	const char *type = s->type ? s->type : "text/html; charset=utf-8";
	wq_str was_bytes = wq_str_c(s->was), is_bytes = wq_str_c(s->is);
	struct wq_entry was = entry_of(was_bytes, "text/html; charset=utf-8", 200, ""),
			is = entry_of(is_bytes, type, s->status ? s->status : 200, s->headers ? s->headers : "");
	struct wq_change change = {.kind = WQ_CHANGE_CHANGED, .key = was.key, .was = &was, .is = &is};
	wq_digest ret;

	wq_arena_init(&arena, MEMORY);
	assert_ok(
		wq_group_signature(&arena, secret, &change, &(struct wq_group_sides){was_bytes, is_bytes, true}, &ret));
	return ret;
}

/* The template as it is around every page: a new footer. */
static const struct sides template_a = {"<p>甲页。</p><ul><li>a</li></ul>\n<footer>旧</footer></body>",
	"<p>甲页。</p><ul><li>a</li></ul>\n<footer>新</footer></body>"};

static void test_same_cause(void **state)
{
	static const struct sides same[] = {
		{"<h1>乙</h1><p>另一页，很长。还有一句。</p>\n<footer>旧</footer></body>",
			"<h1>乙</h1><p>另一页，很长。还有一句。</p>\n<footer>新</footer></body>"},
		{"<footer>旧</footer>", "<footer>新</footer>"},
	};
	wq_digest expect = signature(&template_a);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(same); i++)
		assert_true(wq_digest_eq(signature(&same[i]), expect));
}

/* One thing more in each, however small and wherever: not the group's change. */
static void test_nothing_hides(void **state)
{
	static const struct sides more[] = {
		/* a hidden link, a script, another word, an attribute */
		{"<p>甲页。</p>\n<footer>旧</footer>", "<p>甲页。</p><a hidden href=//x></a>\n<footer>新</footer>"},
		{"<p>甲页。</p>\n<footer>旧</footer>", "<script>x</script><p>甲页。</p>\n<footer>新</footer>"},
		{"<p>甲页。</p>\n<footer>旧</footer>", "<p>乙页。</p>\n<footer>新</footer>"},
		{"<p>甲页。</p>\n<footer>旧</footer>", "<p hidden>甲页。</p>\n<footer>新</footer>"},
		/* a tag at another place: the same text is hidden now */
		{"<p hidden></p>甲\n<footer>旧</footer>", "<p hidden>甲</p>\n<footer>新</footer>"},
		{"不<b hidden>很</b>得\n<footer>旧</footer>", "<b hidden>不</b>很得\n<footer>新</footer>"},
		/* the same change, twice */
		{"<footer>旧</footer><p>x</p><footer>旧</footer>", "<footer>新</footer><p>x</p><footer>新</footer>"},
		/* the other way round; only half of it */
		{"<footer>新</footer>", "<footer>旧</footer>"},
		{"<footer>旧</footer>", "<footer></footer>"},
		/* the response, not the page */
		{"<footer>旧</footer>", "<footer>新</footer>", NULL, 404},
		{"<footer>旧</footer>", "<footer>新</footer>", "text/plain"},
		{"<footer>旧</footer>", "<footer>新</footer>", NULL, 200, "Link: </x>\r\n"},
		/* white space inside a tag */
		{"<p>a</p><footer>旧</footer>", "<p >a</p><footer>新</footer>"},
		/* bytes that are no characters: decoded, they look alike */
		{"<p>\xff</p><footer>旧</footer>", "<p>\xfe</p><footer>新</footer>"},
	};
	wq_digest expect = signature(&template_a), seen[WQ_COUNT(more)];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(more); i++) {
		seen[i] = signature(&more[i]);
		if (wq_digest_eq(seen[i], expect))
			fail_msg("case %zu hides in the group", i);
		for (size_t j = 0; j < i; j++)
			if (wq_digest_eq(seen[i], seen[j]))
				fail_msg("cases %zu and %zu are one group", j, i);
	}
}

/* Pieces and runs cannot be cut differently to look like others. */
static void test_boundaries(void **state)
{
	const struct sides a = {"", "<p>一。</p><p>二。</p>"}, b = {"", "<p>一。二。</p><p></p>"},
			   c = {"<i>", "<i>甲。<i>乙。"}, d = {"<i>", "<i>甲。乙。<i>"};

	(void)state;
	assert_false(wq_digest_eq(signature(&a), signature(&b)));
	assert_false(wq_digest_eq(signature(&c), signature(&d)));
}

/* Added and gone resources are alike when their bytes are. */
static void test_added(void **state)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	const char *const contents[] = {"x", "x", "y"};
	wq_digest got[3], gone;

	(void)state;
	wq_arena_init(&arena, MEMORY);
	for (size_t i = 0; i < 3; i++) {
		struct wq_entry is = entry_of(wq_str_c(contents[i]), "image/png", 200, "");
		struct wq_change change = {.kind = WQ_CHANGE_ADDED, .key = is.key, .is = &is};
		assert_ok(wq_group_signature(&arena, secret, &change, &(struct wq_group_sides){0}, &got[i]));
		change = (struct wq_change){.kind = WQ_CHANGE_GONE, .key = is.key, .was = &is};
		assert_ok(wq_group_signature(&arena, secret, &change, &(struct wq_group_sides){0}, &gone));
		assert_false(wq_digest_eq(gone, got[i]));
	}
	assert_true(wq_digest_eq(got[0], got[1]));
	assert_false(wq_digest_eq(got[0], got[2]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_cause), cmocka_unit_test(test_nothing_hides),
		cmocka_unit_test(test_boundaries), cmocka_unit_test(test_added)};

	if (wq_failed(wq_crypto_init()))
		return 1;
	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
