#include "base/buf.h"
#include "base/test.h"
#include "detect/waf/seclang_priv.h"

/* ---- files in memory ---- */

static const struct {
	const char *path, *text;
} files[] = {
	{"set/words.data", "\xef\xbb\xbf# a comment\r\n\r\nunion select\r\n  lead and tail \n#no\n|7c|\n"},
	{"set/empty.data", "# nothing\n\n"},
	{"set/nets.data", "10.0.0.0/8\n192.0.2.1\n"},
	{"set/more.conf", "SecMarker MORE\n"},
	{"set/../set/more.conf", "SecMarker AGAIN"},
	{"set/loop.conf", "Include loop.conf\n"},
	{"set/bad.conf", "SecMarker A\n\nSecRul ARGS x\n"},
};

static wq_err memory_read(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	(void)data;
	(void)arena;
	for (size_t i = 0; i < WQ_COUNT(files); i++) {
		if (strcmp(files[i].path, path) != 0)
			continue;
		*ret_text = wq_str_c(files[i].text);
		return WQ_OK;
	}
	return wq_error(WQ_E_NOT_FOUND, "%s", path);
}

static wq_err memory_list(
	void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	(void)data;
	*ret_paths = WQ_NEW_ARRAY(arena, const char *, 1);
	(*ret_paths)[0] = wq_arena_cstr(arena, wq_str_c(pattern));
	*ret_n = strchr(pattern, '*') ? 0 : 1;
	return WQ_OK;
}

static const struct wq_sec_source memory = {NULL, memory_read, memory_list};

/* ---- running ---- */

static struct wq_arena arena;
static char noticed[512];

