/* Three tables of 4,096 words of 64 bits say where a literal may be. Two positions of the string, an even one and the next, are looked up
 * at once:
 * - 2 to 4 bytes: by three bytes of the literal. Classes of the second and the third byte of four lead to the word; its low half says
 *   which first bytes matter, its high half which fourth bytes; what a literal of two bytes leaves open is set;
 * - 5 and 6 bytes: by four bytes, hashed; longer ones: by six bytes, hashed. Of these a literal has two windows, one at an even and one
 *   at an odd offset in it, so that one of them is at an even position of the string. A window sets two bits of a word.
 * Where a literal has a choice of windows it takes what ordinary text has least. A word leads to its few candidates, which are compared.
 */
#include "detect/match/literals.h"

enum {
	CLASS_BITS = 6,
	CLASSES = 1 << CLASS_BITS,
	WORDS = 1 << (2 * CLASS_BITS), /* of a bitmap */
	HALF = 31,
	SHORT_MAX = 4, /* bytes of a literal */
	MIDDLE_MAX = 6,
	AHEAD = 9,          /* bytes from an even position on that a look at it and the next one may read */
	WINDOWS_TRIED = 64, /* of one literal */
	CROWD = 4,          /* candidates of a slot from which on another window is looked for */
	CROWD_COST = 12,
	SAMPLE_WEIGHT = 32,
	TEXT_MAX = 4096
};

struct literal {
	uint32_t text_at, owners_at, owners_n, n;
};

/* Compared with the eight bytes at an even position of the string. */
struct candidate {
	uint64_t bytes, mask; /* in lower case */
	uint32_t literal;
	int32_t start; /* of the literal, from the position */
};

enum kind { SHORT, MIDDLE, LONG, KINDS };
static const size_t window_bytes[KINDS] = {3, 4, 6};

struct table {
	uint64_t map[WORDS];
	uint32_t lists[WORDS + 1]; /* where the candidates of each word begin */
	struct candidate *candidates;
};

struct wq_literals {
	struct table tables[KINDS];
	uint32_t single[256]; /* 1 + the literal of one byte */
	bool has_single;
	struct literal *literals;
	uint32_t *owners;
	char *text;
	size_t literals_n, owners_n, text_n;
};

/* Letters by frequency, so that the low three bits spread; the digits in five; marks; the rest. */
static const uint8_t class_of[256] = {
	['e'] = 1,
	['t'] = 2,
	['a'] = 3,
	['o'] = 4,
	['i'] = 5,
	['n'] = 6,
	['s'] = 7,
	['r'] = 8,
	['h'] = 9,
	['l'] = 10,
	['d'] = 11,
	['c'] = 12,
	['u'] = 13,
	['m'] = 14,
	['f'] = 15,
	['p'] = 16,
	['g'] = 17,
	['w'] = 18,
	['y'] = 19,
	['b'] = 20,
	['v'] = 21,
	['k'] = 22,
	['x'] = 23,
	['j'] = 24,
	['q'] = 25,
	['z'] = 26,
	['E'] = 1,
	['T'] = 2,
	['A'] = 3,
	['O'] = 4,
	['I'] = 5,
	['N'] = 6,
	['S'] = 7,
	['R'] = 8,
	['H'] = 9,
	['L'] = 10,
	['D'] = 11,
	['C'] = 12,
	['U'] = 13,
	['M'] = 14,
	['F'] = 15,
	['P'] = 16,
	['G'] = 17,
	['W'] = 18,
	['Y'] = 19,
	['B'] = 20,
	['V'] = 21,
	['K'] = 22,
	['X'] = 23,
	['J'] = 24,
	['Q'] = 25,
	['Z'] = 26,
	['0'] = 27,
	['1'] = 27,
	['2'] = 28,
	['3'] = 28,
	['4'] = 29,
	['5'] = 29,
	['6'] = 30,
	['7'] = 30,
	['8'] = 31,
	['9'] = 31,
	[' '] = 32,
	['\t'] = 32,
	['\n'] = 32,
	['\r'] = 32,
	['.'] = 33,
	['-'] = 34,
	['_'] = 35,
	['/'] = 36,
	['='] = 37,
	['&'] = 38,
	['%'] = 39,
	['+'] = 40,
	[':'] = 41,
	[';'] = 42,
	[','] = 43,
	['('] = 44,
	[')'] = 45,
	['\''] = 46,
	['"'] = 47,
	['<'] = 48,
	['>'] = 49,
	['?'] = 50,
	['!'] = 51,
	['@'] = 52,
	['#'] = 53,
	['$'] = 54,
	['*'] = 55,
	['\\'] = 56,
	['|'] = 57,
	['['] = 58,
	[']'] = 59,
	['{'] = 60,
	['}'] = 61,
	['^'] = 62,
	['`'] = 62,
	['~'] = 62,
	[0x80 ... 0xff] = 63,
};

