/* `weique release show`: everything that one has to know of a release before deciding. */
#include "cli/release_priv.h"
#include "flow/review.h"

enum { SHOWN_FINDINGS = 200, SHOWN_CHANGES = 40, JSON_MAX = 512 * 1024 * 1024 };

struct show {
	struct wq_cli *cli;
	struct wq_workspace *w;
	struct wq_json *json;
	struct wq_review *review; /* NULL: the body is no longer kept */
	uint64_t shown, limit;
	size_t policy_lines;
	bool serious; /* has findings of severity high or critical */
};

static wq_err show_change(struct show *show, const struct wq_change *change)
{
	static const char marks[] = {'+', '~', '-'};

	if (show->shown++ >= show->limit)
		return WQ_OK;
	if (show->cli->json) {
		wq_json_object(show->json);
		wq_json_put_str(show->json, "change", wq_str_c(wq_change_name(change->kind)));
		wq_json_put_str(show->json, "key", change->key);
		if (change->was)
			wq_json_put_hex(show->json, "was", change->was->identity.digest.b, WQ_DIGEST_BYTES);
		if (change->is) {
			wq_json_put_u64(show->json, "status", change->is->status);
			wq_json_put_str(show->json, "type", change->is->type);
			wq_json_put_u64(show->json, "bytes", change->is->identity.length_bytes);
			wq_json_put_hex(show->json, "is", change->is->identity.digest.b, WQ_DIGEST_BYTES);
		}
		wq_json_object_end(show->json);
		return WQ_OK;
	}
	fprintf(show->cli->out, "  %c %s ", marks[change->kind], wq_change_title(change->kind, show->cli->lang));
	wq_cli_text(show->cli->out, change->key);
	fputc('\n', show->cli->out);
	return WQ_OK;
}

/* What is kept of it: WQ_E_NOT_FOUND of a body that was collected is said, and is no error. */
static wq_err show_changes(struct show *show)
{
	struct wq_review *r = show->review;

	if (!r) {
		wq_cli_print(show->cli, "  （内容表已不再保留，无法列出变更）\n",
			"  (its body is no longer kept: changes cannot be listed)\n");
		return WQ_OK;
	}
	if (r->base_gone)
		wq_cli_print(show->cli, "  （此发布基于已不再保留的版本 %llu）\n",
			"  (it builds on serial %llu, which is no longer kept)\n",
			(unsigned long long)r->release.said.base_serial);
	for (size_t i = 0; i < r->changes_n; i++) {
		struct wq_entry was, is;
		struct wq_change c;

		WQ_TRY(wq_review_at(r, i, &was, &is, &c));
		WQ_TRY(show_change(show, &c));
	}
	if (show->shown > show->limit)
		wq_cli_print(show->cli, "  … 还有 %llu 项（--all 全部列出）\n",
			"  … and %llu more (--all lists them)\n", (unsigned long long)(show->shown - show->limit));
	return WQ_OK;
}

/* ---- what else it brings ---- */

static wq_err policy_line(void *data, char sign, wq_str text)
{
	struct show *show = data;

	if (show->cli->json) {
		wq_json_str(show->json, wq_arena_printf(&show->cli->arena, "%c %.*s", sign, WQ_S_ARG(text)));
		return wq_arena_err(&show->cli->arena);
	}
	if (show->policy_lines++ == 0)
		wq_cli_print(show->cli, "\n策略变化：\n", "\npolicy:\n");
	fprintf(show->cli->out, "  %c ", sign);
	wq_cli_text(show->cli->out, text);
	fputc('\n', show->cli->out);
	return WQ_OK;
}

static wq_err count_transforms(const struct wq_snapshot *s, uint64_t counts[3])
{
	for (uint32_t i = 0; i < s->entries_n; i++) {
		struct wq_entry entry;

		if (!wq_snapshot_entry(s, i, &entry))
			return wq_error(WQ_E_FORMAT, "entry %u", i);
		for (unsigned bit = 0; bit < 3; bit++)
			counts[bit] += (entry.transforms >> bit) & 1;
	}
	return WQ_OK;
}

static wq_err show_transforms(struct show *show)
{
	/* in the order of the flags of policy/rewrite.h */
	static const char *const names[] = {"leave", "footer", "cut"},
				 *const zh[] = {"外链提示", "补上标识", "去除易变部分"},
				 *const en[] = {"leave-site prompts", "missing mark added", "volatile parts cut out"};
	uint64_t counts[3] = {0};

	if (show->review)
		WQ_TRY(count_transforms(&show->review->body.snapshot, counts));
	for (size_t i = 0; i < 3; i++) {
		if (show->cli->json)
			wq_json_put_u64(show->json, names[i], counts[i]);
		else if (counts[i] > 0)
			wq_cli_print(show->cli, "  网页改写：%s %llu 页\n", "  rewritten: %s, %llu pages\n",
				show->cli->lang == WQ_LANG_ZH ? zh[i] : en[i], (unsigned long long)counts[i]);
	}
	return WQ_OK;
}

