/* Small rule texts → what the program then says: its phases, its rules, its known slots. */
#include "base/buf.h"
#include "base/test.h"
#include "detect/waf/program_priv.h"

enum { FILES = 4 };

/* Files in memory: "main", "words", "addresses". */
struct files {
	struct {
		const char *name;
		wq_str text;
	} list[FILES];
};

static wq_err read_file(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	const struct files *files = data;

	(void)arena;
	for (size_t i = 0; i < FILES; i++)
		if (files->list[i].name && strcmp(files->list[i].name, path) == 0) {
			*ret_text = files->list[i].text;
			return WQ_OK;
		}
	return wq_error(WQ_E_IO, "%s: no such file", path);
}

static wq_err list_files(
	void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	(void)data;
	*ret_paths = WQ_NEW(arena, const char *);
	(*ret_paths)[0] = pattern;
	*ret_n = 1;
	return WQ_OK;
}

struct how {
	bool fold;
	const struct wq_waf_setting *settings;
	size_t settings_n;
};

static wq_err load(const char *text, struct how how, struct wq_waf_program **ret_program)
{
	static const char *const paths[] = {"main"};
	struct files files = {{{"main", wq_str_c(text)}, {"words", WQ_S("alpha\nbeta\n")},
		{"addresses", WQ_S("192.0.2.0/24\n2001:db8::/32\n")}, {NULL, {NULL, 0}}}};
	struct wq_sec_source source = {&files, read_file, list_files};
	struct wq_waf_load what = {.paths = paths,
		.paths_n = 1,
		.source = &source,
		.settings = how.settings,
		.settings_n = how.settings_n,
		.no_fold = !how.fold};

	return wq_waf_program_new(&what, ret_program);
}

/* ---- programs as text */

static void put_macro(struct wq_buf *out, const struct wq_waf_program *p, struct wq_waf_macro macro)
{
	for (uint32_t i = 0; i < macro.parts_n; i++) {
		const struct wq_waf_part *part = &p->parts[macro.parts + i];
		if (part->var == WQ_VAR_COUNT)
			wq_buf_add(out, part->text);
		else
			wq_buf_printf(out, "{%s%s%.*s}", wq_waf_var_name((enum wq_waf_var)part->var),
				part->text.n > 0 ? "." : "", WQ_S_ARG(part->text));
	}
}

static void put_target(struct wq_buf *out, const struct wq_waf_program *p, const struct wq_waf_target *target)
{
	wq_buf_printf(out, " %s%s", target->count ? "&" : "", wq_waf_var_name((enum wq_waf_var)target->var));
	if (target->selector != WQ_SEC_SELECT_ALL)
		wq_buf_printf(
			out, target->selector == WQ_SEC_SELECT_REGEX ? ":/%.*s/" : ":%.*s", WQ_S_ARG(target->name));
	for (uint32_t i = 0; i < target->excludes_n; i++) {
		const struct wq_waf_exclude *exclude = &p->excludes[target->excludes + i];
		wq_buf_printf(
			out, exclude->selector == WQ_SEC_SELECT_REGEX ? "-/%.*s/" : "-%.*s", WQ_S_ARG(exclude->name));
	}
}

static void put_ids(struct wq_buf *out, const struct wq_waf_program *p, uint32_t set)
{
	for (uint32_t i = 0; i < p->rules_n; i++)
		if (p->rule_sets[(size_t)set * p->rule_words + i / 64] >> i % 64 & 1)
			wq_buf_printf(out, " %u", (unsigned)p->rules[i].id);
}

static void put_act(struct wq_buf *out, const struct wq_waf_program *p, const struct wq_waf_act *act)
{
	static const char *const signs[] = {"=", "+=", "-=", "!"};

	wq_buf_printf(out, "; %s ", wq_waf_action_name((enum wq_waf_action)act->action));
	if (act->action == WQ_ACT_CTL) {
		wq_buf_printf(out, "%s", wq_waf_ctl_name((enum wq_waf_ctl)act->ctl));
		if (act->rules != WQ_WAF_NONE)
			put_ids(out, p, act->rules);
		else
			wq_buf_printf(out, " %.*s", WQ_S_ARG(act->text));
		if (act->target != WQ_WAF_NONE)
			put_target(out, p, &p->targets[act->target]);
		return;
	}
	if (act->action == WQ_ACT_SETVAR || act->action == WQ_ACT_EXPIREVAR || act->action == WQ_ACT_INITCOL)
		wq_buf_printf(out, "%s.", wq_waf_var_name((enum wq_waf_var)act->var));
	put_macro(out, p, act->name);
	if (act->slot != WQ_WAF_NONE)
		assert_str(p->slots[act->slot], p->parts[act->name.parts].text);
	wq_buf_printf(out, "%s", signs[act->set]);
	if (act->is_number)
		wq_buf_printf(out, "#%lld", (long long)act->number);
	else
		put_macro(out, p, act->value);
}

static void put_operator(struct wq_buf *out, const struct wq_waf_program *p, const struct wq_waf_rule *rule)
{
	wq_buf_printf(
		out, " %s@%s", rule->flags & WQ_RULE_NEGATED ? "!" : "", wq_waf_op_name((enum wq_waf_op)rule->op));
	if (rule->op == WQ_OP_EQ || rule->op == WQ_OP_GE || rule->op == WQ_OP_GT || rule->op == WQ_OP_LE ||
		rule->op == WQ_OP_LT)
		if (!(rule->flags & WQ_RULE_MACRO_ARGUMENT))
			wq_buf_printf(out, " #%lld", (long long)rule->number);
	if (rule->argument.parts_n > 0) {
		wq_buf_printf(out, " ");
		put_macro(out, p, rule->argument);
	}
	if (rule->regex != WQ_WAF_NONE)
		wq_buf_printf(out, " re%u", (unsigned)rule->regex);
	if (rule->pattern != WQ_WAF_NONE)
		wq_buf_printf(out, " pat%u", (unsigned)rule->pattern);
	if (rule->table != WQ_WAF_NONE)
		wq_buf_printf(out, " table%u+%u", (unsigned)rule->table, (unsigned)rule->table_n);
}

