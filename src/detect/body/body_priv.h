/* Inside a body: what the parsers of this folder share. Only for detect/body.
 *
 * wq_args decodes pairs and tells them; wq_hold keeps the bytes of one value that pieces cut; wq_seen remembers names. A parser is a
 * row of functions; it works on plain bytes: inflate.c and body.c have taken compression and, for JSON, the charset off.
 */
#ifndef WQ_DETECT_BODY_BODY_PRIV_H
#define WQ_DETECT_BODY_BODY_PRIV_H

#include "base/buf.h"
#include "detect/body/body.h"
#include "text/charset.h"

#define WQ_ODD(id) ((uint64_t)1 << WQ_ODD_##id)

static inline bool wq_has_high(wq_str s)
{
	uint8_t any = 0;
	for (size_t i = 0; i < s.n; i++)
		any |= (uint8_t)s.p[i];
	return any >= 0x80;
}

/* Names seen, by hash. What finds no place within a bounded number of steps counts as seen: a flag too many, never a slow table. */
struct wq_seen {
	uint64_t *slots; /* 0: free */
	uint32_t n, room;
};
/* Whether `hash` was there; it is now, if memory lasts. */
bool wq_seen_add(struct wq_seen *seen, struct wq_arena *arena, uint64_t hash);

/* Growing bytes in the arena. Not freed: wq_hold_take() gives the bytes away and goes on behind them. */
struct wq_hold {
	char *p;
	size_t n, room;
};
/* Room for `n` bytes more. False: no memory. */
bool wq_hold_grow(struct wq_hold *hold, struct wq_arena *arena, size_t n);
/* False: no memory. */
static inline bool wq_hold_add(struct wq_hold *hold, struct wq_arena *arena, wq_str s)
{
	if (s.n > hold->room - hold->n && !wq_hold_grow(hold, arena, s.n))
		return false;
	if (s.n)
		memcpy(hold->p + hold->n, s.p, s.n);
	hold->n += s.n;
	return true;
}
wq_str wq_hold_take(struct wq_hold *hold);

struct wq_args {
	const struct wq_body_sink *sink;
	struct wq_arena *arena;
	uint64_t *oddities;
	struct wq_seen names;
	enum wq_charset charset; /* WQ_CHARSET_NONE: none is named */
	bool distinct;           /* the parser itself knows of names given twice */
	bool hid;                /* wq_args_text() took ASCII bytes for parts of characters; cleared by who asks */
	uint32_t n, max;
};
/* Tells one argument. False: too many, or the sink or memory said no. */
bool wq_args_tell(struct wq_args *args, wq_str name, wq_str value);
/* The same for the raw bytes of a form's pair. `lent`: they stay, and may be sliced. */
bool wq_args_pair(struct wq_args *args, wq_str raw, bool lent);
/* `s` as UTF-8 by the charset, in the arena or itself; flags what is odd. Empty with p NULL: no memory. */
wq_str wq_args_text(struct wq_args *args, enum wq_charset charset, wq_str s);
/* The other reading of the same bytes: every part that is not UTF-8 is U+FFFD. Empty with p NULL: no memory. */
wq_str wq_args_lossy(struct wq_args *args, wq_str s);

struct wq_body_parser {
	/* False: it has failed, and said so. */
	bool (*open)(struct wq_body *body, wq_str content_type);
	void (*add)(struct wq_body *body, wq_str piece);
	void (*end)(struct wq_body *body);
	bool decode; /* wants GB18030 and Big5 as UTF-8 */
};
extern const struct wq_body_parser wq_body_urlencoded, wq_body_multipart, wq_body_json, wq_body_xml;

struct wq_body {
	struct wq_body_report report;
	struct wq_body_limits limits;
	struct wq_body_sink sink;
	struct wq_arena *arena;
	struct wq_args args;
	const struct wq_body_parser *parser; /* NULL: bytes are only counted */
	void *state;                         /* the parser's */
	void *inflate;                       /* inflate.c's, NULL: not compressed */
	struct wq_decoder decoder;           /* when `decoding` */
	uint64_t plain_bytes;                /* after decompression */
	bool decoding, stay, ended;
	bool lent; /* the bytes that the parser has now stay */
};

/* Stops: the first reason stays. */
void wq_body_fail(struct wq_body *body, const char *format, ...) WQ_PRINTF(2, 3);
void wq_body_over(struct wq_body *body, const char *format, ...) WQ_PRINTF(2, 3);
void wq_body_unreadable(struct wq_body *body, const char *format, ...) WQ_PRINTF(2, 3);
/* Tells an argument; stops when it cannot. Returns whether to go on. */
bool wq_body_arg(struct wq_body *body, wq_str name, wq_str value);
static inline void wq_body_odd(struct wq_body *body, uint64_t oddities)
{
	body->report.oddities |= oddities;
}

/* False: it has failed. */
bool wq_body_inflate_open(struct wq_body *body, wq_str encoding);
void wq_body_inflate_add(struct wq_body *body, wq_str piece);
void wq_body_inflate_end(struct wq_body *body);
/* Bytes with compression taken off: charset and limits, then the parser. */
void wq_body_plain(struct wq_body *body, wq_str bytes);

/* One parameter of a header value, "; name=value": cut off *rest, which stands behind the media type or the last parameter. False: no more.
 * `value` is without its outer quotation marks, escapes in it are left. */
struct wq_param {
	wq_str name, value;
	bool quoted, spaced, bad; /* spaced: white space around '='; bad: not of the form token=token or token="…" */
};
bool wq_param_next(wq_str *rest, struct wq_param *ret_param);

#endif
