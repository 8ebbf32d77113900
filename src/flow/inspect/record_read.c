#include "flow/inspect/record.h"

#include "base/json_read.h"
#include "finding/excerpt.h"
#include "flow/inspect/words.h"

enum { DEPTH = 8, TEXT_BYTES = 8192, NUMBER_MAX = INT64_MAX };

/* A member, with the arena that its copy lives in. The first fault sticks. */
struct reader {
	struct wq_arena *arena;
	wq_err failed;
};

static void fail(struct reader *r, wq_err e)
{
	if (wq_failed(e) && !wq_failed(r->failed))
		r->failed = wq_err_kind(e) == WQ_KIND_INPUT ? wq_error(WQ_E_FORMAT, "%s", wq_err_note(e)) : e;
}

static void wrong(struct reader *r, const char *member)
{
	fail(r, wq_error(WQ_E_FORMAT, "%s has no value of ours", member));
}

static wq_str text(struct reader *r, const struct json_t *o, const char *key)
{
	wq_str value = WQ_S_NONE;

	fail(r, wq_json_get_str(o, key, TEXT_BYTES, &value));
	if (!wq_is_clean(value))
		wrong(r, key);
	return wq_arena_str(r->arena, value);
}

/* May be absent. */
static wq_str maybe(struct reader *r, const struct json_t *o, const char *key)
{
	wq_str value = WQ_S_NONE;

	if (wq_failed(wq_json_get_str(o, key, TEXT_BYTES, &value)))
		return WQ_S_NONE;
	if (!wq_is_clean(value))
		wrong(r, key);
	return wq_arena_str(r->arena, value);
}

static uint64_t number(struct reader *r, const struct json_t *o, const char *key, uint64_t max)
{
	uint64_t value = 0;

	fail(r, wq_json_get_u64(o, key, max, &value));
	return value;
}

static bool truth(struct reader *r, const struct json_t *o, const char *key)
{
	bool value = false;

	fail(r, wq_json_get_bool(o, key, &value));
	return value;
}

static wq_time when(struct reader *r, const struct json_t *o, const char *key)
{
	wq_time t = 0;

	fail(r, wq_time_parse(text(r, o, key), &t));
	return t;
}

static enum wq_severity severity(struct reader *r, const struct json_t *o, const char *key)
{
	enum wq_severity s = WQ_SEVERITY_INFO;

	if (!wq_severity_parse(text(r, o, key), &s))
		wrong(r, key);
	return s;
}

static struct wq_finding_id id(struct reader *r, const struct json_t *o)
{
	struct wq_finding_id value = {0};

	if (!wq_str_unhex(text(r, o, "id"), value.bytes, sizeof value.bytes))
		wrong(r, "id");
	return value;
}

static const struct json_t *object(struct reader *r, const struct json_t *o, const char *key)
{
	const struct json_t *value = wq_json_get_object(o, key);

	if (!value)
		wrong(r, key);
	return value;
}

static const struct json_t *array(struct reader *r, const struct json_t *o, const char *key)
{
	const struct json_t *value = wq_json_get_array(o, key);

	if (!value)
		wrong(r, key);
	return value;
}

static size_t length(const struct json_t *list)
{
	size_t n = 0;

	while (wq_json_at(list, n))
		n++;
	return n;
}

/* The strings of a list, at most `most`; returns how many. */
static size_t texts(struct reader *r, const char *key, const struct json_t *list, wq_str *out, size_t most)
{
	size_t n = list ? length(list) : 0;

	if (n > most)
		wrong(r, key);
	n = WQ_MIN(n, most);
	for (size_t i = 0; i < n; i++) {
		wq_str value = wq_json_text(wq_json_at(list, i));

		if (value.n == 0 || !wq_is_clean(value))
			wrong(r, key);
		out[i] = wq_arena_str(r->arena, value);
	}
	return n;
}

/* ---- parts ---- */

static void read_subject(struct reader *r, const struct json_t *root, struct wq_inspect_result *ret)
{
	const struct json_t *o = object(r, root, "subject");
	struct wq_subject *s = &ret->subject;

	if (!o)
		return;
	if (!wq_subject_kind_parse(text(r, o, "kind"), &s->kind))
		wrong(r, "kind");
	if (!wq_inspect_why_parse(text(r, o, "why"), &ret->why))
		wrong(r, "why");
	s->kind_assumed = truth(r, o, "kind_assumed");
	s->portal = truth(r, o, "portal");
	s->mark = truth(r, o, "mark");
	s->app = maybe(r, o, "app");
	s->name = maybe(r, o, "name");
	s->icp = maybe(r, o, "icp");
	s->police = maybe(r, o, "police");
	s->site_code = maybe(r, o, "site_code");
	s->mark_id = maybe(r, o, "mark_id");
}

