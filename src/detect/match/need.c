/* From the leaves to the root, for each part of the pattern: all strings that it matches if they are few; else what they begin with, what
 * they end with, and the best set of which one must occur in each of them. Neighbours extend each other's strings. */
#include "detect/match/need_priv.h"

enum {
	WHOLE_MAX = 256, /* strings of a part that are kept whole */
	EDGES_MAX = 32,  /* beginnings and ends of a part */
	CLASS_MAX = 16,  /* bytes of a class that are told apart */
	COPIES_MAX = 8,  /* of a repeated part */
	SCRATCH_BYTES = 64 * 1024 * 1024
};

static const double each_literal = 1e-5; /* what a literal costs, as a share of positions of ordinary text */
static const double too_common = 0.001;  /* a set that stands at such a share of positions costs more than it saves */

struct part {
	uint32_t least;    /* bytes */
	bool empty;        /* takes no bytes */
	bool begins, ends; /* only where the string begins or ends */
	bool is_whole;
	struct wq_need_strings whole, heads, tails, best; /* best.n == 0: none */
	double best_cost;
	uint64_t any_of[4], used[4]; /* one of these bytes occurs; no others are taken */
	double any_cost;
};

struct reader {
	struct wq_arena *arena;
	double share[256]; /* of the bytes of ordinary text */
};

static const wq_str nothing = {"", 0};

/* ---- what ordinary text has */

static double share_of(uint8_t byte)
{
	if (byte >= 0x80)
		return 0.02;
	if (byte == ' ' || memchr("etaoinsrhl", byte, 10))
		return 0.07;
	if (memchr("dcumfpgwyb", byte, 10))
		return 0.03;
	if (byte >= '0' && byte <= '9')
		return 0.025;
	if (memchr("./-_=&%,:+;\n", byte, 12))
		return 0.015;
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
		return 0.008;
	return byte < ' ' ? 0.0005 : 0.003;
}

static double cost_of(const struct reader *reader, struct wq_need_strings set)
{
	double cost = 0;

	for (size_t i = 0; i < set.n; i++) {
		double share = 1;

		for (size_t k = 0; k < set.items[i].n; k++)
			share *= reader->share[(uint8_t)set.items[i].p[k]];
		cost += share + each_literal;
	}
	return cost;
}

static double cost_of_bytes(const struct reader *reader, const uint64_t set[4])
{
	double cost = 0;

	for (size_t i = 0; i < 4; i++)
		for (uint64_t word = set[i]; word; word &= word - 1)
			cost += reader->share[i * 64 + (size_t)__builtin_ctzll(word)];
	return cost;
}

/* ---- parts */

static struct wq_need_strings one(struct reader *reader, wq_str s)
{
	struct wq_need_strings set = {WQ_NEW_ARRAY(reader->arena, wq_str, 1), 1};

	if (!set.items)
		return (struct wq_need_strings){NULL, 0};
	set.items[0] = s;
	return set;
}

static struct part empty_part(struct reader *reader)
{
	struct part part = {.empty = true,
		.is_whole = true,
		.whole = one(reader, nothing),
		.best_cost = too_common,
		.any_cost = 1e9};

	memset(part.any_of, 0xff, sizeof part.any_of);
	return part;
}

static struct part unknown_part(struct reader *reader)
{
	struct part part = empty_part(reader);

	part.empty = part.is_whole = false;
	part.heads = part.tails = part.whole;
	memset(part.used, 0xff, sizeof part.used);
	return part;
}

static void offer(const struct reader *reader, struct part *part, struct wq_need_strings set)
{
	double cost;

	for (size_t i = 0; i < set.n; i++)
		if (set.items[i].n < WQ_NEED_LITERAL_MIN)
			return;
	cost = cost_of(reader, set);
	if (set.n > 0 && set.n <= WQ_NEED_LITERALS_MAX && cost < part->best_cost) {
		part->best = set;
		part->best_cost = cost;
	}
}

/* Strings of which one must occur: the best known. */
static struct part with_best(const struct reader *reader, struct part part)
{
	if (part.is_whole)
		offer(reader, &part, part.whole);
	return part;
}

static struct wq_need_strings edge(struct reader *reader, const struct part *part, enum wq_need_cut cut)
{
	struct wq_need_strings none = {NULL, 0}, set = none;

