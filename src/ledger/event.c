#include "ledger/event_priv.h"

#include "base/json_read.h"
#include "crypto/canon.h"

enum { EVENT_VERSION = 1, COMMITMENT_VERSION = 1, BODY_DEPTH = 16 };

/* A commitment in a decoded event: 's', length, name, 'd', digest. */

static bool is_type(wq_str type)
{
	size_t dots = 0;

	if (type.n == 0 || type.n > WQ_EVENT_TYPE_MAX)
		return false;
	for (size_t i = 0; i < type.n; i++) {
		char c = type.p[i];
		bool first = i == 0 || type.p[i - 1] == '.';

		if (c == '.' && (first || i + 1 == type.n))
			return false;
		if (c != '.' && !(c >= 'a' && c <= 'z') && (first || (c != '_' && !(c >= '0' && c <= '9'))))
			return false;
		dots += c == '.';
	}
	return dots > 0;
}

bool wq_event_is_field(wq_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
			name.p[i] != '_')
			return false;
	return name.n > 0 && name.n <= WQ_EVENT_FIELD_MAX;
}

static wq_err check_body(wq_str body)
{
	static const struct wq_json_limits limits = {.max_bytes = WQ_EVENT_BODY_MAX, .max_depth = BODY_DEPTH};
	wq_str trimmed = wq_str_trim(body);
	struct json_t *root = NULL;

	if (trimmed.n == 0 || trimmed.p[0] != '{')
		return wq_error(WQ_E_INPUT, "an event's body is one JSON object");
	WQ_TRY(wq_json_read(body, &limits, &root));
	wq_json_free(&root);
	return WQ_OK;
}

static wq_err check_private(const struct wq_event_new *event)
{
	if (event->private_n > WQ_EVENT_PRIVATE_MAX)
		return wq_error(WQ_E_LIMIT, "%zu personal fields", event->private_n);
	for (size_t i = 0; i < event->private_n; i++) {
		if (!wq_event_is_field(event->private_fields[i].name))
			return wq_error(WQ_E_INPUT, "a personal field's name is [a-z0-9_]+");
		if (event->private_fields[i].value.n > WQ_EVENT_VALUE_MAX)
			return wq_error(WQ_E_LIMIT, "a personal field of %zu bytes", event->private_fields[i].value.n);
		for (size_t k = 0; k < i; k++)
			if (wq_str_eq(event->private_fields[i].name, event->private_fields[k].name))
				return wq_error(WQ_E_INPUT, "a personal field stands twice");
	}
	return WQ_OK;
}

wq_err wq_event_check(const struct wq_event_new *event)
{
	if (!is_type(event->type))
		return wq_error(WQ_E_INPUT, "an event's type is noun.verb in lower case");
	if (event->actor.n > WQ_EVENT_NAME_MAX || event->app.n > WQ_EVENT_NAME_MAX ||
		event->subject.n > WQ_EVENT_NAME_MAX)
		return wq_error(WQ_E_LIMIT, "actor, application and subject have at most %d bytes", WQ_EVENT_NAME_MAX);
	if (event->body.n > WQ_EVENT_BODY_MAX)
		return wq_error(WQ_E_LIMIT, "a body of %zu bytes", event->body.n);
	WQ_TRY(check_body(event->body));
	return check_private(event);
}

wq_err wq_event_encode(uint64_t seq, wq_time time, const struct wq_event_new *event,
	const struct wq_event_commitments *commitments, wq_digest previous, struct wq_buf *out)
{
	wq_canon_begin(out, WQ_DOMAIN_EVENT, EVENT_VERSION, WQ_ALG_SM3);
	wq_canon_u64(out, seq);
	wq_canon_time(out, time);
	wq_canon_text(out, event->type);
	wq_canon_text(out, event->actor);
	wq_canon_text(out, event->app);
	wq_canon_text(out, event->subject);
	wq_canon_text(out, event->body);
	wq_canon_list(out, (uint32_t)commitments->n);
	for (size_t i = 0; i < commitments->n; i++) {
		wq_canon_text(out, commitments->names[i]);
		wq_canon_digest(out, commitments->digests[i]);
	}
	wq_canon_digest(out, previous);
	/* sizes were checked: what does not fit is text that is none */
	return out->no_mem  ? wq_buf_err(out)
		: out->over ? wq_error(WQ_E_INPUT, "actor, application and subject are UTF-8 without NUL")
			    : WQ_OK;
}

static void read_commitments(struct wq_cursor *c, size_t n)
{
	wq_str before = WQ_S_NONE;

	for (size_t i = 0; i < n && !c->bad; i++) {
		wq_str name = wq_canon_read_text(c, WQ_EVENT_FIELD_MAX);

		(void)wq_canon_read_digest(c);
		if (!wq_event_is_field(name) || (i > 0 && wq_str_cmp(before, name) >= 0))
			wq_cursor_fail(c);
		before = name;
	}
}

wq_err wq_event_decode(wq_str canonical, struct wq_event *ret_event)
{
	struct wq_cursor c = wq_cursor_of(canonical);
	struct wq_event event = {.canonical = canonical};

	if (wq_canon_read_begin(&c, WQ_DOMAIN_EVENT, WQ_ALG_SM3) != EVENT_VERSION)
		wq_cursor_fail(&c);
	event.seq = wq_canon_read_u64(&c);
	event.time = wq_canon_read_time(&c);
	event.type = wq_canon_read_text(&c, WQ_EVENT_TYPE_MAX);
	event.actor = wq_canon_read_text(&c, WQ_EVENT_NAME_MAX);
	event.app = wq_canon_read_text(&c, WQ_EVENT_NAME_MAX);
	event.subject = wq_canon_read_text(&c, WQ_EVENT_NAME_MAX);
	event.body = wq_canon_read_text(&c, WQ_EVENT_BODY_MAX);
	event.commitments_n = wq_canon_read_list(&c, WQ_EVENT_PRIVATE_MAX);
	read_commitments(&c, event.commitments_n);
	event.previous = wq_canon_read_digest(&c);
	if (event.seq == 0 || event.seq > INT64_MAX || !is_type(event.type))
		wq_cursor_fail(&c);
	WQ_TRY(wq_cursor_end(&c));
	event.digest = wq_sm3(canonical);
	*ret_event = event;
	return WQ_OK;
}

void wq_event_commitment(const struct wq_event *event, size_t i, wq_str *ret_name, wq_digest *ret_commitment)
{
	size_t from = (size_t)(event->body.p + event->body.n - event->canonical.p);
	struct wq_cursor c = wq_cursor_of(wq_str_from(event->canonical, from));

	(void)wq_canon_read_list(&c, WQ_EVENT_PRIVATE_MAX);
	do {
		*ret_name = wq_canon_read_text(&c, WQ_EVENT_FIELD_MAX);
		*ret_commitment = wq_canon_read_digest(&c);
	} while (i-- > 0);
}

wq_err wq_event_commit(uint64_t seq, wq_str salt, wq_str name, wq_str value, wq_digest *ret_commitment)
{
	WQ_BUF(bytes, WQ_EVENT_VALUE_MAX + 1024);

	wq_canon_begin(&bytes, WQ_DOMAIN_COMMITMENT, COMMITMENT_VERSION, WQ_ALG_SM3);
	wq_canon_u64(&bytes, seq);
	wq_canon_bytes(&bytes, salt);
	wq_canon_text(&bytes, name);
	wq_canon_bytes(&bytes, value);
	WQ_TRY(wq_buf_err(&bytes));
	*ret_commitment = wq_sm3(wq_buf_str(&bytes));
	return WQ_OK;
}
