#include "policy/policy.h"

static wq_err parse_address(wq_str text, struct wq_addr *ret_addr)
{
	char bracketed[64];
	wq_str host = text;

	if (wq_str_chr(text, ':') >= 0) {
		int n = snprintf(bracketed, sizeof bracketed, "[%.*s]", WQ_S_ARG(text));
		host = wq_str_of(bracketed, WQ_MIN((size_t)n, sizeof bracketed - 1));
	}
	if (wq_host_address(host, ret_addr))
		return WQ_OK;
	return wq_error(WQ_E_INPUT, "expected a network like 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7");
}

wq_err wq_network_parse(wq_str text, struct wq_network *ret_network)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct wq_network network = {0};
	wq_str rest = text, address = wq_str_cut(&rest, '/');
	uint64_t bits, all;

	if (wq_str_chr(text, '\0') >= 0 || wq_str_chr(text, '[') >= 0 || wq_str_ends(address, WQ_S(".")))
		return wq_error(WQ_E_INPUT, "expected a network like 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7");
	WQ_TRY(parse_address(address, &network.addr));
	if (network.addr.family == 6 && memcmp(network.addr.bytes, mapped, sizeof mapped) == 0)
		return wq_error(WQ_E_INPUT, "write an IPv4 address as such");
	bits = all = network.addr.family == 4 ? 32 : 128;
	if (rest.p && !wq_str_to_u64(rest, all, &bits))
		return wq_error(WQ_E_INPUT, "the length after '/' is a number up to %u", (unsigned)all);
	for (uint64_t bit = bits; bit < all; bit++)
		if (network.addr.bytes[bit / 8] >> (7 - bit % 8) & 1)
			return wq_error(WQ_E_INPUT,
				"bits are set beyond the length of %u: is the address or the length wrong?",
				(unsigned)bits);
	network.bits = (uint8_t)bits;
	*ret_network = network;
	return WQ_OK;
}