static void read_coverage(struct reader *r, const struct json_t *root, struct wq_inspect_result *ret)
{
	const struct json_t *o = object(r, root, "coverage");
	struct wq_site_stats *w = &ret->walk;
	wq_str limit;

	if (!o)
		return;
	ret->pages = number(r, o, "pages", NUMBER_MAX);
	ret->scripts = number(r, o, "scripts", NUMBER_MAX);
	ret->unexamined = number(r, o, "unexamined", NUMBER_MAX);
	w->pages = number(r, o, "walked", NUMBER_MAX);
	w->resources = number(r, o, "resources", NUMBER_MAX);
	w->targets = number(r, o, "targets", NUMBER_MAX);
	w->links = number(r, o, "links", NUMBER_MAX);
	w->bytes = number(r, o, "bytes", NUMBER_MAX);
	w->known = number(r, o, "known", NUMBER_MAX);
	w->waiting = number(r, o, "waiting", NUMBER_MAX);
	w->robots_kept_away = number(r, o, "robots_kept_away", NUMBER_MAX);
	w->limited = truth(r, o, "limited");
	limit = maybe(r, o, "limited_by");
	snprintf(w->limited_by, sizeof w->limited_by, "%.*s", WQ_S_ARG(wq_str_head(limit, sizeof w->limited_by - 1)));
	ret->interrupted = truth(r, o, "interrupted");
	ret->unreachable = truth(r, o, "unreachable");
	ret->unreachable_why = maybe(r, o, "unreachable_why");
}

static void read_places(struct reader *r, const struct json_t *o, struct wq_inspect_group *g)
{
	const struct json_t *list = array(r, o, "places"), *p;
	struct wq_inspect_place *places;
	size_t n = list ? length(list) : 0;

	if (n > WQ_INSPECT_GROUP_PLACES)
		wrong(r, "places");
	places = WQ_NEW_ARRAY(r->arena, struct wq_inspect_place, n);
	for (size_t i = 0; places && !wq_failed(r->failed) && (p = wq_json_at(list, i)); i++)
		places[i] = (struct wq_inspect_place){.id = id(r, p),
			.page = maybe(r, p, "page"),
			.target = maybe(r, p, "target"),
			.excerpt = maybe(r, p, "excerpt"),
			.line = (uint32_t)number(r, p, "line", UINT32_MAX),
			.column = (uint32_t)number(r, p, "column", UINT32_MAX),
			.count = (uint32_t)number(r, p, "count", UINT32_MAX),
			.severity = severity(r, p, "severity")};
	g->places = places;
	g->places_n = n;
}

static void read_group(struct reader *r, const struct json_t *o, struct wq_inspect_group *g)
{
	const struct json_t *clauses = array(r, o, "clauses");

	*g = (struct wq_inspect_group){.id = id(r, o),
		.rule = text(r, o, "rule"),
		.severity = severity(r, o, "severity"),
		.subject = maybe(r, o, "subject"),
		.advice_zh = maybe(r, o, "advice_zh"),
		.advice_en = maybe(r, o, "advice_en"),
		.pages = number(r, o, "pages", NUMBER_MAX),
		.count = number(r, o, "count", NUMBER_MAX)};
	g->clause_count = texts(r, "clauses", clauses, g->clauses, WQ_FINDING_CLAUSES);
	for (size_t i = 0; i < g->clause_count; i++)
		if (g->clauses[i].n > WQ_FINDING_CLAUSE_BYTES)
			wrong(r, "clauses");
	read_places(r, o, g);
}

static void read_groups(struct reader *r, const struct json_t *root, struct wq_inspect_result *ret)
{
	const struct json_t *list = array(r, root, "groups"), *o;
	size_t n = list ? length(list) : 0;

	if (n > WQ_INSPECT_GROUPS_MAX)
		wrong(r, "groups");
	if (wq_failed(r->failed) || !(ret->groups = WQ_NEW_ARRAY(r->arena, struct wq_inspect_group, n)))
		return;
	for (size_t i = 0; !wq_failed(r->failed) && (o = wq_json_at(list, i)); i++) {
		read_group(r, o, &ret->groups[i]);
		ret->by_severity[ret->groups[i].severity]++;
	}
	ret->groups_n = n;
}

