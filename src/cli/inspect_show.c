/* An inspection as text. Titles, addresses and evidence come from outside: they go through wq_cli_text(). */
#include "cli/inspect_priv.h"

#include "base/file.h"
#include "base/progress.h"
#include "flow/inspect/report.h"
#include "flow/inspect/words.h"

enum { PLACES_SHOWN = 5, GROUPS_SHOWN = 20, CHANGES_SHOWN = 30, HOSTS_SHOWN = 5, ADDRESSES_SHOWN = 6 };

static bool zh(const struct wq_cli *cli)
{
	return cli->lang == WQ_LANG_ZH;
}

static void colour(struct wq_cli *cli, FILE *to, enum wq_colour c)
{
	fputs(wq_colour(cli->colour && to == cli->out, c), to);
}

static enum wq_colour colour_of(enum wq_severity severity)
{
	return severity >= WQ_SEVERITY_HIGH      ? WQ_COLOUR_RED
		: severity == WQ_SEVERITY_MEDIUM ? WQ_COLOUR_YELLOW
						 : WQ_COLOUR_DIM;
}

static void put_severity(struct wq_cli *cli, FILE *to, enum wq_severity severity)
{
	colour(cli, to, colour_of(severity));
	fprintf(to, "[%s]", wq_severity_title(severity, cli->lang));
	colour(cli, to, WQ_COLOUR_NONE);
}

/* ---- summary ---- */

static void put_points(FILE *to, int64_t thousandths)
{
	fprintf(to, "%s%lld.%lld", thousandths < 0 ? "-" : "",
		(long long)(thousandths < 0 ? -thousandths : thousandths) / 1000,
		(long long)(thousandths < 0 ? -thousandths : thousandths) / 100 % 10);
}

static void put_score(struct wq_cli *cli, FILE *to, const struct wq_inspect_score *s)
{
	struct wq_inspect_score_so_far so_far;

	if (!s->judged)
		return;
	so_far = wq_inspect_score_so_far(s);
	fputs(zh(cli) ? "检查指标    已判定扣 " : "indicators  determined so far: -", to);
	put_points(to, so_far.lost);
	fprintf(to, zh(cli) ? " 分（共判定 %zu 项），最高可得 " : " points of %zu rows; up to ", so_far.determined);
	put_points(to, s->most);
	fprintf(to, zh(cli) ? " 分，%zu 项待人工核实" : "; %zu rows are for a person", so_far.open);
	for (size_t i = 0; i < s->rows_n; i++)
		if (s->rows[i].verdict == WQ_INDICATOR_VETOED) {
			colour(cli, to, WQ_COLOUR_RED);
			fputs(zh(cli) ? "；单项否决：" : "; veto: ", to);
			wq_cli_text(to, zh(cli) ? s->rows[i].name_zh : s->rows[i].name_en);
			colour(cli, to, WQ_COLOUR_NONE);
		}
	fputc('\n', to);
}

/* ---- names, addresses, certificates ---- */

static void put_host(struct wq_cli *cli, FILE *to, const struct wq_inspect_host *h)
{
	if (!h->looked)
		return;
	fputs(zh(cli) ? "域名        " : "name        ", to);
	wq_cli_text(to, h->host);
	fputs(":", to);
	for (size_t i = 0; i < h->addresses_n && i < ADDRESSES_SHOWN; i++) {
		fputs(i ? ", " : " ", to);
		wq_cli_text(to, h->addresses[i].text);
		if (h->addresses[i].country.n) {
			fputs(" (", to);
			wq_cli_text(to, h->addresses[i].country);
			fputs(")", to);
		}
	}
	if (h->addresses_n == 0)
		fputs(zh(cli) ? " 无地址" : " no address", to);
	if (h->addresses_n > ADDRESSES_SHOWN)
		fprintf(to, " … (%zu)", h->addresses_n);
	for (size_t i = 0; i < h->resolvers_n; i++) {
		fputs(i ? ", " : zh(cli) ? "；解析器 " : "; resolvers ", to);
		wq_cli_text(to, h->resolvers[i]);
	}
	fputc('\n', to);
}

