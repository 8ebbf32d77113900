#include "link/handover.h"

#include "base/cursor.h"

enum { APP_LEAST = 1 + 1, APP_MOST = 1 + WQ_HANDOVER_APP_MAX };

static const struct wq_link_type types[] = {
	{WQ_HANDOVER_HELLO, "HELLO", WQ_LINK_CLIENT, 8, 8, 0, 0},
	{WQ_HANDOVER_BEGIN, "BEGIN", WQ_LINK_SERVER, 60 + APP_LEAST, 60 + APP_MOST, 0, 0},
	{WQ_HANDOVER_SNAPSHOT, "SNAPSHOT", WQ_LINK_SERVER, 16, 16, 1, 0},
	{WQ_HANDOVER_PACK, "PACK", WQ_LINK_SERVER, 52, 52, 1, 0},
	{WQ_HANDOVER_COMMIT, "COMMIT", WQ_LINK_SERVER, 8, 8, 0, 0},
	{WQ_HANDOVER_ACK, "ACK", WQ_LINK_CLIENT, 8, 8, 0, 0},
	{WQ_HANDOVER_NACK, "NACK", WQ_LINK_CLIENT, 11, 11 + WQ_HANDOVER_NOTE_MAX, 0, 0},
	{WQ_HANDOVER_WITHDRAW, "WITHDRAW", WQ_LINK_SERVER, APP_LEAST, APP_MOST, 0, 0},
	{WQ_HANDOVER_PING, "PING", WQ_LINK_SERVER, 8, 8, 0, 0},
	{WQ_HANDOVER_PONG, "PONG", WQ_LINK_CLIENT, 8, 8, 0, 0},
	{WQ_HANDOVER_READY, "READY", WQ_LINK_SERVER, 0, 0, 0, 0},
	{WQ_HANDOVER_PACK_COLD, "PACK_COLD", WQ_LINK_SERVER, 60, 60, 1, 0},
	{WQ_HANDOVER_PACK_FILE, "PACK_FILE", WQ_LINK_SERVER, 12, 12, 1, 0},
	{WQ_HANDOVER_KEY, "KEY", WQ_LINK_SERVER, 36, 36, 0, 0},
	{WQ_HANDOVER_REPORT, "REPORT", WQ_LINK_CLIENT, 37 + APP_LEAST, 37 + APP_MOST + WQ_HANDOVER_NOTE_MAX, 0, 0},
	{WQ_HANDOVER_RULE, "RULE", WQ_LINK_CLIENT, 11 + APP_LEAST,
		11 + APP_MOST + WQ_HANDOVER_INCIDENT_MAX + WQ_HANDOVER_VARIABLE_MAX + WQ_HANDOVER_NOTE_MAX, 0, 0},
};

const struct wq_link_protocol wq_handover_protocol = {
	.name = "handover",
	.magic = 0x57514800 + WQ_HANDOVER_VERSION, /* "WQH" and the version */
	.types = types,
	.types_n = WQ_COUNT(types),
};

static void put_text(struct wq_buf *out, wq_str text, size_t max)
{
	if (text.n > max) {
		out->over = true;
		return;
	}
	wq_buf_byte(out, (uint8_t)text.n);
	wq_buf_add(out, text);
}

