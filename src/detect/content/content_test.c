#include "base/test.h"
#include "detect/content/content.h"
#include "text/fold.h"

enum { FILE_MAX = 1024 * 1024 };

static struct wq_arena rules_arena;
static const struct wq_content_rules *rules;
static struct wq_content_words *words;
static struct wq_fold_table *fold;

static wq_str read_file(struct wq_arena *arena, const char *name)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	FILE *file = fopen(wq_arena_cstr(arena, wq_arena_printf(arena, "%s/%s", root ? root : ".", name)), "rb");
	assert_non_null(file);
	char *bytes = wq_arena_alloc(arena, FILE_MAX);
	size_t n = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	return wq_str_of(bytes, n);
}

static int load_rules(void **state)
{
	(void)state;
	wq_arena_init(&rules_arena, 16 * WQ_MIB);
	wq_str name = WQ_S("rules/marks/marks.txt");
	assert_ok(wq_content_rules_parse(&rules_arena, name, read_file(&rules_arena, name.p), &rules));
	const wq_str table = WQ_S("rules/fold/trad-simp.txt");
	assert_ok(wq_fold_table_parse(read_file(&rules_arena, table.p), table.p, &fold));
	assert_ok(wq_content_words_new(&rules_arena, fold, &words));
	static const char *const lists[] = {"rules/words/misprints.txt", "rules/words/advertising.txt"};
	for (size_t i = 0; i < WQ_COUNT(lists); i++)
		assert_ok(wq_content_words_add(words, wq_str_c(lists[i]), read_file(&rules_arena, lists[i])));
	assert_ok(wq_content_words_build(words));
	return 0;
}

static int free_rules(void **state)
{
	(void)state;
	wq_fold_table_close(&fold);
	wq_arena_done(&rules_arena);
	return 0;
}

/* "\n" of the table becomes a line break. */
static wq_str unescape(struct wq_arena *arena, wq_str s)
{
	char *out = wq_arena_alloc(arena, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool escape = s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == 'n';
		out[n++] = escape ? '\n' : s.p[i];
		i += escape;
	}
	return wq_str_of(out, n);
}

static void check(struct wq_arena *arena, wq_str title, wq_str text, struct wq_findings *ret_findings)
{
	struct wq_content_text input = {
		.title = title, .text = text, .place = {.key = WQ_S("www.example.gov.cn/a.html")}};
	assert_ok(wq_findings_init(ret_findings, arena, 100));
	assert_ok(wq_content_check(arena, rules, words, &input, ret_findings));
}

/* The worst finding of a rule; -1 when there is none. */
static int worst(const struct wq_findings *findings, wq_str rule)
{
	int severity = -1;
	for (size_t i = 0; i < findings->count; i++)
		if (wq_str_eq(findings->items[i].rule, rule))
			severity = WQ_MAX(severity, (int)findings->items[i].severity);
	return severity;
}

struct score {
	unsigned right, wrong;
};

static bool is_right(char label, const struct wq_findings *found)
{
	int secret = worst(found, WQ_S("content.secret-mark")), internal = worst(found, WQ_S("content.internal-mark"));
	int phone = worst(found, WQ_S("content.telephone")), card = worst(found, WQ_S("content.bank-card"));
	int word = worst(found, WQ_S("content.word"));
	switch (label) {
	case 'L': return phone == WQ_SEVERITY_LOW && card < 0;
	case 'M': return phone == WQ_SEVERITY_MEDIUM && card < 0;
	case 'H': return phone == WQ_SEVERITY_HIGH && card < 0;
	case 'C': return card >= WQ_SEVERITY_MEDIUM && phone <= WQ_SEVERITY_INFO;
	case 'D': return card == WQ_SEVERITY_LOW && phone <= WQ_SEVERITY_INFO;
	case 'W': return word >= WQ_SEVERITY_LOW;
	case 'S': return secret >= WQ_SEVERITY_HIGH;
	case 'I': return internal >= WQ_SEVERITY_LOW && secret < WQ_SEVERITY_LOW;
	case 'E': return secret == WQ_SEVERITY_LOW;
	case 'N':
		return secret < WQ_SEVERITY_LOW && internal < WQ_SEVERITY_LOW && phone < WQ_SEVERITY_LOW && card < 0 &&
			word < 0;
	default: fail_msg("label %c", label); return false;
	}
}

