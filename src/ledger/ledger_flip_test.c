/* Every single-bit flip of an exported ledger of 1,000 events is found and placed.
 *
 * Millions of flips times a whole verification would take hours. The checker reads record after record and keeps nothing
 * of what it has read but struct wq_export_check (export_priv.h), so its state before a record is the same for every file
 * that is the same up to there: each flip is checked on the altered bytes from a checkpoint taken at the record that
 * holds it, with the code of wq_export_verify(), until the fault is found. That this is the same as checking the whole
 * file is checked on a random sample of 2,000 flips. */
#include "ledger/export_priv.h"
#include "ledger/ledger_fixture_test.h"

#include <sys/mman.h>
#include <sys/wait.h>

enum { EVENTS = 1000, HEAD_EVERY = 100, RECORDS_MAX = EVENTS + EVENTS / HEAD_EVERY + 1, SAMPLE = 2000, WORKERS = 2 };

struct record {
	size_t at, end;
	uint64_t seq; /* of the event, of the head's event, or the tip's + 1 for the closing record */
	bool is_head;
	struct wq_export_check before;
};

static struct wq_sm2_key *key;
static wq_sm2_public public_key;
static const struct wq_head_keys head_keys = {&public_key, 1};
static struct fixture ledger = {.kind = WQ_DB_SQLITE};
static char *bytes;
static size_t bytes_n;
static struct record records[RECORDS_MAX];
static size_t records_n;

static void fill(void)
{
	assert_ok(wq_ledger_begin(ledger.ledger));
	for (int i = 1; i <= EVENTS; i++) {
		char body[160], subject[32];
		struct wq_event_new event = {
			.type = WQ_S("release.approved"), .actor = WQ_S("张三"), .app = WQ_S("portal")};

		snprintf(subject, sizeof(subject), "release-%d", i / 3);
		snprintf(body, sizeof(body), "{\"release\":%d,\"note\":\"同意发布\",\"entries\":%d}", i, 7 * i);
		event.subject = wq_str_c(subject);
		event.body = wq_str_c(body);
		assert_ok(wq_ledger_add(ledger.ledger, &event, NULL, NULL));
		if (i % HEAD_EVERY == 0) {
			struct wq_head head;

			assert_ok(wq_ledger_commit(ledger.ledger));
			head = wq_fixture_head(&ledger, key);
			assert_ok(wq_ledger_head_save(ledger.ledger, &head));
			assert_ok(wq_ledger_begin(ledger.ledger));
		}
	}
	assert_ok(wq_ledger_commit(ledger.ledger));
}

static void load(void)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/export", ledger.folder);
	assert_ok(wq_ledger_export(ledger.ledger, path));
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	bytes_n = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(bytes_n);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, bytes_n, file), bytes_n);
	fclose(file);
}

static void take_checkpoints(void)
{
	struct wq_export_source source = {.memory = {bytes, bytes_n}};
	struct wq_export_check check = {.keys = &head_keys};
	struct wq_verify_result result = {0};

	assert_ok(wq_export_check_magic(&source, &result));
	while (!check.closed) {
		struct record *record = &records[records_n++];

		assert_true(records_n <= RECORDS_MAX);
		record->at = source.at;
		record->before = check;
		assert_ok(wq_export_check_next(&check, &source, &result));
		record->end = source.at;
		record->is_head = bytes[record->at] == 'H';
		record->seq = bytes[record->at] == 'Z' ? check.chain.tip.seq + 1 : check.chain.tip.seq;
	}
	assert_int_equal(check.chain.tip.seq, EVENTS);
	assert_int_equal(records_n, RECORDS_MAX);
}

static int start(void **state)
{
	(void)state;
	assert_ok(wq_crypto_init());
	assert_ok(wq_sm2_generate(&key));
	public_key = wq_sm2_key_public(key);
	wq_fixture_begin(&ledger);
	wq_fixture_open(&ledger, NULL);
	fill();
	load();
	take_checkpoints();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	free(bytes);
	wq_fixture_end(&ledger);
	wq_sm2_key_free(&key);
	return 0;
}

/* ---- flips ---- */

/* Goes on from the checkpoint; WQ_OK when no fault came to light. */
static wq_err check_from(const struct record *record, struct wq_verify_result *result)
{
	struct wq_export_source source = {.memory = {bytes, bytes_n}, .at = record->at};
	struct wq_export_check check = record->before;

	*result = (struct wq_verify_result){0};
	while (!check.closed)
		WQ_TRY(wq_export_check_next(&check, &source, result));
	return wq_chain_end(&check.chain, result);
}

