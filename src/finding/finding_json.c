#include "finding/finding.h"

#include <jansson.h>

/* ---- out ---- */

/* The first failure of jansson (memory; the texts were checked) makes the whole fail. */
struct writer {
	bool failed;
};

static void set(struct writer *w, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		w->failed = true;
}

static void set_str(struct writer *w, json_t *object, const char *name, wq_str s)
{
	if (s.n)
		set(w, object, name, json_stringn(s.p, s.n));
}

static void set_number(struct writer *w, json_t *object, const char *name, uint64_t v)
{
	if (v)
		set(w, object, name, json_integer((json_int_t)v));
}

static void set_time(struct writer *w, json_t *object, const char *name, wq_time t)
{
	char text[WQ_TIME_TEXT];
	if (t)
		set(w, object, name, json_string(wq_time_text(t, text)));
}

static json_t *place_json(struct writer *w, const struct wq_place *place)
{
	json_t *object = json_object();
	set_str(w, object, "app", place->app);
	set_str(w, object, "key", place->key);
	set_str(w, object, "url", place->url);
	set_str(w, object, "file", place->file);
	set_number(w, object, "line", place->line);
	set_number(w, object, "column", place->column);
	set_number(w, object, "offset", place->offset);
	set_number(w, object, "length", place->length);
	return object;
}

static json_t *evidence_json(struct writer *w, const struct wq_evidence *evidence)
{
	json_t *object = json_object();
	char hex[2 * WQ_FINDING_DIGEST_BYTES + 1];
	set_str(w, object, "excerpt", evidence->excerpt);
	set_str(w, object, "subject", evidence->subject);
	if (evidence->has_digest)
		set(w, object, "digest", json_string(wq_hex(evidence->digest, sizeof(evidence->digest), hex)));
	set_number(w, object, "count", WQ_MAX(evidence->count, 1u));
	return object;
}

static json_t *finding_json(struct writer *w, const struct wq_finding *f)
{
	json_t *object = json_object(), *clauses = json_array(), *advice = json_object();
	char id_text[WQ_FINDING_ID_TEXT];
	struct wq_finding_id id = wq_finding_identity(f);
	for (size_t i = 0; i < f->clause_count; i++)
		if (json_array_append_new(clauses, json_stringn(f->clauses[i].p, f->clauses[i].n)) != 0)
			w->failed = true;
	set_str(w, advice, "zh", f->advice_zh);
	set_str(w, advice, "en", f->advice_en);
	set(w, object, "id", json_string(wq_finding_id_text(&id, id_text)));
	set_str(w, object, "rule", f->rule);
	set(w, object, "clauses", clauses);
	set(w, object, "severity", json_string(wq_severity_name(f->severity)));
	set(w, object, "place", place_json(w, &f->place));
	set(w, object, "evidence", evidence_json(w, &f->evidence));
	set(w, object, "advice", advice);
	set_str(w, object, "owner", f->owner);
	set_time(w, object, "due", f->due);
	set_time(w, object, "found_at", f->found_at);
	return object;
}

static int add_to_buf(const char *bytes, size_t n, void *data)
{
	wq_buf_add(data, wq_str_of(bytes, n));
	return 0;
}

/* Consumes `object`. */
static wq_err dump(const struct writer *w, json_t *object, struct wq_buf *out)
{
	bool failed = w->failed || json_dump_callback(object, add_to_buf, out, JSON_COMPACT) != 0;
	json_decref(object);
	WQ_TRY(wq_buf_err(out));
	return failed ? wq_error_id(WQ_E_NO_MEMORY) : WQ_OK;
}

wq_err wq_finding_to_json(const struct wq_finding *finding, struct wq_buf *out)
{
	struct writer w = {0};
	WQ_TRY(wq_finding_check(finding));
	return dump(&w, finding_json(&w, finding), out);
}

wq_err wq_findings_to_json(const struct wq_findings *findings, struct wq_buf *out)
{
	wq_buf_add(out, WQ_S("{\"findings\":["));
	for (size_t i = 0; i < findings->count; i++) {
		if (i)
			wq_buf_byte(out, ',');
		WQ_TRY(wq_finding_to_json(&findings->items[i], out));
	}
	wq_buf_printf(out, "],\"dropped\":%zu,\"worst\":\"%s\"}", findings->dropped, wq_severity_name(findings->worst));
	return wq_buf_err(out);
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
	json_error_t error;
	if (json.n > WQ_FINDING_JSON_BYTES)
		return wq_error(WQ_E_LIMIT, "finding: more than %d bytes of JSON", WQ_FINDING_JSON_BYTES);
	json_auto_t *root = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return wq_error(WQ_E_INPUT, "finding: not JSON: line %d column %d", error.line, error.column);
	if (!json_is_object(root))
		return wq_error(WQ_E_INPUT, "finding: not an object");
	struct object o = {.arena = arena, .name = "", .json = root};
	return read_finding(&o, ret_finding);
}
