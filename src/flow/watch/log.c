#include "flow/watch/log.h"

#include <dirent.h>
#include <errno.h>

#include "base/json.h"
#include "base/json_read.h"
#include "crypto/digest.h"

enum { PATH_BYTES = 4096, SUM_BYTES = 8, DAYS_MAX = 40000, ZONE_SECONDS = 8 * 3600, TAIL = 64 * 1024 };

/* Members of a line before its sum, and how a line ends: ,"sum":"0123456789abcdef"} */
static const char sum_begin[] = ",\"sum\":\"", sum_end[] = "\"}";
enum { SUM_TEXT = sizeof sum_begin - 1 + 2 * SUM_BYTES + sizeof sum_end - 1 };

bool wq_watch_is_name(wq_str name)
{
	if (name.n == 0 || name.n >= WQ_WATCH_NAME || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
			name.p[i] != '-' && name.p[i] != '.')
			return false;
	return true;
}

/* ---- lines ---- */

static void sum_of(wq_str bytes, char out[SUM_TEXT + 1])
{
	char hex[2 * SUM_BYTES + 1];
	wq_digest digest = wq_sm3(bytes);

	snprintf(out, SUM_TEXT + 1, "%s%s%s", sum_begin, wq_hex(digest.b, SUM_BYTES, hex), sum_end);
}

wq_err wq_watch_line_write(const struct wq_watch_visit *visit, struct wq_buf *out)
{
	WQ_BUF(line, WQ_WATCH_LINE);
	char sum[SUM_TEXT + 1];
	struct wq_json json;

	wq_json_init(&json, &line);
	wq_json_object(&json);
	wq_json_put_time(&json, "at", visit->at);
	wq_json_put_str(&json, "name", visit->name);
	wq_json_put_str(&json, "url", visit->url);
	wq_json_put_str(&json, "outcome", visit->outcome);
	wq_json_put_u64(&json, "status", visit->status);
	wq_json_put_u64(&json, "msec", visit->msec);
	wq_json_put_u64(&json, "bytes", visit->bytes);
	wq_json_put_str(&json, "address", visit->address);
	wq_json_object_end(&json);
	WQ_TRY(wq_json_end(&json));
	line.len--; /* the sum is one more member */
	sum_of(wq_buf_str(&line), sum);
	wq_buf_add(out, wq_buf_str(&line));
	wq_buf_add(out, wq_str_c(sum));
	wq_buf_byte(out, '\n');
	return wq_buf_err(out);
}

static wq_err read_members(struct wq_arena *arena, const struct json_t *root, struct wq_watch_visit *ret)
{
	struct wq_watch_visit v = {0};
	wq_str at;
	uint64_t status, msec;

	WQ_TRY(wq_json_get_str(root, "at", WQ_TIME_TEXT, &at));
	WQ_TRY(wq_time_parse(at, &v.at));
	WQ_TRY(wq_json_get_str(root, "name", WQ_WATCH_LINE, &v.name));
	WQ_TRY(wq_json_get_str(root, "url", WQ_WATCH_LINE, &v.url));
	WQ_TRY(wq_json_get_str(root, "outcome", WQ_WATCH_NAME, &v.outcome));
	WQ_TRY(wq_json_get_u64(root, "status", 999, &status));
	WQ_TRY(wq_json_get_u64(root, "msec", UINT32_MAX, &msec));
	WQ_TRY(wq_json_get_u64(root, "bytes", (uint64_t)1 << 53, &v.bytes));
	WQ_TRY(wq_json_get_str(root, "address", 64, &v.address));
	v.status = (uint32_t)status;
	v.msec = (uint32_t)msec;
	v.name = wq_arena_str(arena, v.name);
	v.url = wq_arena_str(arena, v.url);
	v.outcome = wq_arena_str(arena, v.outcome);
	v.address = wq_arena_str(arena, v.address);
	WQ_TRY(wq_arena_err(arena));
	*ret = v;
	return WQ_OK;
}

wq_err wq_watch_line_read(struct wq_arena *arena, wq_str line, struct wq_watch_visit *ret_visit)
{
	struct json_t *root = NULL;
	char sum[SUM_TEXT + 1];
	wq_err e;

	if (line.n <= SUM_TEXT || line.n > WQ_WATCH_LINE + SUM_TEXT)
		return wq_error(WQ_E_FORMAT, "no line of a visit");
	sum_of(wq_str_head(line, line.n - SUM_TEXT), sum);
	if (!wq_str_ends(line, wq_str_c(sum)))
		return wq_error(WQ_E_ALTERED, "the sum of a line is another");
	WQ_TRY(wq_json_read(line, &wq_json_limits_default, &root));
	e = read_members(arena, root, ret_visit);
	wq_json_free(&root);
	return wq_is(e, WQ_E_INPUT) ? wq_error(WQ_E_FORMAT, "a line of a visit: %s", wq_err_note(e)) : e;
}