static int begin(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	noticed[0] = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

static void note(void *data, struct wq_sec_place place, const char *text)
{
	(void)data;
	(void)snprintf(noticed, sizeof noticed, "%u: %s", place.line, text);
}

static wq_err parse(const char *text, struct wq_sec_rules *ret_rules)
{
	return wq_sec_parse_text(wq_str_c(text), "set/own.conf", &memory, &arena, note, NULL, ret_rules);
}

static wq_err parse_and_check(const char *text, struct wq_sec_rules *ret_rules)
{
	WQ_TRY(parse(text, ret_rules));
	return wq_sec_check(ret_rules, note, NULL);
}

static const struct wq_sec_item *one(const char *text)
{
	struct wq_sec_rules rules;

	assert_ok(parse(text, &rules));
	assert_int_equal(rules.n, 1);
	return &rules.items[0];
}

/* Refused as configuration, with all of the parts of `says`, which are separated by " & ". */
static void refused(wq_err e, const char *text, const char *says)
{
	wq_str rest = wq_str_c(says);

	if (!wq_failed(e))
		fail_msg("accepted: %s", text);
	const char *words = wq_err_note(e);
	if (!wq_is(e, WQ_E_CONFIG))
		fail_msg("%s: %s (%s) instead of CONFIG", text, wq_err_name(e), words);
	while (rest.p) {
		ptrdiff_t at = wq_str_find(rest, WQ_S(" & "));
		wq_str part = at < 0 ? rest : wq_str_head(rest, (size_t)at);
		rest = at < 0 ? WQ_S_NONE : wq_str_from(rest, (size_t)at + 3);
		if (wq_str_find(wq_str_c(words), part) < 0)
			fail_msg("%s: \"%s\" does not say \"%.*s\"", text, words, WQ_S_ARG(part));
	}
}

/* ---- words ---- */

static void words_are_read_as_apache_reads_them(void **state)
{
	static const struct {
		const char *text, *argument;
	} rows[] = {
		{"SecMarker plain", "plain"},
		{"SecMarker \"two words\"", "two words"},
		{"SecMarker 'single \"marks\"'", "single \"marks\""},
		{"SecMarker \"a \\\" mark\"", "a \" mark"},
		{"SecMarker \"\\\\\\\\\"", "\\\\"}, /* four in the file are two */
		{"SecMarker \"\\d\\.\\x5c\"", "\\d\\.\\x5c"},
		{"SecMarker \"it\\'s\"", "it\\'s"},
		{"SecMarker un\\\\quoted", "un\\quoted"},
		{"  secmarker\tX  ", "X"},
		{"SecMarker \"jo\\\nined\"", "joined"},
		{"SecMarker \"jo\\\r\nined\"\r\n", "joined"},
		{"SecMarker \\\n   \\\n X", "X"},
		{"\xef\xbb\xbfSecMarker bom", "bom"},
		{"# comment\n\n   # another\nSecMarker X\n#", "X"},
		{"# goes on \\\n over this line\nSecMarker X", "X"},
		{"SecMarker \"\xe4\xb8\xad\xe6\x96\x87\"", "\xe4\xb8\xad\xe6\x96\x87"},
		{"SecMarker X \\", "X"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_str(one(rows[i].text)->argument, wq_str_c(rows[i].argument));
}

static void a_directive_is_placed_where_it_begins(void **state)
{
	struct wq_sec_rules rules;

	(void)state;
	assert_ok(parse("\n# one\\\n two\nSecMarker \\\n A\nSecMarker B\r\n\r\nSecMarker C", &rules));
	assert_int_equal(rules.n, 3);
	assert_int_equal(rules.items[0].place.line, 4);
	assert_int_equal(rules.items[1].place.line, 6);
	assert_int_equal(rules.items[2].place.line, 8);
	assert_string_equal(rules.items[0].place.file, "set/own.conf");
}

static void a_rule_inside_a_comment_is_said(void **state)
{
	struct wq_sec_rules rules;

	(void)state;
	assert_ok(parse("# see below \\\nSecRule ARGS x id:1,phase:2\nSecMarker A", &rules));
	assert_int_equal(rules.n, 1);
	assert_non_null(strstr(noticed, "2: this line belongs to the comment"));
}

/* ---- every word of the tables ---- */

/* `form` with a for "<" and b for ">". */
static const char *line(const char *form, const char *a, const char *b)
{
	static char out[512];
	const char *in = form;
	size_t n = 0;

	for (; *in && n + 1 < sizeof out; in++) {
		const char *put = *in == '<' ? a : *in == '>' ? b : NULL;
		if (!put)
			out[n++] = *in;
		else
			n += (size_t)snprintf(out + n, sizeof out - n, "%s", put);
	}
	out[n] = 0;
	return out;
}

static void every_variable_is_read_and_its_slip_is_named(void **state)
{
	struct wq_sec_rules rules;

	(void)state;
	for (unsigned i = 0; i < WQ_VAR_COUNT; i++) {
		enum wq_waf_var var = (enum wq_waf_var)i;
		const char *name = wq_waf_var_name(var);
		bool many = wq_waf_var_shape(var) != WQ_SHAPE_ONE;
		const char *selector = !many ? "" : var == WQ_VAR_XML ? ":/*" : ":some-name";
		const struct wq_sec_item *item = one(
			line("SecRule <> \"@rx x\" \"id:1,phase:2,pass\"", name, selector));
		assert_int_equal(item->vars[0].var, i);
		assert_int_equal(item->vars[0].selector != WQ_SEC_SELECT_ALL, many);
		const char *slip = line("SecRule X<> x id:1", name, "");
		refused(parse(slip, &rules), slip, "set/own.conf:1: & unknown variable 'X");
		if (!many) {
			const char *extra = line("SecRule <:x x id:1", name, "");
			refused(parse(extra, &rules), extra, "one value and takes no selector");
		}
	}
}

static const char *argument_for(enum wq_waf_op op)
{
	static const struct {
		enum wq_waf_op op;
		const char *argument;
	} rows[] = {{WQ_OP_VALIDATE_BYTE_RANGE, "9,10,32-126"}, {WQ_OP_EQ, "1"}, {WQ_OP_GE, "-1"},
		{WQ_OP_GT, "%{tx.a}"}, {WQ_OP_LE, "0"}, {WQ_OP_LT, "7"}};

	if (wq_waf_op_argument(op) == WQ_ARGUMENT_FILE)
		return op == WQ_OP_PMF || op == WQ_OP_PM_FROM_FILE ? "words.data" : "nets.data";
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		if (rows[i].op == op)
			return rows[i].argument;
	}
	return wq_waf_op_argument(op) == WQ_ARGUMENT_NONE ? "" : "text";
}

static void every_operator_is_read_or_refused_by_name(void **state)
{
	struct wq_sec_rules rules;

	(void)state;
	for (unsigned i = 0; i < WQ_OP_COUNT; i++) {
		enum wq_waf_op op = (enum wq_waf_op)i;
		const char *name = wq_waf_op_name(op);
		const char *text = line("SecRule ARGS \"!@< >\" id:1,phase:2", name, argument_for(op));
		if (wq_waf_op_argument(op) == WQ_ARGUMENT_REFUSED) {
			refused(parse(text, &rules), text, "not supported");
			refused(parse(text, &rules), text, name);
			continue;
		}
		const struct wq_sec_item *item = one(text);
		assert_int_equal(item->op.op, i);
		assert_true(item->op.negated);
		if (wq_waf_op_argument(op) != WQ_ARGUMENT_NONE)
			assert_str(item->op.argument, wq_str_c(argument_for(op)));
		const char *slip = line("SecRule ARGS \"@<q x\" id:1,phase:2", name, "");
		refused(parse(slip, &rules), slip, "unknown operator & did you mean");
	}
}

static const char *value_for(enum wq_waf_action action)
{
	static const struct {
		enum wq_waf_action action;
		const char *value;
	} rows[] = {{WQ_ACT_ACCURACY, "8"}, {WQ_ACT_ALLOW, "phase"}, {WQ_ACT_CTL, "ruleEngine=Off"},
		{WQ_ACT_EXPIREVAR, "ip.block=60"}, {WQ_ACT_ID, "942100"}, {WQ_ACT_INITCOL, "ip=%{remote_addr}"},
		{WQ_ACT_MATURITY, "9"}, {WQ_ACT_PHASE, "request"}, {WQ_ACT_SETENV, "a=%{tx.b}"},
		{WQ_ACT_SETVAR, "'tx.a=+%{tx.critical_anomaly_score}'"}, {WQ_ACT_SEVERITY, "'CRITICAL'"},
		{WQ_ACT_SKIP, "2"}, {WQ_ACT_STATUS, "403"}, {WQ_ACT_T, "urlDecodeUni"}, {WQ_ACT_XMLNS, "a=http://a/"}};

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		if (rows[i].action == action)
			return rows[i].value;
	}
	return "'a text, with a comma'";
}

static void every_action_is_read_or_refused_by_name(void **state)
{
	struct wq_sec_rules rules;

	(void)state;
	for (unsigned i = 0; i < WQ_ACT_COUNT; i++) {
		enum wq_waf_action action = (enum wq_waf_action)i;
		enum wq_waf_argument kind = wq_waf_action_argument(action);
		const char *name = wq_waf_action_name(action);
		const char *with = line("SecAction \"<:>,pass\"", name, value_for(action));
		const char *text = kind == WQ_ARGUMENT_NONE ? line("SecAction \"<,pass>\"", name, "") : with;
		if (kind == WQ_ARGUMENT_REFUSED) {
			refused(parse(text, &rules), text, "not supported");
			refused(parse(text, &rules), text, name);
			continue;
		}
		const struct wq_sec_item *item = one(text);
		assert_int_equal(item->actions_n, 2);
		assert_int_equal(item->actions[0].action, i);
		assert_int_equal(item->actions[1].action, WQ_ACT_PASS);
		if (kind == WQ_ARGUMENT_NONE) {
			const char *more = line("SecAction \"<:x\"", name, "");
			refused(parse(more, &rules), more, "takes no argument");
		} else if (action != WQ_ACT_ALLOW && action != WQ_ACT_SANITISE_MATCHED_BYTES && action != WQ_ACT_MSG &&
			action != WQ_ACT_LOGDATA) {
			const char *less = line("SecAction \"<\"", name, "");
			refused(parse(less, &rules), less, "needs an argument");
		}
	}
}

static void every_transformation_is_read(void **state)
{
	struct wq_sec_rules rules;

	(void)state;
	for (unsigned i = 0; i < WQ_T_COUNT; i++) {
		const char *text = line("SecAction \"t:none,t:<\"", wq_transform_name((enum wq_transform)i), "");
		const struct wq_sec_item *item = one(text);
		assert_true(item->actions[0].none);
		assert_false(item->actions[1].none);
		assert_int_equal(item->actions[1].transform, i);
	}
	refused(parse("SecAction t:lowercse", &rules), "t:lowercse",
		"unknown transformation 'lowercse': did you mean lowercase?");
}

static void every_ctl_option_is_read(void **state)
{
	static const char *const rows[WQ_CTL_COUNT] = {
		[WQ_CTL_AUDIT_ENGINE] = "Off",
		[WQ_CTL_AUDIT_LOG_PARTS] = "+E",
		[WQ_CTL_DEBUG_LOG_LEVEL] = "3",
		[WQ_CTL_FORCE_REQUEST_BODY_VARIABLE] = "On",
		[WQ_CTL_PARSE_XML_INTO_ARGS] = "OnlyArgs",
		[WQ_CTL_REQUEST_BODY_ACCESS] = "Off",
		[WQ_CTL_REQUEST_BODY_LIMIT] = "1000",
		[WQ_CTL_REQUEST_BODY_PROCESSOR] = "json",
		[WQ_CTL_RESPONSE_BODY_ACCESS] = "On",
		[WQ_CTL_RESPONSE_BODY_LIMIT] = "1000",
		[WQ_CTL_RULE_ENGINE] = "DetectionOnly",
		[WQ_CTL_RULE_REMOVE_BY_ID] = "942100-942199",
		[WQ_CTL_RULE_REMOVE_BY_MSG] = "a text",
		[WQ_CTL_RULE_REMOVE_BY_TAG] = "attack-sqli",
		[WQ_CTL_RULE_REMOVE_TARGET_BY_ID] = "942100;ARGS:/^a,b/",
		[WQ_CTL_RULE_REMOVE_TARGET_BY_MSG] = "a text;ARGS",
		[WQ_CTL_RULE_REMOVE_TARGET_BY_TAG] = "attack-sqli;REQUEST_COOKIES:x",
	};
	struct wq_sec_rules rules;

	(void)state;
	for (unsigned i = 0; i < WQ_CTL_COUNT; i++) {
		const char *name = wq_waf_ctl_name((enum wq_waf_ctl)i);
		const struct wq_sec_action *action = &one(line("SecAction \"ctl:'<=>'\"", name, rows[i]))->actions[0];
		assert_int_equal(action->ctl, i);
		assert_int_equal(action->has_target, strchr(rows[i], ';') != NULL);
		const char *empty = line("SecAction ctl:<=", name, "");
		refused(parse(empty, &rules), empty, "no value");
	}
	const struct wq_sec_action *target = &one("SecAction \"ctl:ruleRemoveTargetById=1-2;ARGS:/^a b$/\"")
						      ->actions[0];
	assert_str(target->argument, WQ_S("1-2"));
	assert_int_equal(target->target.selector, WQ_SEC_SELECT_REGEX);
	assert_str(target->target.name, WQ_S("^a b$"));
}

static void every_setting_is_read(void **state)
{
	static const struct {
		const char *text;
		enum wq_sec_setting setting;
		const char *argument;
		uint64_t number;
	} rows[] = {
		{"SecRuleEngine detectiononly", WQ_SET_RULE_ENGINE, "DetectionOnly", 2},
		{"SecRequestBodyAccess On", WQ_SET_REQUEST_BODY_ACCESS, "On", 1},
		{"SecResponseBodyAccess Off", WQ_SET_RESPONSE_BODY_ACCESS, "Off", 0},
		{"SecRequestBodyLimit 13107200", WQ_SET_REQUEST_BODY_LIMIT, "13107200", 13107200},
		{"SecRequestBodyNoFilesLimit 131072", WQ_SET_REQUEST_BODY_NO_FILES_LIMIT, "131072", 131072},
		{"SecRequestBodyJsonDepthLimit 512", WQ_SET_REQUEST_BODY_JSON_DEPTH_LIMIT, "512", 512},
		{"SecRequestBodyLimitAction Reject", WQ_SET_REQUEST_BODY_LIMIT_ACTION, "Reject", 0},
		{"SecResponseBodyLimit 524288", WQ_SET_RESPONSE_BODY_LIMIT, "524288", 524288},
		{"SecResponseBodyLimitAction ProcessPartial", WQ_SET_RESPONSE_BODY_LIMIT_ACTION, "ProcessPartial", 1},
		{"SecResponseBodyMimeType text/plain text/html", WQ_SET_RESPONSE_BODY_MIME_TYPE, "text/plain text/html",
			0},
		{"SecResponseBodyMimeTypesClear", WQ_SET_RESPONSE_BODY_MIME_TYPES_CLEAR, "", 0},
		{"SecArgumentsLimit 1000", WQ_SET_ARGUMENTS_LIMIT, "1000", 1000},
		{"SecArgumentSeparator &", WQ_SET_ARGUMENT_SEPARATOR, "&", 0},
		{"SecCookieFormat 0", WQ_SET_COOKIE_FORMAT, "0", 0},
		{"SecPcreMatchLimit 100000", WQ_SET_PCRE_MATCH_LIMIT, "100000", 100000},
		{"SecPcreMatchLimitRecursion 100000", WQ_SET_PCRE_MATCH_LIMIT_RECURSION, "100000", 100000},
		{"SecCollectionTimeout 600", WQ_SET_COLLECTION_TIMEOUT, "600", 600},
		{"SecComponentSignature \"OWASP_CRS/4.28.0\"", WQ_SET_COMPONENT_SIGNATURE, "OWASP_CRS/4.28.0", 0},
		{"SecWebAppId site", WQ_SET_WEB_APP_ID, "site", 0},
		{"WqFallbackCharset gb18030", WQ_SET_FALLBACK_CHARSET, "GB18030", 1},
		{"WqRunsCut \"#[0-9]{3,6}#\"", WQ_SET_RUNS_CUT, "#[0-9]{3,6}#", 0},
	};
	bool seen[WQ_SET_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_sec_item *item = one(rows[i].text);
		assert_int_equal(item->kind, WQ_SEC_SETTING);
		assert_int_equal(item->setting, rows[i].setting);
		assert_str(item->argument, wq_str_c(rows[i].argument));
		assert_int_equal(item->number, rows[i].number);
		seen[rows[i].setting] = true;
	}
	for (unsigned i = 0; i < WQ_SET_COUNT; i++)
		assert_true(seen[i]);
}

static void what_has_no_effect_is_noticed(void **state)
{
	static const char *const rows[] = {"SecAuditEngine RelevantOnly", "SecAuditLogParts ABDEFHIJZ",
		"SecAuditLog /var/log/audit.log", "SecDebugLog /tmp/x", "SecDebugLogLevel 3", "SecTmpDir /tmp/",
		"SecDataDir /tmp/", "SecUploadDir /tmp", "SecUploadKeepFiles Off", "SecTmpSaveUploadedFiles On",
		"SecUnicodeMapFile unicode.mapping 20127", "SecStatusEngine Off", "SecServerSignature x",
		"SecRequestBodyInMemoryLimit 131072", "SecRule ARGS @geoLookup id:1,phase:1",
		"SecRule ARGS \"@rbl a.example\" id:1,phase:1"};
	struct wq_sec_rules rules;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		noticed[0] = 0;
		assert_ok(parse(rows[i], &rules));
		if (!noticed[0])
			fail_msg("no notice: %s", rows[i]);
	}
}