static void show_groups(const struct show *show)
{
	size_t together = 0, pages = 0;

	for (size_t i = 0; show->review && i < show->review->groups_n; i++)
		if (show->review->groups[i].changes > 1) {
			together++;
			pages += show->review->groups[i].changes;
		}
	if (together > 0)
		wq_cli_print(show->cli, "  其中 %zu 种同一改动涉及 %zu 页；共 %zu 种改动，详见 release diff\n",
			"  %zu changes are the same in several pages, %zu in all; %zu different changes: see release diff\n",
			together, pages, show->review->groups_n);
}

/* What weique-sign would say to these decisions, by its list, if that can be read here. */
static wq_err missing(struct show *show, const struct wq_release_row *r, const struct wq_decision_row *decisions,
	size_t n, const char **ret_state, wq_str *ret_note)
{
	struct wq_signed_decision proofs[WQ_DECISIONS_MAX];
	WQ_BUF(text, WQ_TRUST_BYTES_MAX);
	struct wq_trust trust;
	wq_err e;

	*ret_note = WQ_S_NONE;
	*ret_state = "unknown";
	if (wq_failed(wq_file_read(show->w->fs, wq_workspace_path(show->w, "sign/trust"), &text)))
		return WQ_OK;
	WQ_TRY(wq_trust_parse(wq_arena_str(&show->cli->arena, wq_buf_str(&text)), &show->cli->arena, &trust));
	for (size_t i = 0; i < n; i++)
		proofs[i] = decisions[i].proof;
	e = wq_trust_check(&trust, r->statement, proofs, n, NULL);
	*ret_state = wq_failed(e) ? "missing" : "complete";
	*ret_note = wq_failed(e) ? wq_arena_str(&show->cli->arena, wq_str_c(wq_err_note(e))) : WQ_S_NONE;
	return wq_arena_err(&show->cli->arena);
}

static wq_err show_next(
	struct show *show, const struct wq_release_row *r, const struct wq_decision_row *decisions, size_t n)
{
	struct wq_cli *cli = show->cli;
	const char *state;
	wq_str note;

	if (r->state != WQ_RELEASE_OPEN)
		return WQ_OK;
	WQ_TRY(missing(show, r, decisions, n, &state, &note));
	if (cli->json) {
		wq_json_key(show->json, WQ_S("procedure"));
		wq_json_object(show->json);
		wq_json_put_str(show->json, "state", wq_str_c(state));
		wq_json_put_str(show->json, "missing", note);
		wq_json_object_end(show->json);
		return WQ_OK;
	}
	if (note.n > 0) {
		wq_cli_print(cli, "\n还缺：", "\nstill missing: ");
		wq_cli_text(cli->out, note);
		fputc('\n', cli->out);
	}
	wq_cli_print(cli, "\n接下来：\n", "\nnext:\n");
	if (strcmp(state, "complete") == 0)
		fprintf(cli->out, "  weique release seal %.*s\n", WQ_S_ARG(r->id));
	else
		fprintf(cli->out,
			"  weique release diff %.*s --html %.*s.html\n  weique release approve %.*s --person ID --key FILE --comment …%s\n",
			WQ_S_ARG(r->id), WQ_S_ARG(r->id), WQ_S_ARG(r->id), show->serious ? " --accept-findings" : "");
	return WQ_OK;
}

static wq_err show_findings(struct show *show, struct wq_workspace *w, const struct wq_release_row *r)
{
	struct wq_cli *cli = show->cli;
	wq_str *findings;
	size_t n;

	WQ_TRY(wq_release_findings(w->ledger, r->id, SHOWN_FINDINGS, &cli->arena, &findings, &n));
	if (n > 0)
		wq_cli_print(cli, "\n发现（B2）：\n", "\nfindings (B2):\n");
	for (size_t i = 0; i < n; i++) {
		struct wq_finding f;

		WQ_TRY(wq_finding_from_json(&cli->arena, findings[i], &f));
		show->serious |= f.severity >= WQ_SEVERITY_HIGH;
		if (cli->json) {
			if (wq_failed(wq_finding_to_json(&f, show->json->out)))
				return wq_buf_err(show->json->out);
			if (i + 1 < n)
				wq_buf_byte(show->json->out, ',');
			continue;
		}
		fprintf(cli->out, "  [%s] %.*s  %.*s:%u\n      %.*s\n      -> %.*s\n",
			wq_severity_title(f.severity, cli->lang), WQ_S_ARG(f.rule), WQ_S_ARG(f.place.key), f.place.line,
			WQ_S_ARG(f.evidence.excerpt), WQ_S_ARG(cli->lang == WQ_LANG_ZH ? f.advice_zh : f.advice_en));
	}
	return WQ_OK;
}

static void json_decision(struct wq_json *json, const struct wq_decision *d)
{
	wq_json_object(json);
	wq_json_put_str(json, "person", d->person);
	wq_json_put_str(json, "verdict", d->verdict == WQ_VERDICT_APPROVE ? WQ_S("approve") : WQ_S("reject"));
	wq_json_put_str(json, "stage", d->stage);
	wq_json_put_time(json, "time", d->time);
	wq_json_put_str(json, "comment", d->comment);
	wq_json_put_bool(json, "demonstration", d->demonstration);
	wq_json_object_end(json);
}

