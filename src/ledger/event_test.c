/* Encodings against the published vectors, heads as lines, and witnesses. No database. */
#include "ledger/event_priv.h"
#include "ledger/export_priv.h"

#include "base/test.h"

#include <jansson.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static json_t *vectors;

static int load_vectors(void **state)
{
	char path[512];
	json_error_t error;

	(void)state;
	assert_ok(wq_crypto_init());
	snprintf(path, sizeof(path), "%s/docs/vectors/ledger.json", getenv("WQ_SOURCE_ROOT"));
	vectors = json_load_file(path, 0, &error);
	if (!vectors)
		fail_msg("%s: %s", path, error.text);
	return 0;
}

static int free_vectors(void **state)
{
	(void)state;
	json_decref(vectors);
	return 0;
}

static wq_str text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	assert_true(json_is_string(value));
	return wq_str_of(json_string_value(value), json_string_length(value));
}

static int64_t number(const json_t *object, const char *name)
{
	assert_true(json_is_integer(json_object_get(object, name)));
	return json_integer_value(json_object_get(object, name));
}

static wq_str unhex(const json_t *object, const char *name, struct wq_buf *out)
{
	wq_str hex = text(object, name);
	void *room;

	wq_buf_clear(out);
	room = wq_buf_reserve(out, hex.n / 2);
	assert_non_null(room);
	assert_true(wq_str_unhex(hex, room, hex.n / 2));
	wq_buf_commit(out, hex.n / 2);
	return wq_buf_str(out);
}

static wq_digest digest(const json_t *object, const char *name)
{
	wq_digest d;

	assert_ok(wq_digest_parse(text(object, name), &d));
	return d;
}

static void test_commitment_vectors(void **state)
{
	const json_t *row;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(vectors, "commitments")), 2);
	json_array_foreach(json_object_get(vectors, "commitments"), i, row)
	{
		WQ_BUF(salt, 4096);
		WQ_BUF(value, 4096);
		wq_digest made;

		assert_ok(wq_event_commit((uint64_t)number(row, "seq"), unhex(row, "salt", &salt), text(row, "name"),
			unhex(row, "value", &value), &made));
		assert_true(wq_digest_eq(made, digest(row, "digest")));
	}
}

static void test_event_vectors(void **state)
{
	const json_t *row, *c;
	size_t i, k;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(vectors, "events")), 3);
	json_array_foreach(json_object_get(vectors, "events"), i, row)
	{
		WQ_BUF(bytes, 65536);
		WQ_BUF(made, 65536);
		struct wq_event_new new_event = {.type = text(row, "type"),
			.actor = text(row, "actor"),
			.app = text(row, "app"),
			.subject = text(row, "subject"),
			.body = text(row, "body")};
		struct wq_event_commitments commitments = {0};
		wq_str canonical = unhex(row, "bytes", &bytes);
		struct wq_event event;

		json_array_foreach(json_object_get(row, "commitments"), k, c)
		{
			commitments.names[k] = text(c, "name");
			commitments.digests[k] = digest(c, "digest");
			commitments.n++;
		}
		assert_ok(wq_event_encode((uint64_t)number(row, "seq"), number(row, "time"), &new_event, &commitments,
			digest(row, "previous"), &made));
		assert_str(wq_buf_str(&made), canonical);
		assert_ok(wq_event_decode(canonical, &event));
		assert_int_equal(event.seq, number(row, "seq"));
		assert_int_equal(event.time, number(row, "time"));
		assert_str(event.subject, new_event.subject);
		assert_true(wq_digest_eq(event.digest, digest(row, "digest")));
		assert_true(wq_digest_eq(event.previous, digest(row, "previous")));
		assert_int_equal(event.commitments_n, commitments.n);
		/* one byte more, or any byte less, is no event */
		wq_buf_byte(&made, 0);
		assert_err(wq_event_decode(wq_buf_str(&made), &event), WQ_E_FORMAT);
		for (size_t n = 0; n < canonical.n; n++)
			assert_err(wq_event_decode(wq_str_head(canonical, n), &event), WQ_E_FORMAT);
	}
}

static void test_head_and_export_vectors(void **state)
{
	const json_t *row = json_array_get(json_object_get(vectors, "heads"), 0);
	struct wq_head head = {.tip = {.seq = (uint64_t)number(row, "seq"), .digest = digest(row, "digest")},
		.time = number(row, "time"),
		.key_id = digest(row, "key")};
	WQ_BUF(bytes, 65536);
	WQ_BUF(made, 65536);
	struct wq_export_source source = {0};
	struct wq_verify_result result;

	(void)state;
	assert_ok(wq_head_encode(&head, &made));
	assert_str(wq_buf_str(&made), unhex(row, "bytes", &bytes));
	row = json_array_get(json_object_get(vectors, "closings"), 0);
	wq_buf_clear(&made);
	assert_ok(wq_export_close_encode(&head.tip, digest(row, "heads"), &made));
	assert_str(wq_buf_str(&made), unhex(row, "bytes", &bytes));
	source.memory = unhex(vectors, "export", &bytes);
	assert_ok(wq_export_check_all(&source, NULL, &head, 1, &(struct wq_verify_result){0}));
	head.tip.seq = 4;
	source.at = 0;
	assert_err(wq_export_check_all(&source, NULL, &head, 1, &result), WQ_E_REPLAYED);
}

/* ---- heads as lines ---- */

static struct wq_head sample(uint64_t seq)
{
	struct wq_head head = {.tip = {.seq = seq}, .time = 1727740803000001};

