#include "flow/check.h"

#include "base/file.h"
#include "detect/content/content.h"
#include "detect/page/change.h"
#include "finding/rule.h"
#include "ledger/unit_rules.h"
#include "text/charset.h"
#include "text/fold.h"

enum {
	RULES_MAX = 4 * 1024 * 1024,
	RULES_MEMORY = 256 * 1024 * 1024,
	SCRATCH_MEMORY = 512 * 1024 * 1024,
	LISTS_MAX = 256,
	ADDRESS_MAX = 64 * 1024
};

struct wq_checks {
	struct wq_arena arena;   /* rules */
	struct wq_arena scratch; /* of one resource */
	const struct wq_content_rules *content;
	struct wq_content_words *words;
	const struct wq_page_rules *page;
	struct wq_fold_table *fold;
	struct wq_suffix_rules *suffixes;
	struct wq_page_facts facts; /* but for address, place, home */
	wq_str app;
};

/* ---- rules ---- */

static const char *rules_folder(const struct wq_checks_options *options)
{
	const char *dir = options->rules_dir ? options->rules_dir : getenv("WEIQUE_RULES");
	return dir && *dir ? dir : WQ_RULES_DIR;
}

/* A file of rules, in the arena: what is made of it may point into it. */
static wq_err read_rules(
	struct wq_checks *checks, const char *dir, const char *name, wq_str *ret_path, wq_str *ret_bytes)
{
	WQ_BUF(bytes, RULES_MAX);
	const char *path = wq_arena_cstr(&checks->arena, wq_arena_printf(&checks->arena, "%s/%s", dir, name));

	WQ_TRY(wq_arena_err(&checks->arena));
	if (wq_failed(wq_file_read(&wq_fs_system, path, &bytes)))
		return wq_error(WQ_E_CONFIG, "cannot read the rules in %s", path);
	*ret_path = wq_str_c(path);
	*ret_bytes = wq_arena_str(&checks->arena, wq_buf_str(&bytes));
	return wq_arena_err(&checks->arena);
}

/* Every list of a folder, in byte order of the names. */
static wq_err read_lists(struct wq_checks *checks, const char *dir, bool must_be_there)
{
	const char *folder = wq_arena_cstr(&checks->arena, wq_arena_printf(&checks->arena, "%s/words", dir));
	struct wq_dir_entry *entries;
	size_t n;
	wq_str path, bytes;
	wq_err e;

	WQ_TRY(wq_arena_err(&checks->arena));
	if (access(folder, F_OK) != 0)
		return must_be_there ? wq_error(WQ_E_CONFIG, "no word lists in %s", folder) : WQ_OK;
	e = wq_dir_list(&checks->arena, folder, LISTS_MAX, &entries, &n);
	if (wq_failed(e))
		return wq_error(WQ_E_CONFIG, "cannot read the word lists in %s", folder);
	for (size_t i = 0; i < n; i++) {
		if (!wq_str_ends(wq_str_c(entries[i].name), WQ_S(".txt")) || entries[i].name[0] == '.')
			continue;
		WQ_TRY(read_rules(checks, folder, entries[i].name, &path, &bytes));
		WQ_TRY(wq_content_words_add(checks->words, path, bytes));
	}
	return WQ_OK;
}

static wq_err load(struct wq_checks *checks, const struct wq_checks_options *options)
{
	const char *dir = rules_folder(options);
	wq_str path, bytes;

	WQ_TRY(read_rules(checks, dir, "marks/marks.txt", &path, &bytes));
	WQ_TRY(wq_content_rules_parse(&checks->arena, path, bytes, &checks->content));
	WQ_TRY(read_rules(checks, dir, "page/page.txt", &path, &bytes));
	WQ_TRY(wq_page_rules_parse(&checks->arena, path, bytes, &checks->page));
	WQ_TRY(read_rules(checks, dir, "fold/trad-simp.txt", &path, &bytes));
	WQ_TRY(wq_fold_table_parse(bytes, path.p, &checks->fold));
	WQ_TRY(read_rules(checks, dir, "suffix.conf", &path, &bytes));
	WQ_TRY(wq_suffix_rules_parse(bytes, path.p, &checks->suffixes));
	WQ_TRY(wq_content_words_new(&checks->arena, checks->fold, &checks->words));
	WQ_TRY(read_lists(checks, dir, true));
	if (options->own_rules_dir)
		WQ_TRY(read_lists(checks, options->own_rules_dir, false));
	return wq_content_words_build(checks->words);
}

/* ---- facts ---- */

