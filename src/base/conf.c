#include "base/conf.h"

#include "base/conf_value.h"
#include "base/file.h"

#include <inttypes.h>
#include <libconfig.h>

enum { VALUES_MAX = 4 * 1024 * 1024, NAME_MAX_BYTES = 200 };

struct wq_conf {
	const struct wq_conf_row *rows;
	size_t count;
	struct wq_conf_value *values;
	struct wq_arena arena; /* holds the values; a load that succeeds brings its own */
};

static wq_err values_init(struct wq_conf *conf)
{
	wq_arena_init(&conf->arena, VALUES_MAX);
	conf->values = WQ_NEW_ARRAY(&conf->arena, struct wq_conf_value, conf->count);
	return conf->values || conf->count == 0 ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);
}

wq_err wq_conf_new(const struct wq_conf_row *rows, size_t count, struct wq_conf **ret_conf)
{
	struct wq_conf *conf = calloc(1, sizeof *conf);
	wq_err e;

	if (!conf)
		return wq_error_id(WQ_E_NO_MEMORY);
	conf->rows = rows;
	conf->count = count;
	e = values_init(conf);
	for (size_t i = 0; i < count && !wq_failed(e); i++) {
		if (rows[i].standard)
			e = wq_conf_value_read(&conf->arena, &rows[i], wq_str_c(rows[i].standard), &conf->values[i]);
		if (wq_failed(e))
			e = wq_error(WQ_E_BUG, "the default of %s: %s", rows[i].name, rows[i].standard);
	}
	if (wq_failed(e))
		wq_conf_free(&conf);
	else
		*ret_conf = conf;
	return e;
}

void wq_conf_free(struct wq_conf **conf)
{
	if (!conf || !*conf)
		return;
	wq_arena_done(&(*conf)->arena);
	free(*conf);
	*conf = NULL;
}

/* What the library would do silently wrong: includes are opened by it without limits, and a number of more than 31 bits
 * loses its upper ones. Comments and strings are passed over. */
static wq_err check_source(wq_str text, const char *source)
{
	enum { PLAIN, STRING, LINE_COMMENT, BLOCK_COMMENT } in = PLAIN;
	size_t line = 1, digits = 0, depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i], next = i + 1 < text.n ? text.p[i + 1] : '\0';
		line += c == '\n';
		if (c == '\0')
			return wq_error(WQ_E_CONFIG, "%s:%zu: a NUL byte", source, line);
		if (c == '@' && wq_str_starts(wq_str_from(text, i), WQ_S("@include")))
			return wq_error(WQ_E_CONFIG, "%s:%zu: @include is not supported", source, line);
		if (in == STRING && c == '\\')
			i++, line += next == '\n';
		else if (in == STRING)
			in = c == '"' ? PLAIN : STRING;
		else if (in == LINE_COMMENT)
			in = c == '\n' ? PLAIN : LINE_COMMENT;
		else if (in == BLOCK_COMMENT && c == '*' && next == '/')
			in = PLAIN, i++;
		else if (in == PLAIN && c == '"')
			in = STRING;
		else if (in == PLAIN && (c == '#' || (c == '/' && next == '/')))
			in = LINE_COMMENT;
		else if (in == PLAIN && c == '/' && next == '*')
			in = BLOCK_COMMENT, i++;
		if (in != PLAIN || c == '"') {
			digits = 0;
			continue;
		}
		depth += c == '{' || c == '(' || c == '[';
		depth -= depth > 0 && (c == '}' || c == ')' || c == ']');
		if (depth > WQ_CONF_DEPTH)
			return wq_error(WQ_E_LIMIT, "%s:%zu: nested deeper than %d", source, line, WQ_CONF_DEPTH);
		digits = c >= '0' && c <= '9' ? digits + 1 : 0;
		if (digits > 9 && next != 'L' && !(next >= '0' && next <= '9'))
			return wq_error(WQ_E_CONFIG, "%s:%zu: write so large a number in quotes", source, line);
		if (digits > 18)
			return wq_error(WQ_E_CONFIG, "%s:%zu: too large a number", source, line);
	}
	return WQ_OK;
}