static void run_table(const char *name, struct score scores[128])
{
	struct wq_arena arena;
	wq_arena_init(&arena, 64 * WQ_MIB);
	wq_str rest = read_file(&arena, name);
	while (rest.p) {
		wq_str line = wq_str_cut(&rest, '\n'), all = line;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		struct wq_findings found;
		wq_str label = wq_str_cut(&line, '|'), title = wq_str_cut(&line, '|');
		assert_true(label.n == 1 && line.n > 0);
		check(&arena, title, unescape(&arena, line), &found);
		bool right = is_right(label.p[0], &found);
		scores[label.p[0] & 127].right += right;
		scores[label.p[0] & 127].wrong += !right;
		if (!right)
			print_message("# wrong: %.*s (%zu found)\n", WQ_S_ARG(all), found.count);
	}
	wq_arena_done(&arena);
}

static void report_scores(const char *name, const struct score s[128], double least)
{
	unsigned found = s['S'].right + s['I'].right, positives = found + s['S'].wrong + s['I'].wrong,
		 false_hits = s['N'].wrong;
	double recall = (double)found / positives, precision = (double)found / (found + false_hits);
	print_message("# %s: %u positive, %u negative, %u examination: recall %.3f, precision %.3f\n", name, positives,
		s['N'].right + s['N'].wrong, s['E'].right + s['E'].wrong, recall, precision);
	assert_true(recall >= least && precision >= least);
}

static void labelled_texts(void **state)
{
	(void)state;
	struct score scores[128] = {0};
	run_table("tests/corpus/detect-content-labels/marks.txt", scores);
	assert_true(scores['S'].right + scores['S'].wrong >= 60 && scores['N'].right + scores['N'].wrong >= 60);
	report_scores("tuned on", scores, 1.0);
	assert_int_equal(scores['E'].wrong, 0);
}

static void held_out_texts(void **state)
{
	(void)state;
	struct score scores[128] = {0};
	run_table("tests/corpus/detect-content-labels/held-out.txt", scores);
	report_scores("held out", scores, 0.75);
}

static unsigned total(const struct score scores[128])
{
	unsigned n = 0;
	for (size_t i = 0; i < 128; i++)
		n += scores[i].right + scores[i].wrong;
	return n;
}

static void labelled_numbers_and_words(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned cases;
	} tables[] = {{"numbers", 46}, {"words", 36}};
	for (size_t t = 0; t < WQ_COUNT(tables); t++) {
		struct score scores[128] = {0};
		char name[128];
		snprintf(name, sizeof name, "tests/corpus/detect-content-labels/%s.txt", tables[t].name);
		run_table(name, scores);
		print_message("# %s: %u cases\n", tables[t].name, total(scores));
		assert_true(total(scores) >= tables[t].cases);
		for (size_t i = 0; i < 128; i++)
			assert_int_equal(scores[i].wrong, 0);
	}
}

static void words_have_exact_places(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_findings found;
	wq_arena_init(&arena, WQ_MIB);
	check(&arena, WQ_S_NONE, WQ_S("第一行\n向 烈\xe2\x80\x8b 土致敬，再向烈土"), &found);
	assert_int_equal(found.count, 1);
	const struct wq_finding *f = &found.items[0];
	assert_str(f->rule, WQ_S("content.word"));
	assert_str(f->evidence.subject, WQ_S("misprint: 烈土"));
	assert_int_equal(f->evidence.count, 2);
	assert_str(f->clauses[0], WQ_S("B9"));
	assert_int_equal(f->place.line, 2);
	assert_int_equal(f->place.column, 3);
	assert_int_equal(f->place.offset, 14);
	assert_int_equal(f->place.length, strlen("烈\xe2\x80\x8b 土"));
	wq_arena_done(&arena);
}

