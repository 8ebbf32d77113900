#include "detect/likeness/set.h"

const struct likeness_set_form *likeness_next(const struct wq_likeness_set *set, uint64_t key, uint64_t *at)
{
	for (;; (*at)++) {
		const struct likeness_entry *entry = &set->entries[*at & (set->slots - 1)];
		if (!entry->form)
			return NULL;
		if (entry->key == key) {
			(*at)++;
			return &set->forms[entry->form - 1];
		}
	}
}

uint64_t likeness_points_hash(const struct wq_likeness_rules *rules, const uint32_t *points, size_t n, size_t without)
{
	uint64_t h = 0;

	for (size_t i = 0; i < n; i++)
		if (i != without)
			h = h * LIKENESS_BASE + likeness_alike(rules, points[i]) + 1;
	return h;
}

/* Entries are counted before there is a table, then put: the same walk twice. */
struct filler {
	struct wq_likeness_set *set;
	size_t count;
	bool putting;
};

static void put(struct filler *f, uint64_t hash, enum likeness_space space, uint32_t form)
{
	struct wq_likeness_set *set = f->set;
	uint64_t key = likeness_key(hash, space), at = key;

	f->count++;
	if (!f->putting)
		return;
	while (set->entries[at & (set->slots - 1)].form)
		at++;
	set->entries[at & (set->slots - 1)] = (struct likeness_entry){key, form + 1};
	set->bloom[key >> 40 & set->bloom_mask] |= 1ULL << (key & 63) | 1ULL << (key >> 6 & 63);
}

static void put_latin(struct filler *f, uint32_t number)
{
	const struct likeness_set_form *form = &f->set->forms[number];
	char text[LIKENESS_WORD_BYTES * 3];

	put(f, likeness_hash(form->text), LIKENESS_BY_EDIT, number);
	if (form->kind == LIKENESS_ABBREVIATION || form->text.n < f->set->rules->typo_least ||
		form->text.n > LIKENESS_WORD_BYTES)
		return;
	for (size_t i = 0; i < form->text.n; i++) {
		if (i > 0 && form->text.p[i] == form->text.p[i - 1])
			continue; /* leaving out either of two gives the same */
		memcpy(text, form->text.p, i);
		memcpy(text + i, form->text.p + i + 1, form->text.n - i - 1);
		put(f, likeness_hash(wq_str_of(text, form->text.n - 1)), LIKENESS_BY_EDIT, number);
	}
	size_t n = likeness_look(f->set->rules, form->text, text, sizeof text);
	put(f, likeness_hash(wq_str_of(text, n)), LIKENESS_BY_LOOK, number);
	n = likeness_sound(f->set->rules, form->text, text, sizeof text);
	if (form->text.n >= f->set->rules->reading_least)
		put(f, likeness_hash(wq_str_of(text, n)), LIKENESS_BY_SOUND, number);
}

static void put_han(struct filler *f, uint32_t number)
{
	const struct likeness_set_form *form = &f->set->forms[number];

	put(f, likeness_points_hash(f->set->rules, form->points, form->points_n, SIZE_MAX), LIKENESS_BY_HAN, number);
	if (form->points_n < f->set->rules->typo_least || form->kind != LIKENESS_HAN)
		return;
	for (size_t i = 0; i < form->points_n; i++)
		put(f, likeness_points_hash(f->set->rules, form->points, form->points_n, i), LIKENESS_BY_HAN, number);
}

static void put_hosts(struct filler *f)
{
	for (size_t i = 0; i < f->set->forms_n; i++)
		if (f->set->forms[i].kind == LIKENESS_KINDS)
			put(f, likeness_hash(f->set->forms[i].text), LIKENESS_BY_HOST, (uint32_t)i);
}

static void put_all(struct filler *f)
{
	for (size_t i = 0; i < f->set->forms_n; i++) {
		enum likeness_kind kind = f->set->forms[i].kind;
		if (kind == LIKENESS_HAN || kind == LIKENESS_HAN_PLACE)
			put_han(f, (uint32_t)i);
		else if (kind != LIKENESS_KINDS)
			put_latin(f, (uint32_t)i);
	}
	put_hosts(f);
}

