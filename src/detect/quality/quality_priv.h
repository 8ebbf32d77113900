/* What the files of this folder share. A page becomes one text (`text`: visible, references decoded, a line feed for every break), its links
 * and, by one scan of that text, the listed words and the dates in it; the checks look at these.
 */
#ifndef WQ_DETECT_QUALITY_QUALITY_PRIV_H
#define WQ_DETECT_QUALITY_QUALITY_PRIV_H

#include "detect/quality/quality.h"
#include "finding/excerpt.h"
#include "finding/rule.h"
#include "text/html.h"
#include "text/utf8.h"
#include "text/words.h"

enum quality_class {
	Q_PUBLISHED,
	Q_TIME,
	Q_BESIDE,
	Q_PLAN,
	Q_LUNAR,
	Q_ANSWERED,
	Q_ASKED,
	Q_UNANSWERED,
	Q_SOURCE_LABEL,
	Q_TAKEN_FROM,
	Q_REPRINT,
	Q_REPRINT_TOPIC,
	Q_WIRE,
	Q_WIRE_END,
	Q_OWN,
	Q_MEDIUM_END,
	Q_GUIDE,
	Q_SEARCH,
	Q_CONTACT,
	Q_SERVICES,
	Q_REPORT,
	Q_EMPTY,
	Q_FOOTER,
	Q_CRUMB,
	Q_NOT_DOCUMENT,
	Q_SIX_BRACKET,
	Q_ADVERTISING,
	Q_WORDS,             /* those before are [words …]; those from here on have sections of their own */
	Q_ELEMENT = Q_WORDS, /* number: which */
	Q_KIND,              /* number: enum wq_quality_kind */
	Q_SOURCE,            /* number: which source */
	Q_CLASSES
};

struct quality_word {
	uint8_t class, number;
	uint16_t bytes;
};

enum { Q_SOURCES_MAX = 128, Q_HOSTS_MAX = 256, Q_WORDS_MAX = 8192 };

struct quality_list {
	wq_str items[Q_HOSTS_MAX];
	size_t n;
};

struct quality_source {
	wq_str name;
	wq_str hosts[8];
	size_t hosts_n;
};

struct quality_limits {
	uint64_t home_days, long_days, report_due, same_percent, sketch_least, blank_chars, guide_labels, items,
		reprint_lines;
};

struct wq_quality_rules {
	struct wq_words *words; /* code points; ids are places in `word` */
	struct quality_word *word;
	size_t words_n;
	uint64_t starts[0x10000 / 64];                           /* bits: characters that begin a word */
	uint64_t days[WQ_COLUMN_KINDS], months[WQ_COLUMN_KINDS]; /* 0: none */
	struct quality_list paths[WQ_COLUMN_KINDS], ad_hosts, ad_classes, generators, powered, forum_links;
	struct quality_source sources[Q_SOURCES_MAX];
	size_t sources_n;
	wq_str elements[WQ_QUALITY_ELEMENTS];
	size_t elements_n;
	struct quality_limits limits;
};

/* ---- dates */

enum quality_form { Q_DASH, Q_SLASH, Q_DOT, Q_HAN, Q_MONTH_DAY, Q_HAN_MONTH_DAY, Q_YEAR_MONTH };

enum quality_context {
	Q_RUNNING,
	Q_LABELLED, /* says when the page was published */
	Q_LISTED,   /* the day of an item of a list */
	Q_ASKED_AT,
	Q_ANSWERED_AT
};

struct quality_date {
	uint32_t at, end;
	uint16_t year; /* 0: not said */
	uint8_t month, day;
	uint8_t form, context;
	bool possible, bad_time, wide;
	bool alone; /* brackets and time aside, all of its line */
	bool edge;  /* at the beginning or the end of its line */
};

/* A date that begins with the digit at `at`; false when there is none. Never looks beyond `text`. */
bool quality_date_read(wq_str text, size_t at, struct quality_date *ret_date);
bool quality_day_exists(unsigned year, unsigned month, unsigned day);
/* 20261122 and days since 1970-01-01, both ways. */
int64_t quality_day_number(uint32_t day);
uint32_t quality_day_of(int64_t number);
/* `months` before `day`, at the end of a shorter month. */
uint32_t quality_months_before(uint32_t day, unsigned months);
/* The date as 20261122; without a year the last such day that is not after tomorrow; 0 when it does not exist. */
uint32_t quality_date_day(const struct quality_date *date, uint32_t today);
/* A digit at `at`, ASCII or full width: its value and length. */
bool quality_digit(wq_str text, size_t at, unsigned *ret_value, size_t *ret_n);

/* ---- a page */

struct quality_seg {
	uint32_t text_at, html_at;
};

struct quality_link {
	uint32_t from, to;        /* in the text; to == 0: open */
	uint32_t href_at, href_n; /* in the document, raw */
};

struct quality_hit {
	uint32_t at, end;
	uint16_t word;
};

struct quality_array {
	void *items;
	size_t n, room;
};

enum page_class { Q_PAGE_OTHER, Q_PAGE_HOME, Q_PAGE_COLUMN, Q_PAGE_ARTICLE, Q_PAGE_GUIDE };

struct quality_range {
	uint32_t from, to;
};