/* ---- parts ---- */

static void variables_have_selectors(void **state)
{
	const struct wq_sec_item *item = one(
		"SecRule \"ARGS:a|!REQUEST_COOKIES:/^_ga(?:_\\w+)?$/|&TX:'/WEB|ATTACK/'|ARGS:'two "
		"words'|XML://@*|TX:/a{1,3}\\/b|c/ , REQUEST_COOKIES|IP:block\" x id:1,phase:2");
	static const struct {
		enum wq_waf_var var;
		enum wq_sec_selector selector;
		const char *name;
		bool exclude, count;
	} rows[] = {
		{WQ_VAR_ARGS, WQ_SEC_SELECT_NAME, "a", false, false},
		{WQ_VAR_REQUEST_COOKIES, WQ_SEC_SELECT_REGEX, "^_ga(?:_\\w+)?$", true, false},
		{WQ_VAR_TX, WQ_SEC_SELECT_REGEX, "WEB|ATTACK", false, true},
		{WQ_VAR_ARGS, WQ_SEC_SELECT_NAME, "two words", false, false},
		{WQ_VAR_XML, WQ_SEC_SELECT_XPATH, "//@*", false, false},
		{WQ_VAR_TX, WQ_SEC_SELECT_REGEX, "a{1,3}\\/b|c", false, false},
		{WQ_VAR_REQUEST_COOKIES, WQ_SEC_SELECT_ALL, "", false, false},
		{WQ_VAR_IP, WQ_SEC_SELECT_NAME, "block", false, false},
	};

	(void)state;
	assert_int_equal(item->vars_n, WQ_COUNT(rows));
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		assert_int_equal(item->vars[i].var, rows[i].var);
		assert_int_equal(item->vars[i].selector, rows[i].selector);
		assert_str(item->vars[i].name, wq_str_c(rows[i].name));
		assert_int_equal(item->vars[i].exclude, rows[i].exclude);
		assert_int_equal(item->vars[i].count, rows[i].count);
	}
}

