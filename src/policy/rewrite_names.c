#include "policy/rewrite_priv.h"

enum { SLOTS = 1024, ADDRESS_MAX = 160, NAME_MAX = 320 };

/* An address may stand in one slot only; whoever comes later takes it over. */
struct slot {
	uint64_t owner;
	wq_digest key;
	uint16_t address_n, name_n; /* address_n 0: empty */
	char address[ADDRESS_MAX], name[NAME_MAX];
};

struct wq_rewrite_names {
	struct slot slots[SLOTS];
};

struct wq_rewrite_names *wq_rewrite_names_new(void)
{
	return calloc(1, sizeof(struct wq_rewrite_names));
}

void wq_rewrite_names_free(struct wq_rewrite_names **names)
{
	if (!names || !*names)
		return;
	explicit_bzero(*names, sizeof(**names)); /* they hold keys */
	free(*names);
	*names = NULL;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

static struct slot *slot_of(const struct wq_rewrite_options *options, wq_str address)
{
	uint64_t h = mix(options->names_owner, address.n), word;
	size_t i = 0;

	for (; i + sizeof(word) <= address.n; i += sizeof(word)) {
		memcpy(&word, address.p + i, sizeof(word));
		h = mix(h, word);
	}
	word = 0;
	memcpy(&word, address.p + i, address.n - i);
	return &options->names->slots[mix(h, word) % SLOTS];
}

bool wq_names_may_hold(const struct wq_naming *naming, wq_str address)
{
	const struct wq_rewrite_options *o = naming->options;

	return o->names && o->key && !o->on_link && !o->on_form && !naming->elsewhere && address.n <= ADDRESS_MAX &&
		(wq_str_starts(address, WQ_S("http://")) || wq_str_starts(address, WQ_S("https://")));
}

wq_str wq_names_find(const struct wq_rewrite_options *options, wq_str address)
{
	const struct slot *slot = slot_of(options, address);

	if (slot->owner == options->names_owner && wq_str_eq(wq_str_of(slot->address, slot->address_n), address) &&
		memcmp(slot->key.b, options->key->b, sizeof(slot->key.b)) == 0)
		return wq_str_of(slot->name, slot->name_n);
	return WQ_S_NONE;
}

void wq_names_keep(const struct wq_rewrite_options *options, wq_str address, wq_str name)
{
	struct slot *slot = slot_of(options, address);

	if (name.n == 0 || name.n > NAME_MAX)
		return;
	slot->owner = options->names_owner;
	slot->key = *options->key;
	slot->address_n = (uint16_t)address.n;
	slot->name_n = (uint16_t)name.n;
	memcpy(slot->address, address.p, address.n);
	memcpy(slot->name, name.p, name.n);
}
