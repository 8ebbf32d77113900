/* Runs a body through a parser and writes down what is told, in lines: for tests and fuzz targets of this folder. */
#ifndef WQ_DETECT_BODY_BODY_PROBE_H
#define WQ_DETECT_BODY_BODY_PROBE_H

#include "base/buf.h"
#include "detect/body/body.h"

enum { PROBE_MAX = 32 * 1024 * 1024 };

struct probe_body {
	enum wq_body_kind kind;
	wq_str type, encoding, bytes;
	const struct wq_body_limits *limits; /* NULL: the default */
};

/* Bytes that are not printable ASCII as \xNN. */
static inline void probe_text(struct wq_buf *log, wq_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if ((c >= 0x20 && c < 0x7f) || c >= 0x80)
			wq_buf_byte(log, c);
		else
			wq_buf_printf(log, "\\x%02x", c);
	}
}

static inline void probe_line(struct wq_buf *log, const char *what, wq_str a, const char *between, wq_str b)
{
	wq_buf_printf(log, "%s", what);
	probe_text(log, a);
	wq_buf_printf(log, "%s", between);
	probe_text(log, b);
	wq_buf_byte(log, '\n');
}

static inline bool probe_arg(void *data, wq_str name, wq_str value)
{
	probe_line(data, "", name, "=", value);
	return true;
}

static inline bool probe_file(void *data, wq_str field, wq_str filename, uint64_t bytes)
{
	probe_line(data, "file ", field, ":", filename);
	wq_buf_printf(data, "  %llu bytes\n", (unsigned long long)bytes);
	return true;
}

static inline bool probe_header(void *data, wq_str field, wq_str line)
{
	probe_line(data, "header ", field, ":", line);
	return true;
}

static inline bool probe_xml_text(void *data, wq_str text)
{
	probe_line(data, "text ", text, "", WQ_S(""));
	return true;
}

static inline bool probe_xml_attribute(void *data, wq_str value)
{
	probe_line(data, "attribute ", value, "", WQ_S(""));
	return true;
}

static inline struct wq_body_sink probe_sink(struct wq_buf *log)
{
	return (struct wq_body_sink){log, probe_arg, probe_file, probe_header, probe_xml_text, probe_xml_attribute};
}

static inline void probe_oddities(struct wq_buf *log, uint64_t oddities)
{
	for (unsigned i = 0; i < WQ_ODD_COUNT; i++)
		if (oddities >> i & 1)
			wq_buf_printf(log, "! %s\n", wq_body_oddity_name((enum wq_body_oddity)i));
}

/* `piece` bytes at once; `stay` promises that they stay. What was told must still be the same at the end: told values are
 * written down a second time from their slices by the caller's sink, not here. */
static inline struct wq_body_report probe_run(
	const struct probe_body *in, size_t piece, bool stay, struct wq_arena *arena, struct wq_buf *log)
{
	struct wq_body_sink sink = probe_sink(log);
	struct wq_body *body = wq_body_new(
		in->kind, in->type, in->encoding, in->limits ? in->limits : &wq_body_limits_default, &sink, arena);
	struct wq_body_report report;
	wq_str rest = in->bytes;
	if (!body)
		abort();
	if (stay)
		wq_body_pieces_stay(body);
	while (rest.n) {
		wq_str part = wq_str_head(rest, piece);
		wq_body_add(body, part);
		rest = wq_str_from(rest, part.n);
	}
	wq_body_end(body);
	report = *wq_body_report(body);
	probe_oddities(log, report.oddities);
	if (report.failed)
		wq_buf_printf(log, "failed%s%s: %s\n", report.over ? " over" : "",
			report.unreadable ? " unreadable" : "", report.text);
	else if (report.unreadable)
		wq_buf_printf(log, "unreadable\n");
	return report;
}

#endif
