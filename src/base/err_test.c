#include "base/test.h"

#include <errno.h>

static void rows_are_whole(void **state)
{
	(void)state;
	for (unsigned i = 1; i < WQ_E_COUNT; i++) {
		wq_err e = wq_error_id((enum wq_err_id)i);
		assert_true(wq_failed(e));
		assert_true(wq_err_kind(e) != WQ_KIND_OK && wq_err_kind(e) <= WQ_KIND_BUG);
		assert_true(strlen(wq_err_name(e)) > 0);
		for (int lang = WQ_LANG_ZH; lang <= WQ_LANG_EN; lang++) {
			assert_true(strlen(wq_err_message(e, (enum wq_lang)lang)) > 0);
			assert_true(strlen(wq_err_advice(e, (enum wq_lang)lang)) > 0);
		}
		assert_true((unsigned char)wq_err_message(e, WQ_LANG_ZH)[0] >= 0xe0);
		assert_true((unsigned char)wq_err_message(e, WQ_LANG_EN)[0] < 0x80);
		assert_true(wq_err_exit(e) > 0);
		for (unsigned j = 1; j < i; j++)
			assert_string_not_equal(wq_err_name(e), wq_err_name(wq_error_id((enum wq_err_id)j)));
	}
	assert_false(wq_failed(WQ_OK));
	assert_int_equal(wq_err_exit(WQ_OK), 0);
	assert_string_equal(wq_err_name(WQ_OK), "OK");
	assert_int_equal(sizeof(wq_err), 8);
	assert_string_equal(wq_err_name((wq_err){.id = 60000}), "BUG");
}

static void exits(void **state)
{
	static const struct {
		enum wq_err_id id;
		int status;
		const char *kind;
	} rows[] = {
		{WQ_E_DENIED, 1, "denied"},
		{WQ_E_INPUT, 2, "input"},
		{WQ_E_CONFIG, 3, "config"},
		{WQ_E_STATE, 4, "state"},
		{WQ_E_IO, 5, "io"},
		{WQ_E_LIMIT, 6, "limit"},
		{WQ_E_BUSY, 7, "busy"},
		{WQ_E_BUG, 70, "bug"},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_err e = wq_error_id(rows[i].id);
		assert_int_equal(wq_err_exit(e), rows[i].status);
		assert_string_equal(wq_err_kind_name(wq_err_kind(e)), rows[i].kind);
	}
	assert_string_equal(wq_err_kind_name(WQ_KIND_OK), "ok");
}

static void errno_decides(void **state)
{
	(void)state;
	assert_err(wq_error_sys(WQ_E_IO, EIO, "x"), WQ_E_IO);
	assert_err(wq_error_sys(WQ_E_DB, ENOSPC, "x"), WQ_E_NO_SPACE);
	assert_err(wq_error_sys(WQ_E_DB, EDQUOT, "x"), WQ_E_NO_SPACE);
	assert_err(wq_error_sys(WQ_E_IO, ENOMEM, "x"), WQ_E_NO_MEMORY);
	assert_int_equal(wq_error_sys(WQ_E_IO, ENOSPC, "x").sys, ENOSPC);
}

static void notes_wrap(void **state)
{
	wq_err e[WQ_ERR_NOTES + 1];
	char expected[32];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i <= WQ_ERR_NOTES; i++)
			e[i] = wq_error(WQ_E_INPUT, "note %d.%d", round, i);
		assert_string_equal(wq_err_note(e[0]), "");
		assert_true(wq_is(e[0], WQ_E_INPUT));
		for (int i = 1; i <= WQ_ERR_NOTES; i++) {
			snprintf(expected, sizeof expected, "note %d.%d", round, i);
			assert_string_equal(wq_err_note(e[i]), expected);
		}
	}
	assert_string_equal(wq_err_note(wq_error_id(WQ_E_IO)), "");
	assert_string_equal(wq_err_note(WQ_OK), "");
}

static void notes_are_clean(void **state)
{
	char text[WQ_ERR_NOTE_BYTES + 3];
	const char *note;

	(void)state;
	assert_string_equal(wq_err_note(wq_error(WQ_E_INPUT, "a\n\x1b[1m\x7f b")), "a??[1m? b");
	/* cut inside a character of three bytes: the torn one is dropped, for each of the ways it can fall */
	for (size_t lead = 0; lead < 4; lead++) {
		size_t n = lead;
		memset(text, 'x', lead);
		for (; n + 3 < sizeof text; n += 3)
			memcpy(text + n, "关", 3);
		text[n] = '\0';
		note = wq_err_note(wq_error(WQ_E_INPUT, "%s", text));
		assert_true(strlen(note) < WQ_ERR_NOTE_BYTES && strlen(note) >= WQ_ERR_NOTE_BYTES - 3);
		assert_int_equal((strlen(note) - lead) % 3, 0);
	}
}

static wq_err tries(wq_err e, int *reached)
{
	WQ_TRY(e);
	*reached = 1;
	return WQ_OK;
}

static void try_returns(void **state)
{
	int reached = 0;

	(void)state;
	assert_err(tries(wq_error_id(WQ_E_BUSY), &reached), WQ_E_BUSY);
	assert_int_equal(reached, 0);
	assert_ok(tries(WQ_OK, &reached));
	assert_int_equal(reached, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(exits),
		cmocka_unit_test(errno_decides),
		cmocka_unit_test(notes_wrap),
		cmocka_unit_test(notes_are_clean),
		cmocka_unit_test(try_returns),
	};
	return cmocka_run_group_tests_name("base-err", tests, NULL, NULL);
}
