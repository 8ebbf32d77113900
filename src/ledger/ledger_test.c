/* The ledger on both databases: the same table of tests. */
#include "ledger/ledger_fixture_test.h"

#include <sys/wait.h>

static struct wq_pg_test pg;
static struct wq_sm2_key *key;
static wq_sm2_public public_key;
static const struct wq_head_keys head_keys = {&public_key, 1};
static struct fixture sqlite = {.kind = WQ_DB_SQLITE}, postgres = {.kind = WQ_DB_POSTGRES, .pg = &pg};

/* ---- state made from events: how many of each subject ---- */

static int die_at; /* the projection ends the process at this call */

static wq_err count_created(struct wq_db *db, const struct wq_event *event)
{
	if (die_at > 0 && --die_at == 0)
		_exit(9);
	if (wq_str_eq(event->subject, WQ_S("refused")))
		return wq_error(WQ_E_DENIED, "refused by the projection");
	return WQ_DB_EXEC(db,
		"INSERT INTO counted (app, n, last) VALUES ($1, 1, $2) "
		"ON CONFLICT (app) DO UPDATE SET n = counted.n + 1, last = excluded.last",
		WQ_DB_T(event->app), WQ_DB_I(event->seq));
}

static const struct wq_db_migration state_migrations[] = {
	{"counted", 1, "CREATE TABLE counted (app TEXT PRIMARY KEY, n INTEGER NOT NULL, last INTEGER NOT NULL)"}};
static const struct wq_projection rows[] = {{"release.created", count_created}, {0}};
static const char *const tables[] = {"counted", NULL};
static const struct wq_projections projections = {
	.migrations = state_migrations, .migrations_n = 1, .rows = rows, .tables = tables};

static int setup(void **state)
{
	struct fixture *f = *state;

	wq_fixture_begin(f);
	wq_fixture_open(f, &projections);
	return 0;
}

static int teardown(void **state)
{
	wq_fixture_end(*state);
	return 0;
}

static int64_t number(struct fixture *f, const char *sql)
{
	struct wq_db_rows *found = NULL;
	int64_t n = -1;

	assert_ok(wq_db_query(f->db, sql, NULL, 0, &found));
	if (wq_db_next(found))
		n = wq_db_int(found, 0);
	assert_ok(wq_db_rows_close(&found));
	return n;
}

static void alter(struct fixture *f, const char *sql)
{
	int64_t changed = 0;

	assert_ok(wq_db_exec(f->db, sql, NULL, 0, &changed));
	assert_true(changed > 0);
}

/* ---- appending and reading ---- */

static void test_append_and_tip(void **state)
{
	struct fixture *f = *state;
	struct wq_event_new event = {.type = WQ_S("release.created"),
		.actor = WQ_S("a"),
		.app = WQ_S("b"),
		.subject = WQ_S("c"),
		.body = WQ_S("{\"x\": [1, \"二\"]}")};
	struct wq_event first, second;
	struct wq_tip tip;
	struct wq_verify_result result;

	assert_ok(wq_ledger_tip(f->ledger, &tip));
	assert_int_equal(tip.seq, 0);
	assert_true(wq_digest_is_zero(tip.digest));
	assert_ok(wq_ledger_append(f->ledger, &event, &f->arena, &first));
	event.body = WQ_S("{}");
	assert_ok(wq_ledger_append(f->ledger, &event, &f->arena, &second));
	assert_int_equal(first.seq, 1);
	assert_int_equal(second.seq, 2);
	assert_true(wq_digest_is_zero(first.previous));
	assert_true(wq_digest_eq(second.previous, first.digest));
	assert_str(first.body, WQ_S("{\"x\": [1, \"二\"]}"));
	assert_true(wq_digest_eq(wq_sm3(second.canonical), second.digest));
	assert_ok(wq_ledger_tip(f->ledger, &tip));
	assert_int_equal(tip.seq, 2);
	assert_true(wq_digest_eq(tip.digest, second.digest));
	assert_ok(wq_ledger_verify(f->ledger, NULL, NULL, 0, &result));
	assert_int_equal(result.events, 2);
	assert_int_equal(result.fault_seq, 0);
	assert_int_equal(result.witnessed_to, 0);
}

