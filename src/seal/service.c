#include "seal/service.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ledger/trust.h"
#include "seal/keys_priv.h"
#include "seal/records_priv.h"

enum { MEMORY = 64 * 1024 * 1024, BODY_MAX_GIB = 4, LEAVES_AT_ONCE = 64 };

struct wq_seal_service {
	char *dir;
	struct wq_sm2_key *key;
	struct wq_seal_keys keys; /* the first one signs */
	const struct wq_clock *clock;
	const struct wq_fs *fs;
	struct wq_seal_records records;
	int lock_fd;
	struct wq_arena arena; /* of one request */
};

static const char *path(struct wq_seal_service *s, const char *name)
{
	const char *full = wq_arena_printf(&s->arena, "%s/%s", s->dir, name).p;
	return full ? full : "";
}

static wq_err service_open(struct wq_seal_service *s, const struct wq_secret *passphrase)
{
	WQ_TRY(wq_file_lock(path(s, "lock"), false, &s->lock_fd));
	WQ_TRY(wq_seal_keys_open(s->fs, s->dir, passphrase, true, &s->key, &s->keys));
	return wq_seal_records_open(s->fs, s->dir, &s->keys, &s->records);
}

wq_err wq_seal_service_open(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase,
	const struct wq_clock *clock, struct wq_seal_service **ret_service)
{
	struct wq_seal_service *s = calloc(1, sizeof *s);
	wq_err e;

	if (!s || !(s->dir = strdup(dir))) {
		free(s);
		return wq_error_id(WQ_E_NO_MEMORY);
	}
	s->fs = fs;
	s->clock = clock;
	s->records.heads_fd = s->lock_fd = -1;
	wq_arena_init(&s->arena, MEMORY);
	e = service_open(s, passphrase);
	wq_arena_reset(&s->arena);
	if (wq_failed(e)) {
		wq_seal_service_close(&s);
		return e;
	}
	*ret_service = s;
	return WQ_OK;
}

void wq_seal_service_close(struct wq_seal_service **service)
{
	struct wq_seal_service *s = *service;

	if (!s)
		return;
	wq_sm2_key_free(&s->key);
	wq_seal_records_close(&s->records);
	wq_file_close(&s->lock_fd);
	wq_arena_done(&s->arena);
	free(s->dir);
	free(s);
	*service = NULL;
}

wq_sm2_public wq_seal_service_public(const struct wq_seal_service *service)
{
	return service->keys.keys[0];
}

wq_err wq_seal_service_init(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase)
{
	static const char trust[] = "weique-trust 1\n"
				    "# people whose decisions weique-sign accepts, a row each: weique person trust ID\n"
				    "app * approvals=2 in-establishment=yes\n";
	struct wq_sm2_key *key = NULL;
	char file[4096], list[4096];
	wq_err e;

	if (snprintf(list, sizeof list, "%s/trust", dir) >= (int)sizeof list ||
		snprintf(file, sizeof file, "%s/apps", dir) >= (int)sizeof file)
		return wq_error(WQ_E_LIMIT, "the folder's name is too long");
	WQ_TRY(wq_dir_make(fs, file, 0700));
	snprintf(file, sizeof file, "%s/seal.key", dir);
	if (access(file, F_OK) == 0)
		return wq_error(WQ_E_EXISTS, "%s", file);
	/* the key last: where it is, all is there */
	e = wq_file_create(fs, list, wq_str_of(trust, sizeof trust - 1), 0600);
	if (wq_failed(e) && !wq_is(e, WQ_E_EXISTS))
		return e;
	WQ_TRY(wq_sm2_generate(&key));
	e = wq_sm2_save(key, file, passphrase);
	wq_sm2_key_free(&key);
	return e;
}

wq_err wq_seal_service_read_keys(
	const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, struct wq_seal_keys *ret_keys)
{
	struct wq_sm2_key *key;

	WQ_TRY(wq_seal_keys_open(fs, dir, passphrase, false, &key, ret_keys));
	wq_sm2_key_free(&key);
	return WQ_OK;
}

wq_err wq_seal_service_rotate(
	const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, const struct wq_clock *clock)
{
	char lock[4096];
	int lock_fd;
	wq_err e;

	if (snprintf(lock, sizeof lock, "%s/lock", dir) >= (int)sizeof lock)
		return wq_error(WQ_E_LIMIT, "the folder's name is too long");
	WQ_TRY(wq_file_lock(lock, false, &lock_fd));
	e = wq_seal_keys_rotate(fs, dir, passphrase, clock);
	wq_file_close(&lock_fd);
	return e;
}

/* ---- SEAL ---- */

