/* SecLang: text of rule files → a list of checked items, in their order. Nothing is evaluated and nothing resolved between items
 * here; that is the compiler's work. What must fit between items is checked: chains have their next rule (in the same file, without
 * id, disruptive action, skip or a phase of its own), heads have an id that nobody else has and a phase, skipAfter a marker (or a
 * rule of that id) behind it, SecDefaultAction a phase and a disruptive action.
 *
 * Everything is either understood or refused with file, line, what is wrong and how to mend it: an unknown directive, variable,
 * operator, transformation or action never passes silently. The first error stops. What is known and harmless but has no effect here
 * (SecAuditLog, SecDebugLog, SecUploadDir …) is accepted and listed as a notice.
 *
 * Source: ModSecurity Reference Manual v2/v3; the inventory of CRS 3.3 and 4. Syntax: as Apache reads words (ap_getword_conf): in every
 * argument "\\" is one backslash and, between quotation marks, a backslash before the mark is taken off; all others stay. A backslash
 * at the end of a line joins it with the next, in comments too. Inside '…' of an action's argument \' and \\ lose their backslash.
 */
#ifndef WQ_DETECT_WAF_SECLANG_H
#define WQ_DETECT_WAF_SECLANG_H

#include "base/arena.h"
#include "detect/transform/transform.h"
#include "detect/waf/names.h"

enum {
	WQ_SEC_FILE_BYTES_MAX = 4 * 1024 * 1024,
	WQ_SEC_FILES_MAX = 512,
	WQ_SEC_LINE_BYTES_MAX = 256 * 1024, /* after joining continued lines */
	WQ_SEC_ITEMS_MAX = 50000,
	WQ_SEC_VARS_MAX = 256,    /* of one rule */
	WQ_SEC_ACTIONS_MAX = 256, /* of one rule */
	WQ_SEC_PHRASES_MAX = 200000,
	WQ_SEC_INCLUDE_DEPTH_MAX = 16
};

struct wq_sec_place {
	const char *file;
	uint32_t line; /* from 1: where the directive begins */
};

enum wq_sec_selector { WQ_SEC_SELECT_ALL, WQ_SEC_SELECT_NAME, WQ_SEC_SELECT_REGEX, WQ_SEC_SELECT_XPATH };

/* One of `ARGS:foo|!REQUEST_HEADERS:/x/|&TX:bar`. */
struct wq_sec_var {
	enum wq_waf_var var;
	bool exclude; /* ! */
	bool count;   /* & */
	enum wq_sec_selector selector;
	wq_str name; /* of the selector, without slashes or quotation marks */
};

struct wq_sec_operator {
	enum wq_waf_op op;
	bool negated;
	wq_str argument;       /* as written, unescaped; a file's name */
	const wq_str *phrases; /* of pm; of the file (comments and empty lines left out), also of ipMatchFromFile */
	size_t phrases_n;
};

struct wq_sec_action {
	enum wq_waf_action action;
	wq_str argument; /* without quotation marks */
	/* t: which; "none" has `none` */
	enum wq_transform transform;
	bool none;
	/* ctl:OPTION=argument[;target] */
	enum wq_waf_ctl ctl;
	struct wq_sec_var target;
	bool has_target;
};

enum wq_sec_kind {
	WQ_SEC_RULE,   /* SecRule */
	WQ_SEC_ACTION, /* SecAction: a rule without variables and operator */
	WQ_SEC_MARKER,
	WQ_SEC_DEFAULT,      /* SecDefaultAction */
	WQ_SEC_REMOVE_BY_ID, /* argument: "1-5 7"; */
	WQ_SEC_REMOVE_BY_TAG,
	WQ_SEC_REMOVE_BY_MSG,
	WQ_SEC_UPDATE_TARGET_BY_ID, /* argument: ids; vars: what is added (or, with !, excluded); replaced: the third argument */
	WQ_SEC_UPDATE_TARGET_BY_TAG,
	WQ_SEC_UPDATE_TARGET_BY_MSG,
	WQ_SEC_UPDATE_ACTION_BY_ID,
	WQ_SEC_SETTING /* one of enum wq_sec_setting */
};

