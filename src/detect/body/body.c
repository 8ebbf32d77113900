/* A body: counts, limits, compression and charset; the parser of its kind does the rest. */
#include "detect/body/body_priv.h"

enum { DECODE_STEP = 4096 };

static const struct wq_body_parser *const parsers[WQ_BODY_KINDS] = {
	[WQ_BODY_URLENCODED] = &wq_body_urlencoded,
	[WQ_BODY_MULTIPART] = &wq_body_multipart,
	[WQ_BODY_JSON] = &wq_body_json,
	[WQ_BODY_XML] = &wq_body_xml,
};

static WQ_PRINTF(4, 0) void stop(struct wq_body *body, bool over, bool unreadable, const char *format, va_list list)
{
	if (body->report.failed)
		return;
	body->report.failed = true;
	body->report.over = over;
	body->report.unreadable |= unreadable;
	vsnprintf(body->report.text, sizeof body->report.text, format, list);
}

void wq_body_fail(struct wq_body *body, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	stop(body, false, false, format, list);
	va_end(list);
}

void wq_body_over(struct wq_body *body, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	stop(body, true, false, format, list);
	va_end(list);
}

void wq_body_unreadable(struct wq_body *body, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	stop(body, false, true, format, list);
	va_end(list);
}

bool wq_body_arg(struct wq_body *body, wq_str name, wq_str value)
{
	if (!wq_args_tell(&body->args, name, value))
		wq_body_over(body, "more than %u arguments, or no memory", body->args.max);
	return !body->report.failed;
}

/* What the bytes of the body are in, and whether that can be read at all. */
static void choose_charset(struct wq_body *body, wq_str content_type)
{
	wq_str label = wq_charset_of_content_type(content_type);
	struct wq_param param;
	unsigned named = 0;
	if (label.n == 0)
		return;
	body->args.charset = wq_charset_by_label(label);
	(void)wq_str_cut(&content_type, ';');
	while (wq_param_next(&content_type, &param)) {
		if (!wq_str_eq_nocase(param.name, WQ_S("charset")))
			continue;
		if (named++ > 0)
			wq_body_odd(body, WQ_ODD(CHARSET));
		if (wq_charset_by_label(param.value) != body->args.charset) /* of two, servers take either */
			wq_body_doubt(body);
	}
	switch (body->args.charset) {
	case WQ_CHARSET_NONE:
	case WQ_CHARSET_UTF16LE:
	case WQ_CHARSET_UTF16BE:
		wq_body_odd(body, WQ_ODD(CHARSET));
		wq_body_unreadable(body, "the charset is not known, or not one that is read here");
		break;
	case WQ_CHARSET_GB18030:
	case WQ_CHARSET_BIG5:
		body->decoding = body->parser && body->parser->decode;
		wq_decoder_init(&body->decoder, body->args.charset);
		break;
	case WQ_CHARSET_UTF8:
	case WQ_CHARSET_WINDOWS1252: break;
	}
}

struct wq_body *wq_body_new(enum wq_body_kind kind, wq_str content_type, wq_str content_encoding,
	const struct wq_body_limits *limits, const struct wq_body_sink *sink, struct wq_arena *arena)
{
	struct wq_body *body = WQ_NEW(arena, struct wq_body);
	if (!body)
		return NULL;
	body->limits = *limits;
	body->sink = *sink;
	body->arena = arena;
	body->parser = parsers[kind];
	body->args = (struct wq_args){
		.sink = &body->sink, .arena = arena, .oddities = &body->report.oddities, .max = limits->args};
	if (kind != WQ_BODY_NONE)
		choose_charset(body, content_type);
	if (!wq_body_inflate_open(body, content_encoding))
		return body;
	if (!body->report.failed && body->parser && !body->parser->open(body, content_type))
		wq_body_over(body, "no memory");
	return body;
}

void wq_body_pieces_stay(struct wq_body *body)
{
	body->stay = true;
}

void wq_body_doubt(struct wq_body *body)
{
	body->report.unreadable = true;
}

static void parse_decoded(struct wq_body *body, wq_str bytes, bool last)
{
	uint64_t replaced = body->decoder.replaced;
	do {
		WQ_BUF(out, 3 * DECODE_STEP + 16);
		wq_str step = wq_str_head(bytes, DECODE_STEP);
		bytes = wq_str_from(bytes, step.n);
		wq_decoder_feed(&body->decoder, step, &out);
		if (last && bytes.n == 0)
			wq_decoder_end(&body->decoder, &out);
		if (wq_failed(wq_buf_err(&out))) {
			wq_body_over(body, "no memory");
			return;
		}
		if (body->decoder.replaced != replaced)
			wq_body_odd(body, WQ_ODD(CHARSET));
		if (out.len)
			body->parser->add(body, wq_buf_str(&out));
	} while (bytes.n && !body->report.failed);
}

void wq_body_plain(struct wq_body *body, wq_str bytes)
{
	body->plain_bytes += bytes.n;
	if (body->plain_bytes > body->limits.bytes) {
		wq_body_over(body, "more than %llu bytes", (unsigned long long)body->limits.bytes);
		return;
	}
	if (!body->parser || bytes.n == 0)
		return;
	if (body->parser != &wq_body_multipart && body->plain_bytes > body->limits.no_files_bytes) {
		wq_body_over(body, "more than %u bytes that are no files", body->limits.no_files_bytes);
		return;
	}
	if (body->decoding)
		parse_decoded(body, bytes, false);
	else
		body->parser->add(body, bytes);
}

void wq_body_add(struct wq_body *body, wq_str piece)
{
	body->report.bytes += piece.n;
	if (body->report.failed || piece.n == 0)
		return;
	body->lent = body->stay && !body->inflate && !body->decoding;
	if (body->inflate)
		wq_body_inflate_add(body, piece);
	else
		wq_body_plain(body, piece);
	body->report.args = body->args.n;
}

void wq_body_end(struct wq_body *body)
{
	if (body->ended)
		return;
	body->ended = true;
	body->lent = false;
	if (body->inflate && !body->report.failed)
		wq_body_inflate_end(body);
	if (body->parser && body->plain_bytes && !body->report.failed) {
		if (body->decoding)
			parse_decoded(body, WQ_S_NONE, true);
		if (!body->report.failed)
			body->parser->end(body);
	}
	body->report.args = body->args.n;
}

const struct wq_body_report *wq_body_report(const struct wq_body *body)
{
	return &body->report;
}
