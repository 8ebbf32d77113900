#include "base/test.h"
#include "policy/profile.h"
#include "policy/volatile.h"

static struct wq_arena arena;
static uint64_t seed;

static int begin(void **state)
{
	(void)state;
	wq_arena_init(&arena, 256 * WQ_MIB);
	seed = 20261122;
	return 0;
}

static int end(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static uint64_t roll(uint64_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % below;
}

/* ---- pages from templates ---- */

/* "@h10@" ten hexadecimal digits, "@d6@" digits, "@w12@" letters and digits, "@b900@" base64, "@c@" a counter, "@t@" seconds
 * since 1970, "@D@" a date and time, "@G@" the same in GB18030, "@p@" one of a set of names, "@R@" an HTTP date, "@s@" seconds that a page took, "@g@" a counter in groups of digits. */
struct world {
	uint64_t counter, moment;
};

static void put_random(struct wq_buf *out, const char *alphabet, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wq_buf_byte(out, (uint8_t)alphabet[roll(strlen(alphabet))]);
}

static void put_date(struct wq_buf *out, char kind, uint64_t moment)
{
	time_t t = (time_t)moment;
	char text[64];
	struct tm tm;

	gmtime_r(&t, &tm);
	if (kind == 'R')
		strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	else if (kind == 'D')
		strftime(text, sizeof text, "%Y年%m月%d日 %H:%M:%S", &tm);
	else
		strftime(text, sizeof text, "%Y\xc4\xea%m\xd4\xc2%d\xc8\xd5 %H:%M:%S", &tm);
	wq_buf_add(out, wq_str_c(text));
}

static void put_one(struct wq_buf *out, wq_str what, const struct world *world)
{
	static const char *const names[] = {"spring", "autumn-2026", "b3", "conference", "xmas_sale", "7"};
	uint64_t n = 0;

	(void)wq_str_to_u64(wq_str_from(what, 1), 100000, &n);
	switch (what.p[0]) {
	case 'h': put_random(out, "0123456789abcdef", n); break;
	case 'd': put_random(out, "0123456789", n); break;
	case 'w': put_random(out, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", n); break;
	case 'b':
		put_random(out, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/", n);
		wq_buf_add(out, WQ_S("=="));
		break;
	case 'c': wq_buf_printf(out, "%llu", (unsigned long long)world->counter); break;
	case 't': wq_buf_printf(out, "%llu", (unsigned long long)world->moment); break;
	case 's':
		wq_buf_printf(out, "%u.%03u", (unsigned)(world->counter / 4000), (unsigned)(world->counter * 7 % 1000));
		break;
	case 'g':
		wq_buf_printf(out, "%u,%03u", 5 + (unsigned)(world->counter / 1000), (unsigned)(world->counter % 1000));
		break;
	case 'p': wq_buf_add(out, wq_str_c(names[roll(WQ_COUNT(names))])); break;
	default: put_date(out, what.p[0], world->moment);
	}
}

static wq_str page_of(const char *template, const struct world *world)
{
	WQ_BUF(out, 4 * WQ_MIB);
	wq_str rest = wq_str_c(template);

	while (rest.n > 0) {
		ptrdiff_t open = wq_str_chr(rest, '@');

		if (open < 0) {
			wq_buf_add(&out, rest);
			break;
		}
		wq_buf_add(&out, wq_str_head(rest, (size_t)open));
		rest = wq_str_from(rest, (size_t)open + 1);
		put_one(&out, wq_str_cut(&rest, '@'), world);
	}
	assert_ok(wq_buf_err(&out));
	return wq_arena_str(&arena, wq_buf_str(&out));
}

static struct wq_volatile_learnt learn(wq_str first, wq_str second, bool html)
{
	struct wq_volatile_learnt learnt;

	assert_ok(wq_volatile_learn(first, second, html, WQ_S("/news/1.html"), &arena, &learnt));
	return learnt;
}

static struct wq_policy policy_of(const struct wq_volatile_learnt *learnt)
{
	struct wq_volatile_rule *rules = WQ_NEW_ARRAY(&arena, struct wq_volatile_rule, learnt->regions_n);
	struct wq_policy policy = wq_policy_default, decoded;
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);

	for (size_t i = 0; i < learnt->regions_n; i++)
		rules[i] = learnt->regions[i].rule;
	policy.volatiles = rules;
	policy.volatiles_n = learnt->regions_n;
	assert_ok(wq_policy_encode(&policy, &block)); /* what is learnt can stand in a policy */
	assert_ok(wq_policy_decode(wq_arena_str(&arena, wq_buf_str(&block)), &arena, &decoded));
	return decoded;
}

static wq_str masked(const struct wq_policy *policy, wq_str page)
{
	WQ_BUF(out, page.n);

	assert_ok(wq_volatile_apply(policy, WQ_S("/news/1.html"), page, NULL, &out, NULL));
	return wq_arena_str(&arena, wq_buf_str(&out));
}

static const char *rules_text(const struct wq_volatile_learnt *learnt)
{
	WQ_BUF(out, 64 * WQ_KIB);

	for (size_t i = 0; i < learnt->regions_n; i++) {
		wq_buf_printf(&out, "\n  %s: ", wq_volatile_kind_name(learnt->regions[i].kind));
		WQ_IGNORE(wq_volatile_rule_text(&learnt->regions[i].rule, &out));
	}
	return wq_arena_cstr(&arena, wq_buf_str(&out));
}

/* ---- what real pages do ---- */

struct row {
	const char *name, *template;
	enum wq_volatile_kind kind;
	bool in_form;
	size_t regions;
};

static const struct row rows[] = {
	{"hidden input", "<form><input type=hidden name=\"csrf_token\" value=\"@h32@\"><input name=q value=a></form>",
		WQ_VOLATILE_TOKEN, true, 1},
	{"base64 in a field", "<form><input type='hidden' name='authenticity_token' value='@b86@'/></form>",
		WQ_VOLATILE_TOKEN, true, 1},
	{"ASP.NET",
		"<form><input type=\"hidden\" name=\"__VIEWSTATE\" id=\"__VIEWSTATE\" value=\"@b1800@\" />\n<input type=\"hidden\" "
		"name=\"__EVENTVALIDATION\" id=\"__EVENTVALIDATION\" value=\"@b300@\" /></form>",
		WQ_VOLATILE_TOKEN, true, 2},
	{"meta", "<head><meta charset=utf-8><meta name=\"csrf-token\" content=\"@w40@\"></head>", WQ_VOLATILE_TOKEN,
		false, 1},
	{"WordPress nonce",
		"<script>var wp = {\"ajax\":\"\\/wp-admin\\/admin-ajax.php\",\"nonce\":\"@h10@\"};</script><p>a</p>",
		WQ_VOLATILE_TOKEN, false, 1},
	{"script with a nonce", "<p>a</p><script nonce=\"@b22@\">f()</script><script nonce=x>g()</script>",
		WQ_VOLATILE_TOKEN, false, 1},
	{"versions by time",
		"<script src=\"/js/a.js?ver=@t@\"></script><script src=\"/js/b.js?ver=@t@\"></script>"
		"<link rel=stylesheet href=\"/c.css?ver=@t@\">",
		WQ_VOLATILE_DATE, false, 2},
	{"session in a link", "<a href=\"/list.php?PHPSESSID=@w26@&amp;page=2\">2</a>", WQ_VOLATILE_SESSION, false, 1},
	{"session in a path",
		"<a href=\"/list.do;jsessionid=@h32@?page=2\">2</a><a href=\"/b.do;jsessionid=@h32@\">b</a>",
		WQ_VOLATILE_SESSION, false, 2},
	{"clock", "<div>当前时间：@D@</div><div>发布时间：2026年11月20日 09:00:00</div>", WQ_VOLATILE_DATE, false, 1},
	{"clock in GB18030", "<div>\xb5\xb1\xc7\xb0\xca\xb1\xbc\xe4\xa3\xba@G@</div><div>\xb7\xa2\xb2\xbc</div>",
		WQ_VOLATILE_DATE, false, 1},
	{"clock in English", "<p>Generated @R@</p>", WQ_VOLATILE_DATE, false, 1},
	{"visits", "<p>您是第<b>@c@</b>位访客</p><p>共<b>12</b>篇</p>", WQ_VOLATILE_COUNTER, false, 1},
	{"clicks", "<p>日期：2026-11-20 点击数：@c@次 来源：<b>本站</b></p>", WQ_VOLATILE_COUNTER, false, 1},
	{"clicks in groups", "<p>点击数：@g@次</p>", WQ_VOLATILE_COUNTER, false, 1},
	{"how long it took", "<p>x</p>\n<!-- 25 queries in @s@ seconds -->", WQ_VOLATILE_OTHER, false, 1},
	{"counter in a script", "<script>var hits=@c@;var max=100;</script>", WQ_VOLATILE_COUNTER, false, 1},
	{"Discuz", "<a href=\"member.php?mod=logging&amp;action=logout&amp;formhash=@h8@\">退出</a>", WQ_VOLATILE_TOKEN,
		false, 1},
	{"Discuz form", "<form><input type=\"hidden\" name=\"formhash\" value=\"@h8@\" /></form>", WQ_VOLATILE_TOKEN,
		true, 1},
	{"picture of a set", "<img src=\"/images/ad/@p@.jpg\" alt=\"\"><img src=\"/images/logo.png\">",
		WQ_VOLATILE_OTHER, false, 1},
	{"script with seconds", "<script>\nvar t=@t@;\nvar n=5;\n</script>", WQ_VOLATILE_DATE, false, 1},
	{"comment", "<html><body><p>x</p></body></html>\n<!-- served by web@d4@ at @D@ -->", WQ_VOLATILE_TOKEN, false,
		2},
	{"number that is random", "<script src=\"/a.js?rnd=0.@d16@\"></script>", WQ_VOLATILE_TOKEN, false, 1},
	{"uuid", "<div id=\"box-@h8@-@h4@-@h4@-@h4@-@h12@\">x</div>", WQ_VOLATILE_TOKEN, false, 1},
};

/* Rules learnt from two fetches make every later fetch the same page. */
static void rules_hold_for_later_fetches(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		size_t missed = 0;

		for (int round = 0; round < 20; round++) {
			struct world world = {.counter = 5 + roll(2000), .moment = 1763772933 + roll(1000000)};
			wq_str first = page_of(rows[i].template, &world), second, mask;
			struct wq_volatile_learnt learnt;
			struct wq_policy policy;

			world.counter += 1 + roll(3), world.moment += 3 + roll(5);
			second = page_of(rows[i].template, &world);
			if (wq_str_eq(first, second))
				continue;
			learnt = learn(first, second, true);
			if (learnt.unruly)
				fail_msg("%s: unruly\n%s\n%s", rows[i].name, first.p, second.p);
			policy = policy_of(&learnt);
			mask = masked(&policy, first);
			if (round == 0 &&
				(learnt.regions_n != rows[i].regions || learnt.regions[0].kind != rows[i].kind ||
					learnt.regions[0].in_form != rows[i].in_form))
				fail_msg("%s: %zu regions:%s", rows[i].name, learnt.regions_n, rules_text(&learnt));
			for (int later = 0; later < 20; later++) {
				world.counter += roll(100000), world.moment += roll(10000000);
				if (!wq_str_eq(masked(&policy, page_of(rows[i].template, &world)), mask)) {
					if (missed++ == 0)
						print_message("%s: missed by%s\n", rows[i].name, rules_text(&learnt));
				}
			}
		}
		/* a short token may look narrower than it is in both fetches; then a later fetch is a difference, which is seen */
		if (missed > 4)
			fail_msg("%s: %zu of 400 later fetches were not masked", rows[i].name, missed);
	}
}

/* Only the rule's own place: the unaltered rest of each page, altered, is a difference. */
static void changes_are_not_hidden(void **state)
{
	static const char *const planted[] = {"<script src=//evil.example/x.js></script>", "<b>x</b>",
		"\" onload=\"x()", "' onload='x()", ";alert(1);", "您好", " x"};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct world world = {.counter = 1500, .moment = 1763772933};
		wq_str first = page_of(rows[i].template, &world), second, mask;
		struct wq_volatile_learnt learnt;
		struct wq_policy policy;

		world.counter++, world.moment += 5;
		do
			second = page_of(rows[i].template, &world);
		while (wq_str_eq(first, second));
		learnt = learn(first, second, true);
		policy = policy_of(&learnt);
		mask = masked(&policy, first);
		for (size_t at = 0; at <= first.n; at++)
			for (size_t k = 0; k < WQ_COUNT(planted); k++) {
				wq_str bad = wq_arena_printf(
					&arena, "%.*s%s%s", (int)at, first.p, planted[k], first.p + at);
				if (wq_str_eq(masked(&policy, bad), mask))
					fail_msg("%s: hidden by%s:\n%s", rows[i].name, rules_text(&learnt), bad.p);
			}
		wq_arena_reset(&arena);
	}
}

