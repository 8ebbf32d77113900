/* Units and applications on both databases: what may be registered, and what the events make of it. */
#include "ledger/release.h"

#include "ledger/ledger_fixture_test.h"

static struct wq_pg_test pg;
static struct fixture sqlite = {.kind = WQ_DB_SQLITE}, postgres = {.kind = WQ_DB_POSTGRES, .pg = &pg};

static int setup(void **state)
{
	struct fixture *f = *state;

	wq_fixture_begin(f);
	wq_fixture_open(f, &wq_release_projections);
	return 0;
}

static int teardown(void **state)
{
	wq_fixture_end(*state);
	return 0;
}

static struct wq_unit_row unit(const char *id, const char *superior, enum wq_unit_kind kind)
{
	return (struct wq_unit_row){
		.id = wq_str_c(id), .name = WQ_S("某单位"), .kind = kind, .superior = wq_str_c(superior)};
}

static wq_err add_unit(struct fixture *f, const char *id, const char *superior, enum wq_unit_kind kind)
{
	struct wq_unit_row row = unit(id, superior, kind);

	return wq_unit_register(f->ledger, &row, WQ_S("admin"), &f->arena);
}

static struct wq_unit_row find_unit(struct fixture *f, const char *id)
{
	struct wq_unit_row row;

	assert_ok(wq_unit_find(f->ledger, wq_str_c(id), &f->arena, &row));
	return row;
}

static void add_app(struct fixture *f, const char *id, const char *unit_id)
{
	struct wq_app_row app = {.id = wq_str_c(id),
		.name = WQ_S("门户"),
		.unit = wq_str_c(unit_id),
		.origin = WQ_S("/srv"),
		.hosts = {WQ_S("www.example.gov.cn")},
		.hosts_n = 1};

	assert_ok(wq_app_register(f->ledger, &app, WQ_S("admin"), &f->arena));
}

static struct wq_app_row find_app(struct fixture *f, const char *id)
{
	struct wq_app_row row;

	assert_ok(wq_app_find(f->ledger, wq_str_c(id), &f->arena, &row));
	return row;
}

/* ---- */

static void test_units(void **state)
{
	static const struct {
		const char *id, *name, *region, *superior;
		enum wq_unit_kind kind;
		enum wq_err_id error;
	} refused[] = {
		{"City", "市", "", "", WQ_UNIT_ORGAN, WQ_E_INPUT},
		{"city", "", "", "", WQ_UNIT_ORGAN, WQ_E_INPUT},
		{"city", "市\n府", "", "", WQ_UNIT_ORGAN, WQ_E_INPUT},
		{"city", "市", "12345", "", WQ_UNIT_ORGAN, WQ_E_INPUT},
		{"city", "市", "1234567890123", "", WQ_UNIT_ORGAN, WQ_E_INPUT},
		{"city", "市", "12345x", "", WQ_UNIT_ORGAN, WQ_E_INPUT},
		{"city", "市", "", "nobody", WQ_UNIT_ORGAN, WQ_E_NOT_FOUND},
		{"city", "市", "", "city", WQ_UNIT_ORGAN, WQ_E_INPUT},
		{"city", "市", "", "", WQ_UNIT_UNKNOWN, WQ_E_INPUT},
		{"county", "县", "", "", WQ_UNIT_ORGAN, WQ_E_EXISTS},
	};
	struct fixture *f = *state;
	struct wq_unit_row row, *list;
	size_t n;

	assert_ok(add_unit(f, "county", "", WQ_UNIT_ORGAN));
	for (size_t i = 0; i < WQ_COUNT(refused); i++) {
		row = (struct wq_unit_row){.id = wq_str_c(refused[i].id),
			.name = wq_str_c(refused[i].name),
			.region = wq_str_c(refused[i].region),
			.superior = wq_str_c(refused[i].superior),
			.kind = refused[i].kind};
		assert_err(wq_unit_register(f->ledger, &row, WQ_S("admin"), &f->arena), refused[i].error);
	}
	assert_ok(add_unit(f, "hospital", "county", WQ_UNIT_INSTITUTION));
	row = find_unit(f, "hospital");
	assert_int_equal(row.kind, WQ_UNIT_INSTITUTION);
	assert_str(row.superior, WQ_S("county"));
	row.level = WQ_LEVEL_COUNTY;
	row.region = WQ_S("330100");
	row.kind = WQ_UNIT_OTHER;
	assert_ok(wq_unit_change(f->ledger, &row, WQ_S("admin"), &f->arena));
	row = find_unit(f, "hospital");
	assert_int_equal(row.kind, WQ_UNIT_OTHER);
	assert_int_equal(row.level, WQ_LEVEL_COUNTY);
	assert_str(row.region, WQ_S("330100"));
	row = unit("county", "hospital", WQ_UNIT_ORGAN); /* a circle */
	assert_err(wq_unit_change(f->ledger, &row, WQ_S("admin"), &f->arena), WQ_E_INPUT);
	row.id = WQ_S("nobody");
	assert_err(wq_unit_change(f->ledger, &row, WQ_S("admin"), &f->arena), WQ_E_NOT_FOUND);
	assert_ok(wq_unit_list(f->ledger, &f->arena, &list, &n));
	assert_int_equal(n, 2);
	assert_str(list[0].id, WQ_S("county"));
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_int_equal(find_unit(f, "hospital").kind, WQ_UNIT_OTHER);
}

