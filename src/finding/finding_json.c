#include "base/json_read.h"
#include "finding/finding.h"

#include <jansson.h>

/* ---- out ---- */

static void put_str(struct wq_json *json, const char *name, wq_str s)
{
	if (s.n)
		wq_json_put_str(json, name, s);
}

static void put_number(struct wq_json *json, const char *name, uint64_t v)
{
	if (v)
		wq_json_put_u64(json, name, v);
}

static void put_time(struct wq_json *json, const char *name, wq_time t)
{
	if (t)
		wq_json_put_time(json, name, t);
}

static void put_object(struct wq_json *json, const char *name)
{
	wq_json_key(json, wq_str_c(name));
	wq_json_object(json);
}

static void put_place(struct wq_json *json, const struct wq_place *place)
{
	put_object(json, "place");
	put_str(json, "app", place->app);
	put_str(json, "key", place->key);
	put_str(json, "url", place->url);
	put_str(json, "file", place->file);
	put_number(json, "line", place->line);
	put_number(json, "column", place->column);
	put_number(json, "offset", place->offset);
	put_number(json, "length", place->length);
	wq_json_object_end(json);
}

static void put_evidence(struct wq_json *json, const struct wq_evidence *evidence)
{
	put_object(json, "evidence");
	put_str(json, "excerpt", evidence->excerpt);
	put_str(json, "subject", evidence->subject);
	put_str(json, "target", evidence->target);
	if (evidence->has_digest)
		wq_json_put_hex(json, "digest", evidence->digest, sizeof(evidence->digest));
	put_number(json, "count", WQ_MAX(evidence->count, 1u));
	wq_json_object_end(json);
}

static void put_finding(struct wq_json *json, const struct wq_finding *f)
{
	struct wq_finding_id id = wq_finding_identity(f);
	wq_json_object(json);
	wq_json_put_hex(json, "id", id.bytes, sizeof(id.bytes));
	put_str(json, "rule", f->rule);
	wq_json_key(json, WQ_S("clauses"));
	wq_json_array(json);
	for (size_t i = 0; i < f->clause_count; i++)
		wq_json_str(json, f->clauses[i]);
	wq_json_array_end(json);
	put_str(json, "severity", wq_str_c(wq_severity_name(f->severity)));
	put_place(json, &f->place);
	put_evidence(json, &f->evidence);
	put_object(json, "advice");
	put_str(json, "zh", f->advice_zh);
	put_str(json, "en", f->advice_en);
	wq_json_object_end(json);
	put_str(json, "owner", f->owner);
	put_time(json, "due", f->due);
	put_time(json, "found_at", f->found_at);
	wq_json_object_end(json);
}

wq_err wq_finding_to_json(const struct wq_finding *finding, struct wq_buf *out)
{
	struct wq_json json;
	WQ_TRY(wq_finding_check(finding));
	wq_json_init(&json, out);
	put_finding(&json, finding);
	return wq_json_end(&json);
}

wq_err wq_findings_to_json(const struct wq_findings *findings, struct wq_buf *out)
{
	struct wq_json json;
	wq_json_init(&json, out);
	wq_findings_put_json(findings, &json);
	return wq_json_end(&json);
}

void wq_findings_put_json(const struct wq_findings *findings, struct wq_json *json)
{
	wq_json_object(json);
	wq_json_key(json, WQ_S("findings"));
	wq_json_array(json);
	for (size_t i = 0; i < findings->count; i++)
		put_finding(json, &findings->items[i]);
	wq_json_array_end(json);
	wq_json_put_u64(json, "dropped", findings->dropped);
	wq_json_put_str(json, "worst", wq_str_c(wq_severity_name(findings->worst)));
	wq_json_object_end(json);
}

/* ---- in ---- */

/* One object that is being read: members are taken by name, what is left over is unknown. */
struct object {
	struct wq_arena *arena;
	const char *name; /* for messages */
	json_t *json;
	size_t taken;
};

static wq_err wrong(const struct object *o, const char *member, const char *what)
{
	return wq_error(WQ_E_INPUT, "finding: %s%s%s: %s", o->name, *o->name ? "." : "", member, what);
}

static json_t *take(struct object *o, const char *member)
{
	json_t *value = json_object_get(o->json, member);
	o->taken += value != NULL;
	return value;
}

static wq_err take_str(struct object *o, const char *member, wq_str *ret_s)
{
	json_t *value = take(o, member);
	if (value && !json_is_string(value))
		return wrong(o, member, "not a string");
	*ret_s = value ? wq_arena_str(o->arena, wq_str_of(json_string_value(value), json_string_length(value)))
		       : WQ_S_NONE;
	return WQ_OK;
}

static wq_err take_number(struct object *o, const char *member, uint64_t max, uint64_t *ret_v)
{
	json_t *value = take(o, member);
	if (value &&
		(!json_is_integer(value) || json_integer_value(value) < 1 || (uint64_t)json_integer_value(value) > max))
		return wrong(o, member, "not a whole number in range");
	*ret_v = value ? (uint64_t)json_integer_value(value) : 0;
	return WQ_OK;
}

static wq_err take_u32(struct object *o, const char *member, uint32_t *ret_v)
{
	uint64_t v;
	WQ_TRY(take_number(o, member, UINT32_MAX, &v));
	*ret_v = (uint32_t)v;
	return WQ_OK;
}

