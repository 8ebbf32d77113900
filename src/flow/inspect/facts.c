#include "flow/inspect/facts.h"

#include "base/file.h"
#include "flow/inside.h"
#include "flow/inspect/traps.h"
#include "ledger/unit_rules.h"
#include "text/url.h"

enum { RULES_BYTES = 4 * 1024 * 1024, RULES_MEMORY = 256 * 1024 * 1024, LISTS_MAX = 256 };

/* ---- rules ---- */

/* A file of rules, in the arena: what is made of it may point into it. */
static wq_err read_rules(struct wq_facts *f, const char *dir, const char *name, wq_str *ret_path, wq_str *ret_bytes)
{
	WQ_BUF(bytes, RULES_BYTES);
	const char *path = wq_arena_cstr(&f->rules_arena, wq_arena_printf(&f->rules_arena, "%s/%s", dir, name));

	WQ_TRY(wq_arena_err(&f->rules_arena));
	if (wq_failed(wq_file_read(&wq_fs_system, path, &bytes)))
		return wq_error(WQ_E_CONFIG, "cannot read the rules in %s", path);
	*ret_path = wq_str_c(path);
	*ret_bytes = wq_arena_str(&f->rules_arena, wq_buf_str(&bytes));
	return wq_arena_err(&f->rules_arena);
}

/* Every list of a folder, in byte order of the names. */
static wq_err read_lists(struct wq_facts *f, const char *dir, bool must_be_there)
{
	const char *folder = wq_arena_cstr(&f->rules_arena, wq_arena_printf(&f->rules_arena, "%s/words", dir));
	struct wq_dir_entry *entries;
	wq_str path, bytes;
	size_t n;

	WQ_TRY(wq_arena_err(&f->rules_arena));
	if (!must_be_there && access(folder, F_OK) != 0)
		return WQ_OK;
	if (wq_failed(wq_dir_list(&f->rules_arena, folder, LISTS_MAX, &entries, &n)))
		return wq_error(WQ_E_CONFIG, "cannot read the word lists in %s", folder);
	for (size_t i = 0; i < n; i++) {
		if (!wq_str_ends(wq_str_c(entries[i].name), WQ_S(".txt")) || entries[i].name[0] == '.')
			continue;
		WQ_TRY(read_rules(f, folder, entries[i].name, &path, &bytes));
		WQ_TRY(wq_content_words_add(f->words, path, bytes));
	}
	return WQ_OK;
}

static wq_err load_content(struct wq_facts *f, const struct wq_inspect_options *options)
{
	wq_str path, bytes;

	WQ_TRY(read_rules(f, f->rules_dir, "marks/marks.txt", &path, &bytes));
	WQ_TRY(wq_content_rules_parse(&f->rules_arena, path, bytes, &f->content));
	WQ_TRY(read_rules(f, f->rules_dir, "fold/trad-simp.txt", &path, &bytes));
	WQ_TRY(wq_fold_table_parse(bytes, path.p, &f->fold));
	WQ_TRY(wq_content_words_new(&f->rules_arena, f->fold, &f->words));
	WQ_TRY(read_lists(f, f->rules_dir, true));
	if (options->own_rules_dir)
		WQ_TRY(read_lists(f, options->own_rules_dir, false));
	return wq_content_words_build(f->words);
}

static wq_err load(struct wq_facts *f, const struct wq_inspect_options *options)
{
	wq_str path, bytes;

	WQ_TRY(read_rules(f, f->rules_dir, "suffix.conf", &path, &bytes));
	WQ_TRY(wq_suffix_rules_parse(bytes, path.p, &f->suffixes));
	if (options->checks & WQ_INSPECT_CONTENT)
		WQ_TRY(load_content(f, options));
	if (options->checks & WQ_INSPECT_LINKS) {
		WQ_TRY(read_rules(f, f->rules_dir, "target/target.txt", &path, &bytes));
		WQ_TRY(wq_target_rules_parse(&f->rules_arena, path, bytes, &f->target));
	}
	if (options->checks & WQ_INSPECT_PAGE) {
		WQ_TRY(read_rules(f, f->rules_dir, "page/page.txt", &path, &bytes));
		WQ_TRY(wq_page_rules_parse(&f->rules_arena, path, bytes, &f->page));
	}
	return WQ_OK;
}

/* ---- the subject ---- */

/* The day in China, where the rules hold. */
static wq_time in_china(wq_time now)
{
	return now + 8 * 3600 * WQ_SECOND;
}

