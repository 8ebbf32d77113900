#include "base/test.h"
#include "detect/portal/portal_priv.h"

enum { FILE_MAX = 1024 * 1024 };

static struct wq_arena arena;
static const struct wq_portal_rules *rules;

static int load_rules(void **state)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	char path[4096];

	(void)state;
	wq_arena_init(&arena, 16 * WQ_MIB);
	snprintf(path, sizeof path, "%s/rules/portal/portal.txt", root ? root : ".");
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *bytes = wq_arena_alloc(&arena, FILE_MAX);
	size_t n = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	assert_ok(wq_portal_rules_parse(&arena, WQ_S("portal.txt"), wq_str_of(bytes, n), &rules));
	return 0;
}

static int free_rules(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return 0;
}

/* Tokens as "kind:text", parted by spaces. */
static void tokens(void **state)
{
	static const struct {
		const char *source, *tokens;
	} rows[] = {
		{"", ""},
		{"a.b(1)", "n:a m:. n:b m:( d:1 m:)"},
		{"'it\\'s' \"x\"", "s:it\\'s s:x"},
		{"a/b/c", "n:a m:/ n:b m:/ n:c"},
		{"x=/[/]\\/g/.test(y)", "n:x m:= r:[/]\\/g m:. n:test m:( n:y m:)"},
		{"return /a/", "n:return r:a"},
		{"f(a)/2", "n:f m:( n:a m:) m:/ d:2"},
		{"a//gov.cn\nb/*'*/c", "n:a n:b n:c"},
		{"<!-- hidden\na", "n:a"},
		{"`a\n'${b}`c", "s:a\n'${b} n:c"},
		{"'open\nb", "s:open n:b"},
		{"\"open\\", "s:open\\"},
		{"/* open", ""},
		{"离开=1", "n:离开 m:= d:1"},
		{"a=/open", "n:a m:= m:/ n:open"},
	};
	static const char kinds[] = "?nsrdm";

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct portal_js js = {.source = wq_str_c(rows[i].source)};
		WQ_BUF(out, 4096);
		for (struct portal_js_token t = portal_js_next(&js); t.kind != JS_END; t = portal_js_next(&js))
			wq_buf_printf(&out, "%s%c:%.*s", out.len ? " " : "", kinds[t.kind], WQ_S_ARG(t.text));
		assert_string_equal(wq_buf_cstr(&out), rows[i].tokens);
	}
}

#define ASK "if(!confirm('您访问的链接即将离开本站，是否继续？'))return false"