void wq_handover_encode(const struct wq_handover *m, struct wq_buf *out)
{
	switch (m->type) {
	case WQ_HANDOVER_HELLO:
		wq_buf_u32(out, m->number);
		wq_buf_u32(out, m->version);
		return;
	case WQ_HANDOVER_BEGIN:
		wq_buf_u64(out, m->generation);
		wq_buf_u64(out, m->serial);
		wq_buf_add(out, wq_str_of(m->digest, sizeof m->digest));
		wq_buf_u32(out, m->number);
		wq_buf_u64(out, m->bytes);
		put_text(out, m->app, WQ_HANDOVER_APP_MAX);
		return;
	case WQ_HANDOVER_SNAPSHOT:
		wq_buf_u64(out, m->generation);
		wq_buf_u64(out, m->bytes);
		return;
	case WQ_HANDOVER_PACK:
		wq_buf_u64(out, m->generation);
		wq_buf_u32(out, m->number);
		wq_buf_add(out, wq_str_of(m->digest, sizeof m->digest));
		wq_buf_u64(out, m->bytes);
		return;
	case WQ_HANDOVER_COMMIT:
	case WQ_HANDOVER_ACK:
	case WQ_HANDOVER_PING:
	case WQ_HANDOVER_PONG: wq_buf_u64(out, m->generation); return;
	case WQ_HANDOVER_NACK:
		wq_buf_u64(out, m->generation);
		wq_buf_u16(out, (uint16_t)m->reason);
		put_text(out, m->note, WQ_HANDOVER_NOTE_MAX);
		return;
	case WQ_HANDOVER_WITHDRAW: put_text(out, m->app, WQ_HANDOVER_APP_MAX); return;
	case WQ_HANDOVER_READY: return;
	case WQ_HANDOVER_PACK_COLD:
		wq_buf_u64(out, m->generation);
		wq_buf_u32(out, m->number);
		wq_buf_add(out, wq_str_of(m->digest, sizeof m->digest));
		wq_buf_u64(out, m->bytes);
		wq_buf_u64(out, m->index_bytes);
		return;
	case WQ_HANDOVER_PACK_FILE:
		wq_buf_u64(out, m->generation);
		wq_buf_u32(out, m->number);
		return;
	case WQ_HANDOVER_KEY:
		wq_buf_u32(out, m->number);
		wq_buf_add(out, wq_str_of(m->digest, sizeof m->digest));
		return;
	case WQ_HANDOVER_REPORT:
		wq_buf_add(out, wq_str_of(m->digest, sizeof m->digest));
		wq_buf_u32(out, m->number);
		put_text(out, m->app, WQ_HANDOVER_APP_MAX);
		put_text(out, m->note, WQ_HANDOVER_NOTE_MAX);
		return;
	case WQ_HANDOVER_RULE:
		wq_buf_u32(out, m->number);
		wq_buf_u32(out, m->count);
		put_text(out, m->app, WQ_HANDOVER_APP_MAX);
		put_text(out, m->incident, WQ_HANDOVER_INCIDENT_MAX);
		put_text(out, m->variable, WQ_HANDOVER_VARIABLE_MAX);
		put_text(out, m->note, WQ_HANDOVER_NOTE_MAX);
		return;
	}
	out->over = true;
}

static wq_str get_app(struct wq_cursor *c)
{
	wq_str app = wq_cursor_take(c, wq_cursor_u8(c));

	if (app.n < 1 || app.n > WQ_HANDOVER_APP_MAX)
		wq_cursor_fail(c);
	for (size_t i = 0; i < app.n; i++)
		if (!((app.p[i] >= 'a' && app.p[i] <= 'z') || (app.p[i] >= '0' && app.p[i] <= '9') || app.p[i] == '-'))
			wq_cursor_fail(c);
	return app;
}

static void get_begin(struct wq_cursor *c, struct wq_handover *m)
{
	m->generation = wq_cursor_u64(c);
	m->serial = wq_cursor_u64(c);
	wq_cursor_copy(c, m->digest, sizeof m->digest);
	m->number = wq_cursor_u32(c);
	m->bytes = wq_cursor_u64(c);
	m->app = get_app(c);
	if (m->number > WQ_HANDOVER_PACKS_MAX || m->serial == 0)
		wq_cursor_fail(c);
}

static void get_nack(struct wq_cursor *c, struct wq_handover *m)
{
	uint16_t reason;

	m->generation = wq_cursor_u64(c);
	reason = wq_cursor_u16(c);
	m->note = wq_cursor_take(c, wq_cursor_u8(c));
	if (reason < WQ_REFUSED_NOT_SEALED || reason > WQ_REFUSED_SYSTEM)
		wq_cursor_fail(c);
	m->reason = (enum wq_handover_reason)reason;
}

static void get_pack(struct wq_cursor *c, struct wq_handover *m)
{
	m->generation = wq_cursor_u64(c);
	m->number = wq_cursor_u32(c);
	wq_cursor_copy(c, m->digest, sizeof m->digest);
	m->bytes = wq_cursor_u64(c);
	if (m->type == WQ_HANDOVER_PACK_COLD)
		m->index_bytes = wq_cursor_u64(c);
}

