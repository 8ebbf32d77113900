/* Regular expressions of rules: PCRE2, compiled by the JIT where it may run, by the interpreter otherwise; and what a string must
 * have before it is worth asking (struct wq_need).
 *
 * A pattern is immutable and may be used by many processes and threads; the scratch is one thread's. Patterns match bytes, not
 * characters (no UTF mode): `.` matches a newline, `$` only the very end, as in ModSecurity's Apache dialect, in which the
 * rules of the field are written. Not good at: hostile patterns; patterns come from rule files.
 */
#ifndef WQ_DETECT_MATCH_REGEX_H
#define WQ_DETECT_MATCH_REGEX_H

#include "base/arena.h"

enum {
	WQ_REGEX_BYTES_MAX = 64 * 1024,
	WQ_REGEX_GROUPS_MAX = 10, /* the whole match and nine groups */
	WQ_REGEX_MATCH_LIMIT = 100000,
	WQ_NEED_LITERALS_MAX = 512, /* of one pattern */
	WQ_NEED_LITERAL_MIN = 2,
	WQ_NEED_LITERAL_MAX = 32
};

struct wq_regex;
struct wq_regex_scratch;

/* Errors: WQ_E_CONFIG with the place in the pattern and PCRE2's words, WQ_E_LIMIT, WQ_E_NO_MEMORY. Without `jit`, or when the system
 * forbids writable code, the interpreter is used. */
wq_err wq_regex_new(wq_str pattern, bool caseless, bool jit, struct wq_regex **ret_regex);
void wq_regex_free(struct wq_regex **regex);
bool wq_regex_is_jit(const struct wq_regex *regex);

/* Room for matching, with a JIT stack. `match_limit` (WQ_REGEX_MATCH_LIMIT) bounds the work for each place at which a match may begin, as
 * PCRE2 counts; patterns of CRS exist that need 180 ms for 1,000 newlines within it. So set a deadline. */
wq_err wq_regex_scratch_new(uint32_t match_limit, struct wq_regex_scratch **ret_scratch);
/* From now on a call over a string of 256 bytes and more is given up (WQ_REGEX_LIMIT) once the clock has passed the deadline; it looks
 * there every few milliseconds at the latest. `now_nsec` NULL: never. */
void wq_regex_scratch_until(struct wq_regex_scratch *scratch, uint64_t (*now_nsec)(void), uint64_t deadline_nsec);
void wq_regex_scratch_free(struct wq_regex_scratch **scratch);

enum wq_regex_answer { WQ_REGEX_NO, WQ_REGEX_YES, WQ_REGEX_LIMIT /* given up: treat by the profile's direction */ };
/* Looks from offset `from` of `s`. On YES groups[0 .. *ret_n - 1] are slices of `s` (p == NULL: a group that took no part) and
 * ret_n <= WQ_REGEX_GROUPS_MAX; `groups` and `ret_n` may be NULL. Allocates nothing in the JIT case. */
enum wq_regex_answer wq_regex_match(const struct wq_regex *regex, struct wq_regex_scratch *scratch, wq_str s,
	size_t from, wq_str groups[WQ_REGEX_GROUPS_MAX], size_t *ret_n);

/* What every string that matches a pattern has. Sound: a string without it never matches. All that is unknown is left open
 * (0, no literals, all bytes). */
struct wq_need {
	uint32_t min_bytes;
	/* At least one of them occurs; ASCII letters in lower case, compared without case. None when those that would do are so common
	 * that looking for them costs more than asking the pattern. */
	const wq_str *literals;
	size_t literals_n;
	uint64_t any_of[4]; /* at least one byte of this set occurs; bit b of word b/64 */
	uint64_t only
		[4]; /* the pattern is ^[set]*$ or the like and can only match strings made of these; else all ones */
};
/* Reads the pattern's syntax (own small parser of PCRE: groups, alternatives, classes, repeats, anchors, look-around, escapes,
 * inline options, \Q…\E, atomic and possessive; an unknown construct leaves the need open, never wrong). Strings live in `arena`. Errors:
 * WQ_E_NO_MEMORY. */
wq_err wq_need_of(wq_str pattern, bool caseless, struct wq_arena *arena, struct wq_need *ret_need);

#endif