/* ---- writing ---- */

/* "20261122", the day in China. */
static void day_of(wq_time at, char out[16])
{
	char text[WQ_TIME_TEXT];

	wq_time_text(at + ZONE_SECONDS * WQ_SECOND, text);
	snprintf(out, 16, "%.4s%.2s%.2s", text, text + 5, text + 8);
}

static wq_err path_of(char out[PATH_BYTES], const char *state, wq_str vantage, const char *name)
{
	int n = snprintf(out, PATH_BYTES, "%s/probe/%.*s%s%s", state, WQ_S_ARG(vantage), *name ? "/" : "", name);

	return n < 0 || n >= PATH_BYTES ? wq_error(WQ_E_LIMIT, "the directory's name is too long") : WQ_OK;
}

/* Where the last whole line ends. Errors: WQ_E_IO. */
static wq_err whole_lines(int fd, off_t size, off_t *ret_end)
{
	char bytes[TAIL];
	off_t end = size;

	while (end > 0) {
		size_t n = (size_t)WQ_MIN(end, (off_t)sizeof bytes);
		ssize_t got = pread(fd, bytes, n, end - (off_t)n);

		if (got != (ssize_t)n)
			return wq_error_sys(WQ_E_IO, errno, "pread");
		for (size_t i = n; i > 0; i--)
			if (bytes[i - 1] == '\n') {
				*ret_end = end - (off_t)(n - i);
				return WQ_OK;
			}
		end -= (off_t)n;
	}
	*ret_end = 0;
	return WQ_OK;
}

static wq_err append(const struct wq_fs *fs, const char *path, wq_str lines)
{
	struct stat st;
	off_t end = 0;
	int fd = -1;
	wq_err e;

	WQ_TRY(wq_file_append_open(fs, path, 0640, &fd));
	e = fstat(fd, &st) == 0 ? whole_lines(fd, st.st_size, &end) : wq_error_sys(WQ_E_IO, errno, "fstat %s", path);
	if (!wq_failed(e) && end < st.st_size && fs->truncate(fs->data, fd, end) != 0)
		e = wq_error_sys(WQ_E_IO, errno, "truncate %s", path);
	if (!wq_failed(e))
		e = wq_file_append(fs, fd, lines);
	wq_file_close(&fd);
	return e;
}

/* The visits from `at` on that are of one day, as far as they follow each other. */
static wq_err keep_day(const struct wq_fs *fs, const char *state, wq_str vantage, const struct wq_watch_visit *visits,
	size_t n, size_t *at)
{
	WQ_BUF(lines, WQ_WATCH_DAY_BYTES);
	char day[16], other[16], name[32], path[PATH_BYTES];
	size_t i = *at;

	day_of(visits[i].at, day);
	for (; i < n; i++) {
		day_of(visits[i].at, other);
		if (strcmp(day, other) != 0)
			break;
		WQ_TRY(wq_watch_line_write(&visits[i], &lines));
	}
	snprintf(name, sizeof name, "%s.log", day);
	WQ_TRY(path_of(path, state, vantage, name));
	WQ_TRY(append(fs, path, wq_buf_str(&lines)));
	*at = i;
	return WQ_OK;
}

wq_err wq_watch_keep(const struct wq_fs *fs, const char *state, wq_str vantage, const struct wq_watch_visit *visits,
	size_t n, size_t *ret_kept)
{
	char path[PATH_BYTES];
	size_t at = 0;
	int lock = -1;
	wq_err e = WQ_OK;

	if (ret_kept)
		*ret_kept = 0;
	if (!wq_watch_is_name(vantage))
		return wq_error(WQ_E_INPUT, "a vantage point has a name of a-z, 0-9, '-' and '.'");
	WQ_TRY(path_of(path, state, vantage, ""));
	WQ_TRY(wq_dir_make(fs, path, 0750));
	WQ_TRY(path_of(path, state, vantage, "lock"));
	WQ_TRY(wq_file_lock(path, true, &lock));
	while (at < n && !wq_failed(e))
		e = keep_day(fs, state, vantage, visits, n, &at);
	wq_file_close(&lock);
	if (ret_kept)
		*ret_kept = at;
	return e;
}

/* ---- reading ---- */

struct reading {
	struct wq_arena *arena;
	wq_time from, until;
	struct wq_watch_visit *visits;
	size_t n, room, altered, torn;
};