static void a_flood_of_words_is_no_pass(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_findings found;
	WQ_BUF(text, WQ_MIB);
	wq_arena_init(&arena, 32 * WQ_MIB);
	for (unsigned i = 0; i < WQ_CONTENT_CANDIDATES + 10; i++)
		wq_buf_add(&text, WQ_S("烈土，"));
	check(&arena, WQ_S_NONE, wq_buf_str(&text), &found);
	assert_int_equal(worst(&found, WQ_S("content.word-flood")), WQ_SEVERITY_HIGH);
	wq_arena_done(&arena);
}

static void no_number_is_shown(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_findings found;
	wq_arena_init(&arena, WQ_MIB);
	check(&arena, WQ_S_NONE, WQ_S("张三 13912345678 卡号 6222021234567894 李四 13912345679"), &found);
	assert_int_equal(found.count, 2);
	for (size_t i = 0; i < found.count; i++)
		for (size_t k = 0; k < found.items[i].evidence.excerpt.n; k++)
			assert_false(found.items[i].evidence.excerpt.p[k] >= '0' &&
				found.items[i].evidence.excerpt.p[k] <= '9');
	wq_arena_done(&arena);
}

static void wrong_lists_name_the_line(void **state)
{
	(void)state;
#define HEAD "weique-words 1\nversion: 1\ndate: 2026-01-01\nsource: x\n"
#define LIST HEAD "[list a]\nseverity: low\nclause: B2\nadvice_zh: 甲\nadvice_en: a\n"
	static const struct {
		const char *text, *where;
	} rows[] = {
		{"weique-marks 1\n", "f:1:"},
		{HEAD "[words a]\n", "f:5:"},
		{HEAD "[list A]\n", "f:5:"},
		{HEAD "[list a]\nseverity: dire\n", "f:6:"},
		{HEAD "[list a]\nclause: nine\n", "f:6:"},
		{HEAD "[list a]\nword: 甲乙\n", "f:"},
		{LIST, "f:"},
		{LIST "word: 甲\n", "f:10:"},
		{LIST "word: \xe2\x80\x8b甲乙\n", "f:10:"},
		{LIST "word: 一二三四五六七八九十一二三四五六七八九十一二三四五\n", "f:10:"},
		{LIST "wrod: 甲乙\n", "f:10:"},
		{LIST "reach: 2000\n", "f:10:"},
		{LIST "word: 甲乙\n[list a]\n", "f:11:"},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_content_words *none;
		wq_arena_init(&arena, WQ_MIB);
		assert_ok(wq_content_words_new(&arena, fold, &none));
		wq_err err = wq_content_words_add(none, WQ_S("f"), wq_str_c(rows[i].text));
		if (!wq_is(err, WQ_E_CONFIG) || !wq_str_starts(wq_str_c(wq_err_note(err)), wq_str_c(rows[i].where)))
			fail_msg("row %zu: %s %s instead of %s", i, wq_err_name(err), wq_err_note(err), rows[i].where);
		wq_arena_done(&arena);
	}
}

static void places_are_named(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_findings found;
	wq_arena_init(&arena, WQ_MIB);
	check(&arena, WQ_S_NONE, WQ_S("首页\n  机 密★１年\n关于召开会议的通知"), &found);
	assert_int_equal(found.count, 1);
	const struct wq_finding *f = &found.items[0];
	assert_str(f->rule, WQ_S("content.secret-mark"));
	assert_int_equal(f->severity, WQ_SEVERITY_CRITICAL);
	assert_int_equal(f->place.line, 2);
	assert_int_equal(f->place.column, 3);
	assert_int_equal(f->place.offset, 9);
	assert_int_equal(f->place.length, strlen("机 密★１年"));
	assert_str(f->place.key, WQ_S("www.example.gov.cn/a.html"));
	assert_str(f->evidence.subject, WQ_S("机 密★１年"));
	assert_str(f->evidence.excerpt, WQ_S("首页 机 密★１年 关于召开会议的通知"));
	wq_arena_done(&arena);
}

