/* An inspection: what a look at sites from outside is made of, composed once for the command line, the scheduler and reports over
 * many units. The walk (inspect/site) hands over pages, the detectors read each once, and what they find is grouped.
 *
 * Invariants: works without a state directory, a registry or a network service of ours: rules are files, the subject is what is
 * given, else assumed and said to be so. Everything of the result lives in the arena of the caller. A finding of the site's template is one
 * group with the number of its pages, not a thousand findings. What could not be looked at is said (`limited`, `interrupted`,
 * `unexamined`, `dropped`), never silently left out. Text from peers in the result is clean (finding/excerpt.h) but
 * not escaped. Clauses A2–A6, A8, A9, B4, B5, B9, C2, C6, C7, C11, C12, C15, C20, E1, E2, E6.
 * Bad at: pages that scripts write (rendering is a check of its own), more than WQ_INSPECT_PLACES_MAX places.
 */
#ifndef WQ_FLOW_INSPECT_INSPECTION_H
#define WQ_FLOW_INSPECT_INSPECTION_H

#include "detect/indicator/indicator.h"
#include "finding/finding.h"
#include "finding/subject.h"
#include "flow/inspect/network.h"
#include "inspect/site/site.h"

enum {
	WQ_INSPECT_GROUP_PLACES = 100, /* kept of one group */
	WQ_INSPECT_GROUPS_MAX = 200000,
	WQ_INSPECT_PLACES_MAX = 500000, /* kept of all groups */
	WQ_INSPECT_HOSTS_MAX = 64
};

/* ---- what is checked ---- */

enum wq_inspect_check {
	WQ_INSPECT_LINKS = 1 << 0,
	WQ_INSPECT_CONTENT = 1 << 1,
	WQ_INSPECT_PAGE = 1 << 2,
	WQ_INSPECT_PORTAL = 1 << 3,
	WQ_INSPECT_QUALITY = 1 << 4,
	WQ_INSPECT_FRONT = 1 << 5,
	WQ_INSPECT_DNS = 1 << 6,
	WQ_INSPECT_TLS = 1 << 7,
	WQ_INSPECT_ALL = (1 << 8) - 1,
	/* Beside what "all" means: each needs something of its own. */
	WQ_INSPECT_RENDER = 1 << 8,    /* home pages in a browser, which has to be installed */
	WQ_INSPECT_LEFTOVERS = 1 << 9, /* asks for what nobody links to: sites of one's own */
	/* What needs nothing but the pages and their targets. */
	WQ_INSPECT_STANDARD = WQ_INSPECT_LINKS | WQ_INSPECT_CONTENT | WQ_INSPECT_PAGE | WQ_INSPECT_PORTAL |
		WQ_INSPECT_QUALITY | WQ_INSPECT_FRONT
};

/* Reads "standard", "all" and names as "links,dns", each with a "-" before it to take it away: "standard,-content,tls", "-front".
 * Errors: WQ_E_USAGE naming the word. */
wq_err wq_inspect_checks_parse(wq_str text, unsigned *ret_checks);
/* The names, separated by commas. */
void wq_inspect_checks_text(unsigned checks, struct wq_buf *out);

/* ---- what is asked for ---- */

struct wq_inspect_progress {
	const struct wq_site_stats *walk;
	uint64_t findings; /* groups so far */
};

/* Everything here is borrowed and outlives the run. */
struct wq_inspect_options {
	/* starts, hosts, dir, limits, manners. verdicts_at_once, clock and fetch count as well. links_only and check_only_inside follow
	 * from `checks` when they are not set. */
	struct wq_site_options walk;
	/* What is known; `kind` UNKNOWN: assumed. hosts, suffixes, day, now, and what is empty of `inside`, are filled in here. */
	struct wq_subject subject;
	unsigned checks;               /* enum wq_inspect_check */
	const char *rules_dir;         /* else $WEIQUE_RULES, else where the program was installed */
	const char *own_rules_dir;     /* of the operator: <own_rules_dir>/words; may be NULL */
	struct wq_inspect_names names; /* of `dns`, and what names say alone */
	struct wq_measures measures;   /* known already, as of availability; what is measured itself comes on top */
	const struct wq_inspect_network
		*before; /* of the inspection before this one: its certificates are compared; may be NULL */
	const struct wq_random *random;
	const struct wq_subject
		*others; /* applications of the registry, when it is at hand: their identifiers are theirs alone */
	size_t others_n;
	const char *render_user, *render_program; /* as in inspect/render */
	/* Called now and then; false ends the walk with what was found so far. May be NULL. */
	bool (*progress)(void *data, const struct wq_inspect_progress *so_far);
	/* Called once, when rules are read and before anything is asked of a peer: to drop privileges. May be NULL. */
	wq_err (*ready)(void *data);
	void *data;
};

