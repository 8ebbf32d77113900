#include "base/test.h"
#include "detect/likeness/clone_test.h"
#include "detect/likeness/fixture_test.h"
#include "detect/likeness/index.h"

enum { CLONES_LEAST = 200, UNRELATED_LEAST = 3000 };

static struct wq_arena arena;
static const struct wq_likeness_rules *rules;
static struct wq_likeness_index *index_of;

static int prepare(void **state)
{
	(void)state;
	wq_arena_init(&arena, 256 * WQ_MIB);
	rules = likeness_test_rules(&arena);
	assert_ok(wq_likeness_index_new(rules, &index_of));
	return 0;
}

static int end(void **state)
{
	(void)state;
	wq_likeness_index_free(&index_of);
	return 0;
}

static void sketch(wq_str bytes, wq_str label, struct wq_likeness_sketch *ret)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena work;
	WQ_BUF(room, 64 * WQ_MIB);
	struct wq_document document = {0};

	wq_arena_init(&work, 8 * WQ_MIB);
	assert_ok(wq_document_open(&document, bytes, label, &room));
	assert_ok(wq_likeness_sketch_of(&work, rules, &document, ret));
}

/* ---- 200 clones and thousands of pages that are none ---- */

struct clones {
	struct wq_buf last; /* a page that lends its text */
	size_t made, found, pages;
};

static void protect(void *data, const char *path, wq_str bytes)
{
	struct wq_likeness_sketch s;
	(void)data;
	sketch(bytes, WQ_S("utf-8"), &s);
	assert_ok(wq_likeness_index_add_page(index_of, WQ_S("portal"), wq_str_c(path), &s));
}

static void clone(void *data, const char *path, wq_str bytes)
{
	struct clones *c = data;

	for (size_t k = 0; k < 2; k++) {
		WQ_BUF(out, 64 * WQ_MIB);
		enum clone_kind kind = (enum clone_kind)((c->pages * 2 + k) % CLONE_KINDS);
		struct wq_likeness_sketch s;
		struct wq_likeness_match match;
		wq_str label = clone_make(kind, bytes, wq_buf_str(&c->last), &out);
		sketch(wq_buf_str(&out), label, &s);
		c->made++;
		bool is = wq_likeness_index_find(index_of, &s, &match) && match.alike.copy;
		c->found += is;
		if (!is)
			print_message("missed: %s of %s: text %u, body %u, tags %u\n", clone_name(kind), path,
				match.alike.text, match.alike.body, match.alike.tags);
	}
	wq_buf_clear(&c->last);
	wq_buf_add(&c->last, bytes);
	c->pages++;
}

static void unrelated(void *data, const char *path, wq_str bytes)
{
	struct clones *c = data;
	struct wq_likeness_sketch s;
	struct wq_likeness_match match;

	sketch(bytes, WQ_S("utf-8"), &s);
	c->made++;
	if (!wq_likeness_index_find(index_of, &s, &match) || !match.alike.copy)
		return;
	c->found++;
	print_message("false: %s ~ %.*s: text %u, body %u, tags %u%s\n", path, WQ_S_ARG(match.url), match.alike.text,
		match.alike.body, match.alike.tags, match.alike.title ? ", title" : "");
}

static void test_clones(void **state)
{
	static const char *const protected_dirs[] = {"/usr/share/doc/nodejs/api", "/usr/share/doc/debian-policy"};
	struct clones clones = {.last = WQ_BUF_INIT(16 * WQ_MIB)}, others = {0};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(protected_dirs); i++)
		clone_pages(protected_dirs[i], 3000, protect, NULL);
	assert_ok(wq_likeness_index_ready(index_of));
	for (size_t i = 0; i < WQ_COUNT(protected_dirs); i++)
		clone_pages(protected_dirs[i], 3000, clone, &clones);
	clone_pages("/usr/share/doc/libstdc++-12-doc/libstdc++", 0, unrelated, &others);
	wq_buf_done(&clones.last);
	print_message("%zu of %zu clones found; %zu of %zu unrelated pages reported\n", clones.found, clones.made,
		others.found, others.made);
	assert_true(clones.made >= CLONES_LEAST && others.made >= UNRELATED_LEAST);
	assert_true(clones.found * 100 >= clones.made * 98);
	assert_true(others.found * 1000 <= others.made);
}