enum wq_sec_setting {
	WQ_SET_RULE_ENGINE,          /* "On", "Off", "DetectionOnly" */
	WQ_SET_FALLBACK_CHARSET,     /* "None", "GB18030" */
	WQ_SET_RUNS_CUT,             /* a regular expression */
	WQ_SET_REQUEST_BODY_ACCESS,  /* "On", "Off" */
	WQ_SET_RESPONSE_BODY_ACCESS, /* "On", "Off" */
	WQ_SET_REQUEST_BODY_LIMIT,   /* number, bytes */
	WQ_SET_REQUEST_BODY_NO_FILES_LIMIT,
	WQ_SET_REQUEST_BODY_JSON_DEPTH_LIMIT,
	WQ_SET_REQUEST_BODY_LIMIT_ACTION, /* "Reject", "ProcessPartial" */
	WQ_SET_RESPONSE_BODY_LIMIT,
	WQ_SET_RESPONSE_BODY_LIMIT_ACTION,
	WQ_SET_RESPONSE_BODY_MIME_TYPE, /* texts, space between */
	WQ_SET_RESPONSE_BODY_MIME_TYPES_CLEAR,
	WQ_SET_ARGUMENTS_LIMIT,
	WQ_SET_ARGUMENT_SEPARATOR,
	WQ_SET_COOKIE_FORMAT,
	WQ_SET_PCRE_MATCH_LIMIT,
	WQ_SET_PCRE_MATCH_LIMIT_RECURSION,
	WQ_SET_COLLECTION_TIMEOUT,
	WQ_SET_COMPONENT_SIGNATURE,
	WQ_SET_WEB_APP_ID,
	WQ_SET_COUNT
};

struct wq_sec_item {
	enum wq_sec_kind kind;
	struct wq_sec_place place;
	enum wq_sec_setting setting;
	wq_str argument; /* marker's name, setting's value, ids, tag, regex of msg */
	uint64_t number; /* settings that are numbers; On is 1 */
	const struct wq_sec_var *vars;
	size_t vars_n;
	const struct wq_sec_var *replaced;
	size_t replaced_n;
	struct wq_sec_operator op;
	const struct wq_sec_action *actions;
	size_t actions_n;
};

/* How files are reached: rules come from a folder, an archive, or a test's memory. */
struct wq_sec_source {
	void *data;
	/* The whole file, living in `arena`. Errors: WQ_E_NOT_FOUND; WQ_E_IO and WQ_E_CONFIG name the file. */
	wq_err (*read)(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text);
	/* The files that a pattern of Include names, sorted; a pattern without wildcard is itself. */
	wq_err (*list)(void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n);
};
/* From the file system, with the limits above. */
extern const struct wq_sec_source wq_sec_source_files;

typedef void (*wq_sec_notice_fn)(void *data, struct wq_sec_place place, const char *text);

struct wq_sec_rules {
	const struct wq_sec_item *items;
	size_t n;
};

/* Parses files in their order (names may be patterns; Include and IncludeOptional are followed, relative to the file they stand
 * in). Everything lives in `arena`; `notice` may be NULL. Errors: WQ_E_CONFIG with file, line, what and how to mend, WQ_E_LIMIT. */
wq_err wq_sec_parse_files(const char *const *paths, size_t n, const struct wq_sec_source *source,
	struct wq_arena *arena, wq_sec_notice_fn notice, void *data, struct wq_sec_rules *ret_rules);
/* One text, without the checks between items; pmFromFile and Include go through `source` (NULL: they are errors). */
wq_err wq_sec_parse_text(wq_str text, const char *name, const struct wq_sec_source *source, struct wq_arena *arena,
	wq_sec_notice_fn notice, void *data, struct wq_sec_rules *ret_rules);

/* "ARGS:foo|!ARGS:/x/" alone, for exceptions and ctl targets. */
wq_err wq_sec_parse_vars(wq_str text, struct wq_sec_place place, struct wq_arena *arena,
	const struct wq_sec_var **ret_vars, size_t *ret_n);

#endif
