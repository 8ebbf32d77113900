/* The strings of one request: each distinct value once, each transformation of it once, each with what is known about it.
 *
 * A *chain* is a list of transformations; chains that begin alike share nodes of one tree (struct wq_chains, made when rules are
 * compiled, immutable). A *string* is a number in the pool; equal values have the same number, so whatever is learnt
 * about one value is learnt about all. wq_pool_via() follows a chain; a step whose triggers do not occur in the string is free, and
 * results are kept. Strings are never freed before the pool is reset. Not good at: values that change in place.
 */
#ifndef WQ_DETECT_TRANSFORM_POOL_H
#define WQ_DETECT_TRANSFORM_POOL_H

#include "base/clock.h"
#include "detect/transform/transform.h"

enum { WQ_CHAIN_STEPS_MAX = 16, WQ_CHAINS_MAX = 1024, WQ_POOL_STRINGS_MAX = 200000 };

/* The tree of chains. Node 0 is the empty chain (t:none). `random` gives the key of the pools' hashes. */
struct wq_chains;
wq_err wq_chains_new(const struct wq_random *random, struct wq_chains **ret_chains);
void wq_chains_free(struct wq_chains **chains);
/* The node of a chain, added when it is new. Errors: WQ_E_LIMIT, WQ_E_NO_MEMORY. Only while rules are compiled. */
wq_err wq_chains_add(struct wq_chains *chains, const enum wq_transform *steps, size_t n, uint16_t *ret_node);
size_t wq_chains_count(const struct wq_chains *chains);
/* The steps of a node, for people and for multiMatch: at most WQ_CHAIN_STEPS_MAX. Returns their number. */
size_t wq_chains_steps(const struct wq_chains *chains, uint16_t node, enum wq_transform ret_steps[WQ_CHAIN_STEPS_MAX]);
/* The node before a node (its chain without the last step). */
uint16_t wq_chains_parent(const struct wq_chains *chains, uint16_t node);
/* The bytes that trigger any step of the chain: a string without them is its own result. All ones: there may be none, the empty
 * string too may change. */
const uint64_t *wq_chains_triggers(const struct wq_chains *chains, uint16_t node);

typedef uint32_t wq_string; /* number in the pool */
#define WQ_STRING_NONE UINT32_MAX

struct wq_pool_string {
	wq_str s;
	uint64_t bytes[4]; /* which bytes occur */
	uint64_t *facts;   /* room for the pool's `facts_words`, NULL until wq_pool_facts() */
	uint32_t next;     /* the pool's own: bucket */
	uint64_t hash;     /* the pool's own */
};

struct wq_pool {
	const struct wq_chains *chains;
	struct wq_arena *arena; /* borrowed; holds everything below */
	struct wq_pool_string *strings;
	uint32_t n, room;
	uint32_t *buckets;
	uint32_t buckets_n;
	uint32_t facts_words;
	struct wq_pool_way *ways; /* the pool's own: results, by string and chain */
	uint32_t ways_n, ways_room;
	bool plain; /* its user's to set: every step is done, nothing is remembered; for tests that compare */
};

/* Ready for a request. `facts_words` are the 64-bit words that its user wants per string. `arena` is empty and outlives it. */
void wq_pool_init(struct wq_pool *pool, const struct wq_chains *chains, uint32_t facts_words, struct wq_arena *arena);
/* The number of a value; its bytes are not copied and must stay. WQ_STRING_NONE: too many strings (also with one hash), or no memory. */
wq_string wq_pool_add(struct wq_pool *pool, wq_str s);
/* The value after a chain. WQ_STRING_NONE as above. */
wq_string wq_pool_via(struct wq_pool *pool, wq_string string, uint16_t node);
/* The facts of a string; zeroed at the first call (*ret_new is then true). NULL: no memory. */
uint64_t *wq_pool_facts(struct wq_pool *pool, wq_string string, bool *ret_new);

static inline wq_str wq_pool_str(const struct wq_pool *pool, wq_string string)
{
	return pool->strings[string].s;
}

#endif