static void test_chinese(void **state)
{
	static const char page[] =
		"<title>云山县人民政府</title><nav><a href=/>首页</a><a href=/zw>政务公开</a></nav><p>云山县人民政府办公室"
		"关于印发《云山县森林防火应急预案》的通知：各乡镇人民政府，县政府各部门、各直属单位，现将预案印发给你们，"
		"请认真贯彻执行。</p><p>联系电话：0123-4567890</p>";
	static const char copy[] =
		"<html><body><table><tr><td>雲山縣人民政府辦公室關於印發《雲山縣森林防火應急預案》的通知：各鄉鎮人民政府，"
		"县政府各部门、各直属单位，现将预案印发给你们，请认真贯彻执行。<td>电话 0999-1111111</table>";
	static const char other[] =
		"<p>江州市教育局关于做好秋季开学工作的通知：各县区教育局、市直各学校，为做好开学各项准备工作，确保学校"
		"平稳有序，现就有关事项通知如下，请结合实际抓好落实。</p>";
	struct wq_likeness_sketch a, b, c;
	struct wq_likeness_alike alike;
	(void)state;
	sketch(wq_str_c(page), WQ_S_NONE, &a);
	sketch(wq_str_c(copy), WQ_S_NONE, &b);
	sketch(wq_str_c(other), WQ_S_NONE, &c);
	alike = wq_likeness_compare(rules, &a, &b);
	assert_true(alike.copy);
	alike = wq_likeness_compare(rules, &a, &c);
	assert_false(alike.copy);
	assert_true(alike.text < 10);
	alike = wq_likeness_compare(rules, &a, &a);
	assert_true(alike.text == 100 && alike.title);
	sketch(WQ_S("<p>太短</p>"), WQ_S_NONE, &b);
	assert_false(wq_likeness_compare(rules, &b, &b).copy);
}

static void test_identifiers(void **state)
{
	static const char page[] =
		"<script>document.write(unescape(\"src='http://dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451630001.js'\"));</script>"
		"<!-- <a href=\"//bszs.conac.cn/sitename?method=show&amp;id=07bbe32157290F90E053022819AC8A23\"> -->"
		"<script id=\"_jiucuo_\" sitecode='bm29040001' src='x'></script><meta name=\"SiteIDCode\" content=\"4403000002\">"
		"<p>京ICP备05070218号-1 闽公网安备 35030302900035号 京ICP备123号 网站标识码：4403000002</p>"
		"<a href=\"https://beian.mps.gov.cn/#/query/webSearch?code=35030302900035\">";
	static const struct {
		enum wq_likeness_identifier_kind kind;
		const char *value;
	} expected[] = {{WQ_LIKENESS_MARK_CODE, "CA140000000404451630001"},
		{WQ_LIKENESS_MARK, "07BBE32157290F90E053022819AC8A23"}, {WQ_LIKENESS_ICP, "京ICP备05070218号"},
		{WQ_LIKENESS_POLICE, "35030302900035"}, {WQ_LIKENESS_SITE_CODE, "bm29040001"},
		{WQ_LIKENESS_SITE_CODE, "4403000002"}};
	struct wq_likeness_identifier found[WQ_LIKENESS_IDENTIFIERS];
	struct wq_subject subject = {.icp = WQ_S("京ICP备05070218号-1"), .site_code = WQ_S("bm29040001")};
	size_t n;
	(void)state;
	assert_ok(wq_likeness_identifiers(&arena, wq_str_c(page), found, &n));
	assert_int_equal(n, WQ_COUNT(expected));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(found[i].kind, expected[i].kind);
		assert_str(found[i].value, wq_str_c(expected[i].value));
	}
	assert_true(wq_likeness_identifier_of(&found[2], &subject));
	assert_true(wq_likeness_identifier_of(&found[4], &subject));
	assert_false(wq_likeness_identifier_of(&found[5], &subject));
	assert_false(wq_likeness_identifier_of(&found[0], &subject));
	assert_ok(wq_likeness_identifiers(&arena, WQ_S("ICP备 conac.cn 公网安备12 sitecode=1"), found, &n));
	assert_int_equal(n, 0);
}

/* ---- the index as bytes ---- */

