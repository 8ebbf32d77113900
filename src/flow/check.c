#include "flow/check.h"

#include "base/file.h"
#include "detect/content/content.h"
#include "finding/rule.h"
#include "text/charset.h"

enum { RULES_MAX = 4 * 1024 * 1024, RULES_MEMORY = 64 * 1024 * 1024, SCRATCH_MEMORY = 512 * 1024 * 1024 };

struct wq_checks {
	struct wq_arena arena;   /* rules */
	struct wq_arena scratch; /* of one resource */
	const struct wq_content_rules *content;
	struct wq_content_words *words;
	wq_str app;
};

static wq_err rules_file(const char *dir, const char *name, struct wq_buf *ret_path)
{
	if (!dir)
		dir = getenv("WEIQUE_RULES");
	wq_buf_printf(ret_path, "%s/%s", dir && *dir ? dir : WQ_RULES_DIR, name);
	return wq_buf_err(ret_path);
}

static wq_err load(struct wq_checks *checks, const char *rules_dir)
{
	WQ_BUF(path, 4096);
	WQ_BUF(bytes, RULES_MAX);

	WQ_TRY(rules_file(rules_dir, "marks/marks.txt", &path));
	if (wq_failed(wq_file_read(&wq_fs_system, wq_buf_cstr(&path), &bytes)))
		return wq_error(WQ_E_CONFIG, "cannot read the rules in %s", wq_buf_cstr(&path));
	return wq_content_rules_parse(&checks->arena, wq_buf_str(&path), wq_buf_str(&bytes), &checks->content);
}

wq_err wq_checks_new(const struct wq_checks_options *options, struct wq_checks **ret_checks)
{
	struct wq_checks *checks = calloc(1, sizeof *checks);
	wq_err e;

	if (!checks)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_arena_init(&checks->arena, RULES_MEMORY);
	wq_arena_init(&checks->scratch, SCRATCH_MEMORY);
	checks->app = options->app->id;
	e = load(checks, options->rules_dir);
	if (wq_failed(e)) {
		wq_checks_free(&checks);
		return e;
	}
	*ret_checks = checks;
	return WQ_OK;
}

void wq_checks_free(struct wq_checks **checks)
{
	if (!*checks)
		return;
	wq_arena_done(&(*checks)->arena);
	wq_arena_done(&(*checks)->scratch);
	free(*checks);
	*checks = NULL;
}

/* What could not be examined is not fit to be published unseen: the reviewer is told. */
static wq_err not_examined(
	struct wq_checks *checks, const struct wq_site_item *item, wq_err why, struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_NOT_EXAMINED);

	finding.place = (struct wq_place){.app = checks->app, .key = item->key};
	finding.evidence = (struct wq_evidence){
		.excerpt = wq_str_c(wq_err_message(why, WQ_LANG_EN)), .subject = WQ_S("not examined")};
	return wq_findings_add(findings, &finding);
}

static bool is_script(wq_str type)
{
	return wq_str_starts(type, WQ_S("text/javascript")) || wq_str_starts(type, WQ_S("application/javascript")) ||
		wq_str_starts(type, WQ_S("application/x-javascript")) || wq_str_starts(type, WQ_S("text/ecmascript")) ||
		wq_str_starts(type, WQ_S("application/ecmascript"));
}

enum wq_check_as wq_check_as(wq_str type)
{
	if (wq_str_starts(type, WQ_S("text/html")) || wq_str_starts(type, WQ_S("application/xhtml")))
		return WQ_CHECK_PAGE;
	if (wq_str_starts(type, WQ_S("text/plain")))
		return WQ_CHECK_TEXT;
	return is_script(type) ? WQ_CHECK_SCRIPT : WQ_CHECK_NONE;
}

wq_err wq_checks_run(struct wq_checks *checks, const struct wq_site_item *item, const wq_digest *digest,
	struct wq_findings *findings)
{
	struct wq_place place = {.app = checks->app, .key = item->key};
	enum wq_check_as as = wq_check_as(item->type);
	size_t before = findings->count;
	wq_str label = wq_charset_of_content_type(item->type);
	wq_err e;

	if (as == WQ_CHECK_NONE || as == WQ_CHECK_SCRIPT)
		return WQ_OK;
	wq_arena_reset(&checks->scratch);
	e = (as == WQ_CHECK_PAGE ? wq_content_page : wq_content_plain)(
		&checks->scratch, checks->content, checks->words, item->body, label, &place, findings);
	if (wq_is(e, WQ_E_LIMIT))
		e = not_examined(checks, item, e, findings);
	for (size_t i = before; i < findings->count; i++) {
		memcpy(findings->items[i].evidence.digest, digest->b, WQ_FINDING_DIGEST_BYTES);
		findings->items[i].evidence.has_digest = true;
	}
	return e;
}

wq_err wq_checks_change(struct wq_checks *checks, wq_str key, wq_str type_before, wq_str before, wq_str type_after,
	wq_str after, struct wq_findings *findings)
{
	bool script = wq_check_as(type_after) == WQ_CHECK_SCRIPT;
	struct wq_finding finding = {
		.rule = script ? WQ_S("change.script") : WQ_S("change.text"),
		.severity = script ? WQ_SEVERITY_MEDIUM : WQ_SEVERITY_LOW,
		.place = {.app = checks->app, .key = key},
		.evidence = {.subject = script ? WQ_S("script file") : WQ_S("content")},
		.advice_zh = WQ_S("内容未经审批被改动：对照封存版本核实"),
		.advice_en = WQ_S("changed without approval: compare with the sealed version"),
	};

	if (wq_str_eq(before, after) && wq_str_eq(type_before, type_after))
		return WQ_OK;
	wq_finding_add_clause(&finding, WQ_S("C1"));
	return wq_findings_add(findings, &finding);
}