/* Found, and placed. An altered event is named exactly. An altered head is said to be its event's, or, when its type no
 * longer says head, to stand where the next event should be; the closing record is behind the last event, and when it
 * names another last event, that one is named. */
static bool is_placed(const struct record *record, const struct wq_verify_result *result, wq_err e)
{
	if (!wq_failed(e))
		return false;
	if (record->seq == EVENTS + 1)
		return result->fault_seq == EVENTS + 1 || result->fault_seq == EVENTS;
	return result->fault_seq == record->seq || (record->is_head && result->fault_seq == record->seq + 1);
}

/* Every bit of every WORKERS-th record. Returns how many flips were not found and placed. */
static uint64_t flip_records(size_t first, uint64_t *ret_flips)
{
	uint64_t wrong = 0, flips = 0;

	for (size_t r = first; r < records_n; r += WORKERS)
		for (size_t at = records[r].at; at < records[r].end; at++)
			for (int bit = 0; bit < 8; bit++, flips++) {
				struct wq_verify_result result;
				bool good;

				bytes[at] = (char)(bytes[at] ^ (1 << bit));
				good = is_placed(&records[r], &result, check_from(&records[r], &result));
				bytes[at] = (char)(bytes[at] ^ (1 << bit));
				if (!good && wrong++ < 5)
					print_error("byte %zu of record %zu, bit %d: fault at %llu: %s\n",
						at - records[r].at, r, bit, (unsigned long long)result.fault_seq,
						result.fault);
			}
	*ret_flips = flips;
	return wrong;
}

static void test_every_flip_is_found_and_placed(void **state)
{
	uint64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t workers[WORKERS];
	uint64_t flips = 0, wrong = 0;

	(void)state;
	assert_true(shared != MAP_FAILED);
	for (size_t w = 0; w < WORKERS; w++) {
		workers[w] = fork();
		if (workers[w] == 0) {
			shared[2 * w] = flip_records(w, &shared[2 * w + 1]);
			_exit(0);
		}
		assert_true(workers[w] > 0);
	}
	for (size_t w = 0; w < WORKERS; w++) {
		int status = -1;

		assert_int_equal(waitpid(workers[w], &status, 0), workers[w]);
		assert_int_equal(status, 0);
		wrong += shared[2 * w];
		flips += shared[2 * w + 1];
	}
	munmap(shared, 4096);
	assert_int_equal(wrong, 0);
	assert_int_equal(flips, 8 * (bytes_n - WQ_EXPORT_MAGIC.n));
}

static wq_err check_whole(struct wq_verify_result *result)
{
	struct wq_export_source source = {.memory = {bytes, bytes_n}};

	return wq_export_check_all(&source, &head_keys, NULL, 0, result);
}

static void test_flips_of_the_magic(void **state)
{
	struct wq_verify_result result;

	(void)state;
	assert_ok(check_whole(&result));
	for (size_t bit = 0; bit < 8 * WQ_EXPORT_MAGIC.n; bit++) {
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
		assert_err(check_whole(&result), WQ_E_FORMAT);
		assert_int_equal(result.fault_seq, 1);
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
	}
}

static const struct record *record_at(size_t at)
{
	for (size_t r = 0; r < records_n; r++)
		if (at < records[r].end)
			return &records[r];
	return NULL;
}

static void test_a_checkpoint_says_what_the_whole_says(void **state)
{
	uint64_t seed = 20240901;
	struct wq_random random = wq_random_seeded(&seed);

	(void)state;
	for (int i = 0; i < SAMPLE; i++) {
		struct wq_verify_result whole, part;
		uint64_t number;
		size_t at;
		wq_err a, b;

		random.fill(random.data, &number, sizeof(number));
		at = WQ_EXPORT_MAGIC.n + number / 8 % (bytes_n - WQ_EXPORT_MAGIC.n);
		bytes[at] = (char)(bytes[at] ^ (1 << number % 8));
		a = check_whole(&whole);
		b = check_from(record_at(at), &part);
		bytes[at] = (char)(bytes[at] ^ (1 << number % 8));
		assert_true(wq_failed(a));
		assert_int_equal(a.id, b.id);
		assert_int_equal(whole.fault_seq, part.fault_seq);
		assert_int_equal(whole.fault_offset, part.fault_offset);
		assert_string_equal(whole.fault, part.fault);
	}
}

