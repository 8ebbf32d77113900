/* multipart/form-data (RFC 7578, 2046 §5.1), line by line, in pieces of any size. A line that may be a delimiter is kept until that is known,
 * and so is the line end before it, which belongs to the delimiter. */
#include "detect/body/multipart_priv.h"

enum state { PREAMBLE, HEAD, CONTENT, EPILOGUE };
enum place {
	START,  /* of a line */
	DOUBT,  /* in a line that may be a delimiter: it is in `line` */
	MIDDLE, /* in any other line */
};
/* White space behind a delimiter: more than this, and it is none. */
enum { PADDING_MAX = 64 };

struct multipart {
	struct multipart_part part;
	struct wq_hold line, content;
	wq_str delimiter;
	uint64_t kept, content_bytes;
	enum state state;
	enum place place;
	bool cr;              /* a CR that may begin a line end */
	const char *line_end; /* one that is held back: NULL, "\n" or "\r\n" */
	bool crlf_lines, lf_lines;
};

static bool open(struct wq_body *body, wq_str content_type)
{
	struct multipart *m = WQ_NEW(body->arena, struct multipart);
	if (!m)
		return false;
	body->state = m;
	return multipart_boundary(body, content_type, &m->delimiter);
}

/* Counts what is kept in memory. */
static bool keep(struct wq_body *body, uint64_t n)
{
	struct multipart *m = body->state;
	m->kept += n;
	if (m->kept > body->limits.no_files_bytes)
		wq_body_over(body, "more than %u bytes that are no files", body->limits.no_files_bytes);
	return !body->report.failed;
}

static bool hold(struct wq_body *body, struct wq_hold *to, wq_str s)
{
	if (!wq_hold_add(to, body->arena, s))
		wq_body_over(body, "no memory");
	return !body->report.failed;
}

/* Content of the part, or of no part. */
static void content(struct wq_body *body, wq_str s)
{
	struct multipart *m = body->state;
	if (s.n == 0)
		return;
	if (m->state == PREAMBLE) {
		wq_body_odd(body, WQ_ODD(DATA_BEFORE));
		return;
	}
	m->content_bytes += s.n;
	if (m->part.file)
		body->report.files_bytes += s.n;
	if (m->part.field && keep(body, s.n))
		hold(body, &m->content, s);
}

static void release_line_end(struct wq_body *body)
{
	struct multipart *m = body->state;
	if (m->line_end)
		content(body, wq_str_c(m->line_end));
	m->line_end = NULL;
}

/* RFC 7578 §4.6: the charset of fields that follow. */
static void default_charset(struct wq_body *body, wq_str label)
{
	enum wq_charset charset = wq_charset_by_label(label);
	if (charset == WQ_CHARSET_NONE || charset == WQ_CHARSET_UTF16LE || charset == WQ_CHARSET_UTF16BE) {
		wq_body_odd(body, WQ_ODD(CHARSET));
		body->report.unreadable = true;
	} else {
		body->args.charset = charset;
	}
}

static void tell_file(struct wq_body *body, const struct multipart *m)
{
	const struct multipart_part *part = &m->part;
	const struct wq_body_sink *sink = &body->sink;
	wq_str filename = part->filename.n ? part->filename : part->other_filename;
	body->report.files++;
	body->report.part_filename = filename;
	if (sink->file && !sink->file(sink->data, part->name, filename, m->content_bytes))
		wq_body_over(body, "more files than wanted");
	/* its other name is one more file, of no bytes */
	if (sink->file && part->other_filename.p && !wq_str_eq(part->other_filename, filename) &&
		!sink->file(sink->data, part->name, part->other_filename, 0))
		wq_body_over(body, "more files than wanted");
}

static void tell_value(struct wq_body *body, const struct multipart *m, wq_str value)
{
	if (!value.p)
		wq_body_over(body, "no memory");
	else if (wq_body_arg(body, m->part.name, value) && m->part.other_name.p)
		wq_body_arg(body, m->part.other_name, value);
}

static void tell_field(struct wq_body *body, struct multipart *m)
{
	struct wq_args *args = &body->args;
	wq_str raw = wq_hold_take(&m->content);
	bool distinct = args->distinct;
	if (memchr(raw.p, '\0', raw.n))
		wq_body_odd(body, WQ_ODD(NUL));
	args->hid = false;
	wq_str value = wq_args_text(args, m->part.charset, raw);
	if (wq_str_eq(m->part.name, WQ_S("_charset_")) && value.p)
		default_charset(body, value);
	tell_value(body, m, value);
	if (!args->hid)
		return;
	args->distinct = true; /* the sender gave it once */
	tell_value(body, m, wq_args_lossy(args, raw));
	args->distinct = distinct;
}