static void put_rule(struct wq_buf *out, const struct wq_waf_program *p, const struct wq_waf_rule *rule)
{
	static const char *const disrupt[] = {"pass", "deny", "drop", "redirect", "allow"};
	enum wq_transform steps[WQ_CHAIN_STEPS_MAX];
	size_t n = wq_chains_steps(p->chains, rule->chain, steps);

	wq_buf_printf(out, "%s%u:%u", rule->flags & WQ_RULE_CHAINED ? "+" : "", (unsigned)rule->id, rule->phase);
	for (uint32_t i = 0; i < rule->targets_n; i++)
		put_target(out, p, &p->targets[rule->targets + i]);
	put_operator(out, p, rule);
	for (size_t i = 0; i < n; i++)
		wq_buf_printf(out, " t:%s", wq_transform_name(steps[i]));
	if (!(rule->flags & WQ_RULE_CHAINED))
		wq_buf_printf(
			out, " %s %u%s", disrupt[rule->disrupt], rule->status, rule->flags & WQ_RULE_LOG ? " log" : "");
	if (rule->severity != 255)
		wq_buf_printf(out, " severity %u", rule->severity);
	for (uint32_t i = 0; i < rule->actions_n; i++)
		put_act(out, p, &p->actions[rule->actions + i]);
	wq_buf_printf(out, "\n");
}

/* "1: 10 20>2": rule 20 goes on at place 2 when it skips */
static void put_phases(struct wq_buf *out, const struct wq_waf_program *p)
{
	for (unsigned phase = 1; phase <= WQ_WAF_PHASES; phase++) {
		if (p->phases_n[phase] == 0)
			continue;
		wq_buf_printf(out, "%u:", phase);
		for (uint32_t i = 0; i < p->phases_n[phase]; i++) {
			const struct wq_waf_rule *rule = &p->rules[p->phases[phase][i]];
			wq_buf_printf(out, " %u", (unsigned)rule->id);
			if (rule->skip != WQ_WAF_NONE)
				wq_buf_printf(out, ">%u", (unsigned)rule->skip);
		}
		wq_buf_printf(out, "\n");
	}
}

static void put_initial(struct wq_buf *out, const struct wq_waf_program *p)
{
	for (uint32_t i = 0; i < p->slots_n; i++)
		if (p->initial[i].set)
			wq_buf_printf(out, "%.*s=%s%.*s\n", WQ_S_ARG(p->slots[i]), p->initial[i].is_number ? "#" : "",
				WQ_S_ARG(p->initial[i].text));
}

static void check_text(const char *name, struct wq_buf *got, const char *expected)
{
	if (strcmp(wq_buf_cstr(got), expected) != 0)
		fail_msg("%s:\n%s--- instead of\n%s", name, wq_buf_cstr(got), expected);
}

/* ---- rules */

