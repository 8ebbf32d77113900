#include "seal/service_fixture_test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/mman.h>

#include "crypto/canon.h"
#include "ledger/trust.h"

enum { FILE_MAX = 16 * 1024 * 1024 };

static const struct {
	const char *id;
	unsigned roles;
	bool in_establishment, listed;
} rows[PEOPLE] = {
	[EDITOR] = {"editor", WQ_ROLE_AUTHOR, true, true},
	[WANG] = {"wang", WQ_ROLE_REVIEWER, true, true},
	[LI] = {"li", WQ_ROLE_REVIEWER, true, true},
	[CHEN] = {"chen", WQ_ROLE_REVIEWER, false, true},
	[SUN] = {"sun", WQ_ROLE_AUTHOR | WQ_ROLE_REVIEWER, true, true},
	[HE] = {"he", WQ_ROLE_REVIEWER, true, false},
};

const char *person_name(enum who who)
{
	return rows[who].id;
}

void people_new(struct people *people)
{
	for (size_t i = 0; i < PEOPLE; i++)
		assert_ok(wq_sm2_generate(&people->keys[i]));
}

void people_free(struct people *people)
{
	for (size_t i = 0; i < PEOPLE; i++)
		wq_sm2_key_free(&people->keys[i]);
}

/* ---- folders ---- */

void folder_write(const char *dir, const char *name, wq_str bytes)
{
	char path[2 * TEST_PATH];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_ok(wq_file_replace(&wq_fs_system, path, bytes, 0600));
}

void folder_read(const char *dir, const char *name, struct wq_buf *out)
{
	char path[2 * TEST_PATH];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	wq_buf_clear(out);
	assert_ok(wq_file_read(&wq_fs_system, path, out));
}

void folder_make(char dir[TEST_PATH], const struct people *people)
{
	struct wq_secret none = {0};
	WQ_BUF(trust, FILE_MAX);

	snprintf(dir, TEST_PATH, "/tmp/wq-seal-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_ok(wq_seal_service_init(&wq_fs_system, dir, &none));
	folder_read(dir, "trust", &trust);
	wq_buf_printf(&trust, "app notice approvals=1 in-establishment=no\n");
	for (size_t i = 0; i < PEOPLE; i++)
		if (rows[i].listed)
			assert_ok(wq_trust_person_line(&(struct wq_trust_person){.id = wq_str_c(rows[i].id),
							       .key = wq_sm2_key_public(people->keys[i]),
							       .roles = rows[i].roles,
							       .in_establishment = rows[i].in_establishment},
				&trust));
	folder_write(dir, "trust", wq_buf_str(&trust));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void folder_remove(const char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int memory_file(wq_str bytes)
{
	int fd = memfd_create("wq-test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	return fd;
}

/* ---- a release ---- */

void event_encode(uint64_t seq, const char *type, wq_str actor, wq_str app, wq_str subject, wq_str body,
	wq_digest previous, struct wq_buf *out)
{
	wq_canon_begin(out, WQ_DOMAIN_EVENT, 1, WQ_ALG_SM3);
	wq_canon_u64(out, seq);
	wq_canon_time(out, 1790000000 * WQ_SECOND);
	wq_canon_text(out, wq_str_c(type));
	wq_canon_text(out, actor);
	wq_canon_text(out, app);
	wq_canon_text(out, subject);
	wq_canon_text(out, body);
	wq_canon_list(out, 0);
	wq_canon_digest(out, previous);
	assert_ok(wq_buf_err(out));
}

void release_begin(struct release *r, const char *app, const char *id, wq_str body, uint64_t base_serial, wq_str base)
{
	memset(r, 0, sizeof *r);
	wq_buf_init(&r->statement, WQ_STATEMENT_BYTES_MAX);
	wq_buf_init(&r->event, WQ_EVENT_BYTES_MAX);
	for (size_t i = 0; i < WQ_DECISIONS_MAX; i++)
		wq_buf_init(&r->decisions[i], WQ_DECISION_BYTES_MAX);
	r->body_fd = memory_file(body);
	r->said = (struct wq_statement){.release = wq_str_c(id),
		.app = wq_str_c(app),
		.author = wq_str_c(person_name(EDITOR)),
		.base_serial = base_serial,
		.base = base_serial ? wq_sm3(base) : (wq_digest){{0}},
		.body_root = wq_tree_root(body),
		.body_bytes = body.n,
		.entries = 1,
		.added = 1,
		.created = 1790000000 * WQ_SECOND};
	assert_ok(wq_statement_encode(&r->said, &r->statement));
	r->request.statement = wq_buf_str(&r->statement);
}

void release_decide(struct release *r, const struct people *people, enum who who, enum wq_verdict verdict)
{
	size_t n = r->request.decisions_n++;
	struct wq_decision d = {.statement = wq_sm3(r->request.statement),
		.release = r->said.release,
		.person = wq_str_c(person_name(who)),
		.stage = WQ_S("内容审核"),
		.comment = WQ_S("内容属实"),
		.verdict = verdict,
		.time = 1790000100 * WQ_SECOND};

	assert_ok(wq_decision_encode(&d, &r->decisions[n]));
	r->request.decisions[n].canonical = wq_buf_str(&r->decisions[n]);
	assert_ok(wq_sm2_sign(people->keys[who], wq_buf_str(&r->decisions[n]), &r->request.decisions[n].sig));
}

void release_finish(struct release *r)
{
	wq_str last = wq_buf_str(&r->decisions[r->request.decisions_n - 1]);
	struct wq_decision said;
	WQ_BUF(body, WQ_EVENT_BODY_MAX);

	assert_ok(wq_decision_decode(last, &said));
	wq_buf_printf(&body, "{\"decision\":\"");
	for (size_t i = 0; i < last.n; i++)
		wq_buf_printf(&body, "%02x", (uint8_t)last.p[i]);
	wq_buf_printf(&body, "\"}");
	event_encode(9, "release.decided", said.person, r->said.app, r->said.release, wq_buf_str(&body),
		(wq_digest){{1}}, &r->event);
	r->request.event = wq_buf_str(&r->event);
}

void release_approved(struct release *r, const struct people *people, const char *app, const char *id, wq_str body,
	uint64_t base_serial, wq_str base)
{
	release_begin(r, app, id, body, base_serial, base);
	release_decide(r, people, WANG, WQ_VERDICT_APPROVE);
	release_decide(r, people, LI, WQ_VERDICT_APPROVE);
	release_finish(r);
}

void release_done(struct release *r)
{
	wq_buf_done(&r->statement);
	wq_buf_done(&r->event);
	for (size_t i = 0; i < WQ_DECISIONS_MAX; i++)
		wq_buf_done(&r->decisions[i]);
	close(r->body_fd);
}
