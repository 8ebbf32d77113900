#include "flow/ruleset_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/json_read.h"
#include "detect/waf/waf.h"

enum { MEMORY = 512 * 1024 * 1024, ENTRIES_MAX = 4096, TOKEN = 8 };

static void token(struct wq_workspace *w, char out[2 * TOKEN + 1])
{
	uint8_t bytes[TOKEN];

	w->random->fill(w->random->data, bytes, sizeof bytes);
	(void)wq_hex(bytes, sizeof bytes, out);
}

/* ---- a set on the disk ---- */

struct stored {
	struct wq_arena *arena;
	const char *folder;
	struct wq_ruleset_file files[WQ_SEC_FILES_MAX];
	size_t n;
	uint64_t bytes;
	bool strange; /* something is there that no import put there */
};

static wq_err file_keep(struct stored *s, const char *name)
{
	WQ_BUF(buf, WQ_SEC_FILE_BYTES_MAX);

	if (s->n == WQ_SEC_FILES_MAX)
		return wq_error(WQ_E_LIMIT, "%s has more than %d files", s->folder, WQ_SEC_FILES_MAX);
	const char *path = wq_arena_printf(s->arena, "%s/%s", s->folder, name).p;
	if (!path)
		return wq_arena_err(s->arena);
	WQ_TRY(wq_file_read(&wq_fs_system, path, &buf));
	s->bytes += buf.len;
	if (s->bytes > WQ_RULESET_BYTES_MAX)
		return wq_error(WQ_E_LIMIT, "%s has more than %d bytes", s->folder, WQ_RULESET_BYTES_MAX);
	s->files[s->n++] = (struct wq_ruleset_file){
		wq_arena_str(s->arena, wq_str_c(name)), wq_arena_str(s->arena, wq_buf_str(&buf))};
	return wq_arena_err(s->arena);
}

