#include "detect/dns/rules.h"

#include "finding/datafile.h"

struct limit {
	wq_str name;
	size_t offset;
	uint32_t max;
};

static const struct limit limits[] = {
	{WQ_S_INIT("poison_rounds"), offsetof(struct wq_dns_rules, poison_rounds), 16},
	{WQ_S_INIT("expires_days"), offsetof(struct wq_dns_rules, expires_days), 365},
	{WQ_S_INIT("ns_min"), offsetof(struct wq_dns_rules, ns_min), 13},
	{WQ_S_INIT("dkim_bits"), offsetof(struct wq_dns_rules, dkim_bits), 16384},
	{WQ_S_INIT("sts_age_seconds"), offsetof(struct wq_dns_rules, sts_age_seconds), 31557600}, /* RFC 8461 §3.2 */
	{WQ_S_INIT("same_bits4"), offsetof(struct wq_dns_rules, same_bits4), 32},
	{WQ_S_INIT("same_bits6"), offsetof(struct wq_dns_rules, same_bits6), 128},
};

static uint32_t *limit_at(struct wq_dns_rules *rules, const struct limit *limit)
{
	return (uint32_t *)(void *)((char *)rules + limit->offset);
}

bool wq_dns_net_parse(wq_str text, struct wq_addr *ret_addr, uint8_t *ret_bits)
{
	char host[64];
	wq_str rest = text, head = wq_str_cut(&rest, '/');
	struct wq_addr addr;
	uint64_t bits;
	bool six = wq_str_chr(head, ':') >= 0 && !wq_str_starts(head, WQ_S("["));

	if (head.n + 3 > sizeof host)
		return false;
	int n = snprintf(host, sizeof host, six ? "[%.*s]" : "%.*s", WQ_S_ARG(head));
	if (n < 1 || !wq_host_address(wq_str_of(host, (size_t)n), &addr))
		return false;
	uint64_t most = addr.family == 4 ? 32 : 128;
	if (!rest.p)
		bits = most;
	else if (!wq_str_to_u64(rest, most, &bits))
		return false;
	*ret_addr = addr;
	*ret_bits = (uint8_t)bits;
	return true;
}

static wq_err take_limit(
	const struct wq_datafile *file, const struct wq_datafile_item *item, struct wq_dns_rules *rules, unsigned *seen)
{
	for (size_t i = 0; i < WQ_COUNT(limits); i++) {
		uint64_t value;
		if (!wq_str_eq(item->key, limits[i].name))
			continue;
		if (*seen & 1U << i)
			return wq_datafile_error(file, item->line, "%.*s stands twice", WQ_S_ARG(item->key));
		if (!wq_str_to_u64(item->value, limits[i].max, &value) || value == 0)
			return wq_datafile_error(
				file, item->line, "%.*s is a number from 1 to %u", WQ_S_ARG(item->key), limits[i].max);
		*limit_at(rules, &limits[i]) = (uint32_t)value;
		*seen |= 1U << i;
		return WQ_OK;
	}
	return wq_datafile_error(file, item->line, "no such limit: %.*s", WQ_S_ARG(item->key));
}

static wq_err take_country(struct wq_arena *arena, const struct wq_datafile *file, const struct wq_datafile_item *item,
	struct wq_dns_rules *rules)
{
	if (!wq_str_eq(item->key, WQ_S("inside")) || item->value.n != 2)
		return wq_datafile_error(file, item->line, "expected \"inside: CC\", a country's code of two letters");
	if (rules->countries_n == WQ_DNS_COUNTRIES_MAX)
		return wq_datafile_error(file, item->line, "more than %d countries", WQ_DNS_COUNTRIES_MAX);
	rules->countries[rules->countries_n++] = wq_arena_str(arena, item->value);
	return wq_arena_err(arena);
}

