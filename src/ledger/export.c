#include "ledger/export_priv.h"
#include "ledger/ledger_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>

struct writer {
	struct wq_ledger *ledger;
	FILE *file;
	struct wq_tip tip;
	wq_digest heads;
};

static wq_err write_record(struct writer *w, char type, wq_str payload)
{
	WQ_BUF(header, 16);

	wq_buf_byte(&header, (uint8_t)type);
	wq_buf_u32(&header, (uint32_t)payload.n);
	if (fwrite(header.data, 1, header.len, w->file) != header.len ||
		fwrite(payload.p, 1, payload.n, w->file) != payload.n)
		return wq_error_sys(WQ_E_IO, errno, "writing the export");
	return WQ_OK;
}

static wq_err write_head(struct writer *w, const struct wq_head *head)
{
	WQ_BUF(payload, 512);

	WQ_TRY(wq_head_encode(head, &payload));
	wq_buf_add(&payload, wq_str_of(head->sig.rs, sizeof(head->sig.rs)));
	WQ_TRY(wq_buf_err(&payload));
	w->heads = wq_export_heads_digest(w->heads, wq_buf_str(&payload));
	return write_record(w, 'H', wq_buf_str(&payload));
}

static wq_err write_heads(struct writer *w)
{
	struct wq_db_rows *rows = NULL;
	struct wq_head head;
	wq_err e = WQ_OK;

	WQ_TRY(wq_ledger_heads(w->ledger, w->tip.seq, w->tip.seq, &rows));
	while (!wq_failed(e) && wq_db_next(rows)) {
		e = wq_ledger_head_row(rows, &head);
		if (!wq_failed(e))
			e = write_head(w, &head);
	}
	if (!wq_failed(e))
		return wq_db_rows_close(&rows);
	WQ_IGNORE(wq_db_rows_close(&rows));
	return e;
}

/* As stored, also when it does not verify: an export is evidence. */
static wq_err write_event(void *data, const struct wq_db_rows *row)
{
	struct writer *w = data;
	wq_str bytes = wq_db_blob(row, WQ_ROW_BYTES);

	WQ_TRY(write_record(w, 'E', bytes));
	w->tip = (struct wq_tip){.seq = w->tip.seq + 1, .digest = wq_sm3(bytes)};
	return write_heads(w);
}

static wq_err write_all(struct writer *w)
{
	WQ_BUF(closing, 512);

	if (fwrite(WQ_EXPORT_MAGIC.p, 1, WQ_EXPORT_MAGIC.n, w->file) != WQ_EXPORT_MAGIC.n)
		return wq_error_sys(WQ_E_IO, errno, "writing the export");
	WQ_TRY(wq_ledger_rows(w->ledger, write_event, w));
	WQ_TRY(wq_export_close_encode(&w->tip, w->heads, &closing));
	WQ_TRY(write_record(w, 'Z', wq_buf_str(&closing)));
	if (fflush(w->file) != 0 || fsync(fileno(w->file)) != 0)
		return wq_error_sys(WQ_E_IO, errno, "writing the export");
	return WQ_OK;
}

static wq_err put_in_place(const char *temporary, const char *path)
{
	char copy[PATH_MAX];
	int folder;

	if (rename(temporary, path) != 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	snprintf(copy, sizeof(copy), "%s", path);
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fsync(folder) != 0) {
		wq_err e = wq_error_sys(WQ_E_IO, errno, "folder of %s", path);
		if (folder >= 0)
			close(folder);
		return e;
	}
	close(folder);
	return WQ_OK;
}

static wq_err write_file(struct wq_ledger *ledger, int fd)
{
	struct writer w = {.ledger = ledger, .file = fdopen(fd, "w")};
	bool own = !wq_db_in_transaction(ledger->db);
	wq_err e = WQ_OK;

	if (!w.file) {
		close(fd);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	if (own)
		e = wq_db_begin_read(ledger->db);
	if (!wq_failed(e))
		e = write_all(&w);
	if (own)
		wq_db_abort(ledger->db);
	if (fclose(w.file) != 0 && !wq_failed(e))
		e = wq_error_sys(WQ_E_IO, errno, "writing the export");
	return e;
}

wq_err wq_ledger_export(struct wq_ledger *ledger, const char *path)
{
	char temporary[PATH_MAX];
	wq_err e;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return wq_error(WQ_E_INPUT, "the path is too long");
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600: whoever may read it is for the operator to say */
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	e = write_file(ledger, fd);
	if (!wq_failed(e))
		e = put_in_place(temporary, path);
	if (wq_failed(e))
		unlink(temporary);
	return e;
}
