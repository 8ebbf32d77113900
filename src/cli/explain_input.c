#include "cli/explain_priv.h"

#include "base/file.h"

static wq_err read_input(const char *path, struct wq_buf *out)
{
	if (strcmp(path, "-") != 0)
		return wq_file_read(&wq_fs_system, path, out);
	for (;;) {
		char *room = wq_buf_reserve(out, 64 * WQ_KIB);
		ssize_t n = room ? read(STDIN_FILENO, room, 64 * WQ_KIB) : 0;

		if (n < 0)
			return wq_error(WQ_E_IO, "reading standard input");
		if (n == 0)
			return wq_buf_err(out);
		wq_buf_commit(out, (size_t)n);
	}
}

/* Where the body begins, and where the head ends without its empty line; no empty line: all of it is head. */
static size_t body_at(wq_str bytes, size_t *ret_head)
{
	ptrdiff_t crlf = wq_str_find(bytes, WQ_S("\r\n\r\n")), lf = wq_str_find(bytes, WQ_S("\n\n"));

	if (crlf >= 0 && (lf < 0 || crlf < lf)) {
		*ret_head = (size_t)crlf;
		return (size_t)crlf + 4;
	}
	*ret_head = lf >= 0 ? (size_t)lf : bytes.n;
	return lf >= 0 ? (size_t)lf + 2 : bytes.n;
}

static bool has_header(wq_str head, wq_str name)
{
	while (head.p) {
		wq_str line = wq_str_cut(&head, '\n'), key = wq_str_cut(&line, ':');

		if (line.p && wq_str_eq_nocase(key, name))
			return true;
	}
	return false;
}

static void put_head(wq_str head, struct wq_buf *out)
{
	while (head.p) {
		wq_str line = wq_str_cut(&head, '\n');

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0 && !head.p)
			break;
		wq_buf_add(out, line);
		wq_buf_add(out, WQ_S("\r\n"));
	}
}

wq_err wq_explain_request(const char *path, struct wq_arena *arena, wq_str *ret_bytes)
{
	WQ_BUF(in, WQ_FTW_REQUEST_MAX);
	WQ_BUF(out, 2 * WQ_FTW_REQUEST_MAX);
	wq_str head, body;
	size_t head_n;

	WQ_TRY(read_input(path, &in));
	body = wq_str_from(wq_buf_str(&in), body_at(wq_buf_str(&in), &head_n));
	head = wq_str_head(wq_buf_str(&in), head_n);
	put_head(head, &out);
	if (body.n > 0 && !has_header(head, WQ_S("Content-Length")) && !has_header(head, WQ_S("Transfer-Encoding")))
		wq_buf_printf(&out, "Content-Length: %zu\r\n", body.n);
	wq_buf_add(&out, WQ_S("\r\n"));
	wq_buf_add(&out, body);
	WQ_TRY(wq_buf_err(&out));
	*ret_bytes = wq_arena_str(arena, wq_buf_str(&out));
	return wq_arena_err(arena);
}

wq_err wq_explain_response(const char *path, struct wq_arena *arena, struct wq_ftw_answer *ret_answer)
{
	struct wq_ftw_answer answer = {0};
	WQ_BUF(in, WQ_FTW_REQUEST_MAX);
	wq_str bytes, head, line;
	uint64_t status;
	size_t head_n;

	WQ_TRY(read_input(path, &in));
	bytes = wq_arena_str(arena, wq_buf_str(&in));
	WQ_TRY(wq_arena_err(arena));
	answer.body = wq_str_from(bytes, body_at(bytes, &head_n));
	head = wq_str_head(bytes, head_n);
	line = wq_str_cut(&head, '\n');
	if (!wq_str_starts(line, WQ_S("HTTP/1.")) || line.n < 12 ||
		!wq_str_to_u64(wq_str_of(line.p + 9, 3), 999, &status))
		return wq_error(WQ_E_INPUT, "%s: a response begins with HTTP/1.1 and a status", path);
	answer.status = (uint16_t)status;
	while (head.p && answer.headers_n < WQ_COUNT(answer.headers)) {
		wq_str value = wq_str_cut(&head, '\n'), name = wq_str_cut(&value, ':');

		if (value.p)
			answer.headers[answer.headers_n++] = (struct wq_ftw_header){name, wq_str_trim(value)};
	}
	*ret_answer = answer;
	return WQ_OK;
}
