#include "detect/transform/chains_priv.h"

/* COLLISIONS_MAX: strings in one bucket; more of them is an attack by somebody who knows the key, and is refused. */
enum { FIRST_STRINGS = 64, FIRST_BUCKETS = 128, FIRST_WAYS = 128, COLLISIONS_MAX = 64, STEP_KEYS = WQ_CHAINS_MAX };

/* A result that is kept: of a string after a chain, or after one step. */
struct wq_pool_way {
	uint64_t key; /* 0: free */
	wq_string result;
};

void wq_pool_init(struct wq_pool *pool, const struct wq_chains *chains, uint32_t facts_words, struct wq_arena *arena)
{
	*pool = (struct wq_pool){.chains = chains, .arena = arena, .facts_words = facts_words};
}

/* ---- hash and bytes ---- */

static uint64_t load(const char *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n);
	return word;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply and fold, each factor masked by a word of the key: who does not know the key cannot choose collisions, and nobody sees a
 * hash. Not for anything that leaves the process: SipHash (base/map.h) is what is known to be strong, and three times slower here. */
static uint64_t hash_of(const uint64_t key[4], wq_str s)
{
	uint64_t h = key[0] ^ s.n, a = 0, b = 0;
	const char *p = s.p;
	size_t left = s.n;

	for (; left > 16; p += 16, left -= 16)
		h = fold(load(p, 8) ^ key[1], load(p + 8, 8) ^ h);
	if (left >= 8) {
		a = load(p, 8);
		b = load(p + left - 8, 8);
	} else if (left >= 4) {
		a = load(p, 4);
		b = load(p + left - 4, 4);
	} else if (left > 0) {
		a = (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[left / 2] << 8 | (uint8_t)p[left - 1];
	}
	h = fold(a ^ key[1], b ^ h);
	return fold(h ^ key[2], key[3]);
}

/* Four sets that are joined at the end: with one, each byte would wait for the one before. */
static void bytes_of(wq_str s, uint64_t ret_bytes[4])
{
	const uint8_t *p = (const uint8_t *)s.p;
	uint64_t sets[4][4] = {{0}};
	size_t i = 0;

	for (; i + 4 <= s.n; i += 4)
		for (size_t k = 0; k < 4; k++)
			sets[k][p[i + k] >> 6] |= (uint64_t)1 << (p[i + k] & 63);
	for (; i < s.n; i++)
		sets[0][p[i] >> 6] |= (uint64_t)1 << (p[i] & 63);
	for (int w = 0; w < 4; w++)
		ret_bytes[w] = sets[0][w] | sets[1][w] | sets[2][w] | sets[3][w];
}

/* ---- strings ---- */

static bool grow_buckets(struct wq_pool *pool)
{
	uint32_t n = pool->buckets_n ? 2 * pool->buckets_n : FIRST_BUCKETS;
	uint32_t *buckets = wq_arena_alloc(pool->arena, n * sizeof *buckets);

	if (!buckets)
		return false;
	memset(buckets, 0xff, n * sizeof *buckets);
	for (uint32_t i = 0; i < pool->n; i++) {
		struct wq_pool_string *string = &pool->strings[i];
		uint32_t *bucket = &buckets[string->hash & (n - 1)];
		string->next = *bucket;
		*bucket = i;
	}
	pool->buckets = buckets;
	pool->buckets_n = n;
	return true;
}

/* The old array stays in the arena: at most as much again as is used. */
static bool grow(struct wq_pool *pool)
{
	uint32_t room = pool->room ? 2 * pool->room : FIRST_STRINGS;
	struct wq_pool_string *strings;

	if (pool->n >= WQ_POOL_STRINGS_MAX)
		return false;
	strings = wq_arena_alloc(pool->arena, room * sizeof *strings);
	if (!strings)
		return false;
	if (pool->n > 0)
		memcpy(strings, pool->strings, pool->n * sizeof *strings);
	pool->strings = strings;
	pool->room = room;
	return pool->n < pool->buckets_n || grow_buckets(pool);
}

wq_string wq_pool_add(struct wq_pool *pool, wq_str s)
{
	uint64_t hash = hash_of(pool->chains->key, s);
	struct wq_pool_string *string;
	uint32_t *bucket;
	int seen = 0;

	if (pool->n == pool->room && !grow(pool))
		return WQ_STRING_NONE;
	bucket = &pool->buckets[hash & (pool->buckets_n - 1)];
	for (uint32_t i = *bucket; i != WQ_STRING_NONE; i = pool->strings[i].next) {
		string = &pool->strings[i];
		if (string->hash == hash && wq_str_eq(string->s, s))
			return i;
		if (++seen >= COLLISIONS_MAX)
			return WQ_STRING_NONE;
	}
	if (pool->n >= WQ_POOL_STRINGS_MAX)
		return WQ_STRING_NONE;
	string = &pool->strings[pool->n];
	*string = (struct wq_pool_string){.s = s, .next = *bucket, .hash = hash};
	bytes_of(s, string->bytes);
	*bucket = pool->n;
	return pool->n++;
}

uint64_t *wq_pool_facts(struct wq_pool *pool, wq_string string, bool *ret_new)
{
	struct wq_pool_string *of = &pool->strings[string];

	*ret_new = !of->facts;
	if (!of->facts)
		of->facts = WQ_NEW_ARRAY(pool->arena, uint64_t, pool->facts_words);
	return of->facts;
}

/* ---- results ---- */

static uint64_t way_key(wq_string string, uint32_t way)
{
	return (uint64_t)string << 16 | (way + 1);
}

/* Where the key is, or would be. Requires: a table with a free place. */
static struct wq_pool_way *find_way(struct wq_pool_way *ways, uint32_t room, uint64_t key)
{
	uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15 >> 32) & (room - 1);

	while (ways[at].key != 0 && ways[at].key != key)
		at = (at + 1) & (room - 1);
	return &ways[at];
}

