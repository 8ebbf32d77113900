#include "detect/quality/quality_priv.h"

/* What the pages of a walk say together. A site may hold several home pages (the portal's, those of special pages): each is judged with the
 * pages below it, which are told apart by host and first folder. */

enum { AREAS_MAX = 1024, HOMES_MAX = 64, NOTES_MAX = 512, SITE_BYTES = 16 * 1024 * 1024, HAN_LEAST = 20 };

struct area {
	uint64_t host, folder; /* folder 0: pages right under the host */
	unsigned flags;
	uint32_t report_year, newest; /* newest: of second-level columns */
};

struct home {
	uint64_t host, folder;
	wq_str app, url;
	uint32_t line, newest;
	size_t han;
};

struct note {
	enum wq_rule_id rule;
	uint64_t key;
	wq_str app, url, excerpt, subject, target;
	uint32_t line, pages;
};

struct wq_quality_site {
	struct wq_arena arena;
	const struct wq_quality_rules *rules;
	const struct wq_subject *subject;
	struct area areas[AREAS_MAX];
	size_t areas_n;
	struct home homes[HOMES_MAX];
	size_t homes_n;
	struct note notes[NOTES_MAX];
	size_t notes_n;
	struct wq_quality_facts facts;
	uint32_t policy_newest, last_answer, oldest_unanswered;
};

wq_err wq_quality_site_new(
	const struct wq_quality_rules *rules, const struct wq_subject *subject, struct wq_quality_site **ret_site)
{
	struct wq_quality_site *site = calloc(1, sizeof *site);

	if (!site)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_arena_init(&site->arena, SITE_BYTES);
	site->rules = rules;
	site->subject = subject;
	*ret_site = site;
	return WQ_OK;
}

void wq_quality_site_free(struct wq_quality_site **site)
{
	if (*site)
		wq_arena_done(&(*site)->arena);
	free(*site);
	*site = NULL;
}

/* ---- gathering */

static uint64_t folder_hash(const struct wq_quality *q)
{
	wq_str path = wq_str_from(q->page.document->address.path, 1);
	ptrdiff_t slash = wq_str_chr(path, '/');

	return slash < 0 ? 0 : wq_str_hash(wq_str_head(path, (size_t)slash), 1) | 1;
}

static uint64_t host_hash(const struct wq_quality *q)
{
	const struct wq_url *address = &q->page.document->address;
	return wq_str_hash(address->host, (uint64_t)(unsigned)address->port);
}

/* With too many folders, what is left counts for the host. */
static struct area *area_of(struct wq_quality_site *site, const struct wq_quality *q)
{
	uint64_t host = host_hash(q), folder = folder_hash(q);

	for (size_t i = 0; i < site->areas_n; i++)
		if (site->areas[i].host == host && site->areas[i].folder == folder)
			return &site->areas[i];
	if (site->areas_n == AREAS_MAX)
		return &site->areas[AREAS_MAX - 1];
	site->areas[site->areas_n] = (struct area){.host = host, .folder = folder};
	return &site->areas[site->areas_n++];
}

void quality_site_home(struct wq_quality_site *site, struct wq_quality *q)
{
	struct home home = {.host = host_hash(q), .folder = folder_hash(q), .newest = q->newest, .han = q->han};

	site->facts.home_seen |= home.han >= HAN_LEAST;
	for (size_t i = 0; i < site->homes_n; i++)
		if (site->homes[i].host == home.host && site->homes[i].folder == home.folder) {
			site->homes[i].newest = WQ_MAX(site->homes[i].newest, home.newest);
			return;
		}
	if (site->homes_n == HOMES_MAX)
		return;
	home.app = wq_arena_str(&site->arena, q->page.place.app);
	home.url = wq_arena_str(&site->arena, q->page.place.url);
	if (!site->arena.failed)
		site->homes[site->homes_n++] = home;
}

/* "/news/", "/news/index.html": right below a home page. */
static bool is_second_level(const struct wq_quality *q)
{
	wq_str path = wq_str_from(q->page.document->address.path, 1);
	ptrdiff_t slash = wq_str_chr(path, '/');

	return slash >= 0 && wq_str_chr(wq_str_from(path, (size_t)slash + 1), '/') < 0;
}

void quality_site_column(struct wq_quality_site *site, struct wq_quality *q, bool stale, bool blank)
{
	struct area *area = area_of(site, q);

	site->facts.columns[q->kind]++;
	site->facts.stale[q->kind] += stale;
	site->facts.blank += blank;
	if (is_second_level(q))
		area->newest = WQ_MAX(area->newest, q->newest);
	if (q->kind == WQ_COLUMN_POLICY)
		site->policy_newest = WQ_MAX(site->policy_newest, q->newest);
}

