#include "base/event.h"

#include "base/json.h"
#include "base/utf8.h"

#include <inttypes.h>

static const struct {
	const char *name, *zh, *en;
	enum wq_level level;
} rows[] = {
#define WQ_EVENT(id, name, severity, zh, en) {name, zh, en, WQ_LEVEL_##severity},
#include "base/event_table.h"
#undef WQ_EVENT
};

const char *wq_event_name(enum wq_event_id id)
{
	return rows[id < WQ_EV_COUNT ? id : 0].name;
}

enum wq_level wq_event_level(enum wq_event_id id)
{
	return rows[id < WQ_EV_COUNT ? id : 0].level;
}

const char *wq_event_sentence(enum wq_event_id id, enum wq_lang lang)
{
	return lang == WQ_LANG_ZH ? rows[id < WQ_EV_COUNT ? id : 0].zh : rows[id < WQ_EV_COUNT ? id : 0].en;
}

const char *wq_level_name(enum wq_level level)
{
	static const char *const names[] = {"debug", "info", "notice", "warning", "error", "alert"};

	return (size_t)level < WQ_COUNT(names) ? names[level] : "alert";
}

/* Characters that move the cursor, reverse or hide text, or are nothing to see (Unicode Cc, Zl, Zp and the format
 * characters that matter in a terminal). */
