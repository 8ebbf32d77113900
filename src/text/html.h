/* A resumable HTML tokenizer: the states of the WHATWG standard (HTML Living Standard §13.2.5), without building a tree.
 *
 * Bytes go in by chunks of any size, tokens come out by callback. Invariants:
 *   - every byte of the document is in the `raw` of exactly one token (but those that `skip` took), in order: writing out all `raw` gives the document
 *     back, so a rewriter replaces what it wants and leaves the rest byte for byte;
 *   - the tokens do not depend on where the chunks were cut, but for text (and WQ_HTML_OVERLONG), which may come in more
 *     pieces; a piece may end inside a character or a character reference: join before decoding;
 *   - a token that lies in one chunk is not copied; one that spans chunks is collected in a buffer of at most `tag_max`
 *     bytes; slices are valid during the callback only;
 *   - nothing is decoded: names keep their case, values their character references (wq_html_decode is apart).
 * The tokenizer itself switches to RCDATA, RAWTEXT, script data (with its escaped and double escaped states) and PLAINTEXT
 * by the name of the start tag, except inside svg and math, whose nesting it follows with their integration points and
 * the tags that break out of them.
 *
 * Encodings: UTF-8, ASCII, single-byte, GB18030, GBK, GB2312, Big5, EUC. Trail bytes of these lie in 0x30–0x39, 0x40–0x7e
 * and 0x80–0xfe, so they may be `[ \ | @` or letters, but never `< > = / - ! ? &`, quotes or white space; and a decoder
 * that meets one of those after a lead byte gives it back as itself (WHATWG Encoding §10.2). Hence only folding case must
 * know where a character begins: say WQ_HTML_ENC_MULTIBYTE for them. Convert UTF-16 and ISO-2022 to UTF-8 before.
 *
 * Bad at: what only the tree knows (a raw-text tag inside <select>, foster parenting, nesting deeper than
 * WQ_HTML_FOREIGN_MAX); a CDATA section inside svg or math comes as a bogus comment, up to the first `>`.
 */
#ifndef WQ_TEXT_HTML_H
#define WQ_TEXT_HTML_H

#include "base/base.h"
#include "base/buf.h"
#include "text/html_tag.h"

enum {
	WQ_HTML_TAG_MAX = 256 * 1024, /* default of tag_max: bytes of one tag, comment or doctype */
	WQ_HTML_TAG_MIN = 64,         /* the least that tag_max may be */
	WQ_HTML_ATTRS_MAX = 1024,     /* attributes of one tag; with more it is WQ_HTML_OVERLONG */
	WQ_HTML_FOREIGN_MAX = 32      /* svg, math and integration points inside each other */
};

enum wq_html_encoding {
	WQ_HTML_ENC_ASCII,    /* bytes below 0x80 are ASCII wherever they stand: UTF-8, windows-125x, EUC */
	WQ_HTML_ENC_MULTIBYTE /* GB18030, GBK, GB2312, Big5: a byte from 0x81 on owns the next if that is 0x30 or above */
};

enum wq_html_kind {
	WQ_HTML_TEXT,
	WQ_HTML_START,
	WQ_HTML_END,
	WQ_HTML_COMMENT,  /* bogus ones too: `content` is what the standard makes the comment's data */
	WQ_HTML_DOCTYPE,  /* `content` is what stands after the word */
	WQ_HTML_DROPPED,  /* bytes that stand for nothing: `</>`, and a tag that the end of the document cut off */
	WQ_HTML_OVERLONG, /* a tag, comment or doctype (see `of`) over tag_max or WQ_HTML_ATTRS_MAX: raw only */
	WQ_HTML_KINDS
};

/* What a text token is part of. */
enum wq_html_mode {
	WQ_HTML_DATA,   /* references count */
	WQ_HTML_RCDATA, /* title, textarea: references count, tags do not */
	WQ_HTML_RAWTEXT,
	WQ_HTML_SCRIPT_DATA,
	WQ_HTML_PLAINTEXT_DATA
};

struct wq_html_attr {
	wq_str name;  /* raw; never empty */
	wq_str value; /* raw, without quotes; empty when there is none */
	uint64_t name_at;
	uint64_t value_at; /* of the first byte of the value; without a value, the end of the name */
	char quote;        /* '"', '\'' or 0 */
	bool has_value;    /* there is a `=` */
};

