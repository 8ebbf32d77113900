#include "base/test.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

static wq_time now = 0;

static struct wq_log *fresh(void)
{
	struct wq_clock clock = wq_clock_fixed(&now);
	struct wq_log *log;

	assert_ok(wq_log_new(&clock, WQ_LANG_EN, &log));
	return log;
}

static wq_str drain(int fd)
{
	static char text[1 << 20];
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, text + n, sizeof text - n)) > 0)
		n += (size_t)got;
	return wq_str_of(text, n);
}

static void quotes(void **state)
{
	static const struct {
		wq_str in;
		const char *out;
	} rows[] = {
		{WQ_S_INIT("a b"), "\"a b\""},
		{WQ_S_INIT(""), "\"\""},
		{WQ_S_INIT("\"\\\n\r\t"), "\"\\\"\\\\\\n\\r\\t\""},
		{WQ_S_INIT("\0\x1b[2J\x7f"), "\"\\u{0}\\u{1b}[2J\\u{7f}\""},
		{WQ_S_INIT("\xff\xe4\xb8z"), "\"\\xff\\xe4\\xb8z\""},
		{WQ_S_INIT("魏\xe2\x80\xae阙\xe2\x80\x8b\xc2\x9b"), "\"魏\\u{202e}阙\\u{200b}\\u{9b}\""},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(out, 1000);
		wq_event_quote(&out, rows[i].in);
		assert_string_equal(wq_buf_cstr(&out), rows[i].out);
	}
	for (size_t lead = 0; lead < 3; lead++) { /* cut between characters */
		char text[400];
		WQ_BUF(out, 1000);
		memset(text, 'x', lead);
		for (size_t n = lead; n + 3 <= 300 + lead; n += 3)
			memcpy(text + n, "关", 3);
		wq_event_quote(&out, wq_str_of(text, 300 + lead));
		assert_true(out.len <= 2 + 256 + 8 && out.len >= 2 + 253 + 8);
		assert_null(strstr(wq_buf_cstr(&out), "\\x"));
		assert_true(wq_str_ends(wq_buf_str(&out),
			lead == 0           ? WQ_S("\"...(300)")
				: lead == 1 ? WQ_S("\"...(301)")
					    : WQ_S("\"...(302)")));
	}
}

static void writes_text_and_json(void **state)
{
	struct wq_log *log = fresh();
	int text[2], json[2];

	(void)state;
	now = 951827696000001;
	assert_int_equal(pipe2(text, O_NONBLOCK) | pipe2(json, O_NONBLOCK), 0);
	assert_ok(wq_log_add_text(log, text[1], WQ_LEVEL_DEBUG));
	assert_ok(wq_log_add_json(log, json[1], WQ_LEVEL_WARNING));
	wq_event(log, PROCESS_STARTED);
	wq_event(log, SANDBOX_PART_OFF, wq_f_text("part", "seccomp"), wq_f_text("why", "two words"),
		wq_f_outside("path", WQ_S("/a\nb")), wq_f_u64("n", UINT64_MAX), wq_f_i64("i", -1),
		wq_f_hex("digest", "\x00\xff", 2), wq_f_time("at", 0),
		wq_f_err("error", wq_error(WQ_E_IO, "disk %d", 1)));
	assert_str(drain(text[0]),
		WQ_S("2000-02-29T12:34:56.000001Z info process.started: the process has started\n"
		     "2000-02-29T12:34:56.000001Z warning sandbox.part_off: a part of the process sandbox is not in force "
		     "part=seccomp why=\"two words\" path=\"/a\\nb\" n=18446744073709551615 i=-1 digest=00ff "
		     "at=1970-01-01T00:00:00.000000Z error=IO (reading or writing failed) \"disk 1\"\n"));
	assert_str(drain(json[0]),
		WQ_S("{\"time\":\"2000-02-29T12:34:56.000001Z\",\"severity\":\"warning\",\"event\":\"sandbox.part_off\","
		     "\"message\":\"a part of the process sandbox is not in force\",\"fields\":{\"part\":\"seccomp\","
		     "\"why\":\"two words\",\"path\":\"/a\\nb\",\"n\":18446744073709551615,\"i\":-1,\"digest\":\"00ff\","
		     "\"at\":\"1970-01-01T00:00:00.000000Z\",\"error\":{\"error\":\"IO\",\"kind\":\"io\","
		     "\"message\":\"reading or writing failed\",\"note\":\"disk 1\"}}}\n"));
	wq_log_free(&log);
	assert_null(log);
	wq_log_free(&log);
	close(text[0]), close(text[1]), close(json[0]), close(json[1]);
}

