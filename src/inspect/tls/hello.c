#include "inspect/tls/hello.h"

#include "text/host.h"

enum {
	RECORD_HANDSHAKE = 22,
	MESSAGE_HELLO = 1,
	RANDOM_BYTES = 32,
	SHARE_BYTES = 32,
	GROUP_X25519 = 29,
	EMPTY_RENEGOTIATION_SCSV = 0x00ff,
	EXT_SERVER_NAME = 0,
	EXT_GROUPS = 10,
	EXT_POINT_FORMATS = 11,
	EXT_SIGNATURES = 13,
	EXT_VERSIONS = 43,
	EXT_KEY_SHARE = 51,
	SSL2_CHALLENGE = 16
};

static const uint16_t codes[WQ_TLS_VERSIONS] = {
	[WQ_TLS_SSL2] = 0x0002,
	[WQ_TLS_SSL3] = 0x0300,
	[WQ_TLS_10] = 0x0301,
	[WQ_TLS_11] = 0x0302,
	[WQ_TLS_12] = 0x0303,
	[WQ_TLS_13] = 0x0304,
	[WQ_TLS_TLCP] = 0x0101,
};

uint16_t tls_version_code(enum wq_tls_version version)
{
	return codes[version];
}

bool tls_version_of(uint16_t code, enum wq_tls_version *ret_version)
{
	for (size_t i = 0; i < WQ_TLS_VERSIONS; i++)
		if (codes[i] == code) {
			*ret_version = (enum wq_tls_version)i;
			return true;
		}
	return false;
}

void tls_hello_offer(struct tls_hello *hello, const struct wq_tls_rules *rules, unsigned kinds)
{
	for (size_t i = 0; i < rules->suites_n && hello->suites_n < TLS_HELLO_SUITES; i++)
		if (kinds & 1u << rules->suites[i].kind)
			hello->suites[hello->suites_n++] = rules->suites[i].code;
}

bool tls_hello_offers(const struct tls_hello *hello, uint16_t suite)
{
	for (size_t i = 0; i < hello->suites_n; i++)
		if (hello->suites[i] == suite)
			return true;
	return false;
}

bool tls_hello_remove(struct tls_hello *hello, uint16_t suite)
{
	for (size_t i = 0; i < hello->suites_n; i++)
		if (hello->suites[i] == suite) {
			hello->suites_n--;
			memmove(&hello->suites[i], &hello->suites[i + 1],
				(hello->suites_n - i) * sizeof(hello->suites[0]));
			return true;
		}
	return false;
}

/* ---- lengths that are known afterwards ---- */

static size_t begin(struct wq_buf *out, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		wq_buf_byte(out, 0);
	return out->len;
}

static void end(struct wq_buf *out, size_t from, size_t bytes)
{
	size_t n = out->len - from;

	if (wq_failed(wq_buf_err(out)))
		return;
	for (size_t i = 1; i <= bytes; i++, n >>= 8)
		out->data[from - i] = (uint8_t)n;
}

static void put_random(const struct wq_random *random, size_t n, struct wq_buf *out)
{
	uint8_t bytes[RANDOM_BYTES];

	random->fill(random->data, bytes, n);
	wq_buf_add(out, wq_str_of(bytes, n));
}

/* ---- extensions ---- */

static void put_name(wq_str name, struct wq_buf *out)
{
	struct wq_addr address;

	if (name.n == 0 || wq_host_address(name, &address))
		return;
	wq_buf_u16(out, EXT_SERVER_NAME);
	wq_buf_u16(out, (uint16_t)(name.n + 5));
	wq_buf_u16(out, (uint16_t)(name.n + 3));
	wq_buf_byte(out, 0);
	wq_buf_u16(out, (uint16_t)name.n);
	wq_buf_add(out, name);
}

static void put_list(uint16_t extension, const uint16_t *list, size_t n, struct wq_buf *out)
{
	wq_buf_u16(out, extension);
	wq_buf_u16(out, (uint16_t)(2 * n + 2));
	wq_buf_u16(out, (uint16_t)(2 * n));
	for (size_t i = 0; i < n; i++)
		wq_buf_u16(out, list[i]);
}

/* Any 32 bytes are a public key of X25519 (RFC 7748 §5). */
static void put_share(const struct wq_random *random, struct wq_buf *out)
{
	static const uint8_t head[] = {EXT_KEY_SHARE >> 8, EXT_KEY_SHARE, 0, SHARE_BYTES + 6, 0, SHARE_BYTES + 4, 0,
		GROUP_X25519, 0, SHARE_BYTES};

	wq_buf_add(out, wq_str_of(head, sizeof(head)));
	put_random(random, SHARE_BYTES, out);
}

