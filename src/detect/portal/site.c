/* What a site's pages say together. A fault is held by rule and subject, with its pages: those of a template are said once. */
#include "detect/portal/portal_priv.h"
#include "finding/excerpt.h"

#include "text/charset.h"

#include <stdlib.h>

enum {
	SITE_BYTES = 32 * 1024 * 1024,
	BUCKETS = 1024,
	TALLIES_MAX = 4096,
	GROUPS_MAX = 4096,
	SAMPLES_MAX = 16384,
	SCRIPTS_MAX = 8192,
	MARKS_MAX = 8,
	SCRIPT_BYTES = 16 * 1024 * 1024
};

struct sample {
	struct sample *next;
	bool home;
	struct wq_finding finding;
};

struct samples {
	struct sample *first, **last;
	uint64_t n, pages;
};

struct tally {
	struct tally *next, *next_in_bucket;
	enum wq_rule_id rule;
	int severity;
	enum portal_scope scope;
	wq_str subject;
	struct samples samples;
};

/* Pages with the same scripts and the same kinds of links. */
struct group {
	struct group *next, *next_in_bucket;
	uint64_t key;
	unsigned out, facts;
	bool asks, says_so;
	uint64_t *files;
	size_t files_n;
	struct samples samples;
};

struct script {
	struct script *next_in_bucket;
	uint64_t address;
	unsigned facts;
};

struct wq_portal_site {
	struct wq_arena arena;
	const struct wq_portal_rules *rules;
	const struct wq_subject *subject;
	uint64_t pages[SCOPES], at_fault[WQ_RULE_COUNT];
	struct tally *tallies[BUCKETS], *first_tally, **last_tally;
	struct group *groups[BUCKETS], *first_group, **last_group;
	struct script *scripts[BUCKETS];
	size_t tallies_n, groups_n, samples_n, scripts_n;
	struct {
		wq_str text;
		struct samples samples;
	} marks[2][MARKS_MAX]; /* ids, codes */
	size_t marks_n[2];
};

wq_err wq_portal_site_new(
	const struct wq_portal_rules *rules, const struct wq_subject *subject, struct wq_portal_site **ret_site)
{
	struct wq_portal_site *site = calloc(1, sizeof *site);

	if (!site)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_arena_init(&site->arena, SITE_BYTES);
	site->rules = rules;
	site->subject = subject;
	site->last_tally = &site->first_tally;
	site->last_group = &site->first_group;
	*ret_site = site;
	return WQ_OK;
}

void wq_portal_site_free(struct wq_portal_site **site)
{
	if (*site) {
		wq_arena_done(&(*site)->arena);
		free(*site);
		*site = NULL;
	}
}

/* ---- gathering ---- */

static wq_str keep(struct wq_portal_site *site, wq_str text)
{
	return text.n ? wq_arena_str(&site->arena, text) : WQ_S_NONE;
}

/* Counts the page, and keeps its finding as long as it is one of those that will be named. */
static void add_sample(
	struct wq_portal_site *site, struct samples *samples, const struct wq_finding *finding, bool home)
{
	struct sample *sample;

	samples->pages++;
	if (samples->n >= site->rules->named_pages || site->samples_n >= SAMPLES_MAX)
		return;
	sample = WQ_NEW(&site->arena, struct sample);
	if (!sample)
		return;
	sample->finding = *finding;
	sample->home = home;
	sample->finding.place.app = keep(site, finding->place.app);
	sample->finding.place.key = keep(site, finding->place.key);
	sample->finding.place.url = keep(site, finding->place.url);
	sample->finding.place.file = keep(site, finding->place.file);
	sample->finding.evidence.excerpt = keep(site, finding->evidence.excerpt);
	sample->finding.evidence.subject = keep(site, finding->evidence.subject);
	sample->finding.evidence.target = keep(site, finding->evidence.target);
	if (!samples->last)
		samples->last = &samples->first;
	*samples->last = sample;
	samples->last = &sample->next;
	samples->n++;
	site->samples_n++;
}

/* NULL when there is no room. */
static struct tally *tally_of(
	struct wq_portal_site *site, enum wq_rule_id rule, int severity, enum portal_scope scope, wq_str subject)
{
	struct tally **bucket = &site->tallies[wq_str_hash(subject, rule) % BUCKETS], *t;

	for (t = *bucket; t; t = t->next_in_bucket)
		if (t->rule == rule && t->severity == severity && wq_str_eq(t->subject, subject))
			return t;
	t = site->tallies_n < TALLIES_MAX ? WQ_NEW(&site->arena, struct tally) : NULL;
	if (!t)
		return NULL;
	*t = (struct tally){.next_in_bucket = *bucket,
		.rule = rule,
		.severity = severity,
		.scope = scope,
		.subject = keep(site, subject)};
	*bucket = t;
	*site->last_tally = t;
	site->last_tally = &t->next;
	site->tallies_n++;
	return t;
}

static wq_err add_fault(struct wq_portal_site *site, struct wq_portal *p, const struct portal_fault *fault,
	struct wq_findings *findings)
{
	struct wq_finding finding = portal_finding(p, fault);
	struct tally *tally;

