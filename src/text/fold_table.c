#include "text/fold_priv.h"

#include "base/file.h"
#include "text/utf8.h"

/* Where a fault is, for its note. */
struct place {
	const char *file;
	unsigned line;
};

static wq_err fault(const struct place *place, const char *what)
{
	return wq_error(WQ_E_CONFIG, "%s:%u: %s", place->file, place->line, what);
}

/* Radicals, numerals, annotation marks, enclosed and compatibility ideographs, ideographs. */
static bool source_ok(uint32_t cp)
{
	return cp >= WQ_FOLD_FIRST && cp <= WQ_FOLD_LAST && !(cp > 0x2fd5 && cp < 0x3038) &&
		!(cp > 0x9fff && cp < 0xf900);
}

/* Nothing that any other step of folding would change again. */
static bool target_ok(uint32_t cp)
{
	return cp >= 0x3400 && cp <= 0x9fff;
}

static wq_err read_pair(wq_str pair, const struct place *place, struct wq_fold_table *table)
{
	uint32_t from, to;
	size_t n = wq_utf8_read(pair, &from), m;

	if (n == 0)
		return fault(place, "no UTF-8");
	m = wq_utf8_read(wq_str_from(pair, n), &to);
	if (m == 0 || n + m != pair.n || !source_ok(from) || !target_ok(to))
		return fault(place, "no pair of ideographs");
	if (from == to)
		return fault(place, "a character leads to itself");
	if (table->to[from - WQ_FOLD_FIRST])
		return fault(place, "a character stands twice");
	table->to[from - WQ_FOLD_FIRST] = (uint16_t)to;
	table->pairs++;
	return WQ_OK;
}

static wq_err read_line(wq_str line, const struct place *place, struct wq_fold_table *table)
{
	line = wq_str_trim(line);
	if (place->line == 1)
		return wq_str_starts(line, WQ_S("fold-pairs 1 "))
			? WQ_OK
			: fault(place, "the first line has to begin with fold-pairs 1");
	if (line.n == 0 || line.p[0] == '#')
		return WQ_OK;
	while (line.p) {
		wq_str pair = wq_str_cut(&line, ' ');

		if (pair.n > 0)
			WQ_TRY(read_pair(pair, place, table));
	}
	return WQ_OK;
}

static wq_err check(const struct place *place, const struct wq_fold_table *table)
{
	if (table->pairs == 0)
		return fault(place, "no pair at all");
	for (size_t i = 0; i < WQ_COUNT(table->to); i++)
		if (table->to[i] && table->to[table->to[i] - WQ_FOLD_FIRST])
			return wq_error(WQ_E_CONFIG, "%s: U+%04X leads to a character that leads on", place->file,
				(unsigned)(i + WQ_FOLD_FIRST));
	return WQ_OK;
}

wq_err wq_fold_table_parse(wq_str text, const char *name, struct wq_fold_table **ret_table)
{
	struct place place = {.file = name};
	struct wq_fold_table *table;
	wq_err e = WQ_OK;

	if (text.n > WQ_FOLD_TABLE_MAX_BYTES)
		return wq_error(WQ_E_LIMIT, "%s: more than %d bytes", name, WQ_FOLD_TABLE_MAX_BYTES);
	table = calloc(1, sizeof(*table));
	if (!table)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (!text.p)
		text = WQ_S("");
	while (text.p && !wq_failed(e)) {
		place.line++;
		e = read_line(wq_str_cut(&text, '\n'), &place, table);
	}
	if (!wq_failed(e))
		e = check(&place, table);
	if (wq_failed(e))
		wq_fold_table_close(&table);
	else
		*ret_table = table;
	return e;
}

wq_err wq_fold_table_open(const char *path, struct wq_fold_table **ret_table)
{
	WQ_BUF(text, WQ_FOLD_TABLE_MAX_BYTES);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	return wq_fold_table_parse(wq_buf_str(&text), path, ret_table);
}

void wq_fold_table_close(struct wq_fold_table **table)
{
	if (!table || !*table)
		return;
	free(*table);
	*table = NULL;
}

size_t wq_fold_table_pairs(const struct wq_fold_table *table)
{
	return table->pairs;
}
