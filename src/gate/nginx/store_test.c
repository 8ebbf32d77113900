#include "gate/nginx/store.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "base/test.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static const wq_str page = WQ_S_INIT("<h1>sealed</h1>!");

/* A pack with one object, as vault/pack.h lays it out (the reader looks at bounds only). */
static size_t make_pack(uint8_t out[256], uint8_t fill)
{
	WQ_BUF(b, 256);
	uint8_t digest[32];

	memset(digest, fill, sizeof digest);
	wq_buf_add(&b, WQ_S("WQPACK\0\1"));
	wq_buf_u32(&b, 1);
	wq_buf_u32(&b, 1);
	wq_buf_u64(&b, 64 + 16);
	wq_buf_u64(&b, 64 + 16 + 96);
	wq_buf_add(&b, wq_str_of(digest, sizeof digest));
	wq_buf_add(&b, page);
	wq_buf_add(&b, wq_str_of(digest, sizeof digest));
	wq_buf_add(&b, wq_str_of(digest, sizeof digest));
	wq_buf_u64(&b, 64);
	wq_buf_u64(&b, page.n);
	for (int i = 0; i < 16; i++)
		wq_buf_byte(&b, 0);
	assert_ok(wq_buf_err(&b));
	memcpy(out, b.data, b.len);
	return b.len;
}