static const struct {
	const char *text, *rules;
} rule_cases[] = {
	{"SecRule ARGS|!ARGS:b|!ARGS:/^c/|REQUEST_HEADERS:Host \"@rx a+\" \"id:1,phase:2,deny,t:none,t:lowercase,t:urlDecode\"\n",
		"1:2 ARGS-b-/^c/ REQUEST_HEADERS:Host @rx re1 pat0 t:lowercase t:urlDecode deny 403 log\n"},
	{"SecRule ARGS:a|!ARGS:a|ARGS:d \"!@streq x\" \"id:1,phase:1,pass,nolog,severity:CRITICAL\"\n",
		"1:1 ARGS:d !@streq x pass 403 severity 2\n"},
	{"SecRule &ARGS \"@gt 5\" \"id:1,phase:2,drop,status:418,severity:7\"\n",
		"1:2 &ARGS @gt #5 5 drop 418 log severity 7\n"},
	{"SecRule TX:A \"@ge %{tx.Limit}\" \"id:1,phase:5,pass\"\n", "1:5 TX:A @ge {TX.limit} pass 403 log\n"},
	{"SecAction \"id:1,phase:1,pass,nolog,setvar:tx.A=5,setvar:tx.b=+%{tx.a},setvar:!tx.c,setvar:tx.d,setvar:'tx.e=-3',"
	 "setvar:'tx.f_%{MATCHED_VAR_NAME}=x y',setvar:tx.g=007\"\n",
		"1:1 @unconditionalMatch pass 403; setvar TX.a=#5; setvar TX.b+={TX.a}; setvar TX.c!; setvar TX.d=#1; "
		"setvar TX.e-=#3; setvar TX.f_{MATCHED_VAR_NAME}=x y; setvar TX.g=007\n"},
	/* defaults, and what block means */
	{"SecDefaultAction \"phase:1,deny,status:406,nolog,t:lowercase\"\n"
	 "SecRule ARGS \"@rx a\" \"id:1,phase:1,block\"\n"
	 "SecRule ARGS \"@rx a\" \"id:2,phase:1,t:none,pass,log\"\n"
	 "SecRule ARGS \"@rx a\" \"id:3,phase:2,block\"\n",
		"1:1 ARGS @rx re0 pat0 t:lowercase deny 406\n"
		"2:1 ARGS @rx re0 pat0 pass 406 log\n"
		"3:2 ARGS @rx re0 pat0 pass 403 log\n"},
	/* the last word counts */
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,deny,redirect:'https://x/%{UNIQUE_ID}',log,nolog\"\n",
		"1:2 ARGS @rx re0 pat0 redirect 302\n"},
	/* chains */
	{"SecRule ARGS \"@rx a\" \"id:1,phase:1,deny,chain,setvar:tx.x=1\"\n"
	 "SecRule REQUEST_METHOD \"@streq POST\" \"chain,t:lowercase\"\n"
	 "SecRule ARGS_NAMES \"@rx b\" \"setvar:tx.y=2,ctl:ruleEngine=Off\"\n",
		"1:1 ARGS @rx re0 pat0 deny 403 log; setvar TX.x=#1\n"
		"+1:1 REQUEST_METHOD @streq POST t:lowercase\n"
		"+1:1 ARGS_NAMES @rx re1 pat1; setvar TX.y=#2; ctl ruleEngine Off\n"},
	/* equal patterns are one, selectors have no case */
	{"SecRule ARGS:/x/ \"@rx x\" \"id:1,phase:2,pass\"\nSecRule ARGS:/x/ \"@rx x\" \"id:2,phase:2,pass\"\n"
	 "SecRule ARGS \"@pm a b\" \"id:3,phase:2,pass\"\nSecRule ARGS \"@pm a b\" \"id:4,phase:2,pass\"\nSecRule ARGS \"@pm a bc\" \"id:5,phase:2,pass\"\n",
		"1:2 ARGS:/x/ @rx re1 pat0 pass 403 log\n2:2 ARGS:/x/ @rx re1 pat0 pass 403 log\n"
		"3:2 ARGS @pm pat1 pass 403 log\n4:2 ARGS @pm pat1 pass 403 log\n5:2 ARGS @pm pat2 pass 403 log\n"},
	{"SecRule REMOTE_ADDR \"@ipMatch 127.0.0.1,::1,10.0.0.0/8\" \"id:1,phase:2,pass\"\n"
	 "SecRule REMOTE_ADDR \"@ipMatchFromFile addresses\" \"id:2,phase:2,pass\"\n"
	 "SecRule ARGS \"@validateByteRange 32-126,9\" \"id:3,phase:2,pass\"\nSecRule ARGS \"@validateByteRange 9,32-126\" \"id:4,phase:2,pass\"\n",
		"1:2 REMOTE_ADDR @ipMatch table0+3 pass 403 log\n2:2 REMOTE_ADDR @ipMatchFromFile table3+2 pass 403 log\n"
		"3:2 ARGS @validateByteRange table0+1 pass 403 log\n4:2 ARGS @validateByteRange table0+1 pass 403 log\n"},
	/* a variable in a regular expression */
	{"SecRule ARGS \"@rx ^%{tx.a}$\" \"id:1,phase:2,pass\"\nSecRule ARGS \"@rx 5%{\" \"id:2,phase:2,pass\"\n",
		"1:2 ARGS @rx ^{TX.a}$ pass 403 log\n2:2 ARGS @rx re0 pat0 pass 403 log\n"},
	/* ctl names rules before and after, by id, tag, expression */
	{"SecAction \"id:1,phase:2,pass,ctl:ruleRemoveById=3-4,ctl:ruleRemoveByTag=t1,ctl:ruleRemoveByTag=^t,"
	 "ctl:ruleRemoveTargetById=3;ARGS:x,ctl:ruleRemoveTargetByTag=t;ARGS,ctl:ruleRemoveByMsg=m\"\n"
	 "SecRule ARGS \"@rx a\" \"id:2,phase:2,pass,tag:t1,msg:m\"\nSecRule ARGS \"@rx a\" \"id:3,phase:2,pass,tag:t12\"\n"
	 "SecRule ARGS \"@rx a\" \"id:5,phase:2,pass,tag:xt\"\n",
		"1:2 @unconditionalMatch pass 403 log; ctl ruleRemoveById 3; ctl ruleRemoveByTag 2; ctl ruleRemoveByTag 2 3; "
		"ctl ruleRemoveTargetById 3 ARGS:x; ctl ruleRemoveTargetByTag ARGS; ctl ruleRemoveByMsg 2\n"
		"2:2 ARGS @rx re0 pat0 pass 403 log\n3:2 ARGS @rx re0 pat0 pass 403 log\n5:2 ARGS @rx re0 pat0 pass 403 log\n"},
	/* removals and updates: only of what was read */
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,pass,chain\"\nSecRule ARGS \"@rx b\"\nSecRule ARGS \"@rx a\" \"id:2,phase:2,pass\"\n"
	 "SecRuleRemoveById 1-1 7\n",
		"2:2 ARGS @rx re0 pat0 pass 403 log\n"},
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,pass,tag:x\"\nSecRule ARGS \"@rx a\" \"id:2,phase:2,pass,tag:y\"\nSecRuleRemoveByTag x\n"
	 "SecRule ARGS \"@rx a\" \"id:3,phase:2,pass,tag:x\"\n",
		"2:2 ARGS @rx re0 pat0 pass 403 log\n3:2 ARGS @rx re0 pat0 pass 403 log\n"},
	{"SecRule ARGS|REQUEST_COOKIES \"@rx a\" \"id:1,phase:2,pass\"\nSecRuleUpdateTargetById 1 \"!REQUEST_COOKIES:/^_p/\"\n"
	 "SecRuleUpdateTargetById 1 \"REQUEST_URI\"\nSecRule ARGS|REQUEST_COOKIES \"@rx a\" \"id:11,phase:2,pass,tag:x\"\n"
	 "SecRuleUpdateTargetByTag x \"REQUEST_METHOD\" \"ARGS\"\nSecRuleUpdateTargetById 11 \"!REQUEST_COOKIES\"\n",
		"1:2 ARGS REQUEST_COOKIES-/^_p/ REQUEST_URI @rx re1 pat0 pass 403 log\n"
		"11:2 REQUEST_METHOD @rx re1 pat0 pass 403 log\n"},
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,deny,log,t:lowercase\"\nSecRuleUpdateActionById 1 \"pass,nolog,t:none,status:404\"\n",
		"1:2 ARGS @rx re0 pat0 pass 404\n"},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rule_cases); i++) {
		WQ_BUF(got, 64 * 1024);
		struct wq_waf_program *p;
		assert_ok(load(rule_cases[i].text, (struct how){0}, &p));
		for (uint32_t r = 0; r < p->rules_n; r++)
			put_rule(&got, p, &p->rules[r]);
		check_text(rule_cases[i].text, &got, rule_cases[i].rules);
		wq_waf_program_unref(&p);
	}
}

