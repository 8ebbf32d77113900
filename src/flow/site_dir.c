#include "flow/site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "base/file.h"
#include "flow/site_query.h"
#include "text/key.h"

enum { DEPTH_MAX = 64, NAMES_MAX = 1000000, WALK_MEMORY = 256 * 1024 * 1024, QUERIES_MAX = 16 };

struct walk {
	const wq_str *hosts; /* the first makes the keys, the others have all of it under their own names */
	size_t hosts_n;
	char root[PATH_MAX]; /* of the site, without symbolic links */
	const struct wq_site_options *options;
	wq_site_fn visit;
	void *data;
	struct wq_buf bytes, key, other, target;
	struct wq_site_queries queries;
	bool again; /* the second walk: only spellings with a query */
	size_t files;
};

static void skip(struct walk *w, wq_str source, const char *why)
{
	if (!w->again && w->options && w->options->skipped)
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
	e = wq_key_make(w->hosts[0], wq_buf_str(&w->target), NULL, &w->key, &reason);
	if (!wq_failed(e) && !wq_failed(wq_buf_err(&w->target)))
		return true;
	skip(w, path, reason == WQ_KEY_FINE ? wq_err_note(e) : wq_key_reason_text(reason));
	return false;
}

static wq_err visit(struct walk *w, wq_str key, wq_str source, uint16_t status, wq_str type, wq_str headers)
{
	struct wq_site_item item = {.key = key,
		.status = status,
		.type = type,
		.headers = headers,
		.body = wq_buf_str(&w->bytes),
		.source = source};
	wq_str host, target;

	WQ_TRY(w->visit(w->data, &item));
	wq_key_split(key, &host, &target);
	for (size_t i = 1; i < w->hosts_n; i++) {
		wq_buf_clear(&w->other);
		wq_buf_add(&w->other, w->hosts[i]);
		wq_buf_add(&w->other, target);
		WQ_TRY(wq_buf_err(&w->other));
		item.key = wq_buf_str(&w->other);
		WQ_TRY(w->visit(w->data, &item));
	}
	return WQ_OK;
}

/* The bytes of `w->bytes` as the resource at `path`; in the second walk as its spellings with a query. */
static wq_err give(struct walk *w, wq_str path, wq_str source, uint16_t status, wq_str type)
{
	if (!key_of(w, path))
		return WQ_OK;
	if (!w->again)
		WQ_TRY(visit(w, wq_buf_str(&w->key), source, status, type, WQ_S_NONE));
	if (!w->again && status == 200)
		return wq_site_queries_read(&w->queries, wq_buf_str(&w->key), type, wq_buf_str(&w->bytes));
	for (const struct wq_site_query *q = w->again ? wq_site_queries_of(&w->queries, wq_buf_str(&w->key)) : NULL; q;
		q = q->next)
		WQ_TRY(visit(w, q->key, source, status, type, WQ_S_NONE));
	return WQ_OK;
}

/* ---- files ---- */

/* Every folder of the real path `path` below `w->root`, or from "/" on when it leads out of the site, lets everybody in. */
static bool all_may_enter(const struct walk *w, char *path)
{
	size_t root = strlen(w->root);
	bool inside = strncmp(path, w->root, root) == 0 && path[root] == '/';

	for (char *slash = strchr(path + (inside ? root + 1 : 1), '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat st;
		bool open;

		*slash = '\0';
		open = stat(path, &st) == 0 && (st.st_mode & S_IXOTH);
		*slash = '/';
		if (!open)
			return false;
	}
	return true;
}

/* What a symbolic link leads to is taken when it is a file that everybody may read: what a web server would serve.
 * `ret_real` (PATH_MAX) is where it is. */
static bool is_public_file(const struct walk *w, const char *path, char *ret_real)
{
	struct stat st;

	return realpath(path, ret_real) && lstat(ret_real, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) &&
		all_may_enter(w, ret_real);
}

static wq_err cannot_read(const char *file)
{
	int e = errno;

	return wq_error_sys(e == EACCES || e == EPERM ? WQ_E_DENIED : WQ_E_IO, e, "%s cannot be read", file);
}

/* The file's bytes, never through a symbolic link that came after the look at it. Gone meanwhile: `*ret_there` is false. */
static wq_err read_file(struct walk *w, const char *file, bool public_only, bool *ret_there)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	wq_err e = WQ_OK;
	ssize_t n = 1;

	*ret_there = fd >= 0;
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? WQ_OK : cannot_read(file);
	*ret_there = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (!public_only || (st.st_mode & S_IROTH));
	wq_buf_clear(&w->bytes);
	while (*ret_there && n > 0 && !wq_failed(e)) {
		size_t room = WQ_MIN(
			WQ_MAX((size_t)st.st_size - WQ_MIN((size_t)st.st_size, w->bytes.len), 1), 16 * WQ_MIB);
		void *into = wq_buf_reserve(&w->bytes, room);

		n = into ? read(fd, into, room) : 0;
		if (n > 0)
			wq_buf_commit(&w->bytes, (size_t)n);
		else if (!into && wq_is(wq_buf_err(&w->bytes), WQ_E_LIMIT))
			e = wq_error(WQ_E_LIMIT, "%s has more than %d bytes", file, WQ_SITE_OBJECT_MAX);
		else if (!into)
			e = wq_buf_err(&w->bytes);
		else if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			e = cannot_read(file);
	}
	wq_file_close(&fd);
	return e;
}