/* Thousandths are signed, which json_read's numbers are not. */
static int64_t thousandths(struct reader *r, const struct json_t *o, const char *key)
{
	int64_t value = 0;

	fail(r, wq_json_get_i64(o, key, &value));
	return value;
}

static void read_indicator(struct reader *r, const struct json_t *o, struct wq_inspect_indicator *i)
{
	wq_str mark = text(r, o, "mark");

	*i = (struct wq_inspect_indicator){.id = text(r, o, "id"),
		.name_zh = maybe(r, o, "name_zh"),
		.name_en = maybe(r, o, "name_en"),
		.rule = maybe(r, o, "rule"),
		.clauses = maybe(r, o, "clauses"),
		.mark = mark.n == 1 ? mark.p[0] : '\0',
		.measure_zh = maybe(r, o, "measure_zh"),
		.measure_en = maybe(r, o, "measure_en"),
		.least = thousandths(r, o, "least"),
		.most = thousandths(r, o, "most")};
	i->known = !wq_failed(wq_json_get_i64(o, "value", &i->value));
	if (!wq_inspect_indicator_kind_parse(text(r, o, "kind"), &i->kind))
		wrong(r, "kind");
	if (!wq_inspect_verdict_parse(text(r, o, "verdict"), &i->verdict))
		wrong(r, "verdict");
	if (!strchr("SVM", i->mark) || !i->mark)
		wrong(r, "mark");
}

/* Absent when no page was looked at. */
static void read_score(struct reader *r, const struct json_t *root, struct wq_inspect_score *s)
{
	const struct json_t *o = wq_json_get_object(root, "score"), *list, *row;
	struct wq_inspect_indicator *rows;

	if (!o || !(list = array(r, o, "indicators")))
		return;
	*s = (struct wq_inspect_score){.judged = true,
		.version = text(r, o, "version"),
		.department = truth(r, o, "department"),
		.vetoed = truth(r, o, "vetoed"),
		.may_be_vetoed = truth(r, o, "may_be_vetoed"),
		.unqualified = truth(r, o, "unqualified"),
		.may_be_unqualified = truth(r, o, "may_be_unqualified"),
		.points_missing = truth(r, o, "points_missing"),
		.least = thousandths(r, o, "least"),
		.most = thousandths(r, o, "most"),
		.rows_n = length(list)};
	if (s->rows_n > WQ_INDICATOR_ROWS_MAX)
		wrong(r, "indicators");
	if (wq_failed(r->failed) || !(rows = WQ_NEW_ARRAY(r->arena, struct wq_inspect_indicator, s->rows_n)))
		return;
	for (size_t i = 0; !wq_failed(r->failed) && (row = wq_json_at(list, i)); i++)
		read_indicator(r, row, &rows[i]);
	s->rows = rows;
}

/* ---- the network ---- */

static void read_names(struct reader *r, const struct json_t *o, const char *key, const wq_str **ret, size_t *ret_n)
{
	wq_str *list = WQ_NEW_ARRAY(r->arena, wq_str, WQ_INSPECT_NAMES_MAX);

	if (!list)
		return;
	*ret_n = texts(r, key, array(r, o, key), list, WQ_INSPECT_NAMES_MAX);
	*ret = list;
}

static void read_host(struct reader *r, const struct json_t *o, struct wq_inspect_host *h)
{
	const struct json_t *list = array(r, o, "addresses"), *a;
	size_t n = list ? length(list) : 0;
	struct wq_inspect_address *rows;

	*h = (struct wq_inspect_host){.host = text(r, o, "host"),
		.named = truth(r, o, "named"),
		.looked = truth(r, o, "looked"),
		.zone = maybe(r, o, "zone")};
	if (!wq_inspect_said_parse(text(r, o, "ipv6"), &h->ipv6))
		wrong(r, "ipv6");
	read_names(r, o, "ns", &h->ns, &h->ns_n);
	read_names(r, o, "resolvers", &h->resolvers, &h->resolvers_n);
	if (n > WQ_INSPECT_ADDRESSES_MAX)
		wrong(r, "addresses");
	if (wq_failed(r->failed) || !(rows = WQ_NEW_ARRAY(r->arena, struct wq_inspect_address, n)))
		return;
	for (size_t i = 0; (a = wq_json_at(list, i)); i++)
		rows[i] = (struct wq_inspect_address){
			text(r, a, "address"), maybe(r, a, "country"), maybe(r, a, "owner")};
	h->addresses = rows;
	h->addresses_n = n;
}

