/* Names: made, watched; pages: protected. */
#include "cli/commands.h"

#include <dirent.h>

#include "cli/fake_priv.h"
#include "detect/likeness/feed.h"
#include "inspect/fake/look.h"
#include "inspect/fake/protected.h"
#include "inspect/fake/seen.h"
#include "inspect/fake/store.h"

enum {
	FILE_BYTES = 16 * 1024 * 1024,
	NAMES_DEFAULT = 1000,
	JSON_MAX = 512 * 1024 * 1024,
	DEPTH_MAX = 32,
	ENTRIES_MAX = 200000
};

/* ---- what all need ---- */

wq_err wq_cli_fake_path(struct wq_workspace *workspace, const char *name, const char **ret_path)
{
	WQ_TRY(wq_dir_make(workspace->fs, wq_workspace_path(workspace, "fake"), 0700));
	*ret_path = wq_workspace_path(workspace, "fake/%s", name);
	return wq_arena_err(workspace->arena);
}

static wq_err read_rules(struct wq_workspace *w, struct wq_cli_fake *fake)
{
	struct wq_likeness_files files = {.names_file = WQ_S("likeness.txt"), .pinyin_file = WQ_S("pinyin.txt")};
	WQ_BUF(names, FILE_BYTES);
	WQ_BUF(pinyin, FILE_BYTES);
	WQ_BUF(pairs, FILE_BYTES);

	WQ_TRY(wq_file_read(w->fs, wq_workspace_rules(w, "likeness/likeness.txt"), &names));
	WQ_TRY(wq_file_read(w->fs, wq_workspace_rules(w, "likeness/pinyin.txt"), &pinyin));
	WQ_TRY(wq_file_read(w->fs, wq_workspace_rules(w, "fold/trad-simp.txt"), &pairs));
	WQ_TRY(wq_fold_table_parse(wq_buf_str(&pairs), "trad-simp.txt", &fake->fold));
	files.names = wq_arena_str(w->arena, wq_buf_str(&names));
	files.pinyin = wq_arena_str(w->arena, wq_buf_str(&pinyin));
	files.fold = fake->fold;
	WQ_TRY(wq_arena_err(w->arena));
	return wq_likeness_rules_parse(w->arena, &files, &fake->rules);
}

static wq_err registered(struct wq_workspace *w, struct wq_cli_fake *fake)
{
	struct wq_app_row *apps;
	struct wq_unit_row unit;
	size_t n;

	WQ_TRY(wq_app_list(w->ledger, w->arena, &apps, &n));
	fake->subjects = WQ_NEW_ARRAY(w->arena, struct wq_subject, n + 1);
	WQ_TRY(wq_arena_err(w->arena));
	for (size_t i = 0; i < n; i++) {
		const struct wq_app_row *app = &apps[i];
		if (app->state == WQ_APP_CLOSED)
			continue;
		bool known = !wq_failed(wq_unit_find(w->ledger, app->unit, w->arena, &unit));
		fake->subjects[fake->n++] = (struct wq_subject){.app = app->id,
			.name = known ? unit.name : app->name,
			.short_names = &app->name,
			.short_names_n = 1,
			.icp = app->icp,
			.police = app->police,
			.site_code = app->site_code,
			.hosts = app->hosts,
			.hosts_n = app->hosts_n};
	}
	return WQ_OK;
}

static wq_err from_file(struct wq_cli *cli, wq_str path, struct wq_workspace *w, struct wq_cli_fake *fake)
{
	WQ_BUF(bytes, FILE_BYTES);

	WQ_TRY(wq_file_read(w->fs, path.p, &bytes));
	return wq_fake_protected_parse(
		&cli->arena, path, wq_arena_str(&cli->arena, wq_buf_str(&bytes)), &fake->subjects, &fake->n);
}

static void only(struct wq_cli_fake *fake, wq_str app)
{
	size_t n = 0;

	for (size_t i = 0; i < fake->n; i++)
		if (wq_str_eq(fake->subjects[i].app, app))
			fake->subjects[n++] = fake->subjects[i];
	fake->n = n;
}

