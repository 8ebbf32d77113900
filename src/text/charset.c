#include "text/charset_priv.h"

#include "text/utf8.h"

/* What stands at the start of some bytes. */
struct found {
	size_t n;     /* bytes it takes; 0: more bytes are needed to tell */
	uint32_t cp;  /* U+FFFD for a fault */
	uint32_t cp2; /* a second character, or 0 */
	bool bad;
};

static const struct found need_more = {0};

static struct found fault(size_t n)
{
	return (struct found){.n = n, .cp = WQ_UTF8_REPLACEMENT, .bad = true};
}

static struct found good(size_t n, uint32_t cp)
{
	if (cp & 0x80000000u)
		return (struct found){.n = n, .cp = cp >> 16 & 0x7fff, .cp2 = cp & 0xffff};
	return (struct found){.n = n, .cp = cp};
}

static struct found read_utf8(const uint8_t *b, size_t n)
{
	size_t whole = b[0] < 0xc2 || b[0] > 0xf4 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	uint32_t cp;
	size_t taken = wq_utf8_step(wq_str_of(b, n), &cp);

	if (cp != WQ_UTF8_BAD)
		return good(taken, cp);
	return taken == n && n < whole ? need_more : fault(taken);
}

/* Encoding Standard §10.2.1. */
static struct found read_gb4(const uint8_t *b, size_t n)
{
	uint32_t linear, cp = 0;

	if (n < 3)
		return need_more;
	if (b[2] < 0x81 || b[2] > 0xfe)
		return fault(1);
	if (n < 4)
		return need_more;
	if (b[3] < 0x30 || b[3] > 0x39)
		return fault(1);
	linear = ((b[0] - 0x81u) * 10 + (b[1] - 0x30u)) * 1260 + (b[2] - 0x81u) * 10 + (b[3] - 0x30u);
	if (linear < WQ_GB4_COUNT)
		cp = wq_charset_gb4[linear];
	else if (linear >= 189000 && linear <= 1237575)
		cp = linear - 189000 + 0x10000;
	return cp ? good(4, cp) : fault(4);
}

static struct found read_gb18030(const uint8_t *b, size_t n)
{
	uint32_t cp = 0;

	if (b[0] < 0x80)
		return good(1, b[0]);
	if (b[0] == 0x80)
		return good(1, 0x20ac);
	if (b[0] == 0xff)
		return fault(1);
	if (n < 2)
		return need_more;
	if (b[1] >= 0x30 && b[1] <= 0x39)
		return read_gb4(b, n);
	if (b[1] >= 0x40 && b[1] <= 0xfe && b[1] != 0x7f)
		cp = wq_charset_gb2[(b[0] - 0x81u) * WQ_GB_CELLS + b[1] - (b[1] < 0x7f ? 0x40u : 0x41u)];
	if (cp)
		return good(2, cp);
	return fault(b[1] < 0x80 ? 1 : 2);
}

/* Encoding Standard §13.1.1. */
static struct found read_big5(const uint8_t *b, size_t n)
{
	uint32_t cp = 0;

	if (b[0] < 0x80)
		return good(1, b[0]);
	if (b[0] == 0x80 || b[0] == 0xff)
		return fault(1);
	if (n < 2)
		return need_more;
	if ((b[1] >= 0x40 && b[1] <= 0x7e) || (b[1] >= 0xa1 && b[1] <= 0xfe))
		cp = wq_charset_big5[(b[0] - 0x81u) * WQ_BIG5_CELLS + b[1] - (b[1] < 0x7f ? 0x40u : 0x62u)];
	if (cp)
		return good(2, cp);
	return fault(b[1] < 0x80 ? 1 : 2);
}

static struct found read_utf16(const uint8_t *b, size_t n, bool big)
{
	uint32_t unit, low;

	if (n < 2)
		return need_more;
	unit = big ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
	if (unit < 0xd800 || unit > 0xdfff)
		return good(2, unit);
	if (unit >= 0xdc00)
		return fault(2);
	if (n < 4)
		return need_more;
	low = big ? (uint32_t)b[2] << 8 | b[3] : (uint32_t)b[3] << 8 | b[2];
	if (low < 0xdc00 || low > 0xdfff)
		return fault(2);
	return good(4, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
}

static struct found read_windows1252(const uint8_t *b)
{
	static const uint16_t upper[] = {0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030,
		0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
		0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178};