static void read_tls(struct reader *r, const struct json_t *o, struct wq_inspect_tls *t)
{
	struct wq_tls_known known;

	*t = (struct wq_inspect_tls){.host = text(r, o, "host"),
		.port = (uint16_t)number(r, o, "port", UINT16_MAX),
		.address = maybe(r, o, "address"),
		.reachable = truth(r, o, "reachable"),
		.versions = maybe(r, o, "versions"),
		.known = maybe(r, o, "known")};
	if (t->known.n == 0)
		return;
	t->issuer = maybe(r, o, "issuer");
	t->not_after = when(r, o, "not_after");
	if (wq_failed(wq_tls_known_read(t->known, &known)))
		wrong(r, "known");
}

/* Absent in records of older releases, and when nothing was asked. */
static void read_network(struct reader *r, const struct json_t *root, struct wq_inspect_network *ret)
{
	const struct json_t *o = wq_json_get_object(root, "network"), *hosts, *tls;
	struct wq_inspect_host *h;
	struct wq_inspect_tls *t;

	if (!o || !(hosts = array(r, o, "hosts")) || !(tls = array(r, o, "tls")))
		return;
	*ret = (struct wq_inspect_network){.hosts_n = length(hosts), .tls_n = length(tls)};
	if (ret->hosts_n > WQ_INSPECT_HOSTS_MAX || ret->tls_n > WQ_INSPECT_HOSTS_MAX)
		wrong(r, "network");
	if (wq_failed(r->failed))
		return;
	h = WQ_NEW_ARRAY(r->arena, struct wq_inspect_host, ret->hosts_n);
	t = WQ_NEW_ARRAY(r->arena, struct wq_inspect_tls, ret->tls_n);
	for (size_t i = 0; h && i < ret->hosts_n; i++)
		read_host(r, wq_json_at(hosts, i), &h[i]);
	for (size_t i = 0; t && i < ret->tls_n; i++)
		read_tls(r, wq_json_at(tls, i), &t[i]);
	ret->hosts = h;
	ret->tls = t;
}

static void read_head(struct reader *r, const struct json_t *root, struct wq_inspect_result *ret)
{
	const struct json_t *list = array(r, root, "starts");
	size_t n = list ? length(list) : 0;
	wq_str *starts = WQ_NEW_ARRAY(r->arena, wq_str, n);

	if (!wq_str_eq(text(r, root, "format"), WQ_S("weique-inspection")) || number(r, root, "version", 1) != 1)
		wrong(r, "format");
	ret->site = text(r, root, "site");
	ret->began = when(r, root, "began");
	ret->ended = when(r, root, "ended");
	ret->msec = (uint32_t)number(r, root, "msec", UINT32_MAX);
	fail(r, wq_inspect_checks_parse(text(r, root, "checks"), &ret->checks));
	ret->worst = severity(r, root, "worst");
	ret->places = number(r, root, "findings", NUMBER_MAX);
	ret->dropped = number(r, root, "dropped", NUMBER_MAX);
	ret->starts_n = starts ? texts(r, "starts", list, starts, n) : 0;
	ret->starts = starts;
}

wq_err wq_record_read(struct wq_arena *arena, wq_str json, struct wq_inspect_result *ret_result)
{
	static const struct wq_json_limits limits = {.max_bytes = WQ_RECORD_BYTES_MAX, .max_depth = DEPTH};
	struct wq_inspect_result result = {0};
	struct reader reader = {.arena = arena};
	struct json_t *root;

	WQ_TRY(wq_json_read(json, &limits, &root));
	read_head(&reader, root, &result);
	read_subject(&reader, root, &result);
	read_coverage(&reader, root, &result);
	read_network(&reader, root, &result.network);
	read_score(&reader, root, &result.score);
	read_groups(&reader, root, &result);
	wq_json_free(&root);
	WQ_TRY(reader.failed);
	WQ_TRY(wq_arena_err(arena));
	*ret_result = result;
	return WQ_OK;
}