static wq_err read_index(struct wq_workspace *w, wq_str without, struct wq_cli_fake *fake)
{
	const char *path;
	wq_err e;

	WQ_TRY(wq_cli_fake_path(w, "pages.index", &path));
	WQ_TRY(wq_likeness_index_new(fake->rules, &fake->index));
	e = wq_fake_store_load(w->fs, path, without, fake->index);
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	return wq_likeness_index_ready(fake->index);
}

wq_err wq_cli_fake_open(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *workspace,
	bool with_index, wq_str without, struct wq_cli_fake *ret_fake)
{
	wq_str file = wq_cli_value(args, "protected");

	*ret_fake = (struct wq_cli_fake){0};
	WQ_TRY(read_rules(workspace, ret_fake));
	WQ_TRY(file.n > 0 ? from_file(cli, file, workspace, ret_fake) : registered(workspace, ret_fake));
	if (wq_cli_has(args, "app"))
		only(ret_fake, wq_cli_value(args, "app"));
	if (ret_fake->n == 0)
		return wq_error(
			WQ_E_NOT_FOUND, "nobody is protected: register an application, or give --protected FILE");
	WQ_TRY(wq_likeness_set_new(&cli->arena, ret_fake->rules, ret_fake->subjects, ret_fake->n, &ret_fake->set));
	return with_index ? read_index(workspace, without, ret_fake) : WQ_OK;
}

void wq_cli_fake_done(struct wq_cli_fake *fake)
{
	wq_likeness_index_free(&fake->index);
	wq_fold_table_close(&fake->fold);
}

static wq_err with_lock(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w,
	wq_err (*fn)(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w))
{
	const char *path;
	int fd;

	WQ_TRY(wq_cli_fake_path(w, "lock", &path));
	WQ_TRY(wq_file_lock(path, false, &fd));
	wq_err e = fn(cli, args, w);
	wq_file_close(&fd);
	return e;
}

/* ---- names ---- */

static void json_made(struct wq_json *json, const struct wq_likeness_made *made, wq_str app)
{
	wq_json_object(json);
	wq_json_put_str(json, "name", made->name);
	wq_json_put_str(json, "shown", made->shown);
	wq_json_put_u64(json, "weight", made->weight);
	wq_json_put_str(json, "technique", wq_str_c(wq_likeness_technique_name(made->technique)));
	wq_json_put_str(json, "app", app);
	wq_json_object_end(json);
}

static void print_made(struct wq_cli *cli, const struct wq_likeness_made *made)
{
	fprintf(cli->out, "%3u  %-40.*s  %s", made->weight, WQ_S_ARG(made->name),
		wq_likeness_technique_title(made->technique, cli->lang));
	if (!wq_str_eq(made->name, made->shown))
		fprintf(cli->out, "  %.*s", WQ_S_ARG(made->shown));
	fputc('\n', cli->out);
}

static wq_err make_names(struct wq_cli *cli, const struct wq_cli_fake *fake, size_t max)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_likeness_made *made;
	struct wq_json json;
	size_t n;

	wq_json_init(&json, &out);
	wq_json_array(&json);
	for (size_t i = 0; i < fake->n; i++) {
		WQ_CLEANUP(wq_arena_done) struct wq_arena work;
		wq_arena_init(&work, 2048 * WQ_MIB);
		WQ_TRY(wq_likeness_make(&work, fake->rules, &fake->subjects[i], max, &made, &n));
		for (size_t k = 0; k < n; k++)
			if (cli->json)
				json_made(&json, &made[k], fake->subjects[i].app);
			else
				print_made(cli, &made[k]);
	}
	wq_json_array_end(&json);
	return cli->json ? wq_cli_json(cli, &json) : WQ_OK;
}

