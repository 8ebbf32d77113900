/* The judge on observations made by hand: what each part finds, and what merely rotates or was not asked gives nothing. */
#include "base/file.h"
#include "base/test.h"
#include "detect/dns/dns.h"

#define A4(a, b, c, d) \
	{ \
		4, \
		{ \
			a, b, c, d \
		} \
	}
#define ADDRS(...) \
	.addrs = (const struct wq_addr[]){__VA_ARGS__}, \
	.addrs_n = sizeof((const struct wq_addr[]){__VA_ARGS__}) / sizeof(struct wq_addr)
#define NAMES(...) (const wq_str[]){__VA_ARGS__}, sizeof((const wq_str[]){__VA_ARGS__}) / sizeof(wq_str)
#define ROUNDS(...) \
	.rounds = (const struct wq_dns_answer[]){__VA_ARGS__}, \
	.rounds_n = sizeof((const struct wq_dns_answer[]){__VA_ARGS__}) / sizeof(struct wq_dns_answer)
#define ANSWER(...) \
	{ \
		.outcome = WQ_DNS_ANSWERED, ADDRS(__VA_ARGS__) \
	}
#define NOTHING \
	{ \
		.outcome = WQ_DNS_ANSWERED \
	}
#define NO_NAME \
	{ \
		.outcome = WQ_DNS_ANSWERED, .rcode = WQ_DNS_NXDOMAIN \
	}
#define LATE \
	{ \
		.outcome = WQ_DNS_TIMEOUT \
	}
#define RIGHT A4(61, 1, 1, 1)
#define OTHER A4(61, 2, 1, 1)
#define WRONG A4(66, 6, 6, 6)

struct fixture {
	struct wq_arena arena;
	struct wq_dns_rules rules;
	struct wq_suffix_rules *suffixes;
	struct wq_subject subject;
	struct wq_dns_registered registered;
	struct wq_dns_observation seen;
	struct wq_findings findings;
};

static wq_str source(struct wq_arena *arena, const char *name)
{
	const char *root = getenv("WQ_SOURCE_ROOT");
	WQ_BUF(file, WQ_MIB);
	assert_ok(wq_file_read(&wq_fs_system, wq_arena_printf(arena, "%s/%s", root ? root : ".", name).p, &file));
	return wq_arena_str(arena, wq_buf_str(&file));
}

static const struct wq_dns_answer right_twice[] = {ANSWER(RIGHT), ANSWER(RIGHT)};

static void begin(struct fixture *f)
{
	*f = (struct fixture){0};
	wq_arena_init(&f->arena, 8 * WQ_MIB);
	assert_ok(wq_dns_rules_parse(&f->arena, WQ_S("dns.txt"), source(&f->arena, "rules/dns/dns.txt"), &f->rules));
	assert_ok(wq_suffix_rules_parse(source(&f->arena, "rules/suffix.conf"), "suffix.conf", &f->suffixes));
	assert_ok(wq_findings_init(&f->findings, &f->arena, 100));
	f->subject = (struct wq_subject){.suffixes = f->suffixes, .day = 20261122};
	assert_ok(wq_time_parse(WQ_S("2026-11-22"), &f->subject.now));
	f->seen = (struct wq_dns_observation){.domain = WQ_S("www.x.gov.cn"),
		.zone = WQ_S("x.gov.cn"),
		.zone_walked = true,
		.truths = right_twice,
		.truths_n = 2};
}

/* The rules found, in the order in which they were, and forgets them. */
static void expect(struct fixture *f, const char *rules)
{
	WQ_BUF(found, 4096);
	assert_ok(wq_dns_judge(&f->arena, &f->rules, &f->subject, &f->registered, &f->seen, &f->findings));
	for (size_t i = 0; i < f->findings.count; i++) {
		assert_ok(wq_finding_check(&f->findings.items[i]));
		wq_buf_printf(&found, "%s%.*s", i ? " " : "", WQ_S_ARG(f->findings.items[i].rule));
	}
	assert_string_equal(wq_buf_cstr(&found), rules);
	assert_ok(wq_findings_init(&f->findings, &f->arena, 100));
}

