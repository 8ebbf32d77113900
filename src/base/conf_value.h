/* Values of settings: from the text in a file, the environment or the command line to the number, word or list that the
 * schema's row asks for. For conf.c only.
 */
#ifndef WQ_BASE_CONF_VALUE_H
#define WQ_BASE_CONF_VALUE_H

#include "base/arena.h"
#include "base/conf.h"

struct wq_conf_value {
	int64_t number;
	const char *text;
	const char **list;
	size_t list_count;
	const char *where; /* NULL: nothing given */
};

/* Reads one text as the row says. WQ_E_INPUT with the reason as note; the value lives in the arena. */
wq_err wq_conf_value_read(
	struct wq_arena *arena, const struct wq_conf_row *row, wq_str text, struct wq_conf_value *ret_value);
/* Whether number or length is in the row's range. */
wq_err wq_conf_value_range(const struct wq_conf_row *row, int64_t n);
/* What a value of the type looks like, for messages and manuals: a constant. */
const char *wq_conf_type_name(enum wq_conf_type type, enum wq_lang lang);

#endif