/* ---- whole records ---- */

/* A file put together from pieces of the export. */
static wq_err check_pieces(
	const wq_str *pieces, size_t n, const struct wq_head *witness, struct wq_verify_result *result)
{
	WQ_BUF(altered, 2 * bytes_n);
	struct wq_export_source source = {0};

	for (size_t i = 0; i < n; i++)
		wq_buf_add(&altered, pieces[i]);
	source.memory = wq_buf_str(&altered);
	return wq_export_check_all(&source, &head_keys, witness, witness ? 1 : 0, result);
}

static wq_str piece(size_t from, size_t to)
{
	size_t a = from == 0 ? 0 : records[from].at, b = to == records_n ? bytes_n : records[to].at;

	return wq_str_of(bytes + a, b - a);
}

static void test_cut_reorder_insert_duplicate(void **state)
{
	static const size_t places[] = {0, 1, 500, 998};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(places); i++) {
		size_t p = places[i], n = records_n;
		uint64_t seq = records[p].seq;
		struct wq_verify_result result;

		/* cut out, duplicated, swapped with its neighbour, a later one put in */
		assert_err(check_pieces((wq_str[]){wq_str_head(piece(0, n), records[p].at), piece(p + 1, n)}, 2, NULL,
				   &result),
			WQ_E_CHAIN);
		assert_int_equal(result.fault_seq, seq);
		assert_err(check_pieces((wq_str[]){wq_str_head(piece(0, n), records[p].end),
						wq_str_from(piece(0, n), records[p].at)},
				   2, NULL, &result),
			WQ_E_CHAIN);
		assert_int_equal(result.fault_seq, seq + 1);
		assert_err(check_pieces((wq_str[]){wq_str_head(piece(0, n), records[p].at), piece(p + 1, p + 2),
						wq_str_of(bytes + records[p].at, records[p].end - records[p].at),
						piece(p + 2, n)},
				   4, NULL, &result),
			WQ_E_CHAIN);
		assert_int_equal(result.fault_seq, seq);
		assert_err(check_pieces((wq_str[]){wq_str_head(piece(0, n), records[p].at), piece(700, 701),
						wq_str_from(piece(0, n), records[p].at)},
				   3, NULL, &result),
			WQ_E_CHAIN);
		assert_int_equal(result.fault_seq, seq);
		/* the rest cut off */
		assert_err(check_pieces((wq_str[]){wq_str_head(piece(0, n), records[p].end)}, 1, NULL, &result),
			WQ_E_CHAIN);
		assert_int_equal(result.fault_seq, seq + 1);
		assert_err(check_pieces((wq_str[]){wq_str_head(piece(0, n), records[p].end - 1)}, 1, NULL, &result),
			WQ_E_CHAIN);
		assert_int_equal(result.fault_seq, seq);
	}
}

/* The tail cut off and a closing record made for what is left: whole by itself, found with a head. */
static void test_cut_tail_with_its_own_closing_record(void **state)
{
	WQ_BUF(closing, 512);
	WQ_BUF(record, 512);
	const struct record *left = &records[450];
	struct wq_head head = wq_fixture_head(&ledger, key);
	struct wq_verify_result result;
	wq_str pieces[2];

	(void)state;
	assert_ok(wq_export_close_encode(&left->before.chain.tip, left->before.heads, &closing));
	wq_buf_byte(&record, 'Z');
	wq_buf_u32(&record, (uint32_t)closing.len);
	wq_buf_add(&record, wq_buf_str(&closing));
	pieces[0] = wq_str_of(bytes, left->at);
	pieces[1] = wq_buf_str(&record);
	assert_ok(check_pieces(pieces, 2, NULL, &result));
	assert_int_equal(result.witnessed_to, 0);
	assert_err(check_pieces(pieces, 2, &head, &result), WQ_E_REPLAYED);
	assert_int_equal(result.fault_seq, left->before.chain.tip.seq + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips_of_the_magic),
		cmocka_unit_test(test_a_checkpoint_says_what_the_whole_says),
		cmocka_unit_test(test_cut_reorder_insert_duplicate),
		cmocka_unit_test(test_cut_tail_with_its_own_closing_record),
		cmocka_unit_test(test_every_flip_is_found_and_placed),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