static wq_err add_host(struct wq_facts *f, wq_str host)
{
	for (size_t i = 0; i < f->subject.hosts_n; i++)
		if (wq_str_eq(f->hosts[i], host))
			return WQ_OK;
	if (f->subject.hosts_n >= WQ_INSPECT_HOSTS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d hosts", WQ_INSPECT_HOSTS_MAX);
	f->hosts[f->subject.hosts_n++] = wq_arena_str(f->arena, host);
	return wq_arena_err(f->arena);
}

static wq_err add_start(struct wq_facts *f, const char *start, wq_str *ret_start)
{
	struct wq_url url;

	if (wq_failed(wq_url_parse(f->arena, wq_str_c(start), NULL, &url)) || !wq_url_is_http(&url) || url.host.n == 0)
		return wq_error(WQ_E_INPUT, "%s is no http or https address", start);
	*ret_start = url.href;
	if (f->site.n == 0 && url.port == WQ_URL_NO_PORT)
		f->site = url.host;
	else if (f->site.n == 0)
		f->site = wq_arena_printf(f->arena, "%.*s:%d", WQ_S_ARG(url.host), url.port);
	WQ_TRY(wq_arena_err(f->arena));
	return add_host(f, url.host);
}

static wq_err know_hosts(struct wq_facts *f, const struct wq_inspect_options *options)
{
	wq_str *starts = WQ_NEW_ARRAY(f->arena, wq_str, options->walk.starts_n + 1);

	if (!starts)
		return wq_arena_err(f->arena);
	f->subject.hosts = f->hosts;
	f->subject.hosts_n = 0;
	for (size_t i = 0; i < options->walk.starts_n; i++)
		WQ_TRY(add_start(f, options->walk.starts[i], &starts[i]));
	f->starts = starts;
	for (size_t i = 0; i < options->walk.hosts_n; i++) {
		wq_str host = wq_str_c(options->walk.hosts[i]);
		ptrdiff_t colon = wq_str_rchr(host, ':');

		if (colon > 0 && host.p[host.n - 1] != ']')
			host = wq_str_head(host, (size_t)colon);
		WQ_TRY(add_host(f, host));
	}
	for (size_t i = 0; i < options->subject.hosts_n; i++)
		WQ_TRY(add_host(f, options->subject.hosts[i]));
	return f->subject.hosts_n ? WQ_OK : wq_error(WQ_E_INPUT, "no address to begin with");
}

static enum wq_unit_kind unit_kind(enum wq_subject_kind kind)
{
	switch (kind) {
	case WQ_SUBJECT_ORGAN: return WQ_UNIT_ORGAN;
	case WQ_SUBJECT_INSTITUTION: return WQ_UNIT_INSTITUTION;
	case WQ_SUBJECT_UNION: return WQ_UNIT_UNION;
	case WQ_SUBJECT_ENTERPRISE: return WQ_UNIT_ENTERPRISE;
	case WQ_SUBJECT_OTHER: return WQ_UNIT_OTHER;
	case WQ_SUBJECT_UNKNOWN: break;
	}
	return WQ_UNIT_UNKNOWN;
}

/* Who bears the identity mark today (A6). */
static wq_err know_mark(struct wq_facts *f)
{
	char today[WQ_DAY_TEXT], text[WQ_TIME_TEXT];
	struct wq_unit_rules rules;
	const struct wq_kind_rule *rule;
	wq_str path, bytes;

	f->subject.mark = false;
	if (f->subject.kind == WQ_SUBJECT_UNKNOWN)
		return WQ_OK;
	wq_time_text(in_china(f->subject.now), text);
	snprintf(today, sizeof today, "%.10s", text);
	WQ_TRY(read_rules(f, f->rules_dir, "units.conf", &path, &bytes));
	WQ_TRY(wq_unit_rules_parse(bytes, path.p, &f->rules_arena, &rules));
	rule = wq_kind_rule_find(&rules, unit_kind(f->subject.kind), wq_str_c(today));
	f->subject.mark = rule && rule->mark;
	f->portals_max = rule ? rule->portals : 0;
	f->domains_max = rule ? rule->domains : 0;
	return WQ_OK;
}

static wq_err know_inside(struct wq_facts *f)
{
	char text[WQ_TIME_TEXT];
	wq_str path, bytes, *all;
	const wq_str *hosts;
	size_t n;

	wq_time_text(in_china(f->subject.now), text);
	WQ_TRY(read_rules(f, f->rules_dir, "inside.conf", &path, &bytes));
	WQ_TRY(wq_inside_parse(bytes, path.p, wq_str_of(text, 10), &f->rules_arena, &hosts, &n));
	all = WQ_NEW_ARRAY(f->arena, wq_str, n + f->subject.inside_n + 1);
	if (!all)
		return wq_arena_err(f->arena);
	for (size_t i = 0; i < n; i++)
		all[i] = wq_arena_str(f->arena, hosts[i]);
	for (size_t i = 0; i < f->subject.inside_n; i++)
		all[n + i] = f->subject.inside[i];
	f->subject.inside = all;
	f->subject.inside_n += n;
	return wq_arena_err(f->arena);
}

static bool is_near(wq_str host)
{
	struct wq_addr addr;

	if (wq_host_address(host, &addr))
		return wq_addr_class(&addr) != WQ_ADDR_GLOBAL;
	return wq_str_eq(host, WQ_S("localhost")) || wq_host_under(host, WQ_S("localhost"));
}

static void assume(struct wq_facts *f)
{
	if (f->subject.kind != WQ_SUBJECT_UNKNOWN) {
		f->why = WQ_INSPECT_TOLD;
		return;
	}
	if (wq_host_government(f->suffixes, f->hosts[0], f->subject.day, NULL))
		f->why = WQ_INSPECT_BY_SUFFIX;
	else if (is_near(f->hosts[0]))
		f->why = WQ_INSPECT_BY_ADDRESS;
	else
		f->why = WQ_INSPECT_BY_NOTHING;
	f->subject.kind_assumed = true;
	if (f->why != WQ_INSPECT_BY_NOTHING)
		f->subject.kind = WQ_SUBJECT_ORGAN;
}

static wq_err know(struct wq_facts *f, const struct wq_inspect_options *options)
{
	const struct wq_clock *clock = options->walk.clock ? options->walk.clock : &wq_clock_system;
	char text[WQ_TIME_TEXT];

	f->subject = options->subject;
	f->subject.suffixes = f->suffixes;
	f->subject.now = wq_now(clock);
	wq_time_text(in_china(f->subject.now), text);
	if (!wq_day_parse(wq_str_of(text, 10), &f->subject.day))
		return wq_error(WQ_E_CONFIG, "the clock says %s", text);
	WQ_TRY(know_hosts(f, options));
	WQ_TRY(know_inside(f));
	assume(f);
	return know_mark(f);
}

wq_err wq_facts_open(struct wq_facts *facts, const struct wq_inspect_options *options, struct wq_arena *arena)
{
	const char *dir = options->rules_dir ? options->rules_dir : getenv("WEIQUE_RULES");
	wq_err e;

	*facts = (struct wq_facts){.arena = arena, .rules_dir = dir && *dir ? dir : WQ_RULES_DIR};
	wq_arena_init(&facts->rules_arena, RULES_MEMORY);
	e = load(facts, options);
	if (!wq_failed(e))
		e = know(facts, options);
	if (wq_failed(e))
		wq_facts_close(facts);
	return e;
}

void wq_facts_close(struct wq_facts *facts)
{
	if (facts->fold)
		wq_fold_table_close(&facts->fold);
	if (facts->suffixes)
		wq_suffix_rules_close(&facts->suffixes);
	wq_arena_done(&facts->rules_arena);
}

static wq_err part_files(struct wq_facts *f, const char *name, struct wq_part_file *files, size_t *ret_n)
{
	const char *folder = wq_arena_cstr(
		&f->rules_arena, wq_arena_printf(&f->rules_arena, "%s/%s", f->rules_dir, name));
	struct wq_dir_entry *entries;
	size_t n;

	WQ_TRY(wq_arena_err(&f->rules_arena));
	*ret_n = 0;
	if (!wq_str_ends(wq_str_c(name), WQ_S("/"))) {
		*ret_n = 1;
		return read_rules(f, f->rules_dir, name, &files[0].name, &files[0].bytes);
	}
	if (wq_failed(wq_dir_list(&f->rules_arena, folder, LISTS_MAX, &entries, &n)))
		return wq_error(WQ_E_CONFIG, "cannot read the rules in %s", folder);
	for (size_t i = 0; i < n; i++) {
		if (!wq_str_ends(wq_str_c(entries[i].name), WQ_S(".txt")) || entries[i].name[0] == '.')
			continue;
		if (*ret_n == WQ_PART_FILES_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d files in %s", WQ_PART_FILES_MAX, folder);
		WQ_TRY(read_rules(f, folder, entries[i].name, &files[*ret_n].name, &files[*ret_n].bytes));
		++*ret_n;
	}
	return *ret_n ? WQ_OK : wq_error(WQ_E_CONFIG, "no rules in %s", folder);
}

wq_err wq_facts_part(struct wq_facts *facts, const struct wq_part *part, const void **ret_rules)
{
	struct wq_part_file files[WQ_PART_FILES_MAX];
	size_t n;

	WQ_TRY(part_files(facts, part->rules_file, files, &n));
	return part->rules(&facts->rules_arena, files, n, ret_rules);
}

wq_err wq_facts_indicators(struct wq_facts *facts, const struct wq_indicator_rules **ret_rules)
{
	wq_str path, bytes;

	WQ_TRY(read_rules(facts, facts->rules_dir, "indicator/indicator-2019.txt", &path, &bytes));
	return wq_indicator_rules_parse(&facts->rules_arena, path, bytes, ret_rules);
}

wq_err wq_facts_tls(struct wq_facts *facts, const struct wq_tls_rules **ret_rules)
{
	wq_str path, bytes;

	WQ_TRY(read_rules(facts, facts->rules_dir, "tls/tls.txt", &path, &bytes));
	return wq_tls_rules_parse(&facts->rules_arena, path, bytes, ret_rules);
}

wq_err wq_facts_dns(struct wq_facts *facts, struct wq_dns_rules *ret_rules)
{
	wq_str path, bytes;

	WQ_TRY(read_rules(facts, facts->rules_dir, "dns/dns.txt", &path, &bytes));
	WQ_TRY(wq_dns_rules_parse(&facts->rules_arena, path, bytes, ret_rules));
	WQ_TRY(read_rules(facts, facts->rules_dir, "dns/subnets.txt", &path, &bytes));
	return wq_dns_subnets_parse(&facts->rules_arena, path, bytes, ret_rules);
}

static void know_claims(struct wq_facts *f, wq_str html)
{
	static const wq_str claims[] = {WQ_S_INIT("支持IPv6"), WQ_S_INIT("支持IPV6"), WQ_S_INIT("支持 IPv6")};

	for (size_t i = 0; i < WQ_COUNT(claims); i++)
		f->claims_ipv6 |= wq_str_find(html, claims[i]) >= 0;
}

wq_err wq_facts_traps(struct wq_facts *facts, struct wq_traps *ret_traps)
{
	wq_str path, bytes;

	WQ_TRY(read_rules(facts, facts->rules_dir, "render/render.txt", &path, &bytes));
	return wq_traps_parse(&facts->rules_arena, path, bytes, ret_traps);
}

/* Only such units bear what is looked for: the mark in its forms (its colour names the kind), the code at the entry for errors. */
wq_err wq_facts_home(struct wq_facts *facts, wq_str html)
{
	static const struct {
		wq_str sign;
		enum wq_subject_kind kind;
	} signs[] = {
		{WQ_S_INIT("dcs.conac.cn/image/blue"), WQ_SUBJECT_INSTITUTION},
		{WQ_S_INIT("dcs.conac.cn/"), WQ_SUBJECT_ORGAN},
		{WQ_S_INIT("bszs.conac.cn/"), WQ_SUBJECT_ORGAN},
		{WQ_S_INIT("zfwzgl.www.gov.cn/exposure"), WQ_SUBJECT_ORGAN},
	};

	know_claims(facts, html);
	if (facts->why != WQ_INSPECT_BY_NOTHING)
		return WQ_OK;
	for (size_t i = 0; i < WQ_COUNT(signs); i++)
		if (wq_str_find(html, signs[i].sign) >= 0) {
			facts->why = WQ_INSPECT_BY_PAGE;
			facts->subject.kind = signs[i].kind;
			return know_mark(facts);
		}
	return WQ_OK;
}

static enum wq_page_unit page_unit(enum wq_subject_kind kind)
{
	switch (kind) {
	case WQ_SUBJECT_ORGAN: return WQ_PAGE_ORGAN;
	case WQ_SUBJECT_INSTITUTION: return WQ_PAGE_INSTITUTION;
	case WQ_SUBJECT_UNION: return WQ_PAGE_UNION;
	case WQ_SUBJECT_ENTERPRISE:
	case WQ_SUBJECT_OTHER: return WQ_PAGE_OTHER_UNIT;
	case WQ_SUBJECT_UNKNOWN: break;
	}
	return WQ_PAGE_UNIT_UNKNOWN;
}

struct wq_page_facts wq_facts_page(const struct wq_facts *facts, wq_str url, bool home)
{
	const struct wq_subject *s = &facts->subject;

	return (struct wq_page_facts){.address = url,
		.hosts = s->hosts,
		.hosts_n = s->hosts_n,
		.inside = s->inside,
		.inside_n = s->inside_n,
		.confirmed = s->confirmed,
		.confirmed_n = s->confirmed_n,
		.suffixes = s->suffixes,
		.day = s->day,
		.unit = page_unit(s->kind),
		.mark = s->kind == WQ_SUBJECT_UNKNOWN ? WQ_PAGE_MARK_UNKNOWN
			: s->mark                     ? WQ_PAGE_MARK_ENTITLED
						      : WQ_PAGE_MARK_NOT_ENTITLED,
		.home = home,
		.place = {.app = s->app, .url = url}};
}