/* Words that ordinary values are full of: beside the literals themselves a sample of what is not rare. */
static const char sample[] =
	" the of and to in is you that it he for was on are as with his they at be this from have or by one had not but "
	"what all were when we there can an your which their said if do will each about how up out them then she many some "
	"so these would other into has more her two like him see time could no make than first been its who now people my "
	"made over did down only way find use may long little very after called just where most know through back much "
	"before also around another came come work three word must because does part even place well such here take why "
	"things help put years different away again off went old number great tell men say small every found still between "
	"name should home give water room write read list file line page user password login search query title content "
	"message comment subject email address phone city date start end time type value text data id key code token "
	"action submit save update delete create new edit view show index main test example version package http https www "
	"com org net html php json xml api true false null none yes error file string option config default application "
	"information government service public national people online shanghai beijing guangdong zhang wang chen huang "
	"xiang sheng jiang bang ing tion ation ment able ness ated ding ting ring king sing ally ence ance ious ible "
	"accept language encoding gzip deflate mozilla windows linux chrome safari applewebkit gecko image keep alive "
	"session cookie csrf utm source medium campaign filter sort order limit offset callback format size width height ";

static inline uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static inline uint64_t lower8(uint64_t w)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t heavy = w & 0x7f * each; /* without the high bits sums stay in their byte */
	uint64_t from_a = heavy + (0x80 - 'A') * each, over_z = heavy + (0x7f - 'Z') * each;

	return w | ((from_a & ~over_z & ~w & 0x80 * each) >> 2);
}

static inline uint64_t load8(const void *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

/* Of the first bytes of little-endian `w`; bytes that differ in case only, and a few others, are taken for the same. */
static inline uint64_t hash_of(uint64_t w, size_t bytes)
{
	return (w | UINT64_C(0x2020202020202020)) * (UINT64_C(0x9e3779b97f4a7c15) << (64 - 8 * bytes));
}

static inline size_t word_of(uint64_t hash)
{
	return hash >> 52;
}

static inline uint64_t bits_of(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 46 & 63) | UINT64_C(1) << (hash >> 40 & 63);
}

/* ---- building */

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

static size_t pair_of(const char *p)
{
	return (size_t)class_of[(uint8_t)p[0]] << CLASS_BITS | class_of[(uint8_t)p[1]];
}

/* How often one class follows another in ordinary text. */
struct model {
	uint32_t pairs[CLASSES][CLASSES], all[CLASSES];
};

static void learn(struct model *model, const char *text, size_t n, uint32_t weight)
{
	for (size_t i = 1; i < n; i++) {
		model->pairs[class_of[(uint8_t)text[i - 1]]][class_of[(uint8_t)text[i]]] += weight;
		model->all[class_of[(uint8_t)text[i - 1]]] += weight;
	}
}

/* Eight times the binary logarithm, roughly. */
static int log_of(uint32_t n)
{
	int whole = 31 - __builtin_clz(n | 1);

	return whole * 8 + (whole >= 3 ? (int)(n >> (whole - 3) & 7) : 0);
}

