#include "gate/broker/session.h"

/* It sends less in a step than it reads: a worker's answers never fill the socket while nobody reads them. */
enum { QUEUE_SHORT = 8, MESSAGES_PER_STEP = 64, SENDS_PER_STEP = 32 };

/* What of the offer under way comes next. */
enum stage { IDLE, BEGIN, SNAPSHOT, PACKS, COMMIT };

struct sent {
	uint64_t number; /* of the offer that was sent last */
	uint64_t told;   /* of the one whose refusal was reported */
	bool again;      /* refused for a reason that passes */
	/* the one that was sent last, until it is answered; the one that the worker serves: its memory is in use */
	struct wq_offer *offered, *serving;
};

struct wq_session {
	struct wq_link *link;
	struct wq_link_peer peer;
	struct wq_served *served;
	struct wq_report *report;
	bool greeted, ready_said, more_due;
	struct sent *sent; /* by application */
	size_t sent_n;
	enum stage stage;
	struct wq_offer *offer; /* under way */
	uint64_t number;        /* its number when it began */
	size_t pack_at;
	bool index_sent; /* of the cold pack under way */
};

wq_err wq_session_open(int fd, const struct wq_link_peer *peer, struct wq_served *served, struct wq_report *report,
	struct wq_session **ret_session)
{
	struct wq_session *session = calloc(1, sizeof *session);
	wq_err e;