	if (!part->is_whole)
		return cut == WQ_NEED_HEADS ? part->heads : part->tails;
	(void)wq_need_join(reader->arena, part->whole, none, cut, EDGES_MAX, &set);
	return set;
}

static void make_edges(struct reader *reader, struct part *part)
{
	if (!part->is_whole)
		return;
	*part = with_best(reader, *part);
	part->heads = edge(reader, part, WQ_NEED_HEADS);
	part->tails = edge(reader, part, WQ_NEED_TAILS);
	part->is_whole = false;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static void take_any(struct part *part, const struct part *from)
{
	if (from->any_cost < part->any_cost) {
		memcpy(part->any_of, from->any_of, sizeof part->any_of);
		part->any_cost = from->any_cost;
	}
}

/* `a` and then `b`. */
static struct part both(struct reader *reader, struct part a, struct part b)
{
	struct part part = a;
	struct wq_need_strings middle;

	part.least = sum(a.least, b.least);
	part.empty = a.empty && b.empty;
	part.begins = a.begins || (a.empty && b.begins);
	part.ends = b.ends || (b.empty && a.ends);
	for (size_t i = 0; i < 4; i++)
		part.used[i] |= b.used[i];
	take_any(&part, &b);
	if (b.best.n > 0)
		offer(reader, &part, b.best);
	if (a.is_whole && b.is_whole &&
		wq_need_cross(reader->arena, a.whole, b.whole, WQ_NEED_WHOLE, WHOLE_MAX, &part.whole)) {
		/* that the longer ones are rarer does not mean that they are cheaper */
		offer(reader, &part, a.whole);
		offer(reader, &part, b.whole);
		return part;
	}
	struct wq_need_strings tails = edge(reader, &a, WQ_NEED_TAILS), heads = edge(reader, &b, WQ_NEED_HEADS);
	if (a.is_whole)
		offer(reader, &part, a.whole);
	if (b.is_whole)
		offer(reader, &part, b.whole);
	if (wq_need_cross(reader->arena, tails, heads, WQ_NEED_WHOLE, WHOLE_MAX, &middle))
		offer(reader, &part, middle);
	part.is_whole = false;
	part.heads = a.heads;
	part.tails = b.tails;
	if (a.is_whole)
		(void)wq_need_cross(reader->arena, a.whole, heads, WQ_NEED_HEADS, EDGES_MAX, &part.heads);
	if (b.is_whole)
		(void)wq_need_cross(reader->arena, tails, b.whole, WQ_NEED_TAILS, EDGES_MAX, &part.tails);
	return part;
}

/* All strings of one kind of all parts. False: a part has none, or they are too many. */
static bool join_all(struct reader *reader, const struct part *parts, size_t n,
	struct wq_need_strings (*get)(const struct part *), enum wq_need_cut cut, size_t max,
	struct wq_need_strings *ret_set)
{
	struct wq_need_strings all = {NULL, 0}, none = {NULL, 0};

	for (size_t i = 0; i < n; i++)
		all.n += get(&parts[i]).n;
	all.items = WQ_NEW_ARRAY(reader->arena, wq_str, all.n + 1);
	all.n = 0;
	for (size_t i = 0; i < n && all.items; i++) {
		struct wq_need_strings set = get(&parts[i]);

		if (set.n == 0)
			return false;
		memcpy(all.items + all.n, set.items, set.n * sizeof *set.items);
		all.n += set.n;
	}
	return all.items && wq_need_join(reader->arena, all, none, cut, max, ret_set);
}

static struct wq_need_strings get_whole(const struct part *part)
{
	return part->whole;
}

static struct wq_need_strings get_best(const struct part *part)
{
	return part->best;
}

static struct wq_need_strings get_heads(const struct part *part)
{
	return part->heads;
}

static struct wq_need_strings get_tails(const struct part *part)
{
	return part->tails;
}

/* What all parts have in common. */
static struct part common(struct reader *reader, const struct part *parts, size_t n)
{
	struct part part = parts[0];

	for (size_t i = 1; i < n; i++) {
		part.least = WQ_MIN(part.least, parts[i].least);
		part.empty &= parts[i].empty;
		part.begins &= parts[i].begins;
		part.ends &= parts[i].ends;
		part.is_whole &= parts[i].is_whole;
		for (size_t k = 0; k < 4; k++) {
			part.used[k] |= parts[i].used[k];
			part.any_of[k] |= parts[i].any_of[k];
		}
	}
	part.any_cost = cost_of_bytes(reader, part.any_of);
	part.best = (struct wq_need_strings){NULL, 0};
	part.best_cost = too_common;
	return part;
}

/* One of `parts`, which are changed. */
static struct part either(struct reader *reader, struct part *parts, size_t n)
{
	struct part part = common(reader, parts, n);
	struct wq_need_strings best;

	part.is_whole = part.is_whole && join_all(reader, parts, n, get_whole, WQ_NEED_WHOLE, WHOLE_MAX, &part.whole);
	for (size_t i = 0; i < n; i++)
		make_edges(reader, &parts[i]);
	if (join_all(reader, parts, n, get_best, WQ_NEED_WHOLE, WQ_NEED_LITERALS_MAX, &best) ||
		join_all(reader, parts, n, get_best, WQ_NEED_HEADS, WQ_NEED_LITERALS_MAX, &best))
		offer(reader, &part, best);
	if (!part.is_whole) {
		(void)join_all(reader, parts, n, get_heads, WQ_NEED_HEADS, EDGES_MAX, &part.heads);
		(void)join_all(reader, parts, n, get_tails, WQ_NEED_TAILS, EDGES_MAX, &part.tails);
	}
	return part;
}

/* ---- the tree */

static struct part part_of(struct reader *reader, const struct wq_need_node *node);

static void to_lower(const uint64_t set[4], uint64_t lower[4])
{
	const uint64_t letters = UINT64_C(0x3ffffff) << ('A' - 64);

	memcpy(lower, set, 4 * sizeof *lower);
	lower[1] = (set[1] & ~letters) | (set[1] & letters) << ('a' - 'A');
}

static struct part byte_part(struct reader *reader, const uint64_t set[4])
{
	struct part part = unknown_part(reader);
	struct wq_need_strings bytes = {WQ_NEW_ARRAY(reader->arena, wq_str, CLASS_MAX), 0};
	uint64_t lower[4];
	size_t n = 0;

	to_lower(set, lower);
	for (size_t i = 0; i < 4; i++)
		n += (size_t)__builtin_popcountll(lower[i]);
	for (size_t i = 0; i < 4 && n <= CLASS_MAX && bytes.items; i++)
		for (uint64_t word = lower[i]; word; word &= word - 1) {
			char c = (char)(i * 64 + (size_t)__builtin_ctzll(word));
			bytes.items[bytes.n++] = wq_arena_str(reader->arena, wq_str_of(&c, 1));
		}
	part.least = 1;
	part.is_whole = n > 0 && n <= CLASS_MAX;
	part.whole = bytes;
	memcpy(part.used, set, sizeof part.used);
	memcpy(part.any_of, set, sizeof part.any_of);
	part.any_cost = cost_of_bytes(reader, set);
	return part;
}

static struct part repeat_part(struct reader *reader, const struct wq_need_node *node)
{
	struct part child = part_of(reader, node->first), part = empty_part(reader);
	uint32_t copies = WQ_MIN(node->least, (uint32_t)COPIES_MAX);

	if (node->most == 0)
		return part;
	if (node->least == 0 && node->most == 1) {
		struct part parts[] = {child, part};
		return either(reader, parts, 2);
	}
	for (uint32_t i = 0; i < copies; i++)
		part = i == 0 ? child : both(reader, part, child);
	if (copies == node->most)
		return part;
	make_edges(reader, &part); /* begins and ends with the copies, more of them between */
	part.empty = child.empty;
	memcpy(part.used, child.used, sizeof part.used);
	part.least = child.least > 0 && node->least > UINT32_MAX / child.least ? UINT32_MAX : child.least * node->least;
	return part;
}

/* The byte that is left of a set in lower case, or -1: several. */
static int single_of(const struct wq_need_node *node)
{
	uint64_t lower[4];
	int found = -1;

	if (node->kind != WQ_NEED_BYTE)
		return -1;
	to_lower(node->set, lower);
	for (size_t i = 0; i < 4; i++) {
		if (lower[i] && (found >= 0 || (lower[i] & (lower[i] - 1))))
			return -1;
		if (lower[i])
			found = (int)(i * 64) + __builtin_ctzll(lower[i]);
	}
	return found;
}

/* Single bytes from `*node` on, up to the longest literal; moves `*node` behind them. Requires: there is one. */
static struct part run_part(struct reader *reader, const struct wq_need_node **node)
{
	char text[WQ_NEED_LITERAL_MAX];
	struct part part = byte_part(reader, (*node)->set), byte;
	size_t n = 0;

	for (; *node && n < sizeof text && single_of(*node) >= 0; *node = (*node)->next) {
		text[n++] = (char)single_of(*node);
		memcpy(byte.any_of, (*node)->set, sizeof byte.any_of);
		byte.any_cost = cost_of_bytes(reader, byte.any_of);
		take_any(&part, &byte);
		for (size_t i = 0; i < 4; i++)
			part.used[i] |= (*node)->set[i];
	}
	part.least = (uint32_t)n;
	part.whole = one(reader, wq_arena_str(reader->arena, wq_str_of(text, n)));
	return part;
}

static struct part all_part(struct reader *reader, const struct wq_need_node *node)
{
	const struct wq_need_node *child = node->first;
	struct part part = empty_part(reader);

	for (bool is_first = true; child && !reader->arena->failed; is_first = false) {
		struct part next;

		if (single_of(child) >= 0)
			next = run_part(reader, &child);
		else {
			next = part_of(reader, child);
			child = child->next;
		}
		part = is_first ? next : both(reader, part, next);
	}
	return part;
}

static struct part either_part(struct reader *reader, const struct wq_need_node *node)
{
	size_t n = 0, i = 0;
	struct part *parts;

	for (const struct wq_need_node *child = node->first; child; child = child->next)
		n++;
	if (n == 1)
		return part_of(reader, node->first);
	parts = WQ_NEW_ARRAY(reader->arena, struct part, n);
	if (!parts)
		return unknown_part(reader);
	for (const struct wq_need_node *child = node->first; child; child = child->next)
		parts[i++] = part_of(reader, child);
	return either(reader, parts, n);
}

static struct part part_of(struct reader *reader, const struct wq_need_node *node)
{
	struct part part = empty_part(reader);

	switch (node->kind) {
	case WQ_NEED_BYTE: return byte_part(reader, node->set);
	case WQ_NEED_ALL: return all_part(reader, node);
	case WQ_NEED_EITHER: return either_part(reader, node);
	case WQ_NEED_REPEAT: return repeat_part(reader, node);
	case WQ_NEED_BEGIN: part.begins = true; return part;
	case WQ_NEED_END: part.ends = true; return part;
	case WQ_NEED_NOTHING: return part;
	case WQ_NEED_ANYTHING: break;
	}
	return unknown_part(reader);
}

/* ---- the answer */

static void leave_open(struct wq_need *need)
{
	*need = (struct wq_need){0};
	memset(need->any_of, 0xff, sizeof need->any_of);
	memset(need->only, 0xff, sizeof need->only);
}

static wq_err put_literals(struct wq_arena *arena, struct wq_need_strings set, struct wq_need *need)
{
	wq_str *literals = WQ_NEW_ARRAY(arena, wq_str, set.n);

	wq_need_thin(&set);
	for (size_t i = 0; i < set.n && literals; i++)
		literals[i] = wq_arena_str(arena, set.items[i]);
	WQ_TRY(wq_arena_err(arena));
	need->literals = literals;
	need->literals_n = set.n;
	return WQ_OK;
}

wq_err wq_need_of(wq_str pattern, bool caseless, struct wq_arena *arena, struct wq_need *ret_need)
{
	WQ_CLEANUP(wq_arena_done) struct wq_arena scratch;
	struct reader reader = {.arena = &scratch};
	struct wq_need need;
	struct wq_need_node *tree;
	struct part part;

	leave_open(&need);
	for (unsigned byte = 0; byte < 256; byte++)
		reader.share[byte] = share_of((uint8_t)byte);
	wq_arena_init(&scratch, SCRATCH_BYTES);
	tree = wq_need_parse(&scratch, pattern, caseless);
	if (tree)
		part = with_best(&reader, part_of(&reader, tree));
	if (scratch.no_mem)
		return wq_error_id(WQ_E_NO_MEMORY);
	if (tree && !scratch.failed) {
		need.min_bytes = part.least;
		memcpy(need.any_of, part.any_of, sizeof need.any_of);
		if (part.begins && part.ends)
			memcpy(need.only, part.used, sizeof need.only);
		WQ_TRY(put_literals(arena, part.best, &need));
	}
	*ret_need = need;
	return WQ_OK;
}