static int score_of(const struct model *model, const char *window, size_t n, uint32_t crowd)
{
	uint8_t last = class_of[(uint8_t)window[0]];
	int score = -log_of(model->all[last] + 1);

	for (size_t i = 1; i < n; i++) {
		uint8_t class = class_of[(uint8_t)window[i]];

		score += log_of(model->all[last] + CLASSES) - log_of(model->pairs[last][class] + 1);
		last = class;
	}
	return crowd < CROWD ? score : score - CROWD_COST * (int)(crowd - CROWD + 1);
}

static uint64_t window_at(const char *text, size_t at, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, text + at, n);
	return w;
}

/* The best window from offset `at` on, by steps. */
static size_t best_window(const struct model *model, enum kind kind, const char *text, size_t n, size_t at, size_t step,
	const uint32_t *crowd)
{
	size_t bytes = window_bytes[kind], best = at;
	int most = -1000000;

	for (size_t last = WQ_MIN(n - bytes, (size_t)WINDOWS_TRIED - 1); at <= last; at += step) {
		size_t word = kind == SHORT ? pair_of(text + at) : word_of(hash_of(window_at(text, at, bytes), bytes));
		int score = score_of(model, text + at, bytes, crowd[word]);

		if (score > most) {
			most = score;
			best = at;
		}
	}
	return best;
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
			text[k] = (char)lower((uint8_t)literals[i].text.p[k]);
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
			set->literals[set->literals_n++] = (struct literal){
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
	enum kind kind;
	struct table *table;
	uint32_t counts[WORDS]; /* candidates of each word */
	struct place {
		uint32_t word;
		struct candidate candidate;
	} * places;
	size_t n;
};

static void add_place(struct plan *plan, size_t word, uint64_t bits, struct candidate candidate)
{
	plan->table->map[word] |= bits;
	plan->counts[word]++;
	plan->places[plan->n++] = (struct place){(uint32_t)word, candidate};
}

/* Of the four bytes at an even position those of a short literal are the first ones or the ones from the second on. */
static void add_short(struct plan *plan, const char *text, size_t n, size_t at, size_t literal)
{
	size_t bytes = WQ_MIN(n, window_bytes[SHORT]);
	uint64_t window = window_at(text, at, bytes), mask = ~UINT64_C(0) >> (64 - 8 * bytes);
	struct candidate even = {window, mask, (uint32_t)literal, -(int32_t)at},
			 odd = {window << 8, mask << 8, (uint32_t)literal, 1 - (int32_t)at};
	uint64_t first = UINT64_C(1) << (class_of[(uint8_t)text[at]] & HALF);

	if (n > 2) {
		add_place(plan, pair_of(text + at + 1), first, even);
		add_place(plan, pair_of(text + at), (uint64_t)1 << 32 << (class_of[(uint8_t)text[at + 2]] & HALF), odd);
		return;
	}
	for (size_t third = 0; third < CLASSES; third++)
		add_place(plan, (size_t)class_of[(uint8_t)text[1]] << CLASS_BITS | third, first, even);
	add_place(plan, pair_of(text), UINT64_C(0xffffffff00000000), odd);
}

static void add_long(struct plan *plan, const char *text, size_t at, size_t literal)
{
	size_t bytes = window_bytes[plan->kind];
	uint64_t window = window_at(text, at, bytes), hash = hash_of(window, bytes);

	add_place(plan, word_of(hash), bits_of(hash),
		(struct candidate){window, ~UINT64_C(0) >> (64 - 8 * bytes), (uint32_t)literal, -(int32_t)at});
}

static enum kind kind_of(const struct literal *literal)
{
	return literal->n <= SHORT_MAX ? SHORT : literal->n <= MIDDLE_MAX ? MIDDLE : LONG;
}

static void place(struct plan *plan, const struct wq_literals *set, const struct model *model)
{
	for (size_t i = 0; i < set->literals_n; i++) {
		const struct literal *literal = &set->literals[i];
		const char *text = set->text + literal->text_at;

		if (literal->n < 2 || kind_of(literal) != plan->kind)
			continue;
		if (plan->kind == SHORT) {
			size_t at = literal->n < 4 ? 0
						   : best_window(model, SHORT, text, literal->n, 0, 1, plan->counts);
			add_short(plan, text, literal->n, at, i);
			continue;
		}
		for (size_t odd = 0; odd <= 1; odd++)
			add_long(plan, text, best_window(model, plan->kind, text, literal->n, odd, 2, plan->counts), i);
	}
}

static wq_err fill(struct plan *plan)
{
	struct table *table = plan->table;

	table->candidates = calloc(plan->n + 1, sizeof *table->candidates);
	if (!table->candidates)
		return wq_error_id(WQ_E_NO_MEMORY);
	for (size_t word = 0; word < WORDS; word++)
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

static wq_err build_table(struct wq_literals *set, enum kind kind, const struct model *model)
{
	WQ_CLEANUP(plan_free) struct plan *plan = calloc(1, sizeof *plan);
	size_t places = 0;

	for (size_t i = 0; i < set->literals_n; i++)
		if (kind_of(&set->literals[i]) == kind)
			places += set->literals[i].n == 2 ? CLASSES + 1 : 2;
	if (plan)
		plan->places = calloc(places + 1, sizeof *plan->places);
	if (!plan || !plan->places)
		return wq_error_id(WQ_E_NO_MEMORY);
	plan->kind = kind;
	plan->table = &set->tables[kind];
	place(plan, set, model);
	return fill(plan);
}

static void take_singles(struct wq_literals *set)
{
	for (size_t i = 0; i < set->literals_n; i++) {
		uint8_t byte = (uint8_t)set->text[set->literals[i].text_at];

		if (set->literals[i].n != 1)
			continue;
		set->has_single = true;
		set->single[byte] = (uint32_t)i + 1;
		if (byte >= 'a' && byte <= 'z')
			set->single[byte & 0xdf] = (uint32_t)i + 1;
	}
}

static wq_err build(struct wq_literals *set)
{
	struct model *model = calloc(1, sizeof *model);
	wq_err e = model ? WQ_OK : wq_error_id(WQ_E_NO_MEMORY);

	if (model) {
		learn(model, sample, sizeof sample - 1, SAMPLE_WEIGHT);
		learn(model, set->text, set->text_n, 1);
	}
	for (int kind = 0; kind < KINDS && !wq_failed(e); kind++)
		e = build_table(set, (enum kind)kind, model);
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
	for (size_t kind = 0; kind < KINDS; kind++)
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

	for (size_t kind = 0; kind < KINDS; kind++)
		n += literals->tables[kind].lists[WORDS] * sizeof(struct candidate);
	return n;
}

/* ---- scanning */

struct look {
	const struct wq_literals *set;
	wq_str s;
	uint64_t *bits; /* of owners found; NULL: the first literal of `owner` is wanted */
	uint32_t owner;
	wq_str found;
};

static bool is_better(wq_str found, const char *start, size_t n)
{
	const char *end = start + n;

	return !found.p || end < found.p + found.n || (end == found.p + found.n && start < found.p);
}

static void on_hit(struct look *look, const struct literal *literal, const char *start)
{
	const uint32_t *owner = look->set->owners + literal->owners_at, *end = owner + literal->owners_n;

	for (; owner < end; owner++)
		if (look->bits)
			look->bits[*owner / 64] |= UINT64_C(1) << *owner % 64;
		else if (*owner == look->owner && is_better(look->found, start, literal->n))
			look->found = wq_str_of(start, literal->n);
}

static bool is_text(const char *s, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower((uint8_t)s[i]) != (uint8_t)text[i])
			return false;
	return true;
}

static void compare(struct look *look, const struct table *table, size_t word, size_t at, uint64_t bytes)
{
	const struct candidate *c = table->candidates + table->lists[word],
			       *end = table->candidates + table->lists[word + 1];

	for (; c < end; c++) {
		const struct literal *literal = &look->set->literals[c->literal];
		ptrdiff_t start = (ptrdiff_t)at + c->start;

		if (((bytes ^ c->bytes) & c->mask) != 0 || start < 0 || look->s.n - (size_t)start < literal->n)
			continue;
		if (is_text(look->s.p + start, look->set->text + literal->text_at, literal->n))
			on_hit(look, literal, look->s.p + start);
	}
}

/* A bit of some table is set for the eight bytes `p` at position `at`, which are 0 behind the end. */
static __attribute__((noinline)) void examine(struct look *look, const uint8_t *p, size_t at)
{
	const struct table *tables = look->set->tables;
	uint64_t bytes = load8(p), folded = lower8(bytes);
	size_t pair = (size_t)class_of[p[1]] << CLASS_BITS | class_of[p[2]];

	compare(look, &tables[SHORT], pair, at, folded);
	for (int kind = MIDDLE; kind <= LONG; kind++) {
		uint64_t hash = hash_of(bytes, window_bytes[kind]), bits = bits_of(hash);

		if ((tables[kind].map[word_of(hash)] & bits) == bits)
			compare(look, &tables[kind], word_of(hash), at, folded);
	}
}

/* Looks at the positions of `at` to before `to`, two at a time. `p` is where `at` is readable; AHEAD bytes are from each. */
static void run_over(struct look *look, const uint8_t *p, size_t at, size_t to)
{
	const uint64_t *shorts = look->set->tables[SHORT].map, *middles = look->set->tables[MIDDLE].map,
		       *longs = look->set->tables[LONG].map;
	const uint8_t *begin = p, *end = p + (to - at);
	size_t first = class_of[p[0]], second = class_of[p[1]];

	for (; p < end; p += 2) {
		uint64_t bytes = load8(p);
		uint64_t four = hash_of(bytes, window_bytes[MIDDLE]), six = hash_of(bytes, window_bytes[LONG]);
		uint64_t middle = middles[word_of(four)] >> (four >> 46 & 63);
		uint64_t last = longs[word_of(six)];
		size_t third = class_of[p[2]], fourth = class_of[p[3]];
		uint64_t word = shorts[second << CLASS_BITS | third];
		uint32_t begins = (uint32_t)word >> (first & HALF), ends = (uint32_t)(word >> 32) >> (fourth & HALF);

		last = last >> (six >> 46 & 63) & last >> (six >> 40 & 63);
		first = third;
		second = fourth;
		if (__builtin_expect((begins | ends | (uint32_t)middle | (uint32_t)last) & 1, 0))
			examine(look, p, at + (size_t)(p - begin));
	}
}

static void run_singles(struct look *look)
{
	for (size_t i = 0; i < look->s.n; i++) {
		uint32_t single = look->set->single[(uint8_t)look->s.p[i]];

		if (single > 0)
			on_hit(look, &look->set->literals[single - 1], look->s.p + i);
	}
}

static void run(struct look *look)
{
	size_t n = look->s.n, end = n < AHEAD ? 0 : (n - AHEAD + 2) & ~(size_t)1;
	uint8_t rest[2 * AHEAD] = {0};

	if (n == 0)
		return;
	if (end > 0)
		run_over(look, (const uint8_t *)look->s.p, 0, end);
	memcpy(rest, look->s.p + end, n - end);
	run_over(look, rest, end, n);
	if (look->set->has_single)
		run_singles(look);
}

void wq_literals_scan(const struct wq_literals *literals, wq_str s, uint64_t *bits)
{
	struct look look = {.set = literals, .s = s, .bits = bits};

	run(&look);
}

bool wq_literals_find(const struct wq_literals *literals, uint32_t owner, wq_str s, wq_str *ret_found)
{
	struct look look = {.set = literals, .s = s, .owner = owner};

	run(&look);
	if (look.found.p)
		*ret_found = look.found;
	return look.found.p != NULL;
}