	if (!session) {
		close(fd);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	session->peer = *peer;
	session->served = served;
	session->report = report;
	e = wq_link_open(fd, &wq_handover_protocol, WQ_LINK_SERVER, &session->link);
	if (wq_failed(e)) {
		free(session);
		return e;
	}
	*ret_session = session;
	return WQ_OK;
}

void wq_session_close(struct wq_session **session, wq_err why)
{
	struct wq_session *s = *session;

	*session = NULL;
	if (!s)
		return;
	if (s->greeted)
		wq_report_worker_gone(s->report, s->peer.pid, why);
	wq_offer_unref(&s->offer);
	for (size_t i = 0; i < s->sent_n; i++) {
		wq_offer_unref(&s->sent[i].offered);
		wq_offer_unref(&s->sent[i].serving);
	}
	wq_link_close(&s->link);
	free(s->sent);
	free(s);
}

int wq_session_fd(const struct wq_session *s)
{
	return wq_link_fd(s->link);
}

bool wq_session_waiting(const struct wq_session *s)
{
	return s->more_due || wq_link_waiting(s->link) > 0;
}

/* ---- what comes ---- */

static void acknowledged(struct wq_session *s, uint64_t number)
{
	for (size_t i = 0; i < s->sent_n; i++) {
		struct wq_offer *offer = s->sent[i].offered;

		if (!offer || s->sent[i].number != number)
			continue;
		wq_offer_unref(&s->sent[i].serving);
		s->sent[i].serving = offer;
		s->sent[i].offered = NULL;
		if (!offer->acknowledged && offer == wq_served_offer(s->served, i))
			wq_report_served(
				s->report, &offer->generation->snapshot, offer->generation->digest, s->peer.pid);
		offer->acknowledged = true;
		return;
	}
}

static bool passes(enum wq_handover_reason reason)
{
	return reason == WQ_REFUSED_LIMIT || reason == WQ_REFUSED_SYSTEM || reason == WQ_REFUSED_HOST;
}

/* Only of what was sent, and once of each: a peer that repeats itself fills neither log nor ledger. */
static void refused(struct wq_session *s, const struct wq_handover *m)
{
	for (size_t i = 0; i < s->sent_n; i++) {
		const struct wq_offer *offer = wq_served_offer(s->served, i);
		const struct wq_snapshot_head *head;

		if (s->sent[i].number == 0 || s->sent[i].number != m->generation)
			continue;
		wq_offer_unref(&s->sent[i].offered);
		s->sent[i].again = passes(m->reason);
		if (s->sent[i].told == m->generation)
			return;
		s->sent[i].told = m->generation;
		head = offer && offer->number == m->generation ? &offer->generation->snapshot.head : NULL;
		wq_report_refused(s->report, s->peer.pid, wq_served_app(s->served, i), head ? head->serial : 0,
			wq_handover_reason_text(m->reason), m->note);
		return;
	}
}

static void reported(struct wq_session *s, const struct wq_handover *m)
{
	char app[WQ_HANDOVER_APP_MAX + 1];
	wq_digest pack;

	snprintf(app, sizeof app, "%.*s", WQ_S_ARG(m->app));
	memcpy(pack.b, m->digest, sizeof pack.b);
	wq_served_gate_fault(s->served, app, pack, m->number, m->note);
}

static wq_err send_keys(struct wq_session *s)
{
	const struct wq_leave_keys *keys = wq_served_leave_keys(s->served);

	for (uint32_t i = 0; i < keys->n; i++) {
		struct wq_handover m = {.type = WQ_HANDOVER_KEY, .number = i};
		wq_err e;

		memcpy(m.digest, keys->keys[i].b, sizeof m.digest);
		e = wq_handover_send(s->link, &m, -1);
		explicit_bzero(m.digest, sizeof m.digest);
		WQ_TRY(e);
	}
	return WQ_OK;
}

static wq_err take(struct wq_session *s, const struct wq_link_message *message)
{
	struct wq_handover m;

	WQ_TRY(wq_handover_decode(message->type->type, message->payload, &m));
	if (m.type == WQ_HANDOVER_HELLO) {
		if (s->greeted || m.version != WQ_HANDOVER_VERSION)
			return wq_error(WQ_E_PEER, "hello of version %u", m.version);
		s->greeted = true;
		wq_report_worker_connected(s->report, s->peer.pid, s->peer.uid);
		return send_keys(s);
	}
	if (!s->greeted)
		return wq_error(WQ_E_PEER, "%s before its hello", message->type->name);
	if (m.type == WQ_HANDOVER_ACK)
		acknowledged(s, m.generation);
	else if (m.type == WQ_HANDOVER_NACK)
		refused(s, &m);
	else if (m.type == WQ_HANDOVER_REPORT)
		reported(s, &m);
	else if (m.type == WQ_HANDOVER_RULE)
		wq_report_rule_blocked(s->report, &m);
	return WQ_OK;
}

static wq_err receive_all(struct wq_session *s)
{
	for (int i = 0; i < MESSAGES_PER_STEP; i++) {
		struct wq_link_message message;
		wq_err e = wq_link_receive(s->link, &message);

		if (wq_is(e, WQ_E_BUSY))
			return WQ_OK;
		WQ_TRY(e);
		e = take(s, &message);
		wq_link_message_done(&message);
		WQ_TRY(e);
	}
	return WQ_OK;
}

/* ---- what is due ---- */

/* False when out of memory: tried again at the next step. */
static bool room_for_all(struct wq_session *s)
{
	size_t n = wq_served_count(s->served);
	struct sent *sent;

	if (n == s->sent_n)
		return true;
	sent = reallocarray(s->sent, n, sizeof *sent);
	if (!sent)
		return false;
	memset(sent + s->sent_n, 0, (n - s->sent_n) * sizeof *sent);
	s->sent = sent;
	s->sent_n = n;
	return true;
}

/* Chooses the oldest offer that this worker has not got, so that a host is given up before it is taken; false when it has
 * them all. */
static bool choose(struct wq_session *s)
{
	struct wq_offer *oldest = NULL;
	size_t at = 0;

	if (!room_for_all(s))
		return false;
	for (size_t i = 0; i < s->sent_n; i++) {
		struct wq_offer *offer = wq_served_offer(s->served, i);

		if (!offer || offer->number == s->sent[i].number || (oldest && offer->number > oldest->number))
			continue;
		oldest = offer;
		at = i;
	}
	if (!oldest)
		return false;
	s->sent[at].number = s->number = oldest->number;
	s->sent[at].again = false;
	wq_offer_unref(&s->sent[at].offered);
	s->sent[at].offered = wq_offer_ref(oldest);
	s->offer = wq_offer_ref(oldest);
	s->stage = BEGIN;
	s->pack_at = 0;
	return true;
}

bool wq_session_greeted(const struct wq_session *s)
{
	return s->greeted;
}

void wq_session_retry(struct wq_session *s)
{
	for (size_t i = 0; i < s->sent_n; i++)
		if (s->sent[i].again)
			s->sent[i].number = 0;
}

static wq_err send_begin(struct wq_session *s)
{
	const struct wq_generation *g = s->offer->generation;
	struct wq_handover m = {.type = WQ_HANDOVER_BEGIN,
		.generation = s->number,
		.serial = g->snapshot.head.serial,
		.number = (uint32_t)g->packs_n,
		.bytes = g->sealed.bytes.n,
		.app = wq_str_c(g->snapshot.head.app)};

	memcpy(m.digest, g->digest.b, sizeof m.digest);
	return wq_handover_send(s->link, &m, -1);
}

/* The memory of the pack, or of its index. */
static wq_err send_pack_memory(struct wq_session *s, const struct wq_vault_pack *pack)
{
	struct wq_handover m = {.type = pack->cold ? WQ_HANDOVER_PACK_COLD : WQ_HANDOVER_PACK,
		.generation = s->number,
		.number = (uint32_t)s->pack_at,
		.bytes = pack->bytes,
		.index_bytes = pack->sealed.bytes.n};

	memcpy(m.digest, pack->name.b, sizeof m.digest);
	return wq_handover_send(s->link, &m, pack->sealed.fd);
}

/* One message of the pack under way; a cold one has two. */
static wq_err send_pack(struct wq_session *s)
{
	const struct wq_vault_pack *pack = s->offer->generation->packs[s->pack_at];
	struct wq_handover file = {
		.type = WQ_HANDOVER_PACK_FILE, .generation = s->number, .number = (uint32_t)s->pack_at};

	if (!s->index_sent)
		WQ_TRY(send_pack_memory(s, pack));
	else
		WQ_TRY(wq_handover_send(s->link, &file, pack->file));
	s->index_sent = pack->cold && !s->index_sent;
	if (!s->index_sent)
		s->pack_at++;
	return WQ_OK;
}

/* Sends one message of the offer under way and moves on. */
static wq_err send_next(struct wq_session *s)
{
	const struct wq_generation *g = s->offer->generation;
	struct wq_handover snapshot = {
		.type = WQ_HANDOVER_SNAPSHOT, .generation = s->number, .bytes = g->sealed.bytes.n};
	struct wq_handover commit = {.type = WQ_HANDOVER_COMMIT, .generation = s->number};

	switch (s->stage) {
	case BEGIN:
		WQ_TRY(send_begin(s));
		s->stage = SNAPSHOT;
		return WQ_OK;
	case SNAPSHOT:
		WQ_TRY(wq_handover_send(s->link, &snapshot, g->sealed.fd));
		s->stage = g->packs_n > 0 ? PACKS : COMMIT;
		return WQ_OK;
	case PACKS:
		WQ_TRY(send_pack(s));
		if (s->pack_at == g->packs_n)
			s->stage = COMMIT;
		return WQ_OK;
	case COMMIT:
		WQ_TRY(wq_handover_send(s->link, &commit, -1));
		wq_offer_unref(&s->offer);
		s->stage = IDLE;
		return WQ_OK;
	case IDLE: break;
	}
	return wq_error(WQ_E_BUG, "nothing is under way");
}

static wq_err send_due(struct wq_session *s)
{
	struct wq_handover ready = {.type = WQ_HANDOVER_READY};

	s->more_due = false;
	for (int i = 0; wq_link_waiting(s->link) < QUEUE_SHORT; i++) {
		s->more_due = i == SENDS_PER_STEP;
		if (s->more_due)
			return WQ_OK;
		if (s->stage == IDLE && !choose(s)) {
			if (s->ready_said)
				return WQ_OK;
			WQ_TRY(wq_handover_send(s->link, &ready, -1));
			s->ready_said = true;
			return WQ_OK;
		}
		WQ_TRY(send_next(s));
	}
	return WQ_OK;
}

wq_err wq_session_step(struct wq_session *s)
{
	wq_err e;

	WQ_TRY(receive_all(s));
	WQ_TRY(wq_link_flush(s->link));
	if (!s->greeted)
		return WQ_OK;
	e = send_due(s);
	/* out of descriptors or buffers for a moment: the next step goes on from here */
	return wq_is(e, WQ_E_BUSY) ? WQ_OK : e;
}
