/* The parts of the SecLang parser: lines and words, variables, operators, actions, directives. Of this folder only.
 *
 * A parser is one run over files: it holds where it is, so that every error can say so. Strings of items are slices of the text or of
 * the arena; the text lives in the arena as well.
 */
#ifndef WQ_DETECT_WAF_SECLANG_PRIV_H
#define WQ_DETECT_WAF_SECLANG_PRIV_H

#include "detect/waf/seclang.h"

struct wq_sec_parser {
	const struct wq_sec_source *source;
	struct wq_arena *arena;
	wq_sec_notice_fn notice;
	void *notice_data;
	struct wq_sec_place place; /* of the directive at work */
	struct wq_sec_item *items;
	size_t n, room;
	size_t phrases_n; /* of all rules together */
	unsigned files_n, depth;
};

/* WQ_E_CONFIG with the place before the sentence. Outside text in it is cut by WQ_SEC_CUT. */
wq_err wq_sec_fail(const struct wq_sec_parser *p, const char *format, ...) WQ_PRINTF(2, 3);
void wq_sec_notice(const struct wq_sec_parser *p, const char *format, ...) WQ_PRINTF(2, 3);
#define WQ_SEC_CUT(s) (int)((s).n > 60 ? 60 : (s).n), ((s).p ? (s).p : "")

/* ": did you mean X?" when a name is near to the word, else "". Into `out`, which it returns. */
enum { WQ_SEC_HINT_BYTES = 80 };
const char *wq_sec_hint(wq_str word, const char *(*name)(unsigned i), unsigned n, char out[WQ_SEC_HINT_BYTES]);

/* ---- lines and words ---- */

struct wq_sec_lines {
	wq_str rest;
	uint32_t next; /* number of the line that `rest` begins with */
};
/* The next line that is neither empty nor a comment, joined with those that it is continued on, without white space at both ends; p->place
 * .line is where it begins. Nothing left: p == NULL. */
wq_err wq_sec_line_next(struct wq_sec_parser *p, struct wq_sec_lines *lines, wq_str *ret_line);
/* The next word as Apache reads it. Nothing left: p == NULL. Errors: a quotation mark that is not closed. */
wq_err wq_sec_word_next(struct wq_sec_parser *p, wq_str *rest, wq_str *ret_word);

/* ---- parts of a rule; errors: WQ_E_CONFIG with the place, WQ_E_LIMIT, WQ_E_NO_MEMORY ---- */

/* "ARGS:foo|!ARGS:/x/". */
wq_err wq_sec_vars_parse(struct wq_sec_parser *p, wq_str text, const struct wq_sec_var **ret_vars, size_t *ret_n);
/* "!@rx ^x", with the phrases of a file; without a name it is @rx. */
wq_err wq_sec_operator_parse(struct wq_sec_parser *p, wq_str text, struct wq_sec_operator *ret_op);
/* "id:1,phase:2,msg:'…'"; at least one. */
wq_err wq_sec_actions_parse(
	struct wq_sec_parser *p, wq_str text, const struct wq_sec_action **ret_actions, size_t *ret_n);
/* Checks the argument of an action and splits that of t and ctl. Requires: action->action and ->argument are set. */
wq_err wq_sec_argument_check(struct wq_sec_parser *p, struct wq_sec_action *action);
/* "OPTION=value[;TARGET]" of action->argument, which becomes the value. */
wq_err wq_sec_ctl_parse(struct wq_sec_parser *p, struct wq_sec_action *action);
/* "1-5 7,9": numbers and ranges. */
wq_err wq_sec_ids_check(const struct wq_sec_parser *p, wq_str text);
/* Cuts the next range off; false at the end. Requires: checked. */
bool wq_sec_ids_next(wq_str *rest, uint32_t *ret_first, uint32_t *ret_last);
/* "request" is 2, "logging" 5. False: no phase. */
bool wq_sec_phase_parse(wq_str text, unsigned *ret_phase);
/* Number or name of a severity. */
bool wq_sec_severity_parse(wq_str text, unsigned *ret_severity);

/* ---- macros ---- */

/* One piece of a text: literal, or %{VAR} or %{VAR.name} of a variable that is known. */
struct wq_sec_piece {
	wq_str text; /* as written */
	bool is_macro;
	enum wq_waf_var var;
	wq_str name; /* p == NULL: no selector */
};
/* The next piece, false at the end. What is no macro of a known variable is literal. */
bool wq_sec_piece_next(wq_str *rest, struct wq_sec_piece *ret_piece);
/* Errors: %{…} that is not closed, of an unknown variable, or without the selector that it needs. With `regex`, braces that are a
 * pattern's are let be. */
wq_err wq_sec_macros_check(const struct wq_sec_parser *p, wq_str text, bool regex);

/* ---- directives and lists ---- */

/* One directive with its words; adds an item, or follows an Include. */
wq_err wq_sec_directive_parse(struct wq_sec_parser *p, wq_str name, wq_str rest);
/* Zeroed, with its place; WQ_E_LIMIT over WQ_SEC_ITEMS_MAX. */
wq_err wq_sec_item_add(struct wq_sec_parser *p, enum wq_sec_kind kind, struct wq_sec_item **ret_item);
/* The files of a pattern, relative to the file at work. */
wq_err wq_sec_include(struct wq_sec_parser *p, wq_str pattern, bool optional);
/* A file named in a rule, relative to the rule's file. */
wq_err wq_sec_file_read(struct wq_sec_parser *p, wq_str name, wq_str *ret_text);

/* What needs the whole list: chains, ids, phases, markers. Errors: WQ_E_CONFIG with the place of the item. */
wq_err wq_sec_check(const struct wq_sec_rules *rules, wq_sec_notice_fn notice, void *data);

#endif