static void test_refused_events(void **state)
{
	static const struct {
		const char *type, *actor, *body;
		enum wq_err_id id;
	} table[] = {{"release", "a", "{}", WQ_E_INPUT}, {"Release.created", "a", "{}", WQ_E_INPUT},
		{"release.", "a", "{}", WQ_E_INPUT}, {".created", "a", "{}", WQ_E_INPUT},
		{"a..b", "a", "{}", WQ_E_INPUT}, {"a.1b", "a", "{}", WQ_E_INPUT}, {"", "a", "{}", WQ_E_INPUT},
		{"ledger.erased", "a", "{}", WQ_E_INPUT}, {"a.b", "a", "[]", WQ_E_INPUT}, {"a.b", "a", "", WQ_E_INPUT},
		{"a.b", "a", "{\"a\":1,\"a\":2}", WQ_E_INPUT}, {"a.b", "a", "{} {}", WQ_E_INPUT},
		{"a.b", "\xff", "{}", WQ_E_INPUT}};
	struct fixture *f = *state;
	char longer[WQ_EVENT_NAME_MAX + 1];
	struct wq_event_new event = {.type = WQ_S("a.b"), .body = WQ_S("{}")};
	const struct wq_event_private twice[] = {{WQ_S_INIT("n"), WQ_S_INIT("1")}, {WQ_S_INIT("n"), WQ_S_INIT("2")}};

	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		event = (struct wq_event_new){.type = wq_str_c(table[i].type),
			.actor = wq_str_c(table[i].actor),
			.body = wq_str_c(table[i].body)};
		assert_err(wq_ledger_append(f->ledger, &event, NULL, NULL), table[i].id);
	}
	event = (struct wq_event_new){.type = WQ_S("a.b"), .body = WQ_S("{}")};
	memset(longer, 'x', sizeof(longer));
	event.actor = wq_str_of(longer, sizeof(longer));
	assert_err(wq_ledger_append(f->ledger, &event, NULL, NULL), WQ_E_LIMIT);
	event.actor.n--;
	assert_ok(wq_ledger_append(f->ledger, &event, NULL, NULL));
	event.private_fields = twice;
	event.private_n = 2;
	assert_err(wq_ledger_append(f->ledger, &event, NULL, NULL), WQ_E_INPUT);
	/* what the projection refuses did not happen, and neither did its group */
	event = (struct wq_event_new){.type = WQ_S("release.created"), .body = WQ_S("{}"), .subject = WQ_S("fine")};
	assert_ok(wq_ledger_begin(f->ledger));
	assert_ok(wq_ledger_add(f->ledger, &event, NULL, NULL));
	event.subject = WQ_S("refused");
	assert_err(wq_ledger_add(f->ledger, &event, NULL, NULL), WQ_E_DENIED);
	assert_err(wq_ledger_add(f->ledger, &event, NULL, NULL), WQ_E_BUG);
	assert_err(wq_ledger_commit(f->ledger), WQ_E_BUG);
	assert_int_equal(number(f, "SELECT count(*) FROM ledger_event"), 1);
	assert_int_equal(number(f, "SELECT count(*) FROM counted"), 0);
}

struct seen {
	uint64_t seqs[600];
	size_t n, stop_at;
};

static wq_err see(void *data, const struct wq_event *event)
{
	struct seen *seen = data;

	assert_true(seen->n < WQ_COUNT(seen->seqs));
	seen->seqs[seen->n++] = event->seq;
	return seen->n == seen->stop_at ? wq_error_id(WQ_E_INTERRUPTED) : WQ_OK;
}

