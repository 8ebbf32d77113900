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
	bool gb18030;                        /* of the sink */
};

/* What is told goes into `log` at once; slices are kept too, and read again at the end: they have to have stayed. */
enum { PROBE_KEPT = 4096 };
struct probe {
	struct wq_buf *log;
	wq_str kept[PROBE_KEPT];
	uint64_t hashes[PROBE_KEPT];
	size_t n;
};

static inline void probe_keep(struct probe *probe, wq_str s)
{
	if (probe->n == PROBE_KEPT)
		return;
	probe->kept[probe->n] = s;
	probe->hashes[probe->n++] = wq_str_hash(s, 0);
}

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

static inline bool probe_line(struct probe *probe, const char *what, wq_str a, const char *between, wq_str b)
{
	struct wq_buf *log = probe->log;
	probe_keep(probe, a);
	probe_keep(probe, b);
	wq_buf_printf(log, "%s", what);
	probe_text(log, a);
	wq_buf_printf(log, "%s", between);
	probe_text(log, b);
	wq_buf_byte(log, '\n');
	return true;
}

static inline bool probe_arg(void *data, wq_str name, wq_str value)
{
	return probe_line(data, "", name, "=", value);
}

static inline bool probe_file(void *data, wq_str field, wq_str filename, uint64_t bytes)
{
	probe_line(data, "file ", field, ":", filename);
	wq_buf_printf(((struct probe *)data)->log, "  %llu bytes\n", (unsigned long long)bytes);
	return true;
}

static inline bool probe_header(void *data, wq_str field, wq_str line)
{
	return probe_line(data, "header ", field, ":", line);
}

static inline bool probe_xml_text(void *data, wq_str text)
{
	return probe_line(data, "text ", text, "", WQ_S(""));
}

static inline bool probe_xml_attribute(void *data, wq_str value)
{
	return probe_line(data, "attribute ", value, "", WQ_S(""));
}

static inline struct wq_body_sink probe_sink(struct probe *probe)
{
	return (struct wq_body_sink){.data = probe,
		.arg = probe_arg,
		.file = probe_file,
		.part_header = probe_header,
		.xml_text = probe_xml_text,
		.xml_attribute = probe_xml_attribute};
}

static inline void probe_oddities(struct wq_buf *log, uint64_t oddities)
{
	for (unsigned i = 0; i < WQ_ODD_COUNT; i++)
		if (oddities >> i & 1)
			wq_buf_printf(log, "! %s\n", wq_body_oddity_name((enum wq_body_oddity)i));
}

/* A piece that is gone when the call returns. */
static inline void probe_add_copy(struct wq_body *body, wq_str part)
{
	char *copy = malloc(part.n);
	if (!copy)
		abort();
	memcpy(copy, part.p, part.n);
	wq_body_add(body, wq_str_of(copy, part.n));
	memset(copy, 0xee, part.n);
	free(copy);
}

static inline void probe_stayed(const struct probe *probe)
{
	for (size_t i = 0; i < probe->n; i++)
		if (wq_str_hash(probe->kept[i], 0) != probe->hashes[i])
			abort();
}

/* `piece` bytes at once; they stay when `stay` promises it, else they are gone at once. */
static inline struct wq_body_report probe_run(
	const struct probe_body *in, size_t piece, bool stay, struct wq_arena *arena, struct wq_buf *log)
{
	struct probe probe = {.log = log};
	struct wq_body_sink sink = probe_sink(&probe);
	sink.gb18030 = in->gb18030;
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
		if (stay)
			wq_body_add(body, part);
		else
			probe_add_copy(body, part);
		rest = wq_str_from(rest, part.n);
	}
	wq_body_end(body);
	probe_stayed(&probe);
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
