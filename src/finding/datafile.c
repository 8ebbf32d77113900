#include "finding/datafile.h"

#include <stdarg.h>

wq_err wq_datafile_error(const struct wq_datafile *file, uint32_t line, const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return wq_error(WQ_E_CONFIG, "%.*s:%u: %s", WQ_S_ARG(file->name), line, text);
}

/* The next line that counts, trimmed; p == NULL at the end. */
static wq_err next_line(struct wq_datafile *file, wq_str *ret_line)
{
	while (file->rest.p && file->rest.n > 0) {
		wq_str line = wq_str_cut(&file->rest, '\n');
		if (++file->line > WQ_DATAFILE_LINES || line.n > WQ_DATAFILE_LINE_BYTES)
			return wq_error(WQ_E_LIMIT, "%.*s:%u: at most %d lines of %d bytes", WQ_S_ARG(file->name),
				file->line, WQ_DATAFILE_LINES, WQ_DATAFILE_LINE_BYTES);
		line = wq_str_trim(line);
		if (line.n > 0 && line.p[0] != '#') {
			*ret_line = line;
			return WQ_OK;
		}
	}
	*ret_line = WQ_S_NONE;
	return WQ_OK;
}

static bool is_name(wq_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
			    c == '-' || c == '.'))
			return false;
	}
	return s.n > 0 && s.n <= 64;
}

static wq_err read_section(struct wq_datafile *file, wq_str line, struct wq_datafile_item *ret_item)
{
	if (line.p[line.n - 1] != ']')
		return wq_datafile_error(file, file->line, "a section ends with ]");
	wq_str inside = wq_str_trim(wq_str_of(line.p + 1, line.n - 2));
	wq_str key = wq_str_cut(&inside, ' ');
	if (!is_name(key))
		return wq_datafile_error(file, file->line, "a section is written [name] or [name value]");
	file->in_section = true;
	*ret_item = (struct wq_datafile_item){WQ_DATAFILE_SECTION, file->line, key, wq_str_trim(inside)};
	return WQ_OK;
}

static wq_err read_value(struct wq_datafile *file, wq_str line, struct wq_datafile_item *ret_item)
{
	ptrdiff_t colon = wq_str_chr(line, ':');
	if (colon < 0)
		return wq_datafile_error(file, file->line, "expected a section or \"member: value\"");
	wq_str key = wq_str_trim(wq_str_head(line, (size_t)colon));
	wq_str value = wq_str_trim(wq_str_from(line, (size_t)colon + 1));
	if (!is_name(key))
		return wq_datafile_error(
			file, file->line, "a member's name is made of letters, digits, '_', '-' and '.'");
	if (value.n == 0)
		return wq_datafile_error(file, file->line, "the value is empty");
	*ret_item = (struct wq_datafile_item){WQ_DATAFILE_VALUE, file->line, key, value};
	return WQ_OK;
}

wq_err wq_datafile_next(struct wq_datafile *file, struct wq_datafile_item *ret_item)
{
	wq_str line;
	WQ_TRY(next_line(file, &line));
	if (!line.p) {
		*ret_item = (struct wq_datafile_item){.kind = WQ_DATAFILE_END, .line = file->line};
		return WQ_OK;
	}
	return line.p[0] == '[' ? read_section(file, line, ret_item) : read_value(file, line, ret_item);
}

static bool is_date(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((i == 4 || i == 7) ? s.p[i] != '-' : (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return s.n == 10;
}

/* version, date, source: in this order, before anything else. */
static wq_err read_head(struct wq_datafile *file)
{
	static const char *const names[] = {"version", "date", "source"};
	wq_str *const values[] = {&file->version, &file->date, &file->source};
	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		struct wq_datafile_item item;
		WQ_TRY(wq_datafile_next(file, &item));
		if (item.kind != WQ_DATAFILE_VALUE || !wq_str_eq(item.key, wq_str_c(names[i])))
			return wq_datafile_error(file, file->line, "expected \"%s: …\"", names[i]);
		*values[i] = item.value;
	}
	if (!is_date(file->date))
		return wq_datafile_error(file, file->line, "the date is written YYYY-MM-DD");
	return WQ_OK;
}

wq_err wq_datafile_open(struct wq_datafile *file, wq_str name, wq_str bytes, wq_str kind)
{
	*file = (struct wq_datafile){.name = name, .rest = bytes};
	if (bytes.n > WQ_DATAFILE_BYTES)
		return wq_error(WQ_E_LIMIT, "%.*s: more than %d bytes", WQ_S_ARG(name), WQ_DATAFILE_BYTES);
	if (wq_str_chr(bytes, '\0') >= 0)
		return wq_datafile_error(file, 1, "a NUL byte in a text file");
	wq_str line;
	WQ_TRY(next_line(file, &line));
	if (!wq_str_starts(line, WQ_S("weique-")))
		return wq_datafile_error(file, file->line, "expected \"weique-%.*s 1\"", WQ_S_ARG(kind));
	wq_str rest = wq_str_from(line, strlen("weique-"));
	wq_str found = wq_str_cut(&rest, ' ');
	if (!wq_str_eq(found, kind) || !wq_str_eq(wq_str_trim(rest), WQ_S("1")))
		return wq_datafile_error(file, file->line, "expected \"weique-%.*s 1\"", WQ_S_ARG(kind));
	return read_head(file);
}