static wq_err names(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_cli_fake fake;
	uint64_t max = NAMES_DEFAULT;
	wq_err e;

	if (wq_cli_has(args, "max") && !wq_str_to_u64(wq_cli_value(args, "max"), WQ_LIKENESS_MADE_MAX, &max))
		return wq_error(WQ_E_USAGE, "--max takes a number up to %d", WQ_LIKENESS_MADE_MAX);
	e = wq_cli_fake_open(cli, args, w, false, WQ_S_NONE, &fake);
	if (!wq_failed(e))
		e = make_names(cli, &fake, max);
	wq_cli_fake_done(&fake);
	return e;
}

/* ---- watch ---- */

struct watch {
	struct wq_cli *cli;
	struct wq_cli_fake fake;
	struct wq_fake_seen seen;
	struct wq_json json;
	uint64_t names, hits, fresh;
	bool resolve;
};

static void say_new(struct watch *watch, wq_str name, const struct wq_likeness_hit *hit)
{
	struct wq_cli *cli = watch->cli;
	wq_str app = watch->fake.subjects[hit->subject].app;
	WQ_BUF(addresses, 16 * WQ_KIB);
	char domain[WQ_LIKENESS_NAME_BYTES * 4 + 1];
	bool wildcard = false;

	snprintf(domain, sizeof domain, "%.*s", WQ_S_ARG(hit->domain));
	if (watch->resolve) {
		wq_fake_resolve(domain, &addresses);
		wildcard = wq_fake_wildcard(domain, cli->random);
	}
	if (cli->json) {
		wq_json_object(&watch->json);
		wq_json_put_str(&watch->json, "name", name);
		wq_json_put_str(&watch->json, "domain", hit->domain);
		wq_json_put_str(&watch->json, "app", app);
		wq_json_put_u64(&watch->json, "score", hit->score);
		wq_json_put_str(&watch->json, "technique", wq_str_c(wq_likeness_technique_name(hit->technique)));
		wq_json_put_str(&watch->json, "resembles", hit->form);
		if (watch->resolve) {
			wq_json_put_str(&watch->json, "addresses", wq_str_trim(wq_buf_str(&addresses)));
			wq_json_put_bool(&watch->json, "wildcard", wildcard);
		}
		wq_json_object_end(&watch->json);
		return;
	}
	fprintf(cli->out, "%3u  ", hit->score);
	wq_cli_text(cli->out, name);
	fprintf(cli->out, "  ~ %.*s (%.*s)  %s%s\n", WQ_S_ARG(hit->form), WQ_S_ARG(app),
		wq_likeness_technique_title(hit->technique, cli->lang), wildcard ? "  *" : "");
	for (wq_str rest = wq_buf_str(&addresses); rest.n > 0;)
		fprintf(cli->out, "     %.*s\n", WQ_S_ARG(wq_str_cut(&rest, '\n')));
}

static wq_err watch_name(void *data, wq_str name)
{
	struct watch *watch = data;
	struct wq_likeness_hit hit;
	bool is_new;

	watch->names++;
	if (!wq_likeness_score(watch->fake.set, name, &hit))
		return WQ_OK;
	watch->hits++;
	WQ_TRY(wq_fake_seen_add(&watch->seen, hit.domain, wq_now(watch->cli->clock), hit.score,
		wq_likeness_technique_name(hit.technique), watch->fake.subjects[hit.subject].app, &is_new));
	if (!is_new)
		return WQ_OK;
	watch->fresh++;
	say_new(watch, name, &hit);
	return WQ_OK;
}

/* Lines over the limit are passed over in pieces. */
static wq_err watch_file(struct watch *watch, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *line = malloc(WQ_LIKENESS_LINE_BYTES);
	bool whole = true;
	wq_err e = WQ_OK;

	if (!file || !line)
		e = wq_error(WQ_E_NOT_FOUND, "%s cannot be read", path);
	while (!wq_failed(e) && fgets(line, WQ_LIKENESS_LINE_BYTES, file)) {
		size_t n = strlen(line);
		bool ends = n > 0 && line[n - 1] == '\n';
		if (whole && (ends || n + 1 < WQ_LIKENESS_LINE_BYTES))
			e = wq_likeness_feed_line(wq_str_of(line, n), watch_name, watch);
		whole = ends;
	}
	free(line);
	if (file && file != stdin)
		fclose(file);
	return e;
}