static void end(struct fixture *f)
{
	wq_suffix_rules_close(&f->suffixes);
	wq_arena_done(&f->arena);
}

static void resolvers(void **state)
{
	(void)state;
	const struct wq_dns_resolver_seen poisoned[] = {{.name = WQ_S_INIT("r"), ROUNDS(ANSWER(WRONG), ANSWER(WRONG))}},
					  denies[] = {{.name = WQ_S_INIT("r"), ROUNDS(NO_NAME, NOTHING)}},
					  now_and_then[] = {{.name = WQ_S_INIT("r"),
						  ROUNDS(ANSWER(WRONG), ANSWER(RIGHT), ANSWER(WRONG))}},
					  once[] = {{.name = WQ_S_INIT("r"), ROUNDS(ANSWER(WRONG), LATE)}},
					  late[] = {{.name = WQ_S_INIT("r"), ROUNDS(LATE, LATE, LATE)}},
					  neighbour[] = {{.name = WQ_S_INIT("r"),
						  ROUNDS(ANSWER(A4(61, 1, 1, 200)), ANSWER(A4(61, 1, 1, 201)))}},
					  mixed[] = {{.name = WQ_S_INIT("r"),
						  ROUNDS(ANSWER(WRONG, RIGHT), ANSWER(WRONG, RIGHT))}},
					  own[] = {{.name = WQ_S_INIT("r"),
						  .addr = A4(10, 0, 0, 1),
						  ROUNDS(ANSWER(A4(10, 1, 1, 1)), ANSWER(A4(10, 1, 1, 1)))}};
	const struct {
		const struct wq_dns_resolver_seen *seen;
		const char *found;
	} rows[] = {{poisoned, "dns.poisoned"}, {denies, "dns.poisoned"}, {now_and_then, ""}, {once, ""}, {late, ""},
		{neighbour, ""}, {mixed, ""}, {own, ""}};
	struct fixture f;
	begin(&f);
	f.seen.resolvers_n = 1;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		f.seen.resolvers = rows[i].seen;
		expect(&f, rows[i].found);
	}
	f.seen.resolvers = poisoned;
	/* registered, of the same owner, given to somebody else: no poison */
	const struct wq_dns_net net = {WRONG, 24};
	f.registered.nets = &net;
	f.registered.nets_n = 1;
	expect(&f, "dns.differs");
	f.registered.nets_n = 0;
	const struct wq_dns_located located[] = {{.addr = WRONG, .country = WQ_S_INIT("CN"), .owner = WQ_S_INIT("AS1")},
		{.addr = RIGHT, .country = WQ_S_INIT("CN"), .owner = WQ_S_INIT("AS1")}};
	f.seen.located = located;
	f.seen.located_n = 2;
	expect(&f, "");
	f.seen.located_n = 0;
	const struct wq_dns_region_seen region = {.name = WQ_S_INIT("resolver r"), .answer = ANSWER(WRONG)};
	f.seen.regions = &region;
	f.seen.regions_n = 1;
	expect(&f, "");
	/* nothing to compare with */
	f.seen.regions_n = f.seen.truths_n = 0;
	f.seen.zone_walked = false;
	expect(&f, "");
	f.registered.nets = &(const struct wq_dns_net){RIGHT, 32};
	f.registered.nets_n = 1;
	expect(&f, "dns.poisoned");
	end(&f);
}