static int memfd(wq_str bytes, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* One application's generation, ready to be handed over. */
struct given {
	char app[16];
	uint64_t serial, generation;
	uint8_t pack[256];
	wq_digest name;
	struct wq_buf snapshot;
};

static void given_init(struct given *g, const char *app, const char *host, uint64_t serial, uint64_t generation)
{
	static uint8_t number;
	struct wq_snapshot_head head = {.serial = serial};
	size_t pack_n;
	uint64_t pack_bytes;
	WQ_BUF(body, 64 * 1024);
	WQ_BUF(key, 256);
	wq_str hosts[1] = {wq_str_c(host)};
	struct wq_entry_new entry = {.status = 200, .type = WQ_S("text/html")};
	struct wq_body_new b = {.packs_n = 1, .hosts = hosts, .hosts_n = 1, .entries = &entry, .entries_n = 1};
	wq_sm2_sig sig = {0};

	*g = (struct given){.serial = serial, .generation = generation, .snapshot = WQ_BUF_INIT(128 * 1024)};
	snprintf(g->app, sizeof g->app, "%s", app);
	snprintf(head.app, sizeof head.app, "%s", app);
	pack_n = make_pack(g->pack, ++number);
	pack_bytes = pack_n;
	memset(g->name.b, number, sizeof g->name.b);
	wq_buf_printf(&key, "%s/", host);
	entry.key = wq_buf_str(&key);
	entry.identity = (struct wq_object_ref){.length_bytes = page.n};
	b.packs = &g->name;
	b.pack_bytes = &pack_bytes;
	assert_ok(wq_snapshot_build(&b, &body));
	head.body_bytes = body.len;
	memset(head.previous.b, serial > 1, sizeof head.previous.b);
	memset(head.event.b, 1, sizeof head.event.b);
	memset(head.statement.b, 1, sizeof head.statement.b);
	memset(head.body_root.b, 1, sizeof head.body_root.b);
	memset(head.key_id.b, 1, sizeof head.key_id.b);
	assert_ok(wq_snapshot_header(&head, &sig, &g->snapshot));
	wq_buf_add(&g->snapshot, wq_buf_str(&body));
	assert_ok(wq_buf_err(&g->snapshot));
}

static struct wq_gate_step give_begin(struct wq_gate_store *store, const struct given *g)
{
	struct wq_handover m = {.type = WQ_HANDOVER_BEGIN,
		.generation = g->generation,
		.serial = g->serial,
		.number = 1,
		.bytes = g->snapshot.len,
		.app = wq_str_c(g->app)};

	memcpy(m.digest, g->name.b, sizeof m.digest); /* some digest: the gate only compares it */
	return wq_gate_store_receive(store, &m, -1);
}

static struct wq_gate_step give_snapshot(struct wq_gate_store *store, const struct given *g, int seals)
{
	struct wq_handover m = {.type = WQ_HANDOVER_SNAPSHOT, .generation = g->generation, .bytes = g->snapshot.len};

	return wq_gate_store_receive(store, &m, memfd(wq_buf_str(&g->snapshot), seals));
}

static struct wq_gate_step give_pack(struct wq_gate_store *store, const struct given *g, int seals)
{
	struct wq_handover m = {.type = WQ_HANDOVER_PACK, .generation = g->generation, .bytes = 64 + 16 + 96};

	memcpy(m.digest, g->name.b, sizeof m.digest);
	return wq_gate_store_receive(store, &m, memfd(wq_str_of(g->pack, 64 + 16 + 96), seals));
}

static struct wq_gate_step give_commit(struct wq_gate_store *store, const struct given *g)
{
	struct wq_handover m = {.type = WQ_HANDOVER_COMMIT, .generation = g->generation};

	return wq_gate_store_receive(store, &m, -1);
}

/* All of it; the last outcome that is not NOTHING. */
static struct wq_gate_step give(struct wq_gate_store *store, const struct given *g)
{
	struct wq_gate_step steps[] = {give_begin(store, g), give_snapshot(store, g, SEALS), give_pack(store, g, SEALS),
		give_commit(store, g)};

	for (size_t i = 0; i < WQ_COUNT(steps); i++)
		if (steps[i].outcome != WQ_GATE_NOTHING)
			return steps[i];
	return steps[0];
}

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static struct wq_gate_totals totals(const struct wq_gate_store *store)
{
	struct wq_gate_totals t;

	wq_gate_store_totals(store, &t);
	return t;
}

static void an_application_is_switched_as_a_whole(void **state)
{
	size_t before = open_fds();
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct wq_gate_release *release;
	struct wq_entry entry;
	struct wq_gate_object object;
	struct given g;

	(void)state;
	given_init(&g, "portal", "a.example", 1, 11);
	assert_int_equal(give_begin(store, &g).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_snapshot(store, &g, SEALS).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_pack(store, &g, SEALS).outcome, WQ_GATE_NOTHING);
	assert_null(wq_gate_store_find(store, WQ_S("a.example")));
	assert_int_equal(give_commit(store, &g).outcome, WQ_GATE_SWITCHED);
	release = wq_gate_store_find(store, WQ_S("a.example"));
	assert_non_null(release);
	assert_null(wq_gate_store_find(store, WQ_S("b.example")));
	assert_true(wq_snapshot_find(&release->snapshot, WQ_S("a.example/"), &entry));
	assert_true(wq_gate_release_object(release, &entry.identity, &object));
	assert_str(object.bytes, page);
	assert_false(object.cold);
	entry.identity.length_bytes++;
	assert_false(wq_gate_release_object(release, &entry.identity, &object));
	entry.identity.number = 1;
	assert_false(wq_gate_release_object(release, &entry.identity, &object));
	entry.identity.pack = 1;
	assert_false(wq_gate_release_object(release, &entry.identity, &object));
	assert_int_equal(open_fds(), before);
	wq_buf_done(&g.snapshot);
	wq_gate_store_free(&store);
	wq_gate_store_free(&store);
}

static void an_old_generation_lives_as_long_as_its_requests(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct wq_gate_release *request;
	struct given one, two;
	uint64_t alone;

	(void)state;
	given_init(&one, "portal", "a.example", 1, 11);
	given_init(&two, "portal", "a.example", 2, 12);
	assert_int_equal(give(store, &one).outcome, WQ_GATE_SWITCHED);
	alone = totals(store).mapped_bytes;
	request = wq_gate_release_ref(wq_gate_store_find(store, WQ_S("a.example")));
	assert_int_equal(give(store, &two).outcome, WQ_GATE_SWITCHED);
	assert_int_equal(totals(store).draining, 1);
	assert_int_equal(request->snapshot.head.serial, 1);
	assert_int_equal(wq_gate_store_find(store, WQ_S("a.example"))->snapshot.head.serial, 2);
	wq_gate_release_unref(&request);
	assert_int_equal(totals(store).draining, 0);
	assert_int_equal(totals(store).mapped_bytes, alone);
	wq_buf_done(&one.snapshot);
	wq_buf_done(&two.snapshot);
	wq_gate_store_free(&store);
}

static void a_lower_serial_is_refused_also_after_a_withdrawal(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct wq_handover withdraw = {.type = WQ_HANDOVER_WITHDRAW, .app = WQ_S("portal")};
	struct wq_gate_step step;
	struct given one, two, other;

	(void)state;
	given_init(&one, "portal", "a.example", 1, 11);
	given_init(&two, "portal", "a.example", 2, 12);
	given_init(&other, "portal", "a.example", 2, 13);
	assert_int_equal(give(store, &two).outcome, WQ_GATE_SWITCHED);
	step = give(store, &one);
	assert_int_equal(step.outcome, WQ_GATE_REFUSED);
	assert_int_equal(step.reason, WQ_REFUSED_SERIAL);
	assert_string_equal(step.app, "portal");
	assert_int_equal(give(store, &other).reason, WQ_REFUSED_SERIAL);
	assert_int_equal(give(store, &two).outcome, WQ_GATE_SAME);
	assert_int_equal(wq_gate_store_receive(store, &withdraw, -1).outcome, WQ_GATE_WITHDRAWN);
	assert_null(wq_gate_store_find(store, WQ_S("a.example")));
	assert_int_equal(totals(store).mapped_bytes, 0);
	assert_int_equal(give(store, &one).reason, WQ_REFUSED_SERIAL);
	assert_int_equal(give(store, &two).outcome, WQ_GATE_SWITCHED);
	wq_buf_done(&one.snapshot);
	wq_buf_done(&two.snapshot);
	wq_buf_done(&other.snapshot);
	wq_gate_store_free(&store);
}

static void what_is_not_sealed_is_refused(void **state)
{
	static const int partly[] = {0, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW,
		F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_SHRINK};
	size_t before = open_fds();
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct given g;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(partly); i++) {
		given_init(&g, "portal", "a.example", 1, 20 + 2 * i);
		assert_int_equal(give_begin(store, &g).outcome, WQ_GATE_NOTHING);
		assert_int_equal(give_snapshot(store, &g, partly[i]).reason, WQ_REFUSED_NOT_SEALED);
		/* the rest of a refused generation is passed over, not answered again */
		assert_int_equal(give_pack(store, &g, SEALS).outcome, WQ_GATE_NOTHING);
		assert_int_equal(give_commit(store, &g).outcome, WQ_GATE_NOTHING);
		g.generation++;
		assert_int_equal(give_begin(store, &g).outcome, WQ_GATE_NOTHING);
		assert_int_equal(give_snapshot(store, &g, SEALS).outcome, WQ_GATE_NOTHING);
		assert_int_equal(give_pack(store, &g, partly[i]).reason, WQ_REFUSED_NOT_SEALED);
		assert_int_equal(give_commit(store, &g).outcome, WQ_GATE_NOTHING);
		assert_null(wq_gate_store_find(store, WQ_S("a.example")));
		assert_int_equal(totals(store).mapped_bytes, 0);
		wq_buf_done(&g.snapshot);
	}
	assert_int_equal(open_fds(), before);
	wq_gate_store_free(&store);
}

