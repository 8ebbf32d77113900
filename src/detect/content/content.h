/* Finds in the visible text of a page what must not be published: marks of state secrets by their grammar, customary
 * marks of internal material, resident identity numbers, telephone and bank card numbers, words of lists.
 *
 * Bytes in, findings out: no clock, no file, no socket. Words, signs and thresholds are data (rules/marks/marks.txt,
 * rules/words/), read once and passed in. Rules of the findings:
 *   content.secret-mark   (绝密|机密|秘密)★(term) in its look-alike spellings (width, traditional forms, white space and
 *                         zero-width characters between, ☆ * •), "密级：机密" without a star. B2, B8; 2024 art. 16
 *   content.internal-mark 内部资料, 不得外传 … standing alone as a mark. B2, B8
 *   content.mark-flood    more candidates than WQ_CONTENT_CANDIDATES: not examined further, so not fit to publish. B2
 *   content.resident-id   identity numbers with right check digit, date and region (GB 11643-1999); one finding a page,
 *                         evidence masked, severity by how many. B2, C10; 2024 art. 13, 21
 *   content.telephone     mobile numbers, and any number labelled as somebody's home, masked, by how many. A number behind
 *                         值班, 监督 … is an office's; landlines on a page of contacts are no finding. B2, C10
 *   content.bank-card     16 to 19 digits with check digit (ISO/IEC 7812-1 annex B), an issuer's first digits, and a label
 *                         near by or in the text before; masked, by how many. B2, C10
 *   content.word          a word of a list, found in the folded text (width, traditional forms, what is invisible, spaces
 *                         between ideographs), unless the list's own exceptions say otherwise. The list says clause and
 *                         severity; one finding for each word of a page. content.word-flood: too many to list
 *
 * A page that quotes the rules on marking is no hit. A mark counts at full severity when it stands where marks stand (at
 * the start of a line or block and near the start of the text, alone in its block, beside 份号, 发文字号, 主送 …, or in the
 * title) and is not quoted or explained; what is explained beside the furniture of a document is "info"; what is left
 * (inside a sentence, an examination paper's) is "low". The labelled table of tests/corpus/detect-content-labels says
 * how well that goes.
 *
 * Bad at: pictures and scans of documents, marks broken over blocks by layout, text that only a script writes, and secrets
 * that bear no mark. It is a net under the secrecy review, not the review.
 */
#ifndef WQ_DETECT_CONTENT_CONTENT_H
#define WQ_DETECT_CONTENT_CONTENT_H

#include "base/buf.h"
#include "finding/finding.h"
#include "text/html.h"

enum {
	WQ_CONTENT_TEXT_BYTES = 16 * 1024 * 1024, /* of one text or page */
	WQ_CONTENT_CANDIDATES = 1000,             /* marks examined in one text */
	WQ_CONTENT_PIECES = 4 * 1024 * 1024,
	WQ_CONTENT_WORDS = 512, /* in one list of the rules */
	WQ_CONTENT_WORD_CHARS = 24
};

struct wq_content_rules;

/* Reads rules/marks/marks.txt. The result lives in `arena`, is never changed and may be shared by threads. Errors:
 * WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_content_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_content_rules **ret_rules);
/* Version of the data, for the record of a check. */
wq_str wq_content_rules_version(const struct wq_content_rules *rules);

/* ---- word lists ---- */

enum {
	WQ_CONTENT_LISTS = 256,
	WQ_CONTENT_LISTED_MAX = 200000, /* words of all lists */
	WQ_CONTENT_WORD_HITS = 4096     /* looked at in one text */
};

struct wq_content_words;
struct wq_fold_table; /* text/fold.h */

/* No lists yet. `fold` (may be NULL) makes traditional forms usual, in words and in texts; it and `arena` outlive the
 * result. Errors: WQ_E_NO_MEMORY. */
wq_err wq_content_words_new(
	struct wq_arena *arena, const struct wq_fold_table *fold, struct wq_content_words **ret_words);