static wq_err read_exactly(const char *what, int fd, void *into, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t got = pread(fd, into, n, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wq_error_sys(WQ_E_IO, errno, "%s cannot be read", what);
		if (got == 0)
			return wq_error(WQ_E_ALTERED, "%s ends too early", what);
		into = (char *)into + got;
		at += got;
		n -= (size_t)got;
	}
	return WQ_OK;
}

/* The tree root over what is read, once, into memory of our own: nobody can change it under the hash. */
static wq_err body_root(struct wq_seal_service *s, int fd, uint64_t length, wq_digest *ret_root)
{
	size_t leaves = wq_tree_leaves(length), step = (size_t)LEAVES_AT_ONCE * WQ_TREE_LEAF;
	wq_digest *digests = WQ_NEW_ARRAY(&s->arena, wq_digest, leaves);
	uint8_t *chunk = wq_arena_alloc(&s->arena, step);
	struct stat st;

	WQ_TRY(wq_arena_err(&s->arena));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return wq_error(WQ_E_INPUT, "the body is not a file");
	if ((uint64_t)st.st_size != length)
		return wq_error(WQ_E_ALTERED, "the body has %lld bytes, the statement says %llu", (long long)st.st_size,
			(unsigned long long)length);
	for (uint64_t at = 0; at < length; at += step) {
		size_t n = (size_t)WQ_MIN((uint64_t)step, length - at);
		WQ_TRY(read_exactly("the body", fd, chunk, n, (off_t)at));
		wq_tree_leaf_digests(wq_str_of(chunk, n), digests + at / WQ_TREE_LEAF);
	}
	if (length == 0)
		digests[0] = wq_tree_leaf(WQ_S_NONE);
	*ret_root = wq_tree_root_of_leaves(digests, leaves, length);
	return WQ_OK;
}

/* Who may write the list decides who may approve. */
static wq_err check_list_owner(const char *list)
{
	struct stat st;

	if (lstat(list, &st) != 0)
		return wq_error_sys(WQ_E_CONFIG, errno, "%s", list);
	if (!S_ISREG(st.st_mode) || st.st_mode & (S_IWGRP | S_IWOTH) || (st.st_uid != geteuid() && st.st_uid != 0))
		return wq_error(WQ_E_CONFIG, "%s has to be a file that only weique-sign's user can write", list);
	return WQ_OK;
}

static wq_err check_decided(struct wq_seal_service *s, const struct wq_seal_request *r)
{
	WQ_BUF(text, WQ_TRUST_BYTES_MAX);
	struct wq_trust trust;

	WQ_TRY(check_list_owner(path(s, "trust")));
	WQ_TRY(wq_file_read(s->fs, path(s, "trust"), &text));
	WQ_TRY(wq_trust_parse(wq_buf_str(&text), &s->arena, &trust));
	return wq_trust_check(&trust, r->statement, r->decisions, r->decisions_n, NULL);
}

/* Whether the event says what the decision says: same person, and the decision's very bytes, in hexadecimal. */
static bool records(const struct wq_event *event, const struct wq_signed_decision *decision)
{
	WQ_BUF(member, 2 * WQ_DECISION_BYTES_MAX + 64);
	struct wq_decision said;

	for (size_t i = 0; i < decision->canonical.n; i++)
		wq_buf_printf(&member, "%02x", (uint8_t)decision->canonical.p[i]);
	return !wq_failed(wq_buf_err(&member)) && !wq_failed(wq_decision_decode(decision->canonical, &said)) &&
		wq_str_eq(said.person, event->actor) && wq_str_find(event->body, wq_buf_str(&member)) >= 0;
}

/* The event is named in the head for ever: it has to be the ledger's record of one of these decisions. */
static wq_err check_event(const struct wq_seal_request *r, const struct wq_statement *statement, wq_digest *ret_digest)
{
	struct wq_event event;
	bool found = false;

	WQ_TRY(wq_event_decode(r->event, &event));
	for (size_t i = 0; i < r->decisions_n && !found; i++)
		found = records(&event, &r->decisions[i]);
	if (!found || !wq_str_eq(event.type, WQ_S("release.decided")) ||
		!wq_str_eq(event.subject, statement->release) || !wq_str_eq(event.app, statement->app))
		return wq_error(WQ_E_UNAPPROVED, "the event records none of the decisions on release %.*s",
			WQ_S_ARG(statement->release));
	*ret_digest = event.digest;
	return WQ_OK;
}

