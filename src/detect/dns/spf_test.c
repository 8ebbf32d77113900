#include "base/test.h"
#include "detect/dns/spf.h"

static void records(void **state)
{
	(void)state;
	const struct {
		const char *text;
		bool is, valid;
		size_t terms;
	} rows[] = {
		{"v=spf1 -all", true, true, 1},
		{"V=SPF1 +MX a:mail.example.cn/24//64 ~all", true, true, 3},
		{"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:_spf.example.cn ?all", true, true, 4},
		{"v=spf1 a/24 mx//64 ptr exists:%{i}.x.cn redirect=_spf.example.cn", true, true, 5},
		{"v=spf1 unknown=thing exp=why.example.cn all", true, true, 3},
		{"v=spf1", true, true, 0},
		/* invalid */
		{"v=spf10 -all", false, false, 0},
		{"v=spf1 ip4:192.0.2.256 -all", true, false, 0},
		{"v=spf1 ip4:2001:db8::/32", true, false, 0},
		{"v=spf1 ip4:192.0.2.0/33", true, false, 0},
		{"v=spf1 a/ -all", true, false, 0},
		{"v=spf1 a/024 -all", true, false, 0},
		{"v=spf1 include -all", true, false, 0},
		{"v=spf1 include: -all", true, false, 0},
		{"v=spf1 all:x", true, false, 0},
		{"v=spf1 permit -all", true, false, 0},
		{"v=spf1 redirect=a.cn redirect=b.cn", true, false, 0},
		{"spf1 -all", false, false, 0},
		{"", false, false, 0},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_spf_record record;
		const char *fault = NULL;
		wq_str text = wq_str_c(rows[i].text);
		assert_int_equal(wq_spf_is(text), rows[i].is);
		if (wq_spf_parse(text, &record, &fault) != rows[i].valid)
			fail_msg("%s: %s", rows[i].text, fault ? fault : "taken");
		assert_int_equal(!fault, rows[i].valid);
		if (rows[i].valid)
			assert_int_equal(record.n, rows[i].terms);
	}
}

static void too_many_terms(void **state)
{
	(void)state;
	char text[WQ_SPF_TERMS * 3 + 16] = "v=spf1";
	size_t n = 6;
	for (int i = 0; i <= WQ_SPF_TERMS; i++, n += 2)
		memcpy(text + n, " a", 2);
	struct wq_spf_record record;
	const char *fault;
	assert_false(wq_spf_parse(wq_str_of(text, n), &record, &fault));
	assert_true(wq_spf_parse(wq_str_of(text, n - 2), &record, &fault));
}

#define TXT(name, text) \
	{ \
		WQ_S_INIT(name), WQ_SPF_ASK_TXT, false, false, (const wq_str[]){WQ_S_INIT(text)}, 1 \
	}

static struct wq_spf_walked walk(struct wq_arena *arena, const char *text, const struct wq_spf_seen *table, size_t n)
{
	struct wq_spf_walked walked;
	wq_str record = wq_str_c(text);
	assert_ok(wq_spf_walk(arena, WQ_S("example.cn"), &record, 1, table, n, &walked));
	return walked;
}

static void walks(void **state)
{
	(void)state;
	const struct wq_spf_seen table[] = {
		TXT("a.cn", "v=spf1 ip4:10.0.0.0/7 include:b.cn -all"),
		TXT("b.cn", "v=spf1 include:A.cn. ~all"),
		TXT("r.cn", "v=spf1 ?all"),
		TXT("none.cn", "hello"),
		{WQ_S_INIT("void1.cn"), WQ_SPF_ASK_ADDRESS, false, true, NULL, 0},
		{WQ_S_INIT("void2.cn"), WQ_SPF_ASK_ADDRESS, false, true, NULL, 0},
		{WQ_S_INIT("void3.cn"), WQ_SPF_ASK_ADDRESS, false, true, NULL, 0},
		{WQ_S_INIT("away.cn"), WQ_SPF_ASK_ADDRESS, true, true, NULL, 0},
		{WQ_S_INIT("example.cn"), WQ_SPF_ASK_MX, false, false, NULL, 0},
	};
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
#define WALK(text) walk(&arena, text, table, WQ_COUNT(table))
	struct wq_spf_walked w = WALK("v=spf1 mx include:a.cn -all");
	assert_int_equal(w.lookups, 4);
	assert_int_equal(w.all, '-');
	assert_true(w.loop && w.wide && !w.fault && w.missing.n == 0);
	assert_int_equal(WALK("v=spf1 redirect=r.cn").all, '?');
	assert_int_equal(WALK("v=spf1 redirect=r.cn -all").all, '-');
	assert_int_equal(WALK("v=spf1 ip4:1.2.3.4").all, 0);
	assert_int_equal(WALK("v=spf1 -all mx mx mx").lookups, 0); /* behind all nothing counts */
	w = WALK("v=spf1 a:void1.cn a:void2.cn a:void3.cn a:away.cn -all");
	assert_int_equal(w.voids, 3);
	assert_int_equal(w.lookups, 4);
	assert_int_equal(WALK("v=spf1 mx mx mx mx mx mx ptr mx mx mx mx -all").lookups, 11);
	w = WALK("v=spf1 include:none.cn -all");
	assert_non_null(w.fault);
	assert_str(w.fault_at, WQ_S("none.cn"));
	w = WALK("v=spf1 include:%{d}.x.cn exists:%{i}.y.cn -all");
	assert_int_equal(w.lookups, 2);
	assert_int_equal(w.missing.n, 0);
	w = WALK("v=spf1 mx include:new.cn a:other.cn -all");
	assert_str(w.missing, WQ_S("new.cn"));
	assert_int_equal(w.missing_ask, WQ_SPF_ASK_TXT);
	wq_arena_done(&arena);
}

static void several_records(void **state)
{
	(void)state;
	static const wq_str texts[] = {WQ_S_INIT("v=spf1 -all"), WQ_S_INIT("other"), WQ_S_INIT("v=spf1 ~all")};
	struct wq_spf_walked w;
	struct wq_arena arena;
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_spf_walk(&arena, WQ_S("x.cn"), texts, WQ_COUNT(texts), NULL, 0, &w));
	assert_true(w.several);
	assert_int_equal(w.all, '-');
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(records), cmocka_unit_test(too_many_terms),
		cmocka_unit_test(walks), cmocka_unit_test(several_records)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