static void answers(void **state)
{
	(void)state;
	const struct wq_dns_answer gone[] = {NO_NAME, NO_NAME}, empty[] = {NOTHING}, late[] = {LATE, LATE},
				   rotating[] = {ANSWER(RIGHT), ANSWER(OTHER), ANSWER(OTHER, RIGHT)},
				   private[] = {ANSWER(A4(192, 168, 1, 1))},
				   aliased[] = {{.outcome = WQ_DNS_ANSWERED,
					   .chain = (const wq_str[]){WQ_S_INIT("a.cdn.com")},
					   .chain_n = 1,
					   ADDRS(WRONG)}};
	const struct wq_dns_net nets[] = {{RIGHT, 24}, {OTHER, 32}};
	static const wq_str cname = WQ_S_INIT("cdn.com"), other_cname = WQ_S_INIT("dn.com");
	struct fixture f;
	begin(&f);
#define TRUTHS(list) (f.seen.truths = list, f.seen.truths_n = WQ_COUNT(list))
	TRUTHS(gone);
	expect(&f, "dns.no-answer");
	f.registered.no_site = true;
	expect(&f, "");
	f.registered.no_site = false;
	TRUTHS(late);
	expect(&f, "dns.no-answer");
	const struct wq_dns_resolver_seen resolver = {.name = WQ_S_INIT("r"), ROUNDS(ANSWER(RIGHT))};
	f.seen.resolvers = &resolver;
	f.seen.resolvers_n = 1;
	expect(&f, "");
	f.seen.resolvers_n = 0;
	TRUTHS(empty);
	expect(&f, "");
	f.subject.portal = true;
	expect(&f, "dns.no-answer");
	f.registered.nets = nets;
	f.registered.nets_n = 2;
	TRUTHS(rotating);
	expect(&f, "");
	f.registered.nets_n = 1;
	expect(&f, "dns.differs");
	TRUTHS(aliased);
	expect(&f, "dns.differs");
	f.registered.cnames = &cname;
	f.registered.cnames_n = 1;
	expect(&f, "");
	f.registered.cnames = &other_cname;
	f.registered.nets_n = 0;
	expect(&f, "dns.differs");
	f.registered.cnames_n = 0;
	TRUTHS(private);
	expect(&f, "dns.private-address");
	end(&f);
}

static void places(void **state)
{
	(void)state;
	const struct wq_dns_answer abroad[] = {ANSWER(WRONG)},
				   aliased[] = {{.outcome = WQ_DNS_ANSWERED,
					   .chain = (const wq_str[]){WQ_S_INIT("a.cdn.com")},
					   .chain_n = 1,
					   ADDRS(WRONG)}};
	const struct wq_dns_located us = {.addr = WRONG, .country = WQ_S_INIT("US")};
	const struct wq_dns_region_seen regions[] = {
		{.name = WQ_S_INIT("北京"), .domestic = true, .answer = ANSWER(WRONG)}};
	struct fixture f;
	begin(&f);
	f.seen.has_geo = true;
	f.seen.located = &us;
	f.seen.located_n = 1;
	f.seen.vantage_domestic = true;
	TRUTHS(abroad);
	expect(&f, "dns.abroad");
	f.registered.abroad = true;
	expect(&f, "");
	f.registered.abroad = false;
	TRUTHS(aliased);
	expect(&f, "dns.cdn-abroad");
	f.seen.vantage_domestic = false; /* an observer abroad gets a node abroad */
	expect(&f, "");
	f.seen.regions = regions;
	f.seen.regions_n = 1;
	expect(&f, "dns.cdn-abroad");
	TRUTHS(right_twice);
	expect(&f, "dns.cdn-abroad");
	f.seen.has_geo = false;
	expect(&f, "");
	end(&f);
}

#define SERVER(n, a, known, ...) \
	{ \
		.name = WQ_S_INIT(n), .addr = a, .authoritative = known, .serials = (const uint32_t[]){__VA_ARGS__}, \
		.serial_known = (const bool[]){known, known}, ROUNDS(ANSWER(RIGHT), ANSWER(RIGHT)) \
	}

