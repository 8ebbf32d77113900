#include "policy/profile.h"

#include "base/utf8.h"
#include "policy/block_priv.h"

static const struct wq_conf_row rows[] = {
	{"paths", WQ_CONF_LIST, "", 0, 1000, NULL,
		"各路径前缀的类别：“/前缀 类别”，类别为 sealed（封存）、dynamic（动态，转发至源站）、staff（仅限内部网络）、closed（关闭）。"
		"前缀按整段匹配，最长者有效；未列出的路径为 sealed。sealed 可加 query=refuse（缺省）、ignore、keep 或参数名列表",
		"the class of a path prefix: \"/prefix class\"; sealed, dynamic (passed on to the origin), staff (listed networks "
		"only) or closed. Whole segments match, the longest prefix counts, what is not listed is sealed. A sealed path "
		"may say query=refuse (the default), ignore, keep, or the names of the parameters that count"},
	{"staff.from", WQ_CONF_LIST, "", 0, 1000, NULL,
		"可访问 staff 路径的网络，如 10.0.0.0/8；为空则任何人都不能访问",
		"networks from which staff paths may be reached, like 10.0.0.0/8; none: from nowhere"},
	{"leave.prompt", WQ_CONF_BOOL, "false", 0, 0, NULL, "访问者经链接离开本站时提示（2024 第十五条）",
		"ask before a link leads a visitor out of the site (2024 art. 15)"},
	{"leave.name", WQ_CONF_TEXT, "", 0, WQ_POLICY_TEXT_MAX, NULL, "提示页中的门户名称，如“云山县人民政府”",
		"the portal's name in the prompt"},
	{"leave.path", WQ_CONF_TEXT, "/leave/", 3, 200, NULL, "提示页的路径前缀，以 / 开头和结尾；源站不得使用该路径",
		"path of the prompt, begins and ends with /; the origin's own paths must not lie below it"},
	{"leave.inside", WQ_CONF_LIST, "", 0, 1000, NULL,
		"除党政机关专用域名、应用自身域名和 rules/inside.conf 所列主机外，也视为站内的主机",
		"hosts that count as inside, besides the application's own, those under suffixes reserved to organs and those of "
		"rules/inside.conf"},
	{"footer", WQ_CONF_TEXT, "", 0, WQ_POLICY_FOOTER_MAX, NULL,
		"页面没有党政机关网站标识时，在 </body> 前加入的 HTML；为空则不加",
		"HTML that is put before </body> of a page that has no mark of its own; empty: nothing"},
	{"csp", WQ_CONF_TEXT, "off", 2, 7, NULL, "由封存内容生成的内容安全策略：off、report（只报告）、enforce（强制）",
		"the content security policy derived from what is sealed: off, report, enforce"},
	{"volatile", WQ_CONF_LIST, "", 0, 1000, NULL,
		"每次抓取都不同的区域：freeze|remove 路径 \"前文\" \"后文\" 最大长度 [digits|hex|word|base64|clock|text|any]；"
		"freeze 保留封存时的值，remove 删去",
		"regions that differ on each fetch: freeze|remove PATH \"before\" \"after\" LONGEST "
		"[digits|hex|word|base64|clock|text|any]; freeze keeps the sealed value, remove cuts it out"},
	{"rules.mode", WQ_CONF_TEXT, "log", 3, 9, NULL,
		"规则引擎对动态和内部路径的处置：off（关闭）、log（只记录，不影响访问）、challenge（请访问者点击确认）、block（拦截）",
		"what the rule engine does on dynamic and staff paths: off, log (notes, delays nothing), challenge (a person goes on "
		"by a button), block"},
	{"rules.paths", WQ_CONF_LIST, "", 0, 1000, NULL, "个别路径前缀的处置：“/前缀 处置”，最长者有效",
		"the mode of a path prefix: \"/prefix mode\"; the longest prefix counts"},
	{"rules.over", WQ_CONF_TEXT, "block", 4, 5, NULL,
		"在 challenge、block 下，超出预算的请求：block（拒绝）或 pass（放行并记录）",
		"what becomes of a request that is over its budget, under challenge and block: block, or pass (noted)"},
	{"rules.unreadable", WQ_CONF_TEXT, "block", 4, 5, NULL,
		"在 challenge、block 下，请求正文无法解码时：block（拒绝）或 pass（放行并记录）",
		"what becomes of a request whose body cannot be decoded, under challenge and block: block, or pass (noted)"},
	{"rules.body_max", WQ_CONF_SIZE, "128KiB", 1024, 1024ll * 1024 * 1024, NULL,
		"供规则检查的正文上限（不含上传的文件）",
		"the bytes of a body that rules look at, uploaded files not counted; more is over the budget"},
	{"rules.upload_max", WQ_CONF_SIZE, "128MiB", 1024, 1024ll * 1024 * 1024 * 1024, NULL, "带文件的正文上限",
		"the bytes of a body with its files; more is over the budget"},
	{"rules.budget", WQ_CONF_DURATION, "50ms", 1, WQ_GUARD_MSEC_MAX, NULL, "每个请求的规则计算时间上限",
		"the time of evaluation that one request may take"},
	{"rules.client", WQ_CONF_DURATION, "200ms", 0, WQ_GUARD_MSEC_MAX, NULL,
		"每个来源（IPv4 /24、IPv6 /56）每秒可用的规则计算时间；0 为不限",
		"the time of evaluation that one client prefix (IPv4 /24, IPv6 /56) may take in a second; 0: no limit"},
	{"rules.application", WQ_CONF_DURATION, "0s", 0, WQ_GUARD_MSEC_MAX, NULL,
		"整个应用每秒可用的规则计算时间；0 为不限", "the same for the whole application; 0: no limit"},
	{"rules.inbound", WQ_CONF_INT, "0", 0, WQ_GUARD_SCORE_MAX, NULL, "请求的异常分阈值；0 为按规则集",
		"the anomaly score from which a request is refused; 0: as the rule set says"},
	{"rules.outbound", WQ_CONF_INT, "0", 0, WQ_GUARD_SCORE_MAX, NULL, "响应的异常分阈值；0 为按规则集",
		"the anomaly score from which a response is refused; 0: as the rule set says"},
	{"rules.exceptions", WQ_CONF_LIST, "", 0, WQ_GUARD_EXCEPTIONS_MAX, NULL,
		"规则例外：规则号[-规则号]|tag:标签 [目标] [/路径] until 截止日期 理由；到期自动失效，随发布审批",
		"exceptions: RULE[-RULE]|tag:TAG [TARGET] [/PATH] until YYYY-MM-DD REASON; they end by themselves and are approved "
		"with the release"},
	{"capture.twice", WQ_CONF_BOOL, "true", 0, 0, NULL, "每页抓取两次，以识别每次抓取都不同的区域",
		"fetch each page twice, to learn which regions differ on each fetch"},
	{"confirmed", WQ_CONF_LIST, "", 0, 1000, NULL,
		"负责人已确认可以链接的站外主机（2014 三）；有效的 link 审批同样算作确认，到期即止",
		"outside hosts whose links the responsible leader confirmed (2014 三); an approval of subject link confirms "
		"as well, until it ends"},
};