void quality_site_guide(struct wq_quality_site *site, unsigned lacking)
{
	site->facts.guides++;
	site->facts.lacking[lacking]++;
}

void quality_site_reprint(struct wq_quality_site *site)
{
	site->facts.reprints++;
}

void quality_site_message(struct wq_quality_site *site, uint32_t answered, uint32_t unanswered)
{
	site->last_answer = WQ_MAX(site->last_answer, answered);
	if (unanswered && (!site->oldest_unanswered || unanswered < site->oldest_unanswered))
		site->oldest_unanswered = unanswered;
}

void quality_site_offers(struct wq_quality_site *site, struct wq_quality *q, unsigned flags, uint32_t report_year)
{
	struct area *area = area_of(site, q);

	area->flags |= flags;
	area->report_year = WQ_MAX(area->report_year, report_year);
}

void quality_site_note(struct wq_quality_site *site, struct wq_quality *q, enum wq_rule_id rule, uint32_t at,
	wq_str excerpt, wq_str subject, wq_str target)
{
	uint64_t key = wq_str_hash(subject, host_hash(q) ^ folder_hash(q) * 31 ^ (uint64_t)rule);
	struct note *note = NULL;

	for (size_t i = 0; i < site->notes_n && !note; i++)
		if (site->notes[i].key == key && site->notes[i].rule == rule)
			note = &site->notes[i];
	if (!note && site->notes_n == NOTES_MAX)
		return;
	if (!note) {
		note = &site->notes[site->notes_n++];
		*note = (struct note){.rule = rule, .key = key};
	}
	/* the shortest address stands for the others: a forum's own page for its threads */
	if (note->pages++ && note->url.n <= q->page.place.url.n)
		return;
	if (note->pages > 8)
		return;
	note->app = wq_arena_str(&site->arena, q->page.place.app);
	note->url = wq_arena_str(&site->arena, q->page.place.url);
	note->excerpt = wq_arena_str(&site->arena, excerpt);
	note->subject = wq_arena_str(&site->arena, wq_clean(q->arena, subject, WQ_EXCERPT_BYTES));
	note->target = wq_arena_str(&site->arena, target);
	note->line = quality_finding(q, rule, at, WQ_S_NONE, WQ_S_NONE, WQ_S_NONE).place.line;
}

/* ---- judging */

/* Whether an area belongs to a home page: its own folder, or for the host's home page all folders without one. */
static bool belongs(const struct wq_quality_site *site, const struct area *area, const struct home *home)
{
	if (area->host != home->host)
		return false;
	if (area->folder == home->folder)
		return true;
	for (size_t i = 0; i < site->homes_n; i++)
		if (site->homes[i].host == area->host && site->homes[i].folder == area->folder)
			return false;
	return home->folder == 0;
}

static struct area sum_of(const struct wq_quality_site *site, const struct home *home)
{
	struct area sum = {0};

	for (size_t i = 0; i < site->areas_n; i++) {
		const struct area *area = &site->areas[i];
		if (!belongs(site, area, home))
			continue;
		sum.flags |= area->flags;
		sum.report_year = WQ_MAX(sum.report_year, area->report_year);
		sum.newest = WQ_MAX(sum.newest, area->newest);
	}
	return sum;
}

static wq_err add(struct wq_arena *arena, struct wq_findings *findings, enum wq_rule_id rule, const struct home *home,
	wq_str excerpt)
{
	struct wq_finding finding = wq_rule_finding(rule);

	finding.place.app = home->app;
	finding.place.url = home->url;
	finding.evidence.excerpt = excerpt;
	finding.evidence.subject = finding.rule;
	WQ_TRY(wq_arena_err(arena));
	return wq_findings_add(findings, &finding);
}

/* The year whose report has to be there. */
static uint32_t due_year(const struct wq_quality_site *site)
{
	uint32_t day = site->subject->day;
	return day == 0 ? 0 : day / 10000 - (day % 10000 > site->rules->limits.report_due ? 1 : 2);
}

static wq_err judge_offers(const struct wq_quality_site *site, const struct home *home, const struct area *sum,
	struct wq_arena *arena, struct wq_findings *findings)
{
	enum wq_subject_kind kind = site->subject->kind;
	bool organ = kind == WQ_SUBJECT_ORGAN,
	     official = organ || kind == WQ_SUBJECT_INSTITUTION || kind == WQ_SUBJECT_UNION;
	uint32_t due = due_year(site);