static void test_bytes(void **state)
{
	WQ_BUF(out, 64 * WQ_MIB);
	WQ_BUF(again, 64 * WQ_MIB);
	struct wq_likeness_index *copy;
	struct wq_likeness_identifier mark = {WQ_LIKENESS_ICP, WQ_S("京ICP备05070218号"), 0};
	struct wq_likeness_image image = {1, 2}, near = {3, 6}, far = {~0ULL, 0};
	wq_str app, url;
	(void)state;
	assert_ok(
		wq_likeness_index_add_identifier(index_of, WQ_S("portal"), WQ_S("https://www.yunshan.gov.cn/"), &mark));
	assert_ok(wq_likeness_index_add_image(
		index_of, WQ_S("portal"), WQ_S("https://www.yunshan.gov.cn/logo.png"), &image));
	assert_ok(wq_likeness_index_write(index_of, &out));
	assert_ok(wq_likeness_index_new(rules, &copy));
	assert_ok(wq_likeness_index_read(copy, wq_buf_str(&out), WQ_S_NONE));
	assert_ok(wq_likeness_index_ready(copy));
	assert_ok(wq_likeness_index_write(copy, &again));
	assert_str(wq_buf_str(&again), wq_buf_str(&out));
	assert_true(wq_likeness_index_find_identifier(copy, &mark, &app, &url));
	assert_str(app, WQ_S("portal"));
	assert_true(wq_likeness_index_find_image(copy, &near, &app, &url));
	assert_false(wq_likeness_index_find_image(copy, &far, &app, &url));
	wq_likeness_index_free(&copy);
	assert_ok(wq_likeness_index_new(rules, &copy));
	assert_ok(wq_likeness_index_read(copy, wq_buf_str(&out), WQ_S("portal")));
	assert_int_equal(wq_likeness_index_stats(copy).pages, 0);
	assert_int_equal(wq_likeness_index_stats(copy).identifiers, 0);
	wq_likeness_index_free(&copy);
	for (size_t cut = 0; cut < out.len; cut += 1 + out.len / 200) {
		assert_ok(wq_likeness_index_new(rules, &copy));
		assert_err(wq_likeness_index_read(copy, wq_str_head(wq_buf_str(&out), cut), WQ_S_NONE), WQ_E_FORMAT);
		wq_likeness_index_free(&copy);
	}
}

/* ---- images ---- */

enum { W = 240, H = 120 };

static void draw(uint8_t *grey, int seed)
{
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			int cx = x - W / 3, cy = y - H / 2, v = 40 + x / 4 + (y * seed) % 60;
			if (cx * cx + cy * cy < 1600)
				v = 220 - (cx * seed) % 50;
			grey[y * W + x] = (uint8_t)v;
		}
}

static void test_images(void **state)
{
	static uint8_t a[W * H], b[W * H], framed[(W + 40) * (H + 60)], half[W * H / 4];
	struct wq_likeness_image x, y;
	uint32_t bits;
	(void)state;
	draw(a, 1);
	assert_true(wq_likeness_image_hash(rules, a, W, H, &x));
	for (size_t i = 0; i < sizeof a; i++)
		b[i] = (uint8_t)(a[i] * 9 / 10 + 12 + (i * 7 % 5)); /* paler, and noise */
	assert_true(wq_likeness_image_hash(rules, b, W, H, &y) && wq_likeness_image_alike(rules, &x, &y, &bits));
	memset(framed, 255, sizeof framed);
	for (int r = 0; r < H; r++)
		memcpy(framed + (r + 20) * (W + 40) + 25, a + r * W, W);
	assert_true(wq_likeness_image_hash(rules, framed, W + 40, H + 60, &y) &&
		wq_likeness_image_alike(rules, &x, &y, &bits));
	for (int r = 0; r < H / 2; r++)
		for (int c = 0; c < W / 2; c++)
			half[r * W / 2 + c] = a[2 * r * W + 2 * c];
	assert_true(
		wq_likeness_image_hash(rules, half, W / 2, H / 2, &y) && wq_likeness_image_alike(rules, &x, &y, &bits));
	for (int r = 0; r < H; r++)
		for (int c = 0; c < W; c++)
			b[r * W + c] = (uint8_t)((r / 10 + c / 14) % 2 ? 200 : 30 + r);
	assert_true(wq_likeness_image_hash(rules, b, W, H, &y));
	assert_false(wq_likeness_image_alike(rules, &x, &y, &bits));
	memset(b, 77, sizeof b);
	assert_false(wq_likeness_image_hash(rules, b, W, H, &y));
	assert_false(wq_likeness_image_hash(rules, b, 1, 1, &y));
	assert_false(wq_likeness_image_hash(rules, b, 0, 9, &y));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chinese),
		cmocka_unit_test(test_identifiers),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_clones),
		cmocka_unit_test(test_bytes),
	};
	return cmocka_run_group_tests(tests, prepare, end);
}
