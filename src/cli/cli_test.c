#include "base/file.h"
#include "base/json_read.h"
#include "base/test.h"
#include "cli/cli.h"

static char dir[64];

/* What one run said. */
struct said {
	char *out, *err;
	size_t out_n, err_n;
	int status;
};

/* `line` is cut at spaces; "@" stands for the state directory. */
static struct said run(const char *line)
{
	char copy[512], *argv[32] = {(char[]){"weique"}};
	struct wq_cli cli = {.clock = &wq_clock_system, .random = &wq_random_system};
	struct said said = {0};
	int argc = 1;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = copy; word && *word && argc < 31;) {
		char *space = strchr(word, ' ');

		if (space)
			*space++ = '\0';
		argv[argc++] = strcmp(word, "@") == 0 ? dir : word;
		word = space;
	}
	cli.out = open_memstream(&said.out, &said.out_n);
	cli.err = open_memstream(&said.err, &said.err_n);
	said.status = wq_cli_run_on(&cli, argc, argv);
	fclose(cli.out);
	fclose(cli.err);
	return said;
}

static void forget(struct said *said)
{
	free(said->out);
	free(said->err);
}

static bool has(const char *text, const char *part)
{
	return wq_str_find(wq_str_c(text), wq_str_c(part)) >= 0;
}

