#include "base/json.h"

#include "base/utf8.h"

#include <inttypes.h>

void wq_json_init(struct wq_json *json, struct wq_buf *out)
{
	*json = (struct wq_json){.out = out};
}

wq_err wq_json_end(const struct wq_json *json)
{
	if (json->too_deep)
		return wq_error(WQ_E_LIMIT, "JSON nested deeper than %d", WQ_JSON_DEPTH);
	if (json->misused || json->depth > 0 || json->keyed || !json->any[0])
		return wq_error(WQ_E_BUG, "JSON calls that do not match");
	return wq_buf_err(json->out);
}

static bool usable(const struct wq_json *json)
{
	return !json->too_deep && !json->misused;
}

static void new_line(struct wq_json *json)
{
	if (!json->pretty)
		return;
	wq_buf_byte(json->out, '\n');
	for (unsigned i = 0; i < json->depth; i++)
		wq_buf_add(json->out, WQ_S("  "));
}

static void separate(struct wq_json *json)
{
	if (json->any[json->depth])
		wq_buf_byte(json->out, ',');
	if (json->depth > 0)
		new_line(json);
	json->any[json->depth] = true;
}

/* Before every value. */
static bool begin_value(struct wq_json *json)
{
	bool in_object = json->depth > 0 && json->kind[json->depth] == '{';

	if (!usable(json))
		return false;
	if (in_object != json->keyed || (json->depth == 0 && json->any[0])) {
		json->misused = true;
		return false;
	}
	if (!json->keyed)
		separate(json);
	json->keyed = false;
	return true;
}

static void open_value(struct wq_json *json, char kind)
{
	if (!begin_value(json))
		return;
	if (json->depth == WQ_JSON_DEPTH) {
		json->too_deep = true;
		return;
	}
	wq_buf_byte(json->out, (uint8_t)kind);
	json->depth++;
	json->kind[json->depth] = kind;
	json->any[json->depth] = false;
}

static void close_value(struct wq_json *json, char kind, uint8_t close)
{
	bool any;

	if (!usable(json))
		return;
	if (json->depth == 0 || json->kind[json->depth] != kind || json->keyed) {
		json->misused = true;
		return;
	}
	any = json->any[json->depth];
	json->depth--;
	if (any)
		new_line(json);
	wq_buf_byte(json->out, close);
}

void wq_json_object(struct wq_json *json)
{
	open_value(json, '{');
}

void wq_json_object_end(struct wq_json *json)
{
	close_value(json, '{', '}');
}

void wq_json_array(struct wq_json *json)
{
	open_value(json, '[');
}

void wq_json_array_end(struct wq_json *json)
{
	close_value(json, '[', ']');
}

static void escape(struct wq_buf *out, uint32_t code)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = code != 0 && code < 0x80 ? strchr(from, (int)code) : NULL;

	if (at)
		wq_buf_printf(out, "\\%c", to[at - from]);
	else
		wq_buf_printf(out, "\\u%04x", (unsigned)code);
}

static bool needs_escape(uint32_t code)
{
	return code < 0x20 || code == '"' || code == '\\' || code == '<' || code == '>' || code == '&' ||
		code == 0x7f || (code >= 0x80 && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
		code == WQ_UTF8_BAD;
}

static void quoted(struct wq_buf *out, wq_str s)
{
	wq_buf_byte(out, '"');
	while (s.n > 0) {
		size_t clean = 0, step = 0;
		uint32_t code = 0;
		while (clean < s.n) {
			step = wq_utf8_step(wq_str_from(s, clean), &code);
			if (needs_escape(code))
				break;
			clean += step;
		}
		wq_buf_add(out, wq_str_head(s, clean));
		if (clean == s.n)
			break;
		escape(out, code == WQ_UTF8_BAD ? 0xfffd : code);
		s = wq_str_from(s, clean + step);
	}
	wq_buf_byte(out, '"');
}

void wq_json_key(struct wq_json *json, wq_str key)
{
	if (!usable(json))
		return;
	if (json->depth == 0 || json->kind[json->depth] != '{' || json->keyed) {
		json->misused = true;
		return;
	}
	separate(json);
	quoted(json->out, key);
	wq_buf_add(json->out, json->pretty ? WQ_S(": ") : WQ_S(":"));
	json->keyed = true;
}

void wq_json_str(struct wq_json *json, wq_str value)
{
	if (begin_value(json))
		quoted(json->out, value);
}

void wq_json_i64(struct wq_json *json, int64_t value)
{
	if (begin_value(json))
		wq_buf_printf(json->out, "%" PRId64, value);
}

void wq_json_u64(struct wq_json *json, uint64_t value)
{
	if (begin_value(json))
		wq_buf_printf(json->out, "%" PRIu64, value);
}

void wq_json_bool(struct wq_json *json, bool value)
{
	if (begin_value(json))
		wq_buf_add(json->out, value ? WQ_S("true") : WQ_S("false"));
}

void wq_json_null(struct wq_json *json)
{
	if (begin_value(json))
		wq_buf_add(json->out, WQ_S("null"));
}

void wq_json_hex(struct wq_json *json, const void *bytes, size_t n)
{
	char two[3];

	if (!begin_value(json))
		return;
	wq_buf_byte(json->out, '"');
	for (size_t i = 0; i < n; i++)
		wq_buf_add(json->out, wq_str_of(wq_hex((const uint8_t *)bytes + i, 1, two), 2));
	wq_buf_byte(json->out, '"');
}

void wq_json_time(struct wq_json *json, wq_time t)
{
	char text[WQ_TIME_TEXT];

	wq_json_str(json, wq_str_c(wq_time_text(t, text)));
}

void wq_json_err(struct wq_json *json, wq_err e)
{
	wq_json_object(json);
	wq_json_put_str(json, "error", wq_str_c(wq_err_name(e)));
	wq_json_put_str(json, "kind", wq_str_c(wq_err_kind_name(wq_err_kind(e))));
	wq_json_put_str(json, "message_zh", wq_str_c(wq_err_message(e, WQ_LANG_ZH)));
	wq_json_put_str(json, "message", wq_str_c(wq_err_message(e, WQ_LANG_EN)));
	wq_json_put_str(json, "advice_zh", wq_str_c(wq_err_advice(e, WQ_LANG_ZH)));
	wq_json_put_str(json, "advice", wq_str_c(wq_err_advice(e, WQ_LANG_EN)));
	if (wq_err_note(e)[0])
		wq_json_put_str(json, "note", wq_str_c(wq_err_note(e)));
	wq_json_object_end(json);
}

void wq_json_put_str(struct wq_json *json, const char *key, wq_str value)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_str(json, value);
}

void wq_json_put_i64(struct wq_json *json, const char *key, int64_t value)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_i64(json, value);
}

void wq_json_put_u64(struct wq_json *json, const char *key, uint64_t value)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_u64(json, value);
}

void wq_json_put_bool(struct wq_json *json, const char *key, bool value)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_bool(json, value);
}

void wq_json_put_hex(struct wq_json *json, const char *key, const void *bytes, size_t n)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_hex(json, bytes, n);
}

void wq_json_put_time(struct wq_json *json, const char *key, wq_time t)
{
	wq_json_key(json, wq_str_c(key));
	wq_json_time(json, t);
}