static void operators_have_arguments(void **state)
{
	static const struct {
		const char *text;
		enum wq_waf_op op;
		bool negated;
		const char *argument;
	} rows[] = {
		{"SecRule ARGS attack id:1", WQ_OP_RX, false, "attack"},
		{"SecRule ARGS !attack id:1", WQ_OP_RX, true, "attack"},
		{"SecRule ARGS \"!@streq 0\" id:1", WQ_OP_STREQ, true, "0"},
		{"SecRule ARGS \"! @streq 0\" id:1", WQ_OP_STREQ, true, "0"},
		{"SecRule ARGS \"@RX   ^a b \" id:1", WQ_OP_RX, false, "^a b "},
		{"SecRule ARGS \"@rx [^\\\\\\\\]\\\\\\\\[cd]\" id:1", WQ_OP_RX, false, "[^\\\\]\\\\[cd]"},
		{"SecRule ARGS \"@rx %{3}a\" id:1", WQ_OP_RX, false, "%{3}a"},
		{"SecRule ARGS \"@rx ^%{tx.allowed}$\" id:1", WQ_OP_RX, false, "^%{tx.allowed}$"},
		{"SecRule ARGS \"@streq \" id:1", WQ_OP_STREQ, false, ""},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		const struct wq_sec_item *item = one(rows[i].text);
		assert_int_equal(item->op.op, rows[i].op);
		assert_int_equal(item->op.negated, rows[i].negated);
		assert_str(item->op.argument, wq_str_c(rows[i].argument));
	}
}

