#include "inspect/dns/message.h"

#include "base/cursor.h"

enum { NAME_MAX_BYTES = 253, LABEL_MAX = 63, POINTERS_MAX = 32, CLASS_IN = 1, OPTION_SUBNET = 8 };
enum { FLAG_RESPONSE = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100, EDNS_DO = 0x8000 };

/* ---- names ---- */

static bool plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '*';
}

static void put_label(char *out, size_t cap, size_t *n, wq_str label, bool *ok)
{
	if (*n)
		*ok &= *n < cap && (out[(*n)++] = '.', true);
	for (size_t i = 0; i < label.n && *ok; i++) {
		uint8_t c = (uint8_t)label.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 32);
		if (plain(c) && *n < cap)
			out[(*n)++] = (char)c;
		else if (!plain(c) && *n + 4 < cap)
			*n += (size_t)snprintf(out + *n, cap - *n, "\\%03u", c);
		else
			*ok = false;
	}
}

/* Reads a name at the cursor, following pointers in the whole message; each must lead before where the last one led. */
static wq_str read_name(struct wq_arena *arena, struct wq_cursor *c)
{
	char text[4 * NAME_MAX_BYTES + 4];
	struct wq_cursor at = *c;
	size_t n = 0, limit = c->bytes.n, wire = 0;
	bool jumped = false, ok = true;

	for (unsigned pointers = 0; ok && !at.bad;) {
		size_t here = at.at;
		uint8_t length = wq_cursor_u8(&at);
		if (length >= 0xc0) {
			size_t target = (size_t)(length & 0x3f) << 8 | wq_cursor_u8(&at);
			if (!jumped)
				*c = at;
			jumped = true;
			ok = target < here && target < limit && ++pointers <= POINTERS_MAX;
			limit = target;
			at.at = ok ? target : at.at;
			continue;
		}
		if (length == 0)
			break;
		wire += length + 1U;
		ok = length <= LABEL_MAX && wire <= NAME_MAX_BYTES + 1;
		if (ok)
			put_label(text, sizeof text, &n, wq_cursor_take(&at, length), &ok);
	}
	if (!jumped)
		*c = at;
	if (!ok || at.bad) {
		wq_cursor_fail(c);
		return WQ_S_NONE;
	}
	return n ? wq_arena_str(arena, wq_str_of(text, n)) : WQ_S(".");
}

/* ---- records ---- */

static wq_str read_txt(struct wq_arena *arena, struct wq_cursor *c, size_t end)
{
	WQ_BUF(out, WQ_DNS_TXT_BYTES);

	while (c->at < end && !c->bad) {
		size_t n = wq_cursor_u8(c);
		wq_buf_add(&out, wq_cursor_take(c, n));
	}
	if (c->at != end || wq_failed(wq_buf_err(&out)))
		wq_cursor_fail(c);
	return wq_arena_str(arena, wq_buf_str(&out));
}

static wq_str read_caa(struct wq_arena *arena, struct wq_cursor *c, size_t end)
{
	uint8_t flags = wq_cursor_u8(c);
	wq_str tag = wq_cursor_take(c, wq_cursor_u8(c));

	if (c->bad || c->at > end || tag.n == 0) {
		wq_cursor_fail(c);
		return WQ_S_NONE;
	}
	wq_str value = wq_cursor_take(c, end - c->at);
	return wq_arena_printf(arena, "%u %.*s \"%.*s\"", flags, WQ_S_ARG(tag), WQ_S_ARG(value));
}

static void read_rrsig(struct wq_cursor *c, struct wq_dns_record *r)
{
	r->covered = wq_cursor_u16(c);
	(void)wq_cursor_take(c, 2 + 4);
	r->expires = wq_cursor_u32(c);
	r->inception = wq_cursor_u32(c);
}

static void read_opt(struct wq_cursor *c, size_t end, struct wq_dns_message *m)
{
	while (c->at < end && !c->bad) {
		uint16_t code = wq_cursor_u16(c);
		wq_str value = wq_cursor_take(c, wq_cursor_u16(c));
		if (code == OPTION_SUBNET && value.n >= 4) {
			m->has_subnet = true;
			m->scope = (uint8_t)value.p[3];
		}
	}
}

static void read_data(struct wq_arena *arena, struct wq_cursor *c, size_t end, struct wq_dns_record *r)
{
	switch (r->type) {
	case WQ_DNS_A:
	case WQ_DNS_AAAA:
		r->addr.family = r->type == WQ_DNS_A ? 4 : 6;
		wq_cursor_copy(c, r->addr.bytes, r->type == WQ_DNS_A ? 4 : 16);
		break;
	case WQ_DNS_MX:
		r->preference = wq_cursor_u16(c);
		r->name = read_name(arena, c);
		break;
	case WQ_DNS_NS:
	case WQ_DNS_CNAME: r->name = read_name(arena, c); break;
	case WQ_DNS_SOA:
		(void)read_name(arena, c);
		(void)read_name(arena, c);
		r->serial = wq_cursor_u32(c);
		(void)wq_cursor_take(c, 16);
		break;
	case WQ_DNS_TXT: r->text = read_txt(arena, c, end); break;
	case WQ_DNS_CAA: r->text = read_caa(arena, c, end); break;
	case WQ_DNS_RRSIG:
		read_rrsig(c, r);
		(void)wq_cursor_take(c, end > c->at ? end - c->at : 0);
		break;
	default: (void)wq_cursor_take(c, end - c->at); break;
	}
	if (c->at != end)
		wq_cursor_fail(c);
}

