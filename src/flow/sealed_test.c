#include "flow/flow_fixture_test.h"
#include "flow/sealed.h"

static void flip(struct flow_fixture *f, const char *path, size_t at)
{
	WQ_BUF(bytes, 64 * WQ_MIB);

	(void)f;
	assert_ok(wq_file_read(&wq_fs_system, path, &bytes));
	assert_true(bytes.len > 0);
	bytes.data[at % bytes.len] ^= 1;
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&bytes), 0644));
}

static bool opens_sealed(struct flow_fixture *f)
{
	struct wq_sealed_view view;
	wq_err e = wq_sealed_open(&f->w, WQ_S("portal"), &view);

	if (!wq_failed(e))
		wq_sealed_close(&view);
	else
		assert_true(wq_is(e, WQ_E_ALTERED));
	return !wq_failed(e);
}

static bool opens_body(struct flow_fixture *f, const struct wq_release_row *row)
{
	struct wq_sealed_view view;
	wq_err e = wq_sealed_open_body(&f->w, row, &view);

	if (!wq_failed(e))
		wq_sealed_close(&view);
	else
		assert_true(wq_is(e, WQ_E_ALTERED));
	return !wq_failed(e);
}

static void an_altered_file_is_refused(void **state)
{
	struct flow_fixture f;
	struct wq_capture_result r;
	struct wq_release_row row;
	const char *snapshot, *body;
	struct wq_sealed_view view;

	(void)state;
	flow_open(&f, WQ_S_NONE);
	assert_err(wq_sealed_open(&f.w, WQ_S("portal"), &view), WQ_E_NOT_FOUND);
	flow_write(&f, "index.html", "<p>x</p>");
	r = flow_capture(&f);
	flow_seal(&f, r.release);
	assert_ok(wq_release_find(f.w.ledger, r.release, &f.arena, &row));
	body = flow_path(&f, "state/releases/%.*s.body", WQ_S_ARG(r.release));
	snapshot = flow_path(&f, "state/vault/apps/portal/%020d.snapshot", 1);
	assert_true(opens_sealed(&f));
	assert_true(opens_body(&f, &row));
	for (size_t at = 0; at < 3000; at += 37) {
		flip(&f, body, at);
		assert_false(opens_body(&f, &row));
		flip(&f, body, at);
	}
	/* magic, head, body; the padding and the signature are the gate's to check, which has the key */
	for (size_t i = 0; i < 4; i++) {
		static const size_t places[] = {0, 20, 1024, 1300};

		flip(&f, snapshot, places[i]);
		assert_false(opens_sealed(&f));
		flip(&f, snapshot, places[i]);
	}
	assert_true(opens_sealed(&f));
	/* a capture does not build on it either */
	flip(&f, snapshot, 1100);
	assert_err(flow_try_capture(&f, &r), WQ_E_ALTERED);
	flow_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_altered_file_is_refused)};
	return cmocka_run_group_tests_name("flow sealed", tests, NULL, NULL);
}
