/* Names that look like a unit's: scoring those that others have newly registered, and making those that somebody might.
 *
 * The scorer is made for streams (certificate logs, feeds, Referer): one set of up to WQ_LIKENESS_UNITS units, all their forms and
 * one-edit neighbourhoods in one table of hashes, so that a name costs the same whether one unit is protected or thousands. It
 * decides by labels and their hyphenated pieces, never by substrings of a host ("mygovernor.com" is nobody's), verifies what
 * the hashes propose, and says why. Own hosts, all that is under their registrable name, and closed suffixes never hit.
 * The maker gives what a registrant of counterfeits would try first; nothing is resolved here. Clause E5.
 * Bad at: names that only mean the same (translations), more than one slip of the pen.
 */
#ifndef WQ_DETECT_LIKENESS_NAMES_H
#define WQ_DETECT_LIKENESS_NAMES_H

#include "detect/likeness/rules.h"
#include "finding/finding.h"
#include "finding/subject.h"

enum {
	WQ_LIKENESS_UNITS = 20000,
	WQ_LIKENESS_NAME_BYTES = 253,
	WQ_LIKENESS_LABELS = 32,
	WQ_LIKENESS_MADE_MAX = 1000000
};

enum wq_likeness_technique {
	WQ_LIKENESS_SAME_LABEL, /* the unit's label or reading, under another suffix */
	WQ_LIKENESS_GOV_WORD,   /* with a word that says government */
	WQ_LIKENESS_SERVICE_WORD,
	WQ_LIKENESS_SUBDOMAIN, /* the whole host in front of a foreign name */
	WQ_LIKENESS_VISUAL,    /* letters or characters that look alike */
	WQ_LIKENESS_READING,   /* sounds that are mixed up */
	WQ_LIKENESS_TYPO,
	WQ_LIKENESS_HAN,         /* the Chinese name */
	WQ_LIKENESS_TRADITIONAL, /* the same in traditional characters */
	WQ_LIKENESS_HOMOPHONE,
	WQ_LIKENESS_INSIDE, /* the whole Chinese name within a longer label */
	WQ_LIKENESS_TECHNIQUES
};
/* "gov-word", …; with a language for people. */
const char *wq_likeness_technique_name(enum wq_likeness_technique technique);
const char *wq_likeness_technique_title(enum wq_likeness_technique technique, enum wq_lang lang);

struct wq_likeness_set;

/* The forms of these subjects (name, short_names, hosts). Everything lives in `arena` but the subjects, which are borrowed as the
 * rules are. Errors: WQ_E_LIMIT (WQ_LIKENESS_UNITS, the arena), WQ_E_NO_MEMORY. */
wq_err wq_likeness_set_new(struct wq_arena *arena, const struct wq_likeness_rules *rules,
	const struct wq_subject *subjects, size_t n, struct wq_likeness_set **ret_set);

struct wq_likeness_hit {
	size_t subject; /* of the array that the set was made of */
	enum wq_likeness_technique technique;
	uint32_t score; /* to 100 */
	wq_str form;    /* what of the unit it resembles; lives as long as the set */
	wq_str label;   /* the part of the name that does; a slice of it */
	wq_str domain;  /* label and suffix: what was registered */
};

/* Whether the name (lower case, ASCII or UTF-8, without a final dot) resembles a unit's enough to be reported; the best hit.
 * No memory is taken. */
bool wq_likeness_score(const struct wq_likeness_set *set, wq_str name, struct wq_likeness_hit *ret_hit);

/* Whether it is a protected host, or lies under the registrable name of one, or under a closed suffix. */
bool wq_likeness_own(const struct wq_likeness_set *set, wq_str name);

/* fake.name of a hit; the slices live in `arena`. */
wq_err wq_likeness_name_finding(struct wq_arena *arena, const struct wq_likeness_set *set, wq_str name,
	const struct wq_likeness_hit *hit, struct wq_finding *ret_finding);

/* ---- making ---- */

struct wq_likeness_made {
	wq_str name;     /* ASCII, as it would be registered */
	wq_str shown;    /* with its Chinese characters; the name itself otherwise */
	uint32_t weight; /* the likelier, the higher */
	enum wq_likeness_technique technique;
};

/* At most `max` names for a subject, the likeliest first, none twice, none its own, none under a closed suffix. The array
 * lives in `arena`. Errors: WQ_E_LIMIT (max over WQ_LIKENESS_MADE_MAX, the arena), WQ_E_NO_MEMORY. */
wq_err wq_likeness_make(struct wq_arena *arena, const struct wq_likeness_rules *rules, const struct wq_subject *subject,
	size_t max, struct wq_likeness_made **ret_made, size_t *ret_n);

#endif