static int begin(void **state)
{
	char rules[512];

	(void)state;
	snprintf(rules, sizeof rules, "%s/rules", getenv("WQ_SOURCE_ROOT"));
	setenv("WEIQUE_RULES", rules, 1);
	unsetenv("WEIQUE_LANG");
	setenv("LC_ALL", "C", 1);
	snprintf(dir, sizeof dir, "/tmp/wq-cli-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	return wq_failed(wq_dir_remove_tree(&wq_fs_system, dir));
}

/* Run one after the other on one state directory, "@". */
static const struct {
	const char *line;
	int status;
	const char *out, *err; /* a part; "" for nothing at all */
} lines[] = {
	{"", 2, "", "which command?"},
	{"--help", 0, "usage: weique", ""},
	{"help", 0, "release approve", ""},
	{"--lang zh help", 2, "", "no command 'help'"},
	{"help --lang zh", 0, "用法", ""},
	{"help ledger", 0, "ledger verify", ""},
	{"ledger", 0, "ledger verify", ""},
	{"ledger --help", 0, "ledger verify", ""},
	{"ledger --help --lang zh", 0, "核验账本", ""},
	{"help ledger verify", 0, "--head FILE", ""},
	{"ledger verify --help", 0, "--head FILE", ""},
	{"help ledger verfy", 2, "", "did you mean 'ledger verify'?"},
	{"--version", 0, "weique ", ""},
	{"version", 0, "weique ", ""},
	{"version --json", 0, "{\"name\":\"weique\"", ""},
	{"--json version", 0, "{\"name\":\"weique\"", ""},
	{"version --lang fr", 2, "", "--lang takes zh or en"},
	{"relaese list", 2, "", "did you mean 'release list'?"},
	{"release lst", 2, "", "did you mean 'release list'?"},
	{"frobnicate", 2, "", "no command 'frobnicate'"},
	{"release list --ap x", 2, "", "no option --ap here; did you mean --app?"},
	{"release list --jsno", 2, "", "did you mean --json?"},
	{"release list --wxyzabcdef", 2, "", "no option --wxyzabcdef here"},
	{"release list -a", 2, "", "spelled out"},
	{"release list --app", 2, "", "--app needs a value: ID"},
	{"release list --json=1", 2, "", "--json takes no value"},
	{"release list --app a --app b", 2, "", "--app is given twice"},
	{"release list extra", 2, "", "usage: weique release list"},
	{"release show", 2, "", "usage: weique release show ID"},
	{"release show --lang zh", 2, "", "命令用法有误"},
	{"release list --state /nonexistent", 3, "", "weique init"},
	{"release list --state=/nonexistent --lang zh", 3, "", "配置有误"},
	{"config check --state /nonexistent", 3, "", "is no state directory"},
	{"config manual", 0, "| `ledger.database` |", ""},
	{"config manual --lang zh", 0, "账本所在的数据库", ""},
	{"init --state @", 0, "is ready", ""},
	{"init --state @ --lang zh", 0, "状态目录已就绪", ""},
	{"init --state @ --quiet", 0, "", ""},
	{"init --state @ --json", 0, "{\"ok\":true}\n", ""},
	{"init --state @ --database postgresql:///x", 2, "", "names the database"},
	{"config check --state @", 0, "are fine", ""},
	{"config show --state @", 0, "capture.pages", ""},
	{"config show --state @ --json", 0, "{\"ledger.database\":{\"value\":", ""},
	{"release list --state @", 0, "", ""},
	{"release list --state @ --json", 0, "[]\n", ""},
	{"release show r1 --state @", 2, "", "not found: release r1"},
	{"release seal r1 --state @", 2, "", "release r1"},
	{"release approve r1 --state @", 2, "", "--person ID --key FILE"},
	{"app add x --state @", 2, "", "--unit, --host and --origin are needed"},
	{"unit add county --kind organs --state @", 2, "", "--kind takes"},
	{"unit add county --kind organ --state @", 2, "", "--name and --kind are needed"},
	{"unit add county --name 云山县 --kind organ --level county --region 330100 --state @", 0, "is registered", ""},
	{"unit add county --name 云山县 --kind organ --state @", 2, "", "exists already"},
	{"unit add school --name 学校 --kind institution --superior county --state @", 0, "is registered", ""},
	{"unit add firm --name 公司 --kind enterprise --state @", 0, "is registered", ""},
	{"unit add gh --name 工会 --kind union --state @", 0, "is registered", ""},
	{"unit change school --level county --state @", 0, "is changed", ""},
	{"unit show school --state @ --json", 0, "\"superior\":\"county\",\"level\":\"county\"", ""},
	{"unit list --state @ --lang zh", 0, "党政机关", ""},
	{"app add x --unit county --host a_b%c --origin /x --state @", 2, "", "--host"},
	{"app add x --unit nobody --host www.x.cn --origin /x --state @", 1, "", "A1: no registered unit nobody"},
	{"app add portal --unit county --type portal --host www.example.gov.cn --origin /nonexistent --state @", 0,
		"is registered", ""},
	{"app add portal --unit county --host www.example.gov.cn --origin /x --state @", 2, "", "exists already"},
	/* A2: one portal; another application may be */
	{"app add second --unit county --type portal --host w2.example.gov.cn --origin /x --state @", 1, "",
		"2024 art. 4: an organ has at most 1 portal"},
	{"app add second --unit county --type portal --host w2.example.gov.cn --origin /x --despite y --state @", 1, "",
		"2024 art. 4"},
	{"app add second --unit county --type service --host w2.example.gov.cn --origin /x --state @", 0,
		"is registered", ""},
	{"app change second --type portal --state @", 1, "", "2024 art. 4"},
	/* one domain of each language, in principle */
	{"app add third --unit county --host a.example.gov.cn --host b.other.gov.cn --origin /x --state @", 1, "",
		"2024 art. 5: a site has in principle"},
	{"app add third --unit county --host a.example.gov.cn --host b.other.gov.cn --origin /x --despite "
	 "reasons --state @",
		0, "is registered", ""},
	{"app add fourth --unit county --host a.example.gov.cn --host 云山.政务 --origin /x --state @", 0,
		"is registered", ""},
	/* A3 */
	{"app add fifth --unit county --host www.example.com --origin /x --state @", 1, "", "2024 art. 5, 31"},
	{"app add fifth --unit county --host www.example.com --origin /x --despite y --state @", 1, "", "2024 art. 5"},
	{"app add s1 --unit school --host www.school.cn --origin /x --state @", 0, "is registered", ""},
	{"app add s2 --unit school --host www.school.gov.cn --origin /x --state @", 1, "",
		"the suffix .gov.cn is reserved to organs"},
	{"app add s2 --unit school --host www.school.xn--zfr164b --origin /x --state @", 1, "", "reserved to organs"},
	{"app add f1 --unit firm --host www.firm.com --origin /x --state @", 0, "is registered", ""},
	{"app add f2 --unit firm --host firm.gov.cn --origin /x --state @", 1, "", "not for: state-owned enterprise"},
	{"app add g1 --unit gh --host www.gh.org.cn --origin /x --state @", 0, "is registered", ""},
	{"app add g2 --unit gh --host www.gh.cn --origin /x --state @", 1, "", "union"},
	{"app add m1 --unit county --type mail --host mail.example.com --origin /x --state @", 1, "", "art. 5, 31"},
	{"app change portal --icp 12345 --state @", 2, "", "no ICP filing number"},
	{"app change portal --police 12345 --state @", 2, "", "no police filing number"},
	{"app change portal --site-code 12345 --state @", 2, "", "no site code"},
	{"app change portal --leader nobody --state @", 2, "", "person nobody"},
	{"app change portal --site-code 3501000001 --purpose 政务公开 --state @", 0, "is changed", ""},
	{"app show portal --state @", 0, "no responsible leader", ""},
	{"app show portal --state @ --json --lang zh", 0, "\"state\":\"applied\"", ""},
	{"app profile portal --state @", 0, "", ""},
	{"app profile portal /nonexistent --state @", 2, "", "/nonexistent"},
	{"app list --state @", 0, "www.example.gov.cn", ""},
	{"app list --state @ --json", 0, "\"hosts\":[\"www.example.gov.cn\"]", ""},
	{"person add Wang --state @", 2, "", "an id is"},
	{"person add wang --roles boss --state @", 2, "", "--roles takes"},
	{"person add wang --roles author --in-establishment --state @", 0, "weique person trust wang", ""},
	{"person trust wang --state @", 0, "person wang 04", ""},
	{"person add lao --roles leader --in-establishment --unit county --state @", 0, "is registered", ""},
	{"person add li --roles reviewer,secrecy --in-establishment --state @", 0, "is registered", ""},
	{"person change li --roles reviewer --in-establishment --contractor --state @", 2, "", "not both"},
	{"person change li --roles reviewer,leader --state @", 0, "weique person trust li", ""},
	{"person show li --state @ --json", 0, "\"roles\":\"reviewer,leader\"", ""},
	{"person key li --public-key 04 --state @", 2, "", "--public-key takes"},
	/* an opening: what is missing, then who decides */
	{"approval ask app.opening portal --state @", 2, "", "--person says who asks"},
	{"approval ask app.opening nothing --person wang --state @", 2, "", "application nothing"},
	{"approval ask app.opening portal --person wang --state @", 1, "", "2024 art. 40: no responsible leader"},
	{"app change portal --leader lao --state @", 0, "is changed", ""},
	{"approval ask app.opening portal --person wang --state @", 1, "",
		"no ICP filing; weique app change --icp "
		"(--despite REASON)"},
	{"approval ask app.opening portal --person wang --despite 备案办理中 --state @", 0, "is asked for", ""},
	{"approval ask app.opening portal --person wang --despite 备案办理中 --state @", 2, "", "is open for it"},
	{"approval list --state @ --json", 0, "\"state\":\"open\"", ""},
	{"approval approve a1 --state @", 2, "", "--person ID --key FILE"},
	{"approval approve a1 --as li --state @", 2, "", "approval a1"},
	{"approval ask link www.12306.cn --app portal --person wang --days 400 --state @", 1, "", "at most 366 days"},
	{"approval ask link HTTP://x --app portal --person wang --state @", 2, "", "HTTP://x"},
	{"approval ask link WWW.12306.cn --app portal --person wang --days 30 --state @", 0, "2024 art. 15", ""},
	{"approval list --subject link --state @ --json", 0, "\"object\":\"www.12306.cn\"", ""},
	{"approval ask nonsense x --person wang --state @", 2, "", "no procedure for nonsense"},
	{"person leave lao --reason 退休 --state @", 0, "has left", ""},
	{"person trust lao --state @", 4, "", "lao has left"},
	{"person list --state @", 0, "wang", ""},
	{"capture portal --state @", 2, "", "--author PERSON is needed"},
	{"capture portal --author nobody --state @", 2, "", "nobody"},
	{"capture portal --author li --state @", 1, "", "li is not an author"},
	{"capture portal --author wang --state @", 2, "", "/nonexistent"},
	{"ledger log --state @ --json", 0, "\"type\":\"app.registered\"", ""},
	{"ledger verify --state @", 0, "completeness unknown", ""},
};

static void a_line_gives_status_and_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(lines); i++) {
		struct said said = run(lines[i].line);
		bool fine = said.status == lines[i].status &&
			(*lines[i].out ? has(said.out, lines[i].out) : said.out_n == 0) &&
			(*lines[i].err ? has(said.err, lines[i].err) : said.err_n == 0);

		if (!fine)
			fail_msg("weique %s: %d\n%s\n%s", lines[i].line, said.status, said.out, said.err);
		forget(&said);
	}
}

