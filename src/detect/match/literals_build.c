#include "detect/match/literals_priv.h"

enum {
	SHORT_MAX = 4, /* bytes of a literal */
	MIDDLE_MAX = 6,
	TEXT_MAX = 4096
};

struct entry {
	wq_str text;
	uint32_t owner;
};

static int by_text(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = wq_str_cmp(x->text, y->text);

	return order != 0 ? order : (x->owner > y->owner) - (x->owner < y->owner);
}

static bool is_sound(const struct wq_literal *literals, size_t n, uint32_t owners_n)
{
	for (size_t i = 0; i < n; i++)
		if (literals[i].text.n == 0 || literals[i].owner >= owners_n)
			return false;
	return owners_n <= WQ_LITERALS_OWNERS_MAX;
}

static bool is_within_limits(const struct wq_literal *literals, size_t n)
{
	size_t bytes = 0;

	if (n > WQ_LITERALS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (literals[i].text.n > TEXT_MAX)
			return false;
		bytes += literals[i].text.n;
	}
	return bytes <= WQ_LITERALS_BYTES_MAX;
}

/* The texts in lower case, one after the other; entries sorted by text and owner. */
static struct entry *sorted(const struct wq_literal *literals, size_t n, char *text)
{
	struct entry *entries = calloc(n + 1, sizeof *entries);

	if (!entries)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < literals[i].text.n; k++)
			text[k] = (char)wq_literals_lower((uint8_t)literals[i].text.p[k]);
		entries[i] = (struct entry){wq_str_of(text, literals[i].text.n), literals[i].owner};
		text += literals[i].text.n;
	}
	qsort(entries, n, sizeof *entries, by_text);
	return entries;
}

/* One literal for equal texts, with all their owners. */
static void take_entries(struct wq_literals *set, const struct entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool same_text = i > 0 && wq_str_eq(entries[i].text, entries[i - 1].text);

		if (same_text && entries[i].owner == entries[i - 1].owner)
			continue;
		if (!same_text)
			set->literals[set->literals_n++] = (struct wq_literals_one){
				.text_at = (uint32_t)(entries[i].text.p - set->text),
				.owners_at = (uint32_t)set->owners_n,
				.n = (uint32_t)entries[i].text.n,
			};
		set->owners[set->owners_n++] = entries[i].owner;
		set->literals[set->literals_n - 1].owners_n++;
	}
}

/* What is being built of a table. */
struct plan {
	enum wq_literals_kind kind;
	struct wq_literals_table *table;
	uint32_t counts[WQ_LITERALS_WORDS]; /* candidates of each word */
	struct place {
		uint32_t word;
		struct wq_literals_candidate candidate;
	} * places;
	size_t n;
};

static void add_place(struct plan *plan, size_t word, uint64_t bits, struct wq_literals_candidate candidate)
{
	plan->table->map[word] |= bits;
	plan->counts[word]++;
	plan->places[plan->n++] = (struct place){(uint32_t)word, candidate};
}

/* Of the four bytes at an even position those of a short literal are the first ones or the ones from the second on. */
static void add_short(struct plan *plan, const char *text, size_t n, size_t at, size_t literal)
{
	size_t bytes = WQ_MIN(n, wq_literals_window_bytes[WQ_LITERALS_SHORT]);
	uint64_t window = wq_literals_window(text, at, bytes), mask = ~UINT64_C(0) >> (64 - 8 * bytes);
	struct wq_literals_candidate even = {window, mask, (uint32_t)literal, -(int32_t)at},
				     odd = {window << 8, mask << 8, (uint32_t)literal, 1 - (int32_t)at};
	uint64_t first = UINT64_C(1) << (wq_literals_class[(uint8_t)text[at]] & WQ_LITERALS_HALF);

	if (n > 2) {
		add_place(plan, wq_literals_pair_of(text + at + 1), first, even);
		add_place(plan, wq_literals_pair_of(text + at),
			(uint64_t)1 << 32 << (wq_literals_class[(uint8_t)text[at + 2]] & WQ_LITERALS_HALF), odd);
		return;
	}
	for (size_t third = 0; third < WQ_LITERALS_CLASSES; third++)
		add_place(plan, (size_t)wq_literals_class[(uint8_t)text[1]] << WQ_LITERALS_CLASS_BITS | third, first,
			even);
	add_place(plan, wq_literals_pair_of(text), UINT64_C(0xffffffff00000000), odd);
}

static void add_long(struct plan *plan, const char *text, size_t at, size_t literal)
{
	size_t bytes = wq_literals_window_bytes[plan->kind];
	uint64_t window = wq_literals_window(text, at, bytes), hash = wq_literals_hash_of(window, bytes);

	add_place(plan, wq_literals_word_of(hash), wq_literals_bits_of(hash),
		(struct wq_literals_candidate){
			window, ~UINT64_C(0) >> (64 - 8 * bytes), (uint32_t)literal, -(int32_t)at});
}

static enum wq_literals_kind kind_of(const struct wq_literals_one *literal)
{
	return literal->n <= SHORT_MAX     ? WQ_LITERALS_SHORT
		: literal->n <= MIDDLE_MAX ? WQ_LITERALS_MIDDLE
					   : WQ_LITERALS_LONG;
}

