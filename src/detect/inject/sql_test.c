#include "detect/inject/sql_priv.h"
#include "base/test.h"

/* One row each: an injection, and the words that the reason must have. */
static const struct {
	const char *value, *reason;
} attacks[] = {
	/* a number, a name */
	{"1 or 1=1", "OR of a constant comparison"},
	{"1 OR 2>1", "OR of a constant comparison"},
	{"1 and 1=2 union select 1,2,3", "OR of a constant comparison"},
	{"-1 union select 1,2,3", "UNION SELECT"},
	{"-1 UNION ALL SELECT null,null,concat(user(),0x3a,version())-- ", "UNION SELECT"},
	{"1 order by 10-- -", "ORDER BY"},
	{"7 having 1=1", "OR of a constant comparison"},
	{"1) or (1=1", "OR of a constant comparison"},
	{"id and sleep(5)", "call that waits"},
	{"sleep(5)", "call that waits"},
	{"1 procedure analyse(1)--", "PROCEDURE"},
	{"(select password from users limit 1)", "subselect"},
	{"name,(case when (1=1) then 1 else 2 end)", "OR of a constant comparison"},
	{"select 1,2 from users where 1=1", "OR of a constant comparison"},
	{"select * from users--", "SELECT"},
	{"1;drop table users", "another statement"},
	{"1; exec master..xp_cmdshell 'dir'", "another statement"},
	{"1;waitfor delay '0:0:5'--", "WAITFOR"},
	{"1 or @@version=1", "OR of a constant comparison"},
	/* a string */
	{"' or '1'='1", "string closed, OR of a constant comparison"},
	{"\" or \"\"=\"", "string closed, OR of a constant comparison"},
	{"admin'--", "string closed, rest commented out"},
	{"admin' #", "string closed, rest commented out"},
	{"admin'/*", "string closed, rest commented out"},
	{"x' and 5=5", "string closed, OR of a constant comparison"},
	{"x' or name like 'a%", "string closed, OR of a comparison"},
	{"x') or ('a'='a", "string closed, OR of a constant comparison"},
	{"x' union select 1,2 from t-- ", "string closed, UNION SELECT"},
	{"x'||(select password from users)||'", "string closed, subselect"},
	{"2010-01-01'+sleep(20)+'", "string closed, call that waits"},
	{"x';drop table users--", "string closed, another statement"},
	{"x' waitfor delay '0:0:5'--", "string closed, WAITFOR"},
	{"x' into outfile '/tmp/a", "string closed, INTO OUTFILE"},
	{"x' order by 3#", "string closed, ORDER BY"},
	{"x'='x", "string closed"},
	{"x'-0--", "string closed, rest commented out"},
	{"%' and 1 in (select 1 from dual)-- ", "string closed"},
	{"\\' or 1=1-- ", "string closed, OR of a constant comparison"},
	{"\xbf\\' or 1=1-- ", "string closed, OR of a constant comparison"},
	{"`; drop table users-- ", "string closed, another statement"},
	{"张三' or '1'='1", "string closed, OR of a constant comparison"},
	/* dialects and disguises */
	{"1/**/or/**/1=1", "OR of a constant comparison"},
	{"1/*!50000union*//*!50000select*/1,2,3", "UNION SELECT"},
	{"-1\x0bunion\x0cselect\xa0"
	 "1,2",
		"UNION SELECT"},
	{"1 or 1=1 -- a comment", "OR of a constant comparison"},
	{"1 --\nunion select 1,2", "UNION SELECT"},
	{"1 or q'[a]'=q'[a]'", "OR of a constant comparison"},
	{"1 or $x$a$x$=$x$a$x$", "OR of a constant comparison"},
	{"1 or N'a'=N'a'", "OR of a constant comparison"},
	{"1 or 0x61=0x61", "OR of a constant comparison"},
	{"1e0union select 1,2", "UNION SELECT"},
	{"1 && 1=1", "OR of a constant comparison"},
	{"1 xor 1<=>1", "OR of a constant comparison"},
	{"1 or char(97)||char(98)=char(97)||char(98)", "OR of a constant comparison"},
	{"1 or a=a", "OR of a constant comparison"},
	{"1 union(select 1,2)", "UNION SELECT"},
	{"1 or [id]=2", "OR of a comparison"},
	{"1 and (select 1 from `information_schema`.`tables`)=1", "subselect"},
	{"1 in boolean mode) union select 1,2#", "UNION SELECT"},
	{"1;declare @a int", "another statement"},
	{"foo'or'oof", "string closed"},
	{"' or '{\"b\":2}'::jsonb <@ '{\"b\":2}'::jsonb--", "string closed, OR of a constant comparison"},
	{"0'XOR(if(now()=sysdate(),sleep(15),0))XOR'Z", "string closed, call that waits"},
	{"(select(0)from(select(sleep(15)))v)/*'+(select(0)from(select(sleep(15)))v)+'", "call that waits"},
	{"1;shutdown", "semicolon and statement"},
	{"x' and substring(password,1,1)='a", "string closed, OR of a comparison"},
	{"x' and 1=cast((select version()) as int)--", "string closed"},
	{"*/ union select 1,2 /*", "comment closed, UNION SELECT"},
};