static void an_error_with_json_is_one_object(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{"--json", "USAGE"},
		{"release show --json", "USAGE"},
		{"relaese --json", "USAGE"},
		{"release list --nonsense --json", "USAGE"},
		{"release list --json --state /nonexistent", "CONFIG"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct said said = run(rows[i].line);
		struct json_t *json;
		wq_str error;

		assert_int_not_equal(said.status, 0);
		assert_int_equal(said.out_n, 0);
		assert_ok(wq_json_read(wq_str_of(said.err, said.err_n), &wq_json_limits_default, &json));
		assert_ok(wq_json_get_str(json, "error", 64, &error));
		assert_str(error, wq_str_c(rows[i].error));
		wq_json_free(&json);
		forget(&said);
	}
}

static void every_command_has_help_in_both_languages(void **state)
{
	static const char *const langs[] = {"zh", "en"};

	(void)state;
	for (size_t i = 0; wq_cli_commands[i]; i++)
		for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++)
			for (size_t k = 0; k < WQ_COUNT(langs); k++) {
				char line[128];
				struct said asked, helped;

				snprintf(line, sizeof line, "%s --help --lang %s", c->words, langs[k]);
				asked = run(line);
				snprintf(line, sizeof line, "help %s --lang %s", c->words, langs[k]);
				helped = run(line);
				assert_int_equal(asked.status, 0);
				assert_string_equal(asked.out, helped.out);
				assert_true(has(asked.out, k == 0 ? c->summary.zh : c->summary.en));
				assert_false(has(asked.out, k == 0 ? c->summary.en : c->summary.zh));
				for (const struct wq_cli_option *o = c->options; o && o->name; o++)
					assert_true(has(asked.out, o->name));
				assert_false(has(asked.out, "\033"));
				forget(&asked);
				forget(&helped);
			}
}

