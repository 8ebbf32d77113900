/* An inspection on disk: the whole result as one JSON document, written, read back, kept under the state directory, compared.
 *
 *     <state>/inspect/<site>/<time>.json     docs/formats.md
 *
 * Invariants: what was written reads back as the same result; a document that is not one of ours is refused with its place. Changes are
 * told by the identity of a group (rule, application and subject), so that a fault that moved to other pages is still the same.
 * Bad at: telling "mended" from "not looked at": `comparable` says whether the later look was at least as wide.
 */
#ifndef WQ_FLOW_INSPECT_RECORD_H
#define WQ_FLOW_INSPECT_RECORD_H

#include "flow/inspect/inspection.h"

enum { WQ_RECORD_BYTES_MAX = 256 * 1024 * 1024, WQ_RECORDS_MAX = 100000, WQ_RECORD_NAME = 128 };

/* Appends the document. Errors: those of the buffer. */
wq_err wq_record_write(const struct wq_inspect_result *result, struct wq_buf *out);
/* Everything lives in `arena`. Errors: WQ_E_FORMAT naming the member, WQ_E_INPUT (no JSON), WQ_E_LIMIT, WQ_E_NO_MEMORY. */
wq_err wq_record_read(struct wq_arena *arena, wq_str json, struct wq_inspect_result *ret_result);

/* The name of a site's folder: its host, and the port after '_'. */
const char *wq_record_site(wq_str site, char out[WQ_RECORD_NAME]);

/* Writes <state>/inspect/<site>/<time>.json; the name goes to `ret_path` (in `arena`; may be NULL). */
wq_err wq_record_keep(
	const char *state, const struct wq_inspect_result *result, struct wq_arena *arena, const char **ret_path);

struct wq_record {
	const char *site, *time; /* as in the name: "www.example.gov.cn", "20261122T030839Z" */
};
/* Every record below `state`, of one site (NULL: of all), by site and time. None is no error. Errors: WQ_E_LIMIT, WQ_E_IO. */
wq_err wq_record_list(const char *state, const char *site, struct wq_arena *arena, const struct wq_record **ret_records,
	size_t *ret_n);
/* One of them; `time` NULL or empty: the last. WQ_E_NOT_FOUND; WQ_E_INPUT for a name that is none. */
wq_err wq_record_open(const char *state, const char *site, const char *time, struct wq_arena *arena,
	struct wq_inspect_result *ret_result);

/* ---- what changed ---- */

struct wq_inspect_changes {
	wq_time since;      /* when the earlier look began */
	bool comparable;    /* the later look covered what the earlier one did: what is gone is gone */
	const bool *is_new; /* by group of the later result */
	const struct wq_inspect_group *const *gone; /* of the earlier one */
	size_t new_n, gone_n, still_n;
};
/* Everything lives in `arena` or in the results. Errors: WQ_E_NO_MEMORY. */
wq_err wq_record_changes(struct wq_arena *arena, const struct wq_inspect_result *before,
	const struct wq_inspect_result *after, struct wq_inspect_changes *ret_changes);

#endif
