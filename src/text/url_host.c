#include "text/url.h"

#include "text/idn.h"
#include "text/utf8.h"

#include <arpa/inet.h>

struct out {
	char *at;
	size_t cap, n;
	bool over;
};

static void put(struct out *out, char c)
{
	if (out->n < out->cap)
		out->at[out->n++] = c;
	else
		out->over = true;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* §3.5, IPv6 serializer: the first longest run of two or more zero pieces becomes "::". */
static void put_ip6(struct out *out, const uint8_t *bytes)
{
	int best = -1, best_n = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && bytes[2 * (i + n)] == 0 && bytes[2 * (i + n) + 1] == 0)
			n++;
		if (n > best_n) {
			best = i;
			best_n = n;
		}
	}
	put(out, '[');
	for (int i = 0; i < 8; i++) {
		char piece[8];

		if (i == best) {
			put(out, ':');
			if (i == 0)
				put(out, ':');
			i += best_n - 1;
			continue;
		}
		snprintf(piece, sizeof(piece), "%x", bytes[2 * i] << 8 | bytes[2 * i + 1]);
		for (const char *c = piece; *c; c++)
			put(out, *c);
		if (i < 7)
			put(out, ':');
	}
	put(out, ']');
}

static bool parse_ip6(wq_str input, struct out *out)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (input.n >= sizeof(text) || (input.n > 0 && memchr(input.p, 0, input.n)))
		return false;
	if (input.n > 0)
		memcpy(text, input.p, input.n);
	text[input.n] = 0;
	if (inet_pton(AF_INET6, text, &address) != 1)
		return false;
	put_ip6(out, address.s6_addr);
	return true;
}

