#include "detect/target/target.h"

#include "base/file.h"
#include "base/test.h"

static struct wq_arena arena;
static struct wq_buf file = WQ_BUF_INIT(WQ_MIB);
static const struct wq_target_rules *rules;

static int setup(void **state)
{
	char path[4096];

	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	snprintf(path, sizeof(path), "%s/rules/target/target.txt", getenv("WQ_SOURCE_ROOT"));
	assert_ok(wq_file_read(&wq_fs_system, path, &file));
	assert_ok(wq_target_rules_parse(&arena, WQ_S("target.txt"), wq_buf_str(&file), &rules));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	wq_buf_done(&file);
	return 0;
}

static void test_kinds(void **state)
{
	static const struct {
		enum wq_target_kind kind;
		const char *html;
	} cases[] = {
		{WQ_TARGET_PARKED, "<title>example.com is for sale</title><p>Buy this domain. Make an offer today"},
		{WQ_TARGET_PARKED,
			"<title>x</title><script src=https://img.sedoparking.com/a.js></script><p>Related searches"
			"<p>This domain may be for sale"},
		{WQ_TARGET_PARKED,
			"<title>域名出售</title><p>您访问的域名 example.cn 正在出售，购买此域名请联系域名经纪"},
		{WQ_TARGET_GAMBLING, "<title>澳门新葡京-官方网站</title><p>真人百家乐 电子游艺 注册送彩金 每日返水"},
		{WQ_TARGET_GAMBLING,
			"<title>&#28595;&#38376;&#26032;&#33889;&#20140;</title><meta name=keywords "
			"content='&#30495;&#20154;&#30334;&#23478;&#20048;'><p>棋牌 体育投注"},
		{WQ_TARGET_GAMBLING,
			"<title>Best Online Casino</title><p>Free spins, welcome bonus, roulette and sportsbook"},
		{WQ_TARGET_PORN, "<title>成人视频</title><p>国产自拍 无码 三级片 午夜"},
		{WQ_TARGET_PORN, "<title>Free porn videos</title><p>xxx videos, milf, hentai"},
		/* those who speak about it */
		{WQ_TARGET_ORDINARY,
			"<title>打击跨境赌博</title><p>公安机关提醒：网络赌博平台以注册送彩金、真人百家乐、电子游艺、"
			"返水为诱饵，实为诈骗，请举报。根据治安管理处罚法……"},
		{WQ_TARGET_ORDINARY,
			"<title>扫黄打非</title><p>净网行动打击色情网站，成人视频、裸聊、约炮均属违法犯罪，欢迎举报"},
		{WQ_TARGET_ORDINARY,
			"<title>Gambling addiction</title><p>Online casino, sportsbook and free spins: the helpline for "
			"problem gambling"},
		{WQ_TARGET_ORDINARY, "<title>域名管理办法</title><p>域名注册、域名交易、域名争议的解决，您访问的域名"},
		{WQ_TARGET_ORDINARY, "<title>省文化和旅游厅</title><p>博物馆 图书馆 群众棋牌比赛 体育彩票公益金"},
		{WQ_TARGET_ORDINARY, "<title>澳门新葡京酒店火灾</title><p>消息"},
		{WQ_TARGET_ORDINARY, ""},
		{WQ_TARGET_ORDINARY, "<title>casino</title>"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		enum wq_target_kind kind;

		assert_ok(wq_target_judge(rules, wq_str_c(cases[i].html), &kind));
		if (kind != cases[i].kind)
			fail_msg("%s: %s instead of %s", cases[i].html, wq_target_kind_text(kind),
				wq_target_kind_text(cases[i].kind));
	}
}

#define NAVIGATION \
	"<p>首页 新闻中心 政务公开 办事服务 互动交流 机构概况 领导信息 政策文件 通知公告 人事任免 财政资金 统计数据 专题专栏 网站地图 联系我们"

static bool is_missing(const char *page, const char *missing)
{
	struct wq_target_print of_page, of_missing;

	assert_ok(wq_target_print(rules, wq_str_c(page), &arena, &of_page));
	if (!missing)
		return wq_target_is_missing(rules, &of_page, NULL);
	assert_ok(wq_target_print(rules, wq_str_c(missing), &arena, &of_missing));
	return wq_target_is_missing(rules, &of_page, &of_missing);
}

static void test_missing(void **state)
{
	const char *gone = "<title>某市人民政府</title>" NAVIGATION "<p>您访问的页面不存在，请求编号 8f1c";

	(void)state;
	assert_true(is_missing("<title>某市人民政府</title>" NAVIGATION "<p>您访问的页面不存在，请求编号 77ab", gone));
	assert_true(is_missing(gone, gone));
	/* another title, another text, an article in the same frame, a page that has nothing to say */
	assert_false(
		is_missing("<title>关于放假的通知</title>" NAVIGATION "<p>您访问的页面不存在，请求编号 77ab", gone));
	assert_false(is_missing("<title>某市人民政府</title>" NAVIGATION
				"<p>市政府召开常务会议，研究部署近期重点工作，审议通过有关文件，强调要抓好落实",
		gone));
	assert_false(is_missing("<title>某市人民政府</title><p>您访问的页面不存在", gone));
	assert_false(is_missing("", gone));
	assert_false(is_missing("", ""));
	/* by itself */
	assert_true(is_missing("<title>404 Not Found</title><h1>nginx", NULL));
	assert_true(is_missing("<title>页面不存在 - 某市</title><p>请返回首页", NULL));
	assert_false(is_missing("<title>某市</title><p>页面不存在", NULL));
	assert_false(is_missing("<p>404 Not Found", NULL));
	assert_true(wq_target_title_missing(rules, WQ_S("Page Not Found")));
	assert_false(wq_target_title_missing(rules, WQ_S("HTTP 404")));
}

static void test_bad_rules(void **state)
{
	static const char *const cases[] = {"", "weique-page 1\n", "sign: 1 a\n", "[kind horse]\n",
		"[kind parked]\nsign: a\n", "[kind parked]\nsign: 0 a\n", "[kind parked]\nsign: 1\n",
		"[kind parked]\nfoo: 1\n", "[kind missing]\nagainst: 1 a\n", "[kind missing]\nweight: 1\n",
		"[kind parked]\nweight: 1\nsigns: 1\n",
		"[kind parked]\nsign: 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"};
	const struct wq_target_rules *read;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s%s",
			i < 2 ? "" : "weique-target 1\nversion: 1\ndate: 2026-01-01\nsource: x\n", cases[i]);
		assert_err(wq_target_rules_parse(&arena, WQ_S("t"), wq_str_c(text), &read), WQ_E_CONFIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds), cmocka_unit_test(test_missing), cmocka_unit_test(test_bad_rules)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