/* Adds the lists of one file of the kind "words" (finding/datafile.h). `bytes` outlive the result. Each list:
 *     [list NAME]         a-z, 0-9, hyphens; once in all files
 *     severity, advice_zh, advice_en, clause (one or several)
 *     word: …             separated by spaces, "_" stands for a space; may be repeated
 *     except: …           longer words in which one of the list is right: "激烈土" for "烈土"
 *     unless: …           with one of these at most `reach` characters away the page speaks about it: no finding
 *     reach: 30
 * Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_content_words_add(struct wq_content_words *words, wq_str file_name, wq_str bytes);
/* Makes them ready; after that they are never changed and may be shared by threads. Errors: WQ_E_NO_MEMORY. */
wq_err wq_content_words_build(struct wq_content_words *words);
size_t wq_content_words_count(const struct wq_content_words *words);

/* ---- texts ---- */

/* From `text_at` on (up to the next piece) the text comes from `source_n` bytes of the source at `source_at`, byte for
 * byte where the lengths agree, as a whole otherwise. */
struct wq_content_piece {
	size_t text_at;
	uint64_t source_at, source_n;
};

struct wq_content_text {
	wq_str text;                           /* visible text, UTF-8; blocks separated by '\n' */
	wq_str title;                          /* decoded; may be empty */
	wq_str meta;                           /* description and keywords, decoded; may be empty */
	wq_str source;                         /* what was delivered, for lines and columns; empty: the text itself */
	const struct wq_content_piece *pieces; /* ascending by text_at; none: text is the source */
	size_t piece_count;
	bool converted;        /* source is not what was delivered but its UTF-8: offsets are not said */
	struct wq_place place; /* app, key, url, file: go into every finding */
};

/* Adds what it finds. `words` may be NULL: no lists. `arena` is scratch space, free after the call: about 12 bytes for each byte of text. Errors:
 * WQ_E_LIMIT (text over WQ_CONTENT_TEXT_BYTES, or the arena too small: not examined, so not fit to publish),
 * WQ_E_NO_MEMORY, those of wq_findings_add. */
wq_err wq_content_check(struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, const struct wq_content_text *text, struct wq_findings *findings);

/* The same for a page of HTML as delivered: its visible text, its title, and as `meta` the content of <meta>, alt, title,
 * placeholder and value attributes. The charset is the one browsers would use (text/charset.h): BOM, then `http_label`
 * (the charset of the Content-Type, may be empty), then <meta>, then the bytes. Lines and columns are those of the page;
 * offset and length are said for UTF-8 only. Errors: those of wq_content_check; WQ_E_LIMIT also for a page that is over
 * WQ_CONTENT_TEXT_BYTES in UTF-8 or has more than WQ_CONTENT_PIECES pieces. */
wq_err wq_content_page(struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, wq_str html, wq_str http_label, const struct wq_place *place,
	struct wq_findings *findings);

/* The same, as one of several readers of a page (text/document.h): begin, every token, end. What is collected is kept from
 * page to page: one of these for a whole walk. */
struct wq_content_page {
	struct wq_html_visible visible;
	struct wq_buf text, title, meta;
	struct wq_buf pieces; /* struct wq_content_piece, one after the other */
	unsigned pre;         /* open <pre>: line breaks are line breaks */
};
void wq_content_page_init(struct wq_content_page *page);
void wq_content_page_done(struct wq_content_page *page);
/* `html` is in UTF-8. Errors: WQ_E_LIMIT. */
wq_err wq_content_page_begin(struct wq_content_page *page, wq_str html);
/* A wq_html_fn. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_content_page_token(void *page, const struct wq_html_token *token);
/* Errors: those of wq_content_check. `converted` as in struct wq_content_text. */
wq_err wq_content_page_end(struct wq_content_page *page, struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, wq_str html, bool converted, const struct wq_place *place,
	struct wq_findings *findings);

/* The same for plain text as delivered. */
wq_err wq_content_plain(struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, wq_str bytes, wq_str http_label, const struct wq_place *place,
	struct wq_findings *findings);

#endif
