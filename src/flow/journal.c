#include "flow/journal.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cursor.h"
#include "base/map.h"
#include "vault/snapshot.h"

enum { HEAD = 56, HEAD_SUMMED = 48, RECORD = 32, RECORD_SUMMED = 24, TYPE_MAX = 1024 };

static const char magic[8] = {'W', 'Q', 'J', 'R', 'N', 'L', '\0', 1};

struct wq_journal {
	const struct wq_fs *fs;
	char *path;
	int fd, lock;
	uint64_t end; /* of the last whole record */
	wq_time began;
	size_t found;
	struct wq_map first, second;      /* key -> offset of the record that counts */
	struct wq_buf visited, looked_up; /* bytes of one record each */
};

/* ---- bytes ---- */

static uint64_t sum_over(uint64_t sum, wq_str bytes)
{
	const uint64_t key[2] = {sum, 0x77656971756520ULL};

	return wq_siphash13(key, bytes);
}

static uint64_t sum_of(wq_str header, const struct wq_site_item *item)
{
	uint64_t sum = sum_over(0, header);

	sum = sum_over(sum, item->key);
	sum = sum_over(sum, item->type);
	sum = sum_over(sum, item->headers);
	return sum_over(sum, item->body);
}

static wq_err write_all(struct wq_journal *j, wq_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = j->fs->write(j->fs->data, j->fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return wq_error_sys(
				errno == ENOSPC || errno == EDQUOT ? WQ_E_NO_SPACE : WQ_E_IO, errno, "%s", j->path);
		bytes = wq_str_from(bytes, (size_t)n);
	}
	return WQ_OK;
}