const struct wq_conf_row *wq_profile_rows(size_t *ret_n)
{
	*ret_n = WQ_COUNT(rows);
	return rows;
}

void wq_profile_document(struct wq_buf *out)
{
	wq_buf_add(out,
		WQ_S("# Profile 应用配置\n\n"
		     "Made from the table in `src/policy/profile.c`; a test compares the two.\n\n"
		     "The profile says how one application is guarded. The syntax is libconfig's:\n\n"
		     "```\n"
		     "paths    = [ \"/search dynamic\", \"/admin staff\", \"/tmp closed\", \"/static sealed query=ignore\",\n"
		     "             \"/list sealed query=page,size\" ];\n"
		     "staff    = { from = [ \"10.0.0.0/8\" ]; };\n"
		     "leave    = { prompt = true; name = \"云山县人民政府\"; inside = [ \"www.partner.example\" ]; };\n"
		     "footer   = \"<p>…</p>\";\n"
		     "volatile = [ \"freeze /news \\\"阅读次数：\\\" \\\"次\\\" 16 digits\" ];\n"
		     "rules    = { mode = \"block\"; exceptions = [ \"942100 ARGS:content /article until 2027-03-01 SQL 教程\" ]; };\n"
		     "```\n\n"
		     "What it says of paths, staff, leaving, footer, csp, volatile regions and rules becomes part of a release: reviewers "
		     "approve it like a page, and it switches with the pages. `capture` and `confirmed` are for capture and checks "
		     "alone.\n\n"
		     "A volatile region is what stands between the two texts, at most so long and of such bytes; what is longer or "
		     "has other bytes is no region, so that nothing can be planted there unseen. Bytes: digits (0-9 . ,), hex (and a-f -), word "
		     "(and letters _ ~ %), base64 (and + / =), clock (dates and times in English and Chinese), text (no markup, no "
		     "quotation marks), any (markup too: write it with care). Bytes that are no text are written \\xNN, with each \\ "
		     "doubled in the file. An empty text before (after) means that the region begins (ends) with the page.\n\n"
		     "本文由 `src/policy/profile.c` 中的表生成。应用配置说明如何防护一个应用；其中路径、内部网络、离站提示、页脚标识、"
		     "内容安全策略、易变区域和规则引擎设置随发布一并审批，与页面同时生效；`capture` 和 `confirmed` 仅用于抓取和检查。"
		     "易变区域位于前文与后文之间，超过最大长度或含有其他字符的内容不视为易变区域。\n\n## English\n\n"));
	wq_conf_manual(rows, WQ_COUNT(rows), WQ_LANG_EN, out);
	wq_buf_add(out, WQ_S("\n## 中文\n\n"));
	wq_conf_manual(rows, WQ_COUNT(rows), WQ_LANG_ZH, out);
}

