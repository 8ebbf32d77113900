/* The protected set as the scorer reads it. Private to detect/likeness. */
#ifndef WQ_DETECT_LIKENESS_SET_H
#define WQ_DETECT_LIKENESS_SET_H

#include "detect/likeness/forms.h"

/* What a key of the table is made of. */
enum likeness_space {
	LIKENESS_BY_EDIT, /* the form, and the form without one of its letters */
	LIKENESS_BY_LOOK,
	LIKENESS_BY_SOUND,
	LIKENESS_BY_HOST, /* a whole host or its registrable name */
	LIKENESS_BY_HAN,  /* code points, simplified and as the eye takes them; the form, and without one */
	LIKENESS_SPACES
};

struct likeness_entry {
	uint64_t key;
	uint32_t form; /* + 1; 0: free */
};

struct likeness_set_form {
	uint32_t subject;
	enum likeness_kind kind;
	wq_str text;
	const uint32_t *points; /* Han: simplified */
	size_t points_n;
};

struct wq_likeness_set {
	const struct wq_likeness_rules *rules;
	const struct wq_subject *subjects;
	size_t subjects_n;
	struct likeness_set_form *forms;
	size_t forms_n, forms_room;
	struct likeness_entry *entries;
	size_t slots; /* a power of two */
	uint64_t *bloom;
	uint64_t bloom_mask;  /* of words */
	uint64_t han_lengths; /* bit n: some Han form has n characters */
	uint64_t power[LIKENESS_WORD_BYTES * 4 + 2];
};

static inline uint64_t likeness_key(uint64_t hash, enum likeness_space space)
{
	return likeness_mix(hash + (uint64_t)space * 0xc2b2ae3d27d4eb4fULL);
}

static inline bool likeness_may(const struct wq_likeness_set *set, uint64_t key)
{
	uint64_t bits = 1ULL << (key & 63) | 1ULL << (key >> 6 & 63);
	return (set->bloom[key >> 40 & set->bloom_mask] & bits) == bits;
}

/* The next form of a key: *at begins as the key; NULL after the last. */
const struct likeness_set_form *likeness_next(const struct wq_likeness_set *set, uint64_t key, uint64_t *at);

uint64_t likeness_points_hash(const struct wq_likeness_rules *rules, const uint32_t *points, size_t n, size_t without);

#endif
