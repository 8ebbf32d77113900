#include "ledger/ledger_fixture_test.h"

#include <ftw.h>
#include <sys/stat.h>

void wq_fixture_begin(struct fixture *f)
{
	snprintf(f->folder, sizeof(f->folder), "/tmp/wq-ledger-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	if (f->kind == WQ_DB_SQLITE) {
		snprintf(f->url, sizeof(f->url), "sqlite:%s/ledger.db", f->folder);
	} else {
		snprintf(f->url, sizeof(f->url), "%s", f->pg->url);
		assert_ok(wq_pg_test_clear(f->pg));
	}
	wq_arena_init(&f->arena, 64 * WQ_MIB);
}

void wq_fixture_open(struct fixture *f, const struct wq_projections *projections)
{
	assert_ok(wq_db_open(wq_str_c(f->url), &f->db));
	assert_ok(wq_ledger_open(f->db, &wq_clock_system, &wq_random_system, projections, &f->ledger));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void wq_fixture_end(struct fixture *f)
{
	wq_ledger_close(&f->ledger);
	wq_db_close(&f->db);
	wq_arena_done(&f->arena);
	nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

wq_err wq_fixture_append(struct fixture *f, int number)
{
	char body[64], subject[32];
	struct wq_event_new event = {.type = WQ_S("release.created"), .actor = WQ_S("张三"), .app = WQ_S("portal")};

	snprintf(body, sizeof(body), "{\"number\":%d}", number);
	snprintf(subject, sizeof(subject), "release-%d", number);
	event.subject = wq_str_c(subject);
	event.body = wq_str_c(body);
	return wq_ledger_append(f->ledger, &event, NULL, NULL);
}

wq_err wq_fixture_append_private(struct fixture *f)
{
	const struct wq_event_private fields[] = {
		{WQ_S_INIT("phone"), WQ_S_INIT("13800000000")}, {WQ_S_INIT("name"), WQ_S_INIT("李四")}};
	struct wq_event_new event = {.type = WQ_S("person.registered"),
		.actor = WQ_S("admin"),
		.app = WQ_S("portal"),
		.body = WQ_S("{}"),
		.private_fields = fields,
		.private_n = WQ_COUNT(fields)};

	return wq_ledger_append(f->ledger, &event, NULL, NULL);
}

struct wq_head wq_fixture_head(struct fixture *f, const struct wq_sm2_key *key)
{
	wq_sm2_public public = wq_sm2_key_public(key);
	struct wq_head head = {.time = 1790000000 * WQ_SECOND, .key_id = wq_sm2_key_id(&public)};
	WQ_BUF(bytes, 512);

	assert_ok(wq_ledger_tip(f->ledger, &head.tip));
	assert_ok(wq_head_encode(&head, &bytes));
	assert_ok(wq_sm2_sign(key, wq_buf_str(&bytes), &head.sig));
	return head;
}