static void put_tls(struct wq_cli *cli, FILE *to, const struct wq_inspect_tls *t, wq_time now)
{
	char until[32];

	if (t->known.n == 0)
		return;
	fputs(zh(cli) ? "证书        " : "certificate ", to);
	wq_cli_text(to, t->host);
	fprintf(to, zh(cli) ? ":%u 至 %.10s（%lld 天），签发 " : ":%u until %.10s (%lld days), by ", t->port,
		wq_inspect_time(t->not_after, until), (long long)wq_inspect_days_left(t, now));
	wq_cli_text(to, t->issuer);
	fputs("; ", to);
	wq_cli_text(to, t->versions);
	fputc('\n', to);
}

static void put_network(struct wq_cli *cli, FILE *to, const struct wq_inspect_result *r)
{
	for (size_t i = 0; i < r->network.hosts_n && i < HOSTS_SHOWN; i++)
		put_host(cli, to, &r->network.hosts[i]);
	for (size_t i = 0; i < r->network.tls_n && i < HOSTS_SHOWN; i++)
		put_tls(cli, to, &r->network.tls[i], r->began);
}

static void put_counts(struct wq_cli *cli, FILE *to, const struct wq_inspect_result *r)
{
	fputs(zh(cli) ? "问题        " : "findings    ", to);
	for (int i = WQ_SEVERITY_COUNT - 1; i >= 0; i--)
		fprintf(to, "%s %zu%s", wq_severity_title((enum wq_severity)i, cli->lang), r->by_severity[i],
			i ? "  " : "\n");
}

static void put_incomplete(struct wq_cli *cli, FILE *to, const struct wq_inspect_result *r)
{
	if (r->unreachable) {
		colour(cli, to, WQ_COLOUR_RED);
		fputs(zh(cli) ? "网站无法打开：" : "the site cannot be opened: ", to);
		wq_cli_text(to, r->unreachable_why);
		colour(cli, to, WQ_COLOUR_NONE);
		fputc('\n', to);
	}
	if (r->interrupted)
		fputs(zh(cli) ? "检查被中断：以下是已检查部分的结果\n"
			      : "interrupted: results of the part that was looked at\n",
			to);
	if (r->walk.limited)
		fprintf(to,
			zh(cli) ? "达到限额（%s），未检查全部内容\n"
				: "a limit was reached (%s): not everything was looked at\n",
			r->walk.limited_by);
	if (r->walk.robots_kept_away)
		fprintf(to, zh(cli) ? "robots.txt 排除了 %llu 个地址\n" : "robots.txt keeps %llu addresses away\n",
			(unsigned long long)r->walk.robots_kept_away);
	if (r->unexamined)
		fprintf(to, zh(cli) ? "%llu 个页面未能检查\n" : "%llu pages could not be examined\n",
			(unsigned long long)r->unexamined);
}

void wq_cli_inspect_summary(
	struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result, const struct wq_inspect_changes *changes)
{
	const struct wq_site_stats *w = &result->walk;
	char began[32];

	colour(cli, to, WQ_COLOUR_BOLD);
	wq_cli_text(to, result->site);
	colour(cli, to, WQ_COLOUR_NONE);
	fprintf(to, "  %s (UTC+8)\n", wq_inspect_time(result->began, began));
	fprintf(to, "%s%s (%s)\n", zh(cli) ? "单位性质    " : "kind        ",
		wq_subject_kind_title(result->subject.kind, cli->lang), wq_inspect_why_title(result->why, cli->lang));
	fprintf(to,
		zh(cli) ? "范围        %llu 页，%llu 个链接目标，%.1f MB，%.1f 秒\n"
			: "looked at   %llu pages, %llu link targets, %.1f MB, %.1f s\n",
		(unsigned long long)w->pages, (unsigned long long)w->targets, (double)w->bytes / 1e6,
		(double)result->msec / 1e3);
	put_network(cli, to, result);
	put_score(cli, to, &result->score);
	put_counts(cli, to, result);
	if (changes)
		fprintf(to,
			zh(cli) ? "与上次相比  新增 %zu，%s %zu，仍在 %zu\n"
				: "since last  new %zu, %s %zu, still there %zu\n",
			changes->new_n,
			changes->comparable ? zh(cli) ? "消失" : "gone"
				: zh(cli)   ? "未再见到"
					    : "not seen",
			changes->gone_n, changes->still_n);
	put_incomplete(cli, to, result);
}