/* Nothing is sealed on another ground than the reviewers saw. */
static wq_err check_base(const struct wq_statement *statement, const struct wq_seal_record *last)
{
	if (statement->base_serial != last->head.serial ||
		!wq_digest_eq(statement->base, last->head.serial ? wq_sm3(last->canonical) : (wq_digest){{0}}))
		return wq_error(WQ_E_REPLAYED, "the release builds on serial %llu, sealed last was %llu",
			(unsigned long long)statement->base_serial, (unsigned long long)last->head.serial);
	return WQ_OK;
}

static wq_err sign_head(struct wq_seal_service *s, const struct wq_statement *statement,
	const struct wq_seal_request *r, wq_digest event, struct wq_buf *canonical, struct wq_seal_record *ret_record)
{
	struct wq_seal_record record = {.head = {.serial = statement->base_serial + 1,
						.previous = statement->base,
						.event = event,
						.statement = wq_sm3(r->statement),
						.body_root = statement->body_root,
						.body_bytes = statement->body_bytes,
						.sealed_at = wq_now(s->clock),
						.key_id = wq_sm2_key_id(&s->keys.keys[0])}};

	memcpy(record.head.app, statement->app.p, statement->app.n);
	WQ_TRY(wq_snapshot_head_encode(&record.head, canonical));
	record.canonical = wq_buf_str(canonical);
	WQ_TRY(wq_sm2_sign(s->key, record.canonical, &record.sig));
	*ret_record = record;
	return WQ_OK;
}

/* Everything that has to be true before a new serial is given. */
static wq_err check_all(struct wq_seal_service *s, const struct wq_seal_request *r,
	const struct wq_statement *statement, const struct wq_seal_record *last, int body_fd, wq_digest *ret_event)
{
	wq_digest root;

	WQ_TRY(check_decided(s, r));
	WQ_TRY(check_event(r, statement, ret_event));
	WQ_TRY(check_base(statement, last));
	WQ_TRY(body_root(s, body_fd, statement->body_bytes, &root));
	if (!wq_digest_eq(root, statement->body_root))
		return wq_error(WQ_E_ALTERED, "the body is not the one that was decided on");
	return WQ_OK;
}

static wq_err seal(struct wq_seal_service *s, const struct wq_seal_request *r, int body_fd, struct wq_buf *out,
	wq_sm2_sig *ret_sig)
{
	WQ_BUF(canonical, WQ_SNAPSHOT_HEADER);
	struct wq_seal_record last = {0}, made;
	struct wq_statement statement;
	wq_digest event;
	wq_err e;

	WQ_TRY(wq_statement_decode(r->statement, &statement));
	if (statement.body_bytes > (uint64_t)BODY_MAX_GIB << 30)
		return wq_error(WQ_E_LIMIT, "the body is larger than %d GiB", BODY_MAX_GIB);
	e = wq_seal_record_read(&s->records, statement.app, &s->arena, &last);
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	if (wq_failed(e) || !wq_digest_eq(last.head.statement, wq_sm3(r->statement))) {
		WQ_TRY(check_all(s, r, &statement, &last, body_fd, &event));
		WQ_TRY(sign_head(s, &statement, r, event, &canonical, &made));
		WQ_TRY(wq_seal_record_write(&s->records, &made));
		last = made;
	} /* else it is asked again: the same answer */
	wq_buf_add(out, last.canonical);
	WQ_TRY(wq_buf_err(out));
	*ret_sig = last.sig;
	return WQ_OK;
}

wq_err wq_seal_service_seal(struct wq_seal_service *s, const struct wq_seal_request *request, int body_fd,
	struct wq_buf *out, wq_sm2_sig *ret_sig)
{
	wq_err e = seal(s, request, body_fd, out, ret_sig);

	wq_arena_reset(&s->arena);
	return e;
}

/* ---- HEAD ---- */

/* Follows `count` events from `tip`; each must name the one before. */
static wq_err follow(struct wq_seal_service *s, int fd, uint64_t count, struct wq_tip *tip)
{
	uint8_t *bytes = wq_arena_alloc(&s->arena, WQ_EVENT_BYTES_MAX);
	off_t at = 0;

	WQ_TRY(wq_arena_err(&s->arena));
	for (uint64_t i = 0; i < count; i++) {
		struct wq_cursor c;
		struct wq_event event;
		size_t n;

		WQ_TRY(read_exactly("the list of events", fd, bytes, 4, at));
		c = wq_cursor_of(wq_str_of(bytes, 4));
		n = wq_cursor_u32(&c);
		if (n > WQ_EVENT_BYTES_MAX)
			return wq_error(WQ_E_LIMIT, "an event of %zu bytes", n);
		WQ_TRY(read_exactly("the list of events", fd, bytes, n, at + 4));
		at += 4 + (off_t)n;
		WQ_TRY(wq_event_decode(wq_str_of(bytes, n), &event));
		if (event.seq != tip->seq + 1 || !wq_digest_eq(event.previous, tip->digest))
			return wq_error(WQ_E_CHAIN, "event %llu does not follow event %llu of the head signed last",
				(unsigned long long)event.seq, (unsigned long long)tip->seq);
		*tip = (struct wq_tip){.seq = event.seq, .digest = event.digest};
	}
	return WQ_OK;
}