static void all_of_them_on_one_page(void **state)
{
	WQ_BUF(template, WQ_MIB);
	struct world world = {.counter = 1500, .moment = 1763772933};
	struct wq_volatile_learnt learnt;
	struct wq_policy policy;
	wq_str first, mask;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		wq_buf_printf(&template, "<div class=part%zu><h2>%s</h2>%s</div>\n", i, rows[i].name, rows[i].template);
	first = page_of(wq_buf_cstr(&template), &world);
	world.counter += 7, world.moment += 61;
	learnt = learn(first, page_of(wq_buf_cstr(&template), &world), true);
	assert_false(learnt.unruly);
	policy = policy_of(&learnt);
	mask = masked(&policy, first);
	for (int later = 0; later < 100; later++) {
		world.counter += roll(100000), world.moment += roll(10000000);
		if (!wq_str_eq(masked(&policy, page_of(wq_buf_cstr(&template), &world)), mask))
			fail_msg("missed by%s", rules_text(&learnt));
	}
}

/* ---- one by one ---- */

static void longer_than_it_may_be(void **state)
{
	struct wq_volatile_learnt learnt = learn(WQ_S("<p>hits: 10</p>"), WQ_S("<p>hits: 11</p>"), true);
	struct wq_policy policy = policy_of(&learnt);
	wq_str mask = masked(&policy, WQ_S("<p>hits: 10</p>"));

	(void)state;
	assert_int_equal(learnt.regions_n, 1);
	assert_int_equal(learnt.regions[0].rule.bytes, WQ_VOLATILE_DIGITS);
	assert_str(masked(&policy, WQ_S("<p>hits: 1234567890</p>")), mask);
	assert_false(wq_str_eq(masked(&policy, WQ_S("<p>hits: 12345678901234567</p>")), mask));
	assert_false(wq_str_eq(masked(&policy, WQ_S("<p>hits: 10</p><script>x</script>")), mask));
	assert_false(wq_str_eq(masked(&policy, WQ_S("<p>hits: 10<script>x</script></p>")), mask));
}