static wq_err take_root(const struct wq_datafile *file, const struct wq_datafile_item *item, struct wq_dns_rules *rules)
{
	uint8_t bits;

	if (rules->roots_n == WQ_DNS_ROOTS_MAX)
		return wq_datafile_error(file, item->line, "more than %d root addresses", WQ_DNS_ROOTS_MAX);
	if (!wq_str_eq(item->key, WQ_S("address")) || wq_str_chr(item->value, '/') >= 0 ||
		!wq_dns_net_parse(item->value, &rules->roots[rules->roots_n], &bits))
		return wq_datafile_error(file, item->line, "expected \"address: ADDRESS\"");
	rules->roots_n++;
	return WQ_OK;
}

wq_err wq_dns_rules_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_dns_rules *ret_rules)
{
	struct wq_dns_rules rules = {0};
	struct wq_datafile file;
	struct wq_datafile_item item;
	wq_str section = WQ_S_NONE;
	unsigned seen = 0;

	WQ_TRY(wq_datafile_open(&file, file_name, bytes, WQ_S("dns")));
	rules.version = wq_arena_str(arena, file.version);
	rules.date = wq_arena_str(arena, file.date);
	rules.source = wq_arena_str(arena, file.source);
	for (;;) {
		WQ_TRY(wq_datafile_next(&file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		if (item.kind == WQ_DATAFILE_SECTION)
			section = item.key;
		else if (wq_str_eq(section, WQ_S("limits")))
			WQ_TRY(take_limit(&file, &item, &rules, &seen));
		else if (wq_str_eq(section, WQ_S("country")))
			WQ_TRY(take_country(arena, &file, &item, &rules));
		else if (wq_str_eq(section, WQ_S("root")))
			WQ_TRY(take_root(&file, &item, &rules));
		else
			return wq_datafile_error(&file, item.line, "no such section: %.*s", WQ_S_ARG(section));
	}
	for (size_t i = 0; i < WQ_COUNT(limits); i++)
		if (!(seen & 1U << i))
			return wq_datafile_error(
				&file, file.line, "%.*s is missing in [limits]", WQ_S_ARG(limits[i].name));
	if (rules.roots_n == 0 || rules.countries_n == 0)
		return wq_datafile_error(&file, file.line, "a root and a country inside have to be there");
	WQ_TRY(wq_arena_err(arena));
	*ret_rules = rules;
	return WQ_OK;
}

wq_err wq_dns_subnets_parse(struct wq_arena *arena, wq_str file_name, wq_str bytes, struct wq_dns_rules *rules)
{
	struct wq_dns_subnet *subnets = WQ_NEW_ARRAY(arena, struct wq_dns_subnet, WQ_DNS_SUBNETS_MAX);
	struct wq_datafile file;
	struct wq_datafile_item item;
	wq_str province = WQ_S_NONE;
	size_t n = 0;

	if (!subnets)
		return wq_arena_err(arena);
	WQ_TRY(wq_datafile_open(&file, file_name, bytes, WQ_S("subnets")));
	for (;;) {
		WQ_TRY(wq_datafile_next(&file, &item));
		if (item.kind == WQ_DATAFILE_END)
			break;
		if (item.kind == WQ_DATAFILE_SECTION) {
			if (!wq_str_eq(item.key, WQ_S("subnet")) || item.value.n == 0)
				return wq_datafile_error(&file, item.line, "expected [subnet PROVINCE]");
			province = wq_arena_str(arena, item.value);
			continue;
		}
		if (n == WQ_DNS_SUBNETS_MAX)
			return wq_datafile_error(&file, item.line, "more than %d subnets", WQ_DNS_SUBNETS_MAX);
		subnets[n].province = province;
		if (province.n == 0 || !wq_str_eq(item.key, WQ_S("net")) ||
			!wq_dns_net_parse(item.value, &subnets[n].addr, &subnets[n].bits))
			return wq_datafile_error(
				&file, item.line, "expected \"net: ADDRESS/BITS\" under [subnet PROVINCE]");
		n++;
	}
	WQ_TRY(wq_arena_err(arena));
	rules->subnets = subnets;
	rules->subnets_n = n;
	return WQ_OK;
}
