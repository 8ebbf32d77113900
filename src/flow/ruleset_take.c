#include "flow/ruleset_priv.h"

#include <errno.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include "detect/waf/waf.h"

enum { PART_MAX = 100, DEPTH_MAX = 3 };

/* Everything that a reading touched, in its order. */
struct take {
	struct wq_arena *arena;
	const char *folder; /* of the set, without a slash at its end */
	struct wq_ruleset_file files[WQ_SEC_FILES_MAX];
	const char *paths[WQ_SEC_FILES_MAX]; /* where each was found */
	size_t n;
	uint64_t bytes;
};

static wq_err read_and_keep(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	struct take *t = data;
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return wq_error(WQ_E_CONFIG, "%s is a symbolic link: put the file itself there", path);
	WQ_TRY(wq_sec_source_files.read(NULL, path, arena, ret_text));
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->paths[i], path) == 0)
			return WQ_OK;
	}
	if (t->n == WQ_SEC_FILES_MAX - 1)
		return wq_error(WQ_E_LIMIT, "more than %d files", WQ_SEC_FILES_MAX - 1);
	t->bytes += ret_text->n;
	if (t->bytes > WQ_RULESET_BYTES_MAX)
		return wq_error(WQ_E_LIMIT, "files of more than %d bytes", WQ_RULESET_BYTES_MAX);
	t->paths[t->n] = wq_arena_cstr(arena, wq_str_c(path));
	t->files[t->n++].text = *ret_text;
	return t->paths[t->n - 1] ? WQ_OK : wq_arena_err(arena);
}

static wq_err list_files(
	void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	(void)data;
	return wq_sec_source_files.list(NULL, pattern, arena, ret_paths, ret_n);
}

/* ---- names inside the set ---- */

static bool part_fits(wq_str part)
{
	if (part.n == 0 || part.n > PART_MAX || part.p[0] == '.')
		return false;
	for (size_t i = 0; i < part.n; i++) {
		char c = part.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !strchr("._+-", c))
			return false;
	}
	return true;
}

bool wq_ruleset_name_fits(wq_str name)
{
	size_t depth = 0;

	for (wq_str rest = name; rest.p; depth++) {
		if (!part_fits(wq_str_cut(&rest, '/')))
			return false;
	}
	return depth > 0 && depth <= DEPTH_MAX;
}

/* Below the folder: as it stands there. From elsewhere (Debian keeps the setup in /etc): beside each other in outside/. */
static wq_err name_of(struct take *t, size_t i)
{
	wq_str path = wq_str_c(t->paths[i]), folder = wq_str_c(t->folder), name;

	if (wq_str_eq(folder, WQ_S(".")) && path.p[0] != '/')
		name = wq_str_from(path, wq_str_starts(path, WQ_S("./")) ? 2 : 0);
	else if (wq_str_starts(path, folder) && path.n > folder.n && path.p[folder.n] == '/')
		name = wq_str_from(path, folder.n + 1);
	else
		name = wq_arena_printf(t->arena, "outside/%s", path.p + wq_str_rchr(path, '/') + 1);
	if (!name.p)
		return wq_arena_err(t->arena);
	if (!wq_ruleset_name_fits(name) || wq_str_eq(name, WQ_S("main.conf")))
		return wq_error(WQ_E_CONFIG,
			"%s: cannot stand in a set under this name: letters, digits, \".\", \"_\", \"+\" and \"-\", at most two "
			"folders deep, not main.conf",
			t->paths[i]);
	for (size_t j = 0; j < i; j++) {
		if (wq_str_eq(t->files[j].name, name))
			return wq_error(WQ_E_CONFIG, "%s and %s would have the same name in the set: rename one",
				t->paths[j], t->paths[i]);
	}
	t->files[i].name = name;
	return WQ_OK;
}

/* ---- the set as a source ---- */