static void a_list_of_counters_is_one_rule(void **state)
{
	WQ_BUF(first, WQ_MIB);
	WQ_BUF(second, WQ_MIB);
	struct wq_volatile_learnt learnt;
	struct wq_policy policy;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		wq_buf_printf(&first, "<li><a href=\"/news/%u.html\">标题 %u</a> <span class=\"hits\">%u</span></li>\n",
			i, i, i * 7);
		wq_buf_printf(&second,
			"<li><a href=\"/news/%u.html\">标题 %u</a> <span class=\"hits\">%u</span></li>\n", i, i,
			i * 7 + (i % 4 == 0 ? 2 : 0));
	}
	learnt = learn(wq_buf_str(&first), wq_buf_str(&second), true);
	assert_false(learnt.unruly);
	assert_int_equal(learnt.regions_n, 1);
	assert_int_equal(learnt.regions[0].times, 75);
	assert_int_equal(learnt.regions[0].kind, WQ_VOLATILE_COUNTER);
	assert_int_equal(learnt.regions[0].line, 1);
	policy = policy_of(&learnt);
	assert_str(masked(&policy, wq_buf_str(&first)), masked(&policy, wq_buf_str(&second)));
	assert_true(wq_str_find(masked(&policy, wq_buf_str(&first)), WQ_S("标题 299")) > 0);
}

