#include "base/test.h"

#include "base/file.h"
#include "detect/tls/tls.h"

#define NOW ((wq_time)1800000000 * WQ_SECOND)

struct fixture {
	struct wq_arena arena;
	const struct wq_tls_rules *rules;
	struct wq_subject subject;
	struct wq_tls_observation o;
	struct wq_findings findings;
};

static wq_str names[] = {WQ_S_INIT("www.example.gov.cn")};

/* A site of an organ as it should be. */
static void good(struct fixture *f)
{
	struct wq_tls_cert *leaf = &f->o.chain.certs[0];

	f->o = (struct wq_tls_observation){.host = WQ_S("www.example.gov.cn"),
		.port = 443,
		.resolved = true,
		.reachable = true,
		.at = NOW,
		.versions = {WQ_TLS_NO, WQ_TLS_NO, WQ_TLS_NO, WQ_TLS_NO, WQ_TLS_YES, WQ_TLS_YES, WQ_TLS_YES},
		.chosen = {[WQ_TLS_12] = 0xc02f, [WQ_TLS_13] = 0x1301, [WQ_TLS_TLCP] = 0xe053},
		.accepted = {0x1301, 0xc02f, 0xe053},
		.accepted_by = {WQ_TLS_13, WQ_TLS_12, WQ_TLS_TLCP},
		.accepted_n = 3,
		.forward = WQ_TLS_YES,
		.compression = WQ_TLS_NO,
		.secure_renegotiation = WQ_TLS_YES,
		.fallback_scsv = WQ_TLS_YES,
		.https = {.answered = true, .status = 200, .has_hsts = true, .hsts = WQ_S("max-age=31536000")},
		.http = {.answered = true, .status = 301, .location = WQ_S("https://www.example.gov.cn/")}};
	*leaf = (struct wq_tls_cert){.subject = WQ_S("CN=www.example.gov.cn"),
		.issuer = WQ_S("CN=CFCA OV OCA,O=China Financial Certification Authority"),
		.serial = WQ_S("01"),
		.names = names,
		.names_n = 1,
		.not_before = NOW - 100 * WQ_DAY,
		.not_after = NOW + 200 * WQ_DAY,
		.key = WQ_TLS_KEY_RSA,
		.key_bits = 2048,
		.signature = WQ_S("sha256WithRSAEncryption"),
		.hash = WQ_S("SHA256")};
	f->o.chain.n = 1;
	f->o.chain.path = WQ_TLS_PATH_TRUSTED;
	f->o.chain.name_matches = true;
	f->subject = (struct wq_subject){.kind = WQ_SUBJECT_ORGAN, .now = NOW};
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	WQ_BUF(bytes, 1024 * 1024);
	const char *root = getenv("WQ_SOURCE_ROOT");
	char path[4096];

	snprintf(path, sizeof(path), "%s/rules/tls/tls.txt", root ? root : ".");
	wq_arena_init(&f->arena, 64 * 1024 * 1024);
	assert_ok(wq_file_read(&wq_fs_system, path, &bytes));
	assert_ok(wq_tls_rules_parse(&f->arena, WQ_S("tls.txt"), wq_buf_str(&bytes), &f->rules));
	good(f);
	*state = f;
	return 0;
}

static int finish(void **state)
{
	struct fixture *f = *state;

	wq_arena_done(&f->arena);
	free(f);
	return 0;
}

/* The rules found, in order, joined by blanks. */
static wq_str judge(struct fixture *f, const struct wq_tls_known *previous)
{
	WQ_BUF(text, 4096);

	assert_ok(wq_findings_init(&f->findings, &f->arena, 100));
	assert_ok(wq_tls_judge(&f->arena, &f->subject, f->rules, &f->o, previous, &f->findings));
	for (size_t i = 0; i < f->findings.count; i++) {
		wq_buf_printf(&text, "%s%.*s", i ? " " : "", WQ_S_ARG(f->findings.items[i].rule));
		assert_ok(wq_finding_check(&f->findings.items[i]));
	}
	return wq_arena_str(&f->arena, wq_buf_str(&text));
}

static void test_a_good_site(void **state)
{
	assert_str(judge(*state, NULL), WQ_S(""));
}

/* ---- one fault at a time ---- */

static struct wq_tls_cert *leaf_of(struct fixture *f)
{
	return &f->o.chain.certs[0];
}