static void leaves_out_what_does_not_fit(void **state)
{
	struct wq_field fields[WQ_EVENT_FIELDS_MAX + 3] = {{.name = NULL}};
	char hostile[600];
	WQ_BUF(out, 16 * WQ_KIB);

	(void)state;
	memset(hostile, 1, sizeof hostile);
	for (size_t i = 0; i < WQ_EVENT_FIELDS_MAX + 2; i++)
		fields[i] = wq_f_outside("x", wq_str_of(hostile, sizeof hostile));
	wq_event_text(&out, WQ_EV_PROCESS_STARTED, fields, WQ_LANG_ZH);
	assert_ok(wq_buf_err(&out));
	assert_true(out.len <= WQ_EVENT_LINE_MAX);
	assert_true(wq_str_ends(wq_buf_str(&out), WQ_S(" (fields left out)")));
	wq_event_json(&out, 0, WQ_EV_PROCESS_STARTED, fields, WQ_LANG_ZH);
	assert_true(out.len <= WQ_EVENT_LINE_MAX);
	assert_true(wq_str_ends(wq_buf_str(&out), WQ_S(",\"cut\":true}")));
}

/* Nobody reads: lines are lost and counted; then somebody does, and hears of it. */
static void full_pipe(void **state)
{
	struct wq_log *log = fresh();
	int fds[2], flags;
	wq_str text;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_ok(wq_log_add_text(log, fds[1], WQ_LEVEL_DEBUG));
	for (int i = 0; i < 3000; i++)
		wq_event(log, PROCESS_STARTED);
	assert_true(wq_log_lost(log) > 0 && wq_log_lost(log) < 3000);
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0); /* the shared description is as it was */
	flags = fcntl(fds[0], F_GETFL);
	fcntl(fds[0], F_SETFL, flags | O_NONBLOCK);
	text = drain(fds[0]);
	assert_int_equal(text.p[text.n - 1], '\n');
	wq_event(log, PROCESS_STOPPED);
	assert_int_equal(wq_log_lost(log), 0);
	text = drain(fds[0]);
	assert_true(wq_str_find(text, WQ_S("log.lines_lost")) > 0);
	assert_true(wq_str_find(text, WQ_S("process.stopped")) > wq_str_find(text, WQ_S("lines=")));
	wq_log_free(&log);
	close(fds[0]), close(fds[1]);
}

static void dead_sinks(void **state)
{
	struct wq_log *log = fresh();
	int fds[2], pair[2], full = open("/dev/full", O_WRONLY);

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_ok(wq_log_add_text(log, fds[1], WQ_LEVEL_DEBUG));
	assert_ok(wq_log_add_json(log, pair[1], WQ_LEVEL_DEBUG));
	assert_ok(wq_log_add_json(log, full, WQ_LEVEL_DEBUG));
	assert_ok(wq_log_add_json(log, full, WQ_LEVEL_ALERT));
	assert_err(wq_log_add_json(log, full, WQ_LEVEL_ALERT), WQ_E_LIMIT);
	close(fds[0]);
	close(pair[0]);
	errno = 4711;
	wq_event(log, PROCESS_STARTED);
	assert_int_equal(errno, 4711);
	assert_int_equal(wq_log_lost(log), 3);
	wq_event(NULL, PROCESS_STARTED);
	wq_log_free(&log);
	close(fds[1]), close(pair[1]), close(full);
}