static void what_no_rule_describes_is_unruly(void **state)
{
	static const struct {
		const char *name, *first, *second;
	} pages[] = {
		{"another structure", "<p>a</p>", "<p>a</p><p>b</p>"},
		{"an attribute more", "<p>a</p>", "<p id=x>a</p>"},
		{"other quotation marks", "<p id='x'>1</p>", "<p id=\"x\">2</p>"},
		{"shuffled list",
			"<li><a href=/1.html>中秋节放假通知</a><li><a href=/2.html>招标公告一览</a><li><a "
			"href=/3.html>县长热线</a><li><a href=/4.html>防汛工作会议</a>",
			"<li><a href=/3.html>县长热线</a><li><a href=/1.html>中秋节放假通知</a><li><a "
			"href=/4.html>防汛工作会议</a><li><a href=/2.html>招标公告一览</a>"},
		{"another script", "<script>var a = f(1); x.y = a;</script>", "<script>while (g()) send(b);</script>"},
		{"a script from elsewhere", "<script src=\"/js/a.js\"></script>",
			"<script src=\"//cdn.example/b.js\"></script>"},
		{"an event handler", "<p onclick=\"a(1)\">x", "<p onclick=\"b('x')\">x"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(pages); i++) {
		struct wq_volatile_learnt learnt = learn(wq_str_c(pages[i].first), wq_str_c(pages[i].second), true);
		if (!learnt.unruly || learnt.regions_n != 0)
			fail_msg("%s:%s", pages[i].name, rules_text(&learnt));
	}
}

static void too_many_rules_are_unruly(void **state)
{
	WQ_BUF(first, WQ_MIB);
	WQ_BUF(second, WQ_MIB);

	(void)state;
	for (unsigned i = 0; i < 70; i++) {
		wq_buf_printf(&first, "<p id=p%u>%cfield%ux: word%u</p>\n", i, 'a' + i % 26, i * 31, i);
		wq_buf_printf(&second, "<p id=p%u>%cfield%ux: other%u</p>\n", i, 'a' + i % 26, i * 31, i);
	}
	assert_true(learn(wq_buf_str(&first), wq_buf_str(&second), true).unruly);
	wq_buf_clear(&first);
	wq_buf_clear(&second);
	for (unsigned i = 0; i <= WQ_VOLATILE_DIFFERENCES_MAX; i++) {
		wq_buf_printf(&first, "<i>%u</i>", i);
		wq_buf_printf(&second, "<i>%u</i>", i + 1);
	}
	assert_true(learn(wq_buf_str(&first), wq_buf_str(&second), true).unruly);
}

static void equal_pages_have_nothing_to_learn(void **state)
{
	struct wq_volatile_learnt learnt = learn(WQ_S("<p>a"), WQ_S("<p>a"), true);

	(void)state;
	assert_false(learnt.unruly);
	assert_int_equal(learnt.regions_n, 0);
	learnt = learn(WQ_S_NONE, WQ_S_NONE, false);
	assert_false(learnt.unruly);
}

static void other_files_are_compared_as_text(void **state)
{
	struct wq_volatile_learnt learnt = learn(WQ_S("{\"time\":1763772933,\"token\":\"f3a9c01d77\"}\n"),
		WQ_S("{\"time\":1763772939,\"token\":\"08bb1c0d5e\"}\n"), false);
	struct wq_policy policy = policy_of(&learnt);

	(void)state;
	assert_false(learnt.unruly);
	assert_int_equal(learnt.regions_n, 2);
	assert_str(masked(&policy, WQ_S("{\"time\":1863772939,\"token\":\"aaaaaaaaaa\"}\n")),
		WQ_S("{\"time\":,\"token\":\"\"}\n"));
	/* a file that is nothing but a number has nothing around it */
	assert_true(learn(WQ_S("17"), WQ_S("18"), false).unruly);
	learnt = learn(WQ_S("17\n"), WQ_S("18\n"), false);
	assert_false(learnt.unruly);
	assert_int_equal(learnt.regions[0].rule.before.n, 0);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_large_page_takes_no_long_time(void **state)
{
	WQ_BUF(template, WQ_MIB);
	struct world world = {.counter = 100, .moment = 1763772933};
	wq_str first, second;
	struct wq_volatile_learnt learnt;
	double start;

	(void)state;
	wq_buf_add(&template, WQ_S("<meta name=csrf-token content=@h32@><p>@D@</p>"));
	for (int i = 0; template.len < 500 * WQ_KIB; i++)
		wq_buf_printf(&template,
			"<li><a href=\"/news/%d.html\">第 %d 条：标题</a><em>@c@</em><i>2026-11-%02d</i></li>\n", i, i,
			i % 30);
	wq_buf_add(&template, WQ_S("<p id=foot>@t@</p>"));
	/* more counters than differences are followed would be unruly: only a few of them are left */
	for (size_t i = 0, seen = 0; i + 3 < template.len; i++)
		if (memcmp(template.data + i, "@c@", 3) == 0 && ++seen > 500)
			memcpy(template.data + i, "123", 3);
	first = page_of(wq_buf_cstr(&template), &world);
	world.counter += 3, world.moment += 4;
	second = page_of(wq_buf_cstr(&template), &world);
	start = seconds();
	learnt = learn(first, second, true);
	print_message("learning from 2 x %zu bytes: %.1f ms, %zu rules\n", first.n, (seconds() - start) * 1e3,
		learnt.regions_n);
	assert_false(learnt.unruly);
	assert_true(seconds() - start < 20);
}

/* What makes each step look far ahead: runs that are nearly tokens, nearly dates, that never meet again. */
static void hostile_pages_take_no_long_time(void **state)
{
	static const char *const bits[] = {"a-", "Aa1-", "12 ", "1:2 ", "a b ", "x=1&", "\xc4\xea", "<b>1", "{}"};
	double start = seconds();

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bits); i++)
		for (int html = 0; html < 2; html++) {
			WQ_BUF(first, WQ_MIB);
			WQ_BUF(second, WQ_MIB);

			wq_buf_add(&first, WQ_S("<script>a="));
			wq_buf_add(&second, WQ_S("<script>b="));
			for (size_t n = 0; n < 500000; n += strlen(bits[i])) {
				wq_buf_add(&first, wq_str_c(bits[i]));
				wq_buf_add(&second, wq_str_c(n % 4096 < 5 ? "zz," : bits[i]));
			}
			(void)learn(wq_buf_str(&first), wq_buf_str(&second), html != 0);
		}
	print_message("18 hostile pages: %.1f s\n", seconds() - start);
	assert_true(seconds() - start < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rules_hold_for_later_fetches, begin, end),
		cmocka_unit_test_setup_teardown(changes_are_not_hidden, begin, end),
		cmocka_unit_test_setup_teardown(all_of_them_on_one_page, begin, end),
		cmocka_unit_test_setup_teardown(longer_than_it_may_be, begin, end),
		cmocka_unit_test_setup_teardown(a_list_of_counters_is_one_rule, begin, end),
		cmocka_unit_test_setup_teardown(what_no_rule_describes_is_unruly, begin, end),
		cmocka_unit_test_setup_teardown(too_many_rules_are_unruly, begin, end),
		cmocka_unit_test_setup_teardown(equal_pages_have_nothing_to_learn, begin, end),
		cmocka_unit_test_setup_teardown(other_files_are_compared_as_text, begin, end),
		cmocka_unit_test_setup_teardown(a_large_page_takes_no_long_time, begin, end),
		cmocka_unit_test_setup_teardown(hostile_pages_take_no_long_time, begin, end),
	};
	return cmocka_run_group_tests_name("policy volatile learning", tests, NULL, NULL);
}