/* ---- phases, markers, skips */

static const struct {
	const char *text, *phases;
} flow_cases[] = {
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,pass,skipAfter:END\"\nSecAction \"id:2,phase:1,pass\"\n"
	 "SecAction \"id:3,phase:2,pass\"\nSecMarker END\nSecAction \"id:4,phase:2,pass\"\n",
		"1: 2\n2: 1>2 3 4\n"},
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,pass,skipAfter:END\"\nSecAction \"id:3,phase:2,pass\"\nSecMarker END\n",
		"2: 1>2 3\n"},
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,pass,skip:1\"\nSecAction \"id:2,phase:3,pass\"\n"
	 "SecRule ARGS \"@rx a\" \"id:3,phase:2,pass,chain\"\nSecRule ARGS \"@rx b\"\nSecAction \"id:4,phase:2,pass\"\n",
		"2: 1>2 3 4\n3: 2\n"},
	{"SecRule ARGS \"@rx a\" \"id:1,phase:2,pass,skip:9\"\nSecAction \"id:2,phase:2,pass\"\n", "2: 1>2 2\n"},
	/* a rule's id is a marker behind it */
	{"SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,skipAfter:3\"\nSecAction \"id:2,phase:1,pass\"\n"
	 "SecAction \"id:3,phase:2,pass,chain\"\nSecAction \"t:none\"\nSecAction \"id:4,phase:1,pass\"\nSecRuleRemoveById 3\n",
		"1: 1>2 2 4\n"},
	{"SecRule ARGS \"@rx a\" \"id:1,phase:request,pass\"\nSecAction \"id:2,phase:response,pass\"\n"
	 "SecAction \"id:3,phase:logging,pass\"\n",
		"2: 1\n4: 2\n5: 3\n"},
};

static void test_flow(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(flow_cases); i++) {
		WQ_BUF(got, 64 * 1024);
		struct wq_waf_program *p;
		assert_ok(load(flow_cases[i].text, (struct how){0}, &p));
		put_phases(&got, p);
		check_text(flow_cases[i].text, &got, flow_cases[i].phases);
		wq_waf_program_unref(&p);
	}
}

/* ---- folding */

#define SET(id, what) "SecAction \"id:" #id ",phase:1,pass,nolog," what "\"\n"
#define GATE(id, phase, level, marker) \
	"SecRule TX:PL \"@lt " #level "\" \"id:" #id ",phase:" #phase ",pass,nolog,skipAfter:" marker "\"\n"
#define LOOK(id, phase, what) "SecRule ARGS \"@rx a\" \"id:" #id ",phase:" #phase ",pass,nolog" what "\"\n"