static void print_decision(struct wq_cli *cli, const struct wq_decision *d)
{
	char when[32];

	const struct wq_stage *stage = wq_stage_find(d->stage);

	fprintf(cli->out, "  %s  %s  %.*s  %s%s  ", wq_cli_time(d->time, when),
		stage ? (cli->lang == WQ_LANG_ZH ? stage->zh : stage->en) : "-", WQ_S_ARG(d->person),
		d->verdict == WQ_VERDICT_APPROVE ? (cli->lang == WQ_LANG_ZH ? "同意" : "approved")
						 : (cli->lang == WQ_LANG_ZH ? "退回" : "rejected"),
		d->demonstration ? (cli->lang == WQ_LANG_ZH ? "（演示）" : " (demonstration)") : "");
	wq_cli_text(cli->out, d->comment);
	fputc('\n', cli->out);
}

static wq_err show_text(struct show *show, struct wq_workspace *w, const struct wq_release_row *r,
	const struct wq_decision_row *decisions, size_t decisions_n)
{
	struct wq_cli *cli = show->cli;
	char when[32], root[WQ_DIGEST_HEX];

	wq_cli_print(cli, "发布 %.*s（应用 %.*s）：%s\n作者 %.*s，%s，%llu 个条目，内容根 %s\n\n变更：\n",
		"release %.*s of %.*s: %s\nauthor %.*s, %s, %llu entries, body root %s\n\nchanges:\n", WQ_S_ARG(r->id),
		WQ_S_ARG(r->said.app), wq_release_state_title(r->state, cli->lang), WQ_S_ARG(r->said.author),
		wq_cli_time(r->said.created, when), (unsigned long long)r->said.entries,
		wq_digest_hex(r->said.body_root, root));
	WQ_TRY(show_changes(show));
	show_groups(show);
	WQ_TRY(show_transforms(show));
	if (show->review)
		WQ_TRY(wq_review_policy(show->review, policy_line, show));
	WQ_TRY(show_findings(show, w, r));
	if (decisions_n > 0)
		wq_cli_print(cli, "\n审核：\n", "\ndecisions:\n");
	for (size_t i = 0; i < decisions_n; i++)
		print_decision(cli, &decisions[i].said);
	return show_next(show, r, decisions, decisions_n);
}

static wq_err show_json(struct show *show, struct wq_workspace *w, const struct wq_release_row *r,
	const struct wq_decision_row *decisions, size_t decisions_n)
{
	struct wq_json *json = show->json;

	wq_json_object(json);
	wq_json_key(json, WQ_S("release"));
	wq_release_json(json, r);
	wq_json_key(json, WQ_S("decisions"));
	wq_json_array(json);
	for (size_t i = 0; i < decisions_n; i++)
		json_decision(json, &decisions[i].said);
	wq_json_array_end(json);
	wq_json_key(json, WQ_S("changes"));
	wq_json_array(json);
	WQ_TRY(show_changes(show));
	wq_json_array_end(json);
	wq_json_put_u64(json, "groups", show->review ? show->review->groups_n : 0);
	wq_json_key(json, WQ_S("policy"));
	wq_json_array(json);
	if (show->review)
		WQ_TRY(wq_review_policy(show->review, policy_line, show));
	wq_json_array_end(json);
	wq_json_key(json, WQ_S("transforms"));
	wq_json_object(json);
	WQ_TRY(show_transforms(show));
	wq_json_object_end(json);
	WQ_TRY(show_next(show, r, decisions, decisions_n));
	wq_json_key(json, WQ_S("findings"));
	wq_json_array(json);
	WQ_TRY(show_findings(show, w, r));
	wq_json_array_end(json);
	wq_json_object_end(json);
	return wq_cli_json(show->cli, json);
}

static wq_err show(struct wq_cli *cli, const struct wq_cli_args *args, struct wq_workspace *w)
{
	WQ_BUF(out, JSON_MAX);
	struct wq_json json;
	struct show s = {.cli = cli,
		.w = w,
		.json = &json,
		.limit = wq_cli_has(args, "all") || cli->json ? UINT64_MAX : SHOWN_CHANGES};
	struct wq_release_row release;
	struct wq_decision_row *decisions;
	size_t n;
	wq_err e;

	WQ_TRY(wq_release_find(w->ledger, args->words[0], &cli->arena, &release));
	WQ_TRY(wq_release_decisions(w->ledger, release.id, &cli->arena, &decisions, &n));
	e = wq_review_open(w, &release, NULL, &s.review);
	if (wq_failed(e) && !(wq_is(e, WQ_E_NOT_FOUND) && release.state != WQ_RELEASE_OPEN))
		return e;
	wq_json_init(&json, &out);
	e = cli->json ? show_json(&s, w, &release, decisions, n) : show_text(&s, w, &release, decisions, n);
	wq_review_close(&s.review);
	return e;
}

wq_err wq_release_cmd_show(struct wq_cli *cli, const struct wq_cli_args *args)
{
	return wq_cli_with(cli, args, show);
}
