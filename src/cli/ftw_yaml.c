#include "cli/ftw_yaml.h"

#include <stdarg.h>

/* ---- scalars ---- */

wq_err wq_yaml_bad(const struct wq_yaml *y, const yaml_node_t *node, const char *format, ...)
{
	char text[WQ_ERR_NOTE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return wq_error(WQ_E_CONFIG, "%s:%zu: %s", y->file, node->start_mark.line + 1, text);
}

static wq_str scalar(const yaml_node_t *node)
{
	return wq_str_of(node->data.scalar.value, node->data.scalar.length);
}

bool wq_yaml_is_null(const yaml_node_t *node)
{
	wq_str s;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	s = scalar(node);
	return s.n == 0 || wq_str_eq(s, WQ_S("~")) || wq_str_eq_nocase(s, WQ_S("null"));
}

wq_err wq_yaml_text(const struct wq_yaml *y, const yaml_node_t *node, wq_str *ret_text)
{
	if (node->type != YAML_SCALAR_NODE)
		return wq_yaml_bad(y, node, "write a text here");
	*ret_text = wq_yaml_is_null(node) ? WQ_S("") : wq_arena_str(y->arena, scalar(node));
	return ret_text->p ? WQ_OK : wq_arena_err(y->arena);
}

wq_err wq_yaml_number(const struct wq_yaml *y, const yaml_node_t *node, uint64_t max, uint64_t *ret_number)
{
	if (node->type != YAML_SCALAR_NODE || !wq_str_to_u64(scalar(node), max, ret_number))
		return wq_yaml_bad(y, node, "write a number here, at most %llu", (unsigned long long)max);
	return WQ_OK;
}

wq_err wq_yaml_bool(const struct wq_yaml *y, const yaml_node_t *node, bool *ret_yes)
{
	bool yes = node->type == YAML_SCALAR_NODE && wq_str_eq_nocase(scalar(node), WQ_S("true"));

	if (!yes && (node->type != YAML_SCALAR_NODE || !wq_str_eq_nocase(scalar(node), WQ_S("false"))))
		return wq_yaml_bad(y, node, "write true or false here");
	*ret_yes = yes;
	return WQ_OK;
}

/* ---- mappings and sequences ---- */

static const struct wq_yaml_field *field_named(const struct wq_yaml_field *fields, wq_str name)
{
	for (; fields->name; fields++)
		if (wq_str_eq(name, wq_str_c(fields->name)))
			return fields;
	return NULL;
}

wq_err wq_yaml_fields(const struct wq_yaml *y, const yaml_node_t *node, const struct wq_yaml_field *fields, void *into)
{
	uint64_t seen = 0; /* fewer than 64 fields */

	if (wq_yaml_is_null(node))
		return WQ_OK;
	if (node->type != YAML_MAPPING_NODE)
		return wq_yaml_bad(y, node, "write a mapping (key: value) here");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(y->document, pair->key);
		const yaml_node_t *value = yaml_document_get_node(y->document, pair->value);
		const struct wq_yaml_field *field;

		if (key->type != YAML_SCALAR_NODE)
			return wq_yaml_bad(y, key, "a key has to be a text");
		field = field_named(fields, scalar(key));
		if (!field)
			return wq_yaml_bad(y, key, "the key \"%.*s\" is not supported here", WQ_S_ARG(scalar(key)));
		if (seen >> (field - fields) & 1)
			return wq_yaml_bad(y, key, "the key \"%.*s\" stands here twice", WQ_S_ARG(scalar(key)));
		seen |= UINT64_C(1) << (field - fields);
		if (field->read)
			WQ_TRY(field->read(y, value, into));
	}
	return WQ_OK;
}

size_t wq_yaml_count(const yaml_node_t *sequence)
{
	return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}

const yaml_node_t *wq_yaml_at(const struct wq_yaml *y, const yaml_node_t *sequence, size_t i)
{
	return yaml_document_get_node(y->document, sequence->data.sequence.items.start[i]);
}

wq_err wq_yaml_each(const struct wq_yaml *y, const yaml_node_t *node,
	wq_err (*read)(const struct wq_yaml *y, const yaml_node_t *item, void *into), void *into)
{
	if (wq_yaml_is_null(node))
		return WQ_OK;
	if (node->type != YAML_SEQUENCE_NODE)
		return wq_yaml_bad(y, node, "write a list here");
	for (size_t i = 0; i < wq_yaml_count(node); i++)
		WQ_TRY(read(y, wq_yaml_at(y, node, i), into));
	return WQ_OK;
}

/* ---- documents ---- */

wq_err wq_yaml_load(wq_str text, const char *file, struct wq_arena *arena,
	wq_err (*read)(const struct wq_yaml *y, const yaml_node_t *root, void *into), void *into)
{
	yaml_parser_t parser;
	yaml_document_t document;
	wq_err e = WQ_OK;

	if (!yaml_parser_initialize(&parser))
		return wq_error_id(WQ_E_NO_MEMORY);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
	if (!yaml_parser_load(&parser, &document)) {
		e = wq_error(WQ_E_CONFIG, "%s:%zu: %s", file, parser.problem_mark.line + 1,
			parser.problem ? parser.problem : "no YAML");
	} else {
		const struct wq_yaml y = {&document, file, arena};
		const yaml_node_t *root = yaml_document_get_root_node(&document);

		if (root)
			e = read(&y, root, into);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return e;
}
