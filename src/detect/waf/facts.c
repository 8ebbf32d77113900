#include "detect/waf/eval_priv.h"

/* ---- candidates of a string ---- */

enum {
	KEY_WORDS = 4,
	HEAD_WORDS = KEY_WORDS + 1
}; /* of what a worker keeps: the classes, the plan's serial, what they allow */

/* What strings of these byte classes may match. */
static void allowed_by(
	const struct wq_waf_plan *plan, const uint64_t classes[KEY_WORDS], uint32_t words, uint64_t *ret_mask)
{
	uint64_t barred[WQ_WAF_PATTERNS_MAX / 64] = {0};

	memcpy(ret_mask, plan->open, words * sizeof *ret_mask);
	for (uint32_t i = 0; i < KEY_WORDS; i++)
		for (uint64_t left = classes[i]; left; left &= left - 1) {
			size_t row = (i * 64 + (size_t)__builtin_ctzll(left)) * words;
			for (uint32_t w = 0; w < words; w++) {
				ret_mask[w] |= plan->needed_by[row + w];
				barred[w] |= plan->barred_by[row + w];
			}
		}
	for (uint32_t w = 0; w < words; w++)
		ret_mask[w] &= ~barred[w];
}

static void classes_in(const struct wq_waf_plan *plan, const uint64_t bytes[4], uint64_t ret_classes[KEY_WORDS])
{
	memset(ret_classes, 0, KEY_WORDS * sizeof *ret_classes);
	for (unsigned i = 0; i < 4; i++)
		for (uint64_t left = bytes[i]; left; left &= left - 1) {
			uint8_t class = plan->class_of[i * 64 + (unsigned)__builtin_ctzll(left)];
			ret_classes[class / 64] |= UINT64_C(1) << class % 64;
		}
}

static uint64_t *make_masks(struct wq_waf_worker *worker, uint32_t words)
{
	uint64_t *masks;

	if (worker->masks && worker->masks_words >= words)
		return worker->masks;
	masks = calloc((size_t)WQ_WAF_MASKS * (HEAD_WORDS + words), sizeof *masks);
	if (!masks)
		return NULL;
	free(worker->masks);
	worker->masks_words = words;
	return worker->masks = masks;
}

/* What strings of these bytes may match, kept by the worker. NULL: no memory. */
static const uint64_t *mask_of(struct wq_waf_tx *tx, const uint64_t bytes[4])
{
	struct wq_waf_worker *worker = tx->worker;
	uint64_t classes[KEY_WORDS], hash, *entry;

	if (!make_masks(worker, tx->program->pattern_words))
		return NULL;
	classes_in(tx->plan, bytes, classes);
	hash = (classes[0] ^ classes[1] * 3 ^ classes[2] * 5 ^ classes[3] * 7) * UINT64_C(0x9e3779b97f4a7c15);
	entry = worker->masks + (hash >> 32) % WQ_WAF_MASKS * (HEAD_WORDS + worker->masks_words);
	if (entry[KEY_WORDS] != tx->plan->serial || memcmp(entry, classes, sizeof classes) != 0) {
		memcpy(entry, classes, sizeof classes);
		entry[KEY_WORDS] = tx->plan->serial;
		allowed_by(tx->plan, classes, tx->program->pattern_words, entry + HEAD_WORDS);
	}
	return entry + HEAD_WORDS;
}

static void candidates_of(struct wq_waf_tx *tx, const struct wq_pool_string *string, uint64_t *bits)
{
	const struct wq_waf_program *program = tx->program;
	const struct wq_waf_plan *plan = tx->plan;
	uint32_t words = program->pattern_words;
	const uint64_t *length = plan->by_length + WQ_MIN(string->s.n, (size_t)WQ_PLAN_LENGTHS - 1) * words;
	const uint64_t *mask;

	wq_literals_scan(program->literals, string->s, bits);
	tx->cost.bytes += string->s.n;
	mask = mask_of(tx, string->bytes);
	if (!mask)
		tx->no_memory = true;
	for (uint32_t w = 0; mask && w < words; w++)
		bits[w] = (bits[w] | program->asked[w]) & length[w] & mask[w];
}

uint64_t *wq_waf_candidates(struct wq_waf_tx *tx, wq_string string)
{
	bool is_new = false;
	uint64_t *facts = wq_pool_facts(&tx->pool, string, &is_new);

	if (!facts)
		tx->no_memory = true;
	else if (is_new)
		candidates_of(tx, &tx->pool.strings[string], facts);
	return facts;
}

/* ---- sources ---- */

static bool takes_all(const struct wq_waf_target *target)
{
	return target->selector == WQ_SEC_SELECT_ALL && target->excludes_n == 0;
}

const struct wq_waf_source_state *wq_waf_source_of(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_target *target = &tx->plan->sources[number].target;
	struct wq_waf_source_state *state = &tx->sources[number];
	const struct wq_waf_values *set;

	if (state->epoch == tx->epoch)
		return state;
	state->epoch = tx->epoch;
	set = wq_waf_values_of(tx, target->var);
	if (state->seen == set->n)
		return state;
	if (takes_all(target)) {
		state->seen = state->n = set->n;
		return state;
	}
	while (state->seen < set->n) {
		uint32_t at = state->seen++;
		if (!wq_waf_selects(tx, target, tx->program->regexes, set->entries[at].name))
			continue;
		uint32_t *place = wq_waf_grow(tx, (void **)&state->at, state->n, &state->room, sizeof *place);
		if (!place)
			break;
		*place = at;
		state->n++;
	}
	return state;
}

