#include "text/document.h"

#include "text/charset.h"

wq_err wq_document_open(struct wq_document *document, wq_str bytes, wq_str http_label, struct wq_buf *room)
{
	document->bytes = bytes;
	return wq_charset_document(bytes, http_label, room, &document->html, &document->converted);
}

struct pass {
	const struct wq_document_reader *readers;
	size_t n;
};

static wq_err on_token(void *data, const struct wq_html_token *token)
{
	const struct pass *pass = data;

	for (size_t i = 0; i < pass->n; i++)
		WQ_TRY(pass->readers[i].token(pass->readers[i].data, token));
	return WQ_OK;
}

wq_err wq_document_read(const struct wq_document *document, const struct wq_document_reader *readers, size_t n)
{
	struct pass pass = {readers, n};

	if (n > WQ_DOCUMENT_READERS_MAX)
		return wq_error_id(WQ_E_LIMIT);
	return wq_html_scan(document->html, NULL, on_token, &pass);
}

void wq_document_place(const struct wq_document *document, struct wq_document_at *at, uint64_t offset,
	uint32_t *ret_line, uint32_t *ret_column)
{
	uint64_t start;

	offset = WQ_MIN(offset, (uint64_t)document->html.n);
	if (at->line == 0 || offset < at->offset)
		*at = (struct wq_document_at){0, 1};
	at->line += (uint32_t)wq_html_newlines(
		wq_str_head(wq_str_from(document->html, (size_t)at->offset), (size_t)(offset - at->offset)));
	at->offset = offset;
	*ret_line = at->line;
	*ret_column = 1;
	for (start = offset; start > 0 && document->html.p[start - 1] != '\n'; start--)
		*ret_column += ((unsigned char)document->html.p[start - 1] & 0xc0) != 0x80;
}