static const char *const benign[] = {
	"",
	"'",
	"''",
	"\"",
	"`",
	"\\",
	"--",
	"#",
	";",
	"(",
	"/*",
	"1",
	"-1",
	"1.5e3",
	"0x1f",
	"null",
	"select",
	"O'Neil",
	"O''Neil",
	"d'Artagnan and Porthos",
	"rock 'n' roll",
	"the '90s -- a decade",
	"It's good; select one from the list",
	"select a union member and drop in",
	"union was a great select",
	"The union select committee met",
	"Western Union or select banks",
	"not all who wander",
	"cats or dogs",
	"1 or 2",
	"2 or 3 people",
	"buy 1 and get 1",
	"order by phone",
	"order by 5 pm",
	"group by group",
	"Drop me a line",
	"drop table reservations by Friday",
	"insert coin",
	"Update: the train is late",
	"delete from memory",
	"where is my order",
	"having fun = yes",
	"He said \"yes\" or \"no\"",
	"poem 'if'",
	"the \"ORDER BY\" clause",
	"Use '=' to compare, '-' to subtract",
	"the parents' and teachers' meeting",
	"a = b",
	"x=1",
	"a=1&b=2",
	"2+2=4",
	"24-7-TEAM",
	"1/26/11",
	"C#",
	"C# or F#",
	"100% cotton -- wash at 40",
	"foo@bar.com",
	"john+or@var.es",
	"http://example.com/?a=1&b=2#c",
	"'tis the season",
	"John's house, Mary's car",
	"\"quoted\"",
	"\"/var/log/syslog\"",
	"{\"a\": 1, \"b\": \"c\"}",
	"[1, 2, 3]",
	"<p>it's</p>",
	"call me (maybe)",
	"sleep well",
	"sleep 8 hours (or more)",
	"if (a == b) return c;",
	"#define X /* y */",
	"user's guide; set up = easy",
	"We'll meet at 5' or 6'",
	"5' 4\" and 6' 2\"",
	"count (1) is open",
	"rm -rf /tmp/*",
	"/api/*/users/*/posts",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
	/* Chinese, UTF-8 and GB18030 */
	"关于进一步加强城市管理工作的通知",
	"请问:如何办理'居住证'?",
	"他说“好”或者“不好”",
	"建议(一)增加公交线路;(二)修缮人行道。",
	"从1月1日起--至3月31日止",
	"“select”是查询的意思,or表示“或者”",
	"价格=100元 or 面议",
	"第1条 and 第2条",
	"A区'3号楼'102室",
	"`GROUP BY` 用于分组统计。",
	"查询用\"ORDER BY\"排序",
	"联系电话:010-12345678#8001",
	"王'小'明 and 李'小'红",
	"\xb9\xd8\xd3\xda\xa1\xae\xbe\xd3\xd7\xa1\xd6\xa4\xa1\xaf\xb5\xc4\xcd\xa8\xd6\xaa' or ",
	"\x81\x5c' \x81\x7c",
};

static void finds_injections(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(attacks); i++) {
		struct wq_inject_reason reason = {""};
		bool found = wq_inject_sql(wq_str_c(attacks[i].value), &reason);

		if (!found)
			fail_msg("%s: not found", attacks[i].value);
		if (!strstr(reason.text, attacks[i].reason))
			fail_msg("%s: \"%s\" instead of \"%s\"", attacks[i].value, reason.text, attacks[i].reason);
		assert_true(wq_inject_sql(wq_str_c(attacks[i].value), NULL));
	}
}

static void lets_text_be(void **state)
{
	struct wq_inject_reason reason;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(benign); i++)
		if (wq_inject_sql(wq_str_c(benign[i]), &reason))
			fail_msg("%s: %s", benign[i], reason.text);
	assert_false(wq_inject_sql(WQ_S_NONE, NULL));
}

/* The value with each blank as `blank`, letters in turn in upper and lower case. */
static wq_str disguised(const char *value, const char *blank, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; value[i] && n + strlen(blank) + 1 < size; i++) {
		char c = value[i], low = (char)(c | 0x20);

		if (c == ' ') {
			memcpy(out + n, blank, strlen(blank));
			n += strlen(blank);
		} else {
			out[n++] = (char)(low >= 'a' && low <= 'z' && i % 2 ? c ^ 0x20 : c);
		}
	}
	return wq_str_of(out, n);
}

/* Another blank, another case: the same injection. */
static void sees_through_disguises(void **state)
{
	static const char *const blanks[] = {" ", "\t", "\n", "\x0b", "\xa0", "/**/", "/*x*/", "  ", "\xc2\xa0"};
	char text[256];

	(void)state;
	for (size_t b = 0; b < WQ_COUNT(blanks); b++)
		for (size_t i = 0; i < WQ_COUNT(attacks); i++) {
			wq_str s = disguised(attacks[i].value, blanks[b], text, sizeof text);

			if (strchr(attacks[i].value, '#') || strstr(attacks[i].value, "-- a") ||
				(b > 0 && strstr(attacks[i].value, "<@"))) /* a sign only before a quote: sql_token.c */
				continue;
			if (!wq_inject_sql(s, NULL))
				fail_msg("not found: %.*s", WQ_S_ARG(s));
		}
}

