#include "policy/block_priv.h"
#include "policy/profile.h"

enum { LINES_BYTES_MAX = 8 * 1024 * 1024, LINE_MAX_BYTES = 32 * 1024 };

/* ---- a policy as sorted lines ---- */

struct lines {
	struct wq_arena *arena;
	wq_str *lines;
	size_t n;
};

static void add(struct lines *lines, const struct wq_buf *line)
{
	if (lines->lines)
		lines->lines[lines->n++] = wq_arena_str(lines->arena, wq_buf_str(line));
}

static void add_text(struct lines *lines, const char *what, wq_str text)
{
	WQ_BUF(line, LINE_MAX_BYTES);

	wq_buf_printf(&line, "%s ", what);
	wq_buf_add(&line, text);
	add(lines, &line);
}

static void add_path(struct lines *lines, const struct wq_path_rule *rule)
{
	static const char *const words[] = {[WQ_KEY_QUERY_IGNORE] = " query=ignore",
		[WQ_KEY_QUERY_LISTED] = " query=",
		[WQ_KEY_QUERY_KEEP] = " query=keep"};
	WQ_BUF(line, LINE_MAX_BYTES);

	wq_buf_printf(&line, "path %.*s %s", WQ_S_ARG(rule->prefix), wq_path_class_name(rule->class));
	if (rule->query != WQ_KEY_QUERY_REFUSE && (size_t)rule->query < WQ_COUNT(words))
		wq_buf_add(&line, wq_str_c(words[rule->query]));
	for (size_t i = 0; i < rule->listed_n; i++)
		wq_buf_printf(&line, "%s%.*s", i ? "," : "", WQ_S_ARG(rule->listed[i]));
	add(lines, &line);
}