/* ---- findings ---- */

static void put_place(struct wq_cli *cli, FILE *to, const struct wq_inspect_group *g, const struct wq_inspect_place *p)
{
	fputs("      ", to);
	wq_cli_text(to, p->page);
	if (p->line)
		fprintf(to, ":%u", p->line);
	if (p->target.n && !wq_str_eq(p->target, g->subject) && !wq_str_eq(p->target, p->page)) {
		fputs(" -> ", to);
		wq_cli_text(to, p->target);
	}
	if (p->excerpt.n && !wq_str_eq(p->excerpt, g->subject) && !wq_str_eq(p->excerpt, p->target)) {
		colour(cli, to, WQ_COLOUR_DIM);
		fputs("  ", to);
		wq_cli_text(to, p->excerpt);
		colour(cli, to, WQ_COLOUR_NONE);
	}
	fputc('\n', to);
}

static wq_str advice_of(const struct wq_cli *cli, const struct wq_inspect_group *g)
{
	return zh(cli) ? g->advice_zh : g->advice_en;
}

/* `first` of its rule: its advice stands above. */
static void put_group(struct wq_cli *cli, FILE *to, const struct wq_inspect_group *g,
	const struct wq_inspect_group *first, bool is_new)
{
	size_t n = WQ_MIN(g->places_n, (size_t)PLACES_SHOWN);

	fputs("    ", to);
	if (is_new)
		fputs(zh(cli) ? "(新增) " : "(new) ", to);
	wq_cli_text(to, g->subject);
	if (g->pages > 1)
		fprintf(to, zh(cli) ? "（%llu 页）" : " (on %llu pages)", (unsigned long long)g->pages);
	fputc('\n', to);
	if (!wq_str_eq(advice_of(cli, g), advice_of(cli, first))) {
		fputs("    ", to);
		wq_cli_text(to, advice_of(cli, g));
		fputc('\n', to);
	}
	for (size_t i = 0; i < n; i++)
		put_place(cli, to, g, &g->places[i]);
	if (g->pages > n)
		fprintf(to, zh(cli) ? "      … 另有 %llu 页\n" : "      … %llu more pages\n",
			(unsigned long long)(g->pages - n));
}

static size_t put_rule(struct wq_cli *cli, FILE *to, const struct wq_inspect_result *r,
	const struct wq_inspect_changes *changes, size_t first)
{
	const struct wq_inspect_group *g = &r->groups[first];
	size_t n = 1;

	while (first + n < r->groups_n && r->groups[first + n].severity == g->severity &&
		wq_str_eq(r->groups[first + n].rule, g->rule))
		n++;
	fputc('\n', to);
	put_severity(cli, to, g->severity);
	fputc(' ', to);
	colour(cli, to, WQ_COLOUR_BOLD);
	wq_cli_text(to, wq_inspect_rule_title(g->rule, cli->lang));
	colour(cli, to, WQ_COLOUR_NONE);
	fputs("  ", to);
	wq_cli_text(to, g->rule);
	for (size_t i = 0; i < g->clause_count; i++) {
		fputc(' ', to);
		wq_cli_text(to, g->clauses[i]);
	}
	fputs("\n  ", to);
	wq_cli_text(to, advice_of(cli, g));
	fputc('\n', to);
	for (size_t i = first; i < first + WQ_MIN(n, (size_t)GROUPS_SHOWN); i++)
		put_group(cli, to, &r->groups[i], g, changes && changes->is_new[i]);
	if (n > GROUPS_SHOWN)
		fprintf(to,
			zh(cli) ? "    … 另有 %zu 项，见 --json、--csv 或 --html\n"
				: "    … %zu more: see --json, --csv or --html\n",
			n - GROUPS_SHOWN);
	return n;
}