static wq_err take_time(struct object *o, const char *member, wq_time *ret_time)
{
	wq_str text;
	WQ_TRY(take_str(o, member, &text));
	*ret_time = 0;
	return text.n ? wq_time_parse(text, ret_time) : WQ_OK;
}

/* A member that is an object; it must be there. */
static wq_err take_object(struct object *o, const char *member, struct object *ret_object)
{
	json_t *value = take(o, member);
	if (!json_is_object(value))
		return wrong(o, member, "not an object");
	*ret_object = (struct object){.arena = o->arena, .name = member, .json = value};
	return WQ_OK;
}

static wq_err no_more(const struct object *o)
{
	return o->taken == json_object_size(o->json) ? WQ_OK : wrong(o, "", "a member that is not known");
}

static wq_err read_place(struct object *from, struct wq_place *ret_place)
{
	struct object o;
	const uint64_t max = ((uint64_t)1 << 53) - 1;
	WQ_TRY(take_object(from, "place", &o));
	WQ_TRY(take_str(&o, "app", &ret_place->app));
	WQ_TRY(take_str(&o, "key", &ret_place->key));
	WQ_TRY(take_str(&o, "url", &ret_place->url));
	WQ_TRY(take_str(&o, "file", &ret_place->file));
	WQ_TRY(take_u32(&o, "line", &ret_place->line));
	WQ_TRY(take_u32(&o, "column", &ret_place->column));
	WQ_TRY(take_number(&o, "offset", max, &ret_place->offset));
	WQ_TRY(take_number(&o, "length", max, &ret_place->length));
	return no_more(&o);
}

static wq_err read_evidence(struct object *from, struct wq_evidence *ret_evidence)
{
	struct object o;
	wq_str digest;
	WQ_TRY(take_object(from, "evidence", &o));
	WQ_TRY(take_str(&o, "excerpt", &ret_evidence->excerpt));
	WQ_TRY(take_str(&o, "subject", &ret_evidence->subject));
	WQ_TRY(take_str(&o, "target", &ret_evidence->target));
	WQ_TRY(take_str(&o, "digest", &digest));
	ret_evidence->has_digest = digest.n > 0;
	if (digest.n && !wq_str_unhex(digest, ret_evidence->digest, sizeof(ret_evidence->digest)))
		return wrong(&o, "digest", "not 64 hexadecimal digits");
	WQ_TRY(take_u32(&o, "count", &ret_evidence->count));
	ret_evidence->count = WQ_MAX(ret_evidence->count, 1u);
	return no_more(&o);
}

static wq_err read_clauses(struct object *o, struct wq_finding *finding)
{
	json_t *array = take(o, "clauses");
	if (!json_is_array(array) || json_array_size(array) > WQ_FINDING_CLAUSES)
		return wrong(o, "clauses", "not a list, or too long");
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *value = json_array_get(array, i);
		if (!json_is_string(value))
			return wrong(o, "clauses", "not a string");
		wq_str id = wq_arena_str(o->arena, wq_str_of(json_string_value(value), json_string_length(value)));
		(void)wq_finding_add_clause(finding, id);
	}
	return WQ_OK;
}

static wq_err read_advice(struct object *from, struct wq_finding *finding)
{
	struct object o;
	WQ_TRY(take_object(from, "advice", &o));
	WQ_TRY(take_str(&o, "zh", &finding->advice_zh));
	WQ_TRY(take_str(&o, "en", &finding->advice_en));
	return no_more(&o);
}

static wq_err read_finding(struct object *o, struct wq_finding *ret_finding)
{
	struct wq_finding f = {0};
	wq_str severity, id;
	char id_text[WQ_FINDING_ID_TEXT];
	WQ_TRY(take_str(o, "id", &id));
	WQ_TRY(take_str(o, "rule", &f.rule));
	WQ_TRY(read_clauses(o, &f));
	WQ_TRY(take_str(o, "severity", &severity));
	if (!wq_severity_parse(severity, &f.severity))
		return wrong(o, "severity", "no such value");
	WQ_TRY(read_place(o, &f.place));
	WQ_TRY(read_evidence(o, &f.evidence));
	WQ_TRY(read_advice(o, &f));
	WQ_TRY(take_str(o, "owner", &f.owner));
	WQ_TRY(take_time(o, "due", &f.due));
	WQ_TRY(take_time(o, "found_at", &f.found_at));
	WQ_TRY(no_more(o));
	WQ_TRY(wq_arena_err(o->arena));
	WQ_TRY(wq_finding_check(&f));
	struct wq_finding_id own = wq_finding_identity(&f);
	if (id.n && !wq_str_eq(id, wq_str_c(wq_finding_id_text(&own, id_text))))
		return wrong(o, "id", "does not belong to this finding");
	*ret_finding = f;
	return WQ_OK;
}

wq_err wq_finding_from_json(struct wq_arena *arena, wq_str json, struct wq_finding *ret_finding)
{
	const struct wq_json_limits limits = {.max_bytes = WQ_FINDING_JSON_BYTES, .max_depth = 4};
	WQ_CLEANUP(wq_json_free) struct json_t *root = NULL;
	WQ_TRY(wq_json_read(json, &limits, &root));
	if (!json_is_object(root))
		return wq_error(WQ_E_INPUT, "finding: not an object");
	struct object o = {.arena = arena, .name = "", .json = root};
	return read_finding(&o, ret_finding);
}