static void phrases_are_cut(void **state)
{
	const struct wq_sec_item *item = one("SecRule ARGS \"@pm  a <!-- |41 0D0a|x a|20|b \\\\: |7c| \" id:1,phase:2");
	static const char *const of_pm[] = {"a", "<!--", "A\r\nx", "a b", ":", "|"};
	static const char *const of_file[] = {"union select", "  lead and tail ", "|7c|"};

	(void)state;
	assert_int_equal(item->op.phrases_n, WQ_COUNT(of_pm));
	for (size_t i = 0; i < WQ_COUNT(of_pm); i++)
		assert_str(item->op.phrases[i], wq_str_c(of_pm[i]));
	item = one("SecRule ARGS \"@pmFromFile words.data empty.data\" id:1,phase:2");
	assert_int_equal(item->op.phrases_n, WQ_COUNT(of_file));
	for (size_t i = 0; i < WQ_COUNT(of_file); i++)
		assert_str(item->op.phrases[i], wq_str_c(of_file[i]));
}

static void actions_have_quoted_arguments(void **state)
{
	const struct wq_sec_item *item = one(
		"SecAction \"id:'7', phase:2,msg:'it\\'s a \\\\ and, \\x5c',\\\n  setvar:tx.a=b c,,\\\n"
		"  setvar:!tx.b,tag:a/b,\"");
	static const char *const rows[] = {"7", "2", "it's a \\ and, \\x5c", "tx.a=b c", "!tx.b", "a/b"};

	(void)state;
	assert_int_equal(item->actions_n, WQ_COUNT(rows));
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_str(item->actions[i].argument, wq_str_c(rows[i]));
}

static void later_directives_change_rules(void **state)
{
	const struct wq_sec_item *item = one("SecRuleRemoveById 1 \"5-7, 9\" 11");
	uint32_t first, last;
	wq_str rest = item->argument;

	(void)state;
	assert_int_equal(item->kind, WQ_SEC_REMOVE_BY_ID);
	assert_true(wq_sec_ids_next(&rest, &first, &last) && first == 1 && last == 1);
	assert_true(wq_sec_ids_next(&rest, &first, &last) && first == 5 && last == 7);
	assert_true(wq_sec_ids_next(&rest, &first, &last) && first == 9 && last == 9);
	assert_true(wq_sec_ids_next(&rest, &first, &last) && first == 11 && last == 11);
	assert_false(wq_sec_ids_next(&rest, &first, &last));
	assert_int_equal(one("SecRuleRemoveByTag attack-.*")->kind, WQ_SEC_REMOVE_BY_TAG);
	assert_int_equal(one("SecRuleRemoveByMsg \"a text\"")->kind, WQ_SEC_REMOVE_BY_MSG);
	item = one("SecRuleUpdateTargetById 942100 \"!ARGS:a,!ARGS:b\" \"REQUEST_URI\"");
	assert_int_equal(item->kind, WQ_SEC_UPDATE_TARGET_BY_ID);
	assert_int_equal(item->vars_n, 2);
	assert_true(item->vars[1].exclude);
	assert_int_equal(item->replaced_n, 1);
	assert_int_equal(one("SecRuleUpdateTargetByTag x ARGS:a")->kind, WQ_SEC_UPDATE_TARGET_BY_TAG);
	assert_int_equal(one("SecRuleUpdateTargetByMsg x !ARGS:a")->kind, WQ_SEC_UPDATE_TARGET_BY_MSG);
	item = one("SecRuleUpdateActionById 942100 \"deny,status:404\"");
	assert_int_equal(item->kind, WQ_SEC_UPDATE_ACTION_BY_ID);
	assert_int_equal(item->actions_n, 2);
	assert_int_equal(one("SecDefaultAction phase:1,log,pass")->kind, WQ_SEC_DEFAULT);
}

