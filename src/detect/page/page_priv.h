/* What the files of this folder share: a page is scanned into items once; checks judge the items, changes compare them. */
#ifndef WQ_DETECT_PAGE_PAGE_PRIV_H
#define WQ_DETECT_PAGE_PAGE_PRIV_H

#include "detect/page/page.h"
#include "finding/rule.h"
#include "text/html.h"
#include "text/url.h"
#include "text/words.h"

enum page_rule { PAGE_RULE_PLANTED, PAGE_RULE_OBFUSCATED, PAGE_RULE_CLOAKING, PAGE_RULE_SERVICE_WORKER };

struct page_pattern {
	wq_str name;
	enum page_rule rule;
	enum wq_severity severity;
	bool has_with;
};

struct page_hosts {
	wq_str *items;
	size_t n;
};

struct wq_page_rules {
	struct page_pattern patterns[WQ_PAGE_PATTERNS];
	size_t patterns_n;
	struct wq_words *literals;   /* ids: 2 * pattern for `find`, 2 * pattern + 1 for `with`; lower-case bytes */
	struct wq_words *signatures; /* of intruders; lower-case bytes */
	struct page_hosts trusted, bad;
	uint64_t char_codes, hex_escapes, kept_percent, text_bytes;
};

enum page_kind {
	PAGE_LINK,
	PAGE_SCRIPT, /* loaded */
	PAGE_INLINE, /* code in the page */
	PAGE_FRAME,
	PAGE_FORM,
	PAGE_REDIRECT, /* meta refresh, or by code */
	PAGE_KINDS
};

/* Where an address leads. */
enum page_where {
	PAGE_NOWHERE, /* a fragment, mailto:, javascript: */
	PAGE_OWN,
	PAGE_GOVERNMENT,
	PAGE_INSIDE,
	PAGE_CONFIRMED,
	PAGE_TRUSTED, /* hosts of rules/page/page.txt */
	PAGE_OUTSIDE,
	PAGE_NUMBER,  /* a public IP address */
	PAGE_PRIVATE, /* a private one, or this machine */
	PAGE_DEAD
};

enum page_flag {
	PAGE_HIDDEN = 1,
	PAGE_EMPTY = 2,       /* a link with nothing in it to click */
	PAGE_OPENER = 4,      /* a new window that can reach this one */
	PAGE_POST = 8,        /* a form that posts */
	PAGE_BY_CODE = 16,    /* named by a script */
	PAGE_IMITATES = 32,   /* looks like a government host */
	PAGE_BAD = 64,        /* a host that nobody can confirm */
	PAGE_UNREADABLE = 128 /* code by char codes or escapes */
};

struct page_item {
	struct page_item *next;
	enum page_kind kind;
	enum page_where where;
	unsigned flags;
	wq_str host;       /* of what leads elsewhere */
	wq_str target;     /* its address, resolved */
	uint64_t at, n;    /* in the UTF-8 of the page: the tag, or the code */
	uint64_t patterns; /* of code: bits of rules->patterns */
	uint64_t hash;     /* of code: white space and digits aside */
};

/* A block of visible text, for comparing. */
struct page_block {
	struct page_block *next;
	uint64_t hash, at, n;
};

/* Mark and footer, as far as they were seen. `_at` is 0 when not (the first byte of a page is never one of them). */
struct page_footer {
	uint64_t mark_at, mark_n, comment_at, comment_n;
	enum wq_html_tag inside; /* of the mark: the span, or the link to its certificate, that is open */
	bool mark_shown, mark_path_ok, mark_path_bad, mark_id_ok, mark_id_bad, red, blue, error_image, local_image,
		typo, mark_open, mark_hidden; /* one that is open, one in a hidden element */
	uint64_t icp_at, icp_n, icp_bad_at, icp_bad_n, icp_link_at, icp_old_at, icp_old_n;
	wq_str icp_old_host;
	uint64_t police_at, police_n, police_bad_at, police_bad_n, police_link_at, police_link_n;
	char police_text[15], police_link[15];
	char site_code[11];
	uint64_t code_at, code_n, code_differs_at, code_differs_n, code_bad_at, code_bad_n;
	bool code_next;                                    /* its label ended a text, it may begin the next */
	bool hotline, postcode, telephone, address, owner; /* of union sites */
};

