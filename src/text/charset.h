/* Which charset bytes are in, and decoding them to UTF-8, as browsers do it (WHATWG Encoding Standard): what a check
 * reads has to be what a visitor reads.
 *
 * Everything labelled gb2312 or gbk is GB18030, Big5 is with HKSCS, latin1 and ascii are windows-1252. A decoder can be
 * stopped at any byte: the output does not depend on how the input was cut. A fault is U+FFFD, as many as the standard
 * says; the decoder counts them and keeps the place of the first. The tables are made at build time: nothing is loaded.
 * Not good at: Japanese, Korean, Cyrillic … charsets (their labels are WQ_CHARSET_NONE); encoding.
 */
#ifndef WQ_TEXT_CHARSET_H
#define WQ_TEXT_CHARSET_H

#include "base/buf.h"

enum wq_charset {
	WQ_CHARSET_NONE, /* unknown or not supported */
	WQ_CHARSET_UTF8,
	WQ_CHARSET_GB18030,
	WQ_CHARSET_BIG5,
	WQ_CHARSET_UTF16LE,
	WQ_CHARSET_UTF16BE,
	WQ_CHARSET_WINDOWS1252
};

/* By label (Encoding Standard §4.2), any case, white space around it ignored. Besides the standard's labels cp936, ms936,
 * windows-936, 936 and euc-cn, which mails carry, are GB18030. */
enum wq_charset wq_charset_by_label(wq_str label);
/* "utf-8", "gb18030"; "" for WQ_CHARSET_NONE. */
const char *wq_charset_name(enum wq_charset charset);

/* ---- detection ---- */

enum wq_charset_how {
	WQ_CHARSET_BY_BOM,
	WQ_CHARSET_BY_HTTP,
	WQ_CHARSET_BY_META,   /* <meta charset>, <meta http-equiv>, or an XML declaration, in the first 1024 bytes */
	WQ_CHARSET_BY_BYTES,  /* nothing was said: from the bytes themselves */
	WQ_CHARSET_BY_DEFAULT /* the bytes say nothing either: plain ASCII, or a draw; UTF-8 or GB18030 */
};

struct wq_charset_guess {
	enum wq_charset charset; /* never WQ_CHARSET_NONE */
	enum wq_charset_how how;
	size_t bom_bytes; /* to be left out when decoding */
	bool doubtful;    /* a label was followed, as browsers do, but the bytes contradict it */
};

enum { WQ_CHARSET_PRESCAN = 1024, WQ_CHARSET_HEAD = 64 * 1024 };

/* `head` is the beginning of the document: the more of it the better, at most WQ_CHARSET_HEAD is read; it may end inside
 * a character. `http_label` is the charset parameter of Content-Type, or empty. A label that is not supported is passed
 * over. */
struct wq_charset_guess wq_charset_detect(wq_str head, wq_str http_label);

/* The charset parameter of a Content-Type value, without quotes; empty when there is none. A slice of it. */
wq_str wq_charset_of_content_type(wq_str value);

/* What the document says of itself in the first WQ_CHARSET_PRESCAN bytes (HTML, "prescan a byte stream to determine its
 * encoding"; UTF-16 counts as UTF-8 there, x-user-defined as windows-1252), or WQ_CHARSET_NONE. */
enum wq_charset wq_charset_prescan(wq_str head);

/* ---- decoding ---- */

struct wq_decoder {
	enum wq_charset charset;
	uint8_t pending[4]; /* the beginning of a character that is not complete */
	uint8_t pending_n;
	uint64_t at;        /* bytes decoded so far, pending ones not counted */
	uint64_t replaced;  /* U+FFFD written for faults */
	uint64_t first_bad; /* offset of the first fault; only when `replaced` is not 0 */
};

/* Requires: `charset` is not WQ_CHARSET_NONE. Owns nothing: there is no done. */
void wq_decoder_init(struct wq_decoder *decoder, enum wq_charset charset);
/* Decodes the next bytes and appends UTF-8 to `out`: at most 3 bytes for each. What does not fit shows in wq_buf_err(). */
void wq_decoder_feed(struct wq_decoder *decoder, wq_str bytes, struct wq_buf *out);
/* After the last byte: an incomplete character is a fault. The decoder may then be used for another text. */
void wq_decoder_end(struct wq_decoder *decoder, struct wq_buf *out);

/* All at once. `*ret_decoder` (may be NULL) gives the count and the place of faults. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_charset_decode(enum wq_charset charset, wq_str bytes, struct wq_buf *out, struct wq_decoder *ret_decoder);

/* A document as browsers read it: finds its charset (wq_charset_detect over its head) and gives its UTF-8: `bytes`
 * themselves when they are that, else what was decoded into `room`. `*ret_converted` says which. Errors: WQ_E_LIMIT,
 * WQ_E_NO_MEMORY. */
wq_err wq_charset_document(wq_str bytes, wq_str http_label, struct wq_buf *room, wq_str *ret_utf8, bool *ret_converted);

#endif