/* ---- one entry ---- */

static wq_str word(wq_str *text)
{
	wq_str found;

	*text = wq_str_trim(*text);
	found = wq_str_cut(text, ' ');
	*text = text->p ? wq_str_trim(*text) : WQ_S_NONE;
	return found;
}

/* The canonical form of a path as people write it. */
static wq_err take_path(wq_str written, struct wq_arena *arena, wq_str *ret_path)
{
	WQ_BUF(key, WQ_KEY_MAX);
	enum wq_key_reason reason = WQ_KEY_NO_PATH;
	wq_str host, path;

	if (wq_failed(wq_key_make(WQ_S("h"), written, NULL, &key, &reason)))
		return wq_error(WQ_E_INPUT, "\"%.*s\" is no path (%s): it begins with / and has no query",
			WQ_S_ARG(written), wq_key_reason_text(reason));
	wq_key_split(wq_buf_str(&key), &host, &path);
	*ret_path = wq_arena_str(arena, path);
	return wq_arena_err(arena);
}

static wq_err take_host(wq_str written, struct wq_arena *arena, wq_str *ret_host)
{
	char canonical[WQ_HOST_MAX + 1];
	size_t n;

	if (wq_str_chr(written, '/') >= 0 || wq_str_chr(written, '*') >= 0 ||
		wq_key_host(written, canonical, &n) != WQ_KEY_FINE)
		return wq_error(
			WQ_E_INPUT, "\"%.*s\" is no host; write it like www.partner.example", WQ_S_ARG(written));
	*ret_host = wq_arena_str(arena, wq_str_of(canonical, n));
	return wq_arena_err(arena);
}

static wq_err take_query(wq_str text, struct wq_arena *arena, struct wq_path_rule *rule)
{
	static const struct {
		const char *name;
		enum wq_key_query query;
	} words[] = {{"refuse", WQ_KEY_QUERY_REFUSE}, {"ignore", WQ_KEY_QUERY_IGNORE}, {"keep", WQ_KEY_QUERY_KEEP}};
	wq_str rest = text, *listed;

	for (size_t i = 0; i < WQ_COUNT(words); i++)
		if (wq_str_eq(text, wq_str_c(words[i].name))) {
			rule->query = words[i].query;
			return WQ_OK;
		}
	listed = WQ_NEW_ARRAY(arena, wq_str, WQ_POLICY_LISTED_MAX);
	while (rest.p && listed && rule->listed_n < WQ_POLICY_LISTED_MAX)
		listed[rule->listed_n++] = wq_arena_str(arena, wq_str_cut(&rest, ','));
	if (rest.p)
		return wq_error(WQ_E_INPUT, "more than %d parameters", WQ_POLICY_LISTED_MAX);
	rule->query = WQ_KEY_QUERY_LISTED;
	rule->listed = listed;
	return wq_arena_err(arena);
}