static void place(struct plan *plan, const struct wq_literals *set, const struct wq_literals_model *model)
{
	for (size_t i = 0; i < set->literals_n; i++) {
		const struct wq_literals_one *literal = &set->literals[i];
		const char *text = set->text + literal->text_at;

		if (literal->n < 2 || kind_of(literal) != plan->kind)
			continue;
		if (plan->kind == WQ_LITERALS_SHORT) {
			size_t at = literal->n < 4 ? 0
						   : wq_literals_best_window(model, WQ_LITERALS_SHORT,
							     wq_str_of(text, literal->n), 0, 1, plan->counts);
			add_short(plan, text, literal->n, at, i);
			continue;
		}
		for (size_t odd = 0; odd <= 1; odd++)
			add_long(plan, text,
				wq_literals_best_window(
					model, plan->kind, wq_str_of(text, literal->n), odd, 2, plan->counts),
				i);
	}
}

static wq_err fill(struct plan *plan)
{
	struct wq_literals_table *table = plan->table;

	table->candidates = calloc(plan->n + 1, sizeof *table->candidates);
	if (!table->candidates)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t word = 0; word < WQ_LITERALS_WORDS; word++)
		table->lists[word + 1] = table->lists[word] + plan->counts[word];
	for (size_t i = plan->n; i-- > 0;) {
		const struct place *place = &plan->places[i];

		table->candidates[table->lists[place->word] + --plan->counts[place->word]] = place->candidate;
	}
	return WQ_OK;
}

static void plan_free(struct plan **plan)
{
	if (*plan)
		free((*plan)->places);
	free(*plan);
}

static wq_err build_table(struct wq_literals *set, enum wq_literals_kind kind, const struct wq_literals_model *model)
{
	WQ_CLEANUP(plan_free) struct plan *plan = calloc(1, sizeof *plan);
	size_t places = 0;

	for (size_t i = 0; i < set->literals_n; i++)
		if (kind_of(&set->literals[i]) == kind)
			places += set->literals[i].n == 2 ? WQ_LITERALS_CLASSES + 1 : 2;
	if (plan)
		plan->places = calloc(places + 1, sizeof *plan->places);
	if (!plan || !plan->places)
		return wq_error_id(WQ_E_NO_MEMORY);
	plan->kind = kind;
	plan->table = &set->tables[kind];
	place(plan, set, model);
	return fill(plan);
}

static void add_single(struct wq_literals *set, uint8_t byte, size_t literal)
{
	set->singles[set->singles_n].byte = byte;
	set->singles[set->singles_n++].literal = (uint32_t)literal;
}

static void take_singles(struct wq_literals *set)
{
	for (size_t i = 0; i < set->literals_n; i++) {
		uint8_t byte = (uint8_t)set->text[set->literals[i].text_at];

		if (set->literals[i].n != 1)
			continue;
		add_single(set, byte, i);
		if (byte >= 'a' && byte <= 'z')
			add_single(set, byte & 0xdf, i);
	}
}

static wq_err build(struct wq_literals *set)
{
	struct wq_literals_model *model = calloc(1, sizeof *model);
	wq_err e = model ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);

	if (model)
		wq_literals_learn(model, wq_str_of(set->text, set->text_n));
	for (int kind = 0; kind < WQ_LITERALS_KINDS && !wq_failed(e); kind++)
		e = build_table(set, (enum wq_literals_kind)kind, model);
	free(model);
	take_singles(set);
	return e;
}

wq_err wq_literals_new(
	const struct wq_literal *literals, size_t n, uint32_t owners_n, struct wq_literals **ret_literals)
{
	struct wq_literals *set;
	struct entry *entries;
	wq_err e = wq_error_id(WQ_E_NO_MEMORY);

	if (!is_within_limits(literals, n))
		return wq_error(WQ_E_LIMIT, "%zu literals", n);
	if (!is_sound(literals, n, owners_n))
		return wq_error(WQ_E_INPUT, "a literal is empty or its owner is not known");
	set = calloc(1, sizeof *set);
	if (!set)
		return e;
	for (size_t i = 0; i < n; i++)
		set->text_n += literals[i].text.n;
	set->text = malloc(set->text_n + 1);
	set->literals = calloc(n + 1, sizeof *set->literals);
	set->owners = calloc(n + 1, sizeof *set->owners);
	entries = set->text ? sorted(literals, n, set->text) : NULL;
	if (set->literals && set->owners && entries) {
		take_entries(set, entries, n);
		e = build(set);
	}
	free(entries);
	if (wq_failed(e))
		wq_literals_free(&set);
	else
		*ret_literals = set;
	return e;
}

void wq_literals_free(struct wq_literals **literals)
{
	struct wq_literals *set = *literals;

	if (!set)
		return;
	for (size_t kind = 0; kind < WQ_LITERALS_KINDS; kind++)
		free(set->tables[kind].candidates);
	free(set->literals);
	free(set->owners);
	free(set->text);
	free(set);
	*literals = NULL;
}

size_t wq_literals_bytes(const struct wq_literals *literals)
{
	size_t n = sizeof *literals + literals->literals_n * sizeof *literals->literals +
		literals->owners_n * sizeof *literals->owners + literals->text_n;

	for (size_t kind = 0; kind < WQ_LITERALS_KINDS; kind++)
		n += literals->tables[kind].lists[WQ_LITERALS_WORDS] * sizeof(struct wq_literals_candidate);
	return n;
}
