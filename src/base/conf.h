/* Configuration from a table: each setting is one row, and defaults, checks, messages and the manual follow from it.
 *
 * The syntax is libconfig's (`group = { name = value; };`), read with these limits: at most WQ_CONF_MAX_BYTES and
 * WQ_CONF_DEPTH levels, no `@include` (load several files instead, later ones win), no expansion of anything, no whole number above
 * 2^31 - 1 without the suffix L. An unknown name is refused and the nearest known one suggested; every message names file and line. A
 * load that fails changes nothing. The reason for libconfig: Debian has no package of the configuration library libucl (its
 * libucl-dev is a compression library). Not thread-safe while loading.
 */
#ifndef WQ_BASE_CONF_H
#define WQ_BASE_CONF_H

#include "base/buf.h"

enum { WQ_CONF_MAX_BYTES = 256 * 1024, WQ_CONF_DEPTH = 8, WQ_CONF_LIST_MAX = 1000, WQ_CONF_TEXT_MAX = 16 * 1024 };

enum wq_conf_type {
	WQ_CONF_BOOL,
	WQ_CONF_INT,       /* a whole number, may be negative */
	WQ_CONF_SIZE,      /* bytes: "64MiB", "10KiB", "1GiB", 4096 */
	WQ_CONF_DURATION,  /* kept in milliseconds: "500ms", "30s", "5min", "2h", "7d" */
	WQ_CONF_TEXT,      /* min and max are lengths in bytes */
	WQ_CONF_PATH,      /* absolute, without ".." */
	WQ_CONF_LIST,      /* of texts: ["a", "b"]; the default is separated by commas; min and max count entries */
	WQ_CONF_HOST_PORT, /* "host:port", "[::1]:port" */
};

struct wq_conf_row {
	const char *name; /* "gate.memory_budget": at most WQ_CONF_DEPTH parts */
	enum wq_conf_type type;
	const char *standard; /* the default, as it would be written in quotes; NULL: has to be given */
	int64_t min, max;     /* in the type's unit; both 0: no range */
	const char *unit;     /* for the manual, e.g. "requests"; may be NULL */
	const char *zh, *en;  /* one or two sentences of manual */
};

struct wq_conf;

/* Every setting at its default. `rows` must outlive it. WQ_E_BUG when a default does not pass its own row. */
wq_err wq_conf_new(const struct wq_conf_row *rows, size_t count, struct wq_conf **ret_conf);
void wq_conf_free(struct wq_conf **conf);

/* Takes in one file. Errors: WQ_E_CONFIG with "file:line: …", WQ_E_NOT_FOUND, WQ_E_LIMIT, WQ_E_IO. */
wq_err wq_conf_load(struct wq_conf *conf, const char *path);
/* The same from memory; `source` stands for the file in messages. */
wq_err wq_conf_parse(struct wq_conf *conf, wq_str text, const char *source);
/* WQ_E_CONFIG naming the first row without default that no file has given. */
wq_err wq_conf_complete(const struct wq_conf *conf);

/* The values. Requires: a row of that name and type (else the process aborts: it is a fault of the program). Texts live until the
 * next load. */
bool wq_conf_bool(const struct wq_conf *conf, const char *name);
int64_t wq_conf_int(const struct wq_conf *conf, const char *name);
uint64_t wq_conf_size(const struct wq_conf *conf, const char *name);
uint64_t wq_conf_msec(const struct wq_conf *conf, const char *name);
/* TEXT, PATH and HOST_PORT; NULL when it has no default and was not given. */
const char *wq_conf_text(const struct wq_conf *conf, const char *name);
size_t wq_conf_list(const struct wq_conf *conf, const char *name, const char *const **ret_texts);
/* "file:line", or "default". */
const char *wq_conf_where(const struct wq_conf *conf, const char *name);

/* Takes "host:port" apart; brackets around an IPv6 address are removed. WQ_E_INPUT. */
wq_err wq_conf_host_port(wq_str text, wq_str *ret_host, uint16_t *ret_port);

/* The manual of the rows as Markdown. */
void wq_conf_manual(const struct wq_conf_row *rows, size_t count, enum wq_lang lang, struct wq_buf *out);

#endif
