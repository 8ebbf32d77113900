/* Who is looked at: what is known of the unit and the application whose pages, names and certificates are judged. From the
 * registry, from the command line, or assumed from the address and said to be so.
 *
 * Invariants: slices live as long as the subject; hosts are canonical (text/host.h); empty slices are "not known": a check that
 * compares with what is not known says nothing. Clauses: which rules bind depends on `kind` and `day` (A2, A3, A5, A6).
 */
#ifndef WQ_FINDING_SUBJECT_H
#define WQ_FINDING_SUBJECT_H

#include "base/str.h"
#include "base/clock.h"

struct wq_suffix_rules; /* text/host.h */

enum wq_subject_kind {
	WQ_SUBJECT_UNKNOWN, /* what only units of a kind must do is not asked for */
	WQ_SUBJECT_ORGAN,
	WQ_SUBJECT_INSTITUTION,
	WQ_SUBJECT_UNION,
	WQ_SUBJECT_ENTERPRISE,
	WQ_SUBJECT_OTHER
};

struct wq_subject {
	enum wq_subject_kind kind;
	bool kind_assumed; /* from the address or the page, nobody said so */
	bool portal;       /* 2024 art. 15 binds portals */
	bool department;   /* without services of its own: the 75-point scale */
	bool mark;         /* by the rules of the day, such a unit bears the identity mark */
	wq_str app;        /* id of the application; may be empty */
	wq_str name;       /* of the unit, official */
	const wq_str *short_names;
	size_t short_names_n;
	wq_str icp, police, site_code; /* as registered */
	wq_str mark_id;                /* 32 hexadecimal digits */
	const wq_str *hosts, *inside, *confirmed;
	size_t hosts_n, inside_n, confirmed_n;
	const struct wq_suffix_rules *suffixes;
	uint32_t day; /* wq_day: today, 20261122 */
	wq_time now;
};

#endif
