#include "detect/dns/judge_priv.h"
#include "finding/excerpt.h"

#include <arpa/inet.h>
#include <stdarg.h>

enum { SHOWN_MAX = 6 };

wq_err wq_dns_say(struct wq_dns_judging *j, enum wq_rule_id rule, wq_str what, wq_str target, const char *format, ...)
{
	char text[1024];
	struct wq_finding f = wq_rule_finding(rule);
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		return wq_error(WQ_E_BUG, "an excerpt that cannot be formatted");
	f.place = j->place;
	f.evidence.excerpt = wq_clean(j->arena, wq_str_of(text, WQ_MIN((size_t)n, sizeof text - 1)), WQ_EXCERPT_BYTES);
	f.evidence.subject = wq_clean(j->arena, what.n ? what : j->seen->domain, WQ_EXCERPT_BYTES);
	f.evidence.target = wq_clean(j->arena, target, WQ_FINDING_PLACE_BYTES);
	WQ_TRY(wq_arena_err(j->arena));
	return wq_findings_add(j->findings, &f);
}

/* ---- addresses and names ---- */

static size_t length_of(const struct wq_addr *addr)
{
	return addr->family == 4 ? 4 : 16;
}

bool wq_dns_addr_eq(const struct wq_addr *a, const struct wq_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, length_of(a)) == 0;
}

bool wq_dns_addr_among(const struct wq_addr *addr, const struct wq_addr *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_dns_addr_eq(addr, &list[i]))
			return true;
	return false;
}

bool wq_dns_addr_shares(const struct wq_addr *a, const struct wq_addr *b, uint8_t bits)
{
	size_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (bits % 8));

	if (a->family != b->family || whole > length_of(a) || memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return whole == length_of(a) || ((a->bytes[whole] ^ b->bytes[whole]) & mask) == 0;
}

bool wq_dns_addr_in(const struct wq_addr *addr, const struct wq_dns_net *nets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_dns_addr_shares(addr, &nets[i].addr, nets[i].bits))
			return true;
	return false;
}

bool wq_dns_same_network(const struct wq_dns_rules *rules, const struct wq_addr *a, const struct wq_addr *b)
{
	return wq_dns_addr_shares(a, b, (uint8_t)(a->family == 4 ? rules->same_bits4 : rules->same_bits6));
}

wq_str wq_dns_addr_text(struct wq_arena *arena, const struct wq_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, text, sizeof text))
		return WQ_S("?");
	return wq_arena_str(arena, wq_str_c(text));
}

const struct wq_dns_located *wq_dns_located_of(const struct wq_dns_observation *seen, const struct wq_addr *addr)
{
	for (size_t i = 0; i < seen->located_n; i++)
		if (wq_dns_addr_eq(&seen->located[i].addr, addr))
			return &seen->located[i];
	return NULL;
}

static wq_str buf_text(struct wq_arena *arena, const struct wq_buf *buf)
{
	return wq_arena_str(arena, wq_buf_str(buf));
}

wq_str wq_dns_addrs_text(const struct wq_dns_judging *j, const struct wq_addr *addrs, size_t n)
{
	WQ_BUF(out, 1024);

	for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
		const struct wq_dns_located *at = wq_dns_located_of(j->seen, &addrs[i]);
		wq_buf_printf(&out, "%s%.*s", i ? ", " : "", WQ_S_ARG(wq_dns_addr_text(j->arena, &addrs[i])));
		if (at && at->country.n)
			wq_buf_printf(&out, " (%.*s)", WQ_S_ARG(at->country));
	}
	if (n > SHOWN_MAX)
		wq_buf_add(&out, WQ_S(", …"));
	return n ? buf_text(j->arena, &out) : WQ_S("-");
}

wq_str wq_dns_names_text(struct wq_arena *arena, const wq_str *names, size_t n)
{
	WQ_BUF(out, 4096);

	for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
		wq_buf_printf(&out, "%s%.*s", i ? ", " : "", WQ_S_ARG(names[i]));
	if (n > SHOWN_MAX)
		wq_buf_add(&out, WQ_S(", …"));
	return n ? buf_text(arena, &out) : WQ_S("-");
}

bool wq_dns_name_among(wq_str name, const wq_str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (wq_str_eq(name, list[i]))
			return true;
	return false;
}

/* ---- the whole ---- */

static void add_truth(struct wq_dns_judging *j, const struct wq_dns_answer *answer)
{
	for (size_t i = 0; i < answer->addrs_n; i++)
		if (!wq_dns_addr_among(&answer->addrs[i], j->truth, j->truth_n))
			j->truth[j->truth_n++] = answer->addrs[i];
}

static wq_err gather_truth(struct wq_dns_judging *j)
{
	const struct wq_dns_observation *seen = j->seen;
	size_t room = 0;

	for (size_t i = 0; i < seen->truths_n; i++)
		room += seen->truths[i].addrs_n;
	for (size_t i = 0; i < seen->regions_n; i++)
		room += seen->regions[i].answer.addrs_n;
	j->truth = WQ_NEW_ARRAY(j->arena, struct wq_addr, room + 1);
	j->poisoned = WQ_NEW_ARRAY(j->arena, bool, seen->resolvers_n + 1);
	if (!j->truth || !j->poisoned)
		return wq_arena_err(j->arena);
	for (size_t i = 0; i < seen->truths_n; i++)
		add_truth(j, &seen->truths[i]);
	for (size_t i = 0; i < seen->regions_n; i++)
		add_truth(j, &seen->regions[i].answer);
	return WQ_OK;
}

static wq_err say_limits(struct wq_dns_judging *j)
{
	for (size_t i = 0; i < j->seen->limits_n; i++)
		WQ_TRY(wq_dns_say(j, WQ_RULE_INSPECT_LIMITED, j->seen->limits[i], WQ_S_NONE, "%.*s",
			WQ_S_ARG(j->seen->limits[i])));
	return WQ_OK;
}

wq_err wq_dns_judge(struct wq_arena *arena, const struct wq_dns_rules *rules, const struct wq_subject *subject,
	const struct wq_dns_registered *registered, const struct wq_dns_observation *seen, struct wq_findings *findings)
{
	static const struct wq_dns_registered nothing;
	struct wq_dns_judging j = {.arena = arena,
		.rules = rules,
		.subject = subject,
		.registered = registered ? registered : &nothing,
		.seen = seen,
		.findings = findings,
		.place = {.app = subject->app}};

	j.place.url = wq_arena_printf(arena, "dns:%.*s", WQ_S_ARG(seen->domain));
	WQ_TRY(gather_truth(&j));
	if (j.registered->closed)
		return wq_dns_judge_application(&j);
	WQ_TRY(wq_dns_judge_answers(&j));
	WQ_TRY(wq_dns_judge_places(&j));
	WQ_TRY(wq_dns_judge_zone(&j));
	WQ_TRY(wq_dns_judge_security(&j));
	WQ_TRY(wq_dns_judge_mail(&j));
	WQ_TRY(wq_dns_judge_application(&j));
	WQ_TRY(wq_domain_judge(arena, subject, seen->domain, WQ_USE_SITE, findings));
	return say_limits(&j);
}
