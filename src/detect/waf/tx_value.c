#include "detect/waf/eval_priv.h"

#include <inttypes.h>

wq_str wq_waf_decimal(struct wq_waf_tx *tx, int64_t number)
{
	char digits[24];
	size_t at = sizeof digits;
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		digits[--at] = '-';
	wq_str text = wq_arena_str(&tx->arena, wq_str_of(digits + at, sizeof digits - at));
	if (!text.p)
		tx->no_memory = true;
	return text;
}

int64_t wq_waf_atoi(wq_str s)
{
	size_t i = 0;
	bool negative;
	int64_t value = 0;

	while (i < s.n && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')))
		i++;
	negative = i < s.n && s.p[i] == '-';
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		i++;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, s.p[i] - '0', &value))
			return negative ? INT64_MIN : INT64_MAX;
	return negative ? -value : value;
}

wq_str wq_waf_value_text(struct wq_waf_tx *tx, struct wq_waf_value *value)
{
	if (value->is_number && !value->text.p)
		value->text = wq_waf_decimal(tx, value->number);
	return value->text;
}

/* ---- names made at run time ---- */

static uint64_t hash_nocase(enum wq_waf_var var, wq_str name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)var ^ ((uint64_t)name.n << 8);

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32U : c)) * UINT64_C(0x100000001b3);
	}
	return hash ^ hash >> 29;
}

static bool rehash(struct wq_waf_tx *tx)
{
	uint32_t n = tx->buckets_n ? tx->buckets_n * 4 : 64;
	uint32_t *buckets = wq_arena_alloc(&tx->arena, n * sizeof *buckets);

	if (!buckets) {
		tx->no_memory = true;
		return false;
	}
	for (uint32_t i = 0; i < n; i++)
		buckets[i] = WQ_WAF_NONE;
	for (uint32_t i = 0; i < tx->dynamic_n; i++) {
		uint32_t *bucket = &buckets[tx->dynamic[i].hash % n];
		tx->dynamic[i].next = *bucket;
		*bucket = i;
	}
	tx->buckets = buckets;
	tx->buckets_n = n;
	return true;
}

static struct wq_waf_value *dynamic_find(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name, uint64_t hash)
{
	if (tx->dynamic_n == 0)
		return NULL;
	for (uint32_t i = tx->buckets[hash % tx->buckets_n]; i != WQ_WAF_NONE; i = tx->dynamic[i].next) {
		struct wq_waf_dynamic *it = &tx->dynamic[i];
		if (it->hash == hash && it->var == var && wq_str_eq_nocase(it->name, name))
			return &it->value;
	}
	return NULL;
}

static uint32_t slot_of(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name)
{
	return var == WQ_VAR_TX ? wq_waf_slot(tx->program, name) : WQ_WAF_NONE;
}

struct wq_waf_value *wq_waf_value_find(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name)
{
	uint32_t slot = slot_of(tx, var, name);
	struct wq_waf_value *value = slot != WQ_WAF_NONE ? &tx->slots[slot]
							 : dynamic_find(tx, var, name, hash_nocase(var, name));

	return value && value->set ? value : NULL;
}

struct wq_waf_value *wq_waf_value_make(struct wq_waf_tx *tx, enum wq_waf_var var, wq_str name)
{
	uint32_t slot = slot_of(tx, var, name);
	uint64_t hash;
	struct wq_waf_value *value;
	struct wq_waf_dynamic *made;

	if (slot != WQ_WAF_NONE)
		return &tx->slots[slot];
	hash = hash_nocase(var, name);
	value = dynamic_find(tx, var, name, hash);
	if (value)
		return value;
	if (tx->dynamic_n >= tx->buckets_n / 2 && !rehash(tx))
		return NULL;
	made = wq_waf_grow(tx, (void **)&tx->dynamic, tx->dynamic_n, &tx->dynamic_room, sizeof *made);
	if (!made)
		return NULL;
	uint32_t *bucket = &tx->buckets[hash % tx->buckets_n];
	*made = (struct wq_waf_dynamic){.var = (uint8_t)var, .name = name, .hash = hash, .next = *bucket};
	*bucket = tx->dynamic_n++;
	return &made->value;
}
