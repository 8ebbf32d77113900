/* The operator of a rule with what it compares with, made ready. */
#include <arpa/inet.h>

#include "detect/waf/compile_priv.h"

static bool parse_address(wq_str text, struct wq_waf_network *ret_network)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	wq_str rest = text, address = wq_str_cut(&rest, '/');
	char name[64];
	uint64_t bits;
	bool four;

	if (address.n == 0 || address.n >= sizeof name || memchr(address.p, 0, address.n))
		return false;
	memcpy(name, address.p, address.n);
	name[address.n] = 0;
	four = inet_pton(AF_INET, name, ret_network->addr + 12) == 1;
	if (four)
		memcpy(ret_network->addr, mapped, sizeof mapped);
	else if (inet_pton(AF_INET6, name, ret_network->addr) != 1)
		return false;
	bits = four ? 32 : 128;
	if (rest.p && !wq_str_to_u64(rest, bits, &bits))
		return false;
	ret_network->bits = (uint8_t)(four ? 96 + bits : bits);
	return true;
}

static wq_err add_network(struct wq_waf_compiler *c, wq_str text, struct wq_sec_place place)
{
	struct wq_waf_network network, *added;

	if (!parse_address(text, &network))
		return WQ_WAF_BAD(place,
			"\"%.*s\" is no address and no network; write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32",
			WQ_S_ARG(text));
	added = WQ_WAF_ADD(c, networks, struct wq_waf_network);
	if (!added)
		return wq_error_id(WQ_E_NO_MEMORY);
	*added = network;
	return WQ_OK;
}

static wq_err networks_of(struct wq_waf_compiler *c, const struct wq_sec_operator *op, struct wq_sec_place place,
	struct wq_waf_rule *rule)
{
	wq_str rest = op->argument;

	rule->table = c->networks.n;
	for (size_t i = 0; i < op->phrases_n; i++)
		WQ_TRY(add_network(c, wq_str_trim(op->phrases[i]), place));
	while (op->op == WQ_OP_IP_MATCH && op->phrases_n == 0 && rest.p)
		WQ_TRY(add_network(c, wq_str_trim(wq_str_cut(&rest, ',')), place));
	rule->table_n = c->networks.n - rule->table;
	return WQ_OK;
}

static void add_range(wq_str text, uint64_t set[4])
{
	wq_str rest = text, first = wq_str_trim(wq_str_cut(&rest, '-')), last = rest.p ? wq_str_trim(rest) : first;
	uint64_t from, to;

	if (!wq_str_to_u64(first, 255, &from) || !wq_str_to_u64(last, 255, &to))
		return;
	for (uint64_t b = from; b <= to; b++)
		set[b / 64] |= (uint64_t)1 << b % 64;
}

static wq_err byte_set_of(struct wq_waf_compiler *c, const struct wq_sec_operator *op, struct wq_waf_rule *rule)
{
	uint64_t set[4] = {0}, (*sets)[4];
	wq_str rest = op->argument;

	while (rest.p)
		add_range(wq_str_trim(wq_str_cut(&rest, ',')), set);
	sets = c->byte_sets.items;
	for (rule->table = 0; rule->table < c->byte_sets.n; rule->table++)
		if (memcmp(sets[rule->table], set, sizeof set) == 0)
			break;
	if (rule->table == c->byte_sets.n) {
		void *added = wq_waf_list_add(&c->scratch, &c->byte_sets, sizeof set, 1);
		if (!added)
			return wq_error_id(WQ_E_NO_MEMORY);
		memcpy(added, set, sizeof set);
	}
	rule->table_n = 1;
	return WQ_OK;
}

static wq_err macro_argument(struct wq_waf_compiler *c, const struct wq_sec_operator *op, struct wq_waf_rule *rule)
{
	bool variable;

	WQ_TRY(wq_waf_macro_of(c, op->argument, &rule->argument, &variable));
	if (variable)
		rule->flags |= WQ_RULE_MACRO_ARGUMENT;
	return WQ_OK;
}

static wq_err regex_of(struct wq_waf_compiler *c, const struct wq_sec_operator *op, struct wq_sec_place place,
	struct wq_waf_rule *rule)
{
	if (wq_waf_has_variable(op->argument))
		return macro_argument(c, op, rule);
	return wq_waf_pattern_of(c, op->argument, place, rule);
}

static wq_err number_of(struct wq_waf_compiler *c, const struct wq_sec_operator *op, struct wq_waf_rule *rule)
{
	rule->number = wq_waf_number_lax(op->argument);
	return macro_argument(c, op, rule);
}

wq_err wq_waf_operator_of(struct wq_waf_compiler *c, const struct wq_waf_draft *draft, struct wq_waf_rule *rule)
{
	const struct wq_sec_operator *op = &draft->item->op;

	rule->op = draft->always ? WQ_OP_UNCONDITIONAL_MATCH : (uint8_t)op->op;
	if (draft->always) {
		rule->flags |= WQ_RULE_ALWAYS;
		return WQ_OK;
	}
	if (op->negated)
		rule->flags |= WQ_RULE_NEGATED;
	switch ((int)op->op) {
	case WQ_OP_EQ:
	case WQ_OP_GE:
	case WQ_OP_GT:
	case WQ_OP_LE:
	case WQ_OP_LT: return number_of(c, op, rule);
	case WQ_OP_RX:
	case WQ_OP_RX_GLOBAL:
	case WQ_OP_VERIFY_CC:
	case WQ_OP_VERIFY_CPF:
	case WQ_OP_VERIFY_SSN:
	case WQ_OP_VERIFY_SVNR: return regex_of(c, op, draft->place, rule);
	case WQ_OP_PM:
	case WQ_OP_PMF:
	case WQ_OP_PM_FROM_FILE: return wq_waf_pattern_wish(c, op, draft->place, &rule->pattern);
	case WQ_OP_IP_MATCH:
	case WQ_OP_IP_MATCH_F:
	case WQ_OP_IP_MATCH_FROM_FILE: return networks_of(c, op, draft->place, rule);
	case WQ_OP_VALIDATE_BYTE_RANGE: return byte_set_of(c, op, rule);
	default: return macro_argument(c, op, rule);
	}
}