static wq_err read_kept(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	const struct take *t = data;

	(void)arena;
	for (size_t i = 0; i < t->n; i++) {
		if (!wq_str_eq(t->files[i].name, wq_str_c(path)))
			continue;
		*ret_text = t->files[i].text;
		return WQ_OK;
	}
	return wq_error(WQ_E_NOT_FOUND, "%s is not in the set", path);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static wq_err list_kept(void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	const struct take *t = data;
	const char **found = WQ_NEW_ARRAY(arena, const char *, t->n + 1);
	size_t n = 0;

	for (size_t i = 0; found && i < t->n; i++) {
		const char *name = wq_arena_cstr(arena, t->files[i].name);
		if (!name)
			return wq_arena_err(arena);
		if (fnmatch(pattern, name, FNM_PATHNAME | FNM_PERIOD) == 0)
			found[n++] = name;
	}
	if (!found)
		return wq_arena_err(arena);
	qsort(found, n, sizeof *found, compare_paths);
	*ret_paths = found;
	*ret_n = n;
	return WQ_OK;
}

/* ---- name, version, digest ---- */

static int compare_files(const void *a, const void *b)
{
	return wq_str_cmp(((const struct wq_ruleset_file *)a)->name, ((const struct wq_ruleset_file *)b)->name);
}

static void hash_part(struct wq_sm3 *sm3, wq_str s)
{
	uint8_t length[8];

	for (unsigned i = 0; i < sizeof length; i++)
		length[i] = (uint8_t)((uint64_t)s.n >> (56 - 8 * i));
	wq_sm3_update(sm3, wq_str_of(length, sizeof length));
	wq_sm3_update(sm3, s);
}

wq_digest wq_ruleset_digest(const struct wq_ruleset_file *files, size_t n)
{
	struct wq_sm3 sm3;

	wq_sm3_init(&sm3);
	hash_part(&sm3, WQ_S("weique.ruleset 1"));
	for (size_t i = 0; i < n; i++) {
		hash_part(&sm3, files[i].name);
		hash_part(&sm3, files[i].text);
	}
	wq_digest digest = wq_sm3_final(&sm3);
	wq_sm3_done(&sm3);
	return digest;
}

/* Lower case, with "-" for what cannot stand in a file's name. */
static wq_str slug(struct wq_arena *arena, wq_str s)
{
	wq_str copy = wq_arena_str(arena, wq_str_head(wq_str_trim(s), 40));
	char *out = wq_arena_alloc(arena, copy.n + 1);

	for (size_t i = 0; out && i < copy.n; i++) {
		char c = copy.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		out[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (i > 0 && (c == '.' || c == '+')) ? c
													       : '-';
	}
	return wq_str_of(out, out ? copy.n : 0);
}

static wq_err name_set(struct wq_arena *arena, wq_str signature, wq_str name, struct wq_ruleset *set)
{
	wq_str version = signature, product = wq_str_cut(&version, '/');
	char hex[WQ_DIGEST_HEX];

	if (name.n == 0 && product.n == 0)
		return wq_error(WQ_E_CONFIG, "the set has no SecComponentSignature that names it: say --name NAME");
	name = slug(arena, name.n ? name : product);
	set->version = version.n ? slug(arena, version)
				 : wq_arena_str(arena, wq_str_head(wq_str_c(wq_digest_hex(set->digest, hex)), 12));
	set->name = wq_arena_printf(arena, "%.*s-%.*s", (int)name.n, name.p ? name.p : "", (int)set->version.n,
		set->version.p ? set->version.p : "");
	if (!set->name.p)
		return wq_arena_err(arena);
	return wq_ruleset_name_fits(set->name) ? WQ_OK
					       : wq_error(WQ_E_USAGE, "%s cannot be the name of a set", set->name.p);
}

/* ---- taking ---- */

static wq_err main_add(struct take *t, const char *const *paths, size_t paths_n)
{
	WQ_BUF(text, WQ_SEC_FILE_BYTES_MAX);

	wq_buf_add(&text,
		WQ_S("# Made by weique rules import: the files of this set in the order in which they are read.\n"));
	for (size_t i = 0; i < paths_n; i++) {
		for (size_t j = 0; j < t->n; j++) {
			if (strcmp(t->paths[j], paths[i]) == 0)
				wq_buf_printf(&text, "Include %.*s\n", WQ_S_ARG(t->files[j].name));
		}
	}
	WQ_TRY(wq_buf_err(&text));
	t->files[t->n] = (struct wq_ruleset_file){WQ_S("main.conf"), wq_arena_str(t->arena, wq_buf_str(&text))};
	return t->files[t->n++].text.p ? WQ_OK : wq_arena_err(t->arena);
}

static wq_err compile(struct take *t, wq_str name, wq_sec_notice_fn notice, void *data, struct wq_ruleset *set)
{
	const struct wq_sec_source kept = {t, read_kept, list_kept};
	const struct wq_waf_load load = {.paths = (const char *const[]){"main.conf"},
		.paths_n = 1,
		.source = &kept,
		.notice = notice,
		.notice_data = data};
	struct wq_waf_program *program = NULL;

	WQ_TRY(wq_waf_program_new(&load, &program));
	const struct wq_waf_info *info = wq_waf_program_info(program);
	set->rules = info->rules;
	wq_err e = name_set(t->arena, info->signature, name, set);
	wq_waf_program_unref(&program);
	return e;
}

static wq_str without_slashes(wq_str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

/* `path` without slashes at its end, and the folder that it is or lies in. */
static wq_err folder_find(struct take *t, const char **path)
{
	wq_str s = without_slashes(wq_str_c(*path));
	ptrdiff_t slash = wq_str_rchr(s, '/');
	struct stat st;

	if (stat(*path, &st) != 0)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s", *path);
	*path = wq_arena_cstr(t->arena, s);
	if (!S_ISDIR(st.st_mode))
		s = slash < 0 ? WQ_S(".") : without_slashes(wq_str_head(s, (size_t)slash));
	t->folder = wq_arena_cstr(t->arena, s);
	return *path && t->folder ? WQ_OK : wq_arena_err(t->arena);
}

wq_err wq_ruleset_take(const char *path, wq_str name, struct wq_arena *arena, wq_sec_notice_fn notice, void *data,
	struct wq_ruleset *ret_set)
{
	struct take *t = WQ_NEW(arena, struct take);
	const char *const *paths = NULL;
	struct wq_ruleset set = {0};
	struct wq_sec_rules rules;
	size_t paths_n = 0;

	if (!t)
		return wq_arena_err(arena);
	t->arena = arena;
	WQ_TRY(folder_find(t, &path));
	const struct wq_sec_source source = {t, read_and_keep, list_files};
	WQ_TRY(wq_ruleset_paths(path, arena, &paths, &paths_n));
	WQ_TRY(wq_sec_parse_files(paths, paths_n, &source, arena, NULL, NULL, &rules));
	for (size_t i = 0; i < t->n; i++)
		WQ_TRY(name_of(t, i));
	WQ_TRY(main_add(t, paths, paths_n));
	qsort(t->files, t->n, sizeof *t->files, compare_files);
	set.files = t->files;
	set.n = t->n;
	set.digest = wq_ruleset_digest(t->files, t->n);
	for (size_t i = 0; i < t->n; i++)
		set.bytes += t->files[i].text.n;
	WQ_TRY(compile(t, name, notice, data, &set));
	*ret_set = set;
	return WQ_OK;
}