/* ---- forms ---- */

static wq_err add_form(struct wq_arena *arena, struct wq_likeness_set *set, uint32_t subject, struct likeness_form form)
{
	struct likeness_set_form *to;
	uint32_t points[LIKENESS_HAN_MAX * 2], *copy;

	if (set->forms_n == set->forms_room) {
		size_t room = set->forms_room ? set->forms_room * 2 : 256;
		struct likeness_set_form *more = WQ_NEW_ARRAY(arena, struct likeness_set_form, room);
		WQ_TRY(wq_arena_err(arena));
		if (set->forms_n)
			memcpy(more, set->forms, set->forms_n * sizeof *more);
		set->forms = more;
		set->forms_room = room;
	}
	to = &set->forms[set->forms_n];
	*to = (struct likeness_set_form){.subject = subject, .kind = form.kind, .text = form.text};
	if (form.kind == LIKENESS_HAN || form.kind == LIKENESS_HAN_PLACE) {
		to->points_n = likeness_points_of(form.text, points, WQ_COUNT(points));
		if (to->points_n == 0 || to->points_n > LIKENESS_HAN_MAX)
			return WQ_OK;
		copy = WQ_NEW_ARRAY(arena, uint32_t, to->points_n);
		WQ_TRY(wq_arena_err(arena));
		for (size_t i = 0; i < to->points_n; i++)
			copy[i] = likeness_simple(set->rules, points[i]);
		to->points = copy;
		set->han_lengths |= 1ULL << to->points_n;
	}
	set->forms_n++;
	return WQ_OK;
}

static wq_err add_subject(struct wq_arena *arena, struct wq_likeness_set *set, uint32_t number)
{
	const struct wq_subject *subject = &set->subjects[number];
	struct likeness_form forms[LIKENESS_FORMS];
	size_t n;

	WQ_TRY(likeness_forms(arena, set->rules, subject, forms, &n));
	for (size_t i = 0; i < n; i++)
		WQ_TRY(add_form(arena, set, number, forms[i]));
	for (size_t i = 0; i < subject->hosts_n; i++) {
		wq_str host = subject->hosts[i], registrable = likeness_registrable(set->rules, host);
		WQ_TRY(add_form(arena, set, number, (struct likeness_form){LIKENESS_KINDS, host}));
		if (registrable.n > 0 && registrable.n < host.n)
			WQ_TRY(add_form(arena, set, number, (struct likeness_form){LIKENESS_KINDS, registrable}));
	}
	return WQ_OK;
}

wq_err wq_likeness_set_new(struct wq_arena *arena, const struct wq_likeness_rules *rules,
	const struct wq_subject *subjects, size_t n, struct wq_likeness_set **ret_set)
{
	struct wq_likeness_set *set = WQ_NEW(arena, struct wq_likeness_set);
	struct filler f = {.set = set};
	size_t words = 64;

	WQ_TRY(wq_arena_err(arena));
	if (n > WQ_LIKENESS_UNITS)
		return wq_error(WQ_E_LIMIT, "%zu units are protected; at most %d", n, WQ_LIKENESS_UNITS);
	set->rules = rules;
	set->subjects = subjects;
	set->subjects_n = n;
	set->power[0] = 1;
	for (size_t i = 1; i < WQ_COUNT(set->power); i++)
		set->power[i] = set->power[i - 1] * LIKENESS_BASE;
	for (size_t i = 0; i < n; i++)
		WQ_TRY(add_subject(arena, set, (uint32_t)i));
	put_all(&f);
	for (set->slots = 64; set->slots < f.count * 2;)
		set->slots *= 2;
	while (words < f.count / 4)
		words *= 2;
	set->entries = WQ_NEW_ARRAY(arena, struct likeness_entry, set->slots);
	set->bloom = WQ_NEW_ARRAY(arena, uint64_t, words);
	set->bloom_mask = words - 1;
	WQ_TRY(wq_arena_err(arena));
	f.putting = true;
	put_all(&f);
	*ret_set = set;
	return WQ_OK;
}