static wq_err take_path_rule(wq_str text, struct wq_arena *arena, void *ret_row)
{
	struct wq_path_rule rule = {0};
	wq_str rest = text, prefix = word(&rest), class = word(&rest), query = word(&rest);

	WQ_TRY(take_path(prefix, arena, &rule.prefix));
	if (!wq_path_class_parse(class, &rule.class))
		return wq_error(WQ_E_INPUT, "after the path comes sealed, dynamic, staff or closed");
	if (query.n > 0 && !wq_str_starts(query, WQ_S("query=")))
		return wq_error(WQ_E_INPUT, "after the class comes nothing, or query=refuse|ignore|keep|name,name");
	if (rest.n > 0)
		return wq_error(WQ_E_INPUT, "\"%.*s\" is left over", WQ_S_ARG(rest));
	if (query.n > 0 && rule.class != WQ_CLASS_SEALED)
		return wq_error(WQ_E_INPUT, "only a sealed path has query=; the others are passed on with their query");
	if (query.n > 0)
		WQ_TRY(take_query(wq_str_from(query, 6), arena, &rule));
	*(struct wq_path_rule *)ret_row = rule;
	return WQ_OK;
}

static wq_err take_network(wq_str text, struct wq_arena *arena, void *ret_row)
{
	(void)arena;
	return wq_network_parse(text, ret_row);
}

static wq_err take_host_row(wq_str text, struct wq_arena *arena, void *ret_row)
{
	return take_host(text, arena, ret_row);
}

static wq_err take_volatile(wq_str text, struct wq_arena *arena, void *ret_row)
{
	struct wq_volatile_rule rule;

	WQ_TRY(wq_volatile_rule_parse(text, arena, &rule));
	WQ_TRY(take_path(rule.prefix, arena, &rule.prefix));
	*(struct wq_volatile_rule *)ret_row = rule;
	return WQ_OK;
}

static wq_err take_guard_path(wq_str text, struct wq_arena *arena, void *ret_row)
{
	struct wq_guard_path path;
	wq_str rest = text, prefix = word(&rest), mode = word(&rest);

	WQ_TRY(take_path(prefix, arena, &path.prefix));
	if (!wq_guard_mode_parse(mode, &path.mode) || rest.n > 0)
		return wq_error(WQ_E_INPUT, "after the path comes off, log, challenge or block");
	*(struct wq_guard_path *)ret_row = path;
	return WQ_OK;
}

static wq_err take_exception(wq_str text, struct wq_arena *arena, void *ret_row)
{
	struct wq_guard_exception exception;

	WQ_TRY(wq_guard_exception_parse(text, arena, &exception));
	WQ_TRY(take_path(exception.prefix, arena, &exception.prefix));
	*(struct wq_guard_exception *)ret_row = exception;
	return WQ_OK;
}

/* ---- lists ---- */

struct list {
	const char *name;
	size_t size;
	wq_err (*take)(wq_str text, struct wq_arena *arena, void *ret_row);
	int (*cmp)(const void *a, const void *b);
};

static wq_err at(const struct wq_conf *conf, const char *name, size_t entry, const char *note)
{
	return wq_error(WQ_E_CONFIG, "%s: %s, entry %zu: %s", wq_conf_where(conf, name), name, entry + 1, note);
}

static wq_err take_list(const struct wq_conf *conf, const struct list *list, struct wq_arena *arena,
	const void **ret_rows, size_t *ret_n)
{
	const char *const *texts;
	size_t n = wq_conf_list(conf, list->name, &texts);
	char *taken = wq_arena_zalloc(arena, n, list->size);

	for (size_t i = 0; i < n && taken; i++) {
		void *row = taken + i * list->size;
		wq_err e = wq_utf8_valid(wq_str_c(texts[i])) ? list->take(wq_str_c(texts[i]), arena, row)
							     : wq_error(WQ_E_INPUT, "not UTF-8");

		if (wq_is(e, WQ_E_INPUT))
			return at(conf, list->name, i, wq_err_note(e));
		WQ_TRY(e);
		for (size_t k = 0; k < i; k++)
			if (list->cmp(taken + k * list->size, row) == 0)
				return wq_error(WQ_E_CONFIG, "%s: %s: entry %zu says the same as entry %zu: keep one",
					wq_conf_where(conf, list->name), list->name, i + 1, k + 1);
	}
	*ret_rows = taken;
	*ret_n = n;
	return wq_arena_err(arena);
}

