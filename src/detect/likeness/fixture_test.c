#include "detect/likeness/fixture_test.h"

#include "base/file.h"

static wq_str slurp(struct wq_arena *arena, const char *name)
{
	WQ_BUF(bytes, 4 * WQ_MIB);
	char path[4096];
	const char *root = getenv("WQ_SOURCE_ROOT");

	snprintf(path, sizeof path, "%s/rules/%s", root ? root : ".", name);
	if (wq_failed(wq_file_read(&wq_fs_system, path, &bytes))) {
		fprintf(stderr, "%s: cannot be read\n", path);
		abort();
	}
	return wq_arena_str(arena, wq_buf_str(&bytes));
}

const struct wq_likeness_rules *likeness_test_rules(struct wq_arena *arena)
{
	struct wq_likeness_files files = {.names_file = WQ_S("likeness.txt"), .pinyin_file = WQ_S("pinyin.txt")};
	const struct wq_likeness_rules *rules;
	static struct wq_fold_table *fold; /* as long as the process */

	files.names = slurp(arena, "likeness/likeness.txt");
	files.pinyin = slurp(arena, "likeness/pinyin.txt");
	if (!fold && wq_failed(wq_fold_table_parse(slurp(arena, "fold/trad-simp.txt"), "trad-simp.txt", &fold)))
		abort();
	files.fold = fold;
	wq_err e = wq_likeness_rules_parse(arena, &files, &rules);
	if (wq_failed(e)) {
		fprintf(stderr, "%s: %s\n", wq_err_name(e), wq_err_note(e));
		abort();
	}
	return rules;
}