static void zone(void **state)
{
	(void)state;
	const struct wq_dns_ns_seen two[] = {{.name = WQ_S_INIT("a.cn"), .from_parent = true, .from_child = true},
		{.name = WQ_S_INIT("b.cn"), .from_parent = true, .from_child = true}},
				    drifted[] = {{.name = WQ_S_INIT("a.cn"), .from_parent = true, .from_child = true},
					    {.name = WQ_S_INIT("c.cn"), .from_child = true}},
				    glued[] = {{.name = WQ_S_INIT("a.cn"),
						       .from_parent = true,
						       .from_child = true,
						       .glue = (const struct wq_addr[]){WRONG},
						       .glue_n = 1,
						       .addrs = (const struct wq_addr[]){RIGHT},
						       .addrs_n = 1},
					    {.name = WQ_S_INIT("b.cn"), .from_parent = true, .from_child = true}},
				    lost[] = {{.name = WQ_S_INIT("a.cn"), .from_parent = true, .from_child = true},
					    {.name = WQ_S_INIT("b.cn"),
						    .from_parent = true,
						    .from_child = true,
						    .outcome = WQ_DNS_ANSWERED,
						    .rcode = WQ_DNS_NXDOMAIN}};
	const struct wq_dns_server_seen
		equal[] = {SERVER("a.cn", RIGHT, true, 7, 7), SERVER("b.cn", OTHER, true, 7, 7)},
		catching_up[] = {SERVER("a.cn", RIGHT, true, 8, 9), SERVER("b.cn", OTHER, true, 7, 8)},
		behind[] = {SERVER("a.cn", RIGHT, true, 8, 8), SERVER("b.cn", OTHER, true, 7, 7)},
		wrapped[] = {SERVER("a.cn", RIGHT, true, 1, 1), SERVER("b.cn", OTHER, true, 0xffffffff, 0xffffffff)},
		lame[] = {SERVER("a.cn", RIGHT, true, 7, 7), SERVER("b.cn", OTHER, false, 0, 0)},
		silent[] = {SERVER("a.cn", RIGHT, true, 7, 7),
			{.name = WQ_S_INIT("b.cn"),
				.addr = OTHER,
				.serial_known = (const bool[]){false, false},
				ROUNDS(LATE, LATE)}},
		no_ipv6[] = {SERVER("a.cn", RIGHT, true, 7, 7), SERVER("b.cn", OTHER, true, 7, 7),
			{.name = WQ_S_INIT("b.cn"),
				.addr = {6, {0x20, 1}},
				.serial_known = (const bool[]){false, false},
				ROUNDS(LATE, LATE)}},
		kept_away[] = {SERVER("a.cn", RIGHT, true, 7, 7), SERVER("a.cn", WRONG, true, 7, 7),
			{.name = WQ_S_INIT("b.cn"),
				.addr = A4(10, 0, 0, 1),
				.serial_known = (const bool[]){false},
				ROUNDS({.outcome = WQ_DNS_FORBIDDEN})}},
		one_network[] = {SERVER("a.cn", RIGHT, true, 7, 7), SERVER("b.cn", A4(61, 1, 1, 2), true, 7, 7)};
	static const wq_str registered[] = {WQ_S_INIT("a.cn"), WQ_S_INIT("b.cn")};
	const struct {
		const struct wq_dns_ns_seen *ns;
		const struct wq_dns_server_seen *servers;
		size_t servers_n;
		const char *found;
	} rows[] = {{two, equal, 2, ""}, {two, catching_up, 2, ""}, {two, behind, 2, "dns.ns-differ"},
		{two, wrapped, 2, "dns.ns-differ"}, {two, lame, 2, "dns.ns-lame"}, {two, silent, 2, "dns.ns-lame"},
		{two, no_ipv6, 3, ""}, {two, kept_away, 3, ""}, {two, one_network, 2, "dns.ns-single"},
		{drifted, equal, 2, "dns.ns-changed dns.ns-differ"}, {glued, equal, 2, "dns.ns-differ"},
		{lost, equal, 2, "dns.ns-lame"}};
	struct fixture f;
	begin(&f);
	f.registered.ns = registered;
	f.registered.ns_n = 2;
	f.seen.ns_n = 2;
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		f.seen.ns = rows[i].ns;
		f.seen.servers = rows[i].servers;
		f.seen.servers_n = rows[i].servers_n;
		expect(&f, rows[i].found);
	}
	f.registered.ns_n = 0;
	f.seen.ns = two;
	f.seen.ns_n = 1;
	expect(&f, "dns.ns-single");
	end(&f);
}