static wq_err watch_all(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, struct watch *watch)
{
	const char *path;
	wq_str feed;

	WQ_TRY(wq_cli_fake_open(cli, args, w, false, WQ_S_NONE, &watch->fake));
	WQ_TRY(wq_cli_fake_path(w, "seen.list", &path));
	WQ_TRY(wq_fake_seen_open(w->fs, path, cli->random, &watch->seen));
	for (size_t i = 0; (feed = wq_cli_value_at(args, "feed", i)).p; i++)
		WQ_TRY(watch_file(watch, feed.p));
	return wq_fake_seen_keep(&watch->seen);
}

static wq_err watch_locked(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, JSON_MAX);
	struct watch watch = {.cli = cli, .resolve = wq_cli_has(args, "resolve")};
	wq_err e;

	wq_json_init(&watch.json, &out);
	wq_json_object(&watch.json);
	wq_json_key(&watch.json, WQ_S("new"));
	wq_json_array(&watch.json);
	e = watch_all(cli, args, w, &watch);
	wq_fake_seen_done(&watch.seen);
	wq_cli_fake_done(&watch.fake);
	WQ_TRY(e);
	wq_json_array_end(&watch.json);
	wq_json_put_u64(&watch.json, "names", watch.names);
	wq_json_put_u64(&watch.json, "hits", watch.hits);
	wq_json_object_end(&watch.json);
	wq_cli_print(cli, "共 %llu 个域名，形近 %llu 个，新出现 %llu 个\n",
		"%llu names, %llu look alike, %llu of them new\n", (unsigned long long)watch.names,
		(unsigned long long)watch.hits, (unsigned long long)watch.fresh);
	return cli->json ? wq_cli_json(cli, &watch.json) : WQ_OK;
}

static wq_err watch(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	if (!wq_cli_has(args, "feed"))
		return wq_error(WQ_E_USAGE, "--feed FILE is needed; - is standard input");
	return with_lock(cli, args, w, watch_locked);
}

/* ---- protect ---- */

struct protect {
	struct wq_workspace *w;
	struct wq_cli_fake *fake;
	wq_str app, host;
	size_t root_n; /* of the folder's path: what follows is the path of the address */
};

static wq_err protect_file(struct protect *p, const char *path)
{
	WQ_BUF(bytes, FILE_BYTES);
	char url[WQ_LIKENESS_URL_BYTES];
	bool taken;
	wq_err e = wq_file_read(p->w->fs, path, &bytes);

	if (wq_is(e, WQ_E_LIMIT) || wq_is(e, WQ_E_INPUT))
		return WQ_OK;
	WQ_TRY(e);
	int n = snprintf(url, sizeof url, "https://%.*s%s", WQ_S_ARG(p->host), path + p->root_n);
	if (n < 0 || (size_t)n >= sizeof url)
		return WQ_OK;
	return wq_fake_store_add(
		p->fake->index, p->fake->rules, p->app, wq_str_of(url, (size_t)n), wq_buf_str(&bytes), &taken);
}

static wq_err protect_dir(struct protect *p, const char *dir, unsigned depth)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct wq_dir_entry *entries;
	size_t n;

	wq_arena_init(&arena, 256 * WQ_MIB);
	if (depth > DEPTH_MAX)
		return wq_error(WQ_E_LIMIT, "%s lies deeper than %d folders", dir, DEPTH_MAX);
	WQ_TRY(wq_dir_list(&arena, dir, ENTRIES_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		const char *path = wq_arena_printf(&arena, "%s/%s", dir, entries[i].name).p;
		WQ_TRY(wq_arena_err(&arena));
		if (entries[i].type == DT_DIR)
			WQ_TRY(protect_dir(p, path, depth + 1));
		else if (entries[i].type == DT_REG)
			WQ_TRY(protect_file(p, path));
	}
	return WQ_OK;
}