/* Every file below; the names of a set are at most three parts deep. */
static wq_err walk(struct stored *s, const char *below, unsigned depth)
{
	struct wq_dir_entry *entries;
	const char *path = wq_arena_printf(s->arena, "%s/%s", s->folder, below).p;
	size_t n;

	if (!path)
		return wq_arena_err(s->arena);
	WQ_TRY(wq_dir_list(s->arena, path, ENTRIES_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		const char *name = *below ? wq_arena_printf(s->arena, "%s/%s", below, entries[i].name).p
					  : entries[i].name;
		if (!name)
			return wq_arena_err(s->arena);
		if (entries[i].type == DT_REG && wq_ruleset_name_fits(wq_str_c(name)))
			WQ_TRY(file_keep(s, name));
		else if (entries[i].type == DT_DIR && depth < 2)
			WQ_TRY(walk(s, name, depth + 1));
		else
			s->strange = true;
	}
	return WQ_OK;
}

static int compare_files(const void *a, const void *b)
{
	return wq_str_cmp(((const struct wq_ruleset_file *)a)->name, ((const struct wq_ruleset_file *)b)->name);
}

static wq_err digest_stored(const char *folder, wq_digest *ret_digest)
{
	struct wq_arena arena;

	wq_arena_init(&arena, MEMORY);
	struct stored *s = WQ_NEW(&arena, struct stored);
	wq_err e = WQ_OK;
	if (s) {
		s->arena = &arena;
		s->folder = folder;
		e = walk(s, "", 0);
	} else {
		e = wq_arena_err(&arena);
	}
	if (!wq_failed(e)) {
		qsort(s->files, s->n, sizeof *s->files, compare_files);
		*ret_digest = wq_ruleset_digest(s->files, s->n);
		if (s->strange)
			*ret_digest = wq_sm3(WQ_S("strange"));
	}
	wq_arena_done(&arena);
	return e;
}

/* ---- what the ledger remembers ---- */

struct memory {
	bool found;
	wq_digest digest;
	uint64_t rules, files;
	wq_time time;
	struct wq_arena *arena;
	wq_str actor;
};

static wq_err remember(void *data, const struct wq_event *event)
{
	struct memory *m = data;
	struct json_t *root = NULL;
	wq_str hex;

	if (!wq_str_eq(event->type, WQ_S("rules.imported")))
		return WQ_OK;
	WQ_TRY(wq_json_read(event->body, &wq_json_limits_default, &root));
	wq_err e = wq_json_get_str(root, "digest", WQ_DIGEST_HEX, &hex);
	if (!wq_failed(e))
		e = wq_digest_parse(hex, &m->digest);
	if (!wq_failed(e))
		e = wq_json_get_u64(root, "rules", UINT32_MAX, &m->rules);
	if (!wq_failed(e))
		e = wq_json_get_u64(root, "files", UINT32_MAX, &m->files);
	wq_json_free(&root);
	m->found = !wq_failed(e);
	m->time = event->time;
	if (m->arena)
		m->actor = wq_arena_str(m->arena, event->actor);
	return e;
}

/* The last import of a set. */
static wq_err recall(struct wq_workspace *w, wq_str name, struct wq_arena *arena, struct memory *ret)
{
	const struct wq_ledger_filter filter = {
		.type_prefix = WQ_S("rules.imported"), .subject = name, .newest_first = true, .limit = 1};

	*ret = (struct memory){.arena = arena};
	return wq_ledger_visit(w->ledger, &filter, remember, ret);
}

static wq_err append(struct wq_workspace *w, wq_str type, wq_str name, wq_str actor, struct wq_json *json)
{
	struct wq_arena arena;

	WQ_TRY(wq_json_end(json));
	wq_arena_init(&arena, 4 * WQ_MIB);
	wq_err e = wq_ledger_append(w->ledger,
		&(struct wq_event_new){.type = type, .actor = actor, .subject = name, .body = wq_buf_str(json->out)},
		&arena, NULL);
	wq_arena_done(&arena);
	return e;
}

static wq_err record_import(struct wq_workspace *w, const struct wq_ruleset *set, wq_str from, wq_str actor)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	char hex[WQ_DIGEST_HEX];
	struct wq_json json;

	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "digest", wq_str_c(wq_digest_hex(set->digest, hex)));
	wq_json_put_str(&json, "version", set->version);
	wq_json_put_str(&json, "from", from);
	wq_json_put_u64(&json, "files", set->n);
	wq_json_put_u64(&json, "bytes", set->bytes);
	wq_json_put_u64(&json, "rules", set->rules);
	wq_json_object_end(&json);
	return append(w, WQ_S("rules.imported"), set->name, actor, &json);
}

/* ---- storing ---- */

static const char *folder_path(struct wq_workspace *w, wq_str name)
{
	return wq_workspace_path(w, "rules/waf/%.*s", WQ_S_ARG(name));
}