static void test_visit(void **state)
{
	static const struct {
		struct wq_ledger_filter filter;
		size_t n;
		uint64_t first, last;
	} table[] = {{{0}, 401, 1, 401}, {{.newest_first = true}, 401, 401, 1},
		{{.first = 100, .last = 300}, 201, 100, 300}, {{.newest_first = true, .limit = 3}, 3, 401, 399},
		{{.limit = 256}, 256, 1, 256}, {{.type_prefix = WQ_S_INIT("person.")}, 1, 401, 401},
		{{.type_prefix = WQ_S_INIT("release.")}, 400, 1, 400},
		{{.type_prefix = WQ_S_INIT("Release.")}, 0, 0, 0}, {{.app = WQ_S_INIT("portal")}, 401, 1, 401},
		{{.app = WQ_S_INIT("other")}, 0, 0, 0}, {{.subject = WQ_S_INIT("release-7")}, 1, 8, 8},
		{{.subject = WQ_S_INIT("release-7"), .first = 9}, 0, 0, 0}, {{.first = 402}, 0, 0, 0},
		{{.since = 1}, 401, 1, 401}, {{.until = 1}, 0, 0, 0}};
	struct fixture *f = *state;
	struct seen seen;

	assert_ok(wq_ledger_begin(f->ledger));
	for (int i = 0; i < 400; i++) {
		char subject[32];
		struct wq_event_new event = {
			.type = WQ_S("release.created"), .app = WQ_S("portal"), .body = WQ_S("{}")};

		snprintf(subject, sizeof(subject), "release-%d", i);
		event.subject = wq_str_c(subject);
		assert_ok(wq_ledger_add(f->ledger, &event, NULL, NULL));
	}
	assert_ok(wq_ledger_commit(f->ledger));
	assert_ok(wq_fixture_append_private(f));
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		seen = (struct seen){0};
		assert_ok(wq_ledger_visit(f->ledger, &table[i].filter, see, &seen));
		if (seen.n != table[i].n)
			fail_msg("row %zu: %zu events", i, seen.n);
		if (seen.n > 0) {
			assert_int_equal(seen.seqs[0], table[i].first);
			assert_int_equal(seen.seqs[seen.n - 1], table[i].last);
		}
	}
	seen = (struct seen){.stop_at = 5};
	assert_err(wq_ledger_visit(f->ledger, &table[0].filter, see, &seen), WQ_E_INTERRUPTED);
	assert_int_equal(seen.n, 5);
}

/* ---- personal fields ---- */

static void test_private(void **state)
{
	struct fixture *f = *state;
	struct wq_verify_result result;
	wq_str value = WQ_S_NONE;

	assert_ok(wq_fixture_append(f, 1));
	assert_ok(wq_fixture_append_private(f));
	assert_ok(wq_ledger_private(f->ledger, 2, WQ_S("phone"), &f->arena, &value));
	assert_str(value, WQ_S("13800000000"));
	assert_err(wq_ledger_private(f->ledger, 2, WQ_S("mail"), &f->arena, &value), WQ_E_NOT_FOUND);
	assert_err(wq_ledger_private(f->ledger, 3, WQ_S("phone"), &f->arena, &value), WQ_E_NOT_FOUND);
	assert_ok(wq_ledger_erase(f->ledger, 2, WQ_S("phone"), WQ_S("admin")));
	assert_err(wq_ledger_private(f->ledger, 2, WQ_S("phone"), &f->arena, &value), WQ_E_NOT_FOUND);
	assert_err(wq_ledger_erase(f->ledger, 2, WQ_S("phone"), WQ_S("admin")), WQ_E_NOT_FOUND);
	assert_err(wq_ledger_erase(f->ledger, 1, WQ_S("phone"), WQ_S("admin")), WQ_E_NOT_FOUND);
	assert_ok(wq_ledger_private(f->ledger, 2, WQ_S("name"), &f->arena, &value));
	assert_str(value, WQ_S("李四"));
	assert_ok(wq_ledger_verify(f->ledger, NULL, NULL, 0, &result));
	assert_int_equal(result.events, 3);
	alter(f, "UPDATE ledger_private SET value = salt WHERE name = 'name'");
	assert_err(wq_ledger_private(f->ledger, 2, WQ_S("name"), &f->arena, &value), WQ_E_ALTERED);
}

/* ---- what verification finds ---- */

