#include "seal/service.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ledger/trust.h"

enum { MEMORY = 64 * 1024 * 1024, BODY_MAX_GIB = 4, EVENT_MAX = WQ_EVENT_BODY_MAX + 65536, LEAVES_AT_ONCE = 64 };

struct wq_seal_service {
	char *dir;
	struct wq_sm2_key *key;
	wq_sm2_public public_key;
	const struct wq_clock *clock;
	const struct wq_fs *fs;
	struct wq_head last; /* the ledger head signed last; seq 0: none */
	int heads_fd;        /* heads.log, for appending */
	int lock_fd;
	struct wq_arena arena; /* of one request */
};

/* What was sealed last for an application. */
struct sealed {
	struct wq_snapshot_head head;
	wq_str canonical; /* of the head */
	wq_sm2_sig sig;
};

static const char *path(struct wq_seal_service *s, const char *name)
{
	const char *full = wq_arena_printf(&s->arena, "%s/%s", s->dir, name).p;
	return full ? full : "";
}

/* The last line of heads.log, verified. A torn last line (a crash while appending) was never handed out: it is closed with
 * a newline, and the line before it counts. */
static wq_err heads_open(struct wq_seal_service *s)
{
	WQ_BUF(canonical, 4096);
	char tail[4 * WQ_SEAL_HEAD_LINE_MAX];
	wq_str text, line = WQ_S_NONE;
	ssize_t n;
	off_t end;
	int fd;

	WQ_TRY(wq_file_append_open(s->fs, path(s, "heads.log"), 0640, &s->heads_fd));
	fd = open(path(s, "heads.log"), O_RDONLY | O_CLOEXEC);
	end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
	n = end >= 0 ? pread(fd, tail, sizeof tail, WQ_MAX(0, end - (off_t)sizeof tail)) : -1;
	wq_file_close(&fd);
	if (n < 0)
		return wq_error_sys(WQ_E_IO, errno, "heads.log");
	text = wq_str_of(tail, (size_t)n);
	if (text.n > 0 && text.p[text.n - 1] != '\n')
		WQ_TRY(wq_file_append(s->fs, s->heads_fd, WQ_S("\n")));
	text = wq_str_head(text, (size_t)(wq_str_rchr(text, '\n') + 1));
	while (text.n > 0) {
		text.n--; /* its newline */
		line = wq_str_from(text, (size_t)(wq_str_rchr(text, '\n') + 1));
		text.n -= line.n;
		if (line.n > 0 && !wq_failed(wq_head_parse(line, &s->last)))
			break;
		line = WQ_S_NONE;
	}
	if (line.n == 0)
		return n == 0 ? WQ_OK : wq_error(WQ_E_ALTERED, "heads.log ends without a head");
	WQ_TRY(wq_head_encode(&s->last, &canonical));
	if (wq_failed(wq_sm2_verify(&s->public_key, wq_buf_str(&canonical), &s->last.sig)))
		return wq_error(WQ_E_ALTERED, "the last line of heads.log is not signed by this key");
	return WQ_OK;
}

static wq_err service_open(struct wq_seal_service *s, const struct wq_secret *passphrase)
{
	WQ_TRY(wq_file_lock(path(s, "lock"), false, &s->lock_fd));
	WQ_TRY(wq_sm2_load(path(s, "seal.key"), passphrase, &s->key));
	s->public_key = wq_sm2_key_public(s->key);
	return heads_open(s);
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
	s->heads_fd = s->lock_fd = -1;
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
	wq_file_close(&s->heads_fd);
	wq_file_close(&s->lock_fd);
	wq_arena_done(&s->arena);
	free(s->dir);
	free(s);
	*service = NULL;
}

wq_sm2_public wq_seal_service_public(const struct wq_seal_service *service)
{
	return service->public_key;
}

wq_err wq_seal_service_init(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase)
{
	static const char trust[] = "weique-trust 1\n"
				    "# people whose decisions weique-sign accepts; see docs/operating.md\n"
				    "app * approvals=2 in-establishment=yes\n";
	struct wq_sm2_key *key = NULL;
	char file[4096], apps[4096];
	wq_err e;

	if (snprintf(file, sizeof file, "%s/seal.key", dir) >= (int)sizeof file ||
		snprintf(apps, sizeof apps, "%s/apps", dir) >= (int)sizeof apps)
		return wq_error(WQ_E_LIMIT, "the folder's name is too long");
	WQ_TRY(wq_dir_make(fs, apps, 0700));
	if (access(file, F_OK) == 0)
		return wq_error(WQ_E_EXISTS, "%s", file);
	WQ_TRY(wq_sm2_generate(&key));
	e = wq_sm2_save(key, file, passphrase);
	wq_sm2_key_free(&key);
	WQ_TRY(e);
	snprintf(file, sizeof file, "%s/trust", dir);
	return wq_file_create(fs, file, wq_str_of(trust, sizeof trust - 1), 0640);
}