static wq_err take_lists(const struct wq_conf *conf, struct wq_arena *arena, struct wq_profile *p)
{
	static const struct list paths = {"paths", sizeof(struct wq_path_rule), take_path_rule, wq_path_rule_cmp};
	static const struct list staff = {"staff.from", sizeof(struct wq_network), take_network, wq_network_cmp};
	static const struct list inside = {"leave.inside", sizeof(wq_str), take_host_row, wq_policy_str_cmp};
	static const struct list confirmed = {"confirmed", sizeof(wq_str), take_host_row, wq_policy_str_cmp};
	static const struct list volatiles = {
		"volatile", sizeof(struct wq_volatile_rule), take_volatile, wq_volatile_rule_cmp};
	static const struct list guard_paths = {
		"rules.paths", sizeof(struct wq_guard_path), take_guard_path, wq_guard_path_cmp};
	static const struct list exceptions = {
		"rules.exceptions", sizeof(struct wq_guard_exception), take_exception, wq_guard_exception_cmp};
	const void *taken;

	WQ_TRY(take_list(conf, &paths, arena, &taken, &p->policy.paths_n));
	p->policy.paths = taken;
	WQ_TRY(take_list(conf, &staff, arena, &taken, &p->policy.staff_n));
	p->policy.staff = taken;
	WQ_TRY(take_list(conf, &inside, arena, &taken, &p->policy.inside_n));
	p->policy.inside = taken;
	WQ_TRY(take_list(conf, &confirmed, arena, &taken, &p->confirmed_n));
	p->confirmed = taken;
	WQ_TRY(take_list(conf, &volatiles, arena, &taken, &p->policy.volatiles_n));
	p->policy.volatiles = taken;
	WQ_TRY(take_list(conf, &guard_paths, arena, &taken, &p->policy.guard.paths_n));
	p->policy.guard.paths = taken;
	WQ_TRY(take_list(conf, &exceptions, arena, &taken, &p->policy.guard.exceptions_n));
	p->policy.guard.exceptions = taken;
	return WQ_OK;
}

/* ---- the whole ---- */

static wq_err refuse(const struct wq_conf *conf, const char *name, const char *what)
{
	return wq_error(WQ_E_CONFIG, "%s: %s: %s", wq_conf_where(conf, name), name, what);
}

static wq_err take_csp(const struct wq_conf *conf, struct wq_policy *p)
{
	static const char *const modes[] = {
		[WQ_CSP_OFF] = "off", [WQ_CSP_REPORT] = "report", [WQ_CSP_ENFORCE] = "enforce"};

	for (size_t i = 0; i < WQ_COUNT(modes); i++)
		if (strcmp(wq_conf_text(conf, "csp"), modes[i]) == 0) {
			p->csp = (enum wq_csp_mode)i;
			return WQ_OK;
		}
	return refuse(conf, "csp", "off, report or enforce");
}

static wq_err take_leave(const struct wq_conf *conf, struct wq_arena *arena, struct wq_policy *p)
{
	wq_err e;

	p->leave = wq_conf_bool(conf, "leave.prompt");
	p->portal = wq_arena_str(arena, wq_str_trim(wq_str_c(wq_conf_text(conf, "leave.name"))));
	if (p->leave && p->portal.n == 0)
		return refuse(conf, "leave.prompt", "the prompt's sentence needs the portal's name: set leave.name");
	if (!wq_utf8_valid(p->portal))
		return refuse(conf, "leave.name", "not UTF-8");
	e = take_path(wq_str_c(wq_conf_text(conf, "leave.path")), arena, &p->leave_prefix);
	if (wq_failed(e))
		return refuse(conf, "leave.path", wq_err_note(e));
	if (p->leave_prefix.n < 3 || !wq_str_ends(p->leave_prefix, WQ_S("/")))
		return refuse(conf, "leave.path", "begins and ends with '/', like /leave/");
	return WQ_OK;
}

static wq_err take_direction(const struct wq_conf *conf, const char *name, bool *ret_passes)
{
	*ret_passes = strcmp(wq_conf_text(conf, name), "pass") == 0;
	if (!*ret_passes && strcmp(wq_conf_text(conf, name), "block") != 0)
		return refuse(conf, name, "block or pass");
	return WQ_OK;
}