/* ---- pairs ---- */

static bool make_room(struct wq_waf_tx *tx, struct wq_waf_pair_state *state, uint32_t n)
{
	wq_string *strings;
	uint32_t room;

	if (!state->known)
		state->known = WQ_NEW_ARRAY(&tx->arena, uint64_t, WQ_KNOWN_BYTES + tx->program->pattern_words);
	if (state->room >= n && state->known)
		return true;
	room = state->room ? WQ_MAX(n, state->room * 2) : n;
	strings = wq_arena_alloc(&tx->arena, room * sizeof *strings);
	if (!strings || !state->known) {
		tx->no_memory = true;
		return false;
	}
	if (state->done > 0)
		memcpy(strings, state->strings, state->done * sizeof *strings);
	state->strings = strings;
	state->room = room;
	return true;
}

/* A chain that all bytes trigger may change the empty string as well. */
static bool triggered(const uint64_t *bytes, const uint64_t *triggers)
{
	return (triggers[0] & triggers[1] & triggers[2] & triggers[3]) == UINT64_MAX ||
		((bytes[0] & triggers[0]) | (bytes[1] & triggers[1]) | (bytes[2] & triggers[2]) |
			(bytes[3] & triggers[3])) != 0;
}

static void extend(struct wq_waf_tx *tx, const struct wq_waf_pair *pair, struct wq_waf_pair_state *state,
	const struct wq_waf_source_state *source)
{
	const struct wq_waf_target *target = &tx->plan->sources[pair->source].target;
	const struct wq_waf_values *set = &tx->sets[target->var];
	const uint64_t *triggers = wq_chains_triggers(tx->program->chains, pair->chain);
	const uint32_t *at = takes_all(target) ? NULL : source->at;

	if (!make_room(tx, state, source->n))
		return;
	while (state->done < source->n) {
		wq_string string = set->entries[at ? at[state->done] : state->done].string;
		if (pair->chain != 0 && (tx->program->plain || triggered(tx->pool.strings[string].bytes, triggers))) {
			tx->cost.bytes += tx->pool.strings[string].s.n;
			string = wq_pool_via(&tx->pool, string, pair->chain);
		}
		if (string == WQ_STRING_NONE) {
			tx->no_memory = true;
			return;
		}
		for (unsigned i = 0; i < WQ_KNOWN_BYTES; i++)
			state->known[i] |= tx->pool.strings[string].bytes[i];
		state->strings[state->done++] = string;
	}
}

static void join(struct wq_waf_tx *tx, struct wq_waf_pair_state *state)
{
	uint32_t words = tx->program->pattern_words;

	while (state->joined < state->done) {
		const uint64_t *facts = wq_waf_candidates(tx, state->strings[state->joined]);
		if (!facts)
			return;
		for (uint32_t w = 0; w < words; w++)
			state->known[WQ_KNOWN_BYTES + w] |= facts[w];
		state->joined++;
	}
}

/* A chain that no string of the source triggers changes nothing: the pair is the source's base pair. Whether it is. */
static bool share(struct wq_waf_tx *tx, const struct wq_waf_pair *pair, struct wq_waf_pair_state *state)
{
	uint32_t number = tx->plan->sources[pair->source].base;
	struct wq_waf_pair_state *base = &tx->pairs[number];

	(void)wq_waf_pair_of(tx, number);
	if (!base->known || triggered(base->known, wq_chains_triggers(tx->program->chains, pair->chain))) {
		if (state->shared)
			*state = (struct wq_waf_pair_state){0};
		return false;
	}
	if (pair->candidates)
		join(tx, base);
	*state = *base;
	state->shared = true;
	return true;
}

const struct wq_waf_pair_state *wq_waf_pair_of(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_pair *pair = &tx->plan->pairs[number];
	struct wq_waf_pair_state *state = &tx->pairs[number];
	const struct wq_waf_source_state *source = wq_waf_source_of(tx, pair->source);

	if (state->done == source->n && (!pair->candidates || state->joined == source->n))
		return state;
	if (pair->chain != 0 && !tx->program->plain && share(tx, pair, state))
		return state;
	if (state->done < source->n)
		extend(tx, pair, state, source);
	if (pair->candidates)
		join(tx, state);
	return state;
}

/* ---- views ---- */

const struct wq_waf_view_state *wq_waf_view_of(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_view *view = &tx->plan->views[number];
	struct wq_waf_view_state *state = &tx->views[number];
	uint32_t words = tx->program->pattern_words + WQ_KNOWN_BYTES;

	if (state->epoch == tx->epoch)
		return state;
	if (!state->known)
		state->known = WQ_NEW_ARRAY(&tx->arena, uint64_t, words);
	if (!state->known) {
		tx->no_memory = true;
		return state;
	}
	for (uint32_t i = 0; i < view->pairs_n && !tx->no_memory; i++) {
		uint32_t pair_number = tx->plan->lists[view->pairs + i];
		uint32_t source = tx->plan->pairs[pair_number].source;
		const struct wq_waf_pair_state *pair;
		if (wq_waf_source_of(tx, source)->n == 0)
			continue;
		pair = wq_waf_pair_of(tx, pair_number);
		for (uint32_t w = 0; pair->known && w < words; w++)
			state->known[w] |= pair->known[w];
	}
	state->epoch = tx->epoch;
	return state;
}