/* ---- what was sealed last ---- */

static const char *sealed_path(struct wq_seal_service *s, wq_str app)
{
	const char *name = wq_arena_printf(&s->arena, "apps/%.*s.sealed", WQ_S_ARG(app)).p;
	return path(s, name ? name : "");
}

/* WQ_E_NOT_FOUND when nothing was. The file's own signature is checked: whoever altered it is found out here. */
static wq_err sealed_read(struct wq_seal_service *s, wq_str app, struct sealed *ret)
{
	WQ_BUF(file, 16 * WQ_KIB);
	struct wq_cursor c;
	wq_str bytes;

	WQ_TRY(wq_file_read(s->fs, sealed_path(s, app), &file));
	bytes = wq_arena_str(&s->arena, wq_buf_str(&file));
	c = wq_cursor_of(bytes);
	if (!wq_str_eq(wq_cursor_take(&c, 8), wq_str_of("WQSEAL\0\1", 8)))
		wq_cursor_fail(&c);
	ret->canonical = wq_cursor_block32(&c, WQ_SNAPSHOT_HEADER);
	wq_cursor_copy(&c, ret->sig.rs, sizeof ret->sig.rs);
	WQ_TRY(wq_cursor_end(&c));
	WQ_TRY(wq_snapshot_head_decode(ret->canonical, &ret->head));
	if (!wq_str_eq(wq_str_c(ret->head.app), app) ||
		wq_failed(wq_sm2_verify(&s->public_key, ret->canonical, &ret->sig)))
		return wq_error(WQ_E_ALTERED, "apps/%.*s.sealed is not what was written", WQ_S_ARG(app));
	return WQ_OK;
}

static wq_err sealed_write(struct wq_seal_service *s, wq_str app, wq_str canonical, const wq_sm2_sig *sig)
{
	WQ_BUF(file, 16 * WQ_KIB);

	wq_buf_add(&file, wq_str_of("WQSEAL\0\1", 8));
	wq_buf_u32(&file, (uint32_t)canonical.n);
	wq_buf_add(&file, canonical);
	wq_buf_add(&file, wq_str_of(sig->rs, sizeof sig->rs));
	WQ_TRY(wq_buf_err(&file));
	return wq_file_replace(s->fs, sealed_path(s, app), wq_buf_str(&file), 0600);
}

/* ---- SEAL ---- */

static wq_err read_exactly(int fd, void *into, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t got = pread(fd, into, n, at);
		if (got < 0)
			return wq_error_sys(WQ_E_IO, errno, "the body");
		if (got == 0)
			return wq_error(WQ_E_ALTERED, "the body is shorter than the statement says");
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
		WQ_TRY(read_exactly(fd, chunk, n, (off_t)at));
		wq_tree_leaf_digests(wq_str_of(chunk, n), digests + at / WQ_TREE_LEAF);
	}
	if (length == 0)
		digests[0] = wq_tree_leaf(WQ_S_NONE);
	*ret_root = wq_tree_root_of_leaves(digests, leaves, length);
	return WQ_OK;
}

static wq_err check_decided(struct wq_seal_service *s, const struct wq_seal_request *r)
{
	WQ_BUF(text, WQ_TRUST_BYTES_MAX);
	struct wq_trust trust;

	WQ_TRY(wq_file_read(s->fs, path(s, "trust"), &text));
	WQ_TRY(wq_trust_parse(wq_buf_str(&text), &s->arena, &trust));
	return wq_trust_check(&trust, r->statement, r->decisions, r->decisions_n, NULL);
}

static wq_err check_event(const struct wq_seal_request *r, const struct wq_statement *statement, wq_digest *ret_digest)
{
	struct wq_event event;

	WQ_TRY(wq_event_decode(r->event, &event));
	if (!wq_str_eq(event.type, WQ_S("release.decided")) || !wq_str_eq(event.subject, statement->release) ||
		!wq_str_eq(event.app, statement->app))
		return wq_error(
			WQ_E_UNAPPROVED, "the event is no decision on release %.*s", WQ_S_ARG(statement->release));
	*ret_digest = event.digest;
	return WQ_OK;
}