static void blocked_socket(void **state)
{
	struct wq_log *log = fresh();
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_ok(wq_log_add_json(log, pair[1], WQ_LEVEL_DEBUG));
	for (int i = 0; i < 10000; i++)
		wq_event(log, PROCESS_STARTED);
	assert_true(wq_log_lost(log) > 0);
	wq_log_free(&log);
	close(pair[0]), close(pair[1]);
}

static void journal(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct wq_log *log = fresh();
	char dir[] = "/tmp/wq-log-XXXXXX", datagram[9000];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", dir);
	assert_err(wq_log_add_journal(log, address.sun_path, "weique", WQ_LEVEL_DEBUG), WQ_E_UNSUPPORTED);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_ok(wq_log_add_journal(log, address.sun_path, "weique", WQ_LEVEL_DEBUG));
	wq_event(log, SANDBOX_PART_OFF, wq_f_outside("part", WQ_S("x\nPRIORITY=0")));
	n = recv(fd, datagram, sizeof datagram, MSG_DONTWAIT);
	assert_true(n > 0);
	assert_str(wq_str_of(datagram, (size_t)n),
		WQ_S("MESSAGE=sandbox.part_off: a part of the process sandbox is not in force part=\"x\\nPRIORITY=0\"\n"
		     "PRIORITY=4\nSYSLOG_IDENTIFIER=weique\nWQ_EVENT=sandbox.part_off\nWQ_PART=\"x\\nPRIORITY=0\"\n"));
	for (int i = 0; i < 10000; i++) /* a journal that stands still does not hold us up */
		wq_event(log, PROCESS_STARTED);
	assert_true(wq_log_lost(log) > 0);
	wq_log_free(&log);
	close(fd);
	assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
}

static void default_log(void **state)
{
	struct wq_log *log = fresh();

	(void)state;
	assert_null(wq_log_default());
	wq_log_set_default(log);
	assert_ptr_equal(wq_log_default(), log);
	wq_log_free(&log);
	assert_null(wq_log_default());
}

/* docs/events.md is the table of event_table.h; WQ_UPDATE_DOCS=1 writes it anew. */
static void catalogue(void **state)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	char path[4096];
	WQ_BUF(doc, WQ_MIB);
	WQ_BUF(file, WQ_MIB);

	(void)state;
	wq_buf_add(&doc,
		WQ_S("# Events 事件\n\nMade from `src/base/event_table.h`; a test compares the two.\n\n"
		     "| name | severity | 中文 | English |\n| --- | --- | --- | --- |\n"));
	for (unsigned i = 0; i < WQ_EV_COUNT; i++) {
		enum wq_event_id id = (enum wq_event_id)i;
		assert_non_null(strchr(wq_event_name(id), '.'));
		assert_true((unsigned char)wq_event_sentence(id, WQ_LANG_ZH)[0] >= 0x80);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(wq_event_name(id), wq_event_name((enum wq_event_id)j));
		wq_buf_printf(&doc, "| `%s` | %s | %s | %s |\n", wq_event_name(id), wq_level_name(wq_event_level(id)),
			wq_event_sentence(id, WQ_LANG_ZH), wq_event_sentence(id, WQ_LANG_EN));
	}
	snprintf(path, sizeof path, "%s/docs/events.md", root ? root : ".");
	if (getenv("WQ_UPDATE_DOCS"))
		assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&doc), 0644));
	assert_ok(wq_file_read(&wq_fs_system, path, &file));
	if (!wq_str_eq(wq_buf_str(&file), wq_buf_str(&doc)))
		fail_msg("docs/events.md is not what src/base/event_table.h says: run this test with WQ_UPDATE_DOCS=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes),
		cmocka_unit_test(writes_text_and_json),
		cmocka_unit_test(leaves_out_what_does_not_fit),
		cmocka_unit_test(full_pipe),
		cmocka_unit_test(dead_sinks),
		cmocka_unit_test(blocked_socket),
		cmocka_unit_test(journal),
		cmocka_unit_test(default_log),
		cmocka_unit_test(catalogue),
	};
	return cmocka_run_group_tests_name("base-log", tests, NULL, NULL);
}
