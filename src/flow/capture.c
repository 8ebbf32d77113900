#include "flow/capture_priv.h"

#include "flow/collect.h"

enum { MEMORY = 2000 * 1024 * 1024 - 1, SCRATCH = 16 * 1024 * 1024 };

static bool by_http(const struct wq_app_row *app)
{
	return wq_str_starts(app->origin, WQ_S("http://")) || wq_str_starts(app->origin, WQ_S("https://"));
}

wq_err wq_capture_tick(struct wq_capturing *c, uint64_t resources, uint64_t bytes)
{
	c->progress.done += resources;
	c->progress.bytes += bytes;
	if (c->options->progress && !c->options->progress(c->options->progress_data, &c->progress))
		return wq_error_id(WQ_E_INTERRUPTED);
	return WQ_OK;
}

/* A form that posts to a place outside gives away what visitors write there. */
static void form_outside(void *data, wq_str key, wq_str address, uint64_t line)
{
	struct wq_capturing *c = data;
	struct wq_finding finding = {.rule = WQ_S("capture.form-outside"),
		.severity = WQ_SEVERITY_MEDIUM,
		.place = {.line = (uint32_t)WQ_MIN(line, (uint64_t)UINT32_MAX)},
		.evidence = {.excerpt = address},
		.advice_zh = WQ_S("表单提交到站外地址：封存后改为先提示再离开，所填内容不会送出；确认其必要性"),
		.advice_en = WQ_S(
			"a form that posts to a place outside: sealed, it leads to the leave-site prompt and sends "
			"nothing; confirm that it is needed")};

	wq_finding_add_clause(&finding, WQ_S("B5"));
	WQ_IGNORE(wq_capture_find(c, &finding, key));
}

/* ---- what a capture needs ---- */

static wq_err open_tools(struct wq_capturing *c)
{
	struct wq_checks_options checks = {.app = c->app,
		.rules_dir = c->w->settings.rules_dir,
		.own_rules_dir = wq_workspace_path(c->w, "rules"),
		.inside = c->inside,
		.inside_n = c->inside_n,
		.confirmed = c->confirmed,
		.confirmed_n = c->confirmed_n,
		.now = wq_now(c->w->clock)};
	struct wq_transform_options transform = {.policy = &c->policy,
		.hosts = c->app->hosts,
		.hosts_n = c->app->hosts_n,
		.random = c->w->random,
		.on_form = form_outside,
		.data = c};

	WQ_TRY(wq_checks_new(&checks, &c->checks));
	WQ_TRY(wq_transform_new(&transform, &c->transform));
	WQ_TRY(wq_packs_new(wq_workspace_path(c->w, "vault/packs"), &c->packs));
	return wq_pack_writer_open_on(c->w->fs, wq_workspace_path(c->w, "vault/packs"), &c->writer);
}

static wq_err open_journal(struct wq_capturing *c)
{
	struct wq_journal_options options = {
		.fs = c->w->fs, .random = c->w->random, .now = wq_now(c->w->clock), .fresh = c->options->fresh};
	WQ_BUF(belongs, 2 * WQ_APP_PROFILE_MAX);

	wq_buf_printf(&belongs, "%.*s\n", WQ_S_ARG(c->app->origin));
	for (size_t i = 0; i < c->app->hosts_n; i++)
		wq_buf_printf(&belongs, "%.*s\n", WQ_S_ARG(c->app->hosts[i]));
	wq_buf_add(&belongs, c->app->profile);
	WQ_TRY(wq_buf_err(&belongs));
	options.belongs = wq_sm3(wq_buf_str(&belongs));
	return wq_journal_open(wq_workspace_path(c->w, "captures/%.*s", WQ_S_ARG(c->app->id)), &options, &c->journal);
}

/* ---- the two kinds of origin ---- */

static wq_err page_of_record(void *data, const struct wq_journal_record *record)
{
	return wq_capture_page(data, &record->item);
}

static void begin_pages(struct wq_capturing *c, uint64_t known)
{
	c->progress = (struct wq_capture_progress){.phase = WQ_CAPTURE_PAGES, .known = known};
}

static wq_err capture_origin(struct wq_capturing *c)
{
	struct wq_volatile_rule *rules = NULL;
	uint64_t known;
	size_t n = 0;

	WQ_TRY(open_journal(c));
	WQ_TRY(wq_capture_walk(c));
	known = c->progress.done;
	WQ_TRY(wq_capture_judge(c));
	if (c->profile.twice) {
		WQ_TRY(wq_capture_second(c));
		WQ_TRY(wq_capture_learn(c, &rules, &n));
	}
	WQ_TRY(wq_capture_policy_close(c, rules, n));
	begin_pages(c, known);
	return wq_journal_visit(c->journal, false, page_of_record, c);
}

static wq_err capture_directory(struct wq_capturing *c)
{
	WQ_TRY(wq_capture_policy_close(c, NULL, 0));
	begin_pages(c, 0);
	return wq_site_visit(c->app, &c->options->site, wq_capture_page, c);
}

static wq_err capture_site(struct wq_capturing *c)
{
	return by_http(c->app) ? capture_origin(c) : capture_directory(c);
}

/* What a closed application may still have sealed: that nobody gets anything of it (A4). */
static wq_err only_closes(const struct wq_capturing *c)
{
	bool closed = !c->policy.leave && wq_policy_class(&c->policy, WQ_S("/")) == WQ_CLASS_CLOSED;

	for (size_t i = 0; i < c->policy.paths_n; i++)
		closed &= c->policy.paths[i].class == WQ_CLASS_CLOSED;
	return closed ? WQ_OK
		      : wq_error(WQ_E_STATE,
				"application %.*s is closed (A4; 2024 art. 12): its profile may only say "
				"paths = [ \"/ closed\" ];",
				WQ_S_ARG(c->app->id));
}

