#include "flow/inspect/record.h"

#include "base/file.h"
#include "base/map.h"

#include <dirent.h>

enum { PATH_BYTES = 4096 };

/* ---- names ---- */

const char *wq_record_site(wq_str site, char out[WQ_RECORD_NAME])
{
	size_t n = 0;

	for (size_t i = 0; i < site.n && n + 1 < WQ_RECORD_NAME; i++) {
		char c = site.p[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (c == '.' && i > 0);

		out[n++] = fine ? c : '_';
	}
	out[n] = '\0';
	return out;
}

static bool is_name(const char *name)
{
	char same[WQ_RECORD_NAME];

	return *name && strcmp(wq_record_site(wq_str_c(name), same), name) == 0;
}

/* "20261122T030839Z" */
static void time_name(wq_time t, char out[32])
{
	char text[WQ_TIME_TEXT];

	wq_time_text(t, text);
	snprintf(out, 32, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", text, text + 5, text + 8, text + 11, text + 14, text + 17);
}

static bool is_time_name(wq_str name)
{
	static const char form[] = "00000000T000000Z";

	if (name.n != sizeof form - 1)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (form[i] == '0' ? name.p[i] < '0' || name.p[i] > '9' : name.p[i] != form[i])
			return false;
	return true;
}

static wq_err path_of(char out[PATH_BYTES], const char *state, const char *site, const char *time)
{
	int n = snprintf(
		out, PATH_BYTES, "%s/inspect/%s%s%s%s", state, site, *time ? "/" : "", time, *time ? ".json" : "");

	return n < 0 || n >= PATH_BYTES ? wq_error(WQ_E_LIMIT, "the directory's name is too long") : WQ_OK;
}

/* ---- keeping ---- */

wq_err wq_record_keep(
	const char *state, const struct wq_inspect_result *result, struct wq_arena *arena, const char **ret_path)
{
	WQ_BUF(text, WQ_RECORD_BYTES_MAX);
	char site[WQ_RECORD_NAME], time[32], path[PATH_BYTES];

	wq_record_site(result->site, site);
	time_name(result->began, time);
	WQ_TRY(wq_record_write(result, &text));
	wq_buf_byte(&text, '\n');
	WQ_TRY(wq_buf_err(&text));
	WQ_TRY(path_of(path, state, site, ""));
	WQ_TRY(wq_dir_make(&wq_fs_system, path, 0750));
	WQ_TRY(path_of(path, state, site, time));
	WQ_TRY(wq_file_replace(&wq_fs_system, path, wq_buf_str(&text), 0640));
	if (ret_path && !(*ret_path = wq_arena_cstr(arena, wq_str_c(path))))
		return wq_arena_err(arena);
	return WQ_OK;
}

/* ---- finding ---- */

struct listing {
	struct wq_arena *arena;
	struct wq_record *records;
	size_t n, room;
};

static wq_err add_record(struct listing *l, const char *site, wq_str time)
{
	if (l->n == WQ_RECORDS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d records", WQ_RECORDS_MAX);
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct wq_record *records = WQ_NEW_ARRAY(l->arena, struct wq_record, room);

		if (!records)
			return wq_arena_err(l->arena);
		if (l->n)
			memcpy(records, l->records, l->n * sizeof *records);
		l->records = records;
		l->room = room;
	}
	l->records[l->n++] = (struct wq_record){site, wq_arena_cstr(l->arena, time)};
	return wq_arena_err(l->arena);
}

static wq_err list_site(struct listing *l, const char *state, const char *site)
{
	struct wq_dir_entry *entries;
	char path[PATH_BYTES];
	size_t n;

	WQ_TRY(path_of(path, state, site, ""));
	if (access(path, F_OK) != 0)
		return WQ_OK;
	WQ_TRY(wq_dir_list(l->arena, path, WQ_RECORDS_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		wq_str name = wq_str_c(entries[i].name);

		if (wq_str_ends(name, WQ_S(".json")) && is_time_name(wq_str_head(name, name.n - 5)))
			WQ_TRY(add_record(l, site, wq_str_head(name, name.n - 5)));
	}
	return WQ_OK;
}

wq_err wq_record_list(const char *state, const char *site, struct wq_arena *arena, const struct wq_record **ret_records,
	size_t *ret_n)
{
	struct listing listing = {.arena = arena};
	struct wq_dir_entry *entries;
	char path[PATH_BYTES];
	size_t n = 0;

	if (site) {
		if (!is_name(site))
			return wq_error(WQ_E_INPUT, "%s is no site's folder", site);
		WQ_TRY(list_site(&listing, state, site));
	} else {
		WQ_TRY(path_of(path, state, "", ""));
		if (access(path, F_OK) == 0)
			WQ_TRY(wq_dir_list(arena, path, WQ_RECORDS_MAX, &entries, &n));
		for (size_t i = 0; i < n; i++)
			if (is_name(entries[i].name) && entries[i].type == DT_DIR)
				WQ_TRY(list_site(&listing, state, entries[i].name));
	}
	*ret_records = listing.records;
	*ret_n = listing.n;
	return WQ_OK;
}

wq_err wq_record_open(const char *state, const char *site, const char *time, struct wq_arena *arena,
	struct wq_inspect_result *ret_result)
{
	WQ_BUF(text, WQ_RECORD_BYTES_MAX);
	const struct wq_record *records;
	char path[PATH_BYTES];
	wq_err e;
	size_t n;

	if (!time || !*time) {
		WQ_TRY(wq_record_list(state, site, arena, &records, &n));
		if (n == 0)
			return wq_error(WQ_E_NOT_FOUND, "no inspection of %s is on record", site);
		time = records[n - 1].time;
	}
	if (!is_name(site) || !is_time_name(wq_str_c(time)))
		return wq_error(WQ_E_INPUT, "%s/%s names no record", site, time);
	WQ_TRY(path_of(path, state, site, time));
	WQ_TRY(wq_file_read(&wq_fs_system, path, &text));
	e = wq_record_read(arena, wq_buf_str(&text), ret_result);
	return wq_is(e, WQ_E_FORMAT) || wq_is(e, WQ_E_INPUT) ? wq_error(WQ_E_FORMAT, "%s: %s", path, wq_err_note(e))
							     : e;
}

/* ---- what changed ---- */

static wq_err remember(struct wq_map *map, const struct wq_inspect_result *r)
{
	for (size_t i = 0; i < r->groups_n; i++)
		WQ_TRY(wq_map_put(map, wq_str_of(r->groups[i].id.bytes, WQ_FINDING_ID_BYTES), &r->groups[i], NULL));
	return WQ_OK;
}

static bool knows(const struct wq_map *map, const struct wq_inspect_group *g)
{
	return wq_map_has(map, wq_str_of(g->id.bytes, WQ_FINDING_ID_BYTES));
}

static wq_err compare(struct wq_arena *arena, const struct wq_inspect_result *before,
	const struct wq_inspect_result *after, const struct wq_map *then, const struct wq_map *now,
	struct wq_inspect_changes *ret)
{
	const struct wq_inspect_group **gone = WQ_NEW_ARRAY(arena, const struct wq_inspect_group *, before->groups_n);
	bool *is_new = WQ_NEW_ARRAY(arena, bool, after->groups_n);

	if (!gone || !is_new)
		return wq_arena_err(arena);
	for (size_t i = 0; i < after->groups_n; i++) {
		is_new[i] = !knows(then, &after->groups[i]);
		ret->new_n += is_new[i];
		ret->still_n += !is_new[i];
	}
	for (size_t i = 0; i < before->groups_n; i++)
		if (!knows(now, &before->groups[i]))
			gone[ret->gone_n++] = &before->groups[i];
	ret->is_new = is_new;
	ret->gone = gone;
	return WQ_OK;
}

wq_err wq_record_changes(struct wq_arena *arena, const struct wq_inspect_result *before,
	const struct wq_inspect_result *after, struct wq_inspect_changes *ret_changes)
{
	WQ_CLEANUP(wq_map_done) struct wq_map then = {0}, now = {0};
	struct wq_inspect_changes changes = {.since = before->began,
		.comparable = (before->checks & ~after->checks) == 0 && !after->interrupted && !after->unreachable &&
			!after->walk.limited};

	wq_map_init(&then, WQ_INSPECT_GROUPS_MAX, &wq_random_system);
	wq_map_init(&now, WQ_INSPECT_GROUPS_MAX, &wq_random_system);
	WQ_TRY(remember(&then, before));
	WQ_TRY(remember(&now, after));
	WQ_TRY(compare(arena, before, after, &then, &now, &changes));
	*ret_changes = changes;
	return WQ_OK;
}