/* Ten events, the sixth with personal fields "name" (there) and "phone" (erased by event 7), a head kept for event 8. */
static void fill(struct fixture *f)
{
	struct wq_head head;

	for (int i = 1; i <= 5; i++)
		assert_ok(wq_fixture_append(f, i));
	assert_ok(wq_fixture_append_private(f));
	assert_ok(wq_ledger_erase(f->ledger, 6, WQ_S("phone"), WQ_S("admin")));
	assert_ok(wq_fixture_append(f, 8));
	head = wq_fixture_head(f, key);
	assert_ok(wq_ledger_head_save(f->ledger, &head));
	assert_ok(wq_fixture_append(f, 9));
	assert_ok(wq_fixture_append(f, 10));
}

#define MOVE(from, to) "UPDATE ledger_event SET seq = " #to " WHERE seq = " #from
#define COPY_COLUMNS "time, type, actor, app, subject, digest, bytes FROM ledger_event WHERE seq = "

static void test_tampering_is_found_and_placed(void **state)
{
	static const struct {
		const char *what, *sql[4];
		enum wq_err_id id;
		uint64_t seq;
	} table[] = {
		{"nothing", {"UPDATE ledger_event SET seq = seq"}, WQ_E_OK, 0},
		{"index time", {"UPDATE ledger_event SET time = time + 1 WHERE seq = 3"}, WQ_E_CHAIN, 3},
		{"index type", {"UPDATE ledger_event SET type = 'x.y' WHERE seq = 3"}, WQ_E_CHAIN, 3},
		{"index actor", {"UPDATE ledger_event SET actor = 'x' WHERE seq = 3"}, WQ_E_CHAIN, 3},
		{"index app", {"UPDATE ledger_event SET app = 'x' WHERE seq = 3"}, WQ_E_CHAIN, 3},
		{"index subject", {"UPDATE ledger_event SET subject = 'x' WHERE seq = 3"}, WQ_E_CHAIN, 3},
		{"index digest", {"UPDATE ledger_event SET digest = bytes WHERE seq = 10"}, WQ_E_CHAIN, 10},
		{"bytes of another",
			{"UPDATE ledger_event SET bytes = (SELECT bytes FROM ledger_event WHERE seq = 4) WHERE seq = 3"},
			WQ_E_CHAIN, 3},
		{"no bytes", {"UPDATE ledger_event SET bytes = key_id FROM ledger_head WHERE ledger_event.seq = 3"},
			WQ_E_CHAIN, 3},
		{"cut in the middle", {"DELETE FROM ledger_event WHERE seq = 4"}, WQ_E_CHAIN, 4},
		{"cut at the front", {"DELETE FROM ledger_event WHERE seq = 1"}, WQ_E_CHAIN, 1},
		{"cut and moved up", {"DELETE FROM ledger_event WHERE seq = 9", MOVE(10, 9)}, WQ_E_CHAIN, 9},
		{"reordered", {MOVE(3, 100), MOVE(4, 3), MOVE(100, 4)}, WQ_E_CHAIN, 3},
		{"duplicate", {"INSERT INTO ledger_event SELECT 11, " COPY_COLUMNS "10"}, WQ_E_CHAIN, 11},
		{"inserted before", {"INSERT INTO ledger_event SELECT 0, " COPY_COLUMNS "10"}, WQ_E_CHAIN, 1},
		{"inserted before, negative", {"INSERT INTO ledger_event SELECT -5, " COPY_COLUMNS "10"}, WQ_E_CHAIN,
			1},
		{"inserted", {MOVE(10, 11), "INSERT INTO ledger_event SELECT 10, " COPY_COLUMNS "9"}, WQ_E_CHAIN, 10},
		{"cut below a kept head", {"DELETE FROM ledger_event WHERE seq >= 8"}, WQ_E_REPLAYED, 8},
		{"all cut, heads left", {"DELETE FROM ledger_private", "DELETE FROM ledger_event"}, WQ_E_REPLAYED, 1},
		{"head moved", {"UPDATE ledger_head SET seq = 9"}, WQ_E_CHAIN, 9},
		{"head moved away", {"UPDATE ledger_head SET seq = 0"}, WQ_E_CHAIN, 1},
		{"head's signature", {"UPDATE ledger_head SET sig = substr(bytes, 1, 64)"}, WQ_E_SIGNATURE, 8},
		{"head's bytes", {"UPDATE ledger_head SET bytes = sig"}, WQ_E_CHAIN, 8},
		{"personal value", {"UPDATE ledger_private SET value = salt"}, WQ_E_CHAIN, 6},
		{"personal salt", {"UPDATE ledger_private SET salt = value"}, WQ_E_CHAIN, 6},
		{"personal value gone", {"DELETE FROM ledger_private"}, WQ_E_CHAIN, 6},
		{"erased value back",
			{"INSERT INTO ledger_private SELECT seq, 'phone', salt, value FROM ledger_private"}, WQ_E_CHAIN,
			6},
		{"personal value of nothing",
			{"INSERT INTO ledger_private SELECT 2, name, salt, value FROM ledger_private"}, WQ_E_CHAIN, 2},
	};
	struct fixture *f = *state;
	struct wq_verify_result result;

	fill(f);
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		wq_err e;

		assert_ok(wq_db_begin(f->db));
		for (size_t k = 0; k < WQ_COUNT(table[i].sql) && table[i].sql[k]; k++)
			alter(f, table[i].sql[k]);
		e = wq_ledger_verify(f->ledger, &head_keys, NULL, 0, &result);
		wq_db_abort(f->db);
		if (!wq_is(e, table[i].id) || result.fault_seq != table[i].seq)
			fail_msg("%s: %s at %llu: %s (%s)", table[i].what, wq_err_name(e),
				(unsigned long long)result.fault_seq, result.fault, wq_err_note(e));
	}
	assert_ok(wq_ledger_verify(f->ledger, &head_keys, NULL, 0, &result));
	assert_int_equal(result.heads, 1);
	assert_int_equal(result.events, 10);
}