struct wq_quality {
	struct wq_arena *arena;
	struct wq_quality_page page;
	const struct wq_quality_rules *rules;
	char *text;
	size_t text_n, text_room;
	bool full;
	struct quality_array segs, links, hits, dates;
	struct quality_array things;  /* uint32_t: where pictures, frames and scripts stand in the text */
	struct quality_array numbers; /* uint32_t: digits after an opening bracket */
	struct wq_html_visible visible;
	unsigned aside;           /* open pre, code, textarea, select: no prose */
	enum wq_html_tag heading; /* the open one of interest */
	bool in_link;
	wq_str title, column_name, column_type, site_name, pub_date, content_source;
	uint32_t pub_date_at;
	bool article_meta, search;
	wq_str ad_host, forum_sign; /* empty: none was seen */
	uint32_t ad_at, forum_at;
	struct quality_range h1;
	/* of the scan */
	uint32_t body_at, footer_at; /* text between breadcrumb or heading and footer */
	size_t han;                  /* ideographs */
	/* of the checks */
	enum page_class class;
	enum wq_quality_kind kind;
	bool named;
	uint32_t newest, newest_at;
	size_t items;
	struct wq_document_at place_at;
	struct wq_findings *findings;
	struct wq_quality_reprint *reprint;
	wq_err err;
};

/* Room for one more; NULL (and the arena has failed) when there is none. */
void *quality_push(struct wq_arena *arena, struct quality_array *array, size_t size);
#define Q_ITEMS(array, type) ((type *)(array).items)

static inline wq_str quality_text(const struct wq_quality *q)
{
	return wq_str_of(q->text, q->text_n);
}
static inline const struct quality_word *quality_word_of(const struct wq_quality *q, const struct quality_hit *hit)
{
	return &q->rules->word[hit->word];
}

/* The line that holds `at`, without its end; of a long one what is near. */
struct quality_range quality_line(const struct wq_quality *q, uint32_t at);
/* Where white space of any kind (U+00A0 and U+3000 too) from `at` on ends. */
uint32_t quality_skip_space(wq_str text, uint32_t at);
/* The text without white space of any kind at both ends. */
wq_str quality_trim(wq_str text);
/* No ideograph stands right before `at`: 截止时间 is not the label 时间. */
bool quality_begins_word(wq_str text, uint32_t at);
/* The first link that overlaps [from, to), or NULL. */
const struct quality_link *quality_link_in(const struct wq_quality *q, uint32_t from, uint32_t to);
/* The first hit of that class in [from, to), or NULL. */
const struct quality_hit *quality_hit_in(const struct wq_quality *q, unsigned class, uint32_t from, uint32_t to);
/* The hits of a short text that is not the page's: the last of the class, its number; -1 when none. */
int quality_find_word(const struct wq_quality_rules *rules, wq_str text, unsigned class);
/* The address of a link as a browser resolves it; empty when it leads nowhere. */
wq_str quality_resolve(struct wq_quality *q, const struct quality_link *link);

/* A finding at `at` of the text; `target` may be empty. quality_report() adds it with what stands there; errors stay in q->err. */
struct wq_finding quality_finding(
	struct wq_quality *q, enum wq_rule_id rule, uint32_t at, wq_str excerpt, wq_str subject, wq_str target);
void quality_report(struct wq_quality *q, enum wq_rule_id rule, uint32_t at, wq_str subject, wq_str target);

void quality_scan(struct wq_quality *q);
/* What each date is there for. */
void quality_set_contexts(struct wq_quality *q);
void quality_classify(struct wq_quality *q);
bool quality_is_further_page(const struct wq_quality *q);
void quality_judge_dates(struct wq_quality *q, struct wq_quality_site *site);
void quality_judge_numbers(struct wq_quality *q);
void quality_judge_column(struct wq_quality *q, struct wq_quality_site *site);
void quality_judge_guide(struct wq_quality *q, struct wq_quality_site *site);
void quality_judge_reprint(struct wq_quality *q, struct wq_quality_site *site);
void quality_judge_offers(struct wq_quality *q, struct wq_quality_site *site);

/* Adds the runs of `text` to the samples. */
void quality_sketch_add(struct wq_quality_sketch *sketch, wq_str text);

/* ---- the site */

enum quality_flag { Q_HAS_SEARCH = 1, Q_HAS_CONTACT = 2, Q_HAS_SERVICES = 4 };

void quality_site_home(struct wq_quality_site *site, struct wq_quality *q);
void quality_site_column(struct wq_quality_site *site, struct wq_quality *q, bool stale, bool blank);
void quality_site_guide(struct wq_quality_site *site, unsigned lacking);
void quality_site_reprint(struct wq_quality_site *site);
void quality_site_message(struct wq_quality_site *site, uint32_t answered, uint32_t unanswered);
void quality_site_offers(struct wq_quality_site *site, struct wq_quality *q, unsigned flags, uint32_t report_year);
/* A fault of the template: said once for rule and subject in one part of the site, with the number of pages. */
void quality_site_note(struct wq_quality_site *site, struct wq_quality *q, enum wq_rule_id rule, uint32_t at,
	wq_str excerpt, wq_str subject, wq_str target);

#endif