/* Every sealed page that is sealed under the new policy as well. */
static wq_err capture_nothing(struct wq_capturing *c)
{
	bool closing = c->app->state == WQ_APP_CLOSED;

	if (closing)
		WQ_TRY(only_closes(c));
	if (!c->has_base)
		return wq_error(WQ_E_NOT_FOUND, "nothing is sealed for %.*s yet", WQ_S_ARG(c->app->id));
	WQ_TRY(wq_capture_policy_close(c, NULL, 0));
	if (!closing && (!c->same_settings || !c->same_volatiles))
		return wq_error(WQ_E_STATE,
			"prompts, footer, CSP or volatile regions change the pages themselves: capture "
			"without --policy");
	begin_pages(c, c->base.snapshot.entries_n);
	for (uint32_t i = 0; i < c->base.snapshot.entries_n; i++) {
		struct wq_entry was;
		wq_str host, target;

		if (!wq_snapshot_entry(&c->base.snapshot, i, &was))
			return wq_error(WQ_E_FORMAT, "entry %u of the sealed version", i);
		wq_key_split(was.key, &host, &target);
		WQ_TRY(wq_capture_tick(c, 1, 0));
		if (wq_capture_wants(&c->policy, wq_str_cut(&target, '?')))
			WQ_TRY(wq_capture_keep(c, &was));
	}
	return WQ_OK;
}

static wq_err run(struct wq_capturing *c, wq_err (*pages)(struct wq_capturing *c))
{
	WQ_TRY(wq_findings_init(&c->findings, &c->arena, WQ_CAPTURE_FINDINGS_MAX));
	WQ_TRY(wq_capture_open_base(c));
	WQ_TRY(wq_capture_policy_open(c));
	WQ_TRY(open_tools(c));
	WQ_TRY(pages(c));
	return wq_capture_propose(c);
}

/* ---- life ---- */

static void begin(struct wq_capturing *c)
{
	struct wq_buf *const pages[] = {&c->encoded, &c->cut, &c->masked, &c->was, &c->before, &c->after, &c->frozen};

	for (size_t i = 0; i < WQ_COUNT(pages); i++)
		wq_buf_init(pages[i], WQ_SITE_OBJECT_MAX);
	wq_buf_init(&c->block, WQ_POLICY_BLOCK_MAX);
	wq_arena_init(&c->arena, MEMORY);
	wq_arena_init(&c->scratch, SCRATCH);
	wq_map_init(&c->objects, WQ_CAPTURE_ENTRIES_MAX, c->w->random);
	wq_map_init(&c->judged, WQ_CAPTURE_ENTRIES_MAX, c->w->random);
	wq_map_init(&c->listed, WQ_CAPTURE_ENTRIES_MAX, c->w->random);
	wq_map_init(&c->worst, WQ_CAPTURE_ENTRIES_MAX, c->w->random);
}

static void end(struct wq_capturing *c, bool done)
{
	struct wq_buf *const buffers[] = {
		&c->encoded, &c->cut, &c->masked, &c->was, &c->before, &c->after, &c->frozen, &c->block};

	wq_journal_close(&c->journal, done);
	wq_checks_free(&c->checks);
	wq_transform_free(&c->transform);
	wq_packs_free(&c->packs);
	wq_pack_writer_free(&c->writer);
	wq_suffix_rules_close(&c->suffixes);
	wq_sealed_close(&c->base);
	wq_map_done(&c->objects);
	wq_map_done(&c->judged);
	wq_map_done(&c->listed);
	wq_map_done(&c->worst);
	for (size_t i = 0; i < WQ_COUNT(buffers); i++)
		wq_buf_done(buffers[i]);
	free(c->entries);
	wq_arena_done(&c->scratch);
	wq_arena_done(&c->arena);
}

static wq_err capture(struct wq_workspace *workspace, const struct wq_app_row *app,
	const struct wq_capture_options *options, wq_err (*pages)(struct wq_capturing *c),
	struct wq_capture_result *ret_result)
{
	struct wq_capture_result result = {0};
	struct wq_capturing c = {.w = workspace, .app = app, .options = options, .result = &result};
	int hold = -1;
	wq_err e;

	begin(&c);
	e = wq_collect_hold(workspace, false, &hold);
	if (!wq_failed(e))
		e = run(&c, pages);
	wq_file_close(&hold);
	end(&c, !wq_failed(e));
	if (!wq_failed(e))
		*ret_result = result;
	return e;
}

wq_err wq_capture(struct wq_workspace *workspace, const struct wq_app_row *app,
	const struct wq_capture_options *options, struct wq_capture_result *ret_result)
{
	if (app->state == WQ_APP_CLOSED)
		return wq_error(WQ_E_STATE,
			"application %.*s is closed (A4; 2024 art. 12): nothing of it is captured any more; end serving it "
			"with a profile of paths = [ \"/ closed\" ]; and weique capture %.*s --policy",
			WQ_S_ARG(app->id), WQ_S_ARG(app->id));
	return capture(workspace, app, options, capture_site, ret_result);
}

wq_err wq_capture_policy(struct wq_workspace *workspace, const struct wq_app_row *app,
	const struct wq_capture_options *options, struct wq_capture_result *ret_result)
{
	return capture(workspace, app, options, capture_nothing, ret_result);
}