static void part_ends(struct wq_body *body)
{
	struct multipart *m = body->state;
	if (m->state == HEAD) {
		wq_body_odd(body, WQ_ODD(PART_INVALID));
		if (!multipart_head_end(body, &m->part))
			return;
	}
	for (unsigned i = 0; i < m->part.headers_n && body->sink.part_header; i++)
		if (!body->sink.part_header(body->sink.data, m->part.name, m->part.headers[i])) {
			wq_body_over(body, "more part headers than wanted");
			return;
		}
	body->report.part_name = m->part.name;
	if (m->part.file)
		tell_file(body, m);
	if (m->part.field && !body->report.failed)
		tell_field(body, m);
}

static void part_begins(struct wq_body *body)
{
	struct multipart *m = body->state;
	if (++body->report.parts > body->limits.parts) {
		wq_body_odd(body, WQ_ODD(PARTS));
		wq_body_over(body, "multipart: more than %u parts", body->limits.parts);
		return;
	}
	m->part = (struct multipart_part){0};
	m->content_bytes = 0;
	m->state = HEAD;
}

static void line_ended_in(struct wq_body *body, bool crlf)
{
	struct multipart *m = body->state;
	m->crlf_lines |= crlf;
	m->lf_lines |= !crlf;
	if (m->lf_lines)
		wq_body_odd(body, WQ_ODD(LF_LINE));
	if (m->lf_lines && m->crlf_lines)
		wq_body_odd(body, WQ_ODD(CRLF_LF_MIXED));
}

static void delimiter(struct wq_body *body, bool last)
{
	struct multipart *m = body->state;
	if (m->line_end && m->state == CONTENT)
		line_ended_in(body, m->line_end[0] == '\r');
	m->line_end = NULL;
	if (m->state != PREAMBLE)
		part_ends(body);
	if (last)
		m->state = EPILOGUE;
	else if (!body->report.failed)
		part_begins(body);
	m->place = START;
}

enum verdict { NOT, LIKE, NEXT, LAST };

/* Whether a line, its end taken off, is a delimiter. */
static enum verdict judge(struct wq_body *body, wq_str line, bool whole)
{
	const struct multipart *m = body->state;
	if (wq_str_starts(line, m->delimiter)) {
		wq_str rest = wq_str_from(line, m->delimiter.n);
		bool last = wq_str_starts(rest, WQ_S("--"));
		wq_str padding = wq_str_from(rest, last ? 2 : 0);
		for (size_t i = 0; i < padding.n; i++)
			if (padding.p[i] != ' ' && padding.p[i] != '\t')
				return LIKE;
		if (padding.n)
			wq_body_odd(body, WQ_ODD(BOUNDARY_SPACE));
		return !whole ? LIKE : last ? LAST : NEXT;
	}
	if (line.n > 2 && line.p[0] == '-' && line.p[1] == '-')
		wq_body_odd(body, WQ_ODD(UNMATCHED_BOUNDARY));
	else if (wq_str_starts(wq_str_trim(line), m->delimiter))
		wq_body_odd(body, WQ_ODD(UNMATCHED_BOUNDARY) | WQ_ODD(BOUNDARY_SPACE));
	return NOT;
}

/* The line in doubt is whole, or long enough to be judged. `end`: its line end, NULL when it has none (yet). */
static void doubt_ends(struct wq_body *body, wq_str line, const char *end, bool whole)
{
	struct multipart *m = body->state;
	switch (judge(body, line, whole)) {
	case LIKE:
		wq_body_odd(body, WQ_ODD(BOUNDARY_LIKE));
		wq_body_fail(body, "multipart: a line that begins with the boundary and goes on");
		break;
	case NEXT:
	case LAST: {
		bool last = wq_str_starts(wq_str_from(line, m->delimiter.n), WQ_S("--"));
		if (end)
			line_ended_in(body, end[0] == '\r');
		delimiter(body, last);
		break;
	}
	case NOT:
		release_line_end(body);
		content(body, line);
		m->line_end = end;
		m->place = whole ? START : MIDDLE;
		break;
	}
}

/* Takes the line end off. */
static const char *chop(wq_str *line)
{
	if (line->n == 0 || line->p[line->n - 1] != '\n')
		return NULL;
	line->n--;
	if (line->n == 0 || line->p[line->n - 1] != '\r')
		return "\n";
	line->n--;
	return "\r\n";
}