static void get_key(struct wq_cursor *c, struct wq_handover *m)
{
	m->number = wq_cursor_u32(c);
	wq_cursor_copy(c, m->digest, sizeof m->digest);
	if (m->number >= WQ_HANDOVER_KEYS_MAX)
		wq_cursor_fail(c);
}

static void get_report(struct wq_cursor *c, struct wq_handover *m)
{
	wq_cursor_copy(c, m->digest, sizeof m->digest);
	m->number = wq_cursor_u32(c);
	m->app = get_app(c);
	m->note = wq_cursor_take(c, wq_cursor_u8(c));
	if (m->note.n > WQ_HANDOVER_NOTE_MAX)
		wq_cursor_fail(c);
}

static void get_rule(struct wq_cursor *c, struct wq_handover *m)
{
	m->number = wq_cursor_u32(c);
	m->count = wq_cursor_u32(c);
	m->app = get_app(c);
	m->incident = wq_cursor_take(c, wq_cursor_u8(c));
	m->variable = wq_cursor_take(c, wq_cursor_u8(c));
	m->note = wq_cursor_take(c, wq_cursor_u8(c));
	if (m->incident.n > WQ_HANDOVER_INCIDENT_MAX || m->variable.n > WQ_HANDOVER_VARIABLE_MAX ||
		m->note.n > WQ_HANDOVER_NOTE_MAX)
		wq_cursor_fail(c);
}

wq_err wq_handover_decode(uint16_t type, wq_str payload, struct wq_handover *ret_message)
{
	struct wq_cursor c = wq_cursor_of(payload);
	struct wq_handover m = {.type = (enum wq_handover_type)type};

	switch (m.type) {
	case WQ_HANDOVER_HELLO:
		m.number = wq_cursor_u32(&c);
		m.version = wq_cursor_u32(&c);
		break;
	case WQ_HANDOVER_BEGIN: get_begin(&c, &m); break;
	case WQ_HANDOVER_SNAPSHOT:
		m.generation = wq_cursor_u64(&c);
		m.bytes = wq_cursor_u64(&c);
		break;
	case WQ_HANDOVER_PACK:
	case WQ_HANDOVER_PACK_COLD: get_pack(&c, &m); break;
	case WQ_HANDOVER_PACK_FILE:
		m.generation = wq_cursor_u64(&c);
		m.number = wq_cursor_u32(&c);
		break;
	case WQ_HANDOVER_KEY: get_key(&c, &m); break;
	case WQ_HANDOVER_REPORT: get_report(&c, &m); break;
	case WQ_HANDOVER_RULE: get_rule(&c, &m); break;
	case WQ_HANDOVER_COMMIT:
	case WQ_HANDOVER_ACK:
	case WQ_HANDOVER_PING:
	case WQ_HANDOVER_PONG: m.generation = wq_cursor_u64(&c); break;
	case WQ_HANDOVER_NACK: get_nack(&c, &m); break;
	case WQ_HANDOVER_WITHDRAW: m.app = get_app(&c); break;
	case WQ_HANDOVER_READY: break;
	default: wq_cursor_fail(&c); break;
	}
	WQ_TRY(wq_cursor_end(&c));
	*ret_message = m;
	return WQ_OK;
}

wq_err wq_handover_send(struct wq_link *link, const struct wq_handover *message, int fd)
{
	WQ_BUF(payload, 512);

	wq_handover_encode(message, &payload);
	WQ_TRY(wq_buf_err(&payload));
	return wq_link_send(link, (uint16_t)message->type, 0, wq_buf_str(&payload), &fd, fd >= 0 ? 1 : 0);
}

const char *wq_handover_reason_text(enum wq_handover_reason reason)
{
	switch (reason) {
	case WQ_REFUSED_NOT_SEALED: return "not_sealed";
	case WQ_REFUSED_SIZE: return "size";
	case WQ_REFUSED_FORMAT: return "format";
	case WQ_REFUSED_SERIAL: return "serial";
	case WQ_REFUSED_ORDER: return "order";
	case WQ_REFUSED_LIMIT: return "limit";
	case WQ_REFUSED_HOST: return "host";
	case WQ_REFUSED_SYSTEM: return "system";
	}
	return "unknown";
}