static void security(void **state)
{
	(void)state;
	struct fixture f;
	static const wq_str issue = WQ_S_INIT("0 issue \"ca.cn\""), iodef = WQ_S_INIT("0 iodef \"mailto:a@b.cn\"");
	begin(&f);
	f.seen.security = WQ_DNS_SECURE;
	f.seen.signatures_earliest = f.subject.now + 30 * WQ_DAY;
	expect(&f, "");
	f.seen.signatures_earliest = f.subject.now + 3 * WQ_DAY;
	expect(&f, "dns.dnssec-expires");
	f.seen.security = WQ_DNS_BOGUS;
	expect(&f, "dns.dnssec-bogus");
	f.seen.security = WQ_DNS_INSECURE;
	expect(&f, "dns.no-dnssec");
	f.seen.security = WQ_DNS_NOT_VALIDATED;
	expect(&f, "");
	f.seen.caa_outcome = WQ_DNS_ANSWERED;
	expect(&f, "dns.no-caa");
	f.seen.caa = &iodef;
	f.seen.caa_n = 1;
	expect(&f, "dns.no-caa");
	f.seen.caa = &issue;
	expect(&f, "");
	f.seen.wildcard = true;
	expect(&f, "dns.wildcard");
	end(&f);
}

#define TEXTS(...) \
	{ \
		WQ_DNS_ANSWERED, 0, NAMES(__VA_ARGS__) \
	}
#define NO_TEXTS \
	{ \
		WQ_DNS_ANSWERED, WQ_DNS_NXDOMAIN, NULL, 0 \
	}