struct file {
	const char *path; /* on disk, for messages */
	const char *real; /* what is opened */
	wq_str below;     /* "/a/b.html" */
	wq_str name;
	bool linked, is_index;
};

/* Whether the second walk has anything to say of it. */
static bool has_queries(struct walk *w, wq_str path)
{
	return key_of(w, path) && wq_site_queries_of(&w->queries, wq_buf_str(&w->key)) != NULL;
}

static wq_err one_file(struct walk *w, const struct file *f)
{
	struct wq_arena arena;
	wq_str type, folder = wq_str_head(f->below, f->below.n - f->name.n);
	uint16_t status = wq_str_eq(f->below, WQ_S("/404.html")) ? 404 : 200;
	bool there;
	wq_err e;

	if (w->again && !has_queries(w, f->below) && !(f->is_index && has_queries(w, folder)))
		return WQ_OK;
	if (!w->again && ++w->files > WQ_SITE_FILES_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d files", WQ_SITE_FILES_MAX);
	WQ_TRY(read_file(w, f->real, f->linked, &there));
	if (!there) {
		skip(w, wq_str_c(f->path), "it is gone, or no longer a public file");
		return WQ_OK;
	}
	wq_arena_init(&arena, 64 * WQ_KIB);
	type = wq_site_type(f->name, wq_buf_str(&w->bytes), &arena);
	e = give(w, f->below, wq_str_c(f->path), status, type);
	if (!wq_failed(e) && f->is_index)
		e = give(w, folder, wq_str_c(f->path), 200, type);
	wq_arena_done(&arena);
	return e;
}

/* "/docs" answers 301 to "/docs/". */
static wq_err folder_redirect(struct walk *w, const char *dir, wq_str path)
{
	static const char body[] = "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>301</title>\n"
				   "<p>已移至带斜杠的地址。Moved: add a slash.</p>\n";
	WQ_BUF(header, WQ_SITE_HEADERS_MAX);

	if (w->again || !key_of(w, path))
		return WQ_OK;
	wq_buf_add(&header, WQ_S("Location: "));
	wq_buf_add(&header, wq_buf_str(&w->target));
	wq_buf_add(&header, WQ_S("/\r\n"));
	WQ_TRY(wq_buf_err(&header));
	wq_buf_clear(&w->bytes);
	wq_buf_add(&w->bytes, wq_str_of(body, sizeof body - 1));
	return visit(w, wq_buf_str(&w->key), wq_str_c(dir), 301, WQ_S("text/html; charset=utf-8"), wq_buf_str(&header));
}

/* ---- folders ---- */

static const char *index_of(const struct wq_dir_entry *entries, size_t n)
{
	static const char *const names[] = {"index.html", "index.htm"};

	for (size_t k = 0; k < WQ_COUNT(names); k++)
		for (size_t i = 0; i < n; i++)
			if (strcmp(entries[i].name, names[k]) == 0 && entries[i].type != DT_DIR)
				return entries[i].name;
	return "";
}

static wq_str joined(struct wq_arena *arena, wq_str a, const char *b, const char *c)
{
	size_t b_n = strlen(b), c_n = strlen(c);
	char *out = wq_arena_alloc(arena, a.n + b_n + c_n + 1);

	if (!out)
		return WQ_S_NONE;
	memcpy(out, a.p, a.n);
	memcpy(out + a.n, b, b_n);
	memcpy(out + a.n + b_n, c, c_n + 1);
	return wq_str_of(out, a.n + b_n + c_n);
}

static wq_err walk_dir(struct walk *w, const char *dir, wq_str path, unsigned depth);

static wq_err one_name(struct walk *w, struct wq_arena *arena, const char *dir, wq_str path,
	const struct wq_dir_entry *entry, const char *index, unsigned depth)
{
	char real[PATH_MAX];
	struct file file = {.path = joined(arena, wq_str_c(dir), "/", entry->name).p,
		.below = joined(arena, path, entry->name, ""),
		.name = wq_str_c(entry->name),
		.linked = entry->type == DT_LNK,
		.is_index = strcmp(entry->name, index) == 0};

	WQ_TRY(wq_arena_err(arena));
	file.real = file.path;
	if (entry->name[0] == '.') {
		skip(w, wq_str_c(file.path), "its name begins with a dot");
	} else if (entry->type == DT_REG) {
		return one_file(w, &file);
	} else if (entry->type == DT_DIR) {
		wq_str below = joined(arena, file.below, "/", "");

		WQ_TRY(wq_arena_err(arena));
		return walk_dir(w, file.path, below, depth + 1);
	} else if (!file.linked) {
		skip(w, wq_str_c(file.path), "not a regular file");
	} else if (!is_public_file(w, file.path, real)) {
		skip(w, wq_str_c(file.path), "a symbolic link to no public file");
	} else {
		file.real = real;
		return one_file(w, &file);
	}
	return WQ_OK;
}

static wq_err walk_dir(struct walk *w, const char *dir, wq_str path, unsigned depth)
{
	struct wq_arena arena;
	struct wq_dir_entry *entries;
	const char *index = "";
	size_t n = 0;
	wq_err e;

	if (depth > DEPTH_MAX)
		return wq_error(WQ_E_LIMIT, "folders deeper than %d: %.200s", DEPTH_MAX, dir);
	wq_arena_init(&arena, WALK_MEMORY);
	e = wq_dir_list(&arena, dir, NAMES_MAX, &entries, &n);
	if (!wq_failed(e))
		index = index_of(entries, n);
	for (size_t i = 0; !wq_failed(e) && i < n; i++)
		e = one_name(w, &arena, dir, path, &entries[i], index, depth);
	if (!wq_failed(e) && *index && depth > 0)
		e = folder_redirect(w, dir, wq_str_head(path, path.n - 1));
	wq_arena_done(&arena);
	return e;
}

static wq_err walk_twice(struct walk *w, const char *dir)
{
	char note[100];

	if (!realpath(dir, w->root))
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s", dir);
	WQ_TRY(walk_dir(w, dir, WQ_S("/"), 0));
	if (w->queries.left_out > 0) {
		snprintf(note, sizeof note, "%zu spellings with a query are over the limit", w->queries.left_out);
		skip(w, wq_str_c(dir), note);
	}
	w->again = true;
	return w->queries.count > 0 ? walk_dir(w, dir, WQ_S("/"), 0) : WQ_OK;
}

wq_err wq_site_directory(const char *dir, const wq_str *hosts, size_t hosts_n, const struct wq_site_options *options,
	wq_site_fn visit_one, void *data)
{
	struct walk w = {.hosts = hosts, .hosts_n = hosts_n, .options = options, .visit = visit_one, .data = data};
	uint32_t per_file = options && options->settings ? options->settings->query_spellings : QUERIES_MAX;
	wq_err e;

	wq_buf_init(&w.bytes, WQ_SITE_OBJECT_MAX);
	wq_buf_init(&w.key, WQ_KEY_MAX);
	wq_buf_init(&w.other, WQ_KEY_MAX + WQ_HOST_MAX);
	wq_buf_init(&w.target, 3 * WQ_KEY_MAX);
	wq_site_queries_init(&w.queries, hosts[0], per_file, &wq_random_system);
	e = walk_twice(&w, dir);
	wq_site_queries_done(&w.queries);
	wq_buf_done(&w.bytes);
	wq_buf_done(&w.key);
	wq_buf_done(&w.other);
	wq_buf_done(&w.target);
	return e;
}

wq_err wq_site_visit(
	const struct wq_app_row *app, const struct wq_site_options *options, wq_site_fn visit_one, void *data)
{
	char dir[PATH_MAX];

	if (wq_str_starts(app->origin, WQ_S("http://")) || wq_str_starts(app->origin, WQ_S("https://")))
		return wq_site_origin(app, options, visit_one, data);
	if (app->origin.n >= sizeof dir || memchr(app->origin.p, 0, app->origin.n))
		return wq_error(WQ_E_LIMIT, "the directory's name is too long");
	memcpy(dir, app->origin.p, app->origin.n);
	dir[app->origin.n] = '\0';
	return wq_site_directory(dir, app->hosts, app->hosts_n, options, visit_one, data);
}