static wq_err add(struct reading *r, const struct wq_watch_visit *visit)
{
	if (visit->at < r->from || visit->at >= r->until)
		return WQ_OK;
	if (r->n == WQ_WATCH_VISITS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d visits", WQ_WATCH_VISITS_MAX);
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 1024;
		struct wq_watch_visit *visits = WQ_NEW_ARRAY(r->arena, struct wq_watch_visit, room);

		if (!visits)
			return wq_arena_err(r->arena);
		if (r->n)
			memcpy(visits, r->visits, r->n * sizeof *visits);
		r->visits = visits;
		r->room = room;
	}
	r->visits[r->n++] = *visit;
	return WQ_OK;
}

static wq_err read_file(struct reading *r, const char *path)
{
	WQ_BUF(bytes, WQ_WATCH_DAY_BYTES);

	WQ_TRY(wq_file_read(&wq_fs_system, path, &bytes));
	for (wq_str rest = wq_buf_str(&bytes); rest.n > 0;) {
		wq_str line = wq_str_cut(&rest, '\n');
		struct wq_watch_visit visit;
		wq_err e;

		if (!rest.p) {
			r->torn++;
			break;
		}
		e = wq_watch_line_read(r->arena, line, &visit);
		if (wq_is(e, WQ_E_NO_MEMORY) || wq_is(e, WQ_E_LIMIT))
			return e;
		if (wq_failed(e))
			r->altered++;
		else
			WQ_TRY(add(r, &visit));
	}
	return WQ_OK;
}

/* By time; the same visit stands beside itself. */
static int by_time(const void *x, const void *y)
{
	const struct wq_watch_visit *a = x, *b = y;
	int order = (a->at > b->at) - (a->at < b->at);

	if (order == 0)
		order = wq_str_cmp(a->url, b->url);
	return order ? order : wq_str_cmp(a->name, b->name);
}

static size_t once(struct wq_watch_visit *visits, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || by_time(&visits[kept - 1], &visits[i]) != 0)
			visits[kept++] = visits[i];
	return kept;
}

static bool is_day(wq_str name)
{
	uint64_t day;

	return name.n == 12 && wq_str_ends(name, WQ_S(".log")) && wq_str_to_u64(wq_str_head(name, 8), 99999999, &day);
}

wq_err wq_watch_read(const char *state, wq_str vantage, wq_time from, wq_time until, struct wq_arena *arena,
	struct wq_watch_log *ret_log)
{
	struct reading r = {.arena = arena, .from = from, .until = until};
	char path[PATH_BYTES], first[16], last[16];
	struct wq_dir_entry *entries;
	size_t n = 0, kept;

	if (!wq_watch_is_name(vantage))
		return wq_error(WQ_E_INPUT, "a vantage point has a name of a-z, 0-9, '-' and '.'");
	WQ_TRY(path_of(path, state, vantage, ""));
	if (access(path, F_OK) == 0)
		WQ_TRY(wq_dir_list(arena, path, DAYS_MAX, &entries, &n));
	day_of(from, first);
	day_of(until, last);
	for (size_t i = 0; i < n; i++) {
		wq_str name = wq_str_c(entries[i].name);

		if (!is_day(name) || memcmp(name.p, first, 8) < 0 || memcmp(name.p, last, 8) > 0)
			continue;
		WQ_TRY(path_of(path, state, vantage, entries[i].name));
		WQ_TRY(read_file(&r, path));
	}
	if (r.n)
		qsort(r.visits, r.n, sizeof *r.visits, by_time);
	kept = once(r.visits, r.n);
	*ret_log = (struct wq_watch_log){.vantage = vantage,
		.visits = r.visits,
		.n = kept,
		.altered = r.altered,
		.torn = r.torn,
		.repeated = r.n - kept};
	return WQ_OK;
}

wq_err wq_watch_vantages(const char *state, struct wq_arena *arena, const wq_str **ret_names, size_t *ret_n)
{
	wq_str *names = WQ_NEW_ARRAY(arena, wq_str, WQ_WATCH_VANTAGES_MAX);
	struct wq_dir_entry *entries;
	char path[PATH_BYTES];
	size_t n = 0, found = 0;

	if (!names)
		return wq_arena_err(arena);
	WQ_TRY(path_of(path, state, WQ_S_NONE, ""));
	if (access(path, F_OK) == 0)
		WQ_TRY(wq_dir_list(arena, path, DAYS_MAX, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		if (entries[i].type != DT_DIR || !wq_watch_is_name(wq_str_c(entries[i].name)))
			continue;
		if (found == WQ_WATCH_VANTAGES_MAX)
			return wq_error(WQ_E_LIMIT, "more than %d vantage points", WQ_WATCH_VANTAGES_MAX);
		names[found++] = wq_str_c(entries[i].name);
	}
	*ret_names = names;
	*ret_n = found;
	return WQ_OK;
}