/* Somebody who holds the database writes history anew from event `from` on: everything in it agrees again. */
static void rewrite(struct fixture *f, int from, int to)
{
	assert_ok(wq_db_exec(f->db, "DELETE FROM ledger_head", NULL, 0, NULL));
	assert_ok(wq_db_exec(
		f->db, "DELETE FROM ledger_event WHERE seq >= $1", (struct wq_db_value[]){WQ_DB_I(from)}, 1, NULL));
	for (int i = from; i <= to; i++)
		assert_ok(wq_fixture_append(f, 1000 + i));
}

static void test_witness(void **state)
{
	struct fixture *f = *state;
	struct wq_verify_result result;
	struct wq_head heads[3], forged;

	for (int i = 1; i <= 30; i++) {
		assert_ok(wq_fixture_append(f, i));
		if (i % 10 == 0)
			heads[2 - (i / 10 - 1)] = wq_fixture_head(f, key); /* not in order */
	}
	assert_ok(wq_fixture_append(f, 31));
	assert_ok(wq_ledger_verify(f->ledger, &head_keys, heads, 3, &result));
	assert_int_equal(result.witnessed_to, 30);
	assert_int_equal(result.events, 31);
	/* a forged head is no witness */
	forged = heads[0];
	forged.tip.seq = 31;
	assert_err(wq_ledger_verify(f->ledger, &head_keys, &forged, 1, &result), WQ_E_SIGNATURE);
	/* history written anew: whole by itself, found with a head, placed between two */
	rewrite(f, 15, 31);
	assert_ok(wq_ledger_verify(f->ledger, &head_keys, NULL, 0, &result));
	assert_int_equal(result.witnessed_to, 0);
	assert_err(wq_ledger_verify(f->ledger, &head_keys, heads, 3, &result), WQ_E_CHAIN);
	assert_int_equal(result.fault_seq, 20);
	assert_non_null(strstr(result.fault, "after event 10"));
	/* an old database put back: whole by itself, older than the witness */
	rewrite(f, 32, 0);
	assert_ok(wq_db_exec(f->db, "DELETE FROM ledger_event WHERE seq > 14", NULL, 0, NULL));
	assert_ok(wq_ledger_verify(f->ledger, &head_keys, NULL, 0, &result));
	assert_err(wq_ledger_verify(f->ledger, &head_keys, heads, 3, &result), WQ_E_REPLAYED);
	assert_int_equal(result.fault_seq, 15);
	/* and one that is empty */
	assert_ok(wq_db_exec(f->db, "DELETE FROM ledger_event", NULL, 0, NULL));
	assert_ok(wq_ledger_verify(f->ledger, &head_keys, NULL, 0, &result));
	assert_err(wq_ledger_verify(f->ledger, &head_keys, heads, 3, &result), WQ_E_REPLAYED);
}