/* Edit distance, for the suggestion; names are short. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(b), row[NAME_MAX_BYTES + 1];

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t change = corner + (a[i - 1] != b[j - 1]);
			corner = row[j];
			row[j] = WQ_MIN(change, WQ_MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[n];
}

static wq_err unknown(const struct wq_conf *conf, const char *where, const char *name)
{
	size_t best = SIZE_MAX;
	const char *nearest = NULL;

	for (size_t i = 0; i < conf->count; i++) {
		size_t d = strlen(conf->rows[i].name) <= NAME_MAX_BYTES ? distance(name, conf->rows[i].name) : SIZE_MAX;
		if (d < best) {
			best = d;
			nearest = conf->rows[i].name;
		}
	}
	if (nearest && best <= 2 + strlen(name) / 4)
		return wq_error(WQ_E_CONFIG, "%s: no such setting: %s; did you mean %s?", where, name, nearest);
	return wq_error(WQ_E_CONFIG, "%s: no such setting: %s", where, name);
}

static size_t row_of(const struct wq_conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->count; i++)
		if (strcmp(conf->rows[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

static wq_err read_list(
	struct wq_arena *arena, const struct wq_conf_row *row, config_setting_t *s, struct wq_conf_value *ret_value)
{
	struct wq_conf_value v = {.text = ""};
	int n = config_setting_length(s);

	if (n > WQ_CONF_LIST_MAX)
		return wq_error(WQ_E_INPUT, "more than %d entries", WQ_CONF_LIST_MAX);
	v.list = WQ_NEW_ARRAY(arena, const char *, (size_t)n + 1);
	for (int i = 0; i < n && v.list; i++) {
		const char *text = config_setting_get_string_elem(s, i);
		if (!text || strlen(text) > WQ_CONF_TEXT_MAX)
			return wq_error(WQ_E_INPUT, "entry %d: expected a text", i + 1);
		v.list[v.list_count++] = wq_arena_cstr(arena, wq_str_c(text));
	}
	WQ_TRY(wq_arena_err(arena));
	WQ_TRY(wq_conf_value_range(row, n));
	*ret_value = v;
	return WQ_OK;
}

static wq_err read_value(
	struct wq_arena *arena, const struct wq_conf_row *row, config_setting_t *s, struct wq_conf_value *ret_value)
{
	char number[32];
	const char *text = NULL;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING: text = config_setting_get_string(s); break;
	case CONFIG_TYPE_BOOL: text = config_setting_get_bool(s) ? "true" : "false"; break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(number, sizeof number, "%lld", config_setting_get_int64(s));
		text = number;
		break;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		if (row->type == WQ_CONF_LIST)
			return read_list(arena, row, s, ret_value);
		break;
	default: break;
	}
	if (!text || row->type == WQ_CONF_LIST)
		return wq_error(WQ_E_INPUT, "expected: %s", wq_conf_type_name(row->type, WQ_LANG_EN));
	if ((row->type == WQ_CONF_TEXT || row->type == WQ_CONF_PATH) && config_setting_type(s) != CONFIG_TYPE_STRING)
		return wq_error(WQ_E_INPUT, "expected a text in quotes");
	return wq_conf_value_read(arena, row, wq_str_c(text), ret_value);
}

/* `next` gets the values; `prefix` is the dotted name of the group. */
static wq_err take_group(
	struct wq_conf *next, config_setting_t *group, const char *prefix, const char *source, unsigned depth)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		char name[NAME_MAX_BYTES], where[300];
		size_t row;
		wq_err e;
		snprintf(where, sizeof where, "%s:%u", source, (unsigned)config_setting_source_line(s));
		if (snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", config_setting_name(s)) >=
				NAME_MAX_BYTES ||
			depth > WQ_CONF_DEPTH)
			return wq_error(WQ_E_LIMIT, "%s: the name is too long", where);
		if (config_setting_type(s) == CONFIG_TYPE_GROUP) {
			WQ_TRY(take_group(next, s, name, source, depth + 1));
			continue;
		}
		row = row_of(next, name);
		if (row == SIZE_MAX)
			return unknown(next, where, name);
		e = read_value(&next->arena, &next->rows[row], s, &next->values[row]);
		if (wq_failed(e))
			return wq_error(WQ_E_CONFIG, "%s: %s: %s", where, name, wq_err_note(e));
		next->values[row].where = wq_arena_cstr(&next->arena, wq_str_c(where));
	}
	return wq_arena_err(&next->arena);
}

/* The values as they are, copied into the arena of `next`. */
static wq_err copy_values(const struct wq_conf *conf, struct wq_conf *next)
{
	for (size_t i = 0; i < conf->count; i++) {
		const struct wq_conf_value *from = &conf->values[i];
		struct wq_conf_value *to = &next->values[i];
		*to = *from;
		if (from->text)
			to->text = wq_arena_cstr(&next->arena, wq_str_c(from->text));
		if (from->where)
			to->where = wq_arena_cstr(&next->arena, wq_str_c(from->where));
		if (from->list)
			to->list = WQ_NEW_ARRAY(&next->arena, const char *, from->list_count + 1);
		for (size_t k = 0; k < from->list_count && to->list; k++)
			to->list[k] = wq_arena_cstr(&next->arena, wq_str_c(from->list[k]));
	}
	return wq_arena_err(&next->arena);
}

