#include "inspect/tls/flight.h"

#include "base/cursor.h"
#include "inspect/tls/hello.h"

enum {
	RECORD_CHANGE = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	RECORD_HEAD = 5,
	RECORD_MAX = 16384 + 2048,
	MESSAGE_HEAD = 4,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	SERVER_KEY = 12,
	SERVER_DONE = 14,
	EXT_VERSIONS = 43,
	EXT_KEY_SHARE = 51,
	EXT_RENEGOTIATION = 0xff01,
	CURVE_NAMED = 3,
	WARNING = 1,
	RANDOM_BYTES = 32,
	SSL2_SERVER_HELLO = 4,
	DH_BYTES_MAX = 4096
};

void tls_flight_init(struct tls_flight *flight, struct wq_arena *arena)
{
	*flight = (struct tls_flight){.arena = arena};
	wq_buf_init(&flight->raw, RECORD_HEAD + RECORD_MAX + 64 * 1024);
	wq_buf_init(&flight->messages, TLS_MESSAGE_MAX + RECORD_MAX);
}

void tls_flight_done(struct tls_flight *flight)
{
	wq_buf_done(&flight->raw);
	wq_buf_done(&flight->messages);
}

/* ---- messages ---- */

static wq_str block(struct wq_cursor *c, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | wq_cursor_u8(c);
	return wq_cursor_take(c, n);
}

static void read_extensions(struct tls_flight *f, wq_str bytes)
{
	struct wq_cursor c = wq_cursor_of(bytes);

	while (wq_cursor_left(&c) > 0 && !c.bad) {
		uint16_t type = wq_cursor_u16(&c);
		struct wq_cursor value = wq_cursor_of(block(&c, 2));

		if (type == EXT_RENEGOTIATION)
			f->renegotiation = true;
		else if (type == EXT_VERSIONS && wq_cursor_left(&value) == 2)
			f->version = wq_cursor_u16(&value);
		else if (type == EXT_KEY_SHARE && wq_cursor_left(&value) >= 2)
			f->group = wq_cursor_u16(&value);
	}
}

static bool read_hello(struct tls_flight *f, wq_str body)
{
	struct wq_cursor c = wq_cursor_of(body);

	f->version = wq_cursor_u16(&c);
	wq_cursor_take(&c, RANDOM_BYTES);
	block(&c, 1);
	f->suite = wq_cursor_u16(&c);
	f->compressed = wq_cursor_u8(&c) != 0;
	if (c.bad || f->hello)
		return false;
	if (wq_cursor_left(&c) > 0)
		read_extensions(f, block(&c, 2));
	f->hello = true;
	if (f->version == tls_version_code(WQ_TLS_13))
		f->state = TLS_FLIGHT_DONE; /* the rest is encrypted */
	return true;
}

static bool read_certificates(struct tls_flight *f, wq_str body)
{
	struct wq_cursor c = wq_cursor_of(body), list = wq_cursor_of(block(&c, 3));

	if (c.bad || !f->hello || f->certs_n)
		return false;
	while (wq_cursor_left(&list) > 0 && !list.bad && f->certs_n < WQ_TLS_CERTS_MAX) {
		wq_str der = block(&list, 3);

		if (list.bad || der.n == 0)
			return false;
		f->certs[f->certs_n] = wq_arena_str(f->arena, der);
		if (!f->certs[f->certs_n].p)
			return false;
		f->certs_n++;
	}
	return !list.bad;
}

static uint32_t bits_of(wq_str number)
{
	uint32_t bits;

	while (number.n && number.p[0] == 0)
		number = wq_str_from(number, 1);
	bits = (uint32_t)number.n * 8;
	for (unsigned top = number.n ? (uint8_t)number.p[0] : 0x80; top < 0x80; top <<= 1)
		bits--;
	return bits;
}

/* Whether the suite sends p, g, Y (DHE and anonymous DH): its number says so (IANA). */
static bool sends_dh(uint16_t suite)
{
	static const uint16_t suites[] = {0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x32, 0x33,
		0x34, 0x38, 0x39, 0x3a, 0x40, 0x44, 0x45, 0x46, 0x63, 0x65, 0x66, 0x67, 0x6a, 0x6b, 0x6c, 0x6d, 0x87,
		0x88, 0x89, 0x99, 0x9a, 0x9b, 0x9e, 0x9f, 0xa2, 0xa3, 0xa6, 0xa7, 0xbd, 0xbe, 0xbf, 0xc3, 0xc4, 0xc5,
		0xc052, 0xc053, 0xc056, 0xc057, 0xc07c, 0xc07d, 0xc080, 0xc081, 0xc084, 0xc085, 0xc09e, 0xc09f, 0xc0a2,
		0xc0a3, 0xccaa};

	for (size_t i = 0; i < WQ_COUNT(suites); i++)
		if (suites[i] == suite)
			return true;
	return false;
}

static bool read_key(struct tls_flight *f, wq_str body)
{
	struct wq_cursor c = wq_cursor_of(body);
	wq_str prime;

	if (!f->hello)
		return false;
	if (sends_dh(f->suite)) {
		prime = block(&c, 2);
		if (c.bad || prime.n > DH_BYTES_MAX)
			return false;
		f->dh_bits = bits_of(prime);
	} else if (f->suite >= 0xc001 && wq_cursor_left(&c) >= 3 && wq_cursor_u8(&c) == CURVE_NAMED) {
		f->group = wq_cursor_u16(&c);
	}
	return true;
}