static wq_err protect_open(
	struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w, struct wq_cli_fake *fake)
{
	struct protect p = {.w = w, .fake = fake, .app = args->words[0], .root_n = args->words[1].n};
	struct wq_likeness_index_stats stats;
	const char *path;

	WQ_TRY(wq_cli_fake_open(cli, args, w, true, p.app, fake));
	for (size_t i = 0; i < fake->n && !p.host.n; i++)
		if (wq_str_eq(fake->subjects[i].app, p.app) && fake->subjects[i].hosts_n > 0)
			p.host = fake->subjects[i].hosts[0];
	if (p.host.n == 0)
		return wq_error(WQ_E_NOT_FOUND, "%.*s is not registered, or has no host", WQ_S_ARG(p.app));
	WQ_TRY(protect_dir(&p, wq_arena_cstr(&cli->arena, args->words[1]), 0));
	WQ_TRY(wq_cli_fake_path(w, "pages.index", &path));
	WQ_TRY(wq_fake_store_save(w->fs, path, fake->index));
	stats = wq_likeness_index_stats(fake->index);
	wq_cli_print(cli, "受保护：页面 %zu，图像 %zu，标识 %zu\n",
		"protected: %zu pages, %zu images, %zu identifiers\n", stats.pages, stats.images, stats.identifiers);
	return wq_cli_json_ok(cli);
}

static wq_err protect_locked(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	struct wq_cli_fake fake = {0};
	wq_err e = protect_open(cli, args, w, &fake);

	wq_cli_fake_done(&fake);
	return e;
}

static wq_err protect(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	return with_lock(cli, args, w, protect_locked);
}

/* ---- the rows ---- */

static wq_err cmd_names(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, names);
}

static wq_err cmd_watch(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, watch);
}

static wq_err cmd_protect(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, protect);
}

static const struct wq_cli_option names_options[] = {
	WQ_CLI_FAKE_OPTIONS,
	{"max", "N", {"每个单位最多给出多少个（缺省 1000）", "at most so many for each unit (1000)"}, false},
	{0},
};

static const struct wq_cli_option watch_options[] = {
	WQ_CLI_FAKE_OPTIONS,
	{"feed", "FILE",
		{"新出现的域名：每行一个，或证书日志 JSON，或访问日志；- 为标准输入",
			"newly seen names: one a line, or a certificate log's JSON, or an access log; - is standard input"},
		true},
	{"resolve", NULL,
		{"解析新出现的域名，并检查是否泛解析（会向外发出查询）",
			"resolve what is new, and see whether every sub-domain answers (sends queries out)"},
		false},
	{0},
};

static const struct wq_cli_option protect_options[] = {
	{"protected", "FILE",
		{"受保护单位清单（缺省为登记的应用）",
			"list of protected units (otherwise the registered applications)"},
		false},
	{0},
};

const struct wq_cli_command wq_cmd_fake[] = {
	{"fake names", NULL, 0, 0, {"列出易被仿冒者注册的域名", "list the names that an imitator would register"},
		{"只列出，不解析。", "Nothing is resolved."}, names_options, cmd_names,
		"weique fake names --app portal --max 200"},
	{"fake watch", "--feed FILE", 0, 0, {"从域名流中找出新的形近域名", "find new look-alike names in a feed"},
		{"只输出上次以来新出现的；一个域名无论有多少子域只算一次。",
			"Gives only what is new since the last time; a domain counts once, however many sub-domains it has."},
		watch_options, cmd_watch, "weique fake watch --feed new-domains.txt"},
	{"fake protect", "APP DIR", 2, 2,
		{"收录本单位页面和图像，用于比对", "take in one's own pages and images, to compare with"},
		{"DIR 为站点文件目录；该应用原先收录的内容被替换。",
			"DIR holds the site's files; what was taken in of the application is replaced."},
		protect_options, cmd_protect, "weique fake protect portal /srv/www/portal"},
	{0},
};
