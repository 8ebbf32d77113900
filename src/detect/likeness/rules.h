/* The data of likeness: words, suffixes, look-alike letters and characters, readings, scores and thresholds.
 *
 * From rules/likeness/likeness.txt (kind "likeness") and rules/likeness/pinyin.txt (kind "pinyin"), form finding/datafile.h; the
 * sections and members are described in these files. Invariants: read once, never changed, may be shared by threads; everything
 * lives in the arena, or in the files' bytes, which must outlive it. Clause E5.
 */
#ifndef WQ_DETECT_LIKENESS_RULES_H
#define WQ_DETECT_LIKENESS_RULES_H

#include "base/arena.h"
#include "text/fold.h"

struct wq_likeness_rules;

struct wq_likeness_files {
	wq_str names_file, names; /* rules/likeness/likeness.txt: its name for messages, and its bytes */
	wq_str pinyin_file, pinyin;
	const struct wq_fold_table *fold; /* traditional to simplified; NULL: they stay different */
};

/* Errors: WQ_E_CONFIG and WQ_E_LIMIT with file and line, WQ_E_NO_MEMORY. */
wq_err wq_likeness_rules_parse(
	struct wq_arena *arena, const struct wq_likeness_files *files, const struct wq_likeness_rules **ret_rules);

/* The toneless reading of a text: letters and digits stay, other characters go. `initials`: only the first letter of each
 * character's reading. At most `cap` bytes; 0 when it does not fit, or a character has no reading. */
size_t wq_likeness_reading(const struct wq_likeness_rules *rules, wq_str text, bool initials, char *out, size_t cap);

/* Whether a name stands under a suffix that nobody but a unit can have. */
bool wq_likeness_closed(const struct wq_likeness_rules *rules, wq_str host);

/* Thresholds of pages and images. */
struct wq_likeness_limits {
	uint32_t text_percent, text_with_structure_percent, structure_percent, shingles_least;
	uint32_t dhash_bits, phash_bits, side_least, trim, contrast_least;
};
const struct wq_likeness_limits *wq_likeness_limits(const struct wq_likeness_rules *rules);

#endif