static void pieces_lead_back_to_the_source(void **state)
{
	(void)state;
	const wq_str source = WQ_S("<p>\n&#26426;密★1年</p>");
	const struct wq_content_piece pieces[] = {{0, 4, 8}, {3, 12, 10}};
	const struct wq_content_text input = {
		.text = WQ_S("机密★1年"), .source = source, .pieces = pieces, .piece_count = 2};
	struct wq_arena arena;
	struct wq_findings found;
	wq_arena_init(&arena, WQ_MIB);
	assert_ok(wq_findings_init(&found, &arena, 10));
	assert_ok(wq_content_check(&arena, rules, words, &input, &found));
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].place.line, 2);
	assert_int_equal(found.items[0].place.column, 1);
	assert_int_equal(found.items[0].place.offset, 4);
	assert_int_equal(found.items[0].place.length, 18);
	wq_arena_done(&arena);
}

static void pages_are_read_as_people_see_them(void **state)
{
	(void)state;
	static const struct {
		const char *html;
		int severity;
		unsigned line, column;
	} rows[] = {
		{"<html><body><p>首页</p>\n<p>&#26426;<b>密</b>&#9733;1年</p><h1>通知</h1>", WQ_SEVERITY_CRITICAL, 2,
			4},
		{"<div>\n\n  <span>机</span><span>密</span>\n ★ 1年<br>关于某事的通知</div>", WQ_SEVERITY_CRITICAL, 3,
			9},
		{"<table><tr><td>密级：</td></tr><tr><td>秘密★3年</td></tr></table>", WQ_SEVERITY_HIGH, 1, 37},
		{"<title>机密★1年 关于某事的通知</title><p>正文</p>", WQ_SEVERITY_CRITICAL, 0, 0},
		{"<p>正文</p><img src=a.png alt='绝密★长期'>", WQ_SEVERITY_CRITICAL, 0, 0},
		{"<meta name=description content='秘密★5年'>", WQ_SEVERITY_HIGH, 0, 0},
		{"<pre>首页\n机密★1年\n通知</pre>", WQ_SEVERITY_CRITICAL, 2, 1},
		{"<!-- 机密★1年 --><script>var a='机密★1年'</script><style>a{content:'机密★1年'}</style><p>正文</p>",
			-1, 0, 0},
		{"<p>国家秘密标志形式为“密级★保密期限”，例如“机密★1年”。</p>", -1, 0, 0},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_findings found;
		const struct wq_place place = {.key = WQ_S("www.example.gov.cn/")};
		wq_arena_init(&arena, WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 10));
		assert_ok(wq_content_page(&arena, rules, words, wq_str_c(rows[i].html), WQ_S("utf-8"), &place, &found));
		if (worst(&found, WQ_S("content.secret-mark")) != rows[i].severity)
			fail_msg("row %zu: severity %d", i, worst(&found, WQ_S("content.secret-mark")));
		if (found.count &&
			(found.items[0].place.line != rows[i].line || found.items[0].place.column != rows[i].column))
			fail_msg("row %zu: %u:%u", i, found.items[0].place.line, found.items[0].place.column);
		wq_arena_done(&arena);
	}
}

static void charsets_are_read_as_browsers_do(void **state)
{
	(void)state;
	/* "机密★1年" and a line before it, in GB18030, Big5 (機密★1年), UTF-16LE and UTF-8 */
#define GBK "\xbb\xfa\xc3\xdc\xa1\xef\x31\xc4\xea"
#define BIG5 "\xbe\xf7\xb1\x4b\xa1\xb9\x31\xa6\x7e"
	static const struct {
		wq_str bytes, label;
		bool offset;
	} rows[] = {
		{WQ_S_INIT("<p>x</p>\n<p>" GBK "</p>"), WQ_S_INIT("gb2312"), false},
		{WQ_S_INIT("<meta charset=gbk><p>x</p>\n<p>" GBK "</p>"), WQ_S_INIT(""), false},
		{WQ_S_INIT("<p>x</p>\n<p>" GBK "</p>"), WQ_S_INIT(""), false},
		{WQ_S_INIT("<p>x</p>\n<p>" BIG5 "</p>"), WQ_S_INIT("big5"), false},
		{WQ_S_INIT("\xff\xfe"
			   "x\0\n\0\x3a\x67\xc6\x5b\x05\x26"
			   "1\0\x74\x5e"),
			WQ_S_INIT(""), false},
		{WQ_S_INIT("\xef\xbb\xbf<p>x</p>\n<p>机密★1年</p>"), WQ_S_INIT("gb2312"), true},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_findings found;
		const struct wq_place place = {.key = WQ_S("www.example.gov.cn/")};
		bool plain = i == 4;
		wq_arena_init(&arena, WQ_MIB);
		assert_ok(wq_findings_init(&found, &arena, 10));
		assert_ok(plain ? wq_content_plain(&arena, rules, words, rows[i].bytes, rows[i].label, &place, &found)
				: wq_content_page(&arena, rules, words, rows[i].bytes, rows[i].label, &place, &found));
		if (worst(&found, WQ_S("content.secret-mark")) != WQ_SEVERITY_CRITICAL)
			fail_msg("row %zu", i);
		assert_int_equal(found.items[0].place.line, 2);
		assert_int_equal(found.items[0].place.column, plain ? 1 : 4);
		assert_true((found.items[0].place.offset > 0) == rows[i].offset);
		wq_arena_done(&arena);
	}
}

