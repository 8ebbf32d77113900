#include "cli/ftw.h"

#include "base/json_read.h"

static const struct wq_json_limits limits = {4 * WQ_MIB, 16};

static void add_id(struct wq_ftw_log *log, uint32_t id)
{
	if (log->ids_n < WQ_COUNT(log->ids) && (log->ids_n == 0 || log->ids[log->ids_n - 1] != id))
		log->ids[log->ids_n++] = id;
}

static void add_line(struct wq_ftw_log *log, wq_str line)
{
	if (log->lines_n < WQ_COUNT(log->lines) && line.p)
		log->lines[log->lines_n++] = line;
}

/* ---- our own ---- */

static wq_str text_of(const struct json_t *object, const char *key)
{
	wq_str text = WQ_S("");

	WQ_IGNORE(wq_json_get_str(object, key, WQ_MIB, &text));
	return text;
}

static void add_match(const struct json_t *object, struct wq_arena *arena, struct wq_ftw_log *log)
{
	struct wq_waf_match match = {.severity = 255};
	uint64_t id = 0, line = 0;

	WQ_IGNORE(wq_json_get_u64(object, "id", UINT32_MAX, &id));
	WQ_IGNORE(wq_json_get_u64(object, "line", UINT32_MAX, &line));
	match.rule = (uint32_t)id;
	match.line = (uint32_t)line;
	match.variable = text_of(object, "var");
	match.value = text_of(object, "value");
	match.message = text_of(object, "msg");
	match.data = text_of(object, "data");
	match.file = text_of(object, "file");
	add_id(log, match.rule);
	add_line(log, wq_ftw_line(&match, arena));
}

/* The reader of JSON refuses NUL, which values of an attack may have: U+FFFD in its place. */
static wq_str without_nul(wq_str line, struct wq_arena *arena)
{
	char *out = wq_arena_alloc(arena, line.n);

	if (!out)
		return WQ_S("");
	memcpy(out, line.p, line.n);
	for (size_t i = 0; i + 6 <= line.n; i++) {
		if (out[i] != '\\')
			continue;
		if (memcmp(out + i, "\\u0000", 6) == 0)
			memcpy(out + i + 2, "fffd", 4);
		i++;
	}
	return wq_str_of(out, line.n);
}

static void add_json(wq_str line, struct wq_arena *arena, struct wq_ftw_log *log)
{
	struct json_t *root = NULL, *rules;
	const struct json_t *rule;

	if (wq_failed(wq_json_read(without_nul(line, arena), &limits, &root)))
		return;
	rules = wq_json_get_array(root, "rules");
	for (size_t i = 0; rules && (rule = wq_json_at(rules, i)) != NULL; i++)
		add_match(rule, arena, log);
	wq_json_free(&root);
}

/* ---- ModSecurity's ---- */

static void add_ids(wq_str line, struct wq_ftw_log *log)
{
	static const wq_str mark = WQ_S_INIT("[id \"");
	ptrdiff_t at;

	while ((at = wq_str_find(line, mark)) >= 0) {
		wq_str digits;
		uint64_t id;

		line = wq_str_from(line, (size_t)at + mark.n);
		digits = wq_str_cut(&line, '"');
		if (wq_str_to_u64(digits, UINT32_MAX, &id))
			add_id(log, (uint32_t)id);
		line = line.p ? line : WQ_S("");
	}
}

void wq_ftw_log_line(wq_str line, struct wq_arena *arena, struct wq_ftw_log *log)
{
	if (wq_str_starts(line, WQ_S("{"))) {
		add_json(line, arena, log);
		return;
	}
	add_ids(line, log);
	add_line(log, wq_arena_str(arena, line));
}