/* False at the end of the file, or when it cannot be read: then it ends there. */
static bool read_at(struct wq_journal *j, uint64_t at, void *out, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(j->fd, (char *)out + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* ---- records ---- */

struct lengths {
	uint32_t key, type, headers;
	uint64_t body;
};

static bool plausible(unsigned kind, const struct lengths *l)
{
	return kind > 0 && kind < WQ_JOURNAL_KINDS && l->key > 0 && l->key <= WQ_SNAPSHOT_KEY_MAX &&
		l->type <= TYPE_MAX && l->headers <= WQ_SITE_HEADERS_MAX && l->body <= WQ_SITE_OBJECT_MAX;
}

/* The record at `at` into `bytes`; `*ret_next` is where the next one begins. False: there is none, or it was torn. */
static bool read_record(
	struct wq_journal *j, uint64_t at, struct wq_buf *bytes, struct wq_journal_record *ret, uint64_t *ret_next)
{
	uint8_t header[RECORD];
	struct wq_cursor c = wq_cursor_of(wq_str_of(header, sizeof header));
	struct lengths l;
	size_t n;
	void *into;
	uint64_t sum;

	if (!read_at(j, at, header, sizeof header))
		return false;
	*ret = (struct wq_journal_record){.kind = wq_cursor_u8(&c)};
	wq_cursor_u8(&c);
	ret->item.status = wq_cursor_u16(&c);
	l.key = wq_cursor_u32(&c);
	l.type = wq_cursor_u32(&c);
	l.headers = wq_cursor_u32(&c);
	l.body = wq_cursor_u64(&c);
	sum = wq_cursor_u64(&c);
	if (!plausible(ret->kind, &l))
		return false;
	n = l.key + l.type + l.headers + l.body;
	wq_buf_clear(bytes);
	into = wq_buf_reserve(bytes, n);
	if (!into || !read_at(j, at + RECORD, into, n))
		return false;
	wq_buf_commit(bytes, n);
	c = wq_cursor_of(wq_buf_str(bytes));
	ret->item.key = ret->item.source = wq_cursor_take(&c, l.key);
	ret->item.type = wq_cursor_take(&c, l.type);
	ret->item.headers = wq_cursor_take(&c, l.headers);
	ret->item.body = wq_cursor_take(&c, l.body);
	ret->item.absent = ret->kind == WQ_JOURNAL_ABSENT;
	ret->item.unknown = ret->kind == WQ_JOURNAL_UNKNOWN;
	*ret_next = at + RECORD + n;
	return sum == sum_of(wq_str_of(header, RECORD_SUMMED), &ret->item);
}

static struct wq_map *map_of(struct wq_journal *j, bool second)
{
	return second ? &j->second : &j->first;
}

static wq_err remember(struct wq_journal *j, enum wq_journal_kind kind, wq_str key, uint64_t at)
{
	return wq_map_put(map_of(j, kind == WQ_JOURNAL_SECOND), key, (void *)(uintptr_t)at, NULL);
}

static uint64_t place_of(const struct wq_map *map, wq_str key)
{
	return (uint64_t)(uintptr_t)wq_map_get(map, key);
}

wq_err wq_journal_add(struct wq_journal *j, enum wq_journal_kind kind, const struct wq_site_item *item)
{
	struct lengths l = {(uint32_t)item->key.n, (uint32_t)item->type.n, (uint32_t)item->headers.n, item->body.n};
	WQ_BUF(header, RECORD + WQ_SNAPSHOT_KEY_MAX + TYPE_MAX + WQ_SITE_HEADERS_MAX);
	uint64_t at = j->end;

	if (!plausible(kind, &l))
		return wq_error(WQ_E_LIMIT, "%.*s does not fit into the journal", WQ_S_ARG(item->key));
	wq_buf_byte(&header, (uint8_t)kind);
	wq_buf_byte(&header, 0);
	wq_buf_u16(&header, item->status);
	wq_buf_u32(&header, l.key);
	wq_buf_u32(&header, l.type);
	wq_buf_u32(&header, l.headers);
	wq_buf_u64(&header, l.body);
	wq_buf_u64(&header, sum_of(wq_buf_str(&header), item));
	wq_buf_add(&header, item->key);
	wq_buf_add(&header, item->type);
	wq_buf_add(&header, item->headers);
	WQ_TRY(wq_buf_err(&header));
	WQ_TRY(write_all(j, wq_buf_str(&header)));
	WQ_TRY(write_all(j, item->body));
	j->end = at + header.len + item->body.n;
	return remember(j, kind, item->key, at);
}

wq_err wq_journal_find(struct wq_journal *j, wq_str key, bool second, struct wq_journal_record *ret_record)
{
	uint64_t at = place_of(map_of(j, second), key), next;

	if (at == 0)
		return wq_error_id(WQ_E_NOT_FOUND);
	if (!read_record(j, at, &j->looked_up, ret_record, &next))
		return wq_error(WQ_E_IO, "%s was altered while it was used", j->path);
	return WQ_OK;
}

bool wq_journal_has(const struct wq_journal *j, wq_str key, bool second)
{
	return wq_map_has(second ? &j->second : &j->first, key);
}

wq_err wq_journal_visit(struct wq_journal *j, bool second,
	wq_err (*visit)(void *data, const struct wq_journal_record *record), void *data)
{
	struct wq_journal_record record;
	uint64_t at = HEAD, next, end = j->end;

	for (; at < end; at = next) {
		if (!read_record(j, at, &j->visited, &record, &next))
			return wq_error(WQ_E_IO, "%s was altered while it was used", j->path);
		if ((record.kind == WQ_JOURNAL_SECOND) == second && place_of(map_of(j, second), record.item.key) == at)
			WQ_TRY(visit(data, &record));
	}
	return WQ_OK;
}

/* ---- opening ---- */

static wq_err begin(struct wq_journal *j, const struct wq_journal_options *o)
{
	WQ_BUF(head, HEAD);

	wq_map_done(&j->first);
	wq_map_done(&j->second);
	j->found = 0;
	j->began = o->now;
	j->end = HEAD;
	if (j->fs->truncate(j->fs->data, j->fd, 0) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", j->path);
	wq_buf_add(&head, wq_str_of(magic, sizeof magic));
	wq_buf_u64(&head, (uint64_t)o->now);
	wq_buf_add(&head, wq_str_of(o->belongs.b, WQ_DIGEST_BYTES));
	wq_buf_u64(&head, sum_over(0, wq_buf_str(&head)));
	WQ_TRY(wq_buf_err(&head));
	return write_all(j, wq_buf_str(&head));
}

static bool fits(struct wq_journal *j, const struct wq_journal_options *o)
{
	uint8_t head[HEAD];
	struct wq_cursor c = wq_cursor_of(wq_str_of(head, sizeof head));
	wq_str name, belongs;

	if (o->fresh || !read_at(j, 0, head, sizeof head))
		return false;
	name = wq_cursor_take(&c, sizeof magic);
	j->began = (wq_time)wq_cursor_u64(&c);
	belongs = wq_cursor_take(&c, WQ_DIGEST_BYTES);
	return wq_str_eq(name, wq_str_of(magic, sizeof magic)) &&
		wq_cursor_u64(&c) == sum_over(0, wq_str_of(head, HEAD_SUMMED)) &&
		wq_str_eq(belongs, wq_str_of(o->belongs.b, WQ_DIGEST_BYTES)) && j->began <= o->now &&
		o->now - j->began <= WQ_JOURNAL_AGE_MAX;
}

static wq_err load(struct wq_journal *j)
{
	struct wq_journal_record record;
	uint64_t next;

	j->end = HEAD;
	while (read_record(j, j->end, &j->visited, &record, &next)) {
		WQ_TRY(remember(j, record.kind, record.item.key, j->end));
		j->end = next;
		j->found += record.kind != WQ_JOURNAL_UNKNOWN;
	}
	if (j->fs->truncate(j->fs->data, j->fd, (off_t)j->end) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", j->path);
	return WQ_OK;
}

static wq_err open_in(struct wq_journal *j, const char *dir, const struct wq_journal_options *o)
{
	char path[4096];

	if (snprintf(path, sizeof path, "%s/lock", dir) >= (int)sizeof path)
		return wq_error(WQ_E_LIMIT, "the directory's name is too long");
	WQ_TRY(wq_dir_make(j->fs, dir, 0700));
	if (wq_failed(wq_file_lock(path, false, &j->lock)))
		return wq_error(WQ_E_BUSY, "another capture of this application is running (%s)", path);
	snprintf(path, sizeof path, "%s/journal", dir);
	j->path = strdup(path);
	if (!j->path)
		return wq_error_id(WQ_E_NO_MEMORY);
	j->fd = j->fs->open_at(j->fs->data, AT_FDCWD, path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	return fits(j, o) ? load(j) : begin(j, o);
}

wq_err wq_journal_open(const char *dir, const struct wq_journal_options *options, struct wq_journal **ret_journal)
{
	const size_t record_max = (size_t)WQ_SITE_OBJECT_MAX + WQ_SNAPSHOT_KEY_MAX + TYPE_MAX + WQ_SITE_HEADERS_MAX;
	struct wq_journal *j = calloc(1, sizeof *j);
	wq_err e;

	if (!j)
		return wq_error_id(WQ_E_NO_MEMORY);
	j->fs = options->fs;
	j->fd = j->lock = -1;
	wq_map_init(&j->first, WQ_JOURNAL_RECORDS_MAX, options->random);
	wq_map_init(&j->second, WQ_JOURNAL_RECORDS_MAX, options->random);
	wq_buf_init(&j->visited, record_max);
	wq_buf_init(&j->looked_up, record_max);
	e = open_in(j, dir, options);
	if (wq_failed(e)) {
		wq_journal_close(&j, false);
		return e;
	}
	*ret_journal = j;
	return WQ_OK;
}

void wq_journal_close(struct wq_journal **journal, bool done)
{
	struct wq_journal *j = *journal;

	if (!j)
		return;
	if (done && j->fd >= 0)
		j->fs->unlink_at(j->fs->data, AT_FDCWD, j->path, 0);
	wq_file_close(&j->fd);
	wq_file_close(&j->lock);
	wq_map_done(&j->first);
	wq_map_done(&j->second);
	wq_buf_done(&j->visited);
	wq_buf_done(&j->looked_up);
	free(j->path);
	free(j);
	*journal = NULL;
}

size_t wq_journal_found(const struct wq_journal *journal, wq_time *ret_began)
{
	*ret_began = journal->began;
	return journal->found;
}