struct wq_html_token {
	enum wq_html_kind kind, of; /* `of` differs from `kind` for WQ_HTML_OVERLONG only */
	enum wq_html_mode mode;     /* of text */
	enum wq_html_tag in;  /* of text: the raw-text element it is in (script, style, title …), else WQ_TAG_NONE */
	enum wq_html_tag tag; /* of tags, also of the last piece of an overlong one */
	bool self_closing;    /* `/>` as written */
	bool foreign;         /* inside svg or math: `tag` is not an HTML element */
	bool partial;         /* more of this WQ_HTML_OVERLONG follows */
	wq_str raw;
	wq_str name;                      /* of tags */
	wq_str content;                   /* of comments and doctypes */
	uint64_t start, end;              /* offsets of `raw` in the document */
	const struct wq_html_attr *attrs; /* in order, doubles included: the first of a name counts (§13.2.5.33) */
	size_t attrs_n;
	enum wq_html_encoding encoding;
};

/* An error ends the tokenizing: wq_html_feed returns it, now and ever after. */
typedef wq_err (*wq_html_fn)(void *data, const struct wq_html_token *token);

struct wq_html_options {
	enum wq_html_encoding encoding;
	bool scripting; /* noscript is raw text, as for a browser; otherwise its content is markup, as for a crawler */
	uint32_t tag_max; /* 0: WQ_HTML_TAG_MAX */
	/* May be NULL. Asked between tokens of data outside svg and math, where `rest` is what the chunk still holds: how many
	 * bytes the user takes as they are. They come in no token, so they have to be text and whole tags, no raw-text
	 * element's, svg's or math's among them, none over tag_max. */
	size_t (*skip)(void *data, wq_str rest);
};

struct wq_html;

/* NULL when there is no memory. `options` may be NULL. Requires: fn. */
struct wq_html *wq_html_new(const struct wq_html_options *options, wq_html_fn fn, void *data);
void wq_html_free(struct wq_html **html);
/* Ready for another document; keeps memory and options. */
void wq_html_reset(struct wq_html *html);

/* The next bytes of the document. Errors: WQ_E_NO_MEMORY, what the callback returned; not for any content. */
wq_err wq_html_feed(struct wq_html *html, wq_str chunk);
/* The document ends here: delivers what is held back. Feed nothing more before wq_html_reset. */
wq_err wq_html_finish(struct wq_html *html);
/* All at once: new, feed, finish, free. */
wq_err wq_html_scan(wq_str document, const struct wq_html_options *options, wq_html_fn fn, void *data);

/* Line (from 1) of offset `at`, which lies within `token`. Only inside the callback. Counts newlines, lazily. */
uint64_t wq_html_line(struct wq_html *html, const struct wq_html_token *token, uint64_t at);
/* Newlines in `bytes`. */
uint64_t wq_html_newlines(wq_str bytes);

/* The first attribute of that name (lower case, ASCII), or NULL. */
const struct wq_html_attr *wq_html_attr_find(const struct wq_html_token *token, wq_str name);
/* Do raw name `a` and lower-case ASCII name `b` mean the same? ASCII case is folded, trail bytes are not. */
bool wq_html_name_eq(wq_str a, wq_str b, enum wq_html_encoding encoding);
bool wq_html_is_space(char c);

/* Where references are read: in attributes `&copy=` and `&copyx` are no references (§13.2.5.73). */
enum wq_html_where { WQ_HTML_IN_TEXT, WQ_HTML_IN_ATTRIBUTE };
/* Appends `raw` with its character references replaced by UTF-8: all 2,231 names, numbers with the windows-1252 remap,
 * U+FFFD for NUL, surrogates and numbers out of range (§13.2.5.72–80). Requires: `raw` is UTF-8 (convert first; that
 * never alters a reference). Errors: those of `out`. */
wq_err wq_html_decode(wq_str raw, enum wq_html_where where, struct wq_buf *out);
/* The same for one reference at the start of `at`, which begins with `&`: returns how many bytes it takes (0: it is no
 * reference) and its one or two code points. */
size_t wq_html_reference(wq_str at, enum wq_html_where where, uint32_t ret_points[2], size_t *ret_n);

/* What of a document a person can read, as far as tags tell: not script, style, template, noscript raw text. */
struct wq_html_visible {
	uint32_t hidden; /* open template tags */
};
enum wq_html_sight {
	WQ_HTML_UNSEEN,
	WQ_HTML_SEEN,  /* this text token is shown */
	WQ_HTML_TITLE, /* this text token is the document's title */
	WQ_HTML_BREAK  /* this tag separates words: a new block, cell or line */
};
/* Requires: a zero-initialised state and every token of the document in order. */
enum wq_html_sight wq_html_visible(struct wq_html_visible *state, const struct wq_html_token *token);

#endif
