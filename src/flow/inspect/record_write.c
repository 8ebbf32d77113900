#include "flow/inspect/record.h"

#include "base/json.h"
#include "flow/inspect/words.h"

static void put_text(struct wq_json *json, const char *key, wq_str text)
{
	if (text.n > 0)
		wq_json_put_str(json, key, text);
}

static void put_object(struct wq_json *json, const char *key)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_object(json);
}

static void put_array(struct wq_json *json, const char *key)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_array(json);
}

static void put_subject(struct wq_json *json, const struct wq_inspect_result *r)
{
	const struct wq_subject *s = &r->subject;

	put_object(json, "subject");
	wq_json_put_str(json, "kind", wq_str_c(wq_subject_kind_name(s->kind)));
	wq_json_put_bool(json, "kind_assumed", s->kind_assumed);
	wq_json_put_str(json, "why", wq_str_c(wq_inspect_why_name(r->why)));
	wq_json_put_bool(json, "portal", s->portal);
	wq_json_put_bool(json, "mark", s->mark);
	put_text(json, "app", s->app);
	put_text(json, "name", s->name);
	put_text(json, "icp", s->icp);
	put_text(json, "police", s->police);
	put_text(json, "site_code", s->site_code);
	put_text(json, "mark_id", s->mark_id);
	wq_json_object_end(json);
}

static void put_coverage(struct wq_json *json, const struct wq_inspect_result *r)
{
	const struct wq_site_stats *w = &r->walk;

	put_object(json, "coverage");
	wq_json_put_u64(json, "pages", r->pages);
	wq_json_put_u64(json, "scripts", r->scripts);
	wq_json_put_u64(json, "unexamined", r->unexamined);
	wq_json_put_u64(json, "walked", w->pages);
	wq_json_put_u64(json, "resources", w->resources);
	wq_json_put_u64(json, "targets", w->targets);
	wq_json_put_u64(json, "links", w->links);
	wq_json_put_u64(json, "bytes", w->bytes);
	wq_json_put_u64(json, "known", w->known);
	wq_json_put_u64(json, "waiting", w->waiting);
	wq_json_put_u64(json, "robots_kept_away", w->robots_kept_away);
	wq_json_put_bool(json, "limited", w->limited);
	put_text(json, "limited_by", wq_str_c(w->limited_by));
	wq_json_put_bool(json, "interrupted", r->interrupted);
	wq_json_put_bool(json, "unreachable", r->unreachable);
	put_text(json, "unreachable_why", r->unreachable_why);
	wq_json_object_end(json);
}

static void put_place(struct wq_json *json, const struct wq_inspect_place *p)
{
	wq_json_object(json);
	wq_json_put_hex(json, "id", p->id.bytes, sizeof p->id.bytes);
	put_text(json, "page", p->page);
	put_text(json, "target", p->target);
	put_text(json, "excerpt", p->excerpt);
	wq_json_put_u64(json, "line", p->line);
	wq_json_put_u64(json, "column", p->column);
	wq_json_put_u64(json, "count", p->count);
	wq_json_put_str(json, "severity", wq_str_c(wq_severity_name(p->severity)));
	wq_json_object_end(json);
}

static void put_group(struct wq_json *json, const struct wq_inspect_group *g)
{
	wq_json_object(json);
	wq_json_put_hex(json, "id", g->id.bytes, sizeof g->id.bytes);
	wq_json_put_str(json, "rule", g->rule);
	put_array(json, "clauses");
	for (size_t i = 0; i < g->clause_count; i++)
		wq_json_str(json, g->clauses[i]);
	wq_json_array_end(json);
	wq_json_put_str(json, "severity", wq_str_c(wq_severity_name(g->severity)));
	put_text(json, "subject", g->subject);
	put_text(json, "advice_zh", g->advice_zh);
	put_text(json, "advice_en", g->advice_en);
	wq_json_put_u64(json, "pages", g->pages);
	wq_json_put_u64(json, "count", g->count);
	put_array(json, "places");
	for (size_t i = 0; i < g->places_n; i++)
		put_place(json, &g->places[i]);
	wq_json_array_end(json);
	wq_json_object_end(json);
}

static void put_indicator(struct wq_json *json, const struct wq_inspect_indicator *i)
{
	wq_json_object(json);
	wq_json_put_str(json, "id", i->id);
	put_text(json, "name_zh", i->name_zh);
	put_text(json, "name_en", i->name_en);
	put_text(json, "rule", i->rule);
	put_text(json, "clauses", i->clauses);
	wq_json_put_str(json, "kind", wq_str_c(wq_inspect_indicator_kind_name(i->kind)));
	wq_json_put_str(json, "verdict", wq_str_c(wq_indicator_verdict_name(i->verdict)));
	wq_json_put_str(json, "mark", wq_str_of(&i->mark, 1));
	put_text(json, "measure_zh", i->measure_zh);
	put_text(json, "measure_en", i->measure_en);
	if (i->known)
		wq_json_put_i64(json, "value", i->value);
	wq_json_put_i64(json, "least", i->least);
	wq_json_put_i64(json, "most", i->most);
	wq_json_object_end(json);
}

