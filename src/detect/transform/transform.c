#include "detect/transform/transform_priv.h"

struct triggers {
	const char *bytes;
	size_t n;
	bool high, any;
};

#define TRIGGERS(literal) \
	{ \
		.bytes = (literal), .n = sizeof(literal) - 1 \
	}
#define HIGH_TRIGGERS \
	{ \
		.high = true \
	}
#define ANY_TRIGGERS \
	{ \
		.any = true \
	}

static const struct {
	wq_str name;
	struct triggers triggers;
	wq_transform_fn function;
} table[WQ_T_COUNT] = {
#define WQ_TRANSFORM(id, name, triggers, function) [WQ_T_##id] = {WQ_S_INIT(name), triggers, function},
#include "detect/transform/transform_table.h"
#undef WQ_TRANSFORM
};

bool wq_transform_parse(wq_str name, enum wq_transform *ret_transform)
{
	for (int i = 0; i < WQ_T_COUNT; i++)
		if (wq_str_eq_nocase(table[i].name, name)) {
			*ret_transform = (enum wq_transform)i;
			return true;
		}
	return false;
}

const char *wq_transform_name(enum wq_transform transform)
{
	return table[transform].name.p;
}

void wq_transform_triggers(enum wq_transform transform, uint64_t ret_set[4])
{
	const struct triggers *t = &table[transform].triggers;

	for (int i = 0; i < 4; i++)
		ret_set[i] = t->any || (t->high && i >= 2) ? UINT64_MAX : 0;
	for (size_t i = 0; i < t->n; i++)
		ret_set[(uint8_t)t->bytes[i] >> 6] |= (uint64_t)1 << (t->bytes[i] & 63);
}

bool wq_transform_any(enum wq_transform transform)
{
	return table[transform].triggers.any;
}

bool wq_transform_apply(enum wq_transform transform, wq_str in, struct wq_arena *arena, wq_str *ret_out)
{
	*ret_out = in;
	return table[transform].function(in, arena, ret_out);
}