/* The day in China, where the rules hold. */
static wq_day day_of(wq_time now)
{
	char text[WQ_TIME_TEXT];
	wq_day day = 0;

	wq_time_text(now + 8 * 3600 * WQ_SECOND, text);
	return wq_day_parse(wq_str_of(text, strlen("2024-07-01")), &day) ? day : 0;
}

static enum wq_page_unit unit_of(enum wq_unit_kind kind)
{
	switch (kind) {
	case WQ_UNIT_ORGAN: return WQ_PAGE_ORGAN;
	case WQ_UNIT_INSTITUTION: return WQ_PAGE_INSTITUTION;
	case WQ_UNIT_UNION: return WQ_PAGE_UNION;
	case WQ_UNIT_ENTERPRISE:
	case WQ_UNIT_OTHER: return WQ_PAGE_OTHER_UNIT;
	case WQ_UNIT_UNKNOWN:
	case WQ_UNIT_KINDS: break;
	}
	return WQ_PAGE_UNIT_UNKNOWN;
}

/* Who bears the identity mark today (A6). */
static wq_err know_mark(struct wq_checks *checks, const struct wq_checks_options *options)
{
	const struct wq_kind_rule *rule;
	struct wq_unit_rules rules;
	char today[WQ_DAY_TEXT];
	wq_str path, bytes;

	WQ_TRY(read_rules(checks, rules_folder(options), "units.conf", &path, &bytes));
	WQ_TRY(wq_unit_rules_parse(bytes, path.p, &checks->arena, &rules));
	rule = wq_kind_rule_find(&rules, options->app->kind, wq_day_text(options->now, today));
	if (rule)
		checks->facts.mark = rule->mark ? WQ_PAGE_MARK_ENTITLED : WQ_PAGE_MARK_NOT_ENTITLED;
	return WQ_OK;
}

static void know(struct wq_checks *checks, const struct wq_checks_options *options)
{
	checks->app = options->app->id;
	checks->facts = (struct wq_page_facts){
		.hosts = options->app->hosts,
		.hosts_n = options->app->hosts_n,
		.inside = options->inside,
		.inside_n = options->inside_n,
		.confirmed = options->confirmed,
		.confirmed_n = options->confirmed_n,
		.day = day_of(options->now),
		.unit = unit_of(options->app->kind),
	};
}

wq_err wq_checks_new(const struct wq_checks_options *options, struct wq_checks **ret_checks)
{
	struct wq_checks *checks = calloc(1, sizeof *checks);
	wq_err e;

	if (!checks)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_arena_init(&checks->arena, RULES_MEMORY);
	wq_arena_init(&checks->scratch, SCRATCH_MEMORY);
	know(checks, options);
	e = load(checks, options);
	if (!wq_failed(e))
		e = know_mark(checks, options);
	if (wq_failed(e)) {
		wq_checks_free(&checks);
		return e;
	}
	checks->facts.suffixes = checks->suffixes;
	*ret_checks = checks;
	return WQ_OK;
}

void wq_checks_free(struct wq_checks **checks)
{
	if (!*checks)
		return;
	if ((*checks)->fold)
		wq_fold_table_close(&(*checks)->fold);
	wq_suffix_rules_close(&(*checks)->suffixes);
	wq_arena_done(&(*checks)->arena);
	wq_arena_done(&(*checks)->scratch);
	free(*checks);
	*checks = NULL;
}

/* The home page, also under the name of its file: equal bytes are looked at once. */
static bool is_home(wq_str key)
{
	static const wq_str names[] = {WQ_S_INIT(""), WQ_S_INIT("index.html"), WQ_S_INIT("index.htm"),
		WQ_S_INIT("index.shtml"), WQ_S_INIT("index.php"), WQ_S_INIT("default.html")};
	ptrdiff_t slash = wq_str_chr(key, '/');

	for (size_t i = 0; i < WQ_COUNT(names) && slash >= 0; i++)
		if (wq_str_eq(wq_str_from(key, (size_t)slash + 1), names[i]))
			return true;
	return false;
}

static wq_err facts_of(struct wq_checks *checks, wq_str key, struct wq_page_facts *ret_facts)
{
	if (key.n > ADDRESS_MAX - 8)
		return wq_error(WQ_E_LIMIT, "a key of %zu bytes", key.n);
	*ret_facts = checks->facts;
	ret_facts->address = wq_arena_printf(&checks->scratch, "https://%.*s", WQ_S_ARG(key));
	ret_facts->home = is_home(key);
	ret_facts->place = (struct wq_place){.app = checks->app, .key = key};
	return wq_arena_err(&checks->scratch);
}

