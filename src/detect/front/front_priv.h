/* Shared inside the folder: the data, notes, the run over one page. */
#ifndef WQ_DETECT_FRONT_FRONT_PRIV_H
#define WQ_DETECT_FRONT_FRONT_PRIV_H

#include "detect/front/front.h"
#include "detect/front/match_priv.h"
#include "finding/rule.h"
#include "text/host.h"
#include "text/utf8.h"

/* ---- data (rules.c) ---- */

struct front_flaw {
	wq_str from, below, ids;
	enum wq_severity severity;
};

struct front_library {
	wq_str name;
	struct front_flaw *flaws;
	size_t flaws_n;
};

struct front_list {
	wq_str *items;
	size_t n, room;
};

struct front_demand {
	wq_str name;
	enum wq_rule_id rule;
	enum wq_severity severity, mild; /* of what must be, of what is recommended */
	bool has_mild;
	size_t whats;   /* kinds that it knows */
	uint64_t kinds; /* named in one sentence, from which on it is a choice */
};

struct front_trace {
	wq_str name;
	uint64_t least;          /* hits of `find` */
	bool has_with, anywhere; /* anywhere: it begins a block, then the rest of the page does not matter */
};

struct front_listing {
	struct front_list title, with;
};

struct front_field {
	wq_str name;
	uint64_t weight;
	struct front_list names; /* exact, or the end of a longer one */
};

struct front_test {
	wq_str bytes;
	bool start;
};

struct front_leftover {
	wq_str name, path;
	struct front_test *tests;
	size_t tests_n;
	bool html; /* it may be a page of HTML */
	enum wq_severity severity;
};

/* What a word of the visible text is for: id = kind << 16 | section << 8 | which kind of `what`. */
enum front_word { FRONT_WHAT, FRONT_MUST, FRONT_SHOULD, FRONT_EXCUSE, FRONT_TRACE, FRONT_TRACE_WITH, FRONT_LABEL };

/* clang-format off */
enum { FRONT_DEMANDS = 32, FRONT_TRACES = 64, FRONT_LISTINGS = 32, FRONT_FIELDS = 32, FRONT_LEFTOVERS = 256, FRONT_LIBRARIES = 1024,
	FRONT_PATTERNS = 8192, FRONT_TRACKERS = 1024, FRONT_TESTS = 16, FRONT_KINDS = 64 };
/* clang-format on */

struct front_limits {
	uint64_t template_pages, near_bytes, label_bytes, trace_percent, personal_weight, zoom_percent;
};

struct wq_front_rules {
	struct front_limits limits;
	struct front_finder addresses, contents, words;
	struct front_demand demands[FRONT_DEMANDS];
	struct front_trace traces[FRONT_TRACES];
	struct front_listing listings[FRONT_LISTINGS];
	struct front_field fields[FRONT_FIELDS];
	struct front_leftover leftovers[FRONT_LEFTOVERS];
	size_t demands_n, traces_n, listings_n, fields_n, leftovers_n;
	struct front_library *libraries;
	struct front_pattern *patterns;
	size_t libraries_n, patterns_n;
	struct front_list trackers; /* hosts; names are beside them */
	struct front_list tracker_names;
	struct front_list closed, open;               /* endings of attachments */
	struct front_list plugin_types, plugin_files; /* media types; endings of addresses */
	struct front_list plain_objects;          /* beginnings of the names of ActiveX objects that ask for nothing */
	struct front_list sessions, not_sessions; /* parts of cookies' names, lower case */
	struct front_list generators;             /* beginnings of meta generator */
	struct front_list headers;                /* response headers that name software */
};

/* ids of the finders of addresses and contents: a pattern, or a tracker behind them */
enum {
	FRONT_ID_TRACKER = 0x100000,
	FRONT_ID_INSECURE = 0x200000,
	FRONT_ID_PLUGIN = 0x400000,
	FRONT_ID_OBJECT = 0x800000
};

bool front_list_has(const struct front_list *list, wq_str text);  /* ASCII case aside */
bool front_list_ends(const struct front_list *list, wq_str text); /* one of them ends the text */
bool front_list_begins(const struct front_list *list, wq_str text);
/* One of them, in lower case, stands in the text. */
bool front_list_in(const struct front_list *list, wq_str text);

/* ---- notes: what a page shows (note.c), before it is known whether others show it too (site.c) ---- */

enum front_scope {
	FRONT_EACH,  /* one finding for each subject of a page */
	FRONT_GROUP, /* all of a rule on one page are one finding */
	FRONT_ONCE   /* one for the site, whatever number of pages */
};

struct front_note {
	struct front_note *next, *same; /* in order; of the same slot */
	enum wq_rule_id rule;
	enum wq_severity severity;
	enum front_scope scope;
	uint64_t hash;
	wq_str subject, excerpt, target;
	uint64_t at;
	uint32_t count, line, column;
};

struct front_notes {
	struct wq_arena *arena;
	struct front_note *first, **last, *slots[64];
	size_t n;
};
enum { FRONT_NOTES_MAX = 1000, FRONT_SUBJECT_BYTES = WQ_EXCERPT_BYTES };

/* NULL when it was there (then it is counted), or when there is no room. Everything is copied and cleaned. */
struct front_note *front_note_add(struct front_notes *notes, enum wq_rule_id rule, enum front_scope scope,
	enum wq_severity severity, wq_str subject, wq_str excerpt, uint64_t at);
/* Hands notes to the site or, without it, to the findings. */
wq_err front_notes_close(struct front_notes *notes, const struct wq_place *place, struct wq_findings *findings,
	struct wq_front_site *site);

