/* Many literals at once: which owners have at least one of their literals in a string, without ASCII case.
 *
 * Built once from any number of literals (the lists of @pm and what regular expressions need), then immutable. An owner is a small
 * number: a bit in the answer. One pass over the string, whatever the number of literals; made for short strings (10 to 200 bytes) as
 * well as for bodies. Work is bounded: at each second position at most the candidates of three words of a table are compared (about ten
 * each with the lists of CRS), and a literal is compared in full only where four or six bytes of it stand. What costs is text that is
 * full of what literals are made of, so keep literals for requests and for responses in sets of their own. Not good at: literals of
 * one byte (a memchr for each), hundreds of literals of two (65 candidates each) and changing the set.
 */
#ifndef WQ_DETECT_MATCH_LITERALS_H
#define WQ_DETECT_MATCH_LITERALS_H

#include "base/base.h"

enum { WQ_LITERALS_MAX = 200000, WQ_LITERALS_BYTES_MAX = 16 * 1024 * 1024, WQ_LITERALS_OWNERS_MAX = 4096 };

struct wq_literal {
	wq_str text;    /* 1 to 4,096 bytes */
	uint32_t owner; /* below owners_n */
};

struct wq_literals;

/* Copies the texts. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY, WQ_E_INPUT for an empty text. */
wq_err wq_literals_new(
	const struct wq_literal *literals, size_t n, uint32_t owners_n, struct wq_literals **ret_literals);
void wq_literals_free(struct wq_literals **literals);
size_t wq_literals_bytes(const struct wq_literals *literals);

/* Sets the bit of every owner that has a literal in `s`; never clears one. `bits` has (owners_n + 63) / 64 words. */
void wq_literals_scan(const struct wq_literals *literals, wq_str s, uint64_t *bits);
/* The literal of `owner` that ends first in `s` (of those the longest), as @pm reports it. False: none. */
bool wq_literals_find(const struct wq_literals *literals, uint32_t owner, wq_str s, wq_str *ret_found);
/* Whether `owner` has a literal in `s`, each looked for by itself: for tests that compare. */
bool wq_literals_has(const struct wq_literals *literals, uint32_t owner, wq_str s);

#endif
