#include "detect/waf/seclang_priv.h"

#include <errno.h>
#include <glob.h>

#include "base/file.h"

/* ---- the file system ---- */

static wq_err file_read(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	WQ_BUF(buf, WQ_SEC_FILE_BYTES_MAX);

	(void)data;
	WQ_TRY(wq_file_read(&wq_fs_system, path, &buf));
	*ret_text = wq_arena_str(arena, wq_buf_str(&buf));
	return ret_text->p ? WQ_OK : wq_arena_err(arena);
}

static bool has_wildcard(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static wq_err paths_copy(char *const *from, size_t n, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	const char **paths = WQ_NEW_ARRAY(arena, const char *, n + 1);

	for (size_t i = 0; paths && i < n; i++) {
		paths[i] = wq_arena_cstr(arena, wq_str_c(from[i]));
		if (!paths[i])
			return wq_arena_err(arena);
	}
	if (!paths)
		return wq_arena_err(arena);
	qsort(paths, n, sizeof *paths, compare);
	*ret_paths = paths;
	*ret_n = n;
	return WQ_OK;
}

/* A folder that is not there has no files; one that may not be read is an error. */
static int unreadable(const char *path, int why)
{
	(void)path;
	return why != ENOENT && why != ENOTDIR;
}

static wq_err file_list(void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	glob_t found = {0};

	(void)data;
	if (!has_wildcard(pattern)) {
		char *same = wq_arena_cstr(arena, wq_str_c(pattern));
		return same ? paths_copy(&same, 1, arena, ret_paths, ret_n) : wq_arena_err(arena);
	}
	int status = glob(pattern, GLOB_NOSORT, unreadable, &found);
	if (status == GLOB_NOSPACE)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (status != 0 && status != GLOB_NOMATCH)
		return wq_error(WQ_E_IO, "%s: a folder cannot be read", pattern);
	wq_err e = paths_copy(found.gl_pathv, found.gl_pathc, arena, ret_paths, ret_n);
	globfree(&found);
	return e;
}

const struct wq_sec_source wq_sec_source_files = {NULL, file_read, file_list};

/* ---- the list ---- */

wq_err wq_sec_item_add(struct wq_sec_parser *p, enum wq_sec_kind kind, struct wq_sec_item **ret_item)
{
	if (p->n == WQ_SEC_ITEMS_MAX)
		return wq_error(
			WQ_E_LIMIT, "%.120s:%u: more than %d rules", p->place.file, p->place.line, WQ_SEC_ITEMS_MAX);
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		struct wq_sec_item *items = WQ_NEW_ARRAY(p->arena, struct wq_sec_item, room);
		if (!items)
			return wq_arena_err(p->arena);
		if (p->n)
			memcpy(items, p->items, p->n * sizeof *items);
		p->items = items;
		p->room = room;
	}
	*ret_item = &p->items[p->n++];
	**ret_item = (struct wq_sec_item){.kind = kind, .place = p->place};
	return WQ_OK;
}

/* ---- files ---- */

static wq_err text_parse(struct wq_sec_parser *p, wq_str text, const char *name)
{
	struct wq_sec_lines lines = {text, 1};

	if (wq_str_starts(text, WQ_S("\xef\xbb\xbf")))
		lines.rest = wq_str_from(text, 3);
	p->place = (struct wq_sec_place){name, 1};
	for (;;) {
		wq_str line;
		size_t end = 0;
		WQ_TRY(wq_sec_line_next(p, &lines, &line));
		if (!line.p)
			return WQ_OK;
		while (end < line.n && line.p[end] != ' ' && (line.p[end] < '\t' || line.p[end] > '\r'))
			end++;
		WQ_TRY(wq_sec_directive_parse(p, wq_str_head(line, end), wq_str_from(line, end)));
	}
}

static wq_err file_parse(struct wq_sec_parser *p, const char *path, bool optional)
{
	wq_str text;

	if (p->files_n == WQ_SEC_FILES_MAX)
		return wq_error(WQ_E_LIMIT, "%.120s: more than %d files", path, WQ_SEC_FILES_MAX);
	p->files_n++;
	wq_err e = p->source->read(p->source->data, path, p->arena, &text);
	if (optional && wq_is(e, WQ_E_NOT_FOUND))
		return WQ_OK;
	WQ_TRY(e);
	return text_parse(p, text, path);
}