static const struct {
	const char *name, *text, *left; /* phases, then known slots */
	uint32_t folded;
} fold_cases[] = {
	{"gates of a known level vanish, with what they skip",
		SET(1, "setvar:tx.pl=2") GATE(2, 1, 2, "END") LOOK(3, 1, "") GATE(4, 2, 3, "END")
			LOOK(5, 2, "") "SecMarker END\n" LOOK(6, 2, ""),
		"1: 3\n2: 6\npl=#2\n", 4},
	{"a default where nothing was set",
		"SecRule &TX:pl \"@eq 0\" \"id:1,phase:1,pass,nolog,setvar:tx.pl=1\"\n"
		"SecRule &TX:other \"@eq 0\" \"id:2,phase:1,pass,nolog,setvar:tx.other=%{tx.pl}\"\n"
		"SecRule &TX:pl \"@eq 0\" \"id:3,phase:1,deny\"\n",
		"pl=#1\nother=#1\n", 3},
	{"sums", SET(1, "setvar:tx.a=2") SET(2, "setvar:tx.a=+3") SET(3, "setvar:tx.b=-%{tx.a}") SET(4, "setvar:!tx.a"),
		"b=#-5\n", 4},
	{"text",
		SET(1, "setvar:'tx.a=x y'") "SecRule TX:a \"@within w x y z\" \"id:2,phase:1,pass,nolog,setvar:tx.b=1\"\n",
		"a=x y\nb=#1\n", 2},
	{"lower case before it is compared",
		SET(1, "setvar:tx.a=ABC") "SecRule TX:a \"@streq abc\" \"id:2,phase:1,pass,nolog,t:lowercase,setvar:tx.b=1\"\n",
		"a=ABC\nb=#1\n", 2},
	{"a rule that may set it comes before",
		SET(1, "setvar:tx.pl=1") LOOK(2, 1, ",setvar:tx.pl=4") GATE(3, 1, 2, "END")
			LOOK(4, 1, "") "SecMarker END\n",
		"1: 2 3>3 4\npl=#1\n", 1},
	{"in an earlier phase",
		SET(1, "setvar:tx.pl=1") GATE(3, 2, 2, "END")
			LOOK(4, 2, "") "SecMarker END\n" LOOK(2, 1, ",setvar:tx.pl=4"),
		"1: 2\n2: 3>2 4\npl=#1\n", 1},
	{"in a later phase: too late",
		SET(1, "setvar:tx.pl=1") GATE(3, 1, 2, "END")
			LOOK(4, 1, "") "SecMarker END\n" LOOK(2, 2, ",setvar:tx.pl=4"),
		"2: 2\npl=#1\n", 3},
	{"a name made at run time may be it",
		SET(1, "setvar:tx.pl=1,setvar:tx.ql=1") LOOK(2, 1, ",setvar:'tx.p%{MATCHED_VAR}=4'") GATE(
			3, 1, 2, "END") LOOK(4, 1,
			"") "SecMarker END\nSecRule TX:ql \"@lt 2\" \"id:5,phase:1,pass,nolog,skipAfter:E2\"\n" LOOK(6,
			1, "") "SecMarker E2\n",
		"1: 2 3>3 4\npl=#1\nql=#1\n", 3},
	{"what was read before cannot be set before",
		"SecRule ARGS \"@streq %{tx.a}\" \"id:1,phase:1,pass,nolog\"\n" SET(2, "setvar:tx.a=1"), "1: 1 2\n", 0},
	{"read by its name's pattern",
		"SecRule TX:/^a/ \"@eq 1\" \"id:1,phase:1,pass,nolog\"\n" SET(2, "setvar:tx.ab=1"), "1: 1 2\n", 0},
	{"not everybody comes by",
		LOOK(1, 1, ",skipAfter:END") SET(2, "setvar:tx.a=1") "SecMarker END\n" SET(3, "setvar:tx.b=1"),
		"1: 1>2 2\nb=#1\n", 1},
	{"whoever was refused does not come by",
		"SecRule ARGS \"@rx a\" \"id:1,phase:1,deny\"\n" SET(2, "setvar:tx.a=1"), "1: 1 2\n", 0},
	{"a way around the gate",
		SET(1, "setvar:tx.pl=1") LOOK(2, 1, ",skipAfter:MID") GATE(3, 1, 2, "END")
			LOOK(4, 1, "") "SecMarker MID\n" LOOK(5, 1, "") "SecMarker END\n" LOOK(6, 1, ""),
		"1: 2>2 3>3 5 6\npl=#1\n", 2},
	{"later phases set nothing before",
		"SecAction \"id:1,phase:2,pass,nolog,setvar:tx.a=1\"\nSecRule TX:a \"@eq 1\" \"id:2,phase:2,pass,nolog,setvar:tx.b=1\"\n",
		"2: 1 2\n", 0},
	{"what says something stays",
		"SecAction \"id:1,phase:1,pass,log,setvar:tx.a=1\"\nSecAction \"id:2,phase:1,pass,nolog,severity:2\"\n"
		"SecAction \"id:3,phase:1,deny,nolog\"\nSecAction \"id:4,phase:1,pass,nolog,ctl:ruleEngine=Off\"\n",
		"1: 1 2 3 4\n", 0},
	{"a chain whose link is known to fail",
		SET(1, "setvar:tx.a=0") "SecRule ARGS \"@rx a\" \"id:2,phase:1,deny,chain\"\nSecRule TX:a \"@eq 1\"\n"
					"SecRule ARGS \"@rx a\" \"id:3,phase:1,deny,chain,setvar:tx.b=1\"\nSecRule TX:a \"@eq 1\"\n",
		"1: 3\na=#0\n", 2},
	{"a link that looks at what its head sets",
		SET(1, "setvar:tx.a=0") "SecRule TX:a \"@eq 0\" \"id:2,phase:1,pass,nolog,chain,setvar:tx.a=1\"\nSecRule TX:a \"@eq 0\" \"setvar:tx.b=1\"\n",
		"1: 2\na=#0\n", 1},
	{"a gate that a ctl may take away stays, unless what it skips goes along",
		SET(1, "setvar:tx.pl=1") LOOK(2, 1, ",ctl:ruleRemoveById=3") LOOK(12, 1, ",ctl:ruleRemoveById=13-14")
			GATE(3, 1, 2, "E1") LOOK(4, 1, "") "SecMarker E1\n" GATE(13, 1, 2, "E2")
				LOOK(14, 1, "") "SecMarker E2\n",
		"1: 2 12 3>4 4\npl=#1\n", 3},
	{"whoever lands behind a rule that skips on does not come by everybody's way",
		LOOK(1, 1, ",skip:1") "SecAction \"id:2,phase:1,pass,nolog,skipAfter:END\"\n" SET(
			3, "setvar:tx.a=1") "SecMarker END\n",
		"1: 1>2 2>3 3\n", 0},
	{"a rule that takes a target from its own link",
		"SecAction \"id:1,phase:2,pass,nolog,tag:t,ctl:ruleRemoveTargetByTag=t;TX:a,skipAfter:END,chain\"\n"
		"SecRule &TX:a \"@eq 0\" \"t:none\"\n" LOOK(2, 2, "") "SecMarker END\n",
		"2: 1>2 2\n", 0},
	{"a target taken from a gate is not taken from what it skips",
		SET(1, "setvar:tx.pl=1")
			LOOK(2, 1, ",ctl:ruleRemoveTargetByTag=t;TX:pl") "SecRule TX:pl \"@lt 2\" \"id:3,phase:1,pass,nolog,tag:t,skipAfter:END\"\n" LOOK(
				4, 1, ",tag:t") "SecMarker END\n",
		"1: 2 3>3 4\npl=#1\n", 1},
	{"thresholds belong to the policy",
		SET(1, "setvar:tx.inbound_anomaly_score_threshold=5") "SecRule TX:inbound_anomaly_score_threshold \"@lt 9\" \"id:2,phase:1,pass,nolog,setvar:tx.a=1\"\n",
		"1: 1 2\n", 0},
	{"captures are nobody's to know", "SecRule &TX:1 \"@eq 0\" \"id:1,phase:1,pass,nolog,setvar:tx.a=1\"\n",
		"1: 1\n", 0},
	{"the last match is looked at",
		SET(1, "setvar:tx.a=1") "SecRule MATCHED_VAR \"@streq 1\" \"id:2,phase:1,pass,nolog\"\n", "1: 1 2\n",
		0},
};