static wq_err take_guard(const struct wq_conf *conf, struct wq_guard *guard)
{
	if (!wq_guard_mode_parse(wq_str_c(wq_conf_text(conf, "rules.mode")), &guard->mode))
		return refuse(conf, "rules.mode", "off, log, challenge or block");
	WQ_TRY(take_direction(conf, "rules.over", &guard->over_passes));
	WQ_TRY(take_direction(conf, "rules.unreadable", &guard->unreadable_passes));
	guard->body_max = wq_conf_size(conf, "rules.body_max");
	guard->upload_max = wq_conf_size(conf, "rules.upload_max");
	guard->budget_msec = (uint32_t)wq_conf_msec(conf, "rules.budget");
	guard->client_msec = (uint32_t)wq_conf_msec(conf, "rules.client");
	guard->application_msec = (uint32_t)wq_conf_msec(conf, "rules.application");
	guard->inbound = (uint32_t)wq_conf_int(conf, "rules.inbound");
	guard->outbound = (uint32_t)wq_conf_int(conf, "rules.outbound");
	return WQ_OK;
}

/* What is left to be refused here stands in no list: texts with control characters. */
static wq_err canonical(const char *source, struct wq_arena *arena, struct wq_policy *p)
{
	WQ_BUF(block, WQ_POLICY_BLOCK_MAX);
	wq_err e = wq_policy_encode(p, &block);

	if (wq_is(e, WQ_E_INPUT) || wq_is(e, WQ_E_LIMIT))
		return wq_error(WQ_E_CONFIG, "%s: %s", source, wq_err_note(e));
	WQ_TRY(e);
	return wq_policy_decode(wq_arena_str(arena, wq_buf_str(&block)), arena, p);
}

static wq_err take(const struct wq_conf *conf, const char *source, struct wq_arena *arena, struct wq_profile *p)
{
	p->twice = wq_conf_bool(conf, "capture.twice");
	p->policy.footer = wq_arena_str(arena, wq_str_c(wq_conf_text(conf, "footer")));
	if (!wq_utf8_valid(p->policy.footer))
		return refuse(conf, "footer", "not UTF-8");
	WQ_TRY(take_csp(conf, &p->policy));
	WQ_TRY(take_leave(conf, arena, &p->policy));
	WQ_TRY(take_guard(conf, &p->policy.guard));
	WQ_TRY(take_lists(conf, arena, p));
	WQ_TRY(wq_arena_err(arena));
	return canonical(source, arena, &p->policy);
}

wq_err wq_profile_parse(wq_str text, const char *source, struct wq_arena *arena, struct wq_profile *ret_profile)
{
	struct wq_profile profile = {.policy = wq_policy_default};
	struct wq_conf *conf;
	wq_err e;

	if (text.n > WQ_PROFILE_BYTES_MAX)
		return wq_error(WQ_E_CONFIG, "%s: longer than %d bytes", source, WQ_PROFILE_BYTES_MAX);
	WQ_TRY(wq_conf_new(rows, WQ_COUNT(rows), &conf));
	e = wq_conf_parse(conf, text, source);
	if (!wq_failed(e))
		e = take(conf, source, arena, &profile);
	wq_conf_free(&conf);
	if (!wq_failed(e))
		*ret_profile = profile;
	return e;
}

wq_err wq_policy_suffixes(
	const struct wq_suffix_rules *rules, wq_day day, struct wq_arena *arena, const wq_str **ret, size_t *ret_n)
{
	size_t count = wq_suffix_rules_count(rules), n = 0;
	wq_str *suffixes = WQ_NEW_ARRAY(arena, wq_str, count);

	for (size_t i = 0; i < count && suffixes; i++) {
		const struct wq_suffix_rule *rule = wq_suffix_rules_at(rules, i);
		bool known = false;

		if (!rule->reserved || rule->owner != WQ_OWNER_ORGAN || !(rule->uses & WQ_USE_SITE) ||
			day < rule->from || day > rule->until)
			continue;
		for (size_t k = 0; k < n; k++)
			known = known || wq_str_eq(suffixes[k], rule->suffix);
		if (!known)
			suffixes[n++] = wq_arena_str(arena, rule->suffix);
	}
	WQ_TRY(wq_arena_err(arena));
	qsort(suffixes, n, sizeof *suffixes, wq_policy_str_cmp);
	*ret = suffixes;
	*ret_n = n;
	return WQ_OK;
}
