#include "cli/ftw.h"

/* What CRS's own test setup says beside the rules (its tests/docker-compose.yml and tests/regression/README.md). */
static const char preamble[] = "SecRuleEngine DetectionOnly\n"
			       "SecRequestBodyAccess On\n"
			       "SecResponseBodyAccess On\n"
			       "SecResponseBodyMimeType text/plain text/html text/xml application/json\n";
static const char preamble_name[] = "settings of the tests";

static const struct wq_waf_setting crs_settings[] = {
	{WQ_S_INIT("crs_validate_utf8_encoding"), WQ_S_INIT("1")},
	{WQ_S_INIT("arg_name_length"), WQ_S_INIT("100")},
	{WQ_S_INIT("arg_length"), WQ_S_INIT("400")},
	{WQ_S_INIT("total_arg_length"), WQ_S_INIT("64000")},
	{WQ_S_INIT("max_num_args"), WQ_S_INIT("255")},
	{WQ_S_INIT("max_file_size"), WQ_S_INIT("64100")},
	{WQ_S_INIT("combined_file_sizes"), WQ_S_INIT("65535")},
};

/* Of rule sets of version 4 and version 3. */
static const wq_str levels[] = {WQ_S_INIT("blocking_paranoia_level"), WQ_S_INIT("detection_paranoia_level"),
	WQ_S_INIT("paranoia_level"), WQ_S_INIT("executing_paranoia_level")};

static wq_err source_read(void *data, const char *path, struct wq_arena *arena, wq_str *ret_text)
{
	(void)data;
	if (path == preamble_name || strcmp(path, preamble_name) == 0) {
		*ret_text = wq_str_c(preamble);
		return WQ_OK;
	}
	return wq_sec_source_files.read(wq_sec_source_files.data, path, arena, ret_text);
}

static wq_err source_list(
	void *data, const char *pattern, struct wq_arena *arena, const char ***ret_paths, size_t *ret_n)
{
	(void)data;
	if (strcmp(pattern, preamble_name) != 0)
		return wq_sec_source_files.list(wq_sec_source_files.data, pattern, arena, ret_paths, ret_n);
	*ret_paths = WQ_NEW_ARRAY(arena, const char *, 1);
	if (!*ret_paths)
		return wq_arena_err(arena);
	(*ret_paths)[0] = preamble_name;
	*ret_n = 1;
	return WQ_OK;
}

wq_err wq_ftw_program(const char *const *paths, size_t paths_n, unsigned paranoia, enum wq_ftw_purpose purpose,
	struct wq_waf_program **ret_program)
{
	static const struct wq_sec_source source = {NULL, source_read, source_list};
	struct wq_waf_setting settings[WQ_COUNT(crs_settings) + WQ_COUNT(levels)];
	const char *all[WQ_SEC_FILES_MAX + 1];
	struct wq_waf_load load = {
		.paths = all, .source = &source, .settings = settings, .no_fold = purpose == WQ_FTW_EXPLAIN};
	char level[4];

	if (paths_n > WQ_SEC_FILES_MAX)
		return wq_error(WQ_E_LIMIT, "more than %d files", WQ_SEC_FILES_MAX);
	if (purpose == WQ_FTW_TEST) {
		all[load.paths_n++] = preamble_name;
		memcpy(settings, crs_settings, sizeof crs_settings);
		load.settings_n = WQ_COUNT(crs_settings);
	}
	memcpy(all + load.paths_n, paths, paths_n * sizeof *paths);
	load.paths_n += paths_n;
	snprintf(level, sizeof level, "%u", paranoia % 100);
	for (size_t i = 0; paranoia > 0 && i < WQ_COUNT(levels); i++)
		settings[load.settings_n++] = (struct wq_waf_setting){levels[i], wq_str_c(level)};
	return wq_waf_program_new(&load, ret_program);
}