static void test_folding(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(fold_cases); i++) {
		WQ_BUF(got, 64 * 1024);
		struct wq_waf_program *p;
		assert_ok(load(fold_cases[i].text, (struct how){.fold = true}, &p));
		put_phases(&got, p);
		put_initial(&got, p);
		check_text(fold_cases[i].name, &got, fold_cases[i].left);
		assert_int_equal(p->info.folded, fold_cases[i].folded);
		wq_waf_program_unref(&p);
	}
}

static void test_known_arguments(void **state)
{
	struct wq_waf_program *p;
	WQ_BUF(got, 4096);

	(void)state;
	assert_ok(load(
		SET(1, "setvar:tx.n=5,setvar:'tx.t=GET HEAD',setvar:tx.r=a|b") LOOK(2, 1,
			",setvar:tx.later=1") "SecRule ARGS \"@ge %{tx.n}\" \"id:3,phase:1,pass\"\n"
					      "SecRule REQUEST_METHOD \"!@within %{tx.t}\" \"id:4,phase:1,pass\"\n"
					      "SecRule ARGS \"@rx ^(?:%{tx.r})$\" \"id:5,phase:1,pass\"\n"
					      "SecRule ARGS \"@eq %{tx.later}\" \"id:6,phase:1,pass\"\n"
					      "SecRule ARGS \"@eq %{tx.n}\" \"id:7,phase:1,pass,setvar:tx.n=+1\"\n",
		(struct how){.fold = true}, &p));
	for (uint32_t i = 2; i < p->rules_n; i++)
		put_rule(&got, p, &p->rules[i]);
	check_text("arguments", &got,
		"3:1 ARGS @ge #5 5 pass 403 log\n4:1 REQUEST_METHOD !@within GET HEAD pass 403 log\n"
		"5:1 ARGS @rx ^(?:a|b)$ re1 pat1 pass 403 log\n6:1 ARGS @eq {TX.later} pass 403 log\n"
		"7:1 ARGS @eq {TX.n} pass 403 log; setvar TX.n+=#1\n");
	wq_waf_program_unref(&p);
}

static void test_settings_come_first(void **state)
{
	static const struct wq_waf_setting settings[] = {
		{WQ_S_INIT("PL"), WQ_S_INIT("3")}, {WQ_S_INIT("free"), WQ_S_INIT("text")}};
	struct wq_waf_program *p;
	WQ_BUF(got, 4096);

	(void)state;
	assert_ok(load("SecRule &TX:pl \"@eq 0\" \"id:1,phase:1,pass,nolog,setvar:tx.pl=1\"\n" GATE(2, 1, 3, "END")
			       LOOK(3, 1, "") "SecMarker END\n",
		(struct how){.fold = true, .settings = settings, .settings_n = WQ_COUNT(settings)}, &p));
	put_phases(&got, p);
	put_initial(&got, p);
	check_text("settings", &got, "1: 3\npl=#3\nfree=text\n");
	assert_int_equal(wq_waf_slot(p, WQ_S("pL")), wq_waf_slot(p, WQ_S("pl")));
	assert_int_equal(wq_waf_slot(p, WQ_S("9")), 9);
	assert_int_equal(wq_waf_slot(p, WQ_S("nothing")), WQ_WAF_NONE);
	wq_waf_program_unref(&p);
}

/* ---- what is refused */

static const struct {
	const char *text, *words;
} bad[] = {
	{"SecAction \"id:1,phase:9,pass\"\n", "phase:9"},
	{"SecRule ARGS \"@rx (\" \"id:1,phase:2,pass\"\n", "main:1: regular expression"},
	{"SecRule ARGS:/(/ \"@rx a\" \"id:1,phase:2,pass\"\n", "main:1: regular expression"},
	{"SecRule ARGS \"@ipMatch 300.1.1.1\" \"id:1,phase:2,pass\"\n", "no address and no network"},
	{"SecRule ARGS \"@ipMatch 10.0.0.0/33\" \"id:1,phase:2,pass\"\n", "no address and no network"},
	{"SecAction \"id:1,phase:2,pass,status:99\"\n", "status:99"},
	{"SecRuleRemoveById x\n", ""},
	{"SecRuleRemoveByTag (\n", "main:1: regular expression"},
	{"SecAction \"id:1,phase:2,pass,ctl:ruleRemoveTargetById=1\"\n", ""},
	{"SecAction \"id:1,phase:2,pass,ctl:ruleRemoveById=2-1\"\n", ""},
	{"SecAction \"id:1,phase:2,pass\"\nSecRuleUpdateActionById 1 \"id:2\"\n", "cannot be changed"},
	{"SecDefaultAction \"phase:1,pass,block\"\n", ""},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bad); i++) {
		struct wq_waf_program *p = NULL;
		wq_err e = load(bad[i].text, (struct how){.fold = true}, &p);
		if (!wq_is(e, WQ_E_CONFIG))
			fail_msg("%s: %s (%s)", bad[i].text, wq_err_name(e), wq_err_note(e));
		assert_null(p);
		if (!strstr(wq_err_note(e), bad[i].words) || !strstr(wq_err_note(e), "main:"))
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].text, wq_err_note(e), bad[i].words);
	}
}