static bool read_message(struct tls_flight *f, uint8_t type, wq_str body)
{
	switch (type) {
	case SERVER_HELLO: return read_hello(f, body);
	case CERTIFICATE: return read_certificates(f, body);
	case SERVER_KEY: return read_key(f, body);
	case SERVER_DONE: f->state = TLS_FLIGHT_DONE; return f->hello;
	default: return f->hello; /* CertificateStatus, CertificateRequest */
	}
}

static bool read_messages(struct tls_flight *f)
{
	size_t at = 0;
	bool good = true;

	while (good && f->state == TLS_FLIGHT_MORE) {
		struct wq_cursor c = wq_cursor_of(wq_str_from(wq_buf_str(&f->messages), at));
		uint8_t type = wq_cursor_u8(&c);
		size_t n = (size_t)wq_cursor_u8(&c) << 16;

		n |= wq_cursor_u16(&c);
		if (c.bad)
			break;
		if (n > TLS_MESSAGE_MAX)
			return false;
		if (wq_cursor_left(&c) < n)
			break;
		good = read_message(f, type, wq_cursor_take(&c, n));
		at += MESSAGE_HEAD + n;
	}
	f->messages.len -= at;
	if (f->messages.len)
		memmove(f->messages.data, f->messages.data + at, f->messages.len);
	return good;
}

/* ---- records ---- */

static bool read_alert(struct tls_flight *f, wq_str body)
{
	if (body.n != 2)
		return false;
	if (body.p[0] == WARNING && body.p[1] != 0)
		return true; /* unrecognized_name and the like: the handshake goes on */
	f->alert = (uint8_t)body.p[1];
	f->state = TLS_FLIGHT_ALERT;
	return true;
}

static bool read_record(struct tls_flight *f, uint8_t type, wq_str body)
{
	switch (type) {
	case RECORD_ALERT: return read_alert(f, body);
	case RECORD_HANDSHAKE:
		wq_buf_add(&f->messages, body);
		return !wq_failed(wq_buf_err(&f->messages)) && read_messages(f);
	case RECORD_CHANGE:
	case RECORD_DATA: f->state = TLS_FLIGHT_DONE; return f->hello;
	default: return false;
	}
}

/* A two-byte head with the high bit, then SERVER-HELLO of version 2. */
static bool is_ssl2(wq_str raw)
{
	const uint8_t *p = (const uint8_t *)raw.p;

	return raw.n >= 7 && p[0] & 0x80 && p[2] == SSL2_SERVER_HELLO && p[5] == 0 && p[6] == 2;
}

static bool may_be_ssl2(wq_str raw)
{
	return raw.n > 0 && (uint8_t)raw.p[0] & 0x80;
}

static size_t read_records(struct tls_flight *f)
{
	wq_str raw = wq_buf_str(&f->raw);
	size_t at = 0;

	while (f->state == TLS_FLIGHT_MORE) {
		struct wq_cursor c = wq_cursor_of(wq_str_from(raw, at));
		uint8_t type = wq_cursor_u8(&c);
		uint8_t major;
		size_t n;

		major = wq_cursor_u8(&c);
		wq_cursor_u8(&c);
		n = wq_cursor_u16(&c);
		if (wq_str_from(raw, at).n >= 2 && (major != 3 && major != 1))
			f->state = TLS_FLIGHT_WRONG;
		if (wq_str_from(raw, at).n >= 1 && (type < RECORD_CHANGE || type > RECORD_DATA))
			f->state = TLS_FLIGHT_WRONG;
		if (c.bad)
			break;
		if (n > RECORD_MAX)
			f->state = TLS_FLIGHT_WRONG;
		if (f->state != TLS_FLIGHT_MORE || wq_cursor_left(&c) < n)
			break;
		if (!read_record(f, type, wq_cursor_take(&c, n)))
			f->state = TLS_FLIGHT_WRONG;
		at += RECORD_HEAD + n;
	}
	return at;
}

enum tls_flight_state tls_flight_feed(struct tls_flight *flight, wq_str bytes)
{
	size_t at;

	if (flight->state != TLS_FLIGHT_MORE)
		return flight->state;
	wq_buf_add(&flight->raw, bytes);
	if (wq_failed(wq_buf_err(&flight->raw)))
		return flight->state = TLS_FLIGHT_WRONG;
	if (!flight->begun && may_be_ssl2(wq_buf_str(&flight->raw))) {
		if (flight->raw.len < 7)
			return flight->state;
		flight->hello = is_ssl2(wq_buf_str(&flight->raw));
		flight->version = tls_version_code(WQ_TLS_SSL2);
		return flight->state = flight->hello ? TLS_FLIGHT_DONE : TLS_FLIGHT_WRONG;
	}
	at = read_records(flight);
	flight->begun |= at > 0;
	flight->raw.len -= at;
	if (flight->raw.len)
		memmove(flight->raw.data, flight->raw.data + at, flight->raw.len);
	return flight->state;
}