/* Nothing is sealed on another ground than the reviewers saw. */
static wq_err check_base(const struct wq_statement *statement, const struct sealed *last)
{
	if (statement->base_serial != last->head.serial ||
		!wq_digest_eq(statement->base, last->head.serial ? wq_sm3(last->canonical) : (wq_digest){{0}}))
		return wq_error(WQ_E_REPLAYED, "the release builds on serial %llu, sealed last was %llu",
			(unsigned long long)statement->base_serial, (unsigned long long)last->head.serial);
	return WQ_OK;
}

static wq_err sign_head(struct wq_seal_service *s, const struct wq_statement *statement,
	const struct wq_seal_request *r, wq_digest event, struct wq_buf *out, wq_sm2_sig *ret_sig)
{
	struct wq_snapshot_head head = {
		.serial = statement->base_serial + 1,
		.previous = statement->base,
		.event = event,
		.statement = wq_sm3(r->statement),
		.body_root = statement->body_root,
		.body_bytes = statement->body_bytes,
		.sealed_at = wq_now(s->clock),
		.key_id = wq_sm2_key_id(&s->public_key),
	};

	memcpy(head.app, statement->app.p, statement->app.n);
	WQ_TRY(wq_snapshot_head_encode(&head, out));
	return wq_sm2_sign(s->key, wq_buf_str(out), ret_sig);
}

static wq_err seal(struct wq_seal_service *s, const struct wq_seal_request *r, int body_fd, struct wq_buf *out,
	wq_sm2_sig *ret_sig)
{
	struct wq_statement statement;
	struct sealed last = {0};
	wq_digest event, root;
	wq_err e;

	WQ_TRY(wq_statement_decode(r->statement, &statement));
	if (statement.body_bytes > (uint64_t)BODY_MAX_GIB << 30)
		return wq_error(WQ_E_LIMIT, "the body is larger than %d GiB", BODY_MAX_GIB);
	e = sealed_read(s, statement.app, &last);
	if (wq_failed(e) && !wq_is(e, WQ_E_NOT_FOUND))
		return e;
	if (!wq_failed(e) && wq_digest_eq(last.head.statement, wq_sm3(r->statement))) {
		*ret_sig = last.sig; /* asked again: the same answer */
		wq_buf_add(out, last.canonical);
		return wq_buf_err(out);
	}
	WQ_TRY(check_decided(s, r));
	WQ_TRY(check_event(r, &statement, &event));
	WQ_TRY(check_base(&statement, &last));
	WQ_TRY(body_root(s, body_fd, statement.body_bytes, &root));
	if (!wq_digest_eq(root, statement.body_root))
		return wq_error(WQ_E_ALTERED, "the body is not the one that was decided on");
	WQ_TRY(sign_head(s, &statement, r, event, out, ret_sig));
	return sealed_write(s, statement.app, wq_buf_str(out), ret_sig);
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
	uint8_t *bytes = wq_arena_alloc(&s->arena, EVENT_MAX);
	off_t at = 0;

	WQ_TRY(wq_arena_err(&s->arena));
	for (uint64_t i = 0; i < count; i++) {
		struct wq_cursor c;
		struct wq_event event;
		size_t n;

		WQ_TRY(read_exactly(fd, bytes, 4, at));
		c = wq_cursor_of(wq_str_of(bytes, 4));
		n = wq_cursor_u32(&c);
		if (n > EVENT_MAX)
			return wq_error(WQ_E_LIMIT, "an event of %zu bytes", n);
		WQ_TRY(read_exactly(fd, bytes, n, at + 4));
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
	WQ_BUF(line, WQ_SEAL_HEAD_LINE_MAX);
	struct wq_head h = s->last;

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
	h.key_id = wq_sm2_key_id(&s->public_key);
	WQ_TRY(wq_head_encode(&h, &canonical));
	WQ_TRY(wq_sm2_sign(s->key, wq_buf_str(&canonical), &h.sig));
	WQ_TRY(wq_head_line(&h, &line));
	if (line.len == 0 || line.data[line.len - 1] != '\n')
		wq_buf_byte(&line, '\n');
	WQ_TRY(wq_buf_err(&line));
	WQ_TRY(wq_file_append(s->fs, s->heads_fd, wq_buf_str(&line)));
	*ret_head = s->last = h;
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
			link, WQ_SEAL_PUBLIC_KEY, 0, wq_str_of(s->public_key.point, WQ_SM2_PUBLIC_BYTES), NULL, 0);
	e = m->type->type == WQ_SEAL_SEAL ? answer_seal(s, link, m) : answer_head(s, link, m);
	if (wq_failed(e)) {
		WQ_TRY(answer_refused(link, e));
		return e;
	}
	return WQ_OK;
}