static void messages_out_of_turn_are_refused(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct given g;

	(void)state;
	given_init(&g, "portal", "a.example", 1, 30);
	assert_int_equal(give_commit(store, &g).reason, WQ_REFUSED_ORDER);
	g.generation = 31;
	assert_int_equal(give_snapshot(store, &g, SEALS).reason, WQ_REFUSED_ORDER);
	g.generation = 32;
	assert_int_equal(give_begin(store, &g).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_pack(store, &g, SEALS).reason, WQ_REFUSED_ORDER);
	g.generation = 33;
	assert_int_equal(give_begin(store, &g).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_snapshot(store, &g, SEALS).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_commit(store, &g).reason, WQ_REFUSED_ORDER);
	g.generation = 34;
	assert_int_equal(give_begin(store, &g).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_snapshot(store, &g, SEALS).outcome, WQ_GATE_NOTHING);
	wq_gate_store_interrupted(store); /* the broker died half-way */
	assert_int_equal(totals(store).mapped_bytes, 0);
	assert_int_equal(give_pack(store, &g, SEALS).reason, WQ_REFUSED_ORDER);
	g.generation = 35;
	assert_int_equal(give(store, &g).outcome, WQ_GATE_SWITCHED);
	wq_buf_done(&g.snapshot);
	wq_gate_store_free(&store);
}