	memset(head.tip.digest.b, 0x11, sizeof(head.tip.digest.b));
	memset(head.key_id.b, 0x22, sizeof(head.key_id.b));
	memset(head.sig.rs, 0x33, sizeof(head.sig.rs));
	return head;
}

static void test_head_lines(void **state)
{
	static const char *const bad[] = {"", "{}", "[]", "{\"weique\":\"head\"}", "nothing"};
	static const char *const spoil[] = {"\"version\":1", "\"seq\":9", "\"weique\":\"head\"", "1111", "\"time\":\""};
	struct wq_head head = sample(9), again;
	WQ_BUF(line, WQ_HEAD_LINE_MAX);

	(void)state;
	assert_ok(wq_head_line(&head, &line));
	assert_ok(wq_head_parse(wq_buf_str(&line), &again));
	assert_memory_equal(&head, &again, sizeof(head));
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		assert_true(wq_failed(wq_head_parse(wq_str_c(bad[i]), &again)));
	for (size_t i = 0; i < WQ_COUNT(spoil); i++) {
		WQ_BUF(spoiled, WQ_HEAD_LINE_MAX);
		char *at;

		wq_buf_add(&spoiled, wq_buf_str(&line));
		at = strstr((char *)(uintptr_t)wq_buf_cstr(&spoiled), spoil[i]);
		assert_non_null(at);
		at[strlen(spoil[i]) - 1] = 'x';
		assert_err(wq_head_parse(wq_buf_str(&spoiled), &again), WQ_E_INPUT);
	}
}

/* ---- witnesses ---- */

static void append_text(const char *path, const char *more)
{
	FILE *file = fopen(path, "ae");

	assert_non_null(file);
	fputs(more, file);
	fclose(file);
}

static void test_file_witness(void **state)
{
	char folder[] = "/tmp/wq-witness-XXXXXX", path[64], url[80];
	struct wq_head *heads = NULL, head;
	struct wq_arena arena;
	struct stat st;
	size_t n = 0, unreadable = 0;

	(void)state;
	wq_arena_init(&arena, 8 * WQ_MIB);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/heads", folder);
	snprintf(url, sizeof(url), "file:%s", path);
	assert_err(wq_head_read_file(path, &arena, &heads, &n, NULL), WQ_E_NOT_FOUND);
	for (uint64_t seq = 1; seq <= 2; seq++) {
		head = sample(seq);
		assert_ok(wq_witness_add(wq_str_c(url), &head));
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0640, 0);
	assert_ok(wq_head_read_file(path, &arena, &heads, &n, NULL));
	assert_int_equal(n, 2);
	assert_int_equal(heads[1].tip.seq, 2);
	/* a line that was cut off is not read, and does not spoil the next one */
	append_text(path, "{\"weique\":\"he");
	assert_ok(wq_head_read_file(path, &arena, &heads, &n, NULL));
	assert_int_equal(n, 2);
	head = sample(3);
	assert_ok(wq_witness_add(wq_str_c(url), &head));
	assert_ok(wq_head_read_file(path, &arena, &heads, &n, &unreadable));
	assert_int_equal(n, 3);
	assert_int_equal(heads[2].tip.seq, 3);
	assert_int_equal(unreadable, 1);
	assert_int_equal(unlink(path), 0);
	append_text(path, "{}\n");
	assert_err(wq_head_read_file(path, &arena, &heads, &n, NULL), WQ_E_FORMAT);
	append_text(path, "\nNov 22 03:08:39 host weique-head: ");
	head = sample(4);
	{
		WQ_BUF(line, WQ_HEAD_LINE_MAX);

		assert_ok(wq_head_line(&head, &line));
		append_text(path, wq_buf_cstr(&line));
	}
	append_text(path, "\n");
	assert_ok(wq_head_read_file(path, &arena, &heads, &n, NULL));
	assert_int_equal(n, 1);
	assert_int_equal(heads[0].tip.seq, 4);
	/* a link is not followed */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/tmp/elsewhere", path), 0);
	assert_err(wq_witness_add(wq_str_c(url), &head), WQ_E_IO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	wq_arena_done(&arena);
}

static void test_syslog_witness(void **state)
{
	char folder[] = "/tmp/wq-syslog-XXXXXX", url[96], got[2048];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct wq_head head = sample(5), again;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/log", folder);
	snprintf(url, sizeof(url), "syslog:%s/log", folder);
	assert_err(wq_witness_add(wq_str_c(url), &head), WQ_E_PEER);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_ok(wq_witness_add(wq_str_c(url), &head));
	n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	assert_true(n > 0);
	assert_true(wq_str_starts(wq_str_of(got, (size_t)n), WQ_S("<85>weique-head: {")));
	assert_ok(wq_head_parse(wq_str_of(got + 17, (size_t)n - 17), &again));
	assert_memory_equal(&head, &again, sizeof(head));
	close(fd);
	unlink(address.sun_path);
	rmdir(folder);
}

static void test_refused_witnesses(void **state)
{
	static const char *const bad[] = {"", "file:", "file:relative", "syslog:relative", "http://x", "/path"};
	struct wq_head head = sample(1);

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		assert_err(wq_witness_add(wq_str_c(bad[i]), &head), WQ_E_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commitment_vectors),
		cmocka_unit_test(test_event_vectors),
		cmocka_unit_test(test_head_and_export_vectors),
		cmocka_unit_test(test_head_lines),
		cmocka_unit_test(test_file_witness),
		cmocka_unit_test(test_syslog_witness),
		cmocka_unit_test(test_refused_witnesses),
	};

	return cmocka_run_group_tests(tests, load_vectors, free_vectors);
}