#define FAULT(name, ...) \
	static void name(struct fixture *f) \
	{ \
		__VA_ARGS__; \
	}
FAULT(old, f->o.versions[WQ_TLS_10] = WQ_TLS_YES)
FAULT(no_modern, f->o.versions[WQ_TLS_12] = f->o.versions[WQ_TLS_13] = WQ_TLS_NO)
FAULT(no_sm, f->o.versions[WQ_TLS_TLCP] = WQ_TLS_NO)
FAULT(triple_des, f->o.accepted[1] = 0x000a)
FAULT(no_forward, f->o.forward = WQ_TLS_NO)
FAULT(not_preferred, f->o.chosen[WQ_TLS_12] = 0x009c)
FAULT(dh, f->o.dh_bits = 1024)
FAULT(renegotiation, f->o.secure_renegotiation = WQ_TLS_NO)
FAULT(compression, f->o.compression = WQ_TLS_YES)
FAULT(fallback, f->o.fallback_scsv = WQ_TLS_NO)
FAULT(faulty, f->o.faulty = true; f->o.faulty_reason = WQ_S("x"))
FAULT(expired, leaf_of(f)->not_after = NOW - 1)
FAULT(not_yet, leaf_of(f)->not_before = NOW + 1)
FAULT(soon, leaf_of(f)->not_after = NOW + 30 * WQ_DAY)
FAULT(name, f->o.chain.name_matches = false)
FAULT(no_san, f->o.chain.name_matches = false; leaf_of(f)->names_n = 0)
FAULT(self, f->o.chain.path = WQ_TLS_PATH_SELF_SIGNED)
FAULT(incomplete, f->o.chain.path = WQ_TLS_PATH_INCOMPLETE)
FAULT(disordered, f->o.chain.disordered = true)
FAULT(untrusted, f->o.chain.path = WQ_TLS_PATH_UNTRUSTED)
FAULT(stapled, f->o.chain.staple = WQ_TLS_REVOCATION_REVOKED)
FAULT(listed, f->o.chain.crl = WQ_TLS_REVOCATION_REVOKED)
FAULT(rsa, leaf_of(f)->key_bits = 1024)
FAULT(curve, leaf_of(f)->key = WQ_TLS_KEY_EC; leaf_of(f)->key_bits = 192)
FAULT(sha1, leaf_of(f)->hash = WQ_S("SHA1"))
FAULT(longest, leaf_of(f)->not_before = NOW - 398 * WQ_DAY)
FAULT(issuer, leaf_of(f)->issuer = WQ_S("CN=R3,O=Let's Encrypt"))
FAULT(no_hsts, f->o.https.has_hsts = false)
FAULT(short_hsts, f->o.https.hsts = WQ_S("max-age=15551999"))
FAULT(zero_hsts, f->o.https.hsts = WQ_S("includeSubDomains; MAX-AGE = \"0\""))
FAULT(broken_hsts, f->o.https.hsts = WQ_S("31536000"))
FAULT(no_redirect, f->o.http.status = 200)
FAULT(to_http, f->o.http.location = WQ_S("http://www.example.gov.cn/index.html"))
FAULT(relative, f->o.http.location = WQ_S("/index.html"))
FAULT(elsewhere, f->o.http.location = WQ_S("https://www.example.com/"))
FAULT(none, memset(f->o.versions, 0, sizeof(f->o.versions)))
FAULT(none_http, memset(f->o.versions, 0, sizeof(f->o.versions)); f->o.reachable = false)
FAULT(tlcp_name, f->o.tlcp = f->o.chain; f->o.tlcp.name_matches = false)
/* not faults */
FAULT(silent, memset(f->o.versions, 0, sizeof(f->o.versions)); f->o.reachable = f->o.http.answered = false)
FAULT(sm_leaf, f->o.versions[WQ_TLS_TLCP] = WQ_TLS_NO; leaf_of(f)->key = WQ_TLS_KEY_SM2)
FAULT(company, f->subject.kind = WQ_SUBJECT_ENTERPRISE; issuer(f); no_sm(f))
FAULT(edge, leaf_of(f)->not_before = NOW - 198 * WQ_DAY; f->o.https.hsts = WQ_S("max-age=15552000"))
FAULT(apex, f->o.http.location = WQ_S("https://example.gov.cn/"))
FAULT(gone, f->o.http.status = 404)
FAULT(address, f->o.host = WQ_S("192.0.2.1"); f->o.https.has_hsts = false;
	f->o.http.location = WQ_S("https://192.0.2.1/"))
