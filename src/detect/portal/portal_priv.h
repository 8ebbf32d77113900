/* What the files of this folder share: a page is read into a few facts, facts become faults, faults are said or gathered. */
#ifndef WQ_DETECT_PORTAL_PORTAL_PRIV_H
#define WQ_DETECT_PORTAL_PORTAL_PRIV_H

#include "detect/portal/portal.h"
#include "detect/portal/script.h"
#include "finding/rule.h"
#include "text/words.h"

/* The lists of rules/portal/portal.txt, in the order of the table in rules.c. */
enum portal_list_id {
	LIST_OWNER,
	LIST_CONTACT,
	LIST_SITE_MAP,
	LIST_ENTRY,
	LIST_PUBLISHED,
	LIST_ICP,
	LIST_POLICE,
	LIST_SITE_CODE,
	LIST_PROMPT,
	LABELS, /* all before it are looked for in text */
	LIST_MARK_HOSTS = LABELS,
	LIST_ENTRY_HOSTS,
	LIST_OLD_FILING,
	LIST_SITE_TAGS,
	LIST_COLUMN_TAGS,
	LIST_ARTICLE_TAGS,
	LIST_GENERIC,
	LIST_ENDING,
	LIST_FOOT,
	LIST_SUFFIX,
	LISTS
};

struct portal_list {
	wq_str items[32];
	size_t n;
};

struct wq_portal_rules {
	struct portal_list lists[LISTS];
	struct wq_words *labels; /* bytes; the id is the list */
	uint64_t starts[64];     /* of labels: bits, by the second and third byte of their first character */
	bool ascii_starts[128];
	uint64_t foot_percent, foot_bytes, behind_percent, page_bytes, centre_percent, column_entries, article_bytes,
		template_pages, named_pages;
};

/* Of which pages a fault is one: what its number is held against. */
enum portal_scope { SCOPE_PAGE, SCOPE_HOME, SCOPE_COLUMN, SCOPE_ARTICLE, SCOPE_LEAVES, SCOPES };

struct portal_fault {
	enum wq_rule_id rule;
	int severity; /* negative: the rule's own */
	enum portal_scope scope;
	uint64_t at, n; /* of the page's html; n 0: the page as a whole */
	wq_str subject, target;
};

/* Where something of the visible text stood: in the document and in that text. */
struct portal_spot {
	bool found, foot; /* foot: in a container that is called one */
	uint64_t at, n, seen;
};

enum { TAG_SITE_NAME, TAG_SITE_DOMAIN, TAG_SITE_CODE, PORTAL_TAGS_MAX = 32, PORTAL_FAULTS = 64, PORTAL_OPEN = 128 };

struct portal_tag {
	uint64_t at, n;
	wq_str content; /* as written */
	bool found, other_case;
};

struct portal_mark {
	bool on;         /* there is something of it in the document */
	unsigned inside; /* the span, or the link to the certificate, that is open; by tag */
	struct portal_spot spot;
	char id[33], code[9];
	uint64_t id_at, id_n, code_at, code_n, error_at, error_n, local_at, local_n, insecure_at, insecure_n;
	bool foot, aside; /* its containers: called foot; put the text to one side */
};

/* An open element of a home page. */
struct portal_open {
	enum wq_html_tag tag;
	bool foot, centre, aside, loose;
};

struct portal_align {
	wq_str name; /* ".x", "#x" */
	bool centre, aside, loose;
};

/* What leads out of the page, by kind. */
enum portal_out {
	OUT_LINK = 1,
	OUT_FORM = 2,
	OUT_REFRESH = 4,
	OUT_CODE = 8,      /* window.open, location, in a handler or a script */
	OUT_UNQUOTED = 16, /* a link whose href has no quotes */
	OUT_NO_SCHEME = 32 /* a link that begins with // */
};

struct portal_leave {
	unsigned out; /* enum portal_out of what does not ask by itself */
	uint64_t at, n;
	wq_str target;
	bool says_so;    /* the words of a prompt stand in the page */
	unsigned script; /* enum portal_script_fact of the inline scripts that ask, together */
	bool asks;       /* one of them does */
	uint64_t script_at, script_n;
	unsigned half;   /* facts of inline scripts that ask if the page has the words */
	uint64_t *files; /* hashes of script addresses of the site */
	size_t files_n;
	struct {
		wq_str authority;
		bool out;
	} judged[64];
	bool base_out;
	struct wq_url base;
};

struct wq_portal {
	struct wq_arena *arena;
	struct wq_portal_page page;
	const struct wq_portal_rules *rules;
	const struct wq_subject *subject;
	wq_str html;
	struct wq_html_visible visible;
	struct wq_document_at line;
	bool organ, document;              /* document: title, head or body was seen */
	uint64_t seen;                     /* bytes of visible text so far */
	size_t spent;                      /* of SPEND_BYTES, see portal_spend() */
	struct portal_spot labels[LABELS]; /* the last of each */
	wq_str title, heads[8];            /* h1, alt of images, first text */
	size_t heads_n;
	unsigned in_h1, links_open;
	struct portal_tag tags[PORTAL_TAGS_MAX]; /* site, column, article tags in the order of the lists */
	struct portal_mark mark;
	wq_str owner; /* what stands behind the last label of an owner */
	wq_str icp, police;
	struct portal_spot icp_spot, police_spot, code_spot, entry_code_spot;
	char site_code[11], entry_code[11], police_link[15];
	bool code_next, entry_seen, map_link, scripts; /* scripts: it loads some */
	struct portal_spot old_filing;
	wq_str old_target;
	/* kind of page */
	bool item_link, item_date, published;
	uint64_t entries, text_bytes, published_seen, date_seen;
	bool has_published, has_date;
	/* home pages */
	struct portal_open open[PORTAL_OPEN];
	size_t open_n, open_lost;
	struct portal_align aligns[64];
	size_t aligns_n;
	struct portal_leave leave;
	struct portal_fault faults[PORTAL_FAULTS];
	size_t faults_n;
};