static void test_unit_words(void **state)
{
	enum wq_unit_kind kind = WQ_UNIT_OTHER;
	enum wq_unit_level level = WQ_LEVEL_COUNTY;

	(void)state;
	for (int k = 1; k < WQ_UNIT_KINDS; k++) {
		assert_true(wq_unit_kind_parse(wq_str_c(wq_unit_kind_name((enum wq_unit_kind)k)), &kind));
		assert_int_equal(kind, k);
		assert_true(*wq_unit_kind_title(kind, WQ_LANG_ZH));
	}
	for (int l = 1; l < WQ_LEVELS; l++) {
		assert_true(wq_unit_level_parse(wq_str_c(wq_unit_level_name((enum wq_unit_level)l)), &level));
		assert_int_equal(level, l);
	}
	assert_false(wq_unit_kind_parse(WQ_S(""), &kind));
	assert_false(wq_unit_kind_parse(WQ_S("organs"), &kind));
	assert_false(wq_unit_level_parse(WQ_S(""), &level));
	assert_string_equal(wq_unit_kind_name((enum wq_unit_kind)99), "");
}

static void test_kind_of_an_application(void **state)
{
	struct fixture *f = *state;
	struct wq_unit_row row;

	add_app(f, "portal", "county");
	assert_int_equal(find_app(f, "portal").kind, WQ_UNIT_UNKNOWN);
	assert_ok(add_unit(f, "county", "", WQ_UNIT_ORGAN));
	assert_int_equal(find_app(f, "portal").kind, WQ_UNIT_ORGAN);
	row = unit("county", "", WQ_UNIT_UNION);
	assert_ok(wq_unit_change(f->ledger, &row, WQ_S("admin"), &f->arena));
	assert_int_equal(find_app(f, "portal").kind, WQ_UNIT_UNION);
}

static void test_profile(void **state)
{
	static char longest[WQ_APP_PROFILE_MAX + 1];
	struct fixture *f = *state;
	wq_str text = WQ_S("paths = [ \"/search dynamic\" ]; # 说明\n");

	add_app(f, "portal", "county");
	assert_int_equal(find_app(f, "portal").profile.n, 0);
	assert_ok(wq_app_profile_set(f->ledger, WQ_S("portal"), WQ_S("csp = \"off\";"), WQ_S("admin"), &f->arena));
	assert_ok(wq_app_profile_set(f->ledger, WQ_S("portal"), text, WQ_S("admin"), &f->arena));
	assert_str(find_app(f, "portal").profile, text);
	assert_err(wq_app_profile_set(f->ledger, WQ_S("nobody"), text, WQ_S("admin"), &f->arena), WQ_E_NOT_FOUND);
	assert_err(wq_app_profile_set(f->ledger, WQ_S("portal"), WQ_S("\xff"), WQ_S("admin"), &f->arena), WQ_E_INPUT);
	assert_err(wq_app_profile_set(f->ledger, WQ_S("portal"), WQ_S("a\0b"), WQ_S("admin"), &f->arena), WQ_E_INPUT);
	memset(longest, '"', sizeof longest); /* each is two bytes in the event */
	assert_err(wq_app_profile_set(
			   f->ledger, WQ_S("portal"), wq_str_of(longest, sizeof longest), WQ_S("admin"), &f->arena),
		WQ_E_LIMIT);
	assert_str(find_app(f, "portal").profile, text);
	assert_ok(wq_app_profile_set(
		f->ledger, WQ_S("portal"), wq_str_of(longest, sizeof longest - 1), WQ_S("admin"), &f->arena));
	assert_ok(wq_ledger_rebuild(f->ledger));
	assert_int_equal(find_app(f, "portal").profile.n, WQ_APP_PROFILE_MAX);
	assert_ok(wq_app_profile_set(f->ledger, WQ_S("portal"), WQ_S_NONE, WQ_S("admin"), &f->arena));
	assert_int_equal(find_app(f, "portal").profile.n, 0);
}

static int start_all(void **state)
{
	(void)state;
	assert_ok(wq_crypto_init());
	assert_ok(wq_pg_test_start(&pg));
	return 0;
}

static int stop_all(void **state)
{
	(void)state;
	wq_pg_test_stop(&pg);
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
		cmocka_unit_test(test_unit_words),
		BOTH(test_units),
		BOTH(test_kind_of_an_application),
		BOTH(test_profile),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