FAULT(root_sent, f->o.chain.n = 2;
	f->o.chain.certs[1] = (struct wq_tls_cert){.self_issued = true, .hash = WQ_S("SHA1"), .not_after = 1})
FAULT(two_issuers, f->o.tlcp = f->o.chain; issuer(f))

static void test_one_fault_one_rule(void **state)
{
	static const struct {
		void (*fault)(struct fixture *f);
		const char *expected;
	} rows[] = {
		{old, "tls.old-version"},
		{no_modern, "tls.no-modern"},
		{no_sm, "tls.no-sm"},
		{triple_des, "tls.weak-suite"},
		{no_forward, "tls.no-forward-secrecy"},
		{not_preferred, "tls.no-forward-secrecy"},
		{dh, "tls.weak-dh"},
		{renegotiation, "tls.renegotiation"},
		{compression, "tls.compression"},
		{fallback, "tls.faulty-server"},
		{faulty, "tls.faulty-server"},
		{expired, "tls.expired"},
		{not_yet, "tls.not-yet-valid"},
		{soon, "tls.expires-soon"},
		{name, "tls.wrong-name"},
		{no_san, "tls.wrong-name"},
		{self, "tls.self-signed"},
		{incomplete, "tls.incomplete-chain"},
		{disordered, "tls.incomplete-chain"},
		{untrusted, "tls.untrusted"},
		{stapled, "tls.revoked"},
		{listed, "tls.revoked"},
		{rsa, "tls.weak-key"},
		{curve, "tls.weak-key"},
		{sha1, "tls.weak-signature"},
		{longest, "tls.long-validity"},
		{issuer, "tls.issuer"},
		{no_hsts, "tls.no-hsts"},
		{short_hsts, "tls.no-hsts"},
		{zero_hsts, "tls.no-hsts"},
		{broken_hsts, "tls.no-hsts"},
		{no_redirect, "tls.no-redirect"},
		{to_http, "tls.no-redirect"},
		{relative, "tls.no-redirect"},
		{elsewhere, "tls.no-redirect"},
		{none, "tls.none"},
		{none_http, "tls.none"},
		{tlcp_name, "tls.wrong-name"},
		{silent, ""},
		{sm_leaf, ""},
		{company, ""},
		{edge, ""},
		{apex, ""},
		{gone, ""},
		{address, ""},
		{root_sent, ""},
		{two_issuers, ""},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		wq_str found;

		good(f);
		rows[i].fault(f);
		found = judge(f, NULL);
		if (!wq_str_eq(found, wq_str_c(rows[i].expected)))
			fail_msg("row %zu: \"%.*s\" instead of \"%s\"", i, WQ_S_ARG(found), rows[i].expected);
	}
}

/* ---- drift ---- */

static void test_drift(void **state)
{
	struct fixture *f = *state;
	struct wq_tls_known before, again;
	WQ_BUF(line, 4096);

	assert_true(wq_tls_known_of(&f->o, &before));
	assert_str(judge(f, &before), WQ_S(""));
	wq_tls_known_put(&before, &line);
	assert_ok(wq_tls_known_read(wq_buf_str(&line), &again));
	assert_str(judge(f, &again), WQ_S(""));
	leaf_of(f)->fingerprint[3] = 1;
	assert_str(judge(f, &again), WQ_S("tls.changed"));
	assert_int_equal(f->findings.worst, WQ_SEVERITY_MEDIUM);
	/* renewed in time by the same authority */
	again.not_after = NOW + 5 * WQ_DAY;
	assert_str(judge(f, &again), WQ_S("tls.changed"));
	assert_int_equal(f->findings.worst, WQ_SEVERITY_INFO);
	again.issuer = WQ_S("CN=another");
	assert_str(judge(f, &again), WQ_S("tls.changed"));
	assert_int_equal(f->findings.worst, WQ_SEVERITY_MEDIUM);
	assert_err(wq_tls_known_read(WQ_S("00 2026-01-01 x"), &again), WQ_E_INPUT);
	assert_err(wq_tls_known_read(WQ_S(""), &again), WQ_E_INPUT);
}