/* ---- what came of it ---- */

struct wq_inspect_place {
	struct wq_finding_id id; /* of the finding at this place */
	wq_str page;             /* where it stands; of what has no page the address itself */
	wq_str target;           /* resolved address that it leads to; may be empty */
	wq_str excerpt;
	uint32_t line, column, count;
	enum wq_severity severity;
};

/* Findings of one rule about one subject. */
struct wq_inspect_group {
	struct wq_finding_id id; /* without the place: joins the groups of two runs */
	wq_str rule;
	wq_str clauses[WQ_FINDING_CLAUSES];
	size_t clause_count;
	enum wq_severity severity; /* the highest of its places */
	wq_str subject;            /* what makes it one group */
	wq_str advice_zh, advice_en;
	uint64_t pages, count;                 /* all, also those that `places` has no room for */
	const struct wq_inspect_place *places; /* in the order of the walk, at most WQ_INSPECT_GROUP_PLACES */
	size_t places_n;
};

enum wq_inspect_why { /* whence the kind of the subject */
	WQ_INSPECT_TOLD,
	WQ_INSPECT_BY_SUFFIX,  /* under a suffix reserved to organs */
	WQ_INSPECT_BY_ADDRESS, /* of the machine or its network: taken for a trial of an organ's site */
	WQ_INSPECT_BY_PAGE,    /* the home page bears the mark or the entry for errors */
	WQ_INSPECT_BY_NOTHING
};

/* A row of the official indicators, as far as the inspection can tell. */
struct wq_inspect_indicator {
	wq_str id, name_zh, name_en, rule; /* rule: the wording */
	wq_str clauses;                    /* IDs with spaces */
	enum wq_indicator_kind kind;
	enum wq_indicator_verdict verdict;
	char mark;  /* how sure the row is: 'S', 'V', 'M' */
	bool known; /* `value`, in thousandths, of the measure that decided */
	wq_str measure_zh, measure_en;
	int64_t value;
	int64_t least, most; /* thousandths of a point */
};

struct wq_inspect_score {
	bool judged; /* pages were looked at */
	bool department, vetoed, may_be_vetoed, unqualified, may_be_unqualified, points_missing;
	int64_t least, most; /* thousandths */
	wq_str version;      /* of the data */
	const struct wq_inspect_indicator *rows;
	size_t rows_n;
};

/* A home page as the browser showed it. */
struct wq_inspect_picture {
	wq_str url, png;
};

struct wq_inspect_result {
	wq_str site; /* host of the first start, with port unless it is the scheme's */
	const wq_str *starts;
	size_t starts_n;
	wq_time began, ended;
	uint32_t msec;
	unsigned checks;
	struct wq_subject subject;
	enum wq_inspect_why why;
	struct wq_site_stats walk;
	uint64_t pages, scripts;         /* that detectors looked at */
	uint64_t unexamined;             /* pages that a detector could not read */
	bool interrupted;                /* what was done stays in walk.dir: `resume` */
	bool unreachable;                /* no start could be opened */
	wq_str unreachable_why;          /* English, short */
	struct wq_inspect_group *groups; /* by severity, rule, number of pages */
	size_t groups_n;
	uint64_t places;                       /* findings in all */
	uint64_t dropped;                      /* of them without room */
	size_t by_severity[WQ_SEVERITY_COUNT]; /* groups */
	enum wq_severity worst;                /* INFO without any */
	struct wq_inspect_score score;
	struct wq_inspect_network network;
	const struct wq_tls_observation *const *tls; /* of the starts' hosts; not part of a record */
	size_t tls_n;
	const struct wq_inspect_picture *pictures; /* not part of a record */
	size_t pictures_n;
};

/* What the rows tell already. */
struct wq_inspect_score_so_far {
	int64_t lost;      /* thousandths: by deductions that are sure */
	size_t determined; /* rows */
	size_t open;       /* rows that are for a person */
};
struct wq_inspect_score_so_far wq_inspect_score_so_far(const struct wq_inspect_score *score);

/* Does it. Errors: WQ_E_INPUT (a start that is no address), WQ_E_CONFIG (rules), WQ_E_BUSY (walk.dir), those of the disk and of
 * memory. A site that does not answer is no error: `unreachable`, with a finding uptime.down. */
wq_err wq_inspect_run(
	const struct wq_inspect_options *options, struct wq_arena *arena, struct wq_inspect_result *ret_result);

#endif