/* ---- looking ---- */

/* What could not be examined is not fit to be published unseen: the reviewer is told. */
static wq_err not_examined(struct wq_checks *checks, wq_str key, wq_err why, struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(WQ_RULE_CONTENT_NOT_EXAMINED);

	finding.place = (struct wq_place){.app = checks->app, .key = key};
	finding.evidence = (struct wq_evidence){
		.excerpt = wq_str_c(wq_err_message(why, WQ_LANG_EN)), .subject = WQ_S("not examined")};
	return wq_findings_add(findings, &finding);
}

static bool is_script(wq_str type)
{
	static const wq_str types[] = {WQ_S_INIT("text/javascript"), WQ_S_INIT("application/javascript"),
		WQ_S_INIT("application/x-javascript"), WQ_S_INIT("text/ecmascript"),
		WQ_S_INIT("application/ecmascript")};

	for (size_t i = 0; i < WQ_COUNT(types); i++)
		if (wq_str_starts_nocase(type, types[i]))
			return true;
	return false;
}

enum wq_check_as wq_check_as(wq_str type)
{
	if (wq_str_starts_nocase(type, WQ_S("text/html")) || wq_str_starts_nocase(type, WQ_S("application/xhtml")))
		return WQ_CHECK_PAGE;
	if (wq_str_starts_nocase(type, WQ_S("text/plain")))
		return WQ_CHECK_TEXT;
	return is_script(type) ? WQ_CHECK_SCRIPT : WQ_CHECK_NONE;
}

static wq_err look(
	struct wq_checks *checks, enum wq_check_as as, const struct wq_site_item *item, struct wq_findings *findings)
{
	struct wq_page_facts facts;
	wq_str label = wq_charset_of_content_type(item->type);

	wq_arena_reset(&checks->scratch);
	WQ_TRY(facts_of(checks, item->key, &facts));
	if (as == WQ_CHECK_TEXT)
		return wq_content_plain(
			&checks->scratch, checks->content, checks->words, item->body, label, &facts.place, findings);
	if (as == WQ_CHECK_SCRIPT)
		return wq_page_check_script(&checks->scratch, checks->page, &facts, item->body, label, findings);
	WQ_TRY(wq_content_page(
		&checks->scratch, checks->content, checks->words, item->body, label, &facts.place, findings));
	return wq_page_check(&checks->scratch, checks->page, &facts, item->body, label, findings);
}

wq_err wq_checks_run(struct wq_checks *checks, const struct wq_site_item *item, const wq_digest *digest,
	struct wq_findings *findings)
{
	enum wq_check_as as = wq_check_as(item->type);
	size_t before = findings->count;
	wq_err e;

	if (as == WQ_CHECK_NONE)
		return WQ_OK;
	e = look(checks, as, item, findings);
	if (wq_is(e, WQ_E_LIMIT) || wq_is(e, WQ_E_INPUT))
		e = not_examined(checks, item->key, e, findings);
	for (size_t i = before; i < findings->count; i++) {
		memcpy(findings->items[i].evidence.digest, digest->b, WQ_FINDING_DIGEST_BYTES);
		findings->items[i].evidence.has_digest = true;
	}
	return e;
}

static struct wq_page_version version_of(wq_str type, wq_str bytes)
{
	enum wq_check_as as = wq_check_as(type);
	wq_str rest = type;

	return (struct wq_page_version){
		.as = as == WQ_CHECK_PAGE       ? WQ_PAGE_AS_HTML
			: as == WQ_CHECK_SCRIPT ? WQ_PAGE_AS_SCRIPT
						: WQ_PAGE_AS_OTHER,
		.type = wq_str_trim(wq_str_cut(&rest, ';')),
		.label = wq_charset_of_content_type(type),
		.bytes = bytes,
	};
}

wq_err wq_checks_change(struct wq_checks *checks, wq_str key, wq_str type_before, wq_str before, wq_str type_after,
	wq_str after, struct wq_findings *findings)
{
	struct wq_page_version old = version_of(type_before, before), new = version_of(type_after, after);
	struct wq_page_facts facts;
	wq_err e;

	wq_arena_reset(&checks->scratch);
	WQ_TRY(facts_of(checks, key, &facts));
	e = wq_page_change(&checks->scratch, checks->page, &facts, &old, &new, findings);
	return wq_is(e, WQ_E_LIMIT) || wq_is(e, WQ_E_INPUT) ? not_examined(checks, key, e, findings) : e;
}
