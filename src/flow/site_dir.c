#include "flow/site.h"

#include <dirent.h>

#include "base/file.h"
#include "text/key.h"

enum { DEPTH_MAX = 64, NAMES_MAX = 1000000, WALK_MEMORY = 256 * 1024 * 1024 };

struct walk {
	wq_str host;
	const struct wq_site_options *options;
	wq_site_fn visit;
	void *data;
	struct wq_buf bytes, key, target;
	size_t files;
};

static void skip(struct walk *w, wq_str source, const char *why)
{
	if (w->options && w->options->skipped)
		w->options->skipped(w->options->skipped_data, source, why);
}

/* The request target of a path of names: every byte outside unreserved is percent-encoded, so no name is ambiguous by
 * accident; what is so by nature (a name with '\' in it) is refused by the key. */
static void encode(struct wq_buf *target, wq_str path)
{
	static const char plain[] = "-._~!$&'()*+,;=:@/";

	wq_buf_clear(target);
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c && strchr(plain, c)))
			wq_buf_byte(target, c);
		else
			wq_buf_printf(target, "%%%02X", c);
	}
}

/* The key of `path` ("/a/b.html"); false when it has none. */
static bool key_of(struct walk *w, wq_str path)
{
	enum wq_key_reason reason = WQ_KEY_FINE;
	wq_err e;

	encode(&w->target, path);
	wq_buf_clear(&w->key);
	e = wq_key_make(w->host, wq_buf_str(&w->target), NULL, &w->key, &reason);
	if (!wq_failed(e) && !wq_failed(wq_buf_err(&w->target)))
		return true;
	skip(w, path, reason == WQ_KEY_FINE ? wq_err_note(e) : wq_key_reason_text(reason));
	return false;
}

static wq_err give(
	struct walk *w, wq_str path, wq_str source, uint16_t status, wq_str type, wq_str headers, wq_str body)
{
	if (!key_of(w, path))
		return WQ_OK;
	return w->visit(w->data,
		&(struct wq_site_item){.key = wq_buf_str(&w->key),
			.status = status,
			.type = type,
			.headers = headers,
			.body = body,
			.source = source});
}

/* What a symbolic link leads to is taken when it is a file that everybody may read: what a web server would serve. */
static bool is_public_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH);
}

static bool is_index(wq_str name)
{
	return wq_str_eq(name, WQ_S("index.html")) || wq_str_eq(name, WQ_S("index.htm"));
}

static wq_err one_file(struct walk *w, const char *file, wq_str path, wq_str name)
{
	struct wq_arena arena;
	wq_str type, folder = wq_str_head(path, path.n - name.n);
	uint16_t status = wq_str_eq(path, WQ_S("/404.html")) ? 404 : 200;
	wq_err e;

	wq_buf_clear(&w->bytes);
	WQ_TRY(wq_file_read(&wq_fs_system, file, &w->bytes));
	if (++w->files > WQ_SITE_FILES_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d files", WQ_SITE_FILES_MAX);
	wq_arena_init(&arena, 64 * WQ_KIB);
	type = wq_site_type(name, wq_buf_str(&w->bytes), &arena);
	e = give(w, path, wq_str_c(file), status, type, WQ_S_NONE, wq_buf_str(&w->bytes));
	if (!wq_failed(e) && is_index(name))
		e = give(w, folder, wq_str_c(file), 200, type, WQ_S_NONE, wq_buf_str(&w->bytes));
	wq_arena_done(&arena);
	return e;
}

/* "/docs" answers 301 to "/docs/". */
static wq_err folder_redirect(struct walk *w, const char *dir, wq_str path)
{
	static const char body[] = "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>301</title>\n"
				   "<p>已移至带斜杠的地址。Moved: add a slash.</p>\n";
	WQ_BUF(header, WQ_SITE_HEADERS_MAX);

	if (!key_of(w, path))
		return WQ_OK;
	wq_buf_printf(&header, "Location: %.*s/\r\n", WQ_S_ARG(wq_buf_str(&w->target)));
	WQ_TRY(wq_buf_err(&header));
	return give(w, path, wq_str_c(dir), 301, WQ_S("text/html; charset=utf-8"), wq_buf_str(&header),
		wq_str_of(body, sizeof body - 1));
}

static wq_err walk_dir(struct walk *w, const char *dir, wq_str path, unsigned depth)
{
	struct wq_arena arena;
	struct wq_dir_entry *entries;
	size_t n;
	bool index = false;
	wq_err e;

	if (depth > DEPTH_MAX)
		return wq_error(WQ_E_LIMIT, "folders deeper than %d: %s", DEPTH_MAX, dir);
	wq_arena_init(&arena, WALK_MEMORY);
	e = wq_dir_list(&arena, dir, NAMES_MAX, &entries, &n);
	for (size_t i = 0; !wq_failed(e) && i < n; i++) {
		wq_str name = wq_str_c(entries[i].name);
		const char *full = wq_arena_printf(&arena, "%s/%s", dir, entries[i].name).p;
		wq_str below = wq_arena_printf(&arena, "%.*s%s", WQ_S_ARG(path), entries[i].name);

		if (!full || !below.p) {
			e = wq_arena_err(&arena);
		} else if (name.p[0] == '.') {
			skip(w, wq_str_c(full), "its name begins with a dot");
		} else if (entries[i].type == DT_REG || (entries[i].type == DT_LNK && is_public_file(full))) {
			index |= is_index(name);
			e = one_file(w, full, below, name);
		} else if (entries[i].type == DT_DIR) {
			e = walk_dir(w, full, wq_arena_printf(&arena, "%.*s/", WQ_S_ARG(below)), depth + 1);
		} else {
			skip(w, wq_str_c(full),
				entries[i].type == DT_LNK ? "a symbolic link to no public file" : "not a regular file");
		}
	}
	if (!wq_failed(e) && index && depth > 0)
		e = folder_redirect(w, dir, wq_str_head(path, path.n - 1));
	wq_arena_done(&arena);
	return e;
}

wq_err wq_site_directory(
	const char *dir, wq_str host, const struct wq_site_options *options, wq_site_fn visit, void *data)
{
	struct walk w = {.host = host, .options = options, .visit = visit, .data = data};
	wq_err e;

	wq_buf_init(&w.bytes, WQ_SITE_OBJECT_MAX);
	wq_buf_init(&w.key, WQ_KEY_MAX);
	wq_buf_init(&w.target, 3 * WQ_KEY_MAX);
	e = walk_dir(&w, dir, WQ_S("/"), 0);
	wq_buf_done(&w.bytes);
	wq_buf_done(&w.key);
	wq_buf_done(&w.target);
	return e;
}

wq_err wq_site_visit(const struct wq_app_row *app, const struct wq_site_options *options, wq_site_fn visit, void *data)
{
	char dir[4096];

	if (wq_str_starts(app->origin, WQ_S("http://")) || wq_str_starts(app->origin, WQ_S("https://")))
		return wq_site_origin(app, options, visit, data);
	if (app->origin.n >= sizeof dir)
		return wq_error(WQ_E_LIMIT, "the directory's name is too long");
	memcpy(dir, app->origin.p, app->origin.n);
	dir[app->origin.n] = '\0';
	return wq_site_directory(dir, app->hosts[0], options, visit, data);
}