/* §3.5, IPv4 number parser. Saturates far above any address. */
static bool parse_number(wq_str s, uint64_t *ret_value)
{
	uint64_t value = 0;
	unsigned base = 10;

	if (s.n == 0)
		return false;
	if (wq_str_starts_nocase(s, WQ_S("0x"))) {
		s = wq_str_from(s, 2);
		base = 16;
	} else if (s.n >= 2 && s.p[0] == '0') {
		s = wq_str_from(s, 1);
		base = 8;
	}
	for (size_t i = 0; i < s.n; i++) {
		int digit = hex(s.p[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		value = value * base + (unsigned)digit;
		if (value > (uint64_t)1 << 40)
			value = (uint64_t)1 << 40;
	}
	*ret_value = value;
	return true;
}

static bool all_digits(wq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* §3.5, ends-in-a-number checker. */
static bool ends_in_number(wq_str host)
{
	uint64_t ignored;
	wq_str last;
	ptrdiff_t dot;

	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	dot = wq_str_rchr(host, '.');
	last = wq_str_from(host, (size_t)(dot + 1));
	return all_digits(last) || parse_number(last, &ignored);
}

/* §3.5, IPv4 parser. */
static bool parse_ip4(wq_str host, struct out *out)
{
	uint64_t parts[4], address = 0;
	char text[16];
	size_t n = 0;

	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	for (wq_str rest = host; rest.p; n++)
		if (n == 4 || !parse_number(wq_str_cut(&rest, '.'), &parts[n]))
			return false;
	for (size_t i = 0; i + 1 < n; i++) {
		if (parts[i] > 255)
			return false;
		address |= parts[i] << (24 - 8 * i);
	}
	if (n == 0 || parts[n - 1] >= (uint64_t)1 << (8 * (5 - n)))
		return false;
	address |= parts[n - 1];
	snprintf(text, sizeof(text), "%u.%u.%u.%u", (uint8_t)(address >> 24), (uint8_t)(address >> 16),
		(uint8_t)(address >> 8), (uint8_t)address);
	for (const char *c = text; *c; c++)
		put(out, *c);
	return true;
}

/* §3.1: forbidden host code point; a forbidden domain code point is one of these, a control, "%" or DEL. */
static bool forbidden(unsigned char c, bool domain)
{
	if (c == 0 || c == '\t' || c == '\n' || c == '\r' || c == ' ')
		return true;
	if (c < 0x80 && strchr("#/:<>?@[\\]^|", c))
		return true;
	return domain && (c < 0x20 || c == '%' || c == 0x7f);
}

static bool parse_opaque(wq_str input, struct out *out)
{
	for (size_t i = 0; i < input.n;) {
		char bytes[WQ_UTF8_MAX];
		uint32_t cp;
		size_t n;

		if (forbidden((unsigned char)input.p[i], false))
			return false;
		i += wq_utf8_read_lossy(wq_str_from(input, i), &cp);
		n = wq_utf8_write(cp, bytes);
		for (size_t k = 0; k < n; k++) {
			unsigned char c = (unsigned char)bytes[k];

			if (c > 0x1f && c < 0x7f) {
				put(out, (char)c);
				continue;
			}
			put(out, '%');
			put(out, "0123456789ABCDEF"[c >> 4]);
			put(out, "0123456789ABCDEF"[c & 15]);
		}
	}
	return true;
}

/* Percent-decodes into `name`; false when it does not fit. Invalid UTF-8 stays and fails in the mapping. */
static bool decode(wq_str input, char *name, size_t cap, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < input.n; i++) {
		char c = input.p[i];

		if (c == '%' && input.n - i > 2 && hex(input.p[i + 1]) >= 0 && hex(input.p[i + 2]) >= 0) {
			c = (char)(hex(input.p[i + 1]) << 4 | hex(input.p[i + 2]));
			i += 2;
		}
		if (n == cap)
			return false;
		name[n++] = c;
	}
	*ret_n = n;
	return true;
}

/* §3.3, domain to ASCII with beStrict false: plain ASCII without A-labels is only made lower case. */
static bool domain_to_ascii(wq_str domain, char *out, size_t cap, size_t *ret_n)
{
	bool plain = true;

	for (size_t i = 0; i < domain.n; i++) {
		bool label = i == 0 || domain.p[i - 1] == '.';

		if ((unsigned char)domain.p[i] >= 0x80 ||
			(label && wq_str_starts_nocase(wq_str_from(domain, i), WQ_S("xn--"))))
			plain = false;
	}
	if (!plain)
		return wq_utf8_valid(domain) && wq_idn_to_ascii(domain, out, cap, ret_n);
	if (domain.n > cap)
		return false;
	for (size_t i = 0; i < domain.n; i++)
		out[i] = (char)(domain.p[i] >= 'A' && domain.p[i] <= 'Z' ? domain.p[i] + 32 : domain.p[i]);
	*ret_n = domain.n;
	return true;
}

static bool parse_domain(wq_str input, struct out *out)
{
	char domain[WQ_IDN_MAX_RAW], ascii[WQ_IDN_MAX_RAW];
	size_t n, ascii_n;

	if (!decode(input, domain, sizeof(domain), &n) ||
		!domain_to_ascii(wq_str_of(domain, n), ascii, sizeof(ascii), &ascii_n) || ascii_n == 0)
		return false;
	for (size_t i = 0; i < ascii_n; i++)
		if (forbidden((unsigned char)ascii[i], true))
			return false;
	if (ends_in_number(wq_str_of(ascii, ascii_n)))
		return parse_ip4(wq_str_of(ascii, ascii_n), out);
	for (size_t i = 0; i < ascii_n; i++)
		put(out, ascii[i]);
	return true;
}

bool wq_url_host_parse(wq_str input, bool special, char *out, size_t cap, size_t *ret_n)
{
	struct out to = {.at = out, .cap = cap};
	bool fine;

	if (input.n > 0 && input.p[0] == '[')
		fine = input.n >= 2 && input.p[input.n - 1] == ']' &&
			parse_ip6(wq_str_of(input.p + 1, input.n - 2), &to);
	else if (special)
		fine = parse_domain(input, &to);
	else
		fine = parse_opaque(input, &to);
	if (!fine || to.over)
		return false;
	*ret_n = to.n;
	return true;
}
