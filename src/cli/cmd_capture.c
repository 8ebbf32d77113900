#include "cli/commands.h"
#include "cli/common.h"
#include "base/progress.h"
#include "flow/capture.h"

enum { SKIPS_SHOWN = 20 };

struct watch {
	struct wq_cli *cli;
	struct wq_progress progress;
	uint64_t skipped;
};

/* File names and addresses come from outside. */
static void on_skip(void *data, wq_str source, const char *why)
{
	struct watch *watch = data;
	FILE *err = watch->cli->err;

	if (++watch->skipped > SKIPS_SHOWN || watch->cli->quiet || watch->cli->json)
		return;
	if (watch->progress.drawn)
		fputs("\r\033[K", err);
	watch->progress.drawn = false;
	fputs("  - ", err);
	wq_cli_text(err, source);
	fputs(": ", err);
	wq_cli_text(err, wq_str_c(why));
	fputc('\n', err);
}

static void on_progress(void *data, uint64_t resources, uint64_t bytes)
{
	struct watch *watch = data;

	(void)resources;
	(void)bytes;
	wq_progress_add(&watch->progress, 1);
}

static void skipped_more(const struct watch *watch)
{
	if (watch->skipped > SKIPS_SHOWN)
		wq_cli_print(watch->cli, "  … 共 %llu 项未收录\n", "  … %llu were left out in all\n",
			(unsigned long long)watch->skipped);
}

static void print_json(struct wq_json *json, const struct wq_capture_result *r, uint64_t skipped)
{
	wq_json_object(json);
	wq_json_put_str(json, "release", r->release);
	wq_json_put_u64(json, "resources", r->resources);
	wq_json_put_u64(json, "bytes", r->bytes);
	wq_json_put_u64(json, "added", r->added);
	wq_json_put_u64(json, "changed", r->changed);
	wq_json_put_u64(json, "gone", r->gone);
	wq_json_put_u64(json, "same", r->same);
	wq_json_put_u64(json, "unknown", r->unknown);
	wq_json_put_bool(json, "again", r->again);
	wq_json_put_u64(json, "skipped", skipped);
	wq_json_put_u64(json, "findings", r->findings);
	wq_json_put_u64(json, "findings_high", r->findings_high);
	wq_json_object_end(json);
}

static void print_text(struct wq_cli *cli, const struct wq_capture_result *r)
{
	wq_cli_print(cli, "%llu 个资源，%.1f MB：新增 %llu，修改 %llu，消失 %llu，未变 %llu\n",
		"%llu resources, %.1f MB: %llu added, %llu changed, %llu gone, %llu the same\n",
		(unsigned long long)r->resources, (double)r->bytes / 1e6, (unsigned long long)r->added,
		(unsigned long long)r->changed, (unsigned long long)r->gone, (unsigned long long)r->same);
	if (r->unknown)
		wq_cli_print(cli, "%llu 个已封存的资源未能从来源读取，保持封存版本\n",
			"%llu sealed resources could not be read from the origin: they stay as sealed\n",
			(unsigned long long)r->unknown);
	if (r->findings)
		wq_cli_print(cli, "发现 %llu 项，其中 %llu 项严重（B2，2024 第十三条）\n",
			"%llu findings, %llu of them high (B2; 2024 art. 13)\n", (unsigned long long)r->findings,
			(unsigned long long)r->findings_high);
	if (r->release.n == 0)
		wq_cli_print(
			cli, "与已封存的版本一致，无需发布\n", "equal to the sealed version: nothing to release\n");
	else
		wq_cli_print(cli, "发布 %.*s 待审核：weique release show %.*s\n",
			"release %.*s waits for review: weique release show %.*s\n", WQ_S_ARG(r->release),
			WQ_S_ARG(r->release));
}

static wq_err capture(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, 64 * WQ_KIB);
	struct watch watch = {.cli = cli};
	struct wq_capture_options options = {
		.author = wq_cli_value(args, "author"),
		.site = {.settings = &w->settings.capture,
			.allow_private = wq_cli_has(args, "allow-private"),
			.skipped = on_skip,
			.skipped_data = &watch},
		.progress = on_progress,
		.progress_data = &watch,
	};
	struct wq_capture_result result;
	struct wq_person_row author;
	struct wq_app_row app;
	struct wq_json json;
	wq_err e;

	if (options.author.n == 0)
		return wq_error(WQ_E_USAGE, "--author PERSON is needed: who answers for the change");
	WQ_TRY(wq_app_find(w->ledger, args->words[0], &cli->arena, &app));
	WQ_TRY(wq_person_find(w->ledger, options.author, &cli->arena, &author));
	if (!(author.roles & WQ_ROLE_AUTHOR))
		return wq_error(WQ_E_DENIED, "%.*s is not an author", WQ_S_ARG(author.id));
	wq_progress_init(&watch.progress, cli->clock, fileno(cli->err), "capture", 0, cli->quiet || cli->json);
	e = wq_capture(w, &app, &options, &result);
	wq_progress_done(&watch.progress);
	WQ_TRY(e);
	skipped_more(&watch);
	print_text(cli, &result);
	if (!cli->json)
		return WQ_OK;
	wq_json_init(&json, &out);
	print_json(&json, &result, watch.skipped);
	return wq_cli_json(cli, &json);
}

static wq_err cmd_capture(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, capture);
}

static const struct wq_cli_option options[] = {
	{"author", "PERSON", {"谁对这次变更负责", "who answers for the change"}, false},
	{"allow-private", NULL, {"允许内网来源地址", "the origin may be in a private address range"}, false},
	{0},
};

const struct wq_cli_command wq_cmd_capture[] = {
	{"capture", "APP --author PERSON", 1, 1,
		{"采集来源，与已封存版本比较，形成待审发布", "capture the origin, compare, propose a release"},
		{"没有人批准的变更只会成为“发现”，不会成为响应。",
			"A change that nobody approved becomes a finding, never a response."},
		options, cmd_capture, "weique capture portal --author editor"},
	{0},
};