static void files_are_included(void **state)
{
	struct wq_sec_rules rules;

	(void)state;
	assert_ok(parse("Include more.conf\nIncludeOptional none.conf\nIncludeOptional *.none\nInclude "
			"../set/more.conf\nSecMarker AFTER",
		&rules));
	assert_int_equal(rules.n, 3);
	assert_string_equal(rules.items[0].place.file, "set/more.conf");
	assert_string_equal(rules.items[2].place.file, "set/own.conf");
	assert_int_equal(rules.items[2].place.line, 5);
}

static void macros_are_cut(void **state)
{
	wq_str rest = WQ_S("a%{tx.b}%{REMOTE_ADDR}%{nothing}%{3}%{");
	struct wq_sec_piece piece;

	(void)state;
	assert_true(wq_sec_piece_next(&rest, &piece) && !piece.is_macro);
	assert_str(piece.text, WQ_S("a"));
	assert_true(wq_sec_piece_next(&rest, &piece) && piece.is_macro);
	assert_int_equal(piece.var, WQ_VAR_TX);
	assert_str(piece.name, WQ_S("b"));
	assert_true(wq_sec_piece_next(&rest, &piece) && piece.is_macro);
	assert_int_equal(piece.var, WQ_VAR_REMOTE_ADDR);
	assert_null(piece.name.p);
	assert_true(wq_sec_piece_next(&rest, &piece) && !piece.is_macro);
	assert_str(piece.text, WQ_S("%{nothing}%{3}%{"));
	assert_false(wq_sec_piece_next(&rest, &piece));
}

/* ---- what is refused ---- */

struct slip {
	const char *text, *says;
};

static void slips_refused(const struct slip *rows, size_t n)
{
	struct wq_sec_rules rules;

	for (size_t i = 0; i < n; i++)
		refused(parse(rows[i].text, &rules), rows[i].text, rows[i].says);
}

static void slips_in_rules_are_refused_with_what_to_do(void **state)
{
	static const struct slip rows[] = {
		{"SecRul ARGS x", "own.conf:1: & unknown directive 'SecRul': did you mean SecRule?"},
		{"\n\nGarbage", "own.conf:3: unknown directive 'Garbage'"},
		{"<IfModule x>", "sections of Apache"},
		{"SecRule", "needs 2 arguments"},
		{"SecRule ARGS", "needs 2 arguments"},
		{"SecRule ARGS a b c", "at most 3 & \"c\" is one more & quotation marks"},
		{"SecRule \"ARGS x id:1", "is not closed"},
		{"SecRule ARGS \"@rx a\" \"id:1,\\ \nphase:2\"", "is not closed & nothing behind it"},
		{"SecAction", "needs 1 argument"},
		{"SecAction \"\"", "list of actions is empty"},
		{"SecMarker", "needs 1 argument"},
		{"SecMarker \"\"", "is empty"},
		{"SecRule ARG x id:1", "unknown variable 'ARG': did you mean ARGS?"},
		{"SecRule ARGS|| x id:1", "a variable is missing"},
		{"SecRule \"ARGS ARGS_NAMES\" x id:1", "unknown variable"},
		{"SecRule !ARGS:a x id:1", "looks at nothing"},
		{"SecRule ARGS|!&ARGS:a x id:1", "both ! and &"},
		{"SecRule ARGS: x id:1", "no name behind it"},
		{"SecRule ARGS:/abc x id:1", "begins with / and does not end with it"},
		{"SecRule ARGS:// x id:1", "empty regular expression"},
		{"SecRule \"ARGS:'a\" x id:1", "quotation mark of a selector"},
		{"SecRule \"ARGS:'a'b\" x id:1", "between variables stands |"},
		{"SecRule XML:/root/a x id:1", "XML:/* (all text) and XML://@*"},
		{"SecRule REQUEST_URI:a x id:1", "takes no selector"},
		{"SecRule ARGS \"@rxx a\" id:1", "unknown operator '@rxx': did you mean rx?"},
		{"SecRule ARGS \"@pm\" id:1", "@pm needs an argument"},
		{"SecRule ARGS \"@pm |4|\" id:1", "hexadecimal"},
		{"SecRule ARGS \"@pm |41\" id:1", "hexadecimal"},
		{"SecRule ARGS \"@eq x\" id:1", "@eq compares with a number"},
		{"SecRule ARGS \"@ge %{txx.a}\" id:1", "unknown variable 'txx' in a macro"},
		{"SecRule ARGS \"@validateByteRange 1-256\" id:1", "0 to 255"},
		{"SecRule ARGS \"@validateByteRange 9-1\" id:1", "0 to 255"},
		{"SecRule ARGS \"@validateByteRange 1,,2\" id:1", "0 to 255"},
		{"SecRule ARGS \"@pmFromFile none.data\" id:1", "none.data is not beside the rules"},
		{"SecRule ARGS \"@pmFromFile https://a.example/x\" id:1", "from files only"},
		{"SecRule ARGS \"@inspectFile x.lua\" id:1", "@inspectFile is not supported"},
		{"SecAction denny", "unknown action 'denny': did you mean deny?"},
		{"SecAction \"msg:'a\"", "msg: & is not closed"},
		{"SecAction \"msg:'a' b\"", "after its quoted text stands a comma"},
		{"SecAction exec:/bin/x", "action exec is not supported"},
		{"SecAction id:0", "id:0: a number from 1"},
		{"SecAction id:4294967296", "a number from 1"},
		{"SecAction id:abc", "a number from 1"},
		{"SecAction phase:6", "phase:6: 1 to 5"},
		{"SecAction status:99", "a number from 100 to 599"},
		{"SecAction severity:CRITICL", "did you mean CRITICAL?"},
		{"SecAction severity:8", "0 to 7"},
		{"SecAction allow:all", "nothing, phase or request"},
		{"SecAction skip:0", "a number from 1"},
		{"SecAction t:urlDecodUni", "did you mean urlDecodeUni?"},
		{"SecAction setvar:a", "a collection and a variable"},
		{"SecAction setvar:tx.", "a collection and a variable"},
		{"SecAction setvar:args.a=1", "rules may write tx, ip"},
		{"SecAction setvar:!tx.a=1", "has no value"},
		{"SecAction setvar:tx.a=%{tx.b", "a macro is not closed"},
		{"SecAction setvar:tx.a=%{tx}", "many values: say which"},
		{"SecAction setvar:tx.a=%{unique_id.x}", "one value and has no parts"},
		{"SecAction \"msg:'%{MATCHD_VAR}'\"", "did you mean MATCHED_VAR?"},
		{"SecAction expirevar:tx.a=60", "rules may write ip"},
		{"SecAction expirevar:ip.a", "seconds are missing"},
		{"SecAction initcol:tx=1", "ip, session"},
		{"SecAction initcol:ip", "the key is missing"},
		{"SecAction setenv:=1", "a name is missing"},
		{"SecAction xmlns:a", "prefix and address"},
		{"SecAction ctl:ruleEngin=Off", "did you mean ruleEngine?"},
		{"SecAction ctl:ruleEngine=Of", "one of On|Off|DetectionOnly"},
		{"SecAction ctl:ruleRemoveById=x", "no list of rule numbers"},
		{"SecAction ctl:ruleRemoveTargetById=1", "the target is missing"},
		{"SecAction ctl:ruleRemoveTargetById=1;!ARGS:a", "one target without !"},
		{"SecAction ctl:ruleRemoveTargetByTag=;ARGS", "no rule before the semicolon"},
		{"SecAction ctl:requestBodyProcessor=YAML", "URLENCODED|MULTIPART|XML|JSON"},
	};

	(void)state;
	slips_refused(rows, WQ_COUNT(rows));
}