	WQ_TRY(wq_arena_err(p->arena));
	tally = tally_of(site, fault->rule, fault->severity, fault->scope, finding.evidence.subject);
	if (!tally)
		return wq_failed(wq_arena_err(&site->arena)) || site->tallies_n >= TALLIES_MAX
			? wq_findings_add(findings, &finding)
			: WQ_OK;
	add_sample(site, &tally->samples, &finding, p->page.home);
	return WQ_OK;
}

static struct group *group_of(struct wq_portal_site *site, const struct portal_leave *leave)
{
	const unsigned head[] = {leave->out, leave->asks ? leave->script : leave->half, leave->asks, leave->says_so};
	uint64_t key = wq_str_hash(wq_str_of(head, sizeof head),
		wq_str_hash(wq_str_of(leave->files, leave->files_n * sizeof *leave->files), 0));
	struct group **bucket = &site->groups[key % BUCKETS], *g;

	for (g = *bucket; g; g = g->next_in_bucket)
		if (g->key == key)
			return g;
	g = site->groups_n < GROUPS_MAX ? WQ_NEW(&site->arena, struct group) : NULL;
	if (!g)
		return NULL;
	*g = (struct group){.next_in_bucket = *bucket,
		.key = key,
		.out = leave->out,
		.facts = leave->script,
		.asks = leave->asks,
		.says_so = leave->says_so};
	if (leave->files_n) {
		g->files = WQ_NEW_ARRAY(&site->arena, uint64_t, leave->files_n);
		if (!g->files)
			return NULL;
		memcpy(g->files, leave->files, leave->files_n * sizeof *leave->files);
		g->files_n = leave->files_n;
	}
	*bucket = g;
	*site->last_group = g;
	site->last_group = &g->next;
	site->groups_n++;
	return g;
}

static void add_leave(struct wq_portal_site *site, struct wq_portal *p)
{
	const struct portal_leave *leave = &p->leave;
	struct group *group;
	struct wq_finding finding;

	if (!leave->out && !leave->asks && !leave->files_n)
		return;
	group = group_of(site, leave);
	if (!group)
		return;
	site->pages[SCOPE_LEAVES] += leave->out || leave->asks;
	finding = portal_finding(p,
		&(struct portal_fault){
			WQ_RULE_LEAVE_NO_PROMPT, -1, SCOPE_LEAVES, leave->at, leave->n, WQ_S("links"), leave->target});
	add_sample(site, &group->samples, &finding, p->page.home);
}

static void add_mark(
	struct wq_portal_site *site, struct wq_portal *p, int kind, const char *text, uint64_t at, uint64_t n)
{
	struct wq_finding finding;
	size_t i = 0;

	if (!text[0])
		return;
	while (i < site->marks_n[kind] && !wq_str_eq(site->marks[kind][i].text, wq_str_c(text)))
		i++;
	if (i == MARKS_MAX)
		return;
	if (i == site->marks_n[kind]) {
		site->marks[kind][i].text = keep(site, wq_str_c(text));
		site->marks_n[kind]++;
	}
	finding = portal_finding(
		p, &(struct portal_fault){WQ_RULE_MARK_FOREIGN, -1, SCOPE_PAGE, at, n, wq_str_c(text), WQ_S_NONE});
	if (site->marks[kind][i].samples.n < site->rules->template_pages)
		add_sample(site, &site->marks[kind][i].samples, &finding, p->page.home);
	else
		site->marks[kind][i].samples.pages++;
}

wq_err portal_site_add(
	struct wq_portal_site *site, struct wq_portal *p, bool column, bool article, struct wq_findings *findings)
{
	site->pages[SCOPE_PAGE]++;
	site->pages[SCOPE_HOME] += p->page.home;
	site->pages[SCOPE_COLUMN] += column;
	site->pages[SCOPE_ARTICLE] += article;
	for (size_t i = 0; i < p->faults_n; i++)
		WQ_TRY(add_fault(site, p, &p->faults[i], findings));
	add_leave(site, p);
	if (!site->subject->mark_id.n)
		add_mark(site, p, 0, p->mark.id, p->mark.id_at, p->mark.id_n);
	add_mark(site, p, 1, p->mark.code, p->mark.code_at, p->mark.code_n);
	return wq_arena_err(p->arena);
}

wq_err wq_portal_script(struct wq_portal_site *site, wq_str url, wq_str bytes)
{
	uint64_t address = wq_str_hash(url, 0);
	struct script **bucket = &site->scripts[address % BUCKETS], *script;
	WQ_BUF(room, SCRIPT_BYTES);
	bool converted;

	for (script = *bucket; script; script = script->next_in_bucket)
		if (script->address == address)
			return WQ_OK;
	if (site->scripts_n == SCRIPTS_MAX || bytes.n > SCRIPT_BYTES)
		return WQ_OK;
	WQ_TRY(wq_charset_document(bytes, WQ_S_NONE, &room, &bytes, &converted));
	script = WQ_NEW(&site->arena, struct script);
	if (!script)
		return wq_arena_err(&site->arena);
	script->address = address;
	script->facts = portal_script_worth(site->rules, bytes) ? portal_script_read(site->rules, bytes).facts : 0;
	script->next_in_bucket = *bucket;
	*bucket = script;
	site->scripts_n++;
	return WQ_OK;
}

