/* The settings of an installation: one schema, from which defaults, checks, messages and docs/configuration.md follow.
 *
 * <state>/weique.conf is read once, when the workspace is opened. Names of files in it that do not begin with '/' are below
 * the state directory. An absent file means every default. Bad at: changes while a command runs.
 */
#ifndef WQ_FLOW_SETTINGS_H
#define WQ_FLOW_SETTINGS_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/file.h"
#include "vault/encode.h"

enum { WQ_WITNESSES_MAX = 16 };

/* Limits and manners of a capture. */
struct wq_capture_settings {
	uint64_t bytes_max, object_max_bytes;
	size_t pages_max;
	uint32_t depth_max, concurrent, delay_msec, connect_msec, request_msec, query_spellings;
	uint32_t retries, wait_max_msec, second_look_msec;
	bool robots;
	enum wq_effort effort; /* capture.compression */
	const char *ca_file;   /* NULL: the system's */
};

/* Everything lives in the arena given to wq_settings_load(). */
struct wq_settings {
	wq_str database;                    /* URL, absolute */
	wq_str witnesses[WQ_WITNESSES_MAX]; /* "file:/…", "syslog:" */
	size_t witnesses_n;
	wq_str sign_socket;
	const char *rules_dir; /* NULL: $WEIQUE_RULES, else where the program was installed */
	bool opening_required; /* an application's first release needs an opening approval where that is demanded */
	wq_str language;       /* "zh", "en", or empty: the environment's */
	struct wq_capture_settings capture;
	size_t vault_keep; /* sealed versions of each application (flow/collect.h) */
	uint64_t vault_grace_msec;
};

/* The capture settings without any file: for tests and for those who have no workspace. */
struct wq_capture_settings wq_capture_settings_default(void);

/* The table, for the manual. */
const struct wq_conf_row *wq_settings_rows(size_t *ret_n);
/* docs/configuration.md: both languages. */
void wq_settings_document(struct wq_buf *out);
/* The file that `weique init` writes: every setting with its meaning, the default commented out. `database` (may be
 * empty) is written as a setting. Errors: WQ_E_INPUT when the URL cannot stand in the file. */
wq_err wq_settings_file(wq_str database, struct wq_buf *out);

/* Reads <dir>/weique.conf. Errors: WQ_E_CONFIG naming file and line, those of the arena. */
wq_err wq_settings_load(const char *dir, struct wq_arena *arena, struct wq_settings *ret_settings);

/* The database's URL with the file of sqlite: made absolute. */
wq_str wq_settings_database(const char *dir, struct wq_arena *arena, wq_str url);

/* One setting as it is in force, as text; passwords in URLs are left out. `ret_where` is "default" or file and line. */
typedef wq_err (*wq_setting_fn)(void *data, const struct wq_conf_row *row, wq_str value, const char *where);
wq_err wq_settings_visit(const char *dir, struct wq_arena *arena, wq_setting_fn visit, void *data);

/* A database URL without its password, for people: "postgresql://user:***@host/db". */
wq_str wq_database_shown(struct wq_arena *arena, wq_str url);

#endif
