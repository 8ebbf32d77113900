/* YAML by tables: a mapping is read by a table of its keys, an unknown key is an error with file and line. Over libyaml's document, in
 * which an alias is a reference, so that nothing grows. Private to cli/. */
#ifndef WQ_CLI_FTW_YAML_H
#define WQ_CLI_FTW_YAML_H

#include "base/arena.h"

#include <yaml.h>

struct wq_yaml {
	yaml_document_t *document;
	const char *file;
	struct wq_arena *arena;
};

struct wq_yaml_field {
	const char *name;
	/* NULL: known, and of no effect here */
	wq_err (*read)(const struct wq_yaml *y, const yaml_node_t *node, void *into);
};

/* Parses one document and calls `read` with its root; an empty text has none and is no error. */
wq_err wq_yaml_load(wq_str text, const char *file, struct wq_arena *arena,
	wq_err (*read)(const struct wq_yaml *y, const yaml_node_t *root, void *into), void *into);

/* Each of a mapping's keys by the table, which ends with a NULL name. */
wq_err wq_yaml_fields(const struct wq_yaml *y, const yaml_node_t *node, const struct wq_yaml_field *fields, void *into);
/* A null is an empty sequence. */
wq_err wq_yaml_each(const struct wq_yaml *y, const yaml_node_t *node,
	wq_err (*read)(const struct wq_yaml *y, const yaml_node_t *item, void *into), void *into);
/* Of a sequence, which the node has to be. */
size_t wq_yaml_count(const yaml_node_t *sequence);
const yaml_node_t *wq_yaml_at(const struct wq_yaml *y, const yaml_node_t *sequence, size_t i);

/* Empty, "~" or null, without quotation marks. */
bool wq_yaml_is_null(const yaml_node_t *node);
/* One scalar as what the name says, or WQ_E_CONFIG with the place; texts live in the arena, a null is the empty text. */
wq_err wq_yaml_text(const struct wq_yaml *y, const yaml_node_t *node, wq_str *ret_text);
wq_err wq_yaml_number(const struct wq_yaml *y, const yaml_node_t *node, uint64_t max, uint64_t *ret_number);
wq_err wq_yaml_bool(const struct wq_yaml *y, const yaml_node_t *node, bool *ret_yes);
/* WQ_E_CONFIG "file:line: …". */
wq_err wq_yaml_bad(const struct wq_yaml *y, const yaml_node_t *node, const char *format, ...) WQ_PRINTF(3, 4);

#endif
