/* Hosts that count as inside on every application because the State has put them on every site: rules/inside.conf, which
 * describes itself (form: finding/datafile.h). Hosts below suffixes reserved to organs need no row there. Clause B6.
 */
#ifndef WQ_FLOW_INSIDE_H
#define WQ_FLOW_INSIDE_H

#include "base/arena.h"
#include "base/base.h"

enum { WQ_INSIDE_MAX = 256 };

/* The hosts in force on `day` ("2024-07-01"), canonical, in the order of the text; they live in `arena`. Errors: WQ_E_CONFIG
 * and WQ_E_LIMIT with file and line. */
wq_err wq_inside_parse(
	wq_str text, const char *name, wq_str day, struct wq_arena *arena, const wq_str **ret_hosts, size_t *ret_n);
/* The same from a file; also the errors of wq_file_read(). */
wq_err wq_inside_open(const char *path, wq_str day, struct wq_arena *arena, const wq_str **ret_hosts, size_t *ret_n);

#endif
