#include "base/test.h"
#include "flow/transform.h"
#include "policy/rewrite.h"

#define HOST "www.example.gov.cn"

static const wq_str hosts[] = {WQ_S_INIT(HOST)};

struct fixture {
	struct wq_policy policy;
	struct wq_transform *t;
	char form[200];
};

static void on_form(void *data, wq_str key, wq_str address, uint64_t line)
{
	struct fixture *f = data;

	snprintf(f->form, sizeof f->form, "%.*s %.*s %u", WQ_S_ARG(key), WQ_S_ARG(address), (unsigned)line);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_ok(wq_crypto_init());
	f->policy = wq_policy_default;
	f->policy.leave = true;
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	wq_transform_free(&f->t);
	free(f);
	return 0;
}

static void open_it(struct fixture *f)
{
	struct wq_transform_options options = {.policy = &f->policy,
		.hosts = hosts,
		.hosts_n = WQ_COUNT(hosts),
		.random = &wq_random_system,
		.on_form = on_form,
		.data = f};

	assert_ok(wq_transform_new(&options, &f->t));
}

static struct wq_transformed transform(struct fixture *f, const char *body, const char *headers)
{
	struct wq_site_item item = {.key = WQ_S(HOST "/a.html"),
		.status = 200,
		.type = WQ_S("text/html; charset=utf-8"),
		.headers = wq_str_c(headers),
		.body = wq_str_c(body)};
	struct wq_transformed made;

	assert_ok(wq_transform_item(f->t, &item, item.body, &made));
	return made;
}

static size_t links(struct fixture *f)
{
	const struct wq_link_new *list;
	size_t n;

	assert_ok(wq_transform_links(f->t, &list, &n));
	return n;
}

static void links_are_renamed_and_named_again(void **state)
{
	static const char page[] = "<a href=\"https://evil.example/?a=1&amp;b=2\">x</a><a href=\"/leave/none\">y</a>";
	struct fixture *f = *state;
	struct wq_transformed made;
	WQ_BUF(once, WQ_MIB);
	WQ_BUF(back, WQ_MIB);

	open_it(f);
	made = transform(f, page, "");
	assert_int_equal(made.transforms, WQ_TRANSFORM_LEAVE);
	assert_int_equal(links(f), 1);
	wq_buf_add(&once, made.body);
	assert_true(wq_str_find(made.body, WQ_S("evil.example")) < 0);
	assert_ok(wq_transform_undo(f->t, NULL, wq_buf_str(&once), &back));
	assert_string_equal(wq_buf_cstr(&back), page);
	/* what nobody knows stays as it is */
	wq_buf_clear(&back);
	assert_ok(wq_transform_undo(f->t, NULL, WQ_S("x /leave/0123456789abcdef0123456789abcdef y"), &back));
	assert_string_equal(wq_buf_cstr(&back), "x /leave/0123456789abcdef0123456789abcdef y");
	/* nothing leads out: the very bytes that were given */
	made = transform(f, "<a href=/b.html>b</a>", "");
	assert_int_equal(made.transforms, 0);
	assert_str(made.body, WQ_S("<a href=/b.html>b</a>"));
}

static void redirects_go_through_the_prompt(void **state)
{
	struct fixture *f = *state;
	struct wq_transformed made;

	open_it(f);
	made = transform(f, "", "Link: x\r\nLocation: https://evil.example/\r\nX-Frame-Options: DENY\r\n");
	assert_true(wq_str_starts(made.headers, WQ_S("Link: x\r\nLocation: /leave/")));
	assert_true(wq_str_ends(made.headers, WQ_S("\r\nX-Frame-Options: DENY\r\n")));
	assert_int_equal(links(f), 1);
	made = transform(f, "", "Location: /in\r\n");
	assert_str(made.headers, WQ_S("Location: /in\r\n"));
}

static void forms_that_post_outside_are_said(void **state)
{
	struct fixture *f = *state;

	open_it(f);
	transform(f, "\n<form method=post action=https://evil.example/x><input></form>", "");
	assert_string_equal(f->form, HOST "/a.html https://evil.example/x 2");
}

static void the_security_policy_has_its_place(void **state)
{
	static const struct {
		enum wq_csp_mode mode;
		const char *before, *after;
	} rows[] = {
		{WQ_CSP_OFF, "Cache-Control: a\r\nLink: b\r\n", "Cache-Control: a\r\nLink: b\r\n"},
		{WQ_CSP_ENFORCE, "Cache-Control: a\r\nLink: b\r\n",
			"Cache-Control: a\r\nContent-Security-Policy: CSP\r\nLink: b\r\n"},
		{WQ_CSP_REPORT, "", "Content-Security-Policy-Report-Only: CSP\r\n"},
		{WQ_CSP_REPORT, "Cache-Control: a\r\n",
			"Cache-Control: a\r\nContent-Security-Policy-Report-Only: CSP\r\n"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(seen, WQ_KIB * 64);
		struct wq_transformed made;
		ptrdiff_t at, value;
		wq_str rest;

		f->policy.csp = rows[i].mode;
		open_it(f);
		made = transform(f, "<p>x</p>", rows[i].before);
		assert_true(wq_headers_same(made.headers, wq_str_c(rows[i].before)));
		at = wq_str_find(made.headers, WQ_S("Content-Security-Policy"));
		rest = at < 0 ? made.headers : wq_str_from(made.headers, (size_t)at);
		value = at < 0 ? 0 : wq_str_find(rest, WQ_S(": ")) + 2;
		wq_buf_add(&seen, wq_str_head(made.headers, at < 0 ? made.headers.n : (size_t)(at + value)));
		if (at >= 0) {
			wq_buf_add(&seen, WQ_S("CSP"));
			wq_buf_add(&seen, wq_str_from(rest, (size_t)wq_str_find(rest, WQ_S("\r\n"))));
		}
		assert_string_equal(wq_buf_cstr(&seen), rows[i].after);
		wq_transform_free(&f->t);
	}
}

static void headers_differ_or_not(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"", "", true},
		{"Link: a\r\n", "Link: a\r\n", true},
		{"Link: a\r\n", "Link: b\r\n", false},
		{"Link: a\r\n", "", false},
		{"", "Link: a\r\n", false},
		{"Content-Security-Policy: x\r\n", "", true},
		{"A: 1\r\nContent-Security-Policy: x\r\nB: 2\r\n",
			"A: 1\r\nContent-Security-Policy-Report-Only: y\r\nB: 2\r\n", true},
		{"A: 1\r\nContent-Security-Policy: x\r\n", "A: 1\r\nB: 2\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < WQ_COUNT(rows); i++)
		assert_int_equal(wq_headers_same(wq_str_c(rows[i].a), wq_str_c(rows[i].b)), rows[i].same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(links_are_renamed_and_named_again, begin, end),
		cmocka_unit_test_setup_teardown(redirects_go_through_the_prompt, begin, end),
		cmocka_unit_test_setup_teardown(forms_that_post_outside_are_said, begin, end),
		cmocka_unit_test_setup_teardown(the_security_policy_has_its_place, begin, end),
		cmocka_unit_test(headers_differ_or_not),
	};
	return cmocka_run_group_tests_name("flow transform", tests, NULL, NULL);
}