static void put_score(struct wq_json *json, const struct wq_inspect_score *s)
{
	put_object(json, "score");
	wq_json_put_str(json, "version", s->version);
	wq_json_put_bool(json, "department", s->department);
	wq_json_put_bool(json, "vetoed", s->vetoed);
	wq_json_put_bool(json, "may_be_vetoed", s->may_be_vetoed);
	wq_json_put_bool(json, "unqualified", s->unqualified);
	wq_json_put_bool(json, "may_be_unqualified", s->may_be_unqualified);
	wq_json_put_bool(json, "points_missing", s->points_missing);
	wq_json_put_i64(json, "least", s->least);
	wq_json_put_i64(json, "most", s->most);
	put_array(json, "indicators");
	for (size_t i = 0; i < s->rows_n; i++)
		put_indicator(json, &s->rows[i]);
	wq_json_array_end(json);
	wq_json_object_end(json);
}

static void put_head(struct wq_json *json, const struct wq_inspect_result *r)
{
	WQ_BUF(checks, WQ_KIB);

	wq_json_put_str(json, "format", WQ_S("weique-inspection"));
	wq_json_put_u64(json, "version", 1);
	wq_json_put_str(json, "site", r->site);
	put_array(json, "starts");
	for (size_t i = 0; i < r->starts_n; i++)
		wq_json_str(json, r->starts[i]);
	wq_json_array_end(json);
	wq_json_put_time(json, "began", r->began);
	wq_json_put_time(json, "ended", r->ended);
	wq_json_put_u64(json, "msec", r->msec);
	wq_inspect_checks_text(r->checks, &checks);
	wq_json_put_str(json, "checks", wq_buf_str(&checks));
}

/* ---- the network ---- */

static void put_texts(struct wq_json *json, const char *key, const wq_str *list, size_t n)
{
	put_array(json, key);
	for (size_t i = 0; i < n; i++)
		wq_json_str(json, list[i]);
	wq_json_array_end(json);
}

static void put_host(struct wq_json *json, const struct wq_inspect_host *h)
{
	wq_json_object(json);
	wq_json_put_str(json, "host", h->host);
	wq_json_put_bool(json, "named", h->named);
	wq_json_put_bool(json, "looked", h->looked);
	wq_json_put_str(json, "ipv6", wq_str_c(wq_inspect_said_name(h->ipv6)));
	put_text(json, "zone", h->zone);
	put_texts(json, "ns", h->ns, h->ns_n);
	put_texts(json, "resolvers", h->resolvers, h->resolvers_n);
	put_array(json, "addresses");
	for (size_t i = 0; i < h->addresses_n; i++) {
		wq_json_object(json);
		wq_json_put_str(json, "address", h->addresses[i].text);
		put_text(json, "country", h->addresses[i].country);
		put_text(json, "owner", h->addresses[i].owner);
		wq_json_object_end(json);
	}
	wq_json_array_end(json);
	wq_json_object_end(json);
}

static void put_tls(struct wq_json *json, const struct wq_inspect_tls *t)
{
	wq_json_object(json);
	wq_json_put_str(json, "host", t->host);
	wq_json_put_u64(json, "port", t->port);
	put_text(json, "address", t->address);
	wq_json_put_bool(json, "reachable", t->reachable);
	put_text(json, "versions", t->versions);
	if (t->known.n > 0) {
		put_text(json, "issuer", t->issuer);
		wq_json_put_time(json, "not_after", t->not_after);
		put_text(json, "known", t->known);
	}
	wq_json_object_end(json);
}

static void put_network(struct wq_json *json, const struct wq_inspect_network *network)
{
	put_object(json, "network");
	put_array(json, "hosts");
	for (size_t i = 0; i < network->hosts_n; i++)
		put_host(json, &network->hosts[i]);
	wq_json_array_end(json);
	put_array(json, "tls");
	for (size_t i = 0; i < network->tls_n; i++)
		put_tls(json, &network->tls[i]);
	wq_json_array_end(json);
	wq_json_object_end(json);
}

wq_err wq_record_write(const struct wq_inspect_result *result, struct wq_buf *out)
{
	struct wq_json json;

	wq_json_init(&json, out);
	wq_json_object(&json);
	put_head(&json, result);
	put_subject(&json, result);
	put_coverage(&json, result);
	wq_json_put_str(&json, "worst", wq_str_c(wq_severity_name(result->worst)));
	wq_json_put_u64(&json, "findings", result->places);
	wq_json_put_u64(&json, "dropped", result->dropped);
	if (result->network.hosts_n + result->network.tls_n > 0)
		put_network(&json, &result->network);
	if (result->score.judged)
		put_score(&json, &result->score);
	put_array(&json, "groups");
	for (size_t i = 0; i < result->groups_n; i++)
		put_group(&json, &result->groups[i]);
	wq_json_array_end(&json);
	wq_json_object_end(&json);
	return wq_json_end(&json);
}