static void what_was_refused_can_be_offered_again(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB);
	struct given one, two;

	(void)state;
	given_init(&one, "portal", "a.example", 1, 11);
	given_init(&two, "service", "a.example", 1, 12);
	assert_int_equal(give(store, &one).outcome, WQ_GATE_SWITCHED);
	assert_int_equal(give(store, &two).reason, WQ_REFUSED_HOST);
	assert_int_equal(give(store, &two).reason, WQ_REFUSED_HOST);
	wq_buf_done(&one.snapshot);
	given_init(&one, "portal", "b.example", 2, 13);
	assert_int_equal(give(store, &one).outcome, WQ_GATE_SWITCHED);
	assert_int_equal(give(store, &two).outcome, WQ_GATE_SWITCHED);
	wq_buf_done(&one.snapshot);
	wq_buf_done(&two.snapshot);
	wq_gate_store_free(&store);
}

static void limits_hosts_and_sizes_are_held(void **state)
{
	struct wq_gate_store *store = wq_gate_store_new(WQ_MIB), *tiny = wq_gate_store_new(100);
	struct given mine, yours;

	(void)state;
	given_init(&mine, "mine", "a.example", 1, 40);
	given_init(&yours, "yours", "a.example", 1, 41);
	assert_int_equal(give(tiny, &mine).reason, WQ_REFUSED_LIMIT);
	assert_int_equal(give(store, &mine).outcome, WQ_GATE_SWITCHED);
	assert_int_equal(give(store, &yours).reason, WQ_REFUSED_HOST);
	assert_string_equal(wq_gate_store_find(store, WQ_S("a.example"))->snapshot.head.app, "mine");
	/* shorter than announced */
	mine.serial = 2;
	mine.generation = 42;
	assert_int_equal(give_begin(store, &mine).outcome, WQ_GATE_NOTHING);
	{
		struct wq_handover m = {.type = WQ_HANDOVER_SNAPSHOT, .generation = 42, .bytes = mine.snapshot.len};

		assert_int_equal(wq_gate_store_receive(store, &m, memfd(WQ_S("short"), SEALS)).reason, WQ_REFUSED_SIZE);
	}
	/* another serial inside than announced */
	mine.generation = 43;
	assert_int_equal(give_begin(store, &mine).outcome, WQ_GATE_NOTHING);
	assert_int_equal(give_snapshot(store, &mine, SEALS).reason, WQ_REFUSED_FORMAT);
	wq_buf_done(&mine.snapshot);
	wq_buf_done(&yours.snapshot);
	wq_gate_store_free(&store);
	wq_gate_store_free(&tiny);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_application_is_switched_as_a_whole),
		cmocka_unit_test(an_old_generation_lives_as_long_as_its_requests),
		cmocka_unit_test(a_lower_serial_is_refused_also_after_a_withdrawal),
		cmocka_unit_test(what_is_not_sealed_is_refused),
		cmocka_unit_test(messages_out_of_turn_are_refused),
		cmocka_unit_test(what_was_refused_can_be_offered_again),
		cmocka_unit_test(limits_hosts_and_sizes_are_held),
	};

	return cmocka_run_group_tests_name("gate/nginx/store", tests, NULL, NULL);
}