static void mail(void **state)
{
	(void)state;
	const struct wq_dns_mx_seen fine[] = {{10, WQ_S_INIT("m.x.cn"), .outcome = WQ_DNS_ANSWERED, ADDRS(RIGHT)}},
				    null_mx[] = {{0, WQ_S_INIT("."), .outcome = WQ_DNS_NOT_ASKED}},
				    bad_mx[] = {{10, WQ_S_INIT("c.x.cn"), .alias = true, .outcome = WQ_DNS_ANSWERED,
							ADDRS(RIGHT)},
					    {10, WQ_S_INIT("1.2.3.4"), .address = true, .outcome = WQ_DNS_ANSWERED,
						    .rcode = WQ_DNS_NXDOMAIN},
					    {10, WQ_S_INIT("n.x.cn"), .outcome = WQ_DNS_ANSWERED,
						    .rcode = WQ_DNS_NXDOMAIN},
					    {10, WQ_S_INIT("late.x.cn"), .outcome = WQ_DNS_TIMEOUT}};
	const struct wq_dns_texts good_spf = TEXTS(WQ_S_INIT("v=spf1 -all")),
				  good_dmarc = TEXTS(WQ_S_INIT("v=DMARC1; p=reject")),
				  good_sts = TEXTS(WQ_S_INIT("v=STSv1; id=1")), none = NO_TEXTS;
	struct fixture f;
	begin(&f);
	f.seen.mail = (struct wq_dns_mail_seen){.looked = true,
		.domain = WQ_S("x.gov.cn"),
		.organisation = WQ_S("x.gov.cn"),
		.mx_outcome = WQ_DNS_ANSWERED,
		.mx = fine,
		.mx_n = 1,
		.spf = good_spf,
		.dmarc = good_dmarc,
		.mta_sts = good_sts};
	struct wq_dns_mail_seen *m = &f.seen.mail;
	expect(&f, "");
	m->spf = m->dmarc = m->mta_sts = none;
	expect(&f, "mail.no-spf mail.no-dmarc mail.no-mta-sts");
	m->mx = null_mx; /* RFC 7505: receives nothing, so no MTA-STS is missed */
	expect(&f, "mail.no-spf mail.no-dmarc");
	m->mx = bad_mx;
	m->mx_n = 4;
	m->spf = (struct wq_dns_texts)TEXTS(WQ_S("v=spf1 ?all"));
	m->dmarc = (struct wq_dns_texts)TEXTS(WQ_S("v=DMARC1; p=none"));
	m->mta_sts = good_sts;
	expect(&f, "mail.mx mail.mx mail.mx mail.spf-weak mail.dmarc-weak");
	m->spf.outcome = m->dmarc.outcome = m->mta_sts.outcome = m->mx_outcome = WQ_DNS_TIMEOUT;
	expect(&f, "");
	m->spf = good_spf;
	m->domain = WQ_S("mail.x.gov.cn"); /* inherits its organisation's record, by sp */
	m->dmarc = none;
	m->dmarc_organisation = good_dmarc;
	expect(&f, "");
	m->dmarc_organisation = (struct wq_dns_texts)TEXTS(WQ_S("v=DMARC1; p=reject; sp=none"));
	expect(&f, "mail.dmarc-weak");
	m->dmarc = good_dmarc;
	const struct wq_dns_dkim_seen keys[] = {
		{WQ_S_INIT("a"), TEXTS(WQ_S_INIT("v=DKIM1; p="))}, {WQ_S_INIT("b"), NO_TEXTS}};
	m->dkim = keys;
	m->dkim_n = 2;
	expect(&f, "mail.dkim mail.dkim");
	f.registered.mail_known = true; /* and it is false: the domain sends nothing */
	expect(&f, "");
	m->dkim_n = 0;
	m->mx = fine;
	m->mx_n = 1;
	m->mta_sts = good_sts;
	m->has_policy = true;
	m->policy_status = 404;
	expect(&f, "mail.no-mta-sts");
	m->policy_status = 200;
	m->policy = WQ_S("version: STSv1\nmode: enforce\nmx: m.x.cn\nmax_age: 604800\n");
	expect(&f, "");
	m->policy = WQ_S("version: STSv1\nmode: enforce\nmx: other.x.cn\nmax_age: 604800\n");
	expect(&f, "mail.no-mta-sts");
	end(&f);
}

static void names(void **state)
{
	(void)state;
	const struct {
		enum wq_subject_kind kind;
		const char *host, *found;
	} rows[] = {{WQ_SUBJECT_ORGAN, "www.x.gov.cn", ""}, {WQ_SUBJECT_ORGAN, "www.x.xn--zfr164b", ""},
		{WQ_SUBJECT_ORGAN, "www.x.com", "domain.suffix"},
		{WQ_SUBJECT_ORGAN, "www.gov.cn.x.com", "domain.suffix"}, {WQ_SUBJECT_INSTITUTION, "x.org.cn", ""},
		{WQ_SUBJECT_INSTITUTION, "x.com", "domain.suffix"},
		{WQ_SUBJECT_INSTITUTION, "x.gov.cn", "domain.reserved"}, {WQ_SUBJECT_UNION, "x.org", ""},
		{WQ_SUBJECT_UNION, "x.com.cn", "domain.suffix"}, {WQ_SUBJECT_ENTERPRISE, "x.gov.cn", "domain.reserved"},
		{WQ_SUBJECT_ENTERPRISE, "x.com", ""}, {WQ_SUBJECT_UNKNOWN, "x.gov.cn", ""}};
	struct fixture f;
	begin(&f);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		f.subject.kind = rows[i].kind;
		f.seen.domain = wq_str_c(rows[i].host);
		f.seen.zone = f.seen.domain;
		expect(&f, rows[i].found);
	}
	f.subject.kind = WQ_SUBJECT_ORGAN;
	f.seen.domain = WQ_S("www.x.com");
	f.subject.day = 20100101; /* no rule bound anybody */
	expect(&f, "");
	assert_str(wq_domain_shown(&f.arena, WQ_S("x.xn--zfr164b")), WQ_S("x.政务 (x.xn--zfr164b)"));
	assert_str(wq_domain_shown(&f.arena, WQ_S("x.gov.cn")), WQ_S("x.gov.cn"));
	end(&f);
}