/* As much of the piece as belongs to the line that is kept. True: the line is whole. */
static bool collect(struct wq_body *body, wq_str *piece, size_t max)
{
	struct multipart *m = body->state;
	size_t room = max > m->line.n ? max - m->line.n : 0;
	wq_str step = wq_str_head(*piece, room);
	const char *end = step.n ? memchr(step.p, '\n', step.n) : NULL;
	if (end)
		step.n = (size_t)(end - step.p) + 1;
	*piece = wq_str_from(*piece, step.n);
	return hold(body, &m->line, step) && end;
}

static void in_doubt(struct wq_body *body, wq_str *piece)
{
	struct multipart *m = body->state;
	size_t max = m->delimiter.n + PADDING_MAX;
	bool whole = collect(body, piece, max);
	if (body->report.failed || (!whole && m->line.n < max))
		return;
	/* what stays in the hold is not told: it may be used again */
	wq_str line = wq_str_of(m->line.p, m->line.n);
	m->line.n = 0;
	const char *end = chop(&line);
	if (!whole && line.n && line.p[line.n - 1] == '\r') {
		line.n--;
		m->cr = true;
	}
	doubt_ends(body, line, end, whole);
}

static void in_head(struct wq_body *body, wq_str *piece)
{
	struct multipart *m = body->state;
	size_t max = body->limits.part_headers_bytes - m->part.headers_bytes;
	bool whole = collect(body, piece, max);
	if (body->report.failed)
		return;
	if (!whole) {
		if (m->line.n < max)
			return;
		wq_body_odd(body, WQ_ODD(PARTS));
		wq_body_over(
			body, "multipart: a part's headers of more than %u bytes", body->limits.part_headers_bytes);
		return;
	}
	wq_str line = wq_hold_take(&m->line);
	m->part.headers_bytes += line.n;
	const char *end = chop(&line);
	if (!keep(body, line.n))
		return;
	if (line.n > 2 && line.p[0] == '-' && line.p[1] == '-') {
		enum verdict verdict = judge(body, line, true);
		if (verdict != NOT) {
			doubt_ends(body, line, end, true);
			return;
		}
	}
	line_ended_in(body, end[0] == '\r');
	if (line.n) {
		multipart_head_line(body, &m->part, line);
	} else if (multipart_head_end(body, &m->part)) {
		m->state = CONTENT;
		m->place = START;
	}
}

static void in_middle(struct wq_body *body, wq_str *piece)
{
	struct multipart *m = body->state;
	const char *end = memchr(piece->p, '\n', piece->n);
	wq_str step = wq_str_head(*piece, end ? (size_t)(end - piece->p) : piece->n);
	*piece = wq_str_from(*piece, step.n + (end != NULL));
	release_line_end(body);
	if (m->cr && step.n) {
		content(body, WQ_S("\r"));
		m->cr = false;
	}
	if (step.n && step.p[step.n - 1] == '\r') {
		m->cr = true;
		step.n--;
	}
	content(body, step);
	if (end) {
		m->line_end = m->cr ? "\r\n" : "\n";
		m->cr = false;
		m->place = START;
	}
}

static void add(struct wq_body *body, wq_str piece)
{
	struct multipart *m = body->state;
	while (piece.n && !body->report.failed) {
		if (m->state == EPILOGUE) {
			wq_body_odd(body, WQ_ODD(DATA_AFTER));
			return;
		}
		if (m->state == HEAD) {
			in_head(body, &piece);
			continue;
		}
		if (m->place == START)
			m->place = piece.p[0] == '-' || piece.p[0] == ' ' || piece.p[0] == '\t' ? DOUBT : MIDDLE;
		if (m->place == DOUBT)
			in_doubt(body, &piece);
		else
			in_middle(body, &piece);
	}
}

static void end(struct wq_body *body)
{
	struct multipart *m = body->state;
	if (m->line.n && m->state != EPILOGUE) {
		wq_str line = wq_hold_take(&m->line);
		if (m->state != HEAD || judge(body, line, true) != NOT)
			doubt_ends(body, line, NULL, true);
		else
			multipart_head_line(body, &m->part, line);
	}
	if (m->state == EPILOGUE || body->report.failed)
		return;
	wq_body_odd(body, WQ_ODD(UNENDED));
	if (m->state == PREAMBLE) {
		wq_body_fail(body, "multipart: no boundary in the body");
		return;
	}
	release_line_end(body);
	if (m->cr)
		content(body, WQ_S("\r"));
	part_ends(body);
	wq_body_fail(body, "multipart: the last boundary is missing");
}

const struct wq_body_parser wq_body_multipart = {.open = open, .add = add, .end = end};