static void add_network(struct lines *lines, const struct wq_network *network)
{
	const uint8_t *b = network->addr.bytes;
	WQ_BUF(line, LINE_MAX_BYTES);

	wq_buf_add(&line, WQ_S("staff from "));
	if (network->addr.family == 4)
		wq_buf_printf(&line, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else
		for (size_t i = 0; i < sizeof network->addr.bytes; i += 2)
			wq_buf_printf(&line, "%s%x", i ? ":" : "", (unsigned)(b[i] << 8 | b[i + 1]));
	wq_buf_printf(&line, "/%u", network->bits);
	add(lines, &line);
}

static void add_volatile(struct lines *lines, const struct wq_volatile_rule *rule)
{
	WQ_BUF(line, LINE_MAX_BYTES);

	wq_buf_add(&line, WQ_S("volatile "));
	WQ_IGNORE(wq_volatile_rule_text(rule, &line)); /* a line holds every rule */
	add(lines, &line);
}

static void add_number(struct lines *lines, const char *what, uint64_t number)
{
	WQ_BUF(line, LINE_MAX_BYTES);

	wq_buf_printf(&line, "rules %s %llu", what, (unsigned long long)number);
	add(lines, &line);
}

enum { GUARD_LINES = 10 };

static void add_guard(struct lines *lines, const struct wq_guard *g)
{
	add_text(lines, "rules mode", wq_str_c(wq_guard_mode_name(g->mode)));
	add_text(lines, "rules over", g->over_passes ? WQ_S("pass") : WQ_S("block"));
	add_text(lines, "rules unreadable", g->unreadable_passes ? WQ_S("pass") : WQ_S("block"));
	add_number(lines, "body bytes", g->body_max);
	add_number(lines, "upload bytes", g->upload_max);
	add_number(lines, "budget ms", g->budget_msec);
	add_number(lines, "client ms a second", g->client_msec);
	add_number(lines, "application ms a second", g->application_msec);
	add_number(lines, "score inbound", g->inbound);
	add_number(lines, "score outbound", g->outbound);
	for (size_t i = 0; i < g->paths_n; i++) {
		WQ_BUF(line, LINE_MAX_BYTES);

		wq_buf_printf(&line, "rules path %.*s %s", WQ_S_ARG(g->paths[i].prefix),
			wq_guard_mode_name(g->paths[i].mode));
		add(lines, &line);
	}
	for (size_t i = 0; i < g->exceptions_n; i++) {
		WQ_BUF(line, LINE_MAX_BYTES);

		wq_buf_add(&line, WQ_S("rules exception "));
		WQ_IGNORE(wq_guard_exception_text(&g->exceptions[i], &line)); /* a line holds every exception */
		add(lines, &line);
	}
}

static wq_err lines_of(const struct wq_policy *p, struct lines *lines)
{
	static const char *const modes[] = {
		[WQ_CSP_OFF] = "off", [WQ_CSP_REPORT] = "report", [WQ_CSP_ENFORCE] = "enforce"};

	lines->lines = WQ_NEW_ARRAY(lines->arena, wq_str,
		p->paths_n + p->staff_n + p->suffixes_n + p->inside_n + p->volatiles_n + p->guard.paths_n +
			p->guard.exceptions_n + GUARD_LINES + 4);
	for (size_t i = 0; i < p->paths_n; i++)
		add_path(lines, &p->paths[i]);
	for (size_t i = 0; i < p->staff_n; i++)
		add_network(lines, &p->staff[i]);
	for (size_t i = 0; i < p->suffixes_n; i++)
		add_text(lines, "leave suffix", p->suffixes[i]);
	for (size_t i = 0; i < p->inside_n; i++)
		add_text(lines, "leave inside", p->inside[i]);
	for (size_t i = 0; i < p->volatiles_n; i++)
		add_volatile(lines, &p->volatiles[i]);
	add_text(lines, "leave prompt", p->leave ? WQ_S("true") : WQ_S("false"));
	add_text(lines, "leave name", p->portal);
	add_text(lines, "leave path", p->leave_prefix);
	add_text(lines, "csp", wq_str_c(modes[p->csp <= WQ_CSP_ENFORCE ? p->csp : WQ_CSP_OFF]));
	add_guard(lines, &p->guard);
	WQ_TRY(wq_arena_err(lines->arena));
	qsort(lines->lines, lines->n, sizeof *lines->lines, wq_policy_str_cmp);
	return WQ_OK;
}

/* ---- comparing ---- */

static wq_err merge(const struct lines *old, const struct lines *now, wq_policy_line_fn line, void *data)
{
	size_t i = 0, k = 0;

	while (i < old->n || k < now->n) {
		int order = i == old->n ? 1 : k == now->n ? -1 : wq_str_cmp(old->lines[i], now->lines[k]);

		if (order < 0)
			WQ_TRY(line(data, '-', old->lines[i]));
		else if (order > 0)
			WQ_TRY(line(data, '+', now->lines[k]));
		i += order <= 0;
		k += order >= 0;
	}
	return WQ_OK;
}

static wq_err footer(wq_str text, char sign, wq_policy_line_fn line, void *data)
{
	while (text.n > 0) {
		WQ_BUF(shown, LINE_MAX_BYTES);

		wq_buf_add(&shown, WQ_S("footer "));
		wq_buf_add(&shown, wq_str_cut(&text, '\n'));
		WQ_TRY(wq_buf_err(&shown));
		WQ_TRY(line(data, sign, wq_buf_str(&shown)));
	}
	return WQ_OK;
}

wq_err wq_policy_diff(const struct wq_policy *old, const struct wq_policy *policy, wq_policy_line_fn line, void *data)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena arena;
	struct lines was = {.arena = &arena}, is = {.arena = &arena};

	wq_arena_init(&arena, LINES_BYTES_MAX);
	old = old ? old : &wq_policy_default;
	WQ_TRY(lines_of(old, &was));
	WQ_TRY(lines_of(policy, &is));
	WQ_TRY(merge(&was, &is, line, data));
	if (wq_str_eq(old->footer, policy->footer))
		return WQ_OK;
	WQ_TRY(footer(old->footer, '-', line, data));
	return footer(policy->footer, '+', line, data);
}