static void test_limits(void **state)
{
	struct wq_waf_program *p = NULL;
	WQ_BUF(text, 4 * WQ_MIB);

	(void)state;
	for (int i = 0; i <= WQ_WAF_SLOTS_MAX; i++)
		wq_buf_printf(&text, "SecAction \"id:%d,phase:2,pass,setvar:tx.name%d=1\"\n", i + 1, i);
	assert_err(load(wq_buf_cstr(&text), (struct how){.fold = true}, &p), WQ_E_LIMIT);
	wq_buf_clear(&text);
	for (int i = 0; i <= WQ_WAF_RULES_MAX; i++)
		wq_buf_printf(&text, "SecAction \"id:%d,phase:2,pass\"\n", i + 1);
	assert_err(load(wq_buf_cstr(&text), (struct how){.fold = true}, &p), WQ_E_LIMIT);
	wq_buf_clear(&text);
	for (int i = 0; i <= WQ_WAF_PATTERNS_MAX; i++)
		wq_buf_printf(&text, "SecRule ARGS \"@pm a%d\" \"id:%d,phase:2,pass\"\n", i, i + 1);
	assert_err(load(wq_buf_cstr(&text), (struct how){.fold = true}, &p), WQ_E_LIMIT);
	assert_null(p);
}

/* ---- the program as a whole */

static void test_settings_of_files(void **state)
{
	struct wq_waf_program *p;

	(void)state;
	assert_ok(load("", (struct how){0}, &p));
	assert_int_equal(p->engine, 1);
	assert_true(p->request_body && p->response_body && p->response_limit_partial && !p->body_limit_partial);
	assert_int_equal(p->request_body_limit, 13107200);
	assert_int_equal(p->mime_types_n, 3);
	assert_int_equal(p->argument_separator, '&');
	wq_waf_program_unref(&p);
	assert_ok(
		load("SecRuleEngine DetectionOnly\nSecRequestBodyAccess Off\nSecRequestBodyLimit 1000\n"
		     "SecResponseBodyMimeType text/CSS application/json\nSecRequestBodyLimitAction ProcessPartial\n"
		     "SecArgumentSeparator ;\nSecComponentSignature \"a b\"\nSecPcreMatchLimit 500\nSecWebAppId shop\n",
			(struct how){0}, &p));
	assert_int_equal(p->engine, 2);
	assert_true(!p->request_body && p->body_limit_partial);
	assert_int_equal(p->request_body_limit, 1000);
	assert_int_equal(p->mime_types_n, 2);
	assert_str(p->mime_types[0], WQ_S("text/css"));
	assert_int_equal(p->argument_separator, ';');
	assert_int_equal(p->match_limit, 500);
	assert_str(p->info.signature, WQ_S("a b"));
	assert_str(p->web_app_id, WQ_S("shop"));
	wq_waf_program_unref(&p);
}

static void test_networks_and_bytes(void **state)
{
	static const uint8_t ten[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 0, 0};
	struct wq_waf_program *p;

	(void)state;
	assert_ok(load("SecRule REMOTE_ADDR \"@ipMatch 10.1.0.0/16, ::1\" \"id:1,phase:2,pass\"\n"
		       "SecRule ARGS \"@validateByteRange 0,64-65,255\" \"id:2,phase:2,pass\"\n",
		(struct how){0}, &p));
	assert_memory_equal(p->networks[0].addr, ten, 16);
	assert_int_equal(p->networks[0].bits, 112);
	assert_int_equal(p->networks[1].bits, 128);
	assert_int_equal(p->byte_sets[0][0], 1);
	assert_int_equal(p->byte_sets[0][1], 3);
	assert_int_equal(p->byte_sets[0][2], 0);
	assert_int_equal(p->byte_sets[0][3], UINT64_C(1) << 63);
	wq_waf_program_unref(&p);
}

