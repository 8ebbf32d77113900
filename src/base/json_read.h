/* Reading JSON (RFC 8259) with limits; the tree is jansson's.
 *
 * Folders that may include <jansson.h> (src/LAYERS) use its own accessors; the others use the few below. Refused:
 * duplicate keys, \u0000, text that is not UTF-8, anything after the value, more bytes or more depth than allowed. Bad at:
 * documents larger than memory.
 */
#ifndef WQ_BASE_JSON_READ_H
#define WQ_BASE_JSON_READ_H

#include "base/base.h"

struct json_t;

struct wq_json_limits {
	size_t max_bytes;
	unsigned max_depth; /* nested arrays and objects; a scalar is 0 */
};

/* 1 MiB, 32 deep: for files of our own. */
extern const struct wq_json_limits wq_json_limits_default;

/* The root, owned by the caller (wq_json_free). Errors: WQ_E_LIMIT, WQ_E_INPUT with "line L, column C: why" as its note,
 * WQ_E_NO_MEMORY. */
wq_err wq_json_read(wq_str text, const struct wq_json_limits *limits, struct json_t **ret_root);
void wq_json_free(struct json_t **root);

/* Member `key` of `object`. Errors: WQ_E_INPUT naming the key when it is missing or of another type, or outside the
 * range. Strings live as long as the tree. */
wq_err wq_json_get_str(const struct json_t *object, const char *key, size_t max_bytes, wq_str *ret_value);
wq_err wq_json_get_u64(const struct json_t *object, const char *key, uint64_t max, uint64_t *ret_value);
wq_err wq_json_get_i64(const struct json_t *object, const char *key, int64_t *ret_value);
wq_err wq_json_get_bool(const struct json_t *object, const char *key, bool *ret_value);
/* NULL when absent or not of that type. */
struct json_t *wq_json_get_array(const struct json_t *object, const char *key);
struct json_t *wq_json_get_object(const struct json_t *object, const char *key);
/* The elements of an array that wq_json_get_array() gave; NULL beyond the last. */
struct json_t *wq_json_at(const struct json_t *array, size_t i);
/* Every member, in the order of the text; `text` has p == NULL when the value is no string. */
void wq_json_each(const struct json_t *object, void (*each)(void *data, wq_str key, wq_str text), void *data);
/* The i-th element; NULL beyond the end. */
struct json_t *wq_json_array_at(const struct json_t *array, size_t i);
/* The text of a string, which lives as long as the tree; p == NULL for NULL and any other value. */
wq_str wq_json_text(const struct json_t *value);
/* Whether a string is one of its elements. */
bool wq_json_array_has(const struct json_t *array, wq_str text);

#endif