static bool grow_ways(struct wq_pool *pool)
{
	uint32_t room = pool->ways_room ? 2 * pool->ways_room : FIRST_WAYS;
	struct wq_pool_way *ways = room > 0 ? WQ_NEW_ARRAY(pool->arena, struct wq_pool_way, room) : NULL;

	if (!ways)
		return false;
	for (uint32_t i = 0; i < pool->ways_room; i++)
		if (pool->ways[i].key != 0)
			*find_way(ways, room, pool->ways[i].key) = pool->ways[i];
	pool->ways = ways;
	pool->ways_room = room;
	return true;
}

static wq_string keep(struct wq_pool *pool, uint64_t key, wq_string result)
{
	if (result == WQ_STRING_NONE)
		return result;
	if (pool->ways_n >= pool->ways_room / 2 && !grow_ways(pool))
		return WQ_STRING_NONE;
	*find_way(pool->ways, pool->ways_room, key) = (struct wq_pool_way){key, result};
	pool->ways_n++;
	return result;
}

/* False: not known yet. */
static bool kept(const struct wq_pool *pool, uint64_t key, wq_string *ret_result)
{
	const struct wq_pool_way *way;

	if (pool->ways_room == 0)
		return false;
	way = find_way(pool->ways, pool->ways_room, key);
	*ret_result = way->result;
	return way->key == key;
}

static bool meets(const uint64_t a[4], const uint64_t b[4])
{
	return ((a[0] & b[0]) | (a[1] & b[1]) | (a[2] & b[2]) | (a[3] & b[3])) != 0;
}

/* A result that is another string already gives its memory back, unless it is a part of what it was made from; an empty one has none, and
 * what was allocated since may stand where it did. */
static wq_string add_result(struct wq_pool *pool, wq_str from, wq_str out)
{
	uint32_t before = pool->n;
	wq_string result = wq_pool_add(pool, out);

	if (result < before && out.n > 0 && (out.p < from.p || out.p > from.p + from.n))
		wq_arena_shrink(pool->arena, out.p, 0);
	return result;
}

static wq_string step(struct wq_pool *pool, wq_string string, const struct wq_chain_node *node)
{
	uint64_t key = way_key(string, STEP_KEYS + (uint32_t)node->step);
	const struct wq_pool_string *from = &pool->strings[string];
	wq_string result;
	wq_str out;

	if (!meets(from->bytes, node->step_triggers) && !(from->s.n == 0 && wq_transform_any(node->step)))
		return string;
	if (kept(pool, key, &result))
		return result;
	if (!wq_transform_apply(node->step, from->s, pool->arena, &out))
		return WQ_STRING_NONE;
	result = out.p == from->s.p && out.n == from->s.n ? string : add_result(pool, from->s, out);
	return keep(pool, key, result);
}

static wq_string via_plainly(struct wq_pool *pool, wq_string string, uint16_t node)
{
	enum wq_transform steps[WQ_CHAIN_STEPS_MAX];
	size_t n = wq_chains_steps(pool->chains, node, steps);

	for (size_t i = 0; i < n && string != WQ_STRING_NONE; i++) {
		wq_str out;
		if (!wq_transform_apply(steps[i], pool->strings[string].s, pool->arena, &out))
			return WQ_STRING_NONE;
		string = wq_pool_add(pool, out);
	}
	return string;
}

wq_string wq_pool_via(struct wq_pool *pool, wq_string string, uint16_t node)
{
	const struct wq_chain_node *nodes = pool->chains->nodes, *last = &nodes[node];
	const struct wq_pool_string *from = &pool->strings[string];
	uint16_t path[WQ_CHAIN_STEPS_MAX];
	wq_string result;
	size_t n = 0;

	if (pool->plain)
		return via_plainly(pool, string, node);
	if (!meets(from->bytes, last->triggers) && !(from->s.n == 0 && last->any))
		return string;
	if (last->depth == 1)
		return step(pool, string, last);
	if (kept(pool, way_key(string, node), &result))
		return result;
	for (uint16_t at = node; at != 0; at = nodes[at].parent)
		path[n++] = at;
	result = string;
	while (n > 0 && result != WQ_STRING_NONE)
		result = step(pool, result, &nodes[path[--n]]);
	return keep(pool, way_key(string, node), result);
}
