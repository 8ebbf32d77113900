/* The operators @rx, @pm and @pmFromFile of a rule folder, read just well enough for tests and benchmarks of this folder, which must
 * not know SecLang. Tests and benchmarks only. */
#ifndef WQ_DETECT_MATCH_CRS_PROBE_H
#define WQ_DETECT_MATCH_CRS_PROBE_H

#include "base/arena.h"

#include <dirent.h>

enum { CRS_FILE_MAX = 4 * 1024 * 1024, CRS_RULES_MAX = 4096 };

struct crs_rule {
	wq_str id, pattern; /* of @rx; */
	wq_str words;       /* of @pm and its files, between white space or lines; `lines` says which */
	bool lines;
};

struct crs {
	struct crs_rule rules[CRS_RULES_MAX];
	size_t n;
};

/* $WEIQUE_CRS/rules, or Debian's. */
static inline const char *crs_folder(char *path, size_t n)
{
	const char *own = getenv("WEIQUE_CRS");

	snprintf(path, n, "%s/rules", own ? own : "/usr/share/modsecurity-crs");
	return path;
}

static inline wq_str crs_file(struct wq_arena *arena, const char *folder, wq_str name)
{
	char path[4096];
	FILE *file;
	char *bytes;
	size_t n;

	snprintf(path, sizeof path, "%s/%.*s", folder, WQ_S_ARG(name));
	file = fopen(path, "rb");
	if (!file)
		return WQ_S_NONE;
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	rewind(file);
	bytes = size >= 0 && size < CRS_FILE_MAX ? wq_arena_alloc(arena, (size_t)size + 1) : NULL;
	n = bytes ? fread(bytes, 1, (size_t)size, file) : 0;
	fclose(file);
	return bytes ? wq_str_of(bytes, n) : WQ_S_NONE;
}

/* The next argument of a directive: in quotes, in which \" is a quote, or up to white space. Changes the text. */
static inline wq_str crs_argument(wq_str *rest)
{
	char *to = (char *)(uintptr_t)rest->p, *from = to;
	const char *p = rest->p, *end = p + rest->n;
	bool quoted;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	quoted = p < end && *p == '"';
	p += quoted;
	from = to = (char *)(uintptr_t)p;
	for (; p < end && (quoted ? *p != '"' : *p != ' '); p++) {
		if (quoted && *p == '\\' && p + 1 < end && p[1] == '"')
			p++;
		*to++ = *p;
	}
	p += p < end;
	*rest = wq_str_of(p, (size_t)(end - p));
	return wq_str_of(from, (size_t)(to - from));
}

static inline void crs_take(struct wq_arena *arena, struct crs *crs, const char *folder, wq_str directive)
{
	struct crs_rule *rule = &crs->rules[crs->n];
	wq_str rest = wq_str_from(directive, strlen("SecRule ")), operator, actions;
	ptrdiff_t id;

	(void)crs_argument(&rest);
	operator= crs_argument(&rest);
	actions = crs_argument(&rest);
	operator= wq_str_from(operator, wq_str_starts(operator, WQ_S("!")) ? 1 : 0);
	id = wq_str_find(actions, WQ_S("id:"));
	*rule = (struct crs_rule){
		.id = id < 0 ? WQ_S("chained") : wq_str_head(wq_str_from(actions, (size_t)id + 3), 6)};
	if (wq_str_starts(operator, WQ_S("@rx ")))
		rule->pattern = wq_str_from(operator, 4);
	else if (!wq_str_starts(operator, WQ_S("@")))
		rule->pattern = operator;
	else if (wq_str_starts(operator, WQ_S("@pm ")))
		rule->words = wq_str_from(operator, 4);
	else if (wq_str_starts(operator, WQ_S("@pmFromFile ")) || wq_str_starts(operator, WQ_S("@pmf "))) {
		(void)wq_str_cut(&operator, ' ');
		rule->words = crs_file(arena, folder, operator);
		rule->lines = true;
	}
	if ((rule->pattern.n > 0 || rule->words.n > 0) && crs->n + 1 < CRS_RULES_MAX)
		crs->n++;
}

static inline void crs_text(struct wq_arena *arena, struct crs *crs, const char *folder, wq_str text)
{
	char *joined = wq_arena_alloc(arena, text.n + 1);
	size_t n = 0;

	while (text.p && joined) {
		wq_str line = wq_str_cut(&text, '\n');

		if (n == 0)
			line = wq_str_trim(line);
		if (n == 0 && (line.n == 0 || line.p[0] == '#'))
			continue;
		bool goes_on = line.n > 0 && line.p[line.n - 1] == '\\';
		memcpy(joined + n, line.p, line.n - goes_on);
		n += line.n - goes_on;
		if (goes_on)
			continue;
		if (wq_str_starts(wq_str_of(joined, n), WQ_S("SecRule ")))
			crs_take(arena, crs, folder, wq_str_of(joined, n));
		joined += n;
		n = 0;
	}
}

/* All rules of the folder's *.conf, or NULL when there is no such folder. */
static inline struct crs *crs_load(struct wq_arena *arena, const char *folder)
{
	DIR *dir = opendir(folder);
	struct crs *crs = dir ? WQ_NEW(arena, struct crs) : NULL;

	for (struct dirent *entry; crs && (entry = readdir(dir));)
		if (wq_str_ends(wq_str_c(entry->d_name), WQ_S(".conf")))
			crs_text(arena, crs, folder, crs_file(arena, folder, wq_str_c(entry->d_name)));
	if (dir)
		closedir(dir);
	return crs;
}

/* The next word of a rule's list; p == NULL: none. */
static inline wq_str crs_word(const struct crs_rule *rule, wq_str *rest)
{
	while (rest->p) {
		wq_str word = wq_str_trim(wq_str_cut(rest, rule->lines ? '\n' : ' '));

		if (word.n > 0 && (!rule->lines || word.p[0] != '#'))
			return word;
	}
	return WQ_S_NONE;
}

#endif