static void test_patterns_of_reachable_rules_only(void **state)
{
	static const char text[] = SET(1, "setvar:tx.pl=1") GATE(2, 2, 2,
		"END") "SecRule ARGS:/sel/ \"@rx deep\" \"id:3,phase:2,pass\"\nSecMarker END\n"
		       "SecRule ARGS \"@rx shallow\" \"id:4,phase:2,pass\"\nSecRule ARGS \"@pmFromFile words\" \"id:5,phase:2,pass\"\n";
	struct wq_waf_program *p;
	uint64_t bits;

	(void)state;
	assert_ok(load(text, (struct how){.fold = true}, &p));
	assert_int_equal(p->info.patterns, 2);
	assert_int_equal(p->regexes_n, 1);
	assert_int_equal(p->info.rules, 5);
	bits = p->asked[0];
	wq_literals_scan(p->literals, WQ_S("A Beta and a shallow one"), &bits);
	assert_int_equal(bits, 3);
	bits = 0;
	wq_literals_scan(p->literals, WQ_S("nothing of it, deep"), &bits);
	assert_int_equal(bits, 0);
	wq_waf_program_unref(&p);
	assert_ok(load(text, (struct how){.fold = false}, &p));
	assert_int_equal(p->info.patterns, 3);
	assert_int_equal(p->regexes_n, 3);
	wq_waf_program_unref(&p);
	/* a fault in a rule that is out of reach is named all the same */
	assert_err(load(SET(1, "setvar:tx.pl=1")
				   GATE(2, 2, 2, "END") "SecRule ARGS \"@rx (\" \"id:3,phase:2,pass\"\nSecMarker END\n",
			   (struct how){.fold = true}, &p),
		WQ_E_CONFIG);
}

static void test_digest_tells_loads_apart(void **state)
{
	static const struct wq_waf_setting setting = {WQ_S_INIT("pl"), WQ_S_INIT("3")};
	static const char *const texts[] = {"SecAction \"id:1,phase:2,pass\"\n", "SecAction \"id:1,phase:2,pass\"\n",
		"SecAction \"id:2,phase:2,pass\"\n", "SecAction \"id:1,phase:2,pass\"\n"};
	struct wq_waf_program *p[4];

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(texts); i++)
		assert_ok(
			load(texts[i], (struct how){.fold = true, .settings = &setting, .settings_n = i == 3}, &p[i]));
	assert_memory_equal(p[0]->info.digest, p[1]->info.digest, 32);
	assert_memory_not_equal(p[0]->info.digest, p[2]->info.digest, 32);
	assert_memory_not_equal(p[0]->info.digest, p[3]->info.digest, 32);
	for (size_t i = 0; i < WQ_COUNT(texts); i++)
		wq_waf_program_unref(&p[i]);
}

static void test_references(void **state)
{
	struct wq_waf_program *p, *again;

	(void)state;
	assert_ok(load("SecAction \"id:1,phase:2,pass\"\n", (struct how){0}, &p));
	again = wq_waf_program_ref(p);
	wq_waf_program_unref(&p);
	assert_null(p);
	assert_int_equal(wq_waf_program_info(again)->rules, 1);
	wq_waf_program_unref(&again);
	wq_waf_program_unref(&again);
}

static void test_wanted(void **state)
{
	struct wq_waf_program *p;

	(void)state;
	assert_ok(load(
		"SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,msg:'%{REMOTE_ADDR}',chain\"\nSecRule REQUEST_METHOD \"@streq %{TIME}\"\n",
		(struct how){0}, &p));
	for (unsigned var = 0; var < WQ_VAR_COUNT; var++) {
		bool wanted = p->wanted[1][var / 64] >> var % 64 & 1;
		assert_int_equal(wanted,
			var == WQ_VAR_ARGS || var == WQ_VAR_REMOTE_ADDR || var == WQ_VAR_REQUEST_METHOD ||
				var == WQ_VAR_TIME);
		assert_false(p->wanted[2][var / 64] >> var % 64 & 1);
	}
	wq_waf_program_unref(&p);
}

/* ---- exceptions of applications */

static void test_exceptions(void **state)
{
	static const struct wq_waf_exception list[] = {
		{.first = 2, .last = 3, .mark = 7},
		{.tag = WQ_S_INIT("x"), .target = WQ_S_INIT("ARGS:content"), .mark = 8},
		{.first = 1, .last = 1, .target = WQ_S_INIT("REQUEST_COOKIES:/^x/"), .mark = 9},
	};
	static const struct wq_waf_exception bad_target = {.first = 1, .last = 1, .target = WQ_S_INIT("NOVAR:x")};
	struct wq_waf_exceptions *e;
	struct wq_waf_program *p;

	(void)state;
	assert_ok(load(
		"SecRule ARGS \"@rx a\" \"id:1,phase:2,pass,tag:x,chain\"\nSecRule ARGS \"@rx b\"\n"
		"SecRule ARGS \"@rx a\" \"id:2,phase:2,pass,tag:y\"\nSecRule ARGS \"@rx a\" \"id:3,phase:2,pass,tag:x\"\n",
		(struct how){0}, &p));
	assert_ok(wq_waf_exceptions_new(p, list, WQ_COUNT(list), &e));
	assert_int_equal(e->n, 3);
	assert_true(e->list[0].whole);
	assert_int_equal(e->list[0].rules[0], 1 << 2 | 1 << 3);
	assert_int_equal(e->list[1].rules[0], 1 << 0 | 1 << 3);
	assert_str(e->list[1].target.name, WQ_S("content"));
	assert_int_equal(e->list[1].target.var, WQ_VAR_ARGS);
	assert_int_equal(e->list[2].mark, 9);
	assert_int_equal(e->list[2].target.selector, WQ_SEC_SELECT_REGEX);
	assert_non_null(e->regexes[e->list[2].target.regex]);
	wq_waf_exceptions_free(&e);
	wq_waf_exceptions_free(&e);
	assert_err(wq_waf_exceptions_new(p, &bad_target, 1, &e), WQ_E_CONFIG);
	wq_waf_program_unref(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_known_arguments),
		cmocka_unit_test(test_settings_come_first),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_settings_of_files),
		cmocka_unit_test(test_networks_and_bytes),
		cmocka_unit_test(test_patterns_of_reachable_rules_only),
		cmocka_unit_test(test_digest_tells_loads_apart),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_exceptions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