static void prompts(void **state)
{
	enum { ASKS = 1u << 30 };
	static const struct {
		const char *source;
		unsigned has, lacks;
	} rows[] = {
		/* right ones */
		{"document.addEventListener('click',function(e){var u=new URL(e.target.href);"
		 "if(!/(^|\\.)gov\\.cn$/.test(u.hostname)&&!confirm('即将离开'))e.preventDefault()})",
			ASKS | SCRIPT_DELEGATED, SCRIPT_SUBSTRING | SCRIPT_LOADED},
		{"$(document).on('click','a',function(){if(!this.hostname.endsWith('.gov.cn')){" ASK "}})",
			ASKS | SCRIPT_DELEGATED | SCRIPT_TESTS, SCRIPT_SUBSTRING},
		{"document.onclick=function(e){if(!/^https?:\\/\\/([^\\/]+\\.)?gov\\.cn(\\/|$)/.test(e.target.href)){" ASK
		 "}}",
			ASKS | SCRIPT_DELEGATED, SCRIPT_SUBSTRING},
		{"$('body').delegate('a','click',function(){" ASK "})", ASKS | SCRIPT_DELEGATED, SCRIPT_SUBSTRING},
		/* 工信部, 南沙, 武汉, 西安 */
		{"$('a').click(function(){if($(this).attr('href').indexOf('www.gov.cn')<0){" ASK "}})",
			ASKS | SCRIPT_SUBSTRING | SCRIPT_LOADED, SCRIPT_DELEGATED},
		{"document.onclick=function(e){if(href.indexOf(\"gov.cn\")>=0)return;" ASK "}", ASKS | SCRIPT_SUBSTRING,
			0},
		{"document.onclick=function(e){if(href.substring(7,21)!='www.x.gov.cn'){" ASK "}}",
			ASKS | SCRIPT_SUBSTRING, 0},
		{"var l=document.getElementsByTagName('a');for(var i=0;i<l.length;i++){var a=l[i];a.onclick=function(){" ASK
		 "}}",
			ASKS | SCRIPT_LOADED, SCRIPT_DELEGATED | SCRIPT_SUBSTRING},
		{"document.querySelectorAll('a[href^=\"http\"]').forEach(function(a){a.addEventListener('click',function(){" ASK
		 "})})",
			ASKS | SCRIPT_LOADED | SCRIPT_ONLY_HTTP, SCRIPT_DELEGATED},
		/* other ways to be wrong */
		{"$(\"a:not([href*='gov.cn'])\").on('click',function(){" ASK "})",
			ASKS | SCRIPT_SUBSTRING | SCRIPT_LOADED, 0},
		{"document.onclick=function(e){if(/gov.cn/.test(e.target.href))return;" ASK "}",
			ASKS | SCRIPT_SUBSTRING, 0},
		{"document.onclick=function(e){if(/\\.gov\\.cn$/.test(e.target.href))return;" ASK "}",
			ASKS | SCRIPT_SUBSTRING, 0},
		{"document.onclick=function(e){if(e.target.hostname.endsWith('gov.cn'))return;" ASK "}",
			ASKS | SCRIPT_SUBSTRING, 0},
		{"document.onclick=function(e){if(e.target.href.startsWith('http://www.x.gov.cn'))return;" ASK "}",
			ASKS | SCRIPT_SUBSTRING, 0},
		{"document.onclick=function(e){if(a.href.indexOf(location.hostname)>=0)return;" ASK "}",
			ASKS | SCRIPT_SUBSTRING, 0},
		{"document.onclick=function(e){if(a.href.match('gov.cn'))return;confirm('\\u5373\\u5c06\\u79bb\\u5f00')}",
			ASKS | SCRIPT_SUBSTRING | SCRIPT_SAYS, 0},
		/* a list of hosts, and a text that is searched for each */
		{"var own=new Array('www.x.gov.cn','.x.gov.cn');function f(u){for(var i in own)if(u.toLowerCase().indexOf(own[i])>-1)return;"
		 "layer.confirm('即将离开')};$(document).on('click','a',f)",
			ASKS | SCRIPT_SUBSTRING | SCRIPT_DELEGATED, 0},
		{"var o={list:['.gov.cn','a.com']};document.onclick=function(e){for(k in o.list)if(h.includes(o.list[k]))return;" ASK
		 "}",
			ASKS | SCRIPT_SUBSTRING, 0},
		{"var own=['www.x.gov.cn'];document.onclick=function(e){if(own.indexOf(e.target.hostname)<0){" ASK "}}",
			ASKS, SCRIPT_SUBSTRING},
		{"$('a').each(function(){$(this).click(function(){if(this.host!='www.x.gov.cn'){" ASK "}})})",
			ASKS | SCRIPT_LOADED, SCRIPT_SUBSTRING | SCRIPT_DELEGATED},
		{"$('body a').click(function(){if($.trim(url).indexOf('gov.cn')>-1)return true;show();return false})",
			SCRIPT_SUBSTRING | SCRIPT_LOADED, ASKS},
		{"function ask(u){dialog.confirm({content:'您访问的链接即将离开本站'})}", ASKS, SCRIPT_BINDS},
		/* what else they cover */
		{"document.onclick=function(){" ASK
		 "};document.addEventListener('submit',f);var o=window.open;window.open=function(){}",
			ASKS | SCRIPT_FORMS | SCRIPT_OPEN, SCRIPT_SUBSTRING},
		{"if(window.open==null)x()", 0, SCRIPT_OPEN},
		/* none */
		{"// document.onclick=function(){confirm('即将离开')}\nvar a='gov.cn'", 0,
			ASKS | SCRIPT_SUBSTRING | SCRIPT_BINDS},
		{"var s='document.onclick=function(){}; indexOf(\"gov.cn\")'", 0,
			ASKS | SCRIPT_SUBSTRING | SCRIPT_BINDS},
		{"$('.menu').click(function(){if(location.href.indexOf('gov.cn')>0)show()})", SCRIPT_BINDS, ASKS},
		{"$('#del').click(function(){return confirm('确定删除？')})", SCRIPT_BINDS, ASKS},
		{"function confirm(x){}", 0, SCRIPT_CONFIRM},
	};
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		unsigned facts = portal_script_read(rules, wq_str_c(rows[i].source)).facts;
		facts |= portal_script_asks(facts, false) ? ASKS : 0;
		if ((facts & rows[i].has) != rows[i].has || facts & rows[i].lacks) {
			print_message("# %s\n#   has %#x, wants %#x without %#x\n", rows[i].source, facts, rows[i].has,
				rows[i].lacks);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void addresses(void **state)
{
	(void)state;
	struct portal_script script = portal_script_read(rules,
		WQ_S("window.open('http://a.com/');location.href=\"http://b.com\";window.location='/c';x.href='http://d.com';"
		     "if(location.href=='http://e.com')y()"));
	assert_int_equal(script.opens_n, 3);
	assert_str(script.opens[0], WQ_S("http://a.com/"));
	assert_str(script.opens[1], WQ_S("http://b.com"));
	assert_str(script.opens[2], WQ_S("/c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(prompts),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