	/* a page without Chinese is no home page of a government, or scripts write it */
	if (home->han < HAN_LEAST)
		return WQ_OK;
	if (official && !(sum->flags & Q_HAS_SEARCH))
		WQ_TRY(add(arena, findings, WQ_RULE_SITE_NO_SEARCH, home, WQ_S("没有搜索框，也没有搜索链接")));
	if (organ && !(sum->flags & Q_HAS_CONTACT))
		WQ_TRY(add(
			arena, findings, WQ_RULE_SITE_NO_CONTACT, home, WQ_S("没有信箱、咨询、投诉、互动栏目的链接")));
	if (organ && !site->subject->department && !(sum->flags & Q_HAS_SERVICES))
		WQ_TRY(add(arena, findings, WQ_RULE_SITE_NO_SERVICES, home, WQ_S("没有办事服务的链接")));
	if (organ && due && sum->report_year < due)
		WQ_TRY(add(arena, findings, WQ_RULE_SITE_NO_YEAR_REPORT, home,
			sum->report_year ? wq_arena_printf(arena, "最新的是%u年，应有%u年", sum->report_year, due)
					 : wq_arena_printf(arena, "应有%u年", due)));
	return WQ_OK;
}

static wq_err judge_second_level(const struct wq_quality_site *site, const struct home *home, const struct area *sum,
	struct wq_arena *arena, struct wq_findings *findings)
{
	uint32_t day = site->subject->day;

	if (home->newest || !sum->newest || !day || home->han < HAN_LEAST)
		return WQ_OK;
	if (sum->newest >= quality_day_of(quality_day_number(day) - (int64_t)site->rules->limits.home_days))
		return WQ_OK;
	return add(arena, findings, WQ_RULE_HOME_STALE, home,
		wq_arena_printf(arena, "首页无日期，二级页面最新日期为%u", sum->newest));
}

static wq_err say_note(const struct note *note, struct wq_findings *findings)
{
	struct wq_finding finding = wq_rule_finding(note->rule);

	finding.place.app = note->app;
	finding.place.url = note->url;
	finding.place.line = note->line;
	finding.place.column = note->line ? 1 : 0;
	finding.evidence.excerpt = note->excerpt;
	finding.evidence.subject = note->subject;
	finding.evidence.target = note->target;
	finding.evidence.count = note->pages;
	return wq_findings_add(findings, &finding);
}

wq_err wq_quality_site_judge(struct wq_quality_site *site, struct wq_arena *arena, struct wq_findings *findings)
{
	WQ_TRY(wq_arena_err(&site->arena));
	for (size_t i = 0; i < site->homes_n; i++) {
		struct area sum = sum_of(site, &site->homes[i]);
		WQ_TRY(judge_offers(site, &site->homes[i], &sum, arena, findings));
		WQ_TRY(judge_second_level(site, &site->homes[i], &sum, arena, findings));
	}
	for (size_t i = 0; i < site->notes_n; i++)
		WQ_TRY(say_note(&site->notes[i], findings));
	return WQ_OK;
}

/* ---- facts */

static int32_t days_since(uint32_t today, uint32_t day)
{
	if (!today || !day)
		return -1;
	return (int32_t)WQ_MAX(quality_day_number(today) - quality_day_number(day), 0);
}

static int32_t months_since(uint32_t today, uint32_t day)
{
	enum { MONTHS_MAX = 1200 };
	int32_t months = 0;

	if (!today || !day)
		return -1;
	while (months < MONTHS_MAX && day < quality_months_before(today, (unsigned)months))
		months++;
	return months;
}

void wq_quality_site_facts(const struct wq_quality_site *site, struct wq_quality_facts *ret_facts)
{
	struct wq_quality_facts facts = site->facts;
	uint32_t newest = 0;
	unsigned flags = 0;

	for (size_t i = 0; i < site->areas_n; i++) {
		flags |= site->areas[i].flags;
		facts.report_year = WQ_MAX(facts.report_year, site->areas[i].report_year);
	}
	if (site->homes_n) {
		struct area sum = sum_of(site, &site->homes[0]);
		facts.home_newest = site->homes[0].newest;
		newest = facts.home_newest ? facts.home_newest : sum.newest;
	}
	facts.home_days = days_since(site->subject->day, newest);
	facts.policy_days = days_since(site->subject->day, site->policy_newest);
	facts.last_answer_months = months_since(site->subject->day, site->last_answer);
	facts.unanswered_months = months_since(site->subject->day, site->oldest_unanswered);
	facts.search = flags & Q_HAS_SEARCH;
	facts.contact = flags & Q_HAS_CONTACT;
	facts.services = flags & Q_HAS_SERVICES;
	facts.report_due = facts.report_year < due_year(site);
	*ret_facts = facts;
}
