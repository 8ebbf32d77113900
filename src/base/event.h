/* Named events with typed fields: what programs say, as data.
 *
 * An event is a row of base/event_table.h; its fields are built by the wq_f_ functions and live only for the call.
 * Rendering is safe for outside text: always quoted, control and invisible characters escaped, cut at
 * WQ_EVENT_TEXT_MAX bytes. A secret (struct wq_secret) has no constructor here and cannot be passed.
 */
#ifndef WQ_BASE_EVENT_H
#define WQ_BASE_EVENT_H

#include "base/buf.h"
#include "base/clock.h"

enum wq_level { WQ_LEVEL_DEBUG, WQ_LEVEL_INFO, WQ_LEVEL_NOTICE, WQ_LEVEL_WARNING, WQ_LEVEL_ERROR, WQ_LEVEL_ALERT };

enum wq_event_id {
#define WQ_EVENT(id, name, severity, zh, en) WQ_EV_##id,
#include "base/event_table.h"
#undef WQ_EVENT
	WQ_EV_COUNT
};

enum { WQ_EVENT_TEXT_MAX = 256, WQ_EVENT_HEX_MAX = 64, WQ_EVENT_FIELDS_MAX = 24, WQ_EVENT_LINE_MAX = 4000 };

struct wq_field {
	const char *name; /* lower-case letters, digits, '_'; NULL ends a list */
	enum {
		WQ_FIELD_TEXT,
		WQ_FIELD_OUTSIDE,
		WQ_FIELD_U64,
		WQ_FIELD_I64,
		WQ_FIELD_HEX,
		WQ_FIELD_ERR,
		WQ_FIELD_TIME
	} type;
	wq_str s;
	uint64_t u;
	wq_err err;
};

/* A word of our own; quoted only if it is not plain. */
static inline struct wq_field wq_f_text(const char *name, const char *text)
{
	return (struct wq_field){.name = name, .type = WQ_FIELD_TEXT, .s = wq_str_c(text)};
}

/* Text from outside: names, paths, addresses, everything that somebody else chose. */
static inline struct wq_field wq_f_outside(const char *name, wq_str text)
{
	return (struct wq_field){.name = name, .type = WQ_FIELD_OUTSIDE, .s = text};
}

static inline struct wq_field wq_f_u64(const char *name, uint64_t value)
{
	return (struct wq_field){.name = name, .type = WQ_FIELD_U64, .u = value};
}

static inline struct wq_field wq_f_i64(const char *name, int64_t value)
{
	return (struct wq_field){.name = name, .type = WQ_FIELD_I64, .u = (uint64_t)value};
}

/* A digest; at most WQ_EVENT_HEX_MAX bytes of it. */
static inline struct wq_field wq_f_hex(const char *name, const void *bytes, size_t n)
{
	return (struct wq_field){
		.name = name, .type = WQ_FIELD_HEX, .s = wq_str_of(bytes, WQ_MIN(n, (size_t)WQ_EVENT_HEX_MAX))};
}

/* Identity, message and note of the error. */
static inline struct wq_field wq_f_err(const char *name, wq_err e)
{
	return (struct wq_field){.name = name, .type = WQ_FIELD_ERR, .err = e};
}

static inline struct wq_field wq_f_time(const char *name, wq_time t)
{
	return (struct wq_field){.name = name, .type = WQ_FIELD_TIME, .u = (uint64_t)t};
}

/* The parts of the event's row: the stable name ("sandbox.part_off"), the level, the sentence. */
const char *wq_event_name(enum wq_event_id id);
enum wq_level wq_event_level(enum wq_event_id id);
const char *wq_event_sentence(enum wq_event_id id, enum wq_lang lang);
const char *wq_level_name(enum wq_level level);

/* One line without a new line at its end, at most WQ_EVENT_LINE_MAX bytes: fields that do not fit are left out from the
 * end and the line says so. `fields` ends with a row whose name is NULL. `out` is emptied first. */
void wq_event_text(struct wq_buf *out, enum wq_event_id id, const struct wq_field *fields, enum wq_lang lang);
/* The same as a JSON object {"time","severity","event","message","fields":{…}}. */
void wq_event_json(
	struct wq_buf *out, wq_time t, enum wq_event_id id, const struct wq_field *fields, enum wq_lang lang);
/* One field's value as text, for the journal. */
void wq_event_field_text(struct wq_buf *out, const struct wq_field *field, enum wq_lang lang);
/* Text from outside as a quoted word, as described above; for command line output as well. */
void wq_event_quote(struct wq_buf *out, wq_str text);

#endif