static void test_nothing_is_chained_to_an_altered_tip(void **state)
{
	struct fixture *f = *state;

	assert_ok(wq_fixture_append(f, 1));
	alter(f, "UPDATE ledger_event SET digest = bytes");
	assert_err(wq_fixture_append(f, 2), WQ_E_CHAIN);
	assert_int_equal(number(f, "SELECT count(*) FROM ledger_event"), 1);
}

static void test_kept_heads(void **state)
{
	struct fixture *f = *state;
	struct wq_head head, last;

	assert_err(wq_ledger_head_last(f->ledger, &last), WQ_E_NOT_FOUND);
	assert_ok(wq_fixture_append(f, 1));
	head = wq_fixture_head(f, key);
	assert_ok(wq_ledger_head_save(f->ledger, &head));
	assert_ok(wq_ledger_head_save(f->ledger, &head));
	assert_ok(wq_fixture_append(f, 2));
	head = wq_fixture_head(f, key);
	assert_ok(wq_ledger_head_save(f->ledger, &head));
	assert_ok(wq_ledger_head_last(f->ledger, &last));
	assert_memory_equal(&last, &head, sizeof(last));
	head.tip.seq = 1;
	assert_err(wq_ledger_head_save(f->ledger, &head), WQ_E_CHAIN);
	head.tip.seq = 3;
	assert_err(wq_ledger_head_save(f->ledger, &head), WQ_E_CHAIN);
}

/* ---- export ---- */

static void test_export(void **state)
{
	struct fixture *f = *state;
	struct wq_verify_result result;
	struct wq_head head;
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/export", f->folder);
	assert_ok(wq_ledger_export(f->ledger, path));
	assert_ok(wq_export_verify(path, &head_keys, NULL, 0, &result));
	assert_int_equal(result.events, 0);
	fill(f);
	assert_ok(wq_ledger_export(f->ledger, path));
	head = wq_fixture_head(f, key);
	assert_ok(wq_export_verify(path, &head_keys, &head, 1, &result));
	assert_int_equal(result.events, 10);
	assert_int_equal(result.heads, 1);
	assert_int_equal(result.witnessed_to, 10);
	assert_ok(wq_export_verify(path, NULL, NULL, 0, &result));
	assert_int_equal(result.witnessed_to, 0);
	assert_ok(wq_fixture_append(f, 11));
	head = wq_fixture_head(f, key);
	assert_err(wq_export_verify(path, &head_keys, &head, 1, &result), WQ_E_REPLAYED);
	file = fopen(path, "ab");
	assert_non_null(file);
	fputc('x', file);
	fclose(file);
	assert_err(wq_export_verify(path, &head_keys, NULL, 0, &result), WQ_E_CHAIN);
	assert_int_equal(result.fault_seq, 11);
	assert_err(wq_export_verify("/nonexistent", NULL, NULL, 0, &result), WQ_E_NOT_FOUND);
}

/* ---- state ---- */

static wq_digest state_digest(struct fixture *f)
{
	struct wq_db_rows *found = NULL;
	WQ_BUF(bytes, 65536);

	assert_ok(wq_db_query(f->db, "SELECT app, n, last FROM counted ORDER BY app", NULL, 0, &found));
	while (wq_db_next(found))
		wq_buf_printf(&bytes, "%.*s %lld %lld\n", WQ_S_ARG(wq_db_text(found, 0)),
			(long long)wq_db_int(found, 1), (long long)wq_db_int(found, 2));
	assert_ok(wq_db_rows_close(&found));
	assert_true(bytes.len > 0);
	return wq_sm3(wq_buf_str(&bytes));
}

