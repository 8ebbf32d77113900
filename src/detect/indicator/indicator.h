/* The official indicators of government sites, computed as the inspectors compute them: pure arithmetic over what was measured.
 *
 * Data is rules/indicator/ (国办秘函〔2019〕19号): vetoes, deductions, bonus, with thresholds, points, source and how sure each is
 * (mark: S stands in the source document, V read in public text, M general knowledge). Each row has conditions over measures; what was
 * not measured is not known, and a row that needs it is for a person to judge: the score is then a range. Clauses B9, E1.
 *
 * Invariants: no clock, no file; numbers are whole thousandths, nothing is rounded before the last step; a row never counts twice.
 * Bad at: what only people see (public outcry, whether a text is right): rows with `person: yes` are never decided here.
 */
#ifndef WQ_DETECT_INDICATOR_INDICATOR_H
#define WQ_DETECT_INDICATOR_INDICATOR_H

#include "base/arena.h"
#include "base/clock.h"

enum wq_measure_id {
#define WQ_MEASURE(id, ...) WQ_MEASURE_##id,
#include "detect/indicator/measure_table.h"
#undef WQ_MEASURE
	WQ_MEASURE_COUNT
};

/* The name in the data: "home_days"; and for people. Static. */
const char *wq_measure_name(enum wq_measure_id id);
const char *wq_measure_title(enum wq_measure_id id, enum wq_lang lang);

enum { WQ_INDICATOR_ROWS_MAX = 128, WQ_INDICATOR_CONDITIONS_MAX = 4, WQ_INDICATOR_UNIT = 1000 };

/* What is known of a site. Zero-initialised: nothing. */
struct wq_measures {
	struct {
		bool known;
		int64_t value; /* thousandths */
	} of[WQ_MEASURE_COUNT];
};
/* `value` in whole units; beyond ±10^12 it is cut to that. */
void wq_measures_set(struct wq_measures *measures, enum wq_measure_id id, int64_t value);

enum wq_indicator_kind { WQ_INDICATOR_VETO, WQ_INDICATOR_DEDUCTION, WQ_INDICATOR_BONUS };
enum wq_indicator_test { WQ_INDICATOR_OVER, WQ_INDICATOR_AT_LEAST, WQ_INDICATOR_BELOW };

struct wq_indicator_condition {
	enum wq_measure_id measure;
	enum wq_indicator_test test;
	int64_t threshold; /* thousandths */
};

struct wq_indicator_row {
	wq_str id; /* "V3", "home-links" */
	enum wq_indicator_kind kind;
	wq_str name_zh, name_en, rule, source;
	wq_str clauses; /* IDs with spaces */
	char mark;      /* 'S', 'V' or 'M' */
	bool person;    /* a condition that holds is a question to a person */
	bool services;  /* not asked of a department without services */
	struct wq_indicator_condition conditions[WQ_INDICATOR_CONDITIONS_MAX]; /* any of them */
	size_t conditions_n;
	bool points_known, each; /* `points` for each whole unit of the first condition's measure, or once */
	int64_t points, most;    /* thousandths; most 0: no limit of its own */
};

/* Thresholds that are no row's. Points in thousandths. */
struct wq_indicator_limits {
	uint64_t visit_msec, visits_per_day, visit_days, failed_percent, guide_elements, zone_minutes, page_msec;
	int64_t full, department_full, bonus_full, pass, bonus_over;
};

struct wq_indicator_rules {
	wq_str version, date, source;
	struct wq_indicator_limits limits;
	struct wq_indicator_row rows[WQ_INDICATOR_ROWS_MAX];
	size_t rows_n;
};

/* Reads the data (kind "indicator" of finding/datafile.h). The result lives in `arena`, is never changed and may be shared by
 * threads. Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_indicator_rules_parse(
	struct wq_arena *arena, wq_str file_name, wq_str bytes, const struct wq_indicator_rules **ret_rules);

enum wq_indicator_verdict {
	WQ_INDICATOR_MET,
	WQ_INDICATOR_VETOED,
	WQ_INDICATOR_POINTS_OFF,
	WQ_INDICATOR_POINTS_ON,
	WQ_INDICATOR_UNKNOWN, /* a person has to look: something is not known, or the row is for people */
	WQ_INDICATOR_NOT_ASKED,
	WQ_INDICATOR_VERDICTS
};
/* "met", "vetoed", "points-off", "points-on", "unknown", "not-asked"; and for people. */
const char *wq_indicator_verdict_name(enum wq_indicator_verdict verdict);
const char *wq_indicator_verdict_title(enum wq_indicator_verdict verdict, enum wq_lang lang);

struct wq_indicator_result {
	const struct wq_indicator_row *row;
	enum wq_indicator_verdict verdict;
	/* What decided it: the condition that holds, else the first that is not known, else the first. */
	const struct wq_indicator_condition *condition;
	bool known;    /* `value` of its measure */
	int64_t value; /* thousandths */
	/* What the row takes from the score (a bonus gives it): at least and at most. Equal unless the row is unknown. */
	int64_t least, most;
};

struct wq_indicator_score {
	struct wq_indicator_result results[WQ_INDICATOR_ROWS_MAX]; /* in the order of the data */
	size_t results_n;
	bool department; /* the 75-point scale was used */
	bool vetoed;     /* at least one veto holds */
	bool may_be_vetoed;
	int64_t least, most;                  /* the score with its bonus, thousandths; equal when nothing is open */
	bool unqualified, may_be_unqualified; /* 不合格: vetoed, or below the pass mark */
	bool points_missing; /* points were lost whose number the data does not know: neither counted nor in the range */
};

/* Computes every row and the total. `department`: no services of its own, rows of services are not asked and 75 points become 100 (× 4/3);
 * `portal`: a bonus counts. Requires: all. */
void wq_indicator_judge(const struct wq_indicator_rules *rules, const struct wq_measures *measures, bool department,
	bool portal, struct wq_indicator_score *ret_score);

/* ---- availability (V2) */

struct wq_indicator_visit {
	wq_time at;
	bool opened; /* an answer with a page came; how long it took is in `msec` */
	uint32_t msec;
};

enum { WQ_INDICATOR_DAYS_MAX = 31 };

struct wq_indicator_week {
	size_t days; /* of the data; those from the day of `from` on, in the zone of the data */
	struct {
		uint32_t visits, failed;
	} of[WQ_INDICATOR_DAYS_MAX];
	uint64_t visits, failed, missing;  /* missing: visits that the days lack */
	uint64_t outside;                  /* visits that lie outside these days */
	int64_t failed_percent;            /* thousandths of a per cent, cut off; 0 without visits */
	bool complete;                     /* every day has its visits */
	uint64_t longest_gap_msec;         /* between two successive visits, and to the ends of the days */
	enum wq_indicator_verdict verdict; /* MET, VETOED, or UNKNOWN as long as the missing visits could change it */
};

/* `visits` in any order. The first day is the one that holds `from`. A visit that did not open within the limit failed. Errors:
 * WQ_E_NO_MEMORY, WQ_E_LIMIT of the arena. */
wq_err wq_indicator_visits(struct wq_arena *arena, const struct wq_indicator_rules *rules, wq_time from,
	const struct wq_indicator_visit *visits, size_t n, struct wq_indicator_week *ret_week);
/* Sets the measure of V2 when the week decides it. */
void wq_measures_set_week(struct wq_measures *measures, const struct wq_indicator_week *week);

#endif
