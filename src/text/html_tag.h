/* The elements that the tokenizer and its users tell apart, and the look-up from a tag's name.
 *
 * A name that is not in the list is WQ_TAG_OTHER; the list holds what switches the tokenizer, what carries links, what
 * separates words and what breaks out of svg and math. WQ_HTML_TAGS is the one source of enum and look-up: letters one
 * by one, so that the look-up is a switch over eight packed bytes.
 */
#ifndef WQ_TEXT_HTML_TAG_H
#define WQ_TEXT_HTML_TAG_H

#include "base/base.h"

/* clang-format off */
/* X(identifier, packed letters): names of at most eight bytes */
#define WQ_HTML_TAGS(X) \
	X(A, 'a') X(ADDRESS, 'a', 'd', 'd', 'r', 'e', 's', 's') X(APPLET, 'a', 'p', 'p', 'l', 'e', 't') \
	X(AREA, 'a', 'r', 'e', 'a') X(ARTICLE, 'a', 'r', 't', 'i', 'c', 'l', 'e') X(ASIDE, 'a', 's', 'i', 'd', 'e') \
	X(AUDIO, 'a', 'u', 'd', 'i', 'o') X(B, 'b') X(BASE, 'b', 'a', 's', 'e') X(BIG, 'b', 'i', 'g') \
	X(BODY, 'b', 'o', 'd', 'y') X(BR, 'b', 'r') X(BUTTON, 'b', 'u', 't', 't', 'o', 'n') \
	X(CAPTION, 'c', 'a', 'p', 't', 'i', 'o', 'n') X(CENTER, 'c', 'e', 'n', 't', 'e', 'r') X(CODE, 'c', 'o', 'd', 'e') \
	X(DD, 'd', 'd') X(DEL, 'd', 'e', 'l') X(DESC, 'd', 'e', 's', 'c') X(DETAILS, 'd', 'e', 't', 'a', 'i', 'l', 's') \
	X(DIALOG, 'd', 'i', 'a', 'l', 'o', 'g') X(DIR, 'd', 'i', 'r') X(DIV, 'd', 'i', 'v') X(DL, 'd', 'l') X(DT, 'd', 't') \
	X(EM, 'e', 'm') X(EMBED, 'e', 'm', 'b', 'e', 'd') X(FIELDSET, 'f', 'i', 'e', 'l', 'd', 's', 'e', 't') \
	X(FIGURE, 'f', 'i', 'g', 'u', 'r', 'e') X(FONT, 'f', 'o', 'n', 't') X(FOOTER, 'f', 'o', 'o', 't', 'e', 'r') \
	X(FORM, 'f', 'o', 'r', 'm') X(FRAME, 'f', 'r', 'a', 'm', 'e') X(FRAMESET, 'f', 'r', 'a', 'm', 'e', 's', 'e', 't') \
	X(H1, 'h', '1') X(H2, 'h', '2') X(H3, 'h', '3') X(H4, 'h', '4') X(H5, 'h', '5') X(H6, 'h', '6') \
	X(HEAD, 'h', 'e', 'a', 'd') X(HEADER, 'h', 'e', 'a', 'd', 'e', 'r') X(HR, 'h', 'r') X(HTML, 'h', 't', 'm', 'l') \
	X(I, 'i') X(IFRAME, 'i', 'f', 'r', 'a', 'm', 'e') X(IMAGE, 'i', 'm', 'a', 'g', 'e') X(IMG, 'i', 'm', 'g') \
	X(INPUT, 'i', 'n', 'p', 'u', 't') X(INS, 'i', 'n', 's') X(LABEL, 'l', 'a', 'b', 'e', 'l') \
	X(LEGEND, 'l', 'e', 'g', 'e', 'n', 'd') X(LI, 'l', 'i') X(LINK, 'l', 'i', 'n', 'k') \
	X(LISTING, 'l', 'i', 's', 't', 'i', 'n', 'g') X(MAIN, 'm', 'a', 'i', 'n') \
	X(MARQUEE, 'm', 'a', 'r', 'q', 'u', 'e', 'e') X(MATH, 'm', 'a', 't', 'h') X(MENU, 'm', 'e', 'n', 'u') \
	X(META, 'm', 'e', 't', 'a') X(MI, 'm', 'i') X(MN, 'm', 'n') X(MO, 'm', 'o') X(MS, 'm', 's') \
	X(MTEXT, 'm', 't', 'e', 'x', 't') X(NAV, 'n', 'a', 'v') X(NOBR, 'n', 'o', 'b', 'r') \
	X(NOEMBED, 'n', 'o', 'e', 'm', 'b', 'e', 'd') X(NOFRAMES, 'n', 'o', 'f', 'r', 'a', 'm', 'e', 's') \
	X(NOSCRIPT, 'n', 'o', 's', 'c', 'r', 'i', 'p', 't') X(OBJECT, 'o', 'b', 'j', 'e', 'c', 't') X(OL, 'o', 'l') \
	X(OPTGROUP, 'o', 'p', 't', 'g', 'r', 'o', 'u', 'p') X(OPTION, 'o', 'p', 't', 'i', 'o', 'n') X(P, 'p') \
	X(PARAM, 'p', 'a', 'r', 'a', 'm') X(PICTURE, 'p', 'i', 'c', 't', 'u', 'r', 'e') X(PRE, 'p', 'r', 'e') X(Q, 'q') \
	X(RUBY, 'r', 'u', 'b', 'y') X(S, 's') X(SCRIPT, 's', 'c', 'r', 'i', 'p', 't') \
	X(SECTION, 's', 'e', 'c', 't', 'i', 'o', 'n') X(SELECT, 's', 'e', 'l', 'e', 'c', 't') \
	X(SMALL, 's', 'm', 'a', 'l', 'l') X(SOURCE, 's', 'o', 'u', 'r', 'c', 'e') X(SPAN, 's', 'p', 'a', 'n') \
	X(STRIKE, 's', 't', 'r', 'i', 'k', 'e') X(STRONG, 's', 't', 'r', 'o', 'n', 'g') X(STYLE, 's', 't', 'y', 'l', 'e') \
	X(SUB, 's', 'u', 'b') X(SUMMARY, 's', 'u', 'm', 'm', 'a', 'r', 'y') X(SUP, 's', 'u', 'p') X(SVG, 's', 'v', 'g') \
	X(TABLE, 't', 'a', 'b', 'l', 'e') X(TBODY, 't', 'b', 'o', 'd', 'y') X(TD, 't', 'd') \
	X(TEMPLATE, 't', 'e', 'm', 'p', 'l', 'a', 't', 'e') X(TEXTAREA, 't', 'e', 'x', 't', 'a', 'r', 'e', 'a') \
	X(TFOOT, 't', 'f', 'o', 'o', 't') X(TH, 't', 'h') X(THEAD, 't', 'h', 'e', 'a', 'd') \
	X(TITLE, 't', 'i', 't', 'l', 'e') X(TR, 't', 'r') X(TRACK, 't', 'r', 'a', 'c', 'k') X(TT, 't', 't') X(U, 'u') \
	X(UL, 'u', 'l') X(USE, 'u', 's', 'e') X(VAR, 'v', 'a', 'r') X(VIDEO, 'v', 'i', 'd', 'e', 'o') X(XMP, 'x', 'm', 'p')
/* X(identifier, name): longer ones */
#define WQ_HTML_LONG_TAGS(X) \
	X(ANNOTATION_XML, "annotation-xml") X(BLOCKQUOTE, "blockquote") X(FIGCAPTION, "figcaption") \
	X(FOREIGNOBJECT, "foreignobject") X(PLAINTEXT, "plaintext")
/* clang-format on */

enum wq_html_tag {
	WQ_TAG_NONE,
#define WQ_HTML_TAG_ENUM(id, ...) WQ_TAG_##id,
	WQ_HTML_TAGS(WQ_HTML_TAG_ENUM) WQ_HTML_LONG_TAGS(WQ_HTML_TAG_ENUM)
#undef WQ_HTML_TAG_ENUM
		WQ_TAG_OTHER,
	WQ_TAG_COUNT
};

/* By raw name in any case. Names with bytes outside ASCII are WQ_TAG_OTHER, so no encoding is needed. */
enum wq_html_tag wq_html_tag_of(wq_str name);
/* Lower-case name, "" for WQ_TAG_NONE and WQ_TAG_OTHER. Writes at most 16 bytes to `out` and returns it. */
const char *wq_html_tag_name(enum wq_html_tag tag, char out[16]);

#endif