static wq_err file_write(struct wq_workspace *w, const char *folder, const struct wq_ruleset_file *file)
{
	char path[PATH_MAX], parent[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/%.*s", folder, WQ_S_ARG(file->name));
	(void)snprintf(parent, sizeof parent, "%s", path);
	*strrchr(parent, '/') = '\0';
	WQ_TRY(wq_dir_make(w->fs, parent, 0755));
	return wq_file_create(w->fs, path, file->text, 0644);
}

/* Whole under another name, then in place. */
static wq_err write_set(struct wq_workspace *w, const struct wq_ruleset *set, const char *folder)
{
	char hex[2 * TOKEN + 1];
	const char *fresh;

	token(w, hex);
	fresh = wq_workspace_path(w, "rules/waf/.new-%s", hex);
	WQ_TRY(wq_dir_make(w->fs, fresh, 0755));
	for (size_t i = 0; i < set->n; i++)
		WQ_TRY(file_write(w, fresh, &set->files[i]));
	if (w->fs->rename_at(w->fs->data, AT_FDCWD, fresh, AT_FDCWD, folder) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", folder);
	return wq_dir_sync_of(w->fs, folder);
}

/* What an import that was killed left behind. */
static wq_err sweep(struct wq_workspace *w, const char *base)
{
	struct wq_dir_entry *entries;
	size_t n;

	WQ_TRY(wq_dir_list(w->arena, base, ENTRIES_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		const char *path = wq_workspace_path(w, "rules/waf/%s", entries[i].name);
		if (entries[i].type == DT_DIR && strncmp(entries[i].name, ".new-", 5) == 0)
			WQ_TRY(wq_dir_remove_tree(w->fs, path));
		if (entries[i].type == DT_LNK && strncmp(entries[i].name, ".active-", 8) == 0)
			WQ_TRY(wq_file_remove(w->fs, path));
	}
	return WQ_OK;
}

/* A set whose files were altered on the disk makes way for the one that the ledger remembers, and is kept as evidence. */
static wq_err set_aside(struct wq_workspace *w, wq_str name, const char *folder)
{
	char hex[2 * TOKEN + 1];

	token(w, hex);
	const char *aside = wq_workspace_path(w, "rules/waf/.altered-%.*s-%s", WQ_S_ARG(name), hex);
	if (w->fs->rename_at(w->fs->data, AT_FDCWD, folder, AT_FDCWD, aside) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", aside);
	return WQ_OK;
}

static wq_err store_locked(
	struct wq_workspace *w, const char *base, const struct wq_ruleset *set, wq_str from, wq_str actor)
{
	const char *folder = folder_path(w, set->name);
	struct memory known;
	wq_digest stored;

	WQ_TRY(sweep(w, base));
	WQ_TRY(recall(w, set->name, NULL, &known));
	bool same = known.found && wq_digest_eq(known.digest, set->digest), there = access(folder, F_OK) == 0;
	if (there) {
		wq_err e = digest_stored(folder, &stored);
		bool altered = wq_failed(e) || !wq_digest_eq(stored, set->digest);
		if (altered && !same)
			return wq_error(WQ_E_EXISTS,
				"%s is there with other files: take this one in under another --name", folder);
		if (altered)
			WQ_TRY(set_aside(w, set->name, folder));
		there = !altered;
	}
	if (!there)
		WQ_TRY(write_set(w, set, folder));
	return same ? WQ_OK : record_import(w, set, from, actor);
}

static wq_err lock(struct wq_workspace *w, const char **ret_base, int *ret_fd)
{
	const char *base = wq_workspace_path(w, "rules/waf");

	WQ_TRY(wq_dir_make(w->fs, base, 0755));
	wq_err e = wq_file_lock(wq_workspace_path(w, "rules/waf/.lock"), false, ret_fd);
	if (wq_is(e, WQ_E_BUSY))
		return wq_error(WQ_E_BUSY, "another rules import or rules use is running");
	WQ_TRY(e);
	*ret_base = base;
	return WQ_OK;
}

wq_err wq_ruleset_store(struct wq_workspace *w, const struct wq_ruleset *set, wq_str from, wq_str actor)
{
	const char *base;
	int fd = -1;

	WQ_TRY(lock(w, &base, &fd));
	wq_err e = store_locked(w, base, set, from, actor);
	wq_file_close(&fd);
	return e;
}

/* ---- the set in force ---- */

static wq_str active_name(struct wq_workspace *w)
{
	char target[WQ_RULESET_NAME_MAX + 2];
	ssize_t n = readlink(wq_workspace_path(w, "rules/waf/active"), target, sizeof target);

	return n > 0 && n <= WQ_RULESET_NAME_MAX ? wq_arena_str(w->arena, wq_str_of(target, (size_t)n)) : WQ_S_NONE;
}

static wq_err link_set(struct wq_workspace *w, wq_str name)
{
	const char *link = wq_workspace_path(w, "rules/waf/active"), *fresh;
	const char *target = wq_arena_cstr(w->arena, name);
	char hex[2 * TOKEN + 1];

	token(w, hex);
	fresh = wq_workspace_path(w, "rules/waf/.active-%s", hex);
	if (!target)
		return wq_arena_err(w->arena);
	if (symlink(target, fresh) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", fresh);
	if (w->fs->rename_at(w->fs->data, AT_FDCWD, fresh, AT_FDCWD, link) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", link);
	return wq_dir_sync_of(w->fs, link);
}

static wq_err compile_stored(struct wq_workspace *w, wq_str name)
{
	const char *main_path = wq_workspace_path(w, "rules/waf/%.*s/main.conf", WQ_S_ARG(name));
	const struct wq_waf_load load = {.paths = &main_path, .paths_n = 1, .source = &wq_sec_source_files};
	struct wq_waf_program *program = NULL;

	WQ_TRY(wq_waf_program_new(&load, &program));
	wq_waf_program_unref(&program);
	return WQ_OK;
}

static wq_err use_locked(struct wq_workspace *w, wq_str name, wq_str actor)
{
	WQ_BUF(body, WQ_EVENT_BODY_MAX);
	wq_str before = active_name(w);
	char hex[WQ_DIGEST_HEX];
	struct memory known;
	wq_digest there;
	struct wq_json json;

	WQ_TRY(digest_stored(folder_path(w, name), &there));
	WQ_TRY(recall(w, name, NULL, &known));
	if (!known.found || !wq_digest_eq(known.digest, there))
		return wq_error(WQ_E_ALTERED, "%s: its files are not those that the ledger remembers; take it in again",
			folder_path(w, name));
	WQ_TRY(compile_stored(w, name));
	if (wq_str_eq(before, name))
		return WQ_OK;
	wq_json_init(&json, &body);
	wq_json_object(&json);
	wq_json_put_str(&json, "digest", wq_str_c(wq_digest_hex(there, hex)));
	wq_json_put_str(&json, "before", before);
	wq_json_object_end(&json);
	WQ_TRY(append(w, WQ_S("rules.activated"), name, actor, &json)); /* on record before it holds */
	return link_set(w, name);
}

wq_err wq_ruleset_use(struct wq_workspace *w, wq_str name, wq_str actor)
{
	const char *base;
	int fd = -1;

	if (!wq_ruleset_name_fits(name) || name.n > WQ_RULESET_NAME_MAX || wq_str_chr(name, '/') >= 0)
		return wq_error(WQ_E_NOT_FOUND, "no set of this name: weique rules list");
	if (access(folder_path(w, name), F_OK) != 0)
		return wq_error(WQ_E_NOT_FOUND, "%s: no such set: weique rules list", folder_path(w, name));
	WQ_TRY(lock(w, &base, &fd));
	wq_err e = use_locked(w, name, actor);
	wq_file_close(&fd);
	return e;
}

static wq_err row_fill(struct wq_workspace *w, struct wq_arena *arena, const char *name, struct wq_ruleset_row *row)
{
	struct memory known;
	wq_digest there;

	row->name = wq_arena_str(arena, wq_str_c(name));
	row->active = wq_str_eq(row->name, active_name(w));
	WQ_TRY(recall(w, row->name, arena, &known));
	row->recorded = known.found;
	row->time = known.time;
	row->actor = known.actor;
	row->digest = known.digest;
	row->rules = known.rules;
	row->files = known.files;
	wq_err e = digest_stored(folder_path(w, row->name), &there);
	row->altered = wq_failed(e) || !known.found || !wq_digest_eq(there, known.digest);
	return WQ_OK;
}

wq_err wq_ruleset_list(struct wq_workspace *w, struct wq_arena *arena, struct wq_ruleset_row **ret_rows, size_t *ret_n)
{
	const char *base = wq_workspace_path(w, "rules/waf");
	struct wq_dir_entry *entries = NULL;
	struct wq_ruleset_row *rows;
	size_t n = 0, rows_n = 0;

	wq_err e = wq_dir_list(arena, base, WQ_RULESETS_MAX, &entries, &n);
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	rows = WQ_NEW_ARRAY(arena, struct wq_ruleset_row, n + 1);
	if (!rows)
		return wq_arena_err(arena);
	for (size_t i = 0; i < n; i++) {
		if (entries[i].type == DT_DIR && wq_ruleset_name_fits(wq_str_c(entries[i].name)))
			WQ_TRY(row_fill(w, arena, entries[i].name, &rows[rows_n++]));
	}
	*ret_rows = rows;
	*ret_n = rows_n;
	return WQ_OK;
}