/* ---- one key for several ---- */

static void test_shared_keys(void **state)
{
	static const struct {
		const char *names[2]; /* of the units */
		bool same_host, same_cert, same_key;
		size_t found;
	} rows[] = {
		{{"", ""}, false, false, true, 2},
		{{"", ""}, false, true, true, 0},
		{{"甲局", "乙局"}, false, true, true, 2},
		{{"甲局", "甲局"}, false, true, true, 0},
		{{"", ""}, false, false, false, 0},
		{{"", ""}, true, false, true, 0},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		struct wq_tls_observation o[2];
		struct wq_subject subjects[2] = {f->subject, f->subject};
		struct wq_tls_site sites[2];

		for (size_t k = 0; k < 2; k++) {
			good(f);
			o[k] = f->o;
			subjects[k].name = wq_str_c(rows[i].names[k]);
			sites[k] = (struct wq_tls_site){&subjects[k], &o[k]};
		}
		if (!rows[i].same_host)
			o[1].host = WQ_S("two.example.gov.cn");
		o[1].chain.certs[0].fingerprint[0] = !rows[i].same_cert;
		o[1].chain.certs[0].spki[0] = !rows[i].same_key;
		assert_ok(wq_findings_init(&f->findings, &f->arena, 100));
		assert_ok(wq_tls_shared_keys(&f->arena, sites, 2, &f->findings));
		if (f->findings.count != rows[i].found)
			fail_msg("row %zu: %zu findings", i, f->findings.count);
	}
	assert_ok(wq_tls_shared_keys(&f->arena, NULL, 0, &f->findings));
}

/* ---- data ---- */

#define HEAD "weique-tls 1\nversion: 1\ndate: 2026-01-01\nsource: x\n"
#define LIMITS \
	"[limits]\nrsa_bits: 1\nec_bits: 1\ndh_bits: 1\nexpires_days: 1\nvalidity_days: 1\nhsts_days: 1\n" \
	"[versions]\nold: ssl3\nmodern: tls1.2\n"

static void test_data(void **state)
{
	static const char *const bad[] = {
		HEAD,
		HEAD LIMITS,
		HEAD LIMITS "[suites odd]\nsuite: 0001 A\n",
		HEAD LIMITS "[suites weak]\nsuite: 001 A\n",
		HEAD LIMITS "[suites weak]\nsuite: 0001\n",
		HEAD LIMITS "[suites weak]\nsuite: 0001 A\nsuite: 0001 B\n",
		HEAD LIMITS "[versions]\nold: ssl4\n[suites weak]\nsuite: 0001 A\n",
		HEAD "[limits]\nrsa_bits: many\n",
		HEAD "[nothing]\n",
		HEAD "[suites weak]\nsuite: 0001 A\n",
	};
	struct fixture *f = *state;
	const struct wq_tls_rules *rules;

	assert_ok(wq_tls_rules_parse(&f->arena, WQ_S("x"), WQ_S(HEAD LIMITS "[suites weak]\nsuite: 0001 A\n"), &rules));
	assert_int_equal(rules->suites_n, 1);
	for (size_t i = 0; i < WQ_COUNT(bad); i++)
		assert_err(wq_tls_rules_parse(&f->arena, WQ_S("x"), wq_str_c(bad[i]), &rules), WQ_E_CONFIG);
	assert_true(f->rules->authorities_n > 30 && f->rules->suites_n > 100);
	assert_int_equal(wq_tls_suite_of(f->rules, 0xe053)->kind, WQ_TLS_SUITE_SM);
	assert_true(wq_tls_suite_of(f->rules, 0x009e)->dhe && !wq_tls_suite_of(f->rules, 0xc02f)->dhe);
	assert_null(wq_tls_suite_of(f->rules, 0xffff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_good_site, begin, finish),
		cmocka_unit_test_setup_teardown(test_one_fault_one_rule, begin, finish),
		cmocka_unit_test_setup_teardown(test_drift, begin, finish),
		cmocka_unit_test_setup_teardown(test_shared_keys, begin, finish),
		cmocka_unit_test_setup_teardown(test_data, begin, finish),
	};

	return cmocka_run_group_tests_name("detect/tls", tests, NULL, NULL);
}
