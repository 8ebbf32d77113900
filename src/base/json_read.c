#include "base/json_read.h"

#include <inttypes.h>
#include <jansson.h>

const struct wq_json_limits wq_json_limits_default = {.max_bytes = 1024 * 1024, .max_depth = 32};

/* jansson's own bound on depth is fixed at its build, so the depth is measured before. */
static wq_err check_depth(wq_str text, unsigned max)
{
	unsigned depth = 0, line = 1;
	bool quoted = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\n')
			line++;
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '[' || c == '{') {
			if (++depth > max)
				return wq_error(WQ_E_LIMIT, "line %u: JSON nested deeper than %u", line, max);
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return WQ_OK;
}

wq_err wq_json_read(wq_str text, const struct wq_json_limits *limits, json_t **ret_root)
{
	json_error_t error;
	json_t *root;

	if (text.n > limits->max_bytes)
		return wq_error(WQ_E_LIMIT, "JSON of %zu bytes, at most %zu", text.n, limits->max_bytes);
	WQ_TRY(check_depth(text, limits->max_depth));
	root = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!root && json_error_code(&error) == json_error_out_of_memory)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (!root)
		return wq_error(WQ_E_INPUT, "line %d, column %d: %s", error.line, error.column, error.text);
	*ret_root = root;
	return WQ_OK;
}

void wq_json_free(json_t **root)
{
	if (root && *root)
		json_decref(*root);
	if (root)
		*root = NULL;
}

wq_err wq_json_get_str(const json_t *object, const char *key, size_t max_bytes, wq_str *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value))
		return wq_error(WQ_E_INPUT, "\"%s\": a string is needed", key);
	if (json_string_length(value) > max_bytes)
		return wq_error(WQ_E_INPUT, "\"%s\": longer than %zu bytes", key, max_bytes);
	*ret_value = wq_str_of(json_string_value(value), json_string_length(value));
	return WQ_OK;
}

wq_err wq_json_get_u64(const json_t *object, const char *key, uint64_t max, uint64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return wq_error(WQ_E_INPUT, "\"%s\": a whole number is needed", key);
	if ((uint64_t)json_integer_value(value) > max)
		return wq_error(WQ_E_INPUT, "\"%s\": more than %" PRIu64, key, max);
	*ret_value = (uint64_t)json_integer_value(value);
	return WQ_OK;
}

wq_err wq_json_get_i64(const json_t *object, const char *key, int64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		return wq_error(WQ_E_INPUT, "\"%s\": a whole number is needed", key);
	*ret_value = json_integer_value(value);
	return WQ_OK;
}

wq_err wq_json_get_bool(const json_t *object, const char *key, bool *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		return wq_error(WQ_E_INPUT, "\"%s\": true or false is needed", key);
	*ret_value = json_is_true(value);
	return WQ_OK;
}

json_t *wq_json_get_array(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

json_t *wq_json_get_object(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

json_t *wq_json_at(const json_t *array, size_t i)
{
	return json_array_get(array, i);
}

void wq_json_each(const struct json_t *object, void (*each)(void *data, wq_str key, wq_str text), void *data)
{
	json_t *members = (json_t *)(uintptr_t)object;

	for (void *at = json_object_iter(members); at; at = json_object_iter_next(members, at)) {
		const json_t *value = json_object_iter_value(at);
		wq_str text = WQ_S_NONE;

		if (json_is_string(value))
			text = wq_str_of(json_string_value(value), json_string_length(value));
		each(data, wq_str_of(json_object_iter_key(at), json_object_iter_key_len(at)), text);
	}
}

json_t *wq_json_array_at(const json_t *array, size_t i)
{
	return json_array_get(array, i);
}

wq_str wq_json_text(const json_t *value)
{
	return json_is_string(value) ? wq_str_of(json_string_value(value), json_string_length(value)) : WQ_S_NONE;
}

bool wq_json_array_has(const json_t *array, wq_str text)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		wq_str element = wq_json_text(json_array_get(array, i));

		if (element.p && wq_str_eq(element, text))
			return true;
	}
	return false;
}