/* ---- portal.c ---- */
/* `raw` with references replaced; a slice of the page or of the arena. */
wq_str portal_decode(struct wq_portal *p, wq_str raw, enum wq_html_where where);
/* The value of an attribute, decoded and trimmed; p == NULL when there is none. */
wq_str portal_attr(struct wq_portal *p, const struct wq_html_token *token, wq_str name);
void portal_fault(struct wq_portal *p, const struct portal_fault *fault);
/* Whether what stood there is at the foot of the page; to be asked at the end. */
bool portal_at_foot(const struct wq_portal *p, const struct portal_spot *spot);
struct portal_spot portal_spot(const struct wq_portal *p, uint64_t at, uint64_t n);
bool portal_listed(const struct wq_portal_rules *rules, enum portal_list_id list, wq_str item);
ptrdiff_t portal_find(wq_str text, wq_str needle);
ptrdiff_t portal_find_nocase(wq_str text, wq_str lower);
/* The host of an address of a special scheme, with or without it, as written; empty when it is none. */
wq_str portal_host(wq_str address);
wq_str portal_without_port(wq_str host);
/* Whether the page may have so many bytes more decoded or parsed: the arena is not ours alone. What goes beyond is taken as
 * written, and not judged as an address. */
bool portal_spend(struct wq_portal *p, size_t bytes);
/* A finding of the fault. */
struct wq_finding portal_finding(struct wq_portal *p, const struct portal_fault *fault);

/* ---- mark.c ---- */
void portal_mark_start(struct wq_portal *p, const struct wq_html_token *token);
void portal_mark_end(struct wq_portal *p, const struct wq_html_token *token);
void portal_mark_code(struct wq_portal *p, wq_str code, uint64_t at);
void portal_mark_judge(struct wq_portal *p);

/* ---- place.c: containers of a home page ---- */
void portal_place_start(struct wq_portal *p, const struct wq_html_token *token);
void portal_place_end(struct wq_portal *p, const struct wq_html_token *token);
void portal_place_sheet(struct wq_portal *p, wq_str sheet);
bool portal_place_foot(const struct wq_portal *p);
bool portal_place_aside(const struct wq_portal *p);

/* ---- foot.c ---- */
void portal_foot_text(struct wq_portal *p, wq_str text, uint64_t at);
/* The text behind a label that ended its own. */
void portal_foot_code(struct wq_portal *p, wq_str text, uint64_t at);
void portal_foot_link(struct wq_portal *p, const struct wq_html_token *token, wq_str href);
void portal_foot_script(struct wq_portal *p, const struct wq_html_token *token, wq_str src);
void portal_foot_judge(struct wq_portal *p);

/* ---- name.c ---- */
void portal_name_judge(struct wq_portal *p);

/* ---- tags.c ---- */
void portal_tags_meta(struct wq_portal *p, const struct wq_html_token *token);
void portal_tags_judge(struct wq_portal *p, bool column, bool article);

/* ---- leave.c ---- */
void portal_leave_base(struct wq_portal *p, const struct wq_html_token *token);
void portal_leave_link(struct wq_portal *p, const struct wq_html_token *token);
void portal_leave_form(struct wq_portal *p, const struct wq_html_token *token);
void portal_leave_refresh(struct wq_portal *p, const struct wq_html_token *token);
void portal_leave_handlers(struct wq_portal *p, const struct wq_html_token *token);
void portal_leave_file(struct wq_portal *p, wq_str src);
void portal_leave_code(struct wq_portal *p, wq_str code, uint64_t at);
/* The verdict for a page of which that is known; false: nothing to say. `unread`: scripts of the site that nobody handed over. */
struct portal_verdict {
	enum wq_rule_id rule;
	int severity;
	const char *subject;
};
bool portal_leave_judge(unsigned out, bool asks, unsigned facts, bool unread, struct portal_verdict *ret_verdict);

/* ---- site.c ---- */
/* The bit of a character of three bytes in `starts`. */
static inline unsigned portal_start(const char *p)
{
	return ((unsigned)(p[1] & 0x3f) << 6 | (unsigned)(p[2] & 0x3f)) & 0xfff;
}

/* What does not fit into `site` any more goes to `findings`. */
wq_err portal_site_add(
	struct wq_portal_site *site, struct wq_portal *p, bool column, bool article, struct wq_findings *findings);

static inline bool portal_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool portal_is_one(char c, const char *of)
{
	while (*of && *of != c)
		of++;
	return *of != 0;
}

static inline size_t portal_digits(wq_str s)
{
	size_t n = 0;

	while (n < s.n && portal_digit(s.p[n]))
		n++;
	return n;
}

#endif
