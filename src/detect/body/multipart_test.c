/* multipart/form-data: every reading on which servers differ has a row. */
#include "base/test.h"
#include "detect/body/body_probe.h"

struct row {
	const char *why; /* what the row shows */
	wq_str bytes;
	const char *told;
};
#define ROW(why, bytes, told) \
	{ \
		why, WQ_S_INIT(bytes), told \
	}
#define CD "Content-Disposition: form-data; "
#define END "\r\n--b--\r\n"
/* One part with this disposition and content "v". */
#define PART(disposition) "--b\r\nContent-Disposition: " disposition "\r\n\r\nv" END

static void check_pieces(const struct probe_body *in, const char *why, const char *expected)
{
	for (size_t piece = in->bytes.n + 1; piece > 0; piece--) {
		struct wq_arena arena;
		WQ_BUF(log, PROBE_MAX);
		wq_arena_init(&arena, 64 * WQ_MIB);
		probe_run(in, piece, piece % 2, &arena, &log);
		if (strcmp(wq_buf_cstr(&log), expected) != 0)
			fail_msg("%s: %.*s in pieces of %zu:\n%sinstead of\n%s", why, WQ_S_ARG(in->bytes), piece,
				wq_buf_cstr(&log), expected);
		wq_arena_done(&arena);
	}
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct probe_body in = {
			WQ_BODY_MULTIPART, WQ_S("multipart/form-data; boundary=b"), WQ_S(""), rows[i].bytes, NULL};
		check_pieces(&in, rows[i].why, rows[i].told);
	}
}

