#include "cli/rules_priv.h"

#include <archive.h>
#include <archive_entry.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/file.h"
#include "detect/waf/seclang.h"

enum { BLOCK = 64 * 1024, DEPTH_MAX = 4, NAME_MAX_BYTES = 300 };

struct unpack {
	struct archive *archive;
	const char *path, *into;
	uint64_t bytes;
	size_t entries, kept;
	struct wq_buf text;
};

static wq_err broken(const struct unpack *u)
{
	const char *why = archive_error_string(u->archive);

	return wq_error(WQ_E_INPUT, "%s: %s", u->path, why ? why : "not a .tar, .tar.gz or .zip archive");
}

/* ---- names ---- */

static bool part_fits(wq_str part)
{
	if (part.n == 0 || part.n > 100 || part.p[0] == '.')
		return false;
	for (size_t i = 0; i < part.n; i++) {
		char c = part.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !strchr("._+-", c))
			return false;
	}
	return true;
}

static bool is_wanted(wq_str name)
{
	size_t depth = 0;

	if (!wq_str_ends(name, WQ_S(".conf")) && !wq_str_ends(name, WQ_S(".conf.example")) &&
		!wq_str_ends(name, WQ_S(".data")))
		return false;
	for (wq_str rest = name; rest.p; depth++) {
		if (!part_fits(wq_str_cut(&rest, '/')))
			return false;
	}
	return depth <= DEPTH_MAX;
}

/* An archive with such a name was made to write elsewhere: nothing of it is taken. */
static bool is_hostile(wq_str name)
{
	if (name.n == 0 || name.p[0] == '/' || wq_str_chr(name, '\\') >= 0)
		return true;
	for (wq_str rest = name; rest.p;) {
		if (wq_str_eq(wq_str_cut(&rest, '/'), WQ_S("..")))
			return true;
	}
	return false;
}

/* ---- entries ---- */

/* Reads an entry to its end, into u->text when it is kept: all bytes count, so that what is skipped is no bomb either. */
static wq_err entry_read(struct unpack *u, bool keep)
{
	char block[BLOCK];

	wq_buf_clear(&u->text);
	for (;;) {
		la_ssize_t n = archive_read_data(u->archive, block, sizeof block);
		if (n < 0)
			return broken(u);
		if (n == 0)
			break;
		u->bytes += (uint64_t)n;
		if (u->bytes > WQ_ARCHIVE_BYTES_MAX)
			return wq_error(
				WQ_E_LIMIT, "%s: more than %d bytes when unpacked", u->path, WQ_ARCHIVE_BYTES_MAX);
		if (keep)
			wq_buf_add(&u->text, wq_str_of(block, (size_t)n));
	}
	return wq_buf_err(&u->text);
}

static wq_err entry_write(struct unpack *u, wq_str name)
{
	char path[PATH_MAX], parent[PATH_MAX];

	if (++u->kept > WQ_ARCHIVE_KEPT_MAX)
		return wq_error(WQ_E_LIMIT, "%s: more than %d rule files", u->path, WQ_ARCHIVE_KEPT_MAX);
	(void)snprintf(path, sizeof path, "%s/%.*s", u->into, WQ_S_ARG(name));
	(void)snprintf(parent, sizeof parent, "%s", path);
	*strrchr(parent, '/') = '\0';
	WQ_TRY(wq_dir_make(&wq_fs_system, parent, 0700));
	wq_err e = wq_file_create(&wq_fs_system, path, wq_buf_str(&u->text), 0600);
	return wq_is(e, WQ_E_EXISTS) ? wq_error(WQ_E_INPUT, "%s: has %.*s twice", u->path, WQ_S_ARG(name)) : e;
}

static wq_err entry_take(struct unpack *u, struct archive_entry *entry)
{
	const char *text = archive_entry_pathname(entry);
	wq_str name = wq_str_c(text);

	if (++u->entries > WQ_ARCHIVE_ENTRIES_MAX)
		return wq_error(WQ_E_LIMIT, "%s: more than %d entries", u->path, WQ_ARCHIVE_ENTRIES_MAX);
	if (wq_str_starts(name, WQ_S("./")))
		name = wq_str_from(name, 2);
	if (text && name.n > 0 && is_hostile(name))
		return wq_error(WQ_E_INPUT, "%s: the name \"%.*s\" leads out of the archive; nothing was taken",
			u->path, (int)WQ_MIN(name.n, (size_t)100), name.p);
	bool wanted = text && is_wanted(name);
	bool regular = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
	if (wanted && !regular)
		return wq_error(WQ_E_INPUT, "%s: %.*s is a link or a device, not a file", u->path, WQ_S_ARG(name));
	WQ_TRY(entry_read(u, wanted));
	return wanted ? entry_write(u, name) : WQ_OK;
}

static wq_err entries_take(struct unpack *u)
{
	struct archive_entry *entry;

	for (;;) {
		int status = archive_read_next_header(u->archive, &entry);
		if (status == ARCHIVE_EOF)
			return WQ_OK;
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return broken(u);
		WQ_TRY(entry_take(u, entry));
	}
}

/* Releases lie in one folder of their own. */
static wq_err set_find(const struct unpack *u, struct wq_arena *arena, const char **ret_folder)
{
	struct wq_dir_entry *entries;
	size_t n;

	if (u->kept == 0)
		return wq_error(WQ_E_INPUT, "%s: no rule files (*.conf) in it", u->path);
	WQ_TRY(wq_dir_list(arena, u->into, WQ_ARCHIVE_KEPT_MAX, &entries, &n));
	bool alone = n == 1 && strcmp(entries[0].name, "rules") != 0 &&
		!wq_str_ends(wq_str_c(entries[0].name), WQ_S(".conf"));
	*ret_folder = alone ? wq_arena_printf(arena, "%s/%s", u->into, entries[0].name).p : u->into;
	return *ret_folder ? WQ_OK : wq_arena_err(arena);
}

wq_err wq_rules_unpack(const char *archive, const char *into, struct wq_arena *arena, const char **ret_folder)
{
	struct unpack u = {.archive = archive_read_new(), .path = archive, .into = into};

	if (!u.archive)
		return wq_error_id(WQ_E_NO_MEMORY);
	wq_buf_init(&u.text, WQ_SEC_FILE_BYTES_MAX);
	(void)archive_read_support_filter_gzip(u.archive);
	(void)archive_read_support_format_tar(u.archive);
	(void)archive_read_support_format_zip(u.archive);
	wq_err e = archive_read_open_filename(u.archive, archive, BLOCK) == ARCHIVE_OK ? entries_take(&u) : broken(&u);
	wq_buf_done(&u.text);
	(void)archive_read_free(u.archive);
	return wq_failed(e) ? e : set_find(&u, arena, ret_folder);
}