static void resident_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int severity;
		unsigned count;
	} rows[] = {
		/* the published vectors */
		{"34052419800101001X", WQ_SEVERITY_MEDIUM, 1},
		{"370101190102039973", WQ_SEVERITY_MEDIUM, 1},
		{"340524198001010019", -1, 0},
		/* spellings */
		{"张某，身份证号：34052419800101001x。", WQ_SEVERITY_MEDIUM, 1},
		{"３４０５２４１９８００１０１００１Ｘ", WQ_SEVERITY_MEDIUM, 1},
		{"340524 19800101 001X", WQ_SEVERITY_MEDIUM, 1},
		{"340524-19800101-001X", WQ_SEVERITY_MEDIUM, 1},
		{"3405\xe2\x80\x8b"
		 "2419800101001X",
			WQ_SEVERITY_MEDIUM, 1},
		{"号码34052419800101001X和370101190102039973", WQ_SEVERITY_MEDIUM, 2},
		{"34052419800101001X 34052419800101001X", WQ_SEVERITY_MEDIUM, 1},
		{"身份证号 340524800101001", WQ_SEVERITY_MEDIUM, 1},
		/* not such numbers */
		{"订单号 340524800101001", -1, 0},
		{"身份证号 340524801301001", -1, 0},
		{"134052419800101001X", -1, 0},
		{"34052419800101001X5", -1, 0},
		{"34052419800101001XA", -1, 0},
		{"340524198002300014", -1, 0},
		{"990524198001010010", -1, 0},
		{"340524********001X", -1, 0},
		{"3405241980010100", -1, 0},
		{"", -1, 0},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_findings found;
		wq_arena_init(&arena, WQ_MIB);
		check(&arena, WQ_S_NONE, wq_str_c(rows[i].text), &found);
		int severity = worst(&found, WQ_S("content.resident-id"));
		if (severity != rows[i].severity || (severity >= 0 && found.items[0].evidence.count != rows[i].count))
			fail_msg("%s: severity %d", rows[i].text, severity);
		wq_arena_done(&arena);
	}
}

static void add_resident_number(struct wq_buf *buf, unsigned serial)
{
	static const unsigned weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	char text[18];
	unsigned sum = 0;
	snprintf(text, sizeof(text), "110101199001%02u%03u", 1 + serial / 1000 % 28, serial % 1000);
	for (size_t i = 0; i < 17; i++)
		sum += weights[i] * (unsigned)(text[i] - '0');
	wq_buf_printf(buf, "%s%c ", text, "10X98765432"[sum % 11]);
}

