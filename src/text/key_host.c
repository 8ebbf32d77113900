#include "text/key_priv.h"

#include "text/idn.h"
#include "text/utf8.h"

#include <arpa/inet.h>

enum { MAX_LABEL = 63, MAX_PORT_DIGITS = 5 };

/* "" or ":port" (RFC 3986 §3.2.3: the digits may be missing). */
static bool port_ok(wq_str port)
{
	uint64_t number;

	if (port.n == 0)
		return true;
	if (port.p[0] != ':' || port.n > 1 + MAX_PORT_DIGITS)
		return false;
	return port.n == 1 || wq_str_to_u64(wq_str_from(port, 1), 65535, &number);
}

/* "[…]" with an optional port; written in the one form of RFC 5952. */
static enum wq_key_reason host_ip6(wq_str host, char *out, size_t *ret_n)
{
	ptrdiff_t close = wq_str_chr(host, ']');
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	int n;

	if (close < 3 || close > INET6_ADDRSTRLEN || !port_ok(wq_str_from(host, (size_t)close + 1)))
		return WQ_KEY_BAD_HOST;
	memcpy(text, host.p + 1, (size_t)close - 1);
	text[close - 1] = 0;
	if (strlen(text) != (size_t)close - 1 || inet_pton(AF_INET6, text, &address) != 1)
		return WQ_KEY_BAD_HOST;
	if (!inet_ntop(AF_INET6, &address, text, sizeof(text)))
		return WQ_KEY_BAD_HOST;
	n = snprintf(out, WQ_HOST_MAX + 1, "[%s]", text);
	*ret_n = (size_t)n;
	return WQ_KEY_FINE;
}

/* Whether a client would take a host with this last label for an IPv4 number (WHATWG URL, "ends in a number"). */
static bool label_is_number(wq_str label)
{
	size_t i = 0;

	if (wq_str_starts_nocase(label, WQ_S("0x"))) {
		for (i = 2; i < label.n && wq_key_hex(label.p[i]) >= 0;)
			i++;
		return i == label.n;
	}
	while (i < label.n && label.p[i] >= '0' && label.p[i] <= '9')
		i++;
	return i == label.n;
}

/* Four decimal numbers without leading zeros: 0177.0.0.1 and 127.1 mean other things to other readers. */
static bool ip4_ok(wq_str host)
{
	int parts = 0;

	for (wq_str rest = host; rest.p;) {
		wq_str part = wq_str_cut(&rest, '.');
		uint64_t number;

		if (part.n > 3 || (part.n > 1 && part.p[0] == '0') || !wq_str_to_u64(part, 255, &number))
			return false;
		parts++;
	}
	return parts == 4;
}

static bool label_ok(wq_str label)
{
	if (label.n == 0 || label.n > MAX_LABEL || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		char c = label.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

/* Checks a lower-case ASCII name without port or final dot (RFC 1123 §2.1; "_" is let through, real names have it). */
static bool name_ok(wq_str name)
{
	wq_str label = WQ_S_NONE;

	if (name.n == 0)
		return false;
	for (wq_str rest = name; rest.p;) {
		label = wq_str_cut(&rest, '.');
		if (!label_ok(label))
			return false;
	}
	return !label_is_number(label) || ip4_ok(name);
}

/* Lower case, final dot cut off, checked. */
static enum wq_key_reason host_ascii(wq_str host, char *out, size_t *ret_n)
{
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n > WQ_HOST_MAX)
		return WQ_KEY_TOO_LONG;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	out[host.n] = 0;
	if (!name_ok(wq_str_of(out, host.n)))
		return WQ_KEY_BAD_HOST;
	*ret_n = host.n;
	return WQ_KEY_FINE;
}

/* UTS 46 can map one character to several, "/" among them, so its result is checked as any other name is. */
static enum wq_key_reason host_idn(wq_str host, char *out, size_t *ret_n)
{
	char mapped[WQ_IDN_MAX_RAW];
	size_t n;

	if (!wq_idn_to_ascii(host, mapped, sizeof(mapped), &n))
		return WQ_KEY_BAD_HOST;
	return host_ascii(wq_str_of(mapped, n), out, ret_n);
}

enum wq_key_reason wq_key_host(wq_str host, char out[WQ_HOST_MAX + 1], size_t *ret_n)
{
	ptrdiff_t colon;
	bool ascii = true;

	if (host.n > WQ_IDN_MAX_RAW)
		return WQ_KEY_TOO_LONG;
	if (host.n > 0 && host.p[0] == '[')
		return host_ip6(host, out, ret_n);
	colon = wq_str_chr(host, ':');
	if (colon >= 0) {
		if (!port_ok(wq_str_from(host, (size_t)colon)))
			return WQ_KEY_BAD_HOST;
		host = wq_str_head(host, (size_t)colon);
	}
	for (size_t i = 0; i < host.n; i++) {
		unsigned char c = (unsigned char)host.p[i];

		if (c <= 0x20 || c == 0x7f)
			return WQ_KEY_BAD_HOST;
		ascii = ascii && c < 0x80;
	}
	if (ascii)
		return host_ascii(host, out, ret_n);
	if (!wq_utf8_valid(host))
		return WQ_KEY_BAD_UTF8;
	return host_idn(host, out, ret_n);
}