/* `name` beside the file at work, unless it is absolute. */
static const char *beside(struct wq_sec_parser *p, wq_str name)
{
	wq_str folder = wq_str_c(p->place.file);
	ptrdiff_t slash = wq_str_rchr(folder, '/');

	if (name.n == 0 || name.p[0] == '/' || slash < 0)
		return wq_arena_cstr(p->arena, name);
	wq_str path = wq_arena_printf(
		p->arena, "%.*s%.*s", (int)slash + 1, folder.p, (int)WQ_MIN(name.n, (size_t)4096), name.p);
	return memchr(name.p, 0, name.n) ? NULL : path.p;
}

wq_err wq_sec_include(struct wq_sec_parser *p, wq_str pattern, bool optional)
{
	struct wq_sec_place place = p->place;
	const char **paths;
	size_t n;

	if (!p->source)
		return wq_sec_fail(p, "Include: no files are read here");
	if (pattern.n == 0)
		return wq_sec_fail(p, "Include: its file is missing");
	if (p->depth == WQ_SEC_INCLUDE_DEPTH_MAX)
		return wq_error(WQ_E_LIMIT, "%.120s:%u: files include each other more than %d deep", place.file,
			place.line, WQ_SEC_INCLUDE_DEPTH_MAX);
	const char *path = beside(p, pattern);
	if (!path)
		return wq_arena_err(p->arena);
	WQ_TRY(p->source->list(p->source->data, path, p->arena, &paths, &n));
	if (n == 0 && !optional)
		return wq_sec_fail(p, "Include %.*s: no such file; IncludeOptional allows that", WQ_SEC_CUT(pattern));
	p->depth++;
	for (size_t i = 0; i < n; i++) {
		wq_err e = file_parse(p, paths[i], optional);
		if (wq_is(e, WQ_E_NOT_FOUND)) {
			p->place = place;
			return wq_sec_fail(
				p, "Include %.*s: no such file; IncludeOptional allows that", WQ_SEC_CUT(pattern));
		}
		WQ_TRY(e);
	}
	p->depth--;
	p->place = place;
	return WQ_OK;
}

wq_err wq_sec_file_read(struct wq_sec_parser *p, wq_str name, wq_str *ret_text)
{
	if (!p->source)
		return wq_sec_fail(p, "%.*s: no files are read here", WQ_SEC_CUT(name));
	if (wq_str_starts_nocase(name, WQ_S("http://")) || wq_str_starts_nocase(name, WQ_S("https://")))
		return wq_sec_fail(p, "%.*s: lists are read from files only: fetch it, check it, and name the file",
			WQ_SEC_CUT(name));
	const char *path = beside(p, name);
	if (!path)
		return p->arena->failed ? wq_arena_err(p->arena) : wq_sec_fail(p, "a file's name has a NUL byte");
	wq_err e = p->source->read(p->source->data, path, p->arena, ret_text);
	if (wq_is(e, WQ_E_NOT_FOUND))
		return wq_sec_fail(p, "the file %.*s is not beside the rules: put it there, or take the rule out",
			WQ_SEC_CUT(name));
	return e;
}

wq_err wq_sec_parse_files(const char *const *paths, size_t n, const struct wq_sec_source *source,
	struct wq_arena *arena, wq_sec_notice_fn notice, void *data, struct wq_sec_rules *ret_rules)
{
	struct wq_sec_parser p = {.source = source, .arena = arena, .notice = notice, .notice_data = data};

	for (size_t i = 0; i < n; i++) {
		const char **found;
		size_t found_n;
		WQ_TRY(source->list(source->data, paths[i], arena, &found, &found_n));
		if (found_n == 0)
			return wq_error(WQ_E_CONFIG, "%.200s: no such file of rules", paths[i]);
		for (size_t j = 0; j < found_n; j++)
			WQ_TRY(file_parse(&p, found[j], false));
	}
	struct wq_sec_rules rules = {p.items, p.n};
	WQ_TRY(wq_sec_check(&rules, notice, data));
	*ret_rules = rules;
	return WQ_OK;
}

wq_err wq_sec_parse_text(wq_str text, const char *name, const struct wq_sec_source *source, struct wq_arena *arena,
	wq_sec_notice_fn notice, void *data, struct wq_sec_rules *ret_rules)
{
	struct wq_sec_parser p = {.source = source, .arena = arena, .notice = notice, .notice_data = data};

	WQ_TRY(text_parse(&p, text, name));
	*ret_rules = (struct wq_sec_rules){p.items, p.n};
	return WQ_OK;
}
