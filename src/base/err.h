/* The error value: what went wrong, what kind of wrong it is, and what the operator should do about it.
 *
 * A `wq_err` is 8 bytes, returned by value and must be used. Its identity is a row of base/err_table.h, which carries
 * the message and the advice in Chinese and English; `sys` is the errno behind it, if any. A sentence about this very
 * case ("which file, which line") goes along as a note: notes live in a ring of the calling thread, so the last
 * WQ_ERR_NOTES of them can be read back; an older one is gone, the identity never is. Do not keep a note across
 * threads. Libraries return errors; only programs print them. Secrets never go into a note.
 */
#ifndef WQ_BASE_ERR_H
#define WQ_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* What kind of wrong: decides exit codes, HTTP status and who has to act. */
enum wq_err_kind {
	WQ_KIND_OK,
	WQ_KIND_INPUT,  /* what came in is malformed: the sender mends it */
	WQ_KIND_DENIED, /* well-formed, but not allowed: an approval, a key or a right is missing */
	WQ_KIND_LIMIT,  /* over a named limit */
	WQ_KIND_BUSY,   /* try again later */
	WQ_KIND_CONFIG, /* the operator's configuration or installation */
	WQ_KIND_STATE,  /* stored state is missing, altered or contradictory */
	WQ_KIND_IO,     /* the operating system, a disk, a peer */
	WQ_KIND_BUG     /* ours */
};

enum wq_err_id {
	WQ_E_OK,
#define WQ_ERR(id, kind, zh, en, zh_do, en_do) WQ_E_##id,
#include "base/err_table.h"
#undef WQ_ERR
	WQ_E_COUNT
};

typedef struct [[nodiscard]] wq_err {
	uint16_t id;
	uint16_t sys;
	uint32_t note; /* 0: none */
} wq_err;

enum { WQ_ERR_NOTES = 16, WQ_ERR_NOTE_BYTES = 400 };

#define WQ_OK ((wq_err){0, 0, 0})

static inline bool wq_failed(wq_err e)
{
	return e.id != WQ_E_OK;
}

static inline bool wq_is(wq_err e, enum wq_err_id id)
{
	return e.id == (uint16_t)id;
}

/* Returns the error to the caller if there is one. */
#define WQ_TRY(expression) \
	do { \
		wq_err wq_try_ = (expression); \
		if (wq_failed(wq_try_)) \
			return wq_try_; \
	} while (0)

/* For the rare call whose failure changes nothing; says so to the reader. */
#define WQ_IGNORE(expression) \
	do { \
		wq_err wq_ignored_ = (expression); \
		(void)wq_ignored_; \
	} while (0)

/* An error without a note: costs nothing, fit for hot paths. */
static inline wq_err wq_error_id(enum wq_err_id id)
{
	return (wq_err){(uint16_t)id, 0, 0};
}

/* An error with a note of at most WQ_ERR_NOTE_BYTES - 1 bytes; control bytes in it are replaced by '?'. */
wq_err wq_error(enum wq_err_id id, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same from an errno value; ENOSPC and EDQUOT become WQ_E_NO_SPACE, ENOMEM becomes WQ_E_NO_MEMORY, whatever `id`. */
wq_err wq_error_sys(enum wq_err_id id, int errnum, const char *format, ...) __attribute__((format(printf, 3, 4)));

enum wq_lang { WQ_LANG_ZH, WQ_LANG_EN };

/* The kind in the error's row; WQ_KIND_BUG for an identity that is in no row. */
enum wq_err_kind wq_err_kind(wq_err e);
/* The row's identity ("NO_SPACE"): stable, for JSON and scripts. */
const char *wq_err_name(wq_err e);
/* "ok", "input", …: stable as well. */
const char *wq_err_kind_name(enum wq_err_kind kind);
/* What happened, and what to do. Never NULL. */
const char *wq_err_message(wq_err e, enum wq_lang lang);
const char *wq_err_advice(wq_err e, enum wq_lang lang);
/* The note, or "" when there is none or it is too old. Valid until WQ_ERR_NOTES further notes of this thread. */
const char *wq_err_note(wq_err e);
/* Exit status of a command that ends with this error: 0 ok, 1 finding or refusal (DENIED), 2 INPUT, 3 CONFIG, 4 STATE,
 * 5 IO, 6 LIMIT, 7 BUSY, 70 BUG. */
int wq_err_exit(wq_err e);

#endif