wq_err wq_conf_parse(struct wq_conf *conf, wq_str text, const char *source)
{
	struct wq_conf next = {.rows = conf->rows, .count = conf->count};
	WQ_BUF(copy, WQ_CONF_MAX_BYTES + 1);
	config_t config;
	wq_err e;

	if (text.n > WQ_CONF_MAX_BYTES)
		return wq_error(WQ_E_LIMIT, "%s: more than %d bytes", source, WQ_CONF_MAX_BYTES);
	WQ_TRY(check_source(text, source));
	wq_buf_add(&copy, text);
	wq_buf_byte(&copy, '\n'); /* the library wants the last line to end, even a comment */
	WQ_TRY(wq_buf_err(&copy));
	config_init(&config);
	if (!config_read_string(&config, wq_buf_cstr(&copy)))
		e = wq_error(WQ_E_CONFIG, "%s:%d: %s", source, config_error_line(&config), config_error_text(&config));
	else
		e = values_init(&next);
	if (!wq_failed(e))
		e = copy_values(conf, &next);
	if (!wq_failed(e))
		e = take_group(&next, config_root_setting(&config), "", source, 1);
	config_destroy(&config);
	if (wq_failed(e)) {
		wq_arena_done(&next.arena);
		return e;
	}
	wq_arena_done(&conf->arena);
	*conf = next;
	return WQ_OK;
}

wq_err wq_conf_load(struct wq_conf *conf, const char *path)
{
	WQ_BUF(text, WQ_CONF_MAX_BYTES);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	return wq_conf_parse(conf, wq_buf_str(&text), path);
}

wq_err wq_conf_complete(const struct wq_conf *conf)
{
	for (size_t i = 0; i < conf->count; i++)
		if (!conf->rows[i].standard && !conf->values[i].where)
			return wq_error(WQ_E_CONFIG, "%s has to be set", conf->rows[i].name);
	return WQ_OK;
}

static const struct wq_conf_value *value_of(const struct wq_conf *conf, const char *name, unsigned types)
{
	size_t row = row_of(conf, name);

	if (row == SIZE_MAX || !(types >> conf->rows[row].type & 1)) {
		fprintf(stderr, "weique: no setting %s of that type\n", name);
		abort();
	}
	return &conf->values[row];
}

bool wq_conf_bool(const struct wq_conf *conf, const char *name)
{
	return value_of(conf, name, 1u << WQ_CONF_BOOL)->number != 0;
}

int64_t wq_conf_int(const struct wq_conf *conf, const char *name)
{
	return value_of(conf, name, 1u << WQ_CONF_INT)->number;
}

uint64_t wq_conf_size(const struct wq_conf *conf, const char *name)
{
	return (uint64_t)value_of(conf, name, 1u << WQ_CONF_SIZE)->number;
}

uint64_t wq_conf_msec(const struct wq_conf *conf, const char *name)
{
	return (uint64_t)value_of(conf, name, 1u << WQ_CONF_DURATION)->number;
}

const char *wq_conf_text(const struct wq_conf *conf, const char *name)
{
	return value_of(conf, name, 1u << WQ_CONF_TEXT | 1u << WQ_CONF_PATH | 1u << WQ_CONF_HOST_PORT)->text;
}

size_t wq_conf_list(const struct wq_conf *conf, const char *name, const char *const **ret_texts)
{
	const struct wq_conf_value *v = value_of(conf, name, 1u << WQ_CONF_LIST);

	*ret_texts = v->list;
	return v->list_count;
}

const char *wq_conf_where(const struct wq_conf *conf, const char *name)
{
	const struct wq_conf_value *v = value_of(conf, name, ~0u);

	return v->where ? v->where : "default";
}

void wq_conf_manual(const struct wq_conf_row *rows, size_t count, enum wq_lang lang, struct wq_buf *out)
{
	bool zh = lang == WQ_LANG_ZH;

	wq_buf_add(out,
		zh ? WQ_S("| 名称 | 类型 | 缺省 | 范围 | 说明 |\n")
		   : WQ_S("| name | type | default | range | meaning |\n"));
	wq_buf_add(out, WQ_S("| --- | --- | --- | --- | --- |\n"));
	for (size_t i = 0; i < count; i++) {
		const struct wq_conf_row *r = &rows[i];
		wq_buf_printf(out, "| `%s` | %s | ", r->name, wq_conf_type_name(r->type, lang));
		if (r->standard && !*r->standard)
			wq_buf_add(out, WQ_S("| "));
		else if (r->standard)
			wq_buf_printf(out, "`%s` | ", r->standard);
		else
			wq_buf_add(out, zh ? WQ_S("必填 | ") : WQ_S("required | "));
		if (r->min != 0 || r->max != 0)
			wq_buf_printf(out, "%" PRId64 "–%" PRId64, r->min, r->max);
		if (r->unit)
			wq_buf_printf(out, " %s", r->unit);
		wq_buf_printf(out, " | %s |\n", zh ? r->zh : r->en);
	}
}
