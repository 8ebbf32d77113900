/* Where events go: standard error as text, JSON lines to a descriptor, the systemd journal.
 *
 * Invariants: writing an event never blocks and never kills the process. A sink that is full or dead loses the line and counts
 * it; when it works again it first says how many were lost (log.lines_lost). A line is written by one call and is at
 * most 4,096 bytes, so that lines of several processes on one pipe do not mix. Thread-safe. A disk that hangs inside the
 * kernel can still hold up a sink on a regular file. The journal is spoken to by its native protocol
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL) with MSG_DONTWAIT, because sd_journal_sendv() waits when the journal is stalled.
 */
#ifndef WQ_BASE_LOG_H
#define WQ_BASE_LOG_H

#include "base/event.h"

struct wq_log;

enum { WQ_LOG_SINKS = 4 };

/* A log without sinks. `clock` must outlive it. */
wq_err wq_log_new(const struct wq_clock *clock, enum wq_lang lang, struct wq_log **ret_log);
/* Closes what it opened itself. */
void wq_log_free(struct wq_log **log);

/* Text with time and severity to `fd`, which stays the caller's; in colour if it is a terminal and NO_COLOR is not set. WQ_E_LIMIT
 * over WQ_LOG_SINKS. */
wq_err wq_log_add_text(struct wq_log *log, int fd, enum wq_level minimum);
/* JSON lines to `fd`, which stays the caller's. */
wq_err wq_log_add_json(struct wq_log *log, int fd, enum wq_level minimum);
/* JSON lines appended to a file, created with mode 0640 if absent. */
wq_err wq_log_add_json_file(struct wq_log *log, const char *path, enum wq_level minimum);
/* The journal; `socket_path` NULL means the system's. `identifier` is what journalctl -t selects, and must outlive the
 * log. WQ_E_UNSUPPORTED when there is no such socket. */
wq_err wq_log_add_journal(struct wq_log *log, const char *socket_path, const char *identifier, enum wq_level minimum);

/* Writes the event to every sink whose minimum it reaches. `log` may be NULL. `fields` ends with a row without name. */
void wq_log_event(struct wq_log *log, enum wq_event_id id, const struct wq_field *fields);
/* wq_event(log, VAULT_PACK_ALTERED, wq_f_outside("path", path), wq_f_u64("at", at)); */
#define wq_event(log, id, ...) \
	wq_log_event((log), WQ_EV_##id, (const struct wq_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = NULL}})

/* Lines lost so far and not yet reported, over all sinks. */
uint64_t wq_log_lost(struct wq_log *log);

/* The process's own log, set once by main() and read by programs; libraries are handed theirs or return errors. */
void wq_log_set_default(struct wq_log *log);
struct wq_log *wq_log_default(void);

#endif