static void slips_in_directives_are_refused_with_what_to_do(void **state)
{
	static const struct slip rows[] = {
		{"SecRuleRemoveById 7-5", "no list of rule numbers"},
		{"SecRuleRemoveById 1:2", "no list of rule numbers"},
		{"SecRuleUpdateTargetById 1", "needs 2 arguments"},
		{"SecRuleEngine Onn", "one of Off|On|DetectionOnly"},
		{"SecRequestBodyLimit big", "a number up to"},
		{"SecRequestBodyJsonDepthLimit 10001", "a number up to 10000"},
		{"SecCookieFormat 2", "a number up to 1"},
		{"SecArgumentSeparator ab", "one character"},
		{"SecResponseBodyMimeTypesClear x", "at most 0"},
		{"Include none.conf", "no such file; IncludeOptional"},
		{"Include *.none", "no such file; IncludeOptional"},
		{"Include \"\"", "its file is missing"},
		{"Include bad.conf", "set/bad.conf:3: unknown directive"},
		{"SecRuleScript x.lua", "SecRuleScript is not supported: programs"},
		{"SecRemoteRules k https://a.example/", "SecRemoteRules is not supported & weique rules import"},
		{"SecGeoLookupDb x", "SecGeoLookupDb is not supported"},
		{"SecGsbLookupDb x", "SecGsbLookupDb is not supported"},
		{"SecHttpBlKey x", "SecHttpBlKey is not supported"},
		{"SecHashEngine On", "SecHashEngine is not supported"},
		{"SecHashKey x", "SecHashKey is not supported"},
		{"SecChrootDir /x", "SecChrootDir is not supported"},
		{"SecGuardianLog |x", "SecGuardianLog is not supported"},
	};
	struct wq_sec_rules rules;

	(void)state;
	slips_refused(rows, WQ_COUNT(rows));
	refused(wq_sec_parse_text(WQ_S("SecMarker \\\nA\0B"), "x", NULL, &arena, NULL, NULL, &rules), "NUL",
		"a NUL byte");
	refused(wq_sec_parse_text(WQ_S("Include a.conf"), "x", NULL, &arena, NULL, NULL, &rules), "no source",
		"no files are read here");
}

#define HEAD "SecRule ARGS x \"id:1,phase:2,pass,chain\"\n"

