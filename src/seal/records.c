#include "seal/records_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "seal/keys_priv.h"

enum {
	RECORD_MAX = 16 * 1024,
	SERIALS_MAX = WQ_SEAL_APPS_MAX * (WQ_APP_ID_MAX + 20 + WQ_DIGEST_HEX + 3) + 256,
	TAIL = 4 * WQ_SEAL_HEAD_LINE_MAX
};

static const wq_str magic = WQ_S_INIT("WQSEAL\0\1");
static const wq_str serials_first = WQ_S_INIT("weique-serials 1");

static wq_err path_of(const struct wq_seal_records *r, char out[PATH_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static wq_err path_of(const struct wq_seal_records *r, char out[PATH_MAX], const char *format, ...)
{
	int n = snprintf(out, PATH_MAX, "%s/", r->dir), more;
	va_list args;

	va_start(args, format);
	more = n < PATH_MAX ? vsnprintf(out + n, (size_t)(PATH_MAX - n), format, args) : 0;
	va_end(args);
	return n + more < PATH_MAX ? WQ_OK : wq_error(WQ_E_LIMIT, "the folder's name is too long");
}

/* ---- serials ---- */

static struct wq_seal_serial *serial_of(const struct wq_seal_records *r, wq_str app)
{
	for (size_t i = 0; i < r->serials_n; i++)
		if (wq_str_eq(wq_str_c(r->serials[i].app), app))
			return &r->serials[i];
	return NULL;
}

static bool parse_serial(struct wq_seal_records *r, wq_str line)
{
	struct wq_seal_serial *row = &r->serials[r->serials_n];
	wq_str app = wq_str_cut(&line, ' '), serial = wq_str_cut(&line, ' ');

	if (r->serials_n == WQ_SEAL_APPS_MAX || !wq_app_id_fine(app) || serial_of(r, app) ||
		!wq_str_to_u64(serial, UINT64_MAX, &row->serial) || row->serial == 0 ||
		wq_failed(wq_digest_parse(line, &row->digest)))
		return false;
	memset(row->app, 0, sizeof row->app);
	memcpy(row->app, app.p, app.n);
	r->serials_n++;
	return true;
}

/* The last line is the SM3 of those before it. */
static void add_sum(struct wq_buf *out)
{
	char hex[WQ_DIGEST_HEX];

	wq_buf_printf(out, "%s\n", wq_digest_hex(wq_sm3(wq_buf_str(out)), hex));
}

static bool cut_sum(wq_str *text)
{
	size_t sum = WQ_DIGEST_HEX; /* with its newline in the place of the NUL */
	wq_digest digest;
	wq_str line;

	if (text->n < sum || text->p[text->n - 1] != '\n')
		return false;
	line = wq_str_head(wq_str_from(*text, text->n - sum), sum - 1);
	text->n -= sum;
	return !wq_failed(wq_digest_parse(line, &digest)) && wq_digest_eq(digest, wq_sm3(*text));
}

static wq_err serials_read(struct wq_seal_records *r)
{
	char path[PATH_MAX];
	WQ_BUF(file, SERIALS_MAX);
	wq_str rest;
	wq_err e;

	WQ_TRY(path_of(r, path, "serials"));
	e = wq_file_read(r->fs, path, &file);
	if (wq_is(e, WQ_E_NOT_FOUND))
		return WQ_OK;
	WQ_TRY(e);
	rest = wq_buf_str(&file);
	if (!cut_sum(&rest) || !wq_str_eq(wq_str_cut(&rest, '\n'), serials_first))
		return wq_error(WQ_E_ALTERED, "serials is not what was written");
	while (rest.n > 0)
		if (!parse_serial(r, wq_str_cut(&rest, '\n')))
			return wq_error(WQ_E_ALTERED, "line %zu of serials is not what was written", r->serials_n + 2);
	return WQ_OK;
}

static void add_serial(struct wq_buf *out, const char *app, uint64_t serial, wq_digest digest)
{
	char hex[WQ_DIGEST_HEX];

	wq_buf_printf(out, "%s %llu %s\n", app, (unsigned long long)serial, wq_digest_hex(digest, hex));
}

/* Writes all rows with this one in its place; only then it counts. */
static wq_err serials_put(struct wq_seal_records *r, const struct wq_seal_serial *changed)
{
	struct wq_seal_serial *row = serial_of(r, wq_str_c(changed->app));
	char path[PATH_MAX];
	WQ_BUF(file, SERIALS_MAX);

	if (!row && r->serials_n == WQ_SEAL_APPS_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d applications", WQ_SEAL_APPS_MAX);
	wq_buf_add(&file, serials_first);
	wq_buf_byte(&file, '\n');
	for (size_t i = 0; i < r->serials_n; i++) {
		const struct wq_seal_serial *s = &r->serials[i] == row ? changed : &r->serials[i];
		add_serial(&file, s->app, s->serial, s->digest);
	}
	if (!row)
		add_serial(&file, changed->app, changed->serial, changed->digest);
	add_sum(&file);
	WQ_TRY(wq_buf_err(&file));
	WQ_TRY(path_of(r, path, "serials"));
	WQ_TRY(wq_file_replace(r->fs, path, wq_buf_str(&file), 0600));
	if (!row)
		row = &r->serials[r->serials_n++];
	*row = *changed;
	return WQ_OK;
}

/* ---- one application ---- */

static wq_err record_parse(const struct wq_seal_records *r, wq_str app, wq_str bytes, struct wq_seal_record *ret_record)
{
	struct wq_cursor c = wq_cursor_of(bytes);

	if (!wq_str_eq(wq_cursor_take(&c, magic.n), magic))
		wq_cursor_fail(&c);
	ret_record->canonical = wq_cursor_block32(&c, WQ_SNAPSHOT_HEADER);
	wq_cursor_copy(&c, ret_record->sig.rs, sizeof ret_record->sig.rs);
	if (wq_failed(wq_cursor_end(&c)) ||
		wq_failed(wq_snapshot_head_decode(ret_record->canonical, &ret_record->head)) ||
		!wq_str_eq(wq_str_c(ret_record->head.app), app) ||
		wq_failed(
			wq_seal_keys_verify(r->keys, ret_record->head.key_id, ret_record->canonical, &ret_record->sig)))
		return wq_error(WQ_E_ALTERED, "apps/%.*s.sealed is not what was written", WQ_S_ARG(app));
	return WQ_OK;
}

/* The apps/ file against the second witness; one step ahead is completed. */
static wq_err record_compare(struct wq_seal_records *r, const struct wq_seal_record *record)
{
	static const struct wq_seal_serial none;
	const struct wq_seal_serial *row = serial_of(r, wq_str_c(record->head.app));
	uint64_t serial = record->head.serial;

	if (!row)
		row = &none;
	if (serial == row->serial && wq_digest_eq(wq_sm3(record->canonical), row->digest))
		return WQ_OK;
	if (serial - 1 == row->serial && wq_digest_eq(record->head.previous, row->digest))
		return wq_seal_record_write(r, record);
	if (serial < row->serial)
		return wq_error(WQ_E_REPLAYED, "apps/%s.sealed is of serial %llu, sealed last was %llu",
			record->head.app, (unsigned long long)serial, (unsigned long long)row->serial);
	return wq_error(WQ_E_ALTERED, "apps/%s.sealed and serials do not agree", record->head.app);
}

wq_err wq_seal_record_read(
	struct wq_seal_records *records, wq_str app, struct wq_arena *arena, struct wq_seal_record *ret_record)
{
	struct wq_seal_record record;
	char path[PATH_MAX];
	WQ_BUF(file, RECORD_MAX);
	wq_err e;

	WQ_TRY(path_of(records, path, "apps/%.*s.sealed", WQ_S_ARG(app)));
	e = wq_file_read(records->fs, path, &file);
	if (wq_is(e, WQ_E_NOT_FOUND) && serial_of(records, app))
		return wq_error(WQ_E_ALTERED, "apps/%.*s.sealed is gone", WQ_S_ARG(app));
	WQ_TRY(e);
	WQ_TRY(record_parse(records, app, wq_arena_str(arena, wq_buf_str(&file)), &record));
	WQ_TRY(record_compare(records, &record));
	*ret_record = record;
	return WQ_OK;
}

wq_err wq_seal_record_write(struct wq_seal_records *records, const struct wq_seal_record *record)
{
	struct wq_seal_serial row = {.serial = record->head.serial, .digest = wq_sm3(record->canonical)};
	char path[PATH_MAX];
	WQ_BUF(file, RECORD_MAX);

	memcpy(row.app, record->head.app, sizeof row.app);
	wq_buf_add(&file, magic);
	wq_buf_u32(&file, (uint32_t)record->canonical.n);
	wq_buf_add(&file, record->canonical);
	wq_buf_add(&file, wq_str_of(record->sig.rs, sizeof record->sig.rs));
	WQ_TRY(wq_buf_err(&file));
	WQ_TRY(path_of(records, path, "apps/%s.sealed", row.app));
	WQ_TRY(wq_file_replace(records->fs, path, wq_buf_str(&file), 0600));
	return serials_put(records, &row);
}

/* ---- heads.log ---- */

/* The end of the file; `*ret_end` is where the file ends. */
static wq_err tail_read(const char *path, char tail[TAIL], size_t *ret_n, off_t *ret_end)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
	ssize_t n = end >= 0 ? pread(fd, tail, TAIL, WQ_MAX(0, end - (off_t)TAIL)) : -1;
	int errnum = errno;

	wq_file_close(&fd);
	if (n < 0 || n != WQ_MIN(end, (off_t)TAIL))
		return wq_error_sys(WQ_E_IO, n < 0 ? errnum : EIO, "heads.log");
	*ret_n = (size_t)n;
	*ret_end = end;
	return WQ_OK;
}

static wq_err head_verify(const struct wq_seal_records *r, wq_str line, struct wq_head *ret_head)
{
	WQ_BUF(canonical, 4096);
	struct wq_head head;

	WQ_TRY(wq_head_parse(line, &head));
	WQ_TRY(wq_head_encode(&head, &canonical));
	WQ_TRY(wq_seal_keys_verify(r->keys, head.key_id, wq_buf_str(&canonical), &head.sig));
	*ret_head = head;
	return WQ_OK;
}

static wq_err cut_back(struct wq_seal_records *r, off_t end)
{
	if (r->fs->truncate(r->fs->data, r->heads_fd, end) != 0 || r->fs->fsync(r->fs->data, r->heads_fd) != 0)
		return wq_error_sys(WQ_E_IO, errno, "heads.log");
	return WQ_OK;
}

/* What stands behind the last newline was being appended when a crash came, and was never handed out: it is completed if
 * it is a whole head, and cut off otherwise. So every line that ends is one that was written, and a last line that is no
 * head of ours was altered: to go on from the line before it would sign two heads for one place. */
static wq_err heads_open(struct wq_seal_records *r)
{
	char tail[TAIL], path[PATH_MAX];
	struct wq_head head = {0};
	wq_str text, line;
	off_t end = 0;
	size_t n = 0;

	WQ_TRY(path_of(r, path, "heads.log"));
	WQ_TRY(wq_file_append_open(r->fs, path, 0640, &r->heads_fd));
	if (r->fs->fsync(r->fs->data, r->heads_fd) != 0) /* what is read now may be handed out */
		return wq_error_sys(WQ_E_IO, errno, "heads.log");
	WQ_TRY(tail_read(path, tail, &n, &end));
	text = wq_str_of(tail, n);
	line = wq_str_from(text, (size_t)(wq_str_rchr(text, '\n') + 1));
	if (line.n == TAIL)
		return wq_error(WQ_E_ALTERED, "heads.log ends with no line");
	if (line.n > 0 && !wq_failed(head_verify(r, line, &head))) {
		WQ_TRY(wq_file_append(r->fs, r->heads_fd, WQ_S("\n")));
		r->last = head;
		return WQ_OK;
	}
	if (line.n > 0)
		WQ_TRY(cut_back(r, end - (off_t)line.n));
	text = wq_str_head(text, text.n - line.n);
	if (text.n > 0) {
		text.n--; /* its newline */
		line = wq_str_from(text, (size_t)(wq_str_rchr(text, '\n') + 1));
		if (wq_failed(head_verify(r, line, &head)))
			return wq_error(WQ_E_ALTERED, "the last line of heads.log is no head signed by this key");
	}
	r->last = head;
	return WQ_OK;
}

wq_err wq_seal_records_ready(struct wq_seal_records *records)
{
	wq_err e;

	if (records->heads_fd >= 0)
		return WQ_OK;
	e = heads_open(records);
	if (wq_failed(e))
		wq_file_close(&records->heads_fd);
	return e;
}

wq_err wq_seal_records_add_head(struct wq_seal_records *records, const struct wq_head *head)
{
	WQ_BUF(line, WQ_SEAL_HEAD_LINE_MAX);
	wq_err e;

	WQ_TRY(wq_head_line(head, &line));
	wq_buf_byte(&line, '\n');
	WQ_TRY(wq_buf_err(&line));
	e = wq_file_append(records->fs, records->heads_fd, wq_buf_str(&line));
	if (wq_failed(e)) {
		wq_file_close(&records->heads_fd); /* whether the line is there, shows when it is opened again */
		return e;
	}
	records->last = *head;
	return WQ_OK;
}

/* ---- all ---- */

wq_err wq_seal_records_open(
	const struct wq_fs *fs, const char *dir, const struct wq_seal_keys *keys, struct wq_seal_records *ret_records)
{
	struct wq_seal_records r = {.fs = fs, .dir = dir, .keys = keys, .heads_fd = -1};
	wq_err e;

	r.serials = calloc(WQ_SEAL_APPS_MAX, sizeof *r.serials);
	if (!r.serials)
		return wq_error_id(WQ_E_NO_MEMORY);
	e = serials_read(&r);
	if (!wq_failed(e))
		e = wq_seal_records_ready(&r);
	if (wq_failed(e)) {
		wq_seal_records_close(&r);
		return e;
	}
	*ret_records = r;
	return WQ_OK;
}

void wq_seal_records_close(struct wq_seal_records *records)
{
	wq_file_close(&records->heads_fd);
	free(records->serials);
	records->serials = NULL;
}
