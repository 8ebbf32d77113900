#include "base/map.h"
#include "base/test.h"
#include "flow/diff.h"

enum { KEYS = 60, ROUNDS = 400 };

/* A set of entries: `have[k]` is 0 for none, otherwise which of a few contents. */
struct set {
	uint8_t have[KEYS];
	struct wq_buf body;
	struct wq_snapshot view;
};

static uint8_t below(const struct wq_random *random, unsigned n)
{
	uint8_t b;

	random->fill(random->data, &b, 1);
	return (uint8_t)(b % n);
}

static void make(struct set *set, const struct wq_random *random)
{
	static char keys[KEYS][32];
	struct wq_entry_new entries[KEYS];
	wq_digest pack = wq_sm3(WQ_S("pack"));
	uint64_t pack_bytes = 1000;
	wq_str host = WQ_S("h.cn");
	size_t n = 0;

	for (unsigned k = 0; k < KEYS; k++) {
		set->have[k] = below(random, 4);
		if (set->have[k] == 0)
			continue;
		snprintf(keys[k], sizeof keys[k], "h.cn/%u", k * 7919 % 997);
		entries[n++] = (struct wq_entry_new){.key = wq_str_c(keys[k]),
			.status = set->have[k] == 3 ? 404 : 200,
			.type = WQ_S("text/plain"),
			.identity = {.length_bytes = 1, .digest = wq_sm3(wq_str_of(&set->have[k], 1))}};
	}
	wq_buf_init(&set->body, WQ_MIB);
	assert_ok(wq_snapshot_build(&(struct wq_body_new){.packs = &pack,
					    .pack_bytes = &pack_bytes,
					    .packs_n = 1,
					    .hosts = &host,
					    .hosts_n = 1,
					    .entries = entries,
					    .entries_n = n},
		&set->body));
	assert_ok(wq_snapshot_open_body(wq_buf_str(&set->body), &set->view));
}

struct seen {
	const struct set *was, *is;
	unsigned n;
	wq_str last;
};

static wq_err see(void *data, const struct wq_change *change)
{
	struct seen *seen = data;
	struct wq_entry entry;

	assert_true(seen->n == 0 || wq_str_cmp(seen->last, change->key) < 0);
	seen->last = change->key;
	seen->n++;
	assert_int_equal(!change->was, change->kind == WQ_CHANGE_ADDED);
	assert_int_equal(!change->is, change->kind == WQ_CHANGE_GONE);
	assert_int_equal(wq_snapshot_find(&seen->is->view, change->key, &entry), change->is != NULL);
	if (seen->was)
		assert_int_equal(wq_snapshot_find(&seen->was->view, change->key, &entry), change->was != NULL);
	if (change->was && change->is)
		assert_false(wq_entry_same(change->was, change->is));
	return WQ_OK;
}

static void random_sets_differ_where_they_differ(void **state)
{
	uint64_t seed = 20240715;
	struct wq_random random = wq_random_seeded(&seed);

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct set a, b;
		struct seen seen = {.was = &a, .is = &b}, first = {.is = &b}, same = {.was = &b, .is = &b};
		unsigned differ = 0, there = 0;

		make(&a, &random);
		make(&b, &random);
		for (unsigned k = 0; k < KEYS; k++) {
			differ += a.have[k] != b.have[k];
			there += b.have[k] != 0;
		}
		assert_ok(wq_diff(&a.view, &b.view, see, &seen));
		assert_int_equal(seen.n, differ);
		assert_ok(wq_diff(NULL, &b.view, see, &first));
		assert_int_equal(first.n, there);
		assert_ok(wq_diff(&b.view, &b.view, see, &same));
		assert_int_equal(same.n, 0);
		wq_buf_done(&a.body);
		wq_buf_done(&b.body);
	}
}

static wq_err refuse(void *data, const struct wq_change *change)
{
	(void)data;
	(void)change;
	return wq_error_id(WQ_E_BUSY);
}

static void the_visitors_error_ends_it(void **state)
{
	uint64_t seed = 1;
	struct wq_random random = wq_random_seeded(&seed);
	struct set a;

	(void)state;
	make(&a, &random);
	assert_err(wq_diff(NULL, &a.view, refuse, NULL), WQ_E_BUSY);
	wq_buf_done(&a.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sets_differ_where_they_differ),
		cmocka_unit_test(the_visitors_error_ends_it),
	};
	return cmocka_run_group_tests_name("flow diff", tests, NULL, NULL);
}