static void lists_are_checked(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"SecRule ARGS x phase:2", "own.conf:1: & no number"},
		{"SecRule ARGS x", "no number"},
		{"SecRule ARGS x id:5", "rule 5 has no phase & phase:2"},
		{HEAD, "own.conf:1: & no rule follows"},
		{HEAD "SecMarker A", "own.conf:1: & no rule follows"},
		{HEAD "SecRule ARGS y chain", "own.conf:2: & no rule follows"},
		{HEAD "SecRule ARGS y id:2", "own.conf:2: action id in a link & at line 1"},
		{HEAD "SecRule ARGS y deny", "action deny in a link"},
		{HEAD "SecRule ARGS y skipAfter:X", "action skipAfter in a link"},
		{HEAD "SecRule ARGS y phase:1", "phase:1 in a link"},
		{"SecAction id:1,phase:1\nSecAction id:1,phase:2",
			"own.conf:2: rule number 1 is taken by set/own.conf:1"},
		{"SecAction id:1,phase:1,skipAfter:END\nSecMarker End", "no SecMarker & did you mean End?"},
		{"SecMarker END\nSecAction id:1,phase:1,skipAfter:END", "stands behind the rule"},
		{"SecDefaultAction log,pass", "needs a phase"},
		{"SecDefaultAction phase:1,log", "needs one of pass"},
		{"SecDefaultAction phase:1,block", "cannot have block"},
		{"SecDefaultAction phase:1,pass,id:1", "cannot have id"},
	};
	static const char *const fine[] = {
		"",
		HEAD "SecRule ARGS y",
		HEAD "SecRule ARGS y \"phase:request,t:none,chain,setvar:tx.a=1\"\nSecAction setvar:tx.b=1",
		"SecAction id:1,phase:1,skipAfter:END\nSecMarker END",
		"SecAction id:1,phase:1,skipAfter:2\nSecAction id:2,phase:1",
		"SecMarker END\nSecAction id:1,phase:1,skipAfter:END\nSecMarker END",
		"SecDefaultAction phase:2,log,deny",
	};
	struct wq_sec_rules rules;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		refused(parse_and_check(rows[i].text, &rules), rows[i].text, rows[i].says);
	for (size_t i = 0; i < WQ_COUNT(fine); i++)
		assert_ok(parse_and_check(fine[i], &rules));
	assert_ok(parse_and_check("SecRuleRemoveById 7-9\nSecAction id:8,phase:1", &rules));
	assert_non_null(strstr(noticed, "no rule numbered 7"));
	noticed[0] = 0;
	assert_ok(parse_and_check("SecAction id:8,phase:1\nSecRuleRemoveById 7-9", &rules));
	assert_string_equal(noticed, "");
}

static void repeat(struct wq_buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wq_buf_add(out, wq_str_c(text));
}

static void limits_hold(void **state)
{
	static const struct {
		const char *before, *each, *after;
		size_t fits;
	} rows[] = {
		{"SecRule ARGS", "|ARGS", " x id:1", WQ_SEC_VARS_MAX - 1},
		{"SecAction \"pass", ",log", "\"", WQ_SEC_ACTIONS_MAX - 1},
		{"", "SecMarker A\n", "", WQ_SEC_ITEMS_MAX},
		{"SecMarker ", "aaaaaaaaaaaaaaaa", "", WQ_SEC_LINE_BYTES_MAX / 16 - 1},
		{"SecMarker ", "aaaaaaaaaaaaaa\\\n", "", WQ_SEC_LINE_BYTES_MAX / 15 - 1},
	};
	struct wq_sec_rules rules;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		for (size_t more = 0; more < 2; more++) {
			WQ_BUF(text, 2 * WQ_MIB);
			repeat(&text, rows[i].before, 1);
			repeat(&text, rows[i].each, rows[i].fits + more);
			repeat(&text, rows[i].after, 1);
			assert_ok(wq_buf_err(&text));
			wq_err e = parse(wq_buf_cstr(&text), &rules);
			if (!more)
				assert_ok(e);
			else
				assert_err(e, WQ_E_LIMIT);
		}
	}
	assert_err(parse("Include loop.conf", &rules), WQ_E_LIMIT);
	struct wq_arena small;
	wq_arena_init(&small, 64);
	assert_err(wq_sec_parse_text(WQ_S("SecMarker A"), "x", NULL, &small, NULL, NULL, &rules), WQ_E_LIMIT);
	wq_arena_done(&small);
}

static void variables_are_read_alone(void **state)
{
	const struct wq_sec_var *vars;
	struct wq_sec_place place = {"exception", 1};
	size_t n;

	(void)state;
	assert_ok(wq_sec_parse_vars(WQ_S("ARGS:content"), place, &arena, &vars, &n));
	assert_int_equal(n, 1);
	assert_str(vars[0].name, WQ_S("content"));
	refused(wq_sec_parse_vars(WQ_S("ARGZ:x"), place, &arena, &vars, &n), "ARGZ",
		"exception:1: & did you mean ARGS?");
	refused(wq_sec_parse_vars(WQ_S(""), place, &arena, &vars, &n), "", "a variable is missing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_are_read_as_apache_reads_them),
		TEST(a_directive_is_placed_where_it_begins),
		TEST(a_rule_inside_a_comment_is_said),
		TEST(every_variable_is_read_and_its_slip_is_named),
		TEST(every_operator_is_read_or_refused_by_name),
		TEST(every_action_is_read_or_refused_by_name),
		TEST(every_transformation_is_read),
		TEST(every_ctl_option_is_read),
		TEST(every_setting_is_read),
		TEST(what_has_no_effect_is_noticed),
		TEST(variables_have_selectors),
		TEST(operators_have_arguments),
		TEST(phrases_are_cut),
		TEST(actions_have_quoted_arguments),
		TEST(later_directives_change_rules),
		TEST(files_are_included),
		TEST(macros_are_cut),
		TEST(slips_in_rules_are_refused_with_what_to_do),
		TEST(slips_in_directives_are_refused_with_what_to_do),
		TEST(lists_are_checked),
		TEST(limits_hold),
		TEST(variables_are_read_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
