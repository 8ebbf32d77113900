#include "flow/ruleset.h"

#include <errno.h>
#include <sys/stat.h>

struct list {
	struct wq_arena *arena;
	const char *folder;
	const char *paths[WQ_SEC_FILES_MAX];
	size_t n;
};

/* What a pattern below the folder names. */
static wq_err add(struct list *list, const char *pattern)
{
	const char **found, *path = wq_arena_printf(list->arena, "%s/%s", list->folder, pattern).p;
	size_t n;

	if (!path)
		return wq_arena_err(list->arena);
	WQ_TRY(wq_sec_source_files.list(wq_sec_source_files.data, path, list->arena, &found, &n));
	if (n > WQ_SEC_FILES_MAX - list->n)
		return wq_error(WQ_E_LIMIT, "%s: more than %d files", list->folder, WQ_SEC_FILES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (access(found[i], F_OK) == 0)
			list->paths[list->n++] = found[i];
	}
	return WQ_OK;
}

/* The first of the patterns that names anything. */
static wq_err add_first(struct list *list, const char *const *patterns)
{
	size_t before = list->n;

	for (; *patterns && list->n == before; patterns++)
		WQ_TRY(add(list, *patterns));
	return WQ_OK;
}

/* Debian's way: a file of nothing but Include. What else it says, it says for itself: then it is read as it is. */
static wq_err load_expand(struct list *list)
{
	const char *load = list->paths[0];
	const char *folder = list->folder;
	wq_str text, line;
	size_t n = 0;

	WQ_TRY(wq_sec_source_files.read(wq_sec_source_files.data, load, list->arena, &text));
	for (wq_str rest = text; rest.p;) {
		line = wq_str_trim(wq_str_cut(&rest, '\n'));
		if (line.n == 0 || line.p[0] == '#')
			continue;
		wq_str word = wq_str_cut(&line, ' ');
		line = wq_str_trim(line);
		bool plain = wq_str_eq_nocase(word, WQ_S("Include")) || wq_str_eq_nocase(word, WQ_S("IncludeOptional"));
		if (!plain || line.n == 0 || line.p[0] != '/' || wq_str_chr(line, ' ') >= 0)
			return WQ_OK;
		n++;
	}
	list->n = n > 0 ? 0 : list->n;
	list->folder = "";
	for (wq_str rest = text; rest.p && n > 0;) {
		line = wq_str_trim(wq_str_cut(&rest, '\n'));
		if (line.n == 0 || line.p[0] == '#')
			continue;
		(void)wq_str_cut(&line, ' ');
		const char *pattern = wq_arena_cstr(list->arena, wq_str_trim(line));
		if (!pattern)
			return wq_arena_err(list->arena);
		WQ_TRY(add(list, pattern + 1));
	}
	list->folder = folder;
	return WQ_OK;
}

static wq_err folder_list(struct list *list)
{
	static const char *const setups[] = {"crs-setup.conf", "crs-setup.conf.example", NULL};
	static const char *const parts[] = {
		"plugins/*-config.conf", "plugins/*-before.conf", "rules/*.conf", "plugins/*-after.conf"};

	WQ_TRY(add(list, "main.conf"));
	if (list->n > 0)
		return WQ_OK;
	WQ_TRY(add(list, "*.load"));
	if (list->n > 0)
		return list->n == 1 ? load_expand(list) : WQ_OK;
	WQ_TRY(add_first(list, setups));
	if (list->n == 0)
		return add(list, "*.conf");
	for (size_t i = 0; i < WQ_COUNT(parts); i++)
		WQ_TRY(add(list, parts[i]));
	return WQ_OK;
}

wq_err wq_ruleset_paths(const char *path, struct wq_arena *arena, const char *const **ret_paths, size_t *ret_n)
{
	struct list list = {.arena = arena, .folder = path};
	const char **kept;
	struct stat st;

	if (stat(path, &st) != 0)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		list.paths[list.n++] = path;
	else
		WQ_TRY(folder_list(&list));
	if (list.n == 0)
		return wq_error(WQ_E_CONFIG, "%s has no rule files (*.conf)", path);
	kept = WQ_NEW_ARRAY(arena, const char *, list.n);
	if (!kept)
		return wq_arena_err(arena);
	memcpy(kept, list.paths, list.n * sizeof *kept);
	*ret_paths = kept;
	*ret_n = list.n;
	return WQ_OK;
}