static void the_language_comes_from_the_nearest_place(void **state)
{
	struct said said;
	char path[128];

	(void)state;
	said = run("init --state @ --quiet");
	assert_int_equal(said.status, 0);
	forget(&said);
	snprintf(path, sizeof path, "%s/weique.conf", dir);
	assert_ok(wq_file_replace(&wq_fs_system, path, WQ_S("language = \"zh\";"), 0640));
	said = run("ledger verify --state @");
	assert_true(has(said.out, "链完整") || has(said.err, "链完整"));
	forget(&said);
	said = run("ledger verify --state @ --lang en");
	assert_true(has(said.out, "the chain is whole"));
	forget(&said);
	setenv("WEIQUE_LANG", "en", 1);
	said = run("ledger verify --state @");
	assert_true(has(said.out, "the chain is whole"));
	forget(&said);
	unsetenv("WEIQUE_LANG");
}

static void text_from_outside_says_nothing_to_the_terminal(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"公文 a", "公文 a"}, {"a\033[31mb\n", "a?[31mb?"},
		{"a\xff"
		 "b",
			"a?b"},
		{"a\xe2\x80\xae"
		 "b",
			"a?b"}, /* right-to-left override */
		{"a\xc2\x9b"
		 "b",
			"a?b"}, /* CSI of 8 bits */
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		char *text;
		size_t n;
		FILE *to = open_memstream(&text, &n);

		wq_cli_text(to, wq_str_c(rows[i].in));
		fclose(to);
		assert_string_equal(text, rows[i].out);
		free(text);
	}
}

static void the_document_is_the_table(void **state)
{
	struct said said = run("help --markdown");
	char path[512];
	WQ_BUF(file, WQ_MIB);

	(void)state;
	snprintf(path, sizeof path, "%s/docs/cli.md", getenv("WQ_SOURCE_ROOT"));
	assert_ok(wq_file_read(&wq_fs_system, path, &file));
	if (!wq_str_eq(wq_str_of(said.out, said.out_n), wq_buf_str(&file)))
		fail_msg("write it anew: weique help --markdown > docs/cli.md");
	forget(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_gives_status_and_words, begin, end),
		cmocka_unit_test_setup_teardown(an_error_with_json_is_one_object, begin, end),
		cmocka_unit_test_setup_teardown(every_command_has_help_in_both_languages, begin, end),
		cmocka_unit_test_setup_teardown(the_language_comes_from_the_nearest_place, begin, end),
		cmocka_unit_test_setup_teardown(text_from_outside_says_nothing_to_the_terminal, begin, end),
		cmocka_unit_test_setup_teardown(the_document_is_the_table, begin, end),
	};
	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