struct page_class {
	wq_str name; /* ".x" or "#x" */
	bool shown;
};

struct page_run {
	struct wq_arena *arena;
	const struct wq_page_rules *rules;
	const struct wq_page_facts *facts;
	wq_str html; /* UTF-8 */
	bool converted;
	struct wq_url address, base;
	struct page_item *items, **last;
	size_t items_n;
	struct page_footer footer;
	/* of the scan */
	struct page_class classes[64];
	size_t classes_n;
	struct wq_buf *value, own_value; /* a decoded attribute */
	struct {
		enum wq_html_tag tag; /* the outermost hidden element; WQ_TAG_NONE: none is open */
		wq_str name;
		unsigned depth, lists;
	} hidden;
	unsigned noscript, in_template;
	struct page_item *link; /* the open <a>, as long as it is empty */
	bool script_is_code;
	/* of a comparison only */
	bool keep_text;
	struct wq_html_visible visible;
	struct page_block *blocks, **last_block;
	uint64_t text_bytes, title_hash, signature_at;
	bool signed_by_intruder;
	/* what was reported, by rule and subject: repeats are only counted */
	struct page_said *said[256], *first_said, **last_said;
	/* of places */
	uint64_t line_at, line;
};

/* Begins a run on a page in UTF-8; `value` is lent. */
wq_err page_run_begin(struct page_run *run, wq_str html, bool converted, struct wq_buf *value);
wq_err page_token(void *run, const struct wq_html_token *token);
/* Opens a run on a document: converts, parses its address. `room` holds what was converted. */
wq_err page_run_open(struct page_run *run, wq_str bytes, wq_str label, struct wq_buf *room);
wq_err page_scan(struct page_run *run);
void page_run_close(struct page_run *run);

/* What an address as written (references decoded) leads to; flags PAGE_IMITATES and PAGE_BAD are added. */
enum page_where page_judge_address(
	struct page_run *run, wq_str address, wq_str *ret_host, wq_str *ret_target, unsigned *flags);
/* Adds an item; NULL (and an error in the arena) when there is no room. */
struct page_item *page_add(
	struct page_run *run, enum page_kind kind, wq_str address, unsigned flags, uint64_t at, uint64_t n);
/* Looks at code that stands at `at` of the page: patterns, what it loads, where it sends. `handler`: of an attribute. */
void page_code(struct page_run *run, wq_str code, uint64_t at, uint64_t n);
void page_handler(struct page_run *run, wq_str name, wq_str code, uint64_t at, uint64_t n);

/* Whether a list of declarations hides what it stands on. */
bool page_style_hides(wq_str declarations);
/* Classes and ids that style elements of the page hide. */
void page_read_styles(struct page_run *run);

/* Mark and footer: what a token says of them. */
void page_footer_tag(struct page_run *run, const struct wq_html_token *token);
void page_footer_end(struct page_run *run, const struct wq_html_token *token);
void page_footer_text(struct page_run *run, wq_str text, uint64_t at);
void page_footer_comment(struct page_run *run, const struct wq_html_token *token);
void page_footer_code(struct page_run *run, wq_str code, uint64_t at, uint64_t n);
wq_err page_footer_judge(struct page_run *run);

/* A finding about [at, at + n) of the page, of the rule's severity when that is negative. `subject` (which outlives the
 * run) makes it this finding: what was said before counts once more, with the higher severity. */
wq_err page_report(struct page_run *run, enum wq_rule_id rule, int severity, uint64_t at, uint64_t n, wq_str subject);
/* The same about what leads to `target`, which outlives the run. */
wq_err page_report_target(struct page_run *run, enum wq_rule_id rule, int severity, uint64_t at, uint64_t n,
	wq_str subject, wq_str target);
/* Line and column of an offset; most questions come in order. */
void page_place(struct page_run *run, uint64_t at, uint64_t n, struct wq_place *place);
/* Adds what was reported, in order. */
wq_err page_say(struct page_run *run, struct wq_findings *findings);
/* The findings of the scripts among the items. */
wq_err page_judge_code(struct page_run *run, const struct page_item *item);

static inline bool page_leads_out(enum page_where where)
{
	return where == PAGE_OUTSIDE || where == PAGE_NUMBER;
}
/* `needle` in lower case. */
ptrdiff_t page_find_nocase(wq_str text, wq_str needle);

#endif