/* ---- judging ---- */

static void join(struct samples *to, struct samples *from)
{
	if (!to->last)
		to->last = &to->first;
	if (from->n) {
		*to->last = from->first;
		to->last = from->last;
	}
	to->n += from->n;
	to->pages += from->pages;
	*from = (struct samples){0};
}

static const struct script *script_at(const struct wq_portal_site *site, uint64_t address)
{
	const struct script *script = site->scripts[address % BUCKETS];

	while (script && script->address != address)
		script = script->next_in_bucket;
	return script;
}

static void judge_group(struct wq_portal_site *site, struct group *g)
{
	bool asks = g->asks, unread = false;
	unsigned facts = g->asks ? g->facts : 0;
	struct portal_verdict verdict;
	struct tally *tally;

	for (size_t i = 0; i < g->files_n; i++) {
		const struct script *script = script_at(site, g->files[i]);
		unread |= !script;
		if (script && portal_script_asks(script->facts, g->says_so)) {
			asks = true;
			facts |= script->facts;
		}
	}
	if (!portal_leave_judge(g->out, asks, facts, unread, &verdict))
		return;
	tally = tally_of(site, verdict.rule, verdict.severity, SCOPE_LEAVES, wq_str_c(verdict.subject));
	if (!tally)
		return;
	for (struct sample *s = g->samples.first; s; s = s->next) {
		struct wq_finding f = wq_rule_finding(verdict.rule);
		f.severity = verdict.severity >= 0 ? (enum wq_severity)verdict.severity : f.severity;
		f.place = s->finding.place;
		f.evidence = s->finding.evidence;
		f.evidence.subject = tally->subject;
		if (!f.evidence.excerpt.n)
			f.evidence.excerpt = tally->subject;
		s->finding = f;
	}
	join(&tally->samples, &g->samples);
}

/* One id and one code belong to a site: the rarer are somebody else's. */
static wq_err judge_marks(struct wq_portal_site *site, int kind, struct wq_findings *findings)
{
	size_t most = 0;

	for (size_t i = 1; i < site->marks_n[kind]; i++)
		if (site->marks[kind][i].samples.pages > site->marks[kind][most].samples.pages)
			most = i;
	for (size_t i = 0; i < site->marks_n[kind]; i++)
		for (struct sample *s = site->marks[kind][i].samples.first; s && i != most; s = s->next)
			WQ_TRY(wq_findings_add(findings, &s->finding));
	return WQ_OK;
}

static struct sample *representative(const struct samples *samples)
{
	struct sample *best = samples->first;

	for (struct sample *s = best; s; s = s->next)
		if (s->home > best->home ||
			(s->home == best->home && wq_str_cmp(s->finding.place.url, best->finding.place.url) < 0))
			best = s;
	return best;
}

static wq_err say(
	struct wq_portal_site *site, struct wq_arena *arena, const struct tally *t, struct wq_findings *findings)
{
	const struct samples *samples = &t->samples;
	/* by rule: a template may be wrong in two ways */
	uint64_t pages = site->at_fault[t->rule];
	bool template = pages >= site->rules->template_pages && 2 * pages >= site->pages[t->scope];
	struct sample *first;
	struct wq_finding finding;

	if (!samples->first)
		return WQ_OK;
	if (!template && samples->pages <= samples->n) {
		for (struct sample *s = samples->first; s; s = s->next)
			WQ_TRY(wq_findings_add(findings, &s->finding));
		return WQ_OK;
	}
	first = representative(samples);
	finding = first->finding;
	/* the others that are named count for themselves */
	finding.evidence.count = (uint32_t)WQ_MIN(samples->pages - (samples->n - 1), (uint64_t)UINT32_MAX);
	finding.evidence.excerpt = wq_clean(arena,
		wq_arena_printf(arena, "%llu/%llu: %.*s", (unsigned long long)samples->pages,
			(unsigned long long)site->pages[t->scope], WQ_S_ARG(finding.evidence.excerpt)),
		WQ_EXCERPT_BYTES);
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_findings_add(findings, &finding));
	for (struct sample *s = samples->first; s; s = s->next)
		if (s != first)
			WQ_TRY(wq_findings_add(findings, &s->finding));
	return WQ_OK;
}

wq_err wq_portal_site_judge(struct wq_portal_site *site, struct wq_arena *arena, struct wq_findings *findings)
{
	for (struct group *g = site->first_group; g; g = g->next)
		judge_group(site, g);
	for (const struct tally *t = site->first_tally; t; t = t->next)
		site->at_fault[t->rule] += t->samples.pages;
	for (const struct tally *t = site->first_tally; t; t = t->next)
		WQ_TRY(say(site, arena, t, findings));
	for (int kind = 0; kind < 2; kind++)
		WQ_TRY(judge_marks(site, kind, findings));
	return WQ_OK;
}
