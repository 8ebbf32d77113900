/* A finding: what a detector or the inspector says about one place, in the one form that detectors, policy, the ledger,
 * the command line and the control plane share.
 *
 * Invariants of a finding that is held by a `wq_findings`: rule and at least one clause are set; every text is UTF-8
 * without control characters (names from outside go through wq_clean() first); rule is [a-z0-9.-], clauses are IDs as in rules/clauses ("B2"); the excerpt is valid UTF-8 of at most
 * WQ_EXCERPT_BYTES without control characters, it is shown and never interpreted again; personal data in it is masked
 * by whoever found it (finding/excerpt.h helps). Slices of a finding point into whatever its maker says; a collector
 * copies them into its arena. A finding names its clause, its evidence and (once policy has assigned one) its owner.
 *
 * Identity: 128 bits over rule, application, place without line and offset, and the normalised subject of the evidence,
 * so that the same trouble found again tomorrow, three lines lower, joins yesterday's finding. It is a join key, not a
 * proof: SipHash-128 under a public key is not collision-resistant against somebody who chooses both pages, therefore
 * findings join only when rule and place are equal as well. What has to be proven lies in the ledger under SM3.
 *
 * Bad at: large evidence. Pages, headers and pictures are sealed by the ledger; here is their digest.
 */
#ifndef WQ_FINDING_FINDING_H
#define WQ_FINDING_FINDING_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"

enum wq_severity {
	WQ_SEVERITY_INFO,     /* worth knowing, nobody has to act */
	WQ_SEVERITY_LOW,      /* act in the ordinary course of work */
	WQ_SEVERITY_MEDIUM,   /* act by the due date */
	WQ_SEVERITY_HIGH,     /* must not be published; act now when it is live */
	WQ_SEVERITY_CRITICAL, /* an incident */
	WQ_SEVERITY_COUNT
};

enum {
	WQ_EXCERPT_BYTES = 200,
	WQ_FINDING_CLAUSES = 8,
	WQ_FINDING_RULE_BYTES = 64,
	WQ_FINDING_CLAUSE_BYTES = 4,
	WQ_FINDING_PLACE_BYTES = 4096, /* each of app, key, url, file */
	WQ_FINDING_ADVICE_BYTES = 1024,
	WQ_FINDING_OWNER_BYTES = 256,
	WQ_FINDING_JSON_BYTES = 256 * 1024, /* of one finding, read or written */
	WQ_FINDING_DIGEST_BYTES = 32,
	WQ_FINDING_ID_BYTES = 16,
	WQ_FINDINGS_MAX = 1000000,
	WQ_FINDING_ID_TEXT = 2 * WQ_FINDING_ID_BYTES + 1
};

/* Where. Empty slices and zeros are "not said". Lines and columns count from 1, columns in characters (code points);
 * offset and length are bytes of the source as it was delivered, below 2^53. */
struct wq_place {
	wq_str app;  /* application */
	wq_str key;  /* canonical key (text/key.h) */
	wq_str url;  /* as found, when there is no key of ours */
	wq_str file; /* path inside a site, an archive or a mail */
	uint32_t line, column;
	uint64_t offset, length;
};

struct wq_evidence {
	wq_str excerpt; /* what a person has to see; cleaned and masked */
	wq_str subject; /* normalised and masked: what makes this finding this finding; the excerpt when empty */
	wq_str target;  /* of what leads or loads somewhere: the resolved address; not part of the identity */
	uint8_t digest[WQ_FINDING_DIGEST_BYTES]; /* SM3 of the page or file, filled in by whoever may compute it */
	bool has_digest;
	uint32_t count; /* how many of the same were found at this place; 0 counts as 1 */
};

struct wq_finding {
	wq_str rule; /* "content.secret-mark" */
	wq_str clauses[WQ_FINDING_CLAUSES];
	size_t clause_count;
	enum wq_severity severity;
	struct wq_place place;
	struct wq_evidence evidence;
	wq_str advice_zh, advice_en;
	wq_str owner;     /* person or role; empty until assigned */
	wq_time due;      /* 0: none */
	wq_time found_at; /* 0: not said; detectors have no clock, their caller fills it in */
};

struct wq_finding_id {
	uint8_t bytes[WQ_FINDING_ID_BYTES];
};

/* "info" … "critical"; with a language "提示", "低", "中", "高", "严重" or the English word. Never NULL. */
const char *wq_severity_name(enum wq_severity severity);
const char *wq_severity_title(enum wq_severity severity, enum wq_lang lang);
/* Reads the stable name. Writes only when true. */
bool wq_severity_parse(wq_str name, enum wq_severity *ret_severity);

/* Adds a clause unless it is there or the list is full (then false). The slice is kept, not copied. */
bool wq_finding_add_clause(struct wq_finding *finding, wq_str clause);

/* Checks the invariants above and every length. Errors: WQ_E_INPUT, WQ_E_LIMIT; the note names the member. */
wq_err wq_finding_check(const struct wq_finding *finding);

/* The identity, and its 32 lower-case hexadecimal digits. Equal on every machine and in every release (published
 * vectors in finding_test.c). */
struct wq_finding_id wq_finding_identity(const struct wq_finding *finding);
const char *wq_finding_id_text(const struct wq_finding_id *id, char out[WQ_FINDING_ID_TEXT]);

/* Same trouble at the same place: equal identity, rule, application, key, url and file. */
bool wq_finding_same(const struct wq_finding *a, const struct wq_finding *b);

/* A collector: a list with a maximum that says when it was cut. Repeats of one finding are joined (counts add up, the
 * higher severity, the earlier time and the first place win). */
struct wq_findings {
	struct wq_arena *arena; /* not owned; holds the copies */
	struct wq_finding *items;
	uint32_t *slots; /* open addressing by identity: item + 1 */
	size_t count, room, max;
	size_t dropped;         /* did not fit; 0 means the list is whole */
	enum wq_severity worst; /* of all, the dropped included; INFO when there are none */
};

/* Requires: max is 1 to 1,000,000. Takes memory from `arena`, which must outlive the collector. */
wq_err wq_findings_init(struct wq_findings *findings, struct wq_arena *arena, size_t max);

/* Copies or joins. A list that is full counts the finding as dropped and returns WQ_OK: a detector goes on, its caller
 * looks at `dropped`. Errors: those of wq_finding_check (the finding is not added), WQ_E_NO_MEMORY, WQ_E_LIMIT of the
 * arena. */
wq_err wq_findings_add(struct wq_findings *findings, const struct wq_finding *finding);

/* One finding as a JSON object (members as in the structs, times in RFC 3339, "id" is the identity) onto `out`.
 * Requires a finding that passes wq_finding_check. Errors: those of wq_finding_check and of the buffer. */
wq_err wq_finding_to_json(const struct wq_finding *finding, struct wq_buf *out);

/* {"findings": […], "dropped": n, "worst": "high"}: onto `out`, or as a value of a document that is being written. */
wq_err wq_findings_to_json(const struct wq_findings *findings, struct wq_buf *out);
void wq_findings_put_json(const struct wq_findings *findings, struct wq_json *json);

/* Reads one object. Strict: unknown and repeated members, wrong types, lengths over the limits above, bytes after the
 * object and an "id" that does not belong to the rest are refused. The finding's slices live in `arena`. Errors:
 * WQ_E_INPUT, WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_finding_from_json(struct wq_arena *arena, wq_str json, struct wq_finding *ret_finding);

#endif