void wq_cli_inspect_findings(
	struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result, const struct wq_inspect_changes *changes)
{
	for (size_t i = 0; i < result->groups_n;)
		i += put_rule(cli, to, result, changes, i);
}

void wq_cli_inspect_links(struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result)
{
	for (size_t i = 0; i < result->groups_n; i++)
		for (size_t k = 0; k < result->groups[i].places_n; k++) {
			const struct wq_inspect_group *g = &result->groups[i];
			const struct wq_inspect_place *p = &g->places[k];

			put_severity(cli, to, g->severity);
			fputc(' ', to);
			wq_cli_text(to, wq_inspect_url_of(g, p));
			fputs("  ", to);
			wq_cli_text(to, p->excerpt);
			fputs("  <- ", to);
			wq_cli_text(to, p->page);
			if (p->line)
				fprintf(to, ":%u", p->line);
			fputc('\n', to);
		}
}

static void put_change(struct wq_cli *cli, FILE *to, char sign, const struct wq_inspect_group *g)
{
	fprintf(to, "%c ", sign);
	put_severity(cli, to, g->severity);
	fputc(' ', to);
	wq_cli_text(to, wq_inspect_rule_title(g->rule, cli->lang));
	fputs("  ", to);
	wq_cli_text(to, g->subject);
	fputc('\n', to);
}

void wq_cli_inspect_changes(
	struct wq_cli *cli, FILE *to, const struct wq_inspect_result *result, const struct wq_inspect_changes *changes)
{
	size_t shown = 0;

	for (size_t i = 0; i < result->groups_n && shown < CHANGES_SHOWN; i++)
		if (changes->is_new[i]) {
			put_change(cli, to, '+', &result->groups[i]);
			shown++;
		}
	for (size_t i = 0; i < changes->gone_n && i < CHANGES_SHOWN; i++)
		put_change(cli, to, changes->comparable ? '-' : '?', changes->gone[i]);
	if (changes->new_n > shown || changes->gone_n > CHANGES_SHOWN)
		fprintf(to, zh(cli) ? "… 新增 %zu、消失 %zu\n" : "… %zu new, %zu gone\n", changes->new_n,
			changes->gone_n);
}

/* ---- files ---- */

static wq_err write_to(const char *path, const struct wq_buf *content)
{
	WQ_TRY(wq_buf_err(content));
	return wq_file_replace(&wq_fs_system, path, wq_buf_str(content), 0640);
}

wq_err wq_cli_inspect_files(struct wq_cli *cli, const struct wq_cli_inspect *inspect,
	const struct wq_inspect_result *result, const struct wq_inspect_changes *changes)
{
	const struct wq_inspect_report report = {
		.result = result, .changes = changes, .clauses = inspect->clauses, .lang = cli->lang};
	WQ_BUF(out, WQ_INSPECT_REPORT_BYTES_MAX);

	if (inspect->html) {
		WQ_TRY(wq_inspect_report_html(&report, &out));
		WQ_TRY(write_to(inspect->html, &out));
		wq_buf_clear(&out);
	}
	if (inspect->csv) {
		WQ_TRY(wq_inspect_report_csv(result, cli->lang, &out));
		WQ_TRY(write_to(inspect->csv, &out));
		wq_buf_clear(&out);
	}
	if (inspect->report) {
		WQ_TRY(wq_record_write(result, &out));
		WQ_TRY(write_to(inspect->report, &out));
	}
	return WQ_OK;
}
