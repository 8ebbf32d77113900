#include "base/file.h"
#include "base/test.h"
#include "flow/settings.h"

static char dir[64];
static struct wq_arena arena;

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/wq-settings-XXXXXX");
	wq_arena_init(&arena, 64 * WQ_MIB);
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	wq_arena_done(&arena);
	return wq_failed(wq_dir_remove_tree(&wq_fs_system, dir));
}

static void put(wq_str text)
{
	assert_ok(wq_file_replace(&wq_fs_system, wq_arena_printf(&arena, "%s/weique.conf", dir).p, text, 0640));
}

static wq_str below(const char *prefix, const char *name)
{
	return wq_arena_printf(&arena, "%s%s/%s", prefix, dir, name);
}

static void is_default(const struct wq_settings *s)
{
	struct wq_capture_settings d = wq_capture_settings_default();

	assert_str(s->database, below("sqlite:", "ledger/ledger.db"));
	assert_int_equal(s->witnesses_n, 1);
	assert_str(s->witnesses[0], below("file:", "heads/witness.log"));
	assert_str(s->sign_socket, below("", "run/sign.sock"));
	assert_null(s->rules_dir);
	assert_int_equal(s->language.n, 0);
	assert_int_equal(s->capture.bytes_max, d.bytes_max);
	assert_int_equal(s->capture.object_max_bytes, d.object_max_bytes);
	assert_int_equal(s->capture.pages_max, d.pages_max);
	assert_int_equal(s->capture.depth_max, d.depth_max);
	assert_int_equal(s->capture.concurrent, d.concurrent);
	assert_int_equal(s->capture.delay_msec, d.delay_msec);
	assert_int_equal(s->capture.connect_msec, d.connect_msec);
	assert_int_equal(s->capture.request_msec, d.request_msec);
	assert_int_equal(s->capture.query_spellings, d.query_spellings);
	assert_int_equal(s->capture.robots, d.robots);
	assert_ptr_equal(s->capture.ca_file, d.ca_file);
}

static void without_a_file_and_with_the_one_of_init(void **state)
{
	struct wq_settings s;
	WQ_BUF(text, WQ_MIB);

	(void)state;
	assert_ok(wq_settings_load(dir, &arena, &s));
	is_default(&s);
	assert_ok(wq_settings_file(WQ_S_NONE, &text));
	put(wq_buf_str(&text));
	assert_ok(wq_settings_load(dir, &arena, &s));
	is_default(&s);
	/* every setting, when the mark before it is taken away, is its own default */
	for (size_t i = 0; i + 2 < text.len; i++)
		if (memcmp(text.data + i, "\t# ", 3) == 0 &&
			wq_str_chr(wq_str_of(text.data + i, text.len - i), '\n') > 0) {
			wq_str rest = wq_str_from(wq_buf_str(&text), i), line = wq_str_cut(&rest, '\n');
			if (wq_str_ends(line, WQ_S(";")) && wq_str_find(line, WQ_S(" = ")) > 0)
				text.data[i + 1] = ' ';
		}
	put(wq_buf_str(&text));
	assert_ok(wq_settings_load(dir, &arena, &s));
	is_default(&s);
}

static void a_database_is_written_down(void **state)
{
	wq_str urls[] = {WQ_S("postgresql://weique@db.example/ledger?host=/run/pg"), WQ_S("sqlite:/srv/a\\b\".db")};
	struct wq_settings s;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(urls); i++) {
		WQ_BUF(text, WQ_MIB);

		assert_ok(wq_settings_file(urls[i], &text));
		put(wq_buf_str(&text));
		assert_ok(wq_settings_load(dir, &arena, &s));
		assert_str(s.database, urls[i]);
	}
	WQ_BUF(bad, WQ_MIB);
	assert_err(wq_settings_file(WQ_S("postgresql:///x\n"), &bad), WQ_E_INPUT);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *note;
	} rows[] = {
		{"capture = {\n pages = 0; };", ":2: capture.pages"},
		{"capture = { page = 5; };", "did you mean capture.pages?"},
		{"capture = { delay = \"2 parsecs\"; };", "capture.delay"},
		{"ledger = { database = \"mysql://x\"; };", "neither sqlite: nor postgresql:"},
		{"ledger = { witness = [\"ftp:x\"]; };", "neither file: nor syslog:"},
		{"\n\nlanguage = \"fr\";", ":3: language"},
		{"capture = { compression = \"most\"; };", "neither fast nor best"},
		{"capture = ", "weique.conf:"},
	};
	struct wq_settings s;

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_err e;

		put(wq_str_c(rows[i].text));
		e = wq_settings_load(dir, &arena, &s);
		assert_err(e, WQ_E_CONFIG);
		if (wq_str_find(wq_str_c(wq_err_note(e)), wq_str_c(rows[i].note)) < 0)
			fail_msg("%s: %s", rows[i].text, wq_err_note(e));
	}
}

static void passwords_are_not_shown(void **state)
{
	static const struct {
		const char *url, *shown;
	} rows[] = {
		{"postgresql://u:secret@h/db", "postgresql://u:***@h/db"},
		{"postgresql://u:se@cret@h/db", "postgresql://u:***@h/db"},
		{"postgresql://u@h/db", "postgresql://u@h/db"},
		{"postgresql://h/db?user=u&password=secret", "postgresql://h/db?user=u&"},
		{"sqlite:/a:b@c", "sqlite:/a:b@c"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_str(wq_database_shown(&arena, wq_str_c(rows[i].url)), wq_str_c(rows[i].shown));
}

static void the_document_is_the_schema(void **state)
{
	const char *path = wq_arena_printf(&arena, "%s/docs/configuration.md", getenv("WQ_SOURCE_ROOT")).p;
	WQ_BUF(printed, WQ_MIB);
	WQ_BUF(file, WQ_MIB);

	(void)state;
	wq_settings_document(&printed);
	assert_ok(wq_file_read(&wq_fs_system, path, &file));
	if (!wq_str_eq(wq_buf_str(&printed), wq_buf_str(&file)))
		fail_msg("write it anew: weique config manual --document > docs/configuration.md");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_file_and_with_the_one_of_init, begin, end),
		cmocka_unit_test_setup_teardown(a_database_is_written_down, begin, end),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_named_with_its_line, begin, end),
		cmocka_unit_test_setup_teardown(passwords_are_not_shown, begin, end),
		cmocka_unit_test_setup_teardown(the_document_is_the_schema, begin, end),
	};
	return cmocka_run_group_tests_name("flow settings", tests, NULL, NULL);
}
