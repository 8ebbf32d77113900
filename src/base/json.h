/* A streaming JSON writer (RFC 8259) into a bounded buffer.
 *
 * Invariants: what is written is one JSON value, or wq_json_end() says that it is not. Strings come out as valid UTF-8
 * whatever comes in: each maximal ill-formed part becomes U+FFFD, control bytes, DEL, quote, backslash, U+2028 and U+2029 are
 * escaped, and so are '<', '>' and '&', so that the text may stand in a page. Commas are set here. Errors stick: compose freely, check once
 * at the end. Bad at: floating point numbers (there are none); unique keys (the caller's duty).
 */
#ifndef WQ_BASE_JSON_H
#define WQ_BASE_JSON_H

#include "base/buf.h"
#include "base/clock.h"

enum { WQ_JSON_DEPTH = 64 };

struct wq_json {
	struct wq_buf *out;
	unsigned depth;
	bool any[WQ_JSON_DEPTH + 1];  /* something stands before at this depth: a comma is due */
	char kind[WQ_JSON_DEPTH + 1]; /* '{' or '[' */
	bool keyed;                   /* a key was written, its value is due */
	bool pretty;                  /* new lines and two spaces per depth; may be set after init */
	bool too_deep, misused;
};

/* Writes to the end of `out`, which must outlive the writer. */
void wq_json_init(struct wq_json *json, struct wq_buf *out);
/* WQ_OK when one whole value was written; WQ_E_LIMIT when it did not fit or is nested deeper than WQ_JSON_DEPTH,
 * WQ_E_BUG when calls did not match (a value without a key, an unclosed object, two values). */
wq_err wq_json_end(const struct wq_json *json);

/* Open and close a value that holds others; at most WQ_JSON_DEPTH inside each other. */
void wq_json_object(struct wq_json *json);
void wq_json_object_end(struct wq_json *json);
void wq_json_array(struct wq_json *json);
void wq_json_array_end(struct wq_json *json);
/* The key of the next value; only directly in an object. */
void wq_json_key(struct wq_json *json, wq_str key);

/* One value: an element of the array, or what the key before it names. */
void wq_json_str(struct wq_json *json, wq_str value);
void wq_json_i64(struct wq_json *json, int64_t value);
/* In full; readers that keep numbers as doubles lose digits above 2^53. */
void wq_json_u64(struct wq_json *json, uint64_t value);
void wq_json_bool(struct wq_json *json, bool value);
void wq_json_null(struct wq_json *json);
/* Lower-case hexadecimal. */
void wq_json_hex(struct wq_json *json, const void *bytes, size_t n);
/* As wq_time_text(). */
void wq_json_time(struct wq_json *json, wq_time t);
/* {"error":"NO_SPACE","kind":"io","message_zh":…,"message":…,"advice_zh":…,"advice":…,"note":…}; `note` is left out when there is none. */
void wq_json_err(struct wq_json *json, wq_err e);

/* Key and value at once; `key` is a C string. */
void wq_json_put_str(struct wq_json *json, const char *key, wq_str value);
void wq_json_put_i64(struct wq_json *json, const char *key, int64_t value);
void wq_json_put_u64(struct wq_json *json, const char *key, uint64_t value);
void wq_json_put_bool(struct wq_json *json, const char *key, bool value);
void wq_json_put_hex(struct wq_json *json, const char *key, const void *bytes, size_t n);
void wq_json_put_time(struct wq_json *json, const char *key, wq_time t);

#endif