static void parts(void **state)
{
	static const struct row rows[] = {
		ROW("nothing", "", ""),
		ROW("no part", "--b--\r\n", ""),
		ROW("a field", "--b\r\n" CD "name=\"a\"\r\n\r\n1" END,
			"header a:Content-Disposition: form-data; name=\"a\"\na=1\n"),
		ROW("no end of line behind the last boundary", "--b\r\n" CD "name=\"a\"\r\n\r\n1\r\n--b--",
			"header a:Content-Disposition: form-data; name=\"a\"\na=1\n"),
		ROW("fields and files",
			"--b\r\n" CD "name=\"a\"\r\n\r\n1\r\n2\n\r\n--b\r\n" CD
			"name=f; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\nabc\r\ndef\r\n\r\n--b\r\n" CD
			"name=\"e\"\r\n\r\n" END,
			"header a:Content-Disposition: form-data; name=\"a\"\na=1\\x0d\\x0a2\\x0a\n"
			"header f:Content-Disposition: form-data; name=f; filename=\"x.txt\"\n"
			"header f:Content-Type: text/plain\nfile f:x.txt\n  10 bytes\n"
			"header e:Content-Disposition: form-data; name=\"e\"\ne=\n"),
		ROW("empty content without a line of its own", "--b\r\n" CD "name=\"a\"\r\n\r\n--b--\r\n",
			"header a:Content-Disposition: form-data; name=\"a\"\na=\n"),
		ROW("an input for a file that was not chosen", "--b\r\n" CD "name=\"a\"; filename=\"\"\r\n\r\n" END,
			"header a:Content-Disposition: form-data; name=\"a\"; filename=\"\"\na=\n"),
		ROW("quotation marks in a name, as browsers send them", PART("form-data; name=\"a%22b\""),
			"header a%22b:Content-Disposition: form-data; name=\"a%22b\"\na%22b=v\n"),
		ROW("a path with backslashes", "--b\r\n" CD "name=\"a\"; filename=\"C:\\x\\y.txt\"\r\n\r\n" END,
			"header a:Content-Disposition: form-data; name=\"a\"; filename=\"C:\\x\\y.txt\"\n"
			"file a:C:\\x\\y.txt\n  0 bytes\n"),
		ROW("Chinese", PART("form-data; name=\"中文\""),
			"header 中文:Content-Disposition: form-data; name=\"中文\"\n中文=v\n"),
		ROW("a lone CR is content", "--b\r\n" CD "name=\"a\"\r\n\r\n\r1\r\r2\r" END,
			"header a:Content-Disposition: form-data; name=\"a\"\na=\\x0d1\\x0d\\x0d2\\x0d\n"),
		ROW("lines of hyphens and spaces", "--b\r\n" CD "name=\"a\"\r\n\r\n-x\r\n b\r\n-" END,
			"header a:Content-Disposition: form-data; name=\"a\"\na=-x\\x0d\\x0a b\\x0d\\x0a-\n"),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
}

static void lines(void **state)
{
	static const struct row rows[] = {
		ROW("LF", "--b\n" CD "name=a\n\n1\n--b--\n",
			"header a:Content-Disposition: form-data; name=a\na=1\n! lf-line\n"),
		ROW("LF and CRLF", "--b\r\n" CD "name=a\n\r\n1\n--b--\r\n",
			"header a:Content-Disposition: form-data; name=a\na=1\n! lf-line\n! crlf-lf-mixed\n"),
		ROW("LF before a boundary only", "--b\r\n" CD "name=a\r\n\r\n1\n--b--\r\n",
			"header a:Content-Disposition: form-data; name=a\na=1\n! lf-line\n! crlf-lf-mixed\n"),
		ROW("before", "x\r\n--b\r\n" CD "name=a\r\n\r\n1" END,
			"header a:Content-Disposition: form-data; name=a\na=1\n! data-before\n"),
		ROW("an empty line before", "\r\n--b\r\n" CD "name=a\r\n\r\n1" END,
			"header a:Content-Disposition: form-data; name=a\na=1\n"),
		ROW("after", "--b\r\n" CD "name=a\r\n\r\n1" END "x",
			"header a:Content-Disposition: form-data; name=a\na=1\n! data-after\n"),
		ROW("a part after the last boundary", "--b--\r\n" PART("form-data; name=a"), "! data-after\n"),
		ROW("folded", "--b\r\nContent-Disposition:\r\n form-data;\r\n\tname=a\r\n\r\nv" END,
			"header a:Content-Disposition: form-data; name=a\na=v\n! header-folded\n"),
		ROW("folded with a vertical tab", "--b\r\nContent-Disposition: form-data;\r\n\v name=a\r\n\r\nv" END,
			"header a:Content-Disposition: form-data; name=a\na=v\n! header-folded\n! folding-invalid\n"),
		ROW("nothing to fold", "--b\r\n x: y\r\n\r\nv" END,
			"! header-folded\n! part-header\nfailed: multipart: a folded line without a header before it\n"),
		ROW("white space behind the boundary", "--b \t\r\n" CD "name=a\r\n\r\nv\r\n--b-- \r\n",
			"header a:Content-Disposition: form-data; name=a\na=v\n! boundary-space\n"),
		ROW("white space before the boundary", "--b\r\n" CD "name=a\r\n\r\nv\r\n --b\r\n" END,
			"header a:Content-Disposition: form-data; name=a\na=v\\x0d\\x0a --b\\x0d\\x0a\n! boundary-space\n"
			"! unmatched-boundary\n"),
		ROW("another boundary", "--b\r\n" CD "name=a\r\n\r\nv\r\n--c" END,
			"header a:Content-Disposition: form-data; name=a\na=v\\x0d\\x0a--c\n! unmatched-boundary\n"),
		ROW("the boundary goes on", "--b\r\n" CD "name=a\r\n\r\nv\r\n--bc\r\n" END,
			"! boundary-like\nfailed: multipart: a line that begins with the boundary and goes on\n"),
		ROW("the last boundary goes on", "--b\r\n" CD "name=a\r\n\r\nv\r\n--b--x\r\n",
			"! boundary-like\nfailed: multipart: a line that begins with the boundary and goes on\n"),
		ROW("too much white space behind it",
			"--b                                                                               \r\n",
			"! boundary-space\n! boundary-like\nfailed: multipart: a line that begins with the boundary and goes on\n"),
		ROW("no boundary", "a=1&b=2", "! data-before\n! unended\nfailed: multipart: no boundary in the body\n"),
		ROW("no last boundary", "--b\r\n" CD "name=a\r\n\r\nv\r\n",
			"header a:Content-Disposition: form-data; name=a\na=v\\x0d\\x0a\n! unended\n"
			"failed: multipart: the last boundary is missing\n"),
		ROW("cut in a line that may be one", "--b\r\n" CD "name=a\r\n\r\nv\r\n-",
			"header a:Content-Disposition: form-data; name=a\na=v\\x0d\\x0a-\n! unended\n"
			"failed: multipart: the last boundary is missing\n"),
		ROW("cut in the head", "--b\r\n" CD "name=a\r\n",
			"header a:Content-Disposition: form-data; name=a\na=\n! part-invalid\n! unended\n"
			"failed: multipart: the last boundary is missing\n"),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
}

#define LINE(disposition) ":Content-Disposition: " disposition "\n"
static void heads(void **state)
{
	static const struct row rows[] = {
		ROW("apostrophes", PART("form-data; name='a'"),
			"header a" LINE("form-data; name='a'") "a=v\n! quoting\n"),
		ROW("an apostrophe in quotation marks", PART("form-data; name=\"a'b\""),
			"header a'b" LINE("form-data; name=\"a'b\"") "a'b=v\n"),
		ROW("an escaped quotation mark", PART("form-data; name=\"a\\\"b\""),
			"header a\"b" LINE("form-data; name=\"a\\\"b\"") "a\"b=v\n! quoting\n"),
		ROW("a quotation mark that is not closed", PART("form-data; name=\"a"),
			"header a" LINE("form-data; name=\"a") "a=v\n! quoting\n"),
		ROW("white space around '='", PART("form-data; name = a"),
			"header a" LINE("form-data; name = a") "a=v\n! quoting\n"),
		ROW("no semicolon", PART("form-data; name=\"a\" filename=\"x\""),
			"header a" LINE(
				"form-data; name=\"a\" filename=\"x\"") "file a:x\n  1 bytes\na=v\n! semicolon-missing\n"),
		ROW("name twice", PART("form-data; name=a; name=b"),
			"header a" LINE("form-data; name=a; name=b") "a=v\nb=v\n! part-twice\n"),
		ROW("filename twice", PART("form-data; name=a; filename=x.txt; filename=\"x.php\""),
			"header a" LINE(
				"form-data; name=a; filename=x.txt; filename=\"x.php\"") "file a:x.txt\n  1 bytes\nfile a:x.php\n  0 bytes\na=v\n! part-twice\n"),
		ROW("filename* beside filename", PART("form-data; name=a; filename=x.txt; filename*=UTF-8''x%2ephp"),
			"header a" LINE(
				"form-data; name=a; filename=x.txt; filename*=UTF-8''x%2ephp") "file a:x.txt\n  1 bytes\nfile a:x.php\n  0 bytes\na=v\n! filename-star\n"),
		ROW("filename* alone", PART("form-data; name=a; filename*=gbk''%d6%d0"),
			"header a" LINE(
				"form-data; name=a; filename*=gbk''%d6%d0") "file a:中\n  1 bytes\na=v\n! filename-star\n"),
		ROW("an encoded word", PART("form-data; name=a; filename=\"=?utf-8?B?eC5waHA=?=\""),
			"header a" LINE(
				"form-data; name=a; filename=\"=?utf-8?B?eC5waHA=?=\"") "file a:=?utf-8?B?eC5waHA=?=\n  1 bytes\na=v\n! quoting\n"),
		ROW("no name", PART("form-data"), "header " LINE("form-data") "=v\n! part-invalid\n"),
		ROW("another disposition", PART("attachment; name=a; filename=x"),
			"header a" LINE("attachment; name=a; filename=x") "file a:x\n  1 bytes\na=v\n! part-invalid\n"),
		ROW("upper case", PART("FORM-DATA; NAME=a; FILENAME=x"),
			"header a" LINE("FORM-DATA; NAME=a; FILENAME=x") "file a:x\n  1 bytes\n"),
		ROW("no head", "--b\r\n\r\nv" END, "=v\n! part-invalid\n"),
		ROW("a boundary in the head", "--b\r\n" CD "name=a\r\n--b--\r\n",
			"header a" LINE("form-data; name=a") "a=\n! part-invalid\n"),
		ROW("Content-Disposition twice", "--b\r\n" CD "name=a; filename=x\r\n" CD "name=c\r\n\r\nv" END,
			"header a" LINE("form-data; name=a; filename=x") "header a" LINE(
				"form-data; name=c") "file a:x\n  1 bytes\na=v\nc=v\n! part-twice\n! header-twice\n"),
		ROW("Content-Type twice",
			"--b\r\n" CD "name=a\r\nContent-Type: text/plain\r\ncontent-type: text/html\r\n\r\nv" END,
			"header a" LINE(
				"form-data; name=a") "header a:Content-Type: text/plain\nheader a:content-type: text/html\na=v\n! header-twice\n"),
		ROW("Content-Transfer-Encoding",
			"--b\r\n" CD "name=a\r\nContent-Transfer-Encoding: base64\r\n\r\ndg==" END,
			"header a" LINE(
				"form-data; name=a") "header a:Content-Transfer-Encoding: base64\na=dg==\n! part-encoded\n"),
		ROW("a byte that may not stand in a header's name",
			"--b\r\n\x0e"
			"X: y\r\n" CD "name=a\r\n\r\nv" END,
			"header a:\\x0eX: y\nheader a" LINE("form-data; name=a") "a=v\n! part-header\n"),
		ROW("white space before the colon", "--b\r\nContent-Disposition : form-data; name=a\r\n\r\nv" END,
			"header a:Content-Disposition : form-data; name=a\na=v\n! part-header\n"),
		ROW("no colon", "--b\r\ntest\r\n--b--\r\n",
			"! part-header\nfailed: multipart: a part header without a colon\n"),
		ROW("NUL in a name", "--b\r\n" CD "name=\"a\0b\"\r\n\r\nv" END,
			"! part-header\n! nul\nfailed: multipart: a NUL byte in a part header\n"),
		ROW("NUL in a value", "--b\r\n" CD "name=a\r\n\r\nv\0" END,
			"header a" LINE("form-data; name=a") "a=v\\x00\n! nul\n"),
		ROW("the same name in two parts", "--b\r\n" CD "name=a\r\n\r\n1\r\n" PART("form-data; name=a"),
			"header a" LINE("form-data; name=a") "a=1\nheader a" LINE(
				"form-data; name=a") "a=v\n! duplicate\n"),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
}

static void charsets(void **state)
{
	static const struct row rows[] = {
		ROW("of a part", "--b\r\n" CD "name=a\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n\xd6\xd0" END,
			"header a" LINE(
				"form-data; name=a") "header a:Content-Type: text/plain; charset=gb2312\na=中\n"),
		ROW("of a part, not known",
			"--b\r\n" CD "name=a\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+ADw-" END,
			"header a" LINE(
				"form-data; name=a") "header a:Content-Type: text/plain; charset=utf-7\na=+ADw-\n! charset\nunreadable\n"),
		ROW("_charset_", "--b\r\n" CD "name=_charset_\r\n\r\ngbk\r\n--b\r\n" CD "name=a\r\n\r\n\xd6\xd0" END,
			"header _charset_" LINE("form-data; name=_charset_") "_charset_=gbk\nheader a" LINE(
				"form-data; name=a") "a=中\n"),
		ROW("_charset_, not known", "--b\r\n" CD "name=_charset_\r\n\r\nutf-7" END,
			"header _charset_" LINE(
				"form-data; name=_charset_") "_charset_=utf-7\n! charset\nunreadable\n"),
	};
	(void)state;
	check_rows(rows, WQ_COUNT(rows));
}

static void boundaries(void **state)
{
	static const struct {
		const char *type, *boundary, *odd; /* NULL: fails */
	} rows[] = {
		{"multipart/form-data; boundary=b", "b", ""},
		{"multipart/form-data;charset=utf-8;boundary=\"b\"", "b", ""},
		{"Multipart/Form-Data; BOUNDARY=b; x=y", "b", ""},
		{"multipart/form-data; boundary=----WebKitFormBoundary7MA4", "----WebKitFormBoundary7MA4", ""},
		{"multipart/form-data; boundary=boundary", "boundary", ""},
		{"multipart/form-data; boundary=Boundary_1; charset=utf-8", "Boundary_1", ""},
		{"multipart/form-data; boundary=\"b b\"", "b b", "! boundary-space\n"},
		{"multipart/form-data; boundary = b", "b", "! boundary-space\n"},
		{"multipart/form-data; boundary=b ", "b", "! boundary-space\n"},
		{"multipart/form-data; boundary=\"b", "b", "! boundary-quoted\n"},
		{"multipart/form-data; boundary=\"b\"c", "b", "! boundary-quoted\n"},
		{"multipart/form-data; boundary=b\"c\"", "b\"c\"", "! boundary-quoted\n! boundary-bytes\n"},
		{"multipart/form-data; boundary='b'", "'b'", "! boundary-quoted\n"},
		{"multipart/form-data; boundary=b,c", "b,c", "! boundary-bytes\n"},
		{"multipart/form-data; boundary=b{c}", "b{c}", "! boundary-bytes\n"},
		{"multipart/form-data boundary=b", "b", "! semicolon-missing\n"},
		{"multipart/form-data, boundary=b", "b", "! semicolon-missing\n"},
		{"multipart/form-data", "", NULL},
		{"multipart/form-data; boundary=", "", NULL},
		{"multipart/form-data; boundary=\"\"", "", NULL},
		{"multipart/form-data; boundary=a; boundary=b", "b", NULL},
		{"multipart/form-data; boundary*0=b", "b", NULL},
		{"multipart/form-data; x=\"boundary=c\"; boundary=b", "b", NULL},
	};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(bytes, 4096);
		WQ_BUF(told, 4096);
		wq_buf_printf(
			&bytes, "--%s\r\n" CD "name=a\r\n\r\nv\r\n--%s--\r\n", rows[i].boundary, rows[i].boundary);
		if (rows[i].odd)
			wq_buf_printf(&told, "header a" LINE("form-data; name=a") "a=v\n%s", rows[i].odd);
		else
			wq_buf_printf(&told, "! boundary-twice\nfailed: multipart: no boundary, or more than one\n");
		struct probe_body in = {WQ_BODY_MULTIPART, wq_str_c(rows[i].type), WQ_S(""), wq_buf_str(&bytes), NULL};
		check_pieces(&in, rows[i].type, wq_buf_cstr(&told));
	}
}

#define TEN "a:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n"
static void limits(void **state)
{
	static const struct {
		struct wq_body_limits limits;
		wq_str bytes;
		const char *told;
	} rows[] = {
		{{1000, 1000, 9, 1, 999, 9, 9}, WQ_S_INIT("--b\r\n" CD "name=a\r\n\r\n\r\n" PART("form-data; name=c")),
			"header a" LINE(
				"form-data; name=a") "a=\n! parts\nfailed over: multipart: more than 1 parts\n"},
		{{1000, 1000, 1, 9, 999, 9, 9}, WQ_S_INIT("--b\r\n" CD "name=a\r\n\r\n\r\n" PART("form-data; name=c")),
			"header a" LINE("form-data; name=a") "a=\nheader c" LINE(
				"form-data; name=c") "failed over: more than 1 arguments, or no memory\n"},
		{{1000, 1000, 9, 9, 20, 9, 9}, WQ_S_INIT(PART("form-data; name=c")),
			"! parts\nfailed over: multipart: a part's headers of more than 20 bytes\n"},
		{{9000, 9000, 9, 9, 999, 9, 9}, WQ_S_INIT("--b\r\n" TEN TEN TEN "a:\r\na:\r\na:\r\n" END),
			"! parts\nfailed over: multipart: more than 32 headers in a part\n"},
		{{1000, 49, 9, 9, 99, 9, 9}, WQ_S_INIT(PART("form-data; name=\"1234567890\"")),
			"failed over: more than 49 bytes that are no files\n"},
		{{1000, 60, 9, 9, 99, 9, 9},
			WQ_S_INIT("--b\r\n" CD "name=a; filename=x\r\n\r\n123456789012345678901234567890" END),
			"header a" LINE("form-data; name=a; filename=x") "file a:x\n  30 bytes\n"},
	};
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct probe_body in = {WQ_BODY_MULTIPART, WQ_S("multipart/form-data; boundary=b"), WQ_S(""),
			rows[i].bytes, &rows[i].limits};
		check_pieces(&in, "limit", rows[i].told);
	}
}

/* Folds by the thousand: memory grows with the bytes, not with their square. */
static void many_folds(void **state)
{
	struct wq_arena arena;
	WQ_BUF(text, 65536);
	WQ_BUF(log, PROBE_MAX);
	(void)state;
	wq_buf_printf(&text, "--b\r\n" CD "name=a\r\nX:");
	for (int i = 0; i < 1500; i++)
		wq_buf_printf(&text, "\r\n y");
	wq_buf_printf(&text,
		"\r\nY:z\r\n 1"
		"\r\n\r\nv" END);
	struct probe_body in = {
		WQ_BODY_MULTIPART, WQ_S("multipart/form-data; boundary=b"), WQ_S(""), wq_buf_str(&text), NULL};
	wq_arena_init(&arena, 128 * WQ_KIB);
	struct wq_body_report report = probe_run(&in, 100, false, &arena, &log);
	assert_false(report.failed);
	assert_true(wq_str_find(wq_buf_str(&log), WQ_S(" y y\nheader a:Y:z 1\na=v\n")) > 0);
	wq_arena_done(&arena);
}

/* Whatever is refused in a multipart body is a strict error for rules that only ask for that. */
static void long_boundary(void **state)
{
	struct wq_arena arena;
	WQ_BUF(type, 4096);
	WQ_BUF(log, PROBE_MAX);
	(void)state;
	wq_buf_printf(&type, "multipart/form-data; boundary=");
	for (int i = 0; i < 257; i++)
		wq_buf_byte(&type, 'b');
	struct probe_body in = {WQ_BODY_MULTIPART, wq_buf_str(&type), WQ_S(""), WQ_S("--b--"), NULL};
	wq_arena_init(&arena, WQ_MIB);
	struct wq_body_report report = probe_run(&in, 7, false, &arena, &log);
	assert_string_equal(
		wq_buf_cstr(&log), "! boundary-bytes\nfailed: multipart: a boundary of more than 256 bytes\n");
	assert_true(wq_body_strict_error(&report));
	wq_arena_done(&arena);
}

/* A file of many megabytes leaves the arena as small as it was. */
static void large_file(void **state)
{
	static char piece[65536];
	struct wq_arena arena;
	WQ_BUF(log, PROBE_MAX);
	struct probe probe = {.log = &log};
	struct wq_body_sink sink = probe_sink(&probe);
	(void)state;
	wq_arena_init(&arena, 64 * WQ_KIB);
	for (size_t i = 0; i < sizeof piece; i++)
		piece[i] = (char)(i * 2654435761u >> 13);
	struct wq_body *body = wq_body_new(WQ_BODY_MULTIPART, WQ_S("multipart/form-data; boundary=b"), WQ_S(""),
		&wq_body_limits_default, &sink, &arena);
	wq_body_add(body, WQ_S("--b\r\n" CD "name=a; filename=x\r\n\r\n"));
	for (size_t i = 0; i < 500; i++)
		wq_body_add(body, wq_str_of(piece, sizeof piece));
	wq_body_add(body, WQ_S(END));
	wq_body_end(body);
	assert_false(wq_body_report(body)->failed);
	assert_int_equal(wq_body_report(body)->files_bytes, 500 * sizeof piece);
	assert_int_equal(wq_body_report(body)->files, 1);
	assert_str(wq_body_report(body)->part_filename, WQ_S("x"));
	wq_arena_done(&arena);
}

static void variables(void **state)
{
	struct probe_body in = {WQ_BODY_MULTIPART, WQ_S("multipart/form-data; boundary=b"), WQ_S(""),
		WQ_S("--b\r\nContent-Disposition: form-data;\r\n name='a'\r\n\r\n1\n--b--\r\nx"), NULL};
	static const struct {
		const char *name;
		bool set;
	} rows[] = {{"MULTIPART_HEADER_FOLDING", true}, {"MULTIPART_INVALID_QUOTING", true},
		{"MULTIPART_LF_LINE", true}, {"MULTIPART_CRLF_LF_LINES", true}, {"MULTIPART_DATA_AFTER", true},
		{"MULTIPART_STRICT_ERROR", true}, {"MULTIPART_DATA_BEFORE", false},
		{"MULTIPART_INVALID_HEADER_FOLDING", false}, {"MULTIPART_UNMATCHED_BOUNDARY", false},
		{"MULTIPART_BOUNDARY_QUOTED", false}, {"MULTIPART_BOUNDARY_WHITESPACE", false},
		{"MULTIPART_MISSING_SEMICOLON", false}, {"MULTIPART_INVALID_PART", false},
		{"MULTIPART_FILE_LIMIT_EXCEEDED", false}};
	struct wq_arena arena;
	WQ_BUF(log, PROBE_MAX);
	(void)state;
	wq_arena_init(&arena, WQ_MIB);
	struct wq_body_report report = probe_run(&in, 7, false, &arena, &log);
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_int_equal(
			(report.oddities & wq_body_variable_oddities(wq_str_c(rows[i].name))) != 0, rows[i].set);
	assert_true(wq_body_strict_error(&report));
	wq_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(lines),
		cmocka_unit_test(heads),
		cmocka_unit_test(charsets),
		cmocka_unit_test(boundaries),
		cmocka_unit_test(limits),
		cmocka_unit_test(many_folds),
		cmocka_unit_test(long_boundary),
		cmocka_unit_test(large_file),
		cmocka_unit_test(variables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
