/* Shared inside the folder: which libraries an address or a script names, and their flaws. */
#ifndef WQ_DETECT_FRONT_LIBRARY_PRIV_H
#define WQ_DETECT_FRONT_LIBRARY_PRIV_H

#include "detect/front/front_priv.h"

enum { FRONT_FOUND_MAX = 16 };
struct front_found {
	uint32_t library;
	wq_str version;
};
struct front_founds {
	struct front_found items[FRONT_FOUND_MAX];
	size_t n;
};
/* What an address (without query and fragment) says. Slices are of it. */
void front_library_of_address(const struct wq_front_rules *rules, wq_str address, struct front_founds *founds);
/* What bytes say, by hits of the finder of contents or of addresses. Slices are of the text. */
struct front_search {
	const struct wq_front_rules *rules;
	wq_str text;
	uint32_t steps;
	struct front_founds founds;
};
struct front_search front_library_search(const struct wq_front_rules *rules, wq_str text);
void front_library_hit(struct front_search *search, uint32_t id, size_t at);
/* The flaws of that version: highest severity, and an excerpt; false when there are none. */
bool front_library_judge(struct wq_arena *arena, const struct wq_front_rules *rules, const struct front_found *found,
	enum wq_severity *ret_severity, wq_str *ret_excerpt);
/* Says it, when there are flaws; `target` is where the library was found, empty for the page itself. */
void front_library_note(struct front_notes *notes, const struct wq_front_rules *rules, const struct front_found *found,
	wq_str target, uint64_t at);

#endif