static bool invisible(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
		(c >= 0xfff0 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

void wq_event_quote(struct wq_buf *out, wq_str text)
{
	wq_str left = wq_utf8_head(text, WQ_EVENT_TEXT_MAX);
	bool cut = left.n < text.n;
	size_t step;

	wq_buf_byte(out, '"');
	for (; left.n > 0; left = wq_str_from(left, step)) {
		uint32_t code;
		step = wq_utf8_step(left, &code);
		if (code == WQ_UTF8_BAD)
			for (size_t i = 0; i < step; i++)
				wq_buf_printf(out, "\\x%02x", (unsigned char)left.p[i]);
		else if (code == '\n' || code == '\t' || code == '\r')
			wq_buf_printf(out, "\\%c", code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
		else if (invisible(code))
			wq_buf_printf(out, "\\u{%x}", (unsigned)code);
		else if (code == '"' || code == '\\')
			wq_buf_printf(out, "\\%c", (int)code);
		else
			wq_buf_add(out, wq_str_head(left, step));
	}
	wq_buf_byte(out, '"');
	if (cut)
		wq_buf_printf(out, "...(%zu)", text.n);
}

static bool is_plain(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"\\=", s.p[i]))
			return false;
	return s.n > 0 && s.n <= WQ_EVENT_TEXT_MAX;
}

static wq_str error_note(const struct wq_field *f)
{
	return wq_str_c(wq_err_note(f->err));
}

void wq_event_field_text(struct wq_buf *out, const struct wq_field *f, enum wq_lang lang)
{
	char hex[2 * WQ_EVENT_HEX_MAX + 1], time[WQ_TIME_TEXT];

	switch (f->type) {
	case WQ_FIELD_TEXT:
		if (is_plain(f->s))
			wq_buf_add(out, f->s);
		else
			wq_event_quote(out, f->s);
		break;
	case WQ_FIELD_OUTSIDE: wq_event_quote(out, f->s); break;
	case WQ_FIELD_U64: wq_buf_printf(out, "%" PRIu64, f->u); break;
	case WQ_FIELD_I64: wq_buf_printf(out, "%" PRId64, (int64_t)f->u); break;
	case WQ_FIELD_HEX: wq_buf_add(out, wq_str_c(wq_hex(f->s.p, f->s.n, hex))); break;
	case WQ_FIELD_TIME: wq_buf_add(out, wq_str_c(wq_time_text((wq_time)f->u, time))); break;
	case WQ_FIELD_ERR:
		wq_buf_printf(out, "%s (%s)", wq_err_name(f->err), wq_err_message(f->err, lang));
		if (error_note(f).n > 0) {
			wq_buf_byte(out, ' ');
			wq_event_quote(out, error_note(f));
		}
		break;
	}
}

static size_t count_fields(const struct wq_field *fields)
{
	size_t n = 0;

	while (n < WQ_EVENT_FIELDS_MAX && fields[n].name)
		n++;
	return n;
}

static void text_with(
	struct wq_buf *out, enum wq_event_id id, const struct wq_field *fields, size_t n, bool cut, enum wq_lang lang)
{
	wq_buf_clear(out);
	wq_buf_printf(out, "%s: %s", wq_event_name(id), wq_event_sentence(id, lang));
	for (size_t i = 0; i < n; i++) {
		wq_buf_printf(out, " %s=", fields[i].name);
		wq_event_field_text(out, &fields[i], lang);
	}
	if (cut)
		wq_buf_add(out, WQ_S(" (fields left out)"));
}

void wq_event_text(struct wq_buf *out, enum wq_event_id id, const struct wq_field *fields, enum wq_lang lang)
{
	size_t all = count_fields(fields), n = all;

	text_with(out, id, fields, n, fields[all].name != NULL, lang);
	while (n > 0 && (wq_failed(wq_buf_err(out)) || out->len > WQ_EVENT_LINE_MAX))
		text_with(out, id, fields, --n, true, lang);
}

/* Outside text in JSON: the writer escapes, here it is cut. */
static void json_cut(struct wq_json *j, wq_str text)
{
	char room[WQ_EVENT_TEXT_MAX + 4];
	wq_str head = wq_utf8_head(text, WQ_EVENT_TEXT_MAX);

	if (head.n == text.n) {
		wq_json_str(j, text);
		return;
	}
	memcpy(room, head.p, head.n);
	memcpy(room + head.n, "…", 3);
	wq_json_str(j, wq_str_of(room, head.n + 3));
}

static void json_field(struct wq_json *j, const struct wq_field *f, enum wq_lang lang)
{
	wq_json_key(j, wq_str_c(f->name));
	switch (f->type) {
	case WQ_FIELD_TEXT:
	case WQ_FIELD_OUTSIDE: json_cut(j, f->s); break;
	case WQ_FIELD_U64: wq_json_u64(j, f->u); break;
	case WQ_FIELD_I64: wq_json_i64(j, (int64_t)f->u); break;
	case WQ_FIELD_HEX: wq_json_hex(j, f->s.p, f->s.n); break;
	case WQ_FIELD_TIME: wq_json_time(j, (wq_time)f->u); break;
	case WQ_FIELD_ERR:
		wq_json_object(j);
		wq_json_put_str(j, "error", wq_str_c(wq_err_name(f->err)));
		wq_json_put_str(j, "kind", wq_str_c(wq_err_kind_name(wq_err_kind(f->err))));
		wq_json_put_str(j, "message", wq_str_c(wq_err_message(f->err, lang)));
		wq_json_key(j, WQ_S("note"));
		json_cut(j, error_note(f));
		wq_json_object_end(j);
		break;
	}
}

static void json_with(struct wq_buf *out, wq_time t, enum wq_event_id id, const struct wq_field *fields, size_t n,
	bool cut, enum wq_lang lang)
{
	struct wq_json j;

	wq_buf_clear(out);
	wq_json_init(&j, out);
	wq_json_object(&j);
	wq_json_put_time(&j, "time", t);
	wq_json_put_str(&j, "severity", wq_str_c(wq_level_name(wq_event_level(id))));
	wq_json_put_str(&j, "event", wq_str_c(wq_event_name(id)));
	wq_json_put_str(&j, "message", wq_str_c(wq_event_sentence(id, lang)));
	wq_json_key(&j, WQ_S("fields"));
	wq_json_object(&j);
	for (size_t i = 0; i < n; i++)
		json_field(&j, &fields[i], lang);
	wq_json_object_end(&j);
	if (cut)
		wq_json_put_bool(&j, "cut", true);
	wq_json_object_end(&j);
}

void wq_event_json(struct wq_buf *out, wq_time t, enum wq_event_id id, const struct wq_field *fields, enum wq_lang lang)
{
	size_t all = count_fields(fields), n = all;

	json_with(out, t, id, fields, n, fields[all].name != NULL, lang);
	while (n > 0 && (wq_failed(wq_buf_err(out)) || out->len > WQ_EVENT_LINE_MAX))
		json_with(out, t, id, fields, --n, true, lang);
}