static wq_err head(struct wq_seal_service *s, uint64_t first, uint64_t count, int events_fd, struct wq_head *ret_head)
{
	WQ_BUF(canonical, 4096);
	struct wq_head h;

	WQ_TRY(wq_seal_records_ready(&s->records));
	h = s->records.last;
	if (count == 0) {
		if (h.tip.seq == 0)
			return wq_error(WQ_E_NOT_FOUND, "no head was signed yet");
		*ret_head = h;
		return WQ_OK;
	}
	if (first != h.tip.seq + 1)
		return wq_error(WQ_E_CHAIN, "the last head signed is at event %llu, the events begin at %llu",
			(unsigned long long)h.tip.seq, (unsigned long long)first);
	WQ_TRY(follow(s, events_fd, count, &h.tip));
	h.time = wq_now(s->clock);
	h.key_id = wq_sm2_key_id(&s->keys.keys[0]);
	WQ_TRY(wq_head_encode(&h, &canonical));
	WQ_TRY(wq_sm2_sign(s->key, wq_buf_str(&canonical), &h.sig));
	WQ_TRY(wq_seal_records_add_head(&s->records, &h));
	*ret_head = h;
	return WQ_OK;
}

wq_err wq_seal_service_head(
	struct wq_seal_service *s, uint64_t first, uint64_t count, int events_fd, struct wq_head *ret_head)
{
	wq_err e = head(s, first, count, events_fd, ret_head);

	wq_arena_reset(&s->arena);
	return e;
}

/* ---- one message ---- */

static wq_err answer_seal(struct wq_seal_service *s, struct wq_link *link, struct wq_link_message *m)
{
	WQ_BUF(canonical, WQ_SNAPSHOT_HEADER);
	WQ_BUF(payload, WQ_LINK_PAYLOAD_MAX);
	struct wq_seal_request request;
	wq_sm2_sig sig;

	WQ_TRY(wq_seal_request_decode(m->payload, &request));
	WQ_TRY(wq_seal_service_seal(s, &request, m->fds[0], &canonical, &sig));
	wq_buf_add(&payload, wq_str_of(sig.rs, sizeof sig.rs));
	wq_buf_add(&payload, wq_buf_str(&canonical));
	WQ_TRY(wq_buf_err(&payload));
	return wq_link_send(link, WQ_SEAL_SEALED, 0, wq_buf_str(&payload), NULL, 0);
}

static wq_err answer_head(struct wq_seal_service *s, struct wq_link *link, struct wq_link_message *m)
{
	WQ_BUF(line, WQ_SEAL_HEAD_LINE_MAX);
	struct wq_cursor c = wq_cursor_of(m->payload);
	uint64_t first = wq_cursor_u64(&c), count = wq_cursor_u64(&c);
	struct wq_head h;

	WQ_TRY(wq_cursor_end(&c));
	WQ_TRY(wq_seal_service_head(s, first, count, m->fds[0], &h));
	WQ_TRY(wq_head_line(&h, &line));
	return wq_link_send(link, WQ_SEAL_HEADED, 0, wq_buf_str(&line), NULL, 0);
}

static wq_err answer_refused(struct wq_link *link, wq_err why)
{
	WQ_BUF(payload, 2 + WQ_ERR_NOTE_BYTES);

	wq_buf_u16(&payload, why.id);
	wq_buf_add(&payload, wq_str_c(wq_err_note(why)));
	return wq_link_send(link, WQ_SEAL_REFUSED, 0, wq_buf_str(&payload), NULL, 0);
}

wq_err wq_seal_service_answer(struct wq_seal_service *s, struct wq_link *link, struct wq_link_message *m)
{
	wq_err e;

	if (m->type->type == WQ_SEAL_PUBLIC)
		return wq_link_send(
			link, WQ_SEAL_PUBLIC_KEY, 0, wq_str_of(s->keys.keys, s->keys.n * WQ_SM2_PUBLIC_BYTES), NULL, 0);
	e = m->type->type == WQ_SEAL_SEAL ? answer_seal(s, link, m) : answer_head(s, link, m);
	if (wq_failed(e)) {
		WQ_TRY(answer_refused(link, e));
		return e;
	}
	return WQ_OK;
}