/* What lies behind the limit is not read; what lies before it is. */
static void judges_up_to_the_limit(void **state)
{
	char *text = malloc(WQ_INJECT_BYTES_MAX + 64);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', WQ_INJECT_BYTES_MAX + 64);
	memcpy(text + WQ_INJECT_BYTES_MAX, "' or 1=1-- ", 11);
	assert_false(wq_inject_sql(wq_str_of(text, WQ_INJECT_BYTES_MAX + 64), NULL));
	memcpy(text + WQ_INJECT_BYTES_MAX - 32, "' or 1=1-- ", 11);
	assert_true(wq_inject_sql(wq_str_of(text, WQ_INJECT_BYTES_MAX + 64), NULL));
	free(text);
}

static const char *const words[] = {
#define WQ_SQL_WORD(text, kind) text,
#include "detect/inject/sql_word_table.h"
#undef WQ_SQL_WORD
};

static void words_are_sorted_and_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(words); i++) {
		if (i > 0 && strcmp(words[i - 1], words[i]) >= 0)
			fail_msg("%s stands behind %s", words[i], words[i - 1]);
		assert_int_not_equal(wq_sql_word(wq_str_c(words[i])), WQ_SQL_NAME);
	}
	assert_int_equal(wq_sql_word(WQ_S("SeLeCt")), WQ_SQL_SELECT);
	assert_int_equal(wq_sql_word(WQ_S("selects")), WQ_SQL_NAME);
	assert_int_equal(wq_sql_word(WQ_S("information_schema.tables")), WQ_SQL_CATALOG);
}

/* Each kind of token, in the order of a line. */
static void reads_tokens(void **state)
{
	static const enum wq_sql_kind expected[] = {WQ_SQL_NUMBER, WQ_SQL_STRING, WQ_SQL_NAME, WQ_SQL_NAME, WQ_SQL_VAR,
		WQ_SQL_SYSVAR, WQ_SQL_CMP, WQ_SQL_PIPES, WQ_SQL_STRING, WQ_SQL_STRING, WQ_SQL_STRING, WQ_SQL_NUMBER,
		WQ_SQL_CATALOG, WQ_SQL_LOGIC, WQ_SQL_COMMENT, WQ_SQL_END, WQ_SQL_END};
	static const char line[] = "1.5 'it''s' `a` [b] @c @@d <=> || N'e' q'{f}' $g$h$g$ 0xff sys.tables/**/and --\t-";
	const unsigned char *p = (const unsigned char *)line;
	struct wq_sql_lex lex = {.begin = p, .p = p, .end = p + sizeof line - 1};
	struct wq_sql_token t;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(expected); i++) {
		wq_sql_next(&lex, &t);
		if (t.kind != expected[i])
			fail_msg("token %zu, \"%.*s\": %d instead of %d", i, WQ_S_ARG(t.text), t.kind, expected[i]);
	}
}

static uint64_t cost_of(wq_str s)
{
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < 3; round++) {
		struct timespec a, b;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		wq_inject_sql(s, NULL);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		least = WQ_MIN(least,
			(uint64_t)(b.tv_sec - a.tv_sec) * 1000000000U + (uint64_t)b.tv_nsec - (uint64_t)a.tv_nsec);
	}
	return least;
}

/* Sixteen times the bytes cost sixteen times the time; with a square in it, it would be 256 times. */
static void is_linear(void **state)
{
	static const char *const nasty[] = {"1+", "'", "' or ", "\\'", "/*", "(", "q'[", "--\n", "`", "[", "$a$", "@",
		"a.", "'||'", "x''", "\"\\", "#\n", "/*!", "()", "0x", "select ", "/**/", "union ", "1,", "$$", "*/",
		"\\", "''", "1 or a", "汉", "'a'b"};
	char *text = malloc(WQ_INJECT_BYTES_MAX);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < WQ_COUNT(nasty); i++) {
		size_t n = strlen(nasty[i]);
		uint64_t small, large;

		for (size_t k = 0; k < WQ_INJECT_BYTES_MAX; k++)
			text[k] = nasty[i][k % n];
		small = cost_of(wq_str_of(text, WQ_INJECT_BYTES_MAX / 16));
		large = cost_of(wq_str_of(text, WQ_INJECT_BYTES_MAX));
		if (large > 80 * (small + 20000))
			fail_msg(
				"%s: %llu ns, %llu ns", nasty[i], (unsigned long long)small, (unsigned long long)large);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_injections),
		cmocka_unit_test(sees_through_disguises),
		cmocka_unit_test(lets_text_be),
		cmocka_unit_test(judges_up_to_the_limit),
		cmocka_unit_test(words_are_sorted_and_found),
		cmocka_unit_test(reads_tokens),
		cmocka_unit_test(is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