static void many_resident_numbers_weigh_more(void **state)
{
	(void)state;
	static const struct {
		unsigned n;
		int severity;
	} rows[] = {{1, WQ_SEVERITY_MEDIUM}, {2, WQ_SEVERITY_MEDIUM}, {3, WQ_SEVERITY_HIGH}, {19, WQ_SEVERITY_HIGH},
		{20, WQ_SEVERITY_CRITICAL}, {6000, WQ_SEVERITY_CRITICAL}};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		struct wq_findings found;
		WQ_BUF(text, WQ_MIB);
		wq_arena_init(&arena, 16 * WQ_MIB);
		for (unsigned k = 0; k < rows[i].n; k++)
			add_resident_number(&text, k);
		check(&arena, WQ_S_NONE, wq_buf_str(&text), &found);
		assert_int_equal(found.count, 1);
		assert_int_equal(found.items[0].severity, rows[i].severity);
		assert_int_equal(found.items[0].evidence.count, rows[i].n);
		/* nobody's number is in the evidence */
		wq_str excerpt = found.items[0].evidence.excerpt;
		for (size_t k = 0; k < excerpt.n; k++)
			assert_false(excerpt.p[k] >= '0' && excerpt.p[k] <= '9');
		wq_arena_done(&arena);
	}
}

static void a_flood_is_no_pass(void **state)
{
	(void)state;
	struct wq_arena arena;
	struct wq_findings found;
	WQ_BUF(text, WQ_MIB);
	wq_arena_init(&arena, 32 * WQ_MIB);
	for (unsigned i = 0; i < WQ_CONTENT_CANDIDATES + 10; i++)
		wq_buf_add(&text, WQ_S("例如“机密★1年”。\n"));
	wq_buf_add(&text, WQ_S("机密★1年\n"));
	check(&arena, WQ_S_NONE, wq_buf_str(&text), &found);
	assert_int_equal(worst(&found, WQ_S("content.mark-flood")), WQ_SEVERITY_HIGH);
	wq_arena_done(&arena);
	/* too little room is an error, not a pass */
	struct wq_content_text input = {.text = wq_buf_str(&text)};
	wq_arena_init(&arena, 4 * WQ_KIB);
	assert_ok(wq_findings_init(&found, &arena, 10));
	assert_err(wq_content_check(&arena, rules, words, &input, &found), WQ_E_LIMIT);
	wq_arena_done(&arena);
}

static void wrong_rules_name_the_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *where;
	} rows[] = {
		{"weique-clauses 1\n", "f:1:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n", "f:4:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\nstar: x\n", "f:5:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[level]\n", "f:5:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[grammar x]\n", "f:5:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[level 机密]\nseverity: dire\n", "f:6:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[grammar]\ngap: 9\n", "f:6:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[grammar]\ngap: 2\ngap: 2\n", "f:7:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[grammar]\nstar: \xff\n", "f:6:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[variants]\npair: aa\n", "f:6:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[variants]\npair: abc\n", "f:6:"},
		{"weique-marks 1\nversion: 1\ndate: 2026-01-01\nsource: x\n[resident_id]\nregion: 11 x1\n", "f:6:"},
	};
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_arena arena;
		const struct wq_content_rules *none;
		wq_arena_init(&arena, WQ_MIB);
		wq_err err = wq_content_rules_parse(&arena, WQ_S("f"), wq_str_c(rows[i].text), &none);
		if (!wq_is(err, WQ_E_CONFIG) || !wq_str_starts(wq_str_c(wq_err_note(err)), wq_str_c(rows[i].where)))
			fail_msg("row %zu: %s %s instead of %s", i, wq_err_name(err), wq_err_note(err), rows[i].where);
		wq_arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_rules_name_the_line),
		cmocka_unit_test(labelled_texts),
		cmocka_unit_test(held_out_texts),
		cmocka_unit_test(labelled_numbers_and_words),
		cmocka_unit_test(words_have_exact_places),
		cmocka_unit_test(a_flood_of_words_is_no_pass),
		cmocka_unit_test(no_number_is_shown),
		cmocka_unit_test(wrong_lists_name_the_line),
		cmocka_unit_test(places_are_named),
		cmocka_unit_test(pieces_lead_back_to_the_source),
		cmocka_unit_test(pages_are_read_as_people_see_them),
		cmocka_unit_test(charsets_are_read_as_browsers_do),
		cmocka_unit_test(resident_numbers),
		cmocka_unit_test(many_resident_numbers_weigh_more),
		cmocka_unit_test(a_flood_is_no_pass),
	};
	return cmocka_run_group_tests_name("detect content", tests, load_rules, free_rules);
}
