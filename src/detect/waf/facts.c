#include "detect/waf/eval_priv.h"

/* What can match a string of these bytes and this length, of what the literals have left or nobody has answered. */
static void candidates_of(struct wq_waf_tx *tx, const struct wq_pool_string *string, uint64_t *bits)
{
	const struct wq_waf_program *program = tx->program;
	const struct wq_waf_plan *plan = tx->plan;
	uint32_t words = program->pattern_words;
	const uint64_t *length = plan->by_length + WQ_MIN(string->s.n, (size_t)WQ_PLAN_LENGTHS - 1) * words;
	uint64_t any[WQ_WAF_PATTERNS_MAX / 64], bad[WQ_WAF_PATTERNS_MAX / 64];

	wq_literals_scan(program->literals, string->s, bits);
	tx->cost.bytes += string->s.n;
	for (uint32_t w = 0; w < words; w++) {
		bits[w] |= program->asked[w];
		any[w] = plan->free_of_bytes[w];
		bad[w] = 0;
	}
	for (unsigned i = 0; i < 4; i++)
		for (uint64_t left = string->bytes[i]; left; left &= left - 1) {
			unsigned byte = i * 64 + (unsigned)__builtin_ctzll(left);
			const uint64_t *by = plan->by_byte + (size_t)byte * words;
			const uint64_t *no = plan->bad_byte + (size_t)byte * words;
			for (uint32_t w = 0; w < words; w++) {
				any[w] |= by[w];
				bad[w] |= no[w];
			}
		}
	for (uint32_t w = 0; w < words; w++)
		bits[w] &= any[w] & ~bad[w] & length[w];
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
	const struct wq_waf_values *set = wq_waf_values_of(tx, target->var);

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

	if (state->room >= n)
		return true;
	uint32_t room = state->room ? WQ_MAX(n, state->room * 2) : n;
	strings = wq_arena_alloc(&tx->arena, room * sizeof *strings);
	if (!strings) {
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
static bool triggered(const struct wq_pool_string *string, const uint64_t *triggers)
{
	return (triggers[0] & triggers[1] & triggers[2] & triggers[3]) == UINT64_MAX ||
		((string->bytes[0] & triggers[0]) | (string->bytes[1] & triggers[1]) |
			(string->bytes[2] & triggers[2]) | (string->bytes[3] & triggers[3])) != 0;
}

static void join(struct wq_waf_tx *tx, struct wq_waf_pair_state *state, wq_string string, bool candidates)
{
	uint64_t *facts;

	for (unsigned i = 0; i < 4; i++)
		state->bytes[i] |= tx->pool.strings[string].bytes[i];
	if (!candidates || !(facts = wq_waf_candidates(tx, string)))
		return;
	for (uint32_t w = 0; w < tx->program->pattern_words; w++)
		state->candidates[w] |= facts[w];
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
	while (state->done < source->n && !tx->no_memory) {
		wq_string string = set->entries[at ? at[state->done] : state->done].string;
		if (pair->chain != 0 && triggered(&tx->pool.strings[string], triggers))
			string = wq_pool_via(&tx->pool, string, pair->chain);
		if (string == WQ_STRING_NONE) {
			tx->no_memory = true;
			return;
		}
		state->strings[state->done++] = string;
		join(tx, state, string, pair->candidates);
	}
}

const struct wq_waf_pair_state *wq_waf_pair_of(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_pair *pair = &tx->plan->pairs[number];
	struct wq_waf_pair_state *state = &tx->pairs[number];
	const struct wq_waf_source_state *source = wq_waf_source_of(tx, pair->source);

	if (pair->candidates && !state->candidates) {
		state->candidates = WQ_NEW_ARRAY(&tx->arena, uint64_t, tx->program->pattern_words + 1);
		if (!state->candidates)
			tx->no_memory = true;
	}
	if (state->done < source->n && !tx->no_memory)
		extend(tx, pair, state, source);
	return state;
}

/* ---- views ---- */

const struct wq_waf_view_state *wq_waf_view_of(struct wq_waf_tx *tx, uint32_t number)
{
	const struct wq_waf_view *view = &tx->plan->views[number];
	struct wq_waf_view_state *state = &tx->views[number];
	uint32_t words = tx->program->pattern_words;

	if (state->epoch == tx->epoch)
		return state;
	if (!state->candidates)
		state->candidates = WQ_NEW_ARRAY(&tx->arena, uint64_t, words + 1);
	if (!state->candidates) {
		tx->no_memory = true;
		return state;
	}
	for (uint32_t i = 0; i < view->pairs_n && !tx->no_memory; i++) {
		uint32_t number_of_pair = tx->plan->lists[view->pairs + i];
		const struct wq_waf_pair_state *pair = wq_waf_pair_of(tx, number_of_pair);
		for (unsigned b = 0; b < 4; b++)
			state->bytes[b] |= pair->bytes[b];
		for (uint32_t w = 0; pair->candidates && w < words; w++)
			state->candidates[w] |= pair->candidates[w];
	}
	state->epoch = tx->epoch;
	return state;
}