static void several(void **state)
{
	(void)state;
	const struct wq_domain_portal one[] = {{WQ_S_INIT("a"), WQ_S_INIT("www.x.gov.cn")},
		{WQ_S_INIT("a"), WQ_S_INIT("x.gov.cn")}, {WQ_S_INIT("a"), WQ_S_INIT("x.xn--zfr164b")}},
				      hosts[] = {{WQ_S_INIT("a"), WQ_S_INIT("www.x.gov.cn")},
					      {WQ_S_INIT("a"), WQ_S_INIT("www.y.gov.cn")}},
				      apps[] = {{WQ_S_INIT("a"), WQ_S_INIT("www.x.gov.cn")},
					      {WQ_S_INIT("b"), WQ_S_INIT("www.y.gov.cn")}};
	const struct {
		const struct wq_domain_portal *portals;
		size_t n, found;
	} rows[] = {{one, 3, 0}, {hosts, 2, 1}, {apps, 2, 1}, {apps, 1, 0}};
	struct fixture f;
	begin(&f);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		assert_ok(wq_domain_several(&f.arena, &f.subject, rows[i].portals, rows[i].n, 1, 1, &f.findings));
		assert_int_equal(f.findings.count, rows[i].found);
		assert_ok(wq_domain_several(&f.arena, &f.subject, rows[i].portals, rows[i].n, 0, 0, &f.findings));
		assert_int_equal(f.findings.count, rows[i].found);
		assert_ok(wq_findings_init(&f.findings, &f.arena, 10));
	}
	end(&f);
}

static void closed_and_past_the_gate(void **state)
{
	(void)state;
	const struct wq_dns_origin_seen origins[] = {
		{RIGHT, 80, WQ_DNS_ORIGIN_SILENT, 0}, {OTHER, 443, WQ_DNS_ORIGIN_ANSWERS, 200}};
	const struct wq_dns_answer gone[] = {NO_NAME};
	struct fixture f;
	begin(&f);
	f.seen.origins = origins;
	f.seen.origins_n = 2;
	expect(&f, "origin.exposed");
	f.seen.origins_n = 0;
	f.registered.closed = true;
	expect(&f, "closed.resolves");
	f.seen.http_tried = f.seen.http_answers = true;
	expect(&f, "closed.resolves closed.answers");
	f.seen.http_answers = false;
	TRUTHS(gone);
	expect(&f, "");
	end(&f);
}

static void hostile_text_is_cleaned(void **state)
{
	(void)state;
	const struct wq_dns_dangling dangling = {WQ_S_INIT("a"), WQ_S_INIT("b\x1b[2J\xff\xe2\x80\xae"), false, {0}};
	struct fixture f;
	begin(&f);
	f.seen.dangling = &dangling;
	f.seen.dangling_n = 1;
	expect(&f, "dns.dangling-cname");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(resolvers), cmocka_unit_test(answers),
		cmocka_unit_test(places), cmocka_unit_test(zone), cmocka_unit_test(security), cmocka_unit_test(mail),
		cmocka_unit_test(names), cmocka_unit_test(several), cmocka_unit_test(closed_and_past_the_gate),
		cmocka_unit_test(hostile_text_is_cleaned)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