/* ---- the run over a page ---- */

enum { FRONT_BLOCK_BYTES = 4096, FRONT_HITS = 96, FRONT_TITLE_BYTES = 512, FRONT_ATTACHMENTS = 128 };

struct front_hit {
	uint32_t id;
	uint32_t at, n;
};

struct front_form {
	bool open, insecure, password;
	uint32_t fields; /* bits of rules->fields */
	uint64_t at;
	wq_str action;
};

struct front_control { /* a field that no label was seen for */
	struct front_control *next;
	uint64_t id; /* hash; 0: none */
	uint64_t at;
};

struct front_label_for {
	struct front_label_for *next;
	uint64_t id;
};

struct front_attachment {
	wq_str stem, text, href; /* text: of the link, without an ending */
	bool closed;
	uint64_t at;
};

struct wq_front {
	struct wq_arena *arena;
	const struct wq_front_rules *rules;
	const struct wq_subject *subject;
	const struct wq_document *document;
	struct wq_place place;
	struct front_notes notes;
	struct wq_url base;
	uint32_t resolved;
	bool https, upgraded; /* upgraded: upgrade-insecure-requests */
	/* text */
	struct wq_html_visible visible;
	char block[FRONT_BLOCK_BYTES];
	size_t block_n;
	uint64_t block_at, text_bytes;
	unsigned in_pre;
	struct front_hit hits[FRONT_HITS];
	size_t hits_n;
	char title[FRONT_TITLE_BYTES];
	size_t title_n;
	bool code_open;   /* a script without src */
	wq_str code_from; /* the script file that is read; empty for the page itself */
	/* traces and listings */
	uint32_t trace_hits[FRONT_TRACES];
	bool trace_with[FRONT_TRACES];
	uint64_t trace_at[FRONT_TRACES], trace_bytes;
	uint32_t listing_title, listing_with; /* bits of rules->listings */
	/* access */
	bool lang, refreshes, is_listing;
	uint64_t html_at;
	struct {
		bool open, named, exempt;
		uint64_t at;
		size_t text_from; /* in the block */
		struct front_attachment *attachment;
	} link;
	unsigned in_label;
	struct front_control *controls, **last_control;
	struct front_label_for *fors;
	size_t controls_n;
	/* forms and attachments */
	struct front_form form;
	uint32_t pending; /* fields that the text before a field names */
	struct front_attachment attachments[FRONT_ATTACHMENTS];
	size_t attachments_n;
};

/* The value of an attribute, references decoded, trimmed; p == NULL when there is no such attribute. */
wq_str front_attr(struct wq_front *front, const struct wq_html_token *token, wq_str name);
wq_str front_decode(struct wq_arena *arena, wq_str raw, enum wq_html_where where);
bool front_resolve(struct wq_front *front, wq_str address, struct wq_url *ret_url);
/* A note about what stands at `at` of the page; the excerpt is the page there. */
struct front_note *front_note(struct wq_front *front, enum wq_rule_id rule, enum front_scope scope,
	enum wq_severity severity, wq_str subject, uint64_t at);
/* Whether the host is the site's own, of the Party or the government, inside or confirmed. */
bool front_host_agreed(const struct wq_front *front, wq_str host);

/* text.c */
void front_text(struct wq_front *front, wq_str raw, uint64_t at);
void front_block_end(struct wq_front *front);
void front_title_end(struct wq_front *front);
void front_text_judge(struct wq_front *front);
/* loads.c: what a tag loads */
void front_loads(struct wq_front *front, const struct wq_html_token *token);
void front_trackers(struct wq_front *front, const struct wq_url *url, uint64_t at);
void front_mixed(struct wq_front *front, wq_str address, bool active, uint64_t at);
/* A link to a file: NULL when that is no attachment. Its text is known at the end of the link. */
struct front_attachment *front_attachment(struct wq_front *front, wq_str href, uint64_t at);
void front_attachment_text(struct wq_front *front, struct front_attachment *attachment, wq_str text);
void front_attachments_judge(struct wq_front *front);
/* code.c */
void front_tracker_note(struct wq_front *front, size_t number, wq_str target, uint64_t at);
void front_code(struct wq_front *front, wq_str code, uint64_t at);
void front_style(struct wq_front *front, wq_str css, uint64_t at);
/* form.c */
void front_form_open(struct wq_front *front, const struct wq_html_token *token);
void front_form_control(struct wq_front *front, const struct wq_html_token *token);
void front_form_end(struct wq_front *front);
/* access.c */
void front_access_html(struct wq_front *front, const struct wq_html_token *token);
void front_access_body(struct wq_front *front, const struct wq_html_token *token);
void front_access_image(struct wq_front *front, const struct wq_html_token *token);
void front_access_sound(struct wq_front *front, const struct wq_html_token *token);
void front_access_media(struct wq_front *front, const struct wq_html_token *token);
void front_access_control(struct wq_front *front, const struct wq_html_token *token);
void front_access_label(struct wq_front *front, const struct wq_html_token *token);
void front_access_link(struct wq_front *front, const struct wq_html_token *token);
void front_access_text(struct wq_front *front, wq_str raw);
void front_access_link_end(struct wq_front *front);
void front_access_viewport(struct wq_front *front, wq_str content, uint64_t at);
void front_access_judge(struct wq_front *front);
/* headers.c */
/* At the beginning: what the response's header fields say. */
void front_headers(struct wq_front *front);
void front_meta(struct wq_front *front, const struct wq_html_token *token);

#endif
