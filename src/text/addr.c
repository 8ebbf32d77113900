#include "text/host.h"

#include <arpa/inet.h>

struct range {
	uint8_t bytes[16];
	uint8_t bits;
	enum wq_addr_class class;
};

/* IANA IPv4 Special-Purpose Address Registry; the narrower one of two stands first. */
static const struct range ranges4[] = {
	{{0}, 8, WQ_ADDR_UNSPECIFIED},
	{{10}, 8, WQ_ADDR_PRIVATE},
	{{100, 64}, 10, WQ_ADDR_SHARED},
	{{127}, 8, WQ_ADDR_LOOPBACK},
	{{169, 254}, 16, WQ_ADDR_LINK_LOCAL},
	{{172, 16}, 12, WQ_ADDR_PRIVATE},
	{{192, 0, 0}, 24, WQ_ADDR_RESERVED},
	{{192, 0, 2}, 24, WQ_ADDR_DOCUMENTATION},
	{{192, 88, 99}, 24, WQ_ADDR_TRANSITION},
	{{192, 168}, 16, WQ_ADDR_PRIVATE},
	{{198, 18}, 15, WQ_ADDR_RESERVED},
	{{198, 51, 100}, 24, WQ_ADDR_DOCUMENTATION},
	{{203, 0, 113}, 24, WQ_ADDR_DOCUMENTATION},
	{{224}, 4, WQ_ADDR_MULTICAST},
	{{240}, 4, WQ_ADDR_RESERVED},
};

/* IANA IPv6 Special-Purpose Address Registry. What is left over is global inside 2000::/3 and reserved outside. */
static const struct range ranges6[] = {
	{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, WQ_ADDR_PRIVATE},
	{{0x01, 0x00}, 64, WQ_ADDR_RESERVED},
	{{0x20, 0x01, 0x00, 0x00}, 23, WQ_ADDR_RESERVED},
	{{0x20, 0x01, 0x0d, 0xb8}, 32, WQ_ADDR_DOCUMENTATION},
	{{0x3f, 0xff, 0x00}, 20, WQ_ADDR_DOCUMENTATION},
	{{0xfc}, 7, WQ_ADDR_UNIQUE_LOCAL},
	{{0xfe, 0x80}, 10, WQ_ADDR_LINK_LOCAL},
	{{0xfe, 0xc0}, 10, WQ_ADDR_PRIVATE},
	{{0xff}, 8, WQ_ADDR_MULTICAST},
};

static bool inside(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	return memcmp(bytes, prefix, whole) == 0 && (rest == 0 || ((bytes[whole] ^ prefix[whole]) & mask) == 0);
}

static enum wq_addr_class class4(const uint8_t *bytes)
{
	for (size_t i = 0; i < WQ_COUNT(ranges4); i++)
		if (inside(bytes, ranges4[i].bytes, ranges4[i].bits))
			return ranges4[i].class;
	return WQ_ADDR_GLOBAL;
}

/* The class of the IPv4 address that is carried inside, or `otherwise` when that one is global. */
static enum wq_addr_class carried(const uint8_t *bytes, enum wq_addr_class otherwise)
{
	enum wq_addr_class class = class4(bytes);

	return class == WQ_ADDR_GLOBAL ? otherwise : class;
}

/* Teredo: the server's address in clear, the client's with every bit turned (RFC 4380 §4). */
static enum wq_addr_class class_teredo(const uint8_t *bytes)
{
	uint8_t client[4];
	enum wq_addr_class server = class4(bytes + 4);

	for (size_t i = 0; i < 4; i++)
		client[i] = (uint8_t)~bytes[12 + i];
	return server == WQ_ADDR_GLOBAL ? carried(client, WQ_ADDR_TRANSITION) : server;
}

static enum wq_addr_class class6(const uint8_t *bytes)
{
	static const uint8_t zero[16], mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b}, teredo[4] = {0x20, 0x01};

	if (memcmp(bytes, zero, 15) == 0 && bytes[15] <= 1)
		return bytes[15] == 1 ? WQ_ADDR_LOOPBACK : WQ_ADDR_UNSPECIFIED;
	if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, nat64, 12) == 0)
		return class4(bytes + 12);
	if (memcmp(bytes, zero, 12) == 0)
		return carried(bytes + 12, WQ_ADDR_TRANSITION);
	if (memcmp(bytes, teredo, 4) == 0)
		return class_teredo(bytes);
	if (bytes[0] == 0x20 && bytes[1] == 0x02)
		return carried(bytes + 2, WQ_ADDR_TRANSITION);
	for (size_t i = 0; i < WQ_COUNT(ranges6); i++)
		if (inside(bytes, ranges6[i].bytes, ranges6[i].bits))
			return ranges6[i].class;
	return (bytes[0] & 0xe0) == 0x20 ? WQ_ADDR_GLOBAL : WQ_ADDR_RESERVED;
}

enum wq_addr_class wq_addr_class(const struct wq_addr *addr)
{
	return addr->family == 4 ? class4(addr->bytes) : class6(addr->bytes);
}

const char *wq_addr_class_text(enum wq_addr_class class)
{
	static const char *const text[] = {
		[WQ_ADDR_GLOBAL] = "global",
		[WQ_ADDR_UNSPECIFIED] = "unspecified",
		[WQ_ADDR_LOOPBACK] = "loopback",
		[WQ_ADDR_PRIVATE] = "private",
		[WQ_ADDR_LINK_LOCAL] = "link-local",
		[WQ_ADDR_UNIQUE_LOCAL] = "unique-local",
		[WQ_ADDR_SHARED] = "shared",
		[WQ_ADDR_DOCUMENTATION] = "documentation",
		[WQ_ADDR_MULTICAST] = "multicast",
		[WQ_ADDR_TRANSITION] = "transition",
		[WQ_ADDR_RESERVED] = "reserved",
	};

	return (size_t) class < WQ_COUNT(text) ? text[class] : "unknown";
}

bool wq_host_address(wq_str host, struct wq_addr *ret_addr)
{
	char text[INET6_ADDRSTRLEN];
	struct wq_addr addr = {.family = 4};
	bool six = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

	if (six)
		host = wq_str_of(host.p + 1, host.n - 2);
	else if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n == 0 || host.n >= sizeof(text) || memchr(host.p, 0, host.n))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = 0;
	if (six)
		addr.family = 6;
	if (inet_pton(six ? AF_INET6 : AF_INET, text, addr.bytes) != 1)
		return false;
	*ret_addr = addr;
	return true;
}