	return good(1, b[0] >= 0x80 && b[0] < 0xa0 ? upper[b[0] - 0x80] : b[0]);
}

static struct found read_one(enum wq_charset charset, const uint8_t *b, size_t n)
{
	switch (charset) {
	case WQ_CHARSET_GB18030: return read_gb18030(b, n);
	case WQ_CHARSET_BIG5: return read_big5(b, n);
	case WQ_CHARSET_UTF16LE: return read_utf16(b, n, false);
	case WQ_CHARSET_UTF16BE: return read_utf16(b, n, true);
	case WQ_CHARSET_WINDOWS1252: return read_windows1252(b);
	case WQ_CHARSET_NONE:
	case WQ_CHARSET_UTF8: break;
	}
	return read_utf8(b, n);
}

/* Output is gathered in pieces, so that a character costs no call. */
struct piece {
	struct wq_buf *out;
	size_t n;
	char at[4096];
};

static void flush(struct piece *piece)
{
	wq_buf_add(piece->out, wq_str_of(piece->at, piece->n));
	piece->n = 0;
}

static void put(struct wq_decoder *decoder, const struct found *found, struct piece *piece)
{
	if (found->bad) {
		if (decoder->replaced == 0)
			decoder->first_bad = decoder->at;
		decoder->replaced++;
	}
	if (piece->n + 2 * WQ_UTF8_MAX > sizeof(piece->at))
		flush(piece);
	piece->n += wq_utf8_write(found->cp, piece->at + piece->n);
	if (found->cp2)
		piece->n += wq_utf8_write(found->cp2, piece->at + piece->n);
	decoder->at += found->n;
}

/* How many bytes of plain ASCII stand at the start. */
static size_t ascii_run(const uint8_t *b, size_t n)
{
	size_t i = 0;
	uint64_t eight;

	for (; n - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, b + i, sizeof(eight));
		if (eight & 0x8080808080808080u)
			break;
	}
	while (i < n && b[i] < 0x80)
		i++;
	return i;
}

/* Decodes up to the first character that needs more; returns how far that is. */
static size_t decode(struct wq_decoder *decoder, const uint8_t *b, size_t n, struct piece *piece)
{
	bool wide = decoder->charset == WQ_CHARSET_UTF16LE || decoder->charset == WQ_CHARSET_UTF16BE;
	size_t at = 0;

	while (at < n) {
		struct found found;

		if (b[at] < 0x80 && !wide) {
			size_t run = WQ_MIN(ascii_run(b + at, n - at), sizeof(piece->at));

			if (piece->n + run > sizeof(piece->at))
				flush(piece);
			memcpy(piece->at + piece->n, b + at, run);
			piece->n += run;
			decoder->at += run;
			at += run;
			continue;
		}
		found = read_one(decoder->charset, b + at, n - at);
		if (found.n == 0)
			break;
		put(decoder, &found, piece);
		at += found.n;
	}
	return at;
}

void wq_decoder_init(struct wq_decoder *decoder, enum wq_charset charset)
{
	*decoder = (struct wq_decoder){.charset = charset};
}

/* Decodes what is pending together with the first of the new bytes, until none is pending; returns how many of the new
 * ones that took. */
static size_t decode_pending(struct wq_decoder *decoder, wq_str bytes, struct piece *piece)
{
	uint8_t window[2 * sizeof(decoder->pending)];
	size_t old = decoder->pending_n, fresh = WQ_MIN(bytes.n, sizeof(decoder->pending)), at = 0;

	memcpy(window, decoder->pending, old);
	memcpy(window + old, bytes.p, fresh);
	while (at < old) {
		struct found found = read_one(decoder->charset, window + at, old + fresh - at);

		if (found.n == 0) {
			decoder->pending_n = (uint8_t)(old + fresh - at);
			memcpy(decoder->pending, window + at, decoder->pending_n);
			return fresh;
		}
		put(decoder, &found, piece);
		at += found.n;
	}
	decoder->pending_n = 0;
	return at - old;
}

void wq_decoder_feed(struct wq_decoder *decoder, wq_str bytes, struct wq_buf *out)
{
	struct piece piece;
	size_t at;

	if (bytes.n == 0)
		return;
	piece.out = out;
	piece.n = 0;
	if (decoder->pending_n > 0)
		bytes = wq_str_from(bytes, decode_pending(decoder, bytes, &piece));
	at = decode(decoder, (const uint8_t *)bytes.p, bytes.n, &piece);
	flush(&piece);
	if (at < bytes.n) {
		decoder->pending_n = (uint8_t)(bytes.n - at);
		memcpy(decoder->pending, bytes.p + at, decoder->pending_n);
	}
}

/* "If byte is end-of-queue and there is something pending": one fault for all of it, in every decoder of the standard. */
void wq_decoder_end(struct wq_decoder *decoder, struct wq_buf *out)
{
	struct found found = fault(decoder->pending_n);
	struct piece piece;

	if (decoder->pending_n == 0)
		return;
	piece.out = out;
	piece.n = 0;
	decoder->pending_n = 0;
	put(decoder, &found, &piece);
	flush(&piece);
}

wq_err wq_charset_decode(enum wq_charset charset, wq_str bytes, struct wq_buf *out, struct wq_decoder *ret_decoder)
{
	struct wq_decoder decoder;

	wq_decoder_init(&decoder, charset);
	wq_decoder_feed(&decoder, bytes, out);
	wq_decoder_end(&decoder, out);
	WQ_TRY(wq_buf_err(out));
	if (ret_decoder)
		*ret_decoder = decoder;
	return WQ_OK;
}

wq_err wq_charset_document(wq_str bytes, wq_str http_label, struct wq_buf *room, wq_str *ret_utf8, bool *ret_converted)
{
	struct wq_charset_guess guess = wq_charset_detect(wq_str_head(bytes, WQ_CHARSET_HEAD), http_label);

	/* readers take faulty UTF-8 as the decoder would, and drop the BOM */
	*ret_converted = guess.charset != WQ_CHARSET_UTF8;
	*ret_utf8 = bytes;
	if (!*ret_converted)
		return WQ_OK;
	WQ_TRY(wq_charset_decode(guess.charset, wq_str_from(bytes, guess.bom_bytes), room, NULL));
	*ret_utf8 = wq_buf_str(room);
	return WQ_OK;
}