static void put_extensions(const struct tls_hello *hello, const struct wq_random *random, struct wq_buf *out)
{
	/* X25519, P-256, P-384, P-521, X448, ffdhe2048 to 4096, and the weak: P-224, P-192, secp256k1; SM2 (RFC 8998) */
	static const uint16_t groups[] = {GROUP_X25519, 23, 24, 25, 30, 256, 257, 258, 41, 21, 19, 22};
	static const uint16_t signatures[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809,
		0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0201, 0x0203, 0x0202, 0x0101, 0x0708};
	static const uint8_t formats[] = {0, EXT_POINT_FORMATS, 0, 2, 1, 0};
	static const uint8_t renegotiation[] = {0xff, 0x01, 0, 1, 0};
	static const uint8_t versions[] = {0, EXT_VERSIONS, 0, 3, 2, 3, 4};

	put_name(hello->name, out);
	put_list(EXT_GROUPS, groups, WQ_COUNT(groups), out);
	wq_buf_add(out, wq_str_of(formats, sizeof(formats)));
	if (hello->version >= WQ_TLS_12)
		put_list(EXT_SIGNATURES, signatures, WQ_COUNT(signatures), out);
	if (hello->version == WQ_TLS_13) {
		wq_buf_add(out, wq_str_of(versions, sizeof(versions)));
		put_share(random, out);
	} else {
		wq_buf_add(out, wq_str_of(renegotiation, sizeof(renegotiation)));
	}
}

/* ---- the record ---- */

static bool has_extensions(enum wq_tls_version version)
{
	return version >= WQ_TLS_10 && version <= WQ_TLS_13;
}

static void put_suites(const struct tls_hello *hello, struct wq_buf *out)
{
	size_t from = begin(out, 2);

	for (size_t i = 0; i < hello->suites_n; i++)
		wq_buf_u16(out, hello->suites[i]);
	if (!has_extensions(hello->version))
		wq_buf_u16(out, EMPTY_RENEGOTIATION_SCSV);
	if (hello->fallback)
		wq_buf_u16(out, TLS_FALLBACK_SCSV);
	end(out, from, 2);
}

static void put_compressions(const struct tls_hello *hello, struct wq_buf *out)
{
	static const uint8_t none[] = {1, 0}, both[] = {2, 1, 0};

	/* RFC 8446 §4.1.2: nothing else may be offered */
	if (hello->version == WQ_TLS_13)
		wq_buf_add(out, wq_str_of(none, sizeof(none)));
	else
		wq_buf_add(out, wq_str_of(both, sizeof(both)));
}

/* RFC 6101 §E.1; the suites of SSLv2 itself. */
static void put_ssl2(const struct wq_random *random, struct wq_buf *out)
{
	static const uint8_t suites[] = {0x01, 0x00, 0x80, 0x02, 0x00, 0x80, 0x03, 0x00, 0x80, 0x04, 0x00, 0x80, 0x05,
		0x00, 0x80, 0x06, 0x00, 0x40, 0x07, 0x00, 0xc0};

	wq_buf_u16(out, (uint16_t)(0x8000 | (9 + sizeof(suites) + SSL2_CHALLENGE)));
	wq_buf_byte(out, MESSAGE_HELLO);
	wq_buf_u16(out, codes[WQ_TLS_SSL2]);
	wq_buf_u16(out, sizeof(suites));
	wq_buf_u16(out, 0);
	wq_buf_u16(out, SSL2_CHALLENGE);
	wq_buf_add(out, wq_str_of(suites, sizeof(suites)));
	put_random(random, SSL2_CHALLENGE, out);
}

wq_err tls_hello_put(const struct tls_hello *hello, const struct wq_random *random, struct wq_buf *out)
{
	uint16_t code = codes[hello->version == WQ_TLS_13 ? WQ_TLS_12 : hello->version];
	size_t record, message, extensions;

	if (hello->version == WQ_TLS_SSL2) {
		put_ssl2(random, out);
		return wq_buf_err(out);
	}
	wq_buf_byte(out, RECORD_HANDSHAKE);
	/* RFC 5246 appendix E.1: servers that know only older ones look at this number */
	wq_buf_u16(out, hello->version == WQ_TLS_TLCP || hello->version == WQ_TLS_SSL3 ? code : codes[WQ_TLS_10]);
	record = begin(out, 2);
	wq_buf_byte(out, MESSAGE_HELLO);
	message = begin(out, 3);
	wq_buf_u16(out, code);
	put_random(random, RANDOM_BYTES, out);
	wq_buf_byte(out, 0);
	put_suites(hello, out);
	put_compressions(hello, out);
	if (has_extensions(hello->version)) {
		extensions = begin(out, 2);
		put_extensions(hello, random, out);
		end(out, extensions, 2);
	}
	end(out, message, 3);
	end(out, record, 2);
	return wq_buf_err(out);
}