static void test_rebuild(void **state)
{
	struct fixture *f = *state;
	wq_digest before, spoiled;
	pid_t child;
	int status = 0;

	for (int i = 0; i < 300; i++)
		assert_ok(wq_fixture_append(f, i));
	before = state_digest(f);
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_true(wq_digest_eq(before, state_digest(f)));
	alter(f, "UPDATE counted SET n = 7");
	alter(f, "INSERT INTO counted (app, n, last) VALUES ('x', 1, 1)");
	spoiled = state_digest(f);
	/* killed in the middle: as before */
	child = fork();
	if (child == 0) {
		struct fixture own = {.kind = f->kind, .pg = f->pg};

		snprintf(own.url, sizeof(own.url), "%s", f->url);
		wq_fixture_open(&own, &projections);
		die_at = 150;
		WQ_IGNORE(wq_ledger_rebuild(own.ledger));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 9);
	assert_true(wq_digest_eq(spoiled, state_digest(f)));
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_true(wq_digest_eq(before, state_digest(f)));
	/* state is not made from events that do not verify */
	alter(f, "UPDATE ledger_event SET bytes = (SELECT bytes FROM ledger_event WHERE seq = 4) WHERE seq = 3");
	assert_err(wq_ledger_rebuild(f->ledger), WQ_E_CHAIN);
	assert_true(wq_digest_eq(before, state_digest(f)));
}

/* ---- several processes ---- */

enum { PROCESSES = 8, APPENDS = 50 };

static void append_many(const struct fixture *f)
{
	struct fixture own = {.kind = f->kind, .pg = f->pg};

	snprintf(own.url, sizeof(own.url), "%s", f->url);
	if (wq_failed(wq_db_open(wq_str_c(own.url), &own.db)) ||
		wq_failed(wq_ledger_open(own.db, &wq_clock_system, &wq_random_system, &projections, &own.ledger)))
		_exit(2);
	for (int i = 0; i < APPENDS; i++)
		if (wq_failed(wq_fixture_append(&own, i)))
			_exit(3);
	wq_ledger_close(&own.ledger);
	wq_db_close(&own.db);
	_exit(0);
}

static void test_processes_never_fork_the_chain(void **state)
{
	struct fixture *f = *state;
	pid_t children[PROCESSES];
	struct wq_verify_result result;

	/* they also race to create it */
	wq_fixture_end(f);
	wq_fixture_begin(f);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			append_many(f);
		assert_true(children[i] > 0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	wq_fixture_open(f, &projections);
	assert_ok(wq_ledger_verify(f->ledger, NULL, NULL, 0, &result));
	assert_int_equal(result.events, PROCESSES * APPENDS);
	assert_int_equal(number(f, "SELECT n FROM counted"), PROCESSES * APPENDS);
}

static int start_all(void **state)
{
	(void)state;
	assert_ok(wq_crypto_init());
	assert_ok(wq_sm2_generate(&key));
	public_key = wq_sm2_key_public(key);
	assert_ok(wq_pg_test_start(&pg));
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	wq_pg_test_stop(&pg);
	wq_sm2_key_free(&key);
	return 0;
}

#define ON(kind, test) \
	{ \
#kind ": " #test, test, setup, teardown, &kind \
	}
#define BOTH(test) ON(sqlite, test), ON(postgres, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_append_and_tip),
		BOTH(test_refused_events),
		BOTH(test_visit),
		BOTH(test_private),
		BOTH(test_tampering_is_found_and_placed),
		BOTH(test_witness),
		BOTH(test_nothing_is_chained_to_an_altered_tip),
		BOTH(test_kept_heads),
		BOTH(test_export),
		BOTH(test_rebuild),
		BOTH(test_processes_never_fork_the_chain),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