/* True when `r` is a record to keep. */
static bool read_record(struct wq_arena *arena, struct wq_cursor *c, struct wq_dns_message *m, struct wq_dns_record *r)
{
	r->owner = read_name(arena, c);
	r->type = wq_cursor_u16(c);
	uint16_t class = wq_cursor_u16(c);
	r->ttl = wq_cursor_u32(c);
	size_t n = wq_cursor_u16(c), end = c->at + n;
	if (c->bad || n > wq_cursor_left(c)) {
		wq_cursor_fail(c);
		return false;
	}
	if (r->type == WQ_DNS_OPT) {
		m->rcode |= (int)(r->ttl >> 24) << 4;
		read_opt(c, end, m);
		if (c->at != end)
			wq_cursor_fail(c);
		return false;
	}
	if (class != CLASS_IN) {
		(void)wq_cursor_take(c, n);
		return false;
	}
	read_data(arena, c, end, r);
	return !c->bad;
}

bool wq_dns_message_read(struct wq_arena *arena, wq_str bytes, struct wq_dns_message *ret_message)
{
	struct wq_cursor c = wq_cursor_of(wq_str_head(bytes, WQ_DNS_MESSAGE_BYTES));
	struct wq_dns_message m = {.id = wq_cursor_u16(&c)};
	uint16_t flags = wq_cursor_u16(&c), questions = wq_cursor_u16(&c), counts[3];
	size_t total = 0;

	for (unsigned i = 0; i < 3; i++)
		total += counts[i] = wq_cursor_u16(&c);
	/* a record takes 11 bytes at least */
	if (c.bad || !(flags & FLAG_RESPONSE) || questions > 1 || total > wq_cursor_left(&c) / 11)
		return false;
	m.authoritative = flags & FLAG_AA;
	m.truncated = flags & FLAG_TC;
	m.rcode = flags & 0xf;
	if (questions) {
		(void)read_name(arena, &c);
		(void)wq_cursor_take(&c, 4);
	}
	struct wq_dns_record *records = WQ_NEW_ARRAY(
		arena, struct wq_dns_record, WQ_MIN(total, (size_t)WQ_DNS_RECORDS) + 1);
	for (unsigned section = 0; section < 3 && records; section++)
		for (unsigned i = 0; i < counts[section] && !c.bad && m.records_n < WQ_DNS_RECORDS; i++) {
			struct wq_dns_record r = {.section = (enum wq_dns_section)section};
			if (read_record(arena, &c, &m, &r))
				records[m.records_n++] = r;
		}
	m.records = records;
	if (c.bad || arena->failed)
		return false;
	*ret_message = m;
	return true;
}

/* ---- writing ---- */

static bool write_name(struct wq_buf *out, wq_str name)
{
	wq_str rest = wq_str_eq(name, WQ_S(".")) ? WQ_S_NONE : name;

	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return false;
	while (rest.p) {
		wq_str label = wq_str_cut(&rest, '.');
		if (label.n == 0 || label.n > LABEL_MAX || wq_str_chr(label, '\\') >= 0)
			return false;
		wq_buf_byte(out, (uint8_t)label.n);
		wq_buf_add(out, label);
	}
	wq_buf_byte(out, 0);
	return true;
}

static void write_subnet(struct wq_buf *out, const struct wq_addr *net, uint8_t bits)
{
	size_t n = (bits + 7U) / 8;

	wq_buf_u16(out, OPTION_SUBNET);
	wq_buf_u16(out, (uint16_t)(4 + n));
	wq_buf_u16(out, net->family == 4 ? 1 : 2);
	wq_buf_byte(out, bits);
	wq_buf_byte(out, 0);
	for (size_t i = 0; i < n; i++) /* bits beyond the prefix are zero (§6) */
		wq_buf_byte(
			out, i + 1 == n && bits % 8 ? (uint8_t)(net->bytes[i] & (0xff00 >> bits % 8)) : net->bytes[i]);
}

bool wq_dns_question_write(struct wq_buf *out, uint16_t id, const struct wq_dns_question *question)
{
	wq_buf_u16(out, id);
	wq_buf_u16(out, question->recursion ? FLAG_RD : 0);
	wq_buf_u16(out, 1);
	wq_buf_u16(out, 0);
	wq_buf_u16(out, 0);
	wq_buf_u16(out, 1);
	if (!write_name(out, question->name))
		return false;
	wq_buf_u16(out, question->type);
	wq_buf_u16(out, CLASS_IN);
	wq_buf_byte(out, 0);
	wq_buf_u16(out, WQ_DNS_OPT);
	wq_buf_u16(out, WQ_DNS_EDNS_BYTES);
	wq_buf_u32(out, question->dnssec ? EDNS_DO : 0);
	uint8_t bits = question->subnet_bits;
	wq_buf_u16(out, question->subnet ? (uint16_t)(8 + (bits + 7U) / 8) : 0);
	if (question->subnet)
		write_subnet(out, question->subnet, bits);
	return !wq_failed(wq_buf_err(out));
}
